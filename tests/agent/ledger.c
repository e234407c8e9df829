/* SPDX-License-Identifier: MIT */
#include "tests/agent/ledger.h"

typedef struct Entry {
	uint32_t round;
	uint16_t arrivals;
	bool acked;
	bool refused;
} Entry;

typedef struct Producer {
	GArray *entries; /* of Entry; number 1 is the first */
	uint64_t latest; /* highest number that has arrived */
} Producer;

struct Ledger {
	GMutex lock;
	Producer *producers;
	unsigned n;
	uint64_t disordered;
	uint64_t missing; /* acknowledged, not yet arrived */
};

Ledger *ledger_new(unsigned producers)
{
	Ledger *ledger = g_new0(Ledger, 1);

	g_mutex_init(&ledger->lock);
	ledger->producers = g_new0(Producer, producers);
	ledger->n = producers;
	for (unsigned i = 0; i < producers; i++)
		ledger->producers[i].entries = g_array_new(FALSE, TRUE, sizeof(Entry));
	return ledger;
}

void ledger_free(Ledger *ledger)
{
	if (!ledger)
		return;
	for (unsigned i = 0; i < ledger->n; i++)
		g_array_unref(ledger->producers[i].entries);
	g_free(ledger->producers);
	g_mutex_clear(&ledger->lock);
	g_free(ledger);
}

static Entry *entry_at(Ledger *ledger, unsigned producer, uint64_t n)
{
	g_assert_cmpuint(producer, <, ledger->n);
	g_assert_cmpuint(n, >=, 1);
	g_assert_cmpuint(n, <=, ledger->producers[producer].entries->len);
	return &g_array_index(ledger->producers[producer].entries, Entry, n - 1);
}

void ledger_sent(Ledger *ledger, unsigned producer, uint64_t n, unsigned round)
{
	Entry entry = { .round = round };

	g_mutex_lock(&ledger->lock);
	g_array_append_val(ledger->producers[producer].entries, entry);
	g_assert_cmpuint(ledger->producers[producer].entries->len, ==, n);
	g_mutex_unlock(&ledger->lock);
}

void ledger_decided(Ledger *ledger, unsigned producer, uint64_t n, bool acked)
{
	g_mutex_lock(&ledger->lock);
	Entry *entry = entry_at(ledger, producer, n);
	g_assert_false(entry->acked || entry->refused);
	entry->acked = acked;
	entry->refused = !acked;
	ledger->missing += acked && entry->arrivals == 0;
	g_mutex_unlock(&ledger->lock);
}

void ledger_arrived(Ledger *ledger, unsigned producer, uint64_t n)
{
	g_mutex_lock(&ledger->lock);
	Entry *entry = entry_at(ledger, producer, n);
	Producer *from = &ledger->producers[producer];
	if (entry->arrivals++ == 0) {
		ledger->disordered += n < from->latest;
		from->latest = MAX(from->latest, n);
		ledger->missing -= entry->acked;
	}
	g_mutex_unlock(&ledger->lock);
}

bool ledger_complete(Ledger *ledger)
{
	g_mutex_lock(&ledger->lock);
	bool complete = ledger->missing == 0;
	g_mutex_unlock(&ledger->lock);
	return complete;
}

static void sums_add(LedgerSums *sums, const Entry *entry)
{
	sums->sent++;
	sums->acked += entry->acked;
	sums->refused += entry->refused;
	sums->delivered += entry->arrivals > 0;
	sums->duplicated += entry->arrivals > 1 ? entry->arrivals - 1U : 0;
	sums->lost += entry->acked && entry->arrivals == 0;
	sums->unasked += entry->refused && entry->arrivals > 0;
}

LedgerSums ledger_sums(Ledger *ledger)
{
	LedgerSums sums = { 0 };

	g_mutex_lock(&ledger->lock);
	for (unsigned i = 0; i < ledger->n; i++) {
		const GArray *entries = ledger->producers[i].entries;

		for (guint k = 0; k < entries->len; k++)
			sums_add(&sums, &g_array_index(entries, Entry, k));
	}
	sums.disordered = ledger->disordered;
	g_mutex_unlock(&ledger->lock);
	return sums;
}

void ledger_print_lost(Ledger *ledger, unsigned max)
{
	g_mutex_lock(&ledger->lock);
	for (unsigned i = 0; i < ledger->n; i++) {
		const GArray *entries = ledger->producers[i].entries;

		for (guint k = 0; k < entries->len && max > 0; k++) {
			const Entry *entry = &g_array_index(entries, Entry, k);

			if (!entry->acked || entry->arrivals > 0)
				continue;
			g_print("lost: number %u of producer %u, sent in round %u\n", k + 1, i,
				entry->round);
			max--;
		}
	}
	g_mutex_unlock(&ledger->lock);
}
