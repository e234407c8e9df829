/* SPDX-License-Identifier: MIT */
/* peer_paho - the same with Eclipse Paho's C client, which has a thread for it */
#include <MQTTClient.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW  100
#define WAIT_US 50

static void on_delivered(void *data, MQTTClient_deliveryToken token)
{
	atomic_uint *acked = data;

	atomic_fetch_add(acked, 1);
}

static int on_arrived(void *data, char *topic, int len, MQTTClient_message *message)
{
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return 1;
}

static MQTTClient dial(char **argv, atomic_uint *acked)
{
	MQTTClient client = NULL;
	MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	char uri[64];

	snprintf(uri, sizeof(uri), "ssl://localhost:%s", argv[1]);
	tls.trustStore = argv[2];
	tls.keyStore = argv[3];
	tls.privateKey = argv[4];
	tls.verify = 1;
	options.ssl = &tls;
	options.cleansession = 1;
	options.reliable = 0;
	options.maxInflightMessages = WINDOW;
	if (MQTTClient_create(&client, uri, "peer-paho", MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
		    MQTTCLIENT_SUCCESS ||
	    MQTTClient_setCallbacks(client, acked, NULL, on_arrived, on_delivered) !=
		    MQTTCLIENT_SUCCESS ||
	    MQTTClient_connect(client, &options) != MQTTCLIENT_SUCCESS) {
		fprintf(stderr, "peer_paho: no connection\n");
		exit(1);
	}
	return client;
}

int main(int argc, char **argv)
{
	static atomic_uint acked;
	unsigned sent = 0;
	char line[1024];

	if (argc != 5) {
		fprintf(stderr, "usage: peer_paho PORT CA CERTIFICATE KEY <LINES\n");
		return 2;
	}
	MQTTClient client = dial(argv, &acked);
	while (fgets(line, sizeof(line), stdin)) {
		int len = (int)strcspn(line, "\n");
		int rc;

		while ((rc = MQTTClient_publish(client, "v1/devices/me/telemetry", len, line, 1, 0,
						NULL)) == MQTTCLIENT_MAX_MESSAGES_INFLIGHT)
			usleep(WAIT_US);
		if (rc != MQTTCLIENT_SUCCESS)
			return 1;
		sent++;
	}
	while (atomic_load(&acked) < sent)
		usleep(WAIT_US);
	MQTTClient_disconnect(client, 1000);
	MQTTClient_destroy(&client);
	return 0;
}
