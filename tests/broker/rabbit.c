/* SPDX-License-Identifier: MIT */
#include "tests/broker/rabbit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER  "/usr/lib/rabbitmq/bin/rabbitmq-server"
#define WAIT_US 50000
#define WAITS   4800 /* four minutes, on a machine that is very busy */

struct Rabbit {
	char *dir;
	GPid epmd; /* Erlang's own name service, on a port of its own */
	GPid server;
	Broker *broker;
};

/* A group of its own, so that the processes Erlang starts end with it. */
static void own_group(gpointer data)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GPid spawn(const Rabbit *rabbit, char **environment, const char *const *argv)
{
	g_autoptr(GError) error = NULL;
	GPid pid = 0;

	g_spawn_async(rabbit->dir, (char **)argv, environment,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
			      G_SPAWN_STDERR_TO_DEV_NULL,
		      own_group, NULL, &pid, &error);
	g_assert_no_error(error);
	return pid;
}

static void write_file(const Rabbit *rabbit, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(rabbit->dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void write_files(const Rabbit *rabbit, Pki *pki, const char *server, const char *user,
			uint16_t port)
{
	g_autofree char *text = g_strdup_printf("listeners.tcp = none\n"
						"mqtt.listeners.tcp = none\n"
						"mqtt.listeners.ssl.1 = 127.0.0.1:%u\n"
						"ssl_options.cacertfile = %s/ca.crt\n"
						"ssl_options.certfile = %s/%s.crt\n"
						"ssl_options.keyfile = %s/%s.key\n"
						"ssl_options.verify = verify_peer\n"
						"ssl_options.fail_if_no_peer_cert = true\n"
						"ssl_cert_login_from = common_name\n"
						"mqtt.ssl_cert_login = true\n"
						"mqtt.allow_anonymous = false\n"
						"default_user = %s\n"
						"default_pass = none-logs-in-with-it\n",
						port, pki_dir(pki), pki_dir(pki), server,
						pki_dir(pki), server, user);

	write_file(rabbit, "rabbitmq.conf", text);
	write_file(rabbit, "enabled_plugins", "[rabbitmq_mqtt,rabbitmq_auth_mechanism_ssl].\n");
}

static char **environment_of(const Rabbit *rabbit, uint16_t epmd)
{
	g_autofree char *epmd_port = g_strdup_printf("%u", epmd);
	g_autofree char *dist_port = g_strdup_printf("%u", port_unused());
	g_autofree char *node = g_strdup_printf("landfall-%d@localhost", (int)getpid());
	g_autofree char *config = g_build_filename(rabbit->dir, "rabbitmq", NULL);
	g_autofree char *plugins = g_build_filename(rabbit->dir, "enabled_plugins", NULL);
	const char *const pairs[][2] = {
		{ "HOME", rabbit->dir },
		{ "ERL_EPMD_PORT", epmd_port },
		{ "ERL_EPMD_ADDRESS", "127.0.0.1" },
		{ "RABBITMQ_DIST_PORT", dist_port },
		{ "RABBITMQ_NODENAME", node },
		{ "RABBITMQ_CONFIG_FILE", config },
		{ "RABBITMQ_ENABLED_PLUGINS_FILE", plugins },
		{ "RABBITMQ_MNESIA_BASE", rabbit->dir },
		{ "RABBITMQ_LOG_BASE", rabbit->dir },
		{ "RABBITMQ_CONF_ENV_FILE", "/dev/null" },
		{ "RABBITMQ_ALLOW_INPUT", "true" }, /* one process, no shell that waits for it */
		{ "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-noinput" },
	};
	char **environment = g_get_environ();

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		environment = g_environ_setenv(environment, pairs[i][0], pairs[i][1], TRUE);
	return environment;
}

Rabbit *rabbit_new(Pki *pki, const char *server, const char *user)
{
	const char *const argv[] = { SERVER, NULL };

	if (!g_file_test(SERVER, G_FILE_TEST_IS_EXECUTABLE))
		return NULL;

	Rabbit *rabbit = g_new0(Rabbit, 1);
	uint16_t port = port_unused();
	uint16_t epmd = port_unused();
	g_autofree char *epmd_port = g_strdup_printf("%u", epmd);
	const char *const epmd_argv[] = { "epmd", "-port", epmd_port, NULL };

	rabbit->dir = g_dir_make_tmp("landfall-rabbit-XXXXXX", NULL);
	write_files(rabbit, pki, server, user, port);
	g_auto(GStrv) environment = environment_of(rabbit, epmd);
	rabbit->epmd = spawn(rabbit, environment, epmd_argv);
	rabbit->server = spawn(rabbit, environment, argv);
	for (unsigned i = 0; i < WAITS && !port_open(port); i++) {
		g_assert_cmpint(waitpid(rabbit->server, NULL, WNOHANG), ==, 0);
		g_usleep(WAIT_US);
	}
	g_assert_true(port_open(port));
	rabbit->broker = broker_elsewhere(pki, port);
	return rabbit;
}

static void end(GPid pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void rabbit_free(Rabbit *rabbit)
{
	if (!rabbit)
		return;
	broker_free(rabbit->broker);
	end(rabbit->server);
	end(rabbit->epmd);

	g_autofree char *command = g_strdup_printf("rm -rf '%s'", rabbit->dir);

	g_assert_cmpint(system(command), ==, 0);
	g_free(rabbit->dir);
	g_free(rabbit);
}

Broker *rabbit_broker(Rabbit *rabbit)
{
	return rabbit->broker;
}
