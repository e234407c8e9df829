/* SPDX-License-Identifier: MIT */
/* peer_mosquitto - the least that libmosquitto needs to bring lines to a broker with QoS 1 */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW  100
#define WAIT_MS 1000

typedef struct Count {
	unsigned sent;
	unsigned acked;
} Count;

static void on_publish(struct mosquitto *client, void *data, int id)
{
	Count *count = data;

	count->acked++;
}

static void turn(struct mosquitto *client, int wait_ms)
{
	if (mosquitto_loop(client, wait_ms, 1) != MOSQ_ERR_SUCCESS) {
		fprintf(stderr, "peer_mosquitto: the connection is lost\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	Count count = { 0 };
	char line[1024];

	if (argc != 5) {
		fprintf(stderr, "usage: peer_mosquitto PORT CA CERTIFICATE KEY <LINES\n");
		return 2;
	}
	mosquitto_lib_init();
	struct mosquitto *client = mosquitto_new("peer-mosquitto", true, &count);
	mosquitto_publish_callback_set(client, on_publish);
	mosquitto_max_inflight_messages_set(client, WINDOW);
	if (mosquitto_tls_set(client, argv[2], NULL, argv[3], argv[4], NULL) != MOSQ_ERR_SUCCESS ||
	    mosquitto_connect(client, "localhost", atoi(argv[1]), 60) != MOSQ_ERR_SUCCESS) {
		fprintf(stderr, "peer_mosquitto: no connection\n");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		int len = (int)strcspn(line, "\n");

		while (count.sent - count.acked >= WINDOW)
			turn(client, WAIT_MS);
		if (mosquitto_publish(client, NULL, "v1/devices/me/telemetry", len, line, 1,
				      false) != MOSQ_ERR_SUCCESS)
			return 1;
		count.sent++;
	}
	while (count.acked < count.sent)
		turn(client, WAIT_MS);
	mosquitto_disconnect(client);
	mosquitto_destroy(client);
	mosquitto_lib_cleanup();
	return 0;
}
