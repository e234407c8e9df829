/* SPDX-License-Identifier: MIT */
/*
 * oracle - what really arrives at a broker: a mosquitto_sub with a memory
 *
 * All failures abort. Owner: whoever made it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/broker/broker.h"

typedef struct Oracle Oracle;

/* oracle_new() - subscribe with the certificate @device and wait until the broker has granted it */
Oracle *oracle_new(Broker *broker, Pki *pki, const char *device);

/* oracle_free() - NULL is fine */
void oracle_free(Oracle *oracle);

/* oracle_await() - wait until every {"n":…} from @first to @last has arrived
 * Aborts when one n came with two sequence numbers, one number with two n, a sample without
 * "ts" or "seq", or a time of measurement that is not within an hour of now */
void oracle_await(Oracle *oracle, int64_t first, int64_t last);

/* oracle_rank() - {"n":@n} was the so manieth that came; 0: it has not come */
unsigned oracle_rank(const Oracle *oracle, int64_t n);

/* oracle_await_samples() - wait until @n different sequence numbers have come */
void oracle_await_samples(Oracle *oracle, unsigned n);

/* oracle_doubles() - messages whose sequence number had come before */
unsigned oracle_doubles(const Oracle *oracle);

/* oracle_samples() - different sequence numbers that came */
unsigned oracle_samples(const Oracle *oracle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Oracle, oracle_free)
