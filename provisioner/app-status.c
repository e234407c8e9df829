/* SPDX-License-Identifier: MIT */
#include "provisioner/app-private.h"

#include "common/printable.h"

#include <string.h>
#include <systemd/sd-daemon.h>

static const char *state_text(const App *app)
{
	ProvisionerState state = provisioner_state(app->core);

	if (app->done && state == PROVISIONER_IDLE)
		state = PROVISIONER_DONE;
	/* "ready" promises that a phone finds the device. */
	if (state == PROVISIONER_READY && !advert_is_on_air(app->advert))
		state = PROVISIONER_IDLE;
	return provisioner_state_name(state);
}

static char *idle_text(const App *app)
{
	if (!wifi_choice_is_ready(app->wifi) && !app->begun) {
		g_autofree char *problem = wifi_choice_problem(app->wifi);

		return g_strdup_printf("waiting for Wi-Fi: %s", problem);
	}
	if (app->done)
		return g_strdup("the device has its network; nothing is left to do");
	if (!app->wanted)
		return g_strdup(wifi_choice_is_provisioned(app->wifi)
					? "not started: a Wi-Fi network is configured"
					: "not started");
	if (!app->adapter)
		return g_strdup_printf("waiting for Bluetooth: %s", bluez_problem(app->bluez));
	return g_strdup("telling bluetoothd about the service");
}

static char *link_text(const App *app)
{
	const WifiLink *link = provisioner_link(app->core);
	g_autofree char *ssid =
		link ? printable_text(link->network.ssid, link->network.ssid_len) : g_strdup("");

	return g_strdup_printf("the device is on \"%s\" with address %s; the phone is being told",
			       ssid, link ? link->ip4 : "");
}

/* The state as a sentence; the caller frees it. */
static char *progress_text(const App *app)
{
	const char *phone = bluez_device_address(app->bluez, provisioner_peer(app->core));

	switch (provisioner_state(app->core)) {
	case PROVISIONER_IDLE: break;
	case PROVISIONER_READY:
		if (!advert_is_on_air(app->advert))
			break;
		return g_strdup_printf("%s is in the air on %s; waiting for a phone", app->name,
				       bluez_adapter(app->bluez));
	case PROVISIONER_PEER:
		return g_strdup_printf("phone %s is connected; waiting for its proof of possession",
				       phone);
	case PROVISIONER_SECURED:
		return g_strdup_printf(
			"phone %s has proved itself; waiting for its choice of network", phone);
	case PROVISIONER_JOINING: return g_strdup("joining the network the phone has chosen");
	case PROVISIONER_FAILED:
		return g_strdup_printf(
			"the network could not be joined (%s); waiting for another try",
			provisioner_failure(app->core));
	case PROVISIONER_JOINED: return link_text(app);
	case PROVISIONER_DONE: return g_strdup("the phone knows that the device has its network");
	}
	return idle_text(app);
}

void app_status_show(App *app)
{
	g_autofree char *progress = progress_text(app);
	g_autofree char *peer =
		g_strdup(bluez_device_address(app->bluez, provisioner_peer(app->core)));
	const WifiLink *link = provisioner_link(app->core);
	BusServiceStatus status = {
		.state = state_text(app),
		.progress = progress,
		.name = app->name ? app->name : "",
		.adapter = bluez_adapter(app->bluez),
		.interface = wifi_choice_interface(app->wifi),
		.backend = wifi_choice_name(app->wifi),
		.peer = peer,
		.failure = provisioner_failure(app->core),
		.ip4 = link ? link->ip4 : "",
		.security = (uint32_t)app->config->provisioner.security,
	};

	if (link) {
		memcpy(status.ssid, link->network.ssid, link->network.ssid_len);
		status.ssid_len = link->network.ssid_len;
	}
	bus_service_update(app->service, &status);
	sd_notifyf(0, "STATUS=%s", progress);
}
