/* SPDX-License-Identifier: MIT */
/*
 * display - an SSD1306 of 128×64 pixels on an I2C bus
 *
 * Only pages that changed are written, 128 octets each: 12 ms on a bus of 100 kHz, for which the
 * loop waits. One that cannot be written is said once and left alone.
 *
 * Owner: the Indicators. Source: SSD1306 data sheet, chapter 10; Linux, i2c-dev
 */
#pragma once

#include "agent/core/frame.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Display Display;

/* display_open() - switch it on, dark
 * @device: "/dev/i2c-1"
 * @address: 7 bits, 0x3c or 0x3d
 * Errors: LANDFALL_ERROR_UNAVAILABLE (no such bus, or nobody answers), LANDFALL_ERROR_DENIED */
Display *display_open(const char *device, unsigned address,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* display_new() - the same on a descriptor whose writes are messages to the display
 * @fd: taken over
 * Errors: LANDFALL_ERROR_UNAVAILABLE */
Display *display_new(int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* display_show() - show @frame */
void display_show(Display *display, const Frame *frame);

/* display_free() - switch it off. NULL is fine */
void display_free(Display *display);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Display, display_free)
