"""A comment as repeats of it are looked for: what its author says, less what spammers vary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b

from moderation.detectors.duplicate.fingerprint import Fingerprint
from moderation.detectors.duplicate.reading import pieces
from moderation.text.document import Document
from moderation.text.normalise import normalise
from moderation.text.tokens import Token, words
from moderation.types import Span, TextFormat

MIN_INFORMATIVE = 6
"""A comment with fewer different words that say something is no one's in particular: a thousand
readers write it without knowing of each other."""

MIN_SKETCHED = 12
"""From this many words on a comment is found again with a word or two changed."""

SKETCH = 8
"""Numbers in the sketch of such a comment. A changed word takes three runs of words away and
brings three others, so that at least two numbers stay, and mostly six."""

_SHINGLE = 3
_KEPT = "duplicate.comment"
_SALT = b"comment"
_EXACT_BYTES, _SKETCH_BYTES = 16, 4

# What says nothing by itself: the words of set phrases, in the languages that comments are
# mostly in. Words of up to three letters need not be listed.
_PHRASES = """
about absolutely agree again agreed also amazing another article articles author awesome
been beautiful best blog brilliant came check come comment congratulations content could
definitely does exactly excellent fantastic first follow found from glad going good great
have hello help helpful here hope i'm indeed information informative interesting it's
just keep know like lovely loved love luck made make many more much need nice only other
page people piece please point post posted posting read reading really right same says
second share shared sharing should site some stuff such sure than thank thanks that that's
their them then there these they thing things think this those time today topic totally
true truly useful very visit wait want wanted website well were what when where which will
wish with wonderful work works worth would write writing written wrong your you're
aber alle alles artikel auch bitte danke dank dass diese diesen dieser doch eine einen
einer genau gute guten guter gern haben heute immer interessant kann klasse kommentar mehr
nicht noch schön schöne schöner sehr seite sind stimme stimmt super teilen toll tolle
tollen toller vielen viele wirklich
aussi avec beaucoup bien bonne cela cette c'est comme d'accord dans très excellent merci
nous partage pour tout vous
algo bueno buena como compartir esta este gracias información mucho muchas muy para pero
porque todo todos
articolo bello bella grazie molto questo questa sono tutti
artigo compartilhar isso muito muita obrigada obrigado você
artikel bedankt deze dank delen goed heel mooi voor
"""
_SET_PHRASES = frozenset(_PHRASES.split())

_TOP_LEVELS = (
    "com|net|org|info|biz|shop|store|online|site|website|xyz|top|club|live|app|dev|io|co|me|tv|"
    "eu|us|uk|de|at|ch|fr|es|it|nl|be|pl|pt|ru|ua|tr|cn|jp|in|br|au|ca|example|test"
)
_LINK = re.compile(
    r"""(?:https?://|www\.)[^\s<>"']++"""
    rf"|(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:{_TOP_LEVELS})(?![\w-])(?:/[^\s<>\"']*+)?",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+ ?[1-9]|\(?0|\(?[2-9]\d\d\)?[ .-])[\d ()./-]{6,18}\d(?!\w)")
_PHONE_DIGITS = 9
_CONTACTS = (_MAIL, _LINK, _PHONE)
_HIDDEN_LINK = re.compile(
    r"""(?:href\s{0,9}=\s{0,9}["']?|\]\()(https?://[^\s<>"')]++)""", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w.])@[\w.-]{2,}")
_GREETING = re.compile(
    r"\W*(?:hi|hey|hello|dear|hallo|moin|liebe[rs]?|bonjour|salut|hola|ol[aá]|ciao|hoi|cześć)"
    r"(?:[ \t]+\w[\w.'-]*){0,3}[ \t]*[,!:\n–-]",
    re.IGNORECASE,
)
_QUOTED_LINE = re.compile(r"^[^\S\n]*+>.*$", re.MULTILINE)
_QUOTED = re.compile('["“„«‹「『][^"“”„«»‹›「」『』]{20,2000}["”“»›」』]')
_LEADS = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
_TRACKING = re.compile(r"[?&](?:utm_\w+|ref|fbclid|gclid)=[^&#]*|#.*")


class Comment:
    """The words of one comment. Positions are positions of words, ranges half open.

    ``words`` leave out what is quoted from others, links, @names, a greeting, numbers at the
    end, emoji and punctuation; spellings are undone. Where next to nothing would be left
    beside quotations these count (``quotes`` is true): or a mark in front of every line would
    hide anything.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._read(_without_quotations(document))
        self.quotes = False
        if not self.is_comparable:
            self._read(document.plain.text)
            self.quotes = self.is_comparable

    def _read(self, text: str) -> None:
        self.contacts = _contacts_of(text, self.document)
        self._normal = normalise(_without_variables(text))
        tokens = pieces(words(self._normal.text, dense=1, sparse=1))
        while tokens and self._is_number(tokens[-1]):
            tokens.pop()
        self._tokens = tokens
        self.words = [token.text for token in tokens]
        self.informative = _informative(self.words)

    def _is_number(self, token: Token) -> bool:
        """Tell ``83724`` and ``A83K2`` from words that are spelled with a digit."""
        start, end = self._normal.to_original(token.start, token.end)
        given = self.document.plain.text[start:end]
        return sum(map(str.isdigit, given)) * 2 >= len(given)

    @property
    def is_comparable(self) -> bool:
        """Whether there is something to recognise the comment by."""
        return self.informative >= MIN_INFORMATIVE or bool(self.contacts)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """What the index holds of the comment; ``exact`` is empty if that is nothing.

        Salted, so that comments and articles never meet. Comments that say little are
        known by their links and addresses as well.
        """
        if not self.is_comparable:
            return Fingerprint(b"", ())
        said = " ".join(self.words)
        if self.informative < MIN_INFORMATIVE:
            said = "\0".join((said, *self.contacts))
        # Of quotations alone, small differences are what the author says.
        sketch = () if self.quotes else sketch_of(self.words)
        return Fingerprint(_hash(said, _EXACT_BYTES), sketch)

    def original_span(self, start: int, end: int) -> Span:
        """Translate a range of words into characters of the text as the host stores it."""
        first, last = self._tokens[start].start, self._tokens[end - 1].end
        return self.document.original_span(*self._normal.to_original(first, last))


def comment_of(document: Document) -> Comment:
    """Read a comment; what was read once is kept with the document."""
    comment: Comment | None = document.kept.get(_KEPT)
    if comment is None:
        comment = document.kept[_KEPT] = Comment(document)
    return comment


def fingerprint_of_comment(document: Document) -> Fingerprint:
    """Return what the index holds of a comment."""
    return comment_of(document).fingerprint


def sketch_of(words: Sequence[str]) -> tuple[int, ...]:
    """Return the :data:`SKETCH` smallest hashes of runs of three words; none for few words.

    The bottom-k sketch of Broder, "On the resemblance and containment of documents",
    SEQUENCES 1997: of two comments that share most of their words it is mostly the same.
    """
    if len(words) < MIN_SKETCHED:
        return ()
    shingles = {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
    hashes = {
        int.from_bytes(_hash(shingle, _SKETCH_BYTES), "big", signed=True) for shingle in shingles
    }
    return tuple(sorted(hashes)[:SKETCH])


def _hash(text: str, size: int) -> bytes:
    given = text.encode(errors="surrogatepass")
    return blake2b(given, digest_size=size, person=_SALT).digest()


def _informative(words: Iterable[str]) -> int:
    return len(
        {
            word
            for word in words
            if (len(word) > _SHINGLE or not word.isascii()) and word not in _SET_PHRASES
        }
    )


def _without_quotations(document: Document) -> str:
    """Blank what is quoted: by the markup, after ``>``, and in quotation marks."""
    plain = document.plain
    parts, at = [], 0
    for start, end in plain.quoted:
        parts += [plain.text[at:start], " " * (end - start)]
        at = end
    own = "".join((*parts, plain.text[at:]))
    return _QUOTED.sub(_blank, _QUOTED_LINE.sub(_blank, own))


def _without_variables(text: str) -> str:
    """Blank what one and the same comment is sent out with in many forms; places stay."""
    for pattern in (*_CONTACTS, _NAME):
        text = pattern.sub(_blank, text)
    greeting = _GREETING.match(text)
    return " " * greeting.end() + text[greeting.end() :] if greeting else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def _contacts_of(text: str, document: Document) -> tuple[str, ...]:
    """Return the links and addresses a comment leads to, each written in one way."""
    found = {address for pattern in _CONTACTS for address in pattern.findall(text)}
    if document.format is not TextFormat.PLAIN:
        found.update(_HIDDEN_LINK.findall(document.text))
    return tuple(sorted({_plain_address(address) for address in found} - {""}))


def _plain_address(address: str) -> str:
    bare = _TRACKING.sub("", _LEADS.sub("", address)).rstrip("/.,;:!?)").lower()
    if any(map(str.isalpha, bare)):
        return bare
    digits = "".join(filter(str.isdigit, bare))
    return digits if len(digits) >= _PHONE_DIGITS else ""
