/* SPDX-License-Identifier: MIT */
/*
 * leds - LEDs of the kernel's LED class, borrowed from whoever had them
 *
 * Taking one notes its trigger and brightness and sets the trigger to "none"; freeing puts both
 * back. One that cannot be taken or written is said once and left alone.
 *
 * Owner: the Indicators. Source: Documentation/ABI/testing/sysfs-class-led
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Leds Leds;

/* leds_new() - none taken yet
 * @sysfs: folder of the LED class, "/sys/class/leds"; copied */
Leds *leds_new(const char *sysfs);

/* leds_take() - take the one called @name, dark at first
 * @slot: what it is called in leds_set(), 0..31
 * False when that is not possible; the log says why */
bool leds_take(Leds *leds, unsigned slot, const char *name);

/* leds_set() - lit or dark; written when it is another than before. A slot not taken is fine */
void leds_set(Leds *leds, unsigned slot, bool lit);

/* leds_free() - give them back as they were. NULL is fine */
void leds_free(Leds *leds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Leds, leds_free)
