/* SPDX-License-Identifier: MIT */
#include "tests/agent/power-cut.h"

#include "tests/agent/frail-machine.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define SECTOR 512

/* How a cut treats what was not synced. */
typedef enum Fate {
	FATE_NOTHING,
	FATE_ALL,
	FATE_WRITES,  /* each write whole or not at all */
	FATE_SECTORS, /* each sector by itself */
	FATES_N,
} Fate;

typedef struct Change {
	FrailOp op;
	guint64 offset;
	GByteArray *data; /* of a write */
} Change;

typedef struct Disk {
	const char *suffix;
	GByteArray *durable; /* NULL: no such file */
	GPtrArray *pending;  /* of Change, in order */
} Disk;

struct PowerCut {
	char *spool;
	char *journal;
	Disk disks[FRAIL_FILES_N];
	guint64 lost;
};

static void change_free(gpointer data)
{
	Change *change = data;

	g_clear_pointer(&change->data, g_byte_array_unref);
	g_free(change);
}

PowerCut *power_cut_new(const char *spool, const char *journal)
{
	static const char *const suffixes[] = {
		[FRAIL_FILE_DB] = "",
		[FRAIL_FILE_WAL] = "-wal",
		[FRAIL_FILE_JOURNAL] = "-journal",
	};
	PowerCut *cut = g_new0(PowerCut, 1);

	cut->spool = g_strdup(spool);
	cut->journal = g_strdup(journal);
	for (int i = 0; i < FRAIL_FILES_N; i++) {
		cut->disks[i].suffix = suffixes[i];
		cut->disks[i].pending = g_ptr_array_new_with_free_func(change_free);
	}
	return cut;
}

void power_cut_free(PowerCut *cut)
{
	if (!cut)
		return;
	for (int i = 0; i < FRAIL_FILES_N; i++) {
		g_clear_pointer(&cut->disks[i].durable, g_byte_array_unref);
		g_ptr_array_unref(cut->disks[i].pending);
	}
	g_free(cut->spool);
	g_free(cut->journal);
	g_free(cut);
}

/* What was beyond the end reads as zeros. */
static void disk_resize(Disk *disk, guint64 size)
{
	guint old = disk->durable ? disk->durable->len : 0;

	if (!disk->durable)
		disk->durable = g_byte_array_new();
	g_byte_array_set_size(disk->durable, (guint)size);
	if (size > old)
		memset(disk->durable->data + old, 0, size - old);
}

static void disk_put(Disk *disk, guint64 offset, const guint8 *data, gsize len)
{
	if (!disk->durable || disk->durable->len < offset + len)
		disk_resize(disk, offset + len);
	memcpy(disk->durable->data + offset, data, len);
}

static void disk_do(Disk *disk, const Change *change)
{
	switch (change->op) {
	case FRAIL_WRITE:
		disk_put(disk, change->offset, change->data->data, change->data->len);
		break;
	case FRAIL_TRUNCATE: disk_resize(disk, change->offset); break;
	case FRAIL_REMOVE: g_clear_pointer(&disk->durable, g_byte_array_unref); break;
	case FRAIL_SYNC:
	case FRAIL_SYNC_FOLDER: g_assert_not_reached();
	}
}

static void disk_sync(Disk *disk)
{
	for (guint i = 0; i < disk->pending->len; i++)
		disk_do(disk, g_ptr_array_index(disk->pending, i));
	g_ptr_array_set_size(disk->pending, 0);
}

/* What was removed stays removed; what was written before that is of no interest any more. */
static void folder_sync(PowerCut *cut)
{
	for (int i = 0; i < FRAIL_FILES_N; i++) {
		Disk *disk = &cut->disks[i];

		for (guint k = disk->pending->len; k > 0; k--) {
			const Change *change = g_ptr_array_index(disk->pending, k - 1);

			if (change->op != FRAIL_REMOVE)
				continue;
			g_clear_pointer(&disk->durable, g_byte_array_unref);
			g_ptr_array_remove_range(disk->pending, 0, k);
			break;
		}
	}
}

/* The kill may have come between a record and its write, or into the write: what counts then is
 * what the file has. */
static void settle_last(PowerCut *cut, Disk *disk)
{
	guint n = disk ? disk->pending->len : 0;
	Change *last = n > 0 ? g_ptr_array_index(disk->pending, n - 1) : NULL;
	g_autofree char *path = g_strconcat(cut->spool, disk ? disk->suffix : "", NULL);
	int fd = last && last->op == FRAIL_WRITE ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;

	ssize_t len = pread(fd, last->data->data, last->data->len, (off_t)last->offset);

	close(fd);
	if (len > 0)
		g_byte_array_set_size(last->data, (guint)len);
	else
		g_ptr_array_set_size(disk->pending, (gint)n - 1);
}

/* Without a cut the file is what was written: else the journal has missed something. */
static void assert_view(const PowerCut *cut, const Disk *disk)
{
	Disk view = { .durable = NULL };
	g_autofree char *path = g_strconcat(cut->spool, disk->suffix, NULL);
	g_autofree char *text = NULL;
	gsize len = 0;

	if (disk->durable)
		disk_put(&view, 0, disk->durable->data, disk->durable->len);
	for (guint i = 0; i < disk->pending->len; i++)
		disk_do(&view, g_ptr_array_index(disk->pending, i));
	g_file_get_contents(path, &text, &len, NULL);
	if (view.durable)
		g_assert_cmpmem(view.durable->data, view.durable->len, text, len);
	else
		g_assert_cmpuint(len, ==, 0);
	g_clear_pointer(&view.durable, g_byte_array_unref);
}

void power_cut_observe(PowerCut *cut)
{
	Disk *last = NULL;
	g_autofree char *text = NULL;
	gsize len = 0;
	FrailRecord head;

	if (!g_file_get_contents(cut->journal, &text, &len, NULL))
		return;
	for (gsize at = 0; at + sizeof(head) <= len; at += head.len) {
		memcpy(&head, text + at, sizeof(head));
		at += sizeof(head);
		if (head.len > len - at) /* killed while it wrote the record */
			break;

		Disk *disk = &cut->disks[head.file];

		last = NULL;
		if (head.op == FRAIL_SYNC) {
			disk_sync(disk);
			continue;
		}
		if (head.op == FRAIL_SYNC_FOLDER) {
			folder_sync(cut);
			continue;
		}
		last = disk;
		Change *change = g_new0(Change, 1);

		change->op = (FrailOp)head.op;
		change->offset = head.offset;
		change->data = g_byte_array_sized_new((guint)head.len);
		g_byte_array_append(change->data, (const guint8 *)text + at, (guint)head.len);
		g_ptr_array_add(disk->pending, change);
	}
	settle_last(cut, last);
	for (int i = 0; i < FRAIL_FILES_N; i++)
		assert_view(cut, &cut->disks[i]);
	g_assert_cmpint(truncate(cut->journal, 0), ==, 0);
}

static void tear(PowerCut *cut, Disk *disk, const Change *change, GRand *rand)
{
	for (guint at = 0; at < change->data->len;) {
		guint len = MIN(SECTOR - (guint)((change->offset + at) % SECTOR),
				change->data->len - at);

		if (g_rand_boolean(rand))
			disk_put(disk, change->offset + at, change->data->data + at, len);
		else
			cut->lost += len;
		at += len;
	}
}

static void strike_change(PowerCut *cut, Disk *disk, const Change *change, Fate fate, GRand *rand)
{
	bool kept = fate == FATE_ALL || (fate != FATE_NOTHING && g_rand_boolean(rand));

	if (fate == FATE_SECTORS && change->op == FRAIL_WRITE)
		tear(cut, disk, change, rand);
	else if (kept)
		disk_do(disk, change);
	else
		cut->lost += change->data->len;
}

static void strike_disk(PowerCut *cut, Disk *disk, GRand *rand)
{
	Fate fate = (Fate)g_rand_int_range(rand, 0, FATES_N);
	g_autofree char *path = g_strconcat(cut->spool, disk->suffix, NULL);
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < disk->pending->len; i++)
		strike_change(cut, disk, g_ptr_array_index(disk->pending, i), fate, rand);
	g_ptr_array_set_size(disk->pending, 0);
	g_unlink(path); /* writing over it would leave its end where it was */
	if (disk->durable)
		g_assert_true(g_file_set_contents_full(path, (char *)disk->durable->data,
						       disk->durable->len, G_FILE_SET_CONTENTS_NONE,
						       0600, &error));
	else if (disk == &cut->disks[FRAIL_FILE_DB])
		g_assert_true(g_file_set_contents(path, "", 0, &error));
}

void power_cut_strike(PowerCut *cut, GRand *rand)
{
	power_cut_observe(cut);
	for (int i = 0; i < FRAIL_FILES_N; i++)
		strike_disk(cut, &cut->disks[i], rand);
}

guint64 power_cut_lost(const PowerCut *cut)
{
	return cut->lost;
}
