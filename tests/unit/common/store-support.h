/* SPDX-License-Identifier: MIT */
/*
 * store-support - certificates to import and folders to import them into, for the store's tests
 */
#pragma once

#include "common/store.h"
#include "tests/broker/pki.h"

#include <glib.h>
#include <stdint.h>

#define SUPPORT_YEAR_S INT64_C(31536000)

typedef struct StoreFixture {
	Pki *pki;   /* ca, inter (by ca), one and two (by inter, for a year) */
	char *root; /* an empty folder */
	char *path; /* root/store, not there yet */
	Store *store;
} StoreFixture;

/* support_pki() - the certificates named above; free with pki_free() */
Pki *support_pki(void);

/* support_set_up() - a fixture for g_test_add() */
void support_set_up(StoreFixture *fixture, gconstpointer data);

/* support_tear_down() - remove all of it */
void support_tear_down(StoreFixture *fixture, gconstpointer data);

/* support_parts() - parts from files of @pki: @certs is a list of names separated by blanks, @key
 * a name, @broker a text or NULL; server_chain.pem is ca. Free with store_parts_free(). */
StoreParts *support_parts(Pki *pki, const char *certs, const char *key, const char *broker);

/* support_import() - import device @name with its chain; asserts that it works
 * Returns the generation's number */
uint32_t support_import(StoreFixture *fixture, const char *name);

/* support_current() - common name of the current identity, or NULL; asserts that whatever is
 * current is sound; g_free() it */
char *support_current(Store *store);

/* support_remove() - remove a file or a folder with everything in it */
void support_remove(const char *path);

/* support_write() - make FIXTURE's store file @name hold @text */
void support_write(const StoreFixture *fixture, const char *name, const char *text);

/* support_exists() - whether the store has @name, a dangling link included */
gboolean support_exists(const StoreFixture *fixture, const char *name);
