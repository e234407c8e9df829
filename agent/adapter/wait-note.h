/* SPDX-License-Identifier: MIT */
/*
 * wait-note - keep the moment of the next attempt at something in the store
 *
 * The store syncs it to the disk, and another writer may hold its lock for a while: a thread waits
 * for both. What is noted meanwhile follows, the latest alone.
 *
 * Owner: one thread.
 */
#pragma once

#include "common/store-wait.h"

typedef struct WaitNote WaitNote;

/* wait_note_new()
 * @path: of the store, copied
 * @kind: of the moments, one of those that the agent writes */
WaitNote *wait_note_new(const char *path, StoreWaitKind kind);

/* wait_note_write() - store_wait_write() in a thread; a failure is logged, and costs no more than
 * that a restart comes too early
 * @subject: copied */
void wait_note_write(WaitNote *note, const StoreWaitSubject *subject, const RenewalWait *next);

/* wait_note_unref() - what is noted already is written still; NULL is fine */
void wait_note_unref(WaitNote *note);
