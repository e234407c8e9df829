/* SPDX-License-Identifier: MIT */
/* landfallctl status - how the device is doing, at a glance */
#include "common/error.h"
#include "common/printable.h"
#include "common/store.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"
#include "ctl/provisioner-client.h"
#include "landfall-config.h"

#include <stdio.h>
#include <string.h>

/* {"error":"…"} for a part that could not be asked: the page is shown all the same. */
static cJSON *describe_failure(const GError *error)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "error", error->message);
	return object;
}

static cJSON *ask_provisioner(const Config *config)
{
	g_autoptr(GError) error = NULL;
	cJSON *properties = provisioner_client_read(config, &error);

	if (properties)
		return properties;
	if (error)
		return describe_failure(error);
	properties = cJSON_CreateObject();
	cJSON_AddStringToObject(properties, "State", "absent");
	cJSON_AddStringToObject(properties, "Progress", "not running");
	return properties;
}

static cJSON *ask_agent(const Config *config)
{
	g_autoptr(GError) error = NULL;
	cJSON *status = agent_client_status(config->agent.ingest, &error);

	return status ? status : describe_failure(error);
}

static cJSON *ask_store(const Config *config)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = store_open(config->store.path);
	g_autoptr(StoreIdentity) identity = store_current(store, &error);

	if (!identity)
		return describe_failure(error);

	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "generation", identity->generation);
	cJSON_AddStringToObject(object, "common_name",
				identity->common_name ? identity->common_name : "");
	cJSON_AddStringToObject(object, "key_type", identity->key_type);
	cJSON_AddNumberToObject(object, "not_after", (double)identity->not_after);
	return object;
}

static void print_provisioner(const cJSON *provisioner)
{
	const char *address = ctl_json_text(provisioner, "Ip4Address", "");
	const char *name = ctl_json_text(provisioner, "Ssid", "?");
	g_autofree char *ssid = printable_text(name, strlen(name));

	printf("Provisioner  %s\n",
	       ctl_json_text(provisioner, "error", ctl_json_text(provisioner, "Progress", "?")));
	if (*address)
		printf("Wi-Fi        %s, address %s\n", ssid, address);
}

static void print_identity(const cJSON *identity)
{
	const char *failure = ctl_json_text(identity, "error", NULL);
	g_autoptr(GDateTime) until =
		g_date_time_new_from_unix_utc((int64_t)ctl_json_number(identity, "not_after"));
	g_autofree char *date = until ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");

	if (failure)
		printf("Identity     %s\n", failure);
	else
		printf("Identity     generation %.0f, %s, %s key, valid until %s\n",
		       ctl_json_number(identity, "generation"),
		       ctl_json_text(identity, "common_name", "?"),
		       ctl_json_text(identity, "key_type", "?"), date);
}

static void print_agent(const cJSON *agent)
{
	const char *failure = ctl_json_text(agent, "error", NULL);
	const char *last_error = ctl_json_text(agent, "last_error", "");
	const cJSON *spool = cJSON_GetObjectItem(agent, "spool");

	if (failure) {
		printf("Agent        %s\n", failure);
		return;
	}
	printf("Agent        %s, broker %s%s%s\n", ctl_json_text(agent, "state", "?"),
	       ctl_json_text(agent, "broker", "none"), *last_error ? ": " : "", last_error);
	printf("Spool        %.0f waiting, %.0f delivered, %.0f dropped\n",
	       ctl_json_number(spool, "waiting"), ctl_json_number(spool, "delivered"),
	       ctl_json_number(spool, "dropped"));
}

bool cmd_status(const Ctl *ctl, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = { G_OPTION_ENTRY_NULL };

	if (!ctl_parse("status", entries, &argc, &argv, error))
		return false;
	if (argc > 1) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "status takes no arguments");
		return false;
	}

	cJSON *page = cJSON_CreateObject();

	cJSON_AddStringToObject(page, "version", LANDFALL_VERSION);
	cJSON_AddItemToObject(page, "provisioner", ask_provisioner(ctl->config));
	cJSON_AddItemToObject(page, "identity", ask_store(ctl->config));
	cJSON_AddItemToObject(page, "agent", ask_agent(ctl->config));
	if (ctl->json) {
		ctl_print_json(page);
		return true;
	}
	printf("Landfall " LANDFALL_VERSION " on %s\n\n", g_get_host_name());
	print_provisioner(cJSON_GetObjectItem(page, "provisioner"));
	print_identity(cJSON_GetObjectItem(page, "identity"));
	print_agent(cJSON_GetObjectItem(page, "agent"));
	cJSON_Delete(page);
	return true;
}
