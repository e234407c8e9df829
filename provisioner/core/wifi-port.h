/* SPDX-License-Identifier: MIT */
/*
 * wifi-port - what the provisioning state machine asks of whoever manages Wi-Fi on this system
 *
 * Each back end (adapter/wifi-*.c) supplies one const table of these. Every call only starts
 * something and returns; the outcome comes back once through the provisioner_on_* function named
 * beside it, never from inside the call. At most one scan and one join run at a time.
 */
#pragma once

#include "common/secret.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WIFI_SSID_MAX       32
#define WIFI_PASSPHRASE_MAX 64
#define WIFI_BSSID_LEN      6

/* Numbers are those of protocomm's WifiAuthMode. */
typedef enum WifiAuth {
	WIFI_AUTH_OPEN = 0, /* also OWE: no passphrase is asked for */
	WIFI_AUTH_WEP = 1,
	WIFI_AUTH_WPA = 2,
	WIFI_AUTH_WPA2 = 3,
	WIFI_AUTH_WPA_WPA2 = 4,
	WIFI_AUTH_ENTERPRISE = 5,
	WIFI_AUTH_WPA3 = 6,
	WIFI_AUTH_WPA2_WPA3 = 7,
} WifiAuth;

/* One network in the air. */
typedef struct WifiNetwork {
	uint8_t ssid[WIFI_SSID_MAX];
	uint8_t ssid_len;
	uint8_t bssid[WIFI_BSSID_LEN];
	uint16_t channel;
	int8_t rssi_dbm;
	WifiAuth auth;
} WifiNetwork;

/* How to join a network that wants EAP-TLS. Paths are those that the back end's own service opens;
 * they stay valid while certificates are renewed (store/current/...). */
typedef struct WifiEnterprise {
	char *identity;  /* outer and inner identity */
	char *ca_path;   /* PEM of the authorities the network is verified against */
	char *cert_path; /* PEM, leaf first */
	char *key_path;  /* PEM, not encrypted */
	char *domain;    /* the server's name must end so; NULL: any that the authorities signed */
} WifiEnterprise;

/* wifi_enterprise_free() - NULL is fine */
void wifi_enterprise_free(WifiEnterprise *enterprise);

/* What to join. */
typedef struct WifiCredentials {
	uint8_t ssid[WIFI_SSID_MAX];
	uint8_t ssid_len;              /* 1..32 */
	Secret *passphrase;            /* NULL for an open network; 1..64 octets */
	WifiEnterprise *enterprise;    /* NULL: not an 802.1X network */
	uint8_t bssid[WIFI_BSSID_LEN]; /* all zero: any */
	uint16_t channel;              /* 0: any */
} WifiCredentials;

/* The network the device is on. */
typedef struct WifiLink {
	WifiNetwork network;
	char ip4[16]; /* dotted decimal */
} WifiLink;

/* Why a join ended; the first two have codes of their own in the protocol. */
typedef enum WifiFailure {
	WIFI_FAILURE_AUTH,      /* the passphrase is wrong */
	WIFI_FAILURE_NOT_FOUND, /* no such network in the air */
	WIFI_FAILURE_ADDRESS,   /* associated, but no address in time */
	WIFI_FAILURE_OTHER,     /* the back end vanished or refused */
} WifiFailure;

typedef struct WifiPort {
	const char *name; /* "networkmanager" ... as in the configuration */

	/* scan() - look for networks; ends in provisioner_on_scan(), within 7 s with whatever is
	 * known by then; after 7.5 s it is cancelled */
	bool (*scan)(void *wifi, GError **error);

	/* join() - connect and wait for an address; ends in provisioner_on_joined() or
	 * provisioner_on_join_failed(). The network in use stays configured until then.
	 * @credentials: borrowed for the call only */
	bool (*join)(void *wifi, const WifiCredentials *credentials, GError **error);

	/* cancel() - give up a running scan and join: neither reports any more, and nothing of the
	 * join stays. Harmless when there is neither */
	void (*cancel)(void *wifi);

	/* forget() - remove what the last join() added, and only that: nothing when it failed; best
	 * effort, reports nothing */
	void (*forget)(void *wifi);
} WifiPort;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiEnterprise, wifi_enterprise_free)
