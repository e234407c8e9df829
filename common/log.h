/* SPDX-License-Identifier: MIT */
/*
 * log - where g_warning() and its sisters end up
 *
 * One structured GLib writer for the whole process. Levels, from loud to quiet:
 *
 *     name     GLib                     for                                        syslog
 *     error    g_error(), g_critical()  our bug                                    3
 *     warning  g_warning()              the machine is at fault                    4
 *     notice   g_message()              a state the operator wants to know         5
 *     info     g_info()                 what a peer did                            6
 *     debug    g_debug()                everything else, and all of the libraries  7
 *
 * Formats: native journal fields; text lines "warning: words" with control characters escaped;
 * one JSON object a line. Every record goes out in one write, so lines of threads never mix.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum LogLevel {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
} LogLevel;

typedef enum LogFormat {
	LOG_FORMAT_AUTO, /* journal when standard error is the journal, else text */
	LOG_FORMAT_JOURNAL,
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
} LogFormat;

/* Where this process logs to; lives as long as the process. */
typedef struct LogSink LogSink;

/* log_init() - from now on everything logged goes to standard error or the journal
 * @name:   program, becomes SYSLOG_IDENTIFIER and "program" in JSON; copied
 * @level:  what is quieter is dropped
 * To be called once, in main(), before other threads start. G_MESSAGES_DEBUG is not consulted. */
LogSink *log_init(const char *name, LogLevel level, LogFormat format);

/* log_set_level() - what is quieter than @level is dropped from now on */
void log_set_level(LogSink *sink, LogLevel level);

/* log_level() - what log_init() or log_set_level() said last */
LogLevel log_level(const LogSink *sink);

/* log_format_record() - one record as text or JSON, ended by a newline
 * @format: LOG_FORMAT_TEXT or LOG_FORMAT_JSON
 * @fields: as a GLogWriterFunc gets them, borrowed
 * @now_us: wall clock in microseconds since 1970, for JSON
 * Returns text to be freed with g_free(): one line whatever the message holds */
char *log_format_record(LogFormat format, const char *name, GLogLevelFlags level,
			const GLogField *fields, size_t fields_len, int64_t now_us);

/* log_is_journal() - whether JOURNAL_STREAM names the file behind @fd
 * @stream: value of JOURNAL_STREAM, "DEVICE:INODE"; NULL gives false
 * Source: systemd.exec(5), JOURNAL_STREAM */
bool log_is_journal(const char *stream, int fd);

/* A bound on lines that a peer can cause. Zero it but for the first two members. */
typedef struct LogRate {
	int64_t window_us;     /* length of a window */
	unsigned int burst;    /* lines let through in a window */
	int64_t window_end_us; /* private */
	unsigned int count;    /* private */
	unsigned int dropped;  /* private */
} LogRate;

/* LOG_RATE_PEER - ten lines in ten seconds, for whatever comes from outside */
#define LOG_RATE_PEER ((LogRate){ .window_us = 10 * G_USEC_PER_SEC, .burst = 10 })

/* log_rate_allow() - may a line be logged now?
 * @now_us:  monotonic clock
 * @dropped: set to the number of lines swallowed since the last one let through, to be told in
 *           the line about to be written; may be NULL */
bool log_rate_allow(LogRate *rate, int64_t now_us, unsigned int *dropped);

/* log_rate_dropped() - what a line says of those swallowed before it: "" or " (3 lines like this
 * left out)"; to be freed with g_free() */
char *log_rate_dropped(unsigned int dropped);
