/* SPDX-License-Identifier: MIT */
/* Keys that are not in files: SoftHSM and a software TPM, from the store to a real mosquitto, and
 * a token so slow that the loop has to go on without it. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/store-pending.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"
#include "tests/broker/token.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"

typedef enum Kind {
	KIND_SOFTHSM,
	KIND_SLOW,
	KIND_TPM,
} Kind;

/* What the tests of one kind share: a PKCS#11 module is initialised once a process. */
typedef struct Shared {
	Kind kind;
	const char *name;
	Pki *pki;     /* made by the first test of the kind */
	Token *token; /* NULL: not on this machine */
	const char *why;
} Shared;

typedef struct Fixture {
	const Shared *shared;
	Pki *pki;
	Token *token;
	char *store_path;
	Store *store;
} Fixture;

static void shared_make(Shared *shared)
{
	static const PkiCert certs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "IP:127.0.0.1" },
		{ .name = "other", .issuer = "ca", .client_only = true },
	};
	const char *slow = shared->kind == KIND_SLOW ? g_getenv("LANDFALL_SLOW_MODULE") : NULL;

	g_assert_true(slow || shared->kind != KIND_SLOW); /* Meson sets it */
	shared->pki = pki_new();
	pki_issue_all(shared->pki, certs, G_N_ELEMENTS(certs));
	if (shared->kind == KIND_TPM)
		shared->token = token_tpm(shared->pki, "device", &shared->why);
	else
		shared->token = token_softhsm(shared->pki, "device", slow, &shared->why);
}

static void set_up(Fixture *f, gconstpointer data)
{
	Shared *shared = (Shared *)data;

	if (!shared->pki)
		shared_make(shared);
	f->shared = shared;
	f->pki = shared->pki;
	f->token = shared->token;
	f->store_path = g_dir_make_tmp("landfall-store-XXXXXX", NULL);
	f->store = store_open(f->store_path);
	if (!f->token)
		g_test_skip(shared->why);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->store_path);

	g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
	store_free(f->store);
	g_free(f->store_path);
}

static Peer *peer_for(Fixture *f, const Broker *broker)
{
	PeerConfig config = { .port = broker_port(broker), .device = "device" };

	return peer_new(f->pki, &config);
}

/* A message, acknowledged over a connection that the token has signed for. */
static void test_connects(Fixture *f, gconstpointer data)
{
	if (!f->token)
		return;

	g_autoptr(Broker) broker = broker_new(f->pki, "server", NULL);
	g_autoptr(Peer) peer = peer_for(f, broker);

	peer_connect(peer);
	peer_publish(peer, "landfall/keys", "{}");
	peer_wait(&peer->published->len, 1);
	peer_leave(peer);
	peer_connect(peer); /* the same context once more */
	peer_leave(peer);
}

static StoreParts *parts_of(Fixture *f, const char *certificate, const char *key)
{
	StoreParts *parts = g_new0(StoreParts, 1);
	g_autofree char *cert = NULL;
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(pki_path(f->pki, certificate), &cert, NULL, NULL));
	g_assert_true(g_file_get_contents(pki_path(f->pki, key), &text, NULL, NULL));
	parts->cert = g_bytes_new(cert, strlen(cert));
	parts->key = secret_new(text, strlen(text));
	return parts;
}

/* The store's checks ask the token: the key fits, signs, or belongs to another certificate. */
static void test_store(Fixture *f, gconstpointer data)
{
	if (!f->token)
		return;

	g_autoptr(StoreParts) parts = parts_of(f, "device.crt", "device.key");
	g_autoptr(StoreParts) wrong = parts_of(f, "other.crt", "device.key");
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreIdentity) identity = store_import(f->store, parts, &error);

	g_assert_no_error(error);

	g_autofree char *what = g_strdup_printf("%s in %s", identity->key_type,
						device_key_place_name(identity->key_place));

	g_assert_cmpstr(what, ==, f->shared->name);
	g_assert_null(store_import(f->store, wrong, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_MISMATCH);
}

/* A request for the token's key, and the certificate that comes back for it. */
static void test_request(Fixture *f, gconstpointer data)
{
	if (!f->token)
		return;

	g_autofree char *uri = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_get_contents(pki_path(f->pki, "device.key"), &uri, NULL, NULL));

	StoreRequest wish = { .common_name = "gw-1", .token_key = g_strstrip(uri) };
	g_autofree char *request = store_request(f->store, &wish, &error);

	g_assert_no_error(error);

	g_autofree char *cert = pki_sign_request(f->pki, "ca", request);
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);

	parts->cert = g_bytes_new(cert, strlen(cert));

	g_autoptr(StoreIdentity) identity = store_install(f->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(identity->common_name, ==, "gw-1");
	g_assert_cmpint(identity->key_place, !=, DEVICE_KEY_FILE);
}

/* Where a key of the test's own can be made. */
static char *free_uri(const Fixture *f, const char *object, const char *pin)
{
	if (f->shared->kind == KIND_TPM)
		return g_strdup_printf("handle:0x810000%02x", 0x50 + (g_str_hash(object) & 0x7f));
	return g_strdup_printf("pkcs11:token=landfall;object=%s;type=private?module-path="
			       "/usr/lib/softhsm/libsofthsm2.so&pin-value=%s",
			       object, pin);
}

static StoreIdentity *install_request(Fixture *f, const char *request)
{
	g_autofree char *cert = pki_sign_request(f->pki, "ca", request);
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);
	g_autoptr(GError) error = NULL;
	StoreIdentity *identity;

	parts->cert = g_bytes_new(cert, strlen(cert));
	identity = store_install(f->store, parts, &error);
	g_assert_no_error(error);
	return identity;
}

static char *request_text(Fixture *f, const StoreRequest *wish)
{
	g_autoptr(GError) error = NULL;
	char *text = store_request(f->store, wish, &error);

	g_assert_no_error(error);
	return text;
}

static X509_REQ *request_parse(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	g_assert_nonnull(request);
	return request;
}

/* A key is made inside, once; it is asked for as often as one likes, and never replaced. */
static void check_made(Fixture *f, DeviceKeyKind kind, const char *object)
{
	g_autofree char *uri = free_uri(f, object, "5678");
	StoreRequest wish = { .common_name = "gw-2", .kind = kind, .anew = true, .token_key = uri };
	g_autoptr(GError) error = NULL;
	g_autofree char *first = request_text(f, &wish);

	g_assert_null(store_request(f->store, &wish, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	wish.anew = false;

	g_autofree char *second = request_text(f, &wish);
	X509_REQ *once = request_parse(first);
	X509_REQ *again = request_parse(second);

	g_assert_true(device_key_is(X509_REQ_get0_pubkey(once), kind));
	g_assert_cmpint(EVP_PKEY_eq(X509_REQ_get0_pubkey(once), X509_REQ_get0_pubkey(again)), ==,
			1);

	g_autoptr(StoreIdentity) identity = install_request(f, second);
	g_autofree char *path = g_build_filename(identity->dir, "device.key", NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, uri);
	X509_REQ_free(once);
	X509_REQ_free(again);
}

static void test_made(Fixture *f, gconstpointer data)
{
	static const char *const objects[DEVICE_KEY_N] = { "ec-p256", "ec-p384", "rsa-2048" };
	int kinds = f->shared->kind == KIND_TPM ? 1 : DEVICE_KEY_N; /* P-256 alone in a TPM */

	for (int kind = 0; f->token && kind < kinds; kind++)
		check_made(f, (DeviceKeyKind)kind, objects[kind]);
}

/* Two names, two keys, though a TPM makes all of its from one seed. */
static void test_distinct(Fixture *f, gconstpointer data)
{
	static const char *const objects[] = { "one", "two" };
	X509_REQ *requests[G_N_ELEMENTS(objects)];

	for (size_t i = 0; f->token && i < G_N_ELEMENTS(objects); i++) {
		g_autofree char *uri = free_uri(f, objects[i], "5678");
		StoreRequest wish = { .common_name = "gw-3", .token_key = uri };
		g_autofree char *text = request_text(f, &wish);

		requests[i] = request_parse(text);
	}
	if (!f->token)
		return;
	g_assert_cmpint(
		EVP_PKEY_eq(X509_REQ_get0_pubkey(requests[0]), X509_REQ_get0_pubkey(requests[1])),
		==, 0);
	X509_REQ_free(requests[0]);
	X509_REQ_free(requests[1]);
}

/* What no key is made for, and in which words. A wrong PIN does not count in a process
 * that is in. */
static void test_unmade(Fixture *f, gconstpointer data)
{
	static const struct {
		Kind kind;
		const char *uri, *says;
		DeviceKeyKind key;
	} cases[] = {
		{ KIND_SOFTHSM, "pkcs11:token=none;object=o?module-path=" MODULE "&pin-value=5678",
		  "token_key names a PKCS#11 token that is not there", DEVICE_KEY_EC_P256 },
		{ KIND_SOFTHSM,
		  "pkcs11:token=landfall;object=o?module-path=" MODULE "&pin-source=file:/none",
		  "names a PIN that cannot be read (pin-source): there is no such file",
		  DEVICE_KEY_EC_P256 },
		{ KIND_SOFTHSM, "pkcs11:token=landfall;object=o?module-path=" MODULE,
		  "none was made either: it names no PIN", DEVICE_KEY_EC_P256 },
		{ KIND_SOFTHSM, "pkcs11:slot-id=1;object=o?module-path=" MODULE "&pin-value=5678",
		  "none was made either: it has an attribute", DEVICE_KEY_EC_P256 },
		{ KIND_SOFTHSM,
		  "pkcs11:token=landfall;object=o?module-path=/none.so&pin-value=5678",
		  "names a PKCS#11 module", DEVICE_KEY_EC_P256 },
		{ KIND_TPM, "handle:0x82000001", "none was made either: it names no handle",
		  DEVICE_KEY_EC_P256 },
		{ KIND_TPM, "handle:0x81000051", "keys of kind ec-p256 alone", DEVICE_KEY_EC_P384 },
	};

	for (size_t i = 0; f->token && i < G_N_ELEMENTS(cases); i++) {
		StoreRequest wish = { .common_name = "gw-2",
				      .kind = cases[i].key,
				      .token_key = cases[i].uri };
		g_autoptr(GError) error = NULL;

		if (cases[i].kind != f->shared->kind)
			continue;
		g_assert_null(store_request(f->store, &wish, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
		if (!strstr(error->message, cases[i].says))
			g_error("%s: %s", cases[i].uri, error->message);
	}
}

/* What cannot be opened is said in words, and asks nobody. */
static void test_absent(Fixture *f, gconstpointer data)
{
	static const struct {
		Kind kind;
		const char *uri, *says;
	} cases[] = {
		{ KIND_SOFTHSM,
		  "pkcs11:token=landfall;object=none?module-path=/usr/lib/softhsm/"
		  "libsofthsm2.so&pin-value=5678",
		  "does not give out" },
		{ KIND_SOFTHSM,
		  "pkcs11:token=none;object=device?module-path=/usr/lib/softhsm/"
		  "libsofthsm2.so&pin-value=5678",
		  "does not give out" },
		{ KIND_TPM, "handle:0x81000043", "no key" },
		{ KIND_TPM, "handle:nonsense", "no key" },
	};

	for (size_t i = 0; f->token && i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Secret) text = secret_new(cases[i].uri, strlen(cases[i].uri));
		g_autoptr(GError) error = NULL;

		if (cases[i].kind != f->shared->kind)
			continue;
		g_assert_null(device_key_open(text, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE);
		g_assert_nonnull(strstr(error->message, cases[i].says));
	}
}

static gboolean count_turn(gpointer data)
{
	++*(unsigned int *)data;
	return G_SOURCE_CONTINUE;
}

/* Connects until the token is asked to sign, which it does not before @go exists. */
static void connect_until_signing(Peer *peer, const char *go)
{
	g_autofree char *asked = g_strconcat(go, ".asked", NULL);
	g_autoptr(GError) error = NULL;

	g_unlink(go);
	g_unlink(asked);
	g_assert_true(mqtt_client_connect(peer->client, &error));
	g_assert_no_error(error);
	while (g_access(asked, F_OK) != 0)
		if (!g_main_context_iteration(NULL, FALSE))
			g_usleep(1000); /* nothing wakes the loop now */
}

/* While the token thinks, the loop turns; once it has signed, the connection stands. */
static void test_slow(Fixture *f, gconstpointer data)
{
	if (!f->token)
		return;

	g_autoptr(Broker) broker = broker_new(f->pki, "server", NULL);
	g_autoptr(Peer) peer = peer_for(f, broker);
	g_autofree char *go = g_build_filename(f->store_path, "go", NULL);
	unsigned int turns = 0;
	guint timer = g_timeout_add(1, count_turn, &turns);

	g_setenv("LANDFALL_SLOW_TOKEN", go, TRUE);
	connect_until_signing(peer, go);
	peer_wait(&turns, turns + 50);
	g_assert_cmpuint(peer->connected, ==, 0);
	g_assert_true(g_file_set_contents(go, "", 0, NULL));
	peer_wait(&peer->connected, 1);
	peer_leave(peer);
	g_source_remove(timer);
	g_unsetenv("LANDFALL_SLOW_TOKEN");
}

/* An attempt whose token never answers ends by its time limit; the next one is told; afterwards
 * everything is as before. */
static void test_stuck(Fixture *f, gconstpointer data)
{
	if (!f->token)
		return;

	g_autoptr(Broker) broker = broker_new(f->pki, "server", NULL);
	PeerConfig config = { .port = broker_port(broker),
			      .device = "device",
			      .connect_timeout_ms = 1000 };
	g_autoptr(Peer) peer = peer_new(f->pki, &config);
	g_autofree char *go = g_build_filename(f->store_path, "go", NULL);

	g_setenv("LANDFALL_SLOW_TOKEN", go, TRUE);
	connect_until_signing(peer, go);
	peer_wait_end(peer, LANDFALL_ERROR_NETWORK, "TLS handshake not finished");
	peer_fail(peer, LANDFALL_ERROR_NETWORK,
		  "the token that holds our key has not yet answered");
	g_assert_true(g_file_set_contents(go, "", 0, NULL));
	while (peer->connected == 0) { /* as the agent does */
		g_autoptr(GError) error = NULL;
		unsigned int ended = peer->disconnected;

		g_assert_true(mqtt_client_connect(peer->client, &error));
		while (peer->connected == 0 && peer->disconnected == ended)
			g_main_context_iteration(NULL, TRUE);
	}
	peer_leave(peer);
	g_unsetenv("LANDFALL_SLOW_TOKEN");
}

int main(int argc, char **argv)
{
	Shared shared[] = {
		{ .kind = KIND_SOFTHSM, .name = "EC P-256 in a PKCS#11 token" },
		{ .kind = KIND_SLOW, .name = "EC P-256 in a PKCS#11 token" },
		{ .kind = KIND_TPM, .name = "EC P-256 in a TPM" },
	};
	static const struct {
		const char *path;
		Kind kind;
		void (*run)(Fixture *f, gconstpointer data);
	} tests[] = {
		{ "/keys/softhsm/connects", KIND_SOFTHSM, test_connects },
		{ "/keys/softhsm/store", KIND_SOFTHSM, test_store },
		{ "/keys/softhsm/request", KIND_SOFTHSM, test_request },
		{ "/keys/softhsm/absent", KIND_SOFTHSM, test_absent },
		{ "/keys/softhsm/made", KIND_SOFTHSM, test_made },
		{ "/keys/softhsm/distinct", KIND_SOFTHSM, test_distinct },
		{ "/keys/softhsm/unmade", KIND_SOFTHSM, test_unmade },
		{ "/keys/slow/loop-turns", KIND_SLOW, test_slow },
		{ "/keys/slow/stuck", KIND_SLOW, test_stuck },
		{ "/keys/tpm/connects", KIND_TPM, test_connects },
		{ "/keys/tpm/store", KIND_TPM, test_store },
		{ "/keys/tpm/request", KIND_TPM, test_request },
		{ "/keys/tpm/absent", KIND_TPM, test_absent },
		{ "/keys/tpm/made", KIND_TPM, test_made },
		{ "/keys/tpm/distinct", KIND_TPM, test_distinct },
		{ "/keys/tpm/unmade", KIND_TPM, test_unmade },
	};
	int status;

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, &shared[tests[i].kind], set_up, tests[i].run,
			   tear_down);
	status = g_test_run();
	for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
		token_free(shared[i].token);
		pki_free(shared[i].pki);
	}
	return status;
}
