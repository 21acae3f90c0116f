# SPDX-License-Identifier: Apache-2.0
"""A storm of mail over a bench, and the account of every recipient afterwards.

Clients send bulk messages to good, bad and blocked recipients, others release, return and discard
what is held, all at once and at random, while the test makes trouble. What the MTA answered with
250 is accounted for recipient by recipient: delivered once, or held once, or ended once as it was
commanded; or in doubt, where the daemon died between two systems and a person has to look.
"""

import collections
import dataclasses
import email
import random
import re
import smtplib
import threading
import time

from lab.mail import NEWS, message
from lab.wait import wait_for

FIELD = "X-Storm"


@dataclasses.dataclass
class Message:
    """A message that the MTA took: its name in `FIELD`, its Message-ID, its recipients."""

    name: str
    message_id: str
    recipients: list


class Storm:
    """Begins at once, with threads of its own; `stop` ends the sending and the commands. What the
    MTA took is in `accepted`, what it did not in `refused`.

    `retry` sends a message again while the MTA answers 4xx, as clients do. `large` is how many of a
    thousand messages have more held recipients than are deleted one by one.
    """

    def __init__(self, bench, seed, clients=3, commanders=2, retry=False, large=4, pause=0.08):
        self._bench = bench
        self._seed = seed
        self._retry = retry
        self._large = large
        self._pause = pause
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.accepted = []
        self.refused = []
        self.put_off = 0
        self.commands = collections.Counter()
        self.troubles = []
        self._numbers = iter(range(1, 1 << 40))
        workers = [self._client] * clients + [self._commander] * commanders
        self._threads = [
            threading.Thread(target=self._run, args=(worker, random.Random(f"{seed} {number}")))
            for number, worker in enumerate(workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        assert not self.troubles, self.troubles

    def _run(self, worker, dice):
        try:
            while not self._stopping.is_set():
                worker(dice)
        except Exception as error:  # pylint: disable=broad-except
            self.troubles.append(repr(error))

    def _recipients(self, dice, number):
        good = [f"g{number}-{i}@good.test" for i in range(dice.choice([0, 1, 1, 2, 5]))]
        bad = [f"b{number}-{i}@nullmx.test" for i in range(dice.choice([0, 1, 1, 2, 5]))]
        blocked = [f"x{number}-0@blocked.test"] if dice.random() < 0.2 else []
        if dice.random() * 1000 < self._large:
            bad = [f"b{number}-{i}@nullmx.test" for i in range(dice.randint(251, 280))]
            good = [f"g{number}-{i}@good.test" for i in range(dice.randint(1, 9))]
        everybody = good + bad + blocked or [f"g{number}-0@good.test"]
        dice.shuffle(everybody)
        return everybody

    def _connect(self):
        return smtplib.SMTP(
            "127.0.0.1", self._bench.mta.relay_port, local_hostname="c.test", timeout=120
        )

    def _client(self, dice):
        """One connection with one to four messages."""
        with self._connect() as smtp:
            for _ in range(dice.choice([1, 1, 2, 4])):
                if not self._send(smtp, dice) or self._stopping.wait(
                    dice.uniform(0, 2 * self._pause)
                ):
                    return

    def _send(self, smtp, dice):
        with self._lock:
            number = next(self._numbers)
        name = f"{self._seed}-{number}"
        octets = message(
            NEWS, "list@home.test", f"Storm {number}", "Hello.\r\n" * dice.choice([1, 10, 2000]),
            bulk=True, campaign=f"storm {number % 7}", extra=[f"{FIELD}: {name}"],
        )
        message_id = re.search(rb"Message-ID: (\S+)", octets).group(1).decode()
        recipients = self._recipients(dice, number)
        sent = Message(name, message_id, recipients)
        until = time.monotonic() + 60
        reply = self._offer(smtp, recipients, octets)
        first = reply
        while reply != 250 and self._retry and time.monotonic() < until:
            self.put_off += 1
            time.sleep(0.2)
            with self._connect() as again:
                reply = self._offer(again, recipients, octets)
        with self._lock:
            (self.accepted if reply == 250 else self.refused).append(sent)
        return first == 250

    def _offer(self, smtp, recipients, octets):
        smtp.ehlo_or_helo_if_needed()
        code = smtp.docmd("MAIL", f"FROM:<{NEWS}>")[0]
        if code != 250:
            smtp.rset()
            return code
        for recipient in recipients:
            code = smtp.docmd("RCPT", f"TO:<{recipient}>")[0]
            if code != 250:
                smtp.rset()
                return code
        return smtp.data(octets)[0]

    def _commander(self, dice):
        """One command on some of what is held; the others may take the same items."""
        rows = self._bench.holdback.held()
        self._stopping.wait(dice.uniform(0, 0.3))
        held = [row["id"] for row in rows if row["state"] == "held" and not row["in_doubt"]]
        if not held:
            return
        # The newest and the oldest, so that commanders meet.
        some = held[-40:] + held[:10]
        chosen = dice.sample(some, min(len(some), dice.choice([1, 2, 5, 20])))
        act = dice.choice(["release", "release", "release", "return", "discard"])
        self._bench.holdback.ctl("held", act, *sorted(set(chosen)), check=False)
        self.commands[act] += len(chosen)


def release_what_waits(bench):
    """Ends the patience of releases that are tried again later, and waits for the rest."""

    def waiting():
        rows = bench.holdback.held("--own")
        return [
            row
            for row in rows
            if not row["in_doubt"] and (row["release_at"] or row["state"] == "releasing")
        ]

    def none_left():
        rows = waiting()
        due = [str(row["id"]) for row in rows if row["state"] == "held"]
        for first in range(0, len(due), 200):
            bench.holdback.ctl("held", "release", *due[first : first + 200], check=False)
        return not rows

    wait_for("nothing waits for its release", none_left, seconds=120)
    bench.settle()


class Account:
    """What became of each recipient of each accepted message. `wrong` names the cases that must
    not be; `sums` counts the ends."""

    def __init__(self, bench, storm):
        self.sums = collections.Counter()
        self.wrong = []
        copies = collections.Counter()
        for delivery in bench.outside.deliveries():
            for name in delivery.fields(FIELD):
                copies[name, delivery.recipient] += 1
        dsns = self._dsns(bench)
        items = collections.defaultdict(list)
        rows = bench.holdback.held("--all", "--own")
        for row in rows:
            items[row["message_id"], row["recipient"]].append(row)
        # DSNs of which the MTA may have a copy, and those that it refused.
        own = [row for row in rows if row["kind"] == "own" and row["state"] == "held"]
        self.sums["DSNs in doubt"] = sum(row["in_doubt"] for row in own)
        self.sums["DSNs refused"] = sum((row["last_answer"] or "").startswith("5") for row in own)
        open_dsns = len(own)
        # One tells of all items of a message that are given back together.
        self._missing_dsns = set()
        for sent in storm.refused:
            for recipient in sent.recipients:
                self.sums["refused"] += 1
                if copies[sent.name, recipient]:
                    self.wrong.append(f"{sent.name} {recipient}: refused, and delivered")
        for sent in storm.accepted:
            for recipient in sent.recipients:
                found = items.get((sent.message_id, recipient), [])
                self._judge(
                    sent, recipient, found, copies[sent.name, recipient], dsns[sent.name, recipient]
                )
        self.sums["messages"] = len(storm.accepted)
        missing = len(self._missing_dsns)
        if missing > open_dsns:
            self.wrong.append(f"{missing} DSNs are missing, {open_dsns} wait for a person")
        if self.sums["DSNs in doubt"] + self.sums["DSNs refused"] < open_dsns:
            self.wrong.append("a DSN is stuck")

    @staticmethod
    def _dsns(bench):
        """How often a sender was told of (message, recipient)."""
        told = collections.Counter()
        for delivery in bench.home.deliveries(NEWS):
            if b"report-type=delivery-status" not in delivery.header:
                continue
            whole = email.message_from_bytes(delivery.octets)
            text = delivery.octets.decode("utf-8", "replace")
            name = re.search(rf"(?m)^{FIELD}: (\S+)", text).group(1)
            for part in whole.walk():
                if part.get_content_type() == "message/delivery-status":
                    for recipient in part.get_payload():
                        final = recipient.get("Final-Recipient")
                        if final:
                            told[name, final.split(";", 1)[1].strip()] += 1
        return told

    def _judge(self, sent, recipient, found, copies, dsns):
        """Counts one recipient."""
        self.sums["recipients"] += 1
        doubt = any(row["in_doubt"] for row in found)
        states = [row["state"] for row in found]
        ends = [state for state in states if state not in ("held", "releasing")] or states
        end = ends[-1] if ends else "delivered"
        told = f"{sent.name} {recipient}: {states} doubt={doubt} copies={copies} DSNs={dsns}"
        if doubt:
            self.sums["in doubt"] += 1
            self.sums[f"in doubt, {'delivered' if copies else 'not delivered'}"] += 1
            if copies > 1 or dsns > 1 or len(found) > 1:
                self.wrong.append(told)
            return
        self.sums[end] += 1
        wanted = {"delivered": 1, "released": 1, "held": 0, "returned": 0, "discarded": 0}
        if len(found) > 1 or copies != wanted.get(end, -1):
            self.wrong.append(told)
        if dsns > (end == "returned"):
            self.wrong.append(told)
        if end == "returned" and dsns == 0:
            self._missing_dsns.add((sent.message_id, found[-1]["changed_at"]))

    def __str__(self):
        return ", ".join(f"{what} {number}" for what, number in sorted(self.sums.items()))
