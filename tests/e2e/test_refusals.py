# SPDX-License-Identifier: Apache-2.0
"""Where a reject happens: people get an answer at RCPT, programs a DSN, sendmail(1) never a
refusal at RCPT."""

import os
import re

import pytest

from lab.mail import NEWS, PERSON, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"bulk": {"senders": ["crm@home.test"]}}

ANNA = "anna@good.test"

REFUSALS = [
    ("dora@gone.test", 550, "5.1.2"),
    ("frank@nohost.test", 550, "5.1.2"),
    ("carl@nullmx.test", 556, "5.1.10"),
    ("gina@shop.invalid", 550, "5.1.2"),
]


def returned(bench, sender):
    """The DSNs that a sender of home.test has got."""
    return [d for d in bench.home.deliveries(sender) if d.sender == ""]


@pytest.mark.parametrize("recipient, code, status", REFUSALS)
def test_a_person_is_told_at_rcpt(bench, recipient, code, status):
    octets = message(PERSON, recipient, "Hi")
    sent = send(bench.mta.submission_port, PERSON, [recipient, ANNA], octets, **bench.mta.person)
    assert sent.rcpt[recipient][0] == code
    assert sent.rcpt[recipient][1].startswith(status + " ")
    assert sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    assert returned(bench, PERSON) == []


def test_a_listed_bulk_sender_is_not_refused_at_rcpt_but_held(bench):
    recipients = [ANNA, "dora@gone.test"]
    octets = message("crm@home.test", "list@home.test", "Offers")
    sent = send(
        bench.mta.submission_port, "crm@home.test", recipients, octets, **bench.mta.person
    )
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    (row,) = bench.holdback.held("--sender", "crm@home.test")
    assert (row["recipient"], row["finding"]) == ("dora@gone.test", "no-such-domain")


def test_from_the_25th_recipient_on_a_message_is_bulk(bench):
    """What was refused before that stays refused, since the client was told."""
    many = [f"friend{number}@good.test" for number in range(25)]
    recipients = ["dora@gone.test", *many, "carl@nullmx.test"]
    octets = message(PERSON, "friends@home.test", "Party")
    sent = send(bench.mta.submission_port, PERSON, recipients, octets, **bench.mta.person)
    assert list(sent.refused) == ["dora@gone.test"]
    assert sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == sorted(many)
    assert [row["recipient"] for row in bench.holdback.held("--sender", PERSON)] == [
        "carl@nullmx.test"
    ]


def test_a_program_is_told_by_a_dsn_and_the_others_get_their_mail(bench):
    recipients = [ANNA, "dora@gone.test", "carl@nullmx.test"]
    octets = message(PERSON, ", ".join(recipients), "Report")
    sent = send(bench.mta.relay_port, PERSON, recipients, octets)
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    (dsn,) = wait_for("the DSN", lambda: returned(bench, PERSON))
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    text = dsn.octets.decode()
    assert "multipart/report" in dsn.fields("Content-Type")[0]
    assert re.search(r"Final-Recipient: *rfc822; *dora@gone\.test\r\n", text)
    assert re.search(r"Final-Recipient: *rfc822; *carl@nullmx\.test\r\n", text)
    assert ANNA not in re.findall(r"Final-Recipient: *rfc822; *(\S+)", text)
    assert text.count("Action: failed") == 2
    assert re.search(r"Status: 5\.1\.2", text) and re.search(r"Status: 5\.1\.10", text)


def test_a_program_that_wants_no_dsn_gets_none_and_one_that_wants_all_gets_it(bench):
    recipients = [ANNA, "dora@gone.test"]
    text = "The words of this letter come back as they were sent.\r\n"
    octets = message("quiet@home.test", ", ".join(recipients), "Report", text)
    for notify in ("NEVER", "SUCCESS"):
        sent = send(
            bench.mta.relay_port, "quiet@home.test", recipients, octets,
            rcpt_args=[f"NOTIFY={notify}"],
        )
        assert sent.data[0] == 250
    full = message("full@home.test", ", ".join(recipients), "Report", text)
    sent = send(
        bench.mta.relay_port, "full@home.test", recipients, full, mail_args=["RET=FULL"],
    )
    assert sent.data[0] == 250
    (dsn,) = wait_for("the DSN", lambda: returned(bench, "full@home.test"))
    assert "come back as they were sent" in dsn.octets.decode()
    assert "Content-Type: message/rfc822" in dsn.octets.decode()
    bench.settle()
    failures = [d for d in returned(bench, "quiet@home.test") if b"Action: failed" in d.octets]
    assert failures == []


def test_the_good_of_a_mostly_bad_send_come_back_at_once_when_the_mta_refuses_them(bench):
    """The service by which we send again refuses the sender, from this host."""
    if bench.mta.name != "postfix":
        pytest.skip("a matter of Postfix's restrictions")
    etc = bench.mta.base / "etc"
    (etc / "here").write_text("/^127\\.0\\.0\\.1$/ 550 5.7.1 this sender sends elsewhere\n")
    (etc / "senders").write_text("/^crm@home\\.test$/ from_here\n")
    bench.mta.set(
        smtpd_restriction_classes="from_here",
        from_here=f"check_client_access regexp:{etc}/here",
        smtpd_sender_restrictions=f"check_sender_access regexp:{etc}/senders",
    )
    bench.mta.restart()
    bench.forget()
    try:
        bad = [f"carl{number}@nullmx.test" for number in range(255)]
        sent = send(
            bench.mta.submission_port, "crm@home.test", [*bad, ANNA, "ben@good.test"],
            message("crm@home.test", "list@home.test", "Offers", bulk=True, campaign="mostly-bad"),
            **{**bench.mta.login("crm"), **bench.mta.client("192.0.2.9")},
        )
        assert sent.data[0] == 250, sent.data
        (dsn,) = wait_for("the DSN", lambda: returned(bench, "crm@home.test"))
    finally:
        bench.mta.set(smtpd_sender_restrictions="", smtpd_restriction_classes="")
        bench.mta.restart()
    text = dsn.octets.decode()
    assert sorted(re.findall(r"Final-Recipient: *rfc822; *(\S+)", text)) == [ANNA, "ben@good.test"]
    assert "this sender sends elsewhere" in text
    rows = {
        row["recipient"]: row for row in bench.holdback.held("--all", "--campaign", "mostly-bad")
        if row["recipient"] in (ANNA, "ben@good.test")
    }
    assert {row["state"] for row in rows.values()} == {"returned"}
    assert {row["finding"] for row in rows.values()} == {"none"}
    assert all("sends elsewhere" in row["last_answer"] for row in rows.values())


def test_a_message_whose_recipients_are_all_rejected_is_refused_whole(bench):
    recipients = ["dora@gone.test", "carl@nullmx.test"]
    sent = send(bench.mta.relay_port, PERSON, recipients, message(PERSON, "x@home.test", "All"))
    assert not sent.refused
    assert sent.data[0] in (550, 556), sent.data
    bench.settle()
    assert bench.outside.recipients() == [] and bench.home.recipients() == []


def test_sendmail_is_never_refused_at_rcpt(bench):
    recipients = [ANNA, "dora@gone.test"]
    octets = message(PERSON, ", ".join(recipients), "From cron")
    assert bench.mta.sendmail(PERSON, recipients, octets) == 0
    wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))
    (dsn,) = wait_for("the DSN", lambda: returned(bench, PERSON))
    bench.settle()
    assert b"dora@gone.test" in dsn.octets
    assert bench.outside.recipients() == [ANNA]
    assert not bench.mta.log("milter configuration error")


def test_sendmail_with_bad_recipients_alone_bounces(bench):
    octets = message(PERSON, "dora@gone.test", "From cron")
    status = bench.mta.sendmail(PERSON, ["dora@gone.test"], octets)
    if bench.mta.name == "sendmail":  # its sendmail(1) has the answer at once, by SMTP
        assert status == os.EX_UNAVAILABLE
    else:
        assert status == 0
    wait_for("the sender is told", lambda: returned(bench, PERSON))
    bench.settle()
    assert len(returned(bench, PERSON)) == 1
    assert bench.outside.recipients() == []
    assert not bench.mta.log("milter configuration error")


def test_bulk_by_sendmail_is_held(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="pipe")
    assert bench.mta.sendmail(NEWS, [ANNA, "carl@nullmx.test"], octets) == 0
    wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    assert [row["recipient"] for row in bench.holdback.held("--sender", NEWS)] == [
        "carl@nullmx.test"
    ]


def test_unknown_is_not_invalid(bench):
    """NSD refuses names outside of `test`: nothing is known of the domain, so mail goes."""
    octets = message(PERSON, "x@elsewhere.se", "Hi")
    sent = send(bench.mta.submission_port, PERSON, ["x@elsewhere.se"], octets, **bench.mta.person)
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == ["x@elsewhere.se"]


def test_a_domain_that_the_mta_delivers_itself_is_not_asked_in_dns(bench):
    """nodns.test is no domain in DNS, but Postfix has mailboxes for it."""
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    send(bench.mta.relay_port, NEWS, ["ulf@nodns.test"], octets)
    bench.settle()
    assert bench.home.recipients() == ["ulf@nodns.test"]
    (line,) = bench.holdback.log("decision .*ulf@nodns.test")
    assert "verdict=pass reason=none" in line
