/* SPDX-License-Identifier: MIT */
/*
 * security0 - no security at all: whoever is near may read and write (protocomm.md 6)
 *
 *   command   SessionData{ sec0{ sc{} } }          answered, and the session is open
 *   record    the message itself
 *
 * security0.c is built with -Dsecurity0=enabled alone; otherwise security0-absent.c is.
 */
#pragma once

#include "provisioner/core/security.h"

/* security0_ops() - the scheme, which keeps nothing: its object is NULL
 * Returns NULL when it is not built in */
const SecurityOps *security0_ops(void);
