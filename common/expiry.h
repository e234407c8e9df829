/* SPDX-License-Identifier: MIT */
/*
 * expiry - how near a certificate's end is
 *
 *   alarm     from when on, by what is left
 *   FINE      its first day
 *   LATE      a quarter of its lifetime, 90 days at most: renewal should be over
 *   URGENT    a tenth, 14 days at most
 *   EXPIRED   nothing
 *
 * Pure: dates and the present are arguments, in Unix seconds.
 */
#pragma once

#include <stdint.h>

typedef enum ExpiryAlarm {
	EXPIRY_FINE,
	EXPIRY_LATE,
	EXPIRY_URGENT,
	EXPIRY_EXPIRED,
} ExpiryAlarm;

/* expiry_alarm() - how near the end is; FINE when the dates are none */
ExpiryAlarm expiry_alarm(int64_t not_before_s, int64_t not_after_s, int64_t now_s);

/* expiry_alarm_name() - "fine", "late", "urgent", "expired"; static */
const char *expiry_alarm_name(ExpiryAlarm alarm);

/* expiry_change_s() - seconds until another alarm holds; 0: the last one does */
int64_t expiry_change_s(int64_t not_before_s, int64_t not_after_s, int64_t now_s);

/* expiry_days() - whole days left; -1 and less once it has run out */
int64_t expiry_days(int64_t not_after_s, int64_t now_s);
