/* SPDX-License-Identifier: MIT */
#include "agent/adapter/wait-note.h"

#include <stdbool.h>

#define LOCK_WAIT_MS 5000

/* One moment to write. */
typedef struct Line {
	char *whom;
	StoreWaitSubject subject; /* its whom is the one above */
	RenewalWait next;
} Line;

struct WaitNote {
	char *path;
	StoreWaitKind kind;
	GMutex mutex; /* of what follows */
	Line *line;   /* to be written; NULL: nothing */
	bool running; /* a thread is there, and will see it */
};

static void line_free(Line *line)
{
	if (!line)
		return;
	g_free(line->whom);
	g_free(line);
}

static void note_clear(gpointer data)
{
	WaitNote *note = data;

	line_free(note->line);
	g_mutex_clear(&note->mutex);
	g_free(note->path);
}

/* What is to be written now; NULL: nothing, and the thread has to end. */
static Line *note_take(WaitNote *note)
{
	g_mutex_lock(&note->mutex);

	Line *line = g_steal_pointer(&note->line);

	note->running = line != NULL;
	g_mutex_unlock(&note->mutex);
	return line;
}

/* What a moment that is not on the disk leaves undone. */
static const char *kind_words(StoreWaitKind kind)
{
	switch (kind) {
	case STORE_WAIT_ENROLMENT:
	case STORE_WAIT_TRIAL: return "how long to wait before the device is enrolled";
	case STORE_WAIT_SERVER:
	case STORE_WAIT_NEXT: break;
	}
	return "when the certificate is to be renewed next";
}

static void line_write(const WaitNote *note, const Line *line)
{
	g_autoptr(Store) store = store_open(note->path);
	g_autoptr(GError) error = NULL;

	store_set_lock_wait(store, LOCK_WAIT_MS);
	if (!store_wait_write(store, note->kind, &line->subject, &line->next, &error))
		g_info("a restart forgets %s: %s", kind_words(note->kind), error->message);
}

static gpointer note_run(gpointer data)
{
	WaitNote *note = data;

	for (Line *line = note_take(note); line; line = note_take(note)) {
		line_write(note, line);
		line_free(line);
	}
	wait_note_unref(note);
	return NULL;
}

WaitNote *wait_note_new(const char *path, StoreWaitKind kind)
{
	WaitNote *note = g_atomic_rc_box_new0(WaitNote);

	note->path = g_strdup(path);
	note->kind = kind;
	g_mutex_init(&note->mutex);
	return note;
}

static bool note_start(WaitNote *note)
{
	GThread *thread =
		g_thread_try_new("note-wait", note_run, g_atomic_rc_box_acquire(note), NULL);

	if (thread)
		g_thread_unref(thread);
	else
		wait_note_unref(note);
	return thread != NULL;
}

void wait_note_write(WaitNote *note, const StoreWaitSubject *subject, const RenewalWait *next)
{
	Line *line = g_new0(Line, 1);

	line->whom = g_strdup(subject->whom);
	line->subject = *subject;
	line->subject.whom = line->whom;
	line->next = *next;
	g_mutex_lock(&note->mutex);
	line_free(note->line);
	note->line = line;
	if (!note->running)
		note->running = note_start(note);
	g_mutex_unlock(&note->mutex);
}

void wait_note_unref(WaitNote *note)
{
	if (note)
		g_atomic_rc_box_release_full(note, note_clear);
}
