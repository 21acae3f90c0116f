# SPDX-License-Identifier: Apache-2.0
"""Shadow mode watches and changes nothing, whatever comes."""

from lab.mail import NEWS, PERSON, assert_same_message, message, send

MTAS = ("postfix", "sendmail")
SETTINGS = {"mode": "shadow"}

ANNA, CARL, DORA = "anna@good.test", "carl@nullmx.test", "dora@gone.test"
# Violates the grammar; Postfix puts it into quotes for the next hop, Sendmail does not.
UNUSUAL = "a..b@nohost.test"
DELIVERED = {"postfix": '"a..b"@nohost.test', "sendmail": UNUSUAL}


def test_a_bulk_send_reaches_everybody_byte_for_byte(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="one")
    sent = send(bench.mta.relay_port, NEWS, [ANNA, CARL, DORA, UNUSUAL], octets)
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == sorted([ANNA, CARL, DORA, DELIVERED[bench.mta.name]])
    for delivery in bench.outside.deliveries():
        assert_same_message(delivery.octets, octets)
    assert bench.holdback.held() == []


def test_a_person_is_not_refused(bench):
    octets = message(PERSON, DORA, "Lunch?")
    sent = send(bench.mta.submission_port, PERSON, [DORA], octets, **bench.mta.person)
    assert not sent.refused and sent.data[0] == 250
    bench.settle()
    assert bench.outside.recipients() == [DORA]


def test_a_bounce_is_not_tagged(bench):
    bench.outside.refuse("eva@good.test", "550 5.1.1 User unknown")
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    send(bench.mta.relay_port, NEWS, ["eva@good.test"], octets)
    bench.settle()
    (bounce,) = bench.home.deliveries(NEWS)
    assert b"x-holdback" not in bounce.header.lower()


def test_what_would_have_happened_is_in_the_log(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True, campaign="logged")
    sent = send(bench.mta.relay_port, NEWS, [ANNA, CARL], octets)
    bench.settle()
    lines = bench.holdback.log(f'decision .*qid="?{sent.queue_id}')
    assert len(lines) == 2, lines
    (carl,) = [line for line in lines if CARL in line]
    assert "verdict=hold" in carl and "reason=null-mx" in carl
    (anna,) = [line for line in lines if ANNA in line]
    assert "verdict=pass" in anna


def test_inbound_fields_that_pretend_to_be_ours_stay(bench):
    octets = message("x@good.test", PERSON, "Hi", extra=["X-Holdback-Code: 2001"])
    send(bench.mta.relay_port, "x@good.test", [PERSON], octets, **bench.mta.client("198.51.100.7"))
    bench.settle()
    (delivery,) = bench.home.deliveries(PERSON)
    assert_same_message(delivery.octets, octets)
