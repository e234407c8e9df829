/* SPDX-License-Identifier: MIT */
#include "agent/core/text.h"

void text_append_u64(GString *text, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	g_string_append_len(text, digits + at, (gssize)(sizeof(digits) - at));
}

/* Days since 1970 as a date of the Gregorian calendar, counted from March so that the leap day is
 * a year's last. */
static void date_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t shifted = days + 719468; /* 1 March of the year 0 */
	int64_t era = shifted / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned from_march = (5 * of_year + 2) / 153;

	*day = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

void text_append_time(GString *text, int64_t ms)
{
	int64_t of_day = ms % 86400000;
	int64_t year;
	unsigned month, day;

	date_from_days(ms / 86400000, &year, &month, &day);
	g_string_append_printf(text, "%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", (int)year, month, day,
			       (unsigned)(of_day / 3600000), (unsigned)(of_day / 60000 % 60),
			       (unsigned)(of_day / 1000 % 60), (unsigned)(of_day % 1000));
}
