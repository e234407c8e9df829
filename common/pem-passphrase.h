/* SPDX-License-Identifier: MIT */
/*
 * pem-passphrase - reading PEM without anybody to ask
 *
 * Any object of a PEM file may say that it is encrypted, a certificate too. OpenSSL then asks on
 * the terminal, or reads standard input where there is none, and waits for ever.
 */
#pragma once

/* pem_refuse_passphrase() - a pem_password_cb that has none; the object cannot be read then */
int pem_refuse_passphrase(char *buffer, int size, int writing, void *user_data);
