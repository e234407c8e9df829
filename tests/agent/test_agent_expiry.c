/* SPDX-License-Identifier: MIT */
/* What is said before a certificate ends: to the bus, to the cloud, in the log and in the status,
 * by the agent itself with a real broker and a real bus. */
#include "dbus/bus-mirror.h"
#include "dbus/bus-peer.h"
#include "dbus/bus.h"
#include "tests/agent/agent-process.h"
#include "tests/agent/cloud-peer.h"
#include "tests/broker/broker.h"
#include "tests/broker/pki.h"
#include "tests/bus/bus-fixture.h"

#include <string.h>

#define AGENT      "io.landfall.Agent1"
#define AGENT_PATH "/io/landfall/Agent1"
#define REPORT     "v1/devices/me/attributes"
#define DAY        INT64_C(86400)
#define SOON_S     8 /* enough to make it current before */

typedef struct Fixture {
	Pki *pki;
	Broker *broker;
	CloudPeer *cloud;
	TestBus *daemon;
	Bus *bus;
	BusPeer *peer;
	char *alarm; /* as the bus said last */
	AgentProcess *agent;
} Fixture;

static void take_alarm(Fixture *f, BusMirror *mirror)
{
	g_free(f->alarm);
	f->alarm = g_strdup(bus_mirror_string(mirror, AGENT, "CertificateAlarm"));
}

static void on_added(BusPeer *peer, BusMirror *mirror, const char *interface, void *data)
{
	take_alarm(data, mirror);
}

static void on_changed(BusPeer *peer, BusMirror *mirror, const char *interface,
		       const char *property, void *data)
{
	take_alarm(data, mirror);
}

static void follow(Fixture *f)
{
	static const char *const interfaces[] = { AGENT, NULL };
	static const BusPeerSpec spec = { AGENT, NULL, interfaces };
	static const BusPeerEvents events = { .added = on_added, .changed = on_changed };
	g_autoptr(GError) error = NULL;

	f->bus = bus_open(test_bus_address(f->daemon), NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	f->peer = bus_peer_new(f->bus, &spec, &events, f);
	bus_peer_add_object(f->peer, AGENT_PATH, AGENT);
}

/* A certificate of a hundred days that has @left_s left, and no more. */
static void issue(Fixture *f, const char *name, int64_t left_s)
{
	const PkiCert cert = { .name = name,
			       .common_name = "dev-1",
			       .issuer = "ca",
			       .from_s = left_s - 100 * DAY,
			       .until_s = left_s };

	pki_issue(f->pki, &cert);
	agent_process_import(f->agent, f->pki, name);
}

static void set_up(Fixture *f, gconstpointer data)
{
	static const PkiCert authority = { .name = "ca", .ca = true };

	f->pki = pki_new();
	pki_issue(f->pki, &authority);
	f->broker = broker_new(f->pki, NULL, "");
	f->cloud = cloud_peer_new(f->broker);
	f->daemon = test_bus_start();
	follow(f);

	g_autofree char *lines =
		g_strdup_printf("[agent]\nbus = %s\n[broker]\nuri = mqtt://127.0.0.1:%u\n"
				"[sensor simulated]\ndriver = simulated\ninterval = 1h\n",
				test_bus_address(f->daemon), broker_port(f->broker));

	f->agent = agent_process_new(broker_port(f->broker), lines);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	agent_process_free(f->agent);
	bus_peer_free(f->peer);
	bus_free(f->bus);
	test_bus_stop(f->daemon);
	cloud_peer_free(f->cloud);
	broker_free(f->broker);
	pki_free(f->pki);
	g_free(f->alarm);
}

/* Everybody says @alarm: the cloud is waited for first, with what it hears before. */
static void expect(Fixture *f, const char *alarm, const char *days)
{
	g_autofree char *said = g_strdup_printf("\"certificate_alarm\":\"%s\"", alarm);
	bool heard = false;

	while (!heard) {
		g_autofree char *report = cloud_peer_await(f->cloud, REPORT);

		heard = strstr(report, said) && strstr(report, days);
	}
	TEST_WAIT(g_strcmp0(f->alarm, alarm) == 0);

	g_autofree char *told = agent_process_text(f->agent, "certificate/alarm");

	g_assert_cmpstr(told, ==, alarm);
}

/* Nobody has to ask: with another certificate, all is well again. */
static void test_another(Fixture *f, gconstpointer data)
{
	issue(f, "old", 2 * DAY + 3600);
	agent_process_start(f->agent);
	expect(f, "urgent", "\"certificate_days_left\":2,");
	issue(f, "new", 60 * DAY + 3600);
	expect(f, "fine", "\"certificate_days_left\":60,");
}

/* The end comes while the agent runs, over one connection. */
static void test_end(Fixture *f, gconstpointer data)
{
	issue(f, "old", SOON_S);
	agent_process_start(f->agent);
	expect(f, "expired", "\"certificate_days_left\":-1,");
}

#define TEST(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	TEST("/agent/expiry/another", test_another);
	TEST("/agent/expiry/end", test_end);
	return g_test_run();
}
