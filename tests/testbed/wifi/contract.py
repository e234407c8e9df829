#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The contract of every Wi-Fi back end, one case a TAP point. Runs in the device:

  contract.py BACKEND [--all | CASE...]

After each case the manager's own files and tools must show exactly the networks that were joined,
nothing half configured, and the device on the right one: the new one, or the one before.
"""
import re
import subprocess
import sys
import time

import device
import managers
from device import OWN, PASSPHRASE, phone

FAILED = ("auth-error", "not-found", "join-failed")
LONG = "Air name of thirty-two octets..."
ODD = bytes.fromhex("41697220c328ff7f")
UTF8 = "Schlüssel für die Luft"
SHORT = "kurz7"
WEP = "thirteen here"

CASES = []  # function, what it shows, whether it is of the core


def case(text, core=False):
    def add(function):
        CASES.append((function, text, core))
        return function
    return add


class Broken(Exception):
    """The contract is."""


class Skipped(Exception):
    """This back end cannot, and says why."""


class Contract:
    def __init__(self, manager):
        self.manager = manager
        self.air = device.air()
        self.near, self.far = sorted(at for at in self.air if self.air[at] == b"Air Twin")
        self.configured = {OWN}
        self.home = OWN
        self.call = None  # the last of the phone

    def trouble(self):
        """What is not as it should be, None when all is well."""
        access_point, address = managers.station()
        names = sorted(self.manager.configured())
        half = list(self.manager.half())
        if names != sorted(self.configured):
            return f"configured are {names}, not {sorted(self.configured)}"
        if half:
            return "; ".join(half)
        if self.air.get(access_point) != self.home:
            return f"on {self.air.get(access_point)} ({access_point}), not on {self.home}"
        if not address:
            return f"on {self.home} without an address"
        return None

    def settle(self):
        if device.wait_for(lambda: not self.trouble(), 120):
            return
        if trouble := self.trouble():
            raise Broken(trouble)

    def ask(self, *words, expect, **how):
        self.call = phone(*words, **how)
        if self.call.outcome not in expect:
            raise Broken(f"the phone ends with {self.call.outcome}, not {' or '.join(expect)}: "
                         + " | ".join(self.call.tail))
        return self.call

    def joins(self, name, passphrase=PASSPHRASE, first=None, bssid=None):
        """These credentials lead there, maybe after a wrong passphrase on the same session."""
        words = self.credentials(name, passphrase, first, bssid)
        self.arrived(name, self.ask("--no-scan", *words, expect=["connected"]), bssid)

    @staticmethod
    def credentials(name, passphrase, first=None, bssid=None):
        words = ["--ssid", name]
        if first:
            words += ["--passphrase", first, "--expect-first", "auth-error", "--then-ssid", name]
        if passphrase:
            words += ["--then-passphrase" if first else "--passphrase", passphrase]
        if bssid:
            words += ["--bssid", bssid]
        return words

    def arrived(self, name, call, bssid=None):
        """The device is where the phone was told it is."""
        self.home = name if isinstance(name, bytes) else name.encode()
        self.configured.add(self.home)
        self.settle()
        access_point, address = managers.station()
        if call.step("joined")["ip4"] != address:
            raise Broken(f"told {call.step('joined')['ip4']}, has {address}")
        if bssid and access_point != bssid:
            raise Broken(f"at the access point {access_point}, not {bssid}")

    def fails(self, name, passphrase=PASSPHRASE, expect=FAILED):
        """They do not, and the network before is as it was."""
        self.ask("--no-scan", *self.credentials(name, passphrase), expect=expect)
        self.settle()


@case("the networks in the air are listed, each with its kind, one entry for two of a name", True)
def kinds(contract):
    wanted = {b"Air WPA2": (3, 1), b"Air WPA3": (6, 1), b"Air WPA2 WPA3": (7, 1),
              b"Air Open": (0, 1), b"Air OWE": (0, 1), b"Air EAP-TLS": (5, 1),
              b"Air 5 GHz": (3, 36), b"Air UTF-8": (3, 36), b"Air Short": (6, 36),
              b"Air WEP": (1, 11), b"Air Fading": (3, 11), b"Air Twin": (3, 1),
              LONG.encode(): (3, 1), ODD: (3, 1), OWN: (3, 6)}
    if "odd" in contract.manager.cannot:
        del wanted[ODD]  # what cannot be joined is not offered
    missing = wanted
    for _ in device.tries():
        call = contract.ask(expect=["connected"], habit="esp_prov")
        seen = {bytes.fromhex(entry["octets"]): (entry["auth"], entry["channel"])
                for entry in call.step("networks")["networks"]}
        missing = {name: kind for name, kind in wanted.items() if seen.get(name) != kind}
        if not missing:
            break
    if missing:
        raise Broken(f"not seen, or seen otherwise: {missing}; seen {seen}")
    twins = [entry["bssid"] for entry in call.step("networks")["networks"]
             if bytes.fromhex(entry["octets"]) == b"Air Twin"]
    if twins != [contract.near.replace(":", "")]:
        raise Broken(f"of the two of one name {twins} are listed")
    contract.settle()


@case("WPA2", True)
def wpa2(contract):
    contract.joins("Air WPA2")


@case("a wrong passphrase is an auth-error, the network before is back", True)
def wrong(contract):
    contract.fails("Air WPA2 WPA3", "not the passphrase", ["auth-error"])


@case("corrected in a new session; WPA2 and WPA3 mixed", True)
def mixed(contract):
    contract.joins("Air WPA2 WPA3")


@case("corrected in the same session; a name that is no UTF-8", True)
def odd(contract):
    if reason := contract.manager.cannot.get("odd"):
        contract.fails(ODD, expect=["join-failed"])
        raise Skipped(reason)
    contract.joins(ODD, first="not the passphrase")


@case("WPA3: a wrong passphrase is an auth-error, corrected in the same session", True)
def wpa3(contract):
    contract.joins("Air WPA3", first="not the passphrase")


@case("an absent network is not-found, the network before is back", True)
def absent(contract):
    contract.fails("Air Nowhere", expect=["not-found"])


@case("the access point vanishes when the keys are there, the network before is back", True)
def vanish_keyed(contract):
    vanish(contract, "keyed")


@case("the access point vanishes once associated, the network before is back")
def vanish_associated(contract):
    vanish(contract, "associated")


def vanish(contract, when):
    with subprocess.Popen(["testbed-air", "vanish", when]) as watcher:
        try:
            for _ in range(3):  # under emulation a join may fail before it is that far
                contract.fails("Air Fading")
                if device.wait_for(lambda: watcher.poll() is not None, 10):
                    break
            if watcher.poll() != 0:
                raise Broken("the access point did not vanish")
        finally:
            watcher.terminate()
            device.run("testbed-air", "return")


@case("hidden", True)
def hidden(contract):
    contract.joins("Air Hidden")


@case("a wrong passphrase for another, the hidden network is back")
def hidden_back(contract):
    if contract.home != b"Air Hidden":
        contract.joins("Air Hidden")
    contract.fails("Air 5 GHz", "not the passphrase", ["auth-error"])


@case("open")
def no_key(contract):
    contract.joins("Air Open", passphrase=None)


@case("a passphrase is not offered to an open network")
def open_with_key(contract):
    contract.fails("Air OWE", expect=["auth-error"])


@case("OWE")
def owe(contract):
    # hostapd makes new keys for each request. When it is slow, as under emulation, the kernel asks
    # twice, and the station has the keys of the first answer: no address comes.
    access_point = next(at for at, name in contract.air.items() if name == b"Air OWE")
    words = contract.credentials("Air OWE", None)
    for _ in range(3):
        begun = time.time()
        call = contract.ask("--no-scan", *words, expect=["connected", "not-found", "join-failed"])
        if call.outcome == "connected" or not device.asked_twice(access_point, begun):
            break
        contract.settle()
    if call.outcome != "connected":
        raise Broken(f"the phone ends with {call.outcome}: " + " | ".join(call.tail))
    contract.arrived("Air OWE", call)


@case("a name of 32 octets")
def long_name(contract):
    contract.joins(LONG)


@case("WPA2: a passphrase in UTF-8")
def utf8(contract):
    joins_or(contract, "utf8", "Air UTF-8", UTF8)


@case("WPA3: a password of five characters")
def short(contract):
    joins_or(contract, "short", "Air Short", SHORT)


@case("WEP")
def wep(contract):
    joins_or(contract, "wep", "Air WEP", WEP, refusal="join-failed")


def joins_or(contract, kind, name, passphrase, refusal="auth-error"):
    """It joins, or where the manager has no means for that kind, refuses at once."""
    if reason := contract.manager.cannot.get(kind):
        contract.fails(name, passphrase, [refusal])
        raise Skipped(reason)
    contract.joins(name, passphrase)


@case("5 GHz")
def five(contract):
    contract.joins("Air 5 GHz")


@case("of two access points with one name the one that the phone names", True)
def named(contract):
    if reason := contract.manager.cannot.get("named"):
        contract.joins("Air Twin")
        raise Skipped(reason)
    contract.joins("Air Twin", bssid=contract.far)


@case("no DHCP answer: join-failed, the network before is back", True)
def mute(contract):
    contract.fails("Air Mute", expect=["join-failed"])


@case("WPA-Enterprise refuses a passphrase, the network before is back")
def enterprise(contract):
    contract.fails("Air EAP-TLS")


@case("WPA-Enterprise: EAP-TLS with the identity that the phone brought before", True)
def tls(contract):
    if reason := contract.manager.cannot.get("tls"):
        raise Skipped(reason)
    owner = "gw-of-the-contract"
    contract.ask("--no-scan", *device.identity_words(owner), expect=["connected"])
    name = "Air EAP-TLS"
    for _ in device.tries():  # the phone has to see what kind it is
        call = contract.ask(*contract.credentials(name, None), expect=["connected", *FAILED])
        if name in [entry["ssid"] for entry in call.step("networks")["networks"]]:
            break
    if call.outcome != "connected":
        raise Broken(f"the phone ends with {call.outcome}: " + " | ".join(call.tail))
    contract.arrived(name, call)
    let_in = managers.output("testbed-air", "users")
    if owner not in let_in.splitlines():
        raise Broken(f"the access point has let in {let_in}")


@case("again where it was before: one network of that name", True)
def again(contract):
    contract.joins("Air WPA2")


@case("a hundred networks: the strongest are listed, each once, strongest first", True)
def crowd(contract):
    names = set(contract.air.values()) - {b"Air Hidden"}
    if "odd" in contract.manager.cannot:
        names.remove(ODD)
    device.run("testbed-air", "crowd")
    for _ in device.tries():  # until a scan has met enough of them
        call = contract.ask(expect=["connected"], habit="esp_prov")
        entries = call.step("networks")["networks"]
        seen = [bytes.fromhex(entry["octets"]) for entry in entries]
        if len(seen) >= 32 and names <= set(seen):
            break
    managers.output("systemctl", "stop", "testbed-crowd")
    signals = [entry["rssi"] for entry in entries]
    # What was asked for by name before may be listed: a hidden network.
    others = [name for name in seen if name not in names | {b"Air Hidden"}]
    if len(seen) != 32 or len(set(seen)) != 32 or signals != sorted(signals, reverse=True):
        raise Broken(f"{len(seen)} entries, {len(set(seen))} names, {signals}")
    if not names <= set(seen):
        raise Broken(f"stronger than the crowd, not listed: {names - set(seen)}")
    if odd_ones := [name for name in others if not re.fullmatch(rb"Crowd \d\d\d\.*", name)]:
        raise Broken(f"nobody sends {odd_ones}")
    contract.settle()


@case("a reset forgets what phones have brought, and nothing else", True)
def forgets(contract):
    device.run("landfallctl", "provision", "reset")
    contract.configured = {OWN}
    contract.home = OWN
    contract.settle()


def chosen(words):
    if "--all" in words:
        return CASES
    named = [entry for entry in CASES if entry[0].__name__ in words]
    return named or [entry for entry in CASES if entry[2]]


def point(number, entry, contract):
    function, text, _ = entry
    begun = time.time()
    name = contract.manager.name
    try:
        function(contract)
        print(f"ok {number} - {name}: {text} # {time.time() - begun:.0f} s", flush=True)
        return True
    except Skipped as reason:
        print(f"ok {number} - {name}: {text} # SKIP {reason}", flush=True)
        return True
    except (Broken, subprocess.SubprocessError) as error:
        print(f"not ok {number} - {name}: {text}\n# {function.__name__}: {error}")
        for line in device.journal(begun)[-60:]:
            print("#", line)
        sys.stdout.flush()
        recover(contract)
        return False


def recover(contract):
    """The next case shall not suffer from what this one left: go on from what there is."""
    contract.configured = set(contract.manager.configured())
    device.wait_for(lambda: all(managers.station()), 60)
    contract.home = contract.air.get(managers.station()[0], contract.home)


def main():
    cases = chosen(sys.argv[2:])
    manager = managers.MANAGERS[sys.argv[1]]()
    device.start(manager, manager.join_timeout)
    contract = Contract(manager)
    if not device.wait_for(lambda: not contract.trouble()):
        print(f"Bail out! {manager.name}: {contract.trouble()}")
        sys.exit(1)
    print(f"1..{len(cases)}", flush=True)
    results = [point(number, entry, contract) for number, entry in enumerate(cases, 1)]
    sys.exit(0 if all(results) else 1)


main()
