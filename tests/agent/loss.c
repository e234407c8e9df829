/* SPDX-License-Identifier: MIT */
/*
 * loss - random rounds of everything that can go wrong, and an account of every sample
 *
 *   producers ──▶ agent ──▶ unsure-link ──▶ mosquitto ──▶ sink ──▶ ledger
 *                   │
 *              frail-machine (its clock and its disk)
 *
 * Producers never stop. Each round waits a moment, sometimes until samples flow again, and lets one
 * thing happen. In the end all is made well, and what was acknowledged must have arrived. The
 * seed decides what happens, not to the microsecond when: that is the machine's.
 */
#include "tests/agent/agent-process.h"
#include "tests/agent/frail-machine.h"
#include "tests/agent/ledger.h"
#include "tests/agent/power-cut.h"
#include "tests/agent/sink.h"
#include "tests/agent/unsure-link.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PRODUCERS      3
#define SENTINEL       PRODUCERS /* a producer of one sample, the last of all */
#define INFLIGHT       8
#define BATCH          16
#define WINDOW_SAMPLES (INFLIGHT * BATCH)
#define UNDELETED_MAX  2000 /* acknowledged by the broker, not yet deleted: docs/spool.md */
#define SYNC_MS_MAX    40   /* a card that is slow, in half of the rounds */
#define GROUP_MAX      30
#define YEAR_S         (365LL * 86400)
#define POLL_US        2000
#define FLOW_POLLS     1000  /* two seconds */
#define PATIENCE_POLLS 10000 /* twenty seconds without any progress */

typedef struct Loss {
	GRand *rand;     /* what happens */
	GRand *cut_rand; /* what a power cut keeps: asks for more or fewer numbers */
	gint round;      /* atomic: producers read it */
	Pki *pki;
	Broker *broker;
	UnsureLink *link;
	AgentProcess *agent;
	AgentProcess *rival; /* a second one with the same spool */
	Ledger *ledger;
	Sink *sink;
	PowerCut *cut;
	FrailControl *control;
	gint stop;              /* atomic */
	uint64_t bound;         /* of duplicates */
	uint64_t failing_since; /* arrivals when the disk began to fail */
	bool failing;
	gboolean newest; /* first: then there is no order to keep */
} Loss;

typedef struct Event {
	const char *name;
	unsigned weight;
	bool cuts;  /* ends the connection: what was in flight comes again */
	bool kills; /* ends the agent: what was not yet deleted comes again */
	void (*run)(Loss *loss);
} Event;

static void pause_up_to(Loss *loss, gint32 ms)
{
	g_usleep((gulong)g_rand_int_range(loss->rand, 0, ms * 1000));
}

/* --- producers --- */

typedef struct Producer {
	Loss *loss;
	unsigned number;
	GRand *rand;
	uint64_t next;
} Producer;

static void take_answers(Producer *producer, uint64_t first, const char *answer)
{
	g_auto(GStrv) lines = g_strsplit(answer, "\n", -1);
	g_autoptr(GHashTable) refused = g_hash_table_new(NULL, NULL);
	guint64 acked = 0;

	/* the last piece is empty, or was cut short together with the agent */
	for (guint i = 0; lines[0] && lines[i + 1]; i++) {
		if (g_str_has_prefix(lines[i], "{\"line\":"))
			g_hash_table_add(refused, GUINT_TO_POINTER(atoi(lines[i] + 8)));
		else if (g_str_has_prefix(lines[i], "{\"ack\":"))
			acked = g_ascii_strtoull(lines[i] + 7, NULL, 10);
	}
	for (guint64 k = 1; k <= acked; k++)
		ledger_decided(producer->loss->ledger, producer->number, first + k - 1,
			       !g_hash_table_contains(refused, GUINT_TO_POINTER(k)));
}

static void produce_group(Producer *producer, unsigned count)
{
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned round = (unsigned)g_atomic_int_get(&producer->loss->round);
	uint64_t first = producer->next;

	g_string_printf(text, "{\"op\":\"publish\",\"source\":\"producer-%u\"}\n",
			producer->number);
	for (unsigned i = 0; i < count; i++) {
		g_string_append_printf(text, "{\"p\":%u,\"n\":%" G_GUINT64_FORMAT "}\n",
				       producer->number, producer->next);
		ledger_sent(producer->loss->ledger, producer->number, producer->next++, round);
	}

	g_autofree char *answer =
		agent_process_converse(producer->loss->agent, text->str, text->len);

	take_answers(producer, first, answer);
}

static gpointer produce(gpointer data)
{
	Producer *producer = data;

	while (!g_atomic_int_get(&producer->loss->stop)) {
		produce_group(producer, (unsigned)g_rand_int_range(producer->rand, 1, GROUP_MAX));
		g_usleep((gulong)g_rand_int_range(producer->rand, 0, 40000));
	}
	return NULL;
}

/* --- what happens --- */

static uint64_t arrivals(Loss *loss)
{
	LedgerSums sums = ledger_sums(loss->ledger);

	return sums.delivered + sums.duplicated;
}

/* While the disk takes no deletions, all that is delivered may come again after a kill. */
static void disk_set(Loss *loss, FrailDisk disk)
{
	if (disk != FRAIL_DISK_WORKS && !loss->failing)
		loss->failing_since = arrivals(loss);
	loss->failing = loss->failing || disk != FRAIL_DISK_WORKS;
	loss->control->disk = disk;
}

static void start_again(Loss *loss)
{
	if (loss->failing)
		loss->bound += arrivals(loss) - loss->failing_since;
	loss->failing = false;
	loss->control->disk = FRAIL_DISK_WORKS;
	agent_process_start(loss->agent);
}

static void event_kill(Loss *loss)
{
	agent_process_kill(loss->agent);
	power_cut_observe(loss->cut);
	start_again(loss);
}

static void event_power_cut(Loss *loss)
{
	agent_process_kill(loss->agent);
	power_cut_strike(loss->cut, loss->cut_rand);
	start_again(loss);
}

static void event_stop(Loss *loss)
{
	g_assert_cmpint(agent_process_stop(loss->agent), ==, 0);
	power_cut_observe(loss->cut);
	start_again(loss);
}

static void event_broker_restart(Loss *loss)
{
	broker_stop(loss->broker);
	pause_up_to(loss, 100);
	broker_restart(loss->broker);
}

static void event_broker_silent(Loss *loss)
{
	broker_signal(loss->broker, SIGSTOP);
	pause_up_to(loss, 400);
	broker_signal(loss->broker, SIGCONT);
}

static void event_link_cut(Loss *loss)
{
	unsure_link_cut(loss->link, (unsigned)g_rand_int_range(loss->rand, 0, 20000));
}

static void event_link_held(Loss *loss)
{
	unsure_link_set(loss->link, LINK_HOLDS);
	pause_up_to(loss, 400);
	if (g_rand_boolean(loss->rand))
		unsure_link_cut(loss->link, 0);
	unsure_link_set(loss->link, LINK_PASSES);
}

static void event_link_refused(Loss *loss)
{
	unsure_link_set(loss->link, LINK_REFUSES);
	unsure_link_cut(loss->link, 0);
	pause_up_to(loss, 200);
	unsure_link_set(loss->link, LINK_PASSES);
}

static void event_disk(Loss *loss)
{
	disk_set(loss,
		 (FrailDisk)g_rand_int_range(loss->rand, FRAIL_DISK_FULL, FRAIL_DISK_FAILS + 1));
	pause_up_to(loss, 300);
	loss->control->disk = FRAIL_DISK_WORKS;
}

/* A disk that fails and then the end: what the last transaction left must not be half a one. */
static void event_disk_and_cut(Loss *loss)
{
	disk_set(loss,
		 (FrailDisk)g_rand_int_range(loss->rand, FRAIL_DISK_FULL, FRAIL_DISK_FAILS + 1));
	pause_up_to(loss, 200);
	event_power_cut(loss);
}

static void event_clock(Loss *loss)
{
	const int64_t jumps[] = { -time(NULL), -30 * YEAR_S, -86400, -3600,      0,
				  0,           3600,         YEAR_S, 40 * YEAR_S };

	loss->control->clock_offset_s = jumps[g_rand_int_range(loss->rand, 0, G_N_ELEMENTS(jumps))];
}

static void event_certificate(Loss *loss)
{
	agent_process_import(loss->agent, loss->pki,
			     g_rand_boolean(loss->rand) ? "dev-1" : "dev-2");
}

static void event_rival(Loss *loss)
{
	g_autofree char *words = NULL;

	g_assert_cmpint(agent_process_run(loss->rival, &words), ==, 18);
	g_assert_nonnull(strstr(words, "in use by another process"));
}

static const Event events[] = {
	{ "kill -9", 5, true, true, event_kill },
	{ "power cut", 5, true, true, event_power_cut },
	{ "stop", 1, true, false, event_stop },
	{ "broker restart", 2, true, false, event_broker_restart },
	{ "broker stopped", 2, false, false, event_broker_silent },
	{ "link cut", 2, true, false, event_link_cut },
	{ "link held", 2, true, false, event_link_held },
	{ "link refused", 1, true, false, event_link_refused },
	{ "disk full or failing", 2, false, false, event_disk },
	{ "disk, then power cut", 2, true, true, event_disk_and_cut },
	{ "clock jump", 2, true, false, event_clock },
	{ "certificate", 2, true, false, event_certificate },
	{ "second agent", 1, false, false, event_rival },
};

static unsigned choose(Loss *loss)
{
	unsigned sum = 0;
	unsigned at = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		sum += events[i].weight;

	unsigned left = (unsigned)g_rand_int_range(loss->rand, 0, (gint32)sum);

	while (left >= events[at].weight)
		left -= events[at++].weight;
	return at;
}

static void wait_for_flow(Loss *loss)
{
	unsigned before = sink_messages(loss->sink);

	for (unsigned i = 0; i < FLOW_POLLS && sink_messages(loss->sink) == before; i++)
		g_usleep(POLL_US);
}

static void run_rounds(Loss *loss, unsigned rounds)
{
	unsigned counts[G_N_ELEMENTS(events)] = { 0 };

	for (unsigned round = 1; round <= rounds; round++) {
		unsigned at = choose(loss);

		g_atomic_int_set(&loss->round, (gint)round);
		loss->control->sync_ms = g_rand_int_range(loss->rand, -SYNC_MS_MAX, SYNC_MS_MAX);
		if (g_rand_int_range(loss->rand, 0, 4) == 0)
			wait_for_flow(loss);
		pause_up_to(loss, 120);
		events[at].run(loss);
		counts[at]++;
		loss->bound += events[at].cuts ? WINDOW_SAMPLES : 0;
		loss->bound += events[at].kills ? UNDELETED_MAX : 0;
		if (round % 500 == 0)
			g_print("round %u\n", round);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		g_print("%-22s %6u\n", events[i].name, counts[i]);
}

/* --- begin and end --- */

static FrailControl *control_new(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(ftruncate(fd, sizeof(FrailControl)), ==, 0);
	map = mmap(NULL, sizeof(FrailControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(map != MAP_FAILED);
	close(fd);
	return map;
}

static void issue(Pki *pki)
{
	const PkiCert certificates[] = {
		{ .name = "ca", .ca = true },
		{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
		{ .name = "dev-1", .issuer = "ca", .client_only = true },
		{ .name = "dev-2", .issuer = "ca", .client_only = true },
		{ .name = "watcher", .issuer = "ca", .client_only = true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(certificates); i++) {
		PkiCert certificate = certificates[i];

		certificate.from_s = -35 * YEAR_S;
		certificate.until_s = 60 * YEAR_S;
		pki_issue(pki, &certificate);
	}
}

static void begin(Loss *loss)
{
	loss->pki = pki_new();
	issue(loss->pki);

	g_autofree char *broker_lines = g_strdup_printf(
		"max_queued_messages 0\nuse_identity_as_username true\npersistence true\n"
		"persistence_location %s/\n",
		pki_dir(loss->pki));

	loss->broker = broker_new(loss->pki, "server", broker_lines);
	loss->ledger = ledger_new(PRODUCERS + 1);
	loss->sink = sink_new(loss->broker, loss->pki, "watcher", loss->ledger);
	loss->link = unsure_link_new(broker_port(loss->broker));

	g_autofree char *lines = g_strdup_printf(
		"inflight = %d\nbatch = %d\nbacklog_order = %s\n[log]\nlevel = error\n", INFLIGHT,
		BATCH, loss->newest ? "newest" : "oldest");

	loss->agent = agent_process_new(unsure_link_port(loss->link), lines);

	g_autofree char *control = agent_process_path(loss->agent, "control");
	g_autofree char *journal = agent_process_path(loss->agent, "journal");
	g_autofree char *spool = agent_process_path(loss->agent, "spool/spool.db");
	g_autofree char *rival_lines = g_strdup_printf("spool = %s\n", spool);

	loss->control = control_new(control);
	loss->cut = power_cut_new(spool, journal);
	agent_process_set(loss->agent, "FRAIL_CONTROL", control);
	agent_process_set(loss->agent, "FRAIL_JOURNAL", journal);
	agent_process_set(loss->agent, "LD_PRELOAD", g_getenv("LANDFALL_FRAIL_MACHINE"));
	agent_process_import(loss->agent, loss->pki, "dev-1");
	loss->rival = agent_process_new(broker_port(loss->broker), rival_lines);
	agent_process_import(loss->rival, loss->pki, "dev-2");
}

static void end(Loss *loss)
{
	agent_process_free(loss->rival);
	agent_process_free(loss->agent);
	unsure_link_free(loss->link);
	sink_free(loss->sink);
	broker_free(loss->broker);
	ledger_free(loss->ledger);
	power_cut_free(loss->cut);
	munmap(loss->control, sizeof(FrailControl));
	pki_free(loss->pki);
	g_rand_free(loss->rand);
	g_rand_free(loss->cut_rand);
}

/* Everything works again: what was acknowledged has to arrive, the sentinel behind it. */
static void settle(Loss *loss)
{
	Producer sentinel = { .loss = loss, .number = SENTINEL, .next = 1 };
	unsigned before = 0;

	loss->control->clock_offset_s = 0;
	loss->control->disk = FRAIL_DISK_WORKS;
	loss->control->sync_ms = 0;
	event_stop(loss); /* a new one waits for no next attempt */
	produce_group(&sentinel, 1);
	for (unsigned i = 0; i < PATIENCE_POLLS && !ledger_complete(loss->ledger); i++) {
		unsigned now = sink_messages(loss->sink);

		i = now == before ? i : 0;
		before = now;
		g_usleep(POLL_US);
	}
}

static bool report(Loss *loss)
{
	LedgerSums sums = ledger_sums(loss->ledger);
	int64_t dropped = (int64_t)agent_process_number(loss->agent, "spool/dropped");

	g_print("octets taken by power cuts %" G_GUINT64_FORMAT ", messages repeated by the broker "
		"itself %u\n",
		power_cut_lost(loss->cut), sink_repeats(loss->sink));
	g_print("sent %" G_GUINT64_FORMAT ", refused %" G_GUINT64_FORMAT
		", refused and delivered %" G_GUINT64_FORMAT ", out of order %" G_GUINT64_FORMAT
		", dropped %" G_GINT64_FORMAT "\n",
		sums.sent, sums.refused, sums.unasked, sums.disordered, dropped);
	g_print("acknowledged %" G_GUINT64_FORMAT ", delivered %" G_GUINT64_FORMAT
		", duplicated %" G_GUINT64_FORMAT " (bound %" G_GUINT64_FORMAT
		"), lost %" G_GUINT64_FORMAT "\n",
		sums.acked, sums.delivered, sums.duplicated, loss->bound, sums.lost);
	ledger_print_lost(loss->ledger, 20);
	return sums.lost == 0 && (loss->newest || sums.disordered == 0) && dropped == 0 &&
	       sums.duplicated <= loss->bound && sums.acked > 0;
}

static bool run(Loss *loss, unsigned rounds, guint32 seed)
{
	Producer producers[PRODUCERS];
	GThread *threads[PRODUCERS];

	agent_process_start(loss->agent);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		producers[i] = (Producer){ loss, i, g_rand_new_with_seed(seed + i + 1), 1 };
		threads[i] = g_thread_new("producer", produce, &producers[i]);
	}
	run_rounds(loss, rounds);
	g_atomic_int_set(&loss->stop, 1);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		g_thread_join(threads[i]);
		g_rand_free(producers[i].rand);
	}
	settle(loss);
	return report(loss);
}

int main(int argc, char **argv)
{
	gint rounds = 200;
	gint64 seed = -1;
	Loss loss = { 0 };
	const GOptionEntry entries[] = {
		{ "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "how many (200)", "N" },
		{ "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "what happens (any)", "N" },
		{ "newest", 0, 0, G_OPTION_ARG_NONE, &loss.newest, "backlog_order = newest", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || rounds < 1) {
		g_printerr("%s\n", error ? error->message : "at least one round");
		return 2;
	}
	guint32 used = seed < 0 ? g_random_int() : (guint32)seed;

	g_print("%d rounds, seed %u\n", rounds, used);
	loss.rand = g_rand_new_with_seed(used);
	loss.cut_rand = g_rand_new_with_seed(used);
	begin(&loss);
	bool good = run(&loss, (unsigned)rounds, used);
	end(&loss);
	return good ? 0 : 1;
}
