/* SPDX-License-Identifier: MIT */
/*
 * NetworkManager, bluetoothd and the bus killed at each message of a provisioning, one after the
 * other, until it has no more messages. Each time the device recovers, the next phone succeeds, and
 * nothing is left half configured.
 */
#include "tests/bus/rig.h"

#include <string.h>

/* Every so manieth message where each takes long. */
static unsigned int stride(void)
{
	return rig_is_slow() ? 9 : 1;
}

/* Every profile is whole: saved, and nothing that only memory knows. */
static void assert_recovered(Rig *rig, const RigUsage *before)
{
	rig_provision(rig);
	g_assert_cmpuint(rig_profiles(rig, false), ==, 0);
	rig_assert_flat(rig, before);
}

/* The daemon knows what is behind @valve, or that was ended meanwhile. */
static void await_known_or_cut(Rig *rig, const BusValve *valve, const char *property)
{
	bool known = false;

	while (!known && !bus_valve_was_cut(valve)) {
		g_autofree char *value = rig_property(rig, property);

		known = *value != '\0';
	}
}

/* Let @valve end what is behind it at message 1, 2, 3 ... of its start and of a provisioning. */
static void kill_at_each(Rig *rig, BusValve *valve, void (*end)(Rig *rig), const char *property)
{
	unsigned int kills = 0;
	RigUsage before;

	rig_start(rig, NULL);
	rig_provision(rig);
	rig_provision(rig);
	before = rig_usage(rig);
	for (unsigned int n = 1;; n += stride()) {
		g_autoptr(GError) error = NULL;

		end(rig);
		rig_revive(rig);
		bus_valve_cut_at(valve, n);
		await_known_or_cut(rig, valve, property);
		rig_try(rig, RIG_PASSPHRASE, &error);
		if (!bus_valve_was_cut(valve))
			break;
		kills++;
		rig_revive(rig);
		assert_recovered(rig, &before);
	}
	bus_valve_cut_at(valve, 0);
	g_test_message("killed at %u messages", kills);
	g_assert_cmpuint(kills, >=, rig_is_slow() ? 1 : 8);
	assert_recovered(rig, &before);
	rig_free(rig);
}

static void test_networkmanager(void)
{
	Rig *rig = rig_new();

	kill_at_each(rig, rig->nm_valve, rig_kill_nm, "Interface");
}

static void test_bluetoothd(void)
{
	Rig *rig = rig_new();

	kill_at_each(rig, rig->bluez_valve, rig_kill_bluez, "Adapter");
}

/* Again and again, with nothing in between: whoever keeps something of each grows. */
static void restart_often(Rig *rig, void (*end)(Rig *rig), const char *property)
{
	const unsigned int rounds = rig_is_slow() ? 10 : 100;
	RigUsage before = { 0 };

	for (unsigned int i = 0; i < rounds; i++) {
		bool lost = false;
		bool back = false;

		if (i == rounds / 5)
			before = rig_usage(rig);
		for (end(rig); !lost;) {
			g_autofree char *value = rig_property(rig, property);

			lost = *value == '\0';
		}
		for (rig_revive(rig); !back;) {
			g_autofree char *value = rig_property(rig, property);

			back = *value != '\0';
		}
	}
	rig_assert_flat(rig, &before);
}

static void test_restarts(void)
{
	Rig *rig = rig_new();

	rig_start(rig, NULL);
	rig_provision(rig);
	restart_often(rig, rig_kill_nm, "Interface");
	restart_often(rig, rig_kill_bluez, "Adapter");
	rig_provision(rig);
	rig_free(rig);
}

static void await_ready_or_cut(Rig *rig)
{
	bool ready = false;

	while (!ready && !bus_valve_was_cut(rig->daemon_valve)) {
		g_autofree char *state = rig_property(rig, "State");

		ready = strcmp(state, "ready") == 0;
	}
}

/* The bus ends for the daemon: it says so and exits, and what systemd starts then is whole. */
static void test_bus(void)
{
	Rig *rig = rig_new();
	unsigned int kills = 0;

	rig->behind_valve = true;
	for (unsigned int n = 1;; n += stride()) {
		g_autoptr(GError) error = NULL;

		bus_valve_cut_at(rig->daemon_valve, n);
		rig_start(rig, NULL);
		await_ready_or_cut(rig);
		if (!bus_valve_was_cut(rig->daemon_valve))
			rig_try(rig, RIG_PASSPHRASE, &error);
		if (!bus_valve_was_cut(rig->daemon_valve))
			break;
		kills++;
		rig_await_exit(rig, 15);
		bus_valve_cut_at(rig->daemon_valve, 0);
		rig_revive(rig);
		if (n % 8 != 1 && n > 1)
			continue; /* the next round starts upon what this one left */
		rig_start(rig, NULL);
		rig_provision(rig);
		rig_end(rig);
	}
	bus_valve_cut_at(rig->daemon_valve, 0);
	rig_provision(rig);
	g_test_message("killed at %u messages", kills);
	g_assert_cmpuint(kills, >, rig_is_slow() ? 2 : 40);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/kills/networkmanager", test_networkmanager);
	g_test_add_func("/provisioner/kills/bluetoothd", test_bluetoothd);
	g_test_add_func("/provisioner/kills/restarts", test_restarts);
	g_test_add_func("/provisioner/kills/bus", test_bus);
	return g_test_run();
}
