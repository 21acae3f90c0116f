# SPDX-License-Identifier: Apache-2.0
"""Asking before sending, misspelled domains, and what bulk mail lacks, through a real MTA."""

import csv
import email
import email.policy
import io

from lab.mail import NEWS, PERSON, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {
    "bulk": {"users": ["crm"]},
    "compliance": {"own_domains": ["home.test"]},
    "notice": {"enabled": False},
    "policy": {"tag_header": True},
}

ANNA, CARL, GONE, TYPO = (
    "anna@good.test", "carl@nullmx.test", "dora@gone.test", "bo@gmial.com",
)


def ask(bench, extra, login="crm"):
    octets = message(PERSON, "list@home.test", "Offers", bulk=True, extra=extra)
    return send(
        bench.mta.submission_port, PERSON, [ANNA, CARL, GONE, TYPO], octets,
        **bench.mta.login(login),
    )


def test_a_preflight_comes_back_as_a_report_and_nothing_leaves(bench):
    sent = ask(bench, ["X-Holdback-Preflight: yes"])
    assert not sent.refused and sent.data[0] == 250
    reports = wait_for(
        "the report", lambda: [d for d in bench.home.deliveries(PERSON) if d.sender == ""]
    )
    bench.settle()
    assert bench.outside.recipients() == []
    assert bench.holdback.held("--sender", PERSON) == []
    (line,) = bench.holdback.log(r"^.*preflight qid=")
    assert f'sender="{PERSON}" user="crm" rcpts=4 pass=1 tag=0 hold=3' in line
    (report,) = reports
    mail = email.message_from_bytes(report.octets, policy=email.policy.default)
    text, table = mail.iter_parts()
    assert "predicted bounce rate: 75.0 % (3 of 4)" in text.get_content()
    assert "did you mean bo@gmail.com?" in text.get_content()
    rows = list(csv.DictReader(io.StringIO(table.get_content())))
    assert [(row["address"], row["verdict"], row["finding"]) for row in rows] == [
        (ANNA, "pass", ""),
        (CARL, "hold", "null-mx"),
        (GONE, "hold", "no-such-domain"),
        (TYPO, "hold", "misspelled-domain"),
    ]
    assert rows[3]["suggestion"] == "bo@gmail.com"


def test_a_preflight_that_is_asked_for_in_vain_is_refused(bench):
    octets = message(NEWS, ANNA, "News", extra=["X-Holdback-Preflight: yes"])
    sent = send(bench.mta.relay_port, NEWS, [ANNA], octets)
    assert sent.data[0] == 550 and "nothing was sent" in str(sent.data[1]), sent
    sent = ask(bench, ["X-Holdback-Preflight: 1"])
    assert sent.data[0] == 550 and "neither yes nor no" in str(sent.data[1]), sent
    bench.settle()
    assert bench.outside.recipients() == []


def test_a_misspelled_domain_is_held_though_dns_is_silent(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    send(bench.mta.relay_port, NEWS, [ANNA, TYPO], octets)
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    (row,) = bench.holdback.held("--domain", "gmial.com")
    assert (row["recipient"], row["finding"], row["code"]) == (TYPO, "misspelled-domain", 2002)


def test_bulk_mail_is_tagged_with_what_it_lacks(bench):
    octets = message(
        NEWS, ANNA, "News",
        extra=["List-Id: <news.home.test>", "Reply-To: <team@nullmx.test>"],
    ).replace(f"From: <{NEWS}>".encode(), b"From: <news@good.test>")
    send(bench.mta.relay_port, NEWS, [ANNA], octets)
    bench.settle()
    (delivered,) = bench.outside.deliveries(ANNA)
    assert delivered.fields("X-Holdback-Tag") == [
        "missing-unsubscribe, foreign-from, unusable-reply-to"
    ]
