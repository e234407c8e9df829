/* SPDX-License-Identifier: MIT */
/*
 * fake-nm - as much of NetworkManager as wifi-nm talks to, to be bent by a test
 *
 * Lives on a bus connection of its own in the test's process: one Wi-Fi device wlan0, on demand
 * wlan1 that does as it does, up to eight access points, profiles and activations (a ninth takes
 * the place of a deleted profile, of the oldest activation). It decides nothing by itself but to
 * add, save and delete profiles: the test says what becomes of an activation.
 */
#pragma once

#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_NM_ROOT   "/org/freedesktop"
#define FAKE_NM_PATH   FAKE_NM_ROOT "/NetworkManager"
#define FAKE_NM_DEVICE FAKE_NM_PATH "/Devices/1"
#define FAKE_NM_SLOTS  8

typedef struct FakeNm FakeNm;

typedef struct FakeAp {
	BusObject *object; /* NULL: not in the air */
	const char *ssid;
	const char *bssid;
	uint32_t flags;
	uint32_t wpa;
	uint32_t rsn;
	uint32_t frequency;
	uint8_t strength;
} FakeAp;

typedef struct FakeProfile {
	FakeNm *fake;
	BusObject *object; /* NULL: deleted */
	char *id;
	char *ssid;
	char *type;
	char *mode;
	bool no_autoconnect;
	bool saved;
	char *key_mgmt;
	char *psk;
	char *uuid;
	char *identity;
	char *ca_cert; /* as NetworkManager gets it: a URI */
	char *client_cert;
	char *private_key;
	char *domain;
	uint32_t key_password_flags;
	bool tls;     /* the only method */
	bool bssid;   /* it names an access point */
	bool updated; /* its settings were replaced */
	bool hidden;
	unsigned int saves;
	unsigned int reads; /* of its settings */
} FakeProfile;

typedef struct FakeActive {
	BusObject *object;
	const FakeProfile *profile;
	uint32_t state;
	char *config; /* path of its IP4Config; "/" */
} FakeActive;

struct FakeNm {
	Bus *bus;
	BusName *name;
	BusObject *root;
	BusObject *manager;
	BusObject *device; /* NULL: no such device */
	BusObject *second; /* wlan1, the same */
	BusObject *config; /* IP4Config/1 */
	FakeAp aps[FAKE_NM_SLOTS];
	FakeProfile profiles[FAKE_NM_SLOTS];
	FakeActive actives[FAKE_NM_SLOTS];
	unsigned int n_profiles; /* ever; the first eight are in order */
	unsigned int n_actives;

	bool wifi_off;
	uint32_t state;  /* NMDeviceState */
	uint32_t reason; /* NMDeviceStateReason */
	int active;      /* index, -1: none */
	int64_t last_scan;
	const char *refuse_scan; /* error name; NULL: accept */
	const char *refuse_add;
	bool refuse_save;
	const char *refuse_delete; /* error name; NULL: accept */
	unsigned int delete_ms;    /* how long it takes */
	unsigned int scans;
	char *scan_ssid; /* asked for by name in the last scan */
	unsigned int adds;
	char *specific;    /* access point given with the last AddAndActivateConnection2 */
	char *persist;     /* its option */
	char *reactivated; /* profile given with the last ActivateConnection */
};

/* fake_nm_new() - on the bus at @address, name taken when it returns; the device is idle */
FakeNm *fake_nm_new(const char *address);

/* fake_nm_free() - leaves the bus as a crash does */
void fake_nm_free(FakeNm *fake);

/* fake_nm_device() - the device appears or disappears */
void fake_nm_device(FakeNm *fake, bool there);

/* fake_nm_second() - wlan1 appears, in the state of wlan0 */
void fake_nm_second(FakeNm *fake);

/* fake_nm_state() - the device says so */
void fake_nm_state(FakeNm *fake, uint32_t state, uint32_t reason);

/* fake_nm_ap() - access point @index comes into the air with what its members say */
void fake_nm_ap(FakeNm *fake, int index, const FakeAp *ap);

/* fake_nm_scanned() - the scan is over */
void fake_nm_scanned(FakeNm *fake);

/* fake_nm_profile() - a profile that is there from before, for the SSID
 * that @id ends in
 * Returns its index */
int fake_nm_profile(FakeNm *fake, const char *id, const char *type, bool autoconnect, bool saved);

/* fake_nm_edit() - somebody has changed whether profile @index connects by itself */
void fake_nm_edit(FakeNm *fake, int index, bool autoconnect);

/* fake_nm_use() - profile @index is what the device uses */
void fake_nm_use(FakeNm *fake, int index);

/* fake_nm_active() - activation @index reaches @state (NMActiveConnectionState) */
void fake_nm_active(FakeNm *fake, int index, uint32_t state);

/* fake_nm_address() - activation @index gets an IPv4 address */
void fake_nm_address(FakeNm *fake, int index, const char *address);

/* fake_nm_count() - profiles that exist */
unsigned int fake_nm_count(const FakeNm *fake);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeNm, fake_nm_free)
