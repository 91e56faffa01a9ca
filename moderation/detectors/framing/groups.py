"""Names of people and groups that the detector must not tell apart.

Every word of ``data/groups.txt`` is replaced by one neutral token before anything is judged,
so a sentence about one camp gets the score of the same sentence about the other. The list is
long rather than clever; capitalised words that are not ordinary English are treated alike.
"""

from __future__ import annotations

from itertools import chain

from moderation.detectors.framing.wordlists import with_plurals, wordlists

_LISTS = wordlists("groups.txt")
_NAMES = ("belief", "people", "nation", "camp", "work", "leisure")

GROUP_WORDS = frozenset(_LISTS["plural"]) | with_plurals(
    tuple(chain.from_iterable(_LISTS[name] for name in _NAMES))
)
#: Ordinary words that name a group only beside another word of this module.
ADJECTIVES = frozenset(_LISTS["adjective"])
#: What may follow a group word and belongs to the name ("trans people").
COMPANIONS = frozenset(_LISTS["companion"])
#: Endings that make an unknown word read as "people who ...".
AGENT_ENDINGS = _LISTS["ending"]
#: Sides, told from directions by what follows "the left".
SIDES = frozenset({"left", "right"})
AFTER_A_SIDE = frozenset(_LISTS["after a side"])

#: What follows a name that opens a sentence.
SAYING_OF = frozenset(_LISTS["said of"])

#: Words of both sexes on one form.
PRONOUNS = {
    "she": "he",
    "her": "his",
    "him": "his",
    "hers": "his",
    "herself": "himself",
    "shes": "he",
}
