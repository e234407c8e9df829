/* SPDX-License-Identifier: MIT */
/*
 * broker-uri - where a broker is: mqtts://host[:port] or mqtt://host[:port]
 *
 *   scheme   mqtts (TLS, port 8883 unless given), mqtt (clear text, port 1883 unless given);
 *            letter case does not matter
 *   host     DNS name (ASCII labels of 1..63, 253 in all; stored in lower case), IPv4 literal, or
 *            IPv6 literal in brackets (stored without them; no zone)
 *   port     1..65535
 *   after    nothing, or one slash
 *
 * No user, password, query or fragment: credentials do not belong into a URI.
 * Plain value type; nothing to free. Pure: glib only.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BROKER_URI_MAX      280 /* octets of text that are looked at */
#define BROKER_URI_HOST_MAX 253

typedef struct BrokerUri {
	char host[BROKER_URI_HOST_MAX + 1];
	uint16_t port;
	bool tls;        /* false: clear text, which the caller decides about */
	bool ip_literal; /* host is an address: no SNI, verified against address entries */
} BrokerUri;

/* broker_uri_parse() - read @text, NUL terminated
 * @uri: filled on success, untouched on failure
 * Errors: LANDFALL_ERROR_INVALID with what is wrong and the bound */
bool broker_uri_parse(const char *text, BrokerUri *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* broker_uri_format() - the canonical text, port always given; free with g_free() */
char *broker_uri_format(const BrokerUri *uri);
