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
