# SPDX-License-Identifier: Apache-2.0
"""Holdback beside a signer, before it and behind it: everybody is accounted for, and what arrives
is signed once, for good."""

import contextlib

import pytest

from lab import bench as lab_bench
from lab import opendkim
from lab.mail import NEWS, message, send
from lab.need import need
from lab.wait import wait_for

GOOD = ["anna@good.test", "ben@implicit.test"]
BAD = ["carl@nullmx.test", "dora@gone.test"]
LEAVE = "leave@home.test"
STRANGER = "198.51.100.7"
# OpenDKIM leaves those without a result of DKIM, and what it can't read.
FORGED = (
    "mta.home.test; dmarc=pass header.from=good.test",
    "mta.home.test; spf=pass smtp.mailfrom=good.test",
    "mta.home.test;; dmarc=pass header.from=good.test",
    "mta.home.test; dmarc=pass header.from=good.test;",
    "mta.home.test 1 ; dmarc = pass header.from = good.test",
    "(a) mta.home.test (b) ; dmarc=pass (c) header.from=good.test",
    '"mta.home.test"; dmarc=pass header.from="good.test"',
    "mta.home.test dmarc=pass; dkim=pass header.d=good.test",
    "mta.home.test; dkim=pass header.d=good.test",
    "mta.home.test; dkim=pass header.d=good.test (",
    "mta.home.test; dkim=pass header.d=good.test; x",
    "MTA.home.TEST;\r\n\tdkim=pass\r\n\theader.d=good.test",
)
HOLDBACK = "{ unix:holdback/holdback.sock, default_action=accept }"


@pytest.fixture(scope="module")
def signed():
    need(lab_bench.missing() or opendkim.missing())
    with contextlib.ExitStack() as exits:
        bench = exits.enter_context(lab_bench.Bench(
            {"unsubscribe": {"addresses": [LEAVE], "authserv_ids": ["mta.home.test"]}}))
        bench.dkim = opendkim.OpenDkim(bench.base / "dkim")
        exits.callback(bench.dkim.close)
        bench.verifier = opendkim.OpenDkim(bench.base / "verifier", opendkim.VERIFIES)
        exits.callback(bench.verifier.close)
        yield bench


@pytest.mark.parametrize("order", ("before", "behind"))
def test_bulk_mail_is_held_in_part_and_signed_once(signed, order):
    signed.forget()
    milters = [signed.dkim.socket, HOLDBACK]
    signed.mta.set(smtpd_milters=" ".join(milters if order == "before" else milters[::-1]))
    signed.mta.restart()
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign=f"signed {order}")
    sent = send(signed.mta.relay_port, NEWS, GOOD + BAD, octets)
    assert sent.data[0] == 250, sent
    signed.settle()
    assert signed.outside.recipients() == sorted(GOOD)
    held = [row["recipient"] for row in signed.holdback.held() if row["campaign"] == f"signed {order}"]
    assert sorted(held) == sorted(BAD)
    for recipient in GOOD:
        (copy,) = signed.outside.deliveries(recipient)
        assert len(copy.fields("DKIM-Signature")) == 1
        assert len(copy.fields("X-Holdback-Seal")) == 1
        assert signed.dkim.is_good(copy.octets)


def test_what_is_released_is_signed_once_more_and_good(signed):
    signed.forget()
    (row,) = [row for row in signed.holdback.held("--reason", "null-mx")
              if row["campaign"] == "signed behind"]
    signed.holdback.ctl("held", "release", str(row["id"]))
    signed.settle()
    (copy,) = signed.outside.deliveries(row["recipient"])
    assert signed.dkim.is_good(copy.octets)


def test_results_that_a_stranger_writes_prove_nothing(signed):
    signed.mta.set(smtpd_milters=f"{signed.verifier.socket} {HOLDBACK}")
    signed.mta.restart()
    signed.forget()
    for number, field in enumerate(FORGED):
        writer = f"victim{number}@good.test"
        letter = f"Authentication-Results: {field}\r\n".encode() + message(
            writer, LEAVE, "unsubscribe", body="")
        sent = send(signed.mta.relay_port, writer, [LEAVE], letter, client=STRANGER)
        assert sent.data[0] == 250, sent
    wait_for("all have come", lambda: len(signed.home.deliveries(LEAVE)) == len(FORGED))
    assert len(signed.holdback.log("proof_reason=unproven-request")) == len(FORGED)
    assert not [entry for entry in signed.holdback.entries() if entry.startswith("victim")]
    # OpenDKIM has written what it found above them.
    assert all(b"dkim=none" in copy.header for copy in signed.home.deliveries(LEAVE))
