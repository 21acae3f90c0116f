# SPDX-License-Identifier: Apache-2.0
"""The report's page in a real browser: it shows what it says, in light and dark, wide and narrow,
and asks nobody for anything."""

import datetime
import html
import json
import os
import pathlib
import random
import re
import sqlite3

import pytest

from lab import browser, holdback
from lab.need import need, need_for_full

DAY = 86_400_000
PROVIDERS = [("google.com", "gmail.com", 40), ("outlook.com", "hotmail.com", 25),
             ("yahoodns.net", "yahoo.com", 12), ("gmx.net", "gmx.de", 8),
             ("a-provider-with-a-very-long-name-indeed.example.org", "long.example.org", 3),
             ('<b>"evil" & co</b>.test', "evil.test", 2)]
PROVIDERS += [(f"mail{n}.example.org", f"mail{n}.example.org", 1) for n in range(20)]
SENDERS = ["news@home.test", "shop@home.test", "joe@home.test", "", "<script>alert(1)</script>@x.test"]
ANSWERS = [("5.1.1", "550 5.1.1 user unknown", 6), ("5.2.2", "552 5.2.2 mailbox full", 3),
           ("5.7.1", "554 5.7.1 blocked using zen.spamhaus.org", 2), ("5.1.2", "550 5.1.2 no such domain", 1)]
FINDINGS = [("suppressed-bounce", 2001, 5), ("no-such-domain", 2002, 3), ("null-mx", 2002, 2),
            ("misspelled-domain", 2002, 1)]

# Written into the page by the test alone: what the browser has made of it.
PROBE = """<script>
addEventListener("load", () => {
  const seen = (e) => { const b = e.getBoundingClientRect(); return b.width > 0.4 && b.height > 0.4; };
  const charts = [...document.querySelectorAll("svg.chart")].map((svg) => {
    const area = svg.getBoundingClientRect();
    return {
      named: svg.getAttribute("aria-labelledby").split(" ").every((id) =>
        svg.querySelector("#" + id).textContent.length > 0),
      total: Number(svg.dataset.total),
      sum: [...svg.querySelectorAll(".mark")].reduce((a, m) => a + Number(m.dataset.value), 0),
      visible: [...svg.querySelectorAll(".mark")].filter(seen).length,
      outside: [...svg.querySelectorAll("text")].filter((t) => {
        const b = t.getBoundingClientRect();
        return b.left < area.left - 1 || b.right > area.right + 1;
      }).map((t) => t.textContent),
    };
  });
  const root = document.documentElement;
  const result = JSON.stringify({
    width: root.clientWidth, needs: root.scrollWidth, charts,
    sections: document.querySelectorAll("section").length,
    errors: document.querySelectorAll("parsererror").length,
    ids: new Set([...document.querySelectorAll("[id]")].map((e) => e.id)).size,
    identified: document.querySelectorAll("[id]").length,
  });
  root.dataset.probe = result;
  parent.postMessage(result, "*");
});
</script></body>"""

FRAME = """<!DOCTYPE html><html><body><iframe src="probe.html" width="390" height="3000"></iframe>
<script>addEventListener("message", (e) => { document.documentElement.dataset.probe = e.data; });
</script></body></html>"""


def weighted(dice, rows):
    return dice.choices(rows, [row[-1] for row in rows])[0]


def fill(path):
    """Thirty days of a busy sender, and the numbers that went in."""
    dice = random.Random(17)
    now = int(datetime.datetime.now().timestamp() * 1000)
    numbers = {"sent": 0, "bounced": 0, "held": 0}
    with sqlite3.connect(path) as store:
        for back in range(29, -1, -1):
            at = now - back * DAY - 3_600_000
            for _ in range(dice.randint(30, 90)):
                provider, domain, _ = weighted(dice, PROVIDERS)
                bounced = dice.random() < 0.06
                status, reply, _ = weighted(dice, ANSWERS) if bounced else ("2.0.0", "", 0)
                numbers["bounced" if bounced else "sent"] += 1
                store.execute(
                    "INSERT INTO outcome (at, queue_id, sender, recipient, recipient_key, domain,"
                    " original, provider, result, accepted, status, reply, relay, address, port,"
                    " mailer, text) VALUES (?,?,?,?,?,?,'',?,?,?,?,?,?,'',25,'smtp','')",
                    (at, "4Q", dice.choice(SENDERS), "", f"u@{domain}", domain, provider,
                     "bounced" if bounced else "sent", int(not bounced), status, reply,
                     f"mx.{provider}"),
                )
            for _ in range(dice.randint(0, 5)):
                numbers["held"] += 1
                hold(store, dice, at, numbers["held"])
            for number in range(dice.randint(0, 4)):
                store.execute(
                    "INSERT INTO suppression VALUES (?,?,'',?,2001,0,1,?,?,NULL,1,0,'','','',0)",
                    (f"d{back}.test", f"u{number}", dice.choice([0, 0, 0, 1, 2]), at, at),
                )
        store.execute("INSERT INTO outage VALUES ('google.com',?,?,?,120,14)",
                      (now - 9 * DAY, now - 9 * DAY - 600_000, now - 8 * DAY))
    return numbers


def hold(store, dice, at, number):
    finding, code, _ = weighted(dice, FINDINGS)
    _, domain, _ = weighted(dice, PROVIDERS)
    end = dice.choice(["held", "released", "released", "returned", "discarded"])
    sender = dice.choice(SENDERS)
    store.execute(
        "INSERT INTO held_message (spool_id, kind, sender, arguments, user, client, queue_id,"
        " campaign, message_id, subject, fingerprint, octets, held_at, spool_removed)"
        " VALUES (?,'mail',?,'','','','','','','','',1,?,1)",
        (f"s{number}", sender, at),
    )
    item = store.execute(
        "INSERT INTO held_recipient (spool_id, address, domain, arguments, state, finding, code,"
        " reason, changed_at, attempts, last_answer) VALUES (?,?,?,'',?,?,?,'',?,0,'')",
        (f"s{number}", f"u@{domain}", domain, end, finding, code, at),
    ).lastrowid
    store.execute("INSERT INTO held_event (recipient_id, at, from_state, to_state, text)"
                  " VALUES (?,?,NULL,'held','')", (item, at))
    if end != "held":
        store.execute("INSERT INTO held_event (recipient_id, at, from_state, to_state, text)"
                      " VALUES (?,?,'held',?,'')", (item, at + 1, end))
    message = store.execute(
        "INSERT INTO decision_message (at, queue_id, sender, mode, stream, campaign, first,"
        " recipients, facts) VALUES (?,'4Q',?,'enforce','bulk','',?,1,'')", (at, sender, number),
    )
    assert message.lastrowid
    store.execute("INSERT INTO decision_recipient VALUES (?,?,?,'hold',?,?,?,'')",
                  (number, f"u@{domain}", domain, finding, code, item))


@pytest.fixture(name="page", scope="module")
def fixture_page(tmp_path_factory):
    """(path of the page, the numbers in it)"""
    need(holdback.missing())
    need_for_full(browser.missing())
    base = tmp_path_factory.mktemp("report")
    daemon = holdback.Holdback(base / "holdback", base / "sock/x.sock", [], 25,
                               {"maillog": {"journal": True}})
    daemon.ctl("suppress", "add", "first@example.net")
    numbers = fill(daemon.base / "holdback.db")
    path = base / "report.html"
    daemon.ctl("report", "--since", "30d", "--html", path)
    if os.environ.get("HOLDBACK_REPORT_PAGE"):  # for looking at it
        pathlib.Path(os.environ["HOLDBACK_REPORT_PAGE"]).write_text(path.read_text())
    return path, numbers


def probed(path, page_of_it=None):
    """What the probe in a copy of the page found."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", text)
    copy = path.with_name("probe.html")
    copy.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    loaded = browser.load(page_of_it or copy, "--window-size=1280,900")
    assert loaded.console == []
    return json.loads(html.unescape(re.search(r'data-probe="([^"]*)"', loaded.dom).group(1)))


def test_it_loads_without_a_word_and_whole(page):
    path, numbers = page
    loaded = browser.load(path)
    assert loaded.console == []
    assert "<footer>" in loaded.dom and loaded.dom.count("<section>") == 8
    for number in numbers.values():
        assert f"<b>{number:,}</b>" in loaded.dom
    assert "<script" not in loaded.dom and "<b>\"evil\"" not in loaded.dom


def test_the_charts_show_what_the_numbers_say(page):
    path, numbers = page
    found = probed(path)
    assert found["needs"] <= found["width"], "it overflows to the right"
    assert found["ids"] == found["identified"]
    charts = found["charts"]
    assert len(charts) == 10
    for chart in charts:
        assert chart["named"] and chart["visible"] > 0
        assert chart["sum"] == chart["total"] > 0
        assert chart["outside"] == []
    assert charts[0]["total"] == numbers["sent"]
    assert charts[1]["total"] == numbers["bounced"] + numbers["held"]


def test_it_fits_a_telephone(page):
    path, _ = page
    frame = path.with_name("frame.html")
    frame.write_text(FRAME)
    found = probed(path, frame)
    assert found["width"] == 390
    assert found["needs"] <= 390, "it overflows to the right"
    assert all(chart["visible"] > 0 and chart["outside"] == [] for chart in found["charts"])


# The colours of the page and of what was sent, as the style sheet gives them.
SCHEMES = [(False, (0xF4, 0xF6, 0xF8), (0x3A, 0x74, 0xD0)), (True, (0x10, 0x15, 0x1B), (0x6B, 0x9B, 0xEE))]


@pytest.mark.parametrize("dark, ground, sent", SCHEMES, ids=["light", "dark"])
def test_the_picture_has_columns_on_a_ground_of_its_scheme(page, dark, ground, sent):
    path, _ = page
    shot = browser.picture(path, (1200, 760), dark)
    assert (shot.width, shot.height) == (1200, 760)
    assert shot.pixel(2, 2) == ground
    # Thirty columns, each some ten pixels wide and dozens high.
    assert shot.count(sent) > 5000
