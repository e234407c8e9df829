/* SPDX-License-Identifier: MIT */
#include "common/backoff.h"

void backoff_init(Backoff *backoff, uint32_t floor_ms, uint32_t base_ms, uint32_t max_ms)
{
	uint32_t base = MAX(base_ms, 1);

	*backoff = (Backoff){
		.floor_ms = MIN(floor_ms, base),
		.base_ms = base,
		.max_ms = MAX(max_ms, base),
	};
}

void backoff_reset(Backoff *backoff)
{
	backoff->failures = 0;
}

uint32_t backoff_ceiling_ms(const Backoff *backoff)
{
	uint64_t ceiling;

	if (backoff->failures >= 32) /* base_ms is at least 1: beyond any max_ms */
		return backoff->max_ms;
	ceiling = (uint64_t)backoff->base_ms << backoff->failures;
	return (uint32_t)MIN(ceiling, backoff->max_ms);
}

uint32_t backoff_next_ms(Backoff *backoff, BackoffRandom random, gpointer data)
{
	uint32_t ceiling = backoff_ceiling_ms(backoff);
	uint32_t span = ceiling - backoff->floor_ms;
	uint32_t drawn = span == 0 ? 0 : random(span == UINT32_MAX ? span : span + 1, data);

	if (backoff->failures < UINT32_MAX)
		backoff->failures++;
	return backoff->floor_ms + MIN(drawn, span);
}
