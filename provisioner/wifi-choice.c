/* SPDX-License-Identifier: MIT */
#include "provisioner/wifi-choice.h"

#include "common/error.h"
#include "provisioner/adapter/wifi-backends.h"

#define SETTLE_MS 1000 /* for a better back end to show up, at start */

typedef struct Candidate {
	WifiChoice *choice;
	const WifiBackend *backend;
	void *wifi;
} Candidate;

struct WifiChoice {
	const WifiEvents *events;
	void *data;
	Candidate candidates[WIFI_BACKENDS_MAX];
	size_t n_candidates;
	Candidate *chosen; /* NULL: none has an interface */
	bool scanning;     /* a scan of the core is under way */
	bool joining;      /* the same of a join */
	bool resetting;    /* the same of a reset */
	bool told;         /* the caller knows of an interface */
	guint settle;

	unsigned int join_timeout_ms;
	WifiCredentials *wanted; /* a join that waits for a manager, NULL: none does */
	guint wait;              /* how long it may */
};

static Candidate *first_ready(WifiChoice *choice)
{
	for (size_t i = 0; i < choice->n_candidates; i++) {
		Candidate *candidate = &choice->candidates[i];

		if (candidate->backend->is_ready(candidate->wifi))
			return candidate;
	}
	return NULL;
}

static bool is_at_work(const WifiChoice *choice)
{
	return choice->scanning || choice->joining || choice->resetting;
}

/* ---- a join that nobody can be asked for yet ---- */

static void wait_end(WifiChoice *choice)
{
	g_clear_handle_id(&choice->wait, g_source_remove);
	g_clear_pointer(&choice->wanted, wifi_credentials_free);
}

static void join_failed(WifiChoice *choice, const char *problem)
{
	g_warning("cannot join: %s", problem);
	choice->joining = false;
	wait_end(choice);
	choice->events->join_failed(WIFI_FAILURE_OTHER, choice->data);
}

static gboolean on_waited(gpointer data)
{
	WifiChoice *choice = data;
	g_autofree char *problem = wifi_choice_problem(choice);

	choice->wait = 0;
	join_failed(choice, problem);
	return G_SOURCE_REMOVE;
}

/* The manager may be on its way: it is restarting, or the device has just been switched on. */
static void wait_begin(WifiChoice *choice, const WifiCredentials *credentials)
{
	g_autofree char *problem = wifi_choice_problem(choice);

	g_message("joining as soon as possible: %s", problem);
	choice->wanted = wifi_credentials_copy(credentials);
	choice->wait = g_timeout_add(choice->join_timeout_ms, on_waited, choice);
}

/* Whoever has the interface now gets the join that waited. */
static void wait_over(WifiChoice *choice)
{
	g_autoptr(WifiCredentials) wanted = g_steal_pointer(&choice->wanted);
	g_autoptr(GError) error = NULL;

	wait_end(choice);
	if (!wanted)
		return;
	if (!choice->chosen->backend->port.join(choice->chosen->wifi, wanted, &error))
		join_failed(choice, error->message);
}

/* ---- which one it is ---- */

static void tell_ready(WifiChoice *choice)
{
	choice->told = true;
	choice->events->ready(choice->data);
}

static void tell_lost(WifiChoice *choice)
{
	if (!choice->told)
		return;
	choice->told = false;
	choice->events->lost(choice->data);
}

/* Take the best there is; an owner of the interface that is at work is left to it. */
static void choose(WifiChoice *choice)
{
	Candidate *best = first_ready(choice);
	Candidate *before = choice->chosen;

	if (best == before || (before && is_at_work(choice)))
		return;
	choice->chosen = NULL;
	tell_lost(choice);
	choice->chosen = best;
	if (best) {
		g_message("Wi-Fi is managed by %s", best->backend->port.name);
		tell_ready(choice);
		wait_over(choice);
	}
}

static gboolean on_settled(gpointer data)
{
	WifiChoice *choice = data;

	choice->settle = 0;
	choose(choice);
	return G_SOURCE_REMOVE;
}

/* The first in the table need not wait for the others; the others wait for it. */
static void on_ready(void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	if (choice->chosen == candidate)
		tell_ready(choice);
	else if (candidate == &choice->candidates[0])
		choose(choice);
	else if (!choice->settle)
		choice->settle = g_timeout_add(SETTLE_MS, on_settled, choice);
}

/* Nothing may be under way any more: what has changed meanwhile counts now. One that has lost the
 * interface need not be the one that gets it next. */
static void rest(WifiChoice *choice)
{
	if (is_at_work(choice))
		return;
	if (!wifi_choice_is_ready(choice))
		choice->chosen = NULL;
	if (first_ready(choice) != choice->chosen && !choice->settle)
		choice->settle = g_timeout_add(SETTLE_MS, on_settled, choice);
}

/* A join that has begun waits for its own back end, which stays chosen until the join is over. One
 * that had to end a scan or a reset with the interface was let go with that. */
static void on_lost(void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	if (choice->chosen && choice->chosen != candidate)
		return;
	rest(choice);
	tell_lost(choice);
}

static void on_scanned(const WifiNetwork *networks, size_t n_networks, const GError *error,
		       void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	choice->scanning = false;
	rest(choice);
	choice->events->scanned(networks, n_networks, error, choice->data);
}

static void on_joined(const WifiLink *link, void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	choice->joining = false;
	rest(choice);
	choice->events->joined(link, choice->data);
}

static void on_join_failed(WifiFailure failure, void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	choice->joining = false;
	rest(choice);
	choice->events->join_failed(failure, choice->data);
}

static void on_idle(void *data)
{
	Candidate *candidate = data;

	candidate->choice->events->idle(candidate->choice->data);
}

/* With nobody chosen, what is missing may be something else now. */
static void on_changed(void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	if (!choice->chosen || choice->chosen == candidate)
		choice->events->changed(choice->data);
}

static void on_forgotten(const GError *error, void *data)
{
	Candidate *candidate = data;
	WifiChoice *choice = candidate->choice;

	choice->resetting = false;
	rest(choice);
	choice->events->forgotten(error, choice->data);
}

static const WifiEvents candidate_events = {
	.ready = on_ready,
	.lost = on_lost,
	.scanned = on_scanned,
	.joined = on_joined,
	.join_failed = on_join_failed,
	.idle = on_idle,
	.changed = on_changed,
	.forgotten = on_forgotten,
};

bool wifi_choice_check(ConfigWifi which, GError **error)
{
	g_autoptr(GString) offered = g_string_new("auto");

	for (size_t i = 0; i < wifi_backends_count; i++) {
		if (which == CONFIG_WIFI_AUTO || which == wifi_backends[i].config)
			return true;
		g_string_append_printf(offered, ", %s", wifi_backends[i].backend->port.name);
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "[provisioner] wifi: that back end is not in this build, which offers %s",
		    offered->str);
	return false;
}

WifiChoice *wifi_choice_new(Bus *bus, ConfigWifi which, const WifiSettings *settings,
			    const WifiEvents *events, void *data, GError **error)
{
	g_autoptr(WifiChoice) choice = NULL;

	if (!wifi_choice_check(which, error))
		return NULL;
	choice = g_new0(WifiChoice, 1);
	choice->events = events;
	choice->data = data;
	choice->join_timeout_ms = settings->join_timeout_ms;
	for (size_t i = 0; i < wifi_backends_count; i++) {
		Candidate *candidate = &choice->candidates[choice->n_candidates];

		if (which != CONFIG_WIFI_AUTO && which != wifi_backends[i].config)
			continue;
		candidate->choice = choice;
		candidate->backend = wifi_backends[i].backend;
		candidate->wifi =
			candidate->backend->new (bus, settings, &candidate_events, candidate);
		choice->n_candidates++;
	}
	return g_steal_pointer(&choice);
}

void wifi_choice_free(WifiChoice *choice)
{
	if (!choice)
		return;
	g_clear_handle_id(&choice->settle, g_source_remove);
	wait_end(choice);
	for (size_t i = 0; i < choice->n_candidates; i++)
		choice->candidates[i].backend->free(choice->candidates[i].wifi);
	g_free(choice);
}

const char *wifi_choice_name(const WifiChoice *choice)
{
	return choice->chosen ? choice->chosen->backend->port.name : "";
}

bool wifi_choice_is_busy(const WifiChoice *choice)
{
	for (size_t i = 0; i < choice->n_candidates; i++)
		if (choice->candidates[i].backend->is_busy(choice->candidates[i].wifi))
			return true;
	return false;
}

bool wifi_choice_is_ready(const WifiChoice *choice)
{
	return choice->chosen && choice->chosen->backend->is_ready(choice->chosen->wifi);
}

bool wifi_choice_is_provisioned(const WifiChoice *choice)
{
	return choice->chosen && choice->chosen->backend->is_provisioned(choice->chosen->wifi);
}

bool wifi_choice_is_online(const WifiChoice *choice)
{
	return choice->chosen && choice->chosen->backend->is_online(choice->chosen->wifi);
}

void wifi_choice_look_around(WifiChoice *choice)
{
	if (choice->chosen)
		choice->chosen->backend->look_around(choice->chosen->wifi);
}

void wifi_choice_forget_all(WifiChoice *choice, bool again)
{
	wait_end(choice);
	if (!choice->chosen)
		return;
	choice->scanning = false;
	choice->joining = false;
	choice->resetting = true;
	choice->chosen->backend->forget_all(choice->chosen->wifi, again);
}

const char *wifi_choice_interface(const WifiChoice *choice)
{
	return choice->chosen ? choice->chosen->backend->interface(choice->chosen->wifi) : "";
}

bool wifi_choice_mac(const WifiChoice *choice, uint8_t mac[WIFI_BSSID_LEN])
{
	return choice->chosen && choice->chosen->backend->mac(choice->chosen->wifi, mac);
}

char *wifi_choice_problem(const WifiChoice *choice)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < choice->n_candidates; i++) {
		const Candidate *candidate = &choice->candidates[i];

		g_string_append_printf(text, "%s%s", i > 0 ? "; " : "",
				       candidate->backend->problem(candidate->wifi));
	}
	return g_string_free(text, FALSE);
}

/* ---- the core's calls ---- */

static bool require_chosen(const WifiChoice *choice, GError **error)
{
	g_autofree char *problem = NULL;

	if (choice->chosen)
		return true;
	problem = wifi_choice_problem(choice);
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_WIFI, problem);
	return false;
}

static bool choice_scan(void *wifi, GError **error)
{
	WifiChoice *choice = wifi;

	if (!require_chosen(choice, error))
		return false;
	choice->scanning = choice->chosen->backend->port.scan(choice->chosen->wifi, error);
	return choice->scanning;
}

static bool choice_join(void *wifi, const WifiCredentials *credentials, GError **error)
{
	WifiChoice *choice = wifi;

	wait_end(choice);
	choice->joining = true;
	if (choice->chosen)
		choice->joining = choice->chosen->backend->port.join(choice->chosen->wifi,
								     credentials, error);
	else
		wait_begin(choice, credentials);
	return choice->joining;
}

static void choice_cancel(void *wifi)
{
	WifiChoice *choice = wifi;

	choice->scanning = false;
	choice->joining = false;
	wait_end(choice);
	if (choice->chosen)
		choice->chosen->backend->port.cancel(choice->chosen->wifi);
	rest(choice);
}

static void choice_forget(void *wifi)
{
	WifiChoice *choice = wifi;

	if (choice->chosen)
		choice->chosen->backend->port.forget(choice->chosen->wifi);
}

const WifiPort wifi_choice_port = {
	.name = "choice",
	.scan = choice_scan,
	.join = choice_join,
	.cancel = choice_cancel,
	.forget = choice_forget,
};
