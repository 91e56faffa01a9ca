"""Hostile and disguised texts: the words are found, and nothing breaks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice, permutations

import pytest

from moderation.detectors.framing import models
from moderation.detectors.framing.heads import Scores
from moderation.detectors.framing.reading import Read
from moderation.types import TextFormat
from tests.framing.judging import MODELS, flagged, judge, passages
from tests.text.hostile import EDGES

DISGUISED = {
    "zero-width": "you stu\u200bpid id\u200biot",
    "soft hyphen": "you stu\u00adpid id\u00adiot",
    "homoglyph": "уоu stuріd іdіоt",
    "full-width": "ｙｏｕ ｓｔｕｐｉｄ ｉｄｉｏｔ",
    "leet": "you stup1d 1d10t",
    "spaced": "you s t u p i d  i d i o t",
    "dotted": "you s.t.u.p.i.d i.d.i.o.t",
    "repeats": "you stuuuuupid idiooooot",
    "asterisks": "you st*pid idi*t",
    "accents": "you stu\u0301\u0302\u0303\u0304pid idi\u0301\u0302\u0303\u0304ot",
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", DISGUISED)
def test_disguised_words_are_read_and_shown_as_they_stand(kind: str, model: str) -> None:
    text = f"Good morning. {DISGUISED[kind]}"
    assert "attack" in flagged(text, model=model)
    shown = passages(text, "attack", model=model)
    assert any(passage.endswith(DISGUISED[kind][-3:]) for passage in shown)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $100k and 20% more than the mp3 player of 2019.",
        "Version 4.2.0 of the app is on www.example.org/a_b, see @user1 for 1st hand notes.",
        "The U.S.A. and the U.K. signed at 10:30 a.m.",
        "*Really* liked it, **thank you** so much!",
    ],
)
def test_numbers_and_names_are_no_disguise(text: str) -> None:
    assert judge(text).findings == ()


WORDS = [
    "the",
    "of",
    "you",
    "table",
    "car",
    "vote",
    "tax",
    "morning",
    "they",
    "want",
    "in",
    "on",
    "monday",
    "fish",
    "bread",
    ".",
]

ENDLESS = {
    "emoji": "🙂" * 250_000,
    "stacked accents": "z" + "\u0301\u0327\u0336" * 100_000,
    "zero-width": "\u200b" * 100_000 + "you are an idiot",
    "one word": "a" * 5_000_000,
    "surrogates": "\ud800 \udfff" * 50_000,
    "quotation marks": "\" ' " * 50_000,
    "open quotations": '"aa ' * 50_000,
    "insults": "stupid " * 30_000,
    "fillers": "you " + "such a " * 15_000,
    "stars": "f*" * 100_000,
    "marks": "!?" * 100_000,
    "quoted lines": "> a\n" * 50_000,
    "names": "The Xyz " * 20_000,
    "words": " ".join(islice(chain.from_iterable(permutations(WORDS)), 20_000)),
    "signs": "".join(islice(chain.from_iterable(permutations("ab,;!?()*#@1 .")), 50_000)),
    "scripts": "абвгд abc ひら 中文 يا " * 5_000,
    "capitals": "YOU FOOL. " * 10_000,
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_texts_are_judged(kind: str, model: str) -> None:
    """Long enough that a step of quadratic time would hold up the whole run."""
    text = ENDLESS[kind]
    assessment = judge(text, model=model)
    assert 0 <= assessment.scores["framing"] <= 1
    for finding in assessment.findings:
        assert finding.evidence
        for evidence in finding.evidence:
            assert 0 <= evidence.start < evidence.end <= len(text)


@pytest.mark.parametrize("model", MODELS)
def test_ten_times_the_text_is_not_judged_in_detail_ten_times(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What costs most, the model's own work, does not grow with the text."""
    worked_on = []
    judging = models.load(model).judge
    weigh = judging.weigh

    def counted(reads: Sequence[Read]) -> Sequence[Scores]:
        worked_on.append(sum(len(read.text) for read in reads))
        return weigh(reads)

    monkeypatch.setattr(judging, "weigh", counted)
    sizes = []
    for length in (10_000, 100_000):
        worked_on.clear()
        judge(ENDLESS["words"][:length], model=model)
        sizes.append(sum(worked_on))
    screening = 0 if model == "standard" else 100_000
    assert sizes[1] <= 2 * sizes[0] + screening


def test_a_hidden_insult_is_found_in_an_endless_text() -> None:
    text = ENDLESS["zero-width"].replace("an idiot", "a pathetic stupid liar")
    (passage,) = passages(text, "attack")
    assert passage == "you are a pathetic stupid liar"


@pytest.mark.parametrize("format", list(TextFormat))
@pytest.mark.parametrize("kind", EDGES)
def test_edges_are_judged(kind: str, format: TextFormat) -> None:  # noqa: A002
    for model in MODELS:
        assert judge(EDGES[kind], format, model=model).findings == ()
