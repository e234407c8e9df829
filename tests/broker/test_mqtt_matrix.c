/* SPDX-License-Identifier: MIT */
/* The matrix of bad brokers: a real mosquitto with a certificate, a list of revoked ones or a
 * version of TLS that will not do, each refused in its own words. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/error.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"

#define DAY 86400

static const PkiCert certs[] = {
	{ .name = "ca", .ca = true },
	{ .name = "other-ca", .ca = true },
	{ .name = "middle", .issuer = "ca", .ca = true },
	{ .name = "device", .issuer = "ca", .client_only = true },
	{ .name = "good", .issuer = "ca", .san = "IP:127.0.0.1" },
	{ .name = "expired",
	  .issuer = "ca",
	  .san = "IP:127.0.0.1",
	  .from_s = -2 * DAY,
	  .until_s = -DAY },
	{ .name = "future",
	  .issuer = "ca",
	  .san = "IP:127.0.0.1",
	  .from_s = DAY,
	  .until_s = 2 * DAY },
	{ .name = "elsewhere", .issuer = "ca", .san = "DNS:other.example" },
	{ .name = "unknown", .issuer = "other-ca", .san = "IP:127.0.0.1" },
	{ .name = "self", .san = "IP:127.0.0.1" },
	{ .name = "of-middle", .issuer = "middle", .san = "IP:127.0.0.1" },
	{ .name = "client", .issuer = "ca", .san = "IP:127.0.0.1", .client_only = true },
	{ .name = "weak", .issuer = "ca", .san = "IP:127.0.0.1", .key_kind = "RSA:1024" },
	{ .name = "revoked", .issuer = "ca", .san = "IP:127.0.0.1" },
};

typedef struct MatrixCase {
	const char *path;
	const char *server; /* its certificate */
	const char *lines;  /* more of the broker's configuration */
	const char *crl;    /* file, or NULL */
	TlsVersion oldest;
	const char *says; /* NULL: taken */
} MatrixCase;

#define WEAK_KEY "ciphers DEFAULT@SECLEVEL=1\n"

static const MatrixCase cases[] = {
	{ "good", "good", NULL, NULL, TLS_VERSION_1_3, NULL },
	{ "good-in-crl-times", "good", NULL, "ca.crl", TLS_VERSION_1_3, NULL },
	{ "expired", "expired", NULL, NULL, TLS_VERSION_1_3, "(CN=expired) expired on" },
	{ "not-yet-valid", "future", NULL, NULL, TLS_VERSION_1_3, "is not valid before" },
	{ "wrong-host", "elsewhere", NULL, NULL, TLS_VERSION_1_3,
	  "is not for host 127.0.0.1, but for DNS:other.example" },
	{ "unknown-issuer", "unknown", NULL, NULL, TLS_VERSION_1_3,
	  "was issued by an unknown CA (CN=other-ca)" },
	{ "self-signed", "self", NULL, NULL, TLS_VERSION_1_3, "is self-signed" },
	{ "missing-intermediate", "of-middle", NULL, NULL, TLS_VERSION_1_3,
	  "was issued by an unknown CA (CN=middle)" },
	{ "wrong-key-usage", "client", NULL, NULL, TLS_VERSION_1_3, "is not for a server" },
	{ "weak-key", "weak", WEAK_KEY, NULL, TLS_VERSION_1_3, "has too weak a key" },
	{ "revoked", "revoked", NULL, "ca.crl", TLS_VERSION_1_3, "(CN=revoked) was revoked" },
	{ "revoked-unlooked", "revoked", NULL, NULL, TLS_VERSION_1_3, NULL },
	{ "crl-of-another", "good", NULL, "other-ca.crl", TLS_VERSION_1_3,
	  "the CRL given is not of its issuer" },
	{ "crl-out-of-date", "good", NULL, "old.crl", TLS_VERSION_1_3,
	  "the CRL given is out of date" },
};

typedef struct MatrixTest {
	Pki *pki;
	const MatrixCase *row;
} MatrixTest;

static void test_case(gconstpointer data)
{
	const MatrixTest *test = data;
	const MatrixCase *row = test->row;
	g_autoptr(Broker) broker = broker_new(test->pki, row->server, row->lines);
	PeerConfig config = { .port = broker_port(broker),
			      .device = "device",
			      .crl = row->crl,
			      .oldest = row->oldest };
	g_autoptr(Peer) peer = peer_new(test->pki, &config);

	if (row->says) {
		peer_fail(peer, LANDFALL_ERROR_NETWORK, row->says);
		return;
	}
	peer_connect(peer);
	g_assert_false(peer->session.unasked);
	peer_leave(peer);
}

/* What mosquitto cannot be made to be: a server of one old version only. */
typedef struct OldCase {
	const char *path;
	const char *version; /* as openssl s_server wants it */
	TlsVersion oldest;
} OldCase;

static const OldCase old_cases[] = {
	{ "/tls-matrix/tls-1.1", "-tls1_1", TLS_VERSION_1_2 },
	{ "/tls-matrix/tls-1.2-unwanted", "-tls1_2", TLS_VERSION_1_3 },
};

static Pki *old_pki(void)
{
	Pki *pki = pki_new();

	for (size_t i = 0; i < G_N_ELEMENTS(certs); i++)
		if (strcmp(certs[i].name, "ca") == 0 || strcmp(certs[i].name, "good") == 0 ||
		    strcmp(certs[i].name, "device") == 0)
			pki_issue(pki, &certs[i]);
	return pki;
}

static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void test_old(gconstpointer data)
{
	const OldCase *row = data;
	g_autoptr(Pki) pki = old_pki();
	uint16_t port = port_unused();
	g_autofree char *accept = g_strdup_printf("127.0.0.1:%u", port);
	const char *argv[] = { "openssl", "s_server",
			       "-quiet",  "-accept",
			       accept,    row->version,
			       "-cipher", "DEFAULT@SECLEVEL=0",
			       "-cert",   pki_path(pki, "good.crt"),
			       "-key",    pki_path(pki, "good.key"),
			       NULL };
	PeerConfig config = { .port = port, .device = "device", .oldest = row->oldest };
	g_autoptr(Peer) peer = peer_new(pki, &config);
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_spawn_async(NULL, (char **)argv, NULL,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
		      die_with_parent, NULL, &pid, &error);
	g_assert_no_error(error);
	do { /* until it listens */
		unsigned int ended = peer->disconnected;

		g_assert_true(mqtt_client_connect(peer->client, &error));
		peer_wait(&peer->disconnected, ended + 1);
	} while (strstr(peer->error->message, "refused") && !strstr(peer->error->message, "TLS"));
	g_assert_error(peer->error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED);
	g_assert_nonnull(strstr(peer->error->message, "no common TLS version"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A broker that takes everybody: the connection stands, and says so. */
static void test_unasked(gconstpointer data)
{
	Pki *pki = (Pki *)data;
	g_autofree char *lines =
		g_strdup_printf("certfile %s\nkeyfile %s\nallow_anonymous true\n",
				pki_path(pki, "good.crt"), pki_path(pki, "good.key"));
	g_autoptr(Broker) broker = broker_new(pki, NULL, lines);
	PeerConfig config = { .port = broker_port(broker), .device = "device" };
	g_autoptr(Peer) peer = peer_new(pki, &config);

	peer_connect(peer);
	g_assert_true(peer->session.unasked);
	peer_leave(peer);
}

int main(int argc, char **argv)
{
	MatrixTest tests[G_N_ELEMENTS(cases)];
	g_autoptr(Pki) pki = pki_new();

	g_test_init(&argc, &argv, NULL);
	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));
	pki_list_revoked(pki, "ca", "revoked", DAY, "ca.crl");
	pki_list_revoked(pki, "ca", "revoked", -60, "old.crl");
	pki_list_revoked(pki, "other-ca", "revoked", DAY, "other-ca.crl");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/tls-matrix/", cases[i].path, NULL);

		tests[i] = (MatrixTest){ pki, &cases[i] };
		g_test_add_data_func(path, &tests[i], test_case);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(old_cases); i++)
		g_test_add_data_func(old_cases[i].path, &old_cases[i], test_old);
	g_test_add_data_func("/tls-matrix/unasked", pki, test_unasked);
	return g_test_run();
}
