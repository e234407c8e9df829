# SPDX-License-Identifier: MIT
"""The device, its phone and the air around it, for the tests of Wi-Fi. Runs in the device."""
import json
import pathlib
import re
import subprocess
import time

import managers

PASSPHRASE = "correct horse battery"
OWN = b"Landfall Lab"  # configured by the owner, not by Landfall
PATIENCE = 300  # seconds for anything to happen; only a hang takes so long
SETTINGS = pathlib.Path("/etc/landfall/landfall.conf.d/wifi-test.conf")
POP = "/var/lib/landfall/provisioner/pop"
PHONE_WORDS = {0: "connected", 3: "not-on-air", 5: "connection-lost", 8: "auth-error",
               9: "not-found", 15: "join-failed"}


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def wait_for(condition, patience=PATIENCE):
    """Repeat a question until its answer is true, or the patience is over; the last answer."""
    deadline = time.monotonic() + patience
    while not (answer := condition()) and time.monotonic() < deadline:
        time.sleep(0.3)
    return answer


def tries(patience=120):
    """For what may fail now and then under emulation, as a scan may miss a network: one turn after
    the other until the patience is over. What was scanned a moment ago is not scanned again."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        yield
        time.sleep(1)


class Call:
    """What came of one call of the phone."""

    def __init__(self, done):
        self.steps = [json.loads(line) for line in
                      done.stdout.decode(errors="replace").splitlines() if line.startswith("{")]
        self.outcome = PHONE_WORDS.get(done.returncode, f"exit status {done.returncode}")
        self.tail = done.stdout.decode(errors="replace").splitlines()[-1:] + \
            done.stderr.decode(errors="replace").splitlines()[-3:]

    def step(self, name):
        """The last step of that name."""
        found = [step for step in self.steps if step["step"] == name]
        return found[-1] if found else None


def device_name():
    address = pathlib.Path("/sys/class/net/wlan0/address").read_text().replace(":", "").strip()
    return "PROV_" + address[-6:].upper()


def phone_command(*words, habit="android"):
    return ["landfall-test-phone", "--json", "--habit", habit, "--sec", "1", "--pop-file", POP,
            "--exact", device_name(), "--scan-time", str(PATIENCE), "--time", str(PATIENCE),
            "--time-scale", "0.3", *words]


def phone(*words, habit="android"):
    return Call(subprocess.run(phone_command(*words, habit=habit), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE))


def air():
    """Name of the network of each access point, by hardware address."""
    known = {}
    for line in managers.output("testbed-air", "list").splitlines():
        _, address, name = line.split(" ", 2)
        known[address] = bytes.fromhex(name[1:]) if name.startswith("=") else name.encode()
    known["02:00:00:00:00:00"] = OWN
    return known


def start(manager, join_timeout):
    """The laboratory, the manager with one network of the owner's, the provisioner in the air."""
    SETTINGS.write_text("[provisioner]\nsecurity = 1\nadvertise = always\n"
                        f"join_timeout = {join_timeout}s\nwifi = {manager.name}\n")
    run("testbed-ap", "start")
    run("testbed-air", "start")
    run("testbed-manager", manager.name)
    manager.configure(OWN.decode(), PASSPHRASE)
    run("systemctl", "restart", "landfall-provisioner")


def identity_words(name):
    """For the phone: it brings an identity, for a key of the device, and settings for EAP-TLS."""
    trust = "/testbed/lab/ca.crt"  # of broker and network
    broker, wifi = pathlib.Path("/tmp/broker.conf"), pathlib.Path("/tmp/wifi.conf")
    broker.write_text("[broker]\nuri = mqtts://broker.landfall.test:8883\n")
    wifi.write_text("[wifi]\ndomain = radius.landfall.test\n")
    return ["--csr-name", name, "--sign-command", 'testbed-ca sign "$1"', "--trust-in", trust,
            "--broker-in", str(broker), "--wifi-in", str(wifi), "--wifi-trust-in", trust]


def journal(since):
    """What the provisioner and the manager logged."""
    return managers.output("journalctl", "-o", "short-monotonic", "--since", f"@{since:.0f}",
                           "-u", "landfall-provisioner", "-u", "NetworkManager",
                           "-u", "wpa_supplicant", "-u", "iwd").splitlines()


def asked_twice(access_point, since):
    """Has the kernel repeated its request to associate there, for want of an answer?"""
    log = managers.output("journalctl", "--dmesg", "-o", "cat", "--since", f"@{since:.0f}")
    return re.search(rf"associate with {access_point} \(try [23]/", log) is not None
