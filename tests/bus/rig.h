/* SPDX-License-Identifier: MIT */
/*
 * rig - the provisioner's daemon itself, on a private bus, with all it needs around it
 *
 *   test phone (tests/phone) ── fake bluetoothd ──┐
 *                                                 ├─ private bus ── landfall-provisioner
 *                     fake NetworkManager ────────┘
 *
 * Phone and fakes live in the test's process, each fake behind a valve (bus-valve.h) that can end
 * it at a chosen message. NetworkManager acts by itself here: scans end, and a join succeeds when
 * RIG_PASSPHRASE is right, or with a certificate. The daemon's clock runs faster (quick-time.c).
 *
 * Environment: LANDFALL_PROVISIONER, the program; LANDFALL_QUICK_TIME, the library; LANDFALL_WRAP,
 * words before the program, such as valgrind and its options;
 * LANDFALL_SANITIZED, set when the program is built with sanitizers.
 */
#pragma once

#include "tests/bus/bus-fixture.h"
#include "tests/bus/bus-valve.h"
#include "tests/bus/fake-bluez.h"
#include "tests/bus/fake-nm.h"
#include "tests/phone/client.h"

#include <glib.h>
#include <stdbool.h>

#define RIG_SSID       "Landfall Lab"
#define RIG_PASSPHRASE "correct horse battery"
#define RIG_SERVICE    "io.landfall.Provisioner1"
#define RIG_OBJECT     "/io/landfall/Provisioner1"

/* How NetworkManager behaves. */
typedef enum RigAir {
	RIG_AIR_WORKS,
	RIG_AIR_SCAN_NEVER_ENDS,
	RIG_AIR_JOIN_NEVER_ENDS,
} RigAir;

typedef struct Rig {
	TestBus *bus;
	Bus *eyes; /* the test's own connection */
	BusValve *bluez_valve;
	BusValve *nm_valve;
	BusValve *daemon_valve;
	bool behind_valve; /* the daemon, too; a valve passes no descriptors */
	FakeBluez *bluez;  /* NULL: not running */
	FakeNm *nm;        /* NULL: not running */
	RigAir air;
	char *folder;
	char *log; /* what the daemon writes, a file */
	GPid pid;  /* 0: not running */
	int status;
	guint tend;
	unsigned int scans_seen;
	unsigned int joins_seen;
	const FakeProfile *wrong; /* whose passphrase was just refused */
	bool linked;              /* the phone is connected */
	unsigned int hang_up_at;  /* GATT operations from now; 0: never */
} Rig;

/* What the daemon has. */
typedef struct RigUsage {
	unsigned int descriptors;
	long anonymous_kib; /* heap and stack: what can leak */
	long pss_kib;       /* depends on who else maps the same libraries */
} RigUsage;

/* rig_new() - bus and fakes; the daemon is not started */
Rig *rig_new(void);

/* rig_free() - ends the daemon, which must exit with 0 and must not have written a secret */
void rig_free(Rig *rig);

/* rig_start() - the daemon, always in the air
 * @sets: further settings "key=value" of [provisioner], ended by NULL; NULL: none */
void rig_start(Rig *rig, const char *const *sets);

/* rig_end() - SIGTERM; it must exit with 0 */
void rig_end(Rig *rig);

/* rig_await_exit() - the daemon ends by itself with @status */
void rig_await_exit(Rig *rig, int status);

/* rig_await() - until its State on the bus is @state */
void rig_await(Rig *rig, const char *state);

/* rig_await_free() - until a new phone may try: "ready" or "failed", with Wi-Fi */
void rig_await_free(Rig *rig);

/* rig_property() - of the daemon's object, as text; "" when nobody answers; the caller frees it */
char *rig_property(Rig *rig, const char *name);

/* rig_let_pass() - wait until the daemon's clock has gone on by @us at least */
void rig_let_pass(int64_t us);

/* rig_usage() - what it has now */
RigUsage rig_usage(const Rig *rig);

/* rig_assert_flat() - the daemon has no more than @before: descriptors,
 * and but for a little memory */
void rig_assert_flat(const Rig *rig, const RigUsage *before);

/* rig_is_slow() - under a wrapper or sanitizers, where memory says nothing */
bool rig_is_slow(void);

/* rig_kill_bluez(), _nm() - end the fake as a crash does; nothing when it is not running */
void rig_kill_bluez(Rig *rig);
void rig_kill_nm(Rig *rig);

/* rig_revive() - start whatever fake is not running; NetworkManager knows the profiles it had */
void rig_revive(Rig *rig);

/* rig_pop() - the device's proof of possession; the caller frees it */
char *rig_pop(const Rig *rig);

/* rig_link - a ClientLink to the device; its data is the Rig. Errors: PHONE_ERROR_ATT with what
 * bluetoothd would have made an ATT error of, PHONE_ERROR_LOST */
extern const ClientLink rig_link;

/* rig_write(), _read() - one GATT operation; the value read, owned by the caller
 * Returns false, NULL with the error of the bus "NAME: TEXT" in @refusal, owned by the caller */
bool rig_write(Rig *rig, const char *endpoint, const void *data, size_t len, char **refusal);
GBytes *rig_read(Rig *rig, const char *endpoint, uint16_t offset, char **refusal);

/* rig_path() - of an endpoint's characteristic below the application; static */
const char *rig_path(const char *endpoint);

/* A phone like the Android app. */
typedef struct RigPhone {
	ClientSetup setup;
	char *pop;
	Client *client;
} RigPhone;

/* rig_phone_new() - not connected yet
 * @leave_after: as in ClientSetup; static */
RigPhone *rig_phone_new(Rig *rig, const char *leave_after);

/* rig_phone_knowing() - the same with a proof of its own, be it right or not */
RigPhone *rig_phone_knowing(Rig *rig, const char *pop, const char *leave_after);

/* rig_phone_free() - hang up and forget; NULL is fine */
void rig_phone_free(RigPhone *phone);

/* rig_provision() - a good phone from connecting to Connected and hanging up, once the device is
 * free; then the device is ready again and NetworkManager has exactly one profile of ours, saved.
 * Aborts the test when anything is otherwise */
void rig_provision(Rig *rig);

/* rig_try() - a phone on its own, whatever comes of it. Errors: PHONE_ERROR */
bool rig_try(Rig *rig, const char *passphrase, GError **error);

/* rig_profiles() - profiles of NetworkManager
 * @saved: of those on disk, else of those in memory only */
unsigned int rig_profiles(const Rig *rig, bool saved);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RigPhone, rig_phone_free)
