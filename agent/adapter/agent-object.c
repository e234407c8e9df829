/* SPDX-License-Identifier: MIT */
#include "agent/adapter/agent-object.h"

#include "agent/core/announce.h"
#include "common/error.h"
#include "dbus/bus-object.h"

struct AgentObject {
	BusAuthority *authority;
	const Control *control;
	void *data;
	BusObject *object;
	Announce *announce;
	guint timer; /* until more may be announced */
};

/* --- methods --- */

/* Carries a request out; it is answered by what this says. */
typedef bool (*Act)(AgentObject *object, BusRequest *request, GError **error);

/* A call that waits for the word that its caller may. */
typedef struct Guarded {
	AgentObject *object;
	BusRequest *request;
	Act act;
} Guarded;

static void on_decided(const GError *refusal, void *data)
{
	g_autofree Guarded *guarded = data;
	g_autoptr(GError) error = NULL;

	if (refusal)
		bus_request_fail(guarded->request, refusal);
	else if (guarded->act(guarded->object, guarded->request, &error))
		bus_request_reply(guarded->request);
	else
		bus_request_fail(guarded->request, error);
}

static void guard(BusRequest *request, AgentObject *object, Act act)
{
	Guarded *guarded = g_new(Guarded, 1);

	*guarded = (Guarded){ object, request, act };
	bus_authority_check(object->authority, bus_request_sender(request),
			    bus_request_interactive(request), on_decided, guarded);
}

static bool publish_now_act(AgentObject *object, BusRequest *request, GError **error)
{
	return object->control->publish_now(object->data, error);
}

static void publish_now_handle(BusRequest *request, void *user_data)
{
	guard(request, user_data, publish_now_act);
}

static bool reload_act(AgentObject *object, BusRequest *request, GError **error)
{
	return object->control->reload(object->data, error);
}

static void reload_handle(BusRequest *request, void *user_data)
{
	guard(request, user_data, reload_act);
}

static bool identify_act(AgentObject *object, BusRequest *request, GError **error)
{
	uint32_t seconds = bus_reader_u32(bus_request_args(request));

	return object->control->identify(seconds, object->data, error);
}

static void identify_handle(BusRequest *request, void *user_data)
{
	guard(request, user_data, identify_act);
}

/* --- properties --- */

static AgentStatus status_now(const AgentObject *object)
{
	AgentStatus status;

	object->control->status(&status, object->data);
	return status;
}

static void state_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, uplink_state_name(status_now(user_data).state));
}

static void alarm_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, expiry_alarm_name(status_now(user_data).alarm));
}

static void advice_get(BusWriter *value, void *user_data)
{
	AgentStatus status = status_now(user_data);

	bus_writer_string(value, status_advice(&status));
}

static void enrolment_get(BusWriter *value, void *user_data)
{
	bus_writer_string(value, enrol_state_name(status_now(user_data).enrolment));
}

#define PROPERTY(member, writer)                                                                   \
	static void member##_get(BusWriter *value, void *user_data)                                \
	{                                                                                          \
		writer(value, status_now(user_data).member);                                       \
	}

PROPERTY(last_error, bus_writer_string)
PROPERTY(broker, bus_writer_string)
PROPERTY(client_id, bus_writer_string)
PROPERTY(common_name, bus_writer_string)
PROPERTY(generation, bus_writer_u32)
PROPERTY(not_before, bus_writer_i64)
PROPERTY(not_after, bus_writer_i64)
PROPERTY(renewal_error, bus_writer_string)
PROPERTY(enrolment_error, bus_writer_string)
PROPERTY(last_publish_ms, bus_writer_i64)
PROPERTY(connects, bus_writer_u64)
PROPERTY(waiting, bus_writer_u64)
PROPERTY(bytes, bus_writer_u64)
PROPERTY(limit, bus_writer_u64)
PROPERTY(accepted, bus_writer_u64)
PROPERTY(delivered, bus_writer_u64)
PROPERTY(dropped, bus_writer_u64)
PROPERTY(spool_refusal, bus_writer_string)

static const BusProperty properties[] = {
	{ "State", "s", state_get, NULL, NULL, 0 },
	{ "LastError", "s", last_error_get, NULL, NULL, 0 },
	{ "Advice", "s", advice_get, NULL, NULL, 0 },
	{ "Broker", "s", broker_get, NULL, NULL, 0 },
	{ "ClientId", "s", client_id_get, NULL, NULL, 0 },
	{ "Generation", "u", generation_get, NULL, NULL, 0 },
	{ "CommonName", "s", common_name_get, NULL, NULL, 0 },
	{ "CertificateNotBefore", "x", not_before_get, NULL, NULL, 0 },
	{ "CertificateNotAfter", "x", not_after_get, NULL, NULL, 0 },
	{ "CertificateAlarm", "s", alarm_get, NULL, NULL, 0 },
	{ "RenewalError", "s", renewal_error_get, NULL, NULL, 0 },
	{ "Enrolment", "s", enrolment_get, NULL, NULL, 0 },
	{ "EnrolmentError", "s", enrolment_error_get, NULL, NULL, 0 },
	{ "LastPublish", "x", last_publish_ms_get, NULL, NULL, 0 },
	{ "Connects", "t", connects_get, NULL, NULL, 0 },
	{ "SpoolWaiting", "t", waiting_get, NULL, NULL, 0 },
	{ "SpoolBytes", "t", bytes_get, NULL, NULL, 0 },
	{ "SpoolLimit", "t", limit_get, NULL, NULL, BUS_PROPERTY_CONST },
	{ "SpoolAccepted", "t", accepted_get, NULL, NULL, 0 },
	{ "SpoolDelivered", "t", delivered_get, NULL, NULL, 0 },
	{ "SpoolDropped", "t", dropped_get, NULL, NULL, 0 },
	{ "SpoolRefusal", "s", spool_refusal_get, NULL, NULL, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0 },
};

static const BusMethod methods[] = {
	{ "PublishNow", "", "", publish_now_handle, NULL },
	{ "Reload", "", "", reload_handle, NULL },
	{ "Identify", "u", "", identify_handle, "seconds" },
	{ NULL, NULL, NULL, NULL, NULL },
};

static const BusErrorName errors[] = {
	{ landfall_error_quark, LANDFALL_ERROR_CONFIG, "io.landfall.Error.Configuration" },
	{ landfall_error_quark, LANDFALL_ERROR_INVALID, "io.landfall.Error.Invalid" },
	{ landfall_error_quark, LANDFALL_ERROR_UNAVAILABLE, "io.landfall.Error.Unavailable" },
	{ landfall_error_quark, LANDFALL_ERROR_CANCELLED, "io.landfall.Error.Cancelled" },
	{ landfall_error_quark, LANDFALL_ERROR_FAILED, "io.landfall.Error.Failed" },
	{ NULL, 0, NULL },
};

static const BusInterface agent_interface = { AGENT_OBJECT_NAME, methods, properties, NULL,
					      errors };

/* --- changes --- */

static void on_announce(const char *property, void *data)
{
	const AgentObject *object = data;

	bus_object_changed(object->object, AGENT_OBJECT_NAME, property);
}

static void look(AgentObject *object);

static gboolean on_timer(gpointer data)
{
	AgentObject *object = data;

	object->timer = 0;
	look(object);
	return G_SOURCE_REMOVE;
}

static void look(AgentObject *object)
{
	AgentStatus status = status_now(object);
	int64_t now_us = g_get_monotonic_time();
	int64_t due_us = announce_step(object->announce, &status, now_us, on_announce, object);

	if (object->timer)
		g_source_remove(object->timer);
	object->timer = 0;
	if (due_us < G_MAXINT64)
		object->timer =
			g_timeout_add((guint)((due_us - now_us) / 1000) + 1, on_timer, object);
}

void agent_object_changed(AgentObject *object, bool words)
{
	if (words || !object->timer)
		look(object);
}

AgentObject *agent_object_new(Bus *bus, BusAuthority *authority, const Control *control, void *data,
			      GError **error)
{
	static const BusInterface *const interfaces[] = { &agent_interface, NULL };
	g_autoptr(AgentObject) object = g_new0(AgentObject, 1);

	object->authority = authority;
	object->control = control;
	object->data = data;

	AgentStatus status = status_now(object);

	object->announce = announce_new(&status);
	object->object = bus_object_register(bus, AGENT_OBJECT_PATH, interfaces, object, error);
	return object->object ? g_steal_pointer(&object) : NULL;
}

void agent_object_free(AgentObject *object)
{
	if (!object)
		return;
	if (object->timer)
		g_source_remove(object->timer);
	bus_object_free(object->object);
	announce_free(object->announce);
	g_free(object);
}
