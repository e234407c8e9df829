/* SPDX-License-Identifier: MIT */
#include "agent/adapter/watchdog.h"

#include <stdbool.h>

struct Watchdog {
	Notify *notify;
	WatchdogAsk ask;
	void *data;
	guint timer;
	bool asked; /* the answer is on its way */
};

static void on_answer(void *data)
{
	Watchdog *watchdog = data;

	watchdog->asked = false;
	notify_send(watchdog->notify, "WATCHDOG=1");
}

static gboolean on_timer(gpointer data)
{
	Watchdog *watchdog = data;

	if (!watchdog->asked) {
		watchdog->asked = true;
		watchdog->ask(on_answer, watchdog, watchdog->data);
	}
	return G_SOURCE_CONTINUE;
}

Watchdog *watchdog_new(Notify *notify, WatchdogAsk ask, void *data)
{
	uint64_t period_us = notify_watchdog_us(notify);

	if (period_us == 0)
		return NULL;

	Watchdog *watchdog = g_new0(Watchdog, 1);

	watchdog->notify = notify;
	watchdog->ask = ask;
	watchdog->data = data;
	watchdog->timer = g_timeout_add((guint)MAX(period_us / 1000 / 3, 1), on_timer, watchdog);
	return watchdog;
}

void watchdog_free(Watchdog *watchdog)
{
	if (!watchdog)
		return;
	g_source_remove(watchdog->timer);
	g_free(watchdog);
}
