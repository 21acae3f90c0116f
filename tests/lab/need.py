# SPDX-License-Identifier: Apache-2.0
"""What a test needs and may not find."""

import os

import pytest


def need(reason):
    """Skips the test for a reason other than None. With HOLDBACK_TESTS=all or full in the
    environment (`contrib/check` sets it) everything must be there, so that it fails instead."""
    _skip_unless(("all", "full"), reason)


def need_for_full(reason):
    """The same for what `contrib/check --full` alone installs: it sets HOLDBACK_TESTS=full."""
    _skip_unless(("full",), reason)


def _skip_unless(runs, reason):
    if reason is None:
        return
    if os.environ.get("HOLDBACK_TESTS") in runs:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
