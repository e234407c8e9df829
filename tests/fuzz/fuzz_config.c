/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config - one configuration file
 *
 * What is taken reads back from its own dump as the same values; what is refused is refused in one
 * line that starts with the file's name.
 */
#include "tests/fuzz/fuzz.h"

#include "common/config.h"
#include "common/error.h"

#include <stdbool.h>
#include <string.h>

/* A dump without the comments that name origins */
static char *values_of(const Config *config)
{
	g_autofree char *dump = config_dump(config);
	g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
	GString *values = g_string_new(NULL);

	for (char **line = lines; *line; line++)
		if ((*line)[0] != '#')
			g_string_append_printf(values, "%s\n", *line);
	return g_string_free(values, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = config_parse((const char *)data, size, "FILE", &error);

	g_assert_true((config == NULL) == (error != NULL));
	if (error) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, "FILE:"));
		g_assert_null(strchr(error->message, '\n'));
		return 0;
	}

	g_autofree char *dump = config_dump(config);
	g_autoptr(Config) again = config_parse(dump, strlen(dump), "DUMP", &error);

	g_assert_no_error(error);

	g_autofree char *first = values_of(config);
	g_autofree char *second = values_of(again);

	g_assert_cmpstr(first, ==, second);
	return 0;
}
