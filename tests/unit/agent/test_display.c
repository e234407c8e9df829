/* SPDX-License-Identifier: MIT */
/* display: the messages an SSD1306 gets, read by one that understands as much as is needed. And
 * fonts from files. */
#include "agent/adapter/display.h"
#include "agent/adapter/font.h"

#include "common/config.h"
#include "common/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

/* The memory of the chip and what it was told. */
typedef struct Chip {
	int fd;
	uint8_t memory[FRAME_PAGES][FRAME_WIDTH];
	unsigned page;
	unsigned column;
	bool on;
	unsigned pages_written;
} Chip;

static void chip_command(Chip *chip, uint8_t command)
{
	if ((command & 0xf8) == 0xb0)
		chip->page = command & 7;
	else if (command == 0xae || command == 0xaf)
		chip->on = command == 0xaf;
	else if (command < 0x10)
		chip->column = (chip->column & 0xf0) | command;
	else if (command < 0x20)
		chip->column = (chip->column & 0x0f) | (unsigned)(command & 0x0f) << 4;
}

static void chip_read(Chip *chip)
{
	uint8_t message[256];
	ssize_t n;

	while ((n = recv(chip->fd, message, sizeof(message), MSG_DONTWAIT)) > 0) {
		g_assert_true(message[0] == 0x00 || message[0] == 0x40);
		if (message[0] == 0x40) {
			g_assert_cmpint(n, ==, 1 + FRAME_WIDTH);
			memcpy(chip->memory[chip->page], message + 1, FRAME_WIDTH);
			g_assert_cmpuint(chip->column, ==, 0);
			chip->pages_written++;
		} else if (n == 2 ||
			   n == 4) { /* not the setting up, whose octets are parameters too */
			for (ssize_t i = 1; i < n; i++)
				chip_command(chip, message[i]);
		}
	}
}

static Display *connect_chip(Chip *chip)
{
	int pair[2];
	g_autoptr(GError) error = NULL;

	*chip = (Chip){ 0 };
	memset(chip->memory, 0xaa, sizeof(chip->memory)); /* as after power-on: anything */
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
	chip->fd = pair[0];

	Display *display = display_new(pair[1], &error);

	g_assert_no_error(error);
	chip_read(chip);
	return display;
}

static void test_shows(void)
{
	Chip chip;
	Display *display = connect_chip(&chip);
	Frame frame;

	frame_clear(&frame);
	g_assert_true(chip.on);
	g_assert_cmpuint(chip.pages_written, ==, 8);
	g_assert_cmpmem(chip.memory, sizeof(chip.memory), frame.pages, sizeof(frame.pages));

	frame_set(&frame, 3, 17);
	frame_set(&frame, 127, 63);
	display_show(display, &frame);
	chip_read(&chip);
	g_assert_cmpuint(chip.pages_written, ==, 10); /* two pages changed */
	g_assert_cmpmem(chip.memory, sizeof(chip.memory), frame.pages, sizeof(frame.pages));
	display_show(display, &frame);
	chip_read(&chip);
	g_assert_cmpuint(chip.pages_written, ==, 10);

	display_free(display);
	chip_read(&chip);
	g_assert_false(chip.on);
	close(chip.fd);
}

/* Pulled off while it runs: said once, nothing more. */
static void test_pulled(void)
{
	Chip chip;
	Display *display = connect_chip(&chip);
	Frame frame;

	close(chip.fd);
	frame_clear(&frame);
	frame_invert(&frame);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "the display is left alone: *");
	display_show(display, &frame);
	frame_clear(&frame);
	display_show(display, &frame);
	g_test_assert_expected_messages();
	display_free(display);
}

static void test_absent(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(display_open("/nonexistent/i2c-1", 0x3c, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_clear_error(&error);
	g_assert_null(display_open("/dev/null", 0x3c, &error)); /* no bus */
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
}

/* --- fonts --- */

static void test_font(void)
{
	g_autofree char *dir = g_dir_make_tmp("landfall-font-XXXXXX", NULL);
	g_autofree char *packed = g_build_filename(dir, "packed.psf.gz", NULL);
	g_autofree char *plain = g_build_filename(dir, "plain.psf", NULL);
	char octets[4 + 256] = "\x36\x04\0\1";
	g_autoptr(GError) error = NULL;
	gzFile file = gzopen(packed, "wb");

	g_assert_cmpint(gzwrite(file, octets, sizeof(octets)), ==, sizeof(octets));
	g_assert_cmpint(gzclose(file), ==, Z_OK);
	g_assert_true(g_file_set_contents(plain, octets, sizeof(octets), NULL));

	g_autoptr(Psf) unpacked = font_load(packed, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(psf_height(unpacked), ==, 1);

	g_autoptr(Psf) as_is = font_load(plain, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(psf_height(as_is), ==, 1);

	g_assert_true(g_file_set_contents(packed, "\x1f\x8b\x08 no more", -1, NULL));
	g_assert_null(font_load(packed, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_clear_error(&error);
	g_unlink(packed);
	g_assert_null(font_load(packed, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	g_unlink(plain);
	g_rmdir(dir);
}

/* A glyph as rows of marks. */
static char *draw(const Psf *font, gunichar c)
{
	g_autoptr(GString) rows = g_string_new(NULL);

	for (unsigned y = 0; y < psf_height(font); y++) {
		for (unsigned x = 0; x < psf_width(font); x++)
			g_string_append_c(rows, psf_pixel(font, c, x, y) ? '#' : '.');
		g_string_append_c(rows, '\n');
	}
	return g_string_free(g_steal_pointer(&rows), FALSE);
}

/* The font that is used unless another is set, as the system has it: five lines of 21 characters,
 * and letters that can be told apart. */
static void test_system_font(void)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	if (!g_file_test(config->indicator.font, G_FILE_TEST_EXISTS)) {
		g_test_skip("console-setup-linux is not installed");
		return;
	}

	g_autoptr(Psf) font = font_load(config->indicator.font, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(FRAME_HEIGHT / psf_height(font), ==, 5);
	g_assert_cmpuint(FRAME_WIDTH / psf_width(font), ==, 21);

	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gunichar c = '!'; c <= '~'; c++)
		g_assert_true(g_hash_table_add(seen, draw(font, c)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agent/display/shows", test_shows);
	g_test_add_func("/agent/display/pulled", test_pulled);
	g_test_add_func("/agent/display/absent", test_absent);
	g_test_add_func("/agent/display/font", test_font);
	g_test_add_func("/agent/display/system-font", test_system_font);
	return g_test_run();
}
