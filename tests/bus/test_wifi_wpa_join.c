/* SPDX-License-Identifier: MIT */
/* Joining through a wpa_supplicant that refuses or is late. */
#include "tests/bus/wpa-bed.h"

#include <string.h>

#define IP4_WAIT_US (16 * G_USEC_PER_SEC) /* for an address of IPv4, and a moment more */

static const FakeBss lab_far = { NULL, WPA_BED_LAB, 2, true, NULL, "wpa-psk", 5180, -80, 0 };
static const FakeBss lab_open = { NULL, WPA_BED_LAB, 3, false, NULL, NULL, 2412, -30, 0 };
static const FakeBss mixed = { NULL, "Mixed", 5, true, NULL, "wpa-psk sae", 2412, -60, 0 };
static const FakeBss office = { NULL, "Office", 6, true, NULL, "wpa-eap", 2412, -60, 0 };
static const FakeBss cafe = { NULL, "Cafe", 7, false, NULL, NULL, 2412, -60, 0 };
static const FakeBss owe = { NULL, "Owe", 9, true, NULL, "owe", 2412, -60, 0 };
static const FakeBss wep = { NULL, "Wep", 10, true, NULL, NULL, 2412, -60, 0 };

static void test_join(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_network(fake, "home", NULL, true);
	fake_wpa_network(fake, "spare", NULL, false);
	fake_wpa_set(fake, 0, "priority", "4");
	fake_wpa_bss(fake, 0, &lab_far);
	fake_wpa_bss(fake, 1, &wpa_bed_lab);
	fake_wpa_bss(fake, 2, &lab_open);
	wpa_bed_ip("addr add 192.0.2.5/24 " WPA_BED_LEASE); /* of the network before */
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "ssid"), ==, "4c616e6466616c6c204c6162");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "key_mgmt"), ==, "WPA-PSK WPA-PSK-SHA256");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "psk"), ==, "\"" WPA_BED_PASS "\"");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "id_str"), ==, "\"landfall 0\"");
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "priority"), ==, WPA_BED_TRIAL);
	g_assert_null(fake_wpa_setting(fake, 2, "scan_ssid"));
	/* The others are disabled for the moment, which does not make the device a blank one. */
	g_assert_false(fake->networks[0].enabled);
	g_assert_true(wifi_wpa_backend.is_provisioned(bed->wpa));
	fake->current_bss = 1;
	wpa_bed_complete(bed);
	/* The address is still that of the network before. */
	TEST_WAIT(wifi_wpa_backend.is_online(bed->wpa));
	g_assert_cmpuint(bed->joins + fake->saves, ==, 0);
	wpa_bed_ip("addr flush dev " WPA_BED_RADIO);
	wpa_bed_ip("addr add 192.168.77.61/24 " WPA_BED_LEASE);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(bed->link.ip4, ==, "192.168.77.61");
	g_assert_cmpint(bed->link.network.auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(bed->link.network.channel, ==, 6);
	/* In the file: the new one, and the others as they were before. */
	g_assert_cmpuint(fake->saves, ==, 1);
	g_assert_true(fake->networks[2].saved);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "priority"), ==, "5");
	/* Nothing was changed on the way that costs the connection. */
	g_assert_cmpuint(fake->drops, ==, 0);
	g_assert_true(fake->networks[0].saved_enabled);
	g_assert_false(fake->networks[1].saved_enabled);

	wifi_wpa_backend.port.forget(bed->wpa);
	TEST_WAIT(fake->reassociates == 1);
	g_assert_false(fake->networks[2].saved);
	g_assert_true(fake->networks[0].saved);
	g_assert_cmpuint(bed->failures, ==, 0);
}

/* The lease is renewed with the same address; nothing else tells that it is another network. */
static void test_join_same_address(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wpa_bed_ip("addr add 192.168.77.61/24 " WPA_BED_LEASE);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_complete(bed);
	TEST_WAIT(wifi_wpa_backend.is_online(bed->wpa));
	g_assert_cmpuint(bed->joins, ==, 0);
	g_usleep(20000); /* the kernel's stamps count hundredths of a second */
	wpa_bed_ip("addr change 192.168.77.61/24 valid_lft 2000 preferred_lft 2000 "
		   "dev " WPA_BED_RADIO);
	TEST_WAIT(bed->joins == 1);
}

/* An IPv6 network whose access point goes while IPv4 is waited for is none that the device has an
 * address of; when it is back it is. */
static void test_join_ip6(WpaBed *bed, gconstpointer data)
{
	gint64 over_us = 0;

	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_complete(bed);
	over_us = g_get_monotonic_time() + IP4_WAIT_US;
	wpa_bed_ip("addr add 2001:db8::61/64 nodad " WPA_BED_LEASE);
	TEST_WAIT(wifi_wpa_backend.is_online(bed->wpa));
	fake_wpa_state(bed->fake, "disconnected");
	TEST_WAIT(!wifi_wpa_backend.is_online(bed->wpa));
	TEST_WAIT(g_get_monotonic_time() > over_us);
	g_assert_cmpuint(bed->joins, ==, 0);
	wpa_bed_complete(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(bed->link.ip4, ==, "0.0.0.0");
}

/* An address that somebody set by hand holds for every network. */
static void test_join_static(WpaBed *bed, gconstpointer data)
{
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_ip("addr add 192.168.77.61/24 dev " WPA_BED_RADIO);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_complete(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(bed->link.ip4, ==, "192.168.77.61");
}

typedef struct Setting {
	const char *name;
	const char *text;
} Setting;

/* A passphrase of 13 characters would do for WEP, from which anybody can read it: an access point
 * that wants it so and calls itself the same is passed over, however near. */
static void test_join_wep_twin(WpaBed *bed, gconstpointer data)
{
	static const FakeBss twin = { NULL, WPA_BED_LAB, 13, true, NULL, NULL, 2412, -30, 0 };
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_bss(fake, 1, &twin);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, "thirteen char");
	wpa_bed_wait_selected(bed, 1);
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
	  &wpa_bed_three,
	  "a\"b",
	  { { "key_mgmt", "SAE" },
	    { "sae_password", "612262" },
	    { "ieee80211w", "2" },
	    { "psk", NULL } } },
	{ "mixed",
	  &mixed,
	  WPA_BED_PASS,
	  { { "key_mgmt", "WPA-PSK WPA-PSK-SHA256 SAE" },
	    { "psk", "\"" WPA_BED_PASS "\"" },
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
	  &wpa_bed_lab,
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

static void test_join_kind(WpaBed *bed, gconstpointer data)
{
	const KindCase *c = data;

	fake_wpa_bss(bed->fake, 0, c->bss);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, c->bss->ssid, c->passphrase);
	wpa_bed_wait_selected(bed, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(c->settings); i++)
		g_assert_cmpstr(fake_wpa_setting(bed->fake, 0, c->settings[i].name), ==,
				c->settings[i].text);
}

static void join_office(WpaBed *bed)
{
	char identity[] = "device-7";
	char ca[] = "/s/ca.pem";
	char cert[] = "/s/device.crt";
	char key[] = "/s/device.key";
	char domain[] = "radius.example";
	WifiEnterprise enterprise = { identity, ca, cert, key, domain };
	WifiCredentials credentials = { .enterprise = &enterprise };

	fake_wpa_bss(bed->fake, 0, &office);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join_with(bed, &credentials, "Office", NULL);
	wpa_bed_wait_selected(bed, 1);
}

static void test_join_enterprise(WpaBed *bed, gconstpointer data)
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

	join_office(bed);
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
		g_assert_cmpstr(fake_wpa_setting(bed->fake, 0, settings[i].name), ==,
				settings[i].text);
	wpa_bed_succeed(bed);
}

static void test_join_enterprise_refused(WpaBed *bed, gconstpointer data)
{
	join_office(bed);
	fake_wpa_state(bed->fake, "associated");
	fake_wpa_eap(bed->fake, "remote certificate verification", "success");
	fake_wpa_eap(bed->fake, "completion", "failure");
	wpa_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
}

typedef struct FutileCase {
	const char *path;
	const FakeBss *bss;
	const char *passphrase;
	WifiFailure failure;
} FutileCase;

/* Nothing is even tried where it cannot work; a passphrase is not shown to an open network. */
static const FutileCase futile_cases[] = {
	{ "too-short", &wpa_bed_lab, "1234567", WIFI_FAILURE_AUTH },
	{ "none-given", &wpa_bed_lab, NULL, WIFI_FAILURE_AUTH },
	{ "not-asked", &cafe, WPA_BED_PASS, WIFI_FAILURE_AUTH },
	{ "enterprise", &office, WPA_BED_PASS, WIFI_FAILURE_OTHER },
};

static void test_join_futile(WpaBed *bed, gconstpointer data)
{
	const FutileCase *c = data;

	fake_wpa_bss(bed->fake, 0, c->bss);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, c->bss->ssid, c->passphrase);
	g_assert_cmpuint(bed->failures, ==, 0); /* not from inside the call */
	wpa_bed_assert_failed(bed, c->failure);
	g_assert_cmpuint(bed->fake->adds, ==, 0);
}

/* One that would be forgotten is not even tried. */
static void test_join_no_update(WpaBed *bed, gconstpointer data)
{
	bed->fake->update_config = false;
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*no network can be added*");
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_test_assert_expected_messages();
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*update_config=1*");
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->fake->adds, ==, 0);
}

static void test_join_wrong_key(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "before", NULL, true);
	fake_wpa_network(fake, "spare", NULL, false);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, "wrong wrong");
	wpa_bed_wait_selected(bed, 1);
	/* One handshake may be lost on the air. It is tried again at once. */
	fake_wpa_state(fake, "associated");
	test_turn();
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	wpa_bed_wait_selected(bed, 2);
	g_assert_cmpuint(bed->failures, ==, 0);
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	wpa_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	g_assert_true(wifi_wpa_backend.is_busy(bed->wpa));
	/* The network is gone, nothing was saved, and the one from before is enabled again. */
	TEST_WAIT(bed->idles == 1);
	g_assert_false(wifi_wpa_backend.is_busy(bed->wpa));
	g_assert_null(fake->networks[2].object);
	g_assert_cmpuint(fake->saves, ==, 0);
	g_assert_true(fake->networks[0].enabled);
	g_assert_false(fake->networks[1].enabled);
	g_assert_cmpuint(fake->selects, ==, 3); /* twice the new one, then the one before */
	g_assert_cmpuint(fake->reassociates, ==, 0);

	/* The same phone tries again. */
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 4);
	g_assert_cmpstr(fake_wpa_setting(fake, 3, "id_str"), ==, "\"landfall 0\"");
	wpa_bed_complete(bed);
	wpa_bed_ip("addr add 192.168.77.62/24 " WPA_BED_LEASE);
	TEST_WAIT(bed->joins == 1);
	g_assert_true(fake->networks[0].saved_enabled);
}

/* Corrected before the first attempt is taken back: what was enabled before the
 * first one counts. */
static void test_join_at_once(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "before", NULL, true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, "wrong wrong");
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 3);
	g_assert_cmpstr(fake_wpa_setting(fake, 2, "id_str"), ==, "\"landfall 0\"");
	g_assert_null(fake->networks[1].object);
	wpa_bed_complete(bed);
	wpa_bed_ip("addr add 192.168.77.62/24 " WPA_BED_LEASE);
	TEST_WAIT(bed->joins == 1);
	g_assert_true(fake->networks[0].saved_enabled);
}

/* hostapd calls a wrong WPA3 password an unspecified failure, others a failed challenge. A group
 * that the access point does not know (77) is no answer to the password. */
static void test_join_wrong_sae(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_three);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, "Three", "wrong wrong");
	wpa_bed_wait_selected(bed, 1);
	fake_wpa_state(fake, "authenticating");
	fake_wpa_auth(fake, 77);
	test_turn();
	fake_wpa_auth(fake, 1);
	wpa_bed_wait_selected(bed, 2);
	g_assert_cmpuint(bed->failures, ==, 0);
	fake_wpa_auth(fake, 15);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
}

/* Where there is no passphrase, none is wrong. */
static void test_join_owe_handshake(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &owe);
	wpa_bed_start(bed, 10 * WPA_BED_HASTE);
	wpa_bed_join(bed, "Owe", NULL);
	wpa_bed_wait_selected(bed, 1);
	fake_wpa_state(fake, "4way_handshake");
	test_turn();
	fake_wpa_state(fake, "disconnected");
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_assert_cmpuint(fake->selects, ==, 1);
}

static void test_join_absent(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &cafe);
	fake_wpa_bss(fake, 1, &wpa_bed_gone);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, "Gone", WPA_BED_PASS);
	TEST_WAIT(fake->scans == 1);
	g_assert_cmpstr(fake->scan_ssid, ==, "Gone");
	fake_wpa_scanned(fake, true);
	TEST_WAIT(fake->scans == 2);
	fake_wpa_scanned(fake, true);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(fake->adds, ==, 0);
}

/* A network that hides its name: seen when it is asked for, and asked for ever after. */
static void test_join_hidden(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_scanned(fake, true);
	wpa_bed_wait_selected(bed, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
}

/* The same when somebody else had asked for it a moment before. */
static void test_join_hidden_known(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_hidden);
	fake_wpa_bss(fake, 1, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	g_assert_cmpuint(fake->scans, ==, 0);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
}

/* It does not even answer to its name: it is tried all the same. */
static void test_join_nameless(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_hidden);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, "Secret", WPA_BED_PASS);
	TEST_WAIT(fake->scans == 1);
	fake_wpa_scanned(fake, true);
	wpa_bed_wait_selected(bed, 1);
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "scan_ssid"), ==, "1");
	g_assert_cmpstr(fake_wpa_setting(fake, 0, "key_mgmt"), ==, "WPA-PSK WPA-PSK-SHA256 SAE");
}

static void test_join_bssid(WpaBed *bed, gconstpointer data)
{
	WifiCredentials credentials = { .bssid = { 2, 0, 0, 0, 0, 2 } };

	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	fake_wpa_bss(bed->fake, 1, &lab_far);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join_with(bed, &credentials, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	g_assert_cmpstr(fake_wpa_setting(bed->fake, 0, "bssid"), ==, "02:00:00:00:00:02");
	wpa_bed_succeed(bed);
	g_assert_cmpuint(bed->link.network.channel, ==, 36);
	/* It may be replaced one day. */
	g_assert_cmpstr(fake_wpa_setting(bed->fake, 0, "bssid"), ==, "any");
}

/* The access point that the phone saw is not there any more, another one of that name is. */
static void test_join_bssid_gone(WpaBed *bed, gconstpointer data)
{
	WifiCredentials credentials = { .bssid = { 2, 0, 0, 0, 0, 99 } };

	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join_with(bed, &credentials, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	g_assert_null(fake_wpa_setting(bed->fake, 0, "bssid"));
}

static void test_join_refused(WpaBed *bed, gconstpointer data)
{
	bed->fake->refuse_add = "fi.w1.wpa_supplicant1.InvalidArgs";
	fake_wpa_bss(bed->fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot add the network*");
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
	TEST_WAIT(bed->idles == 1);
}

static void test_join_disk_full(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake->refuse_save = true;
	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	fake_wpa_network(fake, "before", NULL, true);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot save the network*");
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_complete(bed);
	wpa_bed_ip("addr add 192.168.77.61/24 " WPA_BED_LEASE);
	wpa_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	TEST_WAIT(bed->idles == 1);
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
	{ "no-address", &wpa_bed_lab, "completed", false, false, WIFI_FAILURE_ADDRESS },
	{ "silent", &wpa_bed_lab, "authenticating", false, false, WIFI_FAILURE_OTHER },
	{ "silent-sae", &wpa_bed_three, "authenticating", false, false, WIFI_FAILURE_AUTH },
	{ "vanished", &wpa_bed_lab, "authenticating", true, false, WIFI_FAILURE_NOT_FOUND },
	{ "vanished-sae", &wpa_bed_three, "authenticating", true, false, WIFI_FAILURE_NOT_FOUND },
	{ "deaf", &wpa_bed_lab, "authenticating", true, true, WIFI_FAILURE_OTHER },
};

static void test_join_late(WpaBed *bed, gconstpointer data)
{
	const LateCase *c = data;
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, c->bss);
	fake_wpa_network(fake, "before", NULL, true);
	wpa_bed_start(bed, 10 * WPA_BED_HASTE);
	wpa_bed_join(bed, c->bss->ssid, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	fake_wpa_state(fake, c->state);
	if (c->failure != WIFI_FAILURE_ADDRESS) {
		TEST_WAIT(fake->scans == 1);
		if (c->vanishes)
			g_clear_pointer(&fake->bss[0].object, bus_object_free);
		fake_wpa_scanned(fake, !c->deaf);
	}
	wpa_bed_assert_failed(bed, c->failure);
	TEST_WAIT(bed->idles == 1);
	g_assert_null(fake->networks[1].object);
	g_assert_true(fake->networks[0].enabled);
}

/* Lost and found again on the way to the address: it is still the same attempt. */
static void test_join_flaps(WpaBed *bed, gconstpointer data)
{
	FakeWpa *fake = bed->fake;

	fake_wpa_bss(fake, 0, &wpa_bed_lab);
	wpa_bed_start(bed, WPA_BED_PATIENCE);
	wpa_bed_join(bed, WPA_BED_LAB, WPA_BED_PASS);
	wpa_bed_wait_selected(bed, 1);
	wpa_bed_complete(bed);
	test_turn();
	fake_wpa_state(fake, "disconnected");
	test_turn();
	wpa_bed_succeed(bed);
	g_assert_cmpuint(fake->selects, ==, 1);
}

static const WpaBedTest tests[] = {
	{ "join/works", test_join },
	{ "join/wep-twin", test_join_wep_twin },
	{ "join/same-address", test_join_same_address },
	{ "join/ip6", test_join_ip6 },
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
};

int main(int argc, char **argv)
{
	wpa_bed_init(&argc, &argv);
	wpa_bed_add_tests(tests, G_N_ELEMENTS(tests));
	wpa_bed_add_rows("join/kind/", kind_cases, G_N_ELEMENTS(kind_cases), sizeof(kind_cases[0]),
			 test_join_kind);
	wpa_bed_add_rows("join/futile/", futile_cases, G_N_ELEMENTS(futile_cases),
			 sizeof(futile_cases[0]), test_join_futile);
	wpa_bed_add_rows("join/late/", late_cases, G_N_ELEMENTS(late_cases), sizeof(late_cases[0]),
			 test_join_late);
	return g_test_run();
}
