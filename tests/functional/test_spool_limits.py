# SPDX-License-Identifier: Apache-2.0
"""The limits of the spool: what is held stays within them, who is beyond them gets the answer of
`[on_error] spool`, and nobody is left out in silence."""

from lab.mail import NEWS, message
from lab.wait import wait_for

ANNA, CARL = "<anna@good.test>", "<carl@nullmx.test>"
SETTINGS = {"log": {"level": "info"}}
NONE = {"max_size": "0B", "max_size_per_sender": "0B", "min_free": "0B"}


def send(rig, campaign, sender=NEWS, recipients=(ANNA, CARL)):
    """How the filter answers a bulk message of some 20 kB."""
    octets = message(sender, "list@home.test", "News", bulk=True, campaign=campaign)
    octets += (b"x" * 70 + b"\r\n") * 280
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        return mta.message(f"<{sender}>", list(recipients), octets)[1]


def status(rig):
    return rig.holdback.ctl("status").rows[0]


def limit(rig, answer="tempfail", **limits):
    """Begins with an empty spool, an empty log and these limits."""
    rig.holdback.stop()
    for path in (*rig.holdback.base.glob("holdback.db*"), *(rig.holdback.base / "held").glob("*.*")):
        path.unlink()
    (rig.holdback.base / "held/pair").unlink(missing_ok=True)
    (rig.holdback.base / "log").unlink(missing_ok=True)
    rig.holdback.change({"hold": NONE | limits, "on_error": {"spool": answer}})
    rig.holdback.start()


def held(rig):
    return [row for row in rig.holdback.held() if row["state"] == "held"]


def discard_all(rig):
    wait_for("nothing is in doubt", lambda: not rig.holdback.held("--in-doubt"))
    rig.holdback.ctl("held", "discard", *(str(row["id"]) for row in held(rig)))


def test_a_full_spool_answers_as_the_settings_say_until_there_is_room(rig):
    limit(rig, max_size="50KiB", max_size_per_sender="1GiB")
    for number in range(3):
        assert send(rig, f"fits {number}").deleted == [CARL]
    for number in range(5):
        end = send(rig, f"full {number}")
        assert end.answer[:3] == "451" and end.deleted == []
    assert len(held(rig)) == 3
    now = status(rig)
    assert now["spool"].startswith("full: the spool has reached max_size")
    assert 60_000 < now["spool_octets"] < 70_000 and now["spool_room_octets"] == 0
    assert len(rig.holdback.log("error: spool: full: .*reached max_size")) == 1
    assert "holdback_spool_full 1" in rig.holdback.say("metrics")
    # Who needs no spool goes on.
    assert send(rig, "good", recipients=[ANNA]).answer in ("accept", "continue")
    # The limit counts over a restart, and a little room is none.
    rig.holdback.stop()
    rig.holdback.start()
    wait_for("it is counted", lambda: status(rig)["spool_octets"] > 60_000)
    assert send(rig, "full again").answer[:3] == "451"
    discard_all(rig)
    wait_for("there is room", lambda: status(rig)["spool"] == "ok", seconds=40)
    assert send(rig, "held again").deleted == [CARL]
    assert rig.holdback.log("spool: there is room again: mail is held as before")


def test_a_full_spool_lets_mail_flow_to_everybody_when_the_settings_say_so(rig):
    limit(rig, "accept", max_size="10KiB", max_size_per_sender="1GiB")
    assert send(rig, "fits").deleted == [CARL]
    end = send(rig, "flows")
    assert end.answer in ("accept", "continue") and end.deleted == []


def test_the_flood_of_one_sender_leaves_room_for_the_others(rig):
    limit(rig, max_size="1GiB", max_size_per_sender="30KiB")
    for number in range(2):
        assert send(rig, f"flood {number}").deleted == [CARL]
    assert send(rig, "flood on").answer[:3] == "451"
    assert send(rig, "other", "other@home.test").deleted == [CARL]
    now = status(rig)
    assert now["spool"] == "ok" and now["spool_senders_full"] == 1
    assert len(rig.holdback.log(f'error: spool: "{NEWS}" has reached max_size_per_sender')) == 1


def test_a_message_that_comes_again_and_again_takes_its_room_once(rig):
    limit(rig, max_size="50KiB", max_size_per_sender="1GiB")
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="again")
    octets += (b"x" * 70 + b"\r\n") * 280
    for _ in range(6):
        with rig.client() as mta:
            mta.connect()
            mta.helo()
            assert mta.message(f"<{NEWS}>", [ANNA, CARL], octets)[1].deleted == [CARL]
    assert len(held(rig)) == 1
    now = status(rig)
    assert now["spool"] == "ok" and 20_000 < now["spool_octets"] < 25_000


def test_room_is_left_on_the_disk(rig):
    limit(rig, min_free="1048576GiB")
    assert send(rig, "no room").answer[:3] == "451"
    assert status(rig)["spool"].startswith("full: the disk of the spool has less than min_free")
    rig.holdback.change({"hold": {"min_free": "1MiB"}})
    rig.holdback.reload()
    wait_for("there is room", lambda: status(rig)["spool"] == "ok", seconds=40)
    assert send(rig, "room").deleted == [CARL]
