/* SPDX-License-Identifier: MIT */
/*
 * Other programs on the bus: one that calls the daemon with wrong types, one that wants its name,
 * and impostors of bluetoothd and NetworkManager. See stranger.py.
 */
#include "tests/bus/rig.h"

#include <string.h>

#define VISITS      60
#define VISIT_LINES 45 /* 40 in ten minutes, and those of the start */

#define MEMORY_MAX_KIB (96 * 1024) /* MemoryMax= of landfall-provisioner.service */

static void run_stranger(const char *arguments)
{
	g_autofree char *program = g_test_build_filename(G_TEST_DIST, "stranger.py", NULL);
	g_autofree char *line = g_strdup_printf("%s %s", program, arguments);
	g_autofree char *text = test_run(line, NULL);

	g_test_message("%s", g_strstrip(text));
}

static Rig *rig_of_a_working_device(RigUsage *usage)
{
	Rig *rig = rig_new();

	rig_start(rig, NULL);
	rig_provision(rig);
	rig_provision(rig);
	*usage = rig_usage(rig);
	return rig;
}

static void test_call(void)
{
	RigUsage before = { 0 };
	Rig *rig = rig_of_a_working_device(&before);

	for (int i = 0; i < 2; i++)
		run_stranger("call");
	rig_provision(rig);
	rig_assert_flat(rig, &before);
	rig_free(rig);
}

/* KiB that the daemon ever had in memory at once. */
static long highest(const Rig *rig)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)rig->pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return strtol(strstr(text, "VmHWM:") + strlen("VmHWM:"), NULL, 10);
}

static void test_huge(void)
{
	RigUsage before = { 0 };
	Rig *rig = rig_of_a_working_device(&before);

	run_stranger("huge");
	rig_provision(rig);
	rig_assert_flat(rig, &before);
	g_test_message("at most %ld KiB", highest(rig));
	if (!rig_is_slow())
		g_assert_cmpint(highest(rig), <, MEMORY_MAX_KIB);
	rig_free(rig);
}

static void test_own(void)
{
	RigUsage before = { 0 };
	Rig *rig = rig_of_a_working_device(&before);

	run_stranger("own");
	rig_provision(rig);
	rig_free(rig);
}

static unsigned int occurrences(const char *text, const char *word)
{
	unsigned int n = 0;

	for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
		n++;
	return n;
}

/* Somebody who comes and goes all day fills no journal. */
static void test_visitor(void)
{
	g_autofree char *text = NULL;
	Rig *rig = rig_new();

	rig_start(rig, NULL);
	rig_await_free(rig);
	for (unsigned int i = 0; i < VISITS; i++) {
		RigPhone *phone = rig_phone_new(rig, NULL);
		g_autoptr(GError) error = NULL;

		g_assert_true(client_connect(phone->client, &error));
		g_assert_no_error(error);
		rig_phone_free(phone);
		rig_await_free(rig);
	}
	g_assert_true(g_file_get_contents(rig->log, &text, NULL, NULL));
	g_assert_cmpuint(occurrences(text, "provisioning is "), <=, VISIT_LINES);
	rig_provision(rig);
	rig_free(rig);
}

typedef struct Impostor {
	const char *kind;
	void (*kill)(Rig *rig);
} Impostor;

static void test_impostor(gconstpointer data)
{
	static const char *const ways[] = { "types", "empty", "errors", "silence", "huge" };
	const size_t n_ways = G_N_ELEMENTS(ways) - (rig_is_slow() ? 1 : 0);
	const size_t n_rounds = rig_is_slow() ? 2 : 3; /* memory says nothing there */
	const Impostor *impostor = data;
	RigUsage before = { 0 };
	Rig *rig = rig_of_a_working_device(&before);

	/* What the rounds before made room for is enough for the last. */
	for (size_t i = 0; i < n_rounds * n_ways; i++) {
		g_autofree char *arguments =
			g_strdup_printf("serve %s %s", impostor->kind, ways[i % n_ways]);

		if (i == (n_rounds - 1) * n_ways)
			before = rig_usage(rig);
		impostor->kill(rig);
		run_stranger(arguments);
		rig_revive(rig);
		rig_provision(rig);
	}
	rig_assert_flat(rig, &before);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	static const Impostor impostors[] = { { "bluez", rig_kill_bluez }, { "nm", rig_kill_nm } };

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/strangers/call", test_call);
	g_test_add_func("/provisioner/strangers/huge", test_huge);
	g_test_add_func("/provisioner/strangers/own", test_own);
	g_test_add_func("/provisioner/strangers/visitor", test_visitor);
	g_test_add_data_func("/provisioner/strangers/bluetoothd", &impostors[0], test_impostor);
	g_test_add_data_func("/provisioner/strangers/networkmanager", &impostors[1], test_impostor);
	return g_test_run();
}
