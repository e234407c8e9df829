/* SPDX-License-Identifier: MIT */
#include "tests/unit/provisioner/support.h"

#include "tests/unit/provisioner/vectors.h"

#include <string.h>

GBytes *hex_bytes(const char *hex)
{
	GByteArray *octets = g_byte_array_new();

	for (size_t i = 0; hex && hex[i]; i += 2) {
		uint8_t octet = (uint8_t)(g_ascii_xdigit_value(hex[i]) * 16 +
					  g_ascii_xdigit_value(hex[i + 1]));

		g_byte_array_append(octets, &octet, 1);
	}
	return g_byte_array_free_to_bytes(octets);
}

char *hex_of(const void *data, size_t len)
{
	const uint8_t *octets = data;
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < len; i++)
		g_string_append_printf(text, "%02x", octets[i]);
	return g_string_free(text, FALSE);
}

void assert_data_hex(const void *data, size_t len, const char *hex)
{
	g_autofree char *got = hex_of(data, len);

	g_assert_cmpstr(got, ==, hex);
}

void assert_bytes_hex(GBytes *bytes, const char *hex)
{
	g_assert_nonnull(bytes);
	assert_data_hex(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), hex);
}

void test_random_init(TestRandom *random)
{
	*random = (TestRandom){ .script = g_byte_array_new() };
}

void test_random_push(TestRandom *random, const char *hex)
{
	g_autoptr(GBytes) octets = hex_bytes(hex);

	g_byte_array_append(random->script, g_bytes_get_data(octets, NULL),
			    (guint)g_bytes_get_size(octets));
}

void test_random_restart(TestRandom *random, const char *hex)
{
	g_byte_array_set_size(random->script, 0);
	random->used = 0;
	test_random_push(random, hex);
}

bool test_random_fill(void *data, uint8_t *out, size_t len)
{
	TestRandom *random = data;

	if (random->broken)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (random->used < random->script->len) {
			out[i] = random->script->data[random->used++];
			continue;
		}
		random->next = random->next * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(random->next >> 56);
	}
	return true;
}

void test_random_clear(TestRandom *random)
{
	g_byte_array_unref(random->script);
	random->script = NULL;
}

static bool fake_wifi_start(FakeWifi *wifi, unsigned int *count, GError **error)
{
	(*count)++;
	if (wifi->refuses)
		g_set_error(error, PROV_ERROR, PROV_ERROR_STATE, "not now");
	return !wifi->refuses;
}

static bool fake_wifi_scan(void *data, GError **error)
{
	FakeWifi *wifi = data;

	return fake_wifi_start(wifi, &wifi->scans, error);
}

static bool fake_wifi_join(void *data, const WifiCredentials *credentials, GError **error)
{
	FakeWifi *wifi = data;

	secret_free(wifi->credentials.passphrase);
	wifi->credentials = *credentials;
	wifi->credentials.passphrase = secret_copy(credentials->passphrase);
	wifi->credentials.enterprise = NULL; /* borrowed; the identity stands for all of it */
	g_free(wifi->identity);
	wifi->identity =
		g_strdup(credentials->enterprise ? credentials->enterprise->identity : NULL);
	return fake_wifi_start(wifi, &wifi->joins, error);
}

static void fake_wifi_cancel(void *data)
{
	FakeWifi *wifi = data;

	wifi->cancels++;
}

static void fake_wifi_forget(void *data)
{
	FakeWifi *wifi = data;

	wifi->forgets++;
}

const WifiPort fake_wifi_port = {
	.name = "fake",
	.scan = fake_wifi_scan,
	.join = fake_wifi_join,
	.cancel = fake_wifi_cancel,
	.forget = fake_wifi_forget,
};

static void fake_store_commit(void *data, const StoreDelivery *delivery)
{
	FakeStore *store = data;

	store->commits++;
	for (int id = 0; id < STORE_PART_N; id++) {
		secret_free(store->parts[id]);
		store->parts[id] = secret_copy(delivery->parts[id]);
	}
}

static void fake_store_request(void *data, const StoreWish *wish)
{
	FakeStore *store = data;

	store->requests++;
	g_free(store->common_name);
	store->common_name = g_strdup(wish->common_name);
	store->key_type = wish->key_type;
	store->new_key = wish->new_key;
}

static uint32_t fake_store_generation(void *data)
{
	const FakeStore *store = data;

	return store->generation;
}

static WifiEnterprise *fake_store_enterprise(void *data, GError **error)
{
	const FakeStore *store = data;
	WifiEnterprise *enterprise;

	if (!store->identity) {
		g_set_error_literal(error, STORE_FAULT, STORE_FAULT_ABSENT, "no such settings");
		return NULL;
	}
	enterprise = g_new0(WifiEnterprise, 1);
	enterprise->identity = g_strdup(store->identity);
	return enterprise;
}

const StorePort fake_store_port = {
	.commit = fake_store_commit,
	.request = fake_store_request,
	.generation = fake_store_generation,
	.enterprise = fake_store_enterprise,
};

void fake_store_clear(FakeStore *store)
{
	for (int id = 0; id < STORE_PART_N; id++)
		g_clear_pointer(&store->parts[id], secret_free);
	g_clear_pointer(&store->common_name, g_free);
}

WifiNetwork fake_network(const char *ssid, uint16_t channel, int8_t rssi_dbm, uint8_t bssid,
			 WifiAuth auth)
{
	WifiNetwork network = {
		.ssid_len = (uint8_t)strlen(ssid),
		.bssid = { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, bssid },
		.channel = channel,
		.rssi_dbm = rssi_dbm,
		.auth = auth,
	};

	g_assert_cmpuint(strlen(ssid), <=, WIFI_SSID_MAX);
	memcpy(network.ssid, ssid, network.ssid_len);
	return network;
}

const WifiNetwork *fake_air(size_t *n)
{
	static const WifiNetwork air[] = {
		{ "", 0, { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x61 }, 1, -30, WIFI_AUTH_WPA2 },
		{ "Guest", 5, { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x60 }, 11, -71, WIFI_AUTH_OPEN },
		{ "HomeNet", 7, { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x62 }, 36, -80, WIFI_AUTH_WPA2 },
		{ "HomeNet", 7, { 0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f }, 6, -48, WIFI_AUTH_WPA2 },
	};

	*n = G_N_ELEMENTS(air);
	return air;
}

WifiLink fake_link(void)
{
	return (WifiLink){ fake_network("HomeNet", 6, -48, 0x5f, WIFI_AUTH_WPA2), "192.168.1.57" };
}

static bool bench_random(void *data, uint8_t *out, size_t len)
{
	Bench *bench = data;

	return test_random_fill(&bench->random, out, len);
}

static void bench_changed(void *data)
{
	Bench *bench = data;

	bench->changes++;
}

static void bench_opened(void *data)
{
	Bench *bench = data;

	bench->opened++;
}

static void bench_ask_agent(void *data)
{
	Bench *bench = data;

	bench->agent_asks++;
}

static bool bench_online(void *data)
{
	const Bench *bench = data;

	return bench->online;
}

static void bench_stream_new(Bench *bench)
{
	g_autoptr(GBytes) key = hex_bytes(VECTOR_SEC1_AES_KEY);
	g_autoptr(GBytes) iv = hex_bytes(VECTOR_SEC1_RANDOM);

	bench->stream = EVP_CIPHER_CTX_new();
	g_assert_nonnull(bench->stream);
	g_assert_cmpint(EVP_EncryptInit_ex2(bench->stream, EVP_aes_256_ctr(),
					    g_bytes_get_data(key, NULL), g_bytes_get_data(iv, NULL),
					    NULL),
			==, 1);
}

void bench_renew(Bench *bench)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) pop = secret_new(VECTOR_POP, strlen(VECTOR_POP));
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);
	ProvisionerSecurity security = {
		.version = bench->version,
		.pop = pop,
		.salt = salt,
		.verifier = verifier,
		.lockout = bench->lockout,
		.wrong = bench->wrong,
	};

	provisioner_free(bench->provisioner);
	bench->provisioner = provisioner_new(&security, &bench->ports, bench->now_us, &error);
	g_assert_no_error(error);
	provisioner_start(bench->provisioner, bench->now_us);
}

static void bench_keep(void *data, uint32_t wrong)
{
	Bench *bench = data;

	bench->kept = wrong;
	bench->keeps++;
	bench->keeps_due++;
}

void bench_kept(Bench *bench, bool ok)
{
	for (unsigned int due = bench->keeps_due; due > 0; due--) {
		bench->keeps_due--;
		provisioner_on_kept(bench->provisioner, ok, bench->now_us);
	}
}

void bench_lockout(Bench *bench, uint32_t limit, uint32_t wrong)
{
	bench->ports.keep = bench_keep;
	bench->lockout = limit;
	bench->wrong = wrong;
	bench->kept = wrong;
	bench->keeps_due = 0;
	bench_renew(bench);
}

Bench *bench_new(int version)
{
	Bench *bench = g_new0(Bench, 1);

	bench->version = version;
	test_random_init(&bench->random);
	bench->ports = (ProvisionerPorts){
		.wifi = &fake_wifi_port,
		.wifi_data = &bench->wifi,
		.random = bench_random,
		.changed = bench_changed,
		.opened = bench_opened,
		.data = bench,
		.store = &fake_store_port,
		.store_data = &bench->store,
		.ask_agent = bench_ask_agent,
		.online = bench_online,
	};
	bench->now_us = 1000000;
	bench_renew(bench);
	return bench;
}

void bench_free(Bench *bench)
{
	provisioner_free(bench->provisioner);
	test_random_clear(&bench->random);
	secret_free(bench->wifi.credentials.passphrase);
	g_free(bench->wifi.identity);
	fake_store_clear(&bench->store);
	g_clear_pointer(&bench->reply, g_bytes_unref);
	g_clear_error(&bench->error);
	EVP_CIPHER_CTX_free(bench->stream);
	g_free(bench);
}

static void bench_done(GBytes *reply, const GError *error, void *data)
{
	Bench *bench = data;

	g_assert_true((reply == NULL) != (error == NULL));
	g_clear_pointer(&bench->reply, g_bytes_unref);
	g_clear_error(&bench->error);
	bench->answers++;
	if (reply)
		bench->reply = g_bytes_ref(reply);
	else
		bench->error = g_error_copy(error);
}

void bench_write(Bench *bench, const char *peer, EndpointId endpoint, GBytes *in)
{
	g_clear_pointer(&bench->reply, g_bytes_unref);
	g_clear_error(&bench->error);
	provisioner_request(bench->provisioner, peer, endpoint, in, bench->now_us, bench_done,
			    bench);
}

void bench_write_hex(Bench *bench, EndpointId endpoint, const char *hex)
{
	g_autoptr(GBytes) in = hex_bytes(hex);

	bench_write(bench, BENCH_PEER, endpoint, in);
}

bool bench_try_open(Bench *bench)
{
	bool second = bench->version == 2;
	uint8_t handshake[64] = { 0 };
	int len;

	test_random_restart(&bench->random, second ? VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID
						   : VECTOR_SEC1_RANDOM VECTOR_SEC1_DEVICE_SECRET);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION,
			second ? VECTOR_SEC2_COMMAND0 : VECTOR_SEC1_COMMAND0);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION,
			second ? VECTOR_SEC2_COMMAND1 : VECTOR_SEC1_COMMAND1);
	if (!bench->reply)
		return false;
	assert_bytes_hex(bench->reply, second ? VECTOR_SEC2_RESPONSE1 : VECTOR_SEC1_RESPONSE1);
	EVP_CIPHER_CTX_free(bench->stream);
	bench_stream_new(bench);
	EVP_EncryptUpdate(bench->stream, handshake, &len, handshake, sizeof(handshake));
	return true;
}

void bench_open(Bench *bench)
{
	g_assert_true(bench_try_open(bench));
}

/* Both directions of security 1 are this. */
static GBytes *bench_cipher(Bench *bench, GBytes *in)
{
	size_t size;
	const uint8_t *octets = g_bytes_get_data(in, &size);
	uint8_t *out = g_malloc(size);
	int len = 0;

	if (size > 0)
		EVP_EncryptUpdate(bench->stream, out, &len, octets, (int)size);
	return g_bytes_new_take(out, size);
}

void bench_ask(Bench *bench, EndpointId endpoint, const char *clear_hex)
{
	g_autoptr(GBytes) clear = hex_bytes(clear_hex);
	g_autoptr(GBytes) record = bench_cipher(bench, clear);

	bench_write(bench, BENCH_PEER, endpoint, record);
}

GBytes *bench_clear_reply(Bench *bench)
{
	return bench->reply ? bench_cipher(bench, bench->reply) : NULL;
}

void bench_expect(Bench *bench, EndpointId endpoint, const char *clear_hex, const char *reply_hex)
{
	bench_ask(bench, endpoint, clear_hex);
	g_assert_no_error(bench->error);

	g_autoptr(GBytes) clear = bench_clear_reply(bench);

	assert_bytes_hex(clear, reply_hex);
}

void bench_expect_error(Bench *bench, EndpointId endpoint, const char *clear_hex, ProvError code)
{
	bench_ask(bench, endpoint, clear_hex);
	g_assert_error(bench->error, PROV_ERROR, (int)code);
}

void bench_pass(Bench *bench, int64_t us)
{
	int64_t end_us = bench->now_us + us;

	for (;;) {
		int64_t deadline_us = provisioner_deadline_us(bench->provisioner);

		bench->now_us = CLAMP(deadline_us, bench->now_us, end_us);
		if (deadline_us > end_us)
			break;
		provisioner_expire(bench->provisioner, bench->now_us);
		g_assert_cmpint(provisioner_deadline_us(bench->provisioner), >, bench->now_us);
	}
}

void bench_scan_done(Bench *bench)
{
	size_t n;
	const WifiNetwork *air = fake_air(&n);

	provisioner_on_scan(bench->provisioner, air, n, NULL, bench->now_us);
}

const char *bench_state(const Bench *bench)
{
	return provisioner_state_name(provisioner_state(bench->provisioner));
}

void bench_join(Bench *bench)
{
	bench_expect(bench, ENDPOINT_PROV_CONFIG, vector_messages[6].clear,
		     vector_messages[7].clear);
	bench_expect(bench, ENDPOINT_PROV_CONFIG, "0804", "08057a00");
	bench_pass(bench, G_USEC_PER_SEC);
}
