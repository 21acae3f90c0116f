# SPDX-License-Identifier: Apache-2.0
"""The log of a real MTA is followed: every end of every recipient, each once."""

import sqlite3

import pytest

from lab.mail import NEWS, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
ANNA = "anna@good.test"
REFUSED = "refused@good.test"
LATER = "later@good.test"


@pytest.fixture(scope="module", autouse=True)
def following(bench):
    """The daemon is told by a reload; the log has lines already, which are not recorded."""
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    bench.outside.refuse(REFUSED, "550-5.1.1 No such user", "550 5.1.1 refused here")
    bench.outside.refuse(LATER, "450 4.2.0 Greylisted")
    bench.holdback.change({"maillog": {"file": str(log), "trusted": True, "handed_on": []}})
    bench.holdback.reload()
    wait_for("the log is followed", lambda: status(bench).get("maillog") == "ok")


def status(bench):
    return bench.holdback.ctl("status").rows[0]


def outcomes(bench, recipient=None):
    """The rows of the journal, oldest first."""
    with sqlite3.connect(bench.holdback.base / "holdback.db") as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM outcome ORDER BY id").fetchall()
    return [row for row in rows if recipient in (None, row["recipient_key"])]


def mail(bench, *recipients):
    octets = message(NEWS, recipients[0], "Hello")
    sent = send(bench.mta.relay_port, NEWS, list(recipients), octets)
    assert sent.data and sent.data[0] == 250, sent
    return sent


def test_each_end_is_recorded_with_relay_status_and_text(bench):
    sent = mail(bench, ANNA, REFUSED, LATER)
    wait_for("three outcomes", lambda: {r["result"] for r in outcomes(bench)} == {
        "sent", "bounced", "deferred"
    })
    (anna,) = outcomes(bench, ANNA)
    assert (anna["result"], anna["queue_id"]) == ("sent", sent.queue_id)
    assert anna["address"] == "127.0.0.1"
    if bench.mta.name == "postfix":
        assert anna["port"] == bench.outside.port
        assert (anna["status"], anna["reply"], anna["text"]) == ("2.0.0", "250 2.0.0 taken", "")
    else:  # the answer to a delivery is in parentheses, without its code
        assert (anna["status"], anna["text"]) == ("2.0.0", "Sent (taken)")
    assert (anna["sender"], anna["domain"], anna["provider"]) == (NEWS, "good.test", "good.test")
    (refused,) = outcomes(bench, REFUSED)
    assert (refused["result"], refused["status"]) == ("bounced", "5.1.1")
    if bench.mta.name == "postfix":
        assert refused["reply"] == "550 5.1.1 No such user refused here"
        assert "said: 550-5.1.1 No such user 550 5.1.1 refused here" in refused["text"]
    else:  # of a long answer, Sendmail logs the first line
        assert refused["reply"] == "550 5.1.1 No such user"
    later = outcomes(bench, LATER)
    assert {row["result"] for row in later} == {"deferred"}
    assert later[0]["reply"] == "450 4.2.0 Greylisted"
    shown = status(bench)
    assert shown["outcomes_bounced"] == 1 and shown["maillog_lines"] > 3


def test_rotation_loses_and_doubles_nothing(bench):
    before = len(outcomes(bench, ANNA))
    mail(bench, ANNA)
    bench.settle()
    bench.mta.rotate_log()
    mail(bench, ANNA)
    wait_for("both are recorded", lambda: len(outcomes(bench, ANNA)) >= before + 2)
    bench.holdback.kill()
    mail(bench, ANNA)
    bench.settle()
    bench.mta.rotate_log()
    mail(bench, ANNA)
    bench.settle()
    bench.holdback.start()
    wait_for("all are recorded", lambda: len(outcomes(bench, ANNA)) >= before + 4)
    assert len(outcomes(bench, ANNA)) == before + 4


def test_sudden_ends_while_following_lose_and_double_nothing(bench):
    for number in range(6):
        for _ in range(5):
            mail(bench, ANNA, REFUSED)
        if number == 3:
            bench.mta.rotate_log()
        bench.holdback.kill()
        bench.holdback.start()
    bench.outside.refusals.pop(LATER, None)
    bench.settle()
    wait_for("nothing is deferred", lambda: bench.mta.deferred() == 0)
    bench.settle()
    wait_for("all is recorded", lambda: len(outcomes(bench)) >= bench.mta.attempts())
    rows = outcomes(bench)
    assert len(rows) == bench.mta.attempts()
    once = [(r["queue_id"], r["recipient_key"]) for r in rows if r["result"] != "deferred"]
    assert len(once) == len(set(once))


def test_a_released_item_shows_its_end(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="end")
    send(bench.mta.relay_port, NEWS, [ANNA, "carl@nullmx.test"], octets)
    bench.settle()
    (row,) = [r for r in bench.holdback.held() if r["recipient"] == "carl@nullmx.test"]
    number = str(row["id"])
    assert bench.holdback.ctl("held", "show", number).rows[0]["end"] is None
    bench.holdback.ctl("held", "release", number)

    def end():
        return bench.holdback.ctl("held", "show", number).rows[0]["end"]

    wait_for("the end is known", end)
    assert end()["result"] == "sent"
    said = {"postfix": "250 2.0.0 taken", "sendmail": "Sent (taken)"}
    assert end()["text"] == said[bench.mta.name]
    assert "delivered at " in bench.holdback.say("held", "show", number)


def test_a_log_that_cannot_be_read_is_a_warning_and_tried_again(bench):
    log = bench.mta.base / "log/maillog"
    moved = log.with_name("elsewhere")
    bench.holdback.change({"maillog": {"file": str(moved)}})
    bench.holdback.reload()
    wait_for("a warning", lambda: bench.holdback.log("maillog: .*No such file"))
    assert "No such file" in status(bench)["maillog"]
    moved.write_text("")
    moved.chmod(0o644)
    wait_for("the log is followed", lambda: status(bench)["maillog"] == "ok")
