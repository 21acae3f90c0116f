# SPDX-License-Identifier: Apache-2.0
"""Chromium without a screen and without a network, and its pictures."""

import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import zlib

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=3000",
)


def program():
    return shutil.which("chromium")


def missing():
    """Why pages cannot be shown here, or None."""
    return None if program() else "chromium is not installed"


class Page:
    """What came of loading a page: the DOM at the end, and what the console said."""

    def __init__(self, dom, console):
        self.dom = dom
        self.console = console


def load(path, *flags):
    """Loads a file; gives the `Page`."""
    done = _run([*flags, "--dump-dom", pathlib.Path(path).as_uri()])
    console = re.findall(r"CONSOLE[^\]]*\] (.*)", done.stderr)
    return Page(done.stdout, console)


def picture(path, size, dark=False):
    """A picture of a file in a window of (width, height)."""
    scheme = 0 if dark else 1
    with tempfile.TemporaryDirectory() as directory:
        shot = pathlib.Path(directory) / "shot.png"
        _run([
            f"--blink-settings=preferredColorScheme={scheme}",
            f"--window-size={size[0]},{size[1]}",
            f"--screenshot={shot}",
            pathlib.Path(path).as_uri(),
        ])
        return Picture(shot.read_bytes())


def _run(arguments):
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [program(), *FLAGS, f"--user-data-dir={profile}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=120,
            check=True,
        )


class Picture:
    """A PNG of eight bits per channel, RGB or RGBA, not interlaced."""

    def __init__(self, octets):
        assert octets.startswith(b"\x89PNG\r\n\x1a\n")
        self.octets = octets
        data = b""
        at = 8
        while at < len(octets):
            length, kind = struct.unpack(">I4s", octets[at : at + 8])
            chunk = octets[at + 8 : at + 8 + length]
            if kind == b"IHDR":
                self.width, self.height, depth, colour, _, _, interlaced = struct.unpack(
                    ">IIBBBBB", chunk
                )
                assert depth == 8 and colour in (2, 6) and not interlaced
                self._step = 3 if colour == 2 else 4
            elif kind == b"IDAT":
                data += chunk
            at += length + 12
        self._rows = list(self._unfiltered(zlib.decompress(data)))

    def _unfiltered(self, data):
        step, stride = self._step, self.width * self._step
        above = bytes(stride)
        for at in range(0, len(data), stride + 1):
            kind = data[at]
            row = bytearray(data[at + 1 : at + 1 + stride])
            if kind == 2:
                row = bytearray((a + b) & 255 for a, b in zip(row, above))
            elif kind != 0:
                for i in range(stride):
                    left = row[i - step] if i >= step else 0
                    corner = above[i - step] if i >= step else 0
                    row[i] = (row[i] + _guess(kind, left, above[i], corner)) & 255
            above = row
            yield row

    def pixel(self, x, y):
        """(red, green, blue)"""
        at = x * self._step
        return tuple(self._rows[y][at : at + 3])

    def count(self, colour):
        """How many pixels have exactly this colour."""
        wanted = bytes(colour)
        step = self._step
        return sum(
            row[at : at + 3] == wanted
            for row in self._rows
            for at in range(0, self.width * step, step)
        )


def _guess(kind, left, up, corner):
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]
