# SPDX-License-Identifier: Apache-2.0
"""The daemon with NSD and a mail server for releases, without Postfix and without root."""

import contextlib
import pathlib
import shutil
import tempfile

import pytest

from lab import holdback, nsd
from lab.milter_client import MilterClient
from lab.need import need
from lab.remote import Remote


class Rig:
    """`mta` is where releases go; it takes everything and does not call the filter."""

    def __init__(self, exits, settings):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="holdback-"))
        exits.callback(shutil.rmtree, self.base, ignore_errors=True)
        self.base.chmod(0o755)
        self.mta = Remote()
        exits.callback(self.mta.stop)
        self.nsd = nsd.Nsd(self.base / "nsd")
        exits.callback(self.nsd.stop)
        self.holdback = holdback.Holdback(
            self.base / "holdback",
            self.base / "socket/holdback.sock",
            [self.nsd.address],
            self.mta.port,
            settings,
        )
        exits.callback(self.holdback.stop)
        self.holdback.start()

    def client(self, **options):
        return MilterClient(self.holdback.socket, **options)


@pytest.fixture(scope="module")
def rig(request):
    need(holdback.missing())
    need(None if nsd.program() else "NSD is not installed")
    with contextlib.ExitStack() as exits:
        made = Rig(exits, getattr(request.module, "SETTINGS", None))
        yield made
        if request.session.testsfailed:
            print("--- log of Holdback\n" + "\n".join(made.holdback.log()[-200:]))
            print("--- output of Holdback\n" + made.holdback.output())
