"""The kinds of leftovers are known, not single sentences: several wordings of each, two by two."""

from __future__ import annotations

import tomllib
from html import escape
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pytest

from moderation.detectors.base import Context
from moderation.detectors.explanations import MESSAGES
from moderation.detectors.scraped import ScrapedDetector
from moderation.types import Assessment, TextFormat
from tests.scraped.texts import article, bodies

#: Sites put these into the texts of their own authors, or such texts have them anyway.
DATES_AND_CREDITS = {"credits and captions", "dates and reading times"}
LIGHT = {*DATES_AND_CREDITS, "fields of a publishing form"}


class Wording(NamedTuple):
    """One leftover: ``alone`` says that it makes a body a possible case by itself."""

    text: str
    kind: str
    categories: frozenset[str]
    place: str
    alone: bool


def name_of(value: object) -> str:
    return f"{value.kind}: {value.text[:40]}" if isinstance(value, Wording) else ""


def read_kinds() -> list[Wording]:
    data = tomllib.loads((Path(__file__).parent / "texts" / "kinds.toml").read_text("utf-8"))
    return [
        Wording(text, kind["name"], frozenset(kind["category"]), kind["place"], kind["alone"])
        for kind in data["kind"]
        for text in kind["texts"]
    ]


WORDINGS = read_kinds()
CASES = list(zip(WORDINGS, cycle(bodies()), strict=False))
FURNITURE = [w for w in WORDINGS if not w.alone and w.kind not in LIGHT]
#: Neighbours are of one kind, these are far apart.
PAIRS = [
    pair
    for pair in zip(FURNITURE, FURNITURE[37:] + FURNITURE[:37], strict=True)
    if pair[0].kind != pair[1].kind
]


def placed(wording: Wording, body: str) -> str:
    paragraphs = body.split("\n\n")
    at = {"top": 0, "middle": 2, "bottom": len(paragraphs)}[wording.place]
    return "\n\n".join([*paragraphs[:at], wording.text, *paragraphs[at:]])


def detect(text: str, possible: float = 0.4) -> Assessment:
    return ScrapedDetector(possible=possible).detect(article(text), Context())


def test_there_are_many_wordings_of_every_kind() -> None:
    names = [wording.kind for wording in WORDINGS]
    assert len(set(names)) >= 15
    assert all(names.count(name) >= 12 for name in set(names))


@pytest.mark.parametrize(("wording", "body"), CASES, ids=name_of)
def test_a_wording_is_reported_where_it_stands(wording: Wording, body: str) -> None:
    text = placed(wording, body)
    start = text.index(wording.text)
    # A threshold that everything passes: also what is too weak to flag has its evidence.
    findings = detect(text, possible=0.01).findings

    evidence = [e for f in findings if f.category in wording.categories for e in f.evidence]
    assert evidence
    for passage in evidence:
        assert start <= passage.start < passage.end <= start + len(wording.text)
        assert passage.explanation in MESSAGES


@pytest.mark.parametrize(
    ("wording", "body"), [case for case in CASES if case[0].alone], ids=name_of
)
def test_what_no_author_writes_is_enough(wording: Wording, body: str) -> None:
    assert detect(placed(wording, body)).findings


@pytest.mark.parametrize(
    ("wording", "body"), [c for c in CASES if c[0].kind in DATES_AND_CREDITS], ids=name_of
)
def test_a_date_or_a_credit_is_never_enough(wording: Wording, body: str) -> None:
    assert detect(placed(wording, body)).findings == ()


def test_two_of_different_kinds_are_a_possible_case() -> None:
    """One of them may be among the weak ones of its kind, which few are."""
    bodies_with_both = [
        placed(one, placed(other, body)) for (one, other), body in zip(PAIRS, cycle(bodies()))
    ]
    flagged = sum(bool(detect(text).findings) for text in bodies_with_both)
    assert flagged >= 0.9 * len(PAIRS)


@pytest.mark.parametrize("wording", WORDINGS[::4], ids=name_of)
def test_quoted_it_is_no_leftover(wording: Wording) -> None:
    paragraphs = "".join(f"<p>{escape(p)}</p>\n" for p in bodies()[0].split("\n\n"))
    lines = "".join(f"<p>{escape(line)}</p>" for line in wording.text.split("\n"))
    text = f"{paragraphs}<blockquote>{lines}</blockquote>"
    document = article(text, TextFormat.HTML)
    assert ScrapedDetector().detect(document, Context()).findings == ()
