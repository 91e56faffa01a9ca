"""Text of the site is data: it is shown to the last character and does nothing."""

from __future__ import annotations

import pytest

from moderation.admin import display, words


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("{{ x }} {% raw %}", "{{ x }} {% raw %}"),
        ("a & 'b' \"c\"", "a &amp; &#x27;b&#x27; &quot;c&quot;"),
        ("שלום مرحبا नमस्ते สวัสดี 你好", "שלום مرحبا नमस्ते สวัสดี 你好"),
        ("line\nnext\tcolumn", "line\nnext\tcolumn"),
        ("family 👨‍👩‍👧 می‌خواهم", "family 👨‍👩‍👧 می‌خواهم"),
    ],
)
def test_text_is_escaped_and_otherwise_as_it_was(text, html):
    assert display.shown(text) == html


@pytest.mark.parametrize(
    ("character", "code", "name"),
    [
        ("\u202e", "U+202E", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "U+2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\u200b", "U+200B", "ZERO WIDTH SPACE"),
        ("\x1b", "U+001B", "control character"),
        ("\U000e0041", "U+E0041", "TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_characters_that_act_are_shown_by_their_code(character, code, name):
    html = display.shown(f"a{character}<b>")
    assert character not in html
    assert f">{code}</span>&lt;b&gt;" in html
    assert f'title="{name}"' in html


def test_a_pile_of_marks_is_cut_and_counted():
    html = display.shown("z" + "\u0301" * 40 + "a")
    assert html.count("\u0301") == display.MOST_MARKS
    assert ">+35</span>a" in html


def test_controls_within_a_run_of_symbols_are_found_too():
    html = display.shown("★★★\u202e★★★★")
    assert html.count("★") == 7
    assert "\u202e" not in html


@pytest.mark.parametrize("url", ["https://example.org/a", "http://example.org", "/articles/1/"])
def test_harmless_addresses_may_be_followed(url):
    assert display.safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "articles/1", "", "http://[", " javascript:x"],
)
def test_other_addresses_are_not_links(url):
    assert display.safe_url(url) == ""


def test_codes_are_said_in_words_and_unknown_ones_as_they_are():
    assert words.category("framing/attack") == "attack on a person"
    assert words.category("framing/some_new") == "framing: some new"
    assert words.category("scraped/scraped") == "scraped"
    assert words.category("foreign/thing") == "foreign/thing"
    assert words.verb("case.claimed") == "Claimed"
    assert words.verb("other.verb") == "other.verb"
    assert words.percent(0.456) == "46%"
