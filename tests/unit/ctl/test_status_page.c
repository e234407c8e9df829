/* SPDX-License-Identifier: MIT */
/* status-page: what the parts say, and the page made of it, line for line. */
#include "ctl/status-page.h"

#include "ctl/ctl-json.h"
#include "ctl/network-look.h"

#include <glib/gstdio.h>

#define NOW_S 1700000000

typedef struct PageCase {
	const char *name;
	const char *json;
	const char *page;
} PageCase;

#define ABSENT "\"provisioner\":{\"State\":\"absent\",\"Progress\":\"not running\"}"
#define WLAN   "\"network\":[{\"name\":\"wlan0\",\"wireless\":true,\"addresses\":[\"10.0.0.5\"]}]"
#define IDENTITY(days)                                                                             \
	"\"identity\":{\"generation\":3,\"common_name\":\"gw-17\",\"key_type\":\"EC P-256\","      \
	"\"not_after\":" #days "}"
#define ONLINE                                                                                     \
	"\"agent\":{\"state\":\"online\",\"broker\":\"mqtts://b:8883\",\"client_id\":\"gw-17\","   \
	"\"last_error\":\"\",\"retry_ms\":0,\"last_publish\":1699999997000,\"spool\":{"            \
	"\"waiting\":2,\"bytes\":671088,\"limit\":67108864,\"delivered\":40,\"dropped\":0}}"

static const PageCase cases[] = {
	{ "well", "{\"version\":\"0.1.0\"," ABSENT "," WLAN "," IDENTITY(1786400000) "," ONLINE "}",
	  "Landfall 0.1.0 on box: all is well\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate   gw-17, generation 3, EC P-256 key, valid until 2026-08-10: 1000 days "
	  "left\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n"
	  "Spool         2 waiting, 40 delivered, 0 dropped; 1 % of 64 MiB\n" },
	{ "wired",
	  "{\"version\":\"0.1.0\"," ABSENT ",\"network\":[{\"name\":\"wlan0\",\"wireless\":true,"
	  "\"addresses\":[]},{\"name\":\"eth0\",\"wireless\":false,\"addresses\":[\"10.0.0.6\","
	  "\"2001:db8::6\"]},{\"name\":\"dummy0\",\"wireless\":false,\"addresses\":[]}]," IDENTITY(
		  1786470000) "," ONLINE "}",
	  "Landfall 0.1.0 on box: all is well\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, no address\n"
	  "Network       eth0, address 10.0.0.6, 2001:db8::6\n"
	  "Certificate   gw-17, generation 3, EC P-256 key, valid until 2026-08-11: 1000 days "
	  "left\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n"
	  "Spool         2 waiting, 40 delivered, 0 dropped; 1 % of 64 MiB\n" },
	{ "offline",
	  "{\"version\":\"0.1.0\",\"provisioner\":{\"State\":\"failed\",\"Progress\":\"wrong "
	  "password\",\"Ssid\":\"a\\u001bb\"},\"network\":[{\"name\":\"wlan0\",\"wireless\":true,"
	  "\"addresses\":[]}]," IDENTITY(
		  1700086400) ",\"agent\":{\"state\":\"waiting\",\"broker\":\"mqtts://"
			      "b:8883\",\"client_id\":\"gw-17\","
			      "\"last_error\":\"no route\",\"advice\":\"look at the "
			      "network\",\"retry_ms\":32400,"
			      "\"last_publish\":0,\"spool\":{\"waiting\":9000,\"bytes\":60000000,"
			      "\"limit\":67108864,"
			      "\"delivered\":40,\"dropped\":3}}}",
	  "Landfall 0.1.0 on box: Provisioner, Wi-Fi, Certificate, Broker and Spool need "
	  "attention\n\n"
	  "Provisioner ! wrong password\n"
	  "              the phone can send other credentials; see 'landfallctl provision watch'\n"
	  "Wi-Fi       ! wlan0, no address, network a?b\n"
	  "              the device has no network: 'landfallctl provision start' lets a phone "
	  "give "
	  "it one\n"
	  "Certificate ! gw-17, generation 3, EC P-256 key, valid until 2023-11-15: 24 h left\n"
	  "              let its issuer sign a new one: 'landfallctl store csr', then 'landfallctl "
	  "store install'\n"
	  "Agent         waiting, next attempt in 32 s\n"
	  "Broker      ! mqtts://b:8883 as gw-17: no route; nothing published since the start\n"
	  "              look at the network\n"
	  "Spool       ! 9000 waiting, 40 delivered, 3 dropped; 89 % of 64 MiB\n"
	  "              when it is full, [agent] spool_policy decides what is lost: the broker "
	  "has "
	  "to be reached before, or [agent] spool_limit be raised\n" },
	{ "nothing",
	  "{\"version\":\"0.1.0\"," ABSENT
	  ",\"network\":[],\"identity\":{\"error\":\"no identity\"},"
	  "\"agent\":{\"error\":\"the agent does not listen\"}}",
	  "Landfall 0.1.0 on box: Certificate and Agent need attention\n\n"
	  "Provisioner   not running\n"
	  "Certificate ! no identity\n"
	  "Agent       ! the agent does not listen\n" },
	{ "expired",
	  "{\"version\":\"0.1.0\"," ABSENT "," WLAN "," IDENTITY(1699740800) "," ONLINE "}",
	  "Landfall 0.1.0 on box: Certificate needs attention\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate ! gw-17, generation 3, EC P-256 key, valid until 2023-11-11: EXPIRED 3 days "
	  "ago\n"
	  "              let its issuer sign a new one: 'landfallctl store csr', then 'landfallctl "
	  "store install'\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n"
	  "Spool         2 waiting, 40 delivered, 0 dropped; 1 % of 64 MiB\n" },
	{ "late",
	  "{\"version\":\"0.1.0\"," ABSENT "," WLAN
	  ",\"identity\":{\"generation\":3,\"common_name\":\"gw-17\",\"key_type\":\"EC P-256\","
	  "\"not_before\":1692224000,\"not_after\":1701900800},\"agent\":{\"state\":\"online\","
	  "\"broker\":\"mqtts://b:8883\",\"client_id\":\"gw-17\",\"last_publish\":1699999997000,"
	  "\"certificate\":{\"renewal_error\":\"not you\\u001b\"}}}",
	  "Landfall 0.1.0 on box: Certificate needs attention\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate ! gw-17, generation 3, EC P-256 key, valid until 2023-12-06: 22 days left; "
	  "not renewed: not you?\n"
	  "              see that what [renewal] names can be reached and knows the device; "
	  "'landfallctl store renew' tries it now\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n" },
	{ "told-to-wait",
	  "{\"version\":\"0.1.0\"," ABSENT "," WLAN
	  ",\"identity\":{\"generation\":3,\"common_name\":\"gw-17\",\"key_type\":\"EC P-256\","
	  "\"not_before\":1692224000,\"not_after\":1701900800,\"renewal_wait\":1700003600},"
	  "\"agent\":{\"state\":\"online\","
	  "\"broker\":\"mqtts://b:8883\",\"client_id\":\"gw-17\",\"last_publish\":1699999997000,"
	  "\"certificate\":{\"renewal_error\":\"HTTP status 503\"}}}",
	  "Landfall 0.1.0 on box: Certificate needs attention\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate ! gw-17, generation 3, EC P-256 key, valid until 2023-12-06: 22 days left; "
	  "not renewed: the server asked to wait until 2023-11-14 23:13:20 UTC\n"
	  "              'landfallctl store renew --now' asks it all the same\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n" },
	{ "locked",
	  "{\"version\":\"0.1.0\",\"provisioner\":{\"State\":\"ready\",\"Progress\":\"on the air\","
	  "\"Lockout\":[\"locked\",100,0]}," WLAN "," IDENTITY(1786400000) "," ONLINE "}",
	  "Landfall 0.1.0 on box: Provisioner needs attention\n\n"
	  "Provisioner ! on the air\n"
	  "              too many proofs of possession were wrong: 'landfallctl provision unlock' "
	  "lets phones in again\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate   gw-17, generation 3, EC P-256 key, valid until 2026-08-10: 1000 days "
	  "left\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n"
	  "Spool         2 waiting, 40 delivered, 0 dropped; 1 % of 64 MiB\n" },
	{ "refusing",
	  "{\"version\":\"0.1.0\"," ABSENT "," WLAN "," IDENTITY(
		  1786400000) ",\"agent\":{\"state\":\"online\",\"broker\":\"mqtts://"
			      "b:8883\",\"client_id\":\"gw-17\",\"last_publish\":1699999997000,"
			      "\"spool\":{\"waiting\":0,\"bytes\":12288,\"limit\":67108864,"
			      "\"delivered\":12,\"dropped\":0,\"refusal\":\"disk\\u001bfull\"},"
			      "\"sensors\":[{\"name\":\"a\",\"state\":\"ok\",\"error\":\"\"},"
			      "{\"name\":\"b\",\"state\":\"failing\",\"error\":\"no answer\"},"
			      "{\"name\":\"c\",\"state\":\"failing\",\"error\":\"gone\\u001b\"}]}}",
	  "Landfall 0.1.0 on box: Spool and Sensors need attention\n\n"
	  "Provisioner   not running\n"
	  "Wi-Fi         wlan0, address 10.0.0.5\n"
	  "Certificate   gw-17, generation 3, EC P-256 key, valid until 2026-08-10: 1000 days "
	  "left\n"
	  "Agent         online\n"
	  "Broker        mqtts://b:8883 as gw-17; last publish 3 s ago\n"
	  "Spool       ! 0 waiting, 12 delivered, 0 dropped; 0 % of 64 MiB; samples are refused: "
	  "disk?full\n"
	  "              see whether the disk that [agent] spool is on has room and can be "
	  "written\n"
	  "Sensors     ! 2 of 3 failing; b: no answer; c: gone?\n"
	  "              its readings are absent until it answers again: see its wiring, and "
	  "'landfallctl sensors' for what the device has\n" },
};

static void test_page(gconstpointer data)
{
	const PageCase *c = data;
	cJSON *page = cJSON_Parse(c->json);

	g_assert_nonnull(page);
	status_page_judge(page, NOW_S);

	g_autofree char *text = status_page_format(page, "box", NOW_S);

	g_assert_cmpstr(text, ==, c->page);
	cJSON_Delete(page);
}

static void test_attention(void)
{
	cJSON *page = cJSON_Parse(cases[3].json);

	status_page_judge(page, NOW_S);

	char *attention = cJSON_PrintUnformatted(cJSON_GetObjectItem(page, "attention"));

	g_assert_cmpstr(attention, ==, "[\"Certificate\",\"Agent\"]");
	cJSON_free(attention);
	cJSON_Delete(page);
}

/* Whatever interfaces this machine has: each once, no loopback, none wireless in
 * an empty folder. */
static void test_network(void)
{
	g_autofree char *folder = g_dir_make_tmp("network-XXXXXX", NULL);
	cJSON *list = network_look(folder);
	const cJSON *one;
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	cJSON_ArrayForEach(one, list)
	{
		const char *name = ctl_json_text(one, "name", NULL);

		g_assert_cmpstr(name, !=, "lo");
		g_assert_true(g_hash_table_add(names, (gpointer)name));
		g_assert_true(cJSON_IsFalse(cJSON_GetObjectItem(one, "wireless")));
		g_assert_true(cJSON_IsArray(cJSON_GetObjectItem(one, "addresses")));
	}
	cJSON_Delete(list);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/ctl/status-page/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_page);
	}
	g_test_add_func("/ctl/status-page/attention", test_attention);
	g_test_add_func("/ctl/status-page/network", test_network);
	return g_test_run();
}
