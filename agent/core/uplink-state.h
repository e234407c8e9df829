/* SPDX-License-Identifier: MIT */
/*
 * uplink-state - where the way to the broker stands
 *
 *   STARTING ─▶ IDENTITY ─▶ CLOCK ─▶ CONNECTING ─▶ ONLINE
 *                             ▲          │ ▲          │
 *                             │          ▼ │          │ lost
 *                             └─────── BACKOFF ◀──────┘          any ─▶ STOPPED
 */
#pragma once

typedef enum UplinkState {
	UPLINK_STARTING,   /* not yet told to connect */
	UPLINK_IDENTITY,   /* the store holds none that can be used */
	UPLINK_CLOCK,      /* the clock is before the certificate's first day */
	UPLINK_BACKOFF,    /* the last attempt failed; the next one has its time */
	UPLINK_CONNECTING, /* name look-up, TCP, TLS, CONNECT */
	UPLINK_ONLINE,     /* CONNACK was read */
	UPLINK_STOPPED,    /* shutting down */
} UplinkState;

/* uplink_state_name() - "connecting" ...: for status, log and bus; static */
const char *uplink_state_name(UplinkState state);
