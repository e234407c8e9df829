/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/retry.h"

#include "common/backoff.h"

#define FLOOR_MS 500
#define BASE_MS  1000
#define MAX_MS   30000

struct Retry {
	Backoff backoff;
	void (*func)(void *data);
	void *data;
	guint source; /* 0: nothing is scheduled */
};

static uint32_t draw(uint32_t bound, gpointer data)
{
	return (uint32_t)g_random_int_range(0, (gint32)bound);
}

Retry *retry_new(void (*func)(void *data), void *data)
{
	Retry *retry = g_new0(Retry, 1);

	backoff_init(&retry->backoff, FLOOR_MS, BASE_MS, MAX_MS);
	retry->func = func;
	retry->data = data;
	return retry;
}

void retry_free(Retry *retry)
{
	if (!retry)
		return;
	g_clear_handle_id(&retry->source, g_source_remove);
	g_free(retry);
}

static gboolean retry_due(gpointer data)
{
	Retry *retry = data;

	retry->source = 0;
	retry->func(retry->data);
	return G_SOURCE_REMOVE;
}

unsigned int retry_later(Retry *retry)
{
	unsigned int wait_ms = 0;

	if (retry->source)
		return 0;
	wait_ms = backoff_next_ms(&retry->backoff, draw, NULL);
	retry->source = g_timeout_add(wait_ms, retry_due, retry);
	return wait_ms;
}

void retry_cancel(Retry *retry)
{
	g_clear_handle_id(&retry->source, g_source_remove);
}

void retry_reset(Retry *retry)
{
	retry_cancel(retry);
	backoff_reset(&retry->backoff);
}
