/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-worlds.h"

#define WPA       "fi.w1.wpa_supplicant1"
#define PATH      "/fi/w1/wpa_supplicant1"
#define INTERFACE PATH "/Interfaces/0"
#define BSS       INTERFACE "/BSSs/"
#define NETWORK   INTERFACE "/Networks/"

/* ---- what it is asked ---- */

#define BSS_VALUES(ssid, last, wpa, rsn, mhz, age)                                                 \
	"({'SSID': <" ssid ">, 'BSSID': <[byte 2, 0, 0, 0, 0, " last                               \
	"]>, 'Privacy': <true>, 'Mode': <'infrastructure'>, 'Signal': <int16 -52>, 'Frequency': "  \
	"<uint16 " mhz ">, 'Age': <uint32 " age ">, 'WPA': <{'KeyMgmt': <@as " wpa                 \
	">, 'Group': <'ccmp'>}>, 'RSN': <{'KeyMgmt': <@as " rsn ">, 'Group': <'ccmp'>}>},)"

#define INTERFACE_VALUES(state)                                                                    \
	"({'Ifname': <'wlan0'>, 'Driver': <'nl80211'>, 'ConfigFile': <'/etc/w.conf'>, "            \
	"'UpdateConfig': <'1'>, 'State': <'" state "'>, 'CurrentBSS': <objectpath '" BSS           \
	"1'>, 'DisconnectReason': <0>, 'AuthStatusCode': <0>},)"

#define NETWORK_VALUES(ssid, mark, priority)                                                       \
	"({'Enabled': <true>, 'Properties': <{'ssid': <'" ssid "'>, 'id_str': <'" mark             \
	"'>, 'priority': <'" priority "'>, 'mode': <'0'>, 'scan_ssid': <'1'>}>},)"

static const WorldAnswer answers[] = {
	{ "Get", "Interfaces", "(<[objectpath '" INTERFACE "']>,)" },
	{ "Get", "BSSs", "(<[objectpath '" BSS "1', '" BSS "2', '" BSS "3', '" BSS "4']>,)" },
	{ "Get", "Networks", "(<[objectpath '" NETWORK "1', '" NETWORK "2']>,)" },
	{ "Get", "Networks", "(<@ao []>,)" },
	{ "GetAll", WPA ".Interface", INTERFACE_VALUES("disconnected") },
	{ "GetAll", WPA ".Interface", INTERFACE_VALUES("completed") },
	{ "GetAll", "/BSSs/1", BSS_VALUES(LAB, "1", "[]", "['wpa-psk']", "2437", "0") },
	{ "GetAll", "/BSSs/2", BSS_VALUES("[byte 0x54]", "2", "[]", "['sae']", "5955", "1") },
	{ "GetAll", "/BSSs/3", BSS_VALUES("@ay []", "3", "['wpa-psk']", "[]", "2412", "0") },
	{ "GetAll", "/BSSs/4",
	  BSS_VALUES(OFFICE, "4", "['wpa-eap']", "['wpa-eap', 'wpa-psk']", "5180", "120") },
	{ "GetAll", "/Networks/1", NETWORK_VALUES("\"Home\"", "\"x\"", "5") },
	{ "GetAll", "/Networks/1", NETWORK_VALUES("\"Lab\"", "\"landfall 2\"", "0") },
	{ "GetAll", "/Networks/2", NETWORK_VALUES("\"Work\"", "", "0") },
	{ "GetAll", "/Networks/2", NETWORK_VALUES("4c6162", "\"landfall 1 3\"", "-271828") },
	{ "GetAll", "/Networks/2", NETWORK_VALUES("\"\\\"", "landfall", "99999999999999") },
	{ "GetAll", "/Networks/9", NETWORK_VALUES("\"Lab\"", "\"landfall\"", "-271828") },
	{ "AddNetwork", NULL, "(objectpath '" NETWORK "9',)" },
	{ "AddBlob", NULL, "()" },
};

/* ---- what it says ---- */

#define SAYS(member, body)                                                                         \
	{                                                                                          \
		false, INTERFACE, WPA ".Interface", member, body                                   \
	}
#define CHANGED(path, interface, values)                                                           \
	{                                                                                          \
		false, path, PROPERTIES_IFACE, "PropertiesChanged",                                \
			"('" interface "', " values ", @as [])"                                    \
	}
#define STATE(state) CHANGED(INTERFACE, WPA ".Interface", "{'State': <'" state "'>}")

static const WorldWord words[] = {
	SAYS("ScanDone", "(true,)"),
	SAYS("ScanDone", "(false,)"),
	SAYS("BSSAdded", "(objectpath '" BSS "5', @a{sv} {})"),
	SAYS("BSSRemoved", "(objectpath '" BSS "1',)"),
	SAYS("NetworkAdded", "(objectpath '" NETWORK "9', @a{sv} {})"),
	SAYS("NetworkRemoved", "(objectpath '" NETWORK "9',)"),
	SAYS("NetworkSelected", "(objectpath '" NETWORK "9',)"),
	SAYS("EAP", "('completion', 'failure')"),
	SAYS("EAP", "('completion', 'success')"),
	STATE("interface_disabled"),
	STATE("disconnected"),
	STATE("inactive"),
	STATE("scanning"),
	STATE("authenticating"),
	STATE("associating"),
	STATE("associated"),
	STATE("4way_handshake"),
	STATE("group_handshake"),
	STATE("completed"),
	CHANGED(INTERFACE, WPA ".Interface",
		"{'DisconnectReason': <15>, 'State': <'disconnected'>}"),
	CHANGED(INTERFACE, WPA ".Interface", "{'DisconnectReason': <-3>}"),
	CHANGED(INTERFACE, WPA ".Interface", "{'AuthStatusCode': <1>}"),
	CHANGED(INTERFACE, WPA ".Interface", "{'CurrentBSS': <objectpath '/'>}"),
	CHANGED(NETWORK "9", WPA ".Network", "{'Enabled': <false>}"),
	{ false, PATH, WPA, "InterfaceAdded", "(objectpath '" INTERFACE "', @a{sv} {})" },
	{ false, PATH, WPA, "InterfaceRemoved", "(objectpath '" INTERFACE "',)" },
};

static const char *const texts[] = { "",
				     "State",
				     "wpa-psk",
				     "wpa-eap",
				     "sae",
				     "owe",
				     "none",
				     "completed",
				     "unheard",
				     "adhoc",
				     "wired",
				     "\"",
				     "\"landfall 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\"",
				     "P\"\\x00\"",
				     "00",
				     "0",
				     "4c61620",
				     "-271828",
				     "Properties",
				     "Enabled",
				     "SSID",
				     "BSSID",
				     "KeyMgmt",
				     NULL };

static const char *const paths[] = { "/",         PATH,    INTERFACE,   PATH "/Interfaces/1",
				     BSS "1",     BSS "2", NETWORK "1", NETWORK "2",
				     NETWORK "9", "/x/y",  NULL };

static const char *const errors[] = { "org.freedesktop.DBus.Error.NoReply",
				      "org.freedesktop.DBus.Error.UnknownObject",
				      "org.freedesktop.DBus.Error.InvalidArgs",
				      WPA ".Interface.ScanError",
				      WPA ".NetworkUnknown",
				      WPA ".NotConnected",
				      WPA ".UnknownError",
				      NULL };

const BusWorld bus_world_wpa = {
	WPA, answers, G_N_ELEMENTS(answers), words, G_N_ELEMENTS(words), { texts, paths }, errors
};
