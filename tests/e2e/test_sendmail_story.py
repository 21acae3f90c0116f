# SPDX-License-Identifier: Apache-2.0
"""The story on Sendmail, step by step: see story.py."""

import pytest
import story as told

MTAS = ("sendmail",)
SETTINGS = told.SETTINGS
STEPS = told.STEPS["sendmail"]


@pytest.fixture(scope="module")
def story(bench):
    return told.Story(bench)


@pytest.mark.parametrize("title", STEPS)
def test_step(story, title, request):
    if request.session.testsfailed:
        pytest.skip("an earlier step failed")
    STEPS[title](story)
