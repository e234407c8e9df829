/* SPDX-License-Identifier: MIT */
/* landfallctl store - import, show and roll back the device's identity; requests
 * for a certificate */
#include "common/error.h"
#include "common/file-read.h"
#include "common/store-pending.h"
#include "common/store-wait.h"
#include "common/store.h"
#include "ctl/ctl.h"
#include "ctl/est.h"

#include <fcntl.h>
#include <stdio.h>

#define LOCK_WAIT_MS 5000

/* What stands behind the verb. */
typedef struct StoreOptions {
	const char *argument; /* DIR, FILE; NULL where none is taken */
	char *name;           /* --name */
	char *key_type;       /* --key-type */
	gboolean anew;        /* --new-key */
	gboolean now;         /* --now */
} StoreOptions;

/* A point in time as a person reads it, in UTC; "-" for none. */
static char *format_date(int64_t seconds)
{
	g_autoptr(GDateTime) date = seconds ? g_date_time_new_from_unix_utc(seconds) : NULL;

	return date ? g_date_time_format(date, "%Y-%m-%d") : g_strdup("-");
}

static void print_identity(const Ctl *ctl, const StoreIdentity *identity, const char *what)
{
	g_autofree char *until = format_date(identity->not_after);

	if (ctl->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddNumberToObject(object, "generation", identity->generation);
		cJSON_AddStringToObject(object, "common_name",
					identity->common_name ? identity->common_name : "");
		cJSON_AddStringToObject(object, "key_type", identity->key_type);
		cJSON_AddNumberToObject(object, "not_after", (double)identity->not_after);
		ctl_print_json(object);
	} else {
		printf("%s generation %u: %s, %s key, valid until %s\n", what, identity->generation,
		       identity->common_name ? identity->common_name : "(no common name)",
		       identity->key_type, until);
	}
	for (char **warning = identity->warnings; warning && *warning; warning++)
		fprintf(stderr, "landfallctl: warning: %s\n", *warning);
}

static bool store_cmd_import(const Ctl *ctl, Store *store, const StoreOptions *options,
			     GError **error)
{
	g_autoptr(StoreParts) parts = store_parts_load(options->argument, error);
	g_autoptr(StoreIdentity) identity = parts ? store_import(store, parts, error) : NULL;

	if (!identity)
		return false;
	print_identity(ctl, identity, "imported as");
	return true;
}

static bool store_cmd_csr(const Ctl *ctl, Store *store, const StoreOptions *options, GError **error)
{
	StoreRequest request = { .common_name = options->name,
				 .anew = options->anew,
				 .token_key = ctl->config->store.token_key };

	if (options->key_type && !device_key_kind_find(options->key_type, &request.kind)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
			    "--key-type is ec-p256, ec-p384 or rsa-2048");
		return false;
	}

	g_autofree char *text = store_request(store, &request, error);

	if (!text)
		return false;
	if (ctl->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "csr", text);
		ctl_print_json(object);
	} else {
		fputs(text, stdout);
	}
	return true;
}

/* A folder of other names would install what is there already. */
static StoreParts *load_folder(const char *path, GError **error)
{
	g_autoptr(StoreParts) parts = store_parts_load_some(path, error);

	if (!parts || parts->cert || parts->key || parts->chain || parts->broker || parts->wifi ||
	    parts->wifi_ca)
		return g_steal_pointer(&parts);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
		    "%s: holds nothing to install, such as %s", path, STORE_CERT_NAME);
	return NULL;
}

/* A folder with some of the files of a generation, or a certificate alone. */
static StoreParts *load_some(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return load_folder(path, error);

	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) content = file_read(AT_FDCWD, path, STORE_CERT_SIZE_MAX, &cause);

	if (!content) {
		g_set_error(error, LANDFALL_ERROR,
			    cause ? cause->code : (int)LANDFALL_ERROR_STORE_INVALID, "%s: %s", path,
			    cause ? cause->message : "there is no such file");
		return NULL;
	}

	StoreParts *parts = g_new0(StoreParts, 1);

	parts->cert = g_bytes_new(secret_data(content), secret_len(content));
	return parts;
}

static bool store_cmd_install(const Ctl *ctl, Store *store, const StoreOptions *options,
			      GError **error)
{
	g_autoptr(StoreParts) parts = load_some(options->argument, error);
	g_autoptr(StoreIdentity) identity = parts ? store_install(store, parts, error) : NULL;

	if (!identity)
		return false;
	print_identity(ctl, identity, "installed as");
	return true;
}

static bool store_cmd_renew(const Ctl *ctl, Store *store, const StoreOptions *options,
			    GError **error)
{
	g_autoptr(StoreIdentity) identity = est_renew(store, ctl->config, options->now, error);

	if (!identity)
		return false;
	print_identity(ctl, identity, "renewed as");
	return true;
}

static bool store_cmd_rollback(const Ctl *ctl, Store *store, const StoreOptions *options,
			       GError **error)
{
	g_autoptr(StoreIdentity) identity =
		store_rollback(store, "rolled back by landfallctl", error);

	if (!identity)
		return false;
	print_identity(ctl, identity, "back to");
	return true;
}

static const char *describe_trial(const StoreGeneration *generation)
{
	if (generation->failed)
		return "given up";
	return generation->good ? "has proved itself" : "not proved yet";
}

static void print_generation(const StoreGeneration *generation)
{
	g_autofree char *until = format_date(generation->not_after);

	printf("%s %4u  %-24s until %-12s %s%s%s\n", generation->current ? "*" : " ",
	       generation->number,
	       generation->common_name ? generation->common_name : "(unreadable)", until,
	       describe_trial(generation), generation->failure ? ": " : "",
	       generation->failure ? generation->failure : "");
}

static cJSON *describe_generation(const StoreGeneration *generation, int64_t wait_s)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "generation", generation->number);
	cJSON_AddBoolToObject(object, "current", generation->current);
	cJSON_AddBoolToObject(object, "good", generation->good);
	cJSON_AddBoolToObject(object, "failed", generation->failed);
	if (generation->failure)
		cJSON_AddStringToObject(object, "failure", generation->failure);
	if (generation->common_name)
		cJSON_AddStringToObject(object, "common_name", generation->common_name);
	cJSON_AddNumberToObject(object, "not_after", (double)generation->not_after);
	cJSON_AddNumberToObject(object, "created", (double)generation->created);
	if (generation->current && wait_s != 0)
		cJSON_AddNumberToObject(object, "renewal_wait", (double)wait_s);
	return object;
}

/* Until when the server does not want to be asked for another certificate; 0: it may be. */
static int64_t find_wait(const Ctl *ctl, Store *store, const GPtrArray *generations)
{
	for (guint i = 0; i < generations->len; i++) {
		const StoreGeneration *generation = g_ptr_array_index(generations, i);
		const StoreWaitSubject subject = { ctl->config->renewal.est, generation->not_before,
						   generation->not_after };

		if (generation->current)
			return store_wait_until(store, &subject);
	}
	return 0;
}

static void print_wait(int64_t wait_s)
{
	g_autofree char *words = renewal_wait_describe(wait_s);

	if (wait_s != 0)
		printf("renewal: %s\n", words);
}

static bool store_cmd_show(const Ctl *ctl, Store *store, const StoreOptions *options,
			   GError **error)
{
	g_autoptr(GPtrArray) generations = store_list(store, error);
	cJSON *list = NULL;

	if (!generations)
		return false;

	int64_t wait_s = find_wait(ctl, store, generations);

	if (ctl->json)
		list = cJSON_CreateArray();
	for (guint i = 0; i < generations->len; i++) {
		const StoreGeneration *generation = g_ptr_array_index(generations, i);

		if (list)
			cJSON_AddItemToArray(list, describe_generation(generation, wait_s));
		else
			print_generation(generation);
	}
	if (list)
		ctl_print_json(list);
	else
		print_wait(wait_s);
	return true;
}

typedef struct StoreCommand {
	const char *name;
	int arguments;
	bool (*run)(const Ctl *ctl, Store *store, const StoreOptions *options, GError **error);
} StoreCommand;

static const StoreCommand store_commands[] = {
	{ "import", 1, store_cmd_import },     { "show", 0, store_cmd_show },
	{ "rollback", 0, store_cmd_rollback }, { "csr", 0, store_cmd_csr },
	{ "install", 1, store_cmd_install },   { "renew", 0, store_cmd_renew },
};

/* What means something to another command only would be taken for done. */
static bool check_options(const StoreCommand *command, const StoreOptions *options, GError **error)
{
	bool of_request = options->name || options->key_type || options->anew;

	if (of_request && command->run != store_cmd_csr)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "--name, --key-type and --new-key belong to 'csr'");
	else if (options->now && command->run != store_cmd_renew)
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "--now belongs to 'renew'");
	else
		return true;
	return false;
}

static bool run_verb(const Ctl *ctl, int argc, char **argv, StoreOptions *options, GError **error)
{
	for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(store_commands); i++) {
		if (!g_str_equal(store_commands[i].name, argv[1]) ||
		    argc != store_commands[i].arguments + 2)
			continue;
		if (!check_options(&store_commands[i], options, error))
			return false;

		g_autoptr(Store) store = store_open(ctl->config->store.path);

		store_set_lock_wait(store, LOCK_WAIT_MS);
		options->argument = argv[2];
		return store_commands[i].run(ctl, store, options, error);
	}
	g_set_error_literal(
		error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
		"store takes 'import DIR', 'csr', 'install FILE', 'renew', 'show' or 'rollback'");
	return false;
}

bool cmd_store(const Ctl *ctl, int argc, char **argv, GError **error)
{
	StoreOptions options = { 0 };
	const GOptionEntry entries[] = {
		{ "name", 0, 0, G_OPTION_ARG_STRING, &options.name,
		  "csr: common name to ask for (that of the present identity, else the board's "
		  "serial number, else the host name)",
		  "NAME" },
		{ "key-type", 0, 0, G_OPTION_ARG_STRING, &options.key_type,
		  "csr: ec-p256 (default), ec-p384 or rsa-2048", "TYPE" },
		{ "new-key", 0, 0, G_OPTION_ARG_NONE, &options.anew,
		  "csr: make a new key even where one waits for its certificate", NULL },
		{ "now", 0, 0, G_OPTION_ARG_NONE, &options.now,
		  "renew: ask even when the server has asked to wait", NULL },
		G_OPTION_ENTRY_NULL
	};
	const char *usage = "store import DIR | store csr | store install FILE | "
			    "store renew [--now] | store show | store rollback";
	bool ok = ctl_parse(usage, entries, &argc, &argv, error) &&
		  run_verb(ctl, argc, argv, &options, error);

	g_free(options.name);
	g_free(options.key_type);
	return ok;
}
