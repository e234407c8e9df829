/* SPDX-License-Identifier: MIT */
/*
 * landfallctl factory - what a device and its label are given, for a device that does not know its
 * own proof of possession
 *
 *   DIR/label/label.svg, payload.txt   for the printer; the proof is in them
 *   DIR/device/salt, verifier          for /var/lib/landfall/provisioner of the device
 *
 * Runs anywhere; touches nothing but DIR, which it makes.
 */
#include "common/device-name.h"
#include "common/error.h"
#include "common/file-read.h"
#include "common/file-replace.h"
#include "common/proof.h"
#include "common/random.h"
#include "common/srp-password.h"
#include "ctl/ctl.h"
#include "ctl/qr.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 25 /* [provisioner] name */

typedef struct FactoryOptions {
	const char *dir;
	char *name;
	char *pop_file; /* NULL: a proof is drawn; "-": standard input */
} FactoryOptions;

static void factory_options_clear(FactoryOptions *options)
{
	g_free(options->name);
	g_free(options->pop_file);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FactoryOptions, factory_options_clear)

static Secret *read_input(void)
{
	g_autoptr(Secret) buffer = secret_new_zeroed(PROOF_MAX + 3);
	size_t len = fread(secret_bytes(buffer), 1, PROOF_MAX + 3, stdin);

	return secret_new(secret_data(buffer), len);
}

/* Never from the command line: whoever runs `ps` could read it there. */
static Secret *read_proof(const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) text = g_str_equal(path, "-")
					 ? read_input()
					 : file_read(AT_FDCWD, path, PROOF_MAX + 2, &cause);
	Secret *proof = text ? proof_parse(text) : NULL;

	if (cause)
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s: %s", path, cause->message);
	else if (!text)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE, "%s: no such file", path);
	else if (!proof)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s must hold one line of 1 to %d printable characters", path,
			    PROOF_MAX);
	return proof;
}

static Secret *take_proof(const Ctl *ctl, const FactoryOptions *options, GError **error)
{
	const char *username = ctl->config->provisioner.username;
	Secret *proof;

	if (!options->pop_file)
		return proof_new(username, random_fill, NULL, error);
	proof = read_proof(options->pop_file, error);
	if (proof && !srp_password_suits(username, proof))
		fprintf(stderr, "landfallctl: warning: the phone apps can use this proof, the "
				"esp_prov tool cannot\n");
	return proof;
}

/* What the device will advertise: the label must have it. */
static bool check_name(const Ctl *ctl, FactoryOptions *options, GError **error)
{
	if (!options->name && !strchr(ctl->config->provisioner.name, '%'))
		options->name = g_strdup(ctl->config->provisioner.name);
	if (options->name && strlen(options->name) >= 1 && strlen(options->name) <= NAME_MAX_LEN &&
	    !device_name_wants_address(options->name))
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
		    "--name must be the name that the device will advertise, of 1 to %d octets, "
		    "with its address in place of %%m",
		    NAME_MAX_LEN);
	return false;
}

static char *make_folder(const char *parent, const char *name, GError **error)
{
	g_autofree char *path = name ? g_build_filename(parent, name, NULL) : g_strdup(parent);

	if (g_mkdir(path, 0700) == 0)
		return g_steal_pointer(&path);
	g_set_error(error, LANDFALL_ERROR,
		    errno == EACCES || errno == EPERM ? LANDFALL_ERROR_DENIED
						      : LANDFALL_ERROR_FAILED,
		    "cannot make %s: %s", path, g_strerror(errno));
	return NULL;
}

static bool write_octets(const char *folder, const char *name, GBytes *octets, GError **error)
{
	return file_replace(folder, name, g_bytes_get_data(octets, NULL), g_bytes_get_size(octets),
			    error);
}

static bool write_device(const char *folder, const char *username, const Secret *proof,
			 GError **error)
{
	g_autoptr(GBytes) salt = srp_password_salt(random_fill, NULL, error);
	g_autoptr(GBytes) verifier =
		salt ? srp_password_verifier(username, proof, salt, error) : NULL;

	return verifier && write_octets(folder, "salt", salt, error) &&
	       write_octets(folder, "verifier", verifier, error);
}

static bool write_label(const char *folder, const QrLabel *label, GError **error)
{
	g_autofree char *payload = qr_payload(label);
	g_autofree char *svg = g_build_filename(folder, "label.svg", NULL);
	bool written = file_replace(folder, "payload.txt", payload, strlen(payload), error) &&
		       qr_write_svg(label, svg, error);

	OPENSSL_cleanse(payload, strlen(payload));
	return written;
}

static void tell(const Ctl *ctl, const FactoryOptions *options, const char *device,
		 const char *label)
{
	if (ctl->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "name", options->name);
		cJSON_AddStringToObject(object, "device", device);
		cJSON_AddStringToObject(object, "label", label);
		ctl_print_json(object);
		return;
	}
	printf("%s\n"
	       "  %s\tcopy onto the device, to %s\n"
	       "  %s\tprint, then destroy: the proof of possession is nowhere else\n",
	       options->name, device, ctl->config->provisioner.secrets, label);
}

static bool make(const Ctl *ctl, const FactoryOptions *options, GError **error)
{
	const char *username = ctl->config->provisioner.username;
	g_autoptr(Secret) proof = take_proof(ctl, options, error);
	const QrLabel content = {
		.name = options->name,
		.username = username,
		.pop = proof ? (const char *)secret_data(proof) : NULL,
	};
	bool fine = proof && qr_check_label(&content, error);
	g_autofree char *dir = fine ? make_folder(options->dir, NULL, error) : NULL;
	g_autofree char *device = dir ? make_folder(dir, "device", error) : NULL;
	g_autofree char *label = device ? make_folder(dir, "label", error) : NULL;

	if (!label)
		return false;
	if (!write_label(label, &content, error) || !write_device(device, username, proof, error))
		return false;
	tell(ctl, options, device, label);
	return true;
}

bool cmd_factory(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_auto(FactoryOptions) options = { 0 };
	const GOptionEntry entries[] = {
		{ "name", 0, 0, G_OPTION_ARG_STRING, &options.name,
		  "what the device will advertise, such as PROV_A1B2C3", "NAME" },
		{ "pop-file", 0, 0, G_OPTION_ARG_FILENAME, &options.pop_file,
		  "take the proof from its one line; - is standard input (one is drawn)", "FILE" },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("factory DIR --name=NAME [--pop-file=FILE]", entries, &argc, &argv, error))
		return false;
	if (argc != 2) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "factory takes the folder to make");
		return false;
	}
	options.dir = argv[1];
	return check_name(ctl, &options, error) && make(ctl, &options, error);
}
