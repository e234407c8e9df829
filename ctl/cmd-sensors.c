/* SPDX-License-Identifier: MIT */
/*
 * landfallctl sensors - what the device can measure, each with a reading of now
 *
 * It reads by itself, with the drivers of the agent: the agent need not run, and may.
 */
#include "agent/adapter/sensor-reader.h"
#include "agent/adapter/sensor.h"
#include "common/error.h"
#include "common/off-loop.h"
#include "common/printable.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH   28 /* at least */
#define DRIVER_WIDTH 8

typedef struct Found {
	ConfigSensor *config;
	cJSON *readings;
	char *error; /* NULL: it could be read */
} Found;

typedef struct Survey {
	char *root;
	GPtrArray *list; /* of Found */
	guint more;      /* were found, and are not in it */
	SensorReader *reader;
	guint awaited;
} Survey;

static void found_free(gpointer data)
{
	Found *found = data;

	config_sensor_free(found->config);
	cJSON_Delete(found->readings);
	g_free(found->error);
	g_free(found);
}

static Survey *survey_new(const char *root)
{
	Survey *survey = g_new0(Survey, 1);

	survey->root = g_strdup(root);
	survey->list = g_ptr_array_new_with_free_func(found_free);
	return survey;
}

static void survey_free(gpointer data)
{
	Survey *survey = data;

	g_free(survey->root);
	g_ptr_array_unref(survey->list);
	g_free(survey);
}

static bool is_taken(const Survey *survey, const char *name)
{
	for (guint i = 0; i < survey->list->len; i++) {
		const Found *found = survey->list->pdata[i];

		if (g_str_equal(found->config->name, name))
			return true;
	}
	return false;
}

/* Two labels may become one name of a section. */
static void make_unique(const Survey *survey, ConfigSensor *config)
{
	g_autofree char *name = g_strdup(config->name);

	for (unsigned n = 2; is_taken(survey, config->name); n++) {
		g_free(config->name);
		config->name = g_strdup_printf("%.60s_%u", name, n);
	}
}

static void on_found(ConfigSensor *config, void *data)
{
	Survey *survey = data;
	Found *found;

	if (survey->list->len >= CONFIG_SENSORS_MAX) { /* no configuration could hold more */
		config_sensor_free(config);
		survey->more++;
		return;
	}
	make_unique(survey, config);
	found = g_new0(Found, 1);
	found->config = config;
	found->readings = cJSON_CreateObject();
	g_ptr_array_add(survey->list, found);
}

static void find_all(gpointer data)
{
	Survey *survey = data;

	sensor_find_all(survey->root, on_found, survey);
}

/* To look for sensors is to read files of theirs, and one that hangs may be the first.
 * Returns the survey, to be freed; NULL with an error */
static Survey *survey_find(const char *root, int timeout_s, GError **error)
{
	Survey *survey = survey_new(root);
	OffLoop *call = off_loop_start(find_all, survey_free, survey);

	if (!call) {
		survey_free(survey);
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
				    "the system has no thread left to look for sensors");
		return NULL;
	}

	GPollFD over = { .fd = off_loop_fd(call), .events = G_IO_IN };

	if (g_poll(&over, 1, timeout_s * 1000) > 0)
		off_loop_take(call);
	else if (off_loop_give_up(call)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "no list of the sensors below %s within %d s: one of them does not "
			    "answer; the agent reads the others all the same",
			    root, timeout_s);
		return NULL;
	}
	return survey;
}

static void on_read(size_t index, const SensorReadings *readings, const GError *error, void *data)
{
	Survey *survey = data;
	Found *found = survey->list->pdata[index];

	for (size_t i = 0; i < sensor_readings_count(readings); i++) {
		const SensorReading *reading = sensor_readings_get(readings, i);

		cJSON_AddNumberToObject(found->readings, reading->key, reading->number);
	}
	if (error)
		found->error = printable_text(error->message, strlen(error->message));
	survey->awaited--;
}

static bool read_all(Survey *survey, int64_t timeout_ms, GError **error)
{
	survey->reader = sensor_reader_new(on_read, survey, error);
	if (!survey->reader)
		return false;
	for (guint i = 0; i < survey->list->len; i++) {
		const Found *found = survey->list->pdata[i];
		g_autoptr(ConfigSensor) config = config_sensor_copy(found->config);

		config->timeout_ms = timeout_ms;
		sensor_reader_add(survey->reader, config);
	}
	for (guint i = 0; i < survey->list->len; i++)
		survey->awaited += sensor_reader_ask(survey->reader, i);
	while (survey->awaited > 0)
		g_main_context_iteration(NULL, TRUE);
	sensor_reader_free(survey->reader);
	return true;
}

/* 48.312 °C */
static char *describe(const Found *found, const cJSON *reading)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];
	const char *unit = sensor_unit(found->config, reading->string);

	g_ascii_formatd(digits, sizeof(digits), "%.15g", reading->valuedouble);
	return g_strdup_printf("%s%s%s", digits, *unit ? " " : "", unit);
}

static void print_line(int width, const char *name, const char *driver, const char *text)
{
	printf("%-*s  %-*s  %s\n", width, name, DRIVER_WIDTH, driver, text);
}

/* Of the column of names. */
static int name_width(const GPtrArray *list)
{
	size_t width = NAME_WIDTH;

	for (guint i = 0; i < list->len; i++) {
		const Found *found = list->pdata[i];

		width = MAX(width, strlen(found->config->name));
	}
	return (int)width;
}

/* The name and the driver stand in front of the first line only. */
static void print_found(const Found *found, int width)
{
	const char *name = found->config->name;
	const char *driver = sensor_driver(found->config->driver)->name;
	const cJSON *reading = NULL;

	cJSON_ArrayForEach(reading, found->readings)
	{
		g_autofree char *value = describe(found, reading);
		bool alone = g_str_equal(reading->string, sensor_key(found->config));
		g_autofree char *text =
			alone ? g_strdup(value)
			      : g_strdup_printf("%-12s  %s", reading->string, value);

		print_line(width, name, driver, text);
		name = driver = "";
	}
	if (found->error)
		print_line(width, name, driver, found->error);
}

static cJSON *encode(const Found *found)
{
	cJSON *object = cJSON_CreateObject();
	const char *unit = sensor_unit(found->config, sensor_key(found->config));
	g_autofree char *section = config_sensor_section(found->config);

	cJSON_AddStringToObject(object, "name", found->config->name);
	cJSON_AddStringToObject(object, "driver", sensor_driver(found->config->driver)->name);
	if (*unit)
		cJSON_AddStringToObject(object, "unit", unit);
	cJSON_AddItemToObject(object, "readings", cJSON_Duplicate(found->readings, true));
	if (found->error)
		cJSON_AddStringToObject(object, "error", found->error);
	cJSON_AddStringToObject(object, "section", section);
	return object;
}

static void print_section(const Found *found)
{
	g_autofree char *section = config_sensor_section(found->config);
	const cJSON *reading = NULL;

	cJSON_ArrayForEach(reading, found->readings)
	{
		g_autofree char *value = describe(found, reading);

		printf("# %s: %s\n", reading->string, value);
	}
	if (found->error)
		printf("# %s\n", found->error);
	printf("%s\n", section);
}

static void print_all(const Survey *survey, bool json, bool sections)
{
	cJSON *list = json ? cJSON_CreateArray() : NULL;
	int width = name_width(survey->list);

	if (!json && !sections)
		print_line(width, "NAME", "DRIVER", "READING");
	for (guint i = 0; i < survey->list->len; i++) {
		const Found *found = survey->list->pdata[i];

		if (json)
			cJSON_AddItemToArray(list, encode(found));
		else if (sections)
			print_section(found);
		else
			print_found(found, width);
	}
	if (json)
		ctl_print_json(list);
	if (survey->more > 0)
		fprintf(stderr,
			"landfallctl: %u more are not shown: a configuration can have %d sensors\n",
			survey->more, CONFIG_SENSORS_MAX);
}

static bool check_arguments(int argc, int timeout_s, const char *root, GError **error)
{
	const char *wrong = NULL;

	if (argc > 1)
		wrong = "sensors takes no arguments";
	else if (timeout_s < 1 || timeout_s > 3600)
		wrong = "--timeout is 1 to 3600 seconds";
	else if (!g_path_is_absolute(root) || !g_file_test(root, G_FILE_TEST_IS_DIR))
		wrong = "--root is an absolute path of a folder";
	if (wrong)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE, wrong);
	return !wrong;
}

bool cmd_sensors(const Ctl *ctl, int argc, char **argv, GError **error)
{
	gboolean sections = FALSE;
	gint timeout_s = 10;
	g_autofree char *given = NULL;
	const GOptionEntry entries[] = {
		{ "sections", 0, 0, G_OPTION_ARG_NONE, &sections,
		  "print them as groups of landfall.conf", NULL },
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		  "how long the search, and each reading, may take", "SECONDS" },
		{ "root", 0, 0, G_OPTION_ARG_FILENAME, &given, "look below DIR instead of /",
		  "DIR" },
		G_OPTION_ENTRY_NULL,
	};
	Survey *survey;

	if (!ctl_parse("sensors", entries, &argc, &argv, error))
		return false;

	const char *root = given ? given : "/";

	if (!check_arguments(argc, timeout_s, root, error))
		return false;
	survey = survey_find(root, timeout_s, error);
	if (!survey)
		return false;

	bool read = read_all(survey, timeout_s * INT64_C(1000), error);

	if (read)
		print_all(survey, ctl->json, sections);
	survey_free(survey);
	return read;
}
