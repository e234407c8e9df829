#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_renew_odd.py LANDFALLCTL: landfallctl store renew against an EST server that is odd.

Each row is a server that answers one renewal: what it does to the connection, or says, and the exit
status and words that have to come of it. Unless the status is 0 the current generation stays what
it was, whole; after all of them one that is in order renews it still."""

import base64
import os
import re
import shutil
import socket
import ssl
import struct
import sys
import threading
import time
import warnings

sys.dont_write_bytecode = True  # of odd.py, in the source tree
from odd import Report, issue, path, read, request, run, write  # noqa: E402

warnings.simplefilter("ignore")  # of TLS 1.1
CTL = sys.argv[1]
PATH = "/.well-known/est/simplereenroll"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n"
REQUEST_MAX = 16384
LINGER_RESET = struct.pack("ii", 1, 0)
DENIED, NETWORK, INVALID, CANCELLED = 21, 20, 23, 24
STORE_INVALID = 12


# --- certificates ---

def authority(name, out=None, issuer=None, *words):
    """OUT.crt and OUT.key of an authority named NAME."""
    out = out or name
    request(name, path(out + ".key"))
    if issuer:
        issue(name + ".csr", out + ".crt", *words, issuer=issuer, ext="basicConstraints=CA:TRUE\n")
    else:
        run("openssl", "req", "-x509", "-key", path(out + ".key"), "-subj", "/CN=" + name, "-days",
            "3650", "-out", path(out + ".crt"))


def pkcs7(*names):
    files = [word for name in names for word in ("-certfile", path(name))]
    return run("openssl", "crl2pkcs7", "-nocrl", *files, "-outform", "DER").stdout


def prepare():
    authority("ca")
    authority("stranger")
    authority("inter", "inter-old", "ca")
    authority("inter", "inter-new", "ca")
    authority("left", "left", "ca")
    authority("right", "right", "ca")
    issue("left.csr", "left-by-right.crt", issuer="right", ext="basicConstraints=CA:TRUE\n")
    issue("right.csr", "right-by-left.crt", issuer="left", ext="basicConstraints=CA:TRUE\n")
    request("weak", kind=("RSA", "rsa_keygen_bits:1024"))
    issue("weak.csr", "weak.crt", ext="basicConstraints=CA:TRUE\n")
    issuer = "ca"
    for number in range(11):
        authority("deep-%d" % number, None, issuer)
        issuer = "deep-%d" % number
    for name, words in (("server", {}), ("elsewhere", {}), ("late", {"when": "-30d", "days": "9"}),
                        ("unknown", {"issuer": "stranger"}), ("gw-1", {}), ("gw-2", {})):
        request(name)
        host = "elsewhere.example" if name == "elsewhere" else "127.0.0.1"
        kind = "IP" if host[0] == "1" else "DNS"
        issue(name + ".csr", name + ".crt", ext="subjectAltName=%s:%s\n" % (kind, host), **words)


# --- the server ---

class Server:
    """One connection at a time; what is done with it is in `row`."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.row = None
        self.keys = []  # that were asked for
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection = self.listener.accept()[0]
            connection.settimeout(20)
            try:
                self.row(self, connection)
            except OSError:  # the other end has had enough
                pass
            except Exception as error:  # pylint: disable=broad-except
                print("# the server: %r" % error)
            connection.close()

    def shake_hands(self, connection, name="server", version=None, check=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path(name + ".crt"), path(name + ".key"))
        if check:
            context.load_verify_locations(path("ca.crt"))
            context.verify_mode = ssl.CERT_REQUIRED
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        return context.wrap_socket(connection, server_side=True)

    @staticmethod
    def receive(tls):
        data = tls.recv(4096)
        if not data:
            raise OSError("no request")
        return data

    def take_request(self, tls):
        """Leaves DIR/asked.csr."""
        data = b""
        while b"\r\n\r\n" not in data and len(data) < REQUEST_MAX:
            data += self.receive(tls)
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"content-length: *(\d+)", head, re.I).group(1))
        while len(body) < length:
            body += self.receive(tls)
        assert head.startswith(b"POST " + PATH.encode() + b" "), head
        write("asked.der", base64.b64decode(body))
        run("openssl", "req", "-inform", "DER", "-in", path("asked.der"), "-verify", "-out",
            path("asked.csr"))
        self.keys.append(run("openssl", "req", "-in", path("asked.csr"), "-noout",
                             "-pubkey").stdout)


def says(*pieces, endless=False, **hands):
    """Answers with octets, or with what functions without arguments give."""
    def row(server, connection):
        tls = server.shake_hands(connection, **hands)
        server.take_request(tls)
        for piece in pieces:
            tls.sendall(piece() if callable(piece) else piece)
        while endless:
            tls.sendall(pieces[-1])
        tls.close()
    return row


def status(line, *headers, body=b""):
    head = ["HTTP/1.1 " + line, "Content-Length: %d" % len(body), *headers, "", ""]
    return says("\r\n".join(head).encode() + body)


def body(make, head=ANSWER):
    """Answers 200 with the octets that make() gives, in base64."""
    def answer():
        text = base64.encodebytes(make())
        return head + b"Content-Length: %d\r\n\r\n" % len(text) + text
    return says(answer)


def cert(*words, name=None, chain=("ca.crt",), **how):
    """Answers with a certificate for what was asked."""
    def make():
        subject = ("-subj", "/CN=" + name) if name else ()
        issue("asked.csr", "new.crt", *words, *subject, **how)
        return pkcs7("new.crt", *chain)
    return body(make)


def raw(text, end=None):
    """Takes one flight of the handshake, says this in clear text and is gone."""
    def row(server, connection):
        connection.recv(4096)
        connection.sendall(text)
        if end:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, end)
    return row


def chunked():
    text = base64.encodebytes(pkcs7(issue("asked.csr", "new.crt"), "ca.crt")).replace(b"\n", b"")
    half = len(text) // 2
    return (ANSWER + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (half, text[:half]) +
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(text) - half, text[half:]))


def replaced():
    """Somebody imports another identity while the server thinks."""
    import_identity("gw-2")
    return pkcs7(issue("asked.csr", "new.crt"), "ca.crt")


FOR_OUR_KEY = "holds no certificate for the key it was asked for"
ROWS = [
    # name, what the server does, exit status, words
    ("closes", raw(b""), NETWORK, "simplereenroll: "),
    ("resets", raw(b"", LINGER_RESET), NETWORK, "simplereenroll: "),
    ("clear text", raw(b"HTTP/1.1 200 OK\r\n\r\nhello"), NETWORK, "simplereenroll: "),
    ("stops in the handshake", raw(b"\x16\x03\x03\x7f\xff\x02\0\0"), NETWORK, "simplereenroll: "),
    ("handshake of zeros", raw(b"\0" * 70000), NETWORK, "simplereenroll: "),
    ("TLS 1.1", says(b"", version=ssl.TLSVersion.TLSv1_1), NETWORK, "simplereenroll: "),
    ("unknown issuer", says(b"", name="unknown"), NETWORK, "certificate"),
    ("run out", says(b"", name="late"), NETWORK, "certificate has expired"),
    ("wrong host", says(b"", name="elsewhere"), NETWORK,
     "no alternative certificate subject name matches"),
    ("asks for no certificate", says(ANSWER + b"Content-Length: 0\r\n\r\n", check=False), INVALID,
     FOR_OUR_KEY),
    ("hangs up instead of an answer", says(b""), NETWORK, "simplereenroll: "),
    ("hangs up in the head", says(ANSWER), INVALID, FOR_OUR_KEY),
    ("hangs up in the body", says(ANSWER + b"Content-Length: 900\r\n\r\nMIIB"), NETWORK,
     "simplereenroll: "),
    ("no HTTP", says(b"SSH-2.0-OpenSSH_9.2\r\n" * 9), NETWORK, "simplereenroll: "),
    ("endless head", says(ANSWER, b"X-More: " + b"m" * 4000 + b"\r\n", endless=True), NETWORK,
     "simplereenroll: "),
    ("endless 100", says(b"HTTP/1.1 100 Continue\r\nX-More: %s\r\n\r\n" % (b"m" * 4000),
                         endless=True), NETWORK, "simplereenroll: "),
    ("endless body", says(ANSWER + b"\r\n", b"QUFB" * 4096, endless=True), INVALID,
     "longer than 262144"),
    ("endless chunks", says(ANSWER + b"Transfer-Encoding: chunked\r\n\r\n",
                            b"1000\r\n%s\r\n" % (b"Q" * 4096), endless=True), INVALID,
     "longer than 262144"),
    ("length of nonsense", says(ANSWER + b"Content-Length: -5\r\n\r\n"), NETWORK,
     "simplereenroll: "),
    ("packed", says(ANSWER + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" +
                    b"\x1f\x8b\x08\0\0\0\0\0\0\3" * 2), INVALID, FOR_OUR_KEY),
    ("100 and then 403", says(b"HTTP/1.1 100 Continue\r\n\r\n"
                              b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno"), DENIED,
     "HTTP status 403: no"),
    ("202", status("202 Accepted"), NETWORK, "waits for somebody to approve it; ask again later"),
    ("204", status("204 No Content"), DENIED, "HTTP status 204\n"),
    ("301 to itself", status("301 Moved", "Location: " + PATH), DENIED, "it sends us to https://"),
    ("302 to clear text", status("302 Found", "Location: http://127.0.0.1/"), DENIED,
     "HTTP status 302: it sends us to http://127.0.0.1/, where we do not go"),
    ("307 to a file", status("307 Temporary", "Location: file:///etc/passwd"), DENIED,
     "HTTP status 307"),
    ("400", status("400 Bad Request", body=b"no \x1b[31m\xff\n"), DENIED, "400: no  [31m\n"),
    ("401", status("401 Unauthorized"), DENIED, "HTTP status 401\n"),
    ("401 and a challenge", status("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"'), DENIED,
     "HTTP status 401\n"),
    ("404", status("404 Not Found", body=b"<html>" + b"x" * 5000), DENIED, "404: <html>xxx"),
    ("500", status("500 Oops"), NETWORK, "HTTP status 500\n"),
    ("503", status("503 Busy", body=b"busy"), NETWORK, "HTTP status 503: busy\n"),
    ("nothing", status("200 OK"), INVALID, FOR_OUR_KEY),
    ("a page", status("200 OK", "Content-Type: text/html", body=b"<html>log in</html>"), INVALID,
     FOR_OUR_KEY),
    ("parts", status("200 OK", "Content-Type: multipart/mixed; boundary=b",
                     body=b"--b\r\n\r\nMIIB\r\n--b--\r\n"), INVALID, FOR_OUR_KEY),
    ("octets", body(lambda: os.urandom(3000)), INVALID, FOR_OUR_KEY),
    ("broken base64", status("200 OK", body=b"====MIIB*&%$\0\0" * 99), INVALID, FOR_OUR_KEY),
    ("deep DER", body(lambda: b"\x30\x80" * 40000), INVALID, FOR_OUR_KEY),
    ("PKCS#7 of nothing", body(lambda: pkcs7()), INVALID, FOR_OUR_KEY),
    ("PKCS#7 of data", body(lambda: bytes.fromhex("300f06092a864886f70d010701a0020400")), INVALID,
     FOR_OUR_KEY),
    ("PKCS#7 cut short", body(lambda: pkcs7("ca.crt")[:-9]), INVALID, FOR_OUR_KEY),
    ("only the authority", body(lambda: pkcs7("ca.crt")), INVALID, FOR_OUR_KEY),
    ("400 authorities", body(lambda: pkcs7(*["ca.crt"] * 400)), INVALID, FOR_OUR_KEY),
    ("1000 authorities", body(lambda: pkcs7(*["ca.crt"] * 1000)), INVALID, "longer than 262144"),
    ("another's certificate", body(lambda: pkcs7("gw-2.crt", "ca.crt")), INVALID, FOR_OUR_KEY),
    ("another name", cert(name="gw-2"), INVALID, 'is for "gw-2" and not for "gw-1"'),
    ("the beginning of our name", cert(name="gw-"), INVALID, 'is for "gw-" and not for "gw-1"'),
    ("a name of controls", cert(name="\x1b[31m"), INVALID, 'is for "?[31m" and not'),
    ("chain too long", cert(issuer="deep-10", chain=["deep-%d.crt" % n for n in range(11)]),
     INVALID, "has a chain of more than 10"),
    ("run out already", cert(when="-30d", days="9"), STORE_INVALID, "has run out"),
    ("not valid yet", cert(when="+30d"), STORE_INVALID, "is not valid yet"),
    ("may not sign", cert(ext="keyUsage=keyEncipherment\n"), STORE_INVALID, "digitalSignature"),
    ("for servers only", cert(ext="extendedKeyUsage=serverAuth\n"), STORE_INVALID, "clientAuth"),
    ("signed with SHA-1", cert("-sha1"), STORE_INVALID, "SHA-1"),
    ("an issuer with a weak key", cert(issuer="weak", chain=["weak.crt"]), STORE_INVALID,
     "is too weak"),
    ("replaced meanwhile", body(replaced), CANCELLED, "became current meanwhile"),
    ("in order", cert(), 0, "renewed as"),
    ("in chunks, one line", says(chunked), 0, "renewed as"),
    ("any type, any order", body(lambda: pkcs7("ca.crt", "gw-2.crt", issue("asked.csr", "new.crt")),
                                 ANSWER.replace(b"application/pkcs7-mime", b"text/plain")), 0,
     "renewed as"),
    ("two for our key", body(lambda: pkcs7(issue("asked.csr", "short.crt", days="1"),
                                           issue("asked.csr", "new.crt"))), 0,
     re.compile("^(?!.*runs out).*renewed as", re.S)),
    ("an authority", cert(ext="basicConstraints=CA:TRUE\n"), 0, "CA:TRUE"),
    ("for a day", cert(days="1"), 0, re.compile("runs out in (0 days|1 day)$")),
    ("two issuers of one name", cert(issuer="inter-new", chain=("inter-old.crt", "inter-new.crt")),
     0, "renewed as"),
    ("issuers in a ring", cert(issuer="left", chain=("left-by-right.crt", "right-by-left.crt")), 0,
     "renewed as"),
]


WEEK = 7 * 86400
LONGER = " UTC, and longer than we do\n"
LATER = int(time.time()) + 3 * 3600


def date(form):
    """LATER, as the server says it."""
    return time.strftime("Retry-After: " + form, time.gmtime(LATER))


# The status, how Retry-After follows it, and how long nobody asks again: seconds, LATER, or None.
WAITS = [
    ("202", ["Retry-After: 60"], 60),
    ("202", ["retry-after:\t60 "], 60),
    ("202", ["Retry-After: 604800"], WEEK),
    ("202", ["Retry-After: 604801"], WEEK),
    ("202", ["Retry-After: 315360000"], WEEK),
    ("202", ["Retry-After: 99999999999999999999"], WEEK),
    ("202", ["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], WEEK),
    ("202", [date("%a, %d %b %Y %H:%M:%S GMT")], LATER),
    ("202", [date("%A, %d-%b-%y %H:%M:%S GMT")], LATER),
    ("202", [date("%a %b %d %H:%M:%S %Y")], LATER),
    ("202", ["Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"], None),
    ("202", [], None),
    ("202", ["Retry-After:"], None),
    ("202", ["Retry-After: 0"], None),
    ("202", ["Retry-After: -5"], None),
    ("202", ["Retry-After: +60"], None),
    ("202", ["Retry-After: 60s"], None),
    ("202", ["Retry-After: 60, 120"], None),
    ("202", ["Retry-After: 1e3"], None),
    ("202", ["Retry-After: 0x60"], None),
    ("202", ["Retry-After: soon"], None),
    ("202", ["Retry-After: \xff\xfe"], None),
    ("202", ["Retry-After: " + "9" * 4000], None),
    ("202", ["Retry-After: " + "Mon " * 1000], None),
    ("202", ["Retry-After: 60", "Retry-After: 120"], 60),
    ("429", ["Retry-After: 60"], 60),
    ("503", ["Retry-After: 60"], 60),
    ("500", ["Retry-After: 60"], None),
    ("403", ["Retry-After: 60"], None),
    ("302", ["Location: https://127.0.0.1/", "Retry-After: 60"], None),
    ("200", ["Retry-After: 60"], None),
]


# --- the device ---

def import_identity(name):
    os.makedirs(path("in"), exist_ok=True)
    shutil.copy(path(name + ".crt"), path("in", "device.crt"))
    shutil.copy(path(name + ".key"), path("in", "device.key"))
    run(CTL, "--config", path("landfall.conf"), "store", "import", path("in"))


def generation():
    return os.path.basename(os.readlink(path("store", "current")))


def renew(*words):
    """Exit status, and what was said."""
    end = run(CTL, "--config", path("landfall.conf"), "store", "renew", *words, check=False)
    return end.returncode, (end.stdout + end.stderr).decode()


def key_in_use():
    return run("openssl", "pkey", "-in", path("store", "current", "device.key"),
               "-pubout").stdout


def test_row(server, name, row, code, words):
    before = generation()
    server.row = row
    ended, text = renew()
    after = generation()
    says_so = words.search(text) if isinstance(words, re.Pattern) else words in text
    Report.tell(name,
                ended != code and "status %d" % ended,
                not says_so and text,
                "PRIVATE" in text and "a key",
                (after != before) != (code in (0, CANCELLED)) and "%s, now %s" % (before, after),
                code == 0 and key_in_use() != server.keys[-1] and "another key",
                os.path.exists(path("store", "generations", ".new")) and "leftovers")
    if code == CANCELLED:
        import_identity("gw-1")


def noted():
    """From when on, until when; nothing for no file."""
    try:
        return [int(word) for word in read(os.path.join("store", "renewal.wait")).split()[:2]]
    except FileNotFoundError:
        return []


def is_held(server):
    """Not asked, and told why and how to ask all the same."""
    before = len(server.keys)
    ended, text = renew()
    return (ended == NETWORK and re.search("the server asked to wait until 20.*--now", text) and
            len(server.keys) == before)


def is_asked(server):
    before = len(server.keys)
    renew()
    return len(server.keys) > before


def test_wait(server, code, headers, expected):
    server.row = status(code + " Odd", *headers)
    ended, text = renew("--now")
    moment = noted()
    waits = moment[1] - moment[0] if moment else None
    if expected == LATER:
        right = moment and 0 <= moment[1] - LATER <= 60
    else:
        right = waits == expected
    longer = any(word in str(headers) for word in ("01", "99", "315"))
    Report.tell("%s %s" % (code, [header[:40] for header in headers]),
                not right and (moment, LATER),
                expected and ended != NETWORK and ended,
                expected and "asked to wait until 20" not in text and text,
                expected and (LONGER in text) != (expected == WEEK and longer) and text,
                expected and not is_held(server) and "not held",
                not expected and not is_asked(server) and "held")


def hold(server, seconds="3600"):
    server.row = status("202 Accepted", "Retry-After: " + seconds)
    renew("--now")


def set_conf(line, by):
    with open(path("landfall.conf")) as conf:
        text = conf.read()
    write("landfall.conf", text.replace(line, by))


def test_moments(server):
    """A moment that is over, one that a clock has noted which is not ours, one of another server."""
    name = os.path.join("store", "renewal.wait")
    url = "https://127.0.0.1:%d" % server.port
    for what, by, held in (("in force", 0, True), ("almost over", -3500, True),
                           ("over", -3601, False), ("noted in a future", 60, False)):
        hold(server)
        words = read(name).decode().split(" ")
        write(name, " ".join([str(int(words[0]) + by), str(int(words[1]) + by)] + words[2:]))
        Report.tell("a moment " + what, held and not is_held(server) and "asked",
                    not held and not is_asked(server) and "held")
    hold(server)
    set_conf(url, url.replace("127.0.0.1", "localhost"))
    ended, text = renew()
    set_conf(url.replace("127.0.0.1", "localhost"), url)
    Report.tell("of another server", "asked to wait" in text and text)
    request("gw-3")
    issue("gw-3.csr", "gw-3.crt", days="80")
    import_identity("gw-3")
    Report.tell("of another certificate", not is_asked(server) and "held")
    import_identity("gw-1")


def test_gone(server):
    """What is answered takes the place of what was asked before; no answer does not."""
    hold(server)
    for row in (says(b""), raw(b"")):
        server.row = row
        renew("--now")
    Report.tell("no answer lifts nothing", not is_held(server) and "lifted")
    server.row = says(b"HTTP/1.1 503 No\r\nRetry-After: 60\r\nContent-Length: 900\r\n\r\nb")
    renew("--now")
    moment = noted()
    Report.tell("half an answer counts", moment[1] - moment[0] != 60 and moment)
    server.row = cert()
    ended, text = renew("--now")
    Report.tell("a certificate lifts it", ended and text, noted() and "kept")


def test_no_file(server):
    """What has the name and is none is replaced, what cannot be replaced costs the wait alone."""
    name = path("store", "renewal.wait")
    for what, make in (("a FIFO", os.mkfifo), ("a folder", os.mkdir),
                       ("a link", lambda name: os.symlink("/dev/zero", name))):
        hold(server)
        os.remove(name)
        make(name)
        asked = is_asked(server)
        ended, text = renew("--now")
        kept = what == "a folder"
        Report.tell(what, not asked and "held", ended != NETWORK and text,
                    kept != ("how long to wait is not kept" in text) and text,
                    not kept and not is_held(server) and "not kept")
        if kept:
            os.rmdir(name)


def test_near_the_end(server):
    request("gw-1")
    issue("gw-1.csr", "gw-1.crt", days="1")
    import_identity("gw-1")
    hold(server, "86400")
    moment = noted()
    Report.tell("no longer than a quarter of what is left",
                not 0 < moment[1] - moment[0] <= 86400 / 4 and moment)
    os.remove(path("store", "renewal.wait"))


def test_keys(server):
    """As long as it is not decided, it is the same key; after that another."""
    import_identity("gw-1")
    del server.keys[:]
    for row in (status("202 Accepted"), says(b""), status("500 Oops"),
                status("429 Too Many"), status("403 No"), status("202 Accepted"), cert(), cert()):
        server.row = row
        renew()
    same = [a == b for a, b in zip(server.keys, server.keys[1:])]
    Report.tell("the same key until it is decided",
                same != [True, True, True, True, False, True, False] and same,
                key_in_use() != server.keys[-1] and "another key",
                os.path.exists(path("store", "renewal.key")) and "it is kept")


def test_damaged(server):
    """The current generation cannot be read: the one before is renewed."""
    server.row = cert()
    renew()
    write(os.path.join("store", "current", "device.crt"), b"\0" * 100)
    damaged = generation()
    ended, text = renew()
    Report.tell("the one before a damaged one is renewed", ended and text,
                generation() == damaged and "nothing came")


def test_same_key(server):
    """The present certificate is no answer, though it is for the key that was asked for."""
    shutil.copy(path("store", "current", "device.crt"), path("present.crt"))
    with open(path("landfall.conf"), "a") as conf:
        conf.write("same_key = true\n")
    test_row(server, "the present certificate", body(lambda: pkcs7("present.crt", "ca.crt")),
             INVALID, "is the certificate that is in use already")
    test_row(server, "another for the same key", cert(), 0, "renewed as")


def main():
    if not shutil.which("faketime"):
        print("1..0 # SKIP faketime is not installed")
        return
    prepare()
    server = Server()
    write("landfall.conf", "[store]\npath = %s\n[renewal]\nest = https://127.0.0.1:%d%s/\nca = %s\n"
          % (path("store"), server.port, os.path.dirname(PATH), path("ca.crt")))
    print("1..%d" % (len(ROWS) + len(WAITS) + 17))
    import_identity("gw-1")
    for row in ROWS:
        test_row(server, *row)
    import_identity("gw-1")
    for row in WAITS:
        test_wait(server, *row)
    test_moments(server)
    test_gone(server)
    test_no_file(server)
    test_near_the_end(server)
    test_keys(server)
    test_damaged(server)
    test_same_key(server)


main()
sys.exit(Report.failed)
