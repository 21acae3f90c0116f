# SPDX-License-Identifier: Apache-2.0
"""The suppression list from outside: its commands, imports and exports, and imports that are
killed or run beside the working daemon."""

import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from test_protocol import DSN

from lab.holdback import program
from lab.mail import NEWS, message
from lab.need import need
from lab.wait import wait_for

DONE, NO, USAGE, UNAVAILABLE = 0, 1, 2, 69
# Of the daemon, which one test runs: any bounce teaches.
SETTINGS = {"learn": {"from": ["local", "sealed", "unproven"]}}


class Tool:
    """The control tool with a store below a directory of its own."""

    def __init__(self, base):
        self.base = base
        self.conf = base / "holdback.conf"
        self.store = base / "holdback.db"
        self.write_settings()

    def write_settings(self, store="", more=""):
        self.conf.write_text(
            f'[store]\npath = "{self.store}"\nhash_key = "{self.base}/hash.key"\n{store}\n'
            f'[hold]\nspool = "{self.base}/held"\n[dns]\nreserved_domains = []\n{more}\n'
        )

    def command(self, *arguments):
        return [str(word) for word in (program("holdbackctl"), "-c", self.conf, *arguments)]

    def run(self, *arguments, stdin="", code=DONE):
        done = subprocess.run(
            self.command(*arguments), input=stdin.encode(), capture_output=True, timeout=120,
            check=False, cwd=self.base,
        )
        assert done.returncode == code, done
        return done

    def out(self, *arguments, **options):
        return self.run(*arguments, **options).stdout.decode()

    def err(self, *arguments, **options):
        return self.run(*arguments, **options).stderr.decode()

    def json(self, *arguments, **options):
        return [json.loads(line) for line in self.out("--json", *arguments, **options).splitlines()]

    def subjects(self, *options, **more):
        return [row["subject"] for row in self.json("suppress", "list", *options, **more)]

    def verdicts(self, sender, *addresses):
        more = ["--sender", sender] if sender else []
        done = subprocess.run(
            self.command("--json", "check", "--offline", *more, *addresses), capture_output=True,
            timeout=60, check=False,
        )
        assert done.returncode in (DONE, NO), done
        return [json.loads(line)["verdict"] for line in done.stdout.splitlines()]


@pytest.fixture
def tool(tmp_path):
    need(None if program("holdbackctl").exists() else "holdbackctl is not built")
    return Tool(tmp_path)


def test_subjects_of_every_kind_hold_back_what_they_cover(tool):
    tool.run("suppress", "add", "bo@example.net", "example.org", ".example.com", "*@*.example.edu")
    assert tool.verdicts(
        "", "BO@example.net", "al@example.net", "x@example.org", "x@a.example.org",
        "x@example.com", "x@a.b.example.com", "x@a.example.edu", "x@example.edu",
    ) == ["reject", "pass", "reject", "pass", "reject", "reject", "reject", "pass"]
    assert [row["kind"] for row in tool.json("suppress", "list")] == [
        "pattern", "suffix", "address", "domain"]
    (row,) = tool.json("suppress", "show", "x@a.example.edu")
    assert row["subject"] == "*@*.example.edu"
    tool.run("suppress", "remove", "*@*.example.edu", ".example.com")
    assert tool.verdicts("", "x@a.example.edu", "x@example.com") == ["pass", "pass"]


def test_a_mailbox_stands_for_its_tagged_addresses(tool):
    tool.run("suppress", "add", "bo@gmail.com", "cy+old@gmail.com", "di@example.net")
    assert tool.verdicts(
        "", "Bo+shop@gmail.com", "bob@gmail.com", "cy@gmail.com", "cy+new@gmail.com",
        "cy+old@gmail.com", "di+shop@example.net",
    ) == ["reject", "pass", "pass", "pass", "reject", "pass"]
    said = tool.out("check", "--offline", "bo+shop@gmail.com", code=NO)
    assert "the mail administrator suppressed it, suppressed as bo@gmail.com;" in said
    listed = tool.run("check", "--offline", "--file", "-", stdin="bo+a@gmail.com\nbo+b@gmail.com\n",
                      code=NO)
    assert listed.stdout.decode().count("suppressed as bo@gmail.com") == 2, listed
    (row,) = tool.json("suppress", "show", "bo+shop@gmail.com")
    assert row["subject"] == "bo@gmail.com"
    assert "there is no entry" in tool.err("suppress", "show", "di+shop@example.net", code=NO)
    # Hashed entries too, and with a delimiter of the administrator's.
    tool.write_settings(more='[suppress]\ndelimiter = ["+@Example.net", "-@example.org"]')
    tool.run("suppress", "add", "--hash", "eva@example.org")
    assert tool.verdicts(
        "", "di+shop@example.net", "eva-x@example.org", "eva+x@example.org", "bo+shop@gmail.com",
    ) == ["reject", "reject", "pass", "pass"]
    said = tool.out("check", "--offline", "eva-x@example.org", code=NO)
    assert "suppressed as eva@example.org" in said
    tool.write_settings(more='[suppress]\ndelimiter = ["example.net"]')
    assert '"+@example.net"' in tool.err("suppress", "add", "bo@gmail.com", code=78)


def test_the_decision_line_names_the_mailbox_behind_a_tag(rig):
    rig.holdback.change({"suppress": {"delimiter": ["+@good.test"]}})
    rig.holdback.reload()
    rig.holdback.ctl("suppress", "add", "tess@good.test")
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        mta.message(f"<{NEWS}>", ["<tess+news@good.test>"],
                    message(NEWS, "tess+news@good.test", "Hello"))
    (line,) = rig.holdback.log(r'decision flow=outbound .*rcpt="tess\+news@good\.test"')
    assert "reason=suppressed-manual" in line
    assert ' suppressed_as="tess@good.test" route=' in line
    rig.holdback.ctl("suppress", "remove", "tess@good.test")


WHO = r"[a-z0-9_-]+ \(uid [0-9]+\)[^\"]*"


def test_the_history_tells_who_changed_an_entry(tool):
    tool.run("suppress", "add", "bo@example.net")
    tool.run("suppress", "import", "-", stdin="Email,Status\ncy@example.net,bounced\n")
    tool.run("suppress", "remove", "bo@example.net")
    (gone,) = [json.loads(line) for line in
               tool.out("--json", "suppress", "show", "bo@example.net", code=NO).splitlines()]
    assert gone["standing"] is None
    assert [change["what"] for change in gone["history"]] == ["added", "removed"]
    assert all(re.fullmatch(WHO, change["by"]) for change in gone["history"])
    assert {change["from"] for change in gone["history"]} == {"holdbackctl"}
    assert gone["history"][0]["detail"] == "manual 1999"
    text = tool.out("suppress", "show", "bo@example.net", code=NO)
    assert re.search(r"^history +\d{4}-[^ ]+Z removed by .+, holdbackctl: manual 1999$", text, re.M)
    (there,) = tool.json("suppress", "show", "cy@example.net")
    (change,) = there["history"]
    assert change["what"] == "imported" and change["detail"] == "1 added, 0 replaced: -"
    # Whose command it was, where sudo says so.
    subprocess.run(
        tool.command("suppress", "add", "di@example.net"), check=True, capture_output=True,
        env={"SUDO_USER": "anna"}, timeout=60,
    )
    if os.geteuid() == 0:
        (there,) = tool.json("suppress", "show", "di@example.net")
        assert there["history"][0]["by"].endswith(", by sudo of anna")


def test_the_log_tells_of_changes_by_the_tool_once(rig, tmp_path):
    def lines(pattern):
        return rig.holdback.log("decision flow=change what=" + pattern)

    added = r'added subject="once@good\.test"'
    imported = "imported subject=none scope=none entries=50 by=.*many.csv"
    selection = "removed subject=none scope=none entries=50 by="
    removed = r'removed subject="once@good\.test"'
    rig.holdback.ctl("suppress", "add", "once@good.test")
    wait_for("the line of the entry", lambda: lines(added))
    assert re.search(
        r'what=added subject="once@good\.test" scope="global" entries=1 by="' + WHO
        + r'" from="holdbackctl" at="[^"]+Z" detail="manual 1999"$', lines(added)[0])
    # One line for a list, and for a selection; changes without a daemon are told of at the start.
    rig.holdback.stop()
    (tmp_path / "many.csv").write_text(
        "Email,Status\n" + "".join(f"many{n}@good.test,bounced\n" for n in range(50)))
    rig.holdback.ctl("suppress", "import", str(tmp_path / "many.csv"))
    rig.holdback.ctl("suppress", "remove", "--source", "import", "--yes")
    rig.holdback.start()
    wait_for("the lines of both", lambda: lines(imported) and lines(selection))
    shown = rig.holdback.ctl("suppress", "show", "many7@good.test", check=False).rows[0]
    assert [change["what"] for change in shown["history"]] == ["removed"]
    rig.holdback.ctl("suppress", "remove", "once@good.test")
    wait_for("the line of the removal", lambda: lines(removed))
    rig.holdback.reload()
    time.sleep(2)
    for pattern in (added, imported, selection, removed):
        assert len(lines(pattern)) == 1, lines(pattern)


def test_a_scope_counts_for_its_senders_and_an_allow_entry_stands_above(tool):
    tool.run("suppress", "add", "--sender", "news@example.org", "bo@example.net")
    tool.run("suppress", "add", "--scope", "example.org", "cy@example.net")
    tool.run("suppress", "add", "--scope", "sender-domain", "--sender", "x@Example.com",
             "di@example.net")
    everybody = ("bo@example.net", "cy@example.net", "di@example.net")
    assert tool.verdicts("", *everybody) == ["pass"] * 3
    assert tool.verdicts("News@example.org", *everybody) == ["reject", "reject", "pass"]
    assert tool.verdicts("info@example.org", *everybody) == ["pass", "reject", "pass"]
    assert tool.verdicts("y@example.com", *everybody) == ["pass", "pass", "reject"]
    tool.run("suppress", "add", "--allow", "--scope", "news@example.org", "example.net")
    assert tool.verdicts("news@example.org", *everybody) == ["pass"] * 3
    assert tool.verdicts("info@example.org", *everybody)[1] == "reject"
    tool.run("suppress", "remove", "--scope", "news@example.org", "bo@example.net")
    assert tool.subjects("--scope", "sender-domain") == ["cy@example.net", "di@example.net"]
    assert tool.subjects("--sender", "example.com") == ["di@example.net"]


def test_the_settings_give_the_scope_of_a_reason(tool):
    tool.run("suppress", "add", "--reason", "complaint", "--sender", "news@example.org", "a@b.test")
    (row,) = tool.json("suppress", "show", "a@b.test")
    assert row["scope"] == "example.org"
    tool.write_settings(more='[learn.scope]\ncomplaint = "sender"')
    tool.run("suppress", "add", "--reason", "complaint", "--sender", "news@example.org", "c@b.test")
    (row,) = tool.json("suppress", "show", "c@b.test")
    assert row["scope"] == "news@example.org"
    for words in (["--scope", "sender"], ["--scope", "a b"], ["--sender", "global"]):
        tool.run("suppress", "add", *words, "d@b.test", code=USAGE)


def test_dry_runs_change_nothing(tool):
    tool.run("suppress", "add", "bo@example.net")
    assert "would be added" in tool.out("suppress", "add", "--dry-run", "cy@example.net")
    assert "would be removed" in tool.out("suppress", "remove", "--dry-run", "bo@example.net")
    done = tool.json("suppress", "import", "--dry-run", "-", stdin="bo@example.net\ndi@example.net\n")
    assert (done[0]["added"], done[0]["already_there"]) == (1, 1)
    assert tool.subjects() == ["bo@example.net"]


def test_entries_are_selected_and_removed(tool):
    tool.run("suppress", "add", "--reason", "bounce", "a@example.net", "b@example.org")
    tool.run("suppress", "add", "--reason", "complaint", "c@example.net", ".example.com")
    tool.run("suppress", "import", "-", stdin="email,created\nold@example.net,2001-01-01\n")
    assert tool.subjects("--older", "30d") == ["old@example.net"]
    assert tool.subjects("--age", "30d") == ["old@example.net"]
    assert "old@example.net" not in tool.subjects("--newer", "30d")
    assert tool.subjects("--source", "import") == ["old@example.net"]
    assert tool.subjects("--kind", "suffix") == [".example.com"]
    assert tool.subjects("--domain", "example.com") == [".example.com"]
    tool.run("suppress", "list", "--proof", "sealed", code=NO)
    tool.run("suppress", "remove", "--reason", "complaint", code=USAGE)
    tool.run("suppress", "remove", code=USAGE)
    text = tool.out("suppress", "remove", "--reason", "complaint", "--dry-run")
    assert "c@example.net: would be removed" in text and "2 entries would be removed" in text
    assert len(tool.subjects()) == 5
    tool.run("suppress", "remove", "--reason", "complaint", "--yes")
    assert len(tool.subjects()) == 3
    tool.run("suppress", "remove", "-", stdin="a@example.net\n# no more\nb@example.org\n")
    assert tool.subjects() == ["old@example.net"]
    tool.run("suppress", "remove", "--all", "--yes")
    tool.run("suppress", "list", "--all", code=NO)


IMPORTS = {
    "ses-json": (
        '{"SuppressedDestinationSummaries":[{"EmailAddress":"bo@example.net","Reason":"BOUNCE",'
        '"LastUpdateTime":"2023-11-14T22:13:20.5+00:00"},\n{"EmailAddress":"cy@example.net",'
        '"Reason":"COMPLAINT","LastUpdateTime":1700000000.0}]}',
        ["bounce", "complaint"],
    ),
    "mailgun": (
        'address,code,error,created_at\nbo@example.net,550,"5.1.1 ""no"", sorry",'
        '"Tue, 14 Nov 2023 22:13:20 UTC"\r\ncy@example.net,552,full,"Tue, 14 Nov 2023 22:13:20 UTC"\n',
        ["bounce", "bounce"],
    ),
    "sendgrid": (
        "\ufeffemail;created;ip\nbo@example.net;1700000000;192.0.2.1\ncy@example.net;1700000000;\n",
        ["complaint", "complaint"],
    ),
    "postmark": (
        "EmailAddress,SuppressionReason,Origin,CreatedAt\n"
        "bo@example.net,HardBounce,Recipient,2023-11-14T22:13:20Z\n"
        "cy@example.net,ManualSuppression,Customer,2023-11-14T22:13:20Z\n",
        ["bounce", "manual"],
    ),
    "sparkpost": (
        "recipient,type,source,description,created\n"
        "bo@example.net,transactional,Bounce Rule,no,2023-11-14T22:13:20Z\n"
        "cy@example.net,non_transactional,Unsubscribe Link,no,2023-11-14T22:13:20Z\n",
        ["bounce", "unsubscribe"],
    ),
    "listmonk": (
        "uuid,email,name,attributes,status,created_at\n"
        '1,bo@example.net,Bo,"{""a"": 1}",blocklisted,2023-11-14T22:13:20Z\n'
        "2,welcome@example.net,We,{},enabled,2023-11-14T22:13:20Z\n"
        "3,cy@example.net,Cy,{},blocklisted,2023-11-14T22:13:20Z\n",
        ["manual", "manual"],
    ),
    "plain": ("# gone\nbo@example.net\n\ncy@example.net # left\n", ["manual", "manual"]),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_lists_of_services_are_taken_in(tool, name):
    text, reasons = IMPORTS[name]
    (tool.base / "list").write_text(text)
    tool.run("suppress", "import", "list")
    rows = tool.json("suppress", "list")
    assert [row["subject"] for row in rows] == ["bo@example.net", "cy@example.net"]
    assert [row["reason"] for row in rows] == reasons
    assert {row["source"] for row in rows} == {"import"}
    if name != "plain":
        assert {row["last_seen"] for row in rows} == {"2023-11-14T22:13:20Z"}


SUBSCRIBERS = (
    "Email,Name,STATUS\n"
    "ann@example.net,Ann,active\nbo@example.net,Bo,subscribed\ncy@example.net,Cy,Delivered\n"
    "di@example.net,Di,soft bounce\ned@example.net,Ed,Bounced\nfi@example.net,Fi,unsubscribed\n"
)


def test_the_living_of_a_list_are_passed_over_and_counted_by_their_word(tool):
    tool.run("suppress", "import", "-", stdin="Email,Status\n")  # makes the store
    text = tool.out("suppress", "import", "--dry-run", "-", stdin=SUBSCRIBERS)
    assert text.splitlines() == [
        "would be: 2 added, 0 replaced, 0 already there, 0 repeated in the list, 4 passed over, "
        "0 lines bad (format: csv)",
        "addresses: column Email",
        "by reason: 1 bounce, 1 unsubscribe",
        "passed over: 1 active, 1 delivered, 1 soft bounce, 1 subscribed",
    ]
    tool.run("suppress", "list", code=NO)
    assert tool.out("suppress", "import", "-", stdin=SUBSCRIBERS) == text.replace("would be: ", "")
    assert tool.subjects() == ["ed@example.net", "fi@example.net"]
    (done,) = tool.json("suppress", "import", "--soft", "count", "-", stdin=SUBSCRIBERS)
    assert done["soft_counted"] == 1 and done["added"] == 1 and done["columns"] == ["Email"]
    assert done["by_reason"] == {"bounce": 1, "unsubscribe": 1}
    assert done["passed_over_by"] == {"active": 1, "delivered": 1, "subscribed": 1}
    assert "di@example.net" not in tool.subjects() and "di@example.net" in tool.subjects("--all")


EXPORTS = {  # rows by reason, passed over by word, bad
    "mailchimp-subscribed": ({}, {"subscribed": 2}, 0),
    "mailchimp-unsubscribed": ({"unsubscribe": 2}, {}, 0),
    "mailchimp-cleaned": ({"bounce": 1}, {}, 0),
    "brevo-log": (
        {"bounce": 1, "complaint": 1},
        {"clicked": 1, "delivered": 1, "firstopening": 1, "sent": 1, "soft bounce": 2}, 0,
    ),
    "brevo-contacts": ({"manual": 1, "unsubscribe": 1}, {"no status": 1, "subscribed": 2}, 0),
    "hubspot-contacts": ({"bounce": 1, "unsubscribe": 1}, {"no status": 3}, 0),
    "hubspot-subscriptions": (
        {"unsubscribe": 1}, {"no status": 1, "opted out of one kind of mail": 2}, 0,
    ),
    "hubspot-unsubscribes": (
        {"bounce": 2, "complaint": 1, "unsubscribe": 1}, {"no status": 1}, 0,
    ),
    "activecampaign": ({"bounce": 1, "unsubscribe": 1}, {"active": 1, "unconfirmed": 1}, 1),
    "mautic": ({"bounce": 1, "manual": 1, "unsubscribe": 1}, {"0": 1, "sms": 1}, 0),
    "civicrm": ({"bounce": 1, "manual": 1, "unsubscribe": 2}, {"no status": 2}, 0),
    "phplist": ({"manual": 1}, {"isthissubscriberconfirmed": 2, "no status": 1}, 0),
    "mailman": ({"bounce": 1}, {"bymoderator": 1, "byuser": 1, "enabled": 1}, 0),
    "sendgrid-bounces": ({"bounce": 2}, {"soft bounce": 2}, 0),
    "sendgrid-blocks": ({}, {"block": 2, "soft bounce": 1}, 0),
    "mailgun-bounces": ({"bounce": 2}, {"soft bounce": 1}, 0),
}
EXPORT_FILES = pathlib.Path(__file__).parents[1] / "data/exports"


def test_each_export_has_its_sums():
    assert {path.stem for path in EXPORT_FILES.iterdir()} == set(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_suppresses_those_who_are_gone_and_nobody_else(tool, name):
    path = EXPORT_FILES / f"{name}.csv"
    by_reason, passed_over, bad = EXPORTS[name]
    code = NO if bad else DONE
    (done,) = tool.json("suppress", "import", "--dry-run", path, code=code)
    sums = (done["by_reason"], done["passed_over_by"], done["bad"])
    assert sums == (by_reason, passed_over, bad), done
    assert done["formats"][0].startswith(name.split("-")[0])
    tool.run("suppress", "import", path, code=code)
    gone = set(re.findall(r"gone\.[a-z]+@example\.net", path.read_text()))
    listed = tool.run("--json", "suppress", "list", code=DONE if gone else NO).stdout
    assert {json.loads(line)["subject"] for line in listed.splitlines()} == gone


def test_a_dry_run_needs_no_store_and_makes_none(tool):
    text = tool.out("suppress", "import", "--dry-run", "--hash", "-", stdin=SUBSCRIBERS)
    assert "would be: 2 added" in text and "passed over: 1 active" in text
    assert "would be added" in tool.out("suppress", "add", "--dry-run", "bo@example.net")
    tool.run("suppress", "remove", "--dry-run", "bo@example.net", code=NO)
    tool.run("suppress", "remove", "--reason", "bounce", "--dry-run", code=NO)
    tool.run("suppress", "rollback", "--since", "1d", code=NO)
    tool.run("held", "release", "--all", "--dry-run", code=NO)
    assert not any("holdback.db" in path.name or "key" in path.name for path in tool.base.iterdir())


def test_words_of_status_that_are_not_known_suppress_nobody(tool):
    text = "Email,Status\nann@example.net,gold\nbo@example.net,silver\n"
    error = tool.err("suppress", "import", "-", stdin=text, code=USAGE)
    assert "nothing was imported: none of the status words is known" in error and '"gold"' in error
    tool.run("suppress", "list", code=NO)
    error = tool.err("suppress", "import", "-", stdin=text + "cy@example.net,bounced\n", code=NO)
    assert 'standard input:2: "gold" is not known as status; say with --reason' in error
    assert tool.subjects() == ["cy@example.net"]
    tool.run("suppress", "import", "--reason", "manual", "-", stdin=text)
    assert len(tool.subjects()) == 3
    rows = "ann@example.net,active\nbo@example.net,bounced\n"
    assert "give it by --reason" in tool.err("suppress", "import", "-", stdin=rows, code=USAGE)


def test_the_column_of_an_import_is_named_or_asked_for(tool):
    text = "Owner,Customer\nann@example.org,bo@example.net\n"
    error = tool.err("suppress", "import", "-", stdin=text, code=USAGE)
    assert "more than one column may hold the addresses: Owner, Customer" in error
    out = tool.out("suppress", "import", "--column", "customer", "-", stdin=text)
    assert "addresses: column Customer" in out and tool.subjects() == ["bo@example.net"]
    tool.run("suppress", "import", "--column", "nobody", "-", stdin=text, code=USAGE)


def test_the_member_of_json_objects_is_named_or_asked_for(tool):
    text = '[{"email": "ann@@example.org", "recipient": "bo@example.net"}]'
    error = tool.err("suppress", "import", "-", stdin=text, code=USAGE)
    assert "more than one column may hold the addresses: email, recipient" in error
    out = tool.out("suppress", "import", "--column", "recipient", "-", stdin=text)
    assert "addresses: column recipient" in out and tool.subjects() == ["bo@example.net"]
    error = tool.err("suppress", "import", "--column", "nobody", "-", stdin=text, code=USAGE)
    assert "no object has a member" in error
    tool.run("suppress", "import", "-", stdin=text.replace("ann@@example.org", "Ann"))
    assert tool.subjects() == ["bo@example.net"]


def test_bad_lines_are_reported_and_the_rest_goes_in(tool):
    lines = ["email,created"] + [f"bad{i},1700000000" for i in range(25)] + ["ok@example.net,1700000000"]
    text = "\n".join(lines) + "\n"
    done = tool.run("suppress", "import", "-", stdin=text, code=NO)
    errors = done.stderr.decode().splitlines()
    assert len(errors) == 21 and "standard input:2:" in errors[0] and "5 bad lines more" in errors[20]
    assert tool.subjects() == ["ok@example.net"]
    assert len(tool.err("suppress", "import", "-v", "-", stdin=text, code=NO).splitlines()) == 25
    tool.run("suppress", "import", "--format", "postmark", "-", stdin="a,b\nc,d\n", code=USAGE)
    tool.run("suppress", "import", "--format", "excel", "-", code=USAGE)
    tool.run("suppress", "import", "no-such-file", code=USAGE)
    tool.run("suppress", "import", "-", stdin='[{"email": "x@example.net", "created": 1}, oops]',
             code=NO)
    assert "x@example.net" in tool.subjects()


def test_an_import_never_weakens(tool):
    tool.run("suppress", "add", "--allow", "vip@example.net")
    tool.run("suppress", "add", "--note", "asked by phone", "bo@example.net")
    tool.run("suppress", "import", "-", stdin="email,created\ncy@example.net,2020-01-01\n")
    text = "email,created,ip\nvip@example.net,2024-01-01,\nbo@example.net,2024-01-01,\n"
    (done,) = tool.json("suppress", "import", "-", stdin=text + "cy@example.net,2024-01-01,\n")
    assert (done["added"], done["replaced"], done["already_there"]) == (0, 1, 2)
    reasons = {row["subject"]: row["reason"] for row in tool.json("suppress", "list")}
    assert reasons == {"vip@example.net": "allow", "bo@example.net": "manual",
                       "cy@example.net": "complaint"}
    (done,) = tool.json("suppress", "import", "-", stdin=text + "cy@example.net,2019-01-01,\n")
    assert done["already_there"] == 3
    (done,) = tool.json("suppress", "import", "--replace", "-", stdin=text)
    assert done["replaced"] == 2
    assert {row["reason"] for row in tool.json("suppress", "list")} == {"complaint"}


def test_an_export_holds_no_formula_and_comes_back(tool, tmp_path):
    subjects = ["=1+cmd|x@example.net", "+47123@example.net", "-2@example.net"]
    tool.run("suppress", "add", "--note", '=HYPERLINK("http://x.example")', *subjects)
    text = tool.out("suppress", "export")
    fields = [field for row in csv.reader(io.StringIO(text)) for field in row]
    assert not [field for field in fields if re.match(r"\s*[=+@\t\r-]", field)], text
    (tmp_path / "other").mkdir()
    other = Tool(tmp_path / "other")
    other.run("suppress", "import", "-", stdin=text)
    assert {row["subject"] for row in other.json("suppress", "list")} == set(subjects)


def test_an_export_comes_back_without_loss(tool, tmp_path):
    tool.run("suppress", "add", "--note", 'a "note", with\nlines', "--expires", "30d",
             '"a*b"@example.net')
    tool.run("suppress", "add", "--scope", "example.org", "*@*.example.edu", ".example.com")
    tool.run("suppress", "add", "--allow", "bücher.example")
    tool.run("suppress", "add", "--hash", "secret@example.net")
    done = tool.run("suppress", "export")
    assert b"1 entry not written: hashed" in done.stderr and b"secret" not in done.stdout
    assert len(list(csv.reader(io.StringIO(done.stdout.decode())))) == 5
    (tmp_path / "other").mkdir()
    other = Tool(tmp_path / "other")
    other.run("suppress", "import", "-", stdin=done.stdout.decode())
    assert other.out("suppress", "export") == done.stdout.decode()
    hashed = [row for row in tool.json("suppress", "list") if row["hashed"]]
    assert other.json("suppress", "list") == [
        row for row in tool.json("suppress", "list") if row not in hashed]
    assert len(tool.json("suppress", "export")) == 4


def test_hashed_entries_work_and_name_nobody(tool):
    tool.run("suppress", "add", "--note", "secret@example.net called", "--hash", "secret@example.net")
    tool.run("suppress", "import", "--hash", "-", stdin="hidden@example.net\n.covert.example\n")
    assert tool.verdicts("", "Secret@example.net", "hidden@example.net", "x@a.covert.example",
                         "x@example.net") == ["reject", "reject", "reject", "pass"]
    for path in tool.base.iterdir():
        octets = path.read_bytes()
        assert b"secret" not in octets and b"hidden" not in octets and b"covert" not in octets, path
    assert (tool.base / "hash.key").stat().st_mode & 0o777 == 0o600
    rows = tool.json("suppress", "list")
    assert all(row["subject"].startswith("#") and row["hashed"] for row in rows)
    (row,) = tool.json("suppress", "show", "secret@example.net")
    assert row["diagnostic"] is None
    # An import that names the address does not undo the erasure.
    tool.run("suppress", "import", "-", stdin="hidden@example.net\n")
    assert len(tool.subjects()) == 3
    tool.run("suppress", "remove", row["subject"], "hidden@example.net")
    assert tool.verdicts("", "secret@example.net", "hidden@example.net") == ["pass", "pass"]
    (tool.base / "hash.key").rename(tool.base / "away")
    text = tool.err("suppress", "show", "x@example.net", code=UNAVAILABLE)
    assert "hash.key" in text
    assert not (tool.base / "hash.key").exists()


def test_the_setting_hashes_what_is_added(tool):
    tool.write_settings(store="hash = true")
    tool.run("suppress", "add", "bo@example.net")
    tool.run("suppress", "import", "-", stdin="cy@example.net\n")
    assert all(row["hashed"] for row in tool.json("suppress", "list"))


def test_postfix_takes_the_access_map(tool):
    postmap = shutil.which("postmap", path="/usr/sbin:/usr/bin")
    need(None if postmap else "postmap is not installed")
    tool.run("suppress", "add", "--reason", "bounce", "bo@example.net", "example.org")
    tool.run("suppress", "add", ".example.com", "*@*.example.edu")
    tool.run("suppress", "add", "--allow", "vip@example.org", "example.com")
    tool.run("suppress", "add", "--scope", "example.org", "scoped@example.net")
    done = tool.run("suppress", "export", "--format", "postfix")
    assert b"1 entry not written: patterns" in done.stderr
    assert b"1 entry not written: for the mail of some senders only" in done.stderr
    (tool.base / "access").write_bytes(done.stdout)

    (tool.base / "main.cf").write_text("compatibility_level = 3.6\n")

    def query(key):
        found = subprocess.run([postmap, "-c", str(tool.base), "-q", key, "texthash:" + str(tool.base / "access")],
                               capture_output=True, timeout=60, check=False)
        assert found.stderr == b"", found
        return found.stdout.decode().strip()

    assert query("bo@example.net") == "REJECT 5.1.1 mail to this recipient bounced before"
    assert query("example.org").startswith("REJECT 5.1.2")
    assert query(".example.com").startswith("REJECT 5.7.1")
    assert query("example.com") == "DUNNO" and query("vip@example.org") == "DUNNO"
    assert query("scoped@example.net") == ""


def test_sendmail_takes_the_access_lines(tool):
    tool.run("suppress", "add", "--reason", "bounce", "bo@example.net")
    tool.run("suppress", "add", "--allow", ".example.com")
    lines = tool.out("suppress", "export", "--format", "sendmail").splitlines()
    assert lines == [
        "To:example.com\tOK",
        'To:bo@example.net\tERROR:5.1.1:"550 mail to this recipient bounced before"',
    ]
    makemap = shutil.which("makemap", path="/usr/sbin:/usr/bin")
    if makemap:
        subprocess.run([makemap, "hash", str(tool.base / "access.db")],
                       input="\n".join(lines).encode() + b"\n", timeout=60, check=True)


def test_stats_count(tool):
    tool.run("suppress", "add", "--reason", "bounce", "a@example.net", "b@example.net", "c@example.org")
    tool.run("suppress", "add", "--hash", "d@example.net")
    rows = {(row["by"], row["name"]): row["entries"] for row in tool.json("suppress", "stats")}
    assert rows["all", "entries"] == 4 and rows["all", "hashed"] == 1
    assert rows["reason", "bounce"] == 3 and rows["code", "2001"] == 3
    assert rows["source", "admin"] == 4 and rows["standing", "in-force"] == 4
    assert rows["domain", "example.net"] == 2 and rows["domain", "example.org"] == 1
    assert "reason,bounce,3" in tool.out("suppress", "stats", "--csv")


def some_addresses(count, seed):
    source = random.Random(seed)
    return [f"user{source.randrange(10**9)}@d{source.randrange(2000)}.example" for _ in range(count)]


def test_an_import_that_is_killed_leaves_a_whole_list_and_can_be_repeated(tool):
    addresses = sorted(set(some_addresses(300_000, 1)))
    (tool.base / "list").write_text("\n".join(addresses) + "\n")
    tool.run("suppress", "add", "before@example.net")
    began = time.monotonic()
    tool.run("suppress", "import", "list")
    takes = time.monotonic() - began
    tool.run("suppress", "remove", "--source", "import", "--yes", code=DONE)
    source = random.Random(2)
    killed = 0
    counts = []
    for _ in range(22):
        process = subprocess.Popen(tool.command("suppress", "import", "list"), cwd=tool.base,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(source.uniform(0.03, 0.95 * takes))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait(timeout=60)
        with sqlite3.connect(f"file:{tool.store}?mode=ro", uri=True) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            counts.append(store.execute("SELECT count(*) FROM suppression").fetchone()[0])
            assert store.execute(
                "SELECT count(*) FROM suppression WHERE reason NOT BETWEEN 0 AND 4 OR domain = ''"
            ).fetchone() == (0,)
        if counts[-1] > len(addresses):
            # Complete: begin again with an empty list.
            tool.run("suppress", "remove", "--source", "import", "--yes", code=DONE)
    assert killed >= 15
    assert any(1 < count <= len(addresses) for count in counts), counts
    assert not [path for path in tool.base.iterdir() if path.name.startswith(".")]
    (done,) = tool.json("suppress", "import", "list")
    assert done["added"] + done["replaced"] + done["already_there"] == len(addresses)
    with sqlite3.connect(f"file:{tool.store}?mode=ro", uri=True) as store:
        assert store.execute("SELECT count(*) FROM suppression").fetchone() == (len(addresses) + 1,)
    tool.run("suppress", "show", addresses[0], addresses[-1], "before@example.net")


def test_an_import_beside_the_daemon_stalls_no_message(rig, tmp_path, capsys):
    """Messages of which one recipient is held, and bounces that teach, go through while an import
    runs. What is asserted is that all is right, and a bound that no load of the machine should reach;
    what is measured is printed."""
    (tmp_path / "list").write_text("\n".join(some_addresses(400_000, 3)) + "\n")
    waits = {what: [] for what in ("held, quiet", "held, import", "bounce, quiet", "bounce, import")}

    def pass_through(what, sender, recipients, octets, client):
        with rig.client() as mta:
            mta.connect(address=client)
            mta.helo()
            began = time.monotonic()
            _, outcome = mta.message(sender, recipients, octets)
            waits[what].append(time.monotonic() - began)
        return outcome

    def send(phase, number):
        octets = message(NEWS, "list@home.test", f"{phase} {number}", bulk=True,
                         campaign=f"stall {phase} {number}")
        recipients = ["<anna@good.test>", "<carl@nullmx.test>"]
        outcome = pass_through(f"held, {phase}", f"<{NEWS}>", recipients, octets, "127.0.0.1")
        assert outcome.deleted == ["<carl@nullmx.test>"]
        bounce = DSN.replace(b"eva@good.test", f"{phase}{number}@good.test".encode())
        outcome = pass_through(f"bounce, {phase}", "<>", [f"<{NEWS}>"], bounce, "198.51.100.7")
        assert dict(outcome.headers)["X-Holdback-Code"].strip() == "2001"

    for number in range(100):
        send("quiet", number)
    done = []

    def bring_in():
        done.append(rig.holdback.ctl("suppress", "import", tmp_path / "list", check=False))

    thread = threading.Thread(target=bring_in)
    thread.start()
    number = 0
    while thread.is_alive():
        send("import", number)
        number += 1
    thread.join()
    assert done[0].code == 0, done
    assert number > 20
    learned = {row["subject"] for row in rig.holdback.ctl("suppress", "list", "--source", "learned").rows}
    assert learned >= {f"import{n}@good.test" for n in range(number)}
    with capsys.disabled():
        for what, times in waits.items():
            times.sort()
            print(f"\n{what}: {len(times)} messages, median {times[len(times) // 2] * 1000:.1f} ms, "
                  f"largest {times[-1] * 1000:.1f} ms", end="")
    assert max(times[-1] for times in waits.values()) < 2.0
    rig.holdback.ctl("suppress", "remove", "--source", "import", "--yes")
