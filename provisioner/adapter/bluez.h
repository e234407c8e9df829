/* SPDX-License-Identifier: MIT */
/*
 * bluez - the Bluetooth adapter that bluetoothd gives us, made ready for phones
 *
 *   stopped ──start──▶ waiting ──▶ preparing ──▶ ready
 *                        ▲  powered off, unplugged, bluetoothd ended  │
 *                        └────────────────────────────────────────────┘
 *
 * Preparing: power on, refuse pairing, carry the advertised name as alias (phones show the GAP
 * name after a first connection). What refuses is tried again for ever, ever more slowly, another
 * adapter first if there is one. bluez_stop() puts alias and pairing back as they were found.
 *
 * Owner: the App. Registering services and advertisements is for gatt-app and advert.
 */
#pragma once

#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BLUEZ_SERVICE "org.bluez"

typedef struct Bluez Bluez;

/* All run from the loop. */
typedef struct BluezEvents {
	/* the adapter at @path is powered and named; what was registered before is forgotten */
	void (*ready)(const char *path, void *data);
	/* it is no longer; bluez tries to get one back */
	void (*lost)(void *data);
	/* the link to @device, an object path, is down; NULL: all links are */
	void (*disconnected)(const char *device, void *data);
	/* bluez_problem() may say something else */
	void (*problem)(void *data);
	/* the adapter that is ready has so many advertisements now, anybody's */
	void (*advertising)(int active, void *data);
} BluezEvents;

/* bluez_new() - watch bluetoothd, touch nothing yet
 * @bus:     borrowed, outlives it
 * @adapter: "auto" (powered ones first) or a name such as hci0; copied
 * @events:  static */
Bluez *bluez_new(Bus *bus, const char *adapter, const BluezEvents *events, void *data);

/* bluez_free() - bluez_stop() and free; NULL is fine */
void bluez_free(Bluez *bluez);

/* bluez_start() - get an adapter ready, and again whenever it is lost
 * @alias: the advertised name; copied */
void bluez_start(Bluez *bluez, const char *alias);

/* bluez_stop() - give the adapter back as it was found; reports nothing */
void bluez_stop(Bluez *bluez);

/* bluez_adapter() - "hci0", borrowed until the next turn of the loop; "" unless ready */
const char *bluez_adapter(const Bluez *bluez);

/* bluez_problem() - why there is no adapter, a clause for people: "bluetoothd is not running" */
const char *bluez_problem(const Bluez *bluez);

/* bluez_device_address() - "AA:BB:CC:DD:EE:FF" of a device's object path; "" when not known.
 * Borrowed until the next turn of the loop */
const char *bluez_device_address(const Bluez *bluez, const char *device);

/* bluez_disconnect() - end the link to a device's object path, without waiting */
void bluez_disconnect(Bluez *bluez, const char *device);

/* bluez_active_instances() - advertisements the adapter says it has; -1 when it does not say */
int bluez_active_instances(const Bluez *bluez);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bluez, bluez_free)
