/* SPDX-License-Identifier: MIT */
#include "common/store-ops.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_mkdir(gpointer data, int dir_fd, const char *name, mode_t mode)
{
	return mkdirat(dir_fd, name, mode);
}

static int system_open(gpointer data, int dir_fd, const char *name, int flags, mode_t mode)
{
	return openat(dir_fd, name, flags, mode);
}

static ssize_t system_write(gpointer data, int fd, const void *octets, size_t len)
{
	return write(fd, octets, len);
}

static int system_fsync(gpointer data, int fd)
{
	return fsync(fd);
}

static int system_rename(gpointer data, int dir_fd, const char *from, const char *to)
{
	return renameat(dir_fd, from, dir_fd, to);
}

static int system_symlink(gpointer data, const char *target, int dir_fd, const char *name)
{
	return symlinkat(target, dir_fd, name);
}

static int system_unlink(gpointer data, int dir_fd, const char *name, int flags)
{
	return unlinkat(dir_fd, name, flags);
}

static const StoreOps system_ops = {
	.mkdir = system_mkdir,
	.open = system_open,
	.write = system_write,
	.fsync = system_fsync,
	.rename = system_rename,
	.symlink = system_symlink,
	.unlink = system_unlink,
};

const StoreOps *store_ops_system(void)
{
	return &system_ops;
}
