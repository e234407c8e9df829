/* SPDX-License-Identifier: MIT */
#include "common/expiry.h"

#include <glib.h>

#define DAY_S INT64_C(86400)

typedef struct AlarmRow {
	const char *name;
	int64_t part;  /* of the lifetime, that is left */
	int64_t max_s; /* but no more than that */
} AlarmRow;

static const AlarmRow alarms[] = {
	[EXPIRY_FINE] = { "fine", 1, G_MAXINT64 },
	[EXPIRY_LATE] = { "late", 4, 90 * DAY_S },
	[EXPIRY_URGENT] = { "urgent", 10, 14 * DAY_S },
	[EXPIRY_EXPIRED] = { "expired", 1, 0 },
};

/* What is left when @alarm begins. */
static int64_t alarm_left_s(ExpiryAlarm alarm, int64_t lifetime_s)
{
	return MIN(lifetime_s / alarms[alarm].part, alarms[alarm].max_s);
}

ExpiryAlarm expiry_alarm(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
	int64_t lifetime_s = not_after_s - not_before_s;
	ExpiryAlarm alarm = EXPIRY_FINE;

	if (lifetime_s <= 0)
		return EXPIRY_FINE;
	while (alarm < EXPIRY_EXPIRED && not_after_s - now_s <= alarm_left_s(alarm + 1, lifetime_s))
		alarm++;
	return alarm;
}

const char *expiry_alarm_name(ExpiryAlarm alarm)
{
	return alarms[alarm].name;
}

int64_t expiry_change_s(int64_t not_before_s, int64_t not_after_s, int64_t now_s)
{
	ExpiryAlarm alarm = expiry_alarm(not_before_s, not_after_s, now_s);
	int64_t lifetime_s = not_after_s - not_before_s;

	if (alarm == EXPIRY_EXPIRED || lifetime_s <= 0)
		return 0;
	return not_after_s - now_s - alarm_left_s(alarm + 1, lifetime_s);
}

int64_t expiry_days(int64_t not_after_s, int64_t now_s)
{
	int64_t left_s = not_after_s - now_s;

	return left_s > 0 ? left_s / DAY_S : -1 - -left_s / DAY_S;
}
