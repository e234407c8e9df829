/* SPDX-License-Identifier: MIT */
/*
 * publish-stream against an agent on the other end of a socket pair that answers from a script,
 * sound and unsound. What a real agent answers is tested in tests/agent.
 */
#include "common/error.h"
#include "ctl/publish-account.h"
#include "ctl/publish-stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK (-1) /* no error expected */

typedef struct StreamCase {
	const char *path;
	const char *input;   /* what is on standard input */
	const char *expect;  /* what the agent must have received when the input ended */
	const char *answers; /* what it then says before it closes */
	const char *events;  /* "+1-3" stored, "!2" refused, in order */
	int code;            /* LANDFALL_ERROR or OK */
	const char *says;    /* how the error's message ends, or NULL */
} StreamCase;

static const StreamCase stream_cases[] = {
	{ "/ctl/publish/all", "{}\n{}\n{}\n", "{}\n{}\n{}\n", "{\"ack\":2}\n{\"ack\":3}\n",
	  "+1-2+3-3", OK, NULL },
	{ "/ctl/publish/empty", "", "", "", "", OK, NULL },
	{ "/ctl/publish/last-newline-missing", "{}\n{}", "{}\n{}\n", "{\"ack\":2}\n", "+1-2", OK,
	  NULL },
	{ "/ctl/publish/refused-inside", "a\nb\nc\n", "a\nb\nc\n",
	  "{\"line\":2,\"error\":\"no JSON\",\"code\":\"invalid\"}\n{\"ack\":3}\n", "!2+1-1+3-3",
	  OK, NULL },
	{ "/ctl/publish/refused-at-ends", "a\nb\nc\n", "a\nb\nc\n",
	  "{\"line\":1,\"error\":\"x\",\"code\":\"full\"}\n"
	  "{\"line\":3,\"error\":\"x\",\"code\":\"full\"}\n{\"ack\":3}\n",
	  "!1!3+2-2", OK, NULL },
	{ "/ctl/publish/refused-above-ack", "a\nb\nc\n", "a\nb\nc\n",
	  "{\"line\":3,\"error\":\"x\"}\n{\"ack\":2}\n{\"ack\":3}\n", "!3+1-2", OK, NULL },
	{ "/ctl/publish/refused-out-of-order", "a\nb\nc\n", "a\nb\nc\n",
	  "{\"line\":3,\"error\":\"no JSON\"}\n{\"line\":1,\"error\":\"x\"}\n{\"ack\":3}\n",
	  "!3!1+2-2", OK, NULL },
	{ "/ctl/publish/agent-dies", "a\nb\n", "a\nb\n", "{\"ack\":1}\n", "+1-1",
	  LANDFALL_ERROR_UNAVAILABLE,
	  "the agent went away; of 2 lines sent, 1 is on disk and what became of 1 is not known" },
	{ "/ctl/publish/agent-leaves", "a\n", "a\n", "", "", LANDFALL_ERROR_UNAVAILABLE,
	  "of 1 line sent, none is on disk and what became of 1 is not known" },
	{ "/ctl/publish/agent-dies-refusing", "a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\nf\n",
	  "{\"line\":2,\"error\":\"x\"}\n{\"ack\":3}\n{\"line\":5,\"error\":\"x\"}\n",
	  "!2+1-1+3-3!5", LANDFALL_ERROR_UNAVAILABLE,
	  "of 6 lines sent, 2 are on disk, 2 were refused and what became of 2 is not known" },
	{ "/ctl/publish/agent-hangs-up", "a\nb\n", "a\nb\n",
	  "{\"ack\":1}\n{\"line\":0,\"error\":\"others wait\",\"code\":\"busy\"}\n", "+1-1",
	  LANDFALL_ERROR_UNAVAILABLE,
	  "the agent hung up: others wait; of 2 lines sent, 1 is on disk "
	  "and what became of 1 is not known" },
	{ "/ctl/publish/farewell-without-reason", "a\n", "a\n", "{\"line\":0}\n", "",
	  LANDFALL_ERROR_INVALID, NULL },
	{ "/ctl/publish/ack-of-unsent", "a\n", "a\n", "{\"ack\":2}\n", "", LANDFALL_ERROR_INVALID,
	  NULL },
	{ "/ctl/publish/ack-backwards", "a\nb\n", "a\nb\n", "{\"ack\":2}\n{\"ack\":1}\n", "+1-2",
	  LANDFALL_ERROR_INVALID, NULL },
	{ "/ctl/publish/ack-negative", "a\n", "a\n", "{\"ack\":-1}\n", "", LANDFALL_ERROR_INVALID,
	  NULL },
	{ "/ctl/publish/no-json", "a\n", "a\n", "hello\n", "", LANDFALL_ERROR_INVALID, NULL },
	{ "/ctl/publish/no-meaning", "a\n", "a\n", "{}\n", "", LANDFALL_ERROR_INVALID, NULL },
	{ "/ctl/publish/refusal-without-reason", "a\n", "a\n", "{\"line\":1}\n", "",
	  LANDFALL_ERROR_INVALID, NULL },
	{ "/ctl/publish/refusal-too-late", "a\n", "a\n",
	  "{\"ack\":1}\n{\"line\":1,\"error\":\"x\"}\n", "+1-1", LANDFALL_ERROR_INVALID, NULL },
};

static void note_stored(uint64_t first, uint64_t last, void *data)
{
	g_string_append_printf(data, "+%d-%d", (int)first, (int)last);
}

static void note_refused(uint64_t line, const char *reason, void *data)
{
	g_string_append_printf(data, "!%d", (int)line);
}

static void note_waiting(void *data)
{
	g_string_append_c(data, '?');
}

static const PublishPatience endless = { 0 };

typedef struct FakeAgent {
	int fd;
	const char *answers;
	GString *received;
} FakeAgent;

static void say(int fd, const char *text)
{
	g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}

static gpointer fake_agent_run(gpointer data)
{
	FakeAgent *agent = data;
	char buffer[4096];
	ssize_t n;

	while ((n = read(agent->fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(agent->received, buffer, n);
	if (*agent->answers) /* else the client may have gone: all is known */
		say(agent->fd, agent->answers);
	close(agent->fd);
	return NULL;
}

static int make_input(const char *text)
{
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_cmpint(write(fds[1], text, strlen(text)), ==, (ssize_t)strlen(text));
	close(fds[1]);
	return fds[0];
}

static void test_stream(gconstpointer data)
{
	const StreamCase *c = data;
	int pair[2];
	g_autoptr(GString) noted = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { note_stored, note_refused, note_waiting, noted };
	PublishResult result;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);

	FakeAgent agent = { pair[1], c->answers, g_string_new(NULL) };
	GThread *thread = g_thread_new("agent", fake_agent_run, &agent);
	int input = make_input(c->input);
	bool done = publish_stream(input, pair[0], &endless, &events, &result, &error);

	close(pair[0]);
	close(input);
	g_thread_join(thread);
	g_assert_cmpstr(agent.received->str, ==, c->expect);
	g_assert_cmpstr(noted->str, ==, c->events);
	if (c->code == OK) {
		g_assert_no_error(error);
		g_assert_true(done);
		g_assert_cmpuint(result.decided, ==, result.sent);
	} else {
		g_assert_false(done);
		g_assert_error(error, LANDFALL_ERROR, c->code);
		g_assert_true(!c->says || g_str_has_suffix(error->message, c->says));
	}
	g_string_free(agent.received, TRUE);
}

/* More than any buffer on the way, and the agent answers only at the end. */
static void test_long(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	FILE *file = tmpfile();
	const int lines = 100000;
	int pair[2];
	g_autoptr(GString) noted = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { note_stored, note_refused, note_waiting, noted };
	PublishResult result;

	for (int i = 0; i < lines; i++)
		g_string_append_printf(text, "{\"n\":%d}\n", i);
	fwrite(text->str, 1, text->len, file);
	rewind(file);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);

	FakeAgent agent = { pair[1], "{\"ack\":100000}\n", g_string_new(NULL) };
	GThread *thread = g_thread_new("agent", fake_agent_run, &agent);
	bool done = publish_stream(fileno(file), pair[0], &endless, &events, &result, &error);

	close(pair[0]);
	fclose(file);
	g_thread_join(thread);
	g_assert_no_error(error);
	g_assert_true(done);
	g_assert_cmpstr(agent.received->str, ==, text->str);
	g_assert_cmpuint(result.sent, ==, lines);
	g_assert_cmpstr(noted->str, ==, "+1-100000");
	g_string_free(agent.received, TRUE);
}

typedef struct EarlyAgent {
	int fd;
	int input; /* the other end of the client's input */
} EarlyAgent;

/* Refuses a line whose end has not come, then lets it end. */
static gpointer early_agent_run(gpointer data)
{
	EarlyAgent *agent = data;
	char buffer[64];

	g_assert_cmpint(read(agent->fd, buffer, sizeof(buffer)), ==, 4);
	say(agent->fd, "{\"line\":1,\"error\":\"too long\",\"code\":\"invalid\"}\n{\"ack\":1}\n");
	say(agent->input, "zz\n{}\n");
	close(agent->input);
	while (read(agent->fd, buffer, sizeof(buffer)) > 0)
		;
	say(agent->fd, "{\"ack\":2}\n");
	close(agent->fd);
	return NULL;
}

/* A line that is too long is refused before it ends: no answer to a line that was never sent. */
static void test_refused_early(void)
{
	int pair[2], input[2];
	g_autoptr(GString) noted = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { note_stored, note_refused, note_waiting, noted };
	PublishResult result;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	g_assert_cmpint(pipe(input), ==, 0);
	say(input[1], "zzzz");

	EarlyAgent agent = { pair[1], input[1] };
	GThread *thread = g_thread_new("agent", early_agent_run, &agent);
	bool done = publish_stream(input[0], pair[0], &endless, &events, &result, &error);

	close(pair[0]);
	close(input[0]);
	g_thread_join(thread);
	g_assert_no_error(error);
	g_assert_true(done);
	g_assert_cmpstr(noted->str, ==, "!1+2-2");
	g_assert_cmpuint(result.refused, ==, 1);
}

/* One that takes lines and never answers is waited for, in words, and given up in the end. */
static void test_silent(void)
{
	static const PublishPatience patience = { .tell_ms = 1, .limit_ms = 20 };
	int pair[2];
	g_autoptr(GString) noted = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { note_stored, note_refused, note_waiting, noted };
	PublishResult result;
	int input = make_input("a\nb\n");

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	g_assert_false(publish_stream(input, pair[0], &patience, &events, &result, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_assert_nonnull(strstr(error->message, "no answer from the agent"));
	g_assert_cmpstr(noted->str, ==, "?");
	g_assert_cmpuint(result.unknown, ==, 2);
	close(pair[0]);
	close(pair[1]);
	close(input);
}

/* Which has been waited for, in words, and answers after all. */
static gpointer late_agent_run(gpointer data)
{
	EarlyAgent *agent = data;
	char buffer[64];

	g_assert_cmpint(read(agent->input, buffer, 1), ==, 1);
	say(agent->fd, "{\"ack\":1}\n");
	close(agent->fd);
	return NULL;
}

static void tell_agent(void *data)
{
	say(*(int *)data, "?");
}

/* Without a limit no answer comes too late. One that answered all is not waited for. */
static void test_late(void)
{
	static const PublishPatience patience = { .tell_ms = 1 };
	int pair[2], told[2];
	g_autoptr(GError) error = NULL;
	PublishResult result;
	int input = make_input("a\n");

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	g_assert_cmpint(pipe(told), ==, 0);

	const PublishEvents events = { .waiting = tell_agent, .data = &told[1] };
	EarlyAgent agent = { pair[1], told[0] };
	GThread *thread = g_thread_new("agent", late_agent_run, &agent);
	bool done = publish_stream(input, pair[0], &patience, &events, &result, &error);

	g_thread_join(thread);
	g_assert_no_error(error);
	g_assert_true(done);
	g_assert_cmpuint(result.stored, ==, 1);
	close(pair[0]);
	close(told[0]);
	close(told[1]);
	close(input);
}

/* Takes no more, and answers what it took once the client has met that. */
static gpointer deaf_agent_run(gpointer data)
{
	EarlyAgent *agent = data;
	char buffer[64];
	int left = 1;

	g_assert_cmpint(read(agent->fd, buffer, sizeof(buffer)), ==, 4);
	shutdown(agent->fd, SHUT_RD);
	say(agent->input, "c\n");
	while (left > 0) {
		g_assert_cmpint(ioctl(agent->input, FIONREAD, &left), ==, 0);
		g_usleep(1000);
	}
	say(agent->fd, "{\"ack\":2}\n");
	close(agent->fd);
	return NULL;
}

static void test_deaf(void)
{
	int pair[2], input[2];
	g_autoptr(GString) noted = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { note_stored, note_refused, note_waiting, noted };
	PublishResult result;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	g_assert_cmpint(pipe(input), ==, 0);
	say(input[1], "a\nb\n");

	EarlyAgent agent = { pair[1], input[1] };
	GThread *thread = g_thread_new("agent", deaf_agent_run, &agent);

	g_assert_false(publish_stream(input[0], pair[0], &endless, &events, &result, &error));
	close(pair[0]);
	g_thread_join(thread);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_assert_true(g_str_has_suffix(
		error->message, "of 2 lines sent, 2 are on disk; what follows line 2 was not "
				"sent"));
	g_assert_cmpstr(noted->str, ==, "+1-2");
	close(input[0]);
	close(input[1]);
}

/* What was handed over before the input fails is waited for all the same. */
static void test_unreadable(void)
{
	int pair[2];
	g_autoptr(GError) error = NULL;
	const PublishEvents events = { 0 };
	PublishResult result;
	int input = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
	g_assert_false(publish_stream(input, pair[0], &endless, &events, &result, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	g_assert_true(g_str_has_suffix(error->message, "; nothing was sent"));
	close(pair[0]);
	close(pair[1]);
	close(input);
}

typedef struct RefusedCase {
	const char *path;
	PublishResult result;
	const char *says;
} RefusedCase;

static const RefusedCase refused_cases[] = {
	{ "/ctl/publish/says/only-one", { .sent = 1, .refused = 1 }, "the sample was refused" },
	{ "/ctl/publish/says/all", { .sent = 2, .refused = 2 }, "all 2 lines were refused" },
	{ "/ctl/publish/says/one-of-two",
	  { .sent = 2, .refused = 1 },
	  "1 of 2 lines was refused, the other was taken" },
	{ "/ctl/publish/says/two-of-five",
	  { .sent = 5, .refused = 2 },
	  "2 of 5 lines were refused, the others were taken" },
};

static void test_refused_words(gconstpointer data)
{
	const RefusedCase *c = data;
	g_autofree char *text = publish_account_refused(&c->result);

	g_assert_cmpstr(text, ==, c->says);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(stream_cases); i++)
		g_test_add_data_func(stream_cases[i].path, &stream_cases[i], test_stream);
	g_test_add_func("/ctl/publish/long", test_long);
	g_test_add_func("/ctl/publish/refused-early", test_refused_early);
	g_test_add_func("/ctl/publish/silent", test_silent);
	g_test_add_func("/ctl/publish/late", test_late);
	g_test_add_func("/ctl/publish/deaf", test_deaf);
	g_test_add_func("/ctl/publish/unreadable", test_unreadable);
	for (size_t i = 0; i < G_N_ELEMENTS(refused_cases); i++)
		g_test_add_data_func(refused_cases[i].path, &refused_cases[i], test_refused_words);
	return g_test_run();
}
