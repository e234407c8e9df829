/* SPDX-License-Identifier: MIT */
/* mqtt: what a client may be made of, reason codes in words, a client at rest. tests/broker has
 * everything that needs a connection. */
#include "common/mqtt.h"

#include <string.h>

#include "common/error.h"
#include "common/mqtt-reason.h"

/* One value that differs from a good configuration; named in the message when it is refused. */
typedef struct BoundsCase {
	const char *path;
	size_t host_len, id_len, topic_len, password_len, user_len, will_len;
	unsigned int keep_alive_s, timeout_ms, window;
	uint16_t port;
	const char *fault; /* NULL: accepted */
} BoundsCase;

#define GOOD_LENGTHS 9, 6, 0, 0, 0, 0
#define GOOD_NUMBERS 60, 30000, 100, 8883

static const BoundsCase bounds_cases[] = {
	{ "/mqtt/bounds/good", GOOD_LENGTHS, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/host-max", 253, 6, 0, 0, 0, 0, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/host-long", 254, 6, 0, 0, 0, 0, GOOD_NUMBERS, "host" },
	{ "/mqtt/bounds/host-none", 0, 6, 0, 0, 0, 0, GOOD_NUMBERS, "host" },
	{ "/mqtt/bounds/id-max", 9, 256, 0, 0, 0, 0, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/id-long", 9, 257, 0, 0, 0, 0, GOOD_NUMBERS, "client id" },
	{ "/mqtt/bounds/id-none", 9, 0, 0, 0, 0, 0, GOOD_NUMBERS, "client id" },
	{ "/mqtt/bounds/will-topic-max", 9, 6, 1024, 0, 0, 0, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/will-topic-long", 9, 6, 1025, 0, 0, 0, GOOD_NUMBERS, "topic of the will" },
	{ "/mqtt/bounds/will-max", 9, 6, 5, 0, 0, 65535, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/will-long", 9, 6, 5, 0, 0, 65536, GOOD_NUMBERS, "payload of the will" },
	{ "/mqtt/bounds/login", 9, 6, 0, 1024, 1024, 0, GOOD_NUMBERS, NULL },
	{ "/mqtt/bounds/password-long", 9, 6, 0, 1025, 4, 0, GOOD_NUMBERS, "password" },
	{ "/mqtt/bounds/password-alone", 9, 6, 0, 4, 0, 0, GOOD_NUMBERS, "password" },
	{ "/mqtt/bounds/user-long", 9, 6, 0, 0, 1025, 0, GOOD_NUMBERS, "user name" },
	{ "/mqtt/bounds/keep-alive-min", GOOD_LENGTHS, 5, 1, 1, 1, NULL },
	{ "/mqtt/bounds/keep-alive-short", GOOD_LENGTHS, 4, 30000, 100, 8883, "keep-alive" },
	{ "/mqtt/bounds/keep-alive-long", GOOD_LENGTHS, 65536, 30000, 100, 8883, "keep-alive" },
	{ "/mqtt/bounds/timeout-none", GOOD_LENGTHS, 60, 0, 100, 8883, "time-out" },
	{ "/mqtt/bounds/timeout-long", GOOD_LENGTHS, 60, 600001, 100, 8883, "time-out" },
	{ "/mqtt/bounds/window-none", GOOD_LENGTHS, 60, 30000, 0, 8883, "window" },
	{ "/mqtt/bounds/window-max", GOOD_LENGTHS, 65535, 600000, MQTT_WINDOW_MAX, 65535, NULL },
	{ "/mqtt/bounds/window-large", GOOD_LENGTHS, 60, 30000, MQTT_WINDOW_MAX + 1, 8883,
	  "window" },
	{ "/mqtt/bounds/port-none", GOOD_LENGTHS, 60, 30000, 100, 0, "port" },
};

static void on_disconnected(MqttClient *client, const GError *error, gpointer data)
{
	unsigned int *ended = data;

	++*ended;
}

static const MqttCallbacks callbacks = { .disconnected = on_disconnected };

/* @len times the letter a, or NULL */
static char *text_of(size_t len)
{
	return len ? g_strnfill(len, 'a') : NULL;
}

static void test_bounds(gconstpointer data)
{
	const BoundsCase *c = data;
	g_autofree char *host = text_of(c->host_len);
	g_autofree char *id = text_of(c->id_len);
	g_autofree char *topic = text_of(c->topic_len);
	g_autofree char *user = text_of(c->user_len);
	g_autofree char *password = text_of(c->password_len);
	g_autoptr(Secret) secret = password ? secret_new(password, c->password_len) : NULL;
	g_autoptr(GBytes) will = g_bytes_new_take(g_malloc0(c->will_len), c->will_len);
	g_autoptr(GError) error = NULL;
	MqttConfig config = {
		.host = host,
		.port = c->port,
		.client_id = id,
		.user_name = user,
		.password = secret,
		.keep_alive_s = c->keep_alive_s,
		.connect_timeout_ms = c->timeout_ms,
		.window = c->window,
		.will_topic = topic,
		.will_payload = will,
	};
	g_autoptr(MqttClient) client = mqtt_client_new(&config, &callbacks, NULL, &error);

	if (!c->fault) {
		g_assert_no_error(error);
		return;
	}
	g_assert_null(client);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, c->fault));
}

static MqttConfig plain_config(const char *host)
{
	return (MqttConfig){
		.host = host,
		.port = 1,
		.client_id = "device",
		.keep_alive_s = 60,
		.connect_timeout_ms = 60000,
		.window = 1,
	};
}

static void test_foreign_tls_context(void)
{
	TlsConfig tls = { .host = "broker.test" };
	g_autoptr(GError) error = NULL;
	g_autoptr(TlsContext) context = tls_context_new(&tls, &error);
	MqttConfig config = plain_config("other.test");
	MqttClient *client;

	g_assert_no_error(error);
	config.tls = context;
	client = mqtt_client_new(&config, &callbacks, NULL, &error);
	g_assert_null(client);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

static void test_at_rest(void)
{
	MqttConfig config = plain_config("127.0.0.1");
	g_autoptr(GError) error = NULL;
	unsigned int ended = 0;
	g_autoptr(MqttClient) client = mqtt_client_new(&config, &callbacks, &ended, &error);

	g_assert_no_error(error);
	g_assert_false(mqtt_client_connected(client));
	g_assert_cmpuint(mqtt_client_room(client), ==, 0);
	mqtt_client_disconnect(client); /* nothing to end */
	g_assert_cmpuint(mqtt_client_publish(client, "a", NULL, 0, false, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK);
	g_clear_error(&error);
	g_assert_cmpuint(mqtt_client_subscribe(client, "a", 1, &error), ==, 0);
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_NETWORK);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(ended, ==, 0);
	mqtt_client_free(NULL);
}

/* Two clients in contexts of their own: each speaks in its own only. */
static void test_own_context(void)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	MqttConfig config = plain_config("127.0.0.1");
	unsigned int ended = 0;
	MqttClient *client;

	g_main_context_push_thread_default(context);
	client = mqtt_client_new(&config, &callbacks, &ended, NULL);
	g_assert_true(mqtt_client_connect(client, NULL));
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_cmpuint(ended, ==, 0);
	mqtt_client_disconnect(client);
	while (ended == 0)
		g_main_context_iteration(context, TRUE);
	mqtt_client_free(client);
	g_main_context_pop_thread_default(context);
}

static void test_reasons(void)
{
	g_assert_cmpstr(mqtt_reason(0x87), ==, "not authorised");
	g_assert_cmpint(mqtt_reason_error(0x87), ==, LANDFALL_ERROR_DENIED);
	g_assert_cmpstr(mqtt_connack_reason(5), ==, "not authorised");
	g_assert_cmpint(mqtt_connack_error(5), ==, LANDFALL_ERROR_DENIED);
	g_assert_cmpint(mqtt_connack_error(3), ==, LANDFALL_ERROR_NETWORK);
	g_assert_cmpint(mqtt_connack_error(1), ==, LANDFALL_ERROR_INVALID);
	g_assert_cmpstr(mqtt_connack_reason(6), ==, "unknown reason");
	for (unsigned int code = 0; code <= UINT8_MAX; code++)
		g_assert_cmpuint(strlen(mqtt_reason((uint8_t)code)), >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(bounds_cases); i++)
		g_test_add_data_func(bounds_cases[i].path, &bounds_cases[i], test_bounds);
	g_test_add_func("/mqtt/foreign-tls-context", test_foreign_tls_context);
	g_test_add_func("/mqtt/at-rest", test_at_rest);
	g_test_add_func("/mqtt/own-context", test_own_context);
	g_test_add_func("/mqtt/reasons", test_reasons);
	return g_test_run();
}
