/* SPDX-License-Identifier: MIT */
/*
 * store - the device's identities on disk, one of them current
 *
 *     PATH/                         0700, owner landfall
 *     PATH/lock                     0600, flock()ed by whoever writes
 *     PATH/current                  symbolic link to generations/N, swapped by rename
 *     PATH/pending.key, renewal.key see store-pending.h
 *     PATH/renewal.wait, .next      see store-wait.h
 *     PATH/enrolment.next, .trial   the same
 *     PATH/generations/N/           0700, never changed once it has its name, markers apart
 *         device.crt                leaf first, then intermediates
 *         device.key                PEM, or one pkcs11: or handle: URI; see device-key.h
 *         server_chain.pem          what the broker is verified against; absent: system trust
 *         broker.conf               where to connect; see broker-conf.h
 *         wifi.conf, wifi_ca.pem    how to join an 802.1X network; see wifi-conf.h; may be absent
 *         good                      marker: a broker has taken a message of this generation
 *         failed                    marker: given up; its text says why
 *     PATH/generations/.new, .old   being written, being removed; swept at the next change
 *
 * Files are 0600. Run as root, everything created belongs to the owner of PATH. Readers take no
 * lock: they follow `current` once and read from that folder. Writers are told
 * LANDFALL_ERROR_UNAVAILABLE when another one holds the lock longer than they care to wait.
 * docs/store.md has the policy in words.
 */
#pragma once

#include "common/broker-conf.h"
#include "common/device-key.h"
#include "common/secret.h"
#include "common/wifi-conf.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STORE_CERT_NAME    "device.crt"
#define STORE_KEY_NAME     "device.key"
#define STORE_CHAIN_NAME   "server_chain.pem"
#define STORE_BROKER_NAME  "broker.conf"
#define STORE_WIFI_NAME    "wifi.conf"
#define STORE_WIFI_CA_NAME "wifi_ca.pem"

#define STORE_CERT_SIZE_MAX    ((size_t)64 * 1024)
#define STORE_KEY_SIZE_MAX     ((size_t)16 * 1024)
#define STORE_CHAIN_SIZE_MAX   ((size_t)256 * 1024)
#define STORE_WIFI_CA_SIZE_MAX ((size_t)64 * 1024)
#define STORE_CERTS_MAX        10  /* certificates in device.crt */
#define STORE_CHAIN_MAX        200 /* certificates in server_chain.pem */

typedef struct Store Store;

/* One identity as it stands in the store. Read it, then free it with store_identity_free(). */
typedef struct StoreIdentity {
	uint32_t generation;
	char *dir;          /* PATH/generations/N: stays valid while `current` moves on */
	char *cert_path;    /* dir/device.crt */
	char *key_path;     /* dir/device.key */
	char *chain_path;   /* dir/server_chain.pem, or NULL: system trust */
	BrokerConf *broker; /* broker.conf, or NULL when there is none */
	WifiConf *wifi;     /* wifi.conf, or NULL when there is none */
	char *wifi_ca_path; /* dir/wifi_ca.pem, or NULL when there is none */
	char *common_name;  /* of the leaf, or NULL */
	char *issuer;       /* common name of the leaf's issuer, or NULL */
	char *key_type;     /* "EC P-256", "RSA 2048", "Ed25519" */
	DeviceKeyPlace key_place;
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	bool good;       /* the broker has taken a message of it */
	bool failed;     /* was given up */
	char **warnings; /* sentences for the operator, NULL-terminated, often empty */
} StoreIdentity;

/* One row of store_list(): told of every generation, broken ones too */
typedef struct StoreGeneration {
	uint32_t number;
	bool current;
	bool good;
	bool failed;
	char *failure;      /* text of the marker, one line; NULL unless failed */
	char *common_name;  /* NULL when unreadable */
	int64_t not_before; /* 0 when unreadable */
	int64_t not_after;
	int64_t created; /* seconds since 1970, by the clock of that moment */
} StoreGeneration;

/* What an identity is made of, in memory. Members may be replaced by the caller. */
typedef struct StoreParts {
	char *origin;    /* folder the parts came from, for messages; NULL: "the new identity" */
	GBytes *cert;    /* device.crt */
	Secret *key;     /* device.key */
	GBytes *chain;   /* server_chain.pem, or NULL: system trust */
	GBytes *broker;  /* broker.conf, or NULL: taken over from the current generation */
	GBytes *wifi;    /* wifi.conf, likewise; of no octets: none, whatever the current one has */
	GBytes *wifi_ca; /* wifi_ca.pem, likewise */
	uint32_t replaces; /* the generation that has to be current still; 0: whichever is */
} StoreParts;

/* store_open() - a handle on the store at @path
 * @path:   absolute; the folder may be absent, then every reader says STORE_ABSENT and
 *          store_import() creates it
 * Touches nothing on disk. Free with store_free(). */
Store *store_open(const char *path);

/* store_free() - NULL is fine */
void store_free(Store *store);

/* store_set_lock_wait() - how long a writer waits for another one; 0 at first, which suits a
 * main loop (the caller tries again later). A command waits some seconds. */
void store_set_lock_wait(Store *store, int64_t wait_ms);

/* store_path() - the folder, borrowed */
const char *store_path(const Store *store);

/* store_current_generation() - the number `current` points to
 * Reads one link; for finding out whether anything changed.
 * Errors: LANDFALL_ERROR_STORE_ABSENT, LANDFALL_ERROR_STORE_INVALID (the link leads astray),
 * LANDFALL_ERROR_DENIED */
bool store_current_generation(Store *store, uint32_t *generation,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_current() - the current identity, read and checked whole
 * Dates only give warnings here: a certificate that has run out is the broker's to refuse.
 * Errors: LANDFALL_ERROR_STORE_ABSENT (nothing imported yet), STORE_INVALID, KEY_UNREADABLE,
 * KEY_MISMATCH, DENIED; each names the file, what is wrong, and what to do */
StoreIdentity *store_current(Store *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_identity() - the same for generation @number */
StoreIdentity *store_identity(Store *store, uint32_t number,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_identity_free() - NULL is fine */
void store_identity_free(StoreIdentity *identity);

/* store_parts_load() - read device.crt, device.key and, where they exist, server_chain.pem and
 * broker.conf, wifi.conf and wifi_ca.pem of a folder
 * Errors: LANDFALL_ERROR_STORE_INVALID (missing, too large), KEY_UNREADABLE, DENIED */
StoreParts *store_parts_load(const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_parts_load_some() - the same where any of the files may be missing; its member
 * is NULL then */
StoreParts *store_parts_load_some(const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_parts_free() - NULL is fine; the key is cleansed */
void store_parts_free(StoreParts *parts);

/* store_parts_check() - check @parts as store_import() does, without a store
 * @now_s: wall clock, seconds since 1970; before STORE_CLOCK_FLOOR dates only give warnings
 * Returns what would be imported (generation 0, no paths), free with store_identity_free()
 * Errors: as store_import() */
StoreIdentity *store_parts_check(const StoreParts *parts, int64_t now_s,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* STORE_CLOCK_FLOOR - a wall clock before 2025-06-01 is certainly wrong */
#define STORE_CLOCK_FLOOR INT64_C(1748736000)

/* store_identity_clock_holds() - whether certificates can be judged at @now_s: not before the
 * floor, nor before the first day of @identity */
bool store_identity_clock_holds(const StoreIdentity *identity, int64_t now_s);

/* store_import() - check @parts and make them the new current generation
 * Creates the store if need be. Until the very last step the former generation stays current,
 * whatever is killed or full. Afterwards those go that nobody returns to: all but the current one,
 * the one store_rollback() would return to, and the highest number (so that none comes twice).
 * Returns the new identity, free with store_identity_free()
 * Errors: LANDFALL_ERROR_STORE_INVALID, KEY_UNREADABLE, KEY_MISMATCH, CANCELLED (another generation
 * than parts->replaces is current), UNAVAILABLE (locked), FULL (disk), DENIED, FAILED */
StoreIdentity *store_import(Store *store, const StoreParts *parts,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_list() - all generations, oldest first; of StoreGeneration, empty for an empty store
 * Returns an array to be freed with g_ptr_array_unref()
 * Errors: LANDFALL_ERROR_STORE_ABSENT, DENIED */
GPtrArray *store_list(Store *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_mark_good() - remember that @generation has proved itself; lifts a failed marker
 * Errors: LANDFALL_ERROR_STORE_ABSENT (pruned meanwhile), UNAVAILABLE, FULL, DENIED, FAILED */
bool store_mark_good(Store *store, uint32_t generation, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_fallback() - the generation store_rollback() would return to, checked whole
 * Returns NULL when there is none, else an identity to be freed with store_identity_free() */
StoreIdentity *store_fallback(Store *store) G_GNUC_WARN_UNUSED_RESULT;

/* store_is_damaged() - whether @failure to read @generation is one of its files, rather than a key
 * in a token: that may be missing for a while only, and another one than ours may be a token put in
 * by mistake */
bool store_is_damaged(const Store *store, uint32_t generation, const GError *failure);

/* store_rollback() - make the newest older generation current that is good, or failing that
 * the newest older one that was not given up; it is checked first
 * @reason: when not NULL, the generation left is marked failed with this text (one line)
 * Returns the identity now current, free with store_identity_free()
 * Errors: LANDFALL_ERROR_STORE_ABSENT (nothing to return to), UNAVAILABLE, FULL, DENIED, FAILED */
StoreIdentity *store_rollback(Store *store, const char *reason,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* store_give_up() - the same for whoever has judged @generation: when another one is current by
 * now, nothing is done
 * @reason: not NULL
 * Returns, errors: as store_rollback(), and those of store_current() */
StoreIdentity *store_give_up(Store *store, uint32_t generation, const char *reason,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreIdentity, store_identity_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreParts, store_parts_free)
