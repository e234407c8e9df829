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

/* Why it is off the air, a clause. */
static const char *silence_text(const App *app)
{
	switch (air_policy_silence(app->air)) {
	case AIR_SILENCE_WAITING:
	case AIR_SILENCE_CAUSE: break;
	case AIR_SILENCE_LIMIT: return "no phone came in time";
	case AIR_SILENCE_STOPPED: return "stopped";
	case AIR_SILENCE_DONE: return "the device has its network; nothing is left to do";
	}
	if (!wifi_choice_is_provisioned(app->wifi))
		return "waiting to be asked";
	return wifi_choice_is_online(app->wifi) ? "the device has its network"
						: "a Wi-Fi network is configured";
}

static char *idle_text(const App *app)
{
	if (!wifi_choice_is_ready(app->wifi) && !app->begun) {
		g_autofree char *problem = wifi_choice_problem(app->wifi);

		return g_strdup_printf("waiting for Wi-Fi: %s", problem);
	}
	if (!app->wanted && app->button && button_problem(app->button))
		return g_strdup_printf("off the air: %s; no button: %s", silence_text(app),
				       button_problem(app->button));
	if (!app->wanted)
		return g_strdup_printf("off the air: %s%s", silence_text(app),
				       air_policy_watches(app->air) ? "; keeping watch" : "");
	if (!app->adapter)
		return g_strdup_printf("waiting for Bluetooth: %s", bluez_problem(app->bluez));
	return g_strdup("telling bluetoothd about the service");
}

static const char *const reason_texts[] = {
	[AIR_BUTTON] = "the button was held",
	[AIR_ON_DEMAND] = "somebody asked for it",
	[AIR_UNPROVISIONED] = "no network is configured",
	[AIR_NETWORK_LOST] = "its network is lost",
	[AIR_ALWAYS] = "as always",
	[AIR_NONE] = "",
};

G_STATIC_ASSERT(G_N_ELEMENTS(reason_texts) == AIR_NONE + 1);

static const char locked_text[] = "locked: too many proofs of possession were wrong";

static bool is_locked(const App *app)
{
	return lockout_state(provisioner_lockout(app->core), app_now_us()) == LOCKOUT_LOCKED;
}

/* On the air: why, and until when by the clock on the wall. */
static char *ready_text(const App *app)
{
	int64_t until_us = air_policy_until_us(app->air);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autoptr(GDateTime) until = NULL;
	g_autofree char *clause = NULL;

	if (until_us != INT64_MAX) {
		until = g_date_time_add(now, until_us - app_now_us());
		clause = until ? g_date_time_format(until, " until %H:%M") : NULL;
	}
	return g_strdup_printf("%s is in the air on %s%s (%s); %s", app->name,
			       bluez_adapter(app->bluez), clause ? clause : "",
			       reason_texts[air_policy_reason(app->air)],
			       is_locked(app) ? locked_text : "waiting for a phone");
}

static char *link_text(const App *app, const char *phone)
{
	const WifiLink *link = provisioner_link(app->core);
	g_autofree char *ssid =
		link ? printable_text(link->network.ssid, link->network.ssid_len) : g_strdup("");
	g_autofree char *clause = NULL;

	if (!*provisioner_peer(app->core))
		clause = g_strdup("no phone is connected");
	else if (provisioner_is_proved(app->core))
		clause = g_strdup("the phone is being told");
	else
		clause = g_strdup_printf("%s has opened no session yet", phone);
	return g_strdup_printf("the device is on \"%s\" with address %s; %s", ssid,
			       link ? link->ip4 : "", clause);
}

/* A join that nobody can be asked for is still one. */
static char *joining_text(const App *app)
{
	g_autofree char *problem = NULL;

	if (wifi_choice_is_ready(app->wifi))
		return g_strdup("joining the network the phone has chosen");
	problem = wifi_choice_problem(app->wifi);
	return g_strdup_printf("joining the network the phone has chosen; waiting for Wi-Fi: %s",
			       problem);
}

static char *failed_text(const App *app)
{
	bool ready = wifi_choice_is_ready(app->wifi);
	g_autofree char *problem = ready ? NULL : wifi_choice_problem(app->wifi);

	return g_strdup_printf("the network could not be joined (%s%s%s); waiting for another try",
			       provisioner_failure(app->core), ready ? "" : ": ",
			       ready ? "" : problem);
}

/* The state as a sentence; the caller frees it. */
static char *progress_text(const App *app)
{
	const char *phone = bluez_device_address(app->bluez, provisioner_peer(app->core));
	bool proofless = app->config->provisioner.security == 0;

	switch (provisioner_state(app->core)) {
	case PROVISIONER_IDLE: break;
	case PROVISIONER_READY:
		if (!advert_is_on_air(app->advert))
			break;
		if (*provisioner_awaited(app->core))
			return g_strdup("the phone is gone; for a moment it alone may come back");
		return ready_text(app);
	case PROVISIONER_PEER:
		if (is_locked(app))
			return g_strdup_printf("phone %s is connected; %s", phone, locked_text);
		return g_strdup_printf("phone %s is connected; waiting for its %s", phone,
				       proofless ? "session" : "proof of possession");
	case PROVISIONER_SECURED:
		return g_strdup_printf("phone %s has %s; waiting for its choice of network", phone,
				       proofless ? "a session without security" : "proved itself");
	case PROVISIONER_JOINING: return joining_text(app);
	case PROVISIONER_FAILED: return failed_text(app);
	case PROVISIONER_JOINED: return link_text(app, phone);
	case PROVISIONER_DONE: return g_strdup("the device has its network; provisioning is over");
	}
	return idle_text(app);
}

void app_status_show(App *app)
{
	g_autofree char *progress = progress_text(app);
	g_autofree char *peer =
		g_strdup(bluez_device_address(app->bluez, provisioner_peer(app->core)));
	const WifiLink *link = provisioner_link(app->core);
	const Lockout *lockout = provisioner_lockout(app->core);
	LockoutState lockout_now = lockout_state(lockout, app_now_us());
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
		.lockout = lockout_state_name(lockout_now),
		.wrong = lockout->wrong,
		.lockout_until_us = lockout_now == LOCKOUT_WAITING ? lockout->until_us : 0,
	};

	if (link) {
		memcpy(status.ssid, link->network.ssid, link->network.ssid_len);
		status.ssid_len = link->network.ssid_len;
	}
	bus_service_update(app->service, &status);
	sd_notifyf(0, "STATUS=%s", progress);
}
