/* SPDX-License-Identifier: MIT */
#include "common/mqtt-link.h"

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/mqtt-reason.h"
#include "common/mqtt-wire.h"
#include "common/off-loop.h"

#define EVENTS_MAX         1000 /* reading pauses until they are taken */
#define TICK_FORGIVEN      64   /* octets of a PINGRESP in a TLS record, which is no event */
#define REASON_FIRST_ERROR 0x80
#define KEEP_ALIVE_REFUSED 1 /* below what libmosquitto takes */
#define TLS_ERROR_MAX      120

struct MqttLink {
	const MqttConfig *config; /* borrowed */
	TlsContext *tls;          /* NULL: clear text */
	char *address;
	struct mosquitto *mosq;
	MqttLinkStage stage;
	MqttWire wire;       /* in clear text only its io_errno means something */
	bool closing;        /* DISCONNECT is queued */
	uint32_t packet_max; /* the broker's limit, 0: none */
	GArray *events;      /* of MqttEvent, from event_next on not yet taken */
	unsigned int event_next;
	bool hung_up; /* the broker closed the connection */
	int broken;   /* libmosquitto's code when a send failed, for the next step */
	int refusal;  /* CONNACK reason, 0: none */
	int dropped;  /* MQTT 5 DISCONNECT reason, 0: none */
	char tls_error[TLS_ERROR_MAX];
	OffLoop *signing; /* a step of the handshake is under way in a thread, which link and
				 context belong to meanwhile */
	GIOCondition signing_ready; /* what the socket was ready for */
	int signing_code;           /* libmosquitto's */
};

/* ---- what libmosquitto reports ---- */

static MqttEvent *event_add(MqttLink *link, MqttEventType type)
{
	MqttEvent event = { .type = type };

	link->wire.unframed = 0;
	g_array_append_val(link->events, event);
	return &g_array_index(link->events, MqttEvent, link->events->len - 1);
}

/* The limits of a CONNACK, or what holds without them. */
static MqttSession session_read(const MqttLink *link, int flags, const mosquitto_property *props)
{
	uint16_t receive_max = UINT16_MAX;
	uint16_t keep_alive = (uint16_t)link->config->keep_alive_s;
	uint8_t max_qos = 2;
	uint8_t retain = 1;
	uint32_t packet_max = 0;

	mosquitto_property_read_int16(props, MQTT_PROP_RECEIVE_MAXIMUM, &receive_max, false);
	mosquitto_property_read_int16(props, MQTT_PROP_SERVER_KEEP_ALIVE, &keep_alive, false);
	mosquitto_property_read_byte(props, MQTT_PROP_MAXIMUM_QOS, &max_qos, false);
	mosquitto_property_read_byte(props, MQTT_PROP_RETAIN_AVAILABLE, &retain, false);
	mosquitto_property_read_int32(props, MQTT_PROP_MAXIMUM_PACKET_SIZE, &packet_max, false);
	return (MqttSession){
		.session_present = (flags & 1) != 0,
		.window = MIN(link->config->window, receive_max),
		.max_packet_size = packet_max,
		.max_qos = max_qos,
		.retain_available = retain != 0,
		.keep_alive_s = keep_alive,
	};
}

static void on_connack(struct mosquitto *mosq, void *data, int reason, int flags,
		       const mosquitto_property *props)
{
	MqttLink *link = data;
	MqttSession session;

	link->wire.unframed = 0;
	if (link->stage != MQTT_LINK_CONNECT) { /* a second one: libmosquitto lets it pass */
		link->broken = MOSQ_ERR_PROTOCOL;
		return;
	}
	if (reason != 0) {
		link->refusal = reason;
		return;
	}
	session = session_read(link, flags, props);
	session.unasked = link->tls && tls_context_unasked(link->tls);
	link->packet_max = session.max_packet_size;
	link->stage = MQTT_LINK_OPEN;
	event_add(link, MQTT_EVENT_ACCEPTED)->session = session;
}

static void on_puback(struct mosquitto *mosq, void *data, int id, int reason,
		      const mosquitto_property *props)
{
	MqttEvent *event = event_add(data, MQTT_EVENT_PUBLISHED);

	event->id = (uint16_t)id;
	event->reason = (uint8_t)reason;
}

static void on_suback(struct mosquitto *mosq, void *data, int id, int count, const int *granted,
		      const mosquitto_property *props)
{
	MqttEvent *event = event_add(data, MQTT_EVENT_SUBSCRIBED);

	event->id = (uint16_t)id;
	event->reason = count > 0 ? (uint8_t)granted[0] : MQTT_RC_UNSPECIFIED;
}

static void on_message(struct mosquitto *mosq, void *data, const struct mosquitto_message *message,
		       const mosquitto_property *props)
{
	MqttEvent *event = event_add(data, MQTT_EVENT_MESSAGE);

	event->topic = g_strdup(message->topic);
	event->len = (size_t)message->payloadlen;
	event->payload = g_memdup2(message->payload, event->len);
	event->retained = message->retain;
}

/* Called for every end, with codes of two kinds; the broker's own are those above the line. */
static void on_disconnect(struct mosquitto *mosq, void *data, int code,
			  const mosquitto_property *props)
{
	MqttLink *link = data;

	if (code >= REASON_FIRST_ERROR && link->dropped == 0)
		link->dropped = code;
}

/* libmosquitto empties OpenSSL's error queue into its log; keep the reason that stands last in
 * "OpenSSL Error[0]: error:CODE:library::reason". */
static void on_log(struct mosquitto *mosq, void *data, int level, const char *text)
{
	MqttLink *link = data;
	const char *reason = strrchr(text, ':');

	if (level == MOSQ_LOG_ERR && reason && link->tls_error[0] == '\0' &&
	    g_str_has_prefix(text, "OpenSSL Error"))
		g_strlcpy(link->tls_error, reason + 1, sizeof(link->tls_error));
}

/* ---- errors in words ---- */

static void set_error(GError **error, LandfallError code, const MqttLink *link, const char *what)
{
	const MqttConfig *config = link->config;

	if (strcmp(config->host, link->address) == 0)
		g_set_error(error, LANDFALL_ERROR, (int)code, "broker %s port %u: %s", config->host,
			    config->port, what);
	else
		g_set_error(error, LANDFALL_ERROR, (int)code, "broker %s (%s) port %u: %s",
			    config->host, link->address, config->port, what);
}

static void set_refusal(GError **error, const MqttLink *link)
{
	uint8_t code = (uint8_t)link->refusal;
	bool v5 = link->config->protocol == MQTT_PROTOCOL_5;
	g_autofree char *what =
		g_strdup_printf("it refused the connection: %s (code %u)",
				v5 ? mqtt_reason(code) : mqtt_connack_reason(code), code);

	set_error(error, v5 ? mqtt_reason_error(code) : mqtt_connack_error(code), link, what);
}

static void set_dropped(GError **error, const MqttLink *link)
{
	uint8_t code = (uint8_t)link->dropped;
	g_autofree char *what =
		g_strdup_printf("it closed the connection: %s (code %u)", mqtt_reason(code), code);

	set_error(error, mqtt_reason_error(code), link, what);
}

static void set_tls_error(GError **error, const MqttLink *link)
{
	const char *failure = tls_context_failure(link->tls);
	g_autofree char *what = NULL;

	if (failure) {
		set_error(error,
			  tls_context_refused(link->tls) ? LANDFALL_ERROR_DENIED
							 : LANDFALL_ERROR_NETWORK,
			  link, failure);
		return;
	}
	if (link->tls_error[0] != '\0')
		failure = link->tls_error;
	else
		failure = link->wire.io_errno ? g_strerror(link->wire.io_errno)
					      : "the connection was closed";
	what = g_strdup_printf("TLS handshake failed: %s; does that port speak TLS?", failure);
	set_error(error, LANDFALL_ERROR_NETWORK, link, what);
}

/* The end of the connection without a word from the broker. */
static void set_lost(GError **error, const MqttLink *link)
{
	g_autofree char *what = NULL;
	const char *how =
		link->wire.io_errno ? g_strerror(link->wire.io_errno) : "closed by the broker";

	if (link->stage == MQTT_LINK_CONNECT)
		what = g_strdup_printf(
			"connection lost instead of an answer to CONNECT: %s; it may "
			"not accept our certificate or client id",
			how);
	else
		what = g_strdup_printf("connection lost: %s", how);
	set_error(error, LANDFALL_ERROR_NETWORK, link, what);
}

static void set_code(GError **error, const MqttLink *link, int code)
{
	switch (code) {
	case MOSQ_ERR_KEEPALIVE:
		set_error(error, LANDFALL_ERROR_NETWORK, link,
			  "no answer to a ping within the keep-alive time");
		return;
	case MOSQ_ERR_SUCCESS:
	case MOSQ_ERR_NO_CONN:
	case MOSQ_ERR_CONN_LOST:
	case MOSQ_ERR_TLS:
	case MOSQ_ERR_ERRNO: set_lost(error, link); return;
	case MOSQ_ERR_PROTOCOL:
	case MOSQ_ERR_MALFORMED_PACKET:
	case MOSQ_ERR_MALFORMED_UTF8:
	case MOSQ_ERR_DUPLICATE_PROPERTY:
		set_error(error, LANDFALL_ERROR_INVALID, link, "it broke the rules of MQTT");
		return;
	default: set_error(error, LANDFALL_ERROR_FAILED, link, mosquitto_strerror(code));
	}
}

static bool closed_by_broker(const MqttLink *link, int code)
{
	if (link->dropped)
		return true;
	return (code == MOSQ_ERR_CONN_LOST || code == MOSQ_ERR_NO_CONN || code == MOSQ_ERR_TLS ||
		code == MOSQ_ERR_ERRNO) &&
	       (link->wire.io_errno == 0 || link->wire.io_errno == ECONNRESET ||
		link->wire.io_errno == EPIPE);
}

/* The link is at its end: the most telling of what is known. Always false. */
static bool fail(MqttLink *link, int code, GError **error)
{
	bool in_tls = link->tls && link->stage < MQTT_LINK_OPEN;

	link->hung_up = closed_by_broker(link, code);
	if (link->wire.oversize)
		set_error(error, LANDFALL_ERROR_INVALID, link,
			  "it sent a packet longer than we take");
	else if (link->refusal)
		set_refusal(error, link);
	else if (link->dropped)
		set_dropped(error, link);
	else if (in_tls && (link->stage == MQTT_LINK_TLS || tls_context_failure(link->tls))) {
		link->stage = MQTT_LINK_TLS; /* TLS 1.3 refuses us after our side of it is done */
		set_tls_error(error, link);
	} else
		set_code(error, link, code);
	return false;
}

/* ---- TLS ---- */

static SSL *link_ssl(const MqttLink *link)
{
	return mosquitto_ssl_get(link->mosq);
}

static size_t link_gathered(const MqttLink *link)
{
	return mqtt_wire_gathered(&link->wire, link_ssl(link));
}

static void on_handshake(SSL *ssl, gpointer data)
{
	MqttLink *link = data;

	mqtt_wire_watch(&link->wire, ssl);
}

/* Whether a packet, or the end, can be read without the socket becoming readable first. */
static bool link_readable(const MqttLink *link)
{
	SSL *ssl = link->stage >= MQTT_LINK_CONNECT ? link_ssl(link) : NULL;

	return ssl && mosquitto_socket(link->mosq) >= 0 && mqtt_wire_readable(ssl);
}

/* ---- setting up ---- */

/* A non-blocking connect takes no properties; the blocking one keeps them before it looks at its
 * other arguments, which are refused here three times over. */
static int leave_properties(MqttLink *link)
{
	mosquitto_property *props = NULL;
	uint32_t expiry = link->config->session_expiry_s;
	int code;

	code = mosquitto_property_add_int32(&props, MQTT_PROP_MAXIMUM_PACKET_SIZE,
					    MQTT_PACKET_IN_MAX);
	if (code == MOSQ_ERR_SUCCESS && expiry > 0)
		code = mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
						    expiry);
	if (code == MOSQ_ERR_SUCCESS) {
		code = mosquitto_connect_bind_v5(link->mosq, "", 0, KEEP_ALIVE_REFUSED, NULL,
						 props);
		code = code == MOSQ_ERR_INVAL ? MOSQ_ERR_SUCCESS : MOSQ_ERR_UNKNOWN;
	}
	mosquitto_property_free_all(&props);
	return code;
}

static int set_tls(MqttLink *link)
{
	TlsContext *tls = link->tls;
	int code;

	if (!tls)
		return MOSQ_ERR_SUCCESS;
	tls_context_begin(tls, on_handshake, link);
	code = mosquitto_int_option(link->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	if (code != MOSQ_ERR_SUCCESS)
		return code;
	return mosquitto_void_option(link->mosq, MOSQ_OPT_SSL_CTX, tls_context_ssl_ctx(tls));
}

static int set_login(MqttLink *link)
{
	const MqttConfig *config = link->config;
	const char *password =
		config->password ? (const char *)secret_data(config->password) : NULL;

	if (!config->user_name && !password)
		return MOSQ_ERR_SUCCESS;
	return mosquitto_username_pw_set(link->mosq, config->user_name, password);
}

static int set_will(MqttLink *link)
{
	const MqttConfig *config = link->config;
	gsize len = 0;
	const void *payload =
		config->will_payload ? g_bytes_get_data(config->will_payload, &len) : NULL;

	if (!config->will_topic)
		return MOSQ_ERR_SUCCESS;
	return mosquitto_will_set(link->mosq, config->will_topic, (int)len, payload, 1,
				  config->will_retain);
}

static int set_options(MqttLink *link)
{
	bool v5 = link->config->protocol == MQTT_PROTOCOL_5;
	int code = mosquitto_int_option(link->mosq, MOSQ_OPT_PROTOCOL_VERSION,
					v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);

	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_int_option(link->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_int_option(link->mosq, MOSQ_OPT_SEND_MAXIMUM,
					    (int)link->config->window);
	if (code == MOSQ_ERR_SUCCESS)
		code = set_tls(link);
	if (code == MOSQ_ERR_SUCCESS)
		code = set_login(link);
	if (code == MOSQ_ERR_SUCCESS)
		code = set_will(link);
	if (code == MOSQ_ERR_SUCCESS && v5)
		code = leave_properties(link);
	return code;
}

static void set_callbacks(struct mosquitto *mosq)
{
	mosquitto_connect_v5_callback_set(mosq, on_connack);
	mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(mosq, on_puback);
	mosquitto_subscribe_v5_callback_set(mosq, on_suback);
	mosquitto_message_v5_callback_set(mosq, on_message);
	mosquitto_log_callback_set(mosq, on_log);
}

static gpointer lib_init(gpointer data)
{
	mosquitto_lib_init();
	return data;
}

MqttLink *mqtt_link_new(const MqttConfig *config, const char *address, GError **error)
{
	static GOnce once = G_ONCE_INIT;
	g_autoptr(MqttLink) link = g_new0(MqttLink, 1);
	int code;

	g_once(&once, lib_init, NULL);
	link->config = config;
	link->events = g_array_new(FALSE, FALSE, sizeof(MqttEvent));
	if (config->tls && tls_context_busy(config->tls)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				    "the token that holds our key has not yet answered the "
				    "attempt before");
		return NULL;
	}
	link->tls = config->tls ? tls_context_ref(config->tls) : NULL;
	mqtt_wire_init(&link->wire, link->tls && config->protocol == MQTT_PROTOCOL_5);
	link->address = g_strdup(address);
	link->mosq = mosquitto_new(config->client_id, config->clean_start, link);
	code = link->mosq ? set_options(link) : MOSQ_ERR_INVAL;
	if (code != MOSQ_ERR_SUCCESS) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "libmosquitto does not take these settings: %s",
			    mosquitto_strerror(code));
		return NULL;
	}
	set_callbacks(link->mosq);
	errno = 0;
	code = mosquitto_connect_async(link->mosq, address, config->port,
				       (int)config->keep_alive_s);
	if (code != MOSQ_ERR_SUCCESS || mosquitto_socket(link->mosq) < 0) {
		set_error(error, LANDFALL_ERROR_NETWORK, link,
			  code == MOSQ_ERR_ERRNO ? g_strerror(errno) : mosquitto_strerror(code));
		return NULL;
	}
	fcntl(mosquitto_socket(link->mosq), F_SETFD, FD_CLOEXEC);
	return g_steal_pointer(&link);
}

static void link_destroy(MqttLink *link)
{
	MqttEvent event;

	while (mqtt_link_take(link, &event))
		mqtt_event_clear(&event);
	if (link->mosq) {
		mqtt_wire_unwatch(link_ssl(link));
		if (link->tls)
			tls_context_begin(link->tls, NULL, NULL);
		mosquitto_destroy(link->mosq);
	}
	mqtt_wire_clear(&link->wire);
	tls_context_unref(link->tls);
	g_array_free(link->events, TRUE);
	g_free(link->address);
	g_free(link);
}

/* ---- a handshake whose key is in a token may take seconds: off the loop ---- */

static void signing_run(gpointer data)
{
	MqttLink *link = data;

	link->signing_code = mosquitto_loop_read(link->mosq, 1);
}

static void signing_drop(gpointer data)
{
	MqttLink *link = data;
	g_autoptr(TlsContext) tls = tls_context_ref(link->tls);

	link_destroy(link);
	tls_context_set_busy(tls, false);
}

static bool signing_start(MqttLink *link, GIOCondition ready, GError **error)
{
	tls_context_set_busy(link->tls, true);
	link->signing_ready = ready;
	link->signing = off_loop_start(signing_run, signing_drop, link);
	if (link->signing)
		return true;
	tls_context_set_busy(link->tls, false);
	set_error(error, LANDFALL_ERROR_NETWORK, link, "no thread is left to sign with a token");
	return false;
}

static int signing_take(MqttLink *link, GIOCondition *ready)
{
	off_loop_take(g_steal_pointer(&link->signing));
	tls_context_set_busy(link->tls, false);
	*ready = link->signing_ready;
	return link->signing_code;
}

void mqtt_link_free(MqttLink *link)
{
	if (!link)
		return;
	if (link->signing) {
		if (off_loop_give_up(link->signing))
			return; /* the thread frees it */
		tls_context_set_busy(link->tls, false);
	}
	link_destroy(link);
}

/* ---- running ---- */

MqttLinkStage mqtt_link_stage(const MqttLink *link)
{
	return link->stage;
}

uint8_t mqtt_link_dropped(const MqttLink *link)
{
	return (uint8_t)link->dropped;
}

bool mqtt_link_hung_up(const MqttLink *link)
{
	return link->hung_up;
}

int mqtt_link_fd(const MqttLink *link)
{
	if (link->signing)
		return off_loop_fd(link->signing);
	return mosquitto_socket(link->mosq);
}

static unsigned int events_waiting(const MqttLink *link)
{
	return link->events->len - link->event_next;
}

static bool wants_out(const MqttLink *link)
{
	if (link->wire.gathering)
		return link_gathered(link) > 0;
	return mosquitto_want_write(link->mosq);
}

GIOCondition mqtt_link_interest(MqttLink *link)
{
	if (link->signing)
		return G_IO_IN;

	SSL *ssl = link_ssl(link);
	GIOCondition in = events_waiting(link) < EVENTS_MAX ? G_IO_IN : 0;

	switch (link->stage) {
	case MQTT_LINK_TCP: return G_IO_OUT;
	case MQTT_LINK_TLS: return ssl && SSL_want_write(ssl) ? G_IO_OUT : G_IO_IN;
	case MQTT_LINK_CONNECT:
	case MQTT_LINK_OPEN: return wants_out(link) ? in | G_IO_OUT : in;
	case MQTT_LINK_CLOSED: break;
	}
	return 0;
}

/* After each call into libmosquitto that may have ended the connection. */
static bool verdict(MqttLink *link, int code, GError **error)
{
	bool gone = mosquitto_socket(link->mosq) < 0;

	if (code == MOSQ_ERR_SUCCESS)
		code = link->broken;
	if (link->closing && (gone || code != MOSQ_ERR_SUCCESS)) {
		link->stage = MQTT_LINK_CLOSED;
		return true;
	}
	if (code == MOSQ_ERR_SUCCESS && !gone)
		return true;
	return fail(link, code, error);
}

static bool step_tcp(MqttLink *link, GError **error)
{
	int failure = 0;
	socklen_t len = sizeof(failure);

	if (getsockopt(mqtt_link_fd(link), SOL_SOCKET, SO_ERROR, &failure, &len) < 0)
		failure = errno;
	if (failure != 0 && failure != ECONNRESET) {
		set_error(error, LANDFALL_ERROR_NETWORK, link, g_strerror(failure));
		return false;
	}
	link->stage = link->tls ? MQTT_LINK_TLS : MQTT_LINK_CONNECT;
	link->wire.held = false;
	link->wire.io_errno = failure; /* a reset: it stood, and is gone again */
	return failure == 0 || fail(link, MOSQ_ERR_CONN_LOST, error);
}

static bool step_tls(MqttLink *link, GIOCondition ready, GError **error)
{
	if (tls_context_slow(link->tls) && !link->signing)
		return signing_start(link, ready, error);

	int code = link->signing ? signing_take(link, &ready) : mosquitto_loop_read(link->mosq, 1);
	SSL *ssl = link_ssl(link);

	if (code != MOSQ_ERR_SUCCESS || !ssl)
		return fail(link, code, error);
	if (SSL_is_init_finished(ssl)) {
		link->stage = MQTT_LINK_CONNECT;
		mqtt_wire_gather(&link->wire, ssl);
		return true;
	}
	if (ready & (G_IO_HUP | G_IO_ERR)) /* libmosquitto would wait for ever */
		return fail(link, MOSQ_ERR_CONN_LOST, error);
	return true;
}

static int read_packet(MqttLink *link)
{
	int code;

	if (!mqtt_wire_look(&link->wire, link_ssl(link)))
		return MOSQ_ERR_MALFORMED_PACKET;
	code = mosquitto_loop_read(link->mosq, 1);
	mqtt_wire_seen(&link->wire, link_ssl(link));
	return code;
}

static int read_packets(MqttLink *link)
{
	int code;

	do {
		code = read_packet(link);
	} while (code == MOSQ_ERR_SUCCESS && events_waiting(link) < EVENTS_MAX &&
		 link_readable(link));
	return code;
}

static bool step_packets(MqttLink *link, GIOCondition ready, GError **error)
{
	int code = MOSQ_ERR_SUCCESS;

	if (ready & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		code = read_packets(link);
	if (code == MOSQ_ERR_SUCCESS && mosquitto_socket(link->mosq) >= 0 &&
	    mosquitto_want_write(link->mosq))
		code = mosquitto_loop_write(link->mosq, 1);
	if (link->stage == MQTT_LINK_OPEN)
		mosquitto_log_callback_set(link->mosq, NULL); /* it formats a text per packet */
	return verdict(link, code, error);
}

/* Brokers leave Nagle's algorithm on: their CONNACK would wait for our delayed acknowledgement of
 * what came with the end of the handshake, 40 ms. The kernel takes this setting back by itself. */
static void acknowledge_at_once(MqttLink *link)
{
	int on = 1;

	setsockopt(mqtt_link_fd(link), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

bool mqtt_link_step(MqttLink *link, GIOCondition ready, GError **error)
{
	if (link->stage != MQTT_LINK_OPEN)
		acknowledge_at_once(link);
	if (link->stage == MQTT_LINK_TCP && !step_tcp(link, error))
		return false;
	if (link->stage == MQTT_LINK_TLS && !step_tls(link, ready, error))
		return false;
	if (link->stage != MQTT_LINK_CONNECT && link->stage != MQTT_LINK_OPEN)
		return true;
	return step_packets(link, ready, error);
}

bool mqtt_link_readable(MqttLink *link)
{
	return events_waiting(link) < EVENTS_MAX && link_readable(link);
}

bool mqtt_link_tick(MqttLink *link, GError **error)
{
	if (link->stage != MQTT_LINK_OPEN)
		return true;
	link->wire.unframed -= MIN(link->wire.unframed, TICK_FORGIVEN);
	return verdict(link, mosquitto_loop_misc(link->mosq), error);
}

/* Sending failed, but what the broker said last may still lie there: acknowledgements, or the
 * alert or DISCONNECT that tells why. */
static int read_last(MqttLink *link)
{
	int code = read_packets(link);

	return code == MOSQ_ERR_SUCCESS ? MOSQ_ERR_CONN_LOST : code;
}

bool mqtt_link_flush(MqttLink *link, GError **error)
{
	int code = link->broken;

	while (code == MOSQ_ERR_SUCCESS && link_gathered(link) > 0) {
		if (!mqtt_wire_drain(link_ssl(link)))
			code = read_last(link);
		else if (link_gathered(link) > 0 || !mosquitto_want_write(link->mosq))
			break;
		else
			code = mosquitto_loop_write(link->mosq, 1);
	}
	return code == MOSQ_ERR_SUCCESS || verdict(link, code, error);
}

bool mqtt_link_take(MqttLink *link, MqttEvent *event)
{
	if (link->event_next == link->events->len) {
		g_array_set_size(link->events, 0);
		link->event_next = 0;
		return false;
	}
	*event = g_array_index(link->events, MqttEvent, link->event_next++);
	return true;
}

void mqtt_event_clear(MqttEvent *event)
{
	g_clear_pointer(&event->topic, g_free);
	g_clear_pointer(&event->payload, g_free);
}

/* ---- sending ---- */

/* A request that libmosquitto did not take: what that means for the caller and for the link. */
static void set_send_error(GError **error, MqttLink *link, int code)
{
	switch (code) {
	case MOSQ_ERR_INVAL:
	case MOSQ_ERR_MALFORMED_UTF8:
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "the topic is not one MQTT allows");
		return;
	case MOSQ_ERR_PAYLOAD_SIZE:
	case MOSQ_ERR_OVERSIZE_PACKET:
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "the message is larger than the broker takes");
		return;
	case MOSQ_ERR_QOS_NOT_SUPPORTED:
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "the broker does not take QoS 1");
		return;
	default:
		link->broken = code;
		set_error(error, LANDFALL_ERROR_NETWORK, link, "connection lost while sending");
	}
}

uint16_t mqtt_link_publish(MqttLink *link, const char *topic, const void *payload, size_t len,
			   bool retain, GError **error)
{
	size_t packet = 1 + 4 + 2 + strlen(topic) + 2 + 1 + len; /* header, topic, id, properties */
	int code = MOSQ_ERR_OVERSIZE_PACKET;
	int id = 0;

	if (link->packet_max == 0 || packet <= link->packet_max)
		code = mosquitto_publish(link->mosq, &id, topic, (int)len, payload, 1, retain);
	if (code == MOSQ_ERR_SUCCESS)
		return (uint16_t)id;
	set_send_error(error, link, code);
	return 0;
}

uint16_t mqtt_link_subscribe(MqttLink *link, const char *filter, int qos, GError **error)
{
	int id = 0;
	int code = mosquitto_subscribe(link->mosq, &id, filter, qos);

	if (code == MOSQ_ERR_SUCCESS)
		return (uint16_t)id;
	set_send_error(error, link, code);
	return 0;
}

void mqtt_link_close(MqttLink *link)
{
	link->closing = true;
	if (link->stage != MQTT_LINK_OPEN || mosquitto_disconnect(link->mosq) != MOSQ_ERR_SUCCESS ||
	    mosquitto_socket(link->mosq) < 0)
		link->stage = MQTT_LINK_CLOSED;
}
