/* SPDX-License-Identifier: MIT */
/*
 * prov-ctrl - start over after a failure (reset) or a success (reprov) (protocomm.md 11)
 */
#pragma once

#include "provisioner/core/prov-config.h"

/* prov_ctrl_handle() - one request, acting on @config
 * @in: the clear request, borrowed
 * @out: appended to on success, untouched on failure; a refusal is a reply of InternalError
 * Errors: PROV_ERROR_VALUE (not decodable, no such command) */
bool prov_ctrl_handle(ProvConfig *config, const Secret *in, GByteArray *out,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;
