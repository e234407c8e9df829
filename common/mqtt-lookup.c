/* SPDX-License-Identifier: MIT */
#include "common/mqtt-lookup.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"

/* Held by the owner and by the pending source (or the thread that will attach it). What the
 * thread writes is read only after the source was attached, which orders the two. */
struct MqttLookup {
	gatomicrefcount refs;
	char *host;
	GMainContext *context;
	MqttLookupDone done;
	gpointer data;
	bool cancelled;   /* main context only */
	char **addresses; /* written by the thread */
	GError *error;    /* written by the thread */
};

static void lookup_unref(gpointer data)
{
	MqttLookup *lookup = data;

	if (!g_atomic_ref_count_dec(&lookup->refs))
		return;
	g_main_context_unref(lookup->context);
	g_strfreev(lookup->addresses);
	g_clear_error(&lookup->error);
	g_free(lookup->host);
	g_free(lookup);
}

static gboolean on_answered(gpointer data)
{
	MqttLookup *lookup = data;

	if (!lookup->cancelled)
		lookup->done((const char *const *)lookup->addresses, lookup->error, lookup->data);
	return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(): that may run the callback here and now, in the thread. */
static void answer(MqttLookup *lookup)
{
	GSource *source = g_idle_source_new();

	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, on_answered, lookup, lookup_unref);
	g_source_attach(source, lookup->context);
	g_source_unref(source);
}

static char **addresses_new(const struct addrinfo *list)
{
	GPtrArray *texts = g_ptr_array_new();

	for (; list && texts->len < MQTT_LOOKUP_ADDRESSES_MAX; list = list->ai_next) {
		char text[NI_MAXHOST];

		if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0,
				NI_NUMERICHOST) == 0)
			g_ptr_array_add(texts, g_strdup(text));
	}
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_free(texts, FALSE);
}

/* Fills addresses or error. Returns false when @flags allow no answer. */
static bool resolve(MqttLookup *lookup, int flags)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags,
	};
	struct addrinfo *list = NULL;
	int code = getaddrinfo(lookup->host, NULL, &hints, &list);

	if (code == EAI_NONAME && flags & AI_NUMERICHOST)
		return false;
	if (code == 0) {
		lookup->addresses = addresses_new(list);
		freeaddrinfo(list);
	} else {
		lookup->error =
			g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				    "host name %s cannot be looked up: %s", lookup->host,
				    code == EAI_SYSTEM ? g_strerror(errno) : gai_strerror(code));
	}
	return true;
}

static gpointer run(gpointer data)
{
	MqttLookup *lookup = data;

	resolve(lookup, 0);
	answer(lookup);
	return NULL;
}

MqttLookup *mqtt_lookup_start(const char *host, GMainContext *context, MqttLookupDone done,
			      gpointer data)
{
	MqttLookup *lookup = g_new0(MqttLookup, 1);
	g_autoptr(GError) error = NULL;
	GThread *thread;

	g_atomic_ref_count_init(&lookup->refs);
	g_atomic_ref_count_inc(&lookup->refs);
	lookup->host = g_strdup(host);
	lookup->context = g_main_context_ref(context);
	lookup->done = done;
	lookup->data = data;
	if (resolve(lookup, AI_NUMERICHOST)) {
		answer(lookup);
		return lookup;
	}
	thread = g_thread_try_new("mqtt-lookup", run, lookup, &error);
	if (thread) {
		g_thread_unref(thread);
		return lookup;
	}
	lookup->error = g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_NETWORK,
				    "host name %s cannot be looked up: no thread: %s", host,
				    error->message);
	answer(lookup);
	return lookup;
}

void mqtt_lookup_free(MqttLookup *lookup)
{
	if (!lookup)
		return;
	lookup->cancelled = true;
	lookup_unref(lookup);
}
