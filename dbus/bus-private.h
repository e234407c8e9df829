/* SPDX-License-Identifier: MIT */
/*
 * bus-private - what the files of dbus/ share and nobody else sees
 *
 * A Bus is counted: each call, match, object, name, request and peer holds one reference, so all
 * of them can be freed in any order. bus_free() closes the connection and drops the owner's one.
 *
 * | file         | keeps                                                                      |
 * |--------------|----------------------------------------------------------------------------|
 * | bus.c        | the connection, its filter, the only dbus_connection_send()                |
 * | bus-loop.c   | one GSource: watches, timeouts, dispatching                                |
 * | bus-call.c   | outgoing calls (bus->calls, in order of their start)                       |
 * | bus-match.c  | subscriptions (bus->matches)                                               |
 * | bus-object.c | objects by path (bus->objects), those with changed properties (bus->dirty) |
 */
#pragma once

#include "dbus/bus-call.h"
#include "dbus/bus-match.h"
#include "dbus/bus-mirror.h"
#include "dbus/bus-name.h"
#include "dbus/bus-object.h"

#include <dbus/dbus.h>

#define BUS_INTERFACE_OBJECTS "org.freedesktop.DBus.ObjectManager"

typedef struct BusLoop BusLoop;

struct Bus {
	int refs;
	DBusConnection *connection; /* NULL once closed or lost */
	BusLoop *loop;
	GMainContext *context;
	BusDisconnectedFunc disconnected;
	void *user_data;
	BusCall *hello;
	GPtrArray *calls;     /* BusCall, borrowed */
	uint64_t calls_begun; /* number of the latest call */
	GPtrArray *matches;   /* BusMatch, borrowed */
	GHashTable *objects;  /* path -> BusObject, borrowed */
	GPtrArray *dirty;     /* BusObject, borrowed */
	GHashTable *senders;  /* unique name -> number of unanswered requests */
	guint requests;       /* their sum */
};

/* Depth of nesting a reader or writer follows; no signature of ours or of a service we know has
 * more than seven. */
#define BUS_DEPTH_MAX 16

/* Octets of messages received and not freed yet, beyond which nothing more is read. A request that
 * waits for its answer counts, and what it waits for could not be read: a method that is answered
 * later takes no argument without a bound. */
#define BUS_RECEIVED_MAX (1024 * 1024)

/* Longest byte array we send. */
#define BUS_BYTES_MAX (1024 * 1024)

typedef struct ReaderFrame {
	DBusMessageIter iter;
	bool automatic; /* entered by bus_reader_entry(), left by the next one */
} ReaderFrame;

struct BusReader {
	ReaderFrame frames[BUS_DEPTH_MAX];
	unsigned int depth; /* frames entered; may exceed the array on a spoilt reader */
	bool spoilt;
};

typedef struct WriterFrame {
	DBusMessageIter iter;
	char *signature;  /* what the frame may hold; NULL: anything */
	const char *next; /* what must come next, in signature */
	bool is_array;
	bool automatic; /* opened by bus_writer_entry() */
} WriterFrame;

struct BusWriter {
	WriterFrame frames[BUS_DEPTH_MAX];
	unsigned int depth;
	bool spoilt;
};

struct BusMessage {
	DBusMessage *message; /* owned */
	BusWriter *writer;    /* NULL until used */
	BusReader *reader;    /* the same */
	bool invalid;         /* a header field was no valid name */
};

/* bus_must() - libdbus reports lack of memory, GLib aborts: so do we */
static inline void bus_must(bool done)
{
	if (!done)
		g_error("libdbus is out of memory");
}

/* bus.c */

/* bus_ref() - one reference more; returns @bus */
Bus *bus_ref(Bus *bus);

/* bus_unref() - one less; the last one frees, after bus_free() or bus_lost() closed it */
void bus_unref(Bus *bus);

/* bus_send_raw() - send @message, property changes first; nothing when the bus is gone */
void bus_send_raw(Bus *bus, DBusMessage *message);

/* bus_send_now() - the same without the property changes: for sending these */
void bus_send_now(Bus *bus, DBusMessage *message);

/* bus_lost() - the connection is of no use any more: close it and tell the owner
 * @why: borrowed */
void bus_lost(Bus *bus, const char *why);

/* bus-loop.c */

/* bus_loop_new() - drive @bus->connection from @bus->context */
BusLoop *bus_loop_new(Bus *bus);

/* bus_loop_free() - stop at once, also from inside its dispatching */
void bus_loop_free(BusLoop *loop);

/* bus-reader.c */

/* bus_reader_new() - read @message from the start; the caller keeps it alive meanwhile */
BusReader *bus_reader_new(DBusMessage *message);

/* bus_reader_free() - NULL is fine */
void bus_reader_free(BusReader *reader);

/* bus_reader_iter() - where the reader stands, to copy a value from */
DBusMessageIter *bus_reader_iter(BusReader *reader);

/* bus-writer.c */

/* bus_writer_new() - append to @message
 * @signature: all of what must be written; NULL: anything */
BusWriter *bus_writer_new(DBusMessage *message, const char *signature);

/* bus_writer_free() - what is still open is given up; NULL is fine */
void bus_writer_free(BusWriter *writer);

/* bus_writer_finish() - everything was written and nothing is open; else logged as critical
 * @what: for the log */
bool bus_writer_finish(BusWriter *writer, const char *what);

/* bus-error.c */

/* bus_error_code() - the BusError of a D-Bus error name; REMOTE for unknown ones */
BusError bus_error_code(const char *name);

/* bus_error_name() - how @error is called on the bus
 * @table: of the interface; may be NULL */
const char *bus_error_name(const GError *error, const BusErrorName *table);

/* bus_error_from_message() - a GError from an error reply, made printable and short */
GError *bus_error_from_message(DBusMessage *message);

/* bus_text() - @text as it may stand in an error or a log: one line, printable, bounded; owned */
char *bus_text(const char *text);

/* bus-message.c */

/* bus_message_wrap() - a received message; takes a reference */
BusMessage *bus_message_wrap(DBusMessage *message);

/* bus_message_new_signal() - to be filled with @signature */
BusMessage *bus_message_new_signal(const char *path, const char *interface, const char *member,
				   const char *signature);

/* bus_message_complete() - ready to be sent: header and body are right */
bool bus_message_complete(BusMessage *message);

/* bus-call.c */

/* bus_calls_fail() - end outstanding calls with @code
 * @destination: those to this name; NULL: all */
void bus_calls_fail(Bus *bus, const char *destination, BusError code, const char *text);

/* bus-match.c */

/* bus_match_new_unchecked() - like bus_match_new(), but signals of any sender pass; @func compares
 * the sender itself */
BusMatch *bus_match_new_unchecked(Bus *bus, const BusMatchRule *rule, BusSignalFunc func,
				  void *user_data);

/* bus_match_dispatch() - hand a signal to all matches it fits */
void bus_match_dispatch(Bus *bus, DBusMessage *message);

/* bus-request.c */

/* bus_request_new() - NULL when the limits are reached (the caller was told so) */
BusRequest *bus_request_new(Bus *bus, DBusMessage *message, const BusInterface *interface,
			    const BusMethod *method);

/* bus_request_bus() - borrowed */
Bus *bus_request_bus(const BusRequest *request);

/* bus_request_set_errors() - use the error names of another interface (Properties.Set) */
void bus_request_set_errors(BusRequest *request, const BusErrorName *errors);

/* bus_reply_error_raw() - answer a call that has no request yet */
void bus_reply_error_raw(Bus *bus, DBusMessage *message, const char *name, const char *text);

/* bus-object.c */

/* bus_object_dispatch() - handle an incoming method call */
void bus_object_dispatch(Bus *bus, DBusMessage *message);

/* bus_object_flush() - send what bus_object_changed() gathered */
void bus_object_flush(Bus *bus);

/* An object as the standard interfaces (bus-standard.c) see it. */
struct BusObject {
	Bus *bus;
	char *path;
	const BusInterface *const *interfaces;
	void *user_data;
	uint64_t *changed; /* for each interface, one bit for each property */
};

/* bus_object_list() - those strictly below @root, sorted by path; array owned, objects borrowed */
GPtrArray *bus_object_list(Bus *bus, const char *root);

/* bus_path_below() - is @path strictly below @root? */
bool bus_path_below(const char *path, const char *root);

/* bus-standard.c: Introspectable, Properties, ObjectManager, Peer, on top of the tables */

/* NULL-terminated: those of an object, and those of a path that only has objects below it. Their
 * handlers get the BusObject (or NULL) as user_data. Peer is answered by libdbus before a call
 * gets here and is listed to be introspected. */
extern const BusInterface *const bus_standard_interfaces[];
extern const BusInterface *const bus_standard_ancestor_interfaces[];

/* bus_standard_is_internal() - do the handlers of @interface get the BusObject? */
bool bus_standard_is_internal(const BusInterface *interface);

/* bus_standard_changed() - build PropertiesChanged
 * @mask: a bit for each property that changed */
BusMessage *bus_standard_changed(const BusObject *object, const BusInterface *interface,
				 uint64_t mask);

/* bus_standard_announce() - send InterfacesAdded or InterfacesRemoved from each manager above */
void bus_standard_announce(const BusObject *object, bool added);

/* bus-introspect.c */

/* bus_introspect() - the XML of @path; @object is NULL where only objects below exist */
char *bus_introspect(Bus *bus, const char *path, const BusObject *object);

/* bus-mirror.c */

/* bus_mirror_new() - an empty mirror
 * @context: whose turn ends the life of readers that were lent out */
BusMirror *bus_mirror_new(GMainContext *context, const char *path);

/* bus_mirror_free() - readers that were lent out end with it */
void bus_mirror_free(BusMirror *mirror);

/* bus_mirror_add() - add an interface without values; false when the bound is reached */
bool bus_mirror_add(BusMirror *mirror, const char *interface);

/* bus_mirror_remove() - drop an interface; true when none is left */
bool bus_mirror_remove(BusMirror *mirror, const char *interface);

/* bus_mirror_set() - copy the value @reader stands before
 * Returns false when it is too large or one too many; the property is absent then */
bool bus_mirror_set(BusMirror *mirror, const char *interface, const char *property,
		    BusReader *reader);

/* bus_mirror_unset() - the property has no value any more */
void bus_mirror_unset(BusMirror *mirror, const char *interface, const char *property);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusReader, bus_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusWriter, bus_writer_free)
