#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast bounces are understood, beside what else Debian has for it.

usage: classify.py BUILD [PATH...]

BUILD is a build directory with classify_bench; PATH are messages or directories of them (default:
tests/data/dsn). All programs get the same messages, in memory, on one thread and in one run; what
is not installed (libsisimai-perl, python3-flufl.bounce) is left out. Writes a table of messages per
second of CPU time, the ratio to GMime's time for parsing alone, and the peak memory. Then the CPU
time of a process that classifies one message, for some of the messages, with its start.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Each prints a line like classify_bench does: name, messages, seconds of CPU time, peak KiB.
PEAK = "int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
FLUFL = f"""
import email, sys, time
from flufl.bounce import scan_message
rounds = int(sys.argv[1])
texts = [open(path, 'rb').read() for path in sys.argv[2:]]
start = time.process_time()
for _ in range(rounds):
    for text in texts:
        try:
            scan_message(email.message_from_bytes(text))
        except Exception:
            pass  # it has no answer for this one
print('flufl.bounce', rounds * len(texts), time.process_time() - start, {PEAK})
"""
SISIMAI = r"""
use Sisimai::Message; use Sisimai::Data;
my $rounds = shift @ARGV;
my @texts = map { local $/; open(my $in, '<', $_) or die; my $text = <$in>; $text } @ARGV;
my $start = (times)[0] + (times)[1];
for (1 .. $rounds) {
    for my $text (@texts) {
        eval {
            my $message = Sisimai::Message->new('data' => $text);
            Sisimai::Data->make('data' => $message) if $message;
        };
    }
}
my $took = (times)[0] + (times)[1] - $start;
open(my $status, '<', '/proc/self/status'); my ($peak) = map { /^VmHWM:\s*(\d+)/ } <$status>;
print "Sisimai (Perl) ", $rounds * @texts, " $took $peak\n";
"""


def messages(paths):
    found = []
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in sorted(os.walk(path)):
                found += [os.path.join(folder, name) for name in sorted(names)
                          if not name.endswith((".expect", ".tsv", ".md"))]
        else:
            found.append(path)
    return found


def measure(command):
    """(name, messages, CPU seconds, peak KiB), or None when the program can't run here."""
    run = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if run.returncode != 0 or not run.stdout.strip():
        return None
    name, count, seconds, peak = run.stdout.strip().splitlines()[-1].rsplit(" ", 3)
    return name, int(count), float(seconds), int(peak)


def cpu_of(command, times):
    """The median CPU time of a run of the command, in ms."""
    def run():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return 1000 * statistics.median(run() for _ in range(times))


def compare_starts(tool, conf, files):
    """One message per process: ours against Sisimai, for at most 40 messages."""
    files = files[::max(1, len(files) // 40)]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(f'''[codes]
file = "{conf}/codes.conf"
rules = "{conf}/rules.d"
lexicon = "{conf}/lexicon.d"
local_file = "/nonexistent"
local_rules = "/nonexistent"
local_lexicon = "/nonexistent"
''')
        settings.flush()
        own = [cpu_of([tool, "-c", settings.name, "classify", name], 9) for name in files]
    print(f"\none message per process, {len(files)} messages, CPU time with the start\n")
    print(f"{'holdbackctl classify':24} {statistics.median(own):8.1f} ms")
    if subprocess.run(["perl", "-MSisimai", "-e1"], stderr=subprocess.DEVNULL).returncode != 0:
        return
    perl = [cpu_of(["perl", "-MSisimai", "-e", "Sisimai->make(shift)", name], 3) for name in files]
    ratios = [ours / other for ours, other in zip(own, perl)]
    print(f"{'Sisimai (Perl)':24} {statistics.median(perl):8.1f} ms")
    print(f"ratio: {sum(own) / sum(perl):.2f} in all, median {statistics.median(ratios):.2f}, "
          f"{min(ratios):.2f} to {max(ratios):.2f}, "
          f"{sum(ratio <= 0.3 for ratio in ratios)} of {len(ratios)} at most 0.30")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    files = messages(sys.argv[2:] or [os.path.join(ROOT, "tests/data/dsn")])
    bench = os.path.join(sys.argv[1], "tests/classify_bench")
    conf = os.path.join(ROOT, "conf")

    def ours(work, rounds):
        return [bench, work, str(rounds), f"{conf}/codes.conf", f"{conf}/rules.d", f"{conf}/lexicon.d",
                *files]

    rounds = max(1, 20000 // len(files))
    slow_rounds = max(1, 2000 // len(files))
    rows = [
        ("GMime, parsing alone", measure(ours("gmime", rounds))),
        ("Holdback, reading", measure(ours("read", rounds))),
        ("Holdback, classified", measure(ours("holdback", rounds))),
        ("Sisimai (Perl)", measure(["perl", "-e", SISIMAI, str(slow_rounds), *files])),
        ("flufl.bounce", measure(["/usr/bin/python3", "-c", FLUFL, str(slow_rounds), *files])),
    ]
    if rows[0][1] is None:
        sys.exit(f"{bench} does not run: build its target classify_bench")
    base = rows[0][1][2] / rows[0][1][1]
    print(f"{len(files)} messages, one thread, CPU time\n")
    print(f"{'':24} {'messages/s':>12} {'time to GMime':>14} {'peak MiB':>10}")
    for name, row in rows:
        if row is None:
            print(f"{name:24} {'not installed':>12}")
            continue
        _, count, seconds, peak = row
        print(f"{name:24} {count / seconds:12.0f} {seconds / count / base:14.2f} {peak / 1024:10.1f}")
    compare_starts(os.path.join(sys.argv[1], "milter/holdbackctl"), conf, files)


main()
