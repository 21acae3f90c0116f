# SPDX-License-Identifier: Apache-2.0
"""A private Postfix: own configuration, queue and log, loopback ports only, needs root.

Three ways in: `relay_port` (applications on this machine, mail from outside), `submission_port`
(people; the service is named ORIGINATING), and sendmail(1). smtpd and cleanup are chrooted, as
Debian has them, so the milter's socket lies below the queue directory.
"""

import os
import pathlib
import pwd
import re
import shutil
import subprocess

from lab.wait import accepts, free_port, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/log/maillog
maillog_file_prefixes = {base}
syslog_name = postfix
multi_instance_enable = no
myhostname = mta.home.test
mydomain = home.test
myorigin = home.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
biff = no
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_authorized_xclient_hosts = 127.0.0.1
default_transport = smtp:[127.0.0.1]:{outside}
relay_domains =
virtual_mailbox_domains = home.test, nodns.test
virtual_transport = lmtp:[127.0.0.1]:{inside}
default_destination_recipient_limit = 50
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""

MASTER_CF = """\
127.0.0.1:{relay} inet n - y - 100 smtpd
127.0.0.1:{submission} inet n - y - 100 smtpd
  -o mynetworks=0.0.0.0/0
  -o milter_macro_daemon_name=ORIGINATING
pickup     unix n - n 1 1 pickup
cleanup    unix n - y - 0 cleanup
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
lmtp       unix - - n - - lmtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
postlog    unix-dgram n - n - 1 postlogd
"""


def missing():
    """Why no private Postfix can run here, or None."""
    if os.geteuid() != 0:
        return "a private Postfix needs root"
    if not shutil.which("postfix", path="/usr/sbin:/usr/bin"):
        return "Postfix is not installed"
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        return "there is no user postfix"
    return None


class Postfix:
    """`outside` and `inside` are the ports of the servers that take mail for everybody else (SMTP)
    and for home.test (LMTP)."""

    name = "postfix"
    person = {"login": "joe"}  # how lab.mail.send logs in

    def __init__(self, base, outside, inside):
        self.base = base
        self.configuration = f"postfix:{base}/etc"  # as [outgoing] mta_domains names it
        self.socket = base / "queue/holdback/holdback.sock"
        self.relay_port = free_port()
        self.submission_port = free_port()
        owner = pwd.getpwnam("postfix")
        for name in ("etc", "data", "log", "queue"):
            (base / name).mkdir(parents=True)
        for name in ("data", "log"):
            os.chown(base / name, owner.pw_uid, owner.pw_gid)
        self._config("main.cf", MAIN_CF.format(base=base, outside=outside, inside=inside))
        self._config(
            "master.cf", MASTER_CF.format(relay=self.relay_port, submission=self.submission_port)
        )

    def _config(self, name, text):
        (self.base / "etc" / name).write_text(text)

    def set(self, **parameters):
        """Sets parameters of main.cf; takes effect at the next start."""
        pairs = [f"{name} = {value}" for name, value in parameters.items()]
        self._run("postconf", "-c", str(self.base / "etc"), "-e", *pairs)

    def set_service(self, service, **parameters):
        """Sets parameters for one service of master.cf, "127.0.0.1:2525/inet"."""
        pairs = [f"{service}/{name}={value}" for name, value in parameters.items()]
        self._run("postconf", "-c", str(self.base / "etc"), "-P", *pairs)

    def add_service(self, lines):
        """Adds a service to master.cf; takes effect at the next start."""
        with open(self.base / "etc/master.cf", "a", encoding="utf-8") as master_cf:
            master_cf.write(lines)

    def use_milter(self):
        """Connects the milter with the very lines that are shipped for /etc/postfix/main.cf."""
        with open(self.base / "etc/main.cf", "a", encoding="utf-8") as main_cf:
            main_cf.write((SOURCE / "contrib/postfix/main.cf").read_text())

    def when_away(self, action):
        """What becomes of mail while the milter is away, "accept" or "tempfail": from now on."""
        milter = "{ unix:holdback/holdback.sock, default_action=" + action
        self.set(smtpd_milters=milter + ", connect_timeout=5s, command_timeout=20s }")
        self.restart()

    def start(self):
        self._run("postfix", "-c", str(self.base / "etc"), "start")
        for port in (self.relay_port, self.submission_port):
            wait_for("Postfix listens", lambda: accepts(port))

    def stop(self):
        if (self.base / "queue/pid/master.pid").exists():
            self._run("postfix", "-c", str(self.base / "etc"), "stop", check=False)

    def login(self, user):
        """How lab.mail.send logs in as this user, or as nobody for None."""
        return {"login": user} if user else {}

    def client(self, address):
        """How lab.mail.send pretends that the client has this address."""
        return {"client": address}

    def close(self):
        """Ends all of it."""
        self.stop()

    def restart(self):
        """Makes new parameters count. A reload would leave busy processes with the old ones."""
        self.stop()
        self.start()

    def refuse(self, recipient, reply):
        """From now on Postfix itself answers RCPT for this recipient like that, "450 4.2.0 …"."""
        access = self.base / "etc/recipients"
        access.write_text(f"/^{re.escape(recipient)}$/ {reply}\n")
        self.set(smtpd_recipient_restrictions=f"check_recipient_access regexp:{access}")
        self.restart()

    def refuse_nobody(self):
        self.set(smtpd_recipient_restrictions="")
        self.restart()

    def sendmail(self, sender, recipients, octets):
        """Hands a message to sendmail(1) and gives its exit status."""
        command = ["sendmail", "-C", str(self.base / "etc"), "-i", "-f", sender, "--", *recipients]
        lines = octets.replace(b"\r\n", b"\n")
        return subprocess.run(command, input=lines, env=_environment(), check=False).returncode

    def program(self):
        """A program that is sendmail(1): run it as root."""
        path = self.base / "sendmail"
        path.write_text(f'#!/bin/sh\nexec sendmail -C {self.base}/etc "$@"\n')
        path.chmod(0o755)
        return path

    def log(self, pattern=""):
        """The lines of the mail log in which the regular expression is found."""
        path = self.base / "log/maillog"
        text = path.read_text(errors="replace") if path.exists() else ""
        return [line for line in text.splitlines() if re.search(pattern, line)]

    def attempts(self):
        """How many attempts of deliveries are logged, in all files."""
        lines = [line for path in self._logs() for line in path.read_text(errors="replace").split("\n")]
        return sum(", status=" in line and ": to=<" in line for line in lines)

    def rotate_log(self):
        """As `postfix logrotate` does it: renamed, and the daemons begin a new file."""
        log = self.base / "log/maillog"
        os.rename(log, log.with_name(f"maillog.20260101-{len(self._logs()):06d}"))
        self.restart()
        log.chmod(0o644)

    def _logs(self):
        return list((self.base / "log").glob("maillog*"))

    def waiting(self):
        """How many messages are on their way: not yet delivered, deferred, bounced or dropped."""
        return sum(len(self._files(queue)) for queue in ("maildrop", "incoming", "active"))

    def deferred(self):
        return len(self._files("deferred"))

    def _files(self, queue):
        top = self.base / "queue" / queue
        return [name for _, _, names in os.walk(top) for name in names]

    def settle(self):
        """Waits until no message is on its way. A bounce exists before its cause is removed, so
        this covers bounces too; two looks, since a message may change queues during one."""
        wait_for("Postfix is done", lambda: not self.waiting() and not self.waiting())

    def _run(self, *command, check=True):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stdout.decode('utf-8', 'replace')}")


def _environment():
    return {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
