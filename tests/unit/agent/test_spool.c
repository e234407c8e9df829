/* SPDX-License-Identifier: MIT */
/* spool: answers come once, after the disk; what was acknowledged outlives kill -9. */
#include "agent/adapter/spool.h"

#include "common/error.h"
#include "tests/unit/agent/test-profile.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT         ((uint64_t)64 * 1024 * 1024)
#define KILL_ROUNDS   20 /* unless LANDFALL_KILL_ROUNDS says otherwise */
#define CHILD_BATCH   7
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

static Spool *open_spool(Fixture *f, uint64_t limit)
{
	g_autoptr(GError) error = NULL;
	SpoolConfig config = {
		.path = f->path,
		.limit = limit,
		.changed = on_changed,
		.failed = on_failed,
		.data = f,
	};
	Spool *spool = spool_open(&config, &error);

	g_assert_no_error(error);
	return spool;
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

typedef struct Child {
	Spool *spool;
	int fd;        /* tells the number that the last acknowledged sample must have */
	uint64_t last; /* by our own counting, not the spool's word */
	unsigned batches;
} Child;

static void child_append(Child *child);

static void child_appended(size_t taken, const GError *error, void *data)
{
	Child *child = data;

	child->last += taken;
	if (taken != CHILD_BATCH ||
	    write(child->fd, &child->last, sizeof(child->last)) != sizeof(child->last))
		_exit(1);
	if (++child->batches % RELEASE_EVERY == 0)
		spool_release(child->spool, 1, child->last - 2 * CHILD_BATCH);
	child_append(child);
}

static void child_append(Child *child)
{
	SampleBatch *batch = sample_batch_new("child");

	for (int i = 0; i < CHILD_BATCH; i++)
		sample_batch_add(batch, i, false, "\"value\":123.456", 15);
	spool_append(child->spool, batch, child_appended, child);
}

static void child_run(Fixture *f, int fd)
{
	Child child = { .spool = open_spool(f, LIMIT), .fd = fd };

	child.last = spool_stats(child.spool)->last;
	child_append(&child);
	for (;;)
		g_main_context_iteration(NULL, TRUE);
}

/* Run a child for so many reports and a random moment more; the last number it reported. */
static uint64_t run_and_kill(Fixture *f, guint reports)
{
	int pipes[2];
	uint64_t last = 0;
	uint64_t number;
	int status;

	g_assert_cmpint(pipe(pipes), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		child_run(f, pipes[1]);
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
	const char *rounds = g_getenv("LANDFALL_KILL_ROUNDS");
	long n = rounds ? strtol(rounds, NULL, 10) : KILL_ROUNDS;
	uint64_t before = 0;

	for (long round = 0; round < n; round++) {
		uint64_t acked = run_and_kill(f, (guint)g_test_rand_int_range(1, 30));
		g_autoptr(GError) error = NULL;
		SpoolDb *db = spool_db_open(f->path, LIMIT, &error);

		g_assert_no_error(error);
		SpoolStats stats = spool_db_stats(db);
		g_assert_cmpuint(acked, >, before);      /* numbers never come twice */
		g_assert_cmpuint(stats.last, >=, acked); /* nothing acknowledged is missing */
		g_assert_cmpuint(stats.depth, >=, 2 * CHILD_BATCH);
		g_assert_cmpuint(stats.last % CHILD_BATCH, ==, 0); /* whole batches only */
		g_assert_cmpuint(stats.accepted, ==, stats.last);
		before = stats.last;
		spool_db_close(db);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	/* first, before there are threads: it forks */
	ADD("/agent/spool/kill", test_kill);
	ADD("/agent/spool/round-trip", test_round_trip);
	ADD("/agent/spool/newest", test_newest);
	ADD("/agent/spool/quiet-release", test_quiet_release);
	ADD("/agent/spool/close", test_close);
	ADD("/agent/spool/ping", test_ping);
	ADD("/agent/spool/limit", test_limit);
	ADD("/agent/spool/queue-bound", test_queue_bound);
	return g_test_run();
}
