/* SPDX-License-Identifier: MIT */
#include "tests/bus/bus-valve.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK       65536
#define BUFFER      (4 * 1024 * 1024) /* of a socket: what is passed on never has to wait */
#define HEADER      16                /* octets that tell how long a message is */
#define BODY_AT     4
#define FIELDS_AT   12
#define PATH_PREFIX "unix:path="

/* One program's connection. */
typedef struct Pipe {
	BusValve *valve;
	int program;
	int bus;
	guint watches[2];
	GByteArray *waiting; /* from the bus, not a whole message yet */
	bool talking;        /* authentication is over */
} Pipe;

struct BusValve {
	char *folder;
	char *path;
	char *address;
	char *upstream;
	int fd;
	guint watch;
	GPtrArray *pipes;
	unsigned int cut_at; /* 0: never */
	bool cut;
};

static void pipe_free(gpointer data)
{
	Pipe *pipe = data;

	for (int i = 0; i < 2; i++)
		g_clear_handle_id(&pipe->watches[i], g_source_remove);
	close(pipe->program);
	close(pipe->bus);
	g_byte_array_unref(pipe->waiting);
	g_free(pipe);
}

static void pass_on(int fd, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, octets, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* whoever it was for has gone: reading will tell */
		octets += n;
		len -= (size_t)n;
	}
}

static uint32_t number_at(const GByteArray *octets, guint at)
{
	uint32_t value = 0;

	memcpy(&value, octets->data + at, sizeof(value));
	return octets->data[0] == 'l' ? GUINT32_FROM_LE(value) : GUINT32_FROM_BE(value);
}

/* Octets of the first line or message that waits; 0 while it is not whole. */
static size_t whole(Pipe *pipe)
{
	const GByteArray *waiting = pipe->waiting;
	size_t len = 0;

	if (!pipe->talking && waiting->len > 0 &&
	    (waiting->data[0] == 'l' || waiting->data[0] == 'B'))
		pipe->talking = true;
	if (!pipe->talking) {
		const uint8_t *end = memchr(waiting->data, '\n', waiting->len);

		return end ? (size_t)(end - waiting->data) + 1 : 0;
	}
	if (waiting->len < HEADER)
		return 0;
	len = HEADER + (number_at(waiting, FIELDS_AT) + 7U) / 8U * 8U + number_at(waiting, BODY_AT);
	return len <= waiting->len ? len : 0;
}

/* Deliver what is whole. Returns false when the valve closed over it: the pipe is gone then. */
static bool deliver(Pipe *pipe)
{
	BusValve *valve = pipe->valve;
	size_t len = 0;

	while (pipe->waiting->len > 0 && (len = whole(pipe)) > 0) {
		if (pipe->talking && valve->cut_at > 0 && --valve->cut_at == 0) {
			valve->cut = true;
			g_ptr_array_set_size(valve->pipes, 0);
			return false;
		}
		pass_on(pipe->program, pipe->waiting->data, len);
		g_byte_array_remove_range(pipe->waiting, 0, (guint)len);
	}
	return true;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
	Pipe *pipe = data;
	g_autofree uint8_t *chunk = g_malloc(CHUNK);
	ssize_t n = recv(fd, chunk, CHUNK, 0);

	if (n <= 0) {
		pipe->watches[fd == pipe->bus] = 0;
		g_ptr_array_remove(pipe->valve->pipes, pipe);
		return G_SOURCE_REMOVE;
	}
	if (fd == pipe->program) {
		pass_on(pipe->bus, chunk, (size_t)n);
		return G_SOURCE_CONTINUE;
	}
	g_byte_array_append(pipe->waiting, chunk, (guint)n);
	return deliver(pipe);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static gboolean on_program(gint fd, GIOCondition condition, gpointer data)
{
	BusValve *valve = data;
	int program = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	int bus = connect_to(valve->upstream);
	Pipe *pipe = NULL;

	g_assert_cmpint(program, >=, 0);
	if (bus < 0) {
		close(program);
		return G_SOURCE_CONTINUE;
	}
	setsockopt(program, SOL_SOCKET, SO_SNDBUF, &(int){ BUFFER }, sizeof(int));
	setsockopt(bus, SOL_SOCKET, SO_SNDBUF, &(int){ BUFFER }, sizeof(int));
	pipe = g_new0(Pipe, 1);
	*pipe = (Pipe){
		.valve = valve, .program = program, .bus = bus, .waiting = g_byte_array_new()
	};
	pipe->watches[0] = g_unix_fd_add(program, G_IO_IN | G_IO_HUP, on_readable, pipe);
	pipe->watches[1] = g_unix_fd_add(bus, G_IO_IN | G_IO_HUP, on_readable, pipe);
	g_ptr_array_add(valve->pipes, pipe);
	return G_SOURCE_CONTINUE;
}

BusValve *bus_valve_new(const char *address)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	BusValve *valve = g_new0(BusValve, 1);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_str_has_prefix(address, PATH_PREFIX));
	valve->upstream = g_strdup(address + strlen(PATH_PREFIX));
	valve->folder = g_dir_make_tmp("landfall-valve-XXXXXX", &error);
	g_assert_no_error(error);
	valve->path = g_build_filename(valve->folder, "bus", NULL);
	valve->address = g_strconcat(PATH_PREFIX, valve->path, NULL);
	valve->pipes = g_ptr_array_new_with_free_func(pipe_free);
	valve->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_strlcpy(here.sun_path, valve->path, sizeof(here.sun_path));
	g_assert_cmpint(bind(valve->fd, (struct sockaddr *)&here, sizeof(here)), ==, 0);
	g_assert_cmpint(listen(valve->fd, 4), ==, 0);
	valve->watch = g_unix_fd_add(valve->fd, G_IO_IN, on_program, valve);
	return valve;
}

void bus_valve_free(BusValve *valve)
{
	if (!valve)
		return;
	g_ptr_array_unref(valve->pipes);
	g_source_remove(valve->watch);
	close(valve->fd);
	g_unlink(valve->path);
	g_rmdir(valve->folder);
	g_free(valve->folder);
	g_free(valve->path);
	g_free(valve->address);
	g_free(valve->upstream);
	g_free(valve);
}

const char *bus_valve_address(const BusValve *valve)
{
	return valve->address;
}

void bus_valve_cut_at(BusValve *valve, unsigned int n)
{
	valve->cut_at = n;
	valve->cut = false;
}

bool bus_valve_was_cut(const BusValve *valve)
{
	return valve->cut;
}
