# SPDX-License-Identifier: Apache-2.0
"""A private Sendmail: Debian's packages unpacked below build/sendmail and never installed, own
configuration, queue and log, loopback ports only, needs root.

It runs in mount and UTS namespaces of its own, with a host name, /etc/hosts, a log socket and /run
that nobody else sees: `base`/run is its /run, where all of its files lie, since Sendmail takes none
out of a directory like /tmp. The filter and the service for people are the very lines that are
shipped in contrib/sendmail/holdback.mc, with the socket that they name.

Three ways in: `relay_port` (applications on this machine, mail from outside), `submission_port`
(people; the service is named ORIGINATING), and sendmail(1), which hands over by SMTP as submit.cf
says.
"""

import fcntl
import os
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess

from lab.syslog import LogSocket
from lab.wait import accepts, free_port, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ROOT = SOURCE / "build/sendmail/root"
SHIPPED = SOURCE / "contrib/sendmail/holdback.mc"
LAB = "/run/lab"  # where its files lie, to Sendmail
USER, PASSWORD = "joe", "secret"
PASSWORDS = f"{LAB}/etc/sasldb2"

MTA_MC = """\
divert(-1)
divert(0)dnl
VERSIONID(`holdback lab')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mta.home.test')dnl
define(`QUEUE_DIR', `{lab}/queue')dnl
define(`confPID_FILE', `{lab}/sendmail.pid')dnl
define(`STATUS_FILE', `{lab}/statistics')dnl
define(`HELP_FILE', `{lab}/helpfile')dnl
define(`ALIAS_FILE', `{lab}/etc/aliases')dnl
define(`confCW_FILE', `-o {lab}/etc/local-host-names')dnl
define(`confSERVICE_SWITCH_FILE', `{lab}/etc/service.switch')dnl
define(`confFORWARD_PATH', `{lab}/forward/$u')dnl
define(`confDONT_BLAME_SENDMAIL', `ForwardFileInUnsafeDirPath')dnl
define(`confTO_IDENT', `0s')dnl
define(`confTRY_NULL_MX_LIST', `True')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confTO_QUEUEWARN', `')dnl
define(`confQUEUE_LA', `900')dnl
define(`confREFUSE_LA', `900')dnl
define(`confDELAY_LA', `0')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {outside}')dnl
define(`LOCAL_MAILER_PATH', `[IPC]')dnl
define(`LOCAL_MAILER_FLAGS', `lsDFMuz5w:|/@q')dnl
define(`LOCAL_MAILER_ARGS', `TCP [127.0.0.1] {inside}')dnl
FEATURE(`nouucp', `reject')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`nocanonify')dnl
FEATURE(`access_db', `hash -T<TMPF> {lab}/etc/access')dnl
FEATURE(`blocklist_recipients')dnl
RELAY_DOMAIN(`home.test nodns.test')dnl
LOCAL_DOMAIN(`local.test')dnl
FEATURE(`mailertable', `hash -o {lab}/etc/mailertable')dnl
{features}
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={relay}')dnl
{filter}
MAILER(`local')dnl
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Mhome, P=[IPC], F=lsDFMuXmz/@q, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP, E=\\r\\n, L=1024,
\t\tT=DNS/RFC822/SMTP, A=TCP $h {inside}
LOCAL_CONFIG
ESASL_PATH={lab}/sasl2
ESASL_CONF_PATH={lab}/etc
"""

SUBMIT_MC = """\
divert(-1)
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mta.home.test')dnl
define(`QUEUE_DIR', `{lab}/client-queue')dnl
define(`MSP_QUEUE_DIR', `{lab}/client-queue')dnl
define(`confPID_FILE', `{lab}/client.pid')dnl
define(`STATUS_FILE', `{lab}/client-statistics')dnl
define(`confSERVICE_SWITCH_FILE', `{lab}/etc/service.switch')dnl
define(`confTO_IDENT', `0s')dnl
define(`confQUEUE_LA', `900')dnl
FEATURE(`nocanonify')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {relay}')dnl
define(`confTRUSTED_USERS', `nobody')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

FILES = {
    "access": "",
    "hosts": "127.0.0.1 localhost\n127.0.0.1 mta.home.test mta\n127.0.0.2 stranger.test\n",
    "service.switch": "hosts files\naliases files\n",
    "local-host-names": "",
    "aliases": "postmaster: postmaster@home.test\nholdback: holdback@home.test\n",
    "mailertable": "home.test home:[127.0.0.1]\nnodns.test home:[127.0.0.1]\n",
}

# The accounts that Sendmail has and this machine may not: its own, and a local user.
SMMSP, FRED = 64001, 64002
ACCOUNTS = {
    "passwd": f"smmsp:x:{SMMSP}:{SMMSP}::/nonexistent:/usr/sbin/nologin\n"
    f"fred:x:{FRED}:{FRED}::/nonexistent:/usr/sbin/nologin\n",
    "group": f"smmsp:x:{SMMSP}:\nfred:x:{FRED}:\n",
}

DIRECTORIES = ("etc", "queue", "client-queue", "forward")


def missing():
    """Why no private Sendmail can run here, or None."""
    if os.geteuid() != 0:
        return "a private Sendmail needs root"
    if not (ROOT / "usr/libexec/sendmail/sendmail").exists():
        return "Sendmail is not unpacked: run `contrib/packages.sh sendmail`"
    return None


class Sendmail:
    """`outside` and `inside` are the ports of the servers that take mail for everybody else (SMTP)
    and for home.test (LMTP). `features` are lines for the .mc file."""

    name = "sendmail"
    person = {"password": (USER, PASSWORD)}  # how lab.mail.send logs in

    def __init__(self, base, outside, inside, features=""):
        self.base = base
        self.relay_port = free_port()
        self.submission_port = free_port()
        self.socket = base / "run/holdback/holdback.sock"
        self._features = features
        self._ports = {"outside": outside, "inside": inside, "relay": self.relay_port}
        self._process = None
        self._lab = base / LAB.lstrip("/")
        self.etc = self._lab / "etc"
        self.configuration = f"sendmail:{self.etc}/sendmail.cf"  # for [outgoing] mta_domains
        for path in (base / "dev", base / "log", *(self._lab / name for name in DIRECTORIES)):
            path.mkdir(parents=True)
        (self._lab / "queue").chmod(0o700)
        (self._lab / "client-queue").chmod(0o770)
        # Libraries are taken out of no directory like /tmp either, where the source tree may be.
        shutil.copytree(ROOT / f"usr/lib/{_triplet()}/sasl2", self._lab / "sasl2", symlinks=True)
        for name, text in FILES.items():
            (self.etc / name).write_text(text)
        os.chown(self._lab / "client-queue", SMMSP, SMMSP)
        for name in ("passwd", "group"):
            here = pathlib.Path("/etc", name).read_text()
            (self.etc / name).write_text(here + ACCOUNTS[name])
        self._make_devices()
        (self.etc / "Sendmail.conf").write_text(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"
            f"sasldb_path: {PASSWORDS}\n"
        )
        self._users = set()
        self._make_password(USER)
        self._log = LogSocket(base / "dev/log", base / "log/maillog")
        self.without_filter()
        for name in ("mailertable", "access"):
            self.make_map(name)

    def use_milter(self, flags="", modifiers="Ea", only_submission=False):
        """Connects the milter with the very lines that are shipped; `flags` stand behind "F=",
        `modifiers` behind "M=" of the service for people, which may be the only one with the filter.
        Takes effect at the next start."""
        lines = SHIPPED.read_text().replace("F=,", f"F={flags},")
        lines = lines.replace("M=Ea", f"M={modifiers}")
        if only_submission:
            lines = lines.replace("INPUT_MAIL_FILTER(", "MAIL_FILTER(")
        lines = lines.replace("Port=587", f"Addr=127.0.0.1, Port={self.submission_port}")
        self._configure(lines)

    def when_away(self, action):
        """What becomes of mail while the milter is away, "accept" or "tempfail": from now on."""
        self.use_milter(flags={"accept": "", "tempfail": "T"}[action])
        self.restart()

    def without_filter(self):
        self._configure("FEATURE(`no_default_msa')dnl")

    def _configure(self, lines):
        values = {
            "lab": LAB, "filter": lines.strip(),
            "features": self._features, **self._ports,
        }
        self._m4("sendmail", MTA_MC.format(**values))
        self._m4("submit", SUBMIT_MC.format(**values))

    def _m4(self, name, text):
        source = self.etc / f"{name}.mc"
        source.write_text(text)
        cf = ROOT / "usr/share/sendmail/cf"
        made = self._run(ROOT / "usr/bin/m4", f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", source)
        (self.etc / f"{name}.cf").write_bytes(made)

    def make_map(self, name):
        """Makes the database of a file in `etc`, a text with a key and a value on each line."""
        source = (self.etc / name).read_bytes()
        makemap = ROOT / "usr/libexec/sendmail/makemap"
        command = [makemap, "-C", f"{LAB}/etc/sendmail.cf", "hash", f"{LAB}/etc/{name}"]
        self._run(*command, octets=source, inside=True)

    def _make_devices(self):
        for name in ("null", "zero", "random", "urandom"):
            device = os.stat(f"/dev/{name}").st_rdev
            os.mknod(self.base / "dev" / name, stat.S_IFCHR | 0o666, device)
            (self.base / "dev" / name).chmod(0o666)

    def _make_password(self, user):
        """Everybody has the same."""
        if user not in self._users:
            self._users.add(user)
            self._run(
                ROOT / "usr/sbin/saslpasswd2", "-p", "-c", "-f", PASSWORDS, "-u", "mta.home.test",
                user, octets=PASSWORD.encode(), inside=True,
            )

    def start(self):
        self._run(*self._sendmail("sendmail"), "-bi", inside=True)
        with open(self.base / "out", "ab") as out:
            self._process = subprocess.Popen(
                self._inside(*self._sendmail("sendmail"), "-L", "sm-mta", "-bD", "-q1s"),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=_environment(),
                start_new_session=True,
            )
        wait_for("Sendmail listens", self._is_up)

    def _is_up(self):
        if self._process.poll() is not None:
            said = (self.base / "out").read_text(errors="replace")
            raise AssertionError(f"sendmail ended with {self._process.returncode}: {said}")
        ports = [self.relay_port]
        if "ORIGINATING" in (self.etc / "sendmail.cf").read_text():
            ports.append(self.submission_port)
        return all(accepts(port) for port in ports)

    def stop(self):
        """Ends the daemon and its children, which are of its session."""
        if self._process and self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGTERM)
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._process = None

    def login(self, user):
        """How lab.mail.send logs in as this user, or as nobody for None."""
        if user is None:
            return {}
        self._make_password(user)
        return {"password": (user, PASSWORD)}

    def client(self, address):
        """How lab.mail.send comes from another address: one of the loopback net with the same last
        number, which is not in `[outgoing] networks` of the bench."""
        return {"source": f"127.0.0.{address.rsplit('.', 1)[1]}"}

    def close(self):
        """Ends all of it; it cannot be started again."""
        self.stop()
        self._log.close()

    def restart(self):
        self.stop()
        self.start()

    def forward(self, user, text):
        """Gives a local user a .forward file."""
        path = self._lab / "forward" / user
        path.write_text(text)
        os.chown(path, FRED, FRED)

    def refuse(self, recipient, reply):
        """From now on Sendmail itself answers RCPT for this recipient like that, "450 4.2.0 …"."""
        code, status, text = reply.split(" ", 2)
        (self.etc / "access").write_text(f'To:{recipient}\tERROR:{status}:"{code} {text}"\n')
        self.make_map("access")

    def refuse_nobody(self):
        (self.etc / "access").write_text("")
        self.make_map("access")

    def sendmail(self, sender, recipients, octets):
        """Hands a message to sendmail(1) and gives its exit status."""
        return self.submit(["-i", "-f", sender or "<>", "--", *recipients], octets)

    def submit(self, arguments, octets):
        command = self._inside(*self._sendmail("submit"), "-L", "sm-msp", "-Ac", *arguments)
        lines = octets.replace(b"\r\n", b"\n")
        return subprocess.run(command, input=lines, env=_environment(), check=False).returncode

    def program(self):
        """A program that is sendmail(1), for users who are not trusted: run it as root."""
        path = self.base / "sendmail"
        user = ["setpriv", "--reuid=nobody", f"--regid={SMMSP}", "--clear-groups"]
        command = self._inside(*user, *self._sendmail("submit"), "-L", "sm-msp", "-Ac")
        settings = [f"{name}={shlex.quote(value)}" for name, value in _environment().items()]
        path.write_text(f"#!/bin/sh\nexec env {' '.join(settings)} {shlex.join(command)} \"$@\"\n")
        path.chmod(0o755)
        return path

    def log(self, pattern=""):
        """The lines of the mail log in which the regular expression is found."""
        path = self.base / "log/maillog"
        text = path.read_text(errors="replace") if path.exists() else ""
        return [line for line in text.splitlines() if re.search(pattern, line)]

    def attempts(self):
        """How many attempts of deliveries are logged, in all files: one line may be of several."""
        logs = (self.base / "log").glob("maillog*")
        lines = [line for path in logs for line in path.read_text(errors="replace").split("\n")]
        # What sendmail(1) hands to the daemon is tried there.
        tried = [line for line in lines if " sm-msp[" not in line]
        found = [re.search(r": to=(\S+), .*, dsn=[245]\.", line) for line in tried]
        return sum(match.group(1).count(",") + 1 for match in found if match)

    def rotate_log(self):
        """As logrotate(8) and syslogd do it: renamed, and a new file begun."""
        self._log.rotate()

    def waiting(self):
        """How many messages are on their way: not yet delivered, deferred, bounced or dropped."""
        return sum(_in_work(path) for path in self._messages())

    def deferred(self):
        return sum(not _in_work(path) for path in self._messages())

    def _messages(self):
        queues = (self._lab / "queue", self._lab / "client-queue")
        return [path for queue in queues for path in queue.glob("[qQ]f*")]

    def settle(self):
        """Waits until no message is on its way. A bounce is sent before its cause is removed, so
        this covers bounces too."""
        wait_for("Sendmail is done", lambda: not self.waiting() and not self.waiting())

    def _sendmail(self, name):
        return ROOT / "usr/libexec/sendmail/sendmail", f"-C{LAB}/etc/{name}.cf"

    def _inside(self, *command):
        """The command within namespaces of its own."""
        binds = {f"/etc/{name}": self.etc / name for name in ("hosts", "passwd", "group")}
        binds |= {"/dev": self.base / "dev", "/run": self.base / "run"}
        steps = [f"mount --bind {shlex.quote(str(what))} {where}" for where, what in binds.items()]
        script = " && ".join(["hostname mta.home.test", *steps, 'exec "$@"'])
        return ["unshare", "-m", "-u", "sh", "-c", script, "sh", *map(str, command)]

    def _run(self, *command, octets=b"", inside=False):
        words = self._inside(*command) if inside else [str(word) for word in command]
        done = subprocess.run(
            words, input=octets, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=_environment(), check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode("utf-8", "replace")
            raise AssertionError(f"{' '.join(words)}: {said}")
        return done.stdout


def _in_work(path):
    """True for a message that was never tried, or that a process is working on."""
    try:
        with open(path, "rb+") as file:
            lines = file.read().split(b"\n")
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return b"N0" in lines


def _environment():
    libraries = f"{ROOT}/usr/lib/{_triplet()}"
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": libraries}


def _triplet():
    return next(path.name for path in (ROOT / "usr/lib").glob("*-linux-gnu*"))
