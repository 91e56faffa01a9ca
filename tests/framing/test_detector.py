"""What is flagged, as what, with which words to show."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from moderation.detectors.base import Context, Deadline, Detector, TimeLimitExceeded
from moderation.detectors.explanations import MESSAGES
from moderation.detectors.framing import FramingDetector
from moderation.detectors.framing.evidence import LONGEST
from moderation.detectors.framing.patterns import CATEGORIES, families
from moderation.text.document import Document
from moderation.types import Band, Kind, TextFormat
from tests.framing.judging import flagged, judge, passages

INFLAMMATORY = {
    "attack": [
        "You are an idiot.",
        "The editor is a pathetic clown who never learns.",
        "Get a life you sad little man.",
        "@dave learn to read before you comment, moron",
    ],
    "dehumanise": [
        "All lawyers are vermin.",
        "Cyclists are parasites, every one of them.",
        "These people are animals and breed like rats.",
    ],
    "threat": [
        "I will find you and break your legs.",
        "Someone should burn his house down tonight.",
        "Watch your back, we know where you live.",
        "Nice house you have. Would be a shame if something happened to it.",
    ],
    "rage_bait": [
        "They want to destroy our country and they hate us. Wake up!",
        "The council are traitors and the enemy of every family in this town.",
    ],
    "profanity_directed": [
        "Fuck off you useless wanker",
        "fuck every one of those bankers, arseholes the lot",
    ],
    "shouting": [
        "SHUT UP YOU STUPID CLOWN!!!",
        "YOU PEOPLE ARE BRAINLESS!!! GET OUT!!!",
    ],
}

HARMLESS = {
    "position": [
        "Abolish the monarchy now.",
        "Immigration should be cut to zero and I will vote for whoever does it.",
        "Taxes on large fortunes must go up, and soon.",
        "All pistols should be banned in this country.",
        "The right to own a gun should never be touched.",
        "Scrap this law, it should die in committee.",
        "Old power plants should be shut down this winter.",
        "This budget is a disaster and the minister should resign over it.",
    ],
    "denied": ["You are not an idiot.", "Nobody here is a liar, the numbers were just old."],
    "reported": [
        'He said "you are an idiot" and was suspended for it.',
        "Calling people vermin is wrong.",
        "She was called a clown in front of the whole class, which is not all right.",
    ],
    "figurative": [
        "We got slaughtered on Saturday, their striker killed us.",
        "This traffic kills me every single morning.",
        "Kill the process and start it again.",
    ],
    "self-directed": ["I am such an idiot, I forgot my keys again."],
    "profanity at things": [
        "The film was shit.",
        "My fucking printer is broken again.",
        "holy shit what a goal",
    ],
    "joyful capitals": ["WE WON THE CUP!!! BEST DAY EVER!!!", "HAPPY BIRTHDAY GRANDMA!!!"],
    "ordinary": [
        "Thanks for the recipe, my kids loved it!",
        "Could you give a source for the second figure?",
        "As a nurse I disagree with the article.",
    ],
}


def cases(groups: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in groups.items() for text in texts]


@pytest.mark.parametrize(("category", "text"), cases(INFLAMMATORY))
def test_the_obvious_is_flagged_as_what_it_is(category: str, text: str) -> None:
    assert category in flagged(text)


@pytest.mark.parametrize(("kind", "text"), cases(HARMLESS))
def test_the_harmless_is_not_flagged(kind: str, text: str) -> None:
    assert flagged(text) == set()


def test_an_insult_is_no_threat() -> None:
    assert flagged("You are an idiot.") == {"attack"}


def test_every_score_is_given_for_every_text() -> None:
    for text in ("You are an idiot.", "Thanks!", "", "12 + 3", "🙂"):
        scores = judge(text).scores
        assert set(scores) == {*CATEGORIES, "framing", "toxicity", "profanity"}
        assert all(0 <= score <= 1 for score in scores.values())
        assert scores["framing"] == max(scores[category] for category in CATEGORIES)


def test_swearing_at_a_thing_has_a_public_score_and_no_finding() -> None:
    assessment = judge("My fucking printer is broken again.")
    assert assessment.findings == ()
    assert assessment.scores["profanity"] > 0.5
    assert judge("My old printer is broken again.").scores["profanity"] < 0.5


def test_a_finding_says_what_a_moderator_needs() -> None:
    (finding,) = judge("Dear all. You are an idiot. Kind regards").findings
    assert (finding.kind, finding.category) == ("framing", "attack")
    assert finding.band is Band.LIKELY
    assert finding.score >= finding.threshold
    (evidence,) = finding.evidence
    assert evidence.explanation == "framing.attack.insult"


@pytest.mark.parametrize(
    ("text", "category", "shown"),
    [
        ("Well, you are an idiot, sir.", "attack", "you are an idiot"),
        ("Good point. Shut up, clown!", "attack", "Shut up"),
        ("I see. I will find you and break your legs.", "threat", "break your legs"),
        ("Please, they want to destroy us all.", "rage_bait", "they want to destroy us"),
    ],
)
def test_the_passage_covers_the_words(text: str, category: str, shown: str) -> None:
    assert any(shown in passage for passage in passages(text, category))
    for passage in passages(text, category):
        assert passage == passage.strip()
        assert len(passage.split()) <= LONGEST


def test_every_reason_has_words() -> None:
    keys = {family.key for family in families()}
    keys |= {f"framing.{category}.wording" for category in CATEGORIES}
    assert keys <= MESSAGES.keys()
    for category, texts in INFLAMMATORY.items():
        for text in texts:
            for finding in judge(text).findings:
                assert finding.evidence, category
                assert {evidence.explanation for evidence in finding.evidence} <= MESSAGES.keys()


def test_one_sentence_in_a_long_comment_is_found() -> None:
    dull = "The meeting on the new bus lane went on for two hours and the minutes are online. "
    needle = "You are a pathetic liar."
    text = dull * 65 + needle + " " + dull * 65
    assert len(text.split()) > 2000
    assert "attack" in flagged(text)
    for passage, finding in zip(passages(text, "attack"), judge(text).findings, strict=False):
        assert passage in needle
        start = finding.evidence[0].start
        assert text.index(needle) <= start < text.index(needle) + len(needle)


class TestMarkup:
    def test_html(self) -> None:
        text = "<p>Good <em>morning</em>.</p><p>You are a <b>stupid</b> idiot.</p>"
        assert passages(text, "attack", TextFormat.HTML) == ["You are a <b>stupid</b> idiot"]

    def test_html_entities(self) -> None:
        text = "<p>Caf&eacute; &amp; bar: you&#39;re an idiot</p>"
        assert passages(text, "attack", TextFormat.HTML) == ["you&#39;re an idiot"]

    def test_markdown(self) -> None:
        text = "# Hello\n\nGood morning. You are a **stupid** idiot."
        assert passages(text, "attack", TextFormat.MARKDOWN) == ["You are a **stupid** idiot"]


class TestQuotedParent:
    @pytest.mark.parametrize("format", [TextFormat.PLAIN, TextFormat.MARKDOWN])
    def test_quoted_lines_are_not_judged(self, format: TextFormat) -> None:  # noqa: A002
        text = "> You are a stupid idiot.\n> Get lost.\n\nPlease stay polite, everyone."
        assert flagged(text, format) == set()

    def test_a_block_quote_is_not_judged(self) -> None:
        text = "<blockquote>You are a stupid idiot.</blockquote><p>Please stay polite.</p>"
        assert flagged(text, TextFormat.HTML) == set()

    def test_the_answer_is_judged(self) -> None:
        text = "> I liked the film.\n\nYou are a stupid idiot."
        assert passages(text, "attack") == ["You are a stupid idiot"]

    def test_quoting_alone_is_no_cover(self) -> None:
        assert "attack" in flagged("> You are a stupid idiot.")
        assert "attack" in flagged('"You are a stupid idiot."')


class TestLanguage:
    @pytest.mark.parametrize(
        "text",
        [
            "Das ist doch völliger Blödsinn, du Idiot, und das weißt du auch genau.",
            "El ayuntamiento no quiere escuchar a los vecinos de este barrio.",
            "Le maire ne veut pas entendre les habitants de ce quartier.",
            "Мэр не хочет слушать жителей этого района.",
            "市长不想听这个社区居民的意见。",
            "رئيس البلدية لا يريد أن يستمع إلى السكان",
        ],
    )
    def test_other_languages_are_not_assessed(self, text: str) -> None:
        assessment = judge(text)
        assert assessment.notes == ("not_assessed_language",)
        assert assessment.findings == ()
        assert set(assessment.scores.values()) == {0.0}

    def test_english_within_is_assessed(self) -> None:
        text = "Мэр не хочет слушать жителей этого района. But you are a pathetic stupid liar."
        assert passages(text, "attack") == ["you are a pathetic stupid liar"]

    @pytest.mark.parametrize("text", ["lol", "ok thanks", "gr8 m8", "ur rite bout teh budget tho"])
    def test_short_or_sloppy_english_is_assessed(self, text: str) -> None:
        assert judge(text).notes == ()

    def test_the_language_of_the_host_decides_where_the_text_can_not(self) -> None:
        assert judge("Genau so", language="de").notes == ("not_assessed_language",)
        assert judge("Well done", language="en-GB").notes == ()


class TestOptions:
    def test_it_is_a_detector(self) -> None:
        detector = FramingDetector()
        assert isinstance(detector, Detector)
        assert detector.name == "framing"
        assert detector.kinds == {Kind.COMMENT}

    def test_thresholds(self) -> None:
        document = Document("You are an idiot.", Kind.COMMENT)
        assert FramingDetector(thresholds={"attack": 1}).detect(document, Context()).findings == ()
        eager = FramingDetector(thresholds={"threat": 0.0001}).detect(document, Context())
        found = {finding.category: finding.threshold for finding in eager.findings}
        assert found == {"attack": 0.6, "threat": 0.0001}

    def test_bands(self) -> None:
        document = Document("You are an idiot.", Kind.COMMENT)
        modest = FramingDetector(bands={"likely": 1.0})
        (finding,) = modest.detect(document, Context()).findings
        assert finding.band is Band.POSSIBLE

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"thresholds": {"rudeness": 0.5}}, ValueError),
            ({"thresholds": {"attack": 1.5}}, ValueError),
            ({"thresholds": {"attack": float("nan")}}, ValueError),
            ({"thresholds": {"attack": "high"}}, TypeError),
            ({"thresholds": {"attack": True}}, TypeError),
            ({"thresholds": [0.5]}, TypeError),
            ({"thresholds": []}, TypeError),
            ({"bands": {"certain": 0.5}}, ValueError),
            ({"bands": {"possible": 0.9}}, ValueError),
            ({"speed": 3}, TypeError),
        ],
    )
    def test_bad_options_are_refused(
        self, options: dict[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            FramingDetector(**options)  # type: ignore[arg-type]


def test_a_passed_deadline_stops_the_work() -> None:
    document = Document("You are an idiot. " * 50, Kind.COMMENT)
    with pytest.raises(TimeLimitExceeded):
        FramingDetector().detect(document, Context(deadline=Deadline(at=0.0)))


def test_the_deadline_is_looked_at_for_every_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def check(deadline: Deadline) -> None:
        looks.append(deadline)

    monkeypatch.setattr(Deadline, "check", check)
    FramingDetector().detect(Document("That is fine. " * 50, Kind.COMMENT), Context())
    assert len(looks) > 50
