/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-worlds.h"

#define NM      "org.freedesktop.NetworkManager"
#define PATH    "/org/freedesktop/NetworkManager"
#define DEVICE  PATH "/Devices/1"
#define AP      PATH "/AccessPoint/"
#define PROFILE PATH "/Settings/"
#define ACTIVE  PATH "/ActiveConnection/"
#define IP4     PATH "/IP4Config/1"

/* ---- what it is asked ---- */

#define AP_OBJECT(path, ssid, mac, flags, wpa, rsn, mhz, strength)                                 \
	"objectpath '" path "': {'" NM ".AccessPoint': {'Ssid': <" ssid ">, 'HwAddress': <'" mac   \
	"'>, 'Flags': <uint32 " flags ">, 'WpaFlags': <uint32 " wpa ">, 'RsnFlags': <uint32 " rsn  \
	">, 'Frequency': <uint32 " mhz ">, 'Strength': <byte " strength ">, 'Mode': <uint32 2>}}"

#define PROFILE_VALUES(file, flags)                                                                \
	"{'" NM ".Settings.Connection': {'Filename': <'" file "'>, 'Flags': <uint32 " flags ">}}"

#define ACTIVE_VALUES(state, profile, config)                                                      \
	"{'" NM ".Connection.Active': {'State': <uint32 " state                                    \
	">, 'Connection': <objectpath '" profile "'>, 'Ip4Config': <objectpath '" config "'>}}"

#define DEVICE_OBJECT(state, active)                                                               \
	"objectpath '" DEVICE "': {'" NM                                                           \
	".Device': {'DeviceType': <uint32 2>, 'Interface': <'wlan0'>, 'HwAddress': "               \
	"<'02:00:00:A1:B2:C3'>, 'State': <uint32 " state ">, 'StateReason': <(uint32 " state       \
	", uint32 0)>, 'ActiveConnection': <objectpath '" active "'>}, '" NM                       \
	".Device.Wireless': {'PermHwAddress': <'02:00:00:A1:B2:C3'>, 'LastScan': <int64 1>, "      \
	"'ActiveAccessPoint': <objectpath '" AP "1'>, 'AccessPoints': <[objectpath '" AP           \
	"1', '" AP "2', '" AP "3', '" AP "4']>}}"

#define AIR                                                                                        \
	AP_OBJECT(AP "1", LAB, "02:00:00:00:00:01", "1", "0", "0x188", "2437", "80")               \
	", " AP_OBJECT(AP "2", "[byte 0x54]", "02:00:00:00:00:02", "1", "0", "0x488", "5180",      \
		       "50") ", " AP_OBJECT(AP "3", "[byte 0x00]", "02:00:00:00:00:03", "1", "0",  \
					    "0x188", "2412",                                       \
					    "50") ", " AP_OBJECT(AP "4", OFFICE,                   \
								 "02:00:00:00:00:04", "1",         \
								 "0x208", "0x208", "2462", "30")

#define SETTINGS(id, ssid, rest)                                                                   \
	"({'connection': {'id': <'" id "'>, 'type': <'802-11-wireless'>, 'uuid': "                 \
	"<'11111111-2222-3333-4444-555555555555'>}, '802-11-wireless': {'ssid': <" ssid ">" rest   \
	"}},)"

static const WorldAnswer answers[] = {
	{ "GetManagedObjects", NULL,
	  "({objectpath '" PATH "': {'" NM "': {'WirelessEnabled': <true>}}, " DEVICE_OBJECT(
		  "30", "/") ", " AIR ", objectpath '" PROFILE
			     "1': " PROFILE_VALUES("/etc/x", "0") "},)" },
	{ "GetManagedObjects", NULL,
	  "({objectpath '" PATH "': {'" NM "': {'WirelessEnabled': <false>}}, " DEVICE_OBJECT(
		  "100", ACTIVE "1") ", " AIR ", objectpath '" ACTIVE
				     "1': " ACTIVE_VALUES("2", PROFILE "1",
							  IP4) ", "
							       "objectpath '" PROFILE
							       "1': " PROFILE_VALUES("/run/x",
										     "1") "},)" },
	{ "GetSettings", NULL, SETTINGS("home", "[byte 0x48]", "") },
	{ "GetSettings", NULL, SETTINGS("landfall Lab", LAB, ", 'mode': <'infrastructure'>") },
	{ "GetSettings", NULL,
	  "({'connection': {'id': <'wired'>, 'type': <'802-3-ethernet'>, 'autoconnect': "
	  "<false>}},)" },
	{ "AddAndActivateConnection2", NULL,
	  "(objectpath '" PROFILE "9', objectpath '" ACTIVE "9', @a{sv} {})" },
	{ "ActivateConnection", NULL, "(objectpath '" ACTIVE "1',)" },
	{ "Update2", NULL, "(@a{sv} {},)" },
	{ "Get", NULL, "(<uint32 30>,)" },
	{ "Get", NULL, "(<[objectpath '" AP "1']>,)" },
};

/* ---- what it says ---- */

#define OBJECTS(member, body)                                                                      \
	{                                                                                          \
		false, "/org/freedesktop", OBJECTS_IFACE, member, body                             \
	}
#define CHANGED(path, interface, values, gone)                                                     \
	{                                                                                          \
		false, path, PROPERTIES_IFACE, "PropertiesChanged",                                \
			"('" interface "', " values ", " gone ")"                                  \
	}
#define DEVICE_STATE(state, reason)                                                                \
	CHANGED(DEVICE, NM ".Device",                                                              \
		"{'StateReason': <(uint32 " state ", uint32 " reason ")>, 'State': <uint32 " state \
		">}",                                                                              \
		"@as []")
#define ACTIVE_CHANGED(values) CHANGED(ACTIVE "9", NM ".Connection.Active", values, "@as []")

static const WorldWord words[] = {
	OBJECTS("InterfacesAdded",
		"(objectpath '" PROFILE "9', " PROFILE_VALUES("/run/x", "2") ")"),
	OBJECTS("InterfacesAdded",
		"(objectpath '" ACTIVE "9', " ACTIVE_VALUES("1", PROFILE "9", "/") ")"),
	OBJECTS("InterfacesAdded", "(objectpath '" IP4 "', {'" NM
				   ".IP4Config': {'AddressData': <[{'address': <'192.0.2.61'>, "
				   "'prefix': <uint32 24>}]>}})"),
	CHANGED(DEVICE, NM ".Device", "{'ActiveConnection': <objectpath '" ACTIVE "9'>}", "@as []"),
	CHANGED(DEVICE, NM ".Device.Wireless", "{'LastScan': <int64 2>}", "@as []"),
	CHANGED(DEVICE, NM ".Device.Wireless", "{'LastScan': <int64 3>}", "['AccessPoints']"),
	CHANGED(DEVICE, NM ".Device.Wireless", "{'AccessPoints': <@ao []>}", "@as []"),
	DEVICE_STATE("20", "0"),
	DEVICE_STATE("30", "0"),
	DEVICE_STATE("50", "0"),
	DEVICE_STATE("60", "0"),
	DEVICE_STATE("70", "0"),
	DEVICE_STATE("100", "0"),
	DEVICE_STATE("120", "7"),
	DEVICE_STATE("120", "53"),
	ACTIVE_CHANGED("{'State': <uint32 1>}"),
	ACTIVE_CHANGED("{'State': <uint32 2>}"),
	ACTIVE_CHANGED("{'State': <uint32 4>}"),
	ACTIVE_CHANGED("{'State': <uint32 2>, 'Ip4Config': <objectpath '" IP4 "'>}"),
	CHANGED(IP4, NM ".IP4Config", "{'AddressData': <@aa{sv} []>}", "@as []"),
	OBJECTS("InterfacesRemoved", "(objectpath '" ACTIVE "9', ['" NM ".Connection.Active'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" PROFILE "9', ['" NM ".Settings.Connection'])"),
	OBJECTS("InterfacesRemoved",
		"(objectpath '" DEVICE "', ['" NM ".Device', '" NM ".Device.Wireless'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" AP "1', ['" NM ".AccessPoint'])"),
	CHANGED(PATH, NM, "{'WirelessEnabled': <false>}", "@as []"),
	{ false, PROFILE "1", NM ".Settings.Connection", "Updated", "()" },
};

static const char *const texts[] = { "",
				     NM ".AccessPoint",
				     NM ".Device",
				     NM ".Device.Wireless",
				     NM ".Connection.Active",
				     NM ".Settings.Connection",
				     NM ".IP4Config",
				     "Ssid",
				     "State",
				     "StateReason",
				     "AccessPoints",
				     "AddressData",
				     "address",
				     "0.0.0.0",
				     "fe80::1%wlan0",
				     "connection",
				     "802-11-wireless",
				     "landfall Lab",
				     "zz:00",
				     "255.255.255.255.255",
				     NULL };

static const char *const paths[] = { "/",        PATH,        DEVICE,      AP "1",
				     AP "9",     PROFILE "1", PROFILE "9", ACTIVE "1",
				     ACTIVE "9", IP4,         NULL };

static const char *const errors[] = { "org.freedesktop.DBus.Error.NoReply",
				      "org.freedesktop.DBus.Error.UnknownMethod",
				      "org.freedesktop.DBus.Error.AccessDenied",
				      NM ".Device.NotAllowed",
				      NM ".InvalidArguments",
				      NM ".Settings.Failed",
				      NULL };

const BusWorld bus_world_nm = {
	NM, answers, G_N_ELEMENTS(answers), words, G_N_ELEMENTS(words), { texts, paths }, errors
};
