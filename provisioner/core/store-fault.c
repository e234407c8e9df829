/* SPDX-License-Identifier: MIT */
#include "provisioner/core/store-fault.h"

/* clang-format off */
G_DEFINE_QUARK(store-fault-quark, store_fault)
/* clang-format on */

StoreFault store_fault_code(const GError *error)
{
	if (!error)
		return STORE_FAULT_NONE;
	if (error->domain != STORE_FAULT || error->code < 0 || error->code >= STORE_FAULT_N)
		return STORE_FAULT_FAILED;
	return (StoreFault)error->code;
}
