/* SPDX-License-Identifier: MIT */
/*
 * bus-peer - states of a peer, by what is set
 *
 * | owner | loads | present | meaning                                              |
 * |-------|-------|---------|------------------------------------------------------|
 * | NULL  | 0     | no      | not on the bus (or not known yet)                    |
 * | set   | > 0   | no      | being read; signals about objects are in the reply   |
 * | set   | 0     | yes     | mirrored                                             |
 * | set   | 0     | no      | its objects could not be read; `again` is due        |
 *
 * Any callback may free the peer: each way in holds it (peer_hold) until its end, and nothing is
 * told to the owner once `freed` is set.
 */
#include "dbus/bus-peer.h"
#include "dbus/bus-private.h"

#include <string.h>

/* Properties and objects being asked for at one time. */
#define FETCHES_MAX 64

/* Between two attempts to read the objects of a service that is there; each waits twice as long. */
#define AGAIN_MIN_S 5
#define AGAIN_MAX_S 60

/* Objects to be mirrored one by one. */
typedef struct PeerObject {
	char *path;
	char *interface;
} PeerObject;

struct BusPeer {
	Bus *bus; /* counted */
	char *name;
	char *root;
	GStrv interfaces;
	const BusPeerEvents *events;
	void *user_data;
	BusNameWatch *watch;
	GPtrArray *matches; /* BusMatch, owned */
	GPtrArray *wanted;  /* PeerObject, owned */
	char *owner;
	GPtrArray *fetches; /* Fetch, owned */
	unsigned int loads; /* those of them that have to end before `appeared` */
	bool reading;       /* GetManagedObjects is under way */
	bool failed;
	GSource *again;       /* NULL: not needed */
	unsigned int again_s; /* how long the next one waits */
	bool present;
	GHashTable *mirrors; /* path -> BusMirror, owned */
	unsigned int held;
	bool freed;
	bool warned;
};

/* One question to the service. */
typedef struct Fetch {
	BusPeer *peer;
	BusCall *call;
	char *path;
	char *interface; /* NULL: GetManagedObjects */
	char *property;  /* NULL: GetAll */
	bool load;
} Fetch;

static void fetch_free(gpointer data)
{
	Fetch *fetch = data;

	bus_call_cancel(fetch->call);
	g_free(fetch->path);
	g_free(fetch->interface);
	g_free(fetch->property);
	g_free(fetch);
}

static void peer_object_free(gpointer data)
{
	PeerObject *object = data;

	g_free(object->path);
	g_free(object->interface);
	g_free(object);
}

static void peer_destroy(BusPeer *peer)
{
	g_ptr_array_unref(peer->matches);
	g_ptr_array_unref(peer->fetches);
	g_ptr_array_unref(peer->wanted);
	g_hash_table_unref(peer->mirrors);
	g_strfreev(peer->interfaces);
	g_free(peer->owner);
	g_free(peer->root);
	g_free(peer->name);
	bus_unref(peer->bus);
	g_free(peer);
}

static void peer_hold(BusPeer *peer)
{
	peer->held++;
}

static void peer_release(BusPeer *peer)
{
	if (--peer->held == 0 && peer->freed)
		peer_destroy(peer);
}

static void tell_added(BusPeer *peer, BusMirror *mirror, const char *interface)
{
	if (!peer->freed && peer->events->added)
		peer->events->added(peer, mirror, interface, peer->user_data);
}

static void tell_removed(BusPeer *peer, BusMirror *mirror, const char *interface)
{
	if (!peer->freed && peer->events->removed)
		peer->events->removed(peer, mirror, interface, peer->user_data);
}

static void tell_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
			 const char *property)
{
	if (!peer->freed && peer->events->changed)
		peer->events->changed(peer, mirror, interface, property, peer->user_data);
}

static void tell_failed(BusPeer *peer, const GError *error)
{
	if (!peer->freed && peer->events->failed)
		peer->events->failed(peer, error, peer->user_data);
}

static void peer_warn(BusPeer *peer, const char *what)
{
	if (!peer->warned)
		g_warning("%s: %s exceeds what is mirrored and is left out", peer->name, what);
	peer->warned = true;
}

static bool peer_wants(const BusPeer *peer, const char *interface)
{
	return !peer->interfaces ||
	       g_strv_contains((const char *const *)peer->interfaces, interface);
}

/* Reads an open a{sv} into an interface of the mirror. */
static void peer_read_values(BusPeer *peer, BusMirror *mirror, const char *interface,
			     BusReader *reader, bool tell)
{
	const char *property;

	while ((property = bus_reader_entry(reader))) {
		if (!bus_mirror_set(mirror, interface, property, reader))
			peer_warn(peer, property);
		if (tell)
			tell_changed(peer, mirror, interface, property);
	}
}

/* The mirror of @path, made when there is none; NULL when there are too many. */
static BusMirror *peer_mirror(BusPeer *peer, const char *path)
{
	BusMirror *mirror = g_hash_table_lookup(peer->mirrors, path);

	if (mirror)
		return mirror;
	if (g_hash_table_size(peer->mirrors) >= BUS_PEER_OBJECTS_MAX) {
		peer_warn(peer, path);
		return NULL;
	}
	mirror = bus_mirror_new(peer->bus->context, path);
	g_hash_table_insert(peer->mirrors, (char *)bus_mirror_path(mirror), mirror);
	return mirror;
}

/* Reads the a{sv} the reader stands before: a new interface, or new values of a known one. */
static void peer_read_interface(BusPeer *peer, const char *path, const char *interface,
				BusReader *reader)
{
	BusMirror *mirror = peer_mirror(peer, path);
	bool known = mirror && bus_mirror_has(mirror, interface, NULL);

	if (!mirror)
		return;
	if (!known && !bus_mirror_add(mirror, interface)) {
		peer_warn(peer, interface);
		return;
	}
	bus_reader_enter(reader, "a{sv}");
	peer_read_values(peer, mirror, interface, reader, known);
	bus_reader_leave(reader);
	if (!known)
		tell_added(peer, mirror, interface);
}

/* Reads the a{sa{sv}} the reader stands before. */
static void peer_read_object(BusPeer *peer, const char *path, BusReader *reader)
{
	const char *interface;

	bus_reader_enter(reader, "a{sa{sv}}");
	while ((interface = bus_reader_entry(reader))) {
		if (peer_wants(peer, interface))
			peer_read_interface(peer, path, interface, reader);
	}
	bus_reader_leave(reader);
}

static void fetch_on_reply(BusReply *reply, void *user_data);

static void peer_fetch(BusPeer *peer, const char *path, const char *interface, const char *property,
		       bool load)
{
	const char *member = property ? "Get" : interface ? "GetAll" : "GetManagedObjects";
	BusMessage *message;
	Fetch *fetch;

	if (peer->fetches->len >= FETCHES_MAX) {
		peer_warn(peer, path);
		return;
	}
	message = bus_message_new_call(
		peer->name, path, interface ? DBUS_INTERFACE_PROPERTIES : BUS_INTERFACE_OBJECTS,
		member);
	if (interface)
		bus_writer_string(bus_message_writer(message), interface);
	if (property)
		bus_writer_string(bus_message_writer(message), property);
	fetch = g_new0(Fetch, 1);
	fetch->peer = peer;
	fetch->path = g_strdup(path);
	fetch->interface = g_strdup(interface);
	fetch->property = g_strdup(property);
	fetch->load = load;
	fetch->call =
		bus_call_start(peer->bus, message, BUS_TIMEOUT_DEFAULT, fetch_on_reply, fetch);
	peer->loads += load;
	g_ptr_array_add(peer->fetches, fetch);
}

static void fetch_read_objects(Fetch *fetch, BusReader *reader)
{
	const char *path;

	bus_reader_enter(reader, "a{oa{sa{sv}}}");
	while ((path = bus_reader_entry(reader)))
		peer_read_object(fetch->peer, path, reader);
	bus_reader_leave(reader);
}

/* The answer to Get: a failure means that the property is gone. */
static void fetch_read_property(Fetch *fetch, BusReply *reply)
{
	BusPeer *peer = fetch->peer;
	BusMirror *mirror = bus_peer_find(peer, fetch->path);
	BusReader *reader = bus_reply_reader(reply);

	if (!mirror || !bus_mirror_has(mirror, fetch->interface, NULL))
		return;
	if (!bus_reply_expect(reply, "v", NULL)) {
		bus_mirror_unset(mirror, fetch->interface, fetch->property);
	} else {
		bus_reader_enter(reader, "v");
		if (!bus_mirror_set(mirror, fetch->interface, fetch->property, reader))
			peer_warn(peer, fetch->property);
	}
	tell_changed(peer, mirror, fetch->interface, fetch->property);
}

static void fetch_read(Fetch *fetch, BusReply *reply)
{
	BusPeer *peer = fetch->peer;
	const char *wanted = fetch->interface ? "a{sv}" : "a{oa{sa{sv}}}";
	g_autoptr(GError) error = NULL;

	if (fetch->property) {
		fetch_read_property(fetch, reply);
	} else if (!bus_reply_expect(reply, wanted, &error)) {
		peer->failed = peer->failed || !fetch->interface;
		tell_failed(peer, error);
	} else if (fetch->interface) {
		peer_read_interface(peer, fetch->path, fetch->interface, bus_reply_reader(reply));
	} else {
		fetch_read_objects(fetch, bus_reply_reader(reply));
	}
}

static void again_stop(BusPeer *peer)
{
	if (peer->again)
		g_source_destroy(peer->again);
	g_clear_pointer(&peer->again, g_source_unref);
}

static void peer_load(BusPeer *peer);

static gboolean again_on_time(gpointer data)
{
	BusPeer *peer = data;

	again_stop(peer);
	peer_hold(peer);
	peer_load(peer);
	peer_release(peer);
	return G_SOURCE_REMOVE;
}

/* A busy device may have let the question run out of time, or the service was not ready yet. */
static void again_start(BusPeer *peer)
{
	again_stop(peer);
	peer->again = g_timeout_source_new_seconds(peer->again_s);
	g_source_set_callback(peer->again, again_on_time, peer, NULL);
	g_source_attach(peer->again, peer->bus->context);
	peer->again_s = MIN(2 * peer->again_s, AGAIN_MAX_S);
}

static void peer_end_load(BusPeer *peer)
{
	if (--peer->loads > 0 || peer->freed)
		return;
	if (peer->failed) {
		again_start(peer);
		return;
	}
	peer->present = true;
	if (peer->events->appeared)
		peer->events->appeared(peer, peer->user_data);
}

static void fetch_on_reply(BusReply *reply, void *user_data)
{
	Fetch *fetch = user_data;
	BusPeer *peer = fetch->peer;
	const GError *error = bus_reply_error(reply);
	bool gone = g_error_matches(error, BUS_ERROR, BUS_ERROR_VANISHED) ||
		    g_error_matches(error, BUS_ERROR, BUS_ERROR_DISCONNECTED);

	peer_hold(peer);
	fetch->call = NULL;
	if (!fetch->interface)
		peer->reading = false;
	if (!gone) {
		fetch_read(fetch, reply);
		if (fetch->load)
			peer_end_load(peer);
	}
	g_ptr_array_remove(peer->fetches, fetch);
	peer_release(peer);
}

static void peer_load(BusPeer *peer)
{
	peer->failed = false;
	peer->reading = peer->root != NULL;
	peer->loads = 1; /* this function: ends the load when there is nothing to ask */
	if (peer->root)
		peer_fetch(peer, peer->root, NULL, NULL, true);
	for (guint i = 0; i < peer->wanted->len; i++) {
		PeerObject *object = g_ptr_array_index(peer->wanted, i);

		peer_fetch(peer, object->path, object->interface, NULL, true);
	}
	peer_end_load(peer);
}

static void peer_drop(BusPeer *peer)
{
	g_autofree char *owner = g_steal_pointer(&peer->owner);

	bus_calls_fail(peer->bus, peer->name, BUS_ERROR_VANISHED, "the service left the bus");
	bus_calls_fail(peer->bus, owner, BUS_ERROR_VANISHED, "the service left the bus");

	bool told = peer->present || g_hash_table_size(peer->mirrors) > 0;

	again_stop(peer);
	peer->present = false;
	if (told && !peer->freed && peer->events->vanished)
		peer->events->vanished(peer, peer->user_data);
	if (!peer->freed)
		g_hash_table_remove_all(peer->mirrors);
}

static void peer_on_owner(const char *owner, void *user_data)
{
	BusPeer *peer = user_data;

	peer_hold(peer);
	if (peer->owner)
		peer_drop(peer);
	if (owner && !peer->freed) {
		peer->owner = g_strdup(owner);
		peer->again_s = AGAIN_MIN_S;
		peer_load(peer);
	}
	peer_release(peer);
}

/* Signals of anybody but the owner, or about objects that are still being read, do not count. */
static bool signal_counts(const BusPeer *peer, BusMessage *signal)
{
	return peer->owner && !peer->reading &&
	       g_strcmp0(bus_message_sender(signal), peer->owner) == 0;
}

static void peer_read_removed(BusPeer *peer, BusReader *reader)
{
	const char *path = bus_reader_path(reader);
	BusMirror *mirror = bus_peer_find(peer, path);

	if (!mirror)
		return;
	bus_reader_enter(reader, "as");
	while (bus_reader_more(reader)) {
		const char *interface = bus_reader_string(reader);

		if (!bus_mirror_has(mirror, interface, NULL))
			continue;
		tell_removed(peer, mirror, interface);
		if (bus_mirror_remove(mirror, interface)) {
			g_hash_table_remove(peer->mirrors, path);
			break;
		}
	}
}

static void peer_on_objects(BusMessage *signal, void *user_data)
{
	BusPeer *peer = user_data;
	BusReader *reader = bus_message_reader(signal);
	const char *member = bus_message_member(signal);
	const char *signature = bus_message_signature(signal);

	if (!signal_counts(peer, signal))
		return;
	peer_hold(peer);
	if (g_str_equal(member, "InterfacesAdded") && g_str_equal(signature, "oa{sa{sv}}"))
		peer_read_object(peer, bus_reader_path(reader), reader);
	else if (g_str_equal(member, "InterfacesRemoved") && g_str_equal(signature, "oas"))
		peer_read_removed(peer, reader);
	peer_release(peer);
}

static void peer_on_properties(BusMessage *signal, void *user_data)
{
	BusPeer *peer = user_data;
	BusMirror *mirror = bus_peer_find(peer, bus_message_path(signal));
	BusReader *reader = bus_message_reader(signal);
	const char *interface;

	if (!signal_counts(peer, signal) || !mirror ||
	    !g_str_equal(bus_message_signature(signal), "sa{sv}as"))
		return;
	interface = bus_reader_string(reader);
	if (!bus_mirror_has(mirror, interface, NULL))
		return;
	peer_hold(peer);
	bus_reader_enter(reader, "a{sv}");
	peer_read_values(peer, mirror, interface, reader, true);
	bus_reader_leave(reader);
	bus_reader_enter(reader, "as");
	while (!peer->freed && bus_reader_more(reader))
		peer_fetch(peer, bus_mirror_path(mirror), interface, bus_reader_string(reader),
			   false);
	peer_release(peer);
}

static void peer_listen(BusPeer *peer, BusMatchRule rule, BusSignalFunc func)
{
	rule.sender = peer->name;
	g_ptr_array_add(peer->matches, bus_match_new_unchecked(peer->bus, &rule, func, peer));
}

static void peer_listen_to_root(BusPeer *peer)
{
	BusMatchRule changes = { .path_namespace = peer->root,
				 .interface = DBUS_INTERFACE_PROPERTIES,
				 .member = "PropertiesChanged" };

	peer_listen(peer, (BusMatchRule){ .path = peer->root, .interface = BUS_INTERFACE_OBJECTS },
		    peer_on_objects);
	if (!peer->interfaces)
		peer_listen(peer, changes, peer_on_properties);
	for (char **interface = peer->interfaces; interface && *interface; interface++) {
		changes.arg0 = *interface;
		peer_listen(peer, changes, peer_on_properties);
	}
}

BusPeer *bus_peer_new(Bus *bus, const BusPeerSpec *spec, const BusPeerEvents *events,
		      void *user_data)
{
	BusPeer *peer = g_new0(BusPeer, 1);

	peer->bus = bus_ref(bus);
	peer->name = g_strdup(spec->name);
	peer->root = g_strdup(spec->root);
	peer->interfaces = g_strdupv((char **)spec->interfaces);
	peer->events = events;
	peer->user_data = user_data;
	peer->matches = g_ptr_array_new_with_free_func((GDestroyNotify)bus_match_free);
	peer->wanted = g_ptr_array_new_with_free_func(peer_object_free);
	peer->fetches = g_ptr_array_new_with_free_func(fetch_free);
	peer->mirrors = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					      (GDestroyNotify)bus_mirror_free);
	if (peer->root)
		peer_listen_to_root(peer);
	peer->watch = bus_name_watch(bus, peer->name, peer_on_owner, peer);
	return peer;
}

void bus_peer_free(BusPeer *peer)
{
	if (!peer)
		return;
	peer->freed = true;
	again_stop(peer);
	g_clear_pointer(&peer->watch, bus_name_unwatch);
	g_ptr_array_set_size(peer->matches, 0);
	peer_hold(peer);
	peer_release(peer);
}

void bus_peer_add_object(BusPeer *peer, const char *path, const char *interface)
{
	PeerObject *object = g_new0(PeerObject, 1);

	object->path = g_strdup(path);
	object->interface = g_strdup(interface);
	g_ptr_array_add(peer->wanted, object);
	peer_listen(peer,
		    (BusMatchRule){ .path = path,
				    .interface = DBUS_INTERFACE_PROPERTIES,
				    .member = "PropertiesChanged",
				    .arg0 = interface },
		    peer_on_properties);
	if (peer->owner)
		peer_fetch(peer, path, interface, NULL, !peer->present);
}

bool bus_peer_is_present(const BusPeer *peer)
{
	return peer->present && bus_is_connected(peer->bus);
}

const char *bus_peer_owner(const BusPeer *peer)
{
	return peer->owner;
}

BusMirror *bus_peer_find(const BusPeer *peer, const char *path)
{
	return g_hash_table_lookup(peer->mirrors, path);
}

static int compare_mirrors(gconstpointer a, gconstpointer b)
{
	return strcmp(bus_mirror_path(*(BusMirror *const *)a),
		      bus_mirror_path(*(BusMirror *const *)b));
}

GPtrArray *bus_peer_list(const BusPeer *peer, const char *interface)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	gpointer mirror;

	g_hash_table_iter_init(&iter, peer->mirrors);
	while (g_hash_table_iter_next(&iter, NULL, &mirror)) {
		if (!interface || bus_mirror_has(mirror, interface, NULL))
			g_ptr_array_add(list, mirror);
	}
	g_ptr_array_sort(list, compare_mirrors);
	return list;
}
