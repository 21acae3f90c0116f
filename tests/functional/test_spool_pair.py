# SPDX-License-Identifier: Apache-2.0
"""Store and spool belong together: a daemon that has the wrong one does not start and touches
nothing, and `held rescue` lists a spool again."""

import shutil
import subprocess
import time

import pytest

from lab import holdback
from lab.holdback import program
from lab.mail import NEWS
from lab.wait import wait_for

from test_spool import hold, spool_file, store

SETTINGS = {"log": {"level": "info"}}
CONFIG = 78


def refused(daemon):
    """Starts a daemon that is to refuse, and gives what it says."""
    done = subprocess.run(
        [program("holdback"), "-c", daemon.conf],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
        check=False, text=True,
    )
    assert done.returncode == CONFIG, done
    return done.stdout


def files(rig):
    return sorted(path.name for path in (rig.holdback.base / "held").glob("*.held"))


def store_files(rig):
    return [
        path
        for path in rig.holdback.base.glob("holdback.db*")
        if not path.name.endswith(".lock")
    ]


def lose_store(rig):
    for path in store_files(rig):
        path.unlink()


def keep_copy(rig, place):
    """A copy of the store, as a backup makes it."""
    place.mkdir(exist_ok=True)
    with store(rig) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy2(rig.holdback.base / "holdback.db", place / "holdback.db")


def put_back(rig, place):
    lose_store(rig)
    shutil.copy2(place / "holdback.db", rig.holdback.base / "holdback.db")
    shutil.chown(rig.holdback.base / "holdback.db", rig.holdback.user)


def keep_up(rig):
    """Waits until the marks have followed the last change."""

    def followed():
        with store(rig) as database:
            (generation,) = database.execute("SELECT generation FROM spool_pair").fetchone()
        return f"generation {generation}\n" in (rig.holdback.base / "held/pair").read_text()

    wait_for("nothing changes", lambda: not rig.holdback.held("--in-doubt"))
    # The worker looks about once a second.
    time.sleep(2.5)
    assert followed()


@pytest.fixture
def other(rig):
    """A second instance with sockets and a directory of its own."""
    base = rig.base / "other"
    made = holdback.Holdback(
        base, base / "socket/other.sock", [rig.nsd.address], rig.mta.port, SETTINGS
    )
    yield made
    made.stop()
    shutil.rmtree(base)


def test_a_second_instance_on_the_same_spool_or_store_does_not_start(rig, other):
    (row,) = hold(rig, "second", "second@nullmx.test")
    before = files(rig)
    spool = str(rig.holdback.base / "held")
    other.change({"hold": {"spool": spool}})
    said = refused(other)
    assert spool in said and "[hold] spool" in said
    other.change(
        {
            "hold": {"spool": str(other.base / "held")},
            "store": {"path": str(rig.holdback.base / "holdback.db")},
        }
    )
    assert "[store] path" in refused(other)
    assert set(before) >= set(files(rig)) and spool_file(rig, row).exists()
    rig.holdback.ctl("held", "release", str(row["id"]))
    assert len(rig.mta.deliveries("second@nullmx.test")) == 1


def test_another_store_beside_a_spool_that_is_not_empty_is_refused(rig, other):
    (row,) = hold(rig, "another", "another@nullmx.test")
    rig.holdback.stop()
    before = files(rig)
    other.change({"hold": {"spool": str(rig.holdback.base / "held")}})
    said = refused(other)
    assert "held rescue" in said and str(other.base / "holdback.db") in said
    assert other.log("error.*held rescue")
    assert files(rig) == before
    rig.holdback.start()
    rig.holdback.ctl("held", "release", str(row["id"]))
    assert len(rig.mta.deliveries("another@nullmx.test")) == 1


def test_a_spool_that_is_not_there_is_refused(rig):
    hold(rig, "unmounted", "unmounted@nullmx.test")
    rig.holdback.stop()
    away = rig.holdback.base / "away"
    (rig.holdback.base / "held").rename(away)
    assert "waits for the messages" in refused(rig.holdback)
    shutil.rmtree(rig.holdback.base / "held")
    away.rename(rig.holdback.base / "held")
    rig.holdback.start()


def test_held_mail_survives_the_loss_of_its_store(rig):
    rows = hold(rig, "lost", "Lost1@nullmx.test", "lost2@nullmx.test", size=20208)
    path = spool_file(rig, rows[0])
    rig.holdback.stop()
    lose_store(rig)
    before = files(rig)
    assert "held rescue" in refused(rig.holdback)
    lose_store(rig)

    dry = rig.holdback.ctl("held", "rescue", "--dry-run")
    assert str(path) in {row["file"] for row in dry.rows}
    assert store_files(rig) == [] and files(rig) == before

    done = rig.holdback.ctl("held", "rescue")
    (listed,) = [row for row in done.rows if row["file"] == str(path)]
    assert listed["outcome"] == "listed" and listed["sender"] == NEWS
    assert sorted(listed["recipients"]) == ["Lost1@nullmx.test", "lost2@nullmx.test"]
    rig.holdback.start()
    rescued = {row["recipient"]: row for row in rig.holdback.held("--campaign", "lost")}
    for row in rows:
        again = rescued[row["recipient"]]
        same = ("sender", "finding", "code", "reason", "subject", "message_id", "octets",
                "held_at", "expires_at", "queue_id")
        assert {key: again[key] for key in same} == {key: row[key] for key in same}
        assert again["in_doubt"] and "not known" in again["last_answer"]
    # Nothing goes by itself.
    assert rig.mta.deliveries("Lost1@nullmx.test") == []
    number = str(rescued["Lost1@nullmx.test"]["id"])
    assert rig.holdback.ctl("held", "release", number, check=False).code == 1
    rig.holdback.ctl("held", "release", "--in-doubt", number)
    (delivery,) = rig.mta.deliveries("Lost1@nullmx.test")
    assert b"holdback-label" not in delivery.octets
    rig.holdback.ctl("held", "discard", "--in-doubt", "--all", "--own", "--yes", check=False)


def test_a_copy_of_yesterday_releases_nothing_twice(rig):
    rows = hold(rig, "yesterday", "gone@nullmx.test", "stays@nullmx.test")
    (alone,) = hold(rig, "yesterday alone", "alone@nullmx.test")
    keep_up(rig)
    rig.holdback.stop()
    copy = rig.holdback.base / "copy"
    keep_copy(rig, copy)
    rig.holdback.start()
    by_name = {row["recipient"]: str(row["id"]) for row in rows}
    rig.holdback.ctl("held", "release", by_name["gone@nullmx.test"], str(alone["id"]))
    (today,) = hold(rig, "today", "today@nullmx.test")
    keep_up(rig)
    rig.holdback.stop()
    put_back(rig, copy)
    assert "is older than the spool" in refused(rig.holdback)
    done = rig.holdback.ctl("held", "rescue")
    assert [row["recipients"] for row in done.rows] == [["today@nullmx.test"]]
    rig.holdback.start()
    for campaign in ("yesterday", "yesterday alone", "today"):
        items = rig.holdback.held("--campaign", campaign)
        assert items and all(row["in_doubt"] and row["release_at"] is None for row in items)
    for who in ("gone@nullmx.test", "alone@nullmx.test"):
        assert len(rig.mta.deliveries(who)) == 1
    number = str(today["id"])
    (row,) = rig.holdback.held("--campaign", "today")
    rig.holdback.ctl("held", "release", "--in-doubt", str(row["id"]))
    assert len(rig.mta.deliveries("today@nullmx.test")) == 1, number
    rig.holdback.ctl("held", "discard", "--in-doubt", "--all", "--yes", check=False)


def test_what_was_set_aside_is_rescued_beside_the_running_daemon(rig):
    (row,) = hold(rig, "aside", "aside@nullmx.test")
    path = spool_file(rig, row)
    rig.holdback.stop()
    with store(rig) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("DELETE FROM held_recipient WHERE id = ?", (row["id"],))
        database.execute("DELETE FROM held_message WHERE spool_id = ?", (path.stem,))
    rig.holdback.start()
    assert not path.exists() and rig.holdback.log(f"error.*{path.stem}.*held rescue")
    (found,) = rig.holdback.ctl("held", "rescue").rows
    assert found["outcome"] == "listed" and found["recipients"] == ["aside@nullmx.test"]
    (item,) = found["items"]
    assert rig.holdback.ctl("held", "rescue").rows == []
    rig.holdback.ctl("held", "release", "--in-doubt", str(item))
    assert len(rig.mta.deliveries("aside@nullmx.test")) == 1


def test_what_the_store_knows_is_not_listed_again(rig):
    (row,) = hold(rig, "known", "known@nullmx.test")
    path = spool_file(rig, row)
    aside = path.parent / "lost+found" / "0123456789ab-00000000000000ff.held"
    aside.parent.mkdir(mode=0o700, exist_ok=True)
    aside.write_bytes(path.read_bytes())
    (found,) = rig.holdback.ctl("held", "rescue").rows
    assert found["outcome"] == "known" and f"item {row['id']} is held" in found["text"]
    rig.holdback.ctl("held", "release", str(row["id"]))
    (found,) = rig.holdback.ctl("held", "rescue").rows
    assert f"item {row['id']} is released" in found["text"]
    assert aside.exists()
    aside.unlink()


def test_a_damaged_or_unlabelled_file_is_said_and_stays(rig):
    (row,) = hold(rig, "spoilt", "spoilt@nullmx.test", size=20208)
    path = spool_file(rig, row)
    octets = path.read_bytes()
    aside = path.parent / "lost+found"
    aside.mkdir(mode=0o700, exist_ok=True)
    (aside / "0123456789ab-000000000000000a.eml").write_bytes(octets[: row["octets"]])
    (aside / "0123456789ab-000000000000000b.held").write_bytes(octets[:5000])
    done = rig.holdback.ctl("held", "rescue", check=False)
    assert done.code == 1
    assert [found["outcome"] for found in done.rows] == ["no-label", "no-label"]
    rig.holdback.ctl("held", "discard", str(row["id"]))
    # The label is whole, the message is not: it is listed as what it is.
    with store(rig) as database:
        database.execute("DELETE FROM held_recipient WHERE id = ?", (row["id"],))
    spoilt = aside / "0123456789ab-000000000000000c.held"
    spoilt.write_bytes(octets.replace(b"xxxx", b"yyyy", 1))
    shutil.chown(spoilt, rig.holdback.user)
    listed = rig.holdback.ctl("held", "rescue", check=False).rows[-1]
    assert listed["outcome"] == "listed" and "other octets" in listed["text"]
    number = str(listed["items"][0])
    done = rig.holdback.ctl("held", "release", "--in-doubt", number, check=False)
    assert [r["outcome"] for r in done.rows] == ["damaged"]
    rig.holdback.ctl("held", "discard", "--in-doubt", number)
    for path in aside.iterdir():
        path.unlink()


def test_an_upgrade_makes_a_pair_of_a_store_and_spool_without_marks(rig):
    (row,) = hold(rig, "upgrade", "upgrade@nullmx.test")
    rig.holdback.stop()
    (rig.holdback.base / "held/pair").unlink()
    with store(rig) as database:
        database.execute("DELETE FROM spool_pair")
    rig.holdback.start()
    assert (rig.holdback.base / "held/pair").exists()
    rig.holdback.ctl("held", "release", str(row["id"]))
    assert len(rig.mta.deliveries("upgrade@nullmx.test")) == 1
