# SPDX-License-Identifier: Apache-2.0
"""A daemon that is killed while it learns: what the log of the MTA told is learned once, and the list
is whole at every moment."""

import contextlib
import datetime
import pathlib
import random
import shutil
import sqlite3
import tempfile
import time

import pytest

from lab import holdback
from lab.mail import NEWS, message
from lab.milter_client import MilterClient
from lab.need import need
from lab.wait import wait_for

KILLS = 25
BATCH = 200
TOGETHER = 50  # recipients of one message

UNKNOWN = "5.1.1", "550 5.1.1 User unknown"
FULL = "5.2.2", "552 5.2.2 Mailbox full"


def address_of(number):
    return f"user{number}@d{number % TOGETHER}.example"


def queue_id_of(number):
    return f"4R{number // TOGETHER:06X}"


class MailLog:
    """Postfix's log, of nothing but bounces of mail that has left through the filter."""

    def __init__(self, path):
        self.path = path
        self.recipients = {}
        path.touch(0o644)

    @staticmethod
    def let_leave(daemon, count):
        """So many recipients' mail leaves, and the decisions are written down."""
        with MilterClient(daemon.socket) as mta:
            mta.connect()
            mta.helo()
            for first in range(0, count, TOGETHER):
                recipients = [f"<{address_of(first + k)}>" for k in range(TOGETHER)]
                mta.message(f"<{NEWS}>", recipients, message(NEWS, NEWS, "Hello"),
                            queue_id=queue_id_of(first))
        wait_for("the decisions are written", lambda: decisions(daemon) == count)

    def write(self, count):
        with open(self.path, "a", encoding="ascii") as log:
            log.write("".join(self._line() for _ in range(count)))

    def _line(self):
        number = len(self.recipients)
        recipient = address_of(number)
        status, reply = FULL if number % 4 == 0 else UNKNOWN
        self.recipients[recipient] = status
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        return (
            f"{now} mta postfix/smtp[7]: {queue_id_of(number)}: to=<{recipient}>,"
            f" relay=mx.example[192.0.2.7]:25, delay=1, delays=0.1/0/0.4/0.5,"
            f" dsn={status}, status=bounced (host mx.example[192.0.2.7] said: {reply}"
            " (in reply to RCPT TO command))\n"
        )


@pytest.fixture(name="house")
def fixture_house():
    need(holdback.missing())
    with contextlib.ExitStack() as exits:
        # Not below pytest's own directory, which is closed to the daemon's user.
        base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        log = MailLog(base / "maillog")
        daemon = holdback.Holdback(
            base / "holdback", base / "sock/holdback.sock", [], 25,
            {"mode": "shadow", "maillog": {"file": str(log.path)}, "outage": {"enabled": False}},
        )
        exits.callback(daemon.stop)
        daemon.start()
        yield daemon, log


def entries(daemon):
    """Strikes and code by subject, as the file holds them, whether the daemon lives or not."""
    with contextlib.closing(sqlite3.connect(daemon.base / "holdback.db", timeout=30)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = store.execute("SELECT local || '@' || domain, strikes, code FROM suppression")
        return {subject: (strikes, code) for subject, strikes, code in rows}


def decisions(daemon):
    with contextlib.closing(sqlite3.connect(daemon.base / "holdback.db", timeout=30)) as store:
        return store.execute("SELECT count(*) FROM decision_recipient").fetchone()[0]


def test_each_bounce_of_the_log_teaches_once_though_the_daemon_is_killed(house, capsys):
    daemon, log = house
    source = random.Random(4)
    learned = []
    log.let_leave(daemon, KILLS * BATCH)
    for _ in range(KILLS):
        log.write(BATCH)
        time.sleep(source.uniform(0.02, 0.4))
        daemon.kill()
        found = entries(daemon)
        assert all(strikes == 1 for strikes, _ in found.values())
        learned.append((len(found), len(log.recipients)))
        daemon.start()
    expected = {
        recipient: (1, 2001 if status == "5.1.1" else 3001)
        for recipient, status in log.recipients.items()
    }
    wait_for("all is learned", lambda: len(entries(daemon)) >= len(expected), 120)
    assert entries(daemon) == expected
    # Kills met the daemon at work, not only before and after.
    assert sum(0 < count < told for count, told in learned) >= 3, learned
    with capsys.disabled():
        print(f"\n{KILLS} kills, {len(expected)} bounces, learned and told at each kill: {learned}", end="")
