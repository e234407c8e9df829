/* SPDX-License-Identifier: MIT */
/*
 * qr - the code on the label: what "ESP BLE Prov" wants to know before it connects
 *
 * The payload is Espressif's JSON text (docs/protocol.md). The code is drawn on a terminal with
 * half blocks, two modules to a character cell, or written as a PNG; qr-svg.c makes a whole label.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* The fields of the payload; NULL leaves a member out. */
typedef struct QrLabel {
	const char *name;     /* the advertised name, PROV_A1B2C3 */
	const char *username; /* security 2 only */
	const char *pop;      /* NULL: none is asked for, or it is not known here */
	bool proofless;       /* security 0, which the apps want to be told of */
} QrLabel;

/* qr_payload() - the JSON text; the caller frees it */
char *qr_payload(const QrLabel *label);

/* qr_print() - draw @text with characters
 * @colour: set black and white explicitly, for a terminal of whatever theme; without it the light
 *	modules are drawn and the dark ones left
 * Errors: LANDFALL_ERROR_INVALID when @text is too long for a code */
bool qr_print(const char *text, FILE *out, bool colour, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* qr_write_png() - write @text as a PNG of @scale pixels a module to @path, mode 0600
 * (the payload holds the proof of possession); "-" is standard output
 * Errors: LANDFALL_ERROR_INVALID (too long), LANDFALL_ERROR_FAILED (cannot be written) */
bool qr_write_png(const char *text, const char *path, int scale,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* qr_check_label() - can name and proof be put on a label?
 * Errors: LANDFALL_ERROR_INVALID (not printable) */
bool qr_check_label(const QrLabel *label, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* qr_write_svg() - write a label of 80 by 38 mm: the code, the name, the proof in groups of four.
 * Mode and "-" as with a PNG
 * Errors: LANDFALL_ERROR_INVALID (too long, or not printable), LANDFALL_ERROR_FAILED */
bool qr_write_svg(const QrLabel *label, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
