# SPDX-License-Identifier: Apache-2.0
"""Held mail goes back by sendmail(1), `[hold] reinject = "sendmail:/PATH"`, of a real MTA."""

import pytest
from test_release import BODY, hold, state

from lab.mail import NEWS, assert_same_message, message
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
CARL, DORA, ELLA = "carl@nullmx.test", "dora@gone.test", "ella@nullmx.test"


@pytest.fixture(name="by_program", scope="module", autouse=True)
def fixture_by_program(bench):
    """As root, since the program that is not installed must enter the MTA's own directories."""
    program = bench.mta.program()
    with bench.changed({"hold": {"reinject": f"sendmail:{program}"}, "milter": {"user": "root"}}):
        yield


def released(bench, recipient, campaign, octets=None, **options):
    """Holds a message for one recipient, releases it, and gives what was sent and what arrived."""
    octets, rows = hold(bench, ["anna@good.test", recipient], campaign, octets, **options)
    number = str(rows[recipient]["id"])
    bench.holdback.ctl("held", "release", number)
    wait_for("the copy is there", lambda: bench.outside.deliveries(recipient))
    wait_for("it is released", lambda: state(bench, number) == "released")
    bench.settle()
    (delivery,) = bench.outside.deliveries(recipient)
    return octets, delivery


def assert_same(delivery, octets):
    """Sendmail says that this one uses other settings than those in /etc/mail, and nothing else."""
    assert_same_message(
        delivery.octets, octets, ("Received", "X-Holdback-Seal", "X-Authentication-Warning")
    )
    warnings = delivery.fields("X-Authentication-Warning")
    assert [text for text in warnings if " with -C " not in text] == []


def test_a_released_copy_arrives_once_and_as_it_was(bench):
    octets, delivery = released(bench, CARL, "once")
    assert delivery.sender == NEWS
    assert_same(delivery, octets)


def test_eight_bit_text_and_long_lines_arrive_as_they_were(bench):
    octets = message(NEWS, "list@home.test", "Odd", BODY, bulk=True, campaign="odd")
    octets, delivery = released(
        bench, CARL, "odd", octets, mail_args=["BODY=8BITMIME"], rcpt_args=["NOTIFY=NEVER"]
    )
    assert_same(delivery, octets)
    assert "NOTIFY=NEVER" in delivery.recipient_arguments


def notify_of(arguments):
    """The words of NOTIFY, whose order is the MTA's; empty where it is not given."""
    return [set(text[7:].split(",")) for text in arguments if text.startswith("NOTIFY=")]


def test_each_recipient_keeps_what_the_sender_wants_to_be_told_of(bench):
    """The program takes one NOTIFY for all: the message goes back in as many parts as there are."""
    wishes = {CARL: ["NOTIFY=NEVER"], DORA: ["NOTIFY=FAILURE,DELAY"], ELLA: []}
    _, rows = hold(bench, ["anna@good.test", *wishes], "wishes", rcpt_args=wishes)
    bench.holdback.ctl("held", "release", *(str(row["id"]) for row in rows.values()))
    wait_for("the copies are there", lambda: len(bench.outside.recipients()) == 4)
    bench.settle()
    assert bench.outside.recipients() == sorted(["anna@good.test", *wishes])
    for recipient, wish in wishes.items():
        (delivery,) = bench.outside.deliveries(recipient)
        assert notify_of(delivery.recipient_arguments) == notify_of(wish)


@pytest.mark.parametrize("recipient", ["-odd@nullmx.test", '"odd carl"@nullmx.test', "a+b=c@gone.test"])
def test_odd_recipients_are_no_options(bench, recipient):
    if recipient.startswith("-") and bench.mta.name == "postfix":
        pytest.skip("Postfix takes no such address, see allow_min_user in postconf(5)")
    octets, delivery = released(bench, recipient, f"to {recipient}")
    assert_same(delivery, octets)


def test_mail_that_is_given_back_has_no_sender(bench):
    _, rows = hold(bench, [CARL, DORA], "given back")
    bench.holdback.ctl("held", "return", str(rows[CARL]["id"]))
    (dsn,) = wait_for("the DSN", lambda: bench.home.deliveries(NEWS))
    bench.settle()
    assert dsn.sender == "" and CARL.encode() in dsn.octets
    assert len(bench.home.deliveries(NEWS)) == 1


def test_mail_that_the_mta_cannot_deliver_is_returned_by_the_mta(bench):
    """The program has taken it: neither is it held, nor do the others get it once more."""
    bench.outside.refuse(CARL, "550 5.1.1 no such user")
    _, rows = hold(bench, [CARL, DORA], "refused")
    numbers = [str(row["id"]) for row in rows.values()]
    bench.holdback.ctl("held", "release", *numbers)
    dsns = wait_for("the DSN", lambda: bench.home.deliveries(NEWS))
    bench.settle()
    del bench.outside.refusals[CARL]
    assert len(dsns) == 1 and b"550 5.1.1 no such user" in dsns[0].octets
    assert bench.outside.recipients() == [DORA]
    assert [state(bench, number) for number in numbers] == ["released", "released"]


def test_what_the_mta_refuses_at_once_is_returned_once(bench):
    """Sendmail's program speaks SMTP to the daemon itself; Postfix asks nobody."""
    _, rows = hold(bench, [CARL, DORA], "refused at once")
    numbers = [str(row["id"]) for row in rows.values()]
    bench.mta.refuse(CARL, "550 5.7.1 not here")
    try:
        bench.holdback.ctl("held", "release", *numbers)
        wait_for("Dora has her copy", lambda: bench.outside.deliveries(DORA))
        bench.settle()
        refused = bench.mta.name == "sendmail"
        assert bench.outside.recipients() == ([DORA] if refused else sorted([CARL, DORA]))
        dsns = wait_for("the DSN", lambda: bench.home.deliveries(NEWS)) if refused else []
        assert len(dsns) == refused and all(b"not here" in dsn.octets for dsn in dsns)
        assert [state(bench, number) for number in numbers] == ["released", "released"]
    finally:
        bench.mta.refuse_nobody()
