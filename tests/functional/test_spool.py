# SPDX-License-Identifier: Apache-2.0
"""The spool and the store: what is released is what was held, and nothing is removed by who does
not know it."""

import sqlite3

from lab.mail import NEWS, message
from lab.wait import wait_for

ANNA = "<anna@good.test>"
SETTINGS = {"log": {"level": "info"}, "outgoing": {"own_domains": ["home.test"]}}


def hold(rig, campaign, *recipients, size=0):
    """Has a bulk message held, and gives the rows of its recipients."""
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign=campaign)
    octets += b"x" * 70 + b"\r\n" if size == 0 else (b"x" * 70 + b"\r\n") * (size // 72)
    mta = rig.client()
    mta.connect()
    mta.helo()
    mta.message(f"<{NEWS}>", [ANNA, *(f"<{who}>" for who in recipients)], octets)
    mta.close()

    def rows():
        return rig.holdback.held("--campaign", campaign)

    wait_for("the answer is taken", lambda: rows() and not any(r["in_doubt"] for r in rows()))
    return rows()


def store(rig):
    return sqlite3.connect(rig.holdback.base / "holdback.db")


def spool_id(rig, row):
    with store(rig) as database:
        (name,) = database.execute(
            "SELECT spool_id FROM held_recipient WHERE id = ?", (row["id"],)
        ).fetchone()
    return name


def spool_file(rig, row):
    return rig.holdback.base / "held" / f"{spool_id(rig, row)}.held"


def overwrite(path, change):
    """Changes a file in place: its owner and mode stay."""
    octets = path.read_bytes()
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(change(octets))


def test_a_copy_that_is_not_what_was_held_is_never_sent(rig):
    changes = {
        "changed": lambda octets: octets.replace(b"xxx", b"yyy", 1),
        "cut": lambda octets: octets[:5000],
        "empty": lambda octets: b"",
    }
    for name, change in changes.items():
        who = f"{name}@nullmx.test"
        (row,) = hold(rig, f"damaged {name}", who, size=20208)
        path = spool_file(rig, row)
        whole = path.read_bytes()
        overwrite(path, change)

        number = str(row["id"])
        done = rig.holdback.ctl("held", "release", number, check=False)
        assert done.code == 1 and [r["outcome"] for r in done.rows] == ["damaged"]
        (shown,) = rig.holdback.ctl("held", "show", number).rows
        assert shown["state"] == "held" and "the copy in the spool has" in shown["damage"]
        assert "held, damaged" in rig.holdback.say("held", "list", number)
        assert rig.holdback.ctl("held", "release", number, check=False).code == 1
        assert len(rig.holdback.log(f"error.*{path.stem} is damaged")) == 1
        assert rig.mta.deliveries(who) == []

        # Put back from a backup, it goes as it came.
        overwrite(path, lambda _: whole)
        rig.holdback.ctl("held", "release", number)
        assert len(rig.mta.deliveries(who)) == 1


def test_the_sender_of_a_damaged_copy_is_told_at_its_expiry(rig):
    rig.holdback.change({"hold": {"expire_after": "2s", "at_expiry": "release"}})
    rig.holdback.reload()
    try:
        (row,) = hold(rig, "damaged expiry", "expires@nullmx.test")
        overwrite(spool_file(rig, row), lambda octets: octets[:10])
        wait_for("the DSN is there", lambda: rig.mta.deliveries(NEWS), seconds=20)
    finally:
        rig.holdback.change({"hold": {"expire_after": "7d", "at_expiry": "return"}})
        rig.holdback.reload()
    (dsn,) = rig.mta.deliveries(NEWS)
    assert "the copy in the spool has" in str(dsn)
    assert rig.mta.deliveries("expires@nullmx.test") == []


def test_copies_of_a_version_without_labels_are_released(rig):
    (row,) = hold(rig, "old format", "old@nullmx.test")
    path = spool_file(rig, row)
    rig.holdback.stop()
    overwrite(path, lambda octets: octets[: row["octets"]])
    path.rename(path.with_suffix(".eml"))
    with store(rig) as database:
        database.execute("UPDATE held_message SET digest = ''")
    rig.holdback.start()
    rig.holdback.ctl("held", "release", str(row["id"]))
    assert len(rig.mta.deliveries("old@nullmx.test")) == 1


def test_a_file_that_the_store_does_not_name_is_moved_away_and_said(rig):
    (row,) = hold(rig, "stray", "stray@nullmx.test")
    path = spool_file(rig, row)
    rig.holdback.stop()
    stray = path.with_name("0123456789ab-0123456789abcdef.held")
    stray.write_bytes(path.read_bytes())
    stray.chmod(0o644)
    rig.holdback.start()
    assert not stray.exists()
    moved = path.parent / "lost+found" / stray.name
    assert moved.read_bytes() == path.read_bytes()
    (line,) = rig.holdback.log(stray.stem)
    assert "error" in line and "held rescue" in line
    assert [r["id"] for r in rig.holdback.held("--campaign", "stray")] == [row["id"]]
