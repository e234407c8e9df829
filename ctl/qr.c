/* SPDX-License-Identifier: MIT */
#include "ctl/qr-private.h"

#include "common/error.h"
#include "ctl/out-file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

char *qr_payload(const QrLabel *label)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "ver", "v1");
	cJSON_AddStringToObject(object, "name", label->name);
	if (label->username)
		cJSON_AddStringToObject(object, "username", label->username);
	if (label->pop)
		cJSON_AddStringToObject(object, "pop", label->pop);
	cJSON_AddStringToObject(object, "transport", "ble");
	if (label->proofless)
		cJSON_AddNumberToObject(object, "security", 0);
	if (!label->pop)
		cJSON_AddStringToObject(object, "network", "wifi");

	char *text = cJSON_PrintUnformatted(object);
	char *payload = g_strdup(text);

	cJSON_free(text);
	cJSON_Delete(object);
	return payload;
}

QRcode *qr_encode(const char *text, GError **error)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (!code)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "no QR code can be made of %zu octets: %s", strlen(text),
			    g_strerror(errno));
	return code;
}

bool qr_is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

bool qr_print(const char *text, FILE *out, bool colour, GError **error)
{
	/* Index: upper half light, lower half light. */
	static const char *const cells[2][2] = { { " ", "▄" }, { "▀", "█" } };
	g_autoptr(QRcode) code = qr_encode(text, error);

	if (!code)
		return false;
	for (int y = -QR_QUIET_ZONE; y < code->width + QR_QUIET_ZONE; y += 2) {
		fputs(colour ? "\033[97;40m" : "", out);
		for (int x = -QR_QUIET_ZONE; x < code->width + QR_QUIET_ZONE; x++)
			fputs(cells[!qr_is_dark(code, x, y)][!qr_is_dark(code, x, y + 1)], out);
		fputs(colour ? "\033[0m\n" : "\n", out);
	}
	return true;
}

/* One octet a pixel; libpng packs nothing for us and the file is small anyway. */
static guchar *draw_pixels(const QRcode *code, int scale, int size)
{
	guchar *pixels = g_malloc((gsize)size * (gsize)size);

	for (int y = 0; y < size; y++)
		for (int x = 0; x < size; x++)
			pixels[y * size + x] = qr_is_dark(code, x / scale - QR_QUIET_ZONE,
							  y / scale - QR_QUIET_ZONE)
						       ? 0
						       : 255;
	return pixels;
}

bool qr_write_png(const char *text, const char *path, int scale, GError **error)
{
	g_autoptr(QRcode) code = qr_encode(text, error);

	if (!code)
		return false;

	int size = (code->width + 2 * QR_QUIET_ZONE) * scale;
	g_autofree guchar *pixels = draw_pixels(code, scale, size);

	return out_file_write_png(path, true, pixels, (unsigned)size, (unsigned)size, error);
}
