/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/button.h"

#include "provisioner/adapter/retry.h"

#include <glib-unix.h>
#include <unistd.h>

struct Button {
	ButtonSpec spec;
	const ButtonSource *source;
	const ButtonEvents *events;
	void *data;
	int fd; /* -1: not found */
	bool pressed;
	guint watch;
	guint first;
	GError *problem; /* NULL: found, or not looked for yet */
	Retry *retry;
};

static const ButtonSource *const sources[] = {
	[BUTTON_GPIO] = &button_gpio,
	[BUTTON_INPUT] = &button_input,
};

static void button_close(Button *button)
{
	g_clear_handle_id(&button->watch, g_source_remove);
	if (button->fd >= 0)
		close(button->fd);
	button->fd = -1;
}

/* Said once for each way in which it cannot be had, however often that is tried. */
static void button_failed(Button *button, GError *error)
{
	bool known = button->problem && g_str_equal(button->problem->message, error->message);

	if (!known)
		g_warning("the button cannot be watched: %s; looking for it again and again",
			  error->message);
	g_clear_error(&button->problem);
	button->problem = error;
	retry_later(button->retry);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer data)
{
	Button *button = data;
	bool pressed = button->pressed;
	GError *error = NULL;

	if (!button->source->read(fd, &button->spec, &pressed, &error)) {
		button->watch = 0;
		button_close(button);
		button_failed(button, error);
		button->events->gone(button->data);
		return G_SOURCE_REMOVE;
	}
	if (pressed != button->pressed) {
		button->pressed = pressed;
		button->events->level(pressed, button->data);
	}
	return G_SOURCE_CONTINUE;
}

static void button_look(void *data)
{
	Button *button = data;
	GError *error = NULL;

	button->fd = button->source->open(&button->spec, &button->pressed, &error);
	if (button->fd < 0) {
		button_failed(button, error);
		return;
	}
	retry_reset(button->retry);
	g_clear_error(&button->problem);
	g_message("watching the button %s", button->spec.device);
	button->watch = g_unix_fd_add(button->fd, G_IO_IN, on_readable, button);
	button->events->level(button->pressed, button->data);
}

static gboolean on_first(gpointer data)
{
	Button *button = data;

	button->first = 0;
	button_look(button);
	return G_SOURCE_REMOVE;
}

Button *button_new(const ButtonSpec *spec, const ButtonEvents *events, void *data)
{
	Button *button = g_new0(Button, 1);

	button->spec = *spec;
	button->spec.device = g_strdup(spec->device);
	button->spec.line = g_strdup(spec->line);
	button->source = sources[spec->kind];
	button->events = events;
	button->data = data;
	button->fd = -1;
	button->retry = retry_new(button_look, button);
	button->first = g_idle_add(on_first, button);
	return button;
}

void button_free(Button *button)
{
	if (!button)
		return;
	g_clear_handle_id(&button->first, g_source_remove);
	button_close(button);
	retry_free(button->retry);
	g_clear_error(&button->problem);
	g_free(button->spec.device);
	g_free(button->spec.line);
	g_free(button);
}

const char *button_problem(const Button *button)
{
	return button->problem ? button->problem->message : NULL;
}
