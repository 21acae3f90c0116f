# SPDX-License-Identifier: Apache-2.0
"""An SMTP server in front of the MTA that is in the way, in every manner that servers have."""

import smtplib
import socketserver
import threading
import time

MOODS = (
    "forward",
    "MAIL 4xx",
    "RCPT 4xx",
    "RCPT 5xx",
    "DATA 4xx",
    "end 4xx",
    "end 5xx",
    "hang at once",
    "hang after DATA",
    "hang after the end",
    "close after the end",
    "forward and close",
    "forward and hang",
)


class Stubborn:
    """Takes `moods` in turn, one for each connection. A server that hangs closes after
    `patience` seconds; `seen` counts."""

    def __init__(self, port, moods=MOODS, patience=2.0):
        self.mta_port = port
        self.moods = list(moods)
        self.patience = patience
        self.seen = {mood: 0 for mood in MOODS}
        self.taken = 0  # whole messages, whatever was answered
        self.lock = threading.Lock()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._server.stubborn = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        stubborn = self.server.stubborn
        with stubborn.lock:
            mood = stubborn.moods[sum(stubborn.seen.values()) % len(stubborn.moods)]
            stubborn.seen[mood] += 1
        try:
            self._serve(mood)
        except (ConnectionError, smtplib.SMTPException):
            pass

    def _say(self, *lines):
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())

    def _serve(self, mood):
        if mood == "hang at once":
            time.sleep(self.server.stubborn.patience)
            return
        self._say("220 stubborn.test")
        mail, rcpts = None, []
        for line in self.rfile:
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = text.split(" ", 1)[0].upper()
            refusal = {"4xx": "451 4.3.0 not now", "5xx": "554 5.3.0 never"}.get(mood[-3:])
            if verb == "EHLO":
                self._say("250-stubborn.test", "250-8BITMIME", "250-SMTPUTF8", "250 DSN")
            elif verb == "DATA" and mood != f"DATA {mood[-3:]}":
                if not self._data(mood, mail, rcpts):
                    return
            elif verb in ("MAIL", "RCPT", "DATA") and mood == f"{verb} {mood[-3:]}":
                self._say(refusal)
            elif verb == "MAIL":
                mail = text.split(":", 1)[1]
                self._say("250 2.1.0 ok")
            elif verb == "RCPT":
                rcpts.append(text.split(":", 1)[1])
                self._say("250 2.1.5 ok")
            elif verb == "QUIT":
                self._say("221 2.0.0 bye")
                return
            else:
                self._say("250 2.0.0 ok")

    def _data(self, mood, mail, rcpts):
        """False: the connection ends here."""
        patience = self.server.stubborn.patience
        self._say("354 go on")
        if mood == "hang after DATA":
            time.sleep(patience)
            return False
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        else:
            return False
        with self.server.stubborn.lock:
            self.server.stubborn.taken += 1
        if mood.startswith("end "):
            self._say("451 4.3.0 not now" if mood == "end 4xx" else "554 5.3.0 never")
            return True
        reply = (0, b"")
        if mood.startswith("forward"):
            reply = self._forward(mail, rcpts, b"".join(lines))
        if "hang" in mood:
            time.sleep(patience)
        if mood != "forward":
            return False
        self._say(f"{reply[0]} {reply[1].decode()}")
        return True

    def _forward(self, mail, rcpts, octets):
        port = self.server.stubborn.mta_port
        with smtplib.SMTP("127.0.0.1", port, local_hostname="stubborn.test", timeout=60) as smtp:
            smtp.ehlo()
            smtp.docmd("MAIL", f"FROM:{mail}")
            for rcpt in rcpts:
                smtp.docmd("RCPT", f"TO:{rcpt}")
            return smtp.data(octets)
