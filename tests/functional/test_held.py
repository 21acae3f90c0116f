# SPDX-License-Identifier: Apache-2.0
"""Held mail as users ask for it: selections, counts and questions, two at once, and very many."""

import os
import pty
import re
import sqlite3
import subprocess
import time

from lab.holdback import program
from lab.mail import NEWS, message
from lab.stubborn import Stubborn
from lab.wait import wait_for

ANNA = "<anna@good.test>"
SETTINGS = {"log": {"level": "info"}, "outgoing": {"own_domains": ["home.test"]}}


def hold(rig, campaign, recipients, settled=True, sender=NEWS, queue_id="4Q0001"):
    """Has a bulk message held for recipients, and gives recipient -> row."""
    octets = message(sender, "list@home.test", "News", bulk=True, campaign=campaign)
    mta = rig.client()
    mta.connect()
    mta.helo()
    everybody = [ANNA, *(f"<{who}>" for who in recipients)]
    mta.message(f"<{sender}>", everybody, octets, queue_id=queue_id)
    if settled:
        mta.close()
        wait_for("the answer is taken", lambda: not any(r["in_doubt"] for r in rows(rig, campaign)))
    else:
        rig.holdback.kill()
        mta.drop()
    return {row["recipient"]: row for row in rows(rig, campaign)}


def rows(rig, campaign):
    return rig.holdback.held("--campaign", campaign)


def state(rig, number):
    return rig.holdback.ctl("held", "show", str(number)).rows[0]["state"]


def test_what_a_list_shows_of_a_campaign_can_be_pasted_back(rig):
    hold(rig, "Frühling\\1\x1b[2J", ["carl@nullmx.test"])
    shown = {"C.UTF-8": "Frühling\\\\1\\x1b[2J", "C": "Fr\\xc3\\xbchling\\\\1\\x1b[2J"}
    for locale, name in shown.items():
        done = subprocess.run(
            [program("holdbackctl"), "-c", rig.holdback.conf, "held", "list", "--columns",
             "recipient,campaign", "--campaign", name],
            env={**os.environ, "LC_ALL": locale}, capture_output=True, timeout=60, check=True,
        )
        head, row = done.stdout.decode().splitlines()
        assert row == f"carl@nullmx.test  {name}", (locale, row)
        assert head.index("CAMPAIGN") == row.index("Fr")


def at_once(rig, *commands):
    """Runs commands of `held` at the same moment; gives the outcome that each was told."""
    running = [
        subprocess.Popen(
            [program("holdbackctl"), "-c", rig.holdback.conf, "--json", "held", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for command in commands
    ]
    said = [process.communicate(timeout=60)[0] for process in running]
    return [text.split('"outcome":"')[1].split('"')[0] for text in said]


def test_two_releases_at_once_make_one_mail(rig):
    recipients = [f"two{number}@nullmx.test" for number in range(20)]
    held = hold(rig, "two at once", recipients)
    for who in recipients:
        number = str(held[who]["id"])
        outcomes = at_once(rig, ["release", number], ["release", number])
        assert sorted(outcomes) == ["not-held", "released"]
        assert state(rig, number) == "released"
        assert len(rig.mta.deliveries(who)) == 1


def test_a_release_and_a_return_at_once_make_one_end(rig):
    recipients = [f"both{number}@nullmx.test" for number in range(20)]
    held = hold(rig, "both at once", recipients)
    for who in recipients:
        number = str(held[who]["id"])
        outcomes = at_once(rig, ["return", number], ["release", number], ["discard", number])
        end = state(rig, number)
        assert end in ("released", "returned", "discarded")
        assert outcomes.count(end) == 1, outcomes
        assert len(rig.mta.deliveries(who)) == (end == "released")
        assert rig.holdback.ctl("held", "release", number, check=False).code == 1


def test_what_expires_soon_can_be_seen_and_selected(rig):
    hold(rig, "expiring", ["soon@nullmx.test"])
    assert "EXPIRES" in rig.holdback.say("held", "list", "--campaign", "expiring")
    assert rig.holdback.held("--campaign", "expiring", "--expires-within", "6d") == []
    (row,) = rig.holdback.held("--campaign", "expiring", "--expires-within", "8d")
    assert row["recipient"] == "soon@nullmx.test"


def test_held_mail_is_found_by_whom_it_is_to_and_by_its_ids(rig):
    one = hold(rig, "found", ["Found.One@nullmx.test", "found2@nullmx.test"],
               queue_id="4QFOUND1")
    hold(rig, "found too", ["found2@nullmx.test", "other@nxdomain.test"], sender="x@home.test",
         queue_id="4QFOUND2")
    first = one["Found.One@nullmx.test"]

    def found(*options):
        listed = rig.holdback.held(*options)
        return sorted((row["recipient"], row["campaign"]) for row in listed)

    for spelling in ("found.one@nullmx.test", "<FOUND.ONE@NULLMX.TEST>"):
        assert found("--recipient", spelling) == [("Found.One@nullmx.test", "found")]
    assert found("--recipient", "found2@nullmx.test") == [
        ("found2@nullmx.test", "found"), ("found2@nullmx.test", "found too")]
    assert found("--recipient", "found@nullmx.test") == []
    of_message = [("Found.One@nullmx.test", "found"), ("found2@nullmx.test", "found")]
    assert found("--queue-id", "4QFOUND1") == of_message
    assert found("--queue-id", "4QFOUND") == []
    bare = first["message_id"].strip("<>")
    for spelling in (bare, f"<{bare}>"):
        assert found("--message-id", spelling) == of_message
    # An item fits all that is said.
    assert found("--queue-id", "4QFOUND1", "--recipient", "found2@nullmx.test") == [
        ("found2@nullmx.test", "found")]
    assert found("--message-id", bare, "--domain", "nxdomain.test") == []
    assert rig.holdback.ctl("held", "list", "--queue-id", "none", check=False).code == 1


def listed(rig, *arguments, columns=None):
    """The lines of `held list`, at a terminal of so many columns where they are said."""
    command = [program("holdbackctl"), "-c", rig.holdback.conf, "held", "list", *arguments]
    if columns is None:
        return subprocess.run(command, capture_output=True, text=True, timeout=60,
                              check=True).stdout.splitlines()
    main, other = pty.openpty()
    with subprocess.Popen(command, stdout=other, stderr=subprocess.DEVNULL,
                          env={**os.environ, "COLUMNS": str(columns)}) as process:
        os.close(other)
        seen = b""
        try:
            while piece := os.read(main, 65536):
                seen += piece
        except OSError:
            pass
        assert process.wait(timeout=60) == 0
    os.close(main)
    return seen.decode().splitlines()


def test_a_list_fits_the_terminal(rig):
    hold(rig, "wide", ["wide.of.many.letters@nullmx.test"])
    chosen = ("--campaign", "wide")
    whole = listed(rig, *chosen)
    assert whole[0].split("  ")[-1] == "REASON" and len(whole[1]) > 150
    for columns in (60, 80, 100, 120, 150):
        lines = listed(rig, *chosen, columns=columns)
        assert max(map(len, lines)) <= columns, lines
        assert "RECIPIENT" in lines[0] and "wide.of.many.letters@nullmx.test" in lines[1]
        assert "REASON" not in lines[0]
    assert "CAMPAIGN" in listed(rig, *chosen, columns=150)[0]
    assert listed(rig, *chosen, columns=60)[0].split() == ["ID", "STATE", "RECIPIENT", "FINDING"]
    assert listed(rig, *chosen, columns=1000) == whole
    assert listed(rig, *chosen, "--wide", columns=80) == whole
    (head, row) = listed(rig, *chosen, "--columns", "queue-id,recipient,message-id,subject",
                         columns=40)
    assert re.split(r"\s{2,}", head) == ["QUEUE ID", "RECIPIENT", "MESSAGE-ID", "SUBJECT"]
    assert row.endswith("News")


def test_a_campaign_is_one_senders(rig):
    hold(rig, "spring", ["mine1@nullmx.test", "mine2@nullmx.test"])
    hold(rig, "spring", ["theirs1@nullmx.test"], sender="sales@home.test")

    def states():
        listed = rig.holdback.ctl("held", "list", "--all", "--campaign", "spring").rows
        return {row["recipient"]: row["state"] for row in listed}

    refused = rig.holdback.ctl("held", "release", "--campaign", "spring", check=False)
    assert refused.code == 2, refused
    assert "several senders have a campaign spring: news@home.test, sales@home.test" in refused.errors
    assert set(states().values()) == {"held"}
    rig.holdback.ctl("held", "release", "--campaign", "spring", "--sender", "sales@home.test")
    assert states() == {"mine1@nullmx.test": "held", "mine2@nullmx.test": "held",
                        "theirs1@nullmx.test": "released"}
    rig.holdback.ctl("held", "release", "--campaign", "spring")
    assert set(states().values()) == {"released"}


def test_an_item_that_the_mta_had_no_answer_about_is_in_doubt(rig):
    """The daemon is killed when the MTA has the answer and has not gone on."""
    held = hold(rig, "doubt", ["doubt1@nullmx.test", "doubt2@nullmx.test"], settled=False)
    rig.holdback.start()
    assert all(row["in_doubt"] for row in held.values())
    assert len(rig.holdback.held("--campaign", "doubt", "--in-doubt")) == 2
    assert "held, in doubt" in rig.holdback.say("held", "list", "--campaign", "doubt")
    assert rig.holdback.log("release: 2 held items are in doubt")
    said = rig.holdback.say("held", "release", "--campaign", "doubt")
    assert "2 items in doubt left alone" in said and "no such items" in said
    number = str(held["doubt1@nullmx.test"]["id"])
    (shown,) = rig.holdback.ctl("held", "show", number).rows
    assert "check its log" in shown["last_answer"] and shown["state"] == "held"
    done = rig.holdback.ctl("held", "release", number, check=False)
    assert done.code == 1 and [row["outcome"] for row in done.rows] == ["in-doubt"]
    assert "--in-doubt" in done.rows[0]["answer"]
    assert not rig.mta.deliveries("doubt1@nullmx.test")
    done = rig.holdback.ctl("held", "release", number, "--in-doubt")
    assert [row["outcome"] for row in done.rows] == ["released"]
    assert len(rig.mta.deliveries("doubt1@nullmx.test")) == 1
    # It is told whose command it was.
    command = r"command of \S+ \(uid [0-9]+\)"
    assert rig.holdback.log(f'flow=release item={number} .*verdict=released .*cause="{command}"')
    (shown,) = rig.holdback.ctl("held", "show", number).rows
    assert any(re.search(command, event["text"] or "") for event in shown["history"])
    done = rig.holdback.ctl("held", "discard", "--campaign", "doubt", "--in-doubt")
    assert [row["outcome"] for row in done.rows] == ["discarded"]
    assert not rig.mta.deliveries("doubt2@nullmx.test")


def test_the_log_ends_doubt_where_it_proves_something(rig):
    """Lines as Postfix writes them; the daemon follows them from its start on."""
    maillog = rig.base / "maillog"
    maillog.write_text("")
    maillog.chmod(0o644)
    rig.holdback.change({"maillog": {"file": str(maillog), "trusted": True, "handed_on": []}})
    rig.holdback.reload()
    wait_for("it follows", lambda: rig.holdback.ctl("status").rows[0]["maillog"] == "ok")
    people = [f"log{number}@nullmx.test" for number in (1, 2, 3)]
    held = hold(rig, "by the log", people, settled=False)
    rig.holdback.start()
    queue_id = held[people[0]]["queue_id"]
    shown = rig.holdback.say("held", "show", str(held[people[0]]["id"]))
    assert f"{queue_id}: to=<{people[0]}>: the MTA has it: discard the item" in shown, shown
    assert f"{queue_id}: removed (Postfix), with no line {queue_id}: to=<{people[0]}>" in shown
    (row,) = rig.holdback.ctl("held", "show", str(held[people[0]]["id"])).rows
    assert row["doubt"]["queue_id"] == queue_id and row["end"] is None
    assert row["doubt"]["look_for"][0] == {"text": f"{queue_id}: to=<{people[0]}>", "means": "copy"}
    assert {sign["means"] for sign in row["doubt"]["look_for"]} == {"copy", "no-copy"}
    now = time.strftime("%b %d %H:%M:%S")
    line = f"{now} mta postfix/smtp[1]: {{}}: to=<{{}}>, relay=mx.test[127.0.0.1]:25, delay=1, " \
        "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 taken)\n"
    with open(maillog, "a", encoding="ascii") as log:
        log.write(f"{now} mta postfix/qmgr[1]: {queue_id}: from=<{NEWS}>, size=1, nrcpt=2\n")
        log.write(line.format(queue_id, people[0]))
        log.write(line.format("OTHER123", people[1]))
        log.write(f"{now} mta postfix/qmgr[1]: {queue_id}: removed\n")
    wait_for("one is proven", lambda: state(rig, held[people[0]]["id"]) == "released")
    (row,) = rig.holdback.ctl("held", "show", str(held[people[0]]["id"])).rows
    assert row["last_answer"] == (
        f"by the MTA's log, the MTA has delivered it: {queue_id}: 250 2.0.0 taken"
    )
    assert row["end"]["queue_id"] == queue_id and row["doubt"] is None
    assert rig.holdback.log(f'flow=release item={row["id"]} .*verdict=released.*cause="maillog"')
    time.sleep(6)
    for who in people[1:]:
        assert [r["in_doubt"] for r in rows(rig, "by the log") if r["recipient"] == who] == [True]
    assert not any(rig.mta.deliveries(who) for who in people)
    # A message of which nobody is left, which the MTA dropped.
    with open(maillog, "a", encoding="ascii") as log:
        log.write(
            f"{time.strftime('%b %d %H:%M:%S')} mta postfix/cleanup[1]: {queue_id}: milter-discard: "
            "END-OF-MESSAGE from localhost[127.0.0.1]: milter triggers DISCARD action; "
            f"from=<{NEWS}> to=<{people[1]}> proto=ESMTP helo=<c.test>\n"
        )
    wait_for("no doubt", lambda: not any(r["in_doubt"] for r in rows(rig, "by the log")))
    assert {r["recipient"] for r in rows(rig, "by the log")} == set(people[1:])
    assert rig.holdback.log("release: 2 held items are no longer in doubt")
    number = str(held[people[1]]["id"])
    assert "no longer in doubt: the MTA's log says that it dropped" in rig.holdback.say(
        "held", "show", number
    )
    rig.holdback.ctl("held", "release", number)
    assert len(rig.mta.deliveries(people[1])) == 1
    rig.holdback.ctl("held", "discard", "--campaign", "by the log")


def test_a_release_that_was_cut_off_is_not_repeated_by_whoever_listed_the_item_before(rig):
    """Two commands for one item: the first is cut off when the MTA has the copy, and the second
    comes after the start."""
    number = str(hold(rig, "cut off", ["cut@nullmx.test"])["cut@nullmx.test"]["id"])
    stubborn = Stubborn(rig.mta.port, ["forward and hang"], patience=60)
    before = rig.holdback.settings["hold"]["reinject"]
    try:
        rig.holdback.change({"hold": {"reinject": f"smtp:127.0.0.1:{stubborn.port}"}})
        rig.holdback.reload()
        first = subprocess.Popen(
            [program("holdbackctl"), "-c", rig.holdback.conf, "held", "release", number],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for("the copy", lambda: rig.mta.deliveries("cut@nullmx.test"))
        rig.holdback.kill()
        assert first.wait(timeout=30) != 0
    finally:
        stubborn.stop()
        rig.holdback.change({"hold": {"reinject": before}})
    rig.holdback.start()
    second = rig.holdback.ctl("held", "release", number, check=False)
    assert second.code == 1 and [row["outcome"] for row in second.rows] == ["in-doubt"]
    assert len(rig.mta.deliveries("cut@nullmx.test")) == 1
    for act, outcome in (("return", "in-doubt"), ("discard", "in-doubt")):
        done = rig.holdback.ctl("held", act, number, check=False)
        assert done.code == 1 and [row["outcome"] for row in done.rows] == [outcome]
    done = rig.holdback.ctl("held", "discard", number, "--in-doubt")
    assert [row["outcome"] for row in done.rows] == ["discarded"]


def test_who_got_a_campaign_is_written_though_a_release_hangs(rig):
    """A kill forgets the last second of campaigns, and no more."""
    held = hold(rig, "a DSN", ["hangs@nullmx.test"])
    stubborn = Stubborn(rig.mta.port, ["hang at once"], patience=60)
    before = rig.holdback.settings["hold"]["reinject"]
    def send(number):
        # Not the very same message: that one may come again until it is known to have left.
        octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="written",
                         extra=[f"X-Copy: {number}"])
        mta = rig.client()
        mta.connect()
        mta.helo()
        reply = mta.message(f"<{NEWS}>", [ANNA], octets)
        mta.close()
        return reply

    try:
        rig.holdback.change({"hold": {"reinject": f"smtp:127.0.0.1:{stubborn.port}"}})
        rig.holdback.reload()
        rig.holdback.ctl("held", "return", str(held["hangs@nullmx.test"]["id"]))
        wait_for("the DSN hangs", lambda: stubborn.seen["hang at once"])
        send(1)
        time.sleep(2.5)
        assert stubborn.seen["hang at once"] == 1
        rig.holdback.kill()
    finally:
        stubborn.stop()
        rig.holdback.change({"hold": {"reinject": before}})
    rig.holdback.start()
    send(2)
    assert [(r["recipient"], r["finding"]) for r in rows(rig, "written")] == [
        (ANNA.strip("<>"), "already-sent")
    ]


def test_the_same_message_again_ends_the_doubt(rig):
    """An MTA that deferred the message lets its client send it again."""
    octets = message(NEWS, "list@home.test", "Again", bulk=True, campaign="again")
    for last in (False, True):
        mta = rig.client()
        mta.connect()
        mta.helo()
        mta.message(f"<{NEWS}>", [ANNA, "<again@nullmx.test>"], octets)
        if not last:
            rig.holdback.kill()
            mta.drop()
            rig.holdback.start()
            assert [row["in_doubt"] for row in rows(rig, "again")] == [True]
        else:
            mta.close()
    wait_for("one item, in no doubt",
             lambda: [row["in_doubt"] for row in rows(rig, "again")] == [False])


def test_many_are_not_acted_on_without_a_word(rig):
    hold(rig, "many", [f"many{number}@nullmx.test" for number in range(101)])
    done = rig.holdback.ctl("held", "discard", "--campaign", "many", check=False)
    assert done.code == 2 and "101 items of 1 sender will be discarded" in done.errors
    assert "say --yes" in done.errors and len(rows(rig, "many")) == 101
    seen = rig.holdback.ctl("held", "discard", "--campaign", "many", "--dry-run")
    assert len(seen.rows) == 101 and "101 items would be discarded" in seen.errors
    said = rig.holdback.say("held", "discard", "--campaign", "many", "--yes")
    assert said.splitlines()[0] == "101 discarded" and "many1@" not in said
    assert rows(rig, "many") == []


def on_terminal(rig, answer, *arguments):
    """Runs a command of `held` at a terminal where somebody answers; gives what is seen there."""
    main, other = pty.openpty()
    command = [program("holdbackctl"), "-c", rig.holdback.conf, "held", *arguments]
    with subprocess.Popen(command, stdin=other, stdout=subprocess.DEVNULL, stderr=other) as process:
        os.close(other)
        os.write(main, answer)
        seen = b""
        try:
            while piece := os.read(main, 4096):
                seen += piece
        except OSError:
            pass
        code = process.wait(timeout=60)
    os.close(main)
    return code, seen.decode()


def test_a_person_is_asked_and_sees_how_far_it_is(rig):
    hold(rig, "asked", [f"asked{number}@nullmx.test" for number in range(5)])
    code, seen = on_terminal(rig, b"n\n", "discard", "--campaign", "asked")
    assert code == 1 and "5 items of 1 sender will be discarded" in seen and "Go on?" in seen
    assert len(rows(rig, "asked")) == 5
    code, seen = on_terminal(rig, b"y\n", "discard", "--campaign", "asked")
    assert code == 0 and "of 5 items discarded" in seen and "]" in seen
    assert rows(rig, "asked") == []


def test_a_lifted_suppression_releases_what_it_held(rig):
    rig.holdback.change({"hold": {"auto_release": True}})
    rig.holdback.reload()
    rig.holdback.ctl("suppress", "add", "lifted@good.test")
    held = hold(rig, "lifted", ["lifted@good.test", "stays@nullmx.test"])
    assert held["lifted@good.test"]["finding"] == "suppressed-manual"
    rig.holdback.ctl("suppress", "remove", "lifted@good.test")
    # Its time comes after a minute.
    database = sqlite3.connect(rig.base / "holdback/holdback.db", timeout=20)
    database.execute("UPDATE held_recipient SET recheck_at = 0 WHERE recheck_at IS NOT NULL")
    database.commit()
    database.close()
    number = str(held["lifted@good.test"]["id"])
    wait_for("it is released", lambda: state(rig, number) == "released")
    assert len(rig.mta.deliveries("lifted@good.test")) == 1
    (shown,) = rig.holdback.ctl("held", "show", number).rows
    assert "cause-gone: suppressed-manual is no longer found" in [
        event["text"] for event in shown["history"]
    ]
    assert state(rig, held["stays@nullmx.test"]["id"]) == "held"
    rig.holdback.change({"hold": {"auto_release": False}})
    rig.holdback.reload()


def test_expired_mail_is_returned_once_whatever_happens_in_between(rig):
    rig.holdback.change({"hold": {"expire_after": "2s"}})
    rig.holdback.reload()
    rig.mta.forget()
    held = hold(rig, "restarts", ["restarts@nullmx.test"])
    for pause in (0.0, 1.0, 1.5, 0.5):
        time.sleep(pause)
        rig.holdback.kill()
        rig.holdback.start()
    number = str(held["restarts@nullmx.test"]["id"])
    wait_for("it is returned", lambda: state(rig, number) == "returned")
    dsn = wait_for("the DSN", lambda: rig.mta.deliveries(NEWS))
    rig.holdback.change({"hold": {"expire_after": "7d"}})
    rig.holdback.kill()
    rig.holdback.start()
    time.sleep(2.5)
    dsn = [d for d in rig.mta.deliveries(NEWS) if b"restarts@nullmx.test" in d.octets]
    assert len(dsn) == 1 and dsn[0].sender == "" and b"Action: failed" in dsn[0].octets
    assert not rig.mta.deliveries("restarts@nullmx.test")


def test_without_the_daemon_there_are_lists_and_no_acts(rig):
    held = hold(rig, "away", ["away@nullmx.test"])
    rig.holdback.kill()
    try:
        assert len(rows(rig, "away")) == 1
        for arguments in (["--campaign", "away"], [str(held["away@nullmx.test"]["id"])]):
            done = rig.holdback.ctl("held", "release", *arguments, check=False)
            assert done.code == 69 and "not running" in done.errors
        assert [row["state"] for row in rows(rig, "away")] == ["held"]
    finally:
        rig.holdback.start()


MANY = 100_000


def hold_very_many(rig):
    """Rows as so many messages would have made them."""
    database = sqlite3.connect(rig.base / "holdback/holdback.db", timeout=60)
    now = int(time.time() * 1000)
    database.execute(
        f"""WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
        INSERT INTO held_message (spool_id, kind, sender, arguments, user, client, queue_id,
            campaign, message_id, subject, fingerprint, octets, held_at, spool_removed)
        SELECT 'very-many-' || i, 'mail', 'news@home.test', '', '', '', 'Q' || i, 'very many',
            '<' || i || '@home.test>', 'News', 'print' || i, 1000, {now}, 1 FROM n"""
    )
    database.execute(
        f"""INSERT INTO held_recipient (spool_id, address, domain, arguments, state, finding, code,
            reason, expires_at, changed_at, attempts, last_answer)
        SELECT spool_id, 'r@nullmx.test', 'nullmx.test', '', 'held', 'null-mx', 2002,
            'the domain takes no mail', {now + 10**9}, {now}, 0, ''
        FROM held_message WHERE campaign = 'very many'"""
    )
    database.commit()
    database.close()


def run_measured(rig, *arguments):
    """Exit status, lines of output, seconds, and the memory that the tool took, in MiB."""
    started = time.monotonic()
    with subprocess.Popen(
        [program("holdbackctl"), "-c", rig.holdback.conf, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:
        lines = sum(1 for _ in process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, lines, time.monotonic() - started, usage.ru_maxrss / 1024


def daemon_memory(rig):
    with open(f"/proc/{rig.holdback.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def test_a_hundred_thousand_items_are_listed_and_ended_in_bounded_memory(rig):
    hold_very_many(rig)
    before = daemon_memory(rig)
    code, lines, seconds, memory = run_measured(
        rig, "--json", "held", "list", "--campaign", "very many"
    )
    print(f"listed {lines} in {seconds:.1f} s, {memory:.0f} MiB")
    assert (code, lines) == (0, MANY) and memory < 80 and seconds < 120
    code, lines, seconds, memory = run_measured(
        rig, "held", "discard", "--campaign", "very many", "--yes"
    )
    grown = daemon_memory(rig) - before
    print(f"discarded in {seconds:.1f} s, {memory:.0f} MiB, the daemon grew by {grown:.0f} MiB")
    assert (code, lines) == (0, 1) and memory < 80 and grown < 80 and seconds < 240
    assert rows(rig, "very many") == []
