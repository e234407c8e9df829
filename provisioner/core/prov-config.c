/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-config.h"

#include "provisioner/core/proto/wifi-config.pb-c.h"
#include "provisioner/core/store-fault.h"
#include "provisioner/core/wire.h"

#include <string.h>

#define PSK_HEX_LEN    WIFI_PASSPHRASE_MAX /* hexadecimal digits of the key itself */
#define PASSPHRASE_MAX (PSK_HEX_LEN - 1)
#define CHANNEL_MAX    233

/* Why there is no connection, on the bus and on the air. */
typedef enum FailureCause {
	CAUSE_AUTH,
	CAUSE_NOT_FOUND,
	CAUSE_ADDRESS,
	CAUSE_OTHER,
	CAUSE_TIMEOUT,    /* the back end said nothing in time */
	CAUSE_INVALID,    /* the credentials were refused before anything was tried */
	CAUSE_ENTERPRISE, /* the network wants a certificate, and the store cannot serve it */
} FailureCause;

static const struct {
	const char *name;
	Pb__FailReason reason;
} causes[] = {
	[CAUSE_AUTH] = { "auth-error", PB__FAIL_REASON__AuthError },
	[CAUSE_NOT_FOUND] = { "network-not-found", PB__FAIL_REASON__NetworkNotFound },
	[CAUSE_ADDRESS] = { "no-address", PB__FAIL_REASON__OtherReason },
	[CAUSE_OTHER] = { "failed", PB__FAIL_REASON__OtherReason },
	[CAUSE_TIMEOUT] = { "timeout", PB__FAIL_REASON__OtherReason },
	[CAUSE_INVALID] = { "invalid-credentials", PB__FAIL_REASON__AuthError },
	[CAUSE_ENTERPRISE] = { "enterprise-not-set", PB__FAIL_REASON__OtherReason },
};

struct ProvConfig {
	const WifiPort *wifi;
	void *wifi_data;
	int64_t join_us;
	ProvConfigPhase phase;
	FailureCause cause;      /* when FAILED */
	char *words;             /* of a store that cannot serve; NULL: the cause says all */
	WifiCredentials pending; /* set, not applied; ssid_len 0: none */
	WifiCredentials applied; /* being joined with */
	bool refused;            /* the last set broke the rules */
	bool told;               /* since the last session was opened */
	bool visited;            /* a session was opened since the last apply */
	int64_t deadline_us;
	WifiLink link;
};

static void credentials_clear(WifiCredentials *credentials)
{
	g_clear_pointer(&credentials->passphrase, secret_free);
	memset(credentials, 0, sizeof(*credentials));
}

static const char *const phase_names[] = {
	[PROV_CONFIG_NONE] = "none",       [PROV_CONFIG_DELAY] = "delay",
	[PROV_CONFIG_JOINING] = "joining", [PROV_CONFIG_FAILED] = "failed",
	[PROV_CONFIG_JOINED] = "joined",
};

/* The one place that changes the phase. */
static void config_enter(ProvConfig *config, ProvConfigPhase phase, int64_t deadline_us)
{
	if (config->phase != phase)
		g_debug("config: %s -> %s", phase_names[config->phase], phase_names[phase]);
	config->phase = phase;
	config->deadline_us = deadline_us;
	g_clear_pointer(&config->words, g_free);
	if (phase != PROV_CONFIG_DELAY && phase != PROV_CONFIG_JOINING)
		credentials_clear(&config->applied);
	config->told = false;
}

static void config_fail(ProvConfig *config, FailureCause cause)
{
	config->cause = cause;
	config_enter(config, PROV_CONFIG_FAILED, INT64_MAX);
}

ProvConfig *prov_config_new(const WifiPort *wifi, void *wifi_data, int64_t join_us)
{
	ProvConfig *config = g_new0(ProvConfig, 1);

	config->wifi = wifi;
	config->wifi_data = wifi_data;
	config->join_us = join_us ? join_us : PROV_CONFIG_JOIN_US;
	config->deadline_us = INT64_MAX;
	return config;
}

void prov_config_free(ProvConfig *config)
{
	if (!config)
		return;
	credentials_clear(&config->pending);
	credentials_clear(&config->applied);
	g_free(config->words);
	g_free(config);
}

/* None for an open network, or the key in 64 digits; else what a person can type, of up to 63
 * octets. How long it has to be and of which alphabet depends on the kind of network, which the
 * back end knows. */
static bool passphrase_holds(const ProtobufCBinaryData *passphrase)
{
	bool typed = true;
	bool digits = true;

	for (size_t i = 0; i < passphrase->len; i++) {
		typed = typed && !g_ascii_iscntrl((char)passphrase->data[i]);
		digits = digits && g_ascii_isxdigit((char)passphrase->data[i]);
	}
	if (passphrase->len == PSK_HEX_LEN)
		return digits;
	return typed && passphrase->len <= PASSPHRASE_MAX;
}

static bool credentials_hold(const Pb__SetConfigCommand *command)
{
	return command->ssid.len >= 1 && command->ssid.len <= WIFI_SSID_MAX &&
	       passphrase_holds(&command->passphrase) &&
	       (command->bssid.len == 0 || command->bssid.len == WIFI_BSSID_LEN) &&
	       command->channel >= 0 && command->channel <= CHANNEL_MAX;
}

static Pb__Status config_set(ProvConfig *config, const Pb__SetConfigCommand *command)
{
	WifiCredentials *pending = &config->pending;

	credentials_clear(pending);
	config->refused = !credentials_hold(command);
	if (config->refused)
		return PB__STATUS__InvalidArgument;
	memcpy(pending->ssid, command->ssid.data, command->ssid.len);
	pending->ssid_len = (uint8_t)command->ssid.len;
	if (command->passphrase.len > 0)
		pending->passphrase = secret_new(command->passphrase.data, command->passphrase.len);
	if (command->bssid.len > 0)
		memcpy(pending->bssid, command->bssid.data, WIFI_BSSID_LEN);
	pending->channel = (uint16_t)command->channel;
	return PB__STATUS__Success;
}

static Pb__Status config_apply(ProvConfig *config, int64_t now_us)
{
	if (config->phase == PROV_CONFIG_JOINED && !config->visited)
		return PB__STATUS__InternalError;
	if (config->pending.ssid_len == 0) {
		if (config->refused && !prov_config_is_joining(config))
			config_fail(config, CAUSE_INVALID);
		return PB__STATUS__InternalError;
	}
	if (config->phase == PROV_CONFIG_JOINING)
		config->wifi->cancel(config->wifi_data);
	credentials_clear(&config->applied);
	config->applied = config->pending;
	memset(&config->pending, 0, sizeof(config->pending));
	config->visited = false;
	config_enter(config, PROV_CONFIG_DELAY, now_us + PROV_CONFIG_DELAY_US);
	return PB__STATUS__Success;
}

static void connected_fill(Pb__ConnectedState *connected, WifiLink *link)
{
	connected->ip4_addr = link->ip4;
	connected->auth_mode = MIN((uint32_t)link->network.auth, WIFI_AUTH_WPA2_WPA3);
	connected->ssid = (ProtobufCBinaryData){ link->network.ssid_len, link->network.ssid };
	connected->bssid = (ProtobufCBinaryData){ WIFI_BSSID_LEN, link->network.bssid };
	connected->channel = link->network.channel;
}

static bool status_reply(ProvConfig *config, GByteArray *out, GError **error)
{
	Pb__ConnectedState connected = PB__CONNECTED_STATE__INIT;
	Pb__GetStatusReply reply = PB__GET_STATUS_REPLY__INIT;
	Pb__ConfigPayload payload = PB__CONFIG_PAYLOAD__INIT;

	payload.msg = PB__CONFIG_MSG__RespGetStatus;
	payload.payload_case = PB__CONFIG_PAYLOAD__PAYLOAD_RESP_GET_STATUS;
	payload.resp_get_status = &reply;
	switch (config->phase) {
	case PROV_CONFIG_NONE:
	case PROV_CONFIG_DELAY:
	case PROV_CONFIG_JOINING: reply.sta_state = PB__STATION_STATE__Connecting; break;
	case PROV_CONFIG_FAILED:
		reply.sta_state = PB__STATION_STATE__ConnectionFailed;
		reply.state_case = PB__GET_STATUS_REPLY__STATE_FAIL_REASON;
		reply.fail_reason = causes[config->cause].reason;
		break;
	case PROV_CONFIG_JOINED:
		reply.sta_state = PB__STATION_STATE__Connected;
		reply.state_case = PB__GET_STATUS_REPLY__STATE_CONNECTED;
		reply.connected = &connected;
		connected_fill(&connected, &config->link);
		config->told = true;
		break;
	}
	return wire_pack(&payload.base, out, error);
}

static bool set_reply(Pb__Status status, GByteArray *out, GError **error)
{
	Pb__SetConfigReply reply = PB__SET_CONFIG_REPLY__INIT;
	Pb__ConfigPayload payload = PB__CONFIG_PAYLOAD__INIT;

	reply.status = status;
	payload.msg = PB__CONFIG_MSG__RespSetConfig;
	payload.payload_case = PB__CONFIG_PAYLOAD__PAYLOAD_RESP_SET_CONFIG;
	payload.resp_set_config = &reply;
	return wire_pack(&payload.base, out, error);
}

static bool apply_reply(Pb__Status status, GByteArray *out, GError **error)
{
	Pb__ApplyConfigReply reply = PB__APPLY_CONFIG_REPLY__INIT;
	Pb__ConfigPayload payload = PB__CONFIG_PAYLOAD__INIT;

	reply.status = status;
	payload.msg = PB__CONFIG_MSG__RespApplyConfig;
	payload.payload_case = PB__CONFIG_PAYLOAD__PAYLOAD_RESP_APPLY_CONFIG;
	payload.resp_apply_config = &reply;
	return wire_pack(&payload.base, out, error);
}

bool prov_config_handle(ProvConfig *config, const Secret *in, int64_t now_us, GByteArray *out,
			GError **error)
{
	g_auto(WireArena) arena = { .used = 0 };
	const Pb__ConfigPayload *payload = wire_unpack(&arena, &pb__config_payload__descriptor,
						       secret_data(in), secret_len(in), error);

	if (!payload)
		return false;
	if (payload->msg == PB__CONFIG_MSG__CmdGetStatus)
		return status_reply(config, out, error);
	if (payload->msg == PB__CONFIG_MSG__CmdSetConfig &&
	    payload->payload_case == PB__CONFIG_PAYLOAD__PAYLOAD_CMD_SET_CONFIG)
		return set_reply(config_set(config, payload->cmd_set_config), out, error);
	if (payload->msg == PB__CONFIG_MSG__CmdApplyConfig)
		return apply_reply(config_apply(config, now_us), out, error);
	g_set_error(error, PROV_ERROR, PROV_ERROR_VALUE, "no command of prov-config (%d)",
		    (int)payload->msg);
	return false;
}

void prov_config_on_joined(ProvConfig *config, const WifiLink *link)
{
	if (config->phase != PROV_CONFIG_JOINING)
		return;
	config->link = *link;
	config->link.network.ssid_len = MIN(link->network.ssid_len, WIFI_SSID_MAX);
	config->link.ip4[sizeof(config->link.ip4) - 1] = '\0';
	config_enter(config, PROV_CONFIG_JOINED, INT64_MAX);
}

void prov_config_on_failed(ProvConfig *config, WifiFailure failure)
{
	static const FailureCause failure_causes[] = {
		[WIFI_FAILURE_AUTH] = CAUSE_AUTH,
		[WIFI_FAILURE_NOT_FOUND] = CAUSE_NOT_FOUND,
		[WIFI_FAILURE_ADDRESS] = CAUSE_ADDRESS,
		[WIFI_FAILURE_OTHER] = CAUSE_OTHER,
	};

	if (config->phase != PROV_CONFIG_JOINING)
		return;
	config_fail(config, (size_t)failure < G_N_ELEMENTS(failure_causes) ? failure_causes[failure]
									   : CAUSE_OTHER);
}

void prov_config_visit(ProvConfig *config)
{
	config->told = false;
	config->visited = true;
}

bool prov_config_reset(ProvConfig *config)
{
	if (prov_config_is_joining(config) || config->phase == PROV_CONFIG_JOINED)
		return false;
	prov_config_clear(config);
	return true;
}

bool prov_config_reprov(ProvConfig *config)
{
	if (config->phase != PROV_CONFIG_JOINED)
		return false;
	config->wifi->forget(config->wifi_data);
	prov_config_clear(config);
	return true;
}

void prov_config_clear(ProvConfig *config)
{
	credentials_clear(&config->pending);
	config->refused = false;
	config_enter(config, PROV_CONFIG_NONE, INT64_MAX);
}

int64_t prov_config_deadline_us(const ProvConfig *config)
{
	return config->deadline_us;
}

static void config_join(ProvConfig *config, int64_t now_us)
{
	g_autoptr(GError) error = NULL;

	config_enter(config, PROV_CONFIG_JOINING, now_us + config->join_us);
	if (config->wifi->join(config->wifi_data, &config->applied, &error)) {
		g_clear_pointer(&config->applied.passphrase, secret_free); /* the port has it */
		return;
	}
	g_debug("config: join refused: %s", error ? error->message : "no reason given");
	if (!g_error_matches(error, STORE_FAULT, STORE_FAULT_ABSENT)) {
		config_fail(config, CAUSE_OTHER);
		return;
	}
	config_fail(config, CAUSE_ENTERPRISE);
	config->words = g_strdup(error->message);
}

void prov_config_expire(ProvConfig *config, int64_t now_us)
{
	if (now_us < config->deadline_us)
		return;
	if (config->phase == PROV_CONFIG_DELAY) {
		config_join(config, now_us);
		return;
	}
	config->wifi->cancel(config->wifi_data);
	config_fail(config, CAUSE_TIMEOUT);
}

ProvConfigPhase prov_config_phase(const ProvConfig *config)
{
	return config->phase;
}

bool prov_config_is_joining(const ProvConfig *config)
{
	return config->phase == PROV_CONFIG_DELAY || config->phase == PROV_CONFIG_JOINING;
}

bool prov_config_was_visited(const ProvConfig *config)
{
	return config->visited;
}

bool prov_config_was_told(const ProvConfig *config)
{
	return config->told;
}

const WifiLink *prov_config_link(const ProvConfig *config)
{
	return config->phase == PROV_CONFIG_JOINED ? &config->link : NULL;
}

const char *prov_config_failure(const ProvConfig *config)
{
	return config->phase == PROV_CONFIG_FAILED ? causes[config->cause].name : "";
}

const char *prov_config_words(const ProvConfig *config)
{
	return config->words;
}
