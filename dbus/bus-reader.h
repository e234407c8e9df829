/* SPDX-License-Identifier: MIT */
/*
 * bus-reader - read the arguments of a message, one typed value after the other
 *
 * Works like Cursor: reading what is not there gives 0, "" or nothing, and spoils the reader for
 * good; a parser reads all it wants and looks once, with bus_reader_ok(). On a spoilt reader
 * every bus_reader_more() is false, so loops end. Strings and octets are borrowed from the message
 * and live as long as it does. Owner: the request, reply, signal or mirror that gave the reader.
 *
 * | D-Bus | here          | D-Bus     | here                           |
 * |-------|---------------|-----------|--------------------------------|
 * | b     | _bool         | ay        | _bytes                         |
 * | n q   | _i16 _u16     | as ao     | _strings                       |
 * | i u   | _i32 _u32     | a( a{ ( { | _enter, _more, ..., _leave     |
 * | s o   | _string _path | a{s? a{o? | _enter, while (_entry), _leave |
 * | other | only to _skip | v         | _enter "v", ..., _leave        |
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BusReader BusReader;

/* bus_reader_type() - first type code of the next value, '\0' at the end or when spoilt */
char bus_reader_type(BusReader *reader);

/* bus_reader_has() - is the next value of exactly @signature (one complete type)? Spoils nothing */
bool bus_reader_has(BusReader *reader, const char *signature);

/* bus_reader_bool() - b; false when it is not there */
bool bus_reader_bool(BusReader *reader);

/* bus_reader_i16() - n; 0 when it is not there, as for all numbers below */
int16_t bus_reader_i16(BusReader *reader);

/* bus_reader_u16() - q */
uint16_t bus_reader_u16(BusReader *reader);

/* bus_reader_i32() - i */
int32_t bus_reader_i32(BusReader *reader);

/* bus_reader_u32() - u */
uint32_t bus_reader_u32(BusReader *reader);

/* bus_reader_string() - s; valid UTF-8, never NULL, borrowed */
const char *bus_reader_string(BusReader *reader);

/* bus_reader_path() - o; a valid path, or "" when it is not there; borrowed */
const char *bus_reader_path(BusReader *reader);

/* bus_reader_bytes() - an array of bytes
 * @len: number of octets
 * Returns never NULL, borrowed */
const uint8_t *bus_reader_bytes(BusReader *reader, size_t *len);

/* bus_reader_strings() - an array of strings or object paths, NULL-terminated, owned by the caller
 * @max: more than that spoils the reader */
GStrv bus_reader_strings(BusReader *reader, size_t max);

/* bus_reader_enter() - step into a container
 * @signature: what it must be: "a{sv}", "(su)", "v", "{oa{sv}}", "aa{sv}" ...
 * Returns false (and spoils the reader) when it is something else; leave it nonetheless */
bool bus_reader_enter(BusReader *reader, const char *signature);

/* bus_reader_leave() - step out, whatever was left unread; exactly once for each enter */
void bus_reader_leave(BusReader *reader);

/* bus_reader_more() - another value follows in this container, and the reader is not spoilt */
bool bus_reader_more(BusReader *reader);

/* bus_reader_entry() - in a dictionary keyed by strings or paths: go to the next entry
 * Leaves the entry before it, whatever of it was read, and stands at the value; a variant is
 * entered already, so that a{sv} is read as
 *   bus_reader_enter(r, "a{sv}"); while ((key = bus_reader_entry(r))) ... bus_reader_u16(r) ...
 *   bus_reader_leave(r);
 * Returns the key, borrowed; NULL at the end or when spoilt */
const char *bus_reader_entry(BusReader *reader);

/* bus_reader_skip() - pass over the next value */
void bus_reader_skip(BusReader *reader);

/* bus_reader_ok() - nothing was missing or of another type so far */
bool bus_reader_ok(const BusReader *reader);
