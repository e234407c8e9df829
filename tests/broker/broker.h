/* SPDX-License-Identifier: MIT */
/*
 * broker - a mosquitto of the test's own on the loopback, and listeners that are none
 *
 * All failures abort. Owner: whoever started it; freeing ends the process and waits for it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/broker/pki.h"

typedef struct Broker Broker;

/* broker_new() - start mosquitto on 127.0.0.1 and wait until it takes connections
 * @server: name of its certificate, mutual TLS against ca.crt; NULL: clear text
 * @lines:  more lines of its configuration, or NULL */
Broker *broker_new(Pki *pki, const char *server, const char *lines);

/* broker_elsewhere() - stands for one that somebody else runs on 127.0.0.1, port @port: only
 * broker_port() and broker_publish() may be used */
Broker *broker_elsewhere(Pki *pki, uint16_t port);

/* broker_free() - NULL is fine */
void broker_free(Broker *broker);

/* broker_port() - where it listens */
uint16_t broker_port(const Broker *broker);

/* broker_signal() - SIGSTOP, SIGCONT */
void broker_signal(Broker *broker, int number);

/* broker_kill() - SIGKILL and wait */
void broker_kill(Broker *broker);

/* broker_stop() - SIGTERM and wait: it saves what it keeps, when it is told to keep something */
void broker_stop(Broker *broker);

/* broker_restart() - start again on the same port after one of these two */
void broker_restart(Broker *broker);

/* broker_publish() - run mosquitto_pub with the certificate @device (NULL: clear text)
 * @payload_file: sent as one retained message to @topic */
void broker_publish(Broker *broker, const char *device, const char *topic,
		    const char *payload_file);

typedef struct Listener Listener;

/* listener_new() - take connections on 127.0.0.1, send @len octets of @data to each, then stay
 * silent, or close when @hang_up; works while the default main context runs */
Listener *listener_new(const void *data, size_t len, bool hang_up);

/* listener_free() - NULL is fine */
void listener_free(Listener *listener);

/* listener_port() - where it listens */
uint16_t listener_port(const Listener *listener);

/* port_open() - somebody listens on 127.0.0.1, port @port */
bool port_open(uint16_t port);

/* port_unused() - one where nobody listens; no other test gets it before this process ends */
uint16_t port_unused(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Broker, broker_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)
