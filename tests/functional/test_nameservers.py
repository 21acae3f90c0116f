# SPDX-License-Identifier: Apache-2.0
"""What the daemon says of nameservers that do not answer."""

import contextlib
import pathlib
import shutil
import tempfile
import time

import pytest

from lab import holdback, nsd
from lab.milter_client import MilterClient
from lab.need import need
from lab.wait import wait_for

OCTETS = b"From: news@shop.test\r\nSubject: hello\r\n\r\nhello\r\n"


@pytest.fixture(name="daemon")
def fixture_daemon():
    need(holdback.missing())
    with contextlib.ExitStack() as exits:
        base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        deaf = nsd.DeafNameServer()
        exits.callback(deaf.stop)
        made = holdback.Holdback(
            base / "holdback",
            base / "sock/holdback.sock",
            [deaf.address],
            25,
            {"dns": {"budget": "300ms"}},
        )
        exits.callback(made.stop)
        made.start()
        yield made


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
