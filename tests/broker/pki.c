/* SPDX-License-Identifier: MIT */
#include "tests/broker/pki.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_FROM_S  (-3600)
#define DEFAULT_UNTIL_S 86400

typedef struct Issued {
	X509 *certificate;
	EVP_PKEY *key;
} Issued;

struct Pki {
	char *dir;
	GHashTable *issued; /* name -> Issued */
	GPtrArray *paths;   /* handed out */
};

static void issued_free(gpointer data)
{
	Issued *issued = data;

	X509_free(issued->certificate);
	EVP_PKEY_free(issued->key);
	g_free(issued);
}

Pki *pki_new(void)
{
	Pki *pki = g_new0(Pki, 1);

	pki->dir = g_dir_make_tmp("landfall-pki-XXXXXX", NULL);
	g_assert_nonnull(pki->dir);
	pki->issued = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, issued_free);
	pki->paths = g_ptr_array_new_with_free_func(g_free);
	return pki;
}

static void dir_remove(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

void pki_free(Pki *pki)
{
	if (!pki)
		return;
	dir_remove(pki->dir);
	g_hash_table_unref(pki->issued);
	g_ptr_array_unref(pki->paths);
	g_free(pki->dir);
	g_free(pki);
}

const char *pki_dir(const Pki *pki)
{
	return pki->dir;
}

const char *pki_path(Pki *pki, const char *file)
{
	char *path = g_build_filename(pki->dir, file, NULL);

	g_ptr_array_add(pki->paths, path);
	return path;
}

static FILE *open_for(Pki *pki, const char *name, const char *tail)
{
	g_autofree char *file = g_strconcat(name, tail, NULL);
	FILE *out = fopen(pki_path(pki, file), "w");

	g_assert_nonnull(out);
	return out;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	g_assert_nonnull(extension);
	g_assert_true(X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static void set_names(X509 *certificate, const PkiCert *cert, X509 *issuer)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	const char *text = cert->common_name ? cert->common_name : cert->name;
	const char *field = text[0] ? "CN" : "O";

	g_assert_true(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
						 (const unsigned char *)(text[0] ? text : "none"),
						 -1, -1, 0));
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
}

static void set_extensions(X509 *certificate, const PkiCert *cert, X509 *issuer)
{
	add_extension(certificate, issuer, NID_basic_constraints,
		      cert->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
	if (cert->key_usage)
		add_extension(certificate, issuer, NID_key_usage, cert->key_usage);
	else if (cert->ca)
		add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
	if (cert->ext_usage)
		add_extension(certificate, issuer, NID_ext_key_usage, cert->ext_usage);
	if (cert->client_only)
		add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth");
	if (cert->san)
		add_extension(certificate, issuer, NID_subject_alt_name, cert->san);
}

static void set_dates(X509 *certificate, const PkiCert *cert)
{
	int64_t from = cert->from_s ? cert->from_s : DEFAULT_FROM_S;
	int64_t until = cert->until_s ? cert->until_s : DEFAULT_UNTIL_S;

	g_assert_nonnull(X509_gmtime_adj(X509_getm_notBefore(certificate), (long)from));
	g_assert_nonnull(X509_gmtime_adj(X509_getm_notAfter(certificate), (long)until));
}

static void write_files(Pki *pki, const char *name, const Issued *issued)
{
	FILE *crt = open_for(pki, name, ".crt");
	FILE *key = open_for(pki, name, ".key");

	g_assert_true(PEM_write_X509(crt, issued->certificate));
	g_assert_true(PEM_write_PKCS8PrivateKey(key, issued->key, NULL, NULL, 0, NULL, NULL));
	fclose(crt);
	fclose(key);
}

static EVP_PKEY *make_key(const char *kind)
{
	g_auto(GStrv) words = g_strsplit(kind ? kind : "EC:P-256", ":", 2);
	EVP_PKEY *key;

	if (strcmp(words[0], "EC") == 0)
		key = EVP_EC_gen(words[1]);
	else if (strcmp(words[0], "RSA") == 0)
		key = EVP_RSA_gen((unsigned int)g_ascii_strtoull(words[1], NULL, 10));
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, words[0]);
	g_assert_nonnull(key);
	return key;
}

static void sign(X509 *certificate, EVP_PKEY *key, const char *digest)
{
	const EVP_MD *md = EVP_get_digestbyname(digest ? digest : "SHA256");

	if (EVP_PKEY_is_a(key, "ED25519"))
		md = NULL; /* has one of its own */
	g_assert_cmpint(X509_sign(certificate, key, md), >, 0);
}

void pki_issue(Pki *pki, const PkiCert *cert)
{
	Issued *issued = g_new0(Issued, 1);
	const Issued *issuer =
		cert->issuer ? g_hash_table_lookup(pki->issued, cert->issuer) : issued;
	uint64_t serial;

	g_assert_nonnull(issuer);
	g_assert_cmpint(RAND_bytes((unsigned char *)&serial, sizeof(serial)), ==, 1);
	issued->key = make_key(cert->key_kind);
	issued->certificate = X509_new();
	X509_set_version(issued->certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(issued->certificate), serial);
	X509_set_pubkey(issued->certificate, issued->key);
	set_names(issued->certificate, cert, issuer->certificate);
	set_dates(issued->certificate, cert);
	set_extensions(issued->certificate, cert, issuer->certificate);
	sign(issued->certificate, issuer->key, cert->digest);
	write_files(pki, cert->name, issued);
	g_hash_table_insert(pki->issued, g_strdup(cert->name), issued);
}

void pki_issue_all(Pki *pki, const PkiCert *certs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pki_issue(pki, &certs[i]);
}

static void add_revoked(X509_CRL *crl, X509 *certificate)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, -60);

	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate));
	X509_REVOKED_set_revocationDate(entry, now);
	ASN1_TIME_free(now);
	g_assert_true(X509_CRL_add0_revoked(crl, entry));
}

void pki_list_revoked(Pki *pki, const char *issuer, const char *revoked, long until_s,
		      const char *file)
{
	const Issued *ca = g_hash_table_lookup(pki->issued, issuer);
	const Issued *bad = g_hash_table_lookup(pki->issued, revoked);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -3600);
	ASN1_TIME *until = X509_gmtime_adj(NULL, until_s);
	BIO *out = BIO_new_file(pki_path(pki, file), "w");

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->certificate));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	add_revoked(crl, bad->certificate);
	g_assert_cmpint(X509_CRL_sign(crl, ca->key, EVP_sha256()), >, 0);
	g_assert_true(PEM_write_bio_X509_CRL(out, crl));
	BIO_free(out);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_CRL_free(crl);
}

static X509_REQ *read_request(const char *request)
{
	BIO *bio = BIO_new_mem_buf(request, -1);
	X509_REQ *read = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	g_assert_nonnull(read);
	g_assert_cmpint(X509_REQ_verify(read, X509_REQ_get0_pubkey(read)), ==, 1);
	return read;
}

char *pki_sign_request(Pki *pki, const char *issuer, const char *request)
{
	static const PkiCert cert = { .client_only = true };
	const Issued *authority = g_hash_table_lookup(pki->issued, issuer);
	X509_REQ *wanted = read_request(request);
	X509 *certificate = X509_new();
	BIO *out = BIO_new(BIO_s_mem());
	char *data = NULL;

	g_assert_nonnull(authority);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (uint64_t)g_get_real_time());
	X509_set_pubkey(certificate, X509_REQ_get0_pubkey(wanted));
	X509_set_subject_name(certificate, X509_REQ_get_subject_name(wanted));
	X509_set_issuer_name(certificate, X509_get_subject_name(authority->certificate));
	set_dates(certificate, &cert);
	set_extensions(certificate, &cert, authority->certificate);
	sign(certificate, authority->key, NULL);
	g_assert_true(PEM_write_bio_X509(out, certificate));

	long len = BIO_get_mem_data(out, &data);
	char *text = g_strndup(data, (gsize)len);

	BIO_free(out);
	X509_free(certificate);
	X509_REQ_free(wanted);
	return text;
}

void pki_concat(Pki *pki, const char *file, ...)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *part;
	va_list parts;

	va_start(parts, file);
	while ((part = va_arg(parts, const char *))) {
		g_autofree char *content = NULL;

		g_assert_true(g_file_get_contents(pki_path(pki, part), &content, NULL, NULL));
		g_string_append(text, content);
	}
	va_end(parts);
	pki_write(pki, file, text->str);
}

void pki_write(Pki *pki, const char *file, const char *text)
{
	g_assert_true(g_file_set_contents(pki_path(pki, file), text, -1, NULL));
}

void pki_encrypt_key(Pki *pki, const char *name, const char *file)
{
	const Issued *issued = g_hash_table_lookup(pki->issued, name);
	FILE *out = open_for(pki, file, "");

	g_assert_nonnull(issued);
	g_assert_true(PEM_write_PKCS8PrivateKey(out, issued->key, EVP_aes_256_cbc(), "secret", 6,
						NULL, NULL));
	fclose(out);
}
