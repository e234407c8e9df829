/* SPDX-License-Identifier: MIT */
#include "provisioner/core/landfall-status.h"

#include "provisioner/core/proto/landfall-status.pb-c.h"
#include "provisioner/core/wire.h"

#include <string.h>

#define STEPS_N (PB__STATUS_STEP__StatusTelemetry + 1)

G_STATIC_ASSERT((int)PB__STATUS_STEP__StatusClock + (int)AGENT_STEP_N == (int)STEPS_N);
G_STATIC_ASSERT((int)STEP_FAILED == (int)PB__STATUS_STATE__StatusFailed);

struct LandfallStatus {
	int64_t heard_us; /* when the agent was heard last; INT64_MIN: never */
	char *problem;
	uint32_t generation;
	StepState states[AGENT_STEP_N];
	char *texts[AGENT_STEP_N];
	bool told_all;
};

/* One row of the answer; the text is borrowed. */
typedef struct Row {
	StepState state;
	const char *text;
} Row;

static const struct {
	const char *failure; /* as prov_config_failure() says */
	const char *text;
} failure_texts[] = {
	{ "auth-error", "the network does not accept the passphrase" },
	{ "network-not-found", "no such network is in the air" },
	{ "no-address", "the network gives no address" },
	{ "timeout", "the network was not joined in time" },
	{ "invalid-credentials", "name or passphrase cannot be right" },
};

static void agent_clear(LandfallStatus *status)
{
	status->heard_us = INT64_MIN;
	g_clear_pointer(&status->problem, g_free);
	for (int i = 0; i < AGENT_STEP_N; i++)
		g_clear_pointer(&status->texts[i], g_free);
}

LandfallStatus *landfall_status_new(void)
{
	LandfallStatus *status = g_new0(LandfallStatus, 1);

	status->heard_us = INT64_MIN;
	return status;
}

void landfall_status_free(LandfallStatus *status)
{
	if (!status)
		return;
	agent_clear(status);
	g_free(status);
}

void landfall_status_clear(LandfallStatus *status)
{
	agent_clear(status);
	status->told_all = false;
}

bool landfall_status_told_all(const LandfallStatus *status)
{
	return status->told_all;
}

/* At most @max octets of valid UTF-8. */
static char *text_cut(const char *text, size_t max)
{
	g_autofree char *cut = g_strndup(text ? text : "", max);
	const char *end = NULL;

	g_utf8_validate(cut, -1, &end);
	return g_strndup(cut, (gsize)(end - cut));
}

void landfall_status_on_agent(LandfallStatus *status, const AgentReport *report, int64_t now_us)
{
	agent_clear(status);
	status->heard_us = now_us;
	status->problem =
		report->problem ? text_cut(report->problem, LANDFALL_STATUS_TEXT_MAX) : NULL;
	status->generation = report->generation;
	for (int i = 0; i < AGENT_STEP_N; i++) {
		status->states[i] = report->steps[i].state;
		status->texts[i] = text_cut(report->steps[i].text, LANDFALL_STATUS_TEXT_MAX);
	}
}

static const char *failure_text(const ProvConfig *config, const char *failure)
{
	if (prov_config_words(config))
		return prov_config_words(config);
	for (size_t i = 0; i < G_N_ELEMENTS(failure_texts); i++)
		if (strcmp(failure_texts[i].failure, failure) == 0)
			return failure_texts[i].text;
	return "the Wi-Fi of the device failed";
}

static void fill_network(const StatusInput *input, Row *rows)
{
	const char *failure = prov_config_failure(input->config);
	bool address = strcmp(failure, "no-address") == 0;

	switch (prov_config_phase(input->config)) {
	case PROV_CONFIG_NONE:
		if (input->online)
			rows[PB__STATUS_STEP__StatusWifi].state =
				rows[PB__STATUS_STEP__StatusAddress].state = STEP_DONE;
		break;
	case PROV_CONFIG_DELAY:
	case PROV_CONFIG_JOINING: break;
	case PROV_CONFIG_FAILED:
		if (address)
			rows[PB__STATUS_STEP__StatusWifi].state = STEP_DONE;
		rows[address ? PB__STATUS_STEP__StatusAddress : PB__STATUS_STEP__StatusWifi] =
			(Row){ STEP_FAILED, failure_text(input->config, failure) };
		break;
	case PROV_CONFIG_JOINED:
		rows[PB__STATUS_STEP__StatusWifi].state = STEP_DONE;
		rows[PB__STATUS_STEP__StatusAddress] =
			(Row){ STEP_DONE, prov_config_link(input->config)->ip4 };
		break;
	}
}

/* Why the agent's steps cannot be told; NULL when they can. */
static const char *agent_silence(const LandfallStatus *status, const StatusInput *input)
{
	if (input->generation == 0)
		return "the device has no certificate yet";
	if (status->heard_us == INT64_MIN ||
	    input->now_us - status->heard_us > LANDFALL_STATUS_FRESH_US)
		return "the agent is being asked";
	if (status->problem)
		return status->problem;
	if (status->generation != input->generation)
		return "the agent has not taken the new certificate yet";
	return NULL;
}

static void fill_agent(const LandfallStatus *status, const StatusInput *input, Row *rows)
{
	Row *first = &rows[PB__STATUS_STEP__StatusClock];
	const char *silence = agent_silence(status, input);

	if (silence) {
		first->text = silence;
		return;
	}
	for (int i = 0; i < AGENT_STEP_N; i++)
		first[i] = (Row){ status->states[i], status->texts[i] };
}

/* All rows, their texts cut to @max octets each. */
static bool reply_pack(const Row *rows, uint32_t generation, size_t max, GByteArray *out,
		       GError **error)
{
	Pb__StatusPayload payload = PB__STATUS_PAYLOAD__INIT;
	Pb__StatusReply reply = PB__STATUS_REPLY__INIT;
	Pb__StatusEntry entries[STEPS_N];
	Pb__StatusEntry *list[STEPS_N];
	bool packed;

	for (int i = 0; i < STEPS_N; i++) {
		pb__status_entry__init(&entries[i]);
		entries[i].step = (Pb__StatusStep)i;
		entries[i].state = (Pb__StatusState)rows[i].state;
		entries[i].text = text_cut(rows[i].text, max);
		list[i] = &entries[i];
	}
	reply.n_steps = STEPS_N;
	reply.steps = list;
	reply.generation = generation;
	payload.msg = PB__STATUS_MSG__RespStatus;
	payload.payload_case = PB__STATUS_PAYLOAD__PAYLOAD_REPLY;
	payload.reply = &reply;
	packed = wire_pack(&payload.base, out, error);
	for (int i = 0; i < STEPS_N; i++)
		g_free(entries[i].text);
	return packed;
}

bool landfall_status_handle(LandfallStatus *status, const Secret *in, const StatusInput *input,
			    GByteArray *out, GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__StatusPayload *payload = wire_unpack(&arena, &pb__status_payload__descriptor,
						       secret_data(in), secret_len(in), error);
	Row rows[STEPS_N] = { { STEP_PENDING, NULL } };
	size_t max = LANDFALL_STATUS_TEXT_MAX;

	if (!payload)
		return false;
	if (payload->msg != PB__STATUS_MSG__CmdStatus) {
		g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE,
			    "no command of landfall-status (%d)", (int)payload->msg);
		return false;
	}
	fill_network(input, rows);
	fill_agent(status, input, rows);
	while (max > 0 && !reply_pack(rows, input->generation, max, out, NULL))
		max /= 2; /* several steps have failed at once: all are told, in fewer words */
	status->told_all = rows[PB__STATUS_STEP__StatusTelemetry].state == STEP_DONE;
	return max > 0 || reply_pack(rows, input->generation, 0, out, error);
}
