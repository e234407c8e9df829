/* SPDX-License-Identifier: MIT */
/* landfallctl metrics - the agent in the text format of Prometheus, for a textfile collector */
#include "common/error.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"

#include <stdio.h>

bool cmd_metrics(const Ctl *ctl, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };
	g_autoptr(GError) failure = NULL;

	if (!ctl_parse("metrics", entries, &argc, &argv, error))
		return false;
	if (argc > 1 || ctl->json) {
		g_set_error_literal(
			error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			"metrics takes no arguments and no --json: it has a format of its own");
		return false;
	}

	g_autofree char *text = agent_client_ask(ctl->config->agent.ingest, "metrics", &failure);

	/* An agent that is down is a value, not the lack of one: who collects wants to be told. */
	if (g_error_matches(failure, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE)) {
		fprintf(stderr, "landfallctl metrics: %s\n", failure->message);
		printf("# HELP landfall_agent_up 1: the agent answered.\n"
		       "# TYPE landfall_agent_up gauge\n"
		       "landfall_agent_up 0\n");
		return true;
	}
	if (!text) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	fputs(text, stdout);
	return true;
}
