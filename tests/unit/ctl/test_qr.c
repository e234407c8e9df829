/* SPDX-License-Identifier: MIT */
/* The payload of the code, octet for octet, and the drawing's shape. */
#include "common/error.h"
#include "ctl/qr.h"

#include <stdio.h>
#include <string.h>

/* Espressif's examples, protocol reference section 13.1. */
static const struct {
	const char *path;
	QrLabel label;
	const char *payload;
} payload_cases[] = {
	{ "/ctl/qr/security-1",
	  { "PROV_A1B2C3", NULL, "abcd1234" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"pop\":\"abcd1234\",\"transport\":\"ble\"}" },
	{ "/ctl/qr/security-2",
	  { "PROV_A1B2C3", "wifiprov", "abcd1234" },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"username\":\"wifiprov\",\"pop\":\"abcd1234\","
	  "\"transport\":\"ble\"}" },
	{ "/ctl/qr/no-pop",
	  { "PROV_A1B2C3", NULL, NULL },
	  "{\"ver\":\"v1\",\"name\":\"PROV_A1B2C3\",\"transport\":\"ble\"}" },
	{ "/ctl/qr/quoted",
	  { "PROV_\"\\", NULL, NULL },
	  "{\"ver\":\"v1\",\"name\":\"PROV_\\\"\\\\\",\"transport\":\"ble\"}" },
};

static void test_payload(gconstpointer data)
{
	const typeof(payload_cases[0]) *c = data;
	g_autofree char *payload = qr_payload(&c->label);

	g_assert_cmpstr(payload, ==, c->payload);
}

static char *draw(const char *text, bool colour)
{
	char *drawn = NULL;
	size_t len = 0;
	g_autoptr(GError) error = NULL;
	FILE *out = open_memstream(&drawn, &len);
	bool done = qr_print(text, out, colour, &error);

	fclose(out);
	g_assert_no_error(error);
	g_assert_true(done);
	return drawn;
}

/* 22 octets at level M are version 2: 25 modules and a margin of 4 on each side. */
static void test_shape(void)
{
	g_autofree char *drawn = draw("{\"ver\":\"v1\",\"n\":\"1234\"}", false);
	g_auto(GStrv) lines = g_strsplit(drawn, "\n", -1);

	g_assert_cmpuint(g_strv_length(lines), ==, (25 + 8 + 1) / 2 + 1);
	for (int i = 0; lines[i + 1]; i++)
		g_assert_cmpint(g_utf8_strlen(lines[i], -1), ==, 25 + 8);
}

static void test_colour(void)
{
	g_autofree char *drawn = draw("x", true);

	g_assert_true(g_str_has_prefix(drawn, "\033[97;40m"));
	g_assert_true(g_str_has_suffix(drawn, "\033[0m\n"));
}

static void test_too_long(void)
{
	g_autofree char *text = g_strnfill(3000, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_false(qr_print(text, stdout, false, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(payload_cases); i++)
		g_test_add_data_func(payload_cases[i].path, &payload_cases[i], test_payload);
	g_test_add_func("/ctl/qr/shape", test_shape);
	g_test_add_func("/ctl/qr/colour", test_colour);
	g_test_add_func("/ctl/qr/too-long", test_too_long);
	return g_test_run();
}
