/* SPDX-License-Identifier: MIT */
/*
 * enrol-plan - what of an enrolment touches the disk or a token: how it begins and how it ends
 *
 *   enrol_plan_load()     store, files, key ─▶ an exchange, and whom to have it with
 *   enrol_plan_commit()   what the cloud decided ─▶ a new generation of the store
 *
 * The claim is the identity that the exchange is had with: the current generation, as long as its
 * broker.conf does not say that it is the outcome of one; else, while that outcome has never
 * proved itself, the generation before it. It stays in the store until the outcome has, and
 * after that until something else is installed: an outcome whose files are damaged is made anew
 * from it. A key in a token that cannot be opened is no damage.
 *
 * Both calls may take seconds and are made in a thread; in between the plan belongs to the loop.
 */
#pragma once

#include "agent/core/enrol.h"
#include "common/broker-uri.h"
#include "common/config.h"
#include "common/store-wait.h"
#include "common/store.h"
#include "common/tls.h"

#include <glib.h>
#include <stdbool.h>

/* What there is to do */
typedef enum EnrolTask {
	ENROL_TASK_NONE,  /* no identity, or one that has its place */
	ENROL_TASK_TRIAL, /* the outcome is current and has never proved itself */
	ENROL_TASK_MEND,  /* the current generation is damaged, and its claim is there */
	ENROL_TASK_ENROL, /* an exchange */
} EnrolTask;

/* Somebody to connect to. */
typedef struct EnrolHost {
	BrokerUri uri;
	char *text;
	TlsContext *tls;
} EnrolHost;

typedef struct EnrolPlan {
	const Config *config; /* borrowed */
	bool again;           /* in: enrol once more what is on trial or damaged */
	EnrolTask task;
	bool proved;      /* what is in use has its place, and a broker has taken it */
	GError *error;    /* of load or commit */
	GError *damage;   /* of the current generation, when the claim can mend it; else NULL */
	uint32_t current; /* generation at that moment */
	char *whom;       /* of the subject */
	StoreWaitSubject subject; /* of the moments below; whom NULL: there is no claim */
	RenewalWait next;         /* until when the cloud is left alone, as noted before */
	RenewalWait trial;        /* the same of the time that an outcome gets */
	StoreIdentity *claim;     /* and below: for ENROL_TASK_ENROL */
	BrokerConf *broker;       /* settings of the connection */
	unsigned keep_alive_s;    /* as wanted, or the most that the cloud takes */
	EnrolHost host;           /* of the exchange */
	EnrolHost known; /* where our certificate may be known already; text NULL: nowhere */
	Enrol *enrol;
} EnrolPlan;

/* enrol_wanted() - whether @identity is one that [enrolment] of @config has to enrol first */
bool enrol_wanted(const Config *config, const StoreIdentity *identity);

/* enrol_plan_check() - whether [enrolment] holds together with the rest of @config
 * Errors: LANDFALL_ERROR_CONFIG */
bool enrol_plan_check(const Config *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* enrol_plan_new() - @config: borrowed, kept */
EnrolPlan *enrol_plan_new(const Config *config, bool again);

/* enrol_plan_free() - NULL is fine */
void enrol_plan_free(EnrolPlan *plan);

/* enrol_plan_load() - fill task and what it needs, or error. Any thread */
void enrol_plan_load(EnrolPlan *plan);

/* enrol_plan_commit() - make the outcome the current generation, or fill error. Nothing is changed
 * when another generation became current meanwhile (LANDFALL_ERROR_CANCELLED). Any thread */
void enrol_plan_commit(EnrolPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EnrolPlan, enrol_plan_free)
