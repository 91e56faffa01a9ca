"""Clients that others wrote, unmodified: they are told another address and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from moderation.models import SuggestedScore
from tests.conftest import NOT_RUN
from tests.perspective.conftest import INSULT, KIND
from tests.services import find_program

pytestmark = pytest.mark.django_db(transaction=True)

NPM_PACKAGE = "perspective-api-client@3.1.0"
GERMAN = "Das ist ein sehr schöner Tag für alle Menschen in unserer Stadt."


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def address(live_server) -> str:
    return f"{live_server.url}/perspective/"


def toxicity(answer):
    return answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"]


# The description that clients are made of


def test_the_description_says_where_it_was_read(client):
    for path in (
        "$discovery/rest?version=v1alpha1",
        "discovery/v1/apis/commentanalyzer/v1alpha1/rest",
    ):
        answer = client.get(f"/perspective/{path}")
        assert answer.status_code == 200
        described = answer.json()
        assert described["rootUrl"] == "http://testserver/perspective/"
        assert set(described["resources"]["comments"]["methods"]) == {"analyze", "suggestscore"}
    missing = client.get("/perspective/$discovery/rest?version=v2")
    assert (missing.status_code, missing.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert client.post("/perspective/$discovery/rest").status_code == 405


def test_every_type_of_the_description_is_described(client):
    described = client.get("/perspective/$discovery/rest").json()

    def named(value):
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            for inner in value.values():
                yield from named(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from named(inner)

    assert set(named(described)) == set(described["schemas"])


# Google's own client


@pytest.fixture
def google(address, key):
    with ExitStack() as stack:

        def build(secret=key.secret):
            service = discovery.build(
                "commentanalyzer",
                "v1alpha1",
                developerKey=secret,
                discoveryServiceUrl=f"{address}$discovery/rest?version=v1alpha1",
                static_discovery=False,
            )
            return stack.enter_context(service).comments()

        yield build


def test_googles_own_client_analyses_and_suggests(google):
    comments = google()
    body = {"comment": {"text": INSULT}, "requestedAttributes": {"TOXICITY": {}, "THREAT": {}}}
    answer = comments.analyze(body=body).execute()
    assert toxicity(answer) > 0.8
    assert answer["languages"] == ["en"]
    scores = {"TOXICITY": {"summaryScore": {"value": 0.0}}}
    body = {"comment": {"text": KIND}, "attributeScores": scores, "clientToken": "7"}
    assert comments.suggestscore(body=body).execute()["clientToken"] == "7"
    assert SuggestedScore.objects.get().text == KIND


def test_googles_own_client_understands_the_errors(google, key):
    def error(comments, text=INSULT, attribute="TOXICITY"):
        body = {"comment": {"text": text}, "requestedAttributes": {attribute: {}}}
        with pytest.raises(HttpError) as caught:
            comments.analyze(body=body).execute()
        return caught.value

    german = error(google(), GERMAN)
    assert german.resp.status == 400
    assert "Attribute TOXICITY does not support request languages" in german.reason
    assert "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE" in str(german)
    assert "COMMENT_EMPTY" in str(error(google(), ""))
    assert error(google(), attribute="NICENESS").reason == "Unknown requested attribute: NICENESS"
    assert error(google("wrong")).error_details[0]["reason"] == "API_KEY_INVALID"
    key.per_day = 0
    key.save()
    assert error(google()).resp.status == 429


# The client on PyPI


@pytest.fixture
def perspective_api(address, key):
    from perspective import PerspectiveAPI

    api = PerspectiveAPI(key.secret)
    api.api_client.url = address + "v1alpha1/{endpoint}"
    return api


def test_the_python_client_analyses_and_suggests(perspective_api):
    scores = perspective_api.score(INSULT, tests=["TOXICITY", "INSULT"])
    assert set(scores) == {"TOXICITY", "INSULT"}
    assert min(scores.values()) > 0.8
    answer = perspective_api.analyze_comment(
        f"{KIND} {INSULT}",
        comment_type="PLAIN_TEXT",
        context=[{"text": "Hello", "type": "PLAIN_TEXT"}],
        requested_attributes={"TOXICITY": {"scoreType": "PROBABILITY", "scoreThreshold": 0.5}},
        span_annotations=True,
        languages=["en"],
        do_not_store=True,
        client_token="7",
        session_id="8",
        community_id="9",
    )
    assert len(answer["attributeScores"]["TOXICITY"]["spanScores"]) == 2
    suggested = {"TOXICITY": {"summaryScore": {"value": 0.0, "type": "PROBABILITY"}}}
    assert perspective_api.suggest_score(KIND, suggested, client_token="7")["clientToken"] == "7"
    assert SuggestedScore.objects.count() == 1


def test_the_python_client_raises_for_another_language(perspective_api):
    with pytest.raises(HTTPError) as caught:
        perspective_api.score(GERMAN)
    with caught.value as error:
        assert json.load(error)["error"]["code"] == error.code == 400


# The client on npm

SCRIPT = """
const axios = require('axios');
const Perspective = require('perspective-api-client');
const [address, apiKey, text, options] = JSON.parse(process.argv[1]);
axios.interceptors.request.use(config => {
  config.url = config.url.replace('https://commentanalyzer.googleapis.com/', address);
  return config;
});
new Perspective({apiKey}).analyze(text, options).then(
  answer => console.log(JSON.stringify({answer})),
  error => console.log(JSON.stringify({name: error.name, message: error.message}))
);
"""


@pytest.fixture(scope="session")
def node_modules(node, tmp_path_factory) -> Path:
    """A folder with the client as npm installs it."""
    folder = tmp_path_factory.mktemp("npm")
    npm = [find_program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(
        [*npm, "--prefix", folder, NPM_PACKAGE], capture_output=True, text=True, check=False
    )
    if installed.returncode:
        pytest.skip(f"{NOT_RUN}{NPM_PACKAGE}: {installed.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.fixture
def javascript(address, key, node, node_modules):
    def javascript(text, options=None, secret=key.secret):
        asked = json.dumps([address, secret, text, options])
        ran = subprocess.run(
            [node, "-e", SCRIPT, asked],
            cwd=node_modules,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(ran.stdout)

    return javascript


def test_the_javascript_client_analyses(javascript):
    assert toxicity(javascript(INSULT)["answer"]) > 0.8
    options = {"attributes": ["toxicity", "threat"], "truncate": True, "doNotStore": False}
    answer = javascript(f"<p>{KIND}</p>", options)["answer"]
    assert set(answer["attributeScores"]) == {"TOXICITY", "THREAT"}
    whole = {
        "comment": {"text": INSULT, "type": "PLAIN_TEXT"},
        "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.6}},
    }
    assert toxicity(javascript(whole)["answer"]) > 0.8


def test_the_javascript_client_says_what_was_wrong(javascript):
    assert javascript(INSULT, secret="wrong") == {
        "name": "ResponseError",
        "message": "API key not valid. Please pass a valid API key.",
    }
    assert "does not support request languages" in javascript(GERMAN)["message"]
