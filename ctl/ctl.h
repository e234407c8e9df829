/* SPDX-License-Identifier: MIT */
/*
 * ctl - what the commands of landfallctl share
 *
 * Each command is a file cmd-NAME.c with one function, entered in the table of main.c. Standard
 * output carries the answer and nothing else; with --json it is one JSON text a line.
 */
#pragma once

#include "common/config.h"
#include "ctl/ctl-json.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>

typedef struct Ctl {
	const Config *config; /* borrowed */
	bool json;            /* --json: answer for programs */
} Ctl;

/* CtlRun - run a command
 * @argv: the command's own arguments, argv[0] being its name; NULL at the end
 * Errors: LANDFALL_ERROR, which becomes the exit status */
typedef bool (*CtlRun)(const Ctl *ctl, int argc, char **argv, GError **error);

bool cmd_display(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_factory(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_metrics(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_provision(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_publish(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_qr(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_sensors(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_spool(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_status(const Ctl *ctl, int argc, char **argv, GError **error);
bool cmd_store(const Ctl *ctl, int argc, char **argv, GError **error);

/* ctl_parse() - a command's own options
 * @summary: "publish -l [--ack] < LINES": for --help, which prints and exits
 * @argc, @argv: what is left after the options; argv[0] stays
 * Errors: LANDFALL_ERROR_USAGE */
bool ctl_parse(const char *summary, const GOptionEntry *entries, int *argc, char ***argv,
	       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ctl_print_json() - one line of JSON on standard output; @object is freed */
void ctl_print_json(cJSON *object);
