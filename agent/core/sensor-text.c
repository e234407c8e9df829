/* SPDX-License-Identifier: MIT */
#include "agent/core/sensor-text.h"

#include "common/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define W1_OCTETS         9 /* of the scratchpad */
#define W1_POWER_ON_MC    85000
#define W1_POWER_ON_MARK  0x0c /* octet 6 until the first conversion */
#define CPU_FIELDS        8    /* user nice system idle iowait irq softirq steal */
#define TRAFFIC_FIELDS    16   /* eight received, eight sent */
#define TRAFFIC_SENT_FROM 8

/* One number at @text; @end is set behind it. "inf", "nan" and hexadecimal are none. */
static bool take_number(const char *text, const char **end, double *value)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *stop = NULL;

	if (!g_ascii_isdigit(digits[0]) || digits[1] == 'x' || digits[1] == 'X')
		return false;

	double number = g_ascii_strtod(text, &stop);

	if (!isfinite(number))
		return false;
	*end = stop;
	*value = number;
	return true;
}

static const char *skip_space(const char *text)
{
	while (g_ascii_isspace(*text))
		text++;
	return text;
}

bool sensor_text_number(const char *text, double *value)
{
	const char *end;
	double number;

	if (!take_number(skip_space(text), &end, &number) || *skip_space(end) != '\0')
		return false;
	*value = number;
	return true;
}

bool sensor_text_hex(const char *text, uint32_t *value)
{
	const char *at = skip_space(text);
	uint64_t number = 0;
	size_t digits = 0;

	for (; g_ascii_isxdigit(*at) && digits < 8; at++, digits++)
		number = number * 16 + (uint64_t)g_ascii_xdigit_value(*at);
	if (digits == 0 || *skip_space(at) != '\0')
		return false;
	*value = (uint32_t)number;
	return true;
}

bool sensor_text_first(const char *text, double *value)
{
	const char *end;
	double number;

	if (!take_number(skip_space(text), &end, &number) ||
	    (*end != '\0' && !g_ascii_isspace(*end)))
		return false;
	*value = number;
	return true;
}

/* Nine octets in hexadecimal with a blank behind each; what follows them, or NULL */
static const char *take_scratchpad(const char *text, uint8_t octets[W1_OCTETS])
{
	for (size_t i = 0; i < W1_OCTETS; i++) {
		int high = g_ascii_xdigit_value(text[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);

		if (low < 0 || text[2] != ' ')
			return NULL;
		octets[i] = (uint8_t)(high * 16 + low);
		text += 3;
	}
	return text;
}

static const char *w1_fault(const uint8_t octets[W1_OCTETS], double millidegrees)
{
	static const uint8_t shorted[W1_OCTETS];

	if (memcmp(octets, shorted, W1_OCTETS) == 0)
		return "nothing but zeros: the bus may be in short circuit";
	if (millidegrees == W1_POWER_ON_MC && octets[6] == W1_POWER_ON_MARK)
		return "no conversion since the chip was switched on: its supply may be too weak";
	return NULL;
}

/* @text: both lines; what is wrong, or NULL and @millidegrees */
static const char *w1_parse(const char *text, double *millidegrees)
{
	uint8_t octets[W1_OCTETS];
	const char *rest = take_scratchpad(text, octets);
	const char *line = strchr(text, '\n');
	const char *at = line ? strstr(line, "t=") : NULL;

	if (!rest || !g_str_has_prefix(rest, ": crc=") || !line)
		return "w1_slave does not say what it should";
	if (line - rest < 4 || memcmp(line - 4, " YES", 4) != 0)
		return "the CRC does not hold";
	if (!at || !sensor_text_number(at + 2, millidegrees))
		return "w1_slave has no temperature";
	return w1_fault(octets, *millidegrees);
}

bool sensor_text_w1(const char *text, double *celsius, GError **error)
{
	double millidegrees = 0;
	const char *fault = w1_parse(text, &millidegrees);

	if (fault) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, fault);
		return false;
	}
	*celsius = millidegrees / 1000.0;
	return true;
}

/* The number behind @label at the start of a line */
static bool find_field(const char *text, const char *label, double *value)
{
	size_t len = strlen(label);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, label, len) == 0)
			return sensor_text_first(line + len, value);
	}
	return false;
}

bool sensor_text_memory(const char *text, double *percent)
{
	double total;
	double available;

	if (!find_field(text, "MemTotal:", &total) ||
	    !find_field(text, "MemAvailable:", &available) || total <= 0)
		return false;
	*percent = round((1.0 - available / total) * 1000.0) / 10.0;
	return true;
}

/* Up to @n counters parted by blanks, on one line; how many there were */
static size_t take_counters(const char *at, uint64_t *counters, size_t n)
{
	size_t count = 0;

	while (count < n) {
		char *end = NULL;

		while (*at == ' ' || *at == '\t')
			at++;
		if (!g_ascii_isdigit(*at))
			break;
		counters[count++] = g_ascii_strtoull(at, &end, 10);
		at = end;
	}
	return count;
}

bool sensor_text_cpu(const char *text, SensorCpu *cpu)
{
	uint64_t ticks[CPU_FIELDS] = { 0 };
	SensorCpu sum = { 0, 0 };

	if (!g_str_has_prefix(text, "cpu ") || take_counters(text + 4, ticks, CPU_FIELDS) < 4)
		return false;
	for (size_t i = 0; i < CPU_FIELDS; i++) {
		sum.all += ticks[i];
		if (i != 3 && i != 4) /* idle, waiting for the disk */
			sum.busy += ticks[i];
	}
	*cpu = sum;
	return true;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
	return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

bool sensor_text_traffic(const char *text, const char *interface, SensorTraffic *traffic)
{
	SensorTraffic sum = { 0, 0 };
	bool found = false;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';

		const char *name = line + strspn(line, " ");
		size_t len = strcspn(name, ":\n");
		uint64_t counters[TRAFFIC_FIELDS];

		if (name[len] != ':' ||
		    (interface ? !name_is(name, len, interface) : name_is(name, len, "lo")) ||
		    take_counters(name + len + 1, counters, TRAFFIC_FIELDS) < TRAFFIC_FIELDS)
			continue;
		sum.received += counters[0];
		sum.sent += counters[TRAFFIC_SENT_FROM];
		found = true;
	}
	if (found)
		*traffic = sum;
	return found;
}
