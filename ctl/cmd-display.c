/* SPDX-License-Identifier: MIT */
/* landfallctl display - what the display of the device shows, also where there is none */
#include "common/error.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>

#define WIDTH  128
#define HEIGHT 64
#define SCALE  4 /* of the picture */

/* The octets of the frame, WIDTH * HEIGHT / 8, freed by the caller. */
static guchar *ask_frame(const Ctl *ctl, GError **error)
{
	cJSON *answer = agent_client_display(ctl->config->agent.ingest, error);
	gsize len = 0;

	if (!answer)
		return NULL;

	const char *failure = ctl_json_text(answer, "error", NULL);
	guchar *pages = g_base64_decode(ctl_json_text(answer, "pages", ""), &len);

	if (failure)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the agent cannot draw: %s", failure);
	else if (len != WIDTH * HEIGHT / 8)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the agent answers with %zu octets, not with a frame", len);
	if (failure || len != WIDTH * HEIGHT / 8)
		g_clear_pointer(&pages, g_free);
	cJSON_Delete(answer);
	return pages;
}

static bool is_lit(const guchar *pages, unsigned x, unsigned y)
{
	return pages[y / 8 * WIDTH + x] & 1U << y % 8;
}

/* Two rows of pixels a line. */
static void print_frame(const guchar *pages)
{
	static const char *const blocks[] = { " ", "\u2580", "\u2584", "\u2588" };

	for (unsigned y = 0; y < HEIGHT; y += 2) {
		for (unsigned x = 0; x < WIDTH; x++)
			fputs(blocks[is_lit(pages, x, y) | is_lit(pages, x, y + 1) << 1], stdout);
		putchar('\n');
	}
}

static bool write_png(const guchar *pages, const char *path, GError **error)
{
	g_autofree guchar *pixels = g_malloc(WIDTH * SCALE * HEIGHT * SCALE);
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = WIDTH * SCALE,
		.height = HEIGHT * SCALE,
		.format = PNG_FORMAT_GRAY,
	};

	for (unsigned y = 0; y < HEIGHT * SCALE; y++)
		for (unsigned x = 0; x < WIDTH * SCALE; x++)
			pixels[y * WIDTH * SCALE + x] =
				is_lit(pages, x / SCALE, y / SCALE) ? 255 : 0;

	bool written = png_image_write_to_file(&image, path, 0, pixels, WIDTH * SCALE, NULL);

	if (!written)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "cannot write %s: %s",
			    path, image.message);
	png_image_free(&image);
	return written;
}

bool cmd_display(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_autofree char *png = NULL;
	const GOptionEntry entries[] = {
		{ "png", 0, 0, G_OPTION_ARG_FILENAME, &png, "write a picture to FILE", "FILE" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("display [--png=FILE]", entries, &argc, &argv, error))
		return false;
	if (argc > 1 || ctl->json) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "display takes no arguments and no --json: it shows a picture");
		return false;
	}

	g_autofree guchar *pages = ask_frame(ctl, error);

	if (!pages)
		return false;
	if (png)
		return write_png(pages, png, error);
	print_frame(pages);
	return true;
}
