/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink-sender.h"

#include "agent/core/pacer.h"
#include "agent/core/window.h"
#include "common/error.h"
#include "common/log.h"

#include <string.h>

#define RETRY_MS        1000
#define SUSPECTS_MAX    1000 /* refused in a row: then it is not the samples */
#define PACKET_OVERHEAD 16   /* octets of a PUBLISH beside topic and payload, at most */

struct UplinkSender {
	UplinkSenderConfig config;
	MqttClient *client; /* NULL: closed */
	Profile *profile;
	MqttSession session; /* what the broker takes */
	bool finished;       /* nothing more over this connection */
	Window *window;
	guint retry_timer;
	bool fetching;    /* the spool has been asked */
	bool fetch_ahead; /* for what goes ahead of a backlog */
	int64_t pace_us;  /* the backlog goes on then */
	guint pace_timer;
	guint hold_timer;      /* the cloud takes no more until then */
	uint64_t fetch_after;  /* for what is behind this */
	bool alone;            /* one sample a message, one message at a time */
	uint64_t alone_until;  /* so up to this sequence number */
	unsigned suspects;     /* refused alone, one after the other, up to the cursor */
	uint64_t proved_until; /* the broker took this one after refusing those before it */
	LogRate drop_lines;
	LogRate large_lines;
	UplinkSenderStatus status;
};

static void sender_pump(UplinkSender *sender);

static bool sender_is_open(const UplinkSender *sender)
{
	return sender->client && !sender->finished;
}

unsigned uplink_sender_window(const UplinkSender *sender)
{
	return (unsigned)CLAMP(sender->config.config->agent.inflight, 1, WINDOW_MESSAGES_MAX);
}

static gboolean sender_on_retry(gpointer data)
{
	UplinkSender *sender = data;

	sender->retry_timer = 0;
	sender_pump(sender);
	return G_SOURCE_REMOVE;
}

static void sender_retry_later(UplinkSender *sender)
{
	if (!sender->retry_timer)
		sender->retry_timer = g_timeout_add(RETRY_MS, sender_on_retry, sender);
}

/* --- what is refused --- */

/* The sample up to the window's cursor is given up. */
static void sender_give_up(UplinkSender *sender, uint64_t seq, const GError *error)
{
	unsigned untold;

	if (log_rate_allow(&sender->drop_lines, g_get_monotonic_time(), &untold)) {
		g_autofree char *others =
			untold > 0 ? g_strdup_printf(" (and %u before it)", untold) : g_strdup("");

		g_warning("sample %" G_GUINT64_FORMAT "%s is dropped: %s", seq, others,
			  error->message);
	}
	spool_drop(sender->config.spool, seq, 1);
	window_skip(sender->window, seq);
}

/* A sample that travelled alone was refused for what it is. It is given up only when the broker
 * takes one behind it and refuses it again: a broker that takes nothing must not cost a sample.
 * False when too many in a row were refused. */
static bool sender_suspect(UplinkSender *sender, const GError *error)
{
	uint64_t seq = window_cursor(sender->window);

	if (seq < sender->proved_until) {
		sender_give_up(sender, seq, error);
		return true;
	}
	if (sender->suspects == SUSPECTS_MAX)
		return false;
	sender->suspects++;
	window_pass(sender->window);
	return true;
}

/* The highest number that has been sent. */
static uint64_t sender_farthest(const UplinkSender *sender)
{
	return window_cursor(window_ahead(sender->window) ? window_ahead(sender->window)
							  : sender->window);
}

/* Nothing more over this connection. */
static void sender_end(UplinkSender *sender, const GError *error)
{
	sender->finished = true;
	sender->config.refused(error, sender->config.data);
}

/* What is wrong with a message itself (INVALID) stays wrong; everything else may pass by itself. */
static void sender_refused(UplinkSender *sender, const GError *error)
{
	if (sender->finished)
		return;
	if (g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID)) {
		if (sender->alone && sender_suspect(sender, error)) {
			sender_pump(sender);
			return;
		}
		sender->alone_until = MAX(sender->alone_until, sender_farthest(sender));
	}
	sender_end(sender, error);
}

static void sender_accepted(UplinkSender *sender, uint16_t id)
{
	WindowRange range;

	if (sender->suspects > 0) { /* so it is not the broker: those before it get their proof */
		sender->proved_until = window_cursor(sender->window);
		sender->alone_until = MAX(sender->alone_until, sender->proved_until);
		sender->suspects = 0;
		window_rewind(sender->window);
	} else if (window_acked(sender->window, id, &range)) {
		sender->status.last_ack = MAX(sender->status.last_ack, range.last);
		sender->status.last_publish_ms = g_get_real_time() / 1000;
		spool_release(sender->config.spool, range.first, range.last);
	}
}

/* --- messages --- */

static PayloadLimits sender_limits(const UplinkSender *sender)
{
	const Profile *profile = sender->profile;
	unsigned batch = (unsigned)MAX(sender->config.config->agent.batch, 1);
	PayloadLimits limits = { profile_kind(profile)->payload_max, sender->alone ? 1 : batch, 0 };
	size_t overhead = strlen(profile_topic(profile)) + PACKET_OVERHEAD;

	const ProfileLimits *told = downlink_limits(sender->config.downlink);

	if (told->payload > 0)
		limits.octets = MIN(limits.octets, told->payload);
	if (sender->session.max_packet_size > overhead)
		limits.octets = MIN(limits.octets, sender->session.max_packet_size - overhead);
	limits.points = pacer_points(downlink_pacer(sender->config.downlink));
	return limits;
}

/* A sample that no message of this broker can hold counts as refused alone. */
static bool sender_too_large(UplinkSender *sender, const Payload *payload, const GError *error)
{
	uint64_t seq = payload_last(payload);

	if (sender->suspects == 0 && seq >= sender->proved_until &&
	    log_rate_allow(&sender->large_lines, g_get_monotonic_time(), NULL))
		g_message("sample %" G_GUINT64_FORMAT
			  " is left out until the broker has taken one behind it: %s",
			  seq, error->message);
	window_sent(sender->window, 0, payload_first(payload), seq);
	if (sender_suspect(sender, error))
		return true;
	sender_end(sender, error);
	return false;
}

/* One sample that no message of this broker can hold would block all others for ever. False when
 * nothing more can be sent now. */
static bool sender_not_sent(UplinkSender *sender, const Payload *payload, const GError *error)
{
	if (!g_error_matches(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID) ||
	    window_in_flight(sender->window) > 0)
		return false;
	/* what went ahead cannot be given up before what is in front of it */
	if (payload_count(payload) > 1 || sender->fetch_ahead || window_turned(sender->window)) {
		sender->alone_until = MAX(sender->alone_until, payload_last(payload));
		if (window_turned(sender->window)) { /* in order, then */
			/* What the broker took of it may be all there was behind this one. */
			if (window_cursor(sender->window) < window_mark(sender->window))
				sender->proved_until = window_mark(sender->window);
			window_rewind(sender->window);
		}
		return false;
	}
	return sender_too_large(sender, payload, error);
}

/* What was fetched last belongs to it. */
static Window *sender_lane(const UplinkSender *sender)
{
	Window *ahead = window_ahead(sender->window);

	return sender->fetch_ahead && ahead ? ahead : sender->window;
}

static gboolean sender_on_hold_over(gpointer data)
{
	UplinkSender *sender = data;

	sender->hold_timer = 0;
	sender_pump(sender);
	return G_SOURCE_REMOVE;
}

/* Whether the rates of the cloud allow for @payload now; else everything waits until they do. */
static bool sender_take_turn(UplinkSender *sender, const Payload *payload, size_t len)
{
	PacerMessage message = { true, payload_points(payload), len };
	int64_t wait_us = downlink_pace(sender->config.downlink, &message);

	if (wait_us > 0)
		sender->hold_timer =
			g_timeout_add((guint)(wait_us / 1000 + 1), sender_on_hold_over, sender);
	return wait_us == 0;
}

/* False when no more can be sent now; what was not sent stays in the spool. */
static bool sender_send(UplinkSender *sender, Payload *payload)
{
	g_autoptr(GError) error = NULL;
	size_t len;
	const char *text = payload_data(payload, &len);
	const Profile *profile = sender->profile;
	uint16_t id;

	if (!downlink_announce(sender->config.downlink, text, len) ||
	    !sender_take_turn(sender, payload, len))
		return false;
	id = mqtt_client_publish(sender->client, profile_topic(profile), text, len,
				 profile_settings(profile)->retain, &error);
	if (id == 0)
		return sender_not_sent(sender, payload, error);
	window_sent(sender_lane(sender), id, payload_first(payload), payload_last(payload));
	return true;
}

/* --- the spool --- */

static int64_t sender_rate(const UplinkSender *sender)
{
	return sender->config.config->agent.backlog_rate;
}

/* A part of the backlog was fetched: false when it is none any more, because the spool has dropped
 * the oldest meanwhile. Else the next part has its time. */
static bool sender_pace(UplinkSender *sender, const GPtrArray *payloads)
{
	Payload *payload = payloads->len > 0 ? g_ptr_array_index(payloads, 0) : NULL;

	if (!payload || payload_last(payload) > window_mark(sender->window))
		return false;
	if (sender_rate(sender) > 0)
		sender->pace_us = MAX(sender->pace_us, g_get_monotonic_time()) +
				  payload_count(payload) * G_USEC_PER_SEC / sender_rate(sender);
	return true;
}

/* The backlog has gone: on with the rest, once nothing of it is in flight. */
static void sender_join(UplinkSender *sender)
{
	if (window_turned(sender->window)) {
		window_exhausted(sender->window);
		sender_pump(sender);
		return;
	}
	if (window_in_flight(sender->window) > window_in_flight(window_ahead(sender->window)))
		return; /* the next PUBACK goes on */
	window_skip(sender->window, window_mark(sender->window));
	sender_pump(sender);
}

static void sender_fetched(GPtrArray *fetched, void *data)
{
	UplinkSender *sender = data;
	g_autoptr(GPtrArray) payloads = fetched;

	sender->fetching = false;
	if (!sender_is_open(sender) || !mqtt_client_connected(sender->client))
		return;
	if (!payloads) {
		sender_retry_later(sender);
		return;
	}
	/* After a new connection what comes first is something else. */
	bool usable = window_cursor(sender_lane(sender)) == sender->fetch_after;
	bool sent = true;

	if (usable && window_ahead(sender->window) && !sender->fetch_ahead && !sender->alone &&
	    !sender_pace(sender, payloads)) {
		sender_join(sender);
		return;
	}
	for (guint i = 0; i < payloads->len && usable && sent; i++) {
		sent = sender_send(sender, g_ptr_array_index(payloads, i));
		if (sender->suspects > 0) /* what is behind it goes alone */
			break;
	}
	if (sent)
		sender_pump(sender);
	else if (window_in_flight(sender->window) == 0 && !sender->hold_timer)
		sender_retry_later(sender); /* else the next PUBACK goes on */
}

/* As many messages at once as we want, and the broker and the cloud take. */
static unsigned sender_allowed(const UplinkSender *sender)
{
	const Downlink *downlink = sender->config.downlink;
	unsigned told = downlink_limits(downlink)->inflight;

	if (downlink_awaits_limits(downlink))
		return 1;
	told = told > 0 ? MIN(told, sender->session.window) : sender->session.window;
	return window_within(uplink_sender_window(sender), told, downlink_window(downlink));
}

static unsigned sender_room(const UplinkSender *sender)
{
	if (sender->alone)
		return window_in_flight(sender->window) == 0 ? 1 : 0;

	unsigned window = sender_allowed(sender);
	unsigned in_flight = window_in_flight(sender->window);
	unsigned room = window > in_flight ? window - in_flight : 0;

	return MIN(room, mqtt_client_room(sender->client));
}

/* Of those, as many as the rates of the cloud may allow for now. */
static unsigned sender_turns(const UplinkSender *sender)
{
	return MIN(sender_room(sender),
		   pacer_room(downlink_pacer(sender->config.downlink), g_get_monotonic_time()));
}

static void sender_fetch(UplinkSender *sender, Window *lane, SpoolWish wish)
{
	wish.after = window_cursor(lane);
	wish.newest = window_turned(lane);
	wish.profile = sender->profile;
	sender->fetching = true;
	sender->fetch_ahead = lane != sender->window;
	sender->fetch_after = wish.after;
	spool_fetch(sender->config.spool, &wish, sender_fetched, sender);
}

static gboolean sender_on_pace(gpointer data)
{
	UplinkSender *sender = data;

	sender->pace_timer = 0;
	sender_pump(sender);
	return G_SOURCE_REMOVE;
}

/* The next part of the backlog: with a rate, a tenth of a second's worth in one message. */
static void sender_fetch_backlog(UplinkSender *sender, SpoolWish wish)
{
	uint64_t part = (uint64_t)MAX(sender_rate(sender) / 10, 1);

	if (sender_rate(sender) > 0) {
		part = MIN(part, window_left(sender->window));
		wish.limits.samples = (unsigned)MIN(wish.limits.samples, part);
		wish.payloads_max = 1;
	}
	sender_fetch(sender, sender->window, wish);
}

/* What is new comes before a backlog without a rate, which would leave it no room. */
static bool sender_new_first(const UplinkSender *sender)
{
	return sender_rate(sender) == 0 && spool_stats(sender->config.spool)->last >
						   window_cursor(window_ahead(sender->window));
}

/* The backlog when it is due, which its rate limits; else what is new; else wait for the former. */
static void sender_pump_split(UplinkSender *sender)
{
	Window *ahead = window_ahead(sender->window);
	uint64_t left = window_left(sender->window);
	int64_t wait_us = sender->pace_us - g_get_monotonic_time();
	SpoolWish wish = {
		.limits = sender_limits(sender),
		.payloads_max = sender_turns(sender),
	};

	if (wish.payloads_max == 0)
		return;
	if (left > 0 && wait_us <= 0 && !sender_new_first(sender))
		sender_fetch_backlog(sender, wish);
	else if (spool_stats(sender->config.spool)->last > window_cursor(ahead))
		sender_fetch(sender, ahead, wish);
	else if (left > 0 && !sender->pace_timer)
		sender->pace_timer =
			g_timeout_add((guint)(wait_us / 1000 + 1), sender_on_pace, sender);
}

/* As far as is known without asking the spool. */
static bool sender_has_more(const UplinkSender *sender)
{
	return window_turned(sender->window) ||
	       spool_stats(sender->config.spool)->last > window_cursor(sender->window);
}

/* Ask the spool for more when there is more, and room for it on the way. */
static void sender_pump(UplinkSender *sender)
{
	if (!sender_is_open(sender) || sender->fetching || sender->retry_timer ||
	    sender->hold_timer || !sender_has_more(sender))
		return;
	if (window_in_flight(sender->window) == 0)
		sender->alone =
			sender->suspects > 0 || window_cursor(sender->window) < sender->alone_until;
	if (window_ahead(sender->window) && !sender->alone) {
		sender_pump_split(sender);
		return;
	}

	SpoolWish wish = {
		.limits = sender_limits(sender),
		.payloads_max = sender_room(sender),
	};

	/* Few large wishes rather than one for each PUBACK. */
	if (wish.payloads_max == 0 ||
	    (!sender->alone && wish.payloads_max * 2 < sender_allowed(sender)))
		return;
	wish.payloads_max = sender_turns(sender);
	sender_fetch(sender, sender->window, wish);
}

/* What waits now is backlog; a message full of it is not worth the trouble. */
static void sender_split_backlog(UplinkSender *sender)
{
	uint64_t last = spool_stats(sender->config.spool)->last;
	uint64_t cursor = window_cursor(sender->window);
	uint64_t few = (uint64_t)sender->config.config->agent.batch;

	sender->pace_us = 0;
	if (window_ahead(sender->window) || sender->alone_until > cursor)
		return;
	if (sender->config.config->agent.backlog_order == CONFIG_BACKLOG_NEWEST && last > cursor)
		window_turn(sender->window, last);
	else if (sender_rate(sender) > 0 && last > cursor + few)
		window_split(sender->window, last);
}

/* --- for the owner --- */

UplinkSender *uplink_sender_new(const UplinkSenderConfig *config)
{
	UplinkSender *sender = g_new0(UplinkSender, 1);
	const SpoolStats *stats = spool_stats(config->spool);

	sender->config = *config;
	sender->drop_lines = sender->large_lines = LOG_RATE_PEER;
	sender->window = window_new(stats->first - 1, uplink_sender_window(sender));
	return sender;
}

void uplink_sender_open(UplinkSender *sender, MqttClient *client, Profile *profile,
			const MqttSession *session)
{
	sender->client = client;
	sender->profile = profile;
	sender->session = *session;
	sender->finished = false;
	sender_split_backlog(sender);
}

void uplink_sender_feed(UplinkSender *sender)
{
	sender_pump(sender);
}

bool uplink_sender_idle(const UplinkSender *sender)
{
	return !sender_has_more(sender) && window_in_flight(sender->window) == 0;
}

void uplink_sender_published(UplinkSender *sender, uint16_t id, const GError *error)
{
	if (error) {
		sender_refused(sender, error);
		return;
	}
	sender_accepted(sender, id);
	sender->config.accepted(sender->config.data);
	sender_pump(sender);
}

void uplink_sender_finish(UplinkSender *sender)
{
	sender->finished = true;
}

void uplink_sender_close(UplinkSender *sender)
{
	sender->client = NULL;
	sender->profile = NULL;
	g_clear_handle_id(&sender->retry_timer, g_source_remove);
	g_clear_handle_id(&sender->pace_timer, g_source_remove);
	g_clear_handle_id(&sender->hold_timer, g_source_remove);
	window_rewind(sender->window);
	if (sender->alone_until > window_cursor(sender->window))
		window_join(sender->window); /* one by one, and in order */
	sender->suspects = 0;
	sender->proved_until = 0;
}

UplinkSenderStatus uplink_sender_status(const UplinkSender *sender)
{
	return sender->status;
}

void uplink_sender_free(UplinkSender *sender)
{
	if (!sender)
		return;
	g_clear_handle_id(&sender->retry_timer, g_source_remove);
	g_clear_handle_id(&sender->pace_timer, g_source_remove);
	g_clear_handle_id(&sender->hold_timer, g_source_remove);
	window_free(sender->window);
	g_free(sender);
}
