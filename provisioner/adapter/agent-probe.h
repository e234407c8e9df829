/* SPDX-License-Identifier: MIT */
/*
 * agent-probe - asks the agent how far it has come, over its status socket (docs/agent.md)
 *
 * One question at a time, on the loop, answered within AGENT_PROBE_MS or not at all. An agent that
 * does not run is an answer, too.
 *
 * Owner: the App.
 */
#pragma once

#include "provisioner/core/landfall-status.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define AGENT_PROBE_MS         3000
#define AGENT_PROBE_OCTETS_MAX 65536 /* no honest agent says more of itself */

typedef struct AgentProbe AgentProbe;

/* AgentProbeDone - the answer to a question, from the loop; borrowed for the call */
typedef void (*AgentProbeDone)(const AgentReport *report, void *data);

/* agent_probe_new() - at rest
 * @path: of the agent's socket, copied; NULL: the agent has none
 * @done: called once for each question that was not swallowed by one under way */
AgentProbe *agent_probe_new(const char *path, AgentProbeDone done, void *data);

/* agent_probe_free() - a question under way gets no answer; NULL is fine */
void agent_probe_free(AgentProbe *probe);

/* agent_probe_ask() - ask, unless a question is under way */
void agent_probe_ask(AgentProbe *probe);

/* agent_probe_parse() - hand what an agent said to @done; what makes no sense is a problem
 * @text: borrowed, need not end in NUL */
void agent_probe_parse(const char *text, size_t len, AgentProbeDone done, void *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentProbe, agent_probe_free)
