/* SPDX-License-Identifier: MIT */
/*
 * landfall-provisioner - gets a device onto its Wi-Fi network with the help of a phone nearby
 */
#include "common/config-options.h"
#include "common/config.h"
#include "common/end-limit.h"
#include "common/error.h"
#include "common/log.h"
#include "provisioner/app.h"

#include <errno.h>
#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define END_LIMIT_MS 10000 /* for a thread that is at a key token, or at the disk */

/* SIGTERM and SIGINT as a file the loop reads: GLib's own way to watch them costs a thread. */
static int signal_file_open(GError **error)
{
	sigset_t set;
	int fd = -1;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
		fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "cannot watch signals: %s", g_strerror(errno));
	return fd;
}

static gboolean on_signal(int fd, GIOCondition condition, gpointer data)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		app_quit(data);
	return G_SOURCE_CONTINUE;
}

static int run(const Config *config, const char *name)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, false);
	g_autoptr(GError) error = NULL;
	int signals = signal_file_open(&error);
	g_autoptr(App) app = signals < 0 ? NULL : app_new(config, loop, &error);
	guint source = 0;

	if (!app)
		return config_options_fail(name, error);
	source = g_unix_fd_add(signals, G_IO_IN, on_signal, app);
	g_main_loop_run(loop);
	end_limit(END_LIMIT_MS, app_error(app) ? error_exit_status(app_error(app)) : 0);
	g_source_remove(source);
	close(signals);
	return app_error(app) ? config_options_fail(name, app_error(app)) : 0;
}

int main(int argc, char **argv)
{
	static const ConfigOptions options = {
		.name = "landfall-provisioner",
		.summary = "Offers the device over Bluetooth LE to a phone that gives it its Wi-Fi "
			   "network.",
		.check = app_check,
	};
	g_autoptr(Config) config = NULL;
	int status = config_options_start(&options, &argc, &argv, &config);

	if (!config)
		return status;
	log_init(options.name, config->log.level, config->log.format);
	/* A stranger's huge message leaves nothing behind: without this one such block makes malloc
	 * keep the next ones. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	return run(config, options.name);
}
