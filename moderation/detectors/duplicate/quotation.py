"""Which parts of a text it gives as somebody else's words: quoting is not copying."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from moderation.text.plain import PlainText
from moderation.types import Span

_LONGEST = 2000
_NEARBY = 80

_MOST_PARAGRAPHS = 8

_PAIRS = ("“”", "„“", "„”", "””", "«»", "»«", "‹›", "›‹", "‚‘", "「」", "『』")
# Every paragraph of a long quotation is opened, only the last is closed.
_CURLY_OPEN = rf"(?:“[^“”\n]{{1,{_LONGEST}}}\n\s{{0,9}}(?=“)){{0,{_MOST_PARAGRAPHS}}}"
_STRAIGHT_OPEN = rf'(?:(?<![^\n])"[^"\n]{{1,{_LONGEST}}}\n\s{{0,9}}(?=")){{0,{_MOST_PARAGRAPHS}}}'
_QUOTATION = re.compile(
    _CURLY_OPEN
    + "(?:"
    + "|".join(f"{pair[0]}[^{pair}]{{1,{_LONGEST}}}{pair[1]}" for pair in _PAIRS)
    + rf")|``(?:[^`']|'(?!')){{1,{_LONGEST}}}''"
    # Straight marks look alike: within a line at least, one too many does not turn all round.
    + rf'|{_STRAIGHT_OPEN}"[^"\n]{{1,{_LONGEST}}}"'
    # Single marks are apostrophes, too: those within a word.
    + rf"|‘(?:[^‘’\n]|’(?=\w)){{1,{_LONGEST}}}’(?!\w)"
    + rf"|(?<!\w)'(?=\w)(?:[^'\n]|(?<=\w)'(?=\w)){{1,{_LONGEST}}}'(?!\w)"
)
# As mails quote; Markdown's are known from its markup.
_QUOTED_LINES = re.compile(r"(?<![^\n])[ \t]{0,3}>[^\n]*+(?:\n[ \t]{0,3}>[^\n]*+)*+")

# Words that name a speaker in running text. A colon before the quotation mark, or a dash after
# it, does the same in any language.
_REPORTING = re.compile(
    r"""\b(?:said|says?|saying|told|tells?|wrote|writes?|writing|stated|states|added|adds|
    explained|explains|argued|argues|noted|notes|announced|announces|asked|asks|replied|
    replies|recalled|according|quoting|quoted|testified|tweeted|posted|
    declared|declares|warned|warns|insisted|insists|concluded|concludes|remarked|observed|
    observes|commented|comments|urged|urges|promised|vowed|claimed|claims|reads|
    recalls|continued|continues|joked|jokes|quipped|testifies|shouted|in\ the\ words\ of|
    sagt|sagten?|erklärt|erklärten?|schrieb|schrieben|schreibt|betonte|meinte|fügte|laut|
    zufolge|zitiert|
    dit|disait|déclaré|déclare|affirmé|affirme|expliqué|explique|écrit|ajouté|ajoute|selon|
    dijo|dice|afirmó|afirma|explicó|explica|escribió|añadió|agregó|declaró|según|
    disse|diz|afirmou|explicou|escreveu|acrescentou|declarou|segundo|
    detto|dichiarato|spiegato|scritto|aggiunto|affermato|secondo|
    zei|zegt|schreef|vertelde|verklaarde|volgens|
    powiedziała?|napisała?|dodała?|według|
    сказал[аи]?|говорит|заявил[аи]?|написал[аи]?|добавил[аи]?|словам|
    dedi|söyledi|belirtti|yazdı|göre|
    אמרה?|אמרו|הוסיפה?|טענה?|ציינה?|השיבה?|סיפרה?|כתבה?|הסבירה?|לדברי|
    säger|sade|enligt|sier|siger|sagde|ifølge|sanoi|řekla?|uvedla?|mondta|spus|declarat|
    сказав|заявила?|είπε|δήλωσε|گفت|افزود|kata|ujar|menurut|
    قال|قالت|وقال|وقالت|أضاف|وأضاف|كتب|بحسب|
    말했다|밝혔다|전했다|썼다)\b
    |说|說|表示|称|稱|写道|述べ|語っ|話し|言っ|กล่าว|บอก|कहा|बताया""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that go on with the text's own sentence: nobody copies a paragraph from its middle on.
_WOVEN_BEFORE = re.compile(r"[^\W\d_],?[ \n]\Z")
_WOVEN_IN = re.compile(r"[\"“„”«»‹「『`]{1,2}(?:\.\.\.|…)? ?\[?[^\W\d_]")
_LEAST_WOVEN = 40

_COLON_BEFORE = re.compile(r"[:：﹕]\s*\Z")
_DASH_AFTER = re.compile(r"\s*[-–—―]{1,2}\s*\w")


def quoted_ranges(plain: PlainText) -> list[Span]:
    """Return the ranges of ``plain.text`` that are given as quotations, ordered, disjoint.

    These are what the markup sets apart as quoted, or ``>`` before every line, and what stands
    between quotation marks with a speaker named next to them, or as part of a sentence of the
    text's own. Quotation marks alone prove nothing: anybody can put them around a copied
    paragraph.
    """
    return _merged([*plain.quoted, *_quoted_lines(plain.text), *_attributed(plain.text)])


def _quoted_lines(text: str) -> Iterable[Span]:
    return (Span(*lines.span()) for lines in _QUOTED_LINES.finditer(text)) if ">" in text else ()


def _attributed(text: str) -> Iterable[Span]:
    reports = _Reports(text)
    for found in _QUOTATION.finditer(text):
        start, end = found.span()
        before, after = text[max(0, start - _NEARBY) : start], text[end : end + _NEARBY]
        if (
            _COLON_BEFORE.search(before)
            or _DASH_AFTER.match(after)
            or reports.are_near(start, end)
            or _is_woven_in(before, found.group())
        ):
            yield Span(start, end)


class _Reports:
    """Where a text names speakers. Each stretch is read once, however many quotations it has."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[int] = []
        self._read = 0

    def are_near(self, start: int, end: int) -> bool:
        """Say whether a speaker is named close before ``start`` or after ``end``.

        The quotations are asked about in their order.
        """
        self._read_on(max(0, start - _NEARBY), start)
        self._read_on(end, end + _NEARBY)
        at = bisect_left(self._found, start - _NEARBY)
        return any(
            place < start or end <= place < end + _NEARBY
            for place in self._found[at : bisect_left(self._found, end + _NEARBY)]
        )

    def _read_on(self, start: int, end: int) -> None:
        start = max(start, self._read)
        if start < end:
            found = _REPORTING.finditer(self._text, start, end)
            self._found += (report.start() for report in found)
            self._read = end


def _is_woven_in(before: str, quotation: str) -> bool:
    opening = _WOVEN_IN.match(quotation)
    return (
        opening is not None
        and len(quotation) >= _LEAST_WOVEN
        and opening.group()[-1].islower()
        and _WOVEN_BEFORE.search(before) is not None
    )


def _merged(ranges: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return merged
