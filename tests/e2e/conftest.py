# SPDX-License-Identifier: Apache-2.0
"""The bench for a module: its own Postfix, Holdback and NSD, set up once.

A module may say `SETTINGS = {…}`, laid over Holdback's.
"""

import pytest

from lab import bench as lab_bench
from lab.need import need


@pytest.fixture(scope="module")
def bench(request):
    need(lab_bench.missing())
    with lab_bench.Bench(getattr(request.module, "SETTINGS", None)) as made:
        yield made
        if request.session.testsfailed:
            print("--- log of Holdback\n" + "\n".join(made.holdback.log()[-200:]))
            print("--- output of Holdback\n" + made.holdback.output())
            print("--- log of Postfix\n" + "\n".join(made.postfix.log()[-200:]))


@pytest.fixture(autouse=True)
def empty_mailboxes(request):
    """Every test but the steps of the story begins with empty mailboxes."""
    if "bench" in request.fixturenames and request.module.__name__ != "test_story":
        request.getfixturevalue("bench").forget()
