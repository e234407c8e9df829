/* SPDX-License-Identifier: MIT */
#include "tests/agent/agent-process.h"

#include "common/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_US     5000
#define POLL_ROUNDS 36000 /* three minutes: it may pause for two between attempts */

struct AgentProcess {
	char *dir;
	char *config;
	GPid pid;           /* 0: not running */
	char **environment; /* NULL: ours */
	char *log;          /* NULL: standard error is ours */
};

char *agent_process_path(const AgentProcess *agent, const char *name)
{
	return g_build_filename(agent->dir, name, NULL);
}

AgentProcess *agent_process_new(uint16_t port, const char *lines)
{
	AgentProcess *agent = g_new0(AgentProcess, 1);

	agent->dir = g_dir_make_tmp("landfall-agent-XXXXXX", NULL);
	agent->config = agent_process_path(agent, "landfall.conf");

	g_autofree char *text =
		g_strdup_printf("[store]\npath = %s/store\n[broker]\nuri = mqtts://127.0.0.1:%u\n"
				"[agent]\nspool = %s/spool/spool.db\ningest = %s/agent.sock\n"
				"interval = 1h\nbus =\n%s\n",
				agent->dir, port, agent->dir, agent->dir, lines ? lines : "");
	g_assert_true(g_file_set_contents(agent->config, text, -1, NULL));
	return agent;
}

void agent_process_free(AgentProcess *agent)
{
	if (!agent)
		return;
	if (agent->pid)
		agent_process_kill(agent);

	g_autofree char *command = g_strdup_printf("rm -rf '%s'", agent->dir);

	g_assert_cmpint(system(command), ==, 0);
	g_free(agent->dir);
	g_free(agent->config);
	g_strfreev(agent->environment);
	g_free(agent->log);
	g_free(agent);
}

void agent_process_set(AgentProcess *agent, const char *name, const char *value)
{
	if (!agent->environment)
		agent->environment = g_get_environ();
	agent->environment = g_environ_setenv(agent->environment, name, value, TRUE);
}

void agent_process_keep_log(AgentProcess *agent)
{
	agent->log = agent_process_path(agent, "log");
}

unsigned agent_process_log_count(const AgentProcess *agent, const char *words)
{
	g_autofree char *text = NULL;
	unsigned count = 0;

	g_assert_true(g_file_get_contents(agent->log, &text, NULL, NULL));
	for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
		count++;
	return count;
}

void agent_process_import(AgentProcess *agent, Pki *pki, const char *device)
{
	g_autofree char *path = agent_process_path(agent, "store");
	g_autofree char *folder = agent_process_path(agent, device);
	g_autofree char *command = g_strdup_printf(
		"mkdir -p '%s' && cp '%s/%s.crt' '%s/device.crt' && cp '%s/%s.key' '%s/device.key' "
		"&& cp '%s/ca.crt' '%s/server_chain.pem'",
		folder, pki_dir(pki), device, folder, pki_dir(pki), device, folder, pki_dir(pki),
		folder);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(system(command), ==, 0);
	g_autoptr(Store) store = store_open(path);
	g_autoptr(StoreParts) parts = store_parts_load(folder, &error);
	g_assert_no_error(error);
	store_set_lock_wait(store, 60000);
	g_autoptr(StoreIdentity) identity = store_import(store, parts, &error);
	g_assert_no_error(error);
	g_assert_nonnull(identity);
}

/* A test that aborts leaves nothing running. @data: the log, or NULL */
static void become_child(gpointer data)
{
	int fd = data ? open(data, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
}

static void spawn(AgentProcess *agent, int *standard_error)
{
	const char *argv[] = { g_getenv("LANDFALL_AGENT"), "--config", agent->config, NULL };
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(argv[0]);
	g_assert_cmpint(agent->pid, ==, 0);
	g_spawn_async_with_pipes(NULL, (char **)argv, agent->environment, G_SPAWN_DO_NOT_REAP_CHILD,
				 become_child, standard_error ? NULL : agent->log, &agent->pid,
				 NULL, NULL, standard_error, &error);
	g_assert_no_error(error);
}

static int reap(AgentProcess *agent)
{
	int status;

	g_assert_cmpint(waitpid(agent->pid, &status, 0), ==, agent->pid);
	agent->pid = 0;
	return status;
}

void agent_process_spawn(AgentProcess *agent)
{
	spawn(agent, NULL);
}

void agent_process_start(AgentProcess *agent)
{
	spawn(agent, NULL);
	for (unsigned i = 0; i < POLL_ROUNDS; i++) {
		cJSON *status = agent_process_status(agent);

		if (status) {
			cJSON_Delete(status);
			return;
		}
		g_assert_cmpint(waitpid(agent->pid, NULL, WNOHANG), ==, 0);
		g_usleep(POLL_US);
	}
	g_assert_not_reached();
}

int agent_process_run(AgentProcess *agent, char **words)
{
	GString *text = g_string_new(NULL);
	char buffer[4096];
	ssize_t n;
	int fd;

	spawn(agent, &fd);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		g_string_append_len(text, buffer, n);
	close(fd);
	*words = g_string_free(text, FALSE);

	int status = reap(agent);

	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void agent_process_kill(AgentProcess *agent)
{
	g_assert_cmpint(kill(agent->pid, SIGKILL), ==, 0);
	reap(agent);
}

void agent_process_signal(AgentProcess *agent, int number)
{
	g_assert_cmpint(kill(agent->pid, number), ==, 0);
}

int agent_process_stop(AgentProcess *agent)
{
	g_assert_cmpint(kill(agent->pid, SIGTERM), ==, 0);

	int status = reap(agent);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int agent_process_dial(const AgentProcess *agent)
{
	g_autofree char *path = agent_process_path(agent, "agent.sock");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static char *describe_store(const AgentProcess *agent)
{
	g_autofree char *path = agent_process_path(agent, "store");
	g_autoptr(Store) store = store_open(path);
	g_autoptr(GPtrArray) list = store_list(store, NULL);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; list && i < list->len; i++) {
		const StoreGeneration *one = list->pdata[i];

		g_string_append_printf(text, "%s%u %s%s%s;", one->current ? "*" : "", one->number,
				       one->common_name ? one->common_name : "nobody",
				       one->good ? " good" : "", one->failed ? " failed" : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The agent's thread writes the markers a moment after the connection stands. */
void agent_process_await_store(const AgentProcess *agent, const char *wanted)
{
	g_autofree char *found = describe_store(agent);

	for (unsigned i = 0; i < POLL_ROUNDS && strcmp(found, wanted) != 0; i++) {
		g_usleep(POLL_US);
		g_free(found);
		found = describe_store(agent);
	}
	g_assert_cmpstr(found, ==, wanted);
}

char *agent_process_converse(const AgentProcess *agent, const char *text, size_t len)
{
	GString *answer = g_string_new(NULL);
	int fd = agent_process_dial(agent);
	char buffer[4096];
	ssize_t n;

	for (size_t sent = 0; fd >= 0 && sent < len; sent += (size_t)n) {
		n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	if (fd >= 0) {
		shutdown(fd, SHUT_WR);
		while ((n = read(fd, buffer, sizeof(buffer))) > 0)
			g_string_append_len(answer, buffer, n);
		close(fd);
	}
	return g_string_free(answer, FALSE);
}

cJSON *agent_process_status(const AgentProcess *agent)
{
	static const char request[] = "{\"op\":\"status\"}\n";
	g_autofree char *answer = agent_process_converse(agent, request, sizeof(request) - 1);

	return cJSON_Parse(answer);
}

static const cJSON *find_member(const cJSON *status, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	for (char **name = names; *name; name++)
		status = cJSON_GetObjectItem(status, *name);
	return status;
}

char *agent_process_text(const AgentProcess *agent, const char *path)
{
	cJSON *status = agent_process_status(agent);
	char *text = g_strdup(cJSON_GetStringValue(find_member(status, path)));

	cJSON_Delete(status);
	return text;
}

double agent_process_number(const AgentProcess *agent, const char *path)
{
	cJSON *status = agent_process_status(agent);
	const cJSON *member = find_member(status, path);
	double number = cJSON_IsNumber(member) ? member->valuedouble : -1;

	cJSON_Delete(status);
	return number;
}

static void await_text(const AgentProcess *agent, const char *path, const char *wanted,
		       bool (*fits)(const char *text, const char *wanted))
{
	for (unsigned i = 0; i < POLL_ROUNDS; i++) {
		g_autofree char *text = agent_process_text(agent, path);

		if (text && fits(text, wanted))
			return;
		g_usleep(POLL_US);
	}
	g_error("the agent's %s never became %s", path, wanted);
}

static bool is_equal(const char *text, const char *wanted)
{
	return strcmp(text, wanted) == 0;
}

static bool has_words(const char *text, const char *wanted)
{
	return strstr(text, wanted) != NULL;
}

void agent_process_await(const AgentProcess *agent, const char *path, const char *value)
{
	await_text(agent, path, value, is_equal);
}

void agent_process_await_words(const AgentProcess *agent, const char *path, const char *words)
{
	await_text(agent, path, words, has_words);
}

void agent_process_await_number(const AgentProcess *agent, const char *path, int value)
{
	for (unsigned i = 0; i < POLL_ROUNDS; i++) {
		if ((int)agent_process_number(agent, path) == value)
			return;
		g_usleep(POLL_US);
	}
	g_error("the agent's %s never became %d", path, value);
}

static const cJSON *find_stage(const cJSON *status, const char *name)
{
	const cJSON *stages = cJSON_GetObjectItem(status, "stages");

	for (const cJSON *stage = stages ? stages->child : NULL; stage; stage = stage->next) {
		if (g_strcmp0(cJSON_GetStringValue(cJSON_GetObjectItem(stage, "name")), name) == 0)
			return stage;
	}
	return NULL;
}

char *agent_process_await_stage(const AgentProcess *agent, const char *name, const char *state)
{
	for (unsigned i = 0; i < POLL_ROUNDS; i++) {
		cJSON *status = agent_process_status(agent);
		const cJSON *stage = find_stage(status, name);
		const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(stage, "state"));
		bool equal = g_strcmp0(text, state) == 0;
		char *words = g_strdup(cJSON_GetStringValue(cJSON_GetObjectItem(stage, "error")));

		cJSON_Delete(status);
		if (equal)
			return words;
		g_free(words);
		g_usleep(POLL_US);
	}
	g_error("the agent's stage %s never became %s", name, state);
}

int64_t agent_process_publish(const AgentProcess *agent, int64_t first, int64_t last)
{
	g_autoptr(GString) text = g_string_new("{\"op\":\"publish\"}\n");
	int64_t acked = 0;

	for (int64_t n = first; n <= last; n++)
		g_string_append_printf(text, "{\"n\":%" G_GINT64_FORMAT "}\n", n);

	g_autofree char *answer = agent_process_converse(agent, text->str, text->len);
	g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_assert_null(strstr(*line, "error"));
		if (g_str_has_prefix(*line, "{\"ack\":") && g_str_has_suffix(*line, "}"))
			acked = g_ascii_strtoll(*line + 7, NULL, 10);
	}
	return first - 1 + acked;
}
