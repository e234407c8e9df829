/* SPDX-License-Identifier: MIT */
/* What the kernel heard: messages made by hand, and a kernel that may have no Wi-Fi at all. */
#include "provisioner/adapter/wifi-air.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nl80211.h>
#include <string.h>

#define DEADLINE_US (60 * G_USEC_PER_SEC)
#define FAMILY      28
#define SSID_LAB    "\x00\x03Lab"
#define RSN(akm)                                                                                   \
	"\x30\x14\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac" akm         \
	"\x00\x00"
#define RSN2(a, b)                                                                                 \
	"\x30\x18\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x04\x02\x00\x00\x0f\xac" a           \
	"\x00\x0f\xac" b "\x00\x00"
#define WPA(akm)                                                                                   \
	"\xdd\x16\x00\x50\xf2\x01\x01\x00\x00\x50\xf2\x02\x01\x00\x00\x50\xf2\x02\x01\x00\x00\x50" \
	"\xf2" akm
#define PSK     "\x02"
#define EAP     "\x01"
#define SAE     "\x08"
#define OWE     "\x12"
#define STRANGE "\xc8"

typedef struct ElementsCase {
	const char *path;
	const char *elements;
	size_t len;
	bool privacy;
	WifiAuth auth;
	size_t ssid_len;
} ElementsCase;

#define CASE(path, elements, privacy, auth, ssid_len)                                              \
	{                                                                                          \
		path, elements, sizeof(elements) - 1, privacy, auth, ssid_len                      \
	}

static const ElementsCase elements_cases[] = {
	CASE("nothing", "", false, WIFI_AUTH_OPEN, 0),
	CASE("open", SSID_LAB, false, WIFI_AUTH_OPEN, 3),
	CASE("wep", SSID_LAB, true, WIFI_AUTH_WEP, 3),
	CASE("wpa", SSID_LAB WPA(PSK), true, WIFI_AUTH_WPA, 3),
	CASE("wpa2", SSID_LAB RSN(PSK), true, WIFI_AUTH_WPA2, 3),
	CASE("wpa-wpa2", SSID_LAB RSN(PSK) WPA(PSK), true, WIFI_AUTH_WPA_WPA2, 3),
	CASE("wpa3", SSID_LAB RSN(SAE), true, WIFI_AUTH_WPA3, 3),
	CASE("wpa2-wpa3", SSID_LAB RSN2(PSK, SAE), true, WIFI_AUTH_WPA2_WPA3, 3),
	CASE("owe", SSID_LAB RSN(OWE), true, WIFI_AUTH_OPEN, 3),
	CASE("enterprise", SSID_LAB RSN(EAP), true, WIFI_AUTH_ENTERPRISE, 3),
	CASE("wpa-enterprise", SSID_LAB WPA(EAP), true, WIFI_AUTH_ENTERPRISE, 3),
	CASE("strange-suite", SSID_LAB RSN(STRANGE), true, WIFI_AUTH_WEP, 3),
	CASE("other-vendor", SSID_LAB "\xdd\x04\x00\x50\xf2\x04", false, WIFI_AUTH_OPEN, 3),
	CASE("hidden", "\x00\x00" RSN(PSK), true, WIFI_AUTH_WPA2, 0),
	CASE("hidden-by-zeros", "\x00\x03\x00\x00\x00", false, WIFI_AUTH_OPEN, 0),
	CASE("longest",
	     "\x00\x20"
	     "01234567890123456789012345678901",
	     false, WIFI_AUTH_OPEN, 32),
	CASE("too-long",
	     "\x00\x21"
	     "012345678901234567890123456789012",
	     false, WIFI_AUTH_OPEN, 0),
	CASE("name-cut", "\x00\x03La", false, WIFI_AUTH_OPEN, 0),
	CASE("rsn-cut", SSID_LAB "\x30\x06\x01\x00\x00\x0f\xac\x04", true, WIFI_AUTH_WEP, 3),
	CASE("suites-cut",
	     SSID_LAB "\x30\x0e\x01\x00\x00\x0f\xac\x04\x01\x00\x00\x0f\xac\x04\x09\x00", true,
	     WIFI_AUTH_WEP, 3),
	CASE("ciphers-huge", SSID_LAB "\x30\x0a\x01\x00\x00\x0f\xac\x04\xff\xff\x00\x00", true,
	     WIFI_AUTH_WEP, 3),
};

static void test_elements(gconstpointer data)
{
	const ElementsCase *c = data;
	/* On the heap and of the exact size, so that a sanitizer sees a step beyond it. */
	g_autofree uint8_t *copy = g_memdup2(c->elements, c->len);
	WifiNetwork network = { 0 };

	wifi_air_elements(copy, c->len, c->privacy, &network);
	g_assert_cmpint(network.auth, ==, c->auth);
	g_assert_cmpuint(network.ssid_len, ==, c->ssid_len);
}

static void add_attribute(GByteArray *out, unsigned int type, const void *data, size_t len)
{
	static const uint8_t padding[4];
	const struct nlattr attribute = { (uint16_t)(sizeof(attribute) + len), (uint16_t)type };

	g_byte_array_append(out, (const uint8_t *)&attribute, sizeof(attribute));
	g_byte_array_append(out, data, (guint)len);
	g_byte_array_append(out, padding, (guint)(-len & 3u));
}

/* A message of @type around @attributes. */
static GByteArray *message_new(uint16_t type, const GByteArray *attributes)
{
	const struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(sizeof(head) + GENL_HDRLEN + attributes->len),
		.nlmsg_type = type,
		.nlmsg_seq = 7,
	};
	const struct genlmsghdr command = { 0 };
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
	g_byte_array_append(out, (const uint8_t *)&command, sizeof(command));
	g_byte_array_append(out, attributes->data, attributes->len);
	return out;
}

static GByteArray *heard_message(void)
{
	static const uint8_t bssid[] = { 2, 0, 0, 0, 0, 9 };
	static const char elements[] = SSID_LAB RSN(SAE);
	const uint32_t frequency = 5180;
	const uint16_t capability = 0x0011;
	const int32_t signal = -5230;
	const uint32_t seen_ms = 1234;
	g_autoptr(GByteArray) bss = g_byte_array_new();
	g_autoptr(GByteArray) attributes = g_byte_array_new();

	add_attribute(bss, NL80211_BSS_BSSID, bssid, sizeof(bssid));
	add_attribute(bss, NL80211_BSS_FREQUENCY, &frequency, sizeof(frequency));
	add_attribute(bss, NL80211_BSS_CAPABILITY, &capability, sizeof(capability));
	add_attribute(bss, NL80211_BSS_SIGNAL_MBM, &signal, sizeof(signal));
	add_attribute(bss, NL80211_BSS_SEEN_MS_AGO, &seen_ms, sizeof(seen_ms));
	add_attribute(bss, NL80211_BSS_INFORMATION_ELEMENTS, elements, sizeof(elements) - 1);
	add_attribute(attributes, NL80211_ATTR_BSS | NLA_F_NESTED, bss->data, bss->len);
	return message_new(FAMILY, attributes);
}

static void test_heard(void)
{
	static const uint8_t bssid[] = { 2, 0, 0, 0, 0, 9 };
	g_autoptr(GByteArray) octets = heard_message();
	WifiAirReader reader = { octets->data, octets->len };
	WifiAirMessage message;

	g_assert_true(wifi_air_next(&reader, &message));
	g_assert_cmpint(message.kind, ==, WIFI_AIR_HEARD);
	g_assert_cmpuint(message.seq, ==, 7);
	g_assert_cmpmem(message.network.bssid, WIFI_BSSID_LEN, bssid, sizeof(bssid));
	g_assert_cmpmem(message.network.ssid, message.network.ssid_len, "Lab", 3);
	g_assert_cmpuint(message.network.channel, ==, 36);
	g_assert_cmpint(message.network.rssi_dbm, ==, -52);
	g_assert_cmpint(message.network.auth, ==, WIFI_AUTH_WPA3);
	g_assert_cmpuint(message.seen_ms, ==, 1234);
	g_assert_false(wifi_air_next(&reader, &message));
}

/* Cut anywhere there is no whole message, and nothing is read beyond. */
static void test_cut(void)
{
	g_autoptr(GByteArray) octets = heard_message();

	for (size_t len = 0; len < octets->len; len++) {
		g_autofree uint8_t *copy = g_memdup2(octets->data, len);
		WifiAirReader reader = { copy, len };
		WifiAirMessage message;

		g_assert_false(wifi_air_next(&reader, &message));
	}
}

static void test_family(void)
{
	const uint16_t family = FAMILY;
	g_autoptr(GByteArray) attributes = g_byte_array_new();
	g_autoptr(GByteArray) octets = NULL;
	WifiAirReader reader;
	WifiAirMessage message;

	add_attribute(attributes, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	octets = message_new(GENL_ID_CTRL, attributes);
	reader = (WifiAirReader){ octets->data, octets->len };
	g_assert_true(wifi_air_next(&reader, &message));
	g_assert_cmpint(message.kind, ==, WIFI_AIR_FAMILY);
	g_assert_cmpuint(message.family, ==, FAMILY);
}

static void test_refused(void)
{
	const struct {
		struct nlmsghdr head;
		int32_t error;
	} octets = { { sizeof(octets), NLMSG_ERROR, 0, 7, 0 }, -2 };
	WifiAirReader reader = { (const uint8_t *)&octets, sizeof(octets) };
	WifiAirMessage message;

	g_assert_true(wifi_air_next(&reader, &message));
	g_assert_cmpint(message.kind, ==, WIFI_AIR_DONE);
	g_assert_true(message.refused);
}

static void add_heard(GArray *heard, const char *ssid, uint8_t last, uint32_t seen_ms)
{
	WifiAirMessage one = { .network = { .ssid_len = (uint8_t)strlen(ssid) },
			       .seen_ms = seen_ms };

	memcpy(one.network.ssid, ssid, strlen(ssid));
	one.network.bssid[5] = last;
	g_array_append_val(heard, one);
}

static void test_is_heard(void)
{
	g_autoptr(GArray) heard = g_array_new(false, false, sizeof(WifiAirMessage));
	const uint8_t *lab = (const uint8_t *)"Lab";

	g_assert_false(wifi_air_is_heard(heard, lab, 3, 9999));
	add_heard(heard, "Lab", 1, 5000);
	add_heard(heard, "Other", 2, 10);
	add_heard(heard, "", 3, 10);
	g_assert_false(wifi_air_is_heard(heard, lab, 3, 4999));
	g_assert_false(wifi_air_is_heard(heard, lab, 2, 9999));
	g_assert_true(wifi_air_is_heard(heard, lab, 3, 5000));
	/* It hides its name: what was heard just now has the address of what said it before. */
	add_heard(heard, "", 1, 10);
	g_assert_true(wifi_air_is_heard(heard, lab, 3, 4999));
}

static void on_done(const GArray *heard, void *data)
{
	int *done = data;

	*done = heard ? 2 : 1;
}

/* An interface that is none: the answer comes, from the loop, and it is none. */
static void test_nowhere(void)
{
	int done = 0;
	g_autoptr(WifiAir) air G_GNUC_UNUSED = wifi_air_new("landfall-none0", on_done, &done);
	gint64 until_us = g_get_monotonic_time() + DEADLINE_US;

	g_assert_cmpint(done, ==, 0);
	while (done == 0 && g_get_monotonic_time() < until_us)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(done, ==, 1);
}

/* "lo" is an interface, but no radio: the kernel refuses, or knows no Wi-Fi. */
static void test_no_radio(void)
{
	int done = 0;
	g_autoptr(WifiAir) air G_GNUC_UNUSED = wifi_air_new("lo", on_done, &done);
	gint64 until_us = g_get_monotonic_time() + DEADLINE_US;

	while (done == 0 && g_get_monotonic_time() < until_us)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(done, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(elements_cases); i++) {
		g_autofree char *path =
			g_strconcat("/wifi-air/elements/", elements_cases[i].path, NULL);

		g_test_add_data_func(path, &elements_cases[i], test_elements);
	}
	g_test_add_func("/wifi-air/heard", test_heard);
	g_test_add_func("/wifi-air/cut", test_cut);
	g_test_add_func("/wifi-air/family", test_family);
	g_test_add_func("/wifi-air/refused", test_refused);
	g_test_add_func("/wifi-air/is-heard", test_is_heard);
	g_test_add_func("/wifi-air/nowhere", test_nowhere);
	g_test_add_func("/wifi-air/no-radio", test_no_radio);
	return g_test_run();
}
