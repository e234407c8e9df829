/* SPDX-License-Identifier: MIT */
/*
 * printable - words of strangers, such as the name of a network, for a log, a terminal, a sentence
 *
 * A network's name is 32 octets of anybody's choice: a line break in it would end a line of the
 * log or begin a field of its own for systemd, an escape would command the terminal.
 */
#pragma once

#include <stddef.h>

/* printable_text() - @data as one line of printable UTF-8: octets that are no UTF-8 become U+FFFD,
 * control and formatting characters '?'
 * @data: borrowed, @len octets, of any value; may be NULL when there is none
 * Returns a string owned by the caller */
char *printable_text(const void *data, size_t len);
