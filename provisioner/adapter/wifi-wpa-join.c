/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa-join.h"

#include "common/error.h"
#include "dbus/bus-properties.h"
#include "provisioner/adapter/disk-sync.h"
#include "provisioner/adapter/wifi-backend.h"
#include "provisioner/adapter/wifi-wpa-settings.h"

#include <string.h>

#define SCANS           2 /* before a network counts as absent */
#define SCAN_TIMEOUT_MS 10000
#define LIST_TIMEOUT_MS 4000
#define ADDRESS_WAIT_MS 15000 /* for IPv4, where there is IPv6 */
#define REFUSALS        2     /* before the passphrase counts as wrong */
#define PRIORITY_MAX    1000000

/* IEEE 802.11 status codes; with WPA3 the one or the other says that the passwords differ */
#define STATUS_UNSPECIFIED    1
#define STATUS_CHALLENGE_FAIL 15

typedef enum JoinStep {
	JOIN_START,
	JOIN_LOOK, /* also for each scan */
	JOIN_ADD,
	JOIN_SELECT,
	JOIN_FOLLOW,
	JOIN_ADDRESS,
	JOIN_JUDGE, /* out of time: is the network still there? */
	JOIN_BSS,
	JOIN_COMMIT,
	JOIN_SAVE,
	JOIN_OVER,
} JoinStep;

struct WifiWpaJoin {
	WifiWpaContext context;
	WifiWpaJoinDone done;
	void *data;
	WifiCredentials *wanted;
	JoinStep step;
	WifiWpaScan *scan;
	int scans;
	BusCall *call;
	DiskSync *sync;
	guint start;
	guint deadline;
	guint address_wait; /* for IPv4 */
	bool waited;        /* long enough: IPv6 will do */

	WpaJoinKey key;
	char *network;     /* the one added, NULL before */
	GPtrArray *before; /* paths of those enabled before */
	int priority;      /* above all of them */
	WpaState state;    /* before the last change */
	WpaState reached;  /* the furthest */
	int refusals;      /* handshakes that failed, passwords refused */
	NetLinkState old;  /* addresses that are none of the new network */
	WifiLink link;
};

static void join_search(WifiWpaJoin *join);

/* ---- the air ---- */

/* What a look around found. */
typedef struct JoinSight {
	const WpaBss *best; /* can be joined with what the phone sent; NULL: none can */
	WpaJoinKey key;     /* how */
	bool seen;          /* the name is in the air */
	bool nameless;      /* there is a network that hides its name */
	bool enterprise;    /* one of that name wants 802.1X */
	bool hidden;        /* the best one hides its name from who does not know it */
	bool named;         /* it is the one that the phone named */
} JoinSight;

static bool is_named(const WifiWpaJoin *join, const WpaBss *bss)
{
	return memcmp(bss->network.bssid, join->wanted->bssid, WIFI_BSSID_LEN) == 0;
}

/* The access point the phone named before the strongest; WEP, which gives the key away, after all
 * that bear the same name. */
static int rank_of(const WifiWpaJoin *join, const WpaBss *bss, WpaJoinKey key)
{
	return bss->network.rssi_dbm + (is_named(join, bss) ? 1000 : 0) -
	       (key == WPA_JOIN_WEP ? 2000 : 0);
}

static bool is_wanted(const WifiWpaJoin *join, const WifiNetwork *network)
{
	return network->ssid_len == join->wanted->ssid_len &&
	       memcmp(network->ssid, join->wanted->ssid, network->ssid_len) == 0;
}

/* A radio that hides its name is listed twice once it was asked for: with the name and without. */
static bool is_hidden(const GArray *list, const WpaBss *best)
{
	for (guint i = 0; best && i < list->len; i++) {
		const WpaBss *bss = &g_array_index(list, WpaBss, i);

		if (bss->nameless &&
		    memcmp(bss->network.bssid, best->network.bssid, WIFI_BSSID_LEN) == 0)
			return true;
	}
	return false;
}

static JoinSight join_look(const WifiWpaJoin *join, const GArray *list)
{
	JoinSight sight = { 0 };

	for (guint i = 0; list && i < list->len; i++) {
		const WpaBss *bss = &g_array_index(list, WpaBss, i);
		WpaJoinKey key =
			wifi_wpa_map_join_key(&bss->security, join->wanted->enterprise != NULL);

		sight.nameless = sight.nameless || bss->nameless;
		if (bss->nameless || !is_wanted(join, &bss->network))
			continue;
		sight.seen = true;
		sight.enterprise = sight.enterprise || key == WPA_JOIN_ENTERPRISE;
		if (!wifi_wpa_map_key_fits(key, join->wanted) ||
		    (sight.best && rank_of(join, bss, key) <= rank_of(join, sight.best, sight.key)))
			continue;
		sight.best = bss;
		sight.key = key;
	}
	sight.hidden = is_hidden(list, sight.best);
	sight.named = sight.best && is_named(join, sight.best);
	return sight;
}

/* ---- its end ---- */

/* Report and be done; @join may be gone afterwards. */
static void join_finish(WifiWpaJoin *join, const WifiLink *link, WifiFailure failure)
{
	join->step = JOIN_OVER;
	g_clear_handle_id(&join->start, g_source_remove);
	g_clear_handle_id(&join->deadline, g_source_remove);
	g_clear_handle_id(&join->address_wait, g_source_remove);
	bus_call_cancel(join->call);
	join->call = NULL;
	disk_sync_cancel(join->sync);
	join->sync = NULL;
	join->done(link, failure, join->data);
}

static void join_fail(WifiWpaJoin *join, WifiFailure failure)
{
	join_finish(join, NULL, failure);
}

/* ---- calls ---- */

static void join_call(WifiWpaJoin *join, BusMessage *message, BusReplyFunc func)
{
	bus_call_cancel(join->call);
	join->call = bus_call_start(join->context.bus, message, BUS_TIMEOUT_DEFAULT, func, join);
}

static BusMessage *interface_message(const WifiWpaJoin *join, const char *member)
{
	return bus_message_new_call(WPA_SERVICE, wifi_wpa_interface_path(join->context.interface),
				    WPA_INTERFACE_IFACE, member);
}

/* Did it work? Otherwise the attempt has failed, and @join may be gone; or wpa_supplicant is, and
 * its owner ends this attempt and begins another when it is back. */
static bool join_expect(WifiWpaJoin *join, BusReply *reply, const char *what)
{
	join->call = NULL;
	if (!bus_reply_error(reply))
		return true;
	if (bus_reply_is_gone(reply))
		return false;
	g_warning("wpa_supplicant cannot %s: %s", what, bus_reply_error(reply)->message);
	join_fail(join, WIFI_FAILURE_OTHER);
	return false;
}

/* ---- making it permanent ---- */

static void on_synced(void *data)
{
	WifiWpaJoin *join = data;

	join->sync = NULL;
	join_finish(join, &join->link, WIFI_FAILURE_OTHER);
}

/* wpa_supplicant has flushed the file, but not that it has taken the place of the one before. */
static void on_saved(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;

	if (join_expect(join, reply, "save the network"))
		join->sync = disk_sync_start(on_synced, join);
}

static void on_marked(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;

	if (!join_expect(join, reply, "keep the network"))
		return;
	join->step = JOIN_SAVE;
	join_call(join, interface_message(join, "SaveConfig"), on_saved);
}

/* The others are enabled again, for the file is to say so; then the priority says that it is no
 * trial any more, and any access point of that name will do from now on: they get replaced. */
static void join_commit(WifiWpaJoin *join)
{
	BusMessage *message = NULL;
	BusWriter *writer = NULL;

	join->step = JOIN_COMMIT;
	for (guint i = 0; i < join->before->len; i++) {
		message = bus_properties_set_bool(WPA_SERVICE, g_ptr_array_index(join->before, i),
						  WPA_NETWORK_IFACE, "Enabled", true);
		bus_message_send(join->context.bus, message);
	}
	message = bus_properties_set(WPA_SERVICE, join->network, WPA_NETWORK_IFACE, "Properties");
	writer = bus_message_writer(message);
	bus_writer_open_variant(writer, "a{sv}");
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "priority", "i");
	bus_writer_i32(writer, join->priority);
	bus_writer_entry(writer, "bssid", "s");
	bus_writer_string(writer, "any");
	bus_writer_close(writer);
	bus_writer_close(writer);
	join_call(join, message, on_marked);
}

/* What was seen when the access point was chosen holds unless this one tells more. */
static void on_bss(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;
	WpaBss bss;

	join->call = NULL;
	if (bus_reply_expect(reply, "a{sv}", NULL) &&
	    wifi_wpa_bss_parse(bus_reply_reader(reply), &bss) && is_wanted(join, &bss.network))
		join->link.network = bss.network;
	join_commit(join);
}

static void join_note_link(WifiWpaJoin *join)
{
	const WpaInterfaceState *interface = wifi_wpa_interface_state(join->context.interface);
	const NetLinkState *now = net_link_state(join->context.link);
	const NetLinkAddress none = { 0 };

	g_clear_handle_id(&join->deadline, g_source_remove);
	g_clear_handle_id(&join->address_wait, g_source_remove);
	net_link_ip4_text(net_link_is_newer(&now->ip4, &join->old.ip4) ? &now->ip4 : &none,
			  join->link.ip4);
	if (!*interface->bss || strcmp(interface->bss, WPA_NO_PATH) == 0) {
		join_commit(join);
		return;
	}
	join->step = JOIN_BSS;
	join->call = wifi_wpa_bss_ask(join->context.bus, interface->bss, on_bss, join);
}

/* ---- the address ---- */

static void join_check_address(WifiWpaJoin *join)
{
	const NetLinkState *now = net_link_state(join->context.link);

	if (net_link_is_newer(&now->ip4, &join->old.ip4) ||
	    (join->waited && net_link_is_newer(&now->ip6, &join->old.ip6)))
		join_note_link(join);
}

static gboolean on_waited(gpointer data)
{
	WifiWpaJoin *join = data;

	join->address_wait = 0;
	join->waited = true;
	/* No IPv4 in good time: an IPv6 network is usable as it is, so it is kept; if it is still
	 * there. */
	if (join->step == JOIN_ADDRESS)
		join_check_address(join);
	return G_SOURCE_REMOVE;
}

static void join_await_address(WifiWpaJoin *join)
{
	join->step = JOIN_ADDRESS;
	if (!join->address_wait && !join->waited)
		join->address_wait = g_timeout_add(ADDRESS_WAIT_MS, on_waited, join);
	join_check_address(join);
}

/* ---- following the attempt ---- */

static void on_selected_again(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;

	join->call = NULL;
}

static BusMessage *select_message(const WifiWpaJoin *join)
{
	BusMessage *message = interface_message(join, "SelectNetwork");

	bus_writer_path(bus_message_writer(message), join->network);
	return message;
}

/* One handshake may be lost on the air; two say that the keys differ. After a failure
 * wpa_supplicant would wait 10 seconds; selecting the network tries it again at once. */
static void join_on_refusal(WifiWpaJoin *join)
{
	if (++join->refusals >= REFUSALS) {
		join_fail(join, WIFI_FAILURE_AUTH);
		return;
	}
	join_call(join, select_message(join), on_selected_again);
}

static void join_follow_state(WifiWpaJoin *join)
{
	bool psk = join->key == WPA_JOIN_PSK || join->key == WPA_JOIN_MIXED;
	WpaState before = join->state;
	WpaState now = wifi_wpa_interface_state(join->context.interface)->state;

	join->state = now;
	join->reached = MAX(join->reached, now);
	if (now == WPA_STATE_COMPLETED)
		join_await_address(join);
	else if (now < WPA_STATE_ASSOCIATED && join->step == JOIN_ADDRESS)
		join->step = JOIN_FOLLOW;
	else if (now < WPA_STATE_ASSOCIATED && before == WPA_STATE_4WAY_HANDSHAKE && psk)
		join_on_refusal(join);
}

static bool is_refused(const WifiWpaJoin *join)
{
	bool sae = join->key == WPA_JOIN_SAE || join->key == WPA_JOIN_MIXED;
	int status = wifi_wpa_interface_state(join->context.interface)->auth_status;

	return sae && (status == STATUS_UNSPECIFIED || status == STATUS_CHALLENGE_FAIL);
}

static void join_follow(WifiWpaJoin *join, unsigned int facts)
{
	if ((facts & WPA_FACT_AUTH) && is_refused(join))
		join_on_refusal(join);
	else if ((facts & WPA_FACT_EAP_FAILED) && join->key == WPA_JOIN_ENTERPRISE)
		join_fail(join, WIFI_FAILURE_AUTH);
	else if (facts & WPA_FACT_STATE)
		join_follow_state(join);
}

static void on_selected(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;

	if (!join_expect(join, reply, "select the network"))
		return;
	/* What the interface tells from here on is of our network, and of the one
	 * before no more. */
	join->step = JOIN_FOLLOW;
}

static void on_added(BusReply *reply, void *user_data)
{
	WifiWpaJoin *join = user_data;

	if (!join_expect(join, reply, "add the network"))
		return;
	join->network = g_strdup(bus_reader_path(bus_reply_reader(reply)));
	if (!*join->network) {
		join_fail(join, WIFI_FAILURE_OTHER);
		return;
	}
	/* Now, and not when it is selected: a fast DHCP server may be ahead of that answer. */
	join->old = *net_link_state(join->context.link);
	join->step = JOIN_SELECT;
	join_call(join, select_message(join), on_selected);
}

/* Those that are enabled now, and a priority above all of them. */
static char *note_before(WifiWpaJoin *join)
{
	const GPtrArray *list = wifi_wpa_networks_list(join->context.networks);
	GString *mark = g_string_new(WPA_MARK);

	for (guint i = 0; list && i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		join->priority = MAX(join->priority, network->priority);
		if (!network->enabled)
			continue;
		g_ptr_array_add(join->before, g_strdup(network->path));
		g_string_append_printf(mark, " %u", wifi_wpa_networks_number(network->path));
	}
	join->priority = MIN(join->priority, PRIORITY_MAX - 1) + 1;
	return g_string_free(mark, FALSE);
}

static void join_add(WifiWpaJoin *join, WpaJoinKey key, bool hidden, bool pinned)
{
	BusMessage *message = interface_message(join, "AddNetwork");
	g_autofree char *mark = note_before(join);
	const WpaSettings settings = {
		.credentials = join->wanted,
		.key = key,
		.mark = mark,
		.priority = WPA_PRIORITY_TRIAL,
		.hidden = hidden,
		.pinned = pinned,
	};

	join->key = key;
	wifi_wpa_settings_write(bus_message_writer(message), &settings);
	join->step = JOIN_ADD;
	join_call(join, message, on_added);
}

/* ---- looking for it ---- */

/* Nobody answers to the name: try it on the networks that hide theirs. */
static void join_blind(WifiWpaJoin *join)
{
	static const WpaJoinKey keys[] = { WPA_JOIN_ENTERPRISE, WPA_JOIN_NONE, WPA_JOIN_MIXED,
					   WPA_JOIN_SAE };

	memcpy(join->link.network.ssid, join->wanted->ssid, join->wanted->ssid_len);
	join->link.network.ssid_len = join->wanted->ssid_len;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (wifi_wpa_map_key_fits(keys[i], join->wanted)) {
			join_add(join, keys[i], true, false);
			return;
		}
	}
	join_fail(join, WIFI_FAILURE_NOT_FOUND);
}

/* Start with what is known; look again before the network is given up. */
static void join_on_list(WifiWpaJoin *join, const GArray *list)
{
	JoinSight sight = join_look(join, list);

	if (sight.best) {
		join->link.network = sight.best->network;
		join_add(join, sight.key, sight.hidden || join->scans > 0, sight.named);
	} else if (sight.seen) {
		join_fail(join, sight.enterprise ? WIFI_FAILURE_OTHER : WIFI_FAILURE_AUTH);
	} else if (join->scans == 0 || (join->scans < SCANS && !sight.nameless)) {
		join->scans++;
		join_search(join);
	} else if (sight.nameless) {
		join_blind(join);
	} else {
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
	}
}

/* Out of time. A wrong WPA3 password may look like an access point that does not answer.
 * @complete: what is not in the list is not in the air */
static void join_judge(WifiWpaJoin *join, const GArray *list, bool complete)
{
	bool sae = join->key == WPA_JOIN_SAE && join->reached >= WPA_STATE_AUTHENTICATING &&
		   join->reached < WPA_STATE_ASSOCIATED;

	if (join->refusals > 0)
		join_fail(join, WIFI_FAILURE_AUTH);
	else if (complete && !join_look(join, list).seen)
		join_fail(join, WIFI_FAILURE_NOT_FOUND);
	else
		join_fail(join, sae ? WIFI_FAILURE_AUTH : WIFI_FAILURE_OTHER);
}

static void on_scanned(const GArray *list, const GError *error, void *data)
{
	WifiWpaJoin *join = data;
	g_autoptr(WifiWpaScan) scan = g_steal_pointer(&join->scan);

	if (error)
		g_info("no scan for the network to be joined: %s", error->message);
	if (join->step == JOIN_JUDGE)
		join_judge(join, list, wifi_wpa_scan_is_complete(scan));
	else
		join_on_list(join, list);
}

/* The first look is at what is known already. */
static void join_search(WifiWpaJoin *join)
{
	bool first = join->scans == 0;

	join->step = JOIN_LOOK;
	join->scan = wifi_wpa_scan_new(&join->context, join->wanted, first,
				       first ? LIST_TIMEOUT_MS : SCAN_TIMEOUT_MS, on_scanned, join);
}

static gboolean on_deadline(gpointer data)
{
	WifiWpaJoin *join = data;

	join->deadline = 0;
	g_clear_pointer(&join->scan, wifi_wpa_scan_free);
	if (join->step == JOIN_ADDRESS) {
		join_fail(join, WIFI_FAILURE_ADDRESS);
	} else if (join->step == JOIN_FOLLOW) {
		join->step = JOIN_JUDGE;
		join->scan = wifi_wpa_scan_new(&join->context, join->wanted, false, SCAN_TIMEOUT_MS,
					       on_scanned, join);
	} else {
		join_fail(join, WIFI_FAILURE_OTHER);
	}
	return G_SOURCE_REMOVE;
}

static gboolean on_start(gpointer data)
{
	WifiWpaJoin *join = data;
	const WpaInterfaceState *interface = wifi_wpa_interface_state(join->context.interface);

	join->start = 0;
	if (!interface->may_save) {
		g_warning("wpa_supplicant would forget the network: set update_config=1 in %s",
			  interface->config_file);
		join_fail(join, WIFI_FAILURE_OTHER);
		return G_SOURCE_REMOVE;
	}
	join_search(join);
	return G_SOURCE_REMOVE;
}

WifiWpaJoin *wifi_wpa_join_new(const WifiWpaContext *context, const WifiCredentials *credentials,
			       unsigned int timeout_ms, WifiWpaJoinDone done, void *data)
{
	WifiWpaJoin *join = g_new0(WifiWpaJoin, 1);

	join->context = *context;
	join->done = done;
	join->data = data;
	join->wanted = wifi_credentials_copy(credentials);
	join->before = g_ptr_array_new_with_free_func(g_free);
	join->deadline = g_timeout_add(timeout_ms, on_deadline, join);
	join->start = g_idle_add(on_start, join); /* nothing is reported from in here */
	return join;
}

void wifi_wpa_join_free(WifiWpaJoin *join)
{
	if (!join)
		return;
	bus_call_cancel(join->call);
	disk_sync_cancel(join->sync);
	wifi_wpa_scan_free(join->scan);
	g_clear_handle_id(&join->start, g_source_remove);
	g_clear_handle_id(&join->deadline, g_source_remove);
	g_clear_handle_id(&join->address_wait, g_source_remove);
	wifi_credentials_free(join->wanted);
	g_ptr_array_unref(join->before);
	g_free(join->network);
	g_free(join);
}

void wifi_wpa_join_facts(WifiWpaJoin *join, unsigned int facts)
{
	switch (join->step) {
	case JOIN_LOOK:
	case JOIN_JUDGE: wifi_wpa_scan_facts(join->scan, facts); break;
	case JOIN_FOLLOW:
	case JOIN_ADDRESS: join_follow(join, facts); break;
	case JOIN_START:
	case JOIN_ADD:
	case JOIN_SELECT:
	case JOIN_BSS:
	case JOIN_COMMIT:
	case JOIN_SAVE:
	case JOIN_OVER: break;
	}
}

void wifi_wpa_join_link_changed(WifiWpaJoin *join)
{
	if (join->step == JOIN_ADDRESS)
		join_check_address(join);
}

const char *wifi_wpa_join_network(const WifiWpaJoin *join)
{
	return join->network;
}

bool wifi_wpa_join_is_saving(const WifiWpaJoin *join)
{
	return join->step == JOIN_SAVE;
}

bool wifi_wpa_join_has_begun(const WifiWpaJoin *join)
{
	return join->step >= JOIN_ADD;
}
