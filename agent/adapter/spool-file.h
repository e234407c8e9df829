/* SPDX-License-Identifier: MIT */
/*
 * spool-file - what the file system says of the spool's file
 */
#pragma once

#include <stdbool.h>

#define SPOOL_PAGE_SIZE 4096 /* of the database, as its log has it too */

typedef enum SpoolRoom {
	SPOOL_ROOM_ENOUGH,
	SPOOL_ROOM_TIGHT, /* what the file has free itself may be used */
	SPOOL_ROOM_NONE,
} SpoolRoom;

/* spool_file_was_ours() - whether a file that SQLite cannot read was a spool once: its beginning is
 * what every database begins with, or was lost with nothing but zeros left, or it still consists of
 * whole pages. Any other file belongs to somebody else. */
bool spool_file_was_ours(const char *path);

/* spool_file_room() - what the disk has left for the spool @path; enough, when it cannot be asked
 */
SpoolRoom spool_file_room(const char *path);
