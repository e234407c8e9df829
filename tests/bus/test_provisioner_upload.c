/* SPDX-License-Identifier: MIT */
/* What a phone that has proved itself may still not give over landfall-store: files of the device
 * by their names, which would be run, or read out to a broker of the phone's choice. */
#include "tests/broker/pki.h"
#include "tests/bus/rig.h"
#include "tests/phone/identity.h"
#include "tests/phone/phone-error.h"

#include <string.h>

typedef struct Fixture {
	Pki *pki;
	Rig *rig;
	RigPhone *phone;
} Fixture;

static void must(bool done, const GError *error)
{
	g_assert_no_error(error);
	g_assert_true(done);
}

static void upload(Fixture *f, const IdentitySetup *setup)
{
	g_autoptr(GError) error = NULL;

	must(identity_run(f->phone->client, &rig_link, f->rig, setup, NULL, &error), error);
}

static void upload_refused(Fixture *f, const IdentitySetup *setup, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(identity_run(f->phone->client, &rig_link, f->rig, setup, NULL, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_STATUS);
	test_assert_has(error->message, words);
}

static void set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	f->pki = pki_new();
	pki_issue(f->pki, &(PkiCert){ .name = "ca", .ca = true });
	pki_issue(f->pki, &(PkiCert){ .name = "gw-17", .issuer = "ca", .client_only = true });
	f->rig = rig_new();
	rig_start(f->rig, NULL);
	rig_await(f->rig, "ready");
	f->phone = rig_phone_new(f->rig, NULL);
	must(client_connect(f->phone->client, &error), error);
	must(client_secure(f->phone->client, NULL, &error), error);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	rig_phone_free(f->phone);
	rig_free(f->rig);
	pki_free(f->pki);
}

static void write_octets(const char *path, const GByteArray *octets)
{
	g_assert_true(g_file_set_contents(path, (const char *)octets->data, octets->len, NULL));
}

static void append_file(GByteArray *octets, const char *path)
{
	g_autofree char *text = NULL;
	gsize len = 0;

	g_assert_true(g_file_get_contents(path, &text, &len, NULL));
	g_byte_array_append(octets, (const guint8 *)text, (guint)len);
}

/* Of a file in PEM everything before the first certificate is skipped, a library as well. */
static void test_module(Fixture *f, gconstpointer data)
{
	const char *marker = g_getenv("LANDFALL_PLANTED");
	g_autofree char *planted =
		g_build_filename(f->rig->folder, "store", "current", "server_chain.pem", NULL);
	g_autofree char *uri =
		g_strdup_printf("pkcs11:token=any;object=any?module-path=%s&pin-value=1", planted);
	g_autoptr(GByteArray) trust = g_byte_array_new();
	IdentitySetup setup = {
		.parts = { pki_path(f->pki, "gw-17.crt"), pki_path(f->pki, "gw-17.key"),
			   pki_path(f->pki, "trust.pem") },
	};

	append_file(trust, g_getenv("LANDFALL_PLANTED_MODULE"));
	g_byte_array_append(trust, (const guint8 *)"\n", 1);
	append_file(trust, pki_path(f->pki, "ca.crt"));
	write_octets(setup.parts[2], trust);
	upload(f, &setup);
	pki_write(f->pki, "uri.key", uri);
	setup.parts[1] = pki_path(f->pki, "uri.key");
	setup.parts[2] = NULL;
	upload_refused(f, &setup, "device.key");
	g_assert_false(g_file_test(marker, G_FILE_TEST_EXISTS));
}

/* Its first line would be sent to whatever broker the phone names. */
static void test_claim(Fixture *f, gconstpointer data)
{
	IdentitySetup setup = {
		.parts = { pki_path(f->pki, "gw-17.crt"), pki_path(f->pki, "gw-17.key"), NULL,
			   pki_path(f->pki, "broker.conf") },
	};

	pki_write(f->pki, "broker.conf",
		  "[broker]\nuri = mqtt://phone.example:1883\nclaim = /etc/landfall/pin\n");
	upload_refused(f, &setup, "broker.conf: names a file of the device");
	pki_write(f->pki, "broker.conf", "[broker]\nuri = mqtt://phone.example:1883\n");
	upload(f, &setup);
}

int main(int argc, char **argv)
{
	g_autofree char *folder = g_dir_make_tmp("landfall-planted-XXXXXX", NULL);
	g_autofree char *marker = g_build_filename(folder, "was-run", NULL);
	int status;

	g_test_init(&argc, &argv, NULL);
	g_setenv("LANDFALL_PLANTED", marker, TRUE);
	g_test_add("/provisioner/upload/module", Fixture, NULL, set_up, test_module, tear_down);
	g_test_add("/provisioner/upload/claim", Fixture, NULL, set_up, test_claim, tear_down);
	status = g_test_run();
	remove(marker);
	remove(folder);
	return status;
}
