/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/disk-sync.h"

#include <glib.h>
#include <stdbool.h>
#include <unistd.h>

/* Handed to the thread, and by that to the source that ends it. */
struct DiskSync {
	GMainContext *context;
	void (*done)(void *data);
	void *data;
	bool cancelled; /* main context only */
};

static gboolean on_flushed(gpointer user_data)
{
	DiskSync *disk = user_data;

	if (!disk->cancelled)
		disk->done(disk->data);
	return G_SOURCE_REMOVE;
}

static void disk_sync_free(gpointer user_data)
{
	DiskSync *disk = user_data;

	g_main_context_unref(disk->context);
	g_free(disk);
}

static gpointer flush(gpointer user_data)
{
	DiskSync *disk = user_data;
	g_autoptr(GSource) source = g_idle_source_new();

	sync();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, on_flushed, disk, disk_sync_free);
	g_source_attach(source, disk->context);
	return NULL;
}

DiskSync *disk_sync_start(void (*done)(void *data), void *data)
{
	DiskSync *disk = g_new0(DiskSync, 1);

	disk->context = g_main_context_ref_thread_default();
	disk->done = done;
	disk->data = data;

	GThread *thread = g_thread_try_new("disk-sync", flush, disk, NULL);

	if (thread)
		g_thread_unref(thread);
	else
		flush(disk); /* late, but on disk: no thread to be had is no reason to end */
	return disk;
}

void disk_sync_cancel(DiskSync *disk)
{
	if (disk)
		disk->cancelled = true;
}
