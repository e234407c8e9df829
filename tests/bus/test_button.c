/* SPDX-License-Identifier: MIT */
/* What the kernel tells of buttons, octet for octet, and buttons that are not there. The real path
 * through evdev is walked in the testbed. */
#include "common/error.h"
#include "provisioner/adapter/button.h"
#include "tests/bus/bus-fixture.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <linux/gpio.h>
#include <linux/input.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define KEY   KEY_WPS_BUTTON
#define OTHER KEY_POWER

/* How a recording is written down: gpio r rising, f falling, x unknown;
 * input p pressed, u up, a repeated, P and U of another key, s end of a report, d dropped. */
typedef struct Recording {
	const char *name;
	const char *events;
	bool before;
	bool after;
} Recording;

static const Recording gpio_recordings[] = {
	{ "press", "r", false, true },
	{ "let-go", "f", true, false },
	{ "press-and-let-go", "rf", false, false },
	{ "bounce", "rfrfr", false, true },
	{ "unknown", "x", true, true },
	{ "full-queue", "rfrfrfrfrfrfrfrf", false, false },
};

static const Recording input_recordings[] = {
	{ "press", "ps", false, true },       { "let-go", "us", true, false },
	{ "repeat", "asas", true, true },     { "other-key", "PsUs", false, false },
	{ "other-key-up", "Us", true, true }, { "both", "Psps", false, true },
	{ "dropped", "sds", true, true },     { "press-and-let-go", "psus", false, false },
};

static struct gpio_v2_line_event gpio_event(char letter, size_t index)
{
	return (struct gpio_v2_line_event){
		.timestamp_ns = 1000000000ULL + index,
		.id = letter == 'r'   ? GPIO_V2_LINE_EVENT_RISING_EDGE
		      : letter == 'f' ? GPIO_V2_LINE_EVENT_FALLING_EDGE
				      : 77,
		.offset = 17,
		.seqno = (uint32_t)index + 1,
		.line_seqno = (uint32_t)index + 1,
	};
}

static struct input_event input_event(char letter)
{
	bool is_key = strchr("puaPU", letter) != NULL;

	return (struct input_event){
		.type = is_key ? EV_KEY : EV_SYN,
		.code = is_key          ? (g_ascii_isupper(letter) ? OTHER : KEY)
			: letter == 'd' ? SYN_DROPPED
					: SYN_REPORT,
		.value = letter == 'a'                  ? 2
			 : strchr("pP", letter) != NULL ? 1
							: 0,
	};
}

static void pour(int fd, bool gpio, const char *events)
{
	for (size_t i = 0; events[i]; i++) {
		struct gpio_v2_line_event line = gpio_event(events[i], i);
		struct input_event key = input_event(events[i]);

		if (gpio)
			g_assert_cmpint(write(fd, &line, sizeof(line)), ==, sizeof(line));
		else
			g_assert_cmpint(write(fd, &key, sizeof(key)), ==, sizeof(key));
	}
}

static void replay(const Recording *recording, bool gpio)
{
	const ButtonSource *source = gpio ? &button_gpio : &button_input;
	ButtonSpec spec = { .kind = gpio ? BUTTON_GPIO : BUTTON_INPUT,
			    .device = (char *)"board",
			    .code = KEY };
	g_autoptr(GError) error = NULL;
	bool pressed = recording->before;
	int fds[2];

	g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
	g_assert_true(g_unix_set_fd_nonblocking(fds[0], true, NULL));
	/* Nothing there yet is no end. */
	g_assert_true(source->read(fds[0], &spec, &pressed, &error));
	g_assert_true(pressed == recording->before);
	pour(fds[1], gpio, recording->events);
	g_assert_true(source->read(fds[0], &spec, &pressed, &error));
	g_assert_no_error(error);
	g_assert_true(pressed == recording->after);
	close(fds[1]);
	g_assert_false(source->read(fds[0], &spec, &pressed, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	close(fds[0]);
}

static void test_gpio(gconstpointer data)
{
	replay(data, true);
}

static void test_input(gconstpointer data)
{
	replay(data, false);
}

/* A part of an event is none the kernel writes. */
static void test_cut(void)
{
	ButtonSpec spec = { .kind = BUTTON_GPIO, .device = (char *)"board" };
	g_autoptr(GError) error = NULL;
	bool pressed = false;
	int fds[2];

	g_assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
	g_assert_cmpint(write(fds[1], "0123456789", 10), ==, 10);
	g_assert_false(button_gpio.read(fds[0], &spec, &pressed, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED);
	close(fds[0]);
	close(fds[1]);
}

static void on_level(bool pressed, void *data)
{
	g_assert_not_reached();
}

static void on_gone(void *data)
{
	g_assert_not_reached();
}

typedef struct Absent {
	const char *name;
	const char *spec;
	const char *advice; /* what is said to do about it */
} Absent;

static const Absent absents[] = {
	{ "gpio", "gpio:no-such-chip:17", "*GPIO chip*no-such-chip*" },
	{ "input", "input:no such device:KEY_POWER", "*no such device*" },
	{ "input-path", "input:/nonexistent/event:KEY_POWER", "*/nonexistent/event*" },
	{ "input-no-evdev", "input:/dev/null:KEY_POWER", "*/dev/null*" },
};

static void test_absent(gconstpointer data)
{
	static const ButtonEvents events = { on_level, on_gone };
	const Absent *c = data;
	g_autoptr(ButtonSpec) spec = button_spec_parse(c->spec, NULL);
	Button *button = NULL;

	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, c->advice);
	button = button_new(spec, &events, NULL);
	g_assert_null(button_problem(button));
	TEST_WAIT(button_problem(button));
	g_test_assert_expected_messages();
	button_free(button);
}

/* How often the file that @watch is for was opened since it was asked for the last time. */
static unsigned int opened(int watch)
{
	struct inotify_event events[16];
	ssize_t got = read(watch, events, sizeof(events));

	return got > 0 ? (unsigned int)((size_t)got / sizeof(events[0])) : 0;
}

/* It is looked for again and again, and that is told once. */
static void test_again(void)
{
	static const ButtonEvents events = { on_level, on_gone };
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;
	g_autoptr(ButtonSpec) spec = NULL;
	g_autoptr(Button) button = NULL;
	int file = g_file_open_tmp("button-XXXXXX", &path, NULL);
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	unsigned int times = 0;

	g_assert_cmpint(file, >=, 0);
	g_assert_cmpint(inotify_add_watch(watch, path, IN_OPEN), >=, 0);
	text = g_strdup_printf("input:%s:KEY_POWER", path);
	spec = button_spec_parse(text, NULL);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*the button cannot be watched*");
	button = button_new(spec, &events, NULL);
	TEST_WAIT((times += opened(watch)) >= 3);
	g_test_assert_expected_messages();
	close(watch);
	close(file);
	g_assert_cmpint(g_unlink(path), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(gpio_recordings); i++) {
		g_autofree char *path = g_strconcat("/button/gpio/", gpio_recordings[i].name, NULL);

		g_test_add_data_func(path, &gpio_recordings[i], test_gpio);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(input_recordings); i++) {
		g_autofree char *path =
			g_strconcat("/button/input/", input_recordings[i].name, NULL);

		g_test_add_data_func(path, &input_recordings[i], test_input);
	}
	g_test_add_func("/button/cut", test_cut);
	for (size_t i = 0; i < G_N_ELEMENTS(absents); i++) {
		g_autofree char *path = g_strconcat("/button/absent/", absents[i].name, NULL);

		g_test_add_data_func(path, &absents[i], test_absent);
	}
	g_test_add_func("/button/again", test_again);
	return g_test_run();
}
