# SPDX-License-Identifier: Apache-2.0
"""Limits of senders: who may send how much, what becomes of the rest, and that everybody is
accounted for."""

import concurrent.futures
import re

import pytest

from lab.mail import PERSON, message, send, session, say
from lab.notices import CARL, OURS
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")


def limit(**keys):
    return {"name": "test", "key": "sasl-user", "recipients": ["3/1h"], **keys}


# The name, and so the counter, is another one in each test.
SETTINGS = {
    "notice": {"address": OURS, "collect": "1h"},
    "bulk": {"users": ["shadowed2"]},
    "limit": [
        limit(name="people-defer", match="deferred*"),
        limit(name="people-reject", match="rejected*", action="reject"),
        limit(name="people-hold", match="held*", action="hold"),
        limit(name="short", match="minute*", action="hold", recipients=["3/1m"]),
        limit(name="shadowed", match="shadowed*", action="reject", shadow=True),
        limit(name="bulk-only", match="streamed*", stream="bulk", action="hold"),
        limit(name="by-provider", match="provided*", provider="good.test", action="hold"),
        limit(name="by-rank", match="boss*", recipients=["10/1h"]),
        limit(name="by-rank", match="staff*", recipients=["2/1h"]),
        limit(name="crowd", match="crowd*", recipients=["50/1h"]),
        limit(name="by-sender", key="sender", match="*@limited.home.test", action="hold"),
        limit(name="by-domain", key="sender-domain", match="domain.home.test", action="hold"),
    ]
}


def people(number, domain="good.test"):
    return [f"p{i}@{domain}" for i in range(number)]


def submit(bench, user, recipients, sender=PERSON, **more):
    """One message as a person sends it."""
    octets = more.pop("octets", None) or message(sender, recipients[0], f"for {user}", **more)
    return send(
        bench.mta.submission_port, sender, recipients, octets, **bench.mta.login(user)
    )


def usage(bench, name):
    """Recipients that a limit has counted in each of its windows."""
    rows = bench.holdback.ctl("--json", "sender", "list", "--limit", name, check=False).rows
    return {row["key"]: row["used"] for row in rows}


def test_a_person_beyond_the_limit_is_told_at_rcpt(bench):
    sent = submit(bench, "deferred1", people(5))
    assert [code for code, _ in sent.rcpt.values()] == [250, 250, 250, 451, 451]
    text = sent.rcpt["p3@good.test"][1]
    assert text.startswith("4.7.1 "), text
    assert re.search(r"limit people-defer of 3 recipients in 1h is reached \(3 used\)", text)
    assert re.search(r"try again from \d{4}-\d\d-\d\d \d\d:\d\d UTC on", text), text
    bench.settle()
    assert bench.outside.recipients() == people(3)
    assert usage(bench, "people-defer") == {"deferred1": 3}
    # Another user has windows of his own.
    assert not submit(bench, "deferred2", people(2)).refused
    bench.settle()


def test_a_limit_may_reject(bench):
    sent = submit(bench, "rejected1", people(4))
    code, text = sent.rcpt["p3@good.test"]
    assert (code, text.split()[0]) == (550, "5.7.1")
    assert "ask the mail administrator" in text
    bench.settle()
    assert bench.outside.recipients() == people(3)


def test_a_preflight_tells_of_the_limit_and_takes_no_room(bench):
    ask = message(
        PERSON, "p0@good.test", "Question", extra=["X-Holdback-Preflight: yes"], bulk=True
    )
    for _ in range(2):
        sent = send(
            bench.mta.submission_port, PERSON, people(5), ask, **bench.mta.login("streamed2")
        )
        assert not sent.refused and sent.data[0] == 250
    reports = wait_for("the reports", lambda: bench.home.deliveries(PERSON)[1:])
    assert b"the limit bulk-only of 3" in reports[0].octets
    bench.settle()
    lines = bench.holdback.log(r'preflight qid=.* user="streamed2"')
    assert len(lines) == 2 and all("rcpts=5 pass=3 tag=0 hold=2" in line for line in lines)
    assert bench.outside.recipients() == []
    assert "streamed2" not in usage(bench, "bulk-only")


def test_what_is_refused_or_held_for_another_reason_takes_no_room(bench):
    sent = submit(bench, "deferred3", ["dora@gone.test", *people(2), "carl@nullmx.test", "p2@good.test"])
    assert sorted(sent.refused) == ["carl@nullmx.test", "dora@gone.test"]
    bench.settle()
    assert bench.outside.recipients() == people(3)
    assert usage(bench, "people-defer")["deferred3"] == 3


def test_a_message_that_is_broken_off_takes_no_room(bench):
    with session(bench.mta.submission_port, **bench.mta.login("deferred4")) as smtp:
        smtp.docmd("MAIL", f"FROM:<{PERSON}>")
        assert [smtp.docmd("RCPT", f"TO:<{p}>")[0] for p in people(3)] == [250] * 3
        smtp.docmd("RSET")
        sent = say(smtp, PERSON, people(3), message(PERSON, "p0@good.test", "second try"))
    assert not sent.refused and sent.data[0] == 250
    bench.settle()


def test_the_rest_is_held_and_leaves_by_itself_in_order(bench):
    sent = submit(bench, "minute1", people(7))
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == people(3)
    rows = bench.holdback.held("--sender", PERSON)
    rows = [row for row in rows if row["finding"] == "over-limit"]
    assert [row["recipient"] for row in rows] == people(7)[3:]
    assert all(row["code"] == 6003 and "limit short of 3" in row["reason"] for row in rows)
    wait_for("the next three", lambda: len(bench.outside.recipients()) == 6, seconds=120)
    assert bench.outside.recipients() == people(6)
    wait_for("the last", lambda: len(bench.outside.recipients()) == 7, seconds=120)
    bench.settle()
    assert bench.outside.recipients() == people(7)


def test_a_limit_in_shadow_is_only_logged(bench):
    sent = submit(bench, "shadowed1", people(5))
    assert not sent.refused
    bench.settle()
    assert bench.outside.recipients() == people(5)
    assert usage(bench, "shadowed") == {"shadowed1": 5}
    lines = bench.holdback.log(r"verdict=pass reason=over-limit .*unshadowed=reject")
    assert len(lines) == 2


def test_a_limit_in_shadow_takes_no_override_back(bench):
    extra = ["X-Holdback-Override: all"]
    assert submit(bench, "shadowed2", [*people(3), CARL], extra=extra).data[0] == 250
    wait_for("all have it", lambda: len(bench.outside.recipients()) == 4)
    assert bench.outside.recipients() == sorted([*people(3), CARL])
    assert usage(bench, "shadowed")["shadowed2"] == 4


def test_each_table_of_a_name_has_its_own_cap(bench):
    assert not submit(bench, "boss1", people(5)).refused
    sent = submit(bench, "staff1", people(3))
    assert [code for code, _ in sent.rcpt.values()] == [250, 250, 451]
    rows = bench.holdback.ctl("--json", "sender", "list", "--limit", "by-rank").rows
    assert {row["key"]: row["cap"] for row in rows} == {"boss1": 10, "staff1": 2}
    bench.settle()


def test_a_limit_of_bulk_mail_leaves_letters_alone(bench):
    assert not submit(bench, "streamed1", people(5)).refused
    bench.settle()
    assert bench.outside.recipients() == people(5)
    bench.forget()
    assert submit(bench, "streamed1", people(5), bulk=True, campaign="offers").data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == people(3)


def test_a_limit_of_a_provider_leaves_others_alone(bench):
    elsewhere = people(5, "implicit.test")
    assert not submit(bench, "provided1", [*elsewhere, *people(5)]).refused
    bench.settle()
    assert bench.outside.recipients() == sorted([*elsewhere, *people(3)])


@pytest.mark.parametrize("sender", ["a@limited.home.test", "b@domain.home.test"])
def test_a_program_beyond_the_limit_of_its_sender(bench, sender):
    octets = message(sender, "list@good.test", "Report")
    sent = send(bench.mta.relay_port, sender, people(5), octets)
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == people(3)
    rows = [row for row in bench.holdback.held("--sender", sender)]
    assert [row["recipient"] for row in rows] == ["p3@good.test", "p4@good.test"]


def test_twenty_sessions_at_once_never_pass_a_limit(bench):
    login = bench.mta.login("crowd1")

    def one(number):
        sender = f"s{number}@home.test"
        octets = message(sender, "list@good.test", "All at once")
        return send(bench.mta.submission_port, sender, people(4), octets, **login)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(one, range(20)))
    accepted = sum(code == 250 for one in sent for code, _ in one.rcpt.values())
    refused = sum(code == 451 for one in sent for code, _ in one.rcpt.values())
    assert (accepted, refused) == (50, 30)
    bench.settle()
    assert len(bench.outside.recipients()) == 50
    assert usage(bench, "crowd") == {"crowd1": 50}


def test_windows_outlive_a_crash_and_a_reload(bench):
    assert not submit(bench, "deferred5", people(2)).refused
    bench.settle()
    bench.holdback.kill()
    bench.holdback.start()
    sent = submit(bench, "deferred5", people(2))
    assert [code for code, _ in sent.rcpt.values()] == [250, 451]
    bench.holdback.reload()
    assert [c for c, _ in submit(bench, "deferred5", ["p9@good.test"]).rcpt.values()] == [451]
    assert usage(bench, "people-defer")["deferred5"] == 3
    bench.settle()


def test_a_message_that_comes_again_is_counted_once(bench):
    sender = "again@limited.home.test"
    octets = message(sender, "list@good.test", "again")
    for _ in range(3):
        sent = send(bench.mta.relay_port, sender, people(2), octets)
        assert sent.data[0] == 250
        bench.holdback.kill()  # before the MTA's log could tell that the message has left
        bench.holdback.start()
    assert usage(bench, "by-sender")[sender] == 2
    bench.settle()
    assert bench.outside.recipients() == sorted(3 * people(2))
