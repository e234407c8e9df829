/* SPDX-License-Identifier: MIT */
/*
 * message - the clear messages of prov-scan, prov-config and prov-ctrl
 *
 * Requests are returned encoded; answers are decoded into plain values. Some requests exist in two
 * encodings, because the phone apps write an empty sub-message where esp_prov writes none.
 * Source: protocol reference 4.4-4.8, 9, 10, 11.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define MESSAGE_SSID_MAX  32
#define MESSAGE_BSSID_LEN 6

/* WifiStationState */
typedef enum MessageState {
	MESSAGE_STATE_CONNECTED = 0,
	MESSAGE_STATE_CONNECTING = 1,
	MESSAGE_STATE_DISCONNECTED = 2,
	MESSAGE_STATE_FAILED = 3,
} MessageState;

/* WifiConnectFailedReason */
enum {
	MESSAGE_REASON_AUTH = 0,
	MESSAGE_REASON_NOT_FOUND = 1,
};

/* What prov-ctrl can be asked. */
typedef enum MessageControl {
	MESSAGE_CONTROL_RESET = 1,
	MESSAGE_CONTROL_REPROV = 3,
} MessageControl;

/* A network as the device saw it, or the one it is on. */
typedef struct MessageNetwork {
	uint8_t ssid[MESSAGE_SSID_MAX];
	size_t ssid_len;
	uint8_t bssid[MESSAGE_BSSID_LEN];
	unsigned channel;
	int rssi_dbm; /* 0 for the one it is on */
	unsigned auth;
} MessageNetwork;

/* RespScanStart, RespScanStatus. */
typedef struct MessageScan {
	unsigned status;
	bool finished;
	unsigned count;
} MessageScan;

/* RespGetStatus. */
typedef struct MessageProgress {
	unsigned status;
	unsigned state; /* MessageState, or what the device made up */
	bool has_reason;
	unsigned reason;
	bool has_attempts;
	unsigned attempts_left;
	bool has_link;
	char ip4[16];
	MessageNetwork link;
} MessageProgress;

GByteArray *message_scan_start(void);
GByteArray *message_scan_status(bool empty_sub);
GByteArray *message_scan_result(unsigned start, unsigned count);
/* @bssid: MESSAGE_BSSID_LEN octets; NULL: any access point of that name */
GByteArray *message_set_config(const char *ssid, const char *passphrase, const uint8_t *bssid);
GByteArray *message_apply_config(bool empty_sub);
GByteArray *message_get_status(void);
GByteArray *message_control(MessageControl control);

/* message_parse_scan() - RespScanStart (@msg 1) or RespScanStatus (@msg 3)
 * Errors: PHONE_ERROR_PROTOCOL */
bool message_parse_scan(const GByteArray *in, unsigned msg, MessageScan *scan,
			GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* message_parse_networks() - RespScanResult
 * @networks: MessageNetwork entries are appended; untouched on failure
 * Errors: PHONE_ERROR_PROTOCOL, PHONE_ERROR_STATUS */
bool message_parse_networks(const GByteArray *in, GArray *networks,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* message_parse_config_status() - RespSetConfig (@msg 3) or RespApplyConfig (@msg 5)
 * @status: the Status of the answer
 * Errors: PHONE_ERROR_PROTOCOL */
bool message_parse_config_status(const GByteArray *in, unsigned msg, unsigned *status,
				 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* message_parse_progress() - RespGetStatus. Errors: PHONE_ERROR_PROTOCOL */
bool message_parse_progress(const GByteArray *in, MessageProgress *progress,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* message_parse_control() - the answer to @control. Errors: PHONE_ERROR_PROTOCOL */
bool message_parse_control(const GByteArray *in, MessageControl control, unsigned *status,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* message_status_name() - "Success", "InvalidArgument" ...; static */
const char *message_status_name(unsigned status);

/* message_auth_name() - "open", "WPA2" ...; static */
const char *message_auth_name(unsigned auth);

/* message_ssid_text() - an SSID made printable; the caller frees it */
char *message_ssid_text(const MessageNetwork *network);
