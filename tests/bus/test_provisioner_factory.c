/* SPDX-License-Identifier: MIT */
/* A device of which the factory gave salt and verifier alone: whoever has the label gets in, and
 * the device itself cannot tell what is on it. */
#include "tests/bus/rig.h"
#include "tests/phone/phone-error.h"

#include <string.h>

#define PROOF "k7mq2xwt9hdz"

/* What `landfallctl factory` makes, where the device looks for it. */
static void leave_factory(const Rig *rig)
{
	g_autofree char *line = g_strdup_printf(
		"echo " PROOF " | \"$LANDFALLCTL\" --config='%s/empty.conf' factory '%s/made' "
		"--name=PROV_A1B2C3 --pop-file=- && mv '%s/made/device' '%s/secrets'",
		rig->folder, rig->folder, rig->folder, rig->folder);

	g_free(test_run(line, NULL));
}

static bool knows_proof(const Rig *rig)
{
	g_autofree char *line = g_strdup_printf("grep -rl " PROOF " '%s/secrets'", rig->folder);
	g_autofree char *found = NULL;
	int status = 0;

	found = test_run(line, &status);
	return status == 0;
}

static void test_label(Rig *rig)
{
	g_autoptr(RigPhone) stranger = rig_phone_knowing(rig, "NotTheProof", NULL);
	g_autoptr(RigPhone) owner = rig_phone_knowing(rig, PROOF, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(client_connect(stranger->client, &error));
	g_assert_false(client_secure(stranger->client, NULL, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_REFUSED);
	g_clear_error(&error);
	g_clear_pointer(&stranger, rig_phone_free);
	rig_await(rig, "ready");
	g_assert_true(client_connect(owner->client, &error));
	g_assert_true(client_secure(owner->client, NULL, &error));
	g_assert_true(client_join(owner->client, RIG_SSID, RIG_PASSPHRASE, &error));
	g_assert_no_error(error);
}

static void test_qr(const Rig *rig)
{
	g_autofree char *line = g_strdup_printf(
		"\"$LANDFALLCTL\" --config='%s/empty.conf' --set=provisioner.secrets='%s/secrets' "
		"--set=provisioner.name=PROV_A1B2C3 qr",
		rig->folder, rig->folder);
	g_autofree char *text = NULL;
	int status = 0;

	text = test_run(line, &status);
	g_assert_cmpint(status, ==, 22);
	test_assert_has(text, "then only the label knows it");
}

static void test_verifier_only(void)
{
	static const char *const first_security[] = { "security=1", NULL };
	Rig *rig = rig_new();
	g_autofree char *log = NULL;

	leave_factory(rig);
	g_assert_false(knows_proof(rig));
	rig_start(rig, NULL);
	rig_await(rig, "ready");
	test_label(rig);
	g_assert_false(knows_proof(rig));
	test_qr(rig);
	rig_end(rig);

	/* Security 1 needs the proof itself. */
	rig_start(rig, first_security);
	rig_await_exit(rig, 10);
	g_assert_true(g_file_get_contents(rig->log, &log, NULL, NULL));
	test_assert_has(log, "security = 1 needs the proof of possession in");
	rig_free(rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provisioner/factory/verifier-only", test_verifier_only);
	return g_test_run();
}
