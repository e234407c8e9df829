/* SPDX-License-Identifier: MIT */
#include "provisioner/core/wifi-port.h"

void wifi_enterprise_free(WifiEnterprise *enterprise)
{
	if (!enterprise)
		return;
	g_free(enterprise->identity);
	g_free(enterprise->ca_path);
	g_free(enterprise->cert_path);
	g_free(enterprise->key_path);
	g_free(enterprise->domain);
	g_free(enterprise);
}
