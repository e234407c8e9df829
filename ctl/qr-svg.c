/* SPDX-License-Identifier: MIT */
/*
 * The label, in hundredths of a millimetre:
 *
 *   0   200                        3400  3600                              7900   8000
 *       ┌─────────────────────────┐      Name
 *       │ the code                │      PROV_A1B2C3
 *       │ with its quiet zone     │      Proof of possession
 *       │                         │      k7mq 2xwt 9hdz
 *       └─────────────────────────┘
 */
#include "ctl/qr-private.h"

#include "common/error.h"
#include "ctl/out-file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#define WIDTH       8000
#define HEIGHT      3800
#define MARGIN      200
#define CODE_SIZE   3400
#define TEXT_X      3700
#define TEXT_WIDTH  4200
#define FONT_MAX    480
#define FONT_SMALL  260
#define GROUP       4           /* characters of a proof between two blanks */
#define GROUPS_LINE 4           /* at most */
#define ROOM        (64 * 1024) /* what a label needs at most: no copy of a proof is left behind */

/* Characters of a monospace font are six tenths as wide as they are high, or a little more. */
static long font_size(long characters)
{
	return MIN(FONT_MAX, TEXT_WIDTH * 100 / (62 * MAX(characters, 1)));
}

static void put_text(GString *svg, int y, long size, const char *weight, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	g_string_append_printf(svg,
			       "<text x=\"%d\" y=\"%d\" font-size=\"%ld\" font-weight=\"%s\" "
			       "xml:space=\"preserve\">%s</text>\n",
			       TEXT_X, y, size, weight, escaped);
	OPENSSL_cleanse(escaped, strlen(escaped));
}

static void put_code(GString *svg, const QRcode *code)
{
	int side = code->width + 2 * QR_QUIET_ZONE;

	g_string_append_printf(svg,
			       "<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
			       "viewBox=\"%d %d %d %d\" shape-rendering=\"crispEdges\">"
			       "<path d=\"",
			       MARGIN, MARGIN, CODE_SIZE, CODE_SIZE, -QR_QUIET_ZONE, -QR_QUIET_ZONE,
			       side, side);
	for (int y = 0; y < code->width; y++)
		for (int x = 0; x < code->width; x++)
			if (qr_is_dark(code, x, y))
				g_string_append_printf(svg, "M%d %dh1v1h-1z", x, y);
	g_string_append(svg, "\"/></svg>\n");
}

/* A blank within the proof must not be taken for one between groups. */
static bool can_group(const char *pop)
{
	return g_str_is_ascii(pop) && !strchr(pop, ' ');
}

static void put_groups(GString *svg, const char *pop)
{
	size_t len = strlen(pop);
	size_t per_line = GROUP * (len <= 3 * GROUP ? 3 : GROUPS_LINE);
	long size = font_size((long)(MIN(len, per_line) + MIN(len, per_line) / GROUP));
	int y = 2400;

	for (size_t from = 0; from < len; from += per_line, y += 380) {
		char line[2 * GROUP * GROUPS_LINE + 1] = { 0 };
		size_t used = 0;

		for (size_t i = from; i < MIN(from + per_line, len); i++) {
			if (i > from && (i - from) % GROUP == 0)
				line[used++] = ' ';
			line[used++] = pop[i];
		}
		put_text(svg, y, size, "bold", line);
		OPENSSL_cleanse(line, sizeof(line));
	}
}

static void put_proof(GString *svg, const char *pop)
{
	put_text(svg, 1800, FONT_SMALL, "normal", "Proof of possession");
	if (can_group(pop))
		put_groups(svg, pop);
	else
		put_text(svg, 2400, font_size(g_utf8_strlen(pop, -1)), "bold", pop);
}

/* XML has no way to write a control character. */
static bool is_printable(const char *text, GError **error)
{
	bool printable = g_utf8_validate(text, -1, NULL);

	for (const char *c = text; printable && *c; c++)
		printable = !g_ascii_iscntrl(*c);
	if (!printable)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "name and proof must be printable text to be put on a label");
	return printable;
}

static void draw_label(GString *svg, const QrLabel *label, const QRcode *code)
{
	g_autofree char *name = g_markup_escape_text(label->name, -1);

	g_string_append_printf(
		svg,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%dmm\" height=\"%dmm\" "
		"viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans Mono, Liberation Mono, "
		"monospace\">\n"
		"<title>%s</title>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		WIDTH / 100, HEIGHT / 100, WIDTH, HEIGHT, name, WIDTH, HEIGHT);
	put_code(svg, code);
	put_text(svg, 600, FONT_SMALL, "normal", "Name");
	put_text(svg, 1200, font_size(g_utf8_strlen(label->name, -1)), "bold", label->name);
	if (label->pop)
		put_proof(svg, label->pop);
	g_string_append(svg, "</svg>\n");
}

bool qr_check_label(const QrLabel *label, GError **error)
{
	return is_printable(label->name, error) && (!label->pop || is_printable(label->pop, error));
}

bool qr_write_svg(const QrLabel *label, const char *path, GError **error)
{
	if (!qr_check_label(label, error))
		return false;

	g_autofree char *payload = qr_payload(label);
	g_autoptr(QRcode) code = qr_encode(payload, error);
	FILE *file = code ? out_file_open(path, true, error) : NULL;

	OPENSSL_cleanse(payload, strlen(payload));
	if (!file)
		return false;

	GString *svg = g_string_sized_new(ROOM);

	draw_label(svg, label, code);

	bool written = fwrite(svg->str, 1, svg->len, file) == svg->len;

	written = out_file_close(file) && written;
	OPENSSL_cleanse(svg->str, svg->len);
	g_string_free(svg, TRUE);
	if (!written)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "cannot write %s: %s",
			    path, g_strerror(errno));
	return written;
}
