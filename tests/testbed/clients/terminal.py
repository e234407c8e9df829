# SPDX-License-Identifier: MIT
"""A program on a terminal, driven as a person drives it: type a line, wait for what it prints."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

NOISE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x01\x02\x07]")


class Missing(Exception):
    """What was waited for was not printed in time, or the program ended before."""


class Terminal:
    """The program's end of a pseudo terminal. Lines come without colours and without the prompt that
    readline draws anew over and over."""

    def __init__(self, argv, echo):
        self.echo = echo  # called with each line, for the log
        self.lines = []
        self.seen = 0  # lines that an expectation has used up
        self.rest = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execvp(argv[0], argv)
        # Wide enough that readline never scrolls a line sideways.
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 1000, 0, 0))

    def send(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def pump(self, seconds):
        """Reads what comes within that time; False when the program has ended."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.rest += NOISE.sub("", data.decode(errors="replace"))
        *whole, self.rest = re.split("\r?\n", self.rest)
        for line in whole:
            # A carriage return draws over: what stands after the last one is what is seen.
            line = line.rstrip("\r").rsplit("\r", 1)[-1].rstrip()
            self.lines.append(line)
            self.echo(line)
        return bool(data)

    def expect(self, pattern, seconds):
        """The match in the first line not used up yet that has one."""
        deadline = time.monotonic() + seconds
        pattern = re.compile(pattern)
        while True:
            while self.seen < len(self.lines):
                line = self.lines[self.seen]
                self.seen += 1
                match = pattern.search(line)
                if match:
                    return match
            if not self.pump(min(1.0, max(0.0, deadline - time.monotonic()))):
                raise Missing(f"{pattern.pattern!r}: the program has ended")
            if time.monotonic() >= deadline:
                raise Missing(f"{pattern.pattern!r} was not printed within {seconds} s")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)
