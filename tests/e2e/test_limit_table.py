# SPDX-License-Identifier: Apache-2.0
"""Every kind of limit with every action, for letters and for bulk mail: what each recipient gets."""

import itertools

import pytest

from lab.mail import message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")

KEYS = ("sasl-user", "sender", "sender-domain", "client", "daemon", "everyone")
ACTIONS = ("defer", "hold", "reject")
STREAMS = ("direct", "bulk")
CAP = 2
PEOPLE = [f"p{i}@good.test" for i in range(3)]
BEYOND = PEOPLE[CAP]


def limited(bench, key, action, stream):
    """The daemon with one limit whose counter nobody has used before; gives its name."""
    name = f"{key}-{action}-{stream}"
    one = {
        "name": name, "key": key, "stream": stream, "action": action,
        "recipients": [f"{CAP}/1h", "1000/1d"],
    }
    bench.holdback.change({"limit": [one]})
    bench.holdback.reload()
    return name


def counted(bench, name):
    """What the limit has counted within the hour, by key."""
    rows = bench.holdback.ctl("--json", "sender", "list", "--limit", name, check=False).rows
    return {row["key"]: row["used"] for row in rows if row["window"] == "1h"}


@pytest.mark.parametrize("key, action, stream", itertools.product(KEYS, ACTIONS, STREAMS))
def test_each_recipient_is_accounted_for(bench, key, action, stream):
    name = limited(bench, key, action, stream)
    user = f"u-{action}-{stream}"
    domain = f"{action}.{stream}.{key}.home.test"
    sender = f"ann@{domain}"
    is_bulk = stream == "bulk"
    sent = send(
        bench.mta.submission_port, sender, PEOPLE,
        message(sender, "list@good.test", name, bulk=is_bulk),
        **{**bench.mta.login(user), **bench.mta.client("192.0.2.9")},
    )
    # A person hears of it at RCPT; what is bulk is known at the end of the headers.
    refusal = {"defer": 451, "reject": 550, "hold": None}[action] if not is_bulk else None
    assert {p: code for p, (code, _) in sent.refused.items()} == (
        {BEYOND: refusal} if refusal else {}
    )
    if refusal:
        assert f"limit {name} of {CAP} recipients in 1h is reached" in sent.rcpt[BEYOND][1]
    assert sent.data[0] == 250
    bench.settle()
    assert [p for p in bench.outside.recipients() if p in PEOPLE] == PEOPLE[:CAP]

    held = [row for row in bench.holdback.held("--sender", sender) if row["state"] == "held"]
    is_held = action == "hold" or (is_bulk and action == "defer")
    assert [(row["recipient"], row["finding"]) for row in held] == (
        [(BEYOND, "over-limit")] if is_held else []
    )
    lines = bench.holdback.log(f'flow=outbound .*rcpt="{BEYOND}" .*reason=over-limit')
    mine = [line for line in lines if f'"{sender}"' in line]
    assert len(mine) == 1 and f"verdict={action}" in mine[0], mine
    if is_bulk and action == "reject":
        assert wait_for("the DSN", lambda: [
            d for d in bench.outside.deliveries(sender) if BEYOND.encode() in d.octets
        ])

    is_known = {
        "sasl-user": user, "sender": sender, "sender-domain": domain, "everyone": "",
        "client": None, "daemon": None,
    }[key]
    used = counted(bench, name)
    assert list(used.values()) == [CAP]
    assert is_known is None or list(used) == [is_known]
