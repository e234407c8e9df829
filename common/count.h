/* SPDX-License-Identifier: MIT */
/*
 * count - numbers of things, for people
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* count_text() - "1 sample", "3 samples"
 * @noun: whose plural ends in s
 * Returns text to be freed with g_free() */
char *count_text(uint64_t count, const char *noun);

/* count_is_step() - whether @count is 1, 2, 4, 8 …: how often what goes on and on is told */
bool count_is_step(uint64_t count);
