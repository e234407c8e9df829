/* SPDX-License-Identifier: MIT */
#include "agent/core/seats.h"

static size_t held_by(const Seat *seats, size_t n, uint32_t user)
{
	size_t held = 0;

	for (size_t i = 0; i < n; i++)
		held += seats[i].user == user;
	return held;
}

size_t seats_choose(const Seat *seats, size_t n)
{
	size_t chosen = n;
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t held = held_by(seats, n, seats[i].user);

		most = held > most ? held : most;
	}
	for (size_t i = 0; i < n; i++) {
		if (seats[i].busy || held_by(seats, n, seats[i].user) < most)
			continue;
		if (chosen == n || seats[i].quiet_since_us < seats[chosen].quiet_since_us)
			chosen = i;
	}
	return chosen;
}
