/* SPDX-License-Identifier: MIT */
#include "tests/agent/cloud-peer.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKER      "test/marker"
#define PATIENCE_MS 60000

typedef struct Heard {
	char *topic;
	char *payload;
} Heard;

struct CloudPeer {
	char *port;
	GPid pid;
	int fd;
	GString *input;   /* not yet a whole line */
	GPtrArray *heard; /* of Heard */
};

static void heard_free(gpointer data)
{
	Heard *heard = data;

	g_free(heard->topic);
	g_free(heard->payload);
	g_free(heard);
}

static void take_line(CloudPeer *peer, const char *line)
{
	const char *blank = strchr(line, ' ');
	Heard *heard = g_new(Heard, 1);

	g_assert_nonnull(blank);
	heard->topic = g_strndup(line, (gsize)(blank - line));
	heard->payload = g_strdup(blank + 1);
	g_ptr_array_add(peer->heard, heard);
}

/* Take what has come, after waiting for more. */
static void take_more(CloudPeer *peer)
{
	struct pollfd wanted = { .fd = peer->fd, .events = POLLIN };
	char buffer[65536];
	char *end;

	g_assert_cmpint(poll(&wanted, 1, PATIENCE_MS), ==, 1);

	ssize_t n = read(peer->fd, buffer, sizeof(buffer));

	g_assert_cmpint(n, >, 0);
	g_string_append_len(peer->input, buffer, n);
	while ((end = strchr(peer->input->str, '\n'))) {
		*end = '\0';
		take_line(peer, peer->input->str);
		g_string_erase(peer->input, 0, end + 1 - peer->input->str);
	}
}

static Heard *find(const CloudPeer *peer, const char *topic)
{
	for (guint i = 0; i < peer->heard->len; i++) {
		Heard *heard = g_ptr_array_index(peer->heard, i);

		if (strcmp(heard->topic, topic) == 0)
			return heard;
	}
	return NULL;
}

char *cloud_peer_await(CloudPeer *peer, const char *topic)
{
	Heard *heard;

	while (!(heard = find(peer, topic)))
		take_more(peer);

	char *payload = g_steal_pointer(&heard->payload);

	g_ptr_array_remove(peer->heard, heard);
	return payload;
}

void cloud_peer_look(CloudPeer *peer)
{
	struct pollfd ready = { .fd = peer->fd, .events = POLLIN };

	while (poll(&ready, 1, 0) == 1)
		take_more(peer);
}

unsigned cloud_peer_count(const CloudPeer *peer, const char *topic)
{
	unsigned count = 0;

	for (guint i = 0; i < peer->heard->len; i++) {
		const Heard *heard = g_ptr_array_index(peer->heard, i);

		count += strcmp(heard->topic, topic) == 0;
	}
	return count;
}

static void publish(CloudPeer *peer, const char *topic, const char *payload, const char *retain)
{
	const char *argv[] = {
		"mosquitto_pub", "-h", "127.0.0.1", "-p",   peer->port, "-q", "1", "-t",
		topic,           "-m", payload,     retain, NULL
	};
	g_autoptr(GError) error = NULL;
	int status = -1;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
		     &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

void cloud_peer_say(CloudPeer *peer, const char *topic, const char *payload)
{
	publish(peer, topic, payload, NULL);
}

void cloud_peer_retain(CloudPeer *peer, const char *topic, const char *payload)
{
	publish(peer, topic, payload, "-r");
}

/* A test that aborts leaves nothing running. */
static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

CloudPeer *cloud_peer_new(Broker *broker)
{
	CloudPeer *peer = g_new0(CloudPeer, 1);
	g_autoptr(GError) error = NULL;

	peer->port = g_strdup_printf("%u", broker_port(broker));
	peer->input = g_string_new(NULL);
	peer->heard = g_ptr_array_new_with_free_func(heard_free);

	/* '#' leaves out topics that begin with '$' */
	const char *argv[] = { "mosquitto_sub",
			       "-h",
			       "127.0.0.1",
			       "-p",
			       peer->port,
			       "-q",
			       "1",
			       "-t",
			       "#",
			       "-t",
			       "$aws/#",
			       "-t",
			       "$iothub/#",
			       "-t",
			       "$dps/#",
			       "-F",
			       "%t %p",
			       NULL };

	cloud_peer_retain(peer, MARKER, "here"); /* comes back once the subscriptions stand */
	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent,
				 NULL, &peer->pid, NULL, &peer->fd, NULL, &error);
	g_assert_no_error(error);
	g_free(cloud_peer_await(peer, MARKER));
	return peer;
}

void cloud_peer_free(CloudPeer *peer)
{
	if (!peer)
		return;
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	close(peer->fd);
	g_string_free(peer->input, TRUE);
	g_ptr_array_unref(peer->heard);
	g_free(peer->port);
	g_free(peer);
}
