/* SPDX-License-Identifier: MIT */
#include "provisioner/core/provisioner.h"

/* protocomm.md 2.1: names and ids in the order of the characteristics. */
static const struct {
	const char *name;
	uint16_t uuid16;
} endpoints[] = {
	[ENDPOINT_PROV_CTRL] = { "prov-ctrl", 0xff4f },
	[ENDPOINT_PROV_SCAN] = { "prov-scan", 0xff50 },
	[ENDPOINT_PROV_SESSION] = { "prov-session", 0xff51 },
	[ENDPOINT_PROV_CONFIG] = { "prov-config", 0xff52 },
	[ENDPOINT_PROTO_VER] = { "proto-ver", 0xff53 },
	[ENDPOINT_LANDFALL_STORE] = { "landfall-store", 0xff54 },
	[ENDPOINT_LANDFALL_STATUS] = { "landfall-status", 0xff55 },
};

G_STATIC_ASSERT(G_N_ELEMENTS(endpoints) == ENDPOINT_N);

const char *endpoint_name(EndpointId id)
{
	g_return_val_if_fail((size_t)id < G_N_ELEMENTS(endpoints), NULL);
	return endpoints[id].name;
}

uint16_t endpoint_uuid16(EndpointId id)
{
	g_return_val_if_fail((size_t)id < G_N_ELEMENTS(endpoints), 0);
	return endpoints[id].uuid16;
}
