/* SPDX-License-Identifier: MIT */
/* A network with 802.1X: the phone gives certificate and settings over landfall-store, on the same
 * session then the network's name alone, and the profile refers to what is in the store. */
#include "tests/broker/pki.h"
#include "tests/bus/rig.h"
#include "tests/phone/identity-message.h"
#include "tests/phone/identity.h"
#include "tests/phone/phone-error.h"

#include <string.h>

#define OFFICE   "Office"
#define IDENTITY "gw-17@example.org"
#define DOMAIN   "radius.example.org"

static const FakeAp office = { .ssid = OFFICE,
			       .bssid = "02:00:00:00:01:05",
			       .flags = 1,
			       .rsn = 0x208, /* CCMP, 802.1X */
			       .frequency = 2412,
			       .strength = 60 };

static void must(bool done, const GError *error)
{
	g_assert_no_error(error);
	g_assert_true(done);
}

/* Certificate and key, and how the office is joined. */
static void upload(Rig *rig, RigPhone *phone, Pki *pki)
{
	const IdentitySetup setup = {
		.parts = { pki_path(pki, "gw-17.crt"), pki_path(pki, "gw-17.key"), NULL, NULL,
			   pki_path(pki, "wifi.conf"), pki_path(pki, "ca.crt") },
	};
	g_autoptr(GError) error = NULL;

	pki_issue(pki, &(PkiCert){ .name = "ca", .ca = true });
	pki_issue(pki, &(PkiCert){ .name = "gw-17", .issuer = "ca", .client_only = true });
	pki_write(pki, "wifi.conf", "[wifi]\nidentity = " IDENTITY "\ndomain = " DOMAIN "\n");
	must(identity_run(phone->client, &rig_link, rig, &setup, NULL, &error), error);
}

static void assert_in_store(const Rig *rig, const char *uri, const char *name)
{
	g_autofree char *path = g_build_filename(rig->folder, "store", "current", name, NULL);
	g_autofree char *expected = g_strconcat("file://", path, NULL);

	g_assert_cmpstr(uri, ==, expected);
	g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
}

static void assert_profile(const Rig *rig)
{
	const FakeProfile *profile = &rig->nm->profiles[0];

	g_assert_cmpstr(profile->ssid, ==, OFFICE);
	g_assert_cmpstr(profile->key_mgmt, ==, "wpa-eap");
	g_assert_true(profile->tls);
	g_assert_true(profile->saved);
	g_assert_cmpstr(profile->identity, ==, IDENTITY);
	g_assert_cmpstr(profile->domain, ==, DOMAIN);
	assert_in_store(rig, profile->ca_cert, "wifi_ca.pem");
	assert_in_store(rig, profile->client_cert, "device.crt");
	assert_in_store(rig, profile->private_key, "device.key");
}

/* Nothing is tried; bus, phone and journal have the reason. */
static void join_without_settings(Rig *rig, RigPhone *phone)
{
	static const char lack[] = "and the store has no settings for that";
	g_autoptr(GByteArray) question = identity_message_status();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autofree char *failure = NULL;
	g_autofree char *log = NULL;
	g_autoptr(GError) error = NULL;
	IdentityStatus status;

	g_assert_false(client_join(phone->client, OFFICE, NULL, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_JOIN);
	g_clear_error(&error);
	g_assert_cmpuint(rig->nm->adds, ==, 0);
	failure = rig_property(rig, "Failure");
	g_assert_cmpstr(failure, ==, "enterprise-not-set");
	must(client_exchange(phone->client, "landfall-status", question, answer, &error), error);
	must(identity_parse_status(answer, &status, &error), error);
	test_assert_has(status.texts[0], lack);
	g_assert_true(g_file_get_contents(rig->log, &log, NULL, NULL));
	test_assert_has(log, "nothing was tried: the network wants a certificate");
}

static void test_enterprise(void)
{
	Rig *rig = rig_new();
	g_autoptr(Pki) pki = pki_new();
	g_autoptr(RigPhone) phone = NULL;
	g_autoptr(GError) error = NULL;

	fake_nm_ap(rig->nm, 1, &office);
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	phone = rig_phone_new(rig, NULL);
	must(client_connect(phone->client, &error), error);
	must(client_secure(phone->client, NULL, &error), error);
	must(client_scan(phone->client, &error), error);
	join_without_settings(rig, phone);
	upload(rig, phone, pki);
	must(client_join(phone->client, OFFICE, NULL, &error), error);
	assert_profile(rig);
	g_clear_pointer(&phone, rig_phone_free);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/enterprise", test_enterprise);
	return g_test_run();
}
