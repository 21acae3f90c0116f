# SPDX-License-Identifier: Apache-2.0
"""The bench for a module: its own MTA, Holdback and NSD, set up once.

A module may say `SETTINGS = {…}`, laid over Holdback's, `MTA = "sendmail"`, and `OPTIONS = {…}` for
the MTA.
"""

import pytest

from lab import bench as lab_bench
from lab.need import need


@pytest.fixture(scope="module")
def bench(request):
    module = request.module
    mta = getattr(module, "MTA", "postfix")
    need(lab_bench.missing(mta))
    settings, options = getattr(module, "SETTINGS", None), getattr(module, "OPTIONS", None)
    with lab_bench.Bench(settings, mta=mta, options=options) as made:
        yield made
        if request.session.testsfailed:
            print("--- log of Holdback\n" + "\n".join(made.holdback.log()[-200:]))
            print("--- output of Holdback\n" + made.holdback.output())
            print(f"--- log of {mta}\n" + "\n".join(made.mta.log()[-200:]))


@pytest.fixture(autouse=True)
def empty_mailboxes(request):
    """Every test but the steps of a story begins with empty mailboxes."""
    if "bench" in request.fixturenames and "story" not in request.fixturenames:
        request.getfixturevalue("bench").forget()
