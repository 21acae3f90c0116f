# SPDX-License-Identifier: Apache-2.0
"""What a limit held leaves evenly once the limit has room, also without auto_release."""

import time

from lab.mail import PERSON, message, send
from lab.notices import OURS, body_text, parsed
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
PEOPLE = [f"p{i}@good.test" for i in range(5)]


def limit(cap):
    return [{"name": "a", "key": "sasl-user", "recipients": [cap], "action": "hold"}]


SETTINGS = {
    "limit": limit("1/1h"),
    "pace": {"per_minute": 2},
    "notice": {"address": OURS, "collect": "1s"},
}


def test_a_higher_limit_lets_the_rest_go_two_a_minute(bench):
    sent = send(
        bench.mta.submission_port, PERSON, PEOPLE, message(PERSON, PEOPLE[0], "Hi"),
        **bench.mta.login("joe"),
    )
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == PEOPLE[:1]
    (notice,) = wait_for("the notice", lambda: bench.home.deliveries(PERSON))
    text = " ".join(body_text(parsed(notice)).lower().split())
    assert "the limit a of 1 recipients in 1h is reached" in text, text
    assert "nothing: it leaves by itself from" in text, text
    bench.holdback.change({"limit": limit("100/1h")})
    bench.holdback.reload()
    wait_for("the first two", lambda: len(bench.outside.recipients()) >= 3, seconds=150)
    first = time.monotonic()
    bench.settle()
    assert bench.outside.recipients() == PEOPLE[:3]
    wait_for("the others", lambda: len(bench.outside.recipients()) >= 5, seconds=150)
    assert time.monotonic() - first > 50
    bench.settle()
    assert bench.outside.recipients() == PEOPLE
    lines = bench.holdback.log(r'flow=release .*rcpt="p\d@good.test" verdict=released')
    assert len(lines) == 4, lines
