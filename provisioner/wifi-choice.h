/* SPDX-License-Identifier: MIT */
/*
 * wifi-choice - the one of several Wi-Fi back ends that owns the interface
 *
 * `wifi = auto` watches all that were built in and takes the first of them, in the order of its
 * table, that has an interface: NetworkManager before iwd before wpa_supplicant, as NetworkManager
 * has one of the others at work below it. It waits a moment for a better one at start, and goes
 * over to a better one that comes later, once nothing is under way. A configured back end is the
 * only one there is.
 *
 * Calls of a table go to the one chosen; with none chosen they fail or answer "nothing". Only a
 * join waits for one, as long as its time lasts: the manager may be restarting. Owner: the App. The
 * functions are those of wifi-backend.h.
 */
#pragma once

#include "common/config.h"
#include "provisioner/adapter/wifi-backend.h"

typedef struct WifiChoice WifiChoice;

/* The calls of the core; their first argument is the WifiChoice. */
extern const WifiPort wifi_choice_port;

/* wifi_choice_check() - is a back end built in that @which allows?
 * Errors: LANDFALL_ERROR_CONFIG, with those that are */
bool wifi_choice_check(ConfigWifi which, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wifi_choice_new() - watch what @which allows
 * Errors: LANDFALL_ERROR_CONFIG (that back end is not built in) */
WifiChoice *wifi_choice_new(Bus *bus, ConfigWifi which, const WifiSettings *settings,
			    const WifiEvents *events, void *data,
			    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wifi_choice_free() - NULL is fine */
void wifi_choice_free(WifiChoice *choice);

/* wifi_choice_name() - of the back end in use, "networkmanager"; "" before there is one */
const char *wifi_choice_name(const WifiChoice *choice);

bool wifi_choice_is_busy(const WifiChoice *choice);
bool wifi_choice_is_ready(const WifiChoice *choice);
bool wifi_choice_is_provisioned(const WifiChoice *choice);
bool wifi_choice_is_online(const WifiChoice *choice);
void wifi_choice_look_around(WifiChoice *choice);
void wifi_choice_forget_all(WifiChoice *choice, bool again);
const char *wifi_choice_interface(const WifiChoice *choice);
bool wifi_choice_mac(const WifiChoice *choice, uint8_t mac[WIFI_BSSID_LEN]);

/* wifi_choice_problem() - why there is none, what each candidate says; free with g_free() */
char *wifi_choice_problem(const WifiChoice *choice);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiChoice, wifi_choice_free)
