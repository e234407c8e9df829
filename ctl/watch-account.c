/* SPDX-License-Identifier: MIT */
#include "ctl/watch-account.h"

#include "common/printable.h"

#include <stdbool.h>
#include <string.h>

#define ABSENT "absent"

struct WatchAccount {
	WatchLineFunc line;
	void *data;
	bool begun;  /* an update came */
	cJSON *last; /* of the last update; NULL: it did not run */
};

/* What the words in Failure mean to a person. */
static const struct {
	const char *failure;
	const char *meaning;
} failures[] = {
	{ "auth-error", "the passphrase is wrong" },
	{ "network-not-found", "no network of that name is in the air" },
	{ "no-address", "the network took the device, but gave it no address" },
	{ "failed", "the manager of Wi-Fi gave up; the journal says why" },
	{ "timeout", "the manager of Wi-Fi said nothing in time" },
	{ "invalid-credentials", "no network can have such a name or passphrase" },
	{ "enterprise-not-set",
	  "the network wants a certificate; the journal says what the store lacks for that" },
};

WatchAccount *watch_account_new(WatchLineFunc line, void *data)
{
	WatchAccount *account = g_new0(WatchAccount, 1);

	account->line = line;
	account->data = data;
	return account;
}

void watch_account_free(WatchAccount *account)
{
	if (!account)
		return;
	cJSON_Delete(account->last);
	g_free(account);
}

static const char *text_of(const cJSON *properties, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(properties, name));

	return text ? text : "";
}

static const char *state_of(const cJSON *properties)
{
	return properties ? text_of(properties, "State") : ABSENT;
}

static void tell(const WatchAccount *account, const char *state, const char *text)
{
	g_autofree char *printable = printable_text(text, strlen(text));

	account->line(state, printable, account->data);
}

static void tell_absence(const WatchAccount *account)
{
	if (!account->begun)
		tell(account, ABSENT, "the provisioner does not run; waiting for it");
	else if (account->last)
		tell(account, ABSENT, "the provisioner has ended; waiting for it");
}

/* A phone that hung up shows in no sentence of the provisioner's. */
static void tell_parting(const WatchAccount *account, const cJSON *now)
{
	const char *before = text_of(account->last, "Peer");
	g_autofree char *text = g_strdup_printf("phone %s is gone", before);

	if (*before && strcmp(before, text_of(now, "Peer")) != 0)
		tell(account, state_of(now), text);
}

/* Nor does one that comes while the device is at something, or after an attempt that failed. */
static void tell_arrival(const WatchAccount *account, const cJSON *now)
{
	const char *peer = text_of(now, "Peer");
	g_autofree char *text = g_strdup_printf("phone %s is connected", peer);

	if (account->last && *peer && strcmp(peer, text_of(account->last, "Peer")) != 0 &&
	    strcmp(state_of(account->last), state_of(now)) == 0)
		tell(account, state_of(now), text);
}

static void tell_failure(const WatchAccount *account, const cJSON *now)
{
	const char *failure = text_of(now, "Failure");

	if (!*failure || strcmp(failure, text_of(account->last, "Failure")) == 0)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++)
		if (strcmp(failure, failures[i].failure) == 0)
			tell(account, "", failures[i].meaning);
}

/* Lockout is ["waiting", wrong proofs in a row, seconds to wait]. */
static double lockout_number(const cJSON *properties, int index)
{
	const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(properties, "Lockout"), index);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static bool lockout_is(const cJSON *properties, const char *state)
{
	const cJSON *lockout = cJSON_GetObjectItem(properties, "Lockout");
	const char *text = cJSON_GetStringValue(cJSON_GetArrayItem(lockout, 0));

	return text && strcmp(text, state) == 0;
}

static bool lockout_shuts(const cJSON *properties)
{
	return lockout_is(properties, "locked") || lockout_is(properties, "waiting");
}

static void append_clause(GString *text, const char *clause)
{
	g_string_append_printf(text, "%s%s", text->len ? "; " : "", clause);
}

/* Proofs and locks are in no sentence of the provisioner's either. */
static void tell_lockout(const WatchAccount *account, const cJSON *now)
{
	double wrong = lockout_number(now, 1);
	bool counted = wrong != lockout_number(account->last, 1);
	bool opened = lockout_shuts(account->last) && !lockout_shuts(now);
	g_autoptr(GString) text = g_string_new(NULL);

	if (!counted && !opened)
		return;
	if (counted && wrong == 0)
		append_clause(text, "no wrong proof of possession counts any more");
	else if (counted)
		g_string_append_printf(text, "a proof of possession was wrong, %.0f in a row",
				       wrong);
	if (lockout_is(now, "locked"))
		append_clause(text, "nobody is let in before 'landfallctl provision unlock'");
	else if (lockout_is(now, "waiting"))
		g_string_append_printf(text, "; nobody is let in for %.0f s",
				       lockout_number(now, 2));
	else if (opened)
		append_clause(text, "phones are let in again");
	tell(account, state_of(now), text->str);
}

static void tell_progress(const WatchAccount *account, const cJSON *now)
{
	if (!*state_of(now))
		return; /* not the service it seems to be */
	if (strcmp(state_of(account->last), state_of(now)) != 0 ||
	    strcmp(text_of(account->last, "Progress"), text_of(now, "Progress")) != 0)
		tell(account, state_of(now), text_of(now, "Progress"));
}

void watch_account_update(WatchAccount *account, const cJSON *properties)
{
	if (properties) {
		tell_parting(account, properties);
		tell_arrival(account, properties);
		tell_progress(account, properties);
		tell_failure(account, properties);
		tell_lockout(account, properties);
	} else {
		tell_absence(account);
	}
	cJSON_Delete(account->last);
	account->last = properties ? cJSON_Duplicate(properties, true) : NULL;
	account->begun = true;
}

const char *watch_account_state(const WatchAccount *account)
{
	return account->begun ? state_of(account->last) : "";
}

static char *duration_text(unsigned int seconds)
{
	if (seconds < 60)
		return g_strdup_printf("%u s", seconds);
	if (seconds < 3600)
		return g_strdup_printf("%u min %02u s", seconds / 60, seconds % 60);
	return g_strdup_printf("%u h %02u min", seconds / 3600, seconds / 60 % 60);
}

char *watch_account_present(const WatchAccount *account, unsigned int seconds)
{
	static const char *const details[] = { "Name", "Adapter", "Interface", "Backend", "Peer" };
	g_autofree char *duration = duration_text(seconds);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "%s for %s", watch_account_state(account), duration);
	for (size_t i = 0; i < G_N_ELEMENTS(details); i++) {
		const char *value = text_of(account->last, details[i]);

		if (*value)
			g_string_append_printf(text, ", %s", value);
	}
	return printable_text(text->str, text->len);
}
