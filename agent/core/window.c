/* SPDX-License-Identifier: MIT */
#include "agent/core/window.h"

typedef struct Message {
	int id;
	bool acked;
	uint64_t first;
	uint64_t last;
} Message;

struct Window {
	Message *messages; /* a ring of `limit`: `n` of them from `head` */
	unsigned head;
	unsigned n;
	unsigned limit;
	uint64_t released; /* turned round: the floor */
	uint64_t cursor;
	bool turned;   /* then there is one ahead */
	Window *ahead; /* what comes after `mark`; NULL: not split */
	uint64_t mark;
};

static Message *window_at(Window *window, unsigned index)
{
	return &window->messages[(window->head + index) % window->limit];
}

Window *window_new(uint64_t released, unsigned limit)
{
	Window *window = g_new0(Window, 1);

	g_assert(limit >= 1 && limit <= WINDOW_MESSAGES_MAX);
	window->messages = g_new0(Message, limit);
	window->limit = limit;
	window->released = window->cursor = released;
	return window;
}

void window_free(Window *window)
{
	if (!window)
		return;
	window_free(window->ahead);
	g_free(window->messages);
	g_free(window);
}

uint64_t window_cursor(const Window *window)
{
	return window->cursor;
}

unsigned window_in_flight(const Window *window)
{
	return window->n + (window->ahead ? window->ahead->n : 0);
}

void window_sent(Window *window, int id, uint64_t first, uint64_t last)
{
	g_assert(window->n < window->limit);
	g_assert(last >= first &&
		 (window->turned ? last <= window->cursor && first > window->released
				 : first > window->cursor));
	*window_at(window, window->n++) = (Message){ .id = id, .first = first, .last = last };
	window->cursor = window->turned ? first - 1 : last;
}

static bool window_knows(Window *window, int id)
{
	for (unsigned i = 0; i < window->n; i++) {
		if (window_at(window, i)->id == id)
			return true;
	}
	return false;
}

void window_split(Window *window, uint64_t mark)
{
	g_assert(!window->ahead && window->n == 0 && mark > window->cursor);
	window->ahead = window_new(mark, window->limit);
	window->mark = mark;
}

void window_turn(Window *window, uint64_t last)
{
	window_split(window, last);
	window->turned = true;
	window->cursor = last;
}

bool window_turned(const Window *window)
{
	return window->turned;
}

uint64_t window_left(const Window *window)
{
	return window->turned ? window->cursor - window->released : window->mark - window->cursor;
}

/* The backlog is through: what went ahead is all there is. */
static void window_merge(Window *window)
{
	Window *ahead = window->ahead;

	g_free(window->messages);
	*window = *ahead;
	g_free(ahead);
}

void window_join(Window *window)
{
	g_assert(window->n == 0);
	if (!window->ahead)
		return;
	if (window->released >= window->mark)
		window_merge(window);
	else
		g_clear_pointer(&window->ahead, window_free);
}

Window *window_ahead(Window *window)
{
	return window->ahead;
}

uint64_t window_mark(const Window *window)
{
	return window->mark;
}

static void window_end_turned(Window *window)
{
	if (window->n == 0 && window->cursor == window->released)
		window_merge(window);
}

void window_exhausted(Window *window)
{
	window->cursor = window->released;
	window_end_turned(window);
}

/* The message with @id leaves, wherever it is; false: there is none. */
static bool window_take(Window *window, int id, Message *message)
{
	for (unsigned i = 0; i < window->n; i++) {
		if (window_at(window, i)->id != id)
			continue;
		*message = *window_at(window, i);
		for (window->n--; i < window->n; i++)
			*window_at(window, i) = *window_at(window, i + 1);
		return true;
	}
	return false;
}

static bool window_acked_turned(Window *window, int id, WindowRange *release)
{
	uint64_t before = window->ahead->released;
	Message message;

	if (window_take(window, id, &message)) {
		*release = (WindowRange){ message.first, message.last };
		window_end_turned(window);
		return true;
	}
	if (!window_acked(window->ahead, id, release))
		return false;
	release->first = before + 1;
	return true;
}

bool window_acked(Window *window, int id, WindowRange *release)
{
	bool moved = false;

	if (window->turned)
		return window_acked_turned(window, id, release);
	if (window->ahead && window_knows(window->ahead, id)) {
		WindowRange later;

		window_acked(window->ahead, id, &later);
		return false;
	}
	for (unsigned i = 0; i < window->n; i++) {
		if (window_at(window, i)->id == id)
			window_at(window, i)->acked = true;
	}
	while (window->n > 0 && window_at(window, 0)->acked) {
		window->released = window_at(window, 0)->last;
		window->head = (window->head + 1) % window->limit;
		window->n--;
		moved = true;
	}
	if (window->ahead && window->n == 0 && window->released >= window->mark)
		window_merge(window);
	if (moved)
		*release = (WindowRange){ 0, window->released };
	return moved;
}

void window_pass(Window *window)
{
	g_assert(window->n == 1);
	window->n = 0;
}

void window_rewind(Window *window)
{
	if (window->turned)
		g_clear_pointer(&window->ahead, window_free);
	window->turned = false;
	if (window->ahead)
		window_rewind(window->ahead);
	window->n = 0;
	window->cursor = window->released;
}

void window_skip(Window *window, uint64_t released)
{
	window->n = 0;
	window->released = window->cursor = released;
	if (window->ahead && released >= window->mark)
		window_merge(window);
}

unsigned window_beside(unsigned told, unsigned most)
{
	return told > 0 ? CLAMP(told / 2, 1, most) : most;
}

unsigned window_within(unsigned wanted, unsigned told, unsigned beside)
{
	return told > 0 ? CLAMP(told - MIN(told, beside), 1, wanted) : wanted;
}
