/* SPDX-License-Identifier: MIT */
/*
 * fake-bluez - as much of bluetoothd as a provisioner talks to, to be bent by a test
 *
 * Lives on a bus connection of its own in the test's process. Two adapters, /org/bluez/hci0 and
 * hci1, and two phones below hci0. Members are the test's to read and to change; after a change of
 * a property it calls fake_bluez_changed().
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_HCI0  "/org/bluez/hci0"
#define FAKE_HCI1  "/org/bluez/hci1"
#define FAKE_PHONE FAKE_HCI0 "/dev_11_22_33_44_55_66"
#define FAKE_OTHER FAKE_HCI0 "/dev_AA_BB_CC_DD_EE_FF" /* the second phone */

#define FAKE_ADVERTS_MAX 5 /* advertisements an adapter can have */

typedef struct FakeBluez FakeBluez;

typedef struct FakeAdapter {
	FakeBluez *fake;
	BusObject *object; /* NULL: unplugged */
	bool powered;
	bool pairable;
	bool central_only;
	bool stuck; /* cannot be switched on */
	char *alias;
	uint8_t instances; /* ActiveInstances: ours */
	uint8_t others;    /* ActiveInstances: of other programs */
	bool uncounted;    /* what it takes next is not counted */
} FakeAdapter;

typedef struct FakePhone {
	FakeBluez *fake;
	const char *path;
	const char *address;
	BusObject *object; /* NULL: bluetoothd does not know it */
	bool connected;
} FakePhone;

struct FakeBluez {
	Bus *bus;
	BusName *name;
	BusObject *root;
	FakePhone phone;
	FakePhone other;
	FakeAdapter adapters[2];
	const char *refuse_app; /* error names; NULL: accept */
	const char *refuse_advert;
	char *app_owner; /* who registered the application; NULL: nobody */
	char *app_path;
	FakeAdapter *app_adapter;
	char *advert_owner;
	char *advert_path;
	FakeAdapter *advert_adapter;
	unsigned int app_calls; /* RegisterApplication so far */
	unsigned int advert_calls;
	unsigned int refreshes; /* changes the advertisement has told so far */
	BusMatch *changes;
	unsigned int disconnects; /* Device1.Disconnect so far */
};

/* A call to the application under test. */
typedef struct FakeCall {
	bool done;
	char *error_name; /* NULL: it succeeded */
	char *error_text;
	GBytes *value; /* answered, when it was octets */
	char *text;    /* answered, when it was a dictionary: "Key=value Key=value" */
} FakeCall;

/* fake_bluez_new() - on the bus at @address, name taken when it returns */
FakeBluez *fake_bluez_new(const char *address);

/* fake_bluez_free() - leaves the bus as a crash does */
void fake_bluez_free(FakeBluez *fake);

/* fake_bluez_plug() - adapter @index appears or disappears */
void fake_bluez_plug(FakeBluez *fake, int index, bool plugged);

/* fake_bluez_changed() - @property of adapter @index was changed by the test */
void fake_bluez_changed(FakeBluez *fake, int index, const char *property);

/* fake_bluez_connect(), _connect_other() - the phone, the second one, connects or hangs up */
void fake_bluez_connect(FakeBluez *fake, bool connected);
void fake_bluez_connect_other(FakeBluez *fake, bool connected);

/* fake_bluez_read(), _write() - as bluetoothd does for the phone; free with fake_call_free()
 * @path: below the application's root
 * @device: NULL: left out */
FakeCall *fake_bluez_read(FakeBluez *fake, const char *path, const char *device, uint16_t offset);
FakeCall *fake_bluez_write(FakeBluez *fake, const char *path, const char *device, uint16_t offset,
			   const void *data, size_t len);

/* fake_bluez_properties() - GetAll, waits; owned by the caller, sorted as answered */
char *fake_bluez_properties(FakeBluez *fake, const char *owner, const char *path,
			    const char *interface);

/* fake_bluez_objects() - paths of the application's GetManagedObjects, in order,
 * parted by blanks */
char *fake_bluez_objects(FakeBluez *fake);

/* fake_bluez_release() - bluetoothd drops the advertisement by itself */
void fake_bluez_release(FakeBluez *fake);

/* fake_bluez_lose() - bluetoothd drops the advertisement and does not say so */
void fake_bluez_lose(FakeBluez *fake);

/* fake_call_free() - also while it is under way */
void fake_call_free(FakeCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeBluez, fake_bluez_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeCall, fake_call_free)
