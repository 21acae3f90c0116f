# SPDX-License-Identifier: Apache-2.0
"""The daemon at the edges of its machine: slow peers of the control socket, no descriptors left, no
room for its log."""

import contextlib
import os
import pathlib
import re
import resource
import socket
import subprocess
import threading
import time

import pytest

from lab.mail import NEWS, message
from lab.wait import wait_for

ANNA, CARL = "<anna@good.test>", "<carl@nullmx.test>"


def status(rig):
    return rig.holdback.ctl("status").rows[0]


def control(rig):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.connect(str(rig.holdback.base / "control.sock"))
    return peer


def test_slow_peers_of_the_control_socket_keep_nobody_waiting(rig):
    slow = [control(rig) for _ in range(40)]
    for number, peer in enumerate(slow):
        peer.send(b"stat" if number % 2 else b"")
    # These say what they want and do not take the answer.
    deaf = [control(rig) for _ in range(10)]
    for peer in deaf:
        peer.send(b"metrics\n")
    started = time.monotonic()
    assert status(rig)["running"]
    rig.holdback.reload()
    assert time.monotonic() - started < 30
    more = [control(rig) for _ in range(100)]
    assert status(rig)["running"]
    # The deadline is for the whole request, not for each octet of it.
    (dripping,) = slow[1:2]
    dripping.settimeout(0.2)
    ended = time.monotonic() + 25
    while time.monotonic() < ended:
        try:
            dripping.send(b"x")
            if dripping.recv(1) == b"":
                break
        except TimeoutError:
            time.sleep(0.3)
        except OSError:
            break
    else:
        raise AssertionError("a peer that never ends its line is served for ever")
    for peer in (*slow, *deaf, *more):
        peer.close()


def test_the_limit_of_descriptors_is_raised(rig):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    rig.holdback.stop()
    rig.holdback.start(["prlimit", f"--nofile=64:{hard}"])
    limits = pathlib.Path(f"/proc/{rig.holdback.process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert line.split()[3:5] == [str(hard), str(hard)]
    assert status(rig)["descriptor_limit"] == hard


def cpu_seconds(rig):
    fields = pathlib.Path(f"/proc/{rig.holdback.process.pid}/stat").read_text().rsplit(")", 1)[1]
    return sum(int(field) for field in fields.split()[11:13]) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def knocking(path):
    """Others open sessions of the milter and close them, all the time."""
    ended = threading.Event()

    def knock():
        while not ended.is_set():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
                peer.settimeout(0.1)
                try:
                    peer.connect(str(path))
                except OSError:
                    time.sleep(0.01)

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_without_descriptors_it_is_said_once_and_counted(rig):
    few = len(os.listdir(f"/proc/{rig.holdback.process.pid}/fd")) + 10
    rig.holdback.stop()
    rig.holdback.start(["prlimit", f"--nofile={few}:{few}"])
    assert rig.holdback.log(f"descriptors: no more than {few}")
    sessions = []
    early = rig.client()
    try:
        early.connect()
        early.helo()
        for _ in range(few + 20):
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.connect(str(rig.holdback.socket))
            sessions.append(peer)
        wait_for("it is said", lambda: rig.holdback.log("descriptors: all"))
        # Nothing spins, and nobody else is kept waiting.
        before = cpu_seconds(rig)
        time.sleep(2)
        assert cpu_seconds(rig) - before < 0.4
        with knocking(rig.holdback.socket):
            for _ in range(20):
                began = time.monotonic()
                assert status(rig)["running"]
                assert time.monotonic() - began < 3
            # Who had a session goes on in it, with look-ups and a copy in the spool.
            octets = message(NEWS, "list@home.test", "News", bulk=True)
            assert early.message(f"<{NEWS}>", [ANNA, CARL], octets)[1].deleted == [CARL]
        assert len(rig.holdback.log("descriptors: all")) == 1
    finally:
        early.close()
        for peer in sessions:
            peer.close()
    octets = message(NEWS, "list@home.test", "News")

    def works():
        try:
            with rig.client() as mta:
                mta.connect()
                mta.helo()
                return mta.message(f"<{NEWS}>", [ANNA], octets)[1].answer in ("accept", "continue")
        except BlockingIOError:
            return False  # the queue of the socket is still full of those who have gone

    wait_for("it works again", works, seconds=60)
    assert status(rig)["descriptors_short_seconds"] > 0
    assert "holdback_descriptors_short_seconds_total" in rig.holdback.say("metrics")
    rig.holdback.stop()
    rig.holdback.start()


def test_a_tcp_socket_without_descriptors_spins_neither(rig):
    few = 120
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    milter = dict(rig.holdback.settings["milter"])
    rig.holdback.stop()
    rig.holdback.change({"milter": {"socket": f"inet:{address[1]}@127.0.0.1"}})
    rig.holdback.start(["prlimit", f"--nofile={few}:{few}"])

    def connected():
        try:
            return socket.create_connection(address, timeout=5)
        except ConnectionRefusedError:
            return None

    sessions = [wait_for("it listens", connected)]
    try:
        # One client that says nothing costs nothing.
        before = cpu_seconds(rig)
        time.sleep(2)
        assert cpu_seconds(rig) - before < 0.2
        sessions.extend(connected() for _ in range(few + 20))
        wait_for("it is said", lambda: status(rig)["descriptors_short_seconds"] > 0)
        before = cpu_seconds(rig)
        time.sleep(2)
        assert cpu_seconds(rig) - before < 0.4
        assert status(rig)["running"]
    finally:
        for peer in sessions:
            peer.close()
        rig.holdback.stop()
        rig.holdback.change({"milter": milter})
        rig.holdback.start()


def test_log_lines_that_find_no_room_come_late_and_that_is_said(rig):
    small = rig.holdback.base / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "none", small]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("no tmpfs can be mounted")
    log = rig.holdback.settings["log"]["target"]
    try:
        rig.holdback.own(small)
        rig.holdback.change({"log": {"target": f"file:{small / 'log'}"}})
        rig.holdback.reload()
        (small / "ballast").write_bytes(b"x" * 72_000)
        octets = message(NEWS, "list@home.test", "News")
        with rig.client() as mta:
            mta.connect()
            mta.helo()
            for _ in range(200):
                mta.message(f"<{NEWS}>", [ANNA], octets)
        late = status(rig)["log_lines_late"]
        assert late > 0 and status(rig)["log_lines_lost"] == 0
        rig.holdback.reload()  # opens the file anew
        assert status(rig)["log_lines_late"] >= late
        assert "holdback_log_lines_lost_total" in rig.holdback.say("metrics")
        (small / "ballast").unlink()
        with rig.client() as mta:
            mta.connect()
            mta.helo()
            mta.message(f"<{NEWS}>", [ANNA], octets)
        text = (small / "log").read_text()
        said = [line for line in text.splitlines() if "lines come late" in line]
        assert said and "No space left" in said[0], text[-600:]
        # A line that was cut off ends there, and comes whole later.
        whole = re.findall(r"decision .*anna@good\.test.* route=mx$", text, re.MULTILINE)
        assert len(whole) == 201, "each decision is there"
        assert status(rig)["log_lines_late"] == 0
        assert all(" holdback[" in line for line in text.splitlines() if line.startswith("20"))
    finally:
        rig.holdback.change({"log": {"target": log}})
        rig.holdback.reload()
        subprocess.run(["umount", small], check=True)
