/* SPDX-License-Identifier: MIT */
/*
 * ingest-client - one connection of the ingest socket: its lines, its answers
 *
 * Reference counted by whoever waits for it: the list of connections, and the spool while it
 * holds samples of it. At most one batch of a client is on its way to the disk.
 */
#pragma once

#include "agent/adapter/ingest.h"
#include "agent/core/seats.h"

typedef struct IngestClient IngestClient;

/* Whoever holds the list of connections. */
typedef struct IngestClientOwner {
	/* gone() - the connection is over and closed; once, later */
	void (*gone)(IngestClient *client, void *data);

	/* settled() - what was read has been answered. May dismiss @client */
	void (*settled)(IngestClient *client, void *data);

	void *data; /* for both */
} IngestClientOwner;

/* ingest_client_new() - serve @fd until it ends
 * @config, @owner: kept
 * @fd: taken over, non-blocking */
IngestClient *ingest_client_new(const IngestConfig *config, int fd, const IngestClientOwner *owner);

/* ingest_client_seat() - the place it holds; busy also while there is something to read from it */
Seat ingest_client_seat(const IngestClient *client);

/* ingest_client_dismiss() - end the connection for another one, and say so; gone() is called */
void ingest_client_dismiss(IngestClient *client);

/* ingest_client_stop() - read nothing more; answers still due are given */
void ingest_client_stop(IngestClient *client);

/* ingest_client_close() - end the connection now; gone() is not called. Drops the list's
 * reference */
void ingest_client_close(IngestClient *client);
