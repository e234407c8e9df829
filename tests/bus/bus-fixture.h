/* SPDX-License-Identifier: MIT */
/*
 * bus-fixture - a message bus of the test's own, and foreign programs on it
 *
 * The daemon listens on a socket in a new folder and dies with the test. Its address is in
 * DBUS_SESSION_BUS_ADDRESS and DBUS_SYSTEM_BUS_ADDRESS of the test and of all it starts, so nothing
 * reaches a bus of the machine.
 */
#pragma once

#include "dbus/bus-name.h"
#include "dbus/bus-object.h"

#include <glib.h>
#include <stdbool.h>

/* Everything waits at most so long; a test that hangs fails. */
#define TEST_DEADLINE_US (60 * G_USEC_PER_SEC)

typedef struct TestBus TestBus;

/* test_bus_start() - start a daemon and wait until it listens; aborts the test when it does not */
TestBus *test_bus_start(void);

/* test_bus_start_with() - the same with policies of its own in place of one that allows all
 * @policy: <policy> elements */
TestBus *test_bus_start_with(const char *policy);

/* Who stands for whom in an installed policy. */
typedef struct TestBusPolicy {
	const char *root;    /* user */
	const char *service; /* in place of the user landfall */
	const char *group;   /* in place of the group landfall */
} TestBusPolicy;

/* test_bus_policy() - what the system bus says of everybody, and the file data/@name.conf that is
 * installed there, for test_bus_start_with(). The caller frees it */
char *test_bus_policy(const char *name, const TestBusPolicy *who);

/* test_bus_address() - borrowed */
const char *test_bus_address(const TestBus *bus);

/* test_bus_kill() - end the daemon at once, as a crash does; the address stays */
void test_bus_kill(TestBus *bus);

/* test_bus_restart() - start a daemon anew at the same address */
void test_bus_restart(TestBus *bus);

/* test_bus_stop() - end it and remove the folder */
void test_bus_stop(TestBus *bus);

/* test_start() - run a shell command line beside the test; test_finish() ends it. What it writes to
 * standard output goes to standard error: the former is the test's own
 * Returns its process id */
GPid test_start(const char *line);

/* test_finish() - kill it and wait */
void test_finish(GPid pid);

/* test_wrap() - add the words of LANDFALL_WRAP, such as valgrind and its options, that a daemon
 * under test is to be started with
 * @argv: owns its elements */
void test_wrap(GPtrArray *argv);

/* test_run() - run a shell command line to its end while the default context goes on
 * @status: exit status; may be NULL, then it must be 0
 * Returns what it wrote to standard output and error, owned by the caller */
char *test_run(const char *line, int *status);

/* test_await_unowned() - until nobody owns @name: who had it may have ended a moment ago, and the
 * bus not know yet */
void test_await_unowned(Bus *bus, const char *name);

/* test_take_name() - take @name, once nobody else has it. Owned by the caller */
BusName *test_take_name(Bus *bus, const char *name);

/* test_add_object() - bus_object_register(), which must not fail */
BusObject *test_add_object(Bus *bus, const char *path, const BusInterface *const *interfaces,
			   void *data);

/* test_turn() - one turn of the default context, of at most 20 ms */
void test_turn(void);

/* TEST_WAIT() - turn the default context until the condition holds */
#define TEST_WAIT(condition)                                                                       \
	do {                                                                                       \
		gint64 until_us = g_get_monotonic_time() + TEST_DEADLINE_US;                       \
                                                                                                   \
		while (!(condition)) {                                                             \
			g_assert_cmpint(g_get_monotonic_time(), <, until_us);                      \
			test_turn();                                                               \
		}                                                                                  \
	} while (0)

/* test_interface_elements() - methods, arguments and properties of an interface in introspection
 * XML, one a line with type and access, to be compared; aborts when it is not there. The caller
 * frees it */
char *test_interface_elements(const char *xml, const char *interface);

/* test_assert_has() - @text must contain @part */
#define test_assert_has(text, part)                                                                \
	do {                                                                                       \
		if (!strstr((text), (part)))                                                       \
			g_error("\"%s\" not found in:\n%s", (part), (text));                       \
	} while (0)
