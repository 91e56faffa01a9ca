"""Markdown loses its marks and keeps its words, quotations and code."""

from __future__ import annotations

import pytest

from moderation.text.plain import PlainText, plain_text
from moderation.types import TextFormat


def read(markdown: str) -> PlainText:
    return plain_text(markdown, TextFormat.MARKDOWN)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("plain words", "plain words"),
        ("# Head ##\ntext", "Head\n\ntext"),
        ("#no heading", "#no heading"),
        ("Head\n====\ntext\n---\nend", "Head\n\ntext\n\nend"),
        ("a *b* **c** _d_ __e__ ***f*** ~~g~~", "a b c d e f g"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("d*mn it, d*mn", "d*mn it, d*mn"),
        ("**bold**text", "boldtext"),
        ("*unclosed", "*unclosed"),
        ("*a **b* c**", "a b c"),
        (r"\*not stressed\* \\ \a", r"*not stressed* \ \a"),
        ("`a *b* <i>`, ``c ` d`` and ` open", "a *b* <i>, c ` d and ` open"),
        ("[text](http://e.org/a_(b)_c 'title') end", "text end"),
        ("[a *b* c](<x y>)", "a b c"),
        ("![alt text](pic.png)", "alt text"),
        ("[[x]](y)", "[x]"),
        ("[no link] and [x] (y)", "[no link] and [x] (y)"),
        ("[text][ref], [Ref][], [ref]\n\n[REF]: http://e.org 'x'", "text, Ref, ref"),
        ("[text][other]", "[text][other]"),
        ("<http://e.org/a_b_c> <me@e.org>", "http://e.org/a_b_c me@e.org"),
        ("one\ntwo  \nthree\\\nfour", "one two\nthree\nfour"),
        ("one\r\ntwo\r\n\r\nthree", "one two\n\nthree"),
        ("- a\n- b\n  more\n- c", "a\nb more\nc"),
        ("- a\n    - b\n        - c\n    - d\n- e", "a\nb\nc\nd\ne"),
        ("1. a\n2) b\n\n   more", "a\nb\n\nmore"),
        ("In the year\n1986. A start", "In the year 1986. A start"),
        ("a\n\n***\n\nb\n\n- - -\n", "a\n\nb"),
        ("> a\n> b\nlazy\n\nc", "a b lazy\n\nc"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\nend", "a\tb\n1\t2\nend"),
        ("a | b", "a | b"),
        ("a < b &amp; c <b>d</b> <!-- e --> f", "a < b & c d f"),
        ("<div>\n*a*\n</div>\n\n*b*", "*a*\n\nb"),
        ("<script>\n\nx\n\n</script>\n\ny", "y"),
        ("<!-- a\n\nb -->\n\nc", "c"),
        ("a <script>b</script> c", "a c"),
        ("`<script>` is a tag", "<script> is a tag"),
        ("a\x00\ud800*b*", "a\x00\ud800b"),
    ],
)
def test_reads(markdown: str, expected: str) -> None:
    assert read(markdown).text == expected


def test_every_character_points_to_where_it_came_from() -> None:
    markdown = "> see *the\n> [page](http://e.org)* &amp; `x`"
    plain = read(markdown)
    assert plain.text == "see the page & x"
    for word, original in [("the", "the"), ("page", "page"), ("&", "&amp;"), ("x", "x")]:
        at = plain.text.index(word)
        start, end = plain.to_original(at, at + len(word))
        assert markdown[start:end] == original
    start, end = plain.to_original(plain.text.index("the"), plain.text.index("&"))
    assert markdown[start:end] == "the\n> [page](http://e.org)* "


@pytest.mark.parametrize(
    ("markdown", "quoted", "code"),
    [
        ("> a\n> > b\n\nc", ["a\n\nb"], []),
        ("> a\n\nb\n\n> c", ["a", "c"], []),
        ("- > a", ["a"], []),
        ("a `b` c", [], ["b"]),
        ("a\n\n    b\n     c\n\n    d\n\ne", [], ["b\n c\n\nd"]),
        ("- a\n\n  b", [], []),
        ("```py\na\n\n# b\n```\nc", [], ["a\n\n# b"]),
        ("~~~\na\n```\n~~~~\nb", [], ["a\n```"]),
        ("```\nnever closed", [], ["never closed"]),
        ("> ```\n> a\n\nb", ["a"], ["a"]),
        ("<blockquote>a</blockquote>\n\nb", ["a"], []),
    ],
)
def test_quotations_and_code_are_set_apart(
    markdown: str, quoted: list[str], code: list[str]
) -> None:
    plain = read(markdown)
    assert [plain.text[start:end] for start, end in plain.quoted] == quoted
    assert [plain.text[start:end] for start, end in plain.code] == code


def test_html_that_hides_its_content_hides_markdown_too() -> None:
    assert read("a\n\n<template>\n\nb *c*\n\n</template>\n\nd").text == "a\n\nd"
