/* SPDX-License-Identifier: MIT */
/* cbor: the examples of RFC 8949, appendix A, as far as JSON can have them. */
#include "agent/core/cbor.h"

#include <string.h>

typedef struct Example {
	const char *json;
	const char *hex;
} Example;

static const Example examples[] = {
	{ "0", "00" },
	{ "1", "01" },
	{ "10", "0a" },
	{ "23", "17" },
	{ "24", "1818" },
	{ "25", "1819" },
	{ "100", "1864" },
	{ "1000", "1903e8" },
	{ "1000000", "1a000f4240" },
	{ "1000000000000", "1b000000e8d4a51000" },
	{ "-1", "20" },
	{ "-10", "29" },
	{ "-100", "3863" },
	{ "-1000", "3903e7" },
	{ "1.1", "fb3ff199999999999a" },
	{ "1.0e+300", "fb7e37e43c8800759c" },
	{ "-4.1", "fbc010666666666666" },
	{ "false", "f4" },
	{ "true", "f5" },
	{ "null", "f6" },
	{ "\"\"", "60" },
	{ "\"a\"", "6161" },
	{ "\"IETF\"", "6449455446" },
	{ "\"\\\"\\\\\"", "62225c" },
	{ "\"\u00fc\"", "62c3bc" },
	{ "\"\u6c34\"", "63e6b0b4" },
	/* not of the appendix: the ends of what is an integer, and of each length */
	{ "255", "18ff" },
	{ "256", "190100" },
	{ "65536", "1a00010000" },
	{ "4294967295", "1affffffff" },
	{ "4294967296", "1b0000000100000000" },
	{ "9007199254740992", "1b0020000000000000" },
	{ "-9007199254740992", "3b001fffffffffffff" },
	{ "18446744073709551616", "fb43f0000000000000" },
};

static char *hex_of(const GString *octets)
{
	GString *hex = g_string_new(NULL);

	for (gsize i = 0; i < octets->len; i++)
		g_string_append_printf(hex, "%02x", (guint8)octets->str[i]);
	return g_string_free(hex, FALSE);
}

static void test_examples(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(examples); i++) {
		cJSON *json = cJSON_Parse(examples[i].json);
		g_autoptr(GString) octets = g_string_new(NULL);
		g_autofree char *hex = NULL;

		g_assert_nonnull(json);
		cbor_append_json(octets, json);
		hex = hex_of(octets);
		g_assert_cmpstr(hex, ==, examples[i].hex);
		cJSON_Delete(json);
	}
}

/* {"a": 1}, and the heads of longer ones */
static void test_maps(void)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *hex = NULL;

	cbor_append_map(octets, 1);
	cbor_append_text(octets, "a", 1);
	cbor_append_uint(octets, 1);
	cbor_append_map(octets, 24);
	cbor_append_uint(octets, G_MAXUINT64);
	hex = hex_of(octets);
	g_assert_cmpstr(hex, ==, "a1616101b8181bffffffffffffffff");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/cbor/examples", test_examples);
	g_test_add_func("/agent/cbor/maps", test_maps);
	return g_test_run();
}
