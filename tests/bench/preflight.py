#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the check of a list of 100,000 addresses over 5,000 domains.

A private NSD answers for the domains; a run whose answers come from there is timed against the
same run without DNS, so that the ratio says what look-ups cost on this machine. The limit is ten
seconds with DNS.

    HOLDBACK_BUILD=build/release tests/bench/preflight.py [ADDRESSES [DOMAINS]]
"""

import contextlib
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab import nsd  # noqa: E402
from lab.holdback import SOURCE, program  # noqa: E402

LIMIT = 10.0


def zone(domains):
    """Nine domains in ten take mail, each with an MX host of its own; the tenth does not exist."""
    lines = [nsd.ZONE]
    for n in range(domains):
        if n % 10:
            lines.append(f"d{n} MX 10 mx.d{n}\nmx.d{n} A 198.41.0.{n % 250 + 1}\n")
    return "".join(lines)


def settings(base, address):
    host, port = address.rsplit(":", 1)
    return (
        f'[control]\nsocket = "{base}/control.sock"\n'
        f'[store]\npath = "{base}/holdback.db"\n'
        f'[codes]\nfile = "{SOURCE}/conf/codes.conf"\nrules = "{SOURCE}/conf/rules.d"\n'
        f'lexicon = "{SOURCE}/conf/lexicon.d"\nlocal_lexicon = "{base}/lexicon.d"\n'
        f'local_file = "{base}/codes.conf"\nlocal_rules = "{base}/rules.d"\n'
        f'[dns]\nnameservers = ["{host}:{port}"]\n'
    )


def timed(base, *words):
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [program("holdbackctl"), "-c", base / "holdback.conf", "check", "--file", base / "list.csv",
         "--out", base / "out.csv", "--force", *words],
        capture_output=True, text=True, check=False,
    )
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return seconds, cpu, done.stdout


def main(addresses=100_000, domains=5_000):
    with contextlib.ExitStack() as exits:
        base = pathlib.Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="holdback-")))
        nsd.ZONE = zone(domains)
        server = nsd.Nsd(base / "nsd")
        exits.callback(server.stop)
        (base / "holdback.conf").write_text(settings(base, server.address))
        with (base / "list.csv").open("w") as out:
            out.write("id,email,name\n")
            for n in range(addresses):
                out.write(f"{n},user{n}@d{n * 7919 % domains}.test,Name {n}\n")
        offline, offline_cpu, _ = timed(base, "--offline")
        online, online_cpu, told = timed(base)
        print(told, end="")
        print(f"offline {offline:.2f} s (CPU {offline_cpu:.2f} s), "
              f"with DNS {online:.2f} s (CPU {online_cpu:.2f} s), ratio {online / offline:.2f}, "
              f"{addresses / online:.0f} addresses/s")
        if f"{addresses} addresses checked: {addresses * 9 // 10} pass" not in told:
            sys.exit("the verdicts are not the expected ones")
        if online > LIMIT and addresses <= 100_000:
            sys.exit(f"slower than {LIMIT:.0f} s")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
