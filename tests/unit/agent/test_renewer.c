/* SPDX-License-Identifier: MIT */
/* renewer: what is logged and told of a certificate that comes to its end, and how often; what is
 * told of a program that does not bring another, however it behaves; and what a restart leaves of
 * pauses, and of a server that wants to be left alone. */
#include "agent/adapter/renewer.h"

#include "agent/core/command.h"
#include "common/error.h"
#include "common/store-wait.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define DAY INT64_C(86400)

typedef struct Fixture {
	Config *config;
	Renewer *renewer;
	unsigned changes;
} Fixture;

static void on_changed(void *data)
{
	Fixture *f = data;

	f->changes++;
}

static void set_up(Fixture *f, gconstpointer text)
{
	g_autoptr(GError) error = NULL;

	f->config = config_parse(text ? text : "", text ? strlen(text) : 0, "test", &error);
	g_assert_no_error(error);
	f->renewer = renewer_new(f->config, on_changed, f);
}

static void tear_down(Fixture *f, gconstpointer text)
{
	renewer_free(f->renewer);
	config_free(f->config);
}

/* A certificate of a hundred days that has @left_s left is in use. */
static void use_generation(Fixture *f, uint32_t generation, int64_t left_s)
{
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
	const StoreIdentity identity = { .generation = generation,
					 .not_before = now_s + left_s - 100 * DAY,
					 .not_after = now_s + left_s };

	renewer_identity(f->renewer, &identity);
}

static void use(Fixture *f, int64_t left_s)
{
	use_generation(f, 1, left_s);
}

static void test_warnings(Fixture *f, gconstpointer text)
{
	static const struct {
		int64_t left_s;
		ExpiryAlarm alarm;
		int64_t days_left;
		const char *line; /* NULL: none */
	} cases[] = {
		{ 90 * DAY + 60, EXPIRY_FINE, 90, NULL },
		{ 20 * DAY + 3660, EXPIRY_LATE, 20, "*runs out in 20 days and 1 hour,*" },
		{ 19 * DAY + 60, EXPIRY_LATE, 19, "*runs out in 19 days and 0 hours*" },
		{ 9 * DAY + 60, EXPIRY_URGENT, 9, "*runs out in 9 days and 0 hours*" },
		{ -60, EXPIRY_EXPIRED, -1, "*has run out" },
	};

	renewer_identity(f->renewer, NULL);
	g_assert_false(renewer_status(f->renewer).judged);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].line)
			g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, cases[i].line);
		use(f, cases[i].left_s);
		g_test_assert_expected_messages();
		use(f, cases[i].left_s); /* says nothing again */

		RenewerStatus status = renewer_status(f->renewer);

		g_assert_true(status.judged);
		g_assert_cmpint(status.alarm, ==, cases[i].alarm);
		g_assert_cmpint(status.days_left, ==, cases[i].days_left);
		g_assert_cmpuint(f->changes, ==, i + 1);
	}
}

#define HOOK(script) "[renewal]\nprogram = /bin/sh -c '" script "'\n"
#define INSTALL      "ln -sfn generations/3 $STORE/current; "
#define ENDED_WITH_0                                                                               \
	"*ended with 0, but nothing was installed: it has to call landfallctl store install"
#define STORE_CURRENT "generations/2"

static const struct HookCase {
	const char *path;
	const char *text;
	const char *error; /* a pattern; "" for a success */
} hook_cases[] = {
	{ "fails", HOOK("printf \"no %0400d\" 7; exit 3"), "no 0000*" },
	{ "silent", HOOK("exit 3"), "*said nothing (status 3)" },
	{ "nothing", HOOK("exit 0"), ENDED_WITH_0 },
	{ "claims", HOOK("echo all; echo well"), ENDED_WITH_0 "; it said: all well" },
	{ "killed", HOOK("kill -9 $$"), "*said nothing (status 137)" },
	{ "floods", HOOK("yes no | head -c 9000000; exit 4"), "no no no no *" },
	{ "octets", HOOK("printf \"a\\\\377\\\\033[31m\\\\000b\"; exit 4"),
	  "a\357\277\275?[31m\357\277\275b (status 4)" },
	{ "closes", HOOK("exec >&- 2>&-; exit 5"), "*said nothing (status 5)" },
	{ "leaves-child", HOOK("sleep 1000 & echo gone; exit 6"), "gone (status 6)" },
	{ "leaves-daemon", HOOK("setsid sleep 3 & echo gone; exit 6"), "gone (status 6)" },
	{ "told-to-wait", HOOK("echo later: " RENEWAL_WAIT_WORDS "$(date +%s%N); exit 3"),
	  "later: " RENEWAL_WAIT_WORDS "* (status 3)" },
	{ "goes-back", HOOK("ln -sfn generations/1 $STORE/current"), ENDED_WITH_0 },
	{ "absent", "[renewal]\nprogram = /nonexistent\n", "/nonexistent cannot be started*" },
	{ "installs", HOOK(INSTALL "echo done"), "" },
	{ "installs-and-fails", HOOK(INSTALL "exit 7"), "" },
};

static void on_line(const char *domain, GLogLevelFlags level, const char *line, gpointer data)
{
	unsigned *warnings = data;

	if (level & G_LOG_LEVEL_WARNING)
		(*warnings)++;
}

/* Until it is told how it went, which is once. */
static void run_hook(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	unsigned changes = f->changes;
	bool begun = renewer_ask(f->renewer, &error);

	while (begun && f->changes == changes)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(f->changes, ==, changes + 1);
}

static unsigned count_descriptors(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	unsigned count = 0;

	while (g_dir_read_name(dir))
		count++;
	return count;
}

/* Threads but for GLib's own, which stays. */
static unsigned count_threads(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
	const char *number;
	unsigned count = 0;

	while ((number = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc/self/task", number, "comm", NULL);
		g_autofree char *name = NULL;

		if (g_file_get_contents(path, &name, NULL, NULL) && !g_str_equal(name, "gmain\n"))
			count++;
	}
	return count;
}

/* Until what is to be noted is. */
static void settle(void)
{
	while (count_threads() > 1)
		g_usleep(1000);
}

/* Told once, however often it happens; nothing is left open. */
static void test_hook(gconstpointer data)
{
	const struct HookCase *row = data;
	g_autofree char *store = g_dir_make_tmp("renewer-XXXXXX", NULL);
	g_autofree char *link = g_build_filename(store, "current", NULL);
	g_autofree char *text = g_strdup_printf("%s[store]\npath = %s\n", row->text, store);
	unsigned warnings = 0;
	bool idle = g_main_context_iteration(NULL, FALSE); /* has its own descriptor from now on */
	unsigned open = count_descriptors();
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	GLogFunc writer = g_log_set_default_handler(on_line, &warnings);
	Fixture f = { 0 };

	g_assert_false(idle);
	g_setenv("STORE", store, TRUE);
	set_up(&f, text);
	use_generation(&f, 2, 90 * DAY + 60);
	for (int i = 0; i < 2; i++) {
		g_unlink(link);
		g_assert_cmpint(symlink(STORE_CURRENT, link), ==, 0);
		run_hook(&f);
		g_assert_true(
			g_pattern_match_simple(row->error, renewer_status(f.renewer).last_error));
		g_assert_cmpuint(strlen(renewer_status(f.renewer).last_error), <=, 256);
		g_assert_cmpint(renewer_status(f.renewer).state, ==,
				strstr(row->path, "absent") ? RENEWAL_IDLE : RENEWAL_WAITING);
		g_assert_cmpuint(warnings, ==, *row->error ? 1 : 0);
	}
	tear_down(&f, NULL);
	settle();
	g_assert_cmpuint(count_descriptors(), ==, open);
	g_log_set_default_handler(writer, NULL);
	g_log_set_always_fatal(fatal);
	g_unlink(link);
	g_rmdir(store);
}

/* What is told of a failure goes when another certificate comes, whoever brings it; going back from
 * that is a failure. */
static void test_mended(void)
{
	Fixture f = { 0 };
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	unsigned warnings = 0;
	GLogFunc writer = g_log_set_default_handler(on_line, &warnings);

	set_up(&f, HOOK("exit 3"));
	use_generation(&f, 2, 90 * DAY + 60);
	run_hook(&f);
	g_assert_cmpstr(renewer_status(f.renewer).last_error, !=, "");
	use_generation(&f, 3, 95 * DAY);
	g_assert_cmpstr(renewer_status(f.renewer).last_error, ==, "");
	g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_IDLE);
	use_generation(&f, 2, 90 * DAY + 60);
	g_assert_true(g_str_has_prefix(renewer_status(f.renewer).last_error,
				       "generation 3 did not prove itself, 2 is used again"));
	g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_WAITING);
	tear_down(&f, NULL);
	g_log_set_default_handler(writer, NULL);
	g_log_set_always_fatal(fatal);
}

/* --- over a restart --- */

typedef struct StoreFolder {
	char *path;
	char *generations;
	char *text; /* configuration */
	StoreWaitSubject subject;
} StoreFolder;

/* Two thirds of a hundred days are over. */
static void store_folder_init(StoreFolder *folder, const char *renewal)
{
	folder->path = g_dir_make_tmp("renewer-XXXXXX", NULL);
	folder->generations = g_build_filename(folder->path, "generations", NULL);
	g_assert_cmpint(g_mkdir(folder->generations, 0700), ==, 0);
	folder->text = g_strdup_printf("%s[store]\npath = %s\n", renewal, folder->path);
	folder->subject.not_after_s = g_get_real_time() / G_USEC_PER_SEC + 20 * DAY;
	folder->subject.not_before_s = folder->subject.not_after_s - 100 * DAY;
}

static void store_folder_clear(StoreFolder *folder)
{
	settle();

	g_autofree char *line = g_strdup_printf("rm -r '%s'", folder->path);

	g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL));
	g_free(folder->path);
	g_free(folder->generations);
	g_free(folder->text);
}

/* As the EST client does; none: it is lifted. */
static void write_wait(const StoreFolder *folder, const char *whom, int64_t from_s, int64_t until_s)
{
	const RenewalWait wait = { from_s, until_s, 0 };
	StoreWaitSubject subject = folder->subject;
	g_autoptr(Store) store = store_open(folder->path);
	g_autoptr(GError) error = NULL;
	bool written = false;

	settle(); /* has the lock */
	subject.whom = whom;
	written = store_wait_write(store, STORE_WAIT_SERVER, &subject, &wait, &error);
	g_assert_no_error(error);
	g_assert_true(written);
}

static void start(Fixture *f, const StoreFolder *folder)
{
	const StoreIdentity identity = { .generation = 1,
					 .not_before = folder->subject.not_before_s,
					 .not_after = folder->subject.not_after_s };

	set_up(f, folder->text);
	renewer_identity(f->renewer, &identity);
}

static unsigned count_runs(const StoreFolder *folder)
{
	g_autofree char *path = g_build_filename(folder->path, "runs", NULL);
	g_autofree char *text = NULL;
	gsize len = 0;

	return g_file_get_contents(path, &text, &len, NULL) ? (unsigned)len : 0;
}

/* An attempt that failed, and one that was killed with the agent: the next start keeps to the
 * pause; one that runs another program does not. */
static void test_restart(gconstpointer data)
{
	static const char program[] = "/bin/sh -c 'printf x >>$STORE/runs; sleep 1000'";
	bool killed = GPOINTER_TO_INT(data);
	const char *script = killed ? program : "/bin/sh -c 'printf x >>$STORE/runs; exit 3'";
	g_autofree char *text = g_strdup_printf("[renewal]\nprogram = %s\n", script);
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	unsigned warnings = 0;
	GLogFunc writer = g_log_set_default_handler(on_line, &warnings);
	StoreFolder folder = { 0 };
	Fixture f = { 0 };

	store_folder_init(&folder, text);
	g_setenv("STORE", folder.path, TRUE);
	start(&f, &folder);
	g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_RUNNING);
	while (count_runs(&folder) == 0)
		g_usleep(1000);
	while (!killed && renewer_status(f.renewer).state == RENEWAL_RUNNING)
		g_main_context_iteration(NULL, TRUE);
	for (int i = 0; i < 3; i++) {
		tear_down(&f, NULL);
		settle();
		start(&f, &folder);
		g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_WAITING);
		g_assert_true(g_pattern_match_simple("*came to nothing; the next is at 20* UTC",
						     renewer_status(f.renewer).last_error));
	}
	g_assert_cmpuint(count_runs(&folder), ==, 1);
	tear_down(&f, NULL);
	g_free(folder.text);
	folder.text = g_strdup_printf("[renewal]\nprogram = /bin/true\n[store]\npath = %s\n",
				      folder.path);
	start(&f, &folder);
	g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_RUNNING);
	while (renewer_status(f.renewer).state == RENEWAL_RUNNING)
		g_main_context_iteration(NULL, TRUE);
	tear_down(&f, NULL);
	store_folder_clear(&folder);
	g_log_set_default_handler(writer, NULL);
	g_log_set_always_fatal(fatal);
}

#define EST "https://est.example"

/* Whatever renews: the server is left alone, and everybody told so. */
static void test_held(void)
{
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
	unsigned warnings = 0;
	GLogFunc writer = g_log_set_default_handler(on_line, &warnings);
	g_autofree char *words = renewal_wait_describe(now_s + DAY);
	g_autoptr(GError) error = NULL;
	StoreFolder folder = { 0 };
	Fixture f = { 0 };

	store_folder_init(&folder, "[renewal]\nest = " EST "\nprogram = /bin/false\n");
	write_wait(&folder, EST, now_s, now_s + DAY);
	start(&f, &folder);
	g_assert_cmpint(renewer_status(f.renewer).state, ==, RENEWAL_WAITING);
	g_assert_cmpint(renewer_status(f.renewer).wait_until_s, ==, now_s + DAY);
	g_assert_cmpstr(renewer_status(f.renewer).last_error, ==, words);
	g_assert_false(renewer_ask(f.renewer, &error));
	g_assert_cmpstr(command_code_name(error), ==, "failed");
	g_assert_cmpstr(error->message, ==, words);
	write_wait(&folder, EST, 0, 0); /* somebody has renewed by hand, and was answered */
	g_clear_error(&error);
	g_assert_true(renewer_ask(f.renewer, &error));
	g_assert_cmpint(renewer_status(f.renewer).wait_until_s, ==, 0);
	g_assert_false(renewer_ask(f.renewer, &error)); /* under way */
	g_assert_cmpstr(command_code_name(error), ==, "failed");
	tear_down(&f, NULL);

	/* Of a clock that was ahead, and of another server */
	write_wait(&folder, EST, now_s + DAY, now_s + 2 * DAY);
	start(&f, &folder);
	g_assert_cmpint(renewer_status(f.renewer).wait_until_s, ==, 0);
	tear_down(&f, NULL);
	write_wait(&folder, EST "/other", now_s, now_s + DAY);
	start(&f, &folder);
	g_assert_cmpint(renewer_status(f.renewer).wait_until_s, ==, 0);
	tear_down(&f, NULL);
	store_folder_clear(&folder);
	g_log_set_default_handler(writer, NULL);
	g_log_set_always_fatal(fatal);
}

/* What a cloud reads of it: that the device has nothing to renew with. */
static void test_nothing_set(Fixture *f, gconstpointer text)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(renewer_ask(f->renewer, &error));
	g_assert_cmpstr(command_code_name(error), ==, "unsupported");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/agent/renewer/nothing-set", Fixture, NULL, set_up, test_nothing_set,
		   tear_down);
	g_test_add("/agent/renewer/warnings", Fixture, NULL, set_up, test_warnings, tear_down);
	for (size_t i = 0; i < G_N_ELEMENTS(hook_cases); i++) {
		g_autofree char *path =
			g_strconcat("/agent/renewer/hook/", hook_cases[i].path, NULL);

		g_test_add_data_func(path, &hook_cases[i], test_hook);
	}
	g_test_add_func("/agent/renewer/mended", test_mended);
	g_test_add_data_func("/agent/renewer/restart/failed", GINT_TO_POINTER(0), test_restart);
	g_test_add_data_func("/agent/renewer/restart/killed", GINT_TO_POINTER(1), test_restart);
	g_test_add_func("/agent/renewer/held", test_held);
	return g_test_run();
}
