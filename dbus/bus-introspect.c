/* SPDX-License-Identifier: MIT */
/*
 * bus-introspect - the tables as introspection XML
 *
 * Nothing has to be escaped: names come from tables, paths and signatures have no such characters.
 * Source: D-Bus Specification, Introspection Data Format
 */
#include "dbus/bus-private.h"

#include <string.h>

#define DOCTYPE                                                                                    \
	"<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"       \
	" \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"

/* Writes one <arg> for each complete type.
 * @names:     the rest of the names; moved on
 * @direction: NULL for a signal */
static void xml_args(GString *xml, const char *signature, const char **names, const char *direction)
{
	DBusSignatureIter iter;

	if (!*signature)
		return;
	dbus_signature_iter_init(&iter, signature);
	do {
		char *type = dbus_signature_iter_get_signature(&iter);
		size_t len = *names ? strcspn(*names, " ") : 0;

		bus_must(type);
		g_string_append_printf(xml, "   <arg type=\"%s\"", type);
		dbus_free(type);
		if (len)
			g_string_append_printf(xml, " name=\"%.*s\"", (int)len, *names);
		if (direction)
			g_string_append_printf(xml, " direction=\"%s\"", direction);
		g_string_append(xml, "/>\n");
		if (len)
			*names += len + ((*names)[len] == ' ');
	} while (dbus_signature_iter_next(&iter));
}

static void xml_method(GString *xml, const BusMethod *method)
{
	const char *names = method->args;

	g_string_append_printf(xml, "  <method name=\"%s\">\n", method->name);
	xml_args(xml, method->in, &names, "in");
	xml_args(xml, method->out, &names, "out");
	g_string_append(xml, "  </method>\n");
}

static void xml_signal(GString *xml, const BusSignal *signal)
{
	const char *names = signal->args;

	g_string_append_printf(xml, "  <signal name=\"%s\">\n", signal->name);
	xml_args(xml, signal->signature, &names, NULL);
	g_string_append(xml, "  </signal>\n");
}

static void xml_property(GString *xml, const BusProperty *property)
{
	const char *access = property->get ? (property->set ? "readwrite" : "read") : "write";
	const char *emits = property->flags & BUS_PROPERTY_CONST         ? "const"
			    : property->flags & BUS_PROPERTY_INVALIDATES ? "invalidates"
									 : NULL;

	g_string_append_printf(xml, "  <property name=\"%s\" type=\"%s\" access=\"%s\"",
			       property->name, property->type, access);
	if (!emits) {
		g_string_append(xml, "/>\n");
		return;
	}
	g_string_append_printf(
		xml,
		">\n   <annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\""
		" value=\"%s\"/>\n  </property>\n",
		emits);
}

void bus_interface_xml(const BusInterface *interface, GString *xml)
{
	g_string_append_printf(xml, " <interface name=\"%s\">\n", interface->name);
	for (const BusMethod *method = interface->methods; method && method->name; method++)
		xml_method(xml, method);
	for (const BusSignal *signal = interface->signals; signal && signal->name; signal++)
		xml_signal(xml, signal);
	for (const BusProperty *property = interface->properties; property && property->name;
	     property++)
		xml_property(xml, property);
	g_string_append(xml, " </interface>\n");
}

/* One <node> for each name right below @path. */
static void xml_children(GString *xml, Bus *bus, const char *path)
{
	g_autoptr(GPtrArray) below = bus_object_list(bus, path);
	size_t skip = g_str_equal(path, "/") ? 1 : strlen(path) + 1;
	const char *last = "";
	size_t last_len = 0;

	for (guint i = 0; i < below->len; i++) {
		const BusObject *object = g_ptr_array_index(below, i);
		const char *name = object->path + skip;
		size_t len = strcspn(name, "/");

		/* The list is sorted and '/' sorts before all that names are made of. */
		if (len == last_len && strncmp(name, last, len) == 0)
			continue;
		g_string_append_printf(xml, " <node name=\"%.*s\"/>\n", (int)len, name);
		last = name;
		last_len = len;
	}
}

char *bus_introspect(Bus *bus, const char *path, const BusObject *object)
{
	GString *xml = g_string_new(DOCTYPE "<node>\n");
	const BusInterface *const *standard =
		object ? bus_standard_interfaces : bus_standard_ancestor_interfaces;

	for (; *standard; standard++)
		bus_interface_xml(*standard, xml);
	for (int i = 0; object && object->interfaces[i]; i++)
		bus_interface_xml(object->interfaces[i], xml);
	xml_children(xml, bus, path);
	g_string_append(xml, "</node>\n");
	return g_string_free(xml, FALSE);
}
