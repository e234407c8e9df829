/* SPDX-License-Identifier: MIT */
#include "agent/adapter/painter.h"

#include "agent/adapter/font.h"
#include "agent/adapter/network.h"
#include "agent/core/screen.h"

#define READINGS_MAX 2048 /* octets */

struct Painter {
	const char *font_path;
	Psf *font; /* NULL: not needed yet */
	GString *readings;
	IndicatorProvisioning provisioning;
};

Painter *painter_new(const char *font)
{
	Painter *painter = g_new0(Painter, 1);

	painter->font_path = font;
	painter->readings = g_string_new(NULL);
	return painter;
}

void painter_free(Painter *painter)
{
	if (!painter)
		return;
	psf_free(painter->font);
	g_string_free(painter->readings, TRUE);
	g_free(painter);
}

void painter_readings(Painter *painter, const char *values, size_t len)
{
	if (len > READINGS_MAX)
		return;
	g_string_truncate(painter->readings, 0);
	g_string_append_len(painter->readings, values, (gssize)len);
}

void painter_provisioning(Painter *painter, IndicatorProvisioning provisioning)
{
	painter->provisioning = provisioning;
}

bool painter_draw(Painter *painter, const AgentStatus *status, bool inverted, Frame *frame,
		  GError **error)
{
	g_autofree char *address = NULL;

	if (!painter->font)
		painter->font = font_load(painter->font_path, error);
	if (!painter->font)
		return false;
	address = network_address();

	const ScreenInput input = {
		.status = status,
		.address = address,
		.readings = painter->readings->str,
		.provisioning = painter->provisioning,
		.inverted = inverted,
	};

	screen_draw(&input, painter->font, frame);
	return true;
}
