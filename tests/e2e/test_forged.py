# SPDX-License-Identifier: Apache-2.0
"""What subscribers, their neighbours, senders and local users can write about other people: two
hundred made-up bounces and lines of the log change nothing for anybody else."""

import re
import time

import pytest
from test_seal import MX_GOOD, STRANGER, proof_of, receive, returned, seal_field, sealed

from lab.mail import NEWS, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"outgoing": {"networks": ["127.0.0.0/8"]}, "maillog": {"handed_on": []}}
VICTIM, OTHER, DEAD = "victim@good.test", "other@good.test", "dead@good.test"
VPS = "199.9.14.77"  # rented from those who run good.test
DOMAIN_TEXTS = (
    ("5.1.2", "550 5.1.2 Domain not found"),
    ("5.4.4", "550 5.4.4 Host or domain name not found"),
    ("5.7.1", "554 5.7.1 Relay access denied"),
    ("5.1.10", "556 5.1.10 Recipient address has null MX"),
    ("5.1.2", "550 5.1.2 good.test: unknown host"),
    ("5.1.8", "550 relaying denied, we do not serve good.test"),
)
# What becomes of a recipient: enhanced status and text.
BOUNCED = ("5.1.1", "User unknown")
NO_DOMAIN = ("5.1.2", "Domain unknown")
SENT = ("2.0.0", "Ok: queued as 4Xyz")


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


def rows(bench):
    """The whole list: subject, scope, code."""
    listed = bench.holdback.ctl("suppress", "list", check=False).rows
    return {(row["subject"], row["scope"], row["code"]) for row in listed}


def write(bench, *lines):
    """As syslogd writes what `logger -t postfix/smtp -p mail.info` was given, or `-t sm-mta`."""
    program = "postfix/smtp" if bench.mta.name == "postfix" else "sm-mta"
    before = bench.holdback.ctl("status").rows[0]["maillog_lines"]
    stamp = time.strftime("%b %d %H:%M:%S")
    with open(bench.mta.base / "log/maillog", "a", encoding="ascii") as log:
        for line in lines:
            log.write(f"{stamp} mta {program}[77]: {line}\n")
    wait_for("the lines are read", lambda: bench.holdback.ctl(
        "status").rows[0]["maillog_lines"] >= before + len(lines))


def line(bench, queue_id, recipient, end):
    status, text = end
    if bench.mta.name == "sendmail":
        stat = f"Sent ({text})" if end == SENT else text
        return (f"{queue_id}: to=<{recipient}>, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, "
                f"pri=30353, relay=mx.good.test. [199.9.14.201], dsn={status}, stat={stat}")
    said = f"250 {status} {text}" if end == SENT else (
        f"host mx.good.test[199.9.14.201] said: 550 {status} {text} (in reply to RCPT TO command)")
    result = "sent" if end == SENT else "bounced"
    return (f"{queue_id}: to=<{recipient}>, relay=mx.good.test[199.9.14.201]:25, delay=0.1, "
            f"delays=0/0/0/0.1, dsn={status}, status={result} ({said})")


def by_program(bench, octets):
    """A local user calls sendmail(1) with the null sender."""
    assert bench.mta.sendmail("", [NEWS], octets) == 0


def said(octets, status, text, queue_id=None):
    """The same bounce with another failure, about a message of this queue id."""
    octets = octets.replace(b"5.1.1 User unknown", b"@@").replace(b"5.1.1", status.encode())
    octets = octets.replace(b"550 @@", text.encode())
    if queue_id:
        octets = octets.replace(
            b"Reporting-MTA:", f"X-Postfix-Queue-ID: {queue_id}\r\nReporting-MTA:".encode())
    return octets


def prove_one_entry(bench):
    """An honest bounce, so that there is something to lift."""
    bench.outside.refuse(DEAD, "550 5.1.1 User unknown")
    send(bench.mta.relay_port, NEWS, [DEAD], message(NEWS, DEAD, "News", bulk=True))
    wait_for("it is suppressed", lambda: DEAD in bench.holdback.entries())
    del bench.outside.refusals[DEAD]


def test_two_hundred_forgeries_change_nothing_for_others(house):
    bench = house
    prove_one_entry(bench)
    sent = send(bench.mta.relay_port, NEWS, ["carl@nullmx.test"],
                message(NEWS, "carl@nullmx.test", "News", bulk=True, campaign="held"))
    # A doubt of the moment, while the answer to the MTA is under way, is over.
    held = wait_for("it is held", lambda: [
        row for row in bench.holdback.held() if not row["in_doubt"]])
    pair = sealed(bench, [OTHER, VICTIM])  # OTHER has a copy, and so the seal and the queue id
    own = sealed(bench, [OTHER])
    copy_id = re.search(rb"by mta\.home\.test \([^)]*\)[^;]* id (\w+)", pair.octets).group(1).decode()
    known = rows(bench)
    forged = 0

    # Lines of the log, by whoever may call logger(1).
    lines = []
    for number in range(20):
        for queue_id in (f"4NoSuch{number}", f"{number:X}ABCDEF01"):
            lines += [line(bench, queue_id, VICTIM, BOUNCED), line(bench, queue_id, DEAD, SENT)]
    for queue_id in (copy_id, sent.queue_id):
        lines += [
            line(bench, queue_id, DEAD, SENT),
            line(bench, queue_id, "somebody@good.test", NO_DOMAIN),
            line(bench, queue_id, VICTIM, BOUNCED),  # was delivered
            line(bench, queue_id, "carl@nullmx.test", SENT),
        ]
    write(bench, *lines)
    forged += len(lines)

    # A subscriber, about himself and the whole of his provider.
    for status, text in DOMAIN_TEXTS:
        for client in (STRANGER, MX_GOOD):
            octets = said(returned(f"s{forged}", [OTHER], seal_field(own)), status, text)
            receive(bench, octets, client=client)
            forged += 1

    # A neighbour with a copy of the same message, from his own mailbox and from rented hosts.
    for sender, client in ((OTHER, MX_GOOD), (OTHER, VPS), ("", VPS), ("", STRANGER)):
        for number in range(10):
            octets = returned(f"n{forged}", [VICTIM], seal_field(pair) + f"X-N: {number}\r\n")
            sent_in = send(bench.mta.relay_port, sender, [NEWS], octets, **bench.mta.client(client))
            assert sent_in.data[0] == 250, sent_in
            forged += 1

    # Local users by sendmail(1): a neighbour's seal, as field and as envelope id, the queue id of
    # mailq(1), a victim behind the recipient of a copy, a delivery that never was.
    seal = re.sub(r"\s", "", seal_field(pair).partition(":")[2])
    for number in range(15):
        for envelope_id in (None, seal):
            octets = returned(f"p{forged}", [VICTIM], seal_field(pair), envelope_id)
            by_program(bench, said(octets, "5.1.1", "550 5.1.1 User unknown", copy_id))
            forged += 1
        octets = returned(f"p{forged}", ["nobody@good.test"], seal_field(own))
        octets = octets.replace(b"Final-Recipient", f"Original-Recipient: rfc822;{OTHER}\r\nFinal-Recipient".encode())
        by_program(bench, octets)
        by_program(bench, returned(f"q{forged}", [DEAD], seal_field(own)).replace(
            b"Action: failed", b"Action: delivered"))
        forged += 2
    bench.settle()
    assert forged >= 200, forged
    changed = rows(bench) ^ known
    # What the subscriber said of himself counts for the sender that sealed his copy.
    assert {(subject, scope) for subject, scope, _ in changed} <= {
        (OTHER, NEWS)}, changed
    assert bench.holdback.held() == held
    assert not bench.holdback.log("flow=(lift|release)")
    # The provider takes mail from everybody, the victim too.
    for recipient in (VICTIM, "anybody@good.test"):
        send(bench.mta.relay_port, "boss@home.test", [recipient],
             message("boss@home.test", recipient, "Hello"))
        bench.settle()
        assert bench.outside.deliveries(recipient)[-1].sender == "boss@home.test"


def test_who_asks_for_a_receipt_silences_his_recipient_for_himself_alone(house):
    """A receipt returns the header, and with it the seal."""
    octets = message("mallory@home.test", VICTIM, "Hello")
    send(house.mta.relay_port, "mallory@home.test", [VICTIM], octets)
    house.settle()
    seal = seal_field(house.outside.deliveries(VICTIM)[-1])
    forged = returned("receipt", [VICTIM], seal).replace(NEWS.encode(), b"mallory@home.test")
    assert proof_of(receive(house, forged, to="mallory@home.test")) == "sealed"
    shown = house.holdback.ctl("suppress", "show", VICTIM).rows
    assert [(row["scope"], row["proof"]) for row in shown] == [("mallory@home.test", "sealed")]
    send(house.mta.relay_port, NEWS, [VICTIM], message(NEWS, VICTIM, "News", bulk=True))
    house.settle()
    assert house.outside.deliveries(VICTIM)[-1].sender == NEWS


def imitated(bench, tag, names_queue_id=True):
    """Somebody sends mail, and imitates the MTA's bounce of it by sendmail(1)."""
    recipient, sender = f"imitated-{tag}@good.test", "mallory@home.test"
    send(bench.mta.relay_port, sender, [recipient], message(sender, recipient, tag))
    bench.settle()
    copy = bench.outside.deliveries(recipient)[-1]
    queue_id = re.search(rb"by mta\.home\.test \([^)]*\)[^;]* id (\w+)", copy.octets).group(1).decode()
    bounce = said(returned(tag, [recipient], seal_field(copy)),
                  "5.1.1", "550 5.1.1 User unknown", queue_id if names_queue_id else None)
    by_program(bench, bounce.replace(NEWS.encode(), sender.encode()))
    bench.settle()
    return recipient


def test_who_imitates_a_bounce_of_his_own_mail_silences_nobody_for_others(house):
    for tag, names_queue_id in (("followed", True), ("nameless", False)):
        recipient = imitated(house, tag, names_queue_id)
        assert recipient not in house.holdback.entries()
        if house.mta.name == "postfix":
            (told,) = house.holdback.log(f'flow=inbound.*rcpt="{recipient}"')
            assert "learn_reason=log-tells" in told, told
    with house.changed({"maillog": {"file": ""}}):
        recipient = imitated(house, "alone")
        shown = house.holdback.ctl("suppress", "show", recipient, check=False).rows
        # Sendmail hands over by SMTP what its sendmail(1) is given: no bounce, and no proof.
        assert [(row["scope"], row["proof"]) for row in shown if row["scope"]] == (
            [("mallory@home.test", "local")] if house.mta.name == "postfix" else [])
        send(house.mta.relay_port, NEWS, [recipient],
             message(NEWS, recipient, "News", bulk=True, campaign="imitated"))
        house.settle()
        assert house.outside.deliveries(recipient)[-1].sender == NEWS


def test_honest_bounces_teach_all_the_same(house):
    house.outside.refuse("left@good.test", "550 5.1.1 User unknown")
    everybody = ["left@good.test", "stays@good.test"]
    send(house.mta.relay_port, NEWS, everybody, message(NEWS, "list@home.test", "News", bulk=True))
    wait_for("the log has told it", lambda: "left@good.test" in house.holdback.entries())
    assert house.holdback.ctl("suppress", "show", "left@good.test").rows[0]["scope"] == "global"
    late = sealed(house, ["late@good.test"])
    assert proof_of(receive(house, returned("late", ["late@good.test"], seal_field(late)))) == "sealed"
    shown = house.holdback.ctl("suppress", "show", "late@good.test").rows
    assert [(row["scope"], row["code"]) for row in shown] == [(NEWS, 2001)]


def test_a_refusal_after_the_data_of_several_suppresses_nobody(house):
    everybody = [f"after{number}@good.test" for number in range(3)]
    for recipient in everybody:
        house.outside.refuse(recipient, "550 5.1.1 User unknown", stage="data")
    send(house.mta.relay_port, NEWS, everybody,
         message(NEWS, "list@home.test", "News", bulk=True, campaign="after data"))
    lines = wait_for("all are told", lambda: len(
        found := house.holdback.log('flow=outcome.*rcpt="after')) == 3 and found)
    assert all("learn_reason=whole-message" in line for line in lines), lines
    assert not set(everybody) & set(house.holdback.entries())


def test_in_shadow_mode_a_queue_id_is_no_secret(house):
    with house.changed({"mode": "shadow"}):
        sent = send(house.mta.relay_port, NEWS, [VICTIM],
                    message(NEWS, VICTIM, "Secret", bulk=True, campaign="shadow"))
        house.settle()
        house.holdback.ctl("suppress", "remove", VICTIM)  # what a sender has learned of his own
        known = rows(house)
        forged = said(returned("shadow", [VICTIM], ""), "5.1.1", "550 5.1.1 User unknown",
                      sent.queue_id)
        for number in range(10):
            by_program(house, forged.replace(b"shadow", f"shadow{number}".encode()))
        write(house, line(house, "4Unseen", VICTIM, BOUNCED), line(house, "4Unseen", DEAD, SENT))
        house.settle()
        assert rows(house) == known
