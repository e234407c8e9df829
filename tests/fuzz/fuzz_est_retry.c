/* SPDX-License-Identifier: MIT */
/* est-retry: what any server says of when to come again is within its bounds; digits alone are that
 * many seconds, and of a date a second less is left a second later. */
#include "tests/fuzz/fuzz.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "ctl/est-retry.h"

#define NOW INT64_C(1790000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *value = g_strndup((const char *)data, size);
	bool digits = *value && strspn(value, "0123456789") == strlen(value);
	int64_t wait_s = est_retry_read(value, NOW);

	g_assert_cmpint(wait_s, >=, 0);
	g_assert_cmpint(wait_s, <=, EST_RETRY_MAX_S);
	if (wait_s == 0)
		return 0;
	g_assert_true(digits || g_ascii_isalpha(*value));
	if (digits)
		g_assert_cmpuint(MIN(g_ascii_strtoull(value, NULL, 10), EST_RETRY_MAX_S), ==,
				 (uint64_t)wait_s);
	else if (wait_s < EST_RETRY_MAX_S)
		g_assert_cmpint(est_retry_read(value, NOW + 1), ==, wait_s - 1);
	return 0;
}
