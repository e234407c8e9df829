/* SPDX-License-Identifier: MIT */
/*
 * guesses - how many proofs of possession in a row were wrong, on disk
 *
 * FOLDER/guesses, 0600, is a decimal number and a newline; no file is 0. It is replaced in one step
 * after it was synchronised, so a power cut leaves the old number or the new one. Writing waits for
 * the disk and is therefore done in a thread, one number after the other.
 *
 * Owner: the App. Each number is answered once, from the loop, unless guesses_free() came first.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define GUESSES_UNKNOWN G_MAXUINT32 /* the file cannot be read or is no number */

/* GuessesKept - a number is on disk, or @error says why not: LANDFALL_ERROR */
typedef void (*GuessesKept)(const GError *error, void *data);

typedef struct Guesses Guesses;

/* guesses_new() - nothing is read or written yet
 * @folder: of the proof of possession; it exists */
Guesses *guesses_new(const char *folder, GuessesKept kept, void *data);

/* guesses_free() - waits for what is being written; no answer comes any more. NULL is fine */
void guesses_free(Guesses *guesses);

/* guesses_read() - the number on disk; GUESSES_UNKNOWN with @error set when it cannot be told
 * Errors: LANDFALL_ERROR_INVALID (no number), LANDFALL_ERROR_DENIED, LANDFALL_ERROR_FAILED */
uint32_t guesses_read(const Guesses *guesses, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* guesses_keep() - write it, after all that were given before */
void guesses_keep(Guesses *guesses, uint32_t wrong);

/* guesses_is_busy() - whether a number is still on its way to the disk */
bool guesses_is_busy(const Guesses *guesses);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guesses, guesses_free)
