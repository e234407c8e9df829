/* SPDX-License-Identifier: MIT */
/*
 * habit - how the three clients of the field differ, as one table
 *
 * A device has to please all of them: Espressif's Android and iOS apps, and the esp_prov tool.
 * Source: protocol reference 1.4, 3.2, 4.8, 8.6, 9.3, 10.4, 14.
 */
#pragma once

#include "tests/phone/phone-security2.h"

#include <stdbool.h>
#include <stdint.h>

/* When a text is written to proto-ver. */
typedef enum HabitWhen {
	HABIT_END = 0,     /* ends the list */
	HABIT_ALWAYS,      /* before the session */
	HABIT_UNDECIDED,   /* before it, when the caller named no security version */
	HABIT_SECURITY1,   /* before it, when it will be security 1 */
	HABIT_SECURITY2,   /* before it, when it will be security 2 */
	HABIT_AFTER,       /* once it is open */
	HABIT_BEFORE_SCAN, /* once it is open, when networks will be listed */
} HabitWhen;

typedef struct HabitHello {
	HabitWhen when;
	const char *text;
} HabitHello;

#define HABIT_HELLO_MAX 10

typedef struct Habit {
	const char *name;
	const char *title; /* for the reader of the output */

	/* on the air */
	bool any_case;        /* a name prefix matches whatever its case */
	uint16_t mtu;         /* proposed */
	bool service_by_uuid; /* else all services are listed */

	/* session */
	HabitHello hellos[HABIT_HELLO_MAX];
	bool ignores_sec_ver; /* undecided means security 0 or 1, by the capability no_sec */
	bool wants_security;  /* undecided never means security 0 */
	bool reconnects;      /* between proto-ver and the session */
	bool same_link_retry; /* after a refused proof */
	Security2Habit security2;

	/* scan */
	bool empty_subs;        /* an empty sub-message where none is needed */
	bool needs_finished;    /* stops unless the scan is finished */
	bool needs_scan;        /* stops when the device does not announce wifi_scan */
	bool checks_scan_start; /* stops when the start is not answered with Success */
	bool stops_at_empty;    /* stops when no network was seen */
	bool one_per_ssid;
	unsigned auth_max; /* a higher auth value is fatal */

	/* join */
	bool checks_config; /* stops when Set or Apply is not answered with Success */
	unsigned first_poll_ms;
	unsigned poll_ms;
	unsigned linger_ms;    /* how long the link stays up after Connected was read */
	unsigned failed_polls; /* how often a failure is asked about again */
} Habit;

/* habit_find() - a client by its name: "android", "ios", "esp_prov"; NULL when there is none */
const Habit *habit_find(const char *name);
