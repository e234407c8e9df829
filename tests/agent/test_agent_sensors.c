/* SPDX-License-Identifier: MIT */
/* The running agent on the tree of a board: a sensor hangs, vanishes, returns; the others are sent
 * all the while, the agent answers, and it ends when it is told to. */
#include "tests/agent/agent-process.h"
#include "tests/agent/cloud-peer.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POLL_US   5000
#define TELEMETRY "v1/devices/me/telemetry"
#define DEVICE    "sys/devices/w1_bus_master1/28-000000000001"
#define SLAVE     DEVICE "/w1_slave"
#define LINK      "sys/bus/w1/devices/28-000000000001"
#define AWAY      "sys/bus/w1/devices/away"
#define GOOD      "f4 00 4b 46 7f ff 0c 10 fa : crc=fa YES\nf4 00 4b 46 7f ff 0c 10 fa t=15250\n"

typedef struct Fixture {
	char *board;
	Pki *pki; /* a folder, no more: all in clear text */
	Broker *broker;
	CloudPeer *peer;
	AgentProcess *agent;
} Fixture;

static void unpack(Fixture *f)
{
	const char *data = g_getenv("LANDFALL_TEST_DATA");

	f->board = g_dir_make_tmp("landfall-board-XXXXXX", NULL);

	g_autofree char *command = g_strdup_printf(
		"'%s/boards/unpack' '%s/boards/raspberry-pi-4.tree' '%s'", data, data, f->board);

	g_assert_cmpint(system(command), ==, 0);
}

static void set_up(Fixture *f, gconstpointer data)
{
	unpack(f);
	f->pki = pki_new();
	f->broker = broker_new(f->pki, NULL, "");
	f->peer = cloud_peer_new(f->broker);

	g_autofree char *text = g_strdup_printf(
		"interval = 50ms\n[broker]\nuri = mqtt://127.0.0.1:%u\nclient_id = dev-1\n"
		"[sensor cpu]\ndriver = thermal\nroot = %s/sys/class/thermal\n"
		"[sensor bus]\ndriver = w1\nroot = %s/sys/bus/w1/devices\ntimeout = 200ms\n"
		"[sensor program]\ndriver = command\ncommand = echo '{\"co2\":612}'\n",
		broker_port(f->broker), f->board, f->board);

	f->agent = agent_process_new(broker_port(f->broker), text);
	agent_process_start(f->agent);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->board);

	agent_process_free(f->agent);
	cloud_peer_free(f->peer);
	broker_free(f->broker);
	pki_free(f->pki);
	g_assert_cmpint(system(command), ==, 0);
	g_free(f->board);
}

static char *board_path(const Fixture *f, const char *name)
{
	return g_build_filename(f->board, name, NULL);
}

/* Until a message has all of @words; none that comes may have a 0 in the place of a reading. */
static void await_telemetry(Fixture *f, const char *const *words)
{
	for (bool all = false; !all;) {
		g_autofree char *payload = cloud_peer_await(f->peer, TELEMETRY);

		g_assert_null(strstr(payload, "\"bus\":0"));
		all = true;
		for (size_t i = 0; words[i]; i++)
			all = all && strstr(payload, words[i]);
	}
}

/* The others go on: so many more messages without the one that is missing. */
static void await_others(Fixture *f, unsigned count)
{
	while (count > 0) {
		g_autofree char *payload = cloud_peer_await(f->peer, TELEMETRY);

		if (strstr(payload, "\"cpu\":53.069") && !strstr(payload, "\"bus\":"))
			count--;
	}
}

/* Until the agent says of the sensor `bus` what @word is part of */
static void await_state(Fixture *f, const char *word)
{
	for (bool said = false; !said;) {
		cJSON *status = agent_process_status(f->agent);
		cJSON *sensor = cJSON_GetArrayItem(cJSON_GetObjectItem(status, "sensors"), 1);
		char *text = cJSON_PrintUnformatted(sensor);

		g_assert_nonnull(strstr(text, "\"name\":\"bus\""));
		said = strstr(text, word) != NULL;
		cJSON_free(text);
		cJSON_Delete(status);
		if (!said)
			g_usleep(POLL_US);
	}
}

static void put(const Fixture *f, const char *text)
{
	g_autofree char *path = board_path(f, SLAVE);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* From now on reading it does not return. */
static void hang(const Fixture *f)
{
	g_autofree char *path = board_path(f, SLAVE);

	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

/* The read that hangs returns with @text, and the file is a good one again. */
static void release(const Fixture *f, const char *text)
{
	g_autofree char *path = board_path(f, SLAVE);
	int fd = open(path, O_WRONLY);

	g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
	put(f, GOOD);
	close(fd);
}

static void move(const Fixture *f, const char *from, const char *to)
{
	g_autofree char *before = board_path(f, from);
	g_autofree char *after = board_path(f, to);

	g_assert_cmpint(g_rename(before, after), ==, 0);
}

#define ALL                                                                                        \
	(const char *const[])                                                                      \
	{                                                                                          \
		"\"cpu\":53.069", "\"bus\":15.25", "\"co2\":612", NULL                             \
	}

static void test_hangs_vanishes_returns(Fixture *f, gconstpointer data)
{
	await_telemetry(f, ALL);
	hang(f);
	await_state(f, "\"state\":\"failing\",\"error\":\"no answer within 200 ms\"");
	await_others(f, 5);
	release(f, "50 05 4b 46 7f ff 10 10 8f : crc=8f YES\n"
		   "50 05 4b 46 7f ff 10 10 8f t=85000\n"); /* too late to be believed */
	await_telemetry(f, (const char *const[]){ "\"bus\":15.25", NULL });
	move(f, LINK, AWAY);
	await_state(f, "\"error\":\"no thermometer");
	await_others(f, 5);
	move(f, AWAY, LINK);
	await_telemetry(f, ALL);
	await_state(f, "\"state\":\"ok\",\"unit\":\"°C\",\"readings\":{\"bus\":15.25}");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

/* A thread that will never return does not keep the agent from ending. */
static void test_ends_while_hanging(Fixture *f, gconstpointer data)
{
	await_telemetry(f, ALL);
	hang(f);
	await_state(f, "failing");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/agent/sensors-live/hangs-vanishes-returns", test_hangs_vanishes_returns);
	ADD("/agent/sensors-live/ends-while-hanging", test_ends_while_hanging);
	return g_test_run();
}
