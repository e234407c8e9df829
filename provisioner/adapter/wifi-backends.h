/* SPDX-License-Identifier: MIT */
/* wifi-backends - the back ends that were built in, the one to be preferred first */
#pragma once

#include "common/config.h"
#include "provisioner/adapter/wifi-backend.h"

#define WIFI_BACKENDS_MAX 3

typedef struct WifiBackendRow {
	ConfigWifi config;
	const WifiBackend *backend;
} WifiBackendRow;

extern const WifiBackendRow wifi_backends[];
extern const size_t wifi_backends_count; /* 1..WIFI_BACKENDS_MAX */
