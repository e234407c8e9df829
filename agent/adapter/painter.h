/* SPDX-License-Identifier: MIT */
/*
 * painter - the page of the display, drawn when somebody wants to see it
 *
 * Knows the last readings and the font, which is loaded for the first frame. Owner: main().
 */
#pragma once

#include "agent/core/frame.h"
#include "agent/core/indicator.h"
#include "agent/core/status.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Painter Painter;

/* painter_new() - @font: path of a console font; borrowed, outlives it */
Painter *painter_new(const char *font);

/* painter_free() - NULL is fine */
void painter_free(Painter *painter);

/* painter_readings() - members of a JSON object, copied; too many for a display are not kept */
void painter_readings(Painter *painter, const char *values, size_t len);

/* painter_provisioning() - what provisioning is at */
void painter_provisioning(Painter *painter, IndicatorProvisioning provisioning);

/* painter_draw() - the page as of now
 * @frame: written on success only
 * Errors: those of font_load() */
bool painter_draw(Painter *painter, const AgentStatus *status, bool inverted, Frame *frame,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Painter, painter_free)
