# SPDX-License-Identifier: Apache-2.0
"""Bounces that come in: tagged, delivered unchanged otherwise, believed only when proven."""

from lab.mail import NEWS, PERSON, assert_same_message, body_of, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
STRANGER = "198.51.100.7"

DSN = """\
From: MAILER-DAEMON@mx.good.test
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 06 Jul 2026 10:00:00 +0000
Message-ID: <dsn-{tag}@mx.good.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=cut="
{extra}
--=cut=
Content-Type: text/plain

Sorry.

--=cut=
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.good.test

{groups}
--=cut=
Content-Type: text/rfc822-headers

From: {to}
Message-ID: <original-{tag}@home.test>
Subject: News

--=cut=--
"""

GROUP = """\
Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}
"""


def dsn(tag, *groups, to=NEWS, extra=""):
    text = "\n".join(GROUP.format(**group) for group in groups)
    return DSN.format(to=to, tag=tag, groups=text, extra=extra).replace("\n", "\r\n").encode()


def group(recipient, status="5.1.1", diagnostic="550 5.1.1 User unknown", action="failed"):
    return {
        "recipient": recipient,
        "status": status,
        "diagnostic": diagnostic,
        "action": action,
    }


def receive(bench, octets, to=NEWS):
    """Sends a message in from outside and gives what is delivered."""
    sent = send(bench.mta.relay_port, "", [to], octets, **bench.mta.client(STRANGER))
    assert sent.data[0] == 250, sent
    bench.settle()
    (delivery,) = bench.home.deliveries(to)
    return delivery


def test_a_dsn_from_outside_is_tagged_and_teaches_nothing(bench):
    octets = dsn("one", group("hans@good.test"))
    delivery = receive(bench, octets)
    assert delivery.fields("X-Holdback-Code") == ["2001"]
    (line,) = delivery.fields("X-Holdback-DSN")
    assert line.startswith(
        "code=2001; name=address-invalid; class=permanent; status=5.1.1; action=failed;"
        ' rcpt="hans@good.test"; proof=unproven; rule='
    ), line
    assert body_of(delivery.octets) == body_of(octets)
    assert "hans@good.test" not in bench.holdback.entries()


def test_each_recipient_has_its_line_and_the_most_severe_code_stands_once(bench):
    octets = dsn(
        "two",
        group("full@good.test", "5.2.2", "552 5.2.2 Mailbox full"),
        group("gone@good.test"),
    )
    delivery = receive(bench, octets)
    assert delivery.fields("X-Holdback-Code") == ["2001"]
    lines = delivery.fields("X-Holdback-DSN")
    assert len(lines) == 2
    codes = [line.split(";")[0] for line in lines]
    # Sendmail puts a field above those of the same name.
    assert codes[:: -1 if bench.mta.name == "sendmail" else 1] == ["code=3001", "code=2001"]


def test_fields_that_pretend_to_be_ours_are_removed_from_a_dsn(bench):
    extra = "X-Holdback-Code: 5999\nx-holdback-dsn: code=5999; proof=sealed\nX-Holdback-DSN: two\n"
    delivery = receive(bench, dsn("three", group("ida@good.test"), extra=extra))
    assert delivery.fields("X-Holdback-Code") == ["2001"]
    (line,) = delivery.fields("X-Holdback-DSN")
    assert "rcpt=\"ida@good.test\"" in line and "proof=unproven" in line


def test_fields_that_pretend_to_be_ours_are_removed_from_ordinary_mail(bench):
    octets = message("x@good.test", PERSON, "Hi", extra=["X-Holdback-Code: 2001"])
    sent = send(bench.mta.relay_port, "x@good.test", [PERSON], octets, **bench.mta.client(STRANGER))
    assert sent.data[0] == 250
    bench.settle()
    (delivery,) = bench.home.deliveries(PERSON)
    assert delivery.fields("X-Holdback-Code") == []
    wanted = octets.replace(b"X-Holdback-Code: 2001\r\n", b"")
    assert_same_message(delivery.octets, wanted)


def test_ordinary_mail_from_outside_is_not_touched(bench):
    octets = message("x@good.test", PERSON, "Hi")
    send(bench.mta.relay_port, "x@good.test", [PERSON], octets, **bench.mta.client(STRANGER))
    bench.settle()
    (delivery,) = bench.home.deliveries(PERSON)
    assert_same_message(delivery.octets, octets)


def test_a_delay_is_no_failure(bench):
    octets = dsn("four", group("jan@good.test", "4.4.1", "timed out", action="delayed"))
    delivery = receive(bench, octets)
    assert delivery.fields("X-Holdback-Code") == ["5999"]
    assert "action=delayed" in delivery.fields("X-Holdback-DSN")[0]


def assert_the_log_tells(bench, delivery, what):
    """Sendmail shows its own bounces to no milter, so that they have no fields; its log tells."""
    assert delivery.fields("X-Holdback-Code") == []
    wait_for("the log has told it", lambda: bench.holdback.log(f"flow=outcome.*{what}"))


def test_our_own_bounce_is_proven_and_teaches(bench):
    bench.outside.refuse("kim@good.test", "550 5.1.1 User unknown")
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="tags")
    send(bench.mta.relay_port, NEWS, ["kim@good.test"], octets)
    bench.settle()
    (delivery,) = bench.home.deliveries(NEWS)
    if bench.mta.name == "sendmail":
        assert_the_log_tells(bench, delivery, 'rcpt="kim@good.test" code=2001')
        assert bench.holdback.entries()["kim@good.test"]["code"] == 2001
        return
    assert delivery.fields("X-Holdback-Code") == ["2001"]
    assert "proof=local" in delivery.fields("X-Holdback-DSN")[0]
    assert bench.holdback.entries()["kim@good.test"]["code"] == 2001


def test_a_refusal_of_content_teaches_nothing_about_the_mailbox(bench):
    bench.outside.refuse("lea@good.test", "554 5.7.1 Message rejected as spam", stage="data")
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="spam")
    send(bench.mta.relay_port, NEWS, ["lea@good.test"], octets)
    bench.settle()
    (delivery,) = bench.home.deliveries(NEWS)
    if bench.mta.name == "sendmail":
        assert_the_log_tells(bench, delivery, 'rcpt="lea@good.test" code=1004')
    else:
        assert delivery.fields("X-Holdback-Code") == ["1004"]
    assert "lea@good.test" not in bench.holdback.entries()


def test_a_forged_bounce_cannot_silence_an_address(bench):
    """The same recipient still gets mail after a stranger claimed that it does not exist."""
    receive(bench, dsn("five", group("max@good.test")))
    bench.forget()
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="forged")
    send(bench.mta.relay_port, NEWS, ["max@good.test"], octets)
    bench.settle()
    assert bench.outside.recipients() == ["max@good.test"]
