/* SPDX-License-Identifier: MIT */
#include "agent/adapter/command-store.h"

#include "agent/core/command-memory.h"
#include "common/error.h"
#include "common/file-read.h"
#include "common/file-replace.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

typedef struct Write {
	CommandStore *store;
	uint64_t token;
	GBytes *octets;
	GError *error;
} Write;

struct CommandStore {
	char *folder;
	char *name;
	GMainContext *context;
	CommandStored stored;
	void *data;
	GQueue waiting;  /* of Write */
	GThread *thread; /* NULL also when there was none to be had */
	GSource *done;   /* one is under way; its end, attached by the thread before it ends */
};

static void write_free(Write *write)
{
	g_bytes_unref(write->octets);
	g_clear_error(&write->error);
	g_free(write);
}

static void start_next(CommandStore *store);

static gboolean on_written(gpointer data)
{
	Write *write = data;
	CommandStore *store = write->store;

	if (store->thread)
		g_thread_join(g_steal_pointer(&store->thread));
	g_clear_pointer(&store->done, g_source_unref);
	start_next(store);
	store->stored(write->token, write->error, store->data);
	return G_SOURCE_REMOVE;
}

static void write_end(Write *write)
{
	CommandStore *store = write->store;

	g_source_set_callback(store->done, on_written, write, (GDestroyNotify)write_free);
	g_source_attach(store->done, store->context);
}

static gpointer write_thread(gpointer data)
{
	Write *write = data;
	CommandStore *store = write->store;
	gsize len;
	const void *octets = g_bytes_get_data(write->octets, &len);

	if (g_mkdir_with_parents(store->folder, 0700) < 0)
		g_set_error(&write->error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
			    "cannot make %s: %s", store->folder, g_strerror(errno));
	else
		(void)!file_replace(store->folder, store->name, octets, len, &write->error);
	write_end(write);
	return NULL;
}

static void start_next(CommandStore *store)
{
	g_autoptr(GError) error = NULL;

	if (store->done || g_queue_is_empty(&store->waiting))
		return;

	Write *write = g_queue_pop_head(&store->waiting);

	store->done = g_idle_source_new();
	g_source_set_priority(store->done, G_PRIORITY_DEFAULT);
	store->thread = g_thread_try_new("commands", write_thread, write, &error);
	if (store->thread)
		return;
	g_set_error(&write->error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
		    "no thread is left to write %s with: %s", store->name, error->message);
	write_end(write);
}

void command_store_write(CommandStore *store, uint64_t token, const void *octets, size_t len)
{
	Write *write = g_new0(Write, 1);

	*write = (Write){ .store = store, .token = token, .octets = g_bytes_new(octets, len) };
	g_queue_push_tail(&store->waiting, write);
	start_next(store);
}

GBytes *command_store_read(const CommandStore *store, GError **error)
{
	g_autofree char *path = g_build_filename(store->folder, store->name, NULL);
	g_autoptr(Secret) content = file_read(AT_FDCWD, path, COMMAND_MEMORY_OCTETS, error);

	if (content)
		return g_bytes_new(secret_data(content), secret_len(content));
	if (error && *error)
		g_prefix_error(error, "%s: ", path);
	return NULL;
}

CommandStore *command_store_new(const char *path, CommandStored stored, void *data)
{
	CommandStore *store = g_new0(CommandStore, 1);

	store->folder = g_path_get_dirname(path);
	store->name = g_path_get_basename(path);
	store->context = g_main_context_ref_thread_default();
	store->stored = stored;
	store->data = data;
	g_queue_init(&store->waiting);
	return store;
}

void command_store_free(CommandStore *store)
{
	if (!store)
		return;
	if (store->thread)
		g_thread_join(store->thread);
	if (store->done) {
		g_source_destroy(store->done);
		g_source_unref(store->done);
	}
	g_queue_clear_full(&store->waiting, (GDestroyNotify)write_free);
	g_main_context_unref(store->context);
	g_free(store->folder);
	g_free(store->name);
	g_free(store);
}
