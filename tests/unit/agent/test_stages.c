/* SPDX-License-Identifier: MIT */
/* stages: which step is behind us, which one fails. */
#include "agent/core/stages.h"

#include <glib.h>

typedef struct StagesCase {
	const char *name;
	StagesInput input;
	const char *want; /* one letter a stage: ok, failed, pending */
} StagesCase;

static const StagesCase cases[] = {
	{ "starting", { UPLINK_STARTING, STAGE_DNS, STAGE_N, false }, "pppppp" },
	{ "clock", { UPLINK_CLOCK, STAGE_DNS, STAGE_N, false }, "pppppp" },
	{ "stopped", { UPLINK_STOPPED, STAGE_TELEMETRY, STAGE_N, true }, "pppppo" },
	{ "looking-up", { UPLINK_CONNECTING, STAGE_DNS, STAGE_N, false }, "oppppp" },
	{ "in-tls", { UPLINK_CONNECTING, STAGE_TLS, STAGE_N, false }, "oooppp" },
	{ "failed-dns", { UPLINK_BACKOFF, STAGE_DNS, STAGE_DNS, false }, "ofpppp" },
	{ "failed-tls", { UPLINK_BACKOFF, STAGE_TLS, STAGE_TLS, false }, "ooofpp" },
	{ "failed-mqtt", { UPLINK_BACKOFF, STAGE_MQTT, STAGE_MQTT, false }, "oooofp" },
	{ "refused-sample", { UPLINK_BACKOFF, STAGE_TELEMETRY, STAGE_TELEMETRY, false }, "ooooof" },
	{ "again-before", { UPLINK_CONNECTING, STAGE_DNS, STAGE_TLS, false }, "oppfpp" },
	{ "again-there", { UPLINK_CONNECTING, STAGE_TLS, STAGE_TLS, false }, "ooofpp" },
	{ "again-beyond", { UPLINK_CONNECTING, STAGE_MQTT, STAGE_TLS, false }, "oooopp" },
	{ "online", { UPLINK_ONLINE, STAGE_TELEMETRY, STAGE_N, false }, "ooooop" },
	{ "online-after", { UPLINK_ONLINE, STAGE_TELEMETRY, STAGE_DNS, false }, "ooooop" },
	{ "acknowledged", { UPLINK_ONLINE, STAGE_TELEMETRY, STAGE_N, true }, "oooooo" },
	{ "lost-again", { UPLINK_BACKOFF, STAGE_TCP, STAGE_TCP, true }, "oofppo" },
};

static void test_case(gconstpointer data)
{
	const StagesCase *row = data;
	char got[STAGE_N + 1] = { 0 };

	for (int stage = 0; stage < STAGE_N; stage++)
		got[stage] = *stage_state_name(stages_find(&row->input, (Stage)stage));
	g_assert_cmpstr(got, ==, row->want);
}

static void test_names(void)
{
	for (int stage = 0; stage < STAGE_N; stage++)
		for (int other = 0; other < stage; other++)
			g_assert_cmpstr(stage_name((Stage)stage), !=, stage_name((Stage)other));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/agent/stages/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/agent/stages/names", test_names);
	return g_test_run();
}
