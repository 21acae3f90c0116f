# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost and nothing is doubled when the daemon is killed at any moment. It follows the
MTA's log, which ends doubt where it proves something.

HOLDBACK_KILLS is the number of kills (300 and more show what the design promises; with Sendmail
there are fewer), HOLDBACK_SEED repeats a run as far as threads let it.
"""

import os
import random
import re
import statistics
import time

import pytest

from lab.storm import Account, Storm, ends_of, read_the_log, release_what_waits
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {"outgoing": {"block": ["blocked.test"]}, "log": {"level": "info"}}

KILLS = int(os.environ.get("HOLDBACK_KILLS", "40"))
# The daemon does the same with both MTAs: what may differ shows earlier.
MOST_KILLS = {"postfix": KILLS, "sendmail": 60}
SEED = int(os.environ.get("HOLDBACK_SEED", str(random.SystemRandom().randrange(1 << 32))))


@pytest.fixture(scope="module", autouse=True)
def following(bench):
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    bench.holdback.change({"maillog": {"file": str(log), "trusted": True, "handed_on": []}})
    bench.holdback.reload()
    wait_for(
        "the log is followed", lambda: bench.holdback.ctl("status").rows[0]["maillog"] == "ok"
    )


def kill_again_and_again(bench, kills, dice):
    """Gives how long the restarts took, in seconds."""
    restarts = []
    for _ in range(kills):
        time.sleep(dice.uniform(0.0, 0.7))
        bench.holdback.kill()
        started = time.monotonic()
        bench.holdback.start()
        restarts.append(time.monotonic() - started)
    return restarts


def weather(bench, kills, **storm):
    """Kills the daemon in a storm, and gives the account of it."""
    kills = min(kills, MOST_KILLS[bench.mta.name])
    print(f"seed {SEED}, {kills} kills")
    began = time.monotonic()
    sending = Storm(bench, SEED, **storm)
    try:
        restarts = kill_again_and_again(bench, kills, random.Random(SEED))
    finally:
        sending.stop()
    bench.holdback.kill()
    bench.holdback.start()
    bench.settle()
    read_the_log(bench)
    release_what_waits(bench)
    read_the_log(bench)
    account = Account(bench, sending, log=True)
    print_what_is_known(bench, account)
    print(
        f"{kills} kills in {time.monotonic() - began:.0f} s, restart "
        f"{statistics.median(restarts):.2f} s (median), {max(restarts):.2f} s (longest); "
        f"put off {sending.put_off}; commands {dict(sending.commands)}, which came to "
        f"{dict(sending.outcomes)}; {account}"
    )
    return account


def print_what_is_known(bench, account):
    """What the logs and the store say of the first recipients of whom the account is wrong."""
    rows = bench.holdback.held("--all", "--own")
    for told in account.wrong[:5]:
        print(told)
        for who in re.findall(r"[^\s\[']+@[^\s:,'\]]+", told):
            for row in rows:
                if row["recipient"] == who:
                    print(bench.holdback.ctl("held", "show", str(row["id"]), check=False).text)
            for line in bench.holdback.log(re.escape(who)) + bench.mta.log(re.escape(who)):
                print(line)


def check(account, *wanted):
    assert not account.wrong, f"{len(account.wrong)} wrong ({account}):\n" + "\n".join(
        account.wrong[:20]
    )
    for end in wanted:
        assert account.sums[end], f"none {end}: no test ({account})"
    # A person has to look at few of them: those of the moment of a kill.
    assert account.sums["in doubt"] < account.sums["recipients"] / 4, account


def test_killed_at_random_nothing_is_lost_or_doubled(bench):
    account = weather(bench, KILLS)
    check(account, "delivered", "released", "returned", "discarded")
    assert account.sums["held"] + account.sums["in doubt"], f"none held: no test ({account})"


def test_the_same_where_clients_are_told_to_try_again(bench):
    """The MTA defers mail while the daemon is away: clients send again, and what had been held
    before is held once."""
    bench.mta.when_away("tempfail")
    bench.forget()
    try:
        account = weather(bench, max(10, KILLS // 5), retry=True)
    finally:
        bench.mta.when_away("accept")
    check(account, "delivered", "released", "returned")
    # By chance all that is still held may be of moments of a kill.
    assert account.sums["held"] + account.sums["in doubt"], f"none held: no test ({account})"


def lose_the_store(bench):
    """The daemon is killed, its database is gone, and a person rescues the spool."""
    bench.holdback.kill()
    for path in bench.holdback.base.glob("holdback.db*"):
        if not path.name.endswith(".lock"):
            path.unlink()
    done = bench.holdback.ctl("held", "rescue", check=False)
    assert done.code == 0, done
    bench.holdback.start()
    return len(done.rows)


def release_what_is_in_doubt(bench):
    """What a person does who would rather have a message arrive twice than not at all."""

    def none_left():
        rows = [row for row in bench.holdback.held("--own") if row["in_doubt"]]
        ids = [str(row["id"]) for row in rows]
        for first in range(0, len(ids), 200):
            bench.holdback.ctl(
                "held", "release", "--in-doubt", *ids[first : first + 200], check=False
            )
        return not rows

    wait_for("nothing is in doubt", none_left, seconds=120)
    release_what_waits(bench)


def test_with_the_store_lost_at_a_random_moment_the_spool_is_rescued(bench):
    """Nothing is lost, and nothing goes twice but what a person releases in doubt."""
    bench.forget()
    kills = max(10, min(KILLS, MOST_KILLS[bench.mta.name]) // 2)
    dice = random.Random(SEED + 1)
    print(f"seed {SEED}, {kills} kills")
    # Nobody knows any more what was discarded before the store was lost.
    sending = Storm(bench, SEED, acts=("release", "release", "return"))
    try:
        kill_again_and_again(bench, kills // 2, dice)
        time.sleep(dice.uniform(0.0, 2.0))
        # Nobody looks into a store while he deletes its files.
        with sending.without_commands():
            rescued = lose_the_store(bench)
        kill_again_and_again(bench, kills // 2, dice)
    finally:
        sending.stop()
    bench.settle()
    release_what_waits(bench)
    twice = {who: ends for who, ends in ends_of(bench, sending).items() if ends[0] > 1}
    in_doubt = len(bench.holdback.held("--in-doubt"))
    release_what_is_in_doubt(bench)
    ends = ends_of(bench, sending)
    lost = [who for who, end in ends.items() if not any(end)]
    doubles = sum(end[0] > 1 for end in ends.values())
    print(f"{len(ends)} recipients, {rescued} messages rescued, {in_doubt} items in doubt, "
          f"{len(twice)} twice, {len(lost)} lost, {doubles} doubled by a person")
    for _, who in lost[:5]:
        for line in bench.holdback.log(re.escape(who)) + bench.mta.log(re.escape(who)):
            print(line)
    assert rescued and in_doubt, "nothing was rescued: no test"
    assert not twice, list(twice.items())[:20]
    assert not lost, lost[:20]
