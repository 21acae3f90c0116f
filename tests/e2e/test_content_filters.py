# SPDX-License-Identifier: Apache-2.0
"""Mail that passes a content filter or a proxy, and so comes by Holdback twice or as if from here:
everybody gets what he should, once, and what comes from outside stays what it is."""

import re

import pytest
from test_seal import returned, seal_field

from lab import bench as lab_bench
from lab.content_filter import KINDS, ContentFilter
from lab.mail import NEWS, message, send
from lab.need import need
from lab.notices import body_text, parsed
from lab.wait import wait_for

STRANGER = "198.51.100.7"
OURS = "holdback@mta.home.test"
SETTINGS = {"bulk": {"repeats": 20, "users": ["joe"]}, "notice": {"collect": "1s"}}
GOOD = ["anna@good.test", "ben@implicit.test"]
BAD = ["carl@nullmx.test", "dora@gone.test"]


@pytest.fixture(scope="module", params=KINDS)
def filtered(request):
    """A bench with a filter of one kind in the way of all that comes by SMTP."""
    need(lab_bench.missing())
    with lab_bench.Bench(SETTINGS) as bench:
        scan = ContentFilter(bench.mta, request.param)
        bench.kind = request.param
        bench.mta.restart()
        try:
            yield bench
        finally:
            scan.close()
            if request.session.testsfailed:
                print("--- log of Holdback\n" + "\n".join(bench.holdback.log()[-100:]))
                print("--- log of Postfix\n" + "\n".join(bench.mta.log()[-100:]))


@pytest.fixture(autouse=True)
def empty(filtered):
    filtered.forget()


def held_for(bench, *recipients):
    rows = bench.holdback.held("--all")
    return [row for row in rows if row["recipient"] in recipients and row["state"] == "held"]


def copies(bench):
    """Who got how many copies outside."""
    got = bench.outside.recipients()
    return {recipient: got.count(recipient) for recipient in got}


def notices_to_strangers(bench):
    return [d for d in bench.outside.deliveries() if d.sender == "" or "Holdback" in str(d.fields("From"))]


def test_a_bulk_send_is_judged_once(filtered):
    octets = message(NEWS, "list@home.test", "Spring", bulk=True, campaign=f"spring-{filtered.kind}")
    sent = send(filtered.mta.relay_port, NEWS, GOOD + BAD, octets)
    assert sent.data[0] == 250, sent
    filtered.settle()
    assert copies(filtered) == {recipient: 1 for recipient in GOOD}
    assert sorted(row["recipient"] for row in held_for(filtered, *GOOD, *BAD)) == sorted(BAD)
    (anna,) = filtered.outside.deliveries(GOOD[0])
    assert anna.fields("X-Filtered") == ["yes"]
    assert len(anna.fields("X-Holdback-Seal")) == 1
    if filtered.kind != "sendmail":  # which is told nothing of envelope ids by pipe(8)
        assert [a for a in anna.sender_arguments if a.startswith("ENVID=hb1.")]
    assert not filtered.holdback.log("reason=already-sent")
    lines = filtered.holdback.log(r'rcpt="anna@good\.test"')
    again = [line for line in lines if "reason=judged-before" in line]
    # A proxy stands before the queue: Holdback sees the message behind it alone.
    assert len(again) == (0 if filtered.kind == "proxy" else 1), lines
    assert len(lines) - len(again) == 1, lines


def test_what_is_released_is_not_held_anew(filtered):
    (carl,) = held_for(filtered, "carl@nullmx.test")
    filtered.holdback.ctl("held", "release", str(carl["id"]))
    filtered.settle()
    wait_for("he has it", lambda: filtered.outside.deliveries("carl@nullmx.test"))
    assert len(filtered.outside.deliveries("carl@nullmx.test")) == 1
    assert not held_for(filtered, "carl@nullmx.test")


def test_a_sender_that_the_mta_rewrites_between_the_passes(filtered):
    app = f"app-{filtered.kind}@home.test"
    filtered.mta.set(sender_canonical_maps=f"inline:{{{app}=shop@home.test}}")
    filtered.mta.restart()
    try:
        recipients = ["mia@good.test", "max@good.test", "carl2@nullmx.test"]
        octets = message(app, "list@home.test", "Rewritten", bulk=True,
                         campaign=f"rewritten-{filtered.kind}")
        assert send(filtered.mta.relay_port, app, recipients, octets).data[0] == 250
        filtered.settle()
        assert {r: n for r, n in copies(filtered).items() if r in recipients} == {
            "mia@good.test": 1, "max@good.test": 1}
        assert filtered.outside.deliveries("mia@good.test")[-1].sender == "shop@home.test"
        (carl,) = held_for(filtered, *recipients)
        filtered.holdback.ctl("held", "release", str(carl["id"]))
        filtered.settle()
        wait_for("he has it", lambda: filtered.outside.deliveries("carl2@nullmx.test"))
        assert len(filtered.outside.deliveries("carl2@nullmx.test")) == 1
        assert not held_for(filtered, *recipients)
    finally:
        filtered.mta.set(sender_canonical_maps="")
        filtered.mta.restart()


def test_list_mail_with_a_sender_of_its_own_for_each_recipient(filtered):
    recipients = [f"reader{i}@{'nullmx.test' if i % 5 == 0 else 'good.test'}" for i in range(30)]
    for recipient in recipients:
        sender = f"list-return+{recipient.replace('@', '=')}@home.test"
        octets = message(sender, recipient, "Issue 7", bulk=True, campaign=f"issue-{filtered.kind}",
                         extra=("List-Id: <list.home.test>",))
        assert send(filtered.mta.relay_port, sender, [recipient], octets).data[0] == 250
    filtered.settle()
    good = [r for r in recipients if r.endswith("@good.test")]
    bad = [r for r in recipients if r.endswith("@nullmx.test")]
    assert copies(filtered) == {recipient: 1 for recipient in good}
    assert sorted(row["recipient"] for row in held_for(filtered, *recipients)) == sorted(bad)


def test_the_windows_count_a_message_once(filtered):
    """24 recipients with 60 before make no 100 when each is counted once."""
    sender = f"ada-{filtered.kind}@home.test"
    for number in range(60):
        octets = message(sender, "you@good.test", f"Letter {number}", f"Text {number ** 5}\r\n")
        assert send(filtered.mta.relay_port, sender, [f"you{number}@good.test"], octets).data[0] == 250
    filtered.settle()
    rows = filtered.holdback.log(f'sender="{sender}"')
    assert rows and not [row for row in rows if "signal=\"rate:" in row], rows[-3:]


def test_a_dsn_from_outside_is_tagged_and_learned_and_nobody_is_held(filtered):
    recipient = f"eva-{filtered.kind}@good.test"
    send(filtered.mta.relay_port, NEWS, [recipient], message(NEWS, recipient, "Hello"))
    filtered.settle()
    (copy,) = filtered.outside.deliveries(recipient)
    octets = returned(f"dsn-{filtered.kind}", [recipient], seal_field(copy),
                      extra="")
    sent = send(filtered.mta.relay_port, "", [NEWS], octets, client=STRANGER)
    assert sent.data[0] == 250, sent
    filtered.settle()
    # A notice about what was held before may come late.
    (dsn,) = [copy for copy in filtered.home.deliveries(NEWS) if recipient.encode() in copy.octets]
    assert dsn.fields("X-Holdback-Code") == ["2001"], dsn.header
    assert "proof=sealed" in dsn.fields("X-Holdback-DSN")[0]
    entry = filtered.holdback.entries()[recipient]
    assert (entry["code"], entry["proof"]) == (2001, "sealed"), entry
    queue_ids = {line.split('qid="')[1].split('"')[0] for line in filtered.holdback.log("kind=dsn")}
    assert queue_ids
    assert not filtered.holdback.log(f'flow=outbound qid="({"|".join(queue_ids)})"')


def test_a_newsletter_from_outside_is_no_mail_of_ours(filtered):
    sender = "offers@shop.test"
    octets = message(sender, NEWS, "Offers", bulk=True, campaign="offers",
                     extra=("X-Holdback-Code: 2001", "X-Holdback-Tag: no"))
    for _ in range(2):
        sent = send(filtered.mta.relay_port, sender, [NEWS], octets, client=STRANGER)
        assert sent.data[0] == 250, sent
        filtered.settle()
    deliveries = filtered.home.deliveries(NEWS)
    assert len(deliveries) == 2
    for delivery in deliveries:
        names = re.findall(rb"^X-Holdback-[A-Za-z]+", delivery.header, re.M)
        assert names == [], delivery.header
    assert not held_for(filtered, NEWS)
    assert not filtered.holdback.log(f'flow=outbound.*sender="{sender}"')
    assert notices_to_strangers(filtered) == []


def test_an_application_of_this_host_with_a_domain_hosted_elsewhere_stays_outgoing(filtered):
    sender = "shop@hosted.test"
    octets = message(sender, "list@hosted.test", "News", bulk=True)
    sent = send(filtered.mta.relay_port, sender, ["fay@good.test", "carl2@nullmx.test"], octets)
    assert sent.data[0] == 250, sent
    filtered.settle()
    assert copies(filtered) == {"fay@good.test": 1}
    assert [row["recipient"] for row in held_for(filtered, "carl2@nullmx.test")]
    # Nobody has logged in, and the domain is nobody's we know: the log tells, and no mail does.
    assert filtered.holdback.log("its sender is not told")
    assert notices_to_strangers(filtered) == []


def test_a_login_of_the_first_pass_counts_behind_the_filter(filtered):
    sender = f"joe-{filtered.kind}@elsewhere.test"
    recipients = ["ida@good.test", f"carl4-{filtered.kind}@nullmx.test"]
    octets = message(sender, "list@elsewhere.test", "Mine", bulk=True)
    sent = send(filtered.mta.relay_port, sender, recipients, octets, login="joe")
    assert sent.data[0] == 250, sent
    filtered.settle()
    assert len(filtered.outside.deliveries("ida@good.test")) == 1
    assert held_for(filtered, recipients[1])
    wait_for("he is told", lambda: filtered.outside.deliveries(sender))
    (notice,) = filtered.outside.deliveries(sender)
    assert notice.fields("From") == ["Holdback <holdback@mta.home.test>"]
    # Behind a proxy nothing says who has logged in: no answer would be obeyed.
    assert ("answer this mail" in body_text(parsed(notice))) == (filtered.kind != "proxy")


def test_a_preflight_of_who_has_logged_in_is_answered_and_nothing_leaves(filtered):
    sender = f"pre-{filtered.kind}@home.test"
    octets = message(sender, "list@home.test", "Asked", bulk=True,
                     extra=("X-Holdback-Preflight: yes",))
    sent = send(filtered.mta.relay_port, sender, GOOD + BAD, octets, login="joe")
    assert sent.data[0] == 250, sent
    wait_for("the report", lambda: filtered.home.deliveries(sender))
    filtered.settle()
    assert filtered.outside.recipients() == []
    assert not [row for row in filtered.holdback.held() if row["sender"] == sender]


def test_a_preflight_without_a_login_is_refused(filtered):
    octets = message(NEWS, "list@home.test", "Asked", bulk=True,
                     extra=("X-Holdback-Preflight: yes",))
    sent = send(filtered.mta.relay_port, NEWS, GOOD, octets)
    assert sent.data[0] == 550, sent
    filtered.settle()
    assert filtered.outside.recipients() == []


@pytest.fixture
def users_named(filtered):
    filtered.mta.set(smtpd_sasl_authenticated_header="yes")
    filtered.mta.restart()
    yield filtered
    filtered.mta.set(smtpd_sasl_authenticated_header="no")
    filtered.mta.restart()


def test_an_answer_of_the_user_who_sent_the_mail_releases(users_named):
    bench = users_named
    sender, dead = f"owner-{bench.kind}@home.test", f"carl5-{bench.kind}@nullmx.test"
    octets = message(sender, "list@home.test", "To be answered", bulk=True)
    send(bench.mta.relay_port, sender, ["ida@good.test", dead], octets, login="joe")
    (notice,) = wait_for("he is told", lambda: bench.home.deliveries(sender))
    mail = parsed(notice)
    assert "answer this mail" in body_text(mail)
    token = mail["Message-ID"]

    def answer(login):
        octets = message(sender, OURS, "Re: held", "release all\r\n",
                         extra=(f"In-Reply-To: {token}", f"References: {token}"))
        sent = send(bench.mta.relay_port, sender, [OURS], octets, login=login)
        assert sent.data[0] == 250, sent

    answer("mallory")
    wait_for("another user is refused", lambda: bench.holdback.log(
        "flow=notice .*verdict=refused reason=other-user"))
    answer("joe")
    wait_for("Carl has it", lambda: bench.outside.deliveries(dead))
    bench.settle()
    assert len(bench.outside.deliveries(dead)) == 1


def test_a_forged_sender_of_ours_is_not_outgoing(filtered):
    sender = f"boss-{filtered.kind}@home.test"
    octets = message(sender, NEWS, "Pay this")
    sent = send(filtered.mta.relay_port, sender, [NEWS], octets, client=STRANGER)
    assert sent.data[0] == 250, sent
    filtered.settle()
    (copy,) = [copy for copy in filtered.home.deliveries(NEWS) if sender.encode() in copy.octets]
    assert copy.fields("X-Holdback-Seal") == []
    assert not filtered.holdback.log(f'flow=outbound.*sender="{sender}"')
    assert filtered.home.deliveries(sender) == []


def test_a_copied_seal_does_not_speak_for_another_message(filtered):
    recipient = f"hugo-{filtered.kind}@good.test"
    send(filtered.mta.relay_port, NEWS, [recipient], message(NEWS, recipient, "One"))
    filtered.settle()
    (copy,) = filtered.outside.deliveries(recipient)
    seal = " ".join(seal_field(copy).split()).partition(": ")[2]
    filtered.holdback.ctl("suppress", "add", recipient)
    octets = message(NEWS, recipient, "Two", bulk=True, extra=(f"X-Holdback-Seal: {seal}",))
    send(filtered.mta.relay_port, NEWS, [recipient], octets)
    filtered.settle()
    assert [row["finding"] for row in held_for(filtered, recipient)] == ["suppressed-manual"]
    assert len(filtered.outside.deliveries(recipient)) == 1


def test_a_strangers_field_does_not_leave_with_outgoing_mail(filtered):
    octets = message(NEWS, "gus@good.test", "Hello", extra=("X-Holdback-Code: 2001",))
    send(filtered.mta.relay_port, NEWS, ["gus@good.test"], octets)
    filtered.settle()
    (copy,) = filtered.outside.deliveries("gus@good.test")
    assert copy.fields("X-Holdback-Code") == []


def test_a_copied_seal_does_not_speak_for_another_recipient(filtered):
    send(filtered.mta.relay_port, NEWS, ["hans@good.test"], message(NEWS, "hans@good.test", "One"))
    filtered.settle()
    (copy,) = filtered.outside.deliveries("hans@good.test")
    seal = " ".join(seal_field(copy).split()).partition(": ")[2]
    octets = message(NEWS, "carl3@nullmx.test", "Two", bulk=True, extra=(f"X-Holdback-Seal: {seal}",))
    send(filtered.mta.relay_port, NEWS, ["hans@good.test", "carl3@nullmx.test"], octets)
    filtered.settle()
    assert [row["recipient"] for row in held_for(filtered, "carl3@nullmx.test")]
    assert len(filtered.outside.deliveries("hans@good.test")) == 2


def test_a_copy_for_the_archive_comes_with_each(filtered):
    archive = f"archive-{filtered.kind}@home.test"
    filtered.mta.set(always_bcc=archive)
    filtered.mta.restart()
    try:
        octets = message(NEWS, "list@home.test", "Bcc", bulk=True, campaign=f"bcc-{filtered.kind}")
        assert send(filtered.mta.relay_port, NEWS, GOOD + BAD, octets).data[0] == 250
        # Nobody is left of this one: the archive has it with its release.
        gone = message(NEWS, "list@home.test", "Gone", bulk=True, campaign=f"gone-{filtered.kind}")
        assert send(filtered.mta.relay_port, NEWS, BAD, gone).data[0] == 250
        filtered.settle()
    finally:
        filtered.mta.set(always_bcc="")
        filtered.mta.restart()
    assert copies(filtered) == {recipient: 1 for recipient in GOOD}
    assert sorted(row["recipient"] for row in held_for(filtered, *BAD)
                  if row["campaign"] == f"bcc-{filtered.kind}") == sorted(BAD)
    got = [str(copy.fields("Subject")[0]) for copy in filtered.home.deliveries(archive)]
    # One for each pass that adds it: with a proxy, the first pass has no queue.
    assert got.count("Bcc") == (1 if filtered.kind == "proxy" else 2), got
    assert "Gone" not in got
    assert not held_for(filtered, archive)
    assert not filtered.holdback.log(f'rcpt="{archive}".*verdict=(hold|reject)')


def test_in_shadow_mode_the_second_pass_counts_nothing(filtered):
    with filtered.changed({"mode": "shadow"}):
        sender = f"sven-{filtered.kind}@home.test"
        octets = message(sender, "list@home.test", "Shadow", bulk=True, campaign=f"dark-{filtered.kind}")
        send(filtered.mta.relay_port, sender, GOOD + BAD, octets)
        filtered.settle()
        assert copies(filtered) == {recipient: 1 for recipient in GOOD + BAD}
        lines = filtered.holdback.log(f'sender="{sender}"')
        again = [line for line in lines if "reason=judged-before" in line]
        assert len(lines) - len(again) == 4, lines
        assert len(again) == (0 if filtered.kind == "proxy" else 4), lines
        assert not [line for line in lines if "reason=already-sent" in line]
