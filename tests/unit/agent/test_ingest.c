/* SPDX-License-Identifier: MIT */
/* ingest: the socket's protocol as a client sees it, octet for octet. */
#include "agent/adapter/ingest.h"

#include "common/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define NOW_MS 1700000000000

/* While this is there, samples wait in it on their way to the spool. */
static GPtrArray *held; /* of Held */

typedef struct Held {
	Spool *spool;
	SampleBatch *batch;
	SpoolAppended done;
	void *data;
} Held;

void __real_spool_append(Spool *spool, SampleBatch *batch, SpoolAppended done, void *data);
void __wrap_spool_append(Spool *spool, SampleBatch *batch, SpoolAppended done, void *data);

void __wrap_spool_append(Spool *spool, SampleBatch *batch, SpoolAppended done, void *data)
{
	if (held)
		g_ptr_array_add(held, g_memdup2(&(Held){ spool, batch, done, data }, sizeof(Held)));
	else
		__real_spool_append(spool, batch, done, data);
}

static void release_held(void)
{
	for (guint i = 0; i < held->len; i++) {
		g_autofree Held *one = held->pdata[i];

		__real_spool_append(one->spool, one->batch, one->done, one->data);
	}
	g_clear_pointer(&held, g_ptr_array_unref);
}

typedef struct Fixture {
	char *dir;
	char *spool_path;
	char *path;
	Spool *spool;
	Ingest *ingest;
} Fixture;

static int64_t now_ms(bool *synced, void *data)
{
	*synced = true;
	return NOW_MS;
}

static void status(GString *text, void *data)
{
	g_string_append(text, "{\"state\":\"testing\"}");
}

static void metrics(GString *text, void *data)
{
	g_string_append(text, "up 1\n");
}

static void display(GString *text, void *data)
{
	g_string_append(text, "{\"width\":128}\n");
}

static void on_failed(const GError *error, void *data)
{
	g_assert_no_error(error);
}

static IngestConfig config_of(const Fixture *f)
{
	return (IngestConfig){
		.path = f->path,
		.spool = f->spool,
		.now_ms = now_ms,
		.status = status,
		.metrics = metrics,
		.display = display,
	};
}

static void start(Fixture *f, uint64_t limit)
{
	g_autoptr(GError) error = NULL;
	SpoolConfig spool = { .path = f->spool_path, .limit = limit, .failed = on_failed };

	f->spool = spool_open(&spool, &error);
	g_assert_no_error(error);
	IngestConfig ingest = config_of(f);

	f->ingest = ingest_new(&ingest, &error);
	g_assert_no_error(error);
}

static void stop(Fixture *f)
{
	ingest_stop(f->ingest);
	spool_close(f->spool);
	ingest_free(f->ingest);
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("landfall-ingest-XXXXXX", NULL);
	f->spool_path = g_build_filename(f->dir, "spool.db", NULL);
	f->path = g_build_filename(f->dir, "run", "agent.sock", NULL);
	start(f, 64 * 1024 * 1024);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

	stop(f);
	g_assert_cmpint(system(command), ==, 0);
	g_free(f->dir);
	g_free(f->spool_path);
	g_free(f->path);
}

static int dial(const Fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, f->path, sizeof(address.sun_path));
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		g_assert_cmpint(errno, ==, EAGAIN); /* the kernel's queue is full */
		g_main_context_iteration(NULL, FALSE);
	}
	return fd;
}

/* Take what the agent says for now. False at the end. */
static bool take(int fd, GString *answer)
{
	char buffer[4096];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	if (n > 0)
		g_string_append_len(answer, buffer, n);
	return n != 0 && (n > 0 || errno == EAGAIN);
}

/* Send all of @text and end it, while the loop runs; everything that comes back. */
static char *converse(const Fixture *f, const char *text, size_t len)
{
	int fd = dial(f);
	GString *answer = g_string_new(NULL);
	size_t sent = 0;

	for (;;) {
		ssize_t n = sent < len ? send(fd, text + sent, len - sent, MSG_NOSIGNAL) : 0;

		if (n > 0)
			sent += (size_t)n;
		if (sent == len)
			shutdown(fd, SHUT_WR);
		if (!take(fd, answer))
			break;
		g_main_context_iteration(NULL, FALSE);
	}
	close(fd);
	return g_string_free(answer, FALSE);
}

typedef struct TalkCase {
	const char *path;
	const char *text;
	const char *answer;
	uint64_t stored;
} TalkCase;

static const TalkCase talk_cases[] = {
	{ "/agent/ingest/one", "{\"op\":\"publish\"}\n{\"a\":1}\n", "{\"ack\":1}\n", 1 },
	{ "/agent/ingest/three", "{\"op\":\"publish\"}\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
	  "{\"ack\":3}\n", 3 },
	{ "/agent/ingest/no-line-end", "{\"op\":\"publish\"}\n{\"a\":1}\n{\"a\":2}",
	  "{\"ack\":2}\n", 2 },
	{ "/agent/ingest/crlf", "{\"op\":\"publish\"}\r\n{\"a\":1}\r\n", "{\"ack\":1}\n", 1 },
	{ "/agent/ingest/blank", "{\"op\":\"publish\"}\n\n{\"a\":1}\n  \n", "{\"ack\":3}\n", 1 },
	{ "/agent/ingest/nothing", "{\"op\":\"publish\"}\n", "", 0 },
	{ "/agent/ingest/source", "{\"op\":\"publish\",\"source\":\"x\"}\n{\"a\":1}\n",
	  "{\"ack\":1}\n", 1 },
	{ "/agent/ingest/invalid-between",
	  "{\"op\":\"publish\"}\n{\"a\":1}\n{\"a\":null}\n{\"a\":3}\n",
	  "{\"line\":2,\"error\":\"null is no reading: leave it out (octet "
	  "6)\",\"code\":\"invalid\"}\n"
	  "{\"ack\":3}\n",
	  2 },
	{ "/agent/ingest/all-invalid", "{\"op\":\"publish\"}\nx\n",
	  "{\"line\":1,\"error\":\"not a JSON object (octet "
	  "1)\",\"code\":\"invalid\"}\n{\"ack\":1}\n",
	  0 },
	{ "/agent/ingest/status", "{\"op\":\"status\"}\n", "{\"state\":\"testing\"}\n", 0 },
	{ "/agent/ingest/display", "{\"op\":\"display\"}\n", "{\"width\":128}\n", 0 },
	{ "/agent/ingest/metrics", "{\"op\":\"metrics\"}\n", "up 1\n", 0 },
	{ "/agent/ingest/status-then-more", "{\"op\":\"status\"}\n{\"a\":1}\n",
	  "{\"state\":\"testing\"}\n", 0 },
	{ "/agent/ingest/no-request", "{\"a\":1}\n{\"a\":2}\n",
	  "{\"line\":0,\"error\":\"the first line is {\\\"op\\\":\\\"publish\\\"}, "
	  "{\\\"op\\\":\\\"status\\\"} or {\\\"op\\\":\\\"metrics\\\"}\",\"code\":\"invalid\"}\n",
	  0 },
	{ "/agent/ingest/bad-source", "{\"op\":\"publish\",\"source\":7}\n{\"a\":1}\n",
	  "{\"line\":0,\"error\":\"source is not a name of 1 to 64 "
	  "octets\",\"code\":\"invalid\"}\n",
	  0 },
	{ "/agent/ingest/silence", "", "", 0 },
};

/* How many acks come depends on how the octets do; the last one counts. */
static char *without_early_acks(const char *answer)
{
	g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);
	GString *text = g_string_new(NULL);
	guint n = g_strv_length(lines);

	for (guint i = 0; i + 1 < n; i++) {
		if (i + 2 == n || !g_str_has_prefix(lines[i], "{\"ack\":"))
			g_string_append_printf(text, "%s\n", lines[i]);
	}
	return g_string_free(text, FALSE);
}

static void test_talk(Fixture *f, gconstpointer data)
{
	const TalkCase *c = data;
	g_autofree char *raw = converse(f, c->text, strlen(c->text));
	g_autofree char *answer = without_early_acks(raw);

	g_assert_cmpstr(answer, ==, c->answer);
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, c->stored);
}

/* A line of exactly the bound, one longer, and one after it. */
static void test_line_bound(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new("{\"op\":\"publish\"}\n{\"a\":1}");

	for (int i = 0; i < INGEST_LINE_MAX - 7; i++)
		g_string_append_c(text, ' ');
	g_string_append(text, "\n{\"a\":1}");
	for (int i = 0; i < 3 * INGEST_LINE_MAX; i++)
		g_string_append_c(text, ' ');
	g_string_append(text, "\n{\"a\":3}\n");

	g_autofree char *answer = converse(f, text->str, text->len);

	g_assert_nonnull(strstr(answer, "{\"line\":2,\"error\":\"line longer than 65536 octets\""));
	g_assert_true(g_str_has_suffix(answer, "{\"ack\":3}\n"));
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 2);
}

/* Acknowledged is what another connection to the file finds. */
static void test_ack_is_on_disk(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new("{\"op\":\"publish\"}\n");

	for (int i = 0; i < 20000; i++)
		g_string_append_printf(text, "{\"n\":%d}\n", i);

	g_autofree char *answer = converse(f, text->str, text->len);

	g_assert_true(g_str_has_suffix(answer, "{\"ack\":20000}\n"));
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 20000);
}

/* Lines beyond the limit are named one by one, those before are kept. */
static void test_full(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) text = g_string_new("{\"op\":\"publish\"}\n");
	unsigned refused = 0;

	stop(f);
	start(f, 128 * 1024);
	for (int i = 0; i < 10000; i++)
		g_string_append_printf(text, "{\"n\":%d}\n", i);

	g_autofree char *answer = converse(f, text->str, text->len);

	for (const char *at = answer; (at = strstr(at, "\"code\":\"full\"")); at++)
		refused++;
	g_assert_cmpuint(refused, >, 0);
	g_assert_cmpuint(spool_stats(f->spool)->depth, ==, 10000 - refused);
	g_assert_true(g_str_has_suffix(answer, "{\"ack\":10000}\n"));
}

/* Who does not read answers is not read from; the others are served meanwhile. */
static void test_slow_reader(Fixture *f, gconstpointer data)
{
	int fd = dial(f);
	static const char request[] = "{\"op\":\"publish\"}\n";
	static const char bad[] = "x\nx\nx\nx\nx\nx\nx\nx\n";
	size_t sent = 0;
	unsigned stuck = 0;

	g_assert_cmpint(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), >, 0);
	while (stuck < 1000) {
		ssize_t n = send(fd, bad, sizeof(bad) - 1, MSG_NOSIGNAL);

		stuck = n < 0 ? stuck + 1 : 0;
		sent += n > 0 ? (size_t)n : 0;
		g_main_context_iteration(NULL, FALSE);
		g_assert_cmpuint(sent, <, 16 * 1024 * 1024);
	}

	g_autofree char *answer = converse(f, "{\"op\":\"publish\"}\n{\"a\":1}\n", 25);
	g_assert_cmpstr(answer, ==, "{\"ack\":1}\n");
	close(fd);
}

/* A client that goes away in the middle harms nobody, and its whole lines are kept. */
static void test_vanishing(Fixture *f, gconstpointer data)
{
	static const char text[] = "{\"op\":\"publish\"}\n{\"a\":1}\n{\"a\":2}\n";

	for (int i = 0; i < 100; i++) {
		int fd = dial(f);

		g_assert_cmpint(send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL), >, 0);
		close(fd);
	}
	while (spool_stats(f->spool)->depth < 200)
		g_main_context_iteration(NULL, TRUE);
}

#define PUBLISH_ONE "{\"op\":\"publish\"}\n{\"a\":1}\n"

static int dial_to_publish(const Fixture *f)
{
	int fd = dial(f);

	g_assert_cmpint(send(fd, PUBLISH_ONE, strlen(PUBLISH_ONE), MSG_NOSIGNAL), ==,
			strlen(PUBLISH_ONE));
	return fd;
}

/* How many of @fds were hung up; each had its answer before, and the reason after it. */
static unsigned count_dismissed(const int *fds, size_t n)
{
	unsigned dismissed = 0;

	for (size_t i = 0; i < n; i++) {
		g_autoptr(GString) answer = g_string_new(NULL);
		bool ended = !take(fds[i], answer) || !take(fds[i], answer);

		g_assert_true(g_str_has_prefix(answer->str, "{\"ack\":1}\n"));
		g_assert_true(ended == (strstr(answer->str, "\"code\":\"busy\"}\n") != NULL));
		dismissed += ended;
	}
	return dismissed;
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

/* More than there are places for: those who are answered make room. */
static void test_many_clients(Fixture *f, gconstpointer data)
{
	int fds[INGEST_CLIENTS_MAX + 4];

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial_to_publish(f);
	while (spool_stats(f->spool)->depth < G_N_ELEMENTS(fds))
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(count_dismissed(fds, G_N_ELEMENTS(fds)), ==, 4);
	close_all(fds, G_N_ELEMENTS(fds));
}

/* Clients that say nothing fill all places, and the queue: whoever asks has an answer. */
static void test_silent_clients(Fixture *f, gconstpointer data)
{
	int fds[3 * INGEST_CLIENTS_MAX];

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial(f);

	g_autofree char *answer = converse(f, "{\"op\":\"status\"}\n", 16);

	g_assert_cmpstr(answer, ==, "{\"state\":\"testing\"}\n");
	close_all(fds, G_N_ELEMENTS(fds));
}

/* Who is owed an answer stays; with the first of them there is room. */
static void test_crowded(Fixture *f, gconstpointer data)
{
	int fds[INGEST_CLIENTS_MAX];
	g_autoptr(GString) answer = g_string_new(NULL);

	held = g_ptr_array_new();
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial_to_publish(f);
	while (held->len < G_N_ELEMENTS(fds))
		g_main_context_iteration(NULL, TRUE);

	int asks = dial(f);

	g_assert_cmpint(send(asks, "{\"op\":\"status\"}\n", 16, MSG_NOSIGNAL), ==, 16);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_true(take(asks, answer));
	g_assert_cmpuint(answer->len, ==, 0);
	release_held();
	while (take(asks, answer))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(answer->str, ==, "{\"state\":\"testing\"}\n");
	while (spool_stats(f->spool)->depth < G_N_ELEMENTS(fds))
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(count_dismissed(fds, G_N_ELEMENTS(fds)), ==, 1);
	close(asks);
	close_all(fds, G_N_ELEMENTS(fds));
}

/* Clients that never stop fill all places: each makes room when it has been answered. */
static void test_flood(Fixture *f, gconstpointer data)
{
	static const char lines[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
	int fds[INGEST_CLIENTS_MAX];
	g_autoptr(GString) answer = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = dial_to_publish(f);
	while (spool_stats(f->spool)->depth < G_N_ELEMENTS(fds))
		g_main_context_iteration(NULL, TRUE);

	int asks = dial(f);

	g_assert_cmpint(send(asks, "{\"op\":\"status\"}\n", 16, MSG_NOSIGNAL), ==, 16);
	while (take(asks, answer)) {
		for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
			(void)!send(fds[i], lines, strlen(lines), MSG_NOSIGNAL);
		g_main_context_iteration(NULL, FALSE);
	}
	g_assert_cmpstr(answer->str, ==, "{\"state\":\"testing\"}\n");
	close(asks);
	close_all(fds, G_N_ELEMENTS(fds));
}

/* This thread alone: the spool's writes files of ours. */
static void act_as(uid_t user)
{
	g_assert_cmpint(syscall(SYS_setresuid, (uid_t)-1, user, (uid_t)-1), ==, 0);
}

/* Somebody else's clients come later, and more of them: one of theirs makes room, not
 * one of ours. */
static void test_greedy_user(Fixture *f, gconstpointer data)
{
	g_autofree char *folder = g_path_get_dirname(f->path);
	int ours[INGEST_CLIENTS_MAX / 4], theirs[INGEST_CLIENTS_MAX];

	if (geteuid() != 0) {
		g_test_skip("only root can be two users");
		return;
	}
	g_assert_true(chmod(f->dir, 0755) == 0 && chmod(folder, 0755) == 0 &&
		      chmod(f->path, 0666) == 0);
	for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
		ours[i] = dial_to_publish(f);
	while (spool_stats(f->spool)->depth < G_N_ELEMENTS(ours))
		g_main_context_iteration(NULL, TRUE);
	act_as(65534);
	for (size_t i = 0; i < G_N_ELEMENTS(theirs); i++)
		theirs[i] = dial(f);
	act_as(0);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(count_dismissed(ours, G_N_ELEMENTS(ours)), ==, 0);
	close_all(ours, G_N_ELEMENTS(ours));
	close_all(theirs, G_N_ELEMENTS(theirs));
}

static void test_socket_file(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	IngestConfig config = config_of(f);
	struct stat file;

	g_assert_cmpint(stat(f->path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 0777, ==, 0660);
	g_assert_null(ingest_new(&config, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_clear_error(&error);

	/* a file that a killed agent left behind is replaced, any other is not */
	g_autofree char *stale = g_build_filename(f->dir, "stale.sock", NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, stale, sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	close(fd);
	config.path = stale;
	Ingest *second = ingest_new(&config, &error);
	g_assert_no_error(error);
	ingest_free(second);

	config.path = f->spool_path;
	g_assert_null(ingest_new(&config, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

/* No descriptor is left for a connection: said once, no busy loop, served when there is one. */
static void test_no_descriptor(Fixture *f, gconstpointer data)
{
	static const char request[] = "{\"op\":\"status\"}\n";
	const char *preloaded = g_getenv("LD_PRELOAD");

	if (preloaded && strstr(preloaded, "vgpreload")) {
		g_test_skip("valgrind accepts the connection and closes it, the kernel leaves it");
		return;
	}

	g_autoptr(GString) answer = g_string_new(NULL);
	struct rlimit before, none;
	int fd = dial(f);
	unsigned turns = 0;

	g_assert_cmpint(send(fd, request, strlen(request), 0), ==, (ssize_t)strlen(request));
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	none = before;
	none.rlim_cur = 3;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*connections wait*");
	while (g_main_context_iteration(NULL, FALSE))
		g_assert_cmpuint(turns++, <, 100);
	g_test_assert_expected_messages();
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
	while (take(fd, answer))
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpstr(answer->str, ==, "{\"state\":\"testing\"}\n");
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	for (size_t i = 0; i < G_N_ELEMENTS(talk_cases); i++)
		g_test_add(talk_cases[i].path, Fixture, &talk_cases[i], set_up, test_talk,
			   tear_down);
	ADD("/agent/ingest/line-bound", test_line_bound);
	ADD("/agent/ingest/ack-is-on-disk", test_ack_is_on_disk);
	ADD("/agent/ingest/full", test_full);
	ADD("/agent/ingest/slow-reader", test_slow_reader);
	ADD("/agent/ingest/vanishing", test_vanishing);
	ADD("/agent/ingest/many-clients", test_many_clients);
	ADD("/agent/ingest/silent-clients", test_silent_clients);
	ADD("/agent/ingest/crowded", test_crowded);
	ADD("/agent/ingest/flood", test_flood);
	ADD("/agent/ingest/greedy-user", test_greedy_user);
	ADD("/agent/ingest/socket-file", test_socket_file);
	ADD("/agent/ingest/no-descriptor", test_no_descriptor);
	return g_test_run();
}
