# SPDX-License-Identifier: Apache-2.0
"""Campaigns as real senders send them, through real Postfix: bulk by what is said, stopped for
their bad recipients, and never sent twice."""

import base64
import contextlib
import re
import sqlite3

import pytest

from lab.mail import NEWS, PERSON, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"bulk": {"repeats": 20}}

ANNA = "anna@good.test"
NAMES = [
    "Anna", "Bernd", "Carla", "Dieter", "Eva", "Frank", "Gerda", "Hans", "Ines", "Jan", "Karla",
    "Lars", "Maria", "Nils", "Olga", "Paul", "Rosa", "Sven", "Tina", "Udo", "Vera", "Willi",
    "Xenia", "Yves", "Zita",
]


def personal(number, sender=PERSON, domain="good.test", form="plain"):
    """The same letter to another recipient: name, address, numbers and links differ."""
    name = NAMES[number % len(NAMES)]
    address = f"{name.lower()}{number}@{domain}"
    text = (
        f"Dear {name},\r\n\r\nthe order {4711 * (number + 1)} that you asked about is ready, and so"
        " is all the garden furniture of our summer catalogue.\r\nHave a look at it:"
        f" https://shop.test/c/{number:x}f3e?u={number * 7919}\r\n\r\nYour customer number is"
        f" KD{number:05d}. This letter went to {address}.\r\n"
    )
    if form == "plain":
        octets = message(sender, f"{name} Smith <{address}>", f"{name}, your order is ready", text)
        return address, octets
    html = "<html><body><p>" + text.replace("\r\n", "<br>\r\n") + "</p></body></html>"
    fields = [
        f"From: <{sender}>", f"To: {name} Smith <{address}>", f"Subject: {name}, it is ready",
        "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ]
    body = base64.encodebytes(html.encode()).replace(b"\n", b"\r\n")
    return address, ("\r\n".join(fields) + "\r\n\r\n").encode() + body


def follow_log(bench):
    """From now on it is known who has got what."""
    if bench.mta.name == "postfix":  # Sendmail's is followed anyway
        log = bench.mta.base / "log/maillog"
        log.chmod(0o644)
        bench.holdback.change({"maillog": {"file": str(log), "handed_on": []}})
        bench.holdback.reload()
    wait_for(
        "the log is followed",
        lambda: bench.holdback.ctl("status").rows[0].get("maillog") == "ok",
    )


def settle_log(bench, queue_id, address):
    """Waits until the daemon knows from the log that a message was delivered to a recipient."""
    def told():
        with sqlite3.connect(bench.holdback.base / "holdback.db") as database:
            (rows,) = database.execute(
                "SELECT count(*) FROM outcome, outcome_told WHERE queue_id = ?"
                " AND recipient_key = ? AND result = 'sent' AND outcome.id <= told",
                (queue_id, address),
            ).fetchone()
        return rows > 0

    wait_for("the log tells of it", told)


def mail_out(bench, recipients, octets, sender=NEWS):
    sent = send(bench.mta.relay_port, sender, recipients, octets)
    bench.settle()
    return sent


def held_of(bench, campaign):
    """Recipient -> row of what is held of a campaign now."""
    rows = bench.holdback.held("--campaign", campaign)
    return {row["recipient"]: row for row in rows if row["state"] == "held"}


@contextlib.contextmanager
def stopping(bench, minimum):
    """Campaigns are stopped for more than 20 % of bad recipients, for a while."""
    bench.holdback.change({"bulk": {"stop_above": "20%", "stop_minimum": minimum}})
    bench.holdback.reload()
    yield
    bench.holdback.change({"bulk": {"stop_above": "100%", "stop_minimum": 50}})
    bench.holdback.reload()


@pytest.fixture(name="stops_from_10")
def fixture_stops_from_10(bench):
    with stopping(bench, 10):
        yield


@pytest.fixture(name="stops_at_once")
def fixture_stops_at_once(bench):
    with stopping(bench, 1):
        yield


def signals(bench, address):
    """The signal in each decision about a recipient."""
    lines = bench.holdback.log(rf'flow=outbound .*rcpt="{re.escape(address)}"')
    return [re.search(r'signal="?([^" ]+)', line).group(1) for line in lines]


@pytest.mark.parametrize("form", ["plain", "html"])
def test_many_letters_to_one_recipient_each_become_bulk_at_the_twentieth(bench, form):
    sender = f"{form}@home.test"
    for number in range(25):
        address, octets = personal(
            number, sender, "nullmx.test" if number in (3, 19, 22) else "good.test", form
        )
        sent = send(bench.mta.relay_port, sender, [address], octets)
        if number == 3:  # not yet bulk: refused
            assert sent.data[0] == 556, sent
        else:
            assert sent.data[0] == 250, (number, sent)
        if number == 10:  # the windows outlive a reload
            bench.holdback.reload()
        expected = "none" if number < 19 else "repeats:20/text"
        assert signals(bench, address)[-1] == expected, number
    bench.settle()
    assert len(bench.outside.deliveries()) == 22
    held = [row for row in bench.holdback.held("--sender", sender) if row["state"] == "held"]
    assert [row["recipient"] for row in held] == ["udo19@nullmx.test", "xenia22@nullmx.test"]
    (campaign,) = {row["campaign"] for row in held}
    assert re.fullmatch(r"fp:[0-9a-f]{12}", campaign)
    assert len(held_of(bench, campaign)) == 2
    assert held[0]["finding"] == "null-mx"


def test_a_persons_letters_are_no_campaign(bench):
    texts = [
        "Can we move our meeting to Thursday? Peter is ill.", "ok, thanks", "Thank you!",
        "Please find the offer for the roof attached, the scaffolding is included in it.",
        "The delivery will be two days late, since a truck broke down in France.",
        "I agree with the first point of your paper, but hardly with the second one.",
    ]
    for number in range(24):
        address = f"friend{number}@good.test"
        text = f"Hi,\r\n\r\n{texts[number % 6] if number < 6 else 'ok, thanks'}\r\n\r\nJoe\r\n"
        octets = message(PERSON, address, "Re: our meeting", text)
        assert send(bench.mta.relay_port, PERSON, [address], octets).data[0] == 250
        assert signals(bench, address)[-1] == "none"
    bench.settle()


def test_a_campaign_is_not_sent_twice_to_one_recipient(bench):
    follow_log(bench)
    octets = message(NEWS, "list@home.test", "Twice", bulk=True, campaign="twice")
    assert mail_out(bench, [ANNA], octets).data[0] == 250
    again = message(NEWS, "list@home.test", "Twice!", bulk=True, campaign="twice")
    sent = mail_out(bench, [ANNA, "ben@good.test"], again)
    assert sent.data[0] == 250
    assert bench.outside.recipients() == [ANNA, "ben@good.test"]
    held = held_of(bench, "twice")
    assert list(held) == [ANNA]
    assert (held[ANNA]["finding"], held[ANNA]["code"]) == ("already-sent", 6012)
    # Whoever asks for it gets it, and a restart changes nothing.
    bench.holdback.ctl("held", "release", str(held[ANNA]["id"]))
    wait_for("Anna has two", lambda: len(bench.outside.deliveries(ANNA)) == 2)
    settle_log(bench, sent.queue_id, "ben@good.test")
    assert bench.holdback.stop() == 0
    bench.holdback.start()
    bench.forget()
    assert mail_out(bench, [ANNA, "ben@good.test"], again).data[0] == 250
    assert bench.outside.recipients() == []
    assert sorted(held_of(bench, "twice")) == [ANNA, "ben@good.test"]


def test_another_letter_of_a_kind_passes_and_so_does_the_campaign_of_somebody_else(bench):
    def order(number, sender=NEWS):
        body = f"Thank you for the order {number}, it leaves our house tomorrow.\r\n"
        octets = message(sender, ANNA, "Your order", body, campaign="order-confirmation")
        return mail_out(bench, [ANNA], octets, sender)

    bench.forget()
    assert order(4711).data[0] == 250
    assert order(4712).data[0] == 250
    assert order(4712, "shop@home.test").data[0] == 250
    assert len(bench.outside.deliveries(ANNA)) == 3
    assert held_of(bench, "order-confirmation") == {}
    # The same once more is the campaign once more.
    assert order(4712).data[0] == 250
    assert list(held_of(bench, "order-confirmation")) == [ANNA]


def test_an_alarm_to_many_goes_out_again(bench):
    operators = [f"operator{number}@good.test" for number in range(25)]
    bench.forget()
    for _ in range(2):
        octets = message(
            PERSON, "operators@home.test", "Power failure",
            "The power in the second hall of the plant has failed, please go there at once.\r\n",
        )
        assert mail_out(bench, operators, octets, PERSON).data[0] == 250
    assert len(bench.outside.deliveries()) == 50


def test_what_is_refused_after_us_passes_when_it_comes_again(bench):
    """The MTA refuses the field that we add, and so after we let the message go."""
    if bench.mta.name != "postfix":
        pytest.skip("Sendmail looks at no header that a milter adds")
    octets = message(
        NEWS, ANNA, "Late", "A letter that the MTA does not take at first, but a minute later.\r\n",
        campaign="late",
    )
    checks = bench.mta.base / "etc/milter_header_checks"
    checks.write_text("/^X-Holdback-Seal:/ REJECT 4.7.1 not now\n")
    bench.forget()
    bench.mta.set(milter_header_checks=f"regexp:{checks}")
    bench.mta.restart()
    refused = mail_out(bench, [ANNA], octets)
    bench.mta.set(milter_header_checks="")
    bench.mta.restart()
    assert refused.data[0] >= 400, refused
    assert signals(bench, ANNA)[-1] == "header:X-Campaign-ID"
    assert mail_out(bench, [ANNA], octets).data[0] == 250
    assert len(bench.outside.deliveries(ANNA)) == 1
    assert held_of(bench, "late") == {}


def test_receipts_go_to_who_left_the_newsletter(bench):
    left = "left@good.test"
    bench.holdback.ctl("suppress", "add", left, "--reason", "unsubscribe")
    bench.forget()
    receipt = "We have received your payment of today, and your order leaves our house.\r\n"
    sender = "shop@home.test"
    for number in range(22):
        address = f"buyer{number}@good.test" if number < 20 else left
        octets = message(sender, address, "Your payment", receipt)
        assert mail_out(bench, [address], octets, sender).data[0] == 250
    assert signals(bench, left)[-1].startswith("repeats:")
    octets = message(sender, left, "Your payment", receipt, extra=["Feedback-ID: 1:2:shop"])
    assert mail_out(bench, [left], octets, sender).data[0] == 250
    assert len(bench.outside.deliveries(left)) == 3
    newsletter = message(sender, left, "News", receipt, bulk=True)
    assert mail_out(bench, [left], newsletter, sender).data[0] == 250
    assert len(bench.outside.deliveries(left)) == 3
    with bench.changed({"direct": {"senders": [sender]}}):
        assert mail_out(bench, [left], newsletter, sender).data[0] == 250
        assert signals(bench, left)[-1] == "direct:sender"
    assert len(bench.outside.deliveries(left)) == 4


def test_a_retried_submission_is_held_once_and_not_doubled(bench):
    body = "How to prune roses, which herbs grow in the shade, and why worms matter.\r\n"
    octets = message(NEWS, "list@home.test", "May", body, extra=["List-Id: <garden.home.test>"])
    follow_log(bench)
    first = mail_out(bench, [ANNA, "carl@nullmx.test"], octets)
    assert first.data[0] == 250
    settle_log(bench, first.queue_id, ANNA)
    for _ in range(2):
        assert mail_out(bench, [ANNA, "carl@nullmx.test"], octets).data[0] == 250
    assert len(bench.outside.deliveries(ANNA)) == 1
    held = bench.holdback.held("--campaign", "<garden.home.test>")
    assert [(row["recipient"], row["finding"]) for row in held] == [
        ("carl@nullmx.test", "null-mx"), (ANNA, "already-sent"),
    ]
    # The next issue goes to everybody.
    june = message(
        NEWS, "list@home.test", "June", body + "And beans.\r\n",
        extra=["List-Id: <garden.home.test>"],
    )
    mail_out(bench, [ANNA], june)
    assert len(bench.outside.deliveries(ANNA)) == 2


def test_a_bad_campaign_is_stopped_and_goes_on_when_somebody_says_so(bench, stops_from_10):
    def letter(subject):
        return message(NEWS, "list@home.test", subject, bulk=True, campaign="bought list")

    first = [f"a{number}@good.test" for number in range(8)]
    mail_out(bench, [*first, "x1@nullmx.test", "x2@gone.test"], letter("First"))
    assert bench.outside.recipients() == first  # two of ten: just allowed
    mail_out(bench, ["b1@good.test", "x3@gone.test"], letter("Second"))
    assert bench.outside.recipients() == first  # three of twelve
    mail_out(bench, ["c1@good.test"], letter("Third"))
    assert bench.outside.recipients() == first
    held = held_of(bench, "bought list")
    assert {who: row["finding"] for who, row in held.items()} == {
        "x1@nullmx.test": "null-mx", "x2@gone.test": "no-such-domain",
        "x3@gone.test": "no-such-domain", "b1@good.test": "campaign-stopped",
        "c1@good.test": "campaign-stopped",
    }
    assert "3 of its 12 recipients" in held["b1@good.test"]["reason"]
    assert len(bench.holdback.log("is stopped: 3 of 12 recipients are bad")) == 1
    assert bench.holdback.ctl("status").rows[0]["campaigns_stopped"] == 1
    assert 'holdback_campaign_stopped{campaign="bought list"} 1' in bench.holdback.say("metrics")

    # Neither a reload nor a restart forgets it; another campaign goes.
    bench.holdback.reload()
    assert bench.holdback.stop() == 0
    bench.holdback.start()
    mail_out(bench, ["d1@good.test"], letter("Fourth"))
    assert held_of(bench, "bought list")["d1@good.test"]["finding"] == "campaign-stopped"
    mail_out(
        bench, ["e1@good.test"],
        message(NEWS, "list@home.test", "x", bulk=True, campaign="own list"),
    )
    assert bench.outside.recipients() == [*first, "e1@good.test"]

    # A selection within the campaign leaves it stopped.
    bench.holdback.ctl("held", "release", "--campaign", "bought list", "--reason", "already-sent", check=False)
    bench.holdback.ctl("held", "discard", "--campaign", "bought list", "--domain", "gone.test")
    bench.holdback.ctl("held", "discard", "--campaign", "bought list", "--domain", "nullmx.test")
    assert bench.holdback.ctl("status").rows[0]["campaigns_stopped"] == 1
    said = bench.holdback.say("held", "release", "--campaign", "bought list")
    assert "the stopped campaign bought list goes on" in said, said
    everybody = sorted([*first, "b1@good.test", "c1@good.test", "d1@good.test", "e1@good.test"])
    wait_for("the rest goes", lambda: sorted(bench.outside.recipients()) == everybody)
    mail_out(bench, ["f1@good.test", "x4@gone.test"], letter("Fifth"))
    assert "f1@good.test" in bench.outside.recipients()
    assert list(held_of(bench, "bought list")) == ["x4@gone.test"]
    assert bench.holdback.ctl("status").rows[0]["campaigns_stopped"] == 0


def test_a_stopped_campaign_with_nothing_held_can_be_continued(bench, stops_at_once):
    octets = message(NEWS, "list@home.test", "x", bulk=True, campaign="empty")
    mail_out(bench, ["x9@gone.test"], octets)
    wait_for("the MTA has our answer", lambda: [
        row["in_doubt"] for row in held_of(bench, "empty").values()] == [False])
    bench.holdback.ctl("held", "discard", "--campaign", "empty")
    # Whoever selects some of a campaign does not let all of it go on.
    for narrower in (["--in-doubt"], ["--expires-within", "1h"], ["--domain", "gone.test"]):
        done = bench.holdback.ctl(
            "held", "release", "--campaign", "empty", *narrower, check=False
        )
        assert done.code == 1 and "goes on" not in done.errors
    done = bench.holdback.ctl("held", "release", "--campaign", "empty")
    assert "the stopped campaign empty goes on" in done.errors
    again = bench.holdback.ctl("held", "release", "--campaign", "empty", check=False)
    assert again.code == 1 and "no such items" in again.errors


def test_a_mail_that_is_longer_than_what_is_looked_at_is_held_whole(bench):
    lines = "".join(f"line {number} of a very long letter to everybody\r\n" for number in range(6000))
    octets = message(NEWS, "list@home.test", "Long", lines, bulk=True,
                     extra=["List-Id: <long.home.test>"])
    mail_out(bench, [ANNA, "long@nullmx.test"], octets)
    (row,) = held_of(bench, "<long.home.test>").values()
    assert bench.outside.deliveries(ANNA)[0].octets.endswith(octets)
    bench.holdback.ctl("held", "release", str(row["id"]))
    wait_for("the copy is there", lambda: bench.outside.deliveries("long@nullmx.test"))
    assert bench.outside.deliveries("long@nullmx.test")[0].octets.endswith(octets)
