/* SPDX-License-Identifier: MIT */
#include "tests/phone/script.h"

#include "tests/phone/phone-error.h"

#include <string.h>

#define ARGS_MAX   4
#define REPEAT_MAX 1000000
#define FILL_MAX   65535

typedef struct Script {
	Ble *ble;
	Client *client;
	const Options *options;
	Report *report;
	GByteArray *last;   /* read last */
	GByteArray *sealed; /* sent last on the session */
} Script;

typedef struct Words {
	char *at[ARGS_MAX + 1]; /* the command, then its arguments; NULL where there is none */
	const char *rest;       /* the line after the first argument; borrowed */
} Words;

typedef bool (*Command)(Script *script, const Words *words, GError **error);

static bool run_line(Script *script, const char *line, GError **error);

static bool wrong(GError **error, const char *what)
{
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_USAGE, what);
	return false;
}

static bool number(const char *text, guint64 max, guint64 *value, GError **error)
{
	const char *digits = g_str_has_prefix(text, "0x") ? text + 2 : text;
	guint base = digits == text ? 10 : 16;

	if (g_ascii_string_to_unsigned(digits, base, 0, max, value, NULL))
		return true;
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_USAGE, "\"%s\" is no number up to %u", text,
		    (unsigned)max);
	return false;
}

static GByteArray *octets(const char *hex, GError **error)
{
	g_autoptr(GByteArray) out = g_byte_array_new();

	if (strcmp(hex, "-") == 0)
		return g_steal_pointer(&out);
	for (; *hex; hex += 2) {
		int high = g_ascii_xdigit_value(hex[0]);
		int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[1]);
		uint8_t octet = (uint8_t)(high << 4 | low);

		if (low < 0) {
			wrong(error, "octets are written as hexadecimal digits in pairs");
			return NULL;
		}
		g_byte_array_append(out, &octet, 1);
	}
	return g_steal_pointer(&out);
}

static void show(Script *script, const char *what, const GByteArray *data)
{
	GString *hex = g_string_new(NULL);

	for (guint i = 0; i < data->len; i++)
		g_string_append_printf(hex, "%02x", data->data[i]);
	report_step(script->report, what, NULL, "%s", hex->len > 0 ? hex->str : "(empty)");
	g_string_free(hex, true);
}

static void keep(GByteArray **where, GByteArray *data)
{
	g_byte_array_unref(*where);
	*where = data;
}

/* --- the link --- */

static bool do_find(Script *script, const Words *words, GError **error)
{
	return ble_find(script->ble, error);
}

static bool do_connect(Script *script, const Words *words, GError **error)
{
	return ble_link.connect(script->ble, error);
}

static bool do_disconnect(Script *script, const Words *words, GError **error)
{
	ble_link.disconnect(script->ble);
	return true;
}

static bool channel(Script *script, Att **att, GError **error)
{
	*att = ble_att(script->ble);
	if (!*att)
		g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_LOST, "not connected");
	return *att != NULL;
}

static bool do_mtu(Script *script, const Words *words, GError **error)
{
	guint64 mtu;
	Att *att;

	return number(words->at[1], UINT16_MAX, &mtu, error) && channel(script, &att, error) &&
	       att_exchange_mtu(att, (uint16_t)mtu, error);
}

static bool do_sleep(Script *script, const Words *words, GError **error)
{
	unsigned ms = (unsigned)(CLAMP(g_ascii_strtod(words->at[1], NULL), 0, 3600) * 1000);

	if (ble_att(script->ble))
		return ble_link.wait(script->ble, ms, error);
	g_usleep(ms * 1000ul);
	return true;
}

/* --- values --- */

static bool do_write(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = octets(words->at[2], error);
	uint16_t handle;

	return value && ble_handle(script->ble, words->at[1], &handle, error) &&
	       gatt_write(ble_att(script->ble), handle, value->data, value->len, error);
}

static bool do_fill(Script *script, const Words *words, GError **error)
{
	g_autofree uint8_t *value = NULL;
	guint64 len, octet = 0;
	uint16_t handle;

	if (!number(words->at[2], FILL_MAX, &len, error) ||
	    (words->at[3] && !number(words->at[3], UINT8_MAX, &octet, error)) ||
	    !ble_handle(script->ble, words->at[1], &handle, error))
		return false;
	value = g_malloc(len + 1);
	memset(value, (int)octet, len);
	return gatt_write(ble_att(script->ble), handle, value, len, error);
}

static bool do_command(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = octets(words->at[2], error);
	g_autoptr(GByteArray) pdu = att_pdu(ATT_WRITE_CMD);
	uint16_t handle;

	if (!value || !ble_handle(script->ble, words->at[1], &handle, error))
		return false;
	att_put_u16(pdu, handle);
	g_byte_array_append(pdu, value->data, value->len);
	return att_send(ble_att(script->ble), pdu, error);
}

static bool do_prepare(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = words->at[3] ? octets(words->at[3], error) : NULL;
	guint64 offset;
	uint16_t handle;

	if (!words->at[3])
		return wrong(error, "prepare ENDPOINT OFFSET HEX");
	return value && number(words->at[2], UINT16_MAX, &offset, error) &&
	       ble_handle(script->ble, words->at[1], &handle, error) &&
	       gatt_prepare(ble_att(script->ble), handle, (uint16_t)offset, value->data, value->len,
			    error);
}

static bool do_execute(Script *script, const Words *words, GError **error)
{
	Att *att;

	return channel(script, &att, error) && gatt_execute(att, true, error);
}

static bool do_cancel(Script *script, const Words *words, GError **error)
{
	Att *att;

	return channel(script, &att, error) && gatt_execute(att, false, error);
}

static bool do_read(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	uint16_t handle;

	if (!ble_handle(script->ble, words->at[1], &handle, error) ||
	    !gatt_read(ble_att(script->ble), handle, value, error))
		return false;
	show(script, "read", value);
	keep(&script->last, g_steal_pointer(&value));
	return true;
}

static bool do_blob(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	uint16_t handle;
	guint64 offset;

	if (!number(words->at[2], UINT16_MAX, &offset, error) ||
	    !ble_handle(script->ble, words->at[1], &handle, error) ||
	    !gatt_read_blob(ble_att(script->ble), handle, (uint16_t)offset, value, error))
		return false;
	show(script, "read", value);
	keep(&script->last, g_steal_pointer(&value));
	return true;
}

static bool do_same(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) value = octets(words->at[1], error);

	if (!value)
		return false;
	if (value->len == script->last->len &&
	    (value->len == 0 || memcmp(value->data, script->last->data, value->len) == 0))
		return true;
	g_set_error_literal(error, PHONE_ERROR, PHONE_ERROR_UNEXPECTED, "something else was read");
	return false;
}

/* --- raw PDUs --- */

static bool do_send(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) pdu = octets(words->at[1], error);
	Att *att;

	return pdu && channel(script, &att, error) && att_send(att, pdu, error);
}

static bool do_att(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) rsp = g_byte_array_new();
	Att *att;

	if (!do_send(script, words, error) || !channel(script, &att, error) ||
	    !att_take(att, rsp, error))
		return false;
	show(script, "response", rsp);
	if (rsp->data[0] == ATT_ERROR_RSP && rsp->len == 5) {
		att_note_error(att, rsp->data[4]);
		g_set_error(error, PHONE_ERROR, PHONE_ERROR_ATT, "ATT error 0x%02x, %s",
			    rsp->data[4], att_error_name(rsp->data[4]));
		return false;
	}
	keep(&script->last, g_steal_pointer(&rsp));
	return true;
}

/* --- the session --- */

static bool do_version(Script *script, const Words *words, GError **error)
{
	return client_connect(script->client, error);
}

static bool do_secure(Script *script, const Words *words, GError **error)
{
	return client_secure(script->client, words->at[1], error);
}

/* Seal a request and keep it: the octets that will go on the air. */
static bool seal(Script *script, const char *hex, GError **error)
{
	g_autoptr(GByteArray) clear = octets(hex, error);
	g_autoptr(GByteArray) sealed = g_byte_array_new();
	Security *security = client_security(script->client);

	if (!clear)
		return false;
	if (!security)
		return wrong(error, "there is no session yet");
	if (!phone_security_seal(security, clear->data, clear->len, sealed, error))
		return false;
	keep(&script->sealed, g_steal_pointer(&sealed));
	return true;
}

static bool send_sealed(Script *script, const char *endpoint, GByteArray *answer, GError **error)
{
	return ble_link.exchange(script->ble, endpoint, script->sealed, answer, error);
}

static bool do_seal(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();
	g_autoptr(GByteArray) clear = g_byte_array_new();

	if (!seal(script, words->at[2], error) ||
	    !send_sealed(script, words->at[1], answer, error) ||
	    !phone_security_open(client_security(script->client), answer, clear, error))
		return false;
	show(script, "answer", clear);
	keep(&script->last, g_steal_pointer(&clear));
	return true;
}

static bool do_tamper(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();

	if (!seal(script, words->at[2], error))
		return false;
	if (script->sealed->len == 0)
		return wrong(error, "there is nothing to tamper with");
	script->sealed->data[script->sealed->len - 1] ^= 1;
	return send_sealed(script, words->at[1], answer, error);
}

static bool do_replay(Script *script, const Words *words, GError **error)
{
	g_autoptr(GByteArray) answer = g_byte_array_new();

	return send_sealed(script, words->at[1], answer, error);
}

static bool do_scan(Script *script, const Words *words, GError **error)
{
	return client_scan(script->client, error);
}

static bool do_join(Script *script, const Words *words, GError **error)
{
	if (!script->options->ssid)
		return wrong(error, "join wants --ssid");
	return client_join(script->client, script->options->ssid, script->options->passphrase,
			   error);
}

static bool do_reset(Script *script, const Words *words, GError **error)
{
	return client_control(script->client, MESSAGE_CONTROL_RESET, error);
}

static bool do_reprov(Script *script, const Words *words, GError **error)
{
	return client_control(script->client, MESSAGE_CONTROL_REPROV, error);
}

/* --- lines about lines --- */

static bool do_say(Script *script, const Words *words, GError **error)
{
	report_step(script->report, "say", NULL, "%s %s", words->at[1], words->rest);
	return true;
}

static bool do_repeat(Script *script, const Words *words, GError **error)
{
	guint64 times;

	if (!number(words->at[1], REPEAT_MAX, &times, error))
		return false;
	for (; times > 0; times--)
		if (!run_line(script, words->rest, error))
			return false;
	return true;
}

static bool unexpected(const char *want, const GError *got, GError **error)
{
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_UNEXPECTED, "wanted %s, got %s%s%s", want,
		    got ? phone_error_name(got) : "success", got ? ": " : "",
		    got ? got->message : "");
	return false;
}

static bool do_expect(Script *script, const Words *words, GError **error)
{
	g_autoptr(GError) local = NULL;

	if (run_line(script, words->rest, &local))
		return unexpected(words->at[1], NULL, error);
	if (strcmp(phone_error_name(local), words->at[1]) != 0)
		return unexpected(words->at[1], local, error);
	report_step(script->report, "as-expected", NULL, "%s", local->message);
	return true;
}

/* The code may be left out: then the first word is already the command. */
static bool do_expect_error(Script *script, const Words *words, GError **error)
{
	bool has_code = g_ascii_isdigit(*words->at[1]);
	g_autofree char *line =
		has_code ? g_strdup(words->rest) : g_strjoin(" ", words->at[1], words->rest, NULL);
	g_autoptr(GError) local = NULL;
	guint64 code = 0;
	bool done;

	if (has_code && !number(words->at[1], UINT8_MAX, &code, error))
		return false;
	done = run_line(script, line, &local);
	if (done || (!g_error_matches(local, PHONE_ERROR, PHONE_ERROR_ATT) &&
		     !g_error_matches(local, PHONE_ERROR, PHONE_ERROR_REFUSED)))
		return unexpected("an ATT error", done ? NULL : local, error);
	if (has_code && att_error_code(ble_att(script->ble)) != code)
		return unexpected(words->at[1], local, error);
	report_step(script->report, "as-expected", NULL, "%s", local->message);
	return true;
}

/* --- running it --- */

typedef struct Row {
	const char *name;
	unsigned args; /* at least */
	Command run;
} Row;

static const Row rows[] = {
	{ "find", 0, do_find },
	{ "connect", 0, do_connect },
	{ "disconnect", 0, do_disconnect },
	{ "mtu", 1, do_mtu },
	{ "write", 2, do_write },
	{ "fill", 2, do_fill },
	{ "command", 2, do_command },
	{ "prepare", 3, do_prepare },
	{ "execute", 0, do_execute },
	{ "cancel", 0, do_cancel },
	{ "read", 1, do_read },
	{ "blob", 2, do_blob },
	{ "same", 1, do_same },
	{ "att", 1, do_att },
	{ "send", 1, do_send },
	{ "version", 0, do_version },
	{ "secure", 0, do_secure },
	{ "seal", 2, do_seal },
	{ "tamper", 2, do_tamper },
	{ "replay", 1, do_replay },
	{ "scan", 0, do_scan },
	{ "join", 0, do_join },
	{ "reset", 0, do_reset },
	{ "reprov", 0, do_reprov },
	{ "sleep", 1, do_sleep },
	{ "say", 1, do_say },
	{ "repeat", 2, do_repeat },
	{ "expect", 2, do_expect },
	{ "expect-error", 1, do_expect_error },
};

static bool run_words(Script *script, const Words *words, unsigned n, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].name, words->at[0]) != 0)
			continue;
		if (n < rows[i].args)
			return wrong(error, "too few arguments");
		return rows[i].run(script, words, error);
	}
	g_set_error(error, PHONE_ERROR, PHONE_ERROR_USAGE, "there is no command \"%s\"",
		    words->at[0]);
	return false;
}

/* Cut a line into words; what follows the first argument is also kept whole. */
static bool run_line(Script *script, const char *line, GError **error)
{
	g_auto(GStrv) pieces = g_strsplit_set(line, " \t", -1);
	g_autofree char *tail = NULL;
	const char *rest = line;
	Words words = { 0 };
	unsigned n = 0;

	for (char **piece = pieces; *piece && n <= ARGS_MAX; piece++)
		if (**piece)
			words.at[n++] = *piece;
	if (n == 0)
		return wrong(error, "there is no command");
	for (int word = 0; word < 2; word++) {
		rest += strspn(rest, " \t");
		rest += strcspn(rest, " \t");
	}
	tail = g_strstrip(g_strdup(rest));
	words.rest = tail;
	return run_words(script, &words, n - 1, error);
}

static bool run_all(Script *script, char **lines, GError **error)
{
	for (unsigned i = 0; lines[i]; i++) {
		lines[i][strcspn(lines[i], "#\r")] = '\0';
		g_strstrip(lines[i]);
		if (*lines[i] && !run_line(script, lines[i], error)) {
			g_prefix_error(error, "line %u, %s: ", i + 1, lines[i]);
			return false;
		}
	}
	return true;
}

bool script_run(const char *text, Ble *ble, Client *client, const Options *options, Report *report,
		GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	Script script = {
		.ble = ble,
		.client = client,
		.options = options,
		.report = report,
		.last = g_byte_array_new(),
		.sealed = g_byte_array_new(),
	};
	bool done = run_all(&script, lines, error);

	g_byte_array_unref(script.last);
	g_byte_array_unref(script.sealed);
	return done;
}
