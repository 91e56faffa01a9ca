"""Disguises are taken away, ordinary spelling of any language is left alone."""

from __future__ import annotations

import pytest

from moderation.text.normalise import Disguise, Normalised, normalise, skeleton, unpointed
from moderation.types import Span


def disguised(found: Normalised, text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in found.disguises]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Plain Words, 2 of them.", "plain words, 2 of them."),
        ("so\u200bft\u00adware \u2066b\u2069 c\ufe0fd \U000e0061e", "software b cd e"),
        ("a\x00b\x07c", "abc"),
        ("раусhесk", "paycheck"),
        ("the Оrаnge", "the orange"),
        ("I sее", "i see"),
        ("Ｆｕｌｌ－ｗｉｄｔｈ", "full-width"),
        ("\U0001d401\U0001d428\U0001d425\U0001d41d ⓣⓔⓧⓣ", "bold text"),
        ("ꜱᴍᴀʟʟ ᴄᴀᴘꜱ", "small caps"),
        ("🅱🅾🆇", "box"),
        ("z̷̢a̷l̶g̸o̴ cha\u0301\u0302\u0303\u0304\u0305in", "z̢algo chain"),
        ("cafe\u0301 ﬁn …", "café fin ..."),
        ("“it’s” ‘so’ «x» don´t – e–mail", "\"it's\" 'so' \"x\" don't - e-mail"),
        ("Straße İstanbul ΑΣ", "strasse istanbul ασ"),
        ("2½ km²", "21⁄2 km2"),
        ("новая cобaкa здесь", "новая собака здесь"),
        ("новая VIP палата", "новая vip палата"),
        ("★★★☆☆", "★★★☆☆"),
        ("کتــاب", "کتاب"),
        ("한글", "한글"),
    ],
)
def test_skeleton(text: str, expected: str) -> None:
    assert skeleton(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("اللُّغَةُ العَرَبِيَّة", "اللغة العربية"),
        ("שָׁלוֹם לְכֻלָּם", "שלום לכלם"),
        ("\ufb2aָלום", "שלום"),
        ("قرآن", "قرآن"),
        ("क्षेत्र ที่นี่มีน้ำใจ café", "क्षेत्र ที่นี่มีน้ำใจ café"),
    ],
)
def test_points_that_may_be_left_out_are_left_out(text: str, expected: str) -> None:
    found = unpointed(text)
    assert found.text == expected
    assert found.disguises == ()
    assert found.to_original(0, len(found.text)).end == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "это место нам не подходит, спроси кота",
        "το νόημα του κειμένου",
        "the word «рот» вместо слова",
        "the Russian word нет means no",
        "क्षेत्र में हिन्दी और ज़िन्दगी",
        "ที่นี่มีน้ำใจ",
        "tiếng việt được viết",
        "اللُّغَةُ العَرَبِيَّة",
        "これは日本語の文です",
        "这是一个中文句子",
        "მე და თქვენ",
        "naïve façade, señor, dziękuję, þú",
        "ፊደል",
    ],
)
def test_ordinary_spelling_stays(text: str) -> None:
    found = normalise(text)
    assert found.text == text.replace("«", '"').replace("»", '"').casefold()
    assert found.disguises == ()


def test_ordinary_joiners_are_no_disguise() -> None:
    for text in ("می‌خواهم", "क्‍ष", "👩‍🚀 ok 👍🏽", "Donau\u00addampf\u00adschiff", "\ufeffstart"):
        assert normalise(text).disguises == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sh1p b@sket a$$ume he11o n00dle 5tup1d c0mpl3t3 1d10t",
            "ship basket assume hello noodle stupid complete idiot",
        ),
        ("$illy gues$ th!s l|ke", "silly guess this like"),
        ("d#mn d@#n d%mn", "d*mn d**n d*mn"),
        ("f*ne f**e", "f*ne f**e"),
        ("w o r d s", "words"),
        ("a w.o.r.d or w-o-r-d or w_o_r_d!", "a word or word or word!"),
        ("w   o   r   d", "word"),
        ("W O R D", "word"),
        ("soooo siiiilly whyyy !!!!!!", "soo silly why !!!"),
        ("aaaaaah", "ah"),
        ("aaaaaa", "aaa"),
    ],
)
def test_disguised_spelling_is_read(text: str, expected: str) -> None:
    assert normalise(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "the 20th of may, 1st, 2nd, 3rd",
        "$100k or £5 or 10€ or us$ 3.50 at 10:30am",
        "covid19 mp3 mp4s 4chan web3 co2 h1n1 b2b 4x4 1h30m 2d12h 1990s win32api",
        "ask @user or @us3r or me@example.org",
        "an e-mail on v1.2.3 of a.b.c1d.org/x1y2z3",
        "0xdeadbeef 3f2a9c1b7d iso8601 a1b2c3d4",
        "the u.s.a. or rather i.e. them",
        "i a m here",
        "wow!really stop!now",
        "www.example.org iii viii xxx 1000000",
        "see /x?a=b&i#j or i#j and 50%20off",
        "snake_case_name and c++ and r&d and at&t",
        "see a. b. c. and a, b, c",
    ],
)
def test_what_only_looks_disguised_stays(text: str) -> None:
    found = normalise(text)
    assert found.text == text
    assert found.disguises == ()


def test_acronyms_stay() -> None:
    assert normalise("the U.S.A. and N.A.T.O., a.k.a. them").text == (
        "the u.s.a. and n.a.t.o., a.k.a. them"
    )


def test_steps_can_be_left_out() -> None:
    text = "sh1p w o r d siiily"
    assert normalise(text, leet=False).text == "sh1p word sily"
    assert normalise(text, joins=False).text == "ship w o r d sily"
    assert normalise(text, repeats=False).text == "ship word siiily"
    assert skeleton(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so\u200bft ware", [("invisible", "so\u200bft")]),
        ("s\u00ado\u00adf\u00adt", [("invisible", "s\u00ado\u00adf\u00adt")]),
        ("see \u202edrow\u202c", [("bidi", "\u202edrow\u202c")]),
        ("wo\u2067rd", [("bidi", "wo\u2067rd")]),
        ("my раусhесk", [("homoglyph", "раусhесk")]),
        (
            "\U0001d41b\U0001d428\U0001d425\U0001d41d",
            [("homoglyph", "\U0001d41b\U0001d428\U0001d425\U0001d41d")],
        ),
        ("ｗｉｄｅ", [("fullwidth", "ｗｉｄｅ")]),
        ("日本のＮＨＫ", []),
        ("a b@sket", [("leet", "b@sket")]),
        ("a w o r d", [("spaced", "a w o r d")]),
        ("some w-o-r-d", [("spaced", "w-o-r-d")]),
        ("s̶t̶r̶u̶c̶k̶ out", [("combining", "s̶t̶r̶u̶c̶k̶")]),
        ("an ısı", []),
        ("новая cобaкa", [("homoglyph", "cобaкa")]),
    ],
)
def test_disguises_are_reported(text: str, expected: list[tuple[str, str]]) -> None:
    assert disguised(normalise(text), text) == expected


def test_places_are_those_of_the_given_text() -> None:
    text = "You s\u200bt\u200bu\u200bp\u200bi\u200bd f i s h, sh1p"
    found = normalise(text)
    assert found.text == "you stupid fish, ship"
    at = found.text.index("stupid")
    assert found.to_original(at, at + 6) == Span(4, 15)
    at = found.text.index("fish")
    start, end = found.to_original(at, at + 4)
    assert text[start:end] == "f i s h"
    assert found.disguises == (
        Disguise("invisible", 4, 15),
        Disguise("spaced", 16, 23),
        Disguise("leet", 25, 29),
    )


def test_a_folded_repeat_stands_for_the_whole_run() -> None:
    found = normalise("Whyyyyy")
    assert found.text == "why"
    assert found.to_original(0, 3) == Span(0, 7)


def test_replaced_characters_stand_for_all_they_replace() -> None:
    found = skeleton("e\u0301 ß x")
    assert found.text == "é ss x"
    assert found.to_original(0, 1) == Span(0, 2)
    assert found.to_original(2, 3) == found.to_original(3, 4) == Span(3, 4)
    assert found.to_original(5, 6) == Span(5, 6)
