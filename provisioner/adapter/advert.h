/* SPDX-License-Identifier: MIT */
/*
 * advert - the advertisement that phones look for
 *
 *   advertising data   flags, one 128-bit service UUID
 *   scan response      the complete local name
 *
 * Connectable, discoverable without a time limit, every 100 to 160 ms where bluetoothd allows it to
 * be chosen (before 5.77 only with --experimental; without it the kernel's default holds).
 *
 * On the air means: bluetoothd has taken it, and the adapter counts at least one advertisement. Who
 * asks whether it still has ours registers it once more: the refusal "already exists" says yes and
 * changes nothing, so there is never more than one of ours. What is refused or lost is tried again
 * after 0.5 to 30 s, for ever; at once when somebody else's advertisement ends.
 *
 * Owner: the App.
 */
#pragma once

#include "dbus/bus.h"

#include <glib.h>
#include <stdbool.h>

#define ADVERT_PATH "/io/landfall/advertisement"

typedef struct Advert Advert;

typedef struct AdvertEvents {
	/* the name is in the air, or no longer (then it is tried again) */
	void (*changed)(bool on_air, void *data);
} AdvertEvents;

/* advert_new() - put the object on our bus connection
 * @bus:    borrowed, outlives it
 * @uuid:   the one service UUID; static
 * @events: static
 * Errors: those of bus_object_register() */
Advert *advert_new(Bus *bus, const char *uuid, const AdvertEvents *events, void *data,
		   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* advert_free() - NULL is fine */
void advert_free(Advert *advert);

/* advert_register() - advertise on an adapter; tried again until it works
 * @adapter: object path, copied
 * @name:    1..DEVICE_NAME_MAX octets (common/device-name.h), copied */
void advert_register(Advert *advert, const char *adapter, const char *name);

/* advert_unregister() - stop; @adapter_lost: there is nobody to tell any more. Reports nothing */
void advert_unregister(Advert *advert, bool adapter_lost);

/* advert_check() - bluetoothd may have lost it: ask, and have it registered again if so. Nothing
 * unless it is on the air */
void advert_check(Advert *advert);

/* advert_observe() - how many advertisements the adapter has, anybody's; tell it before
 * advert_register() and at each change
 * @active: -1 when it does not say */
void advert_observe(Advert *advert, int active);

/* advert_is_on_air() - bluetoothd has taken it, the adapter counts it; not given up since */
bool advert_is_on_air(const Advert *advert);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Advert, advert_free)
