/* SPDX-License-Identifier: MIT */
#include "tests/agent/sink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKER       "v1/marker"
#define PATIENCE_US  5000
#define PATIENCE_MAX 12000 /* a minute */

struct Sink {
	Ledger *ledger;
	char *command;
	GMutex lock;
	GPid pid;     /* under the lock */
	bool stopped; /* under the lock */
	FILE *output;
	GThread *thread;
	guint last[65536]; /* checksum of the last message of each packet identifier */
	gint granted;      /* atomic */
	gint repeats;      /* atomic */
	gint messages;     /* atomic */
};

static void take_payload(Sink *sink, const char *text)
{
	static const char mark[] = "{\"p\":";

	while ((text = strstr(text, mark))) {
		unsigned producer;
		unsigned long long n;

		text += sizeof(mark) - 1;
		g_assert_cmpint(sscanf(text, "%u,\"n\":%llu", &producer, &n), ==, 2);
		ledger_arrived(sink->ledger, producer, n);
	}
}

static void take_line(Sink *sink, char *line)
{
	char *text;
	unsigned long mid = strtoul(line, &text, 10);
	guint checksum = g_str_hash(text);

	if (strstr(text, "granted")) {
		g_atomic_int_set(&sink->granted, 1);
		return;
	}
	g_assert_cmpuint(mid, <=, G_MAXUINT16);
	if (sink->last[mid] == checksum) {
		g_atomic_int_inc(&sink->repeats);
		return;
	}
	sink->last[mid] = checksum;
	take_payload(sink, text);
	g_atomic_int_inc(&sink->messages);
}

static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void sink_spawn(Sink *sink)
{
	const char *argv[] = { "sh", "-c", sink->command, NULL };
	g_autoptr(GError) error = NULL;
	int fd = -1;

	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent,
				 NULL, &sink->pid, NULL, &fd, NULL, &error);
	g_assert_no_error(error);
	sink->output = fdopen(fd, "r");
}

/* It ends now and then, when a broker goes while it connects: then another takes over its session.
 * False when that is not wanted any more. */
static bool sink_respawn(Sink *sink)
{
	fclose(sink->output);
	g_usleep(PATIENCE_US);
	g_mutex_lock(&sink->lock);
	waitpid(sink->pid, NULL, 0);
	bool wanted = !sink->stopped;
	if (wanted)
		sink_spawn(sink);
	g_mutex_unlock(&sink->lock);
	return wanted;
}

/* Dies with the thread that started it, which is this one. */
static gpointer sink_thread(gpointer data)
{
	Sink *sink = data;
	char *line = NULL;
	size_t size = 0;

	g_mutex_lock(&sink->lock);
	sink_spawn(sink);
	g_mutex_unlock(&sink->lock);
	do {
		while (getline(&line, &size, sink->output) > 0)
			take_line(sink, line);
	} while (sink_respawn(sink));
	free(line);
	return NULL;
}

Sink *sink_new(Broker *broker, Pki *pki, const char *device, Ledger *ledger)
{
	Sink *sink = g_new0(Sink, 1);

	sink->command = g_strdup_printf(
		"exec mosquitto_sub -h 127.0.0.1 -p %u -i sink -c -q 1 -t v1/devices/me/telemetry "
		"-t %s -F '%%m %%p' --cafile %s/ca.crt --cert %s/%s.crt --key %s/%s.key "
		"2>/dev/null",
		broker_port(broker), MARKER, pki_dir(pki), pki_dir(pki), device, pki_dir(pki),
		device);

	/* retained: it comes back as soon as the subscription stands */
	pki_write(pki, "granted.txt", "granted");
	broker_publish(broker, device, MARKER, pki_path(pki, "granted.txt"));
	g_mutex_init(&sink->lock);
	sink->ledger = ledger;
	sink->thread = g_thread_new("sink", sink_thread, sink);
	for (unsigned i = 0; i < PATIENCE_MAX && !g_atomic_int_get(&sink->granted); i++)
		g_usleep(PATIENCE_US);
	g_assert_true(g_atomic_int_get(&sink->granted));
	return sink;
}

void sink_free(Sink *sink)
{
	if (!sink)
		return;
	g_mutex_lock(&sink->lock);
	sink->stopped = true;
	kill(sink->pid, SIGKILL);
	g_mutex_unlock(&sink->lock);
	g_thread_join(sink->thread);
	g_mutex_clear(&sink->lock);
	g_free(sink->command);
	g_free(sink);
}

unsigned sink_repeats(Sink *sink)
{
	return (unsigned)g_atomic_int_get(&sink->repeats);
}

unsigned sink_messages(Sink *sink)
{
	return (unsigned)g_atomic_int_get(&sink->messages);
}
