# SPDX-License-Identifier: Apache-2.0
"""A mail server for everybody else: takes mail by SMTP or LMTP, keeps the octets, and refuses
the recipients it is told to refuse."""

import asyncio
import dataclasses
import re
import threading


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One copy that one recipient got."""

    recipient: str
    sender: str
    sender_arguments: tuple
    recipient_arguments: tuple
    octets: bytes

    @property
    def header(self):
        return self.octets.split(b"\r\n\r\n", 1)[0] + b"\r\n"

    def fields(self, name):
        """The values of all header fields of this name, unfolded."""
        unfolded = re.sub(rb"\r\n([ \t])", rb"\1", self.header).decode("utf-8", "replace")
        found = []
        for line in unfolded.split("\r\n"):
            key, colon, value = line.partition(":")
            if colon and key.strip().lower() == name.lower():
                found.append(re.sub(r"[ \t]+", " ", value.strip()))
        return found


@dataclasses.dataclass(frozen=True)
class Refusal:
    """What is said to a recipient: `lines` as they go over the wire, at "rcpt" or after "data"."""

    lines: tuple
    stage: str = "rcpt"


class Remote:
    """Listens on a loopback port of its own in a thread of its own.

    `refusals` maps a recipient address to a `Refusal`, `sender_refusals` a sender to what MAIL is
    answered; both may be changed at any time.
    """

    EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "SIZE")

    def __init__(self, lmtp=False):
        self.lmtp = lmtp
        self.refusals = {}
        self.sender_refusals = {}
        self.port = None
        self._deliveries = []
        self._asked = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._server = None
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def refuse(self, recipient, *lines, stage="rcpt"):
        self.refusals[recipient] = Refusal(lines, stage)

    def deliveries(self, recipient=None):
        """All copies so far, or those of one recipient."""
        with self._lock:
            return [d for d in self._deliveries if recipient in (None, d.recipient)]

    def asked(self, recipient):
        """How often RCPT named this recipient, whatever the answer was."""
        with self._lock:
            return self._asked.count(recipient)

    def recipients(self):
        """Everybody who got something, one entry per copy."""
        return sorted(delivery.recipient for delivery in self.deliveries())

    def forget(self):
        with self._lock:
            self._deliveries.clear()
            self._asked.clear()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, started):
        asyncio.set_event_loop(self._loop)

        async def listen():
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", 0, limit=1 << 24
            )
            self.port = self._server.sockets[0].getsockname()[1]

        self._loop.run_until_complete(listen())
        started.set()
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader, writer):
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def note(self, recipient):
        with self._lock:
            self._asked.append(recipient)

    def keep(self, deliveries):
        with self._lock:
            self._deliveries.extend(deliveries)


class _Session:
    def __init__(self, remote, reader, writer):
        self._remote = remote
        self._reader = reader
        self._writer = writer
        self._sender = None
        self._recipients = []

    async def _say(self, *lines):
        self._writer.write("".join(line + "\r\n" for line in lines).encode())
        await self._writer.drain()

    async def run(self):
        await self._say("220 remote.test ready")
        while True:
            line = await self._reader.readline()
            if not line:
                return
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = text.split(" ", 1)[0].upper()
            if verb in ("EHLO", "LHLO"):
                names = ["remote.test", *Remote.EXTENSIONS]
                await self._say(*(f"250-{n}" for n in names[:-1]), f"250 {names[-1]}")
            elif verb == "MAIL":
                self._sender = _path(text)
                self._recipients = []
                refusal = self._remote.sender_refusals.get(self._sender[0])
                await self._say(*(refusal or ("250 2.1.0 ok",)))
            elif verb == "RCPT":
                await self._rcpt(text)
            elif verb == "DATA":
                await self._data()
            elif verb == "QUIT":
                await self._say("221 2.0.0 bye")
                return
            elif verb in ("HELO", "RSET", "NOOP"):
                await self._say("250 2.0.0 ok")
            else:
                await self._say("502 5.5.1 not here")

    async def _rcpt(self, text):
        recipient = _path(text)
        self._remote.note(recipient[0])
        refusal = self._remote.refusals.get(recipient[0])
        if refusal and refusal.stage == "rcpt":
            await self._say(*refusal.lines)
            return
        self._recipients.append(recipient)
        await self._say("250 2.1.5 ok")

    async def _data(self):
        if not self._recipients:
            await self._say("554 5.5.1 no valid recipients")
            return
        await self._say("354 go on")
        lines = []
        while True:
            line = await self._reader.readline()
            if not line:
                return
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        await self._finish(b"".join(lines))

    async def _finish(self, octets):
        taken, answers = [], []
        for address, arguments in self._recipients:
            refusal = self._remote.refusals.get(address)
            if refusal:
                answers.append(refusal.lines)
            else:
                answers.append(("250 2.0.0 taken",))
                taken.append(Delivery(address, *self._sender, arguments, octets))
        if self._remote.lmtp:
            self._remote.keep(taken)
            for lines in answers:
                await self._say(*lines)
        elif len(taken) == len(answers):
            self._remote.keep(taken)
            await self._say("250 2.0.0 taken")
        else:
            await self._say(*next(a for a in answers if not a[0].startswith("250")))


def _path(text):
    """The path of a MAIL or RCPT command and its ESMTP arguments."""
    path, _, rest = text[text.index("<") + 1 :].partition(">")
    return path, tuple(rest.split())
