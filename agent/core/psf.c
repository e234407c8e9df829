/* SPDX-License-Identifier: MIT */
#include "agent/core/psf.h"

#include "common/error.h"

#include <string.h>

#define PSF1_HEADER   4
#define PSF1_512      0x01
#define PSF1_TABLES   0x06 /* code points, or those with sequences */
#define PSF1_SEQUENCE 0xfffe
#define PSF1_END      0xffff
#define PSF2_HEADER   32
#define PSF2_TABLE    0x01
#define PSF2_SEQUENCE 0xfe
#define PSF2_END      0xff
#define CODES_MAX     65536 /* entries of the table of code points */

struct Psf {
	unsigned width;
	unsigned height;
	unsigned row; /* octets of a row of pixels */
	unsigned count;
	uint8_t *glyphs;
	GHashTable *codes; /* code point -> glyph + 1; NULL: the font has no table */
};

/* Where the parts of a file lie. */
typedef struct Layout {
	size_t header;
	size_t count;
	size_t glyph; /* octets */
	size_t width;
	size_t height;
	bool table;
} Layout;

static size_t get_u32(const uint8_t *at)
{
	return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

static bool fail(GError **error, const char *what)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "no usable console font: %s",
		    what);
	return false;
}

static bool layout_find(const uint8_t *data, size_t len, Layout *layout, GError **error)
{
	if (len >= PSF1_HEADER && data[0] == 0x36 && data[1] == 0x04) {
		*layout = (Layout){
			.header = PSF1_HEADER,
			.count = data[2] & PSF1_512 ? 512 : 256,
			.glyph = data[3],
			.width = 8,
			.height = data[3],
			.table = data[2] & PSF1_TABLES,
		};
		return true;
	}
	if (len >= PSF2_HEADER && memcmp(data, "\x72\xb5\x4a\x86", 4) == 0) {
		*layout = (Layout){
			.header = get_u32(data + 8),
			.count = get_u32(data + 16),
			.glyph = get_u32(data + 20),
			.width = get_u32(data + 28),
			.height = get_u32(data + 24),
			.table = get_u32(data + 12) & PSF2_TABLE,
		};
		return true;
	}
	return fail(error, "neither PSF1 nor PSF2");
}

static bool layout_check(const Layout *layout, size_t len, GError **error)
{
	if (layout->width == 0 || layout->width > PSF_WIDTH_MAX || layout->height == 0 ||
	    layout->height > PSF_HEIGHT_MAX)
		return fail(error, "glyphs of a size out of bounds");
	if (layout->count == 0 || layout->count > PSF_GLYPHS_MAX)
		return fail(error, "none or too many glyphs");
	if (layout->glyph != layout->height * ((layout->width + 7) / 8))
		return fail(error, "the size of a glyph is not that of its pixels");
	if (layout->header > len || layout->count * layout->glyph > len - layout->header)
		return fail(error, "cut short");
	return true;
}

static void add_code(Psf *psf, gunichar code, unsigned glyph)
{
	gpointer key = GUINT_TO_POINTER(code);

	if (g_hash_table_size(psf->codes) < CODES_MAX && !g_hash_table_contains(psf->codes, key))
		g_hash_table_insert(psf->codes, key, GUINT_TO_POINTER(glyph + 1));
}

/* A table that is cut short names fewer code points; the glyphs are whole. */
static void read_table1(Psf *psf, const uint8_t *at, const uint8_t *end)
{
	bool sequence = false;

	for (unsigned glyph = 0; glyph < psf->count && end - at >= 2; at += 2) {
		unsigned code = at[0] | (unsigned)at[1] << 8;

		if (code == PSF1_END) {
			glyph++;
			sequence = false;
		} else if (code == PSF1_SEQUENCE) {
			sequence = true;
		} else if (!sequence) {
			add_code(psf, code, glyph);
		}
	}
}

static void read_table2(Psf *psf, const uint8_t *at, const uint8_t *end)
{
	bool sequence = false;

	for (unsigned glyph = 0; glyph < psf->count && at < end;) {
		gunichar code = g_utf8_get_char_validated((const char *)at, end - at);
		bool valid = code != (gunichar)-1 && code != (gunichar)-2;

		if (*at == PSF2_END) {
			glyph++;
			sequence = false;
		} else if (*at == PSF2_SEQUENCE) {
			sequence = true;
		} else if (valid && !sequence) {
			add_code(psf, code, glyph);
		}
		at += valid && code != 0 ? g_utf8_skip[*at] : 1;
	}
}

Psf *psf_parse(const uint8_t *data, size_t len, GError **error)
{
	Layout layout = { 0 };

	if (len > PSF_SIZE_MAX) {
		fail(error, "too large");
		return NULL;
	}
	if (!layout_find(data, len, &layout, error) || !layout_check(&layout, len, error))
		return NULL;

	Psf *psf = g_new0(Psf, 1);
	size_t octets = layout.count * layout.glyph;
	const uint8_t *table = data + layout.header + octets;

	psf->width = (unsigned)layout.width;
	psf->height = (unsigned)layout.height;
	psf->row = (unsigned)((layout.width + 7) / 8);
	psf->count = (unsigned)layout.count;
	psf->glyphs = g_memdup2(data + layout.header, octets);
	if (!layout.table)
		return psf;
	psf->codes = g_hash_table_new(NULL, NULL);
	if (layout.header == PSF1_HEADER)
		read_table1(psf, table, data + len);
	else
		read_table2(psf, table, data + len);
	return psf;
}

void psf_free(Psf *psf)
{
	if (!psf)
		return;
	g_clear_pointer(&psf->codes, g_hash_table_unref);
	g_free(psf->glyphs);
	g_free(psf);
}

unsigned psf_width(const Psf *psf)
{
	return psf->width;
}

unsigned psf_height(const Psf *psf)
{
	return psf->height;
}

/* The number of the glyph and 1; 0: the font has none for it. */
static unsigned find(const Psf *psf, gunichar code)
{
	if (psf->codes)
		return GPOINTER_TO_UINT(g_hash_table_lookup(psf->codes, GUINT_TO_POINTER(code)));
	return code < psf->count ? code + 1 : 0;
}

bool psf_pixel(const Psf *psf, gunichar code, unsigned x, unsigned y)
{
	unsigned glyph = find(psf, code);

	if (glyph == 0)
		glyph = find(psf, '?');
	if (glyph == 0)
		return false;

	const uint8_t *row = psf->glyphs + ((size_t)(glyph - 1) * psf->height + y) * psf->row;

	return row[x / 8] & 0x80 >> x % 8;
}
