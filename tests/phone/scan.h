/* SPDX-License-Identifier: MIT */
/*
 * scan - look for a device in the air
 *
 * Scanning is switched off and on again every other second: some adapters report an advertisement
 * only once per scan.
 */
#pragma once

#include "tests/phone/advert.h"
#include "tests/phone/controller.h"

/* Which device is meant. */
typedef struct ScanTarget {
	const char *name; /* NULL: any */
	bool exact;       /* the whole name, not just its beginning */
	bool any_case;
	const uint8_t *address; /* NULL: any */
} ScanTarget;

/* scan_find() - scan until the device is complete: wanted name or address, and a service
 * @ms: at most this long
 * @table: filled with all devices seen, from advert_table_new()
 * Returns the device, borrowed from @table, also when it is incomplete at the end; NULL when it was
 * not seen, with PHONE_ERROR_ABSENT
 * Errors: PHONE_ERROR_ADAPTER too */
Advert *scan_find(Controller *controller, const ScanTarget *target, unsigned ms, GPtrArray *table,
		  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* scan_matches() - whether an advertisement is the one meant */
bool scan_matches(const ScanTarget *target, const Advert *advert);
