/* SPDX-License-Identifier: MIT */
/*
 * identity - a phone that gives the device its certificate and watches it arrive
 *
 *   identity_run()      request, signing, upload, commit
 *   identity_follow()   landfall-status until the first telemetry is acknowledged
 *
 * Both work on an open session of a Client. Source: docs/identity.md.
 */
#pragma once

#include "tests/phone/client.h"

/* What to do; texts are borrowed, NULL: not. */
typedef struct IdentitySetup {
	bool request;            /* have the device make a key, and a request for its certificate */
	bool new_key;            /* even where one waits */
	const char *common_name; /* of the request; NULL: the device's choice */
	const char *csr_out;     /* file the request is written to */
	const char *sign_command; /* for sh: given the file of the request as $1, it prints PEM */
	const char *parts[6];     /* files, in the order of IdentityPart */
	unsigned drop_after;      /* hang up after so many chunks, and go on; 0: never */
	unsigned leave_after;     /* hang up for good after so many chunks; 0: never */
	bool wrong_digest_first;  /* which has to be refused */
	bool follow;
} IdentitySetup;

/* identity_wanted() - whether identity_run() has anything to do */
bool identity_wanted(const IdentitySetup *setup);

/* identity_run() - all but the watching
 * @link, @link_data: of the client, for hanging up and waiting
 * Errors: those of the client; PHONE_ERROR_STATUS with the device's sentence, PHONE_ERROR_USAGE
 * (a file, the command), PHONE_ERROR_UNEXPECTED, PHONE_ERROR_LEFT */
bool identity_run(Client *client, const ClientLink *link, void *link_data,
		  const IdentitySetup *setup, Report *report,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* identity_follow() - ask until the telemetry is acknowledged; a failed step is told, and waited
 * for
 * Errors: those of the client, in the end PHONE_ERROR_TIMEOUT of the link */
bool identity_follow(Client *client, const ClientLink *link, void *link_data, Report *report,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;
