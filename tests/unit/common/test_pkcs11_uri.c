/* SPDX-License-Identifier: MIT */
/* pkcs11-uri: what is taken from a URI, and what is refused in which words. */
#include "common/pkcs11-uri.h"

#include "common/error.h"

#include <string.h>

static void test_whole(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Pkcs11Uri) uri = pkcs11_uri_parse(
		"pkcs11:token=My%20token;serial=1;manufacturer=M;model=O;object=%3bkey;id=%00%01;"
		"type=private?module-path=/m.so&pin-value=%351&pin-source=file:/etc/pin",
		&error);
	gsize len;

	g_assert_no_error(error);
	g_assert_cmpstr(uri->token, ==, "My token");
	g_assert_cmpstr(uri->serial, ==, "1");
	g_assert_cmpstr(uri->manufacturer, ==, "M");
	g_assert_cmpstr(uri->model, ==, "O");
	g_assert_cmpstr(uri->object, ==, ";key");
	g_assert_cmpstr(uri->module, ==, "/m.so");
	g_assert_cmpstr(uri->pin_source, ==, "file:/etc/pin");
	g_assert_cmpmem(secret_data(uri->pin), secret_len(uri->pin), "51", 2);

	const void *id = g_bytes_get_data(uri->id, &len);

	g_assert_cmpmem(id, len, "\0\1", 2);
}

static void test_little(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Pkcs11Uri) uri = pkcs11_uri_parse("pkcs11:pin-source=/pin", &error);
	g_autoptr(Pkcs11Uri) empty = pkcs11_uri_parse("pkcs11:", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(uri->pin_source, ==, "/pin");
	g_assert_null(uri->token);
	g_assert_null(empty->id);
}

static const struct {
	const char *name;
	const char *text;
	const char *says;
} refused[] = {
	{ "unknown", "pkcs11:token=t;slot-id=1", "that no key can be made by: \"slot-id\"" },
	{ "name-of-none", "pkcs11:=x", "that no key can be made by: \"\"" },
	{ "prefix-of-a-name", "pkcs11:tok=x", "that no key can be made by: \"tok\"" },
	{ "no-value", "pkcs11:token", "no value that can be decoded in \"token\"" },
	{ "empty-value", "pkcs11:object=", "no value of use in \"object\"" },
	{ "bad-escape", "pkcs11:object=%4", "no value that can be decoded in \"object\"" },
	{ "no-hex", "pkcs11:object=%zz", "no value that can be decoded in \"object\"" },
	{ "null-octet", "pkcs11:object=a%00b", "no value of use in \"object\"" },
	{ "null-octet-in-pin", "pkcs11:?pin-value=%00", "no value of use in \"pin-value\"" },
	{ "twice", "pkcs11:id=%01;id=%02", "more than one \"id\"" },
	{ "public", "pkcs11:type=public", "no private key in \"type\"" },
	{ "certificate", "pkcs11:type=cert", "no private key in \"type\"" },
};

static void test_refused(gconstpointer data)
{
	size_t i = GPOINTER_TO_SIZE(data);
	g_autoptr(GError) error = NULL;

	g_assert_null(pkcs11_uri_parse(refused[i].text, &error));
	g_assert_error(error, LANDFALL_ERROR, LANDFALL_ERROR_INVALID);
	if (!strstr(error->message, refused[i].says))
		g_error("%s", error->message);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pkcs11-uri/whole", test_whole);
	g_test_add_func("/pkcs11-uri/little", test_little);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *path = g_strconcat("/pkcs11-uri/", refused[i].name, NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_refused);
	}
	return g_test_run();
}
