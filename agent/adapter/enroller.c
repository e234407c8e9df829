/* SPDX-License-Identifier: MIT */
#include "agent/adapter/enroller.h"

#include "agent/adapter/enrol-plan.h"
#include "agent/adapter/wait-note.h"
#include "agent/core/outage-log.h"
#include "common/backoff.h"
#include "common/error.h"
#include "common/mqtt.h"
#include "common/off-loop.h"

#include <glib-unix.h>

#define BACKOFF_FLOOR_MS 500
#define BACKOFF_BASE_MS  2000
#define BACKOFF_MAX_MS   600000
#define CLOCK_POLL_MS    1000
#define ACK_TIMEOUT_MS   30000
#define WINDOW           4
#define TRIAL_MAX_MS     (24 * 60 * 60 * 1000)
#define TRIAL_DOUBLES    16 /* times that a trial in vain makes the next one longer */
#define KEPT_MAX_MS      (24 * 60 * 60 * 1000) /* of a pause, over a restart */

typedef enum Phase {
	PHASE_REST,
	PHASE_LOAD,
	PHASE_CLOCK,
	PHASE_EXCHANGE,
	PHASE_PROBE,
	PHASE_COMMIT,
	PHASE_BACKOFF,
} Phase;

struct Enroller {
	const Config *config;
	void (*changed)(void *data);
	void *data;
	Phase phase;
	bool look_again; /* the store changed meanwhile: it is read once more after this */
	bool again;      /* what is on trial, or damaged, is enrolled once more */
	bool damaged;    /* that it is; one in use that was read before says nothing of it */
	unsigned rounds; /* how often it was, in vain */
	EnrolPlan *plan; /* the thread's during a call; over a pause: to be stored yet */
	OffLoop *call;
	guint call_source;
	MqttClient *client;
	unsigned granting; /* subscriptions that are not answered */
	bool decided;      /* the connection is being closed, the rest is ours */
	EnrolMessage *next;
	guint pause;      /* until it is sent */
	guint timer;      /* of the phase */
	int64_t retry_us; /* when it runs out, if told */
	Backoff backoff;
	bool looked;              /* enroller_look() was called */
	bool resumes;             /* what was noted before this start is waited for */
	bool recalled;            /* what failed before this start is counted */
	bool asked;               /* an attempt has begun, and has not failed yet */
	char *whom;               /* of the subject */
	StoreWaitSubject subject; /* of what is noted; whom NULL: nothing is */
	WaitNote *next_note;
	WaitNote *trial_note;
	char *refusal; /* why it is probed */
	char *last_error;
	OutageLog outage;
};

static void enroller_load(Enroller *enroller);
static void enroller_exchange(Enroller *enroller);

/* --- phases --- */

static void enroller_enter(Enroller *enroller, Phase phase)
{
	static const char *const names[] = {
		[PHASE_REST] = "rest",         [PHASE_LOAD] = "load",   [PHASE_CLOCK] = "clock",
		[PHASE_EXCHANGE] = "exchange", [PHASE_PROBE] = "probe", [PHASE_COMMIT] = "commit",
		[PHASE_BACKOFF] = "backoff",
	};

	g_debug("enroller: %s -> %s", names[enroller->phase], names[phase]);
	enroller->phase = phase;
	g_clear_handle_id(&enroller->timer, g_source_remove);
	enroller->changed(enroller->data);
}

/* The exchange, whatever it has come to, is over. */
static void enroller_hang_up(Enroller *enroller)
{
	g_clear_handle_id(&enroller->pause, g_source_remove);
	g_clear_pointer(&enroller->next, enrol_message_free);
	g_clear_pointer(&enroller->client, mqtt_client_free);
	enroller->granting = 0;
	enroller->decided = false;
}

static void enroller_rest(Enroller *enroller)
{
	enroller_hang_up(enroller);
	g_clear_pointer(&enroller->plan, enrol_plan_free);
	g_clear_pointer(&enroller->refusal, g_free);
	enroller_enter(enroller, PHASE_REST);
}

static uint32_t random_below(uint32_t bound, gpointer data)
{
	return (uint32_t)(g_random_double() * bound);
}

/* --- what outlives the agent --- */

/* Nobody could keep to a moment of a clock that is wrong. */
static void note_wait(Enroller *enroller, WaitNote *note, int64_t wait_ms, unsigned failures)
{
	int64_t now_s = store_wait_clock_s();
	int64_t wait_s = (MIN(wait_ms, KEPT_MAX_MS) + 999) / 1000;
	const RenewalWait wait = { now_s, now_s + wait_s, failures };

	if (now_s != 0 && enroller->subject.whom)
		wait_note_write(note, &enroller->subject, &wait);
}

static void note_over(Enroller *enroller, WaitNote *note)
{
	static const RenewalWait none = { 0 };

	wait_note_write(note, &enroller->subject, &none);
}

/* Should its end never be told, the attempt that begins now has failed. */
static void note_attempt(Enroller *enroller)
{
	Backoff failed = enroller->backoff;
	uint32_t wait_ms = backoff_next_ms(&failed, random_below, NULL);

	note_wait(enroller, enroller->next_note, wait_ms, failed.failures);
	enroller->asked = true;
}

static void enroller_recall(Enroller *enroller)
{
	const EnrolPlan *plan = enroller->plan;

	if (!plan->whom)
		return;
	g_free(enroller->whom);
	enroller->whom = g_strdup(plan->whom);
	enroller->subject = plan->subject;
	enroller->subject.whom = enroller->whom;
	if (enroller->recalled)
		return;
	enroller->recalled = true;
	enroller->backoff.failures += plan->next.failures;
	enroller->rounds = MIN(plan->trial.failures, TRIAL_DOUBLES);
}

/* What is left of the pause before this start; it is asked for once. */
static uint32_t enroller_left_ms(Enroller *enroller)
{
	Backoff again = enroller->backoff;
	int64_t drawn_s;
	int64_t left_s;

	if (!enroller->resumes)
		return 0;
	enroller->resumes = false;
	drawn_s = backoff_next_ms(&again, random_below, NULL) / 1000;
	left_s = renewal_wait_left_s(&enroller->plan->next, store_wait_clock_s(), drawn_s);
	return (uint32_t)MIN(left_s * 1000, KEPT_MAX_MS);
}

/* --- pauses --- */

static gboolean on_backoff_over(gpointer data)
{
	Enroller *enroller = data;

	enroller->timer = 0;
	enroller_load(enroller);
	return G_SOURCE_REMOVE;
}

static void enroller_tell(Enroller *enroller, const char *words, uint32_t wait_ms)
{
	unsigned untold;

	if (!outage_log_failed(&enroller->outage, words, g_get_monotonic_time(), &untold))
		return;

	g_autofree char *others = outage_log_untold(untold);

	g_warning("the device is not enrolled: %s; next attempt in %u s%s", words, wait_ms / 1000,
		  others);
}

static void enroller_back_off(Enroller *enroller, uint32_t wait_ms)
{
	enroller_enter(enroller, PHASE_BACKOFF);
	enroller->retry_us = g_get_monotonic_time() + (int64_t)wait_ms * 1000;
	enroller->timer = g_timeout_add(wait_ms, on_backoff_over, enroller);
}

/* The next attempt is the same plan, where there still is one. */
static void enroller_pause(Enroller *enroller, const char *message, uint32_t retry_ms)
{
	uint32_t drawn_ms = backoff_next_ms(&enroller->backoff, random_below, NULL);
	uint32_t wait_ms = MAX(drawn_ms, retry_ms);

	if (enroller->asked)
		note_wait(enroller, enroller->next_note, wait_ms, enroller->backoff.failures);
	enroller->asked = false;
	enroller_tell(enroller, message, wait_ms);
	g_free(enroller->last_error);
	enroller->last_error = g_strdup(message);
	enroller_back_off(enroller, wait_ms);
}

static void enroller_fail(Enroller *enroller, const char *message, uint32_t retry_ms)
{
	g_autofree char *words = g_strdup(message); /* it may be the plan's */
	bool stale = enroller->look_again;

	enroller_rest(enroller);
	enroller_pause(enroller, words, retry_ms);
	if (stale)
		enroller_load(enroller);
}

/* The same, and it was the cloud's side. */
static void enroller_fail_there(Enroller *enroller, const char *message, uint32_t retry_ms)
{
	g_autofree char *words = g_strdup_printf("%s: %s", enroller->plan->host.text, message);

	enroller_fail(enroller, words, retry_ms);
}

/* Nothing has failed: something has to come first. */
static void enroller_note(Enroller *enroller, const char *message)
{
	g_autofree char *words = g_strdup(message);

	if (g_strcmp0(enroller->last_error, words) != 0)
		g_message("the device is not enrolled: %s", words);
	g_free(enroller->last_error);
	enroller->last_error = g_steal_pointer(&words);
}

/* --- the store, in a thread --- */

static void run_load(gpointer data)
{
	enrol_plan_load(data);
}

static void run_commit(gpointer data)
{
	enrol_plan_commit(data);
}

static gboolean on_trial_over(gpointer data)
{
	Enroller *enroller = data;

	enroller->timer = 0;
	enroller->again = true;
	enroller->rounds = MIN(enroller->rounds + 1, TRIAL_DOUBLES);
	enroller_load(enroller);
	return G_SOURCE_REMOVE;
}

/* In this time what is to be enrolled once more is. */
static void enroller_wait_again(Enroller *enroller, int64_t wait_ms)
{
	enroller_rest(enroller);
	enroller->retry_us = g_get_monotonic_time() + wait_ms * 1000;
	enroller->timer = g_timeout_add((guint)wait_ms, on_trial_over, enroller);
}

/* @full_ms, less what had gone by of it when the agent started, but not less than @least_ms. */
static int64_t enroller_kept_ms(Enroller *enroller, int64_t full_ms, int64_t least_ms)
{
	int64_t left_s;

	if (!enroller->resumes) {
		note_wait(enroller, enroller->trial_note, full_ms, enroller->rounds);
		return full_ms;
	}
	left_s = renewal_wait_left_s(&enroller->plan->trial, store_wait_clock_s(), full_ms / 1000);
	return MIN(full_ms, MAX(left_s * 1000, least_ms));
}

/* The outcome gets its time; each further one gets twice as much. 0: as long as it takes. */
static int64_t enroller_trial_ms(const Enroller *enroller)
{
	return MIN(enroller->config->store.trial_ms << enroller->rounds, TRIAL_MAX_MS);
}

static void enroller_watch_trial(Enroller *enroller)
{
	int64_t trial_ms = enroller_trial_ms(enroller);

	if (trial_ms > 0) /* once more after a start: it may have had no chance before */
		enroller_wait_again(enroller, enroller_kept_ms(enroller, trial_ms,
							       enroller->config->store.trial_ms));
	else
		enroller_rest(enroller);
}

/* At once when it is the first time; else a disk that damages whatever is written to it would have
 * the cloud asked for ever. */
static void enroller_mend(Enroller *enroller)
{
	const EnrolPlan *plan = enroller->plan;
	int64_t trial_ms = enroller_trial_ms(enroller);
	int64_t full_ms = enroller->rounds == 0 ? 0 : trial_ms > 0 ? trial_ms : TRIAL_MAX_MS;
	int64_t wait_ms = enroller_kept_ms(enroller, full_ms, 0);

	g_warning(
		"generation %u is damaged: %s; enrolling the device once more in %" G_GINT64_FORMAT
		" s",
		plan->current, plan->damage->message, wait_ms / 1000);
	g_free(enroller->last_error);
	enroller->last_error = g_strdup(plan->damage->message);
	enroller_wait_again(enroller, wait_ms);
}

/* Each method begins with a certificate; the store's next change brings one, maybe. */
static void enroller_lacks_claim(Enroller *enroller)
{
	g_autofree char *words = g_strdup_printf(
		"%s; [enrolment] needs the certificate and key that it begins with, the claim",
		enroller->plan->error->message);

	enroller_note(enroller, words);
	enroller_rest(enroller);
}

/* What is in use has proved itself: nothing is on trial, by us or from before this start. */
static void enroller_settle(Enroller *enroller)
{
	note_over(enroller, enroller->trial_note);
	backoff_reset(&enroller->backoff);
	g_clear_pointer(&enroller->last_error, g_free);
	enroller->again = false;
	enroller->rounds = 0;
}

static void on_loaded(Enroller *enroller)
{
	EnrolPlan *plan = enroller->plan;

	enroller->damaged = plan->damage != NULL;
	enroller_recall(enroller);
	if (g_error_matches(plan->error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT)) {
		enroller_lacks_claim(enroller);
		return;
	}
	if (plan->error) {
		enroller_fail(enroller, plan->error->message, 0);
		return;
	}
	switch (plan->task) {
	case ENROL_TASK_NONE:
		if (plan->proved) /* it may have been while the store was read */
			enroller_settle(enroller);
		g_clear_pointer(&enroller->last_error, g_free);
		enroller_rest(enroller);
		return;
	case ENROL_TASK_TRIAL: enroller_watch_trial(enroller); return;
	case ENROL_TASK_MEND: enroller_mend(enroller); return;
	case ENROL_TASK_ENROL: enroller_exchange(enroller); return;
	}
}

/* Whether the store would take the outcome another time: the cloud has given it, and need not be
 * asked anew. */
static bool may_be_stored(const GError *error)
{
	switch (error->code) {
	case LANDFALL_ERROR_UNAVAILABLE:
	case LANDFALL_ERROR_FULL:
	case LANDFALL_ERROR_DENIED:
	case LANDFALL_ERROR_FAILED: return true;
	default: return false;
	}
}

static void on_committed(Enroller *enroller)
{
	const GError *error = enroller->plan->error;

	if (error && may_be_stored(error)) {
		enroller_pause(enroller, error->message, 0);
		return;
	}
	if (error && error->code != LANDFALL_ERROR_CANCELLED) {
		enroller_fail(enroller, error->message, 0);
		return;
	}
	note_over(enroller, enroller->next_note);
	enroller->asked = false;
	enroller->again = false;
	enroller->damaged = false;
	g_clear_pointer(&enroller->last_error, g_free);
	outage_log_recovered(&enroller->outage);
	enroller->look_again = true;
	enroller_rest(enroller);
}

static gboolean on_called(gint fd, GIOCondition condition, gpointer data)
{
	Enroller *enroller = data;

	off_loop_take(g_steal_pointer(&enroller->call));
	enroller->call_source = 0;
	if (enroller->phase == PHASE_LOAD)
		on_loaded(enroller);
	else
		on_committed(enroller);
	if (enroller->look_again && !enroller->call)
		enroller_look(enroller);
	return G_SOURCE_REMOVE;
}

static void enroller_call(Enroller *enroller, Phase phase, OffLoopFunc run)
{
	enroller_enter(enroller, phase);
	enroller->call = off_loop_start(run, NULL, enroller->plan);
	if (!enroller->call) {
		enroller_fail(enroller, "no thread can be started", 0);
		return;
	}
	enroller->call_source =
		g_unix_fd_add(off_loop_fd(enroller->call), G_IO_IN, on_called, enroller);
}

static void enroller_commit(Enroller *enroller)
{
	enroller_hang_up(enroller);
	g_clear_error(&enroller->plan->error);
	enroller_call(enroller, PHASE_COMMIT, run_commit);
}

static void enroller_load(Enroller *enroller)
{
	enroller->look_again = false;
	if (enroller->plan) { /* the cloud has decided, the store was not ready */
		enroller_commit(enroller);
		return;
	}
	enroller->plan = enrol_plan_new(enroller->config, enroller->again);
	enroller_call(enroller, PHASE_LOAD, run_load);
}

/* --- the exchange --- */

/* Refused, and not enrolled before either. */
static void enroller_unknown(Enroller *enroller, const char *why)
{
	g_autofree char *message =
		g_strdup_printf("%s; nor is the certificate known: %s", enroller->refusal, why);

	enroller_fail_there(enroller, message, 0);
}

static gboolean on_deadline(gpointer data)
{
	Enroller *enroller = data;
	bool probes = enroller->phase == PHASE_PROBE;
	g_autofree char *silence =
		g_strdup_printf("%s did not answer within %" G_GINT64_FORMAT " s",
				probes ? enroller->plan->known.text : enroller->plan->host.text,
				enroller->config->enrolment.timeout_ms / 1000);

	enroller->timer = 0;
	if (probes)
		enroller_unknown(enroller, silence);
	else
		enroller_fail(enroller, silence, 0);
	return G_SOURCE_REMOVE;
}

static void enroller_connect(Enroller *enroller, Phase phase, const EnrolHost *host,
			     const MqttConfig *who, const MqttCallbacks *callbacks)
{
	const BrokerConf *broker = enroller->plan->broker;
	g_autoptr(GError) error = NULL;
	MqttConfig config = *who;

	config.host = host->uri.host;
	config.port = host->uri.port;
	config.tls = host->tls;
	config.protocol =
		broker->protocol == BROKER_PROTOCOL_MQTT_5 ? MQTT_PROTOCOL_5 : MQTT_PROTOCOL_3_1_1;
	config.clean_start = true;
	config.keep_alive_s = enroller->plan->keep_alive_s;
	config.connect_timeout_ms = (unsigned)broker->connect_timeout_ms;
	config.ack_timeout_ms = ACK_TIMEOUT_MS;
	config.window = WINDOW;
	enroller_enter(enroller, phase);
	enroller->client = mqtt_client_new(&config, callbacks, enroller, &error);
	if (enroller->client && mqtt_client_connect(enroller->client, &error))
		enroller->timer = g_timeout_add((guint)enroller->config->enrolment.timeout_ms,
						on_deadline, enroller);
	else
		enroller_fail(enroller, error->message, 0);
}

/* All is said: what is to be done now is on the disk. */
static void enroller_decide(Enroller *enroller)
{
	g_clear_handle_id(&enroller->timer, g_source_remove);
	enroller->decided = true;
	mqtt_client_disconnect(enroller->client);
}

static void on_probe_connected(MqttClient *client, const MqttSession *session, gpointer data)
{
	if (session->unasked)
		enroller_unknown(data, "the broker does not ask for it, so it takes anybody");
	else
		enroller_decide(data);
}

static void on_probe_ended(MqttClient *client, const GError *error, gpointer data)
{
	Enroller *enroller = data;

	if (enroller->decided) {
		g_message("the certificate is known already: %s", enroller->refusal);
		enroller_commit(enroller);
		return;
	}
	enroller_unknown(enroller, error ? error->message : "the connection was closed");
}

static const MqttCallbacks probe_callbacks = {
	.connected = on_probe_connected,
	.disconnected = on_probe_ended,
};

/* It may have been done before, by an exchange whose outcome did not reach the disk. */
static void enroller_probe(Enroller *enroller, const char *refusal)
{
	const EnrolPlan *plan = enroller->plan;
	const char *name =
		plan->broker->client_id ? plan->broker->client_id : plan->claim->common_name;
	MqttConfig who = { .client_id = name ? name : enrol_client_id(plan->enrol) };

	enroller_hang_up(enroller);
	enroller->refusal = g_strdup(refusal);
	enroller_connect(enroller, PHASE_PROBE, &plan->known, &who, &probe_callbacks);
}

static void enroller_refused(Enroller *enroller, const GError *error, uint32_t retry_ms)
{
	if (error->code == LANDFALL_ERROR_DENIED && enroller->plan->known.text)
		enroller_probe(enroller, error->message);
	else
		enroller_fail_there(enroller, error->message, retry_ms);
}

/* @message is transferred. */
static void enroller_send(Enroller *enroller, EnrolMessage *message)
{
	g_autoptr(GError) error = NULL;

	if (!mqtt_client_publish(enroller->client, message->topic, secret_data(message->payload),
				 secret_len(message->payload), false, &error))
		enroller_fail(enroller, error->message, 0);
	enrol_message_free(message);
}

static gboolean on_pause_over(gpointer data)
{
	Enroller *enroller = data;

	enroller->pause = 0;
	enroller_send(enroller, g_steal_pointer(&enroller->next));
	return G_SOURCE_REMOVE;
}

static void on_connected(MqttClient *client, const MqttSession *session, gpointer data)
{
	Enroller *enroller = data;
	const char *const *filters = enrol_filters(enroller->plan->enrol);
	g_autoptr(GError) error = NULL;

	for (; *filters; filters++) {
		if (!mqtt_client_subscribe(client, *filters, 1, &error)) {
			enroller_fail(enroller, error->message, 0);
			return;
		}
		enroller->granting++;
	}
}

static void on_subscribed(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Enroller *enroller = data;

	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK))
		return; /* the end follows */
	if (error)
		enroller_fail_there(enroller, error->message, 0);
	else if (--enroller->granting == 0)
		enroller_send(enroller, enrol_begin(enroller->plan->enrol));
}

/* An answer that was given counts more than a late word on the question. */
static void on_published(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Enroller *enroller = data;

	if (error && error->code != LANDFALL_ERROR_NETWORK && !enroller->decided)
		enroller_fail_there(enroller, error->message, 0);
}

static void on_message(MqttClient *client, const char *topic, const uint8_t *payload, size_t len,
		       bool retained, gpointer data)
{
	Enroller *enroller = data;
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	if (retained || enroller->decided || enroller->next)
		return; /* not an answer to what we said last */
	if (!enrol_receive(enroller->plan->enrol, topic, payload, len, &step, &error)) {
		enroller_refused(enroller, error, step.retry_ms);
		return;
	}
	switch (step.type) {
	case ENROL_STEP_NOTHING: return;
	case ENROL_STEP_SEND:
		enroller->next = step.message;
		enroller->pause = g_timeout_add(step.wait_ms, on_pause_over, enroller);
		return;
	case ENROL_STEP_DONE: enroller_decide(enroller); return;
	}
}

static void on_disconnected(MqttClient *client, const GError *error, gpointer data)
{
	Enroller *enroller = data;

	if (enroller->decided) {
		enroller_commit(enroller);
		return;
	}

	g_autofree char *message =
		g_strdup_printf("%s: %s", enroller->plan->host.text,
				error ? error->message : "the connection was closed");

	enroller_fail(enroller, message, 0);
}

static const MqttCallbacks exchange_callbacks = {
	.connected = on_connected,
	.disconnected = on_disconnected,
	.published = on_published,
	.subscribed = on_subscribed,
	.message = on_message,
};

static bool clock_holds(const Enroller *enroller)
{
	return store_identity_clock_holds(enroller->plan->claim,
					  g_get_real_time() / G_USEC_PER_SEC);
}

static gboolean on_clock_poll(gpointer data)
{
	Enroller *enroller = data;

	if (!clock_holds(enroller))
		return G_SOURCE_CONTINUE;
	enroller->timer = 0;
	enroller_exchange(enroller);
	return G_SOURCE_REMOVE;
}

static void enroller_await_clock(Enroller *enroller)
{
	enroller_note(enroller, "the clock is wrong, or the claim is not valid yet: set the clock "
				"(date), or let it be synchronised");
	enroller_enter(enroller, PHASE_CLOCK);
	enroller->timer = g_timeout_add(CLOCK_POLL_MS, on_clock_poll, enroller);
}

static void enroller_resume(Enroller *enroller, uint32_t left_ms)
{
	enroller_note(enroller, "an attempt before the agent's start came to nothing, and its "
				"pause is not over");
	enroller_rest(enroller);
	enroller_back_off(enroller, left_ms);
}

static void enroller_exchange(Enroller *enroller)
{
	const EnrolPlan *plan = enroller->plan;
	MqttConfig who = {
		.client_id = enrol_client_id(plan->enrol),
		.user_name = enrol_user_name(plan->enrol),
	};

	if (!clock_holds(enroller)) {
		enroller_await_clock(enroller);
		return;
	}

	uint32_t left_ms = enroller_left_ms(enroller);

	if (left_ms > 0) {
		enroller_resume(enroller, left_ms);
		return;
	}
	note_attempt(enroller);
	g_debug("enrolling at %s as %s", plan->host.text, who.client_id);
	enroller_connect(enroller, PHASE_EXCHANGE, &plan->host, &who, &exchange_callbacks);
}

/* --- what others see --- */

Enroller *enroller_new(const Config *config, void (*changed)(void *data), void *data,
		       GError **error)
{
	if (!enrol_plan_check(config, error))
		return NULL;

	Enroller *enroller = g_new0(Enroller, 1);

	enroller->config = config;
	enroller->changed = changed;
	enroller->data = data;
	enroller->next_note = wait_note_new(config->store.path, STORE_WAIT_ENROLMENT);
	enroller->trial_note = wait_note_new(config->store.path, STORE_WAIT_TRIAL);
	backoff_init(&enroller->backoff, BACKOFF_FLOOR_MS, BACKOFF_BASE_MS, BACKOFF_MAX_MS);
	return enroller;
}

void enroller_look(Enroller *enroller)
{
	if (enroller->config->enrolment.method == BROKER_ENROLMENT_NONE)
		return;
	enroller->resumes = !enroller->looked;
	enroller->looked = true;
	switch (enroller->phase) {
	case PHASE_CLOCK:
	case PHASE_REST:
	case PHASE_BACKOFF:
		if (enroller->phase == PHASE_CLOCK)
			g_clear_pointer(&enroller->plan, enrol_plan_free);
		g_clear_handle_id(&enroller->timer, g_source_remove);
		enroller_load(enroller);
		return;
	case PHASE_LOAD:
	case PHASE_EXCHANGE:
	case PHASE_PROBE:
	case PHASE_COMMIT: enroller->look_again = true; return;
	}
}

void enroller_proved(Enroller *enroller)
{
	bool trial = enroller->phase == PHASE_REST && enroller->timer;

	if (enroller->damaged || (!trial && !enroller->again))
		return; /* it was about another one, which is to be enrolled yet */
	enroller_settle(enroller);
	if (!enroller->call)
		enroller_rest(enroller);
}

EnrollerStatus enroller_status(const Enroller *enroller)
{
	EnrollerStatus status = { .state = ENROL_RUNNING };
	bool mends = enroller->phase == PHASE_REST && enroller->damaged;

	if (enroller->phase == PHASE_BACKOFF || enroller->phase == PHASE_CLOCK || mends)
		status.state = ENROL_WAITING;
	else if (enroller->phase == PHASE_REST)
		status.state = ENROL_IDLE;
	if (enroller->phase == PHASE_BACKOFF || mends)
		status.retry_ms = MAX(enroller->retry_us - g_get_monotonic_time(), 0) / 1000;
	if (enroller->config->enrolment.method != BROKER_ENROLMENT_NONE)
		status.last_error = enroller->last_error ? enroller->last_error : "";
	return status;
}

void enroller_free(Enroller *enroller)
{
	if (!enroller)
		return;
	g_clear_handle_id(&enroller->call_source, g_source_remove);
	if (enroller->call)
		off_loop_take(enroller->call);
	enroller_hang_up(enroller);
	g_clear_handle_id(&enroller->timer, g_source_remove);
	enrol_plan_free(enroller->plan);
	wait_note_unref(enroller->next_note);
	wait_note_unref(enroller->trial_note);
	g_free(enroller->whom);
	g_free(enroller->refusal);
	g_free(enroller->last_error);
	g_free(enroller);
}
