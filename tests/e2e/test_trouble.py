# SPDX-License-Identifier: Apache-2.0
"""Trouble of every kind lets mail flow, unless the settings say otherwise; and says so."""

import os
import random
import re
import signal
import smtplib
import sqlite3
import subprocess
import threading
import time

import pytest

from lab.holdback import program
from lab.mail import NEWS, assert_same_message, message, send
from lab.nsd import DeafNameServer
from lab.wait import free_port, wait_for

MTAS = ("postfix", "sendmail")
ANNA, CARL = "anna@good.test", "carl@nullmx.test"


def send_bulk(bench, campaign, body="Hello.\r\n", recipients=(ANNA, CARL)):
    octets = message(NEWS, "list@home.test", "News", body, bulk=True, campaign=campaign)
    started = time.monotonic()
    sent = send(bench.mta.relay_port, NEWS, list(recipients), octets)
    took = time.monotonic() - started
    bench.settle()
    return octets, sent, took


def everybody_got(bench, octets):
    assert bench.outside.recipients() == [ANNA, CARL]
    for delivery in bench.outside.deliveries():
        assert_same_message(delivery.octets, octets)


def test_mail_flows_when_the_daemon_is_killed(bench):
    bench.holdback.kill()
    octets, sent, _ = send_bulk(bench, "killed")
    assert sent.data[0] == 250
    everybody_got(bench, octets)
    bench.holdback.start()


def test_mail_flows_when_the_daemon_is_killed_in_the_middle_of_a_message(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="middle")
    with smtplib.SMTP("127.0.0.1", bench.mta.relay_port, local_hostname="c.test") as smtp:
        smtp.ehlo()
        smtp.mail(NEWS)
        assert smtp.rcpt(ANNA)[0] == 250
        bench.holdback.kill()
        assert smtp.rcpt(CARL)[0] == 250
        assert smtp.data(octets)[0] == 250
    bench.settle()
    everybody_got(bench, octets)
    bench.holdback.start()


def test_killed_again_and_again_it_loses_nothing(bench):
    """Messages go while the daemon is killed at odd moments. Anna gets each once; Carl's copies are
    delivered (the daemon was away) or held, and none is missing."""
    ended = threading.Event()

    def killer():
        pauses = random.Random(2)
        while not ended.wait(pauses.uniform(0.05, 0.6)):
            bench.holdback.kill()
            bench.holdback.start()

    def held():
        return {row["campaign"] for row in bench.holdback.held()} & set(messages)

    messages = {}
    thread = threading.Thread(target=killer)
    thread.start()
    try:
        until = time.monotonic() + 8
        while time.monotonic() < until:
            campaign = f"again {len(messages)}"
            messages[campaign] = message(
                NEWS, "list@home.test", campaign, bulk=True, campaign=campaign
            )
            recipients = [ANNA, CARL]
            sent = send(bench.mta.relay_port, NEWS, recipients, messages[campaign])
            assert sent.data and sent.data[0] == 250, sent
    finally:
        ended.set()
        thread.join()
    bench.settle()
    anna = [d.octets for d in bench.outside.deliveries(ANNA)]
    carl = [d.octets for d in bench.outside.deliveries(CARL)]
    kept = held()
    assert kept and carl, f"{len(kept)} held, {len(carl)} delivered: no test"
    for campaign, octets in messages.items():
        assert sum(copy.endswith(octets) for copy in anna) == 1, campaign
        assert campaign in kept or any(copy.endswith(octets) for copy in carl), campaign


def test_it_holds_again_after_the_restart(bench):
    _, sent, _ = send_bulk(bench, "after")
    assert bench.outside.recipients() == [ANNA]


def test_a_nameserver_that_never_answers_costs_no_more_than_the_budget(bench):
    deaf = DeafNameServer()
    try:
        with bench.changed({"dns": {"nameservers": [deaf.address], "budget": "1s"}}):
            octets, sent, took = send_bulk(bench, "deaf")
            assert sent.data[0] == 250
            everybody_got(bench, octets)
            assert deaf.was_asked()
            assert took < 3.0, f"{took:.1f} s for a budget of 1 s"
            assert bench.holdback.log(f"decision .*{CARL}.*unresolved")
    finally:
        deaf.stop()


def test_mail_flows_without_any_nameserver(bench):
    with bench.changed({"dns": {"nameservers": [f"127.0.0.1:{free_port()}"], "budget": "1s"}}):
        octets, sent, took = send_bulk(bench, "nodns")
        assert sent.data[0] == 250
        everybody_got(bench, octets)
        assert took < 3.0


@pytest.fixture
def small_disk(bench, tmp_path):
    """A file system of 256 KiB that is nearly full."""
    path = bench.base / f"small-{os.getpid()}"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k,mode=0777", "tmpfs", path],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("cannot mount a tmpfs here")
    yield path
    wait_for(
        "unmounted",
        lambda: subprocess.run(["umount", path], capture_output=True, check=False).returncode == 0,
    )
    path.rmdir()


@pytest.fixture
def spool(bench, small_disk):
    """Settings for a spool on the small disk, with a store that belongs to it."""
    path = bench.holdback.base / "small.db"
    hold = {"spool": str(small_disk / "held"), "min_free": "0B"}
    yield {"hold": hold, "store": {"path": str(path)}}
    for file in path.parent.glob("small.db*"):
        file.unlink()


LARGE = "z" * 70 + "\r\n"


def test_a_full_spool_makes_the_client_try_again(bench, spool):
    with bench.changed(spool):
        _, sent, _ = send_bulk(bench, "full", LARGE * 8000)
        assert 400 <= sent.data[0] < 500, sent.data
        assert bench.outside.recipients() == []
        assert bench.holdback.held("--campaign", "full") == []
        assert bench.holdback.log("(?i)spool")
        # A message that fits is held, and one without held recipients needs no spool.
        _, sent, _ = send_bulk(bench, "fits")
        assert sent.data[0] == 250
        assert [r["recipient"] for r in bench.holdback.held("--campaign", "fits")] == [CARL]
        bench.forget()
        _, sent, _ = send_bulk(bench, "good", LARGE * 8000, [ANNA])
        assert sent.data[0] == 250 and bench.outside.recipients() == [ANNA]


def test_a_full_spool_lets_mail_flow_when_the_settings_say_so(bench, spool):
    with bench.changed(spool | {"on_error": {"spool": "accept"}}):
        octets, sent, _ = send_bulk(bench, "full2", LARGE * 8000)
        assert sent.data[0] == 250
        everybody_got(bench, octets)


def test_mail_flows_when_the_store_takes_no_writes(bench):
    """Somebody else holds the database's write lock."""
    database = sqlite3.connect(bench.base / "holdback/holdback.db", isolation_level=None)
    try:
        database.execute("BEGIN EXCLUSIVE")
        octets, sent, took = send_bulk(bench, "locked")
        database.execute("ROLLBACK")
        assert sent.data[0] == 250
        everybody_got(bench, octets)
        assert took < 15.0
        assert bench.holdback.held("--campaign", "locked") == []
        assert bench.holdback.log("(?i)(error|warn).*(store|database)")
    finally:
        database.close()


def test_a_locked_store_makes_the_client_try_again_when_the_settings_say_so(bench):
    with bench.changed({"on_error": {"store": "tempfail"}}):
        database = sqlite3.connect(bench.base / "holdback/holdback.db", isolation_level=None)
        try:
            database.execute("BEGIN EXCLUSIVE")
            _, sent, _ = send_bulk(bench, "locked2")
            database.execute("ROLLBACK")
        finally:
            database.close()
        assert 400 <= sent.data[0] < 500, sent.data
        assert bench.outside.recipients() == []


@pytest.mark.parametrize(
    "text, complaint",
    [
        ('mode = "loud"\n', r"holdback\.conf:1: "),
        ('mode = "shadow"\n\n[dns]\nbudjet = "2s"\n', r"holdback\.conf:4: .*budjet"),
        ('[dns]\nbudget = 2\n', r"holdback\.conf:2: "),
        ("[dns\n", r"holdback\.conf:1: "),
    ],
)
def test_malformed_settings_are_named_with_file_and_line(bench, text, complaint, tmp_path):
    path = tmp_path / "holdback.conf"
    path.write_text(text)
    for options in (["-t"], []):
        done = subprocess.run(
            [program("holdback"), *options, "-c", path],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == 78, said
        assert re.search(complaint, said), said


def test_a_bad_new_file_leaves_the_old_settings(bench):
    good = bench.holdback.conf.read_text()
    bench.holdback.conf.write_text('mode = "loud"\n')
    try:
        bench.holdback.process.send_signal(signal.SIGHUP)
        wait_for("the error is logged", lambda: bench.holdback.log(r"reload: .*holdback\.conf:1: "))
        done = bench.holdback.ctl("reload", check=False)
        assert done.code != 0 and "holdback.conf:1: " in done.text + done.errors
    finally:
        bench.holdback.conf.write_text(good)
    _, sent, _ = send_bulk(bench, "old settings")
    assert bench.outside.recipients() == [ANNA]


def test_a_second_daemon_does_not_take_the_socket(bench):
    done = subprocess.run(
        [program("holdback"), "-c", bench.holdback.conf],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
    )
    assert done.returncode not in (0, 78), done
    _, sent, _ = send_bulk(bench, "one daemon")
    assert bench.outside.recipients() == [ANNA]


def test_a_stopped_daemon_leaves_no_socket_and_exits_with_zero(bench):
    assert bench.holdback.stop() == 0
    assert not bench.holdback.socket.exists()
    bench.holdback.start()


def test_a_socket_of_a_killed_daemon_is_taken_over(bench):
    bench.holdback.kill()
    assert bench.holdback.socket.exists()
    bench.holdback.start()
    _, sent, _ = send_bulk(bench, "taken over")
    assert bench.outside.recipients() == [ANNA]
