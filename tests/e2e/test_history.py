# SPDX-License-Identifier: Apache-2.0
"""A real MTA sends; what came of it stands in the report, and whatif knows how it ended."""

import json
import subprocess

import pytest

from lab.holdback import program
from lab.mail import NEWS, message, send
from lab.wait import wait_for

ANNA, BEN, EVA, CARL = "anna@good.test", "ben@implicit.test", "eva@good.test", "carl@nullmx.test"

MTAS = ("postfix", "sendmail")
SETTINGS = {"maillog": {"handed_on": []}, "outgoing": {"networks": ["127.0.0.1/32"]}}


@pytest.fixture(name="house", scope="module")
def fixture_house(bench):
    """The bench with the daemon following the log of the MTA, and a newsletter that is over."""
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    log.parent.chmod(0o755)
    log.parent.parent.chmod(0o755)
    bench.holdback.change({"maillog": {"file": str(log)}})
    bench.holdback.reload()
    wait_for("the log is followed",
             lambda: bench.holdback.ctl("status").rows[0].get("maillog_source"))
    bench.outside.refuse(EVA, "550 5.1.1 User unknown")
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="spring")
    sent = send(bench.mta.relay_port, NEWS, [ANNA, BEN, EVA, CARL], octets)
    assert sent.data[0] == 250, sent
    bench.settle()
    # Two got it, and the sender a DSN about the third.
    wait_for("the log has told of it all", lambda: told(bench) == (3, 1))
    return bench


def told(bench):
    status = bench.holdback.ctl("status").rows[0]
    return status["outcomes_sent"], status["outcomes_bounced"]


def objects(done):
    rows = {}
    for row in done.rows:
        rows.setdefault(row["what"], []).append(row)
    return rows


def test_the_report_counts_what_the_mta_did(house):
    rows = objects(house.holdback.ctl("report"))
    # The DSN went into a mailbox of ours: that is no outgoing mail.
    (totals,) = rows["totals"]
    assert (totals["sent"], totals["bounced"], totals["held"]) == (2, 1, 1)
    for kind in ("day", "provider", "sender"):
        for fate in ("sent", "bounced", "held", "refused"):
            assert sum(row[fate] for row in rows[kind]) == totals[fate]
    sender = {row["sender"]: row for row in rows["sender"]}[NEWS]
    assert (sender["sent"], sender["bounced"], sender["held"]) == (2, 1, 1)
    assert {row["code"]: row["bounced"] for row in rows["code"]}[2001] == 1

    # Handed to a filter on this host, it is not sent yet.
    other = house.holdback.base / "filter.conf"
    other.write_text(house.holdback.conf.read_text().replace(
        "handed_on = []", 'handed_on = ["127.0.0.0/8"]'))
    done = subprocess.run(
        [program("holdbackctl"), "-c", other, "--json", "report"],
        stdout=subprocess.PIPE, check=True, timeout=60,
    )
    totals = json.loads(done.stdout.splitlines()[0])
    assert (totals["sent"], totals["bounced"]) == (0, 1)


def test_what_if_knows_how_the_mail_ended(house):
    path = house.holdback.base / "other.conf"
    path.write_text(house.holdback.conf.read_text().replace(
        "[outgoing]\n", '[outgoing]\nblock = ["good.test"]\nallow = ["nullmx.test"]\n'))
    rows = objects(house.holdback.ctl("whatif", path, "--sender", NEWS, "--all"))
    ends = {row["address"]: (row["then"]["verdict"], row["now"]["verdict"], row["outcome"])
            for row in rows["recipient"]}
    assert ends == {
        ANNA: ("pass", "reject", "delivered"),
        EVA: ("pass", "reject", "bounced"),
        CARL: ("hold", "pass", "unknown"),
    }

    # What was held leaves under another queue id, and its end is found all the same.
    house.holdback.ctl("held", "release", "--all", "--yes")
    house.settle()
    wait_for("the log has told of it", lambda: told(house)[0] == 4)
    rows = objects(house.holdback.ctl("whatif", path, "--sender", NEWS, "--all"))
    assert {row["address"]: row["outcome"] for row in rows["recipient"]}[CARL] == "delivered"
