/* SPDX-License-Identifier: MIT */
/* broker-uri: what is accepted is within its bounds, and its canonical text means the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/broker-uri.h"
#include "common/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	BrokerUri uri;
	BrokerUri again;

	memset(&uri, 0, sizeof(uri));
	memset(&again, 0, sizeof(again));
	if (!broker_uri_parse(text, &uri, &error)) {
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
		return 0;
	}
	g_assert_cmpuint(strlen(text), <=, BROKER_URI_MAX);
	g_assert_cmpuint(strlen(uri.host), >=, 1);
	g_assert_cmpuint(uri.port, >=, 1);

	g_autofree char *canonical = broker_uri_format(&uri);

	g_assert_true(broker_uri_parse(canonical, &again, &error));
	g_assert_cmpstr(again.host, ==, uri.host);
	g_assert_cmpuint(again.port, ==, uri.port);
	g_assert_true(again.tls == uri.tls && again.ip_literal == uri.ip_literal);
	return 0;
}
