/* SPDX-License-Identifier: MIT */
#include "provisioner/core/provisioner.h"

#include "provisioner/core/landfall-store.h"
#include "provisioner/core/proto-ver.h"
#include "provisioner/core/prov-config.h"
#include "provisioner/core/prov-ctrl.h"
#include "provisioner/core/prov-scan.h"
#include "provisioner/core/security0.h"
#include "provisioner/core/security1.h"
#include "provisioner/core/security2.h"
#include "provisioner/core/session.h"
#include "provisioner/core/wire.h"

/* The one request whose reply is still due. */
typedef struct Pending {
	ProvisionerDone done; /* NULL: none */
	void *data;
} Pending;

struct Provisioner {
	const ProvisionerPorts *ports;
	GBytes *version;
	Session *session;
	ProvScan *scan;
	ProvConfig *config;
	LandfallStore *store;
	LandfallStatus *status;
	Pending pending;
	bool started;
	bool done;
	Lockout lockout;
	LockoutState shown_lockout;
	uint32_t shown_wrong;
	GBytes *guess;        /* a proof, not looked at before its count is kept; or NULL */
	uint32_t kept;        /* what keep() was told last */
	unsigned int keeping; /* calls of keep() without their provisioner_on_kept() */
	char *peer;           /* NULL: nobody */
	int64_t heard_us;     /* when the peer last did something */
	int64_t proved_us;    /* when its session was last seen open, or it entered */
	bool hung_up;         /* its link is being ended */
	char *awaited;        /* a peer that had proved itself and may come back; NULL: none */
	int64_t awaited_us;   /* until then nobody else may enter; INT64_MAX: none */
	Farewell farewell;
	ProvisionerState state; /* as last shown by changed() */
	const char *shown_failure;
	bool peer_changed;
};

/* What serves an endpoint that wants an open session; the clear request in, the clear reply out. */
typedef ProvAnswer (*EndpointHandler)(Provisioner *provisioner, const Secret *in, int64_t now_us,
				      GByteArray *out, GError **error);

static const char *const state_names[] = {
	[PROVISIONER_IDLE] = "idle",       [PROVISIONER_READY] = "ready",
	[PROVISIONER_PEER] = "peer",       [PROVISIONER_SECURED] = "secured",
	[PROVISIONER_JOINING] = "joining", [PROVISIONER_FAILED] = "failed",
	[PROVISIONER_JOINED] = "joined",   [PROVISIONER_DONE] = "done",
};

G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == PROVISIONER_DONE + 1);

const char *provisioner_state_name(ProvisionerState state)
{
	g_return_val_if_fail((size_t)state < G_N_ELEMENTS(state_names), NULL);
	return state_names[state];
}

/*
 * The port as prov-config sees it: cancelling a join takes a scan with it, and the scan must know.
 */
static bool relay_scan(void *data, GError **error)
{
	Provisioner *provisioner = data;

	return provisioner->ports->wifi->scan(provisioner->ports->wifi_data, error);
}

/* A network that asks for certificates, and a phone that gave no passphrase. */
static bool wants_enterprise(const Provisioner *provisioner, const WifiCredentials *credentials)
{
	const WifiNetwork *network =
		prov_scan_find(provisioner->scan, credentials->ssid, credentials->ssid_len);

	return !credentials->passphrase && network && network->auth == WIFI_AUTH_ENTERPRISE;
}

static bool relay_join(void *data, const WifiCredentials *credentials, GError **error)
{
	Provisioner *provisioner = data;
	const ProvisionerPorts *ports = provisioner->ports;
	g_autoptr(WifiEnterprise) enterprise = NULL;
	WifiCredentials whole = *credentials;

	if (ports->store && wants_enterprise(provisioner, credentials)) {
		enterprise = ports->store->enterprise(ports->store_data, error);
		if (!enterprise)
			return false;
		whole.enterprise = enterprise;
	}
	return ports->wifi->join(ports->wifi_data, &whole, error);
}

static void relay_cancel(void *data)
{
	Provisioner *provisioner = data;

	provisioner->ports->wifi->cancel(provisioner->ports->wifi_data);
	prov_scan_cancelled(provisioner->scan);
}

static void relay_forget(void *data)
{
	Provisioner *provisioner = data;

	provisioner->ports->wifi->forget(provisioner->ports->wifi_data);
}

static const WifiPort relay_port = {
	.name = "relay",
	.scan = relay_scan,
	.join = relay_join,
	.cancel = relay_cancel,
	.forget = relay_forget,
};

bool provisioner_speaks(int version)
{
	return version == 1 || version == 2 || (version == 0 && security0_ops());
}

static Session *secured_session_new(const ProvisionerSecurity *security,
				    const ProvisionerPorts *ports, GError **error)
{
	void *scheme;

	if (!provisioner_speaks(security->version)) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "security %d is not spoken by this build", security->version);
		return NULL;
	}
	if (security->version == 0)
		return session_new(security0_ops(), NULL);
	if (security->version == 1) {
		scheme = security1_new(security->pop, ports->random, ports->data, error);
		return scheme ? session_new(&security1_ops, scheme) : NULL;
	}
	if (!security->salt || !security->verifier) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "security 2 needs a salt and a verifier");
		return NULL;
	}
	scheme = security2_new(security->salt, security->verifier, ports->random, ports->data,
			       error);
	return scheme ? session_new(&security2_ops, scheme) : NULL;
}

Provisioner *provisioner_new(const ProvisionerSecurity *security, const ProvisionerPorts *ports,
			     int64_t now_us, GError **error)
{
	bool has_pop = security->version == 2 || (security->pop && secret_len(security->pop) > 0);
	g_autoptr(Session) session = secured_session_new(security, ports, error);

	if (!session)
		return NULL;

	Provisioner *provisioner = g_new0(Provisioner, 1);

	provisioner->ports = ports;
	provisioner->session = g_steal_pointer(&session);
	provisioner->version = proto_ver_new(security->version, security->version == 2, has_pop);
	provisioner->scan = prov_scan_new(ports->wifi, ports->wifi_data);
	provisioner->config = prov_config_new(&relay_port, provisioner, ports->join_us);
	lockout_init(&provisioner->lockout, security->lockout, security->wrong, now_us);
	provisioner->kept = security->wrong;
	provisioner->shown_lockout = lockout_state(&provisioner->lockout, now_us);
	provisioner->shown_wrong = provisioner->lockout.wrong;
	provisioner->awaited_us = INT64_MAX;
	provisioner->store = landfall_store_new(ports->store, ports->store_data);
	provisioner->status = landfall_status_new();
	farewell_init(&provisioner->farewell);
	provisioner->shown_failure = "";
	return provisioner;
}

/* Answer the pending request, which is over by then. */
static void pending_answer(Provisioner *provisioner, GBytes *reply, const GError *error)
{
	Pending pending = provisioner->pending;

	if (!pending.done)
		return;
	provisioner->pending = (Pending){ NULL, NULL };
	pending.done(reply, error, pending.data);
}

static void pending_fail(Provisioner *provisioner, const char *why)
{
	g_autoptr(GError) error = g_error_new_literal(PROV_ERROR, PROV_ERROR_STATE, why);

	pending_answer(provisioner, NULL, error);
}

void provisioner_free(Provisioner *provisioner)
{
	if (!provisioner)
		return;
	pending_fail(provisioner, "the service is going away");
	session_free(provisioner->session);
	prov_scan_free(provisioner->scan);
	prov_config_free(provisioner->config);
	landfall_store_free(provisioner->store);
	landfall_status_free(provisioner->status);
	g_bytes_unref(provisioner->version);
	g_clear_pointer(&provisioner->guess, g_bytes_unref);
	g_free(provisioner->peer);
	g_free(provisioner->awaited);
	g_free(provisioner);
}

static ProvisionerState state_find(const Provisioner *provisioner)
{
	if (!provisioner->started)
		return PROVISIONER_IDLE;
	if (provisioner->done)
		return PROVISIONER_DONE;
	switch (prov_config_phase(provisioner->config)) {
	case PROV_CONFIG_DELAY:
	case PROV_CONFIG_JOINING: return PROVISIONER_JOINING;
	case PROV_CONFIG_FAILED: return PROVISIONER_FAILED;
	case PROV_CONFIG_JOINED: return PROVISIONER_JOINED;
	case PROV_CONFIG_NONE: break;
	}
	if (session_is_open(provisioner->session))
		return PROVISIONER_SECURED;
	return provisioner->peer ? PROVISIONER_PEER : PROVISIONER_READY;
}

static void keep(Provisioner *provisioner, uint32_t wrong)
{
	if (!provisioner->ports->keep || wrong == provisioner->kept)
		return;
	provisioner->kept = wrong;
	provisioner->keeping++;
	provisioner->ports->keep(provisioner->ports->data, wrong);
}

/* A proof nobody looks at any more stays counted. */
static void guess_drop(Provisioner *provisioner, int64_t now_us)
{
	if (!provisioner->guess)
		return;
	g_clear_pointer(&provisioner->guess, g_bytes_unref);
	lockout_count(&provisioner->lockout, true, now_us);
	keep(provisioner, provisioner->lockout.wrong);
}

static int64_t stop_us(const Provisioner *provisioner)
{
	return farewell_stop_us(&provisioner->farewell, provisioner->peer != NULL);
}

/* Is the lockout another than was shown? */
static bool lockout_note(Provisioner *provisioner, int64_t now_us)
{
	LockoutState state = lockout_state(&provisioner->lockout, now_us);
	uint32_t wrong = provisioner->lockout.wrong;
	bool differs = state != provisioner->shown_lockout || wrong != provisioner->shown_wrong;

	provisioner->shown_lockout = state;
	provisioner->shown_wrong = wrong;
	return differs;
}

/* The end of every call: what became due, what became different. */
static void provisioner_settle(Provisioner *provisioner, int64_t now_us)
{
	farewell_update(&provisioner->farewell,
			prov_config_phase(provisioner->config) == PROV_CONFIG_JOINED,
			prov_config_was_visited(provisioner->config),
			prov_config_was_told(provisioner->config), now_us);
	if (session_is_open(provisioner->session))
		provisioner->proved_us = now_us;

	ProvisionerState state = state_find(provisioner);
	const char *failure = prov_config_failure(provisioner->config);

	if (!lockout_note(provisioner, now_us) && state == provisioner->state &&
	    g_str_equal(failure, provisioner->shown_failure) && !provisioner->peer_changed)
		return;
	if (state != provisioner->state)
		g_debug("provisioner: %s -> %s", state_names[provisioner->state],
			state_names[state]);
	provisioner->state = state;
	provisioner->shown_failure = failure;
	provisioner->peer_changed = false;
	if (provisioner->ports->changed)
		provisioner->ports->changed(provisioner->ports->data);
}

static void peer_set(Provisioner *provisioner, const char *peer, int64_t now_us)
{
	pending_fail(provisioner, "the link is gone");
	guess_drop(provisioner, now_us);
	prov_scan_abandon(provisioner->scan);
	session_reset(provisioner->session);
	g_free(provisioner->peer);
	provisioner->peer = g_strdup(peer);
	provisioner->heard_us = now_us;
	provisioner->proved_us = now_us;
	provisioner->hung_up = false;
	provisioner->peer_changed = true;
}

/* For a while the service is kept for @peer, NULL for nobody. */
static void await_set(Provisioner *provisioner, const char *peer, int64_t now_us)
{
	g_free(provisioner->awaited);
	provisioner->awaited = g_strdup(peer);
	provisioner->awaited_us = peer ? now_us + PROVISIONER_GRACE_US : INT64_MAX;
}

/* Give up whatever the back end is doing. */
static void wifi_cancel(Provisioner *provisioner)
{
	if (prov_scan_is_running(provisioner->scan) ||
	    prov_config_phase(provisioner->config) == PROV_CONFIG_JOINING)
		provisioner->ports->wifi->cancel(provisioner->ports->wifi_data);
	prov_scan_cancelled(provisioner->scan);
	prov_config_clear(provisioner->config);
}

/* Everything of the service that was. */
static void service_clear(Provisioner *provisioner, int64_t now_us)
{
	wifi_cancel(provisioner);
	landfall_store_clear(provisioner->store);
	landfall_status_clear(provisioner->status);
	farewell_init(&provisioner->farewell);
	if (provisioner->peer)
		peer_set(provisioner, NULL, now_us);
	await_set(provisioner, NULL, now_us);
}

void provisioner_start(Provisioner *provisioner, int64_t now_us)
{
	if (provisioner->started && !provisioner->done)
		return;
	service_clear(provisioner, now_us);
	provisioner->started = true;
	provisioner->done = false;
	provisioner_settle(provisioner, now_us);
}

void provisioner_stop(Provisioner *provisioner, int64_t now_us)
{
	if (!provisioner->started)
		return;
	service_clear(provisioner, now_us);
	provisioner->started = false;
	provisioner->done = false;
	provisioner_settle(provisioner, now_us);
}

/* Has whoever holds the service had its time? */
static bool peer_is_stale(const Provisioner *provisioner, int64_t now_us)
{
	return now_us - provisioner->heard_us >= PROVISIONER_SILENT_US ||
	       (!session_is_open(provisioner->session) &&
		now_us - provisioner->proved_us >= PROVISIONER_UNPROVED_US);
}

/* May @peer take the service from whoever has it, or had it a moment ago? */
static bool peer_may_enter(const Provisioner *provisioner, const char *peer, int64_t now_us)
{
	if (provisioner->awaited && !g_str_equal(provisioner->awaited, peer))
		return false;
	return !provisioner->peer || g_str_equal(provisioner->peer, peer) ||
	       peer_is_stale(provisioner, now_us);
}

void provisioner_peer_connected(Provisioner *provisioner, const char *peer, int64_t now_us)
{
	if (!provisioner->started || !peer_may_enter(provisioner, peer, now_us))
		return;
	await_set(provisioner, NULL, now_us);
	peer_set(provisioner, peer, now_us);
	farewell_enter(&provisioner->farewell, now_us);
	provisioner_settle(provisioner, now_us);
}

void provisioner_peer_gone(Provisioner *provisioner, const char *peer, int64_t now_us)
{
	if (!provisioner->peer || !g_str_equal(provisioner->peer, peer))
		return;

	bool proved = session_is_open(provisioner->session);

	if (proved)
		await_set(provisioner, peer, now_us);
	peer_set(provisioner, NULL, now_us);
	farewell_leave(&provisioner->farewell, proved, now_us);
	provisioner_settle(provisioner, now_us);
}

/* Seal the clear reply of a handler, or pass its failure on. */
static void answer_sealed(Provisioner *provisioner, bool ok, GByteArray *clear, GError *failure)
{
	g_autoptr(GError) error = failure;
	g_autoptr(GBytes) reply = NULL;

	if (ok)
		reply = session_encrypt(provisioner->session, clear, &error);
	pending_answer(provisioner, reply, error);
}

/* A deferred reply may have become due. */
static void answer_deferred(Provisioner *provisioner)
{
	g_autoptr(GByteArray) clear = g_byte_array_new();
	GError *failure = NULL;

	if (!provisioner->pending.done)
		return;

	ProvAnswer answer = prov_scan_take_reply(provisioner->scan, clear, &failure);

	if (answer != PROV_ANSWER_DEFERRED)
		answer_sealed(provisioner, answer == PROV_ANSWER_READY, clear, failure);
}

static ProvAnswer on_scan(Provisioner *provisioner, const Secret *in, int64_t now_us,
			  GByteArray *out, GError **error)
{
	return prov_scan_handle(provisioner->scan, in, prov_config_is_joining(provisioner->config),
				now_us, out, error);
}

static ProvAnswer on_config(Provisioner *provisioner, const Secret *in, int64_t now_us,
			    GByteArray *out, GError **error)
{
	return prov_config_handle(provisioner->config, in, now_us, out, error) ? PROV_ANSWER_READY
									       : PROV_ANSWER_FAILED;
}

static ProvAnswer on_ctrl(Provisioner *provisioner, const Secret *in, int64_t now_us,
			  GByteArray *out, GError **error)
{
	return prov_ctrl_handle(provisioner->config, in, out, error) ? PROV_ANSWER_READY
								     : PROV_ANSWER_FAILED;
}

static ProvAnswer on_store(Provisioner *provisioner, const Secret *in, int64_t now_us,
			   GByteArray *out, GError **error)
{
	farewell_follow(&provisioner->farewell, false, now_us);
	return landfall_store_handle(provisioner->store, in, out, error) ? PROV_ANSWER_READY
									 : PROV_ANSWER_FAILED;
}

static ProvAnswer on_status(Provisioner *provisioner, const Secret *in, int64_t now_us,
			    GByteArray *out, GError **error)
{
	const ProvisionerPorts *ports = provisioner->ports;
	StatusInput input = {
		.config = provisioner->config,
		.online = ports->online && ports->online(ports->data),
		.generation = ports->store ? ports->store->generation(ports->store_data) : 0,
		.now_us = now_us,
	};

	if (ports->ask_agent)
		ports->ask_agent(ports->data);

	bool answered = landfall_status_handle(provisioner->status, in, &input, out, error);

	farewell_follow(&provisioner->farewell,
			answered && landfall_status_told_all(provisioner->status), now_us);
	return answered ? PROV_ANSWER_READY : PROV_ANSWER_FAILED;
}

static const EndpointHandler handlers[ENDPOINT_N] = {
	[ENDPOINT_PROV_CTRL] = on_ctrl,         [ENDPOINT_PROV_SCAN] = on_scan,
	[ENDPOINT_PROV_CONFIG] = on_config,     [ENDPOINT_LANDFALL_STORE] = on_store,
	[ENDPOINT_LANDFALL_STATUS] = on_status,
};

/* A session is open, maybe of a phone that was not there when the device got its address. */
static void session_opened(Provisioner *provisioner, int64_t now_us)
{
	prov_config_visit(provisioner->config);
	farewell_prove(&provisioner->farewell, now_us);
	if (provisioner->ports->opened)
		provisioner->ports->opened(provisioner->ports->data);
}

/* Decrypt, handle, encrypt: a handler that fails leaves the cipher where decryption left it. */
static void request_secured(Provisioner *provisioner, EndpointId endpoint, GBytes *in,
			    int64_t now_us)
{
	bool opened = session_open_unasked(provisioner->session);
	GError *failure = NULL;
	g_autoptr(GByteArray) clear = g_byte_array_new();
	g_autoptr(Secret) request = session_decrypt(provisioner->session, in, &failure);
	ProvAnswer answer = PROV_ANSWER_FAILED;

	if (opened)
		session_opened(provisioner, now_us);
	if (request)
		answer = handlers[endpoint](provisioner, request, now_us, clear, &failure);
	if (answer != PROV_ANSWER_DEFERRED)
		answer_sealed(provisioner, answer == PROV_ANSWER_READY, clear, failure);
}

/* Go on with a handshake message. */
static void session_take(Provisioner *provisioner, GBytes *in, int64_t now_us, GByteArray *out,
			 GError **error)
{
	if (session_step(provisioner->session, in, out, error) &&
	    session_is_open(provisioner->session))
		session_opened(provisioner, now_us);
}

/* A proof, once it is counted as wrong: only a right one takes that back, and all before it. */
static void guess_take(Provisioner *provisioner, GBytes *in, bool kept, int64_t now_us)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GBytes) reply = NULL;

	session_take(provisioner, in, now_us, out, &error);
	if (g_error_matches(error, PROV_ERROR, PROV_ERROR_AUTH))
		lockout_count(&provisioner->lockout, kept, now_us);
	else if (!error)
		lockout_clear(&provisioner->lockout);
	keep(provisioner, provisioner->lockout.wrong);
	if (!error)
		reply = g_byte_array_free_to_bytes(g_steal_pointer(&out));
	pending_answer(provisioner, reply, error);
}

static void guess_begin(Provisioner *provisioner, GBytes *in, int64_t now_us)
{
	keep(provisioner, provisioner->lockout.wrong + 1);
	if (provisioner->keeping > 0)
		provisioner->guess = g_bytes_ref(in);
	else
		guess_take(provisioner, in, true, now_us);
}

static void request_session(Provisioner *provisioner, GBytes *in, int64_t now_us)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GBytes) reply = NULL;

	if (lockout_admits(&provisioner->lockout, now_us, &error)) {
		if (session_is_guess(provisioner->session, in)) {
			guess_begin(provisioner, in, now_us);
			return;
		}
		session_take(provisioner, in, now_us, out, &error);
	}
	if (!error)
		reply = g_byte_array_free_to_bytes(g_steal_pointer(&out));
	pending_answer(provisioner, reply, error);
}

/* Is this a request we may look at? */
static bool request_holds(const Provisioner *provisioner, const char *peer, EndpointId endpoint,
			  GBytes *in, GError **error)
{
	if ((size_t)endpoint >= ENDPOINT_N || g_bytes_get_size(in) > WIRE_MAX) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "request of %zu octets to endpoint %d; %d are allowed",
			    g_bytes_get_size(in), (int)endpoint, WIRE_MAX);
		return false;
	}
	if (!provisioner->started || provisioner->done) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_STATE, "the service is not running");
		return false;
	}
	if (!provisioner->peer || !g_str_equal(provisioner->peer, peer)) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_BUSY, "another peer holds the service");
		return false;
	}
	if (provisioner->pending.done) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_BUSY, "a reply is still due");
		return false;
	}
	return true;
}

void provisioner_request(Provisioner *provisioner, const char *peer, EndpointId endpoint,
			 GBytes *in, int64_t now_us, ProvisionerDone done, void *data)
{
	g_autoptr(GError) error = NULL;

	if (!provisioner->peer || !g_str_equal(provisioner->peer, peer))
		provisioner_peer_connected(provisioner, peer, now_us);
	if (!request_holds(provisioner, peer, endpoint, in, &error)) {
		done(NULL, error, data);
		return;
	}
	provisioner->pending = (Pending){ done, data };
	provisioner->heard_us = now_us;
	if (endpoint == ENDPOINT_PROTO_VER)
		pending_answer(provisioner, provisioner->version, NULL);
	else if (endpoint == ENDPOINT_PROV_SESSION)
		request_session(provisioner, in, now_us);
	else
		request_secured(provisioner, endpoint, in, now_us);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_scan(Provisioner *provisioner, const WifiNetwork *networks, size_t n_networks,
			 const GError *error, int64_t now_us)
{
	prov_scan_on_result(provisioner->scan, networks, n_networks, error, now_us);
	answer_deferred(provisioner);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_joined(Provisioner *provisioner, const WifiLink *link, int64_t now_us)
{
	prov_config_on_joined(provisioner->config, link);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_join_failed(Provisioner *provisioner, WifiFailure failure, int64_t now_us)
{
	prov_config_on_failed(provisioner->config, failure);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_kept(Provisioner *provisioner, bool ok, int64_t now_us)
{
	if (provisioner->keeping > 0)
		provisioner->keeping--;
	if (!ok)
		provisioner->kept = LOCKOUT_UNKNOWN; /* whatever comes next is written */
	if (provisioner->keeping > 0 || !provisioner->guess)
		return;

	g_autoptr(GBytes) guess = g_steal_pointer(&provisioner->guess);

	guess_take(provisioner, guess, ok, now_us);
	provisioner_settle(provisioner, now_us);
}

void provisioner_unlock(Provisioner *provisioner, int64_t now_us)
{
	lockout_clear(&provisioner->lockout);
	keep(provisioner, 0);
	provisioner_settle(provisioner, now_us);
}

const Lockout *provisioner_lockout(const Provisioner *provisioner)
{
	return &provisioner->lockout;
}

void provisioner_on_committed(Provisioner *provisioner, const GError *error, int64_t now_us)
{
	landfall_store_on_committed(provisioner->store, error);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_request(Provisioner *provisioner, GBytes *request, const GError *error,
			    int64_t now_us)
{
	landfall_store_on_request(provisioner->store, request, error);
	provisioner_settle(provisioner, now_us);
}

void provisioner_on_agent(Provisioner *provisioner, const AgentReport *report, int64_t now_us)
{
	landfall_status_on_agent(provisioner->status, report, now_us);
	provisioner_settle(provisioner, now_us);
}

/* When the link of the peer is ended; INT64_MAX: there is none, or it was */
static int64_t hang_up_us(const Provisioner *provisioner)
{
	if (!provisioner->peer || provisioner->hung_up || provisioner->done ||
	    !provisioner->ports->hang_up)
		return INT64_MAX;
	return PROVISIONER_HANG_UP_US + (session_is_open(provisioner->session)
						 ? provisioner->heard_us
						 : provisioner->proved_us);
}

int64_t provisioner_deadline_us(const Provisioner *provisioner)
{
	int64_t deadline_us = provisioner->done ? INT64_MAX : stop_us(provisioner);

	if (provisioner->shown_lockout == LOCKOUT_WAITING)
		deadline_us = MIN(deadline_us, provisioner->lockout.until_us);
	deadline_us = MIN(deadline_us, provisioner->awaited_us);
	deadline_us = MIN(deadline_us, hang_up_us(provisioner));
	deadline_us = MIN(deadline_us, prov_scan_deadline_us(provisioner->scan));
	return MIN(deadline_us, prov_config_deadline_us(provisioner->config));
}

void provisioner_expire(Provisioner *provisioner, int64_t now_us)
{
	if (now_us < provisioner_deadline_us(provisioner))
		return;
	prov_config_expire(provisioner->config, now_us);
	prov_scan_expire(provisioner->scan, prov_config_is_joining(provisioner->config), now_us);
	answer_deferred(provisioner);
	if (now_us >= provisioner->awaited_us)
		await_set(provisioner, NULL, now_us);
	if (now_us >= hang_up_us(provisioner)) {
		provisioner->hung_up = true;
		provisioner->ports->hang_up(provisioner->ports->data, provisioner->peer);
	}
	if (now_us >= stop_us(provisioner))
		provisioner->done = true;
	provisioner_settle(provisioner, now_us);
}

ProvisionerState provisioner_state(const Provisioner *provisioner)
{
	return state_find(provisioner);
}

const char *provisioner_peer(const Provisioner *provisioner)
{
	return provisioner->peer ? provisioner->peer : "";
}

bool provisioner_is_proved(const Provisioner *provisioner)
{
	return session_is_open(provisioner->session);
}

const char *provisioner_awaited(const Provisioner *provisioner)
{
	return provisioner->awaited ? provisioner->awaited : "";
}

const WifiLink *provisioner_link(const Provisioner *provisioner)
{
	return prov_config_link(provisioner->config);
}

const char *provisioner_failure(const Provisioner *provisioner)
{
	return prov_config_failure(provisioner->config);
}
