#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service to be mirrored, made with another D-Bus implementation, that can also misbehave.

One connection owns io.landfall.FakeControl and takes orders: Do(words) at /, where words are a
command and its arguments parted by blanks. Another one is the service, org.example.Service, with
its ObjectManager at /org/example. Messages are built by hand, so that they can be wrong.
"""
import sys

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

ROOT = "/org/example"
SERVICE = "org.example.Service"
THING = "org.example.Thing1"
MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"


def values(level):
    """One value of each type."""
    nested = dbus.Dictionary({"Prefix": dbus.UInt32(24)}, signature="sv")
    return dbus.Dictionary({
        "Level": dbus.UInt32(level),
        "Text": "text",
        "Flag": True,
        "Byte": dbus.Byte(8),
        "U16": dbus.UInt16(16),
        "U64": dbus.UInt64(2**64 - 1),
        "I16": dbus.Int16(-16),
        "I32": dbus.Int32(-32),
        "I64": dbus.Int64(-2**63),
        "Double": 0.5,
        "Path": dbus.ObjectPath("/a"),
        "Signature": dbus.Signature("a{sv}"),
        "Octets": dbus.ByteArray(b"\0\1\2"),
        "Words": dbus.Array(["read", "write"], signature="s"),
        "Nested": dbus.Array([nested], signature="a{sv}"),
        "Struct": dbus.Struct(("in", dbus.UInt32(7)), signature="su"),
        "Variant": dbus.String("inner", variant_level=2),
    }, signature="sv")


class Fake:
    def __init__(self):
        self.bus = None
        self.objects = {ROOT + "/one": {THING: values(1), "org.example.Ignored1": values(0)}}
        self.mode = "right"
        self.hidden = None

    def connect(self):
        self.bus = dbus.bus.BusConnection(dbus.bus.BUS_SESSION)
        self.bus.add_message_filter(self.on_message)

    def on_message(self, bus, message):
        if not isinstance(message, dbus.lowlevel.MethodCallMessage):
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        member = message.get_member()
        if member == "Silence" or self.mode == "silent":
            return dbus.lowlevel.HANDLER_RESULT_HANDLED
        if self.mode == "error" or member not in ("GetManagedObjects", "GetAll", "Get"):
            reply = dbus.lowlevel.ErrorMessage(message, "org.example.Error.Refused", "no")
        else:
            reply = getattr(self, "on_" + member)(message, message.get_args_list())
        bus.send_message(reply)
        return dbus.lowlevel.HANDLER_RESULT_HANDLED

    def on_GetManagedObjects(self, message, args):
        reply = dbus.lowlevel.MethodReturnMessage(message)
        if self.mode == "wrong":
            reply.append("rubbish", signature="s")
        else:
            reply.append(self.objects, signature="a{oa{sa{sv}}}")
        return reply

    def on_GetAll(self, message, args):
        reply = dbus.lowlevel.MethodReturnMessage(message)
        if self.mode == "wrong":
            reply.append(1, signature="u")
        else:
            reply.append(values(5), signature="a{sv}")
        return reply

    def on_Get(self, message, args):
        if args[1] == self.hidden:
            return dbus.lowlevel.ErrorMessage(message, "org.example.Error.Gone", "gone")
        reply = dbus.lowlevel.MethodReturnMessage(message)
        reply.append(dbus.UInt32(77), signature="v")
        return reply

    def emit(self, path, interface, member, signature, *args):
        signal = dbus.lowlevel.SignalMessage(path, interface, member)
        if signature:
            signal.append(*args, signature=signature)
        self.bus.send_message(signal)

    def changed(self, path, interface, changed, gone=()):
        self.emit(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", interface,
                  dbus.Dictionary(changed, signature="sv"), dbus.Array(gone, signature="s"))

    # The orders.

    def do_appear(self):
        if not self.bus:
            self.connect()
        self.bus.request_name(SERVICE, dbus.bus.NAME_FLAG_ALLOW_REPLACEMENT)

    def do_release(self):
        self.bus.release_name(SERVICE)

    def do_leave(self):
        self.bus.close()
        self.bus = None

    def do_takeover(self):
        """Another connection takes the name from the one that has it."""
        self.connect()
        self.bus.request_name(SERVICE, dbus.bus.NAME_FLAG_REPLACE_EXISTING)

    def do_mode(self, mode):
        self.mode = mode

    def do_add(self, path, level, interface=THING):
        self.emit(ROOT, MANAGER, "InterfacesAdded", "oa{sa{sv}}", ROOT + path,
                  {interface: values(int(level))})

    def do_remove(self, path, *interfaces):
        self.emit(ROOT, MANAGER, "InterfacesRemoved", "oas", ROOT + path, list(interfaces))

    def do_set(self, path, level):
        self.changed(ROOT + path, THING, {"Level": dbus.UInt32(int(level))})

    def do_invalidate(self, path, *names):
        self.changed(ROOT + path, THING, {}, list(names))

    def do_hide(self, name):
        self.hidden = name

    def do_rubbish(self):
        one = ROOT + "/one"
        for signature, args in (("", ()), ("s", ("x",)), ("ou", (one, 1)), ("oas", (one, ["a"]))):
            self.emit(ROOT, MANAGER, "InterfacesAdded", signature, *args)
        for signature, args in (("", ()), ("u", (1,)), ("o", (one,)), ("sas", ("x", ["a"]))):
            self.emit(ROOT, MANAGER, "InterfacesRemoved", signature, *args)
        self.emit(ROOT, MANAGER, "Nonsense", "oas", one, [THING])
        for signature, args in (("", ()), ("s", (THING,)), ("sa{ss}as", (THING, {"Level": "x"}, [])),
                                ("ua{sv}as", (1, {}, []))):
            self.emit(one, PROPERTIES, "PropertiesChanged", signature, *args)
        self.changed(ROOT + "/none", THING, {"Level": dbus.UInt32(9)})
        self.changed(one, "org.example.None1", {"Level": dbus.UInt32(9)})
        self.do_remove("/none", THING)
        self.do_remove("/one", "org.example.None1")

    def do_types(self):
        """Right in form, but of other types than anybody expects."""
        descriptor = dbus.types.UnixFd(0)
        deep = dbus.UInt32(1, variant_level=40)
        self.changed(ROOT + "/one", THING, {
            "Level": "text",
            "Text": dbus.UInt32(1),
            "Octets": dbus.Array(["x"], signature="s"),
            "Flag": descriptor,
            "Words": dbus.Array([descriptor], signature="h"),
            "Nested": deep,
        })

    def do_large(self):
        """More and larger than is mirrored."""
        self.changed(ROOT + "/one", THING, {"Text": "x" * 20000})
        self.changed(ROOT + "/one", THING, {"Octets": dbus.ByteArray(b"x" * 20000)})
        self.changed(ROOT + "/one", THING,
                     {"Words": dbus.Array(["x" * 1000] * 20, signature="s")})
        self.changed(ROOT + "/one", THING, {"Many%u" % i: True for i in range(100)})
        self.changed(ROOT + "/one", THING, {}, ["Many%u" % i for i in range(200)])

    def do_crowd(self):
        self.objects = {ROOT + "/n%u" % i: {THING: values(i)} for i in range(1100)}
        self.objects[ROOT + "/n0"] = {"%s.I%u" % (SERVICE, i): {} for i in range(40)}


class Control:
    def __init__(self, fake, bus):
        self.fake = fake
        bus.add_message_filter(self.on_message)
        bus.request_name("io.landfall.FakeControl")

    def on_message(self, bus, message):
        if not isinstance(message, dbus.lowlevel.MethodCallMessage) or message.get_member() != "Do":
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        command, *args = message.get_args_list()[0].split()
        getattr(self.fake, "do_" + command)(*args)
        bus.send_message(dbus.lowlevel.MethodReturnMessage(message))
        return dbus.lowlevel.HANDLER_RESULT_HANDLED


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    control = Control(Fake(), dbus.SessionBus())
    GLib.MainLoop().run()
    return control


if __name__ == "__main__":
    sys.exit(main())
