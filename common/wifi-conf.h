/* SPDX-License-Identifier: MIT */
/*
 * wifi-conf - how the device joins networks that want its certificate (802.1X, EAP-TLS), as kept in
 * wifi.conf of a store generation
 *
 *     [wifi]
 *     identity = gateway-17@example.org
 *     domain = radius.example.org
 */
#pragma once

#include <glib.h>
#include <stddef.h>

#define WIFI_CONF_SIZE_MAX     4096 /* octets of a wifi.conf */
#define WIFI_CONF_IDENTITY_MAX 253  /* octets: RFC 7542, 2.2 */
#define WIFI_CONF_DOMAIN_MAX   253

/* Strings are owned. */
typedef struct WifiConf {
	char *identity; /* NULL: common name of the certificate */
	char *domain;   /* what the name of the network's server has to end with; NULL: any */
} WifiConf;

/* wifi_conf_parse() - read a wifi.conf
 * @text, @len: the file's octets, borrowed; need not end in NUL
 * @name:       the file's path for messages
 * Free with wifi_conf_free()
 * Errors: LANDFALL_ERROR_CONFIG (unknown key or group, bad value, too large) */
WifiConf *wifi_conf_parse(const char *text, size_t len, const char *name,
			  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wifi_conf_free() - NULL is fine */
void wifi_conf_free(WifiConf *conf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiConf, wifi_conf_free)
