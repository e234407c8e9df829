/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensors.h"

#include "agent/adapter/sensor-reader.h"
#include "agent/adapter/sensor.h"
#include "agent/core/command.h"
#include "agent/core/fault-log.h"
#include "agent/core/sample.h"
#include "agent/core/schedule.h"
#include "agent/core/sensor-filter.h"
#include "agent/core/sensor-status.h"
#include "common/error.h"

#include <string.h>

/* Longest name that a driver puts behind a key, "_undervoltage" */
#define SUFFIX_MAX 13

/* A sample waits so long for the sensors that are due with it. */
#define GATHER_US SENSOR_QUICK_US

typedef struct Slot {
	ConfigSensor *config;
	SensorFilter *filter;
	FaultLog health;  /* whether it can be read */
	FaultLog limits;  /* whether it reads something plausible */
	bool reading;     /* an answer of the reader is to come */
	bool awaited;     /* by the sample that is being gathered */
	GString *values;  /* for the next sample */
	GString *current; /* as last read, "" while it fails */
	char *error;      /* what was last wrong, NULL while it works */
	SensorCounts counts;
} Slot;

/* Somebody who asked for one reading */
typedef struct Waiter {
	size_t index;
	SensorsAnswered answered;
	uint64_t token;
} Waiter;

struct Sensors {
	GPtrArray *slots;    /* of Slot */
	GArray *waiters;     /* of Waiter; whoever asks bounds them */
	int64_t interval_ms; /* of sensors without one of their own */
	Schedule *schedule;
	SensorReader *reader;
	GSource *timer;
	unsigned awaited;    /* slots that the next sample waits for */
	int64_t gathered_us; /* when it waits no more; 0: nothing to send */
	GString *sample;
	SensorsReady ready;
	void *data;
};

static void slot_free(gpointer data)
{
	Slot *slot = data;

	config_sensor_free(slot->config);
	sensor_filter_free(slot->filter);
	g_string_free(slot->values, TRUE);
	g_string_free(slot->current, TRUE);
	g_free(slot->error);
	g_free(slot);
}

static Slot *slot_at(const Sensors *sensors, size_t index)
{
	return g_ptr_array_index(sensors->slots, index);
}

/* --- sending --- */

static void send_sample(Sensors *sensors)
{
	if (sensors->sample->len > 0)
		sensors->ready(sensors->sample->str, sensors->sample->len, sensors->data);
	g_string_truncate(sensors->sample, 0);
}

/* What has come so far, in the order of the configuration; more than one sample where one cannot
 * hold it. */
static void send_gathered(Sensors *sensors)
{
	for (guint i = 0; i < sensors->slots->len; i++) {
		GString *values = slot_at(sensors, i)->values;

		if (sensors->sample->len + 1 + values->len > SAMPLE_VALUES_MAX)
			send_sample(sensors);
		if (values->len > 0 && sensors->sample->len > 0)
			g_string_append_c(sensors->sample, ',');
		g_string_append_len(sensors->sample, values->str, (gssize)values->len);
		g_string_truncate(values, 0);
	}
	send_sample(sensors);
}

static void stop_gathering(Sensors *sensors)
{
	for (guint i = 0; i < sensors->slots->len; i++)
		slot_at(sensors, i)->awaited = false;
	sensors->awaited = 0;
	sensors->gathered_us = 0;
	send_gathered(sensors);
}

static void set_timer(Sensors *sensors)
{
	int64_t next_us = schedule_next_us(sensors->schedule);

	if (sensors->gathered_us > 0)
		next_us = MIN(next_us, sensors->gathered_us);
	g_source_set_ready_time(sensors->timer, next_us == INT64_MAX ? -1 : next_us);
}

/* Whether what waits to be sent has a reading of this name. No quote within a text is unescaped,
 * so the pattern is found where a name stands and nowhere else. */
static bool has_key(const Sensors *sensors, const char *key)
{
	g_autofree char *pattern = g_strconcat("\"", key, "\":", NULL);

	for (guint i = 0; i < sensors->slots->len; i++) {
		if (strstr(slot_at(sensors, i)->values->str, pattern))
			return true;
	}
	return false;
}

static bool has_any_key(const Sensors *sensors, const SensorReadings *readings)
{
	for (size_t i = 0; i < sensor_readings_count(readings); i++) {
		if (has_key(sensors, sensor_readings_get(readings, i)->key))
			return true;
	}
	return false;
}

/* --- reading --- */

static void tell_health(Slot *slot, const GError *error, int64_t now_us)
{
	switch (fault_log_step(&slot->health, !error, now_us)) {
	case FAULT_NEWS_FAILED:
		g_warning("sensor %s: %s; left out until it works", slot->config->name,
			  error->message);
		break;
	case FAULT_NEWS_RECOVERED: g_message("sensor %s: works again", slot->config->name); break;
	case FAULT_NEWS_NONE: break;
	}
}

static void tell_limits(Slot *slot, const SensorFiltered *filtered, int64_t now_us)
{
	switch (fault_log_step(&slot->limits, filtered->outside == 0, now_us)) {
	case FAULT_NEWS_FAILED:
		g_warning("sensor %s: %s = %.6g is outside of its limits; left out",
			  slot->config->name, filtered->stray_key, filtered->stray);
		break;
	case FAULT_NEWS_RECOVERED:
		g_message("sensor %s: within its limits again", slot->config->name);
		break;
	case FAULT_NEWS_NONE: break;
	}
}

/* After a failure the next reading is sent whatever the dead band says: somebody waits for it. */
static void take_error(Slot *slot, const GError *error, int64_t now_us)
{
	g_free(slot->error);
	slot->error = error ? g_strdup(error->message) : NULL;
	slot->counts.failed += error != NULL;
	if (error)
		sensor_filter_forget(slot->filter);
	tell_health(slot, error, now_us);
}

static void take_readings(Slot *slot, const SensorReadings *readings, int64_t now_us)
{
	SensorFiltered filtered;

	g_string_truncate(slot->current, 0);
	filtered = sensor_filter_apply(slot->filter, readings, now_us, slot->values, slot->current);
	slot->counts.held += filtered.held;
	slot->counts.outside += filtered.outside;
	if (sensor_readings_count(readings) > 0)
		tell_limits(slot, &filtered, now_us);
}

static void answer_waiter(Sensors *sensors, const Waiter *waiter, const GError *error)
{
	const Slot *slot = slot_at(sensors, waiter->index);
	g_autofree char *readings = g_strconcat("{", slot->current->str, "}", NULL);
	g_autoptr(GError) strange = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
							"what it reads is outside of its limits");

	if (!error && slot->current->len > 0)
		waiter->answered(waiter->token, readings, NULL, sensors->data);
	else
		waiter->answered(waiter->token, NULL, error ? error : strange, sensors->data);
}

/* Those that come while others are answered have to wait for another reading. */
static void answer_waiters(Sensors *sensors, size_t index, const GError *error)
{
	for (guint left = sensors->waiters->len, i = 0; left > 0; left--) {
		Waiter waiter = g_array_index(sensors->waiters, Waiter, i);

		if (waiter.index != index) {
			i++;
			continue;
		}
		g_array_remove_index(sensors->waiters, i);
		answer_waiter(sensors, &waiter, error);
	}
}

static void on_read(size_t index, const SensorReadings *readings, const GError *error, void *data)
{
	Sensors *sensors = data;
	Slot *slot = slot_at(sensors, index);
	int64_t now_us = g_get_monotonic_time();

	if (has_any_key(sensors, readings))
		send_gathered(sensors);
	slot->reading = false;
	slot->counts.read++;
	take_error(slot, error, now_us);
	take_readings(slot, readings, now_us);
	if (slot->awaited)
		sensors->awaited--;
	slot->awaited = false;
	if (sensors->awaited == 0) /* soon, so that what comes at the same time goes together */
		sensors->gathered_us = now_us;
	set_timer(sensors);
	answer_waiters(sensors, index, error);
}

static void ask_slot(Sensors *sensors, guint index, int64_t now_us)
{
	Slot *slot = slot_at(sensors, index);

	if (!sensor_reader_ask(sensors->reader, index))
		return;
	slot->reading = true;
	if (sensor_reader_is_slow(sensors->reader, index))
		return;
	if (sensors->awaited == 0)
		sensors->gathered_us = now_us + GATHER_US;
	sensors->awaited += !slot->awaited;
	slot->awaited = true;
}

void sensors_read_now(Sensors *sensors)
{
	for (guint i = 0; i < sensors->slots->len; i++) {
		sensor_filter_forget(slot_at(sensors, i)->filter);
		ask_slot(sensors, i, g_get_monotonic_time());
	}
	set_timer(sensors);
}

static bool find_slot(const Sensors *sensors, const char *name, guint *index, GError **error)
{
	for (guint i = 0; i < sensors->slots->len; i++) {
		if (g_str_equal(slot_at(sensors, i)->config->name, name)) {
			*index = i;
			return true;
		}
	}
	g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN, "there is no such sensor");
	return false;
}

bool sensors_read(Sensors *sensors, const char *name, SensorsAnswered answered, uint64_t token,
		  GError **error)
{
	Waiter waiter = { .answered = answered, .token = token };
	guint index = 0;

	if (!find_slot(sensors, name, &index, error))
		return false;
	if (!slot_at(sensors, index)->reading)
		ask_slot(sensors, index, g_get_monotonic_time());
	if (!slot_at(sensors, index)->reading) {
		g_set_error_literal(error, COMMAND_ERROR, COMMAND_ERROR_BUSY,
				    "it hangs in a reading before");
		return false;
	}
	waiter.index = index;
	g_array_append_val(sensors->waiters, waiter);
	set_timer(sensors);
	return true;
}

bool sensors_set_interval(Sensors *sensors, const char *name, int64_t interval_ms, GError **error)
{
	int64_t now_us = g_get_monotonic_time();
	guint index = 0;

	if (name && !find_slot(sensors, name, &index, error))
		return false;
	for (guint i = 0; i < sensors->slots->len; i++) {
		if (name ? i == index : slot_at(sensors, i)->config->interval_ms == 0)
			schedule_set(sensors->schedule, i, interval_ms * 1000, now_us);
	}
	if (!name)
		sensors->interval_ms = interval_ms;
	set_timer(sensors);
	return true;
}

int64_t sensors_interval_ms(const Sensors *sensors)
{
	return sensors->interval_ms;
}

static gboolean sensors_tick(gpointer data)
{
	Sensors *sensors = data;
	int64_t now_us = g_get_monotonic_time();

	if (sensors->gathered_us > 0 && now_us >= sensors->gathered_us)
		stop_gathering(sensors);
	for (guint i = 0; i < sensors->slots->len; i++) {
		if (schedule_take(sensors->schedule, i, now_us))
			ask_slot(sensors, i, now_us);
	}
	set_timer(sensors);
	return G_SOURCE_CONTINUE;
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

/* --- start and end --- */

static Slot *slot_new(const ConfigSensor *config)
{
	Slot *slot = g_new0(Slot, 1);

	slot->config = config_sensor_copy(config);
	slot->filter = sensor_filter_new(&(SensorFilterConfig){
		.scale = config->scale,
		.offset = config->offset,
		.lowest = config->lowest,
		.highest = config->highest,
		.dead_band = config->dead_band,
		.refresh_us = config->refresh_ms * 1000,
	});
	slot->values = g_string_new(NULL);
	slot->current = g_string_new(NULL);
	return slot;
}

static bool check_key(const ConfigSensor *config, GError **error)
{
	const char *key = sensor_key(config);

	if (sample_key_valid(key, strlen(key)) && strlen(key) + SUFFIX_MAX <= SAMPLE_KEY_MAX)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "[sensor %s]: the key cannot name a reading", config->name);
	return false;
}

bool sensors_check(const Config *config, GError **error)
{
	for (guint i = 0; i < config->sensors->len; i++) {
		const ConfigSensor *sensor = g_ptr_array_index(config->sensors, i);

		if (sensor->enabled && !check_key(sensor, error))
			return false;
	}
	return true;
}

static void sensors_add(Sensors *sensors, const ConfigSensor *config, int64_t interval_ms)
{
	g_ptr_array_add(sensors->slots, slot_new(config));
	sensor_reader_add(sensors->reader, config);
	schedule_add(sensors->schedule,
		     (config->interval_ms > 0 ? config->interval_ms : interval_ms) * 1000);
}

static void sensors_add_all(Sensors *sensors, const Config *config)
{
	if (config->sensors->len == 0) {
		g_autoptr(ConfigSensor) machine = config_sensor_new("system");

		machine->driver = CONFIG_DRIVER_SYSTEM;
		sensors_add(sensors, machine, config->agent.interval_ms);
	}
	for (guint i = 0; i < config->sensors->len; i++) {
		const ConfigSensor *sensor = g_ptr_array_index(config->sensors, i);

		if (sensor->enabled)
			sensors_add(sensors, sensor, config->agent.interval_ms);
	}
}

Sensors *sensors_new(const Config *config, SensorsReady ready, void *data, GError **error)
{
	static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };
	Sensors *sensors;

	if (!sensors_check(config, error))
		return NULL;
	sensors = g_new0(Sensors, 1);
	sensors->reader = sensor_reader_new(on_read, sensors, error);
	if (!sensors->reader) {
		g_free(sensors);
		return NULL;
	}
	sensors->slots = g_ptr_array_new_with_free_func(slot_free);
	sensors->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
	sensors->interval_ms = config->agent.interval_ms;
	sensors->schedule = schedule_new(g_get_monotonic_time());
	sensors->sample = g_string_new(NULL);
	sensors->ready = ready;
	sensors->data = data;
	sensors->timer = g_source_new(&timer_funcs, sizeof(GSource));
	sensors_add_all(sensors, config);
	g_source_set_callback(sensors->timer, sensors_tick, sensors, NULL);
	g_source_attach(sensors->timer, g_main_context_get_thread_default());
	set_timer(sensors);
	return sensors;
}

/* Nobody who asked is left without an answer. */
static void cancel_waiters(Sensors *sensors)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
						      "the sensors are not read any more");

	for (guint i = 0; i < sensors->slots->len; i++)
		answer_waiters(sensors, i, error);
}

void sensors_free(Sensors *sensors)
{
	if (!sensors)
		return;
	cancel_waiters(sensors);
	g_source_destroy(sensors->timer);
	g_source_unref(sensors->timer);
	sensor_reader_free(sensors->reader);
	g_ptr_array_unref(sensors->slots);
	g_array_unref(sensors->waiters);
	schedule_free(sensors->schedule);
	g_string_free(sensors->sample, TRUE);
	g_free(sensors);
}

void sensors_describe(const Sensors *sensors, GString *text)
{
	g_string_append_c(text, '[');
	for (guint i = 0; i < sensors->slots->len; i++) {
		const Slot *slot = slot_at(sensors, i);
		const SensorStatus status = {
			.name = slot->config->name,
			.unit = sensor_unit(slot->config, sensor_key(slot->config)),
			.error = slot->error,
			.readings = slot->current->str,
			.counts = slot->counts,
		};

		if (i > 0)
			g_string_append_c(text, ',');
		sensor_status_encode(&status, text);
	}
	g_string_append_c(text, ']');
}
