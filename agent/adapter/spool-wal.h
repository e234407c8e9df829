/* SPDX-License-Identifier: MIT */
/*
 * spool-wal - whether SQLite lost more of its write-ahead log than a crash can cost
 *
 * SQLite takes the first frame that does not hold for the end of its log, whatever is behind it.
 * After a crash that is right: what was not synced is at most one transaction. When more of them
 * are behind it the file is damaged, and samples that were acknowledged are gone.
 *
 *   octets  field of the file       octets  field of a frame
 *   4       magic number            4       page
 *   12      version, page size ...  4       0, or pages of the database: ends a transaction
 *   8       salt of this log        8       salt
 *   8       checksum                8       checksum of all up to here, itself left out
 *                                   4096    page
 */
#pragma once

#include <stdbool.h>

/* spool_wal_damaged() - whether two or more transactions are behind a frame that does not hold
 * @path: of the log; one that is absent, empty or cannot be read is not damaged */
bool spool_wal_damaged(const char *path);
