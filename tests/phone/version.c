/* SPDX-License-Identifier: MIT */
#include "tests/phone/version.h"

#include "tests/phone/phone-error.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <string.h>

typedef struct Capability {
	const char *name;
	size_t offset;
} Capability;

static const Capability capabilities[] = {
	{ "no_sec", offsetof(Version, no_sec) },
	{ "no_pop", offsetof(Version, no_pop) },
	{ "wifi_scan", offsetof(Version, wifi_scan) },
	{ "wifi_prov", offsetof(Version, wifi_prov) },
};

static bool unusable(const char *what, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL, "the device's proto-ver %s", what);
	return false;
}

static bool take_capabilities(const cJSON *list, Version *version, GError **error)
{
	const cJSON *item;

	if (!cJSON_IsArray(list))
		return unusable("has no array \"cap\"", error);
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return unusable("has a \"cap\" that is no text", error);
		for (size_t i = 0; i < G_N_ELEMENTS(capabilities); i++)
			if (strcmp(item->valuestring, capabilities[i].name) == 0)
				G_STRUCT_MEMBER(bool, version, capabilities[i].offset) = true;
	}
	return true;
}

static bool take_number(const cJSON *item, bool *present, unsigned *value, GError **error)
{
	*present = item != NULL;
	if (!item)
		return true;
	if (!cJSON_IsNumber(item) || item->valuedouble != item->valueint || item->valueint < 0)
		return unusable("has a security version that is no whole number", error);
	*value = (unsigned)item->valueint;
	return true;
}

static bool take_prov(const cJSON *prov, Version *version, GError **error)
{
	const cJSON *ver = cJSON_GetObjectItemCaseSensitive(prov, "ver");
	bool has_patch;

	if (!cJSON_IsObject(prov))
		return unusable("has no object \"prov\"", error);
	if (!cJSON_IsString(ver))
		return unusable("has no text \"ver\"", error);
	version->ver = g_strdup(ver->valuestring);
	return take_number(cJSON_GetObjectItemCaseSensitive(prov, "sec_ver"), &version->has_sec_ver,
			   &version->sec_ver, error) &&
	       take_number(cJSON_GetObjectItemCaseSensitive(prov, "sec_patch_ver"), &has_patch,
			   &version->sec_patch_ver, error) &&
	       take_capabilities(cJSON_GetObjectItemCaseSensitive(prov, "cap"), version, error);
}

Version *version_parse(const GByteArray *in, GError **error)
{
	g_autoptr(Version) version = g_new0(Version, 1);
	cJSON *json = in->len > 0 ? cJSON_ParseWithLength((const char *)in->data, in->len) : NULL;
	char *text = cJSON_PrintUnformatted(json);
	bool done;

	version->text = g_strdup(text);
	cJSON_free(text);
	done = json ? take_prov(cJSON_GetObjectItemCaseSensitive(json, "prov"), version, error)
		    : unusable("is no JSON", error);
	cJSON_Delete(json);
	return done ? g_steal_pointer(&version) : NULL;
}

void version_free(Version *version)
{
	if (!version)
		return;
	g_free(version->text);
	g_free(version->ver);
	g_free(version);
}
