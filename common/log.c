/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include "common/count.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct LogSink {
	char *name;
	int level;        /* a LogLevel; read by all threads */
	LogFormat format; /* never AUTO */
};

typedef struct LogName {
	GLogLevelFlags flags;
	LogLevel level;
	const char *name;
} LogName;

static const LogName log_names[] = {
	{ G_LOG_LEVEL_ERROR, LOG_LEVEL_ERROR, "error" },
	{ G_LOG_LEVEL_CRITICAL, LOG_LEVEL_ERROR, "error" },
	{ G_LOG_LEVEL_WARNING, LOG_LEVEL_WARNING, "warning" },
	{ G_LOG_LEVEL_MESSAGE, LOG_LEVEL_NOTICE, "notice" },
	{ G_LOG_LEVEL_INFO, LOG_LEVEL_INFO, "info" },
	{ G_LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG, "debug" },
};

static const LogName *log_name_find(GLogLevelFlags flags)
{
	for (size_t i = 0; i < G_N_ELEMENTS(log_names); i++)
		if (flags & log_names[i].flags)
			return &log_names[i];
	return &log_names[G_N_ELEMENTS(log_names) - 1];
}

/* The value of a field as text, escaped by the caller; NULL when it is absent. */
static char *log_field_text(const GLogField *fields, size_t fields_len, const char *key)
{
	for (size_t i = 0; i < fields_len; i++) {
		if (strcmp(fields[i].key, key) != 0 || !fields[i].value)
			continue;
		return fields[i].length < 0 ? g_utf8_make_valid(fields[i].value, -1)
					    : g_utf8_make_valid(fields[i].value, fields[i].length);
	}
	return NULL;
}

/* One line, whatever a peer managed to get into it: controls, those from U+0080 on as well, which
 * terminals obey like ESC, become \xNN, in JSON \u00NN. @text is valid UTF-8. */
static void log_append_escaped(GString *line, const char *text, LogFormat format)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (format == LOG_FORMAT_JSON && (c == '"' || c == '\\'))
			g_string_append_printf(line, "\\%c", (char)c);
		else if (!g_unichar_iscntrl(c))
			g_string_append_unichar(line, c);
		else
			g_string_append_printf(
				line, format == LOG_FORMAT_JSON ? "\\u%04x" : "\\x%02x", c);
	}
}

static void log_append_member(GString *line, const char *key, const char *value)
{
	if (!value)
		return;
	g_string_append_printf(line, ",\"%s\":\"", key);
	log_append_escaped(line, value, LOG_FORMAT_JSON);
	g_string_append_c(line, '"');
}

static void log_append_time(GString *line, int64_t now_us)
{
	g_autoptr(GDateTime) seconds = g_date_time_new_from_unix_utc(now_us / G_USEC_PER_SEC);
	g_autofree char *text =
		seconds ? g_date_time_format(seconds, "%Y-%m-%dT%H:%M:%S") : g_strdup("");

	g_string_append_printf(line, "{\"time\":\"%s.%06dZ\"", text,
			       (int)(now_us % G_USEC_PER_SEC));
}

char *log_format_record(LogFormat format, const char *name, GLogLevelFlags level,
			const GLogField *fields, size_t fields_len, int64_t now_us)
{
	GString *line = g_string_sized_new(128);
	g_autofree char *message = log_field_text(fields, fields_len, "MESSAGE");
	const LogName *log_name = log_name_find(level);

	if (format == LOG_FORMAT_JSON) {
		g_autofree char *domain = log_field_text(fields, fields_len, "GLIB_DOMAIN");

		log_append_time(line, now_us);
		log_append_member(line, "level", log_name->name);
		log_append_member(line, "program", name);
		log_append_member(line, "domain", domain);
		log_append_member(line, "message", message ? message : "");
		g_string_append(line, "}\n");
	} else {
		g_string_append_printf(line, "%s: ", log_name->name);
		log_append_escaped(line, message ? message : "", LOG_FORMAT_TEXT);
		g_string_append_c(line, '\n');
	}
	return g_string_free(line, FALSE);
}

bool log_is_journal(const char *stream, int fd)
{
	struct stat file;
	char *end = NULL;

	if (!stream || !g_ascii_isdigit(stream[0]) || fstat(fd, &file) < 0)
		return false;
	errno = 0;
	uint64_t device = g_ascii_strtoull(stream, &end, 10);

	if (errno != 0 || *end != ':' || !g_ascii_isdigit(end[1]))
		return false;
	uint64_t inode = g_ascii_strtoull(end + 1, &end, 10);

	return errno == 0 && *end == '\0' && device == file.st_dev && inode == file.st_ino;
}

/* Best effort: a log that cannot be written must not stop what is being logged. */
static void log_write(const char *line)
{
	size_t left = strlen(line);

	while (left > 0) {
		ssize_t written = write(STDERR_FILENO, line, left);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		line += written;
		left -= (size_t)written;
	}
}

static bool log_to_journal(const LogSink *sink, GLogLevelFlags level, const GLogField *fields,
			   size_t fields_len)
{
	g_autofree GLogField *all = g_new(GLogField, fields_len + 1);

	memcpy(all, fields, fields_len * sizeof(GLogField));
	all[fields_len] = (GLogField){ "SYSLOG_IDENTIFIER", sink->name, -1 };
	return g_log_writer_journald(level, all, fields_len + 1, NULL) == G_LOG_WRITER_HANDLED;
}

static GLogWriterOutput log_writer(GLogLevelFlags level, const GLogField *fields, gsize fields_len,
				   gpointer user_data)
{
	const LogSink *sink = user_data;

	if (log_name_find(level)->level > log_level(sink))
		return G_LOG_WRITER_HANDLED;
	if (sink->format == LOG_FORMAT_JOURNAL && log_to_journal(sink, level, fields, fields_len))
		return G_LOG_WRITER_HANDLED;

	g_autofree char *line = log_format_record(sink->format, sink->name, level, fields,
						  fields_len, g_get_real_time());
	log_write(line);
	return G_LOG_WRITER_HANDLED;
}

static void log_sink_free(gpointer data)
{
	LogSink *sink = data;

	g_free(sink->name);
	g_free(sink);
}

LogSink *log_init(const char *name, LogLevel level, LogFormat format)
{
	LogSink *sink = g_new0(LogSink, 1);

	sink->name = g_strdup(name);
	sink->level = (int)level;
	sink->format = format;
	if (format == LOG_FORMAT_AUTO)
		sink->format = log_is_journal(getenv("JOURNAL_STREAM"), STDERR_FILENO)
				       ? LOG_FORMAT_JOURNAL
				       : LOG_FORMAT_TEXT;
	g_log_set_writer_func(log_writer, sink, log_sink_free);
	return sink;
}

void log_set_level(LogSink *sink, LogLevel level)
{
	g_atomic_int_set(&sink->level, (int)level);
}

LogLevel log_level(const LogSink *sink)
{
	return (LogLevel)g_atomic_int_get(&sink->level);
}

bool log_rate_allow(LogRate *rate, int64_t now_us, unsigned int *dropped)
{
	if (now_us >= rate->window_end_us) {
		rate->window_end_us = now_us + rate->window_us;
		rate->count = 0;
	}
	if (rate->count >= rate->burst) {
		if (rate->dropped < G_MAXUINT)
			rate->dropped++;
		return false;
	}
	rate->count++;
	if (dropped)
		*dropped = rate->dropped;
	rate->dropped = 0;
	return true;
}

char *log_rate_dropped(unsigned int dropped)
{
	g_autofree char *lines = count_text(dropped, "line");

	return dropped > 0 ? g_strdup_printf(" (%s like this left out)", lines) : g_strdup("");
}
