/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-bend.h"

#include <stdbool.h>

#define MANY      300  /* more than any list of ours */
#define PARTS_MAX 3000 /* that a bend adds: lists within lists would take seconds */

typedef struct Bend {
	Cursor *cursor;
	const BendWords *words;
	guint at; /* how many values are still to be passed over; wraps once the one is met */
	uint8_t how;
} Bend;

/* What a variant may hold in place of what was expected. */
static const char *const strange_values[] = {
	"''",
	"'/'",
	"byte 0xff",
	"true",
	"int16 -32768",
	"uint16 0xffff",
	"-2147483648",
	"0",
	"uint32 0xffffffff",
	"int64 -9223372036854775808",
	"uint64 0xffffffffffffffff",
	"2.5",
	"objectpath '/'",
	"objectpath '/net/connman/iwd/0/3'",
	"signature 'a{sv}'",
	"@ay []",
	"@as []",
	"@ao []",
	"@a{sv} {}",
	"@aa{sv} []",
	"@a(on) []",
	"['', 'a', '\xc3\xa9']",
	"[objectpath '/']",
	"[byte 0x00]",
	"[byte 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06]",
	"[{'address': <uint32 1>}, {'address': <'x'>, 'prefix': <uint32 24>}]",
	"{'KeyMgmt': <uint32 1>, 'Group': <@as []>}",
	"{'KeyMgmt': <['sae', 'wpa-psk', 'x']>, 'Group': <'ccmp'>}",
	"(1, 2)",
	"(uint32 120, uint32 0)",
	"<'inner'>",
	"<<<<<<<<<<<<<<<<<<<<<<<<<1>>>>>>>>>>>>>>>>>>>>>>>>>",
	"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
};

static const char *const strange_bodies[] = {
	"()",
	"('',)",
	"(uint32 1,)",
	"(false,)",
	"(objectpath '/',)",
	"(objectpath '/', objectpath '/')",
	"(<@ao []>,)",
	"(<''>,)",
	"(<<''>>,)",
	"(@a{sv} {},)",
	"(@a{sa{sv}} {},)",
	"(@a{oa{sa{sv}}} {},)",
	"(@a(on) [],)",
	"({'State': <'connected'>},)",
	"('x', {'State': <uint32 120>}, ['State', 'Scanning'])",
	"(objectpath '/', {'x': {'Name': <'wlan0'>}})",
	"(objectpath '/net/connman/iwd/0/3', ['net.connman.iwd.Station'])",
	"((true, false, @a{ss} {}),)",
	"([byte 0x01],)",
};

GVariant *bend_parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);

	if (!value)
		g_error("%s in %s", error->message, text);
	return value;
}

GVariant *bend_strange(uint8_t number)
{
	return bend_parse(strange_bodies[number % G_N_ELEMENTS(strange_bodies)]);
}

static const char *pick(const char *const *list, uint8_t number)
{
	return list[number % g_strv_length((char **)list)];
}

static GVariant *bent_octets(Bend *bend)
{
	size_t len = cursor_take_u8(bend->cursor);
	const uint8_t *data = cursor_take(bend->cursor, len);

	return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, data, data ? len : 0, 1);
}

static GVariant *text(Bend *bend)
{
	size_t len = cursor_take_u8(bend->cursor);
	const char *data = (const char *)cursor_take(bend->cursor, len);

	return g_variant_new_take_string(
		g_utf8_make_valid(data ? data : "", data ? (gssize)len : 0));
}

static GVariant *bent_string(Bend *bend)
{
	return bend->how % 4 == 0 ? text(bend)
				  : g_variant_new_string(pick(bend->words->texts, bend->how));
}

static GVariant *bent_variant(Bend *bend)
{
	g_autoptr(GVariant) inner = NULL;

	if (bend->how % 8 == 0)
		return g_variant_new_variant(bent_octets(bend));
	if (bend->how % 8 == 1)
		return g_variant_new_variant(text(bend));
	inner = bend_parse(
		strange_values[cursor_take_u8(bend->cursor) % G_N_ELEMENTS(strange_values)]);
	return g_variant_new_variant(inner);
}

static bool is_leaf(GVariant *value)
{
	return !g_variant_is_container(value) ||
	       g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING);
}

static guint count(GVariant *value)
{
	guint n = 1;

	for (gsize i = 0; !is_leaf(value) && i < g_variant_n_children(value); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);

		n += count(child);
	}
	return n;
}

/* How often the first of @value's children comes. */
static guint repeats(const Bend *bend, GVariant *value)
{
	g_autoptr(GVariant) first = NULL;
	guint most = 0;

	if (bend->how % 4 < 2 || g_variant_n_children(value) == 0)
		return 0;
	first = g_variant_get_child_value(value, 0);
	most = MAX(1, PARTS_MAX / count(first));
	return MIN(most, bend->how % 4 == 3 ? 2 : MANY);
}

/* Empty, without its first, or with the first of them very often. */
static GVariant *bent_array(Bend *bend, GVariant *value)
{
	const GVariantType *element = g_variant_type_element(g_variant_get_type(value));
	gsize n = g_variant_n_children(value);
	g_autoptr(GPtrArray) children =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	guint many = repeats(bend, value);

	for (gsize i = 1; i < n && bend->how % 4 != 0; i++)
		g_ptr_array_add(children, g_variant_get_child_value(value, i));
	for (guint i = 0; i < many; i++)
		g_ptr_array_add(children, g_variant_get_child_value(value, 0));
	return g_variant_new_array(element, (GVariant **)children->pdata, children->len);
}

/* Zero, all bits, the sign alone, or the fuzzer's own. */
static GVariant *bent_number(Bend *bend, GVariant *value)
{
	gsize size = g_variant_get_size(value);
	uint8_t data[8] = { 0 };
	uint8_t *octets = NULL;

	for (gsize i = 0; i < size; i++)
		data[i] = bend->how % 4 == 0   ? 0
			  : bend->how % 4 == 1 ? 0xff
			  : bend->how % 4 == 2 ? (i + 1 == size ? 0x80 : 0)
					       : cursor_take_u8(bend->cursor);
	octets = g_memdup2(data, size);
	return g_variant_new_from_data(g_variant_get_type(value), octets, size, TRUE, g_free,
				       octets);
}

/* Returns a floating reference. */
static GVariant *bent(Bend *bend, GVariant *value)
{
	switch (*g_variant_get_type_string(value)) {
	case 'v': return bent_variant(bend);
	case 's': return bent_string(bend);
	case 'o': return g_variant_new_object_path(pick(bend->words->paths, bend->how));
	case 'g': return g_variant_new_signature("");
	case 'b': return g_variant_new_boolean(!g_variant_get_boolean(value));
	case 'a':
		return g_variant_is_of_type(value, G_VARIANT_TYPE_BYTESTRING)
			       ? bent_octets(bend)
			       : bent_array(bend, value);
	case '(':
	case '{': return g_variant_ref(value);
	default: return bent_number(bend, value);
	}
}

static GVariant *rebuild(Bend *bend, GVariant *value);

static GVariant *rebuild_children(Bend *bend, GVariant *value)
{
	gsize n = g_variant_n_children(value);
	g_autofree GVariant **children = g_new(GVariant *, n);
	const GVariantType *type = g_variant_get_type(value);
	GVariant *built = NULL;

	for (gsize i = 0; i < n; i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);

		children[i] = rebuild(bend, child);
	}
	if (g_variant_type_is_variant(type))
		built = g_variant_new_variant(children[0]);
	else if (g_variant_type_is_dict_entry(type))
		built = g_variant_new_dict_entry(children[0], children[1]);
	else if (g_variant_type_is_array(type))
		built = g_variant_new_array(g_variant_type_element(type), children, n);
	else
		built = g_variant_new_tuple(children, n);
	for (gsize i = 0; i < n; i++)
		g_variant_unref(children[i]);
	return g_variant_ref_sink(built);
}

static GVariant *rebuild(Bend *bend, GVariant *value)
{
	if (bend->at-- == 0)
		return g_variant_take_ref(bent(bend, value));
	return is_leaf(value) ? g_variant_ref(value) : rebuild_children(bend, value);
}

GVariant *bend_value(Cursor *cursor, GVariant *value, const BendWords *words)
{
	GVariant *now = g_variant_ref(value);
	uint8_t n = cursor_take_u8(cursor);

	for (unsigned int i = 0; n <= BENDS_MAX && i < n; i++) {
		g_autoptr(GVariant) before = now;
		Bend bend = { .cursor = cursor, .words = words };

		bend.at = cursor_take_be16(cursor) % count(before);
		bend.how = cursor_take_u8(cursor);
		now = rebuild(&bend, before);
	}
	return now;
}
