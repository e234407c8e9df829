/* SPDX-License-Identifier: MIT */
/* landfallctl qr - the code that the phone app scans */
#include "common/error.h"
#include "common/secret.h"
#include "ctl/ctl.h"
#include "ctl/provisioner-client.h"
#include "ctl/qr.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define POP_MAX 256

/* The proof of possession as the provisioner keeps it (provisioner/adapter/credentials.h). */
static Secret *read_pop(const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "pop", NULL);
	char text[POP_MAX + 1];
	FILE *file = fopen(path, "re");

	if (!file) {
		int code = errno == ENOENT ? LANDFALL_ERROR_UNAVAILABLE : LANDFALL_ERROR_DENIED;

		g_set_error(error, LANDFALL_ERROR, code, "%s: %s; %s", path, g_strerror(errno),
			    errno == ENOENT
				    ? "the provisioner makes it when it starts for the first time"
				    : "run as root");
		return NULL;
	}

	size_t len = fread(text, 1, sizeof(text), file);

	fclose(file);
	while (len > 0 && len <= POP_MAX && g_ascii_isspace(text[len - 1]))
		len--;

	g_autoptr(Secret) pop = len > 0 && len <= POP_MAX ? secret_new(text, len) : NULL;

	OPENSSL_cleanse(text, sizeof(text));
	if (!pop)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s does not hold a proof of possession of 1 to %d characters", path,
			    POP_MAX);
	return g_steal_pointer(&pop);
}

static bool show(const Ctl *ctl, const char *payload, const char *png, int scale, bool text,
		 GError **error)
{
	if (png)
		return qr_write_png(payload, png, scale, error);
	if (ctl->json || text) {
		printf("%s\n", payload);
		return true;
	}
	if (!qr_print(payload, stdout, isatty(STDOUT_FILENO), error))
		return false;
	printf("%s\n", payload);
	return true;
}

bool cmd_qr(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_autofree char *png = NULL;
	gboolean text = FALSE;
	int scale = 8;
	const GOptionEntry entries[] = {
		{ "png", 0, 0, G_OPTION_ARG_FILENAME, &png, "write a PNG; - is standard output",
		  "FILE" },
		{ "scale", 0, 0, G_OPTION_ARG_INT, &scale, "pixels a module of the PNG (8)", "N" },
		{ "text", 0, 0, G_OPTION_ARG_NONE, &text, "print the text of the code alone",
		  NULL },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse("qr [--png=FILE [--scale=N] | --text]", entries, &argc, &argv, error))
		return false;
	if (argc > 1 || scale < 1 || scale > 64) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
				    "qr takes no arguments, and a scale of 1 to 64");
		return false;
	}

	g_autoptr(Secret) pop = read_pop(ctl->config->provisioner.secrets, error);
	g_autofree char *name = pop ? provisioner_client_name(ctl->config, error) : NULL;

	if (!name)
		return false;

	const QrLabel label = {
		.name = name,
		.username = ctl->config->provisioner.security == 2
				    ? ctl->config->provisioner.username
				    : NULL,
		.pop = (const char *)secret_data(pop),
	};
	g_autofree char *payload = qr_payload(&label);
	bool shown = show(ctl, payload, png, scale, text, error);

	OPENSSL_cleanse(payload, strlen(payload));
	return shown;
}
