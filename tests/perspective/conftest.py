"""A program with a key, and what it asks."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache

from moderation.models import ApiKey
from moderation.services import api_keys

ANALYZE = "/perspective/v1alpha1/comments:analyze"
SUGGEST = "/perspective/v1alpha1/comments:suggestscore"
INSULT = "You are a complete idiot and everybody here knows it."
KIND = "Thank you, I enjoyed reading this article very much."


@pytest.fixture(autouse=True)
def _built_in_detectors(settings):
    settings.MODERATION = {}
    cache.clear()


def new_key(**fields) -> ApiKey:
    """Make a key without a quota; its ``secret`` is known."""
    unlimited = {"per_second": None, "per_minute": None, "per_day": None}
    row = ApiKey(**{"name": "A forum", **unlimited, **fields})
    row.secret = api_keys.create(row)
    return row


@pytest.fixture
def key(db) -> ApiKey:
    return new_key()


@pytest.fixture
def post(client, key):
    """Send a body, as an object or as it is, with the key."""

    def post(address, body, secret=None):
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(
            f"{address}?key={key.secret if secret is None else secret}",
            content,
            content_type="application/json",
        )

    return post


@pytest.fixture
def analyze(post):
    """Analyse a text; return status and answer."""

    def analyze(text=INSULT, attributes=("TOXICITY",), **more):
        comment = text if isinstance(text, dict) else {"text": text}
        wanted = attributes if isinstance(attributes, dict) else {name: {} for name in attributes}
        answer = post(ANALYZE, {"comment": comment, "requestedAttributes": wanted, **more})
        return answer.status_code, answer.json()

    return analyze


def error_type(answer) -> str:
    [detail] = answer["error"]["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    return detail["errorType"]
