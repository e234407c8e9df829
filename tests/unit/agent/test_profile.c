/* SPDX-License-Identifier: MIT */
/* profile: payloads octet for octet, bounded by size and count. */
#include "agent/core/payload.h"
#include "tests/unit/agent/test-profile.h"

#include <string.h>

#define SAMPLE(n, t, s, v)                                                                         \
	{                                                                                          \
		.seq = n, .ts_ms = t, .synced = s, .source = "x", .values = v,                     \
		.values_len = sizeof(v) - 1                                                        \
	}

typedef struct PayloadCase {
	const char *path;
	Sample samples[3];
	const char *text;
} PayloadCase;

static const PayloadCase payload_cases[] = {
	{ "/agent/profile/thingsboard/one",
	  { SAMPLE(1, 1700000000123, true, "\"temperature\":21.5") },
	  "{\"ts\":1700000000123,\"values\":{\"temperature\":21.5,\"seq\":1}}" },
	{ "/agent/profile/thingsboard/unsynchronised",
	  { SAMPLE(42, 17, false, "\"a\":1,\"b\":\"x\"") },
	  "{\"ts\":17,\"values\":{\"a\":1,\"b\":\"x\",\"synced\":false,\"seq\":42}}" },
	{ "/agent/profile/thingsboard/two",
	  { SAMPLE(9, 1, true, "\"a\":1"), SAMPLE(10, 2, true, "\"a\":2") },
	  "[{\"ts\":1,\"values\":{\"a\":1,\"seq\":9}},{\"ts\":2,\"values\":{\"a\":2,\"seq\":10}}"
	  "]" },
	{ "/agent/profile/thingsboard/three",
	  { SAMPLE(1, 0, true, "\"a\":1"), SAMPLE(2, 0, true, "\"a\":1"),
	    SAMPLE(18446744073709551615u, 253402300799999, true, "\"a\":true") },
	  "[{\"ts\":0,\"values\":{\"a\":1,\"seq\":1}},{\"ts\":0,\"values\":{\"a\":1,\"seq\":2}},"
	  "{\"ts\":253402300799999,\"values\":{\"a\":true,\"seq\":18446744073709551615}}]" },
};

static void test_payload(gconstpointer data)
{
	const PayloadCase *c = data;
	PayloadLimits limits = { 32768, 100, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);
	unsigned n = 0;
	size_t len;

	while (n < 3 && c->samples[n].seq > 0)
		g_assert_true(payload_add(payload, &c->samples[n++]));
	g_assert_cmpuint(payload_count(payload), ==, n);
	g_assert_cmpuint(payload_first(payload), ==, c->samples[0].seq);
	g_assert_cmpuint(payload_last(payload), ==, c->samples[n - 1].seq);
	for (int twice = 0; twice < 2; twice++) {
		const char *text = payload_data(payload, &len);

		g_assert_cmpmem(text, len, c->text, strlen(c->text));
	}
}

static const Sample small = SAMPLE(1, 1, true, "\"a\":1");

static void test_count_bound(void)
{
	PayloadLimits limits = { 32768, 2, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);

	g_assert_true(payload_add(payload, &small));
	g_assert_true(payload_add(payload, &small));
	g_assert_false(payload_add(payload, &small));
	g_assert_cmpuint(payload_count(payload), ==, 2);
}

/* What is sent is never longer than allowed, and no sample is cut. */
static void test_octet_bound(void)
{
	static const char two[] = "[{\"ts\":1,\"values\":{\"a\":1,\"seq\":1}},"
				  "{\"ts\":1,\"values\":{\"a\":1,\"seq\":1}}]";

	g_autoptr(Profile) profile = test_profile_new("thingsboard");

	for (size_t octets = 1; octets < 2 * sizeof(two); octets++) {
		PayloadLimits limits = { octets, 100, 0 };
		g_autoptr(Payload) payload = payload_new(profile, limits);
		size_t len;

		while (payload_add(payload, &small))
			;
		payload_data(payload, &len);
		if (payload_count(payload) > 1)
			g_assert_cmpuint(len, <=, octets);
		g_assert_cmpint(payload_count(payload) >= 2, ==, octets >= sizeof(two) - 1);
	}
}

/* Values with number and clock; the first sample is taken whatever it has. */
static void test_points_bound(void)
{
	static const Sample three = {
		.seq = 1, .source = "s", .values = "\"a\":1,\"b\":\",\",\"c\":2", .values_len = 20
	};
	g_autoptr(Profile) profile = test_profile_new("thingsboard");

	for (unsigned points = 1; points <= 16; points++) {
		PayloadLimits limits = { 32768, 100, points };
		g_autoptr(Payload) payload = payload_new(profile, limits);

		while (payload_add(payload, &three))
			;
		g_assert_cmpuint(payload_count(payload), ==, MAX(points / 5, 1));
		g_assert_cmpuint(payload_points(payload), ==, 5 * payload_count(payload));
	}
}

static void test_first_is_taken(void)
{
	PayloadLimits limits = { 1, 100, 0 };
	g_autoptr(Profile) profile = test_profile_new("thingsboard");
	g_autoptr(Payload) payload = payload_new(profile, limits);

	g_assert_true(payload_add(payload, &small));
	g_assert_false(payload_add(payload, &small));
}

static void test_find(void)
{
	g_assert_true(profile_find("thingsboard") == &profile_thingsboard);
	g_assert_null(profile_find("nimbus"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(payload_cases); i++)
		g_test_add_data_func(payload_cases[i].path, &payload_cases[i], test_payload);
	g_test_add_func("/agent/profile/count-bound", test_count_bound);
	g_test_add_func("/agent/profile/octet-bound", test_octet_bound);
	g_test_add_func("/agent/profile/points-bound", test_points_bound);
	g_test_add_func("/agent/profile/first-is-taken", test_first_is_taken);
	g_test_add_func("/agent/profile/find", test_find);
	return g_test_run();
}
