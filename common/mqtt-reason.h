/* SPDX-License-Identifier: MIT */
/*
 * mqtt-reason - what a broker's reason codes mean, for people and for our error codes
 *
 * The words are declared in common/mqtt.h (mqtt_reason(), mqtt_connack_reason()); here is what
 * only the client itself needs.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "common/error.h"
#include "common/mqtt.h"

/* mqtt_reason_error() - which of our errors an MQTT 5 reason code is
 * Source: MQTT 5.0, 2.4 Reason Code */
LandfallError mqtt_reason_error(uint8_t code);

/* mqtt_connack_error() - the same for an MQTT 3.1.1 CONNACK
 * Source: MQTT 3.1.1, 3.2.2.3 Connect Return code */
LandfallError mqtt_connack_error(uint8_t code);
