/* SPDX-License-Identifier: MIT */
#include "common/device-key-token.h"

#include "common/error.h"
#include "common/random.h"

#include <dlfcn.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#define SCHEME       "handle:"
#define HANDLE_FIRST 0x81000000U /* those that the owner may fill */
#define HANDLE_LAST  0x817fffffU
#define POINT_LEN    32 /* octets of a coordinate on P-256 */

/* Loaded when a key is made, like the provider that uses it: no other process grows by them. */
typedef struct Tss {
	void *esys_library;
	void *loader_library;
	TSS2_TCTI_CONTEXT *transport;
	ESYS_CONTEXT *esys;
	__typeof__(Tss2_TctiLdr_Initialize) *transport_open;
	__typeof__(Tss2_TctiLdr_Finalize) *transport_close;
	__typeof__(Esys_Initialize) *initialize;
	__typeof__(Esys_Finalize) *finalize;
	__typeof__(Esys_GetCapability) *get_capability;
	__typeof__(Esys_CreatePrimary) *create_primary;
	__typeof__(Esys_EvictControl) *evict_control;
	__typeof__(Esys_FlushContext) *flush_context;
	__typeof__(Esys_TR_Close) *close;
	__typeof__(Esys_Free) *free;
} Tss;

typedef struct SymbolRow {
	const char *name;
	size_t offset; /* of a pointer in Tss */
	bool loader;   /* in the loader's library */
} SymbolRow;

#define AT(member) offsetof(Tss, member)

static const SymbolRow symbols[] = {
	{ "Tss2_TctiLdr_Initialize", AT(transport_open), true },
	{ "Tss2_TctiLdr_Finalize", AT(transport_close), true },
	{ "Esys_Initialize", AT(initialize), false },
	{ "Esys_Finalize", AT(finalize), false },
	{ "Esys_GetCapability", AT(get_capability), false },
	{ "Esys_CreatePrimary", AT(create_primary), false },
	{ "Esys_EvictControl", AT(evict_control), false },
	{ "Esys_FlushContext", AT(flush_context), false },
	{ "Esys_TR_Close", AT(close), false },
	{ "Esys_Free", AT(free), false },
};

static void tss_clear(Tss *tss)
{
	if (tss->esys)
		tss->finalize(&tss->esys);
	if (tss->transport)
		tss->transport_close(&tss->transport);
	if (tss->esys_library)
		dlclose(tss->esys_library);
	if (tss->loader_library)
		dlclose(tss->loader_library);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tss, tss_clear)

static bool refuse(GError **error, int code, const char *what)
{
	g_set_error_literal(error, LANDFALL_ERROR, code, what);
	return false;
}

static bool check(TSS2_RC code, const char *what, GError **error)
{
	if (code == TSS2_RC_SUCCESS)
		return true;
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, "%s: TPM error 0x%x",
		    what, code);
	return false;
}

static bool tss_load(Tss *tss)
{
	tss->esys_library = dlopen("libtss2-esys.so.0", RTLD_NOW | RTLD_LOCAL);
	tss->loader_library = dlopen("libtss2-tctildr.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!tss->esys_library || !tss->loader_library)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
		void *found = dlsym(symbols[i].loader ? tss->loader_library : tss->esys_library,
				    symbols[i].name);

		if (!found)
			return false;
		G_STRUCT_MEMBER(void *, tss, symbols[i].offset) = found;
	}
	return true;
}

static bool tss_open(Tss *tss, GError **error)
{
	if (!tss_load(tss))
		return refuse(error, LANDFALL_ERROR_KEY_UNREADABLE,
			      "names a key in a TPM, and the libraries for that are not there; "
			      "install tpm2-openssl");
	return check(tss->transport_open(g_getenv("TPM2OPENSSL_TCTI"), &tss->transport),
		     "names a key in a TPM that cannot be reached ($TPM2OPENSSL_TCTI, else "
		     "/dev/tpmrm0)",
		     error) &&
	       check(tss->initialize(&tss->esys, tss->transport, NULL),
		     "names a key in a TPM that does not start", error);
}

static bool handle_parse(const char *uri, uint32_t *handle, GError **error)
{
	char *end;
	uint64_t number = g_ascii_strtoull(uri + strlen(SCHEME), &end, 16);

	*handle = (uint32_t)number;
	return (*end == '\0' && number >= HANDLE_FIRST && number <= HANDLE_LAST) ||
	       refuse(error, LANDFALL_ERROR_INVALID,
		      "names no handle that a key can be made at: 0x81000000 to 0x817fffff");
}

static bool handle_taken(Tss *tss, uint32_t handle, bool *taken, GError **error)
{
	TPMS_CAPABILITY_DATA *listed = NULL;
	TPMI_YES_NO more;

	if (!check(tss->get_capability(tss->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				       TPM2_CAP_HANDLES, handle, 1, &more, &listed),
		   "names a key in a TPM that does not list its handles", error))
		return false;
	*taken = listed->data.handles.count > 0 && listed->data.handles.handle[0] == handle;
	tss->free(listed);
	return true;
}

/* A primary key comes from the TPM's seed and this template alone: what makes it another one each
 * time is a random value in place of the point. */
static bool template_fill(TPM2B_PUBLIC *template)
{
	TPMT_PUBLIC *area = &template->publicArea;

	*template = (TPM2B_PUBLIC){ 0 };
	area->type = TPM2_ALG_ECC;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM |
				 TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
				 TPMA_OBJECT_USERWITHAUTH;
	area->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	area->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	area->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	area->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	area->unique.ecc.x.size = POINT_LEN;
	area->unique.ecc.y.size = POINT_LEN;
	return random_fill(NULL, area->unique.ecc.x.buffer, POINT_LEN);
}

static bool key_generate(Tss *tss, uint32_t handle, GError **error)
{
	const TPM2B_SENSITIVE_CREATE secret = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION registers = { 0 };
	TPM2B_PUBLIC template;
	ESYS_TR key = ESYS_TR_NONE;
	ESYS_TR kept = ESYS_TR_NONE;
	bool made;

	if (!template_fill(&template))
		g_error("no randomness");
	if (!check(tss->create_primary(tss->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				       ESYS_TR_NONE, &secret, &template, &outside, &registers, &key,
				       NULL, NULL, NULL, NULL),
		   "names a TPM that makes no key", error))
		return false;
	made = check(tss->evict_control(tss->esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, handle, &kept),
		     "names a TPM that does not keep the key it has made", error);
	if (made)
		tss->close(tss->esys, &kept);
	tss->flush_context(tss->esys, key);
	return made;
}

bool device_key_tpm_ensure(const char *uri, DeviceKeyKind kind, bool *made, GError **error)
{
	g_auto(Tss) tss = { 0 };
	uint32_t handle = 0;
	bool taken = false;

	if (!handle_parse(uri, &handle, error) || !tss_open(&tss, error) ||
	    !handle_taken(&tss, handle, &taken, error))
		return false;
	*made = !taken;
	if (taken)
		return true;
	if (kind != DEVICE_KEY_EC_P256)
		return refuse(error, LANDFALL_ERROR_KEY_UNREADABLE,
			      "names a TPM, where keys of kind ec-p256 alone are made");
	return key_generate(&tss, handle, error);
}
