/* SPDX-License-Identifier: MIT */
#include "tests/phone/options.h"

#include "tests/phone/phone-error.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 65536

/* What GOption fills in, before it is checked and sorted into Options. */
typedef struct Raw {
	char *adapter, *name, *exact, *address, *habit, *security, *user;
	char *pop, *pop_file, *qr_file;
	char *ssid, *passphrase, *passphrase_file, *bssid;
	char *then_ssid, *then_passphrase, *then_passphrase_file;
	char *leave_after, *expect, *expect_first, *script;
	char *identity[IDENTITY_OPTIONS]; /* in the order of identity_places() */
	int drop_after, leave_upload;
	gboolean csr, new_key, wrong_digest, follow, identity_first;
	int mtu, tries;
	double scan_s, time_s, scale;
	gboolean wrong_proof_first, scan_only, no_scan, reset, reprov, json;
} Raw;

static const char summary[] = "Provisions a device over Bluetooth LE like Espressif's phone apps "
			      "do, and says what happens.";

static const char description[] =
	"Exit status: 0 as expected, 1 internal error, 2 usage, 3 device not in the air, 4 "
	"adapter, "
	"5 connection lost,\n6 ATT error, 7 proof of possession refused, 8 Wi-Fi passphrase wrong, "
	"9 Wi-Fi network not found, 10 timeout,\n11 unusable answer, 12 request answered with an "
	"error status, 13 no networks seen, 14 device cannot prove itself,\n15 join failed "
	"otherwise, 16 not what --expect or the script said.";

void options_free(Options *options)
{
	char **secrets[] = { &options->pop, &options->passphrase, &options->then_passphrase };

	for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
		if (*secrets[i])
			OPENSSL_cleanse(*secrets[i], strlen(*secrets[i]));
		g_free(*secrets[i]);
	}
	g_free(options->adapter);
	g_free(options->name);
	g_free(options->user);
	g_free(options->leave_after);
	g_free(options->ssid);
	g_free(options->then_ssid);
	g_free(options->expect);
	g_free(options->expect_first);
	g_free(options->script);
	for (size_t i = 0; i < G_N_ELEMENTS(options->texts); i++)
		g_free(options->texts[i]);
	g_free(options);
}

static bool wrong(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool wrong(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_USAGE, text);
	return false;
}

char *options_read_text(const char *path, GError **error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	g_autofree char *text = g_malloc0(TEXT_MAX + 1);
	size_t len;

	if (!file) {
		wrong(error, "%s cannot be read", path);
		return NULL;
	}
	len = fread(text, 1, TEXT_MAX + 1, file);
	if (file != stdin)
		fclose(file);
	if (len > TEXT_MAX) {
		wrong(error, "%s has more than %d octets", path, TEXT_MAX);
		return NULL;
	}
	return g_steal_pointer(&text);
}

/* A secret: the first line of a file, or what was typed. */
static bool take_secret(char **typed, const char *path, char **out, GError **error)
{
	*out = g_steal_pointer(typed);
	if (!path)
		return true;
	g_free(*out);
	*out = options_read_text(path, error);
	if (*out)
		(*out)[strcspn(*out, "\r\n")] = '\0';
	return *out != NULL;
}

static void take_member(const cJSON *json, const char *key, char **out)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!cJSON_IsString(member))
		return;
	g_free(*out);
	*out = g_strdup(member->valuestring);
}

/* What the camera of a phone would read: name, user and proof of possession. */
static bool take_qr(const char *path, Options *options, GError **error)
{
	g_autofree char *text = options_read_text(path, error);
	cJSON *json;

	if (!text)
		return false;
	json = cJSON_Parse(text);
	take_member(json, "name", &options->name);
	take_member(json, "username", &options->user);
	take_member(json, "pop", &options->pop);
	options->ble.target.exact = true;
	cJSON_Delete(json);
	return json || wrong(error, "%s holds no JSON", path);
}

static bool take_target(Raw *raw, Options *options, GError **error)
{
	ScanTarget *target = &options->ble.target;

	if (raw->name && raw->exact)
		return wrong(error, "--name and --exact exclude each other");
	target->exact = raw->exact != NULL;
	target->any_case = options->ble.habit->any_case;
	options->name = g_strdup(raw->exact ? raw->exact : raw->name);
	if (!options->name && !raw->address)
		options->name = g_strdup("PROV_");
	if (raw->address && !advert_address_parse(raw->address, options->address))
		return wrong(error, "\"%s\" is no address like 00:11:22:33:44:55", raw->address);
	target->address = raw->address ? options->address : NULL;
	return true;
}

/* Written like a Bluetooth address, sent first octet first. */
static bool take_bssid(const Raw *raw, Options *options, GError **error)
{
	uint8_t reversed[MESSAGE_BSSID_LEN];

	if (!raw->bssid)
		return true;
	if (!advert_address_parse(raw->bssid, reversed))
		return wrong(error, "\"%s\" is no address like 00:11:22:33:44:55", raw->bssid);
	for (size_t i = 0; i < MESSAGE_BSSID_LEN; i++)
		options->bssid[i] = reversed[MESSAGE_BSSID_LEN - 1 - i];
	options->client.bssid = options->bssid;
	return true;
}

static bool take_security(const Raw *raw, Options *options, GError **error)
{
	const char *text = raw->security ? raw->security : "auto";

	if (strcmp(text, "auto") == 0)
		options->client.security = CLIENT_SECURITY_AUTO;
	else if (*text >= '0' && *text <= '2' && text[1] == '\0')
		options->client.security = *text - '0';
	else
		return wrong(error, "--sec is 0, 1, 2 or auto");
	return true;
}

static bool take_habit(const Raw *raw, Options *options, GError **error)
{
	const Habit *habit = habit_find(raw->habit ? raw->habit : "android");

	options->ble.habit = habit;
	options->client.habit = habit;
	return habit || wrong(error, "--habit is android, ios or esp_prov");
}

static bool take_numbers(const Raw *raw, Options *options, GError **error)
{
	if (raw->mtu != 0 && (raw->mtu < ATT_MTU_MIN || raw->mtu > ATT_MTU_MAX))
		return wrong(error, "--mtu is %d to %d", ATT_MTU_MIN, ATT_MTU_MAX);
	if (raw->tries < 1 || raw->tries > 100)
		return wrong(error, "--tries is 1 to 100");
	if (raw->scan_s <= 0 || raw->scan_s > 3600 || raw->time_s < 0 || raw->time_s > 86400 ||
	    raw->scale < 0 || raw->scale > 100)
		return wrong(error, "a time is out of bounds");
	options->ble.mtu = (uint16_t)raw->mtu;
	options->ble.tries = (unsigned)raw->tries;
	options->ble.scan_ms = (unsigned)(raw->scan_s * 1000);
	options->ble.connect_ms = 30000;
	options->ble.deadline_us =
		raw->time_s > 0 ? g_get_monotonic_time() + (int64_t)(raw->time_s * G_USEC_PER_SEC)
				: INT64_MAX;
	options->client.time_scale = raw->scale;
	return true;
}

static bool take_secrets(Raw *raw, Options *options, GError **error)
{
	return take_secret(&raw->pop, raw->pop_file, &options->pop, error) &&
	       take_secret(&raw->passphrase, raw->passphrase_file, &options->passphrase, error) &&
	       take_secret(&raw->then_passphrase, raw->then_passphrase_file,
			   &options->then_passphrase, error) &&
	       (!raw->qr_file || take_qr(raw->qr_file, options, error));
}

static void take_identity(Raw *raw, Options *options)
{
	IdentitySetup *identity = &options->identity;
	const char **places[IDENTITY_OPTIONS] = {
		&identity->common_name, &identity->csr_out,  &identity->sign_command,
		&identity->parts[0],    &identity->parts[1], &identity->parts[2],
		&identity->parts[3],    &identity->parts[4], &identity->parts[5],
	};

	for (size_t i = 0; i < IDENTITY_OPTIONS; i++) {
		options->texts[i] = g_strdup(raw->identity[i]);
		*places[i] = options->texts[i];
	}
	identity->request = raw->csr || identity->csr_out || identity->sign_command;
	identity->new_key = raw->new_key;
	identity->drop_after = (unsigned)MAX(raw->drop_after, 0);
	identity->leave_after = (unsigned)MAX(raw->leave_upload, 0);
	identity->wrong_digest_first = raw->wrong_digest;
	identity->follow = raw->follow;
	options->identity_first = raw->identity_first;
}

static bool check(const Raw *raw, const Options *options, GError **error)
{
	if (options->identity.sign_command && options->identity.parts[0])
		return wrong(error, "--sign-command and --cert-in exclude each other");
	if (options->leave_after && !client_is_step(options->leave_after))
		return wrong(error, "--walk-away-after: connected, version, hello, session, "
				    "networks, credentials, applied or waiting");
	if (options->then_ssid && !options->ssid)
		return wrong(error, "--then-ssid goes with --ssid");
	if (raw->reset && raw->reprov)
		return wrong(error, "--reset and --reprov exclude each other");
	return true;
}

static bool convert(Raw *raw, Options *options, GError **error)
{
	options->adapter = raw->adapter ? g_strdup(raw->adapter) : g_strdup("hci1");
	options->user = raw->user ? g_strdup(raw->user) : g_strdup("wifiprov");
	options->leave_after = g_strdup(raw->leave_after);
	options->ssid = g_strdup(raw->ssid);
	options->then_ssid = g_strdup(raw->then_ssid);
	options->expect = g_strdup(raw->expect);
	options->expect_first = g_strdup(raw->expect_first);
	options->script = g_strdup(raw->script);
	options->json = raw->json;
	options->scan_only = raw->scan_only;
	options->wrong_proof_first = raw->wrong_proof_first;
	options->reset = raw->reset;
	options->reprov = raw->reprov;
	options->client.lists_networks = !raw->no_scan;
	take_identity(raw, options);
	if (!take_habit(raw, options, error) || !take_target(raw, options, error) ||
	    !take_security(raw, options, error) || !take_numbers(raw, options, error) ||
	    !take_bssid(raw, options, error) || !take_secrets(raw, options, error) ||
	    !check(raw, options, error))
		return false;
	options->ble.adapter = options->adapter;
	options->ble.target.name = options->name;
	options->client.user = options->user;
	options->client.pop = options->pop ? options->pop : "";
	options->client.leave_after = options->leave_after;
	return true;
}

static void raw_clear(Raw *raw)
{
	char **texts[] = { &raw->adapter,
			   &raw->name,
			   &raw->exact,
			   &raw->address,
			   &raw->habit,
			   &raw->security,
			   &raw->user,
			   &raw->pop,
			   &raw->pop_file,
			   &raw->qr_file,
			   &raw->ssid,
			   &raw->passphrase,
			   &raw->passphrase_file,
			   &raw->bssid,
			   &raw->then_ssid,
			   &raw->then_passphrase,
			   &raw->leave_after,
			   &raw->expect,
			   &raw->expect_first,
			   &raw->script,
			   &raw->then_passphrase_file };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(*texts[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(raw->identity); i++)
		g_free(raw->identity[i]);
}

#define TEXT   G_OPTION_ARG_STRING
#define FILE_  G_OPTION_ARG_FILENAME
#define NUMBER G_OPTION_ARG_DOUBLE
#define COUNT  G_OPTION_ARG_INT
#define SWITCH G_OPTION_ARG_NONE

static bool parse(int *argc, char ***argv, Raw *raw, GError **error)
{
	const GOptionEntry entries[] = {
		{ "adapter", 'i', 0, TEXT, &raw->adapter, "our Bluetooth adapter (hci1)", "HCI" },
		{ "name", 0, 0, TEXT, &raw->name, "beginning of the device's name (PROV_)",
		  "TEXT" },
		{ "exact", 0, 0, TEXT, &raw->exact, "the device's whole name", "TEXT" },
		{ "address", 0, 0, TEXT, &raw->address, "the device's address", "ADDRESS" },
		{ "qr-file", 0, 0, FILE_, &raw->qr_file,
		  "take name, user and proof from the text of a QR code", "FILE" },
		{ "habit", 0, 0, TEXT, &raw->habit, "whom to imitate: android, ios, esp_prov",
		  "NAME" },
		{ "sec", 0, 0, TEXT, &raw->security, "security version: 0, 1, 2 or auto", "N" },
		{ "user", 0, 0, TEXT, &raw->user, "user name of security 2 (wifiprov)", "TEXT" },
		{ "pop", 0, 0, TEXT, &raw->pop, "proof of possession", "TEXT" },
		{ "pop-file", 0, 0, FILE_, &raw->pop_file,
		  "the same from a file, - is standard input", "FILE" },
		{ "ssid", 0, 0, FILE_, &raw->ssid, "Wi-Fi network to join, any octets", "TEXT" },
		{ "passphrase", 0, 0, TEXT, &raw->passphrase, "its passphrase", "TEXT" },
		{ "passphrase-file", 0, 0, FILE_, &raw->passphrase_file, "the same from a file",
		  "FILE" },
		{ "bssid", 0, 0, TEXT, &raw->bssid, "its access point, sent along", "ADDRESS" },
		{ "then-ssid", 0, 0, FILE_, &raw->then_ssid,
		  "network to try after a failure, on the same session", "TEXT" },
		{ "then-passphrase", 0, 0, TEXT, &raw->then_passphrase, "its passphrase", "TEXT" },
		{ "then-passphrase-file", 0, 0, FILE_, &raw->then_passphrase_file,
		  "the same from a file", "FILE" },
		{ "wrong-proof-first", 0, 0, SWITCH, &raw->wrong_proof_first,
		  "try a wrong proof of possession before the right one", NULL },
		{ "scan-only", 0, 0, SWITCH, &raw->scan_only, "just look for the device", NULL },
		{ "no-scan", 0, 0, SWITCH, &raw->no_scan, "do not ask the device for networks",
		  NULL },
		{ "walk-away-after", 0, 0, TEXT, &raw->leave_after, "hang up after a step",
		  "STEP" },
		{ "reset", 0, 0, SWITCH, &raw->reset, "send prov-ctrl reset and stop", NULL },
		{ "reprov", 0, 0, SWITCH, &raw->reprov, "send prov-ctrl reprov and stop", NULL },
		{ "csr", 0, 0, SWITCH, &raw->csr,
		  "have the device make a key and a request for its certificate", NULL },
		{ "csr-name", 0, 0, TEXT, &raw->identity[0], "its common name", "NAME" },
		{ "csr-out", 0, 0, FILE_, &raw->identity[1], "write the request to a file",
		  "FILE" },
		{ "new-key", 0, 0, SWITCH, &raw->new_key, "even where a key waits already", NULL },
		{ "sign-command", 0, 0, TEXT, &raw->identity[2],
		  "shell command that prints the certificate for the request in file $1",
		  "COMMAND" },
		{ "cert-in", 0, 0, FILE_, &raw->identity[3], "certificate to upload", "FILE" },
		{ "key-in", 0, 0, FILE_, &raw->identity[4], "its key", "FILE" },
		{ "trust-in", 0, 0, FILE_, &raw->identity[5], "what the broker is verified against",
		  "FILE" },
		{ "broker-in", 0, 0, FILE_, &raw->identity[6], "a broker.conf", "FILE" },
		{ "wifi-in", 0, 0, FILE_, &raw->identity[7], "a wifi.conf, for 802.1X", "FILE" },
		{ "wifi-trust-in", 0, 0, FILE_, &raw->identity[8],
		  "what such a network is verified against", "FILE" },
		{ "identity-first", 0, 0, SWITCH, &raw->identity_first,
		  "upload before the join, not after it", NULL },
		{ "drop-after", 0, 0, COUNT, &raw->drop_after,
		  "hang up after so many chunks, come back and go on", "N" },
		{ "leave-after-chunks", 0, 0, COUNT, &raw->leave_upload,
		  "hang up for good after so many chunks", "N" },
		{ "wrong-digest-first", 0, 0, SWITCH, &raw->wrong_digest,
		  "announce a wrong digest before the right one", NULL },
		{ "follow", 0, 0, SWITCH, &raw->follow,
		  "watch until the first telemetry is acknowledged", NULL },
		{ "raw", 0, 0, FILE_, &raw->script, "run a script of single requests", "SCRIPT" },
		{ "expect", 0, 0, TEXT, &raw->expect,
		  "the outcome that counts as success: "
		  "connected, auth-error, not-found, refused, ...",
		  "WORD" },
		{ "expect-first", 0, 0, TEXT, &raw->expect_first,
		  "the same of the first credentials, with --then-ssid", "WORD" },
		{ "mtu", 0, 0, COUNT, &raw->mtu, "packet size to propose, 23 to 517", "N" },
		{ "tries", 0, 0, COUNT, &raw->tries, "attempts to connect (3)", "N" },
		{ "scan-time", 0, 0, NUMBER, &raw->scan_s, "how long to look for it (20)", "S" },
		{ "time", 0, 0, NUMBER, &raw->time_s, "limit of everything, 0 for none (0)", "S" },
		{ "time-scale", 0, 0, NUMBER, &raw->scale, "factor of all waiting times (1)", "F" },
		{ "json", 0, 0, SWITCH, &raw->json, "one JSON object per step", NULL },
		{ 0 },
	};
	GOptionContext *context = g_option_context_new(NULL);
	g_autoptr(GError) local = NULL;
	bool done;

	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, description);
	g_option_context_add_main_entries(context, entries, NULL);
	done = g_option_context_parse(context, argc, argv, &local);
	g_option_context_free(context);
	if (!done)
		return wrong(error, "%s", local->message);
	return *argc == 1 || wrong(error, "\"%s\" is no option", (*argv)[1]);
}

Options *options_parse(int *argc, char ***argv, GError **error)
{
	g_autoptr(Options) options = g_new0(Options, 1);
	Raw raw = { .tries = 3, .scan_s = 20, .scale = 1 };
	bool done = parse(argc, argv, &raw, error) && convert(&raw, options, error);

	raw_clear(&raw);
	return done ? g_steal_pointer(&options) : NULL;
}
