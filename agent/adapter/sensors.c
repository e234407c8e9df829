/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensors.h"

#include "agent/adapter/sensor.h"
#include "agent/core/sample.h"
#include "agent/core/schedule.h"
#include "common/error.h"

#include <string.h>

/* Longest name that a driver puts behind a key, "_temperature". */
#define SUFFIX_MAX 12

typedef struct Slot {
	const ConfigSensor *config;
	const SensorDriver *driver;
	void *sensor;
	bool failing;
} Slot;

struct Sensors {
	GArray *slots; /* of Slot */
	Schedule *schedule;
	GSource *timer;
	GString *values;
	SensorsReady ready;
	void *data;
};

static const ConfigSensor default_sensor = {
	.name = (char *)"system",
	.driver = CONFIG_DRIVER_SYSTEM,
	.enabled = true,
	.scale = 1,
	.what = CONFIG_SYSTEM_TEMPERATURE | CONFIG_SYSTEM_LOAD | CONFIG_SYSTEM_MEMORY |
		CONFIG_SYSTEM_UPTIME,
};

static const SensorDriver *const drivers[] = {
	[CONFIG_DRIVER_SIMULATED] = &sensor_simulated,
	[CONFIG_DRIVER_HWMON] = &sensor_hwmon,
	[CONFIG_DRIVER_THERMAL] = &sensor_thermal,
	[CONFIG_DRIVER_SYSTEM] = &sensor_system,
};

const SensorDriver *sensor_driver(ConfigDriver driver)
{
	return (size_t)driver < G_N_ELEMENTS(drivers) ? drivers[driver] : NULL;
}

static void slot_read(Slot *slot, int64_t now_us, GString *values)
{
	g_autoptr(GError) error = NULL;
	bool fine = slot->driver->read(slot->sensor, now_us, values, &error);

	if (!fine && !slot->failing)
		g_warning("sensor %s: %s; left out until it works", slot->config->name,
			  error->message);
	else if (fine && slot->failing)
		g_message("sensor %s: works again", slot->config->name);
	slot->failing = !fine;
}

void sensors_read_now(Sensors *sensors)
{
	g_string_truncate(sensors->values, 0);
	for (guint i = 0; i < sensors->slots->len; i++)
		slot_read(&g_array_index(sensors->slots, Slot, i), g_get_monotonic_time(),
			  sensors->values);
	if (sensors->values->len > 0)
		sensors->ready(sensors->values->str, sensors->values->len, sensors->data);
}

static gboolean sensors_tick(gpointer data)
{
	Sensors *sensors = data;
	int64_t now_us = g_get_monotonic_time();

	g_string_truncate(sensors->values, 0);
	for (guint i = 0; i < sensors->slots->len; i++) {
		if (schedule_take(sensors->schedule, i, now_us))
			slot_read(&g_array_index(sensors->slots, Slot, i), now_us, sensors->values);
	}
	g_source_set_ready_time(sensors->timer, schedule_next_us(sensors->schedule));
	if (sensors->values->len > 0)
		sensors->ready(sensors->values->str, sensors->values->len, sensors->data);
	return G_SOURCE_CONTINUE;
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

static bool sensors_add(Sensors *sensors, const ConfigSensor *config, int64_t interval_ms,
			GError **error)
{
	const char *key = config->key ? config->key : config->name;
	Slot slot = { .config = config, .driver = sensor_driver(config->driver) };

	if (!slot.driver) {
		g_set_error(
			error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			"[sensor %s]: this version has no such driver; it has simulated, hwmon, "
			"thermal and system",
			config->name);
		return false;
	}
	if (!sample_key_valid(key, strlen(key)) || strlen(key) + SUFFIX_MAX > SAMPLE_KEY_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[sensor %s]: the key cannot name a reading", config->name);
		return false;
	}
	slot.sensor = slot.driver->open(config);
	g_array_append_val(sensors->slots, slot);
	schedule_add(sensors->schedule,
		     (config->interval_ms > 0 ? config->interval_ms : interval_ms) * 1000);
	return true;
}

static bool sensors_add_all(Sensors *sensors, const Config *config, GError **error)
{
	if (config->sensors->len == 0)
		return sensors_add(sensors, &default_sensor, config->agent.interval_ms, error);
	for (guint i = 0; i < config->sensors->len; i++) {
		const ConfigSensor *sensor = g_ptr_array_index(config->sensors, i);

		if (sensor->enabled &&
		    !sensors_add(sensors, sensor, config->agent.interval_ms, error))
			return false;
	}
	return true;
}

Sensors *sensors_new(const Config *config, SensorsReady ready, void *data, GError **error)
{
	static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };
	g_autoptr(Sensors) sensors = g_new0(Sensors, 1);

	sensors->slots = g_array_new(FALSE, FALSE, sizeof(Slot));
	sensors->schedule = schedule_new(g_get_monotonic_time());
	sensors->values = g_string_new(NULL);
	sensors->ready = ready;
	sensors->data = data;
	if (!sensors_add_all(sensors, config, error))
		return NULL;
	sensors->timer = g_source_new(&timer_funcs, sizeof(GSource));
	g_source_set_callback(sensors->timer, sensors_tick, sensors, NULL);
	if (sensors->slots->len > 0)
		g_source_set_ready_time(sensors->timer, schedule_next_us(sensors->schedule));
	g_source_attach(sensors->timer, g_main_context_get_thread_default());
	return g_steal_pointer(&sensors);
}

void sensors_free(Sensors *sensors)
{
	if (!sensors)
		return;
	if (sensors->timer) {
		g_source_destroy(sensors->timer);
		g_source_unref(sensors->timer);
	}
	for (guint i = 0; i < sensors->slots->len; i++) {
		Slot *slot = &g_array_index(sensors->slots, Slot, i);

		slot->driver->free(slot->sensor);
	}
	g_array_unref(sensors->slots);
	schedule_free(sensors->schedule);
	g_string_free(sensors->values, TRUE);
	g_free(sensors);
}
