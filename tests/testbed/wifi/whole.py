#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Is what the manager of the interface has configured whole? Runs in the device:

  whole.py [NAME...]     exactly these networks, each as it would be joined after a boot, and the
                         device is on one of them with an address; else says what is wrong (1)
"""
import sys

import managers


def trouble(manager, names):
    configured = sorted(manager.configured())
    if configured != sorted(names):
        return f"configured are {configured}, not {sorted(names)}"
    if half := list(manager.half()):
        return "; ".join(half)
    access_point, address = managers.station()
    if names and not (access_point and address):
        return f"at {access_point} with the address {address}"
    return None


sys.exit(trouble(managers.current(), [name.encode() for name in sys.argv[1:]]))
