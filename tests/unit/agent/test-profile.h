/* SPDX-License-Identifier: MIT */
/* test-profile - a profile for tests that need any device's */
#pragma once

#include "agent/core/profile.h"

/* test_profile_new() - @kind for the device dev-1 at broker.test; to be unreferenced */
static inline Profile *test_profile_new(const char *kind)
{
	ProfileSettings settings = { .client_id = "dev-1", .host = "broker.test" };
	g_autoptr(GError) error = NULL;
	Profile *profile = profile_new(profile_find(kind), &settings, &error);

	g_assert_no_error(error);
	return profile;
}
