/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/agent-probe.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST     "{\"op\":\"status\"}\n"
#define READ_OCTETS 4096
#define NO_AGENT    "the agent is not running"

struct AgentProbe {
	char *path;
	AgentProbeDone done;
	void *data;
	int fd; /* -1: at rest */
	guint watch;
	guint timer;
	GString *answer;
	char *problem; /* found before there was anything to wait for; told from the loop */
};

static const char *const step_names[] = {
	[AGENT_STEP_CLOCK] = "clock", [AGENT_STEP_DNS] = "dns",
	[AGENT_STEP_TCP] = "tcp",     [AGENT_STEP_TLS] = "tls",
	[AGENT_STEP_MQTT] = "mqtt",   [AGENT_STEP_TELEMETRY] = "telemetry",
};

G_STATIC_ASSERT(G_N_ELEMENTS(step_names) == AGENT_STEP_N);

AgentProbe *agent_probe_new(const char *path, AgentProbeDone done, void *data)
{
	AgentProbe *probe = g_new0(AgentProbe, 1);

	probe->path = g_strdup(path);
	probe->done = done;
	probe->data = data;
	probe->fd = -1;
	probe->answer = g_string_new(NULL);
	return probe;
}

static void probe_rest(AgentProbe *probe)
{
	g_clear_handle_id(&probe->watch, g_source_remove);
	g_clear_handle_id(&probe->timer, g_source_remove);
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
	g_string_truncate(probe->answer, 0);
	g_clear_pointer(&probe->problem, g_free);
}

void agent_probe_free(AgentProbe *probe)
{
	if (!probe)
		return;
	probe_rest(probe);
	g_string_free(probe->answer, TRUE);
	g_free(probe->path);
	g_free(probe);
}

/* ---- what it said ---- */

static void problem_tell(const char *problem, AgentProbeDone done, void *data)
{
	AgentReport report = { .problem = problem };

	done(&report, data);
}

static StepState state_read(const cJSON *entry)
{
	const char *state = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "state"));

	if (g_strcmp0(state, "ok") == 0)
		return STEP_DONE;
	return g_strcmp0(state, "failed") == 0 ? STEP_FAILED : STEP_PENDING;
}

static void step_read(const cJSON *entry, AgentReport *report)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "name"));

	for (int i = 0; i < AGENT_STEP_N; i++) {
		if (g_strcmp0(name, step_names[i]) != 0)
			continue;
		report->steps[i].state = state_read(entry);
		report->steps[i].text = cJSON_GetStringValue(cJSON_GetObjectItem(entry, "error"));
	}
}

static uint32_t generation_read(const cJSON *status)
{
	const cJSON *certificate = cJSON_GetObjectItem(status, "certificate");
	const cJSON *number = cJSON_GetObjectItem(certificate, "generation");

	return cJSON_IsNumber(number) && number->valuedouble >= 0 &&
			       number->valuedouble <= UINT32_MAX
		       ? (uint32_t)number->valuedouble
		       : 0;
}

void agent_probe_parse(const char *text, size_t len, AgentProbeDone done, void *data)
{
	cJSON *status = cJSON_ParseWithLength(text, len);
	const cJSON *stages = cJSON_GetObjectItem(status, "stages");
	const cJSON *entry = NULL;
	AgentReport report = { .generation = generation_read(status) };

	if (cJSON_IsArray(stages)) {
		cJSON_ArrayForEach(entry, stages) step_read(entry, &report);
		done(&report, data);
	} else {
		problem_tell("the agent does not say how far it has come", done, data);
	}
	cJSON_Delete(status);
}

/* ---- asking it ---- */

static gboolean on_problem(gpointer data)
{
	AgentProbe *probe = data;
	g_autofree char *problem = g_steal_pointer(&probe->problem);

	probe->timer = 0;
	probe_rest(probe);
	problem_tell(problem, probe->done, probe->data);
	return G_SOURCE_REMOVE;
}

static gboolean on_late(gpointer data)
{
	AgentProbe *probe = data;

	probe->problem = g_strdup("the agent does not answer");
	return on_problem(probe);
}

static void probe_fail(AgentProbe *probe, const char *problem)
{
	g_free(probe->problem);
	probe->problem = g_strdup(problem);
	g_clear_handle_id(&probe->watch, g_source_remove);
	g_clear_handle_id(&probe->timer, g_source_remove);
	probe->timer = g_idle_add(on_problem, probe);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	AgentProbe *probe = data;
	char octets[READ_OCTETS];
	ssize_t len = read(fd, octets, sizeof(octets));

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (len > 0 && probe->answer->len + (size_t)len <= AGENT_PROBE_OCTETS_MAX) {
		g_string_append_len(probe->answer, octets, len);
		return G_SOURCE_CONTINUE;
	}
	probe->watch = 0;
	if (len != 0) {
		probe_fail(probe, len < 0 ? NO_AGENT : "the agent says too much of itself");
		return G_SOURCE_REMOVE;
	}

	g_autofree char *answer = g_strndup(probe->answer->str, probe->answer->len);
	size_t answer_len = probe->answer->len;

	probe_rest(probe);
	agent_probe_parse(answer, answer_len, probe->done, probe->data);
	return G_SOURCE_REMOVE;
}

/* False with errno. */
static bool probe_connect(AgentProbe *probe)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (g_strlcpy(address.sun_path, probe->path, sizeof(address.sun_path)) >=
	    sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	probe->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return probe->fd >= 0 &&
	       connect(probe->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       send(probe->fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) == (ssize_t)strlen(REQUEST);
}

void agent_probe_ask(AgentProbe *probe)
{
	if (probe->timer)
		return;
	if (!probe->path) {
		probe_fail(probe, "the agent has no socket to be asked over");
		return;
	}
	if (!probe_connect(probe)) {
		g_autofree char *problem =
			errno == ENOENT || errno == ECONNREFUSED
				? g_strdup(NO_AGENT)
				: g_strdup_printf("the agent cannot be asked: %s",
						  g_strerror(errno));

		probe_fail(probe, problem);
		return;
	}
	probe->watch = g_unix_fd_add(probe->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, probe);
	probe->timer = g_timeout_add(AGENT_PROBE_MS, on_late, probe);
}
