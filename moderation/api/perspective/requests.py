"""The two requests, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from moderation.api.perspective.errors import analyzer_error
from moderation.api.perspective.fields import Fields
from moderation.services.perspective import attribute_of
from moderation.services.suggestions import Suggested, Suggestion
from moderation.text.document import Document
from moderation.text.plain import plain_text
from moderation.types import Kind, Span, TextFormat

MOST_TEXT_BYTES = 20_480
MOST_ATTRIBUTES = 50
_MOST_LANGUAGES, _LONGEST_LANGUAGE = 20, 35
_MOST_ENTRIES, _MOST_SPANS = 100, 500
_LONGEST_TOKEN, _LONGEST_COMMUNITY = 200, 200

_PACKAGE = "google.commentanalyzer.v1alpha1"
_TEXT_TYPES = {
    "TEXT_TYPE_UNSPECIFIED": TextFormat.PLAIN,
    "PLAIN_TEXT": TextFormat.PLAIN,
    "HTML": TextFormat.HTML,
}
_SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")
PROBABILITY = _SCORE_TYPES[1]
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """What is to be analysed, and for what: thresholds by the names of the request."""

    document: Document
    thresholds: Mapping[str, float | None]
    languages: tuple[str, ...]
    spans: bool
    drop_unsupported: bool
    client_token: str


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """Which scores somebody thinks a text should have."""

    about: Suggested
    suggestions: tuple[Suggestion, ...]
    languages: tuple[str, ...]


def read_analyze(fields: Fields) -> AnalyzeRequest:
    """Read an ``AnalyzeCommentRequest``.

    Raises :class:`.errors.GoogleError` for whatever Google's service would refuse, and for
    fields that it does not have.
    """
    text, text_format = _comment(fields)
    thresholds = {
        name: _parameters(name, parameters)
        for name, parameters in fields.entries("requestedAttributes", most=MOST_ATTRIBUTES)
    }
    languages = _languages(fields)
    answers = _context(fields)
    request = AnalyzeRequest(
        document=Document(
            text=text,
            kind=Kind.COMMENT,
            format=text_format,
            language=languages[0] if languages else "",
            answers=answers,
        ),
        thresholds=thresholds,
        languages=languages,
        spans=fields.flag("spanAnnotations"),
        drop_unsupported=fields.flag("dropUnsupportedAttributes"),
        client_token=fields.text("clientToken", most=_LONGEST_TOKEN),
    )
    # Nothing is kept, whatever it says, and every request is judged by itself.
    fields.flag("doNotStore")
    fields.text("sessionId", most=_LONGEST_TOKEN)
    fields.text("communityId", most=_LONGEST_COMMUNITY)
    fields.end()
    if not thresholds:
        raise analyzer_error("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    return request


def read_suggest(fields: Fields) -> SuggestRequest:
    """Read a ``SuggestCommentScoreRequest``. Raises as :func:`read_analyze`."""
    text, text_format = _comment(fields)
    languages = _languages(fields)
    suggestions = [
        suggestion
        for name, scores in fields.entries("attributeScores", most=MOST_ATTRIBUTES)
        for suggestion in _suggestions(name, scores, text)
    ]
    _context(fields)
    fields.text("sessionId", most=_LONGEST_TOKEN)
    about = Suggested(
        text=text,
        format=text_format,
        language=languages[0] if languages else "",
        community=fields.text("communityId", most=_LONGEST_COMMUNITY),
        client_token=fields.text("clientToken", most=_LONGEST_TOKEN),
    )
    fields.end()
    if not suggestions:
        raise analyzer_error("INVALID_REQUEST", "Missing attribute_scores")
    return SuggestRequest(about, tuple(suggestions), languages)


def utf16_length(text: str) -> int:
    """Return how many UTF-16 units a text has: places in texts are told in these."""
    return len(text) + len(_ASTRAL.findall(text))


def _comment(fields: Fields) -> tuple[str, TextFormat]:
    comment = fields.object("comment")
    text, text_format = _entry(comment) if comment else ("", TextFormat.PLAIN)
    size = len(text.encode())
    if size > MOST_TEXT_BYTES:
        raise analyzer_error(
            "COMMENT_TOO_LONG",
            f"Comment text was too many bytes. Value ({size}) exceeded limit ({MOST_TEXT_BYTES}).",
        )
    if not plain_text(text, text_format).text.strip():
        raise analyzer_error("COMMENT_EMPTY", "Comment must be non-empty.")
    return text, text_format


def _entry(entry: Fields) -> tuple[str, TextFormat]:
    text = entry.text("text")
    kind = entry.choice("type", tuple(_TEXT_TYPES), f"{_PACKAGE}.TextEntry.TextType")
    entry.end()
    return text, _TEXT_TYPES[kind]


def _languages(fields: Fields) -> tuple[str, ...]:
    return fields.texts("languages", most=_MOST_LANGUAGES, each=_LONGEST_LANGUAGE)


def _context(fields: Fields) -> str:
    """Return the readable text of what a comment answers, empty if it is not told."""
    context = fields.object("context")
    if context is None:
        return ""
    entries = context.objects("entries", most=_MOST_ENTRIES)
    thread = context.object("articleAndParentComment")
    context.end()
    if entries and thread:
        raise analyzer_error(
            "INVALID_REQUEST",
            "Context can have either entries or article_and_parent_comment, "
            "but both fields were populated.",
        )
    if thread:
        entries = [entry for name in ("article", "parentComment") if (entry := thread.object(name))]
        thread.end()
    return "\n\n".join(plain_text(*_entry(entry)).text for entry in entries)


def _parameters(name: str, parameters: Fields) -> float | None:
    """Check what is asked of an attribute; return the score from which it is wanted."""
    if attribute_of(name) is None:
        raise _unknown(name)
    threshold = parameters.number("scoreThreshold")
    _score_type(name, parameters, "scoreType", "AttributeParameters.ScoreType")
    parameters.end()
    return threshold


def _suggestions(name: str, scores: Fields, text: str) -> list[Suggestion]:
    attribute = attribute_of(name)
    if attribute is None:
        raise _unknown(name)
    found = []
    summary = scores.object("summaryScore")
    if summary:
        found.append(Suggestion(attribute, _score(name, summary), Span(0, len(text))))
    for each in scores.objects("spanScores", most=_MOST_SPANS):
        span = _span(each, text)
        score = each.object("score")
        each.end()
        if score is None:
            raise analyzer_error("INVALID_REQUEST", "A span score has no score.")
        found.append(Suggestion(attribute, _score(name, score), span))
    scores.end()
    if not found:
        raise analyzer_error("INVALID_REQUEST", f"No score for attribute {name}")
    return found


def _score(name: str, score: Fields) -> float:
    value = score.number("value")
    _score_type(name, score, "type", "Score.ScoreType")
    score.end()
    if value is None or not 0.0 <= value <= 1.0:
        raise analyzer_error(
            "INVALID_REQUEST", f"The score of attribute {name} is not between 0 and 1."
        )
    return value


def _score_type(name: str, fields: Fields, field: str, type_name: str) -> None:
    given = fields.choice(field, _SCORE_TYPES, f"{_PACKAGE}.{type_name}")
    if given not in _SCORE_TYPES[:2]:
        raise analyzer_error(
            "INVALID_REQUEST",
            f"Requested score type {given} is not supported by attribute {name}",
        )


def _span(fields: Fields, text: str) -> Span:
    """Return a place that is told in UTF-16 units in characters."""
    begin, end = fields.whole("begin"), fields.whole("end")
    units = text.encode("utf-16-le")
    begin, end = begin or 0, len(units) // 2 if end is None else end
    if not begin < end <= len(units) // 2:
        raise analyzer_error("INVALID_REQUEST", "A span is not within the comment.")
    before, through = units[: 2 * begin], units[: 2 * end]
    return Span(*(len(part.decode("utf-16-le", "ignore")) for part in (before, through)))


def _unknown(name: str) -> Exception:
    shown = name[:100].encode("ascii", "replace").decode()
    return analyzer_error("INVALID_REQUEST", f"Unknown requested attribute: {shown}")
