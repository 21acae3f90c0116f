# SPDX-License-Identifier: Apache-2.0
"""The story: an administrator watches a real MTA send bulk mail through Holdback.

Each step does something, tells what is seen, and asserts it. `STEPS` are the steps with Postfix and
with Sendmail, which differ where the bounce of the own MTA comes by. `test_story.py` and
`test_sendmail_story.py` run them as tests; run as a program, this is the heart of `contrib/try`.
"""

import pathlib
import signal
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import bench as lab_bench  # noqa: E402
from lab.bench import Bench  # noqa: E402
from lab.mail import NEWS, PERSON, assert_same_message, body_of, message, send  # noqa: E402
from lab.wait import wait_for  # noqa: E402

ANNA, BEN, EVA = "anna@good.test", "ben@implicit.test", "eva@good.test"
CARL, DORA, FRANK = "carl@nullmx.test", "dora@gone.test", "frank@nohost.test"

NO_SUCH_USER = (
    "550-5.1.1 The account that you tried to reach does not exist.",
    "550 5.1.1 <eva@good.test>: Recipient address rejected: User unknown",
)


MTA_NAMES = {"postfix": "Postfix", "sendmail": "Sendmail"}


class Story:
    """What the steps hand on to each other."""

    def __init__(self, bench):
        self.bench = bench
        self.mta = MTA_NAMES[bench.mta.name]
        self.first = message(
            NEWS, "list@home.test", "Summer news", "Dear reader,\r\n\r\n.dots\r\nbye\r\n", bulk=True,
            campaign="summer",
        )
        self.numbers = {}

    def send_bulk(self, recipients, octets):
        sent = send(self.bench.mta.relay_port, NEWS, recipients, octets)
        assert not sent.refused, f"refused at RCPT: {sent.refused}"
        assert sent.data[0] == 250, f"the message was not taken: {sent.data}"
        self.bench.settle()
        return sent

    def bounces(self):
        """The DSNs of the MTA in the mailbox of the news sender."""
        return [
            d
            for d in self.bench.home.deliveries(NEWS)
            if d.fields("From")[0].startswith(("Mail Delivery S", "MAILER-DAEMON"))
        ]

    def held_now(self):
        """Recipient -> row of everything in the state held."""
        return {row["recipient"]: row for row in self.bench.holdback.held() if row["state"] == "held"}


def say(text):
    print(textwrap.fill(text, 96, initial_indent="   ", subsequent_indent="   "))


def show(title, text):
    print(f"   {title}")
    print(textwrap.indent(text.rstrip() or "(nothing)", "     | "))


def ask(story, *words):
    """Runs the control tool as a person would, and shows it."""
    quoted = " ".join(f"'{word}'" if " " in word else word for word in words)
    show(f"$ holdbackctl {quoted}", story.bench.holdback.say(*words))


def received(server):
    return ", ".join(server.recipients()) or "nobody"


def shadow(story):
    bench = story.bench
    say("Shipped in shadow mode, Holdback looks at everything and changes nothing. A newsletter goes"
        f" to {ANNA} and to {CARL}, whose domain says in DNS that it takes no mail (null MX).")
    octets = message(NEWS, "list@home.test", "Spring news", bulk=True, campaign="spring")
    story.send_bulk([ANNA, CARL], octets)
    say(f"Received by: {received(bench.outside)}. Byte for byte what was sent; nobody is held.")
    assert bench.outside.recipients() == [ANNA, CARL]
    for delivery in bench.outside.deliveries():
        assert_same_message(delivery.octets, octets)
    assert bench.holdback.held() == []
    decision = bench.holdback.log(rf"decision .*{CARL}")
    assert len(decision) == 1 and "null-mx" in decision[0], decision
    show("The log says what would have happened:", decision[0])
    bench.forget()


def enforce(story):
    bench = story.bench
    say('The administrator is content, writes mode = "enforce" and reloads.')
    bench.holdback.change({"mode": "enforce"})
    tested = bench.holdback.check_settings()
    assert tested.code == 0, tested
    show("$ holdback -t", tested.text + tested.errors + "exit status 0")
    ask(story, "reload")
    assert bench.holdback.ctl("status").rows[0]["mode"] == "enforce"


def first_send(story):
    bench = story.bench
    everybody = [ANNA, BEN, CARL, DORA, EVA, FRANK]
    say("The summer newsletter goes to six people over SMTP. Nobody knows yet that Eva has left"
        f" ({EVA} will be refused by her own server).")
    bench.outside.refuse(EVA, *NO_SUCH_USER)
    sent = story.send_bulk(everybody, story.first)
    say(f"{story.mta} answered: {sent.data[0]} {sent.data[1]}")
    say(f"Received at once by: {received(bench.outside)}.")
    assert bench.outside.recipients() == [ANNA, BEN]
    for delivery in bench.outside.deliveries():
        assert delivery.sender == NEWS
        assert_same_message(delivery.octets, story.first)
    assert bench.outside.asked(EVA) == 1
    assert not bench.mta.log(f"{sent.queue_id}: to=.*<({CARL}|{DORA}|{FRANK})>")
    say("The others were held; each has a reason:")
    ask(story, "held", "list")
    held = story.held_now()
    assert {who: row["finding"] for who, row in held.items()} == {
        CARL: "null-mx", DORA: "no-such-domain", FRANK: "no-mail-host",
    }
    assert all(row["code"] == 2002 and row["sender"] == NEWS for row in held.values())
    assert all(row["queue_id"] == sent.queue_id for row in held.values())
    story.numbers = {who: str(row["id"]) for who, row in held.items()}


def bounce_unseen(story):
    """Sendmail shows the bounces that it makes to no milter."""
    bench = story.bench
    say(f"Eva's server said no, and Sendmail sent a bounce to {NEWS}. No milter is shown such a bounce,"
        " so it arrives as it is; but the mail log, which Holdback follows, tells of it:")
    bounces = story.bounces()
    assert len(bounces) == 1, f"{len(bounces)} bounces"
    assert bounces[0].sender == "" and bounces[0].fields("X-Holdback-Code") == []
    (line,) = bench.mta.log(f"to=<{EVA}>.*stat=User unknown")
    show("Sendmail's log:", line)
    (told,) = wait_for("the log is read", lambda: bench.holdback.log("flow=outcome"))
    show("Holdback's:", told)
    assert f'rcpt="{EVA}" code=2001 status=5.1.1 proof=local' in told, told


def bounce(story):
    say(f"Eva's server said no, and Postfix sent a bounce to {NEWS}. It passed Holdback too:")
    bounces = story.bounces()
    assert len(bounces) == 1, f"{len(bounces)} bounces"
    tagged = bounces[0]
    assert tagged.sender == ""
    fields = [
        line
        for line in tagged.header.decode().replace("\r\n\t", "\n\t").split("\r\n")
        if line.lower().startswith(("from:", "subject:", "x-holdback"))
    ]
    show("Its header now says:", "\n".join(fields))
    assert tagged.fields("X-Holdback-Code") == ["2001"]
    (line,) = tagged.fields("X-Holdback-DSN")
    assert line.startswith(
        "code=2001; name=address-invalid; class=permanent; status=5.1.1; action=failed;"
        f' rcpt="{EVA}"; proof=local; rule='
    ), line
    assert b"User unknown" in body_of(tagged.octets)


def learned(story):
    say(f"It came from our own {story.mta}, which is proof enough to learn from. A bounce counts for "
        "the sender whose mail it is, the MTA's log for everybody:")
    ask(story, "suppress", "list")
    entries = wait_for("the entry is in the store", story.bench.holdback.entries)
    assert list(entries) == [EVA]
    entry = entries[EVA]
    assert (entry["reason"], entry["code"], entry["proof"]) == ("bounce", 2001, "local"), entry
    asked = ("check", EVA, CARL, ANNA, "--stream", "bulk", "--sender", NEWS)
    ask(story, *asked)
    rows = story.bench.holdback.ctl(*asked, check=False).rows
    assert [row["verdict"] for row in rows] == ["hold", "hold", "pass"]


def second_send(story):
    bench = story.bench
    bench.forget()
    say(f"The autumn newsletter goes to {ANNA} and {EVA}. Her server need not be asked again.")
    octets = message(NEWS, "list@home.test", "Autumn news", bulk=True, campaign="autumn")
    story.send_bulk([ANNA, EVA], octets)
    say(f"Received by: {received(bench.outside)}.")
    assert bench.outside.recipients() == [ANNA]
    assert bench.outside.asked(EVA) == 0
    assert story.bounces() == []
    row = story.held_now()[EVA]
    assert (row["finding"], row["code"]) == ("suppressed-bounce", 2001), row
    story.numbers[EVA] = str(row["id"])
    ask(story, "held", "list", "--sender", NEWS)


def release(story):
    bench = story.bench
    bench.forget()
    number = story.numbers[CARL]
    say(f"Carl phones: his domain takes mail after all. The administrator releases number {number}.")
    ask(story, "held", "release", number)
    wait_for("Carl has his copy", lambda: bench.outside.deliveries(CARL))
    wait_for("the item is released", lambda: CARL not in story.held_now())
    bench.settle()
    say(f"Received by: {received(bench.outside)}; one copy, byte for byte what was sent.")
    assert bench.outside.recipients() == [CARL]
    (delivery,) = bench.outside.deliveries()
    assert delivery.sender == NEWS
    assert_same_message(delivery.octets, story.first)
    ask(story, "held", "show", number)
    (row,) = bench.holdback.ctl("held", "show", number).rows
    assert row["state"] == "released", row
    assert sorted(story.held_now()) == sorted([DORA, EVA, FRANK])
    again = bench.holdback.ctl("held", "release", number, check=False)
    assert again.code == 1, f"released twice: {again}"


def person(story):
    bench = story.bench
    bench.forget()
    say(f"{PERSON} is a person with a mail program (an authenticated session). A program ignores"
        " answers; a person should have one at once:")
    octets = message(PERSON, DORA, "Lunch?")
    sent = send(bench.mta.submission_port, PERSON, [DORA, ANNA], octets, **bench.mta.person)
    code, text = sent.rcpt[DORA]
    show(f"RCPT TO:<{DORA}>", f"{code} {text}")
    show(f"RCPT TO:<{ANNA}>", "{} {}".format(*sent.rcpt[ANNA]))
    # Sendmail puts the recipient in front of the text.
    who = f"<{DORA}>... " if bench.mta.name == "sendmail" else ""
    assert code == 550 and text.startswith(f"5.1.2 {who}"), sent.rcpt
    assert sent.rcpt[ANNA][0] == 250
    bench.settle()
    assert bench.outside.recipients() == [ANNA]


def crash(story):
    bench = story.bench
    bench.forget()
    say("What if Holdback dies? kill -9, and another newsletter.")
    bench.holdback.kill()
    octets = message(NEWS, "list@home.test", "Winter news", bulk=True, campaign="winter")
    story.send_bulk([ANNA, DORA], octets)
    say(f"Mail flows as if Holdback were not there. Received by: {received(bench.outside)}.")
    assert bench.outside.recipients() == [ANNA, DORA]
    for delivery in bench.outside.deliveries():
        assert_same_message(delivery.octets, octets)


def restart(story):
    bench = story.bench
    bench.forget()
    say("Started again, it still has what it held. Dora's copy goes back to the sender.")
    bench.holdback.start()
    assert sorted(story.held_now()) == sorted([DORA, EVA, FRANK])
    ask(story, "held", "return", story.numbers[DORA])
    returned = wait_for("the sender has the DSN", lambda: bench.home.deliveries(NEWS))
    bench.settle()
    assert len(bench.home.deliveries()) == 1 and bench.outside.recipients() == []
    octets = returned[0].octets
    assert returned[0].sender == ""
    assert b"Final-Recipient: rfc822; " + DORA.encode() in octets.replace(b"rfc822;d", b"rfc822; d")
    assert b"Subject: Summer news" in octets
    show("The DSN says:", "\n".join(
        line for line in octets.decode("utf-8", "replace").split("\r\n")
        if line.startswith(("Subject:", "Final-Recipient:", "Action:", "Status:", "Diagnostic-Code:"))
    ))
    ask(story, "held", "list")
    assert sorted(story.held_now()) == sorted([EVA, FRANK])


POSTFIX_STEPS = {
    "shadow mode changes nothing": shadow,
    "switched to enforce by reload": enforce,
    "a bulk send: the good leave, the doubtful are held": first_send,
    "the bounce that comes back is tagged": bounce,
    "the store learns from it": learned,
    "the next send holds what bounced": second_send,
    "a release delivers exactly one copy": release,
    "a person gets an answer at once": person,
    "mail flows when the daemon is killed": crash,
    "what was held outlives the crash, and can be returned": restart,
}

LEARNING = "the bounce that comes back is tagged"
SENDMAIL_STEPS = {
    ("the log tells of the bounce" if title == LEARNING else title): (
        bounce_unseen if title == LEARNING else step
    )
    for title, step in POSTFIX_STEPS.items()
}
STEPS = {"postfix": POSTFIX_STEPS, "sendmail": SENDMAIL_STEPS}

SETTINGS = {"mode": "shadow"}


def main():
    """Plays the story for a person who watches; with "--sendmail", on Sendmail."""
    mta = "sendmail" if sys.argv[1:] == ["--sendmail"] else "postfix"
    reason = lab_bench.missing(mta)
    if reason:
        print(f"The story cannot be played: {reason}.", file=sys.stderr)
        return 1
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(1))
    print(f"\nStarting {MTA_NAMES[mta]}, NSD, Holdback and two mail servers on loopback …")
    with Bench(SETTINGS, mta=mta) as bench:
        story = Story(bench)
        for number, (title, step) in enumerate(STEPS[mta].items(), 1):
            print(f"\n{number}. {title[0].upper()}{title[1:]}\n", flush=True)
            try:
                step(story)
            except AssertionError as error:
                print(f"\n   This did not go as it should: {error}", file=sys.stderr)
                print("\n".join(bench.holdback.log()[-20:]), file=sys.stderr)
                return 1
    print(f"\nAll {len(STEPS[mta])} steps went as they should. Everything is stopped and removed.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
