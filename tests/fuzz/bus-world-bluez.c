/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-worlds.h"

#define BLUEZ  "org.bluez"
#define HCI0   "/org/bluez/hci0"
#define HCI1   "/org/bluez/hci1"
#define PHONE  HCI0 "/dev_11_22_33_44_55_66"
#define APP    "/io/landfall/gatt"
#define CHRC   APP "/service0/char"
#define ADVERT "/io/landfall/advertisement"

#define ADAPTER(path, alias, powered, roles)                                                       \
	"objectpath '" path "': {'" BLUEZ ".Adapter1': {'Alias': <'" alias                         \
	"'>, 'Name': <'host'>, 'Powered': <" powered ">, 'Pairable': <true>, 'Roles': <" roles     \
	">}, '" BLUEZ ".GattManager1': @a{sv} {}, '" BLUEZ                                         \
	".LEAdvertisingManager1': {'ActiveInstances': <byte 0>}}"

#define DEVICE_VALUES                                                                              \
	"{'" BLUEZ ".Device1': {'Connected': <true>, 'Address': <'11:22:33:44:55:66'>}}"

static const WorldAnswer answers[] = {
	{ "GetManagedObjects", NULL,
	  "({" ADAPTER(HCI0, "host", "true", "['central', 'peripheral']") ", " ADAPTER(
		  HCI1, "x", "false", "['central']") ", objectpath '" PHONE "': " DEVICE_VALUES
						     "},)" },
	{ "GetManagedObjects", NULL, "({" ADAPTER(HCI1, "host", "false", "@as []") "},)" },
	{ "Get", NULL, "(<byte 1>,)" },
	{ "Get", NULL, "(<true>,)" },
	{ "GetConnectionCredentials", NULL, "({'UnixUserID': <uint32 1000>},)" },
	{ "GetConnectionCredentials", NULL,
	  "({'UnixUserID': <uint32 1000>, 'UnixGroupIDs': <[uint32 1, 0, 1000]>},)" },
	{ "GetConnectionCredentials", NULL, "({'UnixUserID': <uint32 0>},)" },
	{ "CheckAuthorization", NULL, "((true, false, {'a': 'b'}),)" },
	{ "CheckAuthorization", NULL, "((false, true, @a{ss} {}),)" },
	{ "CheckAuthorization", NULL, "((false, false, @a{ss} {}),)" },
};

#define OBJECTS(member, body)                                                                      \
	{                                                                                          \
		false, "/", OBJECTS_IFACE, member, body                                            \
	}
#define CHANGED(path, interface, values)                                                           \
	{                                                                                          \
		false, path, PROPERTIES_IFACE, "PropertiesChanged",                                \
			"('" interface "', " values ", @as [])"                                    \
	}
#define OPTIONS "{'device': <objectpath '" PHONE "'>, 'offset': <uint16 0>, 'mtu': <uint16 512>}"
#define READ(path)                                                                                 \
	{                                                                                          \
		true, path, BLUEZ ".GattCharacteristic1", "ReadValue", "(" OPTIONS ",)"            \
	}
#define WRITE(path)                                                                                \
	{                                                                                          \
		true, path, BLUEZ ".GattCharacteristic1", "WriteValue",                            \
			"([byte 1, 2], " OPTIONS ")"                                               \
	}

static const WorldWord words[] = {
	CHANGED(HCI0, BLUEZ ".Adapter1", "{'Powered': <false>}"),
	CHANGED(HCI0, BLUEZ ".Adapter1", "{'Powered': <true>}"),
	CHANGED(HCI0, BLUEZ ".Adapter1", "{'Alias': <'host'>}"),
	CHANGED(HCI0, BLUEZ ".LEAdvertisingManager1", "{'ActiveInstances': <byte 1>}"),
	CHANGED(HCI0, BLUEZ ".LEAdvertisingManager1", "{'ActiveInstances': <byte 0>}"),
	CHANGED(PHONE, BLUEZ ".Device1", "{'Connected': <false>}"),
	CHANGED(PHONE, BLUEZ ".Device1", "{'Connected': <true>}"),
	OBJECTS("InterfacesAdded", "(objectpath '" PHONE "', " DEVICE_VALUES ")"),
	OBJECTS("InterfacesRemoved", "(objectpath '" PHONE "', ['" BLUEZ ".Device1'])"),
	OBJECTS("InterfacesRemoved", "(objectpath '" HCI0 "', ['" BLUEZ ".Adapter1', '" BLUEZ
				     ".GattManager1', '" BLUEZ ".LEAdvertisingManager1'])"),
	{ false, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
	  "(true,)" },
	{ false, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
	  "(false,)" },
	READ(CHRC "0"),
	WRITE(CHRC "0"),
	READ(CHRC "2"),
	WRITE(CHRC "2"),
	{ true, CHRC "0/desc0", BLUEZ ".GattDescriptor1", "ReadValue", "(" OPTIONS ",)" },
	{ true, APP, OBJECTS_IFACE, "GetManagedObjects", "()" },
	{ true, ADVERT, PROPERTIES_IFACE, "GetAll", "('" BLUEZ ".LEAdvertisement1',)" },
	{ true, ADVERT, BLUEZ ".LEAdvertisement1", "Release", "()" },
	{ true, CHRC "0", PROPERTIES_IFACE, "Get", "('" BLUEZ ".GattCharacteristic1', 'UUID')" },
	{ true, CHRC "0", PROPERTIES_IFACE, "Set",
	  "('" BLUEZ ".GattCharacteristic1', 'UUID', <'x'>)" },
	{ true, APP, "org.freedesktop.DBus.Introspectable", "Introspect", "()" },
};

static const char *const texts[] = { "",
				     BLUEZ ".Adapter1",
				     BLUEZ ".Device1",
				     BLUEZ ".GattManager1",
				     BLUEZ ".LEAdvertisingManager1",
				     BLUEZ ".GattCharacteristic1",
				     BLUEZ ".LEAdvertisement1",
				     "Alias",
				     "Powered",
				     "Pairable",
				     "Roles",
				     "ActiveInstances",
				     "Connected",
				     "device",
				     "offset",
				     "peripheral",
				     "PROV_fuzz",
				     "UUID",
				     NULL };

static const char *const paths[] = { "/", HCI0, HCI1, PHONE, APP, CHRC "0", ADVERT, NULL };

static const char *const errors[] = { "org.freedesktop.DBus.Error.NoReply",
				      "org.freedesktop.DBus.Error.UnknownObject",
				      BLUEZ ".Error.AlreadyExists",
				      BLUEZ ".Error.InvalidArguments",
				      BLUEZ ".Error.NotPermitted",
				      BLUEZ ".Error.Blocked",
				      BLUEZ ".Error.Failed",
				      NULL };

const BusWorld bus_world_bluez = {
	BLUEZ, answers, G_N_ELEMENTS(answers), words, G_N_ELEMENTS(words), { texts, paths }, errors
};
