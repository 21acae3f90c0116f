# SPDX-License-Identifier: Apache-2.0
"""A restart under load, with a real MTA that lets mail pass while the milter is away: how many
messages nobody looks at, and how many after a crash."""

import collections
import re
import signal
import subprocess
import threading
import time

from lab.holdback import program
from lab.mail import message, send

ROUNDS = 6
WAYS = (signal.SIGKILL, signal.SIGTERM)
CLIENTS = 4
SENDER = "news@home.test"


class Load:
    """Clients that send message after message, each with a recipient of its own."""

    def __init__(self, bench):
        self._bench = bench
        self._stopping = threading.Event()
        self._count = collections.Counter()
        self.accepted = []
        self._threads = [
            threading.Thread(target=self._send, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def _send(self, client):
        while not self._stopping.is_set():
            self._count[client] += 1
            who = f"load{client}x{self._count[client]}@good.test"
            sent = send(
                self._bench.mta.submission_port,
                SENDER,
                [who],
                message(SENDER, who, "Hello"),
                **self._bench.mta.login("joe"),
            )
            if sent.data and sent.data[0] == 250:
                self.accepted.append(who)
            self._stopping.wait(0.05)

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=60)


def restart(bench, how):
    """As a process manager does: the next one begins when the one before is gone."""
    daemon = bench.holdback
    daemon.process.send_signal(how)
    # A wait with a timeout looks every now and then, which would count as the daemon's time.
    late = threading.Timer(60, daemon.process.kill)
    late.start()
    daemon.process.wait()
    late.cancel()
    with open(daemon.base / "out", "ab") as out:
        daemon.process = subprocess.Popen(
            [program("holdback"), "-c", daemon.conf], stdout=out, stderr=out
        )


def unchecked(bench):
    """For each way to end: how many messages were taken without a decision, around a few restarts.
    The ways take turns, so that both meet the same machine."""
    daemon = bench.holdback
    missed = collections.Counter()
    load = Load(bench)
    for _ in range(ROUNDS):
        for how in WAYS:
            before = len(load.accepted)
            restart(bench, how)
            time.sleep(3.0)
            accepted = load.accepted[before:]
            assert len(accepted) > 20, "too little load for a test"
            seen = set(re.findall(r"load\d+x\d+@good\.test", "\n".join(daemon.log("decision "))))
            missed[how] += sum(who not in seen for who in accepted)
    load.stop()
    print({how.name: count for how, count in missed.items()}, f"of {len(load.accepted)}")
    return missed


def test_a_restart_leaves_fewer_messages_unchecked_than_a_crash(bench):
    bench.mta.when_away("accept")
    missed = unchecked(bench)
    assert missed[signal.SIGKILL] > 0, "nothing was missed: no test"
    assert missed[signal.SIGTERM] <= missed[signal.SIGKILL], missed
