/* SPDX-License-Identifier: MIT */
#include "ctl/provision-watch.h"

#include "common/error.h"
#include "ctl/provisioner-client.h"
#include "ctl/watch-account.h"
#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-name.h"
#include "dbus/bus-properties.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MAX 512

typedef struct Watch {
	const Ctl *ctl;
	const char *until;
	GMainLoop *loop;
	Bus *bus;
	BusNameWatch *name;
	BusMatch *changes;
	BusCall *call;     /* GetAll under way */
	cJSON *properties; /* NULL: it does not run, or was not read yet */
	WatchAccount *account;
	char *state; /* the last line's, and since when */
	int64_t since_us;
	bool live; /* the last line of a terminal is ours */
	guint tick;
	GError *error;
} Watch;

static void watch_clear(Watch *watch)
{
	g_clear_handle_id(&watch->tick, g_source_remove);
	bus_call_cancel(watch->call);
	bus_match_free(watch->changes);
	bus_name_unwatch(watch->name);
	bus_free(watch->bus);
	watch_account_free(watch->account);
	cJSON_Delete(watch->properties);
	g_clear_pointer(&watch->loop, g_main_loop_unref);
	g_free(watch->state);
	g_clear_error(&watch->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

static void watch_fail(Watch *watch, GError *error)
{
	if (!watch->error)
		watch->error = error;
	else
		g_error_free(error);
	g_main_loop_quit(watch->loop);
}

/* ---- what is seen of it ---- */

static size_t terminal_width(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return 80;
	return MIN(size.ws_col, WIDTH_MAX);
}

/* The last line of a terminal, in place of the one before; it never wraps. */
static void draw_present(const Watch *watch)
{
	int64_t lasted_us = g_get_monotonic_time() - watch->since_us;
	g_autofree char *text =
		watch_account_present(watch->account, (unsigned int)(lasted_us / G_USEC_PER_SEC));
	g_autofree char *fitting =
		g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), (long)terminal_width() - 3));

	if (!watch->live)
		return;
	printf("\r\033[K> %s", fitting);
	fflush(stdout);
}

static gboolean on_tick(gpointer data)
{
	draw_present(data);
	return G_SOURCE_CONTINUE;
}

static void print_line(const char *state, const char *text, void *data)
{
	Watch *watch = data;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *clock = g_date_time_format(now, "%H:%M:%S");

	if (watch->ctl->json)
		return;
	printf("%s%s  %-8s  %s\n", watch->live ? "\r\033[K" : "", *state ? clock : "        ",
	       state, text);
}

/* {"time":…} and all properties; State alone when it does not run. */
static void print_json(const Watch *watch)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
	cJSON *object =
		watch->properties ? cJSON_Duplicate(watch->properties, true) : cJSON_CreateObject();

	if (!watch->properties)
		cJSON_AddStringToObject(object, "State", watch_account_state(watch->account));
	cJSON_AddStringToObject(object, "time", time);
	ctl_print_json(object);
}

/* After each change: tell it, and see whether it was the last one wanted. */
static void show(Watch *watch)
{
	const char *state = NULL;

	watch_account_update(watch->account, watch->properties);
	if (watch->ctl->json)
		print_json(watch);
	state = watch_account_state(watch->account);
	if (g_strcmp0(state, watch->state) != 0) {
		g_free(watch->state);
		watch->state = g_strdup(state);
		watch->since_us = g_get_monotonic_time();
	}
	draw_present(watch);
	fflush(stdout);
	if (ferror(stdout) || g_strcmp0(state, watch->until) == 0)
		g_main_loop_quit(watch->loop);
}

/* ---- the bus ---- */

static void on_properties(BusReply *reply, void *data)
{
	Watch *watch = data;
	g_autoptr(GError) error = NULL;

	watch->call = NULL;
	if (bus_reply_expect(reply, "a{sv}", &error)) {
		watch->properties = cJSON_CreateObject();
		provisioner_client_take(bus_reply_reader(reply), watch->properties);
		show(watch);
	} else if (g_error_matches(error, BUS_ERROR, BUS_ERROR_DENIED)) {
		watch_fail(watch, g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_DENIED,
						      error->message));
	}
	/* else it left before it answered, which on_owner() is told as well */
}

static void on_owner(const char *owner, void *data)
{
	Watch *watch = data;
	BusMessage *message = NULL;

	bus_call_cancel(watch->call);
	watch->call = NULL;
	g_clear_pointer(&watch->properties, cJSON_Delete);
	if (!owner) {
		show(watch);
		return;
	}
	message = bus_properties_get_all(owner, PROVISIONER_PATH, PROVISIONER_NAME);
	watch->call =
		bus_call_start(watch->bus, message, BUS_TIMEOUT_DEFAULT, on_properties, watch);
}

static void on_changes(BusMessage *signal, void *data)
{
	Watch *watch = data;
	BusReader *reader = bus_message_reader(signal);

	/* What changes before the first answer is in it. */
	if (!watch->properties || strcmp(bus_message_signature(signal), "sa{sv}as") != 0)
		return;
	bus_reader_skip(reader);
	provisioner_client_take(reader, watch->properties);
	show(watch);
}

static void on_disconnected(Bus *bus, const GError *error, void *data)
{
	watch_fail(data, g_error_copy(error));
}

static gboolean on_interrupt(gpointer data)
{
	Watch *watch = data;

	g_main_loop_quit(watch->loop);
	return G_SOURCE_CONTINUE;
}

static bool watch_begin(Watch *watch, GError **error)
{
	const BusMatchRule rule = { .sender = PROVISIONER_NAME,
				    .path = PROVISIONER_PATH,
				    .interface = BUS_PROPERTIES_IFACE,
				    .member = "PropertiesChanged",
				    .arg0 = PROVISIONER_NAME };

	watch->bus =
		bus_open(watch->ctl->config->provisioner.bus, NULL, on_disconnected, watch, error);
	if (!watch->bus)
		return false;
	/* Listening comes first: nothing is missed between the answer and what follows it. */
	watch->changes = bus_match_new(watch->bus, &rule, on_changes, watch);
	watch->name = bus_name_watch(watch->bus, PROVISIONER_NAME, on_owner, watch);
	return true;
}

bool provision_watch(const Ctl *ctl, const char *until, GError **error)
{
	bool terminal = isatty(STDOUT_FILENO) && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
	g_auto(Watch) watch = {
		.ctl = ctl,
		.until = until,
		.loop = g_main_loop_new(NULL, FALSE),
		.live = terminal && !ctl->json,
	};
	guint interrupt = 0;

	watch.account = watch_account_new(print_line, &watch);
	if (!watch_begin(&watch, error))
		return false;
	if (watch.live)
		watch.tick = g_timeout_add_seconds(1, on_tick, &watch);
	interrupt = g_unix_signal_add(SIGINT, on_interrupt, &watch);
	g_main_loop_run(watch.loop);
	g_source_remove(interrupt);
	if (watch.live)
		printf("\r\033[K");
	if (watch.error)
		g_propagate_error(error, g_steal_pointer(&watch.error));
	return !(error && *error);
}
