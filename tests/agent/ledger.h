/* SPDX-License-Identifier: MIT */
/*
 * ledger - what several producers were promised, and what arrived
 *
 * Samples are known by producer and number: 1, 2, 3 … of each producer, never sent twice by it.
 * Any thread may write. Owner: whoever made it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Ledger Ledger;

typedef struct LedgerSums {
	uint64_t sent;
	uint64_t acked;
	uint64_t refused;
	uint64_t delivered;  /* different ones that arrived */
	uint64_t duplicated; /* arrivals beyond the first */
	uint64_t lost;       /* acknowledged, did not arrive */
	uint64_t unasked;    /* refused, and arrived all the same */
	uint64_t disordered; /* arrived for the first time after a later one of the same producer */
} LedgerSums;

/* ledger_new() - @producers: numbered from 0 */
Ledger *ledger_new(unsigned producers);

/* ledger_free() - NULL is fine */
void ledger_free(Ledger *ledger);

/* ledger_sent() - @producer sends @n, one more than before, in round @round */
void ledger_sent(Ledger *ledger, unsigned producer, uint64_t n, unsigned round);

/* ledger_decided() - it was acknowledged, or refused */
void ledger_decided(Ledger *ledger, unsigned producer, uint64_t n, bool acked);

/* ledger_arrived() - the broker has delivered it; aborts when it was never sent */
void ledger_arrived(Ledger *ledger, unsigned producer, uint64_t n);

/* ledger_complete() - everything acknowledged has arrived */
bool ledger_complete(Ledger *ledger);

/* ledger_sums() - as of now */
LedgerSums ledger_sums(Ledger *ledger);

/* ledger_print_lost() - the first @max that were lost, with the round they were sent in */
void ledger_print_lost(Ledger *ledger, unsigned max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)
