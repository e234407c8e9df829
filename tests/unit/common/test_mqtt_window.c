/* SPDX-License-Identifier: MIT */
/* mqtt-window: order, bounds, answers out of order, ids that come round. */
#include "common/mqtt-window.h"

static void test_in_order(void)
{
	g_autoptr(MqttWindow) window = mqtt_window_new(3);
	uint16_t id;

	for (unsigned int i = 1; i <= 200000; i++) { /* three times round the ids */
		g_assert_true(mqtt_window_add(window, (uint16_t)i, i));
		if (mqtt_window_count(window) < 3)
			continue;
		g_assert_false(mqtt_window_add(window, (uint16_t)(i + 1), i));
		g_assert_cmpint(mqtt_window_oldest(window, &id), ==, i - 2);
		g_assert_cmpuint(id, ==, (uint16_t)(i - 2));
		g_assert_true(mqtt_window_take(window, id));
		g_assert_false(mqtt_window_take(window, id));
	}
	g_assert_cmpuint(mqtt_window_count(window), ==, 2);
}

static void test_out_of_order(void)
{
	static const uint16_t taken[] = { 3, 1, 5, 4, 2 };
	static const uint16_t oldest[] = { 1, 2, 2, 2 };
	g_autoptr(MqttWindow) window = mqtt_window_new(5);
	uint16_t id;

	for (unsigned int turn = 0; turn < 7; turn++) { /* start moves through the ring */
		for (uint16_t i = 1; i <= 5; i++)
			g_assert_true(mqtt_window_add(window, i, i));
		for (unsigned int i = 0; i < G_N_ELEMENTS(taken); i++) {
			g_assert_true(mqtt_window_take(window, taken[i]));
			g_assert_cmpuint(mqtt_window_count(window), ==, 4 - i);
			if (i == G_N_ELEMENTS(oldest))
				break;
			g_assert_cmpint(mqtt_window_oldest(window, &id), ==, oldest[i]);
			g_assert_cmpuint(id, ==, oldest[i]);
		}
		g_assert_true(mqtt_window_add(window, 9, 9));
		g_assert_true(mqtt_window_take(window, 9));
	}
}

static void test_unknown(void)
{
	g_autoptr(MqttWindow) window = mqtt_window_new(2);

	g_assert_false(mqtt_window_take(window, 7));
	g_assert_true(mqtt_window_add(window, 7, 1));
	g_assert_false(mqtt_window_add(window, 7, 2)); /* still unanswered */
	g_assert_false(mqtt_window_take(window, 7 + 64));
	g_assert_cmpuint(mqtt_window_count(window), ==, 1);
	g_assert_true(mqtt_window_take(window, 7));
	g_assert_true(mqtt_window_add(window, 7, 2));
	g_assert_true(mqtt_window_add(window, UINT16_MAX, 3));
	g_assert_true(mqtt_window_take(window, UINT16_MAX));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mqtt-window/in-order", test_in_order);
	g_test_add_func("/mqtt-window/out-of-order", test_out_of_order);
	g_test_add_func("/mqtt-window/unknown", test_unknown);
	return g_test_run();
}
