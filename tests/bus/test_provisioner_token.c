/* SPDX-License-Identifier: MIT */
/* A certificate over the air for a key that is made inside a token, SoftHSM's, or a software TPM:
 * the phone asks for the request, a laboratory's CA signs it, the certificate goes back, and no
 * file ever has the key. */
#include "tests/broker/pki.h"
#include "tests/broker/token.h"
#include "tests/bus/rig.h"
#include "tests/phone/identity-message.h"
#include "tests/phone/identity.h"
#include "tests/phone/phone-error.h"

#include "common/device-key.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN    "5678"

typedef enum Kind {
	KIND_SOFTHSM,
	KIND_TPM,
	KIND_N,
} Kind;

/* A process has one token of each kind: SoftHSM reads its configuration once. */
typedef struct Shared {
	Kind kind;
	const char *place; /* where the key is, in the daemon's words */
	Pki *pki;
	Token *token; /* NULL: not on this machine */
	const char *why;
} Shared;

typedef struct Fixture {
	const Shared *shared;
	Pki *pki;
	Token *token; /* both of the Shared */
	Rig *rig;
	char *store; /* folder of the daemon's store */
	char *uri;   /* of the key, which is not there yet */
	char *sign;  /* command of the laboratory */
	RigPhone *phone;
} Fixture;

static void set_pin(const Fixture *f, const char *pin)
{
	pki_write(f->pki, "pin", pin);
}

/* The daemon's configuration: rig_start() has settings of the group [provisioner] alone. */
static void configure(const Fixture *f)
{
	g_autofree char *path = g_build_filename(f->rig->folder, "empty.conf", NULL);
	g_autofree char *text =
		g_strdup_printf("[store]\npath = %s\ntoken_key = %s\n", f->store, f->uri);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void open_session(Fixture *f)
{
	g_autoptr(GError) error = NULL;

	f->phone = rig_phone_new(f->rig, NULL);
	g_assert_true(client_connect(f->phone->client, &error));
	g_assert_true(client_secure(f->phone->client, NULL, &error));
}

/* Each test has a key of its own. */
static char *key_uri(const Fixture *f)
{
	const char *object = strrchr(g_test_get_path(), '/') + 1;

	if (f->shared->kind == KIND_TPM)
		return g_strdup_printf("handle:0x810000%02x", 0x50 + (g_str_hash(object) & 0x7f));
	return g_strdup_printf("pkcs11:token=landfall;object=%s;type=private?module-path=" MODULE
			       "&pin-source=file:%s/pin",
			       object, pki_dir(f->pki));
}

static void set_up(Fixture *f, gconstpointer data)
{
	const Shared *shared = data;

	f->shared = shared;
	f->pki = shared->pki;
	f->token = shared->token;
	f->rig = rig_new();
	if (!f->token) {
		g_test_skip(shared->why);
		return;
	}
	set_pin(f, PIN);
	f->store = g_build_filename(f->rig->folder, "store", NULL);
	f->uri = key_uri(f);
	f->sign = g_strdup_printf("openssl x509 -req -in \"$1\" -CA %s/ca.crt -CAkey %s/ca.key "
				  "-days 1 2>/dev/null",
				  pki_dir(f->pki), pki_dir(f->pki));
	configure(f);
	rig_start(f->rig, NULL);
	rig_await(f->rig, "ready");
	open_session(f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	rig_phone_free(f->phone);
	rig_free(f->rig);
	g_free(f->store);
	g_free(f->uri);
	g_free(f->sign);
}

/* What the phone does; with @new_key in place of one that may be there. */
static bool run_phone(Fixture *f, bool new_key, GError **error)
{
	IdentitySetup setup = {
		.request = true, .new_key = new_key, .common_name = "gw-17", .sign_command = f->sign
	};

	return identity_run(f->phone->client, &rig_link, f->rig, &setup, NULL, error);
}

static char *store_file(const Fixture *f, const char *name)
{
	g_autofree char *path = g_build_filename(f->store, "current", name, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* What the key signs is what the certificate vouches for. */
static void assert_signs(EVP_PKEY *key, X509 *cert)
{
	static const unsigned char text[] = "landfall";
	unsigned char signature[512];
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	g_assert_cmpint(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), ==, 1);
	g_assert_cmpint(EVP_DigestSign(ctx, signature, &len, text, sizeof(text)), ==, 1);
	EVP_MD_CTX_free(ctx);
	ctx = EVP_MD_CTX_new();
	g_assert_cmpint(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, X509_get0_pubkey(cert)),
			==, 1);
	g_assert_cmpint(EVP_DigestVerify(ctx, signature, len, text, sizeof(text)), ==, 1);
	EVP_MD_CTX_free(ctx);
}

/* The generation in force: its key is named, and its certificate is for the key in the token. */
static void assert_in_force(const Fixture *f)
{
	g_autofree char *named = store_file(f, "device.key");
	g_autofree char *pem = store_file(f, "device.crt");
	g_autoptr(Secret) uri = secret_new(f->uri, strlen(f->uri));
	g_autoptr(GError) error = NULL;
	g_autoptr(EVP_PKEY) key = device_key_open(uri, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(named, ==, f->uri);

	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_signs(key, cert);
	X509_free(cert);
	BIO_free(bio);
}

/* Neither the store nor the daemon's own folder has a key, waiting or in force. */
static void assert_no_key_in_files(const Fixture *f)
{
	g_autofree char *line =
		g_strdup_printf("grep -rl 'PRIVATE KEY' '%s'; find '%s' -name pending.key",
				f->rig->folder, f->store);
	g_autofree char *found = test_run(line, NULL);

	g_assert_cmpstr(found, ==, "");
}

static void test_certificate(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	if (!f->token)
		return;
	run_phone(f, true, &error);
	g_assert_no_error(error);
	assert_in_force(f);
	assert_no_key_in_files(f);

	/* The next certificate is for the same key; nobody takes that one's place. */
	g_assert_false(run_phone(f, true, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_STATUS);
	test_assert_has(error->message, "a key that no new one takes the place of");
	g_clear_error(&error);
	run_phone(f, false, &error);
	g_assert_no_error(error);
	assert_in_force(f);
	assert_no_key_in_files(f);
}

/* The phone reads why, and the same daemon gets on once the PIN is right. */
static void test_wrong_pin(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	if (!f->token)
		return;
	set_pin(f, "0000");
	g_assert_false(run_phone(f, false, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_STATUS);
	test_assert_has(error->message, "the PIN is wrong");
	assert_no_key_in_files(f); /* nor does a URI wait for a certificate */
	g_clear_error(&error);
	set_pin(f, PIN);
	run_phone(f, false, &error);
	g_assert_no_error(error);
	assert_in_force(f);
}

/* A token that does not answer keeps the phone waiting, and nobody else: the daemon ends. */
static void test_silent(Fixture *f, gconstpointer data)
{
	g_autofree char *go = g_build_filename(f->rig->folder, "go", NULL);
	g_autofree char *asked = g_strconcat(go, ".asked", NULL);
	g_autoptr(GByteArray) request = identity_message_request("gw-17", false);
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	if (!f->token)
		return;
	g_clear_pointer(&f->phone, rig_phone_free);
	rig_end(f->rig);
	g_free(f->uri);
	f->uri = g_strdup_printf("pkcs11:token=landfall;object=silent;type=private?module-path=%s"
				 "&pin-source=file:%s/pin",
				 g_getenv("LANDFALL_SLOW_MODULE"), pki_dir(f->pki));
	configure(f);
	g_setenv("LANDFALL_SLOW_TOKEN", go, TRUE);
	rig_start(f->rig, NULL);
	rig_await(f->rig, "ready");
	open_session(f);
	g_assert_true(client_exchange(f->phone->client, "landfall-store", request, answer, &error));
	TEST_WAIT(g_file_test(asked, G_FILE_TEST_EXISTS));
	rig_end(f->rig);
	g_unsetenv("LANDFALL_SLOW_TOKEN");
}

/* The words of landfall-status at its first step. */
static char *wifi_words(Fixture *f)
{
	g_autoptr(GByteArray) question = identity_message_status();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	IdentityStatus status;

	g_assert_true(
		client_exchange(f->phone->client, "landfall-status", question, answer, &error));
	g_assert_true(identity_parse_status(answer, &status, &error));
	return g_strdup(status.texts[0]);
}

/* A network that wants a certificate: whoever joins it reads the key from a file, and there is
 * none. */
static void test_enterprise(Fixture *f, gconstpointer data)
{
	static const FakeAp office = { .ssid = "Office",
				       .bssid = "02:00:00:00:01:05",
				       .flags = 1,
				       .rsn = 0x208, /* CCMP, 802.1X */
				       .frequency = 2412,
				       .strength = 60 };
	IdentitySetup setup = { .request = true, .sign_command = f->sign };
	g_autofree char *words = NULL;
	g_autoptr(GError) error = NULL;

	if (!f->token)
		return;
	pki_write(f->pki, "wifi.conf", "[wifi]\n");
	setup.parts[IDENTITY_WIFI] = pki_path(f->pki, "wifi.conf");
	setup.parts[IDENTITY_WIFI_TRUST] = pki_path(f->pki, "ca.crt");
	g_assert_true(identity_run(f->phone->client, &rig_link, f->rig, &setup, NULL, &error));
	fake_nm_ap(f->rig->nm, 1, &office);
	g_assert_true(client_scan(f->phone->client, &error));
	g_assert_false(client_join(f->phone->client, "Office", NULL, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_JOIN);
	g_assert_cmpuint(f->rig->nm->adds, ==, 0);
	words = wifi_words(f);
	test_assert_has(words, f->shared->place);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		Kind kind;
		void (*run)(Fixture *f, gconstpointer data);
	} tests[] = {
		{ "/provisioner/token/certificate", KIND_SOFTHSM, test_certificate },
		{ "/provisioner/token/wrong-pin", KIND_SOFTHSM, test_wrong_pin },
		{ "/provisioner/token/enterprise", KIND_SOFTHSM, test_enterprise },
		{ "/provisioner/token/silent", KIND_SOFTHSM, test_silent },
		{ "/provisioner/tpm/certificate", KIND_TPM, test_certificate },
		{ "/provisioner/tpm/enterprise", KIND_TPM, test_enterprise },
	};

	Pki *pki = pki_new();
	Shared shared[KIND_N] = {
		{ KIND_SOFTHSM, "the device's key is in a PKCS#11 token", .pki = pki },
		{ KIND_TPM, "the device's key is in a TPM", .pki = pki },
	};
	int status;

	g_test_init(&argc, &argv, NULL);
	pki_issue(pki, &(PkiCert){ .name = "ca", .ca = true });
	shared[KIND_SOFTHSM].token = token_softhsm(pki, "other", NULL, &shared[KIND_SOFTHSM].why);
	shared[KIND_TPM].token = token_tpm(pki, "third", &shared[KIND_TPM].why);
	/* OpenSSL's engine forgets what it has loaded when it fails. */
	g_setenv("LSAN_OPTIONS", "detect_leaks=0", TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, &shared[tests[i].kind], set_up, tests[i].run,
			   tear_down);
	status = g_test_run();
	for (size_t i = 0; i < KIND_N; i++)
		token_free(shared[i].token);
	pki_free(pki);
	return status;
}
