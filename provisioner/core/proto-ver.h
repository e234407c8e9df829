/* SPDX-License-Identifier: MIT */
/*
 * proto-ver - what the service speaks, as JSON, always in clear (protocomm.md 3)
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* proto_ver_new() - the text, without a terminating NUL
 * @version, @patch: sec_ver and sec_patch_ver
 * @has_pop: a proof of possession is asked for */
GBytes *proto_ver_new(int version, int patch, bool has_pop);
