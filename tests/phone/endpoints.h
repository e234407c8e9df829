/* SPDX-License-Identifier: MIT */
/*
 * endpoints - the service of a device as its clients see it: a handle per endpoint name
 *
 * Strict on purpose: whatever would make one of the real clients hang, crash or pick the wrong
 * characteristic is an error here, whichever client is being imitated.
 * Source: protocol reference 2.1, 2.2.
 */
#pragma once

#include "tests/phone/gatt.h"

typedef struct Endpoints Endpoints;

/* endpoints_discover() - find the service, its characteristics and their names
 * @uuid: of the service, as advertised
 * @by_uuid: ask for this service alone, else list all of them
 * Errors: PHONE_ERROR_PROTOCOL (the table is not what a client needs), those of att_request() */
Endpoints *endpoints_discover(Att *att, const uint8_t *uuid, bool by_uuid,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

void endpoints_free(Endpoints *endpoints);

/* endpoints_handle() - where to write to and read from; 0 when there is no such endpoint */
uint16_t endpoints_handle(const Endpoints *endpoints, const char *name);

/* endpoints_names() - all names in the order of the table, separated by ", "; the caller's */
char *endpoints_names(const Endpoints *endpoints);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Endpoints, endpoints_free)
