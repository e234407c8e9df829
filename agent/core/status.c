/* SPDX-License-Identifier: MIT */
#include "agent/core/status.h"

#include "common/count.h"

#include <cjson/cJSON.h>

typedef struct Count {
	const char *name;
	uint64_t value;
} Count;

/* Exact to the last digit, which a double is not. */
static void add_counts(cJSON *object, const Count *counts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char digits[24];

		g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, counts[i].value);
		cJSON_AddRawToObject(object, counts[i].name, digits);
	}
}

static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, name, text);
}

static bool has_error(const AgentStatus *status)
{
	return status->last_error && *status->last_error;
}

const char *status_advice(const AgentStatus *status)
{
	if (status->state == UPLINK_IDENTITY)
		return status->enrolment == ENROL_IDLE ? ADVICE_IDENTITY : "";
	if (status->state == UPLINK_CLOCK)
		return advice_find(STAGE_CLOCK, status->cause);
	return has_error(status) ? advice_find(status->failed, status->cause) : "";
}

static void add_uplink(cJSON *root, const AgentStatus *status)
{
	const Count counts[] = {
		{ "retry_ms", (uint64_t)status->retry_ms },
		{ "last_ack", status->last_ack },
		{ "last_publish", (uint64_t)status->last_publish_ms },
		{ "connects", status->connects },
		{ "connect_ms", status->connect_ms },
	};

	cJSON_AddStringToObject(root, "state", uplink_state_name(status->state));
	add_text(root, "broker", status->broker);
	add_text(root, "client_id", status->client_id);
	add_text(root, "last_error", status->last_error);
	if (*status_advice(status))
		add_text(root, "advice", status_advice(status));
	add_counts(root, counts, G_N_ELEMENTS(counts));
}

static void add_stages(cJSON *root, const AgentStatus *status)
{
	const StagesInput input = {
		.state = status->state,
		.reached = status->reached,
		.failed = has_error(status) ? status->failed : STAGE_N,
		.acked = status->acked,
	};
	cJSON *list = cJSON_AddArrayToObject(root, "stages");

	for (int stage = 0; stage < STAGE_N; stage++) {
		StageState state = stages_find(&input, (Stage)stage);
		cJSON *entry = cJSON_CreateObject();

		cJSON_AddStringToObject(entry, "name", stage_name((Stage)stage));
		cJSON_AddStringToObject(entry, "state", stage_state_name(state));
		if (state == STAGE_FAILED)
			cJSON_AddStringToObject(entry, "error", status->last_error);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_certificate(cJSON *root, const AgentStatus *status)
{
	const Count counts[] = {
		{ "generation", status->generation },
		{ "not_before", (uint64_t)MAX(status->not_before, 0) },
		{ "not_after", (uint64_t)MAX(status->not_after, 0) },
		{ "renewal_wait", (uint64_t)MAX(status->renewal_wait, 0) },
	};

	if (status->generation == 0)
		return;

	cJSON *certificate = cJSON_AddObjectToObject(root, "certificate");

	add_text(certificate, "common_name", status->common_name);
	add_counts(certificate, counts, G_N_ELEMENTS(counts));
	add_text(certificate, "renewal", renewal_state_name(status->renewal));
	add_text(certificate, "alarm", expiry_alarm_name(status->alarm));
	add_text(certificate, "renewal_error", status->renewal_error);
}

static void add_enrolment(cJSON *root, const AgentStatus *status)
{
	const Count retry = { "retry_ms", (uint64_t)status->enrolment_retry_ms };

	if (!status->enrolment_error)
		return;

	cJSON *enrolment = cJSON_AddObjectToObject(root, "enrolment");

	add_text(enrolment, "state", enrol_state_name(status->enrolment));
	add_text(enrolment, "error", status->enrolment_error);
	add_counts(enrolment, &retry, 1);
}

static void add_spool(cJSON *root, const AgentStatus *status)
{
	const Count counts[] = {
		{ "waiting", status->waiting },   { "bytes", status->bytes },
		{ "limit", status->limit },       { "last", status->last },
		{ "accepted", status->accepted }, { "delivered", status->delivered },
		{ "dropped", status->dropped },
	};

	cJSON *spool = cJSON_AddObjectToObject(root, "spool");

	add_counts(spool, counts, G_N_ELEMENTS(counts));
	add_text(spool, "refusal", status->spool_refusal);
}

void status_encode(const AgentStatus *status, GString *text)
{
	cJSON *root = cJSON_CreateObject();

	add_uplink(root, status);
	add_stages(root, status);
	add_certificate(root, status);
	add_enrolment(root, status);
	add_spool(root, status);
	if (status->sensors)
		cJSON_AddRawToObject(root, "sensors", status->sensors);

	char *encoded = cJSON_PrintUnformatted(root);

	g_string_append(text, encoded);
	cJSON_free(encoded);
	cJSON_Delete(root);
}

static char *sentence_head(const AgentStatus *status)
{
	const char *broker = status->broker ? status->broker : "no broker";

	switch (status->state) {
	case UPLINK_STARTING: return g_strdup("starting");
	case UPLINK_IDENTITY:
		return g_strdup_printf("waiting for an identity: %s",
				       has_error(status) ? status->last_error : "none");
	case UPLINK_CLOCK: return g_strdup("waiting for the clock to be set");
	case UPLINK_BACKOFF:
		return g_strdup_printf("cannot publish to %s: %s", broker,
				       has_error(status) ? status->last_error : "no reason known");
	case UPLINK_CONNECTING: return g_strdup_printf("connecting to %s", broker);
	case UPLINK_ONLINE: return g_strdup_printf("connected to %s", broker);
	case UPLINK_STOPPED: break;
	}
	return g_strdup("stopping");
}

char *status_sentence(const AgentStatus *status)
{
	g_autofree char *head = sentence_head(status);

	if (status->spool_refusal && *status->spool_refusal)
		return g_strdup_printf("%s; samples are refused: %s", head, status->spool_refusal);
	if (status->waiting == 0)
		return g_strdup_printf("%s; nothing waits", head);

	g_autofree char *samples = count_text(status->waiting, "sample");

	return g_strdup_printf("%s; %s wait%s on disk", head, samples,
			       status->waiting == 1 ? "s" : "");
}
