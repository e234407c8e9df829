/* SPDX-License-Identifier: MIT */
#include "agent/adapter/leds.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SLOTS     32
#define VALUE_MAX 4096 /* of a sysfs file: one page */

typedef struct Led {
	char *name;
	int folder;    /* -1: not taken */
	int level;     /* file "brightness", open */
	char *trigger; /* as it was */
	char *brightness;
	char *full; /* max_brightness */
	bool lit;
} Led;

struct Leds {
	char *sysfs;
	Led slots[SLOTS];
};

/* The content of a small file without its line end; NULL with errno when it cannot be read. */
static char *value_read(int folder, const char *name)
{
	g_autofree char *text = g_malloc0(VALUE_MAX + 1);
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, VALUE_MAX);
	int code = errno;

	if (fd >= 0)
		close(fd);
	errno = code;
	return n < 0 ? NULL : g_strdup(g_strstrip(text));
}

static bool value_write(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int code = errno;

	if (fd >= 0)
		close(fd);
	errno = code;
	return written;
}

/* "none [mmc0] timer": the one in brackets. */
static char *trigger_chosen(const char *triggers)
{
	const char *from = triggers ? strchr(triggers, '[') : NULL;
	const char *to = from ? strchr(from, ']') : NULL;

	return to ? g_strndup(from + 1, (size_t)(to - from - 1)) : NULL;
}

static void led_give_up(Led *led, const char *what)
{
	g_warning("LED %s is left alone: %s: %s", led->name, what, g_strerror(errno));
	if (led->level >= 0)
		close(led->level);
	if (led->folder >= 0) {
		if (led->trigger)
			value_write(led->folder, "trigger", led->trigger);
		close(led->folder);
	}
	led->level = -1;
	led->folder = -1;
}

static bool led_take(Led *led)
{
	g_autofree char *triggers = value_read(led->folder, "trigger");

	led->trigger = trigger_chosen(triggers);
	led->brightness = value_read(led->folder, "brightness");
	led->full = value_read(led->folder, "max_brightness");
	if (!led->brightness || !led->full)
		return false;
	if (led->trigger && !value_write(led->folder, "trigger", "none"))
		return false;
	led->level = openat(led->folder, "brightness", O_WRONLY | O_CLOEXEC);
	return led->level >= 0 && pwrite(led->level, "0\n", 2, 0) == 2;
}

static void led_clear(Led *led)
{
	if (led->level >= 0)
		close(led->level);
	if (led->folder >= 0) {
		value_write(led->folder, "brightness", led->brightness);
		if (led->trigger)
			value_write(led->folder, "trigger", led->trigger);
		close(led->folder);
	}
	g_free(led->name);
	g_free(led->trigger);
	g_free(led->brightness);
	g_free(led->full);
}

Leds *leds_new(const char *sysfs)
{
	Leds *leds = g_new0(Leds, 1);

	leds->sysfs = g_strdup(sysfs);
	for (unsigned i = 0; i < SLOTS; i++)
		leds->slots[i].folder = leds->slots[i].level = -1;
	return leds;
}

bool leds_take(Leds *leds, unsigned slot, const char *name)
{
	g_autofree char *path = g_build_filename(leds->sysfs, name, NULL);
	Led *led = &leds->slots[slot];

	g_return_val_if_fail(slot < SLOTS && !led->name, false);
	led->name = g_strdup(name);
	led->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (led->folder < 0) {
		led_give_up(led, path);
		return false;
	}
	if (!led_take(led)) {
		led_give_up(led, "it cannot be set");
		return false;
	}
	return true;
}

void leds_set(Leds *leds, unsigned slot, bool lit)
{
	Led *led = &leds->slots[slot];

	if (led->folder < 0 || led->lit == lit)
		return;

	g_autofree char *level = g_strconcat(lit ? led->full : "0", "\n", NULL);

	led->lit = lit;
	if (pwrite(led->level, level, strlen(level), 0) < 0)
		led_give_up(led, "brightness");
}

void leds_free(Leds *leds)
{
	if (!leds)
		return;
	for (unsigned i = 0; i < SLOTS; i++)
		led_clear(&leds->slots[i]);
	g_free(leds->sysfs);
	g_free(leds);
}
