/* SPDX-License-Identifier: MIT */
#include "tests/phone/phone-error.h"

typedef struct ErrorRow {
	int exit_status;
	const char *name;
} ErrorRow;

static const ErrorRow rows[PHONE_ERROR_N] = {
	[PHONE_ERROR_INTERNAL] = { 1, "internal" },
	[PHONE_ERROR_LEFT] = { 0, "walked-away" },
	[PHONE_ERROR_USAGE] = { 2, "usage" },
	[PHONE_ERROR_ABSENT] = { 3, "not-on-air" },
	[PHONE_ERROR_ADAPTER] = { 4, "adapter" },
	[PHONE_ERROR_LOST] = { 5, "connection-lost" },
	[PHONE_ERROR_ATT] = { 6, "att-error" },
	[PHONE_ERROR_REFUSED] = { 7, "refused" },
	[PHONE_ERROR_PASSWORD] = { 8, "auth-error" },
	[PHONE_ERROR_NO_NETWORK] = { 9, "not-found" },
	[PHONE_ERROR_TIMEOUT] = { 10, "timeout" },
	[PHONE_ERROR_PROTOCOL] = { 11, "protocol" },
	[PHONE_ERROR_STATUS] = { 12, "status" },
	[PHONE_ERROR_EMPTY] = { 13, "no-networks" },
	[PHONE_ERROR_IMPOSTOR] = { 14, "impostor" },
	[PHONE_ERROR_JOIN] = { 15, "join-failed" },
	[PHONE_ERROR_UNEXPECTED] = { 16, "unexpected" },
};

GQuark phone_error_quark(void)
{
	return g_quark_from_static_string("landfall-phone-error");
}

static const ErrorRow *row_of(const GError *error)
{
	if (error->domain != PHONE_ERROR || error->code < 0 || error->code >= PHONE_ERROR_N)
		return &rows[PHONE_ERROR_INTERNAL];
	return &rows[error->code];
}

int phone_error_exit_status(const GError *error)
{
	return row_of(error)->exit_status;
}

const char *phone_error_name(const GError *error)
{
	return row_of(error)->name;
}
