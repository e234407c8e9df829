/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-join.h"

#include "common/error.h"
#include "provisioner/adapter/disk-sync.h"
#include "provisioner/adapter/wifi-backend.h"
#include "provisioner/adapter/wifi-nm-map.h"
#include "provisioner/adapter/wifi-nm-settings.h"

#include <string.h>

#define SCANS              2 /* before a network counts as absent */
#define RETRIES            1 /* of a network in sight that is called absent, or was lost again */
#define SCAN_TIMEOUT_MS    10000
#define ADDRESS_WAIT_MS    15000 /* for IPv4, once NetworkManager calls the network activated */
#define NO_ADDRESS         "0.0.0.0"
#define NO_PATH            "/"
#define ACTIVE_ACTIVATED   2 /* NMActiveConnectionState */
#define ACTIVE_DEACTIVATED 4
#define UPDATE_TO_DISK     1 /* NMSettingsUpdate2Flags */
#define REASON_NONE        0 /* NMDeviceStateReason */
#define REASON_DISCONNECT  8

typedef enum JoinStep {
	JOIN_START,
	JOIN_SCAN,
	JOIN_ADD,
	JOIN_FOLLOW,
	JOIN_ADDRESS,
	JOIN_SAVE,
	JOIN_OVER,
} JoinStep;

struct WifiNmJoin {
	WifiNmContext context;
	WifiNmJoinDone done;
	void *data;
	WifiCredentials *wanted;
	JoinStep step;
	WifiNmScan *scan;
	int scans;
	int retries; /* of the activation */
	BusCall *call;
	DiskSync *sync;
	guint start;
	guint deadline;

	char *before;  /* profile that was in use, NULL: none */
	char *profile; /* the one added, NULL before */
	char *active;  /* its activation */
	bool active_seen;
	uint32_t reason;  /* NMDeviceStateReason of its failure */
	uint32_t reached; /* highest NMDeviceState on its way */
	bool asked_key;   /* the key was asked for again */
	bool configured;  /* the device was, for this network */
	bool proved;      /* and an address asked for: the access point has taken the key */
	bool dropped;     /* yet the key was asked for again */
	NmKeyMgmt key;
	char *uuid;  /* of the profile */
	bool locked; /* the profile names an access point */
	WifiFailure failure;
	WifiLink link;

	void (*left)(void *data); /* given up, but what is being added is ours; NULL: not so */
	void *left_data;
};

static void join_advance(WifiNmJoin *join);

static const BusMirror *device_mirror(const WifiNmJoin *join)
{
	return bus_peer_find(join->context.peer, join->context.device);
}

/* A path of the device's properties; NULL when it is none. */
static const char *device_path(const WifiNmJoin *join, const char *interface, const char *property)
{
	const BusMirror *device = device_mirror(join);
	const char *path = device ? bus_mirror_object(device, interface, property) : NULL;

	return path && strcmp(path, NO_PATH) != 0 ? path : NULL;
}

/* What a look around found. */
typedef struct JoinSight {
	const BusMirror *best; /* can be joined with what the phone sent; NULL: none can */
	WifiNetwork network;   /* of the best */
	NmKeyMgmt key;
	bool seen;       /* the name is in the air */
	bool nameless;   /* there is a network that hides its name */
	bool enterprise; /* an access point of that name wants 802.1X */
} JoinSight;

/* Where a passphrase is taken beside 802.1X, that is joined as the phone asks for. */
static NmKeyMgmt key_of(const WifiNmJoin *join, const BusMirror *mirror, const WifiNetwork *network)
{
	const NmSecurity security = {
		(uint32_t)bus_mirror_uint(mirror, NM_AP_IFACE, "Flags", 0),
		(uint32_t)bus_mirror_uint(mirror, NM_AP_IFACE, "WpaFlags", 0),
		(uint32_t)bus_mirror_uint(mirror, NM_AP_IFACE, "RsnFlags", 0),
	};

	if (join->wanted->enterprise && network->auth == WIFI_AUTH_ENTERPRISE)
		return NM_KEY_ENTERPRISE;
	return wifi_nm_map_key_mgmt(&security);
}

static bool is_named(const WifiNmJoin *join, const WifiNetwork *network)
{
	static const uint8_t any[WIFI_BSSID_LEN];

	return memcmp(join->wanted->bssid, any, sizeof(any)) != 0 &&
	       memcmp(join->wanted->bssid, network->bssid, WIFI_BSSID_LEN) == 0;
}

/* The access point the phone named before the strongest; WEP, which gives the key away, after all
 * that bear the same name. */
static int rank_of(const WifiNmJoin *join, const WifiNetwork *network, NmKeyMgmt key)
{
	return network->rssi_dbm + (is_named(join, network) ? 1000 : 0) -
	       (key == NM_KEY_WEP ? 2000 : 0);
}

/* Can what the phone sent be right there? */
static bool fits(const WifiNmJoin *join, NmKeyMgmt key)
{
	return join->wanted->enterprise ? key == NM_KEY_ENTERPRISE
					: wifi_nm_map_key_fits(key, join->wanted->passphrase);
}

static bool is_nameless(const BusMirror *mirror)
{
	size_t len = 0;
	const uint8_t *ssid = bus_mirror_bytes(mirror, NM_AP_IFACE, "Ssid", &len);

	return !ssid || len == 0 || ssid[0] == 0;
}

static JoinSight join_look(const WifiNmJoin *join)
{
	g_autoptr(GPtrArray) mirrors = wifi_nm_scan_access_points(&join->context);
	JoinSight sight = { 0 };

	for (guint i = 0; i < mirrors->len; i++) {
		const BusMirror *mirror = g_ptr_array_index(mirrors, i);
		WifiNetwork network = { 0 };
		NmKeyMgmt key = NM_KEY_NONE;

		sight.nameless = sight.nameless || is_nameless(mirror);
		if (!wifi_nm_scan_network(mirror, &network) ||
		    network.ssid_len != join->wanted->ssid_len ||
		    memcmp(network.ssid, join->wanted->ssid, network.ssid_len) != 0)
			continue;
		key = key_of(join, mirror, &network);
		sight.seen = true;
		sight.enterprise = sight.enterprise || key == NM_KEY_ENTERPRISE;
		if (!fits(join, key) ||
		    (sight.best &&
		     rank_of(join, &network, key) <= rank_of(join, &sight.network, sight.key)))
			continue;
		sight.best = mirror;
		sight.network = network;
		sight.key = key;
	}
	return sight;
}

static void join_call(WifiNmJoin *join, BusMessage *message, BusReplyFunc func)
{
	join->call = bus_call_start(join->context.bus, message, BUS_TIMEOUT_DEFAULT, func, join);
}

/* Report and be done; @join may be gone afterwards. */
static void join_finish(WifiNmJoin *join, const WifiNmJoined *joined)
{
	join->step = JOIN_OVER;
	g_clear_handle_id(&join->start, g_source_remove);
	g_clear_handle_id(&join->deadline, g_source_remove);
	join->done(joined, join->failure, join->data);
}

static void join_fail(WifiNmJoin *join, WifiFailure failure)
{
	join->failure = failure;
	bus_call_cancel(join->call);
	join->call = NULL;
	join_finish(join, NULL);
}

static void join_on_synced(void *data)
{
	WifiNmJoin *join = data;

	join->sync = NULL;
	join_finish(join, &(WifiNmJoined){ join->link, join->profile });
}

/* The file is written, and only in memory: nothing is promised, and no predecessor deleted, before
 * it is on disk. */
static void save_on_reply(BusReply *reply, void *user_data)
{
	WifiNmJoin *join = user_data;

	join->call = NULL;
	if (bus_reply_is_gone(reply)) /* here as below our owner begins another when it is back */
		return;
	if (bus_reply_error(reply)) {
		g_warning("NetworkManager cannot keep the network: %s",
			  bus_reply_error(reply)->message);
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	join->sync = disk_sync_start(join_on_synced, join);
}

/* @locked: to the access point that the phone named, if that was the one seen */
static void write_profile(const WifiNmJoin *join, BusWriter *writer, bool locked)
{
	wifi_nm_settings_write(writer, &(WifiNmSettings){
					       .wanted = join->wanted,
					       .uuid = join->uuid,
					       .key = join->key,
					       .hidden = join->scans > 0,
					       .locked = locked,
				       });
}

/* To disk; an access point that was named is none that the network is locked to for good. */
static void join_save(WifiNmJoin *join)
{
	BusMessage *message = bus_message_new_call(NM_SERVICE, join->profile, NM_CONNECTION_IFACE,
						   join->locked ? "Update2" : "Save");
	BusWriter *writer = bus_message_writer(message);

	join->step = JOIN_SAVE;
	g_clear_handle_id(&join->deadline, g_source_remove);
	if (join->locked) {
		write_profile(join, writer, false);
		bus_writer_u32(writer, UPDATE_TO_DISK);
		bus_writer_open(writer, "a{sv}");
		bus_writer_close(writer);
	}
	join_call(join, message, save_on_reply);
}

/* First IPv4 address of the activation; NULL when there is none yet. Borrowed. */
static const char *active_ip4(const WifiNmJoin *join)
{
	const BusMirror *active = bus_peer_find(join->context.peer, join->active);
	const char *path = active ? bus_mirror_object(active, NM_ACTIVE_IFACE, "Ip4Config") : NULL;
	const BusMirror *config = path ? bus_peer_find(join->context.peer, path) : NULL;
	BusReader *reader = config ? bus_mirror_reader(config, NM_IP4_IFACE, "AddressData") : NULL;
	const char *address = NULL;
	const char *key = NULL;

	if (!reader)
		return NULL;
	bus_reader_enter(reader, "aa{sv}");
	if (bus_reader_more(reader)) {
		bus_reader_enter(reader, "a{sv}");
		while ((key = bus_reader_entry(reader))) {
			if (strcmp(key, "address") == 0)
				address = bus_reader_string(reader);
		}
		bus_reader_leave(reader);
	}
	bus_reader_leave(reader);
	return bus_reader_ok(reader) ? address : NULL;
}

static void note_link(WifiNmJoin *join, const char *address)
{
	const char *path = device_path(join, NM_WIRELESS_IFACE, "ActiveAccessPoint");
	const BusMirror *access_point = path ? bus_peer_find(join->context.peer, path) : NULL;
	WifiNetwork *network = &join->link.network;

	/* What was seen when the access point was chosen holds unless it tells more now. */
	if (access_point) {
		WifiNetwork now = { 0 };

		if (wifi_nm_scan_network(access_point, &now))
			*network = now;
	}
	g_strlcpy(join->link.ip4, address, sizeof(join->link.ip4));
}

static uint64_t active_state(const WifiNmJoin *join)
{
	const BusMirror *active = bus_peer_find(join->context.peer, join->active);

	return active ? bus_mirror_uint(active, NM_ACTIVE_IFACE, "State", 0) : 0;
}

static void join_check_address(WifiNmJoin *join)
{
	const char *address = active_ip4(join);

	if (address) {
		note_link(join, address);
		join_save(join);
	} else if (active_state(join) != ACTIVE_ACTIVATED) {
		join_fail(join, WIFI_FAILURE_ADDRESS);
	}
}

static bool takes_sae(const WifiNetwork *network)
{
	return network->auth == WIFI_AUTH_WPA3 || network->auth == WIFI_AUTH_WPA2_WPA3;
}

/* A wrong WPA3 passphrase looks to NetworkManager like an access point that does not answer: it
 * ends as ssid-not-found, half a minute later, with the network in plain sight. Where WPA2 is
 * offered, too, it is WPA3 that is tried. */
static WifiFailure failure_of(const WifiNmJoin *join)
{
	WifiFailure failure = wifi_nm_map_failure(join->reason, join->reached, join->asked_key);

	if (failure == WIFI_FAILURE_NOT_FOUND && takes_sae(&join->link.network) &&
	    join_look(join).seen)
		failure = WIFI_FAILURE_AUTH;
	if (failure == WIFI_FAILURE_AUTH && join->dropped)
		failure = WIFI_FAILURE_ADDRESS;
	return failure;
}

static gboolean join_on_deadline(gpointer data)
{
	WifiNmJoin *join = data;

	join->deadline = 0;
	if (join->step == JOIN_ADDRESS) {
		/* Activated without IPv4: an IPv6 network. It is usable, so it is kept. */
		note_link(join, NO_ADDRESS);
		join_save(join);
		return G_SOURCE_REMOVE;
	}
	g_clear_pointer(&join->scan, wifi_nm_scan_free);
	join_fail(join, failure_of(join));
	return G_SOURCE_REMOVE;
}

static void set_deadline(WifiNmJoin *join, unsigned int timeout_ms)
{
	g_clear_handle_id(&join->deadline, g_source_remove);
	join->deadline = g_timeout_add(timeout_ms, join_on_deadline, join);
}

/* An address is asked for after the handshake; WEP has none. The device may still be where it was
 * with the network before, so that it was configured for this one has to be seen first. */
static void note_key(WifiNmJoin *join, uint32_t state, bool refused)
{
	join->configured = join->configured || state == NM_STATE_CONFIG;
	join->proved = join->proved || (join->configured && join->key != NM_KEY_WEP &&
					state >= NM_STATE_IP_CONFIG && state <= NM_STATE_ACTIVATED);
	join->asked_key = join->asked_key || (refused && !join->proved);
	join->dropped = join->dropped || (refused && join->proved);
}

/* Take in what the device says while it works on our activation. */
static void note_device(WifiNmJoin *join)
{
	const BusMirror *device = device_mirror(join);
	BusReader *reader =
		device ? bus_mirror_reader(device, NM_DEVICE_IFACE, "StateReason") : NULL;
	uint32_t state = 0;
	uint32_t reason = 0;
	bool refused = false;

	if (!reader ||
	    g_strcmp0(device_path(join, NM_DEVICE_IFACE, "ActiveConnection"), join->active) != 0)
		return;
	bus_reader_enter(reader, "(uu)");
	state = bus_reader_u32(reader);
	reason = bus_reader_u32(reader);
	bus_reader_leave(reader);
	/* That the network before has ended may reach NetworkManager when it has begun with ours:
	 * it takes that for a refusal of a key that nobody has tried yet, and goes on. */
	refused = state == NM_STATE_NEED_AUTH && reason == REASON_DISCONNECT;
	if (!bus_reader_ok(reader) || (refused && join->reached < NM_STATE_CONFIG))
		return;
	note_key(join, state, refused);
	if (state == NM_STATE_FAILED)
		join->reason = reason;
	else if (state <= NM_STATE_ACTIVATED && state > join->reached)
		join->reached = state;
}

static void again_on_reply(BusReply *reply, void *user_data)
{
	WifiNmJoin *join = user_data;
	g_autoptr(GError) error = NULL;

	join->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (!bus_reply_expect(reply, "o", &error)) {
		g_warning("NetworkManager does not try the network again: %s", error->message);
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	g_free(join->active);
	join->active = g_strdup(bus_reader_path(bus_reply_reader(reply)));
	join->active_seen = false;
	join->reason = REASON_NONE;
	join->dropped = false;
	join->step = JOIN_FOLLOW;
	join_advance(join);
}

static void join_again(WifiNmJoin *join)
{
	BusMessage *message =
		bus_message_new_call(NM_SERVICE, NM_PATH, NM_IFACE, "ActivateConnection");
	BusWriter *writer = bus_message_writer(message);

	join->retries++;
	join->step = JOIN_ADD;
	bus_writer_path(writer, join->profile);
	bus_writer_path(writer, join->context.device);
	bus_writer_path(writer, NO_PATH);
	join_call(join, message, again_on_reply);
}

/* NetworkManager gives an association 25 s, scans included, and calls the network absent then; and
 * one whose link breaks before there is an address it takes for one that refuses the key. One that
 * is in sight deserves another try. */
static void join_failed(WifiNmJoin *join, WifiFailure failure)
{
	bool unlucky = failure == WIFI_FAILURE_NOT_FOUND || join->dropped;

	if (unlucky && join->retries < RETRIES && join_look(join).best)
		join_again(join);
	else
		join_fail(join, failure);
}

static void join_follow(WifiNmJoin *join)
{
	bool there = bus_peer_find(join->context.peer, join->active) != NULL;
	uint64_t state = active_state(join);

	note_device(join);
	join->active_seen = join->active_seen || there;
	/* Asked for a key again after the handshake: nobody but the phone could answer that. */
	if (join->asked_key) {
		join_fail(join, WIFI_FAILURE_AUTH);
	} else if (state == ACTIVE_ACTIVATED) {
		join->step = JOIN_ADDRESS;
		set_deadline(join, ADDRESS_WAIT_MS);
		join_check_address(join);
	} else if (join->reason != REASON_NONE || state >= ACTIVE_DEACTIVATED ||
		   (join->active_seen && !there)) {
		join_failed(join, failure_of(join));
	}
}

static void add_on_reply(BusReply *reply, void *user_data)
{
	WifiNmJoin *join = user_data;
	g_autoptr(GError) error = NULL;
	BusReader *reader = bus_reply_reader(reply);

	join->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	if (bus_reply_expect(reply, "ooa{sv}", &error)) {
		join->profile = g_strdup(bus_reader_path(reader));
		join->active = g_strdup(bus_reader_path(reader));
	} else {
		g_warning("NetworkManager refuses the network: %s", error->message);
	}
	if (join->left) {
		join->left(join->left_data);
	} else if (error) {
		join_fail(join, WIFI_FAILURE_OTHER);
	} else {
		join->step = JOIN_FOLLOW;
		join_advance(join);
	}
}

/* Which profile does the device use now? Borrowed; NULL: none. */
static const char *present_profile(const WifiNmJoin *join)
{
	const char *path = device_path(join, NM_DEVICE_IFACE, "ActiveConnection");
	const BusMirror *active = path ? bus_peer_find(join->context.peer, path) : NULL;

	return active ? bus_mirror_object(active, NM_ACTIVE_IFACE, "Connection") : NULL;
}

static void join_add(WifiNmJoin *join, const char *access_point, NmKeyMgmt key)
{
	BusMessage *message =
		bus_message_new_call(NM_SERVICE, NM_PATH, NM_IFACE, "AddAndActivateConnection2");
	BusWriter *writer = bus_message_writer(message);

	g_free(join->before);
	join->before = g_strdup(present_profile(join));
	join->key = key;
	join->locked = is_named(join, &join->link.network);
	write_profile(join, writer, join->locked);
	bus_writer_path(writer, join->context.device);
	bus_writer_path(writer, access_point);
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "persist", "s");
	bus_writer_string(writer, "memory");
	bus_writer_close(writer);
	join->step = JOIN_ADD;
	join_call(join, message, add_on_reply);
}

static void join_on_scan(const GError *error, void *data)
{
	WifiNmJoin *join = data;

	g_clear_pointer(&join->scan, wifi_nm_scan_free);
	if (error)
		g_info("no scan for the network to be joined: %s", error->message);
	join_advance(join);
}

/* Nobody answers to the name: try it on the networks that hide theirs. WPA2 and WPA3 are one to
 * NetworkManager here, and anything else cannot be told. */
static void join_blind(WifiNmJoin *join)
{
	NmKeyMgmt key = join->wanted->enterprise   ? NM_KEY_ENTERPRISE
			: join->wanted->passphrase ? NM_KEY_PSK
						   : NM_KEY_NONE;

	if (!fits(join, key)) {
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
		return;
	}
	memcpy(join->link.network.ssid, join->wanted->ssid, join->wanted->ssid_len);
	join->link.network.ssid_len = join->wanted->ssid_len;
	join_add(join, NO_PATH, key);
}

/* Start with what the last scan saw; look again before the network is given up. */
static void join_search(WifiNmJoin *join)
{
	JoinSight sight = join_look(join);

	if (sight.best) {
		join->link.network = sight.network;
		join_add(join, bus_mirror_path(sight.best), sight.key);
	} else if (sight.seen) {
		join_fail(join, sight.enterprise ? WIFI_FAILURE_OTHER : WIFI_FAILURE_AUTH);
	} else if (join->scans == 0 || (join->scans < SCANS && !sight.nameless)) {
		join->scans++;
		join->scan = wifi_nm_scan_new(&join->context, join->wanted, SCAN_TIMEOUT_MS,
					      join_on_scan, join);
	} else if (sight.nameless) {
		join_blind(join);
	} else {
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
	}
}

static void join_advance(WifiNmJoin *join)
{
	switch (join->step) {
	case JOIN_SCAN:
		if (!join->scan)
			join_search(join);
		else
			wifi_nm_scan_changed(join->scan);
		break;
	case JOIN_FOLLOW: join_follow(join); break;
	case JOIN_ADDRESS: join_check_address(join); break;
	case JOIN_START:
	case JOIN_ADD:
	case JOIN_SAVE:
	case JOIN_OVER: break;
	}
}

static gboolean join_on_start(gpointer data)
{
	WifiNmJoin *join = data;

	join->start = 0;
	join->step = JOIN_SCAN;
	join_advance(join);
	return G_SOURCE_REMOVE;
}

WifiNmJoin *wifi_nm_join_new(const WifiNmContext *context, const WifiCredentials *credentials,
			     unsigned int timeout_ms, WifiNmJoinDone done, void *data)
{
	WifiNmJoin *join = g_new0(WifiNmJoin, 1);

	join->context = *context;
	join->done = done;
	join->data = data;
	join->wanted = wifi_credentials_copy(credentials);
	join->uuid = g_uuid_string_random();
	set_deadline(join, timeout_ms);
	join->start = g_idle_add(join_on_start, join); /* nothing is reported from in here */
	return join;
}

bool wifi_nm_join_leave(WifiNmJoin *join, void (*left)(void *data), void *data)
{
	if (join->step != JOIN_ADD || join->profile)
		return false;
	join->step = JOIN_OVER;
	g_clear_handle_id(&join->deadline, g_source_remove);
	join->left = left;
	join->left_data = data;
	return true;
}

void wifi_nm_join_free(WifiNmJoin *join)
{
	if (!join)
		return;
	bus_call_cancel(join->call);
	disk_sync_cancel(join->sync);
	wifi_nm_scan_free(join->scan);
	g_clear_handle_id(&join->start, g_source_remove);
	g_clear_handle_id(&join->deadline, g_source_remove);
	wifi_credentials_free(join->wanted);
	g_free(join->uuid);
	g_free(join->before);
	g_free(join->profile);
	g_free(join->active);
	g_free(join);
}

void wifi_nm_join_changed(WifiNmJoin *join)
{
	join_advance(join);
}

const char *wifi_nm_join_profile(const WifiNmJoin *join)
{
	return join->profile;
}

const char *wifi_nm_join_before(const WifiNmJoin *join)
{
	return join->before;
}
