# SPDX-License-Identifier: Apache-2.0
"""Which way mail goes that a program of this host hands in, and by what name mail of ours speaks."""

import re

from lab.mail import NEWS, message, send
from lab.wait import wait_for

MTAS = ("postfix", "sendmail")
SETTINGS = {
    "notice": {"collect": "1s"},
    "outgoing": {"networks": ["127.0.0.0/8"], "own_domains": ["home.test"]},
}
FETCHED = "Received: from pop.shop.test [192.0.2.9] by localhost with POP3 (fetchmail-6.4.37)"


def test_what_was_fetched_from_elsewhere_is_no_mail_of_ours(bench):
    octets = message("offers@shop.test", NEWS, "Offers", bulk=True, extra=(FETCHED, "X-Holdback-Code: 2001"))
    for _ in range(2):
        sent = send(bench.mta.relay_port, "offers@shop.test", [NEWS], octets)
        assert sent.data[0] == 250, sent
        bench.settle()
    copies = bench.home.deliveries(NEWS)
    assert len(copies) == 2
    for copy in copies:
        assert not re.search(rb"^X-Holdback-", copy.header, re.M), copy.header
    assert bench.holdback.log("it is taken for inbound")
    assert not bench.holdback.log('flow=outbound.*sender="offers@shop.test"')


def test_the_settings_can_say_that_it_is(bench):
    octets = message("offers@shop.test", "dora@nullmx.test", "Offers", bulk=True, extra=(FETCHED,))
    with bench.changed({"outgoing": {"reinjected": "outgoing"}}):
        sent = send(bench.mta.relay_port, "offers@shop.test", ["dora@nullmx.test"], octets)
        assert sent.data[0] == 250, sent
        bench.settle()
        (row,) = bench.holdback.held("--sender", "offers@shop.test")
        # Its sender is a stranger, so that nothing is written to him, and it stays.
        assert row["recipient"] == "dora@nullmx.test"
        assert bench.holdback.log("its sender is not told")
        done = bench.holdback.ctl("held", "return", str(row["id"]), check=False)
        assert "no DSN goes there" in repr(done)
        assert [r["id"] for r in bench.holdback.held("--sender", "offers@shop.test")] == [row["id"]]
    assert bench.outside.deliveries() == []


def test_notices_speak_with_the_name_of_the_mta(bench):
    octets = message(NEWS, "list@home.test", "News", bulk=True)
    send(bench.mta.relay_port, NEWS, ["carl@nullmx.test", "anna@good.test"], octets)
    bench.settle()
    wait_for("the sender is told", lambda: bench.home.deliveries(NEWS))
    (notice,) = bench.home.deliveries(NEWS)
    assert notice.fields("From") == ["Holdback <holdback@mta.home.test>"]
    assert notice.fields("Message-ID")[0].endswith("@mta.home.test>")
    # The address can be answered: the MTA takes its mail, and shows it to us.
    address = "holdback@mta.home.test"
    sent = send(bench.mta.relay_port, NEWS, [address], message(NEWS, address, "Re: hello"))
    assert not sent.refused, sent


def test_dsns_of_ours_speak_with_it_too(bench):
    sent = send(bench.mta.relay_port, NEWS, ["anna@good.test", "dora@gone.test"],
                message(NEWS, "anna@good.test", "Hello"))
    assert sent.data[0] == 250, sent
    bench.settle()
    wait_for("the sender is told", lambda: bench.home.deliveries(NEWS))
    (dsn,) = bench.home.deliveries(NEWS)
    assert re.search(rb"^Reporting-MTA: dns; ?mta\.home\.test\r$", dsn.octets, re.M), dsn.octets
