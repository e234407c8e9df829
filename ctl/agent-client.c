/* SPDX-License-Identifier: MIT */
#include "ctl/agent-client.h"

#include "common/error.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define STATUS_MAX (256 * 1024) /* no honest agent says more of itself */

static void set_connect_error(GError **error, const char *path, int number)
{
	if (number == ENOENT || number == ECONNREFUSED)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the agent does not listen on %s: start it with 'systemctl start "
			    "landfall-agent'",
			    path);
	else if (number == EACCES || number == EPERM)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
			    "no permission for %s: run as root or as a member of group landfall",
			    path);
	else if (number == EAGAIN)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "the agent takes no connection on %s: it is busy with other clients, "
			    "or stuck. See 'journalctl -u landfall-agent'; 'systemctl restart "
			    "landfall-agent' loses nothing that it acknowledged",
			    path);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "%s: %s", path,
			    g_strerror(number));
}

/* How long connect() and send() wait for the agent: the queue of its socket may be full. */
static void limit_sending(int fd, int limit_s)
{
	struct timeval limit = { .tv_sec = limit_s };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int agent_client_connect(const char *path, const char *op, int limit_s, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *request = g_strdup_printf("{\"op\":\"%s\"}\n", op);
	size_t request_len = strlen(request);

	if (!path) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "[agent] ingest is empty: the agent has no socket to be asked "
				    "at");
		return -1;
	}
	if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >=
	    sizeof(address.sun_path)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "the path of the agent's socket is longer than %zu octets: %s",
			    sizeof(address.sun_path) - 1, path);
		return -1;
	}

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		limit_sending(fd, limit_s);
	/* A limit makes the kernel tell of every interruption, Ctrl-Z and fg among them. */
	if (fd < 0 ||
	    TEMP_FAILURE_RETRY(connect(fd, (struct sockaddr *)&address, sizeof(address))) < 0 ||
	    TEMP_FAILURE_RETRY(send(fd, request, request_len, MSG_NOSIGNAL)) !=
		    (ssize_t)request_len) {
		set_connect_error(error, path, errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	limit_sending(fd, 0);
	return fd;
}

/* Everything until the agent closes, at most STATUS_MAX octets. */
static bool read_all(int fd, GString *text, GError **error)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || text->len + (size_t)n > STATUS_MAX) {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
				    "no complete answer from the agent: %s",
				    n >= 0            ? "it is too long"
				    : errno == EAGAIN ? "it is busy with other clients, or stuck"
						      : g_strerror(errno));
			return false;
		}
		g_string_append_len(text, buffer, n);
	}
	return true;
}

char *agent_client_ask(const char *path, const char *op, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct timeval patience = { .tv_sec = AGENT_CLIENT_LIMIT_S };
	int fd = agent_client_connect(path, op, AGENT_CLIENT_LIMIT_S, error);

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));

	bool complete = read_all(fd, text, error);

	close(fd);
	return complete ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static cJSON *ask_object(const char *path, const char *op, GError **error)
{
	g_autofree char *text = agent_client_ask(path, op, error);

	if (!text)
		return NULL;

	cJSON *status = cJSON_Parse(text);

	if (!cJSON_IsObject(status)) {
		cJSON_Delete(status);
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "the answer of the agent on %s is not a JSON object", path);
		return NULL;
	}
	return status;
}

cJSON *agent_client_status(const char *path, GError **error)
{
	return ask_object(path, "status", error);
}

cJSON *agent_client_display(const char *path, GError **error)
{
	return ask_object(path, "display", error);
}
