/* SPDX-License-Identifier: MIT */
/*
 * daemon - the provisioner's daemon, as systemd starts it, between fakes on a private bus
 *
 * A gtest fixture: daemon_add_tests(), or g_test_add(PATH, Daemon, ARG, daemon_setup, TEST,
 * daemon_teardown). The fakes live in the test's process; the daemon is the program named by
 * LANDFALL_PROVISIONER.
 */
#pragma once

#include "tests/bus/bus-fixture.h"
#include "tests/bus/fake-bluez.h"
#include "tests/bus/fake-nm.h"

#include <glib.h>
#include <stdbool.h>

#define DAEMON_SERVICE "io.landfall.Provisioner1"
#define DAEMON_OBJECT  "/io/landfall/Provisioner1"
#define DAEMON_NAME    "PROV_A1B2C3" /* what it advertises */

/* Members are the test's to read; a fake that was freed is NULL. */
typedef struct Daemon {
	TestBus *bus;
	FakeBluez *bluez;
	FakeNm *nm;
	char *folder; /* for secrets */
	char **env;   /* it is started with; NULL: the test's. The test frees it */
	GPid pid;     /* 0: not running */
	int status;   /* as from waitpid(), once it has ended */
} Daemon;

/* A test and its path. */
typedef struct DaemonTest {
	const char *path;
	void (*test)(Daemon *daemon, gconstpointer data);
} DaemonTest;

/* daemon_add_tests() - add @n tests, each with a daemon of its own; aborts when nobody says which
 * program that is */
void daemon_add_tests(const DaemonTest *tests, size_t n);

/* daemon_program() - path of the program, NULL when nobody says */
const char *daemon_program(void);

/* daemon_setup() - bus, hci0, an idle wlan0 without networks; the daemon is not started */
void daemon_setup(Daemon *daemon, gconstpointer data);

/* daemon_teardown() - SIGTERM if it runs, after which it must exit with 0 */
void daemon_teardown(Daemon *daemon, gconstpointer data);

/* daemon_start() - with nothing but these settings
 * @sets: "key=value" of [provisioner], ended by NULL; NULL: none */
void daemon_start(Daemon *daemon, const char *const *sets);

/* daemon_exits() - wait until it has ended, with this exit status */
void daemon_exits(Daemon *daemon, int status);

/* daemon_property() - as busctl prints it, without type and quotes; "" when nobody is there. The
 * caller frees it */
char *daemon_property(const char *name);

/* daemon_shows(), daemon_mentions() - is the property this text, does it contain it? */
bool daemon_shows(const char *name, const char *value);
bool daemon_mentions(const char *name, const char *part);

/* daemon_call() - a method without arguments; the caller frees what busctl prints
 * @status: of busctl; NULL: it must be 0 */
char *daemon_call(const char *name, int *status);

/* daemon_ask() - the same without waiting: @error becomes "" or the error's name, which the caller
 * frees */
void daemon_ask(Bus *caller, const char *name, char **error);

/* daemon_phone_writes() - the phone asks for the version, whose answer must contain @expected */
void daemon_phone_writes(Daemon *daemon, const char *expected);
