/* SPDX-License-Identifier: MIT */
#include "common/off-loop.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef enum OffLoopState {
	OFF_LOOP_RUNNING,
	OFF_LOOP_OVER,     /* the thread has nothing left to do but to say so */
	OFF_LOOP_GIVEN_UP, /* the owner has gone; the thread clears up */
} OffLoopState;

struct OffLoop {
	gint state; /* OffLoopState */
	GThread *thread;
	int fd; /* eventfd */
	OffLoopFunc run;
	OffLoopFunc drop;
	gpointer data;
};

static void off_loop_free(OffLoop *call)
{
	close(call->fd);
	g_free(call);
}

static gpointer off_loop_run(gpointer data)
{
	static const uint64_t one = 1;
	OffLoop *call = data;

	call->run(call->data);
	if (g_atomic_int_compare_and_exchange(&call->state, OFF_LOOP_RUNNING, OFF_LOOP_OVER)) {
		if (write(call->fd, &one, sizeof(one)) < 0)
			g_critical("nobody can be told that a call is over");
		return NULL;
	}
	call->drop(call->data);
	off_loop_free(call);
	return NULL;
}

OffLoop *off_loop_start(OffLoopFunc run, OffLoopFunc drop, gpointer data)
{
	OffLoop *call = g_new0(OffLoop, 1);

	call->run = run;
	call->drop = drop;
	call->data = data;
	call->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (call->fd >= 0)
		call->thread = g_thread_try_new("off-loop", off_loop_run, call, NULL);
	if (call->thread)
		return call;
	if (call->fd >= 0)
		close(call->fd);
	g_free(call);
	return NULL;
}

int off_loop_fd(const OffLoop *call)
{
	return call->fd;
}

void off_loop_take(OffLoop *call)
{
	g_thread_join(call->thread);
	off_loop_free(call);
}

bool off_loop_give_up(OffLoop *call)
{
	GThread *thread = call->thread; /* after the exchange the call may be gone */

	if (g_atomic_int_compare_and_exchange(&call->state, OFF_LOOP_RUNNING, OFF_LOOP_GIVEN_UP)) {
		g_thread_unref(thread);
		return true;
	}
	off_loop_take(call);
	return false;
}
