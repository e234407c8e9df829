/* SPDX-License-Identifier: MIT */
#include "common/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/device-key.h"
#include "common/error.h"
#include "common/file-read.h"
#include "common/pem-passphrase.h"
#include "common/secret.h"
#include "common/tls-reason.h"

#define ALPN_MAX       255
#define SECURITY_LEVEL 2   /* of OpenSSL: 112 bits */
#define PEM_CERTS_MAX  200 /* certificates of one file; a system bundle has about 150 */
#define HASH_LINK_TAIL ".0"
#define HASH_LINK_LEN  10 /* eight digits and the tail */

/* What tells a file from the one that had its name before. */
typedef struct FileMark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
} FileMark;

struct TlsContext {
	gint refs;
	SSL_CTX *ssl_ctx;
	char *trust_path; /* NULL: the system's */
	char *crl_path;   /* NULL: none */
	FileMark crl_mark;
	char *host;
	bool ip_literal;
	char *failure; /* of the current handshake; the first reason stays */
	bool refused;  /* the peer sent an alert */
	bool asked;    /* the peer wanted our certificate */
	bool slow;     /* our key is in a token */
	gint busy;     /* a thread is in a handshake of this context */
	TlsStart start;
	gpointer start_data;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_CRL, X509_CRL_free)

/* The oldest reason OpenSSL queued, in its words; empties the queue. Static text. */
static const char *openssl_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return reason ? reason : "no reason given";
}

static void context_note(TlsContext *context, char *sentence)
{
	if (context->failure)
		g_free(sentence);
	else
		context->failure = sentence;
}

/* ---- during the handshake: why it fails ---- */

static int on_verify(int verified, X509_STORE_CTX *store_ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	TlsContext *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!verified)
		context_note(context, tls_reason_verify(store_ctx, context->host));
	return verified;
}

/* libmosquitto announces whatever it was told to connect to, which is an address after our own
 * look-up; the name that is verified is also the one to announce, and an address is none. */
static void server_name_set(const TlsContext *context, SSL *ssl)
{
	const char *name = context->ip_literal ? NULL : context->host;

	if (SSL_set_tlsext_host_name(ssl, name) != 1)
		ERR_clear_error();
}

/* Every SSL made from the context passes here when its handshake starts and for every alert. */
static void on_info(const SSL *ssl, int where, int value)
{
	TlsContext *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (where == SSL_CB_HANDSHAKE_START && SSL_in_before(ssl)) {
		server_name_set(context, (SSL *)ssl);
		if (context->start)
			context->start((SSL *)ssl, context->start_data);
	} else if (where == SSL_CB_READ_ALERT && tls_reason_is_refusal(value)) {
		context->refused = true;
		context_note(context, tls_reason_alert(value));
	}
}

/* OpenSSL wants to know which certificate to send: the one it has. */
static int on_asked(SSL *ssl, void *data)
{
	TlsContext *context = data;

	context->asked = true;
	return 1;
}

/* ---- building: files into the context ---- */

/* The content of a PEM file; absence is an error of @code too. */
static Secret *pem_read(const char *path, const char *what, int code, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(Secret) text = file_read(AT_FDCWD, path, TLS_FILE_MAX, &why);

	if (!text)
		g_set_error(error, LANDFALL_ERROR, code, "%s: %s", path,
			    why ? why->message : "there is no such file");
	else if (secret_len(text) == 0)
		g_set_error(error, LANDFALL_ERROR, code, "%s: empty, but %s is needed", path, what);
	else
		return g_steal_pointer(&text);
	return NULL;
}

static BIO *secret_bio(const Secret *text)
{
	BIO *bio = BIO_new_mem_buf(secret_data(text), (int)secret_len(text));

	if (!bio)
		g_error("out of memory");
	return bio;
}

/* The end of a PEM file, as opposed to something broken in it. */
static bool pem_ended(void)
{
	unsigned long code = ERR_peek_last_error();
	bool ended =
		ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;

	if (ended)
		ERR_clear_error();
	return ended;
}

static X509 *next_certificate(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL);
}

/* One certificate of device.crt into the context: the leaf first, then what leads to its CA. */
static bool certificate_add(SSL_CTX *ssl_ctx, X509 *certificate, unsigned int index)
{
	if (index == 0)
		return SSL_CTX_use_certificate(ssl_ctx, certificate) == 1;
	return SSL_CTX_add1_chain_cert(ssl_ctx, certificate) == 1;
}

static bool load_certificate(TlsContext *context, const char *path, GError **error)
{
	g_autoptr(Secret) text =
		pem_read(path, "our certificate", LANDFALL_ERROR_STORE_INVALID, error);
	g_autoptr(BIO) bio = text ? secret_bio(text) : NULL;
	unsigned int count = 0;

	if (!text)
		return false;
	for (; count < PEM_CERTS_MAX; count++) {
		g_autoptr(X509) certificate = next_certificate(bio);

		if (!certificate && count > 0 && pem_ended())
			return true;
		if (!certificate || !certificate_add(context->ssl_ctx, certificate, count))
			break;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
		    "%s: certificate %u cannot be used: %s", path, count + 1, openssl_reason());
	return false;
}

static EVP_PKEY *read_key(TlsContext *context, const char *path, GError **error)
{
	g_autoptr(Secret) text =
		pem_read(path, "our private key", LANDFALL_ERROR_KEY_UNREADABLE, error);
	g_autoptr(GError) cause = NULL;
	EVP_PKEY *key = text ? device_key_open(text, &cause) : NULL;

	if (cause)
		g_set_error(error, LANDFALL_ERROR, cause->code, "%s: %s", path, cause->message);
	context->slow = key && device_key_place(text) != DEVICE_KEY_FILE;
	return key;
}

static bool load_key(TlsContext *context, const TlsConfig *config, GError **error)
{
	g_autoptr(EVP_PKEY) key = read_key(context, config->key_path, error);
	X509 *leaf = SSL_CTX_get0_certificate(context->ssl_ctx);

	if (!key)
		return false;
	if (X509_check_private_key(leaf, key) != 1) {
		ERR_clear_error();
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_MISMATCH,
			    "%s: the key does not belong to the certificate in %s",
			    config->key_path, config->certificate_path);
		return false;
	}
	if (SSL_CTX_use_PrivateKey(context->ssl_ctx, key) == 1)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE,
		    "%s: the key cannot be used: %s", config->key_path, openssl_reason());
	return false;
}

/* Each certificate of the file is an anchor, an intermediate or the broker's own one too: such
 * files often lack the root. */
static bool load_trust_file(TlsContext *context, const char *path, GError **error)
{
	g_autoptr(Secret) text = pem_read(path, "what the broker is verified against",
					  LANDFALL_ERROR_STORE_INVALID, error);
	g_autoptr(BIO) bio = text ? secret_bio(text) : NULL;
	X509_STORE *store = SSL_CTX_get_cert_store(context->ssl_ctx);
	unsigned int count = 0;

	if (!text)
		return false;
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	for (; count < PEM_CERTS_MAX; count++) {
		g_autoptr(X509) certificate = next_certificate(bio);

		if (!certificate && count > 0 && pem_ended())
			return true;
		if (!certificate || X509_STORE_add_cert(store, certificate) != 1)
			break;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
		    "%s: certificate %u of the trusted ones cannot be used: %s", path, count + 1,
		    openssl_reason());
	return false;
}

static bool load_crls(TlsContext *context, const char *path, GError **error)
{
	g_autoptr(Secret) text = pem_read(path, "a list of revoked certificates",
					  LANDFALL_ERROR_STORE_INVALID, error);
	g_autoptr(BIO) bio = text ? secret_bio(text) : NULL;
	X509_STORE *store = SSL_CTX_get_cert_store(context->ssl_ctx);
	unsigned int count = 0;

	if (!text)
		return false;
	for (; count < PEM_CERTS_MAX; count++) {
		g_autoptr(X509_CRL) crl =
			PEM_read_bio_X509_CRL(bio, NULL, pem_refuse_passphrase, NULL);

		if (!crl && count > 0 && pem_ended()) {
			X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
			return true;
		}
		if (!crl || X509_STORE_add_crl(store, crl) != 1)
			break;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
		    "%s: list %u of revoked certificates cannot be used: %s", path, count + 1,
		    openssl_reason());
	return false;
}

/* A folder of certificates found by hash is read as needed, which spares a megabyte. */
static bool is_hashed_dir(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		if (strlen(name) == HASH_LINK_LEN && g_str_has_suffix(name, HASH_LINK_TAIL))
			return true;
	}
	return false;
}

static bool load_system_trust(TlsContext *context, GError **error)
{
	bool ours =
		getenv(X509_get_default_cert_dir_env()) || getenv(X509_get_default_cert_file_env());
	int loaded;

	if (!ours && is_hashed_dir(X509_get_default_cert_dir()))
		loaded = SSL_CTX_set_default_verify_dir(context->ssl_ctx);
	else
		loaded = SSL_CTX_set_default_verify_paths(context->ssl_ctx);
	if (loaded == 1)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_STORE_INVALID,
		    "the system's certificate store cannot be read: %s", openssl_reason());
	return false;
}

/* ---- building: rules of the context ---- */

static bool set_host(TlsContext *context, const char *host, GError **error)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context->ssl_ctx);
	struct in6_addr address;
	int accepted;

	context->host = g_strdup(host);
	context->ip_literal =
		inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (context->ip_literal)
		accepted = X509_VERIFY_PARAM_set1_ip_asc(param, host);
	else
		accepted = *host != '\0' && X509_VERIFY_PARAM_set1_host(param, host, 0);
	if (accepted)
		return true;
	ERR_clear_error();
	g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "there is no host name to verify the broker by");
	return false;
}

static bool set_alpn(TlsContext *context, const char *name, GError **error)
{
	size_t len = strnlen(name, ALPN_MAX + 1);
	uint8_t wire[ALPN_MAX + 1];

	if (len == 0 || len > ALPN_MAX) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
			    "ALPN name of %zu octets, 1..%d are allowed", len, ALPN_MAX);
		return false;
	}
	wire[0] = (uint8_t)len;
	memcpy(wire + 1, name, len);
	if (SSL_CTX_set_alpn_protos(context->ssl_ctx, wire, (unsigned int)len + 1) != 0)
		g_error("out of memory");
	return true;
}

static void set_rules(TlsContext *context, TlsVersion min_version)
{
	SSL_CTX *ssl_ctx = context->ssl_ctx;
	int version = min_version == TLS_VERSION_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;

	SSL_CTX_set_min_proto_version(ssl_ctx, version);
	SSL_CTX_set_security_level(ssl_ctx, SECURITY_LEVEL);
	SSL_CTX_set_cert_cb(ssl_ctx, on_asked, context);
	SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ssl_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ssl_ctx, 1); /* many small records by one read() */
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_app_data(ssl_ctx, context);
	SSL_CTX_set_info_callback(ssl_ctx, on_info);
}

/* All 0 when there is none. */
static FileMark file_mark(const char *path)
{
	FileMark mark = { 0 };
	struct stat status;

	if (stat(path, &status) == 0) {
		mark.device = status.st_dev;
		mark.inode = status.st_ino;
		mark.size = status.st_size;
		mark.changed = status.st_mtim;
	}
	return mark;
}

static bool file_mark_equal(const FileMark *a, const FileMark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Whom we believe, into the empty store of the context. */
static bool load_trust(TlsContext *context, GError **error)
{
	if (context->crl_path) {
		context->crl_mark = file_mark(context->crl_path); /* before it is read */
		if (!load_crls(context, context->crl_path, error))
			return false;
	}
	if (context->trust_path)
		return load_trust_file(context, context->trust_path, error);
	return load_system_trust(context, error);
}

static bool load_files(TlsContext *context, const TlsConfig *config, GError **error)
{
	context->trust_path = g_strdup(config->trust_path);
	context->crl_path = g_strdup(config->crl_path);

	if (config->certificate_path && !load_certificate(context, config->certificate_path, error))
		return false;
	if (config->certificate_path && !load_key(context, config, error))
		return false;
	return load_trust(context, error);
}

bool tls_context_refresh(TlsContext *context, GError **error)
{
	FileMark mark;

	if (!context->crl_path || tls_context_busy(context))
		return true;
	mark = file_mark(context->crl_path);
	if (file_mark_equal(&mark, &context->crl_mark))
		return true;

	X509_STORE *old = SSL_CTX_get_cert_store(context->ssl_ctx);

	X509_STORE_up_ref(old);
	SSL_CTX_set_cert_store(context->ssl_ctx, X509_STORE_new());
	ERR_clear_error();
	if (load_trust(context, error)) {
		X509_STORE_free(old);
		return true;
	}
	SSL_CTX_set_cert_store(context->ssl_ctx, old);
	return false;
}

TlsContext *tls_context_new(const TlsConfig *config, GError **error)
{
	g_autoptr(TlsContext) context = g_new0(TlsContext, 1);

	context->refs = 1;
	ERR_clear_error();
	context->ssl_ctx = SSL_CTX_new(TLS_client_method());
	if (!context->ssl_ctx) {
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_FAILED,
			    "OpenSSL gives no TLS context: %s", openssl_reason());
		return NULL;
	}
	if (!config->certificate_path != !config->key_path) {
		g_set_error_literal(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID,
				    "certificate and key go together: only one was given");
		return NULL;
	}
	set_rules(context, config->min_version);
	if (!set_host(context, config->host ? config->host : "", error))
		return NULL;
	if (config->alpn && !set_alpn(context, config->alpn, error))
		return NULL;
	if (!load_files(context, config, error))
		return NULL;
	return g_steal_pointer(&context);
}

TlsContext *tls_context_ref(TlsContext *context)
{
	g_atomic_int_inc(&context->refs);
	return context;
}

void tls_context_unref(TlsContext *context)
{
	if (!context || !g_atomic_int_dec_and_test(&context->refs))
		return;
	SSL_CTX_free(context->ssl_ctx);
	g_free(context->trust_path);
	g_free(context->crl_path);
	g_free(context->host);
	g_free(context->failure);
	g_free(context);
}

const char *tls_context_host(const TlsContext *context)
{
	return context->host;
}

SSL_CTX *tls_context_ssl_ctx(const TlsContext *context)
{
	return context->ssl_ctx;
}

bool tls_context_slow(const TlsContext *context)
{
	return context->slow;
}

void tls_context_set_busy(TlsContext *context, bool busy)
{
	g_atomic_int_set(&context->busy, busy);
}

bool tls_context_busy(const TlsContext *context)
{
	return g_atomic_int_get(&context->busy);
}

void tls_context_begin(TlsContext *context, TlsStart start, gpointer data)
{
	g_clear_pointer(&context->failure, g_free);
	context->refused = false;
	context->asked = false;
	context->start = start;
	context->start_data = data;
}

const char *tls_context_failure(const TlsContext *context)
{
	return context->failure;
}

bool tls_context_unasked(const TlsContext *context)
{
	return !context->asked && SSL_CTX_get0_certificate(context->ssl_ctx) != NULL;
}

bool tls_context_refused(const TlsContext *context)
{
	return context->refused;
}
