/* SPDX-License-Identifier: MIT */
/* landfallctl status - the page an operator opens first: asks every part, status-page shows it */
#include "common/error.h"
#include "common/store-wait.h"
#include "ctl/agent-client.h"
#include "ctl/ctl.h"
#include "ctl/network-look.h"
#include "ctl/provisioner-client.h"
#include "ctl/status-page.h"
#include "landfall-config.h"

#include <stdio.h>

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
	cJSON_AddStringToObject(properties, "Progress", "not running: it starts when it is needed");
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

	const StoreWaitSubject subject = { config->renewal.est, identity->not_before,
					   identity->not_after };
	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "generation", identity->generation);
	cJSON_AddStringToObject(object, "common_name",
				identity->common_name ? identity->common_name : "");
	cJSON_AddStringToObject(object, "key_type", identity->key_type);
	cJSON_AddNumberToObject(object, "not_before", (double)identity->not_before);
	cJSON_AddNumberToObject(object, "not_after", (double)identity->not_after);
	cJSON_AddNumberToObject(object, "renewal_wait", (double)store_wait_until(store, &subject));
	return object;
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

	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
	cJSON *page = cJSON_CreateObject();

	cJSON_AddStringToObject(page, "version", LANDFALL_VERSION);
	cJSON_AddItemToObject(page, "provisioner", ask_provisioner(ctl->config));
	cJSON_AddItemToObject(page, "network", network_look("/sys"));
	cJSON_AddItemToObject(page, "identity", ask_store(ctl->config));
	cJSON_AddItemToObject(page, "agent", ask_agent(ctl->config));
	status_page_judge(page, now_s);
	if (ctl->json) {
		ctl_print_json(page);
		return true;
	}

	g_autofree char *text = status_page_format(page, g_get_host_name(), now_s);

	fputs(text, stdout);
	cJSON_Delete(page);
	return true;
}
