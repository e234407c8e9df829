/* SPDX-License-Identifier: MIT */
/* landfallctl publish - hand samples to the agent and wait until they are on disk */
#include "common/error.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"
#include "ctl/publish-stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
	g_set_error(error, LANDFALL_ERROR,
		    result->disk   ? LANDFALL_ERROR_SPOOL
		    : result->full ? LANDFALL_ERROR_FULL
				   : LANDFALL_ERROR_INVALID,
		    "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
		    " samples were refused, the others are on disk",
		    result->refused, result->sent);
	return false;
}

bool cmd_publish(const Ctl *ctl, int argc, char **argv, GError **error)
{
	gboolean lines = FALSE, ack = FALSE;
	const GOptionEntry entries[] = {
		{ "lines", 'l', 0, G_OPTION_ARG_NONE, &lines,
		  "read samples from standard input, one JSON object a line", NULL },
		{ "ack", 0, 0, G_OPTION_ARG_NONE, &ack,
		  "print each line's number once that sample is on disk", NULL },
		G_OPTION_ENTRY_NULL,
	};
	PublishResult result = { 0 };

	if (!ctl_parse("publish [--ack] SAMPLE… | publish -l [--ack] < LINES", entries, &argc,
		       &argv, error))
		return false;
	if (lines == (argc > 1)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "publish takes samples as arguments, '{\"temperature\":21.5}', "
				    "or -l and standard input");
		return false;
	}

	int input = lines ? STDIN_FILENO : open_arguments(argc, argv, error);

	if (input < 0)
		return false;

	const PublishEvents events = {
		.stored = ack ? print_stored : NULL,
		.refused = print_refused,
	};
	int agent = agent_client_connect(ctl->config->agent.ingest, "publish", error);
	bool sound = agent >= 0 && publish_stream(input, agent, &events, &result, error) &&
		     judge(&result, error);

	if (agent >= 0)
		close(agent);
	if (input != STDIN_FILENO)
		close(input);
	return sound;
}
