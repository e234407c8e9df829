/* SPDX-License-Identifier: MIT */
#include "tests/bus/rig.h"

#include "tests/phone/phone-error.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define SPEED             10 /* of the daemon's clock */
#define SPEED_SANITIZED   5  /* a slower program has more real time for each call of the bus */
#define SPEED_WRAPPED     2
#define TEND_MS           2
#define WPA2              0x188 /* CCMP, PSK */
#define DISCONNECTED      30    /* NMDeviceState */
#define NEED_AUTH         60
#define IP_CONFIG         70
#define ACTIVATED         100
#define FAILED            120
#define REASON_NO_SECRETS 7 /* nobody knows a better passphrase */
#define ACTIVE_UP         2 /* NMActiveConnectionState */
#define ADDRESS           "192.168.77.61"
#define PROPERTIES        "org.freedesktop.DBus.Properties"
#define SLACK_KIB         192 /* the allocator's ups and downs, a sixteenth of a large heap */
#define LINK_TIMEOUT      (20 * G_USEC_PER_SEC)

bool rig_is_slow(void)
{
	return g_getenv("LANDFALL_SANITIZED") || g_getenv("LANDFALL_WRAP");
}

/* ---- what NetworkManager does by itself ---- */

static void tend_join(Rig *rig)
{
	FakeNm *nm = rig->nm;
	int index = nm->active;
	const FakeProfile *profile = nm->actives[index].profile;

	if (rig->air == RIG_AIR_JOIN_NEVER_ENDS)
		return;
	fake_nm_state(nm, NEED_AUTH, 0);
	if (!profile->tls && g_strcmp0(profile->psk, RIG_PASSPHRASE) != 0) {
		fake_nm_state(nm, FAILED, REASON_NO_SECRETS);
		rig->wrong = profile;
		return;
	}
	fake_nm_state(nm, IP_CONFIG, 0);
	fake_nm_address(nm, index, ADDRESS);
	fake_nm_active(nm, index, ACTIVE_UP);
	fake_nm_state(nm, ACTIVATED, 0);
}

static gboolean on_tend(gpointer data)
{
	Rig *rig = data;

	if (!rig->nm || !rig->nm->bus || bus_valve_was_cut(rig->nm_valve))
		return G_SOURCE_CONTINUE;
	if (rig->nm->scans != rig->scans_seen && rig->air != RIG_AIR_SCAN_NEVER_ENDS) {
		rig->scans_seen = rig->nm->scans;
		fake_nm_scanned(rig->nm);
	}
	if (rig->wrong && !rig->wrong->object) { /* given up: the device is free again */
		rig->wrong = NULL;
		fake_nm_state(rig->nm, DISCONNECTED, 0);
	}
	if (rig->nm->adds != rig->joins_seen) {
		rig->joins_seen = rig->nm->adds;
		tend_join(rig);
	}
	return G_SOURCE_CONTINUE;
}

static void nm_start(Rig *rig)
{
	static const FakeAp access_point = { .ssid = RIG_SSID,
					     .bssid = "02:00:00:00:01:00",
					     .flags = 1,
					     .rsn = WPA2,
					     .frequency = 2437,
					     .strength = 80 };

	rig->nm = fake_nm_new(bus_valve_address(rig->nm_valve));
	rig->scans_seen = 0;
	rig->joins_seen = 0;
	rig->wrong = NULL;
	fake_nm_ap(rig->nm, 0, &access_point);
	fake_nm_scanned(rig->nm);
}

static void bluez_start(Rig *rig)
{
	rig->bluez = fake_bluez_new(bus_valve_address(rig->bluez_valve));
	fake_bluez_plug(rig->bluez, 0, true);
}

void rig_kill_bluez(Rig *rig)
{
	g_clear_pointer(&rig->bluez, fake_bluez_free);
	rig->linked = false;
}

void rig_kill_nm(Rig *rig)
{
	/* Kept for rig_revive(): profiles outlive NetworkManager, on disk or in /run. */
	if (rig->nm)
		bus_free(g_steal_pointer(&rig->nm->bus));
}

/* What the old NetworkManager knew, in a new one. */
static void nm_restart(Rig *rig)
{
	g_autoptr(FakeNm) old = g_steal_pointer(&rig->nm);

	nm_start(rig);
	for (int i = 0; i < FAKE_NM_SLOTS; i++) {
		const FakeProfile *profile = &old->profiles[i];

		if (profile->object)
			fake_nm_profile(rig->nm, profile->id, profile->type, true, profile->saved);
	}
}

void rig_revive(Rig *rig)
{
	if (bus_valve_was_cut(rig->bluez_valve))
		rig_kill_bluez(rig);
	bus_valve_cut_at(rig->bluez_valve, 0);
	if (!rig->bluez)
		bluez_start(rig);
	if (bus_valve_was_cut(rig->nm_valve))
		rig_kill_nm(rig);
	bus_valve_cut_at(rig->nm_valve, 0);
	if (!rig->nm->bus)
		nm_restart(rig);
}

unsigned int rig_profiles(const Rig *rig, bool saved)
{
	unsigned int count = 0;

	for (int i = 0; i < FAKE_NM_SLOTS; i++)
		count += rig->nm->profiles[i].object && rig->nm->profiles[i].saved == saved;
	return count;
}

/* ---- the daemon ---- */

/* bluetoothd notices that whoever registered with it has gone. */
static void bluez_forget(FakeBluez *bluez)
{
	g_clear_pointer(&bluez->app_owner, g_free);
	g_clear_pointer(&bluez->app_path, g_free);
	g_clear_pointer(&bluez->advert_owner, g_free);
	g_clear_pointer(&bluez->advert_path, g_free);
	bluez->adapters[0].instances = 0;
}

static void on_exit_seen(GPid pid, int status, gpointer data)
{
	Rig *rig = data;

	if (rig->bluez)
		bluez_forget(rig->bluez);
	rig->pid = 0;
	rig->status = status;
	g_spawn_close_pid(pid);
}

static void to_log(gpointer path)
{
	g_assert_nonnull(freopen(path, "a", stderr));
}

/* How many times as fast the daemon's clock runs. */
static int speed_of_daemon(void)
{
	if (g_getenv("LANDFALL_WRAP"))
		return SPEED_WRAPPED;
	return g_getenv("LANDFALL_SANITIZED") ? SPEED_SANITIZED : SPEED;
}

static char **daemon_environment(void)
{
	char **env = g_get_environ();
	const char *library = g_getenv("LANDFALL_QUICK_TIME");
	g_autofree char *speed = g_strdup_printf("%d", speed_of_daemon());

	if (!library)
		return env;
	env = g_environ_setenv(env, "LD_PRELOAD", library, TRUE);
	return g_environ_setenv(env, "QUICK_TIME", speed, TRUE);
}

void rig_start(Rig *rig, const char *const *sets)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) env = daemon_environment();
	g_autoptr(GError) error = NULL;

	test_wrap(argv);
	g_ptr_array_add(argv, g_strdup(g_getenv("LANDFALL_PROVISIONER")));
	g_ptr_array_add(argv, g_strdup_printf("--config=%s/empty.conf", rig->folder));
	g_ptr_array_add(argv, g_strdup("--set=log.level=debug"));
	g_ptr_array_add(argv, g_strdup("--set=provisioner.advertise=always"));
	g_ptr_array_add(argv, g_strdup("--set=provisioner.adapter_wait=60s"));
	g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.secrets=%s/secrets", rig->folder));
	g_ptr_array_add(argv, g_strdup_printf("--set=store.path=%s/store", rig->folder));
	g_ptr_array_add(argv,
			g_strdup_printf("--set=provisioner.bus=%s",
					rig->behind_valve ? bus_valve_address(rig->daemon_valve)
							  : test_bus_address(rig->bus)));
	for (; sets && *sets; sets++)
		g_ptr_array_add(argv, g_strdup_printf("--set=provisioner.%s", *sets));
	g_ptr_array_add(argv, NULL);
	g_spawn_async(NULL, (char **)argv->pdata, env,
		      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, to_log, rig->log, &rig->pid,
		      &error);
	g_assert_no_error(error);
	g_child_watch_add(rig->pid, on_exit_seen, rig);
}

static char *log_text(const Rig *rig)
{
	char *text = NULL;

	return g_file_get_contents(rig->log, &text, NULL, NULL) ? text : g_strdup("");
}

/* The last words of the daemon, for whoever has to find out. */
static void show_log(const Rig *rig)
{
	g_autofree char *text = log_text(rig);
	size_t len = strlen(text);

	g_printerr("%s\n", len > 6000 ? text + len - 6000 : text);
}

void rig_await_exit(Rig *rig, int status)
{
	TEST_WAIT(!rig->pid);
	if (WIFEXITED(rig->status) && WEXITSTATUS(rig->status) == status)
		return;
	show_log(rig);
	g_error("the daemon ended with wait status 0x%x in place of exit status %d", rig->status,
		status);
}

void rig_end(Rig *rig)
{
	if (!rig->pid)
		return;
	kill(rig->pid, SIGTERM);
	rig_await_exit(rig, 0);
}

typedef struct Answer {
	char *text;
	bool done;
} Answer;

static void on_property(BusReply *reply, void *user_data)
{
	Answer *answer = user_data;
	BusReader *reader = bus_reply_reader(reply);

	answer->done = true;
	if (bus_reply_error(reply))
		return;
	bus_reader_enter(reader, "v");
	if (bus_reader_has(reader, "s"))
		answer->text = g_strdup(bus_reader_string(reader));
	bus_reader_leave(reader);
}

char *rig_property(Rig *rig, const char *name)
{
	BusMessage *message = bus_message_new_call(RIG_SERVICE, RIG_OBJECT, PROPERTIES, "Get");
	Answer answer = { NULL, false };
	BusCall *call = NULL;

	bus_writer_string(bus_message_writer(message), RIG_SERVICE);
	bus_writer_string(bus_message_writer(message), name);
	call = bus_call_start(rig->eyes, message, BUS_TIMEOUT_DEFAULT, on_property, &answer);
	g_assert_nonnull(call);
	TEST_WAIT(answer.done);
	return answer.text ? answer.text : g_strdup("");
}

static bool state_is(Rig *rig, const char *state)
{
	g_autofree char *now = rig_property(rig, "State");

	return strcmp(now, state) == 0;
}

static void await_one_of(Rig *rig, const char *state, const char *other)
{
	gint64 until_us = g_get_monotonic_time() + TEST_DEADLINE_US;

	while (!state_is(rig, state) && !state_is(rig, other)) {
		if (!rig->pid || g_get_monotonic_time() > until_us) {
			g_autofree char *now = rig_property(rig, "State");

			show_log(rig);
			g_error("the daemon %s is \"%s\", not \"%s\"",
				rig->pid ? "that runs" : "that has ended", now, state);
		}
		test_turn();
	}
}

void rig_await(Rig *rig, const char *state)
{
	await_one_of(rig, state, state);
}

void rig_let_pass(int64_t us)
{
	int64_t over_us = g_get_monotonic_time() + us / speed_of_daemon();

	TEST_WAIT(g_get_monotonic_time() > over_us);
}

void rig_await_free(Rig *rig)
{
	bool able = false;

	await_one_of(rig, "ready", "failed");
	while (!able) { /* the daemon knows of NetworkManager */
		g_autofree char *interface = rig_property(rig, "Interface");

		able = *interface != '\0';
	}
}

static long figure(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	g_assert_nonnull(found);
	return strtol(found + strlen(name), NULL, 10);
}

RigUsage rig_usage(const Rig *rig)
{
	g_autofree char *fds = g_strdup_printf("/proc/%d/fd", rig->pid);
	g_autofree char *rollup = g_strdup_printf("/proc/%d/smaps_rollup", rig->pid);
	g_autofree char *text = NULL;
	g_autoptr(GDir) dir = g_dir_open(fds, 0, NULL);
	RigUsage usage = { 0 };

	g_assert_nonnull(dir);
	while (g_dir_read_name(dir))
		usage.descriptors++;
	g_assert_true(g_file_get_contents(rollup, &text, NULL, NULL));
	usage.anonymous_kib = figure(text, "\nAnonymous:");
	usage.pss_kib = figure(text, "\nPss:");
	return usage;
}

void rig_assert_flat(const Rig *rig, const RigUsage *before)
{
	RigUsage now = rig_usage(rig);

	g_assert_cmpuint(now.descriptors, <=, before->descriptors);
	g_test_message("memory %ld -> %ld KiB", before->anonymous_kib, now.anonymous_kib);
	if (!rig_is_slow())
		g_assert_cmpint(now.anonymous_kib, <=,
				before->anonymous_kib + before->anonymous_kib / 16 + SLACK_KIB);
}

char *rig_pop(const Rig *rig)
{
	g_autofree char *path = g_build_filename(rig->folder, "secrets", "pop", NULL);
	char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return g_strstrip(text);
}

/* ---- the phone's way to the device ---- */

static const struct {
	const char *name;
	const char *path;
} endpoints[] = {
	{ "prov-ctrl", "/service0/char0" },       { "prov-scan", "/service0/char1" },
	{ "prov-session", "/service0/char2" },    { "prov-config", "/service0/char3" },
	{ "proto-ver", "/service0/char4" },       { "landfall-store", "/service0/char5" },
	{ "landfall-status", "/service0/char6" },
};

const char *rig_path(const char *endpoint)
{
	for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
		if (strcmp(endpoints[i].name, endpoint) == 0)
			return endpoints[i].path;
	}
	return endpoint;
}

/* bluetoothd is there, and so is our service. */
static bool reachable(const Rig *rig)
{
	return rig->pid && rig->bluez && !bus_valve_was_cut(rig->bluez_valve) &&
	       !bus_valve_was_cut(rig->daemon_valve) && rig->bluez->app_owner;
}

static void call_wait(Rig *rig, const FakeCall *call)
{
	while (!call->done && reachable(rig))
		test_turn();
}

/* The phone hangs up at the operation chosen beforehand. */
static bool hangs_up(Rig *rig)
{
	if (rig->hang_up_at == 0 || --rig->hang_up_at > 0)
		return false;
	rig_link.disconnect(rig);
	return true;
}

/* How the call ended, as text; NULL: well. */
static char *refusal_of(const FakeCall *call)
{
	if (!call->done)
		return g_strdup("gone");
	return g_strdup(call->error_text); /* the name is part of it */
}

bool rig_write(Rig *rig, const char *endpoint, const void *data, size_t len, char **refusal)
{
	g_autoptr(FakeCall) call = NULL;

	*refusal = NULL;
	if (!reachable(rig)) {
		*refusal = g_strdup("gone");
		return false;
	}
	call = fake_bluez_write(rig->bluez, rig_path(endpoint), FAKE_PHONE, 0, data, len);
	if (hangs_up(rig)) {
		*refusal = g_strdup("gone");
		return false;
	}
	call_wait(rig, call);
	*refusal = refusal_of(call);
	return !*refusal;
}

GBytes *rig_read(Rig *rig, const char *endpoint, uint16_t offset, char **refusal)
{
	g_autoptr(FakeCall) call = NULL;

	*refusal = NULL;
	if (!reachable(rig)) {
		*refusal = g_strdup("gone");
		return NULL;
	}
	call = fake_bluez_read(rig->bluez, rig_path(endpoint), FAKE_PHONE, offset);
	if (hangs_up(rig)) {
		*refusal = g_strdup("gone");
		return NULL;
	}
	call_wait(rig, call);
	*refusal = refusal_of(call);
	return *refusal ? NULL : g_steal_pointer(&call->value);
}

static bool link_connect(void *data, GError **error)
{
	Rig *rig = data;
	gint64 until_us = g_get_monotonic_time() + LINK_TIMEOUT;

	while (!reachable(rig) || !rig->bluez->advert_owner) {
		if (!rig->bluez || bus_valve_was_cut(rig->bluez_valve) || !rig->pid ||
		    g_get_monotonic_time() > until_us) {
			g_set_error(error, PHONE_ERROR, PHONE_ERROR_LOST, "not in the air");
			return false;
		}
		test_turn();
	}
	fake_bluez_connect(rig->bluez, true);
	rig->linked = true;
	return true;
}

static void link_disconnect(void *data)
{
	Rig *rig = data;

	if (rig->linked && rig->bluez && !bus_valve_was_cut(rig->bluez_valve)) {
		fake_bluez_connect(rig->bluez, false);
		/* Told before anything else happens: no phone is back within the same turn. */
		for (int i = 0; i < 2; i++)
			test_turn();
	}
	rig->linked = false;
}

static bool link_failed(char *refusal, GError **error)
{
	bool gone = strcmp(refusal, "gone") == 0;

	g_set_error(error, PHONE_ERROR, gone ? PHONE_ERROR_LOST : PHONE_ERROR_ATT, "%s", refusal);
	g_free(refusal);
	return false;
}

static bool link_exchange(void *data, const char *endpoint, const GByteArray *in, GByteArray *out,
			  GError **error)
{
	Rig *rig = data;
	char *refusal = NULL;
	g_autoptr(GBytes) value = NULL;

	if (!rig->linked) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_LOST, "the link is down");
		return false;
	}
	if (!rig_write(rig, endpoint, in->data, in->len, &refusal))
		return link_failed(refusal, error);
	value = rig_read(rig, endpoint, 0, &refusal);
	if (!value)
		return link_failed(refusal, error);
	g_byte_array_append(out, g_bytes_get_data(value, NULL), (guint)g_bytes_get_size(value));
	return true;
}

static bool link_wait(void *data, unsigned ms, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)ms * 1000;

	while (g_get_monotonic_time() < until_us)
		test_turn();
	return true;
}

const ClientLink rig_link = {
	.connect = link_connect,
	.disconnect = link_disconnect,
	.exchange = link_exchange,
	.wait = link_wait,
};

RigPhone *rig_phone_new(Rig *rig, const char *leave_after)
{
	g_autofree char *pop = rig_pop(rig);

	return rig_phone_knowing(rig, pop, leave_after);
}

RigPhone *rig_phone_knowing(Rig *rig, const char *pop, const char *leave_after)
{
	RigPhone *phone = g_new0(RigPhone, 1);

	phone->pop = g_strdup(pop);
	phone->setup = (ClientSetup){
		.habit = habit_find("android"),
		.security = CLIENT_SECURITY_AUTO,
		.user = "wifiprov",
		.pop = phone->pop,
		.leave_after = leave_after,
		.lists_networks = true,
		.time_scale = rig_is_slow() ? 0.2 : 0.02,
	};
	phone->client = client_new(&phone->setup, &rig_link, rig, NULL);
	return phone;
}

void rig_phone_free(RigPhone *phone)
{
	if (!phone)
		return;
	client_free(phone->client);
	g_free(phone->pop);
	g_free(phone);
}

bool rig_try(Rig *rig, const char *passphrase, GError **error)
{
	g_autoptr(RigPhone) phone = rig_phone_new(rig, NULL);

	return client_connect(phone->client, error) && client_secure(phone->client, NULL, error) &&
	       client_scan(phone->client, error) &&
	       client_join(phone->client, RIG_SSID, passphrase, error);
}

void rig_provision(Rig *rig)
{
	g_autoptr(GError) error = NULL;

	rig_await_free(rig);
	if (!rig_try(rig, RIG_PASSPHRASE, &error)) {
		show_log(rig);
		g_error("a good phone cannot provision the device: %s", error->message);
	}
	rig_await(rig, "ready");
	g_assert_cmpuint(rig_profiles(rig, true), ==, 1);
	g_assert_cmpuint(rig_profiles(rig, false), ==, 0);
}

/* ---- the whole ---- */

Rig *rig_new(void)
{
	Rig *rig = g_new0(Rig, 1);
	g_autofree char *config = NULL;
	g_autoptr(GError) error = NULL;

	if (!g_getenv("LANDFALL_PROVISIONER"))
		g_error("LANDFALL_PROVISIONER does not say which program to test");
	rig->bus = test_bus_start();
	rig->eyes = bus_open(test_bus_address(rig->bus), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	rig->bluez_valve = bus_valve_new(test_bus_address(rig->bus));
	rig->nm_valve = bus_valve_new(test_bus_address(rig->bus));
	rig->daemon_valve = bus_valve_new(test_bus_address(rig->bus));
	bluez_start(rig);
	nm_start(rig);
	rig->folder = g_dir_make_tmp("landfall-rig-XXXXXX", &error);
	g_assert_no_error(error);
	rig->log = g_build_filename(rig->folder, "log", NULL);
	config = g_build_filename(rig->folder, "empty.conf", NULL);
	g_file_set_contents(config, "", 0, &error);
	g_assert_no_error(error);
	rig->tend = g_timeout_add(TEND_MS, on_tend, rig);
	return rig;
}

/* Whatever a phone did, the log has neither the proof of possession nor a passphrase. */
static void assert_log_is_clean(const Rig *rig)
{
	g_autofree char *text = log_text(rig);
	g_autofree char *path = g_build_filename(rig->folder, "secrets", "pop", NULL);
	g_autofree char *pop = NULL;

	g_assert_null(strstr(text, RIG_PASSPHRASE));
	if (g_file_get_contents(path, &pop, NULL, NULL))
		g_assert_null(strstr(text, g_strstrip(pop)));
}

void rig_free(Rig *rig)
{
	g_autofree char *line = g_strdup_printf("rm -rf '%s'", rig->folder);
	g_autofree char *text = NULL;

	rig_end(rig);
	assert_log_is_clean(rig);
	g_source_remove(rig->tend);
	rig_kill_bluez(rig);
	fake_nm_free(rig->nm);
	bus_free(rig->eyes);
	bus_valve_free(rig->bluez_valve);
	bus_valve_free(rig->nm_valve);
	bus_valve_free(rig->daemon_valve);
	text = test_run(line, NULL);
	test_bus_stop(rig->bus);
	g_free(rig->folder);
	g_free(rig->log);
	g_free(rig);
}
