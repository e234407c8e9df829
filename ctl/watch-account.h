/* SPDX-License-Identifier: MIT */
/*
 * watch-account - what happens to a provisioner, told in lines of words
 *
 * Is given all of its properties each time some of them changed, and tells what is different. The
 * provisioner's own sentence (Progress) is the backbone; what it does not say is added: a phone
 * that left, what a failure means, what a refused proof leads to.
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

typedef struct WatchAccount WatchAccount;

/* WatchLineFunc - one line of the account
 * @state: short word for the first column, "" for a line that explains the one before
 * @text:  one line, printable */
typedef void (*WatchLineFunc)(const char *state, const char *text, void *data);

/* watch_account_new() - nothing is known yet */
WatchAccount *watch_account_new(WatchLineFunc line, void *data);

/* watch_account_free() - NULL is fine */
void watch_account_free(WatchAccount *account);

/* watch_account_update() - tell what differs from the last time
 * @properties: {"State":"ready",…}, copied; NULL: the provisioner does not run */
void watch_account_update(WatchAccount *account, const cJSON *properties);

/* watch_account_state() - "ready" …, "absent"; "" while nothing is known. Borrowed until the next
 * update */
const char *watch_account_state(const WatchAccount *account);

/* watch_account_present() - the present state on one line, for the last line of a terminal
 * @seconds: how long it has lasted
 * Returns text owned by the caller */
char *watch_account_present(const WatchAccount *account, unsigned int seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WatchAccount, watch_account_free)
