/* SPDX-License-Identifier: MIT */
/*
 * fuzz_bus_wifi - a manager of Wi-Fi that answers and says anything, in any order, to its back end
 *
 *   how long the phone's passphrase is (1), then events: kind (1), and what it takes
 *
 * Built once for each back end, with FUZZ_BACKEND and FUZZ_WORLD. The back end is the one that is
 * shipped, on a real connection; the bus, the service, time and the kernel are the fuzzer's. What
 * must hold whatever the service does: nothing is told that was not asked for, each scan and each
 * join ends once, what is told is within its bounds, and nothing is left undone in the end.
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/adapter/wifi-iwd.h"
#include "provisioner/adapter/wifi-nm.h"
#include "provisioner/adapter/wifi-wpa.h"
#include "tests/fuzz/bus-stage.h"
#include "tests/fuzz/bus-worlds.h"

#include <glib/gstdio.h>
#include <string.h>

#define EVENTS_MAX 200
#define ROUNDS_MAX 300 /* until all is over, once the service behaves */
#define TIMEOUT_MS 60000

typedef enum Event {
	EVENT_ALL_WELL, /* see world_all_well() */
	EVENT_ANSWER,   /* see world_answer() */
	EVENT_REFUSE,   /* see world_refuse() */
	EVENT_SPEAK,    /* see world_speak() */
	EVENT_SCAN,
	EVENT_JOIN, /* what (1) */
	EVENT_CANCEL,
	EVENT_FORGET,
	EVENT_FORGET_ALL,
	EVENT_LOOK,
	EVENT_PASS,
	EVENT_COME_OR_GO,
	EVENT_ADDRESS, /* which (1) */
	EVENT_AIR,     /* how (1) */
	EVENT_HANG_UP,
	EVENT_N,
} Event;

typedef struct Run {
	Cursor cursor;
	BusSide *side;
	Bus *bus;
	void *wifi;
	char *folder;
	size_t passphrase_len;
	bool ready;
	bool scanning;
	bool resetting;
	bool again; /* the last reset failed */
	bool joining;
	bool over; /* the bus is lost */
} Run;

static const WifiBackend *const backend = &FUZZ_BACKEND;
static const BusWorld *const world = &FUZZ_WORLD;

/* ---- what the back end tells ---- */

static void on_ready(void *data)
{
	Run *run = data;

	g_assert_false(run->ready);
	run->ready = true;
}

static void on_lost(void *data)
{
	Run *run = data;

	g_assert_true(run->ready);
	run->ready = false;
}

static void check_network(const WifiNetwork *network)
{
	g_assert_cmpuint(network->ssid_len, <=, WIFI_SSID_MAX);
	g_assert_cmpint(network->rssi_dbm, <=, 0);
	g_assert_cmpint(network->auth, <=, WIFI_AUTH_WPA2_WPA3);
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	Run *run = data;

	g_assert_true(run->scanning);
	g_assert_true(!error || n_networks == 0);
	for (size_t i = 0; i < n_networks; i++)
		check_network(&networks[i]);
	run->scanning = false;
}

static void on_joined(const WifiLink *link, void *data)
{
	Run *run = data;

	g_assert_true(run->joining);
	g_assert_nonnull(memchr(link->ip4, '\0', sizeof(link->ip4)));
	check_network(&link->network);
	run->joining = false;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	Run *run = data;

	g_assert_true(run->joining);
	g_assert_cmpint(failure, <=, WIFI_FAILURE_OTHER);
	run->joining = false;
}

static void on_idle(void *data)
{
	Run *run = data;

	g_assert_false(backend->is_busy(run->wifi));
}

static void on_forgotten(const GError *error, void *data)
{
	Run *run = data;

	g_assert_true(run->resetting);
	run->resetting = false;
	run->again = error != NULL;
}

/* What may be asked at any time. */
static void on_changed(void *data)
{
	Run *run = data;
	uint8_t mac[WIFI_BSSID_LEN];

	if (!run->wifi)
		return;
	backend->is_provisioned(run->wifi);
	backend->is_online(run->wifi);
	backend->mac(run->wifi, mac);
	g_assert_nonnull(backend->interface(run->wifi));
	g_assert_nonnull(backend->problem(run->wifi));
	g_assert_true(backend->is_ready(run->wifi) == run->ready);
}

/* ---- what it is asked ---- */

static void scan(Run *run)
{
	g_autoptr(GError) error = NULL;

	if (run->scanning)
		return;
	run->scanning = backend->port.scan(run->wifi, &error);
	g_assert_true(run->scanning == !error);
}

static WifiEnterprise *enterprise_new(void)
{
	WifiEnterprise *enterprise = g_new0(WifiEnterprise, 1);

	enterprise->identity = g_strdup("device");
	enterprise->ca_path = g_strdup("/ca.pem");
	enterprise->cert_path = g_strdup("/cert.pem");
	enterprise->key_path = g_strdup("/key.pem");
	return enterprise;
}

static void join(Run *run, uint8_t what)
{
	static const char *const names[] = { "Lab", "T", "Hid", "Office", "Caf", "Nobody" };
	const char *name = names[what % G_N_ELEMENTS(names)];
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(name) };
	g_autofree char *passphrase = g_strnfill(run->passphrase_len, 'p');
	g_autoptr(GError) error = NULL;

	if (run->joining)
		return;
	memcpy(credentials.ssid, name, credentials.ssid_len);
	if (run->passphrase_len > 0)
		credentials.passphrase = secret_new(passphrase, run->passphrase_len);
	if (what & 0x80)
		credentials.enterprise = enterprise_new();
	if (what & 0x40)
		memcpy(credentials.bssid, "\2\0\0\0\0\1", WIFI_BSSID_LEN);
	run->joining = backend->port.join(run->wifi, &credentials, &error);
	g_assert_true(run->joining == !error);
	secret_free(credentials.passphrase);
	wifi_enterprise_free(credentials.enterprise);
}

static void cancel(Run *run)
{
	backend->port.cancel(run->wifi);
	run->scanning = false;
	run->joining = false;
}

static void forget_all(Run *run)
{
	if (run->resetting || !run->ready)
		return;
	run->resetting = true;
	backend->forget_all(run->wifi, run->again);
	run->scanning = false;
	run->joining = false;
}

/* ---- events ---- */

static void on_event(Run *run, Event event)
{
	switch (event) {
	case EVENT_ALL_WELL: world_all_well(world, run->side); break;
	case EVENT_ANSWER: world_answer(world, run->side, &run->cursor); break;
	case EVENT_REFUSE: world_refuse(world, run->side, &run->cursor); break;
	case EVENT_SPEAK: world_speak(world, run->side, &run->cursor); break;
	case EVENT_SCAN: scan(run); break;
	case EVENT_JOIN: join(run, cursor_take_u8(&run->cursor)); break;
	case EVENT_CANCEL: cancel(run); break;
	case EVENT_FORGET: backend->port.forget(run->wifi); break;
	case EVENT_FORGET_ALL: forget_all(run); break;
	case EVENT_LOOK: backend->look_around(run->wifi); break;
	case EVENT_PASS: stage_pass(); break;
	case EVENT_COME_OR_GO: side_own(run->side, !side_is_there(run->side)); break;
	case EVENT_ADDRESS: stage_address(cursor_take_u8(&run->cursor)); break;
	case EVENT_AIR: stage_hear(cursor_take_u8(&run->cursor) % 3); break;
	case EVENT_HANG_UP:
		side_hang_up(run->side);
		run->over = true;
		break;
	case EVENT_N: break;
	}
	side_settle(run->side);
	on_changed(run);
}

/* From here on the service behaves, and time passes: what was begun ends. */
static void end(Run *run)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (run->over || (!run->scanning && !run->joining && !run->resetting &&
				  !backend->is_busy(run->wifi)))
			return;
		world_all_well(world, run->side);
		side_settle(run->side);
		if (side_calls(run->side)->len == 0)
			stage_pass();
		side_settle(run->side);
	}
	g_error("%s%s%s never ends", run->scanning ? "scan " : "", run->joining ? "join " : "",
		backend->is_busy(run->wifi) ? "undoing" : "");
}

/* By us too: a message that no bus would pass on. */
static void on_disconnected(Bus *bus, const GError *error, void *data)
{
	Run *run = data;

	run->over = true;
}

static void open_backend(Run *run)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed, on_forgotten };
	const WifiSettings settings = { "auto", TIMEOUT_MS, run->folder };
	g_autoptr(GError) error = NULL;

	stage_reset();
	run->folder = g_dir_make_tmp("landfall-fuzz-XXXXXX", &error);
	g_assert_no_error(error);
	run->side = side_new(world->service);
	run->bus = bus_open(side_address(run->side), NULL, on_disconnected, run, &error);
	g_assert_no_error(error);
	run->wifi = backend->new (run->bus, &settings, &events, run);
	side_settle(run->side);
}

static void close_backend(Run *run)
{
	g_autofree char *record = g_build_filename(run->folder, "wifi-iwd.record", NULL);

	backend->free(run->wifi);
	bus_free(run->bus);
	side_free(run->side);
	g_unlink(record);
	g_assert_cmpint(g_rmdir(run->folder), ==, 0);
	g_free(run->folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Run run = { .cursor = cursor_init_data(data, size) };

	run.passphrase_len = cursor_take_u8(&run.cursor) % (WIFI_PASSPHRASE_MAX + 1);
	open_backend(&run);
	for (unsigned int i = 0; i < EVENTS_MAX && run.cursor.len > 0 && !run.over; i++)
		on_event(&run, cursor_take_u8(&run.cursor) % EVENT_N);
	if (!run.over) /* else whoever owns the back end frees it */
		end(&run);
	close_backend(&run);
	return 0;
}
