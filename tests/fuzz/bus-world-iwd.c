/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-worlds.h"

#define IWD     "net.connman.iwd"
#define PATH    "/net/connman/iwd"
#define ADAPTER PATH "/0"
#define DEVICE  PATH "/0/3"
#define LAB_NET DEVICE "/4c6162_psk"
#define HIDDEN  DEVICE "/486964_psk"
#define AGENT   "/io/landfall/iwd"

/* ---- what it is asked ---- */

#define NETWORK(path, name, type)                                                                  \
	"objectpath '" path "': {'" IWD ".Network': {'Name': <'" name "'>, 'Type': <'" type        \
	"'>, 'Device': <objectpath '" DEVICE "'>}}"

#define KNOWN(path, name, type, hidden)                                                            \
	"objectpath '" path "': {'" IWD ".KnownNetwork': {'Name': <'" name "'>, 'Type': <'" type   \
	"'>, 'AutoConnect': <true>, 'Hidden': <" hidden ">}}"

#define STATION(state, more)                                                                       \
	"'" IWD ".Station': {'State': <'" state "'>, 'Scanning': <false>" more "}"

#define TREE(station, powered)                                                                     \
	"({objectpath '" ADAPTER "': {'" IWD ".Adapter': {'Powered': <" powered                    \
	">}}, objectpath '" DEVICE "': {'" IWD ".Device': {'Name': <'wlan0'>, 'Address': "         \
	"<'02:00:00:a1:b2:c3'>, 'Mode': <'station'>, 'Adapter': <objectpath '" ADAPTER             \
	"'>, 'Powered': <" powered ">}, " station ", '" IWD                                        \
	".StationDiagnostic': @a{sv} {}}, " NETWORK(LAB_NET, "Lab", "psk") ", " NETWORK(           \
		DEVICE "/54_psk", "T",                                                             \
		"psk") ", " NETWORK(DEVICE "/436166_open", "Caf",                                  \
				    "open") ", " NETWORK(DEVICE "/4f_8021x", "Office",             \
							 "8021x") ", " KNOWN(PATH "/486f6d65_psk", \
									     "Home", "psk",        \
									     "false") "},)"

static const WorldAnswer answers[] = {
	{ "GetManagedObjects", NULL, TREE(STATION("disconnected", ""), "true") },
	{ "GetManagedObjects", NULL,
	  TREE(STATION("connected", ", 'ConnectedNetwork': <objectpath '" DEVICE "/54_psk'>"),
	       "true") },
	{ "GetManagedObjects", NULL, TREE(STATION("disconnected", ""), "false") },
	{ "GetOrderedNetworks", NULL,
	  "([(objectpath '" LAB_NET "', int16 -5200), ('" DEVICE "/54_psk', -6000), ('" DEVICE
	  "/436166_open', -7000), ('" DEVICE "/4f_8021x', -7000)],)" },
	{ "GetDiagnostics", NULL,
	  "({'ConnectedBss': <'02:00:00:00:00:01'>, 'Frequency': <uint32 5180>, 'Security': "
	  "<'WPA3-Personal'>, 'RSSI': <int16 -57>},)" },
	{ "Get", NULL, "(<objectpath '" LAB_NET "'>,)" },
	{ "Get", NULL, "(<true>,)" },
};

/* ---- what it says ---- */

#define OBJECTS(member, body)                                                                      \
	{                                                                                          \
		false, "/", OBJECTS_IFACE, member, body                                            \
	}
#define CHANGED(path, interface, values, gone)                                                     \
	{                                                                                          \
		false, path, PROPERTIES_IFACE, "PropertiesChanged",                                \
			"('" interface "', " values ", " gone ")"                                  \
	}
#define STATION_CHANGED(values) CHANGED(DEVICE, IWD ".Station", values, "@as []")
#define ASKS(member, body)                                                                         \
	{                                                                                          \
		true, AGENT, IWD ".Agent", member, body                                            \
	}

static const WorldWord words[] = {
	STATION_CHANGED("{'Scanning': <true>}"),
	STATION_CHANGED("{'Scanning': <false>}"),
	STATION_CHANGED("{'State': <'connecting'>, 'ConnectedNetwork': <objectpath '" LAB_NET
			"'>}"),
	STATION_CHANGED("{'State': <'connected'>}"),
	STATION_CHANGED("{'State': <'roaming'>}"),
	STATION_CHANGED("{'State': <'disconnecting'>}"),
	CHANGED(DEVICE, IWD ".Station", "{'State': <'disconnected'>}", "['ConnectedNetwork']"),
	ASKS("RequestPassphrase", "(objectpath '" LAB_NET "',)"),
	ASKS("RequestPassphrase", "(objectpath '" HIDDEN "',)"),
	ASKS("RequestUserPassword", "(objectpath '" LAB_NET "', 'user')"),
	ASKS("Cancel", "('timed-out',)"),
	ASKS("Release", "()"),
	OBJECTS("InterfacesAdded", "(objectpath '" PATH "/4c6162_psk', {'" IWD
				   ".KnownNetwork': {'Name': <'Lab'>, 'Type': <'psk'>, "
				   "'AutoConnect': <true>, 'Hidden': <false>}})"),
	OBJECTS("InterfacesAdded", "(objectpath '" HIDDEN "', {'" IWD
				   ".Network': {'Name': <'Hid'>, 'Type': <'psk'>, 'Device': "
				   "<objectpath '" DEVICE "'>}})"),
	OBJECTS("InterfacesAdded", "(objectpath '" DEVICE "', {" STATION("disconnected", "") "})"),
	OBJECTS("InterfacesRemoved",
		"(objectpath '" PATH "/4c6162_psk', ['" IWD ".KnownNetwork'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" LAB_NET "', ['" IWD ".Network'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" DEVICE "', ['" IWD ".Station'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" DEVICE "', ['" IWD ".Device', '" IWD
				     ".Station', '" IWD ".StationDiagnostic'])"),
	CHANGED(DEVICE, IWD ".Device", "{'Powered': <false>}", "@as []"),
	CHANGED(DEVICE, IWD ".Device", "{'Mode': <'ap'>}", "@as []"),
	CHANGED(PATH "/486f6d65_psk", IWD ".KnownNetwork", "{'AutoConnect': <false>}", "@as []"),
};

static const char *const texts[] = { "",
				     IWD ".Network",
				     IWD ".KnownNetwork",
				     IWD ".Station",
				     IWD ".Device",
				     "Lab",
				     "Hid",
				     "psk",
				     "open",
				     "8021x",
				     "wep",
				     "hotspot",
				     "connected",
				     "connecting",
				     "disconnected",
				     "State",
				     "Name",
				     "Type",
				     "Scanning",
				     "ConnectedNetwork",
				     "WPA2/WPA3-Personal",
				     "zz:zz",
				     "0123456789012345678901234567890123456789",
				     NULL };

static const char *const paths[] = {
	"/",    PATH, ADAPTER, DEVICE, LAB_NET, HIDDEN, AGENT, DEVICE "/54_psk", PATH "/4c6162_psk",
	"/x/y", NULL
};

static const char *const errors[] = { "org.freedesktop.DBus.Error.NoReply",
				      "org.freedesktop.DBus.Error.UnknownObject",
				      IWD ".Failed",
				      IWD ".Aborted",
				      IWD ".Busy",
				      IWD ".InProgress",
				      IWD ".NotFound",
				      IWD ".NotHidden",
				      IWD ".AlreadyProvisioned",
				      IWD ".NoAgent",
				      IWD ".NotConfigured",
				      IWD ".InvalidFormat",
				      NULL };

const BusWorld bus_world_iwd = {
	IWD, answers, G_N_ELEMENTS(answers), words, G_N_ELEMENTS(words), { texts, paths }, errors
};
