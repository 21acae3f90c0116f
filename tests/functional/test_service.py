# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told: when the sockets answer, and what the daemon is about."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

from lab import holdback
from lab.wait import free_port

SOURCE = pathlib.Path(__file__).parents[2]


class Manager:
    """The end of NOTIFY_SOCKET where systemd would listen."""

    def __init__(self, directory):
        self.path = directory / f"notify-{time.monotonic_ns()}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(20)
        self.path.chmod(0o777)

    def heard(self):
        return self._socket.recv(4096).decode()

    def heard_nothing(self):
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            return not self._socket.recv(4096)
        return True

    def start(self, daemon):
        with open(daemon.base / "out", "ab") as out:
            daemon.process = subprocess.Popen(
                [holdback.program("holdback"), "-c", daemon.conf],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "NOTIFY_SOCKET": str(self.path)},
            )


def test_it_is_ready_when_the_sockets_answer(rig):
    daemon = rig.holdback
    daemon.stop()
    manager = Manager(daemon.base)
    for kind in (f"unix:{daemon.socket}", f"inet:{free_port()}@127.0.0.1"):
        daemon.change({"milter": {"socket": kind}})
        manager.start(daemon)
        assert manager.heard() == "READY=1"
        # No waiting here: that is what it says.
        if kind.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as mta:
                mta.connect(str(daemon.socket))
        else:
            address = ("127.0.0.1", int(kind.split(":")[1].split("@")[0]))
            socket.create_connection(address, timeout=1).close()
        assert daemon.ctl("status", check=False).rows[0]["running"]
        daemon.process.send_signal(signal.SIGHUP)
        assert [manager.heard(), manager.heard()] == ["RELOADING=1", "READY=1"]
        daemon.process.send_signal(signal.SIGTERM)
        assert manager.heard() == "STOPPING=1"
        assert daemon.process.wait(timeout=20) == 0


def test_a_start_that_fails_is_never_ready(rig):
    daemon = rig.holdback
    daemon.stop()
    manager = Manager(daemon.base)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon.change({"milter": {"socket": f"inet:{taken.getsockname()[1]}@127.0.0.1"}})
        manager.start(daemon)
        assert daemon.process.wait(timeout=20) != 0
    assert manager.heard_nothing()
    daemon.change({"milter": {"socket": f"unix:{daemon.socket}", "colour": "green"}})
    manager.start(daemon)
    assert daemon.process.wait(timeout=20) == 78
    assert manager.heard_nothing()


def test_the_unit_file_waits_for_that_word():
    unit = (SOURCE / "contrib/systemd/holdback.service.in").read_text()
    assert "\nType=notify\n" in unit
    assert "\nLogsDirectory=holdback\n" in unit
    # What rotates it writes where the unit lets the daemon write.
    rotation = (SOURCE / "contrib/logrotate.d/holdback").read_text()
    assert "\n/var/log/holdback/*.log {\n" in rotation
