/* SPDX-License-Identifier: MIT */
/* Scanning and joining through a wpa_supplicant that refuses, is late, or leaves; the addresses are
 * those of a bridge in a network namespace of the test's own. */
#include "common/error.h"
#include "provisioner/adapter/wifi-wpa.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-wpa.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 600000 /* ms: no attempt is late by itself */
#define HASTE    200    /* ms: where being late is the point */
#define NOT_NOW  "fi.w1.wpa_supplicant1.Interface.ScanError"
#define LAB      "Landfall Lab"
#define PASS     "correct horse battery"
#define RADIO    "radio0"
#define TRIAL    "-271828" /* the priority of a network that is being tried */
#define LEASE    "valid_lft 1000 preferred_lft 1000 dev " RADIO

static const FakeBss lab = { NULL, LAB, 1, true, NULL, "wpa-psk", 2437, -52, 0 };
static const FakeBss lab_far = { NULL, LAB, 2, true, NULL, "wpa-psk", 5180, -80, 0 };
static const FakeBss lab_open = { NULL, LAB, 3, false, NULL, NULL, 2412, -30, 0 };
static const FakeBss three = { NULL, "Three", 4, true, NULL, "sae", 5955, -60, 0 };
static const FakeBss mixed = { NULL, "Mixed", 5, true, NULL, "wpa-psk sae", 2412, -60, 0 };
static const FakeBss office = { NULL, "Office", 6, true, NULL, "wpa-eap", 2412, -60, 0 };
static const FakeBss cafe = { NULL, "Cafe", 7, false, NULL, NULL, 2412, -60, 0 };
static const FakeBss hidden = { NULL, "", 1, true, NULL, "wpa-psk", 2412, -60, 0 };
static const FakeBss owe = { NULL, "Owe", 9, true, NULL, "owe", 2412, -60, 0 };
static const FakeBss wep = { NULL, "Wep", 10, true, NULL, NULL, 2412, -60, 0 };
static const FakeBss gone = { NULL, "Gone", 11, true, NULL, "wpa-psk", 2412, -60, 120 };

typedef struct Fixture {
	TestBus *daemon;
	FakeWpa *fake;
	Bus *bus;
	void *wpa;
	unsigned int readies;
	unsigned int losses;
	unsigned int idles;
	unsigned int scans; /* reported */
	WifiNetwork networks[16];
	size_t n_networks;
	bool scan_failed;
	unsigned int joins;
	WifiLink link;
	unsigned int failures;
	WifiFailure failure;
	int syncs_before; /* the join */
} Fixture;

static bool have_namespace;

/* In place of the real one: how often everything was flushed to disk, and whether the disk is slow. */
static int syncs;
static int disk_is_slow;

void sync(void)
{
	while (g_atomic_int_get(&disk_is_slow))
		g_usleep(1000);
	g_atomic_int_inc(&syncs);
}

static void on_ready(void *data)
{
	Fixture *fixture = data;

	fixture->readies++;
}

static void on_lost(void *data)
{
	Fixture *fixture = data;

	fixture->losses++;
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	Fixture *fixture = data;

	g_assert_cmpuint(n_networks, <=, G_N_ELEMENTS(fixture->networks));
	if (n_networks)
		memcpy(fixture->networks, networks, n_networks * sizeof(*networks));
	fixture->n_networks = n_networks;
	fixture->scan_failed = error != NULL;
	fixture->scans++;
}

static void on_joined(const WifiLink *link, void *data)
{
	Fixture *fixture = data;

	g_assert_cmpint(g_atomic_int_get(&syncs), >, fixture->syncs_before);
	fixture->link = *link;
	fixture->joins++;
}

static void on_join_failed(WifiFailure failure, void *data)
{
	Fixture *fixture = data;

	fixture->failure = failure;
	fixture->failures++;
}

static void on_idle(void *data)
{
	Fixture *fixture = data;

	fixture->idles++;
}

static void on_changed(void *data)
{
}

static void watch(Fixture *fixture, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, g_get_tmp_dir() };
	g_autoptr(GError) error = NULL;

	fixture->syncs_before = g_atomic_int_get(&syncs);
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->wpa = wifi_wpa_backend.new(fixture->bus, &settings, &events, fixture);
}

static void start(Fixture *fixture, unsigned int timeout_ms)
{
	watch(fixture, timeout_ms);
	TEST_WAIT(fixture->readies == 1);
}

static void ip(const char *arguments)
{
	g_autofree char *line = g_strconcat("ip ", arguments, NULL);
	g_autofree char *output G_GNUC_UNUSED = test_run(line, NULL);
}

static void setup(Fixture *fixture, gconstpointer data)
{
	ip("link add " RADIO " address 02:00:00:a1:b2:c3 type bridge");
	fixture->daemon = test_bus_start();
	fixture->fake = fake_wpa_new(test_bus_address(fixture->daemon), RADIO);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	wifi_wpa_backend.free(fixture->wpa);
	bus_free(fixture->bus);
	fake_wpa_free(fixture->fake);
	test_bus_stop(fixture->daemon);
	ip("link del " RADIO);
}

static void scan(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_wpa_backend.port.scan(fixture->wpa, &error));
	g_assert_no_error(error);
}

static void join_with(Fixture *fixture, WifiCredentials *credentials, const char *ssid,
		      const char *passphrase)
{
	g_autoptr(GError) error = NULL;

	credentials->ssid_len = (uint8_t)strlen(ssid);
	memcpy(credentials->ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials->passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_wpa_backend.port.join(fixture->wpa, credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials->passphrase); /* the join has its own */
}

static void join(Fixture *fixture, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { 0 };

	join_with(fixture, &credentials, ssid, passphrase);
}

static void assert_failed(Fixture *fixture, WifiFailure failure)
{
	TEST_WAIT(fixture->failures == 1);
	g_assert_cmpint(fixture->failure, ==, failure);
	g_assert_cmpuint(fixture->joins, ==, 0);
}

/* Until wpa_supplicant was told to use network @index, and our side has taken that in. */
static void wait_selected(Fixture *fixture, unsigned int n)
{
	TEST_WAIT(fixture->fake->selects == n);
}

/* Through all states to the point where an address is due. */
static void complete(Fixture *fixture)
{
	static const char *const states[] = { "authenticating", "associating",     "associated",
					      "4way_handshake", "group_handshake", "completed" };

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
		fake_wpa_state(fixture->fake, states[i]);
}

/* ---- the interface ---- */

static void test_interface(Fixture *fixture, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	start(fixture, PATIENCE);
	g_assert_cmpstr(wifi_wpa_backend.interface(fixture->wpa), ==, RADIO);
	g_assert_true(wifi_wpa_backend.mac(fixture->wpa, mac));
	g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	fake_wpa_interface(fixture->fake, false);
	TEST_WAIT(fixture->losses == 1);
	g_assert_nonnull(strstr(wifi_wpa_backend.problem(fixture->wpa), "no interface"));
	g_assert_false(wifi_wpa_backend.mac(fixture->wpa, mac));
	fake_wpa_interface(fixture->fake, true);
	TEST_WAIT(fixture->readies == 2);
}

/* Without a file it is somebody's who does not want it touched, such as NetworkManager's. */
static void test_foreign(Fixture *fixture, gconstpointer data)
{
	fixture->fake->config_file = "";
	watch(fixture, PATIENCE);
	TEST_WAIT(strstr(wifi_wpa_backend.problem(fixture->wpa), "configuration file"));
	g_assert_false(wifi_wpa_backend.is_ready(fixture->wpa));
}

static void test_online(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	ip("addr add 192.0.2.61/24 " LEASE);
	g_assert_false(wifi_wpa_backend.is_online(fixture->wpa));
	fake_wpa_state(fixture->fake, "completed");
	TEST_WAIT(wifi_wpa_backend.is_online(fixture->wpa));
	ip("addr flush dev " RADIO);
	TEST_WAIT(!wifi_wpa_backend.is_online(fixture->wpa));
}

typedef struct ProvisionedCase {
	const char *path;
	const char *mark;
	bool enabled;
	const char *mode;
	bool provisioned;
} ProvisionedCase;

static const ProvisionedCase provisioned_cases[] = {
	{ "other", NULL, true, NULL, true },
	{ "ours", "landfall 0 7", true, NULL, true },
	{ "named-alike", "landfall-office", true, NULL, true },
	{ "disabled", NULL, false, NULL, false },
	{ "access-point", NULL, true, "2", false },
	{ "group", NULL, false, "3", false },
};

static void test_provisioned(Fixture *fixture, gconstpointer data)
{
	const ProvisionedCase *c = data;
	int index = fake_wpa_network(fixture->fake, "home", c->mark, c->enabled);

	if (c->mode)
		fake_wpa_set(fixture->fake, index, "mode", c->mode);
	start(fixture, PATIENCE);
	g_assert_cmpint(wifi_wpa_backend.is_provisioned(fixture->wpa), ==, c->provisioned);
	g_assert_cmpuint(fixture->fake->saves, ==, 0);
}

/* A crash left a trial: it goes, what it took the place of is enabled again, nothing else is. */
static void test_swept(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_network(fake, "home", NULL, false);
	fake_wpa_network(fake, "old", "landfall", false);
	fake_wpa_network(fake, "never", NULL, false);
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 0 1", true), "priority", TRIAL);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	start(fixture, PATIENCE);
	TEST_WAIT(fake->reassociates == 1);
	g_test_assert_expected_messages();
	g_assert_null(fake->networks[3].object);
	g_assert_true(fake->networks[0].enabled);
	g_assert_true(fake->networks[1].enabled);
	g_assert_false(fake->networks[2].enabled);
	/* Whoever wrote the file meanwhile wrote it into it. */
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[3].saved);
	g_assert_cmpuint(fake->flushes, ==, 0);
	TEST_WAIT(wifi_wpa_backend.is_provisioned(fixture->wpa));
}

/* wpa_supplicant asked for the hidden network before in none of its last scans: what it heard in them
 * is not to be chosen from. */
static void test_swept_hidden(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_set(fake, fake_wpa_network(fake, "home", NULL, false), "scan_ssid", "1");
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 0", true), "priority", TRIAL);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	start(fixture, PATIENCE);
	TEST_WAIT(fake->reassociates == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fake->flushes, ==, 1);
	g_assert_true(fake->networks[0].enabled);
}

/* A trial that somebody saved, read again with other numbers: in doubt all are enabled. */
static void test_swept_renumbered(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_network(fake, "home", NULL, false);
	fake_wpa_set(fake, fake_wpa_network(fake, "new", "landfall 17", true), "priority", TRIAL);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	start(fixture, PATIENCE);
	TEST_WAIT(fake->reassociates == 1);
	g_test_assert_expected_messages();
	g_assert_true(fake->networks[0].enabled);
}

/* ---- scanning ---- */

static void test_scan(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	g_assert_null(fake->scan_ssid);
	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_bss(fake, 1, &hidden);
	fake_wpa_bss(fake, 2, &three);
	fake_wpa_bss(fake, 3, &gone);
	g_assert_cmpuint(fixture->scans, ==, 0);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 2);
	g_assert_cmpmem(fixture->networks[0].ssid, fixture->networks[0].ssid_len, LAB, strlen(LAB));
	g_assert_cmpint(fixture->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(fixture->networks[0].channel, ==, 6);
	g_assert_cmpint(fixture->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpuint(fixture->networks[0].bssid[5], ==, 1);
	g_assert_cmpint(fixture->networks[1].auth, ==, WIFI_AUTH_WPA3);
	g_assert_cmpuint(fixture->networks[1].channel, ==, 1);
	/* Fresh enough: the next one is answered from what is known. */
	scan(fixture);
	TEST_WAIT(fixture->scans == 2);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	start(fixture, PATIENCE);
	fake_wpa_bss(fake, 0, &lab);
	wifi_wpa_backend.look_around(fixture->wpa);
	TEST_WAIT(fake->scans == 1);
	scan(fixture);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(fixture->scans == 1);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* wpa_supplicant is in the middle of a scan: the end of that one will do. */
static void test_scan_not_now(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake->refuse_scan = NOT_NOW;
	start(fixture, PATIENCE);
	fake_wpa_bss(fake, 0, &lab);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_scan = "fi.w1.wpa_supplicant1.InvalidArgs";
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
}

/* The radio is off: there is nothing, and that is an error and no empty list. */
static void test_scan_impossible(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fixture->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	fake_wpa_scanned(fixture->fake, false);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	fake_wpa_bss(fixture->fake, 0, &lab);
	scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_vanished(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fixture->fake->scans == 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	g_clear_pointer(&fixture->fake, fake_wpa_free);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_wpa_backend.port.scan(fixture->wpa, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	fixture->fake = fake_wpa_new(test_bus_address(fixture->daemon), RADIO);
	fake_wpa_bss(fixture->fake, 0, &lab);
	TEST_WAIT(fixture->readies == 2);
	scan(fixture);
	TEST_WAIT(fixture->fake->scans == 1);
	fake_wpa_scanned(fixture->fake, true);
	TEST_WAIT(fixture->scans == 2);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

/* ---- joining ---- */

static void test_join(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_network(fake, "home", NULL, true);
	fake_wpa_network(fake, "spare", NULL, false);
	fake_wpa_set(fake, 0, "priority", "4");
	fake_wpa_bss(fake, 0, &lab_far);
	fake_wpa_bss(fake, 1, &lab);
	fake_wpa_bss(fake, 2, &lab_open);
	ip("addr add 192.0.2.5/24 " LEASE); /* of the network before */
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "ssid"), ==, "4c616e6466616c6c204c6162");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "key_mgmt"), ==, "WPA-PSK WPA-PSK-SHA256");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "psk"), ==, "\"" PASS "\"");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "id_str"), ==, "\"landfall 0\"");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "priority"), ==, TRIAL);
	g_assert_null(fake_wpa_setting(fake, 2, "scan_ssid"));
	/* The others are disabled for the moment, which does not make the device a blank one. */
	g_assert_false(fake->networks[0].enabled);
	g_assert_true(wifi_wpa_backend.is_provisioned(fixture->wpa));
	fake->current_bss = 1;
	complete(fixture);
	/* The address is still that of the network before. */
	TEST_WAIT(wifi_wpa_backend.is_online(fixture->wpa));
	g_assert_cmpuint(fixture->joins + fake->saves, ==, 0);
	ip("addr flush dev " RADIO);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpstr(fixture->link.ip4, ==, "192.168.77.61");
	g_assert_cmpint(fixture->link.network.auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(fixture->link.network.channel, ==, 6);
	/* In the file: the new one, and the others as they were before. */
	g_assert_cmpuint(fake->saves, ==, 1);
	g_assert_true(fake->networks[2].saved);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "priority"), ==, "5");
	/* Nothing was changed on the way that costs the connection. */
	g_assert_cmpuint(fake->drops, ==, 0);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[1].saved_enabled);

	wifi_wpa_backend.port.forget(fixture->wpa);
	TEST_WAIT(fake->reassociates == 1);
	g_assert_false(fake->networks[2].saved);
	g_assert_true(fake->networks[0].saved);
	g_assert_cmpuint(fixture->failures, ==, 0);
}

/* The lease is renewed with the same address; nothing else tells that it is another network. */
static void test_join_same_address(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	ip("addr add 192.168.77.61/24 " LEASE);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	TEST_WAIT(wifi_wpa_backend.is_online(fixture->wpa));
	g_assert_cmpuint(fixture->joins, ==, 0);
	g_usleep(20000); /* the kernel's stamps count hundredths of a second */
	ip("addr change 192.168.77.61/24 valid_lft 2000 preferred_lft 2000 dev " RADIO);
	TEST_WAIT(fixture->joins == 1);
}

/* An address that somebody set by hand holds for every network. */
static void test_join_static(Fixture *fixture, gconstpointer data)
{
	fake_wpa_bss(fixture->fake, 0, &lab);
	ip("addr add 192.168.77.61/24 dev " RADIO);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpstr(fixture->link.ip4, ==, "192.168.77.61");
}

typedef struct Setting {
	const char *name;
	const char *text;
} Setting;

/* A passphrase of 13 characters would do for WEP, from which anybody can read it: an access point
 * that wants it so and calls itself the same is passed over, however near. */
static void test_join_wep_twin(Fixture *fixture, gconstpointer data)
{
	static const FakeBss twin = { NULL, LAB, 13, true, NULL, NULL, 2412, -30, 0 };
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_bss(fake, 1, &twin);
	start(fixture, PATIENCE);
	join(fixture, LAB, "thirteen char");
	wait_selected(fixture, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "key_mgmt"), ==, "WPA-PSK WPA-PSK-SHA256");
}

typedef struct KindCase {
	const char *path;
	const FakeBss *bss;
	const char *passphrase;
	Setting settings[4];
} KindCase;

#define HEX64 "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const KindCase kind_cases[] = {
	{ "wpa3",
	  &three,
	  "a\"b",
	  { { "key_mgmt", "SAE" },
	    { "sae_password", "612262" },
	    { "ieee80211w", "2" },
	    { "psk", NULL } } },
	{ "mixed",
	  &mixed,
	  PASS,
	  { { "key_mgmt", "WPA-PSK WPA-PSK-SHA256 SAE" },
	    { "psk", "\"" PASS "\"" },
	    { "ieee80211w", "1" },
	    { "scan_ssid", NULL } } },
	{ "mixed-hex",
	  &mixed,
	  HEX64,
	  { { "key_mgmt", "WPA-PSK WPA-PSK-SHA256" },
	    { "psk", HEX32 },
	    { "ieee80211w", "1" },
	    { "scan_ssid", NULL } } },
	{ "hex",
	  &lab,
	  HEX64,
	  { { "key_mgmt", "WPA-PSK WPA-PSK-SHA256" },
	    { "psk", HEX32 },
	    { "ieee80211w", "1" },
	    { "scan_ssid", NULL } } },
	{ "open",
	  &cafe,
	  NULL,
	  { { "key_mgmt", "NONE" },
	    { "psk", NULL },
	    { "wep_key0", NULL },
	    { "ieee80211w", NULL } } },
	{ "owe",
	  &owe,
	  NULL,
	  { { "key_mgmt", "OWE" },
	    { "ieee80211w", "2" },
	    { "psk", NULL },
	    { "scan_ssid", NULL } } },
	{ "wep",
	  &wep,
	  "abcde",
	  { { "key_mgmt", "NONE" },
	    { "wep_key0", "6162636465" },
	    { "wep_tx_keyidx", "0" },
	    { "psk", NULL } } },
	{ "wep-hex",
	  &wep,
	  "0123456789",
	  { { "key_mgmt", "NONE" },
	    { "wep_key0", "0123456789" },
	    { "wep_tx_keyidx", "0" },
	    { "psk", NULL } } },
};

static void test_join_kind(Fixture *fixture, gconstpointer data)
{
	const KindCase *c = data;

	fake_wpa_bss(fixture->fake, 0, c->bss);
	start(fixture, PATIENCE);
	join(fixture, c->bss->ssid, c->passphrase);
	wait_selected(fixture, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(c->settings); i++)
		g_assert_cmpstr(fake_wpa_setting(fixture->fake, 0, c->settings[i].name), ==,
				c->settings[i].text);
}

static void join_office(Fixture *fixture)
{
	char identity[] = "device-7";
	char ca[] = "/s/ca.pem";
	char cert[] = "/s/device.crt";
	char key[] = "/s/device.key";
	char domain[] = "radius.example";
	WifiEnterprise enterprise = { identity, ca, cert, key, domain };
	WifiCredentials credentials = { .enterprise = &enterprise };

	fake_wpa_bss(fixture->fake, 0, &office);
	start(fixture, PATIENCE);
	join_with(fixture, &credentials, "Office", NULL);
	wait_selected(fixture, 1);
}

static void test_join_enterprise(Fixture *fixture, gconstpointer data)
{
	static const Setting settings[] = {
		{ "key_mgmt", "WPA-EAP WPA-EAP-SHA256" },
		{ "eap", "TLS" },
		{ "identity", "\"device-7\"" },
		{ "ca_cert", "\"/s/ca.pem\"" },
		{ "client_cert", "\"/s/device.crt\"" },
		{ "private_key", "\"/s/device.key\"" },
		{ "domain_suffix_match", "\"radius.example\"" },
		{ "psk", NULL },
	};

	join_office(fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
		g_assert_cmpstr(fake_wpa_setting(fixture->fake, 0, settings[i].name), ==,
				settings[i].text);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
}

static void test_join_enterprise_refused(Fixture *fixture, gconstpointer data)
{
	join_office(fixture);
	fake_wpa_state(fixture->fake, "associated");
	fake_wpa_eap(fixture->fake, "remote certificate verification", "success");
	fake_wpa_eap(fixture->fake, "completion", "failure");
	assert_failed(fixture, WIFI_FAILURE_AUTH);
}

typedef struct FutileCase {
	const char *path;
	const FakeBss *bss;
	const char *passphrase;
	WifiFailure failure;
} FutileCase;

/* Nothing is even tried where it cannot work; a passphrase is not shown to an open network. */
static const FutileCase futile_cases[] = {
	{ "too-short", &lab, "1234567", WIFI_FAILURE_AUTH },
	{ "none-given", &lab, NULL, WIFI_FAILURE_AUTH },
	{ "not-asked", &cafe, PASS, WIFI_FAILURE_AUTH },
	{ "enterprise", &office, PASS, WIFI_FAILURE_OTHER },
};

static void test_join_futile(Fixture *fixture, gconstpointer data)
{
	const FutileCase *c = data;

	fake_wpa_bss(fixture->fake, 0, c->bss);
	start(fixture, PATIENCE);
	join(fixture, c->bss->ssid, c->passphrase);
	g_assert_cmpuint(fixture->failures, ==, 0); /* not from inside the call */
	assert_failed(fixture, c->failure);
	g_assert_cmpuint(fixture->fake->adds, ==, 0);
}

/* One that would be forgotten is not even tried. */
static void test_join_no_update(Fixture *fixture, gconstpointer data)
{
	fixture->fake->update_config = false;
	fake_wpa_bss(fixture->fake, 0, &lab);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*no network can be added*");
	start(fixture, PATIENCE);
	g_test_assert_expected_messages();
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*update_config=1*");
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->fake->adds, ==, 0);
}

static void test_join_wrong_key(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "before", NULL, true);
	fake_wpa_network(fake, "spare", NULL, false);
	start(fixture, PATIENCE);
	join(fixture, LAB, "wrong wrong");
	wait_selected(fixture, 1);
	/* One handshake may be lost on the air. It is tried again at once. */
	fake_wpa_state(fake, "associated");
	test_turn();
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	wait_selected(fixture, 2);
	g_assert_cmpuint(fixture->failures, ==, 0);
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	assert_failed(fixture, WIFI_FAILURE_AUTH);
	g_assert_true(wifi_wpa_backend.is_busy(fixture->wpa));
	/* The network is gone, nothing was saved, and the one from before is enabled again. */
	TEST_WAIT(fixture->idles == 1);
	g_assert_false(wifi_wpa_backend.is_busy(fixture->wpa));
	g_assert_null(fake->networks[2].object);
	g_assert_cmpuint(fake->saves, ==, 0);
	g_assert_true(fake->networks[0].enabled);
	g_assert_false(fake->networks[1].enabled);
	g_assert_cmpuint(fake->reassociates, ==, 1);

	/* The same phone tries again. */
	join(fixture, LAB, PASS);
	wait_selected(fixture, 3);
	g_assert_cmpstr(fake_wpa_setting(fake, 3, "id_str"), ==, "\"landfall 0\"");
	complete(fixture);
	ip("addr add 192.168.77.62/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(fake->networks[0].saved_enabled);
}

/* Corrected before the first attempt is taken back: what was enabled before the first one counts. */
static void test_join_at_once(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "before", NULL, true);
	start(fixture, PATIENCE);
	join(fixture, LAB, "wrong wrong");
	wait_selected(fixture, 1);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 2);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "id_str"), ==, "\"landfall 0\"");
	g_assert_null(fake->networks[1].object);
	complete(fixture);
	ip("addr add 192.168.77.62/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(fake->networks[0].saved_enabled);
}

/* hostapd calls a wrong WPA3 password an unspecified failure, others a failed challenge. A group
 * that the access point does not know (77) is no answer to the password. */
static void test_join_wrong_sae(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &three);
	start(fixture, PATIENCE);
	join(fixture, "Three", "wrong wrong");
	wait_selected(fixture, 1);
	fake_wpa_state(fake, "authenticating");
	fake_wpa_auth(fake, 77);
	test_turn();
	fake_wpa_auth(fake, 1);
	wait_selected(fixture, 2);
	g_assert_cmpuint(fixture->failures, ==, 0);
	fake_wpa_auth(fake, 15);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
}

/* Where there is no passphrase, none is wrong. */
static void test_join_owe_handshake(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &owe);
	start(fixture, 10 * HASTE);
	join(fixture, "Owe", NULL);
	wait_selected(fixture, 1);
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_assert_cmpuint(fake->selects, ==, 1);
}

static void test_join_absent(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &cafe);
	fake_wpa_bss(fake, 1, &gone);
	start(fixture, PATIENCE);
	join(fixture, "Gone", PASS);
	TEST_WAIT(fake->scans == 1);
	g_assert_cmpstr(fake->scan_ssid, ==, "Gone");
	fake_wpa_scanned(fake, true);
	TEST_WAIT(fake->scans == 2);
	fake_wpa_scanned(fake, true);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(fake->adds, ==, 0);
}

/* A network that hides its name: seen when it is asked for, and asked for ever after. */
static void test_join_hidden(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_scanned(fake, true);
	wait_selected(fixture, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
}

/* The same when somebody else had asked for it a moment before. */
static void test_join_hidden_known(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &hidden);
	fake_wpa_bss(fake, 1, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	g_assert_cmpuint(fake->scans, ==, 0);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
}

/* It does not even answer to its name: it is tried all the same. */
static void test_join_nameless(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &hidden);
	start(fixture, PATIENCE);
	join(fixture, "Secret", PASS);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	wait_selected(fixture, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "key_mgmt"), ==, "WPA-PSK WPA-PSK-SHA256 SAE");
}

static void test_join_bssid(Fixture *fixture, gconstpointer data)
{
	WifiCredentials credentials = { .bssid = { 2, 0, 0, 0, 0, 2 } };

	fake_wpa_bss(fixture->fake, 0, &lab);
	fake_wpa_bss(fixture->fake, 1, &lab_far);
	start(fixture, PATIENCE);
	join_with(fixture, &credentials, LAB, PASS);
	wait_selected(fixture, 1);
	g_assert_cmpstr(fake_wpa_setting(fixture->fake, 0, "bssid"), ==, "02:00:00:00:00:02");
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpuint(fixture->link.network.channel, ==, 36);
	/* It may be replaced one day. */
	g_assert_cmpstr(fake_wpa_setting(fixture->fake, 0, "bssid"), ==, "any");
}

/* The access point that the phone saw is not there any more, another one of that name is. */
static void test_join_bssid_gone(Fixture *fixture, gconstpointer data)
{
	WifiCredentials credentials = { .bssid = { 2, 0, 0, 0, 0, 99 } };

	fake_wpa_bss(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join_with(fixture, &credentials, LAB, PASS);
	wait_selected(fixture, 1);
	g_assert_null(fake_wpa_setting(fixture->fake, 0, "bssid"));
}

static void test_join_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_add = "fi.w1.wpa_supplicant1.InvalidArgs";
	fake_wpa_bss(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot add the network*");
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	TEST_WAIT(fixture->idles == 1);
}

static void test_join_disk_full(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake->refuse_save = true;
	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "before", NULL, true);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot save the network*");
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	TEST_WAIT(fixture->idles == 1);
	g_test_assert_expected_messages();
	g_assert_null(fake->networks[1].object);
	g_assert_true(fake->networks[0].enabled);
}

typedef struct LateCase {
	const char *path;
	const FakeBss *bss;
	const char *state; /* the last one */
	bool vanishes;     /* the access point is not there any more in the end */
	bool deaf;         /* the scan that is to tell fails */
	WifiFailure failure;
} LateCase;

static const LateCase late_cases[] = {
	{ "no-address", &lab, "completed", false, false, WIFI_FAILURE_ADDRESS },
	{ "silent", &lab, "authenticating", false, false, WIFI_FAILURE_OTHER },
	{ "silent-sae", &three, "authenticating", false, false, WIFI_FAILURE_AUTH },
	{ "vanished", &lab, "authenticating", true, false, WIFI_FAILURE_NOT_FOUND },
	{ "vanished-sae", &three, "authenticating", true, false, WIFI_FAILURE_NOT_FOUND },
	{ "deaf", &lab, "authenticating", true, true, WIFI_FAILURE_OTHER },
};

static void test_join_late(Fixture *fixture, gconstpointer data)
{
	const LateCase *c = data;
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, c->bss);
	fake_wpa_network(fake, "before", NULL, true);
	start(fixture, 10 * HASTE);
	join(fixture, c->bss->ssid, PASS);
	wait_selected(fixture, 1);
	fake_wpa_state(fake, c->state);
	if (c->failure != WIFI_FAILURE_ADDRESS) {
		TEST_WAIT(fake->scans == 1);
		if (c->vanishes)
			g_clear_pointer(&fake->bss[0].object, bus_object_free);
		fake_wpa_scanned(fake, !c->deaf);
	}
	assert_failed(fixture, c->failure);
	TEST_WAIT(fixture->idles == 1);
	g_assert_null(fake->networks[1].object);
	g_assert_true(fake->networks[0].enabled);
}

/* Lost and found again on the way to the address: it is still the same attempt. */
static void test_join_flaps(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	test_turn();
	fake_wpa_state(fake, "disconnected");
	test_turn();
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	g_assert_cmpuint(fake->selects, ==, 1);
}

typedef struct CancelCase {
	const char *path;
	bool selected; /* wait until it is, or cancel while it is being added */
} CancelCase;

static const CancelCase cancel_cases[] = {
	{ "selected", true },
	{ "adding", false },
};

static void test_join_cancelled(Fixture *fixture, gconstpointer data)
{
	const CancelCase *c = data;
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "before", NULL, true);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	if (c->selected)
		wait_selected(fixture, 1);
	else
		TEST_WAIT(fake->adds == 1);
	wifi_wpa_backend.port.cancel(fixture->wpa);
	g_assert_true(wifi_wpa_backend.is_busy(fixture->wpa));
	TEST_WAIT(!wifi_wpa_backend.is_busy(fixture->wpa));
	g_assert_null(fake->networks[1].object);
	g_assert_true(fake->networks[0].enabled);
	wifi_wpa_backend.port.cancel(fixture->wpa);
	g_assert_cmpuint(fixture->failures + fixture->joins, ==, 0);
}

/* Given up when the file may have it already: then it is written again, without. */
static void test_join_cancelled_saving(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "before", NULL, true);
	fake->hold_save = true;
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	g_atomic_int_set(&disk_is_slow, 1);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fake->saves == 1);
	g_assert_cmpuint(fixture->joins, ==, 0);
	wifi_wpa_backend.port.cancel(fixture->wpa);
	g_atomic_int_set(&disk_is_slow, 0);
	TEST_WAIT(!wifi_wpa_backend.is_busy(fixture->wpa));
	g_assert_cmpuint(fake->saves, ==, 2);
	g_assert_false(fake->networks[1].saved);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_cmpuint(fixture->failures + fixture->joins, ==, 0);
}

/* wpa_supplicant restarts in the middle: the join begins anew when it is back. */
static void test_join_restart(Fixture *fixture, gconstpointer data)
{
	fake_wpa_bss(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&fixture->fake, fake_wpa_free);
	TEST_WAIT(fixture->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->failures, ==, 0);
	fixture->fake = fake_wpa_new(test_bus_address(fixture->daemon), RADIO);
	fake_wpa_bss(fixture->fake, 0, &lab);
	TEST_WAIT(fixture->readies == 2);
	/* The access point may be missed at first: then it is scanned for. */
	TEST_WAIT(fixture->fake->adds == 1 || fixture->fake->scans == 1);
	if (fixture->fake->adds == 0)
		fake_wpa_scanned(fixture->fake, true);
	wait_selected(fixture, 1);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
}

static void test_join_gone_for_good(Fixture *fixture, gconstpointer data)
{
	start(fixture, HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&fixture->fake, fake_wpa_free);
	TEST_WAIT(fixture->losses == 1);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* A second provisioning of the same network replaces what the first one left. */
static void test_join_superseded(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_network(fake, LAB, "landfall", true);
	fake_wpa_network(fake, "Cafe", "landfall", true);
	fake_wpa_network(fake, LAB, NULL, true);
	fake_wpa_bss(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	TEST_WAIT(fake->saves == 2);
	g_assert_false(fake->networks[0].saved);
	g_assert_true(fake->networks[1].saved_enabled);
	g_assert_true(fake->networks[2].saved_enabled);
	g_assert_true(fake->networks[3].saved_enabled);
	/* The new one stays in use. */
	g_assert_cmpuint(fake->reassociates, ==, 0);
}

/* ---- forgetting ---- */

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_bss(fake, 1, &three);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	complete(fixture);
	ip("addr add 192.168.77.61/24 " LEASE);
	TEST_WAIT(fixture->joins == 1);
	join(fixture, "Three", "wrong wrong");
	wait_selected(fixture, 2);
	fake_wpa_auth(fake, 15);
	wait_selected(fixture, 3);
	fake_wpa_auth(fake, 15);
	TEST_WAIT(fixture->failures == 1);
	wifi_wpa_backend.port.forget(fixture->wpa);
	TEST_WAIT(!wifi_wpa_backend.is_busy(fixture->wpa));
	g_assert_null(fake->networks[1].object);
	g_assert_nonnull(fake->networks[0].object);
}

/* All that is ours goes, from the file as well, and nothing else. */
static void test_forget_all(Fixture *fixture, gconstpointer data)
{
	FakeWpa *fake = fixture->fake;

	fake_wpa_bss(fake, 0, &lab);
	fake_wpa_network(fake, "home", NULL, true);
	fake_wpa_network(fake, "old", "landfall 0 7", true);
	fake_wpa_network(fake, "office", "landfall office", true);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_selected(fixture, 1);
	wifi_wpa_backend.forget_all(fixture->wpa);
	TEST_WAIT(!wifi_wpa_backend.is_busy(fixture->wpa));
	g_assert_null(fake->networks[1].object);
	g_assert_null(fake->networks[3].object);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[1].saved);
	g_assert_true(fake->networks[2].saved_enabled);
	g_assert_cmpuint(fixture->failures + fixture->joins, ==, 0);
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "interface", test_interface },
	{ "foreign", test_foreign },
	{ "online", test_online },
	{ "swept", test_swept },
	{ "swept-hidden", test_swept_hidden },
	{ "swept-renumbered", test_swept_renumbered },
	{ "scan/list", test_scan },
	{ "scan/ahead", test_scan_ahead },
	{ "scan/not-now", test_scan_not_now },
	{ "scan/refused", test_scan_refused },
	{ "scan/impossible", test_scan_impossible },
	{ "scan/late", test_scan_late },
	{ "scan/vanished", test_scan_vanished },
	{ "join/works", test_join },
	{ "join/wep-twin", test_join_wep_twin },
	{ "join/same-address", test_join_same_address },
	{ "join/static", test_join_static },
	{ "join/enterprise", test_join_enterprise },
	{ "join/enterprise-refused", test_join_enterprise_refused },
	{ "join/no-update", test_join_no_update },
	{ "join/wrong-key", test_join_wrong_key },
	{ "join/at-once", test_join_at_once },
	{ "join/wrong-sae", test_join_wrong_sae },
	{ "join/owe-handshake", test_join_owe_handshake },
	{ "join/absent", test_join_absent },
	{ "join/hidden", test_join_hidden },
	{ "join/hidden-known", test_join_hidden_known },
	{ "join/nameless", test_join_nameless },
	{ "join/bssid", test_join_bssid },
	{ "join/bssid-gone", test_join_bssid_gone },
	{ "join/refused", test_join_refused },
	{ "join/disk-full", test_join_disk_full },
	{ "join/flaps", test_join_flaps },
	{ "join/cancelled/saving", test_join_cancelled_saving },
	{ "join/restart", test_join_restart },
	{ "join/gone-for-good", test_join_gone_for_good },
	{ "join/superseded", test_join_superseded },
	{ "forget/failed", test_forget_failed },
	{ "forget/all", test_forget_all },
};

static void test_skipped(void)
{
	g_test_skip("no network namespace to be had");
}

static void add(const char *name, const void *row,
		void (*test)(Fixture *fixture, gconstpointer data))
{
	g_autofree char *path = g_strconcat("/wifi-wpa/", name, NULL);

	if (have_namespace)
		g_test_add(path, Fixture, row, setup, test, teardown);
	else
		g_test_add_func(path, test_skipped);
}

/* One test for each row of a table; the row's first member is its name. */
static void add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(Fixture *fixture, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		g_autofree char *name =
			g_strconcat(prefix, *(const char *const *)(const void *)row, NULL);

		add(name, row, test);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	have_namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		add(tests[i].path, NULL, tests[i].test);
	add_rows("provisioned/", provisioned_cases, G_N_ELEMENTS(provisioned_cases),
		 sizeof(provisioned_cases[0]), test_provisioned);
	add_rows("join/kind/", kind_cases, G_N_ELEMENTS(kind_cases), sizeof(kind_cases[0]),
		 test_join_kind);
	add_rows("join/futile/", futile_cases, G_N_ELEMENTS(futile_cases), sizeof(futile_cases[0]),
		 test_join_futile);
	add_rows("join/late/", late_cases, G_N_ELEMENTS(late_cases), sizeof(late_cases[0]),
		 test_join_late);
	add_rows("join/cancelled/", cancel_cases, G_N_ELEMENTS(cancel_cases),
		 sizeof(cancel_cases[0]), test_join_cancelled);
	return g_test_run();
}
