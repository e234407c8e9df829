/* SPDX-License-Identifier: MIT */
#include "agent/adapter/renewer.h"

#include "agent/adapter/program.h"
#include "common/error.h"
#include "landfall-config.h"

#include <string.h>

#define LOOK_S     60
#define TIMEOUT_MS (10 * 60 * 1000)
#define OUTPUT_MAX 4096
#define ERROR_MAX  256 /* characters, of what is told of a failure */
#define DAY_S      INT64_C(86400)

struct Renewer {
	const Config *config;
	Renewal renewal;
	Program *program; /* NULL: none is running */
	char *last_error;
	RenewerChanged changed;
	void *changed_data;
	ExpiryAlarm told; /* in the log, and to changed() */
	int64_t told_days;
	guint timer;
};

static void set_text(GPtrArray *argv, const char *key, const char *value)
{
	char *text = g_strdup_printf("%s=%s", key, value);

	g_ptr_array_add(argv, g_strdup("--set"));
	g_ptr_array_add(argv, text);
}

/* What to run, NULL-terminated; NULL when nothing is set. */
static char **renewer_argv(const Renewer *renewer)
{
	const Config *config = renewer->config;
	GPtrArray *argv;
	char **words = NULL;

	if (config->renewal.program)
		return g_shell_parse_argv(config->renewal.program, NULL, &words, NULL) ? words
										       : NULL;
	if (!config->renewal.est)
		return NULL;
	argv = g_ptr_array_new();
	g_ptr_array_add(argv, g_strdup(LANDFALL_BINDIR "/landfallctl"));
	set_text(argv, "store.path", config->store.path);
	set_text(argv, "renewal.est", config->renewal.est);
	set_text(argv, "renewal.same_key", config->renewal.same_key ? "true" : "false");
	if (config->renewal.ca)
		set_text(argv, "renewal.ca", config->renewal.ca);
	g_ptr_array_add(argv, g_strdup("store"));
	g_ptr_array_add(argv, g_strdup("renew"));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* Seconds since 1970; 0 for a clock that is certainly wrong. */
static int64_t clock_s(void)
{
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;

	return now_s >= STORE_CLOCK_FLOOR ? now_s : 0;
}

/* @why: transferred */
static void renewer_fail(Renewer *renewer, char *why)
{
	g_warning("the certificate is not renewed: %s", why);
	g_free(renewer->last_error);
	renewer->last_error = g_utf8_substring(why, 0, MIN(g_utf8_strlen(why, -1), ERROR_MAX));
	g_free(why);
}

static void on_ended(Program *program, const ProgramResult *result, void *data)
{
	Renewer *renewer = data;
	g_autofree char *says = g_strstrip(g_strdup(result->output));

	renewer->program = NULL; /* freed by its own end */
	if (result->status == 0 && !result->timed_out) {
		g_message("the certificate was renewed: %s", says);
		g_clear_pointer(&renewer->last_error, g_free);
	} else if (result->timed_out) {
		renewer_fail(renewer, g_strdup("the program that renews it did not end"));
	} else {
		renewer_fail(renewer, g_strdup_printf("%s (status %d)", says, result->status));
	}
	/* After a success the new identity comes by the store's watch; until then, a pause. */
	renewal_failed(&renewer->renewal, clock_s());
	renewer->changed(renewer->changed_data);
}

static bool on_start(void *data)
{
	static const ProgramLimits limits = { .timeout_ms = TIMEOUT_MS,
					      .output = OUTPUT_MAX,
					      .environment = true }; /* says where a token is */
	Renewer *renewer = data;
	g_auto(GStrv) argv = renewer_argv(renewer);
	g_autoptr(GError) error = NULL;

	if (!argv || renewer->program)
		return false;
	g_message("renewing the certificate");
	renewer->program =
		program_start((const char *const *)argv, &limits, on_ended, renewer, &error);
	if (!renewer->program)
		renewer_fail(renewer, g_strdup(error->message));
	return renewer->program != NULL;
}

static uint32_t on_random(uint32_t bound, void *data)
{
	return (uint32_t)(g_random_double() * bound);
}

static const RenewalPort port = { on_start, on_random };

/* What is said is that nobody has renewed it yet. */
static void renewer_warn(const Renewer *renewer)
{
	int64_t left_s = renewer->renewal.not_after_s - clock_s();

	if (renewer->told == EXPIRY_EXPIRED)
		g_warning("the certificate has run out");
	else if (renewer->told != EXPIRY_FINE)
		g_warning("the certificate runs out in %d days and %d hours, and was not renewed",
			  (int)(left_s / DAY_S), (int)(left_s % DAY_S / 3600));
}

/* Each alarm once, and again when a day has gone by. */
static void renewer_tell(Renewer *renewer)
{
	RenewerStatus status = renewer_status(renewer);

	if (status.alarm == renewer->told && status.days_left == renewer->told_days)
		return;
	renewer->told = status.alarm;
	renewer->told_days = status.days_left;
	renewer_warn(renewer);
	renewer->changed(renewer->changed_data);
}

static gboolean on_timer(gpointer data);

/* Now, and again when there may be something else to say. */
static void renewer_look(Renewer *renewer)
{
	const Renewal *renewal = &renewer->renewal;
	int64_t change_s = expiry_change_s(renewal->not_before_s, renewal->not_after_s, clock_s());

	if (renewer->timer)
		g_source_remove(renewer->timer);
	renewer->timer = g_timeout_add_seconds(change_s > 0 ? (guint)MIN(change_s, LOOK_S) : LOOK_S,
					       on_timer, renewer);
	if (renewer->config->renewal.program || renewer->config->renewal.est)
		renewal_step(&renewer->renewal, clock_s());
	renewer_tell(renewer);
}

static gboolean on_timer(gpointer data)
{
	Renewer *renewer = data;

	renewer->timer = 0;
	renewer_look(renewer);
	return G_SOURCE_REMOVE;
}

Renewer *renewer_new(const Config *config, RenewerChanged changed, void *data)
{
	Renewer *renewer = g_new0(Renewer, 1);

	renewer->config = config;
	renewal_init(&renewer->renewal, &port, renewer);
	renewer->changed = changed;
	renewer->changed_data = data;
	return renewer;
}

void renewer_free(Renewer *renewer)
{
	if (!renewer)
		return;
	if (renewer->timer)
		g_source_remove(renewer->timer);
	program_free(renewer->program);
	g_free(renewer->last_error);
	g_free(renewer);
}

void renewer_identity(Renewer *renewer, const StoreIdentity *identity)
{
	if (!identity)
		return;
	renewal_certificate(&renewer->renewal, identity->not_before, identity->not_after,
			    clock_s());
	renewer_look(renewer);
}

bool renewer_ask(Renewer *renewer, GError **error)
{
	if (!renewer->config->renewal.program && !renewer->config->renewal.est) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "nothing is set to renew with: [renewal] est or program");
		return false;
	}
	if (renewal_ask(&renewer->renewal))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    renewer->program ? "a renewal is under way"
					     : "the program that renews cannot be started");
	return false;
}

RenewerStatus renewer_status(const Renewer *renewer)
{
	const Renewal *renewal = &renewer->renewal;
	int64_t now_s = clock_s();
	RenewerStatus status = {
		.state = renewal->state,
		.last_error = renewer->last_error ? renewer->last_error : "",
		.judged = now_s != 0 && renewal->not_after_s > renewal->not_before_s,
	};

	if (!status.judged)
		return status;
	status.alarm = expiry_alarm(renewal->not_before_s, renewal->not_after_s, now_s);
	status.days_left = expiry_days(renewal->not_after_s, now_s);
	return status;
}
