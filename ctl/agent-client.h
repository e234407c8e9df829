/* SPDX-License-Identifier: MIT */
/*
 * agent-client - speak to a running landfall-agent over its ingest socket (docs/agent.md)
 *
 * A command line program may wait, so these calls block.
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>

#define AGENT_CLIENT_LIMIT_S 10 /* after this an agent that does not answer is called stuck */

/* agent_client_connect() - open the socket and send the request line
 * @path: the socket, [agent] ingest; NULL: there is none
 * @op: "publish", "status", "metrics" or "display"
 * @limit_s: how long the agent may take to let us in, 1 or more
 * Returns a blocking descriptor that the caller closes, or -1.
 * Errors: LANDFALL_ERROR_UNAVAILABLE (nobody listens, or does not let us in), DENIED, CONFIG (no
 * socket, or too long a path) */
int agent_client_connect(const char *path, const char *op, int limit_s,
			 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* agent_client_ask() - send the request and take the whole answer
 * @op: "status", "metrics" or "display"
 * Returns text to be freed with g_free()
 * Errors: those of agent_client_connect(), LANDFALL_ERROR_UNAVAILABLE (no complete answer) */
char *agent_client_ask(const char *path, const char *op, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* agent_client_status() - what the agent says of itself
 * Returns the object of the status answer; the caller frees it with cJSON_Delete().
 * Errors: those of agent_client_ask(), LANDFALL_ERROR_INVALID (not a JSON object) */
cJSON *agent_client_status(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* agent_client_display() - the same of {"op":"display"} */
cJSON *agent_client_display(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
