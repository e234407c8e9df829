/* SPDX-License-Identifier: MIT */
/*
 * The phone against the provisioner's core: two programs written apart, from the same protocol
 * reference, have to understand each other. No Bluetooth, no Wi-Fi, no clock: requests go straight
 * through the seam, time is a number, the networks are a table.
 *
 * LANDFALL_HANDSHAKES sets how many random handshakes of security 2 are made (300).
 */
#include "provisioner/core/provisioner.h"

#include "tests/phone/client.h"
#include "tests/phone/hex.h"
#include "tests/phone/identity.h"
#include "tests/phone/phone-error.h"
#include "tests/phone/phone-security1.h"
#include "tests/phone/vectors.h"

#include <glib/gstdio.h>
#include <openssl/bn.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define PEER       "/org/bluez/hci0/dev_00_AA_01_01_00_01"
#define HANDSHAKES 300
#define WAITS_MAX  200
#define SALT_LEN   16

static const char *const habit_names[] = { "android", "ios", "esp_prov" };

/* --- the device: a provisioner, its networks and its clock --- */

typedef struct Device {
	ProvisionerPorts ports;
	Provisioner *provisioner;
	int64_t now_us;
	bool scanning;
	bool joining;
	WifiCredentials wanted; /* passphrase is NULL: only whether it was right is kept */
	bool right_passphrase;
	const uint8_t *b; /* what the first 32 random octets shall be; NULL: random */
	bool b_taken;
	unsigned waits;
	bool committing;
	bool requesting;
	uint32_t generation;
	unsigned asked; /* of the agent */
	Secret *delivered[STORE_PART_N];
} Device;

static const char home[] = "HomeNet";
static const char home_passphrase[] = "secret-pass";

static void network_set(WifiNetwork *network, const char *ssid, int8_t rssi_dbm, WifiAuth auth)
{
	*network = (WifiNetwork){ .channel = 6, .rssi_dbm = rssi_dbm, .auth = auth };
	network->ssid_len = (uint8_t)strlen(ssid);
	memcpy(network->ssid, ssid, network->ssid_len);
	memcpy(network->bssid, "\x0a\x1b\x2c\x3d\x4e\x5f", WIFI_BSSID_LEN);
}

static size_t networks_fill(WifiNetwork networks[12])
{
	network_set(&networks[0], "Guest", -71, WIFI_AUTH_OPEN);
	network_set(&networks[1], home, -48, WIFI_AUTH_WPA2);
	network_set(&networks[2], home, -80, WIFI_AUTH_WPA2);
	for (int i = 3; i < 12; i++) {
		g_autofree char *ssid = g_strdup_printf("A network of 32 octets in all %02d", i);

		network_set(&networks[i], ssid, (int8_t)(-50 - i), WIFI_AUTH_WPA2_WPA3);
	}
	return 12;
}

static bool fake_scan(void *wifi, GError **error)
{
	((Device *)wifi)->scanning = true;
	return true;
}

static bool fake_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	Device *device = wifi;

	device->joining = true;
	device->wanted = *credentials;
	device->wanted.passphrase = NULL;
	device->right_passphrase = credentials->passphrase &&
				   secret_len(credentials->passphrase) == strlen(home_passphrase) &&
				   memcmp(secret_data(credentials->passphrase), home_passphrase,
					  strlen(home_passphrase)) == 0;
	return true;
}

static void fake_cancel(void *wifi)
{
	((Device *)wifi)->scanning = false;
	((Device *)wifi)->joining = false;
}

static void fake_forget(void *wifi)
{
}

static const WifiPort fake_wifi = {
	.name = "fake",
	.scan = fake_scan,
	.join = fake_join,
	.cancel = fake_cancel,
	.forget = fake_forget,
};

static bool fake_random(void *data, uint8_t *out, size_t len)
{
	Device *device = data;

	if (device->b && !device->b_taken && len == 32) {
		device->b_taken = true;
		memcpy(out, device->b, len);
		return true;
	}
	return RAND_bytes(out, (int)len) == 1;
}

static void fake_commit(void *data, const StoreDelivery *delivery)
{
	Device *device = data;

	for (int part = 0; part < STORE_PART_N; part++) {
		secret_free(device->delivered[part]);
		device->delivered[part] = secret_copy(delivery->parts[part]);
	}
	device->committing = true;
}

static void fake_request(void *data, const StoreWish *wish)
{
	Device *device = data;

	g_assert_cmpstr(wish->common_name, ==, "gw-17");
	device->requesting = true;
}

static uint32_t fake_generation(void *data)
{
	const Device *device = data;

	return device->generation;
}

static const StorePort fake_store = {
	.commit = fake_commit,
	.request = fake_request,
	.generation = fake_generation,
};

/* The agent has come one step further each time it is asked. */
static void fake_ask_agent(void *data)
{
	Device *device = data;
	AgentReport report = { .generation = device->generation };

	for (unsigned step = 0; step < MIN(device->asked, (unsigned)AGENT_STEP_N); step++)
		report.steps[step].state = STEP_DONE;
	device->asked++;
	provisioner_on_agent(device->provisioner, &report, device->now_us);
}

static void device_init(Device *device, const ProvisionerSecurity *security)
{
	g_autoptr(GError) error = NULL;

	*device = (Device){ .now_us = G_USEC_PER_SEC };
	device->ports = (ProvisionerPorts){
		.wifi = &fake_wifi,
		.wifi_data = device,
		.random = fake_random,
		.data = device,
		.store = &fake_store,
		.store_data = device,
		.ask_agent = fake_ask_agent,
	};
	device->provisioner = provisioner_new(security, &device->ports, device->now_us, &error);
	g_assert_no_error(error);
	provisioner_start(device->provisioner, device->now_us);
}

static void device_clear(Device *device)
{
	provisioner_free(device->provisioner);
	for (int part = 0; part < STORE_PART_N; part++)
		secret_free(device->delivered[part]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Device, device_clear)

/* What the store would report by now. */
static void device_report_store(Device *device)
{
	static const char pem[] = "-----BEGIN REQUEST-----\nxyz\n-----END REQUEST-----\n";

	if (device->committing) {
		device->committing = false;
		device->generation++;
		provisioner_on_committed(device->provisioner, NULL, device->now_us);
	}
	if (device->requesting) {
		g_autoptr(GBytes) request = g_bytes_new_static(pem, strlen(pem));

		device->requesting = false;
		provisioner_on_request(device->provisioner, request, NULL, device->now_us);
	}
}

/* What the Wi-Fi back end would report by now. */
static void device_report(Device *device)
{
	WifiNetwork networks[12];
	size_t n = networks_fill(networks);
	WifiLink link = { .ip4 = "192.168.1.57" };

	if (device->scanning) {
		device->scanning = false;
		provisioner_on_scan(device->provisioner, networks, n, NULL, device->now_us);
	}
	if (!device->joining)
		return;
	device->joining = false;
	if (device->wanted.ssid_len != strlen(home) ||
	    memcmp(device->wanted.ssid, home, strlen(home)) != 0) {
		provisioner_on_join_failed(device->provisioner, WIFI_FAILURE_NOT_FOUND,
					   device->now_us);
		return;
	}
	if (!device->right_passphrase) {
		provisioner_on_join_failed(device->provisioner, WIFI_FAILURE_AUTH, device->now_us);
		return;
	}
	link.network = networks[1];
	provisioner_on_joined(device->provisioner, &link, device->now_us);
}

static void device_pass_time(Device *device, unsigned ms)
{
	device->now_us += (int64_t)ms * 1000;
	if (provisioner_deadline_us(device->provisioner) <= device->now_us)
		provisioner_expire(device->provisioner, device->now_us);
	device_report(device);
	device_report_store(device);
}

/* --- the link between them --- */

/* The answer to one request. */
typedef struct Answer {
	unsigned times;
	GByteArray *out; /* NULL: nobody waits any more */
	GError *error;
} Answer;

static void on_answer(GBytes *reply, const GError *error, void *data)
{
	Answer *answer = data;

	answer->times++;
	if (reply)
		g_byte_array_append(answer->out, g_bytes_get_data(reply, NULL),
				    (guint)g_bytes_get_size(reply));
	else
		answer->error = g_error_new(PHONE_ERROR, PHONE_ERROR_ATT, "%s", error->message);
}

static bool fake_connect(void *data, GError **error)
{
	Device *device = data;

	provisioner_peer_connected(device->provisioner, PEER, device->now_us);
	return true;
}

static void fake_disconnect(void *data)
{
	Device *device = data;

	provisioner_peer_gone(device->provisioner, PEER, device->now_us);
}

static EndpointId endpoint_of(const char *name)
{
	EndpointId id = 0;

	while (id < ENDPOINT_N && strcmp(endpoint_name(id), name) != 0)
		id++;
	g_assert_cmpint(id, <, ENDPOINT_N);
	return id;
}

static bool fake_exchange(void *data, const char *endpoint, const GByteArray *in, GByteArray *out,
			  GError **error)
{
	Device *device = data;
	g_autoptr(GBytes) request = g_bytes_new(in->data, in->len);
	Answer answer = { .out = out };

	provisioner_request(device->provisioner, PEER, endpoint_of(endpoint), request,
			    device->now_us, on_answer, &answer);
	if (answer.times == 0)
		device_report(device);
	g_assert_cmpuint(answer.times, ==, 1);
	if (!answer.error)
		return true;
	g_propagate_error(error, answer.error);
	return false;
}

static bool fake_wait(void *data, unsigned ms, GError **error)
{
	Device *device = data;

	device_pass_time(device, ms);
	if (device->waits++ < WAITS_MAX)
		return true;
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_TIMEOUT, "the device never decides");
	return false;
}

static const ClientLink fake_link = {
	.connect = fake_connect,
	.disconnect = fake_disconnect,
	.exchange = fake_exchange,
	.wait = fake_wait,
};

/* --- what a device is made with --- */

static void security_clear(ProvisionerSecurity *security)
{
	secret_free(security->pop);
	g_clear_pointer(&security->salt, g_bytes_unref);
	g_clear_pointer(&security->verifier, g_bytes_unref);
}

typedef ProvisionerSecurity DeviceSecurity;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeviceSecurity, security_clear)

/* The verifier is the phone's own idea of it, too. */
static ProvisionerSecurity security_of(int version, const char *pop, GBytes *salt)
{
	ProvisionerSecurity security = { .version = version };
	g_autoptr(GError) error = NULL;

	if (version == 1) {
		security.pop = *pop ? secret_new(pop, strlen(pop)) : NULL;
		return security;
	}
	security.salt = g_bytes_ref(salt);
	security.verifier = phone_srp_verifier("wifiprov", pop, salt, &error);
	g_assert_no_error(error);
	return security;
}

static GBytes *random_salt(void)
{
	uint8_t salt[SALT_LEN];

	do
		g_assert_cmpint(RAND_bytes(salt, sizeof(salt)), ==, 1);
	while (salt[0] == 0);
	return g_bytes_new(salt, sizeof(salt));
}

/* esp_prov cannot use a password whose hash begins with a zero: nobody should be given one. */
static char *random_pop(void)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

	for (;;) {
		char pop[13] = { 0 };
		uint8_t octets[12];
		g_autofree char *login = NULL;
		g_autofree char *sum = NULL;

		g_assert_cmpint(RAND_bytes(octets, sizeof(octets)), ==, 1);
		for (size_t i = 0; i < sizeof(octets); i++)
			pop[i] = letters[octets[i] % 32];
		login = g_strconcat("wifiprov:", pop, NULL);
		sum = g_compute_checksum_for_string(G_CHECKSUM_SHA512, login, -1);
		if (!g_str_has_prefix(sum, "00"))
			return g_strdup(pop);
	}
}

/* --- single handshakes --- */

static bool session_exchange(Device *device, const GByteArray *in, GByteArray *out, GError **error)
{
	return fake_exchange(device, "prov-session", in, out, error);
}

/* Cmd0 to Resp1. */
static bool handshake(Device *device, Security *security, GError **error)
{
	g_autoptr(GByteArray) cmd0 = g_byte_array_new();
	g_autoptr(GByteArray) resp0 = g_byte_array_new();
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GByteArray) resp1 = g_byte_array_new();

	if (!phone_security_hello(security, cmd0, error) ||
	    !session_exchange(device, cmd0, resp0, error) ||
	    !phone_security_proof(security, resp0, cmd1, error))
		return false;
	return cmd1->len == 0 || (session_exchange(device, cmd1, resp1, error) &&
				  phone_security_finish(security, resp1, error));
}

/* A request and its answer on the open session, in clear. */
static void check_request(Device *device, Security *security)
{
	g_autoptr(GByteArray) clear = message_get_status();
	g_autoptr(GByteArray) sealed = g_byte_array_new();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(phone_security_seal(security, clear->data, clear->len, sealed, &error));
	g_assert_true(fake_exchange(device, "prov-config", sealed, answer, &error));
	g_assert_true(phone_security_open(security, answer, out, &error));
	g_assert_no_error(error);
	hex_check(out->data, out->len, "08015a021001");
}

static void check_handshake(Device *device, Security *security)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(handshake(device, security, &error));
	g_assert_no_error(error);
	for (int i = 0; i < 3; i++)
		check_request(device, security);
}

static void check_refused(Device *device, Security *security)
{
	g_autoptr(GByteArray) clear = message_get_status();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(handshake(device, security, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
	g_clear_error(&error);
	g_assert_false(fake_exchange(device, "prov-config", clear, answer, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
}

static Security *security2_with(const char *pop, const Habit *habit)
{
	const Security2Login login = { .user = "wifiprov", .password = pop, .patch = 1 };
	g_autoptr(GError) error = NULL;
	Security *security = phone_security2_new(&login, &habit->security2, &error);

	g_assert_no_error(error);
	return security;
}

static unsigned handshakes_wanted(void)
{
	const char *text = g_getenv("LANDFALL_HANDSHAKES");
	unsigned long n = text ? strtoul(text, NULL, 10) : HANDSHAKES;

	g_assert_cmpuint(n, >=, 1);
	return (unsigned)n;
}

#define PER_DEVICE 10

static void test_random_security2(void)
{
	unsigned wanted = handshakes_wanted();

	for (unsigned i = 0; i < wanted; i += PER_DEVICE) {
		g_autofree char *pop = random_pop();
		g_autoptr(GBytes) salt = random_salt();
		g_auto(DeviceSecurity) security = security_of(2, pop, salt);
		g_auto(Device) device = { 0 };

		device_init(&device, &security);
		for (unsigned j = i; j < MIN(i + PER_DEVICE, wanted); j++) {
			const Habit *habit = habit_find(habit_names[j % 3]);
			g_autoptr(Security) phone = security2_with(pop, habit);

			check_handshake(&device, phone);
		}
		g_autoptr(Security) thief = security2_with("wrong", habit_find("ios"));

		check_refused(&device, thief);
	}
}

static Security *security1_with(const char *pop)
{
	g_autoptr(GError) error = NULL;
	Security *security = phone_security1_new(pop, NULL, &error);

	g_assert_no_error(error);
	return security;
}

static void test_random_security1(void)
{
	for (unsigned i = 0; i < 100; i++) {
		g_autofree char *pop = i % 4 == 0 ? g_strdup("") : random_pop();
		g_auto(DeviceSecurity) security = security_of(1, pop, NULL);
		g_autoptr(Security) phone = security1_with(pop);
		g_autoptr(Security) again = security1_with(pop);
		g_autoptr(Security) thief = security1_with("wrong");
		g_auto(Device) device = { 0 };

		device_init(&device, &security);
		check_handshake(&device, phone);
		check_handshake(&device, again);
		check_refused(&device, thief);
	}
}

/* --- leading zeros: what the device draws first would lose somebody a zero octet --- */

static GByteArray *plus(const char *number, unsigned offset)
{
	g_autoptr(GByteArray) octets = hex_octets(number);
	BIGNUM *sum = BN_bin2bn(octets->data, (int)octets->len, NULL);

	g_assert_cmpint(BN_add_word(sum, offset), ==, 1);
	g_assert_cmpint(BN_bn2binpad(sum, octets->data, (int)octets->len), ==, octets->len);
	BN_free(sum);
	return g_steal_pointer(&octets);
}

static void check_zero(const VectorZero *zero, const Habit *habit)
{
	g_autoptr(GByteArray) a = plus(VECTOR2_A, zero->a_offset);
	g_autoptr(GByteArray) b = plus(VECTOR2_B, zero->b_offset);
	g_autoptr(GByteArray) salt_octets = hex_octets(VECTOR2_SALT);
	g_autoptr(GBytes) salt = g_bytes_new(salt_octets->data, salt_octets->len);
	g_auto(DeviceSecurity) security = security_of(2, "abcd1234", salt);
	const Security2Login login = {
		.user = "wifiprov",
		.password = "abcd1234",
		.patch = 1,
		.a = a->data,
		.a_len = a->len,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Security) phone = phone_security2_new(&login, &habit->security2, &error);
	g_auto(Device) device = { 0 };

	g_assert_no_error(error);
	device_init(&device, &security);
	device.b = b->data;
	check_handshake(&device, phone);
	g_assert_true(device.b_taken);
}

static void test_zeros(const void *data)
{
	for (size_t i = 0; i < G_N_ELEMENTS(habit_names); i++)
		check_zero(data, habit_find(habit_names[i]));
}

/* --- whole sessions --- */

typedef struct StoryCase {
	const char *habit;
	int version;
	const char *pop;
} StoryCase;

static const StoryCase story_cases[] = {
	{ "android", 1, "abcd1234" },
	{ "android", 2, "abcd1234" },
	{ "android", 1, "" },
	{ "ios", 1, "abcd1234" },
	{ "ios", 2, "abcd1234" },
	{ "ios", 1, "" },
	{ "esp_prov", 1, "abcd1234" },
	{ "esp_prov", 2, "abcd1234" },
	{ "esp_prov", 1, "" },
	{ "android", 0, "" },
	{ "ios", 0, "" },
	{ "esp_prov", 0, "" },
};

/* The apps have to be told about security 0, esp_prov about 2. */
static int security_told(const StoryCase *row)
{
	bool tool = strcmp(row->habit, "esp_prov") == 0;

	return tool == (row->version != 0) ? row->version : CLIENT_SECURITY_AUTO;
}

typedef struct Rig {
	ProvisionerSecurity security;
	ClientSetup setup;
	Device device;
	Client *client;
	char *folder; /* of the files to be sent; NULL: none */
} Rig;

static void rig_init(Rig *rig, const StoryCase *row, const char *leave_after)
{
	g_autoptr(GBytes) salt = random_salt();

	rig->security = security_of(row->version, row->pop, salt);
	rig->setup = (ClientSetup){
		.habit = habit_find(row->habit),
		.security = security_told(row),
		.user = "wifiprov",
		.pop = row->pop,
		.leave_after = leave_after,
		.lists_networks = true,
		.time_scale = 1,
	};
	device_init(&rig->device, &rig->security);
	rig->client = client_new(&rig->setup, &fake_link, &rig->device, NULL);
}

static void rig_clear(Rig *rig)
{
	client_free(rig->client);
	device_clear(&rig->device);
	security_clear(&rig->security);
	if (rig->folder)
		g_rmdir(rig->folder);
	g_free(rig->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rig, rig_clear)

static void must(bool done, const GError *error)
{
	g_assert_no_error(error);
	g_assert_true(done);
}

static bool has_network(const GArray *networks, const char *ssid, int rssi_dbm)
{
	for (guint i = 0; i < networks->len; i++) {
		const MessageNetwork *network = &g_array_index(networks, MessageNetwork, i);

		if (network->ssid_len == strlen(ssid) &&
		    memcmp(network->ssid, ssid, network->ssid_len) == 0 &&
		    network->rssi_dbm == rssi_dbm)
			return true;
	}
	return false;
}

static void join_must(Rig *rig)
{
	g_autoptr(GError) error = NULL;

	must(client_join(rig->client, home, home_passphrase, &error), error);
	g_assert_cmpstr(client_progress(rig->client)->ip4, ==, "192.168.1.57");
	g_assert_cmpuint(client_progress(rig->client)->link.auth, ==, WIFI_AUTH_WPA2);
}

static void join_must_fail(Rig *rig, const char *ssid, const char *passphrase, PhoneError want)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(client_join(rig->client, ssid, passphrase, &error));
	g_assert_error(error, PHONE_ERROR, (int)want);
}

/* Wrong proof, then all of it: networks, a wrong and an unknown network, then the right one. */
static void test_story(const void *data)
{
	g_auto(Rig) rig = { 0 };
	g_autoptr(GError) error = NULL;
	const StoryCase *row = data;

	rig_init(&rig, row, NULL);
	must(client_connect(rig.client, &error), error);
	if (*row->pop) {
		g_assert_false(client_secure(rig.client, "wrong", &error));
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_REFUSED);
		g_clear_error(&error);
		must(client_again(rig.client, &error), error);
	}
	must(client_secure(rig.client, NULL, &error), error);
	must(client_scan(rig.client, &error), error);
	g_assert_true(has_network(client_networks(rig.client), home, -48));
	g_assert_true(has_network(client_networks(rig.client), "Guest", -71));
	join_must_fail(&rig, home, "not-the-passphrase", PHONE_ERROR_PASSWORD);
	join_must_fail(&rig, "Elsewhere", home_passphrase, PHONE_ERROR_NO_NETWORK);
	join_must(&rig);
	fake_disconnect(&rig.device);
	device_pass_time(&rig.device, 60000);
	g_assert_cmpint(provisioner_state(rig.device.provisioner), ==, PROVISIONER_DONE);
}

/* A phone that walks away at any point leaves a device for the next one. */
static void test_walk_away(const void *data)
{
	static const char *const steps[] = {
		"connected", "version", "hello", "session", "networks", "credentials", "applied",
	};
	const StoryCase *row = data;

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_auto(Rig) rig = { 0 };
		g_autoptr(GError) error = NULL;
		bool done;

		rig_init(&rig, row, steps[i]);
		done = client_connect(rig.client, &error) &&
		       client_secure(rig.client, NULL, &error) && client_scan(rig.client, &error) &&
		       client_join(rig.client, home, "not-the-passphrase", &error);
		g_assert_false(done);
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LEFT);
		g_clear_error(&error);
		g_assert_cmpstr(provisioner_peer(rig.device.provisioner), ==, "");
		for (int seconds = 0; seconds < 90; seconds++)
			device_pass_time(&rig.device, 1000);
		rig.setup.leave_after = NULL;
		must(client_connect(rig.client, &error), error);
		must(client_secure(rig.client, NULL, &error), error);
		must(client_scan(rig.client, &error), error);
		join_must(&rig);
	}
}

/* prov-ctrl reset after a failure, as esp_prov does it: on a connection of its own. */
static void test_reset(const void *data)
{
	g_auto(Rig) rig = { 0 };
	g_autoptr(GError) error = NULL;

	rig_init(&rig, data, NULL);
	must(client_connect(rig.client, &error), error);
	must(client_secure(rig.client, NULL, &error), error);
	join_must_fail(&rig, home, "not-the-passphrase", PHONE_ERROR_PASSWORD);
	fake_disconnect(&rig.device);
	must(client_connect(rig.client, &error), error);
	must(client_secure(rig.client, NULL, &error), error);
	must(client_control(rig.client, MESSAGE_CONTROL_RESET, &error), error);
	join_must(&rig);
}

/* Nobody without a session gets an answer, save from proto-ver and prov-session; security 0 opens
 * one for whoever writes. */
static void test_locked(const void *data)
{
	static const char *const locked[] = { "prov-ctrl", "prov-scan", "prov-config" };
	const StoryCase *row = data;
	g_auto(Rig) rig = { 0 };

	rig_init(&rig, data, NULL);
	fake_connect(&rig.device, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(locked); i++) {
		g_autoptr(GByteArray) clear = message_get_status();
		g_autoptr(GByteArray) out = g_byte_array_new();
		g_autoptr(GError) error = NULL;

		bool answered = fake_exchange(&rig.device, locked[i], clear, out, &error);

		if (row->version == 0) /* whatever they make of it */
			continue;
		g_assert_false(answered);
		g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
		g_assert_cmpuint(out->len, ==, 0);
	}
}

/* An app that was told nothing does not talk to a device without security, nor the reverse. */
static void test_mismatch(const void *data)
{
	const StoryCase *row = data;
	g_auto(Rig) rig = { 0 };
	g_autoptr(GError) error = NULL;

	rig_init(&rig, row, NULL);
	rig.setup.security = row->version == 0 ? CLIENT_SECURITY_AUTO : 0;
	must(client_connect(rig.client, &error), error);
	if (row->version == 0 && strcmp(row->habit, "esp_prov") == 0) {
		must(client_secure(rig.client, NULL, &error), error);
		return;
	}
	g_assert_false(client_secure(rig.client, NULL, &error));
	PhoneError want = row->version == 0 ? PHONE_ERROR_PROTOCOL : PHONE_ERROR_ATT;

	g_assert_error(error, PHONE_ERROR, (int)want);
}

/* --- a certificate, over the same session --- */

/* Longer than a chunk, so that there are some to drop the link between. */
static char *file_with(Rig *rig, const char *name, char octet, size_t len)
{
	char *path = g_build_filename(rig->folder, name, NULL);
	g_autofree char *text = g_strnfill(len, octet);

	g_assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
	return path;
}

/* Request, signing, a wrong digest, a lost link, commit, and the telemetry in the end. */
static void test_identity(const void *data)
{
	g_auto(Rig) rig = { 0 };
	g_autoptr(GError) error = NULL;

	rig_init(&rig, data, NULL);
	rig.folder = g_dir_make_tmp("landfall-identity-XXXXXX", NULL);

	g_autofree char *trust = file_with(&rig, "trust", 't', 1500);
	g_autofree char *broker = file_with(&rig, "broker", 'b', 399);
	IdentitySetup setup = {
		.request = true,
		.common_name = "gw-17",
		.sign_command = "sed s/REQUEST/CERTIFICATE/ \"$1\"",
		.parts = { [2] = trust, [3] = broker },
		.drop_after = 2,
		.wrong_digest_first = true,
	};

	must(client_connect(rig.client, &error), error);
	must(client_secure(rig.client, NULL, &error), error);
	join_must(&rig);
	must(identity_run(rig.client, &fake_link, &rig.device, &setup, NULL, &error), error);
	g_assert_cmpuint(rig.device.generation, ==, 1);
	g_assert_cmpuint(secret_len(rig.device.delivered[STORE_PART_TRUST]), ==, 1500);
	g_assert_cmpuint(secret_len(rig.device.delivered[STORE_PART_BROKER]), ==, 399);
	g_assert_true(g_str_has_prefix(
		(const char *)secret_data(rig.device.delivered[STORE_PART_CERTIFICATE]),
		"-----BEGIN CERTIFICATE-----\n"));
	g_assert_null(rig.device.delivered[STORE_PART_KEY]);
	must(identity_follow(rig.client, &fake_link, &rig.device, NULL, &error), error);
	g_assert_cmpuint(rig.device.asked, >=, AGENT_STEP_N);
	g_unlink(trust);
	g_unlink(broker);
}

static void add_stories(const char *name, GTestDataFunc function)
{
	for (size_t i = 0; i < G_N_ELEMENTS(story_cases); i++) {
		const StoryCase *row = &story_cases[i];

		if (!provisioner_speaks(row->version))
			continue;

		g_autofree char *path =
			g_strdup_printf("/handshake/%s/%s/security%d%s", name, row->habit,
					row->version, *row->pop ? "" : "-open");

		g_test_add_data_func(path, row, function);
	}
}

/* Thousands of state changes are of no use to a reader of the results. */
static void drop_debug(const char *domain, GLogLevelFlags level, const char *text, void *data)
{
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_handler(NULL, G_LOG_LEVEL_DEBUG, drop_debug, NULL);
	g_test_add_func("/handshake/random/security1", test_random_security1);
	g_test_add_func("/handshake/random/security2", test_random_security2);
	for (size_t i = 0; i < G_N_ELEMENTS(vector_zeros); i++) {
		g_autofree char *path =
			g_strconcat("/handshake/zeros/", vector_zeros[i].name, NULL);

		g_test_add_data_func(path, &vector_zeros[i], test_zeros);
	}
	add_stories("identity", test_identity);
	add_stories("story", test_story);
	add_stories("walk-away", test_walk_away);
	add_stories("reset", test_reset);
	add_stories("locked", test_locked);
	add_stories("mismatch", test_mismatch);
	return g_test_run();
}
