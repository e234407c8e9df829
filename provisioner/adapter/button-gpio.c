/* SPDX-License-Identifier: MIT */
/*
 * button-gpio - a button on a line of a GPIO chip, through the kernel's character device
 *
 * Version 2 of that interface (Linux 5.10) does all that is needed: edges as events, debouncing, a
 * pull towards the level of a button that is not pressed. So no library is.
 *
 *   read() gives struct gpio_v2_line_event, 48 octets each: id says which edge it was, and that is
 *   of the logical level: rising is pressed, whatever the wiring.
 */
#include "common/error.h"
#include "provisioner/adapter/button.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONSUMER    "landfall-provisioner"
#define DEBOUNCE_US 10000
#define EVENTS_MAX  16 /* read at a time */
#define CHIPS_MAX   64
#define LINES_MAX   1024

static int open_chip(const char *name, struct gpiochip_info *info)
{
	g_autofree char *path = g_build_filename("/dev", name, NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, info) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* gpiochip0, or any chip whose label is @name: numbers of chips differ from kernel to kernel. */
static int find_chip(const char *name, struct gpiochip_info *info, GError **error)
{
	bool denied = false;
	int fd = strchr(name, '/') ? -1 : open_chip(name, info);

	if (fd >= 0)
		return fd;
	denied = errno == EACCES || errno == EPERM;
	for (int i = 0; i < CHIPS_MAX; i++) {
		g_autofree char *number = g_strdup_printf("gpiochip%d", i);

		fd = open_chip(number, info);
		if (fd >= 0 && strncmp(info->label, name, sizeof(info->label)) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		else
			denied = denied || errno == EACCES || errno == EPERM;
	}
	if (denied)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
				    "/dev/gpiochip* may not be opened; they must belong to group "
				    "gpio, of which the service is a member");
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "there is no GPIO chip %s, neither by name nor by label; 'gpiodetect' "
			    "lists them",
			    name);
	return -1;
}

/* By number, or by the name the board's description gives it. */
static bool find_line(int chip, const struct gpiochip_info *info, const char *name,
		      uint32_t *offset)
{
	guint64 number = 0;

	if (g_ascii_string_to_unsigned(name, 10, 0, info->lines ? info->lines - 1 : 0, &number,
				       NULL)) {
		*offset = (uint32_t)number;
		return info->lines > 0;
	}
	for (uint32_t i = 0; i < MIN(info->lines, LINES_MAX); i++) {
		struct gpio_v2_line_info line = { .offset = i };

		if (ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &line) == 0 &&
		    strncmp(line.name, name, sizeof(line.name)) == 0) {
			*offset = i;
			return true;
		}
	}
	return false;
}

static int request_line(int chip, uint32_t offset, bool high)
{
	struct gpio_v2_line_request request = { .offsets = { offset }, .num_lines = 1 };

	g_strlcpy(request.consumer, CONSUMER, sizeof(request.consumer));
	request.config.flags =
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING |
		GPIO_V2_LINE_FLAG_EDGE_FALLING |
		(high ? GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN
		      : GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_ACTIVE_LOW);
	request.config.num_attrs = 1;
	request.config.attrs[0].mask = 1;
	request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
	request.config.attrs[0].attr.debounce_period_us = DEBOUNCE_US;
	if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0)
		return request.fd;
	if (errno != EINVAL)
		return -1;
	/* Of a chip on another bus (I2C, SPI, USB) the kernel cannot debounce lines that it has to
	 * debounce itself. Whoever holds a button for seconds does not mind. */
	request.config.num_attrs = 0;
	memset(request.config.attrs, 0, sizeof(request.config.attrs));
	return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0 ? request.fd : -1;
}

static bool line_value(int fd, bool *pressed)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	if (ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0)
		return false;
	*pressed = values.bits & 1;
	return true;
}

static int gpio_open(const ButtonSpec *spec, bool *pressed, GError **error)
{
	struct gpiochip_info info = { .lines = 0 };
	int chip = find_chip(spec->device, &info, error);
	uint32_t offset = 0;
	int saved = 0;
	int fd = -1;

	if (chip < 0)
		return -1;
	if (!find_line(chip, &info, spec->line, &offset)) {
		close(chip);
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "GPIO chip %s has %u lines, and none is %s; 'gpioinfo' lists them",
			    spec->device, info.lines, spec->line);
		return -1;
	}
	fd = request_line(chip, offset, spec->high);
	saved = errno;
	close(chip);
	if (fd < 0 || !g_unix_set_fd_nonblocking(fd, true, NULL) || !line_value(fd, pressed)) {
		if (fd >= 0)
			close(fd);
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "line %s of GPIO chip %s: %s%s", spec->line, spec->device,
			    g_strerror(saved),
			    saved == EBUSY ? "; another program or driver has it, see 'gpioinfo'"
					   : "");
		return -1;
	}
	return fd;
}

static bool gpio_read(int fd, const ButtonSpec *spec, bool *pressed, GError **error)
{
	struct gpio_v2_line_event events[EVENTS_MAX];
	ssize_t got = read(fd, events, sizeof(events));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0 || got % (ssize_t)sizeof(events[0]) != 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, "GPIO chip %s is gone",
			    spec->device);
		return false;
	}
	for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++) {
		if (events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE)
			*pressed = true;
		else if (events[i].id == GPIO_V2_LINE_EVENT_FALLING_EDGE)
			*pressed = false;
	}
	/* What did not fit the kernel's queue is made up for by a look. */
	(void)line_value(fd, pressed);
	return true;
}

const ButtonSource button_gpio = { gpio_open, gpio_read };
