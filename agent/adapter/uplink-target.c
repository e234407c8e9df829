/* SPDX-License-Identifier: MIT */
#include "agent/adapter/uplink-target.h"

#include "agent/adapter/enrol-plan.h"
#include "common/error.h"
#include "common/file-read.h"

#include <fcntl.h>
#include <string.h>

/* What stands for the store's word in a check; any cloud would take them. */
#define ANY_URI       "mqtts://broker.invalid"
#define ANY_CLIENT_ID "device"

#define CLAIM_MAX 1024 /* octets of the file */

#define ACK_TIMEOUT_MS 30000 /* a broker that is silent for longer gets a new connection */

/* Is there an older generation whose certificate is valid for longer? Looks at dates alone. */
static bool store_has_longer(Store *store, const StoreIdentity *identity)
{
	g_autoptr(GPtrArray) list = store_list(store, NULL);

	for (guint i = 0; list && i < list->len; i++) {
		const StoreGeneration *one = list->pdata[i];

		if (one->number < identity->generation && !one->failed &&
		    one->not_after > identity->not_after)
			return true;
	}
	return false;
}

/* What to go back to from one that is not good; or that has run out before the older one, as
 * a renewal may bring less than there was. A claim is none: it may do nothing but enrol. Nor is one
 * without settings for 802.1X when the current one has them: the network would go with it. */
static void target_find_fallback(UplinkTarget *target, const Config *config, Store *store)
{
	if (target->identity->good && !store_has_longer(store, target->identity))
		return;

	g_autoptr(StoreIdentity) old = store_fallback(store);

	if (!old || enrol_wanted(config, old) || (target->identity->wifi && !old->wifi))
		return;
	target->fallback = old->generation;
	target->fallback_until = old->not_after;
}

static bool target_load_identity(UplinkTarget *target, const Config *config, uint32_t generation,
				 GError **error)
{
	g_autoptr(Store) store = store_open(config->store.path);
	g_autoptr(GError) failure = NULL;

	target->identity = generation ? store_identity(store, generation, &failure)
				      : store_current(store, &failure);
	if (target->identity && !generation)
		target_find_fallback(target, config, store);
	if (target->identity && enrol_wanted(config, target->identity)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT,
			    "generation %u of the store has to be enrolled first (docs/clouds.md)",
			    target->identity->generation);
		return false;
	}
	if (target->identity)
		return true;
	if (g_error_matches(failure, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT) &&
	    config->broker.uri && g_str_has_prefix(config->broker.uri, "mqtt://"))
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

static void target_resolve(UplinkTarget *target, const Config *config)
{
	const StoreIdentity *identity = target->identity;

	target->broker = broker_conf_resolve(&config->broker, identity ? identity->broker : NULL);
	target->client_id = target->broker->client_id;
	if (!target->client_id && identity)
		target->client_id = identity->common_name;
}

static bool target_load_broker(UplinkTarget *target, GError **error)
{
	if (!target->broker->uri) {
		g_set_error_literal(
			error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
			"no broker is known: set [broker] uri, or import a store with broker.conf");
		return false;
	}
	if (!broker_uri_parse(target->broker->uri, &target->uri, error))
		return false;
	target->uri_text = broker_uri_format(&target->uri);
	if (!target->client_id) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG,
				    "the certificate has no common name: set [broker] client_id");
		return false;
	}
	return true;
}

/* The first line of the file; true with NULL when none is set. */
static bool target_load_claim(const UplinkTarget *target, Secret **claim, GError **error)
{
	const char *path = target->broker->claim;
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) content = path ? file_read(AT_FDCWD, path, CLAIM_MAX, &cause) : NULL;
	const char *text = content ? (const char *)secret_data(content) : "";
	size_t len = strcspn(text, "\r\n");

	*claim = NULL;
	if (!path)
		return true;
	if (len > 0 && g_utf8_validate(text, (gssize)len, NULL)) {
		*claim = secret_new(text, len);
		return true;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "[broker] claim = %s: %s", path,
		    cause     ? cause->message
		    : content ? "the file does not begin with a line of UTF-8"
			      : "there is no such file");
	return false;
}

static bool target_load_profile(UplinkTarget *target, GError **error)
{
	const ProfileKind *kind = profile_find(broker_profile_name(target->broker->profile));
	g_autoptr(Secret) claim = NULL;

	if (!target_load_claim(target, &claim, error))
		return false;

	ProfileSettings settings = profile_settings_of(target->broker);

	settings.client_id = target->client_id;
	settings.host = target->uri.host;
	settings.claim = claim;
	g_assert(kind); /* each that the configuration can name */
	target->profile = profile_new(kind, &settings, error);
	return target->profile != NULL;
}

static unsigned target_keep_alive_wanted(const UplinkTarget *target)
{
	return (unsigned)(target->broker->keep_alive_ms / 1000);
}

/* Without our own certificate and key. */
static TlsConfig target_tls_config(const UplinkTarget *target)
{
	const StoreIdentity *identity = target->identity;
	const char *chain = identity ? identity->chain_path : NULL;

	return (TlsConfig){
		.trust_path = target->broker->ca ? target->broker->ca : chain,
		.host = target->uri.host,
		.crl_path = target->broker->crl,
		.alpn = target->broker->alpn,
		.min_version = target->broker->tls,
	};
}

static bool target_load_tls(UplinkTarget *target, GError **error)
{
	const StoreIdentity *identity = target->identity;

	if (!target->uri.tls)
		return true;
	if (!identity) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT,
				    "the store holds no identity");
		return false;
	}

	TlsConfig config = target_tls_config(target);

	config.certificate_path = identity->cert_path;
	config.key_path = identity->key_path;
	target->tls = tls_context_new(&config, error);
	return target->tls != NULL;
}

UplinkTarget *uplink_target_load(const Config *config, uint32_t generation, GError **error)
{
	g_autoptr(UplinkTarget) target = g_new0(UplinkTarget, 1);

	if (!target_load_identity(target, config, generation, error))
		return NULL;
	target_resolve(target, config);
	if (!target_load_broker(target, error) || !target_load_profile(target, error) ||
	    !target_load_tls(target, error))
		return NULL;
	target->keep_alive_s =
		profile_keep_alive_s(target->profile, target_keep_alive_wanted(target));
	return g_steal_pointer(&target);
}

void uplink_target_tell(const UplinkTarget *target)
{
	if (!target->tls)
		g_warning("the broker is spoken to without encryption: %s", target->uri_text);
	if (target->keep_alive_s < target_keep_alive_wanted(target))
		g_message("[broker] keep_alive is %u s: the profile %s takes no more",
			  target->keep_alive_s, profile_kind(target->profile)->name);
	for (char **warning = target->identity ? target->identity->warnings : NULL;
	     warning && *warning; warning++)
		g_warning("%s", *warning);
}

/* What is wrong with the files that [broker] names is wrong with the configuration. */
static bool target_check_tls(const UplinkTarget *target, GError **error)
{
	TlsConfig config = target_tls_config(target);
	g_autoptr(GError) cause = NULL;
	g_autoptr(TlsContext) tls = target->uri.tls ? tls_context_new(&config, &cause) : NULL;

	if (tls || !target->uri.tls)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CONFIG, "[broker]: %s", cause->message);
	return false;
}

bool uplink_target_check(const Config *config, GError **error)
{
	g_autoptr(UplinkTarget) target = g_new0(UplinkTarget, 1);
	g_autoptr(Store) store = store_open(config->store.path);
	g_autoptr(GError) lacking = NULL;

	target->identity = store_current(store, &lacking);
	target_resolve(target, config);
	if (!target->broker->uri)
		target->broker->uri = g_strdup(ANY_URI);
	if (!target->client_id)
		target->client_id = ANY_CLIENT_ID;
	return target_load_broker(target, error) && target_load_profile(target, error) &&
	       target_check_tls(target, error);
}

/* Whether files of the store do not hold, rather than a setting. */
static bool is_damage(const GError *error)
{
	switch (error->code) {
	case LANDFALL_ERROR_STORE_INVALID:
	case LANDFALL_ERROR_KEY_UNREADABLE:
	case LANDFALL_ERROR_KEY_MISMATCH: return true;
	default: return false;
	}
}

/* The number of a current generation that another one may stand in for; 0: of none. */
static uint32_t store_replaceable(Store *store, const GError *lacking)
{
	g_autoptr(GPtrArray) list = store_list(store, NULL);
	uint32_t number = 0;

	if (!store_current_generation(store, &number, NULL))
		return 0;
	for (guint i = 0; list && i < list->len; i++) {
		const StoreGeneration *generation = list->pdata[i];

		if (generation->current && generation->good && !is_damage(lacking))
			return 0;
	}
	return number;
}

UplinkTarget *uplink_target_load_older(const Config *config, const GError *lacking)
{
	g_autoptr(Store) store = store_open(config->store.path);
	uint32_t current = store_replaceable(store, lacking);
	g_autoptr(StoreIdentity) older = current ? store_fallback(store) : NULL;
	g_autoptr(GError) error = NULL;

	if (!older)
		return NULL;

	UplinkTarget *target = uplink_target_load(config, older->generation, &error);

	if (target)
		g_warning("generation %u cannot be used: %s; using %u, which is older", current,
			  lacking->message, older->generation);
	else
		g_info("nor can generation %u be used: %s", older->generation, error->message);
	return target;
}

UplinkTarget *uplink_target_empty(void)
{
	return g_new0(UplinkTarget, 1);
}

bool uplink_target_is_empty(const UplinkTarget *target)
{
	return !target->broker;
}

static bool store_holds_identity(const Config *config)
{
	g_autoptr(Store) store = store_open(config->store.path);
	uint32_t number;

	return store_current_generation(store, &number, NULL);
}

bool uplink_target_can_come(const Config *config, const GError *error)
{
	switch (error->code) {
	case LANDFALL_ERROR_STORE_ABSENT:
	case LANDFALL_ERROR_STORE_INVALID:
	case LANDFALL_ERROR_KEY_UNREADABLE:
	case LANDFALL_ERROR_KEY_MISMATCH: return true;
	case LANDFALL_ERROR_CONFIG: /* may be the store's broker.conf or its certificate */
		return !config->broker.uri || store_holds_identity(config);
	default: return false;
	}
}

void uplink_target_free(UplinkTarget *target)
{
	if (!target)
		return;
	store_identity_free(target->identity);
	broker_conf_free(target->broker);
	tls_context_unref(target->tls);
	profile_unref(target->profile);
	g_free(target->uri_text);
	g_free(target);
}

MqttClient *uplink_target_client(const UplinkTarget *target, unsigned window,
				 const MqttCallbacks *callbacks, void *data, GError **error)
{
	g_autoptr(ProfileMessage) will = profile_presence_message(target->profile, false);
	MqttConfig config = {
		.host = target->uri.host,
		.port = target->uri.port,
		.tls = target->tls,
		.protocol = target->broker->protocol == BROKER_PROTOCOL_MQTT_5
				    ? MQTT_PROTOCOL_5
				    : MQTT_PROTOCOL_3_1_1,
		.client_id = target->client_id,
		.user_name = profile_user_name(target->profile),
		.will_topic = will ? will->topic : NULL,
		.will_payload = will ? will->payload : NULL,
		.will_retain = will != NULL,
		.clean_start = true, /* the spool is our session */
		.keep_alive_s = target->keep_alive_s,
		.connect_timeout_ms = (unsigned)target->broker->connect_timeout_ms,
		.ack_timeout_ms = ACK_TIMEOUT_MS,
		.window = window,
	};

	return mqtt_client_new(&config, callbacks, data, error);
}

bool uplink_target_clock_plausible(const UplinkTarget *target, int64_t now_s)
{
	return !target->tls || store_identity_clock_holds(target->identity, now_s);
}
