from __future__ import annotations

import pytest

from moderation.detectors.duplicate.quotation import quoted_ranges
from moderation.text.plain import plain_text
from moderation.types import TextFormat


def quoted(text, text_format=TextFormat.PLAIN):
    plain = plain_text(text, text_format)
    return [plain.text[start:end] for start, end in quoted_ranges(plain)]


@pytest.mark.parametrize(
    ("text", "quotation"),
    [
        ("“We open in spring,” said the clerk.", "“We open in spring,”"),
        ("The clerk wrote: “We open in spring”.", "“We open in spring”"),
        ('According to the clerk, "we open in spring".', '"we open in spring"'),
        ("„Wir öffnen im Frühling“, sagte sie.", "„Wir öffnen im Frühling“"),
        ("« Nous ouvrons au printemps », a expliqué le maire.", "« Nous ouvrons au printemps »"),
        ("»Wir öffnen im Frühling«, erklärte er.", "»Wir öffnen im Frühling«"),
        ("«Abrimos en primavera», dijo la alcaldesa.", "«Abrimos en primavera»"),
        ("«Мы откроемся весной», заявил мэр.", "«Мы откроемся весной»"),
        ("市长说：“我们春天开业。”", "“我们春天开业。”"),
        ("「春に開きます」と市長は述べた。", "「春に開きます」"),
        ("قال المدير: «سنفتح في الربيع».", "«سنفتح في الربيع»"),
        ("“Wait for opinions” — the treasurer", "“Wait for opinions”"),
        ("He warned that ``it won't wait'' for long.", "``it won't wait''"),
        ("The chair insisted: the roof “cannot wait for opinions”.", "“cannot wait for opinions”"),
        ("‘We don’t open in winter,’ the clerk said.", "‘We don’t open in winter,’"),
        ("'We don't open in winter,' the clerk said.", "'We don't open in winter,'"),
        ("›Wir öffnen im Frühling‹, sagte sie.", "›Wir öffnen im Frühling‹"),
        ("“We open.\n\n“We close at six,” she said.", "“We open.\n\n“We close at six,”"),
        ('"We open.\n\n"We close at six," she said.', '"We open.\n\n"We close at six,"'),
        ('"נפתח באביב", אמרה ראש העיר.', '"נפתח באביב"'),
        ("She wrote back.\n> We open\n> in spring.\nSo be it.", "> We open\n> in spring."),
    ],
)
def test_attributed_quotations_are_found(text, quotation):
    assert quoted(text) == [quotation]


@pytest.mark.parametrize(
    "quotation",
    [
        '"the keeping of the harbour in a state in which ships dare to enter it"',
        "“… the keeping of the harbour in a state in which ships dare to enter it”",
        "«[the] keeping of the harbour in a state in which ships dare to enter it»",
    ],
)
def test_words_woven_into_a_sentence_are_quoted(quotation):
    assert quoted(f"An early mayor gave most of her time to {quotation} and to the poor.") == [
        quotation
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The market opens. “The keeping of the harbour is a task for all who live from ships.”",
        "He read it. “the keeping of the harbour is a task for all who live from the ships.”",
        "“the keeping of the harbour is a task for all who live from the ships in it.”",
        "They call it “Keeping of the Harbour in a State in Which Ships Dare to Enter It”.",
    ],
)
def test_words_that_stand_by_themselves_are_not_woven_in(text):
    assert quoted(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "“The market opens in spring. It has forty stalls.”",
        "The so-called “market” opens in spring.",
        "An unclosed “quotation said the clerk",
        'A 5" screen and a 7" screen',
        "",
    ],
)
def test_quotation_marks_alone_prove_nothing(text):
    assert quoted(text) == []


def test_markup_sets_quotations_apart():
    html = "<p>One</p><blockquote>Two <q>three</q></blockquote><p>Four</p>"
    assert quoted(html, TextFormat.HTML) == ["Two three"]
    assert [q.strip() for q in quoted("One\n\n> Two\n\nThree", TextFormat.MARKDOWN)] == ["Two"]


def test_ranges_that_touch_become_one():
    html = "<blockquote>The clerk said: “We open in spring.”</blockquote>"
    assert quoted(html, TextFormat.HTML) == ["The clerk said: “We open in spring.”"]


@pytest.mark.parametrize(
    "text",
    [
        "``" * 100_000,
        "``'" * 100_000,
        "“" * 200_000,
        '"' * 200_001,
        "„a“said" * 50_000,
        "'a' " * 100_000,
        "“a\n" * 100_000,
        "”“" * 100_000,
    ],
)
def test_any_heap_of_quotation_marks_is_read(text):
    assert all(0 <= start < end <= len(text) for start, end in quoted_ranges(plain_text(text)))
