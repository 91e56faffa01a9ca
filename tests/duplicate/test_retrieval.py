from __future__ import annotations

import pytest

from moderation.detectors.duplicate.memory import MemoryCorpus
from moderation.detectors.duplicate.reading import Reading
from moderation.detectors.duplicate.retrieval import (
    BOILERPLATE_STORIES,
    FEW_FINGERPRINTS,
    LISTED,
    MAX_PER_STORY,
    MAX_SINGLE_HITS,
    MOST_HITS,
    Hit,
    head_of_story,
    promising,
    rank,
    varied,
)
from tests.duplicate.prose import article, edited, generated, inserted


def own_stories(numbers):
    return {number: number for number in numbers}


def one_story(numbers):
    return dict.fromkeys(numbers, 0)


def ranked(listings, *, exact=(), own=(), stories_of=own_stories):
    return [hit.document for hit in rank(listings, exact, set(own), stories_of).hits]


def test_rare_fingerprints_say_more_than_common_ones():
    assert ranked({1: [7], 2: [3, 4, 5, 6]}) == [7, 3, 4, 5, 6]


def test_equal_hits_come_oldest_first():
    assert ranked({1: [3, 8], 2: [3, 8]}) == [3, 8]


def test_the_same_words_come_first():
    assert ranked({1: [3, 8], 2: [3, 8], 3: [3]}, exact=[8]) == [8, 3]


def test_only_what_stands_before_the_text_itself_counts():
    assert ranked({1: [3, 5, 9], 2: [5, 9]}, own=[5]) == [3]
    assert ranked({1: [3, 5, 9], 2: [5, 9]}, exact=[3, 9], own=[5]) == [3]


def test_a_text_of_several_numbers_keeps_each_passage_from_when_it_came():
    listings = {1: [2, 4], 2: [4, 6]}  # the first passage came in with 2, the second with 6
    assert ranked(listings, own=[2, 6]) == [4]
    assert rank(listings, (), {2, 6}, own_stories).hits[0].hits == 1


def test_boilerplate_is_left_out():
    hot = list(range(LISTED))
    assert ranked({1: hot, 2: [3]}) == [3]


def test_what_was_copied_often_is_no_boilerplate():
    hot = list(range(LISTED))
    assert ranked({1: hot}, stories_of=one_story) == hot


def test_boilerplate_is_learned_before_a_list_is_cut_off():
    few, enough = range(BOILERPLATE_STORIES - 1), range(BOILERPLATE_STORIES)
    ranking = rank({1: few, 2: enough, 3: [7]}, (), set(), own_stories)
    assert ranking.boilerplate == {2: BOILERPLATE_STORIES}
    assert {hit.document for hit in ranking.hits} == set(few)


def test_what_counts_as_content_is_no_boilerplate():
    enough = range(BOILERPLATE_STORIES)
    ranking = rank({1: enough, 2: enough}, (), set(), own_stories, content={2, 3})
    assert ranking.boilerplate == {1: BOILERPLATE_STORIES}
    assert {hit.hits for hit in ranking.hits} == {1}


def test_later_stories_tell_boilerplate_as_well():
    enough = range(BOILERPLATE_STORIES)
    assert rank({1: enough}, (), {3}, own_stories).boilerplate == {1: BOILERPLATE_STORIES}


def test_stories_are_asked_for_only_where_there_may_be_boilerplate():
    def never(numbers):
        raise AssertionError("asked")

    few = range(BOILERPLATE_STORIES - 1)
    assert rank({1: few, 2: few}, (), set(), never).boilerplate == {}


def test_documents_that_have_gone_make_no_boilerplate():
    hot = list(range(LISTED))
    few = set(range(BOILERPLATE_STORIES - 1))
    assert ranked({1: hot}, stories_of=lambda numbers: own_stories(few & set(numbers))) == hot


def test_single_hits_are_looked_at_only_where_there_are_few_fingerprints():
    singles = [Hit(number, 1, 1.0) for number in range(10)]
    double = Hit(99, 2, 0.5)
    assert promising([*singles, double], FEW_FINGERPRINTS + 1) == [double]
    assert promising([*singles, double], FEW_FINGERPRINTS) == [
        *singles[:MAX_SINGLE_HITS],
        double,
    ]


def test_the_hits_of_a_text_full_of_set_phrases_are_bounded():
    hits = [Hit(number, 2, 1.0) for number in range(10 * MOST_HITS)]
    assert promising(hits, 1_000) == hits[:MOST_HITS]


def test_one_story_does_not_take_all_places():
    hits = [Hit(number, 5, 5.0) for number in range(20)] + [Hit(99, 2, 0.5)]
    stories = {**one_story(range(20)), 99: 99}
    chosen = [hit.document for hit in varied(hits, stories, limit=10)]
    assert chosen == [*range(MAX_PER_STORY), 99]
    assert len(varied(hits, stories, limit=2)) == 2


def test_a_story_is_headed_by_its_oldest_document():
    listings = {value: [2, 5] for value in range(10)}
    assert head_of_story(listings, 10, own_stories) == 2
    assert head_of_story(listings, 21, own_stories) is None
    assert head_of_story(listings, 10, lambda _: {2: 1, 5: 5}) == 5
    assert head_of_story(listings, 10, lambda _: {}) is None
    assert head_of_story({}, 0, own_stories) is None


def test_boilerplate_makes_no_story():
    everywhere = range(BOILERPLATE_STORIES)
    listings = dict.fromkeys(range(6), everywhere) | {value: [7] for value in range(6, 9)}
    assert head_of_story(listings, 10, own_stories) == 7
    assert head_of_story(listings, 14, own_stories) is None


# The corpus in memory


def candidates(corpus, document, limit=10):
    fingerprint = Reading(document).fingerprint
    found = corpus.candidates(
        fingerprint.exact, fingerprint.hashes, exclude=document.key, limit=limit
    )
    return [candidate.key for candidate in found.candidates]


def test_a_text_outside_the_corpus_came_after_everything():
    corpus = MemoryCorpus([article(generated(n), f"{n}") for n in range(5)])
    assert candidates(corpus, article(generated(3))) == ["3"]


def test_a_text_of_the_corpus_came_after_those_before_it():
    corpus = MemoryCorpus([article(generated(1), "original"), article(generated(1), "copy")])
    assert candidates(corpus, article(generated(1), "original")) == []
    assert candidates(corpus, article(generated(1), "copy")) == ["original"]


def test_a_text_copied_five_hundred_times_is_still_found():
    story = generated(1, 400)
    corpus = MemoryCorpus([article(story, "original")])
    for number in range(500):
        corpus.add(article(edited(story, 0.03, number), f"copy {number}"))
    lifted = article(inserted(story[100:220], generated(900), 1))
    assert "original" in candidates(corpus, lifted)


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.1, 0.2])
def test_a_text_copied_often_is_no_boilerplate(rate):
    story = generated(1, 400)
    corpus = MemoryCorpus([article(story, "original")])
    for number in range(100):
        corpus.add(article(edited(story, rate, number), f"copy {number}"))
    fingerprint = Reading(article(story)).fingerprint
    found = corpus.candidates(fingerprint.exact, fingerprint.hashes, exclude="", limit=10)
    assert found.boilerplate == {}
    assert found.candidates[0].key == "original"


def test_a_footer_that_all_texts_share_finds_nothing():
    footer = generated(77, 150)
    corpus = MemoryCorpus(article(generated(number) + footer, f"{number}") for number in range(100))
    assert candidates(corpus, article(generated(500) + footer)) == []
    assert candidates(corpus, article(generated(50) + footer)) == ["50"]


def test_a_footer_longer_than_its_stories_is_learned():
    footer = generated(77, 150)
    corpus = MemoryCorpus()
    for number in range(3 * BOILERPLATE_STORIES):
        story = generated(number, 400 if number % 2 else 100)
        corpus.add(article(story + footer, f"{number}"))
    assert candidates(corpus, article(generated(500, 100) + footer)) == []


def test_the_limit_holds():
    corpus = MemoryCorpus(
        article(generated(1, 60) + generated(100 + number, 400), f"{number}")
        for number in range(10)
    )
    assert len(candidates(corpus, article(generated(1, 60)), limit=4)) == 4


@pytest.mark.parametrize("key", ["", "taken"])
def test_a_document_needs_a_key_of_its_own(key):
    corpus = MemoryCorpus([article("some words", "taken")])
    with pytest.raises(ValueError, match="key of its own"):
        corpus.add(article("other words", key))
    assert len(corpus) == 1


def test_an_unknown_key_has_no_document():
    assert MemoryCorpus().document("nobody") is None
