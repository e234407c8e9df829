/* SPDX-License-Identifier: MIT */
/*
 * options - the command line of landfall-test-phone
 */
#pragma once

#include "tests/phone/ble.h"
#include "tests/phone/identity.h"

#define IDENTITY_OPTIONS 9

typedef struct Options {
	BleSetup ble;
	ClientSetup client;
	uint8_t address[ADVERT_ADDRESS_LEN];
	uint8_t bssid[MESSAGE_BSSID_LEN];
	bool json;
	bool scan_only;
	bool wrong_proof_first;
	bool reset;
	bool reprov;
	char *adapter;
	char *name;
	char *user;
	char *pop;
	char *leave_after;
	char *ssid;
	char *passphrase;
	char *then_ssid; /* after a failure, on the same session; NULL: none */
	char *then_passphrase;
	char *expect;       /* "connected" or a phone_error_name(); NULL: success */
	char *expect_first; /* the same of the first credentials when there are second ones */
	IdentitySetup identity;
	bool identity_first;           /* before the join */
	char *texts[IDENTITY_OPTIONS]; /* what identity points to */
	char *script;                  /* file of raw commands, "-" is standard input; NULL: none */
} Options;

/* options_parse() - read the command line; --help prints and exits
 * Errors: PHONE_ERROR_USAGE */
Options *options_parse(int *argc, char ***argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void options_free(Options *options);

/* options_read_text() - a whole small text file, "-" being standard input; the caller's
 * Errors: PHONE_ERROR_USAGE */
char *options_read_text(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Options, options_free)
