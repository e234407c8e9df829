/* SPDX-License-Identifier: MIT */
/* button-hold: pressed, let go, gone, and whether that was long enough. */
#include "provisioner/core/button-hold.h"

#define HOLD 3 /* s */

typedef struct Step {
	int at_s;
	char event; /* P pressed, U up, G gone, - nothing */
	char held;  /* n no, y yes, s from the start */
} Step;

typedef struct Case {
	const char *name;
	Step steps[12]; /* ended by event 0 */
} Case;

static const Case cases[] = {
	{ "held", { { 0, 'U', 'n' }, { 1, 'P', 'n' }, { 3, '-', 'n' }, { 4, '-', 'y' } } },
	{ "once-each-time",
	  { { 0, 'U', 'n' },
	    { 1, 'P', 'n' },
	    { 4, '-', 'y' },
	    { 9, '-', 'n' },
	    { 10, 'U', 'n' },
	    { 11, 'P', 'n' },
	    { 14, '-', 'y' } } },
	{ "too-short", { { 0, 'U', 'n' }, { 1, 'P', 'n' }, { 3, 'U', 'n' }, { 9, '-', 'n' } } },
	{ "twice-short",
	  { { 0, 'U', 'n' },
	    { 1, 'P', 'n' },
	    { 3, 'U', 'n' },
	    { 3, 'P', 'n' },
	    { 5, '-', 'n' },
	    { 6, '-', 'y' } } },
	/* The same level told again is no new press. */
	{ "repeated", { { 0, 'U', 'n' }, { 1, 'P', 'n' }, { 3, 'P', 'n' }, { 4, '-', 'y' } } },
	{ "from-start", { { 0, 'P', 'n' }, { 2, '-', 'n' }, { 3, '-', 's' }, { 9, '-', 'n' } } },
	{ "from-start-let-go",
	  { { 0, 'P', 'n' }, { 2, 'U', 'n' }, { 3, 'P', 'n' }, { 6, '-', 'y' } } },
	{ "gone", { { 0, 'U', 'n' }, { 1, 'P', 'n' }, { 2, 'G', 'n' }, { 9, '-', 'n' } } },
	{ "gone-and-back-down",
	  { { 0, 'U', 'n' }, { 1, 'G', 'n' }, { 2, 'P', 'n' }, { 5, '-', 'y' } } },
};

static void test_case(gconstpointer data)
{
	static const char held_names[] = {
		[BUTTON_HELD_NO] = 'n', [BUTTON_HELD_YES] = 'y', [BUTTON_HELD_FROM_START] = 's'
	};
	const Case *c = data;
	ButtonHold hold;

	button_hold_init(&hold, HOLD * G_USEC_PER_SEC);
	for (const Step *step = c->steps; step->event; step++) {
		int64_t now_us = step->at_s * G_USEC_PER_SEC;
		ButtonHeld held = BUTTON_HELD_NO;

		if (step->event == 'P' || step->event == 'U')
			button_hold_on_level(&hold, step->event == 'P', now_us);
		else if (step->event == 'G')
			button_hold_on_gone(&hold);
		g_assert_true((button_hold_deadline_us(&hold) <= now_us) == (step->held != 'n'));
		held = button_hold_expire(&hold, now_us);
		g_test_message("%d s", step->at_s);
		g_assert_cmpint(held_names[held], ==, step->held);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/core/button-hold/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
