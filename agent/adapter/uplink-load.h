/* SPDX-License-Identifier: MIT */
/*
 * uplink-load - read an identity off the loop: a key in a token may take seconds to open
 */
#pragma once

#include "agent/adapter/uplink-target.h"
#include "common/config.h"

#include <glib.h>
#include <stdint.h>

typedef struct UplinkLoad UplinkLoad;

/* UplinkLoaded - the end of a load, from the default main context; may free it
 * @target: transferred; NULL with an error
 * @error:  borrowed */
typedef void (*UplinkLoaded)(UplinkTarget *target, const GError *error, void *data);

/* What is to be given up before. */
typedef struct UplinkGiveUp {
	uint32_t generation;
	const char *reason; /* copied */
} UplinkGiveUp;

/* uplink_load_start() - uplink_target_load() in a thread
 * @config: borrowed until uplink_load_free()
 * @generation: as there
 * @give_up: give this up, which makes the one before current, and load what is current then;
 *   @generation where that cannot be written down. NULL: nothing
 * Returns a load to be freed with uplink_load_free(); done() is called once unless it is freed
 * before */
UplinkLoad *uplink_load_start(const Config *config, uint32_t generation,
			      const UplinkGiveUp *give_up, UplinkLoaded done, void *data);

/* uplink_load_free() - waits for a thread under way; NULL is fine */
void uplink_load_free(UplinkLoad *load);
