"""How much a comment looks like an advertisement: links, repetition, the words of the trade."""

from __future__ import annotations

import re
from math import prod

# Each begins where no match may have begun before: linear, whatever the text.
_LINK = re.compile(
    r"""https?://\S++ | \bwww\.\S++
      | (?<![\w-])[\w-]++\.(?:com|net|org|shop|info|biz|ru|xyz)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTACT = re.compile(
    r"""(?<![\w.+-])[\w.+-]++@[\w-]++\.\w{2} | \+\d[\d\ ()-]{7,30}\d
      | \b(?:whats\s?app|telegram|t\.me)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_TRADE = re.compile(
    r"""\b(?: buy \s now | order \s now | click \s (?:here|the \s link) | free \s (?:shipping|trial)
      | (?:promo|discount|coupon) \s codes? | best \s (?:price|deal)s? | limited \s (?:time|offer)
      | earn(?:ing|ed)? \s (?:up \s to \s)? [$€£]\s?\d | work(?:ing)? \s from \s home
      | (?:online \s)? casino | replica \s watches | cheap \s (?:watches|pills|meds)
      | visit \s (?:my|our) \s (?:site|website|shop|page) | dm \s me | 100\s?% \s guaranteed
      | make \s money \s (?:online|fast) | (?:personal|payday) \s loans? | followers? \s for \s sale
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"\w+")
_WORDS_PER_LINK = 15
_TRADE_WEIGHT, _CONTACT_WEIGHT = 0.5, 0.4
_GRAM, _FEWEST_GRAMS, _REPETITION_WEIGHT = 3, 6, 0.8
_MOST_HITS = 5


def advertising_score(text: str) -> float:
    """Return 0 for a plain remark, towards 1 the more a text looks like an advertisement.

    A rule of thumb, no probability that was measured: links by the words around them, word
    triples that come again, phrases of sellers, addresses to write to. Linear in the text.
    """
    without_links, links = _LINK.subn(" ", text)
    words = _WORD.findall(without_links.lower())
    contacts = min(_MOST_HITS, sum(1 for _ in _CONTACT.finditer(without_links)))
    phrases = min(_MOST_HITS, sum(1 for _ in _TRADE.finditer(without_links)))
    linked = links / (links + len(words) / _WORDS_PER_LINK) if links else 0.0
    chances = [
        linked * (1.0 if len(words) or links > 1 else 0.5),
        _repetition(words) * _REPETITION_WEIGHT,
        *[_CONTACT_WEIGHT] * contacts,
        *[_TRADE_WEIGHT] * phrases,
    ]
    return 1.0 - prod(1.0 - chance for chance in chances)


def _repetition(words: list[str]) -> float:
    """Return the share of word triples that a text has had before."""
    grams = list(zip(*(words[start:] for start in range(_GRAM)), strict=False))
    if len(grams) < _FEWEST_GRAMS:
        return 0.0
    return 1.0 - len(set(grams)) / len(grams)
