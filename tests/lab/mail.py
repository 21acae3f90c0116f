# SPDX-License-Identifier: Apache-2.0
"""Writing messages and handing them to an SMTP server."""

import contextlib
import dataclasses
import re
import smtplib
import time
import uuid

NEWS = "news@home.test"
PERSON = "joe@home.test"


def message(sender, to, subject, body="Hello.\r\n", bulk=False, campaign=None, extra=()):
    """A complete message as octets with CRLF line ends."""
    fields = [
        f"From: <{sender}>",
        f"To: {to}",
        f"Subject: {subject}",
        "Date: Mon, 06 Jul 2026 10:00:00 +0000",
        f"Message-ID: <{uuid.uuid4().hex}@home.test>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ]
    if bulk:
        fields.append(
            "List-Unsubscribe: <mailto:leave@home.test>, <https://home.test/leave>"
        )
        fields.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if campaign:
        fields.append(f"X-Campaign-ID: {campaign}")
    fields.extend(extra)
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode()


@dataclasses.dataclass
class Sent:
    """How a submission went: replies as (code, text)."""

    mail: tuple
    rcpt: dict
    data: tuple

    @property
    def queue_id(self):
        said = r"queued as (\w+)|2\.0\.0 (\w+) Message accepted"
        found = re.search(said, self.data[1]) if self.data else None
        return found.group(1) or found.group(2) if found else None

    @property
    def refused(self):
        return {address: reply for address, reply in self.rcpt.items() if reply[0] >= 300}


@contextlib.contextmanager
def session(
    port, login=None, client=None, password=None, source="127.0.0.1", name=None, host="127.0.0.1",
):
    """An SMTP connection that is ready for messages. `login` and `client` pretend an authenticated
    user and another client address, by XCLIENT, and `name` the host name that the MTA has verified;
    `password` is a user and a password for AUTH, `source` a real address of the loopback net, and
    `host` that of the server."""
    with smtplib.SMTP(
        host, port, local_hostname="client.test", timeout=60, source_address=(source, 0)
    ) as smtp:
        smtp.command_encoding = "utf-8"
        smtp.ehlo()
        if password:
            smtp.login(*password)
        attributes = [f"LOGIN={login}"] if login else []
        attributes += [f"ADDR={client}", f"NAME={name or f'client.{client}.test'}"] if client else []
        if attributes:
            code, text = smtp.docmd("XCLIENT", " ".join(attributes))
            assert code == 220, f"XCLIENT refused: {code} {text!r}"
            smtp.ehlo()
        yield smtp


def say(
    smtp, sender, recipients, octets, mail_args=(), rcpt_args=(), way=0, begun=None,
):
    """One message of a session. `rcpt_args` may be recipient -> arguments. `way` is how many seconds the client is away: it waits so long
    between the commands of the message. `begun` is called when MAIL has been answered."""
    mail = _reply(smtp.docmd("MAIL", " ".join([f"FROM:<{sender}>", *mail_args])))
    if begun:
        begun()
    rcpt, data = {}, None
    if mail[0] < 300:
        for address in recipients:
            own = rcpt_args.get(address, ()) if isinstance(rcpt_args, dict) else rcpt_args
            command = " ".join([f"TO:<{address}>", *own])
            time.sleep(way)
            rcpt[address] = _reply(smtp.docmd("RCPT", command))
        if any(code < 300 for code, _ in rcpt.values()):
            time.sleep(way)
            data = _reply(smtp.data(octets))
    return Sent(mail, rcpt, data)


def send(
    port, sender, recipients, octets, login=None, client=None, mail_args=(), rcpt_args=(),
    password=None, source="127.0.0.1", name=None, way=0, begun=None, host="127.0.0.1",
):
    """One message over SMTP, in a session of its own; see `session` and `say`."""
    with session(port, login, client, password, source, name, host) as smtp:
        return say(smtp, sender, recipients, octets, mail_args, rcpt_args, way, begun)


def _reply(pair):
    return pair[0], pair[1].decode("utf-8", "replace")


def assert_same_message(delivered, sent, added=("Received", "X-Holdback-Seal")):
    """The delivered octets are the sent ones, below nothing but the named trace fields."""
    assert delivered.endswith(sent), (
        f"the message was changed on its way:\n--- delivered\n{delivered.decode('utf-8', 'replace')}"
        f"\n--- sent\n{sent.decode('utf-8', 'replace')}"
    )
    trace = delivered[: len(delivered) - len(sent)].decode()
    names = [line.split(":", 1)[0] for line in re.sub(r"\r\n[ \t]", " ", trace).split("\r\n") if line]
    strange = [name for name in names if name not in added]
    assert not strange, f"fields were added: {strange}\n{trace}"


def body_of(octets):
    return octets.split(b"\r\n\r\n", 1)[1]
