/* SPDX-License-Identifier: MIT */
/*
 * agent-bus - the agent's place on the message bus, for as long as there is one
 *
 * The agent does not need a bus. Where there is none, or it ends, or our name is taken, this tries
 * again, at first after a second, then ever more rarely, at last once a minute, and says so once.
 *
 * Owner: main().
 */
#pragma once

#include "agent/core/control.h"

#include <stdbool.h>

typedef struct AgentBus AgentBus;

/* agent_bus_new() - go to the bus, now or when there is one
 * @address: as for bus_open(); borrowed, outlives it
 * @control: static, called with @data */
AgentBus *agent_bus_new(const char *address, const Control *control, void *data);

/* AgentBusProvisioning - the State of io.landfall.Provisioner1 is another; NULL: it does not run */
typedef void (*AgentBusProvisioning)(const char *state, void *data);

/* agent_bus_follow_provisioner() - tell what provisioning is at, from now on. It is not started by
 * this; nothing is asked of the bus unless somebody wants it */
void agent_bus_follow_provisioner(AgentBus *agent_bus, AgentBusProvisioning func, void *data);

/* agent_bus_free() - leave the bus; who waits for an answer gets an error. NULL is fine */
void agent_bus_free(AgentBus *agent_bus);

/* agent_bus_changed() - the status may tell something new; NULL is fine
 * @words: more than counts may have changed */
void agent_bus_changed(AgentBus *agent_bus, bool words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentBus, agent_bus_free)
