/* SPDX-License-Identifier: MIT */
/*
 * notify - tell the service manager how the start went and that we are alive
 *
 * The protocol is one datagram of "KEY=value" lines to $NOTIFY_SOCKET, which needs no library.
 *
 * Without a service manager everything here does nothing.
 * Source: sd_notify(3), sd_watchdog_enabled(3)
 */
#pragma once

#include <stdint.h>

typedef struct Notify Notify;

/* notify_new() - read $NOTIFY_SOCKET, $WATCHDOG_USEC, $WATCHDOG_PID; never NULL */
Notify *notify_new(void);

/* notify_free() - NULL is fine */
void notify_free(Notify *notify);

/* notify_send() - send @state, e.g. "READY=1\nSTATUS=online"; does not wait, and what the
 * manager cannot take is lost */
void notify_send(Notify *notify, const char *state);

/* notify_watchdog_us() - how often "WATCHDOG=1" is expected, at most; 0: not at all */
uint64_t notify_watchdog_us(const Notify *notify);
