# SPDX-License-Identifier: MIT
"""A broker of MQTT 3.1.1 and 5 over TLS whose every octet a script decides.

    peer = Peer(context)     listens on 127.0.0.1, a thread of its own
    peer.row = function      what is done with each connection from now on: function(link)

One connection at a time. A link that its script has left is closed."""

import socket
import ssl
import struct
import threading
import traceback

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ = 1, 3, 4, 8, 12


def length(number):
    """As MQTT writes the length of what is left."""
    octets = b""
    while True:
        number, low = divmod(number, 128)
        octets += bytes([low | (128 if number else 0)])
        if not number:
            return octets


def text(words):
    words = words if isinstance(words, bytes) else words.encode()
    return struct.pack(">H", len(words)) + words


def packet(head, body):
    return bytes([head]) + length(len(body)) + body


class Link:
    """A connection; what cannot be read or written any more is an OSError."""

    def __init__(self, tls):
        self.tls = tls
        self.data = b""
        self.five = False
        self.client_id = self.user_name = None
        self.number = 0

    def take(self, count):
        while len(self.data) < count:
            more = self.tls.recv(65536)
            if not more:
                raise OSError("closed")
            self.data += more
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def receive(self):
        """The next packet that is no PUBACK: its first octet, and the rest. Pings are answered."""
        head, body = self.receive_any()
        while head >> 4 in (PINGREQ, PUBACK):
            if head >> 4 == PINGREQ:
                self.send(b"\xd0\0")
            head, body = self.receive_any()
        return head, body

    def receive_any(self):
        head, size, shift = self.take(1)[0], 0, 0
        while True:
            low = self.take(1)[0]
            size |= (low & 127) << shift
            shift += 7
            if low < 128:
                return head, self.take(size)

    def send(self, octets):
        self.tls.sendall(octets)

    def take_connect(self):
        head, body = self.receive()
        assert head >> 4 == CONNECT
        self.five = body[6] == 5
        at = 10
        if self.five:
            at += 1 + body[at]
        parts = []
        while at < len(body):
            size = struct.unpack_from(">H", body, at)[0]
            parts.append(body[at + 2:at + 2 + size].decode())
            at += 2 + size
        self.client_id = parts[0]
        self.user_name = parts[1] if body[7] & 128 else None

    def accept(self, code=0, flags=0):
        """CONNACK"""
        self.take_connect()
        self.send(packet(0x20, bytes([flags, code]) + (b"\0" if self.five else b"")))

    def grant(self, filters, code=1):
        """So many subscriptions"""
        for _ in range(filters):
            head, body = self.receive()
            assert head >> 4 == SUBSCRIBE
            self.send(packet(0x90, body[:2] + (b"\0" if self.five else b"") + bytes([code])))

    def question(self, code=0, answer=True):
        """The next PUBLISH: its topic and payload; answered with PUBACK"""
        head, body = self.receive()
        assert head >> 4 == PUBLISH, head
        size = struct.unpack_from(">H", body)[0]
        topic, number, rest = body[2:2 + size], body[2 + size:4 + size], body[4 + size:]
        if self.five:
            rest = rest[1 + rest[0]:]
        self.puback = packet(0x40, number + (bytes([code]) if code else b""))
        if answer:
            self.send(self.puback)
        return topic.decode(), rest

    def publish(self, topic, payload, qos=1, retain=False):
        self.number += 1
        payload = payload if isinstance(payload, bytes) else payload.encode()
        self.send(packet(0x30 | qos << 1 | retain,
                         text(topic) + (struct.pack(">H", self.number) if qos else b"") +
                         (b"\0" if self.five else b"") + payload))

    def drain(self):
        """Until the other side has gone"""
        try:
            while True:
                self.receive()
        except OSError:
            pass


class Peer:
    def __init__(self, context):
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.row = lambda link: link.take_connect()
        self.fault = None  # of a script, which is one of the test
        self.began = []    # rows that were begun, after the handshake
        self.ran = []      # rows whose end has come
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(60)
            row = self.row
            try:
                with self.context.wrap_socket(connection, server_side=True) as tls:
                    self.began.append(row)
                    row(Link(tls))
            except OSError:  # the other end has had enough
                pass
            except Exception as error:  # pylint: disable=broad-except
                self.fault = error
                print("# the peer: " + traceback.format_exc().replace("\n", "\n# "))
            connection.close()
            self.ran.append(row)


def server_context(certificate, key, authority, asks=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if asks:
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
