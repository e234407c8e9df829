/* SPDX-License-Identifier: MIT */
/* landfallctl provision - start, stop and watch provisioning over Bluetooth LE */
#include "common/error.h"
#include "common/printable.h"
#include "ctl/ctl.h"
#include "ctl/provision-watch.h"
#include "ctl/provisioner-client.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
	"provision start | stop | status | watch [--until=STATE] | reset | unlock\n\n"
	"  start    let a phone connect now, whatever the policy says\n"
	"  stop     end a session, advertise no more\n"
	"  status   all there is to see of the provisioner, on one page\n"
	"  watch    what happens, line by line, until Ctrl-C\n"
	"  reset    forget the Wi-Fi networks that a phone has given, and nothing else\n"
	"  unlock   let phones in again after too many wrong proofs of possession\n\n"
	"Examples:\n"
	"  landfallctl provision start && landfallctl provision watch --until=done\n"
	"  landfallctl --json provision watch | jq -r '[.time, .State, .Progress] | @tsv'";

/* Verbs that are a method of the provisioner. */
static const struct {
	const char *verb;
	const char *method;
} calls[] = {
	{ "start", "Start" },
	{ "stop", "Stop" },
	{ "reset", "Reset" },
	{ "unlock", "Unlock" },
};

/* What `watch` can wait for; "absent" is when the provisioner does not run. */
static const char *const states[] = { "absent",  "idle",   "ready",  "peer", "secured",
				      "joining", "failed", "joined", "done", NULL };

/* The page of `status`: a heading and the properties behind it. */
static const struct {
	const char *heading;
	const char *property;
	const char *empty; /* shown when it is "" */
} page[] = {
	{ "State", "State", "?" },
	{ "Progress", "Progress", "?" },
	{ "Name", "Name", "not known yet" },
	{ "Bluetooth", "Adapter", "no adapter" },
	{ "Wi-Fi", "Interface", "no interface" },
	{ "Managed by", "Backend", "nobody" },
	{ "Phone", "Peer", "none" },
	{ "Network", "Ssid", "none in this session" },
	{ "Address", "Ip4Address", "none" },
	{ "Failure", "Failure", "none" },
};

/* What wrong proofs of possession have led to. */
static void print_lockout(const cJSON *properties)
{
	const cJSON *lockout = cJSON_GetObjectItem(properties, "Lockout");
	const char *state = cJSON_GetStringValue(cJSON_GetArrayItem(lockout, 0));
	double wrong = cJSON_GetNumberValue(cJSON_GetArrayItem(lockout, 1));
	double wait_s = cJSON_GetNumberValue(cJSON_GetArrayItem(lockout, 2));

	if (!state)
		return;
	printf("%-12s %s", "Lockout", state);
	if (wait_s > 0)
		printf(" for %.0f s", wait_s);
	if (wrong > 0)
		printf(", %.0f wrong proof%s of possession in a row", wrong, wrong > 1 ? "s" : "");
	putchar('\n');
}

/* One that does not run has State and Progress alone: nothing is said of the rest. */
static void print_page(const cJSON *properties)
{
	for (size_t i = 0; i < G_N_ELEMENTS(page); i++) {
		const char *value = ctl_json_text(properties, page[i].property, NULL);
		g_autofree char *printable = value ? printable_text(value, strlen(value)) : NULL;

		if (value)
			printf("%-12s %s\n", page[i].heading, *value ? printable : page[i].empty);
	}
	if (cJSON_HasObjectItem(properties, "Security"))
		printf("%-12s %.0f\n", "Security", ctl_json_number(properties, "Security"));
	print_lockout(properties);
}

static bool provision_status(const Ctl *ctl, GError **error)
{
	g_autoptr(GError) failure = NULL;
	cJSON *properties = provisioner_client_read(ctl->config, &failure);

	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (!properties) {
		properties = cJSON_CreateObject();
		cJSON_AddStringToObject(properties, "State", states[0]);
		cJSON_AddStringToObject(
			properties, "Progress",
			"the provisioner does not run; 'provision start' starts it");
	}
	if (ctl->json) {
		ctl_print_json(properties);
		return true;
	}
	print_page(properties);
	cJSON_Delete(properties);
	return true;
}

static bool check_until(const char *until, GError **error)
{
	g_autofree char *known = NULL;

	if (!until || g_strv_contains(states, until))
		return true;
	known = g_strjoinv(", ", (char **)states);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE, "there is no state '%s', only %s",
		    until, known);
	return false;
}

bool cmd_provision(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_autofree char *until = NULL;
	const GOptionEntry entries[] = {
		{ "until", 0, 0, G_OPTION_ARG_STRING, &until, "watch: end when it is reached",
		  "STATE" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse(usage, entries, &argc, &argv, error) || !check_until(until, error))
		return false;

	const char *verb = argc == 2 ? argv[1] : "";

	if (until && !g_str_equal(verb, "watch")) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "--until belongs to 'watch'");
		return false;
	}
	if (g_str_equal(verb, "watch"))
		return provision_watch(ctl, until, error);
	if (g_str_equal(verb, "status"))
		return provision_status(ctl, error);
	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
		if (g_str_equal(verb, calls[i].verb))
			return provisioner_client_call(ctl->config, calls[i].method, error);
	g_set_error_literal(
		error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
		"provision takes 'start', 'stop', 'status', 'watch', 'reset' or 'unlock'");
	return false;
}
