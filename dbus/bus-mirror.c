/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include <string.h>

/* Basic values stand here, containers in a message of their own: most are basic, and there may be
 * hundreds of objects. */
typedef struct MirrorValue {
	char type;
	DBusBasicValue basic;
	char *text;           /* of s, o, g */
	DBusMessage *message; /* of containers */
} MirrorValue;

struct BusMirror {
	GMainContext *context;
	char *path;
	GHashTable *interfaces; /* name -> (name -> MirrorValue) */
	GPtrArray *readers;     /* lent out until the loop turns */
	GSource *cleanup;       /* NULL while none is */
};

static void value_free(gpointer data)
{
	MirrorValue *value = data;

	g_free(value->text);
	if (value->message)
		dbus_message_unref(value->message);
	g_free(value);
}

static bool copy_value(DBusMessageIter *from, DBusMessageIter *to, size_t *budget);

static bool spend(size_t *budget, size_t octets)
{
	if (octets > *budget)
		return false;
	*budget -= octets;
	return true;
}

static bool copy_basic(DBusMessageIter *from, DBusMessageIter *to, int type, size_t *budget)
{
	DBusBasicValue basic;

	if (type == DBUS_TYPE_UNIX_FD)
		return false;
	dbus_message_iter_get_basic(from, &basic);
	if (!spend(budget, dbus_type_is_fixed(type) ? sizeof(basic) : strlen(basic.str) + 1))
		return false;
	bus_must(dbus_message_iter_append_basic(to, type, &basic));
	return true;
}

/* What a container at @from holds, as it is asked for when opening its copy; to be dbus_free()d. */
static char *contained_signature(DBusMessageIter *from, DBusMessageIter *inner, int type)
{
	char *signature = NULL;

	if (type == DBUS_TYPE_VARIANT)
		signature = dbus_message_iter_get_signature(inner);
	if (type == DBUS_TYPE_ARRAY) {
		signature = dbus_message_iter_get_signature(from);
		if (signature)
			memmove(signature, signature + 1, strlen(signature));
	}
	return signature;
}

static bool copy_container(DBusMessageIter *from, DBusMessageIter *to, int type, size_t *budget)
{
	DBusMessageIter inner_from;
	DBusMessageIter inner_to;
	bool good = spend(budget, sizeof(DBusBasicValue));

	dbus_message_iter_recurse(from, &inner_from);

	char *signature = contained_signature(from, &inner_from, type);

	bus_must(dbus_message_iter_open_container(to, type, signature, &inner_to));
	dbus_free(signature);
	while (good && dbus_message_iter_get_arg_type(&inner_from) != DBUS_TYPE_INVALID) {
		good = copy_value(&inner_from, &inner_to, budget);
		dbus_message_iter_next(&inner_from);
	}
	if (good)
		bus_must(dbus_message_iter_close_container(to, &inner_to));
	else
		dbus_message_iter_abandon_container(to, &inner_to);
	return good;
}

/* Nesting is bounded by the format itself: 64 levels. */
static bool copy_value(DBusMessageIter *from, DBusMessageIter *to, size_t *budget)
{
	int type = dbus_message_iter_get_arg_type(from);

	return dbus_type_is_basic(type) ? copy_basic(from, to, type, budget)
					: copy_container(from, to, type, budget);
}

/* NULL when it is too large or of no use outside its message (descriptors). */
static MirrorValue *value_new(DBusMessageIter *from)
{
	MirrorValue *value = g_new0(MirrorValue, 1);
	size_t budget = BUS_MIRROR_VALUE_MAX;
	DBusMessageIter to;
	int type = dbus_message_iter_get_arg_type(from);
	bool good = type != DBUS_TYPE_UNIX_FD && type != DBUS_TYPE_INVALID;

	value->type = (char)type;
	if (good && dbus_type_is_basic(type)) {
		dbus_message_iter_get_basic(from, &value->basic);
		if (!dbus_type_is_fixed(type)) {
			good = strlen(value->basic.str) < budget;
			value->text = good ? g_strdup(value->basic.str) : NULL;
		}
	} else if (good) {
		value->message = dbus_message_new(DBUS_MESSAGE_TYPE_SIGNAL);
		bus_must(value->message);
		dbus_message_iter_init_append(value->message, &to);
		good = copy_value(from, &to, &budget);
	}
	if (good)
		return value;
	value_free(value);
	return NULL;
}

BusMirror *bus_mirror_new(GMainContext *context, const char *path)
{
	BusMirror *mirror = g_new0(BusMirror, 1);

	mirror->context = context;
	mirror->path = g_strdup(path);
	mirror->interfaces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						   (GDestroyNotify)g_hash_table_unref);
	mirror->readers = g_ptr_array_new_with_free_func((GDestroyNotify)bus_reader_free);
	return mirror;
}

static gboolean mirror_cleanup(gpointer data)
{
	BusMirror *mirror = data;

	g_ptr_array_set_size(mirror->readers, 0);
	g_clear_pointer(&mirror->cleanup, g_source_unref);
	return G_SOURCE_REMOVE;
}

void bus_mirror_free(BusMirror *mirror)
{
	if (mirror->cleanup) {
		g_source_destroy(mirror->cleanup);
		mirror_cleanup(mirror);
	}
	g_ptr_array_unref(mirror->readers);
	g_hash_table_unref(mirror->interfaces);
	g_free(mirror->path);
	g_free(mirror);
}

bool bus_mirror_add(BusMirror *mirror, const char *interface)
{
	if (g_hash_table_size(mirror->interfaces) >= BUS_MIRROR_INTERFACES_MAX)
		return false;
	g_hash_table_insert(mirror->interfaces, g_strdup(interface),
			    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free));
	return true;
}

bool bus_mirror_remove(BusMirror *mirror, const char *interface)
{
	g_hash_table_remove(mirror->interfaces, interface);
	return g_hash_table_size(mirror->interfaces) == 0;
}

void bus_mirror_unset(BusMirror *mirror, const char *interface, const char *property)
{
	GHashTable *values = g_hash_table_lookup(mirror->interfaces, interface);

	if (values)
		g_hash_table_remove(values, property);
}

bool bus_mirror_set(BusMirror *mirror, const char *interface, const char *property,
		    BusReader *reader)
{
	GHashTable *values = g_hash_table_lookup(mirror->interfaces, interface);
	MirrorValue *value = value_new(bus_reader_iter(reader));

	bus_mirror_unset(mirror, interface, property);
	if (value && values && g_hash_table_size(values) < BUS_MIRROR_PROPERTIES_MAX) {
		g_hash_table_insert(values, g_strdup(property), value);
		return true;
	}
	g_clear_pointer(&value, value_free);
	return false;
}

const char *bus_mirror_path(const BusMirror *mirror)
{
	return mirror->path;
}

static const MirrorValue *mirror_value(const BusMirror *mirror, const char *interface,
				       const char *property)
{
	GHashTable *values = g_hash_table_lookup(mirror->interfaces, interface);

	return values ? g_hash_table_lookup(values, property) : NULL;
}

bool bus_mirror_has(const BusMirror *mirror, const char *interface, const char *property)
{
	return property ? mirror_value(mirror, interface, property) != NULL
			: g_hash_table_contains(mirror->interfaces, interface);
}

const char *bus_mirror_string(const BusMirror *mirror, const char *interface, const char *property)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	return value ? value->text : NULL;
}

const char *bus_mirror_object(const BusMirror *mirror, const char *interface, const char *property)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	return value && value->type == DBUS_TYPE_OBJECT_PATH ? value->text : NULL;
}

bool bus_mirror_bool(const BusMirror *mirror, const char *interface, const char *property,
		     bool fallback)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	return value && value->type == DBUS_TYPE_BOOLEAN ? value->basic.bool_val : fallback;
}

uint64_t bus_mirror_uint(const BusMirror *mirror, const char *interface, const char *property,
			 uint64_t fallback)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	switch (value ? value->type : DBUS_TYPE_INVALID) {
	case DBUS_TYPE_BYTE: return value->basic.byt;
	case DBUS_TYPE_UINT16: return value->basic.u16;
	case DBUS_TYPE_UINT32: return value->basic.u32;
	case DBUS_TYPE_UINT64: return value->basic.u64;
	default: return fallback;
	}
}

int64_t bus_mirror_int(const BusMirror *mirror, const char *interface, const char *property,
		       int64_t fallback)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	switch (value ? value->type : DBUS_TYPE_INVALID) {
	case DBUS_TYPE_INT16: return value->basic.i16;
	case DBUS_TYPE_INT32: return value->basic.i32;
	case DBUS_TYPE_INT64: return value->basic.i64;
	default: return fallback;
	}
}

const uint8_t *bus_mirror_bytes(const BusMirror *mirror, const char *interface,
				const char *property, size_t *len)
{
	const MirrorValue *value = mirror_value(mirror, interface, property);

	*len = 0;
	if (!value || !value->message)
		return NULL;

	g_autoptr(BusReader) reader = bus_reader_new(value->message);

	return bus_reader_has(reader, "ay") ? bus_reader_bytes(reader, len) : NULL;
}

BusReader *bus_mirror_reader(const BusMirror *mirror, const char *interface, const char *property)
{
	BusMirror *lender = (BusMirror *)mirror;
	const MirrorValue *value = mirror_value(mirror, interface, property);

	if (!value || !value->message)
		return NULL;
	if (!lender->cleanup) {
		lender->cleanup = g_idle_source_new();
		g_source_set_callback(lender->cleanup, mirror_cleanup, lender, NULL);
		g_source_attach(lender->cleanup, lender->context);
	}

	BusReader *reader = bus_reader_new(value->message);

	g_ptr_array_add(lender->readers, reader);
	return reader;
}
