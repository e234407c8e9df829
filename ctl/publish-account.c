/* SPDX-License-Identifier: MIT */
#include "ctl/publish-account.h"

#include "common/count.h"

#define U64 G_GUINT64_FORMAT

char *publish_account_refused(const PublishResult *result)
{
	uint64_t others = result->sent - result->refused;

	if (result->sent == 1)
		return g_strdup("the sample was refused");
	if (others == 0)
		return g_strdup_printf("all %" U64 " lines were refused", result->sent);
	/* Not "on disk": a blank line is none of these samples. */
	return g_strdup_printf("%" U64 " of %" U64 " lines %s refused, the other%s taken",
			       result->refused, result->sent, result->refused == 1 ? "was" : "were",
			       others == 1 ? " was" : "s were");
}

static void append_fate(GString *text, uint64_t count, const char *one, const char *many)
{
	if (count == 0)
		g_string_append_printf(text, ", none %s", one);
	else
		g_string_append_printf(text, ", %" U64 " %s", count, count == 1 ? one : many);
}

char *publish_account_unfinished(const PublishResult *result)
{
	GString *text = g_string_new(NULL);
	uint64_t lines = result->stored + result->refused + result->unknown;

	if (lines == 0)
		return g_string_free(g_string_append(text, "nothing was sent"), FALSE);

	g_autofree char *sent = count_text(lines, "line");

	g_string_append_printf(text, "of %s sent", sent);
	append_fate(text, result->stored, "is on disk", "are on disk");
	if (result->refused > 0)
		append_fate(text, result->refused, "was refused", "were refused");
	if (result->unknown > 0)
		g_string_append_printf(text, " and what became of %" U64 " is not known",
				       result->unknown);
	if (result->cut)
		g_string_append_printf(text, "; what follows line %" U64 " was not sent", lines);
	return g_string_free(text, FALSE);
}
