/* SPDX-License-Identifier: MIT */
#include "ctl/est-retry.h"

#include <curl/curl.h>
#include <glib.h>
#include <string.h>

#define VALUE_MAX 64 /* octets; no date is longer */

int64_t est_retry_read(const char *value, int64_t now_s)
{
	int64_t wait_s = 0;
	size_t len = value ? strlen(value) : 0;

	if (len == 0 || len > VALUE_MAX)
		return 0;
	if (strspn(value, "0123456789") == len) {
		for (; *value; value++)
			wait_s = MIN(wait_s * 10 + (*value - '0'), EST_RETRY_MAX_S);
		return wait_s;
	}
	if (!g_ascii_isalpha(*value)) /* libcurl takes much for a date */
		return 0;
	wait_s = (int64_t)curl_getdate(value, NULL);
	return wait_s > now_s ? MIN(wait_s - now_s, EST_RETRY_MAX_S) : 0;
}
