#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs whatif to find out how the mail of changed recipients ended.

decision_bench records the decisions about a million recipients, the journal gets one outcome or two
for each, and whatif is run with settings that change nothing, and with others that change
everybody: the ratio of the two is what the join costs.

    HOLDBACK_BUILD=build/release tests/bench/whatif.py [RECIPIENTS]
"""

import pathlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.holdback import SOURCE, build, program  # noqa: E402

PER_MESSAGE = 50  # as decision_bench has it
LIMIT = 5.0
INSERT = """insert into outcome (at, queue_id, sender, recipient, recipient_key, domain, original,
    provider, result, accepted, status, reply, relay, address, port, mailer, text)
    values (?, ?, 'news@home.example', '', ?, ?, '', 'provider.example', ?, 1, ?, ?,
    'mx1.provider.example', '192.0.2.7', 25, 'smtp', '')"""
DEFERRED = ("deferred", "4.7.1", "451 4.7.1 try again later")
BOUNCED = ("bounced", "5.1.1", "550 5.1.1 The account that you tried to reach does not exist")
SENT = ("sent", "2.0.0", "250 2.0.0 OK 1764250000 abc-def.123 - gsmtp")


def outcomes(recipients):
    now = int(time.time() * 1000)
    for n in range(recipients):
        domain = f"d{n % 5000}.example.info"
        for outcome in ([DEFERRED] if n % 5 == 0 else []) + [SENT if n % 10 else BOUNCED]:
            queue_id = f"4Xk{n - n % PER_MESSAGE:08}"
            yield (now, queue_id, f"user{n}@{domain}", domain, *outcome)


def settings(base, reserved):
    path = base / f"{reserved}.conf"
    path.write_text(
        f'[store]\npath = "{base}/holdback.db"\n'
        f'[codes]\nfile = "{SOURCE}/conf/codes.conf"\nrules = "{SOURCE}/conf/rules.d"\n'
        f'lexicon = "{SOURCE}/conf/lexicon.d"\nlocal_lexicon = "{base}/lexicon.d"\n'
        f'local_file = "{base}/codes.conf"\nlocal_rules = "{base}/rules.d"\n'
        f'[dns]\nreserved_domains = ["{reserved}"]\n'
    )
    return path


def timed(conf, other):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [program("holdbackctl"), "-c", conf, "whatif", other, "--since", "1d"],
        capture_output=True, text=True, check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss // 1024, done.stdout


def main(recipients=1_000_000):
    with tempfile.TemporaryDirectory(prefix="holdback-") as directory:
        base = pathlib.Path(directory)
        store = base / "holdback.db"
        subprocess.run([build() / "tests/decision_bench", str(recipients), store], check=True)
        with sqlite3.connect(store) as database:
            database.executemany(INSERT, outcomes(recipients))
        database.close()
        conf = settings(base, "invalid")
        alone, _, _ = timed(conf, conf)
        joined, most, told = timed(conf, settings(base, "info"))
        print(told, end="")
        print(f"CPU: {alone:.2f} s alone, {joined:.2f} s with the ends of all, "
              f"ratio {joined / alone:.2f}; at most {most} MiB")
        # Some of the messages that decision_bench sends first are in it as well.
        delivered = int(told.rsplit(" were delivered", 1)[0].rsplit(" ", 1)[1])
        if delivered < recipients * 9 // 10:
            sys.exit("the ends are not the expected ones")
        if joined / alone > LIMIT:
            sys.exit(f"more than {LIMIT:g} times as long")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
