/* SPDX-License-Identifier: MIT */
#include "common/device-key-token.h"

#include "common/error.h"
#include "common/pkcs11-uri.h"
#include "common/random.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <string.h>

#define SLOTS_MAX 64
#define ID_LEN    8
#define RSA_BITS  2048

/* A session with the one token that is meant. */
typedef struct Session {
	void *library;
	CK_FUNCTION_LIST *module;
	bool started; /* by us */
	bool open;
	CK_SESSION_HANDLE handle;
} Session;

static void session_clear(Session *session)
{
	if (session->open)
		session->module->C_CloseSession(session->handle);
	if (session->started)
		session->module->C_Finalize(NULL);
	if (session->library)
		dlclose(session->library);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Session, session_clear)

static bool fail(GError **error, const char *what, CK_RV code)
{
	static const struct {
		CK_RV code;
		const char *words;
	} known[] = {
		{ CKR_PIN_INCORRECT, "the PIN is wrong" },
		{ CKR_PIN_LOCKED, "the PIN is locked" },
		{ CKR_USER_PIN_NOT_INITIALIZED, "it has no PIN yet" },
		{ CKR_TOKEN_WRITE_PROTECTED, "it is write-protected" },
		{ CKR_MECHANISM_INVALID, "it makes no keys of this kind" },
		{ CKR_DEVICE_MEMORY, "it is full" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		if (known[i].code != code)
			continue;
		g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, "%s: %s", what,
			    known[i].words);
		return false;
	}
	g_set_error(error, LANDFALL_ERROR, LANDFALL_ERROR_KEY_UNREADABLE, "%s: PKCS#11 error 0x%lx",
		    what, code);
	return false;
}

static bool refuse(GError **error, int code, const char *what)
{
	g_set_error_literal(error, LANDFALL_ERROR, code, what);
	return false;
}

/* ---- the module ---- */

static bool module_start(Session *session, const char *name, GError **error)
{
	g_autofree char *path = device_key_pkcs11_module(name, error);
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_C_GetFunctionList list;
	CK_RV code;

	if (!path)
		return false;
	session->library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	list = session->library ? (CK_C_GetFunctionList)dlsym(session->library, "C_GetFunctionList")
				: NULL;
	if (!list || list(&session->module) != CKR_OK)
		return refuse(error, LANDFALL_ERROR_KEY_UNREADABLE,
			      "names a PKCS#11 module that cannot be loaded");
	code = session->module->C_Initialize(&args);
	session->started = code == CKR_OK;
	return code == CKR_OK || code == CKR_CRYPTOKI_ALREADY_INITIALIZED ||
	       fail(error, "names a PKCS#11 module that does not start", code);
}

/* ---- the token ---- */

/* Whether a field, padded with blanks, is @wanted; NULL fits all. */
static bool field_is(const char *wanted, const unsigned char *field, size_t len)
{
	size_t wanted_len = wanted ? strlen(wanted) : 0;

	if (!wanted)
		return true;
	while (len > 0 && field[len - 1] == ' ')
		len--;
	return len == wanted_len && memcmp(field, wanted, len) == 0;
}

static bool token_fits(const Session *session, const Pkcs11Uri *uri, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	return session->module->C_GetTokenInfo(slot, &info) == CKR_OK &&
	       (info.flags & CKF_TOKEN_INITIALIZED) &&
	       field_is(uri->token, info.label, sizeof(info.label)) &&
	       field_is(uri->serial, info.serialNumber, sizeof(info.serialNumber)) &&
	       field_is(uri->manufacturer, info.manufacturerID, sizeof(info.manufacturerID)) &&
	       field_is(uri->model, info.model, sizeof(info.model));
}

static bool token_find(const Session *session, const Pkcs11Uri *uri, CK_SLOT_ID *slot,
		       GError **error)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_RV code = session->module->C_GetSlotList(CK_TRUE, slots, &count);
	unsigned found = 0;

	if (code != CKR_OK)
		return fail(error, "names a module that does not list its tokens", code);
	for (CK_ULONG i = 0; i < count; i++) {
		if (!token_fits(session, uri, slots[i]))
			continue;
		*slot = slots[i];
		found++;
	}
	if (found > 1)
		return refuse(error, LANDFALL_ERROR_INVALID,
			      "names more than one PKCS#11 token: add its serial");
	return found == 1 || refuse(error, LANDFALL_ERROR_KEY_UNREADABLE,
				    "names a PKCS#11 token that is not there");
}

static bool token_enter(Session *session, const Pkcs11Uri *uri, GError **error)
{
	CK_SLOT_ID slot;
	g_autoptr(Secret) pin = NULL;
	CK_RV code;

	pin = uri->pin ? secret_copy(uri->pin) : device_key_pin_read(uri->pin_source, error);
	if (!pin || !token_find(session, uri, &slot, error))
		return false;
	code = session->module->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
					      &session->handle);
	session->open = code == CKR_OK;
	if (!session->open)
		return fail(error, "names a PKCS#11 token that cannot be written to", code);
	code = session->module->C_Login(session->handle, CKU_USER,
					(unsigned char *)secret_data(pin), secret_len(pin));
	return code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN ||
	       fail(error, "names a PKCS#11 token that does not let us in", code);
}

/* ---- the key ---- */

#define TEXT(text) (void *)(text), (text) ? strlen(text) : 0

static bool key_exists(const Session *session, const Pkcs11Uri *uri, bool *exists, GError **error)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ULONG wanted_count = 1;
	CK_OBJECT_HANDLE found;
	CK_ULONG count = 0;
	CK_RV code;

	if (uri->object)
		wanted[wanted_count++] = (CK_ATTRIBUTE){ CKA_LABEL, TEXT(uri->object) };
	if (uri->id)
		wanted[wanted_count++] =
			(CK_ATTRIBUTE){ CKA_ID, (void *)g_bytes_get_data(uri->id, NULL),
					g_bytes_get_size(uri->id) };
	code = session->module->C_FindObjectsInit(session->handle, wanted, wanted_count);
	if (code == CKR_OK) {
		code = session->module->C_FindObjects(session->handle, &found, 1, &count);
		session->module->C_FindObjectsFinal(session->handle);
	}
	*exists = count > 0;
	return code == CKR_OK ||
	       fail(error, "names a PKCS#11 token that does not list its keys", code);
}

typedef struct KindRow {
	CK_MECHANISM_TYPE mechanism;
	const char *curve; /* DER of its object identifier; NULL: RSA */
	CK_ULONG curve_len;
} KindRow;

static const KindRow kinds[] = {
	[DEVICE_KEY_EC_P256] = { CKM_EC_KEY_PAIR_GEN, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
				 10 },
	[DEVICE_KEY_EC_P384] = { CKM_EC_KEY_PAIR_GEN, "\x06\x05\x2b\x81\x04\x00\x22", 7 },
	[DEVICE_KEY_RSA_2048] = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 },
};

G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == DEVICE_KEY_N);

/* Both halves have the same name: the engine finds the public one by the id. */
static bool key_generate(const Session *session, const Pkcs11Uri *uri, GBytes *id,
			 DeviceKeyKind kind, GError **error)
{
	const KindRow *row = &kinds[kind];
	CK_MECHANISM mechanism = { row->mechanism, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bits = RSA_BITS;
	gsize id_len;
	void *id_data = (void *)g_bytes_get_data(id, &id_len);
	CK_ATTRIBUTE private[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },     { CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) }, { CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &yes, sizeof(yes) },      { CKA_ID, id_data, id_len },
		{ CKA_LABEL, TEXT(uri->object) },
	};
	CK_ATTRIBUTE public[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_ID, id_data, id_len },
		row->curve ? (CK_ATTRIBUTE){ CKA_EC_PARAMS, (void *)row->curve, row->curve_len }
			   : (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_LABEL, TEXT(uri->object) },
	};
	CK_ULONG unnamed = uri->object ? 0 : 1; /* the label stands last */
	CK_OBJECT_HANDLE halves[2];
	CK_RV code = session->module->C_GenerateKeyPair(
		session->handle, &mechanism, public, G_N_ELEMENTS(public) - unnamed, private,
		G_N_ELEMENTS(private) - unnamed, &halves[0], &halves[1]);

	return code == CKR_OK || fail(error, "names a PKCS#11 token that makes no key", code);
}

static GBytes *id_make(void)
{
	uint8_t id[ID_LEN];

	if (!random_fill(NULL, id, sizeof(id)))
		g_error("no randomness");
	return g_bytes_new(id, sizeof(id));
}

/* What making one takes; without it nothing is begun. */
static bool uri_suffices(const Pkcs11Uri *uri, const char *module, GError **error)
{
	const char *lacks = NULL;

	if (!module)
		lacks = "names no module to make a key with (module-path)";
	else if (!uri->object && !uri->id)
		lacks = "names neither object nor id for a key to be made";
	else if (!uri->pin && !uri->pin_source)
		lacks = "names no PIN to make a key with (pin-source, pin-value)";
	return !lacks || refuse(error, LANDFALL_ERROR_INVALID, lacks);
}

bool device_key_pkcs11_ensure(const char *text, DeviceKeyKind kind, bool *made, GError **error)
{
	g_autoptr(Pkcs11Uri) uri = pkcs11_uri_parse(text, error);
	g_auto(Session) session = { 0 };
	const char *path = NULL;
	bool exists = false;

	if (!uri)
		return false;
	path = uri->module ? uri->module : g_getenv("PKCS11_MODULE_PATH");
	if (!uri_suffices(uri, path, error) || !module_start(&session, path, error) ||
	    !token_enter(&session, uri, error) || !key_exists(&session, uri, &exists, error))
		return false;
	*made = !exists;
	if (exists)
		return true;

	g_autoptr(GBytes) id = uri->id ? g_bytes_ref(uri->id) : id_make();

	return key_generate(&session, uri, id, kind, error);
}
