"""Words with a meaning of their own for the detector; the lists are in ``data/lexicon.txt``."""

from __future__ import annotations

from moderation.detectors.framing.wordlists import with_plurals, wordlists

_LISTS = wordlists("lexicon.txt")

BEASTS = with_plurals(_LISTS["beast"])
PROFANE = with_plurals(_LISTS["profane"])
#: Words for a person that are nothing but an insult.
INSULTS = with_plurals(_LISTS["insult"]) | PROFANE
BAD = frozenset(_LISTS["bad"])
FILLERS = frozenset(_LISTS["filler"])
PROFANITY = PROFANE | with_plurals(_LISTS["curse"]) | frozenset(_LISTS["swearing"])

#: Words that are hard on whomever they are said of.
HARD = INSULTS | BEASTS | BAD | PROFANITY


def _under(prefix: str) -> dict[str, str]:
    """Return word -> name for all sections called ``prefix name``."""
    return {
        word: heading.removeprefix(prefix)
        for heading, words in _LISTS.items()
        if heading.startswith(prefix)
        for word in words
    }


#: What a word is about. Insults and the like win over the wider topics.
TOPICS = (
    _under("topic ")
    | dict.fromkeys(with_plurals(_LISTS["insult"]), "insult")
    | dict.fromkeys(PROFANITY - frozenset(_LISTS["swearing"]), "profane")
    | dict.fromkeys(BEASTS, "beast")
    | dict.fromkeys(BAD, "bad")
)
#: Who speaks and is spoken to or about, and how the deed is put.
ROLES = _under("role ")
