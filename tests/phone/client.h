/* SPDX-License-Identifier: MIT */
/*
 * client - the steps of provisioning a device, with the habits of one of the real clients
 *
 *   client_connect()    link, proto-ver; with the iOS habit the link is then made anew
 *   client_secure()     handshake on prov-session
 *   client_scan()       prov-scan: start, status, pages of 4
 *   client_join()       prov-config: set, apply, poll until it is decided
 *   client_control()    prov-ctrl
 *
 * Knows nothing of Bluetooth: a ClientLink carries the octets.
 */
#pragma once

#include "tests/phone/habit.h"
#include "tests/phone/message.h"
#include "tests/phone/phone-security.h"
#include "tests/phone/report.h"
#include "tests/phone/version.h"

#include <glib.h>
#include <stdbool.h>

/* How octets get to the device. Every call may block; an error ends the step. */
typedef struct ClientLink {
	/* connect() - make the link and learn the endpoints. Errors: LOST,
	 * PROTOCOL, TIMEOUT, ATT */
	bool (*connect)(void *data, GError **error);

	/* disconnect() - end it; nothing when there is none */
	void (*disconnect)(void *data);

	/* exchange() - write @in to an endpoint, then append what is read from it to @out
	 * Errors: ATT, LOST, TIMEOUT, PROTOCOL (no such endpoint, garbled answer) */
	bool (*exchange)(void *data, const char *endpoint, const GByteArray *in, GByteArray *out,
			 GError **error);

	/* wait() - let time pass with the link up. Errors: LOST, TIMEOUT (out of overall time) */
	bool (*wait)(void *data, unsigned ms, GError **error);
} ClientLink;

#define CLIENT_SECURITY_AUTO (-1) /* as this client would choose */

typedef struct ClientSetup {
	const Habit *habit;
	int security;            /* 0, 1, 2 or CLIENT_SECURITY_AUTO */
	const char *user;        /* security 2 */
	const char *pop;         /* proof of possession: password of security 2 */
	const char *leave_after; /* hang up after this step; NULL never */
	const uint8_t *bssid;    /* sent with every name; NULL: none */
	bool lists_networks;
	double time_scale; /* of all waiting times */
} ClientSetup;

typedef struct Client Client;

/* client_new() - @link, @link_data, @report (may be NULL) and all of @setup are borrowed for the
 * life of the client */
Client *client_new(const ClientSetup *setup, const ClientLink *link, void *link_data,
		   Report *report);

/* client_free() - hang up without a word; wipes the keys */
void client_free(Client *client);

/* client_is_step() - whether a name is one --walk-away-after knows */
bool client_is_step(const char *name);

/* client_connect() - link up, version known
 * Errors, as for all below: whatever the link reports, PHONE_ERROR_LEFT after leave_after;
 * here also PHONE_ERROR_PROTOCOL */
bool client_connect(Client *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_secure() - open a session
 * @pop: overrides the one of the setup; NULL does not
 * Errors: PHONE_ERROR_REFUSED, PHONE_ERROR_IMPOSTOR, PHONE_ERROR_PROTOCOL */
bool client_secure(Client *client, const char *pop, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_again() - get ready for another client_secure() after a refusal, as the habit has it */
bool client_again(Client *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_scan() - have the device look for networks
 * Errors: PHONE_ERROR_EMPTY, PHONE_ERROR_STATUS, PHONE_ERROR_PROTOCOL */
bool client_scan(Client *client, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_networks() - what it saw; borrowed array of MessageNetwork, in its order */
const GArray *client_networks(const Client *client);

/* client_join() - hand over credentials and wait for the outcome
 * @passphrase: NULL or "" for an open network
 * Errors: PHONE_ERROR_PASSWORD, PHONE_ERROR_NO_NETWORK, PHONE_ERROR_JOIN, PHONE_ERROR_STATUS,
 * PHONE_ERROR_PROTOCOL */
bool client_join(Client *client, const char *ssid, const char *passphrase,
		 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_control() - reset or reprov. Errors: PHONE_ERROR_STATUS, PHONE_ERROR_PROTOCOL */
bool client_control(Client *client, MessageControl control,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_exchange() - one request on the open session, for scripts and tests
 * @out: the decrypted answer, appended */
bool client_exchange(Client *client, const char *endpoint, const GByteArray *clear, GByteArray *out,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* client_security() - the open session, to seal by hand; NULL before; borrowed */
Security *client_security(Client *client);

/* client_progress() - the last progress report; all zero before; borrowed */
const MessageProgress *client_progress(const Client *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)
