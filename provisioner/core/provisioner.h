/* SPDX-License-Identifier: MIT */
/*
 * provisioner - one provisioning service: endpoints in, Wi-Fi out
 *
 *   GATT write ─▶ provisioner_request() ─▶ session (decrypt) ─▶ endpoint ─▶ WifiPort
 *   GATT read  ◀─ reply               ◀─ session (encrypt) ◀─ endpoint ◀─ provisioner_on_*()
 *
 * Knows no loop, bus, file, socket or clock: time is an argument, randomness a function, Wi-Fi a
 * port. The adapter keeps one timer, set to provisioner_deadline_us() after every call.
 *
 * States, as shown on the bus:
 *
 *   IDLE      not started, or stopped
 *   READY     advertised, nobody connected
 *   PEER      a phone is connected
 *   SECURED   its session is open
 *   JOINING   credentials were applied, the back end is at work
 *   FAILED    the last attempt failed; new credentials are welcome
 *   JOINED    the device has an address, the phone was not told yet
 *   DONE      the phone has read Connected, or its time to do so is over: stop the service
 */
#pragma once

#include "provisioner/core/farewell.h"
#include "provisioner/core/landfall-status.h"
#include "provisioner/core/lockout.h"
#include "provisioner/core/prov-error.h"
#include "provisioner/core/store-port.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROVISIONER_SILENT_US (60 * G_USEC_PER_SEC) /* a peer silent so long may be replaced */

/* And one that has not proved itself, however much it says: a stranger could shut others out. */
#define PROVISIONER_UNPROVED_US (60 * G_USEC_PER_SEC)

/* After which a peer's link is ended when it says nothing, or has not proved itself: while one is
 * up some controllers do not advertise, and nobody else could ask for its place. Long enough for
 * who has to look for the label. */
#define PROVISIONER_HANG_UP_US (5 * 60 * G_USEC_PER_SEC)

/* How long the service is kept for a phone that had proved itself and dropped. Phones give up a
 * dead link after 6 seconds at most and connect again in 1 or 2; nobody else waits longer than it
 * takes to try again. Who has not proved itself is not waited for: a stranger could shut others
 * out. */
#define PROVISIONER_GRACE_US (10 * G_USEC_PER_SEC)

typedef enum ProvisionerState {
	PROVISIONER_IDLE,
	PROVISIONER_READY,
	PROVISIONER_PEER,
	PROVISIONER_SECURED,
	PROVISIONER_JOINING,
	PROVISIONER_FAILED,
	PROVISIONER_JOINED,
	PROVISIONER_DONE,
} ProvisionerState;

/* The standard endpoints and the two of ours, in the order of their characteristics. */
typedef enum EndpointId {
	ENDPOINT_PROV_CTRL,
	ENDPOINT_PROV_SCAN,
	ENDPOINT_PROV_SESSION,
	ENDPOINT_PROV_CONFIG,
	ENDPOINT_PROTO_VER,
	ENDPOINT_LANDFALL_STORE,
	ENDPOINT_LANDFALL_STATUS,
	ENDPOINT_N,
} EndpointId;

/* endpoint_name() - the 0x2901 text, "prov-ctrl" ...; static */
const char *endpoint_name(EndpointId id);

/* endpoint_uuid16() - the 16-bit id that goes into the service UUID, 0xff4f ... */
uint16_t endpoint_uuid16(EndpointId id);

/* How sessions are secured. */
typedef struct ProvisionerSecurity {
	int version;      /* 0, 1 or 2, as provisioner_speaks() */
	Secret *pop;      /* security 1: the proof of possession; NULL: none is asked for */
	GBytes *salt;     /* security 2: 1 octet or more, the first not 0 */
	GBytes *verifier; /* security 2: g^x mod N, shortest form */
	uint32_t lockout; /* wrong proofs in a row until the service is locked; 0: never */
	uint32_t wrong;   /* in a row so far, as keep() was told last; or LOCKOUT_UNKNOWN */
} ProvisionerSecurity;

/* What the core needs from outside. Borrowed for the life of the provisioner. */
typedef struct ProvisionerPorts {
	const WifiPort *wifi;
	void *wifi_data;

	/* random() - fill @out with @len octets fit for keys; false fails the request */
	ProvRandom random;

	/* keep() - write down how many proofs in a row were wrong, so that it survives a power cut.
	 * provisioner_on_kept() follows for each call, in their order and after this has returned.
	 * A proof is counted as wrong before it is looked at. May be NULL */
	void (*keep)(void *data, uint32_t wrong);

	/* changed() - state, peer, failure or lockout is not what it was; read the accessors. Last
	 * thing a call does, so it may call back, but not free. May be NULL */
	void (*changed)(void *data);

	/* opened() - a session was opened, be it the next of one phone. Must not call back. May be
	 * NULL */
	void (*opened)(void *data);

	/* hang_up() - end the link of @peer; provisioner_peer_gone() follows when it is down. Must
	 * not call back. May be NULL */
	void (*hang_up)(void *data, const char *peer);

	void *data; /* for random, keep, changed, opened and hang_up */

	/* How long to wait for the outcome of a join, in case the back end never tells;
	 * 0: PROV_CONFIG_JOIN_US */
	int64_t join_us;

	/* The device's identity; NULL: landfall-store refuses everything */
	const StorePort *store;
	void *store_data;

	/* ask_agent() - find out how the agent stands; ends in provisioner_on_agent(), at once or
	 * later, or not at all. Called as often as a phone asks. May be NULL */
	void (*ask_agent)(void *data);

	/* online() - the interface has an address, whoever gave it. May be NULL: not known */
	bool (*online)(void *data);
} ProvisionerPorts;

typedef struct Provisioner Provisioner;

/* provisioner_speaks() - is this version of security built in? 1 and 2 always are */
bool provisioner_speaks(int version);

/* ProvisionerDone - the one answer to one request, during provisioner_request() or later
 * @reply: borrowed octets for the peer to read, or NULL
 * @error: PROV_ERROR when @reply is NULL */
typedef void (*ProvisionerDone)(GBytes *reply, const GError *error, void *data);

/* provisioner_new() - a service in IDLE; a wait for wrong proofs begins now
 * @security: borrowed, copied
 * @ports: borrowed, kept: outlives the provisioner
 * Errors: PROV_ERROR_VALUE when @security cannot work (not built in, no verifier, leading zero in
 * the salt) */
Provisioner *provisioner_new(const ProvisionerSecurity *security, const ProvisionerPorts *ports,
			     int64_t now_us, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* provisioner_free() - drop everything; a reply still due is answered with an error first */
void provisioner_free(Provisioner *provisioner);

/* provisioner_start() - accept peers (IDLE or DONE -> READY); nothing when already started */
void provisioner_start(Provisioner *provisioner, int64_t now_us);

/* provisioner_stop() - back to IDLE: sessions wiped, scan and join given up */
void provisioner_stop(Provisioner *provisioner, int64_t now_us);

/* provisioner_peer_connected() - a link has come up: call it once per link, a session of the same
 * peer is dropped. Nothing while another peer holds the service, was heard within
 * PROVISIONER_SILENT_US and has proved itself or has PROVISIONER_UNPROVED_US for it; or had proved
 * itself and dropped less than PROVISIONER_GRACE_US ago
 * @peer: what names it, the BlueZ device path; copied */
void provisioner_peer_connected(Provisioner *provisioner, const char *peer, int64_t now_us);

/* provisioner_peer_gone() - the link is down: session wiped; Wi-Fi state, scan results and
 * credentials stay. Nothing when @peer is not the one connected */
void provisioner_peer_gone(Provisioner *provisioner, const char *peer, int64_t now_us);

/* provisioner_request() - what a peer wrote to an endpoint
 * @peer: implies provisioner_peer_connected() when it is not the one connected
 * @in: borrowed, 0..512 octets
 * @done: called exactly once, now or later; must not call back into the provisioner
 * Errors: PROV_ERROR, see there; none says anything about the octets of the peer */
void provisioner_request(Provisioner *provisioner, const char *peer, EndpointId endpoint,
			 GBytes *in, int64_t now_us, ProvisionerDone done, void *data);

/* provisioner_on_scan() - the scan is over
 * @networks: borrowed, any order, doubles allowed; NULL with @error set when it failed */
void provisioner_on_scan(Provisioner *provisioner, const WifiNetwork *networks, size_t n_networks,
			 const GError *error, int64_t now_us);

/* provisioner_on_joined() - the join succeeded: there is an address */
void provisioner_on_joined(Provisioner *provisioner, const WifiLink *link, int64_t now_us);

/* provisioner_on_join_failed() - the join failed for good */
void provisioner_on_join_failed(Provisioner *provisioner, WifiFailure failure, int64_t now_us);

/* provisioner_on_kept() - a count of keep() is written down, @ok says whether; it must not call
 * back into keep() */
void provisioner_on_kept(Provisioner *provisioner, bool ok, int64_t now_us);

/* provisioner_unlock() - somebody in charge of the device ends the row of wrong proofs, and with it
 * a wait or a lock; an open session goes on */
void provisioner_unlock(Provisioner *provisioner, int64_t now_us);

/* provisioner_on_committed() - the store has taken what it was given, or has not
 * @error: STORE_FAULT, or NULL; borrowed */
void provisioner_on_committed(Provisioner *provisioner, const GError *error, int64_t now_us);

/* provisioner_on_request() - the store has made a request for a certificate, or has not
 * @request: PEM, borrowed; NULL with @error (STORE_FAULT) set */
void provisioner_on_request(Provisioner *provisioner, GBytes *request, const GError *error,
			    int64_t now_us);

/* provisioner_on_agent() - what the agent says of itself; borrowed */
void provisioner_on_agent(Provisioner *provisioner, const AgentReport *report, int64_t now_us);

/* provisioner_deadline_us() - when provisioner_expire() wants to be called; INT64_MAX: never */
int64_t provisioner_deadline_us(const Provisioner *provisioner);

/* provisioner_expire() - time has passed; does nothing before the deadline */
void provisioner_expire(Provisioner *provisioner, int64_t now_us);

/* provisioner_lockout() - what wrong proofs have led to; borrowed */
const Lockout *provisioner_lockout(const Provisioner *provisioner);

/* Accessors, valid until the next call. */
ProvisionerState provisioner_state(const Provisioner *provisioner);
const char *provisioner_peer(const Provisioner *provisioner);    /* "" when nobody is there */
bool provisioner_is_proved(const Provisioner *provisioner);      /* that one; its session is open */
const char *provisioner_awaited(const Provisioner *provisioner); /* may come back; or "" */
const WifiLink *provisioner_link(const Provisioner *provisioner); /* NULL before JOINED */
const char *provisioner_failure(const Provisioner *provisioner);  /* "" or e.g. "auth-error" */

/* provisioner_state_name() - "idle", "ready" ...: as on the bus and in the log */
const char *provisioner_state_name(ProvisionerState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Provisioner, provisioner_free)
