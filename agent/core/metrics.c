/* SPDX-License-Identifier: MIT */
#include "agent/core/metrics.h"

#include <stddef.h>

#define PREFIX "landfall_agent_"

/* What a member counts in, and what Prometheus is to see. */
typedef enum Unit {
	UNIT_COUNT,    /* uint64_t as it is */
	UNIT_SECONDS,  /* int64_t of seconds */
	UNIT_MILLIS,   /* int64_t of milliseconds, told in seconds */
	UNIT_MILLIS32, /* the same in an unsigned */
} Unit;

typedef struct Row {
	const char *name;
	const char *type;
	Unit unit;
	size_t offset; /* in AgentStatus */
	const char *help;
} Row;

#define AT(member) offsetof(AgentStatus, member)

static const Row rows[] = {
	{ "connections_total", "counter", UNIT_COUNT, AT(connects),
	  "Connections that the broker accepted." },
	{ "last_connect_duration_seconds", "gauge", UNIT_MILLIS32, AT(connect_ms),
	  "Name look-up to the broker's answer, of the last connection." },
	{ "retry_seconds", "gauge", UNIT_MILLIS, AT(retry_ms),
	  "Until the next attempt to connect; 0: none is waiting." },
	{ "last_publish_timestamp_seconds", "gauge", UNIT_MILLIS, AT(last_publish_ms),
	  "When the broker last acknowledged a sample; 0: not since the start." },
	{ "samples_accepted_total", "counter", UNIT_COUNT, AT(accepted),
	  "Samples on disk when they were acknowledged to their source." },
	{ "samples_delivered_total", "counter", UNIT_COUNT, AT(delivered),
	  "Samples acknowledged by the broker." },
	{ "samples_dropped_total", "counter", UNIT_COUNT, AT(dropped),
	  "Samples accepted that will never arrive." },
	{ "spool_samples", "gauge", UNIT_COUNT, AT(waiting),
	  "Samples on disk that wait for the broker." },
	{ "spool_size_bytes", "gauge", UNIT_COUNT, AT(bytes), "Octets the spool takes." },
	{ "spool_limit_bytes", "gauge", UNIT_COUNT, AT(limit), "Octets the spool may take." },
};

static const Row certificate_rows[] = {
	{ "certificate_not_before_timestamp_seconds", "gauge", UNIT_SECONDS, AT(not_before),
	  "First day of the device's certificate." },
	{ "certificate_not_after_timestamp_seconds", "gauge", UNIT_SECONDS, AT(not_after),
	  "Last day of the device's certificate." },
};

static void add_head(GString *text, const char *name, const char *type, const char *help)
{
	g_string_append_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
			       name, type);
}

static void add_value(GString *text, const Row *row, const AgentStatus *status)
{
	const void *at = (const char *)status + row->offset;
	const int64_t *number = at;
	int64_t millis = 0;

	switch (row->unit) {
	case UNIT_COUNT:
		g_string_append_printf(text, "%" G_GUINT64_FORMAT "\n", *(const uint64_t *)at);
		return;
	case UNIT_SECONDS: g_string_append_printf(text, "%" G_GINT64_FORMAT "\n", *number); return;
	case UNIT_MILLIS: millis = *number; break;
	case UNIT_MILLIS32: millis = *(const unsigned *)at; break;
	}
	g_string_append_printf(text, "%" G_GINT64_FORMAT ".%03d\n", millis / 1000,
			       (int)(millis % 1000));
}

static void add_rows(GString *text, const AgentStatus *status, const Row *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_head(text, table[i].name, table[i].type, table[i].help);
		g_string_append_printf(text, PREFIX "%s ", table[i].name);
		add_value(text, &table[i], status);
	}
}

/* The value of a label: backslash, quote and line feed are escaped, nothing else. */
static void add_label(GString *text, const char *value)
{
	for (const char *c = value; *c; c++) {
		if (*c == '\\' || *c == '"')
			g_string_append_printf(text, "\\%c", *c);
		else if (*c == '\n')
			g_string_append(text, "\\n");
		else
			g_string_append_c(text, *c);
	}
}

static void add_info(GString *text, const AgentStatus *status, const char *version)
{
	const struct {
		const char *name;
		const char *value;
	} labels[] = {
		{ "version", version },
		{ "broker", status->broker },
		{ "client_id", status->client_id },
	};

	add_head(text, "info", "gauge", "Always 1; what the agent is and where it sends to.");
	g_string_append(text, PREFIX "info{");
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
		g_string_append_printf(text, "%s%s=\"", i > 0 ? "," : "", labels[i].name);
		add_label(text, labels[i].value ? labels[i].value : "");
		g_string_append_c(text, '"');
	}
	g_string_append(text, "} 1\n");
}

static void add_states(GString *text, const AgentStatus *status)
{
	add_head(text, "state", "gauge", "1 for the state of the way to the broker, else 0.");
	for (int state = UPLINK_STARTING; state <= UPLINK_STOPPED; state++)
		g_string_append_printf(text, PREFIX "state{state=\"%s\"} %d\n",
				       uplink_state_name((UplinkState)state),
				       (int)status->state == state);
}

void metrics_encode(const AgentStatus *status, const char *version, GString *text)
{
	add_head(text, "up", "gauge", "1: the agent answered.");
	g_string_append(text, PREFIX "up 1\n");
	add_info(text, status, version);
	add_states(text, status);
	add_rows(text, status, rows, G_N_ELEMENTS(rows));
	if (status->generation > 0)
		add_rows(text, status, certificate_rows, G_N_ELEMENTS(certificate_rows));
}
