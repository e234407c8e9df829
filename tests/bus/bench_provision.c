/* SPDX-License-Identifier: MIT */
/*
 * bench_provision - figures of the provisioner on a private bus, between fakes that answer at once
 *
 * Prints start to READY; for each phase of a provisioning the time on the wall and the processor
 * time of the daemon in it; a request on an open session; memory before, in and after a session.
 * The environment is that of the tests (rig.h), without LANDFALL_QUICK_TIME: time is real; and
 * LANDFALL_PSS, the script that prints what memory is made of (tests/bench/pss).
 */
#include "tests/bus/rig.h"

#include <stdlib.h>

#define STARTS   20
#define SESSIONS 20
#define REQUESTS 500

/* A moment: on the wall, and of the daemon's processor. */
typedef struct Moment {
	gint64 wall_us;
	double cpu_us;
} Moment;

static Moment now(const Rig *rig)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/schedstat", rig->pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (Moment){ g_get_monotonic_time(), g_ascii_strtod(text, NULL) / 1000 };
}

static void print_phase(const char *name, Moment from, Moment to, unsigned int n)
{
	g_print("%-28s %10.2f ms %10.2f ms\n", name, (double)(to.wall_us - from.wall_us) / 1000 / n,
		(to.cpu_us - from.cpu_us) / 1000 / n);
}

static void must(bool done, const GError *error)
{
	if (!done)
		g_error("%s", error->message);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

static void on_owner(const char *owner, void *user_data)
{
	bool *owned = user_data;

	*owned = owner != NULL;
}

/* The name is asked for when all else is done, and READY=1 told when it is ours. */
static void bench_start(Rig *rig)
{
	double took[STARTS];
	bool owned = false;
	BusNameWatch *watch = bus_name_watch(rig->eyes, RIG_SERVICE, on_owner, &owned);

	g_assert_nonnull(watch);
	for (int i = 0; i < STARTS; i++) {
		gint64 from_us = g_get_monotonic_time();

		rig_start(rig, NULL);
		TEST_WAIT(owned);
		took[i] = (double)(g_get_monotonic_time() - from_us) / 1000;
		rig_await(rig, "ready");
		rig_end(rig);
		TEST_WAIT(!owned);
	}
	bus_name_unwatch(watch);
	qsort(took, STARTS, sizeof(*took), compare);
	g_print("start to READY: median %.1f ms, worst %.1f ms of %d\n", took[STARTS / 2],
		took[STARTS - 1], STARTS);
}

static void print_memory(const Rig *rig, const char *when)
{
	g_autofree char *pid = g_strdup_printf("%d", rig->pid);
	const char *argv[] = { g_getenv("LANDFALL_PSS"), pid, NULL };
	g_autofree char *table = NULL;
	g_autoptr(GError) error = NULL;

	g_print("\nmemory %s: PSS %ld kB\n", when, rig_usage(rig).pss_kib);
	if (!argv[0])
		return;
	must(g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &table, NULL, NULL, &error),
	     error);
	g_print("%s", table);
}

static void bench_phases(Rig *rig)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);
	g_autoptr(GError) error = NULL;
	Moment at[5];

	phone->setup.time_scale = 0.1;
	at[0] = now(rig);
	must(client_connect(phone->client, &error), error);
	at[1] = now(rig);
	must(client_secure(phone->client, NULL, &error), error);
	at[2] = now(rig);
	must(client_scan(phone->client, &error), error);
	at[3] = now(rig);
	must(client_join(phone->client, RIG_SSID, RIG_PASSPHRASE, &error), error);
	at[4] = now(rig);
	g_print("\n%-28s %13s %13s\n", "phase", "wall", "our CPU");
	print_phase("connect, proto-ver", at[0], at[1], 1);
	print_phase("session (security 2)", at[1], at[2], 1);
	print_phase("list of networks", at[2], at[3], 1);
	print_phase("credentials to Connected", at[3], at[4], 1);
	print_phase("connection to Connected", at[0], at[4], 1);
}

static void bench_sessions(Rig *rig)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);
	g_autoptr(GByteArray) question = message_get_status();
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	Moment at[3];

	must(client_connect(phone->client, &error), error);
	at[0] = now(rig);
	for (int i = 0; i < SESSIONS; i++)
		must(client_secure(phone->client, NULL, &error), error);
	at[1] = now(rig);
	for (int i = 0; i < REQUESTS; i++) {
		g_byte_array_set_size(answer, 0);
		must(client_exchange(phone->client, "prov-config", question, answer, &error),
		     error);
	}
	at[2] = now(rig);
	print_phase("handshake (mean of 20)", at[0], at[1], SESSIONS);
	print_phase("request (mean of 500)", at[1], at[2], REQUESTS);
	print_memory(rig, "in a session");
	g_clear_pointer(&phone, rig_phone_free);
	rig_await(rig, "ready");
	g_print("memory after it: PSS %ld kB\n", rig_usage(rig).pss_kib);
}

int main(int argc, char **argv)
{
	Rig *rig = rig_new();

	bench_start(rig);
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	print_memory(rig, "in the air, before the first phone");
	bench_phases(rig);
	rig_await(rig, "ready");
	bench_sessions(rig);
	rig_free(rig);
	return 0;
}
