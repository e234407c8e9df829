/* SPDX-License-Identifier: MIT */
/*
 * power-cut - what a disk keeps of a spool when the power goes
 *
 * Knows from the journal of frail-machine what the agent wrote and what it has synced. A cut keeps
 * all that was synced; of every other write, in any order, it keeps nothing, all, or some sectors
 * of 512 octets.
 *
 * All failures abort. Owner: whoever made it.
 */
#pragma once

#include <glib.h>

typedef struct PowerCut PowerCut;

/* power_cut_new() - for a spool that does not exist yet
 * @spool: path of its file; @journal: as FRAIL_JOURNAL of the agent */
PowerCut *power_cut_new(const char *spool, const char *journal);

/* power_cut_free() - NULL is fine */
void power_cut_free(PowerCut *cut);

/* power_cut_observe() - take in what the journal has; the agent must have ended */
void power_cut_observe(PowerCut *cut);

/* power_cut_strike() - the same, then make the spool's files what the cut leaves of them */
void power_cut_strike(PowerCut *cut, GRand *rand);

/* power_cut_lost() - octets that cuts have taken so far */
guint64 power_cut_lost(const PowerCut *cut);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PowerCut, power_cut_free)
