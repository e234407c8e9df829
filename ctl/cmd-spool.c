/* SPDX-License-Identifier: MIT */
/* landfallctl spool - what waits on disk for the broker */
#include "common/error.h"
#include "common/printable.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

static void print_samples(const cJSON *spool, const char *name)
{
	double count = ctl_json_number(spool, name);

	printf("%-10s %12.0f %s", name, count, count == 1 ? "sample" : "samples");
}

static void print_refusal(const char *refusal)
{
	g_autofree char *printable = printable_text(refusal, strlen(refusal));

	if (*printable)
		printf("refused    %s\n", printable);
}

bool cmd_spool(const Ctl *ctl, int argc, char **argv, GError **error)
{
	static const char *const counts[] = { "accepted", "delivered", "dropped" };
	const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };

	if (!ctl_parse("spool", entries, &argc, &argv, error))
		return false;
	if (argc > 1) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "spool takes no arguments");
		return false;
	}

	cJSON *status = agent_client_status(ctl->config->agent.ingest, error);

	if (!status)
		return false;

	cJSON *spool = cJSON_DetachItemFromObject(status, "spool");

	cJSON_Delete(status);
	if (!cJSON_IsObject(spool)) {
		cJSON_Delete(spool);
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "the agent says nothing of its spool");
		return false;
	}
	if (ctl->json) {
		ctl_print_json(spool);
		return true;
	}
	print_samples(spool, "waiting");
	printf(", %.0f of %.0f octets\n", ctl_json_number(spool, "bytes"),
	       ctl_json_number(spool, "limit"));
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		print_samples(spool, counts[i]);
		printf("\n");
	}
	print_refusal(ctl_json_text(spool, "refusal", ""));
	cJSON_Delete(spool);
	return true;
}
