/* SPDX-License-Identifier: MIT */
#include "tests/phone/scan.h"

#include "tests/phone/phone-error.h"

#include <string.h>

#define ROUND_MS 2000

typedef struct Scan {
	const ScanTarget *target;
	GPtrArray *table;
	Advert *found;
	bool complete;
} Scan;

bool scan_matches(const ScanTarget *target, const Advert *advert)
{
	size_t len = target->name ? strlen(target->name) : 0;

	if (target->address && memcmp(target->address, advert->address, ADVERT_ADDRESS_LEN) != 0)
		return false;
	if (!target->name)
		return true;
	if (target->exact && strlen(advert->name) != len)
		return false;
	return (target->any_case ? g_ascii_strncasecmp(advert->name, target->name, len)
				 : strncmp(advert->name, target->name, len)) == 0;
}

static void on_report(const uint8_t *event, size_t len, void *data)
{
	Scan *scan = data;

	if (!advert_table_feed(scan->table, event, len))
		g_debug("a garbled advertising report of %zu octets", len);
	for (guint i = 0; i < scan->table->len && !scan->complete; i++) {
		Advert *advert = g_ptr_array_index(scan->table, i);

		if (!scan_matches(scan->target, advert))
			continue;
		scan->found = advert;
		scan->complete = advert->n_uuids > 0 && advert->connectable && *advert->name;
	}
}

static bool scan_round(Controller *controller, Scan *scan, unsigned ms, GError **error)
{
	bool done = controller_scan(controller, true, error) &&
		    controller_run(controller, ms, &scan->complete, error);

	/* off again in any case; the first error is the one to tell */
	if (!controller_scan(controller, false, done ? error : NULL))
		return false;
	return done;
}

static const char *describe(const ScanTarget *target)
{
	if (target->address)
		return "this address";
	return target->exact ? "this very name" : "such a name";
}

Advert *scan_find(Controller *controller, const ScanTarget *target, unsigned ms, GPtrArray *table,
		  GError **error)
{
	int64_t until_us = g_get_monotonic_time() + (int64_t)ms * 1000;
	Scan scan = { .target = target, .table = table };
	bool done = true;

	controller_on_report(controller, on_report, &scan);
	while (done && !scan.complete && g_get_monotonic_time() < until_us)
		done = scan_round(controller, &scan, MIN(ROUND_MS, ms), error);
	controller_on_report(controller, NULL, NULL);
	if (!done)
		return NULL;
	if (!scan.found)
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_ABSENT,
			    "no device of %s in the air within %u s (%u others seen)",
			    describe(target), ms / 1000, table->len);
	return scan.found;
}
