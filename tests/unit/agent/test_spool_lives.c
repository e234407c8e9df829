/* SPDX-License-Identifier: MIT */
/* spool-db: what becomes of each sample in lives full of kills and damage, drawn at random. */
#include "tests/unit/agent/spool-fixture.h"

#include "tests/unit/agent/test-profile.h"

#include <glib/gstdio.h>
#include <string.h>

#define LIVES        12
#define ROUNDS       12
#define SMALL_LIMIT  ((uint64_t)40 * 1024)
#define TRANSACTIONS 9
#define ROWS_MAX     100

typedef enum State {
	WAITS,
	DELIVERED,
	DROPPED,
} State;

typedef struct Given {
	uint64_t seq;
	State state;
} Given;

typedef struct Life {
	const SpoolFixture *f;
	SpoolDb *db;
	ConfigSpoolPolicy policy;
	GRand *rand;
	GArray *given;   /* of Given, in order */
	uint64_t unkept; /* dropped, and never had a number */
	unsigned warnings;
} Life;

static uint32_t draw(Life *life, size_t below)
{
	return (uint32_t)g_rand_int_range(life->rand, 0, (int)below);
}

static void on_line(const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
	Life *life = data;

	life->warnings += (level & G_LOG_LEVEL_WARNING) != 0;
}

static void life_open(Life *life)
{
	g_autoptr(GError) error = NULL;

	life->warnings = 0;
	life->db = spool_db_open(life->f->path, SMALL_LIMIT, &error);
	g_assert_no_error(error);
	spool_db_set_policy(life->db, life->policy);
}

static uint64_t count(const Life *life, State state)
{
	uint64_t n = 0;

	for (guint i = 0; i < life->given->len; i++)
		n += g_array_index(life->given, Given, i).state == state;
	return n;
}

static void assert_counts(const Life *life)
{
	assert_stats(life->db, count(life, WAITS), spool_db_stats(life->db).last,
		     count(life, DELIVERED), count(life, DROPPED) + life->unkept);
}

/* --- what an agent does --- */

static void life_append(Life *life)
{
	uint64_t next = spool_db_stats(life->db).last + 1;
	size_t taken = append(life->db, 1 + draw(life, ROWS_MAX));
	SpoolStats stats = spool_db_stats(life->db);

	g_assert_cmpuint(stats.last + 1 - next, <=, taken);
	life->unkept += taken - (stats.last + 1 - next);
	for (; next <= stats.last; next++) {
		Given given = { next, WAITS };

		if (life->given->len > 0)
			g_assert_cmpuint(
				next, >,
				g_array_index(life->given, Given, life->given->len - 1).seq);
		g_array_append_val(life->given, given);
	}
	for (guint i = 0; i < life->given->len; i++) {
		Given *given = &g_array_index(life->given, Given, i);

		if (given->state == WAITS && given->seq < stats.first)
			given->state = DROPPED; /* to make room */
	}
}

static void life_deliver(Life *life)
{
	uint32_t left = 1 + draw(life, ROWS_MAX);
	uint64_t last = 0;

	for (guint i = 0; i < life->given->len && left > 0; i++) {
		Given *given = &g_array_index(life->given, Given, i);

		if (given->state != WAITS)
			continue;
		given->state = DELIVERED;
		last = given->seq;
		left--;
	}
	remove_up_to(life->db, last, 0);
}

static void life_work(Life *life)
{
	for (uint32_t i = draw(life, TRANSACTIONS); i > 0; i--) {
		if (draw(life, 3) > 0)
			life_append(life);
		else
			life_deliver(life);
	}
	assert_counts(life);
}

/* --- what happens to it --- */

/* The tally is as it was left, older, or gone: no difference while nothing else is damaged. */
static void life_kill(Life *life)
{
	g_autofree char *tally = g_strconcat(life->f->path, ".tally", NULL);
	g_autofree char *old = g_build_filename(life->f->dir, "old", NULL);
	uint32_t which = draw(life, 3);

	if (draw(life, 2) == 0)
		spool_db_checkpoint(life->db);
	life_append(life);
	copy_file(tally, old);
	life_work(life);
	spool_kill(life->f, life->db);
	if (which == 1)
		copy_file(old, tally);
	else if (which == 2)
		g_assert_cmpint(g_unlink(tally), ==, 0);
	life_open(life);
	g_assert_cmpuint(life->warnings, ==, 0);
	assert_counts(life);
}

static void log_spoil(Life *life, const char *wal)
{
	g_autofree char *content = NULL;
	gsize len = 0;

	if (!g_file_get_contents(wal, &content, &len, NULL) || len == 0)
		return;

	size_t at = draw(life, len);

	switch (draw(life, 4)) {
	case 0: content[at] ^= (char)(1u << draw(life, 8)); break;
	case 1: memset(content + at, 0, len - at); break;
	case 2: memset(content + at, 'x', MIN(len - at, 6000)); break;
	default: len = at; break;
	}
	g_assert_true(g_file_set_contents(wal, content, (gssize)len, NULL));
}

/* The number behind @after of a row that is there; 0: of none */
static uint64_t read_next(const Life *life, const Profile *profile, uint64_t after)
{
	g_autoptr(Payload) payload =
		payload_new(profile, (PayloadLimits){ .octets = 1000000, .samples = 1 });

	g_assert_true(spool_db_read(life->db, after, payload, NULL));
	return payload_count(payload) > 0 ? payload_last(payload) : 0;
}

/* What is there waits; what waited and is not there is lost. Returns how many are. */
static unsigned life_compare(Life *life)
{
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	uint64_t row = read_next(life, profile, 0);
	unsigned lost = 0;

	for (guint i = 0; i < life->given->len; i++) {
		Given *given = &g_array_index(life->given, Given, i);

		if (given->seq == row) {
			given->state = WAITS;
			row = read_next(life, profile, row);
		} else if (given->state == WAITS) {
			given->state = DROPPED;
			lost++;
		}
	}
	g_assert_cmpuint(row, ==, 0);
	return lost;
}

/* False: which of those that were dropped since are there again cannot be told. */
static bool life_damage(Life *life)
{
	g_autofree char *wal = g_strconcat(life->f->path, "-wal", NULL);
	SpoolStats stats;

	spool_kill(life->f, life->db);
	log_spoil(life, wal);
	life_open(life);
	if (life_compare(life) > 0)
		g_assert_cmpuint(life->warnings, ==, 1);
	stats = spool_db_stats(life->db);
	g_assert_cmpuint(stats.accepted, ==, life->given->len + life->unkept);
	g_assert_cmpuint(stats.depth, ==, count(life, WAITS));
	g_assert_cmpuint(stats.dropped, >=, count(life, DROPPED) + life->unkept);
	g_assert_cmpuint(stats.depth + stats.delivered + stats.dropped, ==, stats.accepted);
	if (life->policy == CONFIG_SPOOL_DROP_OLDEST &&
	    stats.dropped > count(life, DROPPED) + life->unkept)
		return false;
	assert_counts(life);
	return true;
}

static void test_life(SpoolFixture *f, gconstpointer data)
{
	Life life = {
		.f = f,
		.policy = GPOINTER_TO_INT(data) % 3,
		.rand = g_rand_new_with_seed((guint32)GPOINTER_TO_INT(data)),
		.given = g_array_new(FALSE, FALSE, sizeof(Given)),
	};
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	GLogFunc writer = g_log_set_default_handler(on_line, &life);
	bool told = true;

	life_open(&life);
	life_append(&life);
	for (unsigned i = 0; i < ROUNDS && told; i++) {
		life_work(&life);
		if (draw(&life, 2) == 0)
			life_kill(&life);
		else
			told = life_damage(&life);
	}
	spool_db_close(life.db);
	g_log_set_default_handler(writer, NULL);
	g_log_set_always_fatal(fatal);
	g_array_unref(life.given);
	g_rand_free(life.rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (int i = 0; i < LIVES; i++) {
		g_autofree char *path = g_strdup_printf("/agent/spool-lives/%d", i);

		g_test_add(path, SpoolFixture, GINT_TO_POINTER(i), spool_set_up, test_life,
			   spool_tear_down);
	}
	return g_test_run();
}
