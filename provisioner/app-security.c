/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/error.h"

bool app_security_check(const Config *config, GError **error)
{
	if (!provisioner_speaks((int)config->provisioner.security)) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "[provisioner] security = 0: this build offers 1 and 2; "
				    "without security anybody near could take the device");
		return false;
	}
	if (config->provisioner.security == 0)
		g_warning("[provisioner] security = 0: ANYBODY NEAR CAN TAKE THIS DEVICE. No proof "
			  "of possession is asked for, and passphrases travel in clear");
	return true;
}

void app_security_opened(void *data)
{
	App *app = data;
	unsigned int unsaid = 0;

	if (app->config->provisioner.security == 0 &&
	    log_rate_allow(&app->insecure, app_now_us(), &unsaid))
		g_warning("a session WITHOUT SECURITY was opened by %s, which proved nothing (%u "
			  "lines like this left out)",
			  bluez_device_address(app->bluez, provisioner_peer(app->core)), unsaid);
}
