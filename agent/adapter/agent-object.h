/* SPDX-License-Identifier: MIT */
/*
 * agent-object - io.landfall.Agent1 on the bus
 *
 * Values are read when somebody asks; what changed is announced as core/announce says.
 * dbus/io.landfall.Agent1.xml is the interface.
 *
 * Owner: the AgentBus.
 */
#pragma once

#include "agent/core/control.h"
#include "dbus/bus-authority.h"
#include "dbus/bus.h"

#define AGENT_OBJECT_NAME   "io.landfall.Agent1"
#define AGENT_OBJECT_PATH   "/io/landfall/Agent1"
#define AGENT_OBJECT_ACTION "io.landfall.agent" /* what polkit is asked about */

typedef struct AgentObject AgentObject;

/* agent_object_new() - put the object on the bus; ask for the name after that
 * @bus, @authority: borrowed, outlive it
 * @control: static, called with @data
 * Errors: those of bus_object_register() */
AgentObject *agent_object_new(Bus *bus, BusAuthority *authority, const Control *control, void *data,
			      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* agent_object_free() - the authority must have ended its checks. NULL is fine */
void agent_object_free(AgentObject *object);

/* agent_object_changed() - the status may tell something new
 * @words: more than counts may have changed */
void agent_object_changed(AgentObject *object, bool words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentObject, agent_object_free)
