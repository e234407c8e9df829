/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-nm-map.h"

#include "provisioner/adapter/wifi-map.h"

/* NM80211ApFlags, NM80211ApSecurityFlags */
#define AP_PRIVACY      0x0001u
#define AP_KEY_PSK      0x0100u
#define AP_KEY_802_1X   0x0200u
#define AP_KEY_SAE      0x0400u
#define AP_KEY_OWE      0x0800u
#define AP_KEY_OWE_TM   0x1000u
#define AP_KEY_SUITE_B  0x2000u
#define AP_KEY_802_1X_X (AP_KEY_802_1X | AP_KEY_SUITE_B)

/* NMDeviceStateReason */
#define REASON_IP_UNAVAILABLE        5u
#define REASON_IP_EXPIRED            6u
#define REASON_NO_SECRETS            7u
#define REASON_SUPPLICANT_DISCONNECT 8u
#define REASON_SUPPLICANT_CONFIG     9u
#define REASON_SUPPLICANT_FAILED     10u
#define REASON_SUPPLICANT_TIMEOUT    11u
#define REASON_DHCP_START            15u
#define REASON_DHCP_ERROR            16u
#define REASON_DHCP_FAILED           17u
#define REASON_SSID_NOT_FOUND        53u
#define REASON_IP_ADDRESS_DUPLICATE  64u

WifiAuth wifi_nm_map_auth(const NmSecurity *security)
{
	uint32_t wpa = security->wpa_flags;
	uint32_t rsn = security->rsn_flags;

	if ((wpa | rsn) & AP_KEY_802_1X_X)
		return WIFI_AUTH_ENTERPRISE;
	if (rsn & AP_KEY_SAE)
		return rsn & AP_KEY_PSK ? WIFI_AUTH_WPA2_WPA3 : WIFI_AUTH_WPA3;
	if (rsn & AP_KEY_PSK)
		return wpa & AP_KEY_PSK ? WIFI_AUTH_WPA_WPA2 : WIFI_AUTH_WPA2;
	if (wpa & AP_KEY_PSK)
		return WIFI_AUTH_WPA;
	if (rsn & (AP_KEY_OWE | AP_KEY_OWE_TM))
		return WIFI_AUTH_OPEN;
	return security->flags & AP_PRIVACY ? WIFI_AUTH_WEP : WIFI_AUTH_OPEN;
}

NmKeyMgmt wifi_nm_map_key_mgmt(const NmSecurity *security)
{
	uint32_t any = security->wpa_flags | security->rsn_flags;

	/* An access point that takes a passphrase beside 802.1X is joined with the passphrase. */
	if (any & AP_KEY_PSK)
		return NM_KEY_PSK;
	if (any & AP_KEY_SAE)
		return NM_KEY_SAE;
	if (any & AP_KEY_802_1X_X)
		return NM_KEY_ENTERPRISE;
	if (any & AP_KEY_OWE)
		return NM_KEY_OWE;
	/* The open half of an OWE transition pair. */
	if (any & AP_KEY_OWE_TM)
		return NM_KEY_NONE;
	return security->flags & AP_PRIVACY ? NM_KEY_WEP : NM_KEY_NONE;
}

/* What D-Bus accepts as a string. */
static bool is_text(const Secret *text)
{
	return g_utf8_validate_len((const char *)secret_data(text), secret_len(text), NULL);
}

bool wifi_nm_map_key_fits(NmKeyMgmt key, const Secret *passphrase)
{
	size_t len = passphrase ? secret_len(passphrase) : 0;

	switch (key) {
	case NM_KEY_NONE:
	case NM_KEY_OWE: return len == 0;
	case NM_KEY_WEP: return wifi_map_fits_wep(passphrase) && is_text(passphrase);
	case NM_KEY_PSK: return wifi_map_fits_psk(passphrase) && is_text(passphrase);
	case NM_KEY_SAE: return len > 0 && is_text(passphrase);
	case NM_KEY_ENTERPRISE: break;
	}
	return false;
}

int8_t wifi_nm_map_rssi(uint8_t strength)
{
	int percent = strength > 100 ? 100 : strength;

	return (int8_t)(-100 + (percent * 60 + 50) / 100);
}

WifiFailure wifi_nm_map_failure(uint32_t reason, uint32_t reached, bool asked_key)
{
	switch (reason) {
	case REASON_NO_SECRETS: return WIFI_FAILURE_AUTH;
	case REASON_SSID_NOT_FOUND: return WIFI_FAILURE_NOT_FOUND;
	case REASON_IP_UNAVAILABLE:
	case REASON_IP_EXPIRED:
	case REASON_DHCP_START:
	case REASON_DHCP_ERROR:
	case REASON_DHCP_FAILED:
	case REASON_IP_ADDRESS_DUPLICATE: return WIFI_FAILURE_ADDRESS;
	case REASON_SUPPLICANT_DISCONNECT:
	case REASON_SUPPLICANT_CONFIG:
	case REASON_SUPPLICANT_FAILED:
	case REASON_SUPPLICANT_TIMEOUT: return asked_key ? WIFI_FAILURE_AUTH : WIFI_FAILURE_OTHER;
	default: break;
	}
	if (asked_key)
		return WIFI_FAILURE_AUTH;
	return reached >= NM_STATE_IP_CONFIG && reached < NM_STATE_ACTIVATED ? WIFI_FAILURE_ADDRESS
									     : WIFI_FAILURE_OTHER;
}
