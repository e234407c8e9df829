/* SPDX-License-Identifier: MIT */
/* broker-uri: what is taken, what it becomes, what is refused. */
#include "common/broker-uri.h"

#include <string.h>

#include "common/error.h"

#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

/* canonical NULL: refused */
typedef struct UriCase {
	const char *path;
	const char *text;
	const char *canonical;
	const char *host;
	bool tls;
	bool ip_literal;
} UriCase;

static const UriCase uri_cases[] = {
	{ "/uri/plain", "mqtts://broker.example", "mqtts://broker.example:8883", "broker.example",
	  true, false },
	{ "/uri/clear", "mqtt://broker.example", "mqtt://broker.example:1883", "broker.example",
	  false, false },
	{ "/uri/port", "mqtts://b:1", "mqtts://b:1", "b", true, false },
	{ "/uri/port-max", "mqtts://b:65535/", "mqtts://b:65535", "b", true, false },
	{ "/uri/slash", "mqtts://b/", "mqtts://b:8883", "b", true, false },
	{ "/uri/case", "MQTTS://Broker.EXAMPLE:8884", "mqtts://broker.example:8884",
	  "broker.example", true, false },
	{ "/uri/ipv4", "mqtts://192.0.2.7:8883", "mqtts://192.0.2.7:8883", "192.0.2.7", true,
	  true },
	{ "/uri/ipv6", "mqtts://[2001:DB8::0:1]:8883", "mqtts://[2001:db8::1]:8883", "2001:db8::1",
	  true, true },
	{ "/uri/ipv6-default-port", "mqtt://[::1]", "mqtt://[::1]:1883", "::1", false, true },
	{ "/uri/ipv6-mapped", "mqtt://[::ffff:192.0.2.1]/", "mqtt://[::ffff:192.0.2.1]:1883",
	  "::ffff:192.0.2.1", false, true },
	{ "/uri/underscore", "mqtts://_x.a-b.c1", "mqtts://_x.a-b.c1:8883", "_x.a-b.c1", true,
	  false },
	{ "/uri/digits-label", "mqtts://1.example", "mqtts://1.example:8883", "1.example", true,
	  false },
	{ "/uri/label-63", "mqtts://" LABEL_63 ".x", "mqtts://" LABEL_63 ".x:8883", LABEL_63 ".x",
	  true, false },
	{ "/uri/bad/label-64", "mqtts://" LABEL_63 "h.x", NULL, NULL, false, false },
	{ "/uri/bad/empty", "", NULL, NULL, false, false },
	{ "/uri/bad/no-scheme", "broker.example:8883", NULL, NULL, false, false },
	{ "/uri/bad/other-scheme", "https://broker.example", NULL, NULL, false, false },
	{ "/uri/bad/cut-scheme", "mqtts:/", NULL, NULL, false, false },
	{ "/uri/bad/no-host", "mqtts://", NULL, NULL, false, false },
	{ "/uri/bad/no-host-port", "mqtts://:8883", NULL, NULL, false, false },
	{ "/uri/bad/port-empty", "mqtts://b:", NULL, NULL, false, false },
	{ "/uri/bad/port-zero", "mqtts://b:0", NULL, NULL, false, false },
	{ "/uri/bad/port-high", "mqtts://b:65536", NULL, NULL, false, false },
	{ "/uri/bad/port-long", "mqtts://b:000000000000008883", NULL, NULL, false, false },
	{ "/uri/bad/port-sign", "mqtts://b:-1", NULL, NULL, false, false },
	{ "/uri/bad/port-text", "mqtts://b:88x", NULL, NULL, false, false },
	{ "/uri/bad/path", "mqtts://b/topic", NULL, NULL, false, false },
	{ "/uri/bad/query", "mqtts://b?x=1", NULL, NULL, false, false },
	{ "/uri/bad/fragment", "mqtts://b#x", NULL, NULL, false, false },
	{ "/uri/bad/user", "mqtts://user:pw@b", NULL, NULL, false, false },
	{ "/uri/bad/space", "mqtts://a b", NULL, NULL, false, false },
	{ "/uri/bad/newline", "mqtts://b\n", NULL, NULL, false, false },
	{ "/uri/bad/utf8",
	  "mqtts://br\xc3\xbc"
	  "cke.example",
	  NULL, NULL, false, false },
	{ "/uri/bad/dots", "mqtts://a..b", NULL, NULL, false, false },
	{ "/uri/bad/only-dot", "mqtts://.", NULL, NULL, false, false },
	{ "/uri/bad/trailing-dot", "mqtts://a.b.", NULL, NULL, false, false },
	{ "/uri/bad/hyphen-first", "mqtts://-a.b", NULL, NULL, false, false },
	{ "/uri/bad/hyphen-last", "mqtts://a-.b", NULL, NULL, false, false },
	{ "/uri/bad/ipv4-short", "mqtts://192.0.2", NULL, NULL, false, false },
	{ "/uri/bad/ipv4-high", "mqtts://192.0.2.256", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-bare", "mqtts://2001:db8::1", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-open", "mqtts://[::1", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-empty", "mqtts://[]", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-zone", "mqtts://[fe80::1%eth0]", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-name", "mqtts://[broker]", NULL, NULL, false, false },
	{ "/uri/bad/ipv6-trail", "mqtts://[::1]x", NULL, NULL, false, false },
};

static void test_uri(gconstpointer data)
{
	const UriCase *c = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *canonical = NULL;
	BrokerUri uri;
	BrokerUri again;

	memset(&uri, 0x5a, sizeof(uri));
	if (!c->canonical) {
		BrokerUri untouched = uri;

		g_assert_false(broker_uri_parse(c->text, &uri, &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		g_assert_cmpmem(&uri, sizeof(uri), &untouched, sizeof(untouched));
		return;
	}
	g_assert_true(broker_uri_parse(c->text, &uri, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(uri.host, ==, c->host);
	g_assert_true(uri.tls == c->tls);
	g_assert_true(uri.ip_literal == c->ip_literal);
	canonical = broker_uri_format(&uri);
	g_assert_cmpstr(canonical, ==, c->canonical);
	g_assert_true(broker_uri_parse(canonical, &again, &error));
	g_assert_cmpstr(again.host, ==, uri.host);
	g_assert_cmpuint(again.port, ==, uri.port);
}

/* A host of @len octets made of labels of one letter: "a.a.a" */
static char *long_uri(size_t len, const char *tail)
{
	GString *text = g_string_new("mqtts://");

	for (size_t i = 0; i < len; i++)
		g_string_append_c(text, i % 2 == 0 ? 'a' : '.');
	g_string_append(text, tail);
	return g_string_free(text, FALSE);
}

static void test_lengths(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *longest = long_uri(BROKER_URI_HOST_MAX, ":65535/");
	g_autofree char *too_long = long_uri(BROKER_URI_HOST_MAX + 2, "");
	g_autofree char *huge = long_uri(100001, "");
	BrokerUri uri;

	g_assert_true(broker_uri_parse(longest, &uri, &error));
	g_assert_cmpuint(strlen(uri.host), ==, BROKER_URI_HOST_MAX);
	g_assert_false(broker_uri_parse(too_long, &uri, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_assert_false(broker_uri_parse(huge, &uri, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(uri_cases); i++)
		g_test_add_data_func(uri_cases[i].path, &uri_cases[i], test_uri);
	g_test_add_func("/uri/lengths", test_lengths);
	return g_test_run();
}
