/* SPDX-License-Identifier: MIT */
/* mqtt: a broker that has our trust and sends what MQTT 5 does not know. libmosquitto 2.0 would
 * abort the process over it. */
#include "common/error.h"
#include "tests/broker/broker.h"
#include "tests/broker/peer.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct OddCase {
	const char *path;
	const char *sent; /* right after the handshake */
	size_t len;
} OddCase;

#define ODD(octets) octets, sizeof(octets) - 1

static const OddCase cases[] = {
	{ "/mqtt-odd/connack", ODD("\x20\x05\x00\x00\x02\x7f\x00") },
	{ "/mqtt-odd/publish", ODD("\x20\x03\x00\x00\x00\x30\x07\x00\x01x\x02\x7f\x00{") },
	{ "/mqtt-odd/disconnect", ODD("\x20\x03\x00\x00\x00\xe0\x04\x8b\x02\x2d\x00") },
};

static const PkiCert certs[] = {
	{ .name = "ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "device", .issuer = "ca" },
};

static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A server that says @row->sent to whoever comes first, and listens. */
static GPid serve(Pki *pki, const OddCase *row, uint16_t port, int *input)
{
	g_autofree char *accept = g_strdup_printf("127.0.0.1:%u", port);
	const char *argv[] = { "openssl",
			       "s_server",
			       "-quiet",
			       "-accept",
			       accept,
			       "-cert",
			       pki_path(pki, "server.crt"),
			       "-key",
			       pki_path(pki, "server.key"),
			       NULL };
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
					 G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
				 die_with_parent, NULL, &pid, input, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(write(*input, row->sent, row->len), ==, (ssize_t)row->len);
	return pid;
}

static void test_odd(gconstpointer data)
{
	const OddCase *row = data;
	g_autoptr(Pki) pki = pki_new();
	uint16_t port = port_unused();
	PeerConfig config = { .port = port, .device = "device", .protocol = MQTT_PROTOCOL_5 };
	g_autoptr(Peer) peer = NULL;
	g_autoptr(GError) error = NULL;
	int input;

	pki_issue_all(pki, certs, G_N_ELEMENTS(certs));

	GPid pid = serve(pki, row, port, &input);

	peer = peer_new(pki, &config);
	do { /* until it listens */
		unsigned int ended = peer->disconnected;

		g_assert_true(mqtt_client_connect(peer->client, &error));
		peer_wait(&peer->disconnected, ended + 1);
	} while (strstr(peer->error->message, "refused"));
	g_assert_error(peer->error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_assert_nonnull(strstr(peer->error->message, "broke the rules of MQTT"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(input);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_odd);
	return g_test_run();
}
