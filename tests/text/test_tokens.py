"""Words stand where the tokens say, in scripts with and without spaces."""

from __future__ import annotations

import pytest

from moderation.text.tokens import DENSE, SPARSE, Token, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n.,!", []),
        ("Two words.", ["two", "words"]),
        ("It's the dogs' don’t", ["it's", "the", "dogs", "don’t"]),
        ("snake_case 3.14 x2", ["snake", "case", "3", "14", "x2"]),
        ("Straße ÉTÉ", ["strasse", "été"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("cafe\u0301s tie\u0302\u0301ng", ["cafe\u0301s", "tie\u0302\u0301ng"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("\u0301 a", ["a"]),
        ("a\x00b \ud800c", ["a", "b", "c"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [token.text for token in words(text)] == expected


@pytest.mark.parametrize("text", ["One, two ’n' three", "Straße é ß", "x ÅNGSTRÖM y"])
def test_places(text: str) -> None:
    for token in words(text):
        assert text[token.start : token.end].casefold() == token.text


def test_scripts_without_spaces_give_overlapping_runs() -> None:
    assert words("我们的新房子") == [
        Token("我们的新", 0, 4),
        Token("们的新房", 1, 5),
        Token("的新房子", 2, 6),
    ]
    assert [token.text for token in words("我们", dense=4)] == ["我们"]
    assert [token.text for token in words("カタカナ。ひら", dense=3)] == [
        "カタカ",
        "タカナ",
        "ひら",
    ]
    thai = "สวัสดีชาวโลกทั้งหลาย"
    assert len(words(thai)) == len(thai) - SPARSE + 1
    assert [token.text for token in words(thai, sparse=19)] == [thai[:-1], thai[1:]]


def test_mixed_scripts_are_told_apart() -> None:
    found = words("新iPhone手机 ok")
    assert [token.text for token in found] == ["新", "iphone", "手机", "ok"]
    assert found[1] == Token("iphone", 1, 7)


def test_a_changed_character_spoils_only_the_runs_over_it() -> None:
    before, after = "一二三四五六七八九十百千", "一二三四五六七人九十百千"
    same = {token.text for token in words(before)} & {token.text for token in words(after)}
    assert len(same) == len(before) - DENSE + 1 - DENSE
