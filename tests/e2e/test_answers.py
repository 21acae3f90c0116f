# SPDX-License-Identifier: Apache-2.0
"""Answers to notices as mail programs write them, and whose answers count."""

import base64
import re
import time

from test_dsn_tags import STRANGER

from lab.mail import NEWS, message, send
from lab.notices import (
    ANNA, CARL, DORA, EVA, OURS, answer, body_text, confirmation, held, hold, mails, notice,
)
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {
    "notice": {"address": OURS, "collect": "1s"},
    "bulk": {"users": ["newsletter", "clients"]},
}


def test_an_answer_from_outside_counts_where_the_token_is_enough(bench):
    with bench.changed({"notice": {"reply_by": "token"}}):
        hold(bench, "outside")
        mail = notice(bench, "outside")
        octets = message(
            "x@elsewhere.test", OURS, "Re: held", "release 1\r\n",
            extra=[f"In-Reply-To: {mail['Message-ID']}"],
        )
        send(bench.mta.relay_port, "x@elsewhere.test", [OURS], octets, **bench.mta.client(STRANGER))
        wait_for("Carl has it", lambda: bench.outside.deliveries(CARL))
        # Whoever is unknown may have made the address up: the owner of the mail is told.
        assert re.search(rf"1  {CARL}\s+sent", confirmation(bench))
        assert bench.outside.deliveries("x@elsewhere.test") == []


def test_where_the_sender_is_enough_an_answer_from_his_address_counts(bench):
    with bench.changed({"notice": {"reply_by": "sender"}}):
        # A program that does not log in: by the default, nobody could answer for it.
        hold(bench, "sender", login=None)
        mail = notice(bench, "sender")
        assert "answer this mail" in body_text(mail)
        answer(bench, mail, "release 1", login=None, sender="News@home.test")
        wait_for("Carl has it", lambda: bench.outside.deliveries(CARL))
        assert re.search(rf"1  {CARL}\s+sent", confirmation(bench, "News@home.test"))
        answer(bench, mail, "discard 2", login="joe")
        wait_for("the second answer is obeyed", lambda: held(bench, "sender") == [EVA])
        confirmation(bench)


def test_where_the_sender_is_enough_others_and_forgers_are_refused(bench):
    with bench.changed({"notice": {"reply_by": "sender"}}):
        hold(bench, "forged", login="newsletter")
        mail = notice(bench, "forged")
        # A colleague has the notice, and is logged in even as the user who sent the mail.
        answer(bench, mail, "release all", login="newsletter", sender="joe@home.test")
        text = confirmation(bench, "joe@home.test")
        assert "Nothing was done" in text and "has to come from the address" in text
        # Somebody outside writes the address of the sender into envelope and header.
        octets = message(
            NEWS, OURS, "Re: held", "release all\r\n",
            extra=[f"In-Reply-To: {mail['Message-ID']}", f"Sender: <{NEWS}>"],
        )
        send(bench.mta.relay_port, NEWS, [OURS], octets, **bench.mta.client(STRANGER))
        wait_for("it is refused", lambda: len(
            bench.holdback.log("flow=notice .*verdict=refused reason=other-sender")) == 2)
        text = confirmation(bench)
        assert "Nothing was done" in text
        bench.settle()
        assert held(bench, "forged") == sorted([CARL, DORA, EVA])
        assert bench.outside.recipients() == [ANNA]
        assert bench.home.deliveries(OURS) == []


def forged(mail, other, number):
    """An answer of somebody who has seen the notice, or mail of ours: text, fields, who sends it."""
    subject = re.sub(r"\s+", " ", str(mail["Subject"]))
    token = re.search(r"hbn-[0-9a-f]{32}", subject).group()
    another = re.search(r"hbn-[0-9a-f]{32}", str(other["Subject"])).group()
    answers = (f"In-Reply-To: {mail['Message-ID']}",)
    cut = token[:-1] + ("0" if token[-1] != "0" else "1")
    return (
        ("Re: " + subject, "release all\r\n", answers, "colleague"),
        ("Re: " + subject, "release all\r\n", answers, "program"),
        ("Re: " + subject, "release all\r\n", (*answers, f"Sender: <{NEWS}>"), "stranger"),
        ("Re: " + subject.replace(token, cut), "release all\r\n", (), "owner"),
        ("Re: " + subject.replace(token, another), "release all\r\n", (), "colleague"),
        ("Re: " + subject, "Thanks!\r\n\r\n> release all\r\n", answers, "owner"),
        ("Re: " + subject, "Thanks!\r\n\r\n-----Original Message-----\r\nrelease all\r\n", answers,
         "owner"),
        ("Re: " + subject, '<p>Thanks!</p><p style="display:none">release all</p>\r\n',
         answers, "owner"),
        ("Re: " + subject, "<p>Thanks!</p><!-- \r\nrelease all\r\n -->\r\n", answers,
         "owner"),
        ("Out of office: " + subject, "release all\r\n", (*answers, "Auto-Submitted: auto-replied"),
         "owner"),
    )[number % 10]


def test_forty_forged_answers_release_nothing(bench):
    hold(bench, "forty")
    mail = notice(bench, "forty")
    hold(bench, "another", login="clients")
    other = notice(bench, "another")
    before = held(bench, "forty"), held(bench, "another")
    accepted = bench.holdback.log("flow=notice .*verdict=accepted")
    ways = {
        "owner": (NEWS, bench.mta.login("newsletter")),
        "colleague": ("joe@home.test", bench.mta.login("joe")),
        "program": (NEWS, bench.mta.login(None)),
        "stranger": (NEWS, bench.mta.client(STRANGER)),
    }
    for number in range(40):
        subject, text, fields, who = forged(mail, other, number)
        sender, way = ways[who]
        octets = message(sender, OURS, subject, text, extra=list(fields))
        if text.startswith("<p>"):
            octets = octets.replace(b"text/plain", b"text/html")
        sent = send(bench.mta.relay_port, sender, [OURS], octets, **way)
        assert sent.data and sent.data[0] == 250, sent
    bench.settle()
    time.sleep(2)
    bench.settle()
    assert (held(bench, "forty"), held(bench, "another")) == before
    assert bench.outside.recipients() == [ANNA, ANNA]
    assert len(bench.holdback.log("flow=notice ")) >= 40
    assert bench.holdback.log("flow=notice .*verdict=accepted") == accepted


def html_answer(mail):
    """As Outlook and Gmail write it when there is nothing but HTML: no mark at what is quoted."""
    return (
        "Content-Type: text/html; charset=utf-8",
        "<html><head><style>p {margin:0}</style></head><body><div dir=\"ltr\">"
        "<p class=\"MsoNormal\">Discard&nbsp;1<o:p></o:p></p></div><br>"
        "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Fri, Nov 27, 2026 at 10:00 AM "
        f"Holdback &lt;<a href=\"mailto:{OURS}\">{OURS}</a>&gt; wrote:<br></div>"
        "<blockquote><div>discard all</div>" + mail.get_body(("html",)).get_content()
        + "</blockquote></div></body></html>",
    )


def two_part_answer(mail):
    """As Apple Mail on a telephone: text in base64 beside HTML."""
    quoted = "".join(f"> {line}\r\n" for line in body_text(mail).splitlines())
    text = (
        "Discard 2\r\n\r\nVon meinem iPhone gesendet\r\n\r\n"
        f"> Am 27.11.2026 um 10:00 schrieb Holdback:\r\n{quoted}"
    )
    encoded = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    return (
        "Content-Type: multipart/alternative; boundary=\"Apple-Mail-1\"",
        "--Apple-Mail-1\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
        "--Apple-Mail-1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        "<html><body>Discard 2<br><blockquote>discard all</blockquote></body></html>\r\n"
        "--Apple-Mail-1--\r\n",
    )


def blank_text_answer(mail):
    """A client that writes HTML and leaves the plain text blank."""
    return (
        "Content-Type: multipart/alternative; boundary=\"b1\"",
        "--b1\r\nContent-Type: text/plain\r\n\r\n \r\n\r\n"
        "--b1\r\nContent-Type: text/html; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "<div>discard=A03</div><hr><div><b>Von:</b> Holdback<br>discard all</div>\r\n"
        "--b1--\r\n",
    )


def test_answers_of_other_programs_are_understood(bench):
    hold(bench, "clients", login="clients")
    mail = notice(bench, "clients")
    for number, shape in enumerate([html_answer, two_part_answer, blank_text_answer]):
        content, body = shape(mail)
        octets = (
            f"From: <{NEWS}>\r\nTo: <{OURS}>\r\n"
            # An answer in a script of its own: the token is in the references, or encoded.
            f"Subject: =?utf-8?B?{base64.b64encode('回复'.encode()).decode()}?=: held\r\n"
            f"In-Reply-To: {mail['Message-ID']}\r\nMessage-ID: <client{number}@home.test>\r\n"
            f"MIME-Version: 1.0\r\n{content}\r\n\r\n{body}"
        ).encode()
        send(bench.mta.relay_port, NEWS, [OURS], octets, **bench.mta.login("clients"))
    texts = wait_for(
        "all are confirmed",
        lambda: (found := mails(bench, NEWS, "your answer")) and len(found) == 3 and found,
    )
    # They may overtake each other.
    for number, (who, text) in enumerate(zip((CARL, DORA, EVA), sorted(map(body_text, texts))), 1):
        assert re.search(rf"{number}  {who}\s+discarded", text) and "Not done" not in text
    assert held(bench, "clients") == []
