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

from lab.storm import Account, Storm, read_the_log, release_what_waits
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
    bench.holdback.change({"maillog": {"file": str(log), "handed_on": []}})
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
