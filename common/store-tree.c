/* SPDX-License-Identifier: MIT */
#include "common/store-tree.h"

#include "common/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define GENERATIONS  "generations"
#define CURRENT      "current"
#define CURRENT_NEW  "current.new"
#define LOCK         "lock"
#define FOLDER_NEW   ".new"
#define FOLDER_OLD   ".old"
#define MARKER_NEW   "marker.new"
#define PUT_NEW      "put.new"
#define NUMBER_LEN   16
#define TARGET_LEN   (sizeof(GENERATIONS) + NUMBER_LEN)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define CREATE_FLAGS (O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) /* FIFO: fails */
#define LOCK_POLL_US (20 * 1000)
#define LIST_MAX     10000 /* generations looked at */

struct StoreTree {
	char *path;
	const StoreOps *ops; /* borrowed */
	gpointer ops_data;   /* borrowed */
	int store_fd;
	int generations_fd;
	int lock_fd;
	bool own; /* run as root: what is created is given to uid, gid */
	uid_t uid;
	gid_t gid;
};

typedef struct ErrnoCode {
	int number;
	LandfallError code;
	const char *advice;
} ErrnoCode;

static const ErrnoCode errno_codes[] = {
	{ ENOENT, LANDFALL_ERROR_STORE_ABSENT,
	  "; import an identity first: landfallctl store import FOLDER" },
	{ EACCES, LANDFALL_ERROR_DENIED, "; run this as root or as the store's owner" },
	{ EPERM, LANDFALL_ERROR_DENIED, "; run this as root or as the store's owner" },
	{ EROFS, LANDFALL_ERROR_DENIED, "; the file system has to be writable" },
	{ ENOSPC, LANDFALL_ERROR_FULL, "; make room on that disk" },
	{ EDQUOT, LANDFALL_ERROR_FULL, "; make room in that quota" },
};

static bool fail(const char *path, const char *name, const char *verb, int number, GError **error)
{
	const ErrnoCode *found = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(errno_codes); i++)
		if (errno_codes[i].number == number)
			found = &errno_codes[i];
	g_set_error(error, LANDFALL_ERROR, found ? (int)found->code : LANDFALL_ERROR_FAILED,
		    "%s%s%s: cannot %s: %s%s", path, name[0] ? "/" : "", name, verb,
		    g_strerror(number), found ? found->advice : "");
	return false;
}

static bool tree_fail(const StoreTree *tree, const char *name, const char *verb, GError **error)
{
	return fail(tree->path, name, verb, errno, error);
}

static bool number_parse(const char *text, uint32_t *number)
{
	guint64 value = 0;

	if (text[0] == '0' ||
	    !g_ascii_string_to_unsigned(text, 10, 1, STORE_TREE_NUMBER_MAX, &value, NULL))
		return false;
	*number = (uint32_t)value;
	return true;
}

static void number_format(uint32_t number, char text[NUMBER_LEN])
{
	g_snprintf(text, NUMBER_LEN, "%u", number);
}

/* --- reading --- */

bool store_tree_read_current(const char *path, uint32_t *number, GError **error)
{
	g_autofree char *link = g_build_filename(path, CURRENT, NULL);
	char target[TARGET_LEN + 1];
	ssize_t len = readlink(link, target, TARGET_LEN);

	if (len < 0 && errno != EINVAL)
		return fail(path, CURRENT, "read the link", errno, error);
	target[MAX(len, 0)] = '\0';
	if (len < 0 || !g_str_has_prefix(target, GENERATIONS "/") ||
	    !number_parse(target + strlen(GENERATIONS "/"), number)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
			    "%s: is no link to " GENERATIONS
			    "/NUMBER; remove it and import the identity again",
			    link);
		return false;
	}
	return true;
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
	uint32_t first = *(const uint32_t *)a;
	uint32_t second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

GArray *store_tree_list(const char *path, GError **error)
{
	g_autofree char *folder = g_build_filename(path, GENERATIONS, NULL);
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	DIR *dir = opendir(folder);

	if (!dir) {
		fail(path, GENERATIONS, "open", errno, error);
		return NULL;
	}
	for (struct dirent *entry = readdir(dir); entry && numbers->len < LIST_MAX;
	     entry = readdir(dir)) {
		uint32_t number = 0;

		if (number_parse(entry->d_name, &number))
			g_array_append_val(numbers, number);
	}
	closedir(dir);
	g_array_sort(numbers, compare_numbers);
	return g_steal_pointer(&numbers);
}

int store_tree_open_generation(const char *path, uint32_t number, GError **error)
{
	g_autofree char *name = g_strdup_printf(GENERATIONS "/%u", number);
	g_autofree char *folder = g_build_filename(path, name, NULL);
	int fd = open(folder, FOLDER_FLAGS);

	if (fd < 0)
		fail(path, name, "open", errno, error);
	return fd;
}

/* --- small steps of writing --- */

/* A file that was not there before. One that is there is a leftover, or a link of somebody who may
 * write here to a file of root's, which root would empty and give away: it goes. */
static int tree_create(const StoreTree *tree, int dir_fd, const char *name)
{
	int flags = CREATE_FLAGS | O_EXCL;
	int fd = tree->ops->open(tree->ops_data, dir_fd, name, flags, 0600);

	if (fd >= 0 || errno != EEXIST || tree->ops->unlink(tree->ops_data, dir_fd, name, 0) < 0)
		return fd;
	return tree->ops->open(tree->ops_data, dir_fd, name, flags, 0600);
}

static bool tree_give(const StoreTree *tree, int fd)
{
	return !tree->own || fchown(fd, tree->uid, tree->gid) == 0;
}

static bool tree_sync(const StoreTree *tree, int fd)
{
	return tree->ops->fsync(tree->ops_data, fd) == 0;
}

/* A folder that exists afterwards, ours and on disk; its descriptor or -1 with errno */
static int tree_make_folder(const StoreTree *tree, int dir_fd, const char *name)
{
	if (tree->ops->mkdir(tree->ops_data, dir_fd, name, 0700) < 0 && errno != EEXIST)
		return -1;

	int fd = openat(dir_fd, name, FOLDER_FLAGS);

	if (fd >= 0 && tree_give(tree, fd))
		return fd;

	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

static bool tree_write_all(const StoreTree *tree, int fd, const void *data, size_t len)
{
	const char *next = data;

	while (len > 0) {
		ssize_t written = tree->ops->write(tree->ops_data, fd, next, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		next += written;
		len -= (size_t)written;
	}
	return true;
}

/* A new file, 0600, ours, whole on disk; false with errno */
static bool tree_write_file(const StoreTree *tree, int dir_fd, const char *name,
			    const StoreTreeFile *file)
{
	int fd = tree_create(tree, dir_fd, name);

	if (fd < 0)
		return false;

	bool ok = tree_give(tree, fd) && tree_write_all(tree, fd, file->data, file->len) &&
		  tree_sync(tree, fd);
	int saved = errno;

	close(fd);
	errno = saved;
	return ok;
}

/* Empty the folder @name and remove it; it need not exist */
static bool tree_delete_folder(const StoreTree *tree, const char *name)
{
	int fd = openat(tree->generations_fd, name, FOLDER_FLAGS);

	if (fd < 0)
		return errno == ENOENT;

	DIR *dir = fdopendir(fd); /* owns fd from here */

	if (!dir) {
		close(fd);
		return false;
	}

	bool ok = true;

	for (struct dirent *entry = readdir(dir); ok && entry; entry = readdir(dir)) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		ok = tree->ops->unlink(tree->ops_data, fd, entry->d_name, 0) == 0;
	}
	ok = ok && tree->ops->unlink(tree->ops_data, tree->generations_fd, name, AT_REMOVEDIR) == 0;

	int saved = errno;

	closedir(dir);
	errno = saved;
	return ok;
}

/* Clear away what a writer that was killed left half done. What resists is left: it stands in
 * the way of nothing but the step that would create it anew, which then says so. */
static void tree_sweep(StoreTree *tree)
{
	if (!tree_delete_folder(tree, FOLDER_NEW) || !tree_delete_folder(tree, FOLDER_OLD))
		g_debug("%s: leftovers stay: %s", tree->path, g_strerror(errno));
	if (tree->ops->unlink(tree->ops_data, tree->store_fd, CURRENT_NEW, 0) < 0 &&
	    errno != ENOENT)
		g_debug("%s/" CURRENT_NEW " stays: %s", tree->path, g_strerror(errno));
	if (tree->ops->unlink(tree->ops_data, tree->store_fd, PUT_NEW, 0) < 0 && errno != ENOENT)
		g_debug("%s/" PUT_NEW " stays: %s", tree->path, g_strerror(errno));
}

/* --- the lock --- */

/* The store's own folder, made with the owner of the one above it */
static bool tree_create_store(StoreTree *tree, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(tree->path);
	g_autofree char *name = g_path_get_basename(tree->path);
	struct stat above;
	int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent_fd < 0 || fstat(parent_fd, &above) < 0) {
		int saved = errno;

		if (parent_fd >= 0)
			close(parent_fd);
		return fail(parent, "", "open", saved, error);
	}
	tree->uid = above.st_uid;
	tree->gid = above.st_gid;
	tree->store_fd = tree_make_folder(tree, parent_fd, name);

	bool ok = tree->store_fd >= 0 && tree_sync(tree, parent_fd);

	if (!ok)
		tree_fail(tree, "", "create", error);
	close(parent_fd);
	return ok;
}

static bool tree_open_store(StoreTree *tree, bool create, GError **error)
{
	struct stat store;

	tree->own = geteuid() == 0;
	tree->store_fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->store_fd < 0 && (!create || errno != ENOENT))
		return tree_fail(tree, "", "open", error);
	if (tree->store_fd < 0 && !tree_create_store(tree, error))
		return false;
	if (fstat(tree->store_fd, &store) < 0)
		return tree_fail(tree, "", "examine", error);
	tree->uid = store.st_uid;
	tree->gid = store.st_gid;
	return true;
}

static bool tree_open_generations(StoreTree *tree, bool create, GError **error)
{
	tree->generations_fd = create ? tree_make_folder(tree, tree->store_fd, GENERATIONS)
				      : openat(tree->store_fd, GENERATIONS, FOLDER_FLAGS);
	if (tree->generations_fd < 0 || (create && !tree_sync(tree, tree->store_fd)))
		return tree_fail(tree, GENERATIONS, "open", error);
	return true;
}

/* Only what is made here is given away: what is there may be a link to another file. */
static bool tree_open_lock(StoreTree *tree)
{
	tree->lock_fd = openat(tree->store_fd, LOCK, CREATE_FLAGS | O_EXCL, 0600);
	if (tree->lock_fd >= 0)
		return tree_give(tree, tree->lock_fd);
	if (errno == EEXIST)
		tree->lock_fd = openat(tree->store_fd, LOCK, CREATE_FLAGS, 0600);
	return tree->lock_fd >= 0;
}

static bool tree_take_lock(StoreTree *tree, int64_t wait_ms, GError **error)
{
	int64_t deadline_us = g_get_monotonic_time() + wait_ms * 1000;

	if (!tree_open_lock(tree))
		return tree_fail(tree, LOCK, "open", error);
	while (flock(tree->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return tree_fail(tree, LOCK, "lock", error);
		if (g_get_monotonic_time() >= deadline_us) {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
				    "%s: another program is changing the store; try again",
				    tree->path);
			return false;
		}
		g_usleep(LOCK_POLL_US);
	}
	return true;
}

StoreTree *store_tree_lock(const char *path, bool create, int64_t wait_ms, const StoreOps *ops,
			   gpointer ops_data, GError **error)
{
	g_autoptr(StoreTree) tree = g_new0(StoreTree, 1);

	tree->path = g_strdup(path);
	tree->ops = ops;
	tree->ops_data = ops_data;
	tree->store_fd = tree->generations_fd = tree->lock_fd = -1;
	if (!tree_open_store(tree, create, error) || !tree_take_lock(tree, wait_ms, error) ||
	    !tree_open_generations(tree, create, error))
		return NULL;
	tree_sweep(tree);
	return g_steal_pointer(&tree);
}

void store_tree_free(StoreTree *tree)
{
	if (!tree)
		return;
	if (tree->generations_fd >= 0)
		close(tree->generations_fd);
	if (tree->lock_fd >= 0)
		close(tree->lock_fd);
	if (tree->store_fd >= 0)
		close(tree->store_fd);
	g_free(tree->path);
	g_free(tree);
}

/* --- whole changes --- */

static bool tree_fill_folder(StoreTree *tree, const StoreTreeFile *files, size_t count,
			     GError **error)
{
	int fd = tree_make_folder(tree, tree->generations_fd, FOLDER_NEW);
	const char *name = "";
	bool ok = fd >= 0;

	for (size_t i = 0; ok && i < count; i++) {
		if (!files[i].data)
			continue;
		name = files[i].name;
		ok = tree_write_file(tree, fd, name, &files[i]);
	}
	ok = ok && tree_sync(tree, fd);
	if (!ok) {
		g_autofree char *path =
			g_build_filename(GENERATIONS, FOLDER_NEW, name[0] ? name : NULL, NULL);

		tree_fail(tree, path, "write", error);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

bool store_tree_write(StoreTree *tree, uint32_t number, const StoreTreeFile *files, size_t count,
		      GError **error)
{
	char name[NUMBER_LEN];
	bool ok = tree_fill_folder(tree, files, count, error);

	number_format(number, name);
	if (ok) {
		ok = tree->ops->rename(tree->ops_data, tree->generations_fd, FOLDER_NEW, name) ==
			     0 &&
		     tree_sync(tree, tree->generations_fd);
		if (!ok)
			tree_fail(tree, GENERATIONS, "add a generation", error);
	}
	if (!ok)
		tree_sweep(tree);
	return ok;
}

static bool tree_make_link(StoreTree *tree, uint32_t number)
{
	char target[TARGET_LEN];

	g_snprintf(target, sizeof(target), GENERATIONS "/%u", number);
	return tree->ops->symlink(tree->ops_data, target, tree->store_fd, CURRENT_NEW) == 0 &&
	       (!tree->own || fchownat(tree->store_fd, CURRENT_NEW, tree->uid, tree->gid,
				       AT_SYMLINK_NOFOLLOW) == 0) &&
	       tree->ops->rename(tree->ops_data, tree->store_fd, CURRENT_NEW, CURRENT) == 0;
}

bool store_tree_switch(StoreTree *tree, uint32_t number, GError **error)
{
	if (!tree_make_link(tree, number)) {
		tree_fail(tree, CURRENT, "replace", error);
		tree_sweep(tree);
		return false;
	}
	return tree_sync(tree, tree->store_fd) || tree_fail(tree, CURRENT, "put on disk", error);
}

bool store_tree_remove(StoreTree *tree, uint32_t number, GError **error)
{
	char name[NUMBER_LEN];

	number_format(number, name);
	if (tree->ops->rename(tree->ops_data, tree->generations_fd, name, FOLDER_OLD) < 0 ||
	    !tree_delete_folder(tree, FOLDER_OLD)) {
		g_autofree char *path = g_build_filename(GENERATIONS, name, NULL);

		return tree_fail(tree, path, "remove", error);
	}
	return true;
}

bool store_tree_put(StoreTree *tree, const StoreTreeFile *file, GError **error)
{
	if (tree_write_file(tree, tree->store_fd, PUT_NEW, file) &&
	    tree->ops->rename(tree->ops_data, tree->store_fd, PUT_NEW, file->name) == 0 &&
	    tree_sync(tree, tree->store_fd))
		return true;
	tree_fail(tree, file->name, "write", error);
	tree_sweep(tree);
	return false;
}

bool store_tree_drop(StoreTree *tree, const char *name, GError **error)
{
	if (tree->ops->unlink(tree->ops_data, tree->store_fd, name, 0) < 0 && errno != ENOENT)
		return tree_fail(tree, name, "remove", error);
	return tree_sync(tree, tree->store_fd) || tree_fail(tree, name, "remove", error);
}

/* The marker is renamed into place, so its text is whole or it is not there. */
static bool tree_set_marker(StoreTree *tree, int fd, const char *name, const char *text)
{
	StoreTreeFile file = { .name = name, .data = text, .len = strlen(text) };

	return tree_write_file(tree, fd, MARKER_NEW, &file) &&
	       tree->ops->rename(tree->ops_data, fd, MARKER_NEW, name) == 0 && tree_sync(tree, fd);
}

static bool tree_lift_marker(StoreTree *tree, int fd, const char *name)
{
	if (tree->ops->unlink(tree->ops_data, fd, name, 0) < 0)
		return errno == ENOENT;
	return tree_sync(tree, fd);
}

bool store_tree_mark(StoreTree *tree, uint32_t number, const char *name, const char *text,
		     GError **error)
{
	g_autofree char *path = g_strdup_printf(GENERATIONS "/%u/%s", number, name);
	char folder[NUMBER_LEN];

	number_format(number, folder);

	int fd = openat(tree->generations_fd, folder, FOLDER_FLAGS);

	if (fd < 0)
		return tree_fail(tree, path, text ? "write" : "remove", error);

	bool ok = text ? tree_set_marker(tree, fd, name, text) : tree_lift_marker(tree, fd, name);

	if (!ok)
		tree_fail(tree, path, text ? "write" : "remove", error);
	close(fd);
	return ok;
}
