/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include "common/error.h"

struct BusName {
	Bus *bus; /* counted */
	char *name;
	BusMatch *lost;
	BusCall *call;
	bool owned;
	BusNameFunc func;
	void *user_data;
};

struct BusNameWatch {
	Bus *bus; /* counted */
	char *name;
	BusMatch *changed;
	BusCall *call;
	char *owner;
	bool known;        /* func was told something */
	unsigned int held; /* inside func: freeing waits */
	bool freed;
	BusOwnerFunc func;
	void *user_data;
};

static BusMessage *driver_call(const char *member, const char *name)
{
	BusMessage *call = bus_message_new_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
						DBUS_INTERFACE_DBUS, member);

	bus_writer_string(bus_message_writer(call), name);
	return call;
}

static void name_fail(BusName *name, const char *why)
{
	g_autoptr(GError) error =
		g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_BUS, "bus name %s: %s", name->name, why);

	name->owned = false;
	name->func(name, error, name->user_data);
}

static void name_on_reply(BusReply *reply, void *user_data)
{
	BusName *name = user_data;
	g_autoptr(GError) error = NULL;

	name->call = NULL;
	if (!bus_reply_expect(reply, "u", &error)) {
		if (!g_error_matches(error, BUS_ERROR, BUS_ERROR_DISCONNECTED))
			name_fail(name, error->message);
		return;
	}
	switch (bus_reader_u32(bus_reply_reader(reply))) {
	case DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER:
	case DBUS_REQUEST_NAME_REPLY_ALREADY_OWNER:
		name->owned = true;
		name->func(name, NULL, name->user_data);
		break;
	default: name_fail(name, "another process has it");
	}
}

static void name_on_lost(BusMessage *signal, void *user_data)
{
	BusName *name = user_data;

	if (name->owned)
		name_fail(name, "another process took it");
}

BusName *bus_name_request(Bus *bus, const char *name, unsigned int flags, BusNameFunc func,
			  void *user_data)
{
	BusName *handle = g_new0(BusName, 1);
	BusMessage *call = driver_call("RequestName", name);
	const BusMatchRule rule = { .sender = DBUS_SERVICE_DBUS,
				    .interface = DBUS_INTERFACE_DBUS,
				    .member = "NameLost",
				    .arg0 = name };

	handle->bus = bus_ref(bus);
	handle->name = g_strdup(name);
	handle->func = func;
	handle->user_data = user_data;
	handle->lost = bus_match_new(bus, &rule, name_on_lost, handle);
	bus_writer_u32(
		bus_message_writer(call),
		DBUS_NAME_FLAG_DO_NOT_QUEUE |
			(flags & BUS_NAME_REPLACEABLE ? DBUS_NAME_FLAG_ALLOW_REPLACEMENT : 0) |
			(flags & BUS_NAME_REPLACE ? DBUS_NAME_FLAG_REPLACE_EXISTING : 0));
	handle->call = bus_call_start(bus, call, BUS_TIMEOUT_DEFAULT, name_on_reply, handle);
	return handle;
}

bool bus_name_owned(const BusName *name)
{
	return name->owned && name->bus->connection;
}

void bus_name_free(BusName *name)
{
	if (!name)
		return;
	if (name->call || name->owned)
		bus_message_send(name->bus, driver_call("ReleaseName", name->name));
	bus_call_cancel(name->call);
	bus_match_free(name->lost);
	bus_unref(name->bus);
	g_free(name->name);
	g_free(name);
}

static void watch_destroy(BusNameWatch *watch)
{
	bus_unref(watch->bus);
	g_free(watch->name);
	g_free(watch->owner);
	g_free(watch);
}

/* Tells the owner once; false when the watch is gone after that. */
static bool watch_tell(BusNameWatch *watch, const char *owner)
{
	g_free(watch->owner);
	watch->owner = g_strdup(owner);
	watch->known = true;
	watch->held++;
	watch->func(watch->owner, watch->user_data);
	watch->held--;
	if (watch->freed)
		watch_destroy(watch);
	else
		return true;
	return false;
}

static void watch_set(BusNameWatch *watch, const char *owner)
{
	if (watch->known && g_strcmp0(watch->owner, owner) == 0)
		return;
	if (watch->owner && owner && !watch_tell(watch, NULL))
		return;
	watch_tell(watch, owner);
}

static void watch_on_reply(BusReply *reply, void *user_data)
{
	BusNameWatch *watch = user_data;
	bool answered = bus_reply_expect(reply, "s", NULL);

	watch->call = NULL;
	watch_set(watch, answered ? bus_reader_string(bus_reply_reader(reply)) : NULL);
}

static void watch_on_changed(BusMessage *signal, void *user_data)
{
	BusNameWatch *watch = user_data;
	BusReader *reader = bus_message_reader(signal);

	bus_reader_skip(reader); /* the name: it matched */
	bus_reader_skip(reader); /* the owner so far */

	const char *owner = bus_reader_string(reader);

	if (bus_reader_ok(reader))
		watch_set(watch, *owner ? owner : NULL);
}

BusNameWatch *bus_name_watch(Bus *bus, const char *name, BusOwnerFunc func, void *user_data)
{
	BusNameWatch *watch = g_new0(BusNameWatch, 1);
	const BusMatchRule rule = { .sender = DBUS_SERVICE_DBUS,
				    .path = DBUS_PATH_DBUS,
				    .interface = DBUS_INTERFACE_DBUS,
				    .member = "NameOwnerChanged",
				    .arg0 = name };

	watch->bus = bus_ref(bus);
	watch->name = g_strdup(name);
	watch->func = func;
	watch->user_data = user_data;
	watch->changed = bus_match_new(bus, &rule, watch_on_changed, watch);
	watch->call = bus_call_start(bus, driver_call("GetNameOwner", name), BUS_TIMEOUT_DEFAULT,
				     watch_on_reply, watch);
	return watch;
}

void bus_name_unwatch(BusNameWatch *watch)
{
	if (!watch)
		return;
	g_clear_pointer(&watch->call, bus_call_cancel);
	g_clear_pointer(&watch->changed, bus_match_free);
	watch->freed = true;
	if (!watch->held)
		watch_destroy(watch);
}
