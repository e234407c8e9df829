/* SPDX-License-Identifier: MIT */
/*
 * profile-eventgrid - the MQTT broker of an Azure Event Grid namespace
 *
 * A broker without topics of its own: telemetry goes to the topic that is set, commands over the
 * topics of profile-base. The user name is the client's authentication name, which is the client
 * id unless something else is set. Nothing is retained unless that is set, for older namespaces
 * end the connection then; QoS is 1 at most.
 * Source: Azure Event Grid, "MQTT client authentication", "MQTT features supported"
 */
#include "agent/core/profile-base.h"

const ProfileKind profile_eventgrid = {
	.name = "eventgrid",
	.wants = PROFILE_WANTS_TOPIC | PROFILE_WANTS_BASE | PROFILE_WANTS_RETAIN,
	.topic = "%b/telemetry",
	.user_name = "%c",
	.filters = profile_base_filters,
	.payload_max = 65536,
	.bounds = { .keep_alive_max_s = 1160,
		    .limits = { .payload = 524288,
				.rates = { { PROFILE_RATE_ANY, 1000, 1 },
					   { PROFILE_RATE_OCTETS, 1000000, 1 } },
				.rates_count = 2 } },
	.append = profile_append_flat,
	.hello = profile_base_hello,
	.report = profile_base_report,
	.receive = profile_base_receive,
	.answer = profile_base_answer,
};
