/* SPDX-License-Identifier: MIT */
/* sample: batches keep what they were given, numbers are printed as JSON has them. */
#include "agent/core/sample.h"

#include <math.h>
#include <string.h>

static void test_batch(void)
{
	g_autoptr(SampleBatch) batch = sample_batch_new("boiler");

	g_assert_cmpuint(sample_batch_count(batch), ==, 0);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *values = g_strdup_printf("\"n\":%d", i);

		sample_batch_add(batch, 1000 + i, i % 2 == 0, values, strlen(values));
	}
	g_assert_cmpuint(sample_batch_count(batch), ==, 1000);
	g_assert_cmpuint(sample_batch_bytes(batch), ==, 10 * 5 + 90 * 6 + 900 * 7);

	Sample sample = sample_batch_get(batch, 437);
	g_assert_cmpint(sample.ts_ms, ==, 1437);
	g_assert_false(sample.synced);
	g_assert_cmpstr(sample.source, ==, "boiler");
	g_assert_cmpmem(sample.values, sample.values_len, "\"n\":437", 7);
	g_assert_true(sample_batch_get(batch, 438).synced);
}

typedef struct KeyCase {
	const char *path;
	const char *key;
	bool valid;
} KeyCase;

static const KeyCase key_cases[] = {
	{ "/agent/sample/key/plain", "temperature", true },
	{ "/agent/sample/key/utf8", "h\xc3\xb6he", true },
	{ "/agent/sample/key/space", "a b", true },
	{ "/agent/sample/key/empty", "", false },
	{ "/agent/sample/key/quote", "a\"b", false },
	{ "/agent/sample/key/backslash", "a\\b", false },
	{ "/agent/sample/key/control", "a\nb", false },
	{ "/agent/sample/key/not-utf8", "a\xff", false },
	{ "/agent/sample/key/seq", "seq", false },
	{ "/agent/sample/key/synced", "synced", false },
	{ "/agent/sample/key/ts", "ts", false },
	{ "/agent/sample/key/device-id", "deviceId", false },
	{ "/agent/sample/key/message-id", "messageId", false },
	{ "/agent/sample/key/timestamp", "timestamp", false },
	{ "/agent/sample/key/seq-longer", "seq2", true },
	{ "/agent/sample/key/ts-longer", "ts_1", true },
	{ "/agent/sample/key/timestamp-case", "Timestamp", true },
	{ "/agent/sample/key/values", "values", true },
};

static void test_key(gconstpointer data)
{
	const KeyCase *c = data;

	g_assert_true(sample_key_valid(c->key, strlen(c->key)) == c->valid);
}

static void test_key_length(void)
{
	char key[SAMPLE_KEY_MAX + 1];

	memset(key, 'k', sizeof(key));
	g_assert_true(sample_key_valid(key, SAMPLE_KEY_MAX));
	g_assert_false(sample_key_valid(key, SAMPLE_KEY_MAX + 1));
}

static void test_count(void)
{
	static const struct {
		const char *values;
		unsigned count;
	} cases[] = {
		{ "", 0 },
		{ "\"a\":1", 1 },
		{ "\"a\":1,\"b\":2", 2 },
		{ "\"a\":\"x,y\",\"b\":true", 2 },
		{ "\"a\":\"\\\",\",\"b\":null,\"c\":\"\\\\\"", 3 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Sample sample = { .values = cases[i].values,
				  .values_len = strlen(cases[i].values) };

		g_assert_cmpuint(sample_values_count(&sample), ==, cases[i].count);
	}
}

static void test_numbers(void)
{
	g_autoptr(GString) values = g_string_new(NULL);

	sample_values_add_number(values, "a", 21.5);
	sample_values_add_number(values, "b", -0.125);
	sample_values_add_number(values, "nan", NAN);
	sample_values_add_number(values, "inf", INFINITY);
	sample_values_add_number(values, "c", 1234567.5);
	sample_values_add_number(values, "d", 0);
	g_assert_cmpstr(values->str, ==, "\"a\":21.5,\"b\":-0.125,\"c\":1234567.5,\"d\":0");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/sample/batch", test_batch);
	g_test_add_func("/agent/sample/key-length", test_key_length);
	g_test_add_func("/agent/sample/count", test_count);
	g_test_add_func("/agent/sample/numbers", test_numbers);
	for (size_t i = 0; i < G_N_ELEMENTS(key_cases); i++)
		g_test_add_data_func(key_cases[i].path, &key_cases[i], test_key);
	return g_test_run();
}
