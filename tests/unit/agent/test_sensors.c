/* SPDX-License-Identifier: MIT */
/* sensors: readings of the trees of boards; one that fails is absent, never 0; one that hangs
 * delays nobody. */
#include "agent/adapter/sensors.h"

#include "agent/core/command.h"
#include "common/error.h"
#include "tests/unit/agent/board-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a read that hangs: all others have to answer within it, on a busy machine and under valgrind,
 * too. */
#define HANG_MS "2000"

static void on_ready(const char *values, size_t len, void *data)
{
	g_string_append_len(g_string_append_c(data, '{'), values, (gssize)len);
	g_string_append_c(data, '}');
}

/* Wait until @part was sent. */
static void await(GString *text, const char *part)
{
	while (!strstr(text->str, part))
		g_main_context_iteration(NULL, TRUE);
}

static Sensors *start(const Config *config, GString *text)
{
	g_autoptr(GError) error = NULL;
	Sensors *sensors = sensors_new(config, on_ready, text, &error);

	g_assert_no_error(error);
	return sensors;
}

static char *describe(const Sensors *sensors)
{
	g_autoptr(GString) text = g_string_new(NULL);

	sensors_describe(sensors, text);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Wait until what is said of the sensors has @word. */
static void await_said(const Sensors *sensors, const char *word)
{
	for (bool said = false; !said;) {
		g_autofree char *text = describe(sensors);

		said = strstr(text, word) != NULL;
		if (!said)
			g_main_context_iteration(NULL, TRUE);
	}
}

#define TOGETHER                                                                                   \
	BOARD_HWMON "chip=rp1_adc\ninput=in1\n[agent]\ninterval=10ms\n"                            \
		    "[sensor cpu]\n" BOARD_THERMAL                                                 \
		    "[sensor off]\ndriver=simulated\nenabled=false\n"

/* Two sensors, one sample; a broken one is left out, said once, and comes back. */
static void test_together(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(board, TOGETHER);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":1.468,\"cpu\":46.3}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *left out until it works");
	board_remove(board, "sys/class/hwmon/hwmon1/in1_input");
	await(text, "{\"cpu\":46.3}{\"cpu\":46.3}");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "\"s\":0"));

	g_autofree char *failing = describe(sensors);

	g_assert_nonnull(
		strstr(failing, "{\"name\":\"s\",\"state\":\"failing\",\"error\":\"no chip"));
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	board_write(board, "sys/class/hwmon/hwmon1/in1_input", "1000\n");
	await(text, "{\"s\":1,\"cpu\":46.3}");
	g_test_assert_expected_messages();

	g_autofree char *fine = describe(sensors);

	g_assert_nonnull(strstr(fine, "{\"name\":\"s\",\"state\":\"ok\",\"unit\":\"V\","
				      "\"readings\":{\"s\":1}"));
}

/* A FIFO stands for a read that does not return. The others go on without it at once; it is said to
 * fail; when it returns, what it brings is late and thrown away, and the next reading is taken. */
static void test_hangs(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, TOGETHER "[sensor s]\ntimeout=" HANG_MS "ms\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *fifo =
		g_build_filename(board->root, "sys/class/hwmon/hwmon1/in1_input", NULL);
	g_autoptr(Sensors) sensors = NULL;

	board_remove(board, "sys/class/hwmon/hwmon1/in1_input");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "sensor s: no answer within " HANG_MS " ms; left out until it works");
	sensors = start(config, text);
	await(text, "{\"cpu\":46.3}{\"cpu\":46.3}");
	await_said(sensors, "no answer");
	g_test_assert_expected_messages();

	int fd = open(fifo, O_WRONLY); /* returns when the reader is there */

	g_assert_cmpint(write(fd, "66600\n", 6), ==, 6);
	g_string_truncate(text, 0);
	board_remove(board, "sys/class/hwmon/hwmon1/in1_input");
	board_write(board, "sys/class/hwmon/hwmon1/in1_input", "2000\n");
	close(fd);
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	await(text, "\"s\":2");
	await(text, "{\"s\":2,\"cpu\":46.3}"); /* quick again, and waited for */
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "66.6"));
}

/* Eight hang and are not given up within the time of any test: the one that does not hang is read
 * and sent all the same. */
static void test_many_hang(Board *board, gconstpointer data)
{
	g_autoptr(GString) settings = g_string_new("driver=system\nwhat=load\nroot=%s\n"
						   "[agent]\ninterval=1d\n");
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < 8; i++) {
		g_autofree char *path =
			g_strdup_printf("%s/hang%d/hwmon0/temp1_input", board->root, i);
		g_autofree char *folder = g_path_get_dirname(path);

		g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
		g_assert_cmpint(mkfifo(path, 0600), ==, 0);
		g_string_append_printf(settings,
				       "[sensor h%d]\ndriver=hwmon\ntimeout=1h\nroot=%s/hang%d\n",
				       i, board->root, i);
	}

	g_autoptr(Config) config = board_configure(board, settings->str);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"load\":0.52}");
	sensors_read_now(sensors);
	await(text, "{\"load\":0.52}{\"load\":0.52}");
}

/* A program that hangs is killed, and killed when the agent ends. */
static void test_command_hangs(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, "driver=command\ncommand=sleep 1000\ntimeout=100ms\n[agent]\ninterval=10ms\n"
		       "[sensor cpu]\n" BOARD_THERMAL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: killed: it has not ended*");
	sensors = start(config, text);
	await_said(sensors, "killed");
	await(text, "{\"cpu\":53.069}{\"cpu\":53.069}");
	g_test_assert_expected_messages();
}

/* Left out, said, counted; and back. */
static void test_limits(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, BOARD_THERMAL "highest=60\n[agent]\ninterval=10ms\n"
				     "[sensor b]\ndriver=system\nwhat=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":53.069,\"load\":0.52}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING,
			      "sensor s: s = 60.001 is outside of its limits; left out");
	board_write(board, "sys/class/thermal/thermal_zone0/temp", "60001\n");
	await(text, "{\"load\":0.52}{\"load\":0.52}");
	g_test_assert_expected_messages();

	g_autofree char *said = describe(sensors);

	g_assert_nonnull(strstr(said, "\"state\":\"ok\",\"unit\":\"°C\",\"readings\":{},"));
	g_assert_null(strstr(said, "\"outside\":0,\"held\":0},{\"name\":\"b\""));
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: within its limits again");
	board_write(board, "sys/class/thermal/thermal_zone0/temp", "60000\n");
	await(text, "{\"s\":60,\"load\":0.52}");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "60.001"));
}

/* Sent when it has changed, and once more after it was away. */
static void test_dead_band(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, BOARD_THERMAL "dead_band=1\n[agent]\ninterval=10ms\n"
				     "[sensor b]\ndriver=system\nwhat=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":53.069,\"load\":0.52}{\"load\":0.52}{\"load\":0.52}");
	board_write(board, "sys/class/thermal/thermal_zone0/temp", "49312\n");
	await(text, "{\"s\":49.312,\"load\":0.52}");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *");
	g_string_truncate(text, 0);
	board_write(board, "sys/class/thermal/thermal_zone0/temp", "");
	await_said(sensors, "failing");
	g_test_expect_message(NULL, G_LOG_LEVEL_MESSAGE, "sensor s: works again");
	board_write(board, "sys/class/thermal/thermal_zone0/temp", "49312\n");
	await(text, "{\"s\":49.312,\"load\":0.52}");
	g_test_assert_expected_messages();
}

/* What a group says of its sensor is obeyed: each has a clock of its own, a unit, a scale. */
static void test_settings(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(board, BOARD_THERMAL
						   "interval=10ms\nscale=1.8\noffset=32\nunit=°F\n"
						   "[agent]\ninterval=1d\n[sensor w]\n" BOARD_W1);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":127.5242,\"w\":15.25}{\"s\":127.5242}{\"s\":127.5242}");

	g_autofree char *said = describe(sensors);

	g_assert_nonnull(strstr(said, "\"unit\":\"°F\",\"readings\":{\"s\":127.5242}"));
}

/* What the dead band keeps back comes now and then all the same. */
static void test_refresh(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, BOARD_THERMAL "dead_band=100\nrefresh=20ms\n[agent]\ninterval=10ms\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	g_assert_nonnull(sensors);
	await(text, "{\"s\":53.069}{\"s\":53.069}");
}

/* Two sensors with one name: each sample has it once. */
static void test_same_key(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, BOARD_THERMAL "key=t\n[agent]\ninterval=10ms\n"
				     "[sensor b]\nkey=t\n" BOARD_W1 "[sensor c]\ndriver=system\n"
				     "what=load\nroot=%s\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	g_assert_nonnull(sensors);
	await(text, "{\"t\":53.069}{\"t\":15.25,\"load\":0.52}");
}

/* Out of its turn, and whatever the dead band says. */
static void test_read_now(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, BOARD_THERMAL "dead_band=100\n[agent]\ninterval=1d\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":53.069}");
	sensors_read_now(sensors);
	await(text, "{\"s\":53.069}{\"s\":53.069}");
}

/* Answers of sensors_read(), one line each */
static void on_answered(uint64_t token, const char *readings, const GError *error, void *data)
{
	g_string_append_printf(data, "<%u %s>", (unsigned)token,
			       readings ? readings : error->message);
}

/* One alone, out of its turn; its answer comes once, and the reading is a sample as well. */
static void test_read_one(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(
		board, BOARD_THERMAL "[agent]\ninterval=1d\n[sensor w]\n" BOARD_W1 "highest=15\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = NULL;

	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor w: *outside of its limits*");
	sensors = start(config, text);
	await(text, "{\"s\":53.069}");
	g_string_truncate(text, 0);
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	g_assert_true(sensors_read(sensors, "s", on_answered, 8, &error));
	await(text, "<7 {\"s\":53.069}><8 {\"s\":53.069}>");
	await(text, ">{\"s\":53.069}");
	g_string_truncate(text, 0);
	g_assert_true(sensors_read(sensors, "w", on_answered, 9, &error));
	await(text, "<9 what it reads is outside of its limits>");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: *");
	board_remove(board, "sys/class/thermal/thermal_zone0/temp");
	g_assert_true(sensors_read(sensors, "s", on_answered, 10, &error));
	await(text, "temp: No such file or directory>");
	g_test_assert_expected_messages();
	g_assert_null(strstr(text->str, "<7"));
	g_assert_false(sensors_read(sensors, "x", on_answered, 11, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN);
}

/* One that hangs is not asked a second time; whoever asks again is told so at once. */
static void test_read_hanging(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(board, BOARD_THERMAL
						   "timeout=" HANG_MS "ms\n[agent]\ninterval=1d\n");
	g_autofree char *fifo =
		g_build_filename(board->root, "sys/class/thermal/thermal_zone0/temp", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":53.069}");
	board_remove(board, "sys/class/thermal/thermal_zone0/temp");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "sensor s: no answer *");
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	await(text, "<7 no answer within " HANG_MS " ms>");
	g_test_assert_expected_messages();
	g_assert_false(sensors_read(sensors, "s", on_answered, 8, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_BUSY);
}

/* Whoever waits when the sensors end is told so. */
static void test_read_cancelled(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, BOARD_THERMAL "timeout=10s\n[agent]\ninterval=1d\n");
	g_autofree char *fifo =
		g_build_filename(board->root, "sys/class/thermal/thermal_zone0/temp", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	Sensors *sensors = start(config, text);

	await(text, "{\"s\":53.069}");
	board_remove(board, "sys/class/thermal/thermal_zone0/temp");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_true(sensors_read(sensors, "s", on_answered, 7, &error));
	sensors_free(sensors);
	g_assert_cmpstr(text->str, ==, "{\"s\":53.069}<7 the sensors are not read any more>");
}

/* All that have no interval of their own, or one by name. */
static void test_set_interval(Board *board, gconstpointer data)
{
	g_autoptr(Config) config =
		board_configure(board, BOARD_THERMAL "interval=1d\n[agent]\ninterval=1d\n"
						     "[sensor w]\n" BOARD_W1);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Sensors) sensors = start(config, text);

	await(text, "{\"s\":53.069,\"w\":15.25}");
	g_assert_cmpint(sensors_interval_ms(sensors), ==, 86400000);
	g_assert_true(sensors_set_interval(sensors, NULL, 10, &error));
	g_assert_cmpint(sensors_interval_ms(sensors), ==, 10);
	await(text, "{\"w\":15.25}{\"w\":15.25}");
	g_assert_true(sensors_set_interval(sensors, "s", 10, &error));
	await(text, "{\"s\":53.069,\"w\":15.25}{\"s\":53.069,\"w\":15.25}");
	g_assert_false(sensors_set_interval(sensors, "x", 10, &error));
	g_assert_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN);
}

static void test_unusable_key(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = board_configure(board, "driver=system\nkey=synced\n");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(sensors_new(config, on_ready, text, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
}

static void test_default(Board *board, gconstpointer data)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	Sensors *sensors = sensors_new(config, on_ready, text, &error);

	g_assert_no_error(error);
	while (text->len == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_nonnull(strstr(text->str, "\"uptime\":"));
	g_assert_nonnull(strstr(text->str, "\"memory\":"));
	sensors_free(sensors);
}

int main(int argc, char **argv)
{
	static const char *const pi5[] = { "raspberry-pi-5" };

	g_test_init(&argc, &argv, NULL);
#define ADD(path, board, function)                                                                 \
	g_test_add(path, Board, board, board_set_up, function, board_tear_down)
	ADD("/agent/sensors/together", pi5, test_together);
	ADD("/agent/sensors/hangs", pi5, test_hangs);
	ADD("/agent/sensors/many-hang", NULL, test_many_hang);
	ADD("/agent/sensors/command-hangs", NULL, test_command_hangs);
	ADD("/agent/sensors/limits", NULL, test_limits);
	ADD("/agent/sensors/dead-band", NULL, test_dead_band);
	ADD("/agent/sensors/settings", NULL, test_settings);
	ADD("/agent/sensors/refresh", NULL, test_refresh);
	ADD("/agent/sensors/same-key", NULL, test_same_key);
	ADD("/agent/sensors/read-now", NULL, test_read_now);
	ADD("/agent/sensors/read-one", NULL, test_read_one);
	ADD("/agent/sensors/read-hanging", NULL, test_read_hanging);
	ADD("/agent/sensors/read-cancelled", NULL, test_read_cancelled);
	ADD("/agent/sensors/set-interval", NULL, test_set_interval);
	ADD("/agent/sensors/unusable-key", NULL, test_unusable_key);
	ADD("/agent/sensors/default", NULL, test_default);
	return g_test_run();
}
