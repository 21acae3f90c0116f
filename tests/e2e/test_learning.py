# SPDX-License-Identifier: Apache-2.0
"""What teaches the suppression list beside our own bounces: the MTA's log, deliveries, complaints and
letters to the address for unsubscribing; and for whose mail an entry counts."""

import re
import time
import urllib.parse

import pytest

from test_dsn_tags import dsn, group
from test_seal import STRANGER, seal_field, sealed

from lab.mail import NEWS, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
LOOP = "203.0.113.9"
LEAVE = "leave@home.test"
BORDER = "border.home.test"

SETTINGS = {
    "maillog": {"handed_on": []},
    "learn": {"feedback_networks": [f"{LOOP}/32", "127.0.0.9/32"]},
    "unsubscribe": {"addresses": [LEAVE], "add": LEAVE, "authserv_ids": [BORDER]},
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


def test_a_sealed_complaint_suppresses_for_the_sender(house):
    copy = sealed(house, ["olga@good.test"])
    hidden = complaint("sealed", "olga@good.test", seal_field(copy), who="")
    bring(house, hidden)
    rows = house.holdback.ctl("suppress", "show", "olga@good.test").rows
    assert [(row["reason"], row["scope"], row["proof"]) for row in rows] == [
        ("complaint", NEWS, "sealed")
    ]
    mail_out(house, "olga@good.test", "after the complaint")
    assert "olga@good.test" in [row["recipient"] for row in house.holdback.held()]
    octets = message("x@good.test", "olga@good.test", "News", bulk=True)
    send(house.mta.relay_port, "x@good.test", ["olga@good.test"], octets)
    house.settle()
    assert house.outside.deliveries("olga@good.test")[-1].sender == "x@good.test"


def test_a_masked_complaint_names_who_alone_has_got_the_message(house):
    """The provider hides the address, and the header names the list."""
    masked = {"who": "Original-Rcpt-To: redacted@good.test\n"}
    def recorded():
        found = re.search(r"holdback_decisions_recorded_total (\d+)", house.holdback.say("metrics"))
        return int(found.group(1))

    before = recorded()
    copy = sealed(house, ["tove@good.test"])
    wait_for("the decision is recorded", lambda: recorded() > before)
    bring(house, complaint("masked", "members@good.test", seal_field(copy), **masked), client=LOOP)
    rows = house.holdback.ctl("suppress", "show", "tove@good.test").rows
    assert [(row["reason"], row["scope"], row["proof"]) for row in rows] == [
        ("complaint", NEWS, "sealed")]
    (delivery,) = house.home.deliveries(NEWS)
    assert 'rcpt="tove@good.test"' in delivery.fields("X-Holdback-DSN")[0]
    before = house.holdback.entries().keys()
    copy = sealed(house, ["ulf@good.test", "vera@good.test"])
    bring(house, complaint("several", "members@good.test", seal_field(copy), **masked), client=LOOP)
    assert house.holdback.log('kind=complaint rcpt="".*learn_reason=not-attributed')
    assert house.holdback.entries().keys() == before
    assert "holdback_complaints_not_attributed_total 1" in house.holdback.say("metrics")
    assert house.holdback.ctl("status").rows[0]["complaints_not_attributed"] == 1


def test_a_complaint_is_believed_from_a_feedback_loop_alone(house):
    bring(house, complaint("stranger", "paul@good.test"))
    assert house.holdback.ctl("suppress", "show", "paul@good.test", check=False).code == 1
    bring(house, complaint("loop", "paul@good.test"), client=LOOP)
    (row,) = house.holdback.ctl("suppress", "show", "paul@good.test").rows
    assert row["reason"] == "complaint"
    assert house.holdback.log('rcpt="paul@good.test".*proof_reason=feedback-loop')


def test_a_provider_users_complaint_is_not_that_of_its_feedback_loop(house):
    """They have the same hosts: the loop's own envelope sender tells them apart."""
    if house.mta.name != "postfix":
        pytest.skip("the name of a client is pretended by XCLIENT")
    rows = (
        ("user", "somebody@isp.test", "mail.isp.test", False),
        ("null", "", "mail.isp.test", False),
        ("loop", "fbl@isp.test", "mail.elsewhere.test", False),
        ("near", "fbl@isp.test", "mail.notisp.test", False),
        ("true", "fbl@isp.test", "mail.isp.test", True),
    )
    with house.changed({"learn": {"feedback_networks": [], "feedback_domains": ["isp.test"],
                                  "feedback_senders": ["fbl@isp.test"]}}):
        for tag, sender, name, believed in rows:
            victim = f"rosa-{tag}@good.test"
            sent = send(house.mta.relay_port, sender, [NEWS], complaint(tag, victim),
                        client=STRANGER, name=name)
            assert sent.data[0] == 250, sent
            house.settle()
            reason = "feedback-loop" if believed else "no-seal"
            wait_for(tag, lambda: house.holdback.log(
                f'kind=complaint.*rcpt="{victim}".*proof_reason={reason}'))
            assert (victim in house.holdback.entries()) == believed, tag


def found_by_border(results):
    """The field that a border of our own puts at the top."""
    return f"Authentication-Results: {BORDER}; {results}\r\n".encode()


def test_a_letter_to_the_address_for_unsubscribing_suppresses_its_writer(house):
    writer = "quinn@good.test"
    letter = found_by_border("dmarc=pass header.from=good.test") + message(
        writer, LEAVE, "unsubscribe", body="")
    bring(house, letter, to="leave+17@home.test", sender=writer)
    (row,) = house.holdback.ctl("suppress", "show", writer).rows
    assert (row["reason"], row["scope"], row["code"]) == ("unsubscribe", "home.test", 5003)
    mail_out(house, writer, "after the letter")
    (item,) = [row for row in house.holdback.held() if row["recipient"] == writer]
    assert item["finding"] == "suppressed-unsubscribe"


def test_a_signed_address_in_bulk_mail_unsubscribes_its_recipient(house):
    writer = "una@good.test"
    octets = message(NEWS, writer, "News", campaign="signed")
    send(house.mta.relay_port, NEWS, [writer], octets)
    house.settle()
    (delivery,) = house.outside.deliveries(writer)
    (field,) = delivery.fields("List-Unsubscribe")
    uri = urllib.parse.urlsplit(field.strip("<>"))
    to = urllib.parse.unquote(uri.path)
    (subject,) = urllib.parse.parse_qs(uri.query.replace("+", "%2B"))["subject"]
    assert to.startswith("leave+hbl-") and subject == f"leave {writer} {NEWS}"
    # He writes from another address, and nothing else speaks for him.
    letter = message("una@mail.test", to, subject, body="")
    bring(house, letter, to=to, sender="una@mail.test")
    (row,) = house.holdback.ctl("suppress", "show", writer).rows
    assert (row["reason"], row["scope"]) == ("unsubscribe", "home.test")
    # Nobody else gets off by it.
    other = subject.replace(writer, "uri@good.test")
    bring(house, message("uri@good.test", to, other, body=""), to=to, sender="uri@good.test")
    assert house.holdback.ctl("suppress", "show", "uri@good.test", check=False).code == 1


def test_a_signed_address_is_told_to_one_recipient_alone(house):
    both = ["vera@good.test", "vito@good.test"]
    send(house.mta.relay_port, NEWS, both, message(NEWS, "all@home.test", "News", campaign="two"))
    send(house.mta.relay_port, NEWS, ["wim@good.test"], message(NEWS, "wim@good.test", "Hello"))
    own = message(NEWS, "xena@good.test", "News", campaign="own",
                  extra=["List-Unsubscribe: <https://home.test/leave>"])
    send(house.mta.relay_port, NEWS, ["xena@good.test"], own)
    signed = message(NEWS, "yves@good.test", "News", campaign="dkim",
                     extra=["DKIM-Signature: v=1; h=From:List-Unsubscribe; b=x"])
    send(house.mta.relay_port, NEWS, ["yves@good.test"], signed)
    house.settle()
    for who in (*both, "wim@good.test", "yves@good.test"):
        (delivery,) = house.outside.deliveries(who)
        assert delivery.fields("List-Unsubscribe") == []
    (delivery,) = house.outside.deliveries("xena@good.test")
    assert delivery.fields("List-Unsubscribe") == ["<https://home.test/leave>"]


def test_forged_requests_and_complaints_teach_nothing(house):
    before = house.holdback.entries().keys()
    told = len(house.holdback.log("proof_reason=unproven-request"))
    forged = [
        b"",
        found_by_border("spf=fail smtp.mailfrom=good.test; dmarc=fail header.from=good.test"),
        found_by_border("dmarc=pass header.from=evil.test; spf=pass smtp.mailfrom=evil.test"),
        found_by_border("spf=fail (dmarc=pass header.from=good.test) smtp.mailfrom=good.test"),
        found_by_border('spf=fail reason="; dmarc=pass header.from=good.test"'),
        b"Authentication-Results: evil.test; dmarc=pass header.from=good.test\r\n",
        b"Received: from a by b\r\nReceived: from c by d\r\n"
        + found_by_border("dmarc=pass header.from=good.test"),
        found_by_border("dmarc=pass header.from=good.test")
        + b"Received: from a by b\r\n" + found_by_border("dmarc=fail header.from=good.test"),
    ]
    for number in range(40):
        victim = f"victim{number}@good.test"
        letter = forged[number % len(forged)] + message(victim, LEAVE, "unsubscribe", body="")
        to = LEAVE if number % 2 else f"leave+hbl-{number:020x}@home.test"
        bring(house, letter, to=to, sender=victim)
        bring(house, complaint(f"forged{number}", f"abused{number}@good.test"),
              sender=f"user{number}@isp.test")
    assert house.holdback.entries().keys() == before
    assert len(house.holdback.log("proof_reason=unproven-request")) == told + 40


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
