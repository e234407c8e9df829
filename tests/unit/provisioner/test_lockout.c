/* SPDX-License-Identifier: MIT */
/* What wrong proofs cost, and that each is counted before it is looked at. */
#include "provisioner/core/lockout.h"

#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#define SECOND      G_USEC_PER_SEC
#define OTHER_PEER  "/org/bluez/hci0/dev_66_77_88_99_AA_BB"
#define WRONG_PROOF "100262470802b201420a40" VECTOR_SRP_M2

/* ---- the value alone ---- */

typedef struct Row {
	const char *name;
	uint32_t limit;
	uint32_t wrong; /* before */
	int64_t wait_us;
	LockoutState state;
} Row;

/* After a start with this count. */
static const Row rows[] = {
	{ "none", 100, 0, 0, LOCKOUT_OPEN },
	{ "free", 100, 4, 0, LOCKOUT_OPEN },
	{ "first-wait", 100, 5, 1 * SECOND, LOCKOUT_WAITING },
	{ "doubled", 100, 6, 2 * SECOND, LOCKOUT_WAITING },
	{ "longest", 100, 11, 64 * SECOND, LOCKOUT_WAITING },
	{ "not-longer", 100, 99, 64 * SECOND, LOCKOUT_WAITING },
	{ "locked", 100, 100, 0, LOCKOUT_LOCKED },
	{ "beyond", 100, 101, 0, LOCKOUT_LOCKED },
	{ "largest", 100, 999999999, 0, LOCKOUT_LOCKED },
	{ "never", 0, 999999999, 64 * SECOND, LOCKOUT_WAITING },
	{ "small-limit", 3, 2, 0, LOCKOUT_OPEN },
	{ "small-locked", 3, 3, 0, LOCKOUT_LOCKED },
	{ "unknown", 100, LOCKOUT_UNKNOWN, 64 * SECOND, LOCKOUT_WAITING },
	{ "unknown-small", 1, LOCKOUT_UNKNOWN, 64 * SECOND, LOCKOUT_WAITING },
	{ "unknown-never", 0, LOCKOUT_UNKNOWN, 64 * SECOND, LOCKOUT_WAITING },
};

static void test_start(gconstpointer data)
{
	const Row *row = data;
	int64_t now_us = 5 * SECOND;
	Lockout lockout;

	lockout_init(&lockout, row->limit, row->wrong, now_us);
	g_assert_cmpint(lockout_state(&lockout, now_us), ==, row->state);
	g_assert_cmpint(lockout_wait_s(&lockout, now_us), ==, row->wait_us / SECOND);
	g_assert_cmpint(lockout_admits(&lockout, now_us, NULL), ==, row->state == LOCKOUT_OPEN);
	if (row->state != LOCKOUT_WAITING)
		return;
	now_us += row->wait_us - 1;
	g_assert_cmpint(lockout_state(&lockout, now_us), ==, LOCKOUT_WAITING);
	g_assert_cmpint(lockout_wait_s(&lockout, now_us), ==, 1);
	g_assert_cmpint(lockout_state(&lockout, now_us + 1), ==, LOCKOUT_OPEN);
	lockout_clear(&lockout);
	g_assert_cmpint(lockout_state(&lockout, 0), ==, LOCKOUT_OPEN);
	g_assert_cmpuint(lockout.wrong, ==, 0);
}

/* A count nobody can tell leaves the owner one proof and the guesser the same. */
static void test_unknown(void)
{
	Lockout lockout;

	lockout_init(&lockout, 100, LOCKOUT_UNKNOWN, 0);
	lockout_count(&lockout, true, LOCKOUT_MAX_US);
	g_assert_cmpint(lockout_state(&lockout, INT64_MAX), ==, LOCKOUT_LOCKED);
	lockout_init(&lockout, 0, LOCKOUT_UNKNOWN, 0);
	lockout_count(&lockout, true, LOCKOUT_MAX_US);
	g_assert_cmpint(lockout_wait_s(&lockout, LOCKOUT_MAX_US), ==, 64);
}

static void test_not_kept(void)
{
	Lockout lockout;

	lockout_init(&lockout, 100, 0, 0);
	lockout_count(&lockout, false, 0);
	g_assert_cmpint(lockout_wait_s(&lockout, 0), ==, 64);
	g_assert_cmpuint(lockout.wrong, ==, 1);
}

/* ---- in the service ---- */

/* The first message, and a proof; the answer to it comes with the disk's. */
static void guess_begin(Bench *bench, const char *proof)
{
	test_random_restart(&bench->random, VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, VECTOR_SEC2_COMMAND0);
	g_assert_no_error(bench->error);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, proof);
}

static void guess(Bench *bench, const char *proof, bool ok)
{
	unsigned int answers = bench->answers;

	guess_begin(bench, proof);
	g_assert_cmpuint(bench->answers, ==, answers + 1); /* the proof waits */
	bench_kept(bench, ok);
	g_assert_cmpuint(bench->answers, ==, answers + 2);
	bench_kept(bench, ok);
}

static LockoutState state_of(const Bench *bench)
{
	return lockout_state(provisioner_lockout(bench->provisioner), bench->now_us);
}

static void assert_refused(Bench *bench)
{
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, VECTOR_SEC2_COMMAND0);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
}

/* Nobody learns what a proof is worth before it is on disk that it was wrong. */
static void test_counted_first(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 100, 0);
	guess_begin(bench, VECTOR_SEC2_COMMAND1);
	g_assert_cmpuint(bench->kept, ==, 1);
	g_assert_null(bench->reply);
	g_assert_null(bench->error);
	g_assert_cmpstr(bench_state(bench), ==, "peer");
	bench_kept(bench, true);
	assert_bytes_hex(bench->reply, VECTOR_SEC2_RESPONSE1);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
	g_assert_cmpuint(bench->kept, ==, 0);

	guess(bench, WRONG_PROOF, true);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_AUTH);
	g_assert_cmpuint(bench->kept, ==, 1);
	guess(bench, WRONG_PROOF, true);
	g_assert_cmpuint(bench->kept, ==, 2);
	g_assert_cmpuint(bench->keeps, ==, 4);
}

/* What is no proof costs no write. */
static void test_no_guess(void)
{
	static const char *const messages[] = { "", "ff", "5203a20100", "100262080802b201030a0161",
						WRONG_PROOF };
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 100, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(messages); i++)
		bench_write_hex(bench, ENDPOINT_PROV_SESSION, messages[i]);
	bench_write_hex(bench, ENDPOINT_PROV_SESSION, VECTOR_SEC2_COMMAND0);
	for (size_t i = 0; i + 1 < G_N_ELEMENTS(messages); i++)
		bench_write_hex(bench, ENDPOINT_PROV_SESSION, messages[i]);
	g_assert_cmpuint(bench->keeps, ==, 0);
}

/* Hanging up before the answer takes nothing back. */
static void test_gone(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 3, 0);
	for (uint32_t i = 1; i <= 3; i++) {
		guess_begin(bench, WRONG_PROOF);
		provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_STATE);
		bench_kept(bench, true);
		g_assert_cmpuint(bench->kept, ==, i);
	}
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_LOCKED);
	assert_refused(bench);
}

static void test_locked(void)
{
	g_autoptr(Bench) bench = bench_new(2);
	g_autoptr(GBytes) hello = hex_bytes(VECTOR_SEC2_COMMAND0);
	unsigned int changes;

	bench_lockout(bench, 3, 0);
	for (int i = 0; i < 2; i++)
		guess(bench, WRONG_PROOF, true);
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_OPEN);
	changes = bench->changes;
	guess(bench, WRONG_PROOF, true);
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_LOCKED);
	g_assert_cmpuint(bench->changes, ==, changes + 1);
	assert_refused(bench);
	bench_pass(bench, G_TIME_SPAN_DAY);
	assert_refused(bench);
	provisioner_peer_gone(bench->provisioner, BENCH_PEER, bench->now_us);
	bench_write(bench, OTHER_PEER, ENDPOINT_PROV_SESSION, hello);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	provisioner_peer_gone(bench->provisioner, OTHER_PEER, bench->now_us);
	provisioner_stop(bench->provisioner, bench->now_us);
	provisioner_start(bench->provisioner, bench->now_us);
	assert_refused(bench);

	bench_lockout(bench, 3, bench->kept); /* a restart */
	assert_refused(bench);

	provisioner_unlock(bench->provisioner, bench->now_us);
	g_assert_cmpuint(bench->kept, ==, 0);
	bench_kept(bench, true);
	guess(bench, VECTOR_SEC2_COMMAND1, true);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

/* Pulling the plug does not shorten a wait. */
static void test_restart_waits(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 0, 7);
	for (int i = 0; i < 3; i++) {
		bench_pass(bench, 4 * SECOND - 1);
		assert_refused(bench);
		bench_lockout(bench, 0, 7);
	}
	bench_pass(bench, 4 * SECOND);
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_OPEN);
	guess(bench, WRONG_PROOF, true);
	g_assert_cmpuint(bench->kept, ==, 8);
	bench_pass(bench, 8 * SECOND);
	guess(bench, VECTOR_SEC2_COMMAND1, true);
	g_assert_cmpuint(bench->kept, ==, 0);
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_OPEN);
}

/* The end of a wait is told, too. */
static void test_wait_shown(void)
{
	g_autoptr(Bench) bench = bench_new(2);
	unsigned int changes;

	bench_lockout(bench, 100, 4);
	changes = bench->changes;
	guess(bench, WRONG_PROOF, true);
	g_assert_cmpuint(bench->changes, ==, changes + 2); /* the peer, the count */
	g_assert_cmpint(provisioner_deadline_us(bench->provisioner), ==, bench->now_us + SECOND);
	bench_pass(bench, SECOND);
	g_assert_cmpuint(bench->changes, ==, changes + 3);
	g_assert_cmpint(provisioner_deadline_us(bench->provisioner), ==, INT64_MAX);
}

/* With a full disk the owner gets in, and who guesses waits as long as can be. */
static void test_full_disk(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 100, 0);
	guess(bench, VECTOR_SEC2_COMMAND1, false);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
	guess(bench, WRONG_PROOF, false);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_AUTH);
	bench_pass(bench, LOCKOUT_MAX_US - 1);
	assert_refused(bench);
	bench_pass(bench, 1);
	guess(bench, VECTOR_SEC2_COMMAND1, false);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

/* Unlocking while a proof waits for the disk: its count comes after. */
static void test_unlock_meanwhile(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 10, 4);
	guess_begin(bench, WRONG_PROOF);
	g_assert_cmpuint(bench->kept, ==, 5);
	provisioner_unlock(bench->provisioner, bench->now_us);
	g_assert_cmpuint(bench->kept, ==, 0);
	bench_kept(bench, true);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_AUTH);
	g_assert_cmpuint(bench->kept, ==, 1);
	g_assert_cmpuint(provisioner_lockout(bench->provisioner)->wrong, ==, 1);
}

/* Whoever guesses beside an open session is another peer, and does not get as far as that. */
static void test_open_session(void)
{
	g_autoptr(Bench) bench = bench_new(2);
	g_autoptr(GBytes) hello = hex_bytes(VECTOR_SEC2_COMMAND0);
	g_autoptr(GBytes) proof = hex_bytes(WRONG_PROOF);
	unsigned int calls;

	bench_lockout(bench, 3, 0);
	guess(bench, VECTOR_SEC2_COMMAND1, true);
	calls = bench->keeps;
	for (int i = 0; i < 10; i++) {
		bench_write(bench, OTHER_PEER, ENDPOINT_PROV_SESSION, hello);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
		bench_write(bench, OTHER_PEER, ENDPOINT_PROV_SESSION, proof);
		g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_BUSY);
	}
	g_assert_cmpuint(bench->keeps, ==, calls);
	g_assert_cmpstr(bench_state(bench), ==, "secured");
}

/* A failure of ours is nobody's guess. */
static void test_internal(void)
{
	g_autoptr(Bench) bench = bench_new(2);

	bench_lockout(bench, 3, 2);
	guess_begin(bench, VECTOR_SEC2_COMMAND1);
	g_assert_cmpuint(bench->kept, ==, 3);
	bench->random.broken = true;
	bench_kept(bench, true);
	g_assert_error(bench->error, PROV_ERROR, PROV_ERROR_INTERNAL);
	g_assert_cmpuint(bench->kept, ==, 2);
	g_assert_cmpint(state_of(bench), ==, LOCKOUT_OPEN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/lockout/start/", rows[i].name, NULL);

		g_test_add_data_func(path, &rows[i], test_start);
	}
	g_test_add_func("/lockout/unknown", test_unknown);
	g_test_add_func("/lockout/not-kept", test_not_kept);
	g_test_add_func("/lockout/counted-first", test_counted_first);
	g_test_add_func("/lockout/no-guess", test_no_guess);
	g_test_add_func("/lockout/gone", test_gone);
	g_test_add_func("/lockout/locked", test_locked);
	g_test_add_func("/lockout/restart-waits", test_restart_waits);
	g_test_add_func("/lockout/wait-shown", test_wait_shown);
	g_test_add_func("/lockout/full-disk", test_full_disk);
	g_test_add_func("/lockout/unlock-meanwhile", test_unlock_meanwhile);
	g_test_add_func("/lockout/open-session", test_open_session);
	g_test_add_func("/lockout/internal", test_internal);
	return g_test_run();
}
