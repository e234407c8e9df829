/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/guesses.h"

#include "common/error.h"
#include "common/file-read.h"
#include "common/file-replace.h"

#include <fcntl.h>
#include <string.h>

#define FILE_NAME  "guesses"
#define DIGITS_MAX 9

/* One number on its way to the disk. The thread writes `error`; the loop reads it once the thread
 * has attached `source`, which orders the two. */
typedef struct Write {
	Guesses *guesses;
	uint32_t wrong;
	GThread *thread; /* NULL: none could be made */
	GSource *source; /* not attached before the thread is through */
	GError *error;
} Write;

struct Guesses {
	char *folder;
	GuessesKept kept;
	void *data;
	GArray *waiting; /* of uint32_t, the first is next */
	Write *write;    /* under way; or NULL */
};

static void write_next(Guesses *guesses);

static bool write_number(const char *folder, uint32_t wrong, GError **error)
{
	g_autofree char *text = g_strdup_printf("%u\n", wrong);

	if (wrong == 0) /* takes no space, so that a right proof counts on a full disk, too */
		return file_remove(folder, FILE_NAME, error);
	return file_replace(folder, FILE_NAME, text, strlen(text), error);
}

static void write_free(Write *write)
{
	if (write->thread)
		g_thread_join(write->thread);
	g_source_destroy(write->source);
	g_source_unref(write->source);
	g_clear_error(&write->error);
	g_free(write);
}

static gboolean on_written(gpointer data)
{
	Guesses *guesses = data;
	Write *write = g_steal_pointer(&guesses->write);
	g_autoptr(GError) error = g_steal_pointer(&write->error);

	write_free(write);
	write_next(guesses);
	guesses->kept(error, guesses->data);
	return G_SOURCE_REMOVE;
}

static gpointer write_run(gpointer data)
{
	Write *write = data;

	write_number(write->guesses->folder, write->wrong, &write->error);
	g_source_attach(write->source, NULL);
	return NULL;
}

static void write_next(Guesses *guesses)
{
	Write *write;

	if (guesses->write || guesses->waiting->len == 0)
		return;
	write = g_new0(Write, 1);
	write->guesses = guesses;
	write->wrong = g_array_index(guesses->waiting, uint32_t, 0);
	write->source = g_idle_source_new();
	g_source_set_priority(write->source, G_PRIORITY_DEFAULT);
	g_source_set_callback(write->source, on_written, guesses, NULL);
	g_array_remove_index(guesses->waiting, 0);
	guesses->write = write;
	write->thread = g_thread_try_new("guesses", write_run, write, &write->error);
	if (!write->thread)
		g_source_attach(write->source, NULL);
}

Guesses *guesses_new(const char *folder, GuessesKept kept, void *data)
{
	Guesses *guesses = g_new0(Guesses, 1);

	guesses->folder = g_strdup(folder);
	guesses->kept = kept;
	guesses->data = data;
	guesses->waiting = g_array_new(false, false, sizeof(uint32_t));
	return guesses;
}

void guesses_free(Guesses *guesses)
{
	g_autoptr(GError) error = NULL;
	guint last;

	if (!guesses)
		return;
	g_clear_pointer(&guesses->write, write_free);
	last = guesses->waiting->len;
	if (last > 0 && !write_number(guesses->folder,
				      g_array_index(guesses->waiting, uint32_t, last - 1), &error))
		g_warning("%s", error->message);
	g_array_unref(guesses->waiting);
	g_free(guesses->folder);
	g_free(guesses);
}

uint32_t guesses_read(const Guesses *guesses, GError **error)
{
	g_autofree char *path = g_build_filename(guesses->folder, FILE_NAME, NULL);
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) text = file_read(AT_FDCWD, path, DIGITS_MAX + 1, &cause);
	uint32_t wrong = 0;
	size_t digits;

	if (cause) {
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s: %s", path, cause->message);
		return GUESSES_UNKNOWN;
	}
	if (!text)
		return 0;
	for (digits = 0; digits < secret_len(text) && g_ascii_isdigit(secret_data(text)[digits]);
	     digits++)
		wrong = wrong * 10 + (uint32_t)(secret_data(text)[digits] - '0');
	if (digits == 0 || digits > DIGITS_MAX || digits + 1 != secret_len(text) ||
	    secret_data(text)[digits] != '\n') {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s must hold one whole number", path);
		return GUESSES_UNKNOWN;
	}
	return wrong;
}

void guesses_keep(Guesses *guesses, uint32_t wrong)
{
	g_array_append_val(guesses->waiting, wrong);
	write_next(guesses);
}

bool guesses_is_busy(const Guesses *guesses)
{
	return guesses->write || guesses->waiting->len > 0;
}
