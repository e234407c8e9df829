/* SPDX-License-Identifier: MIT */
/* How each cloud enrols a device, octet for octet: what is sent, and what its answers mean. */
#include "agent/core/enrol.h"
#include "common/error.h"

#include <string.h>

/* A request, a certificate for it and one for another key; @eol is how a line ends. */
#define REQUEST_PEM(eol)                                                                           \
	"-----BEGIN CERTIFICATE REQUEST-----" eol                                                  \
	"MIHJMHICAQAwEDEOMAwGA1UEAwwFZGV2LTEwWTATBgcqhkjOPQIBBggqhkjOPQMB" eol                     \
	"BwNCAAR53hk3tD/5G6+LCwSRwPiEHzVxP8JJOjaxsVwavBZ+wPojyL/Q9ab9jBpd" eol                     \
	"Byz0qyhgIMYyxcl5w5wH0ep+w41WoAAwCgYIKoZIzj0EAwIDRwAwRAIgag/ca/tj" eol                     \
	"BCPbwWVpJzYQ0eMdal9ThGEROHxe0mKMILwCIEoUl5dFLy2E2me931aa537Le8sx" eol                     \
	"9jNdf77jxcXMVZTD" eol "-----END CERTIFICATE REQUEST-----" eol
#define CERTIFICATE_PEM(eol)                                                                       \
	"-----BEGIN CERTIFICATE-----" eol                                                          \
	"MIIBdjCCAR2gAwIBAgIUAPJUZI6xsoL4vDv+xD/irc78tfAwCgYIKoZIzj0EAwIw" eol                     \
	"EDEOMAwGA1UEAwwFZGV2LTEwIBcNMjYxMTI2MDUzNDU1WhgPMjEyNjExMDIwNTM0" eol                     \
	"NTVaMBAxDjAMBgNVBAMMBWRldi0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" eol                     \
	"ed4ZN7Q/+RuviwsEkcD4hB81cT/CSTo2sbFcGrwWfsD6I8i/0PWm/YwaXQcs9Kso" eol                     \
	"YCDGMsXJecOcB9HqfsONVqNTMFEwHQYDVR0OBBYEFPr5UsIkJONr13Xd5B4Y8Qet" eol                     \
	"6WpvMB8GA1UdIwQYMBaAFPr5UsIkJONr13Xd5B4Y8Qet6WpvMA8GA1UdEwEB/wQF" eol                     \
	"MAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgVCT3p/iVbp5Q6RXAJ/EIFM6EmoozAUkh" eol                     \
	"l/c+Deaci9ECIFRIk6PqiBfA8q9hm0GW4CREPjaXdiWoTqjK753Vu5rJ" eol                             \
	"-----END CERTIFICATE-----" eol
#define STRANGERS_PEM(eol)                                                                         \
	"-----BEGIN CERTIFICATE-----" eol                                                          \
	"MIIBeDCCAR2gAwIBAgIUBs++iDNLXiyOVmh7FeEWRCZ+Ic8wCgYIKoZIzj0EAwIw" eol                     \
	"EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTI2MDUzNDU1WhgPMjEyNjExMDIwNTM0" eol                     \
	"NTVaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" eol                     \
	"3SJjxxs3TCfr6xZGM/2S5nRQ0YvRs5unpNEkQI3BZQR/EC3KUE4Jxe6Unleo4Rrv" eol                     \
	"Vc57SAPPUHZ24TebPgN0UqNTMFEwHQYDVR0OBBYEFBWA4Vo0u6zxJsqF5lFD6bbI" eol                     \
	"OEfWMB8GA1UdIwQYMBaAFBWA4Vo0u6zxJsqF5lFD6bbIOEfWMA8GA1UdEwEB/wQF" eol                     \
	"MAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhALLOfQ/YiMZYMrMdUMEuyz9W1xAcdJLI" eol                     \
	"WuCsswaXCtn9AiEAhxFcxPrvfnwljR3IahN574T7/v/8h3XSOrB2tzi10uE=" eol                         \
	"-----END CERTIFICATE-----" eol
#define KEY_PEM(eol) "-----BEGIN PRIVATE KEY-----" eol "MAA=" eol "-----END PRIVATE KEY-----" eol

static Enrol *enrol_for(BrokerEnrolment method, const char *name)
{
	g_autoptr(Secret) key = secret_new("key\"1", 5);
	g_autoptr(Secret) secret = secret_new("s3cret", 6);
	const EnrolSettings settings = {
		.name = name,
		.certificate = "MIIB",
		.request = REQUEST_PEM("\n"),
		.key = key,
		.secret = secret,
		.id_scope = "0ne0001",
		.template = "fleet",
		.parameters = "SerialNumber=%n Site=100%%",
	};
	g_autoptr(GError) error = NULL;
	Enrol *enrol = enrol_new(enrol_kind(method), &settings, &error);

	g_assert_no_error(error);
	return enrol;
}

static void check_message(const EnrolMessage *message, const char *topic, const char *payload)
{
	g_assert_nonnull(message);
	g_assert_cmpstr(message->topic, ==, topic);
	g_assert_cmpstr((const char *)secret_data(message->payload), ==, payload);
	g_assert_cmpuint(secret_len(message->payload), ==, strlen(payload));
}

static void check_begin(Enrol *enrol, const char *topic, const char *payload)
{
	g_autoptr(EnrolMessage) message = enrol_begin(enrol);

	check_message(message, topic, payload);
}

/* A message that is answered by another one. */
static void check_next(Enrol *enrol, const char *from, const char *answer, uint32_t wait_ms,
		       const char *topic, const char *payload)
{
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	g_assert_true(enrol_receive(enrol, from, answer, strlen(answer), &step, &error));
	g_assert_cmpint(step.type, ==, ENROL_STEP_SEND);
	g_assert_cmpuint(step.wait_ms, ==, wait_ms);

	g_autoptr(EnrolMessage) message = step.message;

	check_message(message, topic, payload);
}

static void check_step(Enrol *enrol, const char *from, const char *answer, EnrolStepType type)
{
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	g_assert_true(enrol_receive(enrol, from, answer, strlen(answer), &step, &error));
	g_assert_cmpint(step.type, ==, type);
	g_assert_null(step.message);
}

/* --- the connection --- */

typedef struct Connection {
	BrokerEnrolment method;
	const char *user_name;
	const char *filters; /* with blanks between */
} Connection;

static const Connection connections[] = {
	{ BROKER_ENROLMENT_THINGSBOARD, "provision", "/provision/response" },
	{ BROKER_ENROLMENT_DPS, "0ne0001/registrations/dev-1/api-version=2019-03-31",
	  "$dps/registrations/res/#" },
	{ BROKER_ENROLMENT_AWS_FLEET, NULL,
	  "$aws/certificates/create-from-csr/json/accepted "
	  "$aws/certificates/create-from-csr/json/rejected "
	  "$aws/provisioning-templates/fleet/provision/json/accepted "
	  "$aws/provisioning-templates/fleet/provision/json/rejected" },
};

static void test_connection(gconstpointer data)
{
	const Connection *c = data;
	bool dps = c->method == BROKER_ENROLMENT_DPS;
	g_autoptr(Enrol) enrol = enrol_for(c->method, "dev-1");
	g_autofree char *filters = g_strjoinv(" ", (char **)enrol_filters(enrol));

	g_assert_cmpstr(enrol_client_id(enrol), ==, "dev-1");
	g_assert_cmpstr(enrol_user_name(enrol), ==, c->user_name);
	g_assert_cmpstr(filters, ==, c->filters);
	/* Azure has one desk for all; the others are where their broker is */
	g_assert_cmpstr(enrol_kind_uri(enrol_kind(c->method)), ==,
			dps ? "mqtts://global.azure-devices-provisioning.net" : NULL);
}

typedef struct NameCase {
	BrokerEnrolment method;
	const char *name;
	bool fits;
} NameCase;

static const NameCase names[] = {
	{ BROKER_ENROLMENT_THINGSBOARD, "Ger\xc3\xa4t 7", true },
	{ BROKER_ENROLMENT_THINGSBOARD, "", false },
	{ BROKER_ENROLMENT_THINGSBOARD, "\xff", false },
	{ BROKER_ENROLMENT_DPS, "a-b_c.d:e", true },
	{ BROKER_ENROLMENT_DPS, "a/b", false },
	{ BROKER_ENROLMENT_DPS, "a+b", false },
	{ BROKER_ENROLMENT_AWS_FLEET, "10000000abcdef01", true },
	{ BROKER_ENROLMENT_AWS_FLEET, "a b", false },
};

static void test_names(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const EnrolSettings settings = { .name = names[i].name,
						 .id_scope = "0ne",
						 .template = "fleet" };
		g_autoptr(GError) error = NULL;
		g_autoptr(Enrol) enrol = enrol_new(enrol_kind(names[i].method), &settings, &error);

		g_assert_cmpint(enrol != NULL, ==, names[i].fits);
		if (!names[i].fits)
			g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG);
	}
}

/* --- good exchanges --- */

#define TB_ANSWER "/provision/response"
#define TB_SUCCESS(name)                                                                           \
	"{\"" name "\":\"SUCCESS\",\"credentialsType\":\"X509_CERTIFICATE\","                      \
	"\"credentialsValue\":\"MIIB\"}"

static void test_thingsboard(void)
{
	g_autoptr(Enrol) enrol = enrol_for(BROKER_ENROLMENT_THINGSBOARD, "dev-1");
	EnrolResult result;

	check_step(enrol, TB_ANSWER, TB_SUCCESS("status"), ENROL_STEP_NOTHING);
	check_begin(enrol, "/provision/request",
		    "{\"deviceName\":\"dev-1\",\"provisionDeviceKey\":\"key\\\"1\","
		    "\"provisionDeviceSecret\":\"s3cret\","
		    "\"credentialsType\":\"X509_CERTIFICATE\",\"hash\":\"MIIB\"}");
	check_step(enrol, "/provision/other", "{}", ENROL_STEP_NOTHING);
	check_step(enrol, TB_ANSWER, TB_SUCCESS("status"), ENROL_STEP_DONE);
	check_step(enrol, TB_ANSWER, TB_SUCCESS("provisionDeviceStatus"), ENROL_STEP_DONE);
	result = enrol_result(enrol);
	g_assert_null(result.certificate);
	g_assert_null(result.host);
	g_assert_null(result.client_id);
}

#define AWS_CREATE    "$aws/certificates/create-from-csr/json"
#define AWS_PROVISION "$aws/provisioning-templates/fleet/provision/json"
#define AWS_CREATED   AWS_CREATED_AS("hi\\n" KEY_PEM("\\n") CERTIFICATE_PEM("\\n") KEY_PEM("\\n"))
#define AWS_CREATED_AS(pem)                                                                        \
	"{\"certificateId\":\"c\",\"certificatePem\":\"" pem                                       \
	"\",\"certificateOwnershipToken\":\"t\"}"
#define AWS_THING "{\"deviceConfiguration\":{},\"thingName\":\"thing-7\"}"

#define FIVE   OURS OURS OURS OURS OURS
#define ELEVEN FIVE FIVE OURS
#define OURS   CERTIFICATE_PEM("\\n")

static void aws_to_provision(Enrol *enrol)
{
	check_begin(enrol, AWS_CREATE,
		    "{\"certificateSigningRequest\":\"" REQUEST_PEM("\\u000a") "\"}");
	check_step(enrol, AWS_PROVISION "/accepted", AWS_THING, ENROL_STEP_NOTHING);
	check_next(enrol, AWS_CREATE "/accepted", AWS_CREATED, 0, AWS_PROVISION,
		   "{\"certificateOwnershipToken\":\"t\",\"parameters\":{"
		   "\"SerialNumber\":\"dev-1\",\"Site\":\"100%\"}}");
}

static void test_aws(void)
{
	g_autoptr(Enrol) enrol = enrol_for(BROKER_ENROLMENT_AWS_FLEET, "dev-1");

	check_step(enrol, AWS_CREATE "/accepted", AWS_CREATED, ENROL_STEP_NOTHING);
	aws_to_provision(enrol);
	check_step(enrol, AWS_CREATE "/accepted", AWS_CREATED, ENROL_STEP_NOTHING);
	check_step(enrol, AWS_PROVISION "/accepted", AWS_THING, ENROL_STEP_DONE);
	check_step(enrol, AWS_PROVISION "/accepted", AWS_THING, ENROL_STEP_NOTHING);

	EnrolResult result = enrol_result(enrol);

	/* and nothing that was around it */
	g_assert_cmpstr(result.certificate, ==, CERTIFICATE_PEM("\n"));
	g_assert_null(result.host);
	g_assert_cmpstr(result.client_id, ==, "thing-7");
}

#define DPS           "$dps/registrations/"
#define DPS_POLL(rid) DPS "GET/iotdps-get-operationstatus/?$rid=" rid "&operationId=4.d0a-7f"
#define DPS_ASSIGNING "{\"operationId\":\"4.d0a-7f\",\"status\":\"assigning\"}"
#define DPS_ASSIGNED(hub, id)                                                                      \
	"{\"operationId\":\"4.d0a-7f\",\"status\":\"assigned\",\"registrationState\":{"            \
	"\"assignedHub\":\"" hub "\",\"deviceId\":\"" id "\"}}"

static void dps_begin(Enrol *enrol)
{
	check_begin(enrol, DPS "PUT/iotdps-register/?$rid=1", "{\"registrationId\":\"dev-1\"}");
}

static void test_dps(void)
{
	g_autoptr(Enrol) enrol = enrol_for(BROKER_ENROLMENT_DPS, "dev-1");

	check_step(enrol, DPS "res/200/?$rid=0", DPS_ASSIGNED("h1.test", "dev-1"),
		   ENROL_STEP_NOTHING);
	dps_begin(enrol);
	check_step(enrol, DPS "res/202/?$rid=2&retry-after=1", DPS_ASSIGNING, ENROL_STEP_NOTHING);
	check_step(enrol, DPS "res/202/", DPS_ASSIGNING, ENROL_STEP_NOTHING);
	check_next(enrol, DPS "res/202/?$rid=1&retry-after=7", DPS_ASSIGNING, 7000, DPS_POLL("2"),
		   "{}");
	check_next(enrol, DPS "res/202/?$rid=2", DPS_ASSIGNING, 3000, DPS_POLL("3"), "{}");
	check_next(enrol, DPS "res/202/?$rid=3&retry-after=9999999999", DPS_ASSIGNING, 60000,
		   DPS_POLL("4"), "{}");
	check_step(enrol, DPS "res/200/?$rid=4", DPS_ASSIGNED("h1.azure-devices.net", "dev-1"),
		   ENROL_STEP_DONE);

	EnrolResult result = enrol_result(enrol);

	g_assert_null(result.certificate);
	g_assert_cmpstr(result.host, ==, "h1.azure-devices.net");
	g_assert_cmpstr(result.client_id, ==, "dev-1");
}

/* --- answers that end it --- */

typedef struct Failure {
	const char *path;
	BrokerEnrolment method;
	bool second; /* of aws-fleet: to the second request */
	const char *topic;
	const char *answer;
	int code;
	uint32_t retry_ms;
	const char *words;
} Failure;

#define TB_CASE(path, answer, code, words)                                                         \
	{                                                                                          \
		"thingsboard/" path, BROKER_ENROLMENT_THINGSBOARD, false, TB_ANSWER, answer,       \
			LANDFALL_ERROR_##code, 0, words                                            \
	}
#define AWS_CASE(path, second, topic, answer, code, words)                                         \
	{                                                                                          \
		"aws/" path, BROKER_ENROLMENT_AWS_FLEET, second, topic, answer,                    \
			LANDFALL_ERROR_##code, 0, words                                            \
	}
#define DPS_CASE(path, end, answer, code, retry_ms, words)                                         \
	{                                                                                          \
		"dps/" path, BROKER_ENROLMENT_DPS, false, DPS "res/" end, answer,                  \
			LANDFALL_ERROR_##code, retry_ms, words                                     \
	}

static const Failure failures[] = {
	TB_CASE("failure", "{\"status\":\"FAILURE\",\"errorMsg\":\"no\\nroom\"}", DENIED,
		"the server refuses to provision \"dev-1\" (FAILURE): no?room"),
	TB_CASE("not-found", "{\"provisionDeviceStatus\":\"NOT_FOUND\"}", DENIED,
		"(NOT_FOUND): no reason given"),
	TB_CASE("token", "{\"status\":\"SUCCESS\",\"credentialsType\":\"ACCESS_TOKEN\"}", INVALID,
		"\"ACCESS_TOKEN\" where X509_CERTIFICATE was asked for"),
	TB_CASE("no-type", "{\"status\":\"SUCCESS\"}", INVALID, "\"none\" where"),
	TB_CASE("type-echo", "{\"status\":\"SUCCESS\",\"credentialsType\":\"s3cret\"}", INVALID,
		"\"words that are not shown"),
	TB_CASE("echo", "{\"status\":\"FAILURE\",\"errorMsg\":\"no s3cret of it\"}", DENIED,
		"(FAILURE): words that are not shown"),
	TB_CASE("key-echo", "{\"status\":\"key\\\"1?\",\"errorMsg\":\"no\"}", DENIED,
		"(words that are not shown: they hold the provisioning secret): no"),
	TB_CASE("nul", "{\"status\":\"SUCCESS\\u0000\",\"credentialsType\":\"X509_CERTIFICATE\"}",
		INVALID, "without NUL"),
	TB_CASE("no-status", "{\"state\":1}", INVALID, "no text provisionDeviceStatus"),
	TB_CASE("array", "[]", INVALID, "no JSON object"),
	TB_CASE("cut", "{\"status\":\"SUCC", INVALID, "no JSON object"),
	TB_CASE("empty", "", INVALID, "no JSON object"),
	AWS_CASE("rejected", false, AWS_CREATE "/rejected",
		 "{\"statusCode\":403,\"errorCode\":\"Forbidden\",\"errorMessage\":\"bad CSR\"}",
		 DENIED, "a certificate is refused (403 Forbidden): bad CSR"),
	AWS_CASE("throttled", false, AWS_CREATE "/rejected",
		 "{\"statusCode\":429,\"errorCode\":\"Throttled\",\"errorMessage\":\"slow\"}", FULL,
		 "a certificate is not to be had now (429 Throttled): slow"),
	AWS_CASE("no-token", false, AWS_CREATE "/accepted", "{\"certificatePem\":\"PEM\"}", INVALID,
		 "no text certificateOwnershipToken"),
	AWS_CASE("no-pem", false, AWS_CREATE "/accepted",
		 "{\"certificateOwnershipToken\":\"t\",\"certificatePem\":7}", INVALID,
		 "no text certificatePem"),
	AWS_CASE("no-certificate", false, AWS_CREATE "/accepted", AWS_CREATED_AS(KEY_PEM("\\n")),
		 INVALID, "is none in PEM form"),
	AWS_CASE("half-certificate", false, AWS_CREATE "/accepted",
		 AWS_CREATED_AS("-----BEGIN CERTIFICATE-----\\nMIIB"), INVALID,
		 "is none in PEM form"),
	AWS_CASE("no-der", false, AWS_CREATE "/accepted",
		 AWS_CREATED_AS("-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"),
		 INVALID, "cannot be read"),
	AWS_CASE("empty-der", false, AWS_CREATE "/accepted",
		 AWS_CREATED_AS("-----BEGIN CERTIFICATE----------END CERTIFICATE-----"), INVALID,
		 "cannot be read"),
	AWS_CASE("another-key", false, AWS_CREATE "/accepted",
		 AWS_CREATED_AS(STRANGERS_PEM("\\n") CERTIFICATE_PEM("\\n")), INVALID,
		 "is not for the key that one was asked for"),
	AWS_CASE("many", false, AWS_CREATE "/accepted", AWS_CREATED_AS(ELEVEN), INVALID,
		 "more certificates"),
	AWS_CASE("thing-rejected", true, AWS_PROVISION "/rejected",
		 "{\"statusCode\":400,\"errorCode\":\"InvalidParameters\"}", DENIED,
		 "the thing is refused (400 InvalidParameters): no reason given"),
	AWS_CASE("thing-broken", true, AWS_PROVISION "/rejected", "{\"statusCode\":503}", FULL,
		 "the thing is not to be had now (503 "),
	AWS_CASE("thing-nameless", true, AWS_PROVISION "/accepted", "{\"thingName\":\"\"}", INVALID,
		 "no text thingName"),
	AWS_CASE("thing-wild", true, AWS_PROVISION "/accepted", "{\"thingName\":\"a/#\"}", INVALID,
		 "and not \"a/#\""),
	DPS_CASE("unauthorised", "401/?$rid=1", "{\"errorCode\":401002,\"message\":\"who?\"}",
		 DENIED, 0, "refuses the device (401): who?"),
	DPS_CASE("throttled", "429/?$rid=1&retry-after=17", "", FULL, 17000, "is busy (429): "),
	DPS_CASE("throttled-long", "429/?$rid=1&retry-after=4294967295", "", FULL, 86400000,
		 "is busy (429): "),
	DPS_CASE("broken", "500/?$rid=1", "{\"message\":\"oh\"}", FULL, 0, "is busy (500): oh"),
	DPS_CASE("failed", "200/?$rid=1",
		 "{\"status\":\"failed\",\"registrationState\":{\"errorMessage\":\"no hub\"}}",
		 DENIED, 0, "assigns no hub (failed): no hub"),
	DPS_CASE("disabled", "200/?$rid=1", "{\"status\":\"disabled\"}", DENIED, 0, "(disabled)"),
	DPS_CASE("no-status", "200/?$rid=1", "{}", INVALID, 0, "no text status"),
	DPS_CASE("no-operation", "202/?$rid=1", "{\"status\":\"assigning\"}", INVALID, 0,
		 "no text operationId"),
	DPS_CASE("wild-operation", "202/?$rid=1",
		 "{\"status\":\"assigning\",\"operationId\":\"a/+\"}", INVALID, 0,
		 "does not fit into a topic"),
	DPS_CASE("no-state", "200/?$rid=1", "{\"status\":\"assigned\"}", INVALID, 0,
		 "no text assignedHub"),
	DPS_CASE("wild-hub", "200/?$rid=1", DPS_ASSIGNED("h/../x", "dev-1"), INVALID, 0,
		 "\"h/../x\" is no name of a host"),
	DPS_CASE("hub-port", "200/?$rid=1", DPS_ASSIGNED("h:1", "dev-1"), INVALID, 0,
		 "is no name of a host"),
	DPS_CASE("wild-device", "200/?$rid=1", DPS_ASSIGNED("h1.test", "a#"), INVALID, 0,
		 "and not \"a#\""),
	DPS_CASE("nonsense", "202/?$rid=1", "nonsense", INVALID, 0, "no JSON object"),
};

static void test_failure(gconstpointer data)
{
	const Failure *c = data;
	g_autoptr(Enrol) enrol = enrol_for(c->method, "dev-1");
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	if (c->second)
		aws_to_provision(enrol);
	else
		enrol_message_free(enrol_begin(enrol));
	g_assert_false(enrol_receive(enrol, c->topic, c->answer, strlen(c->answer), &step, &error));
	g_assert_error(error, LANDFALL_ERROR, c->code);
	g_assert_nonnull(strstr(error->message, c->words));
	g_assert_cmpuint(step.retry_ms, ==, c->retry_ms);
	g_assert_null(step.message);
}

static void test_too_long(void)
{
	g_autoptr(Enrol) enrol = enrol_for(BROKER_ENROLMENT_THINGSBOARD, "dev-1");
	g_autofree char *blanks = g_strnfill(ENROL_ANSWER_MAX, ' ');
	g_autofree char *answer = g_strconcat(blanks, TB_SUCCESS("status"), NULL);
	g_autoptr(GError) error = NULL;
	EnrolStep step;

	enrol_message_free(enrol_begin(enrol));
	g_assert_false(enrol_receive(enrol, TB_ANSWER, answer, strlen(answer), &step, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(connections); i++) {
		g_autofree char *path =
			g_strconcat("/core/enrol/connection/",
				    enrol_kind_name(enrol_kind(connections[i].method)), NULL);

		g_test_add_data_func(path, &connections[i], test_connection);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_autofree char *path = g_strconcat("/core/enrol/fail/", failures[i].path, NULL);

		g_test_add_data_func(path, &failures[i], test_failure);
	}
	g_test_add_func("/core/enrol/names", test_names);
	g_test_add_func("/core/enrol/thingsboard", test_thingsboard);
	g_test_add_func("/core/enrol/aws", test_aws);
	g_test_add_func("/core/enrol/dps", test_dps);
	g_test_add_func("/core/enrol/too-long", test_too_long);
	return g_test_run();
}
