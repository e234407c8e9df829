/* SPDX-License-Identifier: MIT */
#include "provisioner/core/security0.h"

const SecurityOps *security0_ops(void)
{
	return NULL;
}
