# SPDX-License-Identifier: Apache-2.0
"""The test domains: NSD with one zone, `test`. Addresses are public ones of root servers, since
documentation addresses count as unusable; nobody ever connects to them."""

import os
import shutil
import socket
import subprocess
import threading

from lab.wait import free_port, wait_for

ZONE = """\
$ORIGIN test.
$TTL 60
@           SOA   ns.test. hostmaster.test. 1 3600 600 86400 5
@           NS    ns
ns          A     198.41.0.4
; where mail is at home
home        MX    10 mx.home
mx.home     A     198.41.0.4
; ordinary domains
good        MX    10 mx.good
mx.good     A     199.9.14.201
fine        MX    10 mx.good
fine        MX    20 mx.fine
mx.fine     AAAA  2001:500:200::b
implicit    A     192.33.4.12
; registered for bücher.test and ☃.test
xn--bcher-kva MX  10 mx.good
xn--n3h     MX    10 mx.good
; domains that take no mail
nullmx      MX    0 .
nohost      TXT   "exists, but takes no mail"
unusable    MX    10 loop.unusable
unusable    MX    20 inside.unusable
loop.unusable    A 127.0.0.1
inside.unusable  A 10.1.2.3
"""


class Nsd:
    """Answers for `test` on a loopback port, with the UDP and TCP address in `address`."""

    def __init__(self, base):
        self.base = base
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        base.mkdir(parents=True)
        (base / "test.zone").write_text(ZONE)
        (base / "nsd.conf").write_text(
            f"""\
server:
    ip-address: 127.0.0.1@{self.port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{base}"
    database: ""
    pidfile: ""
    xfrdfile: "{base}/xfrd.state"
    zonelistfile: "{base}/zone.list"
    xfrdir: "{base}"
    logfile: "{base}/nsd.log"
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: test
    zonefile: test.zone
"""
        )
        self._start()

    def _start(self):
        with open(self.base / "out", "ab") as out:
            self._process = subprocess.Popen(
                [program(), "-d", "-c", str(self.base / "nsd.conf")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_for("NSD answers", lambda: _answers(self.port))

    def replace(self, record_start, lines):
        """Puts `lines` in the place of the zone's lines that begin with `record_start`."""
        zone = self.base / "test.zone"
        kept = [x for x in zone.read_text().splitlines() if not x.startswith(record_start)]
        zone.write_text("\n".join(kept + list(lines)) + "\n")
        self.stop()
        self._start()

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)


class DeafNameServer:
    """Takes queries and never answers."""

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.bind(("127.0.0.1", self.port))
        self._tcp.listen(64)

    def was_asked(self):
        """True when a query has come since the last call."""
        self._udp.setblocking(False)
        try:
            self._udp.recvfrom(4096)
            return True
        except BlockingIOError:
            return False

    def stop(self):
        self._udp.close()
        self._tcp.close()


class PartlyDeafNameServer(DeafNameServer):
    """Never answers about the names below `silent`; all others do not exist."""

    def __init__(self, silent):
        super().__init__()
        self._silent = silent.encode().split(b".")
        self._ended = threading.Event()
        self._udp.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while not self._ended.is_set():
            try:
                query, peer = self._udp.recvfrom(4096)
            except TimeoutError:
                continue
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].lower())
                at += 1 + query[at]
            if labels[-len(self._silent) :] == self._silent:
                continue
            # An answer, with recursion available; NXDOMAIN; the question alone.
            head = query[:2] + b"\x81\x83\x00\x01" + b"\x00" * 6
            self._udp.sendto(head + query[12 : at + 5], peer)

    def stop(self):
        self._ended.set()
        self._thread.join()
        super().stop()


def program():
    return shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def _answers(port):
    """True when the SOA of `test` comes back."""
    query = b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\x06\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.3)
        try:
            udp.sendto(query, ("127.0.0.1", port))
            answer = udp.recv(512)
        except OSError:
            return False
    return answer[:2] == b"\x12\x34" and answer[3] & 0x0F == 0
