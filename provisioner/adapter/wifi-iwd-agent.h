/* SPDX-License-Identifier: MIT */
/*
 * wifi-iwd-agent - hands a passphrase to iwd when it asks, for one network and to nobody else
 *
 * iwd takes secrets from an agent only. This one lives as long as an attempt: it answers
 * RequestPassphrase of iwd itself for the network being joined, and refuses everything else. A
 * request that comes before the network's object waits for it.
 *
 * Owner: wifi-iwd-join. It passes on that something in the mirrors changed.
 */
#pragma once

#include "provisioner/adapter/wifi-iwd-objects.h"

typedef struct WifiIwdAgent WifiIwdAgent;

/* WifiIwdAgentDone - iwd knows the agent, or would not have it; once, may free it
 * @error: NULL: it does */
typedef void (*WifiIwdAgentDone)(const GError *error, void *data);

/* wifi_iwd_agent_new() - put it on the bus and tell iwd
 * @wanted: borrowed, outlives it; without a passphrase every request is refused */
WifiIwdAgent *wifi_iwd_agent_new(const WifiIwdContext *context, const WifiCredentials *wanted,
				 WifiIwdAgentDone done, void *data);

/* wifi_iwd_agent_free() - iwd is told; a request that waits is refused. NULL is fine */
void wifi_iwd_agent_free(WifiIwdAgent *agent);

/* wifi_iwd_agent_changed() - something in the mirrors changed */
void wifi_iwd_agent_changed(WifiIwdAgent *agent);

/* wifi_iwd_agent_asked_us() - when was the passphrase handed out last? 0: never */
int64_t wifi_iwd_agent_asked_us(const WifiIwdAgent *agent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WifiIwdAgent, wifi_iwd_agent_free)
