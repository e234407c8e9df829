/* SPDX-License-Identifier: MIT */
/*
 * button-input - a key of an input device: a button that has a driver, such as gpio-keys
 *
 *   read() gives struct input_event, 24 octets each: EV_KEY, the key's code, 1 pressed, 0 let go,
 *   2 repeated. EV_SYN, SYN_DROPPED says that events were lost: then the kernel is asked.
 *
 * The device is not grabbed: whoever else wants its keys gets them, too. And of what else is typed
 * on it nothing is seen here: the kernel is told to pass on this one key.
 */
#include "common/error.h"
#include "provisioner/adapter/button.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEV_INPUT   "/dev/input"
#define DEVICES_MAX 256
#define EVENTS_MAX  64 /* read at a time */
#define NAME_LEN    256

typedef uint8_t KeyBits[KEY_MAX / 8 + 1];

static bool bit_is_set(const KeyBits bits, uint16_t code)
{
	return bits[code / 8] & (1U << (code % 8));
}

static bool has_key(int fd, uint16_t code)
{
	KeyBits bits = { 0 };

	return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(bits)), bits) >= 0 && bit_is_set(bits, code);
}

static bool key_value(int fd, uint16_t code, bool *pressed)
{
	KeyBits bits = { 0 };

	if (ioctl(fd, EVIOCGKEY(sizeof(bits)), bits) < 0)
		return false;
	*pressed = bit_is_set(bits, code);
	return true;
}

static bool is_called(int fd, const char *name)
{
	char found[NAME_LEN] = { 0 };

	return ioctl(fd, EVIOCGNAME(sizeof(found) - 1), found) >= 0 && strcmp(found, name) == 0;
}

/* Opens @path if that is the device: it has the key, and the name unless that does not matter. */
static int open_device(const char *path, const char *name, uint16_t code)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if ((!name || is_called(fd, name)) && has_key(fd, code))
		return fd;
	close(fd);
	errno = ENODEV;
	return -1;
}

static int find_device(const ButtonSpec *spec, GError **error)
{
	bool denied = false;
	int fd = -1;

	if (*spec->device == '/') {
		fd = open_device(spec->device, NULL, spec->code);
		denied = fd < 0 && errno == EACCES;
	}
	for (int i = 0; i < DEVICES_MAX && fd < 0 && *spec->device != '/'; i++) {
		g_autofree char *path = g_strdup_printf(DEV_INPUT "/event%d", i);

		fd = open_device(path, spec->device, spec->code);
		denied = denied || (fd < 0 && errno == EACCES);
	}
	if (fd < 0 && denied)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
				    DEV_INPUT
				    "/event* may not be opened; they must belong to group "
				    "input, of which the service is a member");
	else if (fd < 0)
		g_set_error(
			error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			"there is no input device %s with key %u; /proc/bus/input/devices lists "
			"them",
			spec->device, spec->code);
	return fd;
}

/* From now on only @code is passed on; a kernel that cannot (before 4.4) passes on all. */
static void keep_only(int fd, uint16_t code)
{
	static const uint16_t others[] = { EV_REL, EV_ABS, EV_MSC };
	KeyBits bits = { 0 };
	struct input_mask mask = { .codes_size = sizeof(bits), .codes_ptr = (uintptr_t)bits };

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		mask.type = others[i];
		(void)ioctl(fd, EVIOCSMASK, &mask);
	}
	bits[code / 8] = (uint8_t)(1U << (code % 8));
	mask.type = EV_KEY;
	(void)ioctl(fd, EVIOCSMASK, &mask);
}

static int input_open(const ButtonSpec *spec, bool *pressed, GError **error)
{
	int fd = find_device(spec, error);

	if (fd < 0)
		return -1;
	keep_only(fd, spec->code);
	if (!key_value(fd, spec->code, pressed)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "input device %s: %s",
			    spec->device, g_strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static bool input_read(int fd, const ButtonSpec *spec, bool *pressed, GError **error)
{
	struct input_event events[EVENTS_MAX];
	ssize_t got = read(fd, events, sizeof(events));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0 || got % (ssize_t)sizeof(events[0]) != 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "input device %s is gone",
			    spec->device);
		return false;
	}
	for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++) {
		if (events[i].type == EV_KEY && events[i].code == spec->code)
			*pressed = events[i].value != 0;
		else if (events[i].type == EV_SYN && events[i].code == SYN_DROPPED)
			(void)key_value(fd, spec->code, pressed);
	}
	return true;
}

const ButtonSource button_input = { input_open, input_read };
