/* SPDX-License-Identifier: MIT */
#include "agent/core/announce.h"

#include <stddef.h>
#include <string.h>

typedef enum Kind {
	KIND_TEXT,
	KIND_U32,
	KIND_U64,
} Kind;

typedef struct Row {
	const char *property;
	Kind kind;
	size_t offset; /* in AgentStatus */
	bool count;    /* may wait longer */
} Row;

#define AT(member) offsetof(AgentStatus, member)

static const Row rows[] = {
	{ "State", KIND_U32, AT(state), false },
	{ "LastError", KIND_TEXT, AT(last_error), false },
	{ "Advice", KIND_TEXT, AT(last_error), false }, /* changes with it */
	{ "Broker", KIND_TEXT, AT(broker), false },
	{ "ClientId", KIND_TEXT, AT(client_id), false },
	{ "Generation", KIND_U32, AT(generation), false },
	{ "CommonName", KIND_TEXT, AT(common_name), false },
	{ "CertificateNotBefore", KIND_U64, AT(not_before), false },
	{ "CertificateNotAfter", KIND_U64, AT(not_after), false },
	{ "CertificateAlarm", KIND_U32, AT(alarm), false },
	{ "RenewalError", KIND_TEXT, AT(renewal_error), false },
	{ "Enrolment", KIND_U32, AT(enrolment), false },
	{ "EnrolmentError", KIND_TEXT, AT(enrolment_error), false },
	{ "LastPublish", KIND_U64, AT(last_publish_ms), true },
	{ "Connects", KIND_U64, AT(connects), true },
	{ "SpoolRefusal", KIND_TEXT, AT(spool_refusal), false },
	{ "SpoolWaiting", KIND_U64, AT(waiting), true },
	{ "SpoolBytes", KIND_U64, AT(bytes), true },
	{ "SpoolAccepted", KIND_U64, AT(accepted), true },
	{ "SpoolDelivered", KIND_U64, AT(delivered), true },
	{ "SpoolDropped", KIND_U64, AT(dropped), true },
};

G_STATIC_ASSERT(sizeof(EnrolState) == sizeof(uint32_t));
G_STATIC_ASSERT(sizeof(UplinkState) == sizeof(uint32_t));
G_STATIC_ASSERT(sizeof(ExpiryAlarm) == sizeof(uint32_t));

struct Announce {
	AgentStatus told; /* its texts are not used: */
	char *texts[G_N_ELEMENTS(rows)];
	int64_t told_us;
};

static const void *value_at(const AgentStatus *status, const Row *row)
{
	return (const char *)status + row->offset;
}

static const char *text_at(const AgentStatus *status, const Row *row)
{
	const char *text;

	memcpy(&text, value_at(status, row), sizeof(text));
	return text;
}

static bool differs(const Announce *announce, const AgentStatus *status, size_t i)
{
	const Row *row = &rows[i];

	if (row->kind == KIND_TEXT)
		return g_strcmp0(announce->texts[i], text_at(status, row)) != 0;
	return memcmp(value_at(&announce->told, row), value_at(status, row),
		      row->kind == KIND_U32 ? sizeof(uint32_t) : sizeof(uint64_t)) != 0;
}

static void note(Announce *announce, const AgentStatus *status)
{
	announce->told = *status;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].kind != KIND_TEXT)
			continue;
		g_free(announce->texts[i]);
		announce->texts[i] = g_strdup(text_at(status, &rows[i]));
	}
}

Announce *announce_new(const AgentStatus *status)
{
	Announce *announce = g_new0(Announce, 1);

	announce->told_us = -ANNOUNCE_COUNTS_US;
	note(announce, status);
	return announce;
}

void announce_free(Announce *announce)
{
	if (!announce)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		g_free(announce->texts[i]);
	g_free(announce);
}

int64_t announce_step(Announce *announce, const AgentStatus *status, int64_t now_us,
		      AnnounceFunc func, void *data)
{
	int64_t due_us = G_MAXINT64;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int64_t pause_us = rows[i].count ? ANNOUNCE_COUNTS_US : ANNOUNCE_WORDS_US;

		if (differs(announce, status, i))
			due_us = MIN(due_us, announce->told_us + pause_us);
	}
	if (due_us > now_us)
		return due_us;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (differs(announce, status, i))
			func(rows[i].property, data);
	note(announce, status);
	announce->told_us = now_us;
	return G_MAXINT64;
}
