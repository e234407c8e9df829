/* SPDX-License-Identifier: MIT */
#include "agent/adapter/downlink.h"

#include "agent/core/fault-log.h"
#include "agent/core/listening.h"
#include "agent/core/pacer.h"
#include "agent/core/window.h"
#include "common/error.h"
#include "common/log.h"

typedef enum DownlinkState {
	DOWNLINK_CLOSED,
	DOWNLINK_SUBSCRIBING,
	DOWNLINK_OPEN,
} DownlinkState;

struct Downlink {
	DownlinkState state;
	bool wanted; /* to listen */
	Listening listening;
	Profile *known;    /* that this is about; NULL: none yet */
	int64_t opened_us; /* when the connection was accepted */
	Commands *commands;
	MqttClient *client;
	Profile *profile;
	GPtrArray *subscriptions; /* ids that are unanswered */
	FaultLog hearing;         /* whether they are granted */
	bool unheard;             /* one was refused over this connection */
	GQueue queue;             /* of ProfileMessage */
	GHashTable *sent;         /* ids that are unanswered */
	LogRate lines;
	GHashTable *announced; /* names of readings */
	ProfileLimits limits;  /* documented, and those that were told over this connection */
	Pacer *pacer;          /* of all that is sent, also by the uplink; outlives connections */
	guint pace_source;     /* what waits in the queue may go then */
	guint limits_source;   /* the cloud is about to tell its limits; until then at most */
	bool anew;             /* the other side wants to be told all again */
	guint anew_source;     /* it was, not long ago */
};

/* Where the answer to one request goes. */
typedef struct Origin {
	Downlink *downlink;
	Profile *profile;
} Origin;

/* --- up --- */

static void flush(Downlink *downlink);

static gboolean on_pace_due(gpointer data)
{
	Downlink *downlink = data;

	downlink->pace_source = 0;
	flush(downlink);
	return G_SOURCE_REMOVE;
}

/* Whether the first in the queue may go now; else it will be tried again. */
static bool may_send(Downlink *downlink, const ProfileMessage *message)
{
	PacerMessage weight = { .octets = g_bytes_get_size(message->payload) };
	int64_t wait_us;

	if (downlink->pace_source)
		return false;
	wait_us = downlink_pace(downlink, &weight);
	if (wait_us > 0)
		downlink->pace_source =
			g_timeout_add((guint)(wait_us / 1000 + 1), on_pace_due, downlink);
	return wait_us == 0;
}

static bool fits(Downlink *downlink, const ProfileMessage *message)
{
	size_t len = g_bytes_get_size(message->payload);

	if (downlink->limits.payload == 0 || len <= downlink->limits.payload)
		return true;
	if (log_rate_allow(&downlink->lines, g_get_monotonic_time(), NULL))
		g_info("a message for %s is lost: it has %zu octets, the cloud takes %zu",
		       message->topic, len, downlink->limits.payload);
	return false;
}

static void send_one(Downlink *downlink, const ProfileMessage *message)
{
	g_autoptr(GError) error = NULL;
	gsize len;
	const void *payload = g_bytes_get_data(message->payload, &len);
	uint16_t id = mqtt_client_publish(downlink->client, message->topic, payload, len,
					  message->retain, &error);

	if (id != 0)
		g_hash_table_add(downlink->sent, GUINT_TO_POINTER(id));
	else if (log_rate_allow(&downlink->lines, g_get_monotonic_time(), NULL))
		g_info("a message for %s is lost: %s", message->topic, error->message);
}

static void tell_anew(Downlink *downlink);

unsigned downlink_window(const Downlink *downlink)
{
	return window_beside(downlink->limits.inflight, DOWNLINK_WINDOW);
}

static void flush(Downlink *downlink)
{
	while (downlink->state != DOWNLINK_CLOSED && !g_queue_is_empty(&downlink->queue) &&
	       g_hash_table_size(downlink->sent) < downlink_window(downlink) &&
	       mqtt_client_room(downlink->client) > 0) {
		g_autoptr(ProfileMessage) message = NULL;

		if (!may_send(downlink, g_queue_peek_head(&downlink->queue)))
			break;
		message = g_queue_pop_head(&downlink->queue);
		if (fits(downlink, message))
			send_one(downlink, message);
	}
	tell_anew(downlink);
}

int64_t downlink_pace(Downlink *downlink, const PacerMessage *message)
{
	return pacer_take(downlink->pacer, message, g_get_monotonic_time());
}

const Pacer *downlink_pacer(const Downlink *downlink)
{
	return downlink->pacer;
}

/* @message: transferred */
static void enqueue(Downlink *downlink, ProfileMessage *message)
{
	if (downlink->state == DOWNLINK_CLOSED) {
		profile_message_free(message);
		return;
	}
	g_queue_push_tail(&downlink->queue, message);
	flush(downlink);
}

void downlink_feed(Downlink *downlink)
{
	flush(downlink);
}

bool downlink_published(Downlink *downlink, uint16_t id, const GError *error)
{
	if (!g_hash_table_remove(downlink->sent, GUINT_TO_POINTER(id)))
		return false;
	if (error && log_rate_allow(&downlink->lines, g_get_monotonic_time(), NULL))
		g_info("an answer was not taken: %s", error->message);
	flush(downlink);
	return true;
}

/* --- down --- */

static void on_answered(const Command *command, const char *result, const GError *error, void *data)
{
	g_autofree Origin *origin = data;
	Downlink *downlink = origin->downlink;
	ProfileMessage *message = profile_answer(origin->profile, command, result, error);

	if (error && log_rate_allow(&downlink->lines, g_get_monotonic_time(), NULL))
		g_info("command %s: %s (%s)",
		       command->method ? command->method : "without a method", error->message,
		       command_code_name(error));
	profile_unref(origin->profile);
	if (message)
		enqueue(downlink, message);
}

static void take_command(Downlink *downlink, Command *command)
{
	Origin *origin;

	if (!downlink->commands || g_queue_get_length(&downlink->queue) >= DOWNLINK_QUEUE_MAX) {
		if (log_rate_allow(&downlink->lines, g_get_monotonic_time(), NULL))
			g_info("a command is ignored: too many answers wait to be sent");
		command_free(command);
		return;
	}
	origin = g_new(Origin, 1);
	*origin = (Origin){ downlink, profile_ref(downlink->profile) };
	commands_take(downlink->commands, command, on_answered, origin);
}

/* All of @messages, which becomes empty and is freed. */
static void enqueue_all(Downlink *downlink, GPtrArray *messages)
{
	g_ptr_array_set_free_func(messages, NULL);
	for (guint i = 0; i < messages->len; i++)
		enqueue(downlink, g_ptr_array_index(messages, i));
	g_ptr_array_unref(messages);
}

static void say_hello(Downlink *downlink)
{
	g_autofree char *report =
		downlink->commands ? commands_report(downlink->commands) : g_strdup("{}");

	enqueue_all(downlink, profile_hello(downlink->profile, report));
}

static gboolean on_anew_due(gpointer data)
{
	Downlink *downlink = data;

	downlink->anew_source = 0;
	tell_anew(downlink);
	return G_SOURCE_REMOVE;
}

/* Once, however often it was wanted: when all that waits is sent, and not soon after another. */
static void tell_anew(Downlink *downlink)
{
	if (!downlink->anew || downlink->anew_source || downlink->state == DOWNLINK_CLOSED ||
	    !g_queue_is_empty(&downlink->queue))
		return;
	downlink->anew = false;
	downlink->anew_source = g_timeout_add_seconds(DOWNLINK_ANEW_S, on_anew_due, downlink);
	g_hash_table_remove_all(downlink->announced);
	say_hello(downlink);
}

bool downlink_announce(Downlink *downlink, const char *payload, size_t len)
{
	GPtrArray *messages = NULL;

	if (downlink->state != DOWNLINK_CLOSED)
		messages = profile_announce(downlink->profile, downlink->announced, payload, len);
	if (!messages)
		return true;
	enqueue_all(downlink, messages);
	return g_queue_is_empty(&downlink->queue);
}

void downlink_goodbye(Downlink *downlink)
{
	ProfileMessage *message = NULL;

	if (downlink->state != DOWNLINK_CLOSED)
		message = profile_presence_message(downlink->profile, false);
	if (message)
		enqueue(downlink, message);
}

void downlink_report(Downlink *downlink)
{
	g_autofree char *report = NULL;
	ProfileMessage *message;

	if (downlink->state != DOWNLINK_OPEN || !downlink->commands ||
	    g_queue_get_length(&downlink->queue) >= DOWNLINK_QUEUE_MAX)
		return;
	report = commands_report(downlink->commands);
	message = profile_report(downlink->profile, report);
	if (message)
		enqueue(downlink, message);
}

static void take_settings(Downlink *downlink, const cJSON *settings)
{
	if (downlink->commands)
		commands_apply(downlink->commands, settings);
}

static gboolean on_limits_due(gpointer data)
{
	Downlink *downlink = data;

	downlink->limits_source = 0;
	return G_SOURCE_REMOVE;
}

static void take_limits(Downlink *downlink, const ProfileLimits *told)
{
	g_clear_handle_id(&downlink->limits_source, g_source_remove);
	downlink->limits = *profile_limits(downlink->profile);
	profile_limits_tighten(&downlink->limits, told);
	pacer_limit(downlink->pacer, &downlink->limits, g_get_monotonic_time());
}

bool downlink_awaits_limits(const Downlink *downlink)
{
	return downlink->limits_source != 0;
}

void downlink_message(Downlink *downlink, const char *topic, const void *payload, size_t len,
		      bool retained)
{
	ProfileInput input;

	if (downlink->state == DOWNLINK_CLOSED)
		return;
	profile_receive(downlink->profile, topic, payload, len, &input);
	switch (input.type) {
	case PROFILE_INPUT_NONE: break;
	case PROFILE_INPUT_COMMAND:
		if (!retained) /* else it would come again at each connection */
			take_command(downlink, g_steal_pointer(&input.command));
		break;
	case PROFILE_INPUT_SETTINGS: take_settings(downlink, input.settings); break;
	case PROFILE_INPUT_LIMITS: take_limits(downlink, &input.limits); break;
	case PROFILE_INPUT_ANEW:
		downlink->anew = true;
		tell_anew(downlink);
		break;
	}
	profile_input_clear(&input);
}

/* --- the connection --- */

static void subscribe(Downlink *downlink, const char *filter)
{
	g_autoptr(GError) error = NULL;
	uint16_t id = mqtt_client_subscribe(downlink->client, filter, 1, &error);

	if (id == 0)
		g_debug("no subscription to %s: %s", filter, error->message);
	g_ptr_array_add(downlink->subscriptions, GUINT_TO_POINTER(id)); /* 0: never answered */
}

/* A connection may come and go every second. @error: NULL: nothing was refused over this one */
static void tell_hearing(Downlink *downlink, const GError *error)
{
	switch (fault_log_step(&downlink->hearing, !error, g_get_monotonic_time())) {
	case FAULT_NEWS_FAILED: g_warning("the cloud will not be heard: %s", error->message); break;
	case FAULT_NEWS_RECOVERED: g_message("the cloud can be heard again"); break;
	case FAULT_NEWS_NONE: break;
	}
}

static void open_when_answered(Downlink *downlink)
{
	if (downlink->state != DOWNLINK_SUBSCRIBING || downlink->subscriptions->len > 0)
		return;
	downlink->state = DOWNLINK_OPEN;
	if (downlink->listening.on)
		listening_subscribed(&downlink->listening);
	if (downlink->listening.on && !downlink->unheard)
		tell_hearing(downlink, NULL);
	say_hello(downlink);
}

/* Another identity has another profile, and may have other rights. */
static void know_profile(Downlink *downlink, const Profile *profile)
{
	if (downlink->known == profile)
		return;
	g_clear_pointer(&downlink->known, profile_unref);
	downlink->known = profile_ref(profile);
	downlink->hearing = (FaultLog){ 0 };
	listening_init(&downlink->listening, downlink->wanted);
	pacer_limit(downlink->pacer, profile_limits(profile), g_get_monotonic_time());
}

void downlink_open(Downlink *downlink, MqttClient *client, const Profile *profile)
{
	downlink_close(downlink);
	downlink->client = client;
	downlink->profile = profile_ref(profile);
	know_profile(downlink, profile);
	downlink->limits = *profile_limits(profile);
	downlink->opened_us = g_get_monotonic_time();
	downlink->unheard = false;
	if (downlink->listening.on && profile_kind(profile)->tells_limits)
		downlink->limits_source =
			g_timeout_add_seconds(DOWNLINK_LIMITS_S, on_limits_due, downlink);
	downlink->state = DOWNLINK_SUBSCRIBING;
	for (const char *const *filter = profile_filters(profile);
	     downlink->listening.on && *filter; filter++)
		subscribe(downlink, *filter);
	open_when_answered(downlink);
}

void downlink_subscribed(Downlink *downlink, uint16_t id, const GError *error)
{
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK))
		return; /* the connection has ended: downlink_close() follows */
	g_ptr_array_remove(downlink->subscriptions, GUINT_TO_POINTER(id));
	if (error) {
		downlink->unheard = true;
		tell_hearing(downlink, error);
	}
	open_when_answered(downlink);
}

/* The broker has ended the connection, for whatever reason. */
static void weigh_end(Downlink *downlink)
{
	int64_t lifetime_us = g_get_monotonic_time() - downlink->opened_us;

	switch (listening_ended(&downlink->listening, downlink->state == DOWNLINK_SUBSCRIBING,
				lifetime_us)) {
	case LISTENING_AS_BEFORE: return;
	case LISTENING_GIVEN_UP:
		g_warning("the cloud is not listened to until the next start or identity: it ended "
			  "%d connections while the agent subscribed",
			  LISTENING_CUTS_MAX);
		return;
	case LISTENING_TAKEN_UP:
		g_message(
			"the cloud ends connections without subscriptions as well: it is listened "
			"to again");
		return;
	}
}

void downlink_close(Downlink *downlink)
{
	if (downlink->state != DOWNLINK_CLOSED && mqtt_client_hung_up(downlink->client))
		weigh_end(downlink);
	downlink->state = DOWNLINK_CLOSED;
	downlink->client = NULL;
	downlink->anew = false;
	g_clear_handle_id(&downlink->anew_source, g_source_remove);
	g_clear_handle_id(&downlink->pace_source, g_source_remove);
	g_clear_handle_id(&downlink->limits_source, g_source_remove);
	downlink->limits = (ProfileLimits){ 0 };
	g_clear_pointer(&downlink->profile, profile_unref);
	g_ptr_array_set_size(downlink->subscriptions, 0);
	g_hash_table_remove_all(downlink->sent);
	g_hash_table_remove_all(downlink->announced);
	g_queue_clear_full(&downlink->queue, (GDestroyNotify)profile_message_free);
}

Downlink *downlink_new(bool listen)
{
	Downlink *downlink = g_new0(Downlink, 1);

	downlink->wanted = listen;
	downlink->lines = LOG_RATE_PEER;
	downlink->pacer = pacer_new();
	downlink->subscriptions = g_ptr_array_new();
	downlink->sent = g_hash_table_new(NULL, NULL);
	downlink->announced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_queue_init(&downlink->queue);
	return downlink;
}

void downlink_free(Downlink *downlink)
{
	if (!downlink)
		return;
	downlink_close(downlink);
	g_clear_pointer(&downlink->known, profile_unref);
	g_ptr_array_unref(downlink->subscriptions);
	g_hash_table_unref(downlink->sent);
	g_hash_table_unref(downlink->announced);
	pacer_free(downlink->pacer);
	g_free(downlink);
}

const ProfileLimits *downlink_limits(const Downlink *downlink)
{
	return &downlink->limits;
}

void downlink_set_commands(Downlink *downlink, Commands *commands)
{
	downlink->commands = commands;
}
