/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-iwd-agent.h"

#include "dbus/bus-object.h"

#include <string.h>

#define AGENT_PATH     "/io/landfall/iwd"
#define AGENT_CANCELED IWD_SERVICE ".Agent.Error.Canceled"

struct WifiIwdAgent {
	WifiIwdContext context;
	const WifiCredentials *wanted;
	WifiIwdAgentDone done;
	void *data;
	BusObject *object;   /* NULL: the path was taken */
	BusCall *call;       /* RegisterAgent */
	BusRequest *waiting; /* for an object that is not mirrored yet; its path is our copy */
	char *network;
	int64_t asked_us;
};

static void refuse(BusRequest *request)
{
	g_info("iwd's agent: refusing %s", bus_request_member(request));
	bus_request_fail_name(request, AGENT_CANCELED, "not asked for by Landfall");
}

static void hand_out(WifiIwdAgent *agent, BusRequest *request)
{
	agent->asked_us = g_get_monotonic_time();
	bus_writer_string(bus_request_writer(request),
			  (const char *)secret_data(agent->wanted->passphrase));
	bus_request_reply(request);
}

/* Answer the request that waits, once it is clear which network it is about. */
static void answer(WifiIwdAgent *agent)
{
	const BusMirror *mirror = bus_peer_find(agent->context.peer, agent->network);
	const char *name = mirror ? bus_mirror_string(mirror, IWD_NETWORK_IFACE, "Name") : NULL;

	if (!name)
		return;
	if (wifi_iwd_is_named(name, agent->wanted->ssid, agent->wanted->ssid_len))
		hand_out(agent, g_steal_pointer(&agent->waiting));
	else
		refuse(g_steal_pointer(&agent->waiting));
}

static void request_passphrase(BusRequest *request, void *user_data)
{
	WifiIwdAgent *agent = user_data;
	const char *owner = bus_peer_owner(agent->context.peer);

	if (g_strcmp0(bus_request_sender(request), owner) != 0 || !agent->wanted->passphrase ||
	    agent->waiting) {
		refuse(request);
		return;
	}
	g_free(agent->network);
	agent->network = g_strdup(bus_reader_path(bus_request_args(request)));
	agent->waiting = request;
	answer(agent);
}

static void request_other(BusRequest *request, void *user_data)
{
	refuse(request);
}

static void acknowledge(BusRequest *request, void *user_data)
{
	bus_request_reply(request);
}

static const BusMethod methods[] = {
	{ "Release", "", "", acknowledge, NULL },
	{ "RequestPassphrase", "o", "s", request_passphrase, "network passphrase" },
	{ "RequestPrivateKeyPassphrase", "o", "s", request_other, "network passphrase" },
	{ "RequestUserNameAndPassword", "o", "ss", request_other, "network user password" },
	{ "RequestUserPassword", "os", "s", request_other, "network user password" },
	{ "Cancel", "s", "", acknowledge, "reason" },
	{ NULL, NULL, NULL, NULL, NULL },
};

static void on_registered(BusReply *reply, void *user_data)
{
	WifiIwdAgent *agent = user_data;

	agent->call = NULL;
	if (bus_reply_is_gone(reply))
		return;
	agent->done(bus_reply_error(reply), agent->data);
}

static BusMessage *manager_call(const char *member)
{
	BusMessage *message =
		bus_message_new_call(IWD_SERVICE, IWD_PATH, IWD_AGENT_MANAGER_IFACE, member);

	bus_writer_path(bus_message_writer(message), AGENT_PATH);
	return message;
}

WifiIwdAgent *wifi_iwd_agent_new(const WifiIwdContext *context, const WifiCredentials *wanted,
				 WifiIwdAgentDone done, void *data)
{
	static const BusInterface interface = { IWD_AGENT_IFACE, methods, NULL, NULL, NULL };
	static const BusInterface *const interfaces[] = { &interface, NULL };
	WifiIwdAgent *agent = g_new0(WifiIwdAgent, 1);
	g_autoptr(GError) error = NULL;

	agent->context = *context;
	agent->wanted = wanted;
	agent->done = done;
	agent->data = data;
	agent->object = bus_object_register(context->bus, AGENT_PATH, interfaces, agent, &error);
	if (error)
		g_warning("iwd's agent: %s", error->message);
	agent->call = bus_call_start(context->bus, manager_call("RegisterAgent"),
				     BUS_TIMEOUT_DEFAULT, on_registered, agent);
	return agent;
}

void wifi_iwd_agent_free(WifiIwdAgent *agent)
{
	if (!agent)
		return;
	bus_call_cancel(agent->call);
	if (agent->waiting)
		refuse(agent->waiting);
	if (bus_peer_owner(agent->context.peer))
		bus_message_send(agent->context.bus, manager_call("UnregisterAgent"));
	bus_object_free(agent->object);
	g_free(agent->network);
	g_free(agent);
}

void wifi_iwd_agent_changed(WifiIwdAgent *agent)
{
	if (agent->waiting)
		answer(agent);
}

int64_t wifi_iwd_agent_asked_us(const WifiIwdAgent *agent)
{
	return agent->asked_us;
}
