/* SPDX-License-Identifier: MIT */
/*
 * store-port - what landfall-store and prov-config ask of whoever keeps the device's identity
 *
 * As with Wi-Fi, what may take long only starts and comes back once through the function named
 * beside it, never from inside the call. At most one commit and one request run at a time.
 */
#pragma once

#include "common/secret.h"
#include "provisioner/core/store-fault.h"
#include "provisioner/core/wifi-port.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The parts of an identity. The numbers, less one, are those of the wire's StorePart. */
typedef enum StorePartId {
	STORE_PART_CERTIFICATE, /* device.crt */
	STORE_PART_KEY,         /* device.key */
	STORE_PART_TRUST,       /* server_chain.pem */
	STORE_PART_BROKER,      /* broker.conf */
	STORE_PART_WIFI,        /* wifi.conf */
	STORE_PART_WIFI_TRUST,  /* wifi_ca.pem */
	STORE_PART_N,
} StorePartId;

/* What was uploaded; NULL: not sent, stays as it is; of no octets: to be removed. */
typedef struct StoreDelivery {
	const Secret *parts[STORE_PART_N];
} StoreDelivery;

/* A wish for a request for a certificate. */
typedef struct StoreWish {
	const char *common_name; /* NULL: the adapter's choice */
	unsigned int key_type;   /* as on the wire: 0..2 */
	bool new_key;
} StoreWish;

typedef struct StorePort {
	/* commit() - check @delivery and make it the current generation; ends in
	 * provisioner_on_committed()
	 * @delivery: borrowed for the call only */
	void (*commit)(void *store, const StoreDelivery *delivery);

	/* request() - make a key, unless one waits, and a request for its certificate; ends in
	 * provisioner_on_request()
	 * @wish: borrowed for the call only */
	void (*request)(void *store, const StoreWish *wish);

	/* generation() - the number of the current one; 0: none */
	uint32_t (*generation)(void *store);

	/* enterprise() - the settings for networks that want EAP-TLS; to be freed with
	 * wifi_enterprise_free()
	 * Errors: STORE_FAULT_ABSENT (there are none) in words */
	WifiEnterprise *(*enterprise)(void *store, GError **error);
} StorePort;
