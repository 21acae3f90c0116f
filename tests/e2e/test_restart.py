# SPDX-License-Identifier: Apache-2.0
"""A restart under load, with a real MTA that lets mail pass while the milter is away: how many
messages nobody looks at, and how many after a crash."""

import collections
import contextlib
import random
import re
import signal
import smtplib
import subprocess
import threading
import time

from lab.holdback import program
from lab.mail import message, send
from lab.wait import wait_for

ROUNDS = 8
WAYS = (signal.SIGKILL, signal.SIGTERM)
CLIENTS = 4
# A message takes a while, and then there is none for a while, as from clients on a network.
WAY = 0.05
PAUSE = 0.2
SENDER = "news@home.test"


class Load:
    """Clients that send message after message, each with a recipient of its own."""

    def __init__(self, bench):
        self._bench = bench
        self._stopping = threading.Event()
        self._count = collections.Counter()
        self._under_way = {}  # client -> when its message had begun
        self.accepted = []
        self._threads = [
            threading.Thread(target=self._send, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def wait_until_one_is_under_way(self):
        wait_for("a message is under way", lambda: self._under_way, seconds=60)

    def _begin(self, client):
        self._under_way[client] = time.monotonic()

    def _send(self, client):
        # In step with each other they would all be under way, or none.
        time.sleep(client * (2 * WAY + PAUSE) / CLIENTS)
        while not self._stopping.is_set():
            self._count[client] += 1
            who = f"load{client}x{self._count[client]}@good.test"
            sent = None
            came = time.monotonic()
            with contextlib.suppress(smtplib.SMTPException, OSError):
                sent = send(
                    self._bench.mta.submission_port,
                    SENDER,
                    [who],
                    message(SENDER, who, "Hello"),
                    way=WAY,
                    begun=lambda: self._begin(client),
                    **self._bench.mta.login("joe"),
                )
            began = self._under_way.pop(client, None)
            if sent and sent.data and sent.data[0] == 250:
                self.accepted.append((who, came, began))
            self._stopping.wait(random.uniform(0.5, 1.5) * PAUSE)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=60)


def restart(bench, how):
    """As a process manager does: the next one begins when the one before is gone. Gives when the
    signal was sent, and when it was gone."""
    daemon = bench.holdback
    told = time.monotonic()
    daemon.process.send_signal(how)
    # A wait with a timeout looks every now and then, which would count as the daemon's time.
    late = threading.Timer(60, daemon.process.kill)
    late.start()
    daemon.process.wait()
    late.cancel()
    gone = time.monotonic()
    with open(daemon.base / "out", "ab") as out:
        daemon.process = subprocess.Popen(
            [program("holdback"), "-c", daemon.conf], stdout=out, stderr=out
        )
    return told, gone


def unchecked(bench):
    """For each way to end: how many messages were taken without a decision, around a few restarts;
    how many of their clients came before the daemon was gone; and how many of the messages were
    under way when it was told to end. The ways take turns, so that both meet the same machine."""
    daemon = bench.holdback
    missed, early, cut = (collections.Counter() for _ in range(3))
    load = Load(bench)
    wait_for("the load has begun", lambda: len(load.accepted) > CLIENTS, seconds=60)
    for _ in range(ROUNDS):
        for how in WAYS:
            before = len(load.accepted)
            load.wait_until_one_is_under_way()
            told, gone = restart(bench, how)
            time.sleep(3.0)
            accepted = load.accepted[before:]
            assert len(accepted) > 2 * CLIENTS, "too little load for a test"
            seen = set(re.findall(r"load\d+x\d+@good\.test", "\n".join(daemon.log("decision "))))
            unseen = [(came, began) for who, came, began in accepted if who not in seen]
            missed[how] += len(unseen)
            early[how] += sum(came < gone for came, _ in unseen)
            cut[how] += sum(began < told for _, began in unseen)
            print(f"{how.name}: gone {gone - told:.3f} s after the signal; clients without a "
                  f"decision came", sorted(round(came - told, 3) for came, _ in unseen))
    load.stop()
    for how in WAYS:
        print(f"{how.name}: {missed[how]} unchecked, of {early[how]} the client came before the end, "
              f"{cut[how]} were under way at the signal")
    return missed, early, cut


def test_a_restart_leaves_fewer_messages_unchecked_than_a_crash(bench):
    bench.mta.when_away("accept")
    missed, early, cut = unchecked(bench)
    # What had begun is finished.
    assert cut[signal.SIGKILL] > 0, "nothing was under way: no test"
    assert cut[signal.SIGTERM] == 0, cut
    assert early[signal.SIGTERM] < early[signal.SIGKILL], early
    # What begins before the next one listens meets nobody, both ways; how long that is differs by
    # chance.
    assert missed[signal.SIGTERM] <= 1.25 * missed[signal.SIGKILL] + CLIENTS, missed
