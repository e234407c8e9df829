/* SPDX-License-Identifier: MIT */
#include "common/broker-uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"

#define PORT_MQTT  1883
#define PORT_MQTTS 8883
#define LABEL_MAX  63

/* One scheme and what it means. */
typedef struct Scheme {
	const char *prefix;
	bool tls;
	uint16_t port;
} Scheme;

static const Scheme schemes[] = {
	{ "mqtts://", true, PORT_MQTTS },
	{ "mqtt://", false, PORT_MQTT },
};

static const Scheme *scheme_find(const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (g_ascii_strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	}
	return NULL;
}

/* All digits and dots: meant as an IPv4 address, whatever inet_pton() says. */
static bool looks_like_ipv4(const char *host)
{
	return strspn(host, "0123456789.") == strlen(host);
}

static bool label_valid(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	}
	return true;
}

static bool name_valid(const char *host)
{
	const char *label = host;

	for (;;) {
		size_t len = strcspn(label, ".");

		if (!label_valid(label, len))
			return false;
		if (label[len] == '\0')
			return true;
		label += len + 1;
	}
}

/* The name or address between "//" and ":" or the end; @len octets at @start. */
static bool host_parse(BrokerUri *uri, const char *start, size_t len, GError **error)
{
	struct in_addr ipv4;

	if (len == 0 || len > BROKER_URI_HOST_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "broker URI: host of %zu octets, 1..%d are allowed", len,
			    BROKER_URI_HOST_MAX);
		return false;
	}
	for (size_t i = 0; i < len; i++)
		uri->host[i] = g_ascii_tolower(start[i]);
	uri->host[len] = '\0';
	if (looks_like_ipv4(uri->host)) {
		uri->ip_literal = true;
		if (inet_pton(AF_INET, uri->host, &ipv4) == 1)
			return true;
	} else if (name_valid(uri->host)) {
		return true;
	}
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "broker URI: the host is neither a DNS name nor an address");
	return false;
}

/* An address in brackets; @start is after the opening one. Returns what follows the closing one. */
static const char *literal_parse(BrokerUri *uri, const char *start, GError **error)
{
	const char *end = strchr(start, ']');
	struct in6_addr ipv6;

	if (end && (size_t)(end - start) < INET6_ADDRSTRLEN) {
		memcpy(uri->host, start, (size_t)(end - start));
		uri->host[end - start] = '\0';
		uri->ip_literal = true;
		if (inet_pton(AF_INET6, uri->host, &ipv6) == 1 &&
		    inet_ntop(AF_INET6, &ipv6, uri->host, sizeof(uri->host)))
			return end + 1;
	}
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "broker URI: what is in brackets is not an IPv6 address");
	return NULL;
}

/* What follows the host: [:port][/] */
static bool port_parse(BrokerUri *uri, const char *text, GError **error)
{
	if (*text == ':') {
		size_t digits = strspn(++text, "0123456789");
		uint64_t port = digits <= 5 ? g_ascii_strtoull(text, NULL, 10) : 0;

		if (digits == 0 || port == 0 || port > UINT16_MAX) {
			g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "broker URI: the port must be a number from 1 to %d",
				    UINT16_MAX);
			return false;
		}
		uri->port = (uint16_t)port;
		text += digits;
	}
	if (*text == '/')
		text++;
	if (*text == '\0')
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "broker URI: nothing may follow host and port");
	return false;
}

/* Everything after the scheme. */
static bool authority_parse(BrokerUri *uri, const char *text, GError **error)
{
	size_t len;

	if (*text == '[') {
		const char *rest = literal_parse(uri, text + 1, error);

		return rest && port_parse(uri, rest, error);
	}
	len = strcspn(text, ":/?#@");
	if (strchr(text, '@')) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "broker URI: user and password do not belong here");
		return false;
	}
	return host_parse(uri, text, len, error) && port_parse(uri, text + len, error);
}

bool broker_uri_parse(const char *text, BrokerUri *uri, GError **error)
{
	size_t len = strnlen(text, BROKER_URI_MAX + 1);
	const Scheme *scheme = scheme_find(text);
	BrokerUri parsed = { .tls = false };

	if (len > BROKER_URI_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "broker URI: longer than %d octets", BROKER_URI_MAX);
		return false;
	}
	if (!scheme) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "broker URI: must start with mqtts:// or mqtt://");
		return false;
	}
	parsed.tls = scheme->tls;
	parsed.port = scheme->port;
	if (!authority_parse(&parsed, text + strlen(scheme->prefix), error))
		return false;
	*uri = parsed;
	return true;
}

char *broker_uri_format(const BrokerUri *uri)
{
	bool ipv6 = strchr(uri->host, ':') != NULL;

	return g_strdup_printf("%s%s%s%s:%u", uri->tls ? "mqtts://" : "mqtt://", ipv6 ? "[" : "",
			       uri->host, ipv6 ? "]" : "", uri->port);
}
