/* SPDX-License-Identifier: MIT */
/*
 * random - octets fit for keys
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RandomFill - fill @out with @len octets fit for keys; false: there are none */
typedef bool (*RandomFill)(void *data, uint8_t *out, size_t len);

/* random_fill() - from the kernel's generator; a RandomFill
 * @data: not used
 * Returns false when the kernel refuses */
bool random_fill(void *data, uint8_t *out, size_t len);
