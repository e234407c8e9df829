/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/wifi-record.h"

#include "common/error.h"
#include "common/file-read.h"
#include "common/file-replace.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define HEADER          "landfall-wifi-record 1"
#define HASH_ITERATIONS 4096 /* as many as WPA2 takes to make its key of the same passphrase */
#define WORDS_MAX       5
#define LINES_MAX       (WIFI_RECORD_MAX + 4)

/* ---- text ---- */

static bool refuse(GError **error, size_t line, const char *why)
{
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID, "line %zu: %s", line, why);
	return false;
}

/* @out gets at most @max octets; false unless @text is hexadecimal of 1 to @max of them. */
static bool from_hex(const char *text, uint8_t *out, size_t max, size_t *len)
{
	size_t digits = strlen(text);

	if (digits == 0 || digits % 2 != 0 || digits / 2 > max)
		return false;
	for (size_t i = 0; i < digits / 2; i++) {
		int high = g_ascii_xdigit_value(text[2 * i]);
		int low = g_ascii_xdigit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	*len = digits / 2;
	return true;
}

static bool parse_name(WifiRecordNetwork *network, const char *ssid, const char *kind)
{
	size_t len = 0;

	if (!from_hex(ssid, network->ssid, sizeof(network->ssid), &len))
		return false;
	network->ssid_len = (uint8_t)len;
	network->secured = strcmp(kind, "secured") == 0;
	return network->secured || strcmp(kind, "open") == 0;
}

static bool parse_key(WifiRecordNetwork *network, const char *salt, const char *hash)
{
	size_t salt_len = 0;
	size_t hash_len = 0;

	return from_hex(salt, network->salt, sizeof(network->salt), &salt_len) &&
	       from_hex(hash, network->hash, sizeof(network->hash), &hash_len) &&
	       salt_len == sizeof(network->salt) && hash_len == sizeof(network->hash);
}

static bool parse_added(WifiRecord *record, char **words, guint n_words)
{
	WifiRecordNetwork network = { 0 };

	if (n_words < 3 || record->n_added == WIFI_RECORD_MAX ||
	    !parse_name(&network, words[1], words[2]) || n_words != (network.secured ? 5 : 3) ||
	    (network.secured && !parse_key(&network, words[3], words[4])) ||
	    wifi_record_find(record, network.ssid, network.ssid_len, network.secured))
		return false;
	record->added[record->n_added++] = network;
	return true;
}

static bool parse_attempt(WifiRecord *record, char **words, guint n_words)
{
	if (n_words != 4 || record->attempting || !parse_name(&record->attempt, words[1], words[2]))
		return false;
	record->attempting = true;
	record->known = strcmp(words[3], "known") == 0;
	return record->known || strcmp(words[3], "fresh") == 0;
}

static bool parse_lost(WifiRecord *record, guint n_words)
{
	if (n_words != 1 || record->lost)
		return false;
	record->lost = true;
	return true;
}

static bool parse_line(WifiRecord *record, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", WORDS_MAX + 1);
	guint n_words = g_strv_length(words);

	if (n_words > 0 && strcmp(words[0], "added") == 0)
		return parse_added(record, words, n_words);
	if (n_words > 0 && strcmp(words[0], "attempt") == 0)
		return parse_attempt(record, words, n_words);
	if (n_words > 0 && strcmp(words[0], "lost") == 0)
		return parse_lost(record, n_words);
	return false;
}

bool wifi_record_parse(WifiRecord *record, const char *text, size_t len, GError **error)
{
	g_autofree WifiRecord *read = g_new0(WifiRecord, 1);
	g_autofree char *copy = NULL;
	g_auto(GStrv) lines = NULL;
	guint n_lines = 0;

	if (len > WIFI_RECORD_SIZE_MAX || memchr(text, '\0', len))
		return refuse(error, 1, "too large, or not text");
	copy = g_strndup(text, len);
	lines = g_strsplit(copy, "\n", LINES_MAX + 1);
	n_lines = g_strv_length(lines);
	/* Each line ends, so that a text cut short is not taken for a shorter one. */
	if (n_lines < 2 || *lines[n_lines - 1] != '\0')
		return refuse(error, n_lines, "cut short, or too many lines");
	if (strcmp(lines[0], HEADER) != 0)
		return refuse(error, 1, "not a record of this version");
	for (guint i = 1; i + 1 < n_lines; i++) {
		if (!parse_line(read, lines[i]))
			return refuse(error, i + 1, "not understood, or there twice");
	}
	*record = *read;
	return true;
}

static void append_hex(GString *text, const uint8_t *octets, size_t len)
{
	g_string_append_c(text, ' ');
	for (size_t i = 0; i < len; i++)
		g_string_append_printf(text, "%02x", octets[i]);
}

static void append_name(GString *text, const char *word, const WifiRecordNetwork *network)
{
	g_string_append(text, word);
	append_hex(text, network->ssid, network->ssid_len);
	g_string_append(text, network->secured ? " secured" : " open");
}

char *wifi_record_encode(const WifiRecord *record)
{
	GString *text = g_string_new(HEADER "\n");

	for (size_t i = 0; i < record->n_added; i++) {
		const WifiRecordNetwork *network = &record->added[i];

		append_name(text, "added", network);
		if (network->secured) {
			append_hex(text, network->salt, sizeof(network->salt));
			append_hex(text, network->hash, sizeof(network->hash));
		}
		g_string_append_c(text, '\n');
	}
	if (record->attempting) {
		append_name(text, "attempt", &record->attempt);
		g_string_append(text, record->known ? " known\n" : " fresh\n");
	}
	if (record->lost)
		g_string_append(text, "lost\n");
	return g_string_free(text, FALSE);
}

/* ---- file ---- */

bool wifi_record_load(WifiRecord *record, const char *path, GError **error)
{
	g_autoptr(Secret) content = NULL;
	GError *problem = NULL;

	*record = (WifiRecord){ 0 };
	content = file_read(AT_FDCWD, path, WIFI_RECORD_SIZE_MAX, &problem);
	if (content)
		wifi_record_parse(record, (const char *)secret_data(content), secret_len(content),
				  &problem);
	if (!problem)
		return true;
	record->lost = true;
	g_propagate_prefixed_error(error, problem, "%s: ", path);
	return false;
}

bool wifi_record_save(const WifiRecord *record, const char *path, GError **error)
{
	g_autofree char *text = wifi_record_encode(record);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);

	return file_replace(folder, name, text, strlen(text), error);
}

/* ---- networks ---- */

static bool is_named(const WifiRecordNetwork *network, const uint8_t *ssid, size_t ssid_len,
		     bool secured)
{
	return network->ssid_len == ssid_len && network->secured == secured &&
	       memcmp(network->ssid, ssid, ssid_len) == 0;
}

const WifiRecordNetwork *wifi_record_find(const WifiRecord *record, const uint8_t *ssid,
					  size_t ssid_len, bool secured)
{
	for (size_t i = 0; i < record->n_added; i++) {
		if (is_named(&record->added[i], ssid, ssid_len, secured))
			return &record->added[i];
	}
	return NULL;
}

void wifi_record_remove(WifiRecord *record, const uint8_t *ssid, size_t ssid_len, bool secured)
{
	const WifiRecordNetwork *found = wifi_record_find(record, ssid, ssid_len, secured);
	size_t index = 0;

	if (!found)
		return;
	index = (size_t)(found - record->added);
	record->n_added--;
	memmove(&record->added[index], &record->added[index + 1],
		(record->n_added - index) * sizeof(record->added[0]));
}

static bool hash_key(const Secret *passphrase, const uint8_t *salt, uint8_t *hash)
{
	return PKCS5_PBKDF2_HMAC((const char *)secret_data(passphrase), (int)secret_len(passphrase),
				 salt, WIFI_RECORD_SALT_LEN, HASH_ITERATIONS, EVP_sha256(),
				 WIFI_RECORD_HASH_LEN, hash) == 1;
}

WifiRecordKey wifi_record_key(const WifiRecord *record, const WifiCredentials *credentials)
{
	const WifiRecordNetwork *network = wifi_record_find(
		record, credentials->ssid, credentials->ssid_len, credentials->passphrase != NULL);
	uint8_t hash[WIFI_RECORD_HASH_LEN] = { 0 };

	if (!network)
		return WIFI_RECORD_KEY_UNKNOWN;
	if (!credentials->passphrase)
		return WIFI_RECORD_KEY_SAME;
	if (memcmp(network->hash, hash, sizeof(hash)) == 0)
		return WIFI_RECORD_KEY_UNKNOWN;
	if (!hash_key(credentials->passphrase, network->salt, hash))
		return WIFI_RECORD_KEY_UNKNOWN;
	return CRYPTO_memcmp(hash, network->hash, sizeof(hash)) == 0 ? WIFI_RECORD_KEY_SAME
								     : WIFI_RECORD_KEY_OTHER;
}

static WifiRecordNetwork name_of(const WifiCredentials *credentials)
{
	WifiRecordNetwork network = { .ssid_len = credentials->ssid_len,
				      .secured = credentials->passphrase != NULL };

	memcpy(network.ssid, credentials->ssid, credentials->ssid_len);
	return network;
}

void wifi_record_begin(WifiRecord *record, const WifiCredentials *credentials, bool known)
{
	record->attempting = true;
	record->attempt = name_of(credentials);
	record->known = known;
}

bool wifi_record_is_attempt(const WifiRecord *record, const uint8_t *ssid, size_t ssid_len,
			    bool secured)
{
	return record->attempting && is_named(&record->attempt, ssid, ssid_len, secured);
}

void wifi_record_doubt(WifiRecord *record)
{
	const WifiRecordNetwork *found = wifi_record_find(
		record, record->attempt.ssid, record->attempt.ssid_len, record->attempt.secured);

	if (found && record->attempting)
		memset(record->added[found - record->added].hash, 0, WIFI_RECORD_HASH_LEN);
}

void wifi_record_end(WifiRecord *record)
{
	record->attempting = false;
}

bool wifi_record_commit(WifiRecord *record, const WifiCredentials *credentials)
{
	WifiRecordNetwork network = name_of(credentials);
	bool ours = !record->known || wifi_record_find(record, network.ssid, network.ssid_len,
						       network.secured) != NULL;

	if (network.secured && (RAND_bytes(network.salt, sizeof(network.salt)) != 1 ||
				!hash_key(credentials->passphrase, network.salt, network.hash)))
		return false;
	wifi_record_end(record);
	if (!ours)
		return true;
	wifi_record_remove(record, network.ssid, network.ssid_len, network.secured);
	if (record->n_added == WIFI_RECORD_MAX)
		wifi_record_remove(record, record->added[0].ssid, record->added[0].ssid_len,
				   record->added[0].secured);
	record->added[record->n_added++] = network;
	return true;
}
