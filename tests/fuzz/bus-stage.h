/* SPDX-License-Identifier: MIT */
/*
 * bus-stage - time, the disk, the kernel's addresses and its air, in place of the real ones
 *
 * Linked before the adapters, so that these find them here: g_timeout_add(),
 * g_get_monotonic_time(), g_random_int_range(), fsync(), disk_sync_*(), net_link_*(), wifi_air_*().
 * No thread, no waiting, and the same input always goes the same way. What is ready is reported
 * from the loop, as by the real ones.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* stage_reset() - the clock starts anew, no address, nothing heard; a critical message ends the
 * program from now on, as it tells of a bug of ours */
void stage_reset(void);

/* stage_pass() - let time pass until the next timer is due, which runs at the next turn of the loop
 * Returns false when nobody waits */
bool stage_pass(void);

/* stage_address() - the interface gets address @number (of both kinds, by its bits); 0: loses it */
void stage_address(uint8_t number);

/* stage_hear() - what the kernel's air is like: 0 nothing is known of it, 1 the network is not
 * heard, else it is */
void stage_hear(uint8_t air);
