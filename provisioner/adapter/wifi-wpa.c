/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-wpa.h"

#include "common/error.h"
#include "provisioner/adapter/disk-sync.h"
#include "provisioner/adapter/net-link.h"
#include "provisioner/adapter/retry.h"
#include "provisioner/adapter/wifi-wpa-interfaces.h"
#include "provisioner/adapter/wifi-wpa-join.h"
#include "provisioner/adapter/wifi-wpa-networks.h"
#include "provisioner/adapter/wifi-wpa-scan.h"
#include "provisioner/adapter/wifi-wpa-undo.h"

#include <string.h>

#define SCAN_MAX_MS 15000 /* for the scan itself */
#define LIST_MS     2000  /* of the core's patience, for listing what is known by then */
#define JOIN_MIN_MS 1000  /* for an attempt that begins anew */
#define RETURN_MS   30000 /* to be back on a network that hides its name */

typedef struct WifiWpa {
	Bus *bus;
	WifiWpaInterfaces *interfaces;
	unsigned int join_timeout_ms;
	const WifiEvents *events;
	void *data;

	WifiWpaInterface *interface; /* borrowed, NULL: none */
	char *path;                  /* of it */
	NetLink *link;
	WifiWpaNetworks *networks;
	bool ready;
	WifiWpaScan *scan;
	int64_t scanned_us; /* when the last scan was over, 0: never */
	bool awaited;       /* the core waits for the scan */
	guint limit;        /* how long it does */
	WifiWpaJoin *join;
	WifiCredentials *wanted; /* what is being joined, NULL: nothing. Passphrase owned */
	guint join_limit;
	int64_t join_until_us;
	char *joined; /* network the last join that succeeded left behind, NULL: none */
	bool latest;  /* no join was begun since */

	bool unsettled;       /* something may have to be taken back: the next list tells */
	bool known;           /* a list was looked through since the interface is there */
	GPtrArray *condemned; /* paths of networks to be removed */
	bool all_ours;        /* every one of ours is */
	bool reconnect;       /* one of them may be in use */
	bool save;            /* and the file written */
	bool patient;         /* nobody waits for the end of it */
	WifiWpaUndo *undo;
	bool undone;  /* once: what is still there then has been refused */
	Retry *again; /* of what was */

	bool resetting; /* forget_all() is under way */
	bool all_saved; /* the file may have more of ours than the list */
	char *refusal;  /* what wpa_supplicant says to it, NULL: nothing yet */
	DiskSync *sync;
} WifiWpa;

static WifiWpaContext wpa_context(const WifiWpa *wpa)
{
	return (WifiWpaContext){ wpa->bus, wpa->interface, wpa->networks, wpa->link };
}

static const WpaInterfaceState *wpa_state(const WifiWpa *wpa)
{
	return wifi_wpa_interface_state(wpa->interface);
}

/* ---- scanning ---- */

/* The core has its answer: what was seen, or the error. */
static void report_scan(WifiWpa *wpa, const GArray *list, const GError *error)
{
	g_autoptr(GArray) networks = g_array_new(false, false, sizeof(WifiNetwork));

	if (!wpa->awaited)
		return;
	wpa->awaited = false;
	g_clear_handle_id(&wpa->limit, g_source_remove);
	if (error)
		g_warning("Wi-Fi scan failed: %s", error->message);
	for (guint i = 0; list && i < list->len; i++) {
		const WpaBss *bss = &g_array_index(list, WpaBss, i);

		if (!bss->nameless)
			g_array_append_val(networks, bss->network);
	}
	wpa->events->scanned((const WifiNetwork *)(const void *)networks->data, networks->len,
			     error, wpa->data);
}

static void on_scanned(const GArray *list, const GError *error, void *data)
{
	WifiWpa *wpa = data;
	g_autoptr(WifiWpaScan) scan G_GNUC_UNUSED = g_steal_pointer(&wpa->scan);

	report_scan(wpa, list, error);
}

/* The scan takes longer than the core can wait: what is known by now must do. */
static gboolean on_limit(gpointer data)
{
	WifiWpa *wpa = data;

	wpa->limit = 0;
	wifi_wpa_scan_hurry(wpa->scan, LIST_MS);
	return G_SOURCE_REMOVE;
}

static bool is_fresh(const WifiWpa *wpa)
{
	return wpa->scanned_us && g_get_monotonic_time() - wpa->scanned_us <
					  WIFI_WPA_FRESH_MS * G_GINT64_CONSTANT(1000);
}

static void wpa_look_around(void *wifi)
{
	WifiWpa *wpa = wifi;
	WifiWpaContext context = wpa_context(wpa);

	if (wpa->ready && !wpa->scan)
		wpa->scan = wifi_wpa_scan_new(&context, NULL, is_fresh(wpa), SCAN_MAX_MS,
					      on_scanned, wpa);
}

/* ---- taking back ---- */

/* Look through the list anew, and take back what does not belong there. */
static void wpa_unsettle(WifiWpa *wpa)
{
	if (!wpa->networks)
		return;
	wpa->unsettled = true;
	if (!wpa->undo)
		wifi_wpa_networks_read(wpa->networks);
}

static void condemn(WifiWpa *wpa, const char *path)
{
	g_ptr_array_add(wpa->condemned, g_strdup(path));
}

static void wpa_pardon(WifiWpa *wpa)
{
	g_ptr_array_set_size(wpa->condemned, 0);
	wpa->all_ours = false;
	wpa->reconnect = false;
	wpa->save = false;
	wpa->all_saved = false;
	wpa->patient = false;
}

/* Somebody waits: for another join, or for our end. */
static void wpa_hurry(WifiWpa *wpa)
{
	wpa->patient = false;
	if (wpa->undo)
		wifi_wpa_undo_hurry(wpa->undo);
}

/* @error: NULL: nothing of ours is left */
static void reset_end(WifiWpa *wpa, const GError *error)
{
	wpa->resetting = false;
	g_clear_pointer(&wpa->refusal, g_free);
	disk_sync_cancel(wpa->sync);
	wpa->sync = NULL;
	wpa->events->forgotten(error, wpa->data);
}

static void on_reset_synced(void *data)
{
	WifiWpa *wpa = data;
	g_autoptr(GError) error = NULL;

	wpa->sync = NULL;
	if (wpa->refusal)
		g_set_error(&error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "wpa_supplicant does not forget what was added here: %s", wpa->refusal);
	reset_end(wpa, error);
	if (!wpa->unsettled)
		wpa->events->idle(wpa->data);
}

static void reset_settle(WifiWpa *wpa)
{
	if (wpa->resetting && !wpa->sync)
		wpa->sync = disk_sync_start(on_reset_synced, wpa);
}

static void note_refusal(WifiWpa *wpa, const char *problem)
{
	if (problem && wpa->resetting && !wpa->refusal)
		wpa->refusal = g_strdup(problem);
}

static void on_undone(void *data)
{
	WifiWpa *wpa = data;

	note_refusal(wpa, wifi_wpa_undo_problem(wpa->undo));
	if (!wpa_state(wpa)->may_save)
		note_refusal(wpa, "it may not write its file, which lacks update_config=1");
	g_clear_pointer(&wpa->undo, wifi_wpa_undo_free);
	if (!wpa->undone) {
		wpa->undone = true;
		wifi_wpa_networks_read(wpa->networks);
		return;
	}
	retry_later(wpa->again);
	reset_settle(wpa); /* it does not wait for what is refused */
}

static void on_again(void *data)
{
	WifiWpa *wpa = data;

	wifi_wpa_networks_read(wpa->networks);
}

static void undone_forget(WifiWpa *wpa)
{
	wpa->undone = false;
	retry_reset(wpa->again);
}

static void join_start(WifiWpa *wpa);
static gboolean on_join_limit(gpointer data);

/* Returns false while something is being taken back. */
static bool wpa_settle(WifiWpa *wpa)
{
	bool begun = wpa->join && wifi_wpa_join_has_begun(wpa->join);
	const char *keep = begun ? wifi_wpa_join_network(wpa->join) : NULL;
	const WpaUndoPlan plan = {
		.keep = keep,
		.condemned = wpa->condemned,
		.all_ours = wpa->all_ours,
		.all_saved = wpa->all_saved,
		.reconnect = wpa->reconnect,
		.save = (wpa->save || !wpa->known) && wpa_state(wpa)->may_save,
		.patience_ms = wpa->patient ? MIN(wpa->join_timeout_ms, RETURN_MS) : 0,
	};

	/* The attempt does not know yet which network is its own. */
	if (wpa->undo || (begun && !keep))
		return false;
	wpa->undo = wifi_wpa_undo_new(wpa->bus, wpa->path, wifi_wpa_networks_list(wpa->networks),
				      &plan, on_undone, wpa);
	if (wpa->undo && !wpa->known)
		g_message("taking back the network of an unfinished attempt");
	wpa->known = true;
	wpa_pardon(wpa);
	if (wpa->undo) {
		wpa->scanned_us = 0; /* wpa_supplicant may be told to drop what it heard */
		return false;
	}
	undone_forget(wpa);
	reset_settle(wpa);
	if (wpa->unsettled) {
		wpa->unsettled = false;
		if (!wpa->resetting)
			wpa->events->idle(wpa->data);
	}
	return true;
}

/* ---- the interface ---- */

/* The interface is gone: a scan fails, a join waits. */
static void wpa_drop(WifiWpa *wpa)
{
	bool was_ready = wpa->ready;
	bool was_unsettled = wpa->unsettled || wpa->resetting;
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
						      "the Wi-Fi interface went away");

	wpa->ready = false;
	wpa->unsettled = false;
	wpa->known = false;
	wpa->scanned_us = 0;
	g_clear_pointer(&wpa->scan, wifi_wpa_scan_free);
	g_clear_pointer(&wpa->join, wifi_wpa_join_free);
	g_clear_pointer(&wpa->undo, wifi_wpa_undo_free);
	g_clear_pointer(&wpa->networks, wifi_wpa_networks_free);
	g_clear_pointer(&wpa->link, net_link_free);
	g_clear_pointer(&wpa->path, g_free);
	g_clear_pointer(&wpa->joined, g_free); /* networks are numbered anew */
	wpa->interface = NULL;
	wpa_pardon(wpa);
	undone_forget(wpa);
	/* Its time is up already: it does not wait for another interface. */
	if (wpa->wanted && !wpa->join_limit)
		wpa->join_limit = g_idle_add(on_join_limit, wpa);
	report_scan(wpa, NULL, error);
	if (wpa->resetting)
		reset_end(wpa, error);
	if (was_unsettled)
		wpa->events->idle(wpa->data);
	if (was_ready)
		wpa->events->lost(wpa->data);
}

static void wpa_consider(WifiWpa *wpa)
{
	if (wpa->ready || !wpa->interface || !wifi_wpa_networks_list(wpa->networks) ||
	    !net_link_state(wpa->link)->present)
		return;
	wpa->ready = true;
	if (!wpa_state(wpa)->may_save)
		g_message("wpa_supplicant may not write %s: no network can be added before "
			  "update_config=1 is set there",
			  wpa_state(wpa)->config_file);
	wpa->events->ready(wpa->data);
}

static void on_networks(void *data)
{
	WifiWpa *wpa = data;
	bool settled = wpa_settle(wpa);

	wpa_consider(wpa);
	if (settled && wpa->ready && wpa->wanted && !wpa->join)
		join_start(wpa);
	wpa->events->changed(wpa->data);
}

static void on_link(void *data)
{
	WifiWpa *wpa = data;
	bool was_ready = wpa->ready;

	wpa_consider(wpa);
	if (wpa->ready && !was_ready && wpa->wanted && !wpa->undo)
		wifi_wpa_networks_read(wpa->networks);
	if (wpa->join)
		wifi_wpa_join_link_changed(wpa->join);
	wpa->events->changed(wpa->data);
}

static void take_interface(WifiWpa *wpa, WifiWpaInterface *interface, const char *path)
{
	wpa_drop(wpa);
	if (!interface)
		return;
	wpa->interface = interface;
	wpa->path = g_strdup(path);
	wpa->link = net_link_new(wpa_state(wpa)->ifname, on_link, wpa);
	wpa->networks = wifi_wpa_networks_new(wpa->bus, path, on_networks, wpa);
}

static void on_interfaces(void *data)
{
	WifiWpa *wpa = data;
	WifiWpaInterface *interface = wifi_wpa_interfaces_pick(wpa->interfaces);
	const char *path = interface ? wifi_wpa_interface_path(interface) : NULL;

	if (interface != wpa->interface || g_strcmp0(path, wpa->path) != 0)
		take_interface(wpa, interface, path);
	wpa->events->changed(wpa->data);
}

static void on_facts(unsigned int facts, void *data)
{
	WifiWpa *wpa = data;

	if (!wpa->interface)
		return;
	if (facts & WPA_FACT_SCAN_DONE)
		wpa->scanned_us = g_get_monotonic_time();
	if ((facts & WPA_FACT_NETWORKS) && !wpa->undo)
		wifi_wpa_networks_read(wpa->networks);
	if (wpa->scan)
		wifi_wpa_scan_facts(wpa->scan, facts);
	if (wpa->join)
		wifi_wpa_join_facts(wpa->join, facts);
	if (facts & WPA_FACT_STATE) {
		if (wpa->undo && wpa_state(wpa)->state == WPA_STATE_COMPLETED)
			wifi_wpa_undo_connected(wpa->undo);
		wpa->events->changed(wpa->data);
	}
}

static void on_vanished(void *data)
{
	wpa_drop(data);
}

static void *wpa_new(Bus *bus, const WifiSettings *settings, const WifiEvents *events, void *data)
{
	static const WifiWpaInterfacesEvents interfaces_events = { on_interfaces, on_facts,
								   on_vanished };
	WifiWpa *wpa = g_new0(WifiWpa, 1);

	wpa->bus = bus;
	wpa->join_timeout_ms = settings->join_timeout_ms;
	wpa->events = events;
	wpa->data = data;
	wpa->condemned = g_ptr_array_new_with_free_func(g_free);
	wpa->again = retry_new(on_again, wpa);
	wpa->interfaces =
		wifi_wpa_interfaces_new(bus, settings->interface, &interfaces_events, wpa);
	return wpa;
}

static void wpa_free(void *wifi)
{
	WifiWpa *wpa = wifi;

	if (!wpa)
		return;
	g_clear_handle_id(&wpa->limit, g_source_remove);
	g_clear_handle_id(&wpa->join_limit, g_source_remove);
	wifi_wpa_scan_free(wpa->scan);
	wifi_wpa_join_free(wpa->join);
	wifi_wpa_undo_free(wpa->undo);
	retry_free(wpa->again);
	wifi_wpa_networks_free(wpa->networks);
	net_link_free(wpa->link);
	wifi_wpa_interfaces_free(wpa->interfaces);
	g_clear_pointer(&wpa->wanted, wifi_credentials_free);
	g_ptr_array_unref(wpa->condemned);
	disk_sync_cancel(wpa->sync);
	g_free(wpa->refusal);
	g_free(wpa->path);
	g_free(wpa->joined);
	g_free(wpa);
}

static const char *wpa_problem(const void *wifi)
{
	const WifiWpa *wpa = wifi;

	if (!wpa->interface)
		return wifi_wpa_interfaces_problem(wpa->interfaces);
	if (!net_link_state(wpa->link)->known)
		return "the kernel is being asked for the addresses of wpa_supplicant's interface";
	if (!net_link_state(wpa->link)->present)
		return "wpa_supplicant's interface is not there";
	return "wpa_supplicant is being asked for its networks";
}

static bool wpa_scan(void *wifi, GError **error)
{
	WifiWpa *wpa = wifi;

	if (!wpa->ready) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, wpa_problem(wpa));
		return false;
	}
	wpa_look_around(wpa);
	wpa->awaited = true;
	if (!wpa->limit)
		wpa->limit = g_timeout_add(WIFI_SCAN_LIMIT_MS - LIST_MS, on_limit, wpa);
	return true;
}

/* ---- joining ---- */

/* No attempt is under way any more. */
static void join_end(WifiWpa *wpa)
{
	g_autoptr(WifiWpaJoin) join = g_steal_pointer(&wpa->join);

	g_clear_handle_id(&wpa->join_limit, g_source_remove);
	g_clear_pointer(&wpa->wanted, wifi_credentials_free);
	if (!join || !wifi_wpa_join_has_begun(join))
		return;
	if (wifi_wpa_join_network(join))
		condemn(wpa, wifi_wpa_join_network(join));
	wpa->save = wpa->save || wifi_wpa_join_is_saving(join);
	wpa->reconnect = true;
	wpa_unsettle(wpa);
}

/* Older networks of ours with the same name: the new one has taken their place. */
static void condemn_superseded(WifiWpa *wpa, const char *path)
{
	const GPtrArray *list = wifi_wpa_networks_list(wpa->networks);
	g_autoptr(GBytes) ssid = g_bytes_new(wpa->wanted->ssid, wpa->wanted->ssid_len);

	for (guint i = 0; list && i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (strcmp(network->path, path) == 0 || !network->ours || !network->ssid ||
		    !g_bytes_equal(network->ssid, ssid))
			continue;
		condemn(wpa, network->path);
		wpa->save = true;
		wpa->unsettled = true;
	}
}

/* The network has become what the file says. */
static void join_keep(WifiWpa *wpa)
{
	g_autoptr(WifiWpaJoin) join = g_steal_pointer(&wpa->join);

	g_free(wpa->joined);
	wpa->joined = g_strdup(wifi_wpa_join_network(join));
	wpa->latest = true;
	condemn_superseded(wpa, wpa->joined);
	join_end(wpa);
	wifi_wpa_networks_read(wpa->networks);
}

static void on_joined(const WifiLink *link, WifiFailure failure, void *data)
{
	WifiWpa *wpa = data;
	const WifiLink copy = link ? *link : (WifiLink){ 0 };

	if (link) {
		join_keep(wpa);
		wpa->events->joined(&copy, wpa->data);
	} else {
		join_end(wpa);
		wpa->patient = true;
		wpa->events->join_failed(failure, wpa->data);
	}
}

static gboolean on_join_limit(gpointer data)
{
	WifiWpa *wpa = data;

	wpa->join_limit = 0;
	/* While wpa_supplicant is at work, the attempt itself knows best why it is late. */
	if (!wpa->join) {
		join_end(wpa);
		wpa->events->join_failed(WIFI_FAILURE_OTHER, wpa->data);
	}
	return G_SOURCE_REMOVE;
}

static void join_start(WifiWpa *wpa)
{
	WifiWpaContext context = wpa_context(wpa);
	int64_t left_ms = (wpa->join_until_us - g_get_monotonic_time()) / 1000;

	wpa->join = wifi_wpa_join_new(&context, wpa->wanted,
				      (unsigned int)MAX(left_ms, JOIN_MIN_MS), on_joined, wpa);
}

/* It starts once the list is known and nothing of an attempt before is left in it. */
static bool wpa_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	WifiWpa *wpa = wifi;

	join_end(wpa);
	wpa_hurry(wpa);
	wpa->latest = false;
	wpa->wanted = wifi_credentials_copy(credentials);
	wpa->join_limit = g_timeout_add(wpa->join_timeout_ms, on_join_limit, wpa);
	wpa->join_until_us =
		g_get_monotonic_time() + wpa->join_timeout_ms * G_GINT64_CONSTANT(1000);
	if (!wpa->ready)
		g_message("joining as soon as possible: %s", wpa_problem(wpa));
	else if (!wpa->undo)
		wifi_wpa_networks_read(wpa->networks);
	return true;
}

static void wpa_cancel(void *wifi)
{
	WifiWpa *wpa = wifi;

	wpa->awaited = false;
	g_clear_handle_id(&wpa->limit, g_source_remove);
	g_clear_pointer(&wpa->scan, wifi_wpa_scan_free);
	join_end(wpa);
	wpa_hurry(wpa);
}

static void wpa_forget(void *wifi)
{
	WifiWpa *wpa = wifi;

	/* A join that failed has left nothing, and what an earlier one left is not its to take. */
	if (!wpa->latest || !wpa->joined)
		return;
	condemn(wpa, wpa->joined);
	g_clear_pointer(&wpa->joined, g_free);
	wpa->reconnect = true;
	wpa->save = true;
	wpa_unsettle(wpa);
}

static void wpa_forget_all(void *wifi, bool again)
{
	WifiWpa *wpa = wifi;

	wpa_cancel(wpa);
	g_clear_pointer(&wpa->joined, g_free);
	wpa->all_ours = true;
	wpa->all_saved = again;
	wpa->reconnect = true;
	wpa->save = true;
	wpa->resetting = true;
	undone_forget(wpa);
	wpa_unsettle(wpa);
}

/* ---- what there is to know ---- */

static bool wpa_is_busy(const void *wifi)
{
	const WifiWpa *wpa = wifi;

	return wpa->unsettled || wpa->resetting;
}

static bool wpa_is_ready(const void *wifi)
{
	const WifiWpa *wpa = wifi;

	return wpa->ready;
}

static bool wpa_is_online(const void *wifi)
{
	const WifiWpa *wpa = wifi;
	const NetLinkState *link = wpa->ready ? net_link_state(wpa->link) : NULL;

	return link && wpa_state(wpa)->state == WPA_STATE_COMPLETED &&
	       (link->ip4.there || link->ip6.there);
}

/* During a trial the others are disabled, but only for its time. */
static bool wpa_is_provisioned(const void *wifi)
{
	const WifiWpa *wpa = wifi;
	const GPtrArray *list = wpa->networks ? wifi_wpa_networks_list(wpa->networks) : NULL;

	for (guint i = 0; list && i < list->len; i++) {
		const WpaConfigured *network = g_ptr_array_index(list, i);

		if (network->trial ? network->before->len > 0
				   : network->enabled && network->infrastructure)
			return true;
	}
	return false;
}

static const char *wpa_interface(const void *wifi)
{
	const WifiWpa *wpa = wifi;

	return wpa->ready ? wpa_state(wpa)->ifname : "";
}

static bool wpa_mac(const void *wifi, uint8_t mac[WIFI_BSSID_LEN])
{
	const WifiWpa *wpa = wifi;

	if (!wpa->link || !net_link_state(wpa->link)->has_mac)
		return false;
	memcpy(mac, net_link_state(wpa->link)->mac, WIFI_BSSID_LEN);
	return true;
}

const WifiBackend wifi_wpa_backend = {
	.port = {
		.name = "wpa_supplicant",
		.scan = wpa_scan,
		.join = wpa_join,
		.cancel = wpa_cancel,
		.forget = wpa_forget,
	},
	.new = wpa_new,
	.free = wpa_free,
	.is_busy = wpa_is_busy,
	.is_ready = wpa_is_ready,
	.is_provisioned = wpa_is_provisioned,
	.is_online = wpa_is_online,
	.look_around = wpa_look_around,
	.forget_all = wpa_forget_all,
	.interface = wpa_interface,
	.mac = wpa_mac,
	.problem = wpa_problem,
};
