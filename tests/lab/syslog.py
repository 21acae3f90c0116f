# SPDX-License-Identifier: Apache-2.0
"""A syslogd for one program under test."""

import os
import re
import socket
import threading
import time


class LogSocket:
    """What syslogd does: takes lines at a socket and writes them, with time and host, to a file."""

    def __init__(self, path, file):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._path = file
        self._file = open(file, "ab", buffering=0)
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        while True:
            line = self._socket.recv(65536)
            if not line:
                return
            found = re.match(rb"<\d+>(\w{3} [ \d]\d [\d:]{8}) (.*)", line.rstrip(b"\0\n"), re.DOTALL)
            when, text = found.groups() if found else (time.strftime("%b %e %T").encode(), line)
            with self._writing:
                self._file.write(when + b" mta " + text.replace(b"\n", b" ") + b"\n")

    def rotate(self):
        with self._writing:
            number = len(list(self._path.parent.glob("maillog*")))
            os.rename(self._path, self._path.with_name(f"maillog.{number}"))
            self._file.close()
            self._file = open(self._path, "ab", buffering=0)

    def client(self, address):
        """How lab.mail.send comes from another address: one of the loopback net with the same last
        number, which is not in `[outgoing] networks` of the bench."""
        return {"source": f"127.0.0.{address.rsplit('.', 1)[1]}"}

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.connect(self._socket.getsockname())
            last.send(b"")
        self._thread.join(timeout=5)
        self._socket.close()
        self._file.close()
