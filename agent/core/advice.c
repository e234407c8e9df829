/* SPDX-License-Identifier: MIT */
#include "agent/core/advice.h"

const char *advice_find(Stage failed)
{
	switch (failed) {
	case STAGE_CLOCK:
		return "the clock is before the certificate's first day: let the device reach a "
		       "time server, or set it with 'timedatectl set-time'";
	case STAGE_DNS:
		return "see whether the device has a network and a name server, and whether the "
		       "broker's name is right: 'landfallctl store show'";
	case STAGE_TCP:
		return "the network is there, the broker does not answer: see whether it runs, and "
		       "whether a firewall lets its port through";
	case STAGE_TLS:
		return "one side does not take the other's certificate: compare 'landfallctl store "
		       "show' with what the broker expects";
	case STAGE_MQTT:
		return "the broker was reached and refuses this device: see whether it is "
		       "registered there under its client id";
	case STAGE_TELEMETRY:
		return "the broker refuses samples: see what its policy allows this device to "
		       "publish";
	case STAGE_N: break;
	}
	return "";
}
