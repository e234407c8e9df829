/* SPDX-License-Identifier: MIT */
/* status: the JSON that landfallctl and scripts read, octet for octet. */
#include "agent/core/status.h"

static const AgentStatus full = {
	.state = UPLINK_BACKOFF,
	.broker = "mqtts://b:8883",
	.client_id = "dev-1",
	.last_error = "no \"route\"",
	.retry_ms = 1500,
	.last_ack = 9007199254740993,
	.last_publish_ms = 1700000000123,
	.connects = 2,
	.connect_ms = 7,
	.failed = STAGE_DNS,
	.generation = 3,
	.common_name = "dev-1",
	.not_before = 1700000000,
	.not_after = 1800000000,
	.renewal = RENEWAL_WAITING,
	.alarm = EXPIRY_LATE,
	.renewal_wait = 1750000000,
	.renewal_error = "no server",
	.enrolment = ENROL_WAITING,
	.enrolment_retry_ms = 2500,
	.enrolment_error = "no hub",
	.waiting = 4,
	.bytes = 8192,
	.limit = 67108864,
	.last = 9,
	.accepted = 9,
	.delivered = 4,
	.dropped = 1,
	.spool_refusal = "the disk is almost full",
};

static void test_full(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	status_encode(&full, text);
	g_assert_cmpstr(
		text->str, ==,
		"{\"state\":\"waiting\",\"broker\":\"mqtts://b:8883\",\"client_id\":\"dev-1\","
		"\"last_error\":\"no \\\"route\\\"\",\"advice\":\"see whether "
		"the device has a network and a name server, and whether the broker's name is "
		"right: 'landfallctl store show'\",\"retry_ms\":1500,"
		"\"last_ack\":9007199254740993,\"last_publish\":1700000000123,\"connects\":2,"
		"\"connect_ms\":7,"
		"\"stages\":[{\"name\":\"clock\",\"state\":\"ok\"},"
		"{\"name\":\"dns\",\"state\":\"failed\",\"error\":\"no \\\"route\\\"\"},"
		"{\"name\":\"tcp\",\"state\":\"pending\"},{\"name\":\"tls\",\"state\":\"pending\"},"
		"{\"name\":\"mqtt\",\"state\":\"pending\"},"
		"{\"name\":\"telemetry\",\"state\":\"pending\"}],"
		"\"certificate\":{\"common_name\":\"dev-1\",\"generation\":3,"
		"\"not_before\":1700000000,\"not_after\":1800000000,\"renewal_wait\":1750000000,"
		"\"renewal\":\"waiting\",\"alarm\":\"late\",\"renewal_error\":\"no server\"},"
		"\"enrolment\":{\"state\":\"waiting\",\"error\":\"no hub\",\"retry_ms\":2500},"
		"\"spool\":{\"waiting\":4,\"bytes\":8192,\"limit\":67108864,\"last\":9,"
		"\"accepted\":9,\"delivered\":4,\"dropped\":1,"
		"\"refusal\":\"the disk is almost full\"}}");
}

static void test_without_identity(void)
{
	const AgentStatus bare = { .state = UPLINK_CLOCK };
	g_autoptr(GString) text = g_string_new(NULL);

	status_encode(&bare, text);
	g_assert_cmpstr(
		text->str, ==,
		"{\"state\":\"waiting-for-clock\",\"advice\":\"the clock is before the "
		"certificate's first day: let the device reach a time server, or set it with "
		"'timedatectl "
		"set-time'\",\"retry_ms\":0,\"last_ack\":0,\"last_publish\":0,\"connects\":0,"
		"\"connect_ms\":0,"
		"\"stages\":[{\"name\":\"clock\",\"state\":\"pending\"},"
		"{\"name\":\"dns\",\"state\":\"pending\"},{\"name\":\"tcp\",\"state\":\"pending\"},"
		"{\"name\":\"tls\",\"state\":\"pending\"},{\"name\":\"mqtt\",\"state\":\"pending\"}"
		","
		"{\"name\":\"telemetry\",\"state\":\"pending\"}],\"spool\":{\"waiting\":0,"
		"\"bytes\":0,\"limit\":0,\"last\":0,"
		"\"accepted\":0,\"delivered\":0,\"dropped\":0}}");
}

typedef struct SentenceCase {
	UplinkState state;
	const char *last_error;
	uint64_t waiting;
	const char *refusal;
	const char *sentence;
} SentenceCase;

static void test_sentence(void)
{
	static const SentenceCase cases[] = {
		{ UPLINK_STARTING, "", 0, "", "starting; nothing waits" },
		{ UPLINK_CLOCK, "", 1, NULL,
		  "waiting for the clock to be set; 1 sample waits on disk" },
		{ UPLINK_BACKOFF, "no route", 4, "",
		  "cannot publish to mqtts://b:8883: no route; 4 samples wait on disk" },
		{ UPLINK_CONNECTING, "no route", 0, "",
		  "connecting to mqtts://b:8883; nothing waits" },
		{ UPLINK_ONLINE, "", 2, "", "connected to mqtts://b:8883; 2 samples wait on disk" },
		{ UPLINK_ONLINE, "", 0, "the disk is almost full",
		  "connected to mqtts://b:8883; samples are refused: the disk is almost full" },
		{ UPLINK_STOPPED, "", 0, "", "stopping; nothing waits" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		AgentStatus status = full;

		status.state = cases[i].state;
		status.last_error = cases[i].last_error;
		status.waiting = cases[i].waiting;
		status.spool_refusal = cases[i].refusal;

		g_autofree char *text = status_sentence(&status);

		g_assert_cmpstr(text, ==, cases[i].sentence);
	}
}

static void test_names(void)
{
	for (int state = UPLINK_STARTING; state <= UPLINK_STOPPED; state++) {
		g_assert_nonnull(uplink_state_name(state));
		for (int other = UPLINK_STARTING; other < state; other++)
			g_assert_cmpstr(uplink_state_name(state), !=, uplink_state_name(other));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/status/full", test_full);
	g_test_add_func("/agent/status/bare", test_without_identity);
	g_test_add_func("/agent/status/sentence", test_sentence);
	g_test_add_func("/agent/status/names", test_names);
	return g_test_run();
}
