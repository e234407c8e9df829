#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A foreign program on the provisioner's bus that knows no manners.

  stranger.py call          every method and property of the daemon with wrong types, objects that
                            do not exist, forged signals, answers nobody asked for, descriptors;
                            each call must be answered
  stranger.py huge          calls of the size that the system bus lets pass at the most, and many
                            of a size that it takes without a thought; each must be answered
  stranger.py own           take its name; must not succeed
  stranger.py serve KIND HOW
                            be bluetoothd (bluez) or NetworkManager (nm), answering HOW: types,
                            empty, errors, silence, huge; ends once nobody calls any more

Made with another D-Bus implementation (dbus-python); messages are built by hand.
"""
import os
import sys
import xml.etree.ElementTree as tree

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "io.landfall.Provisioner1"
OBJECT = "/io/landfall/Provisioner1"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
PATIENCE_S = 20
HUGE = 32 * 1024 * 1024 - 1024
LARGE = 1024 * 1024
QUIET_MS = 400
NAMES = {"bluez": "org.bluez", "nm": "org.freedesktop.NetworkManager"}
ROOTS = {"bluez": "/", "nm": "/org/freedesktop"}

# Signature and values: what a method is called with, or a call is answered with.
ARGUMENTS = [
    ("", []),
    ("y", [7]),
    ("b", [True]),
    ("s", [""]),
    ("s", ["x" * 10000]),
    ("o", ["/"]),
    ("g", ["a{sv}"]),
    ("v", [dbus.String("x", variant_level=1)]),
    ("ay", [b""]),
    ("ay", [bytes(513)]),
    ("as", [["a"] * 100]),
    ("a{sv}", [{}]),
    ("a{sv}", [{"device": "/not/a/path", "offset": "1", "mtu": -1,
                "link": dbus.Array([], signature="s")}]),
    ("a{sv}", [{"device": dbus.ObjectPath("/org/bluez/hci0/dev_00_00_00_00_00_00"),
                "offset": dbus.UInt16(65535)}]),
    ("a{sv}", [{"key%d" % i: dbus.UInt64(i) for i in range(1000)}]),
    ("a{ss}", [{"device": "x"}]),
    ("aya{sv}", [b"", {"device": dbus.UInt32(1), "offset": dbus.ObjectPath("/")}]),
    ("aya{sv}", [bytes(512), {}]),
    ("aya{sv}", [bytes(100000), {"device": dbus.ObjectPath("/a")}]),
    ("aya{ss}", [b"x", {"offset": "0"}]),
    ("sa{sv}", ["x", {}]),
    ("ss", [NAME, "State"]),
    ("ss", [NAME, "NoSuchProperty"]),
    ("ss", ["no.such.Interface", "State"]),
    ("ssv", [NAME, "State", dbus.Int64(1, variant_level=1)]),
    ("ssv", [NAME, "Security", dbus.Struct([1, "x"], variant_level=1)]),
    ("x", [-1]),
    ("d", [float("nan")]),
    ("(iiii)", [(1, 2, 3, 4)]),
    ("aaaay", [[[[[1]]]]]),
]


class Bus:
    """A connection of its own that counts what becomes of its calls."""

    def __init__(self):
        self.bus = dbus.bus.BusConnection(dbus.bus.BUS_SESSION)
        self.answered = 0
        self.refused = 0

    def call(self, path, interface, member, signature="", values=()):
        message = dbus.lowlevel.MethodCallMessage(NAME, path, interface, member)
        message.append(*values, signature=signature)
        try:
            reply = self.bus.send_message_with_reply_and_block(message, PATIENCE_S)
        except dbus.DBusException as error:
            if error.get_dbus_name().endswith(".NoReply"):
                sys.exit("no answer to %s.%s(%s)" % (interface, member, signature))
            self.refused += 1
            return None
        self.answered += 1
        return reply.get_args_list()

    def send(self, message):
        message.set_destination(NAME)
        self.bus.send_message(message)


def objects(bus, path="/"):
    """Path, interface, member and signature of all there is to call."""
    xml = bus.call(path, INTROSPECTABLE, "Introspect")
    node = tree.fromstring(xml[0])
    for interface in node.iter("interface"):
        for method in interface.findall("method"):
            wanted = "".join(arg.get("type") for arg in method.findall("arg")
                             if arg.get("direction") != "out")
            yield path, interface.get("name"), method.get("name"), wanted
    for child in node.findall("node"):
        yield from objects(bus, path.rstrip("/") + "/" + child.get("name"))


def call_everything(bus):
    methods = list(objects(bus))
    if len(methods) < 20:
        sys.exit("only %d methods were found" % len(methods))
    for path, interface, member, wanted in methods:
        for signature, values in ARGUMENTS:
            # What changes something with the right types is none of a stranger's tests.
            if signature == wanted and interface == NAME:
                continue
            bus.call(path, interface, member, signature, values)
    for signature, values in ARGUMENTS:
        bus.call("/no/such/object", NAME, "Start", signature, values)
        bus.call(OBJECT, "no.such.Interface", "Start", signature, values)
        bus.call(OBJECT, NAME, "NoSuchMethod", signature, values)
        bus.call(OBJECT, None, "NoSuchMethod", signature, values)


def forge_signals(bus):
    """What only bluetoothd, NetworkManager and the bus may say."""
    wrong = [("sa{sv}as", ["org.bluez.Device1", {"Connected": "yes"}, []]),
             ("sa{sv}as", ["org.bluez.Adapter1", {"Powered": dbus.UInt32(0)}, ["Powered"] * 50]),
             ("s", ["org.bluez.Device1"]), ("", []), ("oas", ["/", []]),
             ("oa{sa{sv}}", ["/org/bluez/hci0", {"org.bluez.Adapter1": {}}]),
             ("sss", ["org.bluez", "", ":1.1"]), ("aaay", [[]])]
    paths = ["/", "/org/bluez/hci0", "/org/freedesktop/NetworkManager", "/org/freedesktop/DBus"]
    members = [(PROPERTIES, "PropertiesChanged"), (MANAGER, "InterfacesAdded"),
               (MANAGER, "InterfacesRemoved"), ("org.freedesktop.DBus", "NameOwnerChanged")]
    for path in paths:
        for interface, member in members:
            for signature, values in wrong:
                message = dbus.lowlevel.SignalMessage(path, interface, member)
                message.append(*values, signature=signature)
                bus.send(message)


def answer_unasked(bus):
    """Replies and errors to calls the daemon made to somebody else, or never."""
    for n in range(200):
        asked = dbus.lowlevel.MethodCallMessage("org.freedesktop.DBus", "/", "a.b", "c")
        asked.set_no_reply(True)
        bus.bus.send_message(asked)  # gives it a number
        bus.send(dbus.lowlevel.ErrorMessage(asked, "org.bluez.Error.Failed", "0x80")
                 if n % 2 else dbus.lowlevel.MethodReturnMessage(asked))


def pass_descriptors(bus):
    """Descriptors it did not ask for: it must not keep them."""
    for _ in range(50):
        with open("/dev/null", "rb") as null:
            fd = dbus.types.UnixFd(null)
            for member in ("WriteValue", "ReadValue"):
                bus.call("/io/landfall/gatt/service0/char0", "org.bluez.GattCharacteristic1",
                         member, "ah", [[fd, fd, fd]])
            bus.call(OBJECT, NAME, "Stop", "h", [fd])


def call_without_waiting(bus):
    for signature, values in ARGUMENTS * 5:
        message = dbus.lowlevel.MethodCallMessage(NAME, OBJECT, PROPERTIES, "Set")
        message.append(*values, signature=signature)
        message.set_no_reply(True)
        bus.send(message)


def call():
    bus = Bus()
    call_everything(bus)
    forge_signals(bus)
    answer_unasked(bus)
    pass_descriptors(bus)
    call_without_waiting(bus)
    # All of that was read before this is answered.
    bus.call(OBJECT, "org.freedesktop.DBus.Peer", "Ping")
    print("%d calls answered, %d refused" % (bus.answered, bus.refused))


def huge():
    bus = Bus()
    octets = bytes(HUGE)
    for _ in range(3):
        bus.call(OBJECT, NAME, "Stop", "ay", [octets])
    for _ in range(40):
        message = dbus.lowlevel.MethodCallMessage(NAME, OBJECT, NAME, "Stop")
        message.append(octets[:LARGE], signature="ay")
        bus.send(message)
    bus.call(OBJECT, "org.freedesktop.DBus.Peer", "Ping")


def own():
    bus = Bus().bus
    flags = (dbus.bus.NAME_FLAG_REPLACE_EXISTING | dbus.bus.NAME_FLAG_ALLOW_REPLACEMENT |
             dbus.bus.NAME_FLAG_DO_NOT_QUEUE)
    if bus.request_name(NAME, flags) != dbus.bus.REQUEST_NAME_REPLY_EXISTS:
        sys.exit("the name could be taken")


class Impostor:
    def __init__(self, kind, how):
        self.kind, self.how = kind, how
        self.calls = 0
        self.quiet = True
        self.bus = dbus.bus.BusConnection(dbus.bus.BUS_SESSION)
        self.bus.add_message_filter(self.on_message)
        self.bus.request_name(NAMES[kind])

    def values(self):
        """What GetManagedObjects should answer, but that every value has another type."""
        wrong = dbus.Dictionary({name: dbus.Array([dbus.Double(0.5)], signature="d") for name in (
            "Powered", "Alias", "Roles", "Address", "Connected", "ActiveInstances", "DeviceType",
            "Interface", "State", "StateReason", "HwAddress", "PermHwAddress", "AccessPoints",
            "LastScan", "WirelessEnabled", "Ssid", "Flags", "Filename", "Ip4Config")},
            signature="sv")
        interfaces = {"bluez": ["org.bluez.Adapter1", "org.bluez.GattManager1",
                                "org.bluez.LEAdvertisingManager1", "org.bluez.Device1"],
                      "nm": ["org.freedesktop.NetworkManager" + suffix for suffix in (
                          "", ".Device", ".Device.Wireless", ".AccessPoint",
                          ".Settings.Connection", ".Connection.Active", ".IP4Config")]}
        return dbus.Dictionary({
            ROOTS[self.kind].rstrip("/") + "/x%d" % i: dbus.Dictionary(
                {name: wrong for name in interfaces[self.kind]}, signature="sa{sv}")
            for i in range(2000 if self.how == "huge" else 4)}, signature="oa{sa{sv}}")

    def answer(self, message):
        if self.how == "errors":
            return dbus.lowlevel.ErrorMessage(message, "a." + "b" * 200, "c" * 100000)
        reply = dbus.lowlevel.MethodReturnMessage(message)
        if self.how in ("types", "huge"):
            if message.get_member() == "GetManagedObjects":
                reply.append(self.values(), signature="a{oa{sa{sv}}}")
            else:
                signature, values = ARGUMENTS[self.calls % len(ARGUMENTS)]
                reply.append(*values, signature=signature)
        return reply

    def on_message(self, bus, message):
        if not isinstance(message, dbus.lowlevel.MethodCallMessage):
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        self.calls += 1
        self.quiet = False
        if self.how != "silence":
            bus.send_message(self.answer(message))
            forged = dbus.lowlevel.SignalMessage(message.get_path(), PROPERTIES,
                                                 "PropertiesChanged")
            signature, values = ARGUMENTS[self.calls % len(ARGUMENTS)]
            forged.append(*values, signature=signature)
            bus.send_message(forged)
        return dbus.lowlevel.HANDLER_RESULT_HANDLED

    def on_quiet(self, loop):
        if self.quiet or self.calls > 2000:
            loop.quit()
        self.quiet = True
        return True


def serve(kind, how):
    impostor = Impostor(kind, how)
    loop = GLib.MainLoop()
    impostor.quiet = False
    GLib.timeout_add(QUIET_MS, impostor.on_quiet, loop)
    loop.run()
    if impostor.calls == 0:
        sys.exit("nobody called")
    print("%s, %s: %d calls" % (kind, how, impostor.calls))


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    if sys.argv[1:] == ["call"]:
        call()
    elif sys.argv[1:] == ["huge"]:
        huge()
    elif sys.argv[1:] == ["own"]:
        own()
    elif len(sys.argv) == 4 and sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
    sys.stdout.flush()
    os._exit(0)


main()
