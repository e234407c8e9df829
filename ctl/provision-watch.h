/* SPDX-License-Identifier: MIT */
/*
 * provision-watch - follow the provisioner on the bus and tell what happens
 *
 * Works before the provisioner runs and over its restarts; never starts it.
 */
#pragma once

#include "ctl/ctl.h"

/* provision_watch() - run until interrupted, or until the provisioner is in state @until
 * On a terminal the present state stays as the last line; else each event is a line, with --json an
 * object.
 * @until: NULL: for ever
 * Errors: LANDFALL_ERROR_BUS (no bus, or it ended), LANDFALL_ERROR_DENIED, LANDFALL_ERROR_FAILED
 *	(standard output cannot be written) */
bool provision_watch(const Ctl *ctl, const char *until, GError **error) G_GNUC_WARN_UNUSED_RESULT;
