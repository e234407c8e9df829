/* SPDX-License-Identifier: MIT */
#include "tests/phone/report.h"

#define STEP_WIDTH 12

struct Report {
	FILE *out;
	bool json;
};

Report *report_new(FILE *out, bool json)
{
	Report *report = g_new0(Report, 1);

	report->out = out;
	report->json = json;
	return report;
}

void report_free(Report *report)
{
	g_free(report);
}

static void print_json(const Report *report, const char *step, const char *text,
		       const cJSON *details)
{
	cJSON *object = cJSON_CreateObject();
	const cJSON *member;
	char *line;

	cJSON_AddStringToObject(object, "step", step);
	cJSON_AddStringToObject(object, "text", text);
	cJSON_ArrayForEach(member, details)
		cJSON_AddItemToObject(object, member->string, cJSON_Duplicate(member, true));
	line = cJSON_PrintUnformatted(object);
	fprintf(report->out, "%s\n", line);
	cJSON_free(line);
	cJSON_Delete(object);
}

void report_step(Report *report, const char *step, cJSON *details, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	if (report && report->json)
		print_json(report, step, text, details);
	else if (report)
		fprintf(report->out, "%-*s %s\n", STEP_WIDTH, step, text);
	if (report)
		fflush(report->out);
	cJSON_Delete(details);
}

void report_more(Report *report, const char *format, ...)
{
	va_list args;

	if (!report || report->json)
		return;
	fprintf(report->out, "%-*s ", STEP_WIDTH, "");
	va_start(args, format);
	vfprintf(report->out, format, args);
	va_end(args);
	fputc('\n', report->out);
	fflush(report->out);
}
