/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-wal.h"

#include "agent/adapter/spool-file.h"

#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MAGIC        0x377f0682 /* with the lowest bit: checksums of big-endian words */
#define HEADER_SIZE  32
#define FRAME_HEADER 24
#define SALT_SIZE    8
#define TORN_MAX     1 /* transactions that a crash may leave behind the end */

typedef struct Wal {
	FILE *file;
	bool big_endian;
	uint32_t sums[2];
	uint8_t salt[SALT_SIZE];
} Wal;

static uint32_t word_at(const uint8_t *octets, bool big_endian)
{
	uint32_t word;

	memcpy(&word, octets, sizeof(word));
	return big_endian ? GUINT32_FROM_BE(word) : GUINT32_FROM_LE(word);
}

/* @len: a multiple of eight */
static void wal_sum(Wal *wal, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		wal->sums[0] += word_at(octets + i, wal->big_endian) + wal->sums[1];
		wal->sums[1] += word_at(octets + i + 4, wal->big_endian) + wal->sums[0];
	}
}

static bool wal_sums_are(const Wal *wal, const uint8_t *octets)
{
	return wal->sums[0] == word_at(octets, true) && wal->sums[1] == word_at(octets + 4, true);
}

static bool wal_begin(Wal *wal)
{
	uint8_t header[HEADER_SIZE];

	if (fread(header, sizeof(header), 1, wal->file) != 1)
		return false;
	wal->big_endian = word_at(header, true) & 1;
	memcpy(wal->salt, header + 16, SALT_SIZE);
	wal_sum(wal, header, 24);
	return (word_at(header, true) & ~1u) == MAGIC && wal_sums_are(wal, header + 24);
}

/* The next frame is measured by what this one says of itself. */
static bool wal_frame_holds(Wal *wal, const uint8_t *frame)
{
	wal_sum(wal, frame, 8);
	wal_sum(wal, frame + FRAME_HEADER, SPOOL_PAGE_SIZE);

	bool holds = wal_sums_are(wal, frame + 16);

	wal->sums[0] = word_at(frame + 16, true);
	wal->sums[1] = word_at(frame + 20, true);
	return holds;
}

/* Frames of an earlier log, which this one has not reached, have another salt. What several crashes
 * have left, one transaction each, has ours, but does not go on from one to the next. */
static unsigned wal_count_behind(Wal *wal)
{
	uint8_t frame[FRAME_HEADER + SPOOL_PAGE_SIZE];
	unsigned commits = 0; /* in a row */
	unsigned most = 0;
	bool holds = true;

	while (fread(frame, sizeof(frame), 1, wal->file) == 1) {
		bool ours = memcmp(frame + 8, wal->salt, SALT_SIZE) == 0;
		bool goes_on = wal_frame_holds(wal, frame);

		holds = holds && ours && goes_on;
		if (!goes_on)
			commits = 0;
		if (!holds && ours && word_at(frame + 4, true) != 0)
			commits++;
		most = MAX(most, commits);
	}
	return most;
}

bool spool_wal_damaged(const char *path)
{
	Wal wal = { .file = fopen(path, "re") };
	bool damaged = wal.file && wal_begin(&wal) && wal_count_behind(&wal) > TORN_MAX;

	if (wal.file)
		fclose(wal.file);
	return damaged;
}
