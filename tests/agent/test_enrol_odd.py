#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""test_enrol_odd.py AGENT LANDFALLCTL: the agent is enrolled by a cloud that is odd.

Each row is a cloud that has one exchange with the agent: what it does to the connection, or says,
and the words that have to come of it. Unless there are none the claim stays current, and the agent
waits for its next attempt; after all of them a cloud that is in order enrols it still."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # of what follows, in the source tree
from mqtt_peer import Peer, packet, server_context  # noqa: E402
from odd import Report, issue, path, read, request, run, write  # noqa: E402

AGENT, CTL = sys.argv[1:]
DEADLINE_S = 60
SECRETS = ("key-1-of-the-profile", "secret-1-of-the-profile")


# --- the device ---

class Agent:
    """landfall-agent with a store and a configuration of its own."""

    def __init__(self, folder, *lines, device="dev-1", timeout="1min", meanwhile=None, **how):
        self.dir = folder
        self.device = device
        self.log = path(folder + ".log")
        os.makedirs(path(folder))
        self.conf = write(folder + ".conf", "\n".join((
            "[store]", "path = " + path(folder, "store"), "trial = 1h",
            "[agent]", "spool = " + path(folder, "spool", "spool.db"),
            "ingest = " + path(folder, "agent.sock"), "interval = 1h", "bus =",
            "[enrolment]", "uri = mqtts://127.0.0.1:%d" % CLOUD.port, "timeout = " + timeout,
            *lines, "")))
        self.bring(**how)
        CLOUD.row = meanwhile or refuses
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            wrap = os.environ.get("LANDFALL_WRAP", "").split()
            self.process = subprocess.Popen([*wrap, AGENT, "--config", self.conf], stderr=log)
        wait(lambda: self.status() is not None, "a status")

    def bring(self, broker="[broker]\n", name=None):
        """The claim is current, as if nothing had been."""
        name = name or self.device
        os.makedirs(path("in"), exist_ok=True)
        for ours, theirs in ((name + ".crt", "device.crt"), (name + ".key", "device.key"),
                             ("ca.crt", "server_chain.pem")):
            shutil.copy(path(ours), path("in", theirs))
        write("in/broker.conf", broker)
        run(CTL, "--config", self.conf, "store", "import", path("in"))

    def status(self):
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.connect(path(self.dir, "agent.sock"))
            except OSError:
                return None
            sock.sendall(b'{"op":"status"}\n')
            sock.shutdown(socket.SHUT_WR)
            return json.loads(b"".join(iter(lambda: sock.recv(65536), b"")))

    def enrolment(self):
        return self.status()["enrolment"]

    def says(self, words):
        """Waits for its next attempt, because of that."""
        now = self.enrolment()
        return now["state"] == "waiting" and words in now["error"]

    def file(self, name):
        """Of the current generation"""
        return read(os.path.join(self.dir, "store", "current", name)).decode()

    def enrolled(self):
        return "enrolled" in self.file("broker.conf")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Its exit status."""
        self.signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


def wait(condition, what, nudge=None):
    """False when it never came."""
    end = time.monotonic() + DEADLINE_S
    nudged = 0
    while not condition():
        if time.monotonic() > end:
            print("# no " + what)
            return False
        if nudge and time.monotonic() > nudged + 1:
            nudge()
            nudged = time.monotonic()
        time.sleep(0.01)
    return True


# --- what a cloud does ---

def exchange(filters, *answers, code=0, flags=0, granted=1, puback=0):
    """Admits the device, grants its subscriptions, and gives for each question one of the answers:
    a function of the link and the question's payload."""
    def row(link):
        link.accept(code, flags)
        link.grant(filters, granted)
        for answer in answers:
            answer(link, link.question(puback)[1])
        link.drain()
    return row


def says(topic, *payloads, **how):
    def answer(link, _):
        for one in payloads:
            link.publish(topic, one, **how)
    return answer


def silent(*_):
    pass


def closes(*_):
    raise OSError("enough")


def closes_after(answer):
    def both(link, asked):
        answer(link, asked)
        raise OSError("enough")
    return both


def hides(link):
    """Admits, and says no more."""
    link.accept()
    link.drain()


def refuses(link):
    link.accept(5)


def octet_by_octet(link):
    link.take_connect()
    for one in packet(0x20, b"\0\0"):
        link.send(bytes([one]))
        time.sleep(0.6)
    link.drain()


def sends(octets):
    def answer(link, _):
        link.send(octets)
    return answer


def floods(link, _):
    while True:
        link.publish("not/for/you", b"z" * 60000, qos=0)


def before_the_question(topic, payload):
    def row(link):
        link.accept()
        link.publish(topic, payload)
        link.grant(1)
        link.question()
        link.drain()
    return row


def acknowledged_late(code, topic, payload):
    """The broker takes its time to say that it does not like the question, which was answered."""
    def row(link):
        link.accept()
        link.grant(1)
        link.question(code, answer=False)
        link.publish(topic, payload)
        link.send(link.puback)
        link.drain()
    return row


# --- DPS ---

DPS = "$dps/registrations/res/"
ASSIGNING = '{"operationId":"op-1","status":"assigning"}'


def assigned(hub="hub.invalid", device="dev-1"):
    return json.dumps({"operationId": "op-1", "status": "assigned", "registrationState": {
        "assignedHub": hub, "deviceId": device}})


def registered(status, payload, rid="1", **how):
    return exchange(1, says(DPS + "%s/?$rid=%s" % (status, rid), payload, **how))


def hub(name):
    return registered(200, assigned(name))


def device(name):
    return registered(200, assigned(device=name))


NO_JSON = "the answer is no JSON object"
NO_HOST = "is no name of a host"
NO_ID = "the device's id is to be of"
SILENT = "did not answer within 1 s"
DPS_ROWS = [
    # name, what the cloud does, words; None: the device is enrolled
    ("at once", registered(200, assigned()), None),
    ("at last", exchange(1, says(DPS + "202/?$rid=1&retry-after=1", ASSIGNING),
                         says(DPS + "200/?$rid=2", assigned())), None),
    ("QoS 0", registered(200, assigned(), qos=0), None),
    ("two answers", exchange(1, says(DPS + "200/?$rid=1", assigned(), "{}")), None),
    ("closed after the answer", exchange(1, closes_after(says(DPS + "200/?$rid=1", assigned()))),
     None),
    ("a refusal after the answer", exchange(1, lambda link, asked: (
        link.publish(DPS + "200/?$rid=1", assigned()), link.publish(DPS + "401/?$rid=1", "{}"))),
     None),
    ("an address", hub("127.0.0.1"), None),
    ("cut short", registered(200, assigned()[:50]), NO_JSON),
    ("nearly a MiB", registered(200, '{"status":"%s"}' % ("y" * 900000)), NO_JSON),
    ("deep", registered(200, '{"a":' * 9000 + "1" + "}" * 9000), NO_JSON),
    ("an array", registered(200, "[%s]" % assigned()), NO_JSON),
    ("nothing", registered(200, ""), NO_JSON),
    ("NUL", hub("h\0ub"), NO_JSON),
    ("no UTF-8", registered(200, assigned().encode().replace(b"hub", b"h\xff")), NO_JSON),
    ("a number for a text", registered(200, assigned(hub=7)), "no text assignedHub"),
    ("an array for an object", registered(200, '{"status":"assigned","registrationState":[1]}'),
     "no text assignedHub"),
    ("an unknown status", registered(200, '{"status":"x\\u001b[31m\\n"}'), "(x?[31m?)"),
    ("negative pause", registered(429, "{}", "1&retry-after=-5"), "is busy (429)"),
    ("endless pause", registered(503, "{}", "1&retry-after=" + "9" * 40), "is busy (503)"),
    ("a port", hub("hub.invalid:8883"), NO_HOST),
    ("a scheme", hub("mqtt://hub.invalid"), NO_HOST),
    ("controls", hub("h\nub"), 'hub "h?ub" ' + NO_HOST),
    ("no host", hub(""), "no text assignedHub"),
    ("a long host", hub("x" * 10000), NO_HOST),
    ("a wide host", hub("*.invalid"), NO_HOST),
    ("brackets", hub("[::1]"), NO_HOST),
    ("a path", device("a/b"), NO_ID),
    ("a wildcard", device("+"), NO_ID),
    ("a long device", device("x" * 10000), NO_ID),
    ("no device", device(""), "no text deviceId"),
]
SILENT_ROWS = [
    ("to another request", registered(200, assigned(), "2"), SILENT),
    ("to no request", exchange(1, says(DPS + "200/", assigned())), SILENT),
    ("retained", registered(200, assigned(), retain=True), SILENT),
    ("before the question", before_the_question(DPS + "200/?$rid=1", assigned()), SILENT),
    ("no CONNACK", lambda link: link.drain(), SILENT),
    ("CONNACK by and by", octet_by_octet, SILENT),
    ("no SUBACK", hides, SILENT),
    ("no answer", exchange(1, silent), SILENT),
    ("other messages without end", exchange(1, floods), SILENT),
]


# --- ThingsBoard ---

TB = "/provision/response"
SUCCESS = '{"status":"SUCCESS","credentialsType":"X509_CERTIFICATE","credentialsValue":"x"}'
FAILURE = '{"status":"FAILURE","errorMsg":"no"}'
ECHO = json.dumps({"status": "FAILURE", "errorMsg": "no %s here" % SECRETS[1]})


def provisioned(payload, **how):
    return exchange(1, says(TB, payload), **how)


TB_ROWS = [
    ("in order", provisioned(SUCCESS), None),
    ("a session that is not ours", provisioned(SUCCESS, flags=1), None),
    ("a lesser subscription", provisioned(SUCCESS, granted=0), None),
    ("refused", provisioned(FAILURE), "(FAILURE): no; nor is the certificate known: "),
    ("refused, in our words", provisioned(ECHO), "(FAILURE): words that are not shown"),
    ("CONNACK 1", exchange(1, code=1), "protocol version not supported"),
    ("CONNACK 2", exchange(1, code=2), "client id not accepted"),
    ("CONNACK 3", exchange(1, code=3), "server unavailable"),
    ("CONNACK 4", exchange(1, code=4), "bad user name or password"),
    ("CONNACK 5", exchange(1, code=5), "not authorised"),
    ("CONNACK 6", exchange(1, code=6), "unknown reason"),
    ("closed", lambda link: None, "connection lost instead of an answer to CONNECT"),
    ("closed when subscribed to", lambda link: link.accept(), "connection lost"),
    ("closed when asked", exchange(1, closes), "connection lost"),
    ("no subscription", provisioned(SUCCESS, granted=128), "refused the subscription"),
    ("no MQTT", exchange(1, sends(b"\xff" * 100)), "broke the rules of MQTT"),
]
TB5_ROWS = [
    ("a late PUBACK: %#x" % code, acknowledged_late(code, TB, SUCCESS), None)
    for code in (0x10, 0x80, 0x87, 0x97)
] + [
    ("a DISCONNECT after the answer", exchange(1, lambda link, asked: (
        link.publish(TB, SUCCESS), link.send(b"\xe0\x02\x8e\0"))), None),
    ("PUBACK 0x97 and no answer", exchange(1, silent, puback=0x97),
     "refused the message: quota exceeded"),
    ("SUBACK 0x87", provisioned(SUCCESS, granted=0x87), "refused the subscription: not authorised"),
    ("CONNACK 0x9f", exchange(1, code=0x9f), "too many connections"),
    ("DISCONNECT 0x89", exchange(1, sends(b"\xe0\x02\x89\0")), "server busy"),
]


# --- AWS ---

AWS = "$aws/certificates/create-from-csr/json"
THING = "$aws/provisioning-templates/fleet/provision/json"


def signs(*words, **how):
    """A certificate for what was asked."""
    def make(asked):
        write("asked.csr", asked)
        issue("asked.csr", "new.crt", *words, **how)
        return read("new.crt").decode()
    return make


def certified(make=signs(), **members):
    def answer(link, asked):
        say = {"certificateId": "c", "certificateOwnershipToken": "token-1",
               "certificatePem": make(json.loads(asked)["certificateSigningRequest"]), **members}
        link.publish(AWS + "/accepted", json.dumps(say))
    return answer


def thing(name="thing-7"):
    return says(THING + "/accepted", json.dumps({"thingName": name, "deviceConfiguration": {}}))


def certificate(make, **members):
    return exchange(4, certified(make, **members), thing())


def with_key(asked):
    return signs()(asked) + read("claim.key").decode()


def rejected(payload):
    return exchange(4, says(AWS + "/rejected", payload))


FOR_US = "is not for the key that one was asked for"
AWS_ROWS = [
    ("in order", certificate(signs()), None),
    ("another common name", certificate(signs("-subj", "/CN=other")), None),
    ("a key with it", certificate(with_key, privateKey="-----BEGIN PRIVATE KEY-----"), None),
    ("a token of controls", certificate(signs(), certificateOwnershipToken='t\n"\\\x01'), None),
    ("another's", certificate(lambda asked: read("claim.crt").decode()), FOR_US),
    ("its issuer first", certificate(lambda asked: read("ca.crt").decode() + signs()(asked)),
     FOR_US),
    ("no certificate", certificate(lambda asked: "hello"), "is none in PEM form"),
    ("a long one", certificate(lambda asked: signs()(asked) + "#" * 17000), "longer than 16384"),
    ("300 KiB", certificate(lambda asked: "QUJD\n" * 60000), NO_JSON),
    ("no token", certificate(signs(), certificateOwnershipToken=None),
     "no text certificateOwnershipToken"),
    ("run out", certificate(signs(when="-30d", days="9")), "has run out"),
    ("not valid yet", certificate(signs(when="+30d")), "is not valid yet"),
    ("signed with SHA-1", certificate(signs("-sha1")), "SHA-1"),
    ("rejected, of odd types", rejected('{"statusCode":"429","errorCode":7,"errorMessage":["x"]}'),
     "a certificate is refused (0 no reason given)"),
    ("rejected, a large number", rejected('{"statusCode":1e300}'), "a certificate is refused (0 "),
    ("rejected, nonsense", rejected("no"), NO_JSON),
] + [
    ("a thing named %.9r" % name, exchange(4, certified(), thing(name)), words)
    for name, words in (("a/b", "and not \"a/b\""), ("+", "and not"), ("x" * 10000, "and not"),
                        ("", "no text thingName"), ("th\0ing", NO_JSON))
]


# --- the tests ---

def enrol(agent, row):
    """Has a claim and that cloud meet. Whether it came to an end, and the error."""
    CLOUD.row = row
    begun, before = len(CLOUD.began), len(CLOUD.ran)
    if agent.enrolled():
        agent.bring()

    def ended():
        return row in CLOUD.ran[before:] and (
            agent.enrolled() or agent.enrolment()["state"] == "waiting")

    def nudge():
        if row not in CLOUD.began[begun:]:
            agent.signal(signal.SIGHUP)
    done = wait(ended, "end", nudge)
    return done, agent.enrolment()["error"]


def test_rows(agent, title, rows):
    for name, row, words in rows:
        done, error = enrol(agent, row)
        enrolled = agent.enrolled()
        Report.tell(title + ": " + name,
                    not done and "it did not end",
                    enrolled != (words is None) and "enrolled: %s, %s" % (enrolled, error),
                    words and words not in error and error,
                    "PRIVATE" in agent.file("device.crt") and "a key",
                    any(secret in json.dumps(agent.status()) for secret in SECRETS) and "secret",
                    os.path.exists(path(agent.dir, "store", "generations", ".new")) and "leftovers",
                    CLOUD.fault and repr(CLOUD.fault))
    end(agent)


def end(agent):
    status = agent.stop()
    log = read(agent.log).decode()
    Report.tell("%s: the end" % agent.dir, status and "status %d" % status,
                any(secret in log for secret in SECRETS) and "a secret in the log",
                ("critical" in log or "anitizer" in log) and log)


def test_known_to_all():
    """Refused; and the broker takes whoever comes, which does not show that it knows the device."""
    anybody = Peer(server_context(path("server.crt"), path("server.key"), path("ca.crt"), False))
    anybody.row = hides
    agent = Agent("anybody", *TB_LINES, "uri = mqtts://127.0.0.1:%d" % anybody.port)
    _, error = enrol(agent, provisioned(FAILURE))
    Report.tell("a broker that takes anybody", agent.enrolled() and "enrolled",
                "does not ask for it" not in error and error)
    end(agent)


def test_of_no_use():
    """What broker.conf of the claim says would make its outcome one that cannot be used."""
    agent = Agent("unfit", *DPS_LINES, meanwhile=registered(200, assigned()),
                  broker="[broker]\nprofile = plain\ntopic = a/b\n")
    before = len(CLOUD.ran)
    fits = wait(lambda: agent.says("[broker] topic means nothing to the profile iothub"), "words")
    agent.bring("[broker]\nprotocol = 5\n")
    fits = fits and wait(lambda: agent.says("the profile iothub speaks 3.1.1 alone"), "words")
    Report.tell("a claim whose settings do not fit", not fits and agent.enrolment(),
                len(CLOUD.ran) != before and "the cloud was asked")
    agent.bring()
    Report.tell("one whose settings do", not wait(agent.enrolled, "identity") and "not enrolled")
    end(agent)


def test_clock():
    """A claim that is not valid yet, as far as an import allows it, holds up no other one."""
    request("later")
    issue("later.csr", "later.crt", when="+20h")
    agent = Agent("clock", *DPS_LINES, name="later")
    waits = wait(lambda: agent.says("set the clock (date)"), "words")
    Report.tell("a claim of the future", not waits and agent.enrolment())
    CLOUD.row = registered(200, assigned())
    agent.bring()
    Report.tell("another one after it", not wait(agent.enrolled, "identity") and "not enrolled")
    end(agent)


def test_replaced():
    """Another claim comes while the cloud is silent: it is not made to wait for a long pause."""
    agent = Agent("replaced", *DPS_LINES, timeout="1s")
    for _ in range(9):  # pauses are minutes by now
        enrol(agent, registered(401, "{}"))
    pause = agent.enrolment()["retry_ms"]
    quiet = exchange(1, silent)
    CLOUD.row = quiet
    agent.signal(signal.SIGHUP)
    wait(lambda: quiet in CLOUD.began, "exchange")
    CLOUD.row = registered(200, assigned())
    agent.bring()
    Report.tell("replaced during an exchange (the pause before was %d ms)" % pause,
                not wait(agent.enrolled, "identity") and agent.enrolment())
    end(agent)


def test_stop():
    """It ends when it is asked to, whatever the cloud is at."""
    for name, row in (("CONNACK", lambda link: link.drain()), ("SUBACK", hides),
                      ("the answer", exchange(1, silent)),
                      ("the next question", exchange(1, says(
                          DPS + "202/?$rid=1&retry-after=60", ASSIGNING)))):
        before = len(CLOUD.began)
        agent = Agent("stop-" + name.replace(" ", "-"), *DPS_LINES, meanwhile=row)
        wait(lambda: len(CLOUD.began) > before, "connection")
        end(agent)


def prepare():
    for name in ("ca", "server", "dev-1", "claim"):
        request(name)
    run("openssl", "req", "-x509", "-key", path("ca.key"), "-subj", "/CN=ca", "-days", "3650",
        "-out", path("ca.crt"))
    issue("server.csr", "server.crt", ext="subjectAltName=IP:127.0.0.1\n")
    for name in ("dev-1", "claim"):
        issue(name + ".csr", name + ".crt", ext="extendedKeyUsage=clientAuth\n")
    os.chmod(write("secret", "\n".join(SECRETS)), 0o600)


def peer():
    return Peer(server_context(path("server.crt"), path("server.key"), path("ca.crt")))


def main():
    test_rows(Agent("dps", *DPS_LINES), "dps", DPS_ROWS)
    test_rows(Agent("silent", *DPS_LINES, timeout="1s"), "silence", SILENT_ROWS)
    house = "uri = mqtts://127.0.0.1:%d" % HOUSE.port
    test_rows(Agent("tb", *TB_LINES, house), "thingsboard", TB_ROWS)
    test_rows(Agent("tb5", *TB_LINES, "protocol = 5", house), "MQTT 5", TB5_ROWS)
    test_rows(Agent("aws", "method = aws-fleet", "template = fleet", "name = dev-7", "[broker]",
                    "profile = aws", house, device="claim"), "aws", AWS_ROWS)
    test_known_to_all()
    test_of_no_use()
    test_clock()
    test_replaced()
    test_stop()
    print("1..%d" % Report.number)


if not shutil.which("faketime"):
    print("1..0 # SKIP faketime is not installed")
    sys.exit(0)
prepare()
CLOUD = peer()
HOUSE = peer()
HOUSE.row = refuses
DPS_LINES = ("method = dps", "id_scope = 0ne1")
TB_LINES = ("method = thingsboard", "secret = " + path("secret"), "ca = " + path("ca.crt"),
            "[broker]")
main()
sys.exit(Report.failed)
