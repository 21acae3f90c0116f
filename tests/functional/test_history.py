# SPDX-License-Identifier: Apache-2.0
"""What Holdback remembers of its decisions, what other settings would have made of them, and the
report: the daemon through the milter protocol, and a log of deliveries beside it."""

import atexit
import datetime
import json
import pathlib
import re
import shutil
import sqlite3
import tempfile

import pytest

from lab.mail import NEWS, PERSON, message
from lab.wait import wait_for

LOGS = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
LOGS.chmod(0o755)
atexit.register(shutil.rmtree, LOGS, ignore_errors=True)
MAILLOG = LOGS / "maillog"

SETTINGS = {
    "maillog": {"file": str(MAILLOG), "trusted": True, "handed_on": ["127.0.0.0/8"]},
    "policy": {"refuse_at_rcpt": "authenticated"},
}

ANNA, BEN, EVA = "anna@good.test", "ben@implicit.test", "eva@good.test"
CARL, DORA = "carl@nullmx.test", "dora@gone.test"
SECRET = "Top secret subject"


def log_line(queue_id, recipient, result, text, sender=NEWS):
    """A delivery as Postfix logs it."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    status = {"sent": "2.0.0", "deferred": "4.2.0", "bounced": "5.1.1"}[result]
    relay = "mx.good.test" if recipient.endswith("good.test") else "mx.other.test"
    return (
        f"{now} mta postfix/qmgr[9]: {queue_id}: from=<{sender}>, size=600, nrcpt=1 (queue active)\n"
        f"{now} mta postfix/smtp[7]: {queue_id}: to=<{recipient}>, relay={relay}[199.9.14.201]:25,"
        f" delay=1, delays=0.1/0/0.4/0.5, dsn={status}, status={result} ({text})\n"
    )


def bounce_text(recipient):
    return f"host mx.good.test[199.9.14.201] said: 550 5.1.1 <{recipient}>: user unknown (in reply to RCPT TO command)"


class History:
    def __init__(self, rig):
        self.daemon = rig.holdback
        self.rig = rig
        self.lines = 0

    def send(self, queue_id, sender, recipients, octets, **mail_macros):
        with self.rig.client() as mta:
            mta.connect(address="198.51.100.7" if mail_macros else "127.0.0.1")
            mta.helo()
            return mta.message(
                f"<{sender}>", [f"<{r}>" for r in recipients], octets, queue_id, mail_macros
            )

    def deliver(self, *lines):
        with open(MAILLOG, "a", encoding="ascii") as log:
            log.writelines(lines)
        MAILLOG.chmod(0o644)
        self.lines += sum(text.count("\n") for text in lines)
        wait_for("the log is read", lambda: self.status().get("maillog_lines", 0) >= self.lines)

    def status(self):
        return self.daemon.ctl("status").rows[0]

    def recorded(self, count):
        wait_for(f"{count} decisions are recorded",
                 lambda: self.status()["decisions_recorded"] >= count)

    def what_if(self, name, settings, *arguments, check=True):
        """`whatif` under settings laid over the daemon's: its objects by kind."""
        path = self.daemon.base / f"{name}.conf"
        path.write_text(self.daemon.conf.read_text() + "\n" + settings)
        done = self.daemon.ctl("whatif", path, *arguments, check=check)
        rows = {}
        for row in done.rows:
            rows.setdefault(row["what"], []).append(row)
        return done, rows

    def report(self, *arguments):
        rows = {}
        for row in self.daemon.ctl("report", *arguments).rows:
            rows.setdefault(row["what"], []).append(row)
        return rows


@pytest.fixture(name="history", scope="module")
def fixture_history(rig):
    """A newsletter of which two are held, a letter of which one is refused, and what the MTA's log
    said of the rest."""
    made = History(rig)
    MAILLOG.touch(mode=0o644)
    news = message(NEWS, "list@home.test", SECRET, bulk=True, campaign="spring")
    _, outcome = made.send("4Q0001", NEWS, [ANNA, BEN, EVA, CARL, DORA], news)
    assert len(outcome.deleted) == 2
    letter = message(PERSON, ANNA, SECRET)
    replies, _ = made.send("4Q0002", PERSON, [ANNA, DORA], letter, auth_authen="joe")
    assert replies[f"<{DORA}>"].startswith("550 5.1.2")
    made.deliver(
        log_line("4Q0001", ANNA, "sent", "250 2.0.0 OK"),
        log_line("4Q0001", BEN, "deferred", "host said: 450 4.2.0 greylisted"),
        log_line("4Q0001", BEN, "sent", "250 2.0.0 OK"),
        log_line("4Q0001", EVA, "bounced", bounce_text(EVA)),
        log_line("4Q0002", ANNA, "sent", "250 2.0.0 OK", PERSON),
    )
    made.recorded(7)
    return made


def test_what_is_recorded_is_metadata_alone(history):
    with sqlite3.connect(f"file:{history.daemon.base}/holdback.db?mode=ro", uri=True) as store:
        messages = store.execute(
            "SELECT queue_id, sender, mode, stream, campaign, recipients, facts "
            "FROM decision_message ORDER BY id"
        ).fetchall()
        recipients = store.execute(
            "SELECT address, verdict, reason, code, held IS NOT NULL, facts "
            "FROM decision_recipient ORDER BY id"
        ).fetchall()
    assert [row[:6] for row in messages] == [
        ("4Q0001", NEWS, "enforce", "bulk", "spring", 5),
        ("", PERSON, "enforce", "direct", "", 1),
        ("4Q0002", PERSON, "enforce", "direct", "", 1),
    ]
    assert [row[:5] for row in recipients] == [
        (ANNA, "pass", "", None, 0),
        (BEN, "pass", "", None, 0),
        (EVA, "pass", "", None, 0),
        (CARL, "hold", "null-mx", 2002, 1),
        (DORA, "hold", "no-such-domain", 2002, 1),
        (DORA, "reject", "no-such-domain", 2002, 0),
        (ANNA, "pass", "", None, 0),
    ]
    facts = messages[0][6] + recipients[0][5]
    assert "present=list-unsubscribe x-campaign-id" in facts
    assert "route=mx" in facts and "hosts=mx.good.test" in facts
    assert "at=recipient" in messages[1][6] and "user=joe" in messages[1][6]
    everything = json.dumps([messages, recipients])
    assert SECRET not in everything and "Hello" not in everything
    status = history.status()
    assert status["decisions_dropped"] == 0 and status["decisions_waiting"] == 0
    assert "holdback_decisions_recorded_total 7" in history.daemon.say("metrics")


def test_the_same_settings_change_nothing(history):
    done, rows = history.what_if("same", "")
    (totals,) = rows["totals"]
    assert done.code == 0
    assert (totals["messages"], totals["recipients"], totals["changed"]) == (3, 7, 0)
    assert totals["then"] == totals["now"] == {
        "pass": 4, "tag": 0, "hold": 2, "defer": 0, "reject": 1
    }
    assert totals["messages_then"] == {"passed": 1, "split": 1, "refused": 0}
    assert "change" not in rows and "not-recorded" not in rows
    path = history.daemon.base / "same.conf"
    assert "Nothing would change." in history.daemon.say("whatif", path)


def test_other_settings_and_how_the_mail_ended(history):
    done, rows = history.what_if(
        "block", '[outgoing]\nblock = [".good.test", "good.test", "implicit.test"]\n'
        '[policy.bulk]\nnull-mx = "tag"\n', "--all"
    )
    assert done.code == 0
    (totals,) = rows["totals"]
    assert totals["then"]["pass"] == 4 and totals["now"]["pass"] == 0
    assert totals["now"] == {"pass": 0, "tag": 1, "hold": 1, "defer": 0, "reject": 5}
    by_now = {(row["then"]["verdict"], row["now"]["reason"]): row for row in rows["change"]}
    blocked = by_now["pass", "blocked-by-admin"]
    assert (blocked["recipients"], blocked["delivered"], blocked["bounced"]) == (4, 3, 1)
    assert by_now["hold", "null-mx"]["examples"][0]["address"] == CARL
    ends = {(row["queue_id"], row["address"]): row["outcome"] for row in rows["recipient"]}
    assert ends == {
        ("4Q0001", ANNA): "delivered",
        ("4Q0001", BEN): "delivered",
        ("4Q0001", EVA): "bounced",
        ("4Q0001", CARL): "unknown",
        ("4Q0002", ANNA): "delivered",
    }
    text = history.daemon.say("whatif", history.daemon.base / "block.conf")
    assert "Of 4 that would now be rejected, 3 were delivered, 1 bounced." in text
    assert re.search(r"^reject +1 +5$", text, re.MULTILINE)


def test_who_may_use_a_sender_is_asked_now(history):
    senders = history.daemon.base / "senders"
    senders.write_text(f"joe {NEWS}\n")
    _, rows = history.what_if("logins", f'[outgoing]\nsender_logins = ["file:{senders}"]\n')
    assert {(row["now"]["reason"], row["recipients"]) for row in rows["change"]} == {
        ("sender-not-permitted", 1)
    }
    assert rows["totals"][0]["now"]["reject"] == 2
    done, rows = history.what_if(
        "unread", '[outgoing]\nsender_logins = ["postfix:/nonexistent"]\n'
    )
    assert rows["totals"][0]["changed"] == 0
    assert "post" in done.errors
    senders.write_text("joe\n")
    done, _ = history.what_if(
        "wrong", f'[outgoing]\nsender_logins = ["file:{senders}"]\n', check=False
    )
    assert done.code == 78 and f"{senders}:1: user \"joe\" has no sender" in done.errors


def test_by_sender_and_time(history):
    _, rows = history.what_if("sender", "", "--sender", PERSON.upper())
    assert rows["totals"][0]["recipients"] == 2
    done, _ = history.what_if("nobody", "", "--sender", "x@y.test", check=False)
    assert done.code == 1 and "no decision was recorded" in done.errors
    done, _ = history.what_if("future", "", "--since", "2999-01-01", check=False)
    assert done.code == 1
    done, _ = history.what_if("soon", "", "--since", "soon", check=False)
    assert done.code == 2 and "is not a time" in done.errors


def test_what_was_not_recorded_is_said(history):
    _, rows = history.what_if("header", '[bulk]\nheaders = ["X-Mailing"]\ncampaign_header = ""\n')
    missing = {row["reason"]: row["recipients"] for row in rows["not-recorded"]}
    assert missing == {
        "whether there was a header field X-Mailing": 2,
        # The letter may be bulk then, and sent to many, of which more is asked.
        "what the policy looks for in header and body": 1,
    }
    assert rows["totals"][0]["replayed"] == 4


def test_what_nobody_looked_for_or_counted_is_not_guessed(history):
    for settings, reason in (
        ('[policy.direct]\nmissing-unsubscribe = "reject"\n',
         "what the policy looks for in header and body"),
        ('[bulk]\nstop_above = "5%"\n',
         "how many recipients of the campaign were bad when it came"),
        ('[bulk]\nrepeat_window = "30d"\n', "who had got the campaign before"),
    ):
        _, rows = history.what_if("unwatched", settings)
        assert reason in {row["reason"] for row in rows["not-recorded"]}, settings
        text = history.daemon.say("whatif", history.daemon.base / "unwatched.conf")
        assert "Nothing would change" not in text


def test_errors_in_the_other_settings_come_with_file_and_line(history):
    path = history.daemon.base / "bad.conf"
    path.write_text('mode = "enforce"\n[policy]\nshadwo = []\n')
    done = history.daemon.ctl("whatif", path, check=False)
    assert done.code == 78 and f"{path}:3: " in done.errors
    assert history.daemon.ctl("whatif", path.with_name("absent.conf"), check=False).code == 78
    assert history.daemon.ctl("whatif", check=False).code == 2


FATES = ("sent", "deferred", "bounced", "held", "released", "returned", "discarded", "refused")


def fates(row):
    return {fate: row[fate] for fate in FATES}


def test_the_numbers_of_the_report_add_up(history):
    rows = history.report()
    (totals,) = rows["totals"]
    assert fates(totals) == {
        "sent": 3, "deferred": 1, "bounced": 1, "held": 2,
        "released": 0, "returned": 0, "discarded": 0, "refused": 1,
    }
    assert totals["held_now"] == 2 and totals["log_followed"]
    for kind in ("day", "provider", "sender"):
        for fate in FATES:
            assert sum(row[fate] for row in rows[kind]) == totals[fate], (kind, fate)
    assert totals["decided"] == {"pass": 4, "tag": 0, "hold": 2, "defer": 0, "reject": 1}
    codes = {row["code"]: (row["bounced"], row["held"]) for row in rows["code"]}
    assert codes == {2001: (1, 0), 2002: (0, 2)}
    causes = {row["finding"]: row["held"] for row in rows["cause"]}
    assert causes == {"null-mx": 1, "no-such-domain": 1}
    senders = {row["sender"]: row["sent"] for row in rows["sender"]}
    assert senders == {NEWS: 2, PERSON: 1}
    assert len(rows["day"]) == 8
    # The bounce has taught.
    wait_for("the bounce teaches", lambda: EVA in history.daemon.entries())
    assert sum(row["bounce"] for row in history.report()["suppressed"]) == 1


def test_released_returned_and_discarded(history):
    ids = {row["recipient"]: str(row["id"]) for row in history.daemon.held()}
    history.daemon.ctl("held", "discard", ids[CARL], "--yes")
    history.daemon.ctl("held", "release", ids[DORA], "--yes")
    (totals,) = history.report()["totals"]
    assert (totals["held"], totals["released"], totals["discarded"]) == (2, 1, 1)
    assert totals["held_now"] == 0
    text = history.daemon.say("report")
    assert re.search(r"^total +3 +1 +1 +2 +1 +0 +1 +1$", text, re.MULTILINE)
    assert re.search(r"^2001 +address-invalid +1 +0 +sender$", text, re.MULTILINE)
    assert "0 recipients are held now; 1 entry on the suppression list, 1 in force." in text


def test_the_page_says_the_same(history):
    path = history.daemon.base / "report.html"
    done = history.daemon.ctl("report", "--html", path)
    assert "the report is in" in done.errors
    page = path.read_text(encoding="utf-8")
    foot = re.search(r"<tfoot>\s*<tr><td><bdi>Total</bdi></td>(.*?)</tr>", page).group(1)
    assert re.findall(r">([\d,]+)</td>", foot) == ["3", "1", "1", "2", "1", "0", "1", "1"]
    assert "2001 address-invalid" in page and "mx" not in re.findall(r"src=|href=", page)
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
    plain = history.daemon.say("report", "--html", "-")
    assert plain.startswith("<!DOCTYPE html>")
    # A link is replaced, what it points to stays; a device is written into.
    link = path.with_name("link.html")
    link.symlink_to(path)
    path.write_text("mine")
    history.daemon.ctl("report", "--html", link)
    assert path.read_text() == "mine" and not link.is_symlink()
    assert link.read_text(encoding="utf-8").endswith("</html>\n")
    assert link.stat().st_mode & 0o777 == 0o644
    assert not list(path.parent.glob("link.html.*"))
    history.daemon.ctl("report", "--html", "/dev/null")
    assert pathlib.Path("/dev/null").is_char_device()
    nowhere = history.daemon.ctl("report", "--html", "/nowhere/report.html", check=False)
    assert nowhere.code == 1 and "cannot write the report" in nowhere.errors


def test_a_hand_over_to_a_filter_is_no_delivery(history):
    news = message(NEWS, "list@home.test", "Other news", bulk=True, campaign="second")
    history.send("4Q0009", NEWS, [ANNA, BEN], news)
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    local = "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent"
    history.deliver(
        f"{now} mta postfix/qmgr[9]: 4Q0009: from=<{NEWS}>, size=600, nrcpt=2 (queue active)\n"
        f"{now} mta postfix/smtp[7]: 4Q0009: to=<{ANNA}>, {local} "
        "(250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4Q0010)\n"
        f"{now} mta postfix/smtp[7]: 4Q0009: to=<{BEN}>, {local} (250 2.0.0 Ok)\n",
        log_line("4Q0010", ANNA, "bounced", bounce_text(ANNA)),
    )
    history.recorded(9)
    _, rows = history.what_if(
        "filter", '[outgoing]\nblock = ["good.test", "implicit.test"]\n', "--all"
    )
    ends = {
        row["address"]: row["outcome"] for row in rows["recipient"] if row["queue_id"] == "4Q0009"
    }
    assert ends == {ANNA: "bounced", BEN: "unknown"}


def test_both_work_while_no_daemon_runs_and_nothing_waits_is_lost(history):
    history.send("4Q0009", NEWS, [BEN], message(NEWS, BEN, "last", bulk=True))
    history.daemon.stop()
    _, rows = history.what_if("stopped", "")
    assert rows["totals"][0]["recipients"] == 10
    assert history.report()["totals"][0]["decided"]["pass"] == 7


def test_shadow_mode_remembers_too_and_switching_off_forgets(history):
    history.daemon.change({"mode": "shadow"})
    history.daemon.start()
    _, outcome = history.send(
        "4Q0010", NEWS, [ANNA, CARL], message(NEWS, ANNA, "shadow", bulk=True)
    )
    assert not outcome or not outcome.changes
    wait_for("it is recorded", lambda: history.status()["decisions_recorded"] == 2)
    done, rows = history.what_if("enforce", "")
    assert done.code == 0 and rows["totals"][0]["in_shadow"] == 2
    decided = history.report()["totals"][0]["decided_in_shadow"]
    assert decided == {"pass": 1, "tag": 0, "hold": 1, "defer": 0, "reject": 0}

    history.daemon.stop()
    history.daemon.change({"journal": {"decisions": "0s"}})
    history.daemon.start()
    history.send("4Q0011", NEWS, [ANNA], message(NEWS, ANNA, "unseen", bulk=True))
    wait_for("all is forgotten",
             lambda: history.daemon.ctl("whatif", history.daemon.conf, check=False).code == 1)
    assert history.status()["decisions_recorded"] == 0
    assert "Decisions are not remembered" in history.daemon.say("report")
