/* SPDX-License-Identifier: MIT */
/*
 * gatt-app - the provisioning service as a GATT application of bluetoothd
 *
 *   /io/landfall/gatt                       ObjectManager, what bluetoothd is pointed at
 *                    /service0              021a9004-0382-4aea-bff4-6b3f1c5adfb4   handle 0x0100
 *                    /service0/charN        021aXXXX-…: read, write                0x0102 + 3 N
 *                    /service0/charN/desc0  0x2901, the endpoint's name: read      0x0103 + 3 N
 *
 * N counts the endpoints in the order of EndpointId, XXXX is endpoint_uuid16(). Handles are fixed
 * because phones remember them. A write is answered when the core has answered; its reply is the
 * value read afterwards, kept until the next write or until the phone leaves. A core that takes
 * longer than bluetoothd waits gets more time: the write is acknowledged, the read that follows is
 * held until the value is there. Every refusal is ATT error 0x80: nothing that makes a phone start
 * pairing, and it tells nothing more. Who is not bluetoothd is denied.
 *
 * Owner: the App. It frees the core first, which answers the writes that are due, then this.
 */
#pragma once

#include "dbus/bus.h"
#include "provisioner/core/provisioner.h"

#include <glib.h>
#include <stdbool.h>

#define GATT_UUID_SIZE 37 /* as text, with its end */
#define GATT_APP_PATH  "/io/landfall/gatt"
#define GATT_VALUE_MAX 512 /* octets of one write or read: Core Specification, 3.F.3.2.9 */

typedef struct GattApp GattApp;
typedef struct GattWrite GattWrite;

/* All run from the loop. @device is the object path of the phone. */
typedef struct GattAppEvents {
	/* bluetoothd serves the table now */
	void (*registered)(void *data);
	/* a phone used an attribute, the first sign of it */
	void (*touched)(const char *device, void *data);
	/* a phone wrote; @write is to be given to gatt_write_finish() exactly once, now or later.
	 * @value: borrowed, 0..GATT_VALUE_MAX octets */
	void (*written)(const char *device, EndpointId endpoint, GBytes *value, GattWrite *write,
			void *data);
} GattAppEvents;

/* gatt_app_new() - put the objects on our bus connection
 * @bus:    borrowed, outlives it
 * @uuid:   of the service, valid; the characteristics' are made of it
 * @events: static
 * Errors: those of bus_object_register() */
GattApp *gatt_app_new(Bus *bus, const char *uuid, const GattAppEvents *events, void *data,
		      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* gatt_app_uuid() - of the service, in lower case as it goes on the air; lives as long
 * as the app */
const char *gatt_app_uuid(const GattApp *app);

/* gatt_app_free() - NULL is fine */
void gatt_app_free(GattApp *app);

/* gatt_app_register() - give the table to an adapter; tried again until it works
 * @adapter: object path, copied */
void gatt_app_register(GattApp *app, const char *adapter);

/* gatt_app_unregister() - take it back; @adapter_lost: there is nobody to tell any more */
void gatt_app_unregister(GattApp *app, bool adapter_lost);

/* gatt_app_forget() - drop the values kept for a phone, and what is still to come; NULL: for all */
void gatt_app_forget(GattApp *app, const char *device);

/* gatt_write_finish() - answer a write
 * @write: taken
 * @reply: borrowed, becomes the value; NULL refuses the write and leaves no value */
void gatt_write_finish(GattWrite *write, GBytes *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GattApp, gatt_app_free)
