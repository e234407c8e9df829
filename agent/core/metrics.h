/* SPDX-License-Identifier: MIT */
/*
 * metrics - how the agent is doing, in the text format of Prometheus
 *
 * Names by Prometheus' own rules: base units, counters end in _total. docs/agent.md lists them.
 * Source: Prometheus, Exposition formats, version 0.0.4; Metric and label naming
 */
#pragma once

#include "agent/core/status.h"

#include <glib.h>

/* metrics_encode() - append @status to @text, whole lines
 * @version: of the program, for landfall_agent_build_info */
void metrics_encode(const AgentStatus *status, const char *version, GString *text);
