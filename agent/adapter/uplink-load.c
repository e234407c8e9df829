/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink-load.h"

#define LOCK_WAIT_MS 5000
#define RETRY_MS     1000 /* after there was no thread to be had */

struct UplinkLoad {
	const Config *config;
	uint32_t generation;
	uint32_t abandoned; /* 0: none */
	char *reason;
	UplinkLoaded done;
	void *data;
	GThread *thread; /* NULL: there is none yet */
	guint retry;
	GMutex mutex;
	guint idle; /* under the mutex: tells the loop */
	UplinkTarget *target;
	GError *error;
};

static gboolean load_on_idle(gpointer data)
{
	UplinkLoad *load = data;
	g_autoptr(GError) error = NULL;
	UplinkTarget *target;

	g_mutex_lock(&load->mutex);
	load->idle = 0;
	g_mutex_unlock(&load->mutex);
	target = g_steal_pointer(&load->target);
	error = g_steal_pointer(&load->error);
	load->done(target, error, load->data); /* may free the load */
	return G_SOURCE_REMOVE;
}

/* What has been judged is not used any more, even where the store cannot be told so. */
static void load_give_up(UplinkLoad *load)
{
	g_autoptr(Store) store = store_open(load->config->store.path);
	g_autoptr(GError) error = NULL;

	store_set_lock_wait(store, LOCK_WAIT_MS);

	g_autoptr(StoreIdentity) identity =
		store_give_up(store, load->abandoned, load->reason, &error);

	if (identity)
		load->generation = 0;
	else
		g_warning("generation %u stays current, but %u is used: %s", load->abandoned,
			  load->generation, error->message);
}

static gpointer load_run(gpointer data)
{
	UplinkLoad *load = data;

	if (load->abandoned)
		load_give_up(load);
	load->target = uplink_target_load(load->config, load->generation, &load->error);
	g_mutex_lock(&load->mutex);
	load->idle = g_idle_add(load_on_idle, load);
	g_mutex_unlock(&load->mutex);
	return NULL;
}

/* The identity is wanted all the same, so this goes on until there is a thread. */
static gboolean load_on_retry(gpointer data)
{
	UplinkLoad *load = data;

	load->thread = g_thread_try_new("identity", load_run, load, NULL);
	if (!load->thread)
		return G_SOURCE_CONTINUE;
	load->retry = 0;
	return G_SOURCE_REMOVE;
}

UplinkLoad *uplink_load_start(const Config *config, uint32_t generation,
			      const UplinkGiveUp *give_up, UplinkLoaded done, void *data)
{
	UplinkLoad *load = g_new0(UplinkLoad, 1);
	g_autoptr(GError) error = NULL;

	load->config = config;
	load->generation = generation;
	if (give_up) {
		load->abandoned = give_up->generation;
		load->reason = g_strdup(give_up->reason);
	}
	load->done = done;
	load->data = data;
	g_mutex_init(&load->mutex);
	load->thread = g_thread_try_new("identity", load_run, load, &error);
	if (!load->thread) {
		g_warning("no thread is left to read an identity with, it has to wait: %s",
			  error->message);
		load->retry = g_timeout_add(RETRY_MS, load_on_retry, load);
	}
	return load;
}

void uplink_load_free(UplinkLoad *load)
{
	if (!load)
		return;
	g_clear_handle_id(&load->retry, g_source_remove);
	if (load->thread)
		g_thread_join(load->thread);
	g_clear_handle_id(&load->idle, g_source_remove);
	uplink_target_free(load->target);
	g_clear_error(&load->error);
	g_mutex_clear(&load->mutex);
	g_free(load->reason);
	g_free(load);
}
