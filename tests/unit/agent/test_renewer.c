/* SPDX-License-Identifier: MIT */
/* renewer: what is logged and told of a certificate that comes to its end, and how often; and what
 * is told of a program that does not bring another. */
#include "agent/adapter/renewer.h"

#include <string.h>

#define DAY INT64_C(86400)

typedef struct Fixture {
	Config *config;
	Renewer *renewer;
	unsigned changes;
} Fixture;

static void on_changed(void *data)
{
	Fixture *f = data;

	f->changes++;
}

static void set_up(Fixture *f, gconstpointer text)
{
	g_autoptr(GError) error = NULL;

	f->config = config_parse(text ? text : "", text ? strlen(text) : 0, "test", &error);
	g_assert_no_error(error);
	f->renewer = renewer_new(f->config, on_changed, f);
}

static void tear_down(Fixture *f, gconstpointer text)
{
	renewer_free(f->renewer);
	config_free(f->config);
}

/* A certificate of a hundred days that has @left_s left is in use. */
static void use(Fixture *f, int64_t left_s)
{
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
	const StoreIdentity identity = { .not_before = now_s + left_s - 100 * DAY,
					 .not_after = now_s + left_s };

	renewer_identity(f->renewer, &identity);
}

static void test_warnings(Fixture *f, gconstpointer text)
{
	static const struct {
		int64_t left_s;
		ExpiryAlarm alarm;
		int64_t days_left;
		const char *line; /* NULL: none */
	} cases[] = {
		{ 90 * DAY + 60, EXPIRY_FINE, 90, NULL },
		{ 20 * DAY + 3660, EXPIRY_LATE, 20, "*runs out in 20 days and 1 hours*" },
		{ 19 * DAY + 60, EXPIRY_LATE, 19, "*runs out in 19 days and 0 hours*" },
		{ 9 * DAY + 60, EXPIRY_URGENT, 9, "*runs out in 9 days and 0 hours*" },
		{ -60, EXPIRY_EXPIRED, -1, "*has run out" },
	};

	renewer_identity(f->renewer, NULL);
	g_assert_false(renewer_status(f->renewer).judged);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].line)
			g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, cases[i].line);
		use(f, cases[i].left_s);
		g_test_assert_expected_messages();
		use(f, cases[i].left_s); /* says nothing again */

		RenewerStatus status = renewer_status(f->renewer);

		g_assert_true(status.judged);
		g_assert_cmpint(status.alarm, ==, cases[i].alarm);
		g_assert_cmpint(status.days_left, ==, cases[i].days_left);
		g_assert_cmpuint(f->changes, ==, i + 1);
	}
}

static const char failing[] = "[renewal]\nprogram = /bin/sh -c 'printf \"no %0400d\" 7; exit 3'\n";

static void test_failure(Fixture *f, gconstpointer text)
{
	g_autoptr(GError) error = NULL;

	use(f, 90 * DAY + 60);
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "renewing the certificate");
	g_assert_true(renewer_ask(f->renewer, &error));
	g_test_assert_expected_messages();
	g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*not renewed: no 0*(status 3)");
	while (f->changes < 2)
		g_main_context_iteration(NULL, TRUE);
	g_test_assert_expected_messages();

	RenewerStatus status = renewer_status(f->renewer);

	g_assert_cmpint(status.state, ==, RENEWAL_WAITING);
	g_assert_true(g_str_has_prefix(status.last_error, "no 000"));
	g_assert_cmpuint(strlen(status.last_error), ==, 256);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/agent/renewer/warnings", Fixture, NULL, set_up, test_warnings, tear_down);
	g_test_add("/agent/renewer/failure", Fixture, failing, set_up, test_failure, tear_down);
	return g_test_run();
}
