# SPDX-License-Identifier: Apache-2.0
"""How the daemon ends: at once when it is idle, behind the last message, and even if it hangs."""

import contextlib
import pathlib
import shutil
import signal
import socket
import tempfile
import threading
import time

import pytest

from lab import holdback, nsd
from lab.mail import NEWS, message
from lab.milter_client import MilterClient
from lab.need import need
from lab.stubborn import Stubborn
from lab.wait import free_port, wait_for

OCTETS = b"From: news@shop.test\r\nSubject: hello\r\n\r\nhello\r\n"
# What the daemon may take when it is idle, and when a release hangs.
IDLE = 0.3
HANGING = 5.0
# What a busy machine may add.
SOON = 1.5


def quickest(daemon, attempts=5):
    """The shortest of a few stops, so that a busy machine does not count as the daemon's time."""
    took = []
    for _ in range(attempts):
        took.append(ends(daemon, SOON)[0])
        daemon.start()
        time.sleep(0.2)
    return min(took)


class Silent:
    """A server that takes connections and never says a word."""

    def __init__(self):
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.taken = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self._listener.accept()[0])

    def stop(self):
        self._listener.close()


@pytest.fixture(name="house")
def fixture_house():
    need(holdback.missing())
    need(None if nsd.program() else "NSD is not installed")
    with contextlib.ExitStack() as exits:
        base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        names = nsd.Nsd(base / "nsd")
        exits.callback(names.stop)
        silent = Silent()
        exits.callback(silent.stop)
        daemon = holdback.Holdback(
            base / "holdback", base / "sock/holdback.sock", [names.address], silent.port
        )
        exits.callback(daemon.stop)
        daemon.start()
        yield daemon, silent


def ends(daemon, seconds):
    """Sends SIGTERM; how long the daemon took, and its exit status."""
    begin = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    # A wait with a timeout looks every now and then, which would count as the daemon's time.
    late = threading.Timer(seconds + 30, daemon.process.kill)
    late.start()
    status = daemon.process.wait()
    late.cancel()
    return time.monotonic() - begin, status


def begun(client, sender="<news@shop.test>"):
    client.connect()
    assert client.mail(sender) in (None, "continue")
    client.rcpt("<anna@good.test>")


def finished(client):
    client.data()
    client.header("Subject", "hello")
    client.end_of_headers()
    client.body(b"hello\r\n")
    return client.end()


def test_an_idle_daemon_is_gone_at_once(house):
    daemon, _ = house
    took, status = ends(daemon, SOON)
    assert status == 0
    assert took < SOON
    assert not daemon.socket.exists()


def test_an_idle_daemon_needs_no_third_of_a_second(house):
    daemon, _ = house
    assert quickest(daemon) <= IDLE


def test_an_idle_daemon_with_kept_sessions_is_gone_at_once(house):
    daemon, _ = house
    with MilterClient(daemon.socket) as client:
        client.connect()
        client.message("<news@shop.test>", ["<anna@good.test>"], OCTETS)
        took, status = ends(daemon, SOON)
    assert status == 0
    assert took < SOON


def test_an_idle_daemon_on_a_port_is_gone_at_once(house):
    daemon, _ = house
    daemon.stop()
    port = free_port()
    daemon.change({"milter": {"socket": f"inet:{port}@127.0.0.1"}})
    with open(daemon.base / "out", "ab") as out:
        daemon.process = holdback.subprocess.Popen(
            [holdback.program("holdback"), "-c", daemon.conf], stdout=out, stderr=out
        )
    wait_for("it listens", lambda: daemon.ctl("status", check=False).code == 0)
    took, status = ends(daemon, SOON)
    assert status == 0
    assert took < SOON


def test_messages_under_way_are_finished_and_the_socket_answers_until_then(house):
    daemon, _ = house
    with MilterClient(daemon.socket) as first, MilterClient(daemon.socket) as second:
        begun(first)
        daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        # The daemon waits for a moment without a message, and serves meanwhile.
        second.connect()
        _, outcome = second.message("<news@shop.test>", ["<anna@good.test>"], OCTETS)
        assert outcome.answer == "accept"
        assert daemon.process.poll() is None
        assert finished(first).answer == "accept"
        begin = time.monotonic()
        assert daemon.process.wait(timeout=30) == 0
        assert time.monotonic() - begin < SOON
    assert len(daemon.log("decision .*anna@good.test")) == 2


def test_it_waits_for_a_message_that_is_about_to_begin(house):
    daemon, _ = house
    with MilterClient(daemon.socket) as client:
        client.connect()
        stopping = threading.Thread(target=daemon.process.send_signal, args=(signal.SIGTERM,))
        stopping.start()
        time.sleep(0.05)
        assert client.mail("<news@shop.test>") in (None, "continue")
        client.rcpt("<anna@good.test>")
        assert finished(client).answer == "accept"
        daemon.process.wait(timeout=30)
        stopping.join()
    assert daemon.log("decision .*anna@good.test")


def test_under_load_it_ends_when_the_messages_before_are_done(house):
    daemon, _ = house
    stop = threading.Event()
    first = threading.Event()

    def send():
        with contextlib.suppress(Exception):  # cut in the end
            while not stop.is_set():
                with MilterClient(daemon.socket) as client:
                    begun(client)
                    first.set()
                    time.sleep(0.3)
                    finished(client)

    senders = [threading.Thread(target=send, daemon=True) for _ in range(8)]
    for sender in senders:
        sender.start()
    assert first.wait(20)
    time.sleep(0.5)
    try:
        took, status = ends(daemon, 8)
    finally:
        stop.set()
    assert status == 0
    assert took < 6.0, "two seconds for a quiet moment, then the messages of 0.3 s"
    assert daemon.log("stopping messages_in_flight=0")
    for sender in senders:
        sender.join(timeout=20)


def test_a_second_signal_ends_all_waiting(house):
    daemon, _ = house
    with MilterClient(daemon.socket) as client:
        begun(client)
        daemon.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert daemon.process.poll() is None
        took, status = ends(daemon, SOON)
    assert status == 0
    assert took < SOON
    assert daemon.log("stopping messages_in_flight=1")


def end_in_a_release(daemon, has_begun):
    """Holds one recipient, ends the daemon in the middle of the release, and gives the item that
    the next start finds."""
    with MilterClient(daemon.socket) as client:
        client.connect()
        octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="hangs")
        client.message(f"<{NEWS}>", ["<anna@good.test>", "<bo@nullmx.test>"], octets)
    (item,) = daemon.held()
    release = threading.Thread(
        target=lambda: daemon.ctl("held", "release", str(item["id"]), check=False), daemon=True
    )
    release.start()
    wait_for("the release has come so far", has_begun)
    took, _ = ends(daemon, HANGING)
    assert took < HANGING
    release.join(timeout=20)
    daemon.start()
    (item,) = daemon.held()
    assert item["recipient"] == "bo@nullmx.test"
    return item


def test_a_release_that_hangs_before_a_word_is_tried_again(house):
    daemon, silent = house
    item = end_in_a_release(daemon, lambda: silent.taken)
    assert not item["in_doubt"], "the server has not seen a word of it"


def test_a_release_that_hangs_behind_its_end_ends_in_doubt(house):
    """The server may have it: nobody sends it again without a person's word."""
    daemon, _ = house
    server = Stubborn(None, moods=["hang after the end"], patience=30.0)
    try:
        daemon.stop()
        daemon.change({"hold": {"reinject": f"smtp:127.0.0.1:{server.port}"}})
        daemon.start()
        assert end_in_a_release(daemon, lambda: server.taken)["in_doubt"]
        assert server.taken == 1, "it was sent again"
    finally:
        daemon.stop()
        server.stop()
