/* SPDX-License-Identifier: MIT */
#include "agent/core/sample.h"

#include <math.h>
#include <string.h>

#define WHOLE_MAX 9007199254740992.0 /* below this a double holds every whole number */

typedef struct Entry {
	int64_t ts_ms;
	uint32_t offset;
	uint32_t len;
	bool synced;
} Entry;

struct SampleBatch {
	char *source;
	GArray *entries; /* of Entry */
	GString *text;
};

/* Names that a payload adds to the readings of a sample. The profile may change while a sample
 * waits, so those of all profiles. */
static const char *const reserved_keys[] = {
	"deviceId", "messageId", "seq", "synced", "timestamp", "ts",
};

SampleBatch *sample_batch_new(const char *source)
{
	SampleBatch *batch = g_new0(SampleBatch, 1);

	g_assert(*source && strlen(source) <= SAMPLE_SOURCE_MAX);
	batch->source = g_strdup(source);
	batch->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
	batch->text = g_string_new(NULL);
	return batch;
}

void sample_batch_free(SampleBatch *batch)
{
	if (!batch)
		return;
	g_free(batch->source);
	g_array_unref(batch->entries);
	g_string_free(batch->text, TRUE);
	g_free(batch);
}

void sample_batch_add(SampleBatch *batch, int64_t ts_ms, bool synced, const char *values,
		      size_t values_len)
{
	Entry entry = { .ts_ms = ts_ms,
			.offset = (uint32_t)batch->text->len,
			.len = (uint32_t)values_len,
			.synced = synced };

	g_assert(values_len > 0 && values_len <= SAMPLE_VALUES_MAX);
	g_string_append_len(batch->text, values, (gssize)values_len);
	g_array_append_val(batch->entries, entry);
}

size_t sample_batch_count(const SampleBatch *batch)
{
	return batch->entries->len;
}

size_t sample_batch_bytes(const SampleBatch *batch)
{
	return batch->text->len;
}

Sample sample_batch_get(const SampleBatch *batch, size_t index)
{
	g_assert(index < batch->entries->len);
	const Entry *entry = &g_array_index(batch->entries, Entry, index);

	return (Sample){ .ts_ms = entry->ts_ms,
			 .synced = entry->synced,
			 .source = batch->source,
			 .values = batch->text->str + entry->offset,
			 .values_len = entry->len };
}

/* Members are scalars, so a comma outside of texts parts them. */
unsigned sample_values_count(const Sample *sample)
{
	unsigned count = sample->values_len > 0 ? 1 : 0;
	bool text = false;

	for (size_t i = 0; i < sample->values_len; i++) {
		char c = sample->values[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && c == ',')
			count++;
	}
	return count;
}

bool sample_key_valid(const char *key, size_t len)
{
	if (len == 0 || len > SAMPLE_KEY_MAX || !g_utf8_validate_len(key, len, NULL))
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)key[i] < 0x20 || key[i] == '"' || key[i] == '\\')
			return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(reserved_keys); i++) {
		if (strlen(reserved_keys[i]) == len && memcmp(reserved_keys[i], key, len) == 0)
			return false;
	}
	return true;
}

void sample_values_add_number(GString *values, const char *key, double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(value))
		return;

	bool counter = fabs(value) < WHOLE_MAX && value == trunc(value);

	sample_values_add_text(values, key,
			       g_ascii_formatd(digits, sizeof(digits), counter ? "%.0f" : "%.10g",
					       value + 0.0)); /* -0 becomes 0 */
}

void sample_values_add_text(GString *values, const char *key, const char *text)
{
	g_assert(sample_key_valid(key, strlen(key)));
	if (values->len > 0)
		g_string_append_c(values, ',');
	g_string_append_c(values, '"');
	g_string_append(values, key);
	g_string_append(values, "\":");
	g_string_append(values, text);
}
