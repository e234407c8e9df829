/* SPDX-License-Identifier: MIT */
#include "common/store-watch.h"

#include "common/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CURRENT "current"
#define STORE_EVENTS                                                                               \
	(IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define ABOVE_EVENTS (IN_MOVED_TO | IN_CREATE | IN_ONLYDIR)
#define READ_SIZE    4096

struct StoreWatch {
	char *path;
	char *parent;
	char *name; /* last part of path */
	int fd;
	int store_wd; /* -1: the folder is not there, the one above is watched */
	int above_wd;
	GSource *source;
	StoreWatchFunc changed;
	gpointer user_data;
};

static bool watch_fail(const char *path, GError **error)
{
	int saved = errno;

	if (saved == ENOENT || saved == ENOTDIR)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT,
			    "%s: there is no such folder; create it, or set [store] path", path);
	else if (saved == ENOSPC || saved == EMFILE)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "%s: cannot be watched: inotify is used up; raise "
			    "fs.inotify.max_user_watches or max_user_instances with sysctl",
			    path);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "%s: cannot be watched: %s", path, g_strerror(saved));
	return false;
}

/* Watch the store, and only while it is absent the folder above. The one above is added before
 * the store is tried a last time: so a store that is just being created cannot slip through. */
static bool watch_arm(StoreWatch *watch, GError **error)
{
	watch->store_wd = inotify_add_watch(watch->fd, watch->path, STORE_EVENTS);
	if (watch->store_wd < 0 && errno != ENOENT)
		return watch_fail(watch->path, error);
	if (watch->store_wd < 0 && watch->above_wd < 0) {
		watch->above_wd = inotify_add_watch(watch->fd, watch->parent, ABOVE_EVENTS);
		if (watch->above_wd < 0)
			return watch_fail(watch->parent, error);
		watch->store_wd = inotify_add_watch(watch->fd, watch->path, STORE_EVENTS);
	}
	if (watch->store_wd >= 0 && watch->above_wd >= 0) {
		inotify_rm_watch(watch->fd, watch->above_wd);
		watch->above_wd = -1;
	}
	return true;
}

/* Whether @event may mean another identity; @rearm is set when the folders themselves moved */
static bool watch_concerns(const StoreWatch *watch, const struct inotify_event *event, bool *rearm)
{
	const char *name = event->len > 0 ? event->name : "";

	if (event->mask & IN_Q_OVERFLOW)
		return true;
	if (event->wd == watch->above_wd && strcmp(name, watch->name) == 0)
		*rearm = true;
	if (event->wd == watch->store_wd && event->mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		*rearm = true;
	return *rearm || (event->wd == watch->store_wd && strcmp(name, CURRENT) == 0);
}

static bool watch_drain(StoreWatch *watch, bool *rearm)
{
	union {
		struct inotify_event align;
		char octets[READ_SIZE];
	} buffer;
	bool concerns = false;

	for (;;) {
		ssize_t len = read(watch->fd, buffer.octets, sizeof(buffer.octets));

		if (len <= 0)
			return concerns;
		for (ssize_t at = 0; at < len;) {
			const struct inotify_event *event = (const void *)(buffer.octets + at);

			concerns = watch_concerns(watch, event, rearm) || concerns;
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
}

static gboolean on_events(gint fd, GIOCondition condition, gpointer user_data)
{
	StoreWatch *watch = user_data;
	bool rearm = false;

	if (!watch_drain(watch, &rearm))
		return G_SOURCE_CONTINUE;
	if (rearm) {
		g_autoptr(GError) error = NULL;

		if (watch->store_wd >= 0)
			inotify_rm_watch(watch->fd, watch->store_wd); /* moved away: still ours */
		if (!watch_arm(watch, &error))
			g_debug("%s", error->message);
	}
	watch->changed(watch->user_data); /* may free the watch */
	return G_SOURCE_CONTINUE;
}

StoreWatch *store_watch_new(const char *path, StoreWatchFunc changed, gpointer user_data,
			    GError **error)
{
	g_autoptr(StoreWatch) watch = g_new0(StoreWatch, 1);

	watch->path = g_strdup(path);
	watch->parent = g_path_get_dirname(path);
	watch->name = g_path_get_basename(path);
	watch->changed = changed;
	watch->user_data = user_data;
	watch->store_wd = watch->above_wd = -1;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		watch_fail(path, error);
		return NULL;
	}
	if (!watch_arm(watch, error))
		return NULL;
	watch->source = g_unix_fd_source_new(watch->fd, G_IO_IN);
	g_source_set_callback(watch->source, G_SOURCE_FUNC(on_events), watch, NULL);
	g_source_attach(watch->source, g_main_context_get_thread_default());
	return g_steal_pointer(&watch);
}

void store_watch_free(StoreWatch *watch)
{
	if (!watch)
		return;
	if (watch->source) {
		g_source_destroy(watch->source);
		g_source_unref(watch->source);
	}
	if (watch->fd >= 0)
		close(watch->fd);
	g_free(watch->path);
	g_free(watch->parent);
	g_free(watch->name);
	g_free(watch);
}
