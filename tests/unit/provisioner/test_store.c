/* SPDX-License-Identifier: MIT */
/* landfall-store: chunks, digests, what comes back, and what does not fit. */
#include "provisioner/core/landfall-store.h"

#include "common/store.h"
#include "provisioner/core/store-upload.h"
#include "provisioner/core/wire.h"
#include "tests/unit/provisioner/message.h"

#include <string.h>

/* Commands, fields, results, phases: docs/identity.md. */
enum { STATE = 0, BEGIN = 2, WRITE = 4, COMMIT = 6, ABORT = 8, REQUEST = 10, READ = 12 };
enum { IDLE, UPLOADING, COMMITTING, COMMITTED, REFUSED };
enum { NO_REQUEST, MAKING, READY, NOT_MADE };

#define ID  "upload-1"
#define ID2 "upload-2"

typedef struct Part {
	unsigned int part;
	const char *text; /* NULL: announced with size 0 */
} Part;

static const Part both[] = { { 1, "the certificate" }, { 4, "the broker" }, { 0, NULL } };
static const Part one[] = { { 1, "the certificate" }, { 0, NULL } };

static GByteArray *command(unsigned int msg)
{
	GByteArray *message = g_byte_array_new();

	message_uint(message, 1, msg);
	return message;
}

static GByteArray *begin_message(const char *id, const Part *parts)
{
	GByteArray *message = command(BEGIN);
	GByteArray *begin = g_byte_array_new();

	message_bytes(begin, 1, id, strlen(id));
	for (; parts->part; parts++) {
		GByteArray *plan = g_byte_array_new();
		uint8_t digest[32];
		size_t len = parts->text ? strlen(parts->text) : 0;

		message_uint(plan, 1, parts->part);
		message_uint(plan, 2, len);
		if (len > 0) {
			g_assert_cmpint(
				EVP_Q_digest(NULL, "SHA256", NULL, parts->text, len, digest, NULL),
				==, 1);
			message_bytes(plan, 3, digest, sizeof(digest));
		}
		message_nest(begin, 2, plan);
	}
	message_nest(message, 10, begin);
	return message;
}

static GByteArray *write_message(const char *id, unsigned int part, unsigned int offset,
				 const char *text)
{
	GByteArray *message = command(WRITE);
	GByteArray *write = g_byte_array_new();

	message_bytes(write, 1, id, strlen(id));
	message_uint(write, 2, part);
	message_uint(write, 3, offset);
	message_bytes(write, 4, text, strlen(text));
	message_nest(message, 11, write);
	return message;
}

static GByteArray *id_message(unsigned int msg, const char *id)
{
	GByteArray *message = command(msg);
	GByteArray *inner = g_byte_array_new();

	message_bytes(inner, 1, id, strlen(id));
	message_nest(message, msg == COMMIT ? 12 : 13, inner);
	return message;
}

static GByteArray *request_message(const char *name, unsigned int type, bool anew)
{
	GByteArray *message = command(REQUEST);
	GByteArray *inner = g_byte_array_new();

	message_bytes(inner, 1, name, strlen(name));
	message_uint(inner, 2, type);
	message_uint(inner, 3, anew);
	message_nest(message, 14, inner);
	return message;
}

static GByteArray *read_message(unsigned int offset)
{
	GByteArray *message = command(READ);
	GByteArray *inner = g_byte_array_new();

	message_uint(inner, 1, offset);
	message_nest(message, 15, inner);
	return message;
}

/* Sends it and holds the reply against what is wanted; returns the reply. */
static GBytes *expect(Bench *bench, GByteArray *message, StoreFault result)
{
	uint64_t msg = message_find(message->data, message->len, 1, 0).value;
	GBytes *reply = bench_send(bench, ENDPOINT_LANDFALL_STORE, message);
	size_t len = 0;

	g_assert_no_error(bench->error);

	const uint8_t *data = g_bytes_get_data(reply, &len);
	MessageField text = message_find(data, len, 3, 0);

	g_assert_cmpuint(len, <=, WIRE_MAX - WIRE_TAG);
	g_assert_cmpuint(message_find(data, len, 1, 0).value, ==, msg + 1);
	g_assert_cmpuint(message_find(data, len, 2, 0).value, ==, (uint64_t)result);
	g_assert_cmpint(text.found, ==, result != STORE_FAULT_NONE); /* each in words */
	return reply;
}

static void expect_only(Bench *bench, GByteArray *message, StoreFault result)
{
	g_bytes_unref(expect(bench, message, result));
}

/* A number of the state: phase 1, outcome 4, generation 6. */
static uint64_t state_number(Bench *bench, unsigned int field)
{
	g_autoptr(GBytes) reply = expect(bench, command(STATE), STORE_FAULT_NONE);
	size_t len = 0;
	const uint8_t *data = g_bytes_get_data(reply, &len);
	MessageField state = message_find(data, len, 20, 0);

	g_assert_true(state.found);
	return message_find(state.data, state.len, field, 0).value;
}

static uint64_t received(Bench *bench, unsigned int part)
{
	g_autoptr(GBytes) reply = expect(bench, command(STATE), STORE_FAULT_NONE);
	size_t len = 0;
	const uint8_t *data = g_bytes_get_data(reply, &len);
	MessageField state = message_find(data, len, 20, 0);

	for (unsigned int i = 0;; i++) {
		MessageField entry = message_find(state.data, state.len, 3, i);

		g_assert_true(entry.found);
		if (message_find(entry.data, entry.len, 1, 0).value == part)
			return message_find(entry.data, entry.len, 3, 0).value;
	}
}

static Bench *open_bench(void)
{
	Bench *bench = bench_new(1);

	bench_open(bench);
	return bench;
}

static void upload_both(Bench *bench)
{
	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 0, "the certi"), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 4, 0, "the broker"), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 9, "ficate"), STORE_FAULT_NONE);
}

static void assert_part(const Bench *bench, StorePartId part, const char *text)
{
	g_assert_cmpmem(secret_data(bench->store.parts[part]), secret_len(bench->store.parts[part]),
			text, strlen(text));
}

static void test_upload(void)
{
	g_autoptr(Bench) bench = open_bench();

	bench->store.generation = 3;
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
	g_assert_cmpuint(state_number(bench, 6), ==, 3);
	upload_both(bench);
	g_assert_cmpuint(state_number(bench, 1), ==, UPLOADING);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	g_assert_cmpuint(state_number(bench, 1), ==, COMMITTING);
	g_assert_cmpuint(bench->store.commits, ==, 1);
	assert_part(bench, STORE_PART_CERTIFICATE, "the certificate");
	assert_part(bench, STORE_PART_BROKER, "the broker");
	g_assert_null(bench->store.parts[STORE_PART_KEY]);
	expect_only(bench, begin_message(ID2, one), STORE_FAULT_BUSY);
	expect_only(bench, id_message(ABORT, ID), STORE_FAULT_BUSY);
	expect_only(bench, write_message(ID, 1, 0, "x"), STORE_FAULT_OUT_OF_TURN);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	g_assert_cmpuint(bench->store.commits, ==, 1);
	provisioner_on_committed(bench->provisioner, NULL, bench->now_us);
	g_assert_cmpuint(state_number(bench, 1), ==, COMMITTED);

	/* a phone that missed the reply sends it again */
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
	g_assert_cmpuint(state_number(bench, 1), ==, COMMITTED);
	g_assert_cmpuint(bench->store.commits, ==, 1);
	expect_only(bench, begin_message(ID2, one), STORE_FAULT_NONE);
	g_assert_cmpuint(state_number(bench, 1), ==, UPLOADING);
}

/* The link goes down between two chunks: the same announcement goes on where it was. */
static void test_resume(void)
{
	g_autoptr(Bench) bench = open_bench();

	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 0, "the certi"), STORE_FAULT_NONE);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_open(bench);
	g_assert_cmpuint(received(bench, 1), ==, 9);
	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
	g_assert_cmpuint(received(bench, 1), ==, 9);

	/* the last chunk once more: its reply was lost */
	expect_only(bench, write_message(ID, 1, 5, "erti"), STORE_FAULT_OFFSET);
	g_assert_cmpuint(received(bench, 1), ==, 9);
	expect_only(bench, write_message(ID, 1, 9, "ficate"), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 4, 0, "the broker"), STORE_FAULT_NONE);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	assert_part(bench, STORE_PART_CERTIFICATE, "the certificate");
}

static void test_two_uploads(void)
{
	g_autoptr(Bench) bench = open_bench();

	expect_only(bench, write_message(ID, 1, 0, "the"), STORE_FAULT_OUT_OF_TURN);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_OUT_OF_TURN);
	expect_only(bench, id_message(ABORT, ID), STORE_FAULT_NONE); /* nothing to do */
	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 0, "the certi"), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID2, 1, 9, "ficate"), STORE_FAULT_OTHER_UPLOAD);
	expect_only(bench, id_message(COMMIT, ID2), STORE_FAULT_OTHER_UPLOAD);
	expect_only(bench, id_message(ABORT, ID2), STORE_FAULT_OTHER_UPLOAD);
	g_assert_cmpuint(received(bench, 1), ==, 9);

	/* the same id with other content is another upload */
	expect_only(bench, begin_message(ID, one), STORE_FAULT_NONE);
	g_assert_cmpuint(received(bench, 1), ==, 0);
	expect_only(bench, id_message(ABORT, ID), STORE_FAULT_NONE);
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
}

static void test_digest(void)
{
	g_autoptr(Bench) bench = open_bench();

	expect_only(bench, begin_message(ID, one), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 0, "the certificatE"), STORE_FAULT_DIGEST);
	g_assert_cmpuint(received(bench, 1), ==, 0);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_INCOMPLETE);
	expect_only(bench, write_message(ID, 1, 0, "the certificate"), STORE_FAULT_NONE);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
}

static void test_bounds(void)
{
	static const Part none[] = { { 0, NULL } };
	static const Part unknown[] = { { 7, "x" }, { 0, NULL } };
	static const Part twice[] = { { 1, "x" }, { 1, "x" }, { 0, NULL } };
	static const Part no_cert[] = { { 1, NULL }, { 0, NULL } };
	static const Part no_key[] = { { 2, NULL }, { 0, NULL } };
	static const Part no_broker[] = { { 4, NULL }, { 0, NULL } };
	const Part *const refused[] = { none, unknown, twice, no_cert, no_key, no_broker };
	g_autoptr(Bench) bench = open_bench();

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		expect_only(bench, begin_message(ID, refused[i]), STORE_FAULT_SIZE);
	expect_only(bench, begin_message("", one), STORE_FAULT_SIZE);
	expect_only(bench, begin_message("seventeen octets.", one), STORE_FAULT_SIZE);
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
	expect_only(bench, begin_message(ID, one), STORE_FAULT_NONE);
	expect_only(bench, write_message(ID, 1, 0, "the certificate!"), STORE_FAULT_SIZE);
	expect_only(bench, write_message(ID, 1, 4294967295u, "the"), STORE_FAULT_SIZE);
	expect_only(bench, write_message(ID, 1, 0, ""), STORE_FAULT_SIZE);
	expect_only(bench, write_message(ID, 2, 0, "x"), STORE_FAULT_SIZE);
	expect_only(bench, write_message(ID, 0, 0, "x"), STORE_FAULT_SIZE);
	expect_only(bench, write_message(ID, 7, 0, "x"), STORE_FAULT_SIZE);
	g_assert_cmpuint(received(bench, 1), ==, 0);
}

/* Each part may be as long as its file may, and not an octet longer. */
static void test_sizes(void)
{
	static const struct {
		const char *name;
		uint32_t size_max;
	} parts[STORE_PART_N] = {
		{ "device.crt", STORE_CERT_SIZE_MAX },
		{ "device.key", STORE_KEY_SIZE_MAX },
		{ "server_chain.pem", STORE_CHAIN_SIZE_MAX },
		{ "broker.conf", BROKER_CONF_SIZE_MAX },
		{ "wifi.conf", WIFI_CONF_SIZE_MAX },
		{ "wifi_ca.pem", STORE_WIFI_CA_SIZE_MAX },
	};

	for (int id = 0; id < STORE_PART_N; id++) {
		StoreUploadPlan plan = { .id = "x", .id_len = 1 };
		g_autoptr(GError) error = NULL;

		plan.parts[id].sent = true;
		plan.parts[id].size = parts[id].size_max;

		g_autoptr(StoreUpload) fits = store_upload_new(&plan, &error);

		g_assert_no_error(error);
		g_assert_nonnull(fits);
		plan.parts[id].size++;
		g_assert_null(store_upload_new(&plan, &error));
		g_assert_error(error, STORE_FAULT, STORE_FAULT_SIZE);
		g_assert_nonnull(strstr(error->message, parts[id].name));
	}
}

/* A part of no octets is to be removed: there is nothing to send. */
static void test_removal(void)
{
	static const Part removal[] = { { 3, NULL }, { 5, NULL }, { 6, NULL }, { 0, NULL } };
	g_autoptr(Bench) bench = open_bench();

	expect_only(bench, begin_message(ID, removal), STORE_FAULT_NONE);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	assert_part(bench, STORE_PART_TRUST, "");
	assert_part(bench, STORE_PART_WIFI, "");
	assert_part(bench, STORE_PART_WIFI_TRUST, "");
}

static void test_refused(void)
{
	g_autofree char *long_text = g_strnfill(600, 'x');
	g_autoptr(GError) error =
		g_error_new(STORE_FAULT, STORE_FAULT_KEY_MISMATCH, "device.key: %s", long_text);
	g_autoptr(Bench) bench = open_bench();

	upload_both(bench);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	provisioner_on_committed(bench->provisioner, error, bench->now_us);
	g_assert_cmpuint(state_number(bench, 1), ==, REFUSED);
	g_assert_cmpuint(state_number(bench, 4), ==, STORE_FAULT_KEY_MISMATCH);
	expect_only(bench, write_message(ID, 1, 0, "the"), STORE_FAULT_OFFSET);

	/* what was in the way may have gone: once more with what is here */
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	g_assert_cmpuint(bench->store.commits, ==, 2);
	g_assert_cmpuint(state_number(bench, 4), ==, STORE_FAULT_NONE);
	provisioner_on_committed(bench->provisioner, NULL, bench->now_us);
	g_assert_cmpuint(state_number(bench, 1), ==, COMMITTED);
}

/* The service is stopped while the disk is busy: the outcome is nobody's any more. */
static void test_stop(void)
{
	g_autoptr(Bench) bench = open_bench();

	upload_both(bench);
	expect_only(bench, id_message(COMMIT, ID), STORE_FAULT_NONE);
	provisioner_stop(bench->provisioner, bench->now_us);
	provisioner_start(bench->provisioner, bench->now_us);
	bench_open(bench);
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
	expect_only(bench, begin_message(ID, both), STORE_FAULT_BUSY);
	provisioner_on_committed(bench->provisioner, NULL, bench->now_us);
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
	expect_only(bench, begin_message(ID, both), STORE_FAULT_NONE);
}

/* ---- the request for a certificate ---- */

static MessageField page_field(GBytes *reply, uint32_t field)
{
	size_t len = 0;
	const uint8_t *data = g_bytes_get_data(reply, &len);
	MessageField page = message_find(data, len, 21, 0);

	g_assert_true(page.found);
	return message_find(page.data, page.len, field, 0);
}

static void expect_page(Bench *bench, unsigned int offset, unsigned int phase)
{
	g_autoptr(GBytes) reply = expect(bench, read_message(offset), STORE_FAULT_NONE);

	g_assert_cmpuint(page_field(reply, 1).value, ==, phase);
}

static void test_request(void)
{
	g_autofree char *text = g_strnfill(2 * LANDFALL_STORE_PAGE_MAX + 7, 'q');
	g_autoptr(GBytes) pem = g_bytes_new(text, strlen(text));
	g_autoptr(Bench) bench = open_bench();
	g_autoptr(GByteArray) got = g_byte_array_new();

	expect_only(bench, read_message(0), STORE_FAULT_OUT_OF_TURN);
	expect_only(bench, request_message("gw-17", 1, true), STORE_FAULT_NONE);
	g_assert_cmpuint(bench->store.requests, ==, 1);
	g_assert_cmpstr(bench->store.common_name, ==, "gw-17");
	g_assert_cmpuint(bench->store.key_type, ==, 1);
	g_assert_true(bench->store.new_key);
	expect_page(bench, 0, MAKING);
	expect_only(bench, request_message("gw-18", 0, false), STORE_FAULT_BUSY);
	provisioner_on_request(bench->provisioner, pem, NULL, bench->now_us);
	while (got->len < strlen(text)) {
		g_autoptr(GBytes) reply = expect(bench, read_message(got->len), STORE_FAULT_NONE);
		MessageField data = page_field(reply, 4);

		g_assert_cmpuint(page_field(reply, 1).value, ==, READY);
		g_assert_cmpuint(page_field(reply, 2).value, ==, strlen(text));
		g_assert_cmpuint(page_field(reply, 3).value, ==, got->len);
		g_byte_array_append(got, data.data, (guint)data.len);
	}
	g_assert_cmpmem(got->data, got->len, text, strlen(text));
	expect_page(bench, got->len, READY);
	expect_only(bench, read_message(got->len + 1), STORE_FAULT_OFFSET);
	expect_only(bench, request_message("", 0, false), STORE_FAULT_NONE);
	g_assert_null(bench->store.common_name);
	expect_page(bench, 0, MAKING);
}

static void test_request_refused(void)
{
	g_autofree char *long_name = g_strnfill(65, 'n');
	g_autofree char *long_text = g_strnfill(LANDFALL_STORE_REQUEST_MAX + 1, 'q');
	g_autoptr(GBytes) pem = g_bytes_new(long_text, strlen(long_text));
	g_autoptr(GError) error =
		g_error_new_literal(STORE_FAULT, STORE_FAULT_DISK, "the disk is full");
	g_autoptr(Bench) bench = open_bench();

	expect_only(bench, request_message(long_name, 0, false), STORE_FAULT_SIZE);
	expect_only(bench, request_message("gw", 3, false), STORE_FAULT_INVALID);
	g_assert_cmpuint(bench->store.requests, ==, 0);
	expect_only(bench, request_message("gw", 2, false), STORE_FAULT_NONE);
	provisioner_on_request(bench->provisioner, NULL, error, bench->now_us);
	expect_only(bench, read_message(0), STORE_FAULT_DISK);
	expect_only(bench, request_message("gw", 2, false), STORE_FAULT_NONE);
	provisioner_on_request(bench->provisioner, pem, NULL, bench->now_us);
	expect_only(bench, read_message(0), STORE_FAULT_FAILED);
}

/* Octet for octet what docs/identity.md shows. */
static void test_example(void)
{
	static const char begin[] =
		"0802522b0a0101122608041003"
		"1a20ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	g_autofree char *text = g_strnfill(487, 'x');
	g_autoptr(GBytes) pem = g_bytes_new(text, strlen(text));
	g_autoptr(Bench) bench = open_bench();
	g_autoptr(GBytes) page = NULL;

	bench_expect(bench, ENDPOINT_LANDFALL_STORE, "080a72070a0567772d3137", "080baa01020801");
	provisioner_on_request(bench->provisioner, pem, NULL, bench->now_us);
	bench_ask(bench, ENDPOINT_LANDFALL_STORE, "080c7a00");
	page = bench_clear_reply(bench);
	assert_data_hex(g_bytes_get_data(page, NULL), 15,
			"080daa019803080210e703229003"
			"78");
	bench_expect(bench, ENDPOINT_LANDFALL_STORE, begin, "0803a2010b08011201011a0408041003");
	bench_expect(bench, ENDPOINT_LANDFALL_STORE, "08045a0a0a010110042203616263",
		     "0805a2010d08011201011a06080410031803");
	bench_expect(bench, ENDPOINT_LANDFALL_STORE, "080662030a0101",
		     "0807a2010d08021201011a06080410031803");
}

/* ---- what cannot be decoded ---- */

static void test_cut(void)
{
	GByteArray *const whole[] = {
		begin_message(ID, both),
		write_message(ID, 1, 0, "the certi"),
		id_message(COMMIT, ID),
		id_message(ABORT, ID),
		request_message("gw-17", 1, true),
		read_message(300),
	};
	g_autoptr(Bench) bench = open_bench();

	for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
		for (guint len = 1; len < whole[i]->len; len++) {
			g_autofree char *hex = hex_of(whole[i]->data, len);

			bench_expect_error(bench, ENDPOINT_LANDFALL_STORE, hex, PROV_ERROR_VALUE);
		}
		g_byte_array_unref(whole[i]);
	}
	g_assert_cmpuint(state_number(bench, 1), ==, IDLE);
	g_assert_cmpuint(bench->store.requests, ==, 0);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STORE, "080e", PROV_ERROR_VALUE);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STORE, "0801", PROV_ERROR_VALUE);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STORE, "0802", PROV_ERROR_VALUE);
}

static void test_no_store(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench->ports.store = NULL;
	bench_renew(bench);
	bench_open(bench);
	bench_expect_error(bench, ENDPOINT_LANDFALL_STORE, "", PROV_ERROR_STATE);
}

/* Strangers get nothing, not even a code. */
static void test_stranger(void)
{
	g_autoptr(Bench) bench = bench_new(1);

	bench_write_hex(bench, ENDPOINT_LANDFALL_STORE, "");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
	bench_write_hex(bench, ENDPOINT_LANDFALL_STATUS, "");
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/upload", test_upload);
	g_test_add_func("/store/resume", test_resume);
	g_test_add_func("/store/two-uploads", test_two_uploads);
	g_test_add_func("/store/digest", test_digest);
	g_test_add_func("/store/bounds", test_bounds);
	g_test_add_func("/store/sizes", test_sizes);
	g_test_add_func("/store/removal", test_removal);
	g_test_add_func("/store/refused", test_refused);
	g_test_add_func("/store/stop", test_stop);
	g_test_add_func("/store/request", test_request);
	g_test_add_func("/store/request-refused", test_request_refused);
	g_test_add_func("/store/example", test_example);
	g_test_add_func("/store/cut", test_cut);
	g_test_add_func("/store/no-store", test_no_store);
	g_test_add_func("/store/stranger", test_stranger);
	return g_test_run();
}
