/* SPDX-License-Identifier: MIT */
#include "agent/core/pacer.h"

#define NS_PER_SEC  INT64_C(1000000000)
#define SECONDS_MAX 31536000 /* a longer time is taken for a year */

struct Pacer {
	ProfileLimits limits;
	int64_t full_ns[PROFILE_RATES_MAX]; /* when the bucket of each rate is full */
	uint64_t sent[PROFILE_RATE_KINDS];  /* since pacer_limit() */
};

Pacer *pacer_new(void)
{
	return g_new0(Pacer, 1);
}

void pacer_free(Pacer *pacer)
{
	g_free(pacer);
}

static int64_t span_ns(const ProfileRate *rate)
{
	return MIN(rate->seconds, SECONDS_MAX) * NS_PER_SEC;
}

/* How long the bucket takes to fill up again after @weight, nine tenths of the rate given. */
static int64_t cost_ns(const ProfileRate *rate, uint64_t weight)
{
	int64_t each = span_ns(rate) / 9 * 10 / rate->count;

	return each * (int64_t)MIN(weight, rate->count);
}

static uint64_t weight_of(ProfileRateKind kind, const PacerMessage *message)
{
	switch (kind) {
	case PROFILE_RATE_ANY: return 1;
	case PROFILE_RATE_OTHER: return !message->telemetry;
	case PROFILE_RATE_TELEMETRY: return message->telemetry;
	case PROFILE_RATE_POINTS: return message->points;
	case PROFILE_RATE_OCTETS: return message->octets;
	case PROFILE_RATE_KINDS: break;
	}
	return 0;
}

static bool rate_equal(const ProfileRate *a, const ProfileRate *b)
{
	return a->kind == b->kind && a->count == b->count && a->seconds == b->seconds;
}

static int64_t full_before(const Pacer *pacer, const ProfileRate *rate, int64_t now_ns)
{
	for (size_t i = 0; i < pacer->limits.rates_count; i++)
		if (rate_equal(&pacer->limits.rates[i], rate))
			return pacer->full_ns[i];
	return now_ns + cost_ns(rate, pacer->sent[rate->kind]);
}

void pacer_limit(Pacer *pacer, const ProfileLimits *limits, int64_t now_us)
{
	int64_t full_ns[PROFILE_RATES_MAX];

	for (size_t i = 0; i < limits->rates_count; i++)
		full_ns[i] = full_before(pacer, &limits->rates[i], now_us * 1000);
	for (size_t i = 0; i < limits->rates_count; i++)
		pacer->full_ns[i] = full_ns[i];
	pacer->limits = *limits;
	for (size_t kind = 0; kind < PROFILE_RATE_KINDS; kind++)
		pacer->sent[kind] = 0;
}

/* Until @rate allows for @weight; 0: now. A full bucket allows for everything. */
static int64_t wait_ns(const Pacer *pacer, size_t index, uint64_t weight, int64_t now_ns)
{
	const ProfileRate *rate = &pacer->limits.rates[index];
	int64_t start = MAX(pacer->full_ns[index], now_ns);
	int64_t over = start + cost_ns(rate, weight) - (now_ns + span_ns(rate));

	return weight > 0 ? MAX(MIN(over, start - now_ns), 0) : 0;
}

int64_t pacer_take(Pacer *pacer, const PacerMessage *message, int64_t now_us)
{
	int64_t now_ns = now_us * 1000;
	int64_t wait = 0;

	for (size_t i = 0; i < pacer->limits.rates_count; i++) {
		uint64_t weight = weight_of(pacer->limits.rates[i].kind, message);

		wait = MAX(wait, wait_ns(pacer, i, weight, now_ns));
	}
	if (wait > 0)
		return wait / 1000 + 1;
	for (size_t i = 0; i < pacer->limits.rates_count; i++) {
		const ProfileRate *rate = &pacer->limits.rates[i];

		pacer->full_ns[i] = MAX(pacer->full_ns[i], now_ns) +
				    cost_ns(rate, weight_of(rate->kind, message));
	}
	for (size_t kind = 0; kind < PROFILE_RATE_KINDS; kind++)
		pacer->sent[kind] += weight_of((ProfileRateKind)kind, message);
	return 0;
}

unsigned pacer_room(const Pacer *pacer, int64_t now_us)
{
	int64_t room = G_MAXUINT16;

	for (size_t i = 0; i < pacer->limits.rates_count; i++) {
		const ProfileRate *rate = &pacer->limits.rates[i];
		int64_t each = cost_ns(rate, 1);
		int64_t left =
			now_us * 1000 + span_ns(rate) - MAX(pacer->full_ns[i], now_us * 1000);

		if (each > 0 &&
		    (rate->kind == PROFILE_RATE_ANY || rate->kind == PROFILE_RATE_TELEMETRY))
			room = MIN(room, left / each);
	}
	return (unsigned)MAX(room, 1);
}

unsigned pacer_points(const Pacer *pacer)
{
	unsigned points = 0;

	for (size_t i = 0; i < pacer->limits.rates_count; i++) {
		const ProfileRate *rate = &pacer->limits.rates[i];
		unsigned most = (unsigned)MAX((uint64_t)rate->count * 9 / 10, 1);

		if (rate->kind == PROFILE_RATE_POINTS)
			points = points > 0 ? MIN(points, most) : most;
	}
	return points;
}
