# SPDX-License-Identifier: Apache-2.0
"""Trouble with disk, store and MTA: each recipient is still accounted for, in a storm of mail."""

import contextlib
import os
import random
import sqlite3
import subprocess
import threading
import time

import pytest

from lab.storm import Account, Storm, read_the_log, release_what_waits
from lab.stubborn import MOODS, Stubborn
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"outgoing": {"block": ["blocked.test"]}, "log": {"level": "info"}}
SEED = int(os.environ.get("HOLDBACK_SEED", str(random.SystemRandom().randrange(1 << 32))))
SECONDS = 6.0


def mount(*arguments):
    return subprocess.run(
        ["mount", *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode == 0


@pytest.fixture
def small_disk(bench):
    """A file system of 4 MiB."""
    path = bench.base / f"small-{os.getpid()}"
    path.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=4m,mode=0777", "tmpfs", path):
        pytest.skip("cannot mount a tmpfs here")
    yield path
    wait_for(
        "unmounted",
        lambda: subprocess.run(["umount", path], capture_output=True, check=False).returncode == 0,
    )
    path.rmdir()


@pytest.fixture
def store(bench, request):
    """The settings for a store and a spool of the test's own."""
    number = abs(hash(request.node.name))
    return {
        "store": {"path": str(bench.base / f"holdback/{number}.db")},
        "hold": {"spool": str(bench.base / f"holdback/{number}")},
    }


def over(settings, others):
    """Settings with others laid over them, table by table."""
    tables = {name: settings[name] | others.get(name, {}) for name in settings}
    return others | tables


@contextlib.contextmanager
def now_and_then(begin, end, longest=1.5):
    """Trouble comes and goes at random."""
    stopping = threading.Event()
    dice = random.Random(SEED)
    times = []

    def run():
        while not stopping.wait(dice.uniform(0, longest / 2)):
            begin()
            times.append(time.monotonic())
            stopping.wait(dice.uniform(0.1, longest))
            end()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield times
    finally:
        stopping.set()
        thread.join()


def weather(bench, trouble, seconds=SECONDS, settle=release_what_waits, log=False, **storm):
    """A storm in `trouble`, and the account of it; with `log`, the daemon follows the MTA's."""
    print(f"seed {SEED}")
    bench.forget()
    sending = Storm(bench, SEED, commanders=1, large=0, **storm)
    try:
        with trouble:
            time.sleep(seconds)
    finally:
        sending.stop()
    bench.settle()
    settle(bench)
    account = Account(bench, sending, log)
    print(f"put off {sending.put_off}; commands {dict(sending.commands)}; {account}")
    assert not account.wrong, f"{len(account.wrong)} wrong ({account}):\n" + "\n".join(
        account.wrong[:20]
    )
    return account


def full_disk(path):
    """Fills what is left of a file system, and makes room again."""
    ballast = path / "ballast"

    def fill():
        with contextlib.suppress(OSError), open(ballast, "wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()

    return now_and_then(fill, lambda: ballast.unlink(missing_ok=True))


@pytest.mark.parametrize("answer", ["tempfail", "accept"])
def test_a_spool_that_is_full_now_and_then(bench, small_disk, store, answer):
    hold = {"spool": str(small_disk / "held"), "min_free": "0B"}
    settings = {"hold": hold, "on_error": {"spool": answer}}
    with bench.changed(over(store, settings)):
        account = weather(bench, full_disk(small_disk), retry=answer == "tempfail")
        assert bench.holdback.log("spool: nothing can be held: .*(?i:space)")
    assert account.sums["delivered"] and account.sums["held"] + account.sums["released"]


def test_a_store_that_is_full_now_and_then(bench, small_disk, store):
    def settle(bench):
        # The store's own log may have taken all there was.
        assert mount("-o", "remount,size=64m", small_disk)
        release_what_waits(bench)

    with bench.changed(store | {"store": {"path": str(small_disk / "holdback.db")}}):
        account = weather(bench, full_disk(small_disk), settle=settle)
        assert bench.holdback.log("(store|release): .*(full|disk I/O|space)")
    assert account.sums["delivered"] and account.sums["held"] + account.sums["released"]


def test_a_spool_that_is_read_only_now_and_then(bench, small_disk, store):
    settings = {"hold": {"spool": str(small_disk / "held"), "min_free": "0B"}}
    changes = []

    def read_only():
        if mount("-o", "remount,ro", small_disk):
            changes.append(1)

    with bench.changed(over(store, settings)):
        account = weather(
            bench,
            now_and_then(read_only, lambda: mount("-o", "remount,rw", small_disk)),
            retry=True,
        )
        assert changes and bench.holdback.log("spool: nothing can be held: .*(?i:read-only)")
    assert account.sums["delivered"] and account.sums["held"] + account.sums["released"]


def test_a_store_that_is_locked_now_and_then(bench, store):
    """Longer than the daemon waits for it."""
    with bench.changed(store):
        database = sqlite3.connect(
            store["store"]["path"], isolation_level=None, check_same_thread=False, timeout=30
        )
        trouble = now_and_then(
            lambda: database.execute("BEGIN EXCLUSIVE"), lambda: database.execute("ROLLBACK"), 9.0
        )
        try:
            account = weather(bench, trouble, seconds=15.0)
        finally:
            database.close()
    assert account.sums["delivered"] and account.sums["held"] + account.sums["released"]


@pytest.mark.parametrize(
    "moods",
    [
        ["forward", "MAIL 4xx", "RCPT 4xx", "DATA 4xx", "end 4xx"],
        ["forward", "RCPT 5xx", "end 5xx"],
        ["forward", "hang at once", "hang after DATA"],
        ["forward", "hang after the end", "close after the end", "forward and close"],
        list(MOODS),
    ],
    ids=["puts off", "refuses", "hangs before the end", "hangs after the end", "everything"],
)
def test_a_release_that_the_mta(bench, store, moods):
    """…puts off, refuses, or leaves without an answer."""
    stubborn = Stubborn(bench.mta.relay_port, moods)

    def settle(bench):
        stubborn.moods[:] = ["forward"]
        release_what_waits(bench)

    try:
        reinject = {"hold": {"reinject": f"smtp:127.0.0.1:{stubborn.port}"}}
        with bench.changed(over(store, reinject)):
            account = weather(bench, contextlib.nullcontext(), 14.0, settle)
    finally:
        stubborn.stop()
    print({mood: times for mood, times in stubborn.seen.items() if times})
    assert all(stubborn.seen[mood] for mood in moods), stubborn.seen
    if any("end" in mood and "4xx" not in mood and "5xx" not in mood for mood in moods):
        assert account.sums["in doubt"]
    assert account.sums["released"] + account.sums["returned"]


def test_releases_that_broke_off_when_the_mta_had_them_are_found_in_its_log(bench, store):
    stubborn = Stubborn(bench.mta.relay_port, ["forward", "forward and close"])
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)

    def settle(bench):
        read_the_log(bench)
        release_what_waits(bench)
        read_the_log(bench)

    settings = {
        "hold": {"reinject": f"smtp:127.0.0.1:{stubborn.port}"},
        "maillog": {"file": str(log), "trusted": True, "handed_on": []},
    }
    try:
        with bench.changed(over(store, settings)):
            account = weather(bench, contextlib.nullcontext(), 10.0, settle, log=True)
    finally:
        stubborn.stop()
    assert stubborn.seen["forward and close"] > 3, stubborn.seen
    assert account.sums["found in the log"] > 3, account
    assert account.sums["in doubt"] == account.sums["DSNs in doubt"] == 0, account
