/* SPDX-License-Identifier: MIT */
#include "common/mqtt-wire.h"

#include <errno.h>
#include <openssl/err.h>

#include "common/mqtt.h"

#define OUT_BUFFER_SIZE 16384 /* octets gathered before they leave by themselves */
#define PACKET_SLACK    32768 /* TLS overhead and what OpenSSL reads ahead */

void mqtt_wire_init(MqttWire *wire, bool guarded)
{
	*wire = (MqttWire){ .held = true, .guard = guarded ? mqtt_guard_new() : NULL };
}

void mqtt_wire_clear(MqttWire *wire)
{
	g_clear_pointer(&wire->guard, mqtt_guard_free);
}

/* libmosquitto starts the handshake before TCP stands. Let it, and it swallows the one report of
 * a refused connection, or completes the handshake where no alert is read any more. */
static long hold(BIO *bio, int operation)
{
	BIO_clear_retry_flags(bio);
	if (operation == BIO_CB_READ)
		BIO_set_retry_read(bio);
	else
		BIO_set_retry_write(bio);
	return -1;
}

/* Sees every read and write of the socket: holds them until TCP stands and reads until the guard
 * looks, counts towards the packet bound, keeps errno of the first failure. */
static long on_socket(BIO *bio, int operation, const char *data, size_t len, int argi, long argl,
		      int result, size_t *processed)
{
	MqttWire *wire = (gpointer)BIO_get_callback_arg(bio);
	bool read_done = operation == (BIO_CB_READ | BIO_CB_RETURN);
	bool write_done = operation == (BIO_CB_WRITE | BIO_CB_RETURN);

	if (wire->held && (operation == BIO_CB_READ || operation == BIO_CB_WRITE))
		return hold(bio, operation);
	if (wire->guard && operation == BIO_CB_READ && mqtt_guard_holds(wire->guard, wire->ssl))
		return hold(bio, operation);
	if ((read_done || write_done) && result <= 0 && !BIO_should_retry(bio) &&
	    wire->io_errno == 0)
		wire->io_errno = errno;
	if (!read_done || result <= 0)
		return result;
	wire->unframed += *processed;
	wire->oversize = wire->unframed > MQTT_PACKET_IN_MAX + PACKET_SLACK;
	return wire->oversize ? -1 : result;
}

void mqtt_wire_watch(MqttWire *wire, SSL *ssl)
{
	BIO *socket = SSL_get_rbio(ssl);

	wire->ssl = ssl;
	if (wire->guard) /* it looks at one record after the other */
		SSL_set_read_ahead(ssl, 0);
	BIO_set_callback_arg(socket, (char *)wire);
	BIO_set_callback_ex(socket, on_socket);
}

void mqtt_wire_unwatch(SSL *ssl)
{
	if (ssl && SSL_get_rbio(ssl))
		BIO_set_callback_ex(SSL_get_rbio(ssl), NULL);
}

void mqtt_wire_gather(MqttWire *wire, SSL *ssl)
{
	BIO *buffer = BIO_new(BIO_f_buffer());
	BIO *socket = SSL_get_rbio(ssl);

	if (!buffer || BIO_set_write_buffer_size(buffer, OUT_BUFFER_SIZE) != 1)
		g_error("out of memory");
	BIO_up_ref(socket);
	SSL_set0_wbio(ssl, BIO_push(buffer, socket));
	wire->gathering = true;
}

size_t mqtt_wire_gathered(const MqttWire *wire, SSL *ssl)
{
	return wire->gathering && ssl ? BIO_ctrl_wpending(SSL_get_wbio(ssl)) : 0;
}

bool mqtt_wire_drain(SSL *ssl)
{
	BIO *buffer = SSL_get_wbio(ssl);
	bool fine;

	errno = 0;
	fine = BIO_flush(buffer) > 0 || BIO_should_retry(buffer);
	ERR_clear_error();
	return fine;
}

bool mqtt_wire_readable(SSL *ssl)
{
	char octet;
	int got;

	if (SSL_pending(ssl) > 0)
		return true;
	if (!SSL_has_pending(ssl))
		return false;
	got = SSL_peek(ssl, &octet, 1); /* a whole record, or only the start of one? */
	if (got > 0)
		return true;
	got = SSL_get_error(ssl, got);
	ERR_clear_error();
	return got != SSL_ERROR_WANT_READ && got != SSL_ERROR_WANT_WRITE;
}

bool mqtt_wire_look(MqttWire *wire, SSL *ssl)
{
	return !wire->guard || mqtt_guard_look(wire->guard, ssl);
}

void mqtt_wire_seen(MqttWire *wire, const SSL *ssl)
{
	if (wire->guard)
		mqtt_guard_seen(wire->guard, ssl);
}
