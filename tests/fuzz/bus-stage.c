/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/bus-stage.h"

#include "provisioner/adapter/disk-sync.h"
#include "provisioner/adapter/net-link.h"
#include "provisioner/adapter/wifi-air.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Long after all that the real clock may come to: nothing set by this one is ever due by itself. */
#define START_US (G_MAXINT64 / 4)

typedef struct Timer {
	guint id;
	guint interval_ms;
	gint64 due_us;
} Timer;

/* Stands for the kernel, of which there is one for all as well. */
static struct {
	gint64 now_us;
	GArray *timers;
	GPtrArray *links; /* NetLink, borrowed */
	NetLinkState link;
	uint8_t air;
} stage;

/* What the journal would hold is of no interest here, but for bugs of ours. */
static GLogWriterOutput on_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
			       gpointer data)
{
	return level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)
		       ? g_log_writer_standard_streams(level, fields, n_fields, data)
		       : G_LOG_WRITER_HANDLED;
}

/* GLib ends a program so, which libFuzzer takes for nothing of its business. */
static void on_trap(int number)
{
	abort();
}

void stage_reset(void)
{
	if (!stage.timers) {
		stage.timers = g_array_new(FALSE, FALSE, sizeof(Timer));
		stage.links = g_ptr_array_new();
		g_log_set_writer_func(on_log, NULL, NULL);
		signal(SIGTRAP, on_trap);
		g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
	}
	g_array_set_size(stage.timers, 0);
	stage.now_us = START_US;
	stage.air = 0;
	stage.link = (NetLinkState){
		.known = true, .present = true, .has_mac = true, .mac = { 2, 0, 0, 0, 0, 1 }
	};
}

/* ---- time ---- */

gint64 g_get_monotonic_time(void)
{
	return stage.now_us;
}

/* For how long to wait before another attempt. */
gint32 g_random_int_range(gint32 begin, gint32 end)
{
	return begin;
}

guint g_timeout_add(guint interval, GSourceFunc function, gpointer data)
{
	g_autoptr(GSource) source = g_timeout_source_new(G_MAXUINT);
	Timer timer = { .interval_ms = interval,
			.due_us = stage.now_us + interval * G_GINT64_CONSTANT(1000) };

	g_source_set_callback(source, function, data, NULL);
	timer.id = g_source_attach(source, NULL);
	g_array_append_val(stage.timers, timer);
	return timer.id;
}

/* The one that is due first; those that were removed go. NULL when there is none. */
static Timer *timer_next(void)
{
	Timer *next = NULL;

	for (guint i = stage.timers->len; i > 0; i--) {
		const Timer *timer = &g_array_index(stage.timers, Timer, i - 1);

		if (!g_main_context_find_source_by_id(NULL, timer->id))
			g_array_remove_index(stage.timers, i - 1);
	}
	for (guint i = 0; i < stage.timers->len; i++) {
		Timer *timer = &g_array_index(stage.timers, Timer, i);

		if (!next || timer->due_us < next->due_us)
			next = timer;
	}
	return next;
}

bool stage_pass(void)
{
	Timer *timer = timer_next();

	if (!timer)
		return false;
	stage.now_us = MAX(stage.now_us, timer->due_us);
	timer->due_us = stage.now_us + timer->interval_ms * G_GINT64_CONSTANT(1000);
	g_source_set_ready_time(g_main_context_find_source_by_id(NULL, timer->id), 0);
	return true;
}

/* ---- the disk ---- */

int fsync(int fd)
{
	return fd < 0 ? -1 : 0;
}

struct DiskSync {
	void (*done)(void *data);
	void *data;
	guint source;
};

static gboolean on_flushed(gpointer user_data)
{
	g_autofree DiskSync *disk = user_data;

	disk->done(disk->data);
	return G_SOURCE_REMOVE;
}

DiskSync *disk_sync_start(void (*done)(void *data), void *data)
{
	DiskSync *disk = g_new0(DiskSync, 1);

	disk->done = done;
	disk->data = data;
	disk->source = g_idle_add(on_flushed, disk);
	return disk;
}

void disk_sync_cancel(DiskSync *disk)
{
	if (!disk)
		return;
	g_source_remove(disk->source);
	g_free(disk);
}

/* ---- addresses ---- */

struct NetLink {
	void (*changed)(void *data);
	void *data;
	guint soon;
};

static gboolean on_changed(gpointer user_data)
{
	NetLink *link = user_data;

	link->soon = 0;
	link->changed(link->data);
	return G_SOURCE_REMOVE;
}

static void link_tell(gpointer data, gpointer unused)
{
	NetLink *link = data;

	if (!link->soon)
		link->soon = g_idle_add(on_changed, link);
}

NetLink *net_link_new(const char *interface, void (*changed)(void *data), void *data)
{
	NetLink *link = g_new0(NetLink, 1);

	link->changed = changed;
	link->data = data;
	g_ptr_array_add(stage.links, link);
	link_tell(link, NULL);
	return link;
}

void net_link_free(NetLink *link)
{
	if (!link)
		return;
	g_clear_handle_id(&link->soon, g_source_remove);
	g_ptr_array_remove(stage.links, link);
	g_free(link);
}

const NetLinkState *net_link_state(const NetLink *link)
{
	return &stage.link;
}

bool net_link_is_newer(const NetLinkAddress *now, const NetLinkAddress *before)
{
	return now->there && (now->permanent || !before->there || now->stamp != before->stamp);
}

void net_link_ip4_text(const NetLinkAddress *address, char text[16])
{
	g_snprintf(text, 16, "%s", address->there ? "192.0.2.61" : "0.0.0.0");
}

void stage_address(uint8_t number)
{
	const NetLinkAddress address = { .there = true,
					 .permanent = number >= 0x80,
					 .stamp = number };

	stage.link.ip4 = number & 1 ? address : (NetLinkAddress){ 0 };
	stage.link.ip6 = number & 2 ? address : (NetLinkAddress){ 0 };
	stage.link.present = number != 0x7f;
	g_ptr_array_foreach(stage.links, link_tell, NULL);
}

/* ---- the air ---- */

struct WifiAir {
	WifiAirDone done;
	void *data;
	guint start;
};

static gboolean on_start(gpointer user_data)
{
	WifiAir *air = user_data;
	g_autoptr(GArray) heard = g_array_new(FALSE, FALSE, sizeof(WifiAirMessage));

	air->start = 0;
	air->done(stage.air == 0 ? NULL : heard, air->data);
	return G_SOURCE_REMOVE;
}

WifiAir *wifi_air_new(const char *interface, WifiAirDone done, void *data)
{
	WifiAir *air = g_new0(WifiAir, 1);

	air->done = done;
	air->data = data;
	air->start = g_idle_add(on_start, air);
	return air;
}

void wifi_air_free(WifiAir *air)
{
	if (!air)
		return;
	g_clear_handle_id(&air->start, g_source_remove);
	g_free(air);
}

bool wifi_air_is_heard(const GArray *heard, const uint8_t *ssid, size_t ssid_len,
		       uint32_t within_ms)
{
	return stage.air > 1;
}

void stage_hear(uint8_t air)
{
	stage.air = air;
}
