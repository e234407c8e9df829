/* SPDX-License-Identifier: MIT */
/*
 * picky-broker - speaks just enough MQTT 5 in clear text to refuse messages as a test wishes
 *
 * One client at a time, a thread of its own. All failures abort. Owner: whoever made it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct PickyBroker PickyBroker;

/* picky_broker_new() - listen on 127.0.0.1
 * @reason: of the PUBACK for what is refused, 0x80 and above */
PickyBroker *picky_broker_new(uint8_t reason);

/* picky_broker_free() - after its client is gone. NULL is fine */
void picky_broker_free(PickyBroker *broker);

/* picky_broker_port() - where it listens */
uint16_t picky_broker_port(const PickyBroker *broker);

/* picky_broker_refuse() - from the next connection on refuse messages that contain one of these
 * @words: borrowed static texts up to a NULL; "" is in every message */
void picky_broker_refuse(PickyBroker *broker, const char *const *words);

/* picky_broker_limit() - from the next connection on say that no packet may be larger than @octets;
 * 0: nothing is said */
void picky_broker_limit(PickyBroker *broker, uint8_t octets);

/* picky_broker_receive() - from the next connection on say that no more than @messages may wait for
 * their PUBACK; 0: nothing is said */
void picky_broker_receive(PickyBroker *broker, uint8_t messages);

/* picky_broker_deny() - from now on refuse each subscription, with that reason in its SUBACK */
void picky_broker_deny(PickyBroker *broker, uint8_t reason);

/* picky_broker_meter() - from now on be a ThingsBoard that takes so many messages of telemetry in
 * so many seconds, one in flight, and says so when it is asked */
void picky_broker_meter(PickyBroker *broker, unsigned count, unsigned seconds);

/* picky_broker_overrun() - whether more were sent than that */
bool picky_broker_overrun(PickyBroker *broker);

/* picky_broker_forbid() - from now on end each connection that subscribes */
void picky_broker_forbid(PickyBroker *broker);

/* picky_broker_cut() - end the next @connections, each when it subscribes or publishes first */
void picky_broker_cut(PickyBroker *broker, unsigned connections);

/* picky_broker_babble() - from now on answer each PUBLISH with what no broker may send */
void picky_broker_babble(PickyBroker *broker);

/* picky_broker_subscriptions() - that were asked for since the start */
unsigned picky_broker_subscriptions(PickyBroker *broker);

/* picky_broker_keep_alive() - seconds, as the last client has said; 0: none has come */
unsigned picky_broker_keep_alive(PickyBroker *broker);

/* picky_broker_await() - wait until so many connections were made since the start */
void picky_broker_await(PickyBroker *broker, unsigned connections);

/* picky_broker_await_subscriptions() - wait until so many were asked for since the start */
void picky_broker_await_subscriptions(PickyBroker *broker, unsigned count);

/* picky_broker_await_word() - wait until a message with @word was accepted */
void picky_broker_await_word(PickyBroker *broker, const char *word);

/* picky_broker_has() - whether a message with @word was accepted */
bool picky_broker_has(PickyBroker *broker, const char *word);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PickyBroker, picky_broker_free)
