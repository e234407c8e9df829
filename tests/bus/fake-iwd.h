/* SPDX-License-Identifier: MIT */
/*
 * fake-iwd - as much of iwd as wifi-iwd talks to, to be bent by a test
 *
 * Lives on a bus connection of its own in the test's process: one device wlan0, up to eight
 * networks in the air and as many known ones. Like iwd it takes the passphrase it has and asks the
 * agent only without one, or after that one failed in the handshake of WPA2; it saves a network
 * whose passphrase was right before it answers, and says last that it is connected. What it is at
 * work on it takes for connected. It joins nothing by itself.
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_IWD_PATH   "/net/connman/iwd"
#define FAKE_IWD_DEVICE FAKE_IWD_PATH "/0/3"
#define FAKE_IWD_SLOTS  8

typedef struct FakeIwd FakeIwd;

/* A network in the air. */
typedef struct FakeIwdNetwork {
	FakeIwd *fake;
	BusObject *object; /* NULL: not in the air */
	const char *name;
	const char *type;
	const char *passphrase; /* the right one */
	int16_t signal;         /* hundredths of dBm */
	bool sae;               /* a wrong passphrase does not show in a handshake */
	bool ask;               /* the next Connect asks for the passphrase */
} FakeIwdNetwork;

typedef struct FakeIwdKnown {
	FakeIwd *fake;
	BusObject *object; /* NULL: forgotten */
	char *name;
	char *type;
	char *passphrase;
	bool autoconnect;
	bool hidden;
} FakeIwdKnown;

struct FakeIwd {
	Bus *bus;
	BusName *name;
	BusObject *root;
	BusObject *manager;
	BusObject *adapter;
	BusObject *device; /* NULL: no such device */
	FakeIwdNetwork networks[FAKE_IWD_SLOTS];
	FakeIwdKnown knowns[FAKE_IWD_SLOTS];
	unsigned int n_knowns; /* ever */

	const char *mode;
	bool powered_off;
	bool scanning;
	const char *state;
	FakeIwdNetwork *connected; /* or connecting; NULL: none */
	const char *refuse_scan;   /* error name; NULL: accept */
	const char *refuse_agent;
	const char *refuse_connect;
	const char *refuse_forget;
	unsigned int refusals; /* how often Connect is refused; 0: always */
	bool hold; /* what was found out about a passphrase waits for fake_iwd_go_on() */
	FakeIwdNetwork *hidden; /* what answers to its name, NULL: nothing */
	unsigned int deaf;      /* how often it does not */

	char *agent; /* unique name of who registered one, NULL: none */
	char *agent_path;
	BusCall *ask;
	bool foreign;        /* the agent is asked for somebody else's Connect */
	BusRequest *connect; /* Connect that is under way */
	FakeIwdNetwork *target;
	bool hiding;   /* it is ConnectHiddenNetwork */
	bool verdict;  /* what is held back */
	char *given;   /* passphrase given last */
	char *refusal; /* D-Bus error the agent gave last */
	unsigned int scans;
	unsigned int connects;
	unsigned int asks;
	unsigned int forgets;
	unsigned int thrown_off; /* times the network in use was forgotten */
	unsigned int lists;
};

/* fake_iwd_new() - on the bus at @address, name taken when it returns; the device is idle */
FakeIwd *fake_iwd_new(const char *address);

/* fake_iwd_free() - leaves the bus as a crash does */
void fake_iwd_free(FakeIwd *fake);

/* fake_iwd_device() - the device appears or disappears */
void fake_iwd_device(FakeIwd *fake, bool there);

/* fake_iwd_mode() - "station", "ap" */
void fake_iwd_mode(FakeIwd *fake, const char *mode);

/* fake_iwd_network() - network @index comes into the air with what the members of @network say
 * Returns it */
FakeIwdNetwork *fake_iwd_network(FakeIwd *fake, int index, const FakeIwdNetwork *network);

/* fake_iwd_fade() - network @index is gone from the air */
void fake_iwd_fade(FakeIwd *fake, int index);

/* fake_iwd_know() - a network that is configured from before
 * Returns its index */
int fake_iwd_know(FakeIwd *fake, const char *name, const char *type, const char *passphrase,
		  bool autoconnect);

/* fake_iwd_find() - the known network of that name; NULL: none */
FakeIwdKnown *fake_iwd_find(FakeIwd *fake, const char *name);

/* fake_iwd_use() - network @index is what the device is on */
void fake_iwd_use(FakeIwd *fake, int index);

/* fake_iwd_work() - the device begins to join network @index by itself; how that ends is told by
 * fake_iwd_use() or fake_iwd_lose() */
void fake_iwd_work(FakeIwd *fake, int index);

/* fake_iwd_lose() - the device is on no network any more */
void fake_iwd_lose(FakeIwd *fake);

/* fake_iwd_is_on() - is the device connected to network @index? */
bool fake_iwd_is_on(const FakeIwd *fake, int index);

/* fake_iwd_state() - the station says so */
void fake_iwd_state(FakeIwd *fake, const char *state);

/* fake_iwd_scanning() - a scan begins or ends */
void fake_iwd_scanning(FakeIwd *fake, bool scanning);

/* fake_iwd_go_on() - let what was held back happen */
void fake_iwd_go_on(FakeIwd *fake);

/* fake_iwd_ask() - ask the agent for something, as iwd does for somebody else's Connect
 * What it answers is in `given` or `refusal` */
void fake_iwd_ask(FakeIwd *fake, const char *method, const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeIwd, fake_iwd_free)
