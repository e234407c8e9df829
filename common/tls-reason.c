/* SPDX-License-Identifier: MIT */
#include "common/tls-reason.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NAME_SHOWN_MAX  128 /* octets of a name out of a certificate */
#define HOSTS_SHOWN_MAX 4   /* names a certificate is for */
#define DATE_SHOWN_MAX  64
#define WEAK_KEY        "has too weak a key; RSA takes 2048 bits at least"
#define ALERT_MASK      0xff

/* What an alert means for whoever set up broker and device; other codes have OpenSSL's words. */
typedef struct AlertText {
	int code;
	const char *text;
} AlertText;

static const AlertText alert_texts[] = {
	{ SSL_AD_HANDSHAKE_FAILURE, "no common cipher, or it insists on a client certificate" },
	{ SSL_AD_BAD_CERTIFICATE, "our certificate is bad, or one is missing" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE, "our certificate is of a kind it does not take" },
	{ SSL_AD_CERTIFICATE_REVOKED, "our certificate was revoked" },
	{ SSL_AD_CERTIFICATE_EXPIRED, "our certificate has expired" },
	{ SSL_AD_CERTIFICATE_UNKNOWN, "our certificate is not acceptable" },
	{ SSL_AD_UNKNOWN_CA, "it does not know the CA of our certificate" },
	{ SSL_AD_ACCESS_DENIED, "our certificate is valid but has no access" },
	{ SSL_AD_DECRYPT_ERROR, "a signature did not verify" },
	{ SSL_AD_PROTOCOL_VERSION, "no common TLS version" },
	{ SSL_AD_INSUFFICIENT_SECURITY, "our ciphers are too weak for it" },
	{ SSL_AD_INTERNAL_ERROR, "it has an internal error" },
	{ SSL_AD_UNRECOGNIZED_NAME, "it does not go by the name we asked for" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "it wants a client certificate and we have none" },
	{ SSL_AD_NO_APPLICATION_PROTOCOL, "it does not speak the ALPN protocol we asked for" },
};

/* The content of a memory BIO, cut and with everything but printable ASCII replaced. */
static char *bio_text(BIO *bio)
{
	char *data = NULL;
	long len = bio ? BIO_get_mem_data(bio, &data) : 0;
	char *text = g_strndup(data ? data : "", (gsize)CLAMP(len, 0, NAME_SHOWN_MAX));

	for (char *c = text; *c; c++) {
		if (!g_ascii_isprint(*c))
			*c = '?';
	}
	return text;
}

static char *name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	if (bio && name)
		X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	text = bio_text(bio);
	BIO_free(bio);
	if (*text)
		return text;
	g_free(text);
	return g_strdup("without a name");
}

static char *time_text(const ASN1_TIME *time)
{
	struct tm tm = { .tm_year = 0 };
	char text[DATE_SHOWN_MAX];

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return g_strdup("an unreadable date");
	if (strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		return g_strdup("an unreadable date");
	return g_strdup(text);
}

/* One entry of a subject alternative name, NULL for kinds that name no host. */
static char *host_text(const GENERAL_NAME *entry)
{
	BIO *bio;
	char *text;

	if (entry->type != GEN_DNS && entry->type != GEN_IPADD)
		return NULL;
	bio = BIO_new(BIO_s_mem());
	if (bio)
		GENERAL_NAME_print(bio, (GENERAL_NAME *)entry);
	text = bio_text(bio);
	BIO_free(bio);
	return text;
}

/* The hosts a certificate is for, at most HOSTS_SHOWN_MAX of them. */
static char *hosts_text(X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	GString *list = g_string_new(NULL);
	unsigned int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < HOSTS_SHOWN_MAX; i++) {
		g_autofree char *host = host_text(sk_GENERAL_NAME_value(names, i));

		if (!host)
			continue;
		g_string_append_printf(list, "%s%s", shown > 0 ? ", " : "", host);
		shown++;
	}
	if (shown == 0)
		g_string_append(list, "no host at all");
	GENERAL_NAMES_free(names);
	return g_string_free(list, FALSE);
}

/* "the broker's certificate (CN=broker)", or that of the CA @depth steps above it */
static char *subject_text(X509 *certificate, int depth)
{
	g_autofree char *name = name_text(certificate ? X509_get_subject_name(certificate) : NULL);

	return g_strdup_printf("%s certificate (%s)", depth == 0 ? "the broker's" : "the CA", name);
}

static char *reason_dates(X509 *certificate, int depth, bool expired)
{
	g_autofree char *subject = subject_text(certificate, depth);
	g_autofree char *time = time_text(expired ? X509_get0_notAfter(certificate)
						  : X509_get0_notBefore(certificate));

	if (expired)
		return g_strdup_printf("%s expired on %s, or our clock is wrong", subject, time);
	return g_strdup_printf("%s is not valid before %s, or our clock is wrong", subject, time);
}

static char *reason_host(X509 *certificate, const char *host)
{
	g_autofree char *subject = subject_text(certificate, 0);
	g_autofree char *hosts = hosts_text(certificate);

	return g_strdup_printf("%s is not for host %s, but for %s", subject, host, hosts);
}

static char *reason_issuer(X509 *certificate, int depth)
{
	g_autofree char *subject = subject_text(certificate, depth);
	g_autofree char *issuer = name_text(X509_get_issuer_name(certificate));

	return g_strdup_printf("%s was issued by an unknown CA (%s), which is not among those "
			       "trusted here",
			       subject, issuer);
}

/* What does not hold needs no more than whose certificate it is. */
static const struct {
	int code;
	const char *before; /* the certificate is named */
	const char *after;
} verdicts[] = {
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "",
	  "is self-signed and not among those trusted here" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "",
	  "at the end of the broker's chain is not among those trusted here" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "",
	  "has a wrong signature: the trusted CA of that name is another one" },
	{ X509_V_ERR_CERT_REVOKED, "", "was revoked" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, "whether ",
	  "was revoked cannot be told: the CRL given is not of its issuer" },
	{ X509_V_ERR_CRL_HAS_EXPIRED, "whether ",
	  "was revoked cannot be told: the CRL given is out of date" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "", WEAK_KEY },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "", WEAK_KEY },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "", "is signed with a broken digest such as SHA-1" },
	{ X509_V_ERR_INVALID_PURPOSE, "", "is not for a server" },
};

static char *reason_verdict(X509 *certificate, int depth, int code)
{
	g_autofree char *subject = subject_text(certificate, depth);

	for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		if (verdicts[i].code == code)
			return g_strdup_printf("%s%s %s", verdicts[i].before, subject,
					       verdicts[i].after);
	}
	return g_strdup_printf("%s does not hold: %s", subject,
			       X509_verify_cert_error_string(code));
}

char *tls_reason_verify(X509_STORE_CTX *store_ctx, const char *host)
{
	int code = X509_STORE_CTX_get_error(store_ctx);
	int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	X509 *certificate = X509_STORE_CTX_get_current_cert(store_ctx);

	if (!certificate)
		return g_strdup_printf("the broker's certificate does not hold: %s",
				       X509_verify_cert_error_string(code));
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED: return reason_dates(certificate, depth, true);
	case X509_V_ERR_CERT_NOT_YET_VALID: return reason_dates(certificate, depth, false);
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH: return reason_host(certificate, host);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return reason_issuer(certificate, depth);
	default: return reason_verdict(certificate, depth, code);
	}
}

bool tls_reason_is_refusal(int alert)
{
	int code = alert & ALERT_MASK;

	return code != SSL_AD_CLOSE_NOTIFY && code != SSL_AD_USER_CANCELLED &&
	       code != SSL_AD_NO_RENEGOTIATION;
}

char *tls_reason_alert(int alert)
{
	int code = alert & ALERT_MASK;

	for (size_t i = 0; i < G_N_ELEMENTS(alert_texts); i++) {
		if (alert_texts[i].code == code)
			return g_strdup_printf("the broker refused us: %s (TLS alert %d)",
					       alert_texts[i].text, code);
	}
	return g_strdup_printf("the broker refused us: %s (TLS alert %d)",
			       SSL_alert_desc_string_long(alert), code);
}
