/* SPDX-License-Identifier: MIT */
#include "agent/core/trial.h"

#include "common/count.h"

void trial_begin(Trial *trial, int64_t period_ms, int64_t old_until_s, int64_t now_us)
{
	*trial = (Trial){
		.state = period_ms > 0 && old_until_s > 0 ? TRIAL_RUNNING : TRIAL_NONE,
		.period_us = period_ms * 1000,
		.due_us = now_us + period_ms * 1000,
		.old_until_s = old_until_s,
	};
}

TrialStep trial_proved(Trial *trial, bool old)
{
	if (trial->state == TRIAL_PROBING && old) {
		trial->state = TRIAL_CONFIRMING;
		return TRIAL_RETURN;
	}
	trial->state = TRIAL_NONE;
	return TRIAL_STAY;
}

static void trial_run_anew(Trial *trial, int64_t now_us)
{
	trial->state = TRIAL_RUNNING;
	trial->due_us = now_us + trial->period_us;
}

static TrialStep on_confirming_failed(Trial *trial, int64_t now_us, int64_t wall_s)
{
	if (wall_s >= trial->old_until_s) {
		trial_run_anew(trial, now_us);
		return TRIAL_STAY;
	}
	trial->state = TRIAL_NONE;
	return TRIAL_ROLL_BACK;
}

static TrialStep on_running_failed(Trial *trial, int64_t now_us, int64_t wall_s)
{
	if (now_us < trial->due_us || wall_s >= trial->old_until_s)
		return TRIAL_STAY;
	trial->state = TRIAL_PROBING;
	trial->probes++;
	return TRIAL_PROBE;
}

TrialStep trial_failed(Trial *trial, int64_t now_us, int64_t wall_s)
{
	switch (trial->state) {
	case TRIAL_RUNNING: return on_running_failed(trial, now_us, wall_s);
	case TRIAL_PROBING: trial_run_anew(trial, now_us); return TRIAL_RETURN;
	case TRIAL_CONFIRMING: return on_confirming_failed(trial, now_us, wall_s);
	case TRIAL_NONE: break;
	}
	return TRIAL_STAY;
}

void trial_resume(Trial *trial, int64_t now_us)
{
	if (trial->state == TRIAL_PROBING)
		trial_run_anew(trial, now_us);
}

bool trial_is_news(const Trial *trial)
{
	return count_is_step(trial->probes);
}

bool trial_uses_old(const Trial *trial)
{
	return trial->state == TRIAL_PROBING;
}
