from __future__ import annotations

import html
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.detectors.base import Context, Deadline, Detector, TimeLimitExceeded
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus, Verdict
from moderation.detectors.explanations import MESSAGES, explain
from moderation.types import Band, Kind, TextFormat
from tests.duplicate.prose import (
    ARTICLES,
    CHOIR,
    HARBOUR,
    IN_OTHER_SCRIPTS,
    LIBRARY,
    NIGHT_BUS,
    ORCHARD,
    article,
    edited,
    generated,
    inserted,
    shuffled,
)

SCRIPTS = list(IN_OTHER_SCRIPTS)


def detect(document, *sources, detector=None, deadline=None):
    corpus = MemoryCorpus(sources)
    context = Context(corpus, deadline or Deadline())
    return (detector or DuplicateDetector()).detect(document, context)


def only_finding(assessment):
    """The one copy; how it was disguised is a finding of its own."""
    (finding,) = (each for each in assessment.findings if each.category != "disguise")
    return finding


def passages(finding, document, source):
    """What the evidence points at, on both sides."""
    return [
        (document.text[e.start : e.end], source.text[e.source_start : e.source_end])
        for e in finding.evidence
    ]


def bare(text):
    return text.casefold().split()


SOURCE = article(HARBOUR, "harbour")


def test_is_a_detector_of_articles_and_comments():
    detector = DuplicateDetector()
    assert isinstance(detector, Detector)
    assert detector.kinds == set(Kind)


# Verdicts


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (HARBOUR, Verdict.EXACT),
        (HARBOUR.upper(), Verdict.EXACT),
        (edited(HARBOUR.split(), 0.1, 1), Verdict.NEAR),
        (edited(HARBOUR.split(), 0.2, 1), Verdict.NEAR),
        (shuffled(HARBOUR.split(), 45, 1), Verdict.REORDERED),
        (HARBOUR.split()[:90], Verdict.CONTAINED),
        (ORCHARD + HARBOUR + NIGHT_BUS, Verdict.CONTAINS),
        (inserted(HARBOUR.split()[40:100], (ORCHARD + CHOIR).split(), 1), Verdict.PARTIAL),
    ],
)
def test_each_way_of_copying_is_found_and_named(body, verdict):
    finding = only_finding(detect(article(body), SOURCE))
    assert finding.category == finding.detail["verdict"] == verdict
    assert finding.kind == "duplicate"
    assert finding.source == "harbour"
    assert finding.band != Band.NONE
    assert finding.score >= finding.threshold


def test_an_exact_copy_is_certain():
    assessment = detect(article(HARBOUR), SOURCE)
    finding = only_finding(assessment)
    assert (finding.score, finding.band) == (1.0, Band.LIKELY)
    assert {key: value for key, value in finding.detail.items() if key != "provenance"} == {
        "verdict": "exact",
        "coverage": 1.0,
        "source_coverage": 1.0,
        "longest_run": 181,
        "words": 181,
    }
    assert assessment.scores["exact"] == 1.0
    assert assessment.scores["near"] == 0.0


def test_each_source_has_its_finding_the_best_first():
    body = inserted(ORCHARD.split()[:60], HARBOUR.split(), 1)
    assessment = detect(article(body), article(ORCHARD, "orchard"), SOURCE)
    assert [finding.source for finding in assessment.findings] == ["harbour", "orchard"]
    scores = [finding.score for finding in assessment.findings]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("one", ARTICLES)
def test_unrelated_articles_are_not_flagged(one):
    others = [article(text, key) for key, text in ARTICLES.items() if key != one]
    assessment = detect(article(ARTICLES[one]), *others)
    assert assessment.findings == ()
    assert set(assessment.scores) == {verdict.value for verdict in Verdict} | {"rewrite"}


def test_unrelated_texts_of_one_paper_are_not_flagged():
    corpus = MemoryCorpus(article(generated(seed, 400), f"{seed}") for seed in range(150))
    detector = DuplicateDetector()
    flagged = [
        seed
        for seed in range(1_000, 1_150)
        if detector.detect(article(generated(seed, 400)), Context(corpus)).findings
    ]
    assert flagged == []


def test_generated_edits_are_found_among_many_texts():
    texts = {f"{seed}": generated(seed, 500) for seed in range(100)}
    corpus = MemoryCorpus(article(words, key) for key, words in texts.items())
    detector = DuplicateDetector()
    ways = {
        "full": lambda words, seed: words,
        "10 %": lambda words, seed: edited(words, 0.1, seed),
        "30 %": lambda words, seed: edited(words, 0.3, seed),
        "120 words": lambda words, seed: inserted(
            words[99:219], generated(5_000 + seed, 500), seed
        ),
        "60 words": lambda words, seed: inserted(words[99:159], generated(5_000 + seed, 500), seed),
        "shuffled": lambda words, seed: shuffled(words, 50, seed),
    }
    missed = [
        (way, seed)
        for way, copy in ways.items()
        for seed in range(0, 100, 5)
        if f"{seed}"
        not in {
            finding.source
            for finding in detector.detect(
                article(copy(texts[f"{seed}"], seed)), Context(corpus)
            ).findings
        }
    ]
    assert missed == []


@pytest.mark.parametrize("source", ARTICLES)
def test_short_copies_with_no_fingerprint_left_are_found_by_their_story(source):
    corpus = MemoryCorpus(article(text, key) for key, text in ARTICLES.items())
    for seed in range(6):
        document = article(edited(ARTICLES[source].split(), 0.3, seed))
        finding = only_finding(DuplicateDetector().detect(document, Context(corpus)))
        assert (finding.source, finding.category) in {(source, "near"), (source, "partial")}


# Evidence


@given(st.integers(0, 10_000), st.floats(0, 0.4), st.integers(30, 300))
@settings(deadline=None, max_examples=40)
def test_evidence_lies_inside_and_says_the_same(seed, rate, length):
    source = article(generated(seed, length), "source")
    copy = article(
        inserted(edited(source.text.split(), rate, seed), generated(seed + 1, 200), seed)
    )
    copies = [each for each in detect(copy, source).findings if each.category in set(Verdict)]
    for finding in copies:
        assert 0 <= finding.score <= 1
        assert 0 <= finding.detail["coverage"] <= 1
        assert 0 <= finding.detail["source_coverage"] <= 1
        for evidence in finding.evidence:
            assert 0 <= evidence.start < evidence.end <= len(copy.text)
            assert 0 <= evidence.source_start < evidence.source_end <= len(source.text)
            assert 0 < evidence.weight <= 1
            here = set(bare(copy.text[evidence.start : evidence.end]))
            there = set(bare(source.text[evidence.source_start : evidence.source_end]))
            assert here & there


def test_a_lifted_passage_is_shown_to_the_letter():
    lifted = (
        "Three councillors warned that the figures presented by the port rest on visitor numbers "
        "that no market in the region has ever reached, and asked for a second opinion"
    )
    copy = article(f"{ORCHARD} {lifted}. {LIBRARY}")
    source = article(" ".join(HARBOUR.split()), "harbour")
    finding = only_finding(detect(copy, source))
    ((here, there),) = passages(finding, copy, source)
    assert here == there == lifted
    assert finding.evidence[0].explanation == "duplicate.passage.verbatim"
    assert finding.evidence[0].params == {"words": 29, "length": 29}


def test_an_edited_passage_says_how_much_of_it_is_the_same():
    copy = article(" ".join(edited(HARBOUR.split(), 0.15, 1)))
    finding = only_finding(detect(copy, SOURCE))
    edited_passages = [e for e in finding.evidence if e.explanation == "duplicate.passage.edited"]
    assert edited_passages
    assert all(e.params["words"] < e.params["length"] for e in edited_passages)
    assert sum(e.weight for e in finding.evidence) == pytest.approx(1)


def test_all_keys_have_words():
    copy = article(" ".join(edited(HARBOUR.split(), 0.15, 1)))
    notes = {
        *DuplicateDetector().detect(copy, Context()).notes,
        *detect(article("Too few words."), SOURCE).notes,
    }
    for key in [*notes, *(f"duplicate.verdict.{verdict}" for verdict in Verdict)]:
        assert MESSAGES[key]
    for evidence in only_finding(detect(copy, SOURCE)).evidence:
        assert str(evidence.params["words"]) in explain(evidence.explanation, evidence.params)


def as_html(text):
    paragraphs = (
        "<p class=x>" + html.escape(part).replace("market", "<b>mar</b>ket") + "</p>"
        for part in text.strip().split("\n\n")
    )
    return "<!-- copied -->\n<article>" + "\n".join(paragraphs) + "</article>"


def test_offsets_count_characters_of_the_stored_html():
    copy = article(as_html(HARBOUR), format=TextFormat.HTML)
    finding = only_finding(detect(copy, SOURCE))
    assert finding.category == Verdict.EXACT
    ((here, there),) = passages(finding, copy, SOURCE)
    assert here.startswith("The old ferry terminal")
    assert here.endswith("customs desks used to stand")
    assert "<b>mar</b>ket" in here
    assert there == HARBOUR.strip()[:-1]


def test_offsets_count_characters_of_the_stored_markdown():
    source = article("# News\n\n" + HARBOUR.replace("public market", "**public** market"), "m")
    source = article(source.text, "m", format=TextFormat.MARKDOWN)
    copy = article(HARBOUR)
    finding = only_finding(detect(copy, source))
    (evidence,) = finding.evidence
    assert source.text[evidence.source_start :].startswith("The old ferry")
    assert "**public** market" in source.text[evidence.source_start : evidence.source_end]


# Disguises


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(lambda text: text.replace("a", "\u0430"), id="Cyrillic look-alikes"),
        pytest.param(lambda text: text.replace("er", "e\u00adr"), id="soft hyphens"),
        pytest.param(lambda text: text.replace("th", "t\u200bh"), id="zero-width spaces"),
        pytest.param(lambda text: text.replace(" ", "\u00a0"), id="no-break spaces"),
        pytest.param(lambda text: "“" + text.strip() + "”", id="in quotation marks"),
        pytest.param(str.title, id="title case"),
        pytest.param(lambda text: text.replace(",", " –").replace(".", "!"), id="punctuation"),
    ],
)
def test_disguised_copies_are_found(disguise):
    assert only_finding(detect(article(disguise(HARBOUR)), SOURCE)).detail["coverage"] >= 0.98


def test_an_arabic_copy_with_vowel_signs_is_exact():
    text, _other = IN_OTHER_SCRIPTS["arabic"]
    pointed = text.replace("ل", "ل\u064e").replace("م", "م\u064f")
    assert pointed != text
    assert only_finding(detect(article(pointed), article(text, "a"))).category == Verdict.EXACT


def test_entities_disguise_nothing():
    body = "".join(f"&#{ord(char)};" if char == "e" else char for char in HARBOUR)
    copy = article(body, format=TextFormat.HTML)
    assert only_finding(detect(copy, SOURCE)).category == Verdict.EXACT


# Scripts


@pytest.mark.parametrize("script", SCRIPTS)
def test_copies_are_found_in_every_script(script):
    one, other = IN_OTHER_SCRIPTS[script]
    source = article(one, "source")
    assert only_finding(detect(article(one), source)).category == Verdict.EXACT

    half = one[: len(one) // 2]
    copy = article(other + half)
    finding = only_finding(detect(copy, source))
    assert finding.category == Verdict.PARTIAL
    ((here, there),) = passages(finding, copy, source)
    assert there in one
    assert here in other + half
    assert len(here) >= 0.9 * len(half)


@pytest.mark.parametrize("script", SCRIPTS)
def test_edited_copies_are_found_in_every_script(script):
    one, _ = IN_OTHER_SCRIPTS[script]
    third = len(one) // 3
    changed = one[:third] + one[third + 4 : 2 * third] + "…" + one[2 * third + 3 :]
    finding = only_finding(detect(article(changed), article(one, "source")))
    assert finding.category == Verdict.NEAR
    assert finding.detail["coverage"] >= 0.9


@pytest.mark.parametrize("script", SCRIPTS)
def test_unrelated_texts_are_not_flagged_in_any_script(script):
    one, other = IN_OTHER_SCRIPTS[script]
    assert detect(article(one), article(other, "other")).findings == ()


@pytest.mark.parametrize(("left", "right"), list(combinations(SCRIPTS, 2)))
def test_scripts_do_not_match_each_other(left, right):
    source = article(IN_OTHER_SCRIPTS[right][0], "other")
    assert detect(article(IN_OTHER_SCRIPTS[left][0]), source).findings == ()


# What is not copying

STATEMENT = (
    "We have looked at every column in these tables and we cannot find the visitors on whom this "
    "project is supposed to stand, and until somebody shows them to us we shall not lend our name "
    "to a market that exists only on paper"
)
REPORT = f"{ORCHARD}\n\n{STATEMENT}.\n\n{CHOIR}"


@pytest.mark.parametrize(
    ("body", "text_format"),
    [
        (f"{HARBOUR} “{STATEMENT},” said the treasurer.", TextFormat.PLAIN),
        (f"{HARBOUR} The treasurer wrote: «{STATEMENT}».", TextFormat.PLAIN),
        (f"<p>{HARBOUR}</p><blockquote>{STATEMENT}</blockquote>", TextFormat.HTML),
        (f"{HARBOUR}\n\n> {STATEMENT}\n\n{LIBRARY}", TextFormat.MARKDOWN),
    ],
)
def test_an_attributed_quotation_is_not_copying(body, text_format):
    assessment = detect(article(body, format=text_format), article(REPORT, "report"))
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.quotation",)


def test_the_same_words_without_quotation_are_copying():
    body = f"{HARBOUR} {STATEMENT}. {LIBRARY}"
    assert only_finding(detect(article(body), article(REPORT, "report"))).source == "report"


def test_a_text_that_is_mostly_quotation_is_copying():
    body = f"<p>Worth reading today.</p><blockquote>{HARBOUR}</blockquote>"
    copy = article(body, format=TextFormat.HTML)
    assert only_finding(detect(copy, SOURCE)).band == Band.LIKELY


def test_a_copied_article_is_copied_together_with_its_quotations():
    source = article(f"{HARBOUR} “{STATEMENT},” said the treasurer. {LIBRARY}", "source")
    assert only_finding(detect(article(source.text), source)).category == Verdict.EXACT
    longer = article(f"{source.text} {CHOIR}")
    assert only_finding(detect(longer, source)).category == Verdict.CONTAINS


def test_ones_own_earlier_text_is_not_copying():
    earlier = article(HARBOUR, "earlier", author="user:1")
    assessment = detect(article(HARBOUR, author="user:1"), earlier)
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.own_text",)
    assert detect(article(HARBOUR, author="user:2"), earlier).findings


def test_texts_without_an_author_do_not_share_one():
    assert detect(article(HARBOUR), article(HARBOUR, "source")).findings


def test_a_short_shared_passage_is_not_copying():
    shared = "on the first Sunday of each month, when volunteers of the historical society"
    body = f"{ORCHARD} Tours are held {shared} have time. {LIBRARY}"
    assert detect(article(body), SOURCE).findings == ()


def test_the_original_is_not_flagged_for_its_copies():
    corpus = MemoryCorpus([SOURCE, article(HARBOUR, "copy")])
    detector = DuplicateDetector()
    assert detector.detect(article(HARBOUR, "harbour"), Context(corpus)).findings == ()
    copy = detector.detect(article(HARBOUR, "copy"), Context(corpus))
    assert only_finding(copy).source == "harbour"


# What is not assessed


def test_without_a_corpus_nothing_is_assessed():
    assessment = DuplicateDetector().detect(article(HARBOUR), Context())
    assert (assessment.findings, dict(assessment.scores)) == ((), {})
    assert assessment.notes == ("duplicate.note.no_corpus",)


@pytest.mark.parametrize("text", ["", " \n", "!!! ???", "We open in spring."])
def test_a_text_of_few_words_is_not_assessed(text):
    assessment = detect(article(text), article(text, "source"))
    assert (assessment.findings, dict(assessment.scores)) == ((), {})
    assert assessment.notes == ("duplicate.note.too_short",)


def test_a_source_that_has_gone_is_passed_over():
    class Forgetful(MemoryCorpus):
        def document(self, key):
            return None

    assessment = DuplicateDetector().detect(article(HARBOUR), Context(Forgetful([SOURCE])))
    assert assessment.findings == ()


def test_the_time_limit_ends_the_comparison():
    with pytest.raises(TimeLimitExceeded):
        detect(article(HARBOUR), SOURCE, deadline=Deadline(at=0.0))


# Options


def test_thresholds_are_options():
    body = article(inserted(HARBOUR.split()[40:100], (ORCHARD + CHOIR).split(), 1))
    score = only_finding(detect(body, SOURCE)).score
    strict = DuplicateDetector(possible=score + 0.01, likely=0.95)
    assert detect(body, SOURCE, detector=strict).findings == ()
    assert detect(body, SOURCE, detector=strict).scores["partial"] == score
    lenient = DuplicateDetector(possible=0.1, likely=score)
    assert only_finding(detect(body, SOURCE, detector=lenient)).band == Band.LIKELY


def test_the_number_of_sources_is_an_option():
    sources = [article(f"{HARBOUR} {generated(n, 300)}", f"{n}") for n in range(5)]
    detector = DuplicateDetector(max_sources=2)
    assert len(detect(article(HARBOUR), *sources, detector=detector).findings) == 2


@pytest.mark.parametrize(
    "options",
    [{"possible": 0}, {"likely": 1.1}, {"possible": 0.7, "likely": 0.6}, {"max_sources": 0}],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=r"possible|max_sources"):
        DuplicateDetector(**options)


def test_unknown_options_are_refused():
    with pytest.raises(TypeError):
        DuplicateDetector(sensitivity=3)


# Hostile texts


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("spam " * 200_000, id="one word repeated"),
        pytest.param(" ".join(f"w{number}" for number in range(100_000)), id="all words differ"),
        pytest.param("x" * 1_000_000, id="one endless word"),
        pytest.param("“said " * 100_000, id="quotation marks"),
        pytest.param("哈" * 50_000, id="one Chinese character"),
        pytest.param("\x00\ud800 word " * 20_000, id="NUL and lone surrogates"),
        pytest.param("\u0301\u200d\u202e word" * 20_000, id="marks and controls"),
    ],
)
def test_hostile_texts_are_compared(text):
    assessment = detect(article(text), article(text, "source"))
    if assessment.findings:
        assert only_finding(assessment).category == Verdict.EXACT
    else:
        assert assessment.notes == ("duplicate.note.too_short",)
