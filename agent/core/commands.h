/* SPDX-License-Identifier: MIT */
/*
 * commands - what a cloud can have done: a closed list, each with its rules
 *
 *   request ─▶ known? allowed? parameters right? ─▶ done before? ─▶ remember ─▶ do ─▶ answer
 *                    │                                  │
 *                    ▼                                  ▼
 *               error answer                       error answer
 *
 * Those that act (restart, reboot, renew_certificate, run) are done at most once: the request is
 * remembered on disk before anything happens, and a second one with the same id and content is
 * refused. What there is no room for now is not remembered: it can be asked for again. The others
 * may come twice without harm.
 *
 * Owner: one thread. Every command taken is answered exactly once, also by commands_free().
 */
#pragma once

#include "agent/core/command.h"
#include "common/config.h"
#include "common/expiry.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMANDS_PENDING_MAX  16       /* being carried out at once */
#define COMMANDS_INTERVAL_MIN 10       /* ms, as [agent] interval */
#define COMMANDS_INTERVAL_MAX 86400000 /* ms */
#define COMMANDS_IDENTIFY_MAX 600      /* s, as CONTROL_IDENTIFY_MAX_S */

typedef struct Commands Commands;

/* What the report says of the certificate in use. */
typedef struct CommandCertificate {
	int64_t not_after_s; /* Unix seconds */
	int64_t days_left;
	ExpiryAlarm alarm;
	const char *renewal_error; /* "" when the last renewal succeeded; borrowed */
} CommandCertificate;

/* What does it. A function that is NULL: this device has nothing to do it with. Those that take a
 * token start something: commands_finish() is to follow, also at once. All others are done when
 * they return. Errors are of COMMAND_ERROR or
 * LANDFALL_ERROR, which have the code that comes nearest. @data: commands_new()'s */
typedef struct CommandPort {
	/* status() - a JSON object, to be freed with g_free() */
	char *(*status)(void *data);

	/* remember() - put @len octets on disk in place of those put there before */
	void (*remember)(uint64_t token, const void *octets, size_t len, void *data);

	/* read_sensor() - one reading of @name now; its result is an object of readings */
	bool (*read_sensor)(uint64_t token, const char *name, void *data, GError **error);

	/* set_interval() - of sensor @name, or of all that have none of their own for NULL */
	bool (*set_interval)(const char *name, int64_t interval_ms, void *data, GError **error);

	/* interval_ms() - as set last, of those sensors that have none of their own */
	int64_t (*interval_ms)(void *data);

	/* publish_now() - read all sensors now, and send what waits */
	bool (*publish_now)(void *data, GError **error);

	/* identify() - let a person find this device for so many seconds; 0: stop */
	bool (*identify)(unsigned seconds, void *data, GError **error);

	/* set_log_level(), log_level() - what is quieter is not logged */
	void (*set_log_level)(LogLevel level, void *data);
	LogLevel (*log_level)(void *data);

	/* certificate() - what the one in use has left; false: there is none, or the clock is
	 * wrong. NULL: nothing is reported of it */
	bool (*certificate)(CommandCertificate *certificate, void *data);

	/* renew() - begin to get a new certificate */
	bool (*renew)(void *data, GError **error);

	/* restart() - the agent; not before this has returned and the answer is on its way */
	void (*restart)(void *data);

	/* reboot() - begin it; the answer comes first, as for restart() */
	bool (*reboot)(void *data, GError **error);

	/* run() - a program of the operator
	 * @arguments: checked, up to a NULL, borrowed for the call */
	bool (*run)(uint64_t token, const ConfigCommand *program, const char *const *arguments,
		    void *data, GError **error);

	/* room() - how many more programs reboot() and run() can start now; NULL: always one */
	unsigned (*room)(void *data);
} CommandPort;

/* CommandsAnswered - how @command ended; all borrowed for the call
 * @result: JSON text, or NULL for true; @error: in its place when it failed */
typedef void (*CommandsAnswered)(const Command *command, const char *result, const GError *error,
				 void *data);

/* commands_new() - nothing under way
 * @port: static, kept; @port_data: handed to it
 * @config: [commands] and [command NAME], borrowed, kept */
Commands *commands_new(const CommandPort *port, void *port_data, const Config *config);

/* commands_free() - what is under way is answered as failed; NULL is fine */
void commands_free(Commands *commands);

/* commands_recall() - what remember() put on disk before the last start
 * Errors: LANDFALL_ERROR_INVALID (@octets are no such memory) */
bool commands_recall(Commands *commands, const void *octets, size_t len,
		     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* commands_take() - carry out @command
 * @command: transferred
 * @answered: called once, perhaps before this returns */
void commands_take(Commands *commands, Command *command, CommandsAnswered answered, void *data);

/* commands_finish() - what was started under @token has ended; an unknown token does nothing
 * @result, @error: as for CommandsAnswered, borrowed */
void commands_finish(Commands *commands, uint64_t token, const char *result, const GError *error);

/* commands_apply() - obey those of @settings that are known: interval_ms, log_level
 * What does not fit changes nothing, as the report shows */
void commands_apply(Commands *commands, const cJSON *settings);

/* commands_report() - what the device says of itself and of its settings: a JSON object, to be
 * freed with g_free() */
char *commands_report(const Commands *commands);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Commands, commands_free)
