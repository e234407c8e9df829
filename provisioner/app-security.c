/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

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

	if (app->config->provisioner.security == 0 &&
	    log_rate_allow(&app->insecure, app_now_us(), &unsaid))
		g_warning("a session WITHOUT SECURITY was opened by %s, which proved nothing (%u "
			  "lines like this left out)",
			  bluez_device_address(app->bluez, provisioner_peer(app->core)), unsaid);
}

/* The core's port. */
static void security_keep(void *data, uint32_t wrong)
{
	App *app = data;

	guesses_keep(app->guesses, wrong);
}

static void on_kept(const GError *error, void *data)
{
	App *app = data;
	unsigned int unsaid = 0;

	if (error && log_rate_allow(&app->guessing, app_now_us(), &unsaid))
		g_warning("wrong proofs cannot be counted beyond a restart, each costs the longest "
			  "wait now: %s (%u lines like this left out)",
			  error->message, unsaid);
	provisioner_on_kept(app->core, !error, app_now_us());
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

void app_security_changed(App *app)
{
	const Lockout *lockout = provisioner_lockout(app->core);
	LockoutState state = lockout_state(lockout, app_now_us());
	LockoutState before = app->lockout_logged;
	unsigned int unsaid = 0;

	app->lockout_logged = state;
	if (state == before)
		return;
	switch (state) {
	case LOCKOUT_LOCKED:
		g_warning("LOCKED after %u wrong proofs of possession in a row: no phone is let in "
			  "before 'landfallctl provision unlock' or a start with the button held",
			  lockout->wrong);
		break;
	case LOCKOUT_WAITING:
		if (log_rate_allow(&app->guessing, app_now_us(), &unsaid))
			g_message("%u wrong proofs of possession in a row: no phone is let in for "
				  "%d s (%u lines like this left out)",
				  lockout->wrong, lockout_wait_s(lockout, app_now_us()), unsaid);
		break;
	case LOCKOUT_OPEN:
		if (before == LOCKOUT_LOCKED)
			g_message("phones are let in again");
		break;
	}
}

void app_security_unlock(App *app, const char *who)
{
	g_message("unlocked %s; %u proofs of possession in a row had been wrong", who,
		  provisioner_lockout(app->core)->wrong);
	provisioner_unlock(app->core, app_now_us());
	app_settle(app);
}
