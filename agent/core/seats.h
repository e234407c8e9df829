/* SPDX-License-Identifier: MIT */
/*
 * seats - who makes room when all places are taken and another client comes
 *
 * Of the user who holds most places, whoever has been quiet for longest: so nobody can lock the
 * others out, neither with clients that say nothing nor with ones that say a lot. A client stays
 * until it has its answer: when that user has none but such, the first that has it goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Seat {
	uint32_t user;
	int64_t quiet_since_us; /* monotonic: when something came from it, or went to it, last */
	bool busy;              /* it is owed an answer */
} Seat;

/* seats_choose() - the index of who has to go, or @n when nobody can now
 * Users that hold equally many are one in this */
size_t seats_choose(const Seat *seats, size_t n);
