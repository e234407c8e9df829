/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/bus-service.h"

#include "common/error.h"
#include "dbus/bus-object.h"

#include <string.h>

/* Text properties, in the order of the table below. */
typedef enum ServiceText {
	TEXT_STATE,
	TEXT_PROGRESS,
	TEXT_NAME,
	TEXT_ADAPTER,
	TEXT_INTERFACE,
	TEXT_BACKEND,
	TEXT_PEER,
	TEXT_FAILURE,
	TEXT_IP4,
	TEXT_N,
} ServiceText;

/* A call that changes something: it waits for the word that its caller may. */
struct BusServiceCall {
	BusService *service;
	BusRequest *request;
	void (*act)(BusService *service, BusRequest *request); /* takes the request */
};

struct BusService {
	const BusServiceEvents *events;
	void *data;
	BusObject *object;
	GPtrArray *waiting;   /* of BusRequest: Start not answered yet */
	GPtrArray *resetting; /* the same of Reset */
	GPtrArray *unlocking; /* the same of Unlock */
	char *texts[TEXT_N];
	uint8_t ssid[WIFI_SSID_MAX];
	size_t ssid_len;
	uint32_t security;
	const char *lockout;
	uint32_t wrong;
	int64_t lockout_until_us;
};

/* Every method goes through here before it does anything. */
static void guard(BusService *service, BusRequest *request,
		  void (*act)(BusService *service, BusRequest *request))
{
	BusServiceCall *call = g_new(BusServiceCall, 1);

	*call = (BusServiceCall){ service, request, act };
	service->events->authorize(call, bus_request_sender(request),
				   bus_request_interactive(request), service->data);
}

void bus_service_decided(BusServiceCall *call, const GError *error)
{
	g_autofree BusServiceCall *taken = call;

	if (error)
		bus_request_fail(taken->request, error);
	else
		taken->act(taken->service, taken->request);
}

static void start_act(BusService *service, BusRequest *request)
{
	g_ptr_array_add(service->waiting, request);
	service->events->start(service->data);
}

static void start_handle(BusRequest *request, void *user_data)
{
	guard(user_data, request, start_act);
}

static void stop_act(BusService *service, BusRequest *request)
{
	bus_request_reply(request);
	service->events->stop(service->data);
}

static void stop_handle(BusRequest *request, void *user_data)
{
	guard(user_data, request, stop_act);
}

static void reset_act(BusService *service, BusRequest *request)
{
	g_ptr_array_add(service->resetting, request);
	service->events->reset(service->data);
}

static void reset_handle(BusRequest *request, void *user_data)
{
	guard(user_data, request, reset_act);
}

static void unlock_act(BusService *service, BusRequest *request)
{
	g_ptr_array_add(service->unlocking, request);
	service->events->unlock(service->data);
}

static void unlock_handle(BusRequest *request, void *user_data)
{
	guard(user_data, request, unlock_act);
}

static void write_text(BusWriter *value, const void *user_data, ServiceText text)
{
	const BusService *service = user_data;

	bus_writer_string(value, service->texts[text]);
}

static void state_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_STATE);
}

static void progress_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_PROGRESS);
}

static void name_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_NAME);
}

static void adapter_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_ADAPTER);
}

static void interface_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_INTERFACE);
}

static void backend_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_BACKEND);
}

static void peer_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_PEER);
}

static void failure_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_FAILURE);
}

static void ip4_get(BusWriter *value, void *user_data)
{
	write_text(value, user_data, TEXT_IP4);
}

static void security_get(BusWriter *value, void *user_data)
{
	const BusService *service = user_data;

	bus_writer_u32(value, service->security);
}

static void ssid_get(BusWriter *value, void *user_data)
{
	const BusService *service = user_data;

	bus_writer_bytes(value, service->ssid, service->ssid_len);
}

/* The wait is told as it is at this moment, not as it was when it changed. */
static void lockout_get(BusWriter *value, void *user_data)
{
	const BusService *service = user_data;
	int64_t wait_us = service->lockout_until_us - g_get_monotonic_time();

	bus_writer_open(value, "(suu)");
	bus_writer_string(value, service->lockout);
	bus_writer_u32(value, service->wrong);
	bus_writer_u32(value, (uint32_t)((MAX(wait_us, 0) + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC));
	bus_writer_close(value);
}

static const BusMethod methods[] = {
	{ "Start", "", "", start_handle, NULL }, { "Stop", "", "", stop_handle, NULL },
	{ "Reset", "", "", reset_handle, NULL }, { "Unlock", "", "", unlock_handle, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusProperty properties[] = {
	{ "State", "s", state_get, NULL, NULL, 0 },
	{ "Progress", "s", progress_get, NULL, NULL, 0 },
	{ "Name", "s", name_get, NULL, NULL, 0 },
	{ "Adapter", "s", adapter_get, NULL, NULL, 0 },
	{ "Interface", "s", interface_get, NULL, NULL, 0 },
	{ "Backend", "s", backend_get, NULL, NULL, 0 },
	{ "Security", "u", security_get, NULL, NULL, 0 },
	{ "Peer", "s", peer_get, NULL, NULL, 0 },
	{ "Failure", "s", failure_get, NULL, NULL, 0 },
	{ "Ssid", "ay", ssid_get, NULL, NULL, 0 },
	{ "Ip4Address", "s", ip4_get, NULL, NULL, 0 },
	{ "Lockout", "(suu)", lockout_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusErrorName errors[] = {
	{ landfall_error_quark, LANDFALL_ERROR_ADAPTER, "io.landfall.Error.AdapterMissing" },
	{ landfall_error_quark, LANDFALL_ERROR_WIFI, "io.landfall.Error.WifiMissing" },
	{ landfall_error_quark, LANDFALL_ERROR_CANCELLED, "io.landfall.Error.Cancelled" },
	{ landfall_error_quark, LANDFALL_ERROR_FAILED, "io.landfall.Error.Failed" },
	{ NULL, 0, NULL },
};

static const BusInterface service_interface = { BUS_SERVICE_NAME, methods, properties, NULL,
						errors };

BusService *bus_service_new(Bus *bus, const BusServiceEvents *events, void *data, GError **error)
{
	static const BusInterface *const interfaces[] = { &service_interface, NULL };
	g_autoptr(BusService) service = g_new0(BusService, 1);

	service->events = events;
	service->data = data;
	service->waiting = g_ptr_array_new();
	service->resetting = g_ptr_array_new();
	service->unlocking = g_ptr_array_new();
	service->object = bus_object_register(bus, BUS_SERVICE_PATH, interfaces, service, error);
	return service->object ? g_steal_pointer(&service) : NULL;
}

void bus_service_free(BusService *service)
{
	g_autoptr(GError) error = NULL;

	if (!service)
		return;
	error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
				    "the provisioner ends");
	bus_service_started(service, error);
	bus_service_reset_done(service, error);
	bus_service_unlocked(service, error);
	bus_object_free(service->object);
	g_ptr_array_unref(service->waiting);
	g_ptr_array_unref(service->resetting);
	g_ptr_array_unref(service->unlocking);
	for (int i = 0; i < TEXT_N; i++)
		g_free(service->texts[i]);
	g_free(service);
}

static void update_text(BusService *service, ServiceText text, const char *property,
			const char *value)
{
	if (g_strcmp0(service->texts[text], value) == 0)
		return;
	g_free(service->texts[text]);
	service->texts[text] = g_strdup(value);
	bus_object_changed(service->object, BUS_SERVICE_NAME, property);
}

static void update_ssid(BusService *service, const BusServiceStatus *status)
{
	if (service->ssid_len == status->ssid_len &&
	    memcmp(service->ssid, status->ssid, status->ssid_len) == 0)
		return;
	memcpy(service->ssid, status->ssid, status->ssid_len);
	service->ssid_len = status->ssid_len;
	bus_object_changed(service->object, BUS_SERVICE_NAME, "Ssid");
}

static void update_lockout(BusService *service, const BusServiceStatus *status)
{
	if (g_strcmp0(service->lockout, status->lockout) == 0 && service->wrong == status->wrong &&
	    service->lockout_until_us == status->lockout_until_us)
		return;
	service->lockout = status->lockout;
	service->wrong = status->wrong;
	service->lockout_until_us = status->lockout_until_us;
	bus_object_changed(service->object, BUS_SERVICE_NAME, "Lockout");
}

void bus_service_update(BusService *service, const BusServiceStatus *status)
{
	update_text(service, TEXT_STATE, "State", status->state);
	update_text(service, TEXT_PROGRESS, "Progress", status->progress);
	update_text(service, TEXT_NAME, "Name", status->name);
	update_text(service, TEXT_ADAPTER, "Adapter", status->adapter);
	update_text(service, TEXT_INTERFACE, "Interface", status->interface);
	update_text(service, TEXT_BACKEND, "Backend", status->backend);
	update_text(service, TEXT_PEER, "Peer", status->peer);
	update_text(service, TEXT_FAILURE, "Failure", status->failure);
	update_text(service, TEXT_IP4, "Ip4Address", status->ip4);
	update_ssid(service, status);
	update_lockout(service, status);
	if (service->security != status->security) {
		service->security = status->security;
		bus_object_changed(service->object, BUS_SERVICE_NAME, "Security");
	}
}

static void answer_all(GPtrArray *requests, const GError *error)
{
	while (requests->len > 0) {
		BusRequest *request = g_ptr_array_steal_index(requests, 0);

		if (error)
			bus_request_fail(request, error);
		else
			bus_request_reply(request);
	}
}

void bus_service_started(BusService *service, const GError *error)
{
	answer_all(service->waiting, error);
}

void bus_service_reset_done(BusService *service, const GError *error)
{
	answer_all(service->resetting, error);
}

void bus_service_unlocked(BusService *service, const GError *error)
{
	answer_all(service->unlocking, error);
}
