/* SPDX-License-Identifier: MIT */
#include "agent/adapter/display.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONTROL_COMMANDS 0x00 /* first octet of a message: commands follow */
#define CONTROL_DATA     0x40 /* pixels follow */

/* What modules with a charge pump want after power-on; page addressing, first row on top. */
static const uint8_t start[] = {
	CONTROL_COMMANDS,
	0xae, /* off */
	0xd5,
	0x80, /* clock */
	0xa8,
	0x3f, /* 64 rows */
	0xd3,
	0x00, /* no offset */
	0x40, /* begin with row 0 */
	0x8d,
	0x14, /* charge pump on */
	0x20,
	0x02, /* page addressing */
	0xa1, /* column 127 is left */
	0xc8, /* rows from the top */
	0xda,
	0x12, /* wiring of the rows */
	0x81,
	0x7f, /* contrast */
	0xd9,
	0xf1, /* precharge */
	0xdb,
	0x40, /* deselect level */
	0xa4, /* show the memory */
	0xa6, /* lit is lit */
};

static const uint8_t on[] = { CONTROL_COMMANDS, 0xaf };
static const uint8_t off[] = { CONTROL_COMMANDS, 0xae };

struct Display {
	int fd; /* -1: given up */
	Frame shown;
};

static bool send(Display *display, const void *message, size_t len)
{
	return write(display->fd, message, len) == (ssize_t)len;
}

static bool send_page(Display *display, unsigned page, const uint8_t *pixels)
{
	const uint8_t where[] = { CONTROL_COMMANDS, (uint8_t)(0xb0 | page), 0x00, 0x10 };
	uint8_t data[1 + FRAME_WIDTH] = { CONTROL_DATA };

	memcpy(data + 1, pixels, FRAME_WIDTH);
	return send(display, where, sizeof(where)) && send(display, data, sizeof(data));
}

static bool send_all(Display *display)
{
	if (!send(display, start, sizeof(start)))
		return false;
	for (unsigned page = 0; page < FRAME_PAGES; page++)
		if (!send_page(display, page, display->shown.pages[page]))
			return false;
	return send(display, on, sizeof(on));
}

static void give_up(Display *display)
{
	g_warning("the display is left alone: %s", g_strerror(errno));
	close(display->fd);
	display->fd = -1;
}

Display *display_new(int fd, GError **error)
{
	Display *display = g_new0(Display, 1);

	display->fd = fd;
	frame_clear(&display->shown);
	if (send_all(display))
		return display;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
		    "the display does not answer: %s", g_strerror(errno));
	close(fd);
	g_free(display);
	return NULL;
}

Display *display_open(const char *device, unsigned address, GError **error)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, I2C_SLAVE, (unsigned long)address) == 0)
		return display_new(fd, error);
	g_set_error(error, LANDFALL_ERROR,
		    errno == EACCES || errno == EPERM ? LANDFALL_ERROR_DENIED
						      : LANDFALL_ERROR_UNAVAILABLE,
		    "display at 0x%02x of %s: %s", address, device, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

void display_show(Display *display, const Frame *frame)
{
	for (unsigned page = 0; page < FRAME_PAGES && display->fd >= 0; page++) {
		uint8_t *shown = display->shown.pages[page];

		if (memcmp(shown, frame->pages[page], FRAME_WIDTH) == 0)
			continue;
		memcpy(shown, frame->pages[page], FRAME_WIDTH);
		if (!send_page(display, page, shown))
			give_up(display);
	}
}

void display_free(Display *display)
{
	if (!display)
		return;
	if (display->fd >= 0) {
		if (!send(display, off, sizeof(off)))
			g_debug("display: cannot be switched off: %s", g_strerror(errno));
		close(display->fd);
	}
	g_free(display);
}
