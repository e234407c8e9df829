/* SPDX-License-Identifier: MIT */
#include "tests/phone/story.h"

#include "tests/phone/phone-error.h"
#include "tests/phone/script.h"

#include <string.h>

static bool not_expected(GError **error, const char *format, const char *what)
{
	g_autofree char *text = g_strdup_printf("%s, %s", format, what);

	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_UNEXPECTED, text);
	return false;
}

/* A proof that cannot be right has to be refused, whatever comes later. */
static bool try_wrong_proof(Client *client, const Options *options, Report *report, GError **error)
{
	g_autofree char *pop = g_strconcat(options->client.pop, "-wrong", NULL);
	g_autoptr(GError) local = NULL;

	if (client_secure(client, pop, &local))
		return not_expected(error, "a wrong proof of possession", "and the device took it");
	if (!g_error_matches(local, PHONE_ERROR, PHONE_ERROR_REFUSED)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	report_step(report, "refused", NULL, "%s, as it should", local->message);
	return client_again(client, error);
}

static bool expected(const char *want, const GError *outcome)
{
	return strcmp(want, outcome ? phone_error_name(outcome) : "connected") == 0;
}

static bool join_second(Client *client, const Options *options, Report *report, GError **error)
{
	const char *want = options->expect_first;
	g_autoptr(GError) first = NULL;

	if (client_join(client, options->ssid, options->passphrase, &first))
		return not_expected(error, "the first credentials were to fail", "they worked");
	if (want ? !expected(want, first)
		 : phone_error_exit_status(first) != 8 && phone_error_exit_status(first) != 9) {
		g_propagate_error(error, g_steal_pointer(&first));
		return false;
	}
	report_step(report, "failed", NULL, "%s; trying again on the same session", first->message);
	return client_join(client, options->then_ssid, options->then_passphrase, error);
}

/* The link stays up for as long as somebody looks at the screen; by then the device may end it. */
static void linger(const Options *options, Ble *ble)
{
	double ms = options->client.habit->linger_ms * options->client.time_scale;
	g_autoptr(GError) ignored = NULL;

	if (!ble_link.wait(ble, (unsigned)ms, &ignored))
		g_debug("after the end: %s", ignored->message);
}

static bool join(Client *client, Ble *ble, const Options *options, Report *report, GError **error)
{
	bool done = options->then_ssid
			    ? join_second(client, options, report, error)
			    : client_join(client, options->ssid, options->passphrase, error);

	/* with more to do nobody looks at the screen yet */
	if (done && !identity_wanted(&options->identity) && !options->identity.follow)
		linger(options, ble);
	return done;
}

/* Certificate and broker, as far as the options say. */
static bool identity(Client *client, Ble *ble, const Options *options, Report *report,
		     GError **error)
{
	return !identity_wanted(&options->identity) ||
	       identity_run(client, &ble_link, ble, &options->identity, report, error);
}

static bool follow(Client *client, Ble *ble, const Options *options, Report *report, GError **error)
{
	return !options->identity.follow || identity_follow(client, &ble_link, ble, report, error);
}

static bool provision(Client *client, Ble *ble, const Options *options, Report *report,
		      GError **error)
{
	if (!client_connect(client, error))
		return false;
	if (options->wrong_proof_first && !try_wrong_proof(client, options, report, error))
		return false;
	if (!client_secure(client, NULL, error))
		return false;
	if (options->reset || options->reprov)
		return client_control(
			client, options->reset ? MESSAGE_CONTROL_RESET : MESSAGE_CONTROL_REPROV,
			error);
	if (options->client.lists_networks && !client_scan(client, error))
		return false;
	return options->identity_first
		       ? identity(client, ble, options, report, error) &&
				 (!options->ssid || join(client, ble, options, report, error)) &&
				 follow(client, ble, options, report, error)
		       : (!options->ssid || join(client, ble, options, report, error)) &&
				 identity(client, ble, options, report, error) &&
				 follow(client, ble, options, report, error);
}

static void tell_looking(const Options *options, Report *report)
{
	if (options->name)
		report_step(report, "looking", NULL, "for a device whose name %s \"%s\"",
			    options->ble.target.exact ? "is" : "begins with", options->name);
	else
		report_step(report, "looking", NULL, "for a device by its address");
}

bool story_run(const Options *options, Report *report, GError **error)
{
	g_autoptr(Ble) ble = ble_new(&options->ble, report);
	g_autoptr(Client) client = client_new(&options->client, &ble_link, ble, report);
	g_autofree char *script = NULL;

	if (!options->script)
		tell_looking(options, report);
	if (options->scan_only)
		return ble_find(ble, error);
	if (!options->script)
		return provision(client, ble, options, report, error);
	script = options_read_text(options->script, error);
	return script && script_run(script, ble, client, options, report, error);
}
