/* SPDX-License-Identifier: MIT */
/*
 * command-store - the file of the requests that were carried out
 *
 * A write is on disk before it is told. Short-lived threads wait for the disk, one at a time, in
 * the order asked for.
 *
 * Owner: one thread, whose default main context at command_store_new() gets the answers.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CommandStore CommandStore;

/* CommandStored - @token's octets are on disk, or not, with @error (borrowed) */
typedef void (*CommandStored)(uint64_t token, const GError *error, void *data);

/* command_store_new() - for the file @path, copied */
CommandStore *command_store_new(const char *path, CommandStored stored, void *data);

/* command_store_free() - waits for a write that is under way, whose end is not told any more.
 * NULL is fine */
void command_store_free(CommandStore *store);

/* command_store_read() - what the file holds; NULL without error when there is none
 * Waits for the disk: for the start of a program.
 * Errors: LANDFALL_ERROR_DENIED, LANDFALL_ERROR_INVALID, LANDFALL_ERROR_FAILED */
GBytes *command_store_read(const CommandStore *store, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* command_store_write() - put @len octets in place of what the file holds
 * @octets: copied */
void command_store_write(CommandStore *store, uint64_t token, const void *octets, size_t len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommandStore, command_store_free)
