/* SPDX-License-Identifier: MIT */
#include "common/error.h"

/* clang-format off */
G_DEFINE_QUARK(landfall-error-quark, landfall_error)
/* clang-format on */

/* Numbers are a promise to scripts: never renumber, only add. */
static const int exit_statuses[] = {
	[LANDFALL_ERROR_FAILED] = 1,         [LANDFALL_ERROR_USAGE] = 2,
	[LANDFALL_ERROR_CONFIG] = 10,        [LANDFALL_ERROR_STORE_ABSENT] = 11,
	[LANDFALL_ERROR_STORE_INVALID] = 12, [LANDFALL_ERROR_KEY_UNREADABLE] = 13,
	[LANDFALL_ERROR_KEY_MISMATCH] = 14,  [LANDFALL_ERROR_BUS] = 15,
	[LANDFALL_ERROR_ADAPTER] = 16,       [LANDFALL_ERROR_WIFI] = 17,
	[LANDFALL_ERROR_SPOOL] = 18,         [LANDFALL_ERROR_FULL] = 19,
	[LANDFALL_ERROR_NETWORK] = 20,       [LANDFALL_ERROR_DENIED] = 21,
	[LANDFALL_ERROR_UNAVAILABLE] = 22,   [LANDFALL_ERROR_INVALID] = 23,
	[LANDFALL_ERROR_CANCELLED] = 24,
};

int error_exit_status(const GError *error)
{
	if (!error)
		return 0;
	if (error->domain != LANDFALL_ERROR ||
	    (unsigned int)error->code >= G_N_ELEMENTS(exit_statuses))
		return 1;
	return exit_statuses[error->code];
}
