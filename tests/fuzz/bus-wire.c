/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-wire.h"

#include <string.h>

#define HEADER_MIN 16
#define NO_REPLY   1

/* Numbers of the header fields */
enum { PATH = 1, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE };

/* ---- writing ---- */

static void put_align(GByteArray *out, guint to)
{
	static const uint8_t zeros[8];

	g_byte_array_append(out, zeros, (to - out->len % to) % to);
}

static void put_number(GByteArray *out, const void *octets, guint size)
{
	put_align(out, size);
	g_byte_array_append(out, octets, size);
}

static void put_u32(GByteArray *out, uint32_t number)
{
	put_number(out, &number, sizeof(number));
}

static void put_text(GByteArray *out, const char *text)
{
	put_u32(out, (uint32_t)strlen(text));
	g_byte_array_append(out, (const uint8_t *)text, (guint)strlen(text) + 1);
}

static void put_signature(GByteArray *out, const char *text)
{
	const uint8_t len = (uint8_t)strlen(text);

	g_byte_array_append(out, &len, 1);
	g_byte_array_append(out, (const uint8_t *)text, len + 1u);
}

static guint alignment_of(const GVariantType *type)
{
	switch (*g_variant_type_peek_string(type)) {
	case 'y':
	case 'g':
	case 'v': return 1;
	case 'n':
	case 'q': return 2;
	case 'x':
	case 't':
	case 'd':
	case '(':
	case '{': return 8;
	default: return 4;
	}
}

static void put_value(GByteArray *out, GVariant *value);

static void put_children(GByteArray *out, GVariant *value)
{
	for (gsize i = 0; i < g_variant_n_children(value); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);

		put_value(out, child);
	}
}

static void put_array(GByteArray *out, GVariant *value)
{
	guint at = 0;
	guint start = 0;
	uint32_t len = 0;

	put_u32(out, 0);
	at = out->len - (guint)sizeof(uint32_t);
	put_align(out, alignment_of(g_variant_type_element(g_variant_get_type(value))));
	start = out->len;
	put_children(out, value);
	len = out->len - start;
	memcpy(out->data + at, &len, sizeof(len));
}

static void put_variant(GByteArray *out, GVariant *value)
{
	g_autoptr(GVariant) inner = g_variant_get_variant(value);

	put_signature(out, g_variant_get_type_string(inner));
	put_value(out, inner);
}

static void put_value(GByteArray *out, GVariant *value)
{
	switch (*g_variant_get_type_string(value)) {
	case 'b': put_u32(out, g_variant_get_boolean(value)); break;
	case 's':
	case 'o': put_text(out, g_variant_get_string(value, NULL)); break;
	case 'g': put_signature(out, g_variant_get_string(value, NULL)); break;
	case 'v': put_variant(out, value); break;
	case 'a': put_array(out, value); break;
	case '(':
	case '{':
		put_align(out, 8);
		put_children(out, value);
		break;
	default: put_number(out, g_variant_get_data(value), (guint)g_variant_get_size(value));
	}
}

static void add_field(GVariantBuilder *fields, uint8_t field, GVariant *value)
{
	g_variant_builder_add(fields, "(yv)", field, value);
}

static void add_text(GVariantBuilder *fields, uint8_t field, const char *text)
{
	if (text)
		add_field(fields, field, g_variant_new_string(text));
}

/* Without the parentheses. */
static char *signature_of(GVariant *body)
{
	const char *type = g_variant_get_type_string(body);

	return g_strndup(type + 1, strlen(type) - 2);
}

static GVariant *header_of(const WireMessage *message, uint32_t body_len, uint32_t serial)
{
	const uint8_t flags = message->type == WIRE_CALL ? 0 : NO_REPLY;
	GVariantBuilder fields;

	g_variant_builder_init(&fields, G_VARIANT_TYPE("a(yv)"));
	if (message->path)
		add_field(&fields, PATH, g_variant_new_object_path(message->path));
	add_text(&fields, INTERFACE, message->interface);
	add_text(&fields, MEMBER, message->member);
	add_text(&fields, ERROR_NAME, message->error);
	if (message->reply_to)
		add_field(&fields, REPLY_SERIAL, g_variant_new_uint32(message->reply_to));
	add_text(&fields, DESTINATION, message->destination);
	add_text(&fields, SENDER, message->sender);
	if (body_len > 0) {
		g_autofree char *signature = signature_of(message->body);

		add_field(&fields, SIGNATURE, g_variant_new_signature(signature));
	}
	return g_variant_ref_sink(g_variant_new("(yyyyuua(yv))", 'l', message->type, flags, 1,
						body_len, serial, &fields));
}

void wire_write(GByteArray *out, const WireMessage *message, uint32_t serial)
{
	g_autoptr(GByteArray) body = g_byte_array_new();
	g_autoptr(GByteArray) header = g_byte_array_new();
	g_autoptr(GVariant) fields = NULL;

	if (message->body)
		put_children(body, message->body);
	fields = header_of(message, body->len, serial);
	put_value(header, fields);
	put_align(header, 8);
	g_byte_array_append(out, header->data, header->len);
	g_byte_array_append(out, body->data, body->len);
}

/* ---- reading: what libdbus wrote, so nothing of it is wrong ---- */

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t number = 0;

	memcpy(&number, at, sizeof(number));
	return number;
}

static size_t aligned(size_t at, size_t to)
{
	return (at + to - 1) / to * to;
}

static void replace(char **text, const uint8_t *with)
{
	g_free(*text);
	*text = g_strdup((const char *)with);
}

/* The field at @at: number, length and text of the signature, value. Returns where it ends. */
static size_t read_field(WireCall *call, const uint8_t *data, size_t at, char **signature)
{
	uint8_t field = data[at];
	char type = (char)data[at + 2];
	const uint8_t *value = data + at + 4; /* aligned for both: fields begin at multiples of 8 */

	if (type == 'u') {
		if (field == REPLY_SERIAL)
			call->reply_to = get_u32(value);
		return at + 8;
	}
	if (type == 'g') {
		replace(signature, value + 1);
		return at + 4 + value[0] + 2;
	}
	if (field == PATH)
		replace(&call->path, value + 4);
	else if (field == INTERFACE)
		replace(&call->interface, value + 4);
	else if (field == MEMBER)
		replace(&call->member, value + 4);
	else if (field == DESTINATION)
		replace(&call->destination, value + 4);
	return at + 8 + get_u32(value) + 1;
}

static void read_arguments(WireCall *call, const uint8_t *body, const char *signature)
{
	size_t at = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(call->arguments) && signature[i] == 's'; i++) {
		at = aligned(at, 4);
		replace(&call->arguments[i], body + at + 4);
		at += 4 + get_u32(body + at) + 1;
	}
}

static WireCall *call_new(void)
{
	WireCall *call = g_new0(WireCall, 1);
	char **const texts[] = { &call->path,        &call->interface,    &call->member,
				 &call->destination, &call->arguments[0], &call->arguments[1] };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	return call;
}

WireCall *wire_read(GByteArray *in)
{
	const uint8_t *data = in->data;
	g_autofree char *signature = g_strdup("");
	WireCall *call = NULL;
	size_t end = 0;
	size_t size = 0;

	if (in->len < HEADER_MIN)
		return NULL;
	end = HEADER_MIN + get_u32(data + 12);
	size = aligned(end, 8) + get_u32(data + 4);
	if (in->len < size)
		return NULL;
	call = call_new();
	call->type = data[1];
	call->silent = data[2] & NO_REPLY;
	call->serial = get_u32(data + 8);
	for (size_t at = HEADER_MIN; at < end; at = aligned(at, 8))
		at = read_field(call, data, at, &signature);
	read_arguments(call, data + aligned(end, 8), signature);
	g_byte_array_remove_range(in, 0, (guint)size);
	return call;
}

void wire_call_free(WireCall *call)
{
	if (!call)
		return;
	g_free(call->path);
	g_free(call->interface);
	g_free(call->member);
	g_free(call->destination);
	g_free(call->arguments[0]);
	g_free(call->arguments[1]);
	g_free(call);
}
