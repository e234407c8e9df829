/* SPDX-License-Identifier: MIT */
/* After a join or a reset that failed: the next phone has to prove itself like the first, or the
 * time runs; and what it has given the device stays. */
#include "tests/bus/rig.h"
#include "tests/phone/phone-error.h"

#include <string.h>

#define PAST_US (100 * G_USEC_PER_SEC) /* the limit, and the minute that a stranger has */

static const char *const sets[] = { "advertise=unprovisioned", "unprovisioned_limit=30s", NULL };

static void fail_to_join(Rig *rig)
{
	g_autoptr(GError) error = NULL;

	rig_start(rig, sets);
	rig_await(rig, "ready");
	g_assert_false(rig_try(rig, "wrong password", &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PASSWORD);
	rig_await(rig, "failed");
}

/* It proves nothing and never hangs up: no reason to stay on the air for it. */
static void test_stranger(void)
{
	Rig *rig = rig_new();
	g_autoptr(RigPhone) stranger = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *refusal = NULL;

	fail_to_join(rig);
	stranger = rig_phone_new(rig, NULL);
	g_assert_true(client_connect(stranger->client, &error));
	rig_write(rig, "proto-ver", "ESP", 3, &refusal);
	g_assert_null(refusal);
	rig_await_exit(rig, 0);
	g_clear_pointer(&stranger, rig_phone_free);
	rig_free(rig);
}

/* Whoever does may take the time it takes. */
static void test_owner(void)
{
	Rig *rig = rig_new();
	g_autoptr(RigPhone) owner = NULL;
	g_autoptr(GError) error = NULL;

	fail_to_join(rig);
	owner = rig_phone_new(rig, NULL);
	g_assert_true(client_connect(owner->client, &error));
	g_assert_true(client_secure(owner->client, NULL, &error));
	rig_let_pass(PAST_US);
	g_assert_true(client_join(owner->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_clear_pointer(&owner, rig_phone_free);
	rig_await_exit(rig, 0);
	rig_free(rig);
}

/* A reset that failed is tried again, but not on the network that a phone gives the device after
 * it. */
static void test_reset(void)
{
	Rig *rig = rig_new();
	g_autofree char *mark = g_build_filename(rig->folder, "secrets", "reset", NULL);
	g_autofree char *text = NULL;
	int status = 0;

	rig_start(rig, NULL);
	rig_provision(rig);
	rig->nm->refuse_delete = "org.freedesktop.NetworkManager.Settings.PermissionDenied";
	text = test_run("busctl --address=$DBUS_SESSION_BUS_ADDRESS call " RIG_SERVICE
			" " RIG_OBJECT " " RIG_SERVICE " Reset",
			&status);
	g_assert_cmpint(status, !=, 0);
	g_assert_true(g_file_test(mark, G_FILE_TEST_EXISTS));
	rig->nm->refuse_delete = NULL;
	rig_provision(rig);
	g_assert_false(g_file_test(mark, G_FILE_TEST_EXISTS));
	rig_end(rig);
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	g_assert_cmpuint(rig_profiles(rig, true), ==, 1);
	rig_free(rig);
}

/* The daemon is ended in the middle of a join. False: on a busy machine its last seconds, of which
 * ten are one here, were over before NetworkManager had answered. */
static bool goes_back(void)
{
	Rig *rig = rig_new();
	g_autoptr(RigPhone) phone = NULL;
	g_autoptr(GError) error = NULL;
	bool back;
	int home;

	rig->air = RIG_AIR_JOIN_NEVER_ENDS;
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	home = fake_nm_profile(rig->nm, "home", "802-11-wireless", true, true);
	fake_nm_use(rig->nm, home);
	phone = rig_phone_new(rig, "applied");
	g_assert_true(client_connect(phone->client, &error));
	g_assert_true(client_secure(phone->client, NULL, &error));
	g_assert_false(client_join(phone->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LEFT);
	TEST_WAIT(rig_profiles(rig, false) == 1);
	rig_end(rig);
	TEST_WAIT(rig_profiles(rig, false) == 0);
	back = g_strcmp0(rig->nm->reactivated, bus_object_path(rig->nm->profiles[home].object)) ==
	       0;
	g_clear_pointer(&phone, rig_phone_free);
	rig_free(rig);
	return back;
}

/* The network before is asked for again, which nobody would do after the end. */
static void test_ended(void)
{
	TEST_WAIT(goes_back());
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/failed/stranger", test_stranger);
	g_test_add_func("/provisioner/failed/owner", test_owner);
	g_test_add_func("/provisioner/failed/reset", test_reset);
	g_test_add_func("/provisioner/failed/ended", test_ended);
	return g_test_run();
}
