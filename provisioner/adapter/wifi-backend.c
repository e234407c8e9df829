/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-backend.h"

static WifiEnterprise *enterprise_copy(const WifiEnterprise *from)
{
	WifiEnterprise *copy = NULL;

	if (!from)
		return NULL;
	copy = g_new(WifiEnterprise, 1);
	*copy = (WifiEnterprise){
		.identity = g_strdup(from->identity),
		.ca_path = g_strdup(from->ca_path),
		.cert_path = g_strdup(from->cert_path),
		.key_path = g_strdup(from->key_path),
		.domain = g_strdup(from->domain),
	};
	return copy;
}

WifiCredentials *wifi_credentials_copy(const WifiCredentials *credentials)
{
	WifiCredentials *copy = g_new(WifiCredentials, 1);

	*copy = *credentials;
	copy->passphrase = secret_copy(credentials->passphrase);
	copy->enterprise = enterprise_copy(credentials->enterprise);
	return copy;
}

void wifi_credentials_free(WifiCredentials *credentials)
{
	if (!credentials)
		return;
	secret_free(credentials->passphrase);
	wifi_enterprise_free(credentials->enterprise);
	g_free(credentials);
}
