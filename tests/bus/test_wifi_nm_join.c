/* SPDX-License-Identifier: MIT */
/* Joining through a NetworkManager that refuses, is late, or leaves; and forgetting it again. */
#include "dbus/bus-call.h"
#include "tests/bus/nm-bed.h"

#include <string.h>

#define EAP 0x288u

#define NEED_AUTH 60
#define IP_CONFIG 70
#define ACTIVATED 2 /* NMActiveConnectionState */
#define FAILED    120

static const FakeAp lab_far = { NULL, NM_BED_LAB, "02:00:00:00:00:02", 1, 0, NM_BED_PSK, 5180, 20 };
static const FakeAp lab_open = { NULL, NM_BED_LAB, "02:00:00:00:00:03", 0, 0, 0, 2412, 99 };
static const FakeAp mixed = { NULL, "Both", "02:00:00:00:00:09", 1, 0, NM_BED_PSK | NM_BED_SAE,
			      2412, 50 };
static const FakeAp office = { NULL, "Office", "02:00:00:00:00:05", 1, 0, EAP, 2412, 50 };
static const FakeAp cafe = { NULL, "Cafe", "02:00:00:00:00:06", 0, 0, 0, 2412, 50 };

/* Until NetworkManager has the profile of attempt @n. */
static void wait_added(NmBed *bed, unsigned int n)
{
	TEST_WAIT(bed->fake->adds == n);
}

static void test_join(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;
	const FakeProfile *profile = &fake->profiles[0];

	fake_nm_ap(fake, 0, &lab_far);
	fake_nm_ap(fake, 1, &nm_bed_lab);
	fake_nm_ap(fake, 2, &lab_open);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	g_assert_cmpstr(fake->persist, ==, "memory");
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/1");
	g_assert_cmpstr(profile->id, ==, "landfall " NM_BED_LAB);
	g_assert_cmpstr(profile->key_mgmt, ==, "wpa-psk");
	g_assert_cmpstr(profile->psk, ==, NM_BED_PASS);
	g_assert_false(profile->hidden);
	/* The late end of the network before is none of ours;
	 * asking once is NetworkManager's way. */
	fake_nm_state(fake, NEED_AUTH, 8);
	test_turn();
	fake_nm_state(fake, NEED_AUTH, 0);
	fake_nm_state(fake, IP_CONFIG, 0);
	fake_nm_active(fake, 0, ACTIVATED);
	g_assert_false(profile->saved);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(bed->joins == 1);
	g_assert_true(profile->saved);
	g_assert_cmpstr(bed->link.ip4, ==, "192.168.77.61");
	g_assert_cmpint(bed->link.network.auth, ==, WIFI_AUTH_WPA2);
	g_assert_cmpuint(bed->link.network.channel, ==, 6);
	TEST_WAIT(wifi_nm_backend.is_provisioned(bed->nm));

	wifi_nm_backend.port.forget(bed->nm);
	TEST_WAIT(!profile->object);
	g_assert_cmpuint(bed->failures, ==, 0);
}

typedef struct KindCase {
	const char *path;
	const FakeAp *ap;
	const char *passphrase;
	const char *key_mgmt; /* NULL: no security */
} KindCase;

static const KindCase kind_cases[] = {
	{ "wpa3", &nm_bed_three, "x", "sae" },
	{ "open", &cafe, NULL, NULL },
};

static void test_join_kind(NmBed *bed, gconstpointer data)
{
	const KindCase *c = data;

	fake_nm_ap(bed->fake, 0, c->ap);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, c->ap->ssid, c->passphrase);
	wait_added(bed, 1);
	g_assert_cmpstr(bed->fake->profiles[0].key_mgmt, ==, c->key_mgmt);
	g_assert_cmpstr(bed->fake->profiles[0].psk, ==, c->passphrase);
}

typedef struct FutileCase {
	const char *path;
	const FakeAp *ap;
	const char *passphrase;
	WifiFailure failure;
} FutileCase;

/* Nothing is even tried where it cannot work; a passphrase is not shown to an open network. */
static const FutileCase futile_cases[] = {
	{ "too-short", &nm_bed_lab, "1234567", WIFI_FAILURE_AUTH },
	{ "none-given", &nm_bed_lab, NULL, WIFI_FAILURE_AUTH },
	{ "not-asked", &cafe, NM_BED_PASS, WIFI_FAILURE_AUTH },
	{ "enterprise", &office, NM_BED_PASS, WIFI_FAILURE_OTHER },
};

static void test_join_futile(NmBed *bed, gconstpointer data)
{
	const FutileCase *c = data;

	fake_nm_ap(bed->fake, 0, c->ap);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, c->ap->ssid, c->passphrase);
	g_assert_cmpuint(bed->failures, ==, 0); /* not from inside the call */
	nm_bed_assert_failed(bed, c->failure);
	g_assert_cmpuint(bed->fake->adds, ==, 0);
}

static void test_join_wrong_key(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_profile(fake, "before", "802-11-wireless", true, true);
	fake_nm_use(fake, 0);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, "wrong wrong");
	wait_added(bed, 1);
	fake_nm_state(fake, NEED_AUTH, 0);
	fake_nm_state(fake, 50, 0);
	fake_nm_state(fake, NEED_AUTH, 8);
	nm_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	/* The profile is gone, unsaved, and the network from before is asked for again. */
	TEST_WAIT(bed->idles == 1);
	g_assert_null(fake->profiles[1].object);
	g_assert_cmpuint(fake->profiles[1].saves, ==, 0);
	g_assert_cmpstr(fake->reactivated, ==, FAKE_NM_PATH "/Settings/0");
	g_assert_false(wifi_nm_backend.is_busy(bed->nm));

	/* The same phone tries again, at once. */
	fake_nm_state(fake, 30, 0);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 2);
	fake_nm_state(fake, 50, 0);
	fake_nm_active(fake, 2, ACTIVATED);
	fake_nm_address(fake, 2, "192.168.77.62");
	TEST_WAIT(bed->joins == 1);
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

static void test_join_ends(NmBed *bed, gconstpointer data)
{
	const EndCase *c = data;

	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	fake_nm_state(bed->fake, c->reached, 0);
	fake_nm_state(bed->fake, FAILED, c->reason);
	nm_bed_assert_failed(bed, c->failure);
	TEST_WAIT(fake_nm_count(bed->fake) == 0);
}

/* Its time is over while an address is due, which gets more;
 * then NetworkManager leaves for good. */
static void test_join_late_gone(NmBed *bed, gconstpointer data)
{
	int64_t late_us = 0;

	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_HASTE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	late_us = g_get_monotonic_time() + NM_BED_HASTE * 2000;
	wait_added(bed, 1);
	fake_nm_active(bed->fake, 0, ACTIVATED);
	TEST_WAIT(g_get_monotonic_time() > late_us);
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(bed->failures == 1);
}

/* Called absent in plain sight it is tried once more; out of sight it is not. */
static void test_join_again(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	fake_nm_state(fake, FAILED, 53);
	TEST_WAIT(fake->reactivated != NULL);
	g_assert_cmpstr(fake->reactivated, ==, bus_object_path(fake->profiles[0].object));
	g_assert_cmpuint(bed->failures, ==, 0);
	fake_nm_ap(fake, 0, &cafe);
	fake_nm_state(fake, FAILED, 53);
	nm_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fake_nm_count(fake) == 0);
	g_assert_cmpuint(fake->adds, ==, 1);
}

static void on_pong(BusReply *reply, void *user_data)
{
	bool *pong = user_data;

	*pong = true;
}

/* What the fake has said by now has been read: its answer comes behind that. */
static void await_said(NmBed *bed)
{
	BusMessage *ping = bus_message_new_call("org.freedesktop.NetworkManager", FAKE_NM_PATH,
						"org.freedesktop.DBus.Peer", "Ping");
	bool pong = false;

	g_assert_nonnull(bus_call_start(bed->bus, ping, BUS_TIMEOUT_DEFAULT, on_pong, &pong));
	TEST_WAIT(pong);
}

/* The link broke after the handshake, and NetworkManager wants another key: the one
 * there is was right. */
static void test_join_dropped(NmBed *bed, gconstpointer data)
{
	static const struct {
		uint32_t state;
		uint32_t reason;
	} course[] = { { 50, 0 }, { IP_CONFIG, 0 }, { NEED_AUTH, 8 }, { FAILED, 7 } };
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	for (int i = 0; i < 2; i++) {
		g_clear_pointer(&fake->reactivated, g_free);
		for (size_t j = 0; j < G_N_ELEMENTS(course); j++) {
			fake_nm_state(fake, course[j].state, course[j].reason);
			await_said(bed);
		}
		TEST_WAIT(fake->reactivated || bed->failures == 1);
		g_assert_cmpuint(bed->failures, ==, (unsigned int)i);
	}
	g_assert_cmpint(bed->failure, ==, WIFI_FAILURE_ADDRESS);
	g_assert_cmpuint(fake->adds, ==, 1);
}

/* @named: the scan asks for the network by name */
static void wait_scan(NmBed *bed, unsigned int scans, bool named)
{
	TEST_WAIT(bed->fake->scans == scans);
	g_assert_cmpstr(bed->fake->scan_ssid, ==, named ? NM_BED_LAB : NULL);
	fake_nm_scanned(bed->fake);
}

/* The name is asked for again only when NetworkManager has certainly done so: it crashes else. */
static void test_join_absent(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_scan(bed, 1, true);
	wait_scan(bed, 2, false);
	nm_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(fake->adds, ==, 0);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_scan(bed, 3, true);
}

/* Of an attempt that another took the place of a name may be left on NetworkManager's list. */
static void test_join_unasked(NmBed *bed, gconstpointer data)
{
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	TEST_WAIT(bed->fake->scans == 1);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_scan(bed, 2, false);
	wait_scan(bed, 3, false);
	nm_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_scan(bed, 4, true);
}

/* A network without a name may be the one, even when it does not answer to it in a scan. */
static void test_join_nameless(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_hidden);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	TEST_WAIT(fake->scans == 1);
	fake_nm_scanned(fake);
	wait_added(bed, 1);
	g_assert_true(fake->profiles[0].hidden);
	g_assert_cmpstr(fake->profiles[0].key_mgmt, ==, "wpa-psk");
	g_assert_cmpstr(fake->specific, ==, "/");
	fake_nm_state(fake, FAILED, 53);
	nm_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(fake_nm_count(fake) == 0);
}

static const KindCase sae_cases[] = {
	{ "wpa3", &nm_bed_three, NULL, NULL },
	{ "mixed", &mixed, NULL, NULL },
};

/* NetworkManager calls a network absent whose WPA3 passphrase is wrong,
 * also where WPA2 would do. */
static void test_join_wrong_sae(NmBed *bed, gconstpointer data)
{
	const KindCase *c = data;

	fake_nm_ap(bed->fake, 0, c->ap);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, c->ap->ssid, "wrong wrong");
	wait_added(bed, 1);
	fake_nm_state(bed->fake, 50, 0);
	fake_nm_state(bed->fake, FAILED, 53);
	nm_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
}

/* The access point that the phone names is the one that is joined, however weak; once that has
 * worked, the network is saved without it. */
static void test_join_named(NmBed *bed, gconstpointer data)
{
	static const FakeAp weak = { NULL, NM_BED_LAB, "02:00:00:00:00:08", 1, 0, NM_BED_PSK,
				     2412, 10 };
	FakeNm *fake = bed->fake;
	g_autoptr(Secret) passphrase = secret_new(NM_BED_PASS, strlen(NM_BED_PASS));
	WifiCredentials wanted = { .ssid_len = (uint8_t)strlen(NM_BED_LAB),
				   .passphrase = passphrase,
				   .bssid = { 2, 0, 0, 0, 0, 8 } };
	g_autoptr(GError) error = NULL;

	memcpy(wanted.ssid, NM_BED_LAB, wanted.ssid_len);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_ap(fake, 1, &weak);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_true(wifi_nm_backend.port.join(bed->nm, &wanted, &error));
	wait_added(bed, 1);
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/1");
	g_assert_true(fake->profiles[0].bssid);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(bed->joins == 1);
	g_assert_true(fake->profiles[0].saved);
	g_assert_true(fake->profiles[0].updated);
	g_assert_false(fake->profiles[0].bssid);
	g_assert_cmpstr(fake->profiles[0].psk, ==, NM_BED_PASS);
}

/* A passphrase of 13 characters would do for WEP, from which anybody can read it: an access point
 * that wants it so and calls itself the same is passed over, however near. */
static void test_join_wep_twin(NmBed *bed, gconstpointer data)
{
	static const FakeAp twin = { NULL, NM_BED_LAB, "02:00:00:00:00:08", 1, 0, 0, 2412, 99 };
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_ap(fake, 1, &twin);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, "thirteen char");
	wait_added(bed, 1);
	g_assert_cmpstr(fake->specific, ==, FAKE_NM_PATH "/AccessPoint/0");
	g_assert_cmpstr(fake->profiles[0].key_mgmt, ==, "wpa-psk");
}

/* 802.1X with the certificates where they are. */
static void test_join_enterprise(NmBed *bed, gconstpointer data)
{
	const FakeProfile *profile = &bed->fake->profiles[0];
	char identity[] = "gateway-7", domain[] = "lab.test", authorities[] = "/s/ca.pem";
	char certificate[] = "/s/dev.crt", key[] = "/s/dev.key";
	WifiEnterprise enterprise = { identity, authorities, certificate, key, domain };
	WifiCredentials wanted = { .ssid_len = (uint8_t)strlen(office.ssid),
				   .enterprise = &enterprise };
	g_autoptr(GError) error = NULL;

	memcpy(wanted.ssid, office.ssid, wanted.ssid_len);
	fake_nm_ap(bed->fake, 0, &office);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_assert_true(wifi_nm_backend.port.join(bed->nm, &wanted, &error));
	wait_added(bed, 1);
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
static void test_join_after_scan(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	wifi_nm_backend.look_around(bed->nm);
	TEST_WAIT(fake->scans == 1);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	nm_bed_scan(bed);
	/* Two messages later nothing was added. */
	fake_nm_state(fake, 100, 0);
	TEST_WAIT(wifi_nm_backend.is_online(bed->nm));
	fake_nm_state(fake, 30, 0);
	TEST_WAIT(!wifi_nm_backend.is_online(bed->nm));
	g_assert_cmpuint(fake->adds, ==, 0);
	fake_nm_scanned(fake);
	wait_added(bed, 1);
	g_assert_cmpuint(bed->scans, ==, 1);
}

static void test_join_hidden(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	TEST_WAIT(fake->scans == 1);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_scanned(fake);
	wait_added(bed, 1);
	g_assert_true(fake->profiles[0].hidden);
}

static void test_join_refused(NmBed *bed, gconstpointer data)
{
	bed->fake->refuse_add = "org.freedesktop.NetworkManager.PermissionDenied";
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*refuses the network*");
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	nm_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_disk_full(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake->refuse_save = true;
	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*cannot keep the network*");
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	nm_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	TEST_WAIT(fake_nm_count(fake) == 0);
	g_test_assert_expected_messages();
}

static void test_join_late(NmBed *bed, gconstpointer data)
{
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_HASTE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	nm_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	TEST_WAIT(fake_nm_count(bed->fake) == 0);
}

static void test_join_cancelled(NmBed *bed, gconstpointer data)
{
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	/* Our side knows the profile when it sees the activation. */
	fake_nm_state(bed->fake, IP_CONFIG, 0);
	wifi_nm_backend.port.cancel(bed->nm);
	TEST_WAIT(fake_nm_count(bed->fake) == 0);
	TEST_WAIT(!wifi_nm_backend.is_busy(bed->nm));
	wifi_nm_backend.port.cancel(bed->nm);
	g_assert_cmpuint(bed->failures + bed->joins, ==, 0);
}

/* NetworkManager leaves while the profile is being deleted: it is asked for nothing more. */
static void test_undo_gone(NmBed *bed, gconstpointer data)
{
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	/* Its settings are read by now: later it would be taken for one that was left behind. */
	TEST_WAIT(bed->fake->profiles[0].reads == 1);
	await_said(bed);
	wifi_nm_backend.port.cancel(bed->nm);
	g_assert_true(wifi_nm_backend.is_busy(bed->nm));
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(!wifi_nm_backend.is_busy(bed->nm));
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->idles, ==, 1);
}

/* NetworkManager restarts in the middle: the join begins anew when it is back. */
static void test_join_restart(NmBed *bed, gconstpointer data)
{
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(bed->losses == 1);
	g_test_assert_expected_messages();
	g_assert_cmpuint(bed->failures, ==, 0);
	bed->fake = fake_nm_new(test_bus_address(bed->daemon));
	fake_nm_ap(bed->fake, 0, &nm_bed_lab);
	TEST_WAIT(bed->readies == 2);
	/* The access point may be missed at first: then it is scanned for. */
	TEST_WAIT(bed->fake->adds == 1 || bed->fake->scans == 1);
	if (bed->fake->adds == 0)
		fake_nm_scanned(bed->fake);
	wait_added(bed, 1);
	fake_nm_active(bed->fake, 0, ACTIVATED);
	fake_nm_address(bed->fake, 0, "192.168.77.61");
	TEST_WAIT(bed->joins == 1);
}

static void test_join_gone_for_good(NmBed *bed, gconstpointer data)
{
	nm_bed_start(bed, NM_BED_HASTE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*left the bus*");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*as soon as possible*");
	g_clear_pointer(&bed->fake, fake_nm_free);
	TEST_WAIT(bed->losses == 1);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	nm_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

/* Starting over after a failure does not take the network that an earlier visit left. */
static void test_forget_failed(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_ap(fake, 0, &nm_bed_lab);
	fake_nm_ap(fake, 1, &nm_bed_three);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(bed->joins == 1);
	nm_bed_join(bed, "Three", "wrong wrong");
	wait_added(bed, 2);
	fake_nm_state(fake, FAILED, 7);
	TEST_WAIT(bed->failures == 1);
	TEST_WAIT(!fake->profiles[1].object);
	wifi_nm_backend.port.forget(bed->nm);
	/* Calls are served in their order: after this one a deletion would have been seen. */
	nm_bed_join(bed, "Three", "wrong again");
	wait_added(bed, 3);
	g_assert_nonnull(fake->profiles[0].object);
}

/* 32 octets of anybody's choice: they reach NetworkManager as they are,
 * and its log made harmless. */
static void test_join_odd_name(NmBed *bed, gconstpointer data)
{
	static const char name[] = "a\nSTOPPING=1\033[2J\377";
	static const FakeAp odd = { NULL, name, "02:00:00:00:00:08", 1, 0, NM_BED_PSK, 2412, 50 };
	const FakeProfile *profile = &bed->fake->profiles[0];

	fake_nm_ap(bed->fake, 0, &odd);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, name, NM_BED_PASS);
	wait_added(bed, 1);
	g_assert_cmpstr(profile->ssid, ==, name);
	g_assert_cmpstr(profile->id, ==, "landfall a?STOPPING=1?[2J\357\277\275");
}

/* A second provisioning of the same network replaces what the first one left. */
static void test_join_superseded(NmBed *bed, gconstpointer data)
{
	FakeNm *fake = bed->fake;

	fake_nm_profile(fake, "landfall " NM_BED_LAB, "802-11-wireless", true, true);
	fake_nm_profile(fake, "landfall Cafe", "802-11-wireless", true, true);
	fake_nm_profile(fake, NM_BED_LAB, "802-11-wireless", true, true);
	fake_nm_ap(fake, 0, &nm_bed_lab);
	nm_bed_start(bed, NM_BED_PATIENCE);
	nm_bed_join(bed, NM_BED_LAB, NM_BED_PASS);
	wait_added(bed, 1);
	fake_nm_active(fake, 0, ACTIVATED);
	fake_nm_address(fake, 0, "192.168.77.61");
	TEST_WAIT(!fake->profiles[0].object);
	TEST_WAIT(bed->joins == 1);
	g_assert_nonnull(fake->profiles[1].object);
	g_assert_nonnull(fake->profiles[2].object);
	g_assert_nonnull(fake->profiles[3].object);
}

static const NmBedTest tests[] = {
	{ "/wifi-nm/join/works", test_join },
	{ "/wifi-nm/join/wrong-key", test_join_wrong_key },
	{ "/wifi-nm/join/again", test_join_again },
	{ "/wifi-nm/join/dropped", test_join_dropped },
	{ "/wifi-nm/join/named", test_join_named },
	{ "/wifi-nm/join/wep-twin", test_join_wep_twin },
	{ "/wifi-nm/join/enterprise", test_join_enterprise },
	{ "/wifi-nm/join/after-scan", test_join_after_scan },
	{ "/wifi-nm/join/absent", test_join_absent },
	{ "/wifi-nm/join/nameless", test_join_nameless },
	{ "/wifi-nm/join/hidden", test_join_hidden },
	{ "/wifi-nm/join/unasked", test_join_unasked },
	{ "/wifi-nm/join/refused", test_join_refused },
	{ "/wifi-nm/join/disk-full", test_join_disk_full },
	{ "/wifi-nm/join/late", test_join_late },
	{ "/wifi-nm/join/cancelled", test_join_cancelled },
	{ "/wifi-nm/join/restart", test_join_restart },
	{ "/wifi-nm/undo/gone", test_undo_gone },
	{ "/wifi-nm/join/gone-for-good", test_join_gone_for_good },
	{ "/wifi-nm/join/superseded", test_join_superseded },
	{ "/wifi-nm/join/odd-name", test_join_odd_name },
	{ "/wifi-nm/forget/failed", test_forget_failed },
	{ "/wifi-nm/join/late-gone", test_join_late_gone },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	nm_bed_add_tests(tests, G_N_ELEMENTS(tests));
	nm_bed_add_rows("/wifi-nm/join/kind/", kind_cases, G_N_ELEMENTS(kind_cases),
			sizeof(kind_cases[0]), test_join_kind);
	nm_bed_add_rows("/wifi-nm/join/wrong-sae/", sae_cases, G_N_ELEMENTS(sae_cases),
			sizeof(sae_cases[0]), test_join_wrong_sae);
	nm_bed_add_rows("/wifi-nm/join/futile/", futile_cases, G_N_ELEMENTS(futile_cases),
			sizeof(futile_cases[0]), test_join_futile);
	nm_bed_add_rows("/wifi-nm/join/ends/", end_cases, G_N_ELEMENTS(end_cases),
			sizeof(end_cases[0]), test_join_ends);
	return g_test_run();
}
