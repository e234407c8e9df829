/* SPDX-License-Identifier: MIT */
#include "ctl/status-page.h"

#include "common/expiry.h"
#include "common/printable.h"
#include "common/renewal-wait.h"
#include "ctl/ctl-json.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define DAY_S            86400.0
#define FAILURES_SHOWN   3   /* sensors */
#define SPOOL_FULL_SHARE 0.5 /* of its limit: an outage that will cost samples one day */

/* One line of the page, being written. */
typedef struct Line {
	GString *text;
	const char *advice; /* borrowed from the page, or static; NULL: none */
	bool trouble;
} Line;

typedef struct Section {
	const char *title;
	/* write() - nothing written: the line is left out */
	void (*write)(const cJSON *page, int64_t now_s, Line *line);
} Section;

/* "3 s", "5 min", "2 h", "4 days" */
static void append_span(GString *text, double seconds)
{
	if (seconds < 120)
		g_string_append_printf(text, "%.0f s", MAX(seconds, 0));
	else if (seconds < 2 * 3600)
		g_string_append_printf(text, "%.0f min", seconds / 60);
	else if (seconds < 2 * DAY_S)
		g_string_append_printf(text, "%.0f h", seconds / 3600);
	else
		g_string_append_printf(text, "%.0f days", floor(seconds / DAY_S)); /* whole ones */
}

static void append_printable(GString *text, const char *words)
{
	g_autofree char *printable = printable_text(words, strlen(words));

	g_string_append(text, printable);
}

static bool write_failure(const cJSON *part, Line *line)
{
	const char *failure = ctl_json_text(part, "error", NULL);

	if (!failure)
		return false;
	append_printable(line->text, failure);
	line->trouble = true;
	return true;
}

static void write_provisioner(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(page, "provisioner");
	const cJSON *lockout = cJSON_GetArrayItem(cJSON_GetObjectItem(part, "Lockout"), 0);
	bool locked = g_strcmp0(cJSON_GetStringValue(lockout), "locked") == 0;

	if (write_failure(part, line))
		return;
	append_printable(line->text, ctl_json_text(part, "Progress", "?"));
	line->trouble = locked || strcmp(ctl_json_text(part, "State", ""), "failed") == 0;
	if (locked)
		line->advice = "too many proofs of possession were wrong: 'landfallctl provision "
			       "unlock' lets phones in again";
	else if (line->trouble)
		line->advice = "the phone can send other credentials; see 'landfallctl provision "
			       "watch'";
}

static void append_interface(GString *text, const cJSON *interface)
{
	const cJSON *address;
	const char *before = ", address ";

	g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "",
			       ctl_json_text(interface, "name", "?"));
	cJSON_ArrayForEach(address, cJSON_GetObjectItem(interface, "addresses"))
	{
		g_string_append_printf(text, "%s%s", before, cJSON_GetStringValue(address));
		before = ", ";
	}
	if (before[2] == 'a')
		g_string_append(text, ", no address");
}

static void write_wifi(const cJSON *page, int64_t now_s, Line *line)
{
	const char *ssid = ctl_json_text(cJSON_GetObjectItem(page, "provisioner"), "Ssid", "");
	const cJSON *interface;
	bool address = false;

	cJSON_ArrayForEach(interface, cJSON_GetObjectItem(page, "network"))
	{
		address |= cJSON_GetArraySize(cJSON_GetObjectItem(interface, "addresses")) > 0;
		if (cJSON_IsTrue(cJSON_GetObjectItem(interface, "wireless")))
			append_interface(line->text, interface);
	}
	if (line->text->len > 0 && *ssid) {
		g_string_append(line->text, ", network ");
		append_printable(line->text, ssid);
	}
	line->trouble = line->text->len > 0 && !address;
	if (line->trouble)
		line->advice = "the device has no network: 'landfallctl provision start' lets a "
			       "phone give it one";
}

static void write_wired(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *interface;

	cJSON_ArrayForEach(
		interface,
		cJSON_GetObjectItem(
			page,
			"network")) if (!cJSON_IsTrue(cJSON_GetObjectItem(interface, "wireless")) &&
					cJSON_GetArraySize(
						cJSON_GetObjectItem(interface, "addresses")) > 0)
		append_interface(line->text, interface);
}

static const char *renewal_error(const cJSON *page)
{
	const cJSON *agent = cJSON_GetObjectItem(page, "agent");

	return ctl_json_text(cJSON_GetObjectItem(agent, "certificate"), "renewal_error", "");
}

static void judge_certificate(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(page, "identity");
	const char *failure = renewal_error(page);
	int64_t wait_s = (int64_t)ctl_json_number(part, "renewal_wait");
	g_autofree char *wait = wait_s != 0 ? renewal_wait_describe(wait_s) : NULL;

	if (wait || *failure) {
		g_string_append(line->text, "; not renewed: ");
		append_printable(line->text, wait ? wait : failure);
	}
	line->trouble =
		expiry_alarm((int64_t)ctl_json_number(part, "not_before"),
			     (int64_t)ctl_json_number(part, "not_after"), now_s) != EXPIRY_FINE;
	line->advice = wait       ? "'landfallctl store renew --now' asks it all the same"
		       : *failure ? "see that what [renewal] names can be reached and knows the "
				    "device; 'landfallctl store renew' tries it now"
				  : "let its issuer sign a new one: 'landfallctl store csr', then "
				    "'landfallctl store install'";
}

static void write_certificate(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(page, "identity");
	double left_s = ctl_json_number(part, "not_after") - (double)now_s;
	g_autoptr(GDateTime) until =
		g_date_time_new_from_unix_utc((int64_t)ctl_json_number(part, "not_after"));
	g_autofree char *date = until ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");

	if (write_failure(part, line))
		return;
	append_printable(line->text, ctl_json_text(part, "common_name", "?"));
	g_string_append_printf(line->text, ", generation %.0f, %s key, valid until %s: ",
			       ctl_json_number(part, "generation"),
			       ctl_json_text(part, "key_type", "?"), date);
	if (left_s < 0)
		g_string_append(line->text, "EXPIRED ");
	append_span(line->text, ABS(left_s));
	g_string_append(line->text, left_s < 0 ? " ago" : " left");
	judge_certificate(page, now_s, line);
}

static void write_agent(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(page, "agent");
	double retry_ms = ctl_json_number(part, "retry_ms");

	if (write_failure(part, line))
		return;
	g_string_append(line->text, ctl_json_text(part, "state", "?"));
	if (retry_ms > 0) {
		g_string_append(line->text, ", next attempt in ");
		append_span(line->text, retry_ms / 1000);
	}
}

static void write_broker(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(page, "agent");
	const char *last_error = ctl_json_text(part, "last_error", "");
	double last_publish_s = ctl_json_number(part, "last_publish") / 1000;

	if (ctl_json_text(part, "error", NULL))
		return; /* the agent's line says why nothing is known */
	append_printable(line->text, ctl_json_text(part, "broker", "none"));
	g_string_append(line->text, " as ");
	append_printable(line->text, ctl_json_text(part, "client_id", "?"));
	if (*last_error) {
		g_string_append(line->text, ": ");
		append_printable(line->text, last_error);
	}
	if (last_publish_s > 0) {
		g_string_append(line->text, "; last publish ");
		append_span(line->text, (double)now_s - last_publish_s);
		g_string_append(line->text, " ago");
	} else {
		g_string_append(line->text, "; nothing published since the start");
	}
	line->advice = ctl_json_text(part, "advice", NULL);
	line->trouble = *last_error || line->advice;
}

static void write_spool(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *part = cJSON_GetObjectItem(cJSON_GetObjectItem(page, "agent"), "spool");
	double limit = ctl_json_number(part, "limit");
	double dropped = ctl_json_number(part, "dropped");
	double share = limit > 0 ? ctl_json_number(part, "bytes") / limit : 0;
	const char *refusal = ctl_json_text(part, "refusal", "");

	if (!part)
		return;
	g_string_append_printf(line->text,
			       "%.0f waiting, %.0f delivered, %.0f dropped; %.0f %% of %.0f MiB",
			       ctl_json_number(part, "waiting"), ctl_json_number(part, "delivered"),
			       dropped, share * 100, limit / 1048576);
	if (*refusal) {
		g_string_append(line->text, "; samples are refused: ");
		append_printable(line->text, refusal);
	}
	line->trouble = *refusal || share > SPOOL_FULL_SHARE;
	if (share > SPOOL_FULL_SHARE)
		line->advice =
			"when it is full, [agent] spool_policy decides what is lost: the broker "
			"has to be reached before, or [agent] spool_limit be raised";
	else
		line->advice = "see whether the disk that [agent] spool is on has room and can be "
			       "written";
}

static void append_sensor_failure(GString *text, const cJSON *sensor)
{
	g_string_append(text, "; ");
	append_printable(text, ctl_json_text(sensor, "name", "?"));
	g_string_append(text, ": ");
	append_printable(text, ctl_json_text(sensor, "error", "?"));
}

static void write_sensors(const cJSON *page, int64_t now_s, Line *line)
{
	const cJSON *list = cJSON_GetObjectItem(cJSON_GetObjectItem(page, "agent"), "sensors");
	g_autoptr(GString) failures = g_string_new(NULL);
	const cJSON *sensor;
	int failing = 0;

	cJSON_ArrayForEach(sensor, list)
	{
		if (strcmp(ctl_json_text(sensor, "state", ""), "failing") == 0 &&
		    failing++ < FAILURES_SHOWN)
			append_sensor_failure(failures, sensor);
	}
	if (failing > 0)
		g_string_append_printf(line->text, "%d of %d failing%s", failing,
				       cJSON_GetArraySize(list), failures->str);
	else if (cJSON_GetArraySize(list) > 0)
		g_string_append_printf(line->text, "%d, none failing", cJSON_GetArraySize(list));
	line->trouble = failing > 0;
	line->advice = "its readings are absent until it answers again: see its wiring, and "
		       "'landfallctl sensors' for what the device has";
}

static const Section sections[] = {
	{ "Provisioner", write_provisioner },
	{ "Wi-Fi", write_wifi },
	{ "Network", write_wired },
	{ "Certificate", write_certificate },
	{ "Agent", write_agent },
	{ "Broker", write_broker },
	{ "Spool", write_spool },
	{ "Sensors", write_sensors },
};

static void section_write(const Section *section, const cJSON *page, int64_t now_s, Line *line)
{
	g_string_truncate(line->text, 0);
	line->advice = NULL;
	line->trouble = false;
	section->write(page, now_s, line);
}

void status_page_judge(cJSON *page, int64_t now_s)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Line line = { .text = text };
	cJSON *attention = cJSON_CreateArray();

	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		section_write(&sections[i], page, now_s, &line);
		if (line.trouble)
			cJSON_AddItemToArray(attention, cJSON_CreateString(sections[i].title));
	}
	cJSON_AddItemToObject(page, "attention", attention);
}

static void append_verdict(GString *text, const cJSON *attention)
{
	int n = cJSON_GetArraySize(attention);

	for (int i = 0; i < n; i++)
		g_string_append_printf(text, "%s%s",
				       i == 0       ? ""
				       : i == n - 1 ? " and "
						    : ", ",
				       cJSON_GetStringValue(cJSON_GetArrayItem(attention, i)));
	g_string_append(text, n == 0   ? "all is well\n\n"
			      : n == 1 ? " needs attention\n\n"
				       : " need attention\n\n");
}

char *status_page_format(const cJSON *page, const char *host, int64_t now_s)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GString) words = g_string_new(NULL);
	Line line = { .text = words };

	g_string_append_printf(text, "Landfall %s on %s: ", ctl_json_text(page, "version", "?"),
			       host);
	append_verdict(text, cJSON_GetObjectItem(page, "attention"));
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
		section_write(&sections[i], page, now_s, &line);
		if (words->len == 0)
			continue;
		g_string_append_printf(text, "%-11s %c %s\n", sections[i].title,
				       line.trouble ? '!' : ' ', words->str);
		if (line.trouble && line.advice)
			g_string_append_printf(text, "%-13s %s\n", "", line.advice);
	}
	return g_string_free(text, FALSE);
}
