# SPDX-License-Identifier: Apache-2.0
"""What real MTAs said to the filter, word for word, said again to it without them.

tests/lab/milter_recording.py has made the recordings with Postfix 3.7.11 and Sendmail 8.17.1.
"""

import pytest

from lab.milter_client import MilterClient
from lab.milter_recording import DATA, load

MTAS = ("postfix", "sendmail")
RECORDINGS = sorted(path.stem for path in DATA.glob("*.jsonl"))
KEPT = (None, "accept", "continue")

# Sendmail's stranger is 127.0.0.7.
# The same messages come again and again.
SETTINGS = {
    "outgoing": {"networks": ["127.0.0.1/32"], "mta_domains": "off"},
    "bulk": {"repeat_window": "0s"},
}


def replay(rig, name, packets=None):
    """The answers to RCPT by recipient, and the outcome of the last message."""
    (_, version, actions, steps), *session = load(name)
    assert (version, actions) == (6, 0x1FF)
    with MilterClient(rig.holdback.socket, offered=steps) as mta:
        answers = mta.replay(session if packets is None else packets)
    replies = {packet[1].strip("<>"): answer for packet, answer in answers if packet[0] == "R"}
    outcomes = [answer for packet, answer in answers if packet[0] == "E"]
    others = [answer for packet, answer in answers if packet[0] not in "RE"]
    assert all(answer in (*KEPT, "skip") for answer in others), others
    return replies, outcomes[-1] if outcomes else None


def named(recording, letter):
    """The paths of MAIL or RCPT as they were said."""
    return [packet[1] for packet in load(recording) if packet[0] == letter]


def fields(outcome, name):
    return [field[1].strip() for field in outcome.headers if field[0] == name]


def test_there_are_recordings_of_both():
    assert len(RECORDINGS) == 11
    assert {name.split("-")[0] for name in RECORDINGS} == set(MTAS)


@pytest.mark.parametrize("mta", MTAS)
def test_bulk_loses_the_bad_recipients_and_leaves_sealed(rig, mta):
    replies, outcome = replay(rig, f"{mta}-bulk")
    assert list(replies.values()) == ["continue"] * 3
    assert outcome.answer in KEPT
    assert outcome.deleted == named(f"{mta}-bulk", "R")[1:]
    held = {row["recipient"] for row in rig.holdback.held("--campaign", "recorded")}
    assert held == {"carl@nullmx.test", "dora@gone.test"}
    assert len(fields(outcome, "X-Holdback-Seal")) == 1
    assert [outcome.sender] == named(f"{mta}-bulk", "M")
    *others, envelope_id = outcome.sender_arguments.split(" ")
    assert envelope_id.startswith("ENVID=hb1.")
    # Sendmail forgets what is not said again.
    assert sorted(others) == (["BODY=8BITMIME", "RET=HDRS"] if mta == "sendmail" else [])


@pytest.mark.parametrize("mta", MTAS)
def test_a_person_is_refused_at_rcpt(rig, mta):
    replies, outcome = replay(rig, f"{mta}-person")
    assert replies["dora@gone.test"].startswith("550 5.1.2 the domain gone.test does not exist")
    assert replies["anna@good.test"] == "continue"
    assert outcome.answer in KEPT and outcome.deleted == []


@pytest.mark.parametrize("mta", MTAS)
def test_a_bounce_from_outside_is_tagged_and_a_forged_field_removed(rig, mta):
    _, outcome = replay(rig, f"{mta}-dsn")
    assert fields(outcome, "X-Holdback-Code") == ["2001"]
    (line,) = fields(outcome, "X-Holdback-DSN")
    assert 'rcpt="hans@good.test"' in line and "proof=unproven" in line
    assert outcome.changed_headers == [(1, "X-Holdback-Code", "")]
    assert outcome.deleted == [] and outcome.sender is None


def test_the_bounce_of_postfix_itself_is_tagged(rig):
    _, outcome = replay(rig, "postfix-own-bounce")
    assert fields(outcome, "X-Holdback-Code") == ["2001"]
    assert 'rcpt="eva@good.test"' in fields(outcome, "X-Holdback-DSN")[0]
    assert outcome.deleted == [] and outcome.answer in KEPT


@pytest.mark.parametrize("mta", MTAS)
def test_a_program_is_never_refused_at_rcpt(rig, mta):
    """Postfix names its addresses without brackets here, and they are deleted as they were named."""
    replies, outcome = replay(rig, f"{mta}-program")
    assert set(replies.values()) == {"continue"}
    carl = [path for path in named(f"{mta}-program", "R") if "carl@" in path]
    assert outcome.deleted == carl
    assert carl == (["carl@nullmx.test"] if mta == "postfix" else ["<carl@nullmx.test>"])


@pytest.mark.parametrize("mta", MTAS)
def test_mail_that_is_given_up_leaves_nothing(rig, mta):
    before = len(rig.holdback.held())
    _, outcome = replay(rig, f"{mta}-given-up")
    assert outcome is None and len(rig.holdback.held()) == before
    # The session is as good as new after it.
    test_bulk_loses_the_bad_recipients_and_leaves_sealed(rig, mta)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_session_may_break_off_anywhere(rig, name):
    (_, _, _, steps), *session = load(name)
    for length in range(len(session)):
        mta = MilterClient(rig.holdback.socket, offered=steps)
        mta.replay(session[:length])
        mta.drop()
    status = rig.holdback.ctl("status").rows[0]
    assert status["mode"] == "enforce"


@pytest.mark.parametrize("mta", MTAS)
def test_two_messages_in_a_session_do_not_mix(rig, mta):
    """A person's letter behind a newsletter: nothing of the first one is left in the second."""
    bulk = [packet for packet in load(f"{mta}-bulk")[1:] if packet[0] != "Q"]
    letter = load(f"{mta}-person")[1:]
    behind = [packet for packet in letter if packet[0] not in "CH" and packet[:2] != ("D", "C")]
    replies, outcome = replay(rig, f"{mta}-bulk", [*bulk, *behind])
    assert replies["dora@gone.test"].startswith("550 5.1.2 ")
    assert replies["anna@good.test"] == "continue"
    assert outcome.deleted == [] and outcome.sender == "<joe@home.test>"
    assert outcome.sender_arguments.count("=") == 1  # the envelope id alone
    assert len(fields(outcome, "X-Holdback-Seal")) == 1


@pytest.mark.parametrize("name", RECORDINGS)
def test_shadow_mode_answers_nothing_but_yes(rig, name):
    rig.holdback.change({"mode": "shadow"})
    rig.holdback.reload()
    try:
        replies, outcome = replay(rig, name)
        assert set(replies.values()) <= set(KEPT), replies
        assert outcome is None or (outcome.answer in KEPT and not outcome.changes), outcome
    finally:
        rig.holdback.change({"mode": "enforce"})
        rig.holdback.reload()
