/* SPDX-License-Identifier: MIT */
/*
 * est-retry - what Retry-After says (RFC 9110, 10.2.3)
 *
 *   Retry-After: 120                             seconds, digits alone
 *   Retry-After: Wed, 21 Oct 2026 07:28:00 GMT   a date, in any of HTTP's three forms
 *
 * libcurl's own number for it is 0 for one that is too large, and 12 for "12:30 tomorrow".
 */
#pragma once

#include <stdint.h>

#define EST_RETRY_MAX_S INT64_C(3153600000) /* what is longer is a century */

/* est_retry_read() - how long to wait
 * @value: of the header, not trusted; NULL: there is none
 * @now_s: seconds since 1970
 * Returns seconds, EST_RETRY_MAX_S at most; 0: not at all, or it makes no sense */
int64_t est_retry_read(const char *value, int64_t now_s);
