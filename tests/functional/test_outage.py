# SPDX-License-Identifier: Apache-2.0
"""A made-up history like that of a large provider in December 2020: mail to recipients who have
taken it for weeks is suddenly answered by "550 5.1.1 … does not exist", for hours."""

import contextlib
import datetime
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest

from lab import holdback
from lab.mail import NEWS, message
from lab.milter_client import MilterClient
from lab.need import need
from lab.wait import wait_for

PROVIDER = "google.com"
GOOD = [f"user{number}@example.net" for number in range(300)]
WRONG = [f"typo{number}@example.net" for number in range(5)]
ELSEWHERE = "gone@example.org"

NO_SUCH_USER = (
    "host {relay}[142.250.27.27] said: 550-5.1.1 The email account that you tried to reach does"
    " not exist. 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser (in reply to RCPT TO"
    " command)"
)


class MailLog:
    """Postfix's log as it grows, of messages that have left through the filter."""

    def __init__(self, path):
        self.path = path
        self.count = 0
        self.socket = None

    def write(self, recipient, result, relay="gmail-smtp-in.l.google.com", text=None):
        self.count += 1
        with MilterClient(self.socket) as mta:
            mta.connect()
            mta.helo()
            mta.message(f"<{NEWS}>", [f"<{recipient}>"], message(NEWS, recipient, "Hello"),
                        queue_id=f"4Q{self.count:06X}")
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        status = "2.0.0" if result == "sent" else "5.1.1"
        text = text or ("250 2.0.0 OK" if result == "sent" else NO_SUCH_USER.format(relay=relay))
        with open(self.path, "a", encoding="ascii") as log:
            log.write(
                f"{now} mta postfix/smtp[7]: 4Q{self.count:06X}: to=<{recipient}>,"
                f" relay={relay}[142.250.27.27]:25, delay=1, delays=0.1/0/0.4/0.5,"
                f" dsn={status}, status={result} ({text})\n"
            )
        self.path.chmod(0o644)


@pytest.fixture(name="house", scope="module")
def fixture_house():
    need(holdback.missing())
    # Not below pytest's own directory, which is closed to the daemon's user.
    base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
    base.chmod(0o755)
    log = MailLog(base / "maillog")
    daemon = holdback.Holdback(
        base / "holdback",
        base / "sock/holdback.sock",
        [],
        25,
        {
            "mode": "shadow",
            "maillog": {"file": str(log.path)},
            "outage": {"minimum": 10, "rate": "10%", "window": "10s"},
        },
    )
    daemon.start()
    log.socket = daemon.socket
    yield daemon, log
    daemon.stop()
    shutil.rmtree(base, ignore_errors=True)


def follow(daemon, log):
    """Waits until the whole log is read."""
    wait_for(
        "the log is read",
        lambda: int(daemon.ctl("status").rows[0].get("maillog_lines", 0)) >= log.count,
    )


def test_the_outage_is_noticed_stops_the_learning_and_can_be_undone(house):
    daemon, log = house
    for recipient in GOOD:
        log.write(recipient, "sent")
    follow(daemon, log)
    # Their server has taken mail for them for longer than it needs to say that it was wrong.
    with contextlib.closing(sqlite3.connect(daemon.base / "holdback.db", timeout=20)) as store:
        known = "SELECT count(*) FROM accepted"
        wait_for("all are written",
                 lambda: store.execute(known).fetchone()[0] == len(set(GOOD)))
        store.execute("UPDATE accepted SET first = first - ?", (73 * 3600 * 1000,))
        store.commit()

    # An ordinary day: a few typing errors among many deliveries teach.
    for recipient in WRONG:
        log.write(recipient, "bounced")
    follow(daemon, log)
    entries = wait_for("they teach", lambda: len(daemon.entries()) == 5 and daemon.entries())
    assert set(entries) == set(WRONG)
    assert all(entry["proof"] == "local" for entry in entries.values())

    # The outage: everybody "does not exist".
    for recipient in GOOD[:200]:
        log.write(recipient, "bounced")
    log.write(ELSEWHERE, "bounced", relay="mx.example.org")
    follow(daemon, log)
    wait_for("others are learned about as ever", lambda: ELSEWHERE in daemon.entries())
    wrongly = set(daemon.entries()) - set(WRONG) - {ELSEWHERE}
    # Until it was noticed: 200 answers of which one in ten is a bounce are needed.
    assert 9 <= len(wrongly) < 60, len(wrongly)
    (line,) = daemon.log(r"error: outage: \d+ of \d+ recipients at google.com")
    assert "suppress rollback --mx google.com --since " in line
    assert daemon.log(r'rcpt="user199@example.net".*learned=no learn_reason=outage')
    assert daemon.ctl("status").rows[0]["outages"] == 1
    assert 'holdback_outage{provider="google.com"} 1' in daemon.say("metrics")
    assert 'holdback_outcomes_total{result="bounced"}' in daemon.say("metrics")
    (outage,) = daemon.ctl("suppress", "rollback").rows
    assert outage["provider"] == PROVIDER and outage["closed"] is None

    # It closes by itself.
    wait_for("it is over", lambda: daemon.ctl("suppress", "rollback").rows[0]["closed"])
    assert daemon.log("outage: over at google.com")
    assert "holdback_outage{" not in daemon.say("metrics")
    log.write("new@example.net", "bounced")
    wait_for("bounces count again", lambda: "new@example.net" in daemon.entries())

    # What it taught is undone, and nothing else.
    planned = daemon.ctl("suppress", "rollback", "--mx", "alt1.gmail-smtp-in.l.google.com").rows
    assert {row["subject"] for row in planned} >= wrongly
    assert not any(row["undone"] for row in planned)
    shown = subprocess.run(
        [holdback.program("holdbackctl"), "-c", daemon.conf, "suppress", "rollback", "--mx", PROVIDER],
        env={**os.environ, "TZ": "America/New_York"},
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout.splitlines()
    assert "FIRST TAUGHT (UTC)" in shown[0]
    times = {row["subject"]: row["first_taught"] for row in planned}
    for line in shown[1:]:
        assert times[line.split()[0]].replace("T", " ")[:16] in line
    assert wrongly <= set(daemon.entries())
    since = outage["began"]
    undone = daemon.ctl("suppress", "rollback", "--mx", "google.com", "--since", since,
                        "--until", outage["opened"], "--yes", check=False)
    undone = undone.rows + daemon.ctl("suppress", "rollback", "--mx", "google.com", "--yes",
                                      check=False).rows
    assert {row["subject"] for row in undone if row["undone"]} >= wrongly
    left = set(daemon.entries())
    assert not left & set(GOOD)
    assert ELSEWHERE in left and "new@example.net" in left


def test_rollback_says_what_it_does_not_know(house):
    daemon, _ = house
    assert daemon.ctl("suppress", "rollback", "--mx", "unknown.example", check=False).code == 2
    assert "name a time with --since" in daemon.say("suppress", "rollback", "--mx", "unknown.example")
    assert daemon.ctl("suppress", "rollback", "--since", "soon", check=False).code == 2
    nothing = daemon.ctl("suppress", "rollback", "--since", "2020-12-15T20:00", "--until",
                         "2020-12-16T00:00", check=False)
    assert nothing.code == 1 and "nothing was learned then" in nothing.errors
