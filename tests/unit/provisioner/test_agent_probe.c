/* SPDX-License-Identifier: MIT */
/* agent-probe: an agent that answers, is away, says nonsense, or nothing. */
#include "provisioner/adapter/agent-probe.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Fixture {
	char *dir;
	char *path;
	int listener;
	AgentProbe *probe;
	unsigned int answers;
	char *problem;
	uint32_t generation;
	char states[AGENT_STEP_N + 1];
	char *tls;
} Fixture;

static void on_report(const AgentReport *report, void *data)
{
	Fixture *f = data;

	f->answers++;
	g_free(f->problem);
	g_free(f->tls);
	f->problem = g_strdup(report->problem);
	f->tls = g_strdup(report->steps[AGENT_STEP_TLS].text);
	f->generation = report->generation;
	for (int i = 0; i < AGENT_STEP_N; i++)
		f->states[i] = "pdf"[report->steps[i].state];
}

static void set_up(Fixture *f, gconstpointer data)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	f->dir = g_dir_make_tmp("agent-probe-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "agent.sock", NULL);
	g_strlcpy(address.sun_path, f->path, sizeof(address.sun_path));
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(bind(f->listener, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(f->listener, 4), ==, 0);
	f->probe = agent_probe_new(f->path, on_report, f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_probe_free(f->probe);
	close(f->listener);
	g_unlink(f->path);
	g_rmdir(f->dir);
	g_free(f->path);
	g_free(f->dir);
	g_free(f->problem);
	g_free(f->tls);
}

static void await_answer(Fixture *f, unsigned int answers)
{
	while (f->answers < answers)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f->answers, ==, answers);
}

/* Takes the question; the connection to answer on. */
static int take_question(Fixture *f)
{
	static const char wanted[] = "{\"op\":\"status\"}\n";
	char question[64] = { 0 };
	int fd = accept(f->listener, NULL, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(read(fd, question, sizeof(question) - 1), ==, strlen(wanted));
	g_assert_cmpstr(question, ==, wanted);
	return fd;
}

static void answer(int fd, const char *text)
{
	g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
	close(fd);
}

static void test_answers(Fixture *f, gconstpointer data)
{
	agent_probe_ask(f->probe);
	agent_probe_ask(f->probe); /* swallowed: one is under way */
	answer(take_question(f),
	       "{\"stages\":[{\"name\":\"clock\",\"state\":\"ok\"},"
	       "{\"name\":\"news\",\"state\":\"ok\"},{\"name\":\"tls\",\"state\":\"failed\","
	       "\"error\":\"no CA\"}],\"certificate\":{\"generation\":7}}\n");
	await_answer(f, 1);
	g_assert_null(f->problem);
	g_assert_cmpuint(f->generation, ==, 7);
	g_assert_cmpstr(f->states, ==, "dppfpp");
	g_assert_cmpstr(f->tls, ==, "no CA");

	agent_probe_ask(f->probe); /* and again */
	answer(take_question(f), "{\"stages\":[]}");
	await_answer(f, 2);
	g_assert_cmpstr(f->states, ==, "pppppp");
	g_assert_cmpuint(f->generation, ==, 0);
}

static void test_nonsense(Fixture *f, gconstpointer data)
{
	static const char *const texts[] = { "",   "nonsense",        "[]",
					     "{}", "{\"stages\":{}}", "{\"stages\"" };

	for (unsigned int i = 0; i < G_N_ELEMENTS(texts); i++) {
		agent_probe_ask(f->probe);
		answer(take_question(f), texts[i]);
		await_answer(f, i + 1);
		g_assert_cmpstr(f->problem, ==, "the agent does not say how far it has come");
	}
}

static void test_too_much(Fixture *f, gconstpointer data)
{
	g_autofree char *text = g_strnfill(AGENT_PROBE_OCTETS_MAX / 4, ' ');
	int fd;

	agent_probe_ask(f->probe);
	fd = take_question(f);
	for (int i = 0; i < 5; i++) {
		g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
		while (g_main_context_iteration(NULL, FALSE)) {}
	}
	await_answer(f, 1);
	g_assert_cmpstr(f->problem, ==, "the agent says too much of itself");
	close(fd);
}

static void test_away(Fixture *f, gconstpointer data)
{
	close(f->listener);
	agent_probe_ask(f->probe);
	g_assert_cmpuint(f->answers, ==, 0); /* never from inside the call */
	await_answer(f, 1);
	g_assert_cmpstr(f->problem, ==, "the agent is not running");
	g_unlink(f->path);
	agent_probe_ask(f->probe);
	await_answer(f, 2);
	g_assert_cmpstr(f->problem, ==, "the agent is not running");
	f->listener = -1;
}

static void test_silent(Fixture *f, gconstpointer data)
{
	int fd;

	agent_probe_ask(f->probe);
	fd = take_question(f);
	await_answer(f, 1);
	g_assert_cmpstr(f->problem, ==, "the agent does not answer");
	close(fd);
}

static void test_no_socket(Fixture *f, gconstpointer data)
{
	g_autoptr(AgentProbe) probe = agent_probe_new(NULL, on_report, f);

	agent_probe_ask(probe);
	await_answer(f, 1);
	g_assert_nonnull(f->problem);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/agent-probe/" name, Fixture, NULL, set_up, function, tear_down)
	ADD("answers", test_answers);
	ADD("nonsense", test_nonsense);
	ADD("too-much", test_too_much);
	ADD("away", test_away);
	ADD("silent", test_silent);
	ADD("no-socket", test_no_socket);
	return g_test_run();
}
