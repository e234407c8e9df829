/* SPDX-License-Identifier: MIT */
#include "agent/core/renewal.h"

#define MINUTE_S      INT64_C(60)
#define DAY_S         INT64_C(86400)
#define JITTER_PART   20 /* the moment is drawn from so small a part of the lifetime */
#define PAUSE_PART    50
#define SPREAD_PART   4
#define OVERDUE_PART  4       /* of the time since the end: pauses grow by so much */
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

static int64_t pause_draw(const Renewal *renewal, int64_t now_s)
{
	int64_t longest = lifetime(renewal) / PAUSE_PART;
	int64_t overdue = (now_s - renewal->not_after_s) / OVERDUE_PART;

	if (longest < overdue)
		longest = overdue;
	if (longest < MINUTE_S)
		longest = MINUTE_S;
	if (longest > DAY_S)
		longest = DAY_S;
	return longest - draw(renewal, longest / SPREAD_PART);
}

static void renewal_wait(Renewal *renewal, int64_t now_s)
{
	renewal->state = RENEWAL_WAITING;
	renewal->due_s = now_s + pause_draw(renewal, now_s);
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
	renewal->due_s = renewal->not_before_s + lifetime(renewal) * 2 / 3 +
			 draw(renewal, lifetime(renewal) / JITTER_PART);
	if (renewal->generation < before.generation ||
	    (before.generation != 0 && renewal->due_s <= now_s))
		renewal_wait(renewal, now_s);
	return true;
}

static bool renewal_start(Renewal *renewal)
{
	renewal->state = RENEWAL_RUNNING; /* before: start() may tell its end at once */
	if (renewal->port->start(renewal->data))
		return true;
	if (renewal->state == RENEWAL_RUNNING)
		renewal->state = RENEWAL_IDLE;
	return false;
}

void renewal_step(Renewal *renewal, int64_t now_s)
{
	if (now_s == 0 || lifetime(renewal) <= 0)
		return;
	/* A clock that was ahead must not keep a pause going for years. */
	if (renewal->state == RENEWAL_WAITING && renewal->due_s > now_s + DAY_S)
		renewal->due_s = now_s + pause_draw(renewal, now_s);
	if (renewal->state == RENEWAL_RUNNING || now_s < renewal->due_s)
		return;
	if (!renewal_start(renewal))
		renewal_wait(renewal, now_s);
}

bool renewal_ask(Renewal *renewal)
{
	return renewal->state != RENEWAL_RUNNING && renewal_start(renewal);
}

void renewal_failed(Renewal *renewal, int64_t now_s)
{
	if (renewal->state == RENEWAL_RUNNING)
		renewal_wait(renewal, now_s);
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
