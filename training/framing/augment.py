"""Other spellings and other names for the same comments, so that neither decides."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from moderation.detectors.framing.groups import GROUP_WORDS
from moderation.detectors.framing.wordlists import plural, wordlists

_LISTS = wordlists("groups.txt")
_ONE = [word for name in ("belief", "people", "nation", "work", "leisure") for word in _LISTS[name]]
#: Names to swap in, singular and plural.
SINGULAR = [word for word in _ONE if not plural(word).endswith("ss")]
PLURAL = [*map(plural, SINGULAR), *_LISTS["plural"]]

#: What people are called who stand in no list: "kite club owners".
_PASTIMES = (
    "harbour;river;garden;kite;drone;tram;jazz;street food;crossword;metal detecting;lake;darts;"
    "wild swimming;chess club;allotment;caravan;vintage car;brass band;book club;quiz night;"
    "sourdough;telescope;karaoke;skate park;hillside;old town;new estate;bus lane;night shift;"
    "open source;retro gaming;board game;fantasy league;sea shanty;poetry;bowls club;wood stove;"
    "trail running;electric car;organic veg;tiny house;home school;marathon;podcast;sea wall"
)
_PARTAKERS = (
    "people;folk;crowd;fans;owners;walkers;members;supporters;voters;families;parents;lovers;"
    "campaigners;residents;lot;enthusiasts;keepers;regulars;neighbours;players;collectors"
)
_PARTAKER = "fan;owner;walker;member;supporter;voter;parent;lover;resident;regular;player"
_INVENTED = 0.4

_LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "$", "t": "7"}
_LOOKALIKES = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і", "s": "ѕ"}  # Cyrillic
_SHORTEST = 4
_SHARE_OF_WORDS = 0.35

#: Frames that report, condemn or moderate what they quote.
QUOTING = (
    'He wrote "{}" and his comment was deleted, rightly so.',
    'Calling people things like "{}" is not acceptable here.',
    'Someone told my sister "{}" today. Nobody should have to read that.',
    'The court heard that he had posted "{}" on his page.',
    'Comments such as "{}" have no place in this forum.',
    'Please do not write "{}", it only hurts people.',
    'She reported a message that said "{}".',
    'I was shocked to read "{}" under this article.',
    'The player apologised for tweeting "{}" last year.',
    'Moderator note: we removed "{}" for breaking the rules.',
    'Who says things like "{}"? That is awful and wrong.',
    'The letter contained the words "{}", police said on Friday.',
    '"{}" is what my daughter had to read about herself this morning.',
    'If your answer to a question is "{}" you have already lost the argument.',
    'Three people were suspended after a screenshot showed the line "{}".',
    'Yesterday a stranger shouted "{}" at us on the bus and nobody said a word.',
)

_Respelling = Callable[[str, random.Random], str]


def swapped(text: str, chance: random.Random) -> str:
    """Put other names in the place of the groups, the same everywhere in the text."""
    chosen: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word not in GROUP_WORDS:
            return match[0]
        if word not in chosen:
            chosen[word] = _other_name(word.endswith("s"), chance)
        return chosen[word].capitalize() if match[0][0].isupper() else chosen[word]

    return re.sub(r"[^\W\d_]+(?:-[^\W\d_]+)*", other, text)


def _other_name(plural: bool, chance: random.Random) -> str:
    if chance.random() >= _INVENTED:
        return chance.choice(PLURAL if plural else SINGULAR)
    pastime = chance.choice(_PASTIMES.split(";"))
    return f"{pastime} {chance.choice((_PARTAKERS if plural else _PARTAKER).split(';'))}"


def respelt(text: str, chance: random.Random) -> str:
    """Disguise or mistype some of the longer words, all in the same way."""
    respell = chance.choice(_RESPELLINGS)
    words = []
    for word in text.split(" "):
        plain = len(word) < _SHORTEST or not word[0].isalpha()
        words.append(word if plain or chance.random() > _SHARE_OF_WORDS else respell(word, chance))
    return " ".join(words)


def _substituted(table: dict[str, str]) -> _Respelling:
    def respell(word: str, chance: random.Random) -> str:
        return "".join(table.get(c, c) if chance.random() < 0.8 else c for c in word)

    return respell


def _starred(word: str, chance: random.Random) -> str:
    count = chance.randint(1, min(3, len(word) - 2))
    at = chance.randint(1, len(word) - 1 - count)
    return word[:at] + chance.choice("**#-") * count + word[at + count :]


def _at_random(change: Callable[[str, int], str]) -> _Respelling:
    return lambda word, chance: change(word, chance.randrange(1, len(word) - 1))


_RESPELLINGS: tuple[_Respelling, ...] = (
    _substituted(_LEET),
    _substituted(_LOOKALIKES),
    _starred,
    _starred,
    lambda word, _: " ".join(word),
    lambda word, chance: chance.choice(".-_*").join(word),
    lambda word, _: "\u200b".join(word),
    lambda word, chance: word[0] + word[1] * chance.randint(3, 5) + word[2:],
    _at_random(lambda word, at: word[:at] + word[at + 1] + word[at] + word[at + 2 :]),
    _at_random(lambda word, at: word[:at] + word[at + 1 :]),
    _at_random(lambda word, at: word[:at] + word[at] + word[at:]),
    _at_random(lambda word, at: word[:at] + " " + word[at:]),
)


def quoted(text: str, chance: random.Random) -> str:
    """Put a text into a frame that only reports it."""
    inside = text.strip().strip('"').rstrip(".")
    return chance.choice(QUOTING).format(inside.replace("{", "(").replace("}", ")"))
