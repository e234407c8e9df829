/* SPDX-License-Identifier: MIT */
/* metrics: the values, and every line by the rules of Prometheus' text format 0.0.4. */
#include "agent/core/metrics.h"

#include <string.h>

static const AgentStatus full = {
	.state = UPLINK_ONLINE,
	.broker = "mqtts://b:8883",
	.client_id = "gw \"17\"\\\n",
	.retry_ms = 1500,
	.last_publish_ms = 1700000000123,
	.connects = 2,
	.connect_ms = 7,
	.generation = 3,
	.not_before = 1700000000,
	.not_after = 1800000000,
	.waiting = 4,
	.bytes = 8192,
	.limit = 67108864,
	.accepted = 18446744073709551615U,
	.delivered = 4,
	.dropped = 1,
};

#define INFO_LINE                                                                                  \
	"landfall_agent_info{version=\"0.1.0\",broker=\"mqtts://b:8883\","                         \
	"client_id=\"gw \\\"17\\\"\\\\\\n\"} 1"

static GString *encode(const AgentStatus *status)
{
	GString *text = g_string_new(NULL);

	metrics_encode(status, "0.1.0", text);
	return text;
}

static void test_values(void)
{
	static const char *const lines[] = {
		"landfall_agent_up 1",
		INFO_LINE,
		"landfall_agent_state{state=\"online\"} 1",
		"landfall_agent_state{state=\"waiting\"} 0",
		"landfall_agent_connections_total 2",
		"landfall_agent_last_connect_duration_seconds 0.007",
		"landfall_agent_retry_seconds 1.500",
		"landfall_agent_last_publish_timestamp_seconds 1700000000.123",
		"landfall_agent_samples_accepted_total 18446744073709551615",
		"landfall_agent_samples_delivered_total 4",
		"landfall_agent_samples_dropped_total 1",
		"landfall_agent_spool_samples 4",
		"landfall_agent_spool_size_bytes 8192",
		"landfall_agent_spool_limit_bytes 67108864",
		"landfall_agent_certificate_not_before_timestamp_seconds 1700000000",
		"landfall_agent_certificate_not_after_timestamp_seconds 1800000000",
	};
	g_autoptr(GString) text = encode(&full);
	g_auto(GStrv) found = g_strsplit(text->str, "\n", -1);

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (!g_strv_contains((const char *const *)found, lines[i]))
			g_error("\"%s\" is not a line of:\n%s", lines[i], text->str);
}

static void test_no_certificate(void)
{
	const AgentStatus bare = { .state = UPLINK_STARTING };
	g_autoptr(GString) text = encode(&bare);

	g_assert_null(strstr(text->str, "certificate"));
	g_assert_nonnull(strstr(text->str, "broker=\"\",client_id=\"\"} 1\n"));
}

/* --- the format --- */

#define NAME   "([a-z][a-z0-9_]*)"
#define LABEL  "[a-z_][a-z0-9_]*=\"([^\"\\\\\n]|\\\\[\\\\\"n])*\""
#define VALUE  "(-?[0-9]+(\\.[0-9]+)?)"
#define SAMPLE "^" NAME "(\\{" LABEL "(," LABEL ")*\\})? " VALUE "$"

static void check_name(const char *name, const char *type)
{
	static const char *const units[] = { "_seconds", "_bytes", "_total", "_samples",
					     "_up",      "_info",  "_state" };
	bool known = false;

	g_assert_true(g_str_has_prefix(name, "landfall_agent_"));
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		known = known || g_str_has_suffix(name, units[i]);
	g_assert_true(known);
	g_assert_cmpint(strcmp(type, "counter") == 0, ==, g_str_has_suffix(name, "_total"));
}

static char *group(const char *pattern, const char *line, int number)
{
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) info = NULL;

	if (!g_regex_match(regex, line, 0, &info))
		g_error("\"%s\" is not %s", line, pattern);
	return g_match_info_fetch(info, number);
}

/* HELP, TYPE and samples of a metric stand together, once, in this order. */
static void test_format(void)
{
	g_autoptr(GString) text = encode(&full);
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *current = NULL;
	unsigned i = 0;

	g_assert_true(g_str_has_suffix(text->str, "\n"));
	g_assert_true(g_utf8_validate(text->str, -1, NULL));
	while (*lines[i]) {
		if (lines[i][0] == '#') {
			g_autofree char *help = group("^# HELP " NAME " .*\\.$", lines[i], 1);
			g_autofree char *named =
				group("^# TYPE " NAME " (counter|gauge)$", lines[i + 1], 1);
			g_autofree char *type =
				group("^# TYPE " NAME " (counter|gauge)$", lines[i + 1], 2);

			g_assert_cmpstr(help, ==, named);
			check_name(named, type);
			g_assert_true(g_hash_table_add(seen, g_strdup(named)));
			g_free(current);
			current = g_steal_pointer(&named);
			i += 2;
		}

		g_autofree char *name = group(SAMPLE, lines[i++], 1);

		g_assert_cmpstr(name, ==, current);
	}
	g_assert_null(lines[i + 1]); /* nothing behind the last line end */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/metrics/values", test_values);
	g_test_add_func("/agent/metrics/no-certificate", test_no_certificate);
	g_test_add_func("/agent/metrics/format", test_format);
	return g_test_run();
}
