/* SPDX-License-Identifier: MIT */
/*
 * clock - the wall clock, and whether somebody keeps it right
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* clock_now_ms() - Unix time in milliseconds
 * @synced: out: the kernel was told that its clock is synchronised
 * Source: adjtimex(2), STA_UNSYNC */
int64_t clock_now_ms(bool *synced);
