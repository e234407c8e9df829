/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensor-program.h"

#include "agent/adapter/child.h"
#include "common/error.h"
#include "common/printable.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#define WORDS_MAX 160 /* octets of standard error that are told */
#define LOOK_MS   20  /* between two looks whether it has ended, without a descriptor for that */

struct SensorProgram {
	char **words;
	GMutex lock;
	Child child; /* started, killed and reaped under the lock */
	bool cancelled;
};

/* What came of a run */
typedef struct Run {
	GString *text;
	GString *words;
	size_t text_max;
	bool too_much;
} Run;

SensorProgram *sensor_program_new(const char *const *words)
{
	SensorProgram *program = g_new0(SensorProgram, 1);

	program->words = g_strdupv((char **)words);
	program->child = CHILD_INIT;
	g_mutex_init(&program->lock);
	return program;
}

void sensor_program_free(SensorProgram *program)
{
	if (!program)
		return;
	g_assert(program->child.pid == 0);
	g_strfreev(program->words);
	g_mutex_clear(&program->lock);
	g_free(program);
}

void sensor_program_cancel(SensorProgram *program)
{
	g_mutex_lock(&program->lock);
	program->cancelled = true;
	if (program->child.pid > 0)
		child_kill(&program->child);
	g_mutex_unlock(&program->lock);
}

static bool start_locked(SensorProgram *program, GError **error)
{
	g_auto(GStrv) environment = child_environment();
	const ChildSetup setup = {
		.words = (const char *const *)program->words,
		.environment = (const char *const *)environment,
		.complaints = true,
	};

	if (!program->cancelled)
		return child_start(&program->child, &setup, error);
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED, "cancelled");
	return false;
}

static bool start(SensorProgram *program, GError **error)
{
	g_mutex_lock(&program->lock);

	bool fine = start_locked(program, error);

	g_mutex_unlock(&program->lock);
	return fine;
}

static int reap(SensorProgram *program)
{
	g_mutex_lock(&program->lock);

	int status = child_reap(&program->child);

	g_mutex_unlock(&program->lock);
	return status;
}

/* All that can be had now. One that never stops writing must not keep us here. */
static void take_output(Child *child, Run *run)
{
	bool more = false;

	while (!run->too_much &&
	       child_read(&child->output, run->text, run->text_max, &run->too_much))
		;
	while (!more && child_read(&child->complaints, run->words, WORDS_MAX, &more))
		;
}

/* Until it has ended, has said too much, or @deadline_us has come. Returns whether it has ended. */
static bool await(Child *child, Run *run, int64_t deadline_us)
{
	while (!run->too_much) {
		int64_t left_ms = (deadline_us - g_get_monotonic_time()) / 1000 + 1;
		struct pollfd fds[] = {
			{ .fd = child->ended, .events = POLLIN },
			{ .fd = child->output, .events = POLLIN },
			{ .fd = child->complaints, .events = POLLIN },
		};

		if (left_ms <= 0)
			return false;
		if (child->ended < 0)
			left_ms = MIN(left_ms, LOOK_MS);
		if (poll(fds, G_N_ELEMENTS(fds), (int)left_ms) < 0 && errno != EINTR)
			return false;
		take_output(child, run);
		if (child_has_ended(child))
			return true;
	}
	return false;
}

static void explain_status(const Run *run, int status, GError **error)
{
	g_autofree char *words = printable_text(run->words->str, strcspn(run->words->str, "\n"));
	const char *colon = *words ? ": " : "";

	if (WIFSIGNALED(status))
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "killed by signal %d%s%s", WTERMSIG(status), colon, words);
	else
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE, "exit status %d%s%s",
			    WEXITSTATUS(status), colon, words);
}

/* Whether the run is one to be believed; else why not */
static bool judge(SensorProgram *program, const Run *run, bool ended, int status,
		  int64_t timeout_ms, GError **error)
{
	g_mutex_lock(&program->lock);

	bool cancelled = program->cancelled;

	g_mutex_unlock(&program->lock);
	if (cancelled)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED, "cancelled");
	else if (run->too_much)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "more than %zu octets of output", run->text_max);
	else if (!ended)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "killed: it has not ended within %" G_GINT64_FORMAT " ms", timeout_ms);
	else if (status != 0)
		explain_status(run, status, error);
	else
		return true;
	return false;
}

GString *sensor_program_run(SensorProgram *program, int64_t timeout_ms, size_t output_max,
			    GError **error)
{
	int64_t deadline_us = g_get_monotonic_time() + timeout_ms * 1000;
	Run run = { .text_max = output_max };

	if (!start(program, error))
		return NULL;
	run.text = g_string_new(NULL);
	run.words = g_string_new(NULL);

	bool ended = await(&program->child, &run, deadline_us);
	int status = reap(program);

	take_output(&program->child, &run);
	child_clear(&program->child);

	bool fine = judge(program, &run, ended, status, timeout_ms, error);

	g_string_free(run.words, TRUE);
	if (fine)
		return run.text;
	g_string_free(run.text, TRUE);
	return NULL;
}
