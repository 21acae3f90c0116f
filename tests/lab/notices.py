# SPDX-License-Identifier: Apache-2.0
"""Mail that is held, the notices about it, and the answers that people write."""

import email
import email.policy
import re

from lab.mail import NEWS, message, send
from lab.wait import wait_for

ANNA = "anna@good.test"
CARL = "carl@nullmx.test"
DORA = "dora@gone.test"
EVA = "eva@nullmx.test"
OURS = "holdback@home.test"


def hold(bench, campaign, recipients=(ANNA, CARL, DORA, EVA), login="newsletter", **options):
    octets = message(
        NEWS, "list@home.test", f"News {campaign}", bulk=True, campaign=campaign, **options
    )
    sent = send(bench.mta.relay_port, NEWS, recipients, octets, **bench.mta.login(login))
    assert sent.data and sent.data[0] == 250, sent


def parsed(delivery):
    return email.message_from_bytes(delivery.octets, policy=email.policy.default)


def mails(bench, to, subject):
    """What a mailbox of home.test got, with this in its subject."""
    found = [parsed(delivery) for delivery in bench.home.deliveries(to)]
    return [mail for mail in found if subject in mail["Subject"]]


def notice(bench, campaign):
    """The one notice about a campaign."""
    found = wait_for("the notice", lambda: mails(bench, NEWS, f"News {campaign}"))
    bench.settle()
    assert len(mails(bench, NEWS, f"News {campaign}")) == 1
    return found[0]


def answer(bench, to, text, login="newsletter", sender=NEWS, recipients=(OURS,), extra=()):
    """Answers a mail as a mail program does: with its subject, its references and its text."""
    quoted = "".join(f"> {line}\r\n" for line in body_text(to).splitlines())
    octets = message(
        sender,
        OURS,
        "Re: " + re.sub(r"\s+", " ", str(to["Subject"])),
        f"{text}\r\n\r\nOn Fri, 27 Nov 2026 at 10:00, Holdback <{OURS}> wrote:\r\n{quoted}",
        extra=[f"In-Reply-To: {to['Message-ID']}", f"References: {to['Message-ID']}", *extra],
    )
    sent = send(bench.mta.relay_port, sender, list(recipients), octets, **bench.mta.login(login))
    assert sent.data and sent.data[0] == 250, sent
    bench.settle()
    return sent


def body_text(mail):
    return mail.get_body(("plain",)).get_content()


def confirmation(bench, to=NEWS, subject="your answer"):
    (found,) = wait_for("the confirmation", lambda: mails(bench, to, subject))
    return body_text(found)


def held(bench, campaign):
    return sorted(
        row["recipient"]
        for row in bench.holdback.held("--campaign", campaign)
        if row["state"] == "held"
    )
