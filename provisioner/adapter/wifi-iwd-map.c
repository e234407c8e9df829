/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-map.h"

#include <string.h>

#define MISSES   2                     /* scans without the network before it counts as gone */
#define SHOWN_US (32 * G_USEC_PER_SEC) /* iwd shows a network for 30 s after it was heard last */

#define PASSPHRASE_MIN 8
#define PASSPHRASE_MAX 63

WifiAuth wifi_iwd_map_auth(WifiIwdKind kind)
{
	switch (kind) {
	case WIFI_IWD_OPEN: return WIFI_AUTH_OPEN;
	case WIFI_IWD_WEP: return WIFI_AUTH_WEP;
	case WIFI_IWD_ENTERPRISE: return WIFI_AUTH_ENTERPRISE;
	case WIFI_IWD_PSK:
	case WIFI_IWD_OTHER: break;
	}
	return WIFI_AUTH_WPA2;
}

static const struct {
	const char *prefix; /* "+ FT" may follow */
	WifiAuth auth;
} securities[] = {
	{ "Open", WIFI_AUTH_OPEN },
	{ "OWE", WIFI_AUTH_OPEN },
	{ "WPA1-Personal", WIFI_AUTH_WPA },
	{ "WPA2-Personal", WIFI_AUTH_WPA2 },
	{ "WPA3-Personal", WIFI_AUTH_WPA3 },
	{ "WPA2-Enterprise", WIFI_AUTH_ENTERPRISE },
	{ "WPA3-Enterprise", WIFI_AUTH_ENTERPRISE },
	{ "FILS", WIFI_AUTH_ENTERPRISE },
};

WifiAuth wifi_iwd_map_security(const char *security, WifiAuth fallback)
{
	for (size_t i = 0; security && i < G_N_ELEMENTS(securities); i++) {
		if (g_str_has_prefix(security, securities[i].prefix))
			return securities[i].auth;
	}
	return fallback;
}

int8_t wifi_iwd_map_rssi(int hundredths)
{
	return (int8_t)(CLAMP(hundredths, -12800, 0) / 100);
}

static bool is_passphrase(const Secret *text)
{
	size_t len = secret_len(text);

	for (size_t i = 0; i < len; i++) {
		if (secret_data(text)[i] < 0x20 || secret_data(text)[i] > 0x7e)
			return false;
	}
	return len >= PASSPHRASE_MIN && len <= PASSPHRASE_MAX;
}

bool wifi_iwd_map_key_fits(WifiIwdKind kind, const Secret *passphrase)
{
	switch (kind) {
	case WIFI_IWD_OPEN: return passphrase == NULL;
	case WIFI_IWD_PSK: return passphrase && is_passphrase(passphrase);
	case WIFI_IWD_WEP:
	case WIFI_IWD_ENTERPRISE:
	case WIFI_IWD_OTHER: break;
	}
	return false;
}

WifiFailure wifi_iwd_map_failure(const WifiIwdEnd *end)
{
	/* A hidden network that iwd knows is asked for by name in each of its scans. */
	if (g_strcmp0(end->error, IWD_ERROR_NOT_FOUND) == 0 ||
	    g_strcmp0(end->error, IWD_ERROR_PROVISIONED) == 0)
		return WIFI_FAILURE_NOT_FOUND;
	if (g_strcmp0(end->error, IWD_ERROR_INVALID_FORMAT) == 0)
		return WIFI_FAILURE_AUTH;
	if (g_strcmp0(end->error, IWD_ERROR_FAILED) != 0)
		return WIFI_FAILURE_OTHER;
	if (!end->in_sight)
		return WIFI_FAILURE_NOT_FOUND;
	return end->kind == WIFI_IWD_PSK && end->asked ? WIFI_FAILURE_AUTH : WIFI_FAILURE_OTHER;
}

WifiIwdVerdict wifi_iwd_map_sight(const WifiIwdSight *sight)
{
	if (sight->heard)
		return WIFI_IWD_THERE;
	if (sight->misses < MISSES) /* one scan may miss what is there */
		return WIFI_IWD_UNSURE;
	if (!sight->shown)
		return WIFI_IWD_GONE;
	return sight->since_us >= SHOWN_US ? WIFI_IWD_THERE : WIFI_IWD_UNSURE;
}
