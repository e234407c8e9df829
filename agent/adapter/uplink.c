/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink.h"

#include "agent/adapter/uplink-identity.h"
#include "agent/adapter/uplink-sender.h"
#include "agent/core/fault-log.h"
#include "agent/core/outage-log.h"
#include "agent/core/rivalry.h"
#include "common/backoff.h"
#include "common/error.h"

#define BACKOFF_FLOOR_MS 500
#define BACKOFF_BASE_MS  1000
#define BACKOFF_MAX_MS   120000
#define CLOCK_POLL_MS    1000

struct Uplink {
	UplinkConfig config;
	UplinkState state;
	UplinkIdentity *identity;
	const UplinkTarget *target; /* of `identity`, until the next is taken */
	UplinkSender *sender;
	MqttClient *client;
	Backoff backoff;
	guint timer;
	int64_t timer_due_us;
	GError *ending;    /* why we end the connection ourselves */
	Rivalry rivalry;   /* for our client id */
	int64_t online_us; /* since when, while there is a connection */
	char *last_error;
	Stage failed;      /* where it happened */
	AdviceCause cause; /* and how */
	OutageLog outage;
	FaultLog asking; /* whether the broker asks for our certificate */
	bool acked;      /* a sample, by the broker of this target */
	bool proved;     /* a message, over this connection */
	uint64_t connects;
	unsigned connect_ms;
};

static void uplink_attempt(Uplink *uplink);

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

	g_autofree char *others = outage_log_untold(untold);

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

/* Until the next attempt. */
static void uplink_pause(Uplink *uplink, AdviceCause cause, const char *message)
{
	uint32_t wait_ms = backoff_next_ms(&uplink->backoff, random_below, NULL);

	uplink->failed = uplink_stage(uplink);
	uplink->cause = cause;
	uplink_tell(uplink, message, wait_ms);
	uplink_set_timer(uplink, wait_ms);
	uplink_enter(uplink, UPLINK_BACKOFF);
}

static void uplink_back_off(Uplink *uplink, AdviceCause cause, const char *message)
{
	uplink_pause(uplink, cause, message);
	uplink_identity_failed(uplink->identity, message);
}

static void uplink_wait_for_clock(Uplink *uplink)
{
	static const char why[] = "the clock is before the certificate's first day";

	if (uplink->state != UPLINK_CLOCK)
		g_message("%s: waiting for it to be set, samples are kept", why);
	uplink_set_timer(uplink, CLOCK_POLL_MS);
	uplink_enter(uplink, UPLINK_CLOCK);
	uplink_identity_failed(uplink->identity, why);
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

/* A connection may come and go every second. */
static void uplink_tell_unasked(Uplink *uplink, bool unasked)
{
	if (fault_log_step(&uplink->asking, !unasked, g_get_monotonic_time()) == FAULT_NEWS_FAILED)
		g_warning("broker %s did not ask for our certificate: it cannot tell this device "
			  "from any other client; let it require one",
			  uplink->target->uri_text);
}

static void uplink_connected(MqttClient *client, const MqttSession *session, gpointer data)
{
	Uplink *uplink = data;

	if (outage_log_connected(&uplink->outage, g_get_monotonic_time()))
		g_message("connected to %s as %s in %u ms", uplink->target->uri_text,
			  uplink->target->client_id, session->connect_ms);
	uplink->online_us = g_get_monotonic_time();
	uplink_tell_unasked(uplink, session->unasked);
	uplink->connects++;
	uplink->connect_ms = session->connect_ms;
	uplink->proved = false;
	uplink_enter(uplink, UPLINK_ONLINE);
	uplink_sender_open(uplink->sender, client, uplink->target->profile, session);
	downlink_open(uplink->config.downlink, client, uplink->target->profile);
	uplink_sender_feed(uplink->sender);
}

/* Not only was it let in: what it says is taken. */
static void uplink_prove(Uplink *uplink)
{
	if (uplink->proved)
		return;
	uplink->proved = true;
	uplink_identity_proved(uplink->identity);
	if (uplink->config.changed)
		uplink->config.changed(uplink->config.data);
}

/* Another generation became current while the connection was being closed. */
static bool uplink_take_next_target(Uplink *uplink)
{
	if (!uplink_identity_waiting(uplink->identity))
		return false;
	g_clear_pointer(&uplink->client, mqtt_client_free);
	uplink->target = uplink_identity_take(uplink->identity);
	uplink->acked = false;
	uplink->proved = false;
	g_clear_pointer(&uplink->last_error, g_free); /* was about another identity */
	outage_log_recovered(&uplink->outage);
	uplink->rivalry = (Rivalry){ 0 };
	uplink->asking = (FaultLog){ 0 };
	backoff_reset(&uplink->backoff);
	return true;
}

/* A connection that was accepted has ended: one that the broker closed may have had a rival. */
static void uplink_weigh_rival(Uplink *uplink)
{
	int64_t lifetime_us = g_get_monotonic_time() - uplink->online_us;
	bool told = mqtt_client_taken_over(uplink->client);

	if (told || mqtt_client_hung_up(uplink->client))
		rivalry_ended(&uplink->rivalry, lifetime_us, told);
	else
		rivalry_lasted(&uplink->rivalry, lifetime_us);
}

/* The connection, or the attempt, has failed. */
static void uplink_failed(Uplink *uplink, const GError *error)
{
	bool accepted = uplink->state == UPLINK_ONLINE;

	if (accepted)
		uplink_weigh_rival(uplink);
	if (!accepted || !rivalry_suspected(&uplink->rivalry)) {
		uplink_back_off(uplink, advice_cause(error, mqtt_client_hung_up(uplink->client)),
				error->message);
		return;
	}

	g_autofree char *message = g_strdup_printf(
		"%s; another client %s the client id %s", error->message,
		uplink->rivalry.told ? "uses" : "may be using", uplink->target->client_id);

	uplink_back_off(uplink, ADVICE_CAUSE_RIVAL, message);
}

static void uplink_disconnected(MqttClient *client, const GError *error, gpointer data)
{
	Uplink *uplink = data;
	g_autoptr(GError) ending = g_steal_pointer(&uplink->ending);

	downlink_close(uplink->config.downlink);
	uplink_sender_close(uplink->sender);
	uplink_cancel_timer(uplink);
	if (uplink->state == UPLINK_STOPPED)
		uplink->config.stopped(uplink->config.data);
	else if (uplink_take_next_target(uplink))
		uplink_attempt(uplink);
	else if (ending && ending->code == LANDFALL_ERROR_INVALID)
		uplink_pause(uplink, ADVICE_CAUSE_INVALID,
			     ending->message); /* a sample's fault, not the identity's */
	else if (ending)
		uplink_back_off(uplink, advice_cause(ending, false), ending->message);
	else if (error)
		uplink_failed(uplink, error);
	else
		uplink_back_off(uplink, ADVICE_CAUSE_LOST, "the connection was closed");
}

/* A sample was taken: nothing is wrong any more, unless another client may come back for our client
 * id. */
static void uplink_accepted(void *data)
{
	Uplink *uplink = data;

	uplink->acked = true;
	uplink_prove(uplink);
	rivalry_lasted(&uplink->rivalry, g_get_monotonic_time() - uplink->online_us);
	if (rivalry_suspected(&uplink->rivalry))
		return;
	backoff_reset(&uplink->backoff);
	if (!uplink->last_error)
		return;
	g_clear_pointer(&uplink->last_error, g_free);
	outage_log_recovered(&uplink->outage);
}

static void uplink_refused(const GError *error, void *data)
{
	Uplink *uplink = data;

	g_set_error(&uplink->ending, LANDFALL_ERROR, error->code, "a message was refused: %s",
		    error->message);
	mqtt_client_disconnect(uplink->client);
}

/* The broker took a message, or refused it, or the connection ended before it said so. */
static void uplink_published(MqttClient *client, uint16_t id, const GError *error, gpointer data)
{
	Uplink *uplink = data;

	if (downlink_published(uplink->config.downlink, id, error)) {
		if (!error && uplink_sender_idle(uplink->sender))
			uplink_prove(uplink); /* there is no sample that could */
		uplink_sender_feed(uplink->sender);
	} else if (!g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK)) {
		downlink_feed(uplink->config.downlink);
		uplink_sender_published(uplink->sender, id, error);
	}
	/* else disconnected() follows */
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
	uplink_sender_feed(uplink->sender); /* limits were told, maybe, that it has waited for */
}

static const MqttCallbacks mqtt_callbacks = {
	.connected = uplink_connected,
	.disconnected = uplink_disconnected,
	.published = uplink_published,
	.subscribed = uplink_subscribed,
	.message = uplink_message,
};

/* A new list of revoked certificates counts from the next connection on. */
static void uplink_refresh(const Uplink *uplink)
{
	g_autoptr(GError) error = NULL;

	if (uplink->target->tls && !tls_context_refresh(uplink->target->tls, &error))
		g_warning("[broker] crl: the list as it was read before goes on to hold: %s",
			  error->message);
}

static void uplink_attempt(Uplink *uplink)
{
	g_autoptr(GError) error = NULL;

	if (!uplink_target_clock_plausible(uplink->target, g_get_real_time() / G_USEC_PER_SEC)) {
		uplink_wait_for_clock(uplink);
		return;
	}
	uplink_refresh(uplink);
	if (!uplink->client)
		uplink->client = uplink_target_client(
			uplink->target,
			MIN(uplink_sender_window(uplink->sender) + DOWNLINK_WINDOW,
			    MQTT_WINDOW_MAX),
			&mqtt_callbacks, uplink, &error);
	if (!uplink->client || !mqtt_client_connect(uplink->client, &error)) {
		uplink_back_off(uplink, advice_cause(error, false), error->message);
		return;
	}
	uplink_enter(uplink, UPLINK_CONNECTING);
}

static bool uplink_has_connection(const Uplink *uplink)
{
	return uplink->state == UPLINK_ONLINE || uplink->state == UPLINK_CONNECTING;
}

static void uplink_disconnect(Uplink *uplink)
{
	uplink_sender_finish(uplink->sender);
	mqtt_client_disconnect(uplink->client);
}

/* --- for the owner --- */

/* Another identity is ready to be used. */
static void uplink_use_next(void *data)
{
	Uplink *uplink = data;

	if (uplink_has_connection(uplink)) {
		uplink_disconnect(uplink); /* disconnected() goes on */
		return;
	}
	uplink_cancel_timer(uplink);
	uplink_take_next_target(uplink);
	uplink_attempt(uplink);
}

static void uplink_lacks_identity(const char *why, void *data)
{
	uplink_wait_for_identity(data, why);
}

Uplink *uplink_new(const UplinkConfig *config, UplinkTarget *target)
{
	Uplink *uplink = g_new0(Uplink, 1);
	const UplinkIdentityOwner owner = {
		.ready = uplink_use_next,
		.lacking = uplink_lacks_identity,
		.data = uplink,
	};
	const UplinkSenderConfig sender = {
		.config = config->config,
		.spool = config->spool,
		.downlink = config->downlink,
		.accepted = uplink_accepted,
		.refused = uplink_refused,
		.data = uplink,
	};

	uplink->config = *config;
	uplink->state = UPLINK_STARTING;
	uplink->identity = uplink_identity_new(config->config, target, &owner);
	uplink->target = uplink_identity_target(uplink->identity);
	uplink->sender = uplink_sender_new(&sender);
	backoff_init(&uplink->backoff, BACKOFF_FLOOR_MS, BACKOFF_BASE_MS, BACKOFF_MAX_MS);
	return uplink;
}

void uplink_start(Uplink *uplink, const GError *lacking)
{
	if (uplink_target_is_empty(uplink->target))
		uplink_wait_for_identity(uplink, lacking->message);
	else
		uplink_attempt(uplink);
}

void uplink_hurry(Uplink *uplink)
{
	if (uplink->state != UPLINK_BACKOFF)
		return;
	uplink_cancel_timer(uplink);
	uplink_attempt(uplink);
}

void uplink_reload(Uplink *uplink)
{
	uplink_identity_reload(uplink->identity);
}

void uplink_feed(Uplink *uplink)
{
	uplink_sender_feed(uplink->sender);
}

void uplink_stop(Uplink *uplink)
{
	bool connection = uplink_has_connection(uplink);

	if (uplink->state == UPLINK_STOPPED)
		return;
	uplink_cancel_timer(uplink);
	uplink_identity_stop(uplink->identity);
	uplink_enter(uplink, UPLINK_STOPPED);
	if (connection) {
		downlink_goodbye(uplink->config.downlink);
		uplink_disconnect(uplink); /* disconnected() tells */
	} else {
		uplink->config.stopped(uplink->config.data);
	}
}

UplinkStatus uplink_status(const Uplink *uplink)
{
	int64_t wait_us = uplink->timer ? uplink->timer_due_us - g_get_monotonic_time() : 0;
	UplinkSenderStatus sender = uplink_sender_status(uplink->sender);

	return (UplinkStatus){
		.state = uplink->state,
		.target = uplink->target,
		.last_error = uplink->last_error ? uplink->last_error : "",
		.retry_ms = MAX(wait_us, 0) / 1000,
		.last_ack = sender.last_ack,
		.last_publish_ms = sender.last_publish_ms,
		.connects = uplink->connects,
		.connect_ms = uplink->connect_ms,
		.reached = uplink_stage(uplink),
		.failed = uplink->failed,
		.cause = uplink->cause,
		.acked = uplink->acked,
		.proved = uplink->proved && uplink->state == UPLINK_ONLINE,
	};
}

void uplink_free(Uplink *uplink)
{
	if (!uplink)
		return;
	uplink_cancel_timer(uplink);
	downlink_close(uplink->config.downlink);
	mqtt_client_free(uplink->client);
	uplink_sender_free(uplink->sender);
	uplink_identity_free(uplink->identity);
	g_clear_error(&uplink->ending);
	g_free(uplink->last_error);
	g_free(uplink);
}
