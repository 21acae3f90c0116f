# SPDX-License-Identifier: Apache-2.0
"""Holdback beside a signer, before it and behind it: everybody is accounted for, and what arrives
is signed once, for good."""

import contextlib

import pytest

from lab import bench as lab_bench
from lab import opendkim
from lab.mail import NEWS, message, send
from lab.need import need

GOOD = ["anna@good.test", "ben@implicit.test"]
BAD = ["carl@nullmx.test", "dora@gone.test"]
HOLDBACK = "{ unix:holdback/holdback.sock, default_action=accept }"


@pytest.fixture(scope="module")
def signed():
    need(lab_bench.missing() or opendkim.missing())
    with contextlib.ExitStack() as exits:
        bench = exits.enter_context(lab_bench.Bench({}))
        bench.dkim = opendkim.OpenDkim(bench.base / "dkim")
        exits.callback(bench.dkim.close)
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
