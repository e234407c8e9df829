/* SPDX-License-Identifier: MIT */
/*
 * command-memory - which requests were taken, so that none that acts is done twice
 *
 *   octets      what
 *   8           "LFCMDS1\n"
 *   16 each     first half of the SHA-256 of a request, oldest first, up to COMMAND_MEMORY_MAX
 *
 * The oldest gives way to the newest.
 */
#pragma once

#include "agent/core/command.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_KEY_LEN       16
#define COMMAND_MEMORY_MAX    1024
#define COMMAND_MEMORY_OCTETS (8 + (size_t)COMMAND_MEMORY_MAX * COMMAND_KEY_LEN)

typedef struct CommandMemory CommandMemory;

/* command_memory_new() - of nothing */
CommandMemory *command_memory_new(void);

/* command_memory_free() - NULL is fine */
void command_memory_free(CommandMemory *memory);

/* command_memory_key() - what stands for @command: its id, method and parameters
 * @key: COMMAND_KEY_LEN octets, set */
void command_memory_key(const Command *command, uint8_t *key);

/* command_memory_add() - remember @key; false when it is known already */
bool command_memory_add(CommandMemory *memory, const uint8_t *key);

/* command_memory_remove() - forget @key */
void command_memory_remove(CommandMemory *memory, const uint8_t *key);

/* command_memory_encode() - as octets, to be freed with g_free() */
uint8_t *command_memory_encode(const CommandMemory *memory, size_t *len);

/* command_memory_decode() - in place of what @memory holds, which stays on failure
 * Errors: LANDFALL_ERROR_INVALID */
bool command_memory_decode(CommandMemory *memory, const void *octets, size_t len,
			   GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommandMemory, command_memory_free)
