/* SPDX-License-Identifier: MIT */
/*
 * bus-standard - what every object has besides its own interfaces, itself made of tables
 *
 * Source: D-Bus Specification, Standard Interfaces
 */
#include "dbus/bus-private.h"

static bool property_is_there(const BusObject *object, const BusProperty *property)
{
	return !property->exists || property->exists(object->user_data);
}

/* Writes one property as a variant. */
static void write_value(BusWriter *writer, const BusObject *object, const BusProperty *property)
{
	bus_writer_open_variant(writer, property->type);
	property->get(writer, object->user_data);
	bus_writer_close(writer);
}

/* Writes "name": variant, in an open a{sv}. */
static void write_property(BusWriter *writer, const BusObject *object, const BusProperty *property)
{
	bus_writer_open(writer, "{sv}");
	bus_writer_string(writer, property->name);
	write_value(writer, object, property);
	bus_writer_close(writer);
}

/* Writes all readable properties of one interface into an open a{sv}. */
static void write_properties(BusWriter *writer, const BusObject *object,
			     const BusInterface *interface)
{
	const BusProperty *property = interface->properties;

	for (; property && property->name; property++) {
		if (property->get && property_is_there(object, property))
			write_property(writer, object, property);
	}
}

/* Writes the a{sa{sv}} of one object. */
static void write_interfaces(BusWriter *writer, const BusObject *object)
{
	bus_writer_open(writer, "a{sa{sv}}");
	for (int i = 0; object->interfaces[i]; i++) {
		bus_writer_open(writer, "{sa{sv}}");
		bus_writer_string(writer, object->interfaces[i]->name);
		bus_writer_open(writer, "a{sv}");
		write_properties(writer, object, object->interfaces[i]);
		bus_writer_close(writer);
		bus_writer_close(writer);
	}
	bus_writer_close(writer);
}

static void introspect_handle(BusRequest *request, void *user_data)
{
	g_autofree char *xml =
		bus_introspect(bus_request_bus(request), bus_request_path(request), user_data);

	bus_writer_string(bus_request_writer(request), xml);
	bus_request_reply(request);
}

/* A property by name; an empty interface means any.
 * @interface: whose it is, or the interface named even if the property is unknown, else NULL */
static const BusProperty *find_property(const BusObject *object, const char *interface_name,
					const char *name, const BusInterface **interface)
{
	*interface = NULL;
	for (int i = 0; object->interfaces[i]; i++) {
		const BusProperty *property = object->interfaces[i]->properties;

		if (*interface_name && !g_str_equal(object->interfaces[i]->name, interface_name))
			continue;
		*interface = object->interfaces[i];
		while (property && property->name && !g_str_equal(property->name, name))
			property++;
		if (property && property->name && property_is_there(object, property))
			return property;
	}
	return NULL;
}

/* Reads interface and property name; NULL when the request was failed. */
static const BusProperty *request_property(BusRequest *request, const BusObject *object,
					   const BusInterface **interface)
{
	const char *interface_name = bus_reader_string(bus_request_args(request));
	const char *name = bus_reader_string(bus_request_args(request));
	const BusProperty *property = find_property(object, interface_name, name, interface);

	if (property)
		return property;
	if (*interface)
		bus_request_fail_name(request, DBUS_ERROR_UNKNOWN_PROPERTY, "no such property");
	else
		bus_request_fail_name(request, DBUS_ERROR_UNKNOWN_INTERFACE, "no such interface");
	return NULL;
}

static void get_handle(BusRequest *request, void *user_data)
{
	const BusObject *object = user_data;
	const BusInterface *interface;
	const BusProperty *property = request_property(request, object, &interface);

	if (!property)
		return;
	if (!property->get) {
		bus_request_fail_name(request, DBUS_ERROR_ACCESS_DENIED,
				      "the property is write-only");
		return;
	}
	write_value(bus_request_writer(request), object, property);
	bus_request_reply(request);
}

static void set_handle(BusRequest *request, void *user_data)
{
	const BusObject *object = user_data;
	const BusInterface *interface;
	const BusProperty *property = request_property(request, object, &interface);
	BusReader *reader;
	g_autoptr(GError) error = NULL;

	if (!property)
		return;
	if (!property->set) {
		bus_request_fail_name(request, DBUS_ERROR_PROPERTY_READ_ONLY,
				      "the property is read-only");
		return;
	}
	reader = bus_request_args(request);
	bus_reader_enter(reader, "v");
	if (!bus_reader_has(reader, property->type)) {
		g_autofree char *text =
			g_strdup_printf("%s is of type \"%s\"", property->name, property->type);

		bus_request_fail_name(request, DBUS_ERROR_INVALID_ARGS, text);
		return;
	}
	bus_request_set_errors(request, interface->errors);
	if (property->set(reader, object->user_data, &error))
		bus_request_reply(request);
	else
		bus_request_fail(request, error);
}

static void get_all_handle(BusRequest *request, void *user_data)
{
	const BusObject *object = user_data;
	const char *name = bus_reader_string(bus_request_args(request));
	BusWriter *writer = bus_request_writer(request);

	/* An interface we do not have has no properties: standard ones are asked for, too. */
	bus_writer_open(writer, "a{sv}");
	for (int i = 0; object->interfaces[i]; i++) {
		if (!*name || g_str_equal(object->interfaces[i]->name, name))
			write_properties(writer, object, object->interfaces[i]);
	}
	bus_writer_close(writer);
	bus_request_reply(request);
}

BusMessage *bus_standard_changed(const BusObject *object, const BusInterface *interface,
				 uint64_t mask)
{
	BusMessage *signal = bus_message_new_signal(object->path, DBUS_INTERFACE_PROPERTIES,
						    "PropertiesChanged", "sa{sv}as");
	BusWriter *writer = bus_message_writer(signal);
	g_autoptr(GPtrArray) invalid = g_ptr_array_new();

	bus_writer_string(writer, interface->name);
	bus_writer_open(writer, "a{sv}");
	for (const BusProperty *property = interface->properties; mask; mask >>= 1, property++) {
		if (!(mask & 1))
			continue;
		if (property->get && !(property->flags & BUS_PROPERTY_INVALIDATES) &&
		    property_is_there(object, property))
			write_property(writer, object, property);
		else
			g_ptr_array_add(invalid, (gpointer)property->name);
	}
	bus_writer_close(writer);
	g_ptr_array_add(invalid, NULL);
	bus_writer_strings(writer, (const char *const *)invalid->pdata);
	return signal;
}

static void managed_objects_handle(BusRequest *request, void *user_data)
{
	g_autoptr(GPtrArray) below =
		bus_object_list(bus_request_bus(request), bus_request_path(request));
	BusWriter *writer = bus_request_writer(request);

	bus_writer_open(writer, "a{oa{sa{sv}}}");
	for (guint i = 0; i < below->len; i++) {
		const BusObject *object = g_ptr_array_index(below, i);

		bus_writer_open(writer, "{oa{sa{sv}}}");
		bus_writer_path(writer, object->path);
		write_interfaces(writer, object);
		bus_writer_close(writer);
	}
	bus_writer_close(writer);
	bus_request_reply(request);
}

static bool is_manager(const BusObject *object)
{
	for (int i = 0; object->interfaces[i]; i++) {
		if (object->interfaces[i] == &bus_object_manager)
			return true;
	}
	return false;
}

static void announce_from(const BusObject *manager, const BusObject *object, bool added)
{
	g_autoptr(BusMessage) signal = bus_message_new_signal(
		manager->path, BUS_INTERFACE_OBJECTS,
		added ? "InterfacesAdded" : "InterfacesRemoved", added ? "oa{sa{sv}}" : "oas");
	BusWriter *writer = bus_message_writer(signal);

	bus_writer_path(writer, object->path);
	if (added) {
		write_interfaces(writer, object);
	} else {
		bus_writer_open(writer, "as");
		for (int i = 0; object->interfaces[i]; i++)
			bus_writer_string(writer, object->interfaces[i]->name);
		bus_writer_close(writer);
	}
	if (bus_message_complete(signal))
		bus_send_raw(object->bus, signal->message);
}

void bus_standard_announce(const BusObject *object, bool added)
{
	GHashTableIter iter;
	gpointer manager;

	g_hash_table_iter_init(&iter, object->bus->objects);
	while (g_hash_table_iter_next(&iter, NULL, &manager)) {
		if (is_manager(manager) &&
		    bus_path_below(object->path, ((BusObject *)manager)->path))
			announce_from(manager, object, added);
	}
}

static const BusMethod introspectable_methods[] = {
	{ "Introspect", "", "s", introspect_handle, "xml_data" },
	{ .name = NULL },
};

static const BusInterface introspectable = {
	.name = DBUS_INTERFACE_INTROSPECTABLE,
	.methods = introspectable_methods,
};

static const BusMethod properties_methods[] = {
	{ "Get", "ss", "v", get_handle, "interface_name property_name value" },
	{ "Set", "ssv", "", set_handle, "interface_name property_name value" },
	{ "GetAll", "s", "a{sv}", get_all_handle, "interface_name props" },
	{ .name = NULL },
};

static const BusSignal properties_signals[] = {
	{ "PropertiesChanged", "sa{sv}as",
	  "interface_name changed_properties invalidated_properties" },
	{ .name = NULL },
};

static const BusInterface properties = {
	.name = DBUS_INTERFACE_PROPERTIES,
	.methods = properties_methods,
	.signals = properties_signals,
};

static const BusMethod peer_methods[] = {
	{ "Ping", "", "", NULL, NULL },
	{ "GetMachineId", "", "s", NULL, "machine_uuid" },
	{ .name = NULL },
};

static const BusInterface peer = {
	.name = DBUS_INTERFACE_PEER,
	.methods = peer_methods,
};

static const BusMethod manager_methods[] = {
	{ "GetManagedObjects", "", "a{oa{sa{sv}}}", managed_objects_handle,
	  "objpath_interfaces_and_properties" },
	{ .name = NULL },
};

static const BusSignal manager_signals[] = {
	{ "InterfacesAdded", "oa{sa{sv}}", "object_path interfaces_and_properties" },
	{ "InterfacesRemoved", "oas", "object_path interfaces" },
	{ .name = NULL },
};

const BusInterface bus_object_manager = {
	.name = BUS_INTERFACE_OBJECTS,
	.methods = manager_methods,
	.signals = manager_signals,
};

const BusInterface *const bus_standard_interfaces[] = { &introspectable, &properties, &peer, NULL };
const BusInterface *const bus_standard_ancestor_interfaces[] = { &introspectable, &peer, NULL };

bool bus_standard_is_internal(const BusInterface *interface)
{
	return interface == &introspectable || interface == &properties ||
	       interface == &bus_object_manager;
}
