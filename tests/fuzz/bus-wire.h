/* SPDX-License-Identifier: MIT */
/*
 * bus-wire - D-Bus messages as octets, written and read without libdbus
 *
 *   yyyyuua(yv)   byte order, type, flags, version, length of the body, serial, header fields
 *                 zeros up to a multiple of eight
 *                 the body
 *
 * Values are GVariants: their types are D-Bus types, their octets in memory are not. Little endian
 * machines only, as all of ours are.
 * Source: D-Bus Specification, Marshaling (Wire Format), Message Format
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_CALL   1
#define WIRE_REPLY  2
#define WIRE_ERROR  3
#define WIRE_SIGNAL 4

/* What goes out; NULL and 0: the field is left out. All borrowed. */
typedef struct WireMessage {
	uint8_t type;
	const char *path;
	const char *interface;
	const char *member;
	const char *error;
	uint32_t reply_to;
	const char *destination;
	const char *sender;
	GVariant *body; /* a tuple; NULL: empty */
} WireMessage;

/* What came in. The texts are owned; "" where there is none. */
typedef struct WireCall {
	uint32_t serial;
	uint8_t type;
	bool silent; /* nobody waits for the reply */
	uint32_t reply_to;
	char *path;
	char *interface;
	char *member;
	char *destination;
	char *arguments[2]; /* the first two of the body, where they are strings */
} WireCall;

/* wire_write() - append a message to @out
 * @serial: not 0 */
void wire_write(GByteArray *out, const WireMessage *message, uint32_t serial);

/* wire_read() - take the first message off @in
 * Returns NULL while it is not whole; free it with wire_call_free() */
WireCall *wire_read(GByteArray *in);

/* wire_call_free() - NULL is fine */
void wire_call_free(WireCall *call);
