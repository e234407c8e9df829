/* SPDX-License-Identifier: MIT */
/*
 * soak_provision - provision the daemon again and again, on a private bus
 *
 *   soak_provision CYCLES
 *
 * Each cycle: the phone looks for the advertisement, connects, provisions, hangs up; a tenth hang
 * up half way or have the passphrase wrong. Prints what the daemon has before, on its way and in
 * the end, and how many cycles went wrong. The environment is that of the tests (rig.h).
 */
#include "tests/bus/rig.h"

#include "tests/phone/phone-error.h"

#include <stdlib.h>

#define WARM_UP  20 /* cycles until the daemon has made what it makes once */
#define LINES    10 /* of figures */
#define GROW_KIB 256

typedef struct Soak {
	Rig *rig;
	unsigned int provisioned;
	unsigned int refused; /* a wrong passphrase, told as such */
	unsigned int walked;  /* hung up half way */
	unsigned int missed;  /* not in the air */
	unsigned int failed;  /* anything else that should not be */
	unsigned int stuck;   /* advertisement or application registered twice, or after the end */
} Soak;

static void cycle(Soak *soak, unsigned int n)
{
	bool walks = n % 20 == 7;
	bool mistypes = n % 20 == 13;
	g_autoptr(GError) error = NULL;
	bool done = false;

	rig_await_free(soak->rig);
	soak->rig->hang_up_at = walks ? n / 20 % 18 + 1 : 0;
	done = rig_try(soak->rig, mistypes ? "not the passphrase" : RIG_PASSPHRASE, &error);
	soak->rig->hang_up_at = 0;
	if (done && !mistypes)
		soak->provisioned++;
	else if (mistypes && g_error_matches(error, PHONE_ERROR, PHONE_ERROR_PASSWORD))
		soak->refused++;
	else if (walks)
		soak->walked++;
	else if (g_error_matches(error, PHONE_ERROR, PHONE_ERROR_LOST))
		soak->missed++;
	else
		soak->failed++;
	if (error && !walks && !mistypes)
		g_printerr("cycle %u: %s\n", n, error->message);
	soak->stuck += soak->rig->bluez->adapters[0].instances > 1;
}

static void print_line(const Soak *soak, unsigned int n, const RigUsage *usage)
{
	g_print("%7u %12ld %8ld %12u %9u %9u\n", n, usage->anonymous_kib, usage->pss_kib,
		usage->descriptors, rig_profiles(soak->rig, true), rig_profiles(soak->rig, false));
}

int main(int argc, char **argv)
{
	unsigned int cycles = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	Soak soak = { .rig = NULL };
	RigUsage before = { 0 };
	RigUsage after = { 0 };

	if (cycles <= WARM_UP) {
		g_printerr("usage: soak_provision CYCLES   (more than %d)\n", WARM_UP);
		return 2;
	}
	soak.rig = rig_new();
	rig_start(soak.rig, NULL);
	g_print("%7s %12s %8s %12s %9s %9s\n", "cycle", "memory KiB", "PSS KiB", "descriptors",
		"profiles", "unsaved");
	for (unsigned int n = 1; n <= cycles; n++) {
		cycle(&soak, n);
		after = rig_usage(soak.rig);
		if (n == WARM_UP)
			before = after;
		if (n == WARM_UP || n % MAX(cycles / LINES, 1) == 0)
			print_line(&soak, n, &after);
	}
	rig_await_free(soak.rig);
	soak.stuck += soak.rig->bluez->advert_calls < soak.provisioned;
	g_print("\n%u cycles: %u provisioned, %u hung up half way, %u wrong passphrases told\n",
		cycles, soak.provisioned, soak.walked, soak.refused);
	g_print("missed advertisements %u, stuck advertisements %u, other failures %u\n",
		soak.missed, soak.stuck, soak.failed);
	g_print("growth after cycle %d: memory %ld KiB, descriptors %d\n", WARM_UP,
		after.anonymous_kib - before.anonymous_kib,
		(int)after.descriptors - (int)before.descriptors);
	rig_free(soak.rig);
	return soak.missed + soak.stuck + soak.failed > 0 ||
	       after.anonymous_kib - before.anonymous_kib > GROW_KIB ||
	       after.descriptors > before.descriptors;
}
