/* SPDX-License-Identifier: MIT */
/*
 * publish-stream - carry lines from a descriptor to the agent and its answers back
 *
 * Lines go through as they come, a block at a time; nothing is parsed here. The agent counts them
 * and answers (docs/agent.md):
 *
 *   {"ack":N}                        every line up to N is decided: on disk, or named before
 *   {"line":N,"error":"…","code":"…"}  line N was refused
 *   {"line":0,"error":"…","code":"…"}  the agent ends the connection
 *
 * Memory is bounded: one block towards the agent, one answer line, the refused lines since the
 * last ack. When the agent is slow we stop reading.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What became of the lines. */
typedef struct PublishResult {
	uint64_t sent;    /* whole lines handed to the agent */
	uint64_t decided; /* up to this line everything is answered */
	uint64_t stored;  /* on disk */
	uint64_t refused; /* not on disk */
	uint64_t unknown; /* unanswered when it ended, a line that was cut short included */
	bool cut;         /* it ended before all of the input was handed over */
	bool full;        /* at least one was refused for want of room */
	bool disk;        /* at least one because the disk failed */
} PublishResult;

/* How long an agent that owes answers, or does not take what is sent, is waited for. */
typedef struct PublishPatience {
	int64_t tell_ms;  /* waiting() is called then; 0: never */
	int64_t limit_ms; /* it is given up then; 0: never */
} PublishPatience;

/* Told as answers come in; each may be NULL. */
typedef struct PublishEvents {
	/* stored() - lines @first to @last are on disk; ascending, without the refused ones */
	void (*stored)(uint64_t first, uint64_t last, void *data);

	/* refused() - line @line was not taken; @reason is borrowed text */
	void (*refused)(uint64_t line, const char *reason, void *data);

	/* waiting() - no answer for PublishPatience.tell_ms; once until there is one */
	void (*waiting)(void *data);

	void *data;
} PublishEvents;

/* publish_stream() - run until every line of the input is answered
 * @input: descriptor with JSON lines; a last line without newline counts
 * @agent: descriptor from agent_client_connect(path, "publish"); stays the caller's
 * @result: filled in on failure too
 * Errors: LANDFALL_ERROR_UNAVAILABLE (the agent went away, or gave no answer in time, with lines
 *	unanswered), LANDFALL_ERROR_INVALID (its answers make no sense), LANDFALL_ERROR_FAILED
 *	(input unreadable); each says what became of the lines. Refused lines are not an error of
 *	the stream. */
bool publish_stream(int input, int agent, const PublishPatience *patience,
		    const PublishEvents *events, PublishResult *result,
		    GError **error) G_GNUC_WARN_UNUSED_RESULT;
