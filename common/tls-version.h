/* SPDX-License-Identifier: MIT */
/* tls-version - versions of TLS that may be the oldest one spoken */
#pragma once

typedef enum TlsVersion {
	TLS_VERSION_1_2,
	TLS_VERSION_1_3,
} TlsVersion;
