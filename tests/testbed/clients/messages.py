# SPDX-License-Identifier: MIT
"""The messages of a session of provisioning, as far as the clients here say and hear them. Written
from docs/protocol.md alone; shares nothing with the provisioner or the test phone."""

AUTH_WPA2 = 3
CONNECTED, CONNECTING, DISCONNECTED, FAILED = 0, 1, 2, 3


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    """A field with a number; what is zero is left out."""
    return varint(field << 3) + varint(value) if value else b""


def octets(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def take_varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        at += 1
        value |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return value, at


def fields(data):
    """{field: [values]} of one message."""
    found, at = {}, 0
    while at < len(data):
        key, at = take_varint(data, at)
        if key & 7 == 0:
            value, at = take_varint(data, at)
        elif key & 7 == 2:
            size, at = take_varint(data, at)
            value = bytes(data[at : at + size])
            if len(value) != size:
                raise ValueError("a message is cut short")
            at += size
        else:
            raise ValueError(f"wire type {key & 7} is not used here")
        found.setdefault(key >> 3, []).append(value)
    return found


def one(message, field, fallback):
    return message.get(field, [fallback])[0]


def inner(data, kind, field, what):
    """The part of a reply that counts; the reply must be of the kind expected."""
    message = fields(data)
    if one(message, 1, 0) != kind or field not in message:
        raise ValueError(f"{what}: unexpected reply {data.hex()}")
    return message, fields(message[field][0])


def no_security():
    return octets(10, octets(20, b""))


def no_security_is_open(data):
    payload = fields(one(fields(data), 10, b""))
    return one(payload, 1, 0) == 1 and one(fields(one(payload, 21, b"\0")), 1, 0) == 0


def scan_start():
    return octets(10, number(1, 1))


def scan_status():
    return number(1, 2) + octets(12, b"")


def scan_count(data):
    status = inner(data, 3, 13, "scan status")[1]
    if not one(status, 1, 0):
        raise ValueError("the scan is not over")
    return one(status, 2, 0)


def scan_result(start, count):
    return number(1, 4) + octets(14, number(1, start) + number(2, count))


def scan_entries(data):
    """[(ssid, channel, dBm, authentication)]"""
    result = inner(data, 5, 15, "scan result")[1]
    for entry in map(fields, result.get(1, [])):
        dbm = one(entry, 3, 0)
        yield (one(entry, 1, b""), one(entry, 2, 0), dbm - (1 << 64) if dbm >> 63 else dbm,
               one(entry, 5, 0))


def config_set(ssid, passphrase):
    return number(1, 2) + octets(12, octets(1, ssid) + octets(2, passphrase))


def config_apply():
    return number(1, 4) + octets(14, b"")


def config_taken(data, kind, field):
    return one(inner(data, kind, field, "config")[1], 1, 0) == 0


def status_ask():
    return octets(10, b"")


def status(data):
    """(state, IPv4 address as text, SSID)"""
    reply = inner(data, 1, 11, "status")[1]
    link = fields(one(reply, 11, b""))
    return one(reply, 2, CONNECTED), one(link, 1, b"").decode(), one(link, 3, b"")
