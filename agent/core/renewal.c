/* SPDX-License-Identifier: MIT */
#include "agent/core/renewal.h"

#define MINUTE_S      INT64_C(60)
#define DAY_S         INT64_C(86400)
#define JITTER_PART   20 /* the moment is drawn from so small a part of the lifetime */
#define PAUSE_PART    50
#define HASTE_PART    500 /* near the end pauses shrink to so small a part of the lifetime */
#define SPREAD_PART   4
#define END_PART      4       /* of the time to the end or since: pauses follow it */
#define RANDOM_DIGITS 1000000 /* a draw is so fine */

void renewal_init(Renewal *renewal, const RenewalPort *port, void *data)
{
	*renewal = (Renewal){ .port = port, .data = data };
}

/* A number of seconds from 0 to @span, drawn evenly. */
static int64_t draw(const Renewal *renewal, int64_t span)
{
	return span * renewal->port->random(RANDOM_DIGITS, renewal->data) / RANDOM_DIGITS;
}

static int64_t lifetime(const Renewal *renewal)
{
	return renewal->not_after_s - renewal->not_before_s;
}

static int64_t pause_longest(const Renewal *renewal, int64_t now_s)
{
	int64_t longest = lifetime(renewal) / PAUSE_PART;
	int64_t shortest = lifetime(renewal) / HASTE_PART;
	int64_t left = (renewal->not_after_s - now_s) / END_PART;

	if (left > 0 && longest > left)
		longest = left > shortest ? left : shortest;
	if (longest < -left)
		longest = -left;
	if (longest < MINUTE_S)
		longest = MINUTE_S;
	if (longest > DAY_S)
		longest = DAY_S;
	return longest;
}

static int64_t pause_draw(const Renewal *renewal, int64_t now_s)
{
	int64_t longest = pause_longest(renewal, now_s);

	return longest - draw(renewal, longest / SPREAD_PART);
}

static void renewal_wait(Renewal *renewal, int64_t now_s)
{
	renewal->state = RENEWAL_WAITING;
	renewal->due_s = now_s + pause_draw(renewal, now_s);
}

/* No clock, no moment that anybody could keep. */
static void renewal_note(Renewal *renewal, int64_t now_s)
{
	const RenewalWait next = { .from_s = now_s, .until_s = renewal->due_s };

	if (now_s != 0)
		renewal->port->note(&next, renewal->data);
}

/* Somebody was asked, or will say so: a restart is to keep to the pause. */
static void renewal_wait_noted(Renewal *renewal, int64_t now_s)
{
	renewal_wait(renewal, now_s);
	renewal_note(renewal, now_s);
}

bool renewal_certificate(Renewal *renewal, const RenewalCertificate *certificate, int64_t now_s)
{
	const Renewal before = *renewal;

	renewal->generation = certificate->generation;
	if (certificate->not_before_s == before.not_before_s &&
	    certificate->not_after_s == before.not_after_s)
		return false;
	renewal->not_before_s = certificate->not_before_s;
	renewal->not_after_s = certificate->not_after_s;
	renewal->state = RENEWAL_IDLE;
	renewal->wait = (RenewalWait){ 0 };
	renewal->spread_s = 0;
	renewal->ahead = (RenewalWait){ 0 };
	renewal->due_s = renewal->not_before_s + lifetime(renewal) * 2 / 3 +
			 draw(renewal, lifetime(renewal) / JITTER_PART);
	if (renewal->generation < before.generation ||
	    (before.generation != 0 && renewal->due_s <= now_s))
		renewal_wait_noted(renewal, now_s);
	return true;
}

/* Keep to what was noted. */
static void renewal_keep(Renewal *renewal, const RenewalWait *next, int64_t now_s)
{
	if (next->until_s <= now_s || next->until_s <= renewal->due_s)
		return;
	renewal->state = RENEWAL_WAITING;
	renewal->due_s = next->until_s;
}

void renewal_resume(Renewal *renewal, const RenewalWait *next, int64_t now_s)
{
	if (renewal->state != RENEWAL_IDLE)
		return;
	if (now_s >= next->from_s) {
		renewal_keep(renewal, next, now_s);
	} else if (renewal->due_s <= now_s) {
		renewal->ahead = *next;
		renewal->state = RENEWAL_WAITING;
		/* At once, now and then: there may be no second look before the next start. */
		renewal->due_s = now_s - MINUTE_S + draw(renewal, pause_longest(renewal, now_s));
	}
}

/* The clock has been set: what was noted was noted in the past. */
static void renewal_catch_up(Renewal *renewal, int64_t now_s)
{
	if (renewal->ahead.from_s == 0 || now_s < renewal->ahead.from_s)
		return;
	renewal->due_s = now_s;
	renewal_keep(renewal, &renewal->ahead, now_s);
	renewal->ahead = (RenewalWait){ 0 };
}

void renewal_heed(Renewal *renewal, const RenewalWait *wait)
{
	if (wait->until_s != renewal->wait.until_s)
		renewal->spread_s = draw(renewal, (wait->until_s - wait->from_s) / SPREAD_PART);
	renewal->wait = *wait;
}

/* Whether the server wants to be left alone, or did so a moment ago. */
static bool renewal_is_held(const Renewal *renewal, int64_t now_s)
{
	RenewalWait held = renewal->wait;

	held.until_s += renewal->spread_s;
	return renewal_wait_holds(&held, now_s);
}

static bool renewal_start(Renewal *renewal, int64_t now_s)
{
	renewal->state = RENEWAL_RUNNING; /* before: start() may tell its end at once */

	bool started = renewal->port->start(renewal->data);

	if (renewal->state != RENEWAL_RUNNING)
		return started;
	if (!started) {
		renewal->state = RENEWAL_IDLE;
		return false;
	}
	/* Should its end never be told, it has failed. */
	renewal->due_s = now_s + pause_draw(renewal, now_s);
	renewal->ahead = (RenewalWait){ 0 };
	renewal_note(renewal, now_s);
	return true;
}

void renewal_step(Renewal *renewal, int64_t now_s)
{
	if (now_s == 0 || lifetime(renewal) <= 0)
		return;
	renewal_catch_up(renewal, now_s);
	/* A clock that was ahead must not keep a pause going for years. */
	if (renewal->state == RENEWAL_WAITING && renewal->due_s > now_s + DAY_S)
		renewal_wait_noted(renewal, now_s);
	if (renewal->state == RENEWAL_RUNNING || now_s < renewal->due_s)
		return;
	if (renewal_is_held(renewal, now_s))
		renewal->state = RENEWAL_WAITING;
	else if (!renewal_start(renewal, now_s))
		renewal_wait(renewal, now_s);
}

bool renewal_ask(Renewal *renewal, int64_t now_s)
{
	return renewal->state != RENEWAL_RUNNING && !renewal_wait_holds(&renewal->wait, now_s) &&
	       renewal_start(renewal, now_s);
}

void renewal_failed(Renewal *renewal, int64_t now_s)
{
	if (renewal->state == RENEWAL_RUNNING)
		renewal_wait_noted(renewal, now_s);
}

const char *renewal_state_name(RenewalState state)
{
	static const char *const names[] = {
		[RENEWAL_IDLE] = "idle",
		[RENEWAL_RUNNING] = "running",
		[RENEWAL_WAITING] = "waiting",
	};

	return names[state];
}
