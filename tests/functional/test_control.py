# SPDX-License-Identifier: Apache-2.0
"""The control socket: who may ask the daemon, who may have it act, and what a reload tells."""

import grp
import os
import stat
import subprocess

import pytest

from lab.holdback import program
from lab.need import need

UNAVAILABLE = 69
#: A user without an account.
PERSON = 64_123
READERS, OPERATORS = "games", "operator"
SETTINGS = {"control": {"group": READERS, "operators": OPERATORS}}


@pytest.fixture(autouse=True)
def only_root():
    need(None if os.geteuid() == 0 else "only root can become others")


def run_as(rig, groups, *arguments):
    """The control tool as somebody who is in these groups alone."""
    return subprocess.run(
        [program("holdbackctl"), "-c", rig.holdback.conf, *arguments],
        user=PERSON, group=PERSON, extra_groups=[grp.getgrnam(name).gr_gid for name in groups],
        capture_output=True, text=True, timeout=60, check=False,
    )


def test_the_socket_has_the_group_of_the_settings(rig):
    status = os.stat(rig.holdback.base / "control.sock")
    assert stat.S_IMODE(status.st_mode) == 0o660
    assert grp.getgrgid(status.st_gid).gr_name == READERS


def test_readers_ask_and_have_nothing_done(rig):
    for command in (["status"], ["metrics"], ["cache", "show"]):
        done = run_as(rig, [READERS], *command)
        assert done.returncode == 0, done
    assert "what it holds is not shown" in run_as(rig, [READERS], "status").stderr
    for command in (["reload"], ["cache", "clear"], ["held", "release", "7"],
                    ["held", "discard", "7"]):
        done = run_as(rig, [READERS], *command)
        assert done.returncode == UNAVAILABLE and "no permission for" in done.stderr, done
        assert "[control] operators" in done.stderr and "the old settings" not in done.stderr
    assert rig.holdback.log(f'warning.*control uid={PERSON} request="release 7" refused')
    assert not rig.holdback.log("reloaded")


def test_operators_have_the_daemon_act_and_it_says_who(rig):
    done = run_as(rig, [READERS, OPERATORS], "reload")
    assert done.returncode == 0, done
    assert rig.holdback.log(f'control uid={PERSON} request="reload"$')
    done = run_as(rig, [READERS, OPERATORS], "held", "release", "7")
    assert "no permission" not in done.stderr
    assert rig.holdback.log(f'control uid={PERSON} request="release 7"$')
    assert not rig.holdback.log('request="status"')


def test_no_permission_is_not_no_daemon(rig):
    for groups in ([], [OPERATORS]):
        done = run_as(rig, groups, "status")
        assert done.returncode == UNAVAILABLE
        assert done.stdout.splitlines()[0].split(None, 1) == ["running", "unknown (no permission)"]
        assert "no permission to ask the daemon, which may or may not be running" in done.stderr
        assert '"running":null' in run_as(rig, groups, "--json", "status").stdout
    rig.holdback.stop()
    assert rig.holdback.ctl("status", check=False).rows[0]["running"] is False
    rig.holdback.start()


def test_the_group_of_the_daemon_reads_the_store_too(rig):
    own = grp.getgrgid(os.stat(rig.holdback.base / "holdback.db").st_gid).gr_name
    rig.holdback.change({"control": {"group": own, "operators": ""}})
    rig.holdback.stop()
    rig.holdback.start()
    done = run_as(rig, [own], "--json", "status")
    assert done.returncode == 0 and '"held":0' in done.stdout, done
    rig.holdback.ctl("suppress", "add", "bo@good.test")
    done = run_as(rig, [own], "--json", "suppress", "list")
    assert '"bo@good.test"' in done.stdout, done
    assert run_as(rig, [own], "held", "list").returncode == 1
    done = run_as(rig, [own], "suppress", "remove", "bo@good.test")
    assert done.returncode == UNAVAILABLE and "bo@good.test" in rig.holdback.entries()


def test_without_groups_the_socket_is_the_daemons(rig):
    rig.holdback.change({"control": {"group": "", "operators": ""}})
    rig.holdback.stop()
    rig.holdback.start()
    assert stat.S_IMODE(os.stat(rig.holdback.base / "control.sock").st_mode) == 0o600
    rig.holdback.change({"control": {"group": "no-such-group"}})
    rig.holdback.stop()
    with pytest.raises(AssertionError, match=r"there is no group no-such-group: set \[control\]"):
        rig.holdback.start()
    rig.holdback.change({"control": {"group": READERS, "operators": OPERATORS}})
    rig.holdback.start()


def test_a_reload_tells_what_changed_and_what_waits(rig):
    assert rig.holdback.say("reload") == "reloaded\n"
    rig.holdback.change({"dns": {"budget": "3s"}, "milter": {"user": "daemon"}})
    said = rig.holdback.say("reload").splitlines()
    assert said == [
        '[dns] budget: "2s" -> "3s"',
        'takes effect at the next start: [milter] user: "nobody" -> "daemon"',
        "reloaded",
    ]
    assert rig.holdback.log(r'info.*reload: \[dns\] budget changed: "2s" -> "3s"')
    assert rig.holdback.log(r'warning.*\[milter\] user takes effect at the next start: "nobody"')
    # What waits is told until it is done with.
    (row,) = rig.holdback.ctl("reload").rows
    assert row == {
        "reloaded": True, "changed": [],
        "waiting": [{"key": "[milter] user", "old": '"nobody"', "new": '"daemon"'}],
    }
    rig.holdback.change({"dns": {"budget": "2s"}, "milter": {"user": "nobody"}})
    (row,) = rig.holdback.ctl("reload").rows
    assert row["waiting"] == [] and [each["key"] for each in row["changed"]] == ["[dns] budget"]
