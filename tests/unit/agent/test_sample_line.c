/* SPDX-License-Identifier: MIT */
/* sample-line: what is taken, and what is refused with which words. */
#include "agent/core/sample-line.h"

#include "agent/core/sample.h"
#include "common/error.h"

#include <cjson/cJSON.h>
#include <string.h>

#define NO_TS (-1)

typedef struct GoodCase {
	const char *path;
	const char *line;
	const char *values;
	int64_t ts_ms;
} GoodCase;

static const GoodCase good_cases[] = {
	{ "/agent/line/one", "{\"a\":1}", "\"a\":1", NO_TS },
	{ "/agent/line/two", "{\"a\":1,\"b\":\"x\"}", "\"a\":1,\"b\":\"x\"", NO_TS },
	{ "/agent/line/booleans", "{\"a\":true,\"b\":false}", "\"a\":true,\"b\":false", NO_TS },
	{ "/agent/line/space", " { \"a\" : 1 , \"b\":2 } \r", "\"a\" : 1 , \"b\":2", NO_TS },
	{ "/agent/line/timed", "{\"ts\":1700000000000,\"values\":{\"a\":1}}", "\"a\":1",
	  1700000000000 },
	{ "/agent/line/timed-last", "{\"values\":{\"a\":1},\"ts\":5}", "\"a\":1", 5 },
	{ "/agent/line/timed-zero", "{\"ts\":0,\"values\":{\"a\":1}}", "\"a\":1", 0 },
	{ "/agent/line/values-without-ts", "{\"values\":{\"a\":1}}", "\"a\":1", NO_TS },
	{ "/agent/line/values-is-a-reading", "{\"values\":5}", "\"values\":5", NO_TS },
	{ "/agent/line/numbers", "{\"a\":-0.5,\"b\":1e3,\"c\":1.5E-7,\"d\":0}",
	  "\"a\":-0.5,\"b\":1e3,\"c\":1.5E-7,\"d\":0", NO_TS },
	{ "/agent/line/exact-integer", "{\"a\":9223372036854775807}", "\"a\":9223372036854775807",
	  NO_TS },
	{ "/agent/line/escapes", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
	  "\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", NO_TS },
	{ "/agent/line/surrogates", "{\"a\":\"\\ud83d\\ude00\"}", "\"a\":\"\\ud83d\\ude00\"",
	  NO_TS },
	{ "/agent/line/utf8", "{\"h\xc3\xb6\":\"\xf0\x9f\x98\x80\"}",
	  "\"h\xc3\xb6\":\"\xf0\x9f\x98\x80\"", NO_TS },
};

static void test_good(gconstpointer data)
{
	const GoodCase *c = data;
	g_autoptr(GError) error = NULL;
	SampleLine line;

	g_assert_true(sample_line_parse(c->line, strlen(c->line), &line, &error));
	g_assert_no_error(error);
	g_assert_cmpmem(line.values, line.values_len, c->values, strlen(c->values));
	g_assert_true(line.has_ts == (c->ts_ms != NO_TS));
	if (line.has_ts)
		g_assert_cmpint(line.ts_ms, ==, c->ts_ms);
}

typedef struct BadCase {
	const char *path;
	const char *line;
	const char *words; /* part of the message */
} BadCase;

static const BadCase bad_cases[] = {
	{ "/agent/line/bad/empty", "", "not a JSON object (octet 1)" },
	{ "/agent/line/bad/array", "[1]", "not a JSON object" },
	{ "/agent/line/bad/number", "17", "not a JSON object" },
	{ "/agent/line/bad/nothing", "{}", "no readings" },
	{ "/agent/line/bad/nothing-timed", "{\"ts\":1,\"values\":{}}", "string expected" },
	{ "/agent/line/bad/null", "{\"a\":null}", "null is no reading" },
	{ "/agent/line/bad/object", "{\"a\":{\"b\":1}}", "a number, a string or a boolean" },
	{ "/agent/line/bad/list", "{\"a\":[1]}", "a number, a string or a boolean" },
	{ "/agent/line/bad/deep", "{\"ts\":1,\"values\":{\"values\":{\"a\":1}}}",
	  "a number, a string" },
	{ "/agent/line/bad/open", "{\"a\":1", "',' or '}' expected (octet 7)" },
	{ "/agent/line/bad/comma", "{\"a\":1,}", "string expected" },
	{ "/agent/line/bad/no-colon", "{\"a\" 1}", "':' expected" },
	{ "/agent/line/bad/no-value", "{\"a\":}", "bad number" },
	{ "/agent/line/bad/word", "{\"a\":tru}", "value expected" },
	{ "/agent/line/bad/trailing", "{\"a\":1} x", "more than one JSON value" },
	{ "/agent/line/bad/two", "{\"a\":1}{\"b\":1}", "more than one JSON value" },
	{ "/agent/line/bad/leading-zero", "{\"a\":01}", "bad number" },
	{ "/agent/line/bad/plus", "{\"a\":+1}", "bad number" },
	{ "/agent/line/bad/dot", "{\"a\":1.}", "bad number" },
	{ "/agent/line/bad/dot-first", "{\"a\":.5}", "bad number" },
	{ "/agent/line/bad/exponent", "{\"a\":1e}", "bad number" },
	{ "/agent/line/bad/minus", "{\"a\":-}", "bad number" },
	{ "/agent/line/bad/nan", "{\"a\":NaN}", "bad number" },
	{ "/agent/line/bad/huge", "{\"a\":1e999}", "number out of range" },
	{ "/agent/line/bad/long-number", "{\"a\":12345678901234567890123456789012345678901}",
	  "number out of range" },
	{ "/agent/line/bad/string-open", "{\"a\":\"x}", "string without end" },
	{ "/agent/line/bad/escape", "{\"a\":\"\\x\"}", "bad escape" },
	{ "/agent/line/bad/escape-end", "{\"a\":\"\\", "bad escape" },
	{ "/agent/line/bad/unicode", "{\"a\":\"\\u12g4\"}", "bad \\u escape" },
	{ "/agent/line/bad/unicode-nul", "{\"a\":\"\\u0000\"}", "bad \\u escape" },
	{ "/agent/line/bad/unicode-cut", "{\"a\":\"\\u12", "bad \\u escape" },
	{ "/agent/line/bad/surrogate-low", "{\"a\":\"\\ude00\"}", "bad \\u escape" },
	{ "/agent/line/bad/surrogate-alone", "{\"a\":\"\\ud83d\"}", "half a surrogate pair" },
	{ "/agent/line/bad/surrogate-twice", "{\"a\":\"\\ud83d\\ud83d\"}",
	  "half a surrogate pair" },
	{ "/agent/line/bad/control", "{\"a\":\"x\ty\"}", "control character" },
	{ "/agent/line/bad/utf8", "{\"a\":\"\xff\"}", "not UTF-8 (octet 7)" },
	{ "/agent/line/bad/key-escape", "{\"\\u0073eq\":1}", "a name that readings cannot have" },
	{ "/agent/line/bad/key-empty", "{\"\":1}", "a name that readings cannot have" },
	{ "/agent/line/bad/key-seq", "{\"seq\":1}", "a name that readings cannot have" },
	{ "/agent/line/bad/key-timestamp", "{\"timestamp\":1}",
	  "a name that readings cannot have" },
	{ "/agent/line/bad/key-ts", "{\"ts\":1,\"t\":2}", "no reading can be named ts" },
	{ "/agent/line/bad/key-ts-inside", "{\"values\":{\"ts\":1}}",
	  "no reading can be named ts" },
	{ "/agent/line/bad/key-twice", "{\"a\":1,\"a\":2}", "the same name twice" },
	{ "/agent/line/bad/values-twice", "{\"values\":{\"a\":1},\"values\":{\"a\":1}}",
	  "the same name twice" },
	{ "/agent/line/bad/beside-values", "{\"values\":{\"a\":1},\"x\":1}", "only ts may stand" },
	{ "/agent/line/bad/ts-text", "{\"ts\":\"now\",\"values\":{\"a\":1}}", "ts is not a time" },
	{ "/agent/line/bad/ts-fraction", "{\"ts\":1.5,\"values\":{\"a\":1}}", "'}' expected" },
	{ "/agent/line/bad/ts-negative", "{\"ts\":-1,\"values\":{\"a\":1}}", "ts is not a time" },
	{ "/agent/line/bad/ts-late", "{\"ts\":253402300800000,\"values\":{\"a\":1}}", "ts is not" },
	{ "/agent/line/bad/ts-zeros", "{\"ts\":00,\"values\":{\"a\":1}}", "ts: it is a time" },
};

static void test_bad(gconstpointer data)
{
	const BadCase *c = data;
	g_autoptr(GError) error = NULL;
	SampleLine line = { .values_len = 4711 };

	g_assert_false(sample_line_parse(c->line, strlen(c->line), &line, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, c->words));
	g_assert_cmpuint(line.values_len, ==, 4711);
}

/* {"k0":0,"k1":1 …} with @n members */
static GString *many_members(unsigned n)
{
	GString *line = g_string_new("{");

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(line, "%s\"k%u\":%u", i ? "," : "", i, i);
	return g_string_append_c(line, '}');
}

static bool parses(const GString *line)
{
	g_autoptr(GError) error = NULL;
	SampleLine parsed;

	return sample_line_parse(line->str, line->len, &parsed, &error);
}

static void test_bounds(void)
{
	g_autoptr(GString) most = many_members(SAMPLE_MEMBERS_MAX);
	g_autoptr(GString) more = many_members(SAMPLE_MEMBERS_MAX + 1);
	g_autoptr(GString) longest = g_string_new("{\"a\":\"");

	g_assert_true(parses(most));
	g_assert_false(parses(more));

	while (longest->len < SAMPLE_VALUES_MAX)
		g_string_append_c(longest, 'x');
	g_string_append(longest, "\"}"); /* values: all but the braces */
	g_assert_cmpuint(longest->len - 2, ==, SAMPLE_VALUES_MAX);
	g_assert_true(parses(longest));
	g_string_insert_c(longest, 7, 'x');
	g_assert_false(parses(longest));
}

/* Each prefix of a good line is refused, and none is read beyond its end (sanitizers watch). */
static void test_prefixes(void)
{
	static const char line[] =
		"{\"ts\":1700000000000,\"values\":{\"a\":-1.5e-3,\"b\":\"\\ud83d\\ude00\","
		"\"c\":true}}";

	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		g_autofree char *exact = g_memdup2(line, len);
		g_autoptr(GError) error = NULL;
		SampleLine parsed;

		g_assert_false(sample_line_parse(exact, len, &parsed, &error));
	}
}

/* What we take, another parser takes as well, alone and inside an object. */
static void test_second_opinion(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(good_cases); i++) {
		SampleLine line;

		g_assert_true(sample_line_parse(good_cases[i].line, strlen(good_cases[i].line),
						&line, NULL));

		g_autofree char *object =
			g_strdup_printf("{%.*s}", (int)line.values_len, line.values);
		cJSON *json = cJSON_Parse(object);

		g_assert_nonnull(json);
		cJSON_Delete(json);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(good_cases); i++)
		g_test_add_data_func(good_cases[i].path, &good_cases[i], test_good);
	for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++)
		g_test_add_data_func(bad_cases[i].path, &bad_cases[i], test_bad);
	g_test_add_func("/agent/line/bounds", test_bounds);
	g_test_add_func("/agent/line/prefixes", test_prefixes);
	g_test_add_func("/agent/line/second-opinion", test_second_opinion);
	return g_test_run();
}
