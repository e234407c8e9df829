# SPDX-License-Identifier: MIT
"""What tests with an odd server have in common: a folder that goes with the program, certificates
made with openssl, lines of TAP."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile

DIR = tempfile.mkdtemp(prefix="odd-")
atexit.register(shutil.rmtree, DIR, ignore_errors=True)


def path(*names):
    return os.path.join(DIR, *names)


def run(*words, data=None, check=True):
    return subprocess.run(words, input=data, check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def write(name, data):
    with open(path(name), "wb" if isinstance(data, bytes) else "w") as out:
        out.write(data)
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


# --- certificates ---

def request(name, key=None, kind=("EC", "ec_paramgen_curve:P-256")):
    """NAME.csr, and NAME.key unless the key is given."""
    key = key or path(name + ".key")
    if not os.path.exists(key):
        run("openssl", "genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1], "-out", key)
    run("openssl", "req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", path(name + ".csr"))


def issue(csr, out, *words, issuer="ca", ext="", days="90", when=None):
    """A certificate for DIR/CSR; when: the clock of whoever issues it, as faketime has it."""
    clock = ("faketime", "-f", when) if when else ()
    run(*clock, "openssl", "x509", "-req", "-in", path(csr), "-CA", path(issuer + ".crt"),
        "-CAkey", path(issuer + ".key"), "-days", days, "-out", path(out), "-extfile",
        write(out + ".ext", ext), *words)
    return out


class Report:
    number = 0
    failed = False

    @classmethod
    def tell(cls, what, *doubts):
        """Not ok with the doubts, of which None is none."""
        doubts = [doubt for doubt in doubts if doubt]
        cls.number += 1
        cls.failed = cls.failed or bool(doubts)
        print("%sok %d - %s" % ("not " if doubts else "", cls.number, what))
        for doubt in doubts:
            print("# " + repr(doubt))
        sys.stdout.flush()
