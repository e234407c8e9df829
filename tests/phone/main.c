/* SPDX-License-Identifier: MIT */
/*
 * landfall-test-phone - a phone without a phone, to see what a device does
 *
 * Written from the protocol reference alone; shares no source with the provisioner.
 */
#include "tests/phone/phone-error.h"
#include "tests/phone/story.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came of it, held against --expect; walking away on purpose always fits. */
static int tell_end(const Options *options, Report *report, const GError *outcome)
{
	const char *name = outcome ? phone_error_name(outcome) : "connected";
	const char *want = options->expect ? options->expect : "connected";
	int status = outcome ? phone_error_exit_status(outcome) : 16;
	const char *remark = "";
	cJSON *details = cJSON_CreateObject();

	if (strcmp(name, want) == 0 || status == 0) {
		remark = outcome && status != 0 ? "; as expected" : "";
		status = EXIT_SUCCESS;
	} else if (options->expect) {
		remark = "; that was not expected";
	}
	cJSON_AddStringToObject(details, "outcome", name);
	cJSON_AddNumberToObject(details, "exit", status);
	report_step(report, status == EXIT_SUCCESS ? "done" : "failed", details, "%s%s",
		    outcome ? outcome->message : "everything asked for worked", remark);
	return status;
}

int main(int argc, char **argv)
{
	g_autoptr(Options) options = NULL;
	g_autoptr(Report) report = NULL;
	g_autoptr(GError) error = NULL;

	setlocale(LC_CTYPE, "");
	options = options_parse(&argc, &argv, &error);
	if (!options) {
		fprintf(stderr, "landfall-test-phone: %s\n", error->message);
		return phone_error_exit_status(error);
	}
	report = report_new(stdout, options->json);
	if (story_run(options, report, &error))
		return tell_end(options, report, NULL);
	return tell_end(options, report, error);
}
