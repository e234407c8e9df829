/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-side.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOGIND       "org.freedesktop.login1"
#define CREDENTIALS  "GetConnectionCredentials"
#define DRIVER       "org.freedesktop.DBus"
#define ERROR_PREFIX "org.freedesktop.DBus.Error."
#define NOBODY       ERROR_PREFIX "NameHasNoOwner"
#define TURNS_MAX    2000 /* whoever is not done by then never will be */

struct BusSide {
	const char *service;
	bool there;
	char *address;
	int listener;
	int peer; /* -1: nobody has connected, or nobody is left */
	bool authenticated;
	GByteArray *in;
	GPtrArray *calls;
	uint32_t serial;
};

BusSide *side_new(const char *service)
{
	BusSide *side = g_new0(BusSide, 1);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(name);

	side->service = service;
	side->there = true;
	side->in = g_byte_array_new();
	side->calls = g_ptr_array_new_with_free_func((GDestroyNotify)wire_call_free);
	side->peer = -1;
	side->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* without a name of our own the kernel finds a free one */
	g_assert_cmpint(bind(side->listener, (struct sockaddr *)&name, sizeof(name.sun_family)), ==,
			0);
	g_assert_cmpint(listen(side->listener, 1), ==, 0);
	g_assert_cmpint(getsockname(side->listener, (struct sockaddr *)&name, &len), ==, 0);
	side->address = g_strdup_printf("unix:abstract=%s", name.sun_path + 1);
	return side;
}

void side_hang_up(BusSide *side)
{
	if (side->peer >= 0)
		close(side->peer);
	side->peer = -1;
	g_ptr_array_set_size(side->calls, 0);
}

void side_free(BusSide *side)
{
	if (!side)
		return;
	side_hang_up(side);
	close(side->listener);
	g_byte_array_unref(side->in);
	g_ptr_array_unref(side->calls);
	g_free(side->address);
	g_free(side);
}

const char *side_address(const BusSide *side)
{
	return side->address;
}

GPtrArray *side_calls(BusSide *side)
{
	return side->calls;
}

bool side_is_there(const BusSide *side)
{
	return side->there;
}

/* All that fits at once does: what does not is lost with the connection, as by a bus daemon that
 * gives up on a slow client. */
static void send_octets(BusSide *side, const void *data, size_t len)
{
	if (side->peer >= 0 && send(side->peer, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		side_hang_up(side);
}

static void send_message(BusSide *side, const WireMessage *message)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	wire_write(out, message, ++side->serial);
	send_octets(side, out->data, out->len);
}

/* @body: sunk */
static void reply(BusSide *side, const WireCall *call, const char *sender, GVariant *body,
		  const char *error)
{
	g_autoptr(GVariant) sunk = body ? g_variant_ref_sink(body) : NULL;

	if (!call->silent)
		send_message(side, &(WireMessage){ .type = body ? WIRE_REPLY : WIRE_ERROR,
						   .error = body ? NULL : error,
						   .reply_to = call->serial,
						   .destination = SIDE_US,
						   .sender = sender,
						   .body = sunk });
}

/* ---- the bus daemon ---- */

static void answer_owner(BusSide *side, const WireCall *call)
{
	const char *name = call->arguments[0];

	if (side->there && (strcmp(name, side->service) == 0 || strcmp(name, LOGIND) == 0))
		reply(side, call, DRIVER, g_variant_new("(s)", SIDE_OWNER), NULL);
	else
		reply(side, call, DRIVER, NULL, NOBODY);
}

static void answer_driver(BusSide *side, const WireCall *call)
{
	if (strcmp(call->member, "Hello") == 0)
		reply(side, call, DRIVER, g_variant_new("(s)", SIDE_US), NULL);
	else if (strcmp(call->member, "GetNameOwner") == 0)
		answer_owner(side, call);
	else
		reply(side, call, DRIVER, g_variant_new("()"), NULL);
}

static void take_call(BusSide *side, WireCall *call)
{
	bool call_of_method = call->type == WIRE_CALL;
	bool fixed =
		strcmp(call->destination, DRIVER) == 0 && strcmp(call->member, CREDENTIALS) != 0;

	if (call_of_method && fixed)
		answer_driver(side, call);
	else if (call_of_method && !side->there)
		reply(side, call, DRIVER, NULL, ERROR_PREFIX "ServiceUnknown");
	else if (call_of_method && !call->silent)
		g_ptr_array_add(side->calls, g_steal_pointer(&call));
	wire_call_free(call);
}

/* Lines until BEGIN; after it messages come. */
static bool authenticate(BusSide *side)
{
	uint8_t *end = side->in->len > 0 ? memchr(side->in->data, '\n', side->in->len) : NULL;
	g_autofree char *line = NULL;

	if (!end)
		return false;
	line = g_strndup((const char *)side->in->data, (size_t)(end - side->in->data));
	if (strstr(line, "BEGIN"))
		side->authenticated = true;
	else if (strstr(line, "NEGOTIATE_UNIX_FD"))
		send_octets(side, "ERROR\r\n", 7);
	else
		send_octets(side, "OK 0123456789abcdef0123456789abcdef\r\n", 37);
	g_byte_array_remove_range(side->in, 0, (guint)(end - side->in->data) + 1);
	return true;
}

static bool take_one(BusSide *side)
{
	WireCall *call = NULL;

	if (!side->authenticated) {
		/* the nul that carries the credentials comes before the first line */
		if (side->in->len > 0 && side->in->data[0] == '\0')
			g_byte_array_remove_index(side->in, 0);
		return authenticate(side);
	}
	call = wire_read(side->in);
	if (call)
		take_call(side, call);
	return call != NULL;
}

static bool turn(BusSide *side)
{
	uint8_t data[16384];
	ssize_t len = 0;
	bool done = false;

	if (side->peer < 0 && !side->authenticated)
		side->peer = accept4(side->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (side->peer >= 0 && (len = read(side->peer, data, sizeof(data))) > 0)
		g_byte_array_append(side->in, data, (guint)len);
	while (take_one(side))
		done = true;
	return done;
}

void side_settle(BusSide *side)
{
	for (unsigned int i = 0; i < TURNS_MAX; i++) {
		bool busy = g_main_context_iteration(NULL, FALSE);

		if (!turn(side) && !busy)
			return;
	}
	g_error("this never comes to rest");
}

/* ---- the service ---- */

void side_answer(BusSide *side, guint index, GVariant *body, const char *error)
{
	WireCall *call = g_ptr_array_steal_index(side->calls, index);

	reply(side, call, SIDE_OWNER, body, error);
	wire_call_free(call);
}

static void send_as(BusSide *side, const WireMessage *message, uint8_t type, bool stranger)
{
	WireMessage copy = *message;

	copy.type = type;
	copy.sender = stranger ? SIDE_STRANGER : SIDE_OWNER;
	copy.destination = type == WIRE_CALL ? SIDE_US : NULL;
	send_message(side, &copy);
}

void side_signal(BusSide *side, const WireMessage *signal, bool stranger)
{
	send_as(side, signal, WIRE_SIGNAL, stranger);
}

void side_call(BusSide *side, const WireMessage *call, bool stranger)
{
	send_as(side, call, WIRE_CALL, stranger);
}

void side_own(BusSide *side, bool there)
{
	g_autoptr(GVariant) body = g_variant_ref_sink(g_variant_new(
		"(sss)", side->service, there ? "" : SIDE_OWNER, there ? SIDE_OWNER : ""));

	if (there == side->there)
		return;
	side->there = there;
	send_message(side, &(WireMessage){ .type = WIRE_SIGNAL,
					   .path = "/org/freedesktop/DBus",
					   .interface = DRIVER,
					   .member = "NameOwnerChanged",
					   .sender = DRIVER,
					   .body = body });
	while (side->calls->len > 0) {
		g_autoptr(GVariant) none = NULL;

		side_answer(side, 0, none, ERROR_PREFIX "NoReply");
	}
}
