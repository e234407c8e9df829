#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A picture of landfallctl display as the page it prints: usage: png-page.py FILE SCALE"""

import struct
import sys
import zlib

BLOCKS = " \u2580\u2584\u2588"


def chunks(octets):
    """Name and content of each part of a PNG."""
    assert octets[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(octets):
        length, name = struct.unpack_from(">I4s", octets, at)
        yield name, octets[at + 8:at + 8 + length]
        at += 12 + length


def paeth(left, above, corner):
    """The neighbour that is nearest to what they foretell."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def unfilter(kind, line, above):
    """One row of grey pixels, as they were."""
    row = bytearray()
    for x, octet in enumerate(line):
        left = row[x - 1] if x else 0
        corner = above[x - 1] if x else 0
        guess = (0, left, above[x], (left + above[x]) // 2, paeth(left, above[x], corner))[kind]
        row.append((octet + guess) & 255)
    return row


def pixels(octets):
    """All rows."""
    parts = list(chunks(octets))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    assert (depth, colour, interlaced) == (8, 0, 0), "eight bits of grey"
    data = zlib.decompress(b"".join(content for name, content in parts if name == b"IDAT"))
    above = bytes(width)
    for y in range(height):
        line = data[y * (width + 1):(y + 1) * (width + 1)]
        above = unfilter(line[0], line[1:], above)
        yield above


def main():
    """Each pixel of the page has to be a square of its own."""
    scale = int(sys.argv[2])
    with open(sys.argv[1], "rb") as file:
        rows = list(pixels(file.read()))
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            assert value in (0, 255) and value == rows[y // scale * scale][x // scale * scale]
    page = [row[::scale] for row in rows[::scale]]
    for upper, lower in zip(page[::2], page[1::2]):
        print("".join(BLOCKS[(a > 0) | (b > 0) << 1] for a, b in zip(upper, lower)))


main()
