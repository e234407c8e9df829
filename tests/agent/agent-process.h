/* SPDX-License-Identifier: MIT */
/*
 * agent-process - a landfall-agent under test: its folder, its process, its socket
 *
 * The program is the one that $LANDFALL_AGENT names. All failures abort. Owner: whoever made it;
 * freeing kills the process and removes the folder.
 */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/broker/pki.h"

typedef struct AgentProcess AgentProcess;

/* agent_process_new() - a folder with configuration, not yet a process
 * @port: of the broker on 127.0.0.1
 * @lines: more lines of the configuration, or NULL */
AgentProcess *agent_process_new(uint16_t port, const char *lines);

/* agent_process_free() - NULL is fine */
void agent_process_free(AgentProcess *agent);

/* agent_process_set() - a variable of the environment of every process from now on */
void agent_process_set(AgentProcess *agent, const char *name, const char *value);

/* agent_process_keep_log() - what every process says from now on is for agent_process_log() */
void agent_process_keep_log(AgentProcess *agent);

/* agent_process_log_count() - how often @words are in what was kept, with all processes so far */
unsigned agent_process_log_count(const AgentProcess *agent, const char *words);

/* agent_process_import() - make the certificate @device of @pki the current identity */
void agent_process_import(AgentProcess *agent, Pki *pki, const char *device);

/* agent_process_path() - a file in its folder; the caller frees it */
char *agent_process_path(const AgentProcess *agent, const char *name);

/* agent_process_start() - run it and wait until its socket answers */
void agent_process_start(AgentProcess *agent);

/* agent_process_spawn() - run it and wait for nothing */
void agent_process_spawn(AgentProcess *agent);

/* agent_process_run() - run it to its end; its exit status
 * @words: out: what it said on standard error, freed by the caller */
int agent_process_run(AgentProcess *agent, char **words);

/* agent_process_kill() - SIGKILL and wait */
void agent_process_kill(AgentProcess *agent);

/* agent_process_signal() - SIGHUP: read the configuration and the store again */
void agent_process_signal(AgentProcess *agent, int number);

/* agent_process_stop() - SIGTERM and wait; its exit status, or 128 and the number of the signal it
 * died of */
int agent_process_stop(AgentProcess *agent);

/* agent_process_dial() - a blocking connection to its socket, or -1 when nobody listens */
int agent_process_dial(const AgentProcess *agent);

/* agent_process_status() - what it says of itself; the caller deletes it; NULL: nobody there */
cJSON *agent_process_status(const AgentProcess *agent);

/* agent_process_text() - a text of the status, freed by the caller; NULL: none, or nobody there
 * @path: "state", or "enrolment/error" for a member of a member */
char *agent_process_text(const AgentProcess *agent, const char *path);

/* agent_process_number() - the same of a number; -1: none */
double agent_process_number(const AgentProcess *agent, const char *path);

/* agent_process_await() - wait until the text at @path of the status is @value */
void agent_process_await(const AgentProcess *agent, const char *path, const char *value);

/* agent_process_await_words() - wait until the text at @path has @words in it */
void agent_process_await_words(const AgentProcess *agent, const char *path, const char *words);

/* agent_process_await_number() - wait until the number at @path is @value */
void agent_process_await_number(const AgentProcess *agent, const char *path, int value);

/* agent_process_await_stage() - wait until the stage @name of the status is @state; what it then
 * says as its error, to be freed, or NULL */
char *agent_process_await_stage(const AgentProcess *agent, const char *name, const char *state);

/* agent_process_await_store() - wait until its store holds the generations @wanted, oldest first:
 * each "NUMBER NAME[ good][ failed];", the current one behind a star */
void agent_process_await_store(const AgentProcess *agent, const char *wanted);

/* agent_process_converse() - send @text to its socket, end it, take everything that comes
 * Returns what came, freed by the caller; "" when nobody listens */
char *agent_process_converse(const AgentProcess *agent, const char *text, size_t len);

/* agent_process_publish() - send {"n":@first} … {"n":@last} and wait for their acks
 * Returns the highest n known to be on disk: less than @last when the agent died meanwhile */
int64_t agent_process_publish(const AgentProcess *agent, int64_t first, int64_t last);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AgentProcess, agent_process_free)
