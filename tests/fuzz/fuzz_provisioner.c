/* SPDX-License-Identifier: MIT */
/*
 * fuzz_provisioner - any sequence of events at the whole service, over sessions with known keys
 *
 *   events, one after the other: kind (1), then what it takes: a length (1) and octets, a number
 *
 * Built twice, with FUZZ_SECURITY 1 and 2. The phone encrypts for the fuzzer, so that what it makes
 * up arrives, and decrypts every answer: both sides' keystreams and counters have to agree whatever
 * happened before.
 */
#include "tests/fuzz/fuzz.h"

#include "provisioner/core/wire.h"
#include "tests/fuzz/cursor.h"
#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <string.h>

#define OTHER_PEER "/org/bluez/hci0/dev_66_77_88_99_AA_BB"
#define EVENTS_MAX 200
#define PASS_US    100000 /* one unit of time */
#define KEY_LEN    32
#define IV_LEN     12 /* session id, counter */
#define TAG_LEN    16

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
	EVENT_CANNED, /* a good request, an octet of it changed or not */
	EVENT_REPLAY, /* the last record again */
	EVENT_TAMPER, /* a record with an octet changed */
	EVENT_SKIP,   /* a record of a later counter */
	EVENT_COMMITTED,
	EVENT_REQUESTED,
	EVENT_AGENT,
	EVENT_N,
} Event;

typedef struct Run {
	Bench *bench;
	Cursor cursor;
	unsigned int requests; /* to come to as many answers in the end */
	bool sealed;           /* the reply that is due, or there, is encrypted */
	bool opened;           /* there was a session, its keys are known */
	uint32_t counter;      /* of the next record, security 2 */
	GBytes *record;        /* the last one the device took */
} Run;

/* Good requests: every command of every endpoint. */
typedef struct Canned {
	EndpointId endpoint;
	const char *hex;
} Canned;

static const Canned canned[] = {
	{ ENDPOINT_PROV_SCAN, "520408012078" },
	{ ENDPOINT_PROV_SCAN, "08026200" },
	{ ENDPOINT_PROV_SCAN, "080472021002" },
	{ ENDPOINT_PROV_SCAN, "0804720408041004" },
	{ ENDPOINT_PROV_CONFIG, "5200" },
	{ ENDPOINT_PROV_CONFIG, "080262160a07486f6d654e6574120b7365637265742d70617373" },
	{ ENDPOINT_PROV_CONFIG, "080262060a044f70656e" },
	{ ENDPOINT_PROV_CONFIG, "08047200" },
	{ ENDPOINT_PROV_CONFIG, "0804" },
	{ ENDPOINT_PROV_CTRL, "08015a00" },
	{ ENDPOINT_PROV_CTRL, "08036a00" },
	{ ENDPOINT_PROTO_VER, "455350" },
	{ ENDPOINT_LANDFALL_STORE, "0800" },
	/* a certificate: abc */
	{ ENDPOINT_LANDFALL_STORE,
	  "0802522b0a01011226080410031a20"
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ ENDPOINT_LANDFALL_STORE, "08045a0a0a010110042203616263" },
	{ ENDPOINT_LANDFALL_STORE, "080662030a0101" },
	{ ENDPOINT_LANDFALL_STORE, "08086a030a0101" },
	{ ENDPOINT_LANDFALL_STORE, "080a72070a0567772d3137" },
	{ ENDPOINT_LANDFALL_STORE, "080c7a00" },
	{ ENDPOINT_LANDFALL_STATUS, "0800" },
};

/* ---- records ---- */

/* AES-256-GCM with the key of the transcript, one way or the other; NULL when the tag is wrong. */
static GBytes *gcm(uint32_t counter, GBytes *in, bool encrypt)
{
	g_autoptr(GBytes) key = hex_bytes(VECTOR_SRP_K);
	g_autoptr(GBytes) id = hex_bytes(VECTOR_SEC2_SESSION_ID);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint32_t number = GUINT32_TO_BE(counter);
	uint8_t iv[IV_LEN] = { 0 };
	size_t size = g_bytes_get_size(in);
	g_autofree uint8_t *out = g_malloc0(size + TAG_LEN);
	const uint8_t *octets = g_bytes_get_data(in, NULL);
	size_t text = encrypt ? size : size - TAG_LEN;
	int len = 0;
	bool good = false;

	memcpy(iv, g_bytes_get_data(id, NULL), IV_LEN - sizeof(number));
	memcpy(iv + IV_LEN - sizeof(number), &number, sizeof(number));
	EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), g_bytes_get_data(key, NULL), iv, encrypt,
			   NULL);
	if (!encrypt)
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LEN,
				    (void *)(uintptr_t)(octets + text));
	if (text > 0)
		EVP_CipherUpdate(context, out, &len, octets, (int)text);
	good = EVP_CipherFinal_ex(context, out + len, &len) == 1;
	if (encrypt)
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LEN, out + text);
	EVP_CIPHER_CTX_free(context);
	return good ? g_bytes_new(out, encrypt ? size + TAG_LEN : text) : NULL;
}

/* Will the answer to the next request be encrypted? One that is still due keeps its own kind: the
 * next request is refused then. */
static void expect_reply(Run *run, bool sealed)
{
	if (run->bench->answers == run->requests)
		run->sealed = sealed;
}

static void write_record(Run *run, EndpointId endpoint, GBytes *record)
{
	run->requests++;
	bench_write(run->bench, BENCH_PEER, endpoint, record);
}

/* A good record of security 2. Whether its counter was used up, the device's refusal tells. */
static void ask_sealed(Run *run, EndpointId endpoint, GBytes *clear)
{
	const Bench *bench = run->bench;
	g_autoptr(GBytes) record = gcm(run->counter, clear, true);
	bool busy = bench->answers != run->requests;

	g_clear_pointer(&run->record, g_bytes_unref);
	write_record(run, endpoint, record);
	if (!busy && !g_error_matches(bench->error, PROV_ERROR, PROV_ERROR_AUTH) &&
	    !g_error_matches(bench->error, PROV_ERROR, PROV_ERROR_BUSY) &&
	    !g_error_matches(bench->error, PROV_ERROR, PROV_ERROR_STATE)) {
		run->counter++;
		run->record = g_bytes_ref(record);
	}
}

/* What may never be answered: it was not sealed for now. */
static void write_wrong(Run *run, EndpointId endpoint, GBytes *record)
{
	unsigned int before = run->bench->answers;

	write_record(run, endpoint, record);
	g_assert_cmpuint(run->bench->answers, ==, before + 1);
	g_assert_null(run->bench->reply);
}

static void ask(Run *run, EndpointId endpoint, GBytes *clear)
{
	bool sealed = endpoint != ENDPOINT_PROTO_VER && endpoint != ENDPOINT_PROV_SESSION;
	g_autofree char *hex = NULL;

	expect_reply(run, sealed);
	if (FUZZ_SECURITY == 2 && sealed) {
		ask_sealed(run, endpoint, clear);
	} else if (FUZZ_SECURITY == 2) {
		write_record(run, endpoint, clear);
	} else {
		hex = hex_of(g_bytes_get_data(clear, NULL), g_bytes_get_size(clear));
		run->requests++;
		bench_ask(run->bench, endpoint, hex);
	}
}

static GBytes *take_canned(Cursor *cursor, EndpointId *endpoint)
{
	const Canned *one = &canned[cursor_take_u8(cursor) % G_N_ELEMENTS(canned)];
	GBytes *bytes = hex_bytes(one->hex);
	size_t size = g_bytes_get_size(bytes);
	uint8_t *octets = g_bytes_unref_to_data(bytes, &size);
	size_t at = cursor_take_u8(cursor);

	*endpoint = one->endpoint;
	if (at < size)
		octets[at] ^= cursor_take_u8(cursor);
	return g_bytes_new_take(octets, size);
}

static void on_canned(Run *run)
{
	EndpointId endpoint;
	g_autoptr(GBytes) clear = take_canned(&run->cursor, &endpoint);

	if (run->opened)
		ask(run, endpoint, clear);
}

/* Security 2 alone has counters, and a tag. */
static void on_wrong(Run *run, Event event)
{
	EndpointId endpoint;
	g_autoptr(GBytes) clear = take_canned(&run->cursor, &endpoint);
	size_t at = cursor_take_u8(&run->cursor);
	g_autoptr(GBytes) record = NULL;

	if (FUZZ_SECURITY != 2 || !run->opened || endpoint == ENDPOINT_PROTO_VER)
		return;
	if (event == EVENT_REPLAY && run->record) {
		record = g_bytes_ref(run->record);
	} else if (event == EVENT_TAMPER) {
		g_autoptr(GBytes) good = gcm(run->counter, clear, true);
		size_t size = 0;
		uint8_t *octets = g_bytes_unref_to_data(g_bytes_ref(good), &size);

		octets[at % size] ^= 0x40;
		record = g_bytes_new_take(octets, size);
	} else if (event == EVENT_SKIP) {
		record = gcm(run->counter + 1 + (uint32_t)at, clear, true);
	}
	if (record)
		write_wrong(run, endpoint, record);
}

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

	expect_reply(run, false);
	run->requests++;
	bench_write(run->bench, peer, endpoint, in);
}

static void on_ask(Run *run)
{
	EndpointId endpoint = cursor_take_u8(&run->cursor) % ENDPOINT_N;
	g_autoptr(GBytes) in = take_octets(&run->cursor);

	if (run->opened)
		ask(run, endpoint, in);
}

static void on_open(Run *run)
{
	expect_reply(run, false);
	run->requests += 2;
	if (!bench_try_open(run->bench))
		return;
	run->opened = true;
	run->counter = 1;
	/* Chance is scripted: the same keys again. */
	g_clear_pointer(&run->record, g_bytes_unref);
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

/* What store and agent tell; asked for or not. */
static void on_identity(Run *run, Event event)
{
	Bench *bench = run->bench;
	uint8_t how = cursor_take_u8(&run->cursor);
	g_autoptr(GError) error = g_error_new_literal(STORE_FAULT, how % STORE_FAULT_N, "so");
	g_autoptr(GBytes) request = take_octets(&run->cursor);
	AgentReport report = { .generation = how & 1 };

	bench->store.generation = how >> 7;
	report.steps[how % AGENT_STEP_N] = (typeof(report.steps[0])){ how % 3, "so" };
	if (event == EVENT_COMMITTED)
		provisioner_on_committed(bench->provisioner, how & 1 ? error : NULL, bench->now_us);
	else if (event == EVENT_REQUESTED)
		provisioner_on_request(bench->provisioner, how & 1 ? NULL : request,
				       how & 1 ? error : NULL, bench->now_us);
	else
		provisioner_on_agent(bench->provisioner, &report, bench->now_us);
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
	case EVENT_OPEN: on_open(run); break;
	case EVENT_CANNED: on_canned(run); break;
	case EVENT_REPLAY:
	case EVENT_TAMPER:
	case EVENT_SKIP: on_wrong(run, event); break;
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
	case EVENT_COMMITTED:
	case EVENT_REQUESTED:
	case EVENT_AGENT: on_identity(run, event); break;
	case EVENT_N: g_assert_not_reached();
	}
}

/* The answer as the phone reads it: once, to stay in step. */
static void read_sealed(Run *run)
{
	g_autoptr(GBytes) clear = NULL;

	if (FUZZ_SECURITY == 2)
		clear = gcm(run->counter++, run->bench->reply, false);
	else
		clear = bench_clear_reply(run->bench);
	g_assert_nonnull(clear);
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
	if (bench->reply && run->sealed) {
		read_sealed(run);
		run->sealed = false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Run run = { .bench = bench_new(FUZZ_SECURITY), .cursor = cursor_init_data(data, size) };

	for (unsigned int i = 0; i < EVENTS_MAX && run.cursor.len > 0; i++) {
		on_event(&run, cursor_take_u8(&run.cursor) % EVENT_N);
		check(&run);
	}
	provisioner_free(run.bench->provisioner);
	run.bench->provisioner = NULL;
	g_assert_cmpuint(run.bench->answers, ==, run.requests);
	g_clear_pointer(&run.record, g_bytes_unref);
	bench_free(run.bench);
	return 0;
}
