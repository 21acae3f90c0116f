# SPDX-License-Identifier: Apache-2.0
"""Texts that no rule knew, as the MTA's own bounces and those of strangers bring them."""

from test_dsn_tags import STRANGER, dsn, group

from lab.mail import NEWS, message, send
from lab.wait import wait_for


def unknown(bench):
    return {row["pattern"]: row for row in bench.holdback.ctl("unknown", "list", check=False).rows}


def forge(bench, tag, text):
    """A bounce from outside that nothing proves."""
    octets = dsn(tag, group("hans@good.test", "5.0.0", f"550 5.0.0 {text}"))
    sent = send(bench.mta.relay_port, "", [NEWS], octets, **bench.mta.client(STRANGER))
    assert sent.data[0] == 250, sent


def test_an_answer_that_nobody_knows_is_kept_whatever_postfix_says_around_it(bench):
    """Postfix adds "(in reply to RCPT TO command)" and the like, which is no knowledge."""
    stages = {"uwe@good.test": "rcpt", "ute@good.test": "data"}
    for recipient, stage in stages.items():
        bench.outside.refuse(
            recipient, f"550 5.0.0 Spoon 17 of {recipient} is bent at {stage}", stage=stage)
        send(bench.mta.relay_port, NEWS, [recipient], message(NEWS, "list@home.test", "News"))
    bench.settle()
    wait_for("both are known", lambda: len(unknown(bench)) == 2)
    for stage in stages.values():
        (row,) = [row for text, row in unknown(bench).items() if text.endswith(f"bent at {stage}")]
        assert row["pattern"].endswith(f"spoon {{number}} of {{address}} is bent at {stage}")
        assert (row["messages"], row["proven"]) == (1, 1)
        assert row["code"] in (1999, 2999, 4999, 9999), row


def test_made_up_bounces_push_out_nothing_that_was_proven(bench):
    before = unknown(bench)
    assert len(before) == 2
    names = [a + b + c for a in "bcdfg" for b in "aeiou" for c in "lmnrst"][:120]
    for number, name in enumerate(names):
        forge(bench, f"flood{number}", f"Sp{name} {name} is bent")
    bench.settle()
    wait_for("all came", lambda: len(unknown(bench)) >= 100)
    after = unknown(bench)
    assert set(before) <= set(after)
    assert all(row["proven"] == 0 for text, row in after.items() if text not in before)
    # What is exported gives away nobody, and says what was proven.
    written = bench.holdback.say("unknown", "export", "--proven")
    assert written.count("#[[rule]]") == 2 and "uwe@" not in written and "good.test" not in written
    numbers = [str(row["id"]) for text, row in after.items() if text not in before]
    bench.holdback.ctl("unknown", "drop", *numbers)
    assert set(unknown(bench)) == set(before)
