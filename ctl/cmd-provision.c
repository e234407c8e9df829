/* SPDX-License-Identifier: MIT */
/* landfallctl provision - start, stop and watch provisioning over Bluetooth LE */
#include "common/error.h"
#include "ctl/ctl.h"
#include "ctl/provisioner-client.h"
#include "dbus/bus-peer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct Watch {
	const Ctl *ctl;
	const char *until; /* state to end at, or NULL */
	GMainLoop *loop;
	char *last; /* the line printed last: changes come in pairs */
	GError *error;
} Watch;

static void watch_clear(Watch *watch)
{
	g_clear_pointer(&watch->loop, g_main_loop_unref);
	g_free(watch->last);
	g_clear_error(&watch->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

static const char *property(BusMirror *mirror, const char *name)
{
	const char *text = bus_mirror_string(mirror, PROVISIONER_NAME, name);

	return text ? text : "";
}

static void print_state(const Watch *watch, const char *state, const char *progress,
			BusMirror *mirror)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *clock = g_date_time_format(now, "%H:%M:%S");

	if (watch->ctl->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "state", state);
		cJSON_AddStringToObject(object, "progress", progress);
		if (mirror) {
			cJSON_AddStringToObject(object, "peer", property(mirror, "Peer"));
			cJSON_AddStringToObject(object, "failure", property(mirror, "Failure"));
			cJSON_AddStringToObject(object, "ip4", property(mirror, "Ip4Address"));
		}
		ctl_print_json(object);
		return;
	}
	printf("%s  %-8s  %s\n", clock, state, progress);
	fflush(stdout);
}

static void show_state(Watch *watch, BusMirror *mirror)
{
	const char *state = property(mirror, "State");
	const char *progress = property(mirror, "Progress");
	g_autofree char *line = g_strdup_printf("%s %s", state, progress);

	if (g_strcmp0(line, watch->last) != 0) {
		print_state(watch, state, progress, mirror);
		g_free(watch->last);
		watch->last = g_steal_pointer(&line);
	}
	if (g_strcmp0(state, watch->until) == 0)
		g_main_loop_quit(watch->loop);
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	show_state(user_data, mirror);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface, const char *changed,
		       void *user_data)
{
	if (g_str_equal(changed, "State") || g_str_equal(changed, "Progress"))
		show_state(user_data, mirror);
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	Watch *watch = user_data;

	g_clear_pointer(&watch->last, g_free);
	print_state(watch, "absent", "the provisioner has ended", NULL);
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	Watch *watch = user_data;

	if (!watch->error)
		watch->error = g_error_copy(error);
	g_main_loop_quit(watch->loop);
}

static void on_disconnected(Bus *bus, const GError *error, void *user_data)
{
	on_failed(NULL, error, user_data);
}

static const BusPeerEvents watch_events = {
	.vanished = on_vanished,
	.added = on_added,
	.changed = on_changed,
	.failed = on_failed,
};

static bool provision_watch(const Ctl *ctl, const char *until, GError **error)
{
	g_auto(Watch) watch = {
		.ctl = ctl,
		.until = until,
		.loop = g_main_loop_new(NULL, FALSE),
	};
	g_autoptr(Bus) bus =
		bus_open(ctl->config->provisioner.bus, NULL, on_disconnected, &watch, error);
	const BusPeerSpec spec = { .name = PROVISIONER_NAME };

	if (!bus)
		return false;

	g_autoptr(BusPeer) peer = bus_peer_new(bus, &spec, &watch_events, &watch);

	bus_peer_add_object(peer, PROVISIONER_PATH, PROVISIONER_NAME);
	if (!ctl->json)
		fprintf(stderr, "Watching the provisioner; Ctrl-C ends.\n");
	g_main_loop_run(watch.loop);
	if (!watch.error)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_BUS, watch.error->message);
	return false;
}

bool cmd_provision(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_autofree char *until = NULL;
	const GOptionEntry entries[] = {
		{ "until", 0, 0, G_OPTION_ARG_STRING, &until, "watch: end when it is reached",
		  "STATE" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("provision start | provision stop | provision watch [--until=STATE]",
		       entries, &argc, &argv, error))
		return false;

	const char *verb = argc == 2 ? argv[1] : "";

	if (g_str_equal(verb, "watch"))
		return provision_watch(ctl, until, error);
	if (g_str_equal(verb, "start"))
		return provisioner_client_call(ctl->config, "Start", error);
	if (g_str_equal(verb, "stop"))
		return provisioner_client_call(ctl->config, "Stop", error);
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			    "provision takes 'start', 'stop' or 'watch'");
	return false;
}
