/* SPDX-License-Identifier: MIT */
/* store_parts_check(): which identities hold together, and in which words the others are told. */
#include "common/store.h"

#include "common/error.h"
#include "tests/unit/common/store-support.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK         (-1)
#define NOBODY     65534
#define DAY_S      INT64_C(86400)
#define CLOCK_NULL INT64_C(1000)

static const PkiCert certs[] = {
	{ .name = "self", .client_only = true, .until_s = SUPPORT_YEAR_S },
	{ .name = "self-ca",
	  .ca = true,
	  .key_usage = "digitalSignature,keyCertSign",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "rsa", .issuer = "ca", .key_kind = "RSA:2048", .until_s = SUPPORT_YEAR_S },
	{ .name = "rsa1024", .issuer = "ca", .key_kind = "RSA:1024", .until_s = SUPPORT_YEAR_S },
	{ .name = "p384", .issuer = "ca", .key_kind = "EC:P-384", .until_s = SUPPORT_YEAR_S },
	{ .name = "p521", .issuer = "ca", .key_kind = "EC:P-521", .until_s = SUPPORT_YEAR_S },
	{ .name = "p224", .issuer = "ca", .key_kind = "EC:P-224", .until_s = SUPPORT_YEAR_S },
	{ .name = "ed25519", .issuer = "ca", .key_kind = "ED25519", .until_s = SUPPORT_YEAR_S },
	{ .name = "ed448", .issuer = "ca", .key_kind = "ED448", .until_s = SUPPORT_YEAR_S },
	{ .name = "server", .issuer = "ca", .ext_usage = "serverAuth", .until_s = SUPPORT_YEAR_S },
	{ .name = "both",
	  .issuer = "ca",
	  .ext_usage = "serverAuth,clientAuth",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "any",
	  .issuer = "ca",
	  .ext_usage = "anyExtendedKeyUsage",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "signs",
	  .issuer = "ca",
	  .key_usage = "digitalSignature",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "signs-not",
	  .issuer = "ca",
	  .key_usage = "keyEncipherment",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "sha1", .issuer = "ca", .digest = "SHA1", .until_s = SUPPORT_YEAR_S },
	{ .name = "weak",
	  .issuer = "ca",
	  .ca = true,
	  .key_kind = "RSA:1024",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "by-weak", .issuer = "weak", .until_s = SUPPORT_YEAR_S },
	{ .name = "expired", .issuer = "ca", .from_s = -9 * DAY_S, .until_s = -DAY_S },
	{ .name = "ending", .issuer = "ca", .until_s = 5 * DAY_S + 3600 },
	{ .name = "future", .issuer = "ca", .from_s = 9 * DAY_S, .until_s = SUPPORT_YEAR_S },
	{ .name = "soon", .issuer = "ca", .from_s = 600, .until_s = SUPPORT_YEAR_S },
	{ .name = "backwards", .issuer = "ca", .from_s = 600, .until_s = 300 },
	{ .name = "nameless", .common_name = "", .issuer = "ca", .until_s = SUPPORT_YEAR_S },
	{ .name = "command",
	  .common_name = "gw\302\2332J",
	  .issuer = "ca",
	  .until_s = SUPPORT_YEAR_S },
	{ .name = "not-ca", .issuer = "ca", .until_s = SUPPORT_YEAR_S },
	{ .name = "by-not-ca", .issuer = "not-ca", .until_s = SUPPORT_YEAR_S },
	{ .name = "old-ca", .ca = true, .from_s = -9 * DAY_S, .until_s = -DAY_S },
	{ .name = "by-old-ca", .issuer = "old-ca", .until_s = SUPPORT_YEAR_S },
};

typedef struct CheckCase {
	const char *name;
	const char *certs; /* of device.crt */
	const char *key;
	int code;         /* OK or a LandfallError */
	const char *says; /* part of the error; for OK of a warning, NULL: no warning at all */
	const char *key_type;
} CheckCase;

static const CheckCase cases[] = {
	{ "whole-chain", "one inter", "one", OK, NULL, "EC P-256" },
	{ "whole-chain-and-root", "one inter ca", "one", OK, NULL, "EC P-256" },
	{ "leaf-alone", "one", "one", OK, NULL, "EC P-256" },
	{ "self-signed", "self", "self", OK, NULL, "EC P-256" },
	{ "self-signed-ca", "self-ca", "self-ca", OK, "is that of a CA", "EC P-256" },
	{ "rsa", "rsa", "rsa", OK, NULL, "RSA 2048" },
	{ "p384", "p384", "p384", OK, NULL, "EC P-384" },
	{ "p521", "p521", "p521", OK, NULL, "EC P-521" },
	{ "ed25519", "ed25519", "ed25519", OK, NULL, "Ed25519" },
	{ "rsa-short", "rsa1024", "rsa1024", LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/device.key: is a key that is not accepted (RSA 1024 bits)", NULL },
	{ "p224", "p224", "p224", LANDFALL_ERROR_STORE_INVALID, "is a key that is not accepted",
	  NULL },
	{ "ed448", "ed448", "ed448", LANDFALL_ERROR_STORE_INVALID, "is a key that is not accepted",
	  NULL },
	{ "mismatch", "one inter", "two", LANDFALL_ERROR_KEY_MISMATCH,
	  "PARTS/device.key: does not belong to device.crt", NULL },
	{ "leaf-last", "inter one", "one", LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/device.crt: the device's own certificate is number 2; put it first", NULL },
	{ "chain-skips", "one ca", "one", LANDFALL_ERROR_STORE_INVALID,
	  "the chain is broken: \"one\" was not issued by the next one, \"ca\"", NULL },
	{ "chain-twisted", "one ca inter", "one", LANDFALL_ERROR_STORE_INVALID,
	  "the chain is broken: \"one\"", NULL },
	{ "chain-no-ca", "by-not-ca not-ca", "by-not-ca", LANDFALL_ERROR_STORE_INVALID,
	  "\"not-ca\"", NULL },
	{ "server-only", "server", "server", LANDFALL_ERROR_STORE_INVALID,
	  "does not allow TLS client authentication", NULL },
	{ "server-and-client", "both", "both", OK, NULL, "EC P-256" },
	{ "any-usage", "any", "any", OK, NULL, "EC P-256" },
	{ "signs", "signs", "signs", OK, NULL, "EC P-256" },
	{ "signs-not", "signs-not", "signs-not", LANDFALL_ERROR_STORE_INVALID,
	  "its key usage does not allow signatures", NULL },
	{ "sha1", "sha1", "sha1", LANDFALL_ERROR_STORE_INVALID, "a broken digest such as SHA-1",
	  NULL },
	{ "weak-issuer", "by-weak weak", "by-weak", LANDFALL_ERROR_STORE_INVALID,
	  "the key of issuer \"weak\" is too weak", NULL },
	{ "weak-issuer-left-out", "by-weak", "by-weak", OK, NULL, "EC P-256" },
	{ "expired", "expired", "expired", LANDFALL_ERROR_STORE_INVALID,
	  "certificate \"expired\" has run out", NULL },
	{ "expired-issuer", "by-old-ca old-ca", "by-old-ca", LANDFALL_ERROR_STORE_INVALID,
	  "certificate \"old-ca\" has run out", NULL },
	{ "ending", "ending", "ending", OK, "certificate \"ending\" runs out in 5 days",
	  "EC P-256" },
	{ "future", "future", "future", LANDFALL_ERROR_STORE_INVALID,
	  "certificate \"future\" is not valid yet; check the clock", NULL },
	{ "clock-behind", "soon", "soon", OK, "certificate \"soon\" is not valid yet", "EC P-256" },
	{ "backwards", "backwards", "backwards", LANDFALL_ERROR_STORE_INVALID,
	  "the dates of certificate \"backwards\" make no sense", NULL },
	{ "nameless", "nameless", "nameless", OK, "has no common name", "EC P-256" },
};

typedef struct CaseData {
	const CheckCase *c;
	Pki *pki;
} CaseData;

static bool any_warning(const StoreIdentity *identity, const char *says)
{
	for (char **warning = identity->warnings; *warning; warning++)
		if (strstr(*warning, says))
			return true;
	return false;
}

static int64_t now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static void assert_says(const GError *error, const char *says)
{
	if (!strstr(error->message, says))
		g_error("expected \"%s\", got \"%s\"", says, error->message);
}

static void test_case(gconstpointer user_data)
{
	const CaseData *data = user_data;
	const CheckCase *c = data->c;
	g_autoptr(StoreParts) parts = support_parts(data->pki, c->certs, c->key, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	if (c->code != OK) {
		g_assert_error(error, LANDFALL_ERROR, c->code);
		g_assert_null(identity);
		assert_says(error, c->says);
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpstr(identity->key_type, ==, c->key_type);
	if (c->says)
		g_assert_true(any_warning(identity, c->says));
	else
		g_assert_cmpstr(identity->warnings[0], ==, NULL);
}

/* A clock that was never set proves nothing about dates. */
static void test_clock_not_set(gconstpointer pki)
{
	static const char *const names[] = { "one inter", "future", "expired" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_auto(GStrv) words = g_strsplit(names[i], " ", 2);
		g_autoptr(StoreParts) parts = support_parts((Pki *)pki, names[i], words[0], NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(StoreIdentity) identity = store_parts_check(parts, CLOCK_NULL, &error);

		g_assert_no_error(error);
		g_assert_true(any_warning(identity, "the clock of this device is not set"));
	}
}

/* A terminal obeys U+009B as it does ESC [, and this name is shown on one. */
static void test_command(gconstpointer pki)
{
	g_autoptr(StoreParts) parts = support_parts((Pki *)pki, "command", "command", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_no_error(error);
	g_assert_cmpstr(identity->common_name, ==, "gw?2J");
}

static void test_fields(gconstpointer pki)
{
	g_autoptr(StoreParts) parts = support_parts(
		(Pki *)pki, "one inter", "one", "[broker]\nuri=mqtts://b.example\nprofile=plain\n");
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_no_error(error);
	g_assert_cmpstr(identity->common_name, ==, "one");
	g_assert_cmpstr(identity->issuer, ==, "inter");
	g_assert_cmpint(identity->not_before, <, now_s());
	g_assert_cmpint(identity->not_after, >, now_s() + 300 * DAY_S);
	g_assert_cmpstr(identity->broker->uri, ==, "mqtts://b.example");
	g_assert_cmpint(identity->broker->profile, ==, BROKER_PROFILE_PLAIN);
}

/* --- broken parts: one file of a sound identity replaced --- */

typedef struct BrokenCase {
	const char *name;
	const char *file;
	const char *text; /* NULL: four times the size allowed */
	int code;
	const char *says;
} BrokenCase;

#define PEM_GARBAGE                                                                                \
	"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"

static const BrokenCase broken_cases[] = {
	{ "cert-empty", STORE_CERT_NAME, "", LANDFALL_ERROR_STORE_INVALID, "holds no certificate" },
	{ "cert-text", STORE_CERT_NAME, "hello\n", LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/device.crt: holds no certificate in PEM form" },
	{ "cert-garbage", STORE_CERT_NAME, PEM_GARBAGE, LANDFALL_ERROR_STORE_INVALID,
	  "cannot be decoded" },
	{ "cert-large", STORE_CERT_NAME, NULL, LANDFALL_ERROR_STORE_INVALID, "is larger than" },
	{ "key-empty", STORE_KEY_NAME, "", LANDFALL_ERROR_KEY_UNREADABLE, "holds no private key" },
	{ "key-text", STORE_KEY_NAME, "x", LANDFALL_ERROR_KEY_UNREADABLE,
	  "PARTS/device.key: holds no private key in PEM form" },
	{ "key-pkcs11-two", STORE_KEY_NAME, "pkcs11:token=x\npkcs11:token=y\n",
	  LANDFALL_ERROR_KEY_UNREADABLE, "names a key in a PKCS#11 token, but is not one URI" },
	{ "key-pkcs11-module", STORE_KEY_NAME, "pkcs11:token=x?module-path=/etc/none.so",
	  LANDFALL_ERROR_KEY_UNREADABLE, "names a PKCS#11 module" },
	{ "key-handle-two", STORE_KEY_NAME, "\n handle:0x81000001 handle:0x81000002",
	  LANDFALL_ERROR_KEY_UNREADABLE, "names a key in a TPM, but is not one URI" },
	{ "key-large", STORE_KEY_NAME, NULL, LANDFALL_ERROR_STORE_INVALID, "is larger than" },
	{ "chain-empty", STORE_CHAIN_NAME, "", LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/server_chain.pem: holds no certificate" },
	{ "chain-garbage", STORE_CHAIN_NAME, PEM_GARBAGE, LANDFALL_ERROR_STORE_INVALID,
	  "cannot be decoded" },
	{ "chain-large", STORE_CHAIN_NAME, NULL, LANDFALL_ERROR_STORE_INVALID, "is larger than" },
	{ "broker-key", STORE_BROKER_NAME, "[broker]\nurl=mqtts://x\n",
	  LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/broker.conf:2: unknown key \"url\" in [broker]; did you mean \"uri\"?" },
	{ "broker-uri", STORE_BROKER_NAME, "[broker]\nuri=mqtts://x:70000\n",
	  LANDFALL_ERROR_STORE_INVALID, "PARTS/broker.conf:2: [broker] uri: " },
	{ "broker-group", STORE_BROKER_NAME, "[agent]\ninterval=1s\n", LANDFALL_ERROR_STORE_INVALID,
	  "PARTS/broker.conf:1: the only group of this file is [broker]" },
	{ "broker-large", STORE_BROKER_NAME, NULL, LANDFALL_ERROR_STORE_INVALID, "is larger than" },
};

typedef struct BrokenData {
	const BrokenCase *c;
	Pki *pki;
} BrokenData;

static void parts_replace(StoreParts *parts, const char *file, const char *text, size_t len)
{
	GBytes **bytes = strcmp(file, STORE_CERT_NAME) == 0    ? &parts->cert
			 : strcmp(file, STORE_CHAIN_NAME) == 0 ? &parts->chain
							       : &parts->broker;

	if (strcmp(file, STORE_KEY_NAME) == 0) {
		secret_free(parts->key);
		parts->key = secret_new(text, len);
		return;
	}
	g_clear_pointer(bytes, g_bytes_unref);
	*bytes = g_bytes_new(text, len);
}

static void test_broken(gconstpointer user_data)
{
	const BrokenData *data = user_data;
	g_autoptr(StoreParts) parts = support_parts(data->pki, "one inter", "one", NULL);
	g_autofree char *text = data->c->text ? g_strdup(data->c->text)
					      : g_strnfill(4 * STORE_CHAIN_SIZE_MAX, '\n');
	g_autoptr(GError) error = NULL;

	parts_replace(parts, data->c->file, text, strlen(text));

	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_error(error, LANDFALL_ERROR, data->c->code);
	g_assert_null(identity);
	assert_says(error, data->c->says);
}

static void test_encrypted_key(gconstpointer user_data)
{
	Pki *pki = (Pki *)user_data;
	g_autoptr(GError) error = NULL;

	pki_encrypt_key(pki, "one", "locked.key");

	g_autoptr(StoreParts) parts = support_parts(pki, "one inter", "locked", NULL);
	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
	g_assert_null(identity);
	assert_says(error, "is encrypted, and nobody is there to type the passphrase");
}

/* The first certificate of device.crt, said to be encrypted. */
static void certificate_lock(StoreParts *parts)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	gsize len = 0;
	const char *pem = g_bytes_get_data(parts->cert, &len);
	g_autofree char *rest = g_strndup(pem + strlen(begin), len - strlen(begin));
	char *text = g_strconcat(begin,
				 "Proc-Type: 4,ENCRYPTED\n"
				 "DEK-Info: AES-256-CBC,000102030405060708090A0B0C0D0E0F\n\n",
				 rest, NULL);

	g_assert_true(g_str_has_prefix(pem, begin));
	g_bytes_unref(parts->cert);
	parts->cert = g_bytes_new_take(text, strlen(text));
}

/* Without a terminal, and with a line on standard input: whether it is there afterwards */
static bool asks_nobody(const StoreParts *parts)
{
	int ends[2];
	int left = 0;

	(void)!setsid();
	if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0 || write(ends[1], "x\n", 2) != 2)
		return false;

	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), NULL);

	return !identity && ioctl(STDIN_FILENO, FIONREAD, &left) == 0 && left == 2;
}

/* A phone may bring it to a daemon that runs in a terminal, which would wait there. */
static void test_encrypted_certificate(gconstpointer user_data)
{
	g_autoptr(StoreParts) parts = support_parts((Pki *)user_data, "one inter", "one", NULL);
	int status = -1;
	pid_t child;

	certificate_lock(parts);
	child = fork();
	if (child == 0)
		_exit(asks_nobody(parts) ? 0 : 1);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Who has the folder can put another file there between the look at it and its loading. */
static void test_module_replaceable(gconstpointer user_data)
{
	g_autoptr(StoreParts) parts = support_parts((Pki *)user_data, "one inter", "one", NULL);
	g_autofree char *folder = g_dir_make_tmp("landfall-XXXXXX", NULL);
	g_autofree char *module = g_build_filename(folder, "module.so", NULL);
	g_autofree char *uri = g_strdup_printf("pkcs11:token=x?module-path=%s", module);
	g_autoptr(GError) error = NULL;

	if (geteuid() != 0) {
		g_test_skip("only root gives a folder away");
	} else {
		g_assert_true(g_file_set_contents(module, "", 0, NULL));
		g_assert_cmpint(chown(folder, NOBODY, NOBODY), ==, 0);
		parts_replace(parts, STORE_KEY_NAME, uri, strlen(uri));
		g_assert_null(store_parts_check(parts, now_s(), &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
		assert_says(error, "others can write or replace");
	}
	g_unlink(module);
	g_rmdir(folder);
}

static void test_too_many(gconstpointer user_data)
{
	g_autoptr(GString) names = g_string_new("one inter");
	g_autoptr(GError) error = NULL;

	for (int i = 1; i < STORE_CERTS_MAX; i++)
		g_string_append(names, " ca");

	g_autoptr(StoreParts) parts = support_parts((Pki *)user_data, names->str, "one", NULL);
	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
	g_assert_null(identity);
	assert_says(error, "or more than 10");
}

static void test_trust_without_ca(gconstpointer user_data)
{
	Pki *pki = (Pki *)user_data;
	g_autoptr(StoreParts) parts = support_parts(pki, "one inter", "one", NULL);
	g_autofree char *leaf = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_get_contents(pki_path(pki, "expired.crt"), &leaf, NULL, NULL));
	parts_replace(parts, STORE_CHAIN_NAME, leaf, strlen(leaf));

	g_autoptr(StoreIdentity) identity = store_parts_check(parts, now_s(), &error);

	g_assert_no_error(error);
	g_assert_true(any_warning(identity, "server_chain.pem: holds no certificate of a CA"));
	g_assert_true(any_warning(identity, "server_chain.pem: certificate \"expired\" has run"));
}

int main(int argc, char **argv)
{
	CaseData data[G_N_ELEMENTS(cases)];
	BrokenData broken[G_N_ELEMENTS(broken_cases)];

	g_test_init(&argc, &argv, NULL);

	g_autoptr(Pki) pki = support_pki();

	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/store-check/", cases[i].name, NULL);

		data[i] = (CaseData){ &cases[i], pki };
		g_test_add_data_func(path, &data[i], test_case);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(broken_cases); i++) {
		g_autofree char *path =
			g_strconcat("/store-check/broken/", broken_cases[i].name, NULL);

		broken[i] = (BrokenData){ &broken_cases[i], pki };
		g_test_add_data_func(path, &broken[i], test_broken);
	}
	g_test_add_data_func("/store-check/clock-not-set", pki, test_clock_not_set);
	g_test_add_data_func("/store-check/fields", pki, test_fields);
	g_test_add_data_func("/store-check/command", pki, test_command);
	g_test_add_data_func("/store-check/encrypted-key", pki, test_encrypted_key);
	g_test_add_data_func("/store-check/encrypted-certificate", pki, test_encrypted_certificate);
	g_test_add_data_func("/store-check/module-replaceable", pki, test_module_replaceable);
	g_test_add_data_func("/store-check/too-many", pki, test_too_many);
	g_test_add_data_func("/store-check/trust-without-ca", pki, test_trust_without_ca);
	return g_test_run();
}
