/* SPDX-License-Identifier: MIT */
#include "tests/phone/client.h"

#include "tests/phone/hex.h"
#include "tests/phone/phone-error.h"
#include "tests/phone/phone-security0.h"
#include "tests/phone/phone-security1.h"

#include <arpa/inet.h>
#include <string.h>

#define PAGE_SIZE    4
#define NETWORKS_MAX 255

struct Client {
	const ClientSetup *setup;
	const Habit *habit;
	const ClientLink *link;
	void *link_data;
	Report *report;
	Version *version;
	Security *security;
	GArray *networks;
	MessageProgress progress;
};

static const char *const steps[] = {
	"connected", "version", "hello", "session", "networks", "credentials", "applied", "waiting",
};

Client *client_new(const ClientSetup *setup, const ClientLink *link, void *link_data,
		   Report *report)
{
	Client *client = g_new0(Client, 1);

	client->setup = setup;
	client->habit = setup->habit;
	client->link = link;
	client->link_data = link_data;
	client->report = report;
	client->networks = g_array_new(false, false, sizeof(MessageNetwork));
	return client;
}

void client_free(Client *client)
{
	if (!client)
		return;
	client->link->disconnect(client->link_data);
	phone_security_free(client->security);
	version_free(client->version);
	g_array_unref(client->networks);
	g_free(client);
}

bool client_is_step(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
		if (strcmp(steps[i], name) == 0)
			return true;
	return false;
}

Security *client_security(Client *client)
{
	return client->security;
}

const GArray *client_networks(const Client *client)
{
	return client->networks;
}

const MessageProgress *client_progress(const Client *client)
{
	return &client->progress;
}

static bool unusable(const char *what, GError **error)
{
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, what);
	return false;
}

/* A step is done: go on, unless this is where we were told to hang up. */
static bool reached(Client *client, const char *step, GError **error)
{
	if (!client->setup->leave_after || strcmp(client->setup->leave_after, step) != 0)
		return true;
	client->link->disconnect(client->link_data);
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_LEFT, "walked away after step \"%s\"", step);
	return false;
}

static bool wait_ms(Client *client, unsigned ms, GError **error)
{
	return client->link->wait(client->link_data,
				  (unsigned)((double)ms * client->setup->time_scale), error);
}

/* --- proto-ver --- */

static bool ask_version(Client *client, const char *text, GError **error)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(GByteArray) out = g_byte_array_new();
	g_autoptr(Version) version = NULL;

	g_byte_array_append(in, (const uint8_t *)text, (guint)strlen(text));
	if (!client->link->exchange(client->link_data, "proto-ver", in, out, error))
		return false;
	version = version_parse(out, error);
	if (!version)
		return false;
	if (client->version && strcmp(client->version->text, version->text) != 0)
		return unusable("the device changes its mind about proto-ver", error);
	version_free(client->version);
	client->version = g_steal_pointer(&version);
	return true;
}

/* Which security version this client would use, given what it knows. */
static unsigned security_chosen(const Client *client)
{
	const Version *version = client->version;

	if (client->setup->security != CLIENT_SECURITY_AUTO)
		return (unsigned)client->setup->security;
	if (client->habit->ignores_sec_ver)
		return version && version->no_sec ? 0 : 1;
	return version && version->has_sec_ver ? version->sec_ver : 1;
}

static bool hello_is_due(const Client *client, HabitWhen when, bool open)
{
	switch (when) {
	case HABIT_END: return false;
	case HABIT_ALWAYS: return !open;
	case HABIT_UNDECIDED: return !open && client->setup->security == CLIENT_SECURITY_AUTO;
	case HABIT_SECURITY1: return !open && security_chosen(client) == 1;
	case HABIT_SECURITY2: return !open && security_chosen(client) == 2;
	case HABIT_AFTER: return open;
	case HABIT_BEFORE_SCAN: return open && client->setup->lists_networks;
	}
	g_return_val_if_reached(false);
}

static bool say_hellos(Client *client, bool open, GError **error)
{
	for (const HabitHello *hello = client->habit->hellos; hello->when != HABIT_END; hello++)
		if (hello_is_due(client, hello->when, open) &&
		    !ask_version(client, hello->text, error))
			return false;
	return true;
}

static bool link_and_version(Client *client, GError **error)
{
	g_clear_pointer(&client->security, phone_security_free);
	return client->link->connect(client->link_data, error) &&
	       reached(client, "connected", error) && say_hellos(client, false, error);
}

static void tell_version(Client *client)
{
	cJSON *details;

	if (!client->version) /* esp_prov asks nothing before a session of security 0 */
		return;
	details = cJSON_CreateObject();
	cJSON_AddItemToObject(details, "version", cJSON_Parse(client->version->text));
	report_step(client->report, "version", details, "%s", client->version->text);
}

bool client_connect(Client *client, GError **error)
{
	if (!link_and_version(client, error))
		return false;
	tell_version(client);
	if (!reached(client, "version", error))
		return false;
	if (!client->habit->reconnects)
		return true;
	report_step(client->report, "reconnect", NULL,
		    "%s hangs up here and connects again for the session", client->habit->title);
	client->link->disconnect(client->link_data);
	return link_and_version(client, error);
}

bool client_again(Client *client, GError **error)
{
	if (client->habit->same_link_retry)
		return true;
	client->link->disconnect(client->link_data);
	return link_and_version(client, error);
}

/* --- prov-session --- */

static Security *security_new(Client *client, const char *pop, GError **error)
{
	unsigned version = security_chosen(client);
	Security2Login login = {
		.user = client->setup->user,
		.password = pop,
		.patch = client->version ? client->version->sec_patch_ver : 0,
	};

	if (version == 0 && client->setup->security == CLIENT_SECURITY_AUTO &&
	    client->habit->wants_security) {
		unusable("the device has no security: the app refuses that unless it is told to "
			 "accept it",
			 error);
		return NULL;
	}
	if (version == 0)
		return phone_security0_new();
	if (!client->version) {
		unusable("proto-ver was not read yet", error);
		return NULL;
	}
	if (version == 1)
		return phone_security1_new(client->version->no_pop ? "" : pop, NULL, error);
	if (version == 2)
		return phone_security2_new(&login, &client->habit->security2, error);
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
		    "the device wants security %u, this phone speaks 0, 1 and 2", version);
	return NULL;
}

static bool session_exchange(Client *client, const GByteArray *in, GByteArray *out, GError **error)
{
	return client->link->exchange(client->link_data, "prov-session", in, out, error);
}

static bool hello(Client *client, Security *security, GByteArray *resp0, GError **error)
{
	g_autoptr(GByteArray) cmd0 = g_byte_array_new();

	if (!phone_security_hello(security, cmd0, error) ||
	    !session_exchange(client, cmd0, resp0, error)) {
		g_prefix_error(error, "opening the session: ");
		return false;
	}
	return reached(client, "hello", error);
}

static bool prove(Client *client, Security *security, const GByteArray *resp0, GError **error)
{
	g_autoptr(GByteArray) cmd1 = g_byte_array_new();
	g_autoptr(GByteArray) resp1 = g_byte_array_new();
	g_autoptr(GError) local = NULL;

	if (!phone_security_proof(security, resp0, cmd1, error))
		return false;
	if (cmd1->len == 0)
		return true;
	if (session_exchange(client, cmd1, resp1, &local))
		return phone_security_finish(security, resp1, error);
	if (!g_error_matches(local, PHONE_ERROR, PHONE_ERROR_ATT)) {
		g_propagate_error(error, g_steal_pointer(&local));
		return false;
	}
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_REFUSED,
		    "the device refuses our proof of possession (%s)", local->message);
	return false;
}

static void tell_session(Client *client, cJSON *details)
{
	unsigned version = client->security->ops->version;

	if (version == 0)
		report_step(client->report, "session", details,
			    "open: nobody proved anything (security 0), all that follows is in "
			    "clear");
	else
		report_step(client->report, "session", details,
			    "open: both sides proved they know the secret (security %u), all that "
			    "follows is encrypted",
			    version);
}

bool client_secure(Client *client, const char *pop, GError **error)
{
	g_autoptr(GByteArray) resp0 = g_byte_array_new();
	g_autoptr(Security) security = NULL;
	cJSON *details = cJSON_CreateObject();

	g_clear_pointer(&client->security, phone_security_free);
	cJSON_AddNumberToObject(details, "security", security_chosen(client));
	security = security_new(client, pop ? pop : client->setup->pop, error);
	if (!security || !hello(client, security, resp0, error) ||
	    !prove(client, security, resp0, error)) {
		cJSON_Delete(details);
		return false;
	}
	client->security = g_steal_pointer(&security);
	tell_session(client, details);
	return reached(client, "session", error) && say_hellos(client, true, error);
}

bool client_exchange(Client *client, const char *endpoint, const GByteArray *clear, GByteArray *out,
		     GError **error)
{
	g_autoptr(GByteArray) sealed = g_byte_array_new();
	g_autoptr(GByteArray) answer = g_byte_array_new();

	if (!client->security)
		return unusable("there is no session yet", error);
	return phone_security_seal(client->security, clear->data, clear->len, sealed, error) &&
	       client->link->exchange(client->link_data, endpoint, sealed, answer, error) &&
	       phone_security_open(client->security, answer, out, error);
}

/* Consumes the request. */
static GByteArray *request(Client *client, const char *endpoint, GByteArray *clear,
			   const char *what, GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	bool done = client_exchange(client, endpoint, clear, out, error);

	g_byte_array_unref(clear);
	if (done)
		return g_steal_pointer(&out);
	g_prefix_error(error, "%s: ", what);
	return NULL;
}

/* --- prov-scan --- */

static bool bad_status(const char *what, unsigned status, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_STATUS, "the device answers %s to %s",
		    message_status_name(status), what);
	return false;
}

static bool scan_start(Client *client, GError **error)
{
	g_autoptr(GByteArray) answer = request(client, "prov-scan", message_scan_start(),
					       "starting the Wi-Fi scan", error);
	MessageScan scan;

	if (!answer || !message_parse_scan(answer, 1, &scan, error))
		return false;
	if (scan.status != 0 && client->habit->checks_scan_start)
		return bad_status("the start of a Wi-Fi scan", scan.status, error);
	return true;
}

static bool scan_status(Client *client, MessageScan *scan, GError **error)
{
	g_autoptr(GByteArray) answer =
		request(client, "prov-scan", message_scan_status(client->habit->empty_subs),
			"asking how the Wi-Fi scan went", error);

	if (!answer || !message_parse_scan(answer, 3, scan, error))
		return false;
	if (!scan->finished && client->habit->needs_finished)
		return unusable("the Wi-Fi scan is not finished although the device had to wait "
				"for it: the app would stop here",
				error);
	if (scan->count > NETWORKS_MAX)
		return unusable("the device claims more networks than it may", error);
	return true;
}

static bool network_check(const Client *client, const MessageNetwork *network, GError **error)
{
	if (network->ssid_len == 0)
		return unusable("the device lists a network without a name", error);
	if (network->auth > client->habit->auth_max)
		return unusable("the device lists a protection this client does not know", error);
	return true;
}

static bool scan_page(Client *client, unsigned start, unsigned count, GError **error)
{
	guint before = client->networks->len;
	g_autoptr(GByteArray) answer =
		request(client, "prov-scan", message_scan_result(start, count),
			"fetching the list of networks", error);

	if (!answer || !message_parse_networks(answer, client->networks, error))
		return false;
	if (client->networks->len - before != count) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
			    "asked for %u networks, the device sent %u", count,
			    client->networks->len - before);
		return false;
	}
	for (guint i = before; i < client->networks->len; i++)
		if (!network_check(client, &g_array_index(client->networks, MessageNetwork, i),
				   error))
			return false;
	return true;
}

static bool same_ssid(const MessageNetwork *a, const MessageNetwork *b)
{
	return a->ssid_len == b->ssid_len && memcmp(a->ssid, b->ssid, a->ssid_len) == 0;
}

/* Keep the strongest of each name; the apps do. */
static void drop_doubles(GArray *networks)
{
	for (guint i = 0; i < networks->len; i++) {
		MessageNetwork *kept = &g_array_index(networks, MessageNetwork, i);

		for (guint j = networks->len - 1; j > i; j--) {
			const MessageNetwork *other = &g_array_index(networks, MessageNetwork, j);

			if (!same_ssid(kept, other))
				continue;
			if (other->rssi_dbm > kept->rssi_dbm)
				*kept = *other;
			g_array_remove_index(networks, j);
		}
	}
}

static cJSON *networks_json(const GArray *networks)
{
	cJSON *list = cJSON_CreateArray();

	for (guint i = 0; i < networks->len; i++) {
		const MessageNetwork *network = &g_array_index(networks, MessageNetwork, i);
		g_autofree char *ssid = message_ssid_text(network);
		g_autofree char *octets = hex_text(network->ssid, network->ssid_len);
		g_autofree char *bssid = hex_text(network->bssid, MESSAGE_BSSID_LEN);
		cJSON *entry = cJSON_CreateObject();

		cJSON_AddStringToObject(entry, "ssid", ssid);
		cJSON_AddStringToObject(entry, "octets", octets);
		cJSON_AddStringToObject(entry, "bssid", bssid);
		cJSON_AddNumberToObject(entry, "channel", network->channel);
		cJSON_AddNumberToObject(entry, "rssi", network->rssi_dbm);
		cJSON_AddNumberToObject(entry, "auth", network->auth);
		cJSON_AddItemToArray(list, entry);
	}
	return list;
}

static void tell_networks(Client *client)
{
	const GArray *networks = client->networks;
	cJSON *details = cJSON_CreateObject();

	cJSON_AddItemToObject(details, "networks", networks_json(networks));
	report_step(client->report, "networks", details, "the device sees %u Wi-Fi network%s",
		    networks->len, networks->len == 1 ? "" : "s");
	for (guint i = 0; i < networks->len; i++) {
		const MessageNetwork *network = &g_array_index(networks, MessageNetwork, i);
		g_autofree char *ssid = message_ssid_text(network);

		report_more(client->report, "  %-32s channel %3u  %4d dBm  %s", ssid,
			    network->channel, network->rssi_dbm, message_auth_name(network->auth));
	}
}

bool client_scan(Client *client, GError **error)
{
	MessageScan scan;

	if (!client->version || !client->version->wifi_scan) {
		if (client->habit->needs_scan)
			return unusable("the device does not announce wifi_scan", error);
		return true; /* the person types the name of the network */
	}
	g_array_set_size(client->networks, 0);
	if (!scan_start(client, error) || !scan_status(client, &scan, error))
		return false;
	if (scan.count == 0 && client->habit->stops_at_empty) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_EMPTY,
				    "the device sees no Wi-Fi network");
		return false;
	}
	for (unsigned start = 0; start < scan.count; start += PAGE_SIZE)
		if (!scan_page(client, start, MIN(PAGE_SIZE, scan.count - start), error))
			return false;
	if (client->habit->one_per_ssid)
		drop_doubles(client->networks);
	tell_networks(client);
	return reached(client, "networks", error);
}

/* --- prov-config --- */

static bool config_request(Client *client, GByteArray *clear, unsigned reply, const char *what,
			   GError **error)
{
	g_autoptr(GByteArray) answer = request(client, "prov-config", clear, what, error);
	unsigned status;

	if (!answer || !message_parse_config_status(answer, reply, &status, error))
		return false;
	if (status != 0 && client->habit->checks_config)
		return bad_status(what, status, error);
	if (status != 0)
		report_step(client->report, "ignored", NULL, "the device answers %s to %s",
			    message_status_name(status), what);
	return true;
}

static bool hand_over(Client *client, const char *ssid, const char *passphrase, GError **error)
{
	cJSON *details = cJSON_CreateObject();

	if (!config_request(client, message_set_config(ssid, passphrase, client->setup->bssid), 3,
			    "handing over the credentials", error)) {
		cJSON_Delete(details);
		return false;
	}
	cJSON_AddStringToObject(details, "ssid", ssid);
	report_step(client->report, "credentials", details,
		    "name and passphrase of \"%s\" handed over", ssid);
	if (!reached(client, "credentials", error) ||
	    !config_request(client, message_apply_config(client->habit->empty_subs), 5,
			    "asking it to join", error))
		return false;
	report_step(client->report, "applied", NULL, "the device is told to join it");
	return reached(client, "applied", error);
}

static bool check_connected(const MessageProgress *progress, const char *ssid, GError **error)
{
	struct in_addr address;

	if (!progress->has_link)
		return unusable("the device says Connected, but not to what", error);
	if (inet_pton(AF_INET, progress->ip4, &address) != 1)
		return unusable("the device says Connected, but has no IPv4 address", error);
	if (progress->link.ssid_len != strlen(ssid) ||
	    memcmp(progress->link.ssid, ssid, progress->link.ssid_len) != 0)
		return unusable("the device is connected, but to another network", error);
	return true;
}

static void tell_connected(Client *client, const char *ssid)
{
	const MessageProgress *progress = &client->progress;
	cJSON *details = cJSON_CreateObject();

	cJSON_AddStringToObject(details, "ssid", ssid);
	cJSON_AddStringToObject(details, "ip4", progress->ip4);
	cJSON_AddNumberToObject(details, "channel", progress->link.channel);
	cJSON_AddNumberToObject(details, "auth", progress->link.auth);
	report_step(client->report, "joined", details,
		    "the device is on \"%s\" (channel %u, %s) with the address %s", ssid,
		    progress->link.channel, message_auth_name(progress->link.auth), progress->ip4);
}

static bool failed(const MessageProgress *progress, const char *ssid, GError **error)
{
	if (progress->state == MESSAGE_STATE_FAILED && progress->reason == MESSAGE_REASON_AUTH)
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_PASSWORD,
			    "the network \"%s\" does not accept this passphrase", ssid);
	else if (progress->state == MESSAGE_STATE_FAILED &&
		 progress->reason == MESSAGE_REASON_NOT_FOUND)
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_NO_NETWORK,
			    "the device cannot find a network \"%s\"", ssid);
	else
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_JOIN,
			    "the device could not join \"%s\" (state %u, reason %u)", ssid,
			    progress->state, progress->reason);
	return false;
}

static bool poll_once(Client *client, GError **error)
{
	g_autoptr(GByteArray) answer = request(client, "prov-config", message_get_status(),
					       "asking how the join goes", error);

	if (!answer || !message_parse_progress(answer, &client->progress, error))
		return false;
	if (client->progress.status != 0)
		return bad_status("the question how the join goes", client->progress.status, error);
	return true;
}

static bool wait_joined(Client *client, const char *ssid, GError **error)
{
	const MessageProgress *progress = &client->progress;
	unsigned failures = 0;

	if (!wait_ms(client, client->habit->first_poll_ms, error))
		return false;
	for (;;) {
		if (!poll_once(client, error))
			return false;
		if (progress->state == MESSAGE_STATE_CONNECTED)
			return check_connected(progress, ssid, error);
		if (progress->state != MESSAGE_STATE_CONNECTING &&
		    failures++ >= client->habit->failed_polls)
			return failed(progress, ssid, error);
		report_step(client->report, "waiting", NULL,
			    progress->state == MESSAGE_STATE_CONNECTING
				    ? "the device is still joining ..."
				    : "the device reports a failure; this client asks again ...");
		if (!reached(client, "waiting", error) ||
		    !wait_ms(client, client->habit->poll_ms, error))
			return false;
	}
}

bool client_join(Client *client, const char *ssid, const char *passphrase, GError **error)
{
	if (!hand_over(client, ssid, passphrase, error) || !wait_joined(client, ssid, error))
		return false;
	tell_connected(client, ssid);
	return true;
}

/* --- prov-ctrl --- */

bool client_control(Client *client, MessageControl control, GError **error)
{
	const char *name = control == MESSAGE_CONTROL_RESET ? "reset" : "reprov";
	g_autoptr(GByteArray) answer =
		request(client, "prov-ctrl", message_control(control), name, error);
	unsigned status;

	if (!answer || !message_parse_control(answer, control, &status, error))
		return false;
	if (status != 0)
		return bad_status(name, status, error);
	report_step(client->report, name, NULL, "the device agrees");
	return true;
}
