/* SPDX-License-Identifier: MIT */
/*
 * fuzz - what every target defines, for libFuzzer and for replay.c
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* LLVMFuzzerTestOneInput() - feed one input; returns 0
 * @data: borrowed, @size octets */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
