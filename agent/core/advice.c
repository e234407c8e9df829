/* SPDX-License-Identifier: MIT */
#include "agent/core/advice.h"

#include "common/error.h"

#define ANY ADVICE_CAUSE_N

typedef struct Advice {
	Stage stage;
	AdviceCause cause;
	const char *text;
} Advice;

/* The first that fits */
static const Advice advices[] = {
	{ STAGE_TELEMETRY, ADVICE_CAUSE_RIVAL,
	  "look for another device with this client id, such as a copy of this one's disk: each "
	  "needs an identity of its own" },
	{ STAGE_CLOCK, ANY,
	  "the clock is before the certificate's first day: let the device reach a time server, or "
	  "set it with 'timedatectl set-time'" },
	{ STAGE_DNS, ADVICE_CAUSE_LOST,
	  "see whether the device has a network and a name server, and whether the broker's name "
	  "is right: 'landfallctl store show'" },
	{ STAGE_DNS, ANY,
	  "no connection can be tried: see what 'landfallctl store show' says of the identity, and "
	  "[broker] of the configuration" },
	{ STAGE_TCP, ANY,
	  "see whether the device has a network, whether the broker runs at this address and port, "
	  "and whether a firewall lets its port through" },
	{ STAGE_TLS, ADVICE_CAUSE_DENIED,
	  "the broker does not take this device, or what it offers: compare its certificate in "
	  "'landfallctl store show' with the authorities that the broker trusts" },
	{ STAGE_TLS, ANY,
	  "see whether the port is one for TLS, whether the broker's certificate is for this name "
	  "and of an authority that the device trusts, and whether the clock is right" },
	{ STAGE_MQTT, ADVICE_CAUSE_INVALID,
	  "see whether it is an MQTT broker, and one for [broker] protocol" },
	{ STAGE_MQTT, ADVICE_CAUSE_LOST,
	  "the broker was reached and let nobody in: see its log; some hang up without a word on a "
	  "device that they do not know" },
	{ STAGE_MQTT, ADVICE_CAUSE_FULL,
	  "the broker has no room for this device now: see how many clients it allows" },
	{ STAGE_MQTT, ANY,
	  "the broker was reached and refuses this device: see whether it is registered there "
	  "under its client id, and its certificate known" },
	{ STAGE_TELEMETRY, ADVICE_CAUSE_LOST,
	  "should it go on: see whether the network is steady, and whether the broker keeps up" },
	{ STAGE_TELEMETRY, ADVICE_CAUSE_HUNG_UP,
	  "should it go on: see the broker's log; one that gives no reason may not allow what this "
	  "device publishes or subscribes to" },
	{ STAGE_TELEMETRY, ADVICE_CAUSE_INVALID,
	  "broker and device do not take what the other sends: see whether [broker] protocol and "
	  "profile are what the broker expects" },
	{ STAGE_TELEMETRY, ADVICE_CAUSE_FULL,
	  "the broker takes no more for now: see what it allows this device in a time" },
	{ STAGE_TELEMETRY, ANY,
	  "the broker refuses samples: see what its policy allows this device to publish" },
};

AdviceCause advice_cause(const GError *error, bool hung_up)
{
	if (error->domain != LANDFALL_ERROR)
		return ADVICE_CAUSE_OTHER;
	switch (error->code) {
	case LANDFALL_ERROR_NETWORK: return hung_up ? ADVICE_CAUSE_HUNG_UP : ADVICE_CAUSE_LOST;
	case LANDFALL_ERROR_DENIED: return ADVICE_CAUSE_DENIED;
	case LANDFALL_ERROR_INVALID: return ADVICE_CAUSE_INVALID;
	case LANDFALL_ERROR_FULL: return ADVICE_CAUSE_FULL;
	default: return ADVICE_CAUSE_OTHER;
	}
}

const char *advice_find(Stage failed, AdviceCause cause)
{
	for (size_t i = 0; i < G_N_ELEMENTS(advices); i++)
		if (advices[i].stage == failed &&
		    (advices[i].cause == cause || advices[i].cause == ANY))
			return advices[i].text;
	return "";
}
