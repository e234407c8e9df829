/* SPDX-License-Identifier: MIT */
#include "tests/phone/identity.h"

#include "tests/phone/identity-message.h"
#include "tests/phone/phone-error.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <unistd.h>

#define STORE       "landfall-store"
#define STATUS      "landfall-status"
#define ID_LEN      8
#define CHUNK       400
#define POLL_MS     500
#define FOLLOW_MS   1500
#define REQUEST_MAX 16384
#define MSG_BEGIN   2
#define MSG_WRITE   4
#define MSG_COMMIT  6
#define MSG_REQUEST 10
#define MSG_READ    12

typedef struct Identity {
	Client *client;
	const ClientLink *link;
	void *link_data;
	const IdentitySetup *setup;
	Report *report;
	uint8_t id[ID_LEN];
	IdentityPlan plans[IDENTITY_PARTS];
	GBytes *contents[IDENTITY_PARTS]; /* what the plans point into */
	IdentityState state;              /* as last answered */
	unsigned chunks;
	bool dropped;
} Identity;

bool identity_wanted(const IdentitySetup *setup)
{
	bool wanted = setup->request;

	for (unsigned i = 0; i < G_N_ELEMENTS(setup->parts); i++)
		wanted = wanted || setup->parts[i];
	return wanted;
}

/* Consumes the request. */
static GByteArray *ask(Identity *identity, const char *endpoint, GByteArray *clear, GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();
	bool done = client_exchange(identity->client, endpoint, clear, out, error);

	g_byte_array_unref(clear);
	if (done)
		return g_steal_pointer(&out);
	g_prefix_error(error, "%s: ", endpoint);
	return NULL;
}

static bool refused(const char *what, unsigned result, const char *text, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_STATUS, "the device answers \"%s\" to %s: %s",
		    identity_result_name(result), what, text);
	return false;
}

/* --- a request, and what becomes of it --- */

static bool page_ask(Identity *identity, GByteArray *request, unsigned msg, IdentityPage *page,
		     GError **error)
{
	g_autoptr(GByteArray) answer = ask(identity, STORE, request, error);

	if (!answer || !identity_parse_page(answer, msg, page, error))
		return false;
	return page->result == IDENTITY_RESULT_OK ||
	       refused("the wish for a request", page->result, page->error, error);
}

static bool request_pages(Identity *identity, GByteArray *text, GError **error)
{
	IdentityPage page;

	do {
		if (!page_ask(identity, identity_message_read(text->len), MSG_READ, &page, error))
			return false;
		if (page.phase == IDENTITY_MAKING) {
			if (!identity->link->wait(identity->link_data, POLL_MS, error))
				return false;
			continue;
		}
		if (page.phase != IDENTITY_READY || page.offset != text->len || page.len == 0 ||
		    page.size > REQUEST_MAX) {
			g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
					    "the pages of the request do not fit together");
			return false;
		}
		g_byte_array_append(text, page.data, (guint)page.len);
	} while (page.phase != IDENTITY_READY || text->len < page.size);
	return true;
}

static bool request_make(Identity *identity, GByteArray *text, GError **error)
{
	const IdentitySetup *setup = identity->setup;
	const char *name = setup->common_name ? setup->common_name : "";
	IdentityPage page;

	if (!page_ask(identity, identity_message_request(name, setup->new_key), MSG_REQUEST, &page,
		      error) ||
	    !request_pages(identity, text, error))
		return false;
	report_step(identity->report, "request", NULL,
		    "the device has made a key and asks for its certificate (%u octets)",
		    text->len);
	return true;
}

static bool usage(GError **error, const char *what, const char *why)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_USAGE, "%s: %s", what, why);
	return false;
}

static bool write_file(const char *path, const GByteArray *text, GError **error)
{
	g_autoptr(GError) local = NULL;

	return g_file_set_contents(path, (const char *)text->data, text->len, &local) ||
	       usage(error, path, local->message);
}

/* What the phone does over its own network: here, a command of the laboratory. */
static GBytes *request_sign(Identity *identity, const GByteArray *text, GError **error)
{
	g_autofree char *file =
		g_strdup_printf("%s/landfall-phone-%d.csr", g_get_tmp_dir(), getpid());
	const char *argv[] = { "sh", "-c", identity->setup->sign_command, "sign", file, NULL };
	g_autofree char *out = NULL;
	g_autoptr(GError) local = NULL;
	int status = 0;

	if (!write_file(file, text, error))
		return NULL;

	bool ran = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
				NULL, &status, &local);

	g_unlink(file);
	if (!ran || status != 0 || !out || !*out) {
		usage(error, identity->setup->sign_command,
		      local ? local->message : "gives no certificate");
		return NULL;
	}
	report_step(identity->report, "signed", NULL, "the certificate has come back");
	return g_bytes_new(out, strlen(out));
}

/* The certificate that comes of it, when there is one to come: NULL in @certificate else. */
static bool request_run(Identity *identity, GBytes **certificate, GError **error)
{
	g_autoptr(GByteArray) text = g_byte_array_new();

	if (!identity->setup->request)
		return true;
	if (!request_make(identity, text, error))
		return false;
	if (identity->setup->csr_out && !write_file(identity->setup->csr_out, text, error))
		return false;
	if (!identity->setup->sign_command)
		return true;
	*certificate = request_sign(identity, text, error);
	return *certificate != NULL;
}

/* --- upload --- */

static bool plan_fill(Identity *identity, GBytes *certificate, GError **error)
{
	for (unsigned part = 0; part < IDENTITY_PARTS; part++) {
		const char *path = identity->setup->parts[part];
		IdentityPlan *plan = &identity->plans[part];
		g_autoptr(GError) local = NULL;
		char *text = NULL;
		gsize len = 0;

		if (path && !g_file_get_contents(path, &text, &len, &local))
			return usage(error, path, local->message);
		if (path)
			identity->contents[part] = g_bytes_new_take(text, len);
		else if (part == IDENTITY_CERTIFICATE && certificate)
			identity->contents[part] = g_bytes_ref(certificate);
		else
			continue;
		plan->data = g_bytes_get_data(identity->contents[part], &plan->len);
		if (!plan->data)
			plan->data = (const uint8_t *)"";
		EVP_Q_digest(NULL, "SHA256", NULL, plan->data, plan->len, plan->digest, NULL);
	}
	return true;
}

/* The answer is in identity->state, whatever its result. */
static bool store_ask(Identity *identity, GByteArray *request, unsigned msg, GError **error)
{
	g_autoptr(GByteArray) answer = ask(identity, STORE, request, error);

	return answer && identity_parse_state(answer, msg, &identity->state, error);
}

static bool begin(Identity *identity, GError **error)
{
	return store_ask(identity, identity_message_begin(identity->id, ID_LEN, identity->plans),
			 MSG_BEGIN, error) &&
	       (identity->state.result == IDENTITY_RESULT_OK ||
		refused("the announcement", identity->state.result, identity->state.error, error));
}

/* Hang up in the middle, come back, and see whether the device knows where it was. */
static bool drop_and_return(Identity *identity, GError **error)
{
	size_t before = 0, after = 0;

	for (unsigned part = 0; part < IDENTITY_PARTS; part++)
		before += identity->state.received[part];
	identity->dropped = true;
	identity->link->disconnect(identity->link_data);
	report_step(identity->report, "dropped", NULL, "hung up after %u chunks, %zu octets",
		    identity->chunks, before);
	if (!client_connect(identity->client, error) ||
	    !client_secure(identity->client, NULL, error) || !begin(identity, error))
		return false;
	for (unsigned part = 0; part < IDENTITY_PARTS; part++)
		after += identity->state.received[part];
	if (after != before) {
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_UNEXPECTED,
			    "the device kept %zu of %zu octets over a lost link", after, before);
		return false;
	}
	report_step(identity->report, "resumed", NULL, "the device goes on after %zu octets",
		    after);
	return true;
}

static bool after_chunk(Identity *identity, GError **error)
{
	const IdentitySetup *setup = identity->setup;

	identity->chunks++;
	if (setup->leave_after > 0 && identity->chunks == setup->leave_after) {
		identity->link->disconnect(identity->link_data);
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_LEFT, "walked away after %u chunks",
			    identity->chunks);
		return false;
	}
	if (setup->drop_after == 0 || identity->dropped || identity->chunks < setup->drop_after)
		return true;
	return drop_and_return(identity, error);
}

static bool send_chunk(Identity *identity, IdentityPart part, GError **error)
{
	const IdentityPlan *plan = &identity->plans[part];
	size_t offset = identity->state.received[part];
	size_t len = MIN(CHUNK, plan->len - offset);

	if (!store_ask(identity,
		       identity_message_write(identity->id, ID_LEN, part, offset,
					      plan->data + offset, len),
		       MSG_WRITE, error))
		return false;
	if (identity->state.result != IDENTITY_RESULT_OK)
		return refused("a chunk", identity->state.result, identity->state.error, error);
	if (identity->state.received[part] != offset + len) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL,
				    "the device counts the octets it was sent in another way");
		return false;
	}
	return after_chunk(identity, error);
}

static bool send_parts(Identity *identity, GError **error)
{
	for (unsigned part = 0; part < IDENTITY_PARTS; part++)
		while (identity->plans[part].data &&
		       identity->state.received[part] < identity->plans[part].len)
			if (!send_chunk(identity, (IdentityPart)part, error))
				return false;
	report_step(identity->report, "uploaded", NULL, "all is there, in %u chunks",
		    identity->chunks);
	return true;
}

/* An announcement that is not kept: the device has to notice. */
static bool try_wrong_digest(Identity *identity, GError **error)
{
	g_autoptr(GError) local = NULL;
	IdentityPlan *plan = identity->plans;

	while (!plan->data || plan->len == 0)
		plan++;
	plan->digest[0] ^= 1;

	bool taken = begin(identity, &local);

	while (taken && identity->state.received[plan - identity->plans] < plan->len)
		taken = send_chunk(identity, (IdentityPart)(plan - identity->plans), &local);
	plan->digest[0] ^= 1;
	if (identity->state.result != IDENTITY_RESULT_DIGEST) {
		if (local && !g_error_matches(local, PHONE_ERROR, PHONE_ERROR_STATUS)) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_UNEXPECTED,
				    "octets with another digest than announced were taken");
		return false;
	}
	report_step(identity->report, "digest-refused", NULL, "%s, as it should", local->message);
	identity->chunks = 0;
	return true;
}

/* --- commit --- */

static bool commit(Identity *identity, GError **error)
{
	const IdentityState *state = &identity->state;

	if (!store_ask(identity, identity_message_commit(identity->id, ID_LEN), MSG_COMMIT, error))
		return false;
	if (state->result != IDENTITY_RESULT_OK)
		return refused("the commit", state->result, state->error, error);
	while (state->phase == IDENTITY_COMMITTING) {
		if (!identity->link->wait(identity->link_data, POLL_MS, error) ||
		    !store_ask(identity, identity_message_state(), 0, error))
			return false;
	}
	if (state->phase != IDENTITY_COMMITTED)
		return refused("the identity", state->outcome, state->outcome_error, error);

	cJSON *details = cJSON_CreateObject();

	cJSON_AddNumberToObject(details, "generation", state->generation);
	report_step(identity->report, "committed", details,
		    "the identity is in force, generation %u of the device's store",
		    state->generation);
	return true;
}

static bool upload(Identity *identity, GBytes *certificate, GError **error)
{
	bool any = false;

	if (!plan_fill(identity, certificate, error))
		return false;
	for (unsigned part = 0; part < IDENTITY_PARTS; part++)
		any = any || identity->plans[part].data;
	if (!any)
		return true;
	if (identity->setup->wrong_digest_first && !try_wrong_digest(identity, error))
		return false;
	return begin(identity, error) && send_parts(identity, error) && commit(identity, error);
}

bool identity_run(Client *client, const ClientLink *link, void *link_data,
		  const IdentitySetup *setup, Report *report, GError **error)
{
	Identity identity = {
		.client = client,
		.link = link,
		.link_data = link_data,
		.setup = setup,
		.report = report,
	};
	g_autoptr(GBytes) certificate = NULL;
	bool done;

	if (RAND_bytes(identity.id, ID_LEN) != 1) {
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_INTERNAL, "no randomness");
		return false;
	}
	done = request_run(&identity, &certificate, error) && upload(&identity, certificate, error);
	for (unsigned part = 0; part < IDENTITY_PARTS; part++)
		g_clear_pointer(&identity.contents[part], g_bytes_unref);
	return done;
}

/* --- watching --- */

static void tell_changes(Report *report, const IdentityStatus *before, const IdentityStatus *now)
{
	static const char *const words[] = { "pending", "done", "failed" };

	for (unsigned step = 0; step < IDENTITY_STEPS; step++) {
		unsigned state = now->states[step];
		cJSON *details;

		if (state == before->states[step] &&
		    strcmp(now->texts[step], before->texts[step]) == 0)
			continue;
		details = cJSON_CreateObject();
		cJSON_AddStringToObject(details, "name", identity_step_name(step));
		cJSON_AddStringToObject(details, "state", state < 3 ? words[state] : "?");
		cJSON_AddStringToObject(details, "words", now->texts[step]);
		report_step(report, "status", details, "%-9s %s%s%s", identity_step_name(step),
			    state < 3 ? words[state] : "?", *now->texts[step] ? ": " : "",
			    now->texts[step]);
	}
}

bool identity_follow(Client *client, const ClientLink *link, void *link_data, Report *report,
		     GError **error)
{
	Identity identity = { .client = client };
	IdentityStatus before = { 0 };

	for (;;) {
		g_autoptr(GByteArray) answer =
			ask(&identity, STATUS, identity_message_status(), error);
		IdentityStatus now;

		if (!answer || !identity_parse_status(answer, &now, error))
			return false;
		tell_changes(report, &before, &now);
		if (now.states[IDENTITY_STEPS - 1] == 1)
			break;
		before = now;
		if (!link->wait(link_data, FOLLOW_MS, error))
			return false;
	}
	report_step(report, "acknowledged", NULL, "first telemetry acknowledged");
	return true;
}
