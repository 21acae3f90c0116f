# SPDX-License-Identifier: Apache-2.0
"""OpenDKIM as a milter that signs mail of home.test, or verifies what comes in."""

import base64
import hashlib
import re
import shutil
import subprocess

from lab.wait import accepts, free_port, wait_for

PROGRAM = "/usr/sbin/opendkim"
CONF = """\
Syslog no
RequireSafeKeys no
Domain home.test
Selector lab
Canonicalization relaxed/simple
"""
SIGNS = "Mode s\n"
# As the manual wants it of a border host, but for what removes fields of others.
VERIFIES = "Mode v\nAlwaysAddARHeader yes\n"


def missing():
    """Why OpenDKIM cannot run here, or None."""
    for name in (PROGRAM, "opendkim-genkey"):
        if not shutil.which(name, path="/usr/sbin:/usr/bin"):
            return "OpenDKIM is not installed (opendkim, opendkim-tools)"
    return None


class OpenDkim:
    """Listens on a loopback port of its own."""

    def __init__(self, base, mode=SIGNS):
        self.base = base
        base.mkdir()
        _run("opendkim-genkey", "-b", "1024", "-D", str(base), "-d", "home.test", "-s", "lab")
        self.port = free_port()
        self.socket = f"inet:127.0.0.1:{self.port}"
        conf = base / "sign.conf"
        conf.write_text(
            CONF
            + mode
            + f"KeyFile {base / 'lab.private'}\nSocket inet:{self.port}@127.0.0.1\n"
        )
        with open(base / "out", "wb") as out:
            self._process = subprocess.Popen(
                [PROGRAM, "-f", "-x", str(conf)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        wait_for("OpenDKIM listens", lambda: accepts(self.port))

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=20)

    def is_good(self, octets):
        """True when the one signature of a message is good (RFC 6376, relaxed/simple)."""
        header, body = octets.split(b"\r\n\r\n", 1)
        fields = re.split(rb"\r\n(?![ \t])", header)
        (signature,) = [f for f in fields if f.lower().startswith(b"dkim-signature:")]
        tags = dict(re.findall(rb"(\w+)=([^;]*)", re.sub(rb"\s+", b"", signature.split(b":", 1)[1])))
        digest = hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest()
        if base64.b64decode(tags[b"bh"]) != digest:
            return False
        data = b""
        for name in tags[b"h"].lower().split(b":"):
            found = [f for f in fields if f.split(b":", 1)[0].strip().lower() == name]
            if found:
                fields.remove(found[-1])
                data += _relaxed(found[-1]) + b"\r\n"
        data += _relaxed(re.sub(rb"(\sb=|;b=)[^;]*", rb"\1", signature))
        text = re.sub(r"\s", "", "".join(re.findall(r'"([^"]*)"', (self.base / "lab.txt").read_text())))
        key = self.base / "key.der"
        key.write_bytes(base64.b64decode(re.search(r"p=([^;]*)", text).group(1)))
        (self.base / "signature").write_bytes(base64.b64decode(tags[b"b"]))
        (self.base / "data").write_bytes(data)
        said = _run("openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", str(key),
                    "-signature", str(self.base / "signature"), str(self.base / "data"))
        return "Verified OK" in said


def _relaxed(field):
    name, value = field.split(b":", 1)
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()
    return name.strip().lower() + b":" + value


def _run(*command):
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=60, check=False,
    )
    return done.stdout.decode("utf-8", "replace")
