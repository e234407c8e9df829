/* SPDX-License-Identifier: MIT */
#include "common/bell.h"

#include "common/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Bell {
	int fd;
	GSource *source;
	void (*rung)(void *data);
	void *data;
};

static gboolean bell_on_rung(gint fd, GIOCondition condition, gpointer data)
{
	Bell *bell = data;
	uint64_t rings;

	(void)!read(fd, &rings, sizeof(rings));
	bell->rung(bell->data);
	return G_SOURCE_CONTINUE;
}

Bell *bell_new(GMainContext *context, void (*rung)(void *data), void *data, GError **error)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "a thread could not wake the loop, no descriptor is left for it: %s",
			    g_strerror(errno));
		return NULL;
	}

	Bell *bell = g_new0(Bell, 1);

	bell->fd = fd;
	bell->rung = rung;
	bell->data = data;
	bell->source = g_unix_fd_source_new(bell->fd, G_IO_IN);
	g_source_set_callback(bell->source, G_SOURCE_FUNC(bell_on_rung), bell, NULL);
	g_source_attach(bell->source, context);
	return bell;
}

void bell_ring(Bell *bell)
{
	const uint64_t one = 1;

	(void)!write(bell->fd, &one, sizeof(one)); /* fails only when it rings 2^64 - 1 times */
}

void bell_silence(Bell *bell)
{
	g_source_destroy(bell->source);
}

void bell_free(Bell *bell)
{
	if (!bell)
		return;
	g_source_destroy(bell->source);
	g_source_unref(bell->source);
	close(bell->fd);
	g_free(bell);
}
