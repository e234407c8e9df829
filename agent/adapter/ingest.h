/* SPDX-License-Identifier: MIT */
/*
 * ingest - samples from programs of this machine, over a Unix socket
 *
 *   program                                       agent
 *   {"op":"publish","source":"boiler"}\n     ─▶           source may be absent: "ingest"
 *   {"temperature":61.5}\n                   ─▶           line 1
 *   {"ts":1700000000000,"values":{"x":1}}\n  ─▶           line 2
 *                                            ◀─  {"ack":2}\n   after fsync
 *   {"temperature":null}\n                   ─▶           line 3
 *                                            ◀─  {"line":3,"error":"…","code":"invalid"}\n
 *                                            ◀─  {"ack":3}\n
 *   (end of input)                           ─▶  last answers, then it closes
 *
 *   {"op":"status"}\n                        ─▶
 *                                            ◀─  {…}\n and it closes
 *   {"op":"display"}\n                       ─▶
 *                                            ◀─  {…}\n and it closes
 *   {"op":"metrics"}\n                       ─▶
 *                                            ◀─  text of Prometheus, and it closes
 *
 * `{"ack":N}` means that all lines up to N are decided: on disk, or named by an error before. A
 * client whose samples are on their way to the disk, or who does not read its answers, is not
 * read from meanwhile. The folder of the socket and its mode 0660 decide who may connect. When all
 * places are taken and another client comes, one makes room (agent/core/seats.h):
 *
 *                                            ◀─  {"line":0,"error":"…","code":"busy"}\n
 *
 * Owner: one thread with a main loop. Must be stopped before, and freed after, the spool is closed.
 */
#pragma once

#include "agent/adapter/spool.h"

#include <glib.h>

#define INGEST_LINE_MAX    65536 /* octets without the line end */
#define INGEST_CLIENTS_MAX 32

typedef struct Ingest Ingest;

/* Borrowed, kept. */
typedef struct IngestConfig {
	const char *path;
	Spool *spool;

	/* now() - wall clock, and whether it is synchronised */
	int64_t (*now_ms)(bool *synced, void *data);

	/* status() - append one JSON object to @text */
	void (*status)(GString *text, void *data);

	/* metrics() - append the text of Prometheus to @text, whole lines */
	void (*metrics)(GString *text, void *data);

	/* display() - append the JSON of the display's page and a line end to @text */
	void (*display)(GString *text, void *data);

	void *data; /* for all */
} IngestConfig;

/* ingest_new() - listen
 * A socket file that nobody listens on is replaced; its folder is created when missing.
 * Errors: LANDFALL_ERROR_UNAVAILABLE (another process listens there), _DENIED, _FAILED, _CONFIG
 * (path too long) */
Ingest *ingest_new(const IngestConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ingest_stop() - take no more connections and read no more lines */
void ingest_stop(Ingest *ingest);

/* ingest_free() - close everything; NULL is fine */
void ingest_free(Ingest *ingest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ingest, ingest_free)
