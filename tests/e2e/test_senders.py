# SPDX-License-Identifier: Apache-2.0
"""Enrolled senders: who may use which envelope sender, by a file of our own form and by Postfix's
own tables, and what From may name beside it."""

import subprocess

import pytest

from lab.mail import PERSON, message, send
from lab.sasl import Sasl
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")

ANNA = "anna@good.test"
OTHER = "boss@home.test"


@pytest.fixture(name="own", scope="module")
def fixture_own(bench):
    """Our own form, with joe's senders. Anna and eve stand on no line."""
    path = bench.base / "senders"
    path.write_text(
        "# who sends as whom\n"
        f"joe {PERSON}, @news.home.test *@*.shop.home.test \"joe, jr\"@home.test\n"
    )
    path.chmod(0o644)
    before = dict(bench.holdback.settings["outgoing"])
    bench.holdback.change({"outgoing": {"sender_logins": [f"file:{path}"]}})
    bench.holdback.reload()
    yield path
    bench.holdback.settings["outgoing"] = before
    bench.holdback.change({})
    bench.holdback.reload()


def submit(bench, sender, user="joe", recipients=(ANNA,), header_from=None):
    octets = message(header_from or sender or PERSON, ANNA, "Hi")
    return send(
        bench.mta.submission_port, sender, list(recipients), octets, **bench.mta.login(user)
    )


@pytest.mark.parametrize(
    "sender",
    [
        PERSON, "JOE@Home.Test", "any@news.home.test", "x@a.shop.home.test",
        '"joe, jr"@home.test', "",
    ],
)
def test_a_user_sends_as_himself_and_as_nobody(bench, own, sender):
    sent = submit(bench, sender)
    assert not sent.refused and sent.data[0] == 250, sent
    wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))


@pytest.mark.parametrize(
    "sender",
    [
        OTHER, "x@sub.news.home.test", "x@shop.home.test", "joe+tag@home.test", "b%s@home.test",
    ],
)
def test_a_user_is_told_at_rcpt_that_the_sender_is_not_his(bench, own, sender):
    sent = submit(bench, sender)
    code, text = sent.rcpt[ANNA]
    assert code == 550 and text.startswith("5.1.0 "), sent
    assert f"user joe may not send as {sender};" in text
    assert "ask the postmaster" in text
    bench.settle()
    assert bench.outside.recipients() == []
    (*_, line) = bench.holdback.log("decision flow=outbound .*reason=sender-not-permitted")
    assert f'sender="{sender}"' in line and "verdict=reject" in line


def test_a_user_whom_no_line_names_and_a_client_without_login_are_free(bench, own):
    sent = submit(bench, OTHER, user="eve")
    assert not sent.refused and sent.data[0] == 250, sent
    sent = send(bench.mta.relay_port, OTHER, [ANNA], message(OTHER, ANNA, "By a program"))
    assert not sent.refused and sent.data[0] == 250, sent
    assert bench.mta.sendmail(OTHER, [ANNA], message(OTHER, ANNA, "By cron")) == 0
    wait_for("Anna has all", lambda: len(bench.outside.deliveries(ANNA)) == 3)


def test_where_nobody_is_refused_at_rcpt_the_message_is(bench, own):
    with bench.changed({"policy": {"refuse_at_rcpt": "never"}}):
        sent = submit(bench, OTHER)
        assert not sent.refused
        assert sent.data[0] == 550 and sent.data[1].startswith("5.1.0 "), sent
    bench.settle()
    assert bench.outside.recipients() == []


def test_in_shadow_mode_it_is_logged_alone(bench, own):
    with bench.changed({"mode": "shadow"}):
        sent = submit(bench, "shadow@home.test")
        assert not sent.refused and sent.data[0] == 250, sent
        wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))
        (line,) = bench.holdback.log('sender="shadow@home.test"')
        assert "verdict=reject reason=sender-not-permitted" in line and "mode=shadow" in line


def test_a_reload_reads_the_file_anew_and_a_wrong_line_leaves_the_old_in_force(bench, own):
    before = own.read_text()
    try:
        own.write_text(before + "jo? nobody\n")
        done = bench.holdback.ctl("reload", check=False)
        assert done.code != 0
        assert bench.holdback.log(f"reload: {own}:3: .*nobody.* is no sender")
        assert ANNA in submit(bench, "late@home.test").refused
        own.write_text(before + "j* late@home.test\n")
        bench.holdback.reload()
        assert not submit(bench, "late@home.test").refused
    finally:
        own.write_text(before)
        bench.holdback.reload()


def test_a_file_with_a_mistake_refuses_the_start_with_its_line(bench, own):
    before = own.read_text()
    try:
        own.write_text("joe joe@home.test\njoe\n")
        checked = bench.holdback.check_settings()
        assert checked.code == 78
        assert f"{own}:2: user \"joe\" has no sender" in checked.errors
    finally:
        own.write_text(before)


FROM_HEADERS = [
    (PERSON, False),
    ("boss@sub.home.test", False),
    ("any@news.home.test", False),
    ("x@enrolled.example", False),
    ("boss@bank.example", True),
    (f"{PERSON}>, <boss@bank.example", True),
]


@pytest.mark.parametrize("action", ["tag", "hold", "reject"])
@pytest.mark.parametrize("stream", ["direct", "bulk"])
def test_from_has_to_do_with_the_sender(bench, own, stream, action):
    settings = {
        f"policy.{stream}": {"unaligned-from": action},
        "outgoing": {"own_domains": ["enrolled.example"]},
    }
    with bench.changed(settings):
        for number, (header_from, unaligned) in enumerate(FROM_HEADERS):
            bench.forget()
            octets = message(
                header_from, "list@home.test", f"{stream} {action} {number}",
                bulk=stream == "bulk", extra=["List-Id: <l.home.test>"] if stream == "bulk" else [],
            )
            recipients = [
                f"{who}-{stream}-{action}{number}@good.test" for who in ("anna", "ben")
            ]
            sent = send(
                bench.mta.submission_port, PERSON, recipients, octets, **bench.mta.login("joe")
            )
            assert not sent.refused, sent
            is_refused = unaligned and action == "reject"
            assert sent.data[0] == (550 if is_refused else 250), sent
            if is_refused:
                assert sent.data[1].startswith("5.7.1 "), sent
            bench.settle()
            stays = unaligned and action != "tag"
            assert bench.outside.recipients() == ([] if stays else sorted(recipients))
            held = bench.holdback.held("--sender", PERSON)
            mine = [row for row in held if row["recipient"] in recipients]
            assert {row["finding"] for row in mine} == (
                {"unaligned-from"} if unaligned and action == "hold" else set()
            )
            lines = bench.holdback.log(f'decision .*rcpt="{recipients[0]}"')
            wanted = f"verdict={action} reason=unaligned-from"
            assert any(wanted in line for line in lines) == unaligned, lines


def test_what_from_says_passes_where_the_policy_says_nothing(bench, own):
    sent = submit(bench, PERSON, recipients=["quiet@good.test"], header_from="boss@bank.example")
    assert not sent.refused and sent.data[0] == 250, sent
    wait_for("it is there", lambda: bench.outside.deliveries("quiet@good.test"))
    (line,) = bench.holdback.log('decision .*rcpt="quiet@good.test"')
    assert "verdict=pass reason=none" in line


def test_the_null_sender_may_have_any_from(bench, own):
    with bench.changed({"policy.direct": {"unaligned-from": "reject"}}):
        sent = submit(bench, "", header_from="boss@bank.example")
        assert not sent.refused and sent.data[0] == 250, sent


@pytest.fixture(name="maps", scope="module")
def fixture_maps(bench):
    """Postfix's own tables, on a service whose users really log in."""
    if bench.mta.name != "postfix":
        pytest.skip("a matter of Postfix's tables")
    etc = bench.postfix.base / "etc"
    (etc / "owners").write_text(
        "joe@home.test joe\n"
        "Sales@Home.Test joe, anna\n"
        "@lists.home.test anna\n"
        "root joe\n"
        "cron joe\n"
        "@cron.test anna\n"
        '"with space"@home.test anna\n'
    )
    (etc / "patterns").write_text(
        "if /@own\\.test$/\n/^(jo|joe|anna)@/ $1\nendif\n"
        "/^exact@p\\.test$/i anna\n!/^[^@]+@/ nobody\n/^team-[0-9]+@p\\.test$/ anna\n"
    )
    subprocess.run(["postmap", f"hash:{etc}/owners"], check=True)
    private = bench.postfix.base / "queue/private"
    wait_for("Postfix has its directories", private.is_dir)
    sasl = Sasl(private / "auth")
    bench.postfix.set(
        recipient_delimiter="+",
        mydestination="cron.test",
        smtpd_sender_login_maps=f"hash:{etc}/owners, regexp:{etc}/patterns",
    )
    service = f"127.0.0.1:{bench.postfix.submission_port}/inet"
    bench.postfix.set_service(
        service, smtpd_sasl_auth_enable="yes", smtpd_sasl_type="dovecot",
        smtpd_sasl_path="private/auth", smtpd_sasl_security_options="",
    )
    bench.postfix.restart()
    yield service
    sasl.stop()
    bench.postfix.set(smtpd_sender_login_maps="", recipient_delimiter="", mydestination="")
    bench.postfix.set_service(service, smtpd_sasl_auth_enable="no")
    bench.postfix.restart()


SENDERS = [
    "joe@home.test", "JOE@home.test", "joe+x@home.test", "sales@home.test", "sales+a+b@home.test",
    "x@lists.home.test", "x@sub.lists.home.test", "root@home.test", "root+x@home.test",
    "root@elsewhere.test", "cron@cron.test", "x@cron.test", "cron@lists.home.test", "root",
    "joe@own.test", "anna@own.test", "jo@own.test", "bob@own.test", "team-7@p.test",
    "team-x@p.test",
    "exact@p.test", "EXACT@p.test", '"with space"@home.test', '"joe"@home.test', "free@free.test",
    "",
]


def refused_pairs(bench):
    refused = set()
    for user in ("joe", "anna", "eve", "JOE"):
        for sender in SENDERS:
            sent = send(
                bench.postfix.submission_port, sender, ["x@nodns.test"],
                message(PERSON, ANNA, "Hi"), password=(user, "any"),
            )
            code, text = sent.rcpt["x@nodns.test"]
            assert code in (250, 550, 553), sent
            if code != 250:
                assert "5.1.0 " in text or "not owned by user" in text, sent
                refused.add((user, sender))
    return refused


def test_postfix_and_holdback_refuse_the_same_by_the_same_tables(bench, maps):
    bench.postfix.set_service(
        maps, smtpd_sender_restrictions="reject_known_sender_login_mismatch"
    )
    bench.postfix.restart()
    with bench.changed({"outgoing": {"sender_logins": []}}):
        by_postfix = refused_pairs(bench)
        bench.postfix.set_service(maps, smtpd_sender_restrictions="")
        bench.postfix.restart()
        assert refused_pairs(bench) == set()
    with bench.changed({"outgoing": {"sender_logins": ["postfix"]}}):
        by_holdback = refused_pairs(bench)
    assert by_holdback == by_postfix
    assert ("eve", "joe@home.test") in by_postfix and ("eve", "free@free.test") not in by_postfix


def test_what_can_no_longer_be_read_at_a_reload_stays_as_it_was(bench, maps):
    patterns = bench.postfix.base / "etc/patterns"
    away = patterns.with_name("patterns.away")
    octets = message(PERSON, ANNA, "Hi")
    with bench.changed({"outgoing": {"sender_logins": ["postfix"]}}):
        patterns.rename(away)
        try:
            bench.holdback.reload()
            assert bench.holdback.log(f"sender_logins: .*{patterns}: .*what was read before stays")
            sent = send(
                bench.postfix.submission_port, "team-7@p.test", [ANNA], octets, login="eve",
            )
            assert ANNA in sent.refused, sent
        finally:
            away.rename(patterns)


def test_a_table_that_cannot_be_read_refuses_nobody_and_is_told(bench, maps):
    with bench.changed({}):
        before = len(bench.holdback.log("sender_logins: "))
    etc = bench.postfix.base / "etc"
    bench.postfix.set(smtpd_sender_login_maps=f"hash:{etc}/owners, ldap:{etc}/ldap.cf")
    try:
        with bench.changed({"outgoing": {"sender_logins": [f"postfix:{etc}"]}}):
            (line,) = bench.holdback.log("sender_logins: ")[before:]
            assert f"ldap:{etc}/ldap.cf: such a table can't be read here" in line
            assert "hash, btree" in line and "nobody is refused" in line
            octets = message(PERSON, ANNA, "Hi")
            for sender, code in (("joe@home.test", 550), ("x@lists.home.test", 250)):
                sent = send(
                    bench.postfix.submission_port, sender, [ANNA], octets, login="eve",
                )
                assert sent.rcpt[ANNA][0] == code, (sender, sent)
    finally:
        bench.postfix.set(smtpd_sender_login_maps=f"hash:{etc}/owners, regexp:{etc}/patterns")
