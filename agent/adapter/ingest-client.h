/* SPDX-License-Identifier: MIT */
/*
 * ingest-client - one connection of the ingest socket: its lines, its answers
 *
 * Reference counted by whoever waits for it: the list of connections, and the spool while it
 * holds samples of it. At most one batch of a client is on its way to the disk.
 */
#pragma once

#include "agent/adapter/ingest.h"

typedef struct IngestClient IngestClient;

typedef void (*IngestClientGone)(IngestClient *client, void *data);

/* ingest_client_new() - serve @fd until it ends
 * @config: kept
 * @fd: taken over, non-blocking
 * @gone: called once, later, when the connection is over and closed */
IngestClient *ingest_client_new(const IngestConfig *config, int fd, IngestClientGone gone,
				void *data);

/* ingest_client_stop() - read nothing more; answers still due are given */
void ingest_client_stop(IngestClient *client);

/* ingest_client_close() - end the connection now; gone() is not called. Drops the list's
 * reference */
void ingest_client_close(IngestClient *client);
