/* SPDX-License-Identifier: MIT */
/*
 * The store's changes, stopped before each system call that changes the disk (a child that dies
 * there), and failed at each (disk full). Whatever the moment: the current identity is the old one
 * or the new one, sound either way, and the next change works and leaves no litter.
 *
 * A child that dies takes nothing out of the page cache, so that the order of fsync and rename is
 * right shows in the trace instead.
 */
#include "common/store.h"

#include "common/error.h"
#include "common/store-ops.h"
#include "common/store-pending.h"
#include "common/store-wait.h"
#include "tests/unit/common/store-support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_MAX  200
#define KILLED     99
#define MODE_KILL  0
#define MODE_FAIL  1
#define MODE_TRACE 2

typedef struct Fault {
	int mode;
	int at;       /* which call, counted from 0 */
	int calls;    /* made so far */
	bool is_sync; /* the call that failed was an fsync */
	GString *trace;
} Fault;

/* Returns true when the call is to fail. */
static bool fault_hit(Fault *fault, const char *call, const char *name)
{
	if (fault->trace)
		g_string_append_printf(fault->trace, "%s%s%s\n", call, name[0] ? " " : "", name);
	if (fault->mode == MODE_TRACE || fault->calls++ != fault->at)
		return false;
	if (fault->mode == MODE_KILL)
		_exit(KILLED);
	fault->is_sync = strcmp(call, "fsync") == 0;
	errno = ENOSPC;
	return true;
}

static int fault_mkdir(gpointer data, int dir_fd, const char *name, mode_t mode)
{
	return fault_hit(data, "mkdir", name) ? -1
					      : store_ops_system()->mkdir(NULL, dir_fd, name, mode);
}

static int fault_open(gpointer data, int dir_fd, const char *name, int flags, mode_t mode)
{
	return fault_hit(data, "open", name)
		       ? -1
		       : store_ops_system()->open(NULL, dir_fd, name, flags, mode);
}

/* Seven octets at a time: a short write is not the end of a file. */
static ssize_t fault_write(gpointer data, int fd, const void *octets, size_t len)
{
	Fault *fault = data;

	if (fault->mode == MODE_TRACE)
		return store_ops_system()->write(NULL, fd, octets, MIN(len, 7));
	return fault_hit(data, "write", "") ? -1 : store_ops_system()->write(NULL, fd, octets, len);
}

static int fault_fsync(gpointer data, int fd)
{
	return fault_hit(data, "fsync", "") ? -1 : store_ops_system()->fsync(NULL, fd);
}

static int fault_rename(gpointer data, int dir_fd, const char *from, const char *to)
{
	g_autofree char *names = g_strconcat(from, " ", to, NULL);

	return fault_hit(data, "rename", names)
		       ? -1
		       : store_ops_system()->rename(NULL, dir_fd, from, to);
}

static int fault_symlink(gpointer data, const char *target, int dir_fd, const char *name)
{
	return fault_hit(data, "symlink", name)
		       ? -1
		       : store_ops_system()->symlink(NULL, target, dir_fd, name);
}

static int fault_unlink(gpointer data, int dir_fd, const char *name, int flags)
{
	return fault_hit(data, "unlink", name)
		       ? -1
		       : store_ops_system()->unlink(NULL, dir_fd, name, flags);
}

static const StoreOps fault_ops = {
	.mkdir = fault_mkdir,
	.open = fault_open,
	.write = fault_write,
	.fsync = fault_fsync,
	.rename = fault_rename,
	.symlink = fault_symlink,
	.unlink = fault_unlink,
};

/* --- the changes --- */

typedef bool (*ChangeFunc)(Store *store, Pki *pki, GError **error);

static bool change_import(Store *store, Pki *pki, GError **error)
{
	g_autoptr(StoreParts) parts = support_parts(pki, "two inter", "two", NULL);
	g_autoptr(StoreIdentity) identity = store_import(store, parts, error);

	return identity != NULL;
}

static bool change_rollback(Store *store, Pki *pki, GError **error)
{
	g_autoptr(StoreIdentity) identity = store_rollback(store, "did not connect", error);

	return identity != NULL;
}

static bool change_mark(Store *store, Pki *pki, GError **error)
{
	return store_mark_good(store, 3, error);
}

/* Where there was a key before, it is replaced. */
static bool change_request(Store *store, Pki *pki, GError **error)
{
	static const StoreRequest request = { .common_name = "two", .anew = true };
	g_autofree char *text = store_request(store, &request, error);

	return text != NULL;
}

static bool change_install(Store *store, Pki *pki, GError **error)
{
	static const StoreRequest request = { .common_name = "two" };
	g_autofree char *text = store_request(store, &request, error);
	g_autofree char *cert = text ? pki_sign_request(pki, "inter", text) : NULL;
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);

	if (!cert)
		return false;
	parts->cert = g_bytes_new(cert, strlen(cert));

	g_autoptr(StoreIdentity) identity = store_install(store, parts, error);

	return identity != NULL;
}

static bool change_renew(Store *store, Pki *pki, GError **error)
{
	g_autoptr(EVP_PKEY) key = store_renewal_key(store, DEVICE_KEY_EC_P256, error);
	g_autofree char *text = key ? device_key_request(key, "two", error) : NULL;
	g_autofree char *cert = text ? pki_sign_request(pki, "inter", text) : NULL;
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);

	if (!cert)
		return false;
	parts->cert = g_bytes_new(cert, strlen(cert));
	parts->key = device_key_encode(key, error);
	parts->replaces = 3;

	g_autoptr(StoreIdentity) identity = store_import(store, parts, error);

	if (identity)
		store_renewal_settle(store);
	return identity != NULL;
}

static const StoreWaitSubject moment_subject = { "est", 1, 2 };

/* The server answers twice. */
static bool change_wait(Store *store, Pki *pki, GError **error)
{
	for (int64_t at_s = STORE_CLOCK_FLOOR; at_s < STORE_CLOCK_FLOOR + 2; at_s++) {
		const RenewalWait wait = { at_s, at_s + 60, 0 };

		if (!store_wait_write(store, STORE_WAIT_SERVER, &moment_subject, &wait, error))
			return false;
	}
	return true;
}

typedef struct ChangeCase {
	const char *name;
	ChangeFunc change;
	bool blank;         /* starts without a store */
	const char *before; /* common name current before and after; NULL: none */
	const char *after;
} ChangeCase;

/* Starts with 1 "one", good, and 3 "one", current; what was 2 is pruned */
static const ChangeCase change_cases[] = {
	{ "first-import", change_import, true, NULL, "two" },
	{ "import", change_import, false, "one", "two" },
	{ "rollback", change_rollback, false, "one", "one" },
	{ "mark", change_mark, false, "one", "one" },
	{ "request", change_request, false, "one", "one" },
	{ "install", change_install, false, "one", "two" },
	{ "renew", change_renew, false, "one", "two" },
	{ "wait", change_wait, false, "one", "one" },
};

static void make_generations(StoreFixture *fixture)
{
	g_assert_cmpuint(support_import(fixture, "one"), ==, 1);
	g_assert_true(store_mark_good(fixture->store, 1, NULL));
	g_assert_cmpuint(support_import(fixture, "two"), ==, 2);
	g_assert_cmpuint(support_import(fixture, "one"), ==, 3);
}

static void start_over(StoreFixture *fixture, const ChangeCase *c)
{
	support_remove(fixture->path);
	if (!c->blank)
		make_generations(fixture);
}

/* A key that waits is whole or it is not there. */
static void assert_waiting_sound(StoreFixture *fixture, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);
	g_autofree char *text = NULL;
	gsize len = 0;

	if (!g_file_get_contents(path, &text, &len, NULL))
		return;

	g_autoptr(Secret) secret = secret_new(text, len);
	g_autoptr(EVP_PKEY) key = device_key_open(secret, NULL);

	g_assert_nonnull(key);
}

/* So is a moment. */
static void assert_wait_sound(StoreFixture *fixture)
{
	RenewalWait wait = store_wait_read(fixture->store, STORE_WAIT_SERVER, &moment_subject);

	g_assert_true(!support_exists(fixture, "renewal.wait") || wait.until_s - wait.from_s == 60);
}

/* Old or new, nothing between; then the next change works and sweeps. */
static void assert_sound(StoreFixture *fixture, const ChangeCase *c)
{
	g_autofree char *now = support_current(fixture->store);
	g_autofree char *later = NULL;

	if (g_strcmp0(now, c->before) != 0)
		g_assert_cmpstr(now, ==, c->after);
	support_import(fixture, "two");
	later = support_current(fixture->store);
	g_assert_cmpstr(later, ==, "two");
	g_assert_false(support_exists(fixture, "generations/.new"));
	g_assert_false(support_exists(fixture, "generations/.old"));
	g_assert_false(support_exists(fixture, "current.new"));
	g_assert_false(support_exists(fixture, "put.new"));
	assert_waiting_sound(fixture, STORE_PENDING_NAME);
	assert_waiting_sound(fixture, STORE_RENEWAL_NAME);
	assert_wait_sound(fixture);
}

/* A child makes the change and dies before call @at. Returns whether it got that far. */
static bool kill_at(StoreFixture *fixture, const ChangeCase *c, int at)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		Fault fault = { .mode = MODE_KILL, .at = at };
		g_autoptr(Store) store = store_open(fixture->path);

		store_set_ops(store, &fault_ops, &fault);
		_exit(c->change(store, fixture->pki, NULL) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), !=, 1);
	return WEXITSTATUS(status) == KILLED;
}

static void test_killed(StoreFixture *fixture, gconstpointer data)
{
	const ChangeCase *c = data;
	bool killed = true;
	int at = 0;

	for (; killed && at < STEPS_MAX; at++) {
		start_over(fixture, c);
		killed = kill_at(fixture, c, at);
		if (!killed && c->after) {
			g_autofree char *now = support_current(fixture->store);

			g_assert_cmpstr(now, ==, c->after);
		}
		assert_sound(fixture, c);
	}
	g_assert_false(killed); /* the last round ran through */
	g_assert_cmpint(at, >, 3);
}

/* A failed change says so, and only an fsync may fail after the fact. */
static void test_disk_full(StoreFixture *fixture, gconstpointer data)
{
	const ChangeCase *c = data;
	bool hit = true;

	for (int at = 0; hit && at < STEPS_MAX; at++) {
		Fault fault = { .mode = MODE_FAIL, .at = at };
		g_autoptr(Store) store = store_open(fixture->path);
		g_autoptr(GError) error = NULL;

		start_over(fixture, c);
		store_set_ops(store, &fault_ops, &fault);

		bool ok = c->change(store, fixture->pki, &error);
		g_autofree char *now = support_current(fixture->store);

		hit = fault.calls > at;
		g_assert_true(ok || hit);
		if (!ok)
			g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL);
		if (!ok && !fault.is_sync)
			g_assert_cmpstr(now, ==, c->before);
		if (ok)
			g_assert_cmpstr(now, ==, c->after);
		assert_sound(fixture, c);
	}
	g_assert_false(hit);
}

/* Every file is on disk before its folder gets its name, that before the link moves. */
static void test_order(StoreFixture *fixture, gconstpointer data)
{
	static const char expected[] = "unlink current.new\n"
				       "unlink put.new\n"
				       "mkdir .new\n"
				       "open device.crt\nfsync\n"
				       "open device.key\nfsync\n"
				       "open server_chain.pem\nfsync\n"
				       "open broker.conf\nfsync\n"
				       "fsync\n"
				       "rename .new 4\n"
				       "fsync\n"
				       "symlink current.new\n"
				       "rename current.new current\n"
				       "fsync\n"
				       "rename 1 .old\n";
	g_autoptr(GString) trace = g_string_new(NULL);
	Fault fault = { .mode = MODE_TRACE, .trace = trace };
	g_autoptr(StoreParts) parts =
		support_parts(fixture->pki, "two inter", "two", "[broker]\nuri=mqtts://x\n");
	g_autoptr(GError) error = NULL;

	make_generations(fixture);
	g_assert_true(store_mark_good(fixture->store, 3, &error));
	store_set_ops(fixture->store, &fault_ops, &fault);

	g_autoptr(StoreIdentity) identity = store_import(fixture->store, parts, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(identity->generation, ==, 4);

	/* The folders are there already: what making sure of them does is not the point. */
	const char *from = strstr(trace->str, "unlink current.new\n");

	g_assert_nonnull(from);
	if (!g_str_has_prefix(from, expected))
		g_error("expected\n%s\ngot\n%s", expected, from);
}

static void test_order_first(StoreFixture *fixture, gconstpointer data)
{
	g_autoptr(GString) trace = g_string_new(NULL);
	Fault fault = { .mode = MODE_TRACE, .trace = trace };
	g_autoptr(GError) error = NULL;

	store_set_ops(fixture->store, &fault_ops, &fault);
	support_import(fixture, "one");
	g_assert_true(
		g_str_has_prefix(trace->str, "mkdir store\nfsync\nmkdir generations\nfsync\n"));
	g_string_truncate(trace, 0);
	g_assert_true(store_mark_good(fixture->store, 1, &error));
	g_assert_nonnull(
		strstr(trace->str, "open marker.new\nfsync\nrename marker.new good\nfsync\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(change_cases); i++) {
		const ChangeCase *c = &change_cases[i];
		g_autofree char *killed = g_strconcat("/store-crash/killed/", c->name, NULL);
		g_autofree char *full = g_strconcat("/store-crash/disk-full/", c->name, NULL);

		g_test_add(killed, StoreFixture, c, support_set_up, test_killed, support_tear_down);
		g_test_add(full, StoreFixture, c, support_set_up, test_disk_full,
			   support_tear_down);
	}
	g_test_add("/store-crash/order", StoreFixture, NULL, support_set_up, test_order,
		   support_tear_down);
	g_test_add("/store-crash/order/first", StoreFixture, NULL, support_set_up, test_order_first,
		   support_tear_down);
	return g_test_run();
}
