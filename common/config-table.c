/* SPDX-License-Identifier: MIT */
#include "common/config-table.h"

#include "common/broker-uri.h"
#include "common/button-spec.h"
#include "common/device-key.h"
#include "common/device-name.h"
#include "common/error.h"

#include <string.h>

#define DISTANCE_MAX_LEN 64

#define SECOND          INT64_C(1000)
#define MINUTE          (60 * SECOND)
#define HOUR            (60 * MINUTE)
#define DAY             (24 * HOUR)
#define MIB             (INT64_C(1024) * 1024)
#define PATH_LEN        4095
#define SOCKET_LEN      107 /* octets of sun_path less its NUL */
#define REAL_BOUND      INT64_C(1000000000)
#define NAME_LEN        64
#define AT(member)      offsetof(Config, member)
#define BROKER(member)  offsetof(BrokerConf, member)
#define SENSOR(member)  offsetof(ConfigSensor, member)
#define PROGRAM(member) offsetof(ConfigCommand, member)
#define FOR(driver)     (1U << CONFIG_DRIVER_##driver)

static bool check_uri(const char *value, GError **error)
{
	BrokerUri uri;

	return broker_uri_parse(value, &uri, error);
}

static bool check_uuid(const char *value, GError **error)
{
	if (g_uuid_string_is_valid(value))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no UUID, which looks like 021a9004-0382-4aea-bff4-6b3f1c5adfb4");
	return false;
}

static bool check_name(const char *value, GError **error)
{
	return device_name_check(value, error);
}

/* The names bluetoothd has, the ends of its paths. */
static bool check_adapter(const char *value, GError **error)
{
	if (g_regex_match_simple("^(auto|hci[0-9]+)$", value, G_REGEX_DOLLAR_ENDONLY, 0))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "neither auto nor the name of an adapter such as hci0");
	return false;
}

/* The kernel's rule for names of interfaces. */
static bool check_interface(const char *value, GError **error)
{
	if (!strpbrk(value, "/: \t\n\v\f\r") && strcmp(value, ".") != 0 && strcmp(value, "..") != 0)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no name of a network interface such as wlan0");
	return false;
}

static bool check_button(const char *value, GError **error)
{
	g_autoptr(ButtonSpec) spec = button_spec_parse(value, error);

	return spec != NULL;
}

/* Words as g_shell_parse_argv() splits them; the first is an absolute path. */
static bool check_program(const char *value, GError **error)
{
	g_auto(GStrv) words = NULL;

	if (!*value)
		return true;
	if (g_shell_parse_argv(value, NULL, &words, NULL) && g_path_is_absolute(words[0]))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no absolute path of a program with arguments behind it");
	return false;
}

static bool check_patterns(const char *value, GError **error)
{
	g_auto(GStrv) words = NULL;

	if (!*value)
		return true;
	if (!g_shell_parse_argv(value, NULL, &words, error))
		return false;
	for (char **word = words; *word; word++) {
		g_autoptr(GRegex) regex = g_regex_new(*word, 0, 0, error);

		if (!regex)
			return false;
	}
	return true;
}

static bool check_command(const char *value, GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) cause = NULL;

	if (g_shell_parse_argv(value, NULL, &words, &cause))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "%s", cause->message);
	return false;
}

static bool check_est(const char *value, GError **error)
{
	g_autoptr(GUri) uri = NULL;
	const char *fault = NULL;

	if (!*value)
		return true;
	if (g_str_has_prefix(value, "https://"))
		uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
	if (!uri || !*g_uri_get_host(uri))
		fault = "no URL of https, such as https://HOST/.well-known/est";
	else if (g_uri_get_query(uri) || g_uri_get_fragment(uri))
		fault = "a URL with ? or #: the operation's name has to fit behind it";
	else if (g_uri_get_userinfo(uri)) /* the URL is seen in logs; the certificate says who */
		fault = "a URL with a user or password before its host; leave them out";
	if (!fault)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, fault);
	return false;
}

static bool check_token_key(const char *value, GError **error)
{
	g_autoptr(Secret) text = secret_new(value, strlen(value));

	if (device_key_place(text) != DEVICE_KEY_FILE)
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no URI of a key in a token, which begins with pkcs11: or handle:");
	return false;
}

/* A folder of sysfs, not a path to anywhere. */
static bool check_led(const char *value, GError **error)
{
	if (!strchr(value, '/') && value[0] != '.')
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no name of an LED, which is a folder of /sys/class/leds such as ACT");
	return false;
}

/* NAME=VALUE with blanks between; % stands before n or another % only. */
static bool check_parameters(const char *value, GError **error)
{
	static const char pattern[] = "^([A-Za-z0-9_-]+=([^ %]|%[n%])+( |$))*$";

	if (g_regex_match_simple(pattern, value, 0, 0))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "no list such as SerialNumber=%n Site=north, where %n is the device's "
			    "name and %% a percent sign");
	return false;
}

/* It becomes part of a topic or of a user name. */
static bool check_cloud_name(const char *value, GError **error)
{
	if (g_regex_match_simple("^[A-Za-z0-9_-]*$", value, 0, 0))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "only letters, digits, - and _ may stand in it");
	return false;
}

static const ConfigName log_levels[] = {
	{ "error", LOG_LEVEL_ERROR },   { "warning", LOG_LEVEL_WARNING },
	{ "notice", LOG_LEVEL_NOTICE }, { "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },   { NULL, 0 },
};

static const ConfigName log_formats[] = {
	{ "auto", LOG_FORMAT_AUTO },
	{ "journal", LOG_FORMAT_JOURNAL },
	{ "text", LOG_FORMAT_TEXT },
	{ "json", LOG_FORMAT_JSON },
	{ NULL, 0 },
};

static const ConfigName wifi_names[] = {
	{ "auto", CONFIG_WIFI_AUTO },
	{ "networkmanager", CONFIG_WIFI_NETWORKMANAGER },
	{ "wpa_supplicant", CONFIG_WIFI_WPA_SUPPLICANT },
	{ "iwd", CONFIG_WIFI_IWD },
	{ NULL, 0 },
};

static const ConfigName advertise_names[] = {
	{ "unprovisioned", CONFIG_ADVERTISE_UNPROVISIONED },
	{ "always", CONFIG_ADVERTISE_ALWAYS },
	{ "on-demand", CONFIG_ADVERTISE_ON_DEMAND },
	{ "network-lost", CONFIG_ADVERTISE_NETWORK_LOST },
	{ "button", CONFIG_ADVERTISE_BUTTON },
	{ NULL, 0 },
};

static const ConfigName profile_names[] = {
	{ "thingsboard", BROKER_PROFILE_THINGSBOARD },
	{ "eventgrid", BROKER_PROFILE_EVENTGRID },
	{ "iothub", BROKER_PROFILE_IOTHUB },
	{ "aws", BROKER_PROFILE_AWS },
	{ "homeassistant", BROKER_PROFILE_HOMEASSISTANT },
	{ "plain", BROKER_PROFILE_PLAIN },
	{ NULL, 0 },
};

static const ConfigName enrolment_names[] = {
	{ "none", BROKER_ENROLMENT_NONE },
	{ "thingsboard", BROKER_ENROLMENT_THINGSBOARD },
	{ "dps", BROKER_ENROLMENT_DPS },
	{ "aws-fleet", BROKER_ENROLMENT_AWS_FLEET },
	{ NULL, 0 },
};

static const ConfigName protocol_names[] = {
	{ "3.1.1", BROKER_PROTOCOL_MQTT_3_1_1 },
	{ "5", BROKER_PROTOCOL_MQTT_5 },
	{ NULL, 0 },
};

static const ConfigName backlog_order_names[] = {
	{ "oldest", CONFIG_BACKLOG_OLDEST },
	{ "newest", CONFIG_BACKLOG_NEWEST },
	{ NULL, 0 },
};

static const ConfigName spool_policy_names[] = {
	{ "refuse", CONFIG_SPOOL_REFUSE },
	{ "drop-oldest", CONFIG_SPOOL_DROP_OLDEST },
	{ "drop-newest", CONFIG_SPOOL_DROP_NEWEST },
	{ NULL, 0 },
};

static const ConfigName format_names[] = {
	{ "json", BROKER_FORMAT_JSON },
	{ "cbor", BROKER_FORMAT_CBOR },
	{ NULL, 0 },
};

static const ConfigName tls_names[] = {
	{ "1.2", TLS_VERSION_1_2 },
	{ "1.3", TLS_VERSION_1_3 },
	{ NULL, 0 },
};

static const ConfigName driver_names[] = {
	{ "simulated", CONFIG_DRIVER_SIMULATED },
	{ "hwmon", CONFIG_DRIVER_HWMON },
	{ "thermal", CONFIG_DRIVER_THERMAL },
	{ "iio", CONFIG_DRIVER_IIO },
	{ "w1", CONFIG_DRIVER_W1 },
	{ "system", CONFIG_DRIVER_SYSTEM },
	{ "command", CONFIG_DRIVER_COMMAND },
	{ NULL, 0 },
};

static const ConfigName system_names[] = {
	{ "temperature", CONFIG_SYSTEM_TEMPERATURE },
	{ "load", CONFIG_SYSTEM_LOAD },
	{ "memory", CONFIG_SYSTEM_MEMORY },
	{ "uptime", CONFIG_SYSTEM_UPTIME },
	{ "cpu", CONFIG_SYSTEM_CPU },
	{ "disk", CONFIG_SYSTEM_DISK },
	{ "network", CONFIG_SYSTEM_NETWORK },
	{ "throttled", CONFIG_SYSTEM_THROTTLED },
	{ NULL, 0 },
};

static const ConfigName method_names[] = {
	{ "status", CONFIG_METHOD_STATUS },
	{ "read_sensor", CONFIG_METHOD_READ_SENSOR },
	{ "set_interval", CONFIG_METHOD_SET_INTERVAL },
	{ "publish_now", CONFIG_METHOD_PUBLISH_NOW },
	{ "identify", CONFIG_METHOD_IDENTIFY },
	{ "log_level", CONFIG_METHOD_LOG_LEVEL },
	{ "renew_certificate", CONFIG_METHOD_RENEW_CERTIFICATE },
	{ "restart", CONFIG_METHOD_RESTART },
	{ "reboot", CONFIG_METHOD_REBOOT },
	{ "run", CONFIG_METHOD_RUN },
	{ "none", CONFIG_METHOD_NONE },
	{ NULL, 0 },
};

#define FOR_SCALED (FOR(HWMON) | FOR(THERMAL) | FOR(IIO) | FOR(W1) | FOR(COMMAND))
#define FOR_TREES  (FOR(HWMON) | FOR(THERMAL) | FOR(IIO) | FOR(W1) | FOR(SYSTEM))

/* group, key, type, member, min, max, default, help, names, drivers, check */
static const ConfigKey keys[] = {
	{ "log", "level", CONFIG_TYPE_ENUM, AT(log.level), 0, 0, "info",
	  "what is quieter than this is not logged", log_levels, 0, NULL },
	{ "log", "format", CONFIG_TYPE_ENUM, AT(log.format), 0, 0, "auto",
	  "auto: the journal where standard error leads there, else text", log_formats, 0, NULL },

	{ "store", "path", CONFIG_TYPE_PATH, AT(store.path), 1, PATH_LEN, "/var/lib/landfall/store",
	  "folder of certificates, keys and broker settings", NULL, 0, NULL },
	{ "store", "token_key", CONFIG_TYPE_STRING, AT(store.token_key), 0, DEVICE_KEY_URI_MAX, "",
	  "pkcs11: or handle: URI of the key that certificates are requested for; empty: one is "
	  "made in a file",
	  NULL, 0, check_token_key },
	{ "store", "trial", CONFIG_TYPE_DURATION, AT(store.trial_ms), 0, 7 * DAY, "5min",
	  "how long a new generation may fail to publish before the one before is compared; 0: "
	  "for ever",
	  NULL, 0, NULL },

	{ "provisioner", "security", CONFIG_TYPE_INT, AT(provisioner.security), 0, 2, "2",
	  "protocomm security scheme; 0, which has none, is not in every build", NULL, 0, NULL },
	{ "provisioner", "name", CONFIG_TYPE_STRING, AT(provisioner.name), 1, 25, "PROV_%m",
	  "advertised name; %m is the end of the Wi-Fi address", NULL, 0, check_name },
	{ "provisioner", "wifi", CONFIG_TYPE_ENUM, AT(provisioner.wifi), 0, 0, "auto",
	  "who manages the Wi-Fi interface", wifi_names, 0, NULL },
	{ "provisioner", "adapter", CONFIG_TYPE_STRING, AT(provisioner.adapter), 1, 32, "auto",
	  "Bluetooth adapter, such as hci0", NULL, 0, check_adapter },
	{ "provisioner", "interface", CONFIG_TYPE_STRING, AT(provisioner.interface), 1, 15, "auto",
	  "Wi-Fi interface, such as wlan0", NULL, 0, check_interface },
	{ "provisioner", "advertise", CONFIG_TYPE_FLAGS, AT(provisioner.advertise), 0, 0,
	  "unprovisioned", "when the phone can find the device; any of these, on-demand always",
	  advertise_names, 0, NULL },
	{ "provisioner", "unprovisioned_limit", CONFIG_TYPE_DURATION,
	  AT(provisioner.unprovisioned_limit_ms), 0, 7 * DAY, "0",
	  "how long without a phone; 0: no limit", NULL, 0, NULL },
	{ "provisioner", "always_limit", CONFIG_TYPE_DURATION, AT(provisioner.always_limit_ms), 0,
	  7 * DAY, "0", "the same after each start of the daemon", NULL, 0, NULL },
	{ "provisioner", "on_demand_limit", CONFIG_TYPE_DURATION,
	  AT(provisioner.on_demand_limit_ms), 0, 7 * DAY, "10min", "the same after a request", NULL,
	  0, NULL },
	{ "provisioner", "network_lost_limit", CONFIG_TYPE_DURATION,
	  AT(provisioner.network_lost_limit_ms), 0, 7 * DAY, "0",
	  "the same after the network was lost", NULL, 0, NULL },
	{ "provisioner", "network_lost_after", CONFIG_TYPE_DURATION,
	  AT(provisioner.network_lost_after_ms), SECOND, 7 * DAY, "5min",
	  "how long without an address before the network counts as lost", NULL, 0, NULL },
	{ "provisioner", "button_limit", CONFIG_TYPE_DURATION, AT(provisioner.button_limit_ms), 0,
	  7 * DAY, "10min", "the same after the button was held", NULL, 0, NULL },
	{ "provisioner", "button", CONFIG_TYPE_STRING, AT(provisioner.button), 0, BUTTON_SPEC_MAX,
	  "", "gpio:CHIP:LINE, gpio:CHIP:LINE:high or input:DEVICE:KEY; empty: there is none", NULL,
	  0, check_button },
	{ "provisioner", "button_hold", CONFIG_TYPE_DURATION, AT(provisioner.button_hold_ms), 100,
	  MINUTE, "3s", "how long the button has to be held", NULL, 0, NULL },
	{ "provisioner", "secrets", CONFIG_TYPE_PATH, AT(provisioner.secrets), 1, PATH_LEN,
	  "/var/lib/landfall/provisioner", "folder of the proof of possession", NULL, 0, NULL },
	{ "provisioner", "username", CONFIG_TYPE_STRING, AT(provisioner.username), 1, NAME_LEN,
	  "wifiprov", "user name of security 2", NULL, 0, NULL },
	{ "provisioner", "lockout", CONFIG_TYPE_INT, AT(provisioner.lockout), 0, 10000, "100",
	  "wrong proofs of possession in a row until it is locked; 0: never", NULL, 0, NULL },
	{ "provisioner", "service_uuid", CONFIG_TYPE_STRING, AT(provisioner.service_uuid), 36, 36,
	  "021a9004-0382-4aea-bff4-6b3f1c5adfb4",
	  "UUID of the GATT service; ESP-IDF's own default is 1775244d-6b43-439b-877c-060f2d9bed07",
	  NULL, 0, check_uuid },
	{ "provisioner", "join_timeout", CONFIG_TYPE_DURATION, AT(provisioner.join_timeout_ms),
	  5 * SECOND, 10 * MINUTE, "60s", "how long joining a network may take", NULL, 0, NULL },
	{ "provisioner", "adapter_wait", CONFIG_TYPE_DURATION, AT(provisioner.adapter_wait_ms), 100,
	  10 * MINUTE, "10s", "how long to wait for Wi-Fi and Bluetooth at start", NULL, 0, NULL },
	{ "provisioner", "bus", CONFIG_TYPE_STRING, AT(provisioner.bus), 1, 1024, "system",
	  "system, session, or the address of a D-Bus", NULL, 0, NULL },

	{ "broker", "uri", CONFIG_TYPE_STRING, BROKER(uri), 0, BROKER_URI_MAX, "",
	  "mqtts://HOST[:8883] or mqtt://HOST[:1883]; empty: as the store says", NULL, 0,
	  check_uri },
	{ "broker", "profile", CONFIG_TYPE_ENUM, BROKER(profile), 0, 0, "thingsboard",
	  "topics and payloads of which service", profile_names, 0, NULL },
	{ "broker", "protocol", CONFIG_TYPE_ENUM, BROKER(protocol), 0, 0, "3.1.1",
	  "version of MQTT", protocol_names, 0, NULL },
	{ "broker", "client_id", CONFIG_TYPE_STRING, BROKER(client_id), 0, 256, "",
	  "empty: the common name of the certificate", NULL, 0, NULL },
	{ "broker", "keep_alive", CONFIG_TYPE_DURATION, BROKER(keep_alive_ms), 5 * SECOND,
	  65535 * SECOND, "60s", "longest silence on the connection", NULL, 0, NULL },
	{ "broker", "connect_timeout", CONFIG_TYPE_DURATION, BROKER(connect_timeout_ms), SECOND,
	  10 * MINUTE, "30s", "from name look-up to the broker's answer", NULL, 0, NULL },
	{ "broker", "ca", CONFIG_TYPE_PATH, BROKER(ca), 0, PATH_LEN, "",
	  "PEM file the broker is verified against; empty: the store's, else the system's", NULL, 0,
	  NULL },

	{ "broker", "topic", CONFIG_TYPE_STRING, BROKER(topic), 0, 1024, "",
	  "of telemetry; %c is the client id, %b the base; empty: the profile's own", NULL, 0,
	  NULL },
	{ "broker", "base", CONFIG_TYPE_STRING, BROKER(base), 0, 512, "",
	  "of commands and the like; empty: landfall/%c where the profile has no topics of its own",
	  NULL, 0, NULL },
	{ "broker", "payload", CONFIG_TYPE_STRING, BROKER(payload), 0, CONFIG_VALUE_MAX, "",
	  "template of one sample, for plain; empty: the profile's own", NULL, 0, NULL },
	{ "broker", "format", CONFIG_TYPE_ENUM, BROKER(format), 0, 0, "json",
	  "of telemetry, for plain", format_names, 0, NULL },
	{ "broker", "retain", CONFIG_TYPE_BOOL, BROKER(retain), 0, 0, "false",
	  "the broker keeps the last telemetry", NULL, 0, NULL },
	{ "broker", "user_name", CONFIG_TYPE_STRING, BROKER(user_name), 0, 1024, "",
	  "of the connection; %c is the client id, %h the host; empty: the profile's own", NULL, 0,
	  NULL },
	{ "broker", "claim", CONFIG_TYPE_PATH, BROKER(claim), 0, PATH_LEN, "",
	  "file of the key that a user claims the device with, for thingsboard; empty: none", NULL,
	  0, NULL },
	{ "broker", "claim_duration", CONFIG_TYPE_DURATION, BROKER(claim_duration_ms), 0, 30 * DAY,
	  "0", "how long that key holds after each connection; 0: as the server says", NULL, 0,
	  NULL },
	{ "broker", "tls", CONFIG_TYPE_ENUM, BROKER(tls), 0, 0, "1.3", "oldest version of TLS",
	  tls_names, 0, NULL },
	{ "broker", "alpn", CONFIG_TYPE_STRING, BROKER(alpn), 0, 255, "",
	  "protocol to ask for by ALPN, such as x-amzn-mqtt-ca on port 443 of AWS; empty: none",
	  NULL, 0, NULL },
	{ "broker", "crl", CONFIG_TYPE_PATH, BROKER(crl), 0, PATH_LEN, "",
	  "PEM file of revoked certificates the broker's is looked up in; empty: it is not", NULL,
	  0, NULL },

	{ "broker", "enrolled", CONFIG_TYPE_ENUM, BROKER(enrolled), 0, 0, "none",
	  "written by the agent into broker.conf: this identity was enrolled so", enrolment_names,
	  0, NULL },

	{ "enrolment", "method", CONFIG_TYPE_ENUM, AT(enrolment.method), 0, 0, "none",
	  "cloud whose provisioning makes the identity in the store one of its own",
	  enrolment_names, 0, NULL },
	{ "enrolment", "uri", CONFIG_TYPE_STRING, AT(enrolment.uri), 0, BROKER_URI_MAX, "",
	  "mqtts://HOST[:8883] it is done at; empty: Azure's for dps, else the broker", NULL, 0,
	  check_uri },
	{ "enrolment", "ca", CONFIG_TYPE_PATH, AT(enrolment.ca), 0, PATH_LEN, "",
	  "PEM file that host is verified against; empty: as the broker", NULL, 0, NULL },
	{ "enrolment", "name", CONFIG_TYPE_STRING, AT(enrolment.name), 0, 128, "",
	  "of the device; empty: common name of the certificate, for aws-fleet the board's serial "
	  "number or the host name",
	  NULL, 0, NULL },
	{ "enrolment", "secret", CONFIG_TYPE_PATH, AT(enrolment.secret), 0, PATH_LEN, "",
	  "file of two lines, for thingsboard: provisioning key and secret", NULL, 0, NULL },
	{ "enrolment", "id_scope", CONFIG_TYPE_STRING, AT(enrolment.id_scope), 0, NAME_LEN, "",
	  "of dps", NULL, 0, check_cloud_name },
	{ "enrolment", "template", CONFIG_TYPE_STRING, AT(enrolment.template), 0, NAME_LEN, "",
	  "name of the provisioning template, for aws-fleet", NULL, 0, check_cloud_name },
	{ "enrolment", "parameters", CONFIG_TYPE_STRING, AT(enrolment.parameters), 0, 1024,
	  "SerialNumber=%n", "of that template; %n is the device's name", NULL, 0,
	  check_parameters },
	{ "enrolment", "timeout", CONFIG_TYPE_DURATION, AT(enrolment.timeout_ms), SECOND, HOUR,
	  "2min", "how long one exchange may take", NULL, 0, NULL },

	{ "renewal", "est", CONFIG_TYPE_STRING, AT(renewal.est), 0, 1024, "",
	  "base URL of an EST server, https://HOST/.well-known/est; empty: none", NULL, 0,
	  check_est },
	{ "renewal", "ca", CONFIG_TYPE_PATH, AT(renewal.ca), 0, PATH_LEN, "",
	  "PEM file the EST server is verified against; empty: the system's authorities", NULL, 0,
	  NULL },
	{ "renewal", "same_key", CONFIG_TYPE_BOOL, AT(renewal.same_key), 0, 0, "false",
	  "the new certificate is for the key there is, as always for one in a token", NULL, 0,
	  NULL },
	{ "renewal", "program", CONFIG_TYPE_STRING, AT(renewal.program), 0, CONFIG_VALUE_MAX, "",
	  "program and arguments that renew the certificate in place of the EST client", NULL, 0,
	  check_program },

	{ "agent", "interval", CONFIG_TYPE_DURATION, AT(agent.interval_ms), 10, DAY, "1s",
	  "between two readings of a sensor", NULL, 0, NULL },
	{ "agent", "spool", CONFIG_TYPE_PATH, AT(agent.spool), 1, PATH_LEN,
	  "/var/lib/landfall/agent/spool.db", "file of the samples not yet sent", NULL, 0, NULL },
	{ "agent", "spool_limit", CONFIG_TYPE_SIZE, AT(agent.spool_limit), MIB, 1024 * 1024 * MIB,
	  "64MiB", "octets the spool may take on disk", NULL, 0, NULL },
	{ "agent", "spool_policy", CONFIG_TYPE_ENUM, AT(agent.spool_policy), 0, 0, "refuse",
	  "what happens to samples when the spool is full", spool_policy_names, 0, NULL },
	{ "agent", "ingest", CONFIG_TYPE_PATH, AT(agent.ingest), 0, SOCKET_LEN,
	  "/run/landfall/agent.sock", "socket of landfallctl publish; empty: none", NULL, 0, NULL },
	{ "agent", "inflight", CONFIG_TYPE_INT, AT(agent.inflight), 1, 1000, "20",
	  "messages on their way without the broker's acknowledgement", NULL, 0, NULL },
	{ "agent", "batch", CONFIG_TYPE_INT, AT(agent.batch), 1, 1000, "100",
	  "samples in one message at most", NULL, 0, NULL },
	{ "agent", "backlog_rate", CONFIG_TYPE_INT, AT(agent.backlog_rate), 0, 1000000, "0",
	  "samples a second of what waited for a connection; 0: no limit", NULL, 0, NULL },
	{ "agent", "backlog_order", CONFIG_TYPE_ENUM, AT(agent.backlog_order), 0, 0, "oldest",
	  "what of it is sent first", backlog_order_names, 0, NULL },
	{ "agent", "bus", CONFIG_TYPE_STRING, AT(agent.bus), 0, 1024, "system",
	  "system, session, or the address of a D-Bus; empty: none", NULL, 0, NULL },

	{ "indicator", "leds", CONFIG_TYPE_PATH, AT(indicator.leds), 1, PATH_LEN, "/sys/class/leds",
	  "folder of the LEDs", NULL, 0, NULL },
	{ "indicator", "led_wifi", CONFIG_TYPE_STRING, AT(indicator.led_wifi), 0, NAME_LEN, "",
	  "LED of the network; empty: none, and so below", NULL, 0, check_led },
	{ "indicator", "led_mqtt", CONFIG_TYPE_STRING, AT(indicator.led_mqtt), 0, NAME_LEN, "",
	  "LED of the connection to the broker", NULL, 0, check_led },
	{ "indicator", "led_published", CONFIG_TYPE_STRING, AT(indicator.led_published), 0,
	  NAME_LEN, "", "LED that flashes when the broker took a sample", NULL, 0, check_led },
	{ "indicator", "led_error", CONFIG_TYPE_STRING, AT(indicator.led_error), 0, NAME_LEN, "",
	  "LED that is lit after a failure", NULL, 0, check_led },
	{ "indicator", "led_provisioning", CONFIG_TYPE_STRING, AT(indicator.led_provisioning), 0,
	  NAME_LEN, "", "LED of provisioning", NULL, 0, check_led },
	{ "indicator", "led_status", CONFIG_TYPE_STRING, AT(indicator.led_status), 0, NAME_LEN, "",
	  "one LED for everything", NULL, 0, check_led },
	{ "indicator", "display", CONFIG_TYPE_PATH, AT(indicator.display), 0, PATH_LEN, "",
	  "I2C bus of an SSD1306 display, such as /dev/i2c-1; empty: none", NULL, 0, NULL },
	{ "indicator", "display_address", CONFIG_TYPE_INT, AT(indicator.display_address), 3, 119,
	  "60", "its address on the bus: 60 is 0x3c, 61 is 0x3d", NULL, 0, NULL },
	{ "indicator", "font", CONFIG_TYPE_PATH, AT(indicator.font), 1, PATH_LEN,
	  "/usr/share/consolefonts/Lat15-Terminus12x6.psf.gz", "console font of the display", NULL,
	  0, NULL },

	{ "commands", "allow", CONFIG_TYPE_FLAGS, AT(commands.allow), 0, 0,
	  "status,read_sensor,set_interval,publish_now,identify,log_level,renew_certificate,"
	  "restart,reboot,run",
	  "what a cloud may ask for; none alone: it is not listened to", method_names, 0, NULL },
	{ "commands", "reboot", CONFIG_TYPE_STRING, AT(commands.reboot), 0, CONFIG_VALUE_MAX, "",
	  "program and arguments that reboot the device; empty: it cannot be asked for", NULL, 0,
	  check_program },
	{ "commands", "memory", CONFIG_TYPE_PATH, AT(commands.memory), 1, PATH_LEN,
	  "/var/lib/landfall/agent/commands", "file of the requests that were carried out", NULL, 0,
	  NULL },

	{ "command", "program", CONFIG_TYPE_STRING, PROGRAM(program), 0, CONFIG_VALUE_MAX, "",
	  "path of a program and its first arguments", NULL, 0, check_program },
	{ "command", "enabled", CONFIG_TYPE_BOOL, PROGRAM(enabled), 0, 0, "true",
	  "false switches a program off that another file defines", NULL, 0, NULL },
	{ "command", "arguments", CONFIG_TYPE_STRING, PROGRAM(arguments), 0, CONFIG_VALUE_MAX, "",
	  "a regular expression for each argument that a request has to bring", NULL, 0,
	  check_patterns },
	{ "command", "timeout", CONFIG_TYPE_DURATION, PROGRAM(timeout_ms), 100, HOUR, "10s",
	  "how long it may take", NULL, 0, NULL },
	{ "command", "output", CONFIG_TYPE_SIZE, PROGRAM(output), 0, 65536, "4KiB",
	  "octets that are kept of what it prints", NULL, 0, NULL },

	{ "sensor", "driver", CONFIG_TYPE_ENUM, SENSOR(driver), 0, 0, "",
	  "where readings come from", driver_names, 0, NULL },
	{ "sensor", "enabled", CONFIG_TYPE_BOOL, SENSOR(enabled), 0, 0, "true",
	  "false switches a sensor off that another file defines", NULL, 0, NULL },
	{ "sensor", "key", CONFIG_TYPE_STRING, SENSOR(key), 0, NAME_LEN, "",
	  "name of the reading; empty: that of the sensor", NULL, 0, NULL },
	{ "sensor", "interval", CONFIG_TYPE_DURATION, SENSOR(interval_ms), 0, DAY, "0",
	  "between two readings; 0: as [agent] says", NULL, 0, NULL },
	{ "sensor", "timeout", CONFIG_TYPE_DURATION, SENSOR(timeout_ms), 100, HOUR, "10s",
	  "a reading that takes longer has failed", NULL, 0, NULL },
	{ "sensor", "unit", CONFIG_TYPE_STRING, SENSOR(unit), 0, 32, "",
	  "what the reading counts, for people; empty: the driver's unit", NULL, 0, NULL },
	{ "sensor", "scale", CONFIG_TYPE_REAL, SENSOR(scale), -REAL_BOUND, REAL_BOUND, "1",
	  "reading = scale * value + offset, value in the driver's unit", NULL, FOR_SCALED, NULL },
	{ "sensor", "offset", CONFIG_TYPE_REAL, SENSOR(offset), -REAL_BOUND, REAL_BOUND, "0",
	  "see scale", NULL, FOR_SCALED, NULL },
	{ "sensor", "lowest", CONFIG_TYPE_REAL, SENSOR(lowest), -REAL_BOUND, REAL_BOUND, "",
	  "a reading below is left out; empty: no limit", NULL, 0, NULL },
	{ "sensor", "highest", CONFIG_TYPE_REAL, SENSOR(highest), -REAL_BOUND, REAL_BOUND, "",
	  "a reading above is left out; empty: no limit", NULL, 0, NULL },
	{ "sensor", "dead_band", CONFIG_TYPE_REAL, SENSOR(dead_band), 0, REAL_BOUND, "0",
	  "a reading that has changed by less is kept back; 0: none is", NULL, 0, NULL },
	{ "sensor", "refresh", CONFIG_TYPE_DURATION, SENSOR(refresh_ms), 0, 7 * DAY, "10min",
	  "how long the dead band keeps a reading back at most; 0: for ever", NULL, 0, NULL },
	{ "sensor", "root", CONFIG_TYPE_PATH, SENSOR(root), 0, PATH_LEN, "",
	  "folder to look in; empty: where the kernel has it", NULL, FOR_TREES, NULL },
	{ "sensor", "minimum", CONFIG_TYPE_REAL, SENSOR(minimum), -REAL_BOUND, REAL_BOUND, "20",
	  "lowest value of the wave", NULL, FOR(SIMULATED), NULL },
	{ "sensor", "maximum", CONFIG_TYPE_REAL, SENSOR(maximum), -REAL_BOUND, REAL_BOUND, "30",
	  "highest value of the wave", NULL, FOR(SIMULATED), NULL },
	{ "sensor", "period", CONFIG_TYPE_DURATION, SENSOR(period_ms), SECOND, DAY, "60s",
	  "length of the wave", NULL, FOR(SIMULATED), NULL },
	{ "sensor", "chip", CONFIG_TYPE_STRING, SENSOR(chip), 0, NAME_LEN, "",
	  "name of the chip or of its device, such as 1-0044; empty: the first with that input",
	  NULL, FOR(HWMON), NULL },
	{ "sensor", "input", CONFIG_TYPE_STRING, SENSOR(input), 1, NAME_LEN, "temp1",
	  "input of the chip, such as temp1, in1, fan1", NULL, FOR(HWMON), NULL },
	{ "sensor", "zone", CONFIG_TYPE_STRING, SENSOR(zone), 0, NAME_LEN, "",
	  "type or folder of the thermal zone; empty: the first", NULL, FOR(THERMAL), NULL },
	{ "sensor", "device", CONFIG_TYPE_STRING, SENSOR(device), 0, NAME_LEN, "",
	  "name of the device, such as bme280, 1-0076, iio:device0 or 28-0316a2794bff; empty: "
	  "the first",
	  NULL, FOR(IIO) | FOR(W1), NULL },
	{ "sensor", "channel", CONFIG_TYPE_STRING, SENSOR(channel), 1, NAME_LEN, "in_temp",
	  "channel of the device, such as in_temp, in_pressure", NULL, FOR(IIO), NULL },
	{ "sensor", "command", CONFIG_TYPE_STRING, SENSOR(command), 0, CONFIG_VALUE_MAX, "",
	  "program and arguments, without a shell; prints one JSON object", NULL, FOR(COMMAND),
	  check_command },
	{ "sensor", "what", CONFIG_TYPE_FLAGS, SENSOR(what), 0, 0, "temperature,load,memory,uptime",
	  "which readings, separated by commas", system_names, FOR(SYSTEM), NULL },
	{ "sensor", "mount", CONFIG_TYPE_PATH, SENSOR(mount), 1, PATH_LEN, "/",
	  "a folder on the file system that disk is about", NULL, FOR(SYSTEM), NULL },
	{ "sensor", "interface", CONFIG_TYPE_STRING, SENSOR(interface), 0, 15, "",
	  "what network is about, such as wlan0; empty: all but lo", NULL, FOR(SYSTEM),
	  check_interface },
};

const ConfigKey *config_table(size_t *count)
{
	*count = G_N_ELEMENTS(keys);
	return keys;
}

const ConfigKey *config_table_find(const char *group, const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].key, key) == 0)
			return &keys[i];
	return NULL;
}

bool config_table_has_group(const char *group)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].group, group) == 0)
			return true;
	return false;
}

uint32_t config_table_bit(const ConfigKey *key)
{
	const ConfigKey *first = key;

	g_assert(strcmp(key->group, CONFIG_GROUP_BROKER) == 0);
	while (first > keys && strcmp(first[-1].group, CONFIG_GROUP_BROKER) == 0)
		first--;
	return 1U << (key - first);
}

unsigned int config_table_distance(const char *a, const char *b)
{
	unsigned int row[DISTANCE_MAX_LEN + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);

	if (a_len > DISTANCE_MAX_LEN || b_len > DISTANCE_MAX_LEN)
		return G_MAXUINT;
	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			unsigned int replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(replaced, MIN(row[j - 1], row[j]) + 1);
		}
	}
	return row[b_len];
}

/* The word nearest to @word among the keys of @group, or for NULL among the groups; NULL when
 * none is near enough to be what was meant. */
static const char *table_nearest(const char *word, const char *group)
{
	const char *nearest = NULL;
	unsigned int bound = MAX(2U, (unsigned int)MIN(strlen(word), 64) / 3);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (group && strcmp(keys[i].group, group) != 0)
			continue;

		const char *candidate = group ? keys[i].key : keys[i].group;
		unsigned int distance = config_table_distance(word, candidate);

		if (distance <= bound) {
			nearest = candidate;
			bound = distance > 0 ? distance - 1 : 0;
		}
	}
	return nearest;
}

/* Comma-separated: the keys of @group, or for NULL the groups */
static char *table_list(const char *group)
{
	GString *list = g_string_new(NULL);
	const char *last = "";

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *word = group ? keys[i].key : keys[i].group;

		if ((group && strcmp(keys[i].group, group) != 0) || strcmp(word, last) == 0)
			continue;
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", word);
		last = word;
	}
	return g_string_free(list, FALSE);
}

char *config_table_explain_group(const char *group)
{
	const char *nearest = table_nearest(group, NULL);

	if (g_strcmp0(nearest, CONFIG_GROUP_SENSOR) == 0)
		return g_strdup("did you mean [sensor NAME]?");
	if (g_strcmp0(nearest, CONFIG_GROUP_PROGRAM) == 0)
		return g_strdup("did you mean [command NAME]?");
	if (nearest)
		return g_strdup_printf("did you mean [%s]?", nearest);

	g_autofree char *list = table_list(NULL);

	return g_strdup_printf("known are %s", list);
}

char *config_table_explain_key(const char *group, const char *key)
{
	const char *nearest = table_nearest(key, group);

	if (nearest)
		return g_strdup_printf("did you mean \"%s\"?", nearest);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return g_strdup_printf("it belongs to [%s]", keys[i].group);

	g_autofree char *list = table_list(group);

	return g_strdup_printf("known are %s", list);
}
