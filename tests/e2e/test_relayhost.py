# SPDX-License-Identifier: Apache-2.0
"""Behind a smart host: it takes mail to several recipients, and bounces what it can't deliver.

The relay is a second Postfix, which comes from an address of its own. Its bounces return a seal that
several recipients have in their copies.
"""

import re
import uuid

import pytest
from test_dsn_tags import STRANGER
from test_seal import proof_of, returned, seal_field

from lab import postfix
from lab.mail import NEWS, message, send
from lab.wait import accepts, free_port, wait_for

RELAY = "127.0.0.9"
OTHER = "127.0.0.8"
SETTINGS = {"outgoing": {"networks": ["127.0.0.1/32"]}}
NO_SUCH_USER = "550 5.1.1 User unknown"


class Relay(postfix.Postfix):
    """Takes anybody's mail at RELAY, hands that for home.test to its MTA and all other to
    `outside`."""

    def __init__(self, base, outside, mta_port):
        super().__init__(base, outside, mta_port)
        self.port = free_port()
        self.add_service(f"{RELAY}:{self.port} inet n - y - 100 smtpd\n")
        self.set(
            smtp_bind_address=RELAY,
            virtual_mailbox_domains="",
            relay_domains="home.test",
            relay_transport=f"smtp:[127.0.0.1]:{mta_port}",
            myhostname="smart.isp.test",
        )

    def start(self):
        super().start()
        wait_for("the relay listens", lambda: accepts(self.port, RELAY))


@pytest.fixture(scope="module")
def relay(bench):
    made = Relay(bench.base / "relay", bench.outside.port, bench.mta.relay_port)
    made.start()
    bench.mta.set(default_transport="smtp", relayhost=f"[{RELAY}]:{made.port}")
    bench.mta.restart()
    bench.holdback.reload()
    yield made
    made.close()


def bounced(bench, relay, dead, good="anna@good.test"):
    """Sends to one who is there and two who are not; gives the bounce of the relay, the only one,
    and the copy that was delivered."""
    for recipient in dead:
        bench.outside.refuse(recipient, NO_SUCH_USER)
    octets = message(NEWS, "list@home.test", "News", f"{uuid.uuid4().hex}\r\n", bulk=True)
    sent = send(bench.mta.relay_port, NEWS, [good, *dead], octets)
    assert sent.data[0] == 250, sent
    bench.settle()
    relay.settle()
    (bounce,) = wait_for("the bounce", lambda: bench.home.deliveries(NEWS))
    bench.settle()
    (copy,) = bench.outside.deliveries(good)
    return bounce, copy


def test_the_bounces_of_a_relay_teach_about_several_recipients(bench, relay):
    dead = ["gone1@good.test", "gone2@good.test"]
    bounce, copy = bounced(bench, relay, dead)
    assert b"Reporting-MTA: dns; smart.isp.test" in bounce.octets
    assert b"Original-Envelope-Id: hb1." in bounce.octets
    proofs = re.findall(r"proof=([a-z]+)", " ".join(bounce.fields("X-Holdback-DSN")))
    assert proofs == ["sealed", "sealed"]
    entries = bench.holdback.entries()
    for recipient in dead:
        entry = entries[recipient]
        assert (entry["code"], entry["proof"]) == (2001, "sealed"), entry
        # What only a seal proves counts for who sealed it.
        assert entry["scope"] == NEWS, entry
    assert "anna@good.test" not in entries


def test_a_relay_that_returns_no_envelope_id_is_believed_about_what_it_made(bench, relay):
    relay.set(smtpd_discard_ehlo_keywords="dsn")
    relay.restart()
    bench.forget()
    dead = ["gone3@good.test", "gone4@good.test"]
    bounce, _ = bounced(bench, relay, dead)
    assert b"Original-Envelope-Id" not in bounce.octets
    assert set(dead) <= set(bench.holdback.entries())


def test_a_relay_that_only_the_log_tells_of_is_believed_too(bench, relay):
    """A transport for one domain stands in no parameter that is read."""
    log = bench.mta.base / "log/maillog"
    log.chmod(0o644)
    bench.mta.set(
        relayhost="", transport_maps=f"inline:{{ good.test=smtp:[{RELAY}]:{relay.port} }}"
    )
    bench.mta.restart()
    dead = ["gone5@good.test", "gone6@good.test"]
    with bench.changed({"maillog": {"file": str(log), "trusted": True, "handed_on": [RELAY]}}):
        # They had mail before: a first bounce may be faster than the log.
        octets = message(NEWS, "list@home.test", "News", "The first issue\r\n", bulk=True)
        assert send(bench.mta.relay_port, NEWS, dead, octets).data[0] == 250
        wait_for(
            "the log is read",
            lambda: bench.holdback.ctl("status").rows[0]["outcomes_sent"] >= 2,
        )
        relay.settle()
        bench.forget()
        bounce, _ = bounced(bench, relay, dead)
    assert "proof=sealed" in bounce.fields("X-Holdback-DSN")[0]
    assert set(dead) <= set(bench.holdback.entries())
    # Without it, the relay is a stranger's host.
    bench.forget()
    dead = ["gone7@good.test", "gone8@good.test"]
    bounce, _ = bounced(bench, relay, dead)
    assert "proof=unproven" in bounce.fields("X-Holdback-DSN")[0]
    assert not set(dead) & set(bench.holdback.entries())
    bench.mta.set(relayhost=f"[{RELAY}]:{relay.port}", transport_maps="")
    bench.mta.restart()
    bench.holdback.reload()


def test_another_customer_of_the_relay_silences_nobody(bench, relay):
    """He got a copy, and shows its seal in a bounce about somebody else."""
    octets = message(NEWS, "list@home.test", "News", "Again\r\n", bulk=True)
    sent = send(bench.mta.relay_port, NEWS, ["mallory@good.test", "victim@good.test"], octets)
    assert sent.data[0] == 250, sent
    bench.settle()
    relay.settle()
    (copy,) = wait_for("a copy", lambda: bench.outside.deliveries("mallory@good.test"))
    forged = returned("relay", ["victim@good.test"], seal_field(copy))

    def receive(port, source, host="127.0.0.1"):
        before = len(bench.home.deliveries(NEWS))
        sent = send(port, "", [NEWS], forged, source=source, host=host)
        assert sent.data[0] == 250, sent
        return wait_for("it came", lambda: bench.home.deliveries(NEWS)[before:])[0]

    # By the relay, which notes from whom it has it; from a stranger; with another host's address.
    for port, source, host in (
        (relay.port, OTHER, RELAY),
        (bench.mta.relay_port, OTHER, "127.0.0.1"),
    ):
        delivery = receive(port, source, host)
        assert proof_of(delivery) == "unproven", (source, host)
        assert "victim@good.test" not in bench.holdback.entries()
    assert bench.holdback.log('rcpt="victim@good.test".*proof_reason=shared-seal')
    # Who lists the relay believes all that it sends.
    with bench.changed({"seal": {"relays": [f"{RELAY}/32"]}}):
        assert proof_of(receive(relay.port, OTHER, RELAY)) == "sealed"
    assert "victim@good.test" in bench.holdback.entries()


def test_a_stranger_is_no_relay(bench, relay):
    """Even when the envelope id has gone as far as to him, who runs a server of his own."""
    relay.set(smtpd_discard_ehlo_keywords="")
    relay.restart()
    bench.forget()
    octets = message(NEWS, "list@home.test", "News", "Once more\r\n", bulk=True)
    sent = send(bench.mta.relay_port, NEWS, ["mia@good.test", "nils@good.test"], octets)
    assert sent.data[0] == 250, sent
    bench.settle()
    relay.settle()
    (copy,) = wait_for("a copy", lambda: bench.outside.deliveries("mia@good.test"))
    (argument,) = [arg for arg in copy.sender_arguments if arg.startswith("ENVID=")]
    forged = returned("stranger", ["nils@good.test"], seal_field(copy), argument[6:])
    sent = send(bench.mta.relay_port, "", [NEWS], forged, client=STRANGER)
    assert sent.data[0] == 250, sent
    bench.settle()
    assert "nils@good.test" not in bench.holdback.entries()
