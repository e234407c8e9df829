/* SPDX-License-Identifier: MIT */
#include "agent/adapter/renewer.h"

#include "agent/adapter/program.h"
#include "agent/adapter/wait-note.h"
#include "common/count.h"
#include "common/error.h"
#include "common/printable.h"
#include "common/store-wait.h"
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
	uint32_t found;   /* generation of the store before it ran; 0: none */
	char *method;     /* what renews: NULL: nothing is set */
	WaitNote *note;
	bool resumed; /* what was noted before this start is known */
	char *last_error;
	int64_t warned_us; /* of last_error */
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

/* The generation that is current in the store; 0: none. Reads one link. */
static uint32_t store_generation(const Renewer *renewer)
{
	g_autoptr(Store) store = store_open(renewer->config->store.path);
	uint32_t generation = 0;

	return store_current_generation(store, &generation, NULL) ? generation : 0;
}

/* --- what is kept over a restart --- */

static RenewalWait renewer_read(const Renewer *renewer, StoreWaitKind kind, const char *whom)
{
	const Renewal *renewal = &renewer->renewal;
	const StoreWaitSubject subject = { whom, renewal->not_before_s, renewal->not_after_s };
	g_autoptr(Store) store = store_open(renewer->config->store.path);

	return store_wait_read(store, kind, &subject);
}

/* What the server has told the EST client, whoever ran that. */
static void renewer_heed(Renewer *renewer)
{
	RenewalWait wait = renewer_read(renewer, STORE_WAIT_SERVER, renewer->config->renewal.est);

	renewal_heed(&renewer->renewal, &wait);
	if (renewer->last_error || !renewal_wait_holds(&wait, store_wait_clock_s()))
		return;
	renewer->last_error = renewal_wait_describe(wait.until_s);
	renewer->changed(renewer->changed_data);
}

/* What was noted by the agent that ran before. */
static void renewer_resume(Renewer *renewer)
{
	const Renewal *renewal = &renewer->renewal;
	RenewalWait next = renewer_read(renewer, STORE_WAIT_NEXT, renewer->method);

	renewal_resume(&renewer->renewal, &next, store_wait_clock_s());
	if (renewal->state != RENEWAL_WAITING || renewer->last_error)
		return;

	g_autofree char *due = renewal_wait_moment(renewal->due_s);

	renewer->last_error =
		g_strdup_printf("an attempt before the agent's start came to nothing; "
				"the next is at %s",
				due);
	renewer->changed(renewer->changed_data);
}

/* Not while the clock is wrong: what it says then is noted nowhere. */
static void renewer_recall(Renewer *renewer)
{
	if (store_wait_clock_s() == 0 || renewer->renewal.generation == 0)
		return;
	renewer_heed(renewer);
	if (!renewer->resumed)
		renewer_resume(renewer);
	renewer->resumed = true;
}

static void on_note(const RenewalWait *next, void *data)
{
	Renewer *renewer = data;
	const Renewal *renewal = &renewer->renewal;
	const StoreWaitSubject subject = { renewer->method, renewal->not_before_s,
					   renewal->not_after_s };

	if (renewer->method)
		wait_note_write(renewer->note, &subject, next);
}

/* --- the program --- */

/* The same words, but for the moment that the server has asked to wait until. */
static bool is_told(const char *text, const char *before)
{
	const char *moment = strstr(text, RENEWAL_WAIT_WORDS);

	return moment ? strncmp(text, before, (size_t)(moment - text)) == 0 &&
				g_str_has_prefix(before + (moment - text), RENEWAL_WAIT_WORDS)
		      : strcmp(text, before) == 0;
}

/* The same words are a warning once a day. */
static void renewer_fail(Renewer *renewer, const char *why)
{
	g_autofree char *text = g_utf8_substring(why, 0, MIN(g_utf8_strlen(why, -1), ERROR_MAX));
	bool told = renewer->warned_us != 0 && renewer->last_error &&
		    is_told(text, renewer->last_error) &&
		    g_get_monotonic_time() - renewer->warned_us < DAY_S * G_USEC_PER_SEC;

	g_free(renewer->last_error);
	renewer->last_error = g_steal_pointer(&text);
	if (told) {
		g_info("the certificate is not renewed: %s", why);
		return;
	}
	g_warning("the certificate is not renewed: %s", why);
	renewer->warned_us = g_get_monotonic_time();
}

/* Why nothing came of it; NULL: something did. */
static char *describe_failure(const Renewer *renewer, const ProgramResult *result, const char *says)
{
	const char *words = *says ? says : "the program that renews it said nothing";

	if (store_generation(renewer) > renewer->found)
		return NULL;
	if (result->timed_out)
		return g_strdup_printf("the program that renews it did not end within %d minutes",
				       TIMEOUT_MS / (60 * 1000));
	if (result->status != 0)
		return g_strdup_printf("%s (status %d)", words, result->status);
	return g_strdup_printf("the program that renews it ended with 0, but nothing was "
			       "installed: it has to call landfallctl store install%s%s",
			       *says ? "; it said: " : "", says);
}

static void on_ended(Program *program, const ProgramResult *result, void *data)
{
	Renewer *renewer = data;
	g_autofree char *lines = g_strstrip(g_strdup(result->output));
	g_autofree char *says = printable_text(g_strdelimit(lines, "\r\n\t", ' '), strlen(lines));
	g_autofree char *failure = describe_failure(renewer, result, says);

	renewer->program = NULL; /* freed by its own end */
	if (failure) {
		renewer_fail(renewer, failure);
	} else {
		g_message("the certificate was renewed: %s", says);
		g_clear_pointer(&renewer->last_error, g_free);
	}
	renewer_recall(renewer);
	/* After a success the new identity comes by the store's watch; until then, a pause. */
	renewal_failed(&renewer->renewal, store_wait_clock_s());
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
	renewer->found = store_generation(renewer);
	renewer->program =
		program_start((const char *const *)argv, &limits, on_ended, renewer, &error);
	if (renewer->program)
		return true;
	renewer_fail(renewer, error->message);
	renewer->changed(renewer->changed_data);
	return false;
}

static uint32_t on_random(uint32_t bound, void *data)
{
	return (uint32_t)(g_random_double() * bound);
}

static const RenewalPort port = { on_start, on_random, on_note };

/* What is said is that nobody has renewed it yet. */
static void renewer_warn(const Renewer *renewer)
{
	int64_t left_s = renewer->renewal.not_after_s - store_wait_clock_s();

	g_autofree char *days = count_text((uint64_t)MAX(left_s, 0) / DAY_S, "day");
	g_autofree char *hours = count_text((uint64_t)MAX(left_s, 0) % DAY_S / 3600, "hour");

	if (renewer->told == EXPIRY_EXPIRED)
		g_warning("the certificate has run out");
	else if (renewer->told != EXPIRY_FINE)
		g_warning("the certificate runs out in %s and %s, and was not renewed", days,
			  hours);
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
	int64_t change_s =
		expiry_change_s(renewal->not_before_s, renewal->not_after_s, store_wait_clock_s());

	if (renewer->timer)
		g_source_remove(renewer->timer);
	renewer->timer = g_timeout_add_seconds(change_s > 0 ? (guint)MIN(change_s, LOOK_S) : LOOK_S,
					       on_timer, renewer);
	if (renewer->method) {
		renewer_recall(renewer);
		renewal_step(&renewer->renewal, store_wait_clock_s());
	}
	renewer_tell(renewer);
}

static gboolean on_timer(gpointer data)
{
	Renewer *renewer = data;

	renewer->timer = 0;
	renewer_look(renewer);
	return G_SOURCE_REMOVE;
}

/* Another server, program or authority is another matter, with no pause to be kept to. */
static char *describe_method(const Config *config)
{
	if (config->renewal.program)
		return g_strdup(config->renewal.program);
	if (!config->renewal.est)
		return NULL;
	return g_strconcat(config->renewal.est, "\n", config->renewal.ca, NULL);
}

Renewer *renewer_new(const Config *config, RenewerChanged changed, void *data)
{
	Renewer *renewer = g_new0(Renewer, 1);

	renewer->config = config;
	renewer->method = describe_method(config);
	renewer->note = wait_note_new(config->store.path, STORE_WAIT_NEXT);
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
	wait_note_unref(renewer->note);
	g_free(renewer->method);
	g_free(renewer->last_error);
	g_free(renewer);
}

/* One that was installed in another way makes up for a failure, too; one that is gone back to is a
 * failure. */
static void renewer_judge(Renewer *renewer, uint32_t before)
{
	uint32_t now = renewer->renewal.generation;
	g_autofree char *told = g_steal_pointer(&renewer->last_error);

	if (now < before)
		renewer->last_error = g_strdup_printf("generation %u did not prove itself, %u is "
						      "used again: landfallctl store show",
						      before, now);
	if (g_strcmp0(told, renewer->last_error) != 0)
		renewer->changed(renewer->changed_data);
}

void renewer_identity(Renewer *renewer, const StoreIdentity *identity)
{
	uint32_t before = renewer->renewal.generation;

	if (!identity)
		return;

	const RenewalCertificate certificate = { identity->generation, identity->not_before,
						 identity->not_after };

	if (renewal_certificate(&renewer->renewal, &certificate, store_wait_clock_s()) &&
	    before != 0)
		renewer_judge(renewer, before);
	renewer_look(renewer);
}

bool renewer_ask(Renewer *renewer, GError **error)
{
	g_autofree char *words = NULL;

	if (!renewer->method) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "nothing is set to renew with: [renewal] est or program");
		return false;
	}
	renewer_recall(renewer);
	if (renewal_ask(&renewer->renewal, store_wait_clock_s()))
		return true;
	if (renewer_status(renewer).wait_until_s != 0)
		words = renewal_wait_describe(renewer_status(renewer).wait_until_s);
	else
		words = g_strdup(renewer->program ? "a renewal is under way"
						  : "the program that renews cannot be started");
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED, words);
	return false;
}

RenewerStatus renewer_status(const Renewer *renewer)
{
	const Renewal *renewal = &renewer->renewal;
	int64_t now_s = store_wait_clock_s();
	RenewerStatus status = {
		.state = renewal->state,
		.last_error = renewer->last_error ? renewer->last_error : "",
		.wait_until_s =
			renewal_wait_holds(&renewal->wait, now_s) ? renewal->wait.until_s : 0,
		.judged = now_s != 0 && renewal->not_after_s > renewal->not_before_s,
	};

	if (!status.judged)
		return status;
	status.alarm = expiry_alarm(renewal->not_before_s, renewal->not_after_s, now_s);
	status.days_left = expiry_days(renewal->not_after_s, now_s);
	return status;
}
