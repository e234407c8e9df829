/* SPDX-License-Identifier: MIT */
/*
 * app-private - the one App, for the files that make it up
 *
 *   app.c          construction, the core and its timer, the bus, the end
 *   app-air.c      when it is on the air, and how long the daemon waits
 *   app-button.c   the button
 *   app-radio.c    from an adapter to an advertisement; what phones do
 *   app-reset.c    back to unprovisioned
 *   app-security.c who may take the device
 *   app-wifi.c     what the back end of Wi-Fi tells; the advertised name
 *   app-status.c   what there is to see
 *   app-identity.c the store and the agent, for the endpoints of ours
 *
 * Nobody else includes this.
 */
#pragma once

#include "common/log.h"
#include "dbus/bus-authority.h"
#include "dbus/bus-name.h"
#include "dbus/bus.h"
#include "provisioner/adapter/advert.h"
#include "provisioner/adapter/agent-probe.h"
#include "provisioner/adapter/bluez.h"
#include "provisioner/adapter/bus-service.h"
#include "provisioner/adapter/button.h"
#include "provisioner/adapter/gatt-app.h"
#include "provisioner/adapter/guesses.h"
#include "provisioner/adapter/identity-store.h"
#include "provisioner/adapter/sleep.h"
#include "provisioner/app.h"
#include "provisioner/core/air-policy.h"
#include "provisioner/core/button-hold.h"
#include "provisioner/core/provisioner.h"
#include "provisioner/wifi-choice.h"

struct App {
	const Config *config;
	GMainLoop *loop;
	GError *error; /* why the daemon ends, NULL: in good order */
	Bus *bus;
	BusService *service;
	BusAuthority *authority;
	BusName *bus_name;
	WifiChoice *wifi;
	Bluez *bluez;
	GattApp *gatt;
	Advert *advert;
	Sleep *sleep;
	AirPolicy *air;
	Button *button; /* NULL: none is configured */
	ButtonHold hold;
	IdentityStore *identity;
	AgentProbe *agent;
	Provisioner *core;
	Guesses *guesses;
	ProvisionerPorts ports;

	ProvisionerState logged; /* state last written to the log */
	bool wanted;             /* the policy wants a phone to be able to connect */
	bool begun;              /* bluez was started */
	bool served;             /* a phone could connect once: from now on losses are waited out */
	bool done;               /* a phone has read Connected */
	bool resetting;          /* networks are to be forgotten */
	bool reset_again;        /* and it is not the first time that this is tried */
	bool forgetting;         /* the back end is at it */
	char *adapter;           /* object path while ready */
	char *name;              /* advertised, NULL before Wi-Fi is known */
	guint timer;             /* of the core's deadline */
	guint air_timer;         /* of the policy's deadline */
	guint check;             /* of the advertisement, now and then */
	guint hold_timer;        /* of the button's deadline */
	guint linger;
	guint patience;
	guint reset_limit; /* whoever called Reset gets an answer by then */
	guint ending;
	guint quitting; /* 0: no */
	LogRate refusals;
	LogRate insecure; /* sessions of security 0 */
	LogRate guessing;
	LogRate visits; /* phones that have proved nothing */
	LockoutState lockout_logged;
};

/* app_now_us() - the clock of the core */
int64_t app_now_us(void);

/* app_fail() - end the loop; the first error is the one the daemon ends with
 * @error: taken */
void app_fail(App *app, GError *error);

/* app_tell_visit() - log what a phone causes that has proved nothing; a stranger who comes and goes
 * all day is told of now and then only
 * @what: the line */
void app_tell_visit(App *app, const char *what);

/* app_settle() - after each call into the core: one timer for its deadline, and what follows */
void app_settle(App *app);

/* app_status_show() - tell bus and systemd how things stand */
void app_status_show(App *app);

/* app_air_init() - the policy as configured, nobody on the air yet */
void app_air_init(App *app);

/* app_air_clear() - no timer of app-air.c runs after this */
void app_air_clear(App *app);

/* app_air_settle() - after each event of the policy: go on the air or off it, or end the daemon
 * because there is nothing to do */
void app_air_settle(App *app);

/* app_air_resume() - go on from wherever things stand, once more is known than before */
void app_air_resume(App *app);

/* app_air_wait() - a phone cannot connect yet: wait as long as adapter_wait, then give up */
void app_air_wait(App *app);

/* app_air_start(), app_air_stop() - over the bus */
void app_air_start(App *app);
void app_air_stop(App *app);

/* app_air_done() - a phone has read that the device has its network */
void app_air_done(App *app);

/* app_air_again() - whatever phone there is, end it; what is to go on begins afresh */
void app_air_again(App *app);

/* app_air_network() - what Wi-Fi knows may have changed */
void app_air_network(App *app);

/* app_air_phone() - what the core knows of a phone may have changed */
void app_air_phone(App *app);

/* app_button_check() - is the button that is configured written as one, and is there one that is
 * needed?
 * Errors: LANDFALL_ERROR_CONFIG */
bool app_button_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_button_init() - watch the button, if one is configured */
void app_button_init(App *app);

/* app_button_clear() - let go of it */
void app_button_clear(App *app);

/* app_radio_init() - put what bluetoothd is given on the bus, touch no adapter yet
 * Errors: those of bus_object_register() */
bool app_radio_init(App *app, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_reset_init() - one that was cut short goes on as soon as Wi-Fi is known */
void app_reset_init(App *app);

/* app_reset() - end the session and forget every network that was added here: nothing else is
 * forgotten. Answers when that is on disk, or after a while why not; then it is tried again when
 * Wi-Fi comes back, and after the next start */
void app_reset(App *app);

/* app_reset_step() - Wi-Fi may be known by now */
void app_reset_step(App *app);

/* app_reset_done() - the back end has forgotten them
 * @error: NULL: all; else LANDFALL_ERROR */
void app_reset_done(App *app, const GError *error);

/* app_reset_fail() - not now
 * @error: LANDFALL_ERROR */
void app_reset_fail(App *app, const GError *error);

/* app_reset_drop() - a network was joined since a reset that failed: what that left is kept, lest
 * the new one is forgotten with it */
void app_reset_drop(App *app);

/* app_reset_clear() - no timer of app-reset.c runs after this */
void app_reset_clear(App *app);

/* app_security_check() - is there the security that is configured?
 * Errors: LANDFALL_ERROR_CONFIG */
bool app_security_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_security_init() - what the core is given of it, but for keys: the count of wrong proofs */
void app_security_init(App *app, ProvisionerSecurity *security, ProvisionerPorts *ports);

/* app_security_changed() - tell the log when wrong proofs made a difference */
void app_security_changed(App *app);

/* app_security_unlock() - end the row of wrong proofs, and with it a wait or a lock
 * @who: for the log, "over the bus" */
void app_security_unlock(App *app, const char *who);

/* app_radio_clear() - take it all back; no timer of app-radio.c runs after this */
void app_radio_clear(App *app);

/* app_wifi_init() - watch the managers of Wi-Fi
 * Errors: LANDFALL_ERROR_CONFIG (that back end is not built in) */
bool app_wifi_init(App *app, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* app_identity_init() - fill the core's ports to store and agent; before the core is made */
void app_identity_init(App *app);

/* app_identity_clear() - after the core is gone; waits for a commit that is under way */
void app_identity_clear(App *app);
