# SPDX-License-Identifier: Apache-2.0
"""A content filter for Postfix, set up as Postfix's own papers say: FILTER_README (after the queue,
by SMTP or by sendmail(1)) and SMTPD_PROXY_README (before it).

It looks at nothing and marks what comes by with a field on top.
"""

import socketserver
import json
import os
import socket
import subprocess
import threading

from lab.wait import free_port

MARK = b"X-Filtered: yes\r\n"
KINDS = ("smtp", "sendmail", "proxy")

# What runs as the filter's account: the sandbox's sendmail(1) wants root, so that a server in the
# test calls it.
PIPE_PROGRAM = """\
#!/usr/bin/python3
import json, socket, sys
message = sys.stdin.buffer.read()
with socket.create_connection(("127.0.0.1", {port})) as server:
    server.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n" + message)
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.makefile().read() or 75))
"""


class _Relay(socketserver.StreamRequestHandler):
    """One SMTP session, handed on line by line to the next server."""

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.target)) as following:
            self.ahead = following.makefile("rwb")
            self._reply()
            while line := self.rfile.readline():
                self._say(line)
                code = self._reply()
                if line.upper().startswith(b"DATA") and code == b"354":
                    self._data()
                if line.upper().startswith(b"QUIT"):
                    return

    def _say(self, line):
        self.ahead.write(line)
        self.ahead.flush()

    def _reply(self):
        lines = []
        while True:
            line = self.ahead.readline()
            lines.append(line)
            if not line or line[3:4] != b"-":
                break
        # What a relay of lines can't follow.
        kept = [line for line in lines if line[4:].strip() not in (b"CHUNKING", b"STARTTLS")]
        if kept and kept[-1][3:4] == b"-":
            kept[-1] = kept[-1][:3] + b" " + kept[-1][4:]
        self.wfile.write(b"".join(kept))
        self.wfile.flush()
        return lines[-1][:3]

    def _data(self):
        self.ahead.write(MARK)
        while line := self.rfile.readline():
            self.ahead.write(line)
            if line == b".\r\n":
                break
        self.ahead.flush()
        self._reply()


class _Sendmail(socketserver.StreamRequestHandler):
    """What the program of the pipe(8) transport asks for."""

    def handle(self):
        arguments = json.loads(self.rfile.readline())
        message = MARK.replace(b"\r\n", b"\n") + self.rfile.read()
        done = subprocess.run(
            ["/usr/sbin/sendmail", "-C", self.server.target, "-G", "-i", *arguments],
            input=message,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            check=False,
        )
        self.wfile.write(str(done.returncode).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, handler, target):
        super().__init__(("127.0.0.1", 0), handler)
        self.target = target
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class ContentFilter:
    """Puts a filter of this kind into the way of all mail of a private Postfix; takes effect at its
    next start."""

    def __init__(self, postfix, kind):
        self._postfix = postfix
        self._next = free_port()
        self._service = f"127.0.0.1:{postfix.relay_port}/inet"
        {"smtp": self._smtp, "sendmail": self._sendmail, "proxy": self._proxy}[kind]()

    @property
    def behind(self):
        """The service that takes mail from the filter."""
        return f"127.0.0.1:{self._next}/inet"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _smtp(self):
        self._server = _Server(_Relay, self._next)
        self._postfix.add_service(
            "scan unix - - n - 10 smtp\n"
            "  -o smtp_send_xforward_command=yes\n"
            "  -o disable_mime_output_conversion=yes\n"
        )
        self._after_filter()
        self._postfix.set(content_filter=f"scan:[127.0.0.1]:{self._server.port}")

    def _sendmail(self):
        self._server = _Server(_Sendmail, str(self._postfix.base / "etc"))
        program = self._postfix.base / "filter"
        program.write_text(PIPE_PROGRAM.format(port=self._server.port))
        program.chmod(0o755)
        self._postfix.add_service(
            "filter unix - n n - 10 pipe\n"
            f"  flags=Rq user=nobody null_sender= argv={program}"
            " -f ${sender} -- ${recipient}\n"
        )
        self._postfix.set_service(self._service, content_filter="filter:dummy")

    def _proxy(self):
        self._server = _Server(_Relay, self._next)
        self._after_filter()
        self._postfix.set_service(
            self._service, smtpd_proxy_filter=f"127.0.0.1:{self._server.port}"
        )

    def _after_filter(self):
        self._postfix.add_service(
            f"127.0.0.1:{self._next} inet n - y - 100 smtpd\n"
            "  -o content_filter=\n"
            "  -o smtpd_proxy_filter=\n"
            "  -o receive_override_options=no_unknown_recipient_checks\n"
            "  -o smtpd_authorized_xforward_hosts=127.0.0.0/8\n"
            "  -o mynetworks=127.0.0.0/8\n"
        )
