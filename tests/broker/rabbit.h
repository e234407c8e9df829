/* SPDX-License-Identifier: MIT */
/*
 * rabbit - a RabbitMQ of the test's own with its MQTT plugin, client certificates required
 *
 * The common name of a certificate is the user; there is one user. All failures but a missing
 * installation abort. Owner: whoever started it; freeing ends its processes.
 */
#pragma once

#include "tests/broker/broker.h"

typedef struct Rabbit Rabbit;

/* rabbit_new() - start it and wait until it takes connections, ten seconds and more
 * @server: name of its certificate; @user: who may log in
 * Returns NULL when Debian's rabbitmq-server is not installed */
Rabbit *rabbit_new(Pki *pki, const char *server, const char *user);

/* rabbit_free() - NULL is fine */
void rabbit_free(Rabbit *rabbit);

/* rabbit_broker() - for what wants one; borrowed */
Broker *rabbit_broker(Rabbit *rabbit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rabbit, rabbit_free)
