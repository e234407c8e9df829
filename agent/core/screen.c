/* SPDX-License-Identifier: MIT */
#include "agent/core/screen.h"

#include "common/printable.h"

#include <cjson/cJSON.h>
#include <string.h>

#define READINGS_MAX 2048 /* octets that are looked at; a display holds a few dozen */

typedef struct Page {
	GPtrArray *lines; /* of char */
	unsigned columns;
	unsigned rows;
} Page;

static bool page_full(const Page *page)
{
	return page->lines->len >= page->rows;
}

/* One line, cut at the edge; what is no character is made one. */
static void add_line(Page *page, const char *text)
{
	g_autofree char *printable = printable_text(text, strlen(text));

	if (!page_full(page))
		g_ptr_array_add(page->lines, g_utf8_substring(printable, 0,
							      MIN((glong)page->columns,
								  g_utf8_strlen(printable, -1))));
}

/* As many lines as it takes, broken between words where possible. */
static void add_words(Page *page, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) line = g_string_new(NULL);

	for (char **word = words; *word; word++) {
		glong len = g_utf8_strlen(line->str, -1) + 1 + g_utf8_strlen(*word, -1);

		if (line->len > 0 && len > (glong)page->columns) {
			add_line(page, line->str);
			g_string_truncate(line, 0);
		}
		g_string_append_printf(line, "%s%s", line->len > 0 ? " " : "", *word);
	}
	if (line->len > 0)
		add_line(page, line->str);
}

static const char *headline(const ScreenInput *input)
{
	switch (input->provisioning) {
	case INDICATOR_PROVISIONING_READY: return "Waiting for a phone";
	case INDICATOR_PROVISIONING_PEER: return "Phone connected";
	case INDICATOR_PROVISIONING_JOINING: return "Joining Wi-Fi";
	case INDICATOR_PROVISIONING_OFF: break;
	}
	switch (input->status->state) {
	case UPLINK_STARTING: return "Starting";
	case UPLINK_IDENTITY: return "No identity";
	case UPLINK_CLOCK: return "Clock is not set";
	case UPLINK_BACKOFF: return input->address ? "Broker not reached" : "Not connected";
	case UPLINK_CONNECTING: return "Connecting";
	case UPLINK_ONLINE: return "Connected";
	case UPLINK_STOPPED: break;
	}
	return "Stopping";
}

static void add_reading(Page *page, const cJSON *reading)
{
	g_autofree char *value = NULL;

	if (cJSON_IsNumber(reading))
		value = g_strdup_printf("%.6g", reading->valuedouble);
	else if (cJSON_IsString(reading))
		value = g_strdup(reading->valuestring);
	else
		value = g_strdup(cJSON_IsTrue(reading) ? "yes" : "no");

	/* the value is kept whole, the name is cut */
	glong room = (glong)page->columns - g_utf8_strlen(value, -1) - 1;
	glong len = g_utf8_strlen(reading->string, -1);
	g_autofree char *name = g_utf8_substring(reading->string, 0, CLAMP(room, 0, len));
	g_autofree char *line = g_strdup_printf("%s %s", name, value);

	add_line(page, line);
}

static void add_readings(Page *page, const char *readings)
{
	if (!readings || strlen(readings) > READINGS_MAX)
		return;

	g_autofree char *text = g_strdup_printf("{%s}", readings);
	cJSON *object = cJSON_Parse(text);
	const cJSON *reading;

	cJSON_ArrayForEach(reading, object) add_reading(page, reading);
	cJSON_Delete(object);
}

char **screen_lines(const ScreenInput *input, unsigned columns, unsigned rows)
{
	const char *last_error = input->status->last_error;
	Page page = { g_ptr_array_new_with_free_func(g_free), columns, rows };

	add_line(&page, headline(input));
	add_line(&page, input->address ? input->address : "no network");
	if (last_error && *last_error) {
		add_words(&page, last_error);
	} else if (input->status->waiting > 1) {
		g_autofree char *waiting = g_strdup_printf("%" G_GUINT64_FORMAT " samples wait",
							   input->status->waiting);

		add_line(&page, waiting);
	}
	add_readings(&page, input->readings);
	g_ptr_array_add(page.lines, NULL);
	return (char **)g_ptr_array_free(page.lines, FALSE);
}

void screen_draw(const ScreenInput *input, const Psf *font, Frame *frame)
{
	unsigned columns = MAX(FRAME_WIDTH / psf_width(font), 1);
	unsigned rows = MAX(FRAME_HEIGHT / psf_height(font), 1);
	g_auto(GStrv) lines = screen_lines(input, columns, rows);

	frame_clear(frame);
	for (unsigned row = 0; lines[row]; row++)
		frame_text(frame, font, row, lines[row]);
	if (input->inverted)
		frame_invert(frame);
}
