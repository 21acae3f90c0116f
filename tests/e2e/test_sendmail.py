# SPDX-License-Identifier: Apache-2.0
"""What a real Sendmail does in its own way: the rest of these tests run on both MTAs."""

import itertools
import smtplib
import threading
import tomllib

import pytest
from test_dsn_tags import STRANGER
from test_maillog import outcomes

from lab.mail import NEWS, PERSON, body_of, message, send
from lab.sendmail import SHIPPED, SOURCE
from lab.wait import wait_for

MTAS = ("sendmail",)
ANNA, CARL, DORA = "anna@good.test", "carl@nullmx.test", "dora@gone.test"


def bulk(campaign, to="list@home.test", **how):
    return message(NEWS, to, "News", bulk=True, campaign=campaign, **how)


def held(bench, campaign):
    return sorted(row["recipient"] for row in bench.holdback.held("--campaign", campaign))


def submit(bench, recipient):
    """A person's letter to one recipient: the answer to RCPT."""
    octets = message(PERSON, recipient, "Hi")
    sent = send(bench.mta.submission_port, PERSON, [recipient], octets, **bench.mta.person)
    return sent.rcpt[recipient]


@pytest.mark.parametrize(
    "recipient, code, status, text",
    [
        (DORA, 550, "5.1.2", "the domain gone.test does not exist"),
        ("gina@shop.invalid", 550, "5.1.2", "the domain shop.invalid is reserved"),
        ("x@100%.test", 553, "5.1.3", "the address is malformed"),
    ],
)
def test_refusals_name_the_recipient_and_the_reason(bench, recipient, code, status, text):
    answer = submit(bench, recipient)
    assert answer[0] == code
    assert answer[1].startswith(f"{status} <{recipient}>... {text}"), answer


def test_the_refusal_of_a_null_mx_stands_without_the_recipient(bench):
    """Sendmail does not know codes such as 556, and leaves the reply as it is."""
    assert submit(bench, CARL)[0] == 556
    text = submit(bench, CARL)[1]
    assert text.startswith("5.1.10 the domain nullmx.test states that it takes no mail"), text


def test_percent_signs_of_another_server_stay_in_our_refusal(bench):
    """Sendmail takes a text with a single % for malformed and says "Command rejected" instead."""
    bench.outside.refuse("gus@good.test", "550 5.1.1 100% sure: no %s here, 50%% off")
    send(bench.mta.relay_port, NEWS, ["gus@good.test"], bulk("percent"))
    wait_for("it is learned", lambda: "gus@good.test" in bench.holdback.entries())
    code, text = submit(bench, "gus@good.test")
    assert code == 550 and "100% sure: no %s here, 50%% off" in text, text


def test_the_queue_id_is_known_when_a_recipient_is_refused(bench):
    submit(bench, "queue@gone.test")
    (decision,) = bench.holdback.log('decision .*rcpt="queue@gone.test"')
    (line,) = wait_for("Sendmail has logged the refusal",
                       lambda: bench.mta.log("Milter: to=<queue@gone.test>, reject="))
    queue_id = line.split("]: ", 1)[1].split(":", 1)[0]
    assert f'qid="{queue_id}"' in decision


def test_an_8_bit_recipient_is_malformed_and_logged_in_plain(bench):
    """There is no SMTPUTF8, but Sendmail takes raw octets; the next hop could not take them."""
    code, text = submit(bench, "jörg@good.test")
    assert code == 553 and "SMTPUTF8 was not declared" in text
    assert bench.holdback.log(r'decision .*rcpt="j\\xc3\\xb6rg@good.test" verdict=reject')


@pytest.mark.parametrize(
    "recipient, why", [("fred@local.test", "class-w"), ("bo@nodns.test", "class-R")]
)
def test_its_classes_tell_which_domains_are_its_own(bench, recipient, why):
    code, text = submit(bench, recipient)
    assert code == 250, text
    (line,) = wait_for("the decision", lambda: bench.holdback.log(f'decision .*rcpt="{recipient}"'))
    assert "verdict=pass" in line and line.endswith(f"route=local:{why}"), line


def test_its_own_dsn_proves_itself_by_the_seal_when_it_comes_from_elsewhere(bench):
    """Another Sendmail's DSN is the same, but comes by SMTP: it is tagged. Of a long answer it has
    but the first line."""
    bench.outside.refuse("full@good.test", "552-5.2.2 The mailbox is full", "552 5.2.2 Sorry")
    send(bench.mta.relay_port, NEWS, ["full@good.test"], bulk("returned"))
    bench.settle()
    (own,) = bench.home.deliveries(NEWS)
    assert b"Diagnostic-Code: SMTP; 552-5.2.2 The mailbox is full\r\n" in own.octets
    assert own.fields("X-Holdback-Code") == []
    bench.forget()
    octets = own.octets.split(b"\r\n", 3)[3]  # below its Received field
    sent = send(bench.mta.relay_port, "", [NEWS], octets, **bench.mta.client(STRANGER))
    assert sent.data[0] == 250, sent
    bench.settle()
    (delivery,) = bench.home.deliveries(NEWS)
    assert delivery.fields("X-Holdback-Code") == ["3001"]
    (line,) = delivery.fields("X-Holdback-DSN")
    assert "status=5.2.2" in line and "proof=sealed" in line, line
    assert body_of(delivery.octets) == body_of(octets)


def test_sendmail_t_reads_the_recipients_from_the_message(bench):
    octets = bulk("piped", to=f"{ANNA}, {CARL}", extra=[f"Bcc: {DORA}"])
    assert bench.mta.submit(["-t", "-i", "-f", NEWS], octets) == 0
    wait_for("Anna has her mail", lambda: bench.outside.deliveries(ANNA))
    bench.settle()
    (delivery,) = bench.outside.deliveries()
    assert delivery.fields("Bcc") == []
    assert held(bench, "piped") == [CARL, DORA]


def test_what_sendmail_1_hands_to_the_daemon_is_no_delivery_and_no_bounce(bench):
    """It logs each hand-over as an end of its own; what the daemon refuses there, we have refused."""

    def totals():
        row = bench.holdback.ctl("report", check=False).rows[0]
        return [row[fate] for fate in ("sent", "deferred", "bounced", "held", "refused")]

    def read_to(mark):
        """The log was read up to a message that is sent now."""
        send(bench.mta.relay_port, NEWS, [mark], bulk(mark))
        wait_for("the log is read", lambda: outcomes(bench, mark))

    read_to("before@good.test")
    before = totals()
    assert bench.mta.sendmail(PERSON, [DORA], message(PERSON, DORA, "Hi")) == 69
    assert bench.mta.sendmail(NEWS, [ANNA, CARL], bulk("handed over")) == 0
    assert bench.mta.log(f"sm-msp.*: to={DORA}, .*relay=.127.0.0.1.*, dsn=5.1.2, reply=550 ")
    assert bench.mta.log(f"sm-msp.*: to=[^ ]*{ANNA}.*stat=Sent .* Message accepted for delivery")
    bench.settle()
    read_to("behind@good.test")
    # Sent: to Anna, and the one behind it.
    assert [now - then for now, then in zip(totals(), before)] == [2, 0, 0, 1, 1]
    assert outcomes(bench, DORA) == []
    assert DORA not in bench.holdback.entries() and "gone.test" not in bench.holdback.entries()
    # The program tells its caller, and by mail, since there is no home for a dead.letter.
    (dsn,) = bench.home.deliveries(PERSON)
    assert dsn.sender == "" and b"550 5.1.2 the domain gone.test does not exist" in dsn.octets


def of_message(bench, queue_id, count):
    """The outcomes of a message by recipient, when there are as many."""
    rows = [row for row in outcomes(bench) if row["queue_id"] == queue_id]
    return sorted(rows, key=lambda row: row["recipient_key"]) if len(rows) == count else None


def test_several_recipients_on_a_line_have_an_outcome_each(bench):
    bench.outside.refuse("slow@good.test", "450-4.2.0 Not now", "450 4.2.0 Greylisted")
    many = [f"many{number}@good.test" for number in range(10, 22)]
    sent = send(bench.mta.relay_port, NEWS, [*many, "slow@good.test"], bulk("many"))
    wait_for("it is tried", lambda: bench.mta.log(f"{sent.queue_id}: to=<slow@good.test>"))
    del bench.outside.refusals["slow@good.test"]
    bench.settle()
    assert bench.mta.log(f"{sent.queue_id}: to=<many[0-9]*@good.test>,<many.*stat=Sent")

    def ended():
        rows = [row for row in outcomes(bench) if row["queue_id"] == sent.queue_id]
        return sorted(row["recipient_key"] for row in rows if row["result"] == "sent")

    wait_for("all are sent", lambda: ended() == [*many, "slow@good.test"])
    slow = outcomes(bench, "slow@good.test")[0]
    assert (slow["result"], slow["status"], slow["sender"]) == ("deferred", "4.2.0", NEWS)
    assert slow["reply"] == "450 4.2.0 Not now"


def test_a_status_that_sendmail_made_up_suppresses_nobody(bench):
    """It writes 5.1.1 ("User unknown") for every bare 550, and shows the first line alone."""
    bench.outside.refuse("mia@good.test", "550-Sorry about this.", "550 The mailbox is full")
    sent = send(bench.mta.relay_port, NEWS, ["mia@good.test"], bulk("made up"))
    (told,) = wait_for("it is told", lambda: bench.holdback.log('flow=outcome.*"mia@good.test"'))
    assert bench.mta.log(f"{sent.queue_id}: to=<mia@good.test>.* dsn=5.1.1, .*stat=User unknown")
    assert "status=5.0.0" in told and "learned=suppressed" not in told, told
    # Nor does it count against her: the line that the log has says nothing.
    assert bench.holdback.ctl("suppress", "show", "mia@good.test", check=False).rows == []


def test_a_refusal_of_the_sender_suppresses_no_recipient(bench):
    """The log does not tell that MAIL was refused; the words are about the sender."""
    bench.outside.sender_refusals[NEWS] = (f"550-5.1.1 <{NEWS}>: User unknown", "550 5.1.1 Bye")
    everybody = ["pia@good.test", "per@good.test"]
    send(bench.mta.relay_port, NEWS, everybody, bulk("refused sender"))
    told = wait_for("both are told", lambda: len(
        lines := bench.holdback.log('flow=outcome.*rcpt="p(ia|er)@good.test"')) == 2 and lines)
    del bench.outside.sender_refusals[NEWS]
    assert all("code=1999" in line and "learned=no " in line for line in told), told
    assert not set(everybody) & set(bench.holdback.entries())


def test_a_refusal_after_the_data_of_several_suppresses_nobody(bench):
    """Sendmail then names all of them on one line."""
    everybody = ["dan@good.test", "deb@good.test"]
    for recipient in everybody:
        bench.outside.refuse(recipient, "550 5.1.1 User unknown", stage="data")
    send(bench.mta.relay_port, NEWS, everybody, bulk("after data"))
    told = wait_for("both are told", lambda: len(
        lines := bench.holdback.log('flow=outcome.*rcpt="d(an|eb)@good.test"')) == 2 and lines)
    assert all("learn_reason=whole-message" in line for line in told), told
    assert not set(everybody) & set(bench.holdback.entries())


@pytest.fixture(name="expanding", scope="module")
def fixture_expanding(bench):
    """An alias and a .forward file that send on."""
    (bench.mta.etc / "aliases").write_text(f"team: {ANNA}, {CARL}, \"|/bin/true\"\n")
    bench.mta.forward("fred", f"{ANNA}\nlost@good.test\n")
    bench.outside.refuse("lost@good.test", "550 5.1.1 User unknown")
    bench.mta.restart()


@pytest.mark.usefixtures("expanding")
def test_behind_an_alias_everybody_gets_the_mail(bench):
    """The filter sees the alias, not what is behind it; the log then tells of each."""
    sent = send(bench.mta.relay_port, NEWS, ["team@mta.home.test", DORA], bulk("alias"))
    bench.settle()
    assert bench.outside.recipients() == [ANNA, CARL]
    assert held(bench, "alias") == [DORA]
    (decision,) = bench.holdback.log(f'decision .*qid="{sent.queue_id}".*team@mta')
    assert "verdict=pass" in decision
    # Both on a line, without brackets; and a program, whose end is none of a recipient.
    assert bench.mta.log(f"{sent.queue_id}: to=(anna|carl)[^ ]*,(anna|carl)[^ ]*, ")
    assert bench.mta.log(f'{sent.queue_id}: to="[|]/bin/true", ctladdr=<team@mta.home.test>')
    rows = wait_for("both outcomes", lambda: of_message(bench, sent.queue_id, 2))
    assert [(row["recipient_key"], row["result"], row["sender"]) for row in rows] == [
        (ANNA, "sent", NEWS), (CARL, "sent", NEWS),
    ]


@pytest.mark.usefixtures("expanding")
def test_a_bounce_from_behind_a_forward_file_is_of_the_one_who_bounced(bench):
    send(bench.mta.relay_port, NEWS, ["fred@mta.home.test"], bulk("forward"))
    wait_for("the log has told it", lambda: "lost@good.test" in bench.holdback.entries())
    assert "fred@mta.home.test" not in bench.holdback.entries()
    bench.settle()
    assert bench.outside.recipients() == [ANNA]


def test_the_exported_access_map_refuses_without_the_daemon(bench):
    """FEATURE(`access_db') and FEATURE(`blocklist_recipients'), should Holdback be away for long."""
    bench.holdback.ctl("suppress", "add", "nina@good.test", "--reason", "manual")
    exported = bench.holdback.say("suppress", "export", "--format", "sendmail")
    assert "To:nina@good.test" in exported, exported
    (bench.mta.etc / "access").write_text(exported)
    bench.mta.make_map("access")
    bench.holdback.kill()
    try:
        sent = send(bench.mta.relay_port, NEWS, [ANNA, "nina@good.test"], bulk("export"))
        assert list(sent.refused) == ["nina@good.test"], sent
        assert sent.rcpt["nina@good.test"][0] == 550
        assert sent.data[0] == 250
        bench.settle()
        assert bench.outside.recipients() == [ANNA]
    finally:
        bench.mta.refuse_nobody()
        bench.holdback.start()
    bench.holdback.ctl("suppress", "remove", "nina@good.test")


def test_reloads_under_load_lose_nothing(bench):
    """Four clients send bulk mail while settings are reloaded without a pause."""
    numbers, ended, troubles = itertools.count(), threading.Event(), []

    def client():
        while not ended.is_set():
            campaign = f"load {next(numbers)}"
            sent = send(bench.mta.relay_port, NEWS, [ANNA, CARL], bulk(campaign))
            if not sent.data or sent.data[0] != 250:
                troubles.append((campaign, sent))
            done.append(campaign)

    done = []
    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    reloads = 0
    try:
        while len(done) < 150 or reloads < 10:
            bench.holdback.reload()
            reloads += 1
    finally:
        ended.set()
        for thread in clients:
            thread.join()
    bench.settle()
    assert not troubles
    assert len(bench.outside.deliveries(ANNA)) == len(done)
    assert bench.outside.deliveries(CARL) == []
    rows = [row for row in bench.holdback.held() if row["campaign"] in done]
    assert sorted(row["campaign"] for row in rows) == sorted(done)
    assert {row["recipient"] for row in rows} == {CARL}


def test_a_service_by_name_is_outgoing_whoever_the_client_is(bench):
    """{daemon_name} alone decides: the clients come from elsewhere and do not log in."""
    bench.mta.use_milter(modifiers="E")
    bench.mta.restart()
    try:
        for port, campaign in ((bench.mta.relay_port, "inbound"), (bench.mta.submission_port, "out")):
            octets = message(NEWS, PERSON, "News", bulk=True, campaign=campaign)
            send(port, NEWS, [PERSON, "zoe@home.test"], octets, **bench.mta.client(STRANGER))
        bench.settle()
    finally:
        bench.mta.use_milter()
        bench.mta.restart()
    assert len(bench.home.deliveries(PERSON)) == 2
    sealed = [d for d in bench.home.deliveries(PERSON) if d.fields("X-Holdback-Seal")]
    assert [d.fields("X-Campaign-ID") for d in sealed] == [["out"]]


def test_a_filter_of_one_service_alone_leaves_the_others_alone(bench):
    """MAIL_FILTER with InputMailFilters on the service for outgoing mail."""
    bench.mta.use_milter(only_submission=True)
    bench.mta.restart()
    try:
        send(bench.mta.relay_port, NEWS, [CARL], bulk("unfiltered"))
        filtered = submit(bench, CARL)
        bench.settle()
    finally:
        bench.mta.use_milter()
        bench.mta.restart()
    (delivery,) = bench.outside.deliveries(CARL)
    assert delivery.fields("X-Campaign-ID") == ["unfiltered"]
    assert filtered[0] == 556


def test_mail_flows_when_the_socket_is_gone(bench):
    """A daemon that was stopped leaves no socket, which Sendmail calls unsafe, and goes on."""
    assert bench.holdback.stop() == 0
    try:
        send(bench.mta.relay_port, NEWS, [ANNA, CARL], bulk("stopped"))
        bench.settle()
        assert bench.outside.recipients() == [ANNA, CARL]
        assert bench.mta.log("Milter .*/run/holdback/holdback.sock unsafe")
    finally:
        bench.holdback.start()


def test_the_shipped_settings_for_sendmail_are_right(bench, tmp_path):
    text = (SOURCE / "contrib/sendmail/sendmail.conf").read_text()
    codes = "".join(f'{key} = "{path}"\n' for key, path in bench.holdback.settings["codes"].items())
    conf = tmp_path / "holdback.conf"
    conf.write_text(f"{text}\n[codes]\n{codes}")
    done = bench.holdback.check_settings(conf)
    assert done.code == 0, done
    shipped = tomllib.loads(text)
    path = shipped["milter"]["socket"].removeprefix("unix:")
    assert f"S=local:{path}, " in SHIPPED.read_text()
    assert shipped["milter"]["socket_group"] == bench.holdback.settings["milter"]["socket_group"]


@pytest.fixture(name="strict")
def fixture_strict(bench):
    """Sendmail with F=T."""
    bench.mta.use_milter(flags="T")
    bench.mta.restart()
    yield bench
    bench.mta.use_milter()
    bench.mta.restart()


def test_with_f_t_clients_try_again_while_the_daemon_is_away(strict):
    strict.holdback.kill()
    try:
        octets = bulk("away")
        sent = send(strict.mta.relay_port, NEWS, [ANNA], octets)
        assert sent.mail[0] == 451, sent
    finally:
        strict.holdback.start()
    assert send(strict.mta.relay_port, NEWS, [ANNA], octets).data[0] == 250
    strict.settle()
    assert strict.outside.recipients() == [ANNA]


def test_with_f_t_a_daemon_that_dies_makes_the_client_try_again(strict):
    octets = bulk("middle")
    with smtplib.SMTP("127.0.0.1", strict.mta.relay_port, local_hostname="c.test") as smtp:
        smtp.ehlo()
        smtp.mail(NEWS)
        assert smtp.rcpt(ANNA)[0] == 250
        strict.holdback.kill()
        try:
            answers = [smtp.rcpt(CARL)[0]]
            try:
                answers.append(smtp.data(octets)[0])
            except smtplib.SMTPDataError as error:
                answers.append(error.smtp_code)
        finally:
            strict.holdback.start()
    assert answers[-1] == 451, answers
    strict.settle()
    assert strict.outside.recipients() == [] and held(strict, "middle") == []
