/* SPDX-License-Identifier: MIT */
#include "common/store-wait.h"

#include "common/file-read.h"
#include "common/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OCTETS_MAX   192
#define FIELD_MAX    INT64_C(253402300799) /* end of the year 9999 */
#define FAILURES_MAX 1000

enum { FROM, UNTIL, FAILURES, NOT_BEFORE, NOT_AFTER, NUMBERS };

static const char *const names[] = {
	[STORE_WAIT_SERVER] = "renewal.wait",
	[STORE_WAIT_NEXT] = "renewal.next",
	[STORE_WAIT_ENROLMENT] = "enrolment.next",
	[STORE_WAIT_TRIAL] = "enrolment.trial",
};

int64_t store_wait_clock_s(void)
{
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;

	return now_s >= STORE_CLOCK_FLOOR ? now_s : 0;
}

static char *file_path(Store *store, StoreWaitKind kind)
{
	return g_build_filename(store_path(store), names[kind], NULL);
}

static char *whom_hash(const StoreWaitSubject *subject)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, subject->whom, -1);
}

static char *line_format(const StoreWaitSubject *subject, const RenewalWait *wait)
{
	g_autofree char *hash = whom_hash(subject);

	return g_strdup_printf("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u %" G_GINT64_FORMAT
			       " %" G_GINT64_FORMAT " %s\n",
			       wait->from_s, wait->until_s, MIN(wait->failures, FAILURES_MAX),
			       subject->not_before_s, subject->not_after_s, hash);
}

/* Numbers that make sense; the line as we would write it of them. */
static bool line_parse(const char *line, RenewalWait *wait)
{
	g_auto(GStrv) fields = g_strsplit(line, " ", NUMBERS + 1);
	gint64 numbers[NUMBERS] = { 0 };

	for (int i = 0; i < NUMBERS; i++)
		if (!fields[i] || !g_ascii_string_to_signed(fields[i], 10, -FIELD_MAX, FIELD_MAX,
							    &numbers[i], NULL))
			return false;
	if (numbers[FAILURES] < 0 || numbers[FAILURES] > FAILURES_MAX)
		return false;
	*wait = (RenewalWait){ numbers[FROM], numbers[UNTIL], (uint32_t)numbers[FAILURES] };
	return wait->from_s >= STORE_CLOCK_FLOOR && wait->until_s > wait->from_s &&
	       wait->until_s - wait->from_s <= RENEWAL_WAIT_MAX_S;
}

RenewalWait store_wait_read(Store *store, StoreWaitKind kind, const StoreWaitSubject *subject)
{
	g_autofree char *path = file_path(store, kind);
	g_autoptr(GError) error = NULL;
	g_autoptr(Secret) content =
		subject->whom ? file_read(AT_FDCWD, path, OCTETS_MAX, &error) : NULL;
	RenewalWait wait = { 0 };

	if (error)
		g_debug("%s: %s", path, error->message);
	if (!content)
		return wait;

	const char *line = (const char *)secret_data(content);

	if (!line_parse(line, &wait))
		return (RenewalWait){ 0 };

	g_autofree char *ours = line_format(subject, &wait);

	/* All of the file: an octet 0 ends no line of ours. */
	if (strlen(ours) != secret_len(content) || strcmp(line, ours) != 0)
		return (RenewalWait){ 0 };
	return wait;
}

bool store_wait_write(Store *store, StoreWaitKind kind, const StoreWaitSubject *subject,
		      const RenewalWait *wait, GError **error)
{
	g_autofree char *path = file_path(store, kind);
	g_autofree char *line = subject->whom ? line_format(subject, wait) : NULL;
	bool none = !line || wait->until_s <= wait->from_s;
	struct stat status;

	if (none && lstat(path, &status) < 0 && errno == ENOENT)
		return true;

	g_autoptr(StoreTree) tree = store_lock(store, false, error);

	if (!tree)
		return false;
	if (none)
		return store_tree_drop(tree, names[kind], error);

	const StoreTreeFile file = { names[kind], line, strlen(line) };

	return store_tree_put(tree, &file, error);
}

int64_t store_wait_until(Store *store, const StoreWaitSubject *subject)
{
	RenewalWait wait = store_wait_read(store, STORE_WAIT_SERVER, subject);

	return renewal_wait_holds(&wait, store_wait_clock_s()) ? wait.until_s : 0;
}
