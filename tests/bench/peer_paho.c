/* SPDX-License-Identifier: MIT */
/* peer_paho - the same with Eclipse Paho's asynchronous C client, which has threads for it
 *
 * Not its synchronous one: whenever that one's window is full, MQTTClient_publish() sleeps for 100
 * ms (MQTTClient_yield() beside a running receive thread), whatever is acknowledged meanwhile. */
#include <MQTTAsync.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 100

typedef struct Count {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned sent;
	unsigned acked;
	bool connected;
} Count;

static void fail(const char *what)
{
	fprintf(stderr, "peer_paho: %s\n", what);
	exit(1);
}

static void on_connected(void *data, MQTTAsync_successData *success)
{
	Count *count = data;

	pthread_mutex_lock(&count->lock);
	count->connected = true;
	pthread_mutex_unlock(&count->lock);
	pthread_cond_signal(&count->moved);
}

static void on_refused(void *data, MQTTAsync_failureData *failure)
{
	fail("no connection");
}

static void on_lost(void *data, char *cause)
{
	fail("the connection is lost");
}

static int on_arrived(void *data, char *topic, int len, MQTTAsync_message *message)
{
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

static void on_delivered(void *data, MQTTAsync_token token)
{
	Count *count = data;

	pthread_mutex_lock(&count->lock);
	count->acked++;
	pthread_mutex_unlock(&count->lock);
	pthread_cond_signal(&count->moved);
}

static MQTTAsync dial(char **argv, Count *count)
{
	MQTTAsync client = NULL;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	char uri[64];

	snprintf(uri, sizeof(uri), "ssl://localhost:%s", argv[1]);
	tls.trustStore = argv[2];
	tls.keyStore = argv[3];
	tls.privateKey = argv[4];
	tls.verify = 1;
	options.ssl = &tls;
	options.cleansession = 1;
	options.maxInflight = WINDOW;
	options.onSuccess = on_connected;
	options.onFailure = on_refused;
	options.context = count;
	if (MQTTAsync_create(&client, uri, "peer-paho", MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
		    MQTTASYNC_SUCCESS ||
	    MQTTAsync_setCallbacks(client, count, on_lost, on_arrived, on_delivered) !=
		    MQTTASYNC_SUCCESS ||
	    MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS)
		fail("no connection");
	pthread_mutex_lock(&count->lock);
	while (!count->connected)
		pthread_cond_wait(&count->moved, &count->lock);
	pthread_mutex_unlock(&count->lock);
	return client;
}

/* Until so many at most are in flight. */
static void await(Count *count, unsigned most)
{
	pthread_mutex_lock(&count->lock);
	while (count->sent - count->acked > most)
		pthread_cond_wait(&count->moved, &count->lock);
	pthread_mutex_unlock(&count->lock);
}

int main(int argc, char **argv)
{
	static Count count = { .lock = PTHREAD_MUTEX_INITIALIZER,
			       .moved = PTHREAD_COND_INITIALIZER };
	char line[1024];

	if (argc != 5) {
		fprintf(stderr, "usage: peer_paho PORT CA CERTIFICATE KEY <LINES\n");
		return 2;
	}

	MQTTAsync client = dial(argv, &count);

	while (fgets(line, sizeof(line), stdin)) {
		int len = (int)strcspn(line, "\n");

		await(&count, WINDOW - 1);
		count.sent++;
		if (MQTTAsync_send(client, "v1/devices/me/telemetry", len, line, 1, 0, NULL) !=
		    MQTTASYNC_SUCCESS)
			fail("a line is not sent");
	}
	await(&count, 0);
	MQTTAsync_destroy(&client);
	return 0;
}
