/* SPDX-License-Identifier: MIT */
/* cloud: whatever a cloud sends. It is understood or not, never more than the list allows; each
 * command is answered once, with JSON.
 *
 *   octet      meaning
 *   0          which profile, or which cloud enrols the device
 *   1          which of its topics, or one of the input's own
 *   then       the topic up to a NUL where it is the input's own, and the payload
 *
 * Where it enrols, octet 1 and up are messages, each ended by a NUL: an octet for its topic, its
 * payload. */
#include "tests/fuzz/cursor.h"
#include "tests/fuzz/fuzz.h"

#include "agent/core/commands.h"
#include "agent/core/enrol.h"
#include "agent/core/profile.h"

#include <string.h>

static const char *const profiles[] = { "thingsboard", "eventgrid",     "iothub",
					"aws",         "homeassistant", "plain" };

static const char *const topics[] = {
	"v1/devices/me/attributes",
	"v1/devices/me/attributes/response/1",
	"v1/devices/me/rpc/request/5",
	"v1/devices/me/rpc/response/1",
	"landfall/dev-1/command",
	"landfall/dev-1/settings",
	"$iothub/methods/POST/run/?$rid=1",
	"$iothub/twin/res/200/?$rid=1",
	"$iothub/twin/PATCH/properties/desired/?$version=4",
	"devices/dev-1/messages/devicebound/%24.mid=m%2F1",
	"$aws/things/dev-1/shadow/get/accepted",
	"$aws/things/dev-1/shadow/update/delta",
	"$aws/things/dev-1/jobs/notify-next",
	"homeassistant/status",
};

static const BrokerEnrolment enrolments[] = { BROKER_ENROLMENT_THINGSBOARD, BROKER_ENROLMENT_DPS,
					      BROKER_ENROLMENT_AWS_FLEET };

static const char *const enrol_topics[] = {
	"/provision/response",
	"$dps/registrations/res/200/?$rid=1",
	"$dps/registrations/res/202/?$rid=1&retry-after=3",
	"$dps/registrations/res/200/?$rid=2",
	"$dps/registrations/res/429/?$rid=2&retry-after=5",
	"$aws/certificates/create-from-csr/json/accepted",
	"$aws/certificates/create-from-csr/json/rejected",
	"$aws/provisioning-templates/fleet/provision/json/accepted",
	"$aws/provisioning-templates/fleet/provision/json/rejected",
};

typedef struct Device {
	Commands *commands;
	const Profile *profile;
	unsigned answers;
} Device;

static char *device_status(void *data)
{
	return g_strdup("{}");
}

static void device_remember(uint64_t token, const void *octets, size_t len, void *data)
{
	const Device *device = data;

	commands_finish(device->commands, token, NULL, NULL);
}

static bool device_run(uint64_t token, const ConfigCommand *program, const char *const *arguments,
		       void *data, GError **error)
{
	const Device *device = data;

	g_assert_cmpstr(program->name, ==, "update");
	g_assert_nonnull(arguments[0]);
	g_assert_null(arguments[1]);
	for (const char *c = arguments[0]; *c; c++)
		g_assert_true(g_ascii_islower(*c));
	commands_finish(device->commands, token, "{\"status\":0}", NULL);
	return true;
}

static bool device_set_interval(const char *name, int64_t interval_ms, void *data, GError **error)
{
	g_assert_cmpint(interval_ms, >=, COMMANDS_INTERVAL_MIN);
	g_assert_cmpint(interval_ms, <=, COMMANDS_INTERVAL_MAX);
	return true;
}

static const CommandPort port = {
	.status = device_status,
	.remember = device_remember,
	.run = device_run,
	.set_interval = device_set_interval,
};

static void on_answered(const Command *command, const char *result, const GError *error, void *data)
{
	Device *device = data;
	g_autoptr(ProfileMessage) message = profile_answer(device->profile, command, result, error);
	gsize len;
	const char *text = message ? g_bytes_get_data(message->payload, &len) : NULL;
	g_autoptr(cJSON) json = text ? json_parse(text, len) : NULL;

	g_assert_true(!message || cJSON_IsObject(json));
	device->answers++;
}

static void take(Device *device, ProfileInput *input)
{
	if (input->type == PROFILE_INPUT_COMMAND) {
		commands_take(device->commands, g_steal_pointer(&input->command), on_answered,
			      device);
		g_assert_cmpuint(device->answers, ==, 1);
	} else if (input->type == PROFILE_INPUT_SETTINGS) {
		commands_apply(device->commands, input->settings);
	}
	g_assert_cmpuint(input->limits.rates_count, <=, PROFILE_RATES_MAX);
}

/* What is sent next can be sent: a topic without wildcards, and JSON. */
static void check_message(const EnrolMessage *message)
{
	g_autoptr(cJSON) json =
		json_parse(secret_data(message->payload), secret_len(message->payload));

	g_assert_true(cJSON_IsObject(json));
	g_assert_null(strpbrk(message->topic, "+#"));
}

static void check_result(const Enrol *enrol)
{
	EnrolResult result = enrol_result(enrol);

	g_assert_true(!result.client_id || strlen(result.client_id) <= ENROL_NAME_MAX);
	g_assert_true(!result.client_id || !strpbrk(result.client_id, "+#/\n"));
	g_assert_true(!result.host || !strpbrk(result.host, "/ \n"));
}

/* Returns whether the exchange goes on. */
static bool enrol_step(Enrol *enrol, const char *topic, const char *payload, size_t len)
{
	g_autoptr(GError) error = NULL;
	EnrolStep step;
	bool goes = enrol_receive(enrol, topic, payload, len, &step, &error);
	g_autoptr(EnrolMessage) message = step.message;

	g_assert_true(goes == !error);
	g_assert_true(!message == (step.type != ENROL_STEP_SEND));
	if (message)
		check_message(message);
	if (step.type == ENROL_STEP_DONE)
		check_result(enrol);
	return goes && step.type != ENROL_STEP_DONE;
}

static void fuzz_enrol(BrokerEnrolment method, Cursor *cursor)
{
	g_autoptr(Secret) secret = secret_new("s", 1);
	const EnrolSettings settings = { .name = "dev-1",
					 .certificate = "MIIB",
					 .request = "CSR",
					 .key = secret,
					 .secret = secret,
					 .id_scope = "0ne1",
					 .template = "fleet",
					 .parameters = "SerialNumber=%n" };
	g_autoptr(Enrol) enrol = enrol_new(enrol_kind(method), &settings, NULL);
	bool goes = true;

	enrol_message_free(enrol_begin(enrol));
	while (goes && cursor->len > 1) {
		size_t topic = cursor_take_u8(cursor) % G_N_ELEMENTS(enrol_topics);
		size_t len = strnlen((const char *)cursor->data, cursor->len);

		goes = enrol_step(enrol, enrol_topics[topic], (const char *)cursor->data, len);
		cursor_take(cursor, MIN(len + 1, cursor->len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "[command update]\nprogram = /bin/update\narguments = [a-z]*\n";
	g_autoptr(Config) config = config_parse(text, sizeof(text) - 1, "fuzz", NULL);
	ProfileSettings settings = { .client_id = "dev-1", .host = "hub.test" };
	Cursor cursor = cursor_init_data(size > 0 ? data : (const uint8_t *)"", size);
	size_t which =
		cursor_take_u8(&cursor) % (G_N_ELEMENTS(profiles) + G_N_ELEMENTS(enrolments));

	if (which >= G_N_ELEMENTS(profiles)) {
		fuzz_enrol(enrolments[which - G_N_ELEMENTS(profiles)], &cursor);
		return 0;
	}

	const char *kind = profiles[which];
	size_t index = cursor_take_u8(&cursor) % (G_N_ELEMENTS(topics) + 1);
	g_autofree char *own = g_strndup((const char *)cursor.data, cursor.len);
	g_autoptr(Profile) profile = profile_new(profile_find(kind), &settings, NULL);
	Device device = { .profile = profile };
	ProfileInput input;

	if (index == G_N_ELEMENTS(topics)) {
		cursor_take(&cursor, MIN(strlen(own) + 1, cursor.len));
		if (!g_utf8_validate(own, -1, NULL)) /* common/mqtt hands on none such */
			return 0;
	}
	device.commands = commands_new(&port, &device, config);
	profile_receive(profile, index < G_N_ELEMENTS(topics) ? topics[index] : own, cursor.data,
			cursor.len, &input);
	take(&device, &input);
	profile_input_clear(&input);
	commands_free(device.commands);
	return 0;
}
