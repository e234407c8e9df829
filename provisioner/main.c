/* SPDX-License-Identifier: MIT */
/*
 * landfall-provisioner - gets a device onto its Wi-Fi network with the help of a phone nearby
 */
#include "common/config-options.h"
#include "common/config.h"
#include "common/error.h"
#include "common/log.h"
#include "provisioner/app.h"

#include <glib-unix.h>

static gboolean on_signal(gpointer data)
{
	app_quit(data);
	return G_SOURCE_CONTINUE;
}

static int run(const Config *config, const char *name)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, false);
	g_autoptr(GError) error = NULL;
	g_autoptr(App) app = app_new(config, loop, &error);
	guint term = 0;
	guint interrupt = 0;

	if (!app)
		return config_options_fail(name, error);
	term = g_unix_signal_add(SIGTERM, on_signal, app);
	interrupt = g_unix_signal_add(SIGINT, on_signal, app);
	g_main_loop_run(loop);
	g_source_remove(term);
	g_source_remove(interrupt);
	return app_error(app) ? config_options_fail(name, app_error(app)) : 0;
}

int main(int argc, char **argv)
{
	static const ConfigOptions options = {
		.name = "landfall-provisioner",
		.summary = "Offers the device over Bluetooth LE to a phone that gives it its Wi-Fi "
			   "network.",
	};
	g_autoptr(Config) config = NULL;
	int status = config_options_start(&options, &argc, &argv, &config);

	if (!config)
		return status;
	log_init(options.name, config->log.level, config->log.format);
	return run(config, options.name);
}
