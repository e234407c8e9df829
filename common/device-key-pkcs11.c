/* SPDX-License-Identifier: MIT */
#include "common/openssl-legacy.h"

#include "common/device-key-token.h"

#include "common/error.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENGINE_NAME  "pkcs11"
#define MODULE_ATTR  "module-path="
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static void set_unreadable(GError **error, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, "%s%s%s", what,
		    reason ? ": " : "", reason ? reason : "");
	ERR_clear_error();
}

/* The value of module-path, decoded; NULL when it is not there. @rest is set to @uri without it,
 * which is what the engine understands. */
static char *take_module_path(const char *uri, char **rest)
{
	g_auto(GStrv) halves = g_strsplit(uri, "?", 2);
	g_auto(GStrv) query = g_strsplit(halves[1] ? halves[1] : "", "&", -1);
	g_autoptr(GString) left = g_string_new(halves[0]);
	char *module = NULL;
	char mark = '?';

	for (char **part = query; *part; part++) {
		if (g_str_has_prefix(*part, MODULE_ATTR)) {
			g_free(module);
			module = g_uri_unescape_string(*part + strlen(MODULE_ATTR), NULL);
		} else if (**part) {
			g_string_append_printf(left, "%c%s", mark, *part);
			mark = '&';
		}
	}
	*rest = g_string_free(g_steal_pointer(&left), FALSE);
	return module;
}

/* What is loaded here runs as us: only a file that nobody else can write. */
static bool module_trusted(const char *module, GError **error)
{
	struct stat file;

	if (g_path_is_absolute(module) && stat(module, &file) == 0 && S_ISREG(file.st_mode) &&
	    (file.st_uid == 0 || file.st_uid == geteuid()) && !(file.st_mode & OTHERS_WRITE))
		return true;
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
			    "names a PKCS#11 module (module-path) that is no file, or that others "
			    "can write");
	return false;
}

static ENGINE *engine_open(const char *module, GError **error)
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

EVP_PKEY *device_key_pkcs11_open(const char *uri, GError **error)
{
	g_autofree char *rest = NULL; /* a PIN in it stays only until the engine has it */
	g_autofree char *module = take_module_path(uri, &rest);

	if (module && !module_trusted(module, error))
		return NULL;

	ENGINE *engine = engine_open(module, error);

	if (!engine)
		return NULL;

	EVP_PKEY *key = engine_load(engine, rest);

	if (!key)
		set_unreadable(error,
			       "names a key that the PKCS#11 token does not give out: no such "
			       "token or object, or the PIN is missing or wrong");
	ERR_clear_error();
	ENGINE_finish(engine);
	ENGINE_free(engine);
	return key;
}
