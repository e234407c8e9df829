/* SPDX-License-Identifier: MIT */
#include "common/store-pending.h"

#include "common/error.h"
#include "common/file-read.h"
#include "common/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SETTING     "the setting token_key " /* what the words on a key follow */
#define SERIAL_PATH "/sys/firmware/devicetree/base/serial-number"
#define SERIAL_MAX  64

#define INSTALL_ATTEMPTS 3 /* when another identity becomes current meanwhile */

/* The text of the key @name; NULL without an error when there is none. */
static Secret *waiting_read(Store *store, const char *name, GError **error)
{
	int fd = open(store_path(store), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(GError) cause = NULL;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_DENIED, "%s: %s",
			    store_path(store), g_strerror(errno));
		return NULL;
	}

	Secret *text = file_read(fd, name, STORE_KEY_SIZE_MAX, &cause);

	close(fd);
	if (cause)
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s/%s: %s", store_path(store),
			    name, cause->message);
	return text;
}

static bool waiting_write(Store *store, const char *name, const Secret *text, GError **error)
{
	const StoreTreeFile file = { name, secret_data(text), secret_len(text) };
	g_autoptr(StoreTree) tree = store_lock(store, true, error);

	return tree && store_tree_put(tree, &file, error);
}

/* Is this the key of the identity in force? Then its certificate was installed already. */
static bool is_in_force(Store *store, const Secret *text)
{
	g_autoptr(StoreIdentity) identity = store_current(store, NULL);
	g_autoptr(StoreParts) parts = identity ? store_parts_load(identity->dir, NULL) : NULL;

	return parts && secret_equal(parts->key, text);
}

/* The key @name, where it is one of @kind that still waits; NULL when a new one has to be made. */
static EVP_PKEY *waiting_reuse(Store *store, const char *name, DeviceKeyKind kind)
{
	g_autoptr(Secret) text = waiting_read(store, name, NULL);
	g_autoptr(EVP_PKEY) key = text ? device_key_open(text, NULL) : NULL;

	if (!key || !device_key_is(key, kind) || is_in_force(store, text))
		return NULL;
	return g_steal_pointer(&key);
}

/* The token has the key that @uri names when this returns true, or @unmade says why none was made.
 * A key that is there is never replaced: it may be the one in force. */
static bool token_ensure(Store *store, const StoreRequest *request, const Secret *uri,
			 GError **unmade, GError **error)
{
	g_autoptr(StoreTree) tree = store_lock(store, true, error); /* else two make one each */
	g_autoptr(GError) cause = NULL;
	bool made = false;

	if (!tree)
		return false;
	if (!device_key_ensure(uri, request->kind, &made, &cause)) {
		if (cause->code != LANDFALL_ERROR_INVALID) {
			g_propagate_prefixed_error(error, g_steal_pointer(&cause), SETTING);
			return false;
		}
		g_propagate_error(unmade, g_steal_pointer(&cause));
	}
	if (made || !request->anew)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
		    SETTING
		    "names a key that no new one takes the place of%s%s; for a new one, name "
		    "another object or handle",
		    *unmade ? ": it " : "", *unmade ? (*unmade)->message : "");
	return false;
}

static EVP_PKEY *token_key(Store *store, const StoreRequest *request, const Secret *uri,
			   GError **error)
{
	g_autoptr(GError) unmade = NULL;
	g_autoptr(GError) cause = NULL;
	EVP_PKEY *key = NULL;

	if (!token_ensure(store, request, uri, &unmade, error))
		return NULL;
	key = device_key_open(uri, &cause);
	if (!key)
		g_set_error(error, LANDFALL_ERROR, cause->code, SETTING "%s%s%s", cause->message,
			    unmade ? "; none was made either: it " : "",
			    unmade ? unmade->message : "");
	return key;
}

/* The key to ask for, and its text where that is not on disk yet. */
static EVP_PKEY *request_key(Store *store, const StoreRequest *request, Secret **text,
			     GError **error)
{
	g_autoptr(EVP_PKEY) key = NULL;

	*text = NULL;
	if (request->token_key) {
		g_autoptr(Secret) uri = secret_new(request->token_key, strlen(request->token_key));

		key = token_key(store, request, uri, error);
		if (key)
			*text = g_steal_pointer(&uri);
		return g_steal_pointer(&key);
	}
	if (!request->anew)
		key = waiting_reuse(store, STORE_PENDING_NAME, request->kind);
	if (!key) {
		key = device_key_make(request->kind, error);
		*text = key ? device_key_encode(key, error) : NULL;
		if (!*text)
			return NULL;
	}
	return g_steal_pointer(&key);
}

char *store_request(Store *store, const StoreRequest *request, GError **error)
{
	g_autofree char *common_name =
		request->common_name ? g_strdup(request->common_name) : store_request_name(store);
	g_autoptr(Secret) made = NULL;
	g_autoptr(EVP_PKEY) key = request_key(store, request, &made, error);
	g_autofree char *text = key ? device_key_request(key, common_name, error) : NULL;

	if (!text || (made && !waiting_write(store, STORE_PENDING_NAME, made, error)))
		return NULL;
	return g_steal_pointer(&text);
}

EVP_PKEY *store_renewal_key(Store *store, DeviceKeyKind kind, GError **error)
{
	g_autoptr(EVP_PKEY) key = waiting_reuse(store, STORE_RENEWAL_NAME, kind);
	g_autoptr(Secret) text = NULL;

	if (key)
		return g_steal_pointer(&key);
	key = device_key_make(kind, error);
	text = key ? device_key_encode(key, error) : NULL;
	if (!text || !waiting_write(store, STORE_RENEWAL_NAME, text, error))
		return NULL;
	return g_steal_pointer(&key);
}

void store_renewal_settle(Store *store)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTree) tree = store_lock(store, false, &error);

	if (!tree || !store_tree_drop(tree, STORE_RENEWAL_NAME, &error))
		g_debug("the key of the renewal stays: %s", error->message);
}

char *store_device_name(void)
{
	g_autofree char *serial = NULL;

	if (g_file_get_contents(SERIAL_PATH, &serial, NULL, NULL) && *g_strstrip(serial) &&
	    strlen(serial) <= SERIAL_MAX)
		return g_steal_pointer(&serial);
	return g_strdup(g_get_host_name());
}

char *store_request_name(Store *store)
{
	g_autoptr(StoreIdentity) identity = store_current(store, NULL);

	return identity && identity->common_name ? g_steal_pointer(&identity->common_name)
						 : store_device_name();
}

/* What was installed waits no longer; a key that was made meanwhile does. */
static void pending_settle(Store *store, const Secret *installed)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(StoreTree) tree = store_lock(store, false, &error);
	g_autoptr(Secret) text = tree ? waiting_read(store, STORE_PENDING_NAME, &error) : NULL;

	if (text && secret_equal(text, installed) &&
	    !store_tree_drop(tree, STORE_PENDING_NAME, &error))
		g_debug("the pending key stays: %s", error->message);
}

/* Which generation the rest is taken from; 0: from none. */
static uint32_t number_of_current(Store *store)
{
	uint32_t number = 0;

	return store_current_generation(store, &number, NULL) ? number : 0;
}

static bool take_current(Store *store, StoreParts *whole, StoreParts **current, GError **error)
{
	uint32_t number = 0;

	if (!store_current_generation(store, &number, error))
		return false;

	g_autofree char *dir = g_strdup_printf("%s/generations/%u", store_path(store), number);

	*current = store_parts_load(dir, error);
	if (!*current)
		return false;
	whole->cert = (*current)->cert;
	whole->key = (*current)->key;
	return true;
}

static bool take_pending(Store *store, StoreParts *whole, Secret **pending, GError **error)
{
	g_autoptr(GError) cause = NULL;

	*pending = waiting_read(store, STORE_PENDING_NAME, &cause);
	whole->key = *pending;
	if (*pending)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
		    "a certificate came without its key, and %s",
		    cause ? cause->message
			  : "no key waits for one here: ask for a request first, and have that "
			    "one signed");
	return false;
}

/* The chain of the current generation; NULL when there is none, or no current generation. */
static GBytes *current_chain(Store *store)
{
	g_autoptr(StoreIdentity) identity = store_current(store, NULL);
	g_autoptr(StoreParts) parts = identity ? store_parts_load(identity->dir, NULL) : NULL;

	return parts && parts->chain ? g_bytes_ref(parts->chain) : NULL;
}

static StoreIdentity *install_once(Store *store, const StoreParts *parts, GError **error)
{
	StoreParts whole = *parts;

	whole.replaces = parts->replaces ? parts->replaces : number_of_current(store);

	g_autoptr(StoreParts) current = NULL;
	g_autoptr(Secret) pending = NULL;
	g_autoptr(GBytes) chain = parts->chain ? g_bytes_ref(parts->chain) : current_chain(store);

	whole.chain = chain && g_bytes_get_size(chain) > 0 ? chain : NULL;
	if (!parts->cert && !take_current(store, &whole, &current, error))
		return NULL;
	if (parts->cert && !parts->key && !take_pending(store, &whole, &pending, error))
		return NULL;

	StoreIdentity *identity = store_import(store, &whole, error);

	if (identity && pending)
		pending_settle(store, pending);
	return identity;
}

/* Until it has the lock another program may have made an identity current, a renewal perhaps: what
 * is taken over is taken from that one then. */
StoreIdentity *store_install(Store *store, const StoreParts *parts, GError **error)
{
	g_autoptr(GError) cause = NULL;
	StoreIdentity *identity = NULL;

	for (int attempt = 0; attempt < INSTALL_ATTEMPTS; attempt++) {
		g_clear_error(&cause);
		identity = install_once(store, parts, &cause);
		if (parts->replaces ||
		    !g_error_matches(cause, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED))
			break;
	}
	if (!identity)
		g_propagate_error(error, g_steal_pointer(&cause));
	return identity;
}
