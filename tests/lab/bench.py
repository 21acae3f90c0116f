# SPDX-License-Identifier: Apache-2.0
"""Everything together: an MTA with Holdback, the test domains, and the servers of other people."""

import contextlib
import copy
import os
import pathlib
import shutil
import tempfile

from lab import holdback, postfix, sendmail
from lab.nsd import Nsd
from lab.nsd import program as nsd_program
from lab.remote import Remote


MTAS = {"postfix": postfix.Postfix, "sendmail": sendmail.Sendmail}


def missing(mta="postfix"):
    """Why the bench cannot be set up here, or None."""
    reason = {"postfix": postfix, "sendmail": sendmail}[mta].missing()
    if reason:
        return reason
    if not nsd_program():
        return "NSD is not installed"
    return holdback.missing()


class Bench:
    """`outside` is the server of all other domains, `home` the mailboxes of home.test. Use as a
    context manager: whatever happens, all ends and the directory goes.

    `nameservers` stand in the place of NSD; `settings` are laid over Holdback's. `mta` is "postfix"
    or "sendmail", and is to be found under that name and as `mta`; `options` are for it.
    """

    def __init__(self, settings=None, nameservers=None, mta="postfix", options=None):
        self._mta = mta
        self._options = options or {}
        self._settings = settings
        self._nameservers = nameservers
        self._exits = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as exits:
            self._set_up(exits)
            self._exits = exits.pop_all()
        return self

    def _set_up(self, exits):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, self.base, ignore_errors=True)
        os.chmod(self.base, 0o755)
        self.outside = Remote()
        exits.callback(self.outside.stop)
        self.home = Remote(lmtp=True)
        exits.callback(self.home.stop)
        self.nsd = Nsd(self.base / "nsd")
        exits.callback(self.nsd.stop)
        self.mta = MTAS[self._mta](
            self.base / self._mta, self.outside.port, self.home.port, **self._options
        )
        exits.callback(self.mta.close)
        setattr(self, self._mta, self.mta)
        self.holdback = holdback.Holdback(
            self.base / "holdback",
            self.mta.socket,
            [self.nsd.address] if self._nameservers is None else self._nameservers,
            self.mta.relay_port,
            self._settings,
        )
        exits.callback(self.holdback.stop)
        self.holdback.change({"outgoing": {"mta_domains": self.mta.configuration}})
        if self._mta == "sendmail":  # whose own bounces only its log tells of
            log = {"file": str(self.mta.base / "log/maillog"), "trusted": True, "handed_on": []}
            self.holdback.change(
                {
                    "maillog": log,
                    "outgoing": {"networks": ["127.0.0.1/32"]},
                    "milter": {"socket_group": ""},
                }
            )
        self.holdback.start()
        self.mta.use_milter()
        self.mta.start()
        if self._mta == "sendmail":  # whose configuration is made for the filter
            self.holdback.reload()

    def __exit__(self, *error):
        return self._exits.__exit__(*error)

    @contextlib.contextmanager
    def changed(self, settings):
        """The daemon, started anew, with other settings for a while."""
        before = copy.deepcopy(self.holdback.settings)
        self.holdback.kill()
        self.holdback.change(settings)
        self.holdback.start()
        try:
            yield
        finally:
            self.holdback.kill()
            self.holdback.settings = before
            self.holdback.change({})
            self.holdback.start()

    def settle(self):
        """Waits until the MTA has nothing left to do."""
        self.mta.settle()

    def forget(self):
        """Empties the mailboxes."""
        self.outside.forget()
        self.home.forget()
