/* SPDX-License-Identifier: MIT */
#include "ctl/provisioner-client.h"

#include "common/device-name.h"
#include "common/error.h"
#include "dbus/bus-call.h"
#include "dbus/bus-properties.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYSFS_NET "/sys/class/net"
#define READ_MS   30000
#define CHANGE_MS 160000 /* two minutes for a password, ten seconds for an adapter */

/* What the service says in the name of an error, and what that is to us. */
static const struct {
	const char *name;
	LandfallError code;
} remote_errors[] = {
	{ "io.landfall.Error.AdapterMissing", LANDFALL_ERROR_ADAPTER },
	{ "io.landfall.Error.WifiMissing", LANDFALL_ERROR_WIFI },
	{ "io.landfall.Error.Cancelled", LANDFALL_ERROR_CANCELLED },
	{ "org.freedesktop.DBus.Error.AccessDenied", LANDFALL_ERROR_DENIED },
	{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", LANDFALL_ERROR_DENIED },
	{ "org.freedesktop.DBus.Error.ServiceUnknown", LANDFALL_ERROR_UNAVAILABLE },
	{ "org.freedesktop.DBus.Error.NameHasNoOwner", LANDFALL_ERROR_UNAVAILABLE },
	{ "org.freedesktop.DBus.Error.NoReply", LANDFALL_ERROR_UNAVAILABLE },
};

typedef struct Exchange {
	GMainLoop *loop;
	BusCall *call;
	cJSON *properties; /* where GetAll's answer goes, NULL: not wanted */
	bool owned;        /* NameHasOwner's answer */
	GError *error;
} Exchange;

static void exchange_clear(Exchange *exchange)
{
	bus_call_cancel(exchange->call);
	g_clear_pointer(&exchange->loop, g_main_loop_unref);
	g_clear_error(&exchange->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Exchange, exchange_clear)

static GError *translate_error(const GError *error, const char *name)
{
	int code = LANDFALL_ERROR_FAILED;

	for (size_t i = 0; i < G_N_ELEMENTS(remote_errors); i++)
		if (g_strcmp0(remote_errors[i].name, name) == 0)
			code = remote_errors[i].code;
	if (name && g_str_has_prefix(name, "org.freedesktop.systemd1."))
		code = LANDFALL_ERROR_UNAVAILABLE;
	if (code == LANDFALL_ERROR_DENIED)
		return g_error_new(LANDFALL_ERROR, code,
				   "%s; run as root or as a member of group landfall",
				   error->message);
	if (code == LANDFALL_ERROR_UNAVAILABLE)
		return g_error_new(LANDFALL_ERROR, code,
				   "the provisioner cannot be reached (%s); see 'systemctl status "
				   "landfall-provisioner'",
				   error->message);
	return g_error_new_literal(LANDFALL_ERROR, code, error->message);
}

void provisioner_client_json_string(cJSON *object, const char *name, const void *data, size_t len)
{
	g_autofree char *text = g_strndup(data, len);

	if (!g_utf8_validate(text, -1, NULL) || strlen(text) != len) {
		g_autoptr(GString) escaped = g_string_new(NULL);

		for (size_t i = 0; i < len; i++) {
			uint8_t octet = ((const uint8_t *)data)[i];

			g_string_append_printf(
				escaped, octet > ' ' && octet < 0x7f ? "%c" : "\\x%02x", octet);
		}
		cJSON_AddStringToObject(object, name, escaped->str);
		return;
	}
	cJSON_AddStringToObject(object, name, text);
}

static void take_lockout(BusReader *reader, cJSON *array)
{
	bus_reader_enter(reader, "(suu)");
	cJSON_AddItemToArray(array, cJSON_CreateString(bus_reader_string(reader)));
	cJSON_AddItemToArray(array, cJSON_CreateNumber(bus_reader_u32(reader)));
	cJSON_AddItemToArray(array, cJSON_CreateNumber(bus_reader_u32(reader)));
	bus_reader_leave(reader);
}

void provisioner_client_take(BusReader *reader, cJSON *object)
{
	const char *name;

	bus_reader_enter(reader, "a{sv}");
	while ((name = bus_reader_entry(reader))) {
		cJSON_DeleteItemFromObject(object, name);
		if (bus_reader_has(reader, "s")) {
			cJSON_AddStringToObject(object, name, bus_reader_string(reader));
		} else if (bus_reader_has(reader, "u")) {
			cJSON_AddNumberToObject(object, name, bus_reader_u32(reader));
		} else if (bus_reader_has(reader, "b")) {
			cJSON_AddBoolToObject(object, name, bus_reader_bool(reader));
		} else if (bus_reader_has(reader, "ay")) {
			size_t len = 0;
			const uint8_t *octets = bus_reader_bytes(reader, &len);

			provisioner_client_json_string(object, name, octets, len);
		} else if (bus_reader_has(reader, "(suu)")) {
			take_lockout(reader, cJSON_AddArrayToObject(object, name));
		}
	}
	bus_reader_leave(reader);
}

static void on_reply(BusReply *reply, void *user_data)
{
	Exchange *exchange = user_data;
	const GError *failure = bus_reply_error(reply);

	exchange->call = NULL;
	if (failure)
		exchange->error = translate_error(failure, bus_reply_error_name(reply));
	else if (exchange->properties)
		provisioner_client_take(bus_reply_reader(reply), exchange->properties);
	else if (bus_reader_has(bus_reply_reader(reply), "b"))
		exchange->owned = bus_reader_bool(bus_reply_reader(reply));
	g_main_loop_quit(exchange->loop);
}

/* Sends @message (taken) and waits for the answer. */
static bool exchange_run(Exchange *exchange, Bus *bus, BusMessage *message, int timeout_ms,
			 GError **error)
{
	exchange->call = bus_call_start(bus, message, timeout_ms, on_reply, exchange);
	g_main_loop_run(exchange->loop);
	if (exchange->error)
		g_propagate_error(error, g_steal_pointer(&exchange->error));
	return !exchange->call && !(error && *error);
}

static Bus *open_bus(const Config *config, GError **error)
{
	return bus_open(config->provisioner.bus, NULL, NULL, NULL, error);
}

bool provisioner_client_call(const Config *config, const char *method, GError **error)
{
	g_autoptr(Bus) bus = open_bus(config, error);
	g_auto(Exchange) exchange = { .loop = g_main_loop_new(NULL, FALSE) };

	BusMessage *message = NULL;

	if (!bus)
		return false;
	message =
		bus_message_new_call(PROVISIONER_NAME, PROVISIONER_PATH, PROVISIONER_NAME, method);
	bus_message_allow_start(message);
	bus_message_allow_interaction(message);
	return exchange_run(&exchange, bus, message, CHANGE_MS, error);
}

static bool is_running(Bus *bus, bool *running, GError **error)
{
	g_auto(Exchange) exchange = { .loop = g_main_loop_new(NULL, FALSE) };
	BusMessage *message = bus_message_new_call("org.freedesktop.DBus", "/org/freedesktop/DBus",
						   "org.freedesktop.DBus", "NameHasOwner");

	bus_writer_string(bus_message_writer(message), PROVISIONER_NAME);
	if (!exchange_run(&exchange, bus, message, READ_MS, error))
		return false;
	*running = exchange.owned;
	return true;
}

cJSON *provisioner_client_read(const Config *config, GError **error)
{
	g_autoptr(Bus) bus = open_bus(config, error);
	g_auto(Exchange) exchange = { .loop = g_main_loop_new(NULL, FALSE) };
	bool running = false;

	/* A service that is not there is no error. */
	if (!bus || !is_running(bus, &running, error) || !running)
		return NULL;

	BusMessage *message =
		bus_properties_get_all(PROVISIONER_NAME, PROVISIONER_PATH, PROVISIONER_NAME);

	exchange.properties = cJSON_CreateObject();
	if (!exchange_run(&exchange, bus, message, READ_MS, error)) {
		cJSON_Delete(exchange.properties);
		return NULL;
	}
	return exchange.properties;
}

/* What the kernel was told by the adapter itself. NetworkManager shows the air another address
 * while the device belongs to no network, and that is the one in sysfs then. */
static bool read_permanent(const char *interface, uint8_t *address)
{
	/* struct ethtool_perm_addr and the octets behind it */
	uint32_t answer[4] = { ETHTOOL_GPERMADDR, DEVICE_NAME_ADDRESS_LEN };
	struct ifreq request = { .ifr_data = (char *)answer };
	static const uint8_t unknown[DEVICE_NAME_ADDRESS_LEN] = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool told = false;

	if (fd < 0)
		return false;
	g_strlcpy(request.ifr_name, interface, sizeof(request.ifr_name));
	told = ioctl(fd, SIOCETHTOOL, &request) == 0 && answer[1] == DEVICE_NAME_ADDRESS_LEN;
	close(fd);
	memcpy(address, &answer[2], DEVICE_NAME_ADDRESS_LEN);
	return told && memcmp(address, unknown, DEVICE_NAME_ADDRESS_LEN) != 0;
}

static bool read_address(const char *interface, uint8_t *address)
{
	g_autofree char *path = g_build_filename(SYSFS_NET, interface, "address", NULL);
	g_autofree char *text = NULL;

	if (read_permanent(interface, address))
		return true;
	return g_file_get_contents(path, &text, NULL, NULL) &&
	       sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &address[0], &address[1],
		      &address[2], &address[3], &address[4],
		      &address[5]) == DEVICE_NAME_ADDRESS_LEN;
}

/* The configured interface, or the first by name that is wireless. */
static bool find_address(const char *interface, uint8_t *address)
{
	g_autoptr(GDir) dir = NULL;
	g_autofree char *first = NULL;
	const char *name;

	if (!g_str_equal(interface, "auto"))
		return read_address(interface, address);
	dir = g_dir_open(SYSFS_NET, 0, NULL);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *phy = g_build_filename(SYSFS_NET, name, "phy80211", NULL);

		if (!g_file_test(phy, G_FILE_TEST_EXISTS) || (first && strcmp(first, name) < 0))
			continue;
		g_free(first);
		first = g_strdup(name);
	}
	return first && read_address(first, address);
}

char *provisioner_client_name(const Config *config, GError **error)
{
	cJSON *properties = provisioner_client_read(config, NULL);
	const cJSON *name = cJSON_GetObjectItem(properties, "Name");
	g_autofree char *asked = g_strdup(cJSON_GetStringValue(name));

	cJSON_Delete(properties);
	if (asked && *asked)
		return g_steal_pointer(&asked);

	const char *pattern = config->provisioner.name;
	uint8_t address[DEVICE_NAME_ADDRESS_LEN] = { 0 };

	if (!device_name_wants_address(pattern) ||
	    find_address(config->provisioner.interface, address))
		return device_name_expand(pattern, address);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI,
		    "no Wi-Fi interface (%s) to take the device's name from",
		    config->provisioner.interface);
	return NULL;
}
