#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""est-server.py DIR: an EST server (RFC 7030, simplereenroll) of the test's own.

DIR holds server.crt, server.key and the authority ca.crt, ca.key. The port is written to DIR/port
once it listens. What it does with a request is read from DIR/mode each time: sign, later, refuse,
break, garbage, other (a certificate for another key), hang-up. Each request is a line in
DIR/asked."""

import base64
import http.server
import os
import ssl
import subprocess
import sys

DIR = sys.argv[1]


def path(name):
    return os.path.join(DIR, name)


def openssl(*words, data=None):
    return subprocess.run(("openssl",) + words, input=data, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def sign(request):
    """A certificate for a request in DER, with its authority, as PKCS#7 in base64."""
    pem = openssl("req", "-inform", "DER", "-verify", data=request)
    with open(path("request.pem"), "wb") as out:
        out.write(pem)
    openssl("x509", "-req", "-in", path("request.pem"), "-CA", path("ca.crt"), "-CAkey",
            path("ca.key"), "-days", "90", "-copy_extensions", "copyall", "-out", path("new.crt"))
    der = openssl("crl2pkcs7", "-nocrl", "-certfile", path("new.crt"), "-certfile",
                  path("ca.crt"), "-outform", "DER")
    return base64.encodebytes(der)


class Est(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        with open(path("mode")) as mode_file:
            mode = mode_file.read().strip()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(path("asked"), "a") as asked:
            asked.write(mode + "\n")
        if (self.path != "/.well-known/est/simplereenroll"
                or self.headers["Content-Type"] != "application/pkcs10"
                or not self.connection.getpeercert()):
            self.answer(400, b"not what RFC 7030 says")
        elif mode == "sign":
            self.answer(200, sign(base64.b64decode(body)),
                        Content_Type="application/pkcs7-mime; smime-type=certs-only")
        elif mode == "other":
            with open(path("other.der"), "rb") as other:
                self.answer(200, sign(other.read()))
        elif mode == "later":
            self.answer(202, Retry_After="3600")
        elif mode == "refuse":
            self.answer(403, b"not you\x1b[31m")
        elif mode == "break":
            self.answer(500, b"out of order")
        elif mode == "garbage":
            self.answer(200, b"this is no PKCS#7")
        elif mode == "long":
            self.answer(200, b"A" * 400000)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(path("server.crt"), path("server.key"))
context.load_verify_locations(path("ca.crt"))
context.verify_mode = ssl.CERT_REQUIRED
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Est)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=True)
with open(path("port.new"), "w") as port_file:
    port_file.write(str(server.server_address[1]))
os.rename(path("port.new"), path("port"))
server.serve_forever()
