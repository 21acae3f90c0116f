# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, with a deadline; and free ports."""

import random
import socket
import time


def wait_for(what, probe, seconds=20.0):
    """Calls `probe` until it gives something true, and gives that. `what` names it on failure."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        seen = probe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what} (last seen: {seen!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def free_port():
    """A loopback port that is free for TCP and UDP, outside the range the system gives out."""
    while True:
        port = random.randint(20000, 32000)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                tcp.bind(("127.0.0.1", port))
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                    udp.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def accepts(port, host="127.0.0.1"):
    """True when somebody listens on the loopback port."""
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False
