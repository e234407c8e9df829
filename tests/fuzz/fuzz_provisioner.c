/* SPDX-License-Identifier: MIT */
/*
 * fuzz_provisioner - any sequence of events at the whole service, over security 1 with known keys
 *
 *   events, one after the other: kind (1), then what it takes: a length (1) and octets, a number
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/wire.h"
#include "tests/fuzz/cursor.h"
#include "tests/unit/provisioner/support.h"

#define OTHER_PEER "/org/bluez/hci0/dev_66_77_88_99_AA_BB"
#define EVENTS_MAX 200
#define PASS_US    100000 /* one unit of time */

typedef enum Event {
	EVENT_CONNECTED,
	EVENT_GONE,
	EVENT_WRITE, /* octets as they travel */
	EVENT_ASK,   /* octets the phone encrypts */
	EVENT_OPEN,
	EVENT_SCANNED,
	EVENT_SCAN_FAILED,
	EVENT_JOINED,
	EVENT_JOIN_FAILED,
	EVENT_PASS,
	EVENT_RESTART,
	EVENT_REFUSE,
	EVENT_BREAK_RANDOM,
	EVENT_N,
} Event;

typedef struct Run {
	Bench *bench;
	Cursor cursor;
	unsigned int requests; /* to come to as many answers in the end */
	bool sealed;           /* the reply that is due, or there, is encrypted */
} Run;

static GBytes *take_octets(Cursor *cursor)
{
	size_t len = (size_t)cursor_take_u8(cursor) * 2;

	len = MIN(len, cursor->len);
	return g_bytes_new(cursor_take(cursor, len), len);
}

static const char *take_peer(Cursor *cursor)
{
	return cursor_take_u8(cursor) & 1 ? OTHER_PEER : BENCH_PEER;
}

static void on_write(Run *run)
{
	const char *peer = take_peer(&run->cursor);
	EndpointId endpoint = cursor_take_u8(&run->cursor) % (ENDPOINT_N + 1);
	g_autoptr(GBytes) in = take_octets(&run->cursor);

	run->requests++;
	run->sealed = false;
	bench_write(run->bench, peer, endpoint, in);
}

static void on_ask(Run *run)
{
	EndpointId endpoint = cursor_take_u8(&run->cursor) % ENDPOINT_N;
	g_autoptr(GBytes) in = take_octets(&run->cursor);
	g_autofree char *hex = hex_of(g_bytes_get_data(in, NULL), g_bytes_get_size(in));

	if (!run->bench->stream)
		return;
	run->requests++;
	run->sealed = endpoint != ENDPOINT_PROTO_VER && endpoint != ENDPOINT_PROV_SESSION;
	bench_ask(run->bench, endpoint, hex);
}

static void on_scanned(Run *run)
{
	WifiNetwork networks[16] = { { .ssid_len = 0 } };
	size_t n = cursor_take_u8(&run->cursor) % (G_N_ELEMENTS(networks) + 1);

	for (size_t i = 0; i < n; i++) {
		networks[i].ssid_len = cursor_take_u8(&run->cursor);
		networks[i].ssid[0] = cursor_take_u8(&run->cursor);
		networks[i].rssi_dbm = (int8_t)cursor_take_u8(&run->cursor);
		networks[i].auth = (WifiAuth)cursor_take_u8(&run->cursor);
		networks[i].channel = cursor_take_be16(&run->cursor);
	}
	provisioner_on_scan(run->bench->provisioner, networks, n, NULL, run->bench->now_us);
}

static void on_back_end(Run *run, Event event)
{
	Provisioner *provisioner = run->bench->provisioner;
	g_autoptr(GError) error = g_error_new_literal(PROV_ERROR, PROV_ERROR_STATE, "radio off");
	WifiLink link = fake_link();

	if (event == EVENT_SCANNED)
		on_scanned(run);
	else if (event == EVENT_SCAN_FAILED)
		provisioner_on_scan(provisioner, NULL, 0, error, run->bench->now_us);
	else if (event == EVENT_JOINED)
		provisioner_on_joined(provisioner, &link, run->bench->now_us);
	else
		provisioner_on_join_failed(provisioner, cursor_take_u8(&run->cursor) % 5,
					   run->bench->now_us);
}

static void on_event(Run *run, Event event)
{
	Bench *bench = run->bench;

	switch (event) {
	case EVENT_CONNECTED:
		provisioner_peer_connected(bench->provisioner, take_peer(&run->cursor),
					   bench->now_us);
		break;
	case EVENT_GONE:
		provisioner_peer_gone(bench->provisioner, take_peer(&run->cursor), bench->now_us);
		break;
	case EVENT_WRITE: on_write(run); break;
	case EVENT_ASK: on_ask(run); break;
	case EVENT_OPEN:
		run->requests += 2;
		run->sealed = false;
		bench_try_open(bench);
		break;
	case EVENT_SCANNED:
	case EVENT_SCAN_FAILED:
	case EVENT_JOINED:
	case EVENT_JOIN_FAILED: on_back_end(run, event); break;
	case EVENT_PASS: bench_pass(bench, cursor_take_u8(&run->cursor) * PASS_US); break;
	case EVENT_RESTART:
		if (cursor_take_u8(&run->cursor) & 1)
			provisioner_stop(bench->provisioner, bench->now_us);
		provisioner_start(bench->provisioner, bench->now_us);
		break;
	case EVENT_REFUSE: bench->wifi.refuses = !bench->wifi.refuses; break;
	case EVENT_BREAK_RANDOM: bench->random.broken = !bench->random.broken; break;
	case EVENT_N: g_assert_not_reached();
	}
}

/* What holds whatever happened. */
static void check(Run *run)
{
	Bench *bench = run->bench;

	g_assert_cmpuint(bench->answers, <=, run->requests);
	g_assert_cmpuint(bench->answers + 1, >=, run->requests);
	g_assert_nonnull(bench_state(bench));
	if (bench->reply)
		g_assert_cmpuint(g_bytes_get_size(bench->reply), <=, WIRE_MAX);
	if (bench->reply && run->sealed) { /* keep the phone's keystream beside ours */
		g_bytes_unref(bench_clear_reply(bench));
		run->sealed = false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Run run = { .bench = bench_new(1), .cursor = cursor_init_data(data, size) };

	for (unsigned int i = 0; i < EVENTS_MAX && run.cursor.len > 0; i++) {
		on_event(&run, cursor_take_u8(&run.cursor) % EVENT_N);
		check(&run);
	}
	provisioner_free(run.bench->provisioner);
	run.bench->provisioner = NULL;
	g_assert_cmpuint(run.bench->answers, ==, run.requests);
	bench_free(run.bench);
	return 0;
}
