/* SPDX-License-Identifier: MIT */
#include "common/renewal-wait.h"

#include <glib.h>

#define MINUTE_S  INT64_C(60)
#define DAY_S     INT64_C(86400)
#define LEFT_PART 4 /* of what is left of the certificate */

RenewalWait renewal_wait_begin(int64_t wanted_s, int64_t not_after_s, int64_t now_s)
{
	int64_t left_s = not_after_s - now_s;
	int64_t longest_s = left_s > 0 ? left_s / LEFT_PART : DAY_S;

	if (wanted_s <= 0)
		return (RenewalWait){ 0 };
	longest_s = CLAMP(longest_s, MINUTE_S, RENEWAL_WAIT_MAX_S);
	return (RenewalWait){ .from_s = now_s, .until_s = now_s + MIN(wanted_s, longest_s) };
}

bool renewal_wait_holds(const RenewalWait *wait, int64_t now_s)
{
	return now_s != 0 && now_s >= wait->from_s && now_s < wait->until_s;
}

int64_t renewal_wait_left_s(const RenewalWait *wait, int64_t now_s, int64_t unknown_s)
{
	if (wait->until_s <= wait->from_s)
		return 0;
	return now_s < wait->from_s ? unknown_s : MAX(wait->until_s - now_s, 0);
}

char *renewal_wait_moment(int64_t moment_s)
{
	g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(moment_s);

	return moment ? g_date_time_format(moment, "%Y-%m-%d %H:%M:%S UTC") : g_strdup("?");
}

char *renewal_wait_describe(int64_t until_s)
{
	g_autofree char *moment = renewal_wait_moment(until_s);

	return g_strconcat(RENEWAL_WAIT_WORDS, moment, NULL);
}
