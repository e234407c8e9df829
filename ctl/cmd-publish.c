/* SPDX-License-Identifier: MIT */
/* landfallctl publish - hand samples to the agent and wait until they are on disk */
#include "common/error.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"
#include "ctl/publish-account.h"
#include "ctl/publish-stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TELL_MS     10000 /* after this a silent agent is worth a line */
#define TIMEOUT_MAX 86400

static void print_stored(uint64_t first, uint64_t last, void *data)
{
	for (uint64_t line = first; line <= last; line++)
		printf("%" G_GUINT64_FORMAT "\n", line);
	fflush(stdout);
}

static void print_refused(uint64_t line, const char *reason, void *data)
{
	fprintf(stderr, "landfallctl: line %" G_GUINT64_FORMAT ": %s\n", line, reason);
}

static void print_waiting(void *data)
{
	fprintf(stderr, "landfallctl: waiting for the agent: it has not answered for %d s\n",
		TELL_MS / 1000);
}

/* The samples given as arguments, as a descriptor that reads like standard input. */
static int open_arguments(int argc, char **argv, GError **error)
{
	g_autofree char *text = g_strjoinv("\n", argv + 1);
	size_t len = strlen(text);
	int fd = memfd_create("samples", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "cannot set the samples down in memory: %s", g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Where there were several, the reason that most needs somebody. */
static bool judge(const PublishResult *result, GError **error)
{
	if (result->refused == 0)
		return true;

	g_autofree char *account = publish_account_refused(result);

	g_set_error_literal(error, LANDFALL_ERROR,
			    result->disk   ? LANDFALL_ERROR_SPOOL
			    : result->full ? LANDFALL_ERROR_FULL
					   : LANDFALL_ERROR_INVALID,
			    account);
	return false;
}

static bool check_arguments(int argc, bool lines, int timeout_s, GError **error)
{
	if (lines == (argc > 1))
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "publish takes samples as arguments, '{\"temperature\":21.5}', "
				    "or -l and standard input");
	else if (timeout_s < 0 || timeout_s > TIMEOUT_MAX)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			    "--timeout is 1 to %d seconds, or 0 to wait for ever", TIMEOUT_MAX);
	else
		return true;
	return false;
}

static bool publish(const Ctl *ctl, int input, int timeout_s, bool ack, GError **error)
{
	const PublishPatience patience = { TELL_MS, timeout_s * INT64_C(1000) };
	const PublishEvents events = {
		.stored = ack ? print_stored : NULL,
		.refused = print_refused,
		.waiting = print_waiting,
	};
	PublishResult result = { 0 };
	int limit_s = timeout_s > 0 ? MIN(timeout_s, AGENT_CLIENT_LIMIT_S) : AGENT_CLIENT_LIMIT_S;
	int agent = agent_client_connect(ctl->config->agent.ingest, "publish", limit_s, error);

	if (agent < 0)
		return false;

	bool sound = publish_stream(input, agent, &patience, &events, &result, error) &&
		     judge(&result, error);

	close(agent);
	return sound;
}

bool cmd_publish(const Ctl *ctl, int argc, char **argv, GError **error)
{
	gboolean lines = FALSE, ack = FALSE;
	gint timeout_s = 0;
	const GOptionEntry entries[] = {
		{ "lines", 'l', 0, G_OPTION_ARG_NONE, &lines,
		  "read samples from standard input, one JSON object a line", NULL },
		{ "ack", 0, 0, G_OPTION_ARG_NONE, &ack,
		  "print each line's number once that sample is on disk", NULL },
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &timeout_s,
		  "give up when the agent owes an answer for so long (0: never)", "SECONDS" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("publish [OPTIONS] SAMPLE… | publish -l [OPTIONS] < LINES", entries, &argc,
		       &argv, error) ||
	    !check_arguments(argc, lines, timeout_s, error))
		return false;

	int input = lines ? STDIN_FILENO : open_arguments(argc, argv, error);

	if (input < 0)
		return false;

	bool sound = publish(ctl, input, timeout_s, ack, error);

	if (input != STDIN_FILENO)
		close(input);
	return sound;
}
