# SPDX-License-Identifier: Apache-2.0
"""The metrics of a daemon that had hostile mail, read as Prometheus reads them."""

import re
import shutil
import subprocess

from lab.mail import NEWS
from lab.need import need_for_full
from lab.wait import wait_for

SETTINGS = {"bulk": {"stop_above": "20%", "stop_minimum": 2}}

# Names of campaigns, as octets of a header field; the first two can't be told apart when shown.
NAMES = (
    b"caf\xff", b"caf\xfe", b'quo"te', b"back\\slash\\n", b"folded\r\n next", b"esc\x1b[2J",
    b"x} 1", "rtl\u202e".encode(), b"y" * 200 + b"1", b"y" * 200 + b"2",
)
BAD = ("<carl@nullmx.test>", "<dora@gone.test>", "<eva@gone.test>")
SERIES = re.compile(r'([a-z_]+)(\{[a-z]+="((?:[^"\\\n]|\\["\\n])*)"\})? [0-9]+')


def send(rig, name):
    with rig.client() as mta:
        mta.connect()
        mta.helo()
        mta.mail(f"<{NEWS}>")
        for recipient in BAD:
            mta.rcpt(recipient)
        mta.data()
        mta.header("From", f"<{NEWS}>")
        mta.header("List-Id", "<list.home.test>")
        mta.header("X-Campaign-ID", name.decode("utf-8", "surrogateescape"))
        mta.end_of_headers()
        mta.body(b"Hello.\r\n")
        mta.end()


def scraped(rig):
    """The metrics, each of whose lines is one of the text format, as (series, label)."""
    text = rig.holdback.say("metrics")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [SERIES.fullmatch(line) for line in lines]
    assert None not in found, lines[found.index(None)]
    return text, [(each.group(1), each.group(3)) for each in found]


def test_prometheus_takes_what_hostile_mail_leaves(rig):
    for name in NAMES:
        send(rig, name)

    def stopped():
        return rig.holdback.ctl("status").rows[0]["campaigns_stopped"] == len(NAMES)

    wait_for("all campaigns are stopped", stopped)
    text, series = scraped(rig)
    assert len(set(series)) == len(series), "a series comes twice"
    labels = [label for name, label in series if name == "holdback_campaign_stopped"]
    assert 'holdback_campaign_stopped{campaign="caf\ufffd"} 2' in text
    assert 'quo\\"te' in labels and "back\\\\slash\\\\n" in labels
    assert len(labels) == len(NAMES) - 2
    promtool = shutil.which("promtool")
    need_for_full(None if promtool else "promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text.encode(), capture_output=True, timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
