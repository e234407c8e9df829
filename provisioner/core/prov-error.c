/* SPDX-License-Identifier: MIT */
#include "provisioner/core/prov-error.h"

/* clang-format off */
G_DEFINE_QUARK(prov-error-quark, prov_error)
/* clang-format on */
