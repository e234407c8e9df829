/* SPDX-License-Identifier: MIT */
/* screen: the lines of the page, 21 columns and 5 rows as on a real display. */
#include "agent/core/screen-answer.h"
#include "agent/core/screen.h"

#include "common/error.h"

#include <string.h>

typedef struct ScreenCase {
	const char *name;
	AgentStatus status;
	const char *address;
	const char *readings;
	IndicatorProvisioning provisioning;
	const char *lines; /* joined by | */
} ScreenCase;

static const ScreenCase cases[] = {
	{ "connected",
	  { .state = UPLINK_ONLINE, .last_error = "" },
	  "192.168.77.61",
	  "\"temperature\":21.5,\"humidity\":40,\"door\":\"open\",\"lost\":1",
	  0,
	  "Connected|192.168.77.61|temperature 21.5|humidity 40|door open" },
	{ "waiting",
	  { .state = UPLINK_CONNECTING, .last_error = "", .waiting = 1234 },
	  "10.0.0.1",
	  NULL,
	  0,
	  "Connecting|10.0.0.1|1234 samples wait" },
	{ "error",
	  { .state = UPLINK_BACKOFF,
	    .last_error = "broker b port 8883: Connection refused for a reason nobody knows",
	    .waiting = 9 },
	  "10.0.0.1",
	  "\"t\":1",
	  0,
	  "Broker not reached|10.0.0.1|broker b port 8883:|Connection refused|for a reason "
	  "nobody" },
	{ "no-network",
	  { .state = UPLINK_BACKOFF, .last_error = "" },
	  NULL,
	  "\"t\":1",
	  0,
	  "Not connected|no network|t 1" },
	{ "provisioning",
	  { .state = UPLINK_BACKOFF, .last_error = "" },
	  NULL,
	  NULL,
	  INDICATOR_PROVISIONING_READY,
	  "Waiting for a phone|no network" },
	{ "long-name",
	  { .state = UPLINK_ONLINE, .last_error = "" },
	  "10.0.0.1",
	  "\"a_name_that_is_far_too_long\":-12.25,\"on\":true",
	  0,
	  "Connected|10.0.0.1|a_name_that_is -12.25|on yes" },
	{ "long-word",
	  { .state = UPLINK_BACKOFF, .last_error = "mqtts://a.very.long.host.name.example" },
	  "10.0.0.1",
	  NULL,
	  0,
	  "Broker not reached|10.0.0.1|mqtts://a.very.long.h" },
	{ "hostile",
	  { .state = UPLINK_BACKOFF, .last_error = "a\x1b[2Jb\nc" },
	  "10.0.0.1",
	  NULL,
	  0,
	  "Broker not reached|10.0.0.1|a?[2Jb?c" },
	{ "no-json",
	  { .state = UPLINK_ONLINE, .last_error = "" },
	  "10.0.0.1",
	  "\"t\":",
	  0,
	  "Connected|10.0.0.1" },
};

static void test_lines(gconstpointer data)
{
	const ScreenCase *c = data;
	const ScreenInput input = { &c->status, c->address, c->readings, c->provisioning, false };
	g_auto(GStrv) lines = screen_lines(&input, 21, 5);
	g_autofree char *joined = g_strjoinv("|", lines);

	g_assert_cmpstr(joined, ==, c->lines);
}

/* Every state says something of its own. */
static void test_states(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int state = UPLINK_STARTING; state <= UPLINK_STOPPED; state++) {
		const AgentStatus status = { .state = (UplinkState)state, .last_error = "" };
		const ScreenInput input = { .status = &status, .address = "10.0.0.1" };
		g_auto(GStrv) lines = screen_lines(&input, 21, 5);

		g_assert_true(g_hash_table_add(seen, g_strdup(lines[0])));
	}
}

/* A font of one glyph, 8×8, all lit: the frame is the outline of the text. */
static Psf *block_font(void)
{
	uint8_t octets[4 + 256 * 8] = { 0x36, 0x04, 0, 8 };

	memset(octets + 4, 0xff, sizeof(octets) - 4);
	memset(octets + 4 + ' ' * 8, 0, 8);
	return psf_parse(octets, sizeof(octets), NULL);
}

static void test_frame(void)
{
	const AgentStatus status = { .state = UPLINK_ONLINE, .last_error = "" };
	ScreenInput input = { &status, "10.0.0.1", "\"t\":21", 0, false };
	g_autoptr(Psf) font = block_font();
	static const char *const expected[] = { "#########.......", "########........",
						"#.##............", "................" };
	Frame frame;

	memset(&frame, 0x55, sizeof(frame));
	screen_draw(&input, font, &frame);
	for (unsigned row = 0; row < G_N_ELEMENTS(expected); row++)
		for (unsigned column = 0; column < 16; column++)
			for (unsigned x = 0; x < 8; x++)
				g_assert_cmphex(frame.pages[row][column * 8 + x], ==,
						expected[row][column] == '#' ? 0xff : 0);
	input.inverted = true;
	screen_draw(&input, font, &frame);
	g_assert_cmphex(frame.pages[0][0], ==, 0);
	g_assert_cmphex(frame.pages[7][127], ==, 0xff);
}

static void test_answer(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error =
		g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "no font");
	Frame frame;

	screen_answer_encode(NULL, error, text);
	g_assert_cmpstr(text->str, ==, "{\"error\":\"no font\"}");
	g_string_truncate(text, 0);
	memset(&frame, 0, sizeof(frame));
	screen_answer_encode(&frame, NULL, text);
	g_assert_true(g_str_has_prefix(text->str, "{\"width\":128,\"height\":64,\"pages\":\"AAAA"));
	g_assert_cmpuint(text->len, ==,
			 1368 + strlen("{\"width\":128,\"height\":64,\"pages\":\"\"}"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/agent/screen/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_lines);
	}
	g_test_add_func("/agent/screen/states", test_states);
	g_test_add_func("/agent/screen/frame", test_frame);
	g_test_add_func("/agent/screen/answer", test_answer);
	return g_test_run();
}
