/* SPDX-License-Identifier: MIT */
/*
 * profile-base - commands and settings over topics of our own choice, below one base, for clouds
 * that have none of their own
 *
 *   BASE/command    down  {"id":TEXT,"method":TEXT,"params":OBJECT}
 *   BASE/response   up    {"id":TEXT,"result":ANY} or {"id":TEXT,"error":TEXT,"code":TEXT}
 *   BASE/settings   down  {NAME:VALUE,…}, may be kept by the broker
 *   BASE/report     up    {NAME:VALUE,…}
 */
#pragma once

#include "agent/core/profile.h"

/* profile_base_filters - for ProfileKind.filters */
extern const char *const profile_base_filters[];

/* profile_base_receive(), _answer(), _report(), _hello() - for the members of ProfileKind */
void profile_base_receive(const Profile *profile, const char *topic, const void *payload,
			  size_t len, ProfileInput *input);
ProfileMessage *profile_base_answer(const Profile *profile, const Command *command,
				    const char *result, const GError *error);
ProfileMessage *profile_base_report(const Profile *profile, const char *report);
void profile_base_hello(const Profile *profile, const char *report, GPtrArray *messages);
