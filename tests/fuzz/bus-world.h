/* SPDX-License-Identifier: MIT */
/*
 * bus-world - a service as it answers when all is well, and what it may say by itself
 *
 * Values are texts in GVariant's format; the fuzzer bends them.
 */
#pragma once

#include "tests/fuzz/bus-bend.h"
#include "tests/fuzz/bus-side.h"

#include <stdbool.h>
#include <stddef.h>

#define PROPERTIES_IFACE "org.freedesktop.DBus.Properties"
#define OBJECTS_IFACE    "org.freedesktop.DBus.ObjectManager"

/* An answer to a method. With several that fit, the first is what all is well with. */
typedef struct WorldAnswer {
	const char *member;
	const char *hint; /* a part of the path or an argument of the call; NULL: any */
	const char *body;
} WorldAnswer;

/* A signal, or a call of a method of ours. */
typedef struct WorldWord {
	bool call;
	const char *path;
	const char *interface;
	const char *member;
	const char *body;
} WorldWord;

typedef struct BusWorld {
	const char *service;
	const WorldAnswer *answers;
	size_t n_answers;
	const WorldWord *words;
	size_t n_words;
	BendWords bends;
	const char *const *errors; /* NULL-terminated */
} BusWorld;

/* world_answer() - answer the call at @index of those that wait
 * @cursor: says which answer, and how it is bent; NULL: all is well */
void world_answer(const BusWorld *world, BusSide *side, guint index, Cursor *cursor);

/* world_speak() - a signal or call, as the input says: which, whose, how bent */
void world_speak(const BusWorld *world, BusSide *side, Cursor *cursor);

/* world_refuse() - answer the call at @index with an error, as the input says */
void world_refuse(const BusWorld *world, BusSide *side, guint index, Cursor *cursor);
