"""A program that uses the API, and cases made the way the site makes them."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.admin.conftest import (  # noqa: F401 - fixtures of the desk
    _detectors,
    article_case,
    colleague,
    comment_case,
    make_user,
    moderator,
    policy,
    root,
    senior,
)


@pytest.fixture(autouse=True)
def _nothing_counted():
    """Start each test with the rates untouched."""
    cache.clear()


def signed_in(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(moderator) -> APIClient:  # noqa: F811
    return signed_in(moderator)
