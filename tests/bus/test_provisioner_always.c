/* SPDX-License-Identifier: MIT */
/* One phone after the other: the device is there for the next one without a gap. */
#include "provisioner/core/farewell.h"
#include "tests/bus/daemon.h"
#include "tests/bus/rig.h"
#include "tests/phone/phone-error.h"

#include <string.h>

/* bluetoothd keeps what it was given once. Were it given anew, a phone that connects meanwhile
 * would find a device without the service, and one that scans none at all. */
static void test_no_gap(void)
{
	Rig *rig = rig_new();

	rig_start(rig, NULL);
	for (int i = 0; i < 3; i++)
		rig_provision(rig);
	g_assert_cmpuint(rig->bluez->app_calls, ==, 1);
	g_assert_nonnull(rig->bluez->app_owner);
	g_assert_nonnull(rig->bluez->advert_owner);
	g_assert_cmpuint(rig->bluez->adapters[0].instances, ==, 1);
	rig_free(rig);
}

/* A device that a phone has just made one of a network is made blank while its daemon still runs:
 * it is there for the next phone, like one that never had a network. */
static void test_blank_again(void)
{
	static const char *const sets[] = { "advertise=unprovisioned,network-lost", NULL };
	Rig *rig = rig_new();
	g_autoptr(GError) error = NULL;

	rig_start(rig, sets);
	for (int i = 0; i < 2; i++) {
		rig_await(rig, "ready");
		g_assert_true(rig_try(rig, RIG_PASSPHRASE, &error));
		rig_await(rig, "done");
		g_free(daemon_call("Reset", NULL));
	}
	rig_await(rig, "ready");
	rig_free(rig);
}

/* A phone that is merely there does not stay: its link may keep others from finding the device. */
static void test_idler(void)
{
	Rig *rig = rig_new();
	g_autoptr(RigPhone) idler = NULL;
	g_autoptr(GError) error = NULL;

	if (rig_is_slow()) {
		g_test_skip("five minutes take too long here");
		rig_free(rig);
		return;
	}
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	idler = rig_phone_new(rig, NULL);
	g_assert_true(client_connect(idler->client, &error));
	rig_await(rig, "peer");
	TEST_WAIT(rig->bluez->disconnects == 1);
	rig_await(rig, "ready");
	g_clear_pointer(&idler, rig_phone_free);
	rig_provision(rig);
	rig_free(rig);
}

/* Another phone tries to get in. */
static bool other_enters(const Rig *rig)
{
	g_autoptr(FakeCall) write =
		fake_bluez_write(rig->bluez, rig_path("proto-ver"), FAKE_OTHER, 0, "ESP", 3);

	TEST_WAIT(write->done);
	return !write->error_name;
}

/* A phone proves itself, then its link drops. */
static void prove_and_drop(Rig *rig)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(client_connect(phone->client, &error));
	g_assert_true(client_secure(phone->client, NULL, &error));
	fake_bluez_connect(rig->bluez, false);
	rig->linked = false;
	rig_await(rig, "ready");
}

/* A phone drops, that is told, and another one is kept out. False: on a busy machine the moment was
 * over before the other one tried. */
static bool is_awaited(Rig *rig)
{
	g_autofree char *progress = NULL;

	prove_and_drop(rig);
	progress = rig_property(rig, "Progress");
	if (!strstr(progress, "for a moment it alone may come back"))
		return false;
	if (!other_enters(rig))
		return true;
	fake_bluez_connect_other(rig->bluez, false);
	rig_await(rig, "ready");
	fake_bluez_connect_other(rig->bluez, true);
	return false;
}

/* The link of a phone that had proved itself drops: for a moment it alone may come back. */
static void test_grace(void)
{
	Rig *rig = rig_new();

	rig_start(rig, NULL);
	rig_await(rig, "ready");
	fake_bluez_connect_other(rig->bluez, true);
	for (int i = 0; i < 2; i++)
		TEST_WAIT(is_awaited(rig));
	/* It does not. */
	TEST_WAIT(other_enters(rig));
	rig_await(rig, "peer");
	fake_bluez_connect_other(rig->bluez, false);
	rig_provision(rig);
	rig_free(rig);
}

/* A phone hangs up when its credentials are applied, and bluetoothd ends. */
static void apply_and_die(Rig *rig)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, "applied");
	g_autoptr(GError) error = NULL;

	g_assert_true(client_connect(phone->client, &error));
	g_assert_true(client_secure(phone->client, NULL, &error));
	g_assert_false(client_join(phone->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LEFT);
	rig_kill_bluez(rig);
	rig_revive(rig);
}

/* The outcome is kept for half a minute: another phone connects meanwhile.
 * @sets: as for rig_start() */
static RigPhone *come_late(Rig *rig, const char *const *sets)
{
	g_autoptr(RigPhone) phone = NULL;
	g_autoptr(GError) error = NULL;

	rig_start(rig, sets);
	rig_await(rig, "ready");
	apply_and_die(rig);
	rig_await(rig, "joined");
	TEST_WAIT(daemon_mentions("Progress", "no phone is connected"));
	phone = rig_phone_new(rig, NULL);
	g_assert_true(client_connect(phone->client, &error));
	return g_steal_pointer(&phone);
}

/* It is not cut off when that is over, and has the device join anew. */
static void test_late(void)
{
	Rig *rig = rig_new();
	g_autoptr(RigPhone) phone = come_late(rig, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(client_secure(phone->client, NULL, &error));
	rig_let_pass(2 * FAREWELL_UNREAD_US);
	g_assert_true(client_scan(phone->client, &error));
	g_assert_true(client_join(phone->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_clear_pointer(&phone, rig_phone_free);
	rig_await(rig, "ready");
	g_assert_cmpuint(rig->joins_seen, ==, 2);
	g_assert_cmpuint(rig_profiles(rig, true), ==, 1);
	rig_free(rig);
}

/* When it brings a network that cannot be joined, the one there is stays. */
static void test_late_and_wrong(void)
{
	static const char *const sets[] = { "advertise=unprovisioned", NULL };
	Rig *rig = rig_new();
	g_autoptr(RigPhone) phone = come_late(rig, sets);
	g_autoptr(GError) error = NULL;

	TEST_WAIT(daemon_mentions("Progress", "has opened no session yet"));
	g_assert_true(client_secure(phone->client, NULL, &error));
	TEST_WAIT(daemon_mentions("Progress", "the phone is being told"));
	g_assert_false(client_join(phone->client, RIG_SSID, "not the right one", &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PASSWORD);
	rig_await(rig, "failed");
	g_clear_pointer(&phone, rig_phone_free);
	rig_await_exit(rig, 0); /* no network is missing */
	g_assert_cmpuint(rig->joins_seen, ==, 2);
	g_assert_cmpuint(rig_profiles(rig, true), ==, 1);
	rig_free(rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/always/no-gap", test_no_gap);
	g_test_add_func("/always/blank-again", test_blank_again);
	g_test_add_func("/always/idler", test_idler);
	g_test_add_func("/always/grace", test_grace);
	g_test_add_func("/always/late", test_late);
	g_test_add_func("/always/late-and-wrong", test_late_and_wrong);
	return g_test_run();
}
