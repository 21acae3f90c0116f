# SPDX-License-Identifier: Apache-2.0
"""The MTA's side of the milter protocol (version 6), for tests without an MTA."""

import dataclasses
import socket
import struct

from lab.milter_recording import octets_of

# What the MTA lets the filter do, and what the filter may leave out or not answer.
ACTIONS = 0x1FF
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT = 0x01, 0x02, 0x04, 0x08
NO_BODY, NO_HEADERS, NO_EOH, NO_DATA = 0x10, 0x20, 0x40, 0x200
SKIP, RCPT_REJ, LEADING_SPACE = 0x400, 0x800, 0x100000
NR_HEADER, NR_CONNECT, NR_HELO, NR_MAIL = 0x80, 0x1000, 0x2000, 0x4000
NR_RCPT, NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY = 0x8000, 0x10000, 0x20000, 0x40000, 0x80000
ALL_STEPS = 0x1FFFFF

# What leaves a step out, and what leaves its answer out.
STEPS = {
    "C": (NO_CONNECT, NR_CONNECT), "H": (NO_HELO, NR_HELO), "M": (NO_MAIL, NR_MAIL),
    "R": (NO_RCPT, NR_RCPT), "T": (NO_DATA, NR_DATA), "L": (NO_HEADERS, NR_HEADER),
    "N": (NO_EOH, NR_EOH), "B": (NO_BODY, NR_BODY), "E": (0, 0),
}

CHUNK = 65535


@dataclasses.dataclass
class Outcome:
    """What the filter said at the end of a message."""

    answer: str  # accept, continue, reject, tempfail, discard, or a reply text
    deleted: list = dataclasses.field(default_factory=list)
    added_recipients: list = dataclasses.field(default_factory=list)
    headers: list = dataclasses.field(default_factory=list)
    changed_headers: list = dataclasses.field(default_factory=list)
    sender: str | None = None
    sender_arguments: str = ""
    quarantine: str | None = None
    replaced_body: bytes = b""

    @property
    def changes(self):
        """True when anything but the answer was asked for."""
        return any(
            (
                self.deleted,
                self.added_recipients,
                self.headers,
                self.changed_headers,
                self.sender is not None,
                self.quarantine,
                self.replaced_body,
            )
        )


ANSWERS = {
    b"a": "accept",
    b"c": "continue",
    b"r": "reject",
    b"t": "tempfail",
    b"d": "discard",
    b"s": "skip",
    b"4": "shutdown",
    b"f": "connection-fail",
}


class MilterClient:
    """One connection to a filter on a Unix socket. Each step gives the filter's answer as a word,
    or the reply text ("550 5.1.2 …"); None when the step has no answer by agreement."""

    def __init__(self, path, offered=ALL_STEPS, timeout=30.0):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._send(b"O", struct.pack("!III", 6, ACTIONS, offered))
        kind, data = self._receive()
        assert kind == b"O", f"no answer to the negotiation: {kind!r}"
        self.version, self.actions, self.steps = struct.unpack("!III", data[:12])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        try:
            self._send(b"Q")
        except OSError:
            pass
        self._socket.close()

    def drop(self):
        """Breaks the connection off, as an MTA that dies does."""
        self._socket.close()

    def macros(self, step, **values):
        """`values` are macros; one-letter names as they are, others get braces."""
        words = []
        for name, value in values.items():
            words += [name if len(name) == 1 else "{" + name + "}", value]
        self._send(b"D", step.encode() + _words(words))

    def connect(self, host="client.test", address="127.0.0.1", port=4711, **macros):
        self.macros("C", **{"j": "mta.home.test", "daemon_name": "mta.home.test", **macros})
        if self._skips(NO_CONNECT):
            return None
        data = host.encode() + b"\0" + b"4" + struct.pack("!H", port) + address.encode() + b"\0"
        return self._step(b"C", data, NR_CONNECT)

    def helo(self, name="client.test"):
        return None if self._skips(NO_HELO) else self._step(b"H", _words([name]), NR_HELO)

    def mail(self, argument, *arguments, **macros):
        """`argument` goes as it stands: "<a@b>", "<>", or "" for mail made by the MTA itself."""
        self.macros("M", **{"mail_addr": argument.strip("<>"), **macros})
        return None if self._skips(NO_MAIL) else self._step(
            b"M", _words([argument, *arguments]), NR_MAIL
        )

    def rcpt(self, argument, *arguments, mailer="smtp", **macros):
        self.macros("R", **{"rcpt_addr": argument.strip("<>"), "rcpt_mailer": mailer, **macros})
        return None if self._skips(NO_RCPT) else self._step(
            b"R", _words([argument, *arguments]), NR_RCPT
        )

    def data(self, queue_id="4Q0001"):
        self.macros("T", i=queue_id)
        return None if self._skips(NO_DATA) else self._step(b"T", b"", NR_DATA)

    def header(self, name, value):
        if self.steps & LEADING_SPACE:
            value = " " + value
        return None if self._skips(NO_HEADERS) else self._step(
            b"L", _words([name, value]), NR_HEADER
        )

    def end_of_headers(self, queue_id="4Q0001"):
        self.macros("N", i=queue_id)
        return None if self._skips(NO_EOH) else self._step(b"N", b"", NR_EOH)

    def body(self, octets):
        if self._skips(NO_BODY):
            return None
        answer = None
        for start in range(0, len(octets), CHUNK):
            answer = self._step(b"B", octets[start : start + CHUNK], NR_BODY)
            if answer not in (None, "continue"):
                break
        return answer

    def end(self, queue_id="4Q0001"):
        """The end of the message; gives the `Outcome`."""
        self.macros("E", i=queue_id)
        return self._finish()

    def _finish(self, octets=b""):
        self._send(b"E", octets)
        outcome = Outcome("")
        while True:
            kind, data = self._receive()
            if not _note(outcome, kind, data):
                outcome.answer = _word(kind, data)
                return outcome

    def abort(self):
        """The MTA gives the message up; the session goes on. There is no answer."""
        self._send(b"A")

    def message(self, sender, recipients, octets, queue_id="4Q0001", mail_macros=None):
        """MAIL to the end of the message; gives the answers to RCPT and the outcome. A refusal on
        the way ends it, as in an MTA, with the refusing answer as outcome."""
        answer = self.mail(sender, **(mail_macros or {}))
        if answer not in (None, "continue"):
            return {}, Outcome(answer)
        replies = {recipient: self.rcpt(recipient) for recipient in recipients}
        if all(reply not in (None, "continue") for reply in replies.values()):
            self.abort()
            return replies, None
        header, body = octets.split(b"\r\n\r\n", 1)
        steps = [lambda: self.data(queue_id)]
        for line in header.decode().replace("\r\n ", "\n ").replace("\r\n\t", "\n\t").split("\r\n"):
            name, _, value = line.partition(":")
            steps.append(lambda name=name, value=value: self.header(name, value[1:]))
        steps.append(lambda: self.end_of_headers(queue_id))
        steps.append(lambda: self.body(body))
        for step in steps:
            answer = step()
            if answer == "skip":
                continue
            if answer not in (None, "continue"):
                return replies, Outcome(answer)
        return replies, self.end(queue_id)

    def replay(self, packets):
        """Says what a recording says, behind the negotiation: see lab/milter_recording.py. Gives
        what was answered as pairs of a packet and an answer, which is an `Outcome` at the end of a
        message. After "accept" the rest of a message is left out, as in an MTA."""
        answers, accepted = [], False
        for packet in packets:
            letter = packet[0]
            accepted = accepted and letter not in "MQ" and packet[:2] != ("D", "M")
            if accepted:
                continue
            if letter not in STEPS:  # macros, and commands that have no answer
                self._send(letter.encode(), octets_of(packet))
            elif letter == "E":
                answers.append((packet, self._finish(octets_of(packet))))
            elif not self._skips(STEPS[letter][0]):
                answers.append(
                    (packet, self._step(letter.encode(), octets_of(packet), STEPS[letter][1]))
                )
                accepted = answers[-1][1] == "accept"
        return answers

    def _skips(self, step):
        return bool(self.steps & step)

    def _step(self, command, data, no_reply):
        self._send(command, data)
        if self.steps & no_reply:
            return None
        while True:
            kind, answer = self._receive()
            if kind != b"p":
                return _word(kind, answer)

    def _send(self, command, data=b""):
        self._socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def _receive(self):
        length = struct.unpack("!I", self._read(4))[0]
        packet = self._read(length)
        return packet[:1], packet[1:]

    def _read(self, count):
        octets = b""
        while len(octets) < count:
            piece = self._socket.recv(count - len(octets))
            if not piece:
                raise ConnectionError("the filter closed the connection")
            octets += piece
        return octets


def _words(words):
    return b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)


def _texts(data):
    return [word.decode("utf-8", "surrogateescape") for word in data.split(b"\0")[:-1]]


def _word(kind, data):
    if kind == b"y":
        return data.rstrip(b"\0").decode("utf-8", "replace")
    return ANSWERS[kind]


def _note(outcome, kind, data):
    """Writes one wish of the filter down; False when it is the final answer."""
    if kind == b"p":
        return True
    if kind == b"-":
        outcome.deleted += _texts(data)
    elif kind in (b"+", b"2"):
        outcome.added_recipients += _texts(data)[:1]
    elif kind == b"h":
        outcome.headers.append(tuple(_texts(data)))
    elif kind == b"i":
        outcome.headers.append(tuple(_texts(data[4:])))
    elif kind == b"m":
        outcome.changed_headers.append((struct.unpack("!I", data[:4])[0], *_texts(data[4:])))
    elif kind == b"e":
        outcome.sender, *arguments = _texts(data)
        outcome.sender_arguments = " ".join(arguments)
    elif kind == b"q":
        outcome.quarantine = _texts(data)[0]
    elif kind == b"b":
        outcome.replaced_body += data
    else:
        return False
    return True
