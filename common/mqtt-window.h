/* SPDX-License-Identifier: MIT */
/*
 * mqtt-window - ids of messages that are sent and not yet answered, oldest first
 *
 * Brokers answer in order, so taking the oldest is one step; another one costs a search and a
 * move within the bound. Pure: no clock; times are whatever the caller counts in.
 * Owner: whoever called mqtt_window_new().
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct MqttWindow MqttWindow;

/* mqtt_window_new() - room for @size ids, 1 and up */
MqttWindow *mqtt_window_new(unsigned int size);

/* mqtt_window_free() - NULL is fine */
void mqtt_window_free(MqttWindow *window);

/* mqtt_window_count() - ids in it */
unsigned int mqtt_window_count(const MqttWindow *window);

/* mqtt_window_add() - remember @id, sent at @now
 * Returns false, without adding it, when the window is full or holds @id already */
bool mqtt_window_add(MqttWindow *window, uint16_t id, int64_t now) G_GNUC_WARN_UNUSED_RESULT;

/* mqtt_window_take() - forget @id; false when it is not in the window */
bool mqtt_window_take(MqttWindow *window, uint16_t id);

/* mqtt_window_oldest() - when the oldest id was sent; only while the count is above 0
 * @id: set to that id, unless NULL */
int64_t mqtt_window_oldest(const MqttWindow *window, uint16_t *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MqttWindow, mqtt_window_free)
