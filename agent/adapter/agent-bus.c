/* SPDX-License-Identifier: MIT */
#include "agent/adapter/agent-bus.h"

#include "agent/adapter/agent-object.h"
#include "dbus/bus-mirror.h"
#include "dbus/bus-name.h"
#include "dbus/bus-peer.h"

#include <glib.h>

#define PROVISIONER      "io.landfall.Provisioner1"
#define PROVISIONER_PATH "/io/landfall/Provisioner1"

#define RETRY_FIRST_S 1
#define RETRY_LAST_S  60

struct AgentBus {
	const char *address;
	const Control *control;
	void *data;
	Bus *bus; /* NULL: not connected, and then the next three are NULL too */
	BusAuthority *authority;
	AgentObject *object;
	BusName *name;
	BusPeer *provisioner; /* NULL also: nobody wants to know */
	AgentBusProvisioning provisioning;
	void *provisioning_data;
	guint timer;
	unsigned wait_s; /* before the next attempt */
	bool told;       /* that we are not on the bus */
};

/* --- the provisioner --- */

static void on_provisioner(BusPeer *peer, BusMirror *mirror, const char *interface, void *data)
{
	AgentBus *agent_bus = data;

	agent_bus->provisioning(bus_mirror_string(mirror, PROVISIONER, "State"),
				agent_bus->provisioning_data);
}

static void on_provisioner_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
				   const char *property, void *data)
{
	if (g_str_equal(property, "State"))
		on_provisioner(peer, mirror, interface, data);
}

static void on_provisioner_gone(BusPeer *peer, void *data)
{
	AgentBus *agent_bus = data;

	agent_bus->provisioning(NULL, agent_bus->provisioning_data);
}

static void follow(AgentBus *agent_bus)
{
	static const char *const interfaces[] = { PROVISIONER, NULL };
	static const BusPeerSpec spec = { PROVISIONER, NULL, interfaces };
	static const BusPeerEvents events = {
		.added = on_provisioner,
		.changed = on_provisioner_changed,
		.vanished = on_provisioner_gone,
	};

	agent_bus->provisioner = bus_peer_new(agent_bus->bus, &spec, &events, agent_bus);
	bus_peer_add_object(agent_bus->provisioner, PROVISIONER_PATH, PROVISIONER);
}

void agent_bus_follow_provisioner(AgentBus *agent_bus, AgentBusProvisioning func, void *data)
{
	agent_bus->provisioning = func;
	agent_bus->provisioning_data = data;
	if (agent_bus->bus)
		follow(agent_bus);
}

/* --- the connection --- */

static void leave(AgentBus *agent_bus)
{
	g_clear_pointer(&agent_bus->provisioner, bus_peer_free);
	g_clear_pointer(&agent_bus->name, bus_name_free);
	g_clear_pointer(&agent_bus->authority, bus_authority_free);
	g_clear_pointer(&agent_bus->object, agent_object_free);
	g_clear_pointer(&agent_bus->bus, bus_free);
}

static void enter(AgentBus *agent_bus);

static gboolean on_timer(gpointer data)
{
	AgentBus *agent_bus = data;

	agent_bus->timer = 0;
	enter(agent_bus);
	return G_SOURCE_REMOVE;
}

static void try_later(AgentBus *agent_bus, const GError *error)
{
	leave(agent_bus);
	if (!agent_bus->told)
		g_info("not on the bus, which is tried again: %s", error->message);
	agent_bus->told = true;
	agent_bus->timer = g_timeout_add_seconds(agent_bus->wait_s, on_timer, agent_bus);
	agent_bus->wait_s = MIN(agent_bus->wait_s * 2, RETRY_LAST_S);
}

static void on_disconnected(Bus *bus, const GError *error, void *data)
{
	try_later(data, error);
}

static void on_name(BusName *name, const GError *error, void *data)
{
	AgentBus *agent_bus = data;

	if (error) {
		try_later(agent_bus, error);
		return;
	}
	if (agent_bus->told)
		g_info("on the bus as " AGENT_OBJECT_NAME);
	agent_bus->told = false;
	agent_bus->wait_s = RETRY_FIRST_S;
}

/* The object first: whoever sees the name finds it. */
static void enter(AgentBus *agent_bus)
{
	g_autoptr(GError) error = NULL;

	agent_bus->bus = bus_open(agent_bus->address, NULL, on_disconnected, agent_bus, &error);
	if (agent_bus->bus) {
		agent_bus->authority = bus_authority_new(agent_bus->bus, AGENT_OBJECT_ACTION);
		agent_bus->object = agent_object_new(agent_bus->bus, agent_bus->authority,
						     agent_bus->control, agent_bus->data, &error);
	}
	if (!agent_bus->object) {
		try_later(agent_bus, error);
		return;
	}
	if (agent_bus->provisioning)
		follow(agent_bus);
	agent_bus->name =
		bus_name_request(agent_bus->bus, AGENT_OBJECT_NAME, 0, on_name, agent_bus);
}

AgentBus *agent_bus_new(const char *address, const Control *control, void *data)
{
	AgentBus *agent_bus = g_new0(AgentBus, 1);

	agent_bus->address = address;
	agent_bus->control = control;
	agent_bus->data = data;
	agent_bus->wait_s = RETRY_FIRST_S;
	enter(agent_bus);
	return agent_bus;
}

void agent_bus_free(AgentBus *agent_bus)
{
	if (!agent_bus)
		return;
	if (agent_bus->timer)
		g_source_remove(agent_bus->timer);
	leave(agent_bus);
	g_free(agent_bus);
}

void agent_bus_changed(AgentBus *agent_bus, bool words)
{
	if (agent_bus && agent_bus->object)
		agent_object_changed(agent_bus->object, words);
}
