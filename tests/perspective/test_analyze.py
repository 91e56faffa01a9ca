"""What ``comments:analyze`` answers, in the words of the service it stands in for."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth import get_user_model

from moderation.detectors.framing import models
from moderation.models import Event, ListedPhrase, Snapshot, SuggestedScore, WordList
from moderation.services import perspective, wordlists
from tests.perspective.conftest import ANALYZE, INSULT, KIND, error_type

pytestmark = pytest.mark.django_db

NAMED = (
    "TOXICITY",
    "SEVERE_TOXICITY",
    "IDENTITY_ATTACK",
    "INSULT",
    "PROFANITY",
    "THREAT",
    "INFLAMMATORY",
    "ATTACK_ON_AUTHOR",
    "ATTACK_ON_COMMENTER",
    "OBSCENE",
    "SPAM",
    "LIKELY_TO_REJECT",
)


def value(answer, attribute="TOXICITY"):
    score = answer["attributeScores"][attribute]["summaryScore"]
    assert score["type"] == "PROBABILITY"
    return score["value"]


def test_a_score_has_the_shape_that_clients_know(analyze):
    status, answer = analyze(languages=["en"], clientToken="comment-7", doNotStore=True)
    assert status == 200
    score = value(answer)
    assert type(score) is float
    assert 0.8 < score <= 1.0
    assert answer == {
        "attributeScores": {
            "TOXICITY": {
                "spanScores": [
                    {
                        "begin": 0,
                        "end": len(INSULT),
                        "score": {"value": score, "type": "PROBABILITY"},
                    }
                ],
                "summaryScore": {"value": score, "type": "PROBABILITY"},
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "comment-7",
    }


def test_every_named_attribute_is_given_and_tells_a_threat_from_thanks(analyze):
    _, threat = analyze("I will find you and break your legs.", NAMED)
    _, insult = analyze(INSULT, NAMED)
    _, thanks = analyze(KIND, NAMED)
    for answer in (threat, insult, thanks):
        assert set(answer["attributeScores"]) == set(NAMED)
    for name in ("TOXICITY", "SEVERE_TOXICITY", "THREAT", "INFLAMMATORY", "LIKELY_TO_REJECT"):
        assert value(threat, name) > 0.9 > 0.3 > value(thanks, name)
    for name in ("INSULT", "ATTACK_ON_COMMENTER"):
        assert value(insult, name) > 0.9 > 0.3 > value(thanks, name)
    assert value(insult, "SEVERE_TOXICITY") < 0.5


@pytest.mark.parametrize(
    "name", ["TOXICITY_EXPERIMENTAL", "THREAT_EXPERIMENTAL", "INSULT@2", "TOXICITY_FAST"]
)
def test_other_spellings_of_an_attribute_come_back_as_they_were_asked(analyze, name):
    status, answer = analyze(attributes=[name])
    assert (status, list(answer["attributeScores"])) == (200, [name])


def test_only_scores_from_the_threshold_on_are_given(analyze):
    wanted = {
        "TOXICITY": {"scoreThreshold": 0.5, "scoreType": "PROBABILITY"},
        "SPAM": {"scoreThreshold": 0.5},
    }
    assert list(analyze(attributes=wanted)[1]["attributeScores"]) == ["TOXICITY"]
    status, answer = analyze(KIND, attributes=wanted)
    assert (status, answer) == (200, {"languages": ["en"], "detectedLanguages": ["en"]})


def test_spans_are_sentences_in_utf16_units(analyze):
    text = f"Nice 🎉 picture. {INSULT}"
    _, answer = analyze(text, spanAnnotations=True)
    first, second = answer["attributeScores"]["TOXICITY"]["spanScores"]
    units = text.encode("utf-16-le")
    shown = [
        units[2 * each["begin"] : 2 * each["end"]].decode("utf-16-le") for each in (first, second)
    ]
    assert shown == ["Nice 🎉 picture.", INSULT]
    assert second["score"]["value"] > 0.8 > 0.5 > first["score"]["value"]
    [whole] = analyze(text)[1]["attributeScores"]["TOXICITY"]["spanScores"]
    assert (whole["begin"], whole["end"]) == (0, len(units) // 2)


def test_html_is_read_as_a_browser_shows_it(analyze):
    markup = "<p>You are a complete <b>id</b>iot and everybody here knows it.</p>"
    _, answer = analyze({"text": markup, "type": "HTML"}, spanAnnotations=True)
    assert value(answer) > 0.8
    [span] = answer["attributeScores"]["TOXICITY"]["spanScores"]
    assert markup[span["begin"] : span["end"]].startswith("You")


def test_what_a_comment_quotes_of_another_is_not_held_against_it(analyze):
    reply = f"“{INSULT}” That is uncalled for."
    alone = value(analyze(reply)[1])
    thread = {"articleAndParentComment": {"parentComment": {"text": INSULT}}}
    for context in (thread, {"entries": [{"text": KIND}, {"text": INSULT}]}):
        assert value(analyze(reply, context=context)[1]) < alone


def test_the_sites_word_list_counts(analyze):
    chief = get_user_model().objects.create_superuser("chief", password="secret")
    before = value(
        analyze("I saw a grumbledore in the garden today.", ["LIKELY_TO_REJECT"])[1],
        "LIKELY_TO_REJECT",
    )
    row = ListedPhrase(list=WordList.BLOCKED, text="grumbledore", band="likely")
    wordlists.save(row, user=chief)
    after = value(
        analyze("I saw a grumbledore in the garden today.", ["LIKELY_TO_REJECT"])[1],
        "LIKELY_TO_REJECT",
    )
    assert after >= 0.9 > before


def test_an_advertisement_is_spam_in_any_language(analyze):
    text = "Jetzt kaufen! www.billig.shop www.billiger.shop code@billig.shop"
    status, answer = analyze(text, ["SPAM"])
    assert (status, value(answer, "SPAM") > 0.8) == (200, True)
    assert value(analyze(KIND, ["SPAM"])[1], "SPAM") == 0.0


def test_names_may_be_written_as_in_the_protocol(post):
    body = {"comment": {"text": INSULT}, "requested_attributes": {"TOXICITY": {}}}
    for more in ({"do_not_store": True}, {"doNotStore": None}, {"languages": "en"}):
        assert post(ANALYZE, {**body, **more}).status_code == 200


# What is refused


@pytest.mark.parametrize(
    "comment", [None, {}, {"text": ""}, {"text": " \n"}, {"text": "<p> </p>", "type": "HTML"}]
)
def test_an_empty_comment(post, comment):
    answer = post(ANALYZE, {"comment": comment, "requestedAttributes": {"TOXICITY": {}}})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "code": 400,
            "message": "Comment must be non-empty.",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error",
                    "errorType": "COMMENT_EMPTY",
                }
            ],
        }
    }


def test_a_comment_of_more_than_20_kilobytes(analyze):
    assert analyze("é" * 10_240)[0] == 200
    status, answer = analyze("é" * 10_241)
    assert (status, error_type(answer)) == (400, "COMMENT_TOO_LONG")
    assert answer["error"]["message"] == (
        "Comment text was too many bytes. Value (20482) exceeded limit (20480)."
    )


def test_another_language(analyze):
    german = "Das ist ein sehr schöner Tag für alle Menschen in unserer Stadt."
    status, answer = analyze(german, languages=["de"])
    assert status == 400
    assert answer["error"]["message"] == "Attribute TOXICITY does not support request languages: de"
    [detail] = answer["error"]["details"]
    assert detail["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    assert detail["languageNotSupportedByAttributeError"] == {
        "requestedLanguages": ["de"],
        "attribute": "TOXICITY",
    }
    status, answer = analyze(german)
    [detail] = answer["error"]["details"]
    assert (status, detail["languageNotSupportedByAttributeError"]["detectedLanguages"]) == (
        400,
        ["und"],
    )
    assert analyze(german, languages=["en"])[0] == 200
    status, answer = analyze(german, ["TOXICITY", "SPAM"], dropUnsupportedAttributes=True)
    assert (status, list(answer["attributeScores"])) == (200, ["SPAM"])


def test_attributes_that_nobody_knows_and_those_that_nothing_measures(analyze):
    for name in ("NICENESS", "toxicity", "", "TOXICITY\ud800"):
        status, answer = analyze(attributes=["TOXICITY", name])
        assert (status, error_type(answer)) == (400, "INVALID_REQUEST")
        assert answer["error"]["message"].startswith("Unknown requested attribute: ")
    status, answer = analyze(attributes=["FLIRTATION"])
    assert (status, error_type(answer)) == (400, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    status, answer = analyze(attributes={})
    assert (status, error_type(answer)) == (400, "NO_REQUESTED_ATTRIBUTES")
    status, answer = analyze(attributes={"TOXICITY": {"scoreType": "PERCENTILE"}})
    assert (status, error_type(answer)) == (400, "INVALID_REQUEST")


def test_two_kinds_of_context(analyze):
    context = {
        "entries": [{"text": "a"}],
        "articleAndParentComment": {"article": {"text": "b"}},
    }
    status, answer = analyze(context=context)
    assert (status, error_type(answer)) == (400, "INVALID_REQUEST")


# What is kept


def test_nothing_of_an_analysed_text_is_kept_or_logged(analyze, key, caplog):
    events = Event.objects.count()
    with caplog.at_level(logging.DEBUG):
        assert analyze(INSULT)[0] == 200
        assert analyze("Hello", ["NICENESS"])[0] == 400
    assert not Snapshot.objects.exists()
    assert not SuggestedScore.objects.exists()
    assert Event.objects.count() == events
    own = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert not any(INSULT in line or key.secret in line for line in own)


def test_a_broken_detector_is_told_without_the_text(analyze, monkeypatch, caplog):
    def broken(documents):
        raise RuntimeError(documents[0].text)

    monkeypatch.setattr(perspective, "read", broken)
    status, answer = analyze(INSULT)
    assert (status, answer["error"]["status"]) == (503, "UNAVAILABLE")
    assert INSULT not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_site_that_does_not_use_the_detector_has_it_here_all_the_same(analyze, settings):
    settings.MODERATION = {"DETECTORS": {"framing": None}}
    assert value(analyze(INSULT)[1]) > 0.8


def test_without_its_model_there_is_no_score_rather_than_a_low_one(analyze, monkeypatch):
    monkeypatch.setattr(models, "load", lambda wanted: models._patterns_alone())
    status, answer = analyze(INSULT)
    assert (status, answer["error"]["status"]) == (503, "UNAVAILABLE")


def test_the_time_of_a_scan_is_the_most_that_a_text_may_take(analyze, settings):
    settings.MODERATION = {"SCAN_TIME_LIMIT": 0}
    assert analyze(INSULT)[0] == 503
