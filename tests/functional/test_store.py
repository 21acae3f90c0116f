# SPDX-License-Identifier: Apache-2.0
"""A store that can't be used: the daemon runs, mail goes as `[on_error] store` says, the operator is
told what to do, and the file stays as it was."""

import concurrent.futures
import contextlib
import hashlib
import os
import random
import shutil
import sqlite3
import time

import pytest

from lab.mail import NEWS, message
from lab.wait import wait_for

ANNA, CARL = "<anna@good.test>", "<carl@nullmx.test>"
PAGE = 4096


def send(rig, campaign):
    """How the filter answers a bulk message to a good and a bad recipient."""
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign=campaign)
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        return mta.message(f"<{NEWS}>", [ANNA, CARL], octets)[1]


def file_of(rig):
    return rig.holdback.base / "holdback.db"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def status(rig):
    return rig.holdback.ctl("status", check=False).rows[0]


def put(rig, path, octets):
    """Puts a file in the place of another as the daemon's user would."""
    path.write_bytes(octets)
    rig.holdback.own(path)


def start_with(rig, spoil, settings=None):
    """Restarts the daemon after `spoil(path)`; gives the digest of what stood there then."""
    rig.holdback.stop()
    spoil(file_of(rig))
    rig.holdback.change({"on_error": {"store": "accept"}} if settings is None else settings)
    (rig.holdback.base / "log").unlink(missing_ok=True)
    before = digest(file_of(rig))
    rig.holdback.start()
    return before


WHOLE = []


def whole(rig):
    """Puts a store in order, with something in it, in the place of what there is, and gives it."""
    rig.holdback.stop()
    rig.holdback.change({"on_error": {"store": "accept"}})
    for name in ("holdback.db", "holdback.db-wal", "holdback.db-shm", "holdback.db.in-use"):
        (rig.holdback.base / name).unlink(missing_ok=True)
    for file in (rig.holdback.base / "held").glob("*.*"):
        file.unlink()
    if not WHOLE:
        rig.holdback.start()
        rig.holdback.stop()
        with contextlib.closing(sqlite3.connect(file_of(rig))) as store:
            store.executemany(
                "INSERT INTO accepted VALUES (?, 1, 1, 'mx.example')",
                [(f"user{number}@example.net",) for number in range(20000)],
            )
            store.commit()
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        WHOLE.append(file_of(rig).read_bytes())
    put(rig, file_of(rig), WHOLE[0])
    return WHOLE[0]


def garbage(path):
    path.write_bytes(b"This is no database. " * 1000)


def middle_spoilt(octets):
    spoilt = bytearray(octets)
    middle = len(spoilt) // 2 // PAGE * PAGE
    spoilt[middle : middle + 4 * PAGE] = b"\xa5" * (4 * PAGE)
    return bytes(spoilt)


def newer(path):
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA user_version = 999")


def unreadable(path):
    path.chmod(0)


SPOILT = {"no database": garbage, "newer": newer, "unreadable": unreadable}


@pytest.mark.parametrize("how", SPOILT)
def test_a_store_that_cannot_be_used_lets_mail_flow(rig, how):
    octets = whole(rig)
    before = start_with(rig, SPOILT[how])
    assert send(rig, how).deleted == []
    assert digest(file_of(rig)) == before
    assert not list((rig.holdback.base / "held").glob("*.*"))
    (line,) = rig.holdback.log("store: out of order")
    assert "holdbackctl store check" in line and "mail flows without it" in line
    assert status(rig)["store"].startswith("out of order: ")
    assert "holdback_store_out_of_order 1" in rig.holdback.say("metrics")
    done = rig.holdback.ctl("held", "release", "1", check=False)
    assert done.code == 69, done
    # Mended, it is taken up by the same daemon.
    file_of(rig).unlink()
    put(rig, file_of(rig), octets)
    rig.holdback.reload()
    wait_for("the store is used", lambda: status(rig)["store"] == "ok")
    assert send(rig, f"{how} mended").deleted == [CARL]
    assert "holdback_store_out_of_order 0" in rig.holdback.say("metrics")


def test_the_settings_defer_mail_while_the_store_cannot_be_used(rig):
    whole(rig)
    start_with(rig, garbage, {"on_error": {"store": "tempfail"}})
    assert send(rig, "deferred").answer[:3] == "451"
    assert "mail is deferred" in rig.holdback.log("store: out of order")[0]


def test_damage_in_the_middle_is_found_after_a_crash(rig):
    whole(rig)
    rig.holdback.start()
    rig.holdback.kill()
    path = file_of(rig)
    put(rig, path, middle_spoilt(path.read_bytes()))
    (rig.holdback.base / "log").unlink(missing_ok=True)
    before = digest(path)
    rig.holdback.start()
    wait_for("damage is found", lambda: status(rig)["store"].startswith("out of order: "))
    assert rig.holdback.log("looking for damage")
    assert rig.holdback.log("store: out of order: .*(damaged|malformed).*held rescue")
    assert send(rig, "damaged").deleted == []
    assert digest(path) == before
    # It stays so over an orderly end, and the mended file is taken up at the next start.
    rig.holdback.stop()
    assert digest(path) == before
    rig.holdback.start()
    wait_for("damage is found", lambda: status(rig)["store"].startswith("out of order: "))


def test_a_start_after_an_orderly_end_does_not_look_for_damage(rig):
    whole(rig)
    (rig.holdback.base / "log").unlink(missing_ok=True)
    rig.holdback.start()
    rig.holdback.stop()
    rig.holdback.start()
    assert not rig.holdback.log("looking for damage")
    assert status(rig)["store"] == "ok"
    rig.holdback.kill()
    rig.holdback.start()
    assert rig.holdback.log("looking for damage")
    assert status(rig)["store"] == "ok"


def test_the_error_is_not_said_with_each_message(rig):
    whole(rig)
    start_with(rig, garbage)
    for number in range(20):
        send(rig, f"often {number}")
    time.sleep(3)
    lines = rig.holdback.log("store: out of order|suppression list can't be asked")
    assert 0 < len(lines) <= 2, lines
    # Each message tells once that it was not held.
    assert len(rig.holdback.log("store: nothing can be held")) == 20


def test_the_tool_checks_copies_and_restores_the_store(rig, tmp_path):
    whole(rig)
    rig.holdback.start()
    rig.holdback.ctl("suppress", "add", "early@example.net")
    (health,) = rig.holdback.ctl("store", "check").rows
    assert health["ok"] and not health["problems"]
    copy = tmp_path / "copy.db"
    rig.holdback.ctl("store", "backup", copy)
    again = rig.holdback.ctl("store", "backup", copy, check=False)
    assert again.code == 69 and "exists" in again.errors
    rig.holdback.ctl("suppress", "add", "late@example.net")
    running = rig.holdback.ctl("store", "restore", copy, check=False)
    assert running.code == 78 and "stop it" in running.errors
    rig.holdback.stop()
    garbage(file_of(rig))
    spoilt = rig.holdback.ctl("store", "check", check=False)
    assert spoilt.code == 1 and "not a database" in spoilt.rows[0]["problems"][0]
    bad = rig.holdback.ctl("store", "restore", file_of(rig), check=False)
    assert bad.code == 69 and "not a database" in bad.errors
    done = rig.holdback.ctl("store", "restore", copy)
    assert open(done.rows[0]["kept"], "rb").read().startswith(b"This is no database")
    rig.holdback.start()
    assert status(rig)["store"] == "ok"
    assert rig.holdback.ctl("suppress", "show", "early@example.net").rows
    assert rig.holdback.ctl("suppress", "show", "late@example.net", check=False).code == 1


def test_the_check_finds_damage_in_the_middle(rig):
    put(rig, file_of(rig), middle_spoilt(whole(rig)))
    assert rig.holdback.ctl("store", "check", check=False).code == 1
    copied = rig.holdback.ctl("store", "backup", rig.holdback.base / "no.db", check=False)
    assert copied.code == 69 and not (rig.holdback.base / "no.db").exists()


def test_a_damaged_store_is_restored_beside_the_daemon_and_taken_up(rig, tmp_path):
    whole(rig)
    rig.holdback.start()
    assert send(rig, "before the copy").deleted == [CARL]
    copy = tmp_path / "copy.db"
    rig.holdback.ctl("store", "backup", copy)
    assert send(rig, "after the copy").deleted == [CARL]
    time.sleep(2.5)  # the marks of the pair follow
    first, second = sorted(row["id"] for row in rig.holdback.held())
    rig.holdback.kill()
    for name in ("holdback.db-wal", "holdback.db-shm"):
        (rig.holdback.base / name).unlink()
    put(rig, file_of(rig), middle_spoilt(file_of(rig).read_bytes()))
    (rig.holdback.base / "log").unlink()
    rig.holdback.start()
    wait_for("damage is found", lambda: status(rig)["store"].startswith("out of order: "))
    process = rig.holdback.process.pid
    files = {path.name for path in (rig.holdback.base / "held").glob("*.held")}
    wait_for("it lets go", lambda: rig.holdback.ctl("store", "restore", copy, check=False).code == 0)

    # Its copy is older than the spool: it stays out of order, and says what to do.
    rig.holdback.reload()
    wait_for("it is refused", lambda: "older than the spool" in status(rig)["store"])
    assert rig.holdback.log("store: out of order: .*older than the spool.*held rescue")
    assert send(rig, "refused").deleted == []
    assert {path.name for path in (rig.holdback.base / "held").glob("*.held")} == files

    rig.holdback.ctl("held", "rescue")
    rig.holdback.reload()
    wait_for("it is used", lambda: status(rig)["store"] == "ok")
    assert rig.holdback.process.pid == process and rig.holdback.process.poll() is None
    rows = {row["id"]: row for row in rig.holdback.held("--in-doubt")}
    assert set(rows) == {first, second} and {row["state"] for row in rows.values()} == {"held"}
    assert send(rig, "after all").deleted == [CARL]


def test_a_store_of_another_that_comes_back_is_not_used(rig, tmp_path):
    whole(rig)
    rig.holdback.start()
    assert send(rig, "mine").deleted == [CARL]
    time.sleep(2.5)
    rig.holdback.stop()
    mine = file_of(rig).read_bytes()
    (rig.holdback.base / "log").unlink()
    garbage(file_of(rig))
    rig.holdback.start()
    file_of(rig).unlink()
    put(rig, file_of(rig), WHOLE[0])
    rig.holdback.reload()
    wait_for("it is refused", lambda: "belong" in status(rig)["store"])
    assert rig.holdback.process.poll() is None
    assert send(rig, "another").deleted == []
    file_of(rig).unlink()
    put(rig, file_of(rig), mine)
    rig.holdback.reload()
    wait_for("it is used", lambda: status(rig)["store"] == "ok")
    (row,) = rig.holdback.held()
    assert row["recipient"] == CARL.strip("<>")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_directory_that_is_closed_to_the_daemon_keeps_no_mail(rig):
    whole(rig)
    away = rig.holdback.base / "closed"
    away.mkdir()
    try:
        rig.holdback.change(
            {
                "store": {"path": str(away / "in" / "holdback.db")},
                "on_error": {"store": "accept"},
            }
        )
        # Below it the daemon, while it is root, makes the directory of the store.
        away.chmod(0o700)
        (rig.holdback.base / "log").unlink(missing_ok=True)
        rig.holdback.start()
        assert rig.holdback.log("store: out of order: .*Permission denied")
        assert send(rig, "closed").deleted == []
        assert list((away / "in").iterdir()) == []
        away.chmod(0o755)
        for path in (rig.holdback.base / "held").glob("*.held"):
            path.unlink()
        # A store that is not there is not made while the daemon runs: it may be away.
        rig.holdback.stop()
        rig.holdback.start()
        assert status(rig)["store"] == "ok"
    finally:
        rig.holdback.change({"store": {"path": str(file_of(rig))}})
        rig.holdback.stop()
        shutil.rmtree(away)


def test_a_store_that_another_program_has_locked_lets_mail_flow(rig):
    whole(rig)
    rig.holdback.change({"on_error": {"store": "accept"}})
    with contextlib.closing(sqlite3.connect(file_of(rig), isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = DELETE")
        store.execute("BEGIN EXCLUSIVE")
        (rig.holdback.base / "log").unlink(missing_ok=True)
        rig.holdback.start()
        assert rig.holdback.log("store: out of order: .*locked")
        assert send(rig, "locked at the start").deleted == []
        store.execute("ROLLBACK")
    rig.holdback.reload()
    wait_for("it is used", lambda: status(rig)["store"] == "ok")
    with contextlib.closing(sqlite3.connect(file_of(rig), isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            ends = list(pool.map(lambda number: send(rig, f"locked {number}"), range(8)))
        assert [end.deleted for end in ends] == [[]] * 8
        assert time.monotonic() - started < 20
        store.execute("ROLLBACK")
    assert status(rig)["store"] == "ok"
    wait_for("mail is held again", lambda: send(rig, f"free {time.time()}").deleted == [CARL])


def test_killed_in_between_it_loses_nothing_that_was_held(rig, tmp_path):
    """Each round damages the store, restores a copy and lists the spool in it, and kills the daemon
    at odd moments of that. Whatever was held is held in the end."""
    whole(rig)
    rig.holdback.start()
    chance = random.Random(60)
    told = set()

    def restored(copy):
        return rig.holdback.ctl("store", "restore", copy, check=False).code == 0

    for turn in range(6):
        copy = tmp_path / f"copy{turn}.db"
        rig.holdback.ctl("store", "backup", copy)
        for number in range(3):
            if send(rig, f"killed {turn}.{number}").deleted == [CARL]:
                told.add(f"killed {turn}.{number}")
        time.sleep(chance.uniform(0, 1.5))
        rig.holdback.kill()
        spoilt = file_of(rig).read_bytes()
        put(rig, file_of(rig), chance.choice([middle_spoilt(spoilt), b"no database " * 999]))
        rig.holdback.start()
        wait_for("it is out", lambda: status(rig)["store"].startswith("out of order"))
        time.sleep(chance.uniform(0, 2))
        if chance.random() < 0.5:
            rig.holdback.kill()
            rig.holdback.start()
        wait_for("it lets go", lambda: restored(copy))
        is_killed = chance.random() < 0.5
        if is_killed:
            time.sleep(chance.uniform(0, 1))
            rig.holdback.kill()
        wait_for("listed", lambda: rig.holdback.ctl("held", "rescue", check=False).code == 0)
        if is_killed:
            rig.holdback.start()
        rig.holdback.reload()
        wait_for("it is used", lambda: status(rig)["store"] == "ok", seconds=40)
        held = {row["campaign"] for row in rig.holdback.held() if row["state"] == "held"}
        assert told <= held, (turn, told - held)
    assert len(told) == 18
    assert not list((rig.holdback.base / "held/lost+found").glob("*"))
