# SPDX-License-Identifier: Apache-2.0
"""A storm of mail over a bench, and the account of every recipient afterwards.

Clients send bulk messages to good, bad and blocked recipients, others release, return and discard
what is held, all at once and at random, while the test makes trouble. What the MTA answered with
250 is accounted for recipient by recipient: delivered once, or held once, or ended once as it was
commanded; or in doubt, where the daemon died between two systems and a person has to look.
"""

import collections
import contextlib
import dataclasses
import email
import itertools
import random
import re
import smtplib
import threading
import time

from lab.mail import NEWS, message
from lab.wait import wait_for

FIELD = "X-Storm"
BLOCKED = "@blocked.test"
# How the daemon says that the log has ended a doubt, and how long it may be until it looks.
BY_LOG = "by the MTA's log"
LOOK = 8.0
REFUSAL = re.compile(r"550 .*\(to DATA\)", re.DOTALL)


@dataclasses.dataclass
class Message:
    """A message and its recipients: its name in `FIELD`, its Message-ID. `answer` is the MTA's last
    word about it, with the command that it answered."""

    name: str
    message_id: str
    recipients: list
    answer: str = ""


class Storm:
    """Begins at once, with threads of its own; `stop` ends the sending and the commands. What the
    MTA took is in `accepted`, what it did not in `refused`.

    `acts` are the commands that are given, as often as each stands there.
    `retry` sends a message again while the MTA answers 4xx, as clients do. `large` is how many of a
    thousand messages have more held recipients than are deleted one by one.
    """

    # What one leaves behind in a bench is not taken for mail of the next.
    _storms = itertools.count(1)

    def __init__(self, bench, seed, clients=3, commanders=2, retry=False, large=4, pause=0.08,
                 acts=("release", "release", "release", "return", "discard")):
        self._bench = bench
        self._name = f"{seed}.{next(Storm._storms)}"
        self._retry = retry
        self._large = large
        self._pause = pause
        self._acts = acts
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._quiet = threading.Condition()
        self._is_quiet = False
        self._under_way = 0
        self.accepted = []
        self.refused = []
        self.put_off = 0
        self.commands = collections.Counter()
        self.outcomes = collections.Counter()
        self.troubles = []
        self._numbers = itertools.count(1)
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

    @contextlib.contextmanager
    def without_commands(self):
        """No command is given meanwhile, and none is under way."""
        with self._quiet:
            self._is_quiet = True
            self._quiet.wait_for(lambda: not self._under_way)
        try:
            yield
        finally:
            with self._quiet:
                self._is_quiet = False
                self._quiet.notify_all()

    @contextlib.contextmanager
    def _command(self):
        with self._quiet:
            self._quiet.wait_for(lambda: not self._is_quiet)
            self._under_way += 1
        try:
            yield
        finally:
            with self._quiet:
                self._under_way -= 1
                self._quiet.notify_all()

    def _run(self, worker, dice):
        try:
            while not self._stopping.is_set():
                worker(dice)
        except Exception as error:  # pylint: disable=broad-except
            self.troubles.append(repr(error))

    def _recipients(self, dice, number):
        good = [f"g{number}-{i}@good.test" for i in range(dice.choice([0, 1, 1, 2, 5]))]
        bad = [f"b{number}-{i}@nullmx.test" for i in range(dice.choice([0, 1, 1, 2, 5]))]
        blocked = [f"x{number}-0{BLOCKED}"] if dice.random() < 0.2 else []
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
        name = f"{self._name}-{number}"
        octets = message(
            NEWS, "list@home.test", f"Storm {number}", "Hello.\r\n" * dice.choice([1, 10, 2000]),
            bulk=True, campaign=f"storm {number % 7}", extra=[f"{FIELD}: {name}"],
        )
        message_id = re.search(rb"Message-ID: (\S+)", octets).group(1).decode()
        recipients = self._recipients(dice, number)
        sent = Message(name, message_id, recipients)
        until = time.monotonic() + 60
        sent.answer = self._offer(smtp, recipients, octets)
        first = sent.answer
        while sent.answer.startswith("4") and self._retry and time.monotonic() < until:
            self.put_off += 1
            time.sleep(0.2)
            with self._connect() as again:
                sent.answer = self._offer(again, recipients, octets)
        with self._lock:
            (self.accepted if sent.answer.startswith("250") else self.refused).append(sent)
        return first.startswith("250")

    @staticmethod
    def _offer(smtp, recipients, octets):
        """Gives the answer to the message, or the first that ends it: code, words, command."""
        smtp.ehlo_or_helo_if_needed()
        commands = [("MAIL", f"FROM:<{NEWS}>")]
        commands += [("RCPT", f"TO:<{recipient}>") for recipient in recipients]
        for verb, argument in commands:
            code, words = smtp.docmd(verb, argument)
            if code != 250:
                smtp.rset()
                return f"{code} {words.decode('ascii', 'replace')} (to {verb})"
        try:
            code, words = smtp.data(octets)
        except smtplib.SMTPDataError as error:
            code, words = error.smtp_code, error.smtp_error
        return f"{code} {words.decode('ascii', 'replace')} (to DATA)"

    def _commander(self, dice):
        """One command on some of what is held; the others may take the same items."""
        with self._command():
            rows = self._bench.holdback.held()
        # A restart may come in between: what is not in doubt now may be then.
        self._stopping.wait(dice.uniform(0, dice.choice([0.3, 1.2])))
        held = [row["id"] for row in rows if row["state"] == "held" and not row["in_doubt"]]
        if not held:
            return
        # The newest and the oldest, so that commanders meet.
        some = held[-40:] + held[:10]
        chosen = dice.sample(some, min(len(some), dice.choice([1, 2, 5, 20])))
        act = dice.choice(self._acts)
        with self._command():
            done = self._bench.holdback.ctl("held", act, *sorted(set(chosen)), check=False)
        self.commands[act] += len(chosen)
        self.outcomes.update(row["outcome"] for row in done.rows)


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


def read_the_log(bench):
    """Waits until the daemon knows what the MTA's log says of items in doubt."""
    wait_for(
        "the log is read",
        lambda: bench.holdback.ctl("status").rows[0].get("maillog_behind_octets") == 0,
    )
    time.sleep(LOOK)


def ends_of(bench, storm):
    """How many copies, DSNs and items that are held there are of each (message, recipient) that the
    MTA has taken."""
    copies = collections.Counter()
    for delivery in bench.outside.deliveries():
        for name in delivery.fields(FIELD):
            copies[name, delivery.recipient] += 1
    dsns = Account.dsns(bench)
    held = collections.Counter(
        (row["message_id"], row["recipient"]) for row in bench.holdback.held()
    )
    return {
        (sent.name, recipient): (
            copies[sent.name, recipient],
            dsns[sent.name, recipient],
            held[sent.message_id, recipient],
        )
        for sent in storm.accepted
        for recipient in sent.recipients
    }


class Account:
    """What became of each recipient of each accepted message. `wrong` names the cases that must
    not be; `sums` counts the ends. With `log` the daemon follows the MTA's, and has read it."""

    def __init__(self, bench, storm, log=False):
        self._log = log
        self.sums = collections.Counter()
        self.wrong = []
        copies = collections.Counter()
        for delivery in bench.outside.deliveries():
            for name in delivery.fields(FIELD):
                copies[name, delivery.recipient] += 1
        dsns = self.dsns(bench)
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
            self._judge_refused(sent, copies)
        for sent in storm.accepted:
            for recipient in sent.recipients:
                found = items.get((sent.message_id, recipient), [])
                self._judge(
                    sent, recipient, found, copies[sent.name, recipient], dsns[sent.name, recipient]
                )
        self.sums["messages"] = len(storm.accepted)
        self.sums["found to be held by the log"] = sum(
            int(re.search(r"release: (\d+) held", line).group(1))
            for line in bench.holdback.log(r"release: \d+ held items are no longer in doubt")
        )
        missing = len(self._missing_dsns)
        if missing > open_dsns:
            self.wrong.append(f"{missing} DSNs are missing, {open_dsns} wait for a person")
        if self.sums["DSNs in doubt"] + self.sums["DSNs refused"] < open_dsns:
            self.wrong.append("a DSN is stuck")

    @staticmethod
    def dsns(bench):
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

    def _judge_refused(self, sent, copies):
        """The client was told: because nobody is left whom the settings do not block, or to try
        again later, which it did for as long as clients of this storm do."""
        all_blocked = all(recipient.endswith(BLOCKED) for recipient in sent.recipients)
        if all_blocked and REFUSAL.match(sent.answer):
            why = "refused, all are blocked"
        elif sent.answer.startswith("4"):
            why = "put off"
        else:
            why = "refused"
            self.wrong.append(f"{sent.name} {sent.recipients}: refused: {sent.answer}")
        self.sums[why] += len(sent.recipients)
        self.wrong += [
            f"{sent.name} {recipient}: {why}, and delivered"
            for recipient in sent.recipients
            if copies[sent.name, recipient]
        ]

    def _judge(self, sent, recipient, found, copies, dsns):
        """Counts one recipient."""
        self.sums["recipients"] += 1
        doubt = any(row["in_doubt"] for row in found)
        states = [row["state"] for row in found]
        ends = [state for state in states if state not in ("held", "releasing")] or states
        end = ends[-1] if ends else "delivered"
        told = f"{sent.name} {recipient}: {states} doubt={doubt} copies={copies} DSNs={dsns}"
        self.sums["found in the log"] += any(
            (row["last_answer"] or "").startswith(BY_LOG) for row in found
        )
        if doubt:
            # The original has a queue id that is known; a release may not have come so far.
            if self._log and copies and any(row["attempts"] == 0 for row in found):
                self.wrong.append(f"the log proves it: {told}")
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
