/* SPDX-License-Identifier: MIT */
/* Joining through an iwd that refuses, is late, or knows the network already. */
#include "tests/bus/iwd-bed.h"

#include <string.h>

static const FakeIwdNetwork old = { .name = "Old", .type = "wep", .signal = -7000 };

/* The kernel stamps addresses in hundredths of a second: within one, two leases look like one. */
#define STAMP_US 20000

/* ---- joining ---- */

static void test_join(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_cmpstr(fake->given, ==, IWD_BED_PASS);
	/* iwd has saved it already; a power cut now must take it back. */
	g_assert_nonnull(fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_true(iwd_bed_record_on_disk(bed).attempting);
	g_assert_false(iwd_bed_is_ours(bed, IWD_BED_LAB));
	iwd_bed_catch_up(bed);
	g_assert_false(wifi_iwd_backend.is_provisioned(bed->iwd));
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(bed->link.ip4, ==, IWD_BED_ADDRESS);
	g_assert_cmpint(bed->link.network.auth, ==, WIFI_AUTH_WPA3);
	g_assert_cmpuint(bed->link.network.channel, ==, 36);
	g_assert_cmpint(bed->link.network.rssi_dbm, ==, -57);
	g_assert_cmpuint(bed->link.network.bssid[5], ==, 1);
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
	TEST_WAIT(wifi_iwd_backend.is_provisioned(bed->iwd));
	TEST_WAIT(!fake->agent);

	wifi_iwd_backend.port.forget(bed->iwd);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
	TEST_WAIT(!iwd_bed_is_ours(bed, IWD_BED_LAB));
	g_assert_cmpuint(bed->failures, ==, 0);
}

/* Another network of the same name, that somebody else configured, makes the device a provisioned
 * one whatever is tried. */
static void test_join_namesake(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_know(fake, IWD_BED_LAB, "8021x", NULL, true);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake->hold = true;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	iwd_bed_catch_up(bed);
	g_assert_true(iwd_bed_record_on_disk(bed).attempting);
	g_assert_true(wifi_iwd_backend.is_provisioned(bed->iwd));
}

static void test_join_open(IwdBed *bed, gconstpointer data)
{
	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(bed->fake, 0, &iwd_bed_cafe);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, iwd_bed_cafe.name, NULL);
	TEST_WAIT(strcmp(bed->fake->state, "connected") == 0);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_true(iwd_bed_is_ours(bed, iwd_bed_cafe.name));
	g_assert_cmpuint(bed->fake->asks, ==, 0);
}

/* What fails there is the radio's doing. */
static void test_join_open_again(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_network(fake, 0, &iwd_bed_cafe);
	fake->refuse_connect = "net.connman.iwd.Failed";
	fake->refusals = 1;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, iwd_bed_cafe.name, NULL);
	iwd_bed_wait_scan(bed, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_cmpuint(fake->connects, ==, 2);
}

/* An address that the network before left behind proves nothing. */
static void test_join_stale_address(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_network(fake, 1, &iwd_bed_three);
	fake_iwd_know(fake, "Three", "psk", IWD_BED_PASS, true);
	fake_iwd_use(fake, 1);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_lease(bed);
	TEST_WAIT(wifi_iwd_backend.is_online(bed->iwd));
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(fake_iwd_is_on(fake, 0));
	iwd_bed_catch_up(bed);
	g_assert_true(wifi_iwd_backend.is_online(bed->iwd));
	g_assert_cmpuint(bed->joins, ==, 0);
	g_usleep(STAMP_US);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
}

/* Connected, but nobody gives an address: iwd has saved the network and has to forget it. */
static void test_join_no_address(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_network(fake, 1, &iwd_bed_three);
	fake_iwd_know(fake, "Three", "psk", IWD_BED_PASS, true);
	fake_iwd_use(fake, 1);
	iwd_bed_start(bed, IWD_BED_HASTE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_ADDRESS);
	TEST_WAIT(bed->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
	g_assert_true(fake->connected == &fake->networks[1]);
	g_assert_cmpstr(fake->state, ==, "connected");
	g_assert_nonnull(fake_iwd_find(fake, "Three"));
	/* It left before it was forgotten: thrown off it, iwd would have joined any other. */
	g_assert_cmpuint(fake->thrown_off, ==, 0);
}

/* iwd lost the network and went to another one by itself, where there is an address. */
static void test_join_elsewhere(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_network(fake, 1, &iwd_bed_cafe);
	fake_iwd_know(fake, iwd_bed_cafe.name, "open", NULL, true);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	fake_iwd_use(fake, 1);
	iwd_bed_catch_up(bed);
	iwd_bed_lease(bed);
	TEST_WAIT(wifi_iwd_backend.is_online(bed->iwd));
	iwd_bed_wait_scan(bed, 2); /* is it still there? */
	TEST_WAIT(fake->scans == 3);
	fake_iwd_fade(fake, 0);
	iwd_bed_end_scan(bed);
	iwd_bed_wait_scan(bed, 4);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
}

typedef struct WrongCase {
	const char *path;
	const FakeIwdNetwork *network;
} WrongCase;

static const WrongCase wrong_cases[] = {
	{ "wpa2", &iwd_bed_lab },
	{ "wpa3", &iwd_bed_three },
};

static void test_join_wrong_key(IwdBed *bed, gconstpointer data)
{
	const WrongCase *c = data;
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_network(fake, 0, c->network);
	fake_iwd_network(fake, 1, &iwd_bed_cafe);
	fake_iwd_know(fake, iwd_bed_cafe.name, "open", NULL, true);
	fake_iwd_use(fake, 1);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, c->network->name, IWD_BED_WRONG);
	iwd_bed_wait_scan(bed, 1);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	/* Nothing was saved, and the network from before is asked for again. */
	TEST_WAIT(bed->idles == 1);
	g_assert_null(fake_iwd_find(fake, c->network->name));
	TEST_WAIT(fake->connected == &fake->networks[1]);
	g_assert_false(wifi_iwd_backend.is_busy(bed->iwd));

	/* The same phone tries again, at once. */
	iwd_bed_join(bed, c->network->name, IWD_BED_PASS);
	TEST_WAIT(fake_iwd_is_on(fake, 0));
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_true(iwd_bed_is_ours(bed, c->network->name));
}

typedef struct FutileCase {
	const char *path;
	const FakeIwdNetwork *network;
	const char *passphrase;
	WifiFailure failure;
} FutileCase;

/* Nothing is even tried where it cannot work; a passphrase is not shown to an open network. */
static const FutileCase futile_cases[] = {
	{ "too-short", &iwd_bed_lab, "1234567", WIFI_FAILURE_AUTH },
	{ "raw-key", &iwd_bed_lab,
	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", WIFI_FAILURE_AUTH },
	{ "none-given", &iwd_bed_lab, NULL, WIFI_FAILURE_AUTH },
	{ "not-asked", &iwd_bed_cafe, IWD_BED_PASS, WIFI_FAILURE_AUTH },
	{ "enterprise", &iwd_bed_office, IWD_BED_PASS, WIFI_FAILURE_OTHER },
	{ "wep", &old, "12345", WIFI_FAILURE_OTHER },
};

static void test_join_futile(IwdBed *bed, gconstpointer data)
{
	const FutileCase *c = data;

	fake_iwd_network(bed->fake, 0, c->network);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, c->network->name, c->passphrase);
	g_assert_cmpuint(bed->failures, ==, 0); /* not from inside the call */
	iwd_bed_assert_failed(bed, c->failure);
	g_assert_cmpuint(bed->fake->connects, ==, 0);
}

static void test_join_not_utf8(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*UTF-8 only*");
	iwd_bed_join_octets(bed, "a\377b", 3, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_enterprise(IwdBed *bed, gconstpointer data)
{
	static char text[] = "x";
	WifiEnterprise enterprise = { text, text, text, text, NULL };
	const WifiCredentials credentials = { .ssid = "Office",
					      .ssid_len = 6,
					      .enterprise = &enterprise };
	g_autoptr(GError) error = NULL;

	fake_iwd_network(bed->fake, 0, &iwd_bed_office);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*/var/lib/iwd/*.8021x*");
	g_assert_true(wifi_iwd_backend.port.join(bed->iwd, &credentials, &error));
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

static void test_join_absent(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_wait_scan(bed, 1);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(bed->idles == 1);
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
}

/* What was looked for a moment ago is not looked for again: it is asked for by name at once. */
static void test_join_absent_fresh(IwdBed *bed, gconstpointer data)
{
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(bed->fake->scans, ==, 1);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	g_assert_cmpuint(bed->fake->scans, ==, 1);
}

/* iwd asks the air for no name that it knows: what came since the last scan would go unseen. */
static void test_known_fresh(IwdBed *bed, gconstpointer data)
{
	fake_iwd_know(bed->fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(bed->fake->scans, ==, 1);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(bed->fake->scans == 2);
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_end_scan(bed);
	TEST_WAIT(strcmp(bed->fake->state, "connected") == 0);
}

/* It was there, it took the passphrase, and it is gone: that says nothing of the passphrase. */
static void test_join_fades(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake->hold = true;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_catch_up(bed); /* a scan from before says nothing, however fresh it is */
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_WRONG);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	fake_iwd_scanning(fake, true); /* iwd's own, which may have passed the channel by now */
	fake_iwd_go_on(fake);
	TEST_WAIT(strcmp(fake->state, "disconnected") == 0);
	fake_iwd_fade(fake, 0);
	iwd_bed_end_scan(bed);
	iwd_bed_wait_scan(bed, 2);
	iwd_bed_wait_scan(bed, 3); /* one scan may miss it */
	iwd_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
}

/* It took the passphrase and vanished before it gave an address. */
static void test_join_lost(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	iwd_bed_catch_up(bed);
	fake_iwd_lose(fake);
	iwd_bed_wait_scan(bed, 1); /* it is heard: iwd will join it again */
	TEST_WAIT(fake->scans == 2);
	g_assert_cmpuint(bed->failures, ==, 0);
	fake_iwd_fade(fake, 0);
	iwd_bed_end_scan(bed);
	iwd_bed_wait_scan(bed, 3);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_NOT_FOUND);
	TEST_WAIT(bed->idles == 1);
	TEST_WAIT(!fake_iwd_find(fake, IWD_BED_LAB));
}

static void test_join_hidden(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;
	FakeIwdNetwork hidden = iwd_bed_lab;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake->hidden = &hidden;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_wait_scan(bed, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, IWD_BED_LAB)->hidden);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
}

/* One question may be missed. */
static void test_join_hidden_missed(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;
	FakeIwdNetwork hidden = iwd_bed_lab;

	fake->hidden = &hidden;
	fake->deaf = 1;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_wait_scan(bed, 1);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, IWD_BED_LAB)->hidden);
}

/* It hides its name, but has just been asked for and still shows: it is joined as a hidden one. */
static void test_join_hidden_lingers(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;
	FakeIwdNetwork hidden = iwd_bed_lab;

	fake->hidden = &hidden;
	fake_iwd_network(fake, FAKE_IWD_SLOTS - 1, &hidden);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_assert_true(fake_iwd_find(fake, IWD_BED_LAB)->hidden);
}

static void test_join_agent_refused(IwdBed *bed, gconstpointer data)
{
	bed->fake->refuse_agent = "org.freedesktop.DBus.Error.AccessDenied";
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*takes no passphrases from us*");
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_test_assert_expected_messages();
}

typedef struct EndCase {
	const char *path;
	const char *error;
	WifiFailure failure;
} EndCase;

static const EndCase end_cases[] = {
	{ "aborted", "net.connman.iwd.Aborted", WIFI_FAILURE_OTHER },
	{ "not-supported", "net.connman.iwd.NotSupported", WIFI_FAILURE_OTHER },
	{ "invalid-format", "net.connman.iwd.InvalidFormat", WIFI_FAILURE_AUTH },
	{ "denied", "org.freedesktop.DBus.Error.AccessDenied", WIFI_FAILURE_OTHER },
};

static void test_join_ends(IwdBed *bed, gconstpointer data)
{
	const EndCase *c = data;

	bed->fake->refuse_connect = c->error;
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, c->failure);
	TEST_WAIT(bed->idles == 1);
	g_assert_false(iwd_bed_record_on_disk(bed).attempting);
}

/* The agent answers for the network being joined only, whoever else iwd asks for. */
static void test_agent(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;
	const FakeIwdNetwork *other = fake_iwd_network(fake, 1, &iwd_bed_three);
	g_autofree char *path = g_strdup(bus_object_path(other->object));

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake->hold = true;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	fake_iwd_ask(fake, "RequestPassphrase", path);
	TEST_WAIT(fake->refusal);
	g_assert_cmpstr(fake->refusal, ==, "net.connman.iwd.Agent.Error.Canceled");
	fake_iwd_ask(fake, "RequestPrivateKeyPassphrase", path);
	TEST_WAIT(!fake->ask);
	g_assert_nonnull(fake->refusal);
	g_assert_null(fake->given);
}

/* Anybody may call us; only iwd is answered. */
static void test_agent_stranger(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;
	g_autofree char *line = NULL;
	g_autofree char *output = NULL;
	int status = 0;

	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake->hold = true;
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connecting") == 0);
	line = g_strdup_printf("busctl --address=%s call %s %s net.connman.iwd.Agent "
			       "RequestPassphrase o %s",
			       test_bus_address(bed->daemon), fake->agent, fake->agent_path,
			       bus_object_path(fake->networks[0].object));
	output = test_run(line, &status);
	g_assert_cmpint(status, !=, 0);
	g_assert_null(strstr(output, IWD_BED_PASS));
}

/* ---- networks that iwd knows already ---- */

/* The network takes what it was joined with before: then this passphrase is wrong, and the network
 * stays as it is. */
static void test_known_wrong(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_use(fake, 0);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*takes the passphrase*before*");
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_WRONG);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	g_test_assert_expected_messages();
	TEST_WAIT(bed->idles == 1);
	g_assert_cmpuint(fake->forgets, ==, 0);
	g_assert_cmpstr(fake_iwd_find(fake, IWD_BED_LAB)->passphrase, ==, IWD_BED_PASS);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
	g_assert_cmpstr(fake->state, ==, "connected");
}

static void test_known_again(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_use(fake, 0);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_lease(bed);
	TEST_WAIT(wifi_iwd_backend.is_online(bed->iwd));
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(bed->joins == 1); /* it is there already, with the address it has */
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
}

/* The owner has changed the passphrase: the old one is refused, the new one takes its place. */
static void test_known_changed(IwdBed *bed, gconstpointer data)
{
	const WrongCase *c = data;
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	iwd_bed_add_ours(bed, c->network->name, "what it was before");
	fake_iwd_network(fake, 0, c->network);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	if (c->network->sae)
		g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*from before is refused*");
	iwd_bed_join(bed, c->network->name, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_test_assert_expected_messages();
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(fake_iwd_find(fake, c->network->name)->passphrase, ==, IWD_BED_PASS);
	g_assert_true(iwd_bed_is_ours(bed, c->network->name));
}

/* The same, and iwd is trying the old one by itself when the phone comes. */
static void test_known_changed_at_work(IwdBed *bed, gconstpointer data)
{
	const WrongCase *c = data;
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	iwd_bed_add_ours(bed, c->network->name, "what it was before");
	fake_iwd_network(fake, 0, c->network);
	fake_iwd_work(fake, 0);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, c->network->name, IWD_BED_PASS);
	TEST_WAIT(fake->connects == 1);
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(bed->failures, ==, 0);
	fake_iwd_lose(fake);
	if (c->network->sae)
		g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*from before is refused*");
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	g_test_assert_expected_messages();
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_cmpstr(fake_iwd_find(fake, c->network->name)->passphrase, ==, IWD_BED_PASS);
	g_assert_true(iwd_bed_is_ours(bed, c->network->name));
}

/* iwd is trying the old passphrase by itself when the phone comes with a wrong one, and gets in. */
static void test_known_wrong_at_work(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	iwd_bed_add_ours(bed, IWD_BED_LAB, IWD_BED_PASS);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	fake_iwd_work(fake, 0);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_WRONG);
	TEST_WAIT(fake->connects == 1);
	iwd_bed_catch_up(bed);
	g_assert_cmpuint(bed->failures, ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "*takes the passphrase*before*");
	fake_iwd_use(fake, 0);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_AUTH);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fake->forgets, ==, 0);
}

/* The same network, configured by somebody else: it is joined, and it stays theirs. */
static void test_known_foreign(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	fake_iwd_know(fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins == 1);
	g_assert_false(iwd_bed_is_ours(bed, IWD_BED_LAB));
	wifi_iwd_backend.port.forget(bed->iwd);
	wifi_iwd_backend.forget_all(bed->iwd, false);
	iwd_bed_scan(bed); /* calls are served in their order */
	TEST_WAIT(fake->scans == 1);
	g_assert_cmpuint(fake->forgets, ==, 0);
}

/* The power went when iwd had taken a new passphrase, and before that was recorded: it is the right
 * one all the same. */
static void test_known_doubted(IwdBed *bed, gconstpointer data)
{
	static const char attempt[] = "attempt 4c616e6466616c6c204c6162 secured known\n";
	g_autofree char *text = NULL;
	g_autofree char *both = NULL;

	if (iwd_bed_lacks_namespace(bed))
		return;
	iwd_bed_record_added(bed, IWD_BED_LAB, "what it was before");
	g_assert_true(g_file_get_contents(bed->record, &text, NULL, NULL));
	both = g_strconcat(text, attempt, NULL);
	g_assert_true(g_file_set_contents(bed->record, both, -1, NULL));
	fake_iwd_know(bed->fake, IWD_BED_LAB, "psk", IWD_BED_PASS, true);
	fake_iwd_network(bed->fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(bed->fake->state, "connected") == 0);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins + bed->failures == 1);
	g_assert_cmpuint(bed->joins, ==, 1);
	g_assert_true(iwd_bed_is_ours(bed, IWD_BED_LAB));
}

/* iwd has taken the new passphrase, but no address came: at the next try it is no wrong one. */
static void test_known_addressless(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	if (iwd_bed_lacks_namespace(bed))
		return;
	iwd_bed_add_ours(bed, IWD_BED_LAB, "what it was before");
	fake_iwd_network(fake, 0, &iwd_bed_lab);
	iwd_bed_start(bed, 10 * IWD_BED_HASTE);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_ADDRESS);
	TEST_WAIT(bed->idles == 1);
	iwd_bed_join(bed, IWD_BED_LAB, IWD_BED_PASS);
	TEST_WAIT(strcmp(fake->state, "connected") == 0 && fake->connects >= 3);
	iwd_bed_lease(bed);
	TEST_WAIT(bed->joins + bed->failures == 2);
	g_assert_cmpuint(bed->joins, ==, 1);
}

/* Somebody else's passphrase is refused, and with WPA3 iwd never asks for another. Theirs stays. */
static void test_known_foreign_changed(IwdBed *bed, gconstpointer data)
{
	FakeIwd *fake = bed->fake;

	fake_iwd_know(fake, "Three", "psk", "what it was before", true);
	fake_iwd_network(fake, 0, &iwd_bed_three);
	iwd_bed_start(bed, IWD_BED_PATIENCE);
	iwd_bed_join(bed, "Three", IWD_BED_PASS);
	iwd_bed_wait_scan(bed, 1);
	iwd_bed_assert_failed(bed, WIFI_FAILURE_OTHER);
	g_assert_cmpuint(fake->forgets, ==, 0);
}

static const IwdBedTest tests[] = {
	{ "/wifi-iwd/join/works", test_join },
	{ "/wifi-iwd/join/open", test_join_open },
	{ "/wifi-iwd/join/namesake", test_join_namesake },
	{ "/wifi-iwd/join/open-again", test_join_open_again },
	{ "/wifi-iwd/join/stale-address", test_join_stale_address },
	{ "/wifi-iwd/join/no-address", test_join_no_address },
	{ "/wifi-iwd/join/elsewhere", test_join_elsewhere },
	{ "/wifi-iwd/join/not-utf8", test_join_not_utf8 },
	{ "/wifi-iwd/join/enterprise", test_join_enterprise },
	{ "/wifi-iwd/join/absent", test_join_absent },
	{ "/wifi-iwd/join/absent-fresh", test_join_absent_fresh },
	{ "/wifi-iwd/join/fades", test_join_fades },
	{ "/wifi-iwd/join/lost", test_join_lost },
	{ "/wifi-iwd/join/hidden", test_join_hidden },
	{ "/wifi-iwd/join/hidden-missed", test_join_hidden_missed },
	{ "/wifi-iwd/join/hidden-lingers", test_join_hidden_lingers },
	{ "/wifi-iwd/join/agent-refused", test_join_agent_refused },
	{ "/wifi-iwd/join/agent", test_agent },
	{ "/wifi-iwd/join/agent-stranger", test_agent_stranger },
	{ "/wifi-iwd/known/wrong", test_known_wrong },
	{ "/wifi-iwd/known/wrong-at-work", test_known_wrong_at_work },
	{ "/wifi-iwd/known/again", test_known_again },
	{ "/wifi-iwd/known/fresh", test_known_fresh },
	{ "/wifi-iwd/known/doubted", test_known_doubted },
	{ "/wifi-iwd/known/addressless", test_known_addressless },
	{ "/wifi-iwd/known/foreign", test_known_foreign },
	{ "/wifi-iwd/known/foreign-changed", test_known_foreign_changed },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	iwd_bed_add_tests(tests, G_N_ELEMENTS(tests));
	iwd_bed_add_rows("/wifi-iwd/join/wrong-key/", wrong_cases, G_N_ELEMENTS(wrong_cases),
			 sizeof(wrong_cases[0]), test_join_wrong_key);
	iwd_bed_add_rows("/wifi-iwd/join/futile/", futile_cases, G_N_ELEMENTS(futile_cases),
			 sizeof(futile_cases[0]), test_join_futile);
	iwd_bed_add_rows("/wifi-iwd/join/ends/", end_cases, G_N_ELEMENTS(end_cases),
			 sizeof(end_cases[0]), test_join_ends);
	iwd_bed_add_rows("/wifi-iwd/known/changed/", wrong_cases, G_N_ELEMENTS(wrong_cases),
			 sizeof(wrong_cases[0]), test_known_changed);
	iwd_bed_add_rows("/wifi-iwd/known/changed-at-work/", wrong_cases, G_N_ELEMENTS(wrong_cases),
			 sizeof(wrong_cases[0]), test_known_changed_at_work);
	return g_test_run();
}
