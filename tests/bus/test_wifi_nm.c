/* SPDX-License-Identifier: MIT */
/* Scanning and joining through a NetworkManager that refuses, is late, or leaves. */
#include "common/error.h"
#include "provisioner/adapter/wifi-nm.h"
#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-nm.h"

#include <string.h>
#include <unistd.h>

#define PSK      0x188u
#define SAE      0x488u
#define EAP      0x288u
#define PATIENCE 600000 /* ms: no attempt is late by itself */
#define HASTE    200    /* ms: where being late is the point */
#define NOT_NOW  "org.freedesktop.NetworkManager.Device.NotAllowed"
#define LAB      "Landfall Lab"
#define PASS     "correct horse battery"

#define NEED_AUTH 60
#define IP_CONFIG 70
#define ACTIVATED 2 /* NMActiveConnectionState */
#define FAILED    120

static const FakeAp lab = { NULL, LAB, "02:00:00:00:00:01", 1, 0, PSK, 2437, 80 };
static const FakeAp lab_far = { NULL, LAB, "02:00:00:00:00:02", 1, 0, PSK, 5180, 20 };
static const FakeAp lab_open = { NULL, LAB, "02:00:00:00:00:03", 0, 0, 0, 2412, 99 };
static const FakeAp three = { NULL, "Three", "02:00:00:00:00:04", 1, 0, SAE, 2412, 50 };
static const FakeAp mixed = { NULL, "Both", "02:00:00:00:00:09", 1, 0, PSK | SAE, 2412, 50 };
static const FakeAp office = { NULL, "Office", "02:00:00:00:00:05", 1, 0, EAP, 2412, 50 };
static const FakeAp cafe = { NULL, "Cafe", "02:00:00:00:00:06", 0, 0, 0, 2412, 50 };
static const FakeAp hidden = { NULL, "", "02:00:00:00:00:07", 1, 0, PSK, 2412, 50 };

typedef struct Fixture {
	TestBus *daemon;
	FakeNm *fake;
	Bus *bus;
	void *nm;
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

/* In place of the real one: how often everything was flushed to disk. */
static int syncs;

void sync(void)
{
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

static void start(Fixture *fixture, unsigned int timeout_ms)
{
	static const WifiEvents events = { on_ready,       on_lost, on_scanned, on_joined,
					   on_join_failed, on_idle, on_changed };
	const WifiSettings settings = { "auto", timeout_ms, g_get_tmp_dir() };
	g_autoptr(GError) error = NULL;

	fixture->syncs_before = g_atomic_int_get(&syncs);
	fixture->bus = bus_open(test_bus_address(fixture->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	fixture->nm = wifi_nm_backend.new(fixture->bus, &settings, &events, fixture);
	TEST_WAIT(fixture->readies == 1);
}

static void setup(Fixture *fixture, gconstpointer data)
{
	fixture->daemon = test_bus_start();
	fixture->fake = fake_nm_new(test_bus_address(fixture->daemon));
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	wifi_nm_backend.free(fixture->nm);
	bus_free(fixture->bus);
	fake_nm_free(fixture->fake);
	test_bus_stop(fixture->daemon);
}

static void scan(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(wifi_nm_backend.port.scan(fixture->nm, &error));
	g_assert_no_error(error);
}

static void join(Fixture *fixture, const char *ssid, const char *passphrase)
{
	WifiCredentials credentials = { .ssid_len = (uint8_t)strlen(ssid) };
	g_autoptr(GError) error = NULL;

	memcpy(credentials.ssid, ssid, strlen(ssid));
	if (passphrase)
		credentials.passphrase = secret_new(passphrase, strlen(passphrase));
	g_assert_true(wifi_nm_backend.port.join(fixture->nm, &credentials, &error));
	g_assert_no_error(error);
	secret_free(credentials.passphrase); /* the join has its own */
}

static void assert_failed(Fixture *fixture, WifiFailure failure)
{
	TEST_WAIT(fixture->failures == 1);
	g_assert_cmpint(fixture->failure, ==, failure);
	g_assert_cmpuint(fixture->joins, ==, 0);
}

/* ---- the device ---- */

static void test_device(Fixture *fixture, gconstpointer data)
{
	static const uint8_t expected[WIFI_BSSID_LEN] = { 0x02, 0, 0, 0xa1, 0xb2, 0xc3 };
	uint8_t mac[WIFI_BSSID_LEN] = { 0 };

	start(fixture, PATIENCE);
	g_assert_cmpstr(wifi_nm_backend.interface(fixture->nm), ==, "wlan0");
	g_assert_true(wifi_nm_backend.mac(fixture->nm, mac));
	g_assert_cmpmem(mac, sizeof(mac), expected, sizeof(expected));
	fake_nm_device(fixture->fake, false);
	TEST_WAIT(fixture->losses == 1);
	g_assert_nonnull(strstr(wifi_nm_backend.problem(fixture->nm), "no Wi-Fi interface"));
	fake_nm_device(fixture->fake, true);
	TEST_WAIT(fixture->readies == 2);
}

static void test_unmanaged(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	fake_nm_state(fixture->fake, 10, 0);
	TEST_WAIT(fixture->losses == 1);
	g_assert_nonnull(strstr(wifi_nm_backend.problem(fixture->nm), "manages no"));
	fake_nm_state(fixture->fake, 30, 0);
	TEST_WAIT(fixture->readies == 2);
}

typedef struct ProvisionedCase {
	const char *path;
	const char *id;
	const char *type;
	const char *mode;
	bool autoconnect;
	bool saved;
	bool provisioned;
} ProvisionedCase;

static const ProvisionedCase provisioned_cases[] = {
	{ "wifi", "home", "802-11-wireless", "infrastructure", true, true, true },
	{ "wifi-in-memory", "netplan-wlan0", "802-11-wireless", NULL, true, false, true },
	{ "ours", "landfall home", "802-11-wireless", NULL, true, true, true },
	{ "ours-unproved", "landfall home", "802-11-wireless", NULL, true, false, false },
	{ "manual", "home", "802-11-wireless", NULL, false, true, false },
	{ "access-point", "hotspot", "802-11-wireless", "ap", true, true, false },
	{ "wired", "office", "802-3-ethernet", NULL, true, true, false },
};

static void test_provisioned(Fixture *fixture, gconstpointer data)
{
	const ProvisionedCase *c = data;
	int index = fake_nm_profile(fixture->fake, c->id, c->type, c->autoconnect, c->saved);

	fixture->fake->profiles[index].mode = g_strdup(c->mode);
	start(fixture, PATIENCE);
	g_assert_cmpint(wifi_nm_backend.is_provisioned(fixture->nm), ==, c->provisioned);
}

/* NetworkManager's tools call a profile after its network, and this one's name begins like ours. */
static void others_profile(FakeNm *fake, bool saved)
{
	int index = fake_nm_profile(fake, "landfall guest", "802-11-wireless", true, saved);

	g_free(fake->profiles[index].ssid);
	fake->profiles[index].ssid = g_strdup("landfall guest");
}

/* What a crash left in memory is deleted, and nothing else. */
static void test_swept(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_profile(fake, "landfall old", "802-11-wireless", true, true);
	fake_nm_profile(fake, "landfall new", "802-11-wireless", true, false);
	fake_nm_profile(fake, "other", "802-11-wireless", true, false);
	others_profile(fake, false);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*unfinished attempt*");
	start(fixture, PATIENCE);
	TEST_WAIT(!fake->profiles[1].object);
	g_test_assert_expected_messages();
	g_assert_nonnull(fake->profiles[0].object);
	g_assert_nonnull(fake->profiles[2].object);
	g_assert_nonnull(fake->profiles[3].object);
}

/* A reset forgets what was added here, saved or not, and nothing else. */
static void test_forget_all(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_profile(fake, "landfall old", "802-11-wireless", true, true);
	fake_nm_profile(fake, "old", "802-11-wireless", true, true);
	others_profile(fake, true);
	start(fixture, PATIENCE);
	wifi_nm_backend.forget_all(fixture->nm);
	TEST_WAIT(!fake->profiles[0].object);
	TEST_WAIT(fake_nm_count(fake) == 2);
	g_assert_nonnull(fake->profiles[1].object);
	g_assert_nonnull(fake->profiles[2].object);
}

/* ---- scanning ---- */

static void test_scan(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	start(fixture, PATIENCE);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	g_assert_null(fake->scan_ssid);
	fake_nm_ap(fake, 0, &lab);
	fake_nm_ap(fake, 1, &hidden);
	fake_nm_ap(fake, 2, &three);
	g_assert_cmpuint(fixture->scans, ==, 0);
	fake_nm_scanned(fake);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 2);
	g_assert_cmpmem(fixture->networks[0].ssid, fixture->networks[0].ssid_len, LAB, strlen(LAB));
	g_assert_cmpint(fixture->networks[0].auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(fixture->networks[0].channel, ==, 6);
	g_assert_cmpint(fixture->networks[0].rssi_dbm, ==, -52);
	g_assert_cmpuint(fixture->networks[0].bssid[5], ==, 1);
	g_assert_cmpint(fixture->networks[1].auth, ==, WIFI_AUTH_WPA3);
}

/* A scan that began when the phone connected is the one the core waits for. */
static void test_scan_ahead(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	start(fixture, PATIENCE);
	fake_nm_ap(fake, 0, &lab);
	wifi_nm_backend.look_around(fixture->nm);
	TEST_WAIT(fake->scans == 1);
	scan(fixture);
	fake_nm_scanned(fake);
	TEST_WAIT(fixture->scans == 1);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
	g_assert_cmpuint(fake->scans, ==, 1);
}

/* NetworkManager is in the middle of a scan: the end of that one will do. */
static void test_scan_not_now(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake->refuse_scan = NOT_NOW;
	start(fixture, PATIENCE);
	fake_nm_ap(fake, 0, &lab);
	scan(fixture);
	TEST_WAIT(fake->scans == 1);
	fake_nm_scanned(fake);
	TEST_WAIT(fixture->scans == 1);
	g_assert_false(fixture->scan_failed);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_scan = "org.freedesktop.NetworkManager.Device.PermissionDenied";
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*scan failed*");
	scan(fixture);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
}

/* The scan never ends: what is known is reported before bluetoothd would answer for us. */
static void test_scan_late(Fixture *fixture, gconstpointer data)
{
	start(fixture, PATIENCE);
	fake_nm_ap(fixture->fake, 0, &lab);
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
	g_clear_pointer(&fixture->fake, fake_nm_free);
	TEST_WAIT(fixture->scans == 1);
	g_assert_true(fixture->scan_failed);
	g_test_assert_expected_messages();
	g_assert_false(wifi_nm_backend.port.scan(fixture->nm, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI);
	fixture->fake = fake_nm_new(test_bus_address(fixture->daemon));
	fake_nm_ap(fixture->fake, 0, &lab);
	TEST_WAIT(fixture->readies == 2);
	scan(fixture);
	TEST_WAIT(fixture->fake->scans == 1);
	fake_nm_scanned(fixture->fake);
	TEST_WAIT(fixture->scans == 2);
	g_assert_cmpuint(fixture->n_networks, ==, 1);
}

static void test_scan_switches_on(Fixture *fixture, gconstpointer data)
{
	fixture->fake->wifi_off = true;
	start(fixture, PATIENCE);
	/* Whoever walks by and connects does not: it has not proved anything yet. */
	wifi_nm_backend.look_around(fixture->nm);
	TEST_WAIT(fixture->fake->scans == 1);
	g_assert_true(fixture->fake->wifi_off);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*switched off*");
	scan(fixture);
	TEST_WAIT(!fixture->fake->wifi_off);
	g_test_assert_expected_messages();
}

/* ---- joining ---- */

/* Until NetworkManager has the profile of attempt @n. */
static void wait_added(Fixture *fixture, unsigned int n)
{
	TEST_WAIT(fixture->fake->adds == n);
}

static void test_join(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;
	const FakeProfile *profile = &fake->profiles[0];

	fake_nm_ap(fake, 0, &lab_far);
	fake_nm_ap(fake, 1, &lab);
	fake_nm_ap(fake, 2, &lab_open);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	g_assert_cmpstr(fake->persist, ==, "memory");
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/1");
	g_assert_cmpstr(profile->id, ==, "landfall " LAB);
	g_assert_cmpstr(profile->key_mgmt, ==, "wpa-psk");
	g_assert_cmpstr(profile->psk, ==, PASS);
	g_assert_false(profile->hidden);
	/* The late end of the network before is none of ours; asking once is NetworkManager's way. */
	fake_nm_state(fake, NEED_AUTH, 8);
	test_turn();
	fake_nm_state(fake, NEED_AUTH, 0);
	fake_nm_state(fake, IP_CONFIG, 0);
	fake_nm_active(fake, 0, ACTIVATED);
	g_assert_false(profile->saved);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(profile->saved);
	g_assert_cmpstr(fixture->link.ip4, ==, "192.168.77.61");
	g_assert_cmpint(fixture->link.network.auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(fixture->link.network.channel, ==, 6);
	TEST_WAIT(wifi_nm_backend.is_provisioned(fixture->nm));

	wifi_nm_backend.port.forget(fixture->nm);
	TEST_WAIT(!profile->object);
	g_assert_cmpuint(fixture->failures, ==, 0);
}

typedef struct KindCase {
	const char *path;
	const FakeAp *ap;
	const char *passphrase;
	const char *key_mgmt; /* NULL: no security */
} KindCase;

static const KindCase kind_cases[] = {
	{ "wpa3", &three, "x", "sae" },
	{ "open", &cafe, NULL, NULL },
};

static void test_join_kind(Fixture *fixture, gconstpointer data)
{
	const KindCase *c = data;

	fake_nm_ap(fixture->fake, 0, c->ap);
	start(fixture, PATIENCE);
	join(fixture, c->ap->ssid, c->passphrase);
	wait_added(fixture, 1);
	g_assert_cmpstr(fixture->fake->profiles[0].key_mgmt, ==, c->key_mgmt);
	g_assert_cmpstr(fixture->fake->profiles[0].psk, ==, c->passphrase);
}

typedef struct FutileCase {
	const char *path;
	const FakeAp *ap;
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

	fake_nm_ap(fixture->fake, 0, c->ap);
	start(fixture, PATIENCE);
	join(fixture, c->ap->ssid, c->passphrase);
	g_assert_cmpuint(fixture->failures, ==, 0); /* not from inside the call */
	assert_failed(fixture, c->failure);
	g_assert_cmpuint(fixture->fake->adds, ==, 0);
}

static void test_join_wrong_key(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &lab);
	fake_nm_profile(fake, "before", "802-11-wireless", true, true);
	fake_nm_use(fake, 0);
	start(fixture, PATIENCE);
	join(fixture, LAB, "wrong wrong");
	wait_added(fixture, 1);
	fake_nm_state(fake, NEED_AUTH, 0);
	fake_nm_state(fake, 50, 0);
	fake_nm_state(fake, NEED_AUTH, 8);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
	/* The profile is gone, unsaved, and the network from before is asked for again. */
	TEST_WAIT(fixture->idles == 1);
	g_assert_null(fake->profiles[1].object);
	g_assert_cmpuint(fake->profiles[1].saves, ==, 0);
	g_assert_cmpstr(fake->reactivated, ==, FAKE_NM_PATH "/Settings/0");
	g_assert_false(wifi_nm_backend.is_busy(fixture->nm));

	/* The same phone tries again, at once. */
	fake_nm_state(fake, 30, 0);
	join(fixture, LAB, PASS);
	wait_added(fixture, 2);
	fake_nm_state(fake, 50, 0);
	fake_nm_active(fake, 2, ACTIVATED);
	fake_nm_address(fake, 2, "192.168.77.62");
	TEST_WAIT(fixture->joins == 1);
}

typedef struct EndCase {
	const char *path;
	uint32_t reached; /* NMDeviceState */
	uint32_t reason;  /* of FAILED */
	WifiFailure failure;
} EndCase;

static const EndCase end_cases[] = {
	{ "no-secrets", 50, 7, WIFI_FAILURE_AUTH },
	{ "no-address", IP_CONFIG, 5, WIFI_FAILURE_ADDRESS },
	{ "removed", 50, 36, WIFI_FAILURE_OTHER },
};

static void test_join_ends(Fixture *fixture, gconstpointer data)
{
	const EndCase *c = data;

	fake_nm_ap(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	fake_nm_state(fixture->fake, c->reached, 0);
	fake_nm_state(fixture->fake, FAILED, c->reason);
	assert_failed(fixture, c->failure);
	TEST_WAIT(fake_nm_count(fixture->fake) == 0);
}

/* Called absent in plain sight it is tried once more; out of sight it is not. */
static void test_join_again(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	fake_nm_state(fake, FAILED, 53);
	TEST_WAIT(fake->reactivated != NULL);
	g_assert_cmpstr(fake->reactivated, ==, bus_object_path(fake->profiles[0].object));
	g_assert_cmpuint(fixture->failures, ==, 0);
	fake_nm_ap(fake, 0, &cafe);
	fake_nm_state(fake, FAILED, 53);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fake_nm_count(fake) == 0);
	g_assert_cmpuint(fake->adds, ==, 1);
}

static void test_join_absent(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->scans == 1);
	g_assert_cmpstr(fake->scan_ssid, ==, LAB);
	fake_nm_scanned(fake);
	TEST_WAIT(fake->scans == 2);
	fake_nm_scanned(fake);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(fake->adds, ==, 0);
}

/* A network without a name may be the one, even when it does not answer to it in a scan. */
static void test_join_nameless(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &hidden);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->scans == 1);
	fake_nm_scanned(fake);
	wait_added(fixture, 1);
	g_assert_true(fake->profiles[0].hidden);
	g_assert_cmpstr(fake->profiles[0].key_mgmt, ==, "wpa-psk");
	g_assert_cmpstr(fake->specific, ==, "/");
	fake_nm_state(fake, FAILED, 53);
	assert_failed(fixture, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fake_nm_count(fake) == 0);
}

static const KindCase sae_cases[] = {
	{ "wpa3", &three, NULL, NULL },
	{ "mixed", &mixed, NULL, NULL },
};

/* NetworkManager calls a network absent whose WPA3 passphrase is wrong, also where WPA2 would do. */
static void test_join_wrong_sae(Fixture *fixture, gconstpointer data)
{
	const KindCase *c = data;

	fake_nm_ap(fixture->fake, 0, c->ap);
	start(fixture, PATIENCE);
	join(fixture, c->ap->ssid, "wrong wrong");
	wait_added(fixture, 1);
	fake_nm_state(fixture->fake, 50, 0);
	fake_nm_state(fixture->fake, FAILED, 53);
	assert_failed(fixture, WIFI_FAILURE_AUTH);
}

/* The access point that the phone names is the one that is joined, however weak; once that has
 * worked, the network is saved without it. */
static void test_join_named(Fixture *fixture, gconstpointer data)
{
	static const FakeAp weak = { NULL, LAB, "02:00:00:00:00:08", 1, 0, PSK, 2412, 10 };
	FakeNm *fake = fixture->fake;
	g_autoptr(Secret) passphrase = secret_new(PASS, strlen(PASS));
	WifiCredentials wanted = { .ssid_len = (uint8_t)strlen(LAB),
				   .passphrase = passphrase,
				   .bssid = { 2, 0, 0, 0, 0, 8 } };
	g_autoptr(GError) error = NULL;

	memcpy(wanted.ssid, LAB, wanted.ssid_len);
	fake_nm_ap(fake, 0, &lab);
	fake_nm_ap(fake, 1, &weak);
	start(fixture, PATIENCE);
	g_assert_true(wifi_nm_backend.port.join(fixture->nm, &wanted, &error));
	wait_added(fixture, 1);
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/1");
	g_assert_true(fake->profiles[0].bssid);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(fixture->joins == 1);
	g_assert_true(fake->profiles[0].saved);
	g_assert_true(fake->profiles[0].updated);
	g_assert_false(fake->profiles[0].bssid);
	g_assert_cmpstr(fake->profiles[0].psk, ==, PASS);
}

/* A passphrase of 13 characters would do for WEP, from which anybody can read it: an access point
 * that wants it so and calls itself the same is passed over, however near. */
static void test_join_wep_twin(Fixture *fixture, gconstpointer data)
{
	static const FakeAp twin = { NULL, LAB, "02:00:00:00:00:08", 1, 0, 0, 2412, 99 };
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &lab);
	fake_nm_ap(fake, 1, &twin);
	start(fixture, PATIENCE);
	join(fixture, LAB, "thirteen char");
	wait_added(fixture, 1);
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/0");
	g_assert_cmpstr(fake->profiles[0].key_mgmt, ==, "wpa-psk");
}

/* 802.1X with the certificates where they are. */
static void test_join_enterprise(Fixture *fixture, gconstpointer data)
{
	const FakeProfile *profile = &fixture->fake->profiles[0];
	char identity[] = "gateway-7", domain[] = "lab.test", authorities[] = "/s/ca.pem";
	char certificate[] = "/s/dev.crt", key[] = "/s/dev.key";
	WifiEnterprise enterprise = { identity, authorities, certificate, key, domain };
	WifiCredentials wanted = { .ssid_len = (uint8_t)strlen(office.ssid),
				   .enterprise = &enterprise };
	g_autoptr(GError) error = NULL;

	memcpy(wanted.ssid, office.ssid, wanted.ssid_len);
	fake_nm_ap(fixture->fake, 0, &office);
	start(fixture, PATIENCE);
	g_assert_true(wifi_nm_backend.port.join(fixture->nm, &wanted, &error));
	wait_added(fixture, 1);
	g_assert_cmpstr(profile->key_mgmt, ==, "wpa-eap");
	g_assert_null(profile->psk);
	g_assert_true(profile->tls);
	g_assert_cmpstr(profile->identity, ==, "gateway-7");
	g_assert_cmpstr(profile->ca_cert, ==, "file:///s/ca.pem");
	g_assert_cmpstr(profile->client_cert, ==, "file:///s/dev.crt");
	g_assert_cmpstr(profile->private_key, ==, "file:///s/dev.key");
	g_assert_cmpstr(profile->domain, ==, "lab.test");
	g_assert_cmpuint(profile->key_password_flags, ==, 4);
}

/* A scan that is going on is waited for: the join begins with what it sees. */
static void test_join_after_scan(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &lab);
	start(fixture, PATIENCE);
	wifi_nm_backend.look_around(fixture->nm);
	TEST_WAIT(fake->scans == 1);
	join(fixture, LAB, PASS);
	scan(fixture);
	/* Two messages later nothing was added. */
	fake_nm_state(fake, 100, 0);
	TEST_WAIT(wifi_nm_backend.is_online(fixture->nm));
	fake_nm_state(fake, 30, 0);
	TEST_WAIT(!wifi_nm_backend.is_online(fixture->nm));
	g_assert_cmpuint(fake->adds, ==, 0);
	fake_nm_scanned(fake);
	wait_added(fixture, 1);
	g_assert_cmpuint(fixture->scans, ==, 1);
}

static void test_join_hidden(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	TEST_WAIT(fake->scans == 1);
	fake_nm_ap(fake, 0, &lab);
	fake_nm_scanned(fake);
	wait_added(fixture, 1);
	g_assert_true(fake->profiles[0].hidden);
}

static void test_join_refused(Fixture *fixture, gconstpointer data)
{
	fixture->fake->refuse_add = "org.freedesktop.NetworkManager.PermissionDenied";
	fake_nm_ap(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*refuses the network*");
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_disk_full(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake->refuse_save = true;
	fake_nm_ap(fake, 0, &lab);
	start(fixture, PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot keep the network*");
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	TEST_WAIT(fake_nm_count(fake) == 0);
	g_test_assert_expected_messages();
}

static void test_join_late(Fixture *fixture, gconstpointer data)
{
	fake_nm_ap(fixture->fake, 0, &lab);
	start(fixture, HASTE);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	TEST_WAIT(fake_nm_count(fixture->fake) == 0);
}

static void test_join_cancelled(Fixture *fixture, gconstpointer data)
{
	fake_nm_ap(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	/* Our side knows the profile when it sees the activation. */
	fake_nm_state(fixture->fake, IP_CONFIG, 0);
	wifi_nm_backend.port.cancel(fixture->nm);
	TEST_WAIT(fake_nm_count(fixture->fake) == 0);
	TEST_WAIT(!wifi_nm_backend.is_busy(fixture->nm));
	wifi_nm_backend.port.cancel(fixture->nm);
	g_assert_cmpuint(fixture->failures + fixture->joins, ==, 0);
}

/* NetworkManager restarts in the middle: the join begins anew when it is back. */
static void test_join_restart(Fixture *fixture, gconstpointer data)
{
	fake_nm_ap(fixture->fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&fixture->fake, fake_nm_free);
	TEST_WAIT(fixture->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->failures, ==, 0);
	fixture->fake = fake_nm_new(test_bus_address(fixture->daemon));
	fake_nm_ap(fixture->fake, 0, &lab);
	TEST_WAIT(fixture->readies == 2);
	/* The access point may be missed at first: then it is scanned for. */
	TEST_WAIT(fixture->fake->adds == 1 || fixture->fake->scans == 1);
	if (fixture->fake->adds == 0)
		fake_nm_scanned(fixture->fake);
	wait_added(fixture, 1);
	fake_nm_active(fixture->fake, 0, ACTIVATED);
	fake_nm_address(fixture->fake, 0, "192.168.77.61");
	TEST_WAIT(fixture->joins == 1);
}

static void test_join_gone_for_good(Fixture *fixture, gconstpointer data)
{
	start(fixture, HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&fixture->fake, fake_nm_free);
	TEST_WAIT(fixture->losses == 1);
	join(fixture, LAB, PASS);
	assert_failed(fixture, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_ap(fake, 0, &lab);
	fake_nm_ap(fake, 1, &three);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(fixture->joins == 1);
	join(fixture, "Three", "wrong wrong");
	wait_added(fixture, 2);
	fake_nm_state(fake, FAILED, 7);
	TEST_WAIT(fixture->failures == 1);
	TEST_WAIT(!fake->profiles[1].object);
	wifi_nm_backend.port.forget(fixture->nm);
	/* Calls are served in their order: after this one a deletion would have been seen. */
	join(fixture, "Three", "wrong again");
	wait_added(fixture, 3);
	g_assert_nonnull(fake->profiles[0].object);
}

/* 32 octets of anybody's choice: they reach NetworkManager as they are, and its log made harmless. */
static void test_join_odd_name(Fixture *fixture, gconstpointer data)
{
	static const char name[] = "a\nSTOPPING=1\033[2J\377";
	static const FakeAp odd = { NULL, name, "02:00:00:00:00:08", 1, 0, PSK, 2412, 50 };
	const FakeProfile *profile = &fixture->fake->profiles[0];

	fake_nm_ap(fixture->fake, 0, &odd);
	start(fixture, PATIENCE);
	join(fixture, name, PASS);
	wait_added(fixture, 1);
	g_assert_cmpstr(profile->ssid, ==, name);
	g_assert_cmpstr(profile->id, ==, "landfall a?STOPPING=1?[2J\357\277\275");
}

/* A second provisioning of the same network replaces what the first one left. */
static void test_join_superseded(Fixture *fixture, gconstpointer data)
{
	FakeNm *fake = fixture->fake;

	fake_nm_profile(fake, "landfall " LAB, "802-11-wireless", true, true);
	fake_nm_profile(fake, "landfall Cafe", "802-11-wireless", true, true);
	fake_nm_profile(fake, LAB, "802-11-wireless", true, true);
	fake_nm_ap(fake, 0, &lab);
	start(fixture, PATIENCE);
	join(fixture, LAB, PASS);
	wait_added(fixture, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(!fake->profiles[0].object);
	TEST_WAIT(fixture->joins == 1);
	g_assert_nonnull(fake->profiles[1].object);
	g_assert_nonnull(fake->profiles[2].object);
	g_assert_nonnull(fake->profiles[3].object);
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/wifi-nm/device", test_device },
	{ "/wifi-nm/unmanaged", test_unmanaged },
	{ "/wifi-nm/swept", test_swept },
	{ "/wifi-nm/forget-all", test_forget_all },
	{ "/wifi-nm/scan/list", test_scan },
	{ "/wifi-nm/scan/ahead", test_scan_ahead },
	{ "/wifi-nm/scan/not-now", test_scan_not_now },
	{ "/wifi-nm/scan/refused", test_scan_refused },
	{ "/wifi-nm/scan/late", test_scan_late },
	{ "/wifi-nm/scan/vanished", test_scan_vanished },
	{ "/wifi-nm/scan/switches-on", test_scan_switches_on },
	{ "/wifi-nm/join/works", test_join },
	{ "/wifi-nm/join/wrong-key", test_join_wrong_key },
	{ "/wifi-nm/join/again", test_join_again },
	{ "/wifi-nm/join/named", test_join_named },
	{ "/wifi-nm/join/wep-twin", test_join_wep_twin },
	{ "/wifi-nm/join/enterprise", test_join_enterprise },
	{ "/wifi-nm/join/after-scan", test_join_after_scan },
	{ "/wifi-nm/join/absent", test_join_absent },
	{ "/wifi-nm/join/nameless", test_join_nameless },
	{ "/wifi-nm/join/hidden", test_join_hidden },
	{ "/wifi-nm/join/refused", test_join_refused },
	{ "/wifi-nm/join/disk-full", test_join_disk_full },
	{ "/wifi-nm/join/late", test_join_late },
	{ "/wifi-nm/join/cancelled", test_join_cancelled },
	{ "/wifi-nm/join/restart", test_join_restart },
	{ "/wifi-nm/join/gone-for-good", test_join_gone_for_good },
	{ "/wifi-nm/join/superseded", test_join_superseded },
	{ "/wifi-nm/join/odd-name", test_join_odd_name },
	{ "/wifi-nm/forget/failed", test_forget_failed },
};

/* One test for each row of a table; the row's first member is its name. */
static void add_rows(const char *prefix, const void *rows, size_t n, size_t size,
		     void (*test)(Fixture *fixture, gconstpointer data))
{
	for (size_t i = 0; i < n; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name = *(const char *const *)(const void *)row;
		g_autofree char *path = g_strconcat(prefix, name, NULL);

		g_test_add(path, Fixture, row, setup, test, teardown);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	add_rows("/wifi-nm/provisioned/", provisioned_cases, G_N_ELEMENTS(provisioned_cases),
		 sizeof(provisioned_cases[0]), test_provisioned);
	add_rows("/wifi-nm/join/kind/", kind_cases, G_N_ELEMENTS(kind_cases), sizeof(kind_cases[0]),
		 test_join_kind);
	add_rows("/wifi-nm/join/wrong-sae/", sae_cases, G_N_ELEMENTS(sae_cases),
		 sizeof(sae_cases[0]), test_join_wrong_sae);
	add_rows("/wifi-nm/join/futile/", futile_cases, G_N_ELEMENTS(futile_cases),
		 sizeof(futile_cases[0]), test_join_futile);
	add_rows("/wifi-nm/join/ends/", end_cases, G_N_ELEMENTS(end_cases), sizeof(end_cases[0]),
		 test_join_ends);
	return g_test_run();
}
