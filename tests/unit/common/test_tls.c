/* SPDX-License-Identifier: MIT */
/* tls: what is refused when a context is built, and what is said when a handshake fails. The peer
 * is an OpenSSL server at the other end of a pair of memory buffers. */
#include "common/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "tests/broker/pki.h"

#define ROUNDS_MAX 50
#define HOUR       3600
#define DAY        86400

static Pki *certificates_new(void)
{
	static const PkiCert certs[] = {
		{ .name = "ca", .ca = true },
		{ .name = "other-ca", .ca = true },
		{ .name = "twin", .common_name = "ca", .ca = true },
		{ .name = "old-ca", .ca = true, .from_s = -2 * DAY, .until_s = -HOUR },
		{ .name = "middle", .issuer = "ca", .ca = true },
		{ .name = "device", .issuer = "ca" },
		{ .name = "device-middle", .issuer = "middle" },
		{ .name = "device-other", .issuer = "other-ca" },
		{ .name = "server",
		  .issuer = "ca",
		  .san = "DNS:broker.test,IP:192.0.2.1,IP:2001:db8::1" },
		{ .name = "wild", .issuer = "ca", .san = "DNS:*.wild.test" },
		{ .name = "cn-only", .common_name = "broker.test", .issuer = "ca" },
		{ .name = "expired",
		  .issuer = "ca",
		  .san = "DNS:broker.test",
		  .from_s = -2 * DAY,
		  .until_s = -DAY },
		{ .name = "future",
		  .issuer = "ca",
		  .san = "DNS:broker.test",
		  .from_s = DAY,
		  .until_s = 2 * DAY },
		{ .name = "self", .common_name = "broker.test", .san = "DNS:broker.test" },
		{ .name = "strange",
		  .common_name = "b\303\266se\n\033[31m",
		  .issuer = "other-ca",
		  .san = "DNS:broker.test" },
		{ .name = "forged", .issuer = "twin", .san = "DNS:broker.test" },
		{ .name = "of-old", .issuer = "old-ca", .san = "DNS:broker.test" },
		{ .name = "client-only",
		  .issuer = "ca",
		  .san = "DNS:broker.test",
		  .client_only = true },
		{ .name = "of-middle", .issuer = "middle", .san = "DNS:broker.test" },
	};
	Pki *pki = pki_new();

	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	pki_concat(pki, "device-chain.crt", "device-middle.crt", "middle.crt", NULL);
	pki_concat(pki, "two.crt", "other-ca.crt", "ca.crt", NULL);
	pki_concat(pki, "with-chain.crt", "of-middle.crt", "middle.crt", NULL);
	pki_concat(pki, "self-chain.crt", "strange.crt", "other-ca.crt", NULL);
	pki_encrypt_key(pki, "device", "locked.key");
	pki_write(pki, "empty.pem", "");
	pki_write(pki, "text.pem", "this is no certificate\n");
	pki_write(pki, "cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	pki_write(pki, "token.key", "\npkcs11:token=landfall?module-path=none.so\n");
	return pki;
}

static char *big_file(Pki *pki)
{
	char *path = g_strdup(pki_path(pki, "big.pem"));
	g_autofree char *text = g_malloc0(TLS_FILE_MAX + 1);

	memset(text, '\n', TLS_FILE_MAX + 1);
	g_assert_true(g_file_set_contents(path, text, TLS_FILE_MAX + 1, NULL));
	return path;
}

/* ---- building ---- */

typedef struct BuildCase {
	const char *path;
	const char *certificate, *key, *trust; /* files, or NULL */
	const char *host;
	int code;         /* -1: accepted */
	const char *text; /* in the message */
	const char *file; /* named in the message */
} BuildCase;

static const BuildCase build_cases[] = {
	{ "/tls/build/ok", "device.crt", "device.key", "ca.crt", "broker.test", -1, NULL, NULL },
	{ "/tls/build/chain", "device-chain.crt", "device-middle.key", "two.crt", "broker.test", -1,
	  NULL, NULL },
	{ "/tls/build/system-trust", "device.crt", "device.key", NULL, "broker.test", -1, NULL,
	  NULL },
	{ "/tls/build/no-client-certificate", NULL, NULL, "ca.crt", "192.0.2.1", -1, NULL, NULL },
	{ "/tls/build/certificate-absent", "none.crt", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "no such file", "none.crt" },
	{ "/tls/build/certificate-empty", "empty.pem", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "empty", "empty.pem" },
	{ "/tls/build/certificate-text", "text.pem", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "certificate 1", "text.pem" },
	{ "/tls/build/certificate-cut", "cut.pem", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "certificate 1", "cut.pem" },
	{ "/tls/build/certificate-big", "big.pem", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "", "big.pem" },
	{ "/tls/build/certificate-folder", "", "device.key", "ca.crt", "b",
	  LANDFALL_ERROR_STORE_INVALID, "", "" },
	{ "/tls/build/key-absent", "device.crt", "none.key", "ca.crt", "b",
	  LANDFALL_ERROR_KEY_UNREADABLE, "no such file", "none.key" },
	{ "/tls/build/key-encrypted", "device.crt", "locked.key", "ca.crt", "b",
	  LANDFALL_ERROR_KEY_UNREADABLE, "encrypted", "locked.key" },
	{ "/tls/build/key-text", "device.crt", "text.pem", "ca.crt", "b",
	  LANDFALL_ERROR_KEY_UNREADABLE, "no private key in PEM", "text.pem" },
	{ "/tls/build/key-pkcs11", "device.crt", "token.key", "ca.crt", "b",
	  LANDFALL_ERROR_KEY_UNREADABLE, "names a PKCS#11 module", "token.key" },
	{ "/tls/build/key-of-another", "device.crt", "server.key", "ca.crt", "b",
	  LANDFALL_ERROR_KEY_MISMATCH, "does not belong", "device.crt" },
	{ "/tls/build/key-missing", "device.crt", NULL, "ca.crt", "b", LANDFALL_ERROR_INVALID,
	  "go together", NULL },
	{ "/tls/build/trust-absent", "device.crt", "device.key", "none.pem", "b",
	  LANDFALL_ERROR_STORE_INVALID, "no such file", "none.pem" },
	{ "/tls/build/trust-text", "device.crt", "device.key", "text.pem", "b",
	  LANDFALL_ERROR_STORE_INVALID, "trusted", "text.pem" },
	{ "/tls/build/no-host", "device.crt", "device.key", "ca.crt", "", LANDFALL_ERROR_INVALID,
	  "host name", NULL },
};

typedef struct BuildTest {
	const BuildCase *row;
	Pki *pki;
} BuildTest;

static const char *path_or_null(Pki *pki, const char *file)
{
	return file ? pki_path(pki, file) : NULL;
}

static void test_build(gconstpointer data)
{
	const BuildTest *test = data;
	const BuildCase *row = test->row;
	TlsConfig config = {
		.certificate_path = path_or_null(test->pki, row->certificate),
		.key_path = path_or_null(test->pki, row->key),
		.trust_path = path_or_null(test->pki, row->trust),
		.host = row->host,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(TlsContext) context = tls_context_new(&config, &error);

	g_assert_cmpuint(ERR_peek_error(), ==, 0);
	if (row->code < 0) {
		g_assert_no_error(error);
		g_assert_cmpstr(tls_context_host(context), ==, row->host);
		return;
	}
	g_assert_null(context);
	g_assert_error(error, LANDFALL_ERROR, row->code);
	g_assert_nonnull(strstr(error->message, row->text));
	if (row->file)
		g_assert_nonnull(strstr(error->message, path_or_null(test->pki, row->file)));
}

static void test_alpn_bounds(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autofree char *long_name = g_strnfill(256, 'x');
	TlsConfig config = { .trust_path = pki_path(pki, "ca.crt"), .host = "b", .alpn = "" };
	g_autoptr(GError) error = NULL;
	TlsContext *context = tls_context_new(&config, &error);

	g_assert_null(context);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	config.alpn = long_name;
	context = tls_context_new(&config, &error);
	g_assert_null(context);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	long_name[255] = '\0';
	context = tls_context_new(&config, &error);
	g_assert_no_error(error);
	tls_context_unref(context);
}

/* ---- shaking hands ---- */

typedef struct ShakeCase {
	const char *path;
	const char *server; /* certificate file and its key */
	const char *server_key;
	const char *trust, *host;
	const char *device;    /* NULL: no client certificate */
	const char *client_ca; /* NULL: the server asks for none */
	TlsVersion min_version;
	int server_max;      /* TLS version, 0: any */
	const char *failure; /* part of the sentence; NULL: the handshake succeeds */
	bool refused;
} ShakeCase;

static const ShakeCase shake_cases[] = {
	{ "/tls/shake/mutual", "server.crt", "server.key", "ca.crt", "broker.test", "device",
	  "ca.crt", TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/tls12", "server.crt", "server.key", "ca.crt", "broker.test", "device",
	  "ca.crt", TLS_VERSION_1_2, TLS1_2_VERSION, NULL, false },
	{ "/tls/shake/ipv4", "server.crt", "server.key", "ca.crt", "192.0.2.1", NULL, NULL,
	  TLS_VERSION_1_3, 0, NULL, false },
	{ "/tls/shake/ipv6", "server.crt", "server.key", "ca.crt", "2001:db8::1", NULL, NULL,
	  TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/wildcard", "wild.crt", "wild.key", "ca.crt", "a.wild.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/common-name-without-san", "cn-only.crt", "cn-only.key", "ca.crt",
	  "broker.test", NULL, NULL, TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/second-trusted", "server.crt", "server.key", "two.crt", "broker.test", NULL,
	  NULL, TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/server-chain", "with-chain.crt", "of-middle.key", "ca.crt", "broker.test",
	  NULL, NULL, TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/trust-is-intermediate", "of-middle.crt", "of-middle.key", "middle.crt",
	  "broker.test", NULL, NULL, TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/trust-is-leaf", "self.crt", "self.key", "self.crt", "broker.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, NULL, false },
	{ "/tls/shake/expired", "expired.crt", "expired.key", "ca.crt", "broker.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, "broker's certificate (CN=expired) expired on 20", false },
	{ "/tls/shake/future", "future.crt", "future.key", "ca.crt", "broker.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, "(CN=future) is not valid before 20", false },
	{ "/tls/shake/wrong-host", "server.crt", "server.key", "ca.crt", "other.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, "not for host other.test, but for DNS:broker.test, IP", false },
	{ "/tls/shake/wrong-address", "server.crt", "server.key", "ca.crt", "192.0.2.2", NULL, NULL,
	  TLS_VERSION_1_2, 0, "not for host 192.0.2.2", false },
	{ "/tls/shake/address-is-no-name", "wild.crt", "wild.key", "ca.crt", "192.0.2.1", NULL,
	  NULL, TLS_VERSION_1_2, 0, "not for host 192.0.2.1, but for DNS:*.wild.test", false },
	{ "/tls/shake/wildcard-one-label", "wild.crt", "wild.key", "ca.crt", "a.b.wild.test", NULL,
	  NULL, TLS_VERSION_1_2, 0, "not for host a.b.wild.test", false },
	{ "/tls/shake/unknown-issuer", "of-middle.crt", "of-middle.key", "ca.crt", "broker.test",
	  NULL, NULL, TLS_VERSION_1_2, 0, "unknown CA (CN=middle)", false },
	{ "/tls/shake/name-escaped", "strange.crt", "strange.key", "ca.crt", "broker.test", NULL,
	  NULL, TLS_VERSION_1_2, 0,
	  "certificate (CN=b\\C3\\B6se\\0A\\1B[31m) was issued by an unknown", false },
	{ "/tls/shake/self-signed", "self.crt", "self.key", "ca.crt", "broker.test", NULL, NULL,
	  TLS_VERSION_1_2, 0, "self-signed", false },
	{ "/tls/shake/foreign-root", "self-chain.crt", "strange.key", "ca.crt", "broker.test", NULL,
	  NULL, TLS_VERSION_1_2, 0, "(CN=other-ca) at the end of the broker's chain", false },
	{ "/tls/shake/same-name-other-key", "forged.crt", "forged.key", "ca.crt", "broker.test",
	  NULL, NULL, TLS_VERSION_1_2, 0, "CA", false },
	{ "/tls/shake/expired-ca", "of-old.crt", "of-old.key", "old-ca.crt", "broker.test", NULL,
	  NULL, TLS_VERSION_1_2, 0, "the CA certificate (CN=old-ca) expired on", false },
	{ "/tls/shake/purpose", "client-only.crt", "client-only.key", "ca.crt", "broker.test", NULL,
	  NULL, TLS_VERSION_1_2, 0, "(CN=client-only) is not for a server", false },
	{ "/tls/shake/too-old", "server.crt", "server.key", "ca.crt", "broker.test", NULL, NULL,
	  TLS_VERSION_1_3, TLS1_2_VERSION, "no common TLS version", true },
	{ "/tls/shake/no-client-certificate", "server.crt", "server.key", "ca.crt", "broker.test",
	  NULL, "ca.crt", TLS_VERSION_1_2, 0, "wants a client certificate", true },
	{ "/tls/shake/no-client-certificate-12", "server.crt", "server.key", "ca.crt",
	  "broker.test", NULL, "ca.crt", TLS_VERSION_1_2, TLS1_2_VERSION,
	  "insists on a client certificate", true },
	{ "/tls/shake/client-ca-unknown", "server.crt", "server.key", "ca.crt", "broker.test",
	  "device-other", "ca.crt", TLS_VERSION_1_2, 0, "does not know the CA of our", true },
	{ "/tls/shake/client-expired", "server.crt", "server.key", "ca.crt", "broker.test",
	  "expired", "ca.crt", TLS_VERSION_1_2, 0, "our certificate has expired", true },
};

typedef struct ShakeTest {
	const ShakeCase *row;
	Pki *pki;
} ShakeTest;

/* It speaks "mqtt", whoever asks for something speaks that. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
		   const unsigned char *in, unsigned int in_len, void *data)
{
	static const unsigned char spoken[] = "\4mqtt";
	unsigned char *chosen = NULL;

	if (SSL_select_next_proto(&chosen, out_len, spoken, sizeof(spoken) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *server_new(Pki *pki, const ShakeCase *row)
{
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());

	g_assert_cmpint(SSL_CTX_use_certificate_chain_file(server, pki_path(pki, row->server)), ==,
			1);
	g_assert_cmpint(SSL_CTX_use_PrivateKey_file(server, pki_path(pki, row->server_key),
						    SSL_FILETYPE_PEM),
			==, 1);
	SSL_CTX_set_alpn_select_cb(server, on_alpn, NULL);
	if (row->server_max)
		SSL_CTX_set_max_proto_version(server, row->server_max);
	if (row->client_ca) {
		g_assert_cmpint(SSL_CTX_load_verify_file(server, pki_path(pki, row->client_ca)), ==,
				1);
		SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	return server;
}

static TlsContext *client_new(Pki *pki, const ShakeCase *row)
{
	g_autofree char *certificate = row->device ? g_strconcat(row->device, ".crt", NULL) : NULL;
	g_autofree char *key = row->device ? g_strconcat(row->device, ".key", NULL) : NULL;
	g_autoptr(GError) error = NULL;
	TlsConfig config = {
		.certificate_path = path_or_null(pki, certificate),
		.key_path = path_or_null(pki, key),
		.trust_path = path_or_null(pki, row->trust),
		.host = row->host,
		.alpn = "mqtt",
		.min_version = row->min_version,
	};
	TlsContext *context = tls_context_new(&config, &error);

	g_assert_no_error(error);
	return context;
}

/* Both ends in turn until nothing moves, then one read, which brings a late alert of TLS 1.3. */
static bool shake(SSL *client, SSL *server)
{
	int client_done = 0;
	int server_done = 0;
	char octet;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		client_done = SSL_do_handshake(client);
		server_done = SSL_do_handshake(server);
	}
	if (client_done == 1)
		SSL_read(client, &octet, 1);
	ERR_clear_error();
	return client_done == 1 && server_done == 1;
}

static void test_shake(gconstpointer data)
{
	const ShakeTest *test = data;
	const ShakeCase *row = test->row;
	g_autoptr(TlsContext) context = client_new(test->pki, row);
	SSL_CTX *server_context = server_new(test->pki, row);
	SSL *server = SSL_new(server_context);
	SSL *client = SSL_new(tls_context_ssl_ctx(context));
	BIO *near_end;
	BIO *far_end;

	g_assert_cmpint(BIO_new_bio_pair(&near_end, 0, &far_end, 0), ==, 1);
	SSL_set_bio(client, near_end, near_end);
	SSL_set_bio(server, far_end, far_end);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	g_assert_cmpint(SSL_set_tlsext_host_name(client, "198.51.100.7"), ==, 1);
	tls_context_begin(context, NULL, NULL);

	g_assert_true(shake(client, server) == (row->failure == NULL));
	g_assert_true(tls_context_refused(context) == row->refused);
	if (row->failure) {
		g_test_message("%s", tls_context_failure(context));
		g_assert_nonnull(tls_context_failure(context));
		g_assert_nonnull(strstr(tls_context_failure(context), row->failure));
		tls_context_begin(context, NULL, NULL);
		g_assert_false(tls_context_refused(context));
	} else {
		bool named = strchr(row->host, ':') == NULL && !g_ascii_isdigit(row->host[0]);
		const unsigned char *spoken = NULL;
		unsigned int len = 0;

		SSL_get0_alpn_selected(server, &spoken, &len);
		g_assert_cmpmem(spoken, len, "mqtt", 4);
		g_assert_cmpstr(SSL_get_servername(server, TLSEXT_NAMETYPE_host_name), ==,
				named ? row->host : NULL);
	}
	g_assert_null(tls_context_failure(context));
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(server_context);
}

/* Without a chain of its own: what the system trusts, and nothing else. */
static void test_system_trust(gconstpointer data)
{
	static const ShakeCase trusted = { NULL, "server.crt", "server.key",    NULL, "broker.test",
					   NULL, NULL,         TLS_VERSION_1_3, 0,    NULL,
					   false };
	static const ShakeCase unknown = {
		NULL, "server.crt", "server.key",    NULL, "broker.test",
		NULL, NULL,         TLS_VERSION_1_3, 0,    "unknown CA (CN=ca)",
		false
	};
	Pki *pki = (Pki *)data;

	g_setenv("SSL_CERT_FILE", pki_path(pki, "ca.crt"), TRUE);
	test_shake(&(ShakeTest){ &trusted, pki });
	g_setenv("SSL_CERT_FILE", pki_path(pki, "other-ca.crt"), TRUE);
	test_shake(&(ShakeTest){ &unknown, pki });
	g_unsetenv("SSL_CERT_FILE");
}

int main(int argc, char **argv)
{
	g_autoptr(Pki) pki = NULL;
	BuildTest builds[G_N_ELEMENTS(build_cases)];
	ShakeTest shakes[G_N_ELEMENTS(shake_cases)];
	g_autofree char *big = NULL;

	g_test_init(&argc, &argv, NULL);
	pki = certificates_new();
	big = big_file(pki);
	for (size_t i = 0; i < G_N_ELEMENTS(build_cases); i++) {
		builds[i] = (BuildTest){ &build_cases[i], pki };
		g_test_add_data_func(build_cases[i].path, &builds[i], test_build);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(shake_cases); i++) {
		shakes[i] = (ShakeTest){ &shake_cases[i], pki };
		g_test_add_data_func(shake_cases[i].path, &shakes[i], test_shake);
	}
	g_test_add_data_func("/tls/alpn-bounds", pki, test_alpn_bounds);
	g_test_add_data_func("/tls/system-trust", pki, test_system_trust);
	return g_test_run();
}
