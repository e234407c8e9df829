/* SPDX-License-Identifier: MIT */
/*
 * version - what a device says of itself on proto-ver
 *
 * Source: protocol reference 3.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Version {
	char *text; /* one line, as the device sent it but for white space */
	char *ver;
	bool has_sec_ver;
	unsigned sec_ver;
	unsigned sec_patch_ver;
	bool no_sec;
	bool no_pop;
	bool wifi_scan;
	bool wifi_prov;
} Version;

/* version_parse() - read the JSON; what any of the three clients could not live with is an error:
 * no object "prov", no text "ver", no array of texts "cap"
 * Errors: PHONE_ERROR_PROTOCOL */
Version *version_parse(const GByteArray *in, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void version_free(Version *version);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Version, version_free)
