/* SPDX-License-Identifier: MIT */
/* mqtt-guard: what of MQTT 5 may reach libmosquitto, however it comes in pieces. */
#include "common/mqtt-guard.h"

typedef struct StreamCase {
	const char *path;
	const char *hex;
	bool holds;
} StreamCase;

static const StreamCase cases[] = {
	{ "/mqtt-guard/connack-bare", "2003000000", true },
	{ "/mqtt-guard/connack-of-3.1.1", "20020001", true },
	{ "/mqtt-guard/connack-limits", "200e00000b21000727000003e813003c", true },
	{ "/mqtt-guard/connack-client-id", "2009000006120003646576", true },
	{ "/mqtt-guard/connack-unknown", "20050000027f00", false },
	{ "/mqtt-guard/connack-identifier-long", "2006000003818000", false },
	{ "/mqtt-guard/publish-0", "30080001780001234567", true },
	{ "/mqtt-guard/publish-unknown", "3007000178027f007b", false },
	{ "/mqtt-guard/publish-unknown-1", "32090001780001027f007b", false },
	{ "/mqtt-guard/publish-texts", "30120001780d260001610001620800017a01017b", true },
	{ "/mqtt-guard/publish-text-too-long", "300a000178050300ff617b7b", false },
	{ "/mqtt-guard/publish-length-short", "3009000178020200000001", false },
	{ "/mqtt-guard/publish-length-beyond", "30050001780901", false },
	{ "/mqtt-guard/publish-length-endless", "3008000178ffffffff7f", false },
	{ "/mqtt-guard/publish-cut", "30020009", true }, /* libmosquitto's to find */
	{ "/mqtt-guard/puback-bare", "40020001", true },
	{ "/mqtt-guard/puback-reason", "4003000110", true },
	{ "/mqtt-guard/puback-words", "4008000197041f000178", true },
	{ "/mqtt-guard/puback-unknown", "4006000197022c00", false },
	{ "/mqtt-guard/suback", "900400010001", true },
	{ "/mqtt-guard/suback-unknown", "9006000102000001", false },
	{ "/mqtt-guard/disconnect-bare", "e000", true },
	{ "/mqtt-guard/disconnect-unknown", "e0048b022d00", false },
	{ "/mqtt-guard/auth-unknown", "f00418025000", false },
	{ "/mqtt-guard/pingresp", "d000", true },
	{ "/mqtt-guard/behind-others", "d00040020001200300000020050000027f00", false },
};

static GByteArray *octets_of(const char *hex)
{
	GByteArray *octets = g_byte_array_new();

	for (; hex[0] && hex[1]; hex += 2) {
		uint8_t octet =
			(uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));

		g_byte_array_append(octets, &octet, 1);
	}
	g_assert_cmpint(hex[0], ==, '\0');
	return octets;
}

/* Whole, and in pieces of each size. */
static void test_stream(gconstpointer data)
{
	const StreamCase *c = data;
	g_autoptr(GByteArray) octets = octets_of(c->hex);

	for (guint piece = 1; piece <= octets->len; piece++) {
		g_autoptr(MqttGuard) guard = mqtt_guard_new();
		bool holds = true;

		for (guint at = 0; at < octets->len && holds; at += piece)
			holds = mqtt_guard_take(guard, octets->data + at,
						MIN(piece, octets->len - at));
		g_assert_cmpint(holds, ==, c->holds);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_stream);
	return g_test_run();
}
