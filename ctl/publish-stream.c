/* SPDX-License-Identifier: MIT */
#include "ctl/publish-stream.h"

#include "common/error.h"
#include "ctl/publish-account.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK_SIZE  (128 * 1024)
#define ANSWER_MAX  4096
#define REFUSED_MAX 65536 /* refused lines remembered between two acks */

typedef struct Stream {
	int input;
	int agent;
	const PublishPatience *patience;
	const PublishEvents *events;
	PublishResult *result;

	char *block;      /* BLOCK_SIZE octets towards the agent */
	size_t block_len; /* of these valid */
	size_t block_sent;
	bool input_ended;
	GError *failure;  /* to read the input */
	bool half_closed; /* we said that no more comes */
	bool deaf;        /* the agent takes nothing more; what it has answered is still read */
	bool last_newline;
	bool line_open; /* the agent has the beginning of a line, but not its end */

	GString *answer; /* the unfinished answer line */
	char *farewell;  /* why the agent ended the connection; NULL: it did not say */
	bool agent_ended;
	GArray *refused; /* uint64_t, ascending, above result->decided */

	int64_t owed_us; /* monotonic: since when the agent owes us something; 0: it does not */
	bool told;       /* and waiting() was called */
} Stream;

static void stream_clear(Stream *stream)
{
	g_free(stream->block);
	g_string_free(stream->answer, TRUE);
	g_free(stream->farewell);
	g_clear_error(&stream->failure);
	g_array_unref(stream->refused);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stream, stream_clear)

static uint64_t count_lines(const char *data, size_t len)
{
	uint64_t lines = 0;

	for (const char *end = data + len; (data = memchr(data, '\n', (size_t)(end - data)));
	     data++)
		lines++;
	return lines;
}

/* A failed read ends the input; what was handed over before it still wants its answers. */
static void read_input(Stream *stream)
{
	/* One octet is kept free for the newline that a last line may lack. */
	ssize_t n = read(stream->input, stream->block, BLOCK_SIZE - 1);

	if (n < 0) {
		if (errno == EINTR || errno == EAGAIN)
			return;
		g_set_error(&stream->failure, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "cannot read the input: %s", g_strerror(errno));
		stream->input_ended = true;
		return;
	}
	stream->block_len = (size_t)n;
	stream->block_sent = 0;
	if (n == 0) {
		stream->input_ended = true;
		if (!stream->last_newline)
			stream->block[stream->block_len++] = '\n';
	}
	if (stream->block_len > 0)
		stream->last_newline = stream->block[stream->block_len - 1] == '\n';
}

static void write_agent(Stream *stream)
{
	const char *from = stream->block + stream->block_sent;
	ssize_t n = send(stream->agent, from, stream->block_len - stream->block_sent, MSG_NOSIGNAL);

	if (n < 0) {
		stream->deaf = errno != EINTR && errno != EAGAIN;
		return;
	}
	stream->result->sent += count_lines(from, (size_t)n);
	stream->line_open = n > 0 ? from[n - 1] != '\n' : stream->line_open;
	stream->block_sent += (size_t)n;
	if (stream->block_sent == stream->block_len)
		stream->block_len = stream->block_sent = 0;
}

static bool bad_answer(GError **error)
{
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the agent's answer makes no sense; are agent and landfallctl of the "
			    "same version?");
	return false;
}

/* The highest line the agent can have decided: one that is too long before it has ended. */
static uint64_t last_known(const Stream *stream)
{
	return stream->result->sent + (stream->line_open ? 1 : 0);
}

static bool handle_refusal(Stream *stream, uint64_t line, const cJSON *answer, GError **error)
{
	const char *reason = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "error"));
	const char *code = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "code"));

	if (!reason || line <= stream->result->decided || line > last_known(stream) ||
	    stream->refused->len >= REFUSED_MAX)
		return bad_answer(error);
	g_array_append_val(stream->refused, line);
	stream->result->refused++;
	if (g_strcmp0(code, "full") == 0)
		stream->result->full = true;
	if (g_strcmp0(code, "disk") == 0)
		stream->result->disk = true;
	if (stream->events->refused)
		stream->events->refused(line, reason, stream->events->data);
	return true;
}

static void report_stored(const Stream *stream, uint64_t first, uint64_t last)
{
	if (first > last)
		return;
	stream->result->stored += last - first + 1;
	if (stream->events->stored)
		stream->events->stored(first, last, stream->events->data);
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
	const uint64_t *one = a;
	const uint64_t *other = b;

	return (*one > *other) - (*one < *other);
}

/* A line that breaks a rule is named before one that the spool refuses, whichever came first. */
static bool handle_ack(Stream *stream, uint64_t upto, GError **error)
{
	uint64_t first = stream->result->decided + 1;
	guint skipped = 0;

	if (upto < stream->result->decided || upto > last_known(stream))
		return bad_answer(error);
	g_array_sort(stream->refused, compare_lines);
	for (; skipped < stream->refused->len; skipped++) {
		uint64_t line = g_array_index(stream->refused, uint64_t, skipped);

		if (line > upto)
			break;
		report_stored(stream, first, line - 1);
		first = line + 1;
	}
	report_stored(stream, first, upto);
	g_array_remove_range(stream->refused, 0, skipped);
	stream->result->decided = upto;
	return true;
}

/* Its last word: not about a line, but why it hangs up. */
static bool handle_farewell(Stream *stream, const cJSON *answer, GError **error)
{
	const char *reason = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "error"));

	if (!reason)
		return bad_answer(error);
	g_free(stream->farewell);
	stream->farewell = g_strdup(reason);
	return true;
}

static bool handle_answer(Stream *stream, const char *text, size_t len, GError **error)
{
	cJSON *answer = cJSON_ParseWithLength(text, len);
	const cJSON *ack = cJSON_GetObjectItem(answer, "ack");
	const cJSON *line = cJSON_GetObjectItem(answer, "line");
	bool sound = false;

	if (cJSON_IsNumber(ack) && ack->valuedouble >= 0)
		sound = handle_ack(stream, (uint64_t)ack->valuedouble, error);
	else if (cJSON_IsNumber(line) && line->valuedouble >= 1)
		sound = handle_refusal(stream, (uint64_t)line->valuedouble, answer, error);
	else if (cJSON_IsNumber(line) && line->valuedouble >= 0)
		sound = handle_farewell(stream, answer, error);
	else
		bad_answer(error);
	cJSON_Delete(answer);
	return sound;
}

static bool read_answers(Stream *stream, GError **error)
{
	char buffer[16 * 1024];
	ssize_t n = recv(stream->agent, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		stream->agent_ended = true;
		return true;
	}
	stream->owed_us = 0;
	g_string_append_len(stream->answer, buffer, n);

	const char *start = stream->answer->str;
	const char *newline;

	while ((newline = strchr(start, '\n'))) {
		if (!handle_answer(stream, start, (size_t)(newline - start), error))
			return false;
		start = newline + 1;
	}
	g_string_erase(stream->answer, 0, start - stream->answer->str);
	return stream->answer->len <= ANSWER_MAX || bad_answer(error);
}

/* Whether it is the agent's turn: to answer, to take what is there for it, or to hang up. */
static bool is_owed(const Stream *stream)
{
	return stream->result->sent > stream->result->decided || stream->block_len > 0 ||
	       stream->half_closed || stream->deaf;
}

static bool is_done(const Stream *stream)
{
	return stream->half_closed && stream->result->decided == stream->result->sent;
}

/* Milliseconds until somebody has to hear of the agent's silence; -1: not for that. */
static int silence_left_ms(const Stream *stream)
{
	const PublishPatience *patience = stream->patience;
	int64_t next_ms = stream->told ? 0 : patience->tell_ms;

	if (patience->limit_ms > 0 && (next_ms == 0 || patience->limit_ms < next_ms))
		next_ms = patience->limit_ms;
	if (stream->owed_us == 0 || next_ms == 0)
		return -1;

	int64_t due_us = stream->owed_us + next_ms * 1000;

	return (int)CLAMP((due_us - g_get_monotonic_time() + 999) / 1000, 0, G_MAXINT);
}

/* False: the agent has been silent for too long. */
static bool judge_silence(Stream *stream, GError **error)
{
	const PublishPatience *patience = stream->patience;
	int64_t now_us = g_get_monotonic_time();

	if (!is_owed(stream))
		stream->owed_us = 0;
	else if (stream->owed_us == 0)
		stream->owed_us = now_us;
	if (stream->owed_us == 0 || stream->owed_us == now_us) {
		stream->told = false;
		return true;
	}

	int64_t silent_ms = (now_us - stream->owed_us) / 1000;

	if (patience->tell_ms > 0 && silent_ms >= patience->tell_ms && !stream->told) {
		stream->told = true;
		if (stream->events->waiting)
			stream->events->waiting(stream->events->data);
	}
	if (patience->limit_ms > 0 && silent_ms >= patience->limit_ms) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no answer from the agent for %" G_GINT64_FORMAT " s",
			    patience->limit_ms / 1000);
		return false;
	}
	return true;
}

/* One turn: whatever is possible without waiting, after waiting for something to be possible. */
static bool turn(Stream *stream, GError **error)
{
	bool want_input = !stream->input_ended && !stream->deaf && stream->block_len == 0;
	bool want_output = stream->block_len > 0 && !stream->deaf;
	struct pollfd fds[] = {
		{ .fd = stream->agent, .events = POLLIN | (want_output ? POLLOUT : 0) },
		{ .fd = want_input ? stream->input : -1, .events = POLLIN },
	};

	while (poll(fds, G_N_ELEMENTS(fds), silence_left_ms(stream)) < 0)
		g_assert(errno == EINTR || errno == ENOMEM);
	if ((fds[0].revents & ~POLLOUT) && !read_answers(stream, error))
		return false;
	if (fds[1].revents)
		read_input(stream);
	if (stream->block_len > 0 && !stream->agent_ended && !stream->deaf)
		write_agent(stream);
	if (stream->input_ended && stream->block_len == 0 && !stream->half_closed) {
		shutdown(stream->agent, SHUT_WR);
		stream->half_closed = true;
	}
	return stream->agent_ended || judge_silence(stream, error);
}

static bool run(Stream *stream, GError **error)
{
	while (!stream->agent_ended && !is_done(stream))
		if (!turn(stream, error))
			return false;
	if (stream->failure)
		g_propagate_error(error, g_steal_pointer(&stream->failure));
	else if (stream->farewell)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the agent hung up: %s", stream->farewell);
	else if (!is_done(stream))
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
				    "the agent went away");
	else
		return true;
	return false;
}

bool publish_stream(int input, int agent, const PublishPatience *patience,
		    const PublishEvents *events, PublishResult *result, GError **error)
{
	*result = (PublishResult){ 0 };
	fcntl(agent, F_SETFL, fcntl(agent, F_GETFL) | O_NONBLOCK);

	g_auto(Stream) stream = {
		.input = input,
		.agent = agent,
		.patience = patience,
		.events = events,
		.result = result,
		.block = g_malloc(BLOCK_SIZE),
		.last_newline = true,
		.answer = g_string_new(NULL),
		.refused = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};
	g_autoptr(GError) cause = NULL;

	if (run(&stream, &cause))
		return true;
	result->unknown = last_known(&stream) - result->decided - stream.refused->len;
	result->cut = !stream.half_closed ||
		      g_error_matches(cause, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);

	g_autofree char *account = publish_account_unfinished(result);

	g_set_error(error, cause->domain, cause->code, "%s; %s", cause->message, account);
	return false;
}
