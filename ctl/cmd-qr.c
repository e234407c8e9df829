/* SPDX-License-Identifier: MIT */
/* landfallctl qr - the code that the phone app scans */
#include "common/error.h"
#include "common/file-read.h"
#include "common/proof.h"
#include "ctl/ctl.h"
#include "ctl/provisioner-client.h"
#include "ctl/qr.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"qr [--png=FILE [--scale=N] | --svg=FILE | --text]\n\n"
	"  The code that the phone app scans, drawn with its text below, or made as asked for.\n"
	"  It holds the proof of possession: that takes root to read, and whoever sees it may\n"
	"  provision the device.\n\n"
	"Examples:\n"
	"  landfallctl qr\n"
	"  landfallctl qr --svg=label.svg";

/* The proof of possession as the provisioner takes it (provisioner/adapter/credentials.h). */
static Secret *read_pop(const char *folder, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "pop", NULL);
	g_autoptr(GError) cause = NULL;
	g_autoptr(Secret) text = file_read(AT_FDCWD, path, PROOF_MAX + 2, &cause);
	Secret *pop = text ? proof_parse(text) : NULL;

	if (cause)
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s: %s%s", path, cause->message,
			    g_error_matches(cause, LANDFALL_ERROR, LANDFALL_ERROR_DENIED)
				    ? "; run as root"
				    : "");
	else if (!text)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_UNAVAILABLE,
			    "%s: %s; the provisioner makes it when it starts for the first time, "
			    "unless the factory gave a verifier: then only the label knows it",
			    path, g_strerror(ENOENT));
	else if (!pop)
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "%s must hold one line of 1 to %d printable characters", path,
			    PROOF_MAX);
	return pop;
}

/* What is asked for: a file, or text, or else a drawing on the terminal. */
typedef struct QrOptions {
	char *png;
	char *svg;
	int scale;
	gboolean text;
} QrOptions;

static void qr_options_clear(QrOptions *options)
{
	g_free(options->png);
	g_free(options->svg);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QrOptions, qr_options_clear)

static bool show(const Ctl *ctl, const QrLabel *label, const char *payload,
		 const QrOptions *options, GError **error)
{
	if (options->svg)
		return qr_write_svg(label, options->svg, error);
	if (options->png)
		return qr_write_png(payload, options->png, options->scale, error);
	if (ctl->json || options->text) {
		printf("%s\n", payload);
		return true;
	}
	if (!qr_print(payload, stdout, isatty(STDOUT_FILENO), error))
		return false;
	printf("%s\n", payload);
	return true;
}

static bool take_options(int argc, char **argv, QrOptions *options, GError **error)
{
	const GOptionEntry entries[] = {
		{ "png", 0, 0, G_OPTION_ARG_FILENAME, &options->png,
		  "write a PNG; - is standard output", "FILE" },
		{ "svg", 0, 0, G_OPTION_ARG_FILENAME, &options->svg,
		  "write a label as SVG; - is standard output", "FILE" },
		{ "scale", 0, 0, G_OPTION_ARG_INT, &options->scale,
		  "pixels a module of the PNG (8)", "N" },
		{ "text", 0, 0, G_OPTION_ARG_NONE, &options->text,
		  "print the text of the code alone", NULL },
		G_OPTION_ENTRY_NULL,
	};

	if (!ctl_parse(usage, entries, &argc, &argv, error))
		return false;
	if (argc == 1 && options->scale >= 1 && options->scale <= 64 &&
	    !!options->png + !!options->svg + options->text <= 1)
		return true;
	g_set_error_literal(
		error, LANDFALL_ERROR, LANDFALL_ERROR_USAGE,
		"qr takes one of --png, --svg and --text, no arguments, and a scale of 1 to 64");
	return false;
}

bool cmd_qr(const Ctl *ctl, int argc, char **argv, GError **error)
{
	g_auto(QrOptions) options = { .scale = 8 };
	int64_t security = ctl->config->provisioner.security;

	if (!take_options(argc, argv, &options, error))
		return false;

	g_autoptr(Secret) pop =
		security == 0 ? NULL : read_pop(ctl->config->provisioner.secrets, error);
	g_autofree char *name =
		pop || security == 0 ? provisioner_client_name(ctl->config, error) : NULL;

	if (!name)
		return false;

	const QrLabel label = {
		.name = name,
		.username = security == 2 ? ctl->config->provisioner.username : NULL,
		.pop = pop ? (const char *)secret_data(pop) : NULL,
		.proofless = security == 0,
	};
	g_autofree char *payload = qr_payload(&label);
	bool shown = show(ctl, &label, payload, &options, error);

	OPENSSL_cleanse(payload, strlen(payload));
	return shown;
}
