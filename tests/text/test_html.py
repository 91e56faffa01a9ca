"""HTML is read as a browser shows it, and every character knows where it came from."""

from __future__ import annotations

import pytest

from moderation.text.html_reader import HtmlToken, html_tokens
from moderation.text.plain import PlainText, plain_text
from moderation.types import Span, TextFormat


def read(html: str) -> PlainText:
    return plain_text(html, TextFormat.HTML)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        (" \n\t ", ""),
        ("plain words", "plain words"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("one<br><br><br><br>two", "one\n\ntwo"),
        ("  one \n\t two  ", "one two"),
        ("<b>one </b> <i> two</i>", "one two"),
        ("un<b>broken</b>", "unbroken"),
        ("<ul><li>a<li>b</ul>c", "a\nb\n\nc"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc"),
        ("<h1>Head</h1>text", "Head\n\ntext"),
        ("<pre>  a\n   b</pre>", "  a\n   b"),
        ("a<script>if (a<b) '</p>'</script>b", "ab"),
        ("a<style>p { }</style >b", "ab"),
        ("a<template><p>x<template>y</template></p></template>b", "ab"),
        ("a<noscript>x</noscript>b", "ab"),
        ("<head><title>T</title><meta name=x></head>b", "b"),
        ("<textarea>a <b> &amp;\n c</textarea>", "a <b> &\n c"),
        ("a<!-- x > y -->b", "ab"),
        ("a<!-->b", "ab"),
        ("a<!--->b", "ab"),
        ("a<!-- x --!>b", "ab"),
        ("a<!-- never closed", "a"),
        ("a<![CDATA[x]]>b", "ab"),
        ("<!doctype html>b", "b"),
        ("<?xml version='1'?>b", "b"),
        ("a</ x>b", "ab"),
        ("1 < 2 > 1", "1 < 2 > 1"),
        ("a <", "a <"),
        ("a <b and no end", "a <b and no end"),
        ("a </", "a </"),
        ("a <!", "a <!"),
        ("I <3 you", "I <3 you"),
        ("a<x title='>'>b", "ab"),
        ('a<x title=">" y = ">">b', "ab"),
        ("a<x title=\"'>b", "ab"),
        ("<p>Tom &amp; Ann &lt;3 &#65;&#x42;&nbsp;C</p>", "Tom & Ann <3 AB\xa0C"),
        ("&nbspword &ampnbsp &copy2 &unknown; &;", "\xa0word &nbsp ©2 &unknown; &;"),
        ("a&#32;&#10;b", "a b"),
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("<P>one</P><DIV>two</DIV>", "one\n\ntwo"),
        ("</p>a</div></b>", "a"),
        ("<select><option>a<option>b</select>", "a\nb"),
        ("a<img alt='not shown' src=x>b", "ab"),
        ("a\x00b\ud800c", "a\x00b\ud800c"),
    ],
)
def test_reads(html: str, expected: str) -> None:
    assert read(html).text == expected


def test_unchanged_text_needs_no_map() -> None:
    plain = read("nothing to do")
    assert plain.starts is None
    assert plain.to_original(3, 7) == Span(3, 7)


def test_every_character_points_to_where_it_came_from() -> None:
    html = "<p>Tom &amp; <b>Ann</b></p>\n<p>x</p>"
    plain = read(html)
    assert plain.text == "Tom & Ann\n\nx"
    at = plain.text.index("&")
    start, end = plain.to_original(at, at + 1)
    assert html[start:end] == "&amp;"
    at = plain.text.index("Ann")
    start, end = plain.to_original(at, at + 3)
    assert html[start:end] == "Ann"
    start, end = plain.to_original(0, len(plain.text))
    assert html[start:end] == html.removeprefix("<p>").removesuffix("</p>")
    break_start, break_end = plain.to_original(at + 3, at + 5)
    assert html[break_start:break_end] == "</p>\n<p>"


def test_an_empty_range_has_a_place_too() -> None:
    plain = read("<p>a</p>")
    assert plain.to_original(0, 0) == Span(3, 3)
    assert plain.to_original(1, 1) == Span(4, 4)
    assert read("<p></p>").to_original(0, 0) == Span(0, 0)


def test_quotations_and_code_are_set_apart() -> None:
    plain = read(
        "say <q>one</q><blockquote><p>two</p><blockquote>three</blockquote></blockquote>"
        "<pre>four</pre> and <code>five</code>"
    )
    assert [plain.text[start:end] for start, end in plain.quoted] == ["one", "two\n\nthree"]
    assert [plain.text[start:end] for start, end in plain.code] == ["four", "five"]


def test_an_unclosed_quotation_lasts_to_the_end_and_an_empty_one_is_none() -> None:
    plain = read("</blockquote>a<blockquote> </blockquote>b<blockquote>c")
    assert [plain.text[start:end] for start, end in plain.quoted] == ["c"]


def test_tokens_of_an_element_without_tags_inside() -> None:
    html = "<title>a<b></title>"
    assert list(html_tokens(html)) == [
        HtmlToken("open", 0, 7, "title"),
        HtmlToken("raw", 7, 11, "title"),
        HtmlToken("close", 11, 19, "title"),
    ]
