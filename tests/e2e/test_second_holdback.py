# SPDX-License-Identifier: Apache-2.0
"""Two Holdbacks on the way of a message: with keys of its own the second judges by itself, with the
same keys it takes the first one's word. Either way everybody gets one copy."""

import contextlib
import re
import shutil

import pytest
from test_seal import proof_of, returned

from lab import bench as lab_bench
from lab.content_filter import ContentFilter
from lab.holdback import Holdback
from lab.mail import NEWS, message, send
from lab.need import need
from lab.wait import wait_for

GOOD = ["anna@good.test", "ben@implicit.test"]
BAD = ["carl@nullmx.test", "dora@gone.test"]
STRANGER = "198.51.100.7"


@pytest.fixture(name="chain", scope="module", params=("own", "same"))
def fixture_chain(request):
    """A bench whose mail goes by a filter; the second Holdback stands behind that."""
    need(lab_bench.missing())
    with contextlib.ExitStack() as exits:
        bench = exits.enter_context(lab_bench.Bench({"notice": {"collect": "1s"}}))
        scan = ContentFilter(bench.mta, "smtp")
        exits.callback(scan.close)
        bench.mta.set_service(scan.behind, smtpd_milters="unix:second/holdback.sock")
        bench.second = Holdback(
            bench.base / "second",
            bench.mta.base / "queue/second/holdback.sock",
            [bench.nsd.address],
            bench.mta.relay_port,
            {"outgoing": {"mta_domains": bench.mta.configuration}},
        )
        exits.callback(bench.second.stop)
        if request.param == "same":
            shutil.copy2(bench.holdback.base / "seal.key", bench.second.base / "seal.key")
            bench.second.own(bench.second.base / "seal.key")
        bench.second.start()
        bench.mta.restart()
        bench.keys = request.param
        yield bench


def seal_fields(delivery):
    """All seals of a copy, folded."""
    found = re.findall(rb"^X-Holdback-Seal:.*?\r\n(?![ \t])", delivery.octets, re.S | re.M)
    return b"".join(found).decode()


def test_a_bulk_send_is_held_by_the_first_and_reaches_everybody_else_once(chain):
    chain.forget()
    for number in (1, 2):  # the same campaign with another text
        octets = message(NEWS, "list@home.test", f"Spring {number}", f"Text {number}\r\n",
                         bulk=True, campaign=f"spring-{chain.keys}-{number}")
        assert send(chain.mta.relay_port, NEWS, GOOD + BAD, octets).data[0] == 250
        chain.settle()
    assert sorted(chain.outside.recipients()) == sorted(GOOD + GOOD)
    assert sorted(row["recipient"] for row in chain.holdback.held()) == sorted(BAD + BAD)
    assert chain.second.held() == []
    copy = chain.outside.deliveries(GOOD[0])[0]
    again = chain.second.log("reason=judged-before")
    if chain.keys == "same":
        assert len(copy.fields("X-Holdback-Seal")) == 1
        assert len(again) == 2 * len(GOOD), again
    else:
        assert len(copy.fields("X-Holdback-Seal")) == 2
        assert again == []
        assert len(chain.second.log(f'rcpt="{GOOD[0]}" verdict=(pass|tag)')) == 2


def test_what_the_first_releases_passes_the_second(chain):
    chain.forget()
    row = [row for row in chain.holdback.held() if row["recipient"] == BAD[0]][0]
    chain.holdback.ctl("held", "release", str(row["id"]))
    wait_for("he has it", lambda: chain.outside.deliveries(BAD[0]) or chain.second.held())
    chain.settle()
    # The second looks for itself where it does not know the first.
    held = [row["recipient"] for row in chain.second.held()]
    assert held == ([] if chain.keys == "same" else [BAD[0]])
    assert len(chain.outside.deliveries(BAD[0])) == (1 if chain.keys == "same" else 0)


def test_a_bounce_is_proven_to_the_first(chain):
    chain.forget()
    recipient = f"eva-{chain.keys}@good.test"
    send(chain.mta.relay_port, NEWS, [recipient], message(NEWS, recipient, "Hello"))
    chain.settle()
    (copy,) = chain.outside.deliveries(recipient)
    octets = returned(f"chain-{chain.keys}", [recipient], seal_fields(copy))
    assert send(chain.mta.relay_port, "", [NEWS], octets, client=STRANGER).data[0] == 250
    chain.settle()
    entry = chain.holdback.entries()[recipient]
    assert (entry["code"], entry["proof"]) == (2001, "sealed"), entry
    (dsn,) = [copy for copy in chain.home.deliveries(NEWS) if recipient.encode() in copy.octets]
    assert proof_of(dsn) == "sealed"
