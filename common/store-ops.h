/* SPDX-License-Identifier: MIT */
/*
 * store-ops - the system calls by which the store changes a disk; private to store
 *
 * A table, so that a test can stop before, or fail, any one of them. Each works as the call it is
 * named after: -1 and errno on failure. @data is what was handed to store_set_ops().
 */
#pragma once

#include "common/store.h"

#include <glib.h>
#include <sys/types.h>

typedef struct StoreOps {
	int (*mkdir)(gpointer data, int dir_fd, const char *name, mode_t mode);
	int (*open)(gpointer data, int dir_fd, const char *name, int flags, mode_t mode);
	ssize_t (*write)(gpointer data, int fd, const void *octets, size_t len);
	int (*fsync)(gpointer data, int fd);
	int (*rename)(gpointer data, int dir_fd, const char *from, const char *to);
	int (*symlink)(gpointer data, const char *target, int dir_fd, const char *name);
	int (*unlink)(gpointer data, int dir_fd, const char *name, int flags);
} StoreOps;

/* store_ops_system() - the real ones */
const StoreOps *store_ops_system(void);

/* store_set_ops() - use @ops, borrowed for the life of @store, in place of the real ones */
void store_set_ops(Store *store, const StoreOps *ops, gpointer data);
