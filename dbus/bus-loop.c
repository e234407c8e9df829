/* SPDX-License-Identifier: MIT */
/*
 * bus-loop - libdbus on a GMainContext, as one GSource
 *
 * libdbus hands out watches (descriptors) and timeouts and wants to be told when they are ready.
 * Both lists may change inside any of its calls, so they are walked by index, nothing is touched
 * after the call, and what is missed comes back at the next turn: descriptors are level-triggered.
 */
#include "dbus/bus-private.h"

/* Messages handled before other sources get their turn. */
#define TURN_MAX 16

typedef struct LoopWatch {
	DBusWatch *watch;
	gpointer tag; /* NULL while libdbus is not interested */
} LoopWatch;

typedef struct LoopTimeout {
	DBusTimeout *timeout;
	gint64 due_us; /* -1 while disabled */
} LoopTimeout;

struct BusLoop {
	GSource source; /* first: GLib allocates it */
	Bus *bus;       /* borrowed: bus_free() ends the loop first */
	GPtrArray *watches;
	GPtrArray *timeouts;
};

static bool loop_has_work(BusLoop *loop)
{
	Bus *bus = loop->bus;

	return bus->dirty->len > 0 ||
	       dbus_connection_get_dispatch_status(bus->connection) != DBUS_DISPATCH_COMPLETE;
}

static gboolean loop_prepare(GSource *source, int *timeout_ms)
{
	*timeout_ms = -1;
	return loop_has_work((BusLoop *)source);
}

static gboolean loop_check(GSource *source)
{
	BusLoop *loop = (BusLoop *)source;

	for (guint i = 0; i < loop->watches->len; i++) {
		LoopWatch *entry = g_ptr_array_index(loop->watches, i);

		if (entry->tag && g_source_query_unix_fd(source, entry->tag))
			return TRUE;
	}
	return loop_has_work(loop);
}

static void loop_handle_watches(BusLoop *loop)
{
	static const struct {
		GIOCondition condition;
		unsigned int flag;
	} conditions[] = {
		{ G_IO_IN, DBUS_WATCH_READABLE },
		{ G_IO_OUT, DBUS_WATCH_WRITABLE },
		{ G_IO_ERR, DBUS_WATCH_ERROR },
		{ G_IO_HUP, DBUS_WATCH_HANGUP },
	};

	for (guint i = 0; i < loop->watches->len; i++) {
		LoopWatch *entry = g_ptr_array_index(loop->watches, i);
		GIOCondition ready =
			entry->tag ? g_source_query_unix_fd(&loop->source, entry->tag) : 0;
		unsigned int flags = 0;

		for (size_t k = 0; k < G_N_ELEMENTS(conditions); k++)
			flags |= ready & conditions[k].condition ? conditions[k].flag : 0;
		if (flags)
			dbus_watch_handle(entry->watch, flags);
	}
}

/* Wakes the source for the earliest timeout. */
static void loop_set_alarm(BusLoop *loop)
{
	gint64 first_us = -1;

	for (guint i = 0; i < loop->timeouts->len; i++) {
		LoopTimeout *entry = g_ptr_array_index(loop->timeouts, i);

		if (entry->due_us >= 0 && (first_us < 0 || entry->due_us < first_us))
			first_us = entry->due_us;
	}
	g_source_set_ready_time(&loop->source, first_us);
}

static void loop_arm(LoopTimeout *entry)
{
	entry->due_us = -1;
	if (dbus_timeout_get_enabled(entry->timeout))
		entry->due_us = g_get_monotonic_time() +
				(gint64)dbus_timeout_get_interval(entry->timeout) * 1000;
}

static void loop_handle_timeouts(BusLoop *loop)
{
	gint64 now_us = g_source_get_time(&loop->source);

	for (guint i = 0; i < loop->timeouts->len; i++) {
		LoopTimeout *entry = g_ptr_array_index(loop->timeouts, i);

		if (entry->due_us < 0 || entry->due_us > now_us)
			continue;
		loop_arm(entry);
		dbus_timeout_handle(entry->timeout);
	}
	loop_set_alarm(loop);
}

static gboolean loop_dispatch(GSource *source, GSourceFunc func, gpointer user_data)
{
	BusLoop *loop = (BusLoop *)source;
	Bus *bus = bus_ref(loop->bus);
	DBusConnection *connection = dbus_connection_ref(bus->connection);

	loop_handle_watches(loop);
	loop_handle_timeouts(loop);
	bus_object_flush(bus);
	for (int i = 0; i < TURN_MAX && bus->connection; i++) {
		if (dbus_connection_dispatch(connection) == DBUS_DISPATCH_COMPLETE)
			break;
	}
	dbus_connection_unref(connection);
	bus_unref(bus);
	return G_SOURCE_CONTINUE;
}

static void loop_finalize(GSource *source)
{
	BusLoop *loop = (BusLoop *)source;

	g_ptr_array_unref(loop->watches);
	g_ptr_array_unref(loop->timeouts);
}

static void watch_toggled(DBusWatch *watch, void *data)
{
	BusLoop *loop = data;
	LoopWatch *entry = dbus_watch_get_data(watch);
	unsigned int flags = dbus_watch_get_flags(watch);

	if (entry->tag)
		g_source_remove_unix_fd(&loop->source, entry->tag);
	entry->tag = NULL;
	if (!dbus_watch_get_enabled(watch))
		return;
	entry->tag = g_source_add_unix_fd(&loop->source, dbus_watch_get_unix_fd(watch),
					  (flags & DBUS_WATCH_READABLE ? G_IO_IN : 0) |
						  (flags & DBUS_WATCH_WRITABLE ? G_IO_OUT : 0) |
						  G_IO_ERR | G_IO_HUP);
}

static dbus_bool_t watch_add(DBusWatch *watch, void *data)
{
	BusLoop *loop = data;
	LoopWatch *entry = g_new0(LoopWatch, 1);

	entry->watch = watch;
	dbus_watch_set_data(watch, entry, NULL);
	g_ptr_array_add(loop->watches, entry);
	watch_toggled(watch, loop);
	return TRUE;
}

static void watch_remove(DBusWatch *watch, void *data)
{
	BusLoop *loop = data;
	LoopWatch *entry = dbus_watch_get_data(watch);

	if (entry->tag)
		g_source_remove_unix_fd(&loop->source, entry->tag);
	dbus_watch_set_data(watch, NULL, NULL);
	g_ptr_array_remove(loop->watches, entry);
}

static void timeout_toggled(DBusTimeout *timeout, void *data)
{
	loop_arm(dbus_timeout_get_data(timeout));
	loop_set_alarm(data);
}

static dbus_bool_t timeout_add(DBusTimeout *timeout, void *data)
{
	BusLoop *loop = data;
	LoopTimeout *entry = g_new0(LoopTimeout, 1);

	entry->timeout = timeout;
	dbus_timeout_set_data(timeout, entry, NULL);
	g_ptr_array_add(loop->timeouts, entry);
	timeout_toggled(timeout, loop);
	return TRUE;
}

static void timeout_remove(DBusTimeout *timeout, void *data)
{
	BusLoop *loop = data;
	LoopTimeout *entry = dbus_timeout_get_data(timeout);

	dbus_timeout_set_data(timeout, NULL, NULL);
	g_ptr_array_remove(loop->timeouts, entry);
	loop_set_alarm(loop);
}

BusLoop *bus_loop_new(Bus *bus)
{
	static GSourceFuncs funcs = { .prepare = loop_prepare,
				      .check = loop_check,
				      .dispatch = loop_dispatch,
				      .finalize = loop_finalize };
	BusLoop *loop = (BusLoop *)g_source_new(&funcs, sizeof(BusLoop));

	loop->bus = bus;
	loop->watches = g_ptr_array_new_with_free_func(g_free);
	loop->timeouts = g_ptr_array_new_with_free_func(g_free);
	bus_must(dbus_connection_set_watch_functions(bus->connection, watch_add, watch_remove,
						     watch_toggled, loop, NULL) &&
		 dbus_connection_set_timeout_functions(bus->connection, timeout_add, timeout_remove,
						       timeout_toggled, loop, NULL));
	g_source_set_static_name(&loop->source, "landfall-bus");
	g_source_attach(&loop->source, bus->context);
	return loop;
}

void bus_loop_free(BusLoop *loop)
{
	DBusConnection *connection = loop->bus->connection;

	bus_must(dbus_connection_set_watch_functions(connection, NULL, NULL, NULL, NULL, NULL) &&
		 dbus_connection_set_timeout_functions(connection, NULL, NULL, NULL, NULL, NULL));
	g_source_destroy(&loop->source);
	g_source_unref(&loop->source);
}
