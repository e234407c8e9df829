/* SPDX-License-Identifier: MIT */
/*
 * fuzz_broker_conf - one broker.conf, and its octets as a bare URI
 */
#include "tests/fuzz/fuzz.h"

#include "common/broker-conf.h"
#include "common/broker-uri.h"
#include "common/error.h"

#include <stdbool.h>
#include <string.h>

/* What is taken has a canonical form that means the same. */
static void try_uri(const char *text)
{
	g_autoptr(GError) error = NULL;
	BrokerUri uri;
	BrokerUri again;

	if (!broker_uri_parse(text, &uri, &error)) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		return;
	}
	g_assert_no_error(error);

	g_autofree char *canonical = broker_uri_format(&uri);

	g_assert_true(broker_uri_parse(canonical, &again, &error));
	g_assert_cmpstr(uri.host, ==, again.host);
	g_assert_cmpuint(uri.port, ==, again.port);
	g_assert_cmpuint(uri.port, >, 0);
	g_assert_true(uri.tls == again.tls);
	g_assert_true(uri.ip_literal == again.ip_literal);
}

static void try_conf(const char *text, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(BrokerConf) conf = broker_conf_parse(text, size, "FILE", &error);

	g_assert_true((conf == NULL) == (error != NULL));
	if (!conf) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
		return;
	}
	if (conf->uri)
		try_uri(conf->uri);

	g_autoptr(BrokerConf) obeyed = broker_conf_resolve(conf, NULL);

	g_assert_cmpuint(conf->given, ==, obeyed->given);
	g_assert_cmpstr(conf->uri, ==, obeyed->uri);
	g_assert_cmpstr(conf->client_id, ==, obeyed->client_id);
	g_assert_cmpint(conf->keep_alive_ms, ==, obeyed->keep_alive_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	try_uri(text ? text : "");
	try_conf((const char *)data, size);
	return 0;
}
