/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-interface - one interface of wpa_supplicant, as far as it matters to us
 *
 * Read whole once (GetAll), then kept up to date by PropertiesChanged; what wpa_supplicant only
 * announces (a scan that is over, a network added) comes the same way, as facts. It has some 160
 * properties, most of them settings, which is why this is no BusMirror.
 *
 * Owner: wifi-wpa-interfaces.
 */
#pragma once

#include "dbus/bus.h"
#include "provisioner/adapter/wifi-wpa-map.h"

#define WPA_SERVICE         "fi.w1.wpa_supplicant1"
#define WPA_PATH            "/fi/w1/wpa_supplicant1"
#define WPA_INTERFACE_IFACE WPA_SERVICE ".Interface"
#define WPA_NETWORK_IFACE   WPA_SERVICE ".Network"
#define WPA_BSS_IFACE       WPA_SERVICE ".BSS"
#define WPA_NO_PATH         "/"

/* What is new, a set */
typedef enum WpaFacts {
	WPA_FACT_READ = 1 << 0,        /* everything was read */
	WPA_FACT_STATE = 1 << 1,       /* state */
	WPA_FACT_DISCONNECT = 1 << 2,  /* disconnect_reason, also when it is the same as before */
	WPA_FACT_AUTH = 1 << 3,        /* auth_status, the same */
	WPA_FACT_SCAN_DONE = 1 << 4,   /* a scan is over, whoever asked for it */
	WPA_FACT_SCAN_FAILED = 1 << 5, /* the same, without a result */
	WPA_FACT_EAP_FAILED = 1 << 6,  /* the network's server refused us, or we it */
	WPA_FACT_NETWORKS = 1 << 7, /* the configured networks are others, or otherwise enabled */
} WpaFacts;

typedef struct WifiWpaInterface WifiWpaInterface;

/* Values; borrowed, valid until the next turn of the loop. */
typedef struct WpaInterfaceState {
	bool known;        /* it was read */
	char *ifname;      /* "wlan0" */
	char *driver;      /* "nl80211" */
	char *config_file; /* "" when it has none */
	bool may_save;     /* update_config=1 */
	WpaState state;
	int disconnect_reason; /* IEEE 802.11; negative when we hung up */
	int auth_status;       /* IEEE 802.11 status code of the last authentication */
	char *bss;             /* object path of the one we are on, "/": none */
} WpaInterfaceState;

/* WifiWpaInterfaceFunc - runs from the loop; may free the interface */
typedef void (*WifiWpaInterfaceFunc)(WifiWpaInterface *interface, unsigned int facts, void *data);

/* wifi_wpa_interface_new() - follow the one at @path */
WifiWpaInterface *wifi_wpa_interface_new(Bus *bus, const char *path, WifiWpaInterfaceFunc func,
					 void *data);

/* wifi_wpa_interface_free() - NULL is fine */
void wifi_wpa_interface_free(WifiWpaInterface *interface);

/* wifi_wpa_interface_path() - borrowed */
const char *wifi_wpa_interface_path(const WifiWpaInterface *interface);

/* wifi_wpa_interface_state() - borrowed */
const WpaInterfaceState *wifi_wpa_interface_state(const WifiWpaInterface *interface);

/* wifi_wpa_is_gone() - a call failed only because the service or the bus left: that is told by
 * itself, and no failure to be logged */
bool wifi_wpa_is_gone(const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaInterface, wifi_wpa_interface_free)
