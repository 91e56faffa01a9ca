"""What is flagged, as what, with which words to show."""

from __future__ import annotations

import pytest

from moderation.detectors.base import Context, Deadline, Detector, TimeLimitExceeded
from moderation.detectors.explanations import MESSAGES
from moderation.detectors.framing import FramingDetector, models, scores
from moderation.detectors.framing.detector import FLAGGED, NO_MODEL, NOT_ENGLISH
from moderation.detectors.framing.evidence import LONGEST
from moderation.detectors.framing.patterns import families
from moderation.text.document import Document
from moderation.types import Band, Kind, TextFormat
from tests.framing.judging import MODELS, flagged, judge, passages

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


@pytest.mark.parametrize("model", MODELS)
def test_nearly_all_of_the_obvious_is_flagged_as_what_it_is(model: str) -> None:
    cases = [(category, text) for category, texts in INFLAMMATORY.items() for text in texts]
    missed = [text for category, text in cases if category not in flagged(text, model=model)]
    assert len(missed) <= len(cases) // 6, missed


@pytest.mark.parametrize("model", MODELS)
def test_hardly_anything_harmless_is_flagged(model: str) -> None:
    texts = [text for texts in HARMLESS.values() for text in texts]
    wrong = [text for text in texts if flagged(text, model=model)]
    assert len(wrong) <= len(texts) // 8, wrong


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("category", INFLAMMATORY)
def test_a_category_ranks_its_own_above_the_harmless(category: str, model: str) -> None:
    own = [judge(text, model=model).scores[category] for text in INFLAMMATORY[category]]
    texts = [text for texts in HARMLESS.values() for text in texts]
    others = [judge(text, model=model).scores[category] for text in texts]
    right = sum(mine > theirs for mine in own for theirs in others)
    assert right >= 0.95 * len(own) * len(others)


@pytest.mark.parametrize("model", MODELS)
def test_capitals_are_shouting_only_at_somebody(model: str) -> None:
    for text in INFLAMMATORY["shouting"]:
        assert "shouting" in flagged(text, model=model)
        assert "shouting" not in flagged(text.lower(), model=model)
        calm = f"I read the whole report this morning. {text}"
        assert "shouting" in flagged(calm, model=model)
    for text in HARMLESS["joyful capitals"]:
        assert judge(text, model=model).scores["shouting"] < 0.2


def test_an_insult_is_no_threat() -> None:
    found = flagged("You are a pathetic stupid liar.")
    assert "attack" in found
    assert "threat" not in found


@pytest.mark.parametrize("model", MODELS)
def test_every_score_is_given_for_every_text(model: str) -> None:
    for text in ("You are an idiot.", "Thanks!", "", "12 + 3", "🙂"):
        assessment = judge(text, model=model)
        scores = assessment.scores
        assert set(scores) == {"framing", *FLAGGED, "toxicity", "profanity"}
        assert all(0 <= score <= 1 for score in scores.values())
        for finding in assessment.findings:
            assert scores["framing"] >= finding.score


def test_swearing_at_a_thing_has_a_public_score() -> None:
    swearing = judge("My fucking printer is broken again.")
    calm = judge("My old printer is broken again.")
    assert swearing.scores["profanity"] > 0.5 > calm.scores["profanity"]
    assert {finding.category for finding in swearing.findings} <= set(FLAGGED)


@pytest.mark.parametrize("model", MODELS)
def test_a_finding_says_what_a_moderator_needs(model: str) -> None:
    text = "Dear all. You are a pathetic stupid liar. Kind regards"
    finding = next(f for f in judge(text, model=model).findings if f.category == "attack")
    assert finding.kind == "framing"
    assert finding.band is not Band.NONE
    assert finding.score >= finding.threshold
    assert finding.detail["model"] == model
    assert "framing.attack.insult" in {each.explanation for each in finding.evidence}
    lowest = min(each.params["without"] for each in finding.evidence)
    assert lowest < 100 * finding.score


def test_every_passage_says_what_the_score_would_be_without_it() -> None:
    text = "Thanks for the recipe. All lawyers are vermin and should be shot."
    findings = judge(text).findings
    assert findings
    for finding in findings:
        for each in finding.evidence:
            left = judge(text[: each.start] + " " + text[each.end :]).scores[finding.category]
            assert each.params["without"] == pytest.approx(100 * left, abs=15)


def test_where_only_the_overall_score_flags_the_closest_category_is_named() -> None:
    eager = FramingDetector(thresholds={"framing": 0.001, **dict.fromkeys(FLAGGED, 1.0)})
    found = eager.detect(Document("You are a pathetic liar.", Kind.COMMENT), Context()).findings
    (finding,) = found
    assert finding.detail["decided_by"] == "framing"
    assert finding.threshold == 0.001
    assert finding.evidence


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
        assert 1 <= len(passage.split()) <= LONGEST


def test_every_reason_has_words() -> None:
    keys = {family.key for family in families()}
    keys |= {f"framing.{category}.wording" for category in FLAGGED}
    assert keys | {NOT_ENGLISH, NO_MODEL} <= MESSAGES.keys()


@pytest.mark.parametrize("model", MODELS)
def test_every_finding_has_a_few_short_passages(model: str) -> None:
    for text in (text for texts in INFLAMMATORY.values() for text in texts):
        for finding in judge(text, model=model).findings:
            assert 1 <= len(finding.evidence) <= 5
            for each in finding.evidence:
                passage = text[each.start : each.end]
                assert 1 <= len(passage.split()) <= LONGEST
                assert passage == passage.strip(" .,;:!?\"'")
                assert each.explanation in MESSAGES
                assert 0 <= each.params["without"] <= 100


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("place", [0, 65, 130])
def test_one_sentence_in_a_long_comment_is_found_and_shown(place: int, model: str) -> None:
    sentences = [
        f"The meeting on bus lane {number} went on for two hours and the minutes are online."
        for number in range(130)
    ]
    needle = "You are all vermin and should be shot."
    sentences.insert(place, needle)
    text = " ".join(sentences)
    assert len(text.split()) > 1900
    assert not flagged(text.replace(needle, ""), model=model)
    findings = judge(text, model=model).findings
    assert findings
    at = text.index(needle)
    for finding in findings:
        for each in finding.evidence:
            assert at <= each.start < each.end <= at + len(needle)


class TestMarkup:
    def test_html(self) -> None:
        text = "<p>Good <em>morning</em>.</p><p>You are a <b>stupid</b> lying idiot.</p>"
        assert passages(text, "attack", TextFormat.HTML) == ["You are a <b>stupid</b> lying idiot"]

    def test_html_entities(self) -> None:
        text = "<p>Caf&eacute; &amp; bar: you&#39;re a pathetic liar</p>"
        assert passages(text, "attack", TextFormat.HTML) == ["you&#39;re a pathetic liar"]

    def test_markdown(self) -> None:
        text = "# Hello\n\nGood morning. You are a **stupid** lying idiot."
        assert passages(text, "attack", TextFormat.MARKDOWN) == ["You are a **stupid** lying idiot"]


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
        assert "attack" in flagged("> You are a pathetic stupid liar.")
        assert "attack" in flagged('"You are a pathetic stupid liar."')


class TestLanguage:
    @pytest.mark.parametrize(
        "text",
        [
            "Das ist doch völliger Blödsinn, du Idiot, und das weißt du auch genau.",
            "Du bist ein Idiot und ein Schwein.",
            "Die Stadt will im Park kein neues Haus bauen.",
            "El ayuntamiento no quiere escuchar a los vecinos de este barrio.",
            "No me gusta nada la idea del alcalde, es una persona terrible.",
            "Le maire ne veut pas entendre les habitants de ce quartier.",
            "Tu es un idiot complet et tout le monde le sait.",
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

    def test_a_long_text_in_another_language_is_not_assessed(self) -> None:
        text = "Das ist doch Unsinn, und das weißt du auch. " * 40
        assessment = judge(text)
        assert assessment.notes == ("not_assessed_language",)
        assert set(assessment.scores.values()) == {0.0}
        assert judge(text + "You are a pathetic stupid liar.").findings

    def test_turns_of_phrase_are_found_in_any_language(self) -> None:
        text = "Ich sage es dir noch einmal, you are a pathetic stupid liar und das ist nicht gut."
        assessment = judge(text)
        assert assessment.notes == ("not_assessed_language",)
        (finding,) = assessment.findings
        assert (finding.category, finding.band) == ("attack", Band.POSSIBLE)
        assert passages(text, "attack") == ["you are a pathetic stupid liar"]

    def test_english_within_is_assessed(self) -> None:
        text = "Мэр не хочет слушать жителей этого района. But you are a pathetic stupid liar."
        assert passages(text, "attack") == ["you are a pathetic stupid liar"]

    @pytest.mark.parametrize(
        "text",
        [
            "lol",
            "ok thanks",
            "gr8 m8",
            "ur rite bout teh budget tho",
            "no u",
            "yeah nah cheers bruv innit",
        ],
    )
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
        document = Document("You are a pathetic liar.", Kind.COMMENT)
        never = dict.fromkeys(("framing", *FLAGGED), 1.0)
        assert FramingDetector(thresholds=never).detect(document, Context()).findings == ()
        eager = FramingDetector(thresholds={**never, "threat": 0.0001}).detect(document, Context())
        assert [(f.category, f.threshold) for f in eager.findings] == [("threat", 0.0001)]

    @pytest.mark.parametrize("model", MODELS)
    def test_presets_are_ordered(self, model: str) -> None:
        known = models.load(model).thresholds
        for head in models.DECIDING:
            assert known["cautious"][head] >= known["balanced"][head] >= known["strict"][head]
        texts = [text for texts in (*INFLAMMATORY.values(), *HARMLESS.values()) for text in texts]
        counts = [
            sum(
                bool(detector.detect(Document(text, Kind.COMMENT), Context()).findings)
                for text in texts
            )
            for detector in (FramingDetector(model=model, preset=each) for each in models.PRESETS)
        ]
        assert counts == sorted(counts)

    def test_bands(self) -> None:
        document = Document("You are a pathetic liar.", Kind.COMMENT)
        for bound, band in ((1.0, Band.POSSIBLE), (0.0, Band.LIKELY)):
            findings = FramingDetector(bands={"likely": bound}).detect(document, Context()).findings
            assert {finding.band for finding in findings} == {band}

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
            ({"model": "large"}, ValueError),
            ({"model": "patterns"}, ValueError),
            ({"preset": "mild"}, ValueError),
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


def test_the_deadline_is_looked_at_time_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def check(deadline: Deadline) -> None:
        looks.append(deadline)

    monkeypatch.setattr(Deadline, "check", check)
    FramingDetector().detect(Document("That is fine. " * 1000, Kind.COMMENT), Context())
    assert len(looks) > 20


class TestScores:
    def test_all_heads_and_the_passages_of_what_flags(self) -> None:
        text = "Well, you are a pathetic stupid liar."
        answer = scores(text)
        assert answer["scores"] == judge(text).scores
        assert answer["notes"] == []
        assert set(answer["spans"]) == {"toxicity", *flagged(text)}
        (start, end), *_ = answer["spans"]["attack"]
        assert "liar" in text[start:end]
        assert all(0 <= a < b <= len(text) for spans in answer["spans"].values() for a, b in spans)

    def test_nothing_to_say(self) -> None:
        assert scores("")["spans"] == {"toxicity": []}
        assert scores("Das ist nicht gut und das weißt du.")["notes"] == ["not_assessed_language"]

    def test_an_unknown_name(self) -> None:
        with pytest.raises(ValueError, match="no model 'large'"):
            scores("hello", model="large")
