/* SPDX-License-Identifier: MIT */
/*
 * sink - everything a broker delivers, into a ledger
 *
 * A mosquitto_sub with a session that the broker keeps, read by a thread. What a broker delivers
 * once more by itself, because it was restarted before the sink's acknowledgement, is recognised
 * by its packet identifier and is nobody's duplicate.
 *
 * All failures abort. Owner: whoever made it; the ledger outlives it.
 */
#pragma once

#include "tests/agent/ledger.h"
#include "tests/broker/broker.h"

typedef struct Sink Sink;

/* sink_new() - subscribe with the certificate @device and wait until that was granted */
Sink *sink_new(Broker *broker, Pki *pki, const char *device, Ledger *ledger);

/* sink_free() - NULL is fine */
void sink_free(Sink *sink);

/* sink_repeats() - messages the broker has delivered once more by itself */
unsigned sink_repeats(Sink *sink);

/* sink_messages() - that came */
unsigned sink_messages(Sink *sink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sink, sink_free)
