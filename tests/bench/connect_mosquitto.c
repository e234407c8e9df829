/* SPDX-License-Identifier: MIT */
/* connect_mosquitto - from name look-up to CONNACK with libmosquitto and little else
 *
 * One line for each connection: milliseconds on the wall, of the processor, of waiting for it.
 *
 * Brokers leave Nagle's algorithm on: without TCP_QUICKACK the CONNACK waits 40 ms for the
 * acknowledgement of what came before it, and nothing else would be measured. */
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* A moment, in milliseconds. */
typedef struct Moment {
	double wall;
	double used;   /* of the processor */
	double queued; /* ready to run, and not running */
} Moment;

static void on_connect(struct mosquitto *client, void *data, int code)
{
	bool *connected = data;

	*connected = code == 0;
}

static Moment moment(void)
{
	FILE *file = fopen("/proc/self/schedstat", "r");
	struct timespec now;
	Moment at = { 0 };

	if (!file || fscanf(file, "%lf %lf", &at.used, &at.queued) != 2)
		perror("/proc/self/schedstat");
	if (file)
		fclose(file);
	clock_gettime(CLOCK_MONOTONIC, &now);
	at.wall = (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
	at.used /= 1000000;
	at.queued /= 1000000;
	return at;
}

static void print_since(Moment start)
{
	Moment now = moment();

	printf("%.1f %.1f %.1f\n", now.wall - start.wall, now.used - start.used,
	       now.queued - start.queued);
}

static bool turn(struct mosquitto *client)
{
	static const int on = 1;

	setsockopt(mosquitto_socket(client), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	return mosquitto_loop(client, 1000, 1) == MOSQ_ERR_SUCCESS;
}

static bool dial(char **argv)
{
	bool connected = false;
	struct mosquitto *client = mosquitto_new("connect-mosquitto", true, &connected);
	bool fine = mosquitto_tls_set(client, argv[3], NULL, argv[4], argv[5], NULL) ==
		    MOSQ_ERR_SUCCESS;
	Moment start = moment();

	mosquitto_connect_callback_set(client, on_connect);
	fine = fine &&
	       mosquitto_connect(client, "localhost", atoi(argv[2]), 60) == MOSQ_ERR_SUCCESS;
	while (fine && !connected)
		fine = turn(client);
	if (fine)
		print_since(start);
	mosquitto_disconnect(client);
	mosquitto_destroy(client);
	return fine;
}

int main(int argc, char **argv)
{
	bool fine = true;

	if (argc != 6) {
		fprintf(stderr, "usage: connect_mosquitto TIMES PORT CA CERTIFICATE KEY\n");
		return 2;
	}
	mosquitto_lib_init();
	for (int i = 0; fine && i < atoi(argv[1]); i++)
		fine = dial(argv);
	mosquitto_lib_cleanup();
	if (!fine)
		fprintf(stderr, "connect_mosquitto: no connection\n");
	return !fine;
}
