/* SPDX-License-Identifier: MIT */
/*
 * spool-tally - what the spool held at its last commit, in a small file beside it
 *
 *   PATH.tally   the numbers of a SpoolTally in the order below, 20 digits each, spaces between
 *                them, then the SHA-256 of all that in hexadecimal, and a line feed
 *
 * Written after each commit and never synced, so it costs no wait. A process that is killed leaves
 * it exact, since the kernel has it; a power cut may leave an older one, or none. As it follows
 * the commit, it never tells of samples that were not synced: where it is ahead of the spool, the
 * spool has lost them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct SpoolTally {
	uint64_t base;    /* the first number ever given */
	uint64_t next;    /* the next one to be given */
	uint64_t first;   /* lowest that waits; equals next when none does */
	uint64_t holes;   /* numbers between the two that do not wait */
	uint64_t dropped; /* samples accepted and never to be delivered */
	uint64_t unkept;  /* of these, that never got a number */
} SpoolTally;

/* spool_tally_open() - the file beside the spool @path, created when it is not there, mode 0600
 * Returns a descriptor to close(), or -1 with errno */
int spool_tally_open(const char *path);

/* spool_tally_read() - false: there is none, or none that is whole
 * @fd: of spool_tally_open(), or -1 */
bool spool_tally_read(int fd, SpoolTally *tally);

/* spool_tally_write() - in one write, not synced; a failure leaves what was there, or none
 * @fd: of spool_tally_open(), or -1: nothing is done */
void spool_tally_write(int fd, const SpoolTally *tally);

/* spool_tally_depth() - how many samples waited */
uint64_t spool_tally_depth(const SpoolTally *tally);

/* spool_tally_given() - how many numbers were given */
uint64_t spool_tally_given(const SpoolTally *tally);

/* spool_tally_delivered() - how many samples were delivered; 0 when the counts make no sense */
uint64_t spool_tally_delivered(const SpoolTally *tally);

/* spool_tally_is_behind() - whether the spool has gone back: what it is @found to hold was so
 * before it was as @last tells. Nothing but a loss does that */
bool spool_tally_is_behind(const SpoolTally *found, const SpoolTally *last);

/* spool_tally_lost() - of the samples that waited at @last, how many are lost; among them may be
 * counted those that were delivered ahead of others
 * @there: how many rows the spool has from @last->first on */
uint64_t spool_tally_lost(const SpoolTally *found, const SpoolTally *last, uint64_t there);

/* spool_tally_go_on() - what the spool is to say after a loss of @lost: what is @found waits, the
 * counts go on from @last, the numbers from @next, which is above those of both */
SpoolTally spool_tally_go_on(const SpoolTally *found, const SpoolTally *last, uint64_t lost,
			     uint64_t next);
