#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One power cut in the middle of provisioning, and the look at what is left. Runs in the device:

  powercut.py prepare BACKEND      the manager, one network of the owner's, the device on it
  powercut.py cut POINT NETWORK    from there the phone provisions NETWORK; the power goes at POINT
  powercut.py verdict NETWORK      after the boot: the old networks or the old and NETWORK, nothing
                                   half configured, and the device joins one of them by itself;
                                   then the next cut. After the cut in an undo it is the old
                                   ones only; after that in a reset those of phones may be gone

The power goes as the kernel's request for an immediate reset: nothing is written any more.
"""
import json
import pathlib
import random
import subprocess
import sys
import time

import device
import managers

BEFORE = pathlib.Path("/testbed/lab/powercut.json")  # of the host: outlives the cut
JOIN_TIMEOUT = 60


def power_off():
    pathlib.Path("/proc/sysrq-trigger").write_text("b")
    time.sleep(60)


class Attempt:
    """The phone at work, and how far the device has come with the network."""

    def __init__(self, manager, network):
        self.manager = manager
        self.name = network.encode()
        self.air = device.air()
        self.log = pathlib.Path("/tmp/phone")
        words = ["--no-scan", "--ssid", network]
        if network != "Air Open":
            words += ["--passphrase", device.PASSPHRASE]
        self.phone = subprocess.Popen(device.phone_command(*words), stdout=self.log.open("w"))

    def said(self, step):
        return f'"step":"{step}"' in self.log.read_text(errors="replace")

    def is_there(self):
        access_point, _ = managers.station()
        return self.air.get(access_point) == self.name

    def has_address(self):
        return self.is_there() and managers.station()[1]

    def is_saved(self):
        return self.name in self.manager.configured()

    def later(self):
        """Some time after the device was told to join."""
        if not self.said("applied"):
            return False
        time.sleep(random.uniform(0, 15))
        return True

    def undone(self):
        """What the failed attempt left is being taken back, or was."""
        if not self.said("failed"):
            return False
        time.sleep(random.uniform(0, 2))
        return True

    def reached(self, point):
        return {
            "session": lambda: self.said("session"),
            "credentials": lambda: self.said("credentials"),
            "applied": lambda: self.said("applied"),
            "associated": self.is_there,
            "address": self.has_address,
            "saved": self.is_saved,
            "told": lambda: self.said("joined"),
            "random": self.later,
            "undo": self.undone,
        }[point]()


def prepare(backend):
    manager = managers.MANAGERS[backend]()
    device.start(manager, JOIN_TIMEOUT)
    if not device.wait_for(lambda: all(managers.station())):
        sys.exit(f"{backend} does not join the owner's network")


def cut(point, network):
    manager = managers.current()
    if not device.wait_for(lambda: all(managers.station())):
        sys.exit("the device is on no network")
    BEFORE.write_text(json.dumps({"point": point,
                                  "names": [name.hex() for name in manager.configured()]}))
    if point == "reset":
        subprocess.Popen(["landfallctl", "provision", "reset"])
        time.sleep(random.uniform(0, 2))
        power_off()
    attempt = Attempt(manager, network)
    while not attempt.reached(point):
        if attempt.phone.poll() is not None and not attempt.reached(point):
            sys.exit(f"the phone ended before: {attempt.log.read_text(errors='replace')[-400:]}")
        time.sleep(0.02)
    power_off()


def is_whole(point, configured, before, name):
    """Either what was there before, or what the step was on the way to."""
    if point == "undo":
        return configured == before
    if point == "reset":
        return {device.OWN} <= configured <= before
    return configured in (before, before | {name})


def trouble(manager, point, before, name):
    configured = set(manager.configured())
    access_point, address = managers.station()
    if not is_whole(point, configured, before, name):
        return f"configured are {sorted(configured)}, before {sorted(before)}"
    if half := list(manager.half()):
        return "; ".join(half)
    if device.air().get(access_point) not in configured or not address:
        return f"at {access_point} with the address {address}, configured {sorted(configured)}"
    return None


def verdict(network):
    manager = managers.current()
    memory = json.loads(BEFORE.read_text())
    before = {bytes.fromhex(name) for name in memory["names"]}
    case = manager, memory["point"], before, network.encode()
    device.run("testbed-ap", "start")
    device.run("testbed-air", "start")
    device.wait_for(lambda: not trouble(*case))
    if what := trouble(*case):
        sys.exit(what)
    print("old" if set(manager.configured()) == before else "new")


def main():
    verb, *words = sys.argv[1:]
    {"prepare": prepare, "cut": cut, "verdict": verdict}[verb](*words)


main()
