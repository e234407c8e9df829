/* SPDX-License-Identifier: MIT */
/* The daemon and phones that do not know its proof of possession; and how it is made new. */
#include "tests/bus/rig.h"
#include "tests/phone/phone-error.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define BUSCTL "busctl --address=$DBUS_SESSION_BUS_ADDRESS "

typedef struct Fixture {
	Rig *rig;
} Fixture;

static void setup(Fixture *fixture, gconstpointer data)
{
	fixture->rig = rig_new();
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	rig_free(fixture->rig);
}

static char *file_of(const Rig *rig, const char *name)
{
	return g_build_filename(rig->folder, "secrets", name, NULL);
}

/* The count on disk; "" when there is none. */
static char *count_of(const Rig *rig)
{
	g_autofree char *path = file_of(rig, "guesses");
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

static void assert_count(const Rig *rig, const char *text)
{
	g_autofree char *count = count_of(rig);

	g_assert_cmpstr(count, ==, text);
}

/* The error's text, "" when there was none. */
static char *call_says(const char *method)
{
	g_autofree char *line = g_strdup_printf(
		BUSCTL "call " RIG_SERVICE " " RIG_OBJECT " " RIG_SERVICE " %s 2>&1", method);
	int status = 0; /* an error is none of the test's own */

	return test_run(line, &status);
}

static void call(const char *method)
{
	g_autofree char *text = call_says(method);

	g_assert_cmpstr(text, ==, "");
}

typedef struct Lock {
	char state[16];
	unsigned int wrong;
	unsigned int wait_s;
} Lock;

static Lock lockout(void)
{
	g_autofree char *text = test_run(
		BUSCTL "get-property " RIG_SERVICE " " RIG_OBJECT " " RIG_SERVICE " Lockout", NULL);
	Lock lock = { "", 0, 0 };

	g_assert_cmpint(
		sscanf(text, "(suu) \"%15[a-z]\" %u %u", lock.state, &lock.wrong, &lock.wait_s), ==,
		3);
	return lock;
}

static bool lockout_is(const char *state)
{
	return strcmp(lockout().state, state) == 0;
}

static bool log_has(const Rig *rig, const char *part)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(rig->log, &text, NULL, NULL) && strstr(text, part);
}

/* A phone comes, tries this proof (NULL: the right one) and goes: what became of it. */
static void visit(Rig *rig, const char *pop, int want)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);
	g_autoptr(GError) error = NULL;
	bool done =
		client_connect(phone->client, &error) && client_secure(phone->client, pop, &error);

	if (want < 0)
		g_assert_no_error(error);
	else
		g_assert_error(error, PHONE_ERROR, want);
	g_assert_true(done == (want < 0));
}

#define WELCOME (-1)
#define WRONG   PHONE_ERROR_REFUSED /* the proof was looked at */
#define SHUT    PHONE_ERROR_ATT     /* nothing was */

static void start(Rig *rig, const char *set)
{
	const char *const sets[] = { set, NULL };

	rig_start(rig, sets);
	rig_await(rig, "ready");
}

static void kill_hard(Rig *rig)
{
	kill(rig->pid, SIGKILL);
	TEST_WAIT(!rig->pid);
}

/* Neither a new connection nor a new daemon, however the old one ended, gives a guess back. */
static void test_locks(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;

	start(rig, "lockout=3");
	g_assert_true(lockout_is("open"));
	visit(rig, "wrong", WRONG);
	assert_count(rig, "1\n");
	kill_hard(rig);
	start(rig, "lockout=3");
	g_assert_cmpuint(lockout().wrong, ==, 1);
	visit(rig, "wronger", WRONG);
	assert_count(rig, "2\n");
	rig_end(rig);
	start(rig, "lockout=3");
	visit(rig, "wrongest", WRONG);
	g_assert_true(lockout_is("locked"));
	g_assert_cmpuint(lockout().wrong, ==, 3);
	g_assert_true(log_has(rig, "LOCKED after 3 wrong proofs of possession in a row"));
	visit(rig, NULL, SHUT);
	kill_hard(rig);
	start(rig, "lockout=3");
	g_assert_true(lockout_is("locked"));
	visit(rig, NULL, SHUT);
	assert_count(rig, "3\n");
	call("Stop");
	call("Start");
	visit(rig, NULL, SHUT);
}

static void test_unlocks(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autofree char *progress = NULL;

	start(rig, "lockout=1");
	visit(rig, "wrong", WRONG);
	g_assert_true(lockout_is("locked"));
	rig_await(rig, "ready");
	progress = rig_property(rig, "Progress");
	test_assert_has(progress, "locked: too many proofs of possession were wrong");
	call("Unlock");
	g_assert_true(lockout_is("open"));
	g_assert_true(log_has(rig, "unlocked over the bus, after 1 wrong proof of"));
	visit(rig, NULL, WELCOME);
	rig_end(rig);
	assert_count(rig, "");
	start(rig, "lockout=1");
	g_assert_true(lockout_is("open"));
	rig_provision(rig);
}

/* The right proof ends the row before the limit. */
static void test_right_proof(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;

	start(rig, "lockout=3");
	for (int i = 0; i < 3; i++) {
		visit(rig, "wrong", WRONG);
		visit(rig, "wrong", WRONG);
		g_assert_cmpuint(lockout().wrong, ==, 2);
		visit(rig, NULL, WELCOME);
		g_assert_cmpuint(lockout().wrong, ==, 0);
	}
	rig_end(rig);
	assert_count(rig, "");
}

/* The wait is told, and neither hanging up nor a restart ends it. */
static void test_waits(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autofree char *path = file_of(rig, "guesses");

	start(rig, "lockout=0");
	rig_end(rig);
	g_assert_true(g_file_set_contents(path, "9\n", -1, NULL));
	start(rig, "lockout=0"); /* 16 s, a tenth of it for us */
	if (lockout_is("waiting")) {
		visit(rig, NULL, SHUT);
		g_assert_true(log_has(rig, "9 wrong proofs of possession in a row: no phone"));
	}
	TEST_WAIT(lockout_is("open"));
	visit(rig, "wrong", WRONG);
	assert_count(rig, "10\n");
	g_assert_cmpuint(lockout().wrong, ==, 10);
}

/* Nobody can tell the count: the owner needs one try, and a guesser has no more than one. */
static void test_spoilt(Fixture *fixture, gconstpointer data)
{
	static const char *const contents[] = { "",     "\n",     "-1\n",         "5",
						"5x\n", "5\n5\n", "1234567890\n", "4294967295\n" };
	Rig *rig = fixture->rig;
	g_autofree char *path = file_of(rig, "guesses");

	start(rig, "lockout=7");
	rig_end(rig);
	for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
		g_assert_true(g_file_set_contents(path, contents[i], -1, NULL));
		start(rig, "lockout=7");
		g_assert_cmpuint(lockout().wrong, ==, 6);
		g_assert_true(log_has(rig, "it is unknown how many proofs were wrong"));
		rig_end(rig);
		assert_count(rig, contents[i]);
	}
	start(rig, "lockout=7");
	g_assert_true(lockout_is("waiting"));
	TEST_WAIT(lockout_is("open"));
	visit(rig, NULL, WELCOME);
	g_assert_cmpuint(lockout().wrong, ==, 0);
	rig_end(rig);
	assert_count(rig, "");
}

/* A disk that takes nothing: the owner gets in, who guesses waits as long as can be. */
static void test_full_disk(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autofree char *fresh = file_of(rig, "guesses.new");

	start(rig, "lockout=100");
	g_assert_cmpint(g_mkdir(fresh, 0700), ==, 0);
	visit(rig, NULL, WELCOME);
	g_assert_true(lockout_is("open"));
	visit(rig, "wrong", WRONG);
	g_assert_true(lockout_is("waiting"));
	g_assert_cmpuint(lockout().wait_s, >, 10);
	g_assert_true(log_has(rig, "wrong proofs cannot be counted beyond a restart"));
	g_assert_cmpint(g_rmdir(fresh), ==, 0);
	TEST_WAIT(lockout_is("open"));
	visit(rig, "wrong", WRONG);
	assert_count(rig, "2\n");
}

/* A count that cannot be taken away locks the device again after a restart: nobody is told that it
 * has been unlocked, at the second time of asking neither. */
static void test_stays_locked(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autofree char *path = file_of(rig, "guesses");

	start(rig, "lockout=7");
	rig_end(rig);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	start(rig, "lockout=7");
	for (int i = 0; i < 2; i++) {
		g_autofree char *text = call_says("Unlock");

		test_assert_has(text, "unlocked until the next start only");
		g_assert_true(lockout_is("open"));
	}
	g_assert_cmpint(g_rmdir(path), ==, 0);
	call("Unlock");
	visit(rig, NULL, WELCOME);
}

/* What a phone has given is forgotten, and nothing else. */
static void test_reset(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	int home;

	start(rig, NULL);
	rig_provision(rig);
	home = fake_nm_profile(rig->nm, "home", "802-11-wireless", true, true);
	g_assert_cmpuint(rig_profiles(rig, true), ==, 2);
	visit(rig, "wrong", WRONG);
	before = rig_pop(rig);
	call("Reset");
	TEST_WAIT(rig_profiles(rig, true) == 1);
	rig_await(rig, "ready");
	after = rig_pop(rig);
	g_assert_cmpstr(after, ==, before);
	assert_count(rig, "1\n");
	g_assert_nonnull(rig->nm->profiles[home].object);
}

/* It ends the session of whoever is at it. */
static void test_reset_session(Fixture *fixture, gconstpointer data)
{
	Rig *rig = fixture->rig;
	g_autoptr(RigPhone) phone = NULL;
	g_autoptr(GError) error = NULL;

	start(rig, NULL);
	phone = rig_phone_new(rig, NULL);
	g_assert_true(client_connect(phone->client, &error));
	g_assert_true(client_secure(phone->client, NULL, &error));
	rig_await(rig, "secured");
	call("Reset");
	g_assert_false(client_scan(phone->client, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
	g_clear_pointer(&phone, rig_phone_free);
	rig_await(rig, "ready");
}

typedef struct Test {
	const char *path;
	void (*test)(Fixture *fixture, gconstpointer data);
} Test;

static const Test tests[] = {
	{ "/lockout/locks", test_locks },
	{ "/lockout/unlocks", test_unlocks },
	{ "/lockout/right-proof", test_right_proof },
	{ "/lockout/waits", test_waits },
	{ "/lockout/spoilt", test_spoilt },
	{ "/lockout/full-disk", test_full_disk },
	{ "/lockout/stays-locked", test_stays_locked },
	{ "/reset/forgets", test_reset },
	{ "/reset/session", test_reset_session },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, setup, tests[i].test, teardown);
	return g_test_run();
}
