/* SPDX-License-Identifier: MIT */
/*
 * disk-sync - wait until what another program has written is on disk
 *
 * NetworkManager and iwd rename a new file into place without flushing it: for half a minute the
 * file is empty after a power cut, while the deletion of its predecessor may have been kept. We may
 * not open such files, so everything is flushed, in a thread of its own.
 */
#pragma once

typedef struct DiskSync DiskSync;

/* disk_sync_start() - begin; @done runs once, from the loop of the calling thread's default
 * context, and the handle is dead then
 * Returns a handle for disk_sync_cancel(), never NULL */
DiskSync *disk_sync_start(void (*done)(void *data), void *data);

/* disk_sync_cancel() - @done will not run; the flushing itself goes on. NULL is fine */
void disk_sync_cancel(DiskSync *sync);
