"""Words spelled so that a comparison would miss them are found, innocent spellings are not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.detectors.base import Context, Deadline, TimeLimitExceeded
from moderation.detectors.duplicate import DuplicateDetector
from moderation.detectors.duplicate.disguise import disguise, disguised_words, with_disguise
from moderation.detectors.duplicate.memory import MemoryCorpus
from moderation.detectors.duplicate.verdict import Verdict
from moderation.detectors.explanations import MESSAGES
from moderation.text.document import Document
from moderation.types import Assessment, Band, Finding, Kind, TextFormat

STORY = (
    "The market hall on the square gets a new roof before winter. Carpenters measured the old "
    "beams last week and found more rot than anybody had feared. Traders move to the yard of the "
    "former brewery until spring, where heated stalls and a covered walk are being prepared. "
    "Rents stay the same, says the council, and nobody loses a place. Some farmers doubt that "
    "customers will follow them across the river, since the bridge is narrow and often closed. "
    "A small bus is to run between both banks on market days, free of charge for everybody who "
    "carries a basket. The roof itself is paid for by a fund that an emigrant left to the town."
)
WORDS = [match for match in re.finditer(r"[A-Za-z]+", STORY) if len(match.group()) > 3]

#: The same few sentences by their languages, all of them written for this test.
CLEAN = {
    "English": "“Well,” she said – it’s a naïve café, isn’t it? The 1,200 m² hall… costs €5.",
    "German": "Die Ge\xadsell\xadschaft für Dampf\xadschiff\xadfahrt druckt die Auf\u200clage neu.",
    "French": "« L’été dernier », dit-il, « nous étions à Nîmes ; c’était bœuf\xa0! »",
    "Spanish": "¿Dónde está la niña? ¡Aquí, señor! El pingüino cruzó la avenida 3.ª.",
    "Czech": "Prst vlka ve čtvr\xadtek zmrzl; příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Turkish": "İstanbul’da ılık bir gün; ışık gölün üstünde, çiçekler dağın eteğinde.",
    "Vietnamese": "Người dân ở thành phố đều biết rằng con đường này rất đẹp và dài.",
    "Russian": "За\u0301мок стоит на горе, а замо\u0301к висит на двери. Ехать надо на Т-34.",
    "Greek": "Το λιμάνι της Αθήνας είναι γεμάτο από μικρά καΐκια και ψαράδες.",
    "Arabic": "ذهب الولد إلى الســوق \u200fوعاد مع أخيه قبل غروب الشمس.",
    "Persian": "می\u200cخواهم کتاب\u200cها را به خانه\u200cی دوستم ببرم و برگردم.",
    "Hindi": "नमस्\u200dते दोस्तों, आज बाज़ार में बहुत भीड़ है और बारिश भी।",
    "Japanese": "東京タワーは１９５８年にＴＯＫＹＯに建てられた。ＡＢＣ放送です。",
    "Chinese": "市场大厅今年冬天之前会有一个新屋顶，ＡＢＣ公司说。",
    "Thai": "ตลาดจะมีหลังคาใหม่ก่อนฤดูหนาวและทุกคนดีใจมาก",
}

INNOCENT = {
    "a byte order mark": "\ufeff" + STORY,
    "a name in its own script": STORY + " The poet Сара Мао read there, and Κατο sang.",
    "formulas": STORY + " Let 𝑥 ∈ ℝ and 𝑓(𝑥) = 𝑎𝑥² + 𝑏; then ‖𝑣⃗‖ ≠ 0, at 20 ℃, says №\xa07.",
    "a family of emoji": STORY + " 👨‍👩‍👧‍👦 ❤️ 1️⃣ 🏳️‍🌈",
    "an apostrophe in a wrong encoding": " ".join(f"don\x92t{n}" for n in "abcdefghij"),
    "hints where long words may break": "".join(
        f"Schifffahrts\u200bgesellschaft{n} " for n in "abcdefgh"
    ),
    "one slip of the keyboard": STORY + " The c\u0430ptain.",
    "the same odd name again and again": STORY + " К\u043erN is a band." * 40,
    "names in mixed case": STORY + " LaTeX, iPhone, eBay, McDonald, JavaScript and GitHub.",
    "a heading in bold signs": "𝗕𝗿𝗲𝗮𝗸𝗶𝗻𝗴 𝗻𝗲𝘄𝘀: " + STORY,
}

MARKUP = {
    "accented letters as numbers": "<p>" + "caf&#233; na&#239;ve &#8217;tis " * 20 + "</p>",
    "an address hidden from robots": "<p>Write to "
    + "".join(f"&#{ord(char)};" for char in "editor@paper.example")
    + "</p>",
    "places to link to": "<p>"
    + "".join(f'wo<a id="p{n}"></a>rd{chr(97 + n)} ' for n in range(26))
    + "</p>",
    "emphasis within words": "<p>" + "un<em>believ</em>able <b>O</b>nce re<wbr>turn " * 9 + "</p>",
    "letters as numbers in code": "<pre><code>"
    + "".join(f"&amp;#1{n:02};x h&#101;llo{chr(97 + n)} " for n in range(20))
    + "</code></pre>",
}


def document(text: str, format: TextFormat = TextFormat.PLAIN) -> Document:  # noqa: A002
    return Document(text=text, kind=Kind.ARTICLE, format=format)


def found(text: str, format: TextFormat = TextFormat.PLAIN) -> list[str]:  # noqa: A002
    """Return the disguised words as they are stored."""
    given = document(text, format)
    return [text[slice(*given.original_span(*word.span))] for word in disguised_words(given)]


def with_zero_width_space(word: str) -> str:
    return f"{word[:1]}\u200b{word[1:]}"


def with_soft_hyphen(word: str) -> str:
    return f"{word[:1]}\xad{word[1:]}"


def with_lookalike(word: str) -> str:
    looks = str.maketrans("aeopcxy", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443")
    at = next(n for n, char in enumerate(word.lower()) if char in "aeopcxy")
    return word[:at] + word[at].lower().translate(looks) + word[at + 1 :]


def with_override(word: str) -> str:
    return f"{word[:2]}\u202d{word[2:]}"


def with_marks(word: str) -> str:
    return word[:2] + "\u0301\u0302\u0303\u0304\u0305" + word[2:]


DISGUISES: dict[str, Callable[[str], str]] = {
    "invisible": with_zero_width_space,
    "soft hyphen": with_soft_hyphen,
    "homoglyph": with_lookalike,
    "bidi": with_override,
    "combining": with_marks,
}
MARKED_UP: dict[str, Callable[[str], str]] = {
    "a decimal number": lambda word: f"{word[:2]}&#{ord(word[2])};{word[3:]}",
    "a hexadecimal number": lambda word: f"&#x{ord(word[0]):X};{word[1:]}",
    "an empty element": lambda word: f"{word[:1]}<b></b>{word[1:]}",
    "a comment": lambda word: f"{word[:3]}<!-- nothing -->{word[3:]}",
    "an invisible entity": lambda word: f"{word[:2]}&#8203;{word[2:]}",
}


def rewritten(way: Callable[[str], str], chosen: set[int], text: str = STORY) -> str:
    parts, at = [], 0
    for number, match in enumerate(WORDS):
        parts.append(text[at : match.start()])
        parts.append(way(match.group()) if number in chosen else match.group())
        at = match.end()
    return "".join([*parts, text[at:]])


some_words = st.sets(st.integers(0, len(WORDS) - 1), min_size=1, max_size=40).map(
    lambda chosen: {n for n in chosen if set(WORDS[n].group().lower()) & set("aeopcxy")}
)


@pytest.mark.parametrize("way", DISGUISES)
@given(chosen=some_words)
def test_exactly_the_disguised_words_are_found(way: str, chosen: set[int]) -> None:
    text = rewritten(DISGUISES[way], chosen)
    assert found(text) == [DISGUISES[way](WORDS[n].group()) for n in sorted(chosen)]


@pytest.mark.parametrize("way", MARKED_UP)
@given(chosen=some_words)
def test_words_disguised_by_markup_are_found_as_they_are_stored(way: str, chosen: set[int]) -> None:
    text = f"<p>{rewritten(MARKED_UP[way], chosen)}</p>"
    assert found(text, TextFormat.HTML) == [
        MARKED_UP[way](WORDS[n].group()) for n in sorted(chosen)
    ]


@pytest.mark.parametrize("language", CLEAN)
@pytest.mark.parametrize("format", list(TextFormat))
def test_clean_texts_are_left_alone(language: str, format: TextFormat) -> None:  # noqa: A002
    text = CLEAN[language] * 30
    assert found(escape(text) if format is TextFormat.HTML else text, format) == []


@pytest.mark.parametrize("name", INNOCENT)
def test_innocent_spellings_are_not_flagged(name: str) -> None:
    assert disguise(document(INNOCENT[name]), copied=False) is None
    assert disguise(document(INNOCENT[name]), copied=True) is None


@pytest.mark.parametrize("name", MARKUP)
def test_innocent_markup_is_not_flagged(name: str) -> None:
    assert found(MARKUP[name], TextFormat.HTML) == []


def test_hyphenation_is_told_from_words_cut_anywhere() -> None:
    hyphenated = "Ge\xadsell\xadschaft beau\xadti\xadful ca\xadsa ко\xadро\xadва"
    assert found(hyphenated) == []
    assert found("str\xading t\xadhe beaut\xadiful schif\xadffahrt") == ["str\xading", "t\xadhe"]


def test_case_by_turns_is_a_matter_of_looks() -> None:
    words = disguised_words(document("hElLo to the wOrLd of DiSgUiSeS"))
    assert [(word.kind, word.weight) for word in words] == [("case", 0.5)] * 3


def banded(number: int, *, copied: bool) -> Band:
    finding = disguise(document(rewritten(with_lookalike, LONG[number])), copied=copied)
    return Band.NONE if finding is None else finding.band


DIFFERENT = {match.group().lower(): n for n, match in enumerate(WORDS)}
LONG = {
    size: set(
        [n for word, n in DIFFERENT.items() if set(word) & set("aeopcxy")][:size],
    )
    for size in (1, 2, 4, 5, 6, 19, 21)
}


@pytest.mark.parametrize(
    ("number", "alone", "in_a_copy"),
    [
        (1, Band.NONE, Band.NONE),
        (2, Band.NONE, Band.POSSIBLE),
        (4, Band.NONE, Band.POSSIBLE),
        (5, Band.POSSIBLE, Band.LIKELY),
        (19, Band.LIKELY, Band.LIKELY),
    ],
)
def test_a_copy_needs_fewer_words(number: int, alone: Band, in_a_copy: Band) -> None:
    assert banded(number, copied=False) is alone
    assert banded(number, copied=True) is in_a_copy


def test_a_finding_says_where_and_why() -> None:
    text = f"<p>{rewritten(MARKED_UP['a decimal number'], LONG[6])}</p>"
    finding = disguise(document(text, TextFormat.HTML), copied=False)

    assert finding is not None
    assert (finding.kind, finding.category) == ("duplicate", "disguise")
    assert finding.detail == {"words": 6, "kinds": ["entities"]}
    assert finding.score >= finding.threshold
    assert [text[e.start : e.end] for e in finding.evidence] == [
        MARKED_UP["a decimal number"](WORDS[n].group()) for n in sorted(LONG[6])
    ]
    assert {e.explanation for e in finding.evidence} == {"duplicate.disguise.entities"}


@pytest.mark.parametrize(
    "kind", ["invisible", "bidi", "homoglyph", "fullwidth", "combining", "case", "entities"]
)
def test_every_kind_has_its_words(kind: str) -> None:
    assert MESSAGES[f"duplicate.disguise.{kind}"]


def test_an_assessment_is_told_of_the_disguise_with_or_without_a_copy() -> None:
    given = document(rewritten(with_zero_width_space, LONG[2]))
    copy = Finding("duplicate", "near", 0.9, Band.LIKELY, 0.3)

    alone = with_disguise(Assessment(notes=("duplicate.note.no_corpus",)), given, Deadline())
    assert alone.findings == ()
    assert 0 < alone.scores["disguise"] < 0.4
    assert alone.notes == ("duplicate.note.no_corpus",)

    copied = with_disguise(Assessment((copy,), {"near": 0.9}), given, Deadline())
    assert [finding.category for finding in copied.findings] == ["near", "disguise"]
    assert set(copied.scores) == {"near", "disguise"}


def test_the_detector_reports_it_without_a_corpus() -> None:
    given = document(rewritten(with_lookalike, LONG[6]))
    assessment = DuplicateDetector().detect(given, Context())
    (finding,) = assessment.findings
    assert (finding.category, finding.band, finding.source) == ("disguise", Band.POSSIBLE, None)
    assert assessment.notes == ("duplicate.note.no_corpus",)


def test_the_detector_reports_it_beside_the_copy() -> None:
    given = document(rewritten(with_lookalike, LONG[5]))
    corpus = MemoryCorpus([replace(document(STORY), key="source")])
    findings = DuplicateDetector().detect(given, Context(corpus)).findings
    copy, disguised = (f for f in findings if f.category in {*Verdict, "disguise"})
    assert (copy.category, copy.source) == ("exact", "source")
    assert (disguised.category, disguised.band) == ("disguise", Band.LIKELY)


def test_clean_texts_have_no_score_for_it() -> None:
    assessment = DuplicateDetector().detect(document(STORY), Context(MemoryCorpus()))
    assert "disguise" not in assessment.scores


def test_comments_are_left_alone() -> None:
    comment = Document(text=rewritten(with_lookalike, LONG[21]), kind=Kind.COMMENT)
    assert with_disguise(Assessment(), comment, Deadline()) == Assessment()


def test_a_passed_deadline_ends_the_work() -> None:
    with pytest.raises(TimeLimitExceeded):
        with_disguise(Assessment(), document(STORY), Deadline(at=0.0))


HOSTILE = {
    "nothing": "",
    "one soft hyphen after a long word": "a" * 60_000 + "\xadb",
    "soft hyphens": "a\xad" * 40_000,
    "zero-width spaces": "a\u200b" * 40_000,
    "entities": "&#97;" * 30_000,
    "entities in short words": "a&#97;a " * 20_000,
    "empty elements": "a<b></b>" * 20_000,
    "opened elements": "a<b " * 30_000,
    "comments": "a<!--" * 30_000,
    "case by turns": "aB" * 60_000,
    "marks": "a" + "\u0301" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", [TextFormat.PLAIN, TextFormat.HTML])
def test_hostile_texts_are_survived(name: str, format: TextFormat) -> None:  # noqa: A002
    words = disguised_words(document(HOSTILE[name], format))
    spans = [word.span for word in words]
    assert spans == sorted(set(spans))
    finding = disguise(document(HOSTILE[name], format), copied=True)
    assert finding is None or len(finding.evidence) <= 100
