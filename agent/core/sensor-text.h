/* SPDX-License-Identifier: MIT */
/*
 * sensor-text - what the files of /sys and /proc say
 *
 * All texts come from outside: a driver, a bus, a tree that somebody put there. Each function
 * takes what it knows and refuses everything else; nothing is read past the NUL.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* sensor_text_number() - a file that holds one number, white space around it
 * @value: untouched on failure, finite on success
 * Returns false when there is anything else */
bool sensor_text_number(const char *text, double *value) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_text_hex() - a file that holds one hexadecimal number of up to 32 bits, without 0x
 * Returns false when there is anything else; @value is untouched then */
bool sensor_text_hex(const char *text, uint32_t *value) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_text_first() - the first word of @text as a number: /proc/loadavg, /proc/uptime
 * Returns false when it is none; @value is untouched then */
bool sensor_text_first(const char *text, double *value) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_text_w1() - w1_slave of a thermometer, in °C
 *
 *   50 05 4b 46 7f ff 0c 10 1c : crc=1c YES
 *   50 05 4b 46 7f ff 0c 10 1c t=85000
 *
 * Refused: a CRC that does not hold; nine octets of 0, whose CRC holds and which a bus in short
 * circuit sends; 85 °C of a chip that was switched on since (octet 6 is 0x0c, never otherwise).
 * Errors: LANDFALL_ERROR_INVALID, which of these; @celsius is untouched then
 * Source: Linux, Documentation/w1/slaves/w1_therm.rst; DS18B20 data sheet, scratchpad */
bool sensor_text_w1(const char *text, double *celsius, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sensor_text_memory() - /proc/meminfo: the share in use of all memory, in %
 * Returns false when MemTotal or MemAvailable is missing; @percent is untouched then */
bool sensor_text_memory(const char *text, double *percent) G_GNUC_WARN_UNUSED_RESULT;

/* What the processors did since the start, in ticks */
typedef struct SensorCpu {
	uint64_t busy;
	uint64_t all;
} SensorCpu;

/* sensor_text_cpu() - the first line of /proc/stat
 * Returns false when it is none; @cpu is untouched then */
bool sensor_text_cpu(const char *text, SensorCpu *cpu) G_GNUC_WARN_UNUSED_RESULT;

/* Octets since the interface came up */
typedef struct SensorTraffic {
	uint64_t received;
	uint64_t sent;
} SensorTraffic;

/* sensor_text_traffic() - /proc/net/dev
 * @interface: such as wlan0; NULL: all but lo, summed
 * Returns false when there is no such line; @traffic is untouched then */
bool sensor_text_traffic(const char *text, const char *interface,
			 SensorTraffic *traffic) G_GNUC_WARN_UNUSED_RESULT;
