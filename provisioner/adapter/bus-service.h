/* SPDX-License-Identifier: MIT */
/*
 * bus-service - io.landfall.Provisioner1 on the bus
 *
 * Shows a status it is given and passes on what the methods want, once the App says that the caller
 * may. dbus/io.landfall.Provisioner1.xml is the interface; properties change with a signal,
 * gathered per turn of the loop. Owner: the App.
 */
#pragma once

#include "dbus/bus.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BUS_SERVICE_NAME "io.landfall.Provisioner1"
#define BUS_SERVICE_PATH "/io/landfall/Provisioner1"

#define BUS_SERVICE_ACTION "io.landfall.provision" /* what polkit is asked about */

/* What there is to see; all borrowed for the call, no member NULL. */
typedef struct BusServiceStatus {
	const char *state;
	const char *progress;
	const char *name;
	const char *adapter;
	const char *interface;
	const char *backend;
	const char *peer;
	const char *failure;
	const char *ip4;
	uint8_t ssid[WIFI_SSID_MAX];
	size_t ssid_len;
	uint32_t security;
	const char *lockout;      /* static: "open", "waiting", "locked" */
	uint32_t wrong;           /* proofs of possession in a row */
	int64_t lockout_until_us; /* monotonic; while "waiting", else 0 */
} BusServiceStatus;

typedef struct BusService BusService;

/* A method called by somebody who may not be allowed to. */
typedef struct BusServiceCall BusServiceCall;

/* All run from the loop. */
typedef struct BusServiceEvents {
	/* may @sender, a unique name, change anything? Answer with bus_service_decided(), now or
	 * later, but before bus_service_free(). @interactive: a person may be asked */
	void (*authorize)(BusServiceCall *call, const char *sender, bool interactive, void *data);
	/* somebody wants the service; answer with bus_service_started(), now or later */
	void (*start)(void *data);
	/* nobody wants it any more */
	void (*stop)(void *data);
	/* the device shall be unprovisioned; answer with bus_service_reset_done(), now or later */
	void (*reset)(void *data);
	/* wrong proofs of possession shall be forgotten; answer with bus_service_unlocked(), now or
	 * later */
	void (*unlock)(void *data);
} BusServiceEvents;

/* bus_service_new() - put the object on the bus; ask for the name after that
 * @bus:    borrowed, outlives it
 * @events: static
 * Errors: those of bus_object_register() */
BusService *bus_service_new(Bus *bus, const BusServiceEvents *events, void *data,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* bus_service_free() - whoever still waits is told that the service ends. NULL is fine */
void bus_service_free(BusService *service);

/* bus_service_update() - show this; what differs from before is announced */
void bus_service_update(BusService *service, const BusServiceStatus *status);

/* bus_service_decided() - the answer to `authorize`: carry the call out, or refuse it
 * @call:  taken
 * @error: NULL: carry it out; else BUS_ERROR */
void bus_service_decided(BusServiceCall *call, const GError *error);

/* bus_service_started() - answer everybody who waits for Start
 * @error: NULL: a phone can connect now; else why not, LANDFALL_ERROR */
void bus_service_started(BusService *service, const GError *error);

/* bus_service_reset_done() - answer everybody who waits for Reset
 * @error: NULL: done; else why not, LANDFALL_ERROR */
void bus_service_reset_done(BusService *service, const GError *error);

/* bus_service_unlocked() - answer everybody who waits for Unlock
 * @error: NULL: done; else why not, LANDFALL_ERROR */
void bus_service_unlocked(BusService *service, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusService, bus_service_free)
