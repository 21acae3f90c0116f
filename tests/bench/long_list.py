#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a long suppression list does to the working daemon: long_list.py [ENTRIES].

Measures, in one run, messages through the daemon with an empty list and with one of ENTRIES entries
(one million by default; ten million need 2 GB in the temporary directory), the daemon's memory with
both, and the import beside it. HOLDBACK_BUILD names the build directory.
"""

import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import holdback, nsd  # noqa: E402
from lab.mail import NEWS, message  # noqa: E402
from lab.milter_client import MilterClient  # noqa: E402

MESSAGES = 300
RECIPIENTS = 100
STEP = 1_000_000_007  # a prime: neighbours in the file are far from each other in the list


def address(number, entries):
    """A quarter at one provider, the others forty to a domain."""
    if number < entries // 4:
        return f"user{number:09}@good.test"
    return f"user{number:09}@d{number // 40:07}.example"


def write_list(path, entries):
    with open(path, "w", encoding="ascii", buffering=1 << 20) as out:
        for number in range(entries):
            out.write(address(number * STEP % entries, entries) + "\n")


def memory(pid, what="VmRSS"):
    """MiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise AssertionError(what)


def messages(daemon, source):
    """Milliseconds of each message with 100 recipients that are not in the list."""
    taken = []
    for number in range(MESSAGES):
        recipients = [f"<other{source.randrange(10**9)}@good.test>" for _ in range(RECIPIENTS)]
        octets = message(NEWS, "list@home.test", f"News {number}", bulk=True, campaign=f"c{number}")
        with MilterClient(daemon.socket) as mta:
            mta.connect()
            mta.helo()
            began = time.monotonic()
            mta.message(f"<{NEWS}>", recipients, octets)
            taken.append((time.monotonic() - began) * 1000)
    return taken


def show(what, taken, daemon):
    print(f"{what}: median {statistics.median(taken):.2f} ms a message of {RECIPIENTS} recipients, "
          f"largest {max(taken):.1f} ms; daemon {memory(daemon.process.pid):.1f} MiB, "
          f"at most {memory(daemon.process.pid, 'VmHWM'):.1f} MiB", flush=True)


def main():
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if holdback.missing() or not nsd.program():
        sys.exit(holdback.missing() or "NSD is not installed")
    base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
    base.chmod(0o755)
    server = nsd.Nsd(base / "nsd")
    daemon = holdback.Holdback(base / "holdback", base / "socket/holdback.sock", [server.address], 25)
    try:
        daemon.start()
        source = random.Random(1)
        messages(daemon, source)
        short = messages(daemon, source)
        show("empty list", short, daemon)
        write_list(base / "list", entries)
        began = time.monotonic()
        subprocess.run([holdback.program("holdbackctl"), "-c", daemon.conf, "suppress", "import",
                        base / "list"], check=True, stdout=subprocess.DEVNULL)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"import of {entries} entries: {time.monotonic() - began:.1f} s, at most {peak:.0f} MiB",
              flush=True)
        messages(daemon, source)
        long = messages(daemon, source)
        show("long list", long, daemon)
        print(f"a message takes {statistics.median(long) / statistics.median(short):.2f} times as long")
    finally:
        daemon.stop()
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
