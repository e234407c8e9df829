/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink.h"

#include "agent/adapter/good-mark.h"
#include "agent/adapter/uplink-load.h"
#include "agent/core/outage-log.h"
#include "agent/core/rivalry.h"
#include "agent/core/trial.h"
#include "agent/core/window.h"
#include "common/backoff.h"
#include "common/error.h"
#include "common/log.h"

#include <string.h>

#define BACKOFF_FLOOR_MS 500
#define BACKOFF_BASE_MS  1000
#define BACKOFF_MAX_MS   120000
#define CLOCK_POLL_MS    1000
#define RETRY_MS         1000
#define SUSPECTS_MAX     1000 /* refused in a row: then it is not the samples */
#define PACKET_OVERHEAD  16   /* octets of a PUBLISH beside topic and payload, at most */

struct Uplink {
	UplinkConfig config;
	UplinkState state;
	UplinkTarget *target;
	UplinkTarget *next_target; /* to be used once the connection is closed */
	UplinkLoad *load;          /* an identity is being read */
	bool load_again;           /* and may have changed meanwhile */
	Trial trial;         /* of the current identity, by comparing it with the one before */
	uint32_t trial_new;  /* the generation on trial */
	uint32_t trial_old;  /* the one before; 0: none */
	char *trial_failure; /* why the new one does not connect */
	GoodMark *good_mark; /* of the last one that connected for the first time */
	MqttClient *client;
	Window *window;
	Backoff backoff;
	guint timer;
	int64_t timer_due_us;
	size_t packet_max; /* of the broker; 0: none told */
	bool fetching;     /* the spool has been asked */
	bool fetch_ahead;  /* for what goes ahead of a backlog */
	int64_t pace_us;   /* the backlog goes on then */
	guint pace_timer;
	uint64_t fetch_after;  /* for what is behind this */
	bool alone;            /* one sample a message, one message at a time */
	uint64_t alone_until;  /* so up to this sequence number */
	unsigned suspects;     /* refused alone, one after the other, up to the cursor */
	uint64_t proved_until; /* the broker took this one after refusing those before it */
	LogRate drop_lines;
	GError *ending;    /* why we end the connection ourselves */
	Rivalry rivalry;   /* for our client id */
	int64_t online_us; /* since when, while there is a connection */
	char *last_error;
	Stage failed; /* where it happened */
	OutageLog outage;
	bool acked; /* a sample, by the broker of this target */
	uint64_t last_ack;
	int64_t last_publish_ms;
	uint64_t connects;
	unsigned connect_ms;
};

static void uplink_attempt(Uplink *uplink);
static void uplink_pump(Uplink *uplink);
static void uplink_load(Uplink *uplink, uint32_t generation, const char *give_up);

/* --- states --- */

static void uplink_enter(Uplink *uplink, UplinkState state)
{
	if (uplink->state == state)
		return;
	g_debug("uplink: %s -> %s", uplink_state_name(uplink->state), uplink_state_name(state));
	uplink->state = state;
	if (uplink->config.changed)
		uplink->config.changed(uplink->config.data);
}

static gboolean uplink_on_timer(gpointer data)
{
	Uplink *uplink = data;

	uplink->timer = 0;
	if (uplink->state == UPLINK_ONLINE)
		uplink_pump(uplink);
	else
		uplink_attempt(uplink);
	return G_SOURCE_REMOVE;
}

static void uplink_cancel_timer(Uplink *uplink)
{
	if (uplink->timer)
		g_source_remove(uplink->timer);
	uplink->timer = 0;
}

static void uplink_set_timer(Uplink *uplink, uint32_t wait_ms)
{
	uplink_cancel_timer(uplink);
	uplink->timer_due_us = g_get_monotonic_time() + (int64_t)wait_ms * 1000;
	uplink->timer = g_timeout_add(wait_ms, uplink_on_timer, uplink);
}

static void uplink_cancel_pace(Uplink *uplink)
{
	if (uplink->pace_timer)
		g_source_remove(uplink->pace_timer);
	uplink->pace_timer = 0;
}

static uint32_t random_below(uint32_t bound, gpointer data)
{
	/* the whole range of 32 bits does not fit g_random_int_range() */
	return (uint32_t)(g_random_double() * bound);
}

static void uplink_tell(Uplink *uplink, const char *message, uint32_t wait_ms)
{
	unsigned untold;

	g_free(uplink->last_error);
	uplink->last_error = g_strdup(message);
	if (!outage_log_failed(&uplink->outage, message, g_get_monotonic_time(), &untold))
		return;

	g_autofree char *others =
		untold > 0 ? g_strdup_printf(" (and %u failures untold)", untold) : g_strdup("");

	g_warning("broker %s: %s; next attempt in %u.%u s%s", uplink->target->uri_text, message,
		  wait_ms / 1000, wait_ms % 1000 / 100, others);
}

/* What the attempt is at; without a client there was not even one to make. */
static Stage uplink_stage(const Uplink *uplink)
{
	static const Stage stages[] = {
		[MQTT_STAGE_LOOKUP] = STAGE_DNS,     [MQTT_STAGE_TCP] = STAGE_TCP,
		[MQTT_STAGE_TLS] = STAGE_TLS,        [MQTT_STAGE_CONNECT] = STAGE_MQTT,
		[MQTT_STAGE_OPEN] = STAGE_TELEMETRY,
	};

	return uplink->client ? stages[mqtt_client_stage(uplink->client)] : STAGE_DNS;
}

/* --- trial of a new generation --- */

static uint32_t uplink_generation(const Uplink *uplink)
{
	return uplink->target->identity ? uplink->target->identity->generation : 0;
}

/* Whether the one in use is the one to go back to. */
static bool uplink_is_old(const Uplink *uplink)
{
	return uplink->trial_old > 0 && uplink_generation(uplink) == uplink->trial_old;
}

/* Another target is in use: does a trial begin with it, or is it part of the one under way? */
static void uplink_try(Uplink *uplink)
{
	const UplinkTarget *target = uplink->target;
	uint32_t number = uplink_generation(uplink);

	if (trial_uses_old(&uplink->trial) && uplink_is_old(uplink))
		return;
	if (target->fallback && number == uplink->trial_new && uplink->trial.state != TRIAL_NONE) {
		trial_resume(&uplink->trial, g_get_monotonic_time());
		return;
	}
	uplink->trial_new = number;
	uplink->trial_old = target->fallback;
	trial_begin(&uplink->trial, uplink->config.config->store.trial_ms, target->fallback_until,
		    g_get_monotonic_time());
}

static void uplink_step_trial(Uplink *uplink, TrialStep step)
{
	switch (step) {
	case TRIAL_STAY: return;
	case TRIAL_PROBE:
		g_message("generation %u has not connected within its trial: trying whether %u "
			  "still does",
			  uplink->trial_new, uplink->trial_old);
		g_free(uplink->trial_failure);
		uplink->trial_failure = g_strdup(uplink->last_error);
		uplink_load(uplink, uplink->trial_old, NULL);
		return;
	case TRIAL_RETURN: uplink_load(uplink, 0, NULL); return;
	case TRIAL_ROLL_BACK:
		if (uplink_generation(uplink) != uplink->trial_new ||
		    uplink->target->identity->good)
			return; /* not, or no longer, what was on trial */
		g_warning("generation %u is given up, since %u connects where it does not: %s",
			  uplink->trial_new, uplink->trial_old, uplink->trial_failure);
		uplink_load(uplink, 0, uplink->trial_failure);
		return;
	}
}

/* An attempt came to nothing, unless the identity is being changed anyway. */
static void uplink_judge(Uplink *uplink)
{
	if (!uplink->load)
		uplink_step_trial(uplink, trial_failed(&uplink->trial, g_get_monotonic_time(),
						       g_get_real_time() / G_USEC_PER_SEC));
}

static void uplink_back_off(Uplink *uplink, const char *message)
{
	uint32_t wait_ms = backoff_next_ms(&uplink->backoff, random_below, NULL);

	uplink->failed = uplink_stage(uplink);
	uplink_tell(uplink, message, wait_ms);
	uplink_set_timer(uplink, wait_ms);
	uplink_enter(uplink, UPLINK_BACKOFF);
	uplink_judge(uplink);
}

static void uplink_wait_for_clock(Uplink *uplink)
{
	if (uplink->state != UPLINK_CLOCK)
		g_message("the clock is before the certificate's first day: "
			  "waiting for it to be set, samples are kept");
	uplink_set_timer(uplink, CLOCK_POLL_MS);
	uplink_enter(uplink, UPLINK_CLOCK);
	uplink_judge(uplink);
}

/* The disk keeps the samples meanwhile. The same reason is told once. */
static void uplink_wait_for_identity(Uplink *uplink, const char *why)
{
	if (g_strcmp0(uplink->last_error, why) != 0) {
		g_free(uplink->last_error);
		uplink->last_error = g_strdup(why);
		g_message("waiting for an identity: %s", why);
	}
	uplink->failed = STAGE_N;
	uplink_enter(uplink, UPLINK_IDENTITY);
}

/* --- the connection --- */

/* One that another writer of the store was in the way of is made good at the next connection. */
static void uplink_mark_good(Uplink *uplink)
{
	StoreIdentity *identity = uplink->target->identity;

	if (!identity ||
	    (identity->good && !good_mark_failed(uplink->good_mark, identity->generation)))
		return;
	good_mark_unref(uplink->good_mark);
	uplink->good_mark =
		good_mark_start(uplink->config.config->store.path, identity->generation);
	identity->good = true;
}

static int64_t uplink_rate(const Uplink *uplink)
{
	return uplink->config.config->agent.backlog_rate;
}

/* What waits now is backlog; a message full of it is not worth the trouble. */
static void uplink_split_backlog(Uplink *uplink)
{
	uint64_t last = spool_stats(uplink->config.spool)->last;
	uint64_t few = (uint64_t)uplink->config.config->agent.batch;

	uplink->pace_us = 0;
	if (uplink_rate(uplink) > 0 && !window_ahead(uplink->window) &&
	    uplink->alone_until <= window_cursor(uplink->window) &&
	    last > window_cursor(uplink->window) + few)
		window_split(uplink->window, last);
}

static void uplink_connected(MqttClient *client, const MqttSession *session, gpointer data)
{
	Uplink *uplink = data;

	if (outage_log_connected(&uplink->outage, g_get_monotonic_time()))
		g_message("connected to %s as %s in %u ms", uplink->target->uri_text,
			  uplink->target->client_id, session->connect_ms);
	uplink->online_us = g_get_monotonic_time();
	if (session->unasked)
		g_warning("broker %s did not ask for our certificate: it cannot tell this device "
			  "from any other client; let it require one",
			  uplink->target->uri_text);
	uplink->connects++;
	uplink->connect_ms = session->connect_ms;
	uplink->packet_max = session->max_packet_size;
	uplink_mark_good(uplink);
	uplink_enter(uplink, UPLINK_ONLINE);
	uplink_split_backlog(uplink);
	downlink_open(uplink->config.downlink, client, uplink->target->profile);
	uplink_pump(uplink);
	if (trial_uses_old(&uplink->trial) && uplink->load)
		uplink->load_again = true; /* what was to be tried is not wanted any more */
	uplink_step_trial(uplink, trial_connected(&uplink->trial, uplink_is_old(uplink)));
}

/* Another generation became current while the connection was being closed. */
static bool uplink_take_next_target(Uplink *uplink)
{
	if (!uplink->next_target)
		return false;
	g_clear_pointer(&uplink->client, mqtt_client_free);
	uplink_target_free(uplink->target);
	uplink->target = g_steal_pointer(&uplink->next_target);
	uplink->acked = false;
	g_clear_pointer(&uplink->last_error, g_free); /* was about another identity */
	outage_log_recovered(&uplink->outage);
	uplink->rivalry = (Rivalry){ 0 };
	backoff_reset(&uplink->backoff);
	uplink_try(uplink);
	return true;
}

/* The connection, or the attempt, has failed; one that was accepted may have had a rival. */
static void uplink_failed(Uplink *uplink, const GError *error)
{
	bool accepted = uplink->state == UPLINK_ONLINE;
	bool told = mqtt_client_taken_over(uplink->client);

	if (accepted)
		rivalry_ended(&uplink->rivalry, g_get_monotonic_time() - uplink->online_us, told);
	if (!accepted || !rivalry_suspected(&uplink->rivalry)) {
		uplink_back_off(uplink, error->message);
		return;
	}

	g_autofree char *message = g_strdup_printf(
		"%s; another client %s the client id %s", error->message,
		uplink->rivalry.told ? "uses" : "may be using", uplink->target->client_id);

	uplink_back_off(uplink, message);
}

static void uplink_disconnected(MqttClient *client, const GError *error, gpointer data)
{
	Uplink *uplink = data;
	g_autoptr(GError) ending = g_steal_pointer(&uplink->ending);

	downlink_close(uplink->config.downlink);
	window_rewind(uplink->window);
	uplink_cancel_pace(uplink);
	if (uplink->alone_until > window_cursor(uplink->window))
		window_join(uplink->window); /* one by one, and in order */
	uplink->suspects = 0;
	uplink->proved_until = 0;
	uplink_cancel_timer(uplink);
	if (uplink->state == UPLINK_STOPPED)
		uplink->config.stopped(uplink->config.data);
	else if (uplink_take_next_target(uplink))
		uplink_attempt(uplink);
	else if (ending)
		uplink_back_off(uplink, ending->message);
	else if (error)
		uplink_failed(uplink, error);
	else
		uplink_back_off(uplink, "the connection was closed");
}

/* The sample up to the window's cursor is given up. */
static void uplink_give_up(Uplink *uplink, uint64_t seq, const GError *error)
{
	unsigned untold;

	if (log_rate_allow(&uplink->drop_lines, g_get_monotonic_time(), &untold)) {
		g_autofree char *others =
			untold > 0 ? g_strdup_printf(" (and %u before it)", untold) : g_strdup("");

		g_warning("sample %" G_GUINT64_FORMAT "%s is dropped: %s", seq, others,
			  error->message);
	}
	spool_drop(uplink->config.spool, seq, 1);
	window_skip(uplink->window, seq);
}

/* A sample that travelled alone was refused for what it is. It is given up only when the broker
 * takes one behind it and refuses it again: a broker that takes nothing must not cost a sample.
 * False when too many in a row were refused. */
static bool uplink_suspect(Uplink *uplink, const GError *error)
{
	uint64_t seq = window_cursor(uplink->window);

	if (seq < uplink->proved_until) {
		uplink_give_up(uplink, seq, error);
		return true;
	}
	if (uplink->suspects == SUSPECTS_MAX)
		return false;
	uplink->suspects++;
	window_pass(uplink->window);
	return true;
}

/* What is wrong with a message itself (INVALID) stays wrong; everything else may pass by itself. */
/* The highest number that has been sent. */
static uint64_t uplink_farthest(const Uplink *uplink)
{
	return window_cursor(window_ahead(uplink->window) ? window_ahead(uplink->window)
							  : uplink->window);
}

static void uplink_refused(Uplink *uplink, const GError *error)
{
	if (uplink->ending)
		return;
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID)) {
		if (uplink->alone && uplink_suspect(uplink, error)) {
			uplink_pump(uplink);
			return;
		}
		uplink->alone_until = MAX(uplink->alone_until, uplink_farthest(uplink));
	}
	g_set_error(&uplink->ending, LANDFALL_ERROR, error->code, "a message was refused: %s",
		    error->message);
	mqtt_client_disconnect(uplink->client);
}

static void uplink_accepted(Uplink *uplink, uint16_t id)
{
	uint64_t last;

	if (uplink->suspects > 0) { /* so it is not the broker: those before it get their proof */
		uplink->proved_until = window_cursor(uplink->window);
		uplink->alone_until = MAX(uplink->alone_until, uplink->proved_until);
		uplink->suspects = 0;
		window_rewind(uplink->window);
	} else if (window_acked(uplink->window, id, &last)) {
		uplink->last_ack = last;
		uplink->last_publish_ms = g_get_real_time() / 1000;
		uplink->acked = true;
		spool_release(uplink->config.spool, last);
	}
}

/* A PUBACK: nothing is wrong any more, unless another client may come back for our client id. */
static void uplink_works(Uplink *uplink)
{
	rivalry_lasted(&uplink->rivalry, g_get_monotonic_time() - uplink->online_us);
	if (rivalry_suspected(&uplink->rivalry))
		return;
	backoff_reset(&uplink->backoff);
	if (!uplink->last_error)
		return;
	g_clear_pointer(&uplink->last_error, g_free);
	outage_log_recovered(&uplink->outage);
}

/* The broker took a message, or refused it, or the connection ended before it said so. */
static void uplink_published(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Uplink *uplink = data;

	if (downlink_published(uplink->config.downlink, id, error)) {
		uplink_pump(uplink);
		return;
	}
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK))
		return; /* disconnected() follows and rewinds */
	if (error) {
		uplink_refused(uplink, error);
		return;
	}
	uplink_accepted(uplink, id);
	uplink_works(uplink);
	uplink_pump(uplink);
}

static void uplink_subscribed(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Uplink *uplink = data;

	downlink_subscribed(uplink->config.downlink, id, error);
}

static void uplink_message(MqttClient *client, const char *topic, const uint8_t *payload,
			   size_t len, bool retained, gpointer data)
{
	Uplink *uplink = data;

	downlink_message(uplink->config.downlink, topic, payload, len, retained);
}

static const MqttCallbacks mqtt_callbacks = {
	.connected = uplink_connected,
	.disconnected = uplink_disconnected,
	.published = uplink_published,
	.subscribed = uplink_subscribed,
	.message = uplink_message,
};

static unsigned uplink_window(const Uplink *uplink)
{
	return (unsigned)CLAMP(uplink->config.config->agent.inflight, 1, WINDOW_MESSAGES_MAX);
}

static void uplink_attempt(Uplink *uplink)
{
	g_autoptr(GError) error = NULL;

	if (!uplink_target_clock_plausible(uplink->target, g_get_real_time() / G_USEC_PER_SEC)) {
		uplink_wait_for_clock(uplink);
		return;
	}
	if (!uplink->client)
		uplink->client = uplink_target_client(
			uplink->target,
			MIN(uplink_window(uplink) + DOWNLINK_WINDOW, MQTT_WINDOW_MAX),
			&mqtt_callbacks, uplink, &error);
	if (!uplink->client || !mqtt_client_connect(uplink->client, &error)) {
		uplink_back_off(uplink, error->message);
		return;
	}
	uplink_enter(uplink, UPLINK_CONNECTING);
}

/* --- samples --- */

static PayloadLimits uplink_limits(const Uplink *uplink)
{
	const Profile *profile = uplink->target->profile;
	unsigned batch = (unsigned)MAX(uplink->config.config->agent.batch, 1);
	PayloadLimits limits = { profile_kind(profile)->payload_max, uplink->alone ? 1 : batch };
	size_t overhead = strlen(profile_topic(profile)) + PACKET_OVERHEAD;

	const ProfileLimits *told = downlink_limits(uplink->config.downlink);

	if (told->payload > 0)
		limits.octets = MIN(limits.octets, told->payload);
	if (uplink->packet_max > overhead)
		limits.octets = MIN(limits.octets, uplink->packet_max - overhead);
	return limits;
}

/* One sample that no message of this broker can hold would block all others for ever. */
static bool uplink_drop(Uplink *uplink, const Payload *payload, const GError *error)
{
	if (!g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID) ||
	    window_in_flight(uplink->window) > 0)
		return false;
	/* what went ahead cannot be given up before what is in front of it */
	if (payload_count(payload) > 1 || uplink->fetch_ahead) {
		uplink->alone_until = MAX(uplink->alone_until, payload_last(payload));
		return false;
	}
	if (uplink->suspects > 0) {
		window_sent(uplink->window, 0, payload_first(payload), payload_last(payload));
		return uplink_suspect(uplink, error);
	}
	uplink_give_up(uplink, payload_last(payload), error);
	return true;
}

/* What was fetched last belongs to it. */
static Window *uplink_lane(const Uplink *uplink)
{
	Window *ahead = window_ahead(uplink->window);

	return uplink->fetch_ahead && ahead ? ahead : uplink->window;
}

/* False when no more can be sent now; what was not sent stays in the spool. */
static bool uplink_send(Uplink *uplink, Payload *payload)
{
	g_autoptr(GError) error = NULL;
	size_t len;
	const char *text = payload_data(payload, &len);
	const Profile *profile = uplink->target->profile;
	uint16_t id;

	if (!downlink_announce(uplink->config.downlink, text, len))
		return false;
	id = mqtt_client_publish(uplink->client, profile_topic(profile), text, len,
				 profile_settings(profile)->retain, &error);
	if (id == 0)
		return uplink_drop(uplink, payload, error);
	window_sent(uplink_lane(uplink), id, payload_first(payload), payload_last(payload));
	return true;
}

/* A part of the backlog was fetched: false when it is none any more, because the spool has dropped
 * the oldest meanwhile. Else the next part has its time. */
static bool uplink_pace(Uplink *uplink, const GPtrArray *payloads)
{
	Payload *payload = payloads->len > 0 ? g_ptr_array_index(payloads, 0) : NULL;

	if (!payload || payload_last(payload) > window_mark(uplink->window))
		return false;
	uplink->pace_us = MAX(uplink->pace_us, g_get_monotonic_time()) +
			  payload_count(payload) * G_USEC_PER_SEC / uplink_rate(uplink);
	return true;
}

/* The backlog has gone: on with the rest, once nothing of it is in flight. */
static void uplink_join(Uplink *uplink)
{
	if (window_in_flight(uplink->window) > window_in_flight(window_ahead(uplink->window)))
		return; /* the next PUBACK goes on */
	window_skip(uplink->window, window_mark(uplink->window));
	uplink_pump(uplink);
}

static void uplink_fetched(GPtrArray *fetched, void *data)
{
	Uplink *uplink = data;
	g_autoptr(GPtrArray) payloads = fetched;

	uplink->fetching = false;
	if (uplink->state != UPLINK_ONLINE || !mqtt_client_connected(uplink->client))
		return;
	if (!payloads) {
		uplink_set_timer(uplink, RETRY_MS);
		return;
	}
	/* After a new connection what comes first is something else. */
	bool usable = window_cursor(uplink_lane(uplink)) == uplink->fetch_after;
	bool sent = true;

	if (usable && window_ahead(uplink->window) && !uplink->fetch_ahead && !uplink->alone &&
	    !uplink_pace(uplink, payloads)) {
		uplink_join(uplink);
		return;
	}
	for (guint i = 0; i < payloads->len && usable && sent; i++)
		sent = uplink_send(uplink, g_ptr_array_index(payloads, i));
	if (sent)
		uplink_pump(uplink);
	else if (window_in_flight(uplink->window) == 0)
		uplink_set_timer(uplink, RETRY_MS); /* else the next PUBACK goes on */
}

/* As many messages at once as we want and the cloud takes. */
static unsigned uplink_allowed(const Uplink *uplink)
{
	const Downlink *downlink = uplink->config.downlink;

	return window_within(uplink_window(uplink), downlink_limits(downlink)->inflight,
			     downlink_window(downlink));
}

static unsigned uplink_room(const Uplink *uplink)
{
	if (uplink->alone)
		return window_in_flight(uplink->window) == 0 ? 1 : 0;

	unsigned window = uplink_allowed(uplink);
	unsigned in_flight = window_in_flight(uplink->window);
	unsigned room = window > in_flight ? window - in_flight : 0;

	return MIN(room, mqtt_client_room(uplink->client));
}

static void uplink_fetch(Uplink *uplink, Window *lane, SpoolWish wish)
{
	wish.after = window_cursor(lane);
	wish.profile = uplink->target->profile;
	uplink->fetching = true;
	uplink->fetch_ahead = lane != uplink->window;
	uplink->fetch_after = wish.after;
	spool_fetch(uplink->config.spool, &wish, uplink_fetched, uplink);
}

static gboolean uplink_on_pace(gpointer data)
{
	Uplink *uplink = data;

	uplink->pace_timer = 0;
	uplink_pump(uplink);
	return G_SOURCE_REMOVE;
}

/* The next part of the backlog: a tenth of a second's worth, in one message. */
static void uplink_fetch_backlog(Uplink *uplink, uint64_t left)
{
	SpoolWish wish = { .limits = uplink_limits(uplink), .payloads_max = 1 };
	uint64_t part = (uint64_t)MAX(uplink_rate(uplink) / 10, 1);

	wish.limits.samples = (unsigned)MIN(MIN(wish.limits.samples, left), part);
	uplink_fetch(uplink, uplink->window, wish);
}

/* The backlog when it is due, which its rate limits; else what is new; else wait for the former. */
static void uplink_pump_split(Uplink *uplink)
{
	Window *ahead = window_ahead(uplink->window);
	uint64_t left = window_mark(uplink->window) - window_cursor(uplink->window);
	int64_t wait_us = uplink->pace_us - g_get_monotonic_time();
	SpoolWish wish = {
		.limits = uplink_limits(uplink),
		.payloads_max = uplink_room(uplink),
	};

	if (wish.payloads_max == 0)
		return;
	if (left > 0 && wait_us <= 0)
		uplink_fetch_backlog(uplink, left);
	else if (spool_stats(uplink->config.spool)->last > window_cursor(ahead))
		uplink_fetch(uplink, ahead, wish);
	else if (left > 0 && !uplink->pace_timer)
		uplink->pace_timer =
			g_timeout_add((guint)(wait_us / 1000 + 1), uplink_on_pace, uplink);
}

/* Ask the spool for more when there is more, and room for it on the way. */
static void uplink_pump(Uplink *uplink)
{
	uint64_t cursor = window_cursor(uplink->window);

	if (uplink->state != UPLINK_ONLINE || uplink->fetching || uplink->timer ||
	    spool_stats(uplink->config.spool)->last <= cursor)
		return;
	if (window_in_flight(uplink->window) == 0)
		uplink->alone = uplink->suspects > 0 || cursor < uplink->alone_until;
	if (window_ahead(uplink->window) && !uplink->alone) {
		uplink_pump_split(uplink);
		return;
	}

	SpoolWish wish = {
		.limits = uplink_limits(uplink),
		.payloads_max = uplink_room(uplink),
	};

	/* Few large wishes rather than one for each PUBACK. */
	if (wish.payloads_max == 0 ||
	    (!uplink->alone && wish.payloads_max * 2 < uplink_allowed(uplink)))
		return;
	uplink_fetch(uplink, uplink->window, wish);
}

/* --- for the owner --- */

Uplink *uplink_new(const UplinkConfig *config, UplinkTarget *target)
{
	Uplink *uplink = g_new0(Uplink, 1);
	const SpoolStats *stats = spool_stats(config->spool);

	uplink->config = *config;
	uplink->target = target;
	uplink->state = UPLINK_STARTING;
	uplink->drop_lines = LOG_RATE_PEER;
	uplink->window =
		window_new(stats->last - MIN(stats->depth, stats->last), uplink_window(uplink));
	backoff_init(&uplink->backoff, BACKOFF_FLOOR_MS, BACKOFF_BASE_MS, BACKOFF_MAX_MS);
	uplink_try(uplink);
	return uplink;
}

void uplink_start(Uplink *uplink, const GError *lacking)
{
	if (uplink_target_is_empty(uplink->target))
		uplink_wait_for_identity(uplink, lacking->message);
	else
		uplink_attempt(uplink);
}

static bool same_generation(const UplinkTarget *a, const UplinkTarget *b)
{
	return a->identity && b->identity && a->identity->generation == b->identity->generation;
}

static void uplink_use(Uplink *uplink, UplinkTarget *target)
{
	uplink_target_free(uplink->next_target);
	uplink->next_target = target;
	if (uplink->state == UPLINK_ONLINE || uplink->state == UPLINK_CONNECTING) {
		mqtt_client_disconnect(uplink->client); /* disconnected() goes on */
		return;
	}
	uplink_cancel_timer(uplink);
	uplink_take_next_target(uplink);
	uplink_attempt(uplink);
}

void uplink_hurry(Uplink *uplink)
{
	if (uplink->state != UPLINK_BACKOFF)
		return;
	uplink_cancel_timer(uplink);
	uplink_attempt(uplink);
}

static void uplink_loaded(UplinkTarget *loaded, const GError *error, void *data)
{
	Uplink *uplink = data;
	g_autoptr(UplinkTarget) target = loaded;

	g_clear_pointer(&uplink->load, uplink_load_free);
	if (uplink->state == UPLINK_STOPPED)
		return;
	if (uplink->load_again) {
		uplink_reload(uplink);
		return;
	}
	if (!target && uplink->state == UPLINK_IDENTITY) {
		uplink_wait_for_identity(uplink, error->message);
		return;
	}
	if (!target) {
		g_warning("the new identity is not used: %s", error->message);
		if (trial_uses_old(&uplink->trial)) /* so there is nothing to compare with */
			trial_begin(&uplink->trial, 0, 0, 0);
		return;
	}
	if (same_generation(target, uplink->next_target ? uplink->next_target : uplink->target)) {
		if (!uplink_is_old(uplink))
			trial_resume(&uplink->trial, g_get_monotonic_time());
		return;
	}
	if (!trial_uses_old(&uplink->trial))
		g_message("another identity is current: connecting anew");
	uplink_use(uplink, g_steal_pointer(&target));
}

/* One at a time; what comes meanwhile is made good by looking at the current one afterwards. */
static void uplink_load(Uplink *uplink, uint32_t generation, const char *give_up)
{
	uplink->load_again = uplink->load != NULL;
	if (!uplink->load)
		uplink->load = uplink_load_start(uplink->config.config, generation, give_up,
						 uplink_loaded, uplink);
}

void uplink_reload(Uplink *uplink)
{
	if (uplink->state == UPLINK_STOPPED)
		return;
	uplink_load(uplink, 0, NULL);
}

void uplink_feed(Uplink *uplink)
{
	uplink_pump(uplink);
}

void uplink_stop(Uplink *uplink)
{
	bool connection = uplink->state == UPLINK_ONLINE || uplink->state == UPLINK_CONNECTING;

	if (uplink->state == UPLINK_STOPPED)
		return;
	uplink_cancel_timer(uplink);
	uplink_enter(uplink, UPLINK_STOPPED);
	if (connection) {
		downlink_goodbye(uplink->config.downlink);
		mqtt_client_disconnect(uplink->client); /* disconnected() tells */
	} else {
		uplink->config.stopped(uplink->config.data);
	}
}

UplinkStatus uplink_status(const Uplink *uplink)
{
	int64_t wait_us = uplink->timer ? uplink->timer_due_us - g_get_monotonic_time() : 0;

	return (UplinkStatus){
		.state = uplink->state,
		.target = uplink->target,
		.last_error = uplink->last_error ? uplink->last_error : "",
		.retry_ms = MAX(wait_us, 0) / 1000,
		.last_ack = uplink->last_ack,
		.last_publish_ms = uplink->last_publish_ms,
		.connects = uplink->connects,
		.connect_ms = uplink->connect_ms,
		.reached = uplink_stage(uplink),
		.failed = uplink->failed,
		.acked = uplink->acked,
	};
}

void uplink_free(Uplink *uplink)
{
	if (!uplink)
		return;
	uplink_cancel_timer(uplink);
	uplink_cancel_pace(uplink);
	downlink_close(uplink->config.downlink);
	uplink_load_free(uplink->load);
	good_mark_unref(uplink->good_mark);
	mqtt_client_free(uplink->client);
	uplink_target_free(uplink->target);
	uplink_target_free(uplink->next_target);
	window_free(uplink->window);
	g_clear_error(&uplink->ending);
	g_free(uplink->last_error);
	g_free(uplink->trial_failure);
	g_free(uplink);
}
