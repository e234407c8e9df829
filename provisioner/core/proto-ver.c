/* SPDX-License-Identifier: MIT */
#include "provisioner/core/proto-ver.h"

#include <cjson/cJSON.h>
#include <string.h>

/* cJSON reports lack of memory; GLib's rule for that is to end. */
static cJSON *must(cJSON *item)
{
	if (!item)
		g_error("out of memory");
	return item;
}

static void add_capability(cJSON *list, const char *name)
{
	cJSON_AddItemToArray(list, must(cJSON_CreateString(name)));
}

GBytes *proto_ver_new(int version, int patch, bool has_pop)
{
	cJSON *root = must(cJSON_CreateObject());
	cJSON *landfall = must(cJSON_AddObjectToObject(root, "landfall"));

	must(cJSON_AddStringToObject(landfall, "ver", "1"));

	cJSON *own = must(cJSON_AddArrayToObject(landfall, "cap"));

	add_capability(own, "store");
	add_capability(own, "status");

	cJSON *prov = must(cJSON_AddObjectToObject(root, "prov"));

	must(cJSON_AddStringToObject(prov, "ver", "netprov-v1.2"));
	must(cJSON_AddNumberToObject(prov, "sec_ver", version));
	must(cJSON_AddNumberToObject(prov, "sec_patch_ver", patch));

	cJSON *capabilities = must(cJSON_AddArrayToObject(prov, "cap"));

	if (version == 0)
		add_capability(capabilities, "no_sec");
	else if (!has_pop)
		add_capability(capabilities, "no_pop");
	add_capability(capabilities, "wifi_prov");
	add_capability(capabilities, "wifi_scan");

	char *text = cJSON_PrintUnformatted(root);

	cJSON_Delete(root);
	if (!text)
		g_error("out of memory");

	GBytes *bytes = g_bytes_new(text, strlen(text));

	cJSON_free(text);
	return bytes;
}
