# SPDX-License-Identifier: Apache-2.0
"""What a real MTA says to a filter, written down for tests without an MTA.

A recording is a session: a JSON array on each line, the letter of a command and its words, in the
order in which the MTA sent them. Run as a program, this records Postfix and Sendmail anew into
tests/data/milter, which takes root and what the end-to-end tests take.
"""

import json
import pathlib
import socket
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.mail import NEWS, PERSON, message, send  # noqa: E402
from lab.wait import wait_for  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parents[1] / "data/milter"
ANNA, CARL, DORA, EVA = "anna@good.test", "carl@nullmx.test", "dora@gone.test", "eva@good.test"
STRANGER = "198.51.100.7"

DSN = """\
From: MAILER-DAEMON@mx.good.test
To: news@home.test
Subject: Undelivered Mail Returned to Sender
Date: Mon, 06 Jul 2026 10:00:00 +0000
Message-ID: <recorded@mx.good.test>
MIME-Version: 1.0
X-Holdback-Code: 5999
Content-Type: multipart/report; report-type=delivery-status; boundary="=cut="

--=cut=
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.good.test

Final-Recipient: rfc822; hans@good.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--=cut=--
"""


def load(name):
    """The packets of a recording: a letter and its words, bodies as octets."""
    lines = (DATA / f"{name}.jsonl").read_text().splitlines()
    return [tuple(json.loads(line)) for line in lines]


def octets_of(packet):
    """A packet's octets as they go over the wire, without length and letter."""
    letter, *words = packet
    if letter == "O":
        return struct.pack("!III", *words)
    if letter == "B":
        return words[0].encode("latin-1")
    if letter == "C":
        host, family, port, address = words
        return b"%s\0%s" % (host.encode(), family.encode()) + struct.pack("!H", port) + (
            address.encode() + b"\0"
        )
    if letter == "D":
        return words[0].encode() + _joined(words[1:])
    return _joined(words)


def _joined(words):
    return b"".join(word.encode("latin-1") + b"\0" for word in words)


def _packet(letter, octets):
    if letter == "O":
        return [letter, *struct.unpack("!III", octets[:12])]
    if letter == "B":
        return [letter, octets.decode("latin-1")]
    if letter == "C":
        host, rest = octets.split(b"\0", 1)
        return [letter, host.decode(), chr(rest[0]), *struct.unpack("!H", rest[1:3]),
                rest[3:].rstrip(b"\0").decode()]
    if letter == "D":
        return [letter, chr(octets[0]), *_words(octets[1:])]
    return [letter, *_words(octets)]


def _words(octets):
    return [word.decode("latin-1") for word in octets.split(b"\0")[:-1]]


class Recorder:
    """Stands between an MTA and the filter. `sessions` are those in which mail was named."""

    def __init__(self, listen_on, filter_at):
        self._filter_at = filter_at
        self._sessions = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(listen_on))
        listen_on.chmod(0o666)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sessions(self):
        return [session for session in self._sessions if any(p[0] == "M" for p in session)]

    def forget(self):
        self._sessions.clear()

    def _accept(self):
        while True:
            mta, _ = self._listener.accept()
            to_filter = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            to_filter.connect(str(self._filter_at))
            session = []
            self._sessions.append(session)
            threading.Thread(target=_copy, args=(to_filter, mta), daemon=True).start()
            threading.Thread(
                target=_record, args=(mta, to_filter, session), daemon=True
            ).start()


def _copy(source, target):
    while octets := source.recv(65536):
        target.sendall(octets)
    target.close()


def _record(mta, to_filter, session):
    with mta.makefile("rb") as stream:
        while length := stream.read(4):
            octets = stream.read(struct.unpack("!I", length)[0])
            session.append(_packet(chr(octets[0]), octets[1:]))
            to_filter.sendall(length + octets)
    to_filter.shutdown(socket.SHUT_WR)


def _keep(recorder, name, which=-1):
    session = wait_for(
        f"{name} is over", lambda: [s for s in recorder.sessions if s[-1][0] == "Q"]
    )[which]
    (DATA / f"{name}.jsonl").write_text("".join(json.dumps(p) + "\n" for p in session))
    print(f"{name}: {len(session)} packets")
    recorder.forget()


def _record_all(bench, recorder):
    mta, name = bench.mta, bench.mta.name
    bulk = message(NEWS, "list@home.test", "Grüße", "Hällo.\r\n", bulk=True, campaign="recorded")
    send(mta.relay_port, NEWS, [ANNA, CARL, DORA], bulk, mail_args=["BODY=8BITMIME", "RET=HDRS"])
    bench.settle()
    _keep(recorder, f"{name}-bulk")
    send(mta.submission_port, PERSON, [DORA, ANNA], message(PERSON, DORA, "Hi"), **mta.person)
    bench.settle()
    _keep(recorder, f"{name}-person")
    dsn = DSN.replace("\n", "\r\n").encode()
    send(mta.relay_port, "", [NEWS], dsn, **mta.client(STRANGER))
    bench.settle()
    _keep(recorder, f"{name}-dsn")
    mta.sendmail(NEWS, [ANNA, CARL], bulk)
    wait_for("Anna has hers", lambda: len(bench.outside.deliveries(ANNA)) == 3)
    bench.settle()
    _keep(recorder, f"{name}-program")
    with socket.create_connection(("127.0.0.1", mta.relay_port)) as client:
        for line in ("", "EHLO client.test", f"MAIL FROM:<{NEWS}>", f"RCPT TO:<{CARL}>", "RSET",
                     f"MAIL FROM:<{NEWS}>", f"RCPT TO:<{ANNA}>"):
            client.sendall(f"{line}\r\n".encode() if line else b"")
            client.recv(65536)
    _keep(recorder, f"{name}-given-up")
    if name == "postfix":
        bench.outside.refuse(EVA, "550 5.1.1 User unknown")
        send(mta.relay_port, NEWS, [EVA], message(NEWS, EVA, "Hi", bulk=True))
        bench.settle()
        _keep(recorder, f"{name}-own-bounce")


def main():
    from lab.bench import Bench  # not needed for replaying

    DATA.mkdir(exist_ok=True)
    for name in ("postfix", "sendmail"):
        with Bench(mta=name) as bench:
            inside = bench.base / "inside.sock"
            bench.holdback.stop()
            bench.holdback.change({"milter": {"socket": f"unix:{inside}"}})
            path, bench.holdback.socket = bench.holdback.socket, inside
            bench.base.chmod(0o777)
            bench.holdback.start()
            _record_all(bench, Recorder(path, inside))


if __name__ == "__main__":
    main()
