/* SPDX-License-Identifier: MIT */
/*
 * bus-writer - write the arguments of a message, one typed value after the other
 *
 * What is written is checked against the types promised (a method's or signal's signature, the
 * type of a property, the element type of a container). A wrong type or path is our bug: it is
 * logged as critical once, the writer is spoilt, and the message goes out as an error or not at
 * all; never half. Text is made valid UTF-8 on the way. Owner: the message, request or property
 * access that gave the writer.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BusWriter BusWriter;

/* bus_writer_bool() - b */
void bus_writer_bool(BusWriter *writer, bool value);

/* bus_writer_u8() - y */
void bus_writer_u8(BusWriter *writer, uint8_t value);

/* bus_writer_i16() - n */
void bus_writer_i16(BusWriter *writer, int16_t value);

/* bus_writer_u16() - q */
void bus_writer_u16(BusWriter *writer, uint16_t value);

/* bus_writer_i32() - i */
void bus_writer_i32(BusWriter *writer, int32_t value);

/* bus_writer_u32() - u */
void bus_writer_u32(BusWriter *writer, uint32_t value);

/* bus_writer_i64() - x */
void bus_writer_i64(BusWriter *writer, int64_t value);

/* bus_writer_u64() - t */
void bus_writer_u64(BusWriter *writer, uint64_t value);

/* bus_writer_string() - NULL is written as ""; octets that are not UTF-8 become U+FFFD */
void bus_writer_string(BusWriter *writer, const char *text);

/* bus_writer_path() - o; must be a valid path */
void bus_writer_path(BusWriter *writer, const char *path);

/* bus_writer_bytes() - @len octets as ay; @data may be NULL when @len is 0 */
void bus_writer_bytes(BusWriter *writer, const void *data, size_t len);

/* bus_writer_strings() - a NULL-terminated array as as; NULL is empty */
void bus_writer_strings(BusWriter *writer, const char *const *strings);

/* bus_writer_open() - begin an array, structure or dictionary entry: "a{sv}", "(su)", "{sv}" */
void bus_writer_open(BusWriter *writer, const char *signature);

/* bus_writer_open_variant() - begin a variant holding one value of @signature */
void bus_writer_open_variant(BusWriter *writer, const char *signature);

/* bus_writer_close() - end what was opened last */
void bus_writer_close(BusWriter *writer);

/* bus_writer_entry() - in an open a{sv}: begin an entry whose value is of @signature
 * Write the value next. The entry ends by itself at the next one or when the array is closed:
 *   bus_writer_open(w, "a{sv}");
 *   bus_writer_entry(w, "Type", "s"); bus_writer_string(w, "peripheral");
 *   bus_writer_close(w); */
void bus_writer_entry(BusWriter *writer, const char *key, const char *signature);
