/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/sleep.h"

#include "dbus/bus-match.h"

struct Sleep {
	BusMatch *match;
	SleepFunc func;
	void *data;
};

static void on_signal(BusMessage *signal, void *user_data)
{
	Sleep *sleep = user_data;
	BusReader *reader = bus_message_reader(signal);

	if (bus_reader_has(reader, "b"))
		sleep->func(bus_reader_bool(reader), sleep->data);
}

Sleep *sleep_new(Bus *bus, SleepFunc func, void *data)
{
	static const BusMatchRule rule = {
		.sender = "org.freedesktop.login1",
		.path = "/org/freedesktop/login1",
		.interface = "org.freedesktop.login1.Manager",
		.member = "PrepareForSleep",
	};
	Sleep *sleep = g_new0(Sleep, 1);

	sleep->func = func;
	sleep->data = data;
	sleep->match = bus_match_new(bus, &rule, on_signal, sleep);
	return sleep;
}

void sleep_free(Sleep *sleep)
{
	if (!sleep)
		return;
	bus_match_free(sleep->match);
	g_free(sleep);
}
