/* SPDX-License-Identifier: MIT */
/*
 * frail-machine - a clock that jumps and a disk that forgets, under an agent that knows nothing
 *
 * The library is preloaded into the agent (LD_PRELOAD) and finds in its environment two files of
 * the test: FRAIL_CONTROL, the struct below, mapped by both; FRAIL_JOURNAL, to which it appends all
 * that SQLite does to the spool's files, as records:
 *
 *   FrailRecord   { op, file, offset, len }, of this machine's byte order
 *   octets        len of them, of a write
 *
 * The record of a write stands before it happens, that of a sync after it has succeeded. So what a
 * power cut leaves can be worked out from the journal: all that was synced, and of the rest any
 * part (tests/agent/power-cut.h).
 */
#pragma once

#include <stdint.h>

typedef enum FrailDisk {
	FRAIL_DISK_WORKS,
	FRAIL_DISK_FULL,        /* and says so when asked */
	FRAIL_DISK_FULL_UNTOLD, /* as a quota does: only writing shows it */
	FRAIL_DISK_FAILS,       /* no write, no sync */
} FrailDisk;

typedef enum FrailOp {
	FRAIL_WRITE,
	FRAIL_TRUNCATE, /* to offset */
	FRAIL_SYNC,
	FRAIL_REMOVE,
	FRAIL_SYNC_FOLDER, /* makes removals last */
} FrailOp;

typedef enum FrailFileId {
	FRAIL_FILE_DB,
	FRAIL_FILE_WAL,
	FRAIL_FILE_JOURNAL,
	FRAIL_FILES_N, /* any other is not recorded */
} FrailFileId;

/* Written by the test at any time, read by the agent at each use. */
typedef struct FrailControl {
	int64_t clock_offset_s; /* of the wall clock */
	int32_t disk;           /* FrailDisk */
	int32_t sync_ms;        /* how long a sync takes, also one that is under way */
} FrailControl;

typedef struct FrailRecord {
	uint32_t op;
	uint32_t file;
	uint64_t offset;
	uint64_t len;
} FrailRecord;
