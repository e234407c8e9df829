/* SPDX-License-Identifier: MIT */
#include "dbus/bus.h"

/* clang-format off */
G_DEFINE_QUARK(bus-error-quark, bus_error)
/* clang-format on */
