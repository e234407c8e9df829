/* SPDX-License-Identifier: MIT */
/*
 * app - the parts of the agent, as main() puts them together; private to agent/
 *
 *   main.c         start, reload, end; what the parts tell each other
 *   app-remote.c   what others have it do: over the bus, and as commands of a cloud
 *
 * There is one App, in main().
 */
#pragma once

#include "agent/adapter/agent-bus.h"
#include "agent/adapter/command-store.h"
#include "agent/adapter/downlink.h"
#include "agent/adapter/enroller.h"
#include "agent/adapter/indicators.h"
#include "agent/adapter/ingest.h"
#include "agent/adapter/notify.h"
#include "agent/adapter/painter.h"
#include "agent/adapter/programs.h"
#include "agent/adapter/renewer.h"
#include "agent/adapter/sensors.h"
#include "agent/adapter/signals.h"
#include "agent/adapter/spool.h"
#include "agent/adapter/uplink.h"
#include "agent/adapter/watchdog.h"
#include "agent/core/commands.h"
#include "agent/core/control.h"
#include "agent/core/fault-log.h"
#include "agent/core/status.h"
#include "common/config.h"
#include "common/log.h"
#include "common/store-watch.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct App {
	Config *config;
	Config *reloaded; /* as read last, on SIGHUP; NULL: not yet */
	GMainLoop *loop;
	Notify *notify;
	Spool *spool;
	Ingest *ingest;
	Sensors *sensors;
	Uplink *uplink;
	Downlink *downlink;
	Commands *commands;
	CommandStore *command_store;
	Programs *programs;
	Renewer *renewer;
	Enroller *enroller;
	LogSink *log;
	StoreWatch *watch;
	AgentBus *bus;          /* NULL: none wanted */
	Indicators *indicators; /* NULL: neither LED nor display */
	Painter *painter;
	Watchdog *watchdog; /* NULL: none wanted */
	Signals *signals;
	bool stopping;
	bool restart; /* once all is freed, unless a service manager does it */
	guint restart_source;
	UplinkState told; /* state last told to the service manager */
	int64_t told_us;  /* and when, monotonic */
	FaultLog keeping; /* whether what the sensors read is kept */
	GError *lacking;  /* why there is no identity at the start */
	GError *error;    /* why the program ends; NULL: it was asked to */
} App;

/* What is done for others on the bus; its data is the App */
extern const Control app_control;

/* app_open_commands() - make what commands of a cloud need. A memory of those carried out before
 * that cannot be read is told, and begun anew */
void app_open_commands(App *app);

/* app_stop() - end the main loop once the connection is closed; twice is fine */
void app_stop(App *app);

/* app_status() - how it stands; texts are borrowed until anything of it changes */
void app_status(const App *app, AgentStatus *status);

/* app_look_at_store() - the identity may be another */
void app_look_at_store(App *app);

/* app_reload() - read the configuration again and obey what can be obeyed at once
 * Errors: those of config_reload() and sensors_new(); nothing has changed then */
bool app_reload(App *app, GError **error) G_GNUC_WARN_UNUSED_RESULT;
