/* SPDX-License-Identifier: MIT */
/*
 * bus-object - which handler a call goes to, and property changes on their way out
 */
#include "dbus/bus-private.h"

#include <string.h>

#define INTERFACES_MAX 8

bool bus_path_below(const char *path, const char *root)
{
	size_t len = g_str_equal(root, "/") ? 0 : strlen(root);

	return strncmp(path, root, len) == 0 && path[len] == '/' && path[len + 1] != '\0';
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
	const BusObject *const *first = a;
	const BusObject *const *second = b;

	return strcmp((*first)->path, (*second)->path);
}

GPtrArray *bus_object_list(Bus *bus, const char *root)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer object;

	g_hash_table_iter_init(&iter, bus->objects);
	while (g_hash_table_iter_next(&iter, NULL, &object)) {
		if (bus_path_below(((BusObject *)object)->path, root))
			g_ptr_array_add(list, object);
	}
	g_ptr_array_sort(list, compare_paths);
	return list;
}

static guint count_interfaces(const BusInterface *const *interfaces)
{
	guint count = 0;

	while (interfaces[count])
		count++;
	g_assert(count <= INTERFACES_MAX);
	return count;
}

BusObject *bus_object_register(Bus *bus, const char *path, const BusInterface *const *interfaces,
			       void *user_data, GError **error)
{
	if (!bus->connection) {
		g_set_error(error, BUS_ERROR, BUS_ERROR_DISCONNECTED, "%s: no message bus", path);
		return NULL;
	}
	if (!dbus_validate_path(path, NULL)) {
		g_set_error(error, BUS_ERROR, BUS_ERROR_INVALID, "\"%s\" is no object path", path);
		return NULL;
	}
	if (g_hash_table_contains(bus->objects, path)) {
		g_set_error(error, BUS_ERROR, BUS_ERROR_EXISTS, "%s is registered already", path);
		return NULL;
	}

	BusObject *object = g_new0(BusObject, 1);

	object->bus = bus_ref(bus);
	object->path = g_strdup(path);
	object->interfaces = interfaces;
	object->user_data = user_data;
	object->changed = g_new0(uint64_t, count_interfaces(interfaces) + 1);
	g_hash_table_insert(bus->objects, object->path, object);
	bus_standard_announce(object, true);
	return object;
}

void bus_object_free(BusObject *object)
{
	if (!object)
		return;
	/* Its getters may not run any more: the owner may be half gone. */
	g_ptr_array_remove(object->bus->dirty, object);
	g_hash_table_remove(object->bus->objects, object->path);
	bus_standard_announce(object, false);
	bus_unref(object->bus);
	g_free(object->path);
	g_free(object->changed);
	g_free(object);
}

const char *bus_object_path(const BusObject *object)
{
	return object->path;
}

/* Index of the interface, -1 when the object has no such. */
static int interface_index(const BusObject *object, const char *name)
{
	for (int i = 0; object->interfaces[i]; i++) {
		if (g_str_equal(object->interfaces[i]->name, name))
			return i;
	}
	return -1;
}

static int property_index(const BusInterface *interface, const char *name)
{
	for (int i = 0; interface->properties && interface->properties[i].name; i++) {
		if (g_str_equal(interface->properties[i].name, name))
			return i;
	}
	return -1;
}

void bus_object_changed(BusObject *object, const char *interface, const char *property)
{
	int i = interface_index(object, interface);
	int k = i < 0 ? -1 : property_index(object->interfaces[i], property);

	if (k < 0 || k >= BUS_PROPERTIES_MAX) {
		g_critical("%s has no property %s.%s", object->path, interface, property);
		return;
	}
	object->changed[i] |= UINT64_C(1) << k;
	if (!g_ptr_array_find(object->bus->dirty, object, NULL))
		g_ptr_array_add(object->bus->dirty, object);
}

static void object_send_changes(BusObject *object)
{
	for (int i = 0; object->interfaces[i]; i++) {
		uint64_t mask = object->changed[i];

		object->changed[i] = 0;
		if (!mask)
			continue;

		g_autoptr(BusMessage) signal =
			bus_standard_changed(object, object->interfaces[i], mask);

		if (bus_message_complete(signal))
			bus_send_now(object->bus, signal->message);
	}
}

void bus_object_flush(Bus *bus)
{
	/* What getters mark meanwhile has to wait for the next time. */
	for (guint left = bus->dirty->len; left > 0 && bus->dirty->len > 0; left--)
		object_send_changes(g_ptr_array_steal_index(bus->dirty, 0));
}

BusMessage *bus_object_signal(BusObject *object, const char *interface, const char *signal)
{
	int i = interface_index(object, interface);
	const BusSignal *row = i < 0 ? NULL : object->interfaces[i]->signals;

	while (row && row->name && !g_str_equal(row->name, signal))
		row++;
	if (row && row->name)
		return bus_message_new_signal(object->path, interface, signal, row->signature);
	g_critical("%s has no signal %s.%s", object->path, interface, signal);

	BusMessage *message =
		bus_message_new_signal(object->path, "io.landfall.Invalid", "None", "");

	message->invalid = true;
	return message;
}

void bus_object_emit(BusObject *object, BusMessage *message)
{
	g_autoptr(BusMessage) taken = message;

	if (bus_message_complete(taken))
		bus_send_raw(object->bus, taken->message);
}

/* Where a call goes. */
typedef struct Target {
	const BusInterface *interface; /* NULL: no such interface */
	const BusMethod *method;       /* NULL: no such method */
} Target;

/* Looks in one list; a call may leave its interface open. False: go on with the next list. */
static bool target_find(const BusInterface *const *interfaces, DBusMessage *message, Target *target)
{
	const char *wanted = dbus_message_get_interface(message);

	for (; *interfaces; interfaces++) {
		const BusMethod *method = (*interfaces)->methods;

		if (wanted && !g_str_equal((*interfaces)->name, wanted))
			continue;
		target->interface = *interfaces;
		while (method && method->name && !dbus_message_has_member(message, method->name))
			method++;
		if (method && method->name) {
			target->method = method;
			return true;
		}
	}
	return false;
}

static void dispatch_to(Bus *bus, DBusMessage *message, BusObject *object, const Target *target)
{
	const BusMethod *method = target->method;
	BusRequest *request;

	if (!dbus_message_has_signature(message, method->in)) {
		g_autofree char *text =
			g_strdup_printf("%s takes \"%s\", not \"%s\"", method->name, method->in,
					dbus_message_get_signature(message));

		bus_reply_error_raw(bus, message, DBUS_ERROR_INVALID_ARGS, text);
		return;
	}
	request = bus_request_new(bus, message, target->interface, method);
	if (request)
		method->handler(request, bus_standard_is_internal(target->interface)
						 ? (void *)object
						 : object->user_data);
}

/* Paths on the way to an object can be introspected, and nothing else. */
static bool path_is_known(Bus *bus, const char *path, const BusObject *object)
{
	if (object)
		return true;

	g_autoptr(GPtrArray) below = bus_object_list(bus, path);

	return below->len > 0;
}

void bus_object_dispatch(Bus *bus, DBusMessage *message)
{
	const char *path = dbus_message_get_path(message);
	BusObject *object = g_hash_table_lookup(bus->objects, path);
	Target target = { NULL, NULL };

	if (!path_is_known(bus, path, object)) {
		bus_reply_error_raw(bus, message, DBUS_ERROR_UNKNOWN_OBJECT, "no such object");
		return;
	}
	if ((object && target_find(object->interfaces, message, &target)) ||
	    target_find(object ? bus_standard_interfaces : bus_standard_ancestor_interfaces,
			message, &target))
		dispatch_to(bus, message, object, &target);
	else if (dbus_message_get_interface(message) && !target.interface)
		bus_reply_error_raw(bus, message, DBUS_ERROR_UNKNOWN_INTERFACE,
				    "no such interface");
	else
		bus_reply_error_raw(bus, message, DBUS_ERROR_UNKNOWN_METHOD, "no such method");
}
