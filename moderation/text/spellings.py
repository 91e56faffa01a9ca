"""Reading words that were spelled so that a filter would not see them."""

from __future__ import annotations

import re

from moderation.text.disguises import Work, word_around
from moderation.text.offsets import Edit

# --- leet ---------------------------------------------------------------------------------

_LEET = str.maketrans("@$€!|01345789", "aseiioieastbg")
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
# "n00b", and "1d10t" but not "1h30m".
_FEW_LETTERS = re.compile(
    r"[a-z]([0-9$])\1[a-z]|(?<!.)(?!(?:[0-9]+[dhmswkgxp])+\Z)[0-9][a-z][0-9]{2}[a-z](?!.)",
    re.IGNORECASE,
)
_BEFORE_TECHNICAL = frozenset("/\\_.@#=&%:")
_AFTER_TECHNICAL = re.compile(r"[./:\\_=&?#@-][A-Za-z0-9]")
_FEWEST_LEET_LETTERS = 3
_LONGEST_SIDE = 2


def read_leet(work: Work) -> None:
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
    if letters < _FEWEST_LEET_LETTERS and not _FEW_LETTERS.search(core):
        return False
    if letters * 2 + 1 < len(core):
        return False
    if _UNREADABLE_SIGNS.search(core) or _TECHNICAL.fullmatch(core) or _HEXADECIMAL.fullmatch(core):
        return False
    if text[word.start() - 1 : word.start()] in _BEFORE_TECHNICAL:
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


_MASK = re.compile(r"(?<![\w&/=.#%])([A-Za-z]{1,3})([@#$%&*!•]{1,4})(?=([A-Za-z]{1,3}))")
_SHORTEST_MASKED_WORD = 4
_MASK_SIGNS = re.compile(r"[#%•*]")


def _unify_masks(work: Work) -> None:
    """Write signs that mask letters as ``*``, one for one."""
    edits = [
        Edit(*mask.span(2), "*" * len(mask[2]))
        for mask in _MASK.finditer(work.text)
        if _MASK_SIGNS.search(mask[2])
        and mask[2].strip("*")
        and len(mask[1] + mask[2] + mask[3]) >= _SHORTEST_MASKED_WORD
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


def join_letters(work: Work) -> None:
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


def fold_repeats(work: Work) -> None:
    """Fold ``sooooo`` to ``soo`` and ``whyyyy`` to ``why``: twice where words double it."""
    text = work.text
    edits = []
    for run in _REPEATED.finditer(text):
        start, end = run.span()
        keep = _kept_repeats(text, start, end)
        if keep < end - start:
            edits.append(Edit(start, end, text[start : start + keep]))
    work.edit(edits)


def _kept_repeats(text: str, start: int, end: int) -> int:
    char = text[start].lower()
    around = word_around(text, start, end)
    if around == (start, end) or not char.isalpha():
        return _LONGEST_REPEAT
    if end - start == _LONGEST_REPEAT and _ROMAN.fullmatch(text, *around):
        return _LONGEST_REPEAT
    return 1 if char.isascii() and char not in _OFTEN_DOUBLE else 2
