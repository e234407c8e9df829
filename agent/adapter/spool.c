/* SPDX-License-Identifier: MIT */
#include "agent/adapter/spool.h"

#include "agent/core/fault-log.h"
#include "common/bell.h"
#include "common/error.h"

#define GROUP_TASKS_MAX  256            /* in one transaction */
#define GROUP_BYTES_MAX  (1024 * 1024)  /* of readings, about: a quarter of what the WAL holds */
#define RELEASE_WAIT_US  G_USEC_PER_SEC /* deletions wait so long for company */
#define RELEASE_ROWS_MAX 2000           /* or until they are so many */

typedef enum TaskKind {
	TASK_APPEND,
	TASK_FETCH,
	TASK_RELEASE,
	TASK_PING,
	TASK_STOP,
} TaskKind;

/* Numbers to be deleted. */
typedef struct Released {
	uint64_t first;
	uint64_t last;
	uint64_t dropped; /* of these were given up */
} Released;

/* A question on its way to the thread, and back as its answer. */
typedef struct Task {
	TaskKind kind;
	SampleBatch *batch;     /* APPEND */
	SpoolAppended appended; /* APPEND */
	SpoolFetched fetched;   /* FETCH */
	SpoolPinged pinged;     /* PING */
	void *data;
	SpoolWish wish;   /* FETCH */
	GArray *released; /* of Released, RELEASE */
	int64_t due_us;   /* RELEASE: waits for company until then */
	size_t bytes;
	size_t taken;
	GPtrArray *payloads; /* of Payload */
	GError *error;
} Task;

/* What the thread tells after a turn. */
typedef struct Report {
	Spool *spool;
	GPtrArray *tasks; /* of Task, answered */
	SpoolStats stats;
	GError *fatal;
} Report;

struct Spool {
	/* set before the thread starts, then read only */
	SpoolConfig config;
	GMainContext *context;
	Bell *bell; /* of the owner's loop: there are reports */
	GThread *thread;

	/* the thread's */
	SpoolDb *db;
	GArray *released;       /* of Released: to be deleted */
	int64_t release_due_us; /* 0: nothing to delete */
	FaultLog writing;       /* whether the disk takes what it is given */
	FaultLog reading;       /* and gives it back */
	bool dead;

	/* under the lock: what is on its way to the thread, and to the owner */
	GMutex lock;
	GCond work;
	GQueue tasks;   /* of Task */
	GQueue reports; /* of Report */

	/* the owner's */
	SpoolStats stats;
	char *refusal; /* of the last append; NULL: it was taken */
	size_t queued_bytes;
	Task *release;          /* waits for another task to go with; NULL: none */
	GSource *release_timer; /* for as long as it may wait */
};

/* What touches the last one becomes one with it: so there are few. */
static void released_add(GArray *ranges, const Released *more)
{
	Released *range =
		ranges->len > 0 ? &g_array_index(ranges, Released, ranges->len - 1) : NULL;

	if (range && more->first <= range->last + 1 && more->last + 1 >= range->first) {
		range->first = MIN(range->first, more->first);
		range->last = MAX(range->last, more->last);
		range->dropped += more->dropped;
	} else {
		g_array_append_val(ranges, *more);
	}
}

/* How many there are to delete, about: none is in front of @front. */
static uint64_t released_rows(const GArray *ranges, uint64_t front)
{
	uint64_t rows = 0;

	for (guint i = 0; i < ranges->len; i++) {
		const Released *range = &g_array_index(ranges, Released, i);

		if (range->last >= front)
			rows += range->last - MAX(range->first, front) + 1;
	}
	return rows;
}

static void task_free(gpointer data)
{
	Task *task = data;

	sample_batch_free(task->batch);
	g_clear_pointer(&task->payloads, g_ptr_array_unref);
	g_clear_pointer(&task->released, g_array_unref);
	g_clear_error(&task->error);
	profile_unref(task->wish.profile);
	g_free(task);
}

/* --- the owner's side --- */

static void note_refusal(Spool *spool, const GError *error)
{
	g_free(spool->refusal);
	spool->refusal = error ? g_strdup(error->message) : NULL;
}

static void task_answer(Spool *spool, Task *task)
{
	if (task->kind == TASK_APPEND) {
		note_refusal(spool, task->error);
		spool->queued_bytes -= task->bytes;
		task->appended(task->taken, task->error, task->data);
	} else if (task->kind == TASK_FETCH) {
		task->fetched(g_steal_pointer(&task->payloads), task->data);
	} else if (task->kind == TASK_PING) {
		task->pinged(task->data);
	}
	task_free(task);
}

static void report_deliver(Report *report)
{
	Spool *spool = report->spool;

	spool->stats = report->stats;
	for (guint i = 0; i < report->tasks->len; i++)
		task_answer(spool, g_ptr_array_index(report->tasks, i));
	g_ptr_array_unref(report->tasks);
	if (report->fatal)
		spool->config.failed(report->fatal, spool->config.data);
	else if (spool->config.changed)
		spool->config.changed(spool->config.data);
	g_clear_error(&report->fatal);
	g_free(report);
}

static Report *reports_take(Spool *spool)
{
	g_mutex_lock(&spool->lock);
	Report *report = g_queue_pop_head(&spool->reports);
	g_mutex_unlock(&spool->lock);
	return report;
}

static void reports_deliver(void *data)
{
	Spool *spool = data;
	Report *report;

	while ((report = reports_take(spool)))
		report_deliver(report);
}

static Task *task_new(TaskKind kind, void *data)
{
	Task *task = g_new0(Task, 1);

	task->kind = kind;
	task->data = data;
	return task;
}

/* Takes the release along that waits. The thread is woken after the lock it wants is free. */
static void task_push(Spool *spool, Task *task)
{
	Task *release = g_steal_pointer(&spool->release);

	if (spool->release_timer)
		g_source_destroy(spool->release_timer);
	g_clear_pointer(&spool->release_timer, g_source_unref);
	g_mutex_lock(&spool->lock);
	if (release)
		g_queue_push_tail(&spool->tasks, release);
	if (task)
		g_queue_push_tail(&spool->tasks, task);
	g_mutex_unlock(&spool->lock);
	g_cond_signal(&spool->work);
}

void spool_append(Spool *spool, SampleBatch *batch, SpoolAppended done, void *data)
{
	Task *task = task_new(TASK_APPEND, data);

	g_assert(sample_batch_count(batch) > 0);
	task->batch = batch;
	task->bytes = sample_batch_bytes(batch);
	task->appended = done;
	if (spool->queued_bytes + task->bytes > SPOOL_QUEUE_MAX)
		g_set_error_literal(&task->error, LANDFALL_ERROR, LANDFALL_ERROR_FULL,
				    "the disk is slower than the samples come in");
	spool->queued_bytes += task->bytes;
	task_push(spool, task);
}

void spool_fetch(Spool *spool, const SpoolWish *wish, SpoolFetched done, void *data)
{
	Task *task = task_new(TASK_FETCH, data);

	task->wish = *wish;
	task->wish.profile = profile_ref(wish->profile);
	task->fetched = done;
	task_push(spool, task);
}

void spool_ping(Spool *spool, SpoolPinged done, void *data)
{
	Task *task = task_new(TASK_PING, data);

	task->pinged = done;
	task_push(spool, task);
}

static gboolean release_on_timer(gpointer data)
{
	task_push(data, NULL);
	return G_SOURCE_REMOVE;
}

static void release_wait(Spool *spool)
{
	spool->release = task_new(TASK_RELEASE, NULL);
	spool->release->released = g_array_new(FALSE, FALSE, sizeof(Released));
	spool->release->due_us = g_get_monotonic_time() + RELEASE_WAIT_US;
	spool->release_timer = g_timeout_source_new(RELEASE_WAIT_US / 1000);
	g_source_set_callback(spool->release_timer, release_on_timer, spool, NULL);
	g_source_attach(spool->release_timer, spool->context);
}

/* The thread has nothing to do at once: it is not woken for this alone. */
static void spool_push_released(Spool *spool, Released released)
{
	if (!spool->release)
		release_wait(spool);
	released_add(spool->release->released, &released);
	if (released_rows(spool->release->released, spool->stats.first) > RELEASE_ROWS_MAX)
		task_push(spool, NULL);
}

void spool_release(Spool *spool, uint64_t first, uint64_t last)
{
	spool_push_released(spool, (Released){ first, last, 0 });
}

void spool_drop(Spool *spool, uint64_t last, uint64_t dropped)
{
	spool_push_released(spool, (Released){ 0, last, dropped });
}

const SpoolStats *spool_stats(const Spool *spool)
{
	return &spool->stats;
}

const char *spool_refusal(const Spool *spool)
{
	return spool->refusal ? spool->refusal : "";
}

/* --- the thread's side --- */

static void report_post(Spool *spool, GPtrArray *tasks, GError *fatal)
{
	Report *report = g_new0(Report, 1);

	report->spool = spool;
	report->tasks = tasks;
	report->stats = spool_db_stats(spool->db);
	report->fatal = fatal;
	g_mutex_lock(&spool->lock);
	g_queue_push_tail(&spool->reports, report);
	g_mutex_unlock(&spool->lock);
	bell_ring(spool->bell);
}

/* Take a damaged file out of the way. False when that fails: then nothing works any more. */
static bool thread_repair(Spool *spool)
{
	g_autoptr(GError) error = NULL;

	if (!spool_db_corrupt(spool->db))
		return true;
	if (spool_db_renew(spool->db, &error))
		return true;
	spool->dead = true;
	report_post(spool, g_ptr_array_new(), g_steal_pointer(&error));
	return false;
}

static bool remove_released(Spool *spool, GError **error)
{
	for (guint i = 0; i < spool->released->len; i++) {
		const Released *range = &g_array_index(spool->released, Released, i);

		if (!spool_db_remove_range(spool->db, range->first, range->last, range->dropped,
					   error))
			return false;
	}
	return true;
}

static void released_done(Spool *spool)
{
	spool->release_due_us = 0;
	g_array_set_size(spool->released, 0);
}

/* The spool's own limit concerns a batch alone; what the disk says, the whole group. */
static bool append_one(Spool *spool, Task *task, GError **error)
{
	if (!spool_db_append(spool->db, task->batch, &task->taken, error))
		return false;
	if (task->taken < sample_batch_count(task->batch))
		g_set_error_literal(&task->error, LANDFALL_ERROR, LANDFALL_ERROR_FULL,
				    spool_db_refusal(spool->db));
	return true;
}

/* One transaction with deletions and all appends. */
static bool group_try(Spool *spool, GPtrArray *tasks, GError **error)
{
	if (!spool_db_begin(spool->db, error) || !remove_released(spool, error))
		return false;
	for (guint i = 0; i < tasks->len; i++) {
		Task *task = g_ptr_array_index(tasks, i);

		if (task->kind == TASK_APPEND && !task->error && !append_one(spool, task, error))
			return false;
	}
	return spool_db_commit(spool->db, error);
}

static void group_refuse(GPtrArray *tasks, const GError *error)
{
	for (guint i = 0; i < tasks->len; i++) {
		Task *task = g_ptr_array_index(tasks, i);

		if (task->kind != TASK_APPEND)
			continue;
		task->taken = 0;
		g_clear_error(&task->error);
		task->error = g_error_copy(error);
	}
}

/* Deletions alone, after a transaction with appends found no room. */
static void release_alone(Spool *spool)
{
	if (spool->release_due_us == 0)
		return;
	spool_db_checkpoint(spool->db);
	if (spool_db_begin(spool->db, NULL) && remove_released(spool, NULL) &&
	    spool_db_commit(spool->db, NULL)) {
		released_done(spool);
		return;
	}
	spool_db_rollback(spool->db);
	spool->release_due_us = g_get_monotonic_time() + RELEASE_WAIT_US;
}

/* @error: NULL: the disk has taken a group */
static void tell_writing(Spool *spool, const GError *error)
{
	switch (fault_log_step(&spool->writing, !error, g_get_monotonic_time())) {
	case FAULT_NEWS_FAILED:
		g_warning("%s; samples are refused until it works again", error->message);
		break;
	case FAULT_NEWS_RECOVERED: g_message("spool: the disk takes samples again"); break;
	case FAULT_NEWS_NONE: break;
	}
}

/* @error: NULL: what waits was read */
static void tell_reading(Spool *spool, const GError *error)
{
	switch (fault_log_step(&spool->reading, !error, g_get_monotonic_time())) {
	case FAULT_NEWS_FAILED: g_warning("%s", error->message); break;
	case FAULT_NEWS_RECOVERED: g_message("spool: what waits can be read again"); break;
	case FAULT_NEWS_NONE: break;
	}
}

static void group_commit(Spool *spool, GPtrArray *tasks)
{
	g_autoptr(GError) error = NULL;
	bool taken = group_try(spool, tasks, &error);

	tell_writing(spool, error);
	if (taken) {
		released_done(spool);
		return;
	}
	spool_db_rollback(spool->db);
	group_refuse(tasks, error);
	if (thread_repair(spool))
		release_alone(spool);
}

/* Whether something that was released would be found by @wish. */
static bool wish_meets_released(const Spool *spool, const SpoolWish *wish)
{
	for (guint i = 0; i < spool->released->len; i++) {
		const Released *range = &g_array_index(spool->released, Released, i);

		if (wish->newest ? range->first <= wish->after : range->last > wish->after)
			return true;
	}
	return false;
}

/* The next payload of @wish, behind or before @at, which moves; NULL with an error. */
static Payload *fetch_payload(Spool *spool, const SpoolWish *wish, uint64_t *at, GError **error)
{
	PayloadLimits limits = wish->limits;
	uint64_t after = *at;

	if (wish->newest &&
	    !spool_db_find_newest(spool->db, *at, wish->profile, &limits, &after, error))
		return NULL;

	g_autoptr(Payload) payload = payload_new(wish->profile, limits);

	if (!spool_db_read(spool->db, after, payload, error))
		return NULL;
	*at = wish->newest ? after : payload_last(payload);
	return g_steal_pointer(&payload);
}

/* As many payloads as are wished for and can be filled. */
static GPtrArray *fetch_payloads(Spool *spool, const SpoolWish *wish, GError **error)
{
	g_autoptr(GPtrArray) payloads =
		g_ptr_array_new_with_free_func((GDestroyNotify)payload_free);
	uint64_t at = wish->after;

	if (wish_meets_released(spool, wish))
		release_alone(spool);
	while (payloads->len < wish->payloads_max) {
		g_autoptr(Payload) payload = fetch_payload(spool, wish, &at, error);

		if (!payload)
			return NULL;
		if (payload_count(payload) == 0)
			break;
		g_ptr_array_add(payloads, g_steal_pointer(&payload));
	}
	return g_steal_pointer(&payloads);
}

static void fetch_all(Spool *spool, GPtrArray *tasks)
{
	for (guint i = 0; i < tasks->len && !spool->dead; i++) {
		Task *task = g_ptr_array_index(tasks, i);
		g_autoptr(GError) error = NULL;

		if (task->kind != TASK_FETCH)
			continue;
		task->payloads = fetch_payloads(spool, &task->wish, &error);
		tell_reading(spool, error);
		if (!task->payloads)
			thread_repair(spool);
	}
}

static void release_note(Spool *spool, const Task *task)
{
	for (guint i = 0; i < task->released->len; i++)
		released_add(spool->released, &g_array_index(task->released, Released, i));
	if (spool->release_due_us == 0)
		spool->release_due_us = task->due_us;
}

/* Deletions are due when they waited long enough, are many, or write anyway with others. */
static bool commit_due(const Spool *spool, bool appends, bool stop)
{
	if (appends)
		return true;
	if (spool->release_due_us == 0)
		return false;
	return stop || g_get_monotonic_time() >= spool->release_due_us ||
	       released_rows(spool->released, spool_db_stats(spool->db).first) > RELEASE_ROWS_MAX;
}

/* The next task; NULL when deletions come due first. With the lock held. */
static Task *task_await(Spool *spool)
{
	while (g_queue_is_empty(&spool->tasks)) {
		if (spool->release_due_us == 0)
			g_cond_wait(&spool->work, &spool->lock);
		else if (!g_cond_wait_until(&spool->work, &spool->lock, spool->release_due_us))
			break;
	}
	return g_queue_pop_head(&spool->tasks);
}

/* All that waits, up to the bound, and is to be answered; releases are noted. */
static GPtrArray *group_collect(Spool *spool, bool *appends, bool *stop)
{
	GPtrArray *tasks = g_ptr_array_new();
	size_t bytes = 0;

	g_mutex_lock(&spool->lock);
	for (Task *task = task_await(spool); task; task = g_queue_pop_head(&spool->tasks)) {
		if (task->kind == TASK_RELEASE) {
			release_note(spool, task);
			task_free(task);
			continue;
		}
		g_ptr_array_add(tasks, task);
		bytes += task->bytes;
		*appends = *appends || task->kind == TASK_APPEND;
		*stop = *stop || task->kind == TASK_STOP;
		if (tasks->len == GROUP_TASKS_MAX || bytes >= GROUP_BYTES_MAX)
			break;
	}
	g_mutex_unlock(&spool->lock);
	return tasks;
}

/* What is due, on disk. Returns whether that may have changed what the owner knows. */
static bool group_work(Spool *spool, GPtrArray *tasks, bool commit)
{
	if (spool->dead) {
		g_autoptr(GError) error = g_error_new_literal(LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
							      "the spool is gone");

		group_refuse(tasks, error);
		released_done(spool);
		return false;
	}
	if (commit)
		group_commit(spool, tasks);
	fetch_all(spool, tasks);
	return commit;
}

static gpointer spool_thread(gpointer data)
{
	Spool *spool = data;
	bool stop = false;

	while (!stop) {
		bool appends = false;
		GPtrArray *tasks = group_collect(spool, &appends, &stop);

		bool news = group_work(spool, tasks, commit_due(spool, appends, stop));

		if (news || tasks->len > 0)
			report_post(spool, tasks, NULL);
		else
			g_ptr_array_unref(tasks);
	}
	return NULL;
}

static void spool_free(Spool *spool)
{
	bell_free(spool->bell);
	spool_db_close(spool->db);
	g_array_unref(spool->released);
	g_free(spool->refusal);
	g_main_context_unref(spool->context);
	g_cond_clear(&spool->work);
	g_mutex_clear(&spool->lock);
	g_free(spool);
}

static bool spool_start(Spool *spool, GError **error)
{
	g_autoptr(GError) cause = NULL;

	spool->bell = bell_new(spool->context, reports_deliver, spool, error);
	if (!spool->bell)
		return false;
	spool->thread = g_thread_try_new("spool", spool_thread, spool, &cause);
	if (!spool->thread)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_SPOOL,
			    "no thread is left to write the spool with: %s", cause->message);
	return spool->thread;
}

Spool *spool_open(const SpoolConfig *config, GError **error)
{
	SpoolDb *db = spool_db_open(config->path, config->limit, error);

	if (!db)
		return NULL;

	spool_db_set_policy(db, config->policy);

	Spool *spool = g_new0(Spool, 1);

	spool->config = *config;
	spool->db = db;
	spool->stats = spool_db_stats(db);
	spool->context = g_main_context_ref_thread_default();
	spool->released = g_array_new(FALSE, FALSE, sizeof(Released));
	g_mutex_init(&spool->lock);
	g_cond_init(&spool->work);
	g_queue_init(&spool->tasks);
	g_queue_init(&spool->reports);
	if (spool_start(spool, error))
		return spool;
	spool_free(spool);
	return NULL;
}

void spool_close(Spool *spool)
{
	if (!spool)
		return;
	task_push(spool, task_new(TASK_STOP, NULL));
	g_thread_join(spool->thread);
	bell_silence(spool->bell);
	reports_deliver(spool);
	task_push(spool, NULL); /* an answer may have released something */
	g_queue_clear_full(&spool->tasks, task_free);
	spool_free(spool);
}
