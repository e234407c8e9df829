/* SPDX-License-Identifier: MIT */
/* The whole agent over a disk that hangs, or fails and works by turns: what the service manager and
 * the log are told. Without a broker: the sensors' samples stay. */
#include "tests/agent/agent-process.h"
#include "tests/agent/frail-machine.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define POLL_US     5000
#define PATIENCE_MS 60000
#define READS       50 /* each long enough for the watchdog to be fed once */
#define TURNS       7
#define FILE_MAX    (128 * 1024)

typedef struct Fixture {
	AgentProcess *agent;
	volatile FrailControl *control;
	int manager; /* socket of the service manager */
} Fixture;

static volatile FrailControl *control_new(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	g_assert_cmpint(ftruncate(fd, sizeof(FrailControl)), ==, 0);
	map = mmap(NULL, sizeof(FrailControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(map != MAP_FAILED);
	close(fd);
	return map;
}

static int manager_new(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	return fd;
}

static void set_up(Fixture *f, gconstpointer data)
{
	f->agent = agent_process_new(1, "[broker]\nuri = mqtt://127.0.0.1:1\nclient_id = dev-1\n"
					"[sensor wave]\ndriver = simulated\ninterval = 10ms\n");

	g_autofree char *control = agent_process_path(f->agent, "control");
	g_autofree char *journal = agent_process_path(f->agent, "journal");
	g_autofree char *notify = agent_process_path(f->agent, "notify");

	f->control = control_new(control);
	f->manager = manager_new(notify);
	agent_process_set(f->agent, "FRAIL_CONTROL", control);
	agent_process_set(f->agent, "FRAIL_JOURNAL", journal);
	agent_process_set(f->agent, "LD_PRELOAD", g_getenv("LANDFALL_FRAIL_MACHINE"));
	agent_process_set(f->agent, "NOTIFY_SOCKET", notify);
	agent_process_set(f->agent, "WATCHDOG_USEC", "30000");
	agent_process_keep_log(f->agent);
	agent_process_start(f->agent);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	munmap((void *)f->control, sizeof(FrailControl));
	close(f->manager);
}

/* How often it was fed since the last look. */
static unsigned take_feeds(Fixture *f)
{
	char buffer[1024];
	unsigned count = 0;
	ssize_t n;

	while ((n = recv(f->manager, buffer, sizeof(buffer) - 1, MSG_DONTWAIT)) > 0) {
		buffer[n] = '\0';
		count += strstr(buffer, "WATCHDOG=1") != NULL;
	}
	return count;
}

static void await_feed(Fixture *f)
{
	struct pollfd told = { .fd = f->manager, .events = POLLIN };

	do
		g_assert_cmpint(poll(&told, 1, PATIENCE_MS), ==, 1);
	while (take_feeds(f) == 0);
}

/* How often the sensor was read. */
static int reads_of(Fixture *f)
{
	cJSON *status = agent_process_status(f->agent);
	const cJSON *sensor = cJSON_GetArrayItem(cJSON_GetObjectItem(status, "sensors"), 0);
	int reads = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(sensor, "read"));

	cJSON_Delete(status);
	return reads;
}

/* The loop turns. */
static void await_reads(Fixture *f)
{
	int wanted = reads_of(f) + READS;

	while (reads_of(f) < wanted)
		g_usleep(POLL_US);
}

static void await_hanging(Fixture *f)
{
	double before;

	do {
		before = agent_process_number(f->agent, "spool/accepted");
		await_reads(f);
	} while (agent_process_number(f->agent, "spool/accepted") > before);
}

/* A disk that does not answer: the loop goes on, reads its sensors and answers. But nothing is
 * kept, so the watchdog is not fed, and is again once the disk has answered. */
static void test_hangs(Fixture *f, gconstpointer data)
{
	await_feed(f);
	f->control->sync_ms = G_MAXINT32;
	await_hanging(f);
	take_feeds(f);
	await_reads(f);
	g_assert_cmpuint(take_feeds(f), <=, 1); /* one that was on its way */
	f->control->sync_ms = 0;
	await_feed(f);
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

/* The 1st, 2nd and 4th of seven failures is told, and the end of each of these. */
static void test_by_turns(Fixture *f, gconstpointer data)
{
	for (unsigned turn = 0; turn < TURNS; turn++) {
		f->control->disk = FRAIL_DISK_FAILS;
		agent_process_await_words(f->agent, "spool/refusal", "cannot be written");
		f->control->disk = FRAIL_DISK_WORKS;
		agent_process_await(f->agent, "spool/refusal", "");
	}
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	g_assert_cmpuint(agent_process_log_count(f->agent, "samples are refused until"), ==, 3);
	g_assert_cmpuint(agent_process_log_count(f->agent, "disk takes samples again"), ==, 3);
	g_assert_cmpuint(agent_process_log_count(f->agent, "of the sensors are lost"), ==, 3);
	g_assert_cmpuint(agent_process_log_count(f->agent, "of the sensors are kept again"), ==, 3);
}

/* A limit for files (LimitFSIZE=, ulimit -f) is one more way for a disk to be full. */
static void test_file_limit(Fixture *f, gconstpointer data)
{
	struct rlimit before, small;

	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
	agent_process_set(f->agent, "LD_PRELOAD", ""); /* its journal would be too large as well */
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	small = before;
	small.rlim_cur = FILE_MAX;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
	agent_process_start(f->agent);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	agent_process_await_words(f->agent, "spool/refusal", "cannot be written");
	g_assert_cmpint(agent_process_stop(f->agent), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/agent/disk/hangs", Fixture, NULL, set_up, test_hangs, tear_down);
	g_test_add("/agent/disk/by-turns", Fixture, NULL, set_up, test_by_turns, tear_down);
	g_test_add("/agent/disk/file-limit", Fixture, NULL, set_up, test_file_limit, tear_down);
	return g_test_run();
}
