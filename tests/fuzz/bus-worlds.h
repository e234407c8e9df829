/* SPDX-License-Identifier: MIT */
/*
 * bus-worlds - the services there are, each in a file of its own
 */
#pragma once

#include "tests/fuzz/bus-world.h"

/* The names of networks that all worlds have in the air */
#define LAB    "[byte 0x4c, 0x61, 0x62]"
#define OFFICE "[byte 0x4f, 0x66, 0x66, 0x69, 0x63, 0x65]"

extern const BusWorld bus_world_bluez;
extern const BusWorld bus_world_iwd;
extern const BusWorld bus_world_nm;
extern const BusWorld bus_world_wpa;
