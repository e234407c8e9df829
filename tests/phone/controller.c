/* SPDX-License-Identifier: MIT */
#include "tests/phone/controller.h"

#include "tests/phone/phone-error.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_COMMAND 0x01
#define PACKET_EVENT   0x04
#define PACKET_MAX     260
#define ANSWER_MS      10000 /* generous: emulated adapters are slow */

enum {
	EVENT_DISCONNECTED = 0x05,
	EVENT_COMMAND_COMPLETE = 0x0e,
	EVENT_COMMAND_STATUS = 0x0f,
	EVENT_LE_META = 0x3e,
};

enum {
	COMMAND_DISCONNECT = 0x0406,
	COMMAND_READ_COMMANDS = 0x1002,
	COMMAND_SCAN_PARAMETERS = 0x200b,
	COMMAND_SCAN_ENABLE = 0x200c,
	COMMAND_EXTENDED_SCAN_PARAMETERS = 0x2041,
	COMMAND_EXTENDED_SCAN_ENABLE = 0x2042,
};

enum {
	STATUS_SUCCESS = 0x00,
	STATUS_DISALLOWED = 0x0c,
	REASON_USER = 0x13, /* remote user terminated connection */
};

/* Where the bitmap of supported commands names the two extended scan commands. */
#define EXTENDED_SCAN_OCTET 37
#define EXTENDED_SCAN_BITS  0x60

struct Controller {
	int fd;
	uint16_t index;
	uint8_t address[CONTROLLER_ADDRESS_LEN];
	bool extended; /* the kernel then uses the extended commands, and both must not be mixed */
	ControllerOnReport on_report;
	void *report_data;
};

/* What a caller of pump() waits for. */
typedef struct Awaited {
	uint16_t opcode; /* of a command; 0: none */
	uint16_t handle; /* of a connection that ends */
	bool disconnect;
	bool done;
	uint8_t status;
	uint8_t reply[PACKET_MAX]; /* return parameters after the status */
	size_t reply_len;
} Awaited;

static bool failed(const char *what, int code, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_ADAPTER, "%s: %s", what, g_strerror(code));
	return false;
}

static bool refused(const char *what, uint8_t status, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_ADAPTER,
		    "the adapter refuses to %s (HCI status 0x%02x)", what, status);
	return false;
}

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static void on_complete(Awaited *awaited, const uint8_t *at, size_t len)
{
	if (len < 4 || awaited->opcode == 0 || get_u16(at + 1) != awaited->opcode)
		return;
	awaited->status = at[3];
	awaited->reply_len = len - 4;
	memcpy(awaited->reply, at + 4, len - 4);
	awaited->done = true;
}

/* A Command Status ends a command only when it failed, or when that is all there will be. */
static void on_status(Awaited *awaited, const uint8_t *at, size_t len)
{
	if (len < 4 || awaited->opcode == 0 || get_u16(at + 2) != awaited->opcode)
		return;
	awaited->status = at[0];
	awaited->done = !awaited->disconnect || at[0] != STATUS_SUCCESS;
}

static void on_event(Controller *controller, Awaited *awaited, const uint8_t *packet, size_t len)
{
	const uint8_t *at = packet + 3;

	if (len < 3 || packet[0] != PACKET_EVENT || packet[2] != len - 3)
		return;
	len -= 3;
	switch (packet[1]) {
	case EVENT_COMMAND_COMPLETE: on_complete(awaited, at, len); break;
	case EVENT_COMMAND_STATUS: on_status(awaited, at, len); break;
	case EVENT_DISCONNECTED:
		if (awaited->disconnect && len >= 4 && get_u16(at + 1) == awaited->handle)
			awaited->done = true;
		break;
	case EVENT_LE_META:
		if (controller->on_report && len > 0)
			controller->on_report(at, len, controller->report_data);
		break;
	default: break;
	}
}

/* Take events until the awaited one came, *@stop, or the time is up. */
static bool pump(Controller *controller, Awaited *awaited, unsigned ms, const bool *stop,
		 GError **error)
{
	int64_t until_us = g_get_monotonic_time() + (int64_t)ms * 1000;
	struct pollfd entry = { .fd = controller->fd, .events = POLLIN };
	uint8_t packet[PACKET_MAX];

	while (!awaited->done && !(stop && *stop)) {
		int64_t left_us = until_us - g_get_monotonic_time();
		ssize_t len;

		if (left_us <= 0)
			break;
		if (poll(&entry, 1, (int)((left_us + 999) / 1000)) < 0 && errno != EINTR)
			return failed("waiting for the adapter", errno, error);
		len = recv(controller->fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (len > 0)
			on_event(controller, awaited, packet, (size_t)len);
		else if (len < 0 && errno != EAGAIN && errno != EINTR)
			return failed("reading from the adapter", errno, error);
	}
	return true;
}

static bool send_command(Controller *controller, uint16_t opcode, const uint8_t *parameters,
			 size_t len, GError **error)
{
	uint8_t packet[PACKET_MAX] = { PACKET_COMMAND, (uint8_t)opcode, (uint8_t)(opcode >> 8),
				       (uint8_t)len };

	g_assert(len + 4 <= sizeof(packet));
	if (len > 0)
		memcpy(packet + 4, parameters, len);
	if (send(controller->fd, packet, len + 4, 0) < 0)
		return failed("writing to the adapter", errno, error);
	return true;
}

/* Send a command and wait for its end; the status is left in @awaited. */
static bool command(Controller *controller, uint16_t opcode, const uint8_t *parameters, size_t len,
		    Awaited *awaited, GError **error)
{
	awaited->opcode = opcode;
	if (!send_command(controller, opcode, parameters, len, error) ||
	    !pump(controller, awaited, ANSWER_MS, NULL, error))
		return false;
	if (!awaited->done) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_ADAPTER,
			    "the adapter does not answer command 0x%04x", opcode);
		return false;
	}
	return true;
}

static bool learn_commands(Controller *controller, GError **error)
{
	Awaited awaited = { 0 };

	if (!command(controller, COMMAND_READ_COMMANDS, NULL, 0, &awaited, error))
		return false;
	if (awaited.status != STATUS_SUCCESS)
		return refused("list its commands", awaited.status, error);
	controller->extended =
		awaited.reply_len > EXTENDED_SCAN_OCTET &&
		(awaited.reply[EXTENDED_SCAN_OCTET] & EXTENDED_SCAN_BITS) == EXTENDED_SCAN_BITS;
	return true;
}

static bool switch_on(Controller *controller, const char *name, GError **error)
{
	struct hci_dev_info info = { .dev_id = controller->index };

	if (ioctl(controller->fd, HCIGETDEVINFO, &info) < 0)
		return failed(name, errno, error);
	if (!(info.flags & 1u << HCI_UP) && ioctl(controller->fd, HCIDEVUP, info.dev_id) < 0 &&
	    errno != EALREADY)
		return failed("switching the adapter on", errno, error);
	if (ioctl(controller->fd, HCIGETDEVINFO, &info) < 0)
		return failed(name, errno, error);
	memcpy(controller->address, &info.bdaddr, CONTROLLER_ADDRESS_LEN);
	return true;
}

static bool listen_to(Controller *controller, GError **error)
{
	struct sockaddr_hci address = { .hci_family = AF_BLUETOOTH,
					.hci_dev = controller->index,
					.hci_channel = HCI_CHANNEL_RAW };
	struct hci_filter filter = {
		.type_mask = 1u << PACKET_EVENT,
		.event_mask = { 1u << EVENT_DISCONNECTED | 1u << EVENT_COMMAND_COMPLETE |
					1u << EVENT_COMMAND_STATUS,
				1u << (EVENT_LE_META - 32) },
	};

	if (setsockopt(controller->fd, SOL_HCI, HCI_FILTER, &filter, sizeof(filter)) < 0)
		return failed("filtering the adapter's events", errno, error);
	if (bind(controller->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return failed("attaching to the adapter", errno, error);
	return true;
}

static bool parse_name(const char *name, uint16_t *index)
{
	guint64 value;

	if (!g_str_has_prefix(name, "hci") ||
	    !g_ascii_string_to_unsigned(name + 3, 10, 0, UINT16_MAX - 1, &value, NULL))
		return false;
	*index = (uint16_t)value;
	return true;
}

Controller *controller_open(const char *name, GError **error)
{
	g_autoptr(Controller) controller = g_new0(Controller, 1);

	controller->fd = -1;
	if (!parse_name(name, &controller->index)) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_USAGE,
			    "\"%s\" is no adapter, they are called hci0, hci1 ...", name);
		return NULL;
	}
	controller->fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
	if (controller->fd < 0) {
		failed("this kernel has no Bluetooth, or we may not use it", errno, error);
		return NULL;
	}
	if (!switch_on(controller, name, error) || !listen_to(controller, error) ||
	    !learn_commands(controller, error))
		return NULL;
	return g_steal_pointer(&controller);
}

void controller_close(Controller *controller)
{
	if (!controller)
		return;
	if (controller->fd >= 0)
		close(controller->fd);
	g_free(controller);
}

const uint8_t *controller_address(const Controller *controller)
{
	return controller->address;
}

void controller_on_report(Controller *controller, ControllerOnReport on_report, void *data)
{
	controller->on_report = on_report;
	controller->report_data = data;
}

/* Active, every 60 ms for 30 ms, public address, no filter; LE 1M alone for the extended form. */
static const uint8_t legacy_parameters[] = { 1, 0x60, 0, 0x30, 0, 0, 0 };
static const uint8_t extended_parameters[] = { 0, 0, 1, 1, 0x60, 0, 0x30, 0 };

static bool scan_set(Controller *controller, bool on, uint8_t *status, GError **error)
{
	const uint8_t legacy[] = { on, 0 };
	const uint8_t extended[] = { on, 0, 0, 0, 0, 0 };
	Awaited awaited = { 0 };
	bool done = controller->extended ? command(controller, COMMAND_EXTENDED_SCAN_ENABLE,
						   extended, sizeof(extended), &awaited, error)
					 : command(controller, COMMAND_SCAN_ENABLE, legacy,
						   sizeof(legacy), &awaited, error);

	*status = awaited.status;
	return done;
}

static bool scan_prepare(Controller *controller, GError **error)
{
	Awaited awaited = { 0 };
	bool done =
		controller->extended
			? command(controller, COMMAND_EXTENDED_SCAN_PARAMETERS, extended_parameters,
				  sizeof(extended_parameters), &awaited, error)
			: command(controller, COMMAND_SCAN_PARAMETERS, legacy_parameters,
				  sizeof(legacy_parameters), &awaited, error);

	if (!done)
		return false;
	return awaited.status == STATUS_SUCCESS ||
	       refused("take scan parameters", awaited.status, error);
}

bool controller_scan(Controller *controller, bool on, GError **error)
{
	uint8_t status;

	/* parameters cannot be set while scanning; being off already is as good */
	if (!scan_set(controller, false, &status, error))
		return false;
	if (status != STATUS_SUCCESS && status != STATUS_DISALLOWED)
		return refused("stop scanning", status, error);
	if (!on)
		return true;
	if (!scan_prepare(controller, error) || !scan_set(controller, true, &status, error))
		return false;
	return status == STATUS_SUCCESS || refused("scan", status, error);
}

bool controller_run(Controller *controller, unsigned ms, const bool *stop, GError **error)
{
	Awaited nothing = { 0 };

	return pump(controller, &nothing, ms, stop, error);
}

bool controller_hang_up(Controller *controller, uint16_t handle, GError **error)
{
	const uint8_t parameters[] = { (uint8_t)handle, (uint8_t)(handle >> 8), REASON_USER };
	Awaited awaited = { .handle = handle, .disconnect = true };

	if (!command(controller, COMMAND_DISCONNECT, parameters, sizeof(parameters), &awaited,
		     error))
		return false;
	return awaited.status == STATUS_SUCCESS || refused("hang up", awaited.status, error);
}
