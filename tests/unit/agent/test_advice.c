/* SPDX-License-Identifier: MIT */
/* advice: what is said fits where it fails, and how. */
#include "agent/core/advice.h"

#include "common/error.h"

#include <string.h>

typedef struct AdviceCase {
	const char *name;
	Stage stage;
	LandfallError code;
	bool hung_up;
	const char *says;
	const char *says_not;
} AdviceCase;

#define NETWORK LANDFALL_ERROR_NETWORK
#define DENIED  LANDFALL_ERROR_DENIED
#define INVALID LANDFALL_ERROR_INVALID
#define FULL    LANDFALL_ERROR_FULL
#define FAILED  LANDFALL_ERROR_FAILED

static const AdviceCase cases[] = {
	{ "no-name", STAGE_DNS, NETWORK, false, "name server", "identity" },
	{ "unusable-key", STAGE_DNS, LANDFALL_ERROR_KEY_UNREADABLE, false, "identity",
	  "name server" },
	{ "refused-port", STAGE_TCP, NETWORK, false, "firewall", "the network is there" },
	{ "their-certificate", STAGE_TLS, NETWORK, false, "authority that the device trusts",
	  "broker trusts" },
	{ "our-certificate", STAGE_TLS, DENIED, false, "authorities that the broker trusts",
	  "device trusts" },
	{ "no-connack", STAGE_MQTT, NETWORK, false, "its log", "registered" },
	{ "old-protocol", STAGE_MQTT, INVALID, false, "[broker] protocol", "registered" },
	{ "unknown-device", STAGE_MQTT, DENIED, false, "registered", "log" },
	{ "refused-for-no-reason", STAGE_MQTT, FAILED, false, "registered", "log" },
	{ "too-many-clients", STAGE_MQTT, FULL, false, "how many clients", "registered" },
	{ "no-ping", STAGE_TELEMETRY, NETWORK, false, "network is steady", "policy" },
	{ "closed", STAGE_TELEMETRY, NETWORK, true, "the broker's log", "refuses samples" },
	{ "forbidden-topic", STAGE_TELEMETRY, DENIED, false, "policy", "log" },
	{ "bad-payload", STAGE_TELEMETRY, INVALID, false, "profile", "policy" },
	{ "quota", STAGE_TELEMETRY, FULL, false, "in a time", "policy" },
};

static void test_case(gconstpointer data)
{
	const AdviceCase *row = data;
	g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, (int)row->code, "");
	const char *advice = advice_find(row->stage, advice_cause(error, row->hung_up));

	g_assert_nonnull(strstr(advice, row->says));
	g_assert_null(strstr(advice, row->says_not));
}

/* Nobody is left without advice, and a rival is one wherever it has shown. */
static void test_all(void)
{
	g_autoptr(GError) foreign = g_error_new_literal(G_FILE_ERROR, 0, "");

	for (int stage = 0; stage < STAGE_N; stage++)
		for (int cause = 0; cause < ADVICE_CAUSE_N; cause++)
			g_assert_cmpstr(advice_find((Stage)stage, (AdviceCause)cause), !=, "");
	g_assert_cmpstr(advice_find(STAGE_N, ADVICE_CAUSE_LOST), ==, "");
	g_assert_cmpint(advice_cause(foreign, false), ==, ADVICE_CAUSE_OTHER);
	g_assert_nonnull(
		strstr(advice_find(STAGE_TELEMETRY, ADVICE_CAUSE_RIVAL), "another device"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/agent/advice/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/agent/advice/all", test_all);
	return g_test_run();
}
