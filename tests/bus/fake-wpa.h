/* SPDX-License-Identifier: MIT */
/*
 * fake-wpa - as much of wpa_supplicant as wifi-wpa talks to, to be bent by a test
 *
 * Lives on a bus connection of its own in the test's process: one interface, eight BSSs, and
 * networks that it adds, selects, enables and removes as wpa_supplicant does. What comes of a
 * network that was selected the test says.
 */
#pragma once

#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_WPA_PATH      "/fi/w1/wpa_supplicant1"
#define FAKE_WPA_INTERFACE FAKE_WPA_PATH "/Interfaces/0"
#define FAKE_WPA_SLOTS     8

typedef struct FakeWpa FakeWpa;

typedef struct FakeBss {
	BusObject *object; /* NULL: not in the air */
	const char *ssid;  /* "": hidden */
	uint8_t number;    /* last octet of the BSSID */
	bool privacy;
	const char *wpa; /* word in KeyMgmt, NULL: none */
	const char *rsn; /* words, parted by blanks */
	uint16_t frequency;
	int16_t signal;
	uint32_t age;
} FakeBss;

typedef struct FakeNetwork {
	FakeWpa *fake;
	BusObject *object; /* NULL: removed */
	bool enabled;
	bool saved; /* in the file, as it was when that was written last */
	bool saved_enabled;
	GHashTable *settings; /* name to text as in the configuration file */
} FakeNetwork;

struct FakeWpa {
	Bus *bus;
	BusName *name;
	BusObject *manager;
	BusObject *interface; /* NULL: no such interface */
	const char *ifname;
	const char *config_file;
	bool update_config;
	const char *state;
	int32_t reason;
	int32_t auth_status;
	int current;     /* network selected, -1: none */
	int current_bss; /* -1: none */
	FakeBss bss[FAKE_WPA_SLOTS];
	FakeNetwork networks[FAKE_WPA_SLOTS];
	unsigned int n_networks; /* ever */

	const char *refuse_scan; /* error name; NULL: accept */
	const char *refuse_add;
	const char *refuse_remove;
	unsigned int removes;   /* asked for */
	bool withhold_networks; /* their list cannot be read */
	unsigned int withheld;  /* so often */
	bool refuse_save;
	bool hold_save;   /* the next one is written, and answered with the one after it */
	BusRequest *held; /* NULL: none */
	unsigned int scans;
	char *scan_ssid; /* asked for by name in the last scan */
	unsigned int adds;
	unsigned int selects;
	unsigned int saves;
	unsigned int reassociates;
	unsigned int flushes; /* of what it heard, while no network was enabled */
	unsigned int drops;   /* of the keys, by changes of a network that is in use */
};

/* fake_wpa_new() - on the bus at @address, name taken when it returns; the interface is idle */
FakeWpa *fake_wpa_new(const char *address, const char *ifname);

/* fake_wpa_free() - leaves the bus as a crash does */
void fake_wpa_free(FakeWpa *fake);

/* fake_wpa_interface() - somebody gives it the interface, or takes it away */
void fake_wpa_interface(FakeWpa *fake, bool there);

/* fake_wpa_bss() - BSS @index comes into the air with what its members say */
void fake_wpa_bss(FakeWpa *fake, int index, const FakeBss *bss);

/* fake_wpa_scanned() - the scan is over */
void fake_wpa_scanned(FakeWpa *fake, bool success);

/* fake_wpa_state() - the interface says so */
void fake_wpa_state(FakeWpa *fake, const char *state);

/* fake_wpa_auth() - an authentication ended so */
void fake_wpa_auth(FakeWpa *fake, int32_t status);

/* fake_wpa_eap() - the server of an 802.1X network said so */
void fake_wpa_eap(FakeWpa *fake, const char *status, const char *parameter);

/* fake_wpa_set() - a setting of network @index, as text of the configuration file */
void fake_wpa_set(FakeWpa *fake, int index, const char *name, const char *text);

/* fake_wpa_network() - a network of the file, with this mark (NULL: none)
 * Returns its index */
int fake_wpa_network(FakeWpa *fake, const char *ssid, const char *mark, bool enabled);

/* fake_wpa_setting() - text of a setting of network @index, NULL: not set; borrowed */
const char *fake_wpa_setting(const FakeWpa *fake, int index, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeWpa, fake_wpa_free)
