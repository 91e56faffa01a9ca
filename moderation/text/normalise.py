"""Undoing disguises: what a text says once tricks of spelling are taken away.

Two profiles. :func:`skeleton` keeps every word and only makes look-alikes equal: texts are
compared and fingerprinted by it. :func:`normalise` also reads what was spelled so that a
filter would not see it (``1d10t``, ``i d i o t``, ``iiidiot``): comments are judged by it.
Both keep the way back to the given text and say which disguises they took away.

Look-alikes come from Unicode's confusables (UTS #39), equivalent spellings from NFKC
(UAX #15). A letter is folded onto a Latin one only where it pretends to be Latin: in a word
that mixes scripts, or in a word made of look-alikes alone with no neighbour in its script.
Accents, vowel signs and tone marks of any language stay.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from moderation.text._confusables import CONFUSABLES, LOOSE
from moderation.text._marks import MARKS
from moderation.text.offsets import Edit, MappedText, rewrite
from moderation.types import Span

DisguiseKind = Literal["invisible", "bidi", "homoglyph", "fullwidth", "leet", "spaced", "combining"]


@dataclass(frozen=True, slots=True)
class Disguise:
    """A range of the given text that was not spelled the way it reads."""

    kind: DisguiseKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Normalised(MappedText):
    """Normalised text with the way back, and the disguises found, ordered by their start."""

    disguises: tuple[Disguise, ...] = ()


def skeleton(text: str) -> Normalised:
    """Return ``text`` with everything made equal that looks equal.

    Drops invisible characters, folds look-alikes, full-width and other compatible forms,
    unifies quotation marks and apostrophes, folds case.
    """
    return _finish(_look_alikes(_Work(text)))


def normalise(
    text: str, *, leet: bool = True, joins: bool = True, repeats: bool = True
) -> Normalised:
    """Return :func:`skeleton` of ``text`` with disguised spellings undone as well.

    Args:
        leet: read digits and signs inside a word as the letters they stand for.
        joins: join letters set apart by spaces, full stops and the like.
        repeats: fold three and more equal letters into two or one.
    """
    work = _look_alikes(_Work(text))
    if leet:
        _read_leet(work)
    if joins:
        _join_letters(work)
    if repeats:
        _fold_repeats(work)
    return _finish(work)


_MOST_DISGUISES = 1000


class _Work:
    """A text on its way, and what was noticed so far."""

    def __init__(self, text: str) -> None:
        self.mapped = MappedText(text)
        self.original = text
        self.disguises: list[Disguise] = []

    @property
    def text(self) -> str:
        return self.mapped.text

    def edit(self, edits: list[Edit]) -> None:
        self.mapped = rewrite(self.mapped, edits)

    def notice(self, kind: DisguiseKind, start: int, end: int) -> None:
        """Remember a disguise at a range of the text as it is now.

        The range is widened to the words it touches: an invisible character shows nothing.
        A text with thousands of disguises is not told about each of them.
        """
        if len(self.disguises) >= _MOST_DISGUISES:
            return
        start, end = _with_word(self.text, start, end)
        found = Disguise(kind, *self.mapped.to_original(start, end))
        if self.disguises and self.disguises[-1] == found:
            return
        self.disguises.append(found)


def _finish(work: _Work) -> Normalised:
    _fold_case(work)
    mapped = work.mapped
    return Normalised(mapped.text, mapped.starts, mapped.ends, _merged(work.disguises))


def _merged(disguises: list[Disguise]) -> tuple[Disguise, ...]:
    """Join overlapping disguises of one kind."""
    merged: list[Disguise] = []
    for found in sorted(disguises, key=lambda disguise: (disguise.kind, disguise.start)):
        last = merged[-1] if merged else None
        if last and last.kind == found.kind and found.start <= last.end:
            merged[-1] = Disguise(last.kind, last.start, max(last.end, found.end))
        else:
            merged.append(found)
    return tuple(sorted(merged, key=lambda disguise: disguise.start))


def _look_alikes(work: _Work) -> _Work:
    _drop_invisible(work)
    odd = "".join(set(_NOT_ASCII.findall(work.text)))
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
_OVERRIDE = re.compile("[\u202d\u202e]")
_ANY_BIDI = re.compile(f"[{_BIDI}]")
# In these scripts joiners are orthography, in the others they have no business in a word.
_SIMPLE_LETTER = re.compile("[0-9A-Za-z\u00aa-\u024f\u0370-\u058f\u1e00-\u1fff]")
_SOFT_HYPHENS = re.compile("\xad+")
_FEWEST_LETTERS_BEFORE_BREAK = 2
_WORD_REACH = 32


def _drop_invisible(work: _Work) -> None:
    text = work.text
    edits = []
    for run in _INVISIBLE_RUN.finditer(text):
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


def _with_word(text: str, start: int, end: int) -> Span:
    """Widen a range to the word around it."""
    first, last = max(0, start - _WORD_REACH), min(len(text), end + _WORD_REACH)
    while start > first and _belongs_to_word(text[start - 1]):
        start -= 1
    while end < last and _belongs_to_word(text[end]):
        end += 1
    return Span(start, end)


def _belongs_to_word(char: str) -> bool:
    """Tell letters, digits, marks and what is invisible from spaces and punctuation."""
    return char.isalnum() or (unicodedata.category(char)[0] in "MC" and not char.isspace())


# --- marks, signs, equivalent spellings ---------------------------------------------------

_FLOODING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_MARKS_TOO_MANY = re.compile(f"[{_FLOODING}]{{4,}}")
_OVERLAYS = re.compile("[\u0334-\u0338\u20d0-\u20f0\u0488\u0489]+")
_LONGEST_RUN_OF_MARKS = 30
_ENDLESS_MARKS = re.compile(f"[{MARKS}]{{{_LONGEST_RUN_OF_MARKS + 1},}}")


def _thin_out_marks(work: _Work) -> None:
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
        **dict.fromkeys("∗⁎✱✲⋆★☆＊﹡※", "*"),
    }
)


def _unify_signs(work: _Work) -> None:
    mapped = work.mapped
    work.mapped = MappedText(mapped.text.translate(_SIGNS), mapped.starts, mapped.ends)


_CLUSTER = re.compile(f"[A-Za-z\x80-\U0010ffff][{MARKS}\u1160-\u11ff]+")
_STYLED = re.compile("[\u2100-\u214f\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f110-\U0001f14f]+")
_FULLWIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LONGEST_EXPANSION = 4
_SARA_AM = frozenset("\u0e33\u0eb3")


def _compose(work: _Work) -> None:
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


def _notice_styles(work: _Work) -> None:
    for run in _STYLED.finditer(work.text):
        if _LATIN_LETTER.search(unicodedata.normalize("NFKC", run.group())):
            work.notice("homoglyph", *run.span())
    if not _EAST_ASIAN.search(work.text):
        for run in _FULLWIDTH.finditer(work.text):
            work.notice("fullwidth", *run.span())


_LATIN_LETTER = re.compile("[A-Za-z]")


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


@dataclass(frozen=True, slots=True)
class _Letters:
    """How many letters of a word are Latin, look like Latin ones, or neither."""

    latin: int
    alike: int
    foreign: int
    closely: bool = True


_LATIN_WORD = _Letters(1, 0, 0)


def _fold_confusables(work: _Work) -> None:
    text = work.text
    if CONFUSABLES.keys().isdisjoint(_NOT_ASCII.findall(text)):
        return
    found = list(_WORD.finditer(text))
    letters = [_letters(word.group()) for word in found]
    latin_text = sum(word.latin > 0 for word in letters) >= len(letters) / 2
    edits = []
    for place, (word, own) in enumerate(zip(found, letters, strict=True)):
        if not own.alike:
            continue
        around = letters[max(place - 1, 0) : place] + letters[place + 1 : place + 2]
        if not _pretends(own, around, latin_text=latin_text):
            continue
        given = word.group()
        folded = given.translate(_FOLD)
        edits.append(Edit(*word.span(), folded))
        ordinary = all(char in _ORDINARY for char in given if char in CONFUSABLES)
        if _TWO_LETTERS.match(folded) and folded.isascii() and not ordinary:
            work.notice("homoglyph", *word.span())
    work.edit(edits)


def _pretends(word: _Letters, around: list[_Letters], *, latin_text: bool) -> bool:
    """Tell whether a word with look-alikes passes itself off as a Latin one."""
    if word.latin:
        return word.latin >= word.foreign
    if word.foreign or not word.closely or not latin_text:
        return False
    return not any(other.foreign and not other.latin for other in around)


def _letters(word: str) -> _Letters:
    if word.isascii():
        return _LATIN_WORD
    latin = alike = foreign = 0
    closely = True
    for char in word:
        if char in CONFUSABLES:
            alike += 1
            closely = closely and char not in LOOSE
            latin += _LATIN.match(char) is not None
        elif char.isalpha():
            is_latin = _LATIN.match(char) is not None
            latin += is_latin
            foreign += not is_latin
    return _Letters(latin, alike, foreign, closely)


# --- leet ---------------------------------------------------------------------------------

_LEET = str.maketrans("@$€!|013457 89".replace(" ", ""), "aseiioieastbg")
_SIGN_INSIDE = re.compile(r"[A-Za-z][@$€!|0-9]{1,2}[A-Za-z]")
_LEET_WORD = re.compile(r"[A-Za-z0-9@$€!|]{3,}")
_LEET_ENDING = re.compile(
    r"(?<![^\W_])[a-z]{1,12}\$\$?(?![\w$])(?!\s?\d)|(?<![\w$])\$[a-z]{3,20}(?![\w$])"
)
_UNREADABLE_SIGNS = re.compile(r"[26]|[@$€!|0-9]{3}")
_TRAILING_SIGNS = re.compile(r"(?:!+|[0-9]{2,})$")
_TECHNICAL = re.compile(
    r"[A-Za-z]+[0-9]+s|(?:mp[34]|ps[345]|web3|covid19|win[0-9]+|www).*|[0-9]+[a-z]{1,3}",
    re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"(?=(?:[a-f]*[0-9]){3})[0-9a-f]{6,}", re.IGNORECASE)
_BEFORE_TECHNICAL = frozenset("/\\_.@#=&%:")
_AFTER_TECHNICAL = re.compile(r"[./:\\_=&?#@-][A-Za-z0-9]")
_FEWEST_LEET_LETTERS = 3
_LONGEST_SIDE = 2


def _read_leet(work: _Work) -> None:
    """Read ``sh1p`` as the word it stands for, and ``20th``, ``mp3``, ``a@b.org`` as they are."""
    _unify_masks(work)
    text = work.text
    edits: list[Edit] = []
    if _SIGN_INSIDE.search(text):
        edits += [
            _leet_edit(word)
            for word in _LEET_WORD.finditer(text)
            if not word.group().isalpha() and _is_leet(text, word)
        ]
    if "$" in text:
        edits += [
            Edit(*word.span(), word.group().translate(_LEET))
            for word in _LEET_ENDING.finditer(text)
            if len(word.group()) > _FEWEST_LEET_LETTERS - 1
        ]
        edits = _apart(edits)
    for edit in edits:
        work.notice("leet", edit.start, edit.end)
    work.edit(edits)


def _leet_edit(word: re.Match[str]) -> Edit:
    given = word.group()
    kept = _TRAILING_SIGNS.search(given)
    end = kept.start() if kept else len(given)
    return Edit(word.start(), word.start() + end, _read_signs(given[:end]))


def _read_signs(word: str) -> str:
    return word.replace("11", "ll").translate(_LEET)


def _is_leet(text: str, word: re.Match[str]) -> bool:
    given = word.group()
    core = _TRAILING_SIGNS.sub("", given)
    if not _SIGN_INSIDE.search(core) or given[0] in "@!|":
        return False
    letters = sum(map(str.isalpha, core))
    doubled = re.search(r"[A-Za-z]([0-9$])\1[A-Za-z]", core) is not None
    if letters < (_FEWEST_LEET_LETTERS - doubled) or letters * 2 < len(core):
        return False
    if _UNREADABLE_SIGNS.search(core) or _TECHNICAL.fullmatch(core) or _HEXADECIMAL.fullmatch(core):
        return False
    if text[word.start() - 1 : word.start()] in _BEFORE_TECHNICAL and word.start():
        return False
    if _AFTER_TECHNICAL.match(text, word.end()):
        return False
    return all(_reads_as_letter(core, sign) for sign in re.finditer(r"[!|]", core))


def _reads_as_letter(core: str, sign: re.Match[str]) -> bool:
    """Tell ``th!s`` from ``stop!now``: a letter stands near an end of such short words."""
    return min(sign.start(), len(core) - sign.end()) <= _LONGEST_SIDE


def _apart(edits: list[Edit]) -> list[Edit]:
    """Order edits and drop those that overlap an earlier one."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.start):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


_MASK = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,3}([@#$%&*!•]{1,4})(?=[A-Za-z])")
_MASK_SIGNS = re.compile(r"[#%•*]")


def _unify_masks(work: _Work) -> None:
    """Write signs that mask letters as ``*``, one for one."""
    edits = [
        Edit(*mask.span(1), "*" * len(mask[1]))
        for mask in _MASK.finditer(work.text)
        if _MASK_SIGNS.search(mask[1]) and mask[1].strip("*")
    ]
    for edit in edits:
        work.notice("leet", edit.start, edit.end)
    work.edit(edits)


# --- letters set apart --------------------------------------------------------------------

_SET_APART = re.compile(
    r"(?<![^\W_])[^\W\d_]( {1,3}|[._\-*~·•/|])[^\W\d_](?:\1[^\W\d_])+(?![^\W_])"
)
_ONE_LETTER_WORDS = frozenset("aeiouy")
_SHORTEST_JOIN = 3
_ABBREVIATIONS = frozenset(["usa", "aka", "rsvp", "asap", "eta", "rip"])


def _join_letters(work: _Work) -> None:
    """Join ``w o r d`` and ``w.o.r.d``, but not ``U.S.A.`` or ``I a m``."""
    edits = []
    for run in _SET_APART.finditer(work.text):
        separator = run[1]
        letters = run.group().replace(separator, "")
        if not _spells_word(letters, separator):
            continue
        if len(letters) > _SHORTEST_JOIN or separator[0] != " ":
            work.notice("spaced", *run.span())
        step = len(separator) + 1
        edits += [
            Edit(at - len(separator), at, "") for at in range(run.start() + step, run.end(), step)
        ]
    work.edit(edits)


def _spells_word(letters: str, separator: str) -> bool:
    lower = letters.lower()
    if lower == letters.upper():
        return False
    if separator == ".":
        return letters != letters.upper() and lower not in _ABBREVIATIONS
    if len(letters) > _SHORTEST_JOIN:
        return True
    if separator[0] != " ":
        return False
    return sum(letter in _ONE_LETTER_WORDS for letter in lower) < len(letters) - 1


# --- repeats and case ---------------------------------------------------------------------

_REPEATED = re.compile(r"([^\W\d_])\1{2,}+|([!?.])\2{3,}+", re.IGNORECASE)
_OFTEN_DOUBLE = frozenset("bcdefglmnoprstz")
_ROMAN = re.compile(r"[IVXLCDM]+|[ivxlcdm]+")
_LONGEST_REPEAT = 3


def _fold_repeats(work: _Work) -> None:
    """Fold ``sooooo`` to ``soo`` and ``whyyyy`` to ``why``: twice where words double it."""
    text = work.text
    edits = []
    for run in _REPEATED.finditer(text):
        start, end = run.span()
        keep = _kept_repeats(text, start, end)
        if keep < end - start:
            edits.append(Edit(start + keep, end, ""))
    work.edit(edits)


def _kept_repeats(text: str, start: int, end: int) -> int:
    char = text[start].lower()
    alone = not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
    if alone or not char.isalpha():
        return _LONGEST_REPEAT
    if end - start == _LONGEST_REPEAT and char in "ixcm":
        word = text[max(start - 4, 0) : end + 4]
        if any(
            start - max(start - 4, 0) >= roman.start() and _ROMAN.fullmatch(roman.group())
            for roman in re.finditer(r"[^\W_]+", word)
            if char * 3 in roman.group().lower()
        ):
            return _LONGEST_REPEAT
    return 1 if char.isascii() and char not in _OFTEN_DOUBLE else 2


def _fold_case(work: _Work) -> None:
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
    work.mapped = MappedText(folded, mapped.starts, mapped.ends)
