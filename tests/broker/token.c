/* SPDX-License-Identifier: MIT */
#include "tests/broker/token.h"

#include "common/device-key.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define TPM_HANDLE     "0x81000042"
#define TPM_ATTRIBUTES "sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth"

struct Token {
	char *dir;
	GPid pid; /* of swtpm; 0: none */
};

G_GNUC_PRINTF(1, 2)
static void run(const char *format, ...)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *output = NULL; /* not among the test's own lines */
	int status = 0;
	va_list args;

	va_start(args, format);

	g_autofree char *command = g_strdup_vprintf(format, args);

	va_end(args);
	g_spawn_command_line_sync(command, &output, NULL, &status, &error);
	g_assert_no_error(error);
	if (status != 0)
		g_error("%s: status %d", command, status);
}

static bool installed(const char *program)
{
	g_autofree char *path = g_find_program_in_path(program);

	return path != NULL;
}

/* A module of OpenSSL's: for engines or providers. */
static bool has_module(int kind, const char *file)
{
	const char *dir = OPENSSL_info(kind);
	g_autofree char *path = dir ? g_build_filename(dir, file, NULL) : NULL;

	return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

static Token *token_new(void)
{
	Token *token = g_new0(Token, 1);

	token->dir = g_dir_make_tmp("landfall-token-XXXXXX", NULL);
	g_assert_nonnull(token->dir);
	return token;
}

/* What a CA does with a request for the key that @uri names. */
static void certify(Pki *pki, const char *name, const char *uri)
{
	g_autofree char *key_file = g_strconcat(name, ".key", NULL);
	g_autofree char *crt_file = g_strconcat(name, ".crt", NULL);
	g_autoptr(Secret) text = secret_new(uri, strlen(uri));
	g_autoptr(GError) error = NULL;
	g_autoptr(EVP_PKEY) key = device_key_open(text, &error);

	g_assert_no_error(error);

	g_autofree char *request = device_key_request(key, name, &error);

	g_assert_no_error(error);

	g_autofree char *certificate = pki_sign_request(pki, "ca", request);

	pki_write(pki, key_file, uri);
	pki_write(pki, crt_file, certificate);
}

Token *token_softhsm(Pki *pki, const char *name, const char *module, const char **why)
{
	if (!installed("softhsm2-util") || !has_module(OPENSSL_INFO_ENGINES_DIR, "pkcs11.so")) {
		*why = "softhsm2 or libengine-pkcs11-openssl is not installed";
		return NULL;
	}

	Token *token = token_new();
	g_autofree char *conf = g_build_filename(token->dir, "softhsm2.conf", NULL);
	g_autofree char *text = g_strdup_printf("directories.tokendir = %s\n"
						"objectstore.backend = file\nlog.level = ERROR\n",
						token->dir);
	g_autofree char *made = g_strconcat(name, "-inside", NULL);
	g_autofree char *file = g_strconcat(made, ".key", NULL);
	g_autofree char *uri = g_strdup_printf("pkcs11:token=landfall;object=device;type=private"
					       "?module-path=%s&pin-value=5678\n",
					       module ? module : SOFTHSM_MODULE);

	g_assert_true(g_file_set_contents(conf, text, -1, NULL));
	g_setenv("SOFTHSM2_CONF", conf, TRUE);
	run("softhsm2-util --init-token --free --label landfall --so-pin 1234 --pin 5678");
	pki_issue(pki, &(PkiCert){ .name = made, .issuer = "ca" });
	run("softhsm2-util --import %s --token landfall --label device --id 01 --pin 5678",
	    pki_path(pki, file));
	certify(pki, name, uri);
	return token;
}

static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void start_swtpm(Token *token, const char *socket)
{
	g_autofree char *state = g_strconcat("dir=", token->dir, NULL);
	g_autofree char *server = g_strconcat("type=unixio,path=", socket, NULL);
	g_autofree char *control = g_strconcat("type=unixio,path=", socket, ".ctrl", NULL);
	g_autofree char *lower = g_strconcat(socket, ".ctrl", NULL);
	const char *argv[] = { "swtpm",
			       "socket",
			       "--tpm2",
			       "--tpmstate",
			       state,
			       "--flags",
			       "not-need-init,startup-clear",
			       "--server",
			       server,
			       "--ctrl",
			       control,
			       NULL };
	g_autoptr(GError) error = NULL;

	g_spawn_async(NULL, (char **)argv, NULL,
		      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
		      die_with_parent, NULL, &token->pid, &error);
	g_assert_no_error(error);
	while (!g_file_test(socket, G_FILE_TEST_EXISTS) ||
	       !g_file_test(lower, G_FILE_TEST_EXISTS)) {
		g_assert_cmpint(waitpid(token->pid, NULL, WNOHANG), ==, 0);
		g_usleep(1000);
	}
}

Token *token_tpm(Pki *pki, const char *name, const char **why)
{
	if (!installed("swtpm") || !installed("tpm2_createprimary") ||
	    !has_module(OPENSSL_INFO_MODULES_DIR, "tpm2.so")) {
		*why = "swtpm, tpm2-tools or tpm2-openssl is not installed";
		return NULL;
	}

	Token *token = token_new();
	g_autofree char *socket = g_build_filename(token->dir, "tpm", NULL);
	g_autofree char *tcti = g_strconcat("swtpm:path=", socket, NULL);
	g_autofree char *context = g_build_filename(token->dir, "key.ctx", NULL);

	start_swtpm(token, socket);
	g_setenv("TPM2TOOLS_TCTI", tcti, TRUE);
	g_setenv("TPM2OPENSSL_TCTI", tcti, TRUE);
	run("tpm2_createprimary -Q -C o -G ecc256:ecdsa -c %s -a '" TPM_ATTRIBUTES "'", context);
	run("tpm2_evictcontrol -Q -C o -c %s " TPM_HANDLE, context);
	run("tpm2_flushcontext -Q -t");
	certify(pki, name, "handle:" TPM_HANDLE "\n");
	return token;
}

void token_free(Token *token)
{
	if (!token)
		return;
	if (token->pid) {
		kill(token->pid, SIGKILL);
		waitpid(token->pid, NULL, 0);
	}
	run("rm -rf '%s'", token->dir);
	g_free(token->dir);
	g_free(token);
}
