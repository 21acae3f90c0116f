# SPDX-License-Identifier: Apache-2.0
"""The bench for a module: its own MTA, Holdback and NSD, set up once.

A module may say `SETTINGS = {…}`, laid over Holdback's, and `MTAS = ("postfix", "sendmail")`: its
tests run once with each.
"""

import pytest

from lab import bench as lab_bench
from lab.need import need


def pytest_generate_tests(metafunc):
    if "bench" in metafunc.fixturenames:
        mtas = getattr(metafunc.module, "MTAS", ("postfix",))
        metafunc.parametrize("bench", mtas, indirect=True, scope="module")


@pytest.fixture(scope="module")
def bench(request):
    mta = request.param
    need(lab_bench.missing(mta))
    with lab_bench.Bench(getattr(request.module, "SETTINGS", None), mta=mta) as made:
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
