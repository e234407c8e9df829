/* SPDX-License-Identifier: MIT */
#include "common/file-read.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_set_errno(GError **error, int saved)
{
	int code =
		saved == EACCES || saved == EPERM ? LANDFALL_ERROR_DENIED : LANDFALL_ERROR_FAILED;

	g_set_error_literal(error, LANDFALL_ERROR, code, g_strerror(saved));
}

/* Fill @content from @fd; it may turn out shorter than it was a moment ago. */
static bool file_fill(int fd, Secret *content, size_t *len, GError **error)
{
	*len = 0;
	while (*len < secret_len(content)) {
		ssize_t got = read(fd, secret_bytes(content) + *len, secret_len(content) - *len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			file_set_errno(error, errno);
			return false;
		}
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return true;
}

/* Whether root may read @file for who has the folder: a link there may lead to what only root
 * reads, and what root reads here may be written where that user does. */
static bool file_is_theirs(int dir_fd, const char *path, const struct stat *file)
{
	struct stat folder;
	struct stat name;

	if (dir_fd == AT_FDCWD || geteuid() != 0 || fstat(dir_fd, &folder) < 0 ||
	    folder.st_uid == 0 || file->st_uid == folder.st_uid)
		return true;
	return fstatat(dir_fd, path, &name, AT_SYMLINK_NOFOLLOW) == 0 &&
	       name.st_ino == file->st_ino && name.st_dev == file->st_dev && name.st_nlink == 1;
}

static Secret *file_read_fd(int dir_fd, const char *path, int fd, size_t max, GError **error)
{
	struct stat file;
	size_t len = 0;

	if (fstat(fd, &file) < 0) {
		file_set_errno(error, errno);
		return NULL;
	}
	if (!S_ISREG(file.st_mode)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "is not a regular file");
		return NULL;
	}
	if (!file_is_theirs(dir_fd, path, &file)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "is a link to a file of another user than the folder's");
		return NULL;
	}
	if ((uint64_t)file.st_size > max) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "is larger than %zu octets", max);
		return NULL;
	}

	g_autoptr(Secret) content = secret_new_zeroed((size_t)file.st_size);

	if (!file_fill(fd, content, &len, error))
		return NULL;
	if (len < secret_len(content))
		return secret_new(secret_data(content), len);
	return g_steal_pointer(&content);
}

Secret *file_read(int dir_fd, const char *path, size_t max, GError **error)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno != ENOENT)
			file_set_errno(error, errno);
		return NULL;
	}

	Secret *content = file_read_fd(dir_fd, path, fd, max, error);

	close(fd);
	return content;
}
