"""The texts of the demo are what they say they are."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher

from project.newsroom import content

ARTICLES = {article.slug: article for article in content.articles()}
COMMENTS = content.comments()
CATEGORIES = {
    "attack",
    "dehumanise",
    "threat",
    "rage_bait",
    "profanity_directed",
    "shouting",
}
INFLAMMATORY = [comment for comment in COMMENTS if comment.against]
SIDES = [("lantern", "keystone"), ("cyclists", "drivers"), ("incomers", "old families")]


def words(slug: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"<[^>]+>", " ", ARTICLES[slug].body))


def paragraphs(slug: str) -> list[str]:
    return ARTICLES[slug].body.strip().splitlines()


def test_the_ordinary_articles_are_many_varied_and_of_ordinary_length() -> None:
    ordinary = [article for article in ARTICLES.values() if not article.shows]
    assert len(ordinary) >= 14
    assert len({article.section for article in ordinary}) >= 8
    assert all(250 <= len(words(article.slug)) <= 600 for article in ordinary)


def test_every_body_belongs_to_an_article() -> None:
    files = {path.stem for path in (content.HERE / "articles").iterdir()}
    assert files == ARTICLES.keys()


def test_the_copies_are_copies() -> None:
    assert ARTICLES["island-ferry-cut-back"].body == ARTICLES["ferry-winter-timetable"].body
    reordered, original = paragraphs("farmers-own-dairy"), paragraphs("creamery-cooperative")
    assert sorted(reordered) == sorted(original)
    assert reordered != original
    lifted = set(paragraphs("corridor-of-trolleys")) & set(paragraphs("hospital-waiting-times"))
    assert len(lifted) == 2


def test_the_near_copy_has_a_tenth_to_a_fifth_of_its_words_changed() -> None:
    copy, original = words("river-barrier-complete"), words("flood-wall-finished")
    kept = SequenceMatcher(None, original, copy, autojunk=False).ratio()
    assert 0.8 <= kept <= 0.9


def test_no_author_copies_from_themselves() -> None:
    for copy, original in (
        ("island-ferry-cut-back", "ferry-winter-timetable"),
        ("river-barrier-complete", "flood-wall-finished"),
        ("corridor-of-trolleys", "hospital-waiting-times"),
        ("farmers-own-dairy", "creamery-cooperative"),
    ):
        assert ARTICLES[copy].author != ARTICLES[original].author
        assert ARTICLES[copy].days_ago < ARTICLES[original].days_ago


def test_comments_stand_under_articles_and_answer_comments_of_the_same() -> None:
    under: dict[str, str] = {}
    for comment in COMMENTS:
        assert comment.article in ARTICLES
        assert bool(comment.name) != bool(comment.user)
        assert not comment.reply_to or under[comment.reply_to] == comment.article
        if comment.id:
            under[comment.id] = comment.article


def test_most_comments_are_civil_and_the_others_cover_every_category() -> None:
    assert len(COMMENTS) >= 60
    assert len(INFLAMMATORY) == 16
    assert {comment.shows for comment in INFLAMMATORY} == CATEGORIES


def test_both_sides_get_the_same() -> None:
    against = Counter((comment.against, comment.shows) for comment in INFLAMMATORY)
    assert {side for side, _category in against} == {side for pair in SIDES for side in pair}
    for one, other in SIDES:
        assert all(against[one, name] == against[other, name] for name in CATEGORIES)


def test_the_advertisement_is_pasted_with_small_changes() -> None:
    pasted = [comment for comment in COMMENTS if "same advertisement" in comment.shows]
    assert len({comment.article for comment in pasted}) == len(pasted) == 5
    assert len({comment.text for comment in pasted}) >= 4
