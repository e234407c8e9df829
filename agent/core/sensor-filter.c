/* SPDX-License-Identifier: MIT */
#include "agent/core/sensor-filter.h"

#include "agent/core/sample.h"

#include <math.h>
#include <string.h>

/* What was last sent under a name */
typedef struct Sent {
	bool is_number;
	double number;
	char *text;
	int64_t at_us;
} Sent;

struct SensorFilter {
	SensorFilterConfig config;
	GHashTable *sent; /* name -> Sent */
};

static void sent_free(gpointer data)
{
	Sent *sent = data;

	g_free(sent->text);
	g_free(sent);
}

SensorFilter *sensor_filter_new(const SensorFilterConfig *config)
{
	SensorFilter *filter = g_new0(SensorFilter, 1);

	filter->config = *config;
	filter->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sent_free);
	return filter;
}

void sensor_filter_free(SensorFilter *filter)
{
	if (!filter)
		return;
	g_hash_table_unref(filter->sent);
	g_free(filter);
}

void sensor_filter_forget(SensorFilter *filter)
{
	g_hash_table_remove_all(filter->sent);
}

/* A limit that is not set is NaN, and no number is below or above it. */
static bool is_outside(const SensorFilterConfig *config, double number)
{
	return !isfinite(number) || number < config->lowest || number > config->highest;
}

static bool is_near(const SensorFilter *filter, const Sent *sent, const SensorReading *reading,
		    double number)
{
	if (sent->is_number != reading->is_number)
		return false;
	if (reading->is_number)
		return fabs(number - sent->number) < filter->config.dead_band;
	return g_strcmp0(sent->text, reading->text) == 0;
}

static bool is_held(const SensorFilter *filter, const SensorReading *reading, double number,
		    int64_t now_us)
{
	const Sent *sent = g_hash_table_lookup(filter->sent, reading->key);
	int64_t refresh_us = filter->config.refresh_us;

	if (!sent || (refresh_us > 0 && now_us - sent->at_us >= refresh_us))
		return false;
	return is_near(filter, sent, reading, number);
}

static void remember(SensorFilter *filter, const SensorReading *reading, double number,
		     int64_t now_us)
{
	Sent *sent;

	if (g_hash_table_size(filter->sent) >= SAMPLE_MEMBERS_MAX)
		g_hash_table_remove_all(filter->sent);
	sent = g_new0(Sent, 1);
	sent->is_number = reading->is_number;
	sent->number = number;
	sent->text = reading->is_number ? NULL : g_strdup(reading->text);
	sent->at_us = now_us;
	g_hash_table_replace(filter->sent, g_strdup(reading->key), sent);
}

/* A number that nothing was done to stays as its source wrote it. */
static void append(const SensorFilter *filter, const SensorReading *reading, double number,
		   GString *values)
{
	bool as_it_came = filter->config.scale == 1 && filter->config.offset == 0;

	if (reading->text && (!reading->is_number || as_it_came))
		sample_values_add_text(values, reading->key, reading->text);
	else
		sample_values_add_number(values, reading->key, number);
}

/* One reading within its limits: sent, or kept back. */
static void pass(SensorFilter *filter, const SensorReading *reading, double number, int64_t now_us,
		 GString *values, SensorFiltered *result)
{
	if (filter->config.dead_band > 0) {
		if (is_held(filter, reading, number, now_us)) {
			result->held++;
			return;
		}
		remember(filter, reading, number, now_us);
	}
	append(filter, reading, number, values);
	result->passed++;
}

SensorFiltered sensor_filter_apply(SensorFilter *filter, const SensorReadings *readings,
				   int64_t now_us, GString *values, GString *current)
{
	SensorFiltered result = { 0 };

	for (size_t i = 0; i < sensor_readings_count(readings); i++) {
		const SensorReading *reading = sensor_readings_get(readings, i);
		double number = reading->number * filter->config.scale + filter->config.offset;

		if (reading->is_number && is_outside(&filter->config, number)) {
			if (result.outside++ == 0) {
				result.stray = number;
				result.stray_key = reading->key;
			}
			continue;
		}
		append(filter, reading, number, current);
		pass(filter, reading, number, now_us, values, &result);
	}
	return result;
}
