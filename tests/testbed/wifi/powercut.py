#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One power cut in the middle of provisioning, and the look at what is left. Runs in the device:

  powercut.py prepare BACKEND      the manager, one network of the owner's, the device on it
  powercut.py cut POINT NETWORK    from there the phone provisions NETWORK; the power goes at POINT
  powercut.py verdict NETWORK      after the boot: the old networks or the old and NETWORK, nothing
                                   half configured, and the device joins one of them by itself;
                                   then the next cut. After the cut in an undo it is the old
                                   ones only; after that in a reset those of phones may be gone
  powercut.py replace POINT        the access point of a phone's network gets another passphrase,
                                   the phone brings that; the power goes at POINT
  powercut.py replaced             after the boot: a whole network of that name with the passphrase
                                   before or the new one, as it has to be at POINT, and the device
                                   joins the access point that has it

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
HOME = "Landfall Home"  # a phone's network; its access point has one passphrase after another
HOME_ADDRESS = "02:00:00:00:00:00"  # the radio of testbed-ap


def power_off():
    pathlib.Path("/proc/sysrq-trigger").write_text("b")
    time.sleep(60)


class Attempt:
    """The phone at work, and how far the device has come with the network."""

    def __init__(self, manager, network, passphrase, air):
        self.manager = manager
        self.name = network.encode()
        self.air = air
        self.log = pathlib.Path("/tmp/phone")
        words = ["--no-scan", "--ssid", network]
        if network != "Air Open":
            words += ["--passphrase", passphrase]
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


class Replacement(Attempt):
    """The same with a network of that name configured already, and another passphrase."""

    def __init__(self, manager, passphrase):
        self.passphrase = passphrase
        super().__init__(manager, HOME, passphrase, {HOME_ADDRESS: HOME.encode()})

    def is_on_trial(self):
        return self.manager.on_trial(HOME)

    def is_there(self):
        return self.is_on_trial() and super().is_there()

    def has_address(self):
        return all(managers.station())  # it had none when the phone came

    def is_saved(self):
        return self.passphrase in self.manager.passphrases(HOME)

    def reached(self, point):
        return self.is_on_trial() if point == "trial" else super().reached(point)


def prepare(backend):
    manager = managers.MANAGERS[backend]()
    device.start(manager, JOIN_TIMEOUT)
    if not device.wait_for(lambda: all(managers.station())):
        sys.exit(f"{backend} does not join the owner's network")


def cut(point, network):
    manager = managers.current()
    if subprocess.run(["systemctl", "--quiet", "is-active", "testbed-air"]).returncode != 0:
        device.run("testbed-air", "start")
    if not device.wait_for(lambda: all(managers.station())):
        sys.exit("the device is on no network")
    BEFORE.write_text(json.dumps({"point": point,
                                  "names": [name.hex() for name in manager.configured()]}))
    if point == "reset":
        subprocess.Popen(["landfallctl", "provision", "reset"])
        time.sleep(random.uniform(0, 2))
        power_off()
    sys.exit(cut_at(Attempt(manager, network, device.PASSPHRASE, device.air()), point))


def cut_at(attempt, point):
    """Says why not when the phone ended before the device was that far."""
    while not attempt.reached(point):
        if attempt.phone.poll() is not None and not attempt.reached(point):
            return f"the phone ended before: {attempt.log.read_text(errors='replace')[-400:]}"
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


def new_passphrase():
    return f"passphrase {random.getrandbits(32):08x}"


def join_home():
    """The first one, which is to be replaced."""
    passphrase = new_passphrase()
    device.run("testbed-ap", "start", HOME, passphrase)
    for _ in device.tries():
        call = device.phone("--no-scan", "--ssid", HOME, "--passphrase", passphrase)
        if call.outcome == "connected":
            return
    sys.exit(f"the device does not join {HOME}: " + " | ".join(call.tail))


def replace(point):
    manager = managers.current()
    device.run("testbed-air", "stop")
    if not manager.passphrases(HOME):
        join_home()
    new = new_passphrase()
    device.run("testbed-ap", "start", HOME, new)
    if not device.wait_for(lambda: not any(managers.station())):
        sys.exit("the device does not lose the network")
    BEFORE.write_text(json.dumps({"point": point, "new": new, "kept": manager.passphrases(HOME),
                                  "names": len(set(manager.configured()))}))
    for _ in device.tries():  # iwd may not have heard the access point since it is back
        why = cut_at(Replacement(manager, new), point)
    sys.exit(why)


def may_be_kept(memory, kept):
    """What the disk has under the name: the old ones, at some point joined by the new one, at some
    later point less the old ones."""
    old, new, point = set(memory["kept"]), memory["new"], memory["point"]
    if point == "told":
        return new in kept and kept <= old | {new}
    if point == "trial":
        return kept == old
    # To see the link takes as long as the rest of a join: from there on it may be over. And iwd has
    # one file for a name, and writes it before the device is told of the link.
    return kept == old or (new in kept and kept <= old | {new})


def home_trouble(manager, names):
    others = [name for name in manager.configured() if name != HOME.encode()]
    if len(set(others)) + 1 != names or device.OWN not in others:
        return f"configured are {others} beside the network, {names} before"
    if half := list(manager.half()):
        return "; ".join(half)
    access_point, address = managers.station()
    if access_point != HOME_ADDRESS or not address:
        return f"at {access_point} with the address {address}"
    return None


def replaced():
    manager = managers.current()
    memory = json.loads(BEFORE.read_text())
    kept = manager.passphrases(HOME)
    found = " and ".join(["old"] * bool(set(kept) & set(memory["kept"])) +
                         ["new"] * (memory["new"] in kept)) or "no"
    if not kept or not may_be_kept(memory, set(kept)):
        sys.exit(f"passphrases are {kept}, {memory['kept']} before, {memory['new']} is the new one")
    new = memory["new"] in kept
    device.run("testbed-ap", "start", HOME, memory["new"] if new else random.choice(kept))
    device.wait_for(lambda: not home_trouble(manager, memory["names"]))
    if what := home_trouble(manager, memory["names"]):
        sys.exit(f"{what}; the disk had the {found} passphrase")
    print(found)


def main():
    verb, *words = sys.argv[1:]
    verbs = {"prepare": prepare, "cut": cut, "verdict": verdict,
             "replace": replace, "replaced": replaced}
    verbs[verb](*words)


main()
