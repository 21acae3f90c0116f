# SPDX-License-Identifier: Apache-2.0
"""Mail that only the MTA can route: its own domains, its own transports, its own next hops. The
public DNS has no say about it, and has it about all the rest."""

import pytest

from lab.mail import NEWS, PERSON, message, send
from lab.wait import wait_for

ANNA, DORA = "anna@good.test", "dora@gone.test"


def decision(bench, recipient):
    """The last decision line about a recipient."""
    (*_, line) = wait_for(
        "the decision", lambda: bench.holdback.log(f'decision flow=outbound .*rcpt="{recipient}"')
    )
    return line


@pytest.fixture(name="own", scope="module", autouse=True)
def fixture_own(bench):
    """Domains that the DNS does not know, in each of the ways in which Postfix can have them."""
    etc = bench.postfix.base / "etc"
    (etc / "names").write_text("/^regexp[0-9]\\.test$/ OK\n")
    (etc / "domains").write_text("# ours\nfile.test\n")
    with open(etc / "master.cf", "a", encoding="utf-8") as master:
        master.write("bulksmtp unix - - n - - smtp\n")
    inside = f"lmtp:[127.0.0.1]:{bench.home.port}"
    outside = bench.outside.port
    bench.postfix.set(
        mydestination=f"cron.test, {etc}/domains, regexp:{etc}/names",
        local_transport=inside,
        local_recipient_maps="",
        relay_domains="branch.test",
        relay_transport=f"smtp:[localhost]:{outside}",
        smtp_host_lookup="native",
        transport_maps="inline:{{corp.test = %s} {fax@gone.test = %s}} regexp:{{/^sms[0-9]+@/ %s}}"
        % ((f"smtp:[localhost]:{outside}",) * 3),
        default_transport=f"bulksmtp:[127.0.0.1]:{outside}",
    )
    bench.postfix.restart()
    bench.holdback.reload()


@pytest.mark.parametrize("domain", ["cron.test", "file.test", "regexp1.test"])
def test_mail_of_cron_to_a_domain_of_the_mta_arrives(bench, domain):
    root = f"root@{domain}"
    assert bench.postfix.sendmail(root, [root], message(root, root, "Cron <root>")) == 0
    wait_for("cron's mail is there", lambda: bench.home.deliveries(root))
    line = decision(bench, root)
    assert "verdict=pass" in line and line.endswith("route=local:mydestination"), line


def test_so_it_does_without_any_dns(bench):
    with bench.changed({"dns": {"nameservers": ["127.0.0.1:9"]}}):
        root = "root@cron.test"
        assert bench.postfix.sendmail(root, [root], message(root, root, "Cron <root>")) == 0
        wait_for("cron's mail is there", lambda: bench.home.deliveries(root))


@pytest.mark.parametrize("source", ["postfix:/nonexistent", "auto"])
def test_without_the_lists_what_dns_says_of_such_mail_is_a_tag(bench, source):
    with bench.changed({"outgoing": {"mta_domains": source}}):
        root = "root@cron.test"
        assert bench.postfix.sendmail(root, [root], message(root, root, "Cron <root>")) == 0
        wait_for("cron's mail is there", lambda: bench.home.deliveries(root))
        line = decision(bench, root)
        assert "verdict=tag reason=no-such-domain" in line and line.endswith("route=no-such-domain")
        assert bench.holdback.log("mta: ")


@pytest.mark.parametrize(
    "recipient, why",
    [
        ("bo@branch.test", "relay_domains"),
        ("bo@north.branch.test", "relay_domains"),
        ("bo@corp.test", "transport_maps"),
        ("fax@gone.test", "transport_maps"),
        ("sms12@gone.test", "transport_maps"),
    ],
)
def test_mail_for_a_next_hop_of_our_own_passes_by_smtp_and_sendmail(bench, recipient, why):
    octets = message(PERSON, recipient, "Hi")
    sent = send(bench.postfix.submission_port, PERSON, [recipient], octets, **bench.postfix.person)
    assert sent.rcpt[recipient][0] == 250 and sent.data[0] == 250, sent
    assert bench.postfix.sendmail(PERSON, [recipient], octets) == 0
    wait_for("both are there", lambda: len(bench.outside.deliveries(recipient)) == 2)
    for line in bench.holdback.log(f'decision flow=outbound .*rcpt="{recipient}"'):
        assert "verdict=pass" in line and line.endswith(f"route=local:{why}"), line


def test_a_copy_of_smtp_with_another_name_is_judged_by_dns(bench):
    sent = send(bench.postfix.submission_port, PERSON, [DORA, "carl@nullmx.test", ANNA],
                message(PERSON, ANNA, "Hi"), **bench.postfix.person)
    assert [sent.rcpt[r][0] for r in (DORA, "carl@nullmx.test", ANNA)] == [550, 556, 250], sent
    wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))
    bench.settle()
    assert bench.outside.recipients() == [ANNA]
    assert decision(bench, DORA).endswith("route=no-such-domain")
    assert decision(bench, ANNA).endswith("route=mx")


def test_a_bulk_send_through_it_holds_the_bad_and_nobody_else(bench):
    good = [f"reader{number}@good.test" for number in range(30)]
    bad = ["carl@nullmx.test", DORA]
    sent = send(bench.postfix.submission_port, NEWS, good + bad,
                message(NEWS, "list@home.test", "News", bulk=True, campaign="cloned"),
                **bench.postfix.person)
    assert sent.data[0] == 250, sent
    wait_for("the last one has it", lambda: bench.outside.deliveries(good[-1]))
    bench.settle()
    assert sorted(bench.outside.recipients()) == sorted(good)
    assert sorted(row["recipient"] for row in bench.holdback.held()) == sorted(bad)


def test_the_setting_names_a_transport_that_is_not_judged(bench):
    with bench.changed({"outgoing": {"local_transports": ["bulksmtp"]}}):
        sent = send(bench.postfix.submission_port, PERSON, [DORA], message(PERSON, DORA, "Hi"),
                    **bench.postfix.person)
        assert sent.rcpt[DORA][0] == 250, sent
        assert decision(bench, DORA).endswith("route=local:transport:bulksmtp")


def test_sendmail_is_judged_by_dns_for_all_other_domains(bench):
    assert bench.postfix.sendmail(PERSON, [DORA], message(PERSON, DORA, "Hi")) == 0
    wait_for("the sender is told", lambda: bench.home.deliveries(PERSON))
    bench.settle()
    assert bench.outside.recipients() == []


def test_check_reads_the_same_lists(bench):
    for address, why in [("x@cron.test", "mydestination"), ("x@corp.test", "transport_maps"),
                         ("x@regexp1.test", "mydestination"), ("x@branch.test", "relay_domains")]:
        (row,) = bench.holdback.ctl("check", address).rows
        assert (row["verdict"], row["route"], row["route_reason"]) == ("pass", "local", why)
    (row,) = bench.holdback.ctl("check", "x@gone.test", check=False).rows
    assert (row["verdict"], row["route"]) == ("reject", "no-such-domain")


@pytest.mark.parametrize(
    "recipient",
    ["bö@good.test", "BÖ@bücher.test", "bo@Bücher.test", "bo@bu\u0308cher.test", "bo@☃.test"],
)
@pytest.mark.parametrize("way", ["sendmail", "smtp"])
def test_what_postfix_delivers_to_internationalized_addresses_passes(bench, recipient, way):
    octets = message(NEWS, "list@home.test", f"An {way} {recipient}")
    if way == "sendmail":
        assert bench.postfix.sendmail(NEWS, [recipient], octets) == 0
    else:
        sent = send(bench.postfix.submission_port, NEWS, [recipient], octets,
                    mail_args=["SMTPUTF8"], **bench.postfix.person)
        assert sent.rcpt[recipient][0] == 250 and sent.data[0] == 250, sent
    wait_for("it is there", lambda: bench.outside.deliveries() or bench.home.deliveries(NEWS))
    bench.settle()
    assert bench.home.deliveries(NEWS) == []
    assert len(bench.outside.deliveries()) == 1


def test_the_key_of_an_address_is_one_for_all_its_spellings(bench):
    bench.holdback.ctl("suppress", "add", "bö@bücher.test")
    for spelling in ("BÖ@Bücher.test", "bo\u0308@bu\u0308cher.test"):
        (row,) = bench.holdback.ctl("check", spelling, check=False).rows
        assert "suppressed-manual" in [finding["name"] for finding in row["findings"]], row
