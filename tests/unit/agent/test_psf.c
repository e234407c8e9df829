/* SPDX-License-Identifier: MIT */
/* psf: fonts made here, octet by octet, and what is wrong with others. */
#include "agent/core/frame.h"
#include "agent/core/psf.h"
#include "common/error.h"

#include <string.h>

static void add_u32(GByteArray *to, uint32_t value)
{
	const uint8_t octets[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
				   (uint8_t)(value >> 24) };

	g_byte_array_append(to, octets, sizeof(octets));
}

static GByteArray *psf2_head(uint32_t flags, uint32_t count, uint32_t octets, uint32_t height,
			     uint32_t width)
{
	GByteArray *font = g_byte_array_new();

	g_byte_array_append(font, (const uint8_t *)"\x72\xb5\x4a\x86", 4);
	add_u32(font, 0);
	add_u32(font, 32);
	add_u32(font, flags);
	add_u32(font, count);
	add_u32(font, octets);
	add_u32(font, height);
	add_u32(font, width);
	return font;
}

/* Three glyphs of 3×4 pixels: ?, an L for 'L' and 'É', a bar for U+2588; the sequence of the last
 * one is no code point of its own. */
static GByteArray *tiny(void)
{
	static const uint8_t glyphs[] = { 0xe0, 0x20, 0x00, 0x40, 0x80, 0x80,
					  0x80, 0xe0, 0xe0, 0xe0, 0xe0, 0xe0 };
	static const char table[] = "?\xff"
				    "L\xc3\x89\xff"
				    "\xe2\x96\x88\xfe"
				    "ab\xff";
	GByteArray *font = psf2_head(1, 3, 4, 4, 3);

	g_byte_array_append(font, glyphs, sizeof(glyphs));
	g_byte_array_append(font, (const uint8_t *)table, sizeof(table) - 1);
	return font;
}

/* The upper left corner of a frame, drawn. */
static char *corner(const Frame *frame, unsigned width, unsigned height)
{
	GString *text = g_string_new(NULL);

	for (unsigned y = 0; y < height; y++) {
		for (unsigned x = 0; x < width; x++)
			g_string_append_c(text, frame_get(frame, x, y) ? '#' : '.');
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

static void test_text(void)
{
	g_autoptr(GByteArray) octets = tiny();
	g_autoptr(GError) error = NULL;
	g_autoptr(Psf) font = psf_parse(octets->data, octets->len, &error);
	Frame frame;

	g_assert_no_error(error);
	frame_clear(&frame);
	frame_text(&frame, font, 0, "L\xe2\x96\x88\xc3\x89");
	frame_text(&frame, font, 1, "ab"); /* neither has a glyph */

	g_autofree char *drawn = corner(&frame, 10, 9);

	g_assert_cmpstr(drawn, ==,
			"#..####...\n"
			"#..####...\n"
			"#..####...\n"
			"#########.\n"
			"######....\n"
			"..#..#....\n"
			"..........\n"
			".#..#.....\n"
			"..........\n");
	frame_invert(&frame);
	g_assert_false(frame_get(&frame, 0, 0));
	g_assert_true(frame_get(&frame, 127, 63));
}

/* An octet of a page is a column, its lowest bit on top. */
static void test_pages(void)
{
	Frame frame;

	frame_clear(&frame);
	frame_set(&frame, 5, 8);
	frame_set(&frame, 5, 15);
	frame_set(&frame, 128, 0);
	frame_set(&frame, 0, 64);
	g_assert_cmphex(frame.pages[1][5], ==, 0x81);
	frame.pages[1][5] = 0;
	for (unsigned page = 0; page < FRAME_PAGES; page++)
		for (unsigned x = 0; x < FRAME_WIDTH; x++)
			g_assert_cmphex(frame.pages[page][x], ==, 0);
}

/* What does not fit is cut, not wrapped and not drawn in part. */
static void test_edge(void)
{
	g_autoptr(GByteArray) octets = tiny();
	g_autoptr(Psf) font = psf_parse(octets->data, octets->len, NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	Frame frame;

	for (int i = 0; i < 60; i++)
		g_string_append(text, "\xe2\x96\x88");
	frame_clear(&frame);
	frame_text(&frame, font, 0, text->str);
	g_assert_true(frame_get(&frame, 125, 0)); /* 42 glyphs of 3 */
	g_assert_false(frame_get(&frame, 126, 0));
	g_assert_false(frame_get(&frame, 0, 4));
}

static GByteArray *psf1(uint8_t mode, uint8_t height, unsigned count)
{
	GByteArray *font = g_byte_array_new();
	const uint8_t head[] = { 0x36, 0x04, mode, height };

	g_byte_array_append(font, head, sizeof(head));
	for (unsigned i = 0; i < count * height; i++) {
		uint8_t row = (uint8_t)(i / height);

		g_byte_array_append(font, &row, 1);
	}
	return font;
}

static void assert_row(const Psf *font, gunichar code, unsigned row)
{
	unsigned found = 0;

	for (unsigned x = 0; x < 8; x++)
		found |= psf_pixel(font, code, x, 0) ? 0x80U >> x : 0;
	g_assert_cmphex(found, ==, row);
}

static void test_psf1(void)
{
	g_autoptr(GByteArray) plain = psf1(0, 2, 256);
	g_autoptr(Psf) font = psf_parse(plain->data, plain->len, NULL);

	g_assert_cmpuint(psf_width(font), ==, 8);
	g_assert_cmpuint(psf_height(font), ==, 2);
	assert_row(font, 'A', 'A');
	assert_row(font, 256, '?');
}

static void test_psf1_table(void)
{
	static const uint8_t table[] = { 'x', 0, 0xff, 0xff,                         /* glyph 0 */
					 'y', 0, 0xfe, 0xff, 'z',  0,    0xff, 0xff, /* 1 */
					 '?', 0, 0xac, 0x20, 0xff, 0xff, /* 2, also for the euro */
					 'w', 0 };                       /* 3, cut short */
	g_autoptr(GByteArray) octets = psf1(3, 1, 512);

	g_byte_array_append(octets, table, sizeof(table));

	g_autoptr(Psf) font = psf_parse(octets->data, octets->len, NULL);

	assert_row(font, 'x', 0);
	assert_row(font, 'y', 1);
	assert_row(font, 'z', 2);
	assert_row(font, 0x20ac, 2);
	assert_row(font, 'w', 3);
}

typedef struct BadCase {
	const char *name;
	uint32_t count, octets, height, width;
	size_t glyphs; /* octets that follow */
	const char *what;
} BadCase;

static const BadCase bad_cases[] = {
	{ "no-width", 1, 0, 4, 0, 0, "size out of bounds" },
	{ "wide", 1, 20, 4, 33, 20, "size out of bounds" },
	{ "high", 1, 65, 65, 8, 65, "size out of bounds" },
	{ "none", 0, 4, 4, 3, 0, "none or too many" },
	{ "many", 4097, 1, 1, 8, 4097, "none or too many" },
	{ "overflow", 0x80000000U, 8, 8, 8, 8, "none or too many" },
	{ "octets", 1, 5, 4, 3, 5, "not that of its pixels" },
	{ "short", 2, 4, 4, 3, 7, "cut short" },
};

static void test_bad(gconstpointer data)
{
	const BadCase *c = data;
	g_autoptr(GByteArray) octets = psf2_head(1, c->count, c->octets, c->height, c->width);
	g_autofree uint8_t *glyphs = g_malloc0(c->glyphs + 1);
	g_autoptr(GError) error = NULL;

	g_byte_array_append(octets, glyphs, (guint)c->glyphs);
	g_assert_null(psf_parse(octets->data, octets->len, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, c->what));
}

static void test_no_font(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree uint8_t *large = g_malloc0(PSF_SIZE_MAX + 1);

	g_assert_null(psf_parse((const uint8_t *)"PK\3\4", 4, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_null(psf_parse(large, 0, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_null(psf_parse(large, PSF_SIZE_MAX + 1, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/psf/text", test_text);
	g_test_add_func("/agent/psf/pages", test_pages);
	g_test_add_func("/agent/psf/edge", test_edge);
	g_test_add_func("/agent/psf/psf1", test_psf1);
	g_test_add_func("/agent/psf/psf1-table", test_psf1_table);
	g_test_add_func("/agent/psf/no-font", test_no_font);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
		g_autofree char *path = g_strdup_printf("/agent/psf/bad/%s", bad_cases[i].name);

		g_test_add_data_func(path, &bad_cases[i], test_bad);
	}
	return g_test_run();
}
