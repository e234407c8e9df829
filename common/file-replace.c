/* SPDX-License-Identifier: MIT */
#include "common/file-replace.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(GError **error, int saved, const char *what, const char *path)
{
	g_set_error(error, LANDFALL_ERROR,
		    saved == EACCES || saved == EPERM || saved == EROFS ? LANDFALL_ERROR_DENIED
									: LANDFALL_ERROR_FAILED,
		    "cannot %s %s: %s", what, path, g_strerror(saved));
	return false;
}

static bool sync_folder(const char *folder, GError **error)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 ? -1 : fsync(fd);
	int saved = errno;

	if (fd >= 0)
		close(fd);
	return status == 0 ? true : fail(error, saved, "write", folder);
}

/* Root may start a service by hand, which must find its files when it is itself again. */
static void give_away(int fd, int folder_fd, const char *folder)
{
	struct stat status;

	if (geteuid() == 0 && fstat(folder_fd, &status) == 0 &&
	    fchown(fd, status.st_uid, status.st_gid) != 0)
		g_debug("%s: a file there stays root's: %s", folder, g_strerror(errno));
}

/* All of it and on disk; 0, or an errno. */
static int write_all(int fd, const void *data, size_t len)
{
	ssize_t done;

	do {
		done = write(fd, data, len);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		return errno;
	if (done != (ssize_t)len)
		return ENOSPC;
	return fsync(fd) == 0 ? 0 : errno;
}

/* By descriptor: one folder throughout, whatever its owner puts in its place meanwhile. Returns 0
 * or an errno. */
static int replace_in(int folder_fd, const char *folder, const char *name, const void *data,
		      size_t len)
{
	g_autofree char *fresh = g_strconcat(name, ".new", NULL);
	int failure;

	/* What lies there is a leftover, or a FIFO that would be waited for. */
	if (unlinkat(folder_fd, fresh, 0) < 0 && errno != ENOENT)
		return errno;

	int fd = openat(folder_fd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	give_away(fd, folder_fd, folder);
	failure = write_all(fd, data, len);
	close(fd);
	if (failure == 0 && renameat(folder_fd, fresh, folder_fd, name) < 0)
		failure = errno;
	if (failure != 0)
		unlinkat(folder_fd, fresh, 0);
	else if (fsync(folder_fd) < 0)
		failure = errno;
	return failure;
}

bool file_replace(const char *folder, const char *name, const void *data, size_t len,
		  GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder_fd < 0)
		return fail(error, errno, "write", folder);

	int failure = replace_in(folder_fd, folder, name, data, len);

	close(folder_fd);
	return failure == 0 || fail(error, failure, "write", path);
}

bool file_remove(const char *folder, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	if (unlink(path) < 0)
		return errno == ENOENT ? true : fail(error, errno, "remove", path);
	return sync_folder(folder, error);
}
