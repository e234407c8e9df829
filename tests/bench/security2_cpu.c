/* SPDX-License-Identifier: MIT */
/*
 * security2_cpu - what a security 2 session costs our processor
 *
 *   security2_cpu [ROUNDS]
 *
 * Prints, in microseconds of processor time: the device's side of one handshake (both messages,
 * from the octets of the request to the octets of the reply), three modular exponentiations of
 * OpenSSL at the group's full size, and the ratio; then one request on an open session.
 */
#include "provisioner/core/security2.h"
#include "provisioner/core/session.h"
#include "tests/unit/provisioner/support.h"
#include "tests/unit/provisioner/vectors.h"

#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void step(Session *session, GBytes *in)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	if (!session_step(session, in, out, &error))
		g_error("handshake: %s", error->message);
}

static double handshake_us(int rounds)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) salt = hex_bytes(VECTOR_SRP_SALT);
	g_autoptr(GBytes) verifier = hex_bytes(VECTOR_SRP_VERIFIER);
	g_autoptr(GBytes) command0 = hex_bytes(VECTOR_SEC2_COMMAND0);
	g_autoptr(GBytes) command1 = hex_bytes(VECTOR_SEC2_COMMAND1);
	TestRandom random;

	test_random_init(&random);
	test_random_push(&random, VECTOR_SRP_B_SECRET VECTOR_SEC2_SESSION_ID);

	Security2 *scheme = security2_new(salt, verifier, test_random_fill, &random, &error);

	if (!scheme)
		g_error("%s", error->message);

	g_autoptr(Session) session = session_new(&security2_ops, scheme);
	double start_us = cpu_us();

	for (int i = 0; i < rounds; i++) {
		random.used = 0;
		step(session, command0);
		step(session, command1);
	}
	start_us = (cpu_us() - start_us) / rounds;
	test_random_clear(&random);
	return start_us;
}

/* Base and exponent as large as the modulus. */
static double three_exponentiations_us(int rounds)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *modulus = BN_get_rfc3526_prime_3072(NULL);
	BIGNUM *base = NULL;
	BIGNUM *exponent = BN_dup(modulus);
	BIGNUM *result = BN_new();
	double start_us;

	BN_hex2bn(&base, VECTOR_SRP_A);
	BN_rshift1(exponent, exponent);
	BN_set_bit(exponent, 3071);
	start_us = cpu_us();
	for (int i = 0; i < 3 * rounds; i++)
		BN_mod_exp(result, base, exponent, modulus, ctx);
	start_us = (cpu_us() - start_us) / rounds;
	BN_free(modulus);
	BN_free(base);
	BN_free(exponent);
	BN_free(result);
	BN_CTX_free(ctx);
	return start_us;
}

/* The phone's encryption of two octets is in it; it is small. */
static double request_us(int rounds)
{
	g_autoptr(Bench) bench = bench_new(1);
	double start_us;

	bench_open(bench);
	start_us = cpu_us();
	for (int i = 0; i < rounds; i++)
		bench_expect(bench, ENDPOINT_PROV_CONFIG, "5200", "08015a021001");
	return (cpu_us() - start_us) / rounds;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 200;
	double handshake;
	double reference;

	if (rounds <= 0) {
		fprintf(stderr, "usage: security2_cpu [ROUNDS]\n");
		return EXIT_FAILURE;
	}
	handshake = handshake_us(rounds);
	reference = three_exponentiations_us(rounds);
	printf("handshake_us %.0f\nthree_exponentiations_us %.0f\nratio %.2f\nrequest_us %.1f\n",
	       handshake, reference, handshake / reference, request_us(rounds * 10));
	return EXIT_SUCCESS;
}
