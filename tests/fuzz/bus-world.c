/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-world.h"

#include <string.h>

#define STRANGE 240 /* an octet from here on asks for a body that nobody expects */

static bool fits(const WorldAnswer *answer, const WireCall *call)
{
	return strcmp(answer->member, call->member) == 0 &&
	       (!answer->hint || strstr(call->path, answer->hint) ||
		strcmp(answer->hint, call->arguments[0]) == 0 ||
		strcmp(answer->hint, call->arguments[1]) == 0);
}

/* Body number @which of those that fit the call. */
static const char *body_of(const BusWorld *world, const WireCall *call, unsigned int which)
{
	g_autoptr(GPtrArray) bodies = g_ptr_array_new();

	for (size_t i = 0; i < world->n_answers; i++) {
		if (fits(&world->answers[i], call))
			g_ptr_array_add(bodies, (char *)world->answers[i].body);
	}
	return bodies->len > 0 ? g_ptr_array_index(bodies, which % bodies->len) : "()";
}

void world_answer(const BusWorld *world, BusSide *side, guint index, Cursor *cursor)
{
	const WireCall *call = g_ptr_array_index(side_calls(side), index);
	uint8_t which = cursor ? cursor_take_u8(cursor) : 0;
	g_autoptr(GVariant) right = bend_parse(body_of(world, call, which));
	g_autoptr(GVariant) body = NULL;

	if (which >= STRANGE)
		body = bend_strange(cursor_take_u8(cursor));
	else
		body = cursor ? bend_value(cursor, right, &world->bends) : g_variant_ref(right);
	side_answer(side, index, body, NULL);
}

void world_speak(const BusWorld *world, BusSide *side, Cursor *cursor)
{
	const WorldWord *word = &world->words[cursor_take_u8(cursor) % world->n_words];
	uint8_t manner = cursor_take_u8(cursor);
	g_autoptr(GVariant) right = bend_parse(word->body);
	g_autoptr(GVariant) body = NULL;
	WireMessage message = { .path = word->path,
				.interface = word->interface,
				.member = word->member };

	body = manner >= STRANGE ? bend_strange(cursor_take_u8(cursor))
				 : bend_value(cursor, right, &world->bends);
	message.body = body;
	if (word->call)
		side_call(side, &message, manner & 1);
	else
		side_signal(side, &message, manner & 1);
}

void world_refuse(const BusWorld *world, BusSide *side, guint index, Cursor *cursor)
{
	guint n = g_strv_length((char **)world->errors);

	side_answer(side, index, NULL, world->errors[cursor_take_u8(cursor) % n]);
}
