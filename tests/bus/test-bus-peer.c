/* SPDX-License-Identifier: MIT */
/* Mirrors of a service that comes, goes, changes and lies (fake-service.py), and of mocks of
 * BlueZ and NetworkManager. */
#include "dbus/bus-peer.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define SERVICE "org.example.Service"
#define ROOT    "/org/example"
#define THING   "org.example.Thing1"
#define BUSCTL  "busctl --address=$DBUS_SESSION_BUS_ADDRESS "
#define PYTHON  "/usr/bin/python3 "

typedef struct Fixture {
	TestBus *daemon;
	Bus *bus;
	GPid fake;
	BusPeer *peer;
	GString *notes; /* what happened, in order */
	BusCall *call;
	const char *free_at; /* the note at which the peer is freed */
} Fixture;

static void note(Fixture *fixture, const char *what, const char *detail)
{
	g_string_append_printf(fixture->notes, "%s%s%s ", what, *detail ? ":" : "", detail);
	if (g_strcmp0(fixture->free_at, what) == 0)
		g_clear_pointer(&fixture->peer, bus_peer_free);
}

static void on_appeared(BusPeer *peer, void *user_data)
{
	g_assert_true(bus_peer_is_present(peer));
	g_assert_nonnull(bus_peer_owner(peer));
	note(user_data, "appeared", "");
}

static void on_vanished(BusPeer *peer, void *user_data)
{
	g_assert_false(bus_peer_is_present(peer));
	g_assert_null(bus_peer_owner(peer));
	g_assert_nonnull(bus_peer_find(peer, ROOT "/one"));
	note(user_data, "vanished", "");
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	g_assert_true(bus_mirror_has(mirror, interface, NULL));
	g_assert_true(bus_peer_find(peer, bus_mirror_path(mirror)) == mirror);
	note(user_data, "added", bus_mirror_path(mirror));
}

static void on_removed(BusPeer *peer, BusMirror *mirror, const char *interface, void *user_data)
{
	g_assert_true(bus_mirror_has(mirror, interface, "Level"));
	note(user_data, "removed", bus_mirror_path(mirror));
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *user_data)
{
	g_assert_cmpstr(interface, ==, THING);
	note(user_data, "changed", property);
}

static void on_failed(BusPeer *peer, const GError *error, void *user_data)
{
	g_assert_error(error, BUS_ERROR, error->code);
	note(user_data, "failed", error->code == BUS_ERROR_INVALID ? "invalid" : "remote");
}

static const BusPeerEvents events = {
	.appeared = on_appeared,
	.vanished = on_vanished,
	.added = on_added,
	.removed = on_removed,
	.changed = on_changed,
	.failed = on_failed,
};

static const BusPeerEvents no_events = { .appeared = NULL };

static const char *const wanted[] = { THING, NULL };
static const BusPeerSpec spec = { SERVICE, ROOT, wanted };

/* Gives an order to the fake and waits until it was carried out. */
static void order(const char *words)
{
	g_autofree char *line = g_strdup_printf(
		BUSCTL "call io.landfall.FakeControl / io.landfall.FakeControl Do s '%s'", words);

	g_free(test_run(line, NULL));
}

/* Waits until a note was made, and gives all so far. */
static char *notes_until(Fixture *fixture, const char *what)
{
	TEST_WAIT(strstr(fixture->notes->str, what));

	char *notes = g_strdup(fixture->notes->str);

	g_string_truncate(fixture->notes, 0);
	return notes;
}

static void assert_notes(Fixture *fixture, const char *until, const char *expected)
{
	g_autofree char *notes = notes_until(fixture, until);

	g_assert_cmpstr(notes, ==, expected);
}

static bool name_is_there(const char *name)
{
	g_autofree char *line = g_strdup_printf(BUSCTL "call org.freedesktop.DBus "
						       "/org/freedesktop/DBus org.freedesktop.DBus "
						       "NameHasOwner s %s",
						name);
	int status;
	g_autofree char *answer = test_run(line, &status);

	return status == 0 && g_str_has_prefix(answer, "b true");
}

static void set_up_bus(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->daemon = test_bus_start();
	fixture->notes = g_string_new(NULL);
	fixture->bus = bus_open(BUS_ADDRESS_SESSION, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autofree char *script = g_test_build_filename(G_TEST_DIST, "fake-service.py", NULL);
	g_autofree char *line = g_strconcat(PYTHON, script, NULL);

	set_up_bus(fixture, data);
	fixture->fake = test_start(line);
	TEST_WAIT(name_is_there("io.landfall.FakeControl"));
	fixture->peer = bus_peer_new(fixture->bus, &spec, &events, fixture);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	bus_call_cancel(fixture->call);
	bus_peer_free(fixture->peer);
	bus_free(fixture->bus);
	test_finish(fixture->fake);
	g_string_free(fixture->notes, TRUE);
	test_bus_stop(fixture->daemon);
}

static void appear(Fixture *fixture)
{
	order("appear");
	g_free(notes_until(fixture, "appeared"));
}

static void test_life(Fixture *fixture, gconstpointer data)
{
	g_assert_false(bus_peer_is_present(fixture->peer));
	order("appear");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
	order("release");
	assert_notes(fixture, "vanished", "vanished ");
	g_assert_null(bus_peer_find(fixture->peer, ROOT "/one"));
	order("appear");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
	order("leave");
	assert_notes(fixture, "vanished", "vanished ");
	order("appear");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
	order("takeover");
	assert_notes(fixture, "appeared", "vanished added:/org/example/one appeared ");
}

static void check_basic(BusMirror *one)
{
	g_assert_cmpuint(bus_mirror_uint(one, THING, "Level", 0), ==, 1);
	g_assert_cmpuint(bus_mirror_uint(one, THING, "Byte", 0), ==, 8);
	g_assert_cmpuint(bus_mirror_uint(one, THING, "U16", 0), ==, 16);
	g_assert_cmpuint(bus_mirror_uint(one, THING, "U64", 0), ==, UINT64_MAX);
	g_assert_cmpint(bus_mirror_int(one, THING, "I16", 0), ==, -16);
	g_assert_cmpint(bus_mirror_int(one, THING, "I32", 0), ==, -32);
	g_assert_cmpint(bus_mirror_int(one, THING, "I64", 0), ==, INT64_MIN);
	g_assert_true(bus_mirror_bool(one, THING, "Flag", false));
	g_assert_cmpstr(bus_mirror_string(one, THING, "Text"), ==, "text");
	g_assert_cmpstr(bus_mirror_string(one, THING, "Path"), ==, "/a");
	g_assert_cmpstr(bus_mirror_object(one, THING, "Path"), ==, "/a");
	g_assert_null(bus_mirror_object(one, THING, "Text"));
	g_assert_cmpstr(bus_mirror_string(one, THING, "Signature"), ==, "a{sv}");
	g_assert_true(bus_mirror_has(one, THING, "Double"));
}

/* Absent, or of another type: the fallback. */
static void check_fallbacks(BusMirror *one)
{
	size_t len = 9;

	g_assert_cmpuint(bus_mirror_uint(one, THING, "Text", 42), ==, 42);
	g_assert_cmpint(bus_mirror_int(one, THING, "Level", -42), ==, -42);
	g_assert_cmpint(bus_mirror_int(one, THING, "None", -42), ==, -42);
	g_assert_cmpuint(bus_mirror_uint(one, "org.example.None1", "Level", 42), ==, 42);
	g_assert_true(bus_mirror_bool(one, THING, "Text", true));
	g_assert_null(bus_mirror_string(one, THING, "Level"));
	g_assert_null(bus_mirror_bytes(one, THING, "Words", &len));
	g_assert_cmpuint(len, ==, 0);
	g_assert_null(bus_mirror_bytes(one, THING, "Text", &len));
	g_assert_null(bus_mirror_reader(one, THING, "Text"));
	g_assert_null(bus_mirror_reader(one, THING, "None"));
	g_assert_false(bus_mirror_has(one, THING, "None"));
	g_assert_false(bus_mirror_has(one, "org.example.Ignored1", NULL)); /* not wanted */
}

static void check_containers(BusMirror *one)
{
	size_t len = 0;
	const uint8_t *octets = bus_mirror_bytes(one, THING, "Octets", &len);
	BusReader *words = bus_mirror_reader(one, THING, "Words");
	BusReader *nested = bus_mirror_reader(one, THING, "Nested");
	BusReader *structure = bus_mirror_reader(one, THING, "Struct");
	BusReader *variant = bus_mirror_reader(one, THING, "Variant");
	g_auto(GStrv) strings = bus_reader_strings(words, 2);

	g_assert_cmpmem(octets, len, "\0\1\2", 3);
	g_assert_cmpstr(strings[1], ==, "write");
	g_assert_true(bus_reader_enter(nested, "aa{sv}") && bus_reader_enter(nested, "a{sv}"));
	g_assert_cmpstr(bus_reader_entry(nested), ==, "Prefix");
	g_assert_cmpuint(bus_reader_u32(nested), ==, 24);
	g_assert_true(bus_reader_enter(structure, "(su)"));
	g_assert_cmpstr(bus_reader_string(structure), ==, "in");
	g_assert_true(bus_reader_enter(variant, "v"));
	g_assert_cmpstr(bus_reader_string(variant), ==, "inner");
}

static void test_values(Fixture *fixture, gconstpointer data)
{
	BusMirror *one;

	appear(fixture);
	one = bus_peer_find(fixture->peer, ROOT "/one");
	g_assert_nonnull(one);
	check_basic(one);
	check_fallbacks(one);
	check_containers(one);
	test_turn(); /* readers that were lent out end here */
	check_containers(one);
}

static void test_changes(Fixture *fixture, gconstpointer data)
{
	BusMirror *mirror;

	appear(fixture);
	order("add /two 2");
	assert_notes(fixture, "two", "added:/org/example/two ");
	mirror = bus_peer_find(fixture->peer, ROOT "/two");
	order("set /two 22");
	assert_notes(fixture, "changed", "changed:Level ");
	g_assert_cmpuint(bus_mirror_uint(mirror, THING, "Level", 0), ==, 22);
	order("add /two 3"); /* known: its values are new */
	g_free(notes_until(fixture, "changed:Variant"));
	g_assert_cmpuint(bus_mirror_uint(mirror, THING, "Level", 0), ==, 3);
	order("add /three 1 org.example.Ignored1");

	g_autoptr(GPtrArray) things = bus_peer_list(fixture->peer, THING);
	g_autoptr(GPtrArray) all = bus_peer_list(fixture->peer, NULL);
	g_autoptr(GPtrArray) none = bus_peer_list(fixture->peer, "org.example.None1");

	g_assert_cmpuint(things->len, ==, 2);
	g_assert_true(things->pdata[1] == mirror);
	g_assert_cmpuint(all->len, ==, 2);
	g_assert_cmpuint(none->len, ==, 0);
	order("remove /two org.example.None1 " THING);
	assert_notes(fixture, "removed", "removed:/org/example/two ");
	g_assert_null(bus_peer_find(fixture->peer, ROOT "/two"));
}

/* A property named without its value is asked for; a refusal means that it is gone. */
static void test_invalidated(Fixture *fixture, gconstpointer data)
{
	BusMirror *one;

	appear(fixture);
	one = bus_peer_find(fixture->peer, ROOT "/one");
	order("hide Text");
	order("invalidate /one Level Text");
	assert_notes(fixture, "changed:Text", "changed:Level changed:Text ");
	g_assert_cmpuint(bus_mirror_uint(one, THING, "Level", 0), ==, 77);
	g_assert_false(bus_mirror_has(one, THING, "Text"));
}

/* Malformed signals change nothing: the next note is that of the right one after them. */
static void test_rubbish(Fixture *fixture, gconstpointer data)
{
	appear(fixture);
	order("rubbish");
	order("set /one 100");
	assert_notes(fixture, "changed", "changed:Level ");
	g_assert_cmpuint(
		bus_mirror_uint(bus_peer_find(fixture->peer, ROOT "/one"), THING, "Level", 0), ==,
		100);
}

static void test_types(Fixture *fixture, gconstpointer data)
{
	BusMirror *one;
	size_t len;

	appear(fixture);
	one = bus_peer_find(fixture->peer, ROOT "/one");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*exceeds what is mirrored*");
	order("types");
	TEST_WAIT(strstr(fixture->notes->str, "changed:Nested"));
	g_test_assert_expected_messages();
	g_assert_cmpuint(bus_mirror_uint(one, THING, "Level", 42), ==, 42);
	g_assert_cmpstr(bus_mirror_string(one, THING, "Level"), ==, "text");
	g_assert_null(bus_mirror_string(one, THING, "Text"));
	g_assert_null(bus_mirror_bytes(one, THING, "Octets", &len));
	g_assert_false(bus_mirror_has(one, THING, "Flag"));  /* a descriptor */
	g_assert_false(bus_mirror_has(one, THING, "Words")); /* holds one */

	/* Deeper than a reader goes. */
	BusReader *deep = bus_mirror_reader(one, THING, "Nested");

	for (int i = 0; i < 60; i++)
		bus_reader_enter(deep, "v");
	g_assert_false(bus_reader_ok(deep));
}

static void test_large(Fixture *fixture, gconstpointer data)
{
	BusMirror *one;

	appear(fixture);
	one = bus_peer_find(fixture->peer, ROOT "/one");
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*Text exceeds what is mirrored*");
	order("large");
	order("set /one 55");
	TEST_WAIT(bus_mirror_uint(one, THING, "Level", 0) == 55);
	g_test_assert_expected_messages();
	g_assert_false(bus_mirror_has(one, THING, "Text"));
	g_assert_false(bus_mirror_has(one, THING, "Octets"));
	g_assert_false(bus_mirror_has(one, THING, "Words"));

	unsigned int kept = 0;

	for (int i = 0; i < 100; i++) {
		g_autofree char *name = g_strdup_printf("Many%d", i);

		kept += bus_mirror_has(one, THING, name);
	}
	g_assert_cmpuint(kept, ==, BUS_MIRROR_PROPERTIES_MAX - 14);
}

static void test_crowd(Fixture *fixture, gconstpointer data)
{
	static const BusPeerSpec everything = { SERVICE, ROOT, NULL };
	BusPeer *peer = bus_peer_new(fixture->bus, &everything, &no_events, fixture);

	g_clear_pointer(&fixture->peer, bus_peer_free);
	g_test_expect_message(NULL, G_LOG_LEVEL_WARNING, "*exceeds what is mirrored*");
	order("crowd");
	order("appear");
	TEST_WAIT(bus_peer_is_present(peer));
	g_test_assert_expected_messages();

	g_autoptr(GPtrArray) all = bus_peer_list(peer, NULL);
	BusMirror *many = bus_peer_find(peer, ROOT "/n0");
	unsigned int kept = 0;

	g_assert_cmpuint(all->len, ==, BUS_PEER_OBJECTS_MAX);
	for (int i = 0; i < 40; i++) {
		g_autofree char *name = g_strdup_printf(SERVICE ".I%d", i);

		kept += bus_mirror_has(many, name, NULL);
	}
	g_assert_cmpuint(kept, ==, BUS_MIRROR_INTERFACES_MAX);
	order("release");
	TEST_WAIT(!bus_peer_is_present(peer));
	bus_peer_free(peer);
}

/* The service is there, but does not answer as it should; later it does. */
static void test_failed(Fixture *fixture, gconstpointer data)
{
	order("mode wrong");
	order("appear");
	assert_notes(fixture, "failed", "failed:invalid ");
	g_assert_false(bus_peer_is_present(fixture->peer));
	order("release");
	order("mode error");
	order("appear");
	assert_notes(fixture, "failed", "failed:remote ");
	order("release");
	order("mode silent");
	order("appear");
	TEST_WAIT(bus_peer_owner(fixture->peer));
	order("leave"); /* while being asked: told to nobody, it never appeared */
	order("mode right");
	order("appear");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
}

/* A service that could not answer once is asked again. */
static void test_again(Fixture *fixture, gconstpointer data)
{
	order("mode error");
	order("appear");
	assert_notes(fixture, "failed", "failed:remote ");
	order("mode right");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
}

static void on_reply(BusReply *reply, void *user_data)
{
	Fixture *fixture = user_data;

	fixture->call = NULL;
	g_assert_error(bus_reply_error(reply), BUS_ERROR, BUS_ERROR_VANISHED);
	if (fixture->peer)
		g_assert_nonnull(bus_peer_find(fixture->peer, ROOT "/one")); /* not yet dropped */
	note(fixture, "call-failed", "");
}

static void call_silence(Fixture *fixture)
{
	fixture->call =
		bus_call_start(fixture->bus, bus_message_new_call(SERVICE, ROOT, THING, "Silence"),
			       BUS_TIMEOUT_NONE, on_reply, fixture);
}

/* The name is given up, the process lives: only the layer can tell that nobody will answer. */
static void test_calls_fail(Fixture *fixture, gconstpointer data)
{
	appear(fixture);
	call_silence(fixture);
	order("release");
	assert_notes(fixture, "vanished", "call-failed vanished ");
}

/* Somebody else speaks to us directly, as if he were the service. */
static void test_forged(Fixture *fixture, gconstpointer data)
{
	g_autofree char *added = g_strdup_printf(
		"gdbus emit --session --dest %s --object-path " ROOT
		" --signal org.freedesktop.DBus.ObjectManager.InterfacesAdded "
		"\"objectpath '" ROOT "/forged'\" \"{'" THING "': {'Level': <uint32 1>}}\"",
		bus_unique_name(fixture->bus));
	g_autofree char *changed =
		g_strdup_printf("gdbus emit --session --dest %s --object-path " ROOT "/one"
				" --signal org.freedesktop.DBus.Properties.PropertiesChanged " THING
				" \"{'Level': <uint32 666>}\" '@as []'",
				bus_unique_name(fixture->bus));

	appear(fixture);
	g_free(test_run(added, NULL));
	g_free(test_run(changed, NULL));
	order("set /one 100");
	assert_notes(fixture, "changed", "changed:Level ");
	g_assert_cmpuint(
		bus_mirror_uint(bus_peer_find(fixture->peer, ROOT "/one"), THING, "Level", 0), ==,
		100);
	g_assert_null(bus_peer_find(fixture->peer, ROOT "/forged"));
}

/* Objects without an ObjectManager. */
static void test_plain(Fixture *fixture, gconstpointer data)
{
	static const BusPeerSpec plain = { SERVICE, NULL, NULL };

	bus_peer_free(fixture->peer);
	fixture->peer = bus_peer_new(fixture->bus, &plain, &events, fixture);
	order("appear");
	assert_notes(fixture, "appeared", "appeared ");
	bus_peer_add_object(fixture->peer, ROOT "/one", THING);
	assert_notes(fixture, "added", "added:/org/example/one ");
	order("set /one 6");
	assert_notes(fixture, "changed", "changed:Level ");
	order("release");
	assert_notes(fixture, "vanished", "vanished ");
	order("appear");
	assert_notes(fixture, "appeared", "added:/org/example/one appeared ");
	order("release");
	order("mode wrong");
	order("appear");
	assert_notes(fixture, "appeared", "vanished failed:invalid appeared ");
}

/* Freed inside each callback: no note after that one. */
static void test_free_inside(Fixture *fixture, gconstpointer data)
{
	static const char *const steps[] = {
		"appear",
		"add /two 2",
		"set /one 3",
		"invalidate /one Level",
		"remove /two org.example.Thing1",
		"release",
	};

	fixture->free_at = data;
	for (size_t i = 0; i < G_N_ELEMENTS(steps) && fixture->peer; i++) {
		if (i == 5)
			call_silence(fixture);
		order(steps[i]);
		if (i == 0)
			TEST_WAIT(!fixture->peer || bus_peer_is_present(fixture->peer));
	}
	TEST_WAIT(!fixture->peer);

	g_autofree char *last = g_strdup(strrchr(g_strchomp(fixture->notes->str), ' '));

	test_assert_has(last ? last : fixture->notes->str, (const char *)data);
	bus_peer_free(NULL);
}

/* The connection is lost or closed while mirrors are there, and while they are read. */
static void test_connection_lost(Fixture *fixture, gconstpointer data)
{
	appear(fixture);
	bus_peer_add_object(fixture->peer, ROOT "/other", THING);
	test_bus_kill(fixture->daemon);
	TEST_WAIT(!bus_is_connected(fixture->bus));
	g_assert_false(bus_peer_is_present(fixture->peer));
	g_assert_nonnull(bus_peer_find(fixture->peer, ROOT "/one"));
	g_clear_pointer(&fixture->bus, bus_free);
	g_assert_cmpstr(fixture->notes->str, ==, "");
}

static void mock(Fixture *fixture, const char *template, const char *name)
{
	g_autofree char *line =
		g_strdup_printf(PYTHON "-m dbusmock --system --template %s", template);

	set_up_bus(fixture, NULL);
	fixture->fake = test_start(line);
	TEST_WAIT(name_is_there(name));
}

static void set_up_bluez(Fixture *fixture, gconstpointer data)
{
	mock(fixture, "bluez5", "org.bluez");
}

static void set_up_nm(Fixture *fixture, gconstpointer data)
{
	mock(fixture, "networkmanager", "org.freedesktop.NetworkManager");
}

static void test_bluez(Fixture *fixture, gconstpointer data)
{
	static const char *const interfaces[] = { "org.bluez.Adapter1", NULL };
	static const BusPeerSpec bluez = { "org.bluez", "/", interfaces };

	fixture->peer = bus_peer_new(fixture->bus, &bluez, &no_events, NULL);
	TEST_WAIT(bus_peer_is_present(fixture->peer));
	g_free(test_run(BUSCTL "call org.bluez / org.bluez.Mock AddAdapter ss hci0 test", NULL));
	TEST_WAIT(bus_peer_find(fixture->peer, "/org/bluez/hci0"));
	g_assert_cmpstr(bus_mirror_string(bus_peer_find(fixture->peer, "/org/bluez/hci0"),
					  "org.bluez.Adapter1", "Alias"),
			==, "test");
}

static void test_nm(Fixture *fixture, gconstpointer data)
{
	static const BusPeerSpec nm = { "org.freedesktop.NetworkManager", NULL, NULL };
	const char *path = "/org/freedesktop/NetworkManager";
	const char *interface = "org.freedesktop.NetworkManager";
	BusMirror *mirror;

	fixture->peer = bus_peer_new(fixture->bus, &nm, &no_events, NULL);
	bus_peer_add_object(fixture->peer, path, interface);
	TEST_WAIT((mirror = bus_peer_find(fixture->peer, path)));
	g_assert_true(bus_mirror_bool(mirror, interface, "NetworkingEnabled", false));
	g_free(test_run(BUSCTL
			"call org.freedesktop.NetworkManager /org/freedesktop/NetworkManager "
			"org.freedesktop.DBus.Mock AddWiFiDevice ssu mock wlan0 30",
			NULL));
	TEST_WAIT(({
		g_auto(GStrv) devices =
			bus_reader_strings(bus_mirror_reader(mirror, interface, "Devices"), 10);
		g_strv_length(devices) == 1;
	}));
}

typedef struct TestCase {
	const char *path;
	void (*run)(Fixture *fixture, gconstpointer data);
} TestCase;

static const TestCase cases[] = {
	{ "/bus/peer/life", test_life },
	{ "/bus/peer/values", test_values },
	{ "/bus/peer/changes", test_changes },
	{ "/bus/peer/invalidated", test_invalidated },
	{ "/bus/peer/rubbish", test_rubbish },
	{ "/bus/peer/types", test_types },
	{ "/bus/peer/large", test_large },
	{ "/bus/peer/crowd", test_crowd },
	{ "/bus/peer/failed", test_failed },
	{ "/bus/peer/again", test_again },
	{ "/bus/peer/calls-fail", test_calls_fail },
	{ "/bus/peer/forged", test_forged },
	{ "/bus/peer/plain", test_plain },
	{ "/bus/peer/connection-lost", test_connection_lost },
};

static const char *const frees[] = { "added",   "appeared",    "changed",
				     "removed", "call-failed", "vanished" };

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, Fixture, NULL, set_up, cases[i].run, tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(frees); i++) {
		g_autofree char *path = g_strdup_printf("/bus/peer/free-at/%s", frees[i]);

		g_test_add(path, Fixture, frees[i], set_up, test_free_inside, tear_down);
	}
	g_test_add("/bus/peer/bluez", Fixture, NULL, set_up_bluez, test_bluez, tear_down);
	g_test_add("/bus/peer/networkmanager", Fixture, NULL, set_up_nm, test_nm, tear_down);
	return g_test_run();
}
