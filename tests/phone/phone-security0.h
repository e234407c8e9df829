/* SPDX-License-Identifier: MIT */
/*
 * phone-security0 - a session in clear: one request, one answer, nothing is proved
 *
 * phone_security_proof() takes that answer and appends nothing: the session is open, and
 * phone_security_finish() has nothing to do.
 *
 * Source: protocol reference 6.
 */
#pragma once

#include "tests/phone/phone-security.h"

/* phone_security0_new() - a session to be */
Security *phone_security0_new(void);
