/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/identity-store.h"

#include "common/error.h"
#include "common/store-pending.h"

#include <string.h>

#define LOCK_WAIT_MS 5000 /* for another program that changes the store */

G_STATIC_ASSERT(DEVICE_KEY_N == 3); /* the numbers of the wire's StoreKeyType */

/* One thread's work and what came of it. */
typedef struct Job {
	IdentityStore *identity;
	StoreParts *parts;  /* of a commit; NULL: a request */
	char *common_name;  /* of a request; NULL: our choice */
	DeviceKeyKind kind; /* of a request */
	bool anew;
	char *request; /* outcome of a request */
	char *what;    /* outcome of a commit, for the log */
	GError *error; /* either failed: LANDFALL_ERROR */
	GThread *thread;
	guint idle; /* brings the outcome to the loop; 0: the thread is not done */
	GMutex mutex;
} Job;

struct IdentityStore {
	char *path;
	char *token_key; /* NULL: keys are made in files */
	const IdentityStoreEvents *events;
	void *data;
	Job *commit;
	Job *request;
};

typedef struct FaultRow {
	LandfallError error;
	StoreFault fault;
} FaultRow;

static const FaultRow faults[] = {
	{ LANDFALL_ERROR_STORE_ABSENT, STORE_FAULT_ABSENT },
	{ LANDFALL_ERROR_STORE_INVALID, STORE_FAULT_INVALID },
	{ LANDFALL_ERROR_KEY_UNREADABLE, STORE_FAULT_KEY_MISSING },
	{ LANDFALL_ERROR_KEY_MISMATCH, STORE_FAULT_KEY_MISMATCH },
	{ LANDFALL_ERROR_UNAVAILABLE, STORE_FAULT_BUSY },
	{ LANDFALL_ERROR_FULL, STORE_FAULT_DISK },
	{ LANDFALL_ERROR_DENIED, STORE_FAULT_DISK },
	{ LANDFALL_ERROR_INVALID, STORE_FAULT_INVALID },
};

/* The same sentence in the words of the wire; NULL for NULL. */
static GError *fault_from(const GError *error)
{
	StoreFault fault = STORE_FAULT_FAILED;

	if (!error)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++)
		if (g_error_matches(error, LANDFALL_ERROR, (int)faults[i].error))
			fault = faults[i].fault;
	return g_error_new_literal(STORE_FAULT, (int)fault, error->message);
}

static void job_free(Job *job)
{
	if (!job)
		return;
	if (job->thread)
		g_thread_join(job->thread);
	g_clear_handle_id(&job->idle, g_source_remove);
	store_parts_free(job->parts);
	g_free(job->common_name);
	g_free(job->request);
	g_free(job->what);
	g_clear_error(&job->error);
	g_mutex_clear(&job->mutex);
	g_free(job);
}

/* ---- what may come over the air ---- */

static bool part_refuse(GError **error, const char *file, const char *why)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID, "%s: %s", file, why);
	return false;
}

/* The URI of a key may name a module, which is loaded and run. */
static bool key_holds(const Secret *key, GError **error)
{
	if (!key || device_key_place(key) == DEVICE_KEY_FILE)
		return true;
	return part_refuse(error, STORE_KEY_NAME,
			   "is the URI of a key in a token; over the air comes the key itself, or "
			   "the certificate alone for the one that [store] token_key names");
}

/* The file of the claim is read out to the broker. What does not parse is refused later on. */
static bool broker_holds(GBytes *broker, GError **error)
{
	gsize len = 0;
	const char *text = broker ? g_bytes_get_data(broker, &len) : NULL;
	g_autoptr(BrokerConf) conf =
		broker ? broker_conf_parse(text, len, STORE_BROKER_NAME, NULL) : NULL;

	if (!conf || !conf->claim)
		return true;
	return part_refuse(error, STORE_BROKER_NAME,
			   "names a file of the device (claim), which is for landfall.conf");
}

/* ---- in the thread ---- */

static void job_commit(Job *job, Store *store)
{
	bool holds = key_holds(job->parts->key, &job->error) &&
		     broker_holds(job->parts->broker, &job->error);
	g_autoptr(StoreIdentity) identity =
		holds ? store_install(store, job->parts, &job->error) : NULL;

	if (identity)
		job->what = g_strdup_printf("generation %u, %s", identity->generation,
					    identity->common_name ? identity->common_name
								  : "(no common name)");
}

static void job_request(Job *job, Store *store)
{
	StoreRequest request = { .common_name = job->common_name,
				 .kind = job->kind,
				 .anew = job->anew,
				 .token_key = job->identity->token_key };

	job->request = store_request(store, &request, &job->error);
}

static gboolean job_on_done(gpointer data);

static gpointer job_run(gpointer data)
{
	Job *job = data;
	g_autoptr(Store) store = store_open(job->identity->path);

	store_set_lock_wait(store, LOCK_WAIT_MS);
	if (job->parts)
		job_commit(job, store);
	else
		job_request(job, store);
	g_mutex_lock(&job->mutex);
	job->idle = g_idle_add(job_on_done, job);
	g_mutex_unlock(&job->mutex);
	return NULL;
}

/* ---- in the loop ---- */

static void commit_tell(IdentityStore *identity, const Job *job)
{
	g_autoptr(GError) fault = fault_from(job->error);

	if (fault)
		g_message("a phone's identity was not taken: %s", fault->message);
	else
		g_message("a phone has installed an identity: %s", job->what);
	identity->events->committed(fault, identity->data);
}

static void request_tell(IdentityStore *identity, const Job *job)
{
	g_autoptr(GError) fault = fault_from(job->error);
	g_autoptr(GBytes) request =
		job->request ? g_bytes_new(job->request, strlen(job->request)) : NULL;

	if (fault)
		g_message("a phone's request for a certificate failed: %s", fault->message);
	else
		g_message("a phone was given a request for a certificate");
	identity->events->requested(request, fault, identity->data);
}

static gboolean job_on_done(gpointer data)
{
	Job *job = data;
	IdentityStore *identity = job->identity;
	bool commit = job->parts != NULL;

	g_mutex_lock(&job->mutex); /* the thread may still be about to note our id */
	job->idle = 0;
	g_mutex_unlock(&job->mutex);
	if (commit)
		identity->commit = NULL;
	else
		identity->request = NULL;
	if (commit)
		commit_tell(identity, job);
	else
		request_tell(identity, job);
	job_free(job);
	return G_SOURCE_REMOVE;
}

static Job *job_start(IdentityStore *identity, Job *job, const char *name)
{
	job->identity = identity;
	g_mutex_init(&job->mutex);
	job->thread = g_thread_try_new(name, job_run, job, NULL);
	if (!job->thread)
		job_run(job); /* the loop waits: no thread to be had is no reason to end */
	return job;
}

static GBytes *bytes_from(const Secret *part)
{
	return part ? g_bytes_new(secret_data(part), secret_len(part)) : NULL;
}

static void store_commit(void *data, const StoreDelivery *delivery)
{
	IdentityStore *identity = data;
	Job *job = g_new0(Job, 1);

	g_return_if_fail(!identity->commit);
	job->parts = g_new0(StoreParts, 1);
	job->parts->origin = g_strdup("upload");
	job->parts->cert = bytes_from(delivery->parts[STORE_PART_CERTIFICATE]);
	job->parts->key = secret_copy(delivery->parts[STORE_PART_KEY]);
	job->parts->chain = bytes_from(delivery->parts[STORE_PART_TRUST]);
	job->parts->broker = bytes_from(delivery->parts[STORE_PART_BROKER]);
	job->parts->wifi = bytes_from(delivery->parts[STORE_PART_WIFI]);
	job->parts->wifi_ca = bytes_from(delivery->parts[STORE_PART_WIFI_TRUST]);
	identity->commit = job_start(identity, job, "store-commit");
}

static void store_request_start(void *data, const StoreWish *wish)
{
	IdentityStore *identity = data;
	Job *job = g_new0(Job, 1);

	g_return_if_fail(!identity->request && wish->key_type < DEVICE_KEY_N);
	job->common_name = g_strdup(wish->common_name);
	job->kind = (DeviceKeyKind)wish->key_type;
	job->anew = wish->new_key;
	identity->request = job_start(identity, job, "store-request");
}

static uint32_t store_generation(void *data)
{
	const IdentityStore *identity = data;
	g_autoptr(Store) store = store_open(identity->path);
	uint32_t number = 0;

	return store_current_generation(store, &number, NULL) ? number : 0;
}

/* What the store lacks, a sentence the caller frees; NULL: nothing. */
static char *enterprise_lack(const StoreIdentity *current, const GError *cause)
{
	if (!current || !current->wifi || !current->wifi_ca_path)
		return g_strdup_printf("the network wants a certificate (802.1X), and the store "
				       "has no settings for that%s%s",
				       cause ? ": " : "", cause ? cause->message : "");
	if (current->key_place != DEVICE_KEY_FILE)
		return g_strdup_printf("the network wants a certificate (802.1X), and the device's "
				       "key is in %s, where it cannot be used for that",
				       device_key_place_name(current->key_place));
	return NULL;
}

static WifiEnterprise *store_enterprise(void *data, GError **error)
{
	const IdentityStore *identity = data;
	g_autoptr(Store) store = store_open(identity->path);
	g_autoptr(GError) cause = NULL;
	g_autoptr(StoreIdentity) current = store_current(store, &cause);
	g_autofree char *lack = enterprise_lack(current, cause);
	WifiEnterprise *enterprise;

	if (lack) {
		g_message("nothing was tried: %s", lack);
		g_set_error_literal(error, STORE_FAULT, STORE_FAULT_ABSENT, lack);
		return NULL;
	}
	enterprise = g_new0(WifiEnterprise, 1);
	enterprise->identity =
		g_strdup(current->wifi->identity ? current->wifi->identity : current->common_name);
	enterprise->domain = g_strdup(current->wifi->domain);
	/* by way of `current`: a network that is configured once follows every renewal */
	enterprise->ca_path = g_build_filename(identity->path, "current", STORE_WIFI_CA_NAME, NULL);
	enterprise->cert_path = g_build_filename(identity->path, "current", STORE_CERT_NAME, NULL);
	enterprise->key_path = g_build_filename(identity->path, "current", STORE_KEY_NAME, NULL);
	return enterprise;
}

const StorePort identity_store_port = {
	.commit = store_commit,
	.request = store_request_start,
	.generation = store_generation,
	.enterprise = store_enterprise,
};

IdentityStore *identity_store_new(const char *path, const char *token_key,
				  const IdentityStoreEvents *events, void *data)
{
	IdentityStore *identity = g_new0(IdentityStore, 1);

	identity->path = g_strdup(path);
	identity->token_key = g_strdup(token_key);
	identity->events = events;
	identity->data = data;
	return identity;
}

void identity_store_free(IdentityStore *identity)
{
	if (!identity)
		return;
	job_free(identity->commit);
	job_free(identity->request);
	g_free(identity->path);
	g_free(identity->token_key);
	g_free(identity);
}
