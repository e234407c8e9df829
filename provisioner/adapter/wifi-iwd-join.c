/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-join.h"

#include "common/printable.h"
#include "provisioner/adapter/disk-sync.h"
#include "provisioner/adapter/wifi-backend.h"
#include "provisioner/adapter/wifi-iwd-agent.h"
#include "provisioner/adapter/wifi-iwd-map.h"
#include "provisioner/adapter/wifi-iwd-scan.h"
#include "provisioner/adapter/wifi-map.h"

#include <string.h>

#define SCAN_TIMEOUT_MS 10000
#define IP4_WAIT_MS     15000 /* once connected; after that an IPv6 address will do */
#define ADDRESS_WAIT_MS 40000 /* once connected: as long as NetworkManager gives DHCP */
#define LOST_MS         1000  /* for iwd to join by itself what it is not on, or to tell of it */
#define HIDDEN_ASKS     2     /* for a name, before nobody answers to it */

typedef enum JoinStep {
	JOIN_START,
	JOIN_AGENT,   /* iwd is told of our agent */
	JOIN_SCAN,    /* looking for the network */
	JOIN_CONNECT, /* iwd is at work on it */
	JOIN_SETTLE,  /* iwd says that it is on it, or only at work on it by itself */
	JOIN_FORGET,  /* a passphrase from before that is refused is being forgotten */
	JOIN_JUDGE,   /* refused: looking whether the network is still there */
	JOIN_ADDRESS,
	JOIN_DETAILS, /* iwd is asked what we are on */
	JOIN_SYNC,    /* what iwd has written is on its way to the disk */
	JOIN_OVER,
} JoinStep;

struct WifiIwdJoin {
	WifiIwdContext context;
	WifiIwdJoinDone done;
	void *data;
	WifiCredentials *wanted;
	WifiIwdKind kind; /* as what we join it */
	JoinStep step;
	WifiIwdAgent *agent;
	WifiIwdScan *scan;
	bool scanned;
	DiskSync *sync;
	BusCall *call;
	BusCall *connect; /* its end is awaited even when the attempt is given up */
	int connects;
	int misses;
	bool again;       /* one that failed is tried once more */
	int64_t there_us; /* of the last Connect or loss: heard since then, it is there */
	int64_t look_us;  /* when the last scan for it began */
	guint start;
	guint deadline;
	guint ip4_wait;
	guint address_wait;
	guint lost;
	bool ip6_will_do;

	char *before; /* network the station was on */
	bool here;    /* that was the one wanted, and connected */
	NetLinkAddress ip4_before;
	NetLinkAddress ip6_before;
	bool known;   /* iwd had the network before us */
	bool visible; /* iwd said that it does not hide its name */
	bool recorded;
	bool connected; /* iwd said so */
	bool gave;      /* it had asked for our passphrase when the attempt was over */
	char *error;    /* of the last Connect */
	WifiLink link;
	void (*settled)(void *data);
	void *settled_data;
};

static void join_look(WifiIwdJoin *join);
static void join_look_again(WifiIwdJoin *join);
static void join_connect(WifiIwdJoin *join);

static BusMirror *find_network(const WifiIwdJoin *join, WifiIwdKind kind)
{
	return wifi_iwd_network(&join->context, join->wanted->ssid, join->wanted->ssid_len, kind);
}

static BusMirror *find_known(const WifiIwdJoin *join)
{
	return wifi_iwd_known(join->context.peer, join->wanted->ssid, join->wanted->ssid_len,
			      join->kind);
}

/* Nothing goes on any more but a Connect that iwd was asked for. */
static void join_stop(WifiIwdJoin *join)
{
	join->step = JOIN_OVER;
	g_clear_handle_id(&join->start, g_source_remove);
	g_clear_handle_id(&join->deadline, g_source_remove);
	g_clear_handle_id(&join->ip4_wait, g_source_remove);
	g_clear_handle_id(&join->address_wait, g_source_remove);
	g_clear_handle_id(&join->lost, g_source_remove);
	g_clear_pointer(&join->scan, wifi_iwd_scan_free);
	join->gave = join->gave || (join->agent && wifi_iwd_agent_asked_us(join->agent));
	g_clear_pointer(&join->agent, wifi_iwd_agent_free);
	bus_call_cancel(join->call);
	join->call = NULL;
	disk_sync_cancel(join->sync);
	join->sync = NULL;
}

/* Report and be done; @join may be gone afterwards. */
static void join_fail(WifiIwdJoin *join, WifiFailure failure)
{
	join_stop(join);
	join->done(NULL, failure, join->data);
}

static bool record_save(WifiIwdJoin *join)
{
	g_autoptr(GError) error = NULL;

	if (wifi_record_save(join->context.record, join->context.record_path, &error))
		return true;
	g_warning("the attempt to join cannot be recorded: %s", error->message);
	return false;
}

/* ---- joined ---- */

static void on_synced(void *data)
{
	WifiIwdJoin *join = data;

	join->sync = NULL;
	if (!wifi_record_commit(join->context.record, join->wanted) || !record_save(join)) {
		/* A network that a reset would not forget is not kept. */
		wifi_record_begin(join->context.record, join->wanted, join->known);
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	join_stop(join);
	join->done(&join->link, WIFI_FAILURE_OTHER, join->data);
}

/* iwd renames a new file into place without waiting for the disk. */
static void join_commit(WifiIwdJoin *join)
{
	join->step = JOIN_SYNC;
	g_clear_handle_id(&join->deadline, g_source_remove);
	join->sync = disk_sync_start(on_synced, join);
}

static void note_details(WifiIwdJoin *join, BusReader *reader)
{
	WifiNetwork *network = &join->link.network;
	const char *key = NULL;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "ConnectedBss") == 0)
			wifi_map_mac(bus_reader_string(reader), network->bssid);
		else if (strcmp(key, "Frequency") == 0)
			network->channel = wifi_map_channel(bus_reader_u32(reader));
		else if (strcmp(key, "RSSI") == 0)
			network->rssi_dbm = wifi_iwd_map_rssi(bus_reader_i16(reader) * 100);
		else if (strcmp(key, "Security") == 0)
			network->auth =
				wifi_iwd_map_security(bus_reader_string(reader), network->auth);
	}
	bus_reader_leave(reader);
}

static void on_details(BusReply *reply, void *user_data)
{
	WifiIwdJoin *join = user_data;

	join->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (bus_reply_error(reply))
		g_info("iwd tells nothing of the connection: %s", bus_reply_error(reply)->message);
	else
		note_details(join, bus_reply_reader(reply));
	join_commit(join);
}

static void join_details(WifiIwdJoin *join)
{
	WifiNetwork *network = &join->link.network;

	join->step = JOIN_DETAILS;
	g_clear_handle_id(&join->address_wait, g_source_remove);
	memcpy(network->ssid, join->wanted->ssid, join->wanted->ssid_len);
	network->ssid_len = join->wanted->ssid_len;
	network->auth = wifi_iwd_map_auth(join->kind);
	net_link_ip4_text(&net_link_state(join->context.link)->ip4, join->link.ip4);
	join->call = bus_call_start(join->context.bus,
				    bus_message_new_call(IWD_SERVICE, join->context.device,
							 IWD_DIAGNOSTIC_IFACE, "GetDiagnostics"),
				    BUS_TIMEOUT_DEFAULT, on_details, join);
}

/* Did this network give us an address? What the one before left behind does not count. */
static bool is_proved(const WifiIwdJoin *join, const NetLinkAddress *now,
		      const NetLinkAddress *before)
{
	return join->here ? now->there : net_link_is_newer(now, before);
}

/* iwd that loses the network may be on another one by now. */
static bool is_on_it(const WifiIwdJoin *join)
{
	const BusMirror *network = find_network(join, join->kind);

	return network && wifi_iwd_is_state(&join->context, "connected") &&
	       g_strcmp0(wifi_iwd_connected(&join->context), bus_mirror_path(network)) == 0;
}

/* iwd joins it again by itself, if it is still there. */
static gboolean on_lost(gpointer data)
{
	WifiIwdJoin *join = data;

	join->lost = 0;
	join->there_us = g_get_monotonic_time();
	if (join->step == JOIN_ADDRESS && !is_on_it(join))
		join_look_again(join);
	return G_SOURCE_REMOVE;
}

static void join_check_address(WifiIwdJoin *join)
{
	const NetLinkState *now = net_link_state(join->context.link);

	if (!is_on_it(join)) {
		if (!join->lost)
			join->lost = g_timeout_add(LOST_MS, on_lost, join);
		return;
	}
	if (is_proved(join, &now->ip4, &join->ip4_before) ||
	    (join->ip6_will_do && is_proved(join, &now->ip6, &join->ip6_before)))
		join_details(join);
}

static gboolean on_ip4_wait(gpointer data)
{
	WifiIwdJoin *join = data;

	join->ip4_wait = 0;
	join->ip6_will_do = true;
	if (join->step == JOIN_ADDRESS)
		join_check_address(join);
	return G_SOURCE_REMOVE;
}

static gboolean on_address_wait(gpointer data)
{
	WifiIwdJoin *join = data;

	join->address_wait = 0;
	join_fail(join, WIFI_FAILURE_ADDRESS);
	return G_SOURCE_REMOVE;
}

static void join_connected(WifiIwdJoin *join)
{
	g_clear_handle_id(&join->lost, g_source_remove);
	join->connected = true;
	/* iwd was content with the passphrase it has: what does that say of ours? */
	if (join->known && !wifi_iwd_agent_asked_us(join->agent) &&
	    wifi_record_key(join->context.record, join->wanted) == WIFI_RECORD_KEY_OTHER) {
		g_message("the network takes the passphrase it was joined with before, so this "
			  "one is wrong");
		join_fail(join, WIFI_FAILURE_AUTH);
		return;
	}
	join->step = JOIN_ADDRESS;
	join->ip4_wait = g_timeout_add(IP4_WAIT_MS, on_ip4_wait, join);
	join->address_wait = g_timeout_add(ADDRESS_WAIT_MS, on_address_wait, join);
	join_check_address(join);
}

/* ---- iwd says so ---- */

/* What iwd was at by itself came to nothing: now it does as it is told. */
static gboolean on_unsettled(gpointer data)
{
	WifiIwdJoin *join = data;

	join->lost = 0;
	join_connect(join);
	return G_SOURCE_REMOVE;
}

/* iwd takes a network that it has begun to join by itself for one it is on: Connect succeeds at
 * once, and that says nothing of any passphrase. */
static void join_settle(WifiIwdJoin *join)
{
	join->step = JOIN_SETTLE;
	if (is_on_it(join))
		join_connected(join);
	else if (wifi_iwd_is_state(&join->context, "connecting"))
		g_clear_handle_id(&join->lost, g_source_remove);
	else if (!join->lost)
		join->lost = g_timeout_add(LOST_MS, on_unsettled, join);
}

/* ---- refused ---- */

static void join_judge(WifiIwdJoin *join, bool in_sight)
{
	const WifiIwdEnd end = {
		.error = join->error,
		.kind = join->kind,
		.asked = wifi_iwd_agent_asked_us(join->agent) != 0,
		.in_sight = in_sight,
	};
	g_autofree char *ssid = printable_text(join->wanted->ssid, join->wanted->ssid_len);

	g_info("iwd cannot join \"%s\": %s%s", ssid, join->error,
	       in_sight ? "" : ", and it is gone from the air");
	join_fail(join, wifi_iwd_map_failure(&end));
}

/* When it was there: a passphrase is asked for when the network has been found. */
static int64_t there_us(const WifiIwdJoin *join)
{
	return MAX(join->there_us, wifi_iwd_agent_asked_us(join->agent));
}

/* iwd shows a network for half a minute after it was heard last; the kernel knows when that was. */
static bool is_heard(const WifiIwdJoin *join, const WifiIwdSeen *seen)
{
	if (!seen || !seen->heard)
		return find_network(join, join->kind) != NULL;
	return wifi_air_is_heard(seen->heard, join->wanted->ssid, join->wanted->ssid_len,
				 (uint32_t)((g_get_monotonic_time() - there_us(join)) / 1000));
}

/* Once connected there are keys: whether it was lost is not worth half a minute. */
static WifiIwdVerdict judge_sight(const WifiIwdJoin *join, bool heard)
{
	const WifiIwdSight sight = {
		.heard = heard,
		.shown = !join->connected && find_network(join, join->kind),
		.misses = join->misses,
		.since_us = join->look_us - there_us(join),
	};

	return wifi_iwd_map_sight(&sight);
}

static void join_judged(WifiIwdJoin *join, bool there)
{
	if (there && !join->connected && join->kind == WIFI_IWD_OPEN && !join->again) {
		join->again = true; /* no passphrase can be wrong there */
		join_connect(join);
	} else if (!join->connected) {
		join_judge(join, there);
	} else if (there) {
		join->misses = 0;
		join->step = JOIN_ADDRESS;
		join_check_address(join);
	} else {
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
	}
}

static void on_judged(const WifiIwdSeen *seen, const GError *error, void *data)
{
	WifiIwdJoin *join = data;
	bool heard = is_heard(join, seen);

	if (!heard && seen && !seen->borrowed)
		join->misses++;

	/* Without a scan there is nothing to wait for. */
	WifiIwdVerdict verdict = seen || heard ? judge_sight(join, heard) : WIFI_IWD_GONE;

	g_clear_pointer(&join->scan, wifi_iwd_scan_free);
	if (verdict == WIFI_IWD_UNSURE)
		join_look_again(join);
	else
		join_judged(join, verdict == WIFI_IWD_THERE);
}

static void join_look_again(WifiIwdJoin *join)
{
	join->step = JOIN_JUDGE;
	join->look_us = g_get_monotonic_time();
	join->scan = wifi_iwd_scan_new(&join->context, false, SCAN_TIMEOUT_MS, on_judged, join);
}

/* The passphrase iwd has is refused, and it is one that we gave it: it may go. */
static bool may_forget(const WifiIwdJoin *join)
{
	return join->known && !wifi_iwd_agent_asked_us(join->agent) && find_known(join) &&
	       wifi_record_key(join->context.record, join->wanted) == WIFI_RECORD_KEY_OTHER;
}

static void on_forgotten(BusReply *reply, void *user_data)
{
	WifiIwdJoin *join = user_data;

	join->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (bus_reply_error(reply)) {
		g_warning("iwd does not forget the passphrase from before: %s",
			  bus_reply_error(reply)->message);
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	wifi_iwd_join_changed(join);
}

static void join_forget(WifiIwdJoin *join)
{
	const BusMirror *known = find_known(join);

	join->known = false;
	wifi_record_begin(join->context.record, join->wanted, false);
	if (!record_save(join)) {
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	g_message("the passphrase from before is refused: trying the new one in its place");
	join->step = JOIN_FORGET;
	join->call = bus_call_start(join->context.bus,
				    bus_message_new_call(IWD_SERVICE, bus_mirror_path(known),
							 IWD_KNOWN_IFACE, "Forget"),
				    BUS_TIMEOUT_DEFAULT, on_forgotten, join);
}

/* iwd asks for the passphrase when the one it has failed in the handshake of WPA2, at the next
 * Connect; with WPA3 it does not notice that it is the passphrase that is wrong. */
static void join_refused(WifiIwdJoin *join)
{
	bool failed = g_strcmp0(join->error, IWD_ERROR_FAILED) == 0;

	if (failed && join->known && join->kind == WIFI_IWD_PSK && !join->again &&
	    wifi_record_key(join->context.record, join->wanted) != WIFI_RECORD_KEY_SAME) {
		join->again = true;
		join_connect(join);
	} else if (failed && may_forget(join)) {
		join_forget(join);
	} else if (failed) {
		join_look_again(join);
	} else {
		join_judge(join, true);
	}
}

/* ---- connecting ---- */

static void on_connect(BusReply *reply, void *user_data)
{
	WifiIwdJoin *join = user_data;

	join->connect = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (join->step == JOIN_OVER) {
		join->connected = join->connected || !bus_reply_error(reply);
		if (join->settled)
			join->settled(join->settled_data);
		return;
	}
	if (!bus_reply_error(reply)) {
		join_settle(join);
		return;
	}
	g_free(join->error);
	join->error = g_strdup(bus_reply_error_name(reply));
	if (!join->visible && g_strcmp0(join->error, IWD_ERROR_NOT_HIDDEN) == 0) {
		join->visible = true;
		join_connect(join);
	} else if (g_strcmp0(join->error, IWD_ERROR_NOT_FOUND) == 0 &&
		   join->connects < HIDDEN_ASKS) {
		join_connect(join); /* asked for by name, it may have missed the question */
	} else {
		join_refused(join);
	}
}

static void note_before(WifiIwdJoin *join)
{
	const NetLinkState *state = net_link_state(join->context.link);
	const char *path = wifi_iwd_connected(&join->context);

	g_free(join->before);
	join->before = g_strdup(path);
	join->here = is_on_it(join);
	join->ip4_before = state->ip4;
	join->ip6_before = state->ip6;
}

/* An earlier attempt that iwd's end cut short does not make the network a known one. */
static bool is_known(const WifiIwdJoin *join)
{
	const WifiRecord *record = join->context.record;

	return find_known(join) &&
	       !(wifi_record_is_attempt(record, join->wanted->ssid, join->wanted->ssid_len,
					join->kind == WIFI_IWD_PSK) &&
		 !record->known);
}

static bool join_record(WifiIwdJoin *join)
{
	if (join->recorded)
		return true;
	join->known = is_known(join);
	wifi_record_begin(join->context.record, join->wanted, join->known);
	join->recorded = record_save(join);
	if (!join->recorded)
		wifi_record_end(join->context.record);
	return join->recorded;
}

/* @network NULL: ask for it by name. */
static BusMessage *connect_message(const WifiIwdJoin *join, const BusMirror *network)
{
	g_autofree char *name = NULL;
	BusMessage *message = NULL;

	if (network)
		return bus_message_new_call(IWD_SERVICE, bus_mirror_path(network),
					    IWD_NETWORK_IFACE, "Connect");
	name = g_strndup((const char *)join->wanted->ssid, join->wanted->ssid_len);
	message = bus_message_new_call(IWD_SERVICE, join->context.device, IWD_STATION_IFACE,
				       "ConnectHiddenNetwork");
	bus_writer_string(bus_message_writer(message), name);
	return message;
}

/* A network that hides its name shows for a while after it was asked for. Joined as one that is in
 * sight, iwd would never ask for it by name again, and never come back to it. So iwd decides: it
 * refuses to join as hidden what is not. */
static void join_connect(WifiIwdJoin *join)
{
	const BusMirror *network = find_network(join, join->kind);

	if (join->connects == 0)
		note_before(join);
	if (!join_record(join)) {
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	join->connects++;
	join->there_us = g_get_monotonic_time();
	join->step = JOIN_CONNECT;
	if (!find_known(join) && !join->visible)
		network = NULL;
	join->connect = bus_call_start(join->context.bus, connect_message(join, network),
				       BUS_TIMEOUT_NONE, on_connect, join);
}

/* ---- looking ---- */

static void on_scanned(const WifiIwdSeen *seen, const GError *error, void *data)
{
	WifiIwdJoin *join = data;

	g_clear_pointer(&join->scan, wifi_iwd_scan_free);
	if (error)
		g_info("no scan for the network to be joined: %s", error->message);
	join_look(join);
}

/* It is in the air, but as something that these credentials are not for. */
static WifiFailure misfit(const WifiIwdJoin *join)
{
	if (find_network(join, WIFI_IWD_ENTERPRISE) || find_network(join, WIFI_IWD_WEP)) {
		g_message("iwd joins no network of that kind for others: neither 802.1X nor WEP");
		return WIFI_FAILURE_OTHER;
	}
	return WIFI_FAILURE_AUTH;
}

static bool is_in_the_air(const WifiIwdJoin *join)
{
	for (WifiIwdKind kind = WIFI_IWD_OPEN; kind <= WIFI_IWD_OTHER; kind++) {
		if (find_network(join, kind))
			return true;
	}
	return false;
}

/* Start with what the last scan saw; look again before the network is taken for a hidden one. iwd
 * then asks for it by name, but not for one that it knows: there only a new scan will do. */
static void join_look(WifiIwdJoin *join)
{
	bool there = find_network(join, join->kind) != NULL;

	if (there && !wifi_iwd_map_key_fits(join->kind, join->wanted->passphrase)) {
		join_fail(join, WIFI_FAILURE_AUTH);
	} else if (there) {
		join_connect(join);
	} else if (is_in_the_air(join)) {
		join_fail(join, misfit(join));
	} else if (!join->scanned) {
		join->scanned = true;
		join->step = JOIN_SCAN;
		join->scan = wifi_iwd_scan_new(&join->context, !find_known(join), SCAN_TIMEOUT_MS,
					       on_scanned, join);
	} else if (wifi_iwd_map_key_fits(join->kind, join->wanted->passphrase) &&
		   wifi_iwd_station(&join->context)) {
		join_connect(join);
	} else {
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
	}
}

static void on_agent(const GError *error, void *data)
{
	WifiIwdJoin *join = data;

	if (error) {
		g_warning("iwd takes no passphrases from us: %s", error->message);
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	join_look(join);
}

/* Why iwd cannot even be asked; NULL: it can. */
static const char *obstacle(const WifiCredentials *wanted)
{
	if (wanted->enterprise)
		return "iwd takes 802.1X settings from /var/lib/iwd/NAME.8021x only, which root "
		       "writes";
	if (!g_utf8_validate_len((const char *)wanted->ssid, wanted->ssid_len, NULL))
		return "iwd names networks in UTF-8 only";
	return NULL;
}

static gboolean on_start(gpointer data)
{
	WifiIwdJoin *join = data;
	const char *why = obstacle(join->wanted);

	join->start = 0;
	if (why) {
		g_warning("cannot join: %s", why);
		join_fail(join, WIFI_FAILURE_OTHER);
		return G_SOURCE_REMOVE;
	}
	join->step = JOIN_AGENT;
	join->agent = wifi_iwd_agent_new(&join->context, join->wanted, on_agent, join);
	return G_SOURCE_REMOVE;
}

static gboolean on_deadline(gpointer data)
{
	WifiIwdJoin *join = data;

	join->deadline = 0;
	join_fail(join, join->step == JOIN_ADDRESS && is_on_it(join) ? WIFI_FAILURE_ADDRESS
								     : WIFI_FAILURE_OTHER);
	return G_SOURCE_REMOVE;
}

WifiIwdJoin *wifi_iwd_join_new(const WifiIwdContext *context, const WifiCredentials *credentials,
			       unsigned int timeout_ms, WifiIwdJoinDone done, void *data)
{
	WifiIwdJoin *join = g_new0(WifiIwdJoin, 1);

	join->context = *context;
	join->done = done;
	join->data = data;
	join->wanted = wifi_credentials_copy(credentials);
	join->kind = credentials->passphrase ? WIFI_IWD_PSK : WIFI_IWD_OPEN;
	join->deadline = g_timeout_add(timeout_ms, on_deadline, join);
	join->start = g_idle_add(on_start, join); /* nothing is reported from in here */
	return join;
}

void wifi_iwd_join_free(WifiIwdJoin *join)
{
	if (!join)
		return;
	join_stop(join);
	bus_call_cancel(join->connect);
	wifi_credentials_free(join->wanted);
	g_free(join->before);
	g_free(join->error);
	g_free(join);
}

void wifi_iwd_join_changed(WifiIwdJoin *join)
{
	if (join->agent)
		wifi_iwd_agent_changed(join->agent);
	switch (join->step) {
	case JOIN_SCAN:
	case JOIN_JUDGE: wifi_iwd_scan_changed(join->scan); break;
	case JOIN_FORGET:
		if (!join->call && !find_known(join))
			join_connect(join);
		break;
	case JOIN_SETTLE: join_settle(join); break;
	case JOIN_ADDRESS: join_check_address(join); break;
	case JOIN_START:
	case JOIN_AGENT:
	case JOIN_CONNECT:
	case JOIN_DETAILS:
	case JOIN_SYNC:
	case JOIN_OVER: break;
	}
}

bool wifi_iwd_join_settle(WifiIwdJoin *join, void (*settled)(void *data), void *data)
{
	join_stop(join);
	join->settled = settled;
	join->settled_data = data;
	return join->connect != NULL;
}

const char *wifi_iwd_join_before(const WifiIwdJoin *join)
{
	return join->before;
}

bool wifi_iwd_join_connected(const WifiIwdJoin *join)
{
	return join->connected;
}

bool wifi_iwd_join_gave(const WifiIwdJoin *join)
{
	return join->gave;
}
