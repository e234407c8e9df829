/* SPDX-License-Identifier: MIT */
/*
 * provisioner-client - io.landfall.Provisioner1 as landfallctl sees it
 *
 * A command line program may wait, so these calls run a loop of their own until they are done.
 */
#pragma once

#include "common/config.h"
#include "dbus/bus-reader.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>

#define PROVISIONER_NAME "io.landfall.Provisioner1"
#define PROVISIONER_PATH "/io/landfall/Provisioner1"

/* provisioner_client_call() - call a method without arguments; the bus starts the service
 * Errors: LANDFALL_ERROR_BUS, LANDFALL_ERROR_DENIED, LANDFALL_ERROR_ADAPTER, LANDFALL_ERROR_WIFI,
 *	LANDFALL_ERROR_UNAVAILABLE (it cannot be started), LANDFALL_ERROR_FAILED */
bool provisioner_client_call(const Config *config, const char *method,
			     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* provisioner_client_read() - its properties, {"State":"ready",…}, without starting it
 * Returns an object to be freed with cJSON_Delete(); NULL without error when it does not run.
 * Errors: as provisioner_client_call() */
cJSON *provisioner_client_read(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* provisioner_client_take() - put the properties of an a{sv} into @object, in place of older values
 * Octets become text as in provisioner_client_json_string(); types we do not know are left out */
void provisioner_client_take(BusReader *reader, cJSON *object);

/* provisioner_client_name() - the name it advertises: asked on the bus, or made from the
 * configuration and the address of the Wi-Fi interface when it does not run
 * Returns text to be freed with g_free()
 * Errors: LANDFALL_ERROR_WIFI (no interface to take the address from) */
char *provisioner_client_name(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* provisioner_client_json_string() - put octets into @object as a string
 * Octets become text; what is not UTF-8 is escaped as \xNN */
void provisioner_client_json_string(cJSON *object, const char *name, const void *data, size_t len);
