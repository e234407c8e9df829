/* SPDX-License-Identifier: MIT */
/* sensor-program: a program ends, is ended, or is not believed; nothing of it stays behind. */
#include "agent/adapter/sensor-program.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_MS 60000

typedef struct RunCase {
	const char *path;
	const char *script; /* for sh -c */
	const char *output; /* NULL: it fails */
	const char *words;  /* pattern of what is said then */
} RunCase;

static const RunCase cases[] = {
	{ "output", "echo '{\"a\":1}'", "{\"a\":1}\n", NULL },
	{ "nothing", ":", "", NULL },
	{ "just-enough", "printf %100s", NULL, NULL }, /* filled in by the test */
	{ "status", "echo out; echo 'no\tbus' >&2; echo more >&2; exit 3", NULL,
	  "exit status 3: no?bus" },
	{ "status-silent", "exit 4", NULL, "exit status 4" },
	{ "signal", "kill -TERM $$", NULL, "killed by signal 15" },
	{ "too-much", "printf %101s", NULL, "more than 100 octets of output" },
	{ "endless", "yes", NULL, "more than 100 octets of output" },
	{ "complains", "yes >&2 & sleep 0.01; kill $!; echo fine", "fine\n", NULL },
	{ "closed-output", "exec >&-; exit 5", NULL, "exit status 5" },
	{ "no-input", "read line; echo \"<$line>\"", "<>\n", NULL },
	{ "no-private-variables", "echo \"<$NOTIFY_SOCKET>\"", "<>\n", NULL },
	{ "no-descriptors", "ls /proc/self/fd | wc -w", "4\n", NULL }, /* and the one of ls */
	{ "own-group", "test $(ps -o pgid= -p $$) = $$ && echo yes", "yes\n", NULL },
};

static SensorProgram *shell(const char *script)
{
	return sensor_program_new((const char *const[]){ "sh", "-c", script, NULL });
}

static void test_run(gconstpointer data)
{
	const RunCase *c = data;
	bool fills = g_str_equal(c->path, "just-enough");
	g_autofree char *hundred = g_strnfill(100, ' ');
	const char *wanted = fills ? hundred : c->output;
	g_autoptr(SensorProgram) program = shell(c->script);
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) output = sensor_program_run(program, LONG_MS, 100, &error);

	if (wanted) {
		g_assert_no_error(error);
		g_assert_cmpstr(output->str, ==, wanted);
	} else {
		g_assert_null(output);
		g_assert_cmpstr(error->message, ==, c->words);
	}
}

static void test_absent(void)
{
	g_autoptr(SensorProgram) program =
		sensor_program_new((const char *const[]){ "/nowhere/at/all", NULL });
	g_autoptr(GError) error = NULL;

	g_assert_null(sensor_program_run(program, LONG_MS, 100, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_assert_nonnull(strstr(error->message, "/nowhere/at/all cannot be started: No such file"));
}

/* Signals that we block or ignore are not the program's. (Signals 32 and 33 are libc's own.) */
static void test_signals(void)
{
	g_autoptr(SensorProgram) program =
		shell("grep -cE '^Sig(Blk:.0{16}|Ign:.0{7}[01][08]0{7})$' /proc/self/status");
	g_autoptr(GError) error = NULL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_autoptr(GString) output = sensor_program_run(program, LONG_MS, 100, &error);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGPIPE, SIG_DFL);
	g_assert_no_error(error);
	g_assert_cmpstr(output->str, ==, "2\n");
}

typedef struct Fifo {
	char *folder;
	char *path;
} Fifo;

static void set_up(Fifo *fifo, gconstpointer data)
{
	g_autofree char *command = NULL;

	fifo->folder = g_dir_make_tmp("landfall-program-XXXXXX", NULL);
	fifo->path = g_build_filename(fifo->folder, "fifo", NULL);
	command = g_strdup_printf("mkfifo '%s'", fifo->path);
	g_assert_cmpint(system(command), ==, 0);
}

static void tear_down(Fifo *fifo, gconstpointer data)
{
	unlink(fifo->path);
	rmdir(fifo->folder);
	g_free(fifo->path);
	g_free(fifo->folder);
}

/* Time is over: it is killed, and its children are. */
static void test_timeout(Fifo *fifo, gconstpointer data)
{
	g_autofree char *script = g_strdup_printf("sleep 1000 3<>'%s' & sleep 1000", fifo->path);
	g_autoptr(SensorProgram) program = shell(script);
	g_autoptr(GError) error = NULL;

	g_assert_null(sensor_program_run(program, 100, 100, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE);
	g_assert_cmpstr(error->message, ==, "killed: it has not ended within 100 ms");
	/* nobody holds the other end any more, as soon as the kernel has buried the child */
	int fd;
	while ((fd = open(fifo->path, O_WRONLY | O_NONBLOCK)) >= 0)
		close(fd);
	g_assert_cmpint(errno, ==, ENXIO);
}

/* It ends, a child of it stays and holds the output: it is not waited for, and killed. */
static void test_left_behind(Fifo *fifo, gconstpointer data)
{
	g_autofree char *script = g_strdup_printf("sleep 1000 3>'%s' & echo done", fifo->path);
	g_autoptr(SensorProgram) program = shell(script);
	g_autoptr(GError) error = NULL;
	int hold = open(fifo->path, O_RDONLY | O_NONBLOCK); /* lets the child open it */
	g_autoptr(GString) output = sensor_program_run(program, LONG_MS, 100, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(output->str, ==, "done\n");
	char octet;
	g_assert_cmpint(fcntl(hold, F_SETFL, 0), ==, 0);
	g_assert_cmpint(read(hold, &octet, 1), ==, 0); /* returns when it is gone */
	close(hold);
}

typedef struct Cancelled {
	SensorProgram *program;
	GError *error;
} Cancelled;

static gpointer run_in_thread(gpointer data)
{
	Cancelled *cancelled = data;

	g_assert_null(sensor_program_run(cancelled->program, LONG_MS, 100, &cancelled->error));
	return NULL;
}

/* From another thread, while it runs; it is not started again. */
static void test_cancel(Fifo *fifo, gconstpointer data)
{
	g_autofree char *script = g_strdup_printf("exec sleep 1000 3>'%s'", fifo->path);
	Cancelled cancelled = { shell(script), NULL };
	GThread *thread = g_thread_new("run", run_in_thread, &cancelled);
	int fd = open(fifo->path, O_RDONLY); /* it runs */

	sensor_program_cancel(cancelled.program);
	g_thread_join(thread);
	g_assert_error(cancelled.error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED);
	close(fd);
	g_clear_error(&cancelled.error);
	g_assert_null(sensor_program_run(cancelled.program, LONG_MS, 100, &cancelled.error));
	g_assert_error(cancelled.error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED);
	g_clear_error(&cancelled.error);
	sensor_program_free(cancelled.program);
}

int main(int argc, char **argv)
{
	g_setenv("NOTIFY_SOCKET", "/not/yours", TRUE);
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/agent/sensor-program/", cases[i].path, NULL);

		g_test_add_data_func(path, &cases[i], test_run);
	}
	g_test_add_func("/agent/sensor-program/absent", test_absent);
	g_test_add_func("/agent/sensor-program/signals", test_signals);
#define ADD(name, function)                                                                        \
	g_test_add("/agent/sensor-program/" name, Fifo, NULL, set_up, function, tear_down)
	ADD("timeout", test_timeout);
	ADD("left-behind", test_left_behind);
	ADD("cancel", test_cancel);
	return g_test_run();
}
