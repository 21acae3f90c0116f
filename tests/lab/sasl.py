# SPDX-License-Identifier: Apache-2.0
"""A small authentication server for Postfix, in Dovecot's protocol: everybody may log in, with any
password."""

import base64
import socket
import threading

GREETING = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n"


class Sasl:
    """Listens on a socket at this path until `stop`."""

    def __init__(self, path):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o666)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _serve(connection):
        with connection, connection.makefile("rw", encoding="utf-8", newline="\n") as lines:
            lines.write(GREETING)
            lines.flush()
            for line in lines:
                words = line.rstrip("\n").split("\t")
                if words[0] == "AUTH":
                    response = next(word[5:] for word in words if word.startswith("resp="))
                    user = base64.b64decode(response).decode().split("\0")[1]
                    lines.write(f"OK\t{words[1]}\tuser={user}\n")
                    lines.flush()
