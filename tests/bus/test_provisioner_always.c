/* SPDX-License-Identifier: MIT */
/* One phone after the other: the device is there for the next one without a gap. */
#include "tests/bus/rig.h"

/* bluetoothd keeps what it was given once. Were it given anew, a phone that connects meanwhile would
 * find a device without the service, and one that scans none at all. */
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/always/no-gap", test_no_gap);
	g_test_add_func("/always/idler", test_idler);
	return g_test_run();
}
