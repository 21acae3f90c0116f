# SPDX-License-Identifier: Apache-2.0
"""What teaches the suppression list beside our own bounces: the MTA's log, deliveries, complaints and
letters to the address for unsubscribing; and for whose mail an entry counts."""

import time

import pytest

from test_dsn_tags import dsn, group
from test_seal import STRANGER, seal_field, sealed

from lab.mail import NEWS, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
LOOP = "203.0.113.9"
LEAVE = "leave@home.test"

SETTINGS = {
    "maillog": {"handed_on": []},
    "learn": {"feedback_networks": [f"{LOOP}/32", "127.0.0.9/32"]},
    "unsubscribe": {"addresses": [LEAVE]},
}

ARF = """\
From: <fbl@isp.test>
To: {to}
Subject: FW: News
Date: Mon, 06 Jul 2026 10:00:00 +0000
Message-ID: <arf-{tag}@isp.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=cut="

--=cut=
Content-Type: text/plain

This is an email abuse report.

--=cut=
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1.0
Version: 1
{who}
--=cut=
Content-Type: message/rfc822

{header}From: <{sender}>
To: <{recipient}>
Subject: News

Hello.
--=cut=--
"""


@pytest.fixture(name="house", scope="module")
def fixture_house(bench):
    """The bench with the daemon following the MTA's log."""
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    log.parent.chmod(0o755)
    log.parent.parent.chmod(0o755)
    bench.holdback.change({"maillog": {"file": str(log)}})
    bench.holdback.reload()
    wait_for(
        "the log is followed",
        lambda: bench.holdback.ctl("status").rows[0].get("maillog_source"),
    )
    return bench


def mail_out(bench, recipient, campaign, sender=NEWS):
    octets = message(sender, "list@home.test", "News", bulk=True, campaign=campaign)
    sent = send(bench.mta.relay_port, sender, [recipient], octets)
    assert sent.data[0] == 250, sent
    bench.settle()


def complaint(tag, recipient, header="", who=None, to=NEWS):
    who = f"Original-Rcpt-To: {recipient}\n" if who is None else who
    text = ARF.format(tag=tag, to=to, recipient=recipient, sender=NEWS, who=who,
                      header=header.replace("\r\n", "\n"))
    return text.replace("\n", "\r\n").encode()


def bring(bench, octets, to=NEWS, sender="", client=STRANGER):
    sent = send(bench.mta.relay_port, sender, [to], octets, **bench.mta.client(client))
    assert sent.data[0] == 250, sent
    bench.settle()


def test_a_bounce_counts_once_though_the_dsn_and_the_log_tell_it(house):
    house.outside.refuse("full@good.test", "552 5.2.2 Mailbox full")
    mail_out(house, "full@good.test", "full")
    if house.mta.name == "postfix":
        assert house.holdback.log('flow=inbound.*rcpt="full@good.test".*proof=local')
    wait_for("the log has told it", lambda: house.holdback.ctl(
        "status").rows[0]["outcomes_bounced"])
    rows = house.holdback.ctl("suppress", "show", "full@good.test").rows
    assert [(row["code"], row["strikes"], row["standing"]) for row in rows] == [
        (3001, 1, "counting")
    ]


def test_the_log_alone_teaches_where_no_dsn_is_shown(house):
    """Mail with the null sender gets no DSN: only the log tells of its end."""
    house.outside.refuse("gone@good.test", "550 5.1.1 User unknown")
    octets = message("", "list@home.test", "News")
    send(house.mta.relay_port, "", ["gone@good.test"], octets)
    entries = wait_for(
        "the log has taught it",
        lambda: "gone@good.test" in house.holdback.entries() and house.holdback.entries(),
    )
    entry = entries["gone@good.test"]
    assert (entry["code"], entry["proof"], entry["source"]) == (2001, "local", "learned")
    assert house.holdback.log('flow=outcome.*rcpt="gone@good.test".*learned=suppressed')


def test_a_later_delivery_lifts_the_entry(house):
    house.outside.refuse("back@good.test", "550 5.1.1 User unknown")
    mail_out(house, "back@good.test", "back")
    wait_for("it is suppressed", lambda: "back@good.test" in house.holdback.entries())
    del house.outside.refusals["back@good.test"]
    time.sleep(1.1)  # the log tells times by the second
    mail_out(house, "back@good.test", "back again")
    (item,) = [row for row in house.holdback.held() if row["recipient"] == "back@good.test"]
    house.holdback.ctl("held", "release", str(item["id"]))
    wait_for("it is delivered", lambda: house.outside.deliveries("back@good.test"))
    wait_for("the entry is lifted", lambda: "back@good.test" not in house.holdback.entries())
    assert house.holdback.log('flow=lift subject="back@good.test"')


def test_a_sealed_complaint_suppresses_for_the_sender_domain(house):
    copy = sealed(house, ["olga@good.test"])
    hidden = complaint("sealed", "olga@good.test", seal_field(copy), who="")
    bring(house, hidden)
    rows = house.holdback.ctl("suppress", "show", "olga@good.test").rows
    assert [(row["reason"], row["scope"], row["proof"]) for row in rows] == [
        ("complaint", "home.test", "sealed")
    ]
    mail_out(house, "olga@good.test", "after the complaint")
    assert "olga@good.test" in [row["recipient"] for row in house.holdback.held()]
    octets = message("x@good.test", "olga@good.test", "News", bulk=True)
    send(house.mta.relay_port, "x@good.test", ["olga@good.test"], octets)
    house.settle()
    assert house.outside.deliveries("olga@good.test")[-1].sender == "x@good.test"


def test_a_complaint_is_believed_from_a_feedback_loop_alone(house):
    bring(house, complaint("stranger", "paul@good.test"))
    assert house.holdback.ctl("suppress", "show", "paul@good.test", check=False).code == 1
    bring(house, complaint("loop", "paul@good.test"), client=LOOP)
    (row,) = house.holdback.ctl("suppress", "show", "paul@good.test").rows
    assert row["reason"] == "complaint"
    assert house.holdback.log('rcpt="paul@good.test".*proof_reason=feedback-loop')


def test_a_letter_to_the_address_for_unsubscribing_suppresses_its_writer(house):
    writer = "quinn@good.test"
    letter = message(writer, LEAVE, "unsubscribe", body="")
    bring(house, letter, to="leave+17@home.test", sender=writer)
    (row,) = house.holdback.ctl("suppress", "show", writer).rows
    assert (row["reason"], row["scope"], row["code"]) == ("unsubscribe", "home.test", 5003)
    mail_out(house, writer, "after the letter")
    (item,) = [row for row in house.holdback.held() if row["recipient"] == writer]
    assert item["finding"] == "suppressed-unsubscribe"


def test_nobody_unsubscribes_somebody_else(house):
    letter = message("rita@good.test", LEAVE, "unsubscribe", body="")
    bring(house, letter, to=LEAVE, sender="mallory@good.test")
    assert house.holdback.ctl("suppress", "show", "rita@good.test", check=False).code == 1
    assert house.holdback.ctl("suppress", "show", "mallory@good.test", check=False).code == 1


def test_what_is_not_believed_is_tagged_all_the_same(house):
    bring(house, dsn("tagged", group("sven@good.test")))
    (delivery,) = house.home.deliveries(NEWS)
    assert "proof=unproven" in delivery.fields("X-Holdback-DSN")[0]
    assert house.holdback.ctl("suppress", "show", "sven@good.test", check=False).code == 1
