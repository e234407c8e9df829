/* SPDX-License-Identifier: MIT */
#include "tests/agent/oracle.h"

#include <cjson/cJSON.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKER      "v1/marker"
#define PATIENCE_MS 180000 /* the agent may pause for two minutes between attempts */
#define HOUR_MS     3600000

struct Oracle {
	GPid pid;
	int fd;
	GString *input; /* not yet a whole line */
	bool granted;
	GHashTable *by_seq; /* seq -> n, 0 when the sample has none; both int64_t */
	GHashTable *by_n;   /* n -> seq */
	GArray *order;      /* of n, as they came */
	unsigned doubles;
};

static void remember(GHashTable *table, int64_t key, int64_t value)
{
	g_hash_table_insert(table, g_memdup2(&key, sizeof(key)), g_memdup2(&value, sizeof(value)));
}

static void take_sample(Oracle *oracle, const cJSON *sample)
{
	const cJSON *values = cJSON_GetObjectItemCaseSensitive(sample, "values");
	const cJSON *ts = cJSON_GetObjectItemCaseSensitive(sample, "ts");
	const cJSON *seq_item = cJSON_GetObjectItemCaseSensitive(values, "seq");
	const cJSON *n_item = cJSON_GetObjectItemCaseSensitive(values, "n");
	int64_t now_ms = g_get_real_time() / 1000;

	g_assert_true(cJSON_IsNumber(ts) && cJSON_IsNumber(seq_item));
	g_assert_cmpint(ABS((int64_t)ts->valuedouble - now_ms), <, HOUR_MS);

	int64_t seq = (int64_t)seq_item->valuedouble;
	int64_t n = n_item ? (int64_t)n_item->valuedouble : 0;
	const int64_t *known_n = g_hash_table_lookup(oracle->by_seq, &seq);
	const int64_t *known_seq = g_hash_table_lookup(oracle->by_n, &n);

	if (known_n) {
		g_assert_cmpint(*known_n, ==, n);
		oracle->doubles++;
		return;
	}
	remember(oracle->by_seq, seq, n);
	if (n == 0)
		return;
	g_assert_null(known_seq);
	remember(oracle->by_n, n, seq);
	g_array_append_val(oracle->order, n);
}

static void take_line(Oracle *oracle, const char *line)
{
	if (strcmp(line, "granted") == 0) {
		oracle->granted = true;
		return;
	}

	cJSON *json = cJSON_Parse(line);
	const cJSON *sample;

	g_assert_nonnull(json);
	if (cJSON_IsObject(json))
		take_sample(oracle, json);
	for (sample = cJSON_IsArray(json) ? json->child : NULL; sample; sample = sample->next)
		take_sample(oracle, sample);
	cJSON_Delete(json);
}

/* Wait for more of its output. */
static void take_more(Oracle *oracle)
{
	struct pollfd wanted = { .fd = oracle->fd, .events = POLLIN };
	char buffer[65536];
	char *end;

	g_assert_cmpint(poll(&wanted, 1, PATIENCE_MS), ==, 1);
	ssize_t n = read(oracle->fd, buffer, sizeof(buffer));
	g_assert_cmpint(n, >, 0);
	g_string_append_len(oracle->input, buffer, n);
	while ((end = strchr(oracle->input->str, '\n'))) {
		*end = '\0';
		take_line(oracle, oracle->input->str);
		g_string_erase(oracle->input, 0, end + 1 - oracle->input->str);
	}
}

/* A test that aborts leaves nothing running. */
static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

Oracle *oracle_new(Broker *broker, Pki *pki, const char *device)
{
	Oracle *oracle = g_new0(Oracle, 1);
	g_autofree char *port = g_strdup_printf("%u", broker_port(broker));
	g_autofree char *certificate = g_strconcat(device, ".crt", NULL);
	g_autofree char *key = g_strconcat(device, ".key", NULL);
	const char *argv[] = { "mosquitto_sub",
			       "-h",
			       "127.0.0.1",
			       "-p",
			       port,
			       "-q",
			       "1",
			       "-t",
			       "v1/devices/me/telemetry",
			       "-t",
			       MARKER,
			       "--cafile",
			       pki_path(pki, "ca.crt"),
			       "--cert",
			       pki_path(pki, certificate),
			       "--key",
			       pki_path(pki, key),
			       NULL };
	g_autoptr(GError) error = NULL;

	/* retained: it comes back as soon as the subscription stands */
	pki_write(pki, "granted.txt", "granted");
	broker_publish(broker, device, MARKER, pki_path(pki, "granted.txt"));
	oracle->input = g_string_new(NULL);
	oracle->by_seq = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	oracle->order = g_array_new(FALSE, FALSE, sizeof(int64_t));
	oracle->by_n = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
				 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_parent,
				 NULL, &oracle->pid, NULL, &oracle->fd, NULL, &error);
	g_assert_no_error(error);
	while (!oracle->granted)
		take_more(oracle);
	return oracle;
}

void oracle_free(Oracle *oracle)
{
	if (!oracle)
		return;
	kill(oracle->pid, SIGKILL);
	waitpid(oracle->pid, NULL, 0);
	close(oracle->fd);
	g_string_free(oracle->input, TRUE);
	g_hash_table_unref(oracle->by_seq);
	g_hash_table_unref(oracle->by_n);
	g_array_unref(oracle->order);
	g_free(oracle);
}

void oracle_await(Oracle *oracle, int64_t first, int64_t last)
{
	for (int64_t n = first; n <= last; n++) {
		while (!g_hash_table_contains(oracle->by_n, &n))
			take_more(oracle);
	}
}

void oracle_await_samples(Oracle *oracle, unsigned n)
{
	while (oracle_samples(oracle) < n)
		take_more(oracle);
}

unsigned oracle_rank(const Oracle *oracle, int64_t n)
{
	for (guint i = 0; i < oracle->order->len; i++)
		if (g_array_index(oracle->order, int64_t, i) == n)
			return i + 1;
	return 0;
}

unsigned oracle_doubles(const Oracle *oracle)
{
	return oracle->doubles;
}

unsigned oracle_samples(const Oracle *oracle)
{
	return g_hash_table_size(oracle->by_seq);
}
