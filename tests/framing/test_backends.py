"""Back ends: what they are sent, what is made of the answer, and who judges when they fail."""

from __future__ import annotations

import json
import logging
import sys
import types

import pytest

from moderation.detectors.base import Context, SiteThresholds
from moderation.detectors.framing import FramingDetector
from moderation.detectors.framing.backends import BackendError, Guarded, build
from moderation.detectors.framing.backends.http import Endpoint, HttpBackend
from moderation.detectors.framing.backends.resilience import Guard
from moderation.detectors.framing.detector import NO_BACKEND
from moderation.text.document import Document
from moderation.types import Kind
from tests.framing.stub import answer, drip, hang, hang_up, raw, refuse, stub_server

TEXT = "The new bridge will open this week, says Jane Doe."
FIELDS = {"attack": "scores.insult", "threat": ["scores.threat", "scores.menace"]}
GOOD = {"scores": {"insult": 0.9, "threat": 0.1, "menace": 0.2}}
WORKER = Context(remote=True)


@pytest.fixture
def stub():
    with stub_server() as running:
        running.will(answer(GOOD))
        yield running


def http(stub, **options):
    entry = {"url": stub.url, "fields": FIELDS, "attempts": 1, "sleep": lambda seconds: None}
    return build({"CLASS": "http", "OPTIONS": {**entry, **options}})


def detector(backend) -> FramingDetector:
    return FramingDetector(model="light", backend=backend)


def assessed(backend, text: str = TEXT, context: Context = WORKER):
    return detector(backend).detect(Document(text, Kind.COMMENT), context)


# What is asked, and what is made of it


def test_a_back_end_judges_in_place_of_the_model(stub):
    found = assessed(http(stub))
    (finding,) = found.findings
    assert (finding.category, finding.score, finding.threshold) == ("attack", 0.9, 0.5)
    assert finding.detail["model"] == "http"
    assert finding.evidence
    assert (found.scores["threat"], found.scores["framing"]) == (0.2, 0.9)
    assert found.notes == ()


def test_categories_it_does_not_know_come_from_the_model(stub):
    own = assessed(None)
    found = assessed(http(stub))
    for category in ("dehumanise", "rage_bait", "profanity_directed", "toxicity", "profanity"):
        assert found.scores[category] == own.scores[category]


def test_no_name_and_no_link_leaves_the_house(stub):
    assessed(http(stub), "You lie, Jane Doe! See https://example.org/jane?id=7 about the Catholics")
    sent = " ".join(body["text"] for _path, _headers, body in stub.asked)
    assert "someone" in sent
    assert not any(part in sent.lower() for part in ("jane", "doe", "example.org", "catholic"))


def test_extra_fields_headers_and_keys_are_sent(stub, monkeypatch):
    monkeypatch.setenv("THE_KEY", "s3cret")
    options = {"extra": {"lang": "en"}, "text_field": "body", "key_env": "THE_KEY"}
    assessed(http(stub, **options, headers={"X-Site": "news"}))
    path, headers, body = stub.asked[0]
    assert (path, body["lang"]) == ("/score", "en")
    assert body["body"].startswith("the new bridge")
    assert (headers["Authorization"], headers["X-Site"]) == ("Bearer s3cret", "news")


def test_numbers_on_another_scale(stub):
    stub.will(answer([{"insult": 25}]))
    backend = http(stub, fields={"attack": "0.insult"}, scale=100)
    assert assessed(backend).scores["attack"] == 0.25


def test_thresholds_of_the_back_end_and_of_the_site(stub):
    assert not assessed(http(stub, thresholds={"attack": 0.95, "framing": 1.0})).findings
    site = Context(
        remote=True, thresholds={"framing": SiteThresholds({"attack": 0.95, "framing": 0.99})}
    )
    assert not assessed(http(stub), context=site).findings
    own = detector(http(stub, thresholds={"threat": 0.7})).own_thresholds()
    assert (own["attack"], own["threat"]) == (0.5, 0.7)
    assert own["rage_bait"] == detector(None).own_thresholds()["rage_bait"]


def test_it_is_never_asked_while_somebody_waits(stub):
    found = assessed(http(stub), context=Context())
    assert stub.asked == []
    assert found == assessed(None, context=Context())
    assert detector(http(stub)).scores(TEXT) == detector(None).scores(TEXT)
    assert stub.asked == []


# What it may do wrong: the model judges, and a note says so


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(refuse(500), id="error"),
        pytest.param(refuse(401), id="unauthorised"),
        pytest.param(refuse(204), id="empty"),
        pytest.param(refuse(429, Retry_After="3600"), id="busy"),
        pytest.param(refuse(503, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"), id="busy-date"),
        pytest.param(refuse(429, Retry_After="soon"), id="busy-nonsense"),
        pytest.param(raw(b"{not json"), id="broken"),
        pytest.param(raw(b"\xff\xfe"), id="bytes"),
        pytest.param(raw(b"[" * 100_000), id="deep"),
        pytest.param(raw(b'{"scores": "' + b"x" * 2_000_000 + b'"}'), id="huge"),
        pytest.param(answer([]), id="wrong-shape"),
        pytest.param(answer({"scores": {"insult": 0.9}}), id="one-missing"),
        pytest.param(answer({"scores": {**GOOD["scores"], "insult": "0.9"}}), id="string"),
        pytest.param(answer({"scores": {**GOOD["scores"], "insult": True}}), id="bool"),
        pytest.param(answer({"scores": {**GOOD["scores"], "insult": 1.5}}), id="too-much"),
        pytest.param(answer({"scores": {**GOOD["scores"], "insult": float("nan")}}), id="nan"),
        pytest.param(hang_up, id="hang-up"),
    ],
)
def test_the_model_takes_over(stub, caplog, behaviour):
    stub.will(behaviour)
    own = assessed(None)
    found = assessed(http(stub, key="s3cret"))
    assert (found.findings, found.scores) == (own.findings, own.scores)
    assert found.notes == (NO_BACKEND,)
    assert "gave no scores" in caplog.text
    assert "s3cret" not in caplog.text
    assert "bridge" not in caplog.text


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_a_slow_one_is_not_waited_for(stub, behaviour):
    stub.will(behaviour)
    endpoint = Endpoint(stub.url, timeout=0.05)
    with pytest.raises(BackendError) as caught:
        endpoint.post({"text": "hello"}, 10)
    assert caught.value.again
    assert assessed(http(stub, timeout=0.05)).notes == (NO_BACKEND,)


def test_a_redirect_is_not_followed(stub):
    with stub_server() as elsewhere:
        elsewhere.will(answer(GOOD))
        for status in (301, 302, 303, 307, 308):
            stub.will(refuse(status, Location=elsewhere.url))
            assert assessed(http(stub)).notes == (NO_BACKEND,)
        assert elsewhere.asked == []


def test_a_proxy_of_the_environment_is_not_used(stub, monkeypatch):
    with stub_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert assessed(http(stub)).notes == ()
        assert proxy.asked == []


def test_nobody_there(stub):
    with stub_server() as closed:
        url = closed.url
    assert assessed(http(stub, url=url)).notes == (NO_BACKEND,)


def test_a_second_attempt_helps(stub):
    stub.will(refuse(429, Retry_After="1"), answer(GOOD))
    slept = []
    found = assessed(http(stub, attempts=2, sleep=slept.append))
    assert (found.scores["attack"], found.notes, slept) == (0.9, (), [1.0])


def test_after_failures_in_a_row_it_is_left_alone(stub):
    stub.will(refuse(500))
    now = [0.0]
    backend = http(stub, failures=2, pause=60, clock=lambda: now[0])
    for _comment in range(5):
        assert assessed(backend).notes == (NO_BACKEND,)
    assert len(stub.asked) == 2
    now[0] = 61.0
    stub.will(answer(GOOD))
    assert assessed(backend).notes == ()


def test_a_used_up_quota(stub):
    stub.will(answer({"scores": {"insult": 0.0, "threat": 0.0, "menace": 0.0}}))
    backend = http(stub, per_minute=1, clock=lambda: 0.0)
    assert assessed(backend).notes == ()
    assert assessed(backend).notes == (NO_BACKEND,)
    assert len(stub.asked) == 1


def test_when_it_fails_thresholds_of_the_site_do_not_hold_for_other_numbers(stub):
    stub.will(refuse(500))
    site = Context(
        remote=True,
        thresholds={"framing": SiteThresholds({"attack": 0.0, "framing": 0.0}, {"attack": 0.0})},
    )
    assert assessed(http(stub), context=site).findings == assessed(None).findings


def test_a_back_end_that_gives_another_number_of_answers():
    class Odd:
        name, heads, batch = "odd", frozenset({"attack"}), 8

        def score(self, texts, seconds):
            return [{"attack": 0.5}] * (len(texts) + 1)

    with pytest.raises(BackendError, match="another number"):
        Guarded(Odd(), Guard(attempts=1)).score(["a", "b"], 1e12)


# What cannot be set up


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "ftp://example.org/"}, "https"),
        ({"url": "http://example.org/"}, "https"),
        ({"url": "https://user:pass@example.org/"}, "no account"),
        ({"url": "https://"}, "needs a host"),
        ({"timeout": 0}, "above 0"),
        ({"scale": 0}, "above 0"),
        ({"fields": {"attack": []}}, "without a place"),
        ({"fields": {"nonsense": "a"}}, "scores some of"),
        ({"thresholds": {"attack": 2}}, "between 0 and 1"),
        ({"thresholds": {"rage_bait": 0.5}}, "between 0 and 1"),
        ({"patience": 0}, "patience"),
        ({"key_env": "THERE_IS_NO_SUCH_KEY"}, "THERE_IS_NO_SUCH_KEY"),
        ({"key": "line\nbreak"}, "characters"),
    ],
)
def test_bad_options_are_refused(stub, options, said):
    with pytest.raises(ValueError, match=said) as caught:
        http(stub, **options)
    assert "line" not in str(caught.value)


def test_types_that_do_not_fit_are_refused(stub):
    with pytest.raises(TypeError):
        http(stub, fields="attack")
    with pytest.raises(TypeError):
        http(stub, extra={"when": object()})
    with pytest.raises(TypeError):
        http(stub, nonsense=1)
    with pytest.raises(ValueError, match="no back end"):
        build({"CLASS": "nonsense"})
    with pytest.raises(ValueError, match="dotted path"):
        build({"CLASS": "http", "EXTRA": 1})


def test_a_class_of_the_site(stub):
    entry = {"CLASS": f"{HttpBackend.__module__}.HttpBackend", "OPTIONS": {"name": "ours"}}
    entry["OPTIONS"] |= {"url": stub.url, "fields": FIELDS}
    assert assessed(build(entry)).findings[0].detail["model"] == "ours"


# Those that are known


def openai_result(**scores):
    names = ("harassment", "harassment/threatening", "hate", "hate/threatening", "violence")
    return {"category_scores": {**dict.fromkeys(names, 0.01), **scores}}


def test_openai(stub):
    result = openai_result(harassment=0.8, violence=0.99)
    stub.will(
        lambda handler, body: answer({"results": [result] * len(body["input"])})(handler, body)
    )
    options = {"url": stub.url, "key": "sk-test", "attempts": 1}
    found = assessed(build({"CLASS": "openai", "OPTIONS": options}))
    _path, headers, body = stub.asked[0]
    assert headers["Authorization"] == "Bearer sk-test"
    assert body["model"] == "omni-moderation-latest"
    assert body["input"] == ["the new bridge will open this week, says someone."]
    assert (found.scores["attack"], found.scores["threat"]) == (0.8, 0.01)
    assert found.findings[0].detail == {"model": "openai", "decided_by": "attack"}


@pytest.mark.parametrize(
    "content", [{}, {"results": None}, {"results": []}, {"results": [{}]}, {"results": ["x"]}, 7]
)
def test_openai_answers_something_else(stub, content):
    stub.will(answer(content))
    options = {"url": stub.url, "key": "sk-test", "attempts": 1}
    assert assessed(build({"CLASS": "openai", "OPTIONS": options})).notes == (NO_BACKEND,)


def test_openai_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        build({"CLASS": "openai"})


def module(monkeypatch, name, **members):
    made = types.ModuleType(name)
    vars(made).update(members)
    monkeypatch.setitem(sys.modules, name, made)


def test_detoxify(monkeypatch, tmp_path):
    made = []

    class Detoxify:
        def __init__(self, kind, **options):
            made.append((kind, options))

        def predict(self, texts):
            labels = ("toxicity", "obscene", "threat", "insult", "identity_attack")
            return {label: [0.7 if label == "insult" else 0.01] * len(texts) for label in labels}

    module(monkeypatch, "detoxify", Detoxify=Detoxify)
    weights = tmp_path / "weights.ckpt"
    weights.touch()
    backend = build(
        {"CLASS": "detoxify", "OPTIONS": {"path": str(weights), "config": str(tmp_path)}}
    )
    assert made == []  # loaded when it is needed, once
    found = assessed(backend)
    assessed(backend)
    assert (found.scores["attack"], found.scores["profanity"]) == (0.7, 0.01)
    ((kind, options),) = made
    assert kind == "original"
    assert options["checkpoint"] == str(weights)
    assert options["huggingface_config_path"] == str(tmp_path)


def test_transformers(monkeypatch, tmp_path):
    made = []

    def pipeline(task, **options):
        made.append((task, options))

        def run(texts, **how):
            made.append(how)
            scores = [{"label": "mean", "score": 0.6}, {"label": "fine", "score": 0.4}]
            return [scores for _text in texts]

        return run

    module(monkeypatch, "transformers", pipeline=pipeline)
    options = {"path": str(tmp_path), "labels": {"attack": "mean"}, "function": "softmax"}
    found = assessed(build({"CLASS": "transformers", "OPTIONS": options}))
    assert (found.scores["attack"], found.findings[0].category) == (0.6, "attack")
    assert made[0][1]["model"] == str(tmp_path)
    assert made[1]["function_to_apply"] == "softmax"
    wrong = {**options, "labels": {"attack": "rude"}}
    assert assessed(build({"CLASS": "transformers", "OPTIONS": wrong})).notes == (NO_BACKEND,)


def test_a_library_that_is_not_there_or_cannot_load(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "moderation.detectors.framing.backends.local.find_spec", lambda library: None
    )
    with pytest.raises(ImportError, match="transformers is not installed"):
        build({"CLASS": "transformers", "OPTIONS": {"path": ".", "labels": {"attack": "a"}}})
    module(monkeypatch, "detoxify")
    monkeypatch.setattr(
        "moderation.detectors.framing.backends.local.find_spec", lambda library: True
    )
    entry = {"CLASS": "detoxify", "OPTIONS": {"path": str(tmp_path), "config": str(tmp_path)}}
    assert assessed(build(entry)).notes == (NO_BACKEND,)
    entry["OPTIONS"]["path"] = str(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="does not lead to a model"):
        build(entry)


def test_a_long_comment_asks_for_its_parts_within_reason(stub):
    stub.will(answer({"scores": {"insult": 0.01, "threat": 0.01, "menace": 0.01}}))
    text = "".join(
        f"The bridge opens in {week} weeks and the town is glad. " for week in range(400)
    )
    found = assessed(http(stub, per_minute=None, patience=600, timeout=60), text)
    assert found.notes == ()
    assert 8 <= len(stub.asked) <= 64
    assert max(len(json.dumps(body)) for _path, _headers, body in stub.asked) < 5_000


def test_the_key_is_in_no_message(stub, caplog):
    caplog.set_level(logging.DEBUG)
    stub.will(refuse(401))
    backend = http(stub, key="s3cret-key")
    assessed(backend)
    assert "s3cret-key" not in caplog.text
    assert "s3cret-key" not in repr(backend)
