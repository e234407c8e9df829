/* SPDX-License-Identifier: MIT */
/* commands: each request of the list, each rule it can break, and at most once for
 * those that act. */
#include "agent/core/command-memory.h"
#include "agent/core/commands.h"
#include "common/error.h"

#include <string.h>

/* A device that writes down what it is told. */
typedef struct Fixture {
	Config *config;
	Commands *commands;
	GString *done;    /* what the port was asked for, each with a blank */
	GString *answers; /* one line each */
	GBytes *disk;     /* what was remembered */
	bool disk_waits;  /* the disk answers later */
	bool disk_full;
	uint64_t token; /* of what was started last */
	unsigned room;  /* for programs */
	bool certified; /* there is a certificate to tell of */
	LogLevel level;
} Fixture;

static char *fake_status(void *data)
{
	return g_strdup("{\"state\":\"online\"}");
}

static void disk_answers(Fixture *f)
{
	g_autoptr(GError) error =
		f->disk_full ? g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_FULL, "disk is full")
			     : NULL;

	commands_finish(f->commands, f->token, NULL, error);
}

static void fake_remember(uint64_t token, const void *octets, size_t len, void *data)
{
	Fixture *f = data;

	g_clear_pointer(&f->disk, g_bytes_unref);
	f->disk = g_bytes_new(octets, len);
	f->token = token;
	if (!f->disk_waits)
		disk_answers(f);
}

static bool fake_read_sensor(uint64_t token, const char *name, void *data, GError **error)
{
	Fixture *f = data;

	f->token = token;
	g_string_append_printf(f->done, "read:%s ", name);
	if (strcmp(name, "none") != 0)
		return true;
	g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_UNKNOWN, "there is no sensor none");
	return false;
}

static bool fake_set_interval(const char *name, int64_t interval_ms, void *data, GError **error)
{
	Fixture *f = data;

	g_string_append_printf(f->done, "interval:%s:%d ", name ? name : "", (int)interval_ms);
	return true;
}

static bool fake_publish_now(void *data, GError **error)
{
	g_string_append(((Fixture *)data)->done, "publish ");
	return true;
}

static bool fake_identify(unsigned seconds, void *data, GError **error)
{
	g_string_append_printf(((Fixture *)data)->done, "identify:%u ", seconds);
	return true;
}

static void fake_set_log_level(LogLevel level, void *data)
{
	((Fixture *)data)->level = level;
}

static LogLevel fake_log_level(void *data)
{
	return ((Fixture *)data)->level;
}

static bool fake_renew(void *data, GError **error)
{
	g_string_append(((Fixture *)data)->done, "renew ");
	return true;
}

static void fake_restart(void *data)
{
	g_string_append(((Fixture *)data)->done, "restart ");
}

static bool fake_reboot(void *data, GError **error)
{
	g_string_append(((Fixture *)data)->done, "reboot ");
	return true;
}

static bool fake_run(uint64_t token, const ConfigCommand *program, const char *const *arguments,
		     void *data, GError **error)
{
	Fixture *f = data;
	g_autofree char *words = g_strjoinv(",", (char **)arguments);

	f->token = token;
	g_string_append_printf(f->done, "run:%s(%s) ", program->program, words);
	return true;
}

static unsigned fake_room(void *data)
{
	return ((Fixture *)data)->room;
}

static bool fake_certificate(CommandCertificate *certificate, void *data)
{
	const Fixture *f = data;

	*certificate = (CommandCertificate){ 1800000000, -2, EXPIRY_EXPIRED, "no \"server\"" };
	return f->certified;
}

static const CommandPort whole_port = {
	.certificate = fake_certificate,
	.status = fake_status,
	.remember = fake_remember,
	.read_sensor = fake_read_sensor,
	.set_interval = fake_set_interval,
	.publish_now = fake_publish_now,
	.identify = fake_identify,
	.set_log_level = fake_set_log_level,
	.log_level = fake_log_level,
	.renew = fake_renew,
	.restart = fake_restart,
	.reboot = fake_reboot,
	.run = fake_run,
	.room = fake_room,
};

static const CommandPort bare_port = { .status = fake_status };

static const char config_text[] = "[command update]\nprogram = /usr/bin/update -q\n"
				  "arguments = [a-z]+ '[0-9]{1,3}(\\\\.[0-9]+)?'\n"
				  "[command plain]\nprogram = /bin/plain\n"
				  "[command off]\nprogram = /bin/off\nenabled = false\n";

static void set_up_port(Fixture *f, const CommandPort *port, const char *text)
{
	g_autoptr(GError) error = NULL;

	f->config = config_parse(text, strlen(text), "test", &error);
	g_assert_no_error(error);
	f->commands = commands_new(port, f, f->config);
	f->done = g_string_new(NULL);
	f->answers = g_string_new(NULL);
	f->level = LOG_LEVEL_INFO;
	f->room = COMMANDS_PENDING_MAX;
}

static void set_up(Fixture *f, gconstpointer data)
{
	set_up_port(f, &whole_port, config_text);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	commands_free(f->commands);
	config_free(f->config);
	g_string_free(f->done, TRUE);
	g_string_free(f->answers, TRUE);
	g_clear_pointer(&f->disk, g_bytes_unref);
}

static void on_answered(const Command *command, const char *result, const GError *error, void *data)
{
	Fixture *f = data;
	g_autofree char *text = command_answer_encode(result, error);
	g_autoptr(cJSON) json = json_parse(text, strlen(text));

	g_assert_nonnull(json);
	g_string_append_printf(f->answers, "%s\n", error ? command_code_name(error) : text);
}

static void ask(Fixture *f, const char *id, const char *request)
{
	commands_take(f->commands, command_parse("r", id, request, strlen(request)), on_answered,
		      f);
}

static void expect(Fixture *f, const char *done, const char *answers)
{
	g_assert_cmpstr(f->done->str, ==, done);
	g_assert_cmpstr(f->answers->str, ==, answers);
	g_string_truncate(f->done, 0);
	g_string_truncate(f->answers, 0);
}

typedef struct Case {
	const char *path;
	const char *request;
	const char *done;
	const char *answer; /* or the code of an error; "": not yet */
} Case;

static const Case cases[] = {
	{ "status", "{\"method\":\"status\"}", "", "{\"result\":{\"state\":\"online\"}}\n" },
	{ "status-null", " {\"method\":\"status\",\"params\":null} \n", "",
	  "{\"result\":{\"state\":\"online\"}}\n" },
	{ "status-more", "{\"method\":\"status\",\"params\":{\"x\":1}}", "", "malformed\n" },
	{ "no-json", "{\"method\":\"status\"", "", "malformed\n" },
	{ "behind", "{\"method\":\"status\"}x", "", "malformed\n" },
	{ "empty", "", "", "malformed\n" },
	{ "array", "[]", "", "malformed\n" },
	{ "no-method", "{\"params\":{}}", "", "malformed\n" },
	{ "method-number", "{\"method\":1}", "", "malformed\n" },
	{ "method-empty", "{\"method\":\"\"}", "", "malformed\n" },
	{ "params-array", "{\"method\":\"status\",\"params\":[]}", "", "malformed\n" },
	{ "params-text", "{\"method\":\"status\",\"params\":\"\"}", "", "malformed\n" },
	{ "unknown", "{\"method\":\"format_disk\"}", "", "unknown\n" },
	{ "unknown-case", "{\"method\":\"Status\"}", "", "unknown\n" },
	{ "interval", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":5000}}",
	  "interval::5000 ", "{\"result\":true}\n" },
	{ "interval-sensor",
	  "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":10,\"sensor\":\"cpu\"}}",
	  "interval:cpu:10 ", "{\"result\":true}\n" },
	{ "interval-low", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":9}}", "",
	  "malformed\n" },
	{ "interval-high", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":86400001}}",
	  "", "malformed\n" },
	{ "interval-broken", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":10.5}}", "",
	  "malformed\n" },
	{ "interval-text", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":\"5s\"}}", "",
	  "malformed\n" },
	{ "interval-none", "{\"method\":\"set_interval\"}", "", "malformed\n" },
	{ "interval-huge", "{\"method\":\"set_interval\",\"params\":{\"interval_ms\":1e300}}", "",
	  "malformed\n" },
	{ "read", "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"cpu\"}}", "read:cpu ", "" },
	{ "read-none", "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"none\"}}",
	  "read:none ", "unknown\n" },
	{ "read-nul", "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"cpu\\u0000x\"}}", "",
	  "malformed\n" },
	{ "read-backslash", "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"\\\\u0000\"}}",
	  "read:\\u0000 ", "" },
	{ "read-nothing", "{\"method\":\"read_sensor\",\"params\":{}}", "", "malformed\n" },
	{ "publish", "{\"method\":\"publish_now\"}", "publish ", "{\"result\":true}\n" },
	{ "identify", "{\"method\":\"identify\"}", "identify:10 ", "{\"result\":true}\n" },
	{ "identify-stop", "{\"method\":\"identify\",\"params\":{\"seconds\":0}}", "identify:0 ",
	  "{\"result\":true}\n" },
	{ "identify-long", "{\"method\":\"identify\",\"params\":{\"seconds\":601}}", "",
	  "malformed\n" },
	{ "log", "{\"method\":\"log_level\",\"params\":{\"level\":\"warning\"}}", "",
	  "{\"result\":{\"level\":\"warning\"}}\n" },
	{ "log-next", "{\"method\":\"log_level\"}", "", "{\"result\":{\"level\":\"debug\"}}\n" },
	{ "log-bad", "{\"method\":\"log_level\",\"params\":{\"level\":\"loud\"}}", "",
	  "malformed\n" },
	{ "renew", "{\"method\":\"renew_certificate\"}", "renew ", "{\"result\":true}\n" },
	{ "restart", "{\"method\":\"restart\"}", "restart ", "{\"result\":\"restarting\"}\n" },
	{ "reboot", "{\"method\":\"reboot\"}", "reboot ", "{\"result\":\"rebooting\"}\n" },
	{ "run", "{\"method\":\"run\",\"params\":{\"program\":\"plain\"}}", "run:/bin/plain() ",
	  "" },
	{ "run-arguments",
	  "{\"method\":\"run\",\"params\":{\"program\":\"update\",\"arguments\":[\"abc\",\"1.5\"]}"
	  "}",
	  "run:/usr/bin/update -q(abc,1.5) ", "" },
	{ "run-few",
	  "{\"method\":\"run\",\"params\":{\"program\":\"update\",\"arguments\":[\"abc\"]}}", "",
	  "malformed\n" },
	{ "run-many",
	  "{\"method\":\"run\",\"params\":{\"program\":\"plain\",\"arguments\":[\"abc\"]}}", "",
	  "malformed\n" },
	{ "run-shell",
	  "{\"method\":\"run\",\"params\":{\"program\":\"update\",\"arguments\":[\"a;b\",\"1\"]}}",
	  "", "malformed\n" },
	{ "run-newline",
	  "{\"method\":\"run\",\"params\":{\"program\":\"update\",\"arguments\":[\"a\\n\",\"1\"]}}",
	  "", "malformed\n" },
	{ "run-number",
	  "{\"method\":\"run\",\"params\":{\"program\":\"update\",\"arguments\":[\"a\",1]}}", "",
	  "malformed\n" },
	{ "run-unknown", "{\"method\":\"run\",\"params\":{\"program\":\"rm\"}}", "", "unknown\n" },
	{ "run-off", "{\"method\":\"run\",\"params\":{\"program\":\"off\"}}", "", "unknown\n" },
	{ "run-nothing", "{\"method\":\"run\"}", "", "malformed\n" },
};

static void test_case(Fixture *f, gconstpointer data)
{
	const Case *c = data;

	ask(f, "1", c->request);
	expect(f, c->done, c->answer);
}

static void test_long(Fixture *f, gconstpointer data)
{
	g_autofree char *blanks = g_strnfill(COMMAND_REQUEST_MAX, ' ');
	g_autofree char *fits = g_strndup(blanks, COMMAND_REQUEST_MAX - 19);
	g_autofree char *longest = g_strconcat(fits, "{\"method\":\"status\"}", NULL);
	g_autofree char *longer = g_strconcat(" ", longest, NULL);

	ask(f, "1", longest);
	ask(f, "2", longer);
	expect(f, "", "{\"result\":{\"state\":\"online\"}}\nmalformed\n");
}

/* Nothing happens before the disk has it; a second one is refused, also after a restart. */
static void test_once(Fixture *f, gconstpointer data)
{
	static const char restart[] = "{\"method\":\"restart\"}";
	g_autoptr(GError) error = NULL;

	f->disk_waits = true;
	ask(f, "1", restart);
	expect(f, "", "");
	ask(f, "1", restart);
	expect(f, "", "busy\n");
	disk_answers(f);
	expect(f, "restart ", "{\"result\":\"restarting\"}\n");

	commands_free(f->commands);
	f->commands = commands_new(&whole_port, f, f->config);
	f->disk_waits = false;
	g_assert_true(commands_recall(f->commands, g_bytes_get_data(f->disk, NULL),
				      g_bytes_get_size(f->disk), &error));
	ask(f, "1", restart);
	expect(f, "", "duplicate\n");
	ask(f, "1", "{\"method\":\"restart\",\"params\":{\"request\":\"again\"}}");
	ask(f, "2", restart);
	ask(f, "1", "{\"method\":\"reboot\"}");
	expect(f, "restart restart reboot ",
	       "{\"result\":\"restarting\"}\n{\"result\":\"restarting\"}\n{\"result\":"
	       "\"rebooting\"}\n");
}

/* Those that change nothing may come as often as they like, and need no id. */
static void test_often(Fixture *f, gconstpointer data)
{
	for (int i = 0; i < 2; i++)
		ask(f, NULL, "{\"method\":\"publish_now\"}");
	expect(f, "publish publish ", "{\"result\":true}\n{\"result\":true}\n");
	g_assert_null(f->disk);
	ask(f, NULL, "{\"method\":\"reboot\"}");
	expect(f, "", "malformed\n");
	ask(f, NULL, "{\"method\":\"reboot\",\"id\":\"of the request\"}");
	expect(f, "reboot ", "{\"result\":\"rebooting\"}\n");
}

/* What cannot be remembered is not done, and may be asked for again. */
static void test_disk_full(Fixture *f, gconstpointer data)
{
	f->disk_full = true;
	ask(f, "1", "{\"method\":\"reboot\"}");
	expect(f, "", "failed\n");
	f->disk_full = false;
	ask(f, "1", "{\"method\":\"reboot\"}");
	expect(f, "reboot ", "{\"result\":\"rebooting\"}\n");
}

static void test_later(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(COMMAND_ERROR, COMMAND_ERROR_TIMEOUT, "did not end");

	ask(f, "1", "{\"method\":\"run\",\"params\":{\"program\":\"plain\"}}");
	commands_finish(f->commands, f->token + 1, NULL, NULL); /* somebody else's */
	expect(f, "run:/bin/plain() ", "");
	commands_finish(f->commands, f->token, "{\"status\":0}", NULL);
	commands_finish(f->commands, f->token, "{\"status\":0}", NULL);
	expect(f, "", "{\"result\":{\"status\":0}}\n");
	ask(f, "2", "{\"method\":\"run\",\"params\":{\"program\":\"plain\"}}");
	commands_finish(f->commands, f->token, NULL, error);
	expect(f, "run:/bin/plain() ", "timeout\n");
}

static void test_busy(Fixture *f, gconstpointer data)
{
	static const char read[] = "{\"method\":\"read_sensor\",\"params\":{\"sensor\":\"a\"}}";

	for (int i = 0; i < COMMANDS_PENDING_MAX; i++)
		ask(f, NULL, read);
	g_assert_cmpstr(f->answers->str, ==, "");
	ask(f, NULL, read);
	g_assert_cmpstr(f->answers->str, ==, "busy\n");
	g_string_truncate(f->done, 0);
	g_string_truncate(f->answers, 0);
	commands_free(f->commands); /* each is answered all the same */
	f->commands = NULL;
	for (int i = 0; i < COMMANDS_PENDING_MAX; i++)
		g_string_erase(f->answers, 0, strlen("failed\n"));
	expect(f, "", "");
}

/* What there is no room for is not remembered; what waits for the disk has its room already. */
static void test_no_room(Fixture *f, gconstpointer data)
{
	static const char run[] = "{\"method\":\"run\",\"params\":{\"program\":\"plain\"}}";

	f->room = 0;
	ask(f, "1", run);
	ask(f, "2", "{\"method\":\"reboot\"}");
	expect(f, "", "busy\nbusy\n");
	f->room = 1;
	f->disk_waits = true;
	ask(f, "1", run);
	ask(f, "2", "{\"method\":\"reboot\"}");
	expect(f, "", "busy\n");
	disk_answers(f);
	expect(f, "run:/bin/plain() ", "");
	f->disk_waits = false;
	ask(f, "2", "{\"method\":\"reboot\"}");
	expect(f, "reboot ", "{\"result\":\"rebooting\"}\n");
}

static void test_unsupported(void)
{
	Fixture f = { 0 };
	static const char *const methods[] = { "read_sensor", "set_interval",      "publish_now",
					       "identify",    "log_level",         "restart",
					       "reboot",      "renew_certificate", "run" };

	set_up_port(&f, &bare_port, config_text);
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autofree char *request = g_strdup_printf("{\"method\":\"%s\"}", methods[i]);

		ask(&f, "1", request);
		expect(&f, "", "unsupported\n");
	}
	tear_down(&f, NULL);
}

static void test_denied(void)
{
	Fixture f = { 0 };

	set_up_port(&f, &whole_port, "[commands]\nallow = status, identify\n");
	ask(&f, "1", "{\"method\":\"reboot\"}");
	ask(&f, "2", "{\"method\":\"identify\"}");
	expect(&f, "identify:10 ", "denied\n{\"result\":true}\n");
	tear_down(&f, NULL);
}

static void apply(Fixture *f, const char *text)
{
	g_autoptr(cJSON) settings = json_parse(text, strlen(text));

	commands_apply(f->commands, settings);
}

static void test_settings(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	apply(f, "{\"interval_ms\":2000,\"log_level\":\"error\",\"colour\":\"red\"}");
	g_assert_cmpint(f->level, ==, LOG_LEVEL_ERROR);
	expect(f, "interval::2000 ", "");
	apply(f, "{\"interval_ms\":0,\"log_level\":7}");
	g_assert_cmpint(f->level, ==, LOG_LEVEL_ERROR);
	expect(f, "", "");
	report = commands_report(f->commands);
	g_assert_nonnull(strstr(report, "\"log_level\":\"error\""));
}

static void expect_report(const Fixture *f, const char *tail)
{
	g_autofree char *report = commands_report(f->commands);

	g_assert_true(g_str_has_suffix(report, tail));
}

static void test_certificate(Fixture *f, gconstpointer data)
{
	expect_report(f, "\"log_level\":\"info\"}");
	f->certified = true;
	expect_report(f, ",\"certificate_not_after\":1800000000,\"certificate_days_left\":-2,"
			 "\"certificate_alarm\":\"expired\","
			 "\"certificate_renewal_error\":\"no \\\"server\\\"\"}");
}

/* --- memory --- */

static void test_memory_bound(void)
{
	g_autoptr(CommandMemory) memory = command_memory_new();
	uint8_t key[COMMAND_KEY_LEN] = { 0 };
	size_t len;

	for (unsigned i = 0; i < COMMAND_MEMORY_MAX; i++) {
		memcpy(key, &i, sizeof(i));
		g_assert_true(command_memory_add(memory, key));
		g_assert_false(command_memory_add(memory, key));
	}
	key[COMMAND_KEY_LEN - 1] = 1;
	g_assert_true(command_memory_add(memory, key));
	memset(key, 0, sizeof(key)); /* the oldest gave way */
	g_assert_true(command_memory_add(memory, key));

	g_autofree uint8_t *octets = command_memory_encode(memory, &len);

	g_assert_cmpuint(len, ==, COMMAND_MEMORY_OCTETS);
	g_assert_true(command_memory_decode(memory, octets, len, NULL));
}

static void test_memory_damaged(void)
{
	static const char *const bad[] = { "", "LFCMDS1", "LFCMDS2\n", "LFCMDS1\nshort" };
	g_autoptr(CommandMemory) memory = command_memory_new();

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(command_memory_decode(memory, bad[i], strlen(bad[i]), &error));
		g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	}
	g_assert_true(command_memory_decode(memory, "LFCMDS1\n", 8, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/agent/commands/", cases[i].path, NULL);

		g_test_add(path, Fixture, &cases[i], set_up, test_case, tear_down);
	}
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
	ADD("/agent/commands/long", test_long);
	ADD("/agent/commands/once", test_once);
	ADD("/agent/commands/often", test_often);
	ADD("/agent/commands/disk-full", test_disk_full);
	ADD("/agent/commands/later", test_later);
	ADD("/agent/commands/busy", test_busy);
	ADD("/agent/commands/no-room", test_no_room);
	ADD("/agent/commands/settings", test_settings);
	ADD("/agent/commands/certificate", test_certificate);
	g_test_add_func("/agent/commands/unsupported", test_unsupported);
	g_test_add_func("/agent/commands/denied", test_denied);
	g_test_add_func("/agent/command-memory/bound", test_memory_bound);
	g_test_add_func("/agent/command-memory/damaged", test_memory_damaged);
	return g_test_run();
}
