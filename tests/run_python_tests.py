# SPDX-License-Identifier: Apache-2.0
"""Runs pytest on the given paths for ctest; exit status 77 when there is no pytest here."""

import importlib.util
import sys

sys.dont_write_bytecode = True
if importlib.util.find_spec("pytest") is None:
    print("skipped: python3-pytest is not installed")
    sys.exit(77)

import pytest  # noqa: E402

sys.exit(pytest.main(["-p", "no:cacheprovider", "-q", "-rfE", *sys.argv[1:]]))
