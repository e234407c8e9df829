/* SPDX-License-Identifier: MIT */
#include "tests/broker/broker.h"

#include <arpa/inet.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_ROUNDS   6000 /* of START_WAIT_US: a minute, on a machine that is very busy */
#define START_WAIT_US  10000
#define LISTEN_BACKLOG 8

/* Below those that the kernel gives to whoever connects: they are taken by the time one listens. */
#define PORT_FIRST 10000
#define PORT_END   32768

struct Broker {
	Pki *pki; /* borrowed */
	char *config;
	uint16_t port;
	GPid pid; /* 0: not running */
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/*
 * The name of a port that a test holds until it ends, also while nobody listens there. An abstract
 * name: the kernel frees it with the process, and like a port it belongs to the network namespace.
 */
static bool port_take(uint16_t port)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "landfall-test-%u", port);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	if (bind(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + 1 + len) ==
	    0)
		return true;
	close(fd);
	return false;
}

/* A socket bound to a port that no other test has or gets. */
static int bound_socket(uint16_t *port)
{
	while (true) {
		*port = (uint16_t)g_random_int_range(PORT_FIRST, PORT_END);

		struct sockaddr_in address = loopback(*port);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		g_assert_cmpint(fd, >=, 0);
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && port_take(*port))
			return fd;
		close(fd);
	}
}

uint16_t port_unused(void)
{
	uint16_t port;

	close(bound_socket(&port));
	return port;
}

bool port_open(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool open = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return open;
}

static bool has_ended(Broker *broker)
{
	if (waitpid(broker->pid, NULL, WNOHANG) != broker->pid)
		return false;
	broker->pid = 0;
	return true;
}

/* A test that aborts leaves no broker running. */
static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool broker_start(Broker *broker)
{
	const char *argv[] = { "mosquitto", "-c", broker->config, NULL };
	const char *path = g_getenv("PATH");
	g_autofree char *with_sbin = g_strconcat(path ? path : "", ":/usr/sbin", NULL);
	g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "PATH", with_sbin, TRUE);
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)argv, environment,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_SEARCH_PATH_FROM_ENVP |
			      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
			      G_SPAWN_STDERR_TO_DEV_NULL,
		      die_with_parent, NULL, &broker->pid, &error);
	g_assert_no_error(error);
	for (unsigned int i = 0; i < START_ROUNDS && !port_open(broker->port); i++) {
		if (has_ended(broker)) /* somebody else took the port */
			return false;
		g_usleep(START_WAIT_US);
	}
	return true;
}

static char *tls_lines(Pki *pki, const char *server)
{
	g_autofree char *certificate = g_strconcat(server, ".crt", NULL);
	g_autofree char *key = g_strconcat(server, ".key", NULL);

	return g_strdup_printf("cafile %s\ncertfile %s\nkeyfile %s\nrequire_certificate true\n",
			       pki_path(pki, "ca.crt"), pki_path(pki, certificate),
			       pki_path(pki, key));
}

static void write_config(Broker *broker, const char *server, const char *lines)
{
	g_autofree char *tls = server ? tls_lines(broker->pki, server) : g_strdup("");
	g_autofree char *name = g_strdup_printf("mosquitto-%u.conf", broker->port);
	g_autofree char *text = g_strdup_printf(
		"user root\nlistener %u 127.0.0.1\n%s%s\npersistence false\n%s\n", broker->port,
		tls, lines && strstr(lines, "allow_anonymous") ? "" : "allow_anonymous true",
		lines ? lines : "");

	pki_write(broker->pki, name, text);
	g_free(broker->config);
	broker->config = g_strdup(pki_path(broker->pki, name));
}

Broker *broker_new(Pki *pki, const char *server, const char *lines)
{
	Broker *broker = g_new0(Broker, 1);

	broker->pki = pki;
	do {
		broker->port = port_unused();
		write_config(broker, server, lines);
	} while (!broker_start(broker));
	return broker;
}

Broker *broker_elsewhere(Pki *pki, uint16_t port)
{
	Broker *broker = g_new0(Broker, 1);

	broker->pki = pki;
	broker->port = port;
	return broker;
}

static void broker_end(Broker *broker, int number)
{
	g_assert_cmpint(kill(broker->pid, number), ==, 0);
	g_assert_cmpint(waitpid(broker->pid, NULL, 0), ==, broker->pid);
	broker->pid = 0;
}

void broker_kill(Broker *broker)
{
	broker_end(broker, SIGKILL);
}

void broker_stop(Broker *broker)
{
	broker_end(broker, SIGTERM);
}

void broker_free(Broker *broker)
{
	if (!broker)
		return;
	if (broker->pid != 0)
		broker_kill(broker);
	g_free(broker->config);
	g_free(broker);
}

void broker_restart(Broker *broker)
{
	g_assert_cmpint(broker->pid, ==, 0);
	g_assert_true(broker_start(broker));
}

uint16_t broker_port(const Broker *broker)
{
	return broker->port;
}

void broker_signal(Broker *broker, int number)
{
	g_assert_cmpint(kill(broker->pid, number), ==, 0);
}

void broker_publish(Broker *broker, const char *device, const char *topic, const char *payload_file)
{
	g_autofree char *port = g_strdup_printf("%u", broker->port);
	g_autofree char *certificate = g_strconcat(device ? device : "", ".crt", NULL);
	g_autofree char *key = g_strconcat(device ? device : "", ".key", NULL);
	const char *argv[] = {
		"mosquitto_pub",
		"-h",
		"127.0.0.1",
		"-p",
		port,
		"-r",
		"-q",
		"1",
		"-t",
		topic,
		"-f",
		payload_file,
		device ? "--cafile" : NULL,
		pki_path(broker->pki, "ca.crt"),
		"--cert",
		pki_path(broker->pki, certificate),
		"--key",
		pki_path(broker->pki, key),
		NULL,
	};
	g_autoptr(GError) error = NULL;
	int status = -1;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
		     &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

/* ---- something that is no broker ---- */

struct Listener {
	int fd;
	uint16_t port;
	guint watch;
	GBytes *greeting;
	bool hang_up;
	GArray *peers; /* descriptors kept open */
};

static gboolean on_peer(gint fd, GIOCondition condition, gpointer data)
{
	Listener *listener = data;
	int peer = accept(fd, NULL, NULL);
	gsize len;
	const void *text = g_bytes_get_data(listener->greeting, &len);

	g_assert_cmpint(peer, >=, 0);
	if (len > 0)
		g_assert_cmpint(send(peer, text, len, MSG_NOSIGNAL), ==, (gssize)len);
	if (listener->hang_up)
		close(peer);
	else
		g_array_append_val(listener->peers, peer);
	return G_SOURCE_CONTINUE;
}

Listener *listener_new(const void *data, size_t len, bool hang_up)
{
	Listener *listener = g_new0(Listener, 1);

	listener->fd = bound_socket(&listener->port);
	g_assert_cmpint(listen(listener->fd, LISTEN_BACKLOG), ==, 0);
	listener->greeting = g_bytes_new(data, len);
	listener->hang_up = hang_up;
	listener->peers = g_array_new(FALSE, FALSE, sizeof(int));
	listener->watch = g_unix_fd_add(listener->fd, G_IO_IN, on_peer, listener);
	return listener;
}

void listener_free(Listener *listener)
{
	if (!listener)
		return;
	g_source_remove(listener->watch);
	close(listener->fd);
	for (guint i = 0; i < listener->peers->len; i++)
		close(g_array_index(listener->peers, int, i));
	g_array_free(listener->peers, TRUE);
	g_bytes_unref(listener->greeting);
	g_free(listener);
}

uint16_t listener_port(const Listener *listener)
{
	return listener->port;
}
