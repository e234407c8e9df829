/* SPDX-License-Identifier: MIT */
#include "agent/core/command-memory.h"

#include "common/error.h"

#include <string.h>

#define MAGIC     "LFCMDS1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)

struct CommandMemory {
	GByteArray *keys; /* one behind the other, oldest first */
};

CommandMemory *command_memory_new(void)
{
	CommandMemory *memory = g_new0(CommandMemory, 1);

	memory->keys = g_byte_array_new();
	return memory;
}

void command_memory_free(CommandMemory *memory)
{
	if (!memory)
		return;
	g_byte_array_unref(memory->keys);
	g_free(memory);
}

/* Each part with its NUL, so that no two requests run into the same octets. */
void command_memory_key(const Command *command, uint8_t *key)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *params = command->params ? json_print(command->params) : g_strdup("");
	const char *const parts[] = { command->id, command->method, params };
	uint8_t digest[32];
	gsize len = sizeof(digest);

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		g_checksum_update(checksum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
	g_checksum_get_digest(checksum, digest, &len);
	memcpy(key, digest, COMMAND_KEY_LEN);
}

/* Where @key stands; the length when it does not. */
static guint key_find(const CommandMemory *memory, const uint8_t *key)
{
	guint at = 0;

	while (at < memory->keys->len && memcmp(memory->keys->data + at, key, COMMAND_KEY_LEN) != 0)
		at += COMMAND_KEY_LEN;
	return at;
}

bool command_memory_add(CommandMemory *memory, const uint8_t *key)
{
	if (key_find(memory, key) < memory->keys->len)
		return false;
	if (memory->keys->len == COMMAND_MEMORY_MAX * COMMAND_KEY_LEN)
		g_byte_array_remove_range(memory->keys, 0, COMMAND_KEY_LEN);
	g_byte_array_append(memory->keys, key, COMMAND_KEY_LEN);
	return true;
}

void command_memory_remove(CommandMemory *memory, const uint8_t *key)
{
	guint at = key_find(memory, key);

	if (at < memory->keys->len)
		g_byte_array_remove_range(memory->keys, at, COMMAND_KEY_LEN);
}

uint8_t *command_memory_encode(const CommandMemory *memory, size_t *len)
{
	uint8_t *octets = g_malloc(MAGIC_LEN + memory->keys->len);

	memcpy(octets, MAGIC, MAGIC_LEN);
	if (memory->keys->len > 0)
		memcpy(octets + MAGIC_LEN, memory->keys->data, memory->keys->len);
	*len = MAGIC_LEN + memory->keys->len;
	return octets;
}

bool command_memory_decode(CommandMemory *memory, const void *octets, size_t len, GError **error)
{
	if (len < MAGIC_LEN || len > COMMAND_MEMORY_OCTETS ||
	    (len - MAGIC_LEN) % COMMAND_KEY_LEN != 0 || memcmp(octets, MAGIC, MAGIC_LEN) != 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%zu octets that are no memory of commands", len);
		return false;
	}
	g_byte_array_set_size(memory->keys, 0);
	g_byte_array_append(memory->keys, (const guint8 *)octets + MAGIC_LEN,
			    (guint)(len - MAGIC_LEN));
	return true;
}
