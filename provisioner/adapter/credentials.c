/* SPDX-License-Identifier: MIT */
#include "provisioner/adapter/credentials.h"

#include "common/apart.h"
#include "common/error.h"
#include "common/file-read.h"
#include "common/file-replace.h"
#include "common/proof.h"
#include "common/random.h"
#include "common/srp-password.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of octets and how many it may have. */
typedef struct OctetFile {
	const char *name;
	size_t min;
	size_t max;
} OctetFile;

static const OctetFile salt_file = { "salt", 1, 64 };
/* Leading zeros are left out; eight of them are nobody's. */
static const OctetFile verifier_file = { "verifier", 376, 384 };

void credentials_free(Credentials *credentials)
{
	if (!credentials)
		return;
	g_free(credentials->username);
	secret_free(credentials->pop);
	g_clear_pointer(&credentials->salt, g_bytes_unref);
	g_clear_pointer(&credentials->verifier, g_bytes_unref);
	g_free(credentials);
}

static bool set_errno(GError **error, int saved, const char *what, const char *path)
{
	g_set_error(error, LANDFALL_ERROR,
		    saved == EACCES || saved == EPERM || saved == EROFS ? LANDFALL_ERROR_DENIED
									: LANDFALL_ERROR_FAILED,
		    "cannot %s %s: %s", what, path, g_strerror(saved));
	return false;
}

/* 1 to @max octets of a file that fits; *out stays NULL when there is no such file. */
static bool read_file(const char *path, size_t max, Secret **out, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) content = file_read(AT_FDCWD, path, max, &cause);

	if (cause) {
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s: %s", path, cause->message);
		return false;
	}
	if (content && secret_len(content) == 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s is empty: 1 to %zu octets are allowed", path, max);
		return false;
	}
	*out = g_steal_pointer(&content);
	return true;
}

static bool read_pop(const char *folder, Secret **out, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "pop", NULL);
	g_autoptr(Secret) text = NULL;

	if (!read_file(path, PROOF_MAX + 2, &text, error))
		return false;
	if (!text)
		return true;
	*out = proof_parse(text);
	if (!*out)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s must hold one line of 1 to %d printable characters", path,
			    PROOF_MAX);
	return *out != NULL;
}

static bool read_octets(const char *folder, const OctetFile *file, GBytes **out, GError **error)
{
	g_autofree char *path = g_build_filename(folder, file->name, NULL);
	g_autoptr(Secret) octets = NULL;

	if (!read_file(path, file->max, &octets, error))
		return false;
	if (!octets)
		return true;
	if (secret_len(octets) < file->min) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s is cut short: %zu to %zu octets are allowed, not %zu", path,
			    file->min, file->max, secret_len(octets));
		return false;
	}
	if (secret_data(octets)[0] == 0) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s starts with a zero octet, which the phone apps drop", path);
		return false;
	}
	*out = g_bytes_new(secret_data(octets), secret_len(octets));
	return true;
}

/* The same, but damage is no error when the proof is there to make it again. */
static bool read_derived(const char *folder, const OctetFile *file, const Secret *pop, GBytes **out,
			 GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (read_octets(folder, file, out, &cause))
		return true;
	if (!pop || !g_error_matches(cause, LANDFALL_ERROR, LANDFALL_ERROR_INVALID)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return false;
	}
	g_warning("%s; it is made again from the proof of possession", cause->message);
	return true;
}

/* A salt and the verifier that belongs to it and to @pop; neither is on disk yet. */
static bool derive(const char *username, const Secret *pop, GBytes **salt, GBytes **verifier,
		   GError **error)
{
	g_clear_pointer(salt, g_bytes_unref);
	g_clear_pointer(verifier, g_bytes_unref);
	*salt = srp_password_salt(random_fill, NULL, error);
	if (*salt)
		*verifier = srp_password_verifier(username, pop, *salt, error);
	return *verifier != NULL;
}

static bool make_pop(const char *folder, Credentials *credentials, GError **error)
{
	char line[PROOF_LEN + 1] = { 0 };
	bool ok = false;

	credentials->pop = proof_new(credentials->username, random_fill, NULL, error);
	if (!credentials->pop || !derive(credentials->username, credentials->pop,
					 &credentials->salt, &credentials->verifier, error))
		return false;
	memcpy(line, secret_data(credentials->pop), PROOF_LEN);
	line[PROOF_LEN] = '\n';
	ok = file_replace(folder, "pop", line, sizeof(line), error);
	OPENSSL_cleanse(line, sizeof(line));
	return ok;
}

static bool write_octets(const char *folder, const char *name, GBytes *octets, GError **error)
{
	size_t len = 0;
	const void *data = g_bytes_get_data(octets, &len);

	return file_replace(folder, name, data, len, error);
}

/* Does the verifier on disk come from the proof on disk? */
static bool verifier_fits(const Credentials *credentials, bool *fits, GError **error)
{
	g_autoptr(GBytes) expected = NULL;

	*fits = false;
	if (!credentials->salt || !credentials->verifier)
		return true;
	expected = srp_password_verifier(credentials->username, credentials->pop, credentials->salt,
					 error);
	if (!expected)
		return false;
	*fits = g_bytes_equal(expected, credentials->verifier);
	return true;
}

static bool complete(const char *folder, Credentials *credentials, GError **error)
{
	bool fits = false;

	if (!credentials->pop && credentials->salt && credentials->verifier)
		return true;
	if (!credentials->pop && (credentials->salt || credentials->verifier)) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s holds a %s but no %s and no pop: put the missing file back or "
			    "remove what is left",
			    folder, credentials->salt ? "salt" : "verifier",
			    credentials->salt ? "verifier" : "salt");
		return false;
	}
	if (!credentials->pop) {
		if (!make_pop(folder, credentials, error))
			return false;
	} else {
		if (!verifier_fits(credentials, &fits, error))
			return false;
		if (fits)
			return true;
		if (!derive(credentials->username, credentials->pop, &credentials->salt,
			    &credentials->verifier, error))
			return false;
	}
	return write_octets(folder, "salt", credentials->salt, error) &&
	       write_octets(folder, "verifier", credentials->verifier, error);
}

/* A folder that root has made, to whoever has the one above it, as what is in it does. By its
 * descriptor: who that is may have put a link in its place meanwhile. */
static void give_away(const char *folder)
{
	g_autofree char *above = g_path_get_dirname(folder);
	g_autofree char *name = g_path_get_basename(folder);
	int above_fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(above_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(above_fd, &status) < 0 || fchown(fd, status.st_uid, status.st_gid) != 0)
		g_debug("%s stays root's: %s", folder, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	if (above_fd >= 0)
		close(above_fd);
}

static bool make_folder(const char *folder, GError **error)
{
	if (g_file_test(folder, G_FILE_TEST_IS_DIR))
		return true;
	if (g_mkdir_with_parents(folder, 0700) < 0)
		return set_errno(error, errno, "create", folder);
	if (geteuid() == 0)
		give_away(folder);
	return true;
}

/* What is on disk. */
static Credentials *read_folder(const char *folder, const char *username, GError **error)
{
	g_autoptr(Credentials) credentials = g_new0(Credentials, 1);

	credentials->username = g_strdup(username);
	if (!read_pop(folder, &credentials->pop, error) ||
	    !read_derived(folder, &salt_file, credentials->pop, &credentials->salt, error) ||
	    !read_derived(folder, &verifier_file, credentials->pop, &credentials->verifier, error))
		return NULL;
	return g_steal_pointer(&credentials);
}

typedef struct Completion {
	const char *folder;
	Credentials *credentials; /* as read before */
} Completion;

static bool on_apart(gpointer data, GError **error)
{
	Completion *completion = data;

	return complete(completion->folder, completion->credentials, error);
}

Credentials *credentials_load(const char *folder, const char *username, GError **error)
{
	g_autoptr(Credentials) before =
		make_folder(folder, error) ? read_folder(folder, username, error) : NULL;
	Completion completion = { folder, before };
	g_autoptr(Credentials) credentials = NULL;

	if (!before || !apart_run(on_apart, &completion, error))
		return NULL;
	credentials = read_folder(folder, username, error);
	if (!credentials)
		return NULL;
	if (!credentials->salt || !credentials->verifier) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "salt or verifier was taken out of %s while it was read", folder);
		return NULL;
	}
	return g_steal_pointer(&credentials);
}
