# SPDX-License-Identifier: Apache-2.0
"""What the daemon says of nameservers that do not answer."""

import contextlib
import pathlib
import shutil
import statistics
import tempfile
import threading
import time

import pytest

from lab import holdback, nsd
from lab.milter_client import MilterClient
from lab.need import need
from lab.wait import wait_for

MESSAGES = 32
OCTETS = b"From: news@shop.test\r\nSubject: hello\r\n\r\nhello\r\n"


@contextlib.contextmanager
def asking(nameserver, budget):
    """A daemon that asks this nameserver."""
    need(holdback.missing())
    with contextlib.ExitStack() as exits:
        exits.callback(nameserver.stop)
        base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        made = holdback.Holdback(
            base / "holdback",
            base / "sock/holdback.sock",
            [nameserver.address],
            25,
            {"dns": {"budget": budget}},
        )
        exits.callback(made.stop)
        made.start()
        yield made


@pytest.fixture(name="daemon")
def fixture_daemon():
    with asking(nsd.DeafNameServer(), "300ms") as daemon:
        yield daemon


@pytest.fixture(name="asking_partly_deaf")
def fixture_asking_partly_deaf():
    with asking(nsd.PartlyDeafNameServer("silent.test"), "2s") as daemon:
        yield daemon


def status(daemon):
    return dict(line.split(None, 1) for line in daemon.say("status").splitlines() if " " in line)


def test_nameservers_that_never_answer_are_an_error_once(daemon):
    assert not daemon.log("no nameserver answers")
    assert status(daemon)["dns"].strip() == "ok"
    begin = time.monotonic()
    with MilterClient(daemon.socket) as client:
        client.connect()
        client.message("<news@shop.test>", ["<anna@good.test>"], OCTETS)
    wait_for("the error", lambda: daemon.log("no nameserver answers"), 20)
    assert time.monotonic() - begin < 14, "10 s, and some for a busy machine"
    assert status(daemon)["dns"].strip() == "no answer"
    # A question has ended when its time is over.
    wait_for("its share", lambda: status(daemon)["dns_answered_last_minute"].strip() != "0/0", 20)
    assert status(daemon)["dns_answered_last_minute"].strip().startswith("0/")
    assert "holdback_dns_silent 1" in daemon.say("metrics")
    time.sleep(6)
    assert len(daemon.log("no nameserver answers")) == 1


def send(daemon, sender, recipients):
    with MilterClient(daemon.socket) as client:
        client.connect()
        client.message(sender, recipients, OCTETS)


def times(daemon, name):
    """How long each of some messages took, in milliseconds."""
    took = []
    for number in range(MESSAGES):
        begin = time.monotonic()
        send(daemon, "<bert@shop.test>", [f"<anna@{name}{number}.test>"])
        took.append(1000 * (time.monotonic() - begin))
    return took


def test_thousands_of_silent_domains_in_one_message_leave_all_others_judged(asking_partly_deaf):
    daemon = asking_partly_deaf
    silent = [f"<bo@d{number}.silent.test>" for number in range(5000)]
    alone = times(daemon, "lost")
    flood = threading.Thread(target=send, args=(daemon, "<news@shop.test>", silent))
    flood.start()
    wait_for("its questions", lambda: "dns_queries" in status(daemon)
             and int(status(daemon)["dns_queries"]) > 100)
    beside = times(daemon, "gone")
    assert flood.is_alive(), "too short for a test"
    flood.join(timeout=120)
    print(f"a message beside it {statistics.median(beside):.1f} ms, at most {max(beside):.1f}; "
          f"without it {statistics.median(alone):.1f} ms, at most {max(alone):.1f}")
    for number in range(MESSAGES):
        (line,) = daemon.log(rf'decision .*rcpt="anna@gone{number}\.test"')
        assert "reason=no-such-domain" in line, line
