/* SPDX-License-Identifier: MIT */
/* spool: answers come once, after the disk; what was acknowledged outlives kill -9. */
#include "agent/adapter/spool.h"

#include "common/error.h"
#include "tests/unit/agent/test-profile.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT         ((uint64_t)64 * 1024 * 1024)
#define KILL_ROUNDS   20 /* unless LANDFALL_KILL_ROUNDS says otherwise */
#define CHILD_BATCH   7
#define DROP_ROUNDS   6
#define ONCE_ROUNDS   20
#define DROP_LIMIT    (128 * 1024)
#define DROP_BATCH    200
#define RELEASE_EVERY 5 /* batches */

typedef struct Fixture {
	char *dir;
	char *path;
	Spool *spool;
	size_t answers;
	size_t changes;
	size_t taken;
	GPtrArray *fetched;
	GError *error; /* the last */
	GError *fatal;
} Fixture;

static void on_failed(const GError *error, void *data)
{
	Fixture *f = data;

	f->fatal = g_error_copy(error);
}

static void on_changed(void *data)
{
	Fixture *f = data;

	f->changes++;
}

static Spool *open_spool_with(Fixture *f, uint64_t limit, ConfigSpoolPolicy policy)
{
	g_autoptr(GError) error = NULL;
	SpoolConfig config = {
		.path = f->path,
		.limit = limit,
		.policy = policy,
		.changed = on_changed,
		.failed = on_failed,
		.data = f,
	};
	Spool *spool = spool_open(&config, &error);

	g_assert_no_error(error);
	return spool;
}

static Spool *open_spool(Fixture *f, uint64_t limit)
{
	return open_spool_with(f, limit, CONFIG_SPOOL_REFUSE);
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-spool-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "spool.db", NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

	g_assert_cmpint(system(command), ==, 0);
	g_assert_no_error(f->fatal);
	g_clear_pointer(&f->fetched, g_ptr_array_unref);
	g_clear_error(&f->error);
	g_free(f->dir);
	g_free(f->path);
}

static void on_appended(size_t taken, const GError *error, void *data)
{
	Fixture *f = data;

	f->answers++;
	f->taken += taken;
	g_clear_error(&f->error);
	if (error)
		f->error = g_error_copy(error);
}

static void on_fetched(GPtrArray *payloads, void *data)
{
	Fixture *f = data;

	f->answers++;
	g_clear_pointer(&f->fetched, g_ptr_array_unref);
	f->fetched = payloads;
}

static void append(Fixture *f, unsigned n)
{
	SampleBatch *batch = sample_batch_new("test");

	for (unsigned i = 0; i < n; i++)
		sample_batch_add(batch, i, true, "\"a\":1", 5);
	spool_append(f->spool, batch, on_appended, f);
}

static void fetch(Fixture *f, uint64_t after, unsigned samples, unsigned payloads)
{
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	SpoolWish wish = { .after = after,
			   .limits = { 32768, samples, 0 },
			   .profile = profile,
			   .payloads_max = payloads };

	spool_fetch(f->spool, &wish, on_fetched, f);
}

static void wait_for_answers(Fixture *f, size_t n)
{
	while (f->answers < n)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f->answers, ==, n);
}

/* The loop is woken for what is new, and a release is not: only what comes of it. */
static void test_quiet_release(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, LIMIT);
	append(f, 10);
	wait_for_answers(f, 1);

	size_t changes = f->changes;

	for (uint64_t seq = 1; seq <= 10; seq++)
		spool_release(f->spool, 1, seq);
	while (spool_stats(f->spool)->depth > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f->changes, ==, changes + 1);
	spool_close(f->spool);
}

static void test_round_trip(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, LIMIT);
	append(f, 10);
	append(f, 15);
	g_assert_cmpuint(f->answers, ==, 0); /* never from inside the call */
	wait_for_answers(f, 2);
	g_assert_cmpuint(f->taken, ==, 25);
	g_assert_cmpuint(spool_stats(f->spool)->last, ==, 25);

	fetch(f, 3, 10, 2);
	wait_for_answers(f, 3);
	g_assert_cmpuint(f->fetched->len, ==, 2);
	g_assert_cmpuint(payload_first(f->fetched->pdata[0]), ==, 4);
	g_assert_cmpuint(payload_last(f->fetched->pdata[1]), ==, 23);

	fetch(f, 25, 10, 2);
	wait_for_answers(f, 4);
	g_assert_cmpuint(f->fetched->len, ==, 0);

	/* deletions ride with the next samples */
	spool_release(f->spool, 1, 20);
	append(f, 1);
	wait_for_answers(f, 5);
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 6);
	g_assert_cmpuint(spool_stats(f->spool)->delivered, ==, 20);

	/* or come by themselves */
	spool_drop(f->spool, 26, 2);
	while (spool_stats(f->spool)->depth > 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(spool_stats(f->spool)->dropped, ==, 2);
	spool_close(f->spool);
}

static void fetch_newest(Fixture *f, uint64_t upto, unsigned payloads)
{
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	SpoolWish wish = { .after = upto,
			   .newest = true,
			   .limits = { 32768, 10, 0 },
			   .profile = profile,
			   .payloads_max = payloads };

	spool_fetch(f->spool, &wish, on_fetched, f);
}

/* From the newest down, each payload in order; what was released is never found again. */
static void test_newest(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, LIMIT);
	append(f, 35);
	fetch_newest(f, 35, 2);
	wait_for_answers(f, 2);
	g_assert_cmpuint(f->fetched->len, ==, 2);
	g_assert_cmpuint(payload_first(f->fetched->pdata[0]), ==, 26);
	g_assert_cmpuint(payload_last(f->fetched->pdata[0]), ==, 35);
	g_assert_cmpuint(payload_first(f->fetched->pdata[1]), ==, 16);

	spool_release(f->spool, 26, 35);
	spool_release(f->spool, 5, 6);
	spool_release(f->spool, 16, 25);
	fetch_newest(f, 35, 9);
	wait_for_answers(f, 3);
	g_assert_cmpuint(f->fetched->len, ==, 2);
	g_assert_cmpuint(payload_last(f->fetched->pdata[0]), ==, 15);
	g_assert_cmpuint(payload_first(f->fetched->pdata[0]), ==, 4);
	g_assert_cmpuint(payload_count(f->fetched->pdata[0]), ==, 10);
	g_assert_cmpuint(payload_last(f->fetched->pdata[1]), ==, 3);
	spool_release(f->spool, 1, 4);
	fetch(f, 0, 100, 1);
	wait_for_answers(f, 4);
	g_assert_cmpuint(payload_first(f->fetched->pdata[0]), ==, 7);
	g_assert_cmpuint(payload_last(f->fetched->pdata[0]), ==, 15);
	spool_close(f->spool);

	f->spool = open_spool(f, LIMIT);
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 9);
	g_assert_cmpuint(spool_stats(f->spool)->delivered, ==, 26);
	g_assert_cmpuint(spool_stats(f->spool)->last, ==, 35);
	spool_close(f->spool);
}

static void on_pinged(void *data)
{
	Fixture *f = data;

	f->answers++;
}

/* The thread has done what came before; closing answers too. */
static void test_ping(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, LIMIT);
	append(f, 3);
	spool_ping(f->spool, on_pinged, f);
	g_assert_cmpuint(f->answers, ==, 0);
	wait_for_answers(f, 2);
	g_assert_cmpuint(f->taken, ==, 3);
	spool_ping(f->spool, on_pinged, f);
	spool_close(f->spool);
	g_assert_cmpuint(f->answers, ==, 3);
}

/* Closing answers everything, and what was released is gone. */
static void test_close(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, LIMIT);
	for (int i = 0; i < 1000; i++)
		append(f, 3);
	fetch(f, 0, 10, 2);
	spool_release(f->spool, 1, 100);
	spool_close(f->spool);
	g_assert_cmpuint(f->answers, ==, 1001);
	g_assert_cmpuint(f->taken, ==, 3000);

	f->spool = open_spool(f, LIMIT);
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 2900);
	g_assert_cmpuint(spool_stats(f->spool)->delivered, ==, 100);
	spool_close(f->spool);
}

static void test_limit(Fixture *f, gconstpointer data)
{
	f->spool = open_spool(f, 128 * 1024);
	append(f, 20000);
	wait_for_answers(f, 1);
	g_assert_error(f->error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);
	g_assert_cmpuint(f->taken, >, 0);
	g_assert_cmpuint(f->taken, ==, spool_stats(f->spool)->depth);
	g_assert_cmpstr(spool_refusal(f->spool), ==, "the spool has reached its limit");
	append(f, 1000);
	wait_for_answers(f, 2);
	g_assert_error(f->error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);

	uint64_t all = spool_stats(f->spool)->depth;
	spool_release(f->spool, 1, all);
	append(f, 100);
	wait_for_answers(f, 3);
	append(f, 100);
	wait_for_answers(f, 4);
	g_assert_no_error(f->error);
	g_assert_cmpstr(spool_refusal(f->spool), ==, "");
	spool_close(f->spool);
}

/* More than the queue may hold is refused, and nothing that was taken is forgotten. */
static void test_queue_bound(Fixture *f, gconstpointer data)
{
	g_autofree char *values = g_strnfill(60000, 'x');
	size_t asked = 0;

	memcpy(values, "\"a\":\"", 5);
	values[59999] = '"';
	f->spool = open_spool(f, LIMIT);
	for (size_t bytes = 0; bytes < 2 * SPOOL_QUEUE_MAX; bytes += 60000, asked++) {
		SampleBatch *batch = sample_batch_new("test");

		sample_batch_add(batch, 1, true, values, 60000);
		spool_append(f->spool, batch, on_appended, f);
	}
	wait_for_answers(f, asked);
	g_assert_cmpuint(f->taken, <, asked);
	g_assert_cmpuint(f->taken, ==, spool_stats(f->spool)->depth);
	spool_close(f->spool);
}

/* --- kill -9 --- */

typedef struct KillCase {
	uint64_t limit;
	ConfigSpoolPolicy policy;
	unsigned batch; /* samples */
	bool releases;
} KillCase;

typedef struct Child {
	const KillCase *row;
	Spool *spool;
	int fd;        /* tells how many samples were acknowledged */
	uint64_t last; /* by our own counting, not the spool's word */
	unsigned batches;
} Child;

static void child_append(Child *child);

static void child_appended(size_t taken, const GError *error, void *data)
{
	Child *child = data;

	child->last += taken;
	if (taken != child->row->batch ||
	    write(child->fd, &child->last, sizeof(child->last)) != sizeof(child->last))
		_exit(1);
	if (child->row->releases && ++child->batches % RELEASE_EVERY == 0)
		spool_release(child->spool, 1, child->last - 2 * child->row->batch);
	child_append(child);
}

static void child_append(Child *child)
{
	SampleBatch *batch = sample_batch_new("child");

	for (unsigned i = 0; i < child->row->batch; i++)
		sample_batch_add(batch, i, false, "\"value\":123.456", 15);
	spool_append(child->spool, batch, child_appended, child);
}

static void child_run(Fixture *f, const KillCase *row, int fd)
{
	Child child = { .row = row, .fd = fd };

	child.spool = open_spool_with(f, row->limit, row->policy);
	child.last = spool_stats(child.spool)->accepted;
	child_append(&child);
	for (;;)
		g_main_context_iteration(NULL, TRUE);
}

/* Run a child for so many reports and a random moment more; the last number it reported. */
static uint64_t run_and_kill(Fixture *f, const KillCase *row, guint reports)
{
	int pipes[2];
	uint64_t last = 0;
	uint64_t number;
	int status;

	g_assert_cmpint(pipe(pipes), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		child_run(f, row, pipes[1]);
	}
	close(pipes[1]);
	for (guint i = 0; i < reports && read(pipes[0], &number, sizeof(number)) == sizeof(number);
	     i++)
		last = number;
	g_usleep((gulong)g_test_rand_int_range(0, 3000));
	kill(pid, SIGKILL);
	while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
		last = number;
	close(pipes[0]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
	return last;
}

static void test_kill(Fixture *f, gconstpointer data)
{
	static const KillCase row = { LIMIT, CONFIG_SPOOL_REFUSE, CHILD_BATCH, true };
	const char *rounds = g_getenv("LANDFALL_KILL_ROUNDS");
	long n = rounds ? strtol(rounds, NULL, 10) : KILL_ROUNDS;
	uint64_t before = 0;

	for (long round = 0; round < n; round++) {
		uint64_t acked = run_and_kill(f, &row, (guint)g_test_rand_int_range(1, 30));
		g_autoptr(GError) error = NULL;
		SpoolDb *db = spool_db_open(f->path, LIMIT, &error);

		g_assert_no_error(error);
		SpoolStats stats = spool_db_stats(db);
		g_assert_cmpuint(acked, >, before);      /* numbers never come twice */
		g_assert_cmpuint(stats.last, >=, acked); /* nothing acknowledged is missing */
		/* the child releases all but its last two batches; it may have had time for one */
		g_assert_cmpuint(stats.depth, >=, MIN(stats.last, 2 * CHILD_BATCH));
		g_assert_cmpuint(stats.last % CHILD_BATCH, ==, 0); /* whole batches only */
		g_assert_cmpuint(stats.accepted, ==, stats.last);
		before = stats.last;
		spool_db_close(db);
	}
}

static uint64_t rows_of(SpoolDb *db)
{
	PayloadLimits all = { 100000000, 1000000, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, all);

	g_assert_true(spool_db_read(db, 0, payload, NULL));
	return payload_count(payload);
}

/* Killed while it drops: each sample that was acknowledged is there or counted, none is both. */
static void test_kill_dropping(Fixture *f, gconstpointer data)
{
	const KillCase *row = data;
	uint64_t dropped = 0;

	for (unsigned round = 0; round < DROP_ROUNDS; round++) {
		uint64_t acked = run_and_kill(f, row, (guint)g_test_rand_int_range(5, 30));
		g_autoptr(GError) error = NULL;
		SpoolDb *db = spool_db_open(f->path, row->limit, &error);

		g_assert_no_error(error);

		SpoolStats stats = spool_db_stats(db);

		g_assert_cmpuint(stats.accepted, >=, acked);
		g_assert_cmpuint(stats.accepted % row->batch, ==, 0);
		g_assert_cmpuint(stats.depth, ==, rows_of(db));
		g_assert_cmpuint(stats.depth + stats.dropped, ==, stats.accepted);
		g_assert_cmpuint(stats.delivered, ==, 0);
		g_assert_cmpuint(stats.dropped, >=, dropped);
		dropped = stats.dropped;
		spool_db_close(db);
	}
	g_assert_cmpuint(dropped, >, 0);
}

/* --- two at once --- */

static void remove_spool(const Fixture *f)
{
	g_autofree char *command = g_strdup_printf("rm -f '%s'*", f->path);

	g_assert_cmpint(system(command), ==, 0);
}

/* A child that opens the spool once @go is closed, tells @told whether it has it, and stays. */
static pid_t open_in_child(const Fixture *f, const int go[2], int told)
{
	pid_t pid = fork();
	g_autoptr(GError) error = NULL;
	char octet;

	g_assert_cmpint(pid, >=, 0);
	if (pid > 0)
		return pid;
	close(go[1]);
	g_random_set_seed(
		(guint32)getpid()); /* two processes draw alike only when they are forks */
	while (read(go[0], &octet, 1) > 0)
		;

	SpoolDb *db = spool_db_open(f->path, LIMIT, &error);

	if (!db && !strstr(error->message, "in use by another process"))
		_exit(1);
	while (write(told, db ? "y" : "n", 1) == 1)
		pause();
	_exit(1);
}

/* Two at one moment, on a file that is not there yet: one of them has it. */
static void test_at_once(Fixture *f, gconstpointer data)
{
	for (unsigned round = 0; round < ONCE_ROUNDS; round++) {
		int go[2], told[2];
		pid_t pids[2];
		unsigned has = 0;

		g_assert_cmpint(pipe(go), ==, 0);
		g_assert_cmpint(pipe(told), ==, 0);
		for (size_t i = 0; i < G_N_ELEMENTS(pids); i++)
			pids[i] = open_in_child(f, go, told[1]);
		close(go[0]);
		close(go[1]);
		for (size_t i = 0; i < G_N_ELEMENTS(pids); i++) {
			char octet = 0;

			g_assert_cmpint(read(told[0], &octet, 1), ==, 1);
			has += octet == 'y';
		}
		for (size_t i = 0; i < G_N_ELEMENTS(pids); i++) {
			kill(pids[i], SIGKILL);
			g_assert_cmpint(waitpid(pids[i], NULL, 0), ==, pids[i]);
		}
		close(told[0]);
		close(told[1]);
		g_assert_cmpuint(has, ==, 1);
		remove_spool(f);
	}
}

/* --- damage --- */

static void damage_rows(const Fixture *f)
{
	FILE *file = fopen(f->path, "r+");

	g_assert_nonnull(file);
	fseek(file, 20 * 4096, SEEK_SET);
	for (int i = 0; i < 40 * 4096; i++)
		fputc('x', file);
	fclose(file);
}

/* Damage that is met while running: said, put aside and counted; the spool goes on by itself. */
static void test_damage(Fixture *f, gconstpointer data)
{
	g_autofree char *aside = g_strconcat(f->path, ".corrupt", NULL);

	f->spool = open_spool(f, LIMIT);
	append(f, 20000);
	wait_for_answers(f, 1);
	spool_close(f->spool);
	damage_rows(f);

	f->spool = open_spool(f, LIMIT);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "spool *malformed*");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*kept as *known to be lost: 20000");
	fetch(f, 5000, 100, 1);
	wait_for_answers(f, 2);
	g_test_assert_expected_messages();
	g_assert_null(f->fetched); /* to be tried again */
	g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(spool_stats(f->spool)->dropped, ==, 20000);

	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "spool: what waits can be read again");
	append(f, 3);
	wait_for_answers(f, 3);
	g_assert_no_error(f->error);
	fetch(f, 0, 100, 1);
	wait_for_answers(f, 4);
	g_test_assert_expected_messages();
	g_assert_cmpuint(payload_count(f->fetched->pdata[0]), ==, 3);
	g_assert_cmpuint(payload_first(f->fetched->pdata[0]), >, 20000);
	spool_close(f->spool);
}

int main(int argc, char **argv)
{
	static const KillCase oldest = { DROP_LIMIT, CONFIG_SPOOL_DROP_OLDEST, DROP_BATCH, false };
	static const KillCase newest = { DROP_LIMIT, CONFIG_SPOOL_DROP_NEWEST, DROP_BATCH, false };

	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	/* first, before there are threads: it forks */
	ADD("/agent/spool/kill", test_kill);
	g_test_add("/agent/spool/kill/drop-oldest", Fixture, &oldest, set_up, test_kill_dropping,
		   tear_down);
	g_test_add("/agent/spool/kill/drop-newest", Fixture, &newest, set_up, test_kill_dropping,
		   tear_down);
	ADD("/agent/spool/at-once", test_at_once);
	ADD("/agent/spool/damage", test_damage);
	ADD("/agent/spool/round-trip", test_round_trip);
	ADD("/agent/spool/newest", test_newest);
	ADD("/agent/spool/quiet-release", test_quiet_release);
	ADD("/agent/spool/close", test_close);
	ADD("/agent/spool/ping", test_ping);
	ADD("/agent/spool/limit", test_limit);
	ADD("/agent/spool/queue-bound", test_queue_bound);
	return g_test_run();
}
