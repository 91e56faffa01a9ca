from __future__ import annotations

import random
from dataclasses import replace
from itertools import count

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from moderation.corpus import DatabaseCorpus, document_of, get_corpus
from moderation.detectors.base import Allowed, Context, Deadline, TimeLimitExceeded
from moderation.detectors.duplicate import DuplicateDetector, MemoryCorpus
from moderation.detectors.duplicate.comments import MIN_SKETCHED, SKETCH, Comment
from moderation.detectors.duplicate.repeats import LISTED, MOST_COUNTED
from moderation.detectors.explanations import MESSAGES, explain
from moderation.models import (
    Case,
    CaseState,
    Finding,
    Fingerprint,
    IndexedDocument,
    Scan,
    ScanState,
    Snapshot,
    Subject,
)
from moderation.services.scanning import run_scan
from moderation.text.document import Document
from moderation.text.storage import text_hash
from moderation.types import Band, Kind, TextFormat
from tests.duplicate.prose import HARBOUR, generated
from tests.duplicate.saved import new_subject, take_snapshot
from tests.site.models import Article
from tests.site.models import Comment as HostComment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

WATCHES = (
    "Luxury watches at half price, straight from the workshop and with a certificate, order "
    "before Sunday evening and pick the leather strap that suits you, delivery takes three days."
)
SHORT = "Luxury watches at half price, order yours from the harbour workshop before Sunday evening"


class Memory:
    """Comments in memory, written one after the other."""

    def __init__(self):
        self.corpus = MemoryCorpus()
        self._numbers = count(1)

    def post(self, text, *, by="", under="bridge", **fields):
        number = next(self._numbers)
        document = Document(
            text,
            Kind.COMMENT,
            key=f"comment:{number}",
            work=f"work:{number}",
            author=by,
            parent=under,
            **fields,
        )
        self.corpus.add(document)
        return document


class Database:
    """Comments in the database, indexed as scans do it."""

    def __init__(self):
        self.corpus = get_corpus()
        self._numbers = count(1)
        self._articles = {}

    def post(self, text, *, by="", under="bridge", format=TextFormat.PLAIN):  # noqa: A002
        if under and under not in self._articles:
            self._articles[under] = new_subject(f"article {under}")
        subject = Subject.objects.create(
            model_label="site.comment",
            object_id=str(next(self._numbers)),
            database="default",
            kind=Kind.COMMENT.value,
            author_key=by,
            parent=self._articles.get(under),
        )
        return self.write(subject, text, format=format)

    def edit(self, document, text):
        pk = self.corpus.snapshot_id(document.key)
        return self.write(Subject.objects.get(snapshots=pk), text)

    def write(self, subject, text, **fields):
        snapshot = take_snapshot(subject, text, **fields)
        document = document_of(snapshot)
        self.corpus.index(snapshot.pk, document)
        return document


@pytest.fixture(params=[Memory, Database])
def wall(request):
    return request.param()


def assess(wall, document, **fields):
    fresh = replace(document)  # a scan reads it anew
    return DuplicateDetector().detect(fresh, Context(wall.corpus, **fields))


def finding(wall, document, **fields):
    """Return the only finding, or None."""
    found = assess(wall, document, **fields).findings
    assert len(found) <= 1
    return found[0] if found else None


def spread(wall, texts):
    """Post each text by another account under another article."""
    return [
        wall.post(text, by=f"user:{number}", under=f"article {number}")
        for number, text in enumerate(texts)
    ]


# What is found


def test_the_third_comment_of_the_same_words_is_flagged_and_lists_the_others(wall):
    first, second, third = spread(wall, [WATCHES] * 3)
    found = finding(wall, third)
    assert (found.kind, found.category, found.band) == ("duplicate", "pasted", Band.POSSIBLE)
    assert found.source == first.key
    assert found.detail == {
        "count": 3,
        "authors": 3,
        "places": 3,
        "more": False,
        "keys": [first.key, second.key],
    }


def test_those_before_it_are_not_flagged(wall):
    first, second, _third = spread(wall, [WATCHES] * 3)
    assert finding(wall, first) is None
    assert finding(wall, second) is None
    assert 0 < assess(wall, second).scores["pasted"] < 0.3


def test_the_evidence_shows_the_words_on_both_sides(wall):
    *_others, first, last = [
        wall.post(f"Hi {name}! {WATCHES} https://{name}.example/{name}", under=name)
        for name in ("Ada", "Ben", "Cleo")
    ]
    found = finding(wall, last)
    (evidence,) = found.evidence
    source = wall.corpus.document(found.source)
    assert last.text[evidence.start : evidence.end] == WATCHES[:-1]
    assert source.text[evidence.source_start : evidence.source_end] == WATCHES[:-1]
    assert first.key in found.detail["keys"]
    assert explain(evidence.explanation, evidence.params) == (
        "Comments that say the same: 3, under different texts: 3, by different accounts: 0."
    )


def test_many_are_likely(wall):
    *_others, last = spread(wall, [SHORT] * 8)
    assert finding(wall, last).band == Band.LIKELY


def test_one_account_under_many_articles_is_found(wall):
    *_others, last = [wall.post(WATCHES, by="user:1", under=f"{number}") for number in range(3)]
    found = finding(wall, last)
    assert (found.detail["authors"], found.detail["places"]) == (1, 3)


def test_many_accounts_under_one_article_are_found(wall):
    *_others, last = [wall.post(WATCHES, by=f"user:{number}") for number in range(6)]
    found = finding(wall, last)
    assert (found.detail["authors"], found.detail["places"]) == (6, 1)
    assert found.band == Band.LIKELY


def test_a_form_sent_twice_is_a_weak_case(wall):
    wall.post(WATCHES, by="user:1")
    twice = wall.post(WATCHES, by="user:1")
    assert finding(wall, twice) is None
    assert assess(wall, twice).scores["pasted"] > 0
    thrice = wall.post(WATCHES, by="user:1")
    assert finding(wall, thrice).band == Band.POSSIBLE
    for _again in range(5):
        last = wall.post(WATCHES, by="user:1")
    assert finding(wall, last).band == Band.POSSIBLE


def test_guests_are_unknown_and_no_account(wall):
    *_others, last = [wall.post(WATCHES) for _guest in range(8)]
    found = finding(wall, last)
    assert (found.detail["count"], found.detail["authors"]) == (8, 0)
    assert found.band == Band.POSSIBLE


# Near-identical after normalisation


@pytest.mark.parametrize(
    "variant",
    [
        SHORT.upper() + "!!!",
        f"Hi Anna, {SHORT}",
        f"@ben_91 {SHORT} @cleo",
        f"{SHORT} 😀😀 🔥",
        f"{SHORT} 83724",
        f"{SHORT} #A83K2",
        f"{SHORT} https://watches.example/?id=4",
        f"{SHORT} www.watches.example",
        f"{SHORT} write to sales@watches.example or call +49 170 1234567",
        SHORT.replace("watches", "w4tches"),
        SHORT.replace("watches", "w a t c h e s"),
        SHORT.replace("half", "haaaaalf"),
        SHORT.replace("a", "\u0430"),  # Cyrillic
        SHORT.replace("order", "or\u00adder"),
        SHORT.replace(" ", "\n"),
        f"> who sells watches?\n{SHORT}",
        f"“Where did you get the watch that you wore?” {SHORT}",
    ],
)
def test_what_spammers_vary_makes_no_difference(variant):
    written, given = Comment(_comment(variant)), Comment(_comment(SHORT))
    extra = ["write", "to", "or", "call"] if "write to" in variant else []
    assert written.words == given.words + extra
    if not extra:
        assert written.fingerprint == given.fingerprint


def _comment(text, **fields):
    return Document(text, Kind.COMMENT, **fields)


def test_markup_makes_no_difference(wall):
    marked = f'<p>{SHORT.replace("half", "<b>half</b>")} <a href="https://x.example/1">here</a></p>'
    spread(wall, [f"{SHORT} here"] * 2)
    last = wall.post(marked, under="elsewhere", format=TextFormat.HTML)
    (evidence,) = finding(wall, last).evidence
    assert marked[evidence.start : evidence.end].startswith("Luxury watches at <b>half</b> price")


def test_a_longer_comment_is_found_with_words_changed(wall):
    words = WATCHES.split()
    variants = [WATCHES]
    for at, other in ((3, "a third"), (9, "seal"), (24, "three")):
        variants.append(" ".join([*words[:at], other, *words[at + 1 :]]))
    *_others, last = spread(wall, variants)
    found = finding(wall, last)
    assert found.detail["count"] == 4
    assert found.source == _others[0].key


def test_other_words_in_the_same_frame_are_another_comment(wall):
    frame = (
        "I have lived in {} for {} years and never once has the council asked anybody what {} "
        "think about {}, so it is hardly a surprise that {} again this {}"
    )
    fillings = [
        ("Stannow", "twelve", "farmers", "drainage", "the meadow flooded", "spring"),
        ("Brann Lane", "four", "parents", "the crossing", "a child was nearly hit", "term"),
        ("the harbour", "thirty", "tenants", "rising rents", "two families left", "month"),
        ("Hollow", "nine", "cyclists", "the gravel path", "somebody fell badly", "winter"),
    ]
    *_others, last = spread(wall, [frame.format(*filling) for filling in fillings])
    assert finding(wall, last) is None


@pytest.mark.parametrize("script", ["chinese", "arabic", "thai"])
def test_works_in_every_script(wall, script):
    from tests.duplicate.prose import IN_OTHER_SCRIPTS

    text = IN_OTHER_SCRIPTS[script][0][:160]
    *_others, last = spread(wall, [text] * 4)
    assert finding(wall, last).detail["count"] == 4


# What is not


@pytest.mark.parametrize(
    "text",
    [
        "Great article!",
        "Thanks for sharing this great article with us, very helpful indeed",
        "+1",
        "lol",
        "😀😀😀",
        "I totally agree with you",
        "Vielen Dank für den tollen Artikel, sehr interessant",
        "Hello @anna!",
        "First!!! 1",
    ],
)
def test_set_phrases_are_not_flagged_however_often(wall, text):
    *_others, last = spread(wall, [text] * 12)
    assert finding(wall, last) is None
    assert assess(wall, last).notes == ("duplicate.note.set_phrase",)


@pytest.mark.parametrize(
    "text",
    [
        "Great article! https://www.watches.example/sale?utm_source=7",
        "nice, see watches.example/sale",
        "Thanks! write to sales@watches.example",
        "call me +49 170 1234567",
    ],
)
def test_short_comments_with_one_link_or_address_are(wall, text):
    first, *_others, last = spread(wall, [text] * 4)
    found = finding(wall, last)
    assert found.detail["count"] == 4
    assert found.source == first.key


def test_a_link_alone_is_shown_whole(wall):
    *_others, last = spread(wall, ["https://watches.example/sale"] * 3)
    (evidence,) = finding(wall, last).evidence
    assert evidence.explanation == "duplicate.pasted.contact"
    assert (evidence.start, evidence.end) == (0, len(last.text))


def test_short_comments_with_different_links_are_not(wall):
    *_others, last = spread(
        wall, [f"Great article! https://example.org/watch?v={number}" for number in range(6)]
    )
    assert finding(wall, last) is None


def test_few_words_need_more_repeats(wall):
    few = "Trains never reach villages beyond those hills"
    comments = spread(wall, [few] * 8)
    assert finding(wall, comments[2]) is None
    assert finding(wall, comments[-1]) is not None


def test_quotations_are_not_the_comments_own_words(wall):
    quote = "> Trains will never reach the villages beyond those steep northern hills again\n"
    *_others, last = [
        wall.post(f"{quote}{answer}", by=f"user:{number}")
        for number, answer in enumerate(["Why?", "So what", "Sadly", "Nonsense", "Never say never"])
    ]
    assert finding(wall, last) is None


def test_a_short_comment_is_found_again_with_a_word_changed(wall):
    variants = [SHORT, SHORT.replace("yours", "one"), SHORT.replace("harbour", "old")]
    *_others, last = spread(wall, [*variants, SHORT.replace("Sunday", "Monday")])
    found = finding(wall, last)
    assert found.detail["count"] == 4
    [passage] = found.evidence
    assert passage.explanation == "duplicate.pasted.repeated"
    assert last.text[passage.start : passage.end] == last.text


def test_short_comments_about_one_thing_are_not_one(wall):
    texts = [
        "The new bridge is too narrow for buses and bicycles to pass each other safely",
        "The new bridge is beautiful but I wonder who will pay for the painting every year",
        "I like the new bridge, my way to work is ten minutes shorter than before",
        "Why was the new bridge built here and not beside the mill where everybody crosses",
    ]
    *_others, last = spread(wall, texts)
    assert finding(wall, last) is None


def test_many_who_quote_the_same_under_one_article_only_answer_it(wall):
    quote = "> Trains will never reach the villages beyond those steep northern hills again\n+1"
    *_others, last = [wall.post(quote, by=f"user:{number}") for number in range(6)]
    assert finding(wall, last).band == Band.POSSIBLE
    assert finding(wall, last).detail["authors"] == 0


def test_a_quotation_mark_in_front_of_every_line_hides_nothing(wall):
    *_others, last = spread(wall, [f"> {WATCHES}"] * 6)
    assert finding(wall, last).band == Band.LIKELY


def test_articles_and_comments_never_meet(wall):
    if isinstance(wall, Database):
        for name in "abc":
            wall.write(new_subject(name), HARBOUR)
    else:
        for name in "abc":
            wall.corpus.add(Document(HARBOUR, Kind.ARTICLE, key=name, work=name))
    comment = wall.post(HARBOUR, under="elsewhere")
    assert finding(wall, comment) is None
    article = Document(HARBOUR, Kind.ARTICLE)
    sources = {each.source for each in assess(wall, article).findings}
    assert sources
    assert comment.key not in sources


# What is allowed


def test_an_allowed_author_may_repeat_and_be_repeated(wall):
    notices = [wall.post(WATCHES, by="user:desk", under=f"{number}") for number in range(4)]
    reader = wall.post(WATCHES, by="user:2")
    allowed = Allowed(authors=frozenset({"user:desk"}))
    assert finding(wall, notices[-1]) is not None
    assert finding(wall, notices[-1], allowed=allowed) is None
    assert finding(wall, reader, allowed=allowed) is None


def test_a_comment_allowed_beside_one_of_its_kind_is_allowed_beside_all(wall):
    first, *_others, last = spread(wall, [WATCHES] * 5)
    allowed = Allowed(works=frozenset({first.work}))
    assessment = assess(wall, last, allowed=allowed)
    assert assessment.findings == ()
    assert assessment.notes == ("duplicate.note.allowed",)


@pytest.mark.parametrize("passages", [(WATCHES,), ("Something else.", f"{WATCHES}!"), (SHORT,)])
def test_passages_that_anybody_may_use_are_left_out(wall, passages):
    text = passages[-1]
    *_others, last = spread(wall, [text] * 5)
    assert finding(wall, last) is not None
    assert finding(wall, last, allowed=Allowed(passages=passages)) is None


def test_what_stands_beside_an_allowed_passage_counts(wall):
    *_others, last = spread(wall, [f"{SHORT}. {WATCHES.replace('watches', 'carpets')}"] * 5)
    assert finding(wall, last, allowed=Allowed(passages=(SHORT,))) is not None


# In time


def test_an_edit_that_says_the_same_keeps_its_place():
    wall = Database()
    first, second, third = spread(wall, [WATCHES] * 3)
    edited = wall.edit(first, f"{WATCHES} 😀")
    assert finding(wall, edited) is None
    found = finding(wall, third)
    assert found.source == edited.key
    assert found.detail["keys"] == [edited.key, second.key]


def test_an_edit_that_changes_a_word_keeps_its_place():
    wall = Database()
    first, _second, third = spread(wall, [WATCHES] * 3)
    edited = wall.edit(first, WATCHES.replace("leather", "rubber"))
    assert finding(wall, edited) is None
    assert finding(wall, third).source == edited.key


def test_an_edit_into_what_others_said_comes_after_them():
    wall = Database()
    harmless = wall.post("A calm and thoughtful remark on the weather of last Tuesday morning.")
    first, *_others = spread(wall, [WATCHES] * 3)
    edited = wall.edit(harmless, WATCHES)
    assert finding(wall, edited).source == first.key


def test_what_an_edit_took_out_is_forgotten():
    wall = Database()
    _first, second, third = spread(wall, [WATCHES] * 3)
    wall.edit(second, "Sorry, that was rude of me.")
    assert finding(wall, third) is None
    assert IndexedDocument.objects.count() == 3
    assert Fingerprint.objects.count() == 2 * SKETCH


def test_the_own_edit_is_no_repeat():
    wall = Database()
    comment = wall.post(SHORT, by="user:1")
    for ending in ("and more", "and even more", "and that is all there is"):
        comment = wall.edit(comment, f"{SHORT} {ending}")
    assert assess(wall, comment).scores == {"pasted": 0.0}


def test_a_deleted_comment_leaves_the_index():
    wall = Database()
    *_others, third = comments = spread(wall, [WATCHES] * 3)
    for comment in comments:
        assert finding(wall, third) is not None or comment is not comments[0]
        subject = Subject.objects.get(snapshots=wall.corpus.snapshot_id(comment.key))
        wall.corpus.unindex(subject_id=subject.pk)
    assert not IndexedDocument.objects.exists()
    assert not Fingerprint.objects.exists()


def test_indexing_again_changes_nothing():
    wall = Database()
    *_others, last = spread(wall, [WATCHES] * 3)
    before = list(IndexedDocument.objects.order_by("pk").values())
    wall.corpus.index(wall.corpus.snapshot_id(last.key), last)
    assert list(IndexedDocument.objects.order_by("pk").values()) == before


def test_a_comment_outside_the_corpus_came_after_all(wall):
    spread(wall, [WATCHES] * 2)
    outside = Document(WATCHES, Kind.COMMENT, parent="elsewhere")
    assert finding(wall, outside).detail["count"] == 3


# Cost and size


def test_a_comment_is_one_row_and_a_longer_one_a_few_numbers_more():
    wall = Database()
    spread(wall, ["Great article!"] * 5 + [SHORT] * 2 + [WATCHES])
    assert IndexedDocument.objects.count() == 8
    assert Fingerprint.objects.count() == 3 * SKETCH


def test_thousands_are_counted_and_not_read():
    wall = Database()
    first = wall.post(SHORT, by="user:0", under="start")
    last = wall.post(SHORT, by="user:1", under="end")
    _multiply(first, 3000)
    wall.corpus.unindex(subject_id=_subject_of(last))
    wall.corpus.index(wall.corpus.snapshot_id(last.key), last)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = finding(wall, last)
    assert found.detail["count"] == 3002
    assert found.detail["more"] is False
    assert len(found.detail["keys"]) == 20
    assert len(queries) <= 6


def test_counting_ends():
    memory = Memory()
    for _copy in range(MOST_COUNTED + LISTED):
        last = memory.post(SHORT)
    found = finding(memory, last)
    assert found.detail["count"] == MOST_COUNTED + 1
    assert found.detail["more"] is True


@pytest.mark.parametrize(("words", "most"), [(11, 1), (14, 2)])
def test_a_comment_nobody_repeats_costs_a_query_or_two(words, most):
    wall = Database()
    comment = wall.post(" ".join(SHORT.split()[:words]))
    with CaptureQueriesContext(connection) as queries:
        assert finding(wall, comment) is None
    assert len(queries) == most


def _subject_of(document):
    return Subject.objects.get(snapshots=DatabaseCorpus.snapshot_id(document.key)).pk


def _multiply(document, times):
    """Write comments of the same words, straight into the tables."""
    exact = IndexedDocument.objects.get(subject=_subject_of(document)).exact
    subjects = Subject.objects.bulk_create(
        Subject(model_label="site.comment", object_id=f"m{n}", database="default", kind="comment")
        for n in range(times)
    )
    snapshots = Snapshot.objects.bulk_create(
        Snapshot(subject=subject, text=SHORT, text_hash=text_hash(SHORT), length=len(SHORT))
        for subject in subjects
    )
    params = IndexedDocument.objects.values_list("params", flat=True)[0]
    IndexedDocument.objects.bulk_create(
        IndexedDocument(
            subject=snapshot.subject, snapshot=snapshot, exact=exact, params=params, story=0
        )
        for snapshot in snapshots
    )


# Memory and database agree


def test_finds_exactly_what_a_corpus_in_memory_finds():
    lot = random.Random(11)
    memory, database = Memory(), Database()
    bases = [" ".join(generated(seed, 8 + 6 * seed)) for seed in range(12)]
    for _post in range(150):
        text = lot.choice(bases)
        words = text.split()
        if lot.random() < 0.5:
            words[lot.randrange(len(words))] = "elsewhere"
        values = {"by": f"user:{lot.randrange(9)}", "under": f"{lot.randrange(9)}"}
        here = database.post(" ".join(words), **values)
        there = memory.post(" ".join(words), **values)
        ours, theirs = assess(database, here), assess(memory, there)
        assert ours.scores == theirs.scores
        assert [_facts(each) for each in ours.findings] == [_facts(e) for e in theirs.findings]


def _facts(found):
    counts = {name: found.detail[name] for name in ("count", "authors", "places", "more")}
    return found.category, found.score, found.evidence, counts


# Hostile input and invariants


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\0", ">", '"', "@", "1" * 1000, "> " * 1000, "a" * 100_000),
        *("spam " * 20_000, "http://" * 5000, "\ud800" * 50, "\n> a" * 5000),
    ],
)
def test_no_text_is_too_odd(text):
    memory = Memory()
    comments = [memory.post(text, under=f"{number}") for number in range(3)]
    for comment in comments:
        assert set(assess(memory, comment).scores) <= {"pasted"}


def test_the_deadline_is_kept():
    with pytest.raises(TimeLimitExceeded):
        assess(Memory(), _comment(WATCHES), deadline=Deadline(at=0))


def test_without_a_corpus_nothing_is_compared():
    assessment = DuplicateDetector().detect(_comment(WATCHES), Context())
    assert assessment.notes == ("duplicate.note.no_corpus",)


@given(st.text(max_size=400))
def test_a_comment_is_read_the_same_every_time(text):
    first, second = Comment(_comment(text)), Comment(_comment(text))
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint.hashes) <= SKETCH
    assert bool(first.fingerprint.exact) == first.is_comparable
    for at in range(len(first.words)):
        span = first.original_span(at, at + 1)
        assert 0 <= span.start < span.end <= len(text)


@given(
    st.lists(st.sampled_from(SHORT.lower().split()), min_size=12, max_size=40),
    st.sampled_from(["", "!", "!!!", " 😀", " 123", " 4711 0815", " https://x.example/abc"]),
)
def test_endings_make_no_difference_to_comments_that_say_something(words, ending):
    text = " ".join(words)
    given_words, with_ending = Comment(_comment(text)), Comment(_comment(text + ending))
    assert given_words.words == with_ending.words


@given(st.integers(0, 10**6), st.integers(MIN_SKETCHED + 3, 120))
def test_one_changed_word_is_found_whatever_the_words(seed, length):
    memory = Memory()
    words = [*generated(seed, length - 1), "indeed"]  # no number at the end
    at = seed % length
    changed = [*words[:at], "zanzibar", *words[at + 1 :]]
    for number in range(2):
        memory.post(" ".join(words), by=f"user:{number}", under=f"{number}")
    last = memory.post(" ".join(changed), by="user:9", under="9")
    assert assess(memory, last).scores["pasted"] >= 0.3


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_more_repeats_never_lower_the_score(posts):
    memory = Memory()
    scores = []
    for author, article in posts:
        comment = memory.post(WATCHES, by=f"{author or ''}", under=f"{article or ''}")
        scores.append(assess(memory, comment).scores["pasted"])
    assert scores == sorted(scores)
    assert all(0 <= score <= 1 for score in scores)


def test_every_reason_has_words():
    keys = ("pasted.repeated", "pasted.contact", "note.set_phrase", "note.allowed")
    assert all(f"duplicate.{key}" in MESSAGES for key in keys)


# Through the house


def test_the_third_save_opens_a_case_that_names_the_others(django_user_model):
    authors = [django_user_model.objects.create(username=name) for name in "abc"]
    articles = [Article.objects.create(headline=name, body=name) for name in "abc"]
    for article, author in zip(articles, authors, strict=True):
        HostComment.objects.create(article=article, author=author, body=WATCHES)
    _run_scans()
    first, second, _third = Snapshot.objects.filter(subject__kind="comment").order_by("pk")
    found = Finding.objects.get(kind="duplicate")
    assert (found.category, found.band, found.source) == ("pasted", "possible", first)
    assert found.detail["keys"] == [DatabaseCorpus.key(first.pk), DatabaseCorpus.key(second.pk)]
    assert (found.detail["count"], found.detail["authors"], found.detail["places"]) == (3, 3, 3)
    case = Case.objects.get(state=CaseState.OPEN)
    assert case.subject.object_id == str(HostComment.objects.latest("pk").pk)


def test_a_deleted_comment_no_longer_counts(django_capture_on_commit_callbacks):
    articles = [Article.objects.create(headline=name, body=name) for name in "abc"]
    for article in articles[:2]:
        HostComment.objects.create(article=article, body=WATCHES)
    _run_scans()
    with django_capture_on_commit_callbacks(execute=True):
        HostComment.objects.earliest("pk").delete()
    HostComment.objects.create(article=articles[2], body=WATCHES)
    _run_scans()
    assert not Finding.objects.filter(kind="duplicate").exists()


def test_comments_that_were_there_before_are_found_in_the_order_of_the_walk():
    articles = [Article.objects.create(headline=name, body=name) for name in "abcd"]
    rows = HostComment.objects.bulk_create(
        HostComment(article=article, body=WATCHES) for article in articles
    )
    call_command("moderation_scan", "site.Comment", "--inline")
    found = Finding.objects.filter(kind="duplicate").order_by("pk")
    flagged = list(found.values_list("scan__snapshot__subject__object_id", flat=True))
    assert flagged == [str(row.pk) for row in rows[2:]]
    assert {each.source.subject.object_id for each in found} == {str(rows[0].pk)}


def _run_scans():
    for scan in Scan.objects.filter(state=ScanState.QUEUED).order_by("pk"):
        run_scan(scan.pk)
