/* SPDX-License-Identifier: MIT */
#include "tests/phone/ble.h"

#include "tests/phone/link.h"
#include "tests/phone/phone-error.h"

#include <string.h>

#define TRANSACTION_MS 30000
#define RSSI_UNKNOWN   127 /* what an adapter reports that cannot measure it */

struct Ble {
	const BleSetup *setup;
	Report *report;
	GPtrArray *seen; /* of Advert */
	Advert *device;  /* borrowed from seen; NULL until found */
	uint8_t own[CONTROLLER_ADDRESS_LEN];
	Att *att;
	Endpoints *endpoints;
};

Ble *ble_new(const BleSetup *setup, Report *report)
{
	Ble *ble = g_new0(Ble, 1);

	ble->setup = setup;
	ble->report = report;
	ble->seen = advert_table_new();
	return ble;
}

Att *ble_att(Ble *ble)
{
	return ble->att;
}

/* --- finding it --- */

static char *flags_text(const Advert *advert)
{
	if (!advert->has_flags)
		return g_strdup("none");
	return g_strdup_printf("0x%02x%s%s%s", advert->flags,
			       advert->flags & ADVERT_FLAG_GENERAL ? ", discoverable" : "",
			       advert->flags & ADVERT_FLAG_LIMITED ? ", for a limited time" : "",
			       advert->flags & ADVERT_FLAG_NO_BREDR ? ", LE only" : "");
}

static cJSON *advert_json(const Advert *advert)
{
	g_autofree char *address = advert_address_text(advert->address);
	cJSON *details = cJSON_CreateObject();
	cJSON *uuids = cJSON_AddArrayToObject(details, "uuids");

	cJSON_AddStringToObject(details, "name", advert->name);
	cJSON_AddStringToObject(details, "address", address);
	cJSON_AddBoolToObject(details, "random", advert->random_address);
	cJSON_AddNumberToObject(details, "rssi", advert->rssi_dbm);
	cJSON_AddBoolToObject(details, "connectable", advert->connectable);
	cJSON_AddBoolToObject(details, "extended", advert->extended);
	cJSON_AddBoolToObject(details, "scan_response", advert->scan_response);
	if (advert->has_flags)
		cJSON_AddNumberToObject(details, "flags", advert->flags);
	for (unsigned i = 0; i < advert->n_uuids; i++) {
		g_autofree char *uuid = gatt_uuid_text(advert->uuids[i]);

		cJSON_AddItemToArray(uuids, cJSON_CreateString(uuid));
	}
	return details;
}

static char *signal_text(const Advert *advert)
{
	return advert->rssi_dbm == RSSI_UNKNOWN ? g_strdup("of unknown strength")
						: g_strdup_printf("%d dBm", advert->rssi_dbm);
}

static void tell_found(Ble *ble)
{
	const Advert *advert = ble->device;
	g_autofree char *signal = signal_text(advert);
	g_autofree char *address = advert_address_text(advert->address);
	g_autofree char *flags = flags_text(advert);

	report_step(ble->report, "found", advert_json(advert), "%s at %s, signal %s",
		    *advert->name ? advert->name : "a device without a name", address, signal);
	for (unsigned i = 0; i < advert->n_uuids; i++) {
		g_autofree char *uuid = gatt_uuid_text(advert->uuids[i]);

		report_more(ble->report, "  service %s", uuid);
	}
	report_more(ble->report, "  flags %s; name in the %s", flags,
		    advert->scan_response ? "scan response" : "advertisement");
}

static bool check_advert(const Advert *advert, GError **error)
{
	const char *trouble = NULL;

	if (advert->garbled)
		trouble = "its advertisement is garbled";
	else if (advert->n_uuids != 1)
		trouble = "it must advertise exactly one service";
	else if (!*advert->name)
		trouble = "it advertises no name";
	else if (!advert->connectable)
		trouble = "it does not accept connections";
	else if (!(advert->flags & ADVERT_FLAG_GENERAL))
		trouble = "it is not discoverable";
	else if (advert->extended)
		trouble = "it advertises in the extended form, which older phones do not see";
	if (!trouble)
		return true;
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
		    "the apps could not use this device: %s", trouble);
	return false;
}

static unsigned time_left_ms(const Ble *ble, unsigned ms)
{
	int64_t left_ms = ble->setup->deadline_us == INT64_MAX
				  ? INT64_MAX
				  : (ble->setup->deadline_us - g_get_monotonic_time()) / 1000;

	return (unsigned)CLAMP(left_ms, 0, (int64_t)ms);
}

bool ble_find(Ble *ble, GError **error)
{
	g_autoptr(Controller) controller = controller_open(ble->setup->adapter, error);

	if (!controller)
		return false;
	memcpy(ble->own, controller_address(controller), sizeof(ble->own));
	ble->device = scan_find(controller, &ble->setup->target,
				time_left_ms(ble, ble->setup->scan_ms), ble->seen, error);
	if (!ble->device)
		return false;
	tell_found(ble);
	return check_advert(ble->device, error);
}

/* --- the connection --- */

static void ble_disconnect(void *data)
{
	Ble *ble = data;
	g_autoptr(GError) error = NULL;
	uint16_t handle;

	g_clear_pointer(&ble->endpoints, endpoints_free);
	if (!ble->att)
		return;
	/* closing the socket alone leaves the link up for two seconds, in case of another use */
	if (link_handle(att_fd(ble->att), &handle)) {
		g_autoptr(Controller) controller = controller_open(ble->setup->adapter, &error);

		if (!controller || !controller_hang_up(controller, handle, &error))
			g_debug("hanging up: %s", error->message);
	}
	g_clear_pointer(&ble->att, att_free);
	report_step(ble->report, "hung-up", NULL, "the connection is closed");
}

void ble_free(Ble *ble)
{
	if (!ble)
		return;
	ble_disconnect(ble);
	g_ptr_array_unref(ble->seen);
	g_free(ble);
}

static bool open_link(Ble *ble, GError **error)
{
	for (unsigned left = ble->setup->tries; left > 0; left--) {
		g_autoptr(GError) local = NULL;
		int fd = link_open(ble->own, ble->device->address, ble->device->random_address,
				   time_left_ms(ble, ble->setup->connect_ms), &local);

		if (fd >= 0) {
			ble->att = att_new(fd);
			return true;
		}
		if (left == 1 || !g_error_matches(local, PHONE_ERROR, PHONE_ERROR_LOST)) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		report_step(ble->report, "retry", NULL, "%s", local->message);
	}
	g_return_val_if_reached(false);
}

static bool discover(Ble *ble, GError **error)
{
	const BleSetup *setup = ble->setup;
	cJSON *details = cJSON_CreateObject();
	g_autofree char *names = NULL;

	ble->endpoints = endpoints_discover(ble->att, ble->device->uuids[0],
					    setup->habit->service_by_uuid, error);
	if (!ble->endpoints) {
		cJSON_Delete(details);
		return false;
	}
	names = endpoints_names(ble->endpoints);
	cJSON_AddStringToObject(details, "endpoints", names);
	report_step(ble->report, "endpoints", details, "%s", names);
	return true;
}

static bool ble_connect(void *data, GError **error)
{
	Ble *ble = data;
	const BleSetup *setup = ble->setup;
	cJSON *details;

	ble_disconnect(ble);
	if ((!ble->device && !ble_find(ble, error)) || !open_link(ble, error))
		return false;
	att_set_time(ble->att, TRANSACTION_MS, setup->deadline_us);
	if (!att_exchange_mtu(ble->att, setup->mtu ? setup->mtu : setup->habit->mtu, error)) {
		g_prefix_error(error, "agreeing on a packet size: ");
		return false;
	}
	details = cJSON_CreateObject();
	cJSON_AddNumberToObject(details, "mtu", att_mtu(ble->att));
	report_step(ble->report, "connected", details,
		    "over Bluetooth LE like %s, in packets of up to %u octets", setup->habit->title,
		    att_mtu(ble->att));
	return discover(ble, error);
}

bool ble_handle(const Ble *ble, const char *endpoint, uint16_t *handle, GError **error)
{
	if (!ble->endpoints) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_LOST, "not connected");
		return false;
	}
	*handle = endpoints_handle(ble->endpoints, endpoint);
	if (*handle == 0)
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_USAGE, "there is no endpoint \"%s\"",
			    endpoint);
	return *handle != 0;
}

static bool ble_exchange(void *data, const char *endpoint, const GByteArray *in, GByteArray *out,
			 GError **error)
{
	Ble *ble = data;
	uint16_t handle;

	if (!ble_handle(ble, endpoint, &handle, error))
		return false;
	if (!gatt_write(ble->att, handle, in->data, in->len, error)) {
		g_prefix_error(error, "writing to %s: ", endpoint);
		return false;
	}
	if (!gatt_read(ble->att, handle, out, error)) {
		g_prefix_error(error, "reading from %s: ", endpoint);
		return false;
	}
	return true;
}

static bool ble_wait(void *data, unsigned ms, GError **error)
{
	Ble *ble = data;

	if (!ble->att) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_LOST, "not connected");
		return false;
	}
	return att_idle(ble->att, ms, error);
}

const ClientLink ble_link = {
	.connect = ble_connect,
	.disconnect = ble_disconnect,
	.exchange = ble_exchange,
	.wait = ble_wait,
};
