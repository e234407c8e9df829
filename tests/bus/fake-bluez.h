/* SPDX-License-Identifier: MIT */
/*
 * fake-bluez - as much of bluetoothd as a provisioner talks to, to be bent by a test
 *
 * Lives on a bus connection of its own in the test's process. Two adapters, /org/bluez/hci0 and
 * hci1, and one phone below hci0. Members are the test's to read and to change; after a change of
 * a property it calls fake_bluez_changed().
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"
#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_HCI0  "/org/bluez/hci0"
#define FAKE_HCI1  "/org/bluez/hci1"
#define FAKE_PHONE FAKE_HCI0 "/dev_11_22_33_44_55_66"

typedef struct FakeBluez FakeBluez;

typedef struct FakeAdapter {
	FakeBluez *fake;
	BusObject *object; /* NULL: unplugged */
	bool powered;
	bool pairable;
	bool central_only;
	bool stuck; /* cannot be switched on */
	char *alias;
	uint8_t instances; /* ActiveInstances */
} FakeAdapter;

struct FakeBluez {
	Bus *bus;
	BusName *name;
	BusObject *root;
	BusObject *phone; /* NULL: bluetoothd does not know it */
	FakeAdapter adapters[2];
	bool connected;         /* the phone is */
	const char *refuse_app; /* error names; NULL: accept */
	const char *refuse_advert;
	char *app_owner; /* who registered the application; NULL: nobody */
	char *app_path;
	char *advert_owner;
	char *advert_path;
	unsigned int app_calls; /* RegisterApplication so far */
	unsigned int advert_calls;
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

/* fake_bluez_connect() - the phone connects or hangs up */
void fake_bluez_connect(FakeBluez *fake, bool connected);

/* fake_bluez_read(), _write() - as bluetoothd does for the phone; free with fake_call_free()
 * @path: below the application's root
 * @device: NULL: left out */
FakeCall *fake_bluez_read(FakeBluez *fake, const char *path, const char *device, uint16_t offset);
FakeCall *fake_bluez_write(FakeBluez *fake, const char *path, const char *device, uint16_t offset,
			   const void *data, size_t len);

/* fake_bluez_properties() - GetAll, waits; owned by the caller, sorted as answered */
char *fake_bluez_properties(FakeBluez *fake, const char *owner, const char *path,
			    const char *interface);

/* fake_bluez_objects() - paths of the application's GetManagedObjects, in order, parted by blanks */
char *fake_bluez_objects(FakeBluez *fake);

/* fake_bluez_release() - bluetoothd drops the advertisement by itself */
void fake_bluez_release(FakeBluez *fake);

/* fake_call_free() - also while it is under way */
void fake_call_free(FakeCall *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeBluez, fake_bluez_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeCall, fake_call_free)
