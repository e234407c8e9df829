/* SPDX-License-Identifier: MIT */
#include "common/mqtt-reason.h"

typedef struct Reason {
	uint8_t code;
	LandfallError error;
	const char *text;
} Reason;

/* MQTT 5.0, 2.4: those a server can send in CONNACK, PUBACK, SUBACK or DISCONNECT. */
static const Reason reasons[] = {
	{ 0x00, LANDFALL_ERROR_FAILED, "success" },
	{ 0x10, LANDFALL_ERROR_FAILED, "nobody subscribes to it" },
	{ 0x80, LANDFALL_ERROR_FAILED, "unspecified error" },
	{ 0x81, LANDFALL_ERROR_INVALID, "malformed packet" },
	{ 0x82, LANDFALL_ERROR_INVALID, "protocol error" },
	{ 0x83, LANDFALL_ERROR_FAILED, "refused for a reason of its own" },
	{ 0x84, LANDFALL_ERROR_INVALID, "protocol version not supported" },
	{ 0x85, LANDFALL_ERROR_DENIED, "client id not accepted" },
	{ 0x86, LANDFALL_ERROR_DENIED, "bad user name or password" },
	{ 0x87, LANDFALL_ERROR_DENIED, "not authorised" },
	{ 0x88, LANDFALL_ERROR_NETWORK, "server unavailable" },
	{ 0x89, LANDFALL_ERROR_NETWORK, "server busy" },
	{ 0x8a, LANDFALL_ERROR_DENIED, "client is banned" },
	{ 0x8b, LANDFALL_ERROR_NETWORK, "server is shutting down" },
	{ 0x8c, LANDFALL_ERROR_DENIED, "bad authentication method" },
	{ 0x8d, LANDFALL_ERROR_NETWORK, "keep-alive time-out" },
	{ 0x8e, LANDFALL_ERROR_NETWORK,
	  "session taken over: another client uses the same client id" },
	{ 0x8f, LANDFALL_ERROR_INVALID, "topic filter not accepted" },
	{ 0x90, LANDFALL_ERROR_DENIED, "topic name not accepted" },
	{ 0x91, LANDFALL_ERROR_FAILED, "packet identifier in use" },
	{ 0x93, LANDFALL_ERROR_INVALID, "receive maximum exceeded" },
	{ 0x94, LANDFALL_ERROR_INVALID, "topic alias not accepted" },
	{ 0x95, LANDFALL_ERROR_INVALID, "packet too large" },
	{ 0x96, LANDFALL_ERROR_FULL, "message rate too high" },
	{ 0x97, LANDFALL_ERROR_FULL, "quota exceeded" },
	{ 0x98, LANDFALL_ERROR_NETWORK, "connection closed by an administrator" },
	{ 0x99, LANDFALL_ERROR_INVALID, "payload format not accepted" },
	{ 0x9a, LANDFALL_ERROR_INVALID, "retained messages not supported" },
	{ 0x9b, LANDFALL_ERROR_INVALID, "QoS not supported" },
	{ 0x9c, LANDFALL_ERROR_NETWORK, "use another server for now" },
	{ 0x9d, LANDFALL_ERROR_NETWORK, "server has moved" },
	{ 0x9e, LANDFALL_ERROR_INVALID, "shared subscriptions not supported" },
	{ 0x9f, LANDFALL_ERROR_NETWORK, "too many connections in a short time" },
	{ 0xa0, LANDFALL_ERROR_NETWORK, "longest connection time reached" },
	{ 0xa1, LANDFALL_ERROR_INVALID, "subscription identifiers not supported" },
	{ 0xa2, LANDFALL_ERROR_INVALID, "wildcard subscriptions not supported" },
};

/* MQTT 3.1.1, 3.2.2.3 */
static const Reason connack_reasons[] = {
	{ 0, LANDFALL_ERROR_FAILED, "accepted" },
	{ 1, LANDFALL_ERROR_INVALID, "protocol version not supported" },
	{ 2, LANDFALL_ERROR_DENIED, "client id not accepted" },
	{ 3, LANDFALL_ERROR_NETWORK, "server unavailable" },
	{ 4, LANDFALL_ERROR_DENIED, "bad user name or password" },
	{ 5, LANDFALL_ERROR_DENIED, "not authorised" },
};

static const Reason unknown = { 0, LANDFALL_ERROR_FAILED, "unknown reason" };

static const Reason *reason_find(const Reason *table, size_t count, uint8_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].code == code)
			return &table[i];
	}
	return &unknown;
}

const char *mqtt_reason(uint8_t code)
{
	return reason_find(reasons, G_N_ELEMENTS(reasons), code)->text;
}

LandfallError mqtt_reason_error(uint8_t code)
{
	return reason_find(reasons, G_N_ELEMENTS(reasons), code)->error;
}

const char *mqtt_connack_reason(uint8_t code)
{
	return reason_find(connack_reasons, G_N_ELEMENTS(connack_reasons), code)->text;
}

LandfallError mqtt_connack_error(uint8_t code)
{
	return reason_find(connack_reasons, G_N_ELEMENTS(connack_reasons), code)->error;
}
