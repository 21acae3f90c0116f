# SPDX-License-Identifier: Apache-2.0
"""Refusals are the client's errors for Postfix, which slows it down from the tenth on and cuts it
off after the twentieth. So a session is refused a few times only, and is told the rest in DSNs."""

import re
import time

from lab.mail import PERSON, message, say, send, session
from lab.notices import parsed
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"direct": {"users": ["clerk"]}, "notice": {"collect": "1s"}}

REFUSED = 5  # [policy] refuse_at_most
FAST = 120  # seconds for a session here; with Postfix's delays, 200 refusals take ten minutes


def returned(bench, sender):
    """How often each address is reported as failed to this sender."""
    count = {}
    for delivery in bench.home.deliveries(sender):
        text = delivery.octets.decode("utf-8", "replace")
        for address in re.findall(r"Final-Recipient: *rfc822; *(\S+)", text):
            count[address] = count.get(address, 0) + 1
    return count


def noticed(bench, sender):
    """The addresses in the tables of the notices to this sender."""
    found = set()
    for delivery in bench.home.deliveries(sender):
        for part in parsed(delivery).walk():
            if part.get_content_type() == "text/csv":
                found |= set(re.findall(r"[\w.-]+@nullmx\.test", part.get_content()))
    return found


def one_by_one(bench, port, sender, addresses, login):
    """A message to each of the addresses in one session: those that were refused, and those whose
    message was taken."""
    refused, taken = [], []
    start = time.monotonic()
    with session(port, **login) as smtp:
        for address in addresses:
            octets = message(sender, address, f"To {address}", f"Dear {address}\r\n")
            sent = say(smtp, sender, [address], octets)
            is_taken = sent.data is not None and sent.data[0] == 250
            (taken if is_taken else refused).append(address)
            if sent.data is None:
                smtp.rset()
    assert time.monotonic() - start < FAST
    assert not bench.mta.log("too many errors")
    return refused, taken


def test_200_dead_addresses_in_a_row(bench):
    dead = [f"person{number}@nullmx.test" for number in range(200)]
    refused, taken = one_by_one(
        bench, bench.mta.submission_port, PERSON, [*dead, "anna@good.test"],
        bench.mta.login("clerk"),
    )
    assert refused == dead[:REFUSED]
    assert taken == [*dead[REFUSED:], "anna@good.test"]
    wait_for("all are told", lambda: len(returned(bench, PERSON)) == 195, seconds=90)
    bench.settle()
    assert returned(bench, PERSON) == {address: 1 for address in dead[REFUSED:]}
    assert bench.outside.recipients() == ["anna@good.test"]
    rows = bench.holdback.held("--all", "--sender", PERSON, "--reason", "null-mx")
    assert {row["recipient"] for row in rows} == set(dead[REFUSED:])
    assert {row["state"] for row in rows} == {"returned"}


def test_200_dead_addresses_of_one_who_may_become_bulk(bench):
    """A hundred in ten minutes are bulk: from then on, mail is held, and the sender has a notice."""
    sender = "ines@home.test"
    dead = [f"friend{number}@nullmx.test" for number in range(200)]
    refused, taken = one_by_one(
        bench, bench.mta.submission_port, sender, dead, bench.mta.login("ines")
    )
    assert refused == dead[:REFUSED] and taken == dead[REFUSED:]

    def told():
        return set(returned(bench, sender)) | noticed(bench, sender)

    wait_for("all are told", lambda: told() == set(dead[REFUSED:]), seconds=90)
    bench.settle()
    assert bench.outside.recipients() == []
    held = [
        row["recipient"] for row in bench.holdback.held("--sender", sender)
        if row["state"] == "held"
    ]
    assert sorted([*held, *returned(bench, sender)]) == sorted(dead[REFUSED:])
    assert held and returned(bench, sender)


def test_500_recipients_of_which_the_first_200_are_dead(bench):
    for login, sender in (("clerk", PERSON), ("otto", "otto@home.test")):
        bench.forget()
        dead = [f"{login}{number}@nullmx.test" for number in range(200)]
        good = [f"{login}{number}@good.test" for number in range(300)]
        start = time.monotonic()
        sent = send(
            bench.mta.submission_port, sender, [*dead, *good],
            message(sender, "all@home.test", "To all", f"Dear friends of {login}\r\n"),
            **bench.mta.login(login),
        )
        assert time.monotonic() - start < FAST
        assert list(sent.refused) == dead[:REFUSED] and sent.data[0] == 250, sent.data
        wait_for("the good have it", lambda: len(bench.outside.deliveries()) >= 300, seconds=60)
        bench.settle()
        assert bench.outside.recipients() == sorted(good)
        if login == "clerk":
            wait_for("the DSN", lambda: returned(bench, sender))
            assert returned(bench, sender) == {address: 1 for address in dead[REFUSED:]}
        else:  # a message to so many is bulk
            wait_for("the notice", lambda: noticed(bench, sender))
            rows = bench.holdback.held("--sender", sender)
            assert {row["recipient"] for row in rows} == set(dead[REFUSED:])
            assert {row["state"] for row in rows} == {"held"}
    assert not bench.mta.log("too many errors")


def test_a_program_whose_messages_are_refused_whole(bench):
    """Refusals at the end of a message are errors as well."""
    sender = "cron@home.test"
    dead = [f"job{number}@nullmx.test" for number in range(40)]
    refused, taken = one_by_one(bench, bench.mta.relay_port, sender, dead, {})
    assert refused == dead[:REFUSED] and taken == dead[REFUSED:]
    wait_for("all are told", lambda: len(returned(bench, sender)) == 35, seconds=60)
    bench.settle()
    assert returned(bench, sender) == {address: 1 for address in dead[REFUSED:]}
