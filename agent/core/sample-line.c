/* SPDX-License-Identifier: MIT */
#include "agent/core/sample-line.h"

#include "agent/core/sample.h"
#include "common/error.h"

#include <math.h>
#include <string.h>

#define NUMBER_MAX 40 /* characters: more than any 64-bit integer or double needs */

/* The text and the place in it; `what` is the first thing found wrong. */
typedef struct Scan {
	const char *start;
	const char *at;
	const char *end;
	const char *what;
} Scan;

typedef struct Key {
	const char *text;
	size_t len;
} Key;

/* The keys of one object, for finding doubles. */
typedef struct Keys {
	Key keys[SAMPLE_MEMBERS_MAX];
	size_t n;
} Keys;

static bool scan_fail(Scan *scan, const char *what)
{
	if (!scan->what)
		scan->what = what;
	return false;
}

static int scan_peek(const Scan *scan)
{
	return scan->at < scan->end ? (unsigned char)*scan->at : -1;
}

static void scan_space(Scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
		scan->at++;
}

static bool scan_char(Scan *scan, char want, const char *what)
{
	scan_space(scan);
	if (scan_peek(scan) != want)
		return scan_fail(scan, what);
	scan->at++;
	return true;
}

/* four hexadecimal digits; -1 when they are not */
static int scan_hex4(Scan *scan)
{
	int value = 0;

	if (scan->end - scan->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(scan->at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	scan->at += 4;
	return value;
}

static bool scan_unicode_escape(Scan *scan)
{
	int unit = scan_hex4(scan);

	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return scan_fail(scan, "bad \\u escape");
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return scan_fail(scan, "half a surrogate pair");
	scan->at += 2;
	unit = scan_hex4(scan);
	if (unit < 0xdc00 || unit > 0xdfff)
		return scan_fail(scan, "half a surrogate pair");
	return true;
}

static bool scan_escape(Scan *scan)
{
	int c = scan_peek(scan);

	scan->at++;
	if (c == 'u')
		return scan_unicode_escape(scan);
	if (c <= 0 || !strchr("\"\\/bfnrt", c))
		return scan_fail(scan, "bad escape");
	return true;
}

/* a string with its quotes; @out (may be NULL) is what stands between them, still escaped */
static bool scan_string(Scan *scan, Key *out)
{
	if (!scan_char(scan, '"', "string expected"))
		return false;

	const char *text = scan->at;

	while (scan->at < scan->end) {
		unsigned char c = (unsigned char)*scan->at;

		if (c < 0x20)
			return scan_fail(scan, "control character in a string");
		scan->at++;
		if (c == '"') {
			if (out)
				*out = (Key){ text, (size_t)(scan->at - 1 - text) };
			return true;
		}
		if (c == '\\' && !scan_escape(scan))
			return false;
	}
	return scan_fail(scan, "string without end");
}

static size_t scan_digits(Scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && g_ascii_isdigit(*scan->at))
		scan->at++;
	return (size_t)(scan->at - start);
}

static bool number_finite(const char *text, size_t len)
{
	char copy[NUMBER_MAX + 1];

	memcpy(copy, text, len);
	copy[len] = '\0';
	return isfinite(g_ascii_strtod(copy, NULL));
}

static bool scan_exponent(Scan *scan)
{
	scan->at++;
	if (scan_peek(scan) == '+' || scan_peek(scan) == '-')
		scan->at++;
	return scan_digits(scan) > 0;
}

static bool scan_number(Scan *scan)
{
	const char *start = scan->at;
	bool exponent = false;

	if (scan_peek(scan) == '-')
		scan->at++;
	bool zero = scan_peek(scan) == '0';
	size_t digits = scan_digits(scan);
	if (digits == 0 || (zero && digits > 1))
		return scan_fail(scan, "bad number");
	if (scan_peek(scan) == '.') {
		scan->at++;
		if (scan_digits(scan) == 0)
			return scan_fail(scan, "bad number");
	}
	if (scan_peek(scan) == 'e' || scan_peek(scan) == 'E') {
		exponent = true;
		if (!scan_exponent(scan))
			return scan_fail(scan, "bad number");
	}
	size_t len = (size_t)(scan->at - start);
	if (len > NUMBER_MAX || (exponent && !number_finite(start, len)))
		return scan_fail(scan, "number out of range");
	return true;
}

static bool scan_literal(Scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return scan_fail(scan, "value expected");
	scan->at += len;
	return true;
}

static bool scan_scalar(Scan *scan)
{
	scan_space(scan);
	switch (scan_peek(scan)) {
	case '"': return scan_string(scan, NULL);
	case 't': return scan_literal(scan, "true");
	case 'f': return scan_literal(scan, "false");
	case 'n': return scan_fail(scan, "null is no reading: leave it out");
	case '{':
	case '[': return scan_fail(scan, "a reading is a number, a string or a boolean");
	default: return scan_number(scan);
	}
}

static bool key_is(const Key *key, const char *name)
{
	return key->len == strlen(name) && memcmp(key->text, name, key->len) == 0;
}

static bool keys_add(Scan *scan, Keys *keys, const Key *key)
{
	if (keys->n == SAMPLE_MEMBERS_MAX)
		return scan_fail(scan, "more than 256 readings");
	for (size_t i = 0; i < keys->n; i++) {
		if (keys->keys[i].len == key->len &&
		    memcmp(keys->keys[i].text, key->text, key->len) == 0)
			return scan_fail(scan, "the same name twice");
	}
	keys->keys[keys->n++] = *key;
	return true;
}

static bool scan_key(Scan *scan, Keys *keys, Key *key)
{
	if (!scan_string(scan, key) || !scan_char(scan, ':', "':' expected"))
		return false;
	return keys_add(scan, keys, key);
}

static const char *key_fault(const Key *key)
{
	return key_is(key, "ts") ? "no reading can be named ts: it is a time, beside values alone"
				 : "a name that readings cannot have";
}

/* the readings after the opening brace, up to and with the closing one */
static bool scan_readings(Scan *scan, SampleLine *line)
{
	Keys keys;
	Key key;

	keys.n = 0;
	scan_space(scan);
	line->values = scan->at;
	do {
		if (!scan_key(scan, &keys, &key))
			return false;
		if (!sample_key_valid(key.text, key.len))
			return scan_fail(scan, key_fault(&key));
		if (!scan_scalar(scan))
			return false;
		line->values_len = (size_t)(scan->at - line->values);
		scan_space(scan);
	} while (scan_peek(scan) == ',' && scan->at++);
	return scan_char(scan, '}', "',' or '}' expected");
}

static bool scan_ts(Scan *scan, SampleLine *line)
{
	scan_space(scan);
	const char *start = scan->at;
	size_t digits = scan_digits(scan);
	int64_t value = 0;

	if (digits == 0 || digits > 15)
		return scan_fail(scan, "ts is not a time in milliseconds");
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (start[i] - '0');
	if (value > SAMPLE_TS_MAX_MS || (digits > 1 && *start == '0'))
		return scan_fail(scan, "ts is not a time in milliseconds");
	line->ts_ms = value;
	line->has_ts = true;
	return true;
}

/* {"ts":…,"values":{…}} after the opening brace, up to and with the closing one */
static bool scan_timed(Scan *scan, SampleLine *line)
{
	Keys keys;
	Key key;

	keys.n = 0;
	do {
		if (!scan_key(scan, &keys, &key))
			return false;
		if (key_is(&key, "ts")) {
			if (!scan_ts(scan, line))
				return false;
		} else if (!key_is(&key, "values")) {
			return scan_fail(scan, "only ts may stand beside values");
		} else if (!scan_char(scan, '{', "values is not an object") ||
			   !scan_readings(scan, line)) {
			return false;
		}
		scan_space(scan);
	} while (scan_peek(scan) == ',' && scan->at++);
	return scan_char(scan, '}', "',' or '}' expected");
}

/* Whether the object whose first octet is next has a member `values` that is an object, as far
 * as it is well-formed: at the first member, or at the second after `ts`. */
static bool scan_is_timed(Scan scan)
{
	Key key;

	if (!scan_string(&scan, &key) || !scan_char(&scan, ':', ""))
		return false;
	if (key_is(&key, "ts")) {
		if (!scan_scalar(&scan) || !scan_char(&scan, ',', "") ||
		    !scan_string(&scan, &key) || !scan_char(&scan, ':', ""))
			return false;
	}
	scan_space(&scan);
	return key_is(&key, "values") && scan_peek(&scan) == '{';
}

static bool scan_line(Scan *scan, SampleLine *line)
{
	if (!scan_char(scan, '{', "not a JSON object"))
		return false;
	scan_space(scan);
	if (scan_peek(scan) == '}')
		return scan_fail(scan, "no readings");
	if (!(scan_is_timed(*scan) ? scan_timed(scan, line) : scan_readings(scan, line)))
		return false;
	scan_space(scan);
	if (scan->at != scan->end)
		return scan_fail(scan, "more than one JSON value");
	return true;
}

bool sample_line_parse(const char *line, size_t len, SampleLine *out, GError **error)
{
	const char *text = len > 0 ? line : "";
	Scan scan = { .start = text, .at = text, .end = text + len };
	SampleLine parsed = { 0 };
	const char *bad = text;

	if (!g_utf8_validate_len(text, len, &bad)) {
		scan.at = bad;
		scan_fail(&scan, "not UTF-8");
	} else if (scan_line(&scan, &parsed) && parsed.values_len > SAMPLE_VALUES_MAX) {
		scan_fail(&scan, "more than " G_STRINGIFY(SAMPLE_VALUES_MAX) " octets of readings");
	}
	if (scan.what) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "%s (octet %zu)",
			    scan.what, (size_t)(scan.at - scan.start) + 1);
		return false;
	}
	*out = parsed;
	return true;
}
