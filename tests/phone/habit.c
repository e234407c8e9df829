/* SPDX-License-Identifier: MIT */
#include "tests/phone/habit.h"

#include <limits.h>
#include <string.h>

static const Habit habits[] = {
	{
		.name = "android",
		.title = "the Android app",
		.mtu = 512,
		.hellos = { { HABIT_ALWAYS, "ESP" } },
		.wants_security = true,
		.same_link_retry = true,
		.security2 = {
			.srp = {
				.private_len = SRP_GROUP_LEN,
				.salt_as_integer = true,
				.key_as_integer = true,
				.proof_as_integer = true,
			},
			.counter_from_nonce = true,
			.counter_always_moves = true,
		},
		.empty_subs = true,
		.needs_finished = true,
		.one_per_ssid = true,
		.auth_max = UINT_MAX,
		.checks_config = true,
		.first_poll_ms = 2000,
		.poll_ms = 5000,
		.linger_ms = 3000, /* until somebody taps OK */
	},
	{
		.name = "ios",
		.title = "the iOS app",
		.any_case = true,
		.mtu = 185, /* chosen by the system; this small value is the hardest case */
		.service_by_uuid = true,
		.hellos = { { HABIT_ALWAYS, "ESP" } },
		.wants_security = true,
		.reconnects = true,
		.security2 = { .srp = { .private_len = 32 } },
		.empty_subs = true,
		.needs_scan = true,
		.stops_at_empty = true,
		.one_per_ssid = true,
		.auth_max = UINT_MAX,
		.first_poll_ms = 0,
		.poll_ms = 5000,
	},
	{
		.name = "esp_prov",
		.title = "the esp_prov tool",
		.mtu = 517,
		.hellos = {
			{ HABIT_UNDECIDED, "none" },
			{ HABIT_UNDECIDED, "no_sec" },
			{ HABIT_SECURITY1, "no_pop" },
			{ HABIT_SECURITY2, "---" },
			{ HABIT_AFTER, "thread_prov" },
			{ HABIT_AFTER, "wifi_prov" },
			{ HABIT_BEFORE_SCAN, "wifi_scan" },
		},
		.ignores_sec_ver = true,
		.security2 = {
			.srp = {
				.private_len = 32,
				.private_top_bit = true,
				.full_public = true,
				.salt_as_integer = true,
				.inner_as_integer = true,
			},
			.counter_from_nonce = true,
		},
		.checks_scan_start = true,
		.stops_at_empty = true,
		.auth_max = 7,
		.checks_config = true,
		.first_poll_ms = 5000,
		.poll_ms = 5000,
		.failed_polls = 3,
	},
};

const Habit *habit_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(habits); i++)
		if (strcmp(habits[i].name, name) == 0)
			return &habits[i];
	return NULL;
}
