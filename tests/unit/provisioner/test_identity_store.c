/* SPDX-License-Identifier: MIT */
/* identity-store: a request, its certificate, a commit, all while the loop runs. */
#include "provisioner/adapter/identity-store.h"

#include "common/store-pending.h"
#include "tests/unit/common/store-support.h"

#include <string.h>

typedef struct Fixture {
	StoreFixture base;
	IdentityStore *identity;
	unsigned int answers;
	char *request;
	GError *error;
} Fixture;

static void on_committed(const GError *error, void *data)
{
	Fixture *f = data;

	f->answers++;
	g_clear_error(&f->error);
	f->error = error ? g_error_copy(error) : NULL;
}

static void on_requested(GBytes *request, const GError *error, void *data)
{
	Fixture *f = data;

	g_clear_pointer(&f->request, g_free);
	if (request)
		f->request = g_strndup(g_bytes_get_data(request, NULL), g_bytes_get_size(request));
	on_committed(error, f);
}

static const IdentityStoreEvents events = { on_committed, on_requested };

static void set_up(Fixture *f, gconstpointer data)
{
	support_set_up(&f->base, data);
	f->identity = identity_store_new(f->base.path, NULL, &events, f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	identity_store_free(f->identity);
	g_free(f->request);
	g_clear_error(&f->error);
	support_tear_down(&f->base, data);
}

static void await_answer(Fixture *f, unsigned int answers)
{
	g_assert_cmpuint(f->answers, <, answers); /* never from inside the call */
	while (f->answers < answers)
		g_main_context_iteration(NULL, TRUE);
}

static void request(Fixture *f, const char *name)
{
	const StoreWish wish = { .common_name = name };

	identity_store_port.request(f->identity, &wish);
	await_answer(f, f->answers + 1);
}

static void commit(Fixture *f, const char *cert, const char *wifi, const char *wifi_ca)
{
	g_autoptr(Secret) certificate = cert ? secret_new(cert, strlen(cert)) : NULL;
	g_autoptr(Secret) settings = wifi ? secret_new(wifi, strlen(wifi)) : NULL;
	g_autoptr(Secret) trust = wifi_ca ? secret_new(wifi_ca, strlen(wifi_ca)) : NULL;
	StoreDelivery delivery = { { NULL } };

	delivery.parts[STORE_PART_CERTIFICATE] = certificate;
	delivery.parts[STORE_PART_WIFI] = settings;
	delivery.parts[STORE_PART_WIFI_TRUST] = trust;
	identity_store_port.commit(f->identity, &delivery);
	await_answer(f, f->answers + 1);
}

static void test_whole(Fixture *f, gconstpointer data)
{
	g_autofree char *cert = NULL;

	g_assert_cmpuint(identity_store_port.generation(f->identity), ==, 0);
	request(f, "gw-17");
	g_assert_no_error(f->error);
	cert = pki_sign_request(f->base.pki, "ca", f->request);
	commit(f, cert, NULL, NULL);
	g_assert_no_error(f->error);
	g_assert_cmpuint(identity_store_port.generation(f->identity), ==, 1);

	g_autofree char *name = support_current(f->base.store);

	g_assert_cmpstr(name, ==, "gw-17");
}

/* What the store says, in the words of the wire. */
static void test_faults(Fixture *f, gconstpointer data)
{
	g_autofree char *cert = NULL;

	request(f, "line\nbreak");
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_INVALID);
	commit(f, NULL, "[wifi]\n", NULL);
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_ABSENT);
	commit(f, "no certificate", NULL, NULL);
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_KEY_MISSING);
	request(f, "gw-17");
	commit(f, "no certificate", NULL, NULL);
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_INVALID);
	cert = pki_sign_request(f->base.pki, "ca", f->request);

	const StoreWish other = { .common_name = "gw-17", .new_key = true };

	identity_store_port.request(f->identity, &other);
	await_answer(f, f->answers + 1);
	commit(f, cert, NULL, NULL);
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_KEY_MISMATCH);
	g_assert_cmpuint(identity_store_port.generation(f->identity), ==, 0);
}

static void test_enterprise(Fixture *f, gconstpointer data)
{
	g_autofree char *ca = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *key_path = g_build_filename(f->base.path, "current/device.key", NULL);

	g_assert_null(identity_store_port.enterprise(f->identity, &error));
	g_assert_error(error, STORE_FAULT, STORE_FAULT_ABSENT);
	g_clear_error(&error);
	support_import(&f->base, "one");
	g_assert_null(identity_store_port.enterprise(f->identity, &error));
	g_assert_error(error, STORE_FAULT, STORE_FAULT_ABSENT);
	g_clear_error(&error);

	g_assert_true(g_file_get_contents(pki_path(f->base.pki, "ca.crt"), &ca, NULL, NULL));
	commit(f, NULL, "[wifi]\ndomain = radius.example.org\n", ca);
	g_assert_no_error(f->error);

	g_autoptr(WifiEnterprise) settings = identity_store_port.enterprise(f->identity, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(settings->identity, ==, "one");
	g_assert_cmpstr(settings->domain, ==, "radius.example.org");
	g_assert_cmpstr(settings->key_path, ==, key_path);
	g_assert_true(g_file_test(settings->ca_path, G_FILE_TEST_IS_REGULAR));
	g_assert_true(g_file_test(settings->cert_path, G_FILE_TEST_IS_REGULAR));

	/* they stay with the next certificate, and go on demand */
	support_import(&f->base, "two");

	g_autoptr(WifiEnterprise) later = identity_store_port.enterprise(f->identity, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(later->identity, ==, "two");
	commit(f, NULL, "", "");
	g_assert_no_error(f->error);
	g_assert_null(identity_store_port.enterprise(f->identity, NULL));
	commit(f, NULL, "[wifi]\nssid = x\n", NULL);
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_INVALID);
	commit(f, NULL, NULL, "no certificate");
	g_assert_error(f->error, STORE_FAULT, STORE_FAULT_INVALID);
}

/* The daemon ends while a commit is under way: it comes to its end, nobody is told. */
static void test_free(Fixture *f, gconstpointer data)
{
	g_autofree char *cert = NULL;
	g_autoptr(Secret) certificate = NULL;
	StoreDelivery delivery = { { NULL } };

	request(f, "gw-17");
	cert = pki_sign_request(f->base.pki, "ca", f->request);
	certificate = secret_new(cert, strlen(cert));
	delivery.parts[STORE_PART_CERTIFICATE] = certificate;
	identity_store_port.commit(f->identity, &delivery);
	g_clear_pointer(&f->identity, identity_store_free);
	while (g_main_context_iteration(NULL, FALSE)) {}
	g_assert_cmpuint(f->answers, ==, 1);

	g_autofree char *name = support_current(f->base.store);

	g_assert_cmpstr(name, ==, "gw-17");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/identity-store/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("whole", test_whole);
	ADD("faults", test_faults);
	ADD("enterprise", test_enterprise);
	ADD("free", test_free);
	return g_test_run();
}
