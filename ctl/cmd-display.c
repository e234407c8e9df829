/* SPDX-License-Identifier: MIT */
/* landfallctl display - what the display of the device shows, also where there is none */
#include "agent/core/frame.h"
#include "common/error.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"
#include "ctl/out-file.h"

#include <stdio.h>
#include <string.h>

#define SCALE  4 /* of the picture */
#define WIDTH  (FRAME_WIDTH * SCALE)
#define HEIGHT (FRAME_HEIGHT * SCALE)

static bool ask_frame(const Ctl *ctl, Frame *frame, GError **error)
{
	cJSON *answer = agent_client_display(ctl->config->agent.ingest, error);
	gsize len = 0;

	if (!answer)
		return false;

	const char *failure = ctl_json_text(answer, "error", NULL);
	g_autofree guchar *pages = g_base64_decode(ctl_json_text(answer, "pages", ""), &len);
	bool drawn = !failure && len == sizeof(*frame);

	if (failure)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the agent cannot draw: %s", failure);
	else if (!drawn)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the agent answers with %zu octets, not with a frame", len);
	else
		memcpy(frame, pages, sizeof(*frame));
	cJSON_Delete(answer);
	return drawn;
}

/* Two rows of pixels a line. */
static void print_frame(const Frame *frame)
{
	static const char *const blocks[] = { " ", "\u2580", "\u2584", "\u2588" };

	for (unsigned y = 0; y < FRAME_HEIGHT; y += 2) {
		for (unsigned x = 0; x < FRAME_WIDTH; x++)
			fputs(blocks[frame_get(frame, x, y) | frame_get(frame, x, y + 1) << 1],
			      stdout);
		putchar('\n');
	}
}

static bool write_png(const Frame *frame, const char *path, GError **error)
{
	g_autofree guchar *pixels = g_malloc(WIDTH * HEIGHT);

	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			pixels[y * WIDTH + x] = frame_get(frame, x / SCALE, y / SCALE) ? 255 : 0;
	return out_file_write_png(path, false, pixels, WIDTH, HEIGHT, error);
}

bool cmd_display(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_autofree char *png = NULL;
	const GOptionEntry entries[] = {
		{ "png", 0, 0, G_OPTION_ARG_FILENAME, &png, "write a PNG; - is standard output",
		  "FILE" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("display [--png=FILE]", entries, &argc, &argv, error))
		return false;
	if (argc > 1 || ctl->json) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "display takes no arguments and no --json: it shows a picture");
		return false;
	}

	Frame frame;

	if (!ask_frame(ctl, &frame, error))
		return false;
	if (png)
		return write_png(&frame, png, error);
	print_frame(&frame);
	return true;
}
