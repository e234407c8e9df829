/* SPDX-License-Identifier: MIT */
/*
 * script - single requests for tests of what a device must refuse, one a line
 *
 *   find | connect | disconnect            connect also learns the endpoints
 *   mtu N                                  a further MTU exchange
 *   write ENDPOINT HEX                     with long writes where needed; "-" is nothing
 *   fill ENDPOINT LENGTH [OCTET]           write that many octets
 *   command ENDPOINT HEX                   write without response
 *   prepare ENDPOINT OFFSET HEX | execute | cancel
 *   read ENDPOINT | blob ENDPOINT OFFSET
 *   same HEX                               compare what was read last
 *   att HEX | send HEX                     any PDU, with and without waiting for a response
 *   version                                connect and read proto-ver, as the client does
 *   secure [POP]                           a whole handshake, after version
 *   seal ENDPOINT HEX                      a request on the session, answer decrypted
 *   tamper ENDPOINT HEX | replay ENDPOINT  the same with its last octet changed; sent once more
 *   scan | join | reset | reprov           steps of the client
 *   sleep SECONDS | say TEXT
 *   repeat N LINE                          that line again and again
 *   expect-error [CODE] LINE               it must be refused with an ATT error (of that code)
 *   expect NAME LINE                       it must fail as in --expect
 *
 * "#" begins a comment. The first line that does not do as it should ends the script.
 */
#pragma once

#include "tests/phone/options.h"

/* script_run() - run @text. All arguments are borrowed
 * Errors: that of the failed line, with its number; PHONE_ERROR_USAGE; PHONE_ERROR_UNEXPECTED */
bool script_run(const char *text, Ble *ble, Client *client, const Options *options, Report *report,
		GError **error) G_GNUC_WARN_UNUSED_RESULT;
