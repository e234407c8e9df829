/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-tally.h"

#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".tally"
#define DIGITS 20 /* of the largest number */
#define FIELDS 6
#define SUM    64 /* characters of a SHA-256 */
#define BODY   (FIELDS * (DIGITS + 1))
#define LINE   (BODY + SUM + 1)

G_STATIC_ASSERT(sizeof(SpoolTally) == FIELDS * sizeof(uint64_t));

int spool_tally_open(const char *path)
{
	g_autofree char *name = g_strconcat(path, SUFFIX, NULL);

	return open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static bool field_read(const char *text, uint64_t *value)
{
	g_autofree char *digits = g_strndup(text, DIGITS);

	return g_ascii_string_to_unsigned(digits, 10, 0, INT64_MAX, value, NULL);
}

bool spool_tally_read(int fd, SpoolTally *tally)
{
	char line[LINE];

	if (fd < 0 || pread(fd, line, LINE, 0) != LINE)
		return false;

	g_autofree char *sum =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line, BODY);
	uint64_t *const fields[FIELDS] = { &tally->base,  &tally->next,    &tally->first,
					   &tally->holes, &tally->dropped, &tally->unkept };

	if (memcmp(line + BODY, sum, SUM) != 0)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!field_read(line + i * (DIGITS + 1), fields[i]))
			return false;
	}
	return tally->base <= tally->next && tally->first <= tally->next &&
	       tally->holes <= tally->next - tally->first;
}

void spool_tally_write(int fd, const SpoolTally *tally)
{
	char line[LINE + 1];

	if (fd < 0)
		return;
	snprintf(line, sizeof(line),
		 "%020" PRIu64 " %020" PRIu64 " %020" PRIu64 " %020" PRIu64 " %020" PRIu64
		 " %020" PRIu64 " ",
		 tally->base, tally->next, tally->first, tally->holes, tally->dropped,
		 tally->unkept);

	g_autofree char *sum =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line, BODY);

	snprintf(line + BODY, SUM + 2, "%s\n", sum);
	if (pwrite(fd, line, LINE, 0) != LINE)
		g_debug("the spool's tally is not written");
}

uint64_t spool_tally_depth(const SpoolTally *tally)
{
	return tally->next - tally->first - tally->holes;
}

uint64_t spool_tally_given(const SpoolTally *tally)
{
	return tally->next - tally->base;
}

/* The counts of a damaged file may make no sense. */
static uint64_t less(uint64_t count, uint64_t by)
{
	return count - MIN(count, by);
}

uint64_t spool_tally_delivered(const SpoolTally *tally)
{
	return less(spool_tally_given(tally) + tally->unkept,
		    spool_tally_depth(tally) + tally->dropped);
}

/* In a file that was begun anew, and then no more, the numbers are high already. Where they are
 * higher than those of @last, what it tells of the front is over, or counted before a kill. */
bool spool_tally_is_behind(const SpoolTally *found, const SpoolTally *last)
{
	if (spool_tally_given(found) < spool_tally_given(last) || found->unkept < last->unkept)
		return true;
	if (found->next == last->next)
		return found->first < last->first || found->dropped < last->dropped;
	return found->next < last->next;
}

uint64_t spool_tally_lost(const SpoolTally *found, const SpoolTally *last, uint64_t there)
{
	uint64_t came = less(spool_tally_given(last), spool_tally_given(found));
	uint64_t depth = spool_tally_depth(last);
	uint64_t absent = found->next > last->next ? 0 : less(depth, there);

	return MIN(MAX(came, absent), depth);
}

/* How many with a number are dropped. Those that were since and are there again are not any more;
 * that leaves those that came since as well. */
static uint64_t count_dropped(const SpoolTally *found, const SpoolTally *last, uint64_t lost)
{
	uint64_t before = less(found->dropped, found->unkept);
	uint64_t since = less(less(last->dropped, last->unkept), before);
	uint64_t came = less(spool_tally_given(last), spool_tally_given(found));

	return before + MIN(since, less(came, lost)) + lost;
}

SpoolTally spool_tally_go_on(const SpoolTally *found, const SpoolTally *last, uint64_t lost,
			     uint64_t next)
{
	uint64_t depth = spool_tally_depth(found);
	uint64_t given = MAX(spool_tally_given(last), spool_tally_given(found));
	uint64_t first = depth > 0 ? found->first : next;
	uint64_t unkept = MAX(found->unkept, last->unkept);

	return (SpoolTally){
		.base = next - given,
		.next = next,
		.first = first,
		.holes = next - first - depth,
		.dropped = MIN(count_dropped(found, last, lost), less(given, depth)) + unkept,
		.unkept = unkept,
	};
}
