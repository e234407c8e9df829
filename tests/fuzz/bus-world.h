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

/* world_all_well() - answer all that wait as it should be */
void world_all_well(const BusWorld *world, BusSide *side);

/* world_answer() - answer one of the calls that wait, if any, as the input says: which (1), with
 * which of the answers that fit (1), how bent */
void world_answer(const BusWorld *world, BusSide *side, Cursor *cursor);

/* world_refuse() - answer one of them with an error, as the input says: which (1), with what (1) */
void world_refuse(const BusWorld *world, BusSide *side, Cursor *cursor);

/* world_speak() - a signal or call, as the input says: which, whose, how bent */
void world_speak(const BusWorld *world, BusSide *side, Cursor *cursor);
