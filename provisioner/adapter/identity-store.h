/* SPDX-License-Identifier: MIT */
/*
 * identity-store - the store of the device behind the core's StorePort
 *
 * Keys take their time to be made and disks to be synced: each commit and each request has a
 * thread of its own for as long as it lasts, at most one of each, which hands its outcome back to
 * the loop. Reading the current generation's number is one readlink() and happens at once.
 *
 * Owner: the App. Freeing waits for what is under way, so that no commit is torn by our own end.
 */
#pragma once

#include "provisioner/core/store-port.h"

#include <glib.h>

typedef struct IdentityStore IdentityStore;

/* Both run from the loop, never from inside a call of the port. */
typedef struct IdentityStoreEvents {
	/* as provisioner_on_committed() */
	void (*committed)(const GError *error, void *data);
	/* as provisioner_on_request() */
	void (*requested)(GBytes *request, const GError *error, void *data);
} IdentityStoreEvents;

/* The calls of the core; their first argument is an IdentityStore. */
extern const StorePort identity_store_port;

/* identity_store_new() - touches nothing yet
 * @path: of the store, copied
 * @token_key: URI of the key that certificates are requested for, copied; NULL: one is made
 * @events: static */
IdentityStore *identity_store_new(const char *path, const char *token_key,
				  const IdentityStoreEvents *events, void *data);

/* identity_store_free() - NULL is fine */
void identity_store_free(IdentityStore *identity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IdentityStore, identity_store_free)
