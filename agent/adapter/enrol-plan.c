/* SPDX-License-Identifier: MIT */
#include "agent/adapter/enrol-plan.h"

#include "agent/core/profile.h"
#include "common/error.h"
#include "common/file-read.h"
#include "common/pem-passphrase.h"
#include "common/store-pending.h"

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_MAX   1024 /* octets of the file */
#define LOCK_WAIT_MS 5000
#define SPEAKS_TLS   "speaks TLS only: the URI has to begin with mqtts://"

bool enrol_wanted(const Config *config, const StoreIdentity *identity)
{
	BrokerEnrolment method = config->enrolment.method;

	return method != BROKER_ENROLMENT_NONE &&
	       (!identity->broker || identity->broker->enrolled != method);
}

/* --- the configuration --- */

static bool plan_fail(GError **error, const char *words)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "[enrolment] %s", words);
	return false;
}

/* [broker] of the configuration counts more than what an enrolment writes into the store. */
static bool check_broker(const Config *config, const EnrolKind *kind, GError **error)
{
	g_autoptr(BrokerConf) stored = g_new0(BrokerConf, 1);

	stored->profile = enrol_kind_profile(kind);

	g_autoptr(BrokerConf) broker = broker_conf_resolve(&config->broker, stored);
	const char *name = broker_profile_name(stored->profile);

	if (broker->profile != stored->profile) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[enrolment] method = %s goes with [broker] profile = %s only",
			    enrol_kind_name(kind), name);
		return false;
	}
	if (broker->protocol == BROKER_PROTOCOL_MQTT_5 && profile_find(name)->bounds.mqtt3_alone)
		return plan_fail(error, "speaks MQTT 3.1.1 alone: leave [broker] protocol out");
	if (enrol_kind_uri(kind) && config->broker.uri)
		return plan_fail(error, "finds the broker by itself: leave [broker] uri out");
	if (kind != enrol_kind(BROKER_ENROLMENT_THINGSBOARD) && config->broker.client_id)
		return plan_fail(error, "brings a client id: leave [broker] client_id out");
	return true;
}

/* What would fail in each attempt, whatever the store holds. */
static bool check_settings(const Config *config, const EnrolKind *kind, GError **error)
{
	const char *uri = config->enrolment.uri;

	if (uri && !g_str_has_prefix(uri, "mqtts://"))
		return plan_fail(error, SPEAKS_TLS);
	return !config->enrolment.name || enrol_kind_takes(kind, config->enrolment.name, error);
}

bool enrol_plan_check(const Config *config, GError **error)
{
	const EnrolKind *kind = enrol_kind(config->enrolment.method);
	const char *lacks;

	if (!kind)
		return true;
	lacks = enrol_kind_lacks(kind, config->enrolment.id_scope, config->enrolment.template);
	if (!lacks && enrol_kind_secret(kind) && !config->enrolment.secret)
		lacks = "secret";
	if (!lacks)
		return check_settings(config, kind, error) && check_broker(config, kind, error);
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "[enrolment] method = %s needs %s as well", enrol_kind_name(kind), lacks);
	return false;
}

/* --- the beginning --- */

EnrolPlan *enrol_plan_new(const Config *config, bool again)
{
	EnrolPlan *plan = g_new0(EnrolPlan, 1);

	plan->config = config;
	plan->again = again;
	return plan;
}

static void host_clear(EnrolHost *host)
{
	g_free(host->text);
	tls_context_unref(host->tls);
}

void enrol_plan_free(EnrolPlan *plan)
{
	if (!plan)
		return;
	g_clear_error(&plan->error);
	g_clear_error(&plan->damage);
	g_free(plan->whom);
	store_identity_free(plan->claim);
	broker_conf_free(plan->broker);
	host_clear(&plan->host);
	host_clear(&plan->known);
	enrol_free(plan->enrol);
	g_free(plan);
}

/* @trust: PEM file; NULL: the system's authorities */
static bool host_load(const EnrolPlan *plan, EnrolHost *host, const char *uri, const char *trust,
		      bool shows, GError **error)
{
	const BrokerConf *broker = plan->broker;

	if (!uri)
		return plan_fail(error,
				 "needs to know the server: set [enrolment] or [broker] uri");
	if (!broker_uri_parse(uri, &host->uri, error))
		return false;
	if (!host->uri.tls)
		return plan_fail(error, SPEAKS_TLS);
	host->text = broker_uri_format(&host->uri);

	TlsConfig config = {
		.certificate_path = shows ? plan->claim->cert_path : NULL,
		.key_path = shows ? plan->claim->key_path : NULL,
		.trust_path = trust,
		.host = host->uri.host,
		.crl_path = broker->crl,
		.alpn = broker->alpn,
		.min_version = broker->tls,
	};

	host->tls = tls_context_new(&config, error);
	return host->tls != NULL;
}

/* What the store says may come from a phone: it is not asked who gets a secret of the device. */
static bool exchange_load(EnrolPlan *plan, const EnrolKind *kind, bool shows, GError **error)
{
	const Config *config = plan->config;
	bool secret = enrol_kind_secret(kind);
	const BrokerConf *broker = secret ? &config->broker : plan->broker;
	const char *uri = config->enrolment.uri;
	const char *trust = config->enrolment.ca;

	if (!uri)
		uri = enrol_kind_uri(kind) ? enrol_kind_uri(kind) : broker->uri;
	if (!trust)
		trust = broker->ca || secret ? broker->ca : plan->claim->chain_path;
	return host_load(plan, &plan->host, uri, trust, shows, error);
}

static bool load_hosts(EnrolPlan *plan, const EnrolKind *kind, GError **error)
{
	const Config *config = plan->config;
	bool shows = enrol_kind_shows(kind);

	plan->broker = broker_conf_resolve(&config->broker, plan->claim->broker);
	plan->keep_alive_s = profile_kind_keep_alive_s(
		profile_find(broker_profile_name(enrol_kind_profile(kind))),
		(unsigned)(plan->broker->keep_alive_ms / 1000));
	if (!exchange_load(plan, kind, shows, error))
		return false;

	const BrokerConf *broker = plan->broker;
	const char *trust = broker->ca ? broker->ca : plan->claim->chain_path;

	return shows || host_load(plan, &plan->known, broker->uri, trust, true, error);
}

/* What comes of it has broker.conf of the claim, and another profile. */
static bool check_outcome(const EnrolPlan *plan, const EnrolKind *kind, GError **error)
{
	const BrokerConf *broker = plan->broker;
	const char *id = broker->client_id ? broker->client_id : plan->claim->common_name;
	ProfileSettings settings = profile_settings_of(broker);
	g_autoptr(Secret) any = secret_new("any", 3);
	g_autoptr(GError) cause = NULL;

	if (!enrol_kind_uri(kind) && !broker->uri)
		return plan_fail(error, "leads to a broker that is not known: set [broker] uri");
	if (kind == enrol_kind(BROKER_ENROLMENT_THINGSBOARD) && !id)
		return plan_fail(error, "finds no common name in the certificate: set [broker] "
					"client_id");
	settings.client_id = "device";
	settings.host = "broker.invalid";
	settings.claim = broker->claim ? any : NULL;

	g_autoptr(Profile) profile = profile_new(
		profile_find(broker_profile_name(enrol_kind_profile(kind))), &settings, &cause);

	if (profile)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
		    "what comes of the enrolment could not be used: %s: import the claim with a "
		    "broker.conf without that",
		    cause->message);
	return false;
}

/* Two lines of a file that not everybody may read. */
static bool load_secret(const char *path, Secret **key, Secret **secret, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) content = file_read(AT_FDCWD, path, SECRET_MAX, &cause);
	const char *text = content ? (const char *)secret_data(content) : "";
	size_t key_len = strcspn(text, "\r\n");
	const char *second = text + key_len + strspn(text + key_len, "\r\n");
	size_t secret_len = strcspn(second, "\r\n");
	const char *fault = NULL;
	struct stat info;

	if (!content)
		fault = cause ? cause->message : "there is no such file";
	else if (stat(path, &info) == 0 && (info.st_mode & S_IROTH))
		fault = "everybody can read it: take that right away";
	else if (key_len == 0 || secret_len == 0 || !g_utf8_validate(text, -1, NULL))
		fault = "it does not begin with two lines of UTF-8, key and secret";
	if (fault) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			    "[enrolment] secret = %s: %s", path, fault);
		return false;
	}
	*key = secret_new(text, key_len);
	*secret = secret_new(second, secret_len);
	return true;
}

/* The leaf as base64 of its DER. */
static char *load_certificate(const StoreIdentity *claim, GError **error)
{
	g_autoptr(StoreParts) parts = store_parts_load(claim->dir, error);
	gsize len = 0;
	const void *pem = parts ? g_bytes_get_data(parts->cert, &len) : NULL;
	BIO *bio = pem ? BIO_new_mem_buf(pem, (int)len) : NULL;
	X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL) : NULL;
	unsigned char *der = NULL;
	int der_len = leaf ? i2d_X509(leaf, &der) : 0;
	char *text = der_len > 0 ? g_base64_encode(der, (gsize)der_len) : NULL;

	if (parts && !text)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
			    "%s holds no certificate", claim->cert_path);
	OPENSSL_free(der);
	X509_free(leaf);
	BIO_free(bio);
	return text;
}

static char *load_request(const EnrolPlan *plan, const char *name, GError **error)
{
	g_autoptr(Store) store = store_open(plan->config->store.path);
	const StoreRequest request = {
		.common_name = name,
		.kind = DEVICE_KEY_EC_P256,
		.token_key = plan->config->store.token_key,
	};

	store_set_lock_wait(store, LOCK_WAIT_MS);
	return store_request(store, &request, error);
}

static bool load_exchange(EnrolPlan *plan, const EnrolKind *kind, GError **error)
{
	const Config *config = plan->config;
	g_autoptr(Secret) key = NULL;
	g_autoptr(Secret) secret = NULL;
	g_autofree char *certificate = NULL;
	g_autofree char *request = NULL;
	g_autofree char *name = g_strdup(config->enrolment.name);

	if (!name && !enrol_kind_requests(kind))
		name = g_strdup(plan->claim->common_name);
	if (!name)
		name = store_device_name();
	if (enrol_kind_secret(kind) &&
	    (!load_secret(config->enrolment.secret, &key, &secret, error) ||
	     !(certificate = load_certificate(plan->claim, error))))
		return false;
	if (enrol_kind_requests(kind) && !(request = load_request(plan, name, error)))
		return false;

	EnrolSettings settings = {
		.name = name,
		.certificate = certificate,
		.request = request,
		.key = key,
		.secret = secret,
		.id_scope = config->enrolment.id_scope,
		.template = config->enrolment.template,
		.parameters = config->enrolment.parameters,
	};

	plan->enrol = enrol_new(kind, &settings, error);
	return plan->enrol != NULL;
}

/* Which content @path has, without a look at it. */
static char *file_version(const char *path)
{
	struct stat info;

	if (!path || stat(path, &info) < 0)
		return g_strdup("none");
	return g_strdup_printf("%" PRIuMAX " %" PRIdMAX " %" PRIdMAX ".%09ld",
			       (uintmax_t)info.st_ino, (intmax_t)info.st_size,
			       (intmax_t)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

/* A moment is of one claim, one configuration and the files that this names: who mends one of them
 * is not kept waiting. */
static void plan_recall(EnrolPlan *plan, Store *store, const StoreIdentity *claim)
{
	g_autofree char *settings = config_dump(plan->config);
	g_autofree char *secret = file_version(plan->config->enrolment.secret);
	g_autofree char *ca = file_version(plan->config->enrolment.ca);

	plan->whom = g_strdup_printf("generation %u\nsecret %s\nca %s\n%s", claim->generation,
				     secret, ca, settings);
	plan->subject = (StoreWaitSubject){ plan->whom, claim->not_before, claim->not_after };
	plan->next = store_wait_read(store, STORE_WAIT_ENROLMENT, &plan->subject);
	plan->trial = store_wait_read(store, STORE_WAIT_TRIAL, &plan->subject);
}

/* The claim that a damaged current generation can be made anew from. An older one that is no claim
 * stands in for it by itself (uplink-target). */
static StoreIdentity *find_claim_of_damaged(EnrolPlan *plan, Store *store, GError *failure,
					    GError **error)
{
	bool damaged = store_current_generation(store, &plan->current, NULL) &&
		       store_is_damaged(store, plan->current, failure);
	g_autoptr(StoreIdentity) older = damaged ? store_fallback(store) : NULL;

	if (!older) {
		g_propagate_error(error, failure);
		return NULL;
	}
	if (!enrol_wanted(plan->config, older)) {
		g_error_free(failure);
		return NULL;
	}
	plan_recall(plan, store, older);
	plan->damage = failure;
	plan->task = ENROL_TASK_MEND;
	return plan->again ? g_steal_pointer(&older) : NULL;
}

/* The claim, when there is something to do with it now; NULL without an error: there is not. */
static StoreIdentity *find_claim(EnrolPlan *plan, GError **error)
{
	g_autoptr(Store) store = store_open(plan->config->store.path);
	GError *failure = NULL;
	g_autoptr(StoreIdentity) current = store_current(store, &failure);
	g_autoptr(StoreIdentity) claim = NULL;

	if (!current)
		return find_claim_of_damaged(plan, store, failure, error);
	plan->current = current->generation;
	if (enrol_wanted(plan->config, current)) {
		plan_recall(plan, store, current);
		return g_steal_pointer(&current);
	}
	plan->proved = current->good;
	if (plan->proved)
		return NULL;
	claim = store_fallback(store);
	if (!claim || !enrol_wanted(plan->config, claim))
		return NULL;
	plan_recall(plan, store, claim);
	plan->task = ENROL_TASK_TRIAL;
	return plan->again ? g_steal_pointer(&claim) : NULL;
}

void enrol_plan_load(EnrolPlan *plan)
{
	const EnrolKind *kind = enrol_kind(plan->config->enrolment.method);

	plan->claim = find_claim(plan, &plan->error);
	if (plan->claim && load_hosts(plan, kind, &plan->error) &&
	    check_outcome(plan, kind, &plan->error) && load_exchange(plan, kind, &plan->error))
		plan->task = ENROL_TASK_ENROL;
}

/* --- the end --- */

/* broker.conf of the claim, with what the cloud decided. */
static GBytes *broker_encode(const EnrolPlan *plan, GBytes *claims, const EnrolResult *result)
{
	const EnrolKind *kind = enrol_kind(plan->config->enrolment.method);
	g_autoptr(GKeyFile) file = g_key_file_new();
	gsize len = 0;
	const char *old = claims ? g_bytes_get_data(claims, &len) : NULL;

	if (old)
		(void)g_key_file_load_from_data(file, old, len, G_KEY_FILE_KEEP_COMMENTS, NULL);
	g_key_file_set_string(file, "broker", "profile",
			      broker_profile_name(enrol_kind_profile(kind)));
	g_key_file_set_string(file, "broker", "enrolled", enrol_kind_name(kind));
	if (result->client_id)
		g_key_file_set_string(file, "broker", "client_id", result->client_id);
	if (result->host) {
		g_autofree char *uri = g_strconcat("mqtts://", result->host, NULL);

		g_key_file_set_string(file, "broker", "uri", uri);
	}

	char *text = g_key_file_to_data(file, &len, NULL);

	return g_bytes_new_take(text, len);
}

static bool plan_unchanged(const EnrolPlan *plan, Store *store, GError **error)
{
	uint32_t current = 0;

	if (!store_current_generation(store, &current, error))
		return false;
	if (current == plan->current)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
		    "generation %u became current meanwhile", current);
	return false;
}

/* What the claim says nothing of is taken over from the current generation. Where that is damaged,
 * so may be its settings for 802.1X: better none than no identity. */
static StoreIdentity *install(const EnrolPlan *plan, Store *store, StoreParts *parts,
			      GError **error)
{
	g_autoptr(GError) failure = NULL;
	StoreIdentity *identity = store_install(store, parts, &failure);

	if (identity)
		return identity;
	if (!plan->damage || failure->code != LANDFALL_ERROR_STORE_INVALID) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	if (!parts->wifi)
		parts->wifi = g_bytes_new_static("", 0);
	if (!parts->wifi_ca)
		parts->wifi_ca = g_bytes_new_static("", 0);
	return store_install(store, parts, error);
}

void enrol_plan_commit(EnrolPlan *plan)
{
	g_autoptr(Store) store = store_open(plan->config->store.path);
	g_autoptr(StoreParts) parts = store_parts_load(plan->claim->dir, &plan->error);
	EnrolResult result = enrol_result(plan->enrol);

	store_set_lock_wait(store, LOCK_WAIT_MS);
	/* Good, so that it outlives an outcome that never connects. */
	if (!parts || !plan_unchanged(plan, store, &plan->error) ||
	    !store_mark_good(store, plan->claim->generation, &plan->error))
		return;

	g_autoptr(GBytes) claims = g_steal_pointer(&parts->broker);

	parts->broker = broker_encode(plan, claims, &result);
	g_clear_pointer(&parts->origin, g_free); /* what is wrong now is not in that folder */
	parts->replaces = plan->current;
	if (result.certificate) {
		g_bytes_unref(parts->cert);
		parts->cert = g_bytes_new(result.certificate, strlen(result.certificate));
		g_clear_pointer(&parts->key, secret_free); /* the one that waits for it */
	}

	g_autoptr(StoreIdentity) identity = install(plan, store, parts, &plan->error);

	if (identity)
		g_message("the device is enrolled: generation %u is its identity",
			  identity->generation);
}
