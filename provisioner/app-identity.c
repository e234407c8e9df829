/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

static void on_committed(const GError *error, void *data)
{
	App *app = data;

	provisioner_on_committed(app->core, error, app_now_us());
	app_settle(app);
}

static void on_requested(GBytes *request, const GError *error, void *data)
{
	App *app = data;

	provisioner_on_request(app->core, request, error, app_now_us());
	app_settle(app);
}

static void on_agent(const AgentReport *report, void *data)
{
	App *app = data;

	provisioner_on_agent(app->core, report, app_now_us());
	app_settle(app);
}

static void ask_agent(void *data)
{
	App *app = data;

	agent_probe_ask(app->agent);
}

static bool online(void *data)
{
	const App *app = data;

	return wifi_choice_is_online(app->wifi);
}

void app_identity_init(App *app)
{
	static const IdentityStoreEvents events = { on_committed, on_requested };

	app->identity = identity_store_new(app->config->store.path, app->config->store.token_key,
					   &events, app);
	app->agent = agent_probe_new(app->config->agent.ingest, on_agent, app);
	app->ports.store = &identity_store_port;
	app->ports.store_data = app->identity;
	app->ports.ask_agent = ask_agent;
	app->ports.online = online;
}

void app_identity_clear(App *app)
{
	agent_probe_free(app->agent);
	identity_store_free(app->identity);
}
