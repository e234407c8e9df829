/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/count.h"
#include "common/error.h"

bool app_security_check(const Config *config, GError **error)
{
	if (provisioner_speaks((int)config->provisioner.security))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[provisioner] security = 0: this build offers 1 and 2; "
			    "without security anybody near could take the device");
	return false;
}

/* The core's port. */
static void security_opened(void *data)
{
	App *app = data;
	unsigned int unsaid = 0;

	if (app->config->provisioner.security != 0 ||
	    !log_rate_allow(&app->insecure, app_now_us(), &unsaid))
		return;

	g_autofree char *others = log_rate_dropped(unsaid);

	g_warning("a session WITHOUT SECURITY was opened by %s, which proved nothing%s",
		  bluez_device_address(app->bluez, provisioner_peer(app->core)), others);
}

/* The core's port. */
static void security_keep(void *data, uint32_t wrong)
{
	App *app = data;

	guesses_keep(app->guesses, wrong);
}

static void tell_uncounted(App *app, const GError *error)
{
	unsigned int unsaid = 0;

	if (!log_rate_allow(&app->guessing, app_now_us(), &unsaid))
		return;

	g_autofree char *others = log_rate_dropped(unsaid);

	g_warning("wrong proofs cannot be counted beyond a restart, each costs the longest wait "
		  "now: %s%s",
		  error->message, others);
}

/* Whoever unlocks is told what will be true after a restart, too.
 * @error: of what was written last */
static void unlock_answer(App *app, const GError *error)
{
	g_autoptr(GError) problem = NULL;

	if (guesses_is_busy(app->guesses))
		return;
	if (error)
		g_set_error(&problem, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "unlocked until the next start only: %s", error->message);
	bus_service_unlocked(app->service, problem);
}

static void on_kept(const GError *error, void *data)
{
	App *app = data;

	if (error)
		tell_uncounted(app, error);
	provisioner_on_kept(app->core, !error, app_now_us());
	unlock_answer(app, error);
	app_settle(app);
}

void app_security_init(App *app, ProvisionerSecurity *security, ProvisionerPorts *ports)
{
	const Config *config = app->config;
	g_autoptr(GError) error = NULL;

	if (config->provisioner.security == 0)
		g_warning("[provisioner] security = 0: ANYBODY NEAR CAN TAKE THIS DEVICE. No proof "
			  "of possession is asked for, and passphrases travel in clear");
	app->insecure = LOG_RATE_PEER;
	app->guessing = LOG_RATE_PEER;
	app->guesses = guesses_new(config->provisioner.secrets, on_kept, app);
	security->lockout = (uint32_t)config->provisioner.lockout;
	security->wrong = guesses_read(app->guesses, &error);
	if (error)
		g_warning("%s; as it is unknown how many proofs were wrong, the next must be right",
			  error->message);
	ports->opened = security_opened;
	ports->keep = security_keep;
}

static void tell_waiting(App *app, const Lockout *lockout)
{
	unsigned int unsaid = 0;

	if (!log_rate_allow(&app->guessing, app_now_us(), &unsaid))
		return;

	g_autofree char *proofs = count_text(lockout->wrong, "wrong proof");
	g_autofree char *others = log_rate_dropped(unsaid);

	g_message("%s of possession in a row: no phone is let in for %d s%s", proofs,
		  lockout_wait_s(lockout, app_now_us()), others);
}

static void tell_locked(const Lockout *lockout)
{
	g_autofree char *proofs = count_text(lockout->wrong, "wrong proof");

	g_warning("LOCKED after %s of possession in a row: no phone is let in before 'landfallctl "
		  "provision unlock' or a start with the button held",
		  proofs);
}

void app_security_changed(App *app)
{
	const Lockout *lockout = provisioner_lockout(app->core);
	LockoutState state = lockout_state(lockout, app_now_us());
	LockoutState before = app->lockout_logged;

	app->lockout_logged = state;
	if (state == before)
		return;
	switch (state) {
	case LOCKOUT_LOCKED: tell_locked(lockout); break;
	case LOCKOUT_WAITING: tell_waiting(app, lockout); break;
	case LOCKOUT_OPEN:
		if (before == LOCKOUT_LOCKED)
			g_message("phones are let in again");
		break;
	}
}

void app_security_unlock(App *app, const char *who)
{
	g_autofree char *proofs = count_text(provisioner_lockout(app->core)->wrong, "wrong proof");

	g_message("unlocked %s, after %s of possession in a row", who, proofs);
	provisioner_unlock(app->core, app_now_us());
	unlock_answer(app, NULL);
	app_settle(app);
}
