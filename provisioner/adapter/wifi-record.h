/* SPDX-License-Identifier: MIT */
/*
 * wifi-record - which networks Landfall added to a manager of Wi-Fi, and which it is trying
 *
 * For managers whose networks have no name of ours and are saved before they have proved
 * themselves. The attempt is on disk before the manager hears of it, so whatever ends the attempt,
 * the next start knows what to take back. Of a passphrase there is a salted hash only: it tells
 * whether a later one is the same.
 *
 * One small file, replaced in one step:
 *
 *   landfall-wifi-record 1
 *   added 4c616220 secured SALT HASH     SSID in hexadecimal; "open" without SALT and HASH
 *                                        HASH is all 0 when the passphrase is in doubt
 *   attempt 436166c3a9 open fresh        "known": the manager had it before
 *   lost                                 the record before this one could not be read
 */
#pragma once

#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIFI_RECORD_MAX      64    /* networks; of more the oldest is no longer ours to forget */
#define WIFI_RECORD_SIZE_MAX 16384 /* octets of the file */
#define WIFI_RECORD_SALT_LEN 16
#define WIFI_RECORD_HASH_LEN 32

typedef struct WifiRecordNetwork {
	uint8_t ssid[WIFI_SSID_MAX];
	uint8_t ssid_len;
	bool secured; /* joined with a passphrase; salt and hash are of that */
	uint8_t salt[WIFI_RECORD_SALT_LEN];
	uint8_t hash[WIFI_RECORD_HASH_LEN];
} WifiRecordNetwork;

typedef struct WifiRecord {
	WifiRecordNetwork added[WIFI_RECORD_MAX]; /* oldest first */
	size_t n_added;
	bool attempting;
	WifiRecordNetwork attempt; /* salt and hash unused */
	bool known;                /* the manager had the attempt's network before */
	bool lost;                 /* there may be more, and nobody was told so */
} WifiRecord;

/* What the record knows of a passphrase. */
typedef enum WifiRecordKey {
	WIFI_RECORD_KEY_UNKNOWN, /* not a network that Landfall added, or that is in doubt */
	WIFI_RECORD_KEY_SAME,    /* it is the one the network was added with */
	WIFI_RECORD_KEY_OTHER,
} WifiRecordKey;

/* wifi_record_parse() - read the text of a record
 * @text: borrowed, @len octets of any value
 * Returns false with LANDFALL_ERROR_INVALID and leaves @record alone */
bool wifi_record_parse(WifiRecord *record, const char *text, size_t len, GError **error);

/* wifi_record_encode() - the text that wifi_record_parse() reads; owned by the caller */
char *wifi_record_encode(const WifiRecord *record);

/* wifi_record_load() - read the file at @path; an absent one is an empty record
 * Errors as file_read() and wifi_record_parse(), @record is empty and lost then */
bool wifi_record_load(WifiRecord *record, const char *path, GError **error);

/* wifi_record_save() - replace the file at @path; on disk when it returns true
 * Errors: LANDFALL_ERROR_FAILED; the file is as it was before */
bool wifi_record_save(const WifiRecord *record, const char *path, GError **error);

/* wifi_record_find() - the entry for a network that Landfall added; NULL: none. Borrowed until
 * the record changes */
const WifiRecordNetwork *wifi_record_find(const WifiRecord *record, const uint8_t *ssid,
					  size_t ssid_len, bool secured);

/* wifi_record_key() - is the passphrase the one the network was added with? */
WifiRecordKey wifi_record_key(const WifiRecord *record, const WifiCredentials *credentials);

/* wifi_record_begin() - an attempt begins
 * @known: the manager has the network already, so it is not to be taken back */
void wifi_record_begin(WifiRecord *record, const WifiCredentials *credentials, bool known);

/* wifi_record_is_attempt() - is it the network of the attempt under way? */
bool wifi_record_is_attempt(const WifiRecord *record, const uint8_t *ssid, size_t ssid_len,
			    bool secured);

/* wifi_record_doubt() - the attempt may have changed the passphrase of a network that Landfall
 * added: which one it has is not known any more, and of none can be said that it is another */
void wifi_record_doubt(WifiRecord *record);

/* wifi_record_end() - the attempt is over and left nothing */
void wifi_record_end(WifiRecord *record);

/* wifi_record_commit() - the attempt is over and the network is Landfall's, unless the manager had
 * it from somebody else
 * @credentials: what it was joined with
 * Returns false when there is no randomness for the salt; the record is unchanged then */
bool wifi_record_commit(WifiRecord *record, const WifiCredentials *credentials);

/* wifi_record_remove() - the network is not Landfall's any more; nothing when it is not there */
void wifi_record_remove(WifiRecord *record, const uint8_t *ssid, size_t ssid_len, bool secured);
