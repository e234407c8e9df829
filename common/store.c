/* SPDX-License-Identifier: MIT */
#include "common/store.h"

#include "common/error.h"
#include "common/file-read.h"
#include "common/printable.h"
#include "common/store-check.h"
#include "common/store-ops.h"
#include "common/store-private.h"
#include "common/store-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAILURE_LEN_MAX    200 /* octets of the text of a failed marker */
#define READ_ATTEMPTS      3   /* when `current` moves on while its target is being read */
#define KEY_MODE_FORBIDDEN 077

struct Store {
	char *path;
	int64_t lock_wait_ms;
	const StoreOps *ops; /* borrowed */
	gpointer ops_data;   /* borrowed */
};

Store *store_open(const char *path)
{
	Store *store = g_new0(Store, 1);

	store->path = g_strdup(path);
	store->ops = store_ops_system();
	return store;
}

void store_free(Store *store)
{
	if (!store)
		return;
	g_free(store->path);
	g_free(store);
}

void store_set_lock_wait(Store *store, int64_t wait_ms)
{
	store->lock_wait_ms = wait_ms;
}

void store_set_ops(Store *store, const StoreOps *ops, gpointer data)
{
	store->ops = ops;
	store->ops_data = data;
}

const char *store_path(const Store *store)
{
	return store->path;
}

bool store_current_generation(Store *store, uint32_t *generation, GError **error)
{
	return store_tree_read_current(store->path, generation, error);
}

bool store_identity_clock_holds(const StoreIdentity *identity, int64_t now_s)
{
	return now_s >= STORE_CLOCK_FLOOR && now_s >= identity->not_before;
}

void store_identity_free(StoreIdentity *identity)
{
	if (!identity)
		return;
	g_free(identity->dir);
	g_free(identity->cert_path);
	g_free(identity->key_path);
	g_free(identity->chain_path);
	broker_conf_free(identity->broker);
	wifi_conf_free(identity->wifi);
	g_free(identity->wifi_ca_path);
	g_free(identity->common_name);
	g_free(identity->issuer);
	g_free(identity->key_type);
	g_strfreev(identity->warnings);
	g_free(identity);
}

void store_parts_free(StoreParts *parts)
{
	if (!parts)
		return;
	g_free(parts->origin);
	g_clear_pointer(&parts->cert, g_bytes_unref);
	secret_free(parts->key);
	g_clear_pointer(&parts->chain, g_bytes_unref);
	g_clear_pointer(&parts->broker, g_bytes_unref);
	g_clear_pointer(&parts->wifi, g_bytes_unref);
	g_clear_pointer(&parts->wifi_ca, g_bytes_unref);
	g_free(parts);
}

static int64_t now_s(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

/* --- reading --- */

typedef struct PartFile {
	const char *name;
	size_t max;
	bool needed;
	LandfallError code; /* of a file that is missing or cannot be read */
} PartFile;

static const PartFile cert_file = { STORE_CERT_NAME, STORE_CERT_SIZE_MAX, true,
				    LANDFALL_ERROR_STORE_INVALID };
static const PartFile key_file = { STORE_KEY_NAME, STORE_KEY_SIZE_MAX, true,
				   LANDFALL_ERROR_KEY_UNREADABLE };
static const PartFile chain_file = { STORE_CHAIN_NAME, STORE_CHAIN_SIZE_MAX, false,
				     LANDFALL_ERROR_STORE_INVALID };
static const PartFile broker_file = { STORE_BROKER_NAME, BROKER_CONF_SIZE_MAX, false,
				      LANDFALL_ERROR_STORE_INVALID };
static const PartFile wifi_file = { STORE_WIFI_NAME, WIFI_CONF_SIZE_MAX, false,
				    LANDFALL_ERROR_STORE_INVALID };
static const PartFile wifi_ca_file = { STORE_WIFI_CA_NAME, STORE_WIFI_CA_SIZE_MAX, false,
				       LANDFALL_ERROR_STORE_INVALID };

/* @some: any file may be absent; @content: set to NULL for one that may be and is */
static bool part_read(const PartFile *file, int dir_fd, const char *dir, bool some,
		      Secret **content, GError **error)
{
	g_autoptr(GError) cause = NULL;

	*content = file_read(dir_fd, file->name, file->max, &cause);
	if (*content || (!cause && (some || !file->needed)))
		return true;
	g_set_error(error, LANDFALL_ERROR, (int)file->code, "%s/%s: %s%s", dir, file->name,
		    cause ? cause->message : "is missing",
		    g_error_matches(cause, LANDFALL_ERROR, LANDFALL_ERROR_DENIED)
			    ? "; run this as root or as the file's owner"
			    : "");
	return false;
}

static GBytes *bytes_from(const Secret *content)
{
	return content ? g_bytes_new(secret_data(content), secret_len(content)) : NULL;
}

/* All but the key, which stays a Secret */
static bool part_read_bytes(const PartFile *file, int dir_fd, const char *dir, bool some,
			    GBytes **bytes, GError **error)
{
	g_autoptr(Secret) content = NULL;

	if (!part_read(file, dir_fd, dir, some, &content, error))
		return false;
	*bytes = bytes_from(content);
	return true;
}

static StoreParts *parts_read(int dir_fd, const char *dir, bool some, GError **error)
{
	g_autoptr(StoreParts) parts = g_new0(StoreParts, 1);

	if (!part_read_bytes(&cert_file, dir_fd, dir, some, &parts->cert, error) ||
	    !part_read(&key_file, dir_fd, dir, some, &parts->key, error) ||
	    !part_read_bytes(&chain_file, dir_fd, dir, some, &parts->chain, error) ||
	    !part_read_bytes(&broker_file, dir_fd, dir, some, &parts->broker, error) ||
	    !part_read_bytes(&wifi_file, dir_fd, dir, some, &parts->wifi, error) ||
	    !part_read_bytes(&wifi_ca_file, dir_fd, dir, some, &parts->wifi_ca, error))
		return NULL;
	parts->origin = g_strdup(dir);
	return g_steal_pointer(&parts);
}

static StoreParts *parts_load(const char *dir, bool some, GError **error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int code = errno == EACCES ? LANDFALL_ERROR_DENIED : LANDFALL_ERROR_STORE_INVALID;

		g_set_error(error, LANDFALL_ERROR, code,
			    "%s: %s; give a folder with " STORE_CERT_NAME " and " STORE_KEY_NAME,
			    dir, g_strerror(errno));
		return NULL;
	}

	StoreParts *parts = parts_read(fd, dir, some, error);

	close(fd);
	return parts;
}

StoreParts *store_parts_load(const char *dir, GError **error)
{
	return parts_load(dir, false, error);
}

StoreParts *store_parts_load_some(const char *dir, GError **error)
{
	return parts_load(dir, true, error);
}

StoreIdentity *store_parts_check(const StoreParts *parts, int64_t at_s, GError **error)
{
	StoreCheckRules rules = { .where = parts->origin ? parts->origin : "the new identity",
				  .now_s = at_s,
				  .import = true };

	return store_check(parts, &rules, error);
}

static void identity_warn(StoreIdentity *identity, char *warning)
{
	unsigned int count = g_strv_length(identity->warnings);

	identity->warnings = g_renew(char *, identity->warnings, count + 2);
	identity->warnings[count] = warning;
	identity->warnings[count + 1] = NULL;
}

/* Where it is, what is marked on it, who else may read the key */
static void identity_locate(StoreIdentity *identity, uint32_t number, int fd, const char *dir,
			    const StoreParts *parts)
{
	struct stat key;

	identity->generation = number;
	identity->dir = g_strdup(dir);
	identity->cert_path = g_build_filename(dir, STORE_CERT_NAME, NULL);
	identity->key_path = g_build_filename(dir, STORE_KEY_NAME, NULL);
	if (parts->chain)
		identity->chain_path = g_build_filename(dir, STORE_CHAIN_NAME, NULL);
	if (parts->wifi_ca)
		identity->wifi_ca_path = g_build_filename(dir, STORE_WIFI_CA_NAME, NULL);
	identity->good = faccessat(fd, STORE_TREE_GOOD, F_OK, 0) == 0;
	identity->failed = faccessat(fd, STORE_TREE_FAILED, F_OK, 0) == 0;
	if (fstatat(fd, STORE_KEY_NAME, &key, 0) == 0 && key.st_mode & KEY_MODE_FORBIDDEN)
		identity_warn(identity, g_strdup_printf("%s: others can read the key; chmod 600 it",
							identity->key_path));
}

static StoreIdentity *identity_read(int fd, const char *dir, uint32_t number, GError **error)
{
	g_autoptr(StoreParts) parts = parts_read(fd, dir, false, error);
	StoreCheckRules rules = { .where = dir, .now_s = now_s() };

	if (!parts)
		return NULL;

	StoreIdentity *identity = store_check(parts, &rules, error);

	if (identity)
		identity_locate(identity, number, fd, dir, parts);
	return identity;
}

static char *generation_path(const Store *store, uint32_t number)
{
	return g_strdup_printf("%s/generations/%u", store->path, number);
}

StoreIdentity *store_identity(Store *store, uint32_t number, GError **error)
{
	g_autofree char *dir = generation_path(store, number);
	int fd = store_tree_open_generation(store->path, number, error);

	if (fd < 0)
		return NULL;

	StoreIdentity *identity = identity_read(fd, dir, number, error);

	close(fd);
	return identity;
}

/* A writer may switch and prune between our reading the link and what it leads to. */
StoreIdentity *store_current(Store *store, GError **error)
{
	g_autoptr(GError) cause = NULL;
	uint32_t number = 0;

	if (!store_current_generation(store, &number, error))
		return NULL;
	for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
		uint32_t tried = number;

		g_clear_error(&cause);

		StoreIdentity *identity = store_identity(store, number, &cause);

		if (identity)
			return identity;
		if (!store_current_generation(store, &number, error))
			return NULL;
		if (number == tried)
			break;
	}
	g_propagate_error(error, g_steal_pointer(&cause));
	return NULL;
}

/* --- the list --- */

static void generation_free(gpointer data)
{
	StoreGeneration *generation = data;

	g_free(generation->failure);
	g_free(generation->common_name);
	g_free(generation);
}

static char *failure_read(int fd)
{
	g_autoptr(Secret) text = file_read(fd, STORE_TREE_FAILED, FAILURE_LEN_MAX * 2, NULL);

	if (!text)
		return g_strdup("");

	g_autofree char *line = g_strndup((const char *)secret_data(text), secret_len(text));

	g_strstrip(g_strdelimit(line, "\r\n\t", ' '));
	return printable_text(line, strlen(line));
}

static StoreGeneration *generation_read(Store *store, uint32_t number)
{
	StoreGeneration *generation = g_new0(StoreGeneration, 1);
	int fd = store_tree_open_generation(store->path, number, NULL);
	struct stat file;

	generation->number = number;
	if (fd < 0)
		return generation;

	g_autoptr(Secret) cert = file_read(fd, STORE_CERT_NAME, STORE_CERT_SIZE_MAX, NULL);

	if (cert)
		store_check_leaf(secret_data(cert), secret_len(cert), &generation->common_name,
				 &generation->not_before, &generation->not_after);
	if (fstatat(fd, STORE_CERT_NAME, &file, 0) == 0)
		generation->created = file.st_mtime;
	generation->good = faccessat(fd, STORE_TREE_GOOD, F_OK, 0) == 0;
	generation->failed = faccessat(fd, STORE_TREE_FAILED, F_OK, 0) == 0;
	if (generation->failed)
		generation->failure = failure_read(fd);
	close(fd);
	return generation;
}

GPtrArray *store_list(Store *store, GError **error)
{
	g_autoptr(GArray) numbers = store_tree_list(store->path, error);
	uint32_t current = 0;

	if (!numbers)
		return NULL;
	if (!store_current_generation(store, &current, NULL))
		current = 0; /* the list is what helps to mend that */

	GPtrArray *list = g_ptr_array_new_with_free_func(generation_free);

	for (unsigned int i = 0; i < numbers->len; i++) {
		uint32_t number = g_array_index(numbers, uint32_t, i);
		StoreGeneration *generation = generation_read(store, number);

		generation->current = number == current;
		g_ptr_array_add(list, generation);
	}
	return list;
}

/* --- writing --- */

StoreTree *store_lock(Store *store, bool create, GError **error)
{
	return store_tree_lock(store->path, create, store->lock_wait_ms, store->ops,
			       store->ops_data, error);
}

/* The generation to return to from @current: the newest older one that is @good and was not
 * given up; NULL when there is none that holds together */
static StoreIdentity *fallback_search(Store *store, const GArray *numbers, uint32_t current,
				      bool good)
{
	for (unsigned int i = numbers->len; i-- > 0;) {
		uint32_t number = g_array_index(numbers, uint32_t, i);

		if (number >= current)
			continue;

		g_autoptr(StoreIdentity) identity = store_identity(store, number, NULL);

		if (identity && !identity->failed && (identity->good || !good))
			return g_steal_pointer(&identity);
	}
	return NULL;
}

static StoreIdentity *fallback_find(Store *store, uint32_t current)
{
	g_autoptr(GArray) numbers = store_tree_list(store->path, NULL);

	if (!numbers)
		return NULL;

	StoreIdentity *identity = fallback_search(store, numbers, current, true);

	return identity ? identity : fallback_search(store, numbers, current, false);
}

StoreIdentity *store_fallback(Store *store)
{
	uint32_t current = 0;

	return store_current_generation(store, &current, NULL) ? fallback_find(store, current)
							       : NULL;
}

bool store_is_damaged(const Store *store, uint32_t generation, const GError *failure)
{
	g_autofree char *dir = generation_path(store, generation);
	g_autoptr(StoreParts) parts = store_parts_load_some(dir, NULL);
	bool in_token = parts && parts->key && device_key_place(parts->key) != DEVICE_KEY_FILE;

	if (g_error_matches(failure, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE) ||
	    g_error_matches(failure, LANDFALL_ERROR, LANDFALL_ERROR_KEY_MISMATCH))
		return !in_token;
	return g_error_matches(failure, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID);
}

static bool prune_locked(Store *store, StoreTree *tree, unsigned int *removed, GError **error)
{
	g_autoptr(GArray) numbers = store_tree_list(store->path, error);
	uint32_t current = 0;

	*removed = 0;
	if (!numbers || !store_current_generation(store, &current, error))
		return false;

	g_autoptr(StoreIdentity) fallback = fallback_find(store, current);

	for (unsigned int i = 0; i + 1 < numbers->len; i++) { /* the highest always stays */
		uint32_t number = g_array_index(numbers, uint32_t, i);

		if (number == current || (fallback && number == fallback->generation))
			continue;
		if (!store_tree_remove(tree, number, error))
			return false;
		(*removed)++;
	}
	return true;
}

/* A broker.conf that does not hold would be refused in the name of whoever imports now. */
static bool inherited_holds(const char *dir, GBytes *broker, GError **error)
{
	g_autofree char *path = g_build_filename(dir, STORE_BROKER_NAME, NULL);
	g_autoptr(GError) cause = NULL;
	gsize len = 0;
	const char *text = g_bytes_get_data(broker, &len);
	g_autoptr(BrokerConf) conf = broker_conf_parse(text, len, path, &cause);

	if (!conf)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
			    "no " STORE_BROKER_NAME
			    " was given, and the present one does not hold: %s",
			    cause->message);
	return conf != NULL;
}

static bool inherit_from(int fd, const char *dir, StoreParts *heir, GError **error)
{
	return (heir->broker ||
		(part_read_bytes(&broker_file, fd, dir, true, &heir->broker, error) &&
		 (!heir->broker || inherited_holds(dir, heir->broker, error)))) &&
	       (heir->wifi || part_read_bytes(&wifi_file, fd, dir, true, &heir->wifi, error)) &&
	       (heir->wifi_ca ||
		part_read_bytes(&wifi_ca_file, fd, dir, true, &heir->wifi_ca, error));
}

/* What @parts does not say and the current generation does; of no octets means not at all */
static StoreParts *inherit(Store *store, const StoreParts *parts, GError **error)
{
	g_autoptr(StoreParts) heir = g_new0(StoreParts, 1);
	uint32_t current = 0;

	heir->broker = parts->broker ? g_bytes_ref(parts->broker) : NULL;
	heir->wifi = parts->wifi ? g_bytes_ref(parts->wifi) : NULL;
	heir->wifi_ca = parts->wifi_ca ? g_bytes_ref(parts->wifi_ca) : NULL;
	if (store_current_generation(store, &current, NULL)) {
		g_autofree char *dir = generation_path(store, current);
		int fd = store_tree_open_generation(store->path, current, NULL);
		bool ok = fd < 0 || inherit_from(fd, dir, heir, error);

		if (fd >= 0) /* else the link dangles: all the more reason to import */
			close(fd);
		if (!ok)
			return NULL;
	}
	if (heir->wifi && g_bytes_get_size(heir->wifi) == 0)
		g_clear_pointer(&heir->wifi, g_bytes_unref);
	if (heir->wifi_ca && g_bytes_get_size(heir->wifi_ca) == 0)
		g_clear_pointer(&heir->wifi_ca, g_bytes_unref);
	return g_steal_pointer(&heir);
}

static StoreTreeFile tree_file(const char *name, GBytes *bytes)
{
	StoreTreeFile file = { .name = name };

	if (bytes) {
		file.data = g_bytes_get_data(bytes, &file.len);
		if (!file.data)
			file.data = "";
	}
	return file;
}

static bool next_number(Store *store, uint32_t *number, GError **error)
{
	g_autoptr(GArray) numbers = store_tree_list(store->path, error);

	if (!numbers)
		return false;
	*number = numbers->len > 0 ? g_array_index(numbers, uint32_t, numbers->len - 1) + 1 : 1;
	if (*number <= STORE_TREE_NUMBER_MAX)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FULL,
		    "%s: generation numbers are used up", store->path);
	return false;
}

static bool parts_write(StoreTree *tree, uint32_t number, const StoreParts *parts, GError **error)
{
	const StoreTreeFile files[] = {
		tree_file(STORE_CERT_NAME, parts->cert),
		{ STORE_KEY_NAME, secret_data(parts->key), secret_len(parts->key) },
		tree_file(STORE_CHAIN_NAME, parts->chain),
		tree_file(STORE_BROKER_NAME, parts->broker),
		tree_file(STORE_WIFI_NAME, parts->wifi),
		tree_file(STORE_WIFI_CA_NAME, parts->wifi_ca),
	};

	return store_tree_write(tree, number, files, G_N_ELEMENTS(files), error);
}

/* Write, read back and check what the disk really holds, and only then switch. */
static StoreIdentity *import_locked(Store *store, StoreTree *tree, const StoreParts *parts,
				    GError **error)
{
	uint32_t number = 0;
	uint32_t current = 0;

	if (!next_number(store, &number, error) || !parts_write(tree, number, parts, error))
		return NULL;

	g_autoptr(StoreIdentity) identity = store_identity(store, number, error);

	if (identity && store_tree_switch(tree, number, error))
		return g_steal_pointer(&identity);
	/* It stays where the switch took and only its fsync failed. */
	if (!store_current_generation(store, &current, NULL) || current != number)
		(void)!store_tree_remove(tree, number, NULL);
	return NULL;
}

/* Who has worked on one generation for a while does not take the place of another. */
static bool still_current(Store *store, uint32_t wanted, GError **error)
{
	uint32_t current = 0;

	if (wanted == 0)
		return true;
	if (!store_current_generation(store, &current, error))
		return false;
	if (current == wanted)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_CANCELLED,
		    "generation %u became current meanwhile, in place of %u", current, wanted);
	return false;
}

StoreIdentity *store_import(Store *store, const StoreParts *parts, GError **error)
{
	g_autoptr(StoreIdentity) checked = store_parts_check(parts, now_s(), error);
	g_autoptr(StoreTree) tree = checked ? store_lock(store, true, error) : NULL;
	bool in_turn = tree && still_current(store, parts->replaces, error);
	g_autoptr(StoreParts) heir = in_turn ? inherit(store, parts, error) : NULL;
	g_autoptr(GError) cause = NULL;
	StoreParts whole = *parts;
	unsigned int removed = 0;

	if (!heir)
		return NULL;
	whole.broker = heir->broker;
	whole.wifi = heir->wifi;
	whole.wifi_ca = heir->wifi_ca;

	StoreIdentity *identity = import_locked(store, tree, &whole, error);

	if (identity && !prune_locked(store, tree, &removed, &cause))
		identity_warn(identity,
			      g_strdup_printf("old generations stay: %s", cause->message));
	return identity;
}

bool store_mark_good(Store *store, uint32_t generation, GError **error)
{
	g_autoptr(StoreTree) tree = store_lock(store, false, error);

	return tree && store_tree_mark(tree, generation, STORE_TREE_GOOD, "", error) &&
	       store_tree_mark(tree, generation, STORE_TREE_FAILED, NULL, error);
}

static void mark_failed(StoreTree *tree, uint32_t generation, const char *reason,
			StoreIdentity *now_current)
{
	g_autofree char *text = g_utf8_make_valid(reason, (gssize)strnlen(reason, FAILURE_LEN_MAX));
	g_autoptr(GError) error = NULL;

	if (!store_tree_mark(tree, generation, STORE_TREE_FAILED, text, &error))
		identity_warn(now_current, g_strdup_printf("the generation left is not marked: %s",
							   error->message));
}

/* A network that wants the certificate reads its settings from the current generation. */
static void warn_of_wifi(Store *store, uint32_t left, StoreIdentity *now_current)
{
	g_autoptr(StoreIdentity) before = store_identity(store, left, NULL);

	if (before && before->wifi && !now_current->wifi)
		identity_warn(now_current,
			      g_strdup("it has no settings for 802.1X networks, the one left has"));
}

static StoreIdentity *rollback_locked(Store *store, StoreTree *tree, uint32_t left,
				      const char *reason, GError **error)
{
	g_autoptr(StoreIdentity) identity = fallback_find(store, left);

	if (!identity) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_ABSENT,
			    "%s: there is no sound older generation to return to from %u",
			    store->path, left);
		return NULL;
	}
	/* Back first, then the marker: a full disk must not hold up the way back. */
	if (!store_tree_switch(tree, identity->generation, error))
		return NULL;
	if (reason)
		mark_failed(tree, left, reason, identity);
	warn_of_wifi(store, left, identity);
	return g_steal_pointer(&identity);
}

StoreIdentity *store_rollback(Store *store, const char *reason, GError **error)
{
	g_autoptr(StoreTree) tree = store_lock(store, false, error);
	uint32_t left = 0;

	return tree && store_current_generation(store, &left, error)
		       ? rollback_locked(store, tree, left, reason, error)
		       : NULL;
}

StoreIdentity *store_give_up(Store *store, uint32_t generation, const char *reason, GError **error)
{
	g_autoptr(StoreTree) tree = store_lock(store, false, error);
	uint32_t current = 0;

	if (!tree || !store_current_generation(store, &current, error))
		return NULL;
	return current == generation ? rollback_locked(store, tree, current, reason, error)
				     : store_current(store, error);
}
