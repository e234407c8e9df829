/* SPDX-License-Identifier: MIT */
#include "tests/agent/agent-bed.h"

static const PkiCert common_certificates[] = {
	{ .name = "ca", .ca = true },
	{ .name = "server", .issuer = "ca", .san = "DNS:localhost,IP:127.0.0.1" },
	{ .name = "dev-1", .issuer = "ca", .client_only = true },
	{ .name = "dev-2", .issuer = "ca", .client_only = true },
	{ .name = "watcher", .issuer = "ca", .client_only = true },
};

void agent_bed_set_up(AgentBed *bed, const PkiCert *certificates, size_t n, const char *lines)
{
	bed->pki = pki_new();
	pki_issue_all(bed->pki, common_certificates, G_N_ELEMENTS(common_certificates));
	pki_issue_all(bed->pki, certificates, n);
	pki_write(bed->pki, "acl", bed->acl ? bed->acl : "pattern readwrite #\n");

	g_autofree char *rules = g_strdup_printf(
		"max_queued_messages 0\nuse_identity_as_username true\nacl_file %s\n",
		pki_path(bed->pki, "acl"));

	bed->broker = broker_new(bed->pki, "server", rules);
	bed->oracle = oracle_new(bed->broker, bed->pki, "watcher");
	bed->agent = agent_process_new(broker_port(bed->broker), lines);
	agent_process_import(bed->agent, bed->pki, "dev-1");
}

void agent_bed_tear_down(AgentBed *bed)
{
	agent_process_free(bed->agent);
	oracle_free(bed->oracle);
	broker_free(bed->broker);
	pki_free(bed->pki);
}

void agent_bed_publish(AgentBed *bed, int64_t first, int64_t last)
{
	g_assert_cmpint(agent_process_publish(bed->agent, first, last), ==, last);
}
