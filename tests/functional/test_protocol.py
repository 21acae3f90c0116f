# SPDX-License-Identifier: Apache-2.0
"""What Holdback answers to an MTA, callback by callback."""

import concurrent.futures

import pytest

from lab import milter_client as proto
from lab.mail import NEWS, PERSON, message
from lab.wait import wait_for

ANNA, CARL, DORA = "<anna@good.test>", "<carl@nullmx.test>", "<dora@gone.test>"
STRANGER = "198.51.100.7"
KEPT = ("accept", "continue")


def bulk(campaign):
    return message(NEWS, "list@home.test", "News", bulk=True, campaign=campaign)


def held(rig, campaign):
    return sorted(row["recipient"] for row in rig.holdback.held("--campaign", campaign))


# How a session begins, and the direction that follows.
DIRECTIONS = [
    ("a client of our networks", {"address": "127.0.0.1"}, {}, True),
    ("a stranger", {"address": STRANGER}, {}, False),
    ("an authenticated stranger", {"address": STRANGER}, {"auth_authen": "joe"}, True),
    ("the submission service", {"address": STRANGER, "daemon_name": "ORIGINATING"}, {}, True),
    ("another service", {"address": STRANGER, "daemon_name": "mx"}, {}, False),
]


@pytest.mark.parametrize("what, connection, mail_macros, outgoing", DIRECTIONS)
def test_direction(rig, what, connection, mail_macros, outgoing):
    with rig.client() as mta:
        mta.connect(**connection)
        mta.helo()
        campaign = "direction " + what
        _, outcome = mta.message(
            f"<{NEWS}>", [ANNA, CARL], bulk(campaign), mail_macros=mail_macros
        )
    if outgoing and "auth_authen" in mail_macros:
        # A person's session: refused at RCPT unless the envelope says bulk; see test_refusals.
        assert CARL not in outcome.deleted
        return
    assert outcome.answer in KEPT
    assert outcome.deleted == ([CARL] if outgoing else [])
    assert held(rig, campaign) == (["carl@nullmx.test"] if outgoing else [])


def test_sendmail_with_a_sender_is_outgoing_and_has_no_brackets(rig):
    with rig.client() as mta:
        mta.connect("localhost", daemon_port="0")
        mta.helo("localhost")
        _, outcome = mta.message(
            NEWS,
            ["anna@good.test", "carl@nullmx.test"],
            bulk("pipe"),
            mail_macros={"i": "4Q0002"},
        )
    assert outcome.deleted == ["carl@nullmx.test"]


@pytest.mark.parametrize(
    "spelling", ["<Carl@NullMX.test>", '<"odd carl"@nullmx.test>', "carl@NULLMX.TEST"]
)
def test_a_recipient_is_deleted_in_the_spelling_of_the_mta(rig, spelling):
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        _, outcome = mta.message(f"<{NEWS}>", [ANNA, spelling], bulk("spelling " + spelling))
    assert outcome.deleted == [spelling]


DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mta.home.test>
Subject: Undelivered Mail Returned to Sender
To: news@home.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

no
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.home.test

Final-Recipient: rfc822; eva@good.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--cut--
""".replace("\n", "\r\n").encode()


def sealed_copy(rig, sender, recipient):
    """The seal that a message of ours gets on its way."""
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        _, outcome = mta.message(f"<{sender}>", [f"<{recipient}>"], bulk("to " + recipient))
    assert outcome.sender == f"<{sender}>"
    return dict(outcome.headers)["X-Holdback-Seal"]


def test_an_own_bounce_is_only_tagged_even_when_its_recipient_is_bad(rig):
    seal = sealed_copy(rig, "carl@nullmx.test", "eva@good.test")
    returned = f"Content-Type: text/rfc822-headers\r\n\r\nX-Holdback-Seal:{seal}\r\n"
    octets = DSN.replace(b"--cut--", f"--cut\r\n{returned}\r\n--cut--".encode())
    with rig.client() as mta:
        mta.connect("localhost", daemon_port="0")
        mta.helo("localhost")
        replies, outcome = mta.message(
            "", ["carl@nullmx.test"], octets, queue_id="4Q0003", mail_macros={"i": "4Q0003"}
        )
    assert set(replies.values()) <= {None, *KEPT}
    assert outcome.answer in KEPT
    assert outcome.deleted == [] and outcome.sender is None
    fields = dict(outcome.headers)
    assert fields["X-Holdback-Code"].strip() == "2001"
    assert "proof=local" in fields["X-Holdback-DSN"]
    assert rig.holdback.entries()["eva@good.test"]["code"] == 2001


def test_the_marks_of_the_mta_without_a_seal_are_no_proof(rig):
    """sendmail(1) gives the very same macros and path to whoever calls it."""
    octets = DSN.replace(b"eva@good.test", b"ida@good.test")
    with rig.client() as mta:
        mta.connect("localhost", daemon_port="0")
        mta.helo("localhost")
        _, outcome = mta.message(
            "", ["news@home.test"], octets, queue_id="4Q0004", mail_macros={"i": "4Q0004"}
        )
    fields = dict(outcome.headers)
    assert "proof=unproven" in fields["X-Holdback-DSN"]
    assert "ida@good.test" not in rig.holdback.entries()


def test_a_postmaster_copy_teaches_nothing(rig):
    copy = DSN.replace(b"Undelivered Mail Returned to Sender", b"Postmaster Copy: Undelivered Mail")
    copy = copy.replace(b"eva@good.test", b"copied@good.test")
    with rig.client() as mta:
        mta.connect("localhost", daemon_port="0")
        mta.helo("localhost")
        _, outcome = mta.message(
            "double-bounce@mta.home.test",
            ["postmaster@mta.home.test"],
            copy,
            mail_macros={"i": "4Q0004"},
        )
    assert outcome.answer in KEPT and outcome.deleted == []
    assert "copied@good.test" not in rig.holdback.entries()


def test_a_text_that_no_rule_knows_is_counted(rig):
    spoon = DSN.replace(b"550 5.1.1 User unknown", b"550 5.9.9 Spoon 17 of <eva@good.test> is bent")
    with rig.client() as mta:
        mta.connect(address=STRANGER)
        mta.helo()
        for _ in range(2):
            _, outcome = mta.message("<>", [f"<{NEWS}>"], spoon)
            assert dict(outcome.headers)["X-Holdback-DSN"]
    (row,) = rig.holdback.ctl("unknown", "list").rows
    assert row["pattern"] == "550 5.9.9 spoon {number} of <{address}> is bent"
    assert row["messages"] == 2 and row["example"].endswith("Spoon 17 of <eva@good.test> is bent")


def test_an_mta_that_wants_every_answer_gets_every_answer(rig):
    never_answered = proto.NR_CONNECT | proto.NR_HELO | proto.NR_MAIL | proto.NR_RCPT
    never_answered |= proto.NR_DATA | proto.NR_HEADER | proto.NR_EOH | proto.NR_BODY
    with rig.client(offered=0) as mta:
        assert not mta.steps & never_answered
        assert mta.connect() in (None, "continue")
        assert mta.helo() in (None, "continue")
        _, outcome = mta.message(f"<{NEWS}>", [ANNA, CARL], bulk("every answer"))
    assert outcome.deleted == [CARL]


def test_what_is_never_answered_is_agreed_to_need_no_answer(rig):
    with rig.client() as mta:
        assert mta.steps & proto.NR_HEADER or mta.steps & proto.NO_HEADERS
        assert mta.steps & (proto.NR_HELO | proto.NO_HELO)
        # A person may be refused at RCPT, so that step has an answer.
        assert not mta.steps & (proto.NR_RCPT | proto.NO_RCPT)


def test_an_aborted_message_leaves_nothing_behind(rig):
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        mta.mail(f"<{NEWS}>")
        mta.rcpt(CARL)
        mta.data()
        mta.header("X-Campaign-ID", "aborted")
        mta.header("List-Unsubscribe", "<mailto:x@home.test>")
        mta.abort()
        _, outcome = mta.message(f"<{NEWS}>", [ANNA, DORA], bulk("after the abort"))
    assert outcome.deleted == [DORA]
    assert held(rig, "aborted") == []
    assert held(rig, "after the abort") == ["dora@gone.test"]


def test_a_broken_connection_leaves_nothing_behind(rig):
    mta = rig.client()
    mta.connect()
    mta.helo()
    mta.mail(f"<{NEWS}>")
    mta.rcpt(CARL)
    mta.data()
    mta.header("X-Campaign-ID", "broken")
    mta.header("List-Unsubscribe", "<mailto:x@home.test>")
    mta.end_of_headers()
    mta.body(b"half a mess")
    mta.drop()
    with rig.client() as again:
        again.connect()
        again.helo()
        _, outcome = again.message(f"<{NEWS}>", [ANNA], bulk("after the break"))
    assert outcome.answer in KEPT
    assert held(rig, "broken") == []
    assert rig.holdback.ctl("status").code == 0


def test_messages_of_one_connection_do_not_mix(rig):
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        outcomes = [
            mta.message(f"<{NEWS}>", recipients, bulk(f"mix {number}"), f"4M{number:04d}")[1]
            for number, recipients in enumerate([[ANNA, CARL], [ANNA], [DORA, ANNA], [ANNA]])
        ]
    assert [outcome.deleted for outcome in outcomes] == [[CARL], [], [DORA], []]
    assert [held(rig, f"mix {number}") for number in range(4)] == [
        ["carl@nullmx.test"], [], ["dora@gone.test"], [],
    ]


def test_a_message_of_which_everybody_is_held_is_discarded(rig):
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        _, outcome = mta.message(f"<{NEWS}>", [CARL, DORA], bulk("everybody"))
    assert outcome.answer == "discard"
    assert held(rig, "everybody") == ["carl@nullmx.test", "dora@gone.test"]


def test_many_sessions_at_once(rig):
    def one(number):
        with rig.client() as mta:
            mta.connect()
            mta.helo()
            return mta.message(
                f"<{NEWS}>",
                [f"<a{number}@good.test>", f"<c{number}@nullmx.test>"],
                bulk("crowd"),
                f"4C{number:04d}",
            )[1].deleted

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        deleted = list(pool.map(one, range(200)))
    assert deleted == [[f"<c{number}@nullmx.test>"] for number in range(200)]
    assert len(held(rig, "crowd")) == 200


def test_foreign_text_reaches_no_log_line_unescaped(rig):
    octets = message(NEWS, "x@home.test", "News", bulk=True, campaign="log\x1b[31m")
    with rig.client() as mta:
        mta.connect()
        mta.helo("evil\nname")
        mta.message(
            "<news@home.test>",
            ["<x\x1b[2J\ndecision\u202e@nullmx.test>", ANNA],
            octets,
            queue_id="4\n5",
        )
    for line in rig.holdback.log():
        assert all(" " <= letter <= "~" for letter in line), repr(line)
    assert not rig.holdback.log("^decision")


def test_a_held_message_is_released_to_the_mta_with_its_octets(rig):
    octets = bulk("to the mta")
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        mta.message(f"<{NEWS}>", [ANNA, CARL], octets)
    (row,) = rig.holdback.held("--campaign", "to the mta")
    rig.holdback.ctl("held", "release", str(row["id"]))
    (copy,) = wait_for("the copy", lambda: rig.mta.deliveries("carl@nullmx.test"))
    assert copy.sender == NEWS and copy.octets.endswith(octets)


def test_a_token_is_good_for_one_message_and_one_recipient(rig):
    octets = bulk("token")
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        mta.message(f"<{NEWS}>", [ANNA, CARL], octets)
        rig.mta.forget()
        (row,) = rig.holdback.held("--campaign", "token")
        rig.holdback.ctl("held", "release", str(row["id"]))
        (copy,) = wait_for("the copy", lambda: rig.mta.deliveries("carl@nullmx.test"))
        # Somebody who saw the released copy uses its token for Dora, then for Carl twice.
        _, stolen = mta.message(f"<{NEWS}>", ["<ben@good.test>", DORA], copy.octets)
        assert stolen.deleted == [DORA]


def test_a_person_is_refused_and_the_next_recipient_is_not(rig):
    with rig.client() as mta:
        mta.connect(address=STRANGER, daemon_name="ORIGINATING")
        mta.helo()
        replies, outcome = mta.message(
            f"<{PERSON}>",
            [DORA, ANNA],
            message(PERSON, "x@home.test", "Hi"),
            mail_macros={"auth_authen": "joe", "auth_type": "PLAIN"},
        )
    assert replies[DORA].startswith("550 5.1.2 ")
    assert replies[ANNA] in (None, *KEPT)
    assert outcome.answer in KEPT and not outcome.deleted


def test_the_null_sender_may_send_out(rig):
    """A DSN or vacation answer of another of our machines comes over SMTP with <>."""
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        _, outcome = mta.message("<>", [ANNA], message(NEWS, "x@home.test", "Away"))
    assert outcome.answer in KEPT and not outcome.deleted


def test_an_override_of_a_message_that_is_given_up_costs_nothing(rig):
    rig.holdback.change({"notice": {"budget": "2/1d"}, "bulk": {"users": ["crm"]}})
    rig.holdback.reload()
    wanted = message(
        NEWS, "list@home.test", "News", bulk=True, campaign="given up",
        extra=["X-Holdback-Override: release"],
    )
    header = wanted.decode().split("\r\n\r\n", 1)[0]
    login = {"auth_authen": "crm"}
    given_back = "flow=notice .*verdict=withdrawn reason=not-sent items=2 .*user=\"crm\""
    for times, ends in enumerate(("abort", "drop", "abort"), 1):
        mta = rig.client()
        mta.connect()
        mta.helo()
        mta.mail(f"<{NEWS}>", **login)
        for recipient in (ANNA, CARL, DORA):
            mta.rcpt(recipient)
        mta.data()
        for line in header.split("\r\n"):
            mta.header(*line.split(": ", 1))
        mta.end_of_headers()
        # So much of it is read before it is decided upon.
        mta.body(b"Roses.\r\n" * 9000)
        getattr(mta, ends)()
        mta.close()
        # No answer tells of it, and there is no budget for the next one before.
        wait_for("it is given back", lambda times=times: len(rig.holdback.log(given_back)) == times)
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        _, outcome = mta.message(f"<{NEWS}>", [ANNA, CARL, DORA], wanted, mail_macros=login)
        assert outcome.answer in KEPT and outcome.deleted == []
        _, outcome = mta.message(
            f"<{NEWS}>", [CARL], wanted.replace(b"given up", b"another"), mail_macros=login
        )
        assert outcome.answer == "discard"
    assert len(rig.holdback.log(given_back)) == 3
    assert rig.holdback.log("flow=notice .*verdict=ignored reason=over-budget")


def test_a_forged_report_of_many_recipients_floods_nothing(rig):
    group = DSN[DSN.index(b"Final-Recipient"):DSN.index(b"--cut--")]
    groups = b"".join(
        group.replace(b"eva@", b"flood%d@" % number)
        .replace(b"5.1.1 User unknown", b"5.9.9 Fork" + b"x" * number)
        for number in range(200)
    )
    with rig.client() as mta:
        mta.connect(address=STRANGER)
        mta.helo()
        mta.message("<>", [f"<{NEWS}>"], DSN.replace(group, groups))
    assert len(rig.holdback.log('flow=inbound.*rcpt="flood')) == 50
    (line,) = rig.holdback.log("flow=inbound.* more=")
    assert "proof=unproven more=150" in line
    rows = [row for row in rig.holdback.ctl("unknown", "list").rows if "fork" in row["pattern"]]
    assert len(rows) == 3
