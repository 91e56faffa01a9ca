"""Scores that clients suggest are kept as labelled examples, and can be deleted."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from moderation.models import Event, SuggestedScore
from moderation.services import audit, suggestions
from moderation.services.suggestions import Suggested, Suggestion
from moderation.types import Span, TextFormat
from tests.perspective.conftest import INSULT, KIND, SUGGEST, error_type, new_key

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def suggest(post):
    def suggest(scores=None, text=INSULT, **more):
        body = {"comment": {"text": text}, "attributeScores": scores or summary(1), **more}
        answer = post(SUGGEST, body)
        return answer.status_code, answer.json()

    return suggest


def summary(value, attribute="TOXICITY"):
    return {attribute: {"summaryScore": {"value": value}}}


def stored():
    fields = ("text", "attribute", "score", "start", "end")
    return list(SuggestedScore.objects.order_by("start", "end").values_list(*fields))


def test_a_suggestion_is_kept_with_who_made_it(suggest, key):
    status, answer = suggest(
        summary(0, "TOXICITY_EXPERIMENTAL"),
        communityId="/forum/films",
        clientToken="comment-7",
        sessionId="5",
        languages=["en"],
    )
    assert (status, answer) == (200, {"clientToken": "comment-7", "requestedLanguages": ["en"]})
    row = SuggestedScore.objects.get()
    assert (row.key, row.text, row.attribute, row.score) == (key, INSULT, "TOXICITY", 0.0)
    assert (row.community, row.client_token, row.language) == ("/forum/films", "comment-7", "en")
    assert row.whole
    event = Event.objects.get(verb="suggestion.kept")
    assert INSULT not in str(event.data)
    assert event.actor_ref == f"machine:api_key:{key.pk}"
    assert audit.verify().ok


def test_passages_are_told_in_utf16_units(suggest):
    text = "🎉 You moron."
    span = {"begin": 3, "end": 12, "score": {"value": 1.0, "type": "PROBABILITY"}}
    assert suggest({"INSULT": {"spanScores": [span]}}, text=text)[0] == 200
    row = SuggestedScore.objects.get()
    assert suggestions.passage(row) == "You moron"
    assert not row.whole


def test_saying_it_again_replaces_what_was_said(suggest, key):
    for value in (1, 1, 0.25):
        assert suggest(summary(value))[0] == 200
    assert [row[2] for row in stored()] == [0.25]
    assert suggest(summary(1), communityId="elsewhere")[0] == 200
    other = new_key()
    about = Suggested(INSULT, TextFormat.PLAIN)
    suggestions.keep(other, about, [Suggestion("TOXICITY", 0.5, Span(0, len(INSULT)))])
    assert sorted(row[2] for row in stored()) == [0.25, 0.5, 1.0]


def test_the_same_passage_twice_in_one_request(suggest):
    whole = {"begin": 0, "end": len(INSULT), "score": {"value": 0.5}}
    scores = {"TOXICITY": {"summaryScore": {"value": 1}, "spanScores": [whole]}}
    assert suggest(scores)[0] == 200
    assert [row[2] for row in stored()] == [0.5]


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"NICENESS": {"summaryScore": {"value": 1}}},
        {"TOXICITY": {}},
        {"TOXICITY": {"summaryScore": {}}},
        {"TOXICITY": {"summaryScore": {"value": 1.01}}},
        {"TOXICITY": {"summaryScore": {"value": -0.1}}},
        {"TOXICITY": {"summaryScore": {"value": 1, "type": "RAW"}}},
        {"TOXICITY": {"spanScores": [{"begin": 0, "end": 5}]}},
        {"TOXICITY": {"spanScores": [{"begin": 5, "end": 5, "score": {"value": 1}}]}},
        {"TOXICITY": {"spanScores": [{"begin": 0, "end": 999, "score": {"value": 1}}]}},
        {**summary(1), "THREAT": {}},
    ],
)
def test_what_is_no_score_is_refused_whole(post, scores):
    answer = post(SUGGEST, {"comment": {"text": INSULT}, "attributeScores": scores})
    assert (answer.status_code, error_type(answer.json())) == (400, "INVALID_REQUEST")
    assert not SuggestedScore.objects.exists()


def test_the_limits_of_a_comment_hold_here_too(suggest):
    assert error_type(suggest(text=" ")[1]) == "COMMENT_EMPTY"
    assert error_type(suggest(text="x" * 20_481)[1]) == "COMMENT_TOO_LONG"
    status, answer = suggest(doNotStore=True)  # to suggest is to have it stored
    assert status == 400
    assert 'Unknown name "doNotStore"' in answer["error"]["message"]
    assert not SuggestedScore.objects.exists()


@pytest.mark.on_postgresql
@pytest.mark.django_db(transaction=True)
def test_clients_that_say_the_same_at_once_leave_one_row(key):
    about = Suggested(INSULT, TextFormat.PLAIN)

    def say(value):
        try:
            suggestions.keep(key, about, [Suggestion("TOXICITY", value, Span(0, len(INSULT)))])
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=(value / 10,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SuggestedScore.objects.count() == 1
    assert audit.verify().ok


# Looking, deleting, measuring


def test_the_admin_shows_and_deletes_but_does_not_change(client, suggest):
    suggest(text="A <b>bold</b> claim, you moron.")
    row = SuggestedScore.objects.get()
    client.force_login(get_user_model().objects.create_superuser("chief", password="secret"))
    listed = client.get(reverse("admin:moderation_suggestedscore_changelist"))
    assert "A &lt;b&gt;bold&lt;/b&gt; claim" in listed.content.decode()
    page = reverse("admin:moderation_suggestedscore_change", args=[row.pk])
    assert "&lt;b&gt;bold" in client.get(page).content.decode()
    assert client.post(page, {"score": "0"}).status_code == 403
    assert client.get(reverse("admin:moderation_suggestedscore_add")).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse("admin:moderation_suggestedscore_changelist"), action)
    assert not SuggestedScore.objects.exists()
    assert Event.objects.get(verb="suggestion.forgotten").data == {"scores": 1}


def test_one_suggestion_can_be_deleted(client, suggest):
    suggest()
    row = SuggestedScore.objects.get()
    client.force_login(get_user_model().objects.create_superuser("chief", password="secret"))
    page = reverse("admin:moderation_suggestedscore_delete", args=[row.pk])
    client.post(page, {"post": "yes"})
    assert not SuggestedScore.objects.exists()


def test_the_detectors_are_measured_on_suggestions(suggest, capsys):
    suggest(summary(1), text=INSULT)
    suggest(summary(0), text=KIND)
    suggest(summary(1, "FLIRTATION"), text=KIND)
    call_command("moderation_evaluate", "--suggested")
    out = capsys.readouterr().out
    [toxicity] = [line.split() for line in out.splitlines() if line.startswith("TOXICITY")]
    assert toxicity[1:6] == ["2", "1", "1.000", "1.000", "1.000"]
    assert "FLIRTATION" in out
    assert "not measured" in out


def test_without_suggestions_there_is_nothing_to_measure():
    with pytest.raises(Exception, match="no suggested scores"):
        call_command("moderation_evaluate", "--suggested")
