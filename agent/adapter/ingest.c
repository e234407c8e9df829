/* SPDX-License-Identifier: MIT */
#include "agent/adapter/ingest.h"

#include "agent/adapter/ingest-client.h"
#include "agent/core/seats.h"
#include "common/count.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_RETRY_MS 1000 /* after the system had no descriptor or memory for a connection */

struct Ingest {
	IngestConfig config;
	int fd;             /* listening; -1: stopped */
	GSource *source;    /* NULL: not accepting, for want of room */
	GPtrArray *clients; /* of IngestClient */
	IngestClientOwner owner;
	bool crowded; /* somebody waits, and nobody could make room */
	uint64_t dismissed;
	guint retry;  /* timer: accepting rests */
	bool starved; /* and the log knows why */
};

static void ingest_admit(Ingest *ingest, const IngestClient *settled);
static gboolean ingest_accept(gint fd, GIOCondition condition, gpointer data);

static void ingest_unwatch(Ingest *ingest)
{
	if (!ingest->source)
		return;
	g_source_destroy(ingest->source);
	g_source_unref(ingest->source);
	ingest->source = NULL;
}

/* Accept while there is room, or can be made; else whoever comes waits in the kernel's queue. */
static void ingest_watch(Ingest *ingest)
{
	if (ingest->fd < 0 || ingest->retry || ingest->crowded) {
		ingest_unwatch(ingest);
		return;
	}
	if (ingest->source)
		return;
	ingest->source = g_unix_fd_source_new(ingest->fd, G_IO_IN);
	g_source_set_callback(ingest->source, G_SOURCE_FUNC(ingest_accept), ingest, NULL);
	g_source_attach(ingest->source, g_main_context_get_thread_default());
}

static void ingest_client_gone(IngestClient *client, void *data)
{
	Ingest *ingest = data;

	g_ptr_array_remove_fast(ingest->clients, client);
	ingest->crowded = false;
	ingest_watch(ingest);
}

/* Before anything more is read from it, so that one who never stops can make room, too. */
static void ingest_client_settled(IngestClient *client, void *data)
{
	Ingest *ingest = data;

	if (ingest->crowded && ingest->fd >= 0)
		ingest_admit(ingest, client);
}

static gboolean ingest_retry(gpointer data)
{
	Ingest *ingest = data;

	ingest->retry = 0;
	ingest_watch(ingest);
	return G_SOURCE_REMOVE;
}

/* The connection stays in the kernel's queue, so the socket stays readable: look again later. */
static void ingest_rest(Ingest *ingest)
{
	if (!ingest->starved)
		g_warning("%s: connections wait, none can be taken: %s", ingest->config.path,
			  g_strerror(errno));
	ingest->starved = true;
	ingest->retry = g_timeout_add(ACCEPT_RETRY_MS, ingest_retry, ingest);
	ingest_unwatch(ingest);
}

static void ingest_cancel_retry(Ingest *ingest)
{
	if (ingest->retry)
		g_source_remove(ingest->retry);
	ingest->retry = 0;
}

static void ingest_dismiss(Ingest *ingest, IngestClient *client)
{
	ingest->dismissed++;
	if (count_is_step(ingest->dismissed))
		g_message("%s: all %d places are taken; of user %u, who holds most, the client "
			  "that was silent for longest is hung up",
			  ingest->config.path, INGEST_CLIENTS_MAX, ingest_client_seat(client).user);
	ingest_client_dismiss(client);
}

static void ingest_take(Ingest *ingest)
{
	int fd = accept4(ingest->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		ingest->starved = false;
		g_ptr_array_add(ingest->clients,
				ingest_client_new(&ingest->config, fd, &ingest->owner));
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		ingest_rest(ingest);
	}
}

/* @settled: need not be waited for; NULL: nobody */
static bool ingest_make_room(Ingest *ingest, const IngestClient *settled)
{
	Seat seats[INGEST_CLIENTS_MAX];
	size_t n = ingest->clients->len;

	if (n < INGEST_CLIENTS_MAX)
		return true;
	for (size_t i = 0; i < n; i++) {
		const IngestClient *client = g_ptr_array_index(ingest->clients, i);

		seats[i] = ingest_client_seat(client);
		seats[i].busy = seats[i].busy && client != settled;
	}

	size_t chosen = seats_choose(seats, n);

	if (chosen == n)
		return false;
	ingest_dismiss(ingest, g_ptr_array_index(ingest->clients, chosen));
	return true;
}

static void ingest_admit(Ingest *ingest, const IngestClient *settled)
{
	ingest->crowded = !ingest_make_room(ingest, settled);
	if (!ingest->crowded)
		ingest_take(ingest);
	ingest_watch(ingest);
}

static gboolean ingest_accept(gint fd, GIOCondition condition, gpointer data)
{
	ingest_admit(data, NULL);
	return G_SOURCE_CONTINUE;
}

static bool fail_errno(const char *path, const char *what, GError **error)
{
	int code = errno;

	g_set_error(error, LANDFALL_ERROR,
		    code == EACCES || code == EPERM || code == EROFS ? LANDFALL_ERROR_DENIED
								     : LANDFALL_ERROR_FAILED,
		    "ingest socket %s %s: %s", path, what, g_strerror(code));
	return false;
}

/* Whether somebody answers at the address; a file that nobody listens on is removed. */
static bool address_is_free(const struct sockaddr_un *address, GError **error)
{
	struct stat status;
	int fd;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ||
		       fail_errno(address->sun_path, "cannot be looked at", error);
	if (!S_ISSOCK(status.st_mode)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[agent] ingest: %s exists and is no socket", address->sun_path);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail_errno(address->sun_path, "cannot be made", error);
	bool taken = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		     errno == EAGAIN;
	close(fd);
	if (taken) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "another process listens on %s", address->sun_path);
		return false;
	}
	if (unlink(address->sun_path) < 0)
		return fail_errno(address->sun_path, "cannot be replaced", error);
	return true;
}

static bool ingest_listen(Ingest *ingest, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = ingest->config.path;
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >=
	    sizeof(address.sun_path)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[agent] ingest: a socket's path has at most %zu octets: %s",
			    sizeof(address.sun_path) - 1, path);
		return false;
	}
	if (g_mkdir_with_parents(folder, 0750) < 0)
		return fail_errno(path, "has no folder", error);
	if (!address_is_free(&address, error))
		return false;
	ingest->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ingest->fd < 0 || bind(ingest->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(path, "cannot be made", error);
	/* Nobody can connect before listen(), whatever the umask made of the mode. */
	if (chmod(path, 0660) < 0 || listen(ingest->fd, INGEST_CLIENTS_MAX) < 0)
		return fail_errno(path, "cannot be opened", error);
	return true;
}

Ingest *ingest_new(const IngestConfig *config, GError **error)
{
	g_autoptr(Ingest) ingest = g_new0(Ingest, 1);

	ingest->config = *config;
	ingest->fd = -1;
	ingest->clients = g_ptr_array_new();
	ingest->owner = (IngestClientOwner){ ingest_client_gone, ingest_client_settled, ingest };
	if (!ingest_listen(ingest, error))
		return NULL;
	ingest_watch(ingest);
	return g_steal_pointer(&ingest);
}

void ingest_stop(Ingest *ingest)
{
	if (ingest->fd < 0)
		return;
	ingest_cancel_retry(ingest);
	ingest_unwatch(ingest);
	close(ingest->fd);
	ingest->fd = -1;
	unlink(ingest->config.path);
	for (guint i = ingest->clients->len; i > 0; i--)
		ingest_client_stop(g_ptr_array_index(ingest->clients, i - 1));
}

void ingest_free(Ingest *ingest)
{
	if (!ingest)
		return;
	ingest_cancel_retry(ingest);
	ingest_unwatch(ingest);
	for (guint i = ingest->clients->len; i > 0; i--)
		ingest_client_close(g_ptr_array_index(ingest->clients, i - 1));
	g_ptr_array_unref(ingest->clients);
	if (ingest->fd >= 0)
		close(ingest->fd);
	g_free(ingest);
}
