/* SPDX-License-Identifier: MIT */
/*
 * renewal-note - keep the moment of the next attempt to renew in the store
 *
 * The store syncs it to the disk, and another writer may hold its lock for a while: a thread waits
 * for both. What is noted meanwhile follows, the latest alone.
 *
 * Owner: one thread.
 */
#pragma once

#include "common/store-wait.h"

typedef struct RenewalNote RenewalNote;

/* renewal_note_new()
 * @path: of the store, copied */
RenewalNote *renewal_note_new(const char *path);

/* renewal_note_write() - store_wait_write() of STORE_WAIT_NEXT in a thread; a failure is logged,
 * and costs no more than that a restart comes too early
 * @subject: copied */
void renewal_note_write(RenewalNote *note, const StoreWaitSubject *subject,
			const RenewalWait *next);

/* renewal_note_unref() - what is noted already is written still; NULL is fine */
void renewal_note_unref(RenewalNote *note);
