/* SPDX-License-Identifier: MIT */
/*
 * support - what the tests of the provisioner's core share: hexadecimal, a scripted random source,
 * a Wi-Fi back end that only counts, and a bench on which a provisioner meets a phone
 */
#pragma once

#include "provisioner/core/provisioner.h"

#include <openssl/evp.h>

/* hex_bytes() - octets from hexadecimal digits; "" and NULL give none */
GBytes *hex_bytes(const char *hex);

/* hex_of() - digits of @len octets; free with g_free() */
char *hex_of(const void *data, size_t len);

/* assert_bytes_hex() - @bytes are those digits */
void assert_bytes_hex(GBytes *bytes, const char *hex);

/* assert_data_hex() - the same for @len octets at @data */
void assert_data_hex(const void *data, size_t len, const char *hex);

/* A source of "randomness": first the script, then a sequence that never repeats. */
typedef struct TestRandom {
	GByteArray *script;
	size_t used;
	uint64_t next;
	bool broken; /* says no */
} TestRandom;

/* test_random_init() - an empty script */
void test_random_init(TestRandom *random);

/* test_random_push() - add to the script */
void test_random_push(TestRandom *random, const char *hex);

/* test_random_restart() - drop what is left of the script for another one */
void test_random_restart(TestRandom *random, const char *hex);

/* test_random_fill() - a ProvRandom */
bool test_random_fill(void *random, uint8_t *out, size_t len);

/* test_random_clear() - free the script */
void test_random_clear(TestRandom *random);

/* A back end that starts everything and finishes nothing. */
typedef struct FakeWifi {
	unsigned int scans;
	unsigned int joins;
	unsigned int cancels;
	unsigned int forgets;
	bool refuses;
	WifiCredentials credentials; /* of the last join; its passphrase is owned */
	char *identity;              /* of its enterprise settings, owned; NULL: there were none */
} FakeWifi;

extern const WifiPort fake_wifi_port; /* of a FakeWifi */

/* A store that only remembers what it was asked. */
typedef struct FakeStore {
	unsigned int commits;
	unsigned int requests;
	uint32_t generation;
	const char *identity;        /* of enterprise settings; NULL: there are none; borrowed */
	Secret *parts[STORE_PART_N]; /* of the last commit */
	char *common_name;           /* of the last request */
	unsigned int key_type;
	bool new_key;
} FakeStore;

extern const StorePort fake_store_port; /* of a FakeStore */

/* fake_store_clear() - free what it remembers */
void fake_store_clear(FakeStore *store);

/* fake_network() - a network in the air; its BSSID is 0a:1b:2c:3d:4e:@bssid */
WifiNetwork fake_network(const char *ssid, uint16_t channel, int8_t rssi_dbm, uint8_t bssid,
			 WifiAuth auth);

/* fake_air() - the two networks of the vectors, with a double and a hidden one, unsorted
 * @n: set to how many */
const WifiNetwork *fake_air(size_t *n);

/* fake_link() - the connection of the vectors */
WifiLink fake_link(void);

#define BENCH_PEER "/org/bluez/hci0/dev_00_11_22_33_44_55"

/* A provisioner, and a phone that speaks security 1 with the keys of the vectors. */
typedef struct Bench {
	Provisioner *provisioner;
	ProvisionerPorts ports;
	TestRandom random;
	FakeWifi wifi;
	FakeStore store;
	unsigned int agent_asks;
	bool online;
	int version;
	int64_t now_us;
	unsigned int changes;
	unsigned int opened;
	unsigned int hang_ups;  /* counted by a test that has the port */
	uint32_t lockout;       /* for bench_renew() */
	uint32_t wrong;         /* the same */
	uint32_t kept;          /* what keep() was told last */
	unsigned int keeps;     /* how often */
	unsigned int keeps_due; /* of which bench_kept() has not told yet */
	unsigned int answers;   /* counted since the bench was made */
	GBytes *reply;          /* of the last answer, as it travels */
	GError *error;
	EVP_CIPHER_CTX *stream;
} Bench;

/* bench_new() - a started service of security 0, of 1 with VECTOR_POP, or of 2 with the verifier */
Bench *bench_new(int version);

/* bench_renew() - another service in its place, for the ports as they are now */
void bench_renew(Bench *bench);

/* bench_lockout() - the same as bench_renew() with a lockout, and a disk for the count of wrong
 * proofs, that writes when bench_kept() says so
 * @limit, @wrong: as in ProvisionerSecurity */
void bench_lockout(Bench *bench, uint32_t limit, uint32_t wrong);

/* bench_kept() - every count asked for so far is on the disk, or cannot be */
void bench_kept(Bench *bench, bool ok);

/* bench_free() - frees the provisioner too */
void bench_free(Bench *bench);

/* bench_write() - a request as it travels; the answer is in @bench when it is there */
void bench_write(Bench *bench, const char *peer, EndpointId endpoint, GBytes *in);

/* bench_write_hex() - the same from BENCH_PEER */
void bench_write_hex(Bench *bench, EndpointId endpoint, const char *hex);

/* bench_open() - open the session by the transcript of the version it was made for */
void bench_open(Bench *bench);

/* bench_try_open() - the same where it may be refused */
bool bench_try_open(Bench *bench);

/* bench_ask() - a clear request on an open session of security 1, encrypted by the phone */
void bench_ask(Bench *bench, EndpointId endpoint, const char *clear_hex);

/* bench_clear_reply() - the last reply, decrypted: once per reply; NULL after an error */
GBytes *bench_clear_reply(Bench *bench);

/* bench_expect() - ask and compare the clear reply */
void bench_expect(Bench *bench, EndpointId endpoint, const char *clear_hex, const char *reply_hex);

/* bench_expect_error() - ask and compare the code of the failure */
void bench_expect_error(Bench *bench, EndpointId endpoint, const char *clear_hex, ProvError code);

/* bench_pass() - let time pass, serving each deadline on its way */
void bench_pass(Bench *bench, int64_t us);

/* bench_scan_done() - the back end found fake_air() */
void bench_scan_done(Bench *bench);

/* bench_state() - the name of the state the service is in */
const char *bench_state(const Bench *bench);

/* bench_join() - set the credentials of the vectors, apply, wait for the join to start */
void bench_join(Bench *bench);

/* clang-format off */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bench, bench_free)
/* clang-format on */
