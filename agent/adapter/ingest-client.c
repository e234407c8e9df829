/* SPDX-License-Identifier: MIT */
#include "agent/adapter/ingest-client.h"

#include "agent/core/sample-line.h"
#include "agent/core/sample.h"
#include "common/error.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_MAX  ((size_t)64 * 1024) /* answers that wait for a slow reader, about */
#define REQUEST_MAX 1024                /* octets of the request line */

typedef enum ClientState {
	CLIENT_REQUEST, /* the first line is awaited */
	CLIENT_PUBLISH, /* samples */
	CLIENT_ENDING,  /* no more input; answers remain */
	CLIENT_CLOSED,
} ClientState;

struct IngestClient {
	const IngestConfig *config;
	const IngestClientOwner *owner; /* NULL: it has been told that this is over */
	Seat seat;
	unsigned refs;
	ClientState state;
	int fd;
	GSource *source;       /* watches fd; NULL when nothing is wanted */
	GIOCondition watching; /* what source waits for */

	char *source_name;
	char *input; /* INGEST_LINE_MAX + 1 octets; NULL until the first ones come */
	size_t input_len;
	bool input_ended;
	bool more;      /* whole lines are left in the input: answers fill the output */
	bool skipping;  /* inside a line that is too long */
	uint64_t lines; /* numbered so far */

	SampleBatch *batch; /* being filled, or NULL */
	GArray *numbers;    /* uint64_t: the line of each sample of the batch under way */
	bool waiting;       /* the spool has the batch */
	GString *output;
};

static void client_update(IngestClient *client);

static void client_unref(IngestClient *client)
{
	if (--client->refs > 0)
		return;
	g_free(client->source_name);
	g_free(client->input);
	sample_batch_free(client->batch);
	g_array_unref(client->numbers);
	g_string_free(client->output, TRUE);
	g_free(client);
}

static void client_unwatch(IngestClient *client)
{
	if (!client->source)
		return;
	g_source_destroy(client->source);
	g_source_unref(client->source);
	client->source = NULL;
}

static void client_settle(IngestClient *client)
{
	if (client->owner && !client->waiting)
		client->owner->settled(client, client->owner->data);
}

static void client_moved(IngestClient *client)
{
	client->seat.quiet_since_us = g_get_monotonic_time();
}

static void client_shut(IngestClient *client)
{
	if (client->state == CLIENT_CLOSED)
		return;
	client->state = CLIENT_CLOSED;
	client_unwatch(client);
	close(client->fd);
	client->fd = -1;
}

/* --- answers --- */

static const char *error_code_name(const GError *error)
{
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL))
		return "full";
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID))
		return "invalid";
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE))
		return "busy";
	return "disk";
}

static void append_json_string(GString *text, const char *string)
{
	g_string_append_c(text, '"');
	for (const char *c = string; *c; c++) {
		if ((unsigned char)*c < 0x20)
			g_string_append_printf(text, "\\u%04x", (unsigned char)*c);
		else if (*c == '"' || *c == '\\')
			g_string_append_printf(text, "\\%c", *c);
		else
			g_string_append_c(text, *c);
	}
	g_string_append_c(text, '"');
}

static void answer_error(IngestClient *client, uint64_t line, const GError *error)
{
	g_string_append_printf(client->output, "{\"line\":%" G_GUINT64_FORMAT ",\"error\":", line);
	append_json_string(client->output, error->message);
	g_string_append_printf(client->output, ",\"code\":\"%s\"}\n", error_code_name(error));
}

static void answer_ack(IngestClient *client)
{
	g_string_append_printf(client->output, "{\"ack\":%" G_GUINT64_FORMAT "}\n", client->lines);
}

/* --- samples to the spool --- */

static void client_appended(size_t taken, const GError *error, void *data)
{
	IngestClient *client = data;

	client->waiting = false;
	for (size_t i = taken; i < client->numbers->len; i++)
		answer_error(client, g_array_index(client->numbers, uint64_t, i), error);
	g_array_set_size(client->numbers, 0);
	answer_ack(client);
	client_moved(client);
	client_update(client);
	client_settle(client);
	client_unref(client);
}

static void client_add_line(IngestClient *client, const char *line, size_t len, int64_t now_ms,
			    bool synced)
{
	g_autoptr(GError) error = NULL;
	SampleLine parsed;

	client->lines++;
	if (!sample_line_parse(line, len, &parsed, &error)) {
		answer_error(client, client->lines, error);
		return;
	}
	if (!client->batch)
		client->batch = sample_batch_new(client->source_name);
	sample_batch_add(client->batch, parsed.has_ts ? parsed.ts_ms : now_ms, synced,
			 parsed.values, parsed.values_len);
	g_array_append_val(client->numbers, client->lines);
}

/* The lines that were read are decided by now, or will be by the spool. */
static void client_finish_lines(IngestClient *client, uint64_t lines_before)
{
	if (client->batch) {
		client->waiting = true;
		client->refs++;
		spool_append(client->config->spool, g_steal_pointer(&client->batch),
			     client_appended, client);
	} else if (client->lines > lines_before) {
		answer_ack(client);
	}
}

/* --- the request line --- */

static void request_fail(IngestClient *client, const char *what)
{
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_INVALID, what);

	answer_error(client, 0, error);
	client->state = CLIENT_ENDING;
}

static void request_publish(IngestClient *client, const cJSON *request)
{
	const cJSON *source = cJSON_GetObjectItemCaseSensitive(request, "source");
	const char *name = source ? cJSON_GetStringValue(source) : "ingest";

	if (!name || !*name || strlen(name) > SAMPLE_SOURCE_MAX ||
	    !g_utf8_validate(name, -1, NULL)) {
		request_fail(client, "source is not a name of 1 to 64 octets");
		return;
	}
	client->source_name = g_strdup(name);
	client->state = CLIENT_PUBLISH;
}

static void request_status(IngestClient *client)
{
	client->config->status(client->output, client->config->data);
	g_string_append_c(client->output, '\n');
	client->state = CLIENT_ENDING;
}

static void request_metrics(IngestClient *client)
{
	client->config->metrics(client->output, client->config->data);
	client->state = CLIENT_ENDING;
}

static void request_display(IngestClient *client)
{
	client->config->display(client->output, client->config->data);
	client->state = CLIENT_ENDING;
}

static void client_request(IngestClient *client, const char *line, size_t len)
{
	cJSON *request = len <= REQUEST_MAX ? cJSON_ParseWithLength(line, len) : NULL;
	const char *op = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "op"));

	if (op && strcmp(op, "publish") == 0)
		request_publish(client, request);
	else if (op && strcmp(op, "status") == 0)
		request_status(client);
	else if (op && strcmp(op, "metrics") == 0)
		request_metrics(client);
	else if (op && strcmp(op, "display") == 0)
		request_display(client);
	else
		request_fail(client, "the first line is {\"op\":\"publish\"}, {\"op\":\"status\"} "
				     "or {\"op\":\"metrics\"}");
	cJSON_Delete(request);
}

/* --- lines --- */

static bool line_is_blank(const char *line, size_t len)
{
	while (len > 0 && g_ascii_isspace(line[len - 1]))
		len--;
	return len == 0;
}

static void client_line(IngestClient *client, const char *line, size_t len, int64_t now_ms,
			bool synced)
{
	if (client->state == CLIENT_REQUEST)
		client_request(client, line, len);
	else if (client->state != CLIENT_PUBLISH)
		return; /* what follows a status request or a bad one */
	else if (line_is_blank(line, len))
		client->lines++;
	else
		client_add_line(client, line, len, now_ms, synced);
}

static void client_too_long(IngestClient *client)
{
	g_autoptr(GError) error =
		g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "line longer than " G_STRINGIFY(INGEST_LINE_MAX) " octets");

	client->skipping = true;
	client->input_len = 0;
	if (client->state == CLIENT_REQUEST) {
		request_fail(client, error->message);
		return;
	}
	client->lines++;
	answer_error(client, client->lines, error);
}

/* What is left of the input behind the last whole line. */
static void client_take_rest(IngestClient *client, int64_t now_ms, bool synced)
{
	if (client->input_ended && client->input_len > 0 && !client->skipping)
		client_line(client, client->input, client->input_len, now_ms, synced);
	if (client->input_ended || client->skipping)
		client->input_len = 0;
	else if (client->input_len > INGEST_LINE_MAX)
		client_too_long(client);
}

/* Everything whole in the input, as long as there is room for answers. */
static void client_take_lines(IngestClient *client)
{
	const char *at = client->input;
	const char *end = at + client->input_len;
	const char *newline;
	uint64_t lines_before = client->lines;
	bool synced;
	int64_t now_ms = client->config->now_ms(&synced, client->config->data);

	while ((newline = memchr(at, '\n', (size_t)(end - at))) &&
	       client->output->len < OUTPUT_MAX) {
		if (!client->skipping)
			client_line(client, at, (size_t)(newline - at), now_ms, synced);
		client->skipping = false;
		at = newline + 1;
	}
	client->more = newline != NULL;
	client->input_len = (size_t)(end - at);
	memmove(client->input, at, client->input_len);
	if (!client->more)
		client_take_rest(client, now_ms, synced);
	client_finish_lines(client, lines_before);
}

static void client_read(IngestClient *client)
{
	if (!client->input)
		client->input = g_malloc(INGEST_LINE_MAX + 1);

	ssize_t n = recv(client->fd, client->input + client->input_len,
			 INGEST_LINE_MAX + 1 - client->input_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client_moved(client);
	if (n > 0)
		client->input_len += (size_t)n;
	else
		client->input_ended = true;
	client_take_lines(client);
}

/* --- the connection --- */

static void client_write(IngestClient *client)
{
	ssize_t n = send(client->fd, client->output->str, client->output->len, MSG_NOSIGNAL);

	if (n > 0) {
		client_moved(client);
		g_string_erase(client->output, 0, n);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		client_shut(client); /* nobody is there to read; what is under way is kept */
	}
}

static gboolean client_ready(gint fd, GIOCondition condition, gpointer data)
{
	IngestClient *client = data;

	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR) && client->watching & G_IO_IN)
		client_read(client);
	else if (condition & (G_IO_HUP | G_IO_ERR))
		client_shut(client);
	client->refs++;
	client_update(client);
	client_settle(client);
	client_unref(client);
	return G_SOURCE_CONTINUE; /* client_update() has seen to the source */
}

static void client_watch(IngestClient *client, GIOCondition wanted)
{
	if (client->source && client->watching == wanted)
		return;
	client_unwatch(client);
	client->watching = wanted;
	if (wanted == 0)
		return;
	client->source = g_unix_fd_source_new(client->fd, wanted);
	g_source_set_callback(client->source, G_SOURCE_FUNC(client_ready), client, NULL);
	g_source_attach(client->source, g_main_context_get_thread_default());
}

/* Tell the list that this connection is over, once. */
static void client_tell_gone(IngestClient *client)
{
	const IngestClientOwner *owner = g_steal_pointer(&client->owner);

	if (!owner)
		return;
	owner->gone(client, owner->data);
	client_unref(client);
}

/* Go on as far as possible, then wait for what is wanted next. Needs a reference of the caller. */
static void client_update(IngestClient *client)
{
	GIOCondition wanted = 0;

	if (client->state != CLIENT_CLOSED && client->output->len > 0)
		client_write(client);
	if (client->more && !client->waiting && client->output->len < OUTPUT_MAX &&
	    client->state != CLIENT_CLOSED)
		client_take_lines(client);
	if (client->input_ended && !client->more && client->state != CLIENT_CLOSED)
		client->state = CLIENT_ENDING;
	if (client->state == CLIENT_ENDING && !client->waiting && client->output->len == 0)
		client_shut(client);
	if (client->state == CLIENT_CLOSED) {
		client_tell_gone(client);
		return;
	}
	if (client->output->len > 0)
		wanted |= G_IO_OUT;
	else if (client->state != CLIENT_ENDING && !client->waiting && !client->more)
		wanted |= G_IO_IN;
	client_watch(client, wanted);
}

/* Who is at the other end: nobody in particular where the kernel does not say. */
static uint32_t peer_user(int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.uid;
}

IngestClient *ingest_client_new(const IngestConfig *config, int fd, const IngestClientOwner *owner)
{
	IngestClient *client = g_new0(IngestClient, 1);

	client->config = config;
	client->fd = fd;
	client->owner = owner;
	client->seat.user = peer_user(fd);
	client->refs = 1;
	client->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	client->output = g_string_new(NULL);
	client_moved(client);
	client_watch(client, G_IO_IN);
	return client;
}

Seat ingest_client_seat(const IngestClient *client)
{
	Seat seat = client->seat;
	int unread = 0;

	if (client->watching & G_IO_IN)
		ioctl(client->fd, FIONREAD, &unread);
	seat.busy = client->waiting || unread > 0;
	return seat;
}

/* The last word may not get through: to somebody who does not read. */
void ingest_client_dismiss(IngestClient *client)
{
	g_autoptr(GError) error =
		g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "all %d places are taken and another client waits: connect again",
			    INGEST_CLIENTS_MAX);

	answer_error(client, 0, error);
	client_write(client);
	client_shut(client);
	client_tell_gone(client);
}

void ingest_client_stop(IngestClient *client)
{
	client->refs++;
	client->input_ended = true;
	client->input_len = 0;
	client->more = false;
	client_update(client);
	client_unref(client);
}

void ingest_client_close(IngestClient *client)
{
	client->owner = NULL;
	client_shut(client);
	client_unref(client);
}
