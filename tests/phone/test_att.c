/* SPDX-License-Identifier: MIT */
/*
 * The phone's Bluetooth half without Bluetooth: advertising reports as octets, and the Attribute
 * Protocol over a socket pair whose far end has its answers queued beforehand.
 */
#include "tests/phone/advert.h"
#include "tests/phone/att.h"
#include "tests/phone/endpoints.h"
#include "tests/phone/gatt.h"
#include "tests/phone/hex.h"
#include "tests/phone/phone-error.h"
#include "tests/phone/scan.h"

#include <sys/socket.h>
#include <unistd.h>

#define SERVICE_HEX "b4df5a1c3f6bf4bfea4a820304901a02"
#define PENDING_MAX 2048

/* --- a device played by a list of answers --- */

typedef struct Device {
	int fd;
	Att *att;
} Device;

static Device device_new(void)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
	return (Device){ pair[0], att_new(pair[1]) };
}

static void device_free(Device *device)
{
	att_free(device->att);
	if (device->fd >= 0)
		close(device->fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Device, device_free)

static void device_says(Device *device, const char *digits)
{
	g_autoptr(GByteArray) pdu = hex_octets(digits);

	g_assert_cmpint(send(device->fd, pdu->data, pdu->len, 0), ==, pdu->len);
}

/* What the phone sent next. */
static void device_heard(Device *device, const char *digits)
{
	uint8_t pdu[PENDING_MAX];
	ssize_t len = recv(device->fd, pdu, sizeof(pdu), MSG_DONTWAIT);

	g_assert_cmpint(len, >, 0);
	hex_check(pdu, (size_t)len, digits);
}

static void device_heard_no_more(Device *device)
{
	uint8_t pdu[PENDING_MAX];

	g_assert_cmpint(recv(device->fd, pdu, sizeof(pdu), MSG_DONTWAIT), <, 0);
}

static void take_mtu(Device *device, uint16_t mtu)
{
	g_autofree char *answer = g_strdup_printf("03%02x%02x", mtu & 0xff, mtu >> 8);
	g_autofree char *question = g_strdup_printf("02%02x%02x", mtu & 0xff, mtu >> 8);
	g_autoptr(GError) error = NULL;

	device_says(device, answer);
	g_assert_true(att_exchange_mtu(device->att, mtu, &error));
	g_assert_no_error(error);
	device_heard(device, question);
}

/* --- ATT --- */

typedef struct MtuCase {
	const char *name;
	uint16_t ours;
	const char *answer;
	int result; /* the MTU, or minus a PhoneError - 1 */
} MtuCase;

static const MtuCase mtu_cases[] = {
	{ "theirs", 512, "030501", 0x105 },
	{ "ours", 185, "030502", 185 },
	{ "small", 23, "030502", 23 },
	{ "too-small", 512, "031600", -PHONE_ERROR_PROTOCOL - 1 },
	{ "long", 512, "03050200", -PHONE_ERROR_PROTOCOL - 1 },
	{ "other", 512, "0b0502", -PHONE_ERROR_PROTOCOL - 1 },
	{ "refused", 512, "0102000006", -PHONE_ERROR_ATT - 1 },
	{ "refused-badly", 512, "010200", -PHONE_ERROR_PROTOCOL - 1 },
	{ "refused-another", 512, "0112000006", -PHONE_ERROR_PROTOCOL - 1 },
};

static void test_mtu(const void *data)
{
	const MtuCase *row = data;
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;

	device_says(&device, row->answer);
	if (row->result > 0) {
		g_assert_true(att_exchange_mtu(device.att, row->ours, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(att_mtu(device.att), ==, row->result);
		return;
	}
	g_assert_false(att_exchange_mtu(device.att, row->ours, &error));
	g_assert_error(error, PHONE_ERROR, -row->result - 1);
	g_assert_cmpuint(att_mtu(device.att), ==, ATT_MTU_MIN);
}

/* What the device asks in between is answered and does not disturb the request under way. */
static void test_device_asks(void)
{
	static const struct {
		const char *question;
		const char *answer; /* NULL: none */
	} rows[] = {
		{ "020502", "030502" },             /* MTU */
		{ "100100ffff0028", "011001000a" }, /* services */
		{ "0801000500002a", "010801000a" }, /* device name */
		{ "0a0300", "010a030006" },         /* read */
		{ "1203000100", "0112030006" },     /* write */
		{ "1d03000100", "1e" },             /* indication */
		{ "1b03000100", NULL },             /* notification */
		{ "52030001", NULL },               /* command */
	};
	g_auto(Device) device = device_new();
	g_autoptr(GByteArray) value = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		device_says(&device, rows[i].question);
	device_says(&device, "0bcafe");
	g_assert_true(gatt_read(device.att, 0x0102, value, &error));
	g_assert_no_error(error);
	hex_check(value->data, value->len, "cafe");
	device_heard(&device, "0a0201");
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].answer)
			device_heard(&device, rows[i].answer);
	device_heard_no_more(&device);
}

static void test_error_code(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;

	device_says(&device, "0112010080");
	g_assert_false(gatt_write(device.att, 1, (const uint8_t *)"x", 1, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
	g_assert_cmpuint(att_error_code(device.att), ==, 0x80);
	g_assert_nonnull(strstr(error->message, "0x80"));
}

static void test_hang_up(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GByteArray) value = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	shutdown(device.fd, SHUT_WR);
	g_assert_false(gatt_read(device.att, 1, value, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LOST);
	g_clear_error(&error);
	g_assert_false(att_idle(device.att, 60000, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_LOST);
}

static void test_silence(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GByteArray) value = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	att_set_time(device.att, 5, INT64_MAX);
	g_assert_false(gatt_read(device.att, 1, value, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_TIMEOUT);
}

static void test_deadline(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;

	att_set_time(device.att, 30000, g_get_monotonic_time());
	g_assert_false(att_idle(device.att, 60000, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_TIMEOUT);
}

static void test_answer_to_nothing(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;

	device_says(&device, "13");
	g_assert_false(att_idle(device.att, 60000, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
}

/* --- long values --- */

static char *repeated(const char *prefix, const char *octet, unsigned n)
{
	GString *text = g_string_new(prefix);

	while (n-- > 0)
		g_string_append(text, octet);
	return g_string_free(text, false);
}

static void says_repeated(Device *device, const char *prefix, const char *octet, unsigned n)
{
	g_autofree char *text = repeated(prefix, octet, n);

	device_says(device, text);
}

static void heard_repeated(Device *device, const char *prefix, const char *octet, unsigned n)
{
	g_autofree char *text = repeated(prefix, octet, n);

	device_heard(device, text);
}

/* 22 octets fill a response at the smallest MTU. */
typedef struct LongReadCase {
	const char *name;
	unsigned pieces[4]; /* how long each response is; 23 stands for "Attribute Not Long" */
	unsigned total;
} LongReadCase;

static const LongReadCase long_read_cases[] = {
	{ "short", { 21 }, 21 },        { "two", { 22, 5 }, 27 },
	{ "three", { 22, 22, 1 }, 45 }, { "even", { 22, 22, 0 }, 44 },
	{ "not-long", { 22, 23 }, 22 }, { "empty", { 0 }, 0 },
};

static void test_long_read(const void *data)
{
	const LongReadCase *row = data;
	g_auto(Device) device = device_new();
	g_autoptr(GByteArray) value = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	unsigned sum = 0;

	for (unsigned i = 0; i < 4 && (i == 0 || row->pieces[i - 1] == 22); i++) {
		if (row->pieces[i] == 23)
			device_says(&device, "010c05000b");
		else
			says_repeated(&device, i ? "0d" : "0b", "77", row->pieces[i]);
	}
	g_assert_true(gatt_read(device.att, 5, value, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(value->len, ==, row->total);
	device_heard(&device, "0a0500");
	for (unsigned i = 1; i < 4 && row->pieces[i - 1] == 22; i++) {
		g_autofree char *blob = NULL;

		sum += 22;
		blob = g_strdup_printf("0c0500%02x00", sum);
		device_heard(&device, blob);
	}
	device_heard_no_more(&device);
}

/* A device that never stops is stopped. */
static void test_endless_read(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GByteArray) value = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	says_repeated(&device, "0b", "77", 22);
	for (unsigned i = 0; i < 30; i++)
		says_repeated(&device, "0d", "77", 22);
	g_assert_false(gatt_read(device.att, 5, value, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
	g_assert_cmpuint(value->len, ==, 0);
}

static void test_long_write(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;
	uint8_t value[40];

	memset(value, 0x55, sizeof(value));
	says_repeated(&device, "1705000000", "55", 18);
	says_repeated(&device, "1705001200", "55", 18);
	says_repeated(&device, "1705002400", "55", 4);
	device_says(&device, "19");
	g_assert_true(gatt_write(device.att, 5, value, sizeof(value), &error));
	g_assert_no_error(error);
	heard_repeated(&device, "1605000000", "55", 18);
	heard_repeated(&device, "1605001200", "55", 18);
	heard_repeated(&device, "1605002400", "55", 4);
	device_heard(&device, "1801");
	device_heard_no_more(&device);
}

/* 20 octets still fit one request at the smallest MTU. */
static void test_short_write(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;
	uint8_t value[20] = { 0 };

	device_says(&device, "13");
	g_assert_true(gatt_write(device.att, 5, value, sizeof(value), &error));
	heard_repeated(&device, "120500", "00", 20);
	device_heard_no_more(&device);
}

static void test_refused_piece(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;
	uint8_t value[40] = { 0 };

	says_repeated(&device, "1705000000", "00", 18);
	device_says(&device, "0116050009");
	device_says(&device, "19");
	g_assert_false(gatt_write(device.att, 5, value, sizeof(value), &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_ATT);
	g_assert_cmpuint(att_error_code(device.att), ==, 0x09);
	heard_repeated(&device, "1605000000", "00", 18);
	heard_repeated(&device, "1605001200", "00", 18);
	device_heard(&device, "1800");
	device_heard_no_more(&device);
}

static void test_wrong_echo(void)
{
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;
	uint8_t value[40] = { 0 };

	says_repeated(&device, "1705000000", "01", 18);
	g_assert_false(gatt_write(device.att, 5, value, sizeof(value), &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
}

/* --- lists --- */

typedef struct ListCase {
	const char *name;
	const char *answer;
} ListCase;

/* Each after a good beginning up to handle 5. */
static const ListCase bad_services[] = {
	{ "no-length", "11" },
	{ "no-entries", "1106" },
	{ "zero-length", "1100060009000018" },
	{ "odd-length", "1107060009000018ff" },
	{ "cut", "11060600090000" },
	{ "backwards", "1106050009000018" },
	{ "end-before-start", "1106090006000018" },
	{ "other", "0906060009000018" },
};

static void test_bad_services(const void *data)
{
	const ListCase *row = data;
	g_auto(Device) device = device_new();
	g_autoptr(GArray) services = g_array_new(false, false, sizeof(GattService));
	g_autoptr(GError) error = NULL;

	device_says(&device, "1106010005000018");
	device_says(&device, row->answer);
	g_assert_false(gatt_services(device.att, services, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
}

static const ListCase bad_characteristics[] = {
	{ "zero-length", "090011000a12000000" }, { "cut", "091511000a1200b4df" },
	{ "outside", "090701000a0200002a" },     { "value-first", "090711000a1100002a" },
	{ "beyond", "090721000a2200002a" },
};

static void test_bad_characteristics(const void *data)
{
	const ListCase *row = data;
	const GattService service = { 0x10, 0x20, { 0 } };
	g_auto(Device) device = device_new();
	g_autoptr(GArray) found = g_array_new(false, false, sizeof(GattCharacteristic));
	g_autoptr(GError) error = NULL;

	device_says(&device, row->answer);
	g_assert_false(gatt_characteristics(device.att, &service, found, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
}

/* --- the table of a device --- */

typedef struct Row {
	const char *name; /* NULL: no descriptor 0x2901 */
	uint16_t id;
	uint8_t properties;
} Row;

#define ROWS_MAX 7

typedef struct TableCase {
	const char *name;
	int error; /* PhoneError, or -1 when the table is fine */
	Row rows[ROWS_MAX];
} TableCase;

#define CTRL                                                                                       \
	{                                                                                          \
		"prov-ctrl", 0xff4f, 0x0a                                                          \
	}
#define SCAN                                                                                       \
	{                                                                                          \
		"prov-scan", 0xff50, 0x0a                                                          \
	}
#define SESSION                                                                                    \
	{                                                                                          \
		"prov-session", 0xff51, 0x0a                                                       \
	}
#define CONFIG                                                                                     \
	{                                                                                          \
		"prov-config", 0xff52, 0x0a                                                        \
	}
#define VERSION                                                                                    \
	{                                                                                          \
		"proto-ver", 0xff53, 0x0a                                                          \
	}

static const TableCase table_cases[] = {
	{ "good", -1, { CTRL, SCAN, SESSION, CONFIG, VERSION } },
	{ "custom", -1, { CTRL, SCAN, SESSION, CONFIG, VERSION, { "custom-data", 0xff54, 0x0a } } },
	{ "notify", -1, { { "prov-ctrl", 0xff4f, 0x1a }, SCAN, SESSION, CONFIG, VERSION } },
	{ "no-name",
	  PHONE_ERROR_PROTOCOL,
	  { CTRL, SCAN, SESSION, CONFIG, VERSION, { NULL, 0xff54, 0x0a } } },
	{ "missing", PHONE_ERROR_PROTOCOL, { CTRL, SCAN, SESSION, CONFIG } },
	{ "twice", PHONE_ERROR_PROTOCOL, { CTRL, SCAN, SESSION, CONFIG, VERSION, CTRL } },
	{ "read-only",
	  PHONE_ERROR_PROTOCOL,
	  { CTRL, SCAN, SESSION, CONFIG, { "proto-ver", 0xff53, 0x02 } } },
	{ "wrong-id",
	  PHONE_ERROR_PROTOCOL,
	  { CTRL, SCAN, { "prov-session", 0xff52, 0x0a }, CONFIG, VERSION } },
	{ "look-alike",
	  PHONE_ERROR_PROTOCOL,
	  { CTRL, SCAN, SESSION, CONFIG, VERSION, { "my-prov-session", 0xff54, 0x0a } } },
	{ "nothing", PHONE_ERROR_PROTOCOL, { { NULL, 0, 0 } } },
};

static unsigned row_count(const TableCase *table)
{
	unsigned n = 0;

	while (n < ROWS_MAX && table->rows[n].properties != 0)
		n++;
	return n;
}

/* Handles: declaration 0x11 + 3 i, value, descriptor. */
static void says_characteristics(Device *device, const TableCase *table)
{
	unsigned n = row_count(table);
	GString *text = g_string_new("0915");

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(text, "%02x00%02x%02x00b4df5a1c3f6bf4bfea4a8203%02x%02x1a02",
				       0x11 + 3 * i, table->rows[i].properties, 0x12 + 3 * i,
				       table->rows[i].id & 0xff, table->rows[i].id >> 8);
	if (n > 0)
		device_says(device, text->str);
	g_string_free(text, true);
	device_says(device, "010811000a");
}

/* The descriptors of the first characteristics end at the next declaration, the last at 0x2f. */
static void says_descriptors(Device *device, const TableCase *table)
{
	unsigned n = row_count(table);

	for (unsigned i = 0; i < n; i++) {
		g_autofree char *text = g_strdup_printf("0501%02x00%s", 0x13 + 3 * i,
							table->rows[i].name ? "0129" : "0229");

		device_says(device, text);
		if (i == n - 1)
			device_says(device, "010411000a");
	}
}

static void says_names(Device *device, const TableCase *table)
{
	for (unsigned i = 0; i < row_count(table); i++) {
		const char *name = table->rows[i].name;
		g_autofree char *digits =
			name ? hex_text((const uint8_t *)name, strlen(name)) : NULL;
		g_autofree char *text = g_strconcat("0b", digits, NULL);

		if (name)
			device_says(device, text);
	}
}

static Endpoints *discover(Device *device, const TableCase *table, bool by_uuid, GError **error)
{
	g_autoptr(GByteArray) uuid = hex_octets(SERVICE_HEX);

	take_mtu(device, 517);
	if (by_uuid) {
		device_says(device, "0710002f00");
		device_says(device, "010630000a");
	} else {
		device_says(device, "110601000500001806000f000118");
		device_says(device, "111410002f00" SERVICE_HEX);
		device_says(device, "011030000a");
	}
	says_characteristics(device, table);
	says_descriptors(device, table);
	says_names(device, table);
	return endpoints_discover(device->att, uuid->data, by_uuid, error);
}

static void test_table(const void *data)
{
	const TableCase *table = data;

	for (int by_uuid = 0; by_uuid < 2; by_uuid++) {
		g_auto(Device) device = device_new();
		g_autoptr(GError) error = NULL;
		g_autoptr(Endpoints) endpoints = discover(&device, table, by_uuid, &error);

		if (table->error >= 0) {
			g_assert_null(endpoints);
			g_assert_error(error, PHONE_ERROR, table->error);
			continue;
		}
		g_assert_no_error(error);
		g_assert_cmpuint(endpoints_handle(endpoints, "prov-ctrl"), ==, 0x12);
		g_assert_cmpuint(endpoints_handle(endpoints, "proto-ver"), ==, 0x1e);
		g_assert_cmpuint(endpoints_handle(endpoints, "nothing"), ==, 0);
	}
}

static void test_absent_service(void)
{
	g_autoptr(GByteArray) uuid = hex_octets(SERVICE_HEX);
	g_auto(Device) device = device_new();
	g_autoptr(GError) error = NULL;

	device_says(&device, "010601000a");
	g_assert_null(endpoints_discover(device.att, uuid->data, true, &error));
	g_assert_error(error, PHONE_ERROR, PHONE_ERROR_PROTOCOL);
}

/* --- advertising reports --- */

#define ADDRESS "42000001aa00"

typedef struct AdvertCase {
	const char *name;
	const char *events[3];
	bool well_formed;
	const char *device_name;
	unsigned n_uuids;
	int flags; /* -1: none */
	bool connectable;
	bool scan_response;
	bool extended;
	bool garbled;
} AdvertCase;

static const AdvertCase advert_cases[] = {
	{ "legacy",
	  { "02010000" ADDRESS "150201061107" SERVICE_HEX "c4",
	    "02010400" ADDRESS "0d0c0950524f565f413142324333c5" },
	  true,
	  "PROV_A1B2C3",
	  1,
	  6,
	  true,
	  true,
	  false,
	  false },
	{ "two-at-once",
	  { "02020000" ADDRESS "150201061107" SERVICE_HEX "c4"
	    "0400" ADDRESS "0d0c0950524f565f413142324333c5" },
	  true,
	  "PROV_A1B2C3",
	  1,
	  6,
	  true,
	  true,
	  false,
	  false },
	{ "extended-commands",
	  { "0d01130000" ADDRESS "0100ff7fc4000000000000000000150201061107" SERVICE_HEX,
	    "0d011b0000" ADDRESS "0100ff7fc40000000000000000000d"
	    "0c0950524f565f413142324333" },
	  true,
	  "PROV_A1B2C3",
	  1,
	  6,
	  true,
	  true,
	  false,
	  false },
	{ "extended-form",
	  { "0d01010000" ADDRESS "0100ff7fc4000000000000000000080201060409414243" },
	  true,
	  "ABC",
	  0,
	  6,
	  true,
	  false,
	  true,
	  false },
	{ "in-pieces",
	  { "0d01210000" ADDRESS "0100ff7fc4000000000000000000050201060409",
	    "0d01010000" ADDRESS "0100ff7fc400000000000000000003414243" },
	  true,
	  "ABC",
	  0,
	  6,
	  true,
	  false,
	  true,
	  false },
	{ "not-connectable",
	  { "02010300" ADDRESS "03020106c4" },
	  true,
	  "",
	  0,
	  6,
	  false,
	  false,
	  false,
	  false },
	{ "short-uuids",
	  { "02010000" ADDRESS "0605030f180a18c4" },
	  true,
	  "",
	  2,
	  -1,
	  true,
	  false,
	  false,
	  false },
	{ "same-uuid-twice",
	  { "02010000" ADDRESS "0605030f180f18c4" },
	  true,
	  "",
	  1,
	  -1,
	  true,
	  false,
	  false,
	  false },
	{ "padded",
	  { "02010000" ADDRESS "050201060000c4" },
	  true,
	  "",
	  0,
	  6,
	  true,
	  false,
	  false,
	  false },
	{ "structure-too-long",
	  { "02010000" ADDRESS "0402010605c4" },
	  true,
	  "",
	  0,
	  6,
	  true,
	  false,
	  false,
	  true },
	{ "report-cut",
	  { "02010000" ADDRESS "15020106" },
	  false,
	  NULL,
	  0,
	  0,
	  false,
	  false,
	  false,
	  false },
	{ "no-report", { "0201" }, false, NULL, 0, 0, false, false, false, false },
	{ "nothing", { "02" }, false, NULL, 0, 0, false, false, false, false },
	{ "other-event", { "0100" }, true, NULL, 0, 0, false, false, false, false },
};

static void test_advert(const void *data)
{
	const AdvertCase *row = data;
	g_autoptr(GPtrArray) table = advert_table_new();
	const Advert *advert;

	for (unsigned i = 0; i < 3 && row->events[i]; i++) {
		g_autoptr(GByteArray) event = hex_octets(row->events[i]);

		g_assert_cmpint(advert_table_feed(table, event->data, event->len), ==,
				row->well_formed);
	}
	if (!row->device_name) {
		g_assert_cmpuint(table->len, ==, 0);
		return;
	}
	g_assert_cmpuint(table->len, ==, 1);
	advert = g_ptr_array_index(table, 0);
	g_assert_cmpstr(advert->name, ==, row->device_name);
	g_assert_cmpuint(advert->n_uuids, ==, row->n_uuids);
	g_assert_cmpint(advert->has_flags ? advert->flags : -1, ==, row->flags);
	g_assert_cmpint(advert->connectable, ==, row->connectable);
	g_assert_cmpint(advert->scan_response, ==, row->scan_response);
	g_assert_cmpint(advert->extended, ==, row->extended);
	g_assert_cmpint(advert->garbled, ==, row->garbled);
	g_assert_cmpint(advert->rssi_dbm, <, -58);
	hex_check(advert->address, ADVERT_ADDRESS_LEN, ADDRESS);
}

static void test_address(void)
{
	uint8_t address[ADVERT_ADDRESS_LEN];
	g_autofree char *text = NULL;

	g_assert_true(advert_address_parse("00:AA:01:00:00:42", address));
	hex_check(address, sizeof(address), ADDRESS);
	text = advert_address_text(address);
	g_assert_cmpstr(text, ==, "00:AA:01:00:00:42");
	g_assert_false(advert_address_parse("00:AA:01:00:00", address));
	g_assert_false(advert_address_parse("00:AA:01:00:00:42:", address));
	g_assert_false(advert_address_parse("", address));
}

static void test_matches(void)
{
	static const struct {
		ScanTarget target;
		const char *name;
		bool matches;
	} rows[] = {
		{ { .name = "PROV_" }, "PROV_A1B2C3", true },
		{ { .name = "prov_" }, "PROV_A1B2C3", false },
		{ { .name = "prov_", .any_case = true }, "PROV_A1B2C3", true },
		{ { .name = "PROV_A1", .exact = true }, "PROV_A1B2C3", false },
		{ { .name = "PROV_A1B2C3", .exact = true }, "PROV_A1B2C3", true },
		{ { .name = "PROV_" }, "PRO", false },
		{ { .name = NULL }, "anything", true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		Advert advert = { 0 };

		g_strlcpy(advert.name, rows[i].name, sizeof(advert.name));
		g_assert_cmpint(scan_matches(&rows[i].target, &advert), ==, rows[i].matches);
	}
}

#define ADD_ALL(path, rows, function)                                                              \
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {                                          \
		g_autofree char *full = g_strconcat(path, rows[i].name, NULL);                     \
		g_test_add_data_func(full, &rows[i], function);                                    \
	}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/att/device-asks", test_device_asks);
	g_test_add_func("/att/error-code", test_error_code);
	g_test_add_func("/att/hang-up", test_hang_up);
	g_test_add_func("/att/silence", test_silence);
	g_test_add_func("/att/deadline", test_deadline);
	g_test_add_func("/att/answer-to-nothing", test_answer_to_nothing);
	g_test_add_func("/gatt/endless-read", test_endless_read);
	g_test_add_func("/gatt/long-write", test_long_write);
	g_test_add_func("/gatt/short-write", test_short_write);
	g_test_add_func("/gatt/refused-piece", test_refused_piece);
	g_test_add_func("/gatt/wrong-echo", test_wrong_echo);
	g_test_add_func("/endpoints/absent-service", test_absent_service);
	g_test_add_func("/advert/address", test_address);
	g_test_add_func("/scan/matches", test_matches);
	ADD_ALL("/att/mtu/", mtu_cases, test_mtu)
	ADD_ALL("/gatt/long-read/", long_read_cases, test_long_read)
	ADD_ALL("/gatt/bad-services/", bad_services, test_bad_services)
	ADD_ALL("/gatt/bad-characteristics/", bad_characteristics, test_bad_characteristics)
	ADD_ALL("/endpoints/", table_cases, test_table)
	ADD_ALL("/advert/", advert_cases, test_advert)
	return g_test_run();
}
