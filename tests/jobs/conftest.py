"""Fixtures of the jobs' tests."""

import pytest

from .volumes import electrode


@pytest.fixture
def grid():
    return electrode()
