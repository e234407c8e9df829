/* SPDX-License-Identifier: MIT */
/*
 * wifi-wpa-undo - take networks of ours back, and bring back what a trial took the place of
 *
 * What is to be done follows from the list of configured networks alone, as each trial's mark names
 * those it took the place of. So it does not matter whether this process, or one that crashed, has
 * begun the trial. One call after the other; one that fails is logged and the next is made.
 *
 * A network that hides its name may miss the one question that a scan asks it, and wpa_supplicant
 * then takes any other that is enabled and stays with it. So it may be given time during which no
 * other is.
 *
 * Owner: wifi-wpa, which lets go of it when wpa_supplicant or the interface goes away.
 */
#pragma once

#include "provisioner/adapter/wifi-wpa-networks.h"

/* What is to go besides trials; all borrowed for the call. */
typedef struct WpaUndoPlan {
	const char *keep;           /* the trial under way, NULL: none */
	const GPtrArray *condemned; /* paths */
	bool all_ours;
	bool all_saved;           /* write the file even where nothing is to go: it may have more */
	bool reconnect;           /* one of them may be in use: look for another afterwards */
	bool save;                /* write the file afterwards */
	unsigned int patience_ms; /* to be back on a network that hides its name, 0: none */
} WpaUndoPlan;

typedef struct WifiWpaUndo WifiWpaUndo;

/* wifi_wpa_undo_new() - start
 * @path: of the interface; @done: runs once, from the loop; may free it
 * Returns NULL when there is nothing to be done */
WifiWpaUndo *wifi_wpa_undo_new(Bus *bus, const char *path, const GPtrArray *list,
			       const WpaUndoPlan *plan, void (*done)(void *data), void *data);

/* wifi_wpa_undo_problem() - the first thing that wpa_supplicant refused, for people; NULL: nothing.
 * Borrowed */
const char *wifi_wpa_undo_problem(const WifiWpaUndo *undo);

/* wifi_wpa_undo_connected() - wpa_supplicant says that it is on a network */
void wifi_wpa_undo_connected(WifiWpaUndo *undo);

/* wifi_wpa_undo_hurry() - wait for no network any more */
void wifi_wpa_undo_hurry(WifiWpaUndo *undo);

/* wifi_wpa_undo_free() - let go; NULL is fine */
void wifi_wpa_undo_free(WifiWpaUndo *undo);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiWpaUndo, wifi_wpa_undo_free)
