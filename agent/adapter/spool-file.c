/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool-file.h"

#include "agent/adapter/spool-db.h"

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool spool_file_was_ours(const char *path)
{
	static const char magic[] = "SQLite format 3";
	static const char zeros[sizeof(magic)];
	char start[sizeof(magic)] = { 0 };
	struct stat status = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, start, sizeof(start));
	bool whole_pages =
		fd >= 0 && fstat(fd, &status) == 0 && status.st_size % SPOOL_PAGE_SIZE == 0;

	if (fd >= 0)
		close(fd);
	return len >= 0 && (whole_pages || memcmp(start, magic, (size_t)len) == 0 ||
			    memcmp(start, zeros, (size_t)len) == 0);
}

/* The file never gets smaller. Pages that deletions left take new samples although the disk has
 * nothing to give, as long as the WAL finds room: else a disk that this spool has filled would stay
 * refused after all was delivered. */
SpoolRoom spool_file_room(const char *path)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	struct stat status = { 0 };
	struct statvfs disk;

	if (statvfs(path, &disk) < 0)
		return SPOOL_ROOM_ENOUGH;

	uint64_t available = (uint64_t)disk.f_bavail * disk.f_frsize;

	if (available >= SPOOL_DB_RESERVE)
		return SPOOL_ROOM_ENOUGH;
	if (available < SPOOL_DB_RESERVE / 8)
		return SPOOL_ROOM_NONE;
	if (stat(wal, &status) == 0)
		available += (uint64_t)status.st_size;
	return available < SPOOL_DB_RESERVE / 2 ? SPOOL_ROOM_NONE : SPOOL_ROOM_TIGHT;
}
