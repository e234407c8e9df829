/* SPDX-License-Identifier: MIT */
#include "agent/adapter/sensor-reader.h"

#include "agent/adapter/sensor.h"
#include "common/bell.h"
#include "common/error.h"

#define GRACE_US (G_USEC_PER_SEC / 2) /* for drivers that mind the timeout themselves */

typedef struct Crew Crew;

/* One sensor. Held by the reader and by the thread that reads it. */
typedef struct Unit {
	gatomicrefcount refs;
	size_t index;
	ConfigSensor *config;
	const SensorDriver *driver;
	void *sensor;

	/* under the crew's lock */
	bool busy;          /* queued or being read */
	int64_t started_us; /* 0: no thread has it */
	bool slow;

	/* the owner's */
	bool awaited;        /* an answer is owed */
	int64_t deadline_us; /* of the answer, while it is owed */
} Unit;

/* What a thread brings back */
typedef struct Answer {
	Unit *unit;
	SensorReadings *readings;
	GError *error;
} Answer;

/* What the threads share with the owner. Held by each of them. */
struct Crew {
	gatomicrefcount refs;
	GMutex lock;
	GCond work;
	GQueue quick; /* of Unit, to be read */
	GQueue slow;
	GQueue answers; /* of Answer */
	unsigned threads;
	unsigned idle;
	unsigned stuck; /* threads with a reading that is slow */
	bool closed;
	Bell *bell; /* of the owner's loop: there are answers */
};

struct SensorReader {
	Crew *crew;
	GPtrArray *units;
	GSource *source; /* ready when something is overdue */
	SensorRead read;
	void *data;
	bool complained; /* no thread can be made: said once */
};

static void unit_unref(gpointer data)
{
	Unit *unit = data;

	if (!g_atomic_ref_count_dec(&unit->refs))
		return;
	if (unit->driver->free)
		unit->driver->free(unit->sensor);
	config_sensor_free(unit->config);
	g_free(unit);
}

static Unit *unit_ref(Unit *unit)
{
	g_atomic_ref_count_inc(&unit->refs);
	return unit;
}

static void answer_free(gpointer data)
{
	Answer *answer = data;

	unit_unref(answer->unit);
	sensor_readings_free(answer->readings);
	g_clear_error(&answer->error);
	g_free(answer);
}

static void crew_unref(Crew *crew)
{
	if (!g_atomic_ref_count_dec(&crew->refs))
		return;
	g_queue_clear_full(&crew->quick, unit_unref);
	g_queue_clear_full(&crew->slow, unit_unref);
	g_queue_clear_full(&crew->answers, answer_free);
	g_mutex_clear(&crew->lock);
	g_cond_clear(&crew->work);
	bell_free(crew->bell);
	g_free(crew);
}

/* --- the threads; all with the lock held but read_unit() and crew_run() --- */

static Answer *read_unit(Unit *unit)
{
	Answer *answer = g_new0(Answer, 1);

	answer->unit = unit;
	answer->readings = sensor_readings_new();
	unit->driver->read(unit->sensor, unit->config, g_get_monotonic_time(), answer->readings,
			   &answer->error);
	return answer;
}

/* The next to be read, or NULL when this thread is to end: closed, or another one waits already. */
static Unit *take_unit(Crew *crew)
{
	Unit *unit = NULL;

	while (!crew->closed) {
		unit = g_queue_pop_head(&crew->quick);
		if (!unit)
			unit = g_queue_pop_head(&crew->slow);
		if (unit || crew->idle > 0)
			return unit;
		crew->idle++;
		g_cond_wait(&crew->work, &crew->lock);
		crew->idle--;
	}
	return NULL;
}

/* Slow from before or not, it counts as a thread that the quick ones cannot wait for. */
static void begin(Crew *crew, Unit *unit)
{
	unit->started_us = g_get_monotonic_time();
	crew->stuck += unit->slow;
}

static void finish(Crew *crew, Unit *unit, Answer *answer)
{
	crew->stuck -= unit->slow;
	unit->slow = g_get_monotonic_time() - unit->started_us > SENSOR_QUICK_US;
	unit->started_us = 0;
	unit->busy = false;
	g_queue_push_tail(&crew->answers, answer);
}

static gpointer crew_run(gpointer data)
{
	Crew *crew = data;
	Unit *unit;

	g_mutex_lock(&crew->lock);
	while ((unit = take_unit(crew))) {
		begin(crew, unit);
		g_mutex_unlock(&crew->lock);

		Answer *answer = read_unit(unit);

		g_mutex_lock(&crew->lock);
		finish(crew, unit, answer);
		g_mutex_unlock(&crew->lock);
		bell_ring(crew->bell);
		g_mutex_lock(&crew->lock);
	}
	crew->threads--;
	g_mutex_unlock(&crew->lock);
	crew_unref(crew);
	return NULL;
}

/* --- the owner --- */

/* Whether the queues move without another thread */
static bool is_served(const Crew *crew)
{
	if (crew->idle > 0 || (crew->quick.length == 0 && crew->slow.length == 0))
		return true;
	return crew->threads > crew->stuck;
}

/* With the lock held. Where no thread can be had now, the next tick tries again. */
static void add_thread(SensorReader *reader)
{
	Crew *crew = reader->crew;
	g_autoptr(GError) error = NULL;

	if (is_served(crew) || crew->threads >= SENSOR_THREADS_MAX)
		return;
	g_atomic_ref_count_inc(&crew->refs);

	GThread *thread = g_thread_try_new("sensors", crew_run, crew, &error);

	if (thread) {
		crew->threads++;
		g_thread_unref(thread);
		return;
	}
	g_atomic_ref_count_dec(&crew->refs);
	if (!reader->complained)
		g_warning("no thread to read sensors: %s", error->message);
	reader->complained = true;
}

/* With the lock held: what has become slow while it is read */
static void mark_slow(SensorReader *reader, int64_t now_us)
{
	for (guint i = 0; i < reader->units->len; i++) {
		Unit *unit = reader->units->pdata[i];

		if (unit->slow || unit->started_us == 0 ||
		    now_us - unit->started_us < SENSOR_QUICK_US)
			continue;
		unit->slow = true;
		reader->crew->stuck++;
	}
}

static void deliver(SensorReader *reader, Answer *answer)
{
	Unit *unit = answer->unit;

	if (!unit->awaited) /* it was given up */
		return;
	unit->awaited = false;
	reader->read(unit->index, answer->readings, answer->error, reader->data);
}

static void give_up(SensorReader *reader, Unit *unit)
{
	g_autoptr(SensorReadings) none = sensor_readings_new();
	g_autoptr(GError) error =
		g_error_new(LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "no answer within %" G_GINT64_FORMAT " ms", unit->config->timeout_ms);

	unit->awaited = false;
	reader->read(unit->index, none, error, reader->data);
}

static Answer *take_answer(Crew *crew)
{
	g_mutex_lock(&crew->lock);

	Answer *answer = g_queue_pop_head(&crew->answers);

	g_mutex_unlock(&crew->lock);
	return answer;
}

static void give_up_overdue(SensorReader *reader, int64_t now_us)
{
	for (guint i = 0; i < reader->units->len; i++) {
		Unit *unit = reader->units->pdata[i];

		if (unit->awaited && now_us >= unit->deadline_us)
			give_up(reader, unit);
	}
}

/* When to look again: at the first deadline; soon while something may become slow or has to wait
 * for a thread. With the lock held. */
static int64_t next_time(const SensorReader *reader, int64_t now_us)
{
	int64_t next_us = -1;

	for (guint i = 0; i < reader->units->len; i++) {
		const Unit *unit = reader->units->pdata[i];
		bool young = unit->busy && !(unit->slow && unit->started_us > 0);
		int64_t at_us = young           ? now_us + SENSOR_QUICK_US
				: unit->awaited ? unit->deadline_us
						: INT64_MAX;

		if (at_us != INT64_MAX && (next_us < 0 || at_us < next_us))
			next_us = at_us;
	}
	return next_us;
}

static void look_after_threads(SensorReader *reader)
{
	Crew *crew = reader->crew;
	int64_t now_us = g_get_monotonic_time();

	g_mutex_lock(&crew->lock);
	mark_slow(reader, now_us);
	add_thread(reader);
	g_source_set_ready_time(reader->source, next_time(reader, now_us));
	g_mutex_unlock(&crew->lock);
}

static void look(void *data)
{
	SensorReader *reader = data;
	Answer *answer;

	while ((answer = take_answer(reader->crew))) {
		deliver(reader, answer);
		answer_free(answer);
	}
	give_up_overdue(reader, g_get_monotonic_time());
	look_after_threads(reader);
}

static gboolean on_overdue(gpointer data)
{
	look(data);
	return G_SOURCE_CONTINUE;
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	return callback(data);
}

SensorReader *sensor_reader_new(SensorRead read, void *data, GError **error)
{
	static GSourceFuncs funcs = { .dispatch = source_dispatch };
	g_autofree SensorReader *reader = g_new0(SensorReader, 1);
	Bell *bell = bell_new(g_main_context_get_thread_default(), look, reader, error);

	if (!bell)
		return NULL;

	Crew *crew = g_new0(Crew, 1);

	g_atomic_ref_count_init(&crew->refs);
	g_mutex_init(&crew->lock);
	g_cond_init(&crew->work);
	g_queue_init(&crew->quick);
	g_queue_init(&crew->slow);
	g_queue_init(&crew->answers);
	crew->bell = bell;
	reader->crew = crew;
	reader->units = g_ptr_array_new_with_free_func(unit_unref);
	reader->read = read;
	reader->data = data;
	reader->source = g_source_new(&funcs, sizeof(GSource));
	g_source_set_callback(reader->source, on_overdue, reader, NULL);
	g_source_attach(reader->source, g_main_context_get_thread_default());
	return g_steal_pointer(&reader);
}

void sensor_reader_free(SensorReader *reader)
{
	if (!reader)
		return;
	g_mutex_lock(&reader->crew->lock);
	reader->crew->closed = true;
	g_cond_broadcast(&reader->crew->work);
	g_mutex_unlock(&reader->crew->lock);
	bell_silence(reader->crew->bell);
	g_source_destroy(reader->source);
	g_source_unref(reader->source);
	for (guint i = 0; i < reader->units->len; i++) {
		Unit *unit = reader->units->pdata[i];

		if (unit->driver->cancel)
			unit->driver->cancel(unit->sensor);
	}
	g_ptr_array_unref(reader->units);
	crew_unref(reader->crew);
	g_free(reader);
}

void sensor_reader_add(SensorReader *reader, const ConfigSensor *config)
{
	Unit *unit = g_new0(Unit, 1);

	g_atomic_ref_count_init(&unit->refs);
	unit->index = reader->units->len;
	unit->config = config_sensor_copy(config);
	unit->driver = sensor_driver(config->driver);
	if (unit->driver->open)
		unit->sensor = unit->driver->open(unit->config);
	g_ptr_array_add(reader->units, unit);
}

bool sensor_reader_ask(SensorReader *reader, size_t index)
{
	Crew *crew = reader->crew;
	Unit *unit = reader->units->pdata[index];
	int64_t now_us = g_get_monotonic_time();

	g_mutex_lock(&crew->lock);
	if (unit->busy) {
		g_mutex_unlock(&crew->lock);
		return false;
	}
	unit->busy = true;
	unit->awaited = true;
	unit->deadline_us = now_us + unit->config->timeout_ms * 1000 + GRACE_US;
	g_queue_push_tail(unit->slow ? &crew->slow : &crew->quick, unit_ref(unit));
	add_thread(reader);
	g_source_set_ready_time(reader->source, next_time(reader, now_us));
	g_mutex_unlock(&crew->lock);
	g_cond_signal(&crew->work);
	return true;
}

bool sensor_reader_is_slow(const SensorReader *reader, size_t index)
{
	const Unit *unit = reader->units->pdata[index];

	g_mutex_lock(&reader->crew->lock);

	bool slow = unit->slow;

	g_mutex_unlock(&reader->crew->lock);
	return slow;
}
