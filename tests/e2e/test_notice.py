# SPDX-License-Identifier: Apache-2.0
"""Notices to senders, the answers that release, X-Holdback-Override, and the daily digest."""

import csv
import io
import re
import time

from test_dsn_tags import STRANGER

from lab.mail import NEWS, message, send
from lab.notices import (
    ANNA, CARL, DORA, EVA, OURS, answer, body_text, confirmation, held, hold, mails, notice,
)
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {
    "notice": {"address": OURS, "collect": "1s"},
    "bulk": {"users": ["newsletter", "crash", "budget", "override", "spender"]},
}


def test_a_notice_tells_the_sender_once_who_was_held_and_why(bench):
    hold(bench, "first")
    mail = notice(bench, "first")
    (delivery,) = bench.home.deliveries(NEWS)
    assert delivery.sender == ""
    assert mail["From"].addresses[0].addr_spec == OURS
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_all("X-Holdback-Code") == ["5999"]
    (bench.base / "notice.eml").write_bytes(delivery.octets)
    (seen,) = bench.holdback.ctl("classify", bench.base / "notice.eml").rows
    assert (seen["kind"], seen["code"], seen["recipients"]) == ("informational", 5999, [])
    assert mail.get_content_type() == "multipart/mixed"
    text, html = body_text(mail), mail.get_body(("html",)).get_content()
    for who in (CARL, DORA, EVA):
        assert who in text and who in html
    assert ANNA not in text
    assert "states that it takes no mail" in text and "does not exist" in text
    (table,) = [part for part in mail.walk() if part.get_content_type() == "text/csv"]
    rows = list(csv.DictReader(io.StringIO(table.get_content())))
    assert [row["address"] for row in rows] == [CARL, DORA, EVA]
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["finding"] == "null-mx" and rows[0]["code"] == "2002"
    assert all(len(line) <= 998 for line in delivery.octets.split(b"\r\n"))


def test_an_answer_releases_two_of_three_and_is_confirmed(bench):
    hold(bench, "second")
    mail = notice(bench, "second")
    answer(bench, mail, "release 1 and 3, please.")
    wait_for("both have it", lambda: len(bench.outside.deliveries()) >= 3)
    text = confirmation(bench)
    bench.settle()
    assert bench.outside.recipients() == sorted([ANNA, CARL, EVA])
    assert held(bench, "second") == [DORA]
    assert re.search(rf"1  {CARL}\s+sent", text) and re.search(rf"3  {EVA}\s+sent", text)
    assert bench.home.deliveries(OURS) == []
    assert bench.holdback.log('flow=notice .*verdict=accepted .*user="newsletter"')
    assert len(bench.holdback.log('flow=release .*verdict=released .*cause="notice: answer of [^"]+"')) == 2
    (carl,) = bench.outside.deliveries(CARL)
    assert carl.fields("X-Holdback-Release") == [] and b"News second" in carl.octets


def test_release_all_and_discard(bench):
    hold(bench, "third")
    mail = notice(bench, "third")
    answer(bench, mail, "DISCARD 2.")
    text = confirmation(bench)
    assert re.search(rf"2  {DORA}\s+discarded", text)
    assert held(bench, "third") == [CARL, EVA]
    answer(bench, mail, "Release all")
    wait_for("both have it", lambda: len(bench.outside.deliveries()) >= 3)
    (second,) = [
        body
        for body in wait_for(
            "the second confirmation",
            lambda: [m for m in map(body_text, mails(bench, NEWS, "your answer")) if "sent" in m],
        )
    ]
    assert "discarded already" in second
    assert bench.outside.recipients() == sorted([ANNA, CARL, EVA])


def test_another_user_releases_nothing_and_is_told(bench):
    hold(bench, "other")
    mail = notice(bench, "other")
    answer(bench, mail, "release all", login="joe", sender="joe@home.test")
    text = confirmation(bench, "joe@home.test")
    assert "Nothing was done" in text and "only the user who sent the mail" in text
    answer(bench, mail, "release all", login=None, sender="ann@home.test")
    assert "Nothing was done" in confirmation(bench, "ann@home.test")
    assert held(bench, "other") == sorted([CARL, DORA, EVA])
    assert bench.outside.recipients() == [ANNA]
    assert bench.home.deliveries(OURS) == []
    # He has been told a moment ago.
    answer(bench, mail, "release all", login="joe", sender="joe@home.test")
    wait_for("it goes on as mail", lambda: bench.home.deliveries(OURS))
    assert held(bench, "other") == sorted([CARL, DORA, EVA])
    assert bench.holdback.log("flow=notice .*verdict=ignored reason=too-many-answers")
    assert bench.holdback.log("flow=notice .*verdict=refused reason=other-user")


def test_a_notice_speaks_the_sender_s_language_and_goes_where_the_settings_send_it(bench):
    to = "marketing@home.test"
    with bench.changed({"notice": {"language_by_sender": ["home.test = de"],
                                   "to_by_sender": [f"home.test = {to}"]}}):
        hold(bench, "german")
        mail = wait_for("the notice", lambda: mails(bench, to, "News german"))[0]
        text = " ".join(body_text(mail).split())
        assert text.startswith("3 Empfänger Ihrer Mail wurden zurückgehalten")
        assert f"Die Domain {CARL.split('@')[1]} nimmt nach eigener Angabe keine" in text
        assert "Das kann nur der angemeldete Benutzer newsletter." in text
        assert "Um sie allen zu schicken: release all" in text
        bench.settle()
        assert mails(bench, NEWS, "News german") == []
        # Whoever reads it is not the one who may release.
        answer(bench, mail, "release all", login="joe", sender="joe@home.test")
        assert confirmation(bench, "joe@home.test", "Ihre Antwort").startswith(
            "Es wurde nichts getan: nur der Benutzer, der die Mail geschickt hat,")
        answer(bench, mail, "release all 9\r\nrelease 1-3 7")
        wait_for("they have it", lambda: len(bench.outside.deliveries()) == 4)
        text = confirmation(bench, NEWS, "Ihre Antwort")
        assert text.count("      verschickt\r\n") == 3, text
        assert "Nicht getan: 7: die Mitteilung hat die Nummern 1 bis 3" in text
        assert "Nicht getan: nicht verstanden: release all 9" in text


def test_a_notice_for_a_sender_with_another_address_each_time_is_one(bench):
    with bench.changed({"notice": {"collect": "4s"}}):
        for name in ("kalle", "lisa", "maja"):
            octets = message(NEWS, f"{name}@nullmx.test", "News verp", bulk=True, campaign="verp")
            send(bench.mta.relay_port, f"bounces+{name}=nullmx.test@home.test",
                 [f"{name}@nullmx.test"], octets, **bench.mta.login("newsletter"))
        told = 'flow=notice .*sender="bounces@home.test" verdict=sent'
        (sent,) = wait_for("the notice", lambda: bench.holdback.log(told))
        assert "items=3" in sent and 'to="bounces+kalle=nullmx.test@home.test"' in sent
        time.sleep(2)
        assert len(bench.holdback.log(told)) == 1


def test_an_altered_token_is_none_and_the_mail_is_delivered(bench):
    hold(bench, "altered")
    mail = notice(bench, "altered")
    for field in ("Subject", "Message-ID"):
        token = re.search(r"hbn-[0-9a-f]{32}", str(mail[field])).group()
        altered = token[:-1] + ("0" if token[-1] != "0" else "1")
        value = re.sub(r"\s+", " ", str(mail[field])).replace(token, altered)
        del mail[field]
        mail[field] = value
    answer(bench, mail, "release all")
    wait_for("it is delivered", lambda: bench.home.deliveries(OURS))
    assert held(bench, "altered") == sorted([CARL, DORA, EVA])
    assert bench.holdback.log("flow=notice .*verdict=ignored reason=unknown-token")


def test_a_vacation_answer_does_nothing_and_is_delivered(bench):
    hold(bench, "vacation")
    mail = notice(bench, "vacation")
    answer(bench, mail, "release all", extra=["Auto-Submitted: auto-replied (vacation)"])
    wait_for("it is delivered", lambda: bench.home.deliveries(OURS))
    assert held(bench, "vacation") == sorted([CARL, DORA, EVA])
    time.sleep(2)
    bench.settle()
    assert len(bench.home.deliveries(NEWS)) == 1
    assert len(bench.home.deliveries(OURS)) == 1


def test_mail_to_the_notice_address_without_a_token_is_delivered(bench):
    octets = message("joe@home.test", OURS, "A question", "release all\r\n")
    for login in ("newsletter", None):
        send(bench.mta.relay_port, "joe@home.test", [OURS], octets, **bench.mta.login(login))
    send(bench.mta.relay_port, "x@good.test", [OURS], octets, **bench.mta.client(STRANGER))
    wait_for("all are delivered", lambda: len(bench.home.deliveries(OURS)) == 3)


def test_others_get_the_answer_that_goes_to_them_as_well(bench):
    hold(bench, "everybody")
    mail = notice(bench, "everybody")
    answer(bench, mail, "release 1", recipients=(OURS, "boss@good.test"))
    wait_for("Carl has it", lambda: bench.outside.deliveries(CARL))
    confirmation(bench)
    assert len(bench.outside.deliveries("boss@good.test")) == 1
    assert bench.home.deliveries(OURS) == []


def test_beyond_the_budget_nothing_is_released_and_the_answer_says_why(bench):
    with bench.changed({"notice": {"budget": "2/1d"}}):
        hold(bench, "budget", login="budget")
        mail = notice(bench, "budget")
        answer(bench, mail, "release all", login="budget")
        text = re.sub(r"\s+", " ", confirmation(bench))
        assert "3 to be released: 2 recipients in 1 day are allowed, 0 were released" in text
        assert bench.outside.recipients() == [ANNA]
        answer(bench, mail, "release 1-2", login="budget")
        wait_for("two have it", lambda: len(bench.outside.deliveries()) >= 3)
        wait_for("the second confirmation", lambda: len(mails(bench, NEWS, "your answer")) == 2)
        bench.settle()
        # What a restart forgets is no budget.
        bench.holdback.kill()
        bench.holdback.start()
        answer(bench, mail, "release 3", login="budget")
        wait_for("the third confirmation", lambda: len(mails(bench, NEWS, "your answer")) == 3)
        assert held(bench, "budget") == [EVA]


def test_override_sends_at_once(bench):
    hold(bench, "override", login="override", extra=["X-Holdback-Override: release"])
    wait_for("all have it", lambda: len(bench.outside.deliveries()) >= 4)
    bench.settle()
    assert bench.outside.recipients() == sorted([ANNA, CARL, DORA, EVA])
    assert held(bench, "override") == []
    assert all(d.fields("X-Holdback-Override") == [] for d in bench.outside.deliveries())
    assert len(bench.holdback.log("flow=outbound .*verdict=pass reason=null-mx .*override=yes")) == 2
    assert bench.holdback.log("flow=notice .*verdict=overridden .*items=3")


def test_override_of_nobody_known_is_removed_and_ignored(bench):
    hold(bench, "no-override", login=None, extra=["X-Holdback-Override: release"])
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    (anna,) = bench.outside.deliveries(ANNA)
    assert anna.fields("X-Holdback-Override") == []
    assert held(bench, "no-override") == sorted([CARL, DORA, EVA])
    assert bench.holdback.log("flow=notice .*verdict=ignored reason=override-not-allowed")
    (carl,) = [r for r in bench.holdback.held("--campaign", "no-override") if r["recipient"] == CARL]
    bench.holdback.ctl("held", "release", str(carl["id"]))
    wait_for("Carl has it", lambda: bench.outside.deliveries(CARL))
    assert bench.outside.deliveries(CARL)[0].fields("X-Holdback-Override") == []


def test_override_beyond_the_budget_holds(bench):
    with bench.changed({"notice": {"budget": "2/1d"}}):
        hold(bench, "spender", login="spender", extra=["X-Holdback-Override: all"])
        bench.settle()
        assert bench.outside.recipients() == [ANNA]
        assert held(bench, "spender") == sorted([CARL, DORA, EVA])
        assert bench.holdback.log("flow=notice .*verdict=ignored reason=over-budget")


def test_a_notice_that_nobody_takes_makes_no_bounce(bench):
    bench.home.refuse(NEWS, "550 5.1.1 no such user")
    try:
        hold(bench, "refused")
        wait_for("it was refused", lambda: bench.mta.log(f"to=<{NEWS}>.*(status=bounced|dsn=5)"))
        time.sleep(1)
        bench.settle()
        assert bench.home.deliveries() == []
    finally:
        bench.home.refusals.clear()


def test_a_daemon_that_is_killed_tells_nobody_twice(bench):
    campaigns = [f"crash-{number}" for number in range(12)]
    for number, campaign in enumerate(campaigns):
        hold(bench, campaign, [CARL], login="crash")
        if number % 3 == 2:
            time.sleep(0.4 + 0.27 * (number % 4))
            bench.holdback.kill()
            bench.holdback.start()
    def told():
        return [len(mails(bench, NEWS, f"News {campaign}\"")) for campaign in campaigns]
    def waiting():
        """Notices that the MTA was just taking when the daemon died wait for a person."""
        return [row for row in bench.holdback.held("--own") if row["state"] == "held"
                and row["kind"] == "own" and "check its" in (row["last_answer"] or "")]
    wait_for("all are told", lambda: sum(told()) + len(waiting()) >= len(campaigns))
    time.sleep(2)
    bench.settle()
    assert max(told()) == 1, told()
    assert sum(told()) + len(waiting()) >= len(campaigns)


def test_an_answer_is_not_lost_when_the_daemon_is_killed_behind_it(bench):
    recipients = [f"r{number}@nullmx.test" for number in range(5)]
    for turn, pause in enumerate((0, 0.3, 0.7)):
        hold(bench, f"killed-{turn}", recipients, login="crash")
        mail = notice(bench, f"killed-{turn}")
        answer(bench, mail, "release all", login="crash")
        time.sleep(pause)
        bench.holdback.kill()
        bench.holdback.start()

        def undecided():
            """Held, and not for a person to look whether the MTA took it."""
            return [
                row
                for row in bench.holdback.held("--campaign", f"killed-{turn}")
                if row["state"] in ("held", "releasing")
                and "check its log" not in (row["last_answer"] or "")
            ]

        wait_for("the answer is obeyed", lambda: not undecided())
        bench.settle()
        assert bench.home.deliveries(OURS) == []
        doubtful = held(bench, f"killed-{turn}")
        for who in recipients:
            copies = len(bench.outside.deliveries(who))
            assert copies == 1 or (who in doubtful and copies == 0), f"{who}: {copies}"
        bench.outside.forget()


def test_the_postmaster_gets_one_digest_a_day(bench):
    to = "postmaster@home.test"
    hold(bench, "digest")
    digest = {"to": [to], "at": "00:00", "warn_before": "8d"}
    with bench.changed({"digest": digest}):
        (mail,) = wait_for("the digest", lambda: mails(bench, to, "Held mail on"))
        text = body_text(mail)
        assert "null-mx" in text and NEWS in text and "Held now: " in text
        assert "Warning: within 8 days, " in text and CARL in text
        assert "recipients will be returned to their senders" in text
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail.get_body(("html",)) is not None
        bench.holdback.kill()
        bench.holdback.start()
        time.sleep(3)
        bench.settle()
        assert len(bench.home.deliveries(to)) == 1
