/* SPDX-License-Identifier: MIT */
#include "dbus/bus-authority.h"

#include "dbus/bus-call.h"
#include "dbus/bus-request.h"

#include <string.h>
#include <unistd.h>

#define DRIVER        "org.freedesktop.DBus"
#define DRIVER_PATH   "/org/freedesktop/DBus"
#define POLKIT        "org.freedesktop.PolicyKit1"
#define POLKIT_PATH   "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_IFACE  POLKIT ".Authority"
#define FLAG_INTERACT 1      /* AllowUserInteraction */
#define MACHINE_MS    10000  /* for an answer nobody has to think about */
#define PERSON_MS     120000 /* for a password to be typed */
#define GROUPS_MAX    65536  /* what Linux allows a process, NGROUPS_MAX */

/* One sender's worth of requests is left for callers who need not be asked about. */
#define CHECKS_MAX (BUS_REQUESTS_MAX - BUS_REQUESTS_SENDER_MAX)
/* Strangers who are asked about may take minutes; the rest is for callers whom the bus daemon
 * knows. It lets a connection of the system bus wait for 128 answers, of bluetoothd and others,
 * too. */
#define ASKED_MAX BUS_REQUESTS_SENDER_MAX

struct BusAuthority {
	Bus *bus;
	const char *action;
	GPtrArray *checks;    /* of Check, owned */
	unsigned int asking;  /* of them, those that polkit has */
	unsigned int started; /* makes each cancellation id a new one */
};

typedef struct Check {
	BusAuthority *authority;
	char *sender;
	char *cancel_id;
	bool interactive;
	bool asked; /* polkit was */
	BusCall *call;
	BusAuthorityFunc func;
	void *data;
} Check;

static void check_free(gpointer data)
{
	Check *check = data;

	bus_call_cancel(check->call);
	g_free(check->sender);
	g_free(check->cancel_id);
	g_free(check);
}

/* The one way out: @error is taken, NULL means allowed. */
static void check_finish(Check *check, GError *error)
{
	BusAuthorityFunc func = check->func;
	void *data = check->data;
	g_autoptr(GError) taken = error;

	if (check->asked)
		check->authority->asking--;
	g_ptr_array_remove_fast(check->authority->checks, check);
	func(taken, data);
}

static void check_deny(Check *check, const char *why)
{
	check_finish(check, g_error_new_literal(BUS_ERROR, BUS_ERROR_DENIED, why));
}

static void check_limit(Check *check)
{
	check_finish(check,
		     g_error_new_literal(BUS_ERROR, BUS_ERROR_LIMIT, "too many callers wait"));
}

static void check_refuse(Check *check)
{
	g_autofree char *why = g_strconcat("polkit refuses ", check->authority->action, NULL);

	check_deny(check, why);
}

/* polkit stops asking when its caller says so or leaves the bus. */
static void cancel_at_polkit(const Check *check)
{
	BusMessage *message = NULL;

	if (!check->asked)
		return;
	message =
		bus_message_new_call(POLKIT, POLKIT_PATH, POLKIT_IFACE, "CancelCheckAuthorization");
	bus_writer_string(bus_message_writer(message), check->cancel_id);
	bus_message_send(check->authority->bus, message);
}

static void on_polkit(BusReply *reply, void *data)
{
	Check *check = data;
	BusReader *reader = bus_reply_reader(reply);
	g_autoptr(GError) error = NULL;

	check->call = NULL;
	if (!bus_reply_expect(reply, "(bba{ss})", &error)) {
		if (g_error_matches(error, BUS_ERROR, BUS_ERROR_TIMEOUT))
			cancel_at_polkit(check);
		g_prefix_error(&error, "polkit cannot be asked: ");
		check_deny(check, error->message);
		return;
	}
	bus_reader_enter(reader, "(bba{ss})");

	bool authorized = bus_reader_bool(reader);
	bool challenge = bus_reader_bool(reader);

	if (authorized)
		check_finish(check, NULL);
	else if (challenge && !check->interactive)
		check_finish(check, g_error_new_literal(BUS_ERROR, BUS_ERROR_INTERACTION,
							"an administrator has to be asked first"));
	else
		check_refuse(check);
}

/* CheckAuthorization(in (sa{sv}) subject, in s action, in a{ss} details, in u flags, in s id) */
static void ask_polkit(Check *check)
{
	BusMessage *message =
		bus_message_new_call(POLKIT, POLKIT_PATH, POLKIT_IFACE, "CheckAuthorization");
	BusWriter *writer = bus_message_writer(message);

	bus_message_allow_start(message);
	bus_writer_open(writer, "(sa{sv})");
	bus_writer_string(writer, "system-bus-name");
	bus_writer_open(writer, "a{sv}");
	bus_writer_entry(writer, "name", "s");
	bus_writer_string(writer, check->sender);
	bus_writer_close(writer);
	bus_writer_close(writer);
	bus_writer_string(writer, check->authority->action);
	bus_writer_open(writer, "a{ss}");
	bus_writer_close(writer);
	bus_writer_u32(writer, check->interactive ? FLAG_INTERACT : 0);
	bus_writer_string(writer, check->cancel_id);
	check->asked = true;
	check->authority->asking++;
	check->call = bus_call_start(check->authority->bus, message,
				     check->interactive ? PERSON_MS : MACHINE_MS, on_polkit, check);
}

/* Reads au: is our group among them? */
static bool has_our_group(BusReader *reader)
{
	bool found = false;

	if (!bus_reader_has(reader, "au"))
		return false;
	bus_reader_enter(reader, "au");
	for (int i = 0; i < GROUPS_MAX && bus_reader_more(reader); i++)
		found |= bus_reader_u32(reader) == getegid();
	bus_reader_leave(reader);
	return found;
}

/* Reads the bus daemon's a{sv} about a connection: is it one of those who need no leave? */
static bool is_trusted(BusReader *reader)
{
	bool trusted = false;
	const char *key;

	bus_reader_enter(reader, "a{sv}");
	while ((key = bus_reader_entry(reader))) {
		if (strcmp(key, "UnixUserID") == 0 && bus_reader_has(reader, "u")) {
			uint32_t user = bus_reader_u32(reader);

			trusted |= user == 0 || user == geteuid();
		} else if (strcmp(key, "UnixGroupIDs") == 0) {
			trusted |= has_our_group(reader);
		}
	}
	bus_reader_leave(reader);
	return trusted && bus_reader_ok(reader);
}

static void on_credentials(BusReply *reply, void *data)
{
	Check *check = data;
	g_autoptr(GError) error = NULL;

	check->call = NULL;
	if (!bus_reply_expect(reply, "a{sv}", &error))
		check_deny(check, error->message); /* the caller has left, most likely */
	else if (is_trusted(bus_reply_reader(reply)))
		check_finish(check, NULL);
	else if (check->authority->asking >= ASKED_MAX)
		check_limit(check);
	else
		ask_polkit(check);
}

BusAuthority *bus_authority_new(Bus *bus, const char *action)
{
	BusAuthority *authority = g_new0(BusAuthority, 1);

	authority->bus = bus;
	authority->action = action;
	authority->checks = g_ptr_array_new_with_free_func(check_free);
	return authority;
}

void bus_authority_free(BusAuthority *authority)
{
	if (!authority)
		return;
	while (authority->checks->len > 0) {
		Check *check = g_ptr_array_index(authority->checks, 0);

		cancel_at_polkit(check);
		check_deny(check, "the service ends");
	}
	g_ptr_array_unref(authority->checks);
	g_free(authority);
}

void bus_authority_check(BusAuthority *authority, const char *sender, bool interactive,
			 BusAuthorityFunc func, void *data)
{
	g_autoptr(GError) error = NULL;
	BusMessage *message = NULL;
	Check *check = NULL;

	if (authority->checks->len >= CHECKS_MAX) {
		error = g_error_new_literal(BUS_ERROR, BUS_ERROR_LIMIT, "too many callers wait");
		func(error, data);
		return;
	}
	check = g_new0(Check, 1);
	check->authority = authority;
	check->sender = g_strdup(sender);
	check->cancel_id = g_strdup_printf("landfall-%u", ++authority->started);
	check->interactive = interactive;
	check->func = func;
	check->data = data;
	g_ptr_array_add(authority->checks, check);
	message = bus_message_new_call(DRIVER, DRIVER_PATH, DRIVER, "GetConnectionCredentials");
	bus_writer_string(bus_message_writer(message), sender);
	check->call = bus_call_start(authority->bus, message, MACHINE_MS, on_credentials, check);
}

bool bus_authority_is_busy(const BusAuthority *authority)
{
	return authority->checks->len > 0;
}
