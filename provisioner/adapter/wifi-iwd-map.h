/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-map - what iwd's words mean to us
 *
 * Pure functions; the words are those of iwd's D-Bus API 2.3.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd-objects.h"

/* How a call of Connect ended, and what was seen on the way. */
typedef struct WifiIwdEnd {
	const char *error; /* D-Bus error name */
	WifiIwdKind kind;
	bool asked;    /* the passphrase was asked for and given */
	bool in_sight; /* the network was in the air after the failure */
} WifiIwdEnd;

/* wifi_iwd_map_auth() - the protocol's name for a kind. iwd does not tell WPA2 from WPA3 before it
 * has joined: both are called WPA2 then */
WifiAuth wifi_iwd_map_auth(WifiIwdKind kind);

/* wifi_iwd_map_security() - the same for the Security of a station's diagnostics, "WPA3-Personal"
 * @fallback: for words that are not known, and NULL */
WifiAuth wifi_iwd_map_security(const char *security, WifiAuth fallback);

/* wifi_iwd_map_rssi() - dBm of iwd's hundredths, never above 0 */
int8_t wifi_iwd_map_rssi(int hundredths);

/* wifi_iwd_map_key_fits() - can @passphrase (NULL: none) be right for a network of @kind?
 * iwd takes 8 to 63 printable ASCII characters: no raw key of 64 digits, no WEP */
bool wifi_iwd_map_key_fits(WifiIwdKind kind, const Secret *passphrase);

/* wifi_iwd_map_failure() - why Connect failed. iwd answers "Failed" to nearly everything: a network
 * that is still in the air after it was given a passphrase has refused it */
WifiFailure wifi_iwd_map_failure(const WifiIwdEnd *end);

/* What is known of a network that refused us. */
typedef struct WifiIwdSight {
	bool heard;       /* the kernel heard it since it was asked for */
	bool shown;       /* it is on the bus */
	int misses;       /* whole scans that ended without a trace of it */
	int64_t since_us; /* from when it was asked for to the start of the last scan */
} WifiIwdSight;

typedef enum WifiIwdVerdict { WIFI_IWD_THERE, WIFI_IWD_GONE, WIFI_IWD_UNSURE } WifiIwdVerdict;

/* wifi_iwd_map_sight() - is it in the air? Each band that iwd scans flushes from the kernel's list
 * what the one before has heard, so that list may lack what is there. iwd itself drops what no scan
 * heard for 30 s: what it shows for longer is there. UNSURE: scan again */
WifiIwdVerdict wifi_iwd_map_sight(const WifiIwdSight *sight);
