/* SPDX-License-Identifier: MIT */
#include "dbus/bus-private.h"

#include <string.h>

struct BusMatch {
	int refs;
	Bus *bus; /* counted */
	char *text;
	BusMatchRule rule;   /* strings owned */
	BusNameWatch *watch; /* when the sender is a well-known name that has to be followed */
	char *owner;
	BusSignalFunc func; /* NULL once freed */
	void *user_data;
};

static void rule_append(GString *text, const char *key, const char *value)
{
	if (!value)
		return;

	/* Inside quotes nothing can be escaped, so a quote ends them. */
	g_auto(GStrv) parts = g_strsplit(value, "'", -1);
	g_autofree char *quoted = g_strjoinv("'\\''", parts);

	g_string_append_printf(text, ",%s='%s'", key, quoted);
}

static char *rule_text(const BusMatchRule *rule)
{
	GString *text = g_string_new("type='signal'");

	rule_append(text, "sender", rule->sender);
	rule_append(text, "path", rule->path);
	rule_append(text, "path_namespace", rule->path_namespace);
	rule_append(text, "interface", rule->interface);
	rule_append(text, "member", rule->member);
	rule_append(text, "arg0", rule->arg0);
	return g_string_free(text, FALSE);
}

static void match_unref(BusMatch *match)
{
	if (--match->refs > 0)
		return;
	g_free((char *)match->rule.sender);
	g_free((char *)match->rule.path);
	g_free((char *)match->rule.path_namespace);
	g_free((char *)match->rule.interface);
	g_free((char *)match->rule.member);
	g_free((char *)match->rule.arg0);
	g_free(match->owner);
	g_free(match->text);
	bus_unref(match->bus);
	g_free(match);
}

BusMatch *bus_match_new_unchecked(Bus *bus, const BusMatchRule *rule, BusSignalFunc func,
				  void *user_data)
{
	BusMatch *match = g_new0(BusMatch, 1);

	match->refs = 1;
	match->bus = bus_ref(bus);
	match->text = rule_text(rule);
	match->rule = (BusMatchRule){
		.path = g_strdup(rule->path),
		.path_namespace = g_strdup(rule->path_namespace),
		.interface = g_strdup(rule->interface),
		.member = g_strdup(rule->member),
		.arg0 = g_strdup(rule->arg0),
	};
	match->func = func;
	match->user_data = user_data;
	g_ptr_array_add(bus->matches, match);
	bus_object_flush(bus);
	if (bus->connection)
		dbus_bus_add_match(bus->connection, match->text, NULL);
	return match;
}

static void match_on_owner(const char *owner, void *user_data)
{
	BusMatch *match = user_data;

	g_free(match->owner);
	match->owner = g_strdup(owner);
}

BusMatch *bus_match_new(Bus *bus, const BusMatchRule *rule, BusSignalFunc func, void *user_data)
{
	BusMatch *match = bus_match_new_unchecked(bus, rule, func, user_data);
	const char *sender = rule->sender;

	match->rule.sender = g_strdup(sender);
	if (!sender)
		return match;
	if (sender[0] == ':' || g_str_equal(sender, DBUS_SERVICE_DBUS))
		match->owner = g_strdup(sender);
	else
		match->watch = bus_name_watch(bus, sender, match_on_owner, match);
	return match;
}

void bus_match_free(BusMatch *match)
{
	if (!match)
		return;

	Bus *bus = match->bus;

	match->func = NULL;
	g_clear_pointer(&match->watch, bus_name_unwatch);
	g_ptr_array_remove(bus->matches, match);
	if (bus->connection)
		dbus_bus_remove_match(bus->connection, match->text, NULL);
	match_unref(match);
}

static bool field_fits(const char *wanted, const char *found)
{
	return !wanted || g_strcmp0(wanted, found) == 0;
}

static bool namespace_fits(const char *root, const char *path)
{
	return !root || g_strcmp0(root, path) == 0 || (path && bus_path_below(path, root));
}

static bool arg0_fits(const char *wanted, DBusMessage *message)
{
	const char *found = NULL;

	return !wanted ||
	       (dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &found, DBUS_TYPE_INVALID) &&
		g_str_equal(wanted, found));
}

static bool match_fits(const BusMatch *match, DBusMessage *message)
{
	const BusMatchRule *rule = &match->rule;
	const char *path = dbus_message_get_path(message);

	if (rule->sender && (!match->owner || !dbus_message_has_sender(message, match->owner)))
		return false;
	return field_fits(rule->path, path) && namespace_fits(rule->path_namespace, path) &&
	       field_fits(rule->interface, dbus_message_get_interface(message)) &&
	       field_fits(rule->member, dbus_message_get_member(message)) &&
	       arg0_fits(rule->arg0, message);
}

void bus_match_dispatch(Bus *bus, DBusMessage *message)
{
	g_autoptr(GPtrArray) fitting = g_ptr_array_new_with_free_func((GDestroyNotify)match_unref);

	for (guint i = 0; i < bus->matches->len; i++) {
		BusMatch *match = g_ptr_array_index(bus->matches, i);

		if (!match_fits(match, message))
			continue;
		match->refs++;
		g_ptr_array_add(fitting, match);
	}
	for (guint i = 0; i < fitting->len; i++) {
		BusMatch *match = g_ptr_array_index(fitting, i);
		g_autoptr(BusMessage) signal = bus_message_wrap(message);

		if (match->func)
			match->func(signal, match->user_data);
	}
}
