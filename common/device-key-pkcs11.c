/* SPDX-License-Identifier: MIT */
#include "common/openssl-legacy.h"

#include "common/device-key-token.h"

#include "common/error.h"
#include "common/file-read.h"

#include <fcntl.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENGINE_NAME  "pkcs11"
#define MODULE_ATTR  "module-path="
#define PIN_ATTR     "pin-source="
#define FILE_URL     "file:"
#define PIN_MAX      256 /* octets of the file of a PIN */
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static void set_unreadable(GError **error, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, "%s%s%s", what,
		    reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
}

/* A URI as the engine is told of it */
typedef struct EngineUri {
	char *text;       /* without the next two; it may hold a PIN */
	char *module;     /* NULL: not in the URI */
	char *pin_source; /* likewise: with the engine a line break would belong to the PIN */
} EngineUri;

static void engine_uri_clear(EngineUri *uri)
{
	OPENSSL_cleanse(uri->text, strlen(uri->text));
	g_free(uri->text);
	g_free(uri->module);
	g_free(uri->pin_source);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EngineUri, engine_uri_clear)

/* The value of an attribute of the query, decoded, into @value; false when @part is another one. */
static bool take_attribute(const char *part, const char *name, char **value)
{
	if (!g_str_has_prefix(part, name))
		return false;
	g_free(*value);
	*value = g_uri_unescape_string(part + strlen(name), NULL);
	return true;
}

static EngineUri engine_uri_split(const char *text)
{
	g_auto(GStrv) halves = g_strsplit(text, "?", 2);
	g_auto(GStrv) query = g_strsplit(halves[1] ? halves[1] : "", "&", -1);
	GString *left = g_string_new(halves[0]);
	EngineUri uri = { 0 };
	char mark = '?';

	for (char **part = query; *part; part++) {
		if (!**part || take_attribute(*part, MODULE_ATTR, &uri.module) ||
		    take_attribute(*part, PIN_ATTR, &uri.pin_source))
			continue;
		g_string_append_printf(left, "%c%s", mark, *part);
		mark = '&';
	}
	uri.text = g_string_free(left, FALSE);
	return uri;
}

Secret *device_key_pin_read(const char *source, GError **error)
{
	const char *path = g_str_has_prefix(source, FILE_URL) ? source + strlen(FILE_URL) : source;
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) text = file_read(AT_FDCWD, path, PIN_MAX, &cause);
	const char *pin = text ? (const char *)secret_data(text) : NULL;

	if (pin)
		return secret_new(pin, strcspn(pin, "\r\n"));
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
		    "names a PIN that cannot be read (pin-source): %s",
		    cause ? cause->message : "there is no such file");
	return NULL;
}

static bool is_ours(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/* Whether nobody else can put another file, or a folder on the way to it, in the place of @path. A
 * folder of a group is its administrator's choice, such as /usr/local/lib of group staff. */
static bool folders_ours(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	struct stat status;

	if (stat(folder, &status) < 0 || !is_ours(&status) ||
	    ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX)))
		return false;
	return strcmp(folder, path) == 0 || folders_ours(folder);
}

char *device_key_pkcs11_module(const char *module, GError **error)
{
	char *path = g_path_is_absolute(module) ? realpath(module, NULL) : NULL;
	struct stat file;

	if (path && stat(path, &file) == 0 && S_ISREG(file.st_mode) && is_ours(&file) &&
	    !(file.st_mode & OTHERS_WRITE) && folders_ours(path))
		return path;
	free(path);
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
			    "names a PKCS#11 module (module-path) that is no file, or that others "
			    "can write or replace");
	return NULL;
}

/* @module, @pin: NULL: none is named */
static ENGINE *engine_open(const char *module, const Secret *pin, GError **error)
{
	ENGINE *engine = ENGINE_by_id(ENGINE_NAME);

	if (!engine) {
		ERR_clear_error();
		set_unreadable(error, "names a key in a PKCS#11 token, and OpenSSL has no engine "
				      "for that; install libengine-pkcs11-openssl");
		return NULL;
	}
	/* QUIET: it would print the URI, PIN included */
	if (ENGINE_ctrl_cmd(engine, "QUIET", 0, NULL, NULL, 0) == 1 &&
	    (!module || ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0) == 1) &&
	    (!pin ||
	     ENGINE_ctrl_cmd_string(engine, "PIN", (const char *)secret_data(pin), 0) == 1) &&
	    ENGINE_init(engine) == 1)
		return engine;
	set_unreadable(error, "names a key in a PKCS#11 token, whose module does not start");
	ENGINE_free(engine);
	return NULL;
}

/* There is nobody to type a PIN. */
static int refuse_to_ask(UI *ui)
{
	return 0;
}

static EVP_PKEY *engine_load(ENGINE *engine, const char *uri)
{
	UI_METHOD *nobody = UI_create_method("nobody to ask");
	EVP_PKEY *key = NULL;

	if (nobody && UI_method_set_opener(nobody, refuse_to_ask) == 0)
		key = ENGINE_load_private_key(engine, uri, nobody, NULL);
	UI_destroy_method(nobody);
	return key;
}

EVP_PKEY *device_key_pkcs11_open(const char *text, GError **error)
{
	g_auto(EngineUri) uri = engine_uri_split(text);
	g_autofree char *module = NULL;
	g_autoptr(Secret) pin = NULL;

	if ((uri.module && !(module = device_key_pkcs11_module(uri.module, error))) ||
	    (uri.pin_source && !(pin = device_key_pin_read(uri.pin_source, error))))
		return NULL;

	ENGINE *engine = engine_open(module, pin, error);

	if (!engine)
		return NULL;

	EVP_PKEY *key = engine_load(engine, uri.text);

	if (!key)
		set_unreadable(error,
			       "names a key that the PKCS#11 token does not give out: no such "
			       "token or object, or the PIN is missing or wrong");
	ERR_clear_error();
	ENGINE_finish(engine);
	ENGINE_free(engine);
	return key;
}
