# SPDX-License-Identifier: Apache-2.0
"""The control tool from outside: what it prints, and its exit status. A small server plays the
daemon where one is asked."""

import contextlib
import csv
import json
import os
import pathlib
import pwd
import socket
import sqlite3
import subprocess
import threading

import pytest

from lab.holdback import SOURCE, program
from lab.need import need

DONE, NO, USAGE, UNAVAILABLE, SETTINGS = 0, 1, 2, 69, 78

BOUNCE = b"""\
From: Mail Delivery System <MAILER-DAEMON@mta.example.org>
To: news@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mta.example.org

Final-Recipient: rfc822; bo@example.net
Original-Recipient: rfc822;bo@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550 5.1.1 <bo@example.net>: Recipient address rejected: User unknown

--cut--
"""
ORDINARY = b"From: a@example.org\nTo: b@example.org\nSubject: Lunch\n\nAt noon?\n"


class Ctl:
    """The tool with settings, store and sockets below a directory of its own."""

    def __init__(self, base):
        self.base = base
        self.conf = base / "holdback.conf"
        self.socket = base / "control.sock"
        self.write_settings()

    def write_settings(self, more=""):
        self.conf.write_text(
            more
            + f'[control]\nsocket = "{self.socket}"\n'
            + f'[store]\npath = "{self.base}/holdback.db"\n'
            + f'[codes]\nfile = "{SOURCE}/conf/codes.conf"\nrules = "{SOURCE}/conf/rules.d"\n'
            + f'lexicon = "{SOURCE}/conf/lexicon.d"\nlocal_lexicon = "{self.base}/lexicon.d"\n'
            + f'local_file = "{self.base}/codes.conf"\nlocal_rules = "{self.base}/rules.d"\n'
            + "[dns]\nreserved_domains = []\n"
        )

    def run(self, *arguments, stdin=b"", conf=True, **environment):
        settings = ["-c", self.conf] if conf else []
        done = subprocess.run(
            [str(word) if not isinstance(word, bytes) else word
             for word in (program("holdbackctl"), *settings, *arguments)],
            input=stdin, capture_output=True, timeout=60, check=False, cwd=self.base,
            env={**os.environ, **environment},
        )
        return done

    def json(self, *arguments, code=DONE, **options):
        done = self.run("--json", *arguments, **options)
        assert done.returncode == code, done
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def says(self, *arguments, code=DONE, **options):
        done = self.run(*arguments, **options)
        assert done.returncode == code, done
        return (done.stdout + done.stderr).decode()

    def start_store(self):
        """A store as a daemon would have made it, with nothing in it."""
        self.run("suppress", "add", "x@example.org")
        self.run("suppress", "remove", "x@example.org")


@pytest.fixture
def ctl(tmp_path):
    tool = program("holdbackctl")
    need(None if tool.exists() else f"{tool} is not built")
    return Ctl(tmp_path)


@contextlib.contextmanager
def daemon(path, answers):
    """Answers requests by their first word; gives the requests that came."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    requests = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                fields = stream.readline().decode().rstrip("\n").split("\t")
                requests.append(fields)
                answer = answers.get(fields[0], "error\tunknown command\n")
                stream.write((answer(fields) if callable(answer) else answer).encode())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


# --- check ------------------------------------------------------------------------------------


def test_check_tells_verdict_and_findings(ctl):
    good, bad = ctl.json("check", "--offline", "bo@example.net", "bo@@example.net", code=NO)
    assert good == {
        "address": "bo@example.net", "verdict": "pass", "stream": "direct", "findings": [],
        "route": None, "hosts": [], "route_reason": None,
    }
    assert list(bad) == [
        "address", "verdict", "stream", "findings", "route", "hosts", "route_reason",
    ]
    assert bad["verdict"] == "reject"
    (finding,) = bad["findings"]
    assert list(finding) == ["name", "code", "certainty", "reason", "advice", "suggestion"]
    assert (finding["name"], finding["code"], finding["certainty"]) == (
        "malformed-address", 2003, "certain",
    )
    assert finding["suggestion"] is None


def test_check_follows_the_policy_of_the_stream(ctl):
    ctl.run("suppress", "add", "--reason", "unsubscribe", "bo@example.net")
    (direct,) = ctl.json("check", "--offline", "BO@Example.Net")
    (bulk,) = ctl.json("check", "--offline", "--stream", "bulk", "bo@example.net", code=NO)
    assert (direct["verdict"], bulk["verdict"]) == ("pass", "hold")
    assert bulk["findings"][0]["name"] == "suppressed-unsubscribe"
    assert bulk["findings"][0]["code"] == 5003


def test_check_knows_routes_that_need_no_dns(ctl):
    literal, local = ctl.json("check", "--offline", "a@[192.0.2.1]", "a@host.internal")
    assert literal["route"] == "literal" and local["route"] == "local"


def test_check_says_what_a_misspelled_domain_was_meant_to_be(ctl):
    rows = ctl.json("check", "--offline", "Bo@gmial.com", "bo@gmail.com", "bo@yahoo.fr")
    assert [row["verdict"] for row in rows] == ["tag", "pass", "pass"]
    (found,) = rows[0]["findings"]
    assert (found["name"], found["code"], found["certainty"]) == (
        "misspelled-domain", 2002, "likely",
    )
    assert found["suggestion"] == "Bo@gmail.com"
    assert rows[1]["findings"] == rows[2]["findings"] == []
    told = ctl.says("check", "--offline", "bo@hotmial.co.uk")
    assert "looks like a misspelled hotmail.co.uk" in told
    assert "perhaps bo@hotmail.co.uk" in told
    ctl.write_settings('[policy]\nknown_domains = ["gmial.com"]\n')
    (row,) = ctl.json("check", "--offline", "bo@gmial.com")
    assert row["findings"] == []


def test_a_domain_that_took_mail_is_not_misspelled(ctl):
    ctl.start_store()
    with contextlib.closing(sqlite3.connect(ctl.base / "holdback.db")) as store, store:
        store.execute("INSERT INTO accepted_domain VALUES ('gmial.com', 1)")
    rows = ctl.json("check", "--offline", "bo@gmial.com", "bo@gmai.com")
    assert [[found["name"] for found in row["findings"]] for row in rows] == [
        [], ["misspelled-domain"],
    ]


def test_roles_and_throw_away_domains_come_from_files_of_the_admin(ctl):
    (ctl.base / "roles").write_text("# roles\nsales\n")
    (ctl.base / "throw").write_text("throw.example.net\n")
    ctl.write_settings(
        f'[policy]\nrole_addresses = "{ctl.base}/roles"\n'
        f'disposable_domains = "{ctl.base}/throw"\n'
    )
    rows = ctl.json(
        "check", "--offline", "Sales@example.net", "bo@throw.example.net", "bo@example.net"
    )
    assert [[found["name"] for found in row["findings"]] for row in rows] == [
        ["role-address"], ["disposable-domain"], [],
    ]
    (ctl.base / "roles").write_text("sales\n\nbo@example.net\n")
    (ctl.base / "throw").unlink()
    for told in (
        ctl.says("check", "--offline", "bo@example.net", code=SETTINGS),
        subprocess.run(
            [program("holdback"), "-t", "-c", ctl.conf], capture_output=True, timeout=60, check=False
        ).stderr.decode(),
    ):
        assert f'{ctl.base}/roles:3: "bo@example.net" is not a local part' in told
        assert f"{ctl.base}/throw: cannot read: No such file or directory" in told


def test_nul_separated_addresses_are_taken_octet_by_octet(ctl):
    hostile = [
        b"bo@example.net", b" bo@example.net", b"bo@example.net\n", b'"a b"@example.net',
        b"a\r\nb@example.net", b"\xff@example.net", b"", b"{}", b"[a,b]@example.net",
        b"\x1b[2J@example.net", "jörg@example.net".encode(),
    ]
    rows = ctl.json(
        "check", "--offline", "--file", "-", "-0", code=NO, stdin=b"\0".join(hostile) + b"\0"
    )
    assert [row["address"] for row in rows] == [
        "bo@example.net", " bo@example.net", "bo@example.net\n", '"a b"@example.net',
        "a\r\nb@example.net", "\ufffd@example.net", "", "{}", "[a,b]@example.net",
        "\x1b[2J@example.net", "jörg@example.net",
    ]
    assert [row["verdict"] == "pass" for row in rows] == [
        True, False, False, True, False, False, False, False, False, False, True,
    ]
    assert {row["stream"] for row in rows} == {"bulk"}


def test_arguments_are_taken_as_they_come(ctl):
    words = ["[a,b]", "{}", "%%", "a,b@example.net", "[a@example.net]"]
    rows = ctl.json("check", "--offline", *words, code=NO)
    assert [row["address"] for row in rows] == words


def test_without_smtputf8_addresses_are_ascii(ctl):
    (row,) = ctl.json("check", "--offline", "--no-smtputf8", "jörg@example.net", code=NO)
    assert row["findings"][0]["name"] == "malformed-address"


LISTS = [
    ("lines", "a@example.net\r\n\n  b@example.net \nc@example.net"),
    ("a head with one column", "Email\na@example.net\nb@example.net\nc@example.net\n"),
    ("csv", 'Name,E-Mail,Town\n"Doe, A",a@example.net,X\n"B ""b""","b@example.net","two\nlines"\n'
            "C,c@example.net,\n"),
    ("semicolons and a mark", "\ufeffid;Recipient_Email\n1;a@example.net\n2;b@example.net\n"
                              "3;\n4;c@example.net\n"),
    ("no head", "1;Doe, A;a@example.net\n2;;b@example.net\n3;x;c@example.net\n"),
    ("a head that names nothing", "id,who\n1,a@example.net\n2,b@example.net\n3,c@example.net\n"),
    ("a separator in the head", '"Town, State",email\n"A, B",a@example.net\n,b@example.net\n'
                                ",c@example.net\n"),
    ("a line that tells the separator", "sep=;\r\nname;e-mail\r\n\"A, B\";a@example.net\r\n"
                                        "B;b@example.net\r\nC;c@example.net\r\n"),
    ("CR alone", "name,e-mail\rA,a@example.net\rB,b@example.net\rC,c@example.net\r"),
    ("names beside addresses", "name,e-mail\nA,Doe <a@example.net>\nB,mailto:b@example.net\n"
                               "C,<c@example.net>\n"),
    ("mailboxes as lines", "Doe, A <a@example.net>\n\"B\" <b@example.net>\nc@example.net\n"),
    ("tabs", "x\taddress\n1\ta@example.net\n2\tb@example.net\n3\tc@example.net\n"),
]


@pytest.mark.parametrize("what, text", LISTS, ids=[what for what, _ in LISTS])
def test_lists_are_lines_or_csv(ctl, what, text):
    path = ctl.base / "list"
    path.write_text(text)
    rows = ctl.json("check", "--offline", "--file", path)
    assert [row["address"] for row in rows] == [f"{c}@example.net" for c in "abc"]


def test_lines_with_commas_stay_lines(ctl):
    text = b'"a,b"@example.net\nc@example.net\nd,e@example.net\n'
    rows = ctl.json("check", "--offline", "--file", "-", stdin=text, code=NO)
    assert [row["address"] for row in rows] == text.decode().splitlines()


@pytest.mark.parametrize("column", ["backup", " Backup ", "3"])
def test_a_column_can_be_named(ctl, column):
    text = b"email;id;Backup\na@example.net;1;b@example.net\nc@example.net;2;d@example.net\n"
    rows = ctl.json("check", "--offline", "--file", "-", "--column", column, stdin=text)
    assert [row["address"] for row in rows] == ["b@example.net", "d@example.net"]
    told = ctl.says(
        "check", "--offline", "--file", "-", "--column", "nope", stdin=text, code=NO
    )
    assert 'there is no column "nope"; the first row has email, id, Backup' in told


@pytest.mark.parametrize("name", ["EmailAddress", "Recipient-Email", "contact.email", "e_mail"])
def test_the_judged_column_is_the_one_of_the_addresses_and_is_named(ctl, name):
    text = f"Owner,{name}\nann@example.net,bo@@example.net\nann@example.net,cy@\n".encode()
    words = ("check", "--offline", "--file", "-")
    rows = ctl.json(*words, stdin=text, code=NO)
    assert [(row["address"], row["verdict"], row["column"]) for row in rows] == [
        ("bo@@example.net", "reject", name), ("cy@", "reject", name),
    ]
    assert f"judged: the addresses in column {name}\n" in ctl.says(*words, stdin=text, code=NO)


def test_two_columns_of_addresses_are_not_chosen_between(ctl):
    text = b"Owner,Customer\nann@example.net,bo@@example.net\nann@example.net,cy@example.net\n"
    out = ctl.base / "checked.csv"
    words = ("check", "--offline", "--file", "-", "--out", out)
    told = ctl.says(*words, stdin=text, code=NO)
    assert "more than one column may hold the addresses: Owner, Customer; --column says" in told
    assert "checked" not in told.replace(str(out), "") and not out.exists()
    ctl.says(*words, "--column", "Customer", stdin=text, code=NO)
    assert [line.split(",")[2] for line in out.read_text().splitlines()] == [
        "verdict", "reject", "pass",
    ]


def test_rows_that_cannot_be_read_are_told_and_the_others_checked(ctl):
    path = ctl.base / "list"
    path.write_text('e-mail,name\n"a@example.net"x,A\nb@example.net,B\n"c@example.net,C\nd@x\n')
    told = ctl.says("check", "--offline", "--file", path, code=NO)
    assert f"{path}:2: text stands behind a closing quote; it is not judged\n" in told
    assert f"{path}:4: a quote is not closed; the list is not read from here on\n" in told
    assert "2 bad rows in the list\n" in told and "1 address checked" in told
    assert "not judged: 2 rows that can't be read as they stand\n" in told


def test_no_verdict_stands_beside_a_row_that_was_not_judged(ctl):
    source, out = ctl.base / "list.csv", ctl.base / "out.csv"
    long = "x" * (1 << 20)
    rows = (
        'id,email\n1,bo@example.net\n2,"c@example.net"y\n3,d@@example.net\n'
        f'4,"{long}\n6,f@example.net\n7,"g@example.net\n8,h@example.net\n'
    )
    source.write_text(rows)
    told = ctl.says("check", "--offline", "--file", source, "--out", out, code=NO)
    assert "not judged: 3 rows that can't be read as they stand\n" in told
    assert "3 addresses checked: 2 pass, 0 tag, 0 hold, 0 defer, 1 reject\n" in told
    head, one, two, three, *rest = out.read_text().split("\n", 4)
    assert (head, one, two) == (
        "id,email,verdict,finding,code,reason,suggestion",
        "1,bo@example.net,pass,,,,",
        '2,"c@example.net"y,,,,,',
    )
    assert three.startswith("3,d@@example.net,reject,malformed-address,2003,")
    assert rest == [
        f'4,"{long}\n6,f@example.net,pass,,,,\n'
        '7,"g@example.net\n8,h@example.net\n\n'
    ]


def test_a_bad_column_of_addresses_is_not_passed_over_for_a_good_one(ctl):
    text = b"Email,Recipient\nbo@@example.net,ann@example.net\ncy@,ann@example.net\n"
    words = ("check", "--offline", "--file", "-")
    told = ctl.says(*words, stdin=text, code=NO)
    assert "more than one column may hold the addresses: Email, Recipient; --column says" in told
    assert "checked" not in told
    told = ctl.says(*words, stdin=text.replace(b"ann@example.net", b"Ann"), code=NO)
    assert "judged: the addresses in column Email\n" in told and "2 reject" in told


def test_a_list_in_utf_16_is_told_as_such(ctl):
    path = ctl.base / "list"
    path.write_bytes("e-mail\r\na@example.net\r\n".encode("utf-16"))
    told = ctl.says("check", "--offline", "--file", path, code=NO)
    assert "the list is UTF-16; save it as UTF-8" in told and "checked" not in told


CUSTOMERS = (
    "\ufeffid;E-Mail;note\r\n"
    '1;bo@gmial.com;"says ""hi""; twice"\r\n'
    "2;;nobody\r\n"
    "3;al@example.net\r\n"
    "4;Bo@Gmial.com;two\r\n"
    "5;broken@@example.net;\r\n"
)


def test_a_list_comes_back_with_the_verdicts_beside_its_columns(ctl):
    source, out = ctl.base / "customers.csv", ctl.base / "checked.csv"
    source.write_bytes(CUSTOMERS.encode())
    told = ctl.says("check", "--offline", "--file", source, "--out", out, code=NO)
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["note"] for row in rows] == ['says "hi"; twice', "nobody", "", "two", ""]
    assert [row["verdict"] for row in rows] == ["hold", "", "pass", "hold", "reject"]
    assert [row["finding"] for row in rows] == [
        "misspelled-domain", "", "", "misspelled-domain", "malformed-address",
    ]
    assert [row["code"] for row in rows] == ["2002", "", "", "2002", "2003"]
    assert rows[0]["suggestion"] == "bo@gmail.com" and rows[2]["suggestion"] == ""
    assert "looks like a misspelled gmail.com" in rows[0]["reason"]
    assert told.splitlines() == [
        "judged: the addresses in column E-Mail",
        "4 addresses checked: 1 pass, 0 tag, 2 hold, 0 defer, 1 reject",
        "        1  malformed-address",
        "        2  misspelled-domain",
        "predicted bounce rate: 75.0 % (3 of 4)",
        "        1  certain: the address is malformed, or its domain takes no mail",
        "        2  likely: no usable mail server, a misspelled domain, or mail bounced before",
        "        0  not counted: DNS gave no answer",
        "domains with the most trouble:",
        "        2  gmial.com",
        "1 address is on the list more than once",
    ]


def test_a_file_that_is_there_is_replaced_only_by_force(ctl):
    out = ctl.base / "checked.csv"
    out.write_text("precious")
    words = ("check", "--offline", "--file", "-", "--out", out)
    told = ctl.says(*words, stdin=b"bo@example.net\n", code=NO)
    assert f"{out}: there is such a file; --force replaces it" in told
    assert out.read_text() == "precious"
    ctl.says(*words, "--force", stdin=b"bo@example.net\n")
    assert out.read_text() == (
        "address,verdict,finding,code,reason,suggestion\nbo@example.net,pass,,,,\n"
    )
    assert sorted(path.name for path in ctl.base.iterdir()) == ["checked.csv", "holdback.conf"]
    told = ctl.says(*words[:-1], ctl.base / "no/such/place", stdin=b"", code=NO)
    assert "No such file or directory" in told


def test_columns_and_files_go_with_lists(ctl):
    for words in (("--column", "x"), ("--out", "x")):
        ctl.says("check", "--offline", "bo@example.net", *words, code=USAGE)


def test_a_list_keeps_its_order_and_ends_with_a_summary(ctl):
    addresses = [f"u{n}@example.net" if n % 3 else f"u{n}" for n in range(2500)]
    text = "\n".join(addresses).encode()
    done = ctl.run("--json", "check", "--offline", "--file", "-", stdin=text)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["address"] for row in rows] == addresses
    assert b"2500 addresses checked: 1666 pass, 0 tag, 0 hold, 0 defer, 834 reject" in done.stderr
    human = ctl.says("check", "--offline", "--file", "-", stdin=text, code=NO)
    assert "834  malformed-address" in human and "u1@" not in human and "reject  u0\n" in human


def test_an_empty_list_is_fine(ctl):
    assert ctl.json("check", "--offline", "--file", "-") == []


def test_check_without_a_settings_file_uses_the_defaults(ctl):
    if pathlib.Path("/etc/holdback/holdback.conf").exists():
        pytest.skip("this machine has settings")
    if pathlib.Path("/var/lib/holdback/holdback.db").exists():
        pytest.skip("this machine has a store")
    done = ctl.run("check", "--offline", "bo@example.com", conf=False)
    assert done.returncode == NO and b"reserved-domain" in done.stdout


def test_what_is_shown_is_printable(ctl):
    done = ctl.run("check", "--offline", b"\x1b[31m\xff@example.net\xe2\x80\xae")
    assert done.returncode == NO
    assert all(octet == 10 or 32 <= octet < 127 for octet in done.stdout + done.stderr)


# --- classify and explain -----------------------------------------------------------------------


def test_classify_tells_kind_code_and_recipients(ctl):
    (ctl.base / "bounce.eml").write_bytes(BOUNCE)
    (ctl.base / "mail.eml").write_bytes(ORDINARY)
    bounce, mail = ctl.json("classify", "bounce.eml", "mail.eml")
    assert list(bounce) == ["file", "kind", "code", "recipients", "proof"]
    assert (bounce["file"], bounce["kind"], bounce["code"], bounce["proof"]) == (
        "bounce.eml", "dsn", 2001, "unproven",
    )
    (recipient,) = bounce["recipients"]
    assert list(recipient) == [
        "recipient", "code", "name", "class", "action", "status", "reply", "diagnostic",
        "remote_mta", "rule", "evidence", "doubt",
    ]
    assert recipient["recipient"] == "bo@example.net"
    assert (recipient["code"], recipient["name"]) == (2001, "address-invalid")
    assert (recipient["class"], recipient["action"]) == ("permanent", "failed")
    assert recipient["status"] == "5.1.1" and recipient["reply"].startswith("550 5.1.1 ")
    assert recipient["remote_mta"] == "mx.example.net" and recipient["rule"]
    assert (mail["kind"], mail["code"], mail["recipients"]) == ("ordinary", None, [])


def test_classify_reads_directories_in_order_and_standard_input(ctl):
    for name in ("mail/b/2.eml", "mail/a.eml", "mail/b/1.eml"):
        path = ctl.base / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(ORDINARY)
    rows = ctl.json("classify", "mail", "-", stdin=BOUNCE)
    assert [row["file"] for row in rows] == ["mail/a.eml", "mail/b/1.eml", "mail/b/2.eml", "-"]
    assert [row["kind"] for row in rows] == ["ordinary"] * 3 + ["dsn"]


def test_classify_takes_mailboxes_apart(ctl):
    line = b"From MAILER-DAEMON Mon Mar  2 10:00:00 2026\n"
    (ctl.base / "box").write_bytes(line + BOUNCE + b"\n" + line + ORDINARY + b"\nFrom here on\n")
    (ctl.base / "one").write_bytes(line + BOUNCE)
    rows = ctl.json("classify", "box", "one")
    assert [(row["file"], row["kind"]) for row in rows] == [
        ("box#1", "dsn"), ("box#2", "ordinary"), ("one", "dsn"),
    ]


def test_classify_goes_on_after_a_file_that_cannot_be_read(ctl):
    (ctl.base / "mail.eml").write_bytes(ORDINARY)
    done = ctl.run("--json", "classify", "absent.eml", "mail.eml")
    assert done.returncode == NO
    assert b"absent.eml: No such file or directory" in done.stderr
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == ["mail.eml"]


def test_classify_keeps_the_order_of_many_messages(ctl):
    names = [f"mail/{number:03}.eml" for number in range(300)]
    (ctl.base / "mail").mkdir()
    for name in names:
        # Every seventh takes much longer than those behind it.
        heavy = b"".join(b"%d 550 no such user <a@example.net>\n" % n for n in range(4000))
        number = int(name[5:8])
        body = heavy if number % 7 == 0 else b""
        (ctl.base / name).write_bytes((BOUNCE if number % 2 else ORDINARY) + body)
    rows = ctl.json("classify", "mail")
    assert [row["file"] for row in rows] == names
    assert [row["kind"] for row in rows] == ["ordinary", "dsn"] * 150
    line = b"From MAILER-DAEMON Mon Mar  2 10:00:00 2026\n"
    (ctl.base / "box").write_bytes(
        b"".join(line + (ctl.base / name).read_bytes() + b"\n" for name in names)
    )
    assert [
        (row["file"], row["kind"]) for row in ctl.json("classify", "-", "box", stdin=ORDINARY)
    ] == [("-", "ordinary")] + [
        (f"box#{number + 1}", row["kind"]) for number, row in enumerate(rows)
    ]


def test_classify_takes_no_line_of_a_text_for_a_new_message(ctl):
    line = b"From MAILER-DAEMON Mon Mar  2 10:00:00 2026\n"
    (ctl.base / "box").write_bytes(
        line + ORDINARY + b"\n" + line + b"is what he wrote.\n" + b"x" * 1_000_000 + b"\n" + line
        + b"A: b\n\n" + line + BOUNCE + b"\n" + line
    )
    rows = ctl.json("classify", "box")
    assert [(row["file"], row["kind"]) for row in rows] == [("box#1", "ordinary"), ("box#2", "dsn")]


def test_classify_writes_one_object_per_line_whatever_the_names_hold(ctl):
    name = "new\nline\u2028.eml"
    (ctl.base / name).write_bytes(BOUNCE.replace(b"User unknown", b"User \xff\x1b[2J unknown"))
    done = ctl.run("--json", "classify", name)
    assert done.stdout.count(b"\n") == 1 and done.stdout.isascii()
    assert json.loads(done.stdout)["file"] == name
    human = ctl.says("classify", name)
    assert human.startswith("new\\x0aline") and "\x1b" not in human


def test_classify_tells_people_what_the_kind_was_known_by(ctl):
    (ctl.base / "bounce.eml").write_bytes(BOUNCE)
    assert ctl.says("classify", "bounce.eml").startswith(
        "bounce.eml: dsn 2001 address-invalid (message/delivery-status)\n"
    )
    big = b"From: MAILER-DAEMON@example.net\nSubject: failure notice\n\n" + b"text \n" * 500000
    assert "too big, not read whole: size" in ctl.says("classify", "-", stdin=big)


def test_classify_shows_progress_on_a_terminal_alone(ctl):
    (ctl.base / "mail.eml").write_bytes(ORDINARY)
    terminal, end = os.openpty()
    done = subprocess.run(
        [program("holdbackctl"), "-c", ctl.conf, "classify", "mail.eml"],
        stdout=subprocess.PIPE, stderr=end, cwd=ctl.base, timeout=60, check=False,
    )
    os.close(end)
    shown = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert done.returncode == DONE and done.stdout.startswith(b"mail.eml: ordinary (")
    assert shown.startswith("\r[") and "100% " in shown and shown.endswith("\r\x1b[K")
    assert ctl.run("classify", "mail.eml").stderr == b""


def test_classify_goes_on_behind_what_is_not_to_be_read(ctl):
    (ctl.base / "mail").mkdir()
    (ctl.base / "mail/a.eml").write_bytes(ORDINARY)
    (ctl.base / "mail/gone").symlink_to("nowhere")
    (ctl.base / "mail/loop").symlink_to(".")
    (ctl.base / "last.eml").write_bytes(ORDINARY)
    done = ctl.run("--json", "classify", "mail/gone", "mail", "last.eml", "absent")
    assert done.returncode == NO
    assert [line.split(b": ", 1)[1] for line in done.stderr.splitlines()] == [
        b"mail/gone: No such file or directory", b"absent: No such file or directory",
    ]
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [
        "mail/a.eml", "last.eml",
    ]


def test_extensions_collapse_to_their_parents(ctl):
    text = ctl.conf.read_text().replace("[codes]", "[codes]\nextensions = false")
    ctl.conf.write_text(text)
    arf = (
        b"From: fbl@example.net\nTo: abuse@example.org\nSubject: complaint\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="cut"\n\n'
        b"--cut\nContent-Type: text/plain\n\nan abuse report\n"
        b"--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        b"User-Agent: FBL/1\nVersion: 1\nOriginal-Rcpt-To: <bo@example.net>\n\n"
        b"--cut\nContent-Type: message/rfc822\n\n" + ORDINARY + b"\n--cut--\n"
    )
    (row,) = ctl.json("classify", "-", stdin=arf)
    assert (row["kind"], row["code"]) == ("complaint", 5999)


@pytest.mark.parametrize("question", ["2001", "address-invalid", "Address-Invalid"])
def test_explain_knows_codes_and_names(ctl, question):
    (row,) = ctl.json("explain", question)
    assert (row["code"], row["name"], row["class"]) == (2001, "address-invalid", "permanent")
    assert row["meaning"] and row["advice"] and row["who"] and row["resend_helps"] is False
    assert row["rule"] is None


@pytest.mark.parametrize("question, kind, name", [
    ("null-mx", "finding", "null-mx"),
    ("Suppressed-Bounce", "finding", "suppressed-bounce"),
    ("hold", "verdict", "hold"),
    ("x-holdback-dsn", "header field", "X-Holdback-DSN"),
])
def test_explain_knows_findings_verdicts_and_header_fields(ctl, question, kind, name):
    (row,) = ctl.json("explain", question)
    assert (row["kind"], row["name"]) == (kind, name) and " " in row["meaning"]
    assert f"{kind}" in ctl.says("explain", question)


def test_explain_knows_replies(ctl):
    (quoted,) = ctl.json("explain", "550 5.1.1 User unknown")
    (words,) = ctl.json("explain", "550", "5.1.1", "User", "unknown")
    assert quoted["code"] == words["code"] == 2001 and quoted["rule"] == words["rule"] != None
    assert quoted["cause"] == "mailbox-unknown" and quoted["doubt"] is None
    assert "about the recipient's mailbox" in quoted["evidence"]
    (doubtful,) = ctl.json("explain", "450 4.7.1 User unknown")
    assert doubtful["code"] == 3999 and doubtful["doubt"]


def test_explain_says_what_it_does_not_know(ctl):
    (row,) = ctl.json("explain", "the quick brown fox", code=NO)
    assert row["code"] == 9999
    assert "1234" in ctl.says("explain", "1234", code=NO)


def test_an_admin_changes_codes_and_adds_rules_beside_the_shipped_ones(ctl):
    (ctl.base / "codes.conf").write_text(
        '[[code]]\ncode = 3001\nname = "quota-full"\n\n'
        '[[code]]\ncode = 7001\nname = "spoon-bent"\nclass = "temporary"\nparent = 3999\n'
        'meaning = "The spoon is bent."\nadvice = "Bend it back."\nwho = "recipient"\n'
        'resend_helps = true\nlearning = "count"\n'
    )
    (ctl.base / "rules.d").mkdir()
    (ctl.base / "rules.d/a.conf").write_text(
        '[[rule]]\nid = "local/spoon"\ncode = "spoon-bent"\ntext = \'spoon\'\n'
        'expect = "550 5.7.1 the spoon is bent"\n'
    )
    (row,) = ctl.json("explain", "3001")
    assert (row["name"], row["class"]) == ("quota-full", "temporary") and row["advice"]
    (row,) = ctl.json("explain", "550 5.1.1 no such spoon")
    assert (row["code"], row["name"], row["rule"]) == (7001, "spoon-bent", "local/spoon")
    assert (row["advice"], row["who"], row["resend_helps"]) == ("Bend it back.", "recipient", True)
    assert (row["parent"], row["learning"]) == (3999, "count")
    spoon = BOUNCE.replace(b"User unknown", b"the spoon is bent")
    (row,) = ctl.json("classify", "-", stdin=spoon)
    assert (row["code"], row["recipients"][0]["name"]) == (7001, "spoon-bent")
    ctl.write_settings()
    text = ctl.conf.read_text().replace("[codes]", "[codes]\nextensions = false")
    ctl.conf.write_text(text)
    (row,) = ctl.json("classify", "-", stdin=spoon)
    assert (row["code"], row["recipients"][0]["name"]) == (3999, "temporary-other")


def test_mistakes_of_an_admin_are_told_by_file_and_line(ctl):
    (ctl.base / "codes.conf").write_text('[[code]]\ncode = 2001\nclass = "temporary"\n')
    told = ctl.says("explain", "2001", code=SETTINGS)
    assert f'{ctl.base}/codes.conf:3: "class" of code 2001 can\'t be changed' in told
    (ctl.base / "codes.conf").unlink()
    (ctl.base / "rules.d").mkdir()
    (ctl.base / "rules.d/a.conf").write_text(
        '[[rule]]\nid = "local/all"\ncode = 1004\ntext = \'user (unknown\'\n'
        'expect = "user unknown"\n'
    )
    told = ctl.says("explain", "user unknown", code=SETTINGS)
    assert f"{ctl.base}/rules.d/a.conf:1: rule local/all: bad pattern in text" in told
    ctl.says("explain", "2001")  # needs no rules
    check = subprocess.run(
        [program("holdback"), "-t", "-c", ctl.conf], capture_output=True, timeout=60, check=False
    )
    assert check.returncode == SETTINGS
    assert check.stderr.decode().splitlines() == [
        line.removeprefix("holdbackctl: ") for line in told.splitlines()
    ]


def test_a_rule_of_an_admin_that_wins_a_shipped_example_is_a_warning(ctl):
    (ctl.base / "rules.d").mkdir()
    (ctl.base / "rules.d/a.conf").write_text(
        '[[rule]]\nid = "local/all"\ncode = 1004\ntext = \'gsmtp|blocked\'\n'
        'expect = "550 blocked"\n'
    )
    (row,) = ctl.json("explain", "550 blocked")
    assert (row["code"], row["rule"]) == (1004, "local/all")
    check = subprocess.run(
        [program("holdback"), "-t", "-c", ctl.conf], capture_output=True, timeout=60, check=False
    )
    assert check.returncode == 0
    assert f"is won by rule local/all ({ctl.base}/rules.d/a.conf:1) (warning)" in (
        check.stderr.decode()
    )


# --- unknown ------------------------------------------------------------------------------------


UNKNOWN = (
    "INSERT INTO unknown_text (pattern, example, remote_mta, code, rule, messages, first_seen, "
    "last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def test_unknown_texts_are_listed_most_frequent_first(ctl):
    assert "none yet" in ctl.says("unknown", "list", code=UNAVAILABLE)
    ctl.start_store()
    assert "no unknown texts" in ctl.says("unknown", "list", code=NO)
    with contextlib.closing(sqlite3.connect(ctl.base / "holdback.db")) as store, store:
        store.execute(UNKNOWN, ("the spoon of {address}", "The spoon \x1b of a@example.net", "",
                                9999, "", 2, 1_700_000_000_000, 1_700_003_600_000))
        store.execute(UNKNOWN, ("a fork", "A fork", "mx.example.net", 4999, "status/other", 7,
                                1_700_000_000_000, 1_700_000_000_000))
    fork, spoon = ctl.json("unknown", "list")
    assert spoon == {
        "id": 1, "messages": 2, "proven": 0, "pattern": "the spoon of {address}", "code": 9999, "rule": None,
        "first_seen": "2023-11-14T22:13:20Z", "last_seen": "2023-11-14T23:13:20Z",
        "remote_mta": None, "example": "The spoon \x1b of a@example.net",
    }
    assert (fork["id"], fork["rule"], fork["remote_mta"]) == (2, "status/other", "mx.example.net")
    lines = ctl.says("unknown", "list").splitlines()
    assert [line.split()[0] for line in lines] == ["id", "2", "1"]
    assert ctl.json("unknown", "show", "1") == [spoon]
    human = ctl.says("unknown", "show", "1", "2")
    assert "\x1b" not in human and "example     A fork" in human
    assert "no unknown text 3" in ctl.says("unknown", "show", "2", "3", code=NO)
    ctl.says("unknown", "show", "x", code=USAGE)
    ctl.says("unknown", "show", code=USAGE)


def unknown_text(ctl, pattern, messages=2, proven=0, code=9999):
    with contextlib.closing(sqlite3.connect(ctl.base / "holdback.db")) as store, store:
        store.execute(UNKNOWN, (pattern, "Call bo@example.org", "mx.example.org", code, "",
                                messages, 1_700_000_000_000, 1_700_003_600_000))
        store.execute("UPDATE unknown_text SET proven = ?, proven_messages = ? WHERE pattern = ?",
                      (proven > 0, proven, pattern))


def test_unknown_texts_are_exported_as_beginnings_of_rules(ctl):
    ctl.start_store()
    assert "no unknown texts" in ctl.says("unknown", "export", code=NO)
    unknown_text(ctl, "550 5.9.9 the spoon of <{address}> isn't [straight]", 9, 4, 2999)
    unknown_text(ctl, "550 {id}: fork\u202e (see {url})", 2)
    text = ctl.says("unknown", "export")
    assert "# 9 messages, 4 of them proven, 2023-11-14 to 2023-11-14; its codes alone gave 2999" in text
    assert "bo@example.org" not in text and "mx.example.org" not in text and "\u202e" not in text
    # As it is, it is a file without rules; with the codes filled in it is one with two.
    rules = ctl.base / "rules.d"
    rules.mkdir()
    check = [program("holdback"), "-t", "-c", ctl.conf]
    filled = "".join(
        line[1:] + "\n" if line.startswith("#") and not line.startswith("# ") else line + "\n"
        for line in text.splitlines()
    ).replace("code =", "code = 1004")
    for written in (text, filled):
        (rules / "new.conf").write_text(written)
        done = subprocess.run(check, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done
    (row,) = ctl.json("explain", "550 5.9.9 The spoon of <al@example.net> isn't [straight]")
    assert (row["code"], row["rule"]) == (1004, "local/1-the-spoon-of-isnt")
    assert "2-fork" not in ctl.says("unknown", "export", "--proven")
    assert "no unknown text 3" in ctl.says("unknown", "export", "2", "3", code=NO)


def test_unknown_texts_are_exported_for_programs(ctl):
    ctl.start_store()
    unknown_text(ctl, "=cmd|' /c calc'!a{number} of {address}\u202e", 5, 2)
    (row,) = csv.DictReader(ctl.says("unknown", "export", "--format", "csv").splitlines())
    assert row["pattern"].startswith("'=cmd|") and "\u202e" not in row["pattern"]
    assert (row["messages"], row["proven"], row["unproven"]) == ("5", "2", "3")
    (row,) = ctl.json("unknown", "export")
    assert row == ctl.json("unknown", "export", "--format", "json", "1")[0]
    assert (row["proven"], row["unproven"], row["code"]) == (2, 3, 9999)
    assert row["rule"]["expect"] == "=cmd|' /c calc'!a17 of user@example.net?"
    ctl.says("unknown", "export", "--format", "toml", code=USAGE)


def test_unknown_texts_are_dropped(ctl):
    assert "none yet" in ctl.says("unknown", "drop", "--all", code=UNAVAILABLE)
    assert not (ctl.base / "holdback.db").exists()
    ctl.start_store()
    for name in ("spoon", "fork", "knife"):
        unknown_text(ctl, f"a {name}")
    for wrong in ((), ("1", "--all"), ("x",)):
        ctl.says("unknown", "drop", *wrong, code=USAGE)
    assert ctl.json("unknown", "drop", "1") == [{"dropped": 1, "pattern": "a spoon"}]
    assert "no unknown text 1" in ctl.says("unknown", "drop", "1", "2", code=NO)
    assert [row["id"] for row in ctl.json("unknown", "list")] == [3]
    assert ctl.says("unknown", "drop", "--all") == "1 pattern dropped\n"
    ctl.says("unknown", "list", code=NO)
    # The daemon writes a line for each of the three.
    with contextlib.closing(sqlite3.connect(ctl.base / "holdback.db")) as store:
        rows = store.execute(
            "SELECT what, entries, who, told FROM list_change WHERE what = 8"
        ).fetchall()
    me = f"{pwd.getpwuid(os.geteuid()).pw_name} (uid {os.geteuid()})"
    assert [(what, entries, told) for what, entries, _, told in rows] == [(8, 1, 0)] * 3
    assert all(who.startswith(me) for _, _, who, _ in rows), rows


# --- suppress -----------------------------------------------------------------------------------


def test_an_entry_goes_in_and_out(ctl):
    ctl.says("suppress", "add", "--note", "asked by phone", "Bo@Example.NET")
    (row,) = ctl.json("suppress", "show", "bo@example.net")
    assert (row["subject"], row["kind"], row["reason"], row["source"]) == (
        "bo@example.net", "address", "manual", "admin",
    )
    assert (row["code"], row["standing"], row["expires"], row["diagnostic"]) == (
        1999, "in-force", None, "asked by phone",
    )
    assert [r["subject"] for r in ctl.json("suppress", "list")] == ["bo@example.net"]
    assert "bo@example.net" in ctl.says("suppress", "list")
    assert ctl.json("suppress", "remove", "bo@example.net") == [
        {"subject": "bo@example.net", "removed": True}
    ]
    assert ctl.json("suppress", "list", code=NO) == []
    ctl.json("suppress", "show", "bo@example.net", code=NO)
    ctl.json("suppress", "remove", "bo@example.net", code=NO)


def test_entries_for_domains_cover_their_addresses(ctl):
    ctl.run("suppress", "add", "--reason", "bounce", "bücher.example")
    (row,) = ctl.json("suppress", "show", "a@xn--bcher-kva.example")
    assert (row["subject"], row["kind"], row["code"]) == ("xn--bcher-kva.example", "domain", 2002)
    (checked,) = ctl.json("check", "--offline", "a@bücher.example", code=NO)
    assert checked["findings"][0]["name"] == "suppressed-bounce"


def test_check_without_a_sender_says_that_some_entries_are_left_out(ctl):
    ctl.run("suppress", "add", "bo@example.net")
    said = "al@example.net: the list has an entry that counts for the mail of one sender"
    assert said not in ctl.says("check", "--offline", "al@example.net")
    ctl.run("suppress", "add", "--sender", "news@a.test", "--scope", "sender", "al@example.net")
    assert said in ctl.says("check", "--offline", "al@example.net")
    assert said not in ctl.says("check", "--offline", "bo@example.com")
    asked = ("check", "--offline", "--sender", "news@a.test", "al@example.net")
    assert said not in ctl.says(*asked, code=NO)
    # What programs read is what it was.
    assert len(ctl.json("check", "--offline", "al@example.net")) == 1


def test_an_allow_entry_stands_above_all(ctl):
    ctl.run("suppress", "add", "example.net")
    ctl.run("suppress", "add", "--reason", "allow", "bo@example.net")
    rows = ctl.json("check", "--offline", "bo@example.net", "al@example.net", code=NO)
    assert [row["verdict"] for row in rows] == ["pass", "reject"]


def test_lists_are_narrowed(ctl):
    ctl.run("suppress", "add", "--reason", "bounce", "a@example.net", "b@example.org")
    ctl.run("suppress", "add", "--reason", "complaint", "--code", "5002", "c@example.net")
    ctl.run("suppress", "add", "--expires", "30d", "example.net")

    def subjects(*options):
        return [row["subject"] for row in ctl.json("suppress", "list", *options)]

    assert subjects("--reason", "bounce") == ["a@example.net", "b@example.org"]
    assert subjects("--code", "5002") == ["c@example.net"]
    assert subjects("--domain", "Example.Net") == ["a@example.net", "c@example.net", "example.net"]
    (row,) = ctl.json("suppress", "show", "example.net")
    assert row["expires"] > row["last_seen"]


def test_remove_with_release_has_the_daemon_release_nothing_when_nothing_is_held(ctl):
    ctl.run("suppress", "add", "bo@example.net")
    ctl.says("suppress", "remove", "--release", "bo@example.net")


@pytest.mark.parametrize(
    "arguments",
    [("add", "not an address@"), ("add", "a@example.net", "--expires", "30"),
     ("add", "a@example.net", "--reason", "spite"), ("add", "a@example.net", "--code", "20"),
     ("add",), ("list", "--domain", "-")],
)
def test_wrong_suppress_arguments_are_usage_errors(ctl, arguments):
    ctl.says("suppress", *arguments, code=USAGE)
    assert not (ctl.base / "holdback.db").exists()


# --- held ---------------------------------------------------------------------------------------


def test_nothing_is_held_in_an_empty_store(ctl):
    ctl.start_store()
    assert ctl.json("held", "list", code=NO) == []
    assert ctl.json("held", "list", "--all", "--sender", "<>", code=NO) == []
    assert ctl.json("held", "show", "1", code=NO) == []
    assert ctl.json("held", "release", "--older", "2d", code=NO) == []


def test_named_items_go_to_the_daemon(ctl):
    answers = {
        "release": "7\treleased\t250 2.0.0 Ok\n8\trefused\t450 a\\tb\\nc\nok\n",
        "return": "8\treturned\t\nok\n",
        "discard": "7\tdiscarded\t\nok\n",
    }
    with daemon(ctl.socket, answers) as requests:
        rows = ctl.json("held", "release", "7", "8", code=NO)
        ctl.json("held", "return", "8", "--in-doubt")
        ctl.json("held", "discard", "7")
    assert rows == [
        {"id": 7, "outcome": "released", "answer": "250 2.0.0 Ok"},
        {"id": 8, "outcome": "refused", "answer": "450 a\tb\nc"},
    ]
    assert requests == [["release", "7", "8"], ["return", "in-doubt", "8"], ["discard", "7"]]


def test_many_items_go_in_several_requests(ctl):
    def release(fields):
        return "".join(f"{number}\treleased\t\n" for number in fields[1:]) + "ok\n"

    with daemon(ctl.socket, {"release": release}) as requests:
        rows = ctl.json("held", "release", *range(1, 2501))
    assert [row["id"] for row in rows] == list(range(1, 2501))
    assert len(requests) > 1


@pytest.mark.parametrize(
    "arguments", [("release",), ("show",), ("release", "x"), ("list", "--reason", "no-finding")]
)
def test_wrong_held_arguments_are_usage_errors(ctl, arguments):
    ctl.says("held", *arguments, code=USAGE)


# --- the daemon ---------------------------------------------------------------------------------


def test_without_a_daemon_its_commands_say_so(ctl):
    ctl.start_store()
    for arguments in (["reload"], ["cache", "show"], ["cache", "clear"], ["held", "release", "1"]):
        assert "the daemon is not running" in ctl.says(*arguments, code=UNAVAILABLE)
    (row,) = ctl.json("status", code=UNAVAILABLE)
    assert row["running"] is False and row["held"] == 0 and row["suppression_entries"] == 0


def test_status_and_cache_are_what_the_daemon_says(ctl):
    ctl.start_store()
    answers = {
        "status": "mode\tenforce\npid\t12\nok\n",
        "cache-show": "dns_cache_entries\t3\nok\n",
        "cache-clear": "ok\n",
        "reload": "ok\n",
    }
    with daemon(ctl.socket, answers) as requests:
        (row,) = ctl.json("status")
        assert ctl.json("cache", "show") == [{"dns_cache_entries": 3}]
        ctl.says("cache", "clear")
        ctl.says("reload")
    assert (row["running"], row["mode"], row["pid"], row["held"]) == (True, "enforce", 12, 0)
    assert requests == [["status"], ["cache-show"], ["cache-clear"], ["reload"]]


def test_a_reload_that_fails_shows_why(ctl):
    error = "error\t/etc/x.conf:3: unknown key\\n/etc/x.conf:9: no number\n"
    with daemon(ctl.socket, {"reload": error}):
        text = ctl.says("reload", code=SETTINGS)
    assert text.splitlines()[:2] == [
        "holdbackctl: /etc/x.conf:3: unknown key", "holdbackctl: /etc/x.conf:9: no number",
    ]


def test_a_daemon_that_breaks_off_is_out_of_reach(ctl):
    with daemon(ctl.socket, {"reload": ""}):
        ctl.says("reload", code=UNAVAILABLE)


def test_mistakes_in_the_settings_keep_nobody_from_looking(ctl):
    ctl.start_store()
    unknown_text(ctl, "a spoon")
    drop_ins = ctl.base / "holdback.conf.d"
    drop_ins.mkdir()
    (drop_ins / "a.conf").write_text("[dns\n")
    (drop_ins / "b.conf").write_text('[dns]\nbudget = "soon"\n')
    answers = {"status": "mode\tenforce\nok\n", "metrics": "a 1\nok\n", "cache-show": "ok\n"}
    with daemon(ctl.socket, answers) as requests:
        for arguments in (["status"], ["metrics"], ["cache", "show"], ["unknown", "list"]):
            done = ctl.run(*arguments)
            assert done.returncode == DONE, done
            told = done.stderr.decode()
            assert "a.conf:1" in told and "b.conf:2: dns.budget must be" in told
            assert "(warning: the other settings count)" in told
        for arguments in (["held", "list"], ["suppress", "list"]):
            assert ctl.run(*arguments).returncode == NO
        for arguments in (["reload"], ["cache", "clear"], ["suppress", "add", "a@example.net"],
                          ["held", "release", "1"]):
            assert ctl.run(*arguments).returncode == SETTINGS
    assert [request[0] for request in requests] == ["status", "metrics", "cache-show"]
    # Which file is meant is no mistake to pass over.
    done = subprocess.run([program("holdbackctl"), "-c", "/nonexistent", "status"],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == SETTINGS


def test_a_socket_can_be_named(ctl):
    other = ctl.base / "other.sock"
    with daemon(other, {"metrics": "a 1\nok\n", "cache-clear": "ok\n"}) as requests:
        assert ctl.says("metrics", "--socket", other) == "a 1\n"
        ctl.says("--socket", other, "cache", "clear")
        assert "not running" in ctl.says("metrics", code=UNAVAILABLE)
    assert requests == [["metrics"], ["cache-clear"]]


# --- the settings -------------------------------------------------------------------------------


def test_the_settings_in_force_are_shown_with_where_they_come_from(ctl):
    drop_ins = ctl.base / "holdback.conf.d"
    drop_ins.mkdir()
    (drop_ins / "a.conf").write_text('[dns]\nbudget = "3s"\n[bulk]\nrecipients = 25\n')
    rows = {(row["table"], row["key"]): row for row in ctl.json("config", "show")}
    assert len(rows) > 100
    assert rows["dns", "budget"] == {
        "table": "dns", "key": "budget", "value": "3s", "default": "2s", "changed": True,
        "file": str(drop_ins / "a.conf"), "line": 2, "needs_restart": False,
    }
    mode = rows[None, "mode"]
    assert (mode["value"], mode["changed"], mode["file"], mode["line"]) == (
        "shadow", False, None, None)
    assert rows["bulk", "recipients"]["value"] == 25 and not rows["bulk", "recipients"]["changed"]
    assert rows["dns", "reserved_domains"]["value"] == []
    assert rows["control", "socket"]["file"] == str(ctl.conf)
    assert [key for key, row in rows.items() if row["needs_restart"]] == [
        ("milter", "socket"), ("milter", "socket_group"), ("milter", "socket_mode"),
        ("milter", "user"), ("control", "socket"), ("control", "group"), ("control", "operators"),
        ("store", "path"), ("store", "hash"), ("store", "hash_key"), ("hold", "spool"),
    ]
    changed = {(row["table"], row["key"]) for row in ctl.json("config", "show", "--changed")}
    assert changed == {key for key, row in rows.items() if row["changed"]}
    assert ("dns", "budget") in changed and ("bulk", "recipients") not in changed


def test_what_is_shown_of_the_settings_is_a_settings_file(ctl):
    shown = ctl.says("config", "show")
    assert f'path = "{ctl.base}/holdback.db"' in shown and f"# {ctl.conf}:" in shown
    assert 'mode = "shadow"' in shown.splitlines()[0] and shown.splitlines()[0].endswith("# default")
    before = ctl.json("config", "show")
    ctl.conf.write_text(shown)
    after = ctl.json("config", "show")
    assert [row["value"] for row in after] == [row["value"] for row in before]
    ctl.conf.write_text("")
    assert "every key has its default" in ctl.says("config", "show", "--changed")
    ctl.conf.write_text("[dns]\nbudgets = 3\n")
    assert ":2: unknown key" in ctl.says("config", "show", code=SETTINGS)


def test_the_check_warns_of_what_the_unit_forbids(ctl):
    units = ctl.base / "units"
    units.mkdir()
    where = {**os.environ, "SYSTEMD_UNIT_PATH": str(units)}
    ctl.write_settings('[log]\ntarget = "file:/var/log/hold.log"\n')

    def check():
        done = subprocess.run([program("holdback"), "-t", "-c", ctl.conf], env=where,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == DONE, done
        return done.stderr

    assert check() == ""
    shipped = (SOURCE / "contrib/systemd/holdback.service.in").read_text()
    (units / "holdback.service").write_text(shipped)
    told = check()
    assert f"{ctl.conf}:2: log.target names /var/log/hold.log, where holdback.service may not" in told
    assert "/var/log/holdback" in told and 'say "ReadWritePaths=/var/log"' in told
    assert "store.path names" not in told  # below /tmp
    assert not os.path.exists("/var/log/hold.log")
    drop_in = units / "holdback.service.d"
    drop_in.mkdir()
    (drop_in / "a.conf").write_text("[Service]\nReadWritePaths=/var/log\n")
    assert check() == ""


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [(), ("--no-such-option",), ("no-such-command",), ("check",), ("check", "--nonsense", "a@b"),
     ("check", "a@example.net", "--file", "-"), ("check", "--stream", "both", "a@example.net"),
     ("classify",), ("explain",), ("suppress",), ("held",), ("cache",), ("status", "now")],
)
def test_a_wrong_command_line_ends_with_two(ctl, arguments):
    text = ctl.says(*arguments, code=USAGE)
    assert text.startswith("holdbackctl: ")


@pytest.mark.parametrize("arguments", [
    ("suppress", "rollback", "--since", "30"),
    ("suppress", "rollback", "--since", "1d", "--until", "1700000000"),
    ("report", "--since", "30"),
    ("whatif", "--since", "30", "holdback.conf"),
])
def test_a_time_needs_a_unit_or_a_date(ctl, arguments):
    ctl.run("suppress", "add", "bo@example.net")
    told = ctl.says(*arguments, code=USAGE)
    assert "is not a time" in told and "30d" in told


def test_an_epoch_is_marked_as_one(ctl):
    ctl.run("suppress", "add", "bo@example.net")
    assert "nothing was learned then" in ctl.says(
        "suppress", "rollback", "--since", "@1700000000", code=NO)


@pytest.mark.parametrize("arguments", [
    ("suppress", "add", "bo@example.net", "--scope", "sender-domian"),
    ("suppress", "add", "bo@example.net", "--code", "4711"),
    ("suppress", "list", "--scope", "sender-domian"),
    ("suppress", "list", "--code", "4711"),
    ("suppress", "export", "--code", "4711"),
    ("suppress", "remove", "--code", "4711", "--yes"),
    ("suppress", "rollback", "--code", "4711"),
    ("held", "list", "--reason", "null-mix"),
    ("held", "list", "--columns", "id,nothing"),
])
def test_what_does_not_exist_is_no_choice(ctl, arguments):
    ctl.run("suppress", "add", "al@example.net")
    ctl.says(*arguments, code=USAGE)
    assert [row["subject"] for row in ctl.json("suppress", "list")] == ["al@example.net"]


def test_times_for_people_tell_their_zone(ctl):
    ctl.run("suppress", "add", "bo@example.net", "--expires", "30d")
    told = ctl.says("suppress", "list")
    assert "LAST SEEN (UTC)" in told and "EXPIRES (UTC)" in told


def test_an_unknown_command_is_named(ctl):
    for arguments in (("reprot",), ("held", "reprot"), ("reprot", "--since", "2d")):
        assert 'there is no command "reprot"\n' in ctl.says(*arguments, code=USAGE)


@pytest.mark.parametrize("arguments", [("--help",), ("-V",), ("check", "--help"), ("held", "-h")])
def test_help_and_version_are_answers(ctl, arguments):
    assert "holdbackctl" in ctl.says(*arguments, conf=False)


def test_the_version_comes_with_where_the_programs_look(ctl):
    tool = ctl.says("-V").splitlines()
    done = subprocess.run([program("holdback"), "-c", ctl.conf, "-V"],
                          capture_output=True, text=True, timeout=60, check=False)
    daemon_says = done.stdout.splitlines()
    assert tool[0].split()[1] == daemon_says[0].split()[1] and tool[1:] == daemon_says[1:]
    places = dict(line.rsplit(" ", 1) for line in tool[1:])
    assert places["settings"] == str(ctl.conf) and places["drop-ins"] == f"{ctl.conf}.d"
    assert places["control socket"] == "/run/holdback/control.sock"
    assert places["store"] == "/var/lib/holdback/holdback.db"
    assert places["milter socket"].startswith("unix:/") and places["rules"].endswith("/rules.d")


def test_global_options_may_stand_behind_the_command(ctl):
    done = ctl.run("check", "--offline", "a@example.net", "--json", "-c", ctl.conf, conf=False)
    assert json.loads(done.stdout)["verdict"] == "pass"


def test_words_that_are_commands_too_stay_arguments(ctl):
    (row,) = ctl.json("check", "--offline", "status", code=NO)
    assert row["address"] == "status"


@pytest.mark.parametrize("command", [("check", "--offline", "a@example.net"), ("explain", "2001"),
                                     ("suppress", "list"), ("held", "list"), ("status",)])
def test_wrong_settings_are_told_by_file_and_line(ctl, command):
    ctl.write_settings('mode = "loud"\n')
    text = ctl.says(*command, code=SETTINGS)
    assert f"holdbackctl: {ctl.conf}:1: " in text


def test_absent_settings_that_were_named_are_an_error(ctl):
    ctl.conf.unlink()
    assert str(ctl.conf) in ctl.says("check", "--offline", "a@example.net", code=SETTINGS)


def test_a_store_that_cannot_be_used_is_out_of_reach(ctl):
    assert "holdback.db" in ctl.says("suppress", "list", code=UNAVAILABLE)
    (ctl.base / "holdback.db").write_bytes(b"this is no database, but longer than a header" * 40)
    for arguments in (
        ["check", "--offline", "a@example.net"], ["suppress", "list"], ["held", "list"],
        ["suppress", "add", "a@example.net"],
    ):
        assert "holdback.db" in ctl.says(*arguments, code=UNAVAILABLE)


def test_people_read_their_own_letters_where_the_locale_has_them(ctl):
    """In what is judged, listed, understood and refused alike; and nothing else gets through."""
    hostile = "jörg\u202e\x1b[2J@example.net"
    bounce = ("From: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
              "\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.test"
              "\r\n\r\nFinal-Recipient: utf-8; jörg@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n"
              "Diagnostic-Code: smtp; 550 Empfänger unbekannt\r\n\r\n--b--\r\n").encode()
    for locale, name in (("C.UTF-8", "jörg"), ("C", "j\\xc3\\xb6rg")):
        def says(*arguments, code=DONE, at=locale, **options):
            return ctl.says(*arguments, code=code, LC_ALL=at, **options)

        ctl.start_store()
        judged = says("check", "--offline", "jörg@gmial.com")
        assert f"  {name}@gmial.com" in judged.splitlines()[0]
        assert f"did you mean {name}@gmail.com?" in judged
        assert f"perhaps {name}@gmail.com" in judged
        says("suppress", "add", "jörg@example.net")
        assert f"{name}@example.net" in says("suppress", "list")
        assert f"{name}@example.net" in says("suppress", "show", "jörg@example.net")
        says("suppress", "remove", "jörg@example.net")
        assert f"{name}@example.net: there is no entry" in says(
            "suppress", "show", "jörg@example.net", code=NO)
        assert f"{name}@example.net" in says("classify", "-", stdin=bounce)
        assert f'"{name}" is not an address' in says("suppress", "import", "-", code=NO,
                                     stdin="email\njörg\n".encode())
        assert f'there is no command "{name}"' in says("jörg", code=USAGE)
        refused = says("suppress", "show", hostile, code=USAGE)
        assert "\\xe2\\x80\\xae\\x1b[2J" in refused and "\x1b" not in refused and "\u202e" not in refused


def test_the_check_names_what_is_wrong_with_the_words_of_notices(ctl):
    (ctl.base / "notices.d").mkdir()
    (ctl.base / "notices.d/a.conf").write_text(
        'language = "de"\n[texts]\nlabel_why = "{count}:"\nlabel_wy = "x"\n'
    )
    ctl.write_settings(
        f'[notice]\ntexts = "{SOURCE}/conf/notices.d"\nlocal_texts = "{ctl.base}/notices.d"\n'
    )

    def check():
        done = subprocess.run([program("holdback"), "-t", "-c", ctl.conf],
                              capture_output=True, timeout=60, check=False)
        return done.returncode, done.stderr.decode().splitlines()

    assert check() == (SETTINGS, [
        f'{ctl.base}/notices.d/a.conf:3: "label_why": {{count}} is not a placeholder of this text: '
        "it has none",
        f'{ctl.base}/notices.d/a.conf:4: "label_wy": there is no text of this name',
    ])
    (ctl.base / "notices.d/a.conf").write_text('language = "it"\n[texts]\nlabel_why = "x"\n')
    code, lines = check()
    assert code == 0
    assert lines[0].startswith(
        f"{ctl.base}/notices.d: ") and "English text stands in where [texts] of \"it\"" in lines[0]
    (ctl.base / "notices.d/a.conf").unlink()
    assert check()[0] == 0
