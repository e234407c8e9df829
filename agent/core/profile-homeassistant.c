/* SPDX-License-Identifier: MIT */
/*
 * profile-homeassistant - Home Assistant over any broker, by MQTT discovery
 *
 *   BASE/state                              {"ts":MS,READINGS,"seq":N}
 *   BASE/availability                       online, offline (also the will), kept by the broker
 *   homeassistant/sensor/NODE/KEY/config    what a reading is, kept by the broker; likewise
 *   homeassistant/binary_sensor/…           for a boolean, and
 *   homeassistant/button/NODE/METHOD/config for three commands
 *   homeassistant/sensor/NODE/certificate_days_left/config   a member of the report, likewise
 *   homeassistant/status                    online: it began anew, all is told again
 *
 * A reading is announced when it is first sent over a connection. NODE and KEY are client id and
 * name. One with anything but A-Z a-z 0-9 _ - has _ in its place and part of the name's SHA-256
 * behind, so that it's and it_s are two; so has a reading of the name that is ours. Commands go
 * over the topics of profile-base.
 *
 * Source: Home Assistant, "MQTT", discovery; "MQTT button", "MQTT sensor"
 */
#include "agent/core/profile-base.h"
#include "agent/core/text.h"

#include "landfall-config.h"

#include <string.h>

#define PREFIX "homeassistant/"
#define STATUS PREFIX "status"

#define CERTIFICATE_DAYS "certificate_days_left"

#define ID_CHARACTERS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-"
#define DIGEST_DIGITS 8

static const char *const filters[] = { "%b/command", "%b/settings", STATUS, NULL };

/* How readings of well-known names are shown; a name counts by its end. */
static const struct Look {
	const char *name;
	const char *device_class;
	const char *unit;
} looks[] = {
	{ "temperature", "temperature", "°C" },
	{ "humidity", "humidity", "%" },
	{ "pressure", "atmospheric_pressure", "hPa" },
	{ "uptime", "duration", "s" },
	{ "memory", NULL, "%" },
};

typedef struct Button {
	const char *method;
	const char *name;
	const char *device_class;
} Button;

static const Button buttons[] = {
	{ "identify", "Identify", "identify" },
	{ "publish_now", "Publish now", "update" },
	{ "restart", "Restart agent", "restart" },
};

static void homeassistant_append(const Profile *profile, GString *text, const Sample *sample)
{
	g_string_append(text, "{\"ts\":");
	text_append_u64(text, (uint64_t)sample->ts_ms);
	g_string_append_c(text, ',');
	g_string_append_len(text, sample->values, (gssize)sample->values_len);
	if (!sample->synced)
		g_string_append(text, ",\"synced\":false");
	g_string_append(text, ",\"seq\":");
	text_append_u64(text, sample->seq);
	g_string_append_c(text, '}');
}

static char *id_apart(const char *name)
{
	g_autofree char *id = g_strcanon(g_strdup(name), ID_CHARACTERS, '_');
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);

	return g_strdup_printf("%s_%.*s", id, DIGEST_DIGITS, digest);
}

static char *id_new(const char *name)
{
	return strspn(name, ID_CHARACTERS) == strlen(name) ? g_strdup(name) : id_apart(name);
}

/* What the certificate has left is announced by us. */
static char *reading_id(const char *name)
{
	return strcmp(name, CERTIFICATE_DAYS) == 0 ? id_apart(name) : id_new(name);
}

static void add_device(cJSON *config, const Profile *profile)
{
	const char *id = profile_client_id(profile);
	cJSON *device = cJSON_AddObjectToObject(config, "device");

	cJSON_AddItemToObject(device, "identifiers", cJSON_CreateStringArray(&id, 1));
	cJSON_AddStringToObject(device, "name", id);
	cJSON_AddStringToObject(device, "manufacturer", "Landfall");
	cJSON_AddStringToObject(device, "sw_version", LANDFALL_VERSION);
}

static void add_topic(cJSON *config, const Profile *profile, const char *name, const char *template)
{
	g_autofree char *topic = profile_expand(profile, template);

	cJSON_AddStringToObject(config, name, topic);
}

/* The message that announces @object of @component; @config is transferred. */
static ProfileMessage *config_message(const Profile *profile, const char *component,
				      const char *object, cJSON *config)
{
	g_autofree char *node = id_new(profile_client_id(profile));
	g_autofree char *id = g_strdup_printf("%s_%s", node, object);
	ProfileMessage *message;
	char *payload;

	cJSON_AddStringToObject(config, "unique_id", id);
	add_topic(config, profile, "availability_topic", "%b/availability");
	add_device(config, profile);
	payload = json_print(config);
	cJSON_Delete(config);
	message = profile_message_new(
		g_strdup_printf(PREFIX "%s/%s/%s/config", component, node, object), payload,
		strlen(payload));
	message->retain = true;
	return message;
}

static ProfileMessage *button_message(const Profile *profile, const Button *button)
{
	cJSON *config = cJSON_CreateObject();
	g_autofree char *template = g_strdup_printf(
		"{\"id\":\"{{ now().timestamp() }}\",\"method\":\"%s\"}", button->method);

	cJSON_AddStringToObject(config, "name", button->name);
	cJSON_AddStringToObject(config, "device_class", button->device_class);
	add_topic(config, profile, "command_topic", "%b/command");
	cJSON_AddStringToObject(config, "command_template", template);
	return config_message(profile, "button", button->method, config);
}

/* What the certificate has left: a member of the report. */
static ProfileMessage *certificate_message(const Profile *profile)
{
	cJSON *config = cJSON_CreateObject();

	cJSON_AddStringToObject(config, "name", "Certificate");
	add_topic(config, profile, "state_topic", "%b/report");
	cJSON_AddStringToObject(config, "value_template",
				"{{ value_json['" CERTIFICATE_DAYS "'] }}");
	cJSON_AddStringToObject(config, "device_class", "duration");
	cJSON_AddStringToObject(config, "unit_of_measurement", "d");
	cJSON_AddStringToObject(config, "entity_category", "diagnostic");
	return config_message(profile, "sensor", CERTIFICATE_DAYS, config);
}

static void homeassistant_hello(const Profile *profile, const char *report, GPtrArray *messages)
{
	for (size_t i = 0; i < G_N_ELEMENTS(buttons); i++)
		g_ptr_array_add(messages, button_message(profile, &buttons[i]));
	g_ptr_array_add(messages, certificate_message(profile));
	profile_base_hello(profile, report, messages);
}

/* The value of a reading, as a template; a ' in its name must not end the text. */
static char *value_template(const cJSON *reading)
{
	g_autoptr(GString) key = g_string_new(reading->string);

	g_string_replace(key, "'", "\\'", 0);
	if (cJSON_IsBool(reading))
		return g_strdup_printf("{{ 'ON' if value_json['%s'] else 'OFF' }}", key->str);
	return g_strdup_printf("{{ value_json['%s'] }}", key->str);
}

static void add_look(cJSON *config, const char *key)
{
	cJSON_AddStringToObject(config, "state_class", "measurement");
	for (size_t i = 0; i < G_N_ELEMENTS(looks); i++) {
		if (!g_str_has_suffix(key, looks[i].name))
			continue;
		if (looks[i].device_class)
			cJSON_AddStringToObject(config, "device_class", looks[i].device_class);
		cJSON_AddStringToObject(config, "unit_of_measurement", looks[i].unit);
		return;
	}
}

static ProfileMessage *reading_message(const Profile *profile, const cJSON *reading)
{
	cJSON *config = cJSON_CreateObject();
	g_autofree char *object = reading_id(reading->string);
	g_autofree char *template = value_template(reading);

	cJSON_AddStringToObject(config, "name", reading->string);
	add_topic(config, profile, "state_topic", profile_topic(profile));
	cJSON_AddStringToObject(config, "value_template", template);
	if (cJSON_IsNumber(reading))
		add_look(config, reading->string);
	return config_message(profile, cJSON_IsBool(reading) ? "binary_sensor" : "sensor", object,
			      config);
}

/* Names that homeassistant_append() adds. */
static bool is_ours(const char *name)
{
	return strcmp(name, "ts") == 0 || strcmp(name, "seq") == 0 || strcmp(name, "synced") == 0;
}

static void homeassistant_announce(const Profile *profile, GHashTable *known, const char *payload,
				   size_t len, GPtrArray *messages)
{
	g_autoptr(cJSON) sample = json_parse(payload, len);

	for (const cJSON *reading = sample ? sample->child : NULL; reading;
	     reading = reading->next) {
		if (is_ours(reading->string) || g_hash_table_contains(known, reading->string) ||
		    g_hash_table_size(known) == PROFILE_READINGS_MAX)
			continue;
		g_hash_table_add(known, g_strdup(reading->string));
		g_ptr_array_add(messages, reading_message(profile, reading));
	}
}

static void homeassistant_receive(const Profile *profile, const char *topic, const void *payload,
				  size_t len, ProfileInput *input)
{
	if (strcmp(topic, STATUS) != 0)
		profile_base_receive(profile, topic, payload, len, input);
	else if (len == strlen("online") && memcmp(payload, "online", len) == 0)
		input->type = PROFILE_INPUT_ANEW;
}

const ProfileKind profile_homeassistant = {
	.name = "homeassistant",
	.wants = PROFILE_WANTS_TOPIC | PROFILE_WANTS_BASE | PROFILE_WANTS_RETAIN,
	.topic = "%b/state",
	.presence = "%b/availability",
	.filters = filters,
	.payload_max = 65536,
	.samples_max = 1,
	.append = homeassistant_append,
	.hello = homeassistant_hello,
	.announce = homeassistant_announce,
	.report = profile_base_report,
	.receive = homeassistant_receive,
	.answer = profile_base_answer,
};
