/* SPDX-License-Identifier: MIT */
/*
 * app-private - the one App, for the files that make it up
 *
 *   app.c          construction, the core and its timer, the bus, the end
 *   app-air.c      when it is on the air, and how long the daemon waits
 *   app-radio.c    from an adapter to an advertisement; what phones do
 *   app-wifi.c     what the back end of Wi-Fi tells; the advertised name
 *   app-status.c   what there is to see
 *
 * Nobody else includes this.
 */
#pragma once

#include "common/log.h"
#include "dbus/bus-name.h"
#include "dbus/bus.h"
#include "provisioner/adapter/advert.h"
#include "provisioner/adapter/authority.h"
#include "provisioner/adapter/bluez.h"
#include "provisioner/adapter/bus-service.h"
#include "provisioner/adapter/gatt-app.h"
#include "provisioner/app.h"
#include "provisioner/core/provisioner.h"
#include "provisioner/wifi-choice.h"

struct App {
	const Config *config;
	GMainLoop *loop;
	GError *error; /* why the daemon ends, NULL: in good order */
	Bus *bus;
	BusService *service;
	Authority *authority;
	BusName *bus_name;
	WifiChoice *wifi;
	Bluez *bluez;
	GattApp *gatt;
	Advert *advert;
	Provisioner *core;
	ProvisionerPorts ports;

	ProvisionerState logged; /* state last written to the log */
	bool wanted;             /* a phone shall be able to connect */
	bool decided;            /* the policy was applied to what Wi-Fi knows */
	bool begun;              /* bluez was started */
	bool served;             /* a phone could connect once: from now on losses are waited out */
	bool done;               /* a phone has read Connected */
	char *adapter;           /* object path while ready */
	char *name;              /* advertised, NULL before Wi-Fi is known */
	guint timer;             /* of the core's deadline */
	guint linger;
	guint patience;
	guint ending;
	guint quitting; /* 0: no */
	LogRate refusals;
};

/* app_now_us() - the clock of the core */
int64_t app_now_us(void);

/* app_fail() - end the loop; the first error is the one the daemon ends with
 * @error: taken */
void app_fail(App *app, GError *error);

/* app_settle() - after each call into the core: one timer for its deadline, and what is to be seen */
void app_settle(App *app);

/* app_status_show() - tell bus and systemd how things stand */
void app_status_show(App *app);

/* app_air_begin() - a phone shall be able to connect: go on from wherever things stand */
void app_air_begin(App *app);

/* app_air_end() - no phone shall be able to connect any more */
void app_air_end(App *app);

/* app_air_wait() - a phone cannot connect yet: wait as long as adapter_wait, then end the daemon */
void app_air_wait(App *app);

/* app_air_idle() - nothing is to be done: end the daemon unless something comes up soon */
void app_air_idle(App *app);

/* app_radio_init() - put what bluetoothd is given on the bus, touch no adapter yet
 * Errors: those of bus_object_register() */
bool app_radio_init(App *app, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_wifi_init() - watch the managers of Wi-Fi
 * Errors: LANDFALL_ERROR_CONFIG (that back end is not built in) */
bool app_wifi_init(App *app, GError **error) G_GNUC_WARN_UNUSED_RESULT;
