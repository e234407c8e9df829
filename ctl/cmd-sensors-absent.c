/* SPDX-License-Identifier: MIT */
/* landfallctl sensors - in a build without the agent, whose drivers it needs */
#include "common/error.h"
#include "ctl/ctl.h"

bool cmd_sensors(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "this build has no agent and reads no sensors");
	return false;
}
