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

void world_all_well(const BusWorld *world, BusSide *side)
{
	GPtrArray *calls = side_calls(side);

	for (guint n = calls->len; n > 0 && calls->len > 0; n--) {
		const WireCall *call = g_ptr_array_index(calls, 0);
		g_autoptr(GVariant) body = bend_parse(body_of(world, call, 0));

		side_answer(side, 0, body, NULL);
	}
}

/* One of the calls that wait, as the input says; false when there is none. */
static bool pick(BusSide *side, Cursor *cursor, guint *index)
{
	uint8_t number = cursor_take_u8(cursor);
	guint n = side_calls(side)->len;

	*index = n > 0 ? number % n : 0;
	return n > 0;
}

/* The value that @text is, as the input bends it.
 * @manner: from STRANGE on it is another one altogether */
static GVariant *bent(const BusWorld *world, const char *text, uint8_t manner, Cursor *cursor)
{
	g_autoptr(GVariant) right = bend_parse(text);

	return manner >= STRANGE ? bend_strange(cursor_take_u8(cursor))
				 : bend_value(cursor, right, &world->bends);
}

void world_answer(const BusWorld *world, BusSide *side, Cursor *cursor)
{
	g_autoptr(GVariant) body = NULL;
	guint index = 0;
	uint8_t which = 0;

	if (!pick(side, cursor, &index))
		return;
	which = cursor_take_u8(cursor);
	body = bent(world, body_of(world, g_ptr_array_index(side_calls(side), index), which), which,
		    cursor);
	side_answer(side, index, body, NULL);
}

void world_refuse(const BusWorld *world, BusSide *side, Cursor *cursor)
{
	guint n_errors = g_strv_length((char **)world->errors);
	guint index = 0;

	if (pick(side, cursor, &index))
		side_answer(side, index, NULL, world->errors[cursor_take_u8(cursor) % n_errors]);
}

void world_speak(const BusWorld *world, BusSide *side, Cursor *cursor)
{
	const WorldWord *word = &world->words[cursor_take_u8(cursor) % world->n_words];
	uint8_t manner = cursor_take_u8(cursor);
	g_autoptr(GVariant) body = bent(world, word->body, manner, cursor);
	const WireMessage message = { .path = word->path,
				      .interface = word->interface,
				      .member = word->member,
				      .body = body };

	if (word->call)
		side_call(side, &message, manner & 1);
	else
		side_signal(side, &message, manner & 1);
}
