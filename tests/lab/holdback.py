# SPDX-License-Identifier: Apache-2.0
"""The daemon under test with settings of its own, and the control tool beside it.

The programs come from the build directory that HOLDBACK_BUILD names (`build/release` below the
source tree otherwise).
"""

import grp
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess

from lab.wait import wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def build():
    return pathlib.Path(os.environ.get("HOLDBACK_BUILD") or SOURCE / "build/release")


def program(name):
    return build() / "milter" / name


def missing():
    """Why the daemon cannot be run, or None."""
    for name in ("holdback", "holdbackctl"):
        if not program(name).exists():
            return f"{program(name)} is not built"
    return None


class Holdback:
    """Below `base` stand the settings, the store, the spool and the log. The daemon runs as user
    nobody when we are root, to show that it needs no more.

    `nameservers` is a list of "ADDRESS:PORT"; `reinject` the port of the MTA; `socket` the path of
    the milter socket. `settings` are tables that are laid over the ones made here.
    """

    def __init__(self, base, socket, nameservers, reinject, settings=None):
        self.base = base
        self.socket = socket
        self.conf = base / "holdback.conf"
        self.process = None
        base.mkdir(parents=True)
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        group = "postfix" if os.geteuid() == 0 and _has_group("postfix") else _own_group()
        socket.parent.mkdir(parents=True, exist_ok=True)
        for path in (base, socket.parent):
            if os.geteuid() == 0:
                shutil.chown(path, self.user, group)
            path.chmod(0o750)
        base.chmod(0o755)
        # The user of the daemon may not be let into the source tree, below /root for example.
        shipped = base / "shipped"
        shutil.copytree(SOURCE / "conf", shipped)
        for path in (shipped, *shipped.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.settings = {
            "mode": "enforce",
            "milter": {
                "socket": f"unix:{socket}",
                "socket_group": group,
                "socket_mode": "0660",
                "user": self.user,
            },
            "control": {"socket": str(base / "control.sock")},
            "store": {"path": str(base / "holdback.db")},
            "dns": {"nameservers": list(nameservers), "budget": "2s"},
            "hold": {"spool": str(base / "held"), "reinject": f"smtp:127.0.0.1:{reinject}"},
            "codes": {
                "file": str(shipped / "codes.conf"),
                "rules": str(shipped / "rules.d"),
                "local_file": str(base / "codes.conf"),
                "local_rules": str(base / "rules.d"),
                "lexicon": str(shipped / "lexicon.d"),
                "local_lexicon": str(base / "lexicon.d"),
            },
            "notice": {
                "texts": str(shipped / "notices.d"),
                "local_texts": str(base / "notices.d"),
            },
            "seal": {"key": str(base / "seal.key")},
            "log": {"target": f"file:{base / 'log'}", "level": "debug"},
        }
        self.change(settings or {})

    def change(self, settings):
        """Lays tables over the settings and writes the file; `reload` or `start` make it count."""
        for name, value in settings.items():
            if isinstance(value, dict):
                self.settings.setdefault(name, {}).update(value)
            else:
                self.settings[name] = value
        self.conf.write_text(_toml(self.settings))

    def start(self, wrapper=()):
        """Starts the daemon, by way of a command such as prlimit where one is given, and waits until
        it listens."""
        with open(self.base / "out", "ab") as out:
            self.process = subprocess.Popen(
                [*wrapper, program("holdback"), "-c", self.conf],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        wait_for("Holdback listens", self._is_up)
        if self.settings.get("maillog", {}).get("file"):
            # What the MTA writes before that is not the daemon's.
            wait_for("it has looked for the log", self._follows_log)

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"holdback ended with {self.process.returncode}: {self.output()}"
            )
        # The tool's exit status speaks of the store, too.
        rows = self.ctl("status", check=False).rows
        is_unix = self.settings["milter"]["socket"].startswith("unix:")
        listens = self.socket.exists() or not is_unix
        return listens and bool(rows) and rows[0]["running"]

    def own(self, path):
        """Gives a file to the user of the daemon."""
        if os.geteuid() == 0:
            shutil.chown(path, self.user)

    def _follows_log(self):
        return self.ctl("status").rows[0].get("maillog") != "not followed"

    def kill(self):
        """Ends the daemon as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self):
        """Ends the daemon properly and gives its exit status; does nothing when it is not up."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        return self.process.returncode if self.process else 0

    def reload(self):
        self.ctl("reload")

    def check_settings(self, conf=None):
        """`holdback -t`, on its own settings or another file: exit status and what it said."""
        return _run([program("holdback"), "-t", "-c", conf or self.conf])

    def ctl(self, *arguments, check=True):
        """Runs the control tool with --json; `rows` of the result are its objects."""
        done = _run([program("holdbackctl"), "-c", self.conf, "--json", *arguments])
        if check and done.code != 0:
            raise AssertionError(f"holdbackctl {' '.join(map(str, arguments))}: {done}")
        return done

    def say(self, *arguments):
        """Runs the control tool as a person would, and gives what it prints."""
        done = _run([program("holdbackctl"), "-c", self.conf, *arguments])
        return done.text + done.errors

    def held(self, *arguments):
        """The rows of `held list`; an empty list when there are none."""
        return self.ctl("held", "list", *arguments, check=False).rows

    def entries(self):
        """The rows of `suppress list` by subject."""
        rows = self.ctl("suppress", "list", check=False).rows
        return {row["subject"]: row for row in rows}

    def log(self, pattern=""):
        """The lines of the log in which the regular expression is found."""
        path = self.base / "log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return [line for line in text.splitlines() if re.search(pattern, line)]

    def output(self):
        path = self.base / "out"
        return path.read_text(errors="replace") if path.exists() else ""


class Done:
    """What a program said: exit status, standard output, standard error."""

    def __init__(self, code, text, errors):
        self.code = code
        self.text = text
        self.errors = errors

    @property
    def rows(self):
        return [json.loads(line) for line in self.text.splitlines() if line.strip()]

    def __repr__(self):
        return f"exit {self.code}\n{self.text}{self.errors}"


def _run(command):
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def _toml(settings):
    """The settings as TOML. JSON's strings, numbers, lists and truth values are TOML's too. A list
    of tables is written as [[name]] for each."""
    plain, tables = [], []
    for name, value in settings.items():
        several = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        if not isinstance(value, dict) and not (several and value):
            plain.append(f"{name} = {json.dumps(value)}")
            continue
        for table in value if several else [value]:
            tables.append(f"\n[[{name}]]" if several else f"\n[{name}]")
            tables.extend(f"{key} = {json.dumps(item)}" for key, item in table.items())
    return "\n".join(plain + tables) + "\n"


def _has_group(name):
    try:
        grp.getgrnam(name)
        return True
    except KeyError:
        return False


def _own_group():
    return grp.getgrgid(os.getegid()).gr_name
