/* SPDX-License-Identifier: MIT */
#include "common/mqtt-window.h"

typedef struct Sent {
	int64_t at;
	uint16_t id;
} Sent;

/* A ring: entries start..start+count-1, modulo size. One bit per id tells whether it is there. */
struct MqttWindow {
	unsigned int size;
	unsigned int start;
	unsigned int count;
	uint64_t present[(UINT16_MAX + 1) / 64];
	Sent sent[];
};

MqttWindow *mqtt_window_new(unsigned int size)
{
	MqttWindow *window = g_malloc0(sizeof(MqttWindow) + size * sizeof(Sent));

	window->size = size;
	return window;
}

void mqtt_window_free(MqttWindow *window)
{
	g_free(window);
}

unsigned int mqtt_window_count(const MqttWindow *window)
{
	return window->count;
}

static Sent *entry(MqttWindow *window, unsigned int index)
{
	return &window->sent[(window->start + index) % window->size];
}

static uint64_t present_bit(uint16_t id)
{
	return (uint64_t)1 << (id % 64);
}

bool mqtt_window_add(MqttWindow *window, uint16_t id, int64_t now)
{
	if (window->count == window->size || window->present[id / 64] & present_bit(id))
		return false;
	window->present[id / 64] |= present_bit(id);
	*entry(window, window->count++) = (Sent){ .at = now, .id = id };
	return true;
}

bool mqtt_window_take(MqttWindow *window, uint16_t id)
{
	unsigned int index = 0;

	if (!(window->present[id / 64] & present_bit(id)))
		return false;
	window->present[id / 64] &= ~present_bit(id);
	while (entry(window, index)->id != id)
		index++;
	for (; index > 0; index--) /* older ones move up by one */
		*entry(window, index) = *entry(window, index - 1);
	window->start = (window->start + 1) % window->size;
	window->count--;
	return true;
}

int64_t mqtt_window_oldest(const MqttWindow *window, uint16_t *id)
{
	const Sent *oldest = &window->sent[window->start];

	if (id)
		*id = oldest->id;
	return oldest->at;
}
