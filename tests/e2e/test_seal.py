# SPDX-License-Identifier: Apache-2.0
"""Sealed bounces: what left here proves its own bounce when it comes back, and nothing else does."""

import re

from test_dsn_tags import DSN, GROUP

from lab.mail import NEWS, assert_same_message, message, send
from lab.wait import wait_for

STRANGER = "198.51.100.7"
MX_GOOD = "199.9.14.201"  # mx.good.test in the test domains
MTAS = ("postfix", "sendmail")
SETTINGS = {"outgoing": {"networks": ["127.0.0.0/8"]}}


def returned(tag, recipients, header, envelope_id=None, extra=""):
    """A late bounce of a remote system that returns `header`."""
    groups = "\n".join(
        GROUP.format(recipient=recipient, action="failed", status="5.1.1",
                     diagnostic="550 5.1.1 User unknown")
        for recipient in recipients
    )
    text = DSN.format(to=NEWS, tag=tag, groups=groups, extra=extra)
    if envelope_id:
        text = text.replace("Reporting-MTA:", f"Original-Envelope-Id: {envelope_id}\nReporting-MTA:")
    start = text.index("Message-ID: <original-")
    text = text[:start] + header.replace("\r\n", "\n") + text[start:]
    return text.replace("\n", "\r\n").encode()


def sealed(bench, recipients, octets=None, **how):
    """Sends a message out and gives a recipient's copy."""
    octets = octets or message(NEWS, "list@home.test", "News", bulk=True)
    sent = send(bench.mta.relay_port, NEWS, recipients, octets, **how)
    assert sent.data[0] == 250, sent
    bench.settle()
    return bench.outside.deliveries(recipients[0])[-1]


def seal_field(delivery):
    """The seal as it stands in the header of a delivered copy, folded."""
    found = re.search(rb"^X-Holdback-Seal:.*?\r\n(?![ \t])", delivery.octets, re.S | re.M)
    return found.group(0).decode()


def receive(bench, octets, to=NEWS, client=STRANGER):
    before = len(bench.home.deliveries(to))
    sent = send(bench.mta.relay_port, "", [to], octets, **bench.mta.client(client))
    assert sent.data[0] == 250, sent
    bench.settle()
    return bench.home.deliveries(to)[before]


def proof_of(delivery):
    (line,) = delivery.fields("X-Holdback-DSN")
    return re.search(r"proof=([a-z]+)", line).group(1)


def test_outgoing_mail_carries_a_seal_and_is_else_unchanged(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    copy = sealed(bench, ["anna@good.test"], octets)
    assert_same_message(copy.octets, octets)
    assert len(copy.fields("X-Holdback-Seal")) == 1
    (envelope_id,) = [arg for arg in copy.sender_arguments if arg.startswith("ENVID=")]
    assert envelope_id.startswith("ENVID=hb1.") and len(envelope_id) <= 6 + 100


def test_a_clients_own_envelope_id_is_left_alone(bench):
    copy = sealed(bench, ["anna@good.test"], mail_args=("ENVID=QQ314159",))
    assert "ENVID=QQ314159" in copy.sender_arguments
    assert copy.fields("X-Holdback-Seal")
    assert bench.holdback.log('envid="QQ314159"')


def test_arguments_of_mail_outlive_the_seal(bench):
    """Sendmail forgets them when a filter names the sender anew, which is how the seal gets in."""
    octets = message(NEWS, "list@home.test", "News", "Grüße\r\n", bulk=True)
    arguments = ("RET=HDRS", "BODY=8BITMIME")
    copy = sealed(
        bench, ["anna@good.test"], octets, mail_args=arguments, rcpt_args=("NOTIFY=NEVER",)
    )
    assert set(arguments) <= set(copy.sender_arguments), copy.sender_arguments
    assert [a for a in copy.sender_arguments if a.startswith("ENVID=hb1.")]
    assert "NOTIFY=NEVER" in copy.recipient_arguments
    assert_same_message(copy.octets, octets)


def test_a_late_bounce_with_the_seal_in_its_header_teaches(bench):
    copy = sealed(bench, ["ben@good.test"])
    bounce = receive(bench, returned("late", ["ben@good.test"], seal_field(copy)))
    assert proof_of(bounce) == "sealed"
    entry = bench.holdback.entries()["ben@good.test"]
    assert (entry["code"], entry["proof"]) == (2001, "sealed"), entry
    sent = send(bench.mta.relay_port, NEWS, ["ben@good.test"],
                message(NEWS, "list@home.test", "More news", bulk=True))
    assert sent.data[0] == 250
    bench.settle()
    assert [row["finding"] for row in bench.holdback.held("--all")] == ["suppressed-bounce"]


def test_a_late_bounce_with_the_envelope_id_alone_teaches(bench):
    copy = sealed(bench, ["cora@good.test"])
    (argument,) = [arg for arg in copy.sender_arguments if arg.startswith("ENVID=")]
    bounce = receive(bench, returned("envid", ["cora@good.test"], "", argument[6:]))
    assert proof_of(bounce) == "sealed"
    assert bench.holdback.entries()["cora@good.test"]["proof"] == "sealed"


def test_a_part_of_the_header_folded_anew_is_enough(bench):
    copy = sealed(bench, ["dan@good.test"])
    seal = re.sub(r"\s", "", seal_field(copy).partition(":")[2])
    folded = "x-holdback-seal:\n" + "".join(
        f"    {seal[i:i + 23]}\n" for i in range(0, len(seal), 23)
    )
    assert proof_of(receive(bench, returned("folded", ["dan@good.test"], folded))) == "sealed"


def test_who_fails_behind_a_forwarding_does_not_silence_the_one_that_we_mailed(bench):
    octets = message(NEWS, "emil@good.test", "News", bulk=True)
    copy = sealed(bench, ["emil@good.test"], octets)
    header = seal_field(copy) + "To: emil@good.test\r\n"
    bounce = receive(bench, returned("forward", ["emil.home@implicit.test"], header))
    assert proof_of(bounce) == "sealed"
    both = 'rcpt="emil@good.test"; final="emil.home@implicit.test"'
    assert both in bounce.fields("X-Holdback-DSN")[0]
    assert bench.holdback.log('rcpt="emil@good.test".*learn_reason=behind-alias final="emil.home@')
    assert not {"emil@good.test", "emil.home@implicit.test"} & set(bench.holdback.entries())

    # Whoever got our mail could write the like about others of his domain: nothing is learned. What
    # is said of the address itself is.
    copy = sealed(bench, ["team@good.test"], message(NEWS, "team@good.test", "More", bulk=True))
    header = seal_field(copy) + "To: team@good.test\r\n"
    receive(bench, returned("member", ["joe.left@good.test"], header))
    assert not {"joe.left@good.test", "team@good.test"} & set(bench.holdback.entries())
    receive(bench, returned("alias", ["team@good.test"], header))
    assert "team@good.test" in bench.holdback.entries()


def test_one_of_several_recipients_cannot_speak_for_another(bench):
    copy = sealed(bench, ["fay@good.test", "gus@good.test"])
    forged = returned("shared", ["gus@good.test"], seal_field(copy))
    assert proof_of(receive(bench, forged)) == "unproven"
    assert bench.holdback.log('rcpt="gus@good.test".*proof_reason=shared-seal')
    assert "gus@good.test" not in bench.holdback.entries()
    if bench.mta.name == "sendmail":
        return  # no client can have the address that is needed now
    # What he can write by his provider, from a host that he rents there under its name, from its
    # neighbour, and by a host of another domain that has the same provider.
    for tag, sender, client, name in (
        ("by himself", "fay@good.test", MX_GOOD, "mx.good.test"),
        ("by another user", "x@good.test", MX_GOOD, "mx.good.test"),
        ("rented", "", "199.9.14.77", "vps-77.mx.good.test"),
        ("named like the host", "", STRANGER, "mx.good.test"),
        ("the next address", "", "199.9.14.202", "mx2.good.test"),
    ):
        before = len(bench.home.deliveries(NEWS))
        sent = send(bench.mta.relay_port, sender, [NEWS], forged, client=client, name=name)
        assert sent.data[0] == 250, sent
        bench.settle()
        assert proof_of(bench.home.deliveries(NEWS)[before]) == "unproven", tag
        assert "gus@good.test" not in bench.holdback.entries(), tag
    # The same from a host that takes mail for the domain.
    assert proof_of(receive(bench, forged, client=MX_GOOD)) == "sealed"
    assert "gus@good.test" in bench.holdback.entries()


def test_a_made_up_bounce_by_sendmail_is_not_local(bench):
    octets = returned("sendmail", ["hans@good.test"], "")
    assert bench.mta.sendmail("", [NEWS], octets) == 0
    bench.settle()
    (delivery,) = bench.home.deliveries(NEWS)
    if bench.mta.name == "sendmail":  # hands it over by SMTP: mail of this machine, not a bounce
        assert delivery.fields("X-Holdback-DSN") == []
    else:
        assert proof_of(delivery) == "unproven"
    assert "hans@good.test" not in bench.holdback.entries()


def test_our_own_bounce_is_local_by_its_seal(bench):
    bench.outside.refuse("ida@good.test", "550 5.1.1 User unknown")
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    send(bench.mta.relay_port, NEWS, ["ida@good.test"], octets)
    bench.settle()
    (delivery,) = bench.home.deliveries(NEWS)
    if bench.mta.name == "sendmail":  # shows its own bounces to no milter, but its log tells
        wait_for("the log has told it", lambda: "ida@good.test" in bench.holdback.entries())
        assert delivery.fields("X-Holdback-DSN") == []
    else:
        assert proof_of(delivery) == "local"
    entry = bench.holdback.entries()["ida@good.test"]
    # A local user could have made the bounce; the log, which Sendmail's bench follows, he could not.
    assert (entry["proof"], entry["scope"]) == (
        "local", "global" if bench.mta.name == "sendmail" else NEWS)


def test_old_keys_verify_after_a_rotation(bench):
    copy = sealed(bench, ["jan@good.test"])
    before = {row["key"]: row for row in bench.holdback.ctl("seal", "show").rows}
    rows = bench.holdback.ctl("seal", "rotate").rows
    assert len(rows) == len(before) + 1
    assert [row["signs"] for row in rows] == [False] * len(before) + [True]
    newer = sealed(bench, ["kim@good.test"])
    assert seal_field(newer).split(".")[1][:5] != seal_field(copy).split(".")[1][:5]
    assert proof_of(receive(bench, returned("old", ["jan@good.test"], seal_field(copy)))) == "sealed"
    assert proof_of(receive(bench, returned("new", ["kim@good.test"], seal_field(newer)))) == "sealed"
    secret = (bench.holdback.base / "seal.key").read_text().split("\n")[1].split()[1]
    said = bench.holdback.say("seal", "show")
    assert secret not in said and list(before)[0] in said
    assert (bench.holdback.base / "seal.key").stat().st_mode & 0o777 == 0o600


def test_mail_leaves_unsealed_when_the_keys_cannot_be_read(bench):
    path = bench.holdback.base / "seal.key"
    text = path.read_text()
    path.write_text("not a key\n")
    try:
        with bench.changed({}):
            assert bench.holdback.log(r"seal: .*seal.key:1: .*mail leaves unsealed")
            copy = sealed(bench, ["leo@good.test"])
            assert copy.fields("X-Holdback-Seal") == []
    finally:
        path.write_text(text)
    bench.holdback.reload()


def variants(bench, victim, copy):
    """Made-up bounces around a copy that the victim got: name, recipient, header, envelope id."""
    seal = re.sub(r"\s", "", seal_field(copy).partition(":")[2])
    other = re.sub(r"\s", "", seal_field(sealed(bench, ["olaf@good.test"])).partition(":")[2])
    pair = re.sub(
        r"\s", "", seal_field(sealed(bench, ["olaf@good.test", victim])).partition(":")[2])
    field = "X-Holdback-Seal: {}\r\n".format
    yield "no seal", victim, "", None
    yield "words", victim, field("v=1; yes"), None
    yield "empty", victim, field(""), None
    yield "another message's seal", victim, field(other), None
    yield "another message's envelope id", victim, "", other
    yield "a seal shared with the victim", victim, field(pair), None
    yield "another recipient", "walter@good.test", field(seal), None
    yield "another recipient, named in the header", "walter@good.test", (
        field(seal) + "To: walter@good.test\r\n"), None
    yield "another recipient at the same domain, by envelope id", "vera2@good.test", "", seal
    yield "twice over", victim, field(seal + seal), None
    yield "huge", victim, field("hb1." + "A" * 200_000), None
    yield "many", victim, "".join(field(other) for _ in range(500)), None
    yield "key of zeros", victim, field("hb1.AAAAAA" + seal[10:]), None
    yield "another time", victim, field(seal[:12] + "AAAA" + seal[16:]), None
    yield "in small letters", victim, field(seal.lower()), None
    yield "from behind", victim, field("hb1." + seal[:3:-1]), None
    yield "cut in the header, changed in the envelope id", victim, field(seal[:-4]), seal[:-1] + "_"
    yield "quoted in an edited text", "walter@good.test", "Subject: hb1. is " + seal + "\r\n", None
    yield "marks of another version", victim, field("hb2." + seal[4:]), None
    for i in range(4, len(seal), max(1, len(seal) // 94)):
        changed = "B" if seal[i] == "A" else "A"
        yield f"octet {i} changed", victim, field(seal[:i] + changed + seal[i + 1:]), None
        yield f"cut at {i}", victim, field(seal[:i]), None


def test_two_hundred_forged_bounces_make_not_one_entry(bench):
    known = set(bench.holdback.entries())
    victim = "vera@good.test"
    copy = sealed(bench, [victim])
    forged = list(variants(bench, victim, copy))
    assert len(forged) >= 200, len(forged)
    for number, (name, recipient, header, envelope_id) in enumerate(forged):
        octets = returned(f"forged-{number}", [recipient], header, envelope_id)
        sent = send(bench.mta.relay_port, "", [NEWS], octets, **bench.mta.client(STRANGER))
        assert sent.data[0] == 250, (name, sent)
    bench.settle()
    deliveries = bench.home.deliveries(NEWS)
    assert len(deliveries) == len(forged)
    assert {proof_of(delivery) for delivery in deliveries} == {"unproven"}
    assert set(bench.holdback.entries()) == known
    # The true one is believed after all of that.
    true = receive(bench, returned("true", [victim], seal_field(copy)))
    assert proof_of(true) == "sealed"
    assert set(bench.holdback.entries()) == known | {victim}
