/* SPDX-License-Identifier: MIT */
/*
 * agent-bed - an agent with the identity "dev-1", a broker it may connect to, and who counts what
 * comes
 *
 * Certificates: "ca"; from it "server", "dev-1", "dev-2" and "watcher".
 */
#pragma once

#include "tests/agent/agent-process.h"
#include "tests/agent/oracle.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"

#include <stddef.h>
#include <stdint.h>

typedef struct AgentBed {
	Pki *pki;
	Broker *broker;
	Oracle *oracle;
	AgentProcess *agent;
	const char
		*acl; /* in: who may do what at the broker, as it writes it; NULL: all everything */
} AgentBed;

/* agent_bed_set_up() - everything but the agent runs
 * @certificates: @n more; one may be the issuer of those behind it
 * @lines: more lines of the agent's configuration, or NULL */
void agent_bed_set_up(AgentBed *bed, const PkiCert *certificates, size_t n, const char *lines);

/* agent_bed_tear_down() - end and remove everything */
void agent_bed_tear_down(AgentBed *bed);

/* agent_bed_publish() - {"n":@first} … {"n":@last}, all acknowledged by the agent */
void agent_bed_publish(AgentBed *bed, int64_t first, int64_t last);
