# SPDX-License-Identifier: Apache-2.0
"""What a test needs and may not find."""

import os

import pytest


def need(reason):
    """Skips the test for a reason other than None. With HOLDBACK_TESTS=all in the environment
    (`contrib/check` sets it) everything must be there, so that it fails instead."""
    if reason is None:
        return
    if os.environ.get("HOLDBACK_TESTS") == "all":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
