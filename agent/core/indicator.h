/* SPDX-License-Identifier: MIT */
/*
 * indicator - which lamp is lit, by one table of states
 *
 * Six lamps, each of which a device may have or not. The first row of the table whose condition
 * holds gives a lamp its pattern; the pattern and the time give lit or dark, and when to look
 * again.
 */
#pragma once

#include "agent/core/uplink-state.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define INDICATOR_FLASH_US (200 * (int64_t)1000) /* how long a published sample is shown */

typedef enum Lamp {
	LAMP_WIFI,
	LAMP_MQTT,
	LAMP_PUBLISHED,
	LAMP_ERROR,
	LAMP_PROVISIONING,
	LAMP_STATUS, /* everything in one, for a device with one LED */
	LAMP_N,
} Lamp;

/* What provisioning is at. */
typedef enum IndicatorProvisioning {
	INDICATOR_PROVISIONING_OFF,
	INDICATOR_PROVISIONING_READY,   /* a phone can connect */
	INDICATOR_PROVISIONING_PEER,    /* one is connected */
	INDICATOR_PROVISIONING_JOINING, /* the device joins the network it was given */
} IndicatorProvisioning;

typedef struct IndicatorInput {
	bool network; /* the device has an address */
	UplinkState uplink;
	bool error; /* the last attempt or connection ended badly */
	IndicatorProvisioning provisioning;
	int64_t published_us;      /* monotonic; of the last sample acknowledged; 0: none */
	int64_t identify_until_us; /* monotonic; 0: nobody asked */
} IndicatorInput;

/* indicator_lit() - whether @lamp is lit at @now_us
 * @again_us: lowered to the time when that may change by itself */
bool indicator_lit(const IndicatorInput *input, Lamp lamp, int64_t now_us, int64_t *again_us);

/* indicator_provisioning() - the State of io.landfall.Provisioner1 as one of these; NULL: it does
 * not run */
IndicatorProvisioning indicator_provisioning(const char *state);
