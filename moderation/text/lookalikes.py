"""Making equal what looks equal: invisible characters, styles of letters, foreign alphabets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import NamedTuple

from moderation.text._confusables import CONFUSABLES, LOOSE
from moderation.text._marks import MARKS
from moderation.text.disguises import DisguiseKind, Work
from moderation.text.offsets import Edit


def fold_lookalikes(work: Work) -> Work:
    """Drop what cannot be seen and write what looks equal in one way; return ``work``."""
    _drop_invisible(work)
    odd = "" if work.text.isascii() else "".join(set(_NOT_ASCII.findall(work.text)))
    if odd:
        if _ANY_MARK.search(odd):
            _thin_out_marks(work)
        _unify_signs(work)
        _compose(work)
        _fold_confusables(work)
    return work


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ANY_MARK = re.compile(f"[{MARKS}]")


# --- invisible characters -----------------------------------------------------------------

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE_RUN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" + _BIDI + "]+"
)
_INVISIBLE_ASCII_RUN = re.compile("[\x00-\x08\x0e-\x1b\x7f]+")  # several times as fast
_OVERRIDE = re.compile("[\u202d\u202e]")
_ANY_BIDI = re.compile(f"[{_BIDI}]")
# In these scripts joiners are orthography, in the others they have no business in a word.
_SIMPLE_LETTER = re.compile("[0-9A-Za-z\u00aa-\u024f\u0370-\u058f\u1e00-\u1fff]")
_SOFT_HYPHENS = re.compile("\xad+")
_FEWEST_LETTERS_BEFORE_BREAK = 2


def _drop_invisible(work: Work) -> None:
    text = work.text
    edits = []
    invisible = _INVISIBLE_ASCII_RUN if text.isascii() else _INVISIBLE_RUN
    for run in invisible.finditer(text):
        start, end = run.span()
        edits.append(Edit(start, end, ""))
        if _OVERRIDE.search(run.group()):
            work.notice("bidi", start, end)
        elif _hides_in_word(text, start, end):
            kind: DisguiseKind = "bidi" if _ANY_BIDI.search(run.group()) else "invisible"
            work.notice(kind, start, end)
    work.edit(edits)


def _hides_in_word(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if not (_SIMPLE_LETTER.match(before) and _SIMPLE_LETTER.match(after)):
        return False
    if not _SOFT_HYPHENS.fullmatch(text, start, end):
        return True
    # Hyphenation never leaves a single letter alone; whoever splits up a word does.
    left = text[max(start - _FEWEST_LETTERS_BEFORE_BREAK, 0) : start]
    right = text[end : end + _FEWEST_LETTERS_BEFORE_BREAK]
    return not (left.isalnum() and right.isalnum() and len(left) == len(right) == 2)


# --- marks, signs, equivalent spellings ---------------------------------------------------

_FLOODING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_MARKS_TOO_MANY = re.compile(f"[{_FLOODING}]{{4,}}")
_OVERLAYS = re.compile("[\u0334-\u0338\u20d0-\u20f0\u0488\u0489]+")
_LONGEST_RUN_OF_MARKS = 30
_ENDLESS_MARKS = re.compile(f"[{MARKS}]{{{_LONGEST_RUN_OF_MARKS + 1},}}")


def _thin_out_marks(work: Work) -> None:
    """Drop heaps of accents and strokes through letters; no orthography has them.

    Endless runs of any marks go too: putting them in order takes quadratic time.
    """
    for pattern in (_MARKS_TOO_MANY, _OVERLAYS, _ENDLESS_MARKS):
        edits = [Edit(*found.span(), "") for found in pattern.finditer(work.text)]
        for edit in edits:
            work.notice("combining", edit.start, edit.end)
        work.edit(edits)


_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʹʻʼʽˈ`´＇｀", "'"),
        **dict.fromkeys("“”„‟″«»〝〞〟＂", '"'),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－⁃", "-"),
        **dict.fromkeys("∗⁎✱✲＊﹡", "*"),
    }
)


def _unify_signs(work: Work) -> None:
    mapped = work.mapped
    work.mapped = replace(mapped, text=mapped.text.translate(_SIGNS))


_CLUSTER = re.compile(f"[A-Za-z\x80-\U0010ffff][{MARKS}\u1160-\u11ff]+")
_STYLED = re.compile("[\u2100-\u214f\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f110-\U0001f14f]+")
_FULLWIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LONGEST_EXPANSION = 4
_SARA_AM = frozenset("\u0e33\u0eb3")


def _compose(work: Work) -> None:
    """Bring equivalent spellings into one form (NFKC), in the longest steps possible."""
    if unicodedata.is_normalized("NFKC", work.text):
        return
    _notice_styles(work)
    forms = {char: _compatible(char) for char in set(_NOT_ASCII.findall(work.text))}
    forms = {char: form for char, form in forms.items() if form != char}
    single = {ord(char): form for char, form in forms.items() if len(form) == 1}
    work.mapped = replace(work.mapped, text=work.text.translate(single))
    several = re.escape("".join(char for char, form in forms.items() if len(form) > 1))
    if several:
        found = re.finditer(f"[{several}]", work.text)
        work.edit([Edit(*char.span(), forms[char.group()]) for char in found])
    work.edit(
        [
            Edit(*cluster.span(), unicodedata.normalize("NFKC", cluster.group()))
            for cluster in _CLUSTER.finditer(work.text)
            if not unicodedata.is_normalized("NFKC", cluster.group())
        ]
    )


def _compatible(char: str) -> str:
    """Return the NFKC form of a character, or the character where that would not read so."""
    form = unicodedata.normalize("NFKC", char)
    # NFKC takes Thai and Lao "am" apart, and makes a space and a mark of a lone accent.
    lone_accent = form[0] == " " and len(form) > 1
    if lone_accent or char in _SARA_AM or len(form) > _LONGEST_EXPANSION:
        return char
    return form


def _notice_styles(work: Work) -> None:
    for run in _STYLED.finditer(work.text):
        if _LATIN_LETTER.search(unicodedata.normalize("NFKC", run.group())):
            work.notice("homoglyph", *run.span())
    if not _EAST_ASIAN.search(work.text):
        for run in _FULLWIDTH.finditer(work.text):
            work.notice("fullwidth", *run.span())


_LATIN_LETTER = re.compile("[A-Za-z]")

_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u0652\u0670]+")


def drop_points(work: Work) -> None:
    """Drop the points of Hebrew and the vowel signs of Arabic, which writers may leave out."""
    if not work.text.isascii():
        work.edit([Edit(*points.span(), "") for points in _POINTS.finditer(work.text)])


# --- look-alikes --------------------------------------------------------------------------

_BOXED = "\U0001f150-\U0001f189"
_WORD = re.compile(f"(?:[^\\W_]|[{_BOXED}])(?:[^\\W_]|[{MARKS}{_BOXED}])*+")
_FOLD = str.maketrans(CONFUSABLES)
_LATIN = re.compile(
    "[A-Za-z\u00aa-\u02af\u1d00-\u1dbf\u1e00-\u1eff\ua720-\ua7ff\uab30-\uab6f" + _BOXED + "]"
)
_TWO_LETTERS = re.compile("[A-Za-z]{2}")
# Letters of living Latin alphabets: folded, but no disguise.
_ORDINARY = frozenset("ıɩʋɣƖƷƼȢȣ")


# The old trick the other way round: Latin letters among Cyrillic ones.
_TO_CYRILLIC = str.maketrans("aceopxykmtiABCEHKMOPTXYI", "асеорхукмтіАВСЕНКМОРТХУІ")
_LATIN_LIKE_CYRILLIC = frozenset(map(chr, _TO_CYRILLIC))
_CYRILLIC = re.compile("[\u0400-\u04ff]")


class _Letters(NamedTuple):
    """How many letters of a word are Latin, look like Latin ones, or neither."""

    latin: int
    alike: int
    foreign: int
    closely: bool = True


def _fold_confusables(work: Work) -> None:
    text = work.text
    if CONFUSABLES.keys().isdisjoint(_NOT_ASCII.findall(text)):
        return
    found = list(_WORD.finditer(text))
    letters = [_letters(word.group()) for word in found]
    latin_text = sum(word.latin - word.alike - word.foreign for word in letters) >= 0
    edits = []
    for place, (word, own) in enumerate(zip(found, letters, strict=True)):
        if not own.alike:
            continue
        given = word.group()
        around = letters[max(place - 1, 0) : place] + letters[place + 1 : place + 2]
        if not latin_text and _is_cyrillic(given, own):
            folded = given.translate(_TO_CYRILLIC)
        elif _pretends(own, around, latin_text=latin_text):
            folded = given.translate(_FOLD)
        else:
            continue
        edits.append(Edit(*word.span(), folded))
        if _is_disguise(given, folded):
            work.notice("homoglyph", *word.span())
    work.edit(edits)


def _is_cyrillic(word: str, letters: _Letters) -> bool:
    """Tell whether a few Latin letters pass themselves off as Cyrillic ones."""
    latin = [char for char in word if char.isascii() and char.isalpha()]
    cyrillic = len(_CYRILLIC.findall(word))
    return cyrillic >= len(latin) == letters.latin > 0 and _LATIN_LIKE_CYRILLIC.issuperset(latin)


def _pretends(word: _Letters, around: list[_Letters], *, latin_text: bool) -> bool:
    """Tell whether a word with look-alikes passes itself off as a Latin one."""
    if word.latin:
        return word.latin >= word.foreign
    if word.foreign or not word.closely or not latin_text:
        return False
    return not any(other.foreign and not other.latin for other in around)


def _is_disguise(given: str, folded: str) -> bool:
    """Leave out lone letters, what is no word after all, and letters of living alphabets."""
    if _CYRILLIC.search(folded):
        return True
    ordinary = all(char in _ORDINARY for char in given if char in CONFUSABLES)
    return _TWO_LETTERS.match(folded) is not None and folded.isascii() and not ordinary


def _letters(word: str) -> _Letters:
    if word.isascii():
        return _Letters(len(word), 0, 0)
    latin = alike = foreign = 0
    closely = True
    for char in word:
        is_latin = _LATIN.match(char) is not None
        latin += is_latin
        if char in CONFUSABLES:
            alike += 1
            closely = closely and char not in LOOSE
        elif char.isalpha():
            foreign += not is_latin
    return _Letters(latin, alike, foreign, closely)


def fold_case(work: Work) -> None:
    """Fold case as Unicode does, but Turkish ``İ`` to a plain ``i``."""
    mapped = work.mapped
    folded = mapped.text.casefold()
    if len(folded) != len(mapped.text):
        work.edit(
            [
                Edit(*char.span(), "i" if char.group() == "İ" else char.group().casefold())
                for char in re.finditer(r"[^\x00-\x7f]", mapped.text)
                if len(char.group().casefold()) > 1
            ]
        )
        mapped = work.mapped
        folded = mapped.text.casefold()
    work.mapped = replace(mapped, text=folded)
